//! The variance in the central limit theorem of a Markov chain: batch means, lugsail batch means,
//! spectral.

use super::effective::Autocovariance;
use super::units::in_range;
use super::{Chains, Estimate, Undefined, chi_square_quantile};
use crate::linalg::is_positive_definite;
use crate::markov::Independent;

/// How the asymptotic variance is estimated.
///
/// ```
/// use rtrl_lab::{markov::Independent, stats::{Chains, VarianceMethod, asymptotic_variance}};
/// let draws = ndarray::Array2::from_shape_fn((1, 9), |(_, t)| t as f64);
/// let chains = Independent::declare(Chains::new(draws.view()).unwrap());
/// let of = |method| asymptotic_variance(&chains, method, 0.95).unwrap().value;
/// // Batches of three have means 1, 4, 7; single draws have variance 7.5.
/// assert_eq!(of(VarianceMethod::BatchMeans), 27.0);
/// assert_eq!(of(VarianceMethod::Lugsail), 2.0 * 27.0 - 7.5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VarianceMethod {
    /// Spread of the means of batches; its bias is `−Γ/b` to first order, `Γ = 2 Σ k γ(k)`: too
    /// small for positively correlated chains.
    BatchMeans,
    /// Twice batch means less batch means of a third of the length, `b` a multiple of 3: bias
    /// `+Γ/b`, too large rather than too small, at three times the variance. Source: Vats and
    /// Flegal (2022), doi 10.1093/biomet/asab049.
    Lugsail,
    /// Autocovariances under Bartlett's weights: bias as batch means, two thirds of the variance.
    Bartlett,
}

/// Ratio of the two batch lengths of lugsail batch means.
const LUGSAIL_RATIO: usize = 3;

