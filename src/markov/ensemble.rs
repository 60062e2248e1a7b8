//! Independent and coupled ensembles as two types, so that a statistic can ask for the one it is
//! valid for.

/// Replicas that share no noise: effective sample sizes, R̂ and plug-in distances take only these.
#[derive(Clone, Debug, PartialEq)]
pub struct Independent<E>(E);

/// Pairs driven by one noise: coupling bounds take only these. Pair `i` is independent of pair `j`,
/// its two sides are not.
#[derive(Clone, Debug, PartialEq)]
pub struct Coupled<E>(E);

impl<E> Independent<E> {
    /// Declares that the replicas of `ensemble` share no noise; the caller answers for it.
    pub fn declare(ensemble: E) -> Self {
        Independent(ensemble)
    }

    /// The ensemble itself.
    pub fn ensemble(&self) -> &E {
        &self.0
    }
}

impl<E> Coupled<E> {
    /// Declares that `ensemble` holds independent pairs, each driven by one noise; the caller
    /// answers for it.
    pub fn declare(ensemble: E) -> Self {
        Coupled(ensemble)
    }

    /// The ensemble itself.
    pub fn ensemble(&self) -> &E {
        &self.0
    }
}
