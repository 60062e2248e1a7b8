//! Claim: the stationary law, and with it the gradient of the long-run loss, is Lipschitz in the
//! parameters.

pub(crate) mod names;
mod solution;

use crate::chain::JointChain;
use crate::claims::contract::record::rows;
use crate::claims::contract::violation;
use crate::claims::judging::decay_rate;
use crate::claims::measuring::memory_count;
use crate::claims::measuring::pairs::{batches, members};
use crate::claims::measuring::parameter_differences::{DIRECTIONS, Differences, SIZES, SMALL};
use crate::claims::{Budget, Case, Claim, Condition, Finding, Outcome, Question, Record, Records, Work};
use crate::figures::{Axis, Layer, Mark, Panel, Role};
use crate::gradient::bptt;
use crate::linalg::Times;
use crate::markov::{Block, Walk, norm};
use crate::network::Network;
use crate::random::RngKey;
use crate::random::{Noise, stream};
use crate::stats::{Bootstrap, Estimate, IntervalKind, Sample, Undefined, line};
use crate::theory::LinearGaussian;
use crate::training::GradientNorm;
use ndarray::{Array1, Array2, s};
use solution::PART as SOLUTIONS;

/// The claim.
pub(super) struct LipschitzInParameters;

const PAIRS: &str = "pairs";
const QUANTITY: &str = "exponent of the distance of two laws in the distance of their parameters";
/// Blocks whose distances are written down; the data do not depend on the parameters.
const BLOCKS: [Block; 3] = [Block::Hidden, Block::Derivative, Block::Joint];
/// The later half of a stretch may be this much farther apart than the earlier one.
const SETTLED: f64 = 1.25;
/// Relative gap of the measured slope to the derivative that is still agreement.
const AGREEMENT: f64 = 0.01;