/// The asymptotic variance `σ²` in `√n (X̄ − E X) → N(0, σ²)` from one or several chains.
///
/// ```text
/// batch means   σ̂²_b = b/(m a − 1) Σ_chains Σ_{j ≤ a} (Ȳ_j − Ȳ)²,
///     a = ⌊n/b⌋ batches a chain, the last a b draws
/// lugsail       2 σ̂²_b − σ̂²_{b/3}
/// Bartlett      ( γ̂(0) + 2 Σ_{k < b} (1 − k/b) γ̂(k) ) · m n/(m n − b),
///     the factor for the mean that was taken off
/// ```
///
/// Means `Ȳ` are taken over all `m` chains, so that chains that disagree show. The interval is that
/// of a scaled chi-square law, `ν σ̂²/σ² ~ χ²_ν`, with `ν` from the leading term of the variance:
/// `m a − 1`, `(m a − 1)/3`, `3 m n/(2 b)`. It leaves out the bias, so the length is `⌊√n⌋` or,
/// where that is longer, the one at which the bias of an autoregression with the autocorrelation
/// time `τ̂` of the chains (of 20 draws or more) is 15 % of the standard error:
///
/// ```text
/// b = ⌈ ((τ̂² − 1)/(2 τ̂)/0.15)^{2/3} (m n/2)^{1/3} ⌉
/// ```
///
/// Sources: Flegal and Jones (2010), doi 10.1214/09-AOS735; several chains: Argon and Andradóttir
/// (2006), doi 10.1002/nav.20135.
///
/// ```
/// use rtrl_lab::markov::Independent;
/// use rtrl_lab::stats::{Chains, VarianceMethod, asymptotic_variance};
/// let chains =
///     Independent::declare(Chains::new(ndarray::array![[3.0, 1.0, 5.0, 3.0]].view()).unwrap());
/// // Two batches of two with means 2 and 4.
/// assert_eq!(asymptotic_variance(&chains, VarianceMethod::BatchMeans, 0.95).unwrap().value, 4.0);
/// // γ(0) = 2, γ(1) = −1.
/// assert_eq!(
///     asymptotic_variance(&chains, VarianceMethod::Bartlett, 0.95).unwrap().value,
///     (2.0 - 1.0) * 4.0 / 2.0
/// );
/// ```
///
/// # Errors
/// [`Undefined`] with fewer than two batches, with fewer than 20 where the autocorrelation calls
/// for more than `⌊√n⌋`, where an estimate is not positive (lugsail can be negative) or too large
/// or too small for a number, and for lugsail with fewer than nine draws.
pub fn asymptotic_variance(chains: &Independent<Chains>, method: VarianceMethod, level: f64) -> Result<Estimate, Undefined> {
    let chains = chains.ensemble();
    let length = length_for_interval(chains)?;
    let (value, dof) = match method {
        VarianceMethod::BatchMeans => {
            let batches = Batches::of(chains, length)?;
            (batches.covariance(&batches), batches.dof())
        }
        VarianceMethod::Lugsail => {
            if length < LUGSAIL_RATIO {
                return Err(Undefined::because(format!("{} draws a chain are too few for lugsail batches; it needs 9", chains.draws())));
            }
            let short = length / LUGSAIL_RATIO;
            let (whole, part) = (Batches::of(chains, short * LUGSAIL_RATIO)?, Batches::of(chains, short)?);
            // The weight on the short batches is −1: Var = 2σ⁴ (4/ν − 3/(3ν)) = 3 · 2σ⁴/ν.
            (2.0 * whole.covariance(&whole) - part.covariance(&part), whole.dof() / LUGSAIL_RATIO as f64)
        }
        VarianceMethod::Bartlett => {
            let values: Vec<f64> = chains.each_in_units().flatten().copied().collect();
            let mut autocovariance = Autocovariance::about(&values, chains.draws(), vec![chains.mean_in_units(); chains.chains()]);
            let b = length as f64;
            let sum = (1..length).fold(autocovariance.at(0), |sum, lag| sum + 2.0 * (1.0 - lag as f64 / b) * autocovariance.at(lag));
            let size = values.len() as f64;
            (sum * size / (size - b), 1.5 * size / b)
        }
    };
    if value <= 0.0 {
        return Err(Undefined::because(format!("the estimate {value} of the asymptotic variance is not positive; run longer chains")));
    }
    let value = in_range(chains.square(value), "the asymptotic variance")?;
    let bound = |p| dof * value / chi_square_quantile(p, dof);
    let (lower, upper) = (bound(0.5 + level / 2.0), bound(0.5 - level / 2.0));
    Ok(Estimate { value, standard_error: value * (2.0 / dof).sqrt(), lower, upper, level })
}

/// The effective sample size of a vector of means, from `p` quantities of the same chains.
///
/// ```text
/// ESS = m n (det Λ / det Σ)^{1/p}
/// ```
///
/// `Λ` the p × p covariance of all draws, `Σ` the asymptotic covariance by batch means. Source:
/// Vats, Flegal and Jones (2019), doi 10.1093/biomet/asz002.
///
/// ```
/// use rtrl_lab::markov::Independent;
/// use rtrl_lab::stats::{Chains, multivariate_effective_sample_size};
/// let one = Chains::new(ndarray::array![[1.0, 3.0, 5.0, 3.0]].view()).unwrap();
/// let size = multivariate_effective_sample_size(&Independent::declare(vec![one])).unwrap();
/// assert!((size - 4.0 * (8.0 / 3.0) / 4.0).abs() < 1e-12);
/// ```
///
/// # Errors
/// [`Undefined`] without a quantity, for quantities of different shapes, with no more batches than
/// quantities, and where a covariance is singular.
pub fn multivariate_effective_sample_size(quantities: &Independent<Vec<Chains>>) -> Result<f64, Undefined> {
    let quantities = quantities.ensemble();
    let Some(first) = quantities.first() else { return Err(Undefined::because("there is no quantity")) };
    let shape = |chains: &Chains| (chains.chains(), chains.draws());
    if quantities.iter().any(|chains| shape(chains) != shape(first)) {
        return Err(Undefined::because("the quantities do not have the same chains and draws"));
    }
    let determinant = |length: usize, what: &str| {
        let batches = quantities.iter().map(|chains| Batches::of(chains, length)).collect::<Result<Vec<_>, _>>()?;
        if batches[0].dof() < quantities.len() as f64 {
            return Err(Undefined::because(format!("{} quantities need more than {} batches", quantities.len(), batches[0].means.len())));
        }
        log_determinant(&batches).ok_or_else(|| Undefined::because(format!("the {what} of the quantities is singular")))
    };
    let spread = determinant(1, "covariance")? - determinant(batch_length(first.draws()), "asymptotic covariance")?;
    Ok((first.chains() * first.draws()) as f64 * libm::exp(spread / quantities.len() as f64))
}

