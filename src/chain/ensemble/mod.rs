//! Many chains of one Elman cell at frozen parameters, at the speed of the processor's arithmetic.

mod given;
mod moving;
mod panels;
mod plan;
pub mod processor;
mod propagator;
mod units;

use crate::network::{Cell, Elman, Readout};
use crate::simd::register::{self, InstructionSet, Portable};
pub(crate) use moving::{LearningLanes, moving, width};
use plan::Arrangement;
use units::{Engine, Units};

/// M chains `(S, V)` of one Elman cell, each on inputs of its own.
///
/// ```text
/// S' = σ(N^{−β} B S + W X + b),   V' = A V + E,   A = diag(σ'(u)) N^{−β} B
/// ```
///
/// with the `E` of [`Elman`]. `S` does not depend on `V`, and the columns of `V` do not depend on
/// each other: so the states of a block of steps are computed first, and then a few columns of `V`
/// at a time go through all of the block while they stay in the first cache. Cost where every step
/// is observed: `2 N² P` flops a chain and step, `P = N (N + d + 1)`; otherwise
/// [`Ensemble::flops`], a fraction of that, since the derivatives between are not formed. Memory:
/// `8 N P` bytes a chain.
///
/// Every sum runs over k in order with fused multiply-add and vectors run over columns or chains,
/// so the bits depend on neither the instruction set nor the number of threads. Step by step they
/// are those of [`JointChain`](super::JointChain) up to the rounding of the activation; over a
/// block they agree with it to rounding, and depend on how the steps are divided among calls of
/// [`Ensemble::advance`]. Sources: Williams and Zipser (1989), doi 10.1162/neco.1989.1.2.270;
/// Schmidhuber (1992), doi 10.1162/neco.1992.4.2.243.
///
/// ```
/// use rtrl_lab::chain::Ensemble;
/// use rtrl_lab::network::{Elman, activation};
/// let cell =
///     Elman::new(&[0.5], &[2.0], &[1.0], 0.0, activation::named("identity").unwrap()).unwrap();
/// // Two chains from S = 4 and S = 0, two steps on the inputs 3, 1 and then 0, 0.
/// let mut ensemble = Ensemble::new(&cell, &[4.0, 0.0]);
/// ensemble.advance(&[3.0, 1.0, 0.0, 0.0]);
/// assert_eq!((ensemble.hidden(0), ensemble.hidden(1)), (vec![5.5], vec![2.5]));
/// // d/dB, d/dW and d/db of S₂ = B(B S₀ + W X₀ + b) + b.
/// assert_eq!(ensemble.influence(0), [0.5 * 4.0 + 9.0, 0.5 * 3.0, 1.5]);
/// ```
pub struct Ensemble {
    engine: Box<dyn Engine>,
    chains: usize,
    inputs: usize,
    observed: usize,
}

/// Targets and readout of steps whose losses are summed.
///
/// ```
/// use rtrl_lab::{chain::Targets, network::Readout};
/// let readout = Readout::new(&[2.0], &[1.0], 1);
/// let targets = Targets { targets: &[4.0], readout: &readout };
/// // Ŷ = 2 · 3 + 1, so the loss is (7 − 4)²/2.
/// assert_eq!(targets.readout.error(&[3.0], targets.targets, &mut [0.0]), 4.5);
/// ```
#[derive(Clone, Copy)]
pub struct Targets<'a> {
    /// `Y_t` of every chain, T × M × m.
    pub targets: &'a [f64],
    /// The readout.
    pub readout: &'a Readout,
}

/// Means over the observed steps of one chain.
///
/// ```
/// use rtrl_lab::{chain::Means, network::{Cell, Elman, activation}};
/// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, activation::TANH).unwrap();
/// let gradient = vec![1.0, 2.0, 3.0, 4.0, 5.0];
/// let means = Means { loss: 0.5, gradient, squared_norm: 9.0 };
/// // B, W, b of the cell, then C, c of the readout.
/// assert_eq!(means.gradient[cell.parameters().len()..], [4.0, 5.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Means {
    /// Mean loss.
    pub loss: f64,
    /// Mean of `G_t`, the recurrent parameters first.
    pub gradient: Vec<f64>,
    /// Mean of `‖V_{t+1}‖_F²`.
    pub squared_norm: f64,
}

/// Choices that move no bit; left open they suit the caches.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tuning {
    arrangement: Option<Arrangement>,
    /// Steps of a block.
    steps: Option<usize>,
    /// Panels that take a step together.
    group: Option<usize>,
}

impl Ensemble {
    /// Chains at the hidden states `hidden` (M × N by rows) with `V = 0`.
    ///
    /// ```
    /// use rtrl_lab::{chain::Ensemble, network::{Elman, activation}};
    /// let cell = Elman::new(&[0.1; 4], &[0.5; 2], &[0.0; 2], 0.0, activation::TANH).unwrap();
    /// let ensemble = Ensemble::new(&cell, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    /// assert_eq!((ensemble.hidden(2), ensemble.influence(2)), (vec![5.0, 6.0], vec![0.0; 16]));
    /// ```
    ///
    /// # Panics
    /// Where `hidden` is not a whole number of states.
    pub fn new(cell: &Elman, hidden: &[f64]) -> Self {
        Ensemble::on(InstructionSet::widest(), cell, hidden, Tuning::default())
    }

    /// The same on a given instruction set.
    fn on(set: InstructionSet, cell: &Elman, hidden: &[f64], tuning: Tuning) -> Self {
        assert!(hidden.len().is_multiple_of(cell.state_len()), "{} numbers are no whole number of states of {}", hidden.len(), cell.state_len());
        let engine: Box<dyn Engine> = match set {
            InstructionSet::Portable => Box::new(Units::<Portable<4>, 4>::new(cell, hidden, tuning)),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => Box::new(Units::<register::Avx2, 4>::new(cell, hidden, tuning)),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => Box::new(Units::<register::Avx512, 8>::new(cell, hidden, tuning)),
        };
        Ensemble { engine, chains: hidden.len() / cell.state_len(), inputs: cell.inputs(), observed: 0 }
    }

