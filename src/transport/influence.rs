//! How much each point of three samples moves the difference of two assignments, and the variance
//! that follows.

use super::{Assignment, assignment};
use crate::stats::Undefined;
use ndarray::{ArrayView2, Axis};

/// Fewest points for potentials of a third of them.
const FEWEST_FOR_THIRDS: usize = 30;

/// The potentials of both assignments, at their own points and across thirds.
pub(super) struct Influence<'a> {
    solved: [&'a Assignment; 2],
    thirds: Option<Thirds>,
}

/// The variance of `a w²(x', y) − b w²(y', y)`.
pub(super) struct Variance {
    /// Half of the spread of the potentials with half of what the rims add: the variance, but for
    /// half of `linear`.
    pub null: f64,
    /// The part of `null` by which the influences of `x'` and `y'` differ in size, as they do not
    /// where the laws agree.
    pub uneven: f64,
    /// What the distance of the two laws adds; an estimate without bias, so it may be negative.
    pub linear: f64,
}

impl Variance {
    /// `(V₁ + 2 V₂ + V₁)/2`.
    pub(super) fn total(&self) -> f64 {
        // A covariance about zero may come out negative; cut off there its mean would be too large.
        (self.null + 0.5 * self.linear).clamp(0.5 * self.null, 2.0 * self.null)
    }
}

impl<'a> Influence<'a> {
    /// Of `x'`, `y` and `y'`, with the assignments of the first and of the last to `y`.
    ///
    /// # Errors
    /// [`Undefined`] where an assignment of a third is.
    pub(super) fn of(samples: [ArrayView2<f64>; 3], solved: [&'a Assignment; 2]) -> Result<Self, Undefined> {
        let thirds = if samples[0].nrows() >= FEWEST_FOR_THIRDS { Some(Thirds::of(samples)?) } else { None };
        Ok(Influence { solved, thirds })
    }

    /// The variance with weights `a` and `b`.
    pub(super) fn variance(&self, a: f64, b: f64) -> Variance {
        let [first, second] = self.solved;
        let n = first.permutation.len() as f64;
        let shared: Vec<f64> = first.column_potentials.iter().zip(&second.column_potentials).map(|(v, w)| a * v - b * w).collect();
        let own = |potentials: &[f64], weight: f64| weight * weight * covariance(potentials, potentials);
        let (of_x, of_other) = (own(&first.row_potentials, a), own(&second.row_potentials, b));
        let spread = (of_x + covariance(&shared, &shared) + of_other) / n;
        let uneven = (of_x.sqrt() - of_other.sqrt()).powi(2) / n;
        let Some(thirds) = &self.thirds else { return Variance { null: spread, uneven, linear: 0.0 } };
        let [of_x, of_y, of_other] = thirds.covariances(a, b).map(|covariance| covariance / n);
        // x' and y' have a rim each; y has two of opposite sign.
        let rim = if b > 0.0 { of_other * (1.0 + (a / b) * (a / b)) } else { 0.0 };
        let falls = if thirds.null > 0.0 { (second.squared_distance / thirds.null).clamp(0.0, 1.0) } else { 0.0 };
        let linear = of_x + of_y + of_other - rim;
        Variance { null: 0.5 * falls.mul_add(falls * rim.max(0.0), spread), uneven: 0.5 * uneven, linear }
    }
}

/// Potentials of each third of the three samples at the points of the other two.
struct Thirds {
    /// For every ordered pair (fitted on, looked at): potentials at the points of x', of y (from
    /// both assignments) and of y'.
    potentials: [[Option<[Vec<f64>; 4]>; 3]; 3],
    /// The mean of `w²(y', y)` over thirds.
    null: f64,
}

impl Thirds {
    fn of(samples: [ArrayView2<f64>; 3]) -> Result<Self, Undefined> {
        let part = |sample: ArrayView2<f64>, third: usize| {
            let rows: Vec<usize> = (third..sample.nrows()).step_by(3).collect();
            sample.select(Axis(0), &rows[..sample.nrows() / 3])
        };
        let samples = samples.map(|sample| [0, 1, 2].map(|third| part(sample, third)));
        let mut potentials: [[Option<[Vec<f64>; 4]>; 3]; 3] = Default::default();
        let mut null = 0.0;
        for (fitted, row) in potentials.iter_mut().enumerate() {
            let [x, y, z] = [0, 1, 2].map(|sample: usize| samples[sample][fitted].view());
            let (first, second) = (assignment(x, y)?, assignment(z, y)?);
            null += second.squared_distance / 3.0;
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
        Ok(Thirds { potentials, null })
    }

    /// The covariance between two independent fits of the influence of a point on
    /// `a w²(x', y) − b w²(y', y)`, for each of the three samples, the mean over thirds.
    fn covariances(&self, a: f64, b: f64) -> [f64; 3] {
        let influence = |fitted: usize, looked: usize| -> Option<[Vec<f64>; 3]> {
            let [x, y, other, z] = self.potentials[fitted][looked].as_ref()?;
            let scaled = |values: &[f64], factor: f64| values.iter().map(|u| factor * u).collect::<Vec<f64>>();
            Some([scaled(x, a), y.iter().zip(other).map(|(u, v)| a * u - b * v).collect(), scaled(z, b)])
        };
        let mut means = [0.0; 3];
        for looked in 0..3 {
            if let (Some(one), Some(two)) = (influence((looked + 1) % 3, looked), influence((looked + 2) % 3, looked)) {
                means.iter_mut().zip(one.iter().zip(&two)).for_each(|(mean, (u, v))| *mean += covariance(u, v) / 3.0);
            }
        }
        means
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
