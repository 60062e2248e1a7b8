//! Repeats of a trial, and the share of intervals that cover.

use crate::random::RngKey;
use crate::stats::{clopper_pearson, median};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The nominal levels at which every interval is tried.
pub const LEVELS: [f64; 3] = [0.90, 0.95, 0.99];

/// What an interval promises.
///
/// ```
/// use rtrl_lab::calibration::Kind;
/// assert_eq!(serde_json::to_string(&Kind::Confidence).unwrap(), "\"confidence\"");
/// assert_eq!(serde_json::from_str::<Kind>("\"bound\"").unwrap(), Kind::Bound);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It covers at its level: more often is as wrong as less often.
    Confidence,
    /// It covers at least at its level: a bound that allows for more than sampling, or an interval
    /// around a number that does not depend on the noise.
    Bound,
}

/// What an interval is to cover.
///
/// ```
/// # use rtrl_lab::calibration::{Kind, Replicate, Scenario, Truth, coverage};
/// // The median of all draws is 2.
/// let (kind, intervals) = (Kind::Bound, [None, Some([1.5, 2.5]), None]);
/// let run = Box::new(move |_| {
///     let truth = Truth::Median(vec![1.0, 2.0, 9.0]);
///     vec![Replicate { estimator: "median", kind, truth, value: 2.25, intervals }]
/// });
/// let scenario = Scenario { case: "three draws".into(), heavy: false, run };
/// let row = &coverage(&scenario, 20, rtrl_lab::random::RngKey::root(1))[0];
/// assert_eq!((row.coverage, row.bias, row.width), (Some(1.0), 0.25, Some(1.0)));
/// ```
#[derive(Clone, Debug)]
pub enum Truth {
    /// The number.
    Exact(f64),
    /// The mean of this number over repeats: each repeat knows it exactly for its own draw.
    Mean(f64),
    /// The median of the law that all these numbers were drawn from: each repeat knows its own
    /// draws exactly.
    Median(Vec<f64>),
    /// The number, as a far longer simulation gave it, with its standard error.
    Simulated {
        /// The number.
        value: f64,
        /// Its standard error.
        error: f64,
    },
}

/// One repeat of one estimator: the truth and its interval at each of [`LEVELS`], `None` where the
/// estimator said undefined.
///
/// ```
/// # use rtrl_lab::calibration::{Kind, Replicate, Scenario, Truth, coverage};
/// let undefined = |_| {
///     let (kind, truth, value) = (Kind::Confidence, Truth::Exact(0.0), f64::NAN);
///     vec![Replicate { estimator: "mean", kind, truth, value, intervals: [None; 3] }]
/// };
/// let scenario = Scenario { case: "never".into(), heavy: true, run: Box::new(undefined) };
/// let rows = coverage(&scenario, 20, rtrl_lab::random::RngKey::root(1));
/// assert_eq!((rows.len(), rows[0].undefined, rows[0].coverage), (1, 20, None));
/// ```
#[derive(Clone, Debug)]
pub struct Replicate {
    /// The estimator's name.
    pub estimator: &'static str,
    /// What its interval promises.
    pub kind: Kind,
    /// What it is to cover.
    pub truth: Truth,
    /// Point estimate, NaN where undefined.
    pub value: f64,
    /// Ends of the interval at each level.
    pub intervals: [Option<[f64; 2]>; 3],
}

/// A setting in which estimators are tried; a repeat is a pure function of its key.
///
/// ```
/// # use rtrl_lab::{calibration::{Kind, Replicate, Scenario, Truth}, random::{Noise, RngKey}};
/// let run = Box::new(|key| {
///     let (truth, value) = (Truth::Exact(0.5), Noise::at(key).uniform());
///     vec![Replicate { estimator: "u", kind: Kind::Bound, truth, value, intervals: [None; 3] }]
/// });
/// let scenario = Scenario { case: "uniform".into(), heavy: false, run };
/// let of = |seed| (scenario.run)(RngKey::root(seed))[0].value;
/// assert!(of(1) == of(1) && of(1) != of(2), "a repeat is a function of its key");
/// ```
pub struct Scenario {
    /// Name of the setting.
    pub case: String,
    /// Whether one repeat takes long, so that fewer are made.
    pub heavy: bool,
    /// One repeat.
    pub run: Box<dyn Fn(RngKey) -> Vec<Replicate> + Sync + Send>,
}

