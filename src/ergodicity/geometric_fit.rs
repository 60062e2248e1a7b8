//! A geometric rate with its polynomial factor, fitted to a decay curve.

use super::curve_fit::{logarithms, refitted_rate, straight};
use super::curve_shape::{Family, Shaped};
use super::selection::selected;
use super::{DecayCurve, FitWindow, WindowRule};
use crate::stats::{Bootstrap, Estimate, IntervalKind, Undefined};

/// Which families of curves a block may decay in.
///
/// ```
/// use rtrl_lab::{ergodicity::*, markov::Coupled, random::RngKey, stats::Bootstrap};
/// let d = DecayCurve::new(Coupled::declare(ndarray::arr2(&[[4.0, 0.0]; 9])), 2, 1.0, true);
/// let (rule, b) = (WindowRule::default(), Bootstrap { resamples: 9, key: RngKey::root(1) });
/// assert_eq!(GeometricFit::of(&d, Shape::Autonomous(1), &rule, 0.9, &b).unwrap().rate.value, 0.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A block that nothing drives, of so many coordinates: a Jordan block of size k, no larger
    /// than the state, makes a factor `t^{k − 1}`.
    Autonomous(usize),
    /// Blocks that another one drives, whose factor may grow like `t` or `t²` where the rates
    /// coincide. The number is the largest number of coordinates of a part: one alone does not
    /// turn.
    Driven(usize),
    /// Blocks that hold derivatives. They are driven by the hidden state at its own rate, so that a
    /// factor `t` is there as a rule and not by coincidence. Where the network is the slower part a
    /// window that does not show it must allow for it. The number as there.
    Following(usize),
}

impl Shape {
    /// The families of the shape. On smooth curves, of products that are the same on every path, a
    /// long chain of modes of one rate shows, and is told from noise.
    fn families(self, smooth: bool) -> &'static [Family] {
        const REAL: &[Family] = &[Family::Pure, Family::Driven, Family::TwiceDriven, Family::Mixed];
        const SMOOTH: &[Family] = &[
            Family::Pure,
            Family::Driven,
            Family::TwiceDriven,
            Family::Chain(3),
            Family::Chain(4),
            Family::Chain(5),
            Family::Rotating,
            Family::Mixed,
            Family::DrivenRotating,
        ];
        const DRIVEN: &[Family] = &[Family::Pure, Family::Driven, Family::TwiceDriven, Family::Rotating, Family::Mixed, Family::DrivenRotating];
        const LARGEST: &[Family] =
            &[Family::Pure, Family::Driven, Family::TwiceDriven, Family::ThriceDriven, Family::Rotating, Family::Mixed, Family::DrivenRotating];
        match self {
            Shape::Autonomous(0 | 1) => &[Family::Pure],
            Shape::Autonomous(2) => &[Family::Pure, Family::Driven, Family::Rotating, Family::Mixed],
            Shape::Autonomous(3) => &[Family::Pure, Family::Driven, Family::TwiceDriven, Family::Rotating, Family::Mixed],
            Shape::Autonomous(_) => LARGEST,
            Shape::Driven(0 | 1) | Shape::Following(0 | 1) => REAL,
            Shape::Driven(_) | Shape::Following(_) if smooth => SMOOTH,
            Shape::Driven(_) | Shape::Following(_) => DRIVEN,
        }
    }
}

/// A fitted decay.
///
/// ```
/// use rtrl_lab::{ergodicity::*, markov::Coupled, random::RngKey, stats::Bootstrap};
/// let d = DecayCurve::new(Coupled::declare(ndarray::Array2::ones((9, 30))), 2, 1.0, true);
/// let (rule, b) = (WindowRule::default(), Bootstrap { resamples: 99, key: RngKey::root(1) });
/// assert_eq!(GeometricFit::of(&d, Shape::Driven(1), &rule, 0.95, &b).unwrap().rate.value, 1.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GeometricFit {
    /// The rate `ρ` a step, with its interval.
    pub rate: Estimate,
    /// The fitted curve.
    pub curve: Shaped,
    /// The times used.
    pub window: FitWindow,
    /// Half-width added to the resampling interval for modes that had not died out: how far the
    /// rate moves when the window starts later.
    pub systematic: f64,
    /// By how much the finite size of the populations shifts the rate, from populations of two
    /// sizes: the shift is inversely proportional to the size. `None` where one size was followed.
    pub finite_size: Option<Estimate>,
    /// What a plain straight line through the whole usable curve would have said.
    pub straight_line: f64,
}

