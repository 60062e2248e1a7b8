//! Claim: the noise along learning is a martingale, boundary terms and drifts, each of its
//! predicted order in time.

pub(crate) mod names;
mod terms;

use crate::claims::contract::violation;
use crate::claims::judging::decay_rate;
use crate::claims::judging::power_law::{distance_from, exponent, root_mean};
use crate::claims::measuring::approach;
use crate::claims::measuring::memory_count;
use crate::claims::measuring::pairs::BATCH;
use crate::claims::measuring::pairs::batches;
use crate::claims::{Budget, Case, Claim, Condition, Finding, Learning, Name, Outcome, Question, Record, Records, Work};
use crate::figures::{Axis, Layer, Mark, Panel, Role};
use crate::network::Readout;
use crate::stats::{Estimate, Sample, Undefined};
use crate::training::{Method, Schedule};
use ndarray::Array2;
use std::sync::LazyLock;
use terms::FIELDS;

/// The claim.
pub(super) struct NoiseDecomposition;

const RUNS: &str = "runs";
const QUANTITY: &str = "distance of the noise sum's exponent in t from the predicted one";
/// What the fields of a block are, in their order.
const TERMS: [&str; 5] = ["total", "martingale", "boundary", "drift_by_parameters", "drift_by_steps"];
/// The size of the martingale may differ from its prediction by this factor times the margin.
const SIZE_FACTOR: f64 = 2.0;

