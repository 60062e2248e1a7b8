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
use crate::training::GradientNorm;

/// Name of the part.
const PART: &str = "single_steps";
/// Stretches, and losses of each.
const STRETCHES: usize = 64;
const LOSSES: usize = 8;
/// The same on a record, whose parts differ more than stretches of a process do.
const PARTS_OF_A_RECORD: usize = 128;
const LOSSES_OF_A_PART: usize = 16;
/// The same for a network of many parameters.
const FEW_STRETCHES: usize = 16;
const FEW_LOSSES: usize = 2;
/// How far back a gradient is followed, in longest truncation lengths: so far at least, and so far
/// at most, as long as all the sweeps take no more operations than these.
const BEYOND: usize = 4;
const FAR_BEYOND: usize = 64;
const OPERATIONS: f64 = 4e10;
/// Lags that the exact errors are taken over: they take time with the square of this.
const EXACT_LAGS: usize = 256;
/// Of what is followed, the part in which lengths are told; over the rest the gradient has to have
/// ended.
const TOLD: f64 = 0.75;
/// Where it ends, it is at most this part of the share.
const ENDED: f64 = 0.5;

/// The work of single steps: a unit a stretch.
pub(super) fn work<'c>(case: &'c Case, budget: &'c Budget, key: RngKey) -> Work<'c> {
    let (count, _) = sizes(case, budget);
    let (most, width) = (followed(case, budget), case.network.recurrent_len());
    let working = memory_count::adjoints(case, budget.steps + burn_in(budget, most), 1).saturating_add(2 * width);
    Work::new(PART, count, Footprint { working, recorded: most + 1 }, move |index| single_steps(case, budget, key, index))
}

/// Stretches, and losses of each.
fn sizes(case: &Case, budget: &Budget) -> (usize, usize) {
    let (stretches, losses) = match (AS_SEEN.whole(case), case.data.is_recorded()) {
        (false, _) => (FEW_STRETCHES, FEW_LOSSES),
        (true, true) => (PARTS_OF_A_RECORD, LOSSES_OF_A_PART),
        (true, false) => (STRETCHES, LOSSES),
    };
    (stretches.min(budget.chains), losses)
}

fn followed(case: &Case, budget: &Budget) -> usize {
    let longest = budget.taus.last().copied().unwrap_or(1).max(1);
    let (stretches, losses) = sizes(case, budget);
    // Two sweeps a loss, each with a multiplication and an addition a parameter for the adjoint and
    // for the gradient.
    let of_a_lag = 8.0 * (stretches * losses) as f64 * case.network.recurrent_len() as f64;
    let affordable = (OPERATIONS / of_a_lag) as usize;
    affordable.clamp(longest.saturating_mul(BEYOND), longest.saturating_mul(FAR_BEYOND))
}

/// Steps before the losses of a stretch: as many as gradients are followed back.
fn burn_in(budget: &Budget, most: usize) -> usize {
    budget.burn_in.max(most)
}

fn single_steps(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let most = followed(case, budget);
    let norm = GradientNorm { burn_in: burn_in(budget, most), ..stretches(budget) };
    let (count, losses) = sizes(case, budget);
    let replicate = spread(count, budget.chains).nth(index).unwrap_or(0);
    let (segment, start) = norm.segment(&*case.data, case.network.cell.state_len(), key, replicate);
    let every = (segment.len() - norm.burn_in).div_ceil(losses).max(1);
    let at: Vec<usize> = (norm.burn_in..segment.len()).rev().step_by(every).collect();
    let seen = StepErrors::of(&case.network, &segment, &start, &at, most);
    Record::default().with(names::STEP_LEFT_OUT, most, seen.left_out).with(names::STEP_WHOLE, 1, vec![seen.whole])
}

