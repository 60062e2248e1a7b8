//! One unit with its kernel, and its stationary law.

use super::ScalarModel;
use super::kernel::Kernel;
use super::reach::Reach;
use crate::linalg::solve_affine;
use crate::stats::Undefined;
use std::sync::OnceLock;

/// One unit of any smooth activation on independent or AR(1) Gaussian data: the nonlinear case
/// whose every answer is known.
///
/// ```text
/// X' = φ X + ν ξ;   S' = σ(b S + w X + c)
/// ```
///
/// It is to the nonlinear case what [`LinearGaussian`](super::super::LinearGaussian) is to the
/// linear one. The transition operator acts on a grid of inputs (trapezoidal rule) times
/// Chebyshev's points of the hidden state; both converge faster than any power, so a grid finer by
/// half changes no answer beyond 1e-8 and mostly none beyond 1e-12. The kernel and the stationary
/// law are computed once.
///
/// ```
/// use rtrl_lab::{network::activation, theory::{ScalarModel, ScalarNetwork}};
/// let tanh = activation::named("tanh").unwrap();
/// let unit = ScalarNetwork::new(ScalarModel::plain(tanh, 0.9, 1.0, 0.0)).unwrap();
/// let (pathwise, moment) = (unit.pathwise_rate().unwrap(), unit.moment_rate(2.0).unwrap());
/// assert!(pathwise < moment && moment < 0.9);
/// ```
pub struct ScalarNetwork {
    pub(super) model: ScalarModel,
    pub(super) reach: Reach,
    pub(super) fineness: f64,
    pub(super) kernel: Kernel,
    /// The same on finer inputs, for sharp factors.
    sharp: OnceLock<Result<Kernel, Undefined>>,
    pub(super) second: OnceLock<Result<f64, Undefined>>,
    stationary: OnceLock<Result<Vec<f64>, Undefined>>,
}

