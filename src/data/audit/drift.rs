//! How far the law of a part of the record lies from that of the whole, beside resamples that have
//! no drift.

use crate::random::{Noise, RngKey, stream};
use crate::stats::{mean_and_deviation, median};
use serde::{Deserialize, Serialize};

/// Resamples.
const RESAMPLES: usize = 199;
/// Parts of the record.
const PARTS: usize = 8;
/// Values between which the distributions are compared.
const LEVELS: usize = 256;
/// Deviations, beyond what resampling makes, above which a drift is large.
pub(super) const LARGE: f64 = 0.45;

/// Distances of parts to the whole, in standard deviations.
///
/// The null is the stationary bootstrap: blocks of random length, in mean the larger of `√n` and
/// three autocorrelation times, at most `2 √n`. Source: Politis and Romano (1994), doi
/// 10.1080/01621459.1994.10476870.
///
/// ```
/// use rtrl_lab::{data::audit::Audit, random::{Noise, RngKey}};
/// let noise = Noise::at(RngKey::root(3)).normal_vector(2400);
/// let of = |series: &[f64]| Audit::of(series, RngKey::root(1)).unwrap().drift;
/// let shifted: Vec<f64> =
///     noise.iter().enumerate().map(|(t, xi)| xi + if t < 1500 { 0.0 } else { 2.0 }).collect();
/// assert!(of(&noise).p_value > 0.01 && of(&shifted).p_value < 0.01);
/// assert!(of(&shifted).change_at.abs_diff(1500) < 30);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// The largest distance of an eighth of the record to the whole.
    pub largest: f64,
    /// The eighth that has it, from 0.
    pub part: usize,
    /// The median of that over resamples without drift.
    pub resampled: f64,
    /// `√(largest² − resampled²)`, 0 where the resamples are as far.
    pub beyond_resampling: f64,
    /// Share of resamples at least as far, the record counted among them.
    pub p_value: f64,
    /// The distance of the two halves.
    pub halves: f64,
    /// Share of resamples whose halves are at least as far apart.
    pub halves_p: f64,
    /// The row before which the mean differs most from that behind, in standard errors.
    pub change_at: usize,
    /// Chance that a series without a change has a larger difference, with this autocorrelation
    /// time.
    pub change_p: f64,
}

/// A series as numbers of levels: values between two neighbouring ones count as one.
pub(super) struct Levels {
    places: Vec<u16>,
    /// Widths between neighbouring levels, over the standard deviation.
    widths: Vec<f64>,
}

impl Levels {
    pub(super) fn of(series: &[f64]) -> Self {
        let mut sorted = series.to_vec();
        sorted.sort_by(f64::total_cmp);
        let mut values: Vec<f64> = (0..LEVELS).map(|k| sorted[(2 * k + 1) * sorted.len() / (2 * LEVELS)]).collect();
        values.push(sorted[sorted.len() - 1]);
        values.insert(0, sorted[0]);
        values.dedup();
        let (_, deviation) = mean_and_deviation(series);
        let nearest = |x: &f64| {
            let above = values.partition_point(|value| value < x).min(values.len() - 1);
            let below = above.saturating_sub(1);
            if x - values[below] < values[above] - x { below as u16 } else { above as u16 }
        };
        let scale = if deviation > 0.0 { deviation } else { 1.0 };
        Levels { places: series.iter().map(nearest).collect(), widths: values.windows(2).map(|pair| (pair[1] - pair[0]) / scale).collect() }
    }

    /// The distribution of some rows: shares up to each level.
    pub(super) fn cumulative(&self, rows: &[u32]) -> Vec<f64> {
        let mut shares = vec![0.0; self.widths.len() + 1];
        rows.iter().for_each(|row| shares[usize::from(self.places[*row as usize])] += 1.0);
        let mut sum = 0.0;
        for share in &mut shares {
            sum += *share / rows.len() as f64;
            *share = sum;
        }
        shares
    }

