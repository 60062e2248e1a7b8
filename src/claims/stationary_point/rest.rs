//! Whether learning rests where the gradient does not vanish: what stays of it from look to look in
//! the mean over runs, and whether the runs follow it.

use super::mean;
use crate::stats::{Estimate, Undefined};

/// Level at which some coordinate of the gradient is said to be there to stay, all coordinates
/// taken together.
const SURE: f64 = 0.99;
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

/// One coordinate of the gradient over the last two looks.
pub(super) struct Coordinate {
    /// Its place among the parameters.
    pub index: usize,
    /// Its mean over runs and looks.
    pub gradient: Estimate,
    /// Share of it that the runs followed.
    pub followed: Result<Estimate, Undefined>,
}

/// What the last looks say.
pub(super) struct Rest {
    /// Mean over runs of the product of a run's gradients at its last two looks: what the noise of
    /// the steps leaves is forgotten from look to look.
    pub kept: Result<Estimate, Undefined>,
    /// The coordinate whose mean is farthest from zero in its standard errors, of those that rest
    /// where any does; `None` where a mean is not finite.
    pub farthest: Option<Coordinate>,
    /// Some coordinate surely stays and is not followed.
    pub elsewhere: bool,
    /// Some coordinate is surely more than twice the drift at the level of the intervals, whatever
    /// it does with the step: too little to contradict, too much to support.
    pub suspicious: bool,
}

impl Rest {
    /// Weighs the last two looks `a` and `b`, coordinate by coordinate.
    ///
    /// ```text
    /// ḡ = Σ_{i = a,b} g_i/α_i / Σ 1/α_i
    ///     not zero, by Student's interval over runs at a level shared by all coordinates
    /// |drift| < ½ |ḡ|,   drift = − Δθ / Σα
    ///     at the same level; and < ½ |g_a|, < ½ |g_b| at 95 %
    /// |g_b α_a − g_a α_b| / (α_a − α_b) ≥ ½ |g_b|, and not zero at 95 %
    ///     a gradient that goes like α is none in the limit
    /// ```
    ///
    /// The rule moves by `−Σ α (∇J + bias)` in the mean. Without a bias the drift lies between
    /// `g_a` and `g_b` wherever the gradient goes one way between them, be it down or up: it is
    /// then no smaller than the smaller of them. Where a biased rule rests, the drift goes to zero
    /// and the gradient does not. Coordinates, not the norm: a coordinate in which the loss is
    /// steep holds nearly all of the noise and little of the bias.
    pub(super) fn of(late: &Late, level: f64) -> Rest {
        let Some(last) = late.steps.len().checked_sub(1).filter(|last| *last > 0) else {
            return Rest {
                kept: Err(Undefined::because("one look tells nothing of what stays")),
                farthest: None,
                elsewhere: false,
                suspicious: false,
            };
        };
        let products: Vec<f64> = late.gradients.iter().map(|looks| looks[last - 1].iter().zip(&looks[last]).map(|(a, b)| a * b).sum()).collect();
        let width = late.moves.first().map_or(0, Vec::len);
        let all = || (0..width).map(|index| Pair::of(late, index));
        let shared = |level: f64| 1.0 - (1.0 - level) / width.max(1) as f64;
        let stays = |at: f64| all().any(|pair| pair.rests(shared(at)));
        let elsewhere = stays(SURE);
        // Of those that rest, where any does.
        let asked = all().enumerate().filter(|(_, pair)| !elsewhere || pair.rests(shared(SURE)));
        let farthest = asked.filter_map(|(index, pair)| Some((index, mean(&pair.pooled(), level).ok()?))).reduce(|best, next| {
            let far = |(_, mean): &(usize, Estimate)| if mean.value == 0.0 { 0.0 } else { mean.value.abs() / mean.standard_error };
            if far(&next) > far(&best) { next } else { best }
        });
        Rest {
            kept: mean(&products, level),
            farthest: farthest.map(|(index, gradient)| Coordinate { index, gradient, followed: Pair::of(late, index).followed(level) }),
            elsewhere,
            suspicious: all().any(|pair| pair.unfollowed(shared(level)).is_some_and(|sign| pair.behind_both(sign))),
        }
    }
}

impl Rest {
    /// The same where the gradient at a look is not what the rule moves by, so that a rest is open
    /// at best.
    pub(super) fn left_open(self) -> Rest {
        Rest { suspicious: self.suspicious || self.elsewhere, elsewhere: false, ..self }
    }
}

/// A coordinate at the last two looks, run by run.
struct Pair {
    gradients: [Vec<f64>; 2],
    steps: [f64; 2],
    drift: Vec<f64>,
}

impl Pair {
    fn of(late: &Late, index: usize) -> Self {
        let last = late.steps.len() - 1;
        let at = |look: usize| late.gradients.iter().map(|looks| looks[look][index]).collect();
        let drift = late.moves.iter().map(|moved| -moved[index] / late.way).collect();
        Pair { gradients: [at(last - 1), at(last)], steps: [late.steps[last - 1], late.steps[last]], drift }
    }

    /// The mean of both looks; their variances go like the step.
    fn pooled(&self) -> Vec<f64> {
        let [a, b] = self.steps.map(|step| 1.0 / step);
        self.gradients[0].iter().zip(&self.gradients[1]).map(|(x, y)| (a * x + b * y) / (a + b)).collect()
    }

