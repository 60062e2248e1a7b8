//! Max-sliced distances: the direction along which two samples differ most, a bound from below.

use super::Order;
use super::ascending::Ascending;
use super::ground::Projected;
use super::origin::near_origin;
use super::sliced::{ROUNDED, drowned, random_directions, sliced_along};
use super::sorted::{between_sorted, couple};
use crate::linalg::Times;
use crate::random::RngKey;
use crate::stats::{Estimate, Undefined};
use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate, s};

/// Steps of the ascent at most.
const STEPS: usize = 40;
/// The angle of the first step, and below which the ascent stops, in radians.
const ANGLE: (f64, f64) = (0.5, 1e-5);

/// A direction and the distance along it.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::{random::RngKey, transport::{Order, max_sliced}};
/// let (x, y) = (array![[0.0, 0.0]], array![[3.0, 4.0]]);
/// let best = max_sliced(x.view(), y.view(), Order::One, 0, RngKey::root(1)).unwrap();
/// assert!(best.proven <= 5.0 && (best.distance - 5.0).abs() < 1e-14);
/// assert!((best.direction[0].abs() - 0.6).abs() < 1e-14);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MaxSliced {
    /// A direction of length one.
    pub direction: Vec<f64>,
    /// `W_p` along it.
    pub distance: f64,
    /// The same less a bound of all rounding: the `W_p` of the two samples is not below this.
    pub proven: f64,
}

/// The best direction found: the largest `W_p` along the axes, the difference of the means and
/// `directions` random ones, then improved by projected gradient steps.
///
/// ```text
/// max over θ of W_p(⟨θ, x⟩, ⟨θ, y⟩) ≤ W_p(x, y),
///     ∂_θ W_p^p = Σ_{ij} π_ij p |g_ij|^{p−1} sign(g_ij) (x_i − y_j),   g_ij = ⟨θ, x_i − y_j⟩
/// ```
///
/// `x` is n × d, `y` m × d; π is the monotone coupling along θ. A step turns θ on the sphere and is
/// kept only if the distance grows. The search is local, so the value is a bound from below on the
/// maximum, and on the `W_p` *of these two samples*, since projections are 1-Lipschitz; chosen and
/// measured on the same points, it says nothing of the laws: see [`max_sliced_witness`]. Equal
/// samples give 0. A common point is taken off samples far from the origin. Source: Deshpande et
/// al. (2019), arXiv:1904.05877.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::{random::RngKey, transport::{Order, max_sliced}};
/// let (x, y) = (array![[0.0, 0.0], [1.0, 5.0]], array![[3.0, 4.0], [4.0, 9.0]]);
/// let best = max_sliced(x.view(), y.view(), Order::Two, 10, RngKey::root(1)).unwrap();
/// assert!((best.distance - 5.0).abs() < 1e-9);
/// ```
///
/// # Errors
/// [`Undefined`] for samples without a point or of different dimensions, values that are not
/// finite, or where rounding may be more than 1e-4 of the distance.
pub fn max_sliced(x: ArrayView2<f64>, y: ArrayView2<f64>, order: Order, directions: usize, key: RngKey) -> Result<MaxSliced, Undefined> {
    let [x, y] = &near_origin([x, y]);
    let (x, y) = (x.view(), y.view());
    let samples = Projected::new(x, y)?;
    // Means of scaled points cannot overflow.
    let middle = |sample: ArrayView2<f64>| sample.mapv(|v| v / samples.scale).mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(sample.ncols()));
    let mut family = concatenate![Axis(0), Array2::eye(x.ncols()), random_directions(x.ncols(), directions, key)];
    if let Some(between) = unit(&(middle(x) - middle(y))) {
        family = concatenate![Axis(0), family, between.insert_axis(Axis(0))];
    }
    let distances = sliced_along(x, y, order, family.view())?;
    let first = (0..distances.len()).fold(0, |best, k| if distances[k] > distances[best] { k } else { best });
    let (mut direction, mut distance) = (family.row(first).to_owned(), distances[first]);
    let mut angle = ANGLE.0;
    for _ in 0..STEPS {
        let slope = gradient(&samples, x, y, order, &direction);
        let Some(tangent) = unit(&(&slope - &(&direction * slope.times(&direction)))) else { break };
        while angle > ANGLE.1 {
            let (sine, cosine) = libm::sincos(angle);
            let Some(turned) = unit(&(&direction * cosine + &tangent * sine)) else { break };
            let reached = along(&samples, order, &turned);
            if reached > distance {
                (direction, distance) = (turned, reached);
                break;
            }
            angle *= 0.5;
        }
        if angle <= ANGLE.1 {
            break;
        }
        angle = (2.0 * angle).min(ANGLE.0);
    }
    let rounding = samples.rounding(order);
    // Along the axes nothing is rounded: where the distance is 0 there, it is 0 in truth, and so is
    // the bound.
    if rounding > ROUNDED * distance && distance > 0.0 {
        return Err(drowned(rounding, distance));
    }
    let proven = (distance * (1.0 - samples.relative_rounding()) - rounding).max(0.0);
    Ok(MaxSliced { direction: direction.to_vec(), distance, proven })
}

