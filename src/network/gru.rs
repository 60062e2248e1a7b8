//! The gated recurrent unit.

use super::activation::{SIGMOID, TANH};
use super::gated::{self, Gate, Hidden, UnitRule, UnitStep};
use super::kind::{BlockSpec, CellKind, CellOptions, Sizes};
use super::{Cell, ElmanError};
use ndarray::Array2;

const fn whole(names: [&'static str; 3]) -> Gate {
    Gate { hidden: Hidden::All, input: true, bias: true, names }
}

/// ```text
/// r = σ(B_r S + W_r X + b_r),  z = σ(B_z S + W_z X + b_z),  n = tanh(W X + b + r (B S + b_B))
/// S' = (1 − z) n + z S
/// ```
///
/// The reset gate acts after the recurrent product. Sources: Cho et al. (2014), arXiv:1406.1078;
/// this form is that of PyTorch's GRU.
#[derive(Clone)]
struct Gru;

impl UnitRule for Gru {
    const NAME: &'static str = "GRU";
    const NONLINEARITY: &'static str = "sigmoid and tanh";
    const ROWS: usize = 1;
    const GATES: &'static [Gate] = &[
        whole(["B_r", "W_r", "b_r"]),
        whole(["B_z", "W_z", "b_z"]),
        Gate { hidden: Hidden::None, input: true, bias: true, names: ["", "W", "b"] },
        Gate { hidden: Hidden::All, input: false, bias: true, names: ["B", "", "b_B"] },
    ];

    fn unit(&self, u: &[f64], s: &[f64], out: UnitStep<'_>) {
        let ((r, of_r), (z, of_z)) = (SIGMOID.value_and_slope(u[0]), SIGMOID.value_and_slope(u[1]));
        let (n, of_n) = TANH.value_and_slope(r.mul_add(u[3], u[2]));
        let kept = (1.0 - z) * of_n;
        out.next[0] = z.mul_add(s[0] - n, n);
        out.slopes.copy_from_slice(&[kept * u[3] * of_r, (s[0] - n) * of_z, kept, kept * r]);
        out.direct[0] = z;
    }
}

/// Gated recurrent units.
pub(super) struct Kind;

impl CellKind for Kind {
    fn name(&self) -> &'static str {
        "gru"
    }

    fn formula(&self) -> &'static str {
        "S' = (1 − z) tanh(W X + b + r (B S + b_B)) + z S, with gates r and z"
    }

    fn takes_activation(&self) -> bool {
        false
    }

    fn blocks(&self, sizes: Sizes) -> Vec<BlockSpec> {
        gated::blocks::<Gru>(sizes)
    }

    fn build(&self, blocks: &[Array2<f64>], _options: CellOptions) -> Result<Box<dyn Cell>, ElmanError> {
        gated::build(Gru, blocks)
    }
}
