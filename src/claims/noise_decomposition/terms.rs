//! The terms of the noise along a run: exact where the Poisson solution is known, by coupled chains
//! where it is not.

use crate::claims::measuring::approach::forgetting_time;
use crate::claims::measuring::gradient_walk::add;
use crate::claims::measuring::online_step::OnlineStep;
use crate::claims::{Case, Learning};
use crate::network::Network;
use crate::random::{Noise, RngKey, stream};
use crate::stats::sum_of_squares;
use crate::theory::{LinearGaussian, LinearModel, OracleError, PoissonSolution};
use crate::training::{GradientNorm, Schedule};

/// Numbers a block of time: squared norms of total, martingale, boundary, drift by the parameters
/// and drift by the steps, and the mean square of the martingale's entries, each over what the
/// asymptotic variance predicts for it.
pub(super) const FIELDS: usize = 6;
/// First block boundary; blocks double.
const FIRST: usize = 8;
/// Steps of gradient averaging for each step of a block, in each of two halves.
const AVERAGED: usize = 8;

/// The blocks `[8, 16), [16, 32), …` that fit in `steps`, as (first, end).
pub(super) fn blocks(steps: usize) -> Vec<(usize, usize)> {
    std::iter::successors(Some(FIRST), |first| Some(2 * first)).map(|first| (first, 2 * first)).take_while(|(_, end)| *end <= steps).collect()
}

/// The schedule of the decomposition: the study's exponent, from the step that its approach ended
/// with, falling from the first steps on.
pub(super) fn schedule(learning: &Learning, approach: usize) -> Schedule {
    Schedule { initial: learning.schedule.step(approach), offset: FIRST as f64, exponent: learning.schedule.exponent }
}

/// One replica: `FIELDS` numbers a block.
pub(super) fn replica(case: &Case, start: &Network, approach: usize, steps: usize, key: RngKey) -> Vec<f64> {
    let schedule = schedule(&case.learning, approach);
    let mut innovations = Noise::at(key.stream(stream::INNOVATION));
    let mut observations = Noise::at(key.stream(stream::OBSERVATION));
    let mut network = start.clone();
    let mut gradient = vec![0.0; network.len()];
    let mut data = vec![0.0; case.data.state_len()];
    case.data.start(1.0, 0, 1, &mut Noise::at(key.stream(stream::START)), &mut data);
    let mut chain = OnlineStep::from_data(&*case.data, &network, data);
    chain.rule.forgets = !case.learning.method.is_exact();
    for _ in 0..forgetting_time(case) {
        chain.step(&network, &mut innovations, &mut observations, &mut gradient);
    }
    let mut run = Run { network: &mut network, chain, gradient, innovations, observations, schedule };
    match &case.linear {
        Some(model) => exact(&mut run, model, steps).unwrap_or_else(|_| vec![f64::NAN; FIELDS * blocks(steps).len()]),
        None => coupled(case, &mut run, steps, key),
    }
}

/// A run with moving parameters.
struct Run<'a> {
    network: &'a mut Network,
    chain: OnlineStep<'a>,
    gradient: Vec<f64>,
    innovations: Noise,
    observations: Noise,
    schedule: Schedule,
}

impl Run<'_> {
    /// `G_t`, without the update.
    fn look(&mut self) {
        self.chain.step(self.network, &mut self.innovations, &mut self.observations, &mut self.gradient);
    }
}

