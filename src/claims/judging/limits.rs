//! What a level at the end of a run says of a limit: how it falls, whether the steps still to come
//! reach far enough, and how many would decide.

use crate::claims::judging::decay_rate;
use crate::random::{RngKey, stream};
use crate::stats::{Bootstrap, Estimate, IntervalKind, Undefined};
use crate::training::Schedule;

/// Largest number of steps that is spoken of.
const COUNTABLE: f64 = 1e15;

/// A level at the end of a run, how it got there and what it has to pass.
pub(in crate::claims) struct Standing {
    /// Steps done.
    pub steps: usize,
    /// The step sizes.
    pub schedule: Schedule,
    /// The level.
    pub level: Estimate,
    /// What the level has to fall below.
    pub threshold: f64,
    /// Slope of the log of the level against the log of time.
    pub trend: Result<Estimate, Undefined>,
    /// Whether what is left is the noise of the steps: it then goes like the step.
    pub noise: bool,
}

impl Standing {
    /// Whether the steps still to come are too few to bring the level down: their sum is finite,
    /// and the level that the trend leads to surely lies above the threshold.
    ///
    /// ```text
    /// d log level / d s = κ/(t α_t) along the way s = Σ α,   Σ_{u ≥ t} α_u = t α_t/(γ − 1)
    ///     for t ≫ t_0, γ > 1
    /// ⇒  log of what the rest of the way takes off = κ/(γ − 1)
    /// ```
    ///
    /// Without a trend the rest of the way takes off as much a length as the way so far took off a
    /// level of 1.
    pub(crate) fn stalled(&self) -> bool {
        let left = self.schedule.exponent - 1.0;
        if left <= 0.0 || self.noise || self.level.lower <= self.threshold {
            return false;
        }
        let fall = match &self.trend {
            Ok(trend) => (-trend.lower).max(0.0) / left,
            // Σ_{u ≥ t} α_u is in proportion to this share of the whole sum.
            Err(_) => {
                let rest = libm::pow(1.0 + self.steps as f64 / self.schedule.offset, -left);
                (-libm::log(self.level.lower)).max(0.0) * rest / (1.0 - rest)
            }
        };
        self.level.lower * libm::exp(-fall) > self.threshold
    }

    /// Whether a step that does not fall leaves a floor of noise that surely lies above the
    /// threshold.
    pub(crate) fn floored(&self) -> bool {
        let falls = self.trend.as_ref().map_or(true, |trend| trend.upper < 0.0);
        self.schedule.exponent == 0.0 && self.noise && !falls && self.level.lower > self.threshold
    }

    /// Steps after which the level passes the threshold: where it is the noise of the steps, as
    /// soon as the step has fallen so far; else by the trend.
    ///
    /// # Errors
    /// [`Undefined`] where the level does not fall, or not in a number of steps that can be told.
    pub(crate) fn steps_to_decide(&self) -> Result<Estimate, Undefined> {
        let now = self.steps as f64;
        let share = |level: f64| (level / self.threshold).max(1.0);
        let Schedule { offset, exponent, .. } = self.schedule;
        let ends = if self.noise {
            // α falls by the same share: 1 + t/t_0 grows by its root.
            let after = |level: f64| offset * ((1.0 + now / offset) * libm::pow(share(level), 1.0 / exponent) - 1.0);
            [self.level.lower, self.level.value, self.level.upper].map(after)
        } else {
            let trend = self.trend.clone()?;
            let after = |level: f64, slope: f64| if slope < 0.0 { now * libm::pow(share(level), -1.0 / slope) } else { f64::INFINITY };
            [after(self.level.lower, trend.lower), after(self.level.value, trend.value), after(self.level.upper, trend.upper)]
        };
        let [lower, value, upper] = ends;
        if value.is_nan() || value > COUNTABLE {
            return Err(Undefined::because("the level does not fall, as far as this run shows"));
        }
        if upper.is_nan() || upper > COUNTABLE {
            return Err(Undefined::because(format!("about {value:.1e} by the trend, which may as well not fall at all: no upper limit")));
        }
        let standard_error = (upper - lower) / (2.0 * crate::stats::normal_quantile(0.5 + self.level.level / 2.0));
        Ok(Estimate { value, standard_error, lower, upper, level: self.level.level })
    }

