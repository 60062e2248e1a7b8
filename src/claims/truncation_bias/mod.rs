//! Claim: truncated backpropagation is biased; rolling windows lose their bias geometrically with
//! the truncation length, blocks like its inverse.

mod differences;
mod least;
pub(crate) mod names;
mod steps;

use crate::claims::contract::gated_violation::Gated;
use crate::claims::contract::record::rows;
use crate::claims::contract::violation;
use crate::claims::judging::decay_rate;
use crate::claims::measuring::memory_count;
use crate::claims::measuring::pairs::BATCH;
use crate::claims::measuring::pairs::{batches, members};
use crate::claims::measuring::seen_gradients::SeenBy;
use crate::claims::{Budget, Case, Claim, Finding, Footprint, GatedCell, Question, Record, Records, Work};
use crate::figures::{Axis, Layer, Mark, Panel, Role};
use crate::gradient::{bptt_all, rolling_numbers, rolling_together, rolling_truncated_all};
use crate::random::RngKey;
use crate::stats::{Estimate, Undefined, squared_norm_of_mean};
use crate::theory::LinearGaussian;
use crate::training::{GradientNorm, Method};
use differences::{Differences, blocks, windows};

/// The claim.
pub(super) struct TruncationBias;

/// Level at which a bias is told from zero; a weaker one would often be lost again in a resample.
const SEEN: f64 = 0.999;
/// Fewest lengths with a visible bias over which a rate is fitted.
const FEWEST: usize = 3;
const SEGMENTS: &str = "stretches";
const ROLLING: &str = "rate at which the bias of rolling TBPTT(τ) falls with τ";
const STALE: &str = "rate at which the bias of rolling-stale TBPTT(τ) falls with τ, at frozen parameters that of the rolling one";
const BLOCK: &str = "distance from −1 of the exponent in τ of the bias of block TBPTT(τ)";
const CERTIFIED: &str = "certified bound on the rate at which the bias of rolling TBPTT(τ) falls with τ";
/// By how much the exponent of blocks may miss −1.
const BLOCK_MARGIN: f64 = 0.25;
/// Longest visible lengths over which the exponent of blocks is read.
const BLOCK_LENGTHS: usize = 3;
/// Beyond so many parameters the records would hold thousands of them for every stretch and length.
const AS_SEEN: SeenBy = SeenBy { claim: "truncation_bias", part: SEGMENTS, few: 10_000, most: 32 };

