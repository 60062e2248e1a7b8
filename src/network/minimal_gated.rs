//! The minimal gated unit.

use super::activation::{SIGMOID, TANH};
use super::gated::{self, Gate, Hidden, UnitRule, UnitStep};
use super::kind::{BlockSpec, CellKind, CellOptions, Sizes};
use super::{Cell, ElmanError};
use ndarray::Array2;

/// ```text
/// f = σ(B_f S + W_f X + b_f),  n = tanh(W X + b + f (B S + b_B)),  S' = (1 − f) S + f n
/// ```
///
/// One gate forgets and lets in. It acts after the recurrent product, as the reset gate of
/// [`super::gru`]. Source: Zhou et al. (2016), arXiv:1603.09420, where it acts before.
#[derive(Clone)]
struct MinimalGated;

impl UnitRule for MinimalGated {
    const NAME: &'static str = "minimal gated unit";
    const NONLINEARITY: &'static str = "sigmoid and tanh";
    const ROWS: usize = 1;
    const GATES: &'static [Gate] = &[
        Gate { hidden: Hidden::All, input: true, bias: true, names: ["B_f", "W_f", "b_f"] },
        Gate { hidden: Hidden::None, input: true, bias: true, names: ["", "W", "b"] },
        Gate { hidden: Hidden::All, input: false, bias: true, names: ["B", "", "b_B"] },
    ];

    fn unit(&self, u: &[f64], s: &[f64], out: UnitStep<'_>) {
        let (f, of_f) = SIGMOID.value_and_slope(u[0]);
        let (n, of_n) = TANH.value_and_slope(f.mul_add(u[2], u[1]));
        let through = f * of_n;
        out.next[0] = f.mul_add(n - s[0], s[0]);
        out.slopes.copy_from_slice(&[(n - s[0] + through * u[2]) * of_f, through, through * f]);
        out.direct[0] = 1.0 - f;
    }
}

/// Minimal gated units.
pub(super) struct Kind;

impl CellKind for Kind {
    fn name(&self) -> &'static str {
        "mgu"
    }

    fn formula(&self) -> &'static str {
        "S' = (1 − f) S + f tanh(W X + b + f (B S + b_B)), with one gate f"
    }

    fn takes_activation(&self) -> bool {
        false
    }

    fn blocks(&self, sizes: Sizes) -> Vec<BlockSpec> {
        gated::blocks::<MinimalGated>(sizes)
    }

    fn build(&self, blocks: &[Array2<f64>], _options: CellOptions) -> Result<Box<dyn Cell>, ElmanError> {
        gated::build(MinimalGated, blocks)
    }
}
