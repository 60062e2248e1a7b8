//! Runs the claims on drawn systems and holds what they say against what is exact.

use super::family::Family;
use super::system::{DrawnTruth, TIMES};
use super::tally::{ALL, Drawing, DrawnFamily, DrawnInterval, DrawnWords, Hit, Said, Word};
use crate::calibration::Kind;
use crate::claims::Name;
use crate::claims::geometric_ergodicity::names as bracket;
use crate::claims::judging::names as rates;
use crate::claims::{self, Case, Claim, Finding, Judged, Number, Outcome, decide};
use crate::claims::{derivative_moments, hidden_contraction};
use crate::markov::Block;
use crate::random::RngKey;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Claims whose exact answer is known on every family.
const CLAIMS: [&str; 4] = ["data_ergodicity", "hidden_contraction", "derivative_moments", "geometric_ergodicity"];
/// How far from the margin an exact answer is clear of it.
const CLEAR: f64 = 0.02;
/// Relative rounding of an exact answer, so that an interval of no width may touch it.
const EXACT: f64 = 1e-9;

/// Most indices tried for each system that is wanted: some draws have no exact answer.
const TRIED: usize = 4;

/// Draws systems of a family until `systems` of them have an exact answer, or four times as many
/// were tried, and runs the claims on them at their default budgets.
pub fn draw(family: Family, systems: usize, seed: u64) -> DrawnFamily {
    let key = RngKey::root(seed).within("draw");
    let mut drawn = DrawnFamily { family: family.name().into(), seed, systems, answered: 0, tried: 0, hits: Vec::new(), words: Vec::new() };
    while drawn.answered < systems && drawn.tried < TRIED * systems {
        let indices = drawn.tried..drawn.tried + (systems - drawn.answered).min(TRIED * systems - drawn.tried);
        let seen: Vec<Option<(Vec<Hit>, Vec<Word>)>> = indices.clone().into_par_iter().map(|index| one(family, key, index)).collect();
        drawn.tried = indices.end;
        for (hits, words) in seen.into_iter().flatten() {
            drawn.answered += 1;
            drawn.hits.extend(hits);
            drawn.words.extend(words);
        }
    }
    drawn
}

impl Drawing {
    /// Tallies what was seen on the families, which share a seed and a number of systems.
    pub fn of(families: &[DrawnFamily]) -> Self {
        let hits: Vec<(&str, &Hit)> = families.iter().flat_map(|own| own.hits.iter().map(|hit| (own.family.as_str(), hit))).collect();
        let words: Vec<(&str, &Word)> = families.iter().flat_map(|own| own.words.iter().map(|word| (own.family.as_str(), word))).collect();
        let missing = families.iter().map(|own| (own.family.clone(), own.tried - own.answered)).filter(|(_, missing)| *missing > 0).collect();
        let estimators: BTreeSet<&str> = hits.iter().map(|(_, hit)| hit.estimator.as_str()).collect();
        let mut intervals = Vec::new();
        for estimator in estimators {
            for (family, own) in by_family(&hits, |hit| hit.estimator == estimator) {
                intervals.push(DrawnInterval::of(estimator, family, &own));
            }
        }
        let mut by_claim = Vec::new();
        for claim in CLAIMS {
            for (family, own) in by_family(&words, |word| word.claim == claim) {
                by_claim.push(DrawnWords::of(claim, family, &own));
            }
        }
        let passed = intervals.iter().all(|row| row.passes) && by_claim.iter().all(|row| row.passes);
        let wrong = hits.iter().filter_map(|(family, hit)| hit.error(family));
        let wrong = wrong.chain(words.iter().filter_map(|(family, word)| word.error(family))).collect();
        let (seed, systems) = families.first().map_or((0, 0), |own| (own.seed, own.systems));
        Drawing { seed, systems, without_answer: missing, intervals, words: by_claim, passed, wrong }
    }
}

