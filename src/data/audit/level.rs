//! Whether a series returns to a level, moves along a line, or wanders.

use crate::stats::{augmented_dickey_fuller, autocorrelation_time, constant_to_rounding, kpss, mean_and_deviation};
use serde::{Deserialize, Serialize};

/// Critical value of the Dickey–Fuller statistic at 1 %, about a line. Source: MacKinnon (1994),
/// doi 10.1080/07350015.1994.10510005.
const ABOUT_LINE: f64 = -3.96;
/// The same about a level is told by its p-value.
const SMALL: f64 = 0.01;
/// Share of what independent steps would make, above which a level wanders.
pub(super) const WANDERING: f64 = 0.25;
/// Deviations by which a line has to move to be a trend, and standard errors.
const TREND: [f64; 2] = [1.0, 4.0];

/// Level, line and unit root of a series in standard deviations.
///
/// ```
/// use rtrl_lab::{data::audit::Audit, random::{Noise, RngKey}};
/// let noise = Noise::at(RngKey::root(3)).normal_vector(2000);
/// let level = Audit::of(&noise, RngKey::root(1)).unwrap().level;
/// assert!(level.unit_root_rejected && level.change.abs() < 0.5);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The Dickey–Fuller statistic about a level, where it is finite.
    pub dickey_fuller: Option<f64>,
    /// Its p-value.
    pub dickey_fuller_p: Option<f64>,
    /// Whether that rejects a unit root at 1 %.
    pub unit_root_rejected: bool,
    /// The statistic of what a line leaves, where it is finite.
    pub about_line: Option<f64>,
    /// Whether that rejects a unit root at 1 %.
    pub unit_root_about_line_rejected: bool,
    /// The KPSS statistic of a level.
    pub kpss: Option<f64>,
    /// Its p-value, from 0.01 to 0.10.
    pub kpss_p: Option<f64>,
    /// By how much the fitted line moves over the record, in standard deviations.
    pub change: f64,
    /// The standard error of that, with the autocorrelation time of what the line leaves.
    pub change_error: f64,
    /// `E (x_{t+k} − x_t)²/(k E (x_{t+1} − x_t)²)` with k the root of the length: 1 for a sum of
    /// independent steps, about 1/k where the level is kept.
    pub spread_of_steps: f64,
    /// Whether the line leaves nothing but rounding.
    pub exact_line: bool,
}

impl Level {
    /// The level of a series of variance 1, and what a line leaves of it.
    pub(super) fn of(series: &[f64]) -> (Level, Vec<f64>) {
        let n = series.len() as f64;
        let place = |t: usize| (t as f64 + 0.5) / n - 0.5;
        let squares: f64 = (0..series.len()).map(|t| place(t) * place(t)).sum();
        let change = series.iter().enumerate().map(|(t, x)| place(t) * x).sum::<f64>() / squares;
        let rest: Vec<f64> = series.iter().enumerate().map(|(t, x)| x - change * place(t)).collect();
        let (_, deviation) = mean_and_deviation(&rest);
        // A line holds a whole standard deviation; what is left of an exact one is rounding.
        let exact_line = deviation < 1e-9 || constant_to_rounding(&rest);
        let time = autocorrelation_time(&rest).unwrap_or(1.0);
        let change_error = if exact_line { 0.0 } else { deviation * (time / squares).sqrt() };
        let about_level = augmented_dickey_fuller(series).ok();
        let about_line = if exact_line { None } else { augmented_dickey_fuller(&rest).ok() };
        let level_test = kpss(series).ok();
        let finite = |statistic: f64| Some(statistic).filter(|statistic| statistic.is_finite());
        let level = Level {
            dickey_fuller: about_level.and_then(|test| finite(test.statistic)),
            dickey_fuller_p: about_level.map(|test| test.p_value),
            unit_root_rejected: about_level.is_some_and(|test| test.p_value < SMALL),
            about_line: about_line.and_then(|test| finite(test.statistic)),
            unit_root_about_line_rejected: about_line.is_some_and(|test| test.statistic < ABOUT_LINE),
            kpss: level_test.map(|test| test.statistic),
            kpss_p: level_test.map(|test| test.p_value),
            change,
            change_error,
            spread_of_steps: spread_of_steps(series),
            exact_line,
        };
        (level, rest)
    }

    /// Whether the series follows a line.
    pub(super) fn trends(&self) -> bool {
        let [moved, sure] = TREND;
        let about = self.exact_line || self.unit_root_about_line_rejected;
        self.change.abs() > moved && self.change.abs() > sure * self.change_error && about
    }
}

fn spread_of_steps(series: &[f64]) -> f64 {
    let k = (series.len() as f64).sqrt() as usize;
    let mean_square =
        |lag: usize| series.windows(lag + 1).map(|run| (run[lag] - run[0]) * (run[lag] - run[0])).sum::<f64>() / (series.len() - lag) as f64;
    let one = mean_square(1);
    if one > 0.0 { mean_square(k) / (k as f64 * one) } else { 0.0 }
}
