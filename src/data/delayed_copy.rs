//! The copy task: symbols are shown, and asked for again after a while.

use super::kind::{DataKind, Made};
use super::section::{Entry, Keys};
use super::{DataProcess, InputError, SeriesClass, is_count_up_to};
use crate::markov::Kernel;
use crate::network::loss::Targets;
use crate::random::Noise;
use crate::stats::normal_tail;

/// Rounds of `2 m` steps, `m` the memory.
///
/// ```text
/// step of a round:  0 … m − 2     m − 1    m … 2 m − 1
/// input             a symbol      marker   nothing
/// target            nothing       nothing  the m − 1 symbols in order, then nothing
/// ```
///
/// The target of a step is the input of `m` steps before. Symbols and the marker have an input
/// each, symbols and "nothing" a class each. Without memory of the symbols the cross-entropy is at
/// least `(m − 1)/(2 m) ln k` nats a step for k symbols, with it 0.
///
/// The state is the step of the round, the last input as it is coded, and those of `m` steps.
#[derive(Clone, Debug)]
struct DelayedCopy {
    symbols: usize,
    memory: usize,
}

/// The code of no symbol; the marker's is the number of symbols.
const NOTHING: f64 = -1.0;

impl DelayedCopy {
    /// The code of the input at a step of a round, for the uniform number that a symbol is drawn
    /// from.
    fn shown(&self, step: usize, uniform: f64) -> f64 {
        if step + 1 < self.memory {
            ((uniform * self.symbols as f64) as usize).min(self.symbols - 1) as f64
        } else if step + 1 == self.memory {
            self.symbols as f64
        } else {
            NOTHING
        }
    }

    /// The class of a code.
    fn class(&self, code: f64) -> usize {
        if code >= 0.0 && (code as usize) < self.symbols { code as usize } else { self.symbols }
    }
}

impl Kernel for DelayedCopy {
    fn state_len(&self) -> usize {
        2 + self.memory
    }

    fn innovation_len(&self) -> usize {
        1
    }

    fn step(&self, now: &[f64], innovation: &[f64], next: &mut [f64], _work: &mut [f64]) {
        let step = (now[0] as usize + 1) % (2 * self.memory);
        next[0] = step as f64;
        next[1] = self.shown(step, normal_tail(innovation[0]));
        next[2..].copy_from_slice(&now[1..now.len() - 1]);
    }
}

impl DataProcess for DelayedCopy {
    fn inputs(&self) -> usize {
        self.symbols + 1
    }

    fn outputs(&self) -> usize {
        self.symbols + 1
    }

    fn observation_len(&self) -> usize {
        0
    }

    fn input(&self, state: &[f64], input: &mut [f64]) {
        input.fill(0.0);
        if state[1] >= 0.0 {
            input[(state[1] as usize).min(self.symbols)] = 1.0;
        }
    }

    fn target(&self, state: &[f64], _observation_noise: &[f64], target: &mut [f64]) {
        target.fill(0.0);
        target[self.class(state[1 + self.memory])] = 1.0;
    }

    fn input_bounds(&self) -> Vec<f64> {
        vec![1.0; self.symbols + 1]
    }

    fn targets(&self) -> Targets {
        Targets::Shares
    }

    fn admits(&self, state: &[f64]) -> bool {
        is_count_up_to(state[0], 2 * self.memory - 1) && state[1..].iter().all(|code| is_count_up_to(code + 1.0, self.symbols + 1))
    }

    fn knows_best(&self) -> bool {
        true
    }

    /// A step of a round at random, with what a round would have shown before it.
    fn start(&self, _spread: f64, _replicate: usize, _replicates: usize, noise: &mut Noise, state: &mut [f64]) {
        noise.normals(state);
        let round = 2 * self.memory;
        let step = ((normal_tail(state[0]) * round as f64) as usize).min(round - 1);
        state[0] = step as f64;
        for (back, code) in state[1..].iter_mut().enumerate() {
            *code = self.shown((step + round - back) % round, normal_tail(*code));
        }
    }
}

/// `kind = "delayed-copy"`.
pub(super) struct Kind;

impl DataKind for Kind {
    fn name(&self) -> &'static str {
        "delayed-copy"
    }

    fn formula(&self) -> &'static str {
        "rounds of m − 1 symbols and a marker, asked for again in the next m steps"
    }

    fn keys(&self) -> &'static [Entry] {
        const { &[Entry::filled("symbols", "4", "symbols beside the marker"), Entry::filled("memory", "10", "steps after which a symbol is asked for")] }
    }

    fn example(&self) -> &'static str {
        "symbols = 4\nmemory = 10"
    }

    fn known(&self) -> &'static str {
        "cyclostationary with a period of twice the memory; bounded; best cross-entropy 0 with memory, (m − 1)/(2 m) ln symbols without"
    }

    fn class(&self) -> Option<SeriesClass> {
        Some(SeriesClass::Cyclostationary)
    }

    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError> {
        let symbols = keys.at.count("symbols", keys.get("symbols")?.unwrap_or(4), (2, 1000))?;
        let memory = keys.at.count("memory", keys.get("memory")?.unwrap_or(10), (2, 10_000))?;
        Ok(Made::drawn(DelayedCopy { symbols, memory }))
    }
}
