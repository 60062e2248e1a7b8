//! A moment of the distance at one time with its interval, from plain pairs or from populations,
//! where enough of them carry it.

use crate::stats::{Estimate, Sample, Undefined, student_quantile};
use ndarray::Array2;

/// What the rows of a moment are.
///
/// ```
/// use rtrl_lab::ergodicity::{Replicas, moment_limit};
/// let square = 1f64.exp() * 1f64.exp();
/// let moment = |replicas| moment_limit(&[1.0, square], 1, replicas, 0.95).unwrap().value;
/// assert!((moment(Replicas::Pairs) - 0.5 * (1.0 + square)).abs() < 1e-12);
/// // The mean of logarithms 0 and 2 and half their variance: e^{1 + 1}.
/// assert!((moment(Replicas::Populations) - square).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replicas {
    /// Single pairs: their distances.
    Pairs,
    /// Populations of pairs: `(E_i d^p)^{1/p}` of each, an unbiased estimate of the moment after
    /// the power.
    Populations,
}

/// Plain pairs that a moment must rest on, or half of them where there are fewer.
const CARRYING_PAIRS: f64 = 32.0;
/// Part of the populations that a moment must rest on; a log-normal law with variance `s²` leaves
/// `e^{−s²}`.
const CARRYING_POPULATIONS: f64 = 0.3;

/// `(E d^p)^{1/p}` from independent rows, with its interval.
///
/// ```text
/// pairs:        mean of d_i^p ± Student
/// populations:  log E d^p = m + s²/2 ± t_{n−1} ( s²/n + s⁴/(2(n − 1)) )^{1/2},   m, s² of log Z_i,
///     Z_i = root_i^p
/// ```
///
/// `rows` (n roots `(E_i d^p)^{1/p}`, in the unit of the distance), `order` p = 1 or 2. The
/// logarithm of a population's moment is a sum over steps and nearly normal; the interval of a
/// log-normal mean is Cox's (Land 1972, doi 10.1080/00401706.1972.10488891). Rows that all vanish
/// have the moment 0; where some do, no logarithm exists and the rows count as pairs.
///
/// ```
/// use rtrl_lab::ergodicity::{Replicas, moment_limit};
/// let level = [1.0, 1.25, 0.8, 1.0];
/// let moment = moment_limit(&level, 2, Replicas::Populations, 0.95).unwrap();
/// assert!(moment.lower < 1.0 && 1.0 < moment.upper);
/// // One row in twenty carries nearly all of it: the mean says nothing of the law.
/// let mut rare = vec![1e-3; 20];
/// rare[0] = 1.0;
/// assert!(moment_limit(&rare, 2, Replicas::Populations, 0.95).is_err());
/// ```
///
/// # Errors
/// [`Undefined`] with fewer than two rows, a row that is not finite, or a moment that too few rows
/// carry: `(Σ Z)² / Σ Z²` below 32 pairs (half of them, where there are fewer than 64) or 0.3 of
/// the populations.
pub fn moment_limit(rows: &[f64], order: u32, replicas: Replicas, level: f64) -> Result<Estimate, Undefined> {
    let diverged = rows.iter().filter(|root| !root.is_finite()).count();
    if diverged > 0 {
        return Err(Undefined::because(format!("{diverged} of {} distances left the finite numbers", rows.len())));
    }
    let (count, top) = (rows.len() as f64, rows.iter().fold(0.0f64, |top, root| top.max(*root)));
    if rows.len() < 2 {
        return Err(Undefined::because("a moment of fewer than two replicas has no interval"));
    }
    if top == 0.0 {
        return Ok(Estimate { value: 0.0, standard_error: 0.0, lower: 0.0, upper: 0.0, level });
    }
    let power = |root: f64| if order == 2 { root * root } else { root };
    let powers: Vec<f64> = rows.iter().map(|root| power(root / top)).collect();
    let (sum, squares) = powers.iter().fold((0.0, 0.0), |(sum, squares), z| (sum + z, squares + z * z));
    let carrying = sum * sum / squares;
    let (needed, what) = match replicas {
        Replicas::Pairs => (CARRYING_PAIRS.min(0.5 * count), "pairs"),
        Replicas::Populations => (CARRYING_POPULATIONS * count, "populations"),
    };
    if carrying < needed {
        return Err(Undefined::because(format!(
            "the moment of order {order} of the distance rests on {carrying:.1} of {} {what}, fewer than the {needed:.1} that an interval needs; allow more chains",
            rows.len()
        )));
    }
    let root = |moment: f64| top * if order == 2 { moment.max(0.0).sqrt() } else { moment.max(0.0) };
    if replicas == Replicas::Pairs || powers.contains(&0.0) {
        return Ok(Sample::new(&powers)?.mean(level)?.map_monotone(root));
    }
    let logs: Vec<f64> = rows.iter().map(|row| f64::from(order) * libm::log(row / top)).collect();
    let mean = logs.iter().sum::<f64>() / count;
    let variance = logs.iter().map(|l| (l - mean) * (l - mean)).sum::<f64>() / (count - 1.0);
    let (value, error) = (mean + 0.5 * variance, (variance / count + 0.5 * variance * variance / (count - 1.0)).sqrt());
    let reach = student_quantile(0.5 + level / 2.0, count - 1.0) * error;
    let back = |log: f64| top * libm::exp(log / f64::from(order));
    let point = back(value);
    Ok(Estimate { value: point, standard_error: point * error / f64::from(order), lower: back(value - reach), upper: back(value + reach), level })
}

