//! The distance of two Gaussian laws that lie near each other, from the difference of their
//! covariances.

use crate::linalg::{Times, compress_factor, length};
use ndarray::{Array1, Array2, s};

/// A covariance `Σ = L Lᵀ` in its principal directions, from which distances to laws near it are
/// told.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::transport::CovarianceFrame;
/// // Standard deviations 12 and √(144 + 25).
/// let distance = CovarianceFrame::of(&array![[12.0]])
///     .distance(0.0, &array![[0.0]], &array![[5.0]])
///     .unwrap();
/// assert!((distance - 1.0).abs() < 1e-10);
/// ```
#[derive(Clone, Debug)]
pub struct CovarianceFrame {
    /// Principal directions of the range, by columns in falling order of spread.
    directions: Array2<f64>,
    /// Standard deviations along them, relative to the first.
    roots: Vec<f64>,
    /// The first standard deviation; zero for a point.
    top: f64,
}

/// Squared relative size, in the frame of `Σ`, of a difference for which the iteration surely
/// settles.
const NEAR: f64 = 0.25;
/// Relative error of the squared distance that may be left in.
const LEFT_OUT: f64 = 1e-10;
/// Relative deviation below which a direction of `Σ` may be nothing but rounding.
const UNRESOLVED: f64 = 1e-15;
const MOST_ROUNDS: usize = 200;

impl CovarianceFrame {
    /// The frame of `L Lᵀ`.
    ///
    /// ```
    /// use ndarray::array;
    /// use rtrl_lab::transport::CovarianceFrame;
    /// let frame = CovarianceFrame::of(&array![[13.0, 0.0], [0.0, 2.0]]);
    /// let lost = array![[5.0], [0.0]];
    /// // From 13 to 12 along the first axis, and means 0.75 apart.
    /// let distance = frame.distance(0.75, &lost, &array![[0.0], [0.0]]).unwrap();
    /// assert!((distance - 1.25).abs() < 1e-10);
    /// ```
    pub fn of(factor: &Array2<f64>) -> Self {
        let columns = compress_factor(factor);
        let lengths: Vec<f64> = columns.columns().into_iter().map(|column| length(column.iter())).collect();
        let top = lengths.first().copied().unwrap_or(0.0);
        CovarianceFrame { directions: &columns / &Array1::from(lengths.clone()), roots: lengths.into_iter().map(|x| x / top).collect(), top }
    }

    /// `W_2` between Gaussian laws of covariance `Σ` and `Σ − P Pᵀ + R Rᵀ` whose means lie `means`
    /// apart, to ten digits however small it is; `None` where the two are too far apart for the
    /// iteration, or where the answer hangs on directions in which `Σ` is too small to be resolved.
    ///
    /// ```text
    /// W_2² = means² + tr X Σ X,   X Σ + Σ X + X Σ X = R Rᵀ − P Pᵀ
    /// ```
    ///
    /// `I + X` is the optimal map. In the frame of `Σ`, with eigenvalues `λ`, the equation is `X_ij
    /// ← (D_ij − (X Λ X)_ij)/(λ_i + λ_j)`, iterated until nothing moves; the difference `D` is
    /// never formed from two covariances, so nothing cancels. What `R` has outside the range of `Σ`
    /// adds its own squared length. Directions in which `D` is no small part of `Σ` count as
    /// outside; with a deviation of at most s there, that is wrong by at most `2 s |R| + |P|²` in
    /// the square, and they are left out where this cannot matter.
    /// Source: Bhatia, Jain and Lim (2019), doi 10.1016/j.exmath.2018.01.002.
    ///
    /// ```
    /// use ndarray::array;
    /// use rtrl_lab::transport::CovarianceFrame;
    /// // Standard deviations 1 and √(1 − 1e-40).
    /// let distance = CovarianceFrame::of(&array![[1.0]])
    ///     .distance(0.0, &array![[1e-20]], &array![[0.0]])
    ///     .unwrap();
    /// assert!((distance / 5e-41 - 1.0).abs() < 1e-15);
    /// ```
    pub fn distance(&self, means: f64, lost: &Array2<f64>, gained: &Array2<f64>) -> Option<f64> {
        let inside = |part: &Array2<f64>| self.directions.t().times(part);
        let (lost_inside, gained_inside) = (inside(lost), inside(gained));
        let ([_, lost_outside], [surely_outside, gained_outside]) = (self.outside(lost, &lost_inside), self.outside(gained, &gained_inside));
        let scale = lost_inside.iter().chain(&gained_inside).fold(0.0f64, |size, x| size.max(x.abs()));
        if !scale.is_finite() {
            return None;
        }
        let (mut within, mut kept, mut rest) = (0.0, self.roots.len(), [0.0; 2]);
        if scale > 0.0 {
            let (lost_inside, gained_inside) = (lost_inside / scale, gained_inside / scale);
            let difference = gained_inside.times(&gained_inside.t()) - lost_inside.times(&lost_inside.t());
            kept = self.small_directions(&difference, scale / self.top);
            within = scale * self.within(&difference.slice(s![..kept, ..kept]).to_owned(), scale / self.top)?;
            rest = [&lost_inside, &gained_inside].map(|part| scale * length(part.slice(s![kept.., ..]).iter()));
        }
        let (lost_rest, gained_rest) = (libm::hypot(rest[0], lost_outside), libm::hypot(rest[1], gained_outside));
        let distance = length([means, within, surely_outside, gained_rest].iter());
        let largest = self.top * self.roots.get(kept).map_or(UNRESOLVED, |root| root.max(UNRESOLVED));
        if distance == 0.0 {
            return (lost_rest == 0.0).then_some(0.0);
        }
        // Both over the distance, so that no square underflows.
        let wrong = gained_rest / distance * (gained_rest.min(2.0 * largest) / distance) + (lost_rest / distance) * (lost_rest / distance);
        (wrong <= LEFT_OUT).then_some(distance)
    }