fn less(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// Every term from the exact solution at every step.
///
/// ```text
/// α_t (G_t − ∇J_t) = α_t [G_t − ∇J_t + v_t(H_{t+1}) − v_t(H_t)]  +
///     α_{t−1} v_{t−1}(H_t) − α_t v_t(H_{t+1})
///                    + (α_t − α_{t−1}) v_{t−1}(H_t)  +  α_t (v_t − v_{t−1})(H_t)
/// ```
///
/// martingale difference; what telescopes into boundary terms; drift by the steps; drift by the
/// parameters.
fn exact(run: &mut Run, model: &LinearModel, steps: usize) -> Result<Vec<f64>, OracleError> {
    let (len, blocks) = (run.network.len(), blocks(steps));
    let last = blocks.last().map_or(0, |(_, end)| *end);
    let mut before: Option<(PoissonSolution, f64)> = None;
    let (mut fields, mut sums, mut predicted) = (Vec::new(), vec![vec![0.0; len]; 4], vec![0.0; len]);
    let mut joint = run.chain.joint();
    for t in 0..last {
        let oracle = LinearGaussian::new(model.at(run.network)?)?;
        let (solution, step) = (oracle.poisson()?, run.schedule.step(t));
        if blocks.iter().any(|(first, _)| *first == t) {
            sums.iter_mut().for_each(|sum| sum.fill(0.0));
            predicted.fill(0.0);
        }
        // The variance moves with the parameters: each step counts with its own.
        if t >= FIRST {
            predicted.iter_mut().zip(oracle.asymptotic_variance()?.diag()).for_each(|(sum, variance)| *sum += step * step * variance);
        }
        let here = solution.at(&joint);
        if let Some((earlier, step_before)) = &before {
            let old = earlier.at(&joint);
            add(&mut sums[2], step, &less(&here, &old));
            add(&mut sums[3], step - step_before, &old);
        }
        run.look();
        joint = run.chain.joint();
        let there = solution.at(&joint);
        let noise = less(&run.gradient, &solution.mean.to_vec());
        add(&mut sums[0], step, &noise);
        add(&mut sums[1], step, &noise);
        add(&mut sums[1], step, &less(&there, &here));
        run.network.descend(step, &run.gradient);
        if blocks.iter().any(|(_, end)| *end == t + 1) {
            let ratio = sums[1].iter().zip(&predicted).map(|(m, variance)| m * m / variance).sum::<f64>() / len as f64;
            fields.extend([
                sum_of_squares(&sums[0]),
                sum_of_squares(&sums[1]),
                step * step * sum_of_squares(&there),
                sum_of_squares(&sums[2]),
                sum_of_squares(&sums[3]),
                ratio,
            ]);
        }
        before = Some((solution, step));
    }
    Ok(fields)
}

/// Total, boundary and drifts from averages and coupled chains; the martingale is what is left and
/// has no number of its own.
///
/// The total needs `Σ α_t ∇J(θ_t)`, which is `(Σ α_t) ∇J(θ̄)` at the α-weighted mean `θ̄` of a
/// block up to the third derivative times the square of the way made in a block. `∇J(θ̄)` is
/// averaged over two independent stretches, and the squared norm is the product of the two
/// differences: unbiased.
fn coupled(case: &Case, run: &mut Run, steps: usize, key: RngKey) -> Vec<f64> {
    let (len, forgetting) = (run.network.len(), forgetting_time(case));
    let mut fields = Vec::new();
    let mut before = run.network.clone();
    for t in 0..FIRST {
        run.look();
        run.network.descend(run.schedule.step(t), &run.gradient);
    }
    for (first, end) in blocks(steps) {
        let (mut sum, mut mean, mut total, mut squares) = (vec![0.0; len], vec![0.0; len], 0.0, 0.0);
        for t in first..end {
            let step = run.schedule.step(t);
            add(&mut mean, step, &run.network.parameters());
            run.look();
            add(&mut sum, step, &run.gradient);
            total += step;
            squares += step * step;
            before = run.network.clone();
            run.network.descend(step, &run.gradient);
        }
        mean.iter_mut().for_each(|x| *x /= total);
        let place = key.within("block").within(&first.to_string());
        let norm = GradientNorm { steps: AVERAGED * (end - first), burn_in: forgetting, spread: 0.0, replicates: 2 };
        let centre = run.network.at(&mean);
        // The stretches number their replicates themselves, so the replica goes into the name.
        let own = place.within("gradient").within(&key.replicate.to_string());
        let halves = [0, 1].map(|half| {
            let slope = norm.replicate(&*case.data, &centre, own, half).gradient;
            let mut rest = sum.clone();
            add(&mut rest, -total, &slope);
            rest
        });
        let joint = run.chain.joint();
        let last = run.schedule.step(end - 1);
        let next = run.schedule.step(end);
        // Both solutions at the same state: with the parameters of the next step and of the last
        // one, on the same noise.
        let samples = ["first", "second"].map(|name| poisson_sample(case, run.network, &joint, place.within(name), forgetting));
        let moved = less(&samples[0], &poisson_sample(case, &before, &joint, place.within("first"), forgetting));
        // The mean of two draws carries noise of its own: its square is an upper estimate of the
        // solution's, by a factor that no block has more of.
        let upper = 0.25 * sum_of_squares(&samples[0].iter().zip(&samples[1]).map(|(a, b)| a + b).collect::<Vec<_>>());
        let over = squares / (last * next);
        let falls = run.schedule.step(first - 1) - last;
        fields.extend([
            halves[0].iter().zip(&halves[1]).map(|(a, b)| a * b).sum(),
            f64::NAN,
            last * last * upper,
            over * over * next * next * sum_of_squares(&moved),
            falls * falls * upper,
            f64::NAN,
        ]);
    }
    fields
}

/// One draw whose mean is `v_θ(h)`, up to what the chain remembers after `memory` steps.
///
/// ```text
/// v(h) = Σ_{k < forgetting} E[ G(H_k) − G(H'_k) ],   H_0 = h,  H'_0 ~ μ_θ by a run of its own,
///     the same noise from then on
/// ```
pub(super) fn poisson_sample(case: &Case, network: &Network, joint: &[f64], key: RngKey, forgetting: usize) -> Vec<f64> {
    let data = &*case.data;
    let mut start = vec![0.0; data.state_len()];
    data.start(1.0, 0, 1, &mut Noise::at(key.stream(stream::START)), &mut start);
    let mut other = OnlineStep::from_data(data, network, start);
    let mut gradients = [vec![0.0; network.len()], vec![0.0; network.len()]];
    let mut burn_in = [Noise::at(key.stream(stream::BURN_IN)), Noise::at(key.within("burn-in").stream(stream::OBSERVATION))];
    for _ in 0..forgetting {
        let [innovations, observations] = &mut burn_in;
        other.step(network, innovations, observations, &mut gradients[1]);
    }
    let mut chain = OnlineStep::at(data, network, joint);
    let noise = || (Noise::at(key.stream(stream::INNOVATION)), Noise::at(key.stream(stream::OBSERVATION)));
    let (mut own, mut same) = (noise(), noise());
    let mut sum = vec![0.0; network.len()];
    for _ in 0..forgetting {
        chain.step(network, &mut own.0, &mut own.1, &mut gradients[0]);
        other.step(network, &mut same.0, &mut same.1, &mut gradients[1]);
        let difference = less(&gradients[0], &gradients[1]);
        add(&mut sum, 1.0, &difference);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::Budget;
    use crate::claims::contract::violation;
    use crate::stats::Sample;
    use ndarray::{Array1, Array2};

    /// Nominal level: a false alarm in 1e-5 runs.
    const LEVEL: f64 = 1.0 - 1e-5;

    fn case() -> Case {
        let budget = Budget { chains: 16, steps: 64, margin: 0.1, seeds: 16, ..Budget::default() };
        let blueprint =
            violation::Fixture { phi: 0.6, recurrent: &[0.4], input_weight: 0.7, activation: "identity", learning: violation::plain_learning() };
        let one = |value: f64| Array2::from_elem((1, 1), value);
        let linear = LinearModel {
            transition: one(0.6),
            noise_factor: one(1.0),
            inputs: vec![0],
            target: one(1.0),
            target_noise: 0.1,
            beta: 0.0,
            b_matrix: one(0.4),
            w_matrix: one(0.7),
            bias: Array1::zeros(1),
            c_matrix: one(1.0),
            readout_bias: Array1::zeros(1),
        };
        Case { linear: Some(linear), ..blueprint.build(3, "noise_decomposition", budget) }
    }

    /// The mean of the coupled draws at a state is the closed-form solution there, in every
    /// parameter, and not at another state.
    #[test]
    fn coupled_draws_average_to_the_poisson_solution() {
        let case = case();
        let solution = LinearGaussian::new(case.linear.clone().unwrap()).unwrap().poisson().unwrap();
        let joint = [2.0, -1.5, 0.7, -0.4, 1.2];
        let holds = |truth: &[f64], draws: usize| {
            let all: Vec<Vec<f64>> =
                (0..draws).map(|draw| poisson_sample(&case, &case.network, &joint, case.key.within("test").replicate(draw), 80)).collect();
            (0..truth.len()).all(|entry| {
                let column: Vec<f64> = all.iter().map(|row| row[entry]).collect();
                Sample::new(&column).unwrap().mean(1.0 - (1.0 - LEVEL) / truth.len() as f64).unwrap().contains(truth[entry])
            })
        };
        let truth = solution.at(&joint);
        assert!(truth.iter().all(|v| v.abs() > 1e-3), "{truth:?}");
        assert!(holds(&truth, 2000) || holds(&truth, 8000), "{truth:?}");
        assert!(!holds(&solution.at(&[1.0, -1.5, 0.7, -0.4, 1.2]), 8000), "the test cannot tell one state from another");
    }
}
