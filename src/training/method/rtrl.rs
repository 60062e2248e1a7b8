//! Real-time recurrent learning.

use super::{MethodKind, Rule, Slopes, Taken};
use crate::data::Segment;
use crate::gradient::{BlockSensitivity, Carried, FewUnits, Sensitivity, Summed, rtrl};
use crate::network::{Cell, Network};
use crate::random::Noise;

/// Derivatives carried forward while the parameters move.
///
/// Of a cell whose influence matrix is stored whole they are formed once a block of steps, which is
/// exact; they may be kept in single precision between, at half the memory and reading. Every sum
/// is of double precision, and a gradient is then right to some 1e-7 of its size. Other cells carry
/// their few derivatives step by step, in double precision always.
pub(super) struct Rtrl {
    single: bool,
}

/// Derivatives in double precision.
pub(super) const DOUBLE: Rtrl = Rtrl { single: false };

/// Derivatives kept in single precision.
pub(super) const SINGLE: Rtrl = Rtrl { single: true };

impl MethodKind for Rtrl {
    fn id(&self) -> &'static str {
        if self.single { "rtrl-single" } else { "rtrl" }
    }

    fn words(&self) -> &'static str {
        if self.single { "the same with derivatives kept in single precision, for large networks" } else { "real-time recurrent learning" }
    }

    fn name(&self, _length: usize) -> String {
        if self.single { "RTRL in single precision" } else { "RTRL" }.into()
    }

    fn rounding(&self) -> f64 {
        if self.single { f64::from(f32::EPSILON) } else { f64::EPSILON }
    }

    fn is_truncated(&self) -> bool {
        false
    }

    fn is_exact(&self) -> bool {
        true
    }

    fn frozen(&self, _length: usize, network: &Network, segment: &Segment, start: &[f64], warm: usize, _choices: Noise) -> Summed {
        rtrl(network, segment, start, warm)
    }

    /// In blocks of τ steps `2 N² P/τ + 6 N P + 2 τ P` operations, in turn `2 N² P + 2 N P`, and of
    /// units that do not see each other a few for every number that is kept.
    fn flops(&self, _length: usize, cell: &dyn Cell) -> f64 {
        let (n, p, layout) = (cell.state_len() as f64, cell.parameters().len() as f64, cell.influence_layout());
        let advanced = if !layout.is_whole() {
            let (_, rows, _) = layout.groups();
            (2 * rows + 4) as f64 * layout.len() as f64
        } else if FewUnits::suits(cell) {
            2.0 * n * n * p + 2.0 * n * p
        } else {
            let steps = crate::gradient::block_steps(cell.state_len()) as f64;
            2.0 * n * n * p / steps + 6.0 * n * p + 2.0 * steps * p
        };
        super::forward_flops(cell) + advanced
    }

    fn numbers(&self, cell: &dyn Cell, _length: usize) -> usize {
        if !self.single && FewUnits::suits(cell) {
            return FewUnits::numbers(cell) + cell.tape_len();
        }
        if cell.influence_layout().is_whole() {
            let kept = if self.single { BlockSensitivity::<f32>::numbers(cell) } else { BlockSensitivity::<f64>::numbers(cell) };
            return kept + cell.tape_len();
        }
        2 * cell.influence_layout().len() + cell.work_len() + cell.tape_len()
    }

    fn start(&self, _length: usize, network: &Network, hidden: Vec<f64>, _choices: Noise) -> Box<dyn Rule> {
        let layout = network.cell.influence_layout();
        match (layout.is_whole(), self.single) {
            (false, _) => Box::new(Forward::at(network, hidden, vec![0.0; layout.len()])),
            (true, false) if FewUnits::suits(&*network.cell) => Box::new(Running::start(network, hidden, FewUnits::zero(&*network.cell))),
            (true, false) => Box::new(Running::start(network, hidden, BlockSensitivity::<f64>::zero(&*network.cell))),
            (true, true) => Box::new(Running::start(network, hidden, BlockSensitivity::<f32>::zero(&*network.cell))),
        }
    }
}

