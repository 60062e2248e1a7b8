//! Distances between the law of a unit at a time and its stationary law, through quantile
//! functions.

use super::ScalarNetwork;
use super::mixture::{Mixing, Mixture, Rule, legendre, panel, panel_of_size, panels};
use super::network::{difference, without_mass};
use super::start::Start;
use crate::stats::{Undefined, normal_quantile};
use crate::theory::GaussianStart;

/// How far the law of `S_t` lies from the stationary law.
///
/// ```
/// use ndarray::arr1;
/// use rtrl_lab::{network::activation, theory::{GaussianStart, ScalarModel, ScalarNetwork}};
/// let linear = ScalarModel::plain(activation::named("identity").unwrap(), 0.5, 1.0, 0.0);
/// let start = GaussianStart { mean: arr1(&[0.0, 2.0]), deviation: arr1(&[1.0, 0.0]) };
/// let first = ScalarNetwork::new(linear).unwrap().wasserstein(&start, &[1]).unwrap()[0];
/// // N(1, 1) against N(0, 4/3).
/// let gap = 1.0 - (4f64 / 3.0).sqrt();
/// assert!((first.mean - 1.0).abs() < 1e-9 && (first.w2 - (1.0 + gap * gap).sqrt()).abs() < 1e-9);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScalarDistance {
    /// `W_1`.
    pub w1: f64,
    /// `W_2`.
    pub w2: f64,
    /// `E S_t − E_μ S`, with its sign.
    pub mean: f64,
}

/// Mass of a tail below which quantiles are left out; its share in a squared distance is below
/// rounding.
const NOTHING: f64 = 1e-15;

/// The stationary law of the drive, with the rule to integrate against it.
struct Stationary {
    mixing: Mixing,
    law: Mixture,
    middle: f64,
    panels: Vec<[f64; 2]>,
}

impl ScalarNetwork {
    /// `W_1`, `W_2` and the difference of the means between the law of `S_t` from `start` (means
    /// and deviations of `X_0` and `S_0`) and the stationary law, at each of `times`.
    ///
    /// ```text
    /// W_p^p = ∫ |Q_t(F(v)) − σ(v)|^p F(dv),   F the stationary law of the drive v = σ^{-1}(S)
    /// ```
    ///
    /// The difference of the laws is propagated, not formed at the end, and the shift
    /// `Q_t(F(v)) − σ(v)` is solved for as a shift: the distances keep their relative accuracy,
    /// about 1e-10, however small they become; but where a symmetric start has no part in the
    /// slowest mode, rounding puts 1e-16 of it there.
    ///
    /// # Errors
    /// [`Undefined`] for a start that is not of two coordinates, one too far away for a grid, or a
    /// stationary law that is not settled.
    ///
    /// ```
    /// use ndarray::arr1;
    /// use rtrl_lab::{
    ///     network::activation,
    ///     theory::{GaussianStart, ScalarModel, ScalarNetwork},
    /// };
    /// let unit = ScalarNetwork::new(ScalarModel::plain(
    ///     activation::named("tanh").unwrap(),
    ///     1.5,
    ///     1.0,
    ///     0.0,
    /// ))
    /// .unwrap();
    /// let start = GaussianStart { mean: arr1(&[-2.0, 0.95]), deviation: arr1(&[0.0, 0.0]) };
    /// let late = unit.wasserstein(&start, &[40]).unwrap()[0];
    /// assert!(
    ///     late.mean.abs() <= late.w1 && late.w1 <= late.w2 && late.w2 < 4e-5 && late.w2 > 2e-5
    /// );
    /// ```
    pub fn wasserstein(&self, start: &GaussianStart, times: &[usize]) -> Result<Vec<ScalarDistance>, Undefined> {
        let start = Start::of(start)?;
        let rows = start.rows(&self.model)?;
        let wider = self.holding(&rows)?;
        wider.as_ref().unwrap_or(self).distances_from(&start, &rows, times)
    }

