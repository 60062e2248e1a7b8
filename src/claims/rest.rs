//! Whether learning rests where the gradient does not vanish: the gradient that all runs share at a step of zero, and the share of it that they follow.

use crate::random::{Address, stream};
use crate::stats::{Bootstrap, Estimate, IntervalKind, Undefined, squared_norm_of_mean, squared_norm_of_mean_at};

use super::rates;

/// Level at which a gradient is said to be there to stay.
const SURE: f64 = 0.999;
/// A rule that follows less than this share of the gradient is at rest.
const FOLLOWED: f64 = 0.5;

/// The last looks at some learning runs.
pub(super) struct Late {
    /// Step sizes at the looks.
    pub steps: Vec<f64>,
    /// The way `Σ α` from the first look to the last.
    pub way: f64,
    /// Gradients, by run and look.
    pub gradients: Vec<Vec<Vec<f64>>>,
    /// Where each run went from the first look to the last.
    pub moved: Vec<Vec<f64>>,
}

/// What the last looks say.
pub(super) struct Rest {
    /// Squared norm of the gradient that the runs share at the last look, without noise bias.
    pub shared: Result<Estimate, Undefined>,
    /// Squared norm of what is shared in the limit of a step of zero, without noise bias.
    pub limit: Result<Estimate, Undefined>,
    /// Share of the last shared gradient that the runs followed; `Undefined` where none is seen.
    pub followed: Result<Estimate, Undefined>,
    /// Whether the limit is surely not zero.
    sure: bool,
}

impl Rest {
    /// Weighs the last looks; NaN in any run leaves everything undefined.
    ///
    /// ```text
    /// a = mean over runs of the intercept of g_k on (1, α_k),        f = − ⟨Δθ̄, ḡ⟩ / ( Σα · |ḡ|² )
    /// ```
    ///
    /// The mean of `G_t` along learning is `∇J + bias` of the rule up to `O(α)`, so that the mean over runs moves by `−Σ α (∇J + bias)`. Without a bias `f` is 1 where the gradient keeps
    /// and more where it falls; where a biased rule rests it is 0 and `a = −bias`.
    pub fn of(late: &Late, level: f64, address: Address) -> Rest {
        let last: Vec<Vec<f64>> = late.gradients.iter().filter_map(|looks| looks.last().cloned()).collect();
        let weights = intercept(&late.steps);
        let limits: Vec<Vec<f64>> = late
            .gradients
            .iter()
            .map(|looks| (0..looks[0].len()).map(|entry| weights.iter().zip(looks).map(|(w, g)| w * g[entry]).sum()).collect())
            .collect();
        let both = squared_norm_of_mean_at(&limits, [level, SURE]);
        let sure = both.as_ref().is_ok_and(|[_, sure]| sure.lower > 0.0);
        let shared = squared_norm_of_mean(&last, level);
        let followed = match &shared {
            Ok(shared) if shared.lower > 0.0 => followed(late, &last, level, address),
            Ok(_) => Err(Undefined::because("the runs share no gradient that is told from zero")),
            Err(why) => Err(why.clone()),
        };
        Rest { shared, limit: both.map(|[limit, _]| limit), followed, sure }
    }

    /// The runs share a gradient that will stay, and do not follow it.
    pub fn elsewhere(&self) -> bool {
        self.sure && self.followed.as_ref().is_ok_and(|followed| followed.upper < FOLLOWED)
    }

    /// The runs follow the gradient that they share.
    pub fn follows(&self) -> bool {
        self.followed.as_ref().is_ok_and(|followed| followed.lower > FOLLOWED)
    }
}

/// Weights that give the height at zero of the line through values at `x`; the mean where all `x` are one.
fn intercept(x: &[f64]) -> Vec<f64> {
    let count = x.len() as f64;
    let mean = x.iter().sum::<f64>() / count;
    let spread: f64 = x.iter().map(|x| (x - mean) * (x - mean)).sum();
    // Steps that differ by rounding alone are one step.
    let known = spread > 1e-12 * count * mean * mean;
    x.iter().map(|x| 1.0 / count - if known { mean * (x - mean) / spread } else { 0.0 }).collect()
}

/// Each run's move and gradient, along the gradient of the others; the ratio of the means.
fn followed(late: &Late, last: &[Vec<f64>], level: f64, address: Address) -> Result<Estimate, Undefined> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let runs = last.len();
    let products: Vec<Vec<[f64; 2]>> =
        (0..runs).map(|i| (0..runs).map(|j| [-dot(&late.moved[i], &last[j]) / late.way, dot(&last[i], &last[j])]).collect()).collect();
    // Products of a run with itself are left out, also where a resample holds it twice.
    let ratio = |chosen: &[usize]| -> Option<f64> {
        let mut sums = [0.0, 0.0];
        for i in chosen {
            for j in chosen.iter().filter(|j| *j != i) {
                sums[0] += products[*i][*j][0];
                sums[1] += products[*i][*j][1];
            }
        }
        (sums[1] > 0.0).then(|| sums[0] / sums[1])
    };
    let bootstrap = Bootstrap { resamples: rates::RESAMPLES, address: address.within("followed").stream(stream::RESAMPLING) };
    bootstrap.interval(runs, ratio, level, IntervalKind::Percentile)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Noise;

    /// Runs with one gradient `shared + size √α noise` and a move that follows so much of `shared`.
    fn late(shared: f64, follows: f64, bend: f64, seed: u64) -> Late {
        let steps = vec![0.01, 0.005, 0.0025];
        let mut noise = Noise::at(Address::root(seed).within("rest"));
        let mut gradients = Vec::new();
        for _ in 0..12 {
            let looks = steps.iter().map(|step: &f64| noise.normal_vector(3).iter().map(|z| shared + bend * step + 0.3 * step.sqrt() * z).collect());
            gradients.push(looks.collect());
        }
        let moved = (0..12).map(|_| noise.normal_vector(3).iter().map(|z| -20.0 * follows * shared + 0.01 * z).collect()).collect();
        Late { steps, way: 20.0, gradients, moved }
    }

    #[test]
    fn a_rest_away_from_a_stationary_point_is_told_from_a_slow_flow_and_from_noise() {
        let at = Address::root(5);
        let count = |of: &dyn Fn(u64) -> Late| (0..200).filter(|seed| Rest::of(&of(*seed), 0.95, at).elsewhere()).count();
        assert!(count(&|seed| late(0.1, 0.0, 0.0, seed)) > 195);
        assert_eq!(count(&|seed| late(0.1, 1.0, 0.0, seed)), 0);
        // False alarms: at most one in a thousand each, 200 tries; more than four by chance with probability 2e-6.
        assert!(count(&|seed| late(0.0, 0.0, 0.0, seed)) <= 4);
        // A gradient that goes like the step is none in the limit.
        assert!(count(&|seed| late(0.0, 0.0, 5.0, seed)) <= 4);
    }

    #[test]
    fn the_intercept_of_a_line_is_found_and_equal_steps_give_the_mean() {
        let weights = intercept(&[0.4, 0.2, 0.1]);
        let height: f64 = weights.iter().zip([0.4, 0.2, 0.1]).map(|(w, x)| w * (3.0 + 7.0 * x)).sum();
        assert!((height - 3.0).abs() < 1e-12);
        assert_eq!(intercept(&[0.1, 0.1]), vec![0.5, 0.5]);
    }
}