/// The finding with the error of a step at every measured length, and the least lengths.
pub(super) fn told(mut finding: Finding, case: &Case, records: &Records, budget: &Budget) -> Result<Finding, Undefined> {
    let part = records.part(PART);
    let [left_out, whole] = [part.stacked(names::STEP_LEFT_OUT)?, part.stacked(names::STEP_WHOLE)?].map(|table| rows(table.view()));
    let whole: Vec<f64> = whole.into_iter().map(|row| row[0]).collect();
    let most = followed(case, budget);
    let errors: Vec<Result<Estimate, Undefined>> =
        (0..most).map(|look| relative(&left_out.iter().map(|row| row[look]).collect::<Vec<_>>(), &whole, case.level)).collect();
    let exact = exact(case, most);
    for tau in budget.taus.iter().filter(|tau| **tau <= most) {
        finding = finding.with(names::STEP_ERROR.at(tau), errors[tau - 1].clone());
        if let Some(error) = exact.as_ref().and_then(|errors| errors.get(tau - 1)) {
            finding = finding.with(names::STEP_ERROR_EXACT.at(tau), *error);
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

/// The exact errors, where the gradient has ended in the lags that they are taken over: else they
/// are relative to another whole than what is measured.
fn exact(case: &Case, most: usize) -> Option<Vec<f64>> {
    let smallest = SHARES[SHARES.len() - 1].0;
    let errors = LinearGaussian::new(case.linear.clone()?).ok()?.step_errors(most.min(EXACT_LAGS)).ok()?;
    (most <= EXACT_LAGS || crossing(&errors, smallest).is_some()).then_some(errors)
}

/// The root of a ratio of two sums over stretches, by the jackknife of its logarithm; of the ratio
/// itself, with the lower end 0, where all of the first sum comes from one stretch.
fn relative(left_out: &[f64], whole: &[f64], level: f64) -> Result<Estimate, Undefined> {
    let sums = [left_out, whole].map(|part| part.iter().sum::<f64>());
    if sums[1] == 0.0 {
        return Err(Undefined::because("no step has a recurrent gradient, or so many steps before it as it is followed back"));
    }
    if sums[0] == 0.0 {
        return Ok(Estimate { value: 0.0, standard_error: 0.0, lower: 0.0, upper: 0.0, level });
    }
    if left_out.iter().filter(|own| **own > 0.0).count() == 1 {
        let without: Vec<f64> = left_out.iter().zip(whole).map(|(own, all)| (sums[0] - own) / (sums[1] - all)).collect();
        let square = jackknife(sums[0] / sums[1], &without, level)?;
        return Ok(Estimate { lower: 0.0, ..square.map_monotone(|square| square.max(0.0).sqrt()) });
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
    let [value, lower, upper] = [ends(|e| e.value), ends(|e| e.lower), ends(|e| e.upper)].map(|errors| crossing(&errors?, share));
    let undefined = match (value, lower, upper, errors.first()) {
        (Some(value), Some(lower), Some(upper), _) => {
            let [value, lower, upper] = [value, lower, upper].map(|length| length as f64);
            return Number::Interval(Estimate { value, standard_error: (upper - lower) / 4.0, lower, upper, level });
        }
        (_, _, _, Some(Err(why))) => why.reason.clone(),
        (Some(value), Some(lower), None, _) => {
            format!("at least {lower}, by the estimate {value}, and no upper end: a few stretches hold most of what truncation leaves out")
        }
        _ => format!("gradients have not ended after the {} steps that they are followed back", errors.len()),
    };
    Number::Undefined { undefined }
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
    fn a_length_without_an_upper_end_says_what_is_known() {
        let errors: Vec<_> = (1..=16)
            .map(|tau| libm::pow(0.5, f64::from(tau)))
            .map(|value| Ok(Estimate { value, standard_error: 1.0, lower: value / 4.0, upper: 1.0, level: 0.95 }))
            .collect();
        let Number::Undefined { undefined } = least(&errors, 0.1, 0.95) else { panic!("the upper ends do not fall") };
        assert!(undefined.starts_with("at least 2, by the estimate 4, and no upper end"), "{undefined}");
    }

    #[test]
    fn a_relative_error_is_the_ratio_of_the_sums() {
        let found = relative(&[1.0, 2.0, 6.0], &[10.0, 10.0, 16.0], 0.95).unwrap();
        assert!((found.value - 0.5).abs() < 1e-15 && found.lower < 0.5 && found.upper > 0.5);
        assert_eq!(relative(&[0.0; 2], &[1.0; 2], 0.95).unwrap().upper, 0.0);
        assert!(relative(&[0.0; 2], &[0.0; 2], 0.95).is_err());
        // One stretch holds all of what is left out: an upper end, and nothing below.
        let found = relative(&[0.0, 0.0, 1e-8], &[1.0; 3], 0.95).unwrap();
        assert!(found.lower == 0.0 && found.upper > found.value && found.upper < 1e-3, "{found:?}");
    }
}