/// Upper limit of what a copy that has run `age` steps lacks of being stationary, by copies of
/// which one is `lag` steps ahead of the other.
///
/// ```text
/// W_p(ν P^age, μ) ≤ Σ_{j≥0} e_{age + j lag} ≤ U_s ρ^{age − s} / (1 − ρ^lag),
///     e_t = (E d_t^p)^{1/p}
/// ```
///
/// `looks`: times with the interval of `e` there, ascending. `U` and `L` are its ends; s is the
/// last look up to `age` whose lower end lies above `floor`. `rate` is an upper limit of the rate
/// that was measured late, where there is one. ρ is the larger of it and
/// `(U_s / L_s')^{1/(s − s')}`, s' the look nearest to s/2, where that is below 1, or the ratio of
/// the points. Without a late rate a mode that is slower than what is seen between s' and s is not
/// seen. Where the distance has fallen to the floor at the first look, twice its limit there.
/// Source: the lagged coupling of Biswas, Jacob and Vanetti (2019), arXiv:1905.09971, summed by
/// Minkowski's inequality.
///
/// ```
/// use rtrl_lab::{ergodicity::residual_limit, stats::Estimate};
/// let looks: Vec<_> = [0, 10, 20].map(|t| (t, Estimate::exact(0.5f64.powi(t as i32)))).to_vec();
/// let exact = 0.5f64.powi(30) / (1.0 - 0.5f64.powi(5));
/// assert!((residual_limit(&looks, 5, 30, 0.0, None).unwrap() / exact - 1.0).abs() < 1e-12);
/// assert!(residual_limit(&looks, 5, 30, 0.0, Some(0.6)).unwrap() > 5.0 * exact);
/// ```
///
/// # Errors
/// [`Undefined`] where no look is defined, or where the distance is not seen to fall.
pub fn residual_limit(looks: &[(usize, Estimate)], lag: usize, age: usize, floor: f64, rate: Option<f64>) -> Result<f64, Undefined> {
    let within: Vec<&(usize, Estimate)> = looks.iter().filter(|(time, _)| *time <= age).collect();
    let above: Vec<&(usize, Estimate)> = within.iter().copied().take_while(|(_, e)| e.lower > floor).collect();
    let Some((last, limit)) = above.last() else {
        return match within.first() {
            Some((_, first)) => Ok(2.0 * first.upper),
            None => Err(Undefined::because("too few populations carry the distance of two burnt-in copies at any time")),
        };
    };
    if let (1, Some((_, next))) = (above.len(), within.get(1)) {
        return Ok(2.0 * next.upper);
    }
    let (earlier, from) = above.iter().fold(above[0], |best, look| if look.0.abs_diff(last / 2) < best.0.abs_diff(last / 2) { look } else { best });
    let steps = last.saturating_sub(*earlier) as f64;
    let seen = libm::log(limit.upper / from.lower) / steps;
    // A factor of time makes an early rate larger than the late one. Looks that few populations
    // carry have wide limits: there the points must fall.
    let log_rate = match rate.map(libm::log) {
        Some(late) if seen < 0.0 => seen.max(late),
        Some(late) => late.max(libm::log(limit.value / from.value) / steps),
        None => seen,
    };
    if log_rate.is_nan() || log_rate >= 0.0 {
        return Err(Undefined::because(
            "two copies burnt in for different times are not seen to approach each other, so the second copy is not known to be near the stationary law",
        ));
    }
    Ok(limit.upper * libm::exp(log_rate * (age - last) as f64) / -libm::expm1(log_rate * lag.max(1) as f64))
}

