//! Claim: the stationary mean of the learning rule's gradient is the gradient of the long-run loss.

pub(crate) mod names;
mod mean_derivative;

use crate::claims::contract::record::rows;
use crate::claims::contract::violation;
use crate::claims::judging::decay_rate;
use crate::claims::measuring::memory_count;
use crate::claims::measuring::pairs::BATCH;
use crate::claims::measuring::pairs::batches;
use crate::claims::measuring::pairs::members;
use crate::claims::measuring::seen_gradients::{Seen, SeenBy};
use crate::claims::{Budget, Case, Claim, Condition, Finding, Footprint, Outcome, Question, Record, Records, Work};
use crate::figures::{Axis, Layer, Mark, Panel, Role};
use crate::gradient::{bptt, central_differences, rtrl};
use crate::markov::norm;
use crate::network::Network;
use crate::random::{Noise, RngKey, stream};
use crate::stats::{Estimate, Undefined, squared_norm_of_mean};
use crate::theory::LinearGaussian;
use crate::training::{GradientNorm, Method};

/// The claim.
pub(super) struct GradientIdentity;

const LADDER: &str = "ladder";
const SEGMENTS: &str = "stretches";
const QUANTITY: &str = "relative bias |E G − ∇J| / |∇J| in the recurrent parameters, against central differences";
/// Stretches on which every rung of the ladder is climbed.
const LADDER_STRETCHES: usize = 16;
/// Width of the central differences.
const WIDTH: f64 = 1e-5;
/// RTRL and BPTT are the same number up to rounding.
const ROUNDING: f64 = 1e-10;
/// Margin of the squared distance to the closed form, as a multiple of the claim's margin, squared.
const CLOSED_FORM_FACTOR: f64 = 10.0;
/// Beyond a thousand parameters two runs of the network for each of them are too many.
const SEEN: SeenBy = SeenBy { claim: "gradient_identity", part: LADDER, few: 1000, most: 16 };

/// Memory and records of one stretch of the ladder.
fn footprint_of_ladder(case: &Case, steps: usize) -> Footprint {
    let (held, width) = (SEEN.held(case), SEEN.len(case));
    // The answers of the ladder, the parameters and their moved copies.
    let forward = if SEEN.whole(case) { memory_count::sensitivity(case) } else { 0 };
    Footprint { working: memory_count::adjoint(case, steps) + forward + held + 8 * case.network.len(), recorded: 4 * width }
}

