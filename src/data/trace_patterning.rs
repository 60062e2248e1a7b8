//! Trace patterning: a pattern flashes up, and a while later an outcome follows for some patterns.

use super::kind::{DataKind, Made};
use super::section::{Entry, Keys};
use super::{DataProcess, InputError, SeriesClass, is_count_up_to};
use crate::markov::Kernel;
use crate::network::loss::Targets;
use crate::random::Noise;
use crate::stats::normal_tail;

/// Trials with pauses of random length between them.
///
/// ```text
/// step of a trial      0              1 … wait − 1    wait
/// input                b bits         nothing         nothing
/// target               0              0               1 where the number of bits set is odd
/// ```
///
/// Then a pause: one step and a geometric number of further ones, `gap` steps on average, without
/// bits and without outcome. Distractors, coins of their own at every step, tell nothing. With
/// memory of the pattern the best Bernoulli cross-entropy is 0; for who sees the time to the
/// outcome but forgot the pattern it is `ln 2/(wait + 1 + gap)` a step.
///
/// The state is the clock (steps to the outcome, or minus the steps of the pause that are left),
/// the outcome, the bits and the distractors. Source of the task: Rafiee et al. (2023),
/// "From eye-blinks to state construction", doi 10.1177/10597123221085039.
#[derive(Clone, Copy, Debug)]
struct TracePatterning {
    bits: usize,
    wait: usize,
    gap: f64,
    distractors: usize,
}

/// Longest pause.
const LONGEST: f64 = 1e6;

impl TracePatterning {
    /// Steps of a pause at a uniform number.
    fn pause(&self, uniform: f64) -> f64 {
        if self.gap <= 1.0 {
            return 1.0;
        }
        1.0 + (libm::log(uniform) / libm::log1p(-1.0 / self.gap)).floor().clamp(0.0, LONGEST)
    }

    /// Shows a new pattern.
    fn show(&self, coins: &[f64], state: &mut [f64]) {
        state[0] = self.wait as f64;
        state[2..2 + self.bits].iter_mut().zip(coins).for_each(|(bit, coin)| *bit = f64::from(u8::from(*coin > 0.0)));
        state[1] = state[2..2 + self.bits].iter().sum::<f64>() % 2.0;
    }
}

impl Kernel for TracePatterning {
    fn state_len(&self) -> usize {
        2 + self.bits + self.distractors
    }

    fn innovation_len(&self) -> usize {
        1 + self.bits + self.distractors
    }

    fn step(&self, now: &[f64], innovation: &[f64], next: &mut [f64], _work: &mut [f64]) {
        let (coins, others) = innovation[1..].split_at(self.bits);
        let clock = now[0];
        next[..2].copy_from_slice(&now[..2]);
        next[2..2 + self.bits].fill(0.0);
        if clock == -1.0 {
            self.show(coins, next);
        } else if clock > 0.0 {
            next[0] = clock - 1.0;
        } else if clock == 0.0 {
            next[0] = -self.pause(normal_tail(innovation[0]));
        } else {
            next[0] = clock + 1.0;
        }
        next[2 + self.bits..].iter_mut().zip(others).for_each(|(x, coin)| *x = f64::from(u8::from(*coin > 0.0)));
    }
}

impl DataProcess for TracePatterning {
    fn inputs(&self) -> usize {
        self.bits + self.distractors
    }

    fn outputs(&self) -> usize {
        1
    }

    fn observation_len(&self) -> usize {
        0
    }

    fn input(&self, state: &[f64], input: &mut [f64]) {
        input.copy_from_slice(&state[2..]);
    }

    fn input_bounds(&self) -> Vec<f64> {
        vec![1.0; self.inputs()]
    }

    fn target(&self, state: &[f64], _observation_noise: &[f64], target: &mut [f64]) {
        target[0] = if state[0] == 0.0 { state[1] } else { 0.0 };
    }

    fn targets(&self) -> Targets {
        Targets::Chances
    }

    fn admits(&self, state: &[f64]) -> bool {
        let clock = is_count_up_to(state[0], self.wait) || is_count_up_to(-state[0], LONGEST as usize + 1);
        clock && state[1..].iter().all(|coin| is_count_up_to(*coin, 1))
    }

    fn knows_best(&self) -> bool {
        true
    }

    /// The beginning of a trial, or any step of a pause.
    fn start(&self, _spread: f64, _replicate: usize, _replicates: usize, noise: &mut Noise, state: &mut [f64]) {
        let coins = noise.normal_vector(2 + self.bits + self.distractors);
        state.fill(0.0);
        if coins[0] > 0.0 {
            self.show(&coins[2..], state);
        } else {
            state[0] = -self.pause(normal_tail(coins[1]));
        }
        state[2 + self.bits..].iter_mut().zip(&coins[2 + self.bits..]).for_each(|(x, coin)| *x = f64::from(u8::from(*coin > 0.0)));
    }
}

/// `kind = "trace-patterning"`.
pub(super) struct Kind;

impl DataKind for Kind {
    fn name(&self) -> &'static str {
        "trace-patterning"
    }

    fn formula(&self) -> &'static str {
        "a pattern of bits flashes up; `wait` steps later an outcome follows where an odd number was set"
    }

    fn keys(&self) -> &'static [Entry] {
        const {
            &[
                Entry::filled("bits", "2", "bits of a pattern"),
                Entry::filled("wait", "10", "steps from a pattern to its outcome"),
                Entry::filled("gap", "10.0", "mean pause before the next pattern, in steps"),
                Entry::filled("distractors", "0", "inputs that mean nothing"),
            ]
        }
    }

    fn example(&self) -> &'static str {
        "bits = 2\nwait = 4\ngap = 5.0\ndistractors = 1"
    }

    fn known(&self) -> &'static str {
        "stationary; two copies on the same noise meet once their pauses end together; bounded; best Bernoulli loss 0 with memory of `wait` steps, about ln 2/(wait + 1 + gap) without"
    }

    fn class(&self) -> Option<SeriesClass> {
        Some(SeriesClass::Stationary)
    }

    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError> {
        let bits = keys.at.count("bits", keys.get("bits")?.unwrap_or(2), (1, 64))?;
        let wait = keys.at.count("wait", keys.get("wait")?.unwrap_or(10), (1, 10_000))?;
        let gap = keys.number("gap", 10.0, (1.0, 1e4), false)?;
        let distractors = keys.at.count("distractors", keys.get("distractors")?.unwrap_or(0), (0, 64))?;
        Ok(Made::drawn(TracePatterning { bits, wait, gap, distractors }))
    }
}
