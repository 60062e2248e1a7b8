//! Tests of a single recorded series: a unit root (ADF) and level stationarity (KPSS).

use super::{Undefined, normal_tail};

/// A statistic with its lag and p-value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnitRootTest {
    /// The statistic.
    pub statistic: f64,
    /// The lag used.
    pub lag: usize,
    /// The p-value; for KPSS only tabulated from 0.01 to 0.10, so that the ends are bounds.
    pub p_value: f64,
}

/// The augmented Dickey–Fuller test with a constant; the lag minimises Akaike's criterion over `0 … ⌈12 (n/100)^{1/4}⌉`.
///
/// ```text
/// Δy_t = μ + γ y_{t−1} + Σ_{j ≤ lag} δ_j Δy_{t−j} + ε_t,   statistic = γ̂ / se(γ̂)
/// ```
///
/// A small p speaks against a unit root. The lags are compared on one common sample; the test is then run on the largest sample of its lag. The p-value is
/// MacKinnon's response surface. Sources: Said and Dickey (1984), doi 10.1093/biomet/71.3.599; MacKinnon (1994), doi 10.1080/07350015.1994.10510005.
///
/// # Errors
/// [`Undefined`] for fewer than 30 observations, one that is not finite, or a constant series.
pub fn augmented_dickey_fuller(series: &[f64]) -> Result<UnitRootTest, Undefined> {
    check(series)?;
    let n = series.len();
    let most = (12.0 * libm::pow(n as f64 / 100.0, 0.25)).ceil() as usize;
    let most = most.min(n / 2 - 2);
    let mean = series.iter().sum::<f64>() / n as f64;
    let centred: Vec<f64> = series.iter().map(|x| x - mean).collect();
    let common = Dickey::regress(&centred, most, most)?;
    let observations = (n - 1 - most) as f64;
    let criterion = |lag: usize| observations * libm::log(common.residual_squares(lag)) + 2.0 * (lag + 2) as f64;
    let lag = (0..=most).fold(0, |best, lag| if criterion(lag) < criterion(best) { lag } else { best });
    let statistic = Dickey::regress(&centred, lag, lag)?.statistic();
    Ok(UnitRootTest { statistic, lag, p_value: mackinnon(statistic) })
}

/// The KPSS test of level stationarity; the bandwidth is Hobijn's automatic one.
///
/// ```text
/// statistic = n^{-2} Σ_t S_t² / σ̂²,   S_t = Σ_{s ≤ t} (y_s − ȳ),   σ̂² the Bartlett long-run variance
/// ```
///
/// A small p speaks against stationarity. Sources: Kwiatkowski et al. (1992), doi 10.1016/0304-4076(92)90104-Y; Hobijn et al. (2004),
/// doi 10.1111/j.1467-9574.2004.00272.x.
///
/// # Errors
/// As [`augmented_dickey_fuller`].
pub fn kpss(series: &[f64]) -> Result<UnitRootTest, Undefined> {
    check(series)?;
    let n = series.len() as f64;
    let mean = series.iter().sum::<f64>() / n;
    let residuals: Vec<f64> = series.iter().map(|x| x - mean).collect();
    let covariance = |lag: usize| residuals[lag..].iter().zip(&residuals).map(|(a, b)| a * b).sum::<f64>() / n;
    let window = libm::pow(n, 2.0 / 9.0) as usize;
    let (mut s0, mut s1) = (covariance(0), 0.0);
    for lag in 1..=window {
        let doubled = 2.0 * covariance(lag);
        s0 += doubled;
        s1 += lag as f64 * doubled;
    }
    let ratio = s1 / s0;
    let bandwidth = 1.1447 * libm::cbrt(ratio * ratio) * libm::cbrt(n);
    let lag = (bandwidth.max(0.0) as usize).min(series.len() - 1);
    let long_run = (1..=lag).fold(covariance(0), |sum, j| sum + 2.0 * (1.0 - j as f64 / (lag as f64 + 1.0)) * covariance(j));
    let mut partial = 0.0;
    let squares: f64 = residuals
        .iter()
        .map(|r| {
            partial += r;
            partial * partial
        })
        .sum();
    let statistic = squares / (n * n) / long_run;
    Ok(UnitRootTest { statistic, lag, p_value: interpolate(statistic) })
}