/// What is chosen, family by family in their order, and all of it at the end.
fn by_family<'a, T>(all: &[(&'a str, &'a T)], chosen: impl Fn(&T) -> bool) -> Vec<(&'static str, Vec<&'a T>)> {
    let names = Family::ALL.into_iter().map(Family::name).chain([ALL]);
    let own =
        |name: &str| all.iter().filter(|(family, one)| (name == ALL || *family == name) && chosen(one)).map(|(_, one)| *one).collect::<Vec<&T>>();
    names.map(|name| (name, own(name))).filter(|(_, own)| !own.is_empty()).collect()
}

/// One system; `None` where it has no exact answer.
fn one(family: Family, key: RngKey, index: usize) -> Option<(Vec<Hit>, Vec<Word>)> {
    let system = family.draw(key, index);
    let truth = system.truth().ok()?;
    let case = system.case();
    let judged: Vec<Judged> = CLAIMS.iter().filter_map(|id| claims::named(id)).map(|claim| weigh(claim, &case)).collect();
    let hits = hits(index, &truth, &judged);
    let (verdicts, _) = decide(&case, &judged);
    let words = verdicts
        .into_iter()
        .zip(CLAIMS)
        .map(|(verdict, claim)| {
            let (holds, clear) = holds(claim, &truth, case.budget(claim).margin);
            let said = match verdict.verdict {
                Outcome::Supported => Said::For,
                Outcome::Contradicted | Outcome::PremiseFailed | Outcome::Slow => Said::Against,
                Outcome::Inconclusive | Outcome::Undefined => Said::Open,
            };
            Word {
                system: index,
                claim: claim.into(),
                holds,
                clear,
                said,
                reason: format!("{}: {}", verdict.decided_by.unwrap_or_default(), verdict.reason),
            }
        })
        .collect();
    Some((hits, words))
}

fn weigh(claim: &'static dyn Claim, case: &Case) -> Judged {
    let finding = claim.finding(case, &claims::measure(claim, case));
    Judged { claim, finding, violation: None, expected: None, asked: true }
}

/// Whether a claim is true with its margin, and whether that is clear.
fn holds(claim: &str, truth: &DrawnTruth, margin: f64) -> (bool, bool) {
    let below = |rate: f64, edge: f64| (rate < edge, (rate - edge).abs() > CLEAR);
    let edge = 1.0 - margin;
    match claim {
        "data_ergodicity" => below(truth.data, edge),
        "hidden_contraction" => below(truth.hidden, edge),
        // Its premise is the contraction of hidden states, which a slow one does not fail.
        "derivative_moments" => both(below(truth.products[1], 1.0), below(truth.hidden, 1.0)),
        _ => {
            // Both ways to fail count, and so do the premises: a slow part is no failed premise.
            let moments = below(truth.products[0], 1.0);
            both(below(truth.joint(), edge), moments)
        }
    }
}

/// Both hold; clear where both are, or where one clearly does not hold.
fn both(first: (bool, bool), second: (bool, bool)) -> (bool, bool) {
    let fails = |(holds, clear): (bool, bool)| !holds && clear;
    (first.0 && second.0, (first.1 && second.1) || fails(first) || fails(second))
}

