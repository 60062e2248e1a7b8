//! Claim: the derivatives that online learning carries lie within O(α) of those of frozen
//! parameters, and so does its gradient.

pub(crate) mod names;
mod growth;

use crate::claims::contract::record::rows;
use crate::claims::contract::violation;
use crate::claims::judging::decay_rate;
use crate::claims::judging::power_law::{distance_from, exponent_in_limit, norm_of_mean, root_mean};
use crate::claims::measuring::memory_count;
use crate::claims::measuring::pairs::{batches, members};
use crate::claims::{Budget, Case, Claim, Condition, Finding, Learning, Outcome, Question, Record, Records, Work};
use crate::figures::{Axis, Layer, Mark, Panel, Role};
use crate::network::Network;
use crate::random::{Noise, RngKey, stream};
use crate::stats::{Estimate, Undefined, squared_norm_of_mean, sum_of_squares};
use crate::training::{Method, Observer, Online, Progress, RunStart, Schedule};

/// The claim.
pub(super) struct Staleness;

const PAIRED: &str = "paired";
const GROWTH: &str = "growth";
const QUANTITY: &str = "distance from 1 of the exponent in α of the staleness";
/// Steps tried, as shares of the study's first one. The difference is exactly zero at α = 0, so
/// nothing but the limit itself says how small a step may be.
const SHARES: [f64; 7] = [1.0, 1.0 / 16.0, 1.0 / 256.0, 1.0 / 4096.0, 1.0 / 16384.0, 1.0 / 65536.0, 1.0 / 262144.0];
/// The shares from here on are small enough for the parameters to stand nearly still over a run,
/// and fix the exponent; the larger ones are drawn.
const FITTED: usize = 3;
/// The share at which the mean is held against its limit.
const LIMIT: f64 = 1.0 / 65536.0;
/// Spectral radii that the recurrent matrix of a linear case is scaled to.
const RADII: [f64; 4] = [0.3, 0.5, 0.65, 0.8];
/// Replicas of the growth runs for one of the paired runs: a mean needs more of them than a size.
const GROWTH_FACTOR: usize = 64;

