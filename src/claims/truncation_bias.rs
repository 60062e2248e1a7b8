//! Claim: truncated backpropagation is biased; rolling windows lose their bias geometrically with
//! the truncation length, blocks like its inverse.

use crate::claims::contract::record::rows;
use crate::claims::contract::violation;
use crate::claims::judging::decay_rate;
use crate::claims::judging::power_law::{distance_from, exponent, norm_of_mean};
use crate::claims::measuring::memory_count;
use crate::claims::measuring::pairs::BATCH;
use crate::claims::measuring::pairs::{batches, members};
use crate::claims::measuring::seen_gradients::SeenBy;
use crate::claims::{Budget, Case, Claim, Condition, Finding, Footprint, Outcome, Question, Record, Records, Work};
use crate::figures::{Axis, Layer, Mark, Panel, Role, Scale};
use crate::gradient::{bptt, rolling_truncated};
use crate::random::{RngKey, stream};
use crate::stats::{Bootstrap, Estimate, IntervalKind, Undefined, normal_quantile, squared_norm_of_mean};
use crate::theory::LinearGaussian;
use crate::training::{GradientNorm, Method};

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
        vec![Work::new(SEGMENTS, batches(budget.chains), footprint_of_stretches(case, budget), run)]
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
        let seen = AS_SEEN.of(case);
        let factor = seen.factor(0.5 + 0.5 * case.level);
        let level = if factor > 1.0 { 0.5 + 0.5 * case.level } else { case.level };
        let differences = Differences { stacked, width: seen.recurrent(case), taus: &budget.taus, level, factor };
        let (squares, visible) = (differences.squares(), differences.visible());
        let full = squared_norm_of_mean(&gradients, differences.level).map(|square| differences.widened(square));
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
        let exact = exact_bias(case, &budget.taus);
        if let Some(exact) = &exact {
            for (tau, bias) in budget.taus.iter().zip(exact) {
                finding = finding.with(names::EXACT_BIAS.at(tau), *bias);
            }
        }
        finding.figures.push(decay_rate::figure(
            case,
            self.id(),
            "How biased is truncated backpropagation, and how fast does the bias fall?",
            format!(
                "Case {}: norm of the stationary bias of {} TBPTT(τ) in the recurrent parameters, squared norm estimated without noise bias.",
                case.name,
                if block { "block" } else { "rolling" }
            ) + &seen.note(case),
            vec![panel(budget, &squares, exact, visible)],
        ));
        Ok(finding)
    }

    /// Data and cell forget so slowly that no truncation length in reach takes the bias down.
    fn violation(&self, seed: u64) -> Case {
        let budget = Budget { chains: 32, steps: 4000, burn_in: 2000, margin: 0.02, taus: vec![1, 2, 4, 8, 16], ..Budget::default() };
        let learning = violation::plain_learning();
        violation::Fixture { phi: 0.998, recurrent: &[0.997], input_weight: 1.0, activation: "identity", learning }.build(seed, self.id(), budget)
    }
}

/// Memory of the stretches of a unit.
fn footprint_of_stretches(case: &Case, budget: &Budget) -> Footprint {
    let [held, seen] = AS_SEEN.numbers(case);
    let (width, seen) = (case.network.recurrent_len(), seen.min(case.network.recurrent_len()));
    let (lengths, members) = (lengths(case, budget).len(), BATCH.min(budget.chains));
    let steps = budget.steps + budget.burn_in;
    let working = memory_count::adjoint(case, steps) + steps * case.network.cell.tape_len() + 2 * lengths * width;
    Footprint { working: working + held, recorded: members * (copies(case) * budget.taus.len() + 1) * seen }
}

