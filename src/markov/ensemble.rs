//! Independent and coupled ensembles as two types, so that a statistic can ask for the one it is
//! valid for.

/// Replicas that share no noise: effective sample sizes, R̂ and plug-in distances take only these.
///
/// ```
/// use rtrl_lab::{markov::Independent, stats::{Chains, rhat}};
/// // All half chains have one mean, so R̂² = (n − 1)/n with n = 2.
/// let draws = ndarray::array![[1.0, 2.0, 1.0, 2.0], [2.0, 1.0, 2.0, 1.0]];
/// let chains = Independent::declare(Chains::new(draws.view()).unwrap());
/// assert!((rhat(&chains).unwrap() - 0.5f64.sqrt()).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Independent<E>(E);

/// Pairs driven by one noise: coupling bounds take only these. Pair `i` is independent of pair `j`,
/// its two sides are not.
///
/// ```
/// use rtrl_lab::{ergodicity::DecayCurve, markov::Coupled};
/// // Two pairs, 3 and 4 apart, at times 0 and 1.
/// let distances = Coupled::declare(ndarray::array![[3.0, 1.5], [4.0, 2.0]]);
/// let moment = DecayCurve::new(distances, 2, 1.0, true).moment();
/// assert!((moment[0] - 12.5f64.sqrt()).abs() < 1e-12);
/// assert!((moment[0] / moment[1] - 2.0).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Coupled<E>(E);

impl<E> Independent<E> {
    /// Declares that the replicas of `ensemble` share no noise; the caller answers for it.
    ///
    /// ```
    /// use rtrl_lab::markov::Independent;
    /// let replicas = Independent::declare([2.0, 4.0]);
    /// assert_eq!(replicas.ensemble().iter().sum::<f64>() / 2.0, 3.0);
    /// ```
    pub fn declare(ensemble: E) -> Self {
        Independent(ensemble)
    }

    /// The ensemble itself.
    ///
    /// ```
    /// let replicas = rtrl_lab::markov::Independent::declare(vec![0.5, 0.25]);
    /// assert_eq!(replicas.ensemble()[1], 0.25);
    /// ```
    pub fn ensemble(&self) -> &E {
        &self.0
    }
}

impl<E> Coupled<E> {
    /// Declares that `ensemble` holds independent pairs, each driven by one noise; the caller
    /// answers for it.
    ///
    /// ```
    /// use rtrl_lab::markov::Coupled;
    /// // One pair, 3 apart.
    /// let pairs = Coupled::declare([(1.0, 4.0)]);
    /// assert_eq!(pairs.ensemble().map(|(first, second): (f64, f64)| second - first), [3.0]);
    /// ```
    pub fn declare(ensemble: E) -> Self {
        Coupled(ensemble)
    }

    /// The ensemble itself.
    ///
    /// ```
    /// let distances = rtrl_lab::markov::Coupled::declare(vec![1.0, 0.5]);
    /// assert_eq!(distances.ensemble()[1], 0.5);
    /// ```
    pub fn ensemble(&self) -> &E {
        &self.0
    }
}
