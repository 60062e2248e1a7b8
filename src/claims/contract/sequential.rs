//! Budgets that end early: when the interval is narrow enough, at one of a few looks that are known
//! beforehand.
//!
//! An interval that is looked at again and again misses more often than it says. Here the looks are
//! few and each has its share of the error, `1 − (1 − level)/K`: all `K` intervals hold together
//! with probability `level` at least (Bonferroni), so the one at which a run stops does, whatever
//! made it stop. Source: Jennison and Turnbull, *Group Sequential Methods* (2000), §2.

use crate::claims::{Case, Claim, Finding, Number, Outcome, Part, Records};
use crate::stats::Estimate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Looks at a sequential budget: at half and at all of the units. Intervals of fewer replicas do
/// not hold the levels that more looks would ask of them.
pub const LOOKS: usize = 2;
/// Fewest units of a part that are looked at.
const FEWEST: usize = 16;

/// Where a sequential budget stands: the interval at the last look, and what it is to be.
///
/// ```
/// use rtrl_lab::claims::Stopping;
/// let (until, level, open, known) = (0.02, 0.975, false, false);
/// let (width, look, looks, units, of) = (Some(0.03), 1, 2, 16, 32);
/// let seen = Stopping { until, width, level, open, known, look, looks, units, of };
/// assert!(!seen.ends() && Stopping { known: true, ..seen.clone() }.ends());
/// assert!(Stopping { width: Some(0.02), ..seen.clone() }.ends());
/// assert!(!Stopping { width: Some(0.02), open: true, ..seen.clone() }.ends());
/// let width = "the interval is 0.030 wide and may be 0.02 at most";
/// let place = "16 of 32 units, look 1 of 2";
/// assert_eq!(seen.to_string(), format!("{width}; {place}: it goes on"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stopping {
    /// The width that ends it.
    pub until: f64,
    /// The width at this look; `None` where there is no interval.
    pub width: Option<f64>,
    /// Level of the interval of this look alone.
    pub level: f64,
    /// Whether a further condition of the claim is open at this look, so that it goes on however
    /// narrow the interval.
    pub open: bool,
    /// Whether the number is known without replicas, as by a certificate.
    pub known: bool,
    /// The look, from 1.
    pub look: usize,
    /// Looks in all.
    pub looks: usize,
    /// Units that are looked at.
    pub units: usize,
    /// Units of the whole budget.
    pub of: usize,
}

impl Stopping {
    /// Whether nothing more is to be done: the interval is narrow enough, or the budget has ended.
    pub fn ends(&self) -> bool {
        self.is_narrow() || self.look == self.looks
    }

    fn is_narrow(&self) -> bool {
        self.known || (!self.open && self.width.is_some_and(|width| width <= self.until))
    }
}

impl std::fmt::Display for Stopping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = self.width.map_or("there is no interval".into(), |width| format!("the interval is {width:.3} wide"));
        let so = if self.known {
            "known without them"
        } else if self.is_narrow() {
            "narrow enough"
        } else if self.ends() {
            "the budget has ended"
        } else if self.open {
            "a further condition is open, it goes on"
        } else {
            "it goes on"
        };
        write!(f, "{width} and may be {} at most; {} of {} units, look {} of {}: {so}", self.until, self.units, self.of, self.look, self.looks)
    }
}

/// The numbers of the units of a look (from 0), rising, of `count` in all.
///
/// They are spread over all by a reversal of bits, since on a record units stand for places: every
/// look sees the whole of it. A later look has the units of an earlier one.
///
/// ```
/// use rtrl_lab::claims::seen_at;
/// assert_eq!([0, 1].map(|look| seen_at(64, look).len()), [32, 64]);
/// assert_eq!(seen_at(32, 0)[..4], [0, 2, 4, 6]);
/// assert_eq!(seen_at(3, 0), [0, 1, 2], "a few units are seen together");
/// ```
pub fn seen_at(count: usize, look: usize) -> Vec<usize> {
    let share = count.div_ceil(1 << (LOOKS - 1 - look.min(LOOKS - 1))).max(FEWEST).min(count);
    let bits = count.next_power_of_two().trailing_zeros();
    let turned = |number: usize| if bits == 0 { 0 } else { number.reverse_bits() >> (usize::BITS - bits) };
    let mut seen: Vec<usize> = (0..1usize << bits).map(turned).filter(|number| *number < count).take(share).collect();
    seen.sort_unstable();
    seen
}

