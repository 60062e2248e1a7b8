//! Which times a rate is fitted on: after the peak, above the noise floor, while the moment still
//! rests on many pairs.

use super::DecayCurve;
use crate::stats::Undefined;

/// The fixed rule that chooses a fit window; every number of it is stated in the report.
///
/// ```
/// use rtrl_lab::{ergodicity::{DecayCurve, WindowRule}, markov::Coupled};
/// let halved = ndarray::Array2::from_shape_fn((9, 31), |(_, t)| 0.5f64.powi(t as i32));
/// let curve = DecayCurve::new(Coupled::declare(halved), 2, 1.0, true);
/// // From t = 15 to t = 30 there are 16 times.
/// let rule = |shortest| WindowRule { shortest, ..WindowRule::default() };
/// assert_eq!(rule(16).window(&curve, 0.5, true).unwrap().unwrap().first, 15);
/// assert!(rule(17).window(&curve, 0.5, true).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowRule {
    /// A moment that rests on fewer pairs than this, or than `effective_fraction` of those that the
    /// peak rests on where that is fewer, is an extreme-value statistic, not a moment.
    pub effective_pairs: f64,
    /// See `effective_pairs`.
    pub effective_fraction: f64,
    /// Fewest times in a window.
    pub shortest: usize,
}

impl Default for WindowRule {
    fn default() -> Self {
        WindowRule { effective_pairs: 32.0, effective_fraction: 0.3, shortest: 6 }
    }
}

/// The times `first..=last` of a fit, and where the peak was.
///
/// ```
/// use rtrl_lab::{ergodicity::{DecayCurve, FitWindow, WindowRule}, markov::Coupled};
/// let halved = ndarray::Array2::from_shape_fn((9, 31), |(_, t)| 0.5f64.powi(t as i32));
/// let curve = DecayCurve::new(Coupled::declare(halved), 2, 1.0, true);
/// let window = WindowRule::default().window(&curve, 0.4, true).unwrap();
/// assert_eq!(window, Some(FitWindow { first: 12, last: 30, peak: 0, decaying: true }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FitWindow {
    /// First time used.
    pub first: usize,
    /// Last time used.
    pub last: usize,
    /// Time at which the curve is largest.
    pub peak: usize,
    /// Whether the curve has left its peak at all; where not, the window is the last half of the
    /// curve and the rate is one of growth.
    pub decaying: bool,
}

/// A late half that keeps this share of its size is level.
const LEVEL: f64 = 0.9;

impl WindowRule {
    /// The window of a curve that leaves the part `settling` of the way from the peak to the end to
    /// fast modes.
    ///
    /// `None` where this start leaves too few times and an earlier one did not (`!first_try`).
    ///
    /// ```
    /// use rtrl_lab::{ergodicity::{DecayCurve, WindowRule}, markov::Coupled};
    /// let level = DecayCurve::new(Coupled::declare(ndarray::Array2::ones((9, 31))), 2, 1.0, true);
    /// let window = WindowRule::default().window(&level, 0.5, true).unwrap().unwrap();
    /// // Copies that stay apart: the last half.
    /// assert_eq!((window.first, window.last, window.decaying), (15, 30, false));
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] where the copies never differ, or the times between peak and floor are too
    /// few.
    pub fn window(&self, curve: &DecayCurve, settling: f64, first_try: bool) -> Result<Option<FitWindow>, Undefined> {
        let moment = curve.moment();
        let finite = moment.iter().take_while(|d| d.is_finite()).count();
        let top = moment[..finite].iter().fold(0.0f64, |top, d| top.max(*d));
        if finite <= 1 && finite < moment.len() {
            return Err(Undefined::because(format!("the copies leave the finite numbers at t = {finite}, so there is no decay to measure")));
        }
        if top == 0.0 {
            return Err(Undefined::because("the two copies never differ in this block, so there is no decay to measure"));
        }
        let floor = curve.floor();
        let peak = (0..finite).fold(0, |best, t| if moment[t] > moment[best] { t } else { best });
        let needed = self.needed(curve, peak);
        let supported = |t: usize| moment[t] > floor && curve.effective_pairs(t) >= needed;
        // Copies that stay apart show as a level late half, whatever a few pairs did before: the
        // rate is then one of standing still.
        let (half, end) = (finite / 2, finite - 1);
        let late = end + 1 >= half + self.shortest && (half..finite).all(supported);
        let level = |share: f64| late && moment[end] >= share * moment[half];
        if first_try && level(LEVEL) && moment[end] * LEVEL <= moment[half] {
            return Ok(Some(FitWindow { first: half, last: end, peak, decaying: false }));
        }
        let usable = (peak..finite).take_while(|t| supported(*t)).count();
        let last = peak + usable.max(1) - 1;
        let first = peak + ((last - peak) as f64 * settling) as usize;
        if usable > 0 && last + 1 >= first + self.shortest {
            return Ok(Some(FitWindow { first, last, peak, decaying: true }));
        }
        if !first_try {
            return Ok(None);
        }
        if level(0.5) {
            return Ok(Some(FitWindow { first: half, last: end, peak, decaying: false }));
        }
        // Growth up to the edge of the finite numbers, or of what many pairs carry.
        let half = last / 2;
        if moment[last] >= 0.5 * moment[half] && last + 1 >= half + self.shortest && supported(last) {
            return Ok(Some(FitWindow { first: half, last, peak, decaying: false }));
        }
        Err(Undefined::because(format!(
            "too few usable times ({usable}) to fit a rate: take more chains or steps, or drop --quick. A usable time lies after the peak at t = {peak}, above the floor of \
             {floor:.1e}, with a moment that rests on at least {needed:.0} pairs"
        )))
    }

    fn needed(&self, curve: &DecayCurve, peak: usize) -> f64 {
        self.effective_pairs.min(self.effective_fraction * curve.effective_pairs(peak))
    }
}