impl Claim for GradientIdentity {
    fn id(&self) -> &'static str {
        "gradient_identity"
    }

    fn short(&self) -> &'static str {
        "the average gradient is the true one"
    }

    fn statement(&self) -> &'static str {
        "the long-run average of the learning rule's gradient is the gradient of the long-run loss"
    }

    fn margin_meaning(&self) -> &'static str {
        "the relative bias in the recurrent parameters must lie below the margin"
    }

    fn premises(&self) -> &'static [&'static str] {
        &["data_ergodicity", "hidden_contraction"]
    }

    fn stops_early(&self) -> bool {
        true
    }

    fn budget(&self) -> Budget {
        Budget { chains: 256, steps: 2000, burn_in: 200, margin: 0.01, ..Budget::default() }
    }

    fn work<'c>(&self, case: &'c Case) -> Vec<Work<'c>> {
        let budget = case.budget(self.id());
        let width = case.network.len();
        let [ladder_address, key] = [LADDER, SEGMENTS].map(|part| case.key_of(self.id(), part));
        let ladder_footprint = footprint_of_ladder(case, budget.steps / 4 + budget.burn_in);
        let stretches = BATCH.min(budget.chains);
        let whole =
            Footprint { working: memory_count::adjoints(case, budget.steps + budget.burn_in, stretches), recorded: BATCH.min(budget.chains) * width };
        let segments = if case.linear.is_some() { batches(budget.chains) } else { 0 };
        // A recorded series is one path: its mean state at other parameters is that of the same
        // path, which the ladder asks already.
        let means = if case.data.is_recorded() { 0 } else { LADDER_STRETCHES };
        let of_means = ((budget.steps / 4).max(1), budget.burn_in, LADDER_STRETCHES);
        vec![
            Work::new(LADDER, LADDER_STRETCHES, ladder_footprint, move |index| ladder(case, budget, ladder_address, index)),
            Work::new(SEGMENTS, segments, whole, move |index| long_segments(case, budget, key, index)),
            Work::new(mean_derivative::PART, means, mean_derivative::footprint(case), move |index| mean_derivative::run(case, of_means, index)),
        ]
    }

    fn question(&self, case: &Case) -> Question {
        Question::below(QUANTITY, case.budget(self.id()).margin)
    }

    fn judge(&self, case: &Case, records: &Records) -> Result<Finding, Undefined> {
        let budget = case.budget(self.id());
        let part = records.part(LADDER);
        let read = |name| part.stacked(name).map(|matrix| rows(matrix.view()));
        let (rule, forward) = (read(names::RULE)?, read(names::RTRL)?);
        let (full, differences) = (read(names::BPTT)?, read(names::DIFFERENCES)?);
        // The readout's part is the same for every rule and would dilute the bias of a wrong one.
        let recurrent = |vectors: &[Vec<f64>]| vectors.iter().map(|vector| vector[..SEEN.recurrent(case)].to_vec()).collect::<Vec<_>>();
        let bias = SEEN.widened(case, |level| relative_bias(&recurrent(&rule), &recurrent(&differences), level));
        let mut finding = Finding::new(self.question(case), bias.clone());
        finding.effect = bias.as_ref().ok().map(|bias| (budget.margin - bias.value) / budget.margin);
        finding.reason = match &bias {
            Ok(bias) => format!("{}'s average gradient differs from central differences by {:.1e} of its length", case.learning.method, bias.value),
            Err(why) => why.reason.clone(),
        };
        let worst = SEEN.worst_block(case, &forward, &full);
        finding.conditions.push(Condition {
            name: format!("RTRL equals full BPTT on the same trajectory to {ROUNDING:.0e} in every block"),
            outcome: if worst < ROUNDING { Outcome::Supported } else { Outcome::Contradicted },
        });
        let mut panels = vec![ladder_panel(SEEN.place(case), budget.margin, [&rule, &full, &differences])];
        finding = finding.with(names::RTRL_AGAINST_BPTT, worst);
        if !SEEN.whole(case) {
            finding = finding.with(names::DIRECTIONS, SEEN.len(case) as f64);
        }
        if let Some(model) = &case.linear {
            match closed_form(model, &case.network, records.part(SEGMENTS), case.level) {
                Err(why) => {
                    finding.conditions.push(Condition { name: "the closed-form gradient can be compared".into(), outcome: Outcome::Undefined });
                    finding = finding.with(names::CLOSED_FORM_GAP_SQUARED, Err(why));
                }
                Ok(closed) => {
                    let limit = (CLOSED_FORM_FACTOR * budget.margin) * (CLOSED_FORM_FACTOR * budget.margin);
                    let outcome = if closed.gap.upper < limit {
                        Outcome::Supported
                    } else if closed.gap.lower > limit {
                        Outcome::Contradicted
                    } else {
                        Outcome::Inconclusive
                    };
                    finding.conditions.push(Condition { name: format!("squared relative distance to the closed form below {limit:.2e}"), outcome });
                    finding = finding.with(names::CLOSED_FORM_GAP_SQUARED, closed.gap);
                    panels.push(closed.panel);
                }
            }
        }
        if !case.data.is_recorded() {
            let limit = (CLOSED_FORM_FACTOR * budget.margin) * (CLOSED_FORM_FACTOR * budget.margin);
            finding = mean_derivative::judged(finding, case, records.part(mean_derivative::PART), budget.margin, limit);
        }
        let caption = format!(
            "Case {}: the average gradient of {} beside independent answers, a point a {}.",
            case.name,
            case.learning.method,
            SEEN.place(case)
        ) + &SEEN.note(case);
        finding.figures.push(decay_rate::figure(case, self.id(), "Is the learning rule's average gradient the true one?", caption, panels));
        Ok(finding)
    }

    /// TBPTT(1) keeps the immediate Jacobian alone; on a cell with memory that is another vector.
    fn violation(&self, seed: u64) -> Case {
        let budget = Budget { chains: 32, steps: 800, burn_in: 100, margin: 0.01, ..Budget::default() };
        let learning = crate::claims::Learning { method: Method::rolling(1), ..violation::plain_learning() };
        violation::Fixture { phi: 0.7, recurrent: &[0.8, -0.5], input_weight: 0.7, activation: "tanh", learning }.build(seed, self.id(), budget)
    }
}