impl Claim for Staleness {
    fn id(&self) -> &'static str {
        "staleness"
    }

    fn short(&self) -> &'static str {
        "stale derivatives err in proportion to the step"
    }

    fn statement(&self) -> &'static str {
        "the derivatives carried while the parameters move differ from those of frozen parameters by O(α), and so does the gradient"
    }

    fn margin_meaning(&self) -> &'static str {
        "the exponent of α must lie within margin of 1"
    }

    fn premises(&self) -> &'static [&'static str] {
        &["hidden_contraction"]
    }

    fn budget(&self) -> Budget {
        Budget { chains: 256, steps: 200, burn_in: 100, margin: 0.1, ..Budget::default() }
    }

    fn on_request(&self) -> bool {
        true
    }

    fn work<'c>(&self, case: &'c Case) -> Vec<Work<'c>> {
        let (budget, footprint) = (case.budget(self.id()), memory_count::walks(case));
        let [paired_address, growth_address] = [PAIRED, GROWTH].map(|part| case.key_of(self.id(), part));
        let growing = if growth::applies(case) { RADII.len() * batches(budget.chains) } else { 0 };
        vec![
            Work::new(PAIRED, batches(budget.chains), footprint, move |index| paired(case, budget, paired_address, index)),
            Work::new(GROWTH, growing, footprint, move |index| at_radius(case, budget, growth_address, index)),
        ]
    }

    fn question(&self, case: &Case) -> Question {
        Question::below(QUANTITY, case.budget(self.id()).margin)
    }

    fn judge(&self, case: &Case, records: &Records) -> Result<Finding, Undefined> {
        let budget = case.budget(self.id());
        let steps = SHARES.map(|share| share * case.learning.schedule.initial);
        let part = records.part(PAIRED);
        let (derivative, gradient, bias) = (part.stacked(names::DERIVATIVE)?, part.stacked(names::GRADIENT)?, part.stacked(names::BIAS)?);
        let key = case.key_of(self.id(), "judge");
        let replicas = gradient.nrows();
        let columns = |table: &ndarray::Array2<f64>| (0..SHARES.len()).map(|look| table.column(look).to_vec()).collect::<Vec<_>>();
        let sizes = |squares: Vec<Vec<f64>>, name: &str| {
            let exponent = exponent_in_limit(
                &steps[FITTED..],
                replicas,
                |chosen| squares[FITTED..].iter().map(|squares| root_mean(squares, chosen)).collect(),
                case.level,
                key.within(name),
            );
            let all: Vec<usize> = (0..replicas).collect();
            (exponent, squares.iter().map(|squares| root_mean(squares, &all)).collect::<Vec<_>>())
        };
        let carries = case.learning.method.is_exact();
        let (of_gradient, gradient_sizes) = sizes(columns(&gradient), "gradient");
        let of_derivative = carries.then(|| sizes(columns(&derivative), "derivative"));
        let (of_bias, biases) = bias_over_steps(&rows(bias.view()), &steps, case.level, key.within("bias"));
        // A rule that carries no derivatives is judged by its gradient.
        let deciding = of_derivative.as_ref().map_or(&of_gradient, |(exponent, _)| exponent);
        let mut finding = Finding::new(self.question(case), deciding.clone().map(|exponent| distance_from(exponent, 1.0)));
        finding.effect = finding.estimate.as_ref().ok().map(|distance| (budget.margin - distance.value) / budget.margin);
        finding.reason = in_words(deciding, finding.outcome() == Outcome::Supported, if carries { "the derivatives" } else { "the gradient" });
        if carries {
            finding.conditions.push(near_one("the gradient's staleness goes like α", &of_gradient, budget.margin));
        }
        // The mean is a part of the size and may drown in it; only a bias that is seen at every
        // step can say anything of its exponent.
        if biases[FITTED..].iter().all(|bias| bias.as_ref().is_ok_and(|bias| bias.lower > 0.0)) {
            finding.conditions.push(near_one("the gradient's bias goes like α", &of_bias, 2.0 * budget.margin));
        }
        finding = finding.with(names::EXPONENT_GRADIENT, of_gradient).with(names::EXPONENT_BIAS, of_bias);
        let mut layers = vec![size_layer("gradient G, root mean square", Role::Rival(0), &steps, &gradient_sizes)];
        if let Some((exponent, sizes)) = of_derivative {
            layers.insert(0, size_layer("derivatives V, root mean square", Role::Measured, &steps, &sizes));
            finding = finding.with(names::EXPONENT_DERIVATIVE, exponent);
        }
        layers.push(bias_layer(&steps, &biases));
        for (look, step) in steps.iter().enumerate() {
            let relative = gradient_sizes[look].map_or(f64::NAN, |size| size / step);
            finding = finding.with(names::GRADIENT_STALENESS_OVER_STEP.at(format_args!("{step:.3e}")), relative);
        }
        if let Some(line) = reference(&steps, &layers[0]) {
            layers.push(line);
        }
        let mut panels = vec![Panel {
            title: format!("{replicas} paired runs a step size"),
            x: Axis::log("step size α"),
            y: Axis::log("size of the difference online − frozen"),
            layers,
            note: None,
        }];
        if growth::applies(case) {
            match growth::Growth::of(case, &RADII, records.part(GROWTH)) {
                Err(why) => finding = finding.with(names::GROWTH, Err::<Estimate, Undefined>(why)),
                Ok(growth) => {
                    panels.push(growth.panel());
                    finding = growth.told(finding, budget.margin);
                }
            }
        }
        let caption = format!(
            "Case {}: states carried by {} against the same noise at the parameters frozen, at constant steps. Staleness of the first order has slope 1.{}",
            case.name,
            case.learning.method,
            if panels.len() > 1 { " Right: the mean staleness of V over α, beside the closed form, as the recurrent matrix is scaled." } else { "" }
        );
        finding.figures.push(decay_rate::figure(case, self.id(), "Does staleness vanish in proportion to the step?", caption, panels));
        Ok(finding)
    }

    /// The rule keeps one step of derivatives and forgets the rest: its gradient differs from the
    /// frozen one however small the step.
    fn violation(&self, seed: u64) -> Case {
        let budget = Budget { chains: 32, steps: 100, margin: 0.1, ..Budget::default() };
        let learning = Learning { method: Method::rolling_stale(1), ..violation::plain_learning() };
        violation::Fixture { phi: 0.7, recurrent: &[0.8, -0.5], input_weight: 0.7, activation: "tanh", learning }.build(seed, self.id(), budget)
    }
}