    /// How many of the first directions see a difference that is a small part of `Σ`; `difference`
    /// is over the square of the scale.
    fn small_directions(&self, difference: &Array2<f64>, scale: f64) -> usize {
        let relative = |i: usize, j: usize| {
            let part = difference[[i, j]] * (scale / self.roots[i]) * (scale / self.roots[j]);
            part * part
        };
        let mut sum = 0.0;
        (0..self.roots.len())
            .find(|i| {
                sum += relative(*i, *i) + 2.0 * (0..*i).map(|j| relative(*i, j)).sum::<f64>();
                sum.is_nan() || sum >= NEAR
            })
            .unwrap_or(self.roots.len())
    }

    /// `d/scale` in the first directions.
    fn within(&self, difference: &Array2<f64>, scale: f64) -> Option<f64> {
        let r = difference.nrows();
        let roots = Array1::from_iter(self.roots[..r].iter().copied());
        let spread = roots.mapv(|x| x * x);
        // X = scale² · map: the second term of the equation is then small by scale².
        let solved = |source: &Array2<f64>| Array2::from_shape_fn((r, r), |(i, j)| source[[i, j]] / (spread[i] + spread[j]));
        let distance = |map: &Array2<f64>| scale * length((map * &roots).iter());
        let mut map = solved(difference);
        let mut last = distance(&map);
        for _ in 0..MOST_ROUNDS {
            let second = (&map * &spread).times(&map) * (scale * scale);
            map = solved(&(difference - &second));
            let now = distance(&map);
            if (now - last).abs() <= 4.0 * f64::EPSILON * now {
                return Some(now);
            }
            last = now;
        }
        None
    }

    /// Lengths of a part outside the range: along coordinates that do not vary at all, and along
    /// others, where what rounding makes of none is none.
    fn outside(&self, part: &Array2<f64>, inside: &Array2<f64>) -> [f64; 2] {
        const ROUNDING: f64 = 1e-12;
        if self.directions.ncols() == self.directions.nrows() {
            return [0.0; 2];
        }
        let rest = part - &self.directions.times(inside);
        let fixed = |i: usize| self.directions.row(i).iter().all(|x| *x == 0.0);
        let of_rows = |wanted: bool| {
            let rows: Vec<f64> = rest.rows().into_iter().enumerate().filter(|(i, _)| fixed(*i) == wanted).flat_map(|(_, row)| row.to_vec()).collect();
            length(rows.iter())
        };
        let (sure, unsure) = (of_rows(true), of_rows(false));
        [sure, if unsure <= ROUNDING * length(part.iter()) { 0.0 } else { unsure }]
    }
}
