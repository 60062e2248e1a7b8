//! What the claims about decay share: curve, fit, finding and figure of one block.

use crate::claims::judging::names;
use crate::claims::measuring::pairs::SMALLER;
use crate::claims::{Case, Finding, Outcome, Part, Question};
use crate::ergodicity::{DecayCurve, GeometricFit, Shape, WindowRule};
use crate::figures::{Figure, Panel};
use crate::markov::{Block, Coupled};
use crate::random::{RngKey, stream};
use crate::stats::{Bootstrap, Estimate, Undefined};
use crate::theory::NormedRate;
use libm::hypot;

/// Resamples of every bootstrap interval.
pub(in crate::claims) const RESAMPLES: usize = 400;

/// A distance that would take so many windows to halve stands still as far as a run can tell.
const STANDS: f64 = 100.0;

/// The decay of one block: its curve and the fit, which may be undefined.
pub(in crate::claims) struct BlockDecay {
    pub block: &'static str,
    pub curve: DecayCurve,
    pub fit: Result<GeometricFit, Undefined>,
}

/// Reads the distances of a block from the records.
pub(in crate::claims) fn curve(case: &Case, part: &Part, block: &str) -> Result<DecayCurve, Undefined> {
    let distances = part.stacked(names::DISTANCE.of(block))?;
    let magnitude = magnitude(case, part, block)?;
    let keeps_differences = case.data.keeps_differences() && case.network.cell.differences().is_some();
    let curve = DecayCurve::new(Coupled::declare(distances), 2, magnitude, keeps_differences);
    // Rows that are populations say where their pairs stand.
    let curve = match part.stacked(names::LOG_MOMENTS.of(block)) {
        // The variance of a population's logarithm grows with time; a plain mean would end on a few
        // of them. On a recorded series rows are single pairs.
        Ok(log_moments) if !case.data.is_recorded() => curve.carried_by(log_moments).log_normal(),
        Ok(log_moments) => curve.carried_by(log_moments),
        Err(_) => curve,
    };
    Ok(match part.stacked(names::SMALLER.of(block)) {
        Ok(smaller) => curve.beside_smaller(smaller, SMALLER as f64),
        Err(_) => curve,
    })
}

/// Root mean square size of the states of a block, which sets their rounding. The row number of a
/// record is exact, and no part of it.
fn magnitude(case: &Case, part: &Part, block: &str) -> Result<f64, Undefined> {
    let of = |block: &str| -> Result<f64, Undefined> {
        let sizes = part.stacked(names::SIZE.of(block))?;
        Ok((sizes.iter().map(|s| s * s).sum::<f64>() / sizes.len().max(1) as f64).sqrt())
    };
    if case.data.is_recorded() && block == Block::Joint.name() {
        return Ok(hypot(of(Block::Hidden.name())?, of(Block::Derivative.name())?));
    }
    of(block)
}

/// Reads the distances of a block from the records and fits them.
pub(in crate::claims) fn decay(case: &Case, part: &Part, block: &'static str, shape: Shape, key: RngKey) -> Result<BlockDecay, Undefined> {
    let curve = curve(case, part, block)?;
    let bootstrap = Bootstrap { resamples: RESAMPLES, key: key.within(block).stream(stream::RESAMPLING) };
    let fit = GeometricFit::of(&curve, shape, &WindowRule::default(), case.level, &bootstrap);
    Ok(BlockDecay { block, curve, fit })
}

/// What the rows of a decay curve are, in words.
pub(in crate::claims) fn replicas(case: &Case, decay: &BlockDecay, population: usize) -> String {
    if case.data.is_recorded() || population == 1 {
        format!("{} pairs", decay.curve.pairs())
    } else {
        format!("importance splitting: {} groups of {population} pairs, in which pairs that stay apart are duplicated", decay.curve.pairs())
    }
}

/// The finding of a claim "the rate is below 1 − margin", with the numbers of the fit.
pub(in crate::claims) fn finding(quantity: &'static str, decay: &BlockDecay, margin: f64) -> Finding {
    let threshold = 1.0 - margin;
    let question = Question::below(quantity, threshold);
    let mut finding = match &decay.fit {
        Err(why) => Finding::undefined(question, why.clone()),
        Ok(fit) => {
            let stands = fit.half_life() > STANDS * (fit.window.last - fit.window.first) as f64;
            let reason = if fit.window.decaying && !stands {
                format!(
                    "the distance is multiplied by {:.4} at each step: it halves in {:.1} steps and is down to 1 % after {:.0}",
                    fit.rate.value,
                    fit.half_life(),
                    fit.time_to_percent()
                )
            } else {
                format!("the two copies do not approach each other: the distance changes by a factor {:.4} a step", fit.rate.value)
            };
            let effect = Some((threshold - fit.rate.value) / (1.0 - threshold).max(f64::MIN_POSITIVE));
            Finding { effect, reason, ..Finding::new(question, Ok(fit.rate)) }
        }
    };
    // A rate that is surely below 1 and too near to it is slow: the copies do forget. One that
    // would take a hundred windows to halve cannot be told from 1.
    finding.limit = decay.fit.as_ref().ok().map(|fit| libm::exp(-std::f64::consts::LN_2 / (STANDS * (fit.window.last - fit.window.first) as f64)));
    finding = finding.with(names::REPLICAS, decay.curve.pairs() as f64).with(names::REPLICAS_DIVERGED, decay.curve.diverged() as f64);
    with_fit(finding, "", &decay.fit)
}