/// What the exponent of the deciding part says.
fn in_words(exponent: &Result<Estimate, Undefined>, supported: bool, what: &str) -> String {
    match exponent {
        Ok(exponent) if supported => format!("halving the step divides the staleness of {what} by {:.3}", libm::pow(2.0, exponent.value)),
        Ok(exponent) => format!(
            "the difference from frozen parameters goes like the step to the power {:.3}: it does not come from the step alone",
            exponent.value
        ),
        Err(why) => why.reason.clone(),
    }
}

/// The exponent in the step of the norm of the mean difference of gradients, and its square at
/// every step.
fn bias_over_steps(rows: &[Vec<f64>], steps: &[f64], level: f64, key: RngKey) -> (Result<Estimate, Undefined>, Vec<Result<Estimate, Undefined>>) {
    let width = rows.first().map_or(0, Vec::len) / steps.len();
    let at = |look: usize| rows.iter().map(|row| &row[look * width..(look + 1) * width]).collect::<Vec<_>>();
    let norms = |chosen: &[usize]| (FITTED..steps.len()).map(|look| norm_of_mean(&at(look), chosen)).collect();
    let exponent = exponent_in_limit(&steps[FITTED..], rows.len(), norms, level, key);
    let square = |look| squared_norm_of_mean(&at(look).iter().map(|row| row.to_vec()).collect::<Vec<_>>(), level);
    (exponent, (0..steps.len()).map(square).collect())
}

/// Runs at the smallest step with the recurrent matrix scaled to one of the spectral radii.
fn at_radius(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let each = batches(budget.chains);
    let radius = RADII[index / each];
    let width = case.network.cell.influence_layout().len();
    let Some((network, length)) = growth::scaled(case, radius).and_then(|(network, model)| Some((network, growth::forgetting_time(model)?))) else {
        return Record::default().with(names::DERIVATIVE, width, vec![]).with(names::HIDDEN, case.network.cell.state_len(), vec![]);
    };
    let step = case.learning.schedule.initial * LIMIT;
    let (mut derivative, mut hidden) = (Vec::new(), Vec::new());
    for member in members(budget, index % each) {
        // One row a member: the mean over runs of their own, which keeps the records small.
        let (mut of_derivative, mut of_hidden) = (vec![0.0; width], vec![0.0; case.network.cell.state_len()]);
        for again in 0..GROWTH_FACTOR {
            let replicate = (index / each * budget.chains + member) * GROWTH_FACTOR + again;
            let pair = Pair::run(case, &network, key, replicate, step, length);
            let add = |sum: &mut [f64], x: &[f64]| sum.iter_mut().zip(x).for_each(|(sum, x)| *sum += x / (step * GROWTH_FACTOR as f64));
            add(&mut of_derivative, &pair.derivative.unwrap_or_default());
            add(&mut of_hidden, &pair.hidden);
        }
        derivative.extend(of_derivative);
        hidden.extend(of_hidden);
    }
    Record::default().with(names::DERIVATIVE, width, derivative).with(names::HIDDEN, case.network.cell.state_len(), hidden)
}

/// Runs at several steps on one noise, each against the same noise at the parameters that the run
/// has at its last step.
fn paired(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    // The parameters move over `steps` after as many steps as a certified chain needs to forget its
    // start.
    let length = budget.steps.max(budget.burn_in);
    let (mut derivative, mut gradient, mut bias) = (Vec::new(), Vec::new(), Vec::new());
    for replicate in members(budget, index) {
        for share in SHARES {
            let pair = Pair::run(case, &case.network, key, replicate, share * case.learning.schedule.initial, length);
            derivative.push(pair.derivative.as_deref().map_or(f64::NAN, sum_of_squares));
            gradient.push(sum_of_squares(&pair.gradient));
            bias.extend(pair.gradient);
        }
    }
    let count = SHARES.len();
    Record::default().with(names::DERIVATIVE, count, derivative).with(names::GRADIENT, count, gradient).with(
        names::BIAS,
        count * case.network.len(),
        bias,
    )
}

