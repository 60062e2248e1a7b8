//! Whether learning rests where the gradient does not vanish: the gradient that each run keeps from look to look, and the share of it that the run follows.

use crate::stats::{Estimate, Sample, Undefined};

/// Level at which a gradient is said to be there to stay.
const SURE: f64 = 0.999;
/// A rule that follows less than this share of the gradient is at rest.
const FOLLOWED: f64 = 0.5;

/// The last looks at some learning runs.
pub(super) struct Late {
    /// Step sizes at the looks.
    pub steps: Vec<f64>,
    /// The way `Σ α` from the last look but one to the last.
    pub way: f64,
    /// Gradients, by run and look, on noise of their own at each look.
    pub gradients: Vec<Vec<Vec<f64>>>,
    /// Where each run went on that way.
    pub moves: Vec<Vec<f64>>,
}

/// What the last looks say.
pub(super) struct Rest {
    /// Mean over runs of the product of a run's gradients at its last two looks.
    pub kept: Result<Estimate, Undefined>,
    /// The same in the limit of a step of zero.
    pub limit: Result<Estimate, Undefined>,
    /// Share of the kept gradient that the runs followed; `Undefined` where none is seen.
    pub followed: Result<Estimate, Undefined>,
    /// Whether the limit is surely above zero.
    sure: bool,
}

impl Rest {
    /// Weighs the last looks.
    ///
    /// ```text
    /// P_ij = mean over runs of ⟨g(t_i), g(t_j)⟩
    /// limit = ( P_23 − r P_12 ) / (1 − r),   r = α_3/α_1                    (P itself with fewer looks or one step)
    /// f = − mean of ⟨Δθ, ½ (g(t_2) + g(t_3))⟩ / ( Σα · P_23 )
    /// ```
    ///
    /// What the noise of the steps leaves of the gradient is forgotten from look to look, and what is measured at two looks has errors of its own at each: neither is in `P`. A gradient
    /// that goes like `α` has none in the limit. The rule moves by `−Σ α (∇J + bias)` in the mean. Without a bias a gradient that changes by a factor `e^{∓c}` on the way has
    /// `f = sinh(c)/c ≥ 1`, be it on its way down or up; where a biased rule rests, `f → 0`.
    pub fn of(late: &Late, level: f64) -> Rest {
        let Some(last) = late.steps.len().checked_sub(1).filter(|last| *last > 0) else {
            let why = || Undefined::because("one look tells nothing of what stays");
            return Rest { kept: Err(why()), limit: Err(why()), followed: Err(why()), sure: false };
        };
        let product = |i: usize, j: usize| -> Vec<f64> { late.gradients.iter().map(|looks| dot(&looks[i], &looks[j])).collect() };
        let kept = product(last - 1, last);
        let share = if last >= 2 { late.steps[last] / late.steps[last - 2] } else { 1.0 };
        // Steps that differ by rounding alone are one step.
        let limit: Vec<f64> = if share < 1.0 - 1e-6 {
            kept.iter().zip(product(last - 2, last - 1)).map(|(late, early)| (late - share * early) / (1.0 - share)).collect()
        } else {
            kept.clone()
        };
        let mean = |values: &[f64], level: f64| Sample::new(values).and_then(|sample| sample.mean(level));
        let sure = mean(&limit, SURE).is_ok_and(|limit| limit.lower > 0.0);
        let found = mean(&kept, level);
        let followed = match &found {
            Ok(kept_mean) if kept_mean.lower > 0.0 => followed(late, &kept, level),
            Ok(_) => Err(Undefined::because("no gradient is seen to stay")),
            Err(why) => Err(why.clone()),
        };
        Rest { kept: found, limit: mean(&limit, level), followed, sure }
    }

    /// The runs keep a gradient that will stay, and do not follow it.
    pub fn elsewhere(&self) -> bool {
        self.sure && self.followed.as_ref().is_ok_and(|followed| followed.upper < FOLLOWED)
    }

    /// The same at the level of the intervals: too little to contradict, too much to support.
    pub fn suspicious(&self) -> bool {
        self.limit.as_ref().is_ok_and(|limit| limit.lower > 0.0) && self.followed.as_ref().is_ok_and(|followed| followed.upper < FOLLOWED)
    }

    /// The runs follow the gradient that they keep.
    pub fn follows(&self) -> bool {
        self.followed.as_ref().is_ok_and(|followed| followed.lower > FOLLOWED)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The ratio of two means over runs; Student's interval of its linear part.
fn followed(late: &Late, kept: &[f64], level: f64) -> Result<Estimate, Undefined> {
    let last = late.steps.len() - 1;
    let moved: Vec<f64> = late
        .moves
        .iter()
        .zip(&late.gradients)
        .map(|(moved, looks)| -0.5 * (dot(moved, &looks[last - 1]) + dot(moved, &looks[last])) / late.way)
        .collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (below, ratio) = (mean(kept), mean(&moved) / mean(kept));
    let linear: Vec<f64> = moved.iter().zip(kept).map(|(x, y)| ratio + (x - ratio * y) / below).collect();
    Sample::new(&linear)?.mean(level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Address, Noise};

    /// Twelve runs, each with a gradient of its own that stays, bends with the step, and has noise of the step; they follow a share of it.
    fn late(stays: f64, follows: f64, bend: f64, seed: u64) -> Late {
        let steps = vec![0.01, 0.005, 0.0025];
        let mut noise = Noise::at(Address::root(seed).within("rest"));
        let (mut gradients, mut moves) = (Vec::new(), Vec::new());
        for _ in 0..12 {
            let own: Vec<f64> = noise.normal_vector(3).iter().map(|z| stays * z).collect();
            let look = |step: &f64, noise: &mut Noise| -> Vec<f64> {
                noise.normal_vector(3).iter().zip(&own).map(|(z, own)| own + bend * step + 0.3 * step.sqrt() * z).collect()
            };
            gradients.push(steps.iter().map(|step| look(step, &mut noise)).collect());
            moves.push(noise.normal_vector(3).iter().zip(&own).map(|(z, own)| -20.0 * follows * own + 0.01 * z).collect());
        }
        Late { steps, way: 20.0, gradients, moves }
    }

    #[test]
    fn a_rest_away_from_a_stationary_point_is_told_from_a_slow_flow_and_from_noise() {
        let count = |of: &dyn Fn(u64) -> Late| (0..200).filter(|seed| Rest::of(&of(*seed), 0.95).elsewhere()).count();
        assert!(count(&|seed| late(0.1, 0.0, 0.0, seed)) > 150);
        assert_eq!(count(&|seed| late(0.1, 1.0, 0.0, seed)), 0);
        // False alarms: at most one in two thousand each, 200 tries; more than three by chance with probability 4e-6.
        assert!(count(&|seed| late(0.0, 0.0, 0.0, seed)) <= 3);
        // A gradient that goes like the step is none in the limit.
        assert!(count(&|seed| late(0.0, 0.0, 5.0, seed)) <= 3);
    }

    #[test]
    fn a_gradient_on_its_way_up_or_down_counts_as_followed() {
        for factor in [0.2f64, 5.0] {
            let c = libm::log(factor);
            let gradients = (0..6).map(|_| vec![vec![1.0], vec![factor]]).collect();
            let moves = (0..6).map(|_| vec![-10.0 * (factor - 1.0) / c]).collect();
            let followed = Rest::of(&Late { steps: vec![0.1, 0.1], way: 10.0, gradients, moves }, 0.95).followed.unwrap();
            assert!((followed.value - (factor - 1.0 / factor) / (2.0 * c)).abs() < 1e-12 && followed.value > 1.0);
        }
    }
}