impl Claim for NoiseDecomposition {
    fn id(&self) -> &'static str {
        "noise_decomposition"
    }

    fn short(&self) -> &'static str {
        "the noise of learning is of the predicted order"
    }

    fn statement(&self) -> &'static str {
        "the noise of learning is a martingale plus boundary terms and drifts, each of the order in time that the Poisson equation predicts"
    }

    fn margin_meaning(&self) -> &'static str {
        "exponents in t must lie within margin of the predicted ones, those of upper bounds no more than margin above"
    }

    fn premises(&self) -> &'static [&'static str] {
        &["data_ergodicity", "hidden_contraction"]
    }

    /// `chains` replicas where the solution is sampled, `seeds` where it is exact, which costs
    /// more; `burn_in` updates lead to where the noise is looked at.
    fn budget(&self) -> Budget {
        Budget { chains: 128, steps: 512, burn_in: 4000, margin: 0.15, seeds: 96, ..Budget::default() }
    }

    fn on_request(&self) -> bool {
        true
    }

    fn work<'c>(&self, case: &'c Case) -> Vec<Work<'c>> {
        let count = if refused(case).is_some() { 0 } else { batches(replicas(case)) };
        let (budget, key) = (case.budget(self.id()), case.key_of(self.id(), RUNS));
        let start = LazyLock::new(move || approach::approached(case, budget.burn_in, key.within("approach")));
        let run = move |index: usize| {
            let members = index * BATCH..((index + 1) * BATCH).min(replicas(case));
            let fields: Vec<f64> =
                members.flat_map(|member| terms::replica(case, &start, budget.burn_in, budget.steps, key.replicate(member))).collect();
            Record::default().with(names::TERMS, FIELDS * terms::blocks(budget.steps).len(), fields)
        };
        vec![Work::new(RUNS, count, memory_count::walks(case), run)]
    }

    fn question(&self, case: &Case) -> Question {
        Question::below(QUANTITY, case.budget(self.id()).margin)
    }

    fn judge(&self, case: &Case, records: &Records) -> Result<Finding, Undefined> {
        let budget = case.budget(self.id());
        if let Some(why) = refused(case) {
            return Err(Undefined::because(why));
        }
        let table = records.part(RUNS).stacked(names::TERMS)?;
        let blocks = terms::blocks(budget.steps);
        if blocks.len() < 3 {
            return Err(Undefined::because("an exponent needs three doubling blocks; take at least 64 steps"));
        }
        let schedule = terms::schedule(&case.learning, budget.burn_in);
        let column = |block: usize, field: usize| table.column(FIELDS * block + field).to_vec();
        let key = case.key_of(self.id(), "judge");
        let times: Vec<f64> = blocks.iter().map(|(first, _)| *first as f64).collect();
        let mut terms = Vec::new();
        for (field, name) in TERMS.iter().enumerate() {
            let squares: Vec<Vec<f64>> = (0..blocks.len()).map(|block| column(block, field)).collect();
            if squares.iter().flatten().all(|x| x.is_nan()) {
                continue;
            }
            let predicted: Vec<f64> = blocks.iter().map(|block| order(&schedule, *block, field)).collect();
            // A constant step has no drift by steps.
            if predicted.iter().all(|order| *order == 0.0) {
                continue;
            }
            // Sums are bounded in mean square; drifts, whose squares have heavy tails, in mean
            // length.
            let drifts = name.starts_with("drift");
            let size = |values: &[f64], chosen: &[usize]| if drifts { mean_length(values, chosen) } else { root_mean(values, chosen) };
            // The exact prediction of the martingale's size follows its variance along the run,
            // which the order in the steps alone does not.
            let over: Vec<(Vec<f64>, f64)> = if *name == "martingale" && case.linear.is_some() {
                (0..blocks.len()).map(|block| (column(block, 5), 1.0)).collect()
            } else {
                squares.iter().cloned().zip(predicted.iter().copied()).collect()
            };
            let levels = |chosen: &[usize]| over.iter().map(|(s, order)| size(s, chosen).map(|size| size / order)).collect();
            let excess = exponent(&times, table.nrows(), levels, case.level, key.within(name));
            let sizes = squares.iter().map(|s| if drifts { mean_of_roots(s, case.level) } else { mean_root(s, case.level) }).collect();
            terms.push(Term { name, sizes, predicted, excess });
        }
        let deciding = terms.iter().find(|term| term.name == "martingale").or(terms.first());
        let excess = deciding.map_or_else(|| Err(Undefined::because("no run stayed within the finite numbers")), |term| term.excess.clone());
        let mut finding = Finding::new(self.question(case), excess.clone().map(|excess| distance_from(excess, 0.0)));
        finding.reason = match &excess {
            Ok(excess) => format!(
                "{} grows over blocks of doubling length like its prediction times t to the power {:.3}",
                if case.linear.is_some() { "the martingale" } else { "the noise sum" },
                excess.value
            ),
            Err(why) => why.reason.clone(),
        };
        finding.effect = finding.estimate.as_ref().ok().map(|distance| (budget.margin - distance.value) / budget.margin);
        for term in &terms {
            finding.conditions.push(term.condition(budget.margin));
            finding = finding.with(names::EXCESS_EXPONENT.at(term.name), term.excess.clone());
            for (time, size) in times.iter().zip(&term.sizes) {
                finding = finding.with(Name::new(term.name).at(time), size.clone());
            }
        }
        if case.linear.is_some() {
            let ratio = over_predicted(&table, blocks.len(), case.level);
            finding.conditions.push(size_condition(&ratio, SIZE_FACTOR * budget.margin));
            finding = finding.with(names::MARTINGALE_SQUARE_OVER_PREDICTED, ratio);
        }
        let caption = format!(
            "Case {}: size of each term of Σ α (G − ∇J) over the updates [t, 2t), {} runs from one point{}. Left: the terms. Right: each over the order that theory predicts \
             for it, with mean 1: a term of its order lies flat, a term within its bound falls.",
            case.name,
            table.nrows(),
            if case.linear.is_some() { ", from the exact solution of the Poisson equation" } else { ", drifts as bounds from coupled chains" }
        );
        finding.figures.push(decay_rate::figure(
            case,
            self.id(),
            "Is the noise of learning of the predicted order?",
            caption,
            panels(&times, &terms),
        ));
        Ok(finding)
    }

    /// The rule drops the derivatives of all earlier steps, so that its noise has a mean: it sums
    /// up like t and not like a martingale. A readout that is far off makes that mean large beside
    /// the noise.
    fn violation(&self, seed: u64) -> Case {
        let budget = Budget { chains: 48, steps: 256, margin: 0.15, ..Budget::default() };
        let schedule = Schedule { initial: 1e-5, ..violation::SOUND_SCHEDULE };
        let learning = Learning { method: Method::rolling_stale(1), schedule, ..violation::plain_learning() };
        let blueprint = violation::Fixture { phi: 0.5, recurrent: &[0.8], input_weight: 0.2, activation: "tanh", learning };
        let mut case = blueprint.build(seed, self.id(), budget);
        case.network.readout = Readout::new(&[1.0], &[10.0], 1);
        case
    }
}

/// The mean square of the martingale over what the asymptotic variance predicts, over all blocks.
fn over_predicted(table: &Array2<f64>, blocks: usize, level: f64) -> Result<Estimate, Undefined> {
    let of = |row: usize| (0..blocks).map(|block| table[[row, FIELDS * block + 5]]).sum::<f64>() / blocks as f64;
    Sample::new(&(0..table.nrows()).map(of).collect::<Vec<_>>())?.positive_mean(level)
}

/// Why the decomposition cannot be had in a case.
fn refused(case: &Case) -> Option<String> {
    if case.data.is_recorded() {
        return Some("a recorded series is one path: chains on noise of their own cannot be drawn".into());
    }
    let method = case.learning.method;
    // A rule that forgets at every step follows windows of length 1.
    let followed = method.is_exact() || (method.period() == 1 && method.windows() == [1]);
    (!followed).then(|| format!("the decomposition is one of RTRL's noise, and the learning rule here is {method}"))
}

fn replicas(case: &Case) -> usize {
    let budget = case.budget("noise_decomposition");
    if case.linear.is_some() { budget.seeds } else { budget.chains }
}

