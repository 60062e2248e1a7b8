//! The complex diagonal cell: linear units that turn and decay, each on its own.

use super::gated::{self, Gate, Hidden, UnitRule, UnitStep};
use super::kind::{BlockSpec, CellKind, CellOptions, Drawn, Sizes};
use super::{Cell, ElmanError};
use ndarray::Array2;

/// ```text
/// s' = λ s + (W_re + i W_im) X,   λ = exp(−e^ν + i θ)
/// ```
///
/// The state is `(Re s, Im s)`, and the readout sees both: `Re(C s)` of a complex `C` is the
/// readout `(Re C, −Im C)`. `|λ| < 1` whatever the parameters. Gradients are the plain derivatives
/// in the real parameters; with `∂/∂λ = ∂/∂Re λ + i ∂/∂Im λ`, the gradient in `ν` is
/// `−e^ν Re(λ̄ ∂/∂λ)` and that in `θ` is `Im(λ̄ ∂/∂λ)`. Source: Orvieto et al. (2023),
/// arXiv:2303.06349, without its normalisation, which `W` can hold.
#[derive(Clone)]
struct ComplexDiagonal;

impl UnitRule for ComplexDiagonal {
    const NAME: &'static str = "complex diagonal";
    const NONLINEARITY: &'static str = "identity";
    const ROWS: usize = 2;
    const VISIBLE: usize = 2;
    const GATES: &'static [Gate] = &[
        Gate { hidden: Hidden::None, input: false, bias: true, names: ["", "", "nu"] },
        Gate { hidden: Hidden::None, input: false, bias: true, names: ["", "", "theta"] },
        Gate { hidden: Hidden::None, input: true, bias: false, names: ["", "W_re", ""] },
        Gate { hidden: Hidden::None, input: true, bias: false, names: ["", "W_im", ""] },
    ];

    fn units(&self, u: &mut [f64], s: &[f64], out: UnitStep<'_>) {
        let count = s.len() / 2;
        for e in 0..count {
            let [nu, theta, w_re, w_im] = [0, 1, 2, 3].map(|gate| u[gate * count + e]);
            let speed = libm::exp(nu);
            let size = libm::exp(-speed);
            let (re, im) = (size * libm::cos(theta), size * libm::sin(theta));
            let turned = [re * s[e] - im * s[count + e], im * s[e] + re * s[count + e]];
            out.next[e] = turned[0] + w_re;
            out.next[count + e] = turned[1] + w_im;
            let slopes = [[-speed * turned[0], -turned[1], 1.0, 0.0], [-speed * turned[1], turned[0], 0.0, 1.0]];
            let direct = [re, -im, im, re];
            (0..8).for_each(|k| out.slopes[k * count + e] = slopes[k / 4][k % 4]);
            (0..4).for_each(|k| out.direct[k * count + e] = direct[k]);
        }
    }

    /// `|λ|` in the Euclidean norm of a unit's state.
    fn separate_rate(&self, bias: &dyn Fn(usize) -> f64) -> Option<f64> {
        Some(libm::exp(-libm::exp(bias(0))))
    }
}

/// Complex diagonal cells.
pub(super) struct Kind;

impl CellKind for Kind {
    fn name(&self) -> &'static str {
        "complex-diagonal"
    }

    fn formula(&self) -> &'static str {
        "s' = exp(−e^nu + i theta) ∘ s + (W_re + i W_im) X, read out as (Re s, Im s)"
    }

    fn takes_activation(&self) -> bool {
        false
    }

    fn visible(&self, units: usize) -> usize {
        2 * units
    }

    fn blocks(&self, sizes: Sizes) -> Vec<BlockSpec> {
        let drawn = |block: BlockSpec| match block.name {
            "nu" => BlockSpec { drawn: Drawn::Decay, ..block },
            "theta" => BlockSpec { drawn: Drawn::Phase, ..block },
            _ => block,
        };
        gated::blocks::<ComplexDiagonal>(sizes).into_iter().map(drawn).collect()
    }

    fn build(&self, blocks: &[Array2<f64>], _options: CellOptions<'_>) -> Result<Box<dyn Cell>, ElmanError> {
        gated::build(ComplexDiagonal, blocks)
    }
}
