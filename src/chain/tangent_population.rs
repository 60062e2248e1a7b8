//! Populations of tangents that follow the moment of a product of Jacobians of any order for as
//! long as it is asked for.

use super::TangentChain;
use super::tangent_columns::TangentColumns;
use crate::markov::{Kernel, norm, systematic};
use crate::random::Noise;
use crate::simd::columns::TOGETHER;
use crate::simd::elementary::exp_all;

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
///
/// ```
/// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
/// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
/// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
/// # let data = Var(Autoregression { transition, noise_factor, inputs, target });
/// # use rtrl_lab::{network::{Elman, activation}, random::{Noise, RngKey}};
/// use rtrl_lab::chain::{TangentChain, TangentPopulation};
/// let identity = activation::named("identity").unwrap();
/// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, identity).unwrap();
/// let (chain, noise) = (TangentChain::new(&data, &cell), |seed| Noise::at(RngKey::root(seed)));
/// let starts = vec![chain.state(&[0.0], &[0.0], &[1.0]); 8];
/// let mut population = TangentPopulation::new(&chain, 4.0, &starts, (noise(1), noise(2)));
/// (0..2000).for_each(|_| population.step());
/// // A product of 2000 factors 1/2, far below the smallest number in its fourth power.
/// assert!((population.logarithm() / (2000.0 * 4.0 * 0.5f64.ln()) - 1.0).abs() < 1e-12);
/// ```
pub struct TangentPopulation<'c, 'k> {
    chain: &'c TangentChain<'k>,
    order: f64,
    members: Members<'k>,
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

/// How the states of the tangents are kept.
enum Members<'k> {
    /// One after the other, and room for the next ones.
    OneByOne([Vec<f64>; 2]),
    SideBySide(TangentColumns<'k>),
}

impl<'c, 'k> TangentPopulation<'c, 'k> {
    /// A population for the moment of order `order` ≥ 0 from states of the chain whose tangents are
    /// not 0, the noise of their data and the noise of the choices.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let data = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{network::{Elman, activation}, random::{Noise, RngKey}};
    /// # use rtrl_lab::chain::{TangentChain, TangentPopulation};
    /// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, activation::TANH).unwrap();
    /// let (chain, noise) = (TangentChain::new(&data, &cell), |key| Noise::at(RngKey::root(key)));
    /// // Starts of any length count as 1.
    /// let starts = [2.0, 300.0].map(|length| chain.state(&[0.0], &[0.0], &[length]));
    /// let population = TangentPopulation::new(&chain, 2.0, &starts, (noise(1), noise(2)));
    /// assert_eq!(population.logarithm(), 0.0);
    /// ```
    pub fn new(chain: &'c TangentChain<'k>, order: f64, starts: &[Vec<f64>], (innovation, choice): (Noise, Noise)) -> Self {
        let count = starts.len();
        let members = match chain.cell.columns() {
            Some(cell) if count >= TOGETHER => Members::SideBySide(TangentColumns::of(chain, cell, starts)),
            _ => {
                let mut states = starts.concat();
                for state in states.chunks_exact_mut(chain.state_len()) {
                    normalise(&mut state[chain.tangent()]);
                }
                Members::OneByOne([states, vec![0.0; count * chain.state_len()]])
            }
        };
        TangentPopulation {
            chain,
            order,
            members,
            weights: vec![0.0; count],
            parents: (0..count).collect(),
            innovations: vec![0.0; count * chain.innovation_len()],
            work: vec![0.0; chain.work_len()],
            innovation,
            choice,
            moment: 0.0,
        }
    }

    /// Logarithm of the estimate of `E(|δ_t| / |δ_0|)^q`; −∞ once every product has vanished, NaN
    /// once a state has left the finite numbers.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let data = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{network::{Elman, activation}, random::{Noise, RngKey}};
    /// # use rtrl_lab::chain::{TangentChain, TangentPopulation};
    /// # let noise = |seed| Noise::at(RngKey::root(seed));
    /// let cell = Elman::new(&[0.0], &[1.0], &[0.0], 0.0, activation::TANH).unwrap();
    /// let chain = TangentChain::new(&data, &cell);
    /// let starts = [chain.state(&[0.0], &[0.0], &[1.0])];
    /// let mut population = TangentPopulation::new(&chain, 2.0, &starts, (noise(1), noise(2)));
    /// population.step();
    /// // A unit without memory forgets at once.
    /// assert_eq!(population.logarithm(), f64::NEG_INFINITY);
    /// ```
    pub fn logarithm(&self) -> f64 {
        self.moment + log_mean(&self.weights)
    }

    /// One step of every tangent and a choice among them, and only then a step of the data.
    ///
    /// Data that move before the choice would be shared by all that come from one parent, and a
    /// growth that few inputs give would rest on the few parents alone.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let data = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{network::{Elman, activation}, random::{Noise, RngKey}};
    /// # use rtrl_lab::chain::{TangentChain, TangentPopulation};
    /// # let noise = |seed| Noise::at(RngKey::root(seed));
    /// let cell = Elman::new(&[3.0], &[1.0], &[0.0], 0.0, activation::TANH).unwrap();
    /// let chain = TangentChain::new(&data, &cell);
    /// let starts = [0.0, 1.0].map(|x| chain.state(&[x], &[0.0], &[1.0]));
    /// let mut population = TangentPopulation::new(&chain, 1.0, &starts, (noise(1), noise(2)));
    /// population.step();
    /// // The mean of the growths 3 σ'(0) and 3 σ'(1).
    /// let slope = 1.0 - 1f64.tanh().powi(2);
    /// assert!((population.logarithm().exp() - 1.5 * (1.0 + slope)).abs() < 1e-14);
    /// ```
    pub fn step(&mut self) {
        let chain = self.chain;
        let (len, draws, tangent) = (chain.state_len(), chain.innovation_len(), chain.tangent());
        match &mut self.members {
            Members::SideBySide(members) => members.step(chain, self.order, &mut self.weights),
            Members::OneByOne([states, nexts]) => {
                for ((now, next), weight) in states.chunks_exact(len).zip(nexts.chunks_exact_mut(len)).zip(&mut self.weights) {
                    chain.step_hidden(now, next, &mut self.work);
                    *weight += self.order * libm::log(normalise(&mut next[tangent.clone()]));
                }
            }
        }
        if draws > 0 {
            self.choose();
        }
        self.innovation.normals(&mut self.innovations);
        match &mut self.members {
            Members::SideBySide(members) => members.follow(chain, &self.parents, &self.innovations),
            Members::OneByOne([states, nexts]) => {
                for (slot, state) in states.chunks_exact_mut(len).enumerate() {
                    let parent = &nexts[self.parents[slot] * len..][..len];
                    state.copy_from_slice(parent);
                    chain.step_data(parent, &self.innovations[slot * draws..(slot + 1) * draws], state);
                }
            }
        }
    }

    /// Draws the parents anew, in proportion to the weights.
    fn choose(&mut self) {
        let mean = log_mean(&self.weights);
        if !mean.is_finite() {
            return;
        }
        self.weights.iter_mut().for_each(|weight| *weight -= mean);
        exp_all(&mut self.weights);
        self.parents = systematic(self.choice.uniform(), self.weights.iter().copied());
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
    let mut weights: Vec<f64> = logarithms.iter().map(|l| l - top).collect();
    exp_all(&mut weights);
    top + libm::log(weights.iter().sum::<f64>() / logarithms.len() as f64)
}
