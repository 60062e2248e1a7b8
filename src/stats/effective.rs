//! Effective sample sizes of Markov chains and the Monte Carlo errors that follow.

use super::units::{in_range, mean, variance};
use super::{Chains, Undefined, beta_quantile};
use crate::markov::Independent;
use crate::simd::dispatch::dispatched;
use rayon::prelude::*;

/// Which use of the draws an effective sample size is for.
///
/// ```
/// use rtrl_lab::{markov::Independent, random::{Noise, RngKey}};
/// use rtrl_lab::stats::{Aspect, Chains, effective_sample_size};
/// let draws = Noise::at(RngKey::root(1)).normal_vector(400);
/// let array = ndarray::Array2::from_shape_vec((4, 100), draws).unwrap();
/// let chains = Independent::declare(Chains::new(array.view()).unwrap());
/// let size = |aspect| effective_sample_size(&chains, aspect).unwrap();
/// let ends = [0.05, 0.95].map(|p| size(Aspect::Quantile(p)));
/// assert_eq!(size(Aspect::Tail), ends[0].min(ends[1]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Aspect {
    /// Location: the mean of rank-normalised draws, which exists for any law.
    Bulk,
    /// The smaller of the two for the 5 % and the 95 % quantile.
    Tail,
    /// The mean of the draws themselves; of little meaning without a finite variance.
    Mean,
    /// The quantile at this level, in (0, 1): that of the indicator of lying below it.
    Quantile(f64),
}

/// The number of independent draws that would tell as much.
///
/// ```text
/// ESS = M n / τ̂,   τ̂ = −1 + 2 Σ ρ̂_t,   ρ̂_t = 1 − (W − mean_m γ̂_m(t)) / V,
///     V = (n − 1)/n · W + var_m(mean of half chain m)
/// ```
///
/// `M` half chains of `n` draws; `γ̂_m(t)` autocovariances with divisor `n`, `W` their mean at lag
/// 0 times `n/(n − 1)`; the sum runs over Geyer's initial positive, monotone sequence and
/// `τ̂ ≥ 1/log₁₀(M n)`. Chains that disagree raise `V` and lower the size. Autocovariances are
/// computed lag by lag and only as far as the sequence goes, which costs the number of draws times
/// the autocorrelation time. Sums run over draws in [`Units`](super::Units), so that draws times a
/// power of two have the same size, bit for bit. Sources: Vehtari et al. (2021), doi
/// 10.1214/20-BA1221; Geyer (1992), doi 10.1214/ss/1177011137.
///
/// ```
/// use rtrl_lab::markov::Independent;
/// use rtrl_lab::stats::{Aspect, Chains, effective_sample_size};
/// let chains =
///     Chains::new(ndarray::array![[1.0, 3.0, 2.0, 5.0, 4.0, 6.0, 0.0, 7.0]].view()).unwrap();
/// let size = effective_sample_size(&Independent::declare(chains), Aspect::Mean).unwrap();
/// assert!((size - 7.224_719_895_935_548).abs() < 1e-9);
/// ```
///
/// Coupled chains share noise, for which the formula is wrong, and are not accepted:
///
/// ```compile_fail
/// use rtrl_lab::markov::Coupled;
/// use rtrl_lab::stats::{Aspect, Chains, effective_sample_size};
/// let chains = Chains::new(ndarray::array![[1.0, 3.0, 2.0, 5.0, 4.0, 6.0, 0.0,
///     7.0]].view()).unwrap();
/// let size = effective_sample_size(&Coupled::declare(chains), Aspect::Mean).unwrap();
/// ```
///
/// # Errors
/// [`Undefined`] where every half chain is constant, where an indicator has no two values (ties at
/// the quantile), and for a level outside (0, 1).
pub fn effective_sample_size(chains: &Independent<Chains>, aspect: Aspect) -> Result<f64, Undefined> {
    let chains = chains.ensemble();
    match aspect {
        Aspect::Bulk => of_halves(chains.scores(), chains.half()),
        Aspect::Mean => size_of_mean(chains),
        Aspect::Quantile(p) => of_quantile(chains, p),
        Aspect::Tail => {
            let (low, high) = rayon::join(|| of_quantile(chains, 0.05), || of_quantile(chains, 0.95));
            Ok(low?.min(high?))
        }
    }
}