/// The order that theory predicts for a term over a block, up to a constant.
fn order(schedule: &Schedule, (first, end): (usize, usize), field: usize) -> f64 {
    let squares: f64 = (first..end).map(|t| schedule.step(t)).map(|step| step * step).sum();
    match field {
        0 | 1 => squares.sqrt(),
        2 => schedule.step(end - 1),
        3 => squares,
        _ => schedule.step(first - 1) - schedule.step(end - 1),
    }
}

/// One term over the blocks.
struct Term {
    name: &'static str,
    /// Root mean squares.
    sizes: Vec<Result<Estimate, Undefined>>,
    predicted: Vec<f64>,
    /// Exponent in t of size over prediction; of the martingale in linear cases over its exact
    /// prediction.
    excess: Result<Estimate, Undefined>,
}

impl Term {
    /// Sums of fresh noise are of their order exactly; boundary terms and drifts are bounded by
    /// theirs.
    fn condition(&self, margin: f64) -> Condition {
        let is_bound = !matches!(self.name, "total" | "martingale");
        let outcome = match &self.excess {
            Err(_) => Outcome::Undefined,
            Ok(excess) => {
                let weighed = if is_bound { *excess } else { distance_from(*excess, 0.0) };
                match weighed {
                    x if x.upper < margin => Outcome::Supported,
                    x if x.lower > margin => Outcome::Contradicted,
                    _ => Outcome::Inconclusive,
                }
            }
        };
        let kind = if is_bound { "no more than" } else { "within" };
        Condition {
            name: format!("{}: exponent in t {kind} {margin} {} the predicted one", self.name, if is_bound { "above" } else { "of" }),
            outcome,
        }
    }
}

fn size_condition(ratio: &Result<Estimate, Undefined>, margin: f64) -> Condition {
    let outcome = match ratio {
        Err(_) => Outcome::Undefined,
        Ok(ratio) => match distance_from(*ratio, 1.0) {
            x if x.upper < margin => Outcome::Supported,
            x if x.lower > margin => Outcome::Contradicted,
            _ => Outcome::Inconclusive,
        },
    };
    Condition { name: format!("the martingale's mean square is that of the closed-form asymptotic variance within a share {margin}"), outcome }
}

/// The root of a mean of squares.
fn mean_root(squares: &[f64], level: f64) -> Result<Estimate, Undefined> {
    Ok(Sample::new(squares)?.mean(level)?.map_monotone(|x| x.max(0.0).sqrt()))
}

/// The mean of the lengths whose squares are given.
fn mean_length(squares: &[f64], chosen: &[usize]) -> Option<f64> {
    let mean = chosen.iter().map(|row| squares[*row].sqrt()).sum::<f64>() / chosen.len() as f64;
    (mean > 0.0 && mean.is_finite()).then_some(mean)
}

fn mean_of_roots(squares: &[f64], level: f64) -> Result<Estimate, Undefined> {
    Sample::new(&squares.iter().map(|x| x.sqrt()).collect::<Vec<_>>())?.mean(level)
}

fn panels(times: &[f64], terms: &[Term]) -> Vec<Panel> {
    // Five series need five colours; the page's other roles do not occur here.
    let role = |term: &Term| match term.name {
        "total" => Role::Measured,
        "martingale" => Role::Rival(0),
        "boundary" => Role::Rival(1),
        "drift_by_parameters" => Role::Predicted,
        _ => Role::Exact,
    };
    let x = || Axis::log("first update t of the block [t, 2t)");
    // Terms stand beside each other at every block.
    let beside = |term: &Term| {
        let place = terms.iter().position(|other| other.name == term.name).unwrap_or(0) as f64;
        libm::exp2(0.12 * (place - 0.5 * (terms.len() as f64 - 1.0)))
    };
    let marks = |term: &Term, over: &dyn Fn(usize) -> f64| -> Vec<Mark> {
        (0..times.len())
            .filter_map(|block| {
                let size = term.sizes[block].as_ref().ok()?;
                let scale = over(block);
                (size.value > 0.0).then(|| Mark {
                    x: times[block] * beside(term),
                    y: size.value / scale,
                    interval: Some([size.lower / scale, size.upper / scale]),
                })
            })
            .collect()
    };
    let label = |term: &Term| term.name.replace('_', " ");
    let sizes = terms.iter().map(|term| Layer::Points { label: label(term), role: role(term), points: marks(term, &|_| 1.0) }).collect();
    let flat = terms
        .iter()
        .map(|term| {
            let ratios: Vec<f64> =
                term.sizes.iter().zip(&term.predicted).filter_map(|(size, order)| size.as_ref().ok().map(|size| size.value / order)).collect();
            let mean = ratios.iter().sum::<f64>() / ratios.len().max(1) as f64;
            Layer::Points { label: label(term), role: role(term), points: marks(term, &|block| mean * term.predicted[block]) }
        })
        .collect();
    vec![
        Panel { title: "the terms".into(), x: x(), y: Axis::log("root mean square; drifts: mean length"), layers: sizes, note: None },
        Panel { title: "over the predicted order".into(), x: x(), y: Axis::log("ratio, mean 1"), layers: flat, note: None },
    ]
}
