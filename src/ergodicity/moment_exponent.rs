//! The exponent of a moment of products, from the logarithms that guided populations of two sizes
//! give of it.

use crate::stats::{Estimate, Sample, Undefined, student_quantile};
use libm::hypot;
use ndarray::{Array2, ArrayView1};

/// Part of the run that is left to the start.
const SETTLING: f64 = 0.25;
/// Parts that the rest of a run is cut into: their spread tells the variance of the logarithm
/// better than a few whole runs do.
const SEGMENTS: usize = 4;
/// Standard errors within which a difference that should be 0 is taken for noise.
const NOISE: f64 = 2.0;
/// Level of the lower limit of a moment that populations seldom see.
const LOWEST: f64 = 0.975;
/// Most that half the variance of the logarithm may come to a step: beyond it the moment rests on
/// events that a population of this size does not see at every step.
pub(super) const HEAVIEST: f64 = 0.35;

/// What one size of population says of an exponent.
struct Seen {
    /// With the half variance added.
    value: f64,
    error: f64,
    dof: f64,
    /// How far a transient or a swing that all populations share may have moved the value: down,
    /// up.
    shared: [f64; 2],
    /// A lower limit where the moment rests on events that populations of this size seldom see.
    seldom: Option<f64>,
}

/// `Λ(q) = lim t^{-1} log E|A_t ⋯ A_1 δ|^q` from logarithms of estimates of the moment, a row a
/// population, a column a time from 0 on.
///
/// ```text
/// log Ê_t normal with mean log E_t − ½ v t and variance v t
///     (Ê is unbiased, its logarithm a sum over steps)
/// Λ̂ = mean slope + ½ v̂,    se² = v̂/(R T) + ½ v̂²/ν
/// ```
///
/// over R populations and the last three quarters of their steps, T of them; `v̂` is pooled over
/// four parts of every run, with `ν = 4R − 1` degrees of freedom, unless whole runs spread more.
/// Three things widen the interval, each by what it shows beyond its own noise: populations of
/// another size give another value (the bias of a population of M falls like 1/M; `sizes` holds the
/// larger size over the smaller), the two halves of the runs give different slopes (a transient
/// that dies like 1/t, on the side that it points to), and the mean logarithm leaves its straight
/// line (a swing that does not die, of products that turn).
///
/// Where half the variance exceeds 0.35 a step the moment rests on events that populations of this
/// size seldom see, and a normal law says nothing of them. The logarithm of an unbiased estimate is
/// low on average, so the mean slope less its error is a lower limit all the same; the upper end is
/// then infinite.
///
/// ```
/// use rtrl_lab::ergodicity::moment_exponent;
/// // Sixteen populations on which the moment falls by e^{−0.3} at every step.
/// let rows = ndarray::Array2::from_shape_fn((16, 101), |(_, t)| -0.3 * t as f64);
/// let exponent = moment_exponent(&rows, &rows, 4.0, 0.95).unwrap();
/// assert!((exponent.value + 0.3).abs() < 1e-12 && exponent.upper - exponent.lower < 1e-12);
/// ```
///
/// # Errors
/// [`Undefined`] with fewer than four populations or 16 steps, where a state leaves the finite
/// numbers, and where every product of a population vanishes.
pub fn moment_exponent(large: &Array2<f64>, small: &Array2<f64>, sizes: f64, level: f64) -> Result<Estimate, Undefined> {
    let seen = Seen::of(large)?;
    if let Some(lower) = seen.seldom {
        return Ok(Estimate { value: seen.value, standard_error: seen.error, lower, upper: f64::INFINITY, level });
    }
    let mut half = student_quantile(0.5 + level / 2.0, seen.dof) * seen.error;
    // A small population that loses sight of the moment says nothing of the large one's bias.
    if let Some(other) = Seen::of(small).ok().filter(|other| other.seldom.is_none()) {
        let differs = beyond_noise(seen.value - other.value, hypot(seen.error, other.error));
        half = hypot(half, differs / (sizes - 1.0).max(1.0));
    }
    let [down, up] = seen.shared;
    Ok(Estimate { value: seen.value, standard_error: seen.error, lower: seen.value - half - down, upper: seen.value + half + up, level })
}

/// Whether the product of every tangent of every population has vanished by time `by`.
pub(crate) fn vanishes(rows: &Array2<f64>, by: usize) -> bool {
    rows.nrows() > 0 && by < rows.ncols() && rows.column(by).iter().all(|l| *l == f64::NEG_INFINITY)
}

