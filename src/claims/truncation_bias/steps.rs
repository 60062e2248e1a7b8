//! The least truncation length at which the gradient of a single step is right to a share, in the
//! mean square: it has an answer where the mean gradient is zero and no bias is small beside it.

use super::least::{SHARES, spread};
use super::{AS_SEEN, names, stretches};
use crate::claims::contract::record::rows;
use crate::claims::measuring::memory_count;
use crate::claims::{Budget, Case, Finding, Footprint, Number, Record, Records, Work};
use crate::gradient::StepErrors;
use crate::random::RngKey;
use crate::stats::{Estimate, Undefined, jackknife};
use crate::theory::LinearGaussian;

/// Name of the part.
const PART: &str = "single_steps";
/// Stretches, and losses of each.
const STRETCHES: usize = 64;
const LOSSES: usize = 8;
/// The same for a network of many parameters.
const FEW_STRETCHES: usize = 16;
const FEW_LOSSES: usize = 2;
/// How far back a gradient is followed, in longest truncation lengths.
const BEYOND: usize = 4;
/// Of what is followed, the part in which lengths are told; over the rest the gradient has to have
/// ended.
const TOLD: f64 = 0.75;
/// Where it ends, it is at most this part of the share.
const ENDED: f64 = 0.5;

/// The work of single steps: a unit a stretch.
pub(super) fn work<'c>(case: &'c Case, budget: &'c Budget, key: RngKey) -> Work<'c> {
    let (count, _) = sizes(case, budget);
    let (most, width) = (followed(budget), case.network.recurrent_len());
    let working = memory_count::adjoints(case, budget.steps + budget.burn_in, 1).saturating_add(2 * width);
    Work::new(PART, count, Footprint { working, recorded: most + 1 }, move |index| single_steps(case, budget, key, index))
}

/// Stretches, and losses of each.
fn sizes(case: &Case, budget: &Budget) -> (usize, usize) {
    let (stretches, losses) = if AS_SEEN.whole(case) { (STRETCHES, LOSSES) } else { (FEW_STRETCHES, FEW_LOSSES) };
    (stretches.min(budget.chains), losses)
}

fn followed(budget: &Budget) -> usize {
    let longest = budget.taus.last().copied().unwrap_or(1);
    longest.saturating_mul(BEYOND).min(budget.burn_in + budget.steps).max(1)
}

fn single_steps(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let norm = stretches(budget);
    let (count, losses) = sizes(case, budget);
    let replicate = spread(count, budget.chains).nth(index).unwrap_or(0);
    let (segment, start) = norm.segment(&*case.data, case.network.cell.state_len(), key, replicate);
    let every = (segment.len() - budget.burn_in).div_ceil(losses).max(1);
    let at: Vec<usize> = (budget.burn_in..segment.len()).rev().step_by(every).collect();
    let most = followed(budget);
    let seen = StepErrors::of(&case.network, &segment, &start, &at, most);
    Record::default().with(names::STEP_LEFT_OUT, most, seen.left_out).with(names::STEP_WHOLE, 1, vec![seen.whole])
}

/// The finding with the error of a step at every measured length, and the least lengths.
pub(super) fn told(mut finding: Finding, case: &Case, records: &Records, budget: &Budget) -> Result<Finding, Undefined> {
    let part = records.part(PART);
    let [left_out, whole] = [part.stacked(names::STEP_LEFT_OUT)?, part.stacked(names::STEP_WHOLE)?].map(|table| rows(table.view()));
    let whole: Vec<f64> = whole.into_iter().map(|row| row[0]).collect();
    let most = followed(budget);
    let errors: Vec<Result<Estimate, Undefined>> =
        (0..most).map(|look| relative(&left_out.iter().map(|row| row[look]).collect::<Vec<_>>(), &whole, case.level)).collect();
    let exact = case.linear.clone().and_then(|model| LinearGaussian::new(model).ok()).and_then(|exact| exact.step_errors(most).ok());
    for tau in budget.taus.iter().filter(|tau| **tau <= most) {
        finding = finding.with(names::STEP_ERROR.at(tau), errors[tau - 1].clone());
        if let Some(errors) = &exact {
            finding = finding.with(names::STEP_ERROR_EXACT.at(tau), errors[tau - 1]);
        }
    }
    for (share, name) in SHARES {
        finding = finding.with(names::LEAST_LENGTH_OF_A_STEP.at(name), least(&errors, share, case.level));
        if let Some(length) = exact.as_ref().and_then(|errors| crossing(errors, share)) {
            finding = finding.with(names::LEAST_LENGTH_OF_A_STEP_EXACT.at(name), length as f64);
        }
    }
    Ok(finding)
}