    /// Number of chains M.
    ///
    /// ```
    /// use rtrl_lab::{chain::Ensemble, network::{Elman, activation}};
    /// let cell = Elman::new(&[0.1; 4], &[0.5; 2], &[0.0; 2], 0.0, activation::TANH).unwrap();
    /// assert_eq!(Ensemble::new(&cell, &[0.0; 6]).chains(), 3);
    /// ```
    pub fn chains(&self) -> usize {
        self.chains
    }

    /// Carries every chain through T steps on `inputs`, T × M × d by rows, on the threads of the
    /// present pool.
    ///
    /// ```
    /// use rtrl_lab::{chain::Ensemble, network::{Elman, activation}};
    /// let identity = activation::named("identity").unwrap();
    /// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, identity).unwrap();
    /// let mut ensemble = Ensemble::new(&cell, &[1.0, 3.0]);
    /// ensemble.advance(&[0.0; 2 * 10]);
    /// assert_eq!([0, 1].map(|chain| 1024.0 * ensemble.hidden(chain)[0]), [1.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// Where `inputs` is not a whole number of steps.
    pub fn advance(&mut self, inputs: &[f64]) {
        if self.steps_in(inputs) > 0 {
            self.engine.advance(inputs, None);
        }
    }

    /// As [`Ensemble::advance`], and adds loss, gradient `G_t` and `‖V_{t+1}‖²` of every step to
    /// what [`Ensemble::means`] gives.
    ///
    /// # Panics
    /// Where `inputs` is not a whole number of steps, or the targets do not fit it.
    pub(crate) fn advance_observed(&mut self, inputs: &[f64], observed: Targets<'_>) {
        let steps = self.steps_in(inputs);
        assert_eq!(observed.targets.len(), steps * self.chains * observed.readout.outputs(), "a target for every chain and step");
        if steps > 0 {
            self.engine.advance(inputs, Some(observed));
            self.observed += steps;
        }
    }

    /// Flops on derivatives that [`Ensemble::advance`] executes in `steps` steps of all chains, a
    /// multiply-add as two, padding not counted.
    ///
    /// A block of τ steps takes `2N²P + 2(τ−1)NP + 2(τ−1)N³ + 2P` a chain, with τ up to 8 where N ≤
    /// 12 and up to 16 beyond.
    ///
    /// ```
    /// use rtrl_lab::{chain::Ensemble, network::{Elman, activation}};
    /// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, activation::TANH).unwrap();
    /// let ensemble = Ensemble::new(&cell, &[0.0; 5]);
    /// // N = 1, P = 3: `V ← A V + E` with one product and one slope an entry.
    /// assert_eq!(ensemble.flops(1), 5.0 * (2.0 * 3.0 + 2.0 * 3.0));
    /// ```
    pub fn flops(&self, steps: usize) -> f64 {
        self.chains as f64 * self.engine.flops(steps)
    }

    /// `S` of a chain.
    ///
    /// ```
    /// use rtrl_lab::{chain::Ensemble, network::{Elman, activation}};
    /// let cell = Elman::new(&[1.0], &[1.0], &[0.0], 0.0, activation::TANH).unwrap();
    /// let mut ensemble = Ensemble::new(&cell, &[0.0]);
    /// ensemble.advance(&[0.5]);
    /// assert!((ensemble.hidden(0)[0] - 0.5f64.tanh()).abs() < 1e-15);
    /// ```
    pub fn hidden(&self, chain: usize) -> Vec<f64> {
        self.engine.hidden(chain)
    }

    /// `V` of a chain, N × P by rows.
    ///
    /// ```
    /// use rtrl_lab::{chain::Ensemble, network::{Elman, activation}};
    /// let cell = Elman::new(&[1.0], &[1.0], &[0.0], 0.0, activation::TANH).unwrap();
    /// let mut ensemble = Ensemble::new(&cell, &[2.0]);
    /// ensemble.advance(&[-2.0]);
    /// // The slope at u = 0 is 1, so V is (S, X, 1).
    /// assert_eq!(ensemble.influence(0), [2.0, -2.0, 1.0]);
    /// ```
    pub fn influence(&self, chain: usize) -> Vec<f64> {
        self.engine.influence(chain)
    }

    /// Means of a chain over the observed steps; `None` before the first.
    ///
    /// ```
    /// use rtrl_lab::{chain::Ensemble, network::{Elman, activation}};
    /// let cell = Elman::new(&[1.0], &[1.0], &[0.0], 0.0, activation::TANH).unwrap();
    /// let mut ensemble = Ensemble::new(&cell, &[2.0]);
    /// ensemble.advance(&[-2.0]);
    /// assert_eq!(ensemble.means(0), None);
    /// ```
    pub fn means(&self, chain: usize) -> Option<Means> {
        let steps = self.observed as f64;
        let (loss, gradient, squares) = self.engine.sums(chain);
        (self.observed > 0).then(|| Means {
            loss: loss / steps,
            gradient: gradient.iter().map(|g| g / steps).collect(),
            squared_norm: squares / steps,
        })
    }

    fn steps_in(&self, inputs: &[f64]) -> usize {
        let step = self.chains * self.inputs;
        let steps = inputs.len().checked_div(step).unwrap_or(0);
        assert_eq!(steps * step, inputs.len(), "inputs of whole steps of {} chains with {} inputs", self.chains, self.inputs);
        steps
    }
}

#[cfg(test)]
mod tests;
