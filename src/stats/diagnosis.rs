//! Everything that is asked of saved chains, at once.

use super::effective::{error_of_mean, size_of_mean};
use super::{Aspect, Chains, Undefined, effective_sample_size, rhat};
use crate::markov::Independent;

/// How well chains mix; each number is missing by itself where it is undefined.
///
/// ```
/// use rtrl_lab::{markov::Independent, stats::{Chains, diagnose}};
/// let draws = ndarray::array![[1.0, 3.0, 2.0, 5.0, 4.0, 6.0, 0.0, 7.0]];
/// let found = diagnose(&Independent::declare(Chains::new(draws.view()).unwrap()));
/// // The draws 0, …, 7 have variance 6.
/// let error = (6.0 / found.mean.unwrap()).sqrt();
/// assert!((found.error.unwrap() / error - 1.0).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnosis {
    /// [`rhat()`].
    pub rhat: Result<f64, Undefined>,
    /// [`effective_sample_size`] of [`Aspect::Bulk`].
    pub bulk: Result<f64, Undefined>,
    /// [`effective_sample_size`] of [`Aspect::Tail`].
    pub tail: Result<f64, Undefined>,
    /// [`effective_sample_size`] of [`Aspect::Mean`].
    pub mean: Result<f64, Undefined>,
    /// [`mcse_mean`](super::mcse_mean), in units of the draws.
    pub error: Result<f64, Undefined>,
}

/// The numbers of `R̂`, effective sample size and error of the mean with nothing computed twice,
/// and what does not wait for the order of the draws beside their sorting.
///
/// The formulas are those of [`rhat()`], [`effective_sample_size`] and
/// [`mcse_mean`](super::mcse_mean), and so are the bits.
///
/// ```
/// use rtrl_lab::markov::Independent;
/// use rtrl_lab::stats::{Aspect, Chains, diagnose, effective_sample_size};
/// let chains = Independent::declare(
///     Chains::new(ndarray::array![[1.0, 3.0, 2.0, 5.0, 4.0, 6.0, 0.0, 7.0]].view()).unwrap(),
/// );
/// let found = diagnose(&chains);
/// assert_eq!(found.tail, effective_sample_size(&chains, Aspect::Tail));
/// assert!(found.rhat.is_err(), "one chain has nothing to compare with");
/// ```
pub fn diagnose(chains: &Independent<Chains>) -> Diagnosis {
    let ((), mean) = rayon::join(
        || chains.ensemble().sort(),
        || {
            chains.ensemble().tabulate();
            size_of_mean(chains.ensemble())
        },
    );
    let (rhat, tail) = rayon::join(|| rhat(chains), || effective_sample_size(chains, Aspect::Tail));
    let bulk = effective_sample_size(chains, Aspect::Bulk);
    let error = mean.clone().and_then(|size| error_of_mean(chains.ensemble(), size));
    Diagnosis { rhat, bulk, tail, mean, error }
}