/// Gradients of long stationary stretches.
fn long_segments(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let norm = GradientNorm { steps: budget.steps, burn_in: budget.burn_in, spread: 0.0, replicates: budget.chains };
    let all = norm.replicates(&*case.data, &case.network, key, members(budget, index));
    Record::default().with(names::GRADIENT, case.network.len(), all.into_iter().flat_map(|summed| summed.gradient).collect())
}

/// The gradient of one stretch by the rule under test, by RTRL, by full BPTT and by central
/// differences.
fn ladder(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    // The exact comparisons need no long stretch: on one trajectory they hold to rounding and to
    // O(h²).
    let steps = budget.steps / 4;
    let norm = GradientNorm { steps, burn_in: budget.burn_in, spread: 0.0, replicates: LADDER_STRETCHES };
    let (segment, hidden) = norm.segment(&*case.data, case.network.cell.state_len(), key, index);
    let full = bptt(&case.network, &segment, &hidden, budget.burn_in).gradient;
    let rule = case
        .learning
        .method
        .frozen(&case.network, &segment, &hidden, budget.burn_in, Noise::at(key.replicate(index).stream(stream::METHOD)))
        .gradient;
    let seen = SEEN.of(case);
    let width = SEEN.len(case);
    let [rule, forward, full, differences] = match &seen {
        Seen::Whole => {
            let forward = rtrl(&case.network, &segment, &hidden, budget.burn_in).gradient;
            [rule, forward, full, central_differences(&case.network, &segment, &hidden, budget.burn_in, WIDTH)]
        }
        Seen::Along(directions) => {
            let forward = directions.forward(&case.network, &segment, &hidden, budget.burn_in);
            let differences = directions.differences(&case.network, &segment, &hidden, budget.burn_in, WIDTH);
            [seen.along(rule), forward, seen.along(full), differences]
        }
    };
    let weight = norm.weight(&*case.data);
    let mean = |sum: Vec<f64>| sum.into_iter().map(|g| weight * g).collect::<Vec<f64>>();
    Record::default().with(names::RULE, width, mean(rule)).with(names::RTRL, width, mean(forward)).with(names::BPTT, width, mean(full)).with(
        names::DIFFERENCES,
        width,
        mean(differences),
    )
}

fn mean_of(vectors: &[Vec<f64>], chosen: &[usize]) -> Vec<f64> {
    let mut mean = vec![0.0; vectors[0].len()];
    for index in chosen {
        mean.iter_mut().zip(&vectors[*index]).for_each(|(m, x)| *m += x / chosen.len() as f64);
    }
    mean
}

/// `‖E(rule − truth)‖ / ‖E truth‖`, the squared norm without its noise bias.
pub(super) fn relative_bias(rule: &[Vec<f64>], truth: &[Vec<f64>], level: f64) -> Result<Estimate, Undefined> {
    let size = norm(&mean_of(truth, &(0..truth.len()).collect::<Vec<_>>()));
    if size == 0.0 {
        return Err(Undefined::because("the gradient itself is zero, so a relative bias means nothing"));
    }
    let differences: Vec<Vec<f64>> = rule.iter().zip(truth).map(|(a, b)| a.iter().zip(b).map(|(a, b)| a - b).collect()).collect();
    Ok(squared_norm_of_mean(&differences, level)?.map_monotone(|square| square.max(0.0).sqrt() / size))
}

