//! Tests of a single recorded series: a unit root (ADF) and level stationarity (KPSS).

use super::dickey::{Dickey, Residuals};
use super::effective::Autocovariance;
use super::units::{Units, constant};
use super::{Undefined, normal_tail};

/// A statistic with its lag and p-value.
///
/// ```
/// use rtrl_lab::stats::{UnitRootTest, augmented_dickey_fuller};
/// let signs: Vec<f64> = (0..60).map(|t| if t % 2 == 0 { 1.0 } else { -1.0 }).collect();
/// // Δy is −2 y exactly.
/// let expected = UnitRootTest { statistic: f64::NEG_INFINITY, lag: 0, p_value: 0.0 };
/// assert_eq!(augmented_dickey_fuller(&signs), Ok(expected));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnitRootTest {
    /// The statistic; of a unit root it is ±∞ or 0 where the series follows an autoregression
    /// exactly.
    pub statistic: f64,
    /// The lag used.
    pub lag: usize,
    /// The p-value; for KPSS only tabulated from 0.01 to 0.10, so that the ends are bounds.
    pub p_value: f64,
}

/// The augmented Dickey–Fuller test with a constant; the lag minimises Akaike's criterion over
/// `0 … ⌈12 (n/100)^{1/4}⌉`.
///
/// ```text
/// Δy_t = μ + γ y_{t−1} + Σ_{j ≤ lag} δ_j Δy_{t−j} + ε_t,   statistic = γ̂ / se(γ̂)
/// ```
///
/// A small p speaks against a unit root. The lags are compared on one common sample; the test is
/// then run on the largest sample of its lag. The p-value is MacKinnon's response surface. A series
/// that an autoregression predicts to twelve digits of its standard deviation, or up to the
/// rounding of its values (a sinusoid, a period, a trend), has no `ε` to speak of and no standard
/// error: at the smallest such lag the statistic is −∞ with p = 0 where `γ̂ < 0`, as for a stable
/// or periodic series; ∞ with p = 1 where `γ̂ > 0`; and 0 with p = 1 where the level is not needed,
/// as for a trend. The work is the length times the largest lag. Sources: Said and Dickey (1984),
/// doi 10.1093/biomet/71.3.599; MacKinnon (1994), doi 10.1080/07350015.1994.10510005.
///
/// ```
/// use rtrl_lab::stats::augmented_dickey_fuller;
/// let test = |f: fn(usize) -> f64| {
///     augmented_dickey_fuller(&(0..100).map(f).collect::<Vec<_>>()).unwrap()
/// };
/// let (period, trend) = (test(|t| (t % 5) as f64), test(|t| 2.0 * t as f64 + 1.0));
/// assert_eq!((period.statistic, period.lag, period.p_value), (f64::NEG_INFINITY, 3, 0.0));
/// assert_eq!((trend.statistic, trend.lag, trend.p_value), (0.0, 0, 1.0));
/// ```
///
/// # Errors
/// [`Undefined`] for fewer than 30 observations, one that is not finite, a constant series, or one
/// whose level is constant or follows from its last differences.
pub fn augmented_dickey_fuller(series: &[f64]) -> Result<UnitRootTest, Undefined> {
    check(series)?;
    let n = series.len();
    let most = (12.0 * libm::pow(n as f64 / 100.0, 0.25)).ceil() as usize;
    let most = most.min(n / 2 - 2);
    let (centred, noise) = centred(series);
    let dickey = Dickey::new(&centred, most, noise);
    let squares = match dickey.residuals(most)? {
        Residuals::Squares(squares) => squares,
        Residuals::Exact { lag, sign } => {
            let statistic = if sign == 0.0 { 0.0 } else { sign * f64::INFINITY };
            return Ok(UnitRootTest { statistic, lag, p_value: if sign < 0.0 { 0.0 } else { 1.0 } });
        }
    };
    let observations = (n - 1 - most) as f64;
    let criterion = |lag: usize| observations * libm::log(squares[lag]) + 2.0 * (lag + 2) as f64;
    let lag = (0..squares.len()).fold(0, |best, lag| if criterion(lag) < criterion(best) { lag } else { best });
    let statistic = dickey.statistic(lag)?;
    Ok(UnitRootTest { statistic, lag, p_value: mackinnon(statistic) })
}