/// An honest bound from below on `W_1 ≤ W_p` *of the laws* of two samples of independent points,
/// with an interval.
///
/// ```text
/// E f(⟨θ, X⟩) − E f(⟨θ, Y⟩) ≤ W_1,   f' = sign(G − F)
/// ```
///
/// θ comes from [`max_sliced`] on the first half of either sample, as do the distribution functions
/// F and G along θ; f is 1-Lipschitz whatever they are. Its means over the second halves are
/// unbiased, and their errors are normal. So the lower end of the interval bounds `W_p` of the
/// laws, and equal laws give a value near 0, where a plug-in distance is all bias. The bound is on
/// `W_1` for either order: where the laws differ in spread, `W_2` can be much larger.
///
/// ```
/// use ndarray::Array2;
/// use rtrl_lab::{
///     random::{Noise, RngKey},
///     transport::{Order, max_sliced_witness},
/// };
/// let mut noise = Noise::at(RngKey::root(1));
/// let mut draw = || Array2::from_shape_vec((400, 3), noise.normal_vector(1200)).unwrap();
/// let (x, y) = (draw(), draw() + 2.0);
/// let bound =
///     max_sliced_witness(x.view(), y.view(), Order::One, 50, RngKey::root(2), 0.9999).unwrap();
/// assert!(bound.lower < 12f64.sqrt() && bound.lower > 2.9);
/// ```
///
/// # Errors
/// [`Undefined`] as for [`max_sliced`], or with fewer than 20 points in a sample.
pub fn max_sliced_witness(
    x: ArrayView2<f64>,
    y: ArrayView2<f64>,
    order: Order,
    directions: usize,
    key: RngKey,
    level: f64,
) -> Result<Estimate, Undefined> {
    if x.nrows().min(y.nrows()) < 20 {
        return Err(Undefined::because("a bound chosen on one half and measured on the other needs at least 20 points a sample"));
    }
    let [x, y] = &near_origin([x, y]);
    let (x, y) = (x.view(), y.view());
    let halves =
        |sample: ArrayView2<f64>| (sample.slice(s![..sample.nrows() / 2, ..]).to_owned(), sample.slice(s![sample.nrows() / 2.., ..]).to_owned());
    let ((x, x_other), (y, y_other)) = (halves(x), halves(y));
    let chosen = max_sliced(x.view(), y.view(), order, directions, key)?;
    let (training, test) = (Projected::new(x.view(), y.view())?, Projected::new(x_other.view(), y_other.view())?);
    let lines = |samples: &Projected| {
        [0, 1].map(|sample| {
            let mut line = Vec::new();
            samples.along(sample, &chosen.direction, &mut line);
            line.iter_mut().for_each(|v| *v *= samples.scale / training.scale);
            line
        })
    };
    let witness = Witness::new(lines(&training));
    let [first, second] = lines(&test).map(|line| mean_and_variance(line.into_iter().map(|t| witness.at(t))));
    let estimate = Estimate::normal(first.0 - second.0, (first.1 + second.1).sqrt(), level);
    Ok(Estimate {
        value: estimate.value * training.scale,
        standard_error: estimate.standard_error * training.scale,
        lower: estimate.lower * training.scale,
        upper: estimate.upper * training.scale,
        level,
    })
}

