//! A geometric rate with its polynomial factor, fitted to a decay curve.

use super::curve_shape::{Shaped, fit};
use super::{DecayCurve, FitWindow, WindowRule};
use crate::stats::{Bootstrap, Estimate, IntervalKind, Undefined};

/// Which factor may stand before `ρ^t`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `a ρ^t`: the data block.
    Pure,
    /// `a ρ^t`, or with a factor that grows like `t` where an information criterion asks for it: blocks that are driven by another one.
    Driven,
}

/// A fitted decay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GeometricFit {
    /// The rate `ρ` a step, with its interval.
    pub rate: Estimate,
    /// The fitted curve.
    pub curve: Shaped,
    /// The times used.
    pub window: FitWindow,
    /// Half-width added to the resampling interval for modes that had not died out: how far the rate moves when the window starts later.
    pub systematic: f64,
    /// What a plain straight line through the whole usable curve would have said.
    pub straight_line: f64,
}

/// Starts of the window that are tried, as parts of the way from the hump to the end.
const SETTLINGS: [f64; 4] = [1.0 / 3.0, 1.0 / 2.0, 2.0 / 3.0, 4.0 / 5.0];
/// A later start must not move the rate by more than this many standard errors of the move.
const SETTLED: f64 = 2.5;

/// A candidate window with its fits on all pairs and on resamples.
struct Candidate {
    window: FitWindow,
    whole: Shaped,
    resampled: Estimate,
    /// Rate of the later half minus rate of the whole, in logarithms.
    moved: Estimate,
}

impl GeometricFit {
    /// Fits the curve; the interval resamples whole pairs.
    ///
    /// ```text
    /// pure:    log d_t = c + t log ρ
    /// driven:  log d_t = c + t log ρ + ½ log( (1 + u s)² + w s² ),   u, w ≥ 0,   s the time since the window's start
    /// ```
    ///
    /// Why the second form: where every pair decays like `|a_i + b_i t| ρ^t`, the root mean square is the root of a quadratic times `ρ^t`, which is `(a + b t) ρ^t`
    /// only where all `a_i, b_i` are aligned (`w = 0`); with `w` left out the rate is biased.
    ///
    /// Four windows are tried, which start at fixed parts of the way from the hump to the last usable time. The rate of a window is settled where its later half does not
    /// give another rate by more than 2.5 times the difference's own resampling error. The first window from which on all windows are settled is taken, its interval
    /// widened, in quadrature, by what the difference exceeds its error. Where no window is settled (modes that die slowly, or rotate slowly), the middle of all rates seen is
    /// the estimate and the interval is their hull, twice as wide.
    ///
    /// # Errors
    /// [`Undefined`] where the window rule refuses, or a resample has no positive curve.
    pub fn of(curve: &DecayCurve, shape: Shape, rule: &WindowRule, level: f64, bootstrap: &Bootstrap) -> Result<Self, Undefined> {
        let moment = curve.moment();
        let mut candidates = Vec::new();
        for settling in SETTLINGS {
            let Some(window) = rule.window(curve, settling, candidates.is_empty())? else { break };
            candidates.push(Candidate::of(curve, &moment, shape, window, level, bootstrap)?);
            if !window.decaying {
                break;
            }
        }
        let unsettled = candidates.iter().rposition(|candidate| !candidate.is_settled());
        let first_settled = unsettled.map_or(0, |last| last + 1);
        let hull = (first_settled == candidates.len()).then(|| hull(&candidates));
        let chosen = if hull.is_some() { 0 } else { first_settled };
        let Candidate { window, whole, resampled, moved } = candidates.swap_remove(chosen);
        let systematic = hull.map_or((moved.value.abs() - moved.standard_error).max(0.0), |(_, half)| half);
        let value = hull.map_or(whole.log_rate, |(middle, _)| middle);
        let widen = |distance: f64| (distance.max(0.0) * distance.max(0.0) + systematic * systematic).sqrt();
        let log_rate = Estimate {
            value,
            standard_error: resampled.standard_error,
            lower: value - widen(whole.log_rate - resampled.lower),
            upper: value + widen(resampled.upper - whole.log_rate),
            level,
        };
        let rate = Estimate { standard_error: libm::exp(value) * resampled.standard_error, ..log_rate.map_monotone(libm::exp) };
        let straight_line = fit(&moment, 0, window.last, false).map_or(f64::NAN, |line| libm::exp(line.log_rate));
        Ok(GeometricFit { rate, curve: whole, window, systematic: libm::exp(value) * systematic, straight_line })
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

/// Middle and half-width of all logarithmic rates seen, the half-width doubled: the truth may lie beyond the last rate seen by as much again.
fn hull(candidates: &[Candidate]) -> (f64, f64) {
    let rates = candidates.iter().flat_map(|candidate| [candidate.whole.log_rate, candidate.whole.log_rate + candidate.moved.value]);
    let (low, high) = rates.fold((f64::INFINITY, f64::NEG_INFINITY), |ends, rate| (ends.0.min(rate), ends.1.max(rate)));
    ((low + high) / 2.0, high - low)
}

impl Candidate {
    fn is_settled(&self) -> bool {
        !self.window.decaying || self.moved.value.abs() <= SETTLED * self.moved.standard_error
    }

    fn of(curve: &DecayCurve, moment: &[f64], shape: Shape, window: FitWindow, level: f64, bootstrap: &Bootstrap) -> Result<Self, Undefined> {
        let not_positive = || Undefined::because("the curve is not positive on its window");
        let later = if window.decaying { window.first + (window.last - window.first) / 2 } else { window.first };
        let driven = shape == Shape::Driven && window.decaying && prefers_driven(moment, window);
        let both = |moment: &[f64]| -> Option<(Shaped, Shaped)> {
            Some((fit(moment, window.first, window.last, driven)?, fit(moment, later, window.last, driven)?))
        };
        let (whole, late) = both(moment).ok_or_else(not_positive)?;
        let statistic = |chosen: &[usize]| {
            let (whole, late) = both(&curve.moment_over(chosen))?;
            Some(vec![whole.log_rate, late.log_rate - whole.log_rate])
        };
        let intervals = bootstrap.intervals(curve.pairs(), 2, statistic, level, IntervalKind::Percentile)?;
        Ok(Candidate { window, whole, resampled: intervals[0], moved: Estimate { value: late.log_rate - whole.log_rate, ..intervals[1] } })
    }
}

fn time_to(fraction: f64, rate: f64) -> f64 {
    if rate >= 1.0 { f64::INFINITY } else { libm::log(fraction) / libm::log(rate) }
}

/// The Bayesian information criterion of both shapes; the factor must earn its two parameters.
fn prefers_driven(moment: &[f64], window: FitWindow) -> bool {
    // Logarithmic residuals below this carry no information on the shape: rounding and dying modes.
    const UNINFORMATIVE: f64 = 1e-6;
    let (Some(pure), Some(driven)) = (fit(moment, window.first, window.last, false), fit(moment, window.first, window.last, true)) else {
        return false;
    };
    let n = (window.last - window.first + 1) as f64;
    let criterion = |fitted: Shaped, parameters: f64| n * libm::log(fitted.squares / n + UNINFORMATIVE * UNINFORMATIVE) + parameters * libm::log(n);
    criterion(driven, 4.0) < criterion(pure, 2.0)
}