/// The KPSS test of level stationarity; the bandwidth is Hobijn's automatic one.
///
/// ```text
/// statistic = n^{-2} Σ_t S_t² / σ̂²,   S_t = Σ_{s ≤ t} (y_s − ȳ),
///     σ̂² the Bartlett long-run variance
/// ```
///
/// A small p speaks against stationarity. Sources: Kwiatkowski et al. (1992), doi
/// 10.1016/0304-4076(92)90104-Y; Hobijn et al. (2004), doi 10.1111/j.1467-9574.2004.00272.x.
///
/// ```
/// let signs: Vec<f64> = (0..100).map(|t| if t % 2 == 0 { 1.0 } else { -1.0 }).collect();
/// let test = rtrl_lab::stats::kpss(&signs).unwrap();
/// // Partial sums 1, 0, 1, …: 50/100², over a long-run variance of 1/9.
/// assert!(test.lag == 8 && (test.statistic - 0.045).abs() < 1e-12 && test.p_value == 0.10);
/// ```
///
/// # Errors
/// [`Undefined`] for fewer than 30 observations, one that is not finite, or a constant series.
pub fn kpss(series: &[f64]) -> Result<UnitRootTest, Undefined> {
    check(series)?;
    let (residuals, _) = centred(series);
    let n = series.len() as f64;
    // S_0 … S_n.
    let mut sums = vec![0.0];
    for (t, residual) in residuals.iter().enumerate() {
        sums.push(sums[t] + residual);
    }
    let squares: f64 = sums.iter().map(|sum| sum * sum).sum();
    let mut covariance = Autocovariance::about(&residuals, residuals.len(), vec![0.0]);
    let window = libm::pow(n, 2.0 / 9.0) as usize;
    let (mut s0, mut s1) = (covariance.at(0), 0.0);
    for lag in 1..=window {
        let doubled = 2.0 * covariance.at(lag);
        s0 += doubled;
        s1 += lag as f64 * doubled;
    }
    let ratio = s1 / s0;
    let bandwidth = 1.1447 * libm::cbrt(ratio * ratio) * libm::cbrt(n);
    let lag = (bandwidth.max(0.0) as usize).min(series.len() - 1);
    let long_run = bartlett(&sums, lag + 1);
    if long_run <= 0.0 {
        return Err(Undefined::because("the long-run variance of the series is 0, which leaves no test of its level"));
    }
    let statistic = squares / (n * n) / long_run;
    Ok(UnitRootTest { statistic, lag, p_value: interpolate(statistic) })
}

/// Bartlett's long-run variance from the partial sums of residuals: the sum over lags, each lag
/// weighted by how many windows hold both its ends.
///
/// ```text
/// γ(0) + 2 Σ_{j < width} (1 − j/width) γ(j) = Σ_k (S_{k + width} − S_k)² / (n width)
/// ```
///
/// `S` continued by `S_0` and `S_n`; the work does not depend on the width.
fn bartlett(sums: &[f64], width: usize) -> f64 {
    let n = sums.len() - 1;
    let squares: f64 = (0..n + width - 1)
        .map(|end| {
            let inside = sums[(end + 1).min(n)] - sums[(end + 1).saturating_sub(width)];
            inside * inside
        })
        .sum();
    squares / (n as f64 * width as f64)
}

/// Residual, in standard deviations, below which a series counts as predicted exactly: 2⁻⁴⁰, twelve
/// digits.
const EXACT: f64 = 1.0 / (1u64 << 40) as f64;

/// The series about its mean, in units in which no product leaves the range of numbers, and the
/// root mean square below which a residual of it is no noise.
fn centred(series: &[f64]) -> (Vec<f64>, f64) {
    let units = Units::of(series);
    let inside = units.apply(series);
    let n = series.len() as f64;
    let first = inside.iter().sum::<f64>() / n;
    // What rounding left of the first mean would grow with every partial sum.
    let rest = inside.iter().map(|x| x - first).sum::<f64>() / n;
    let largest = series.iter().fold(0.0, |largest: f64, x| x.abs().max(largest));
    let centred: Vec<f64> = inside.iter().map(|x| x - first - rest).collect();
    let deviation = (centred.iter().map(|x| x * x).sum::<f64>() / n).sqrt();
    // An autoregression of bounded coefficients carries the rounding of a few values into a
    // residual.
    let rounding = 2.0 * f64::EPSILON * units.within(largest);
    (centred, rounding.max(EXACT * deviation))
}

fn check(series: &[f64]) -> Result<(), Undefined> {
    if series.len() < 30 {
        return Err(Undefined::because(format!("{} observations are too few for a test of stationarity; it needs 30", series.len())));
    }
    if series.iter().any(|x| !x.is_finite()) {
        return Err(Undefined::because("the series has a value that is not finite"));
    }
    if constant(series) {
        return Err(Undefined::because("the series is constant"));
    }
    Ok(())
}

/// The critical values of Kwiatkowski et al. (1992), table 1, at 10, 5, 2.5 and 1 %.
fn interpolate(statistic: f64) -> f64 {
    const TABLE: [(f64, f64); 4] = [(0.347, 0.10), (0.463, 0.05), (0.574, 0.025), (0.739, 0.01)];
    if statistic <= TABLE[0].0 {
        return TABLE[0].1;
    }
    for pair in TABLE.windows(2) {
        let ((low, p_low), (high, p_high)) = (pair[0], pair[1]);
        if statistic <= high {
            return p_low + (statistic - low) / (high - low) * (p_high - p_low);
        }
    }
    TABLE[3].1
}

/// MacKinnon's approximate p-value for one variable and a constant.
fn mackinnon(statistic: f64) -> f64 {
    const LARGEST: f64 = 2.74;
    const SMALLEST: f64 = -18.83;
    const SPLIT: f64 = -1.61;
    const LOW: [f64; 3] = [2.1659, 1.4412, 0.038269];
    const HIGH: [f64; 4] = [1.7339, 0.93202, -0.12745, -0.010368];
    if statistic > LARGEST {
        return 1.0;
    }
    if statistic < SMALLEST {
        return 0.0;
    }
    let coefficients: &[f64] = if statistic <= SPLIT { &LOW } else { &HIGH };
    let z = coefficients.iter().rev().fold(0.0, |sum, c| sum * statistic + c);
    normal_tail(-z)
}
