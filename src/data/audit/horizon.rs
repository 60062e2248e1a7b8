//! How far back the law of a record has been what it is at its end, and how long a law lasts.

use super::drift::{Levels, resampled};
use crate::random::{Noise, RngKey, stream};
use serde::{Deserialize, Serialize};

/// Pieces of the record that are compared.
const PIECES: usize = 16;
/// Resamples without drift.
const RESAMPLES: usize = 99;
/// Share of resamples below which a distance counts as no more than chance makes.
const CHANCE: f64 = 0.95;

/// How long a law lasts, as far as the record can tell.
///
/// A law has changed where the distance of two laws, in standard deviations, less in quadrature
/// that of two neighbouring sixteenths, passes the margin, and where fewer than one resample
/// without drift in twenty is as far.
///
/// ```
/// use rtrl_lab::{data::audit::Horizon, random::{Noise, RngKey}};
/// let noise = Noise::at(RngKey::root(3)).normal_vector(4000);
/// let jump = |t: usize| if t < 2500 { 0.0 } else { 3.0 };
/// let jumped: Vec<f64> = noise.iter().enumerate().map(|(t, xi)| xi + jump(t)).collect();
/// let of = |series: &[f64]| Horizon::of(series, 1.0, 0.25, RngKey::root(1));
/// assert_eq!((of(&noise).back, of(&noise).ahead), (4000, None));
/// // The jump lies 1500 rows before the end.
/// assert!(of(&jumped).back <= 1750);
/// assert!(of(&jumped).ahead.is_some());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Horizon {
    /// Rows.
    pub rows: usize,
    /// Rows at the end of the record whose two halves do not differ, `ahead` at most; the whole
    /// record where none of its ends does.
    pub back: usize,
    /// The least distance in rows at which two sixteenths of the record differ, in the mean over
    /// all such pairs; `None` where they do not up to half of the record.
    pub ahead: Option<usize>,
    /// Mean distance of two sixteenths that are 1, 2, … 8 of them apart, in standard deviations,
    /// less in quadrature that of neighbours.
    pub distances: Vec<f64>,
}

impl Horizon {
    /// The horizon of a series with this autocorrelation time, for a margin in standard deviations.
    ///
    /// ```
    /// use rtrl_lab::{data::audit::Horizon, random::RngKey};
    /// let line: Vec<f64> = (0..1600).map(f64::from).collect();
    /// let horizon = Horizon::of(&line, 1.0, 0.25, RngKey::root(1));
    /// // A sixteenth of a line is 0.22 deviations long: after a few of them the law is another.
    /// assert!(horizon.back <= 500 && horizon.ahead.is_some_and(|rows| rows <= 500));
    /// ```
    pub fn of(series: &[f64], memory: f64, margin: f64, key: RngKey) -> Horizon {
        let n = series.len();
        let levels = Levels::of(series);
        let root = (n as f64).sqrt();
        let length = root.max((3.0 * memory).min(2.0 * root));
        let order: Vec<u32> = (0..n as u32).collect();
        let mut noise = Noise::at(key.within("horizon").stream(stream::RESAMPLING));
        let found = Beyond::of(&levels, &order);
        let null: Vec<Beyond> = (0..RESAMPLES).map(|_| Beyond::of(&levels, &resampled(n, length, &mut noise))).collect();
        // The law has changed: the distance is beyond the margin and beyond chance.
        let changed = |own: f64, others: &dyn Fn(&Beyond) -> f64| {
            let rarer = null.iter().filter(|other| others(other) < own).count() as f64 >= CHANCE * RESAMPLES as f64;
            rarer && own > margin * margin
        };
        // The last piece counts as one law.
        let back = (0..found.ends.len()).find(|k| changed(found.ends[*k], &|other| other.ends[*k])).map_or(n, |k| rows(n, k + 1));
        let ahead: Option<usize> = (1..found.apart.len()).find(|k| changed(found.apart[*k], &|other| other.apart[*k])).map(|k| rows(n, k + 1));
        // One end of a record is one comparison; all pairs of pieces see a steady change sooner.
        let back = back.min(ahead.unwrap_or(n));
        Horizon { rows: n, back, ahead, distances: found.apart.iter().map(|square| square.max(0.0).sqrt()).collect() }
    }
}

fn rows(n: usize, pieces: usize) -> usize {
    pieces * n / PIECES
}

/// Squared distances within one ordering of the rows, less what two neighbouring pieces differ by.
struct Beyond {
    /// Of the two halves of the last 2, 3, … pieces; a half of k/2 pieces has 2/k of the noise.
    ends: Vec<f64>,
    /// Of pieces 1, 2, … apart, in the mean.
    apart: Vec<f64>,
}

impl Beyond {
    fn of(levels: &Levels, order: &[u32]) -> Self {
        let n = order.len();
        let piece = |k: usize| levels.cumulative(&order[rows(n, k)..rows(n, k + 1)]);
        let pieces: Vec<Vec<f64>> = (0..PIECES).map(piece).collect();
        let mean = |lag: usize| (0..PIECES - lag).map(|k| levels.between(&pieces[k], &pieces[k + lag])).sum::<f64>() / (PIECES - lag) as f64;
        let neighbours = mean(1) * mean(1);
        let halves = |pieces: usize| {
            let end = &order[n - rows(n, pieces)..];
            levels.distance(&end[..end.len() / 2], &end[end.len() / 2..])
        };
        Beyond {
            ends: (2..=PIECES).map(|pieces| halves(pieces) * halves(pieces) - neighbours * 2.0 / pieces as f64).collect(),
            apart: (1..=PIECES / 2).map(|lag| mean(lag) * mean(lag) - neighbours).collect(),
        }
    }
}
