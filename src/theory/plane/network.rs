//! What is exact of two units: their mean at any time, the second eigenvalue, and moments of
//! products of Jacobians.

use super::PlaneModel;
use crate::linalg::leading_modulus;
use crate::simd::dense::apply;
use crate::stats::Undefined;
use crate::theory::nodes::Nodes;
use crate::theory::scalar::suits_grids;
use crate::theory::unsettled;
use std::ops::Range;

/// Standard deviations of the input beyond which nothing is left.
const REACH: f64 = 9.0;
/// Rounds in which the box of the hidden state settles.
const ROUNDS: usize = 60;
/// Nodes along a side, for a fineness of 1.
const SIDE: f64 = 18.0;
/// Step of the input in standard deviations, before the slopes make it smaller.
const STEP: f64 = 0.3;
/// Most numbers of a matrix.
const MOST: usize = 40_000_000;

/// Functions of the hidden state of two units, carried by their kernel.
///
/// ```text
/// (K f)(s) = E f(σ(B s + w X + c))
/// ```
///
/// Functions live on a tensor product of Chebyshev's points over the box that the units keep to,
/// and the input is summed by the trapezoidal rule; both converge geometrically for an analytic
/// activation (Trefethen and Weideman 2014, doi 10.1137/130932132). The law has no density in the
/// plane, since one input moves two units: it is never formed. The operators on products of
/// Jacobians are worked out here.
///
/// ```
/// # use rtrl_lab::network::activation::TANH;
/// # use rtrl_lab::theory::{PlaneModel, PlaneNetwork, ScalarModel, ScalarNetwork};
/// # let (input, bias, innovation, activation) = ([1.0, 0.5], [0.0, 0.0], 1.0, TANH);
/// let recurrent = [[0.8, 0.0], [0.0, 0.0]];
/// let model = PlaneModel { activation, recurrent, input, bias, innovation };
/// let plane = PlaneNetwork::new(model).unwrap();
/// // The second unit has no phi and the first one does not see it.
/// let unit = ScalarNetwork::new(ScalarModel::plain(TANH, 0.8, 1.0, 0.0)).unwrap();
/// let (found, exact) = (plane.moment_rate(2).unwrap(), unit.moment_rate(2.0).unwrap());
/// assert!((found - exact).abs() < 1e-8);
/// ```
#[derive(Debug)]
pub struct PlaneNetwork {
    model: PlaneModel,
    sides: [Nodes; 2],
    inputs: Vec<(f64, f64)>,
}

/// A linear map of vectors of functions, by rows.
struct Map {
    len: usize,
    entries: Vec<f64>,
}

