//! The largest step at which learning is stable, as runs show it.

use super::ComparePlan;
use crate::study::StudyCase;
use crate::training::{DOUBLINGS, HALVINGS, Method, stable_step};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The largest stable step of the first method in a case, seed by seed.
///
/// [`stable_step`] from the schedule's first step, in runs of `steps` steps or at least fifty
/// updates of the method. Undefined in a seed where the loss of the weights that learning begins
/// with is zero, or no number.
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
    /// Of every seed the largest step that was stable and the smallest above it that was not;
    /// neither where that is undefined.
    pub found: Vec<[Option<f64>; 2]>,
}

impl StableSteps {
    /// What was found in the seeds in which it is defined.
    pub(crate) fn defined(&self) -> impl Iterator<Item = [Option<f64>; 2]> {
        self.found.iter().copied().filter(|ends| *ends != [None; 2])
    }

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
        self.defined().map(|[low, _]| low).collect::<Option<Vec<f64>>>().and_then(|all| all.into_iter().reduce(f64::min))
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
        self.defined().filter_map(|[_, high]| high).reduce(f64::min)
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
    /// Seeds of all cases of which stable steps are sought.
    pub(crate) fn stability_units(&self) -> usize {
        if self.stability == 0 { 0 } else { self.cases().len() * self.seeds() }
    }

    /// Steps of all runs of one seed, at most.
    pub(super) fn stability_steps(&self) -> usize {
        let runs = 1 + 1 + DOUBLINGS + HALVINGS;
        if self.stability == 0 { 0 } else { runs * self.stability_run() }
    }

    /// Steps of a run: as many as asked for, or fifty updates.
    fn stability_run(&self) -> usize {
        let kind = self.methods[0].kind();
        self.stability.max(50 * self.methods[0].period()).min(kind.most_steps().unwrap_or(usize::MAX))
    }

    /// The largest stable steps of every case, of one seed in `every`, the others as if they were
    /// undefined; none where the study asks for no runs. `done` is called after each seed.
    pub(crate) fn stability(&self, every: usize, done: &(dyn Fn() + Sync)) -> Vec<StableSteps> {
        let (method, steps, seeds) = (self.methods[0], self.stability_run(), self.seeds());
        let one = |unit: usize| {
            let (case, seed) = (unit / seeds, unit % seeds);
            let found = if seed.is_multiple_of(every) { self.stable_steps(case, seed, method, steps) } else { [None; 2] };
            done();
            found
        };
        let all: Vec<[Option<f64>; 2]> = (0..self.stability_units()).into_par_iter().with_max_len(1).map(one).collect();
        let of_case = |(found, case): (&[[Option<f64>; 2]], &StudyCase)| StableSteps {
            case: case.case.name.clone(),
            method: method.to_string(),
            steps,
            first: case.case.learning.schedule.step(0),
            found: found.to_vec(),
        };
        all.chunks_exact(seeds).zip(&self.studies[0].cases).map(of_case).collect()
    }

    fn stable_steps(&self, case: usize, seed: usize, method: Method, steps: usize) -> [Option<f64>; 2] {
        let case = &self.studies[seed].cases[case].case;
        let key = case.key.within("stability");
        let training = self.training(case, method, case.learning.schedule);
        stable_step(&training, &case.network, case.start.spread, key, steps)
    }
}