/// Starts of the window that are tried, as parts of the way from the peak to the end.
const SETTLINGS: [f64; 4] = [1.0 / 3.0, 1.0 / 2.0, 2.0 / 3.0, 4.0 / 5.0];
/// A later start must not move the rate by more than this many standard errors of the move.
const SETTLED: f64 = 2.5;

/// The finest logarithmic half-width a step that is ever stated, times the steps of the window:
/// what is left of fast modes is smaller than the rounding of a curve only by this much.
const UNINFORMATIVE: f64 = 1e-6;

/// A candidate window with its fits on all pairs and on resamples.
struct Candidate {
    window: FitWindow,
    whole: Shaped,
    resampled: Estimate,
    /// Rate of the later half minus rate of the whole, in logarithms.
    moved: Estimate,
    /// See [`GeometricFit::finite_size`], in logarithms.
    finite_size: Option<Estimate>,
}

impl GeometricFit {
    /// Fits the curve; the interval resamples whole pairs.
    ///
    /// ```text
    /// log d_t = c + t log ρ + ½ log g(t)
    /// ```
    ///
    /// with `g` of one of the [`Family`]s of the shape, chosen by Schwarz's criterion on the
    /// window: a factor must earn its parameters.
    ///
    /// Four windows are tried, which start at fixed parts of the way from the peak to the last
    /// usable time. The rate of a window is settled where its later half does not give another rate
    /// by more than 2.5 times the difference's own resampling error. The first window from which on
    /// all windows are settled is taken, its interval widened, in quadrature, by what the
    /// difference exceeds its error. Where no window is settled (modes that die slowly, or rotate
    /// slowly), the middle of all rates seen is the estimate and the interval is their hull, twice
    /// as wide.
    ///
    /// The moment of populations moves like a walk in time, in which a family of many parameters
    /// finds swings that are not there. Where no window of such a curve is settled, straight lines
    /// alone are tried before the hull is taken: late windows are straight where no factor is left,
    /// and a line has an honest error.
    ///
    /// Three more things widen the interval. Where populations of two sizes were followed, what the
    /// size does to the rate beyond its noise, in quadrature. A block that holds derivatives has a
    /// factor `t − peak` as a rule: its lower end goes down to that of a straight line through the
    /// curve without this factor, unless a smooth curve showed what factor it has, or a turning
    /// one. Where the pairs that carry the moment do not come together, the upper end goes up by
    /// what a power of t would hide.
    ///
    /// Copies of an undriven block that meet exactly (independent data, a nilpotent transition)
    /// have the rate 0.
    ///
    /// # Errors
    /// [`Undefined`] where the window rule refuses, or a resample has no positive curve.
    pub fn of(curve: &DecayCurve, shape: Shape, rule: &WindowRule, level: f64, bootstrap: &Bootstrap) -> Result<Self, Undefined> {
        let moment = curve.moment();
        if let (Shape::Autonomous(_), Some(met)) = (shape, meeting(&moment)) {
            return Ok(GeometricFit::of_meeting(met, level));
        }
        let smooth = curve.is_smooth();
        let mut candidates = Candidate::all(curve, &moment, shape.families(smooth), rule, level, bootstrap)?;
        let (mut first_settled, mut confirmed) = settled(&candidates);
        if !confirmed && curve.is_of_populations() {
            let straight = Candidate::all(curve, &moment, &[Family::Pure], rule, level, bootstrap)?;
            if let (first, true) = settled(&straight) {
                (candidates, first_settled, confirmed) = (straight, first, true);
            }
        }
        let hull = (!confirmed).then(|| hull(&candidates));
        let chosen = if confirmed { first_settled } else { 0 };
        let later = candidates[chosen + 1..].iter().filter_map(|later| candidates[chosen].beyond_noise(later));
        let unsettled = later.fold(candidates[chosen].beyond_own_noise(), f64::max).sqrt();
        let systematic = hull.map_or(unsettled, |(_, half)| half);
        let latest = candidates[candidates.len() - 1].window;
        let Candidate { window, whole, resampled, finite_size, .. } = candidates.swap_remove(chosen);
        let informed = libm::hypot(systematic, 3.0 * UNINFORMATIVE / (window.last - window.first) as f64);
        let systematic = libm::hypot(informed, finite_size.as_ref().map_or(0.0, beyond));
        let value = hull.map_or(whole.log_rate(), |(middle, _)| middle);
        // The pivotal interval: where resamples fall short of the estimate, the estimate falls
        // short of the truth (the logarithm of a mean of few heavy terms does).
        let widen = |distance: f64| libm::hypot(distance.max(0.0), systematic);
        let unmoved = unmoved(curve, window);
        let lowest = if !matches!(shape, Shape::Following(_)) || !window.decaying {
            value
        } else if hull.is_some() {
            // Every rate seen may lie above the limit by the factor that its window hides.
            value - factor_slope(latest)
        } else if smooth {
            // A curve that is straighter than a tenth of the factor's bend does not have it.
            let bent = matches!(whole.family, Family::Pure | Family::Mixed) && whole.squares >= 0.01 * factor_line(window).squares;
            if bent { value - factor_slope(window) } else { value }
        } else if matches!(whole.family, Family::Rotating | Family::DrivenRotating) {
            value
        } else {
            let logs = logarithms(&moment, window.first, window.last).ok_or_else(|| Undefined::because("the curve is not positive on its window"))?;
            value.min(straight(&logs, window.first).log_rate() - factor_slope(window))
        };
        let log_rate = Estimate {
            value,
            standard_error: resampled.standard_error,
            lower: lowest - widen(resampled.upper - whole.log_rate()),
            upper: value + widen(whole.log_rate() - resampled.lower) + unmoved,
            level,
        };
        // Rates that leave a factor e a step open determine nothing.
        if log_rate.upper - log_rate.lower > 1.0 {
            return Err(Undefined::because(format!(
                "the curve over t = {} to {} leaves the rate anywhere between {:.3} and {:.3}; allow more pairs or more steps",
                window.first,
                window.last,
                libm::exp(log_rate.lower),
                libm::exp(log_rate.upper)
            )));
        }
        let rate = Estimate { standard_error: libm::exp(value) * resampled.standard_error, ..log_rate.map_monotone(libm::exp) };
        let straight_line = logarithms(&moment, 0, window.last).map_or(f64::NAN, |logs| libm::exp(straight(&logs, 0).log_rate()));
        let finite_size = finite_size.map(|shift| shift.map_monotone(|log| libm::exp(value) * log));
        Ok(GeometricFit { rate, curve: whole, window, systematic: libm::exp(value) * systematic, finite_size, straight_line })
    }

