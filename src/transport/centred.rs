//! The centred plug-in pair: two plug-in distances whose biases cancel.

use super::{Assignment, assignment};
use crate::stats::{Estimate, Undefined};
use ndarray::{ArrayView2, Axis};

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
/// difference of its two potentials. Potentials also carry the noise of the sample that they were fitted to, and their spread counts it twice, as the jackknife does with what is
/// quadratic in the sample:
///
/// ```text
/// Var U = V₁ + V₂ + …,   variance of the potentials / n = V₁ + 2 V₂ + …,   V₁ = cov(f_A(X), f_B(X))/n
/// ```
///
/// where `f_A`, `f_B` are potentials fitted to two thirds of the sample that hold neither each other nor `X`; the mean of both is taken. With fewer than 30 points the thirds are too
/// small and the spread stands alone, too large. Sources: Papp and Sherlock (2022), arXiv:2211.07590; Efron and Stein (1981), doi 10.1214/aos/1176345462.
///
/// # Errors
/// [`Undefined`] where a solve is, or with fewer than 10 points.
pub fn centred(x: ArrayView2<f64>, y: ArrayView2<f64>, y_prime: ArrayView2<f64>, level: f64) -> Result<Centred, Undefined> {
    if x.nrows() < 10 {
        return Err(Undefined::because("a centred pair needs at least 10 points a sample"));
    }
    let (first, second) = (assignment(x, y)?, assignment(y_prime, y)?);
    let thirds = if x.nrows() >= FEWEST_FOR_THIRDS { Some(Thirds::of(x, y, y_prime)?) } else { None };
    let difference = |a: f64, b: f64| {
        let shared: Vec<f64> = first.column_potentials.iter().zip(&second.column_potentials).map(|(v, w)| a * v - b * w).collect();
        let scaled = |potentials: &[f64], factor: f64| potentials.iter().map(|u| factor * u).collect::<Vec<f64>>();
        let spread =
            variance_of_mean(&scaled(&first.row_potentials, a)) + variance_of_mean(&shared) + variance_of_mean(&scaled(&second.row_potentials, b));
        let linear = thirds.as_ref().map_or(spread, |thirds| thirds.covariance(a, b) / x.nrows() as f64);
        // A covariance about zero may come out negative; cut off there its mean would be too large.
        (0.5 * (spread + linear.clamp(-0.5 * spread, spread))).sqrt()
    };
    let root = |solved: &Assignment| solved.squared_distance.max(0.0).sqrt();
    let (w, null) = (root(&first), root(&second));
    let upper = Estimate::normal(first.squared_distance - second.squared_distance, difference(1.0, 1.0), level);
    let slope = |w: f64| if w > 0.0 { 0.5 / w } else { 0.0 };
    let gap = Estimate::normal(w - null, difference(slope(w), slope(null)), level);
    Ok(Centred { upper, lower: gap.map_monotone(|gap| gap * gap.abs()), raw: first.squared_distance })
}

/// Fewest points for potentials of a third of them.
const FEWEST_FOR_THIRDS: usize = 30;

/// Potentials of each third of the three samples at the points of the other two.
struct Thirds {
    /// For every ordered pair (fitted on, looked at): potentials at the points of x', of y (from both assignments) and of y'.
    potentials: [[Option<[Vec<f64>; 4]>; 3]; 3],
}

impl Thirds {
    fn of(x: ArrayView2<f64>, y: ArrayView2<f64>, y_prime: ArrayView2<f64>) -> Result<Self, Undefined> {
        let part = |sample: ArrayView2<f64>, third: usize| {
            let rows: Vec<usize> = (third..sample.nrows()).step_by(3).collect();
            sample.select(Axis(0), &rows[..sample.nrows() / 3])
        };
        let samples = [x, y, y_prime].map(|sample| [0, 1, 2].map(|third| part(sample, third)));
        let mut potentials: [[Option<[Vec<f64>; 4]>; 3]; 3] = Default::default();
        for (fitted, row) in potentials.iter_mut().enumerate() {
            let [x, y, z] = [0, 1, 2].map(|sample: usize| samples[sample][fitted].view());
            let (first, second) = (assignment(x, y)?, assignment(z, y)?);
            for (looked, slot) in row.iter_mut().enumerate().filter(|(looked, _)| *looked != fitted) {
                let at = |sample: usize, points: ArrayView2<f64>, prices: &[f64]| conjugate(samples[sample][looked].view(), points, prices);
                *slot = Some([
                    at(0, y, &first.column_potentials),
                    at(1, x, &first.row_potentials),
                    at(1, z, &second.row_potentials),
                    at(2, y, &second.column_potentials),
                ]);
            }
        }
        Ok(Thirds { potentials })
    }

    /// The covariance between two independent fits of the influence of a point on `a w²(x', y) − b w²(y', y)`, summed over the three samples, the mean over thirds.
    fn covariance(&self, a: f64, b: f64) -> f64 {
        let influence = |fitted: usize, looked: usize| -> Option<[Vec<f64>; 3]> {
            let [x, y, other, z] = self.potentials[fitted][looked].as_ref()?;
            let scaled = |values: &[f64], factor: f64| values.iter().map(|u| factor * u).collect::<Vec<f64>>();
            Some([scaled(x, a), y.iter().zip(other).map(|(u, v)| a * u - b * v).collect(), scaled(z, b)])
        };
        let mut sum = 0.0;
        for looked in 0..3 {
            if let (Some(one), Some(two)) = (influence((looked + 1) % 3, looked), influence((looked + 2) % 3, looked)) {
                sum += one.iter().zip(&two).map(|(u, v)| covariance(u, v)).sum::<f64>();
            }
        }
        sum / 3.0
    }
}

/// `f(x) = min_j |x − y_j|² − v_j` at every row of `x`.
fn conjugate(x: ArrayView2<f64>, y: ArrayView2<f64>, prices: &[f64]) -> Vec<f64> {
    x.rows()
        .into_iter()
        .map(|point| {
            y.rows()
                .into_iter()
                .zip(prices)
                .map(|(other, price)| point.iter().zip(&other).map(|(a, b)| (a - b) * (a - b)).sum::<f64>() - price)
                .fold(f64::INFINITY, f64::min)
        })
        .collect()
}

fn covariance(u: &[f64], v: &[f64]) -> f64 {
    let n = u.len() as f64;
    let (mean_u, mean_v) = (u.iter().sum::<f64>() / n, v.iter().sum::<f64>() / n);
    u.iter().zip(v).map(|(u, v)| (u - mean_u) * (v - mean_v)).sum::<f64>() / (n - 1.0)
}

fn variance_of_mean(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0) / n
}
