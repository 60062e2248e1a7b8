//! Rates of one unit: moments of products, their tail, the path, and the forgetting of the law.

use super::ScalarNetwork;
use super::kernel::Kernel;
use crate::linalg::leading_modulus;
use crate::stats::Undefined;
use crate::theory::unsettled;

/// The largest order whose factors the grid resolves.
const LARGEST: f64 = 64.0;

impl ScalarNetwork {
    /// `r_q = lim_n (E |∏_{i ≤ n} b σ'(u_i)|^q)^{1/(q n)}`, the growth of the q-th moment of the
    /// derivatives, for `0 < q ≤ 64`.
    ///
    /// ```text
    /// r_q = ρ(K_q)^{1/q},   (K_q f)(x, s) = E |b σ'(u')|^q f(x', σ(u')),   u' = b s + w x' + c
    /// ```
    ///
    /// Source: Furstenberg and Kesten (1960), doi 10.1214/aoms/1177705909, for products of random
    /// factors; the operator is worked out here.
    ///
    /// ```
    /// use rtrl_lab::{network::activation, theory::{ScalarModel, ScalarNetwork}};
    /// let linear = ScalarModel::plain(activation::named("identity").unwrap(), -0.7, 1.0, 0.0);
    /// // Every factor is −0.7.
    /// let unit = ScalarNetwork::new(linear).unwrap();
    /// assert!((unit.moment_rate(3.0).unwrap() - 0.7).abs() < 1e-12);
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] for another order, or where the eigenvalue does not settle.
    pub fn moment_rate(&self, order: f64) -> Result<f64, Undefined> {
        Ok(libm::exp(self.exponent(order)? / order))
    }

    /// `Λ(q) = q log r_q`: convex, `Λ(0) = 0`, with the slope `Λ'(0)` of the pathwise rate; `−∞`
    /// where `b = 0`.
    ///
    /// ```
    /// use rtrl_lab::{network::activation, theory::{ScalarModel, ScalarNetwork}};
    /// let unit = ScalarNetwork::new(ScalarModel::plain(activation::TANH, 0.9, 1.0, 0.0)).unwrap();
    /// let exponent = |order: f64| unit.exponent(order).unwrap();
    /// // Convex from Λ(0) = 0, with the pathwise rate as its slope there.
    /// assert!(exponent(2.0) > 2.0 * exponent(1.0));
    /// let slope = exponent(1e-6) / 1e-6;
    /// assert!((slope - unit.pathwise_rate().unwrap().ln()).abs() < 1e-5);
    /// ```
    ///
    /// # Errors
    /// As [`ScalarNetwork::moment_rate`].
    pub fn exponent(&self, order: f64) -> Result<f64, Undefined> {
        if !(0.0 < order && order <= LARGEST) {
            return Err(Undefined::because(format!("moments of order {order} are not computed; orders above 0 to {LARGEST} are")));
        }
        if self.model.recurrent == 0.0 {
            return Ok(f64::NEG_INFINITY);
        }
        let kernel = self.kernel_for(order)?;
        // In units of the largest factor, so that no power leaves the numbers.
        let largest = kernel.factors(1.0).into_iter().fold(0.0, f64::max);
        let factors: Vec<f64> = kernel.factors(1.0).into_iter().map(|factor| libm::pow(factor / largest, order)).collect();
        let step = kernel.weighed(&factors);
        let radius = leading_modulus(|f| step.image(f), &vec![1.0; kernel.len()]).map_err(unsettled)?;
        Ok(libm::log(radius) + order * libm::log(largest))
    }

    /// The order κ with `r_κ = 1`: moments of the derivatives of order below κ exist, those above
    /// do not, and their tail is `P(|V| > x) ≍ x^{−κ}`; `None` where all moments up to order 64
    /// exist. Source: Kesten (1973), doi 10.1007/BF02392040, whose factors are independent; here
    /// they form a chain.
    ///
    /// # Errors
    /// [`Undefined`] where the pathwise rate is 1 or more, so that there is no tail to speak of, or
    /// as [`ScalarNetwork::moment_rate`].
    ///
    /// ```
    /// use rtrl_lab::{
    ///     network::activation,
    ///     theory::{ScalarModel, ScalarNetwork},
    /// };
    /// let unit = ScalarNetwork::new(ScalarModel::plain(
    ///     activation::named("tanh").unwrap(),
    ///     1.5,
    ///     1.0,
    ///     0.0,
    /// ))
    /// .unwrap();
    /// let index = unit.tail_index().unwrap().unwrap();
    /// assert!(
    ///     unit.pathwise_rate().unwrap() < 0.4
    ///         && unit.moment_rate(2.0).unwrap() < 1.0
    ///         && unit.moment_rate(4.0).unwrap() > 1.0
    /// );
    /// assert!((unit.moment_rate(index).unwrap() - 1.0).abs() < 1e-11);
    /// ```
    pub fn tail_index(&self) -> Result<Option<f64>, Undefined> {
        let pathwise = self.pathwise_rate()?;
        if pathwise >= 1.0 {
            return Err(Undefined::because(format!("the pathwise rate is {pathwise:.6}: the derivatives have no stationary law")));
        }
        // Λ(q)/q rises through 0 once.
        let mean = |order: f64| Ok(self.exponent(order)? / order);
        let (mut low, mut high) = (0.0, 1.0);
        let (mut below, mut above) = (libm::log(pathwise), mean(high)?);
        while above <= 0.0 {
            if high >= LARGEST {
                return Ok(None);
            }
            (low, below) = (high, above);
            high *= 2.0;
            above = mean(high)?;
        }
        if !below.is_finite() {
            below = mean(1e-3)?;
            low = 1e-3;
        }
        root(mean, [low, high], [below, above]).map(Some)
    }

    /// `exp E log|b σ'(u)|`, the rate of one path; 0 where a slope vanishes.
    ///
    /// ```
    /// use rtrl_lab::{network::activation, theory::{ScalarModel, ScalarNetwork}};
    /// let linear = ScalarModel::plain(activation::named("identity").unwrap(), 0.5, 1.0, 1.0);
    /// let model = ScalarModel { phi: 0.4, ..linear };
    /// assert!((ScalarNetwork::new(model).unwrap().pathwise_rate().unwrap() - 0.5).abs() < 1e-12);
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] where the stationary law is not settled.
    pub fn pathwise_rate(&self) -> Result<f64, Undefined> {
        let law = self.kernel.spread(self.stationary()?);
        let mean: f64 =
            law.iter().zip(self.kernel.factors(1.0)).map(|(mass, factor)| if *mass == 0.0 { 0.0 } else { mass * libm::log(factor) }).sum();
        Ok(libm::exp(mean))
    }

    /// The modulus of the second eigenvalue of the kernel: the rate at which the law of
    /// `(X_t, S_t)` forgets its start. For independent data and a rising or falling unit it is
    /// `r_1`; for AR(1) data it is `max(|φ|, r_1)`. It is right to 1e-14 absolutely, so that wells
    /// left once in 1e13 steps are told from those never left.
    ///
    /// ```
    /// use rtrl_lab::{network::activation, theory::{ScalarModel, ScalarNetwork}};
    /// let model = ScalarModel::plain(activation::TANH, 0.9, 1.0, 0.0);
    /// let unit = ScalarNetwork::new(model).unwrap();
    /// let first = unit.moment_rate(1.0).unwrap();
    /// assert!((unit.second_eigenvalue().unwrap() - first).abs() < 1e-10);
    /// // Data that forget slowly rule.
    /// let slow = ScalarNetwork::new(ScalarModel { phi: 0.95, ..model }).unwrap();
    /// assert!((slow.second_eigenvalue().unwrap() - 0.95).abs() < 1e-10);
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] where the eigenvalue does not settle.
    pub fn second_eigenvalue(&self) -> Result<f64, Undefined> {
        let found = self.second.get_or_init(|| {
            let (start, step) = (generic(&self.kernel), self.kernel.plain());
            let quotient = |f: &[f64]| {
                let image = step.image(f);
                // Constants are carried into themselves; functions up to constants are what is
                // left.
                let level = image.iter().sum::<f64>() / image.len() as f64;
                image.into_iter().map(|value| value - level).collect()
            };
            // Two wells that are never left bring it to 1 but for rounding.
            Ok(leading_modulus(quotient, &start).map_err(unsettled)?.min(1.0))
        });
        found.clone()
    }
}

