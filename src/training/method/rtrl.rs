//! Real-time recurrent learning.

use super::{MethodKind, Rule, Slopes, Taken};
use crate::data::Segment;
use crate::gradient::{BlockSensitivity, Sensitivity, Summed, rtrl};
use crate::network::{Cell, Network};

/// Derivatives carried forward while the parameters move.
pub(super) struct Rtrl;

impl MethodKind for Rtrl {
    fn id(&self) -> &'static str {
        "rtrl"
    }

    fn words(&self) -> &'static str {
        "real-time recurrent learning"
    }

    fn name(&self, _length: usize) -> String {
        "RTRL".into()
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
        if BlockSensitivity::serves(cell) {
            return BlockSensitivity::numbers(cell) + cell.tape_len();
        }
        2 * cell.influence_layout().len() + cell.work_len() + cell.tape_len()
    }

    fn start(&self, _length: usize, network: &Network, hidden: Vec<f64>) -> Box<dyn Rule> {
        let influence = vec![0.0; network.cell.influence_layout().len()];
        if BlockSensitivity::serves(&*network.cell) {
            let steps = BlockSensitivity::block(hidden.len());
            return Box::new(Blocks::at(network, hidden, influence, steps));
        }
        Box::new(Forward::at(network, hidden, influence))
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
    /// assert_eq!((rule.hidden(), rule.influence(&network).unwrap()), (&[4.0][..], vec![1.0, 2.0, 3.0]));
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
struct Blocks {
    hidden: Vec<f64>,
    next: Vec<f64>,
    tape: Vec<f64>,
    slopes: Slopes,
    sensitivity: BlockSensitivity,
}

impl Blocks {
    fn at(network: &Network, hidden: Vec<f64>, influence: Vec<f64>, steps: usize) -> Self {
        let cell = &*network.cell;
        Blocks {
            next: vec![0.0; hidden.len()],
            hidden,
            tape: vec![0.0; cell.tape_len()],
            slopes: Slopes::of(network),
            sensitivity: BlockSensitivity::at(cell, influence, steps),
        }
    }
}

impl Rule for Blocks {
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