/// Adds the numbers of a fit under names with a suffix.
pub(in crate::claims) fn with_fit(finding: Finding, suffix: &str, fit: &Result<GeometricFit, Undefined>) -> Finding {
    match fit {
        Err(why) => finding.with(names::RATE.ending(suffix), Err(why.clone())),
        Ok(fit) => fit
            .finite_size
            .iter()
            .fold(finding, |finding, shift| finding.with(names::FINITE_SIZE_BIAS.ending(suffix), *shift))
            .with(names::RATE.ending(suffix), fit.rate)
            .with(names::WINDOW_FIRST.ending(suffix), fit.window.first as f64)
            .with(names::WINDOW_LAST.ending(suffix), fit.window.last as f64)
            .with(names::TRANSIENT_PEAK.ending(suffix), fit.window.peak as f64)
            .with(names::SYSTEMATIC.ending(suffix), fit.systematic)
            .with(names::STRAIGHT_LINE_RATE.ending(suffix), fit.straight_line)
            .with(names::HALF_LIFE.ending(suffix), fit.half_life())
            .with(names::TIME_TO_PERCENT.ending(suffix), fit.time_to_percent()),
    }
}

/// A finding "the rate is below a threshold" that the measurement leaves open or has not, decided
/// by a certified rate below the threshold: the rate is no larger, whatever a curve shows of it.
///
/// A finding that the measurement decides stays, and so does one in which a condition accuses the
/// program. A certified rate between the threshold and 1 decides nothing, but a measured rate above
/// the threshold is then slow, wherever its interval ends.
pub(in crate::claims) fn decided_by_certificate(finding: Finding, quantity: &'static str, certified: Option<NormedRate>) -> Finding {
    let open = matches!(finding.outcome(), Outcome::Undefined | Outcome::Inconclusive);
    let accused = finding.conditions.iter().any(|condition| condition.outcome == Outcome::Undefined);
    let proved = finding.limit.is_some() && certified.is_some_and(|certified| certified.rate < 1.0) && !accused;
    let finding = Finding { proved, ..finding };
    let Some(certified) = certified.filter(|certified| certified.rate < finding.margin && open && !accused) else { return finding };
    let bound = Estimate { value: certified.rate, standard_error: 0.0, lower: 0.0, upper: certified.rate, level: 1.0 };
    let reason = format!("the rate is certified to be at most {:.4} ({}); the measurement: {}", certified.rate, certified.norm, finding.reason);
    let effect = Some((finding.margin - certified.rate) / (1.0 - finding.margin).max(f64::MIN_POSITIVE));
    Finding { quantity, estimate: Ok(bound), effect, reason, rests_on: Some("a certificate: the rate is at most this"), ..finding }
}

/// A finding "the rate is below a threshold" without a fitted rate, decided by a lower limit of the
/// rate above the threshold.
pub(in crate::claims) fn decided_by_growth(finding: Finding, quantity: &'static str, pathwise: &Result<Estimate, Undefined>) -> Finding {
    match pathwise {
        Ok(pathwise) if finding.estimate.is_err() && pathwise.lower > finding.margin => {
            let reason = format!(
                "almost every path multiplies a small difference by {:.4} a step, and the moment rate is no smaller; the measurement: {}",
                pathwise.value, finding.reason
            );
            let effect = Some((finding.margin - pathwise.value) / (1.0 - finding.margin).max(f64::MIN_POSITIVE));
            let rests_on = Some("growth along almost every path: the rate is at least this");
            // The pathwise rate bounds from below alone: that it lies below 1 says nothing of the
            // moment rate.
            Finding { quantity, estimate: Ok(*pathwise), limit: None, proved: false, effect, reason, rests_on, ..finding }
        }
        _ => finding,
    }
}

/// Half-widths by which a measured rate must pass a bound that it cannot pass before the program is
/// accused; with normal errors and 95 % intervals this happens by chance with probability 2e-9,
/// where the interval's own end would accuse one sound run in forty.
const ACCUSED: f64 = 3.0;

/// Whether `smaller` exceeds `larger`, two rates whose order is a theorem, beyond what their
/// intervals can explain.
pub(in crate::claims) fn order_broken(smaller: &Estimate, larger: &Estimate) -> bool {
    let half = hypot(smaller.value - smaller.lower, larger.upper - larger.value);
    smaller.value - larger.value > ACCUSED * half
}

/// Whether a measured number misses its exact value beyond what its interval can explain.
pub(in crate::claims) fn differ(measured: &Estimate, exact: f64) -> bool {
    let half = if exact > measured.value { measured.upper - measured.value } else { measured.value - measured.lower };
    (exact - measured.value).abs() > ACCUSED * half
}

/// A one-figure wrapper around panels.
pub(in crate::claims) fn figure(case: &Case, claim: &str, title: &str, caption: String, panels: Vec<Panel>) -> Figure {
    Figure { id: format!("{}-{claim}", case.name), title: title.into(), caption, panels }
}