/// The running rule, its derivatives carried step by step.
///
/// ```text
/// S ← F(S, X; θ),   V ← A V + E,   G = Vᵀ Cᵀ ∂ℓ/∂ŷ in θ's recurrent part
/// ```
///
/// ```
/// # use rtrl_lab::{network::*, training::{Rule, method::Forward}};
/// # let linear = activation::named("identity").unwrap();
/// # let cell = Box::new(Elman::new(&[0.5], &[1.0], &[0.0], 0.0, linear).unwrap());
/// let network = Network { cell, readout: Readout::new(&[1.0], &[0.0], 1) };
/// for (forgets, expected) in [(false, [0.5 * 8.0 + 4.0, 1.0, 1.0]), (true, [4.0, 1.0, 1.0])] {
///     let mut rule = Forward::at(&network, vec![4.0], vec![8.0, 0.0, 0.0]);
///     rule.forgets = forgets;
///     rule.learn(&network, &[1.0], &[0.0], &mut [0.0; 5]);
///     assert_eq!(rule.influence(&network).unwrap(), expected);
/// }
/// ```
pub struct Forward {
    running: Running<Sensitivity>,
    /// Whether the derivatives of the steps before are dropped at every step, which is TBPTT(1).
    pub forgets: bool,
}

impl Forward {
    /// The rule at a hidden state with the derivatives `influence`, as the cell stores them.
    ///
    /// ```
    /// # use rtrl_lab::{network::*, training::{Rule, method::Forward}};
    /// # let cell = Box::new(Elman::new(&[0.5], &[1.0], &[0.0], 0.0, activation::TANH).unwrap());
    /// let network = Network { cell, readout: Readout::new(&[1.0], &[0.0], 1) };
    /// let rule = Forward::at(&network, vec![4.0], vec![1.0, 2.0, 3.0]);
    /// assert_eq!(rule.hidden(), [4.0]);
    /// assert_eq!(rule.influence(&network).unwrap(), [1.0, 2.0, 3.0]);
    /// ```
    pub fn at(network: &Network, hidden: Vec<f64>, influence: Vec<f64>) -> Self {
        let derivatives = Sensitivity::at(&*network.cell, influence);
        Forward { running: Running::start(network, hidden, derivatives), forgets: false }
    }

    /// `V_t`, as the cell stores it.
    pub(crate) fn derivatives(&self) -> &[f64] {
        self.running.derivatives.influence()
    }
}

impl Rule for Forward {
    fn learn(&mut self, network: &Network, input: &[f64], target: &[f64], gradient: &mut [f64]) -> Taken {
        if self.forgets {
            self.running.derivatives.forget();
        }
        self.running.learn(network, input, target, gradient)
    }

    fn hidden(&self) -> &[f64] {
        self.running.hidden()
    }

    fn influence(&self, network: &Network) -> Option<Vec<f64>> {
        self.running.influence(network)
    }

    fn forget(&mut self) {
        self.running.forget();
    }
}

/// The running rule, however its derivatives are carried.
struct Running<D> {
    hidden: Vec<f64>,
    next: Vec<f64>,
    tape: Vec<f64>,
    slopes: Slopes,
    derivatives: D,
}

impl<D: Carried> Running<D> {
    fn start(network: &Network, hidden: Vec<f64>, derivatives: D) -> Self {
        let tape = vec![0.0; network.cell.tape_len()];
        Running { next: vec![0.0; hidden.len()], hidden, tape, slopes: Slopes::of(network), derivatives }
    }
}

impl<D: Carried> Rule for Running<D> {
    fn learn(&mut self, network: &Network, input: &[f64], target: &[f64], gradient: &mut [f64]) -> Taken {
        let cell = &*network.cell;
        cell.step(&self.hidden, input, &mut self.next, &mut self.tape);
        std::mem::swap(&mut self.hidden, &mut self.next);
        self.derivatives.advance(cell, &self.tape);
        let loss = self.slopes.read_out(network, &self.hidden, target, gradient);
        self.derivatives.add_gradient(cell, &self.slopes.adjoint, &mut gradient[..network.recurrent_len()]);
        Taken { loss, weight: 1.0 }
    }

    fn hidden(&self) -> &[f64] {
        &self.hidden
    }

    fn influence(&self, network: &Network) -> Option<Vec<f64>> {
        Some(self.derivatives.formed(&*network.cell))
    }

    fn forget(&mut self) {
        self.hidden.fill(0.0);
        self.derivatives.forget();
    }
}