fn ladder_panel(place: &str, margin: f64, [rule, full, differences]: [&[Vec<f64>]; 3]) -> Panel {
    let all: Vec<usize> = (0..rule.len()).collect();
    let means = [rule, full, differences].map(|vectors| mean_of(vectors, &all));
    let size = norm(&means[2]).max(f64::MIN_POSITIVE);
    // A difference of exactly zero has no place on a logarithmic axis, and is what is asked for.
    let beyond = |values: &[f64]| -> Vec<Mark> {
        let differences = values.iter().zip(&means[2]).map(|(y, x)| Mark { x: *x, y: (y - x).abs() / size, interval: None });
        differences.filter(|mark| mark.y > 0.0).collect()
    };
    Panel {
        title: format!("{} {}s, averaged over {} stretches", rule[0].len(), place, rule.len()),
        x: Axis::linear("central difference of the loss"),
        y: Axis::log("distance from it / size of the gradient"),
        layers: vec![
            Layer::Points { label: "full BPTT".into(), role: Role::Rival(0), points: beyond(&means[1]) },
            Layer::Points { label: "rule under test".into(), role: Role::Measured, points: beyond(&means[0]) },
            Layer::Rule { label: "margin stated in advance".into(), role: Role::Margin, at: margin },
        ],
        note: None,
    }
}

struct ClosedForm {
    gap: Estimate,
    panel: Panel,
}

/// `‖E G − ∇J‖² / ‖∇J‖²` without noise bias, from independent stationary stretches against the
/// closed form.
fn closed_form(model: &crate::theory::LinearModel, network: &Network, part: &crate::claims::Part, level: f64) -> Result<ClosedForm, Undefined> {
    let failed = |error: crate::theory::OracleError| Undefined::because(error.to_string());
    let gradient = LinearGaussian::new(model.clone()).map_err(failed)?.gradient().map_err(failed)?;
    let mut truth = vec![0.0; network.len()];
    for (name, values) in gradient.blocks() {
        if let Some(block) = network.layout().block(name) {
            block.fill(&mut truth, &values);
        }
    }
    let gradients = rows(part.stacked(names::GRADIENT)?.view());
    let gaps: Vec<Vec<f64>> = gradients.iter().map(|g| g.iter().zip(&truth).map(|(g, t)| g - t).collect()).collect();
    let size = norm(&truth);
    if size == 0.0 {
        return Err(Undefined::because("the closed-form gradient is exactly zero, so a relative distance to it means nothing"));
    }
    let gap = squared_norm_of_mean(&gaps, level)?.map_monotone(|u| u / (size * size));
    let marks: Result<Vec<Mark>, Undefined> = (0..truth.len())
        .map(|index| {
            let column: Vec<f64> = gradients.iter().map(|g| g[index]).collect();
            let mean = crate::stats::Sample::new(&column)?.mean(level)?;
            let beside = |value: f64| (value - truth[index]) / size;
            Ok(Mark { x: truth[index], y: beside(mean.value), interval: Some([beside(mean.lower), beside(mean.upper)]) })
        })
        .collect();
    let panel = Panel {
        title: format!("{} independent stationary stretches", gradients.len()),
        x: Axis::linear("closed form"),
        y: Axis::linear("(time average − closed form) / ‖∇J‖"),
        layers: vec![
            Layer::Rule { label: "equality".into(), role: Role::Exact, at: 0.0 },
            Layer::Points { label: "time average with interval".into(), role: Role::Measured, points: marks? },
        ],
        note: None,
    };
    Ok(ClosedForm { gap, panel })
}