/// Whether an exponent is 1 within a margin.
fn near_one(name: &str, exponent: &Result<Estimate, Undefined>, margin: f64) -> Condition {
    let outcome = match exponent {
        Err(_) => Outcome::Undefined,
        Ok(exponent) => match distance_from(*exponent, 1.0) {
            distance if distance.upper < margin => Outcome::Supported,
            distance if distance.lower > margin => Outcome::Contradicted,
            _ => Outcome::Inconclusive,
        },
    };
    Condition { name: format!("{name} within {margin} of the exponent 1"), outcome }
}

/// The last step of a run less the same step at frozen parameters, on the same noise.
struct Pair {
    hidden: Vec<f64>,
    derivative: Option<Vec<f64>>,
    gradient: Vec<f64>,
}

impl Pair {
    fn run(case: &Case, network: &Network, key: RngKey, replicate: usize, step: f64, length: usize) -> Pair {
        let at = key.replicate(replicate);
        let data = case.data_start(replicate, case.budget("staleness").chains, key, stream::OTHER_START);
        let follow = |network: &Network, method: Method, step: f64, projection: Option<f64>| {
            let mut last = Last { at: length - 1, seen: None };
            let online = Online { data: &*case.data, method, schedule: Schedule { initial: step, offset: 1.0, exponent: 0.0 }, projection };
            let departure = RunStart {
                network,
                data: data.clone(),
                hidden: vec![0.0; network.cell.state_len()],
                innovations: Noise::at(at.stream(stream::INNOVATION)),
                observations: Noise::at(at.stream(stream::OBSERVATION)),
                choices: Noise::at(at.stream(stream::METHOD)),
            };
            online.run(departure, length, &mut last);
            last.seen
        };
        let less = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<f64>>();
        let moving = follow(network, case.learning.method, step, case.learning.projection).expect("a run has a last step");
        let frozen = follow(&moving.network, Method::RTRL, 0.0, None).expect("a run has a last step");
        Pair {
            hidden: less(&moving.hidden, &frozen.hidden),
            derivative: moving.influence.zip(frozen.influence).map(|(moving, frozen)| less(&moving, &frozen)),
            gradient: less(&moving.gradient, &frozen.gradient),
        }
    }
}

/// What the last step of a run shows.
struct Seen {
    network: Network,
    hidden: Vec<f64>,
    influence: Option<Vec<f64>>,
    gradient: Vec<f64>,
}

struct Last {
    at: usize,
    seen: Option<Seen>,
}

impl Observer for Last {
    fn before_update(&mut self, progress: Progress<'_>) {
        if progress.t == self.at {
            self.seen = Some(Seen {
                network: progress.network.clone(),
                hidden: progress.hidden.to_vec(),
                influence: progress.influence(),
                gradient: progress.gradient.to_vec(),
            });
        }
    }
}

fn size_layer(label: &str, role: Role, steps: &[f64], sizes: &[Option<f64>]) -> Layer {
    let points = steps.iter().zip(sizes).filter_map(|(step, size)| size.map(|size| Mark { x: *step, y: size, interval: None })).collect();
    Layer::Points { label: label.into(), role, points }
}

fn bias_layer(steps: &[f64], biases: &[Result<Estimate, Undefined>]) -> Layer {
    let root = |x: f64| x.max(0.0).sqrt();
    let points = steps
        .iter()
        .zip(biases)
        .filter_map(|(step, bias)| bias.as_ref().ok().filter(|bias| bias.lower > 0.0).map(|bias| (step, bias)))
        .map(|(step, bias)| Mark { x: *step, y: root(bias.value), interval: Some([root(bias.lower), root(bias.upper)]) })
        .collect();
    Layer::Points { label: "gradient G, mean".into(), role: Role::Rival(1), points }
}

/// A line of slope 1 through the smallest step of a layer of points.
fn reference(steps: &[f64], layer: &Layer) -> Option<Layer> {
    let Layer::Points { points, .. } = layer else { return None };
    let last = points.last()?;
    let points = steps.iter().map(|step| [*step, last.y * step / last.x]).collect();
    Some(Layer::Line { label: "slope 1".into(), role: Role::Predicted, points })
}
