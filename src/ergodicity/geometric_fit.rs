//! A geometric rate with its polynomial factor, fitted to a decay curve.

use super::{DecayCurve, FitWindow, WindowRule};
use crate::stats::{Bootstrap, Estimate, IntervalKind, Undefined};

/// Which factor stands before `ρ^t`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `a ρ^t`: the data block.
    Pure,
    /// `(a + b t) ρ^t` with `a, b ≥ 0`: the derivative block and the joint one.
    Linear,
    /// `a ρ^t` unless an information criterion asks for the linear factor: the hidden block, which has one where data and cell share a rate.
    Chosen,
}

/// A fitted decay `d_t ≈ (a + b t) ρ^t`.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct GeometricFit {
    /// The rate `ρ` a step, with its interval.
    pub rate: Estimate,
    /// `a`.
    pub level: f64,
    /// `b`.
    pub slope: f64,
    /// The times used.
    pub window: FitWindow,
    /// Half-width added to the resampling interval for modes that had not died out: how far the estimate moves when the window starts later.
    pub systematic: f64,
    /// What a plain straight line through the whole usable curve would have said.
    pub straight_line: f64,
}

/// One least-squares fit.
#[derive(Clone, Copy, Debug)]
struct Line {
    log_rate: f64,
    log_level: f64,
    weight: f64,
    squares: f64,
}

impl GeometricFit {
    /// Fits the curve on the window of the rule; the interval resamples whole pairs.
    ///
    /// ```text
    /// minimise over a, b ≥ 0, ρ:  Σ_t ( log d_t − log(a + b t) − t log ρ )²,   t in the window
    /// ```
    ///
    /// The window is chosen once, from all pairs. The resampling interval is widened by [`GeometricFit::systematic`].
    ///
    /// # Errors
    /// [`Undefined`] where the window rule refuses, or a resample has no positive curve.
    pub fn of(curve: &DecayCurve, shape: Shape, rule: &WindowRule, level: f64, bootstrap: &Bootstrap) -> Result<Self, Undefined> {
        let window = rule.window(curve)?;
        let moment = curve.moment();
        let linear = match shape {
            Shape::Pure => false,
            Shape::Linear => window.decaying,
            Shape::Chosen => window.decaying && prefers_linear(&moment, window),
        };
        let fit_from = |moment: &[f64], first: usize| fit(moment, first, window.last, linear);
        let later = if window.decaying { window.first + (window.last - window.first) / 2 } else { window.first };
        let whole = fit_from(&moment, window.first).ok_or_else(|| Undefined::because("the curve is not positive on its window"))?;
        let late = fit_from(&moment, later).ok_or_else(|| Undefined::because("the curve is not positive on its window"))?;
        let statistic = |chosen: &[usize]| {
            let moment = curve.moment_over(chosen);
            let whole = fit_from(&moment, window.first)?;
            let late = fit_from(&moment, later)?;
            Some(vec![whole.log_rate, late.log_rate - whole.log_rate])
        };
        let intervals = bootstrap.intervals(curve.pairs(), 2, statistic, level, IntervalKind::Percentile)?;
        let (resampled, moved) = (intervals[0], intervals[1]);
        let systematic = ((late.log_rate - whole.log_rate).abs() - moved.standard_error).max(0.0);
        let widen = |distance: f64| (distance * distance + systematic * systematic).sqrt();
        let log_rate = Estimate {
            value: whole.log_rate,
            standard_error: resampled.standard_error,
            lower: whole.log_rate - widen((whole.log_rate - resampled.lower).max(0.0)),
            upper: whole.log_rate + widen((resampled.upper - whole.log_rate).max(0.0)),
            level,
        };
        let rate = Estimate { standard_error: libm::exp(whole.log_rate) * resampled.standard_error, ..log_rate.map_monotone(libm::exp) };
        let straight = fit(&moment, 0, window.last, false).map_or(f64::NAN, |line| libm::exp(line.log_rate));
        let end = window.last as f64;
        Ok(GeometricFit {
            rate,
            level: libm::exp(whole.log_level) * (1.0 - whole.weight),
            slope: libm::exp(whole.log_level) * whole.weight / end,
            window,
            systematic: libm::exp(whole.log_rate) * systematic,
            straight_line: straight,
        })
    }