    /// Copies that are equal from time `met` on.
    fn of_meeting(met: usize, level: f64) -> Self {
        let curve =
            Shaped { family: Family::Pure, rate: f64::MIN, inner: 0.0, coefficients: vec![0.0], squares: 0.0, first: met as f64, length: 1.0 };
        let window = FitWindow { first: met, last: met, peak: 0, decaying: true };
        let rate = Estimate { level, ..Estimate::exact(0.0) };
        GeometricFit { rate, curve, window, systematic: 0.0, finite_size: None, straight_line: 0.0 }
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

/// The first time from which on all copies are equal, where they were apart by far more than
/// underflow the step before; `None` where they stay apart or fall below the smallest numbers.
fn meeting(moment: &[f64]) -> Option<usize> {
    const FAR: f64 = 1e-100;
    let last = moment.iter().rposition(|d| *d != 0.0)?;
    (last + 1 < moment.len() && moment[last] > FAR && moment[..=last].iter().all(|d| d.is_finite())).then_some(last + 1)
}

/// What an estimate exceeds its own noise by.
fn beyond(estimate: &Estimate) -> f64 {
    (estimate.value * estimate.value - estimate.standard_error * estimate.standard_error).max(0.0).sqrt()
}

/// The straight line through `log(t − peak + 1)` on the window.
fn factor_line(window: FitWindow) -> Shaped {
    let logs: Vec<f64> = (window.first..=window.last).map(|t| libm::log((t - window.peak + 1) as f64)).collect();
    straight(&logs, window.first)
}

/// What a factor `t` adds to the logarithmic rate of a straight line.
fn factor_slope(window: FitWindow) -> f64 {
    factor_line(window).log_rate()
}

/// What the logarithmic rate may lack where the pairs that carry the moment have not left the place
/// where distances are bounded.
///
/// Let `r_q` be the moment rate of order q of infinitely close copies and `Λ(q) = q log r_q`,
/// convex with `Λ(0) = 0`. Under the law that weights a pair by `d^p`, `log d` of close copies
/// moves like a walk of drift `Λ'(p)`. Where `Λ'(p) < 0` the pairs that carry the moment come
/// together and `E d_t^p ≍ e^{Λ(p) t}`. Where not, they would part, but distances are bounded, and
/// one of two things happens. Either the copies that are far apart hold a slowest mode of their own
/// (an eigenvalue of the two-point kernel; for an increasing unit `r_1`, the second eigenvalue of
/// the kernel itself): the pairs that carry the moment stay where they are, and the decay is
/// geometric without a factor. Or there is no such mode, they spread over ever smaller distances
/// like a free walk at a wall, and
///
/// ```text
/// E d_t^p ≍ t^{−3/2} e^{min Λ · t}
/// ```
///
/// so that a fit without the factor falls short of the logarithmic rate by
/// `3/(2p) · log(t₂/t₁)/(t₂ − t₁)`, times counted from the peak. A curve does not tell the two
/// apart, so the shortfall counts in both. What tells them from pairs that come together is what
/// the carrying pairs do over the window: with the fall of the mean of their `log d` and its
/// variance at the end, `κ = fall² t/(2 variance · window)` estimates `(Λ(p) − min Λ) t`, and the
/// shortfall counts with weight `e^{−κ}`.
fn unmoved(curve: &DecayCurve, window: FitWindow) -> f64 {
    let (Some([from, _]), Some([to, spread])) = (curve.log_moments_at(window.first), curve.log_moments_at(window.last)) else { return 0.0 };
    let (steps, all) = ((window.last - window.first) as f64, (window.last - window.peak) as f64);
    let fallen = (from - to).max(0.0);
    if !window.decaying || spread <= 0.0 {
        return 0.0;
    }
    let kappa = fallen * fallen / (2.0 * spread) * all / steps;
    let since = |t: usize| (t - window.peak + 1) as f64;
    1.5 / f64::from(curve.order()) * libm::log(since(window.last) / since(window.first)) / steps * libm::exp(-kappa)
}

/// The first window from which on all are settled, and whether it is to be believed.
fn settled(candidates: &[Candidate]) -> (usize, bool) {
    let unsettled = candidates.iter().rposition(|candidate| !candidate.is_settled());
    let first = unsettled.map_or(0, |last| last + 1);
    // A window that no later one confirms is not believed when the one before it was not settled.
    (first, unsettled.is_none() || first + 1 < candidates.len())
}

/// Middle and half-width of all logarithmic rates seen, the half-width doubled: the truth may lie
/// beyond the last rate seen by as much again.
fn hull(candidates: &[Candidate]) -> (f64, f64) {
    let rates = candidates.iter().flat_map(|candidate| [candidate.whole.log_rate(), candidate.whole.log_rate() + candidate.moved.value]);
    let (low, high) = rates.fold((f64::INFINITY, f64::NEG_INFINITY), |ends, rate| (ends.0.min(rate), ends.1.max(rate)));
    ((low + high) / 2.0, high - low)
}

impl Candidate {
    /// The square of what the later half's rate differs by, less the part that is noise.
    fn beyond_own_noise(&self) -> f64 {
        (self.moved.value * self.moved.value - self.moved.standard_error * self.moved.standard_error).max(0.0)
    }

    /// The same against a later window, whose noise contains this one's: the variance of the
    /// difference is the difference of the variances (Hausman 1978).
    fn beyond_noise(&self, later: &Candidate) -> Option<f64> {
        let difference = later.whole.log_rate() - self.whole.log_rate();
        let square = |candidate: &Candidate| candidate.resampled.standard_error * candidate.resampled.standard_error;
        let noise = (square(later) - square(self)).max(0.0);
        later.window.decaying.then(|| (difference * difference - noise).max(0.0))
    }

    fn is_settled(&self) -> bool {
        let resolution = 3.0 * UNINFORMATIVE / (self.window.last - self.window.first) as f64;
        !self.window.decaying || self.moved.value.abs() <= (SETTLED * self.moved.standard_error).max(resolution)
    }

    /// The candidates of all windows that the rule allows, earliest first.
    fn all(
        curve: &DecayCurve,
        moment: &[f64],
        families: &[Family],
        rule: &WindowRule,
        level: f64,
        bootstrap: &Bootstrap,
    ) -> Result<Vec<Self>, Undefined> {
        let mut candidates: Vec<Candidate> = Vec::new();
        for settling in SETTLINGS {
            let Some(window) = rule.window(curve, settling, candidates.is_empty())? else { break };
            let seen: Vec<Shaped> = candidates.iter().map(|candidate| candidate.whole.clone()).collect();
            let with = |families| Candidate::of(curve, moment, (families, &seen), window, level, bootstrap);
            // A family that many resamples cannot be fitted with is one that the noise of this
            // sample suggests.
            let candidate = with(families).or_else(|why| if families == [Family::Pure] { Err(why) } else { with(&[Family::Pure]) })?;
            // Half a window with hardly more times than parameters confirms nothing.
            if !candidates.is_empty() && (window.last - window.first) / 2 + 1 < 3 * candidate.whole.family.parameters() {
                break;
            }
            candidates.push(candidate);
            if !window.decaying {
                break;
            }
        }
        Ok(candidates)
    }

    fn of(
        curve: &DecayCurve,
        moment: &[f64],
        (families, seen): (&[Family], &[Shaped]),
        window: FitWindow,
        level: f64,
        bootstrap: &Bootstrap,
    ) -> Result<Self, Undefined> {
        let not_positive = || Undefined::because("the curve is not positive on its window");
        let starts = [window.first, if window.decaying { window.first + (window.last - window.first) / 2 } else { window.first }];
        let logs = |moment: &[f64], first: usize| logarithms(moment, first, window.last);
        let mut best: Vec<Shaped> = Vec::new();
        for first in starts {
            let families = if window.decaying { families } else { &[Family::Pure] };
            let seen: Vec<Shaped> = seen.iter().chain(&best).cloned().collect();
            best.push(selected(&logs(moment, first).ok_or_else(not_positive)?, first, families, (&seen, curve.resolution())));
        }
        let all: Vec<usize> = (0..curve.pairs()).collect();
        let finite_size = logs(moment, window.first).and_then(|logs| size_shift(curve, &logs, &all, window));
        let curve = &*curve.in_groups();
        let statistic = |chosen: &[usize]| {
            let logs = curve.logarithms_over(chosen, window.first..=window.last)?;
            let rate = |index: usize| refitted_rate(&logs[starts[index] - window.first..], &best[index]);
            let [whole, later] = [rate(0)?, rate(1)?];
            Some(vec![whole, later - whole, size_shift(curve, &logs, chosen, window).unwrap_or(0.0)])
        };
        let intervals = bootstrap.intervals(curve.pairs(), 3, statistic, level, IntervalKind::Percentile)?;
        let finite_size = finite_size.map(|value| Estimate { value, ..intervals[2] });
        let moved = Estimate { value: best[1].log_rate() - best[0].log_rate(), ..intervals[1] };
        Ok(Candidate { window, whole: best.swap_remove(0), resampled: intervals[0], moved, finite_size })
    }
}

/// The shift of the logarithmic rate that a population's finite size makes: `c/M` at size M, hence
/// `(slope at M/f − slope at M)/(f − 1)`, with slopes of straight lines on the window.
fn size_shift(curve: &DecayCurve, logs: &[f64], chosen: &[usize], window: FitWindow) -> Option<f64> {
    let (smaller, factor) = curve.smaller_logarithms_over(chosen, window.first..=window.last)?;
    let slope = |logs: &[f64]| straight(logs, window.first).log_rate();
    Some((slope(&smaller) - slope(logs)) / (factor - 1.0))
}

fn time_to(fraction: f64, rate: f64) -> f64 {
    if rate >= 1.0 { f64::INFINITY } else { libm::log(fraction) / libm::log(rate) }
}