impl Claim for LipschitzInParameters {
    fn id(&self) -> &'static str {
        "lipschitz_in_parameters"
    }

    fn short(&self) -> &'static str {
        "the stationary law moves smoothly with the parameters"
    }

    fn statement(&self) -> &'static str {
        "the stationary law, the gradient of the long-run loss and the solution of its Poisson equation are Lipschitz in the parameters"
    }

    fn margin_meaning(&self) -> &'static str {
        "the distance of two laws must shrink with the distance δ of their parameters like δ to a power above 1 − margin"
    }

    fn premises(&self) -> &'static [&'static str] {
        &["data_ergodicity", "hidden_contraction"]
    }

    fn on_request(&self) -> bool {
        true
    }

    fn budget(&self) -> Budget {
        Budget { chains: 256, steps: 400, burn_in: 300, margin: 0.1, ..Budget::default() }
    }

    fn work<'c>(&self, case: &'c Case) -> Vec<Work<'c>> {
        let (budget, key, footprint) = (case.budget(self.id()), case.key_of(self.id(), PAIRS), memory_count::walks(case));
        let pairs = Work::new(PAIRS, batches(budget.chains), footprint, move |index| pairs_of_parameters(case, budget, key, index));
        // A recorded series has no innovations, so no solution by copies that share them.
        if case.data.is_recorded() {
            return vec![pairs];
        }
        vec![pairs, Work::new(SOLUTIONS, batches(budget.chains), footprint, move |index| solution::run(case, budget, index))]
    }

    fn question(&self, case: &Case) -> Question {
        Question::above(QUANTITY, 1.0 - case.budget(self.id()).margin)
    }

    fn judge(&self, case: &Case, records: &Records) -> Result<Finding, Undefined> {
        let budget = case.budget(self.id());
        let threshold = 1.0 - budget.margin;
        let part = records.part(PAIRS);
        let (squares, derivatives, differences) =
            (part.stacked(names::SQUARE)?, part.stacked(names::DERIVATIVE)?, part.stacked(names::GRADIENT_DIFFERENCE)?);
        let bootstrap = Bootstrap { resamples: decay_rate::RESAMPLES, key: case.key_of(self.id(), "judge").stream(stream::RESAMPLING) };
        let read = |chosen: &[usize]| -> Option<Vec<f64>> {
            let moment = |size: usize, half: Option<usize>| mean_square(&squares, chosen, size, half, 2);
            let points: Vec<[f64; 2]> = (0..SMALL).map(|size| [libm::log(SIZES[size]), 0.5 * libm::log(moment(size, None))]).collect();
            let growth = (moment(0, Some(1)) / moment(0, Some(0))).sqrt();
            Some(vec![line(&points, 0.5).ok()?.value, growth])
        };
        let read = bootstrap.intervals(squares.nrows(), 2, read, case.level, IntervalKind::Percentile);
        let gradients = Differences { rows: rows(differences.view()), width: case.network.len(), level: case.level };
        let in_gradient = gradients.exponent();
        let told = |why: &Undefined| Undefined::because(format!("the distance of the two laws has no exponent: {}", why.reason));
        let mut finding = Finding::new(self.question(case), read.as_ref().map(|read| read[0]).map_err(told));
        if let Ok(read) = &read {
            let (exponent, growth) = (read[0], read[1]);
            finding.reason = if exponent.lower > threshold {
                format!("two laws are as far apart as their parameters to the power {:.3}, so the slope has a limit", exponent.value)
            } else {
                format!("the distance of two laws goes like δ to the power {:.3}: the slope grows without bound as δ → 0", exponent.value)
            };
            finding.effect = Some((exponent.value - threshold) / budget.margin);
            let outcome = if growth.upper < SETTLED { Outcome::Supported } else { Outcome::Inconclusive };
            finding.conditions.push(Condition { name: format!("the distance has settled (later half over earlier half below {SETTLED})"), outcome });
            finding = finding.with(names::LATER_OVER_EARLIER_HALF, growth);
        }
        if !case.data.is_recorded() {
            finding.conditions.push(Condition {
                name: format!("the gradient's difference has an exponent above {threshold}"),
                outcome: above(&in_gradient, threshold),
            });
            finding = finding.with(names::GRADIENT_EXPONENT, in_gradient);
            finding = solution::judged(finding, case, records.part(SOLUTIONS), threshold);
        }
        let slopes: Vec<Result<Estimate, Undefined>> = (0..SIZES.len()).map(|size| slope(&squares, size, 2, case.level)).collect();
        let hidden: Vec<Result<Estimate, Undefined>> = (0..SIZES.len()).map(|size| slope(&squares, size, 0, case.level)).collect();
        for (size, delta) in SIZES.iter().enumerate() {
            finding = finding
                .with(names::SLOPE_JOINT.at(format_args!("{delta:e}")), slopes[size].clone())
                .with(names::SLOPE_HIDDEN.at(format_args!("{delta:e}")), hidden[size].clone())
                .with(names::SLOPE_GRADIENT.at(format_args!("{delta:e}")), gradients.slope(size));
        }
        let derivative = root_mean(&derivatives.iter().copied().collect::<Vec<_>>(), case.level);
        if let (Ok(measured), Ok(limit)) = (&hidden[0], &derivative) {
            let agree = (measured.value - limit.value).abs() <= AGREEMENT * limit.value;
            let outcome = if agree { Outcome::Supported } else { Outcome::Inconclusive };
            finding.conditions.push(Condition {
                name: "the slope of the hidden state at the smallest δ is that of the forward derivatives, |V u|".into(),
                outcome,
            });
        }
        finding = finding.with(names::DERIVATIVE_ALONG_U, derivative.clone());
        let exact = exact(case);
        if let Some(exact) = &exact {
            let holds =
                |measured: &Result<Estimate, Undefined>, truth: f64| measured.as_ref().is_ok_and(|measured| !decay_rate::differ(measured, truth));
            let held = holds(&derivative, exact.derivative) && holds(&gradients.slope(0), exact.hessian);
            finding.conditions.push(Condition {
                name: "|V u| and |∇²J u| are the exact ones, within three half-widths of their intervals".into(),
                outcome: if held { Outcome::Supported } else { Outcome::Undefined },
            });
            finding = finding.with(names::DERIVATIVE_ALONG_U_EXACT, exact.derivative).with(names::HESSIAN_ALONG_U_EXACT, exact.hessian);
        }
        let caption = format!(
            "Case {}: {} pairs of chains at θ and θ + δu, |u| = 1, on one noise, {DIRECTIONS} directions u. Root mean square distance over δ; a flat curve is Lipschitz, one that \
             rises to the left is not. The broken line is the forward derivative |V u|, which the hidden state's slope must reach.",
            case.name, budget.chains
        );
        let panels = vec![law_panel(&slopes, &hidden, derivative.ok()), gradient_panel(&gradients, exact)];
        finding.figures.push(decay_rate::figure(case, self.id(), "Is the stationary law Lipschitz in the parameters?", caption, panels));
        Ok(finding)
    }

    /// A fork: `S' = tanh(1.6 S + b)` from S = 0. At b = 0 it stays there, an unstable fixed point;
    /// any other b sends it to one of two far attractors.
    fn violation(&self, seed: u64) -> Case {
        let budget = Budget { chains: 32, steps: 100, burn_in: 60, margin: 0.1, ..Budget::default() };
        let blueprint =
            violation::Fixture { phi: 0.5, recurrent: &[1.6, 1.6], input_weight: 0.0, activation: "tanh", learning: violation::plain_learning() };
        let mut case = blueprint.build(seed, self.id(), budget);
        case.start.hidden = Some(vec![0.0, 0.0]);
        case
    }
}