    /// `W_1` of two distributions in standard deviations.
    pub(super) fn between(&self, one: &[f64], other: &[f64]) -> f64 {
        self.widths.iter().enumerate().fold(0.0, |sum, (k, width)| sum + width * (one[k] - other[k]).abs())
    }

    /// `W_1` of the laws of some rows and of others.
    pub(super) fn distance(&self, one: &[u32], other: &[u32]) -> f64 {
        self.between(&self.cumulative(one), &self.cumulative(other))
    }
}

impl Drift {
    /// The drift of a series with this autocorrelation time.
    pub(super) fn of(series: &[f64], memory: f64, key: RngKey) -> Drift {
        let n = series.len();
        let levels = Levels::of(series);
        let order: Vec<u32> = (0..n as u32).collect();
        let measure = |order: &[u32]| {
            let whole = levels.cumulative(order);
            let eighth = |part: usize| levels.between(&levels.cumulative(&order[part * n / PARTS..(part + 1) * n / PARTS]), &whole);
            let (part, largest) = (0..PARTS).map(|part| (part, eighth(part))).fold((0, 0.0), |best, next| if next.1 > best.1 { next } else { best });
            let (first, second) = order.split_at(n / 2);
            (part, largest, levels.distance(first, second))
        };
        let (part, largest, halves) = measure(&order);
        let root = (n as f64).sqrt();
        let length = root.max((3.0 * memory).min(2.0 * root));
        let mut noise = Noise::at(key.stream(stream::RESAMPLING));
        let null: Vec<(usize, f64, f64)> = (0..RESAMPLES).map(|_| measure(&resampled(n, length, &mut noise))).collect();
        let share =
            |far: &dyn Fn(&(usize, f64, f64)) -> bool| (1 + null.iter().filter(|resample| far(resample)).count()) as f64 / (RESAMPLES + 1) as f64;
        let typical = median(null.iter().map(|(_, largest, _)| *largest).collect());
        let (change_at, change_p) = change(series, memory);
        Drift {
            largest,
            part,
            resampled: typical,
            beyond_resampling: (largest * largest - typical * typical).max(0.0).sqrt(),
            p_value: share(&|(_, other, _)| *other >= largest),
            halves,
            halves_p: share(&|(_, _, other)| *other >= halves),
            change_at,
            change_p,
        }
    }
}

/// Rows of one resample of the stationary bootstrap, blocks of this mean length that go round.
pub(super) fn resampled(n: usize, length: f64, noise: &mut Noise) -> Vec<u32> {
    let mut rows = Vec::with_capacity(n);
    while rows.len() < n {
        let from = noise.index(n);
        let block = 1 + (libm::log(noise.uniform()) / libm::log1p(-1.0 / length)) as usize;
        rows.extend((0..block.min(n - rows.len())).map(|t| ((from + t) % n) as u32));
    }
    rows
}

/// The most likely place of a change of the mean and its p-value, by the largest size of the
/// bridge of partial sums: Kolmogorov's law.
fn change(series: &[f64], memory: f64) -> (usize, f64) {
    let n = series.len() as f64;
    let (mean, deviation) = mean_and_deviation(series);
    let (mut sum, mut largest, mut place) = (0.0, 0.0, 0);
    for (t, x) in series.iter().enumerate() {
        sum += x - mean;
        if f64::abs(sum) > largest {
            (largest, place) = (f64::abs(sum), t + 1);
        }
    }
    let size = largest / (deviation * (n * memory).sqrt());
    if size.is_nan() {
        return (0, 1.0);
    }
    let tail: f64 = (1..=100).map(|k| if k % 2 == 1 { 2.0 } else { -2.0 } * libm::exp(-2.0 * f64::from(k * k) * size * size)).sum();
    (place, if size < 0.2 { 1.0 } else { tail.clamp(0.0, 1.0) })
}