impl Claim for TruncationBias {
    fn id(&self) -> &'static str {
        "truncation_bias"
    }

    fn short(&self) -> &'static str {
        "the bias of truncation falls with its length"
    }

    fn statement(&self) -> &'static str {
        "truncated backpropagation settles on a biased gradient; the bias of rolling TBPTT(τ) falls geometrically with τ, that of block TBPTT(τ) like 1/τ"
    }

    fn margin_meaning(&self) -> &'static str {
        "the rate for rolling windows must lie below the threshold, 1 less the margin, and the bias at the shortest τ must be visible; for blocks the exponent in τ must also lie within 0.25 of −1"
    }

    fn premises(&self) -> &'static [&'static str] {
        &["data_ergodicity", "hidden_contraction"]
    }

    fn budget(&self) -> Budget {
        Budget { chains: 128, steps: 2000, burn_in: 200, margin: 0.02, taus: vec![1, 2, 3, 4, 6, 8, 12, 16, 24, 32], ..Budget::default() }
    }

    fn work<'c>(&self, case: &'c Case) -> Vec<Work<'c>> {
        let (budget, key) = (case.budget(self.id()), case.key_of(self.id(), SEGMENTS));
        let run = move |index| truncated_and_full(case, budget, key, index);
        let stretches = Work::new(SEGMENTS, batches(budget.chains), footprint_of_stretches(case, budget), run);
        vec![stretches, least::work(case, budget, key), steps::work(case, budget, key)]
    }

    fn question(&self, case: &Case) -> Question {
        let margin = if is_block(case) { BLOCK_MARGIN } else { 1.0 - case.budget(self.id()).margin };
        Question::below(quantity(case), margin)
    }

    fn judge(&self, case: &Case, records: &Records) -> Result<Finding, Undefined> {
        let budget = case.budget(self.id());
        let threshold = 1.0 - budget.margin;
        let (question, block) = (self.question(case), is_block(case));
        let part = records.part(SEGMENTS);
        let [stacked, gradients] = [part.stacked(names::DIFFERENCE)?, part.stacked(names::GRADIENT)?].map(|table| rows(table.view()));
        // Half of the error is left to directions, where there are any.
        let level = if AS_SEEN.whole(case) { case.level } else { 0.5 + 0.5 * case.level };
        let factor = AS_SEEN.factor(case, level);
        let differences = Differences { stacked, width: AS_SEEN.recurrent(case), taus: &budget.taus, level, factor };
        let (squares, visible) = (differences.squares(), differences.visible());
        let full = squared_norm_of_mean(&gradients, differences.level).map(|square| differences.widened(square));
        // Relative to the gradient, where that is not zero.
        let size = full.as_ref().ok().filter(|full| full.lower > 0.0).map_or(1.0, |full| full.value.sqrt());
        let key = case.key_of(self.id(), "judge");
        let mut finding = if visible == 0 {
            Finding::undefined(
                question,
                Undefined::because("the bias is lost in the noise at the shortest truncation length already; take more chains or steps"),
            )
        } else if block {
            let rolling = Differences { stacked: rows(part.stacked(names::ROLLING)?.view()), ..differences.clone() };
            blocks(&differences, &rolling, threshold, key)
        } else {
            let finding = windows(&differences, question, key);
            decay_rate::decided_by_certificate(finding, CERTIFIED, Some(case.certificate.cell))
        };
        for (tau, square) in budget.taus.iter().zip(&squares) {
            finding = finding.with(names::BIAS_SQUARED.at(tau), square.clone());
        }
        finding = finding.with(names::RECURRENT_GRADIENT_SQUARED, full).with(names::LENGTHS_VISIBLE, visible as f64);
        finding = least::told(finding, case, records, &differences, &gradients, block);
        finding = steps::told(finding, case, records, budget)?;
        let exact = exact_bias(case, &budget.taus);
        if let Some(exact) = &exact {
            for (tau, bias) in budget.taus.iter().zip(exact) {
                finding = finding.with(names::EXACT_BIAS.at(tau), *bias);
            }
        }
        let rate = finding.estimate.as_ref().ok().filter(|rate| !block && rate.value > 0.0 && rate.value < 1.0);
        let panel = panel(budget, &squares, (exact, size), visible, rate);
        finding.figures.push(decay_rate::figure(
            case,
            self.id(),
            "How biased is truncated backpropagation, and how fast does the bias fall?",
            format!(
                "Case {}: norm of the stationary bias of {} TBPTT(τ) in the recurrent parameters over that of the gradient, squared norm estimated without noise bias.",
                case.name,
                if block { "block" } else { "rolling" }
            ) + &AS_SEEN.note(case),
            vec![panel],
        ));
        Ok(finding)
    }

    /// Data and cell forget so slowly that no truncation length in reach takes the bias down.
    fn violation(&self, seed: u64) -> Case {
        let budget = Budget { chains: 32, steps: 4000, burn_in: 2000, margin: 0.02, taus: vec![1, 2, 4, 8, 16], ..Budget::default() };
        let learning = violation::plain_learning();
        violation::Fixture { phi: 0.998, recurrent: &[0.997], input_weight: 1.0, activation: "identity", learning }.build(seed, self.id(), budget)
    }

    /// Gates that keep 99.75 % of the state a step; inputs of deviation 16 stay where the candidate
    /// moves.
    fn violation_on(&self, cell: GatedCell, seed: u64) -> Case {
        Gated { recurrent: vec![0.5], input: 0.05, keep: 6.0 }.into(self.violation(seed), cell)
    }
}

/// Memory of the stretches of a unit.
fn footprint_of_stretches(case: &Case, budget: &Budget) -> Footprint {
    let (lengths, members) = (lengths(case, budget), BATCH.min(budget.chains));
    let (steps, seen) = (budget.steps + budget.burn_in, AS_SEEN.recurrent(case));
    let group = rolling_together(&case.network, members, &lengths);
    let working = memory_count::adjoints(case, steps, group).saturating_add(rolling_numbers(&case.network, group, steps, &lengths));
    Footprint { working: working.saturating_add(AS_SEEN.held(case)), recorded: members * (copies(case) * budget.taus.len() + 1) * seen }
}

/// The stretches that gradients are taken on.
fn stretches(budget: &Budget) -> GradientNorm {
    GradientNorm { steps: budget.steps, burn_in: budget.burn_in, spread: 0.0, replicates: budget.chains }
}

