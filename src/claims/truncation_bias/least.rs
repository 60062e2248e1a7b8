//! The least truncation length whose relative bias stays below a share: exactly, from the measured
//! biases, and by the rule of Aicher, Foti and Fox.

use super::differences::Differences;
use super::{names, stretches};
use crate::claims::contract::record::rows;
use crate::claims::measuring::memory_count;
use crate::claims::{Budget, Case, Finding, Footprint, Number, Record, Records, Work};
use crate::gradient::HiddenGradients;
use crate::random::RngKey;
use crate::stats::{Estimate, squared_norm_of_mean};
use crate::theory::{LinearGaussian, Truncation};

/// Name of the part.
const PART: &str = "hidden_gradients";
/// Shares of the recurrent gradient, and how they are called.
pub(super) const SHARES: [(f64, &str); 3] = [(0.1, "10%"), (0.01, "1%"), (0.001, "0.1%")];
/// Stretches, and losses of each, that the rule looks at.
const STRETCHES: usize = 8;
const LOSSES: usize = 64;
/// Hidden gradients are kept so far back at least, so that a slope can be read.
const FEWEST_LAGS: usize = 8;

/// The work of the adaptive rule.
pub(super) fn work<'c>(case: &'c Case, budget: &'c Budget, key: RngKey) -> Work<'c> {
    let lags = lags(budget) + 1;
    let recorded = lags * (1 + case.network.cell.state_len());
    let footprint = Footprint { working: memory_count::adjoints(case, budget.steps + budget.burn_in, 1), recorded };
    Work::new(PART, 1, footprint, move |_| hidden_gradients(case, budget, key))
}

/// So many of all stretches, evenly: those of a record lie one after the other.
pub(super) fn spread(count: usize, all: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |index| index * all / count)
}

fn lags(budget: &Budget) -> usize {
    budget.taus.last().copied().unwrap_or(0).max(FEWEST_LAGS).min(budget.burn_in + budget.steps - 1)
}

fn hidden_gradients(case: &Case, budget: &Budget, key: RngKey) -> Record {
    let norm = stretches(budget);
    let lags = lags(budget);
    let width = (lags + 1) * case.network.cell.state_len();
    let every = budget.steps.div_ceil(LOSSES);
    let (mut norms, mut vectors, mut count) = (vec![0.0; lags + 1], vec![0.0; width], 0);
    for replicate in spread(STRETCHES.min(budget.chains), budget.chains) {
        let (segment, start) = norm.segment(&*case.data, case.network.cell.state_len(), key, replicate);
        // A recorded series may be shorter than what is asked of it.
        let at: Vec<usize> = (0..segment.len()).rev().step_by(every).take(LOSSES).collect();
        let (own, along, steps) = HiddenGradients::of(&case.network, &segment, &start, &at, lags).sums();
        norms.iter_mut().zip(&own).for_each(|(sum, x)| *sum += x);
        vectors.iter_mut().zip(&along).for_each(|(sum, x)| *sum += x);
        count += steps;
    }
    let record = Record::default().with(names::HIDDEN_NORMS, lags + 1, norms);
    record.with(names::HIDDEN_VECTORS, width, vectors).with(names::HIDDEN_STEPS, 1, vec![count as f64])
}

/// The finding with the least lengths for every share.
pub(super) fn told(mut finding: Finding, case: &Case, records: &Records, differences: &Differences, gradients: &[Vec<f64>], block: bool) -> Finding {
    let shares = SHARES.map(|(share, _)| share);
    let kind = if block { Truncation::Block } else { Truncation::Rolling };
    let exact = case.linear.clone().and_then(|model| LinearGaussian::new(model).ok()).and_then(|exact| exact.least_truncation(kind, &shares).ok());
    let rule = (!block).then(|| by_rule(records, &shares)).flatten();
    for (index, (share, name)) in SHARES.into_iter().enumerate() {
        finding = finding.with(names::LEAST_LENGTH.at(name), measured(differences, gradients, share));
        if let Some(Some(length)) = exact.as_ref().map(|exact| exact[index]) {
            finding = finding.with(names::LEAST_LENGTH_EXACT.at(name), length as f64);
        }
        if let Some(rule) = &rule {
            let why = "hidden gradients do not fall, or what may lie beyond them leaves nothing of the gradient: the rule finds no length";
            let number = rule[index].map_or(Number::Undefined { undefined: why.into() }, |length| Number::from(length as f64));
            finding = finding.with(names::LEAST_LENGTH_BY_RULE.at(name), number);
        }
    }
    finding
}

fn by_rule(records: &Records, shares: &[f64]) -> Option<Vec<Option<usize>>> {
    let part = records.part(PART);
    let [norms, vectors, count] =
        [names::HIDDEN_NORMS, names::HIDDEN_VECTORS, names::HIDDEN_STEPS].map(|name| Some(rows(part.stacked(name).ok()?.view()).concat()));
    Some(HiddenGradients::written(norms?, vectors?, count?.first().map(|count| *count as usize)?).least_truncation(shares))
}

/// Between which of the lengths measured the least one lies: beyond every length whose relative
/// bias is above the share, and not beyond the first from which on all are below. The intervals
/// behind it hold together.
fn measured(differences: &Differences, gradients: &[Vec<f64>], share: f64) -> Number {
    let taus = differences.taus;
    // Widened squares have the level `2 · level − 1` where they are seen along directions.
    let level = 1.0 - (1.0 - differences.level) / (taus.len() + 1) as f64;
    let Ok(full) = squared_norm_of_mean(gradients, level).map(|full| differences.widened(full)) else {
        return Number::Undefined { undefined: "the recurrent gradient has no interval".into() };
    };
    if full.lower <= 0.0 {
        return Number::Undefined { undefined: "the recurrent gradient is not told from zero: no bias is small beside it".into() };
    }
    let squares: Option<Vec<Estimate>> =
        (0..taus.len()).map(|look| differences.square(look, level).ok().map(|square| differences.widened(square))).collect();
    let Some(squares) = squares else { return Number::Undefined { undefined: "a bias has no interval".into() } };
    let asked = share * share;
    let above = squares.iter().rposition(|square| square.lower > asked * full.upper);
    let lower = above.map_or(1, |at| taus[at] + 1);
    let upper = squares.iter().rposition(|square| square.upper > asked * full.lower).map_or(0, |at| at + 1);
    let Some(upper) = taus.get(upper) else {
        let longest = taus.last().copied().unwrap_or(0);
        let undefined =
            format!("it is at least {lower}, and the bias is not known to be below the share at the longest length, {longest}; take longer ones");
        return Number::Undefined { undefined };
    };
    let value =
        squares.iter().rposition(|square| square.value > asked * full.value).map_or(taus[0], |at| taus.get(at + 1).copied().unwrap_or(*upper));
    let (lower, upper) = (lower as f64, *upper as f64);
    let value = (value as f64).clamp(lower, upper);
    Number::Interval(Estimate { value, standard_error: (upper - lower) / 4.0, lower, upper, level: differences.told() })
}