/// A chain at θ and one at θ + δu for every δ, on one noise and from one start: mean squared
/// distances in the two halves of the stretch, and differences of gradients.
fn pairs_of_parameters(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let chain = JointChain::new(&*case.data, &*case.network.cell);
    let norm = GradientNorm { steps: budget.steps, burn_in: budget.burn_in, spread: 0.0, replicates: budget.chains };
    let (mut squares, mut derivatives, mut differences) = (Vec::new(), Vec::new(), Vec::new());
    for replicate in members(budget, index) {
        let direction = direction(case, replicate);
        let networks = SIZES.map(|size| shifted(&case.network, &direction, size));
        let data = case.data_start(replicate, budget.chains, key, stream::START);
        let start = chain.state(&data, &case.hidden_start(replicate, key, stream::START));
        let (own, derivative) =
            distances(case, &networks, &start, &direction, budget, Noise::at(key.replicate(replicate).stream(stream::INNOVATION)));
        squares.extend(own);
        derivatives.push(derivative);
        let (segment, hidden) = norm.segment(&*case.data, case.network.cell.state_len(), key.within("gradient"), replicate);
        let weight = norm.weight(&*case.data);
        let base = bptt(&case.network, &segment, &hidden, budget.burn_in).gradient;
        for network in &networks {
            let other = bptt(network, &segment, &hidden, budget.burn_in).gradient;
            differences.extend(other.iter().zip(&base).map(|(a, b)| weight * (a - b)));
        }
    }
    Record::default().with(names::SQUARE, SIZES.len() * 2 * BLOCKS.len(), squares).with(names::DERIVATIVE, 1, derivatives).with(
        names::GRADIENT_DIFFERENCE,
        SIZES.len() * case.network.len(),
        differences,
    )
}

/// The unit direction in the space of all parameters that a replicate moves along.
pub(super) fn direction(case: &Case, replicate: usize) -> Vec<f64> {
    let key = case.key_of(LipschitzInParameters.id(), "directions").replicate(replicate % DIRECTIONS);
    let mut direction = Noise::at(key.stream(stream::DIRECTION)).normal_vector(case.network.len());
    let size = norm(&direction);
    direction.iter_mut().for_each(|u| *u /= size);
    direction
}

/// The network at `θ + size · direction`.
pub(super) fn shifted(network: &Network, direction: &[f64], size: f64) -> Network {
    network.at(&network.parameters().iter().zip(direction).map(|(theta, u)| theta + size * u).collect::<Vec<_>>())
}

/// Mean squared distances by size, half and block, and the mean of `|V u|²` at θ.
fn distances(case: &Case, networks: &[Network; SIZES.len()], start: &[f64], direction: &[f64], budget: &Budget, mut noise: Noise) -> (Vec<f64>, f64) {
    let base = JointChain::new(&*case.data, &*case.network.cell);
    let blocks = base.blocks();
    let others: Vec<JointChain> = networks.iter().map(|network| JointChain::new(&*case.data, &*network.cell)).collect();
    let mut walk = Walk::from(&base, start.to_vec());
    let mut moved: Vec<Walk<JointChain>> = others.iter().map(|chain| Walk::from(chain, start.to_vec())).collect();
    let recurrent = &direction[..case.network.recurrent_len()];
    let (mut squares, mut derivative) = (vec![0.0; SIZES.len() * 2 * BLOCKS.len()], 0.0);
    let (layout, mut along) = (case.network.cell.influence_layout(), vec![0.0; blocks.hidden]);
    let half = budget.steps / 2;
    let mut innovation = vec![0.0; case.data.innovation_len()];
    for t in 0..budget.burn_in + 2 * half {
        noise.normals(&mut innovation);
        walk.step(&innovation);
        moved.iter_mut().for_each(|walk| walk.step(&innovation));
        let Some(seen) = t.checked_sub(budget.burn_in) else { continue };
        for (size, other) in moved.iter().enumerate() {
            let difference: Vec<f64> = other.state().iter().zip(walk.state()).map(|(a, b)| a - b).collect();
            for (slot, block) in BLOCKS.into_iter().enumerate() {
                let distance = norm(&difference[blocks.range(block)]);
                squares[(size * 2 + seen / half) * BLOCKS.len() + slot] += distance * distance / half as f64;
            }
        }
        layout.apply(&walk.state()[blocks.range(Block::Derivative)], recurrent, &mut along);
        derivative += along.iter().map(|x| x * x).sum::<f64>() / (2 * half) as f64;
    }
    (squares, derivative)
}