/// [`Aspect::Mean`] of chains already known to be independent.
pub(super) fn size_of_mean(chains: &Chains) -> Result<f64, Undefined> {
    of_halves(&chains.halves_in_units(), chains.half())
}

/// [`mcse_mean`] from the effective sample size of the mean.
pub(super) fn error_of_mean(chains: &Chains, size: f64) -> Result<f64, Undefined> {
    in_range(chains.length(chains.deviation() / size.sqrt()), "the error of the mean")
}

/// The Monte Carlo standard error of the mean of all draws.
///
/// ```text
/// MCSE = s / √ESS_mean,   s² with divisor (number of draws − 1)
/// ```
///
/// Source: as [`effective_sample_size`].
///
/// ```
/// use rtrl_lab::{markov::Independent, random::{Noise, RngKey}, stats::{Chains, mcse_mean}};
/// let draws = Noise::at(RngKey::root(1)).normal_vector(4000);
/// let array = ndarray::Array2::from_shape_vec((4, 1000), draws).unwrap();
/// let error = mcse_mean(&Independent::declare(Chains::new(array.view()).unwrap())).unwrap();
/// // Independent draws: 1/√4000, to a few per cent of the effective size.
/// assert!((error * 4000f64.sqrt() - 1.0).abs() < 0.15);
/// ```
///
/// # Errors
/// As [`effective_sample_size`], and where the error is too large or too small for a number.
pub fn mcse_mean(chains: &Independent<Chains>) -> Result<f64, Undefined> {
    error_of_mean(chains.ensemble(), effective_sample_size(chains, Aspect::Mean)?)
}

/// The Monte Carlo standard error of the quantile at `p`, without a density estimate.
///
/// ```text
/// MCSE = (x_(⌈b N⌉) − x_(⌊a N⌋)) / 2,
///     a, b the quantiles at Φ(−1), Φ(1) of Beta(ESS p + 1, ESS (1 − p) + 1)
/// ```
///
/// `x_(i)` the sorted draws, `N` their number, ESS that of the quantile. Source: as
/// [`effective_sample_size`].
///
/// ```
/// use rtrl_lab::{markov::Independent, random::{Noise, RngKey}, stats::{Chains, mcse_quantile}};
/// let mut noise = Noise::at(RngKey::root(1));
/// let array = ndarray::Array2::from_shape_simple_fn((4, 4000), || noise.uniform());
/// let chains = Independent::declare(Chains::new(array.view()).unwrap());
/// // The median of n uniform numbers: 1/(2 √n), seen in some 126 gaps between them.
/// let error = mcse_quantile(&chains, 0.5).unwrap();
/// assert!((error * 2.0 * 16_000f64.sqrt() - 1.0).abs() < 0.3);
/// ```
///
/// # Errors
/// As [`effective_sample_size`].
pub fn mcse_quantile(chains: &Independent<Chains>, p: f64) -> Result<f64, Undefined> {
    // Φ(±1) to the digits of the reference.
    const ONE_DEVIATION: [f64; 2] = [0.158_655_3, 0.841_344_7];
    let size = effective_sample_size(chains, Aspect::Quantile(p))?;
    let sorted = chains.ensemble().sorted();
    let n = sorted.len() as f64;
    let [low, high] = ONE_DEVIATION.map(|level| beta_quantile(level, size * p + 1.0, size * (1.0 - p) + 1.0) * n - 1.0);
    // Halves first: the difference itself may overflow.
    Ok(sorted[high.min(n - 1.0).ceil() as usize] / 2.0 - sorted[low.max(0.0) as usize] / 2.0)
}