/// Every interval beside its truth.
fn hits(system: usize, truth: &DrawnTruth, judged: &[Judged]) -> Vec<Hit> {
    let finding = |claim: &str| &judged[CLAIMS.iter().position(|id| *id == claim).unwrap_or(0)].finding;
    let (data, hidden, moments, joint) = (finding(CLAIMS[0]), finding(CLAIMS[1]), finding(CLAIMS[2]), finding(CLAIMS[3]));
    let hit = |estimator: &str, kind, truth, ends| Hit { system, estimator: estimator.into(), kind, truth, ends };
    let mut hits = vec![
        hit("rate of the data", Kind::Bound, truth.data, deciding(data)),
        hit("rate of hidden states on the same data", Kind::Bound, truth.hidden, deciding(hidden)),
        hit("rate of the data block", Kind::Bound, truth.data, number(joint, rates::RATE.of("data"))),
        hit("rate of the hidden block", Kind::Bound, truth.driven(), number(joint, rates::RATE.of("hidden"))),
    ];
    // Where paths do not differ, an interval bounds what rounding and fast modes leave: it may hold
    // the truth always.
    let random = [
        ("pathwise rate", "pathwise rate, without noise", truth.pathwise, number(hidden, hidden_contraction::names::PATHWISE_RATE)),
        (
            "rate of products, second moment",
            "rate of products, second moment, without noise",
            truth.products[0],
            number(moments, derivative_moments::names::PRODUCT_RATE.of(2)),
        ),
        (
            "rate of products, fourth moment",
            "rate of products, fourth moment, without noise",
            truth.products[1],
            number(moments, derivative_moments::names::PRODUCT_RATE.of(4)),
        ),
    ];
    for (name, without, exact, ends) in random {
        hits.push(if truth.noiseless { hit(without, Kind::Bound, exact, ends) } else { hit(name, Kind::Confidence, exact, ends) });
    }
    if let Some(tail) = truth.tail {
        let within = number(moments, derivative_moments::names::TAIL_INDEX);
        let above = number(moments, derivative_moments::names::TAIL_INDEX_ABOVE).map(|[lower, _]| [lower, f64::INFINITY]);
        // Beyond the orders that were measured the claim tells a lower limit alone.
        hits.push(match (within, above) {
            (Err(_), Ok(above)) => hit("tail index κ, lower limit", Kind::Bound, tail, Ok(above)),
            (within, _) => hit("tail index κ", Kind::Confidence, tail, within),
        });
    }
    if truth.joint().is_finite() {
        hits.push(hit("rate of the derivative block", Kind::Bound, truth.joint(), number(joint, rates::RATE.of("derivative"))));
        hits.push(hit("rate of the joint chain", Kind::Bound, truth.joint(), number(joint, rates::RATE)));
    }
    let blocks = [(Block::Hidden, &truth.hidden_distances), (Block::Joint, &truth.joint_distances)];
    for (block, distances) in blocks.into_iter().filter_map(|(block, distances)| Some((block, distances.as_ref()?))) {
        for (time, exact) in TIMES.iter().zip(distances).filter(|(_, exact)| exact.is_finite()) {
            let end = |side| number(joint, bracket::of_bracket(2, side, block, *time)).map(|[_, end]| end);
            let [upper, lower] = match block {
                Block::Hidden => ["upper limit of W₂, hidden block", "lower limit of W₂, hidden block"],
                _ => ["upper limit of W₂, joint chain", "lower limit of W₂, joint chain"],
            };
            hits.push(hit(upper, Kind::Bound, *exact, end(bracket::UPPER).map(|upper| [0.0, upper])));
            hits.push(hit(lower, Kind::Bound, *exact, end(bracket::LOWER).map(|lower| [lower, f64::INFINITY])));
        }
    }
    hits.retain(|hit| hit.truth.is_finite());
    for hit in &mut hits {
        if let Ok([low, high]) = &mut hit.ends {
            let slack = EXACT * hit.truth.abs();
            (*low, *high) = (*low - slack, *high + slack);
        }
    }
    hits
}

fn deciding(finding: &Finding) -> Result<[f64; 2], String> {
    finding.estimate.as_ref().map(|estimate| [estimate.lower, estimate.upper]).map_err(|why| why.reason.clone())
}

fn number(finding: &Finding, name: Name) -> Result<[f64; 2], String> {
    match finding.number(&name) {
        Some(Number::Interval(estimate)) => Ok([estimate.lower, estimate.upper]),
        Some(Number::Exact(value)) => Ok([*value, *value]),
        Some(Number::Undefined { undefined }) => Err(undefined.clone()),
        None => Err(format!("there is no number {name}: {}", finding.reason)),
    }
}