/// The mean over replicas of the squared distance at a size, in one half or both, of block number
/// `block`.
fn mean_square(squares: &Array2<f64>, chosen: &[usize], size: usize, half: Option<usize>, block: usize) -> f64 {
    let at = |row: usize, half: usize| squares[[row, (size * 2 + half) * BLOCKS.len() + block]];
    let one = |row: usize| half.map_or_else(|| 0.5 * (at(row, 0) + at(row, 1)), |half| at(row, half));
    chosen.iter().map(|row| one(*row)).sum::<f64>() / chosen.len() as f64
}

fn root_mean(squares: &[f64], level: f64) -> Result<Estimate, Undefined> {
    Ok(Sample::new(squares)?.mean(level)?.map_monotone(|square| square.max(0.0).sqrt()))
}

/// Root mean square distance over δ.
fn slope(squares: &Array2<f64>, size: usize, block: usize, level: f64) -> Result<Estimate, Undefined> {
    let over: Vec<f64> = (0..squares.nrows()).map(|row| mean_square(squares, &[row], size, None, block) / (SIZES[size] * SIZES[size])).collect();
    root_mean(&over, level)
}

/// The word of "the exponent lies above the threshold".
pub(super) fn above(estimate: &Result<Estimate, Undefined>, threshold: f64) -> Outcome {
    match estimate {
        Ok(estimate) if estimate.lower > threshold => Outcome::Supported,
        Ok(estimate) if estimate.upper < threshold => Outcome::Contradicted,
        _ => Outcome::Inconclusive,
    }
}

/// Root mean squares over the directions, in the linear Gaussian case.
struct Exact {
    /// `(E|V u|²)^{1/2}`.
    derivative: f64,
    /// `|∇²J u|`.
    hessian: f64,
}

fn exact(case: &Case) -> Option<Exact> {
    let oracle = LinearGaussian::new(case.linear.clone()?).ok()?;
    let law = oracle.stationary().ok()?.marginal(oracle.blocks().range(Block::Derivative));
    let hessian = oracle.hessian().ok()?;
    let (mut derivative, mut curvature) = (0.0, 0.0);
    let square = |vector: Array1<f64>| vector.times(&vector);
    for which in 0..DIRECTIONS {
        let u = Array1::from_vec(direction(case, which));
        let recurrent = u.slice(s![..case.network.recurrent_len()]);
        for unit in 0..case.network.cell.state_len() {
            let range = unit * recurrent.len()..(unit + 1) * recurrent.len();
            let mean = law.mean.slice(s![range.clone()]).times(&recurrent);
            derivative += mean * mean + square(law.factor.slice(s![range, ..]).t().times(&recurrent));
        }
        curvature += square(hessian.times(&u));
    }
    let root = |sum: f64| (sum / DIRECTIONS as f64).sqrt();
    Some(Exact { derivative: root(derivative), hessian: root(curvature) })
}

fn marks(slopes: &[Result<Estimate, Undefined>]) -> Vec<Mark> {
    let drawn = SIZES.iter().zip(slopes).filter_map(|(delta, slope)| Some((*delta, slope.as_ref().ok()?)));
    drawn.filter(|(_, slope)| slope.value > 0.0).map(|(x, slope)| Mark { x, y: slope.value, interval: Some([slope.lower, slope.upper]) }).collect()
}

fn flat(label: &str, role: Role, height: f64) -> Layer {
    Layer::Line { label: label.into(), role, points: vec![[SIZES[0], height], [SIZES[SIZES.len() - 1], height]] }
}

/// A panel against the distance of the parameters.
fn panel(title: &str, y: &str, layers: Vec<Layer>) -> Panel {
    Panel { title: title.into(), x: Axis::log("distance δ of the parameters"), y: Axis::log(y), layers, note: None }
}

fn law_panel(joint: &[Result<Estimate, Undefined>], hidden: &[Result<Estimate, Undefined>], derivative: Option<Estimate>) -> Panel {
    let (joint, hidden) = (marks(joint), marks(hidden));
    let mut layers = vec![
        Layer::Points { label: "joint chain".into(), role: Role::Measured, points: joint },
        Layer::Points { label: "hidden state".into(), role: Role::Rival(0), points: hidden },
    ];
    layers.extend(derivative.map(|derivative| flat("forward derivative |V u|", Role::Predicted, derivative.value)));
    panel("stationary law", "distance of coupled states / δ", layers)
}

fn gradient_panel(gradients: &Differences, exact: Option<Exact>) -> Panel {
    let points = marks(&(0..SIZES.len()).map(|size| gradients.slope(size)).collect::<Vec<_>>());
    let mut layers = vec![Layer::Points { label: "measured".into(), role: Role::Measured, points }];
    layers.extend(exact.map(|exact| flat("exact |∇²J u|", Role::Exact, exact.hessian)));
    panel("gradient of the long-run loss", "|∇J(θ + δu) − ∇J(θ)| / δ", layers)
}