/// Upper limit of `W_p(ν P^t, μ)` from populations of pairs that both start from ν, of which one
/// copy is `lag` steps ahead; no copy needs the stationary law.
///
/// ```text
/// W_p(ν P^t, μ) ≤ Σ_{j≥0} e_{t + j lag},   e_s = (E d_s^p)^{1/p}
/// ```
///
/// Each term has its own limit, at a level that all of them share; what lies beyond the last one
/// that enough populations carry is extrapolated by [`residual_limit`]. `rows` (populations ×
/// `times`), roots. The estimate's value sums points as its ends sum limits. Source: as there.
///
/// ```
/// use rtrl_lab::ergodicity::lagged_limit;
/// let times: Vec<usize> = (0..=20).collect();
/// let rows = ndarray::Array2::from_shape_fn((8, 21), |(_, t)| 0.5f64.powi(t as i32));
/// let bound = lagged_limit(&rows, &times, (1, 2), 4, 0.95).unwrap();
/// // The sum of 2^{−4 − 2j}.
/// assert!((bound.value - 1.0 / 12.0).abs() < 1e-14 && (bound.upper - 1.0 / 12.0).abs() < 1e-14);
/// ```
///
/// # Errors
/// [`Undefined`] where the first term is, or where the distance is not seen to fall.
pub fn lagged_limit(rows: &Array2<f64>, times: &[usize], (order, lag): (u32, usize), t: usize, level: f64) -> Result<Estimate, Undefined> {
    let last = times.last().copied().unwrap_or(0);
    let summed: Vec<usize> = (t..=last).step_by(lag.max(1)).collect();
    // Two more limits make the rate of the rest.
    let own = 1.0 - (1.0 - level) / (summed.len() + 2) as f64;
    let at = |time: usize| -> Result<Estimate, Undefined> {
        let column =
            times.iter().position(|own| *own == time).ok_or_else(|| Undefined::because(format!("no moment was written down at t = {time}")))?;
        moment_limit(&rows.column(column).to_vec(), order, Replicas::Populations, own)
    };
    // The terms up to the first that too few populations carry; without the first one there is no
    // sum.
    let first = at(t)?;
    let terms: Vec<(usize, Estimate)> = summed.iter().skip(1).map_while(|time| Some((*time, at(*time).ok()?))).collect();
    let terms: Vec<(usize, Estimate)> = std::iter::once((t, first)).chain(terms).collect();
    let end = terms[terms.len() - 1];
    let half = (end.0 / 2, at(end.0 / 2)?);
    let mut total = Estimate { value: 0.0, standard_error: 0.0, lower: 0.0, upper: 0.0, level };
    for (_, term) in &terms {
        total.value += term.value;
        total.standard_error += term.standard_error;
        total.lower += term.lower;
        total.upper += term.upper;
    }
    let tail = |looks: [(usize, Estimate); 2]| residual_limit(&looks, lag, end.0 + lag.max(1), 0.0, None);
    total.upper += tail([half, end])?;
    total.value += tail([half, end].map(|(time, e)| (time, Estimate::exact(e.value))))?;
    Ok(total)
}