/// A function without symmetry, so that no eigenfunction is left out.
fn generic(kernel: &Kernel) -> Vec<f64> {
    let [low, high] = kernel.hidden.ends();
    let half = kernel.data[kernel.data.len() - 1];
    let mut out = Vec::with_capacity(kernel.len());
    for k in 0..kernel.states {
        let x = if kernel.states == 1 { 0.0 } else { kernel.data[k] / half };
        out.extend(kernel.hidden.points.iter().map(|s| libm::exp(0.7 * (2.0 * s - low - high) / (high - low) + 0.9 * x)));
    }
    out
}

/// The zero of a rising function between two places with values of different sign, by the method of
/// Illinois, to 1e-12.
pub(super) fn root(mut f: impl FnMut(f64) -> Result<f64, Undefined>, place: [f64; 2], value: [f64; 2]) -> Result<f64, Undefined> {
    const MOST: usize = 200;
    let ([mut low, mut high], [mut below, mut above]) = (place, value);
    for _ in 0..MOST {
        if high - low <= 1e-13 * high.abs() || above == 0.0 {
            return Ok(high);
        }
        let middle = high - above * (high - low) / (above - below);
        let at = f(middle)?;
        if at.abs() < 1e-14 {
            return Ok(middle);
        }
        if at > 0.0 {
            (high, above) = (middle, at);
            below *= 0.5;
        } else {
            (low, below) = (middle, at);
            above *= 0.5;
        }
    }
    Ok(0.5 * (low + high))
}
