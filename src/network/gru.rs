//! The gated recurrent unit.

use super::activation::{SIGMOID, TANH, logistic};
use super::gated::{self, Gate, Hidden, UnitRule, UnitStep};
use super::kind::{BlockSpec, CellKind, CellOptions, Sizes};
use super::unit_rule::{Bounded, Corner};
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

    fn units(&self, u: &mut [f64], s: &[f64], out: UnitStep<'_>) {
        let (reset, u) = u.split_at_mut(s.len());
        let (update, u) = u.split_at_mut(s.len());
        let (candidate, hidden) = u.split_at_mut(s.len());
        let (of_reset, slopes) = out.slopes.split_at_mut(s.len());
        let (of_update, slopes) = slopes.split_at_mut(s.len());
        let (of_candidate, of_hidden) = slopes.split_at_mut(s.len());
        SIGMOID.values_and_slopes(reset, of_reset);
        SIGMOID.values_and_slopes(update, of_update);
        candidate.iter_mut().zip(reset.iter().zip(&*hidden)).for_each(|(u, (r, h))| *u += r * h);
        TANH.values_and_slopes(candidate, of_candidate);
        for e in 0..s.len() {
            let (r, z, n) = (reset[e], update[e], candidate[e]);
            let kept = (1.0 - z) * of_candidate[e];
            out.next[e] = n + z * (s[e] - n);
            of_reset[e] *= kept * hidden[e];
            of_update[e] *= s[e] - n;
            of_candidate[e] = kept;
            of_hidden[e] = kept * r;
            out.direct[e] = z;
        }
    }

    /// A row is `z + (1 − z) Q`, linear in `z`: the slope `z (1 − z)` of the update gate meets
    /// `|S − n| ≤ 1 + n̄`, that of the reset gate `|B S + b_B|`.
    fn comparison(&self, reach: &dyn Fn(usize, usize) -> f64, unit: usize) -> Option<Bounded> {
        let [reset, update, of_input, of_hidden] = [0, 1, 2, 3].map(|gate| reach(gate, unit));
        let (r, top) = (logistic(reset), logistic(update));
        let n = libm::tanh(of_input + r * of_hidden);
        let at = |z: f64| {
            let left = 1.0 - z;
            Corner { slopes: vec![left * 0.25 * of_hidden, left * top * (1.0 + n), left, left * r], direct: vec![z] }
        };
        Some(Bounded { corners: vec![at(logistic(-update)), at(top)] })
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

    fn build(&self, blocks: &[Array2<f64>], _options: CellOptions<'_>) -> Result<Box<dyn Cell>, ElmanError> {
        gated::build(Gru, blocks)
    }
}
