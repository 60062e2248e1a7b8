//! Long short-term memory.

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
/// i, f, o = σ(B S + W X + b) with weights of their own,  g = tanh(B S + W X + b)
/// c' = f c + i g,   S' = o tanh(c')
/// ```
///
/// The state is `(S, c)`, of which the readout and the gates see `S`. Sources: Hochreiter and
/// Schmidhuber (1997), doi 10.1162/neco.1997.9.8.1735, with the forget gate of Gers et al. (2000);
/// this form is that of PyTorch's LSTM.
#[derive(Clone)]
struct Lstm;

impl UnitRule for Lstm {
    const NAME: &'static str = "LSTM";
    const NONLINEARITY: &'static str = "sigmoid and tanh";
    const ROWS: usize = 2;
    const GATES: &'static [Gate] =
        &[whole(["B_i", "W_i", "b_i"]), whole(["B_f", "W_f", "b_f"]), whole(["B", "W", "b"]), whole(["B_o", "W_o", "b_o"])];

    fn units(&self, u: &mut [f64], s: &[f64], out: UnitStep<'_>) {
        let count = s.len() / 2;
        let memory = &s[count..];
        let (next_hidden, next_memory) = out.next.split_at_mut(count);
        let (of_hidden, of_memory) = out.slopes.split_at_mut(4 * count);
        // The slopes of the four activations, first in the rows of the memory.
        for (g, (u, slope)) in u.chunks_exact_mut(count).zip(of_memory.chunks_exact_mut(count)).enumerate() {
            if g == 2 { TANH.values_and_slopes(u, slope) } else { SIGMOID.values_and_slopes(u, slope) }
        }
        for e in 0..count {
            let [i, f, g, o] = [0, 1, 2, 3].map(|gate| u[gate * count + e]);
            next_memory[e] = f * memory[e] + i * g;
            of_memory[e] *= g;
            of_memory[count + e] *= memory[e];
            of_memory[2 * count + e] *= i;
            out.direct[e] = 0.0;
            out.direct[2 * count + e] = 0.0;
            out.direct[3 * count + e] = f;
            next_hidden[e] = next_memory[e];
            // For a while, the output gate.
            out.direct[count + e] = o;
        }
        TANH.values_and_slopes(next_hidden, &mut u[..count]);
        for e in 0..count {
            let (o, squashed) = (out.direct[count + e], next_hidden[e]);
            let through = o * u[e];
            (0..3).for_each(|gate| of_hidden[gate * count + e] = through * of_memory[gate * count + e]);
            of_hidden[3 * count + e] = squashed * of_memory[3 * count + e];
            of_memory[3 * count + e] = 0.0;
            out.direct[count + e] = through * out.direct[3 * count + e];
            next_hidden[e] = o * squashed;
        }
    }

    /// `|S| ≤ 1` and `|c| ≤ ī ḡ/(1 − f̄)`, which a step keeps; slopes of sigmoids are at most ¼.
    fn comparison(&self, reach: &dyn Fn(usize, usize) -> f64, unit: usize) -> Option<Bounded> {
        let [i, f, o] = [0, 1, 3].map(|gate| logistic(reach(gate, unit)));
        let g = libm::tanh(reach(2, unit));
        let memory = i * g / (1.0 - f);
        let of_memory = [0.25 * g, 0.25 * memory, i, 0.0];
        let of_hidden = [o * of_memory[0], o * of_memory[1], o * of_memory[2], 0.25 * libm::tanh(memory)];
        let slopes = [of_hidden, of_memory].concat();
        Some(Bounded { corners: vec![Corner { slopes, direct: vec![0.0, o * f, 0.0, f] }] })
    }
}

/// Long short-term memories.
pub(super) struct Kind;

impl CellKind for Kind {
    fn name(&self) -> &'static str {
        "lstm"
    }

    fn formula(&self) -> &'static str {
        "c' = f c + i tanh(B S + W X + b), S' = o tanh(c'), with gates i, f and o"
    }

    fn takes_activation(&self) -> bool {
        false
    }

    fn blocks(&self, sizes: Sizes) -> Vec<BlockSpec> {
        gated::blocks::<Lstm>(sizes)
    }

    fn build(&self, blocks: &[Array2<f64>], _options: CellOptions<'_>) -> Result<Box<dyn Cell>, ElmanError> {
        gated::build(Lstm, blocks)
    }
}