fn of_quantile(chains: &Chains, p: f64) -> Result<f64, Undefined> {
    if !(p > 0.0 && p < 1.0) {
        return Err(Undefined::because(format!("the level {p} of a quantile is not in (0, 1)")));
    }
    let quantile = chains.quantile(p);
    let halves = chains.halves();
    let means = halves.chunks_exact(chains.half()).map(|half| half.iter().filter(|x| **x <= quantile).count() as f64 / half.len() as f64).collect();
    let below = halves.iter().map(|x| f64::from(*x <= quantile));
    of_autocovariance(Autocovariance::of_values(below, chains.half(), means))
}

/// The effective sample size of the mean of half chains of length `n`, laid out one after the
/// other.
fn of_halves(halves: &[f64], n: usize) -> Result<f64, Undefined> {
    of_autocovariance(Autocovariance::new(halves, n))
}

fn of_autocovariance(mut autocovariance: Autocovariance) -> Result<f64, Undefined> {
    let (n, length) = (autocovariance.length, autocovariance.length as f64);
    let within = autocovariance.at(0) * length / (length - 1.0);
    if within <= 0.0 {
        return Err(Undefined::because("every half chain is constant, so that there is no variance to compare with"));
    }
    let total = within * (length - 1.0) / length + variance(&autocovariance.means);
    let mut correlation = |lag: usize| 1.0 - (within - autocovariance.at(lag)) / total;
    // Pairs (ρ_2k, ρ_2k+1) as long as their sum is positive; the pair that ends them gives its even
    // member if that is positive.
    let (mut even, mut odd) = (1.0, correlation(1));
    let mut kept = vec![1.0, odd];
    let mut lag = 1;
    while lag + 3 < n && even + odd > 0.0 {
        (even, odd) = (correlation(lag + 1), correlation(lag + 2));
        let stored = if even + odd >= 0.0 { [even, odd] } else { [0.0, 0.0] };
        kept.extend(stored);
        lag += 2;
    }
    // The last pair looked at counts with its even member alone.
    let last = lag - 1;
    if even > 0.0 {
        kept[last] = even;
    }
    for first in (2..last).step_by(2) {
        if kept[first] + kept[first + 1] > kept[first - 2] + kept[first - 1] {
            let mean = (kept[first - 2] + kept[first - 1]) / 2.0;
            (kept[first], kept[first + 1]) = (mean, mean);
        }
    }
    let draws = autocovariance.centred.len() as f64;
    let time = -1.0 + 2.0 * kept[..last].iter().sum::<f64>() + kept[last];
    Ok(draws / time.max(1.0 / libm::log10(draws)))
}

/// Lags that are computed at one go.
const LAGS: usize = 8;
/// Draws that are read at one go, few enough to stay in the nearest cache for all lags of a go.
const RUN: usize = 1024;
/// Products a go below which threads cost more than they save.
const WORTH_THREADS: usize = 1 << 17;

/// Autocovariances averaged over chains, computed as they are asked for.
pub(super) struct Autocovariance {
    centred: Vec<f64>,
    length: usize,
    /// Mean of each chain.
    pub(super) means: Vec<f64>,
    known: Vec<f64>,
}

impl Autocovariance {
    /// Of chains of `length` draws, each about its own mean.
    pub(super) fn new(chains: &[f64], length: usize) -> Self {
        let means = chains.chunks_exact(length).map(mean).collect();
        Self::about(chains, length, means)
    }

    /// Of chains of `length` draws about given means.
    pub(super) fn about(chains: &[f64], length: usize, means: Vec<f64>) -> Self {
        Self::of_values(chains.iter().copied(), length, means)
    }

    fn of_values(values: impl Iterator<Item = f64>, length: usize, means: Vec<f64>) -> Self {
        let mut centred: Vec<f64> = values.collect();
        for (chain, mean) in centred.chunks_exact_mut(length).zip(&means) {
            chain.iter_mut().for_each(|x| *x -= mean);
        }
        Autocovariance { centred, length, means, known: Vec::new() }
    }