/// The finding at a look (from 0), from the records of its units by parts; `of` is the number of
/// all units.
///
/// ```
/// use rtrl_lab::claims::{finding_at, measure, named};
/// let claim = named("hidden_contraction").unwrap();
/// let mut case = claim.violation(1);
/// case.budgets.get_mut("hidden_contraction").unwrap().until = Some(0.5);
/// let records = measure(claim, &case);
/// let finding = finding_at(claim, &case, &records, 1, 10);
/// let (stopping, estimate) = (finding.stopping.unwrap(), finding.estimate.unwrap());
/// assert_eq!((stopping.look, stopping.level), (2, 0.975));
/// assert_eq!(stopping.width, Some(estimate.upper - estimate.lower));
/// // It holds at this level at whatever look a run stops.
/// assert_eq!(estimate.level, 0.95);
/// ```
pub fn finding_at(claim: &dyn Claim, case: &Case, records: &Records, look: usize, of: usize) -> Finding {
    let level = 1.0 - (1.0 - case.level) / LOOKS as f64;
    let mut finding = claim.finding(&Case { level, ..case.clone() }, records);
    // A number that is known has level 1, and one of several at once a level of its own.
    let together = |estimate: &mut Estimate| {
        if (estimate.level - level).abs() < 1e-12 {
            estimate.level = case.level;
        }
    };
    let known = finding.estimate.as_ref().is_ok_and(|estimate| estimate.level >= 1.0);
    finding.estimate.iter_mut().chain(finding.settles.iter_mut().filter_map(|premise| premise.estimate.as_mut())).for_each(together);
    for number in finding.numbers.values_mut() {
        if let Number::Interval(estimate) = number {
            together(estimate);
        }
    }
    let width = finding.estimate.as_ref().ok().map(|estimate| estimate.upper - estimate.lower).filter(|width| width.is_finite());
    let units = records.0.values().map(|part| part.0.len()).sum();
    let until = case.budget(claim.id()).until.unwrap_or(0.0);
    let is_open = |word| matches!(word, Outcome::Inconclusive | Outcome::Undefined);
    let open = finding.unsettled || finding.conditions.iter().any(|condition| is_open(condition.outcome));
    finding.stopping = Some(Stopping { until, width, level, open, known, look: look + 1, looks: LOOKS, units, of });
    finding
}

/// The finding at the look at which a run stops, from all records of the whole budget.
///
/// ```
/// use rtrl_lab::claims::{finding_at_stop, measure, named};
/// let claim = named("hidden_contraction").unwrap();
/// let mut case = claim.violation(1);
/// case.budgets.get_mut("hidden_contraction").unwrap().until = Some(1e9);
/// let finding = finding_at_stop(claim, &case, &measure(claim, &case));
/// assert_eq!(finding.stopping.unwrap().look, 1, "any interval will do");
/// ```
pub fn finding_at_stop(claim: &dyn Claim, case: &Case, records: &Records) -> Finding {
    let of = records.0.values().map(|part| part.0.len()).sum();
    let at = |look: usize| {
        let seen = |part: &Part| Part(seen_at(part.0.len(), look).into_iter().map(|number| part.0[number].clone()).collect());
        let parts: BTreeMap<String, Part> = records.0.iter().map(|(name, part)| (name.clone(), seen(part))).collect();
        finding_at(claim, case, &Records(parts), look, of)
    };
    let ends = |finding: &Finding| finding.stopping.as_ref().is_none_or(Stopping::ends);
    (0..LOOKS - 1).map(at).find(ends).unwrap_or_else(|| at(LOOKS - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Noise, RngKey};
    use crate::stats::student_quantile;

    #[test]
    fn looks_grow_to_the_whole_and_are_spread_over_it() {
        for count in [1, 2, 3, 7, 16, 31, 100] {
            let looks: Vec<Vec<usize>> = (0..LOOKS).map(|look| seen_at(count, look)).collect();
            assert_eq!(looks[LOOKS - 1], (0..count).collect::<Vec<_>>());
            for pair in looks.windows(2) {
                assert!(pair[0].iter().all(|number| pair[1].contains(number)), "{count}");
            }
            let first = &looks[0];
            let gap = first.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
            assert!(gap * first.len() <= 4 * count && first.len() >= count.min(FEWEST), "{count}: {first:?}");
        }
    }

    /// Shares of 200,000 normal samples whose mean, zero, lies in the interval at the look at which
    /// it is narrow: with the level of one look at every look, and with the shared one.
    #[test]
    fn an_interval_at_the_look_that_stops_covers_where_each_look_has_its_share() {
        let mut hits = [0, 0];
        let mut noise = Noise::at(RngKey::root(77));
        const REPEATS: usize = 200_000;
        for _ in 0..REPEATS {
            let sample = noise.normal_vector(32);
            for (level, hits) in [0.95, 1.0 - 0.05 / LOOKS as f64].into_iter().zip(&mut hits) {
                let interval = |look: usize| {
                    let own: Vec<f64> = seen_at(32, look).into_iter().map(|number| sample[number]).collect();
                    let n = own.len() as f64;
                    let mean = own.iter().sum::<f64>() / n;
                    let variance = own.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
                    (mean, student_quantile(0.5 + level / 2.0, n - 1.0) * (variance / n).sqrt())
                };
                // A rule that favours samples whose variance is small by chance.
                let (mean, half) = (0..LOOKS).map(interval).find(|(_, half)| *half <= 0.5).unwrap_or_else(|| interval(LOOKS - 1));
                *hits += usize::from(mean.abs() <= half);
            }
        }
        let [naive, shared] = hits.map(|hits| hits as f64 / REPEATS as f64);
        // Nine standard errors of such a share below .95, and 34 above.
        assert!(naive < 0.9455 && shared > 0.967, "{naive} {shared}");
    }
}