impl PlaneNetwork {
    /// The network of a model.
    ///
    /// ```
    /// # use rtrl_lab::network::activation;
    /// # use rtrl_lab::theory::{PlaneModel, PlaneNetwork};
    /// let activation = activation::named("identity").unwrap();
    /// let (recurrent, input, bias) = ([[0.5, 0.1], [0.0, 0.5]], [1.0, 1.0], [0.0, 0.0]);
    /// let linear = PlaneModel { activation, recurrent, input, bias, innovation: 1.0 };
    /// assert!(PlaneNetwork::new(linear).unwrap_err().reason.contains("bounded"));
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] for parameters that are not finite, an activation without bound, or units that
    /// do not move.
    pub fn new(model: PlaneModel) -> Result<Self, Undefined> {
        PlaneNetwork::with_fineness(model, 1.0)
    }

    /// The same on a grid that is finer by a factor: two of them that agree tell how right an
    /// answer is.
    ///
    /// ```
    /// # use rtrl_lab::network::activation::TANH;
    /// # use rtrl_lab::theory::{PlaneModel, PlaneNetwork};
    /// let (recurrent, input, bias) = ([[0.5, 0.3], [-0.3, 0.5]], [1.0, 0.5], [0.1, 0.0]);
    /// let model = PlaneModel { activation: TANH, recurrent, input, bias, innovation: 1.0 };
    /// let mean = |fineness| {
    ///     let plane = PlaneNetwork::with_fineness(model, fineness).unwrap();
    ///     plane.mean([0.2, 0.1], 5).unwrap()[0]
    /// };
    /// assert!((mean(1.0) - mean(1.25)).abs() < 1e-8);
    /// ```
    ///
    /// # Errors
    /// As [`PlaneNetwork::new`].
    pub fn with_fineness(model: PlaneModel, fineness: f64) -> Result<Self, Undefined> {
        let numbers = model.recurrent.iter().flatten().chain(&model.input).chain(&model.bias).chain([&model.innovation]);
        if numbers.into_iter().any(|x| !x.is_finite()) || model.innovation <= 0.0 {
            return Err(Undefined::because("the parameters are not finite, or the data do not move"));
        }
        suits_grids(model.activation)?;
        let bound = model.activation.value_bound();
        if !bound.is_finite() {
            return Err(Undefined::because("two units are exact with a bounded activation alone"));
        }
        let push = [0, 1].map(|i| REACH * model.innovation * model.input[i].abs());
        let value = |u: f64| model.activation.value_and_slope(u).0;
        let mut sides = [[-bound, bound]; 2];
        for _ in 0..ROUNDS {
            sides = [0, 1].map(|i| {
                let products = [0, 1].map(|j| sides[j].map(|s| model.recurrent[i][j] * s));
                let low: f64 = products.iter().map(|p| p[0].min(p[1])).sum();
                let high: f64 = products.iter().map(|p| p[0].max(p[1])).sum();
                [sides[i][0].max(value(low + model.bias[i] - push[i])), sides[i][1].min(value(high + model.bias[i] + push[i]))]
            });
        }
        if sides.iter().any(|[low, high]| high - low <= 1e-12) {
            return Err(Undefined::because("a unit does not move"));
        }
        // A function of `B s` bends where the drive does: by as much as the slopes of the drive are
        // large.
        let steepness = |j: usize| (0..2).map(|i| model.recurrent[i][j].abs()).fold(0.0, f64::max) * 0.5 * (sides[j][1] - sides[j][0]);
        let count = |j: usize| (fineness * SIDE * (1.0 + 0.45 * steepness(j))).ceil() as usize;
        let largest = model.input.iter().fold(1.0f64, |top, w| top.max((w * model.innovation).abs()));
        let cells = (2.0 * REACH / (STEP / largest) * fineness).ceil() as usize;
        let weigh = |k: usize| {
            let z = REACH * (2.0 * k as f64 / cells as f64 - 1.0);
            (model.innovation * z, libm::exp(-0.5 * z * z))
        };
        let inputs: Vec<(f64, f64)> = (0..=cells).map(weigh).collect();
        let total: f64 = inputs.iter().map(|(_, mass)| mass).sum();
        let inputs = inputs.into_iter().map(|(x, mass)| (x, mass / total)).collect();
        Ok(PlaneNetwork { model, sides: [0, 1].map(|j| Nodes::on(sides[j], count(j))), inputs })
    }

    /// `E S_t` from a hidden state within the box that the units keep to, and `E S` of the
    /// stationary law as t grows.
    ///
    /// ```
    /// # use rtrl_lab::network::activation::TANH;
    /// # use rtrl_lab::theory::{PlaneModel, PlaneNetwork};
    /// let (recurrent, input, bias) = ([[0.5, 0.3], [-0.3, 0.5]], [1.0, 0.5], [0.0, 0.0]);
    /// let model = PlaneModel { activation: TANH, recurrent, input, bias, innovation: 1.0 };
    /// let plane = PlaneNetwork::new(model).unwrap();
    /// assert!((plane.mean([0.5, 0.25], 0).unwrap()[1] - 0.25).abs() < 1e-12);
    /// // The stationary law is symmetric.
    /// assert!(plane.mean([0.5, 0.25], 60).unwrap()[0].abs() < 1e-10);
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] for a start outside the box, or where the grid is too large.
    pub fn mean(&self, start: [f64; 2], t: usize) -> Result<[f64; 2], Undefined> {
        let inside = |j: usize| (self.sides[j].ends()[0]..=self.sides[j].ends()[1]).contains(&start[j]);
        if !inside(0) || !inside(1) {
            return Err(Undefined::because("the start lies outside of what the units keep to"));
        }
        let map = self.map(0)?;
        let points = self.points();
        let mut weights = vec![0.0; points.len()];
        self.weights_at(start, &mut weights);
        Ok([0, 1].map(|j| {
            let mut f: Vec<f64> = points.iter().map(|s| s[j]).collect();
            for _ in 0..t {
                f = map.image(&f);
            }
            f.iter().zip(&weights).map(|(value, weight)| value * weight).sum()
        }))
    }

    /// The modulus of the second eigenvalue of the kernel, the rate at which means forget their
    /// start.
    ///
    /// ```
    /// # use rtrl_lab::network::activation::TANH;
    /// # use rtrl_lab::theory::{PlaneModel, PlaneNetwork};
    /// let (recurrent, input, bias) = ([[0.7, 0.0], [0.0, 0.0]], [1.0, 1.0], [0.0, 0.0]);
    /// let model = PlaneModel { activation: TANH, recurrent, input, bias, innovation: 1.0 };
    /// let plane = PlaneNetwork::new(model).unwrap();
    /// let rate = plane.second_eigenvalue().unwrap();
    /// let late = |t| plane.mean([0.5, 0.25], t).unwrap()[0];
    /// // Means decay at that rate.
    /// assert!((late(21) / late(20) - rate).abs() < 1e-8);
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] where the eigenvalue does not settle or the grid is too large.
    pub fn second_eigenvalue(&self) -> Result<f64, Undefined> {
        let map = self.map(0)?;
        let quotient = |f: &[f64]| {
            let image = map.image(f);
            let level = image.iter().sum::<f64>() / image.len() as f64;
            image.into_iter().map(|value| value - level).collect()
        };
        let start: Vec<f64> = self.points().iter().map(|s| libm::exp(0.7 * s[0] - 0.4 * s[1])).collect();
        leading_modulus(quotient, &start).map_err(unsettled)
    }

    /// `r_q = lim (E|A_t ⋯ A_1 δ|^q)^{1/(q t)}` for an even order q up to 8.
    ///
    /// ```text
    /// g(s, δ) = Σ_i f_i(s) δ_1^{q−i} δ_2^i,   (K_q g)(s, δ) = E g(s', A δ),   A = diag σ'(u) B
    /// ```
    ///
    /// is again of this form, and `|δ|^q` is: `r_q^q` is the spectral radius of a map of q + 1
    /// functions of s.
    ///
    /// ```
    /// # use rtrl_lab::network::activation::TANH;
    /// # use rtrl_lab::theory::{PlaneModel, PlaneNetwork};
    /// // Inputs so small that the slopes stay at 1; the eigenvalues are ± i √0.6.
    /// let recurrent = [[0.0, 1.5], [-0.4, 0.0]];
    /// let (input, bias) = ([1e-5, 1e-5], [0.0, 0.0]);
    /// let model = PlaneModel { activation: TANH, recurrent, input, bias, innovation: 1.0 };
    /// let rate = PlaneNetwork::new(model).unwrap().moment_rate(2).unwrap();
    /// assert!((rate - 0.6f64.sqrt()).abs() < 1e-6);
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] for another order, where the eigenvalue does not settle, or where the grid is
    /// too large.
    pub fn moment_rate(&self, order: u32) -> Result<f64, Undefined> {
        if order == 0 || order > 8 || !order.is_multiple_of(2) {
            return Err(Undefined::because(format!("moments of order {order} of two units are not computed; orders 2, 4, 6 and 8 are")));
        }
        let map = self.map(order as usize)?;
        let points = map.len / (order as usize + 1);
        // |δ|^q = (δ_1² + δ_2²)^{q/2}.
        let half = order as usize / 2;
        let powers: Vec<f64> = (0..=order as usize).map(|i| if i % 2 == 0 { binomial(half, i / 2) } else { 0.0 }).collect();
        let start: Vec<f64> = powers.iter().flat_map(|value| std::iter::repeat_n(*value, points)).collect();
        let radius = leading_modulus(|f| map.image(f), &start).map_err(unsettled)?;
        Ok(libm::pow(radius, 1.0 / f64::from(order)))
    }

    /// The nodes of the grid.
    fn points(&self) -> Vec<[f64; 2]> {
        let [first, second] = &self.sides;
        first.points.iter().flat_map(|a| second.points.iter().map(move |b| [*a, *b])).collect()
    }

    /// Interpolation weights of a place.
    fn weights_at(&self, place: [f64; 2], weights: &mut [f64]) {
        let own = [0, 1].map(|j| {
            let mut own = vec![0.0; self.sides[j].points.len()];
            self.sides[j].weights_at(place[j], &mut own);
            own
        });
        let columns = own[1].len();
        for (row, a) in weights.chunks_exact_mut(columns).zip(&own[0]) {
            row.iter_mut().zip(&own[1]).for_each(|(slot, b)| *slot = a * b);
        }
    }

    /// The map of the coefficients of forms of degree `order`.
    fn map(&self, order: usize) -> Result<Map, Undefined> {
        let points = self.points();
        let (count, forms) = (points.len(), order + 1);
        let len = count * forms;
        if len * len > MOST {
            return Err(Undefined::because(format!("a grid of {count} states is too large for the moment of order {order}")));
        }
        let mut entries = vec![0.0; len * len];
        let mut weights = vec![0.0; count];
        for (index, state) in points.iter().enumerate() {
            for (x, mass) in &self.inputs {
                let moved = self.model.drives(*state, *x).map(|u| self.model.activation.value_and_slope(u));
                self.weights_at(moved.map(|(value, _)| value), &mut weights);
                let jacobian = [0, 1].map(|i| self.model.recurrent[i].map(|b| moved[i].1 * b));
                for (i, row) in lifted(&jacobian, order).into_iter().enumerate() {
                    for (j, factor) in row.into_iter().enumerate().filter(|(_, factor)| *factor != 0.0) {
                        let place: Range<usize> = (j * count + index) * len + i * count..(j * count + index) * len + (i + 1) * count;
                        let factor = factor * mass;
                        entries[place].iter_mut().zip(&weights).for_each(|(slot, weight)| *slot += factor * weight);
                    }
                }
            }
        }
        Ok(Map { len, entries })
    }
}

impl Map {
    fn image(&self, f: &[f64]) -> Vec<f64> {
        let mut image = vec![0.0; self.len];
        apply(&self.entries, f, &mut image);
        image
    }
}

/// Coefficients `M_ij` of `δ_1^{q−j} δ_2^j` in `(A δ)_1^{q−i} (A δ)_2^i`.
fn lifted(jacobian: &[[f64; 2]; 2], order: usize) -> Vec<Vec<f64>> {
    // Powers of a linear form, as polynomials in δ_2 with δ_1 filling up the degree.
    let power = |[a, b]: [f64; 2], degree: usize| -> Vec<f64> {
        (0..=degree).map(|j| binomial(degree, j) * libm::pow(a, (degree - j) as f64) * libm::pow(b, j as f64)).collect()
    };
    let product = |i: usize| {
        let (first, second) = (power(jacobian[0], order - i), power(jacobian[1], i));
        let mut row = vec![0.0; order + 1];
        for (j, a) in first.iter().enumerate() {
            for (k, b) in second.iter().enumerate() {
                row[j + k] += a * b;
            }
        }
        row
    };
    (0..=order).map(product).collect()
}

fn binomial(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |value, j| value * (n - j) as f64 / (j + 1) as f64)
}
