//! Real-time recurrent learning.

use super::{MethodKind, Rule, Slopes, Taken};
use crate::data::Segment;
use crate::gradient::{BlockSensitivity, Kept, Sensitivity, Summed, rtrl};
use crate::network::{Cell, Network};

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

    fn frozen(&self, _length: usize, network: &Network, segment: &Segment, start: &[f64], warm: usize) -> Summed {
        rtrl(network, segment, start, warm)
    }

    fn numbers(&self, cell: &dyn Cell, _length: usize) -> usize {
        if cell.influence_layout().is_whole() {
            let kept = if self.single { BlockSensitivity::<f32>::numbers(cell) } else { BlockSensitivity::<f64>::numbers(cell) };
            return kept + cell.tape_len();
        }
        2 * cell.influence_layout().len() + cell.work_len() + cell.tape_len()
    }

    fn start(&self, _length: usize, network: &Network, hidden: Vec<f64>) -> Box<dyn Rule> {
        let layout = network.cell.influence_layout();
        match (layout.is_whole(), self.single) {
            (false, _) => Box::new(Forward::at(network, hidden, vec![0.0; layout.len()])),
            (true, false) => Box::new(Blocks::<f64>::start(network, hidden)),
            (true, true) => Box::new(Blocks::<f32>::start(network, hidden)),
        }
    }
}

/// The running rule.
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
    hidden: Vec<f64>,
    next: Vec<f64>,
    tape: Vec<f64>,
    slopes: Slopes,
    sensitivity: Sensitivity,
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
        let cell = &*network.cell;
        Forward {
            next: vec![0.0; hidden.len()],
            hidden,
            tape: vec![0.0; cell.tape_len()],
            slopes: Slopes::of(network),
            sensitivity: Sensitivity::at(cell, influence),
            forgets: false,
        }
    }
}

impl Forward {
    /// `V_t`, as the cell stores it.
    pub(crate) fn derivatives(&self) -> &[f64] {
        self.sensitivity.influence()
    }
}

impl Rule for Forward {
    fn learn(&mut self, network: &Network, input: &[f64], target: &[f64], gradient: &mut [f64]) -> Taken {
        let cell = &*network.cell;
        cell.step(&self.hidden, input, &mut self.next, &mut self.tape);
        std::mem::swap(&mut self.hidden, &mut self.next);
        if self.forgets {
            self.sensitivity.reset();
        }
        self.sensitivity.advance(cell, &self.tape);
        let loss = self.slopes.read_out(network, &self.hidden, target, gradient);
        self.sensitivity.add_gradient(&self.slopes.adjoint, &mut gradient[..network.recurrent_len()]);
        Taken { loss, weight: 1.0 }
    }

    fn hidden(&self) -> &[f64] {
        &self.hidden
    }

    fn influence(&self, _network: &Network) -> Option<Vec<f64>> {
        Some(self.sensitivity.influence().to_vec())
    }
}

/// The same with the derivatives formed once a block of steps.
struct Blocks<T> {
    hidden: Vec<f64>,
    next: Vec<f64>,
    tape: Vec<f64>,
    slopes: Slopes,
    sensitivity: BlockSensitivity<T>,
}

impl<T: Kept> Blocks<T> {
    fn start(network: &Network, hidden: Vec<f64>) -> Self {
        let cell = &*network.cell;
        Blocks {
            next: vec![0.0; hidden.len()],
            hidden,
            tape: vec![0.0; cell.tape_len()],
            slopes: Slopes::of(network),
            sensitivity: BlockSensitivity::zero(cell),
        }
    }
}

impl<T: Kept> Rule for Blocks<T> {
    fn learn(&mut self, network: &Network, input: &[f64], target: &[f64], gradient: &mut [f64]) -> Taken {
        let cell = &*network.cell;
        cell.step(&self.hidden, input, &mut self.next, &mut self.tape);
        std::mem::swap(&mut self.hidden, &mut self.next);
        self.sensitivity.advance(cell, &self.tape);
        let loss = self.slopes.read_out(network, &self.hidden, target, gradient);
        self.sensitivity.add_gradient(cell, &self.slopes.adjoint, &mut gradient[..network.recurrent_len()]);
        Taken { loss, weight: 1.0 }
    }

    fn hidden(&self) -> &[f64] {
        &self.hidden
    }

    fn influence(&self, network: &Network) -> Option<Vec<f64>> {
        Some(self.sensitivity.influence(&*network.cell))
    }
}