/// Differences of truncated and full gradient, recurrent parameters only, on the same stretch: a
/// row a (stretch, τ).
fn truncated_and_full(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let norm = GradientNorm { steps: budget.steps, burn_in: budget.burn_in, spread: 0.0, replicates: budget.chains };
    let (width, weight) = (case.network.recurrent_len(), norm.weight(&*case.data));
    let (mut differences, mut rolling, mut gradients) = (Vec::new(), Vec::new(), Vec::new());
    let lengths = lengths(case, budget);
    let seen = AS_SEEN.of(case);
    let recurrent = seen.recurrent(case);
    // The readout has no part in the bias.
    let shown = |mut gradient: Vec<f64>| {
        gradient.resize(case.network.len(), 0.0);
        let mut along = seen.along(gradient);
        along.truncate(recurrent);
        along
    };
    for replicate in members(budget, index) {
        let (segment, hidden) = norm.segment(&*case.data, case.network.cell.state_len(), key, replicate);
        let full = bptt(&case.network, &segment, &hidden, budget.burn_in);
        let mut sum = vec![0.0; width];
        for (length, truncated) in lengths.iter().zip(rolling_truncated(&case.network, &segment, &hidden, budget.burn_in, &lengths)) {
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

/// Truncated less full gradient: a row a stretch, `width` numbers a length.
#[derive(Clone)]
struct Differences<'a> {
    stacked: Vec<Vec<f64>>,
    width: usize,
    taus: &'a [usize],
    level: f64,
    /// By which the ratio of two lengths may be off because they are seen along directions.
    factor: f64,
}

impl Differences<'_> {
    /// A squared length with what directions leave open.
    fn widened(&self, square: Estimate) -> Estimate {
        let by = self.factor * self.factor;
        let (lower, upper) = (if square.lower > 0.0 { square.lower / by } else { square.lower }, square.upper.max(0.0) * by);
        if by > 1.0 { Estimate { lower, upper, ..square } } else { square }
    }

    /// The same for a rate over so many further steps of truncation length.
    fn widened_rate(&self, rate: Estimate, steps: usize) -> Estimate {
        let by = libm::pow(self.factor, 1.0 / steps.max(1) as f64);
        if by > 1.0 { Estimate { lower: rate.lower / by, upper: rate.upper * by, ..rate } } else { rate }
    }

    fn at(&self, look: usize) -> Vec<&[f64]> {
        self.stacked.iter().map(|row| &row[look * self.width..(look + 1) * self.width]).collect()
    }

    fn square(&self, look: usize, level: f64) -> Result<Estimate, Undefined> {
        squared_norm_of_mean(&self.at(look).iter().map(|row| row.to_vec()).collect::<Vec<_>>(), level)
    }

    /// Squared norms of the bias.
    fn squares(&self) -> Vec<Result<Estimate, Undefined>> {
        (0..self.taus.len()).map(|look| self.square(look, self.level).map(|square| self.widened(square))).collect()
    }

    /// How many of the shortest lengths have a bias that is told from zero.
    fn visible(&self) -> usize {
        (0..self.taus.len()).take_while(|look| self.square(*look, SEEN).is_ok_and(|seen| seen.lower > 0.0)).count()
    }

    /// The geometric rate over the lengths `looks`: least squares of the log norm of the mean
    /// difference against τ, resampling stretches.
    fn rate(&self, looks: std::ops::Range<usize>, key: RngKey) -> Result<Estimate, Undefined> {
        let bootstrap = Bootstrap { resamples: decay_rate::RESAMPLES, key: key.stream(stream::RESAMPLING) };
        let all: Vec<Vec<&[f64]>> = looks.clone().map(|look| self.at(look)).collect();
        let statistic = |chosen: &[usize]| {
            let points: Option<Vec<[f64; 2]>> = looks
                .clone()
                .zip(&all)
                .map(|(look, rows)| norm_of_mean(rows, chosen).map(|norm| [self.taus[look] as f64, libm::log(norm)]))
                .collect();
            Some(libm::exp(slope(&points?)))
        };
        let range = self.taus[looks.end - 1] - self.taus[looks.start];
        bootstrap.interval(self.stacked.len(), statistic, self.level, IntervalKind::Percentile).map(|rate| self.widened_rate(rate, range))
    }

    /// An upper limit of the rate from the shortest length to the first at which the bias is not
    /// seen.
    ///
    /// ```text
    /// ρ ≤ ( upper limit of |bias(τ_b)|² / lower limit of |bias(τ_a)|² )^{1/(2 (τ_b − τ_a))}
    /// ```
    ///
    /// Each limit fails with half the probability of the whole.
    fn at_most(&self, unseen: usize) -> Result<Estimate, Undefined> {
        let both = 0.5 + self.level / 2.0;
        let (first, last) = (self.square(0, both)?, self.square(unseen, both)?);
        let power = 0.5 / (self.taus[unseen] - self.taus[0]) as f64;
        let root = |ratio: f64| libm::pow(ratio.max(0.0), power);
        let (value, upper) = (root(last.value / first.value), root(last.upper / first.lower));
        let standard_error = (upper - value) / normal_quantile(both);
        let rate = Estimate { value, standard_error, lower: 0.0, upper, level: self.level };
        Ok(self.widened_rate(rate, self.taus[unseen] - self.taus[0]))
    }
}

/// The finding on rolling windows.
fn windows(differences: &Differences, question: Question, key: RngKey) -> Finding {
    let (visible, taus) = (differences.visible(), differences.taus);
    let effect = |rate: &Estimate, threshold: f64| (threshold - rate.value) / (1.0 - threshold).max(f64::MIN_POSITIVE);
    let rate = if visible < FEWEST { Err(Undefined::because(too_few(visible))) } else { differences.rate(0..visible, key) };
    let mut finding = Finding::new(question, rate.clone());
    finding.reason = match &rate {
        Ok(rate) => {
            format!(
                "the bias is multiplied by {:.3} for each further step of truncation length, over τ = {} to {}",
                rate.value,
                taus[0],
                taus[visible - 1]
            )
        }
        Err(why) => why.reason.clone(),
    };
    finding.effect = rate.as_ref().ok().map(|rate| effect(rate, finding.margin));
    if visible < FEWEST && visible < taus.len() {
        let bound = differences.at_most(visible);
        if let Ok(bound) = &bound {
            finding.reason = format!(
                "{}; from τ = {} to {} the bias falls by a factor of at most {:.3} for each step of truncation length",
                finding.reason, taus[0], taus[visible], bound.upper
            );
            finding.effect = Some(effect(bound, finding.margin));
            finding.rests_on = Some("the bias at the shortest length and an upper limit where it is not seen: the rate between them is at most this");
            finding.estimate = Ok(*bound);
        }
        finding = finding.with(names::RATE_AT_MOST, bound);
    }
    finding.with(names::RATE, rate)
}

fn too_few(visible: usize) -> String {
    format!("the bias is distinguishable from zero at {visible} of the truncation lengths, and a rate needs three; take more chains or steps")
}

/// The finding on blocks: their bias is the mean of those of windows of 1 to τ, which leaves `1/τ`
/// of their sum.
fn blocks(blocks: &Differences, rolling: &Differences, threshold: f64, key: RngKey) -> Finding {
    let (visible, seen) = (blocks.visible(), rolling.visible());
    let mut finding = Finding::undefined(Question::below(BLOCK, BLOCK_MARGIN), Undefined::because(too_few(visible)));
    let rate = if seen < FEWEST { Err(Undefined::because(too_few(seen))) } else { rolling.rate(0..seen, key.within("rolling")) };
    let bound = match &rate {
        Err(_) if (1..rolling.taus.len()).contains(&seen) => rolling.at_most(seen),
        rate => rate.clone(),
    };
    // Up to the longest lengths the exponent is on its way to −1 as long as windows of such lengths
    // are biased.
    finding.unsettled = true;
    let outcome = match &bound {
        Ok(rate) if rate.upper < threshold => Outcome::Supported,
        Ok(rate) if rate.lower > threshold => Outcome::Contradicted,
        _ => Outcome::Inconclusive,
    };
    finding.conditions.push(Condition { name: "the biases of rolling windows, whose mean it is, fall geometrically".into(), outcome });
    if visible >= FEWEST {
        let first = visible - BLOCK_LENGTHS;
        let sizes: Vec<f64> = blocks.taus[first..visible].iter().map(|tau| *tau as f64).collect();
        let all: Vec<Vec<&[f64]>> = (first..visible).map(|look| blocks.at(look)).collect();
        let levels = |chosen: &[usize]| all.iter().map(|rows| norm_of_mean(rows, chosen)).collect();
        let found = exponent(&sizes, blocks.stacked.len(), levels, blocks.level, key.within("blocks"));
        finding.reason = match &found {
            Ok(found) => format!(
                "the bias of blocks goes like τ to the power {:.2} over τ = {} to {}: the first steps of each block are cut short, and they are 1/τ of it",
                found.value,
                sizes[0],
                sizes[BLOCK_LENGTHS - 1]
            ),
            Err(why) => why.reason.clone(),
        };
        finding.estimate = found.clone().map(|found| distance_from(found, -1.0));
        finding.effect = finding.estimate.as_ref().ok().map(|distance| (BLOCK_MARGIN - distance.value) / BLOCK_MARGIN);
        finding = finding.with(names::EXPONENT, found);
    }
    for (look, tau) in blocks.taus.iter().enumerate() {
        let root = |x: f64| *tau as f64 * x.max(0.0).sqrt();
        finding = finding.with(names::LENGTH_TIMES_BIAS.at(tau), blocks.square(look, blocks.level).map(|square| square.map_monotone(root)));
    }
    finding.with(names::ROLLING_RATE, bound)
}

fn slope(points: &[[f64; 2]]) -> f64 {
    let n = points.len() as f64;
    let mean = |axis: usize| points.iter().map(|p| p[axis]).sum::<f64>() / n;
    let (x, y) = (mean(0), mean(1));
    points.iter().map(|p| (p[0] - x) * (p[1] - y)).sum::<f64>() / points.iter().map(|p| (p[0] - x) * (p[0] - x)).sum::<f64>()
}

fn exact_bias(case: &Case, taus: &[usize]) -> Option<Vec<f64>> {
    let oracle = LinearGaussian::new(case.linear.clone()?).ok()?;
    let of = |tau: usize| if is_block(case) { oracle.block_tbptt_bias(tau) } else { oracle.tbptt_bias(tau) };
    taus.iter().map(|tau| of(*tau).ok().map(|bias| bias.recurrent_norm())).collect()
}

fn panel(budget: &Budget, squares: &[Result<Estimate, Undefined>], exact: Option<Vec<f64>>, visible: usize) -> Panel {
    let root = |x: f64| x.max(0.0).sqrt();
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
    let mut layers = vec![Layer::Points { label: "measured bias".into(), role: Role::Measured, points: marks }];
    if let Some(exact) = exact {
        layers.push(Layer::Line {
            label: "exact bias".into(),
            role: Role::Exact,
            points: budget.taus.iter().zip(exact).map(|(tau, bias)| [*tau as f64, bias]).collect(),
        });
    }
    let unseen = if negative > 0 { format!("; at {negative} the estimate is negative and not drawn") } else { String::new() };
    Panel {
        title: "recurrent parameters".into(),
        x: Axis { label: "truncation length τ (applications of the cell)".into(), scale: Scale::Linear, range: None },
        y: Axis { label: "‖E G(τ) − ∇J‖".into(), scale: Scale::Log, range: None },
        layers,
        note: (visible < budget.taus.len())
            .then(|| format!("distinguishable from zero at the first {visible} of {} lengths{unseen}", budget.taus.len())),
    }
}

/// Names of arrays and numbers, for who writes and who reads them.
pub(crate) mod names {
    use crate::claims::Name;

    pub(crate) const BIAS_SQUARED: Name = Name::new("bias_squared");
    pub(crate) const DIFFERENCE: Name = Name::new("difference");
    pub(crate) const EXACT_BIAS: Name = Name::new("exact_bias");
    pub(crate) const EXPONENT: Name = Name::new("exponent");
    pub(crate) const GRADIENT: Name = Name::new("gradient");
    pub(crate) const LENGTHS_VISIBLE: Name = Name::new("lengths_visible");
    pub(crate) const LENGTH_TIMES_BIAS: Name = Name::new("length_times_bias");
    pub(crate) const RATE: Name = Name::new("rate");
    pub(crate) const RATE_AT_MOST: Name = Name::new("rate_at_most");
    pub(crate) const RECURRENT_GRADIENT_SQUARED: Name = Name::new("recurrent_gradient_squared");
    pub(crate) const ROLLING: Name = Name::new("rolling");
    pub(crate) const ROLLING_RATE: Name = Name::new("rolling_rate");
}