/// A 1-Lipschitz function on the line: its knots and its values there; constant outside.
struct Witness {
    knots: Vec<f64>,
    values: Vec<f64>,
}

impl Witness {
    /// The optimal potential of `W_1` between two samples.
    fn new(lines: [Vec<f64>; 2]) -> Self {
        let share = |line: &[f64], weight: f64| line.iter().map(|v| (*v, weight / line.len() as f64)).collect::<Vec<_>>();
        let mut jumps = share(&lines[0], 1.0);
        jumps.extend(share(&lines[1], -1.0));
        jumps.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut excess, mut value) = (0.0, 0.0);
        let values = (0..jumps.len())
            .map(|at| {
                if at > 0 {
                    // Where F and G are equal up to rounding, either sign is allowed; flat is the
                    // one that adds no noise.
                    let slope = if f64::abs(excess) < 1e-12 { 0.0 } else { -f64::signum(excess) };
                    value += slope * (jumps[at].0 - jumps[at - 1].0);
                }
                excess += jumps[at].1;
                value
            })
            .collect();
        Witness { knots: jumps.into_iter().map(|(knot, _)| knot).collect(), values }
    }

    fn at(&self, t: f64) -> f64 {
        match self.knots.partition_point(|knot| *knot <= t) {
            0 => self.values[0],
            after if after == self.knots.len() => self.values[after - 1],
            after => {
                let (left, right) = (self.knots[after - 1], self.knots[after]);
                // The share is below 1, as `right` is above `t`.
                self.values[after - 1] + (self.values[after] - self.values[after - 1]) * ((t - left) / (right - left))
            }
        }
    }
}

/// The mean and the variance of the mean.
fn mean_and_variance(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let values: Vec<f64> = values.collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0) / n)
}

/// The vector over its length; none for zero or what is not finite.
fn unit(vector: &Array1<f64>) -> Option<Array1<f64>> {
    let largest = vector.iter().fold(0.0f64, |top, v| top.max(v.abs()));
    let near = vector / largest;
    let length = near.times(&near).sqrt();
    (largest > 0.0 && length.is_finite()).then(|| near / length)
}

fn along(samples: &Projected, order: Order, direction: &Array1<f64>) -> f64 {
    let mut sorter = Ascending::default();
    let lines = [0, 1].map(|sample| {
        let mut line = Vec::new();
        samples.along(sample, &direction.to_vec(), &mut line);
        sorter.sort(&mut line);
        line
    });
    between_sorted(&lines[0], &lines[1], f64::from(order.exponent())) * samples.scale
}

/// The gradient of `W_p^p` along a direction, up to a positive factor.
fn gradient(samples: &Projected, x: ArrayView2<f64>, y: ArrayView2<f64>, order: Order, direction: &Array1<f64>) -> Array1<f64> {
    let [first, second] = [0, 1].map(|sample| {
        let mut line = Vec::new();
        samples.along(sample, &direction.to_vec(), &mut line);
        let mut ranked: Vec<(f64, usize)> = line.into_iter().zip(0..).collect();
        ranked.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        ranked
    });
    let mut slope = Array1::<f64>::zeros(x.ncols());
    couple(first.len(), second.len(), |i, j, mass| {
        let gap = first[i].0 - second[j].0;
        let weight = mass as f64 * if order == Order::Two { gap } else { gap.signum() * f64::from(gap != 0.0) };
        for ((slope, x), y) in slope.iter_mut().zip(x.row(first[i].1)).zip(y.row(second[j].1)) {
            *slope += weight * (x / samples.scale - y / samples.scale);
        }
    });
    slope
}
