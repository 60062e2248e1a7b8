//! The instantaneous gradient along a walk of the joint chain, whole or along a few fixed
//! directions of the parameters.

use crate::chain::JointChain;
use crate::claims::Case;
use crate::markov::{Block, Walk};
use crate::random::{Noise, RngKey, stream};

/// The joint chain of a case with unit directions in the space of all parameters: the normalised
/// sum over each named block, and random signs.
pub(in crate::claims) struct GradientWalk<'a> {
    pub case: &'a Case,
    pub chain: JointChain<'a>,
    pub directions: Vec<Vec<f64>>,
    pub names: Vec<String>,
    /// The observation noises over which a mean gradient is taken, after one another; none where it
    /// is the gradient at the mean target.
    observations: Vec<f64>,
}

/// What writes a target for a data state.
type Targeting<'a> = &'a dyn Fn(&[f64], &mut [f64]);

/// Pairs of a noise and its mirror image for a loss whose slope bends in the target.
const PAIRS: usize = 64;

impl<'a> GradientWalk<'a> {
    /// The state that solutions are differences from: hidden state and derivatives at zero, and the
    /// data too, where zeros are a state of theirs; otherwise a start of the data, the same always.
    pub(crate) fn origin(&self) -> Vec<f64> {
        let blocks = self.chain.blocks();
        let mut origin = vec![0.0; blocks.len()];
        if !self.case.data.admits(&origin[..blocks.data]) {
            let start = self.case.data_start(0, 1, self.case.key.within("origin"), stream::START);
            origin[..blocks.data].copy_from_slice(&start);
        }
        origin
    }

    /// The chain of a case; the signs come from the given key.
    pub(crate) fn new(case: &'a Case, key: RngKey) -> Self {
        let mut noise = Noise::at(key.within("directions").stream(stream::DIRECTION));
        let (mut directions, mut names) = (Vec::new(), Vec::new());
        for block in case.network.layout().blocks() {
            let mut direction = vec![0.0; case.network.len()];
            block.positions().for_each(|position| direction[position] = 1.0);
            directions.push(direction);
            names.push(block.name.to_string());
        }
        directions.push((0..case.network.len()).map(|_| noise.sign()).collect());
        names.push("signs".to_string());
        for direction in &mut directions {
            let size = direction.iter().map(|u| u * u).sum::<f64>().sqrt();
            direction.iter_mut().for_each(|u| *u /= size);
        }
        let width = case.data.observation_len();
        let observations = if case.network.readout.loss().is_affine_in_target() {
            Vec::new()
        } else {
            let mut noise = Noise::at(key.within("observations").stream(stream::OBSERVATION));
            let drawn = noise.normal_vector(PAIRS * width);
            drawn.iter().copied().chain(drawn.iter().map(|eta| -eta)).collect()
        };
        GradientWalk { case, chain: JointChain::new(&*case.data, &*case.network.cell), directions, names, observations }
    }

    /// Number of directions.
    pub(crate) fn count(&self) -> usize {
        self.directions.len()
    }

    /// `G_t` in all parameters, from the states before and after the step and the observation noise
    /// `η_t`; `D_t` is read from the first, `S_{t+1}` and `V_{t+1}` from the second.
    pub(crate) fn gradient(&self, before: &[f64], after: &[f64], observation: &[f64]) -> Vec<f64> {
        self.gradient_over(before, after, &[&|data, target| self.case.data.target(data, observation, target)])
    }

