//! Forward derivatives and every way to the gradient of a summed loss.

mod block_directions;
mod block_sensitivity;
mod adaptive;
mod bptt;
mod finite_difference;
mod few_units;
mod panels;
mod randomised;
mod rtrl;
mod sensitivity;
mod side_by_side;
mod step_errors;
mod tape;
mod truncated;

use crate::network::Cell;

pub use adaptive::HiddenGradients;
pub(crate) use block_directions::BlockDirections;
pub(crate) use block_sensitivity::{BlockSensitivity, block_steps};
pub use bptt::bptt;
pub(crate) use bptt::tape_numbers;
pub(crate) use few_units::FewUnits;
pub use finite_difference::central_differences;
pub use randomised::{RandomisedMoments, randomised_moments};
pub use rtrl::rtrl;
pub(crate) use sensitivity::Sensitivity;
pub(crate) use side_by_side::{bptt_all, numbers as side_by_side_numbers, rolling_numbers, rolling_together, rolling_truncated_all};
pub use step_errors::StepErrors;
pub(crate) use tape::Tape;
pub use truncated::{block_truncated, rolling_truncated};

/// Forward derivatives on their way, however they are kept.
pub(crate) trait Carried: Send {
    /// Takes in a step of the cell, whose parameters are those of the step.
    fn advance(&mut self, cell: &dyn Cell, tape: &[f64]);

    /// Adds `Vᵀ λ` to `gradient`.
    fn add_gradient(&mut self, cell: &dyn Cell, adjoint: &[f64], gradient: &mut [f64]);

    /// Sets `V` to zero: what comes after knows nothing of the steps before.
    fn forget(&mut self);

    /// `V`, as the cell stores it.
    fn formed(&self, cell: &dyn Cell) -> Vec<f64>;
}

/// A loss summed over steps, with its gradient in all parameters (recurrent ones first).
///
/// ```
/// use rtrl_lab::{data::Segment, gradient::{Summed, rtrl}};
/// use rtrl_lab::network::{Elman, Network, Readout, activation};
/// let linear = activation::named("identity").unwrap();
/// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, linear).unwrap();
/// let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
/// let one_step = Segment::given(vec![2.0], 1, vec![1.0], 1);
/// let gradient = vec![12.0, 6.0, 3.0, 12.0, 3.0];
/// assert_eq!(rtrl(&network, &one_step, &[4.0], 0), Summed { loss: 4.5, gradient });
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Summed {
    /// The summed loss.
    pub loss: f64,
    /// The summed gradient.
    pub gradient: Vec<f64>,
}
