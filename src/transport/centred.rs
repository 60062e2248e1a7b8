//! The centred plug-in pair: two plug-in distances whose biases cancel.

use super::{Assignment, assignment};
use crate::stats::{Estimate, Undefined};
use ndarray::ArrayView2;

/// The centred pair with intervals; both are statements on `W_2²`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Centred {
    /// `U`, biased upwards if at all.
    pub upper: Estimate,
    /// `L`, biased downwards if at all.
    pub lower: Estimate,
    /// The raw plug-in `w²(x', y)`, which is all bias where the laws agree; never to be shown alone.
    pub raw: f64,
}

/// The centred plug-in pair of `x' ~ ν` against `y, y' ~ μ`, three independent samples of one shape (n × d).
///
/// ```text
/// U = w²(x', y) − w²(y', y),   L = ±[ w(x', y) − w(y', y) ]²,   w = plug-in W_2
/// ```
///
/// Standard errors come from the dual potentials of the two assignments: the potential of a point is its influence on `w²`, and the shared sample `y` enters with the
/// difference of its two potentials. Source: Papp and Sherlock (2022), arXiv:2211.07590.
///
/// # Errors
/// [`Undefined`] where a solve is, or with fewer than 10 points.
pub fn centred(x: ArrayView2<f64>, y: ArrayView2<f64>, y_prime: ArrayView2<f64>, level: f64) -> Result<Centred, Undefined> {
    if x.nrows() < 10 {
        return Err(Undefined::because("a centred pair needs at least 10 points a sample"));
    }
    let (first, second) = (assignment(x, y)?, assignment(y_prime, y)?);
    let difference = |a: f64, b: f64| {
        let shared: Vec<f64> = first.column_potentials.iter().zip(&second.column_potentials).map(|(v, w)| a * v - b * w).collect();
        let scaled = |potentials: &[f64], factor: f64| potentials.iter().map(|u| factor * u).collect::<Vec<f64>>();
        (variance_of_mean(&scaled(&first.row_potentials, a)) + variance_of_mean(&shared) + variance_of_mean(&scaled(&second.row_potentials, b)))
            .sqrt()
    };
    let root = |solved: &Assignment| solved.squared_distance.max(0.0).sqrt();
    let (w, null) = (root(&first), root(&second));
    let upper = Estimate::normal(first.squared_distance - second.squared_distance, difference(1.0, 1.0), level);
    let slope = |w: f64| if w > 0.0 { 0.5 / w } else { 0.0 };
    let gap = Estimate::normal(w - null, difference(slope(w), slope(null)), level);
    Ok(Centred { upper, lower: gap.map_monotone(|gap| gap * gap.abs()), raw: first.squared_distance })
}

fn variance_of_mean(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0) / n
}