    fn distances_from(&self, start: &Start, rows: &[(f64, Vec<[f64; 2]>)], times: &[usize]) -> Result<Vec<ScalarDistance>, Undefined> {
        let points = &self.kernel.hidden.points;
        let held: Vec<(f64, Vec<f64>)> = rows.iter().map(|(x, law)| (*x, self.kernel.hold(law))).collect();
        let mean = |x: f64, s: f64| self.model.drive(s, self.model.phi * x);
        let means: Vec<(f64, f64)> = held.iter().flat_map(|(x, law)| points.iter().zip(law).map(move |(s, mass)| (mean(*x, *s), *mass))).collect();
        let ends = means.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], (mean, _)| [low.min(*mean), high.max(*mean)]);
        let stationary = self.drive_law(ends)?;
        let average: f64 = self.hidden_means(self.stationary()?);
        let mut found = vec![None; times.len()];
        let mut put = |time: usize, make: &dyn Fn() -> ScalarDistance| {
            let places: Vec<usize> = (0..times.len()).filter(|i| times[*i] == time).collect();
            if let Some(first) = places.first() {
                found[*first] = Some(make());
                places.iter().for_each(|i| found[*i] = found[*first]);
            }
        };
        let value = |u: f64| self.model.activation.value_and_slope(u).0;
        let [centre, deviation] = start.drive(&self.model);
        put(0, &|| self.by_quantiles(&stationary, start.hidden[0] - average, |v, z| start.hidden[0] + start.hidden[1] * z - value(v)));
        let first: f64 = rows.iter().flat_map(|(_, law)| law).map(|[s, mass]| mass * s).sum();
        put(1, &|| self.by_quantiles(&stationary, first - average, |v, z| self.model.activation.difference(v, centre + deviation * z - v).0));
        let last = times.iter().copied().max().unwrap_or(0);
        if last < 2 {
            return Ok(found.into_iter().flatten().collect());
        }
        let law = self.stationary()?;
        // The law of Z_1 and its difference from the stationary one.
        let mut spread = vec![0.0; self.kernel.data.len() * points.len()];
        held.iter().for_each(|(x, law)| self.kernel.spread_from(*x, law, &mut spread));
        let mut ahead = without_mass(difference(&self.kernel.seen(self.kernel.carry(&spread)), law), law);
        let early = stationary.mixing.of_means(means.iter().copied());
        let early = Mixture { weights: difference(&early.weights, &stationary.law.weights), ..early };
        put(2, &|| self.by_change(&stationary, &early, self.hidden_means(&ahead)));
        let step = self.kernel.plain();
        for time in 3..=last {
            let change = stationary.mixing.law(&ahead);
            ahead = without_mass(step.next(&ahead), law);
            put(time, &|| self.by_change(&stationary, &change, self.hidden_means(&ahead)));
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// `Σ law(k, l) s_l`.
    pub(super) fn hidden_means(&self, law: &[f64]) -> f64 {
        let points = &self.kernel.hidden.points;
        law.chunks_exact(points.len()).map(|row| row.iter().zip(points).map(|(mass, s)| mass * s).sum::<f64>()).sum()
    }

    fn drive_law(&self, ends: [f64; 2]) -> Result<Stationary, Undefined> {
        let mixing = Mixing::of(&self.kernel, ends);
        let law = mixing.law(self.stationary()?);
        let panels = panels(mixing.ends(), law.deviation);
        let middle = law.centres.iter().zip(&law.weights).map(|(centre, weight)| centre * weight).sum();
        Ok(Stationary { mixing, law, middle, panels })
    }

    /// Distances where the shift at a quantile is known: `shift(v, z)` with z the standard normal
    /// quantile of the level of v.
    fn by_quantiles(&self, stationary: &Stationary, mean: f64, shift: impl Fn(f64, f64) -> f64) -> ScalarDistance {
        let rule = legendre();
        let at = |v: f64| {
            let (below, above) = (stationary.law.below(v), stationary.law.above(v));
            let z = if below < above { normal_quantile(below.max(1e-300)) } else { -normal_quantile(above.max(1e-300)) };
            (shift(v, z), if below.min(above) < NOTHING { 0.0 } else { stationary.law.density(v) })
        };
        let (mut w1, mut square) = (0.0, 0.0);
        for ends in &stationary.panels {
            w1 += panel_of_size(&rule, *ends, |v| {
                let (shift, density) = at(v);
                shift * density
            });
            square += panel(&rule, *ends, |v| {
                let (shift, density) = at(v);
                shift * shift * density
            });
        }
        ScalarDistance { w1, w2: square.sqrt(), mean }
    }

    /// Distances where the difference of the distribution functions is known.
    fn by_change(&self, stationary: &Stationary, change: &Mixture, mean: f64) -> ScalarDistance {
        let rule = legendre();
        let (law, middle) = (&stationary.law, stationary.middle);
        let w1 = stationary
            .panels
            .iter()
            .map(|ends| panel_of_size(&rule, *ends, |v| change.change(v, middle) * self.model.activation.value_and_slope(v).1));
        let square = stationary.panels.iter().map(|ends| {
            panel(&rule, *ends, |v| {
                if law.below(v).min(law.above(v)) < NOTHING {
                    return 0.0;
                }
                let shift = self.model.activation.difference(v, shift_at(stationary, change, v, &rule)).0;
                shift * shift * law.density(v)
            })
        });
        ScalarDistance { w1: w1.sum(), w2: square.sum::<f64>().sqrt(), mean }
    }
}

/// The η with `∫_v^{v+η} f + D(v + η) = 0`: where the changed law has the quantile that the
/// stationary law has at v.
fn shift_at(stationary: &Stationary, change: &Mixture, v: f64, rule: &Rule) -> f64 {
    const MOST: usize = 100;
    let (law, middle) = (&stationary.law, stationary.middle);
    let [low, high] = stationary.mixing.ends();
    let (mut left, mut right) = (low - v - law.deviation, high - v + law.deviation);
    let mass = |shift: f64| {
        if shift.abs() < law.deviation {
            let (centre, half) = (v + 0.5 * shift, 0.5 * shift);
            half * rule.iter().map(|[x, weight]| weight * law.density(centre + half * x)).sum::<f64>()
        } else if v + 0.5 * shift < middle {
            law.below(v + shift) - law.below(v)
        } else {
            law.above(v) - law.above(v + shift)
        }
    };
    let mut shift = -change.change(v, middle) / law.density(v);
    for _ in 0..MOST {
        if !(left < shift && shift < right) {
            shift = 0.5 * (left + right);
        }
        let excess = mass(shift) + change.change(v + shift, middle);
        if excess > 0.0 {
            right = shift
        } else {
            left = shift
        }
        let step = excess / (law.density(v + shift) + change.density(v + shift));
        let before = shift;
        shift = before - step;
        if !(left..=right).contains(&shift) {
            shift = 0.5 * (left + right);
        }
        if (shift - before).abs() <= 1e-13 * before.abs() {
            break;
        }
    }
    shift
}