/// The root of a ratio of two sums over stretches, by the jackknife of its logarithm.
fn relative(left_out: &[f64], whole: &[f64], level: f64) -> Result<Estimate, Undefined> {
    let sums = [left_out, whole].map(|part| part.iter().sum::<f64>());
    if sums[1] == 0.0 {
        return Err(Undefined::because("no step has a recurrent gradient, or so many steps before it as it is followed back"));
    }
    if sums[0] == 0.0 {
        return Ok(Estimate { value: 0.0, standard_error: 0.0, lower: 0.0, upper: 0.0, level });
    }
    let log = |left_out: f64, whole: f64| 0.5 * libm::log(left_out / whole);
    let without: Vec<f64> = left_out.iter().zip(whole).map(|(own, all)| log(sums[0] - own, sums[1] - all)).collect();
    jackknife(log(sums[0], sums[1]), &without, level).map(|error| error.map_monotone(libm::exp))
}

/// The least length with its interval: a length is too short as long as an error's lower end is
/// above the share, and long enough once its upper end is not. One interval a length is enough,
/// since the error falls: that the least length lies beyond one is to say that its error is above.
fn least(errors: &[Result<Estimate, Undefined>], share: f64, level: f64) -> Number {
    let ends = |end: fn(&Estimate) -> f64| -> Option<Vec<f64>> { errors.iter().map(|error| error.as_ref().ok().map(end)).collect() };
    let found = [ends(|e| e.value), ends(|e| e.lower), ends(|e| e.upper)].map(|errors| crossing(&errors?, share).map(|length| length as f64));
    match (found, errors.first()) {
        ([Some(value), Some(lower), Some(upper)], _) => {
            Number::Interval(Estimate { value, standard_error: (upper - lower) / 4.0, lower, upper, level })
        }
        (_, Some(Err(why))) => Number::Undefined { undefined: why.reason.clone() },
        _ => Number::Undefined { undefined: format!("gradients have not ended after the {} steps that they are followed back", errors.len()) },
    }
}

/// The least length from which on the relative error is not above a share. `None` where the
/// gradient has not ended in what was followed.
fn crossing(errors: &[f64], share: f64) -> Option<usize> {
    let told = ((TOLD * errors.len() as f64) as usize).max(1);
    // What is followed leaves nothing out at its end: the part before it tells.
    if errors.len() > 1 && errors[told - 1] > ENDED * share {
        return None;
    }
    Some(errors.iter().rposition(|error| *error > share).map_or(1, |last| last + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_told_where_the_gradient_has_ended() {
        let halves: Vec<f64> = (1..=16).map(|tau| libm::pow(0.5, f64::from(tau))).collect();
        assert_eq!([0.1, 0.5, 0.01].map(|share| crossing(&halves, share)), [Some(4), Some(1), Some(7)]);
        assert_eq!(crossing(&halves, 1e-4), None, "it is not told from what lies beyond");
        assert_eq!(crossing(&[0.0], 0.1), Some(1));
        // An error that comes back counts from its last time.
        assert_eq!(crossing(&[0.5, 0.01, 0.2, 0.05, 0.0, 0.0, 0.0, 0.0], 0.1), Some(4));
    }

    #[test]
    fn a_relative_error_is_the_ratio_of_the_sums() {
        let found = relative(&[1.0, 2.0, 6.0], &[10.0, 10.0, 16.0], 0.95).unwrap();
        assert!((found.value - 0.5).abs() < 1e-15 && found.lower < 0.5 && found.upper > 0.5);
        assert_eq!(relative(&[0.0; 2], &[1.0; 2], 0.95).unwrap().upper, 0.0);
        assert!(relative(&[0.0; 2], &[0.0; 2], 0.95).is_err());
    }
}