impl ScalarNetwork {
    /// The unit on the grid of ordinary fineness.
    ///
    /// ```
    /// use rtrl_lab::{network::activation, theory::{ScalarModel, ScalarNetwork}};
    /// let unit = |model| ScalarNetwork::new(model).map(|unit| unit.mean_state().unwrap());
    /// // A sigmoid about its middle, and one that no noise reaches.
    /// let plain = ScalarModel::plain(activation::SIGMOID, 1.0, 1.0, -0.5);
    /// assert!((unit(plain).unwrap() - 0.5).abs() < 1e-12);
    /// assert!(unit(ScalarModel { input: 0.0, ..plain }).unwrap_err().reason.contains("no noise"));
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] where no noise reaches the unit, the data have no stationary law, an unbounded
    /// unit does not contract, or the noise is too small for a grid of 16 million numbers.
    pub fn new(model: ScalarModel) -> Result<Self, Undefined> {
        Self::with_fineness(model, 1.0)
    }

    /// The same on a grid that is `fineness` ≥ 1 times finer, to see what the grid leaves open.
    ///
    /// ```
    /// use rtrl_lab::{network::activation, theory::{ScalarModel, ScalarNetwork}};
    /// let model = ScalarModel::plain(activation::TANH, 0.8, 1.0, 0.3);
    /// let mean = |fineness| ScalarNetwork::with_fineness(model, fineness).unwrap().mean_state();
    /// assert!((mean(1.0).unwrap() - mean(1.5).unwrap()).abs() < 1e-10);
    /// ```
    ///
    /// # Errors
    /// As [`ScalarNetwork::new`].
    pub fn with_fineness(model: ScalarModel, fineness: f64) -> Result<Self, Undefined> {
        Self::over(model, Reach::of(&model)?, fineness)
    }

    /// The unit on a grid over `reach`.
    pub(super) fn over(model: ScalarModel, reach: Reach, fineness: f64) -> Result<Self, Undefined> {
        let kernel = Kernel::new(&model, &reach, [fineness, hidden_fineness(fineness)])?;
        Ok(ScalarNetwork { model, reach, fineness, kernel, sharp: OnceLock::new(), second: OnceLock::new(), stationary: OnceLock::new() })
    }

    /// The parameters.
    ///
    /// ```
    /// use rtrl_lab::{network::activation, theory::{ScalarModel, ScalarNetwork}};
    /// let model = ScalarModel::plain(activation::TANH, -0.5, 2.0, 0.0);
    /// let unit = ScalarNetwork::new(model).unwrap();
    /// assert_eq!((unit.model().recurrent, unit.model().input), (-0.5, 2.0));
    /// ```
    pub fn model(&self) -> &ScalarModel {
        &self.model
    }

    /// The kernel whose grid resolves `|σ'|^order`.
    pub(super) fn kernel_for(&self, order: f64) -> Result<&Kernel, Undefined> {
        const PLAIN: f64 = 4.0;
        if order <= PLAIN {
            return Ok(&self.kernel);
        }
        let sharp = self.sharp.get_or_init(|| Kernel::new(&self.model, &self.reach, [2.0 * self.fineness, hidden_fineness(self.fineness)]));
        sharp.as_ref().map_err(Clone::clone)
    }

    /// The stationary law of `Z_t = (X_t, S_{t+1})` as functions see it: signed weights on the
    /// grid, whose sum against a function is its mean.
    pub(super) fn stationary(&self) -> Result<&[f64], Undefined> {
        let law = self.stationary.get_or_init(|| {
            let kernel = &self.kernel;
            let second = self.second_eigenvalue()?;
            if second > 1.0 - LEFT {
                let reason = format!("the unit leaves one of its wells too seldom: the second eigenvalue is {second:.15}, and the shares of the wells are lost in rounding");
                return Err(Undefined::because(reason));
            }
            // The data's own law and the middle of the hidden states, one step on.
            let middle = kernel.hold(&[[0.5 * (self.reach.hidden[0] + self.reach.hidden[1]), 1.0]]);
            let deviation = self.model.data_deviation();
            let density = |x: &f64| libm::exp(-0.5 * (x / deviation) * (x / deviation));
            let places: Vec<f64> = if kernel.states == 1 { vec![0.0] } else { kernel.data.clone() };
            let total: f64 = places.iter().map(density).sum();
            let mut spread = vec![0.0; kernel.data.len() * middle.len()];
            for x in &places {
                let held: Vec<f64> = middle.iter().map(|mass| mass * density(x) / total).collect();
                kernel.spread_from(*x, &held, &mut spread);
            }
            let guess = kernel.seen(kernel.carry(&spread));
            let massless = |law: Vec<f64>| without_mass(law, &guess);
            let step = kernel.plain();
            let source = massless(difference(&step.next(&guess), &guess));
            let change = solve_affine(|law| massless(step.next(law)), &source)
                .map_err(|error| Undefined::because(format!("the stationary law is not settled: {error}")))?;
            let law: Vec<f64> = guess.iter().zip(&change).map(|(a, b)| a + b).collect();
            let total: f64 = law.iter().sum();
            Ok(law.into_iter().map(|mass| mass / total).collect())
        });
        law.as_deref().map_err(Clone::clone)
    }

    /// The stationary law over the whole grid (n × m).
    pub(super) fn stationary_whole(&self) -> Result<Vec<f64>, Undefined> {
        Ok(self.kernel.carry(&self.kernel.spread(self.stationary()?)))
    }
}

/// How far below 1 the second eigenvalue must lie for the law to be had to eight digits.
const LEFT: f64 = 1e-7;

/// A finer grid of the data is one of half as much more hidden states.
fn hidden_fineness(fineness: f64) -> f64 {
    0.5 + 0.5 * fineness
}

/// `a − b`.
pub(super) fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// A difference of laws without the mass that rounding gave it.
pub(super) fn without_mass(mut law: Vec<f64>, whole: &[f64]) -> Vec<f64> {
    let mass: f64 = law.iter().sum();
    law.iter_mut().zip(whole).for_each(|(slot, share)| *slot -= mass * share);
    law
}