impl Seen {
    fn of(rows: &Array2<f64>) -> Result<Self, Undefined> {
        let (count, end) = (rows.nrows(), rows.ncols().saturating_sub(1));
        if count < 4 || end < 16 {
            return Err(Undefined::because(format!(
                "{count} populations of {end} steps are too few for an exponent; allow more chains or more steps"
            )));
        }
        if rows.iter().any(|l| l.is_nan() || *l == f64::INFINITY) {
            return Err(Undefined::because("the products or their states leave the finite numbers"));
        }
        let vanished = rows.column(end).iter().filter(|l| !l.is_finite()).count();
        if vanished > 0 {
            return Err(Undefined::because(format!(
                "every product of {vanished} of {count} populations vanished, so their moment rests on products that were not seen"
            )));
        }
        let segment = ((1.0 - SETTLING) * end as f64) as usize / SEGMENTS;
        let counted = segment * SEGMENTS;
        let first = end - counted;
        let rise = |row: ArrayView1<f64>, from: usize, to: usize| row[to] - row[from];
        let whole: Vec<f64> = rows.rows().into_iter().map(|row| rise(row, first, end)).collect();
        let parts: Vec<f64> =
            rows.rows().into_iter().flat_map(|row| (0..SEGMENTS).map(move |k| rise(row, first + k * segment, first + (k + 1) * segment))).collect();
        let (mean, by_runs) = mean_and_variance(&whole);
        let by_parts = SEGMENTS as f64 * mean_and_variance(&parts).1;
        let variance = by_runs.max(by_parts);
        let (steps, runs) = (counted as f64, count as f64);
        // Half the larger of two estimates of one variance would be too much on average: the runs'
        // own one counts in the value only where it is the larger one beyond its noise.
        let noise = NOISE * by_parts * (2.0 / (runs - 1.0)).sqrt();
        let low = 0.5 * if by_runs > by_parts + noise { by_runs } else { by_parts } / steps;
        let error = (variance / runs + 0.5 * variance * variance / (SEGMENTS as f64 * runs - 1.0)).sqrt() / steps;
        let rounding = 8.0 * f64::EPSILON * (1.0 + mean.abs() / steps);
        let swing = 2.0 * swing(rows, first, (variance / runs).sqrt()) / steps + rounding;
        let drift = drift(rows, [first, first + counted / 2, end])?;
        let shared = [swing + drift.max(0.0), swing + (-drift).max(0.0)];
        let seldom = (low > HEAVIEST).then(|| mean / steps - student_quantile(LOWEST, runs - 1.0) * (by_runs / runs).sqrt() / steps - shared[0]);
        Ok(Seen { value: mean / steps + low, error, dof: runs - 1.0, shared, seldom })
    }
}

/// What the slope over the whole lies above its limit by, where slopes of the two halves differ as
/// those of a transient that dies like 1/t.
fn drift(rows: &Array2<f64>, [first, middle, end]: [usize; 3]) -> Result<f64, Undefined> {
    let slope = |row: ArrayView1<f64>, from: usize, to: usize| (row[to] - row[from]) / (to - from) as f64;
    let halves: Vec<f64> = rows.rows().into_iter().map(|row| slope(row, first, middle) - slope(row, middle, end)).collect();
    let seen = Sample::new(&halves)?.mean(0.95)?;
    let [early, late] = [[first, middle], [middle, end]].map(|[from, to]| libm::log((to + 1) as f64 / (from + 1) as f64));
    let bias_over_drift = (early + late) / 2.0 / (early - late);
    Ok((bias_over_drift * beyond_noise(seen.value, seen.standard_error)).copysign(seen.value))
}

/// Size of what the mean logarithm leaves its straight line by, beyond a walk's bridge of
/// end-to-end deviation `noise`: its standard deviation is 0.41 of that.
fn swing(rows: &Array2<f64>, first: usize, noise: f64) -> f64 {
    let end = rows.ncols() - 1;
    let mean = |t: usize| rows.column(t).sum() / rows.nrows() as f64;
    let (from, to) = (mean(first), mean(end));
    let line = |t: usize| from + (to - from) * (t - first) as f64 / (end - first) as f64;
    let squares = (first..=end).map(|t| mean(t) - line(t)).map(|r| r * r).sum::<f64>() / (end - first + 1) as f64;
    let bridge = NOISE * 0.41 * noise;
    (squares - bridge * bridge).max(0.0).sqrt()
}

/// The part of a difference that its noise does not explain; 0 within two standard errors.
fn beyond_noise(difference: f64, error: f64) -> f64 {
    if difference.abs() <= NOISE * error { 0.0 } else { (difference * difference - error * error).max(0.0).sqrt() }
}

fn mean_and_variance(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Noise, RngKey, stream};

    /// Populations whose logarithms are walks of variance `v` a step and drift `Λ − v/2`.
    fn walks(exponent: f64, variance: f64, seed: u64) -> Array2<f64> {
        let mut noise = Noise::at(RngKey::root(seed).within("walks").stream(stream::INNOVATION));
        let mut rows = Array2::zeros((16, 201));
        for mut row in rows.rows_mut() {
            for (t, draw) in (1..201).zip(noise.normal_vector(200)) {
                row[t] = row[t - 1] + exponent - 0.5 * variance + variance.sqrt() * draw;
            }
        }
        rows
    }

    /// Half the larger of two estimates of the variance made it 0.02 too large on average, three
    /// quarters of its standard error.
    #[test]
    fn the_exponent_of_normal_logarithms_is_unbiased_and_covered() {
        const REPEATS: u64 = 400;
        let (exponent, variance) = (-1.7, 0.25);
        let seen: Vec<Estimate> = (0..REPEATS)
            .map(|seed| moment_exponent(&walks(exponent, variance, 2 * seed), &walks(exponent, variance, 2 * seed + 1), 4.0, 0.95).unwrap())
            .collect();
        let bias = seen.iter().map(|estimate| estimate.value - exponent).sum::<f64>() / REPEATS as f64;
        let deviation = (seen.iter().map(|estimate| (estimate.value - exponent) * (estimate.value - exponent)).sum::<f64>() / REPEATS as f64).sqrt();
        // 4.4 standard errors at 1e-5, and what the choice between the two variances leaves.
        assert!(bias.abs() < 4.4 * deviation / (REPEATS as f64).sqrt() + 0.1 * deviation, "{bias} {deviation}");
        let covered = seen.iter().filter(|estimate| estimate.contains(exponent)).count();
        // Of 400 intervals of 95 % fewer than 360 hold the truth with probability 1e-5.
        assert!(covered >= 360, "{covered}");
    }
}