fn check(series: &[f64]) -> Result<(), Undefined> {
    if series.len() < 30 {
        return Err(Undefined::because(format!("{} observations are too few for a test of stationarity; it needs 30", series.len())));
    }
    if series.iter().any(|x| !x.is_finite()) {
        return Err(Undefined::because("the series has a value that is not finite"));
    }
    if series.iter().all(|x| *x == series[0]) {
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

/// The regression of an ADF test by normal equations in the order (constant, lagged differences, lagged level last), factored once: the Cholesky factor
/// of the first columns serves every smaller lag.
struct Dickey {
    /// Gram matrix of (1, y_{t−1}, Δy_{t−1}, …, Δy_{t−lag}, Δy_t).
    gram: Vec<Vec<f64>>,
    observations: usize,
}

impl Dickey {
    fn regress(series: &[f64], lag: usize, skipped: usize) -> Result<Self, Undefined> {
        let difference: Vec<f64> = series.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let rows = skipped..difference.len();
        let observations = rows.len();
        let width = lag + 3;
        let column = |index: usize, t: usize| match index {
            0 => 1.0,
            1 => series[t],
            _ if index == width - 1 => difference[t],
            _ => difference[t - (index - 1)],
        };
        let inner = |i: usize, j: usize| rows.clone().map(|t| column(i, t) * column(j, t)).sum();
        let gram = (0..width).map(|i| (0..=i).map(|j| inner(i, j)).collect()).collect();
        let dickey = Dickey { gram, observations };
        if dickey.residual_squares(lag) > 0.0 {
            Ok(dickey)
        } else {
            Err(Undefined::because("the series is a perfect autoregression, which leaves no residual"))
        }
    }

    /// Columns of the regression with `lag` lags, the response last.
    fn columns(&self, lag: usize) -> Vec<usize> {
        (0..lag + 2).chain([self.gram.len() - 1]).collect()
    }

    fn entry(&self, i: usize, j: usize) -> f64 {
        if i >= j { self.gram[i][j] } else { self.gram[j][i] }
    }

    /// The Cholesky factor of the Gram matrix of the given columns.
    fn factor(&self, columns: &[usize]) -> Vec<Vec<f64>> {
        let mut factor: Vec<Vec<f64>> = Vec::with_capacity(columns.len());
        for (i, column) in columns.iter().enumerate() {
            let mut row: Vec<f64> = Vec::with_capacity(i + 1);
            for (j, other) in columns[..=i].iter().enumerate() {
                let inner: f64 = if j == i { row.iter().map(|x| x * x).sum() } else { row.iter().zip(&factor[j]).map(|(a, b)| a * b).sum() };
                let rest = self.entry(*column, *other) - inner;
                row.push(if j == i { rest.max(0.0).sqrt() } else { rest / factor[j][j] });
            }
            factor.push(row);
        }
        factor
    }

    fn residual_squares(&self, lag: usize) -> f64 {
        let columns = self.columns(lag);
        let factor = self.factor(&columns);
        let last = factor[columns.len() - 1][columns.len() - 1];
        last * last
    }

    /// `γ̂/se(γ̂)`: with the lagged level moved next to the response, both stand in the factor's last two rows.
    fn statistic(&self) -> f64 {
        let width = self.gram.len();
        let columns: Vec<usize> = [0].into_iter().chain(2..width - 1).chain([1, width - 1]).collect();
        let factor = self.factor(&columns);
        let (level, response) = (width - 2, width - 1);
        let residual = factor[response][response];
        let freedom = (self.observations - (width - 1)) as f64;
        factor[response][level] / (residual / freedom.sqrt())
    }
}
