//! The largest step at which learning is stable, as runs show it.

use super::ComparePlan;
use crate::training::{Method, Schedule, Training};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Doublings of the schedule's first step, up or down, that are tried at most.
const DOUBLINGS: usize = 24;
/// Halvings of the interval between a stable and an unstable step, of a factor 2 at first.
const HALVINGS: usize = 3;
/// A run is unstable whose last quarter has a mean loss this many times that of not learning.
const WORSE: f64 = 10.0;

/// The largest stable step of the first method in a case, seed by seed.
///
/// A run of `steps` steps of one size is unstable where its loss leaves the finite numbers, or is
/// in the mean of its last quarter over ten times the loss of the weights that it began with. Steps
/// are tried in doublings from the schedule's first one, then between; a window of instability
/// below an unstable step is not seen, and a step that needs more time to lead away counts as
/// stable. Undefined where the loss at the start is zero.
///
/// ```
/// use rtrl_lab::study::StableSteps;
/// let (case, method) = ("a".to_string(), "RTRL".to_string());
/// let found = vec![[Some(0.5), Some(0.6)], [Some(0.3), Some(0.4)]];
/// let seen = StableSteps { case, method, steps: 9, first: 0.2, found };
/// assert_eq!(seen.clone(), seen);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StableSteps {
    /// The case.
    pub case: String,
    /// The method, in words.
    pub method: String,
    /// Steps of a run.
    pub steps: usize,
    /// The first step size of the study's schedule, its largest.
    pub first: f64,
    /// Of every seed the largest step that was stable and the smallest above it that was not.
    pub found: Vec<[Option<f64>; 2]>,
}

impl StableSteps {
    /// The largest step that was stable in every seed, where there is one.
    ///
    /// ```
    /// # use rtrl_lab::study::StableSteps;
    /// # let (case, method) = ("a".to_string(), "RTRL".to_string());
    /// let found = vec![[Some(0.5), Some(0.6)], [Some(0.3), Some(0.4)]];
    /// let seen = StableSteps { case, method, steps: 9, first: 0.2, found };
    /// assert_eq!(seen.stable(), Some(0.3));
    /// ```
    pub fn stable(&self) -> Option<f64> {
        self.found.iter().map(|[low, _]| *low).collect::<Option<Vec<f64>>>().and_then(|all| all.into_iter().reduce(f64::min))
    }

    /// The smallest step that was unstable in some seed, where there is one.
    ///
    /// ```
    /// # use rtrl_lab::study::StableSteps;
    /// # let (case, method) = ("a".to_string(), "RTRL".to_string());
    /// let found = vec![[Some(0.5), Some(0.6)], [Some(0.3), Some(0.4)]];
    /// let seen = StableSteps { case, method, steps: 9, first: 0.2, found };
    /// assert_eq!(seen.unstable(), Some(0.4));
    /// ```
    pub fn unstable(&self) -> Option<f64> {
        self.found.iter().filter_map(|[_, high]| *high).reduce(f64::min)
    }

    /// Whether the schedule's first step is more than half of what was stable in every seed.
    ///
    /// ```
    /// # use rtrl_lab::study::StableSteps;
    /// # let (case, method) = ("a".to_string(), "RTRL".to_string());
    /// let found = vec![[Some(0.5), Some(0.6)], [Some(0.3), Some(0.4)]];
    /// let seen = StableSteps { case, method, steps: 9, first: 0.2, found };
    /// assert!(seen.is_near() && !StableSteps { first: 0.1, ..seen }.is_near());
    /// ```
    pub fn is_near(&self) -> bool {
        self.unstable().is_some() && self.stable().is_none_or(|stable| self.first > 0.5 * stable)
    }
}

impl ComparePlan {
    /// The largest stable steps of every case; none where the study asks for no runs.
    pub(crate) fn stability(&self) -> Vec<StableSteps> {
        let method = self.methods[0];
        let cases = if self.stability == 0 { 0 } else { self.cases().len() };
        let one = |case: usize| {
            let own = &self.studies[0].cases[case].case;
            let steps = self.stability.min(method.kind().most_steps().unwrap_or(usize::MAX));
            let found = (0..self.studies.len()).into_par_iter().with_max_len(1).map(|seed| self.stable_steps(case, seed, method, steps)).collect();
            StableSteps { case: own.name.clone(), method: method.to_string(), steps, first: own.learning.schedule.step(0), found }
        };
        (0..cases).map(one).collect()
    }

    fn stable_steps(&self, case: usize, seed: usize, method: Method, steps: usize) -> [Option<f64>; 2] {
        let case = &self.studies[seed].cases[case].case;
        let key = case.key.within("stability");
        let quarter = (steps / 4).max(1);
        let losses = |step: f64| {
            let training = Training {
                method,
                scaling: self.scaling.clone(),
                clip: self.clip,
                lanes: self.lanes,
                reset: self.reset,
                projection: case.learning.projection,
                fixed: self.fixed(case),
                ..Training::plain(&*case.data, Schedule { initial: step, offset: 1.0, exponent: 0.0 })
            };
            let (mut all, mut late) = (0.0, 0.0);
            training.run(&case.network, case.start.spread, key, steps, &mut |taken| {
                all += taken.loss;
                late += if taken.t + quarter >= steps { taken.loss } else { 0.0 };
            });
            (all / steps as f64, late / quarter as f64)
        };
        let (still, _) = losses(0.0);
        if still.is_nan() || still <= 0.0 {
            return [None; 2];
        }
        let stable = |step: f64| losses(step).1 <= WORSE * still;
        let first = case.learning.schedule.step(0);
        let up = stable(first);
        let (mut low, mut high) = if up { (Some(first), None) } else { (None, Some(first)) };
        for doubling in 1..=DOUBLINGS {
            let step = first * libm::exp2(if up { doubling as f64 } else { -(doubling as f64) });
            if stable(step) {
                low = Some(step)
            } else {
                high = Some(step)
            }
            if low.is_some() && high.is_some() {
                break;
            }
        }
        if let (Some(low), Some(high)) = (&mut low, &mut high) {
            for _ in 0..HALVINGS {
                let middle = (*low * *high).sqrt();
                if stable(middle) { *low = middle } else { *high = middle }
            }
        }
        [low, high]
    }
}
