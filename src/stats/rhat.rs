//! Whether several chains agree: rank-normalised split R̂.

use super::units::{mean, variance};
use super::{Chains, Undefined};
use crate::markov::Independent;

/// The larger of the R̂ of ranks (location) and of ranks of distances from the median (scale).
///
/// ```text
/// R̂ = √( (B/W + n − 1) / n ),   B/n = var_m(mean of half chain m),
///     W = mean_m(variance of half chain m)
/// ```
///
/// over normal scores `Φ^{-1}((r − 3/8)/(S + 1/4))` of the ranks `r` among all `S` draws of the
/// half chains of length `n`; ties share their mean rank. Near 1 where the chains agree; 1.01 is
/// the usual limit. Where all draws are equally far from the median (two values alone) scale has
/// nothing to say and location decides. Source: Vehtari et al. (2021), doi 10.1214/20-BA1221.
///
/// ```
/// use rtrl_lab::markov::Independent;
/// use rtrl_lab::stats::{Chains, rhat};
/// let chains =
///     Chains::new(ndarray::array![[1.0, 3.0, 2.0, 5.0], [4.0, 6.0, 0.0, 7.0]].view()).unwrap();
/// assert!((rhat(&Independent::declare(chains)).unwrap() - 1.259_342_244_652_912_1).abs() < 1e-9);
/// ```
///
/// # Errors
/// [`Undefined`] for one chain, and where every half chain is constant.
pub fn rhat(chains: &Independent<Chains>) -> Result<f64, Undefined> {
    let chains = chains.ensemble();
    if chains.chains() < 2 {
        return Err(Undefined::because("R̂ compares chains and needs at least two"));
    }
    let (location, scale) = chains.scores_and_folded();
    let location = of_halves(location, chains.half())?;
    Ok(match scale {
        Some(scale) => location.max(of_halves(&scale, chains.half())?),
        None => location,
    })
}

fn of_halves(scores: &[f64], n: usize) -> Result<f64, Undefined> {
    let halves = scores.chunks_exact(n);
    let means: Vec<f64> = halves.clone().map(mean).collect();
    let within = halves.map(variance).sum::<f64>() / means.len() as f64;
    if within <= 0.0 {
        return Err(Undefined::because("every half chain is constant, so that R̂ has no variance to compare with"));
    }
    let n = n as f64;
    Ok(((n * variance(&means) / within + n - 1.0) / n).sqrt())
}
