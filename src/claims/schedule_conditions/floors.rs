//! The floor of the gradient under a constant step: when it is looked at, what of it is the step's
//! doing, and its closed form.

use crate::claims::measuring::approach;
use crate::claims::measuring::gradient_flow;
use crate::claims::measuring::pairs::BATCH;
use crate::claims::{Budget, Case};
use crate::linalg::Times;
use crate::theory::LinearGaussian;
use ndarray::Array2;

/// Constant steps, as shares of the study's first one. A run at share s makes `steps / (64 s)`
/// updates, so that all have gone the same way.
pub(super) const SHARES: [f64; 4] = [1.0 / 8.0, 1.0 / 16.0, 1.0 / 32.0, 1.0 / 64.0];
/// Times in the second half of a run at which the floor is looked at; their mean is one
/// observation.
const LOOKS: usize = 8;
/// The same where the gradient is known exactly and costs little.
const EXACT_LOOKS: usize = 32;
/// Fewest groups of runs.
const FEWEST_GROUPS: usize = 96;

/// Runs whose averages are averaged again: the more of them, the less does the noise of an average
/// bend the gradient there. Whole groups fill a batch.
pub(super) fn group(chains: usize) -> usize {
    (1..=BATCH).rev().find(|size| BATCH.is_multiple_of(*size) && chains.is_multiple_of(BATCH) && chains / size >= FEWEST_GROUPS).unwrap_or(1)
}

/// What is left of each run's square without the squared norm `U` of the mean gradient of all runs,
/// and `U` itself.
///
/// ```text
/// |g_k|² − 2 g_k · ḡ_{−k} + U
/// ```
///
/// with `ḡ_{−k}` the mean of the others: the mean over runs is that of the squares less `U`, and
/// the spread that of the difference, whose error `U` shares.
pub(super) fn without_shared(squares: &[f64], gradients: &[&[f64]]) -> (Vec<f64>, f64) {
    let count = gradients.len() as f64;
    let mut sum = vec![0.0; gradients.first().map_or(0, |gradient| gradient.len())];
    gradients.iter().for_each(|gradient| sum.iter_mut().zip(*gradient).for_each(|(sum, x)| *sum += x));
    let with_others: Vec<f64> =
        gradients.iter().map(|gradient| gradient.iter().zip(&sum).map(|(g, sum)| g * (sum - g)).sum::<f64>() / (count - 1.0)).collect();
    let shared = with_others.iter().sum::<f64>() / count;
    (squares.iter().zip(&with_others).map(|(square, product)| square - 2.0 * product + shared).collect(), shared)
}

/// Updates of a run at a share of the first step: all runs go the same way `α T`.
pub(super) fn updates_at(budget: &Budget, share: f64) -> usize {
    (budget.steps as f64 * SHARES[SHARES.len() - 1] / share).round() as usize
}

pub(super) fn looks(case: &Case) -> usize {
    if case.linear.is_some() { EXACT_LOOKS } else { LOOKS }
}

/// Times in the second half of a run, evenly spaced.
pub(super) fn looks_at(updates: usize, looks: usize) -> Vec<usize> {
    (1..=looks).map(|look| updates / 2 + look * updates / (2 * looks) - 1).collect()
}

/// What theory says of the floors of a linear case.
pub(super) struct Predicted {
    /// `½ tr(H Σ_as)`.
    pub slope: f64,
    /// `E|H x_t|²`, the mean over the looks, at each step.
    pub floors: Vec<f64>,
}

/// From the point that the floors are measured around, along the way that the exact gradient leads
/// on from there.
///
/// ```text
/// x_{t+1} = (I − α H_t) x_t + α ξ_t,   Var ξ_t = Σ_as,t,   x_0 = 0
/// ```
pub(super) fn closed_form(case: &Case, budget: &Budget, claim: &str) -> Option<Predicted> {
    let model = case.linear.as_ref()?;
    let start = approach::approached(case, budget.burn_in, case.key_of(claim, "approach"));
    // One stretch of the way for each look and as many before the first.
    let (looks, initial) = (looks(case), case.learning.schedule.initial);
    let segment = SHARES[0] * initial * updates_at(budget, SHARES[0]) as f64 / (2 * looks) as f64;
    let (mut at, mut local) = (start.clone(), Vec::new());
    for _ in 0..2 * looks {
        let middle = gradient_flow::flow(model, &at, 0.5 * segment)?;
        let oracle = model.at(&middle).and_then(LinearGaussian::new).ok()?;
        local.push((oracle.hessian().ok()?, oracle.asymptotic_variance().ok()?));
        at = gradient_flow::flow(model, &middle, 0.5 * segment)?;
    }
    let oracle = model.at(&start).and_then(LinearGaussian::new).ok()?;
    let slope = 0.5 * oracle.hessian().ok()?.times(&oracle.asymptotic_variance().ok()?).diag().sum();
    let floors = SHARES.map(|share| {
        let (step, updates) = (share * initial, updates_at(budget, share));
        let (mut now, mut sum) = (Spread::none(start.len()), 0.0);
        for (index, (hessian, noise)) in local.iter().enumerate() {
            let one = Spread { map: Array2::eye(start.len()) - hessian * step, covariance: noise * (step * step) };
            let steps = (index + 1) * updates / (2 * looks) - index * updates / (2 * looks);
            now = now.then(&one.repeated(steps));
            if index >= looks {
                sum += hessian.times(&now.covariance).times(hessian).diag().sum();
            }
        }
        sum / looks as f64
    });
    Some(Predicted { slope, floors: floors.to_vec() })
}

/// Some steps of a linear recursion: `x → map x` plus noise of this covariance.
struct Spread {
    map: Array2<f64>,
    covariance: Array2<f64>,
}

impl Spread {
    fn none(len: usize) -> Self {
        Spread { map: Array2::eye(len), covariance: Array2::zeros((len, len)) }
    }

    /// These steps and then others.
    fn then(&self, next: &Spread) -> Spread {
        Spread { map: next.map.times(&self.map), covariance: next.map.times(&self.covariance).times(&next.map.t()) + &next.covariance }
    }

    /// These steps `count` times.
    fn repeated(&self, count: usize) -> Spread {
        let mut all = Spread::none(self.map.nrows());
        let mut power = Spread { map: self.map.clone(), covariance: self.covariance.clone() };
        let mut left = count;
        while left > 0 {
            if left % 2 == 1 {
                all = all.then(&power);
            }
            power = power.then(&power);
            left /= 2;
        }
        all
    }
}
