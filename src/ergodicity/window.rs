//! Which times a rate is fitted on: after the hump, above the noise floor, while the moment still rests on many pairs.

use super::DecayCurve;
use crate::stats::Undefined;

/// The fixed rule that chooses a fit window; every number of it is stated in the report.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowRule {
    /// A moment that rests on less than this fraction of the pairs is an extreme-value statistic, not a moment.
    pub effective_fraction: f64,
    /// Fewest times in a window.
    pub shortest: usize,
}

impl Default for WindowRule {
    fn default() -> Self {
        WindowRule { effective_fraction: 0.1, shortest: 6 }
    }
}

/// The times `first..=last` of a fit, and where the hump was.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FitWindow {
    /// First time used.
    pub first: usize,
    /// Last time used.
    pub last: usize,
    /// Time at which the curve is largest.
    pub hump: usize,
    /// Whether the curve has left its hump at all; where not, the window is the last half of the curve and the rate is one of growth.
    pub decaying: bool,
}

impl WindowRule {
    /// The window of a curve that leaves the part `settling` of the way from the hump to the end to fast modes.
    ///
    /// `None` where this start leaves too few times and an earlier one did not (`!first_try`).
    ///
    /// # Errors
    /// [`Undefined`] where the copies never differ, or the times between hump and floor are too few.
    pub fn window(&self, curve: &DecayCurve, settling: f64, first_try: bool) -> Result<Option<FitWindow>, Undefined> {
        let moment = curve.moment();
        let finite = moment.iter().take_while(|d| d.is_finite()).count();
        let top = moment[..finite].iter().fold(0.0f64, |top, d| top.max(*d));
        if top == 0.0 {
            return Err(Undefined::because("the two copies never differ in this block, so there is no decay to measure"));
        }
        let floor = curve.floor();
        let needed = self.effective_fraction * curve.pairs() as f64;
        let hump = (0..finite).fold(0, |best, t| if moment[t] > moment[best] { t } else { best });
        let usable = (hump..finite).take_while(|t| moment[*t] > floor && curve.effective_pairs(*t) >= needed).count();
        if hump + usable < self.shortest {
            return Err(Undefined::because(format!(
                "after the hump at t = {hump}, only {usable} times lie above the floor of {floor:.1e} with a moment that rests on at least {needed:.0} pairs; the \
                 rule needs {}",
                self.shortest
            )));
        }
        let last = hump + usable.max(1) - 1;
        let first = hump + ((last - hump) as f64 * settling) as usize;
        if last + 1 >= first + self.shortest {
            return Ok(Some(FitWindow { first, last, hump, decaying: true }));
        }
        if !first_try {
            return Ok(None);
        }
        let half = last / 2;
        if moment[last] >= 0.5 * moment[half] && last + 1 >= half + self.shortest {
            return Ok(Some(FitWindow { first: half, last, hump, decaying: false }));
        }
        Err(Undefined::because(format!(
            "the curve is largest at t = {hump} and its last usable time is {last}: the window never leaves the transient; allow more steps or more pairs"
        )))
    }
}