/// Differences of truncated and full gradient, recurrent parameters only, on the same stretch: a
/// row a (stretch, τ).
fn truncated_and_full(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let norm = stretches(budget);
    let (width, weight) = (case.network.recurrent_len(), norm.weight(&*case.data));
    let (mut differences, mut rolling, mut gradients) = (Vec::new(), Vec::new(), Vec::new());
    let lengths = lengths(case, budget);
    let seen = AS_SEEN.of(case);
    let recurrent = AS_SEEN.recurrent(case);
    // The readout has no part in the bias.
    let shown = |mut gradient: Vec<f64>| {
        gradient.resize(case.network.len(), 0.0);
        let mut along = seen.along(gradient);
        along.truncate(recurrent);
        along
    };
    let n = case.network.cell.state_len();
    // Stretches are made when their turn comes: as many are held as go together.
    let members: Vec<usize> = members(budget, index).collect();
    let pairs = members.chunks(rolling_together(&case.network, members.len(), &lengths)).flat_map(|members| {
        let segments: Vec<_> = members.iter().map(|replicate| norm.segment(&*case.data, n, key, *replicate)).collect();
        let full = bptt_all(&case.network, &segments, budget.burn_in);
        full.into_iter().zip(rolling_truncated_all(&case.network, &segments, budget.burn_in, &lengths))
    });
    for (full, truncated) in pairs {
        let mut sum = vec![0.0; width];
        for (length, truncated) in lengths.iter().zip(truncated) {
            let difference: Vec<f64> = truncated.gradient[..width].iter().zip(&full.gradient).map(|(a, b)| weight * (a - b)).collect();
            let wanted = budget.taus.contains(length);
            if is_block(case) {
                // The loss at position l of a block is differentiated through l applications of the
                // cell.
                sum.iter_mut().zip(&difference).for_each(|(sum, x)| *sum += x);
                if wanted {
                    differences.extend(shown(sum.iter().map(|sum| sum / *length as f64).collect()));
                    rolling.extend(shown(difference));
                }
            } else if wanted {
                differences.extend(shown(difference));
            }
        }
        gradients.extend(shown(full.gradient[..width].iter().map(|g| weight * g).collect()));
    }
    let columns = recurrent * budget.taus.len();
    let record = Record::default().with(names::DIFFERENCE, columns, differences).with(names::GRADIENT, recurrent, gradients);
    if is_block(case) { record.with(names::ROLLING, columns, rolling) } else { record }
}

fn is_block(case: &Case) -> bool {
    let method = case.learning.method;
    method == Method::block(method.length())
}

fn quantity(case: &Case) -> &'static str {
    let method = case.learning.method;
    if is_block(case) {
        BLOCK
    } else if method == Method::rolling_stale(method.length()) {
        STALE
    } else {
        ROLLING
    }
}

/// Lengths of the windows that are measured: a block of τ steps takes in all windows up to τ.
fn lengths(case: &Case, budget: &Budget) -> Vec<usize> {
    if is_block(case) { (1..=budget.taus.last().copied().unwrap_or(0)).collect() } else { budget.taus.clone() }
}

/// Sets of differences in a record.
fn copies(case: &Case) -> usize {
    1 + usize::from(is_block(case))
}

fn exact_bias(case: &Case, taus: &[usize]) -> Option<Vec<f64>> {
    let oracle = LinearGaussian::new(case.linear.clone()?).ok()?;
    let of = |tau: usize| if is_block(case) { oracle.block_tbptt_bias(tau) } else { oracle.tbptt_bias(tau) };
    taus.iter().map(|tau| of(*tau).ok().map(|bias| bias.recurrent_norm())).collect()
}

fn panel(
    budget: &Budget,
    squares: &[Result<Estimate, Undefined>],
    (exact, size): (Option<Vec<f64>>, f64),
    visible: usize,
    rate: Option<&Estimate>,
) -> Panel {
    let root = |x: f64| x.max(0.0).sqrt() / size;
    let marks: Vec<Mark> = budget
        .taus
        .iter()
        .zip(squares)
        .filter_map(|(tau, square)| {
            let square = square.as_ref().ok()?;
            (square.value > 0.0).then(|| Mark { x: *tau as f64, y: root(square.value), interval: Some([root(square.lower), root(square.upper)]) })
        })
        .collect();
    let negative = squares.len() - marks.len();
    let mut layers = Vec::new();
    if let Some((rate, last)) = rate.zip(visible.checked_sub(1).and_then(|last| marks.get(last))) {
        // Through the last length whose bias can be told from zero.
        let at = |tau: f64| last.y * libm::exp((tau - last.x) * libm::log(rate.value));
        let points = budget.taus.iter().map(|tau| [*tau as f64, at(*tau as f64)]).collect();
        layers.push(Layer::Line { label: format!("fitted rate {:.4} a step", rate.value), role: Role::Predicted, points });
    }
    layers.push(Layer::Points { label: "measured bias".into(), role: Role::Measured, points: marks });
    if size != 1.0 {
        layers.push(Layer::Rule { label: "1 % of the gradient".into(), role: Role::Margin, at: 0.01 });
    }
    if let Some(exact) = exact {
        layers.push(Layer::Line {
            label: "exact bias".into(),
            role: Role::Exact,
            points: budget.taus.iter().zip(exact).map(|(tau, bias)| [*tau as f64, bias / size]).collect(),
        });
    }
    let unseen = if negative > 0 { format!("; at {negative} the estimate is negative and not drawn") } else { String::new() };
    Panel {
        title: "recurrent parameters".into(),
        x: Axis::linear("truncation length τ (applications of the cell)"),
        y: Axis::log(if size == 1.0 { "‖E G(τ) − ∇J‖" } else { "‖E G(τ) − ∇J‖ / ‖∇J‖" }),
        layers,
        note: (visible < budget.taus.len())
            .then(|| format!("distinguishable from zero at the first {visible} of {} lengths{unseen}", budget.taus.len())),
    }
}