/// Coverage of one estimator in one setting at one level.
///
/// ```
/// use rtrl_lab::calibration::{CoverageRow, Kind};
/// let row = CoverageRow {
///     estimator: "rate".into(), case: "linear".into(), kind: Kind::Confidence, level: 0.95,
///     repeats: 2000, coverage: Some(1.0), coverage_lower: 0.9962, coverage_upper: 1.0,
///     undefined: 0, bias: 0.0, width: None, truth_error: None,
/// };
/// assert!(!row.passes(), "too wide is as wrong as too narrow");
/// assert!(CoverageRow { kind: Kind::Bound, ..row }.passes());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoverageRow {
    /// The estimator.
    pub estimator: String,
    /// The setting.
    pub case: String,
    /// What the interval promises.
    pub kind: Kind,
    /// Nominal level.
    pub level: f64,
    /// Repeats.
    pub repeats: usize,
    /// Share of the defined intervals that hold the truth; null without one.
    pub coverage: Option<f64>,
    /// Lower end of Clopper and Pearson's 99.9 % interval of the coverage.
    pub coverage_lower: f64,
    /// Upper end.
    pub coverage_upper: f64,
    /// Repeats on which the estimator said undefined.
    pub undefined: usize,
    /// Mean of estimate minus truth.
    pub bias: f64,
    /// Mean width of the interval.
    pub width: Option<f64>,
    /// Standard error of a truth that was simulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truth_error: Option<f64>,
}

/// Coverage asked for at each of [`LEVELS`]: 93–97 % of a 95 % interval, and of the others what an
/// interval covers that is as much too short (7.6 %) or too long (10.7 %) as one of 93 or 97 % is
/// for a normal law.
const ASKED: [[f64; 2]; 3] = [[0.871, 0.931], [0.93, 0.97], [0.982, 0.996]];
/// Largest standard error of a simulated truth, in mean widths of the intervals that are to cover
/// it: as far off as that, an exact interval still covers 94.6 % instead of 95.
const TRUTH: f64 = 0.05;
/// Repeats from which the share itself is asked for, at 95 %.
const MANY: usize = 2000;

impl CoverageRow {
    /// Coverage that is asked for at this row's level; of a bound, only the lower end counts.
    ///
    /// ```
    /// let table = rtrl_lab::calibration::Calibration::measured().unwrap();
    /// let row = table.coverage().find(|row| row.level == 0.95).unwrap();
    /// assert_eq!(row.asked(), Some([0.93, 0.97]));
    /// ```
    pub fn asked(&self) -> Option<[f64; 2]> {
        LEVELS.iter().position(|level| *level == self.level).map(|index| ASKED[index])
    }

    /// Whether the measured share itself lies in what is asked for.
    ///
    /// ```
    /// use rtrl_lab::calibration::Calibration;
    /// let table = Calibration::measured().unwrap();
    /// let row = table.coverage().find(|row| row.level == 0.95 && row.inside()).unwrap();
    /// assert!(row.coverage.unwrap() >= 0.93);
    /// ```
    pub fn inside(&self) -> bool {
        self.reaches(self.coverage, self.coverage)
    }

    /// Whether an interval of this kind may be shown. At 95 % with 2,000 repeats or more the
    /// measured share must lie in 93–97 %; with fewer, and at the levels 90 % and 99 %, whose
    /// shares are not measured as finely as they are asked for, its own 99.9 % interval must reach
    /// into what is asked for. A [`Kind::Bound`] may cover more often. A row without any defined
    /// interval has shown nothing, and does not pass, nor does one whose simulated truth is not
    /// known twenty times as well as the intervals say.
    ///
    /// ```
    /// let table = rtrl_lab::calibration::Calibration::measured().unwrap();
    /// let mut row = table.coverage().next().unwrap().clone();
    /// assert!(row.passes());
    /// row.coverage = None;
    /// assert!(!row.passes(), "without a defined interval nothing is shown");
    /// ```
    pub fn passes(&self) -> bool {
        if self.truth_error.is_some_and(|error| !self.width.is_some_and(|width| error <= TRUTH * width)) {
            return false;
        }
        if self.level == LEVELS[1] && self.repeats >= MANY {
            return self.inside();
        }
        self.coverage.is_some() && self.reaches(Some(self.coverage_upper), Some(self.coverage_lower))
    }