    /// The fitted distance at time `t`.
    pub fn at(&self, t: f64) -> f64 {
        (self.level + self.slope * t) * libm::exp(t * libm::log(self.rate.value))
    }

    /// Steps in which `ρ^t` halves; infinite where `ρ ≥ 1`.
    pub fn half_life(&self) -> f64 {
        time_to(0.5, self.rate.value)
    }

    /// Steps in which `ρ^t` falls to one hundredth; infinite where `ρ ≥ 1`.
    pub fn time_to_percent(&self) -> f64 {
        time_to(0.01, self.rate.value)
    }
}

fn time_to(fraction: f64, rate: f64) -> f64 {
    if rate >= 1.0 { f64::INFINITY } else { libm::log(fraction) / libm::log(rate) }
}

/// The Bayesian information criterion of both shapes; the linear factor must earn its parameter.
fn prefers_linear(moment: &[f64], window: FitWindow) -> bool {
    let (Some(pure), Some(linear)) = (fit(moment, window.first, window.last, false), fit(moment, window.first, window.last, true)) else {
        return false;
    };
    let n = (window.last - window.first + 1) as f64;
    // Residuals at the level of rounding carry no information on the shape.
    let criterion = |line: Line, parameters: f64| n * libm::log(line.squares / n + 1e-20) + parameters * libm::log(n);
    criterion(linear, 3.0) + 10.0 < criterion(pure, 2.0)
}

/// Least squares of `log d_t` on `log((1 − w) + w t/last) + c + t log ρ`, over `w ∈ [0, 1]` where `linear`.
fn fit(moment: &[f64], first: usize, last: usize, linear: bool) -> Option<Line> {
    let logs: Option<Vec<f64>> = moment[first..=last].iter().map(|d| (*d > 0.0 && d.is_finite()).then(|| libm::log(*d))).collect();
    let logs = logs?;
    let pure = line(&logs, first, last, 0.0);
    if !linear {
        return Some(pure);
    }
    // The profile over w can have two valleys: a grid finds the lower one, golden sections its bottom.
    const GRID: usize = 24;
    let at = |index: usize| {
        let share = index as f64 / GRID as f64;
        share * share
    };
    let profile: Vec<Line> = (0..=GRID).map(|index| line(&logs, first, last, at(index))).collect();
    let best = (0..=GRID).fold(0, |best, index| if profile[index].squares < profile[best].squares { index } else { best });
    let (mut low, mut high) = (at(best.saturating_sub(1)), at((best + 1).min(GRID)));
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let (mut left, mut right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
    let (mut at_left, mut at_right) = (line(&logs, first, last, left), line(&logs, first, last, right));
    for _ in 0..32 {
        if at_left.squares <= at_right.squares {
            (high, right, at_right) = (right, left, at_left);
            left = high - GOLDEN * (high - low);
            at_left = line(&logs, first, last, left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + GOLDEN * (high - low);
            at_right = line(&logs, first, last, right);
        }
    }
    [at_left, at_right, profile[best]].into_iter().reduce(|best, next| if next.squares < best.squares { next } else { best })
}

/// Ordinary least squares of a straight line in `t` after the factor of weight `w` is taken off.
fn line(logs: &[f64], first: usize, last: usize, weight: f64) -> Line {
    let n = logs.len() as f64;
    let centre = (first + last) as f64 / 2.0;
    let value = |index: usize| {
        let factor = (1.0 - weight) + weight * (first + index) as f64 / last as f64;
        if weight == 0.0 { logs[index] } else { logs[index] - libm::log(factor.max(f64::MIN_POSITIVE)) }
    };
    let values: Vec<f64> = (0..logs.len()).map(value).collect();
    let mean = values.iter().sum::<f64>() / n;
    let (mut cross, mut spread) = (0.0, 0.0);
    for (index, value) in values.iter().enumerate() {
        let t = (first + index) as f64 - centre;
        cross += t * (value - mean);
        spread += t * t;
    }
    let log_rate = cross / spread;
    let squares = values
        .iter()
        .enumerate()
        .map(|(index, value)| {
            let residual = value - mean - log_rate * ((first + index) as f64 - centre);
            residual * residual
        })
        .sum();
    Line { log_rate, log_level: mean - log_rate * centre, weight, squares }
}
