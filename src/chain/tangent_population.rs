//! Populations of tangents that follow the moment of a product of Jacobians of any order for as
//! long as it is asked for.

use super::TangentChain;
use crate::markov::{Kernel, norm, systematic};
use crate::random::Noise;

/// Tangents `δ' = A δ`, each at a data and hidden state of its own, drawn anew after every step in
/// proportion to the growth of `|δ|^q`.
///
/// ```text
/// E|A_t ⋯ A_1 δ_0|^q = E[ Π_j mean_i (|A_j δ_i| / |δ_i|)^q ]
/// ```
///
/// The estimate is unbiased for every t, every q and every size M, and the variance of its
/// logarithm grows in proportion to t/M. So the mean of the logarithm is low by half that variance.
/// Tangents have length 1 and their lengths are kept as logarithms, so that neither long products
/// nor high orders leave the finite numbers.
///
/// Without innovations (a recorded series) two drawn tangents would stay the same for ever: they
/// are followed without choices, and their moment is the plain mean. Source: Del Moral (2004),
/// Feynman–Kac Formulae, doi 10.1007/978-1-4684-9393-1; the choice is systematic resampling.
pub struct TangentPopulation<'c, 'k> {
    chain: &'c TangentChain<'k>,
    order: f64,
    /// M states after one another, and room for the next ones.
    states: Vec<f64>,
    next: Vec<f64>,
    /// What every tangent's moment weighs since the last choice, as a logarithm.
    weights: Vec<f64>,
    parents: Vec<usize>,
    innovations: Vec<f64>,
    work: Vec<f64>,
    innovation: Noise,
    choice: Noise,
    /// Logarithm of the moment of order q at the last choice.
    moment: f64,
}

impl<'c, 'k> TangentPopulation<'c, 'k> {
    /// A population for the moment of order `order` ≥ 0 from states of the chain whose tangents are
    /// not 0, the noise of their data and the noise of the choices.
    pub fn new(chain: &'c TangentChain<'k>, order: f64, starts: &[Vec<f64>], (innovation, choice): (Noise, Noise)) -> Self {
        let count = starts.len();
        let mut population = TangentPopulation {
            chain,
            order,
            states: starts.concat(),
            next: vec![0.0; count * chain.state_len()],
            weights: vec![0.0; count],
            parents: (0..count).collect(),
            innovations: vec![0.0; count * chain.innovation_len()],
            work: vec![0.0; chain.work_len()],
            innovation,
            choice,
            moment: 0.0,
        };
        let (len, tangent) = (chain.state_len(), chain.tangent());
        for state in population.states.chunks_exact_mut(len) {
            normalise(&mut state[tangent.clone()]);
        }
        population
    }

    /// Logarithm of the estimate of `E(|δ_t| / |δ_0|)^q`; −∞ once every product has vanished, NaN
    /// once a state has left the finite numbers.
    pub fn logarithm(&self) -> f64 {
        self.moment + log_mean(&self.weights)
    }

    /// One step of every tangent and a choice among them, and only then a step of the data.
    ///
    /// Data that move before the choice would be shared by all that come from one parent, and a
    /// growth that few inputs give would rest on the few parents alone.
    pub fn step(&mut self) {
        let chain = self.chain;
        let (len, draws, tangent) = (chain.state_len(), chain.innovation_len(), chain.tangent());
        for ((now, next), weight) in self.states.chunks_exact(len).zip(self.next.chunks_exact_mut(len)).zip(&mut self.weights) {
            chain.step_hidden(now, next, &mut self.work);
            *weight += self.order * libm::log(normalise(&mut next[tangent.clone()]));
        }
        if draws > 0 {
            self.choose();
        }
        self.innovation.normals(&mut self.innovations);
        for (slot, state) in self.states.chunks_exact_mut(len).enumerate() {
            let parent = &self.next[self.parents[slot] * len..][..len];
            state.copy_from_slice(parent);
            chain.step_data(parent, &self.innovations[slot * draws..(slot + 1) * draws], state);
        }
    }

    /// Draws the parents anew, in proportion to the weights.
    fn choose(&mut self) {
        let mean = log_mean(&self.weights);
        if !mean.is_finite() {
            return;
        }
        self.parents = systematic(self.choice.uniform(), self.weights.iter().map(|weight| libm::exp(weight - mean)));
        self.weights.fill(0.0);
        self.moment += mean;
    }
}

/// Brings a vector to length 1 and says what its length was; 0 stays.
fn normalise(vector: &mut [f64]) -> f64 {
    let size = norm(vector);
    if size > 0.0 {
        vector.iter_mut().for_each(|x| *x /= size);
    }
    size
}

/// Logarithm of the mean of `exp`.
fn log_mean(logarithms: &[f64]) -> f64 {
    if logarithms.iter().any(|l| l.is_nan()) {
        return f64::NAN;
    }
    let top = logarithms.iter().fold(f64::NEG_INFINITY, |top, l| top.max(*l));
    if !top.is_finite() {
        return top;
    }
    top + libm::log(logarithms.iter().map(|l| libm::exp(l - top)).sum::<f64>() / logarithms.len() as f64)
}