    /// Whether a share that may be as large as `most` and as small as `least` may be what is asked
    /// for.
    fn reaches(&self, most: Option<f64>, least: Option<f64>) -> bool {
        let (Some(most), Some(least), Some([low, high])) = (most, least, self.asked()) else { return false };
        most >= low && (self.kind == Kind::Bound || least <= high)
    }
}

/// Runs a trial `repeats` times and tallies its estimators, in the order of their names.
///
/// ```
/// # use rtrl_lab::{calibration::{Kind, Replicate, Scenario, Truth, coverage}, random::RngKey};
/// // One half is within a quarter of half of all uniform numbers.
/// let run = Box::new(|key| {
///     let (truth, value) = (Truth::Exact(0.5), rtrl_lab::random::Noise::at(key).uniform());
///     let intervals = [None, Some([value - 0.25, value + 0.25]), None];
///     vec![Replicate { estimator: "u", kind: Kind::Bound, truth, value, intervals }]
/// });
/// let scenario = Scenario { case: "uniform".into(), heavy: false, run };
/// let row = &coverage(&scenario, 4000, RngKey::root(1))[0];
/// assert!((row.coverage.unwrap() - 0.5).abs() < 0.04, "five standard deviations");
/// ```
pub fn coverage(trial: &Scenario, repeats: usize, key: RngKey) -> Vec<CoverageRow> {
    let key = key.within(&trial.case);
    let shots: Vec<Vec<Replicate>> = (0..repeats).into_par_iter().map(|repeat| (trial.run)(key.within(&repeat.to_string()))).collect();
    let mut by_estimator: BTreeMap<&str, Vec<&Replicate>> = BTreeMap::new();
    for shot in shots.iter().flatten() {
        by_estimator.entry(shot.estimator).or_default().push(shot);
    }
    let mut rows = Vec::new();
    for (estimator, shots) in by_estimator {
        let average = |of: &dyn Fn(&Replicate) -> Option<f64>| {
            let values: Vec<f64> = shots.iter().filter_map(|shot| of(shot)).collect();
            values.iter().sum::<f64>() / values.len().max(1) as f64
        };
        let mean = average(&|shot| if let Truth::Mean(own) = shot.truth { Some(own) } else { None });
        let pooled = pooled_median(&shots);
        let truth = |shot: &Replicate| match shot.truth {
            Truth::Exact(exact) => exact,
            Truth::Mean(_) => mean,
            Truth::Median(_) => pooled,
            Truth::Simulated { value, .. } => value,
        };
        for (index, level) in LEVELS.into_iter().enumerate() {
            // A heavy trial asks for one level alone.
            if index != 1 && shots.iter().all(|shot| shot.intervals[index].is_none()) {
                continue;
            }
            let defined: Vec<(&Replicate, [f64; 2])> = shots.iter().filter_map(|shot| Some((*shot, shot.intervals[index]?))).collect();
            let hits = defined.iter().filter(|(shot, ends)| ends[0] <= truth(shot) && truth(shot) <= ends[1]).count();
            let n = defined.len();
            let (coverage_lower, coverage_upper) = clopper_pearson(hits, n, 0.999);
            let count = n.max(1) as f64;
            rows.push(CoverageRow {
                estimator: estimator.to_string(),
                case: trial.case.clone(),
                kind: shots[0].kind,
                level,
                repeats: shots.len(),
                coverage: (n > 0).then(|| hits as f64 / n as f64),
                coverage_lower,
                coverage_upper,
                undefined: shots.len() - n,
                bias: defined.iter().map(|(shot, _)| shot.value - truth(shot)).sum::<f64>() / count,
                truth_error: shots.iter().filter_map(|shot| if let Truth::Simulated { error, .. } = shot.truth { Some(error) } else { None }).next(),
                // A one-sided interval has no width.
                width: Some(defined.iter().map(|(_, ends)| ends[1] - ends[0]).sum::<f64>() / count).filter(|width| width.is_finite()),
            });
        }
    }
    rows
}