    /// `E_η G_t` in all parameters. A loss whose slope is affine in the target has it at the mean
    /// target; of any other it is the mean over noises that are drawn once.
    pub(crate) fn mean_gradient(&self, before: &[f64], after: &[f64]) -> Vec<f64> {
        if self.observations.is_empty() {
            return self.gradient_over(before, after, &[&|data, target| self.case.data.mean_target(data, target)]);
        }
        let width = self.case.data.observation_len();
        let drawn: Vec<_> = self
            .observations
            .chunks_exact(width)
            .map(|eta| move |data: &[f64], target: &mut [f64]| self.case.data.target(data, eta, target))
            .collect();
        let drawn: Vec<Targeting<'_>> = drawn.iter().map(|one| one as Targeting<'_>).collect();
        self.gradient_over(before, after, &drawn)
    }

    /// The mean gradient over the given targets: the loss's slope is all that they move.
    fn gradient_over(&self, before: &[f64], after: &[f64], targets: &[Targeting<'_>]) -> Vec<f64> {
        let (network, blocks) = (&self.case.network, self.chain.blocks());
        let (data, hidden) = (&before[blocks.range(Block::Data)], &after[blocks.range(Block::Hidden)]);
        let (mut target, mut error) = (vec![0.0; self.case.data.outputs()], vec![0.0; network.readout.outputs()]);
        let mut mean = vec![0.0; error.len()];
        for write in targets {
            write(data, &mut target);
            network.readout.error(hidden, &target, &mut error);
            add(&mut mean, 1.0 / targets.len() as f64, &error);
        }
        let mut adjoint = vec![0.0; hidden.len()];
        let mut gradient = vec![0.0; network.len()];
        let (recurrent, readout) = gradient.split_at_mut(network.recurrent_len());
        network.readout.pull_back(hidden, &mean, &mut adjoint, readout);
        network.cell.influence_layout().add_transposed(&after[blocks.range(Block::Derivative)], &adjoint, recurrent);
        gradient
    }

    /// A gradient along the directions.
    pub(crate) fn along(&self, gradient: &[f64]) -> Vec<f64> {
        self.directions.iter().map(|direction| direction.iter().zip(gradient).map(|(u, g)| u * g).sum()).collect()
    }

    /// `E_η G` at the walk's present state along the directions; the walk takes the step on the
    /// given innovation.
    pub(crate) fn step(&self, walk: &mut Walk<'_, JointChain<'_>>, innovation: &[f64]) -> Vec<f64> {
        let before = walk.state()[self.chain.blocks().range(Block::Data)].to_vec();
        walk.step(innovation);
        self.along(&self.mean_gradient(&before, walk.state()))
    }

    /// A state after `burn_in` steps from the case's start law.
    pub(crate) fn settled(&self, burn_in: usize, key: RngKey, replicate: usize, replicates: usize) -> Vec<f64> {
        let data = self.case.data_start(replicate, replicates, key, stream::OTHER_START);
        let start = self.chain.state(&data, &self.case.hidden_start(replicate, key, stream::OTHER_START));
        let mut walk = Walk::from(&self.chain, start);
        walk.advance(burn_in, &mut Noise::at(key.replicate(replicate).stream(stream::BURN_IN)));
        walk.into_state()
    }

    /// Copies of the chain from several states on one noise for `steps` steps, and once more on its
    /// mirror image; `look` is shown (k, the mean of both `E_η G` along the directions, for every
    /// copy).
    ///
    /// `−ξ` has the law of `ξ`, so means stay what they are; what is odd in the noise, for a linear
    /// chain all of a difference's first order, cancels.
    pub(crate) fn together(&self, states: &[&[f64]], steps: usize, noise: &mut Noise, mut look: impl FnMut(usize, &[Vec<f64>])) {
        let walks = || -> Vec<Walk<JointChain>> { states.iter().map(|state| Walk::from(&self.chain, state.to_vec())).collect() };
        let (mut walks, mut mirrored) = (walks(), walks());
        let mut innovation = vec![0.0; self.case.data.innovation_len()];
        for k in 0..steps {
            noise.normals(&mut innovation);
            let opposite: Vec<f64> = innovation.iter().map(|xi| -xi).collect();
            let step = |(walk, other): (&mut Walk<JointChain>, &mut Walk<JointChain>)| -> Vec<f64> {
                self.step(walk, &innovation).iter().zip(self.step(other, &opposite)).map(|(a, b)| 0.5 * (a + b)).collect()
            };
            let seen: Vec<Vec<f64>> = walks.iter_mut().zip(&mut mirrored).map(step).collect();
            look(k, &seen);
        }
    }
}

/// Adds `factor` times `more` to `sum`.
pub(in crate::claims) fn add(sum: &mut [f64], factor: f64, more: &[f64]) {
    sum.iter_mut().zip(more).for_each(|(sum, x)| *sum += factor * x);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::contract::violation::{Fixture, plain_learning};
    use crate::claims::{Budget, Claim};
    use crate::data::Segment;
    use crate::gradient::rtrl;

    #[test]
    fn summed_over_a_walk_it_is_the_gradient_of_real_time_recurrent_learning() {
        let budget: Budget = crate::claims::ergodic_averages::ErgodicAverages.budget();
        let blueprint = Fixture { phi: 0.5, recurrent: &[0.6, -0.4], input_weight: 0.7, activation: "tanh", learning: plain_learning() };
        let case = blueprint.build(3, "ergodic_averages", budget);
        let observed = GradientWalk::new(&case, case.key);
        let (innovations, observations) = (case.key.stream(stream::INNOVATION), case.key.stream(stream::OBSERVATION));
        let (segment, _) = Segment::follow(&*case.data, vec![1.0], 40, &mut Noise::at(innovations), &mut Noise::at(observations));
        let whole = rtrl(&case.network, &segment, &[0.0, 0.0], 0).gradient;
        let mut walk = Walk::from(&observed.chain, observed.chain.state(&[1.0], &[0.0, 0.0]));
        let (mut innovations, mut observations) = (Noise::at(innovations), Noise::at(observations));
        let mut sum = vec![0.0; case.network.len()];
        for _ in 0..40 {
            let before = walk.state().to_vec();
            walk.step_on(&mut innovations);
            add(&mut sum, 1.0, &observed.gradient(&before, walk.state(), &observations.normal_vector(1)));
        }
        assert!(whole.iter().all(|g| g.abs() > 1e-3), "{whole:?}");
        assert!(sum.iter().zip(&whole).all(|(a, b)| (a - b).abs() < 1e-12 * b.abs().max(1.0)), "{sum:?} {whole:?}");
    }
}