    /// The mean over chains of `n^{-1} Σ_i x_i x_{i + lag}`.
    pub(super) fn at(&mut self, lag: usize) -> f64 {
        while self.known.len() <= lag {
            let (from, length) = (self.known.len(), self.length);
            let of = |chain| lagged_products(chain, from);
            let parts: Vec<[f64; LAGS]> = if self.centred.len() * LAGS < WORTH_THREADS {
                self.centred.chunks_exact(length).map(of).collect()
            } else {
                self.centred.par_chunks_exact(length).map(of).collect()
            };
            let scale = (self.means.len() * length) as f64;
            self.known.extend((0..LAGS).map(|lag| parts.iter().map(|part| part[lag]).sum::<f64>() / scale));
        }
        self.known[lag]
    }
}

dispatched! {
    /// `Σ_i x_i x_{i + lag}` for the lags from `from` on, by the widest registers the processor
    /// has.
    fn lagged_products / lagged_wide / lagged_fused = lagged_products_body(chain: &[f64], from: usize) -> [f64; LAGS]
}

/// Lags that go through a run side by side, so that the latency of one sum is hidden by the others;
/// it changes no bit.
const TOGETHER: usize = 8;

#[inline(always)]
fn lagged_products_body(chain: &[f64], from: usize) -> [f64; LAGS] {
    lagged::<TOGETHER>(chain, from)
}

/// [`lagged_products`] with `COUNT` lags side by side.
#[inline(always)]
fn lagged<const COUNT: usize>(chain: &[f64], from: usize) -> [f64; LAGS] {
    let mut sums = [0.0; LAGS];
    for start in (0..chain.len()).step_by(RUN) {
        for (sums, first) in sums.as_chunks_mut::<COUNT>().0.iter_mut().zip((from..).step_by(COUNT)) {
            if start + RUN + first + COUNT <= chain.len() + 1 {
                let x = &chain[start..start + RUN];
                let products = dots::<COUNT>(x, std::array::from_fn(|k| &chain[start + first + k..][..RUN]));
                sums.iter_mut().zip(products).for_each(|(sum, product)| *sum += product);
                continue;
            }
            for (sum, lag) in sums.iter_mut().zip(first..) {
                let end = (start + RUN).min(chain.len().saturating_sub(lag));
                if start < end {
                    *sum += dots(&chain[start..end], [&chain[start + lag..end + lag]])[0];
                }
            }
        }
    }
    sums
}

/// Inner products of one slice with others, each in eight sums that are added in order: the same
/// bits whatever the width of a vector register.
#[inline(always)]
fn dots<const COUNT: usize>(a: &[f64], others: [&[f64]; COUNT]) -> [f64; COUNT] {
    let mut sums = [[0.0; 8]; COUNT];
    let (wide, rest) = a.as_chunks::<8>();
    let pieces = others.map(|b| &b.as_chunks::<8>().0[..wide.len()]);
    for (place, x) in wide.iter().enumerate() {
        for (sums, piece) in sums.iter_mut().zip(&pieces) {
            let y = &piece[place];
            for k in 0..8 {
                sums[k] += x[k] * y[k];
            }
        }
    }
    std::array::from_fn(|which| {
        let last = &others[which][8 * wide.len()..];
        let rest: f64 = rest.iter().zip(last).map(|(x, y)| x * y).sum();
        sums[which].iter().sum::<f64>() + rest
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_gives_the_bits_of_the_portable_source() {
        let chain = crate::random::Noise::at(crate::random::RngKey::root(3)).normal_vector(3001);
        for from in [0, 8, 2992, 2999] {
            let bits = |products: [f64; LAGS]| products.map(f64::to_bits);
            assert_eq!(bits(lagged_products(&chain, from)), bits(lagged::<1>(&chain, from)));
            assert_eq!(bits(lagged::<8>(&chain, from)), bits(lagged::<4>(&chain, from)));
            assert_eq!(bits(lagged::<4>(&chain, from)), bits(lagged::<1>(&chain, from)));
        }
        let by_hand: f64 = chain.iter().zip(&chain[9..]).map(|(x, y)| x * y).sum();
        assert!((lagged_products(&chain, 8)[1] - by_hand).abs() < 1e-10);
    }
}