/// Fewest draws a chain for an autocorrelation time.
const FEWEST_DRAWS: usize = 20;
/// Bias that an interval may leave out, in standard errors.
const BIAS: f64 = 0.15;
/// Fewest batches over all chains for an interval of longer batches.
const FEWEST_BATCHES: usize = 20;

/// The batch length at which an interval may leave out the bias.
fn length_for_interval(chains: &Chains) -> Result<usize, Undefined> {
    let (m, n) = (chains.chains(), chains.draws());
    let plain = batch_length(n);
    if n < FEWEST_DRAWS {
        return Ok(plain);
    }
    let Ok(size) = super::effective::size_of_mean(chains) else { return Ok(plain) };
    let tau = (m * n) as f64 / size;
    if tau <= 1.0 {
        return Ok(plain);
    }
    let needed = libm::ceil(libm::pow((tau * tau - 1.0) / (2.0 * tau * BIAS), 2.0 / 3.0) * libm::cbrt(0.5 * (m * n) as f64)) as usize;
    if needed <= plain {
        return Ok(plain);
    }
    if needed > n || m * (n / needed) < FEWEST_BATCHES {
        return Err(Undefined::because(format!(
            "an autocorrelation time of {tau:.0} draws calls for batches of {needed}, and {m} chains of {n} draws hold fewer than {FEWEST_BATCHES} of them; run longer chains"
        )));
    }
    // Lugsail batches are cut in three.
    Ok(needed.next_multiple_of(LUGSAIL_RATIO).min(n))
}

/// `⌊√n⌋`.
fn batch_length(draws: usize) -> usize {
    draws.isqrt()
}

/// The means of batches of several chains about their common mean.
struct Batches {
    length: usize,
    means: Vec<f64>,
}

impl Batches {
    fn of(chains: &Chains, length: usize) -> Result<Self, Undefined> {
        // What does not fill a batch is left out at the start, where a chain is least stationary.
        let unused = chains.draws() % length;
        let mut means: Vec<f64> = chains
            .each_in_units()
            .flat_map(|chain| chain[unused..].chunks_exact(length))
            .map(|batch| batch.iter().sum::<f64>() / length as f64)
            .collect();
        if means.len() < 2 {
            return Err(Undefined::because("one batch has no spread; run longer chains"));
        }
        let mean = means.iter().sum::<f64>() / means.len() as f64;
        means.iter_mut().for_each(|x| *x -= mean);
        Ok(Batches { length, means })
    }

    fn dof(&self) -> f64 {
        (self.means.len() - 1) as f64
    }

    /// `b/(number − 1) Σ`: the asymptotic covariance of two quantities.
    fn covariance(&self, other: &Batches) -> f64 {
        self.length as f64 * self.means.iter().zip(&other.means).map(|(x, y)| x * y).sum::<f64>() / self.dof()
    }
}

/// The logarithm of the determinant of the covariance matrix; none where it is not positive
/// definite.
fn log_determinant(batches: &[Batches]) -> Option<f64> {
    let p = batches.len();
    let mut matrix: Vec<f64> = batches.iter().flat_map(|a| batches.iter().map(|b| a.covariance(b))).collect();
    is_positive_definite(&mut matrix, p).then(|| (0..p).map(|i| 2.0 * libm::log(matrix[i * p + i])).sum())
}