/// The median of all draws of all repeats; NaN without one.
fn pooled_median(shots: &[&Replicate]) -> f64 {
    let draws = shots.iter().filter_map(|shot| if let Truth::Median(own) = &shot.truth { Some(own) } else { None });
    median(draws.flatten().copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Noise;
    use crate::stats::normal_quantile;

    fn normal_mean(shift: f64) -> Scenario {
        let run = move |key: RngKey| {
            let value = Noise::at(key).normal_vector(1)[0];
            let half = |level: f64| normal_quantile(0.5 + level / 2.0);
            let intervals = LEVELS.map(|level| Some([value + shift - half(level), value + shift + half(level)]));
            vec![Replicate { estimator: "mean", kind: Kind::Confidence, truth: Truth::Exact(0.0), value, intervals }]
        };
        Scenario { case: "normal".into(), heavy: false, run: Box::new(run) }
    }

    #[test]
    fn an_exact_interval_passes_and_a_shifted_one_does_not() {
        // The exact interval's coverage leaves 93–97 % over 4,000 repeats with probability 6e-9.
        let at = RngKey::root(1);
        let sound = coverage(&normal_mean(0.0), 4000, at);
        assert!(sound.len() == 3 && sound.iter().all(CoverageRow::passes), "{sound:?}");
        let shifted = coverage(&normal_mean(0.7), 4000, at);
        assert!(shifted.iter().all(|row| !row.passes()), "{shifted:?}");
    }

    #[test]
    fn a_row_passes_by_what_it_shows() {
        let row = |level, kind, repeats, share: Option<f64>| {
            let (coverage_lower, coverage_upper) =
                clopper_pearson(share.map_or(0, |share| (share * repeats as f64).round() as usize), repeats, 0.999);
            let (estimator, case) = (String::new(), String::new());
            CoverageRow {
                estimator,
                case,
                kind,
                level,
                repeats,
                coverage: share,
                coverage_lower,
                coverage_upper,
                undefined: 0,
                bias: 0.0,
                width: None,
                truth_error: None,
            }
        };
        let (exact, bound) = (Kind::Confidence, Kind::Bound);
        let cases = [
            (row(0.95, exact, 2000, None), false),
            (row(0.95, bound, 400, None), false),
            (row(0.95, exact, 2000, Some(0.931)), true),
            (row(0.95, exact, 2000, Some(0.929)), false),
            (row(0.95, exact, 2000, Some(0.971)), false),
            (row(0.95, bound, 2000, Some(0.999)), true),
            (row(0.95, exact, 400, Some(0.91)), true),
            (row(0.95, exact, 400, Some(0.88)), false),
            (row(0.90, exact, 2000, Some(0.90)), true),
            (row(0.90, exact, 2000, Some(0.84)), false),
            (row(0.90, exact, 2000, Some(0.96)), false),
            (row(0.90, bound, 2000, Some(0.84)), false),
            (row(0.99, exact, 2000, Some(0.96)), false),
            (row(0.99, exact, 2000, Some(0.99)), true),
            (row(0.99, exact, 20_000, Some(0.9999)), false),
            (row(0.80, exact, 2000, Some(0.80)), false),
        ];
        for (row, passes) in cases {
            assert_eq!(row.passes(), passes, "{row:?}");
        }
        assert!(!row(0.95, exact, 400, Some(0.91)).inside());
        let of_truth = |error, width| CoverageRow { truth_error: Some(error), width, ..row(0.95, exact, 2000, Some(0.95)) }.passes();
        assert_eq!(
            [of_truth(0.05, Some(1.0)), of_truth(0.06, Some(1.0)), of_truth(0.0, None), of_truth(f64::NAN, Some(1.0))],
            [true, false, false, false]
        );
    }
}