    /// How many steps would decide, in words.
    pub(crate) fn steps_in_words(&self) -> String {
        let why = if self.noise { "what is left is the noise of the steps and falls like them" } else { "what is left falls along the flow" };
        match self.steps_to_decide() {
            Ok(steps) => {
                format!("{why}: about {:.1e} steps [{:.1e}, {:.1e}] in all would take it below the margin", steps.value, steps.lower, steps.upper)
            }
            Err(undefined) => format!("steps that would decide: {}", undefined.reason),
        }
    }
}

/// Slope of the log of the median over runs against the log of time; `squares` holds one row a run.
/// The interval by resampling runs.
///
/// # Errors
/// [`Undefined`] where a median is not positive or there are fewer than two times.
pub(in crate::claims) fn trend(times: &[f64], squares: &[Vec<f64>], level: f64, key: RngKey) -> Result<Estimate, Undefined> {
    let slope = |runs: &[usize]| -> Option<f64> {
        let points = times.iter().enumerate().map(|(look, time)| {
            let middle = crate::stats::median(runs.iter().map(|run| squares[*run][look]).collect());
            (middle > 0.0).then(|| [libm::log(*time), libm::log(middle)])
        });
        steepness(&points.collect::<Option<Vec<[f64; 2]>>>()?)
    };
    let bootstrap = Bootstrap { resamples: decay_rate::RESAMPLES, key: key.within("trend").stream(stream::RESAMPLING) };
    if slope(&(0..squares.len()).collect::<Vec<_>>()).is_none() {
        return Err(Undefined::because("a median squared norm is not positive, so it has no logarithm, or there are fewer than two times"));
    }
    bootstrap.interval(squares.len(), slope, level, IntervalKind::Percentile)
}

/// The least-squares slope; `None` with fewer than two places.
fn steepness(points: &[[f64; 2]]) -> Option<f64> {
    let n = points.len() as f64;
    let mean = |axis: usize| points.iter().map(|p| p[axis]).sum::<f64>() / n;
    let (x, y) = (mean(0), mean(1));
    let spread: f64 = points.iter().map(|p| (p[0] - x) * (p[0] - x)).sum();
    (spread > 0.0).then(|| points.iter().map(|p| (p[0] - x) * (p[1] - y)).sum::<f64>() / spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(exponent: f64, slope: f64, noise: bool) -> Standing {
        let level = Estimate::normal(0.08, 0.01, 0.95);
        let schedule = Schedule { initial: 0.05, offset: 1000.0, exponent };
        Standing { steps: 100_000, schedule, level, threshold: 0.01, trend: Ok(Estimate::normal(slope, 0.1, 0.95)), noise }
    }

    #[test]
    fn noise_of_the_steps_is_gone_when_the_step_has_fallen_by_the_same_share() {
        let standing = standing(0.7, -0.1, true);
        let steps = standing.steps_to_decide().unwrap();
        for (steps, level) in [(steps.lower, standing.level.lower), (steps.value, standing.level.value), (steps.upper, standing.level.upper)] {
            let share = standing.schedule.step(steps as usize) / standing.schedule.step(100_000);
            assert!((share - 0.01 / level).abs() < 1e-6, "{share}");
        }
    }

    #[test]
    fn a_trend_tells_the_steps_and_a_flat_one_tells_none() {
        let steps = standing(0.7, -1.0, false).steps_to_decide().unwrap();
        assert!((steps.value - 800_000.0).abs() < 1.0 && steps.lower < steps.value && steps.upper > steps.value, "{steps:?}");
        let open = standing(0.7, -0.15, false).steps_to_decide().unwrap_err().reason;
        assert!(open.contains("no upper limit"), "{open}");
        assert!(standing(0.7, 0.2, false).steps_to_decide().is_err());
    }

    #[test]
    fn steps_with_a_finite_sum_stall_unless_the_trend_carries_on() {
        let blind = Standing { trend: Err(Undefined::because("one look")), ..standing(3.0, 0.0, false) };
        assert!(blind.stalled() && standing(3.0, -0.1, false).stalled());
        assert!(!standing(0.7, -0.1, false).stalled() && !standing(1.2, -3.0, false).stalled());
        assert!(standing(0.0, 0.0, true).floored() && !standing(0.0, -0.5, true).floored() && !standing(0.7, 0.0, true).floored());
    }
}
