//! Straight lines by least squares.

use super::{Estimate, Undefined};

/// The slope of the least-squares line through `points` (x, y), with a Student interval that assumes independent errors of one variance.
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
