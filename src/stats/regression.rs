//! Straight lines by least squares.

use super::{Estimate, Undefined};

/// The slope of the least-squares line through `points` (x, y), with a Student interval that
/// assumes independent errors of one variance.
///
/// ```
/// let slope = rtrl_lab::stats::line(&[[0.0, 0.0], [1.0, 1.0], [2.0, 1.0]], 0.95).unwrap();
/// // Residuals −1/6, 1/3, −1/6 on one degree of freedom.
/// assert!((slope.value - 0.5).abs() < 1e-15);
/// assert!((slope.standard_error - (1.0f64 / 12.0).sqrt()).abs() < 1e-15);
/// ```
///
/// # Errors
/// [`Undefined`] with fewer than three points, a point that is not finite, or one x alone.
pub fn line(points: &[[f64; 2]], level: f64) -> Result<Estimate, Undefined> {
    let n = points.len() as f64;
    if points.len() < 3 || points.iter().flatten().any(|x| !x.is_finite()) {
        return Err(Undefined::because("a slope needs at least three finite points"));
    }
    let mean = |axis: usize| points.iter().map(|p| p[axis]).sum::<f64>() / n;
    let (mean_x, mean_y) = (mean(0), mean(1));
    let (mut cross, mut spread) = (0.0, 0.0);
    for [x, y] in points {
        cross += (x - mean_x) * (y - mean_y);
        spread += (x - mean_x) * (x - mean_x);
    }
    if spread == 0.0 {
        return Err(Undefined::because("all points share one x"));
    }
    let slope = cross / spread;
    let squares: f64 = points.iter().map(|[x, y]| y - mean_y - slope * (x - mean_x)).map(|r| r * r).sum();
    Ok(Estimate::student(slope, (squares / (n - 2.0) / spread).sqrt(), n - 2.0, level))
}

/// A straight line through points of known variance.
///
/// ```
/// let points = [[0.0, 0.0, 0.5], [1.0, 1.0, 0.5], [2.0, 1.0, 0.5]];
/// let line = rtrl_lab::stats::weighted_line(&points, 0.95).unwrap();
/// assert!((line.slope.value - 0.5).abs() < 1e-15);
/// assert!((line.intercept.value - 1.0 / 6.0).abs() < 1e-15);
/// // Squares of −1/6, 1/3, −1/6 over ½.
/// assert!((line.chi_square - 1.0 / 3.0).abs() < 1e-15);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightedLine {
    /// Height at x = 0.
    pub intercept: Estimate,
    /// Slope.
    pub slope: Estimate,
    /// Sum of squared residuals over their variances: chi-square with `points − 2` degrees of
    /// freedom where the line and the variances are right.
    pub chi_square: f64,
}

/// The least-squares line through `points` (x, y, variance of y) with weights `1/variance`.
///
/// ```text
/// b̂ = Σ w (x − x̄)(y − ȳ) / Σ w (x − x̄)²,   Var b̂ = 1/Σ w (x − x̄)²,   â = ȳ − b̂ x̄,
///     Var â = 1/Σ w + x̄² Var b̂,   w = 1/variance
/// ```
///
/// `x̄`, `ȳ` weighted means. The variances are taken as known and the errors as independent, so the
/// intervals are normal and do not widen where the line fits badly: read `chi_square` for that.
/// Source: Aitken (1936), doi 10.1017/S0370164600014346.
///
/// ```
/// let line =
///     rtrl_lab::stats::weighted_line(&[[0.0, 1.0, 1.0], [1.0, 3.0, 0.5], [2.0, 5.0, 1.0]], 0.95)
///         .unwrap();
/// assert_eq!((line.slope.value, line.intercept.value, line.chi_square), (2.0, 1.0, 0.0));
/// assert!((line.slope.standard_error - 0.5f64.sqrt()).abs() < 1e-15);
/// ```
///
/// # Errors
/// [`Undefined`] with fewer than two points, one that is not finite, a variance that is not
/// positive, or one x alone.
pub fn weighted_line(points: &[[f64; 3]], level: f64) -> Result<WeightedLine, Undefined> {
    if points.len() < 2 || points.iter().flatten().any(|x| !x.is_finite()) {
        return Err(Undefined::because("a weighted line needs at least two finite points"));
    }
    if points.iter().any(|[_, _, variance]| *variance <= 0.0 || !(1.0 / variance).is_finite()) {
        return Err(Undefined::because("a point of a weighted line has no positive variance"));
    }
    let total = |f: &dyn Fn(f64, f64) -> f64| points.iter().map(|[x, y, variance]| f(*x, *y) / variance).sum::<f64>();
    let weight = total(&|_, _| 1.0);
    let (mean_x, mean_y) = (total(&|x, _| x) / weight, total(&|_, y| y) / weight);
    let spread = total(&|x, _| (x - mean_x) * (x - mean_x));
    if spread == 0.0 {
        return Err(Undefined::because("all points share one x"));
    }
    let slope = total(&|x, y| (x - mean_x) * (y - mean_y)) / spread;
    let chi_square = total(&|x, y| {
        let residual = y - mean_y - slope * (x - mean_x);
        residual * residual
    });
    Ok(WeightedLine {
        intercept: Estimate::normal(mean_y - slope * mean_x, (1.0 / weight + mean_x * mean_x / spread).sqrt(), level),
        slope: Estimate::normal(slope, (1.0 / spread).sqrt(), level),
        chi_square,
    })
}