    /// The sign of a gradient that is surely more than twice the drift; `None` where there is none.
    fn unfollowed(&self, level: f64) -> Option<f64> {
        let pooled = self.pooled();
        let gradient = mean(&pooled, level).ok().filter(|gradient| gradient.lower > 0.0 || gradient.upper < 0.0)?;
        let sign = gradient.value.signum();
        self.behind(&pooled, sign, level).then_some(sign)
    }

    fn behind(&self, gradient: &[f64], sign: f64, level: f64) -> bool {
        let left: Vec<f64> = self.drift.iter().zip(gradient).map(|(drift, g)| sign * (drift - FOLLOWED * g)).collect();
        mean(&left, level).is_ok_and(|left| left.upper < 0.0)
    }

    /// Whether the drift is less than half of the gradient at either look.
    fn behind_both(&self, sign: f64) -> bool {
        self.gradients.iter().all(|look| self.behind(look, sign, 0.95))
    }

    fn rests(&self, level: f64) -> bool {
        let Some(sign) = self.unfollowed(level) else { return false };
        let behind = self.behind_both(sign);
        let [long, short] = self.steps;
        // Steps that differ by rounding alone are one step.
        if long - short <= 1e-6 * long {
            return behind;
        }
        let [before, last] = &self.gradients;
        let limit: Vec<f64> = before.iter().zip(last).map(|(a, b)| sign * (b * long - a * short) / (long - short)).collect();
        let least = FOLLOWED * sign * last.iter().sum::<f64>() / last.len() as f64;
        behind && mean(&limit, 0.95).is_ok_and(|limit| limit.lower > 0.0 && limit.value >= least)
    }

    /// Ratio of the mean drift to the mean gradient; Student's interval of its linear part.
    fn followed(&self, level: f64) -> Result<Estimate, Undefined> {
        let gradient = self.pooled();
        let below = mean(&gradient, level)?;
        if below.contains(0.0) {
            return Err(Undefined::because("no coordinate of the gradient is told from zero in the mean over runs"));
        }
        let ratio = mean(&self.drift, level)?.value / below.value;
        let linear: Vec<f64> = self.drift.iter().zip(&gradient).map(|(x, y)| ratio + (x - ratio * y) / below.value).collect();
        mean(&linear, level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Noise, RngKey};

    /// Twelve runs with a gradient that stays in one of three coordinates, bends with the step, and
    /// has noise of the step, ten times as much in another; they follow a share of it.
    fn late(stays: f64, follows: f64, bend: f64, seed: u64) -> Late {
        let steps = vec![0.01, 0.005, 0.0025];
        let mut noise = Noise::at(RngKey::root(seed).within("rest"));
        let (mut gradients, mut moves) = (Vec::new(), Vec::new());
        for _ in 0..12 {
            let mut look = |step: &f64| -> Vec<f64> {
                let z = noise.normal_vector(3);
                vec![stays + bend * step + 0.3 * step.sqrt() * z[0], 3.0 * step.sqrt() * z[1], 0.3 * step.sqrt() * z[2]]
            };
            gradients.push(steps.iter().map(&mut look).collect());
            moves.push(noise.normal_vector(3).iter().zip([stays, 0.0, 0.0]).map(|(z, stays)| -20.0 * follows * stays + 0.01 * z).collect());
        }
        Late { steps, way: 20.0, gradients, moves }
    }

    #[test]
    fn a_rest_away_from_a_stationary_point_is_told_from_a_slow_flow_and_from_noise() {
        let count = |of: &dyn Fn(u64) -> Late| (0..200).filter(|seed| Rest::of(&of(*seed), 0.95).elsewhere).count();
        // The limit lies 2.8 standard errors from zero, so that about 146 are found; fewer than 111
        // with probability 1e-8.
        assert!(count(&|seed| late(0.03, 0.0, 0.0, seed)) > 110);
        assert_eq!(count(&|seed| late(0.03, 1.0, 0.0, seed)), 0);
        // False alarms: at most one in a hundred each, 200 tries; more than ten by chance with
        // probability 8e-6.
        assert!(count(&|seed| late(0.0, 0.0, 0.0, seed)) <= 10);
        let open = Rest::of(&late(0.06, 0.0, 0.0, 1), 0.95);
        assert!(open.elsewhere);
        let open = open.left_open();
        assert!(!open.elsewhere && open.suspicious);
        let found = Rest::of(&late(0.03, 0.0, 0.0, 1), 0.95).farthest.unwrap();
        assert!(found.index == 0 && (found.gradient.value - 0.03).abs() < 5.0 * found.gradient.standard_error, "{:?}", found.gradient);
    }

    #[test]
    fn a_gradient_that_goes_like_the_step_is_none_in_the_limit() {
        let count = (0..200).filter(|seed| Rest::of(&late(0.0, 0.0, 40.0, *seed), 0.95).elsewhere).count();
        assert!(count <= 10, "{count}");
    }

    #[test]
    fn a_gradient_on_its_way_up_or_down_is_followed() {
        for factor in [0.01f64, 0.2, 5.0, 100.0] {
            let gradients = (0..6).map(|_| vec![vec![1.0], vec![factor]]).collect();
            let moves = (0..6).map(|_| vec![-10.0 * (factor - 1.0) / libm::log(factor)]).collect();
            let rest = Rest::of(&Late { steps: vec![0.1, 0.1], way: 10.0, gradients, moves }, 0.95);
            assert!(!rest.elsewhere && !rest.suspicious, "{factor}");
        }
    }
}
