//! Claim: the joint chain has one stationary law, whatever the start.

use crate::chain::JointChain;
use crate::claims::contract::violation;
use crate::claims::judging::decay_rate;
use crate::claims::judging::same_law;
use crate::claims::judging::same_law::{Groups, Split};
use crate::claims::measuring::memory_count;
use crate::claims::measuring::pairs::{batches, members};
use crate::claims::measuring::projections::Projections;
use crate::claims::{Budget, Case, Claim, Condition, Finding, Number, Outcome, Part, Question, Record, Records, Work};
use crate::figures::{Axis, Layer, Mark, Panel, Role};
use crate::markov::{Block, Independent, Walk};
use crate::random::{Noise, RngKey, stream};
use crate::stats::{Chains, Estimate, Undefined, rhat};
use ndarray::{Array2, s};
use rayon::prelude::*;

/// The claim.
pub(super) struct UniqueStationaryLaw;

const CHAINS: &str = "chains";
const QUANTITY: &str = "largest energy coefficient between start groups";
/// Groups of starts: all units far above, all far below, a sign pattern, its mirror image.
const GROUPS: usize = 4;
/// How many spreads of the case a far start lies out.
const FAR: f64 = 5.0;
/// Images that each chain leaves of its stationary stretch, evenly spaced.
const DRAWS: usize = 64;
/// The usual limit of a rank-normalised R̂ for short chains.
const RHAT_LIMIT: f64 = 1.05;
/// Relabellings of whole chains behind the p-value.
const RELABELLINGS: usize = 999;

impl Claim for UniqueStationaryLaw {
    fn id(&self) -> &'static str {
        "unique_stationary_law"
    }

    fn short(&self) -> &'static str {
        "there is one stationary law"
    }

    fn statement(&self) -> &'static str {
        "chains end in one stationary law from all the far and different starts that were sampled"
    }

    fn margin_meaning(&self) -> &'static str {
        "the energy coefficient of every pair of start groups, 0 for one law and 1 for two points, must lie below margin (0.02: means 0.28 deviations apart)"
    }

    fn premises(&self) -> &'static [&'static str] {
        &["data_ergodicity", "hidden_contraction"]
    }

    fn on_request(&self) -> bool {
        true
    }

    fn budget(&self) -> Budget {
        Budget { chains: 128, steps: 2048, burn_in: 300, margin: 0.02, times: vec![0, 1, 2, 5, 10, 20, 50, 100], ..Budget::default() }
    }

    fn work<'c>(&self, case: &'c Case) -> Vec<Work<'c>> {
        // A recorded series is one path: its copies share their inputs, so there are no independent
        // chains to compare.
        if case.data.is_recorded() {
            return vec![];
        }
        let (budget, key) = (case.budget(self.id()), case.key_of(self.id(), CHAINS));
        vec![Work::new(CHAINS, batches(budget.chains), memory_count::walks(case), move |index| far_chains(case, budget, key, index))]
    }

    fn question(&self, case: &Case) -> Question {
        Question::below(QUANTITY, case.budget(self.id()).margin)
    }

    fn judge(&self, case: &Case, records: &Records) -> Result<Finding, Undefined> {
        let budget = case.budget(self.id());
        if case.data.is_recorded() {
            return Err(Undefined::because("a recorded series is one path, and copies on it share their inputs: there are no independent chains"));
        }
        let weighed = weigh(self, case, records.part(CHAINS))?;
        let largest = weighed.groups.largest;
        let agree = weighed.rhat.as_ref().is_ok_and(|rhat| *rhat < RHAT_LIMIT);
        let mut finding = Finding::new(self.question(case), Ok(largest));
        finding.reason = if largest.upper < budget.margin {
            format!(
                "the {GROUPS} groups of far starts agree: their laws differ by an energy coefficient of at most {:.4}; a law that fewer than {:.1} % of such starts end in may have \
                 been missed",
                largest.upper,
                100.0 * (1.0 - libm::exp(libm::log(1.0 - case.level) / budget.chains as f64))
            )
        } else if largest.lower > budget.margin {
            format!(
                "chains from different starts stay in different laws (energy coefficient {:.3}, {}) after {} steps",
                largest.value,
                weighed.groups.worst,
                budget.burn_in.max(budget.times.last().copied().unwrap_or(0))
            )
        } else {
            format!(
                "the groups' laws differ by an energy coefficient between {:.4} and {:.4}; take more chains or steps",
                largest.lower, largest.upper
            )
        };
        finding.effect = Some((budget.margin - largest.value) / budget.margin);
        finding.conditions.push(Condition {
            name: format!("rank-normalised split R̂ of all chains below {RHAT_LIMIT}"),
            outcome: if agree { Outcome::Supported } else { Outcome::Inconclusive },
        });
        finding.conditions.push(Condition {
            name: match &weighed.split {
                None => "the ranges of all chains hang together".into(),
                Some(split) => {
                    format!("the ranges of all chains hang together (in coordinate {}, {} of them stay apart)", split.column, split.smaller)
                }
            },
            outcome: if weighed.split.is_none() { Outcome::Supported } else { Outcome::Inconclusive },
        });
        if let Some(exact) = &weighed.exact {
            finding.conditions.push(Condition {
                name: "mean and variance of the pooled chains are the exact ones, within three half-widths of their intervals".into(),
                outcome: if exact.iter().all(|(measured, truth)| !decay_rate::differ(measured, *truth)) {
                    Outcome::Supported
                } else {
                    Outcome::Undefined
                },
            });
            for (index, (measured, truth)) in exact.iter().enumerate() {
                let (what, coordinate) = ([names::MEAN, names::VARIANCE][index % 2].clone(), index / 2);
                finding = finding.with(what.at(coordinate), *measured).with(what.of("exact").at(coordinate), *truth);
            }
        }
        finding = finding
            .with(names::RHAT_LARGEST, weighed.rhat.clone().map_or_else(|why| Number::Undefined { undefined: why.reason }, Number::from))
            .with(names::RELABELLING_P, weighed.groups.relabelling_p)
            .with(names::COEFFICIENT_JOINT, weighed.groups.joint);
        let caption = format!(
            "Case {}: {} chains in {GROUPS} groups of starts {FAR} spreads out, with derivatives as large. Largest energy coefficient of any two groups at a time, and of the \
             stretch after the burn-in; the intervals hold for all pairs and coordinates together.",
            case.name, budget.chains
        );
        finding.figures.push(decay_rate::figure(
            case,
            self.id(),
            "Do chains from far and different starts end in one law?",
            caption,
            vec![weighed.panel(budget)],
        ));
        Ok(finding)
    }

    fn violation(&self, seed: u64) -> Case {
        let mut case = violation::bistable(seed, self.id(), 0.02);
        if let Some(budget) = case.budgets.get_mut(self.id()) {
            (budget.chains, budget.steps, budget.times) = (64, 640, vec![0, 5, 40]);
        }
        case
    }
}

/// Chains from far starts: images at the early times, and of the stretch after the burn-in.
fn far_chains(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let chain = JointChain::new(&*case.data, &*case.network.cell);
    let looks = Projections::whole(case, UniqueStationaryLaw.id());
    let (mut early, mut draws) = (Vec::new(), Vec::new());
    for replicate in members(budget, index) {
        let mut walk = Walk::from(&chain, far_start(case, &chain, key, replicate));
        let mut noise = Noise::at(key.replicate(replicate).stream(stream::INNOVATION));
        let mut t = 0;
        for time in &budget.times {
            walk.advance(time - t, &mut noise);
            t = *time;
            early.extend(looks.image_of_whole(walk.state()));
        }
        walk.advance(budget.burn_in.saturating_sub(t), &mut noise);
        for _ in 0..DRAWS {
            walk.advance((budget.steps / DRAWS).max(1), &mut noise);
            draws.extend(looks.image_of_whole(walk.state()));
        }
    }
    Record::default().with(names::EARLY, looks.width() * budget.times.len().max(1), early).with(names::DRAWS, looks.width() * DRAWS, draws)
}

/// A start of group `replicate mod 4`: hidden units `FAR` spreads out on the group's side,
/// derivatives as large, data as over-dispersed and, where any numbers are a state of theirs, on
/// the group's side too.
fn far_start(case: &Case, chain: &JointChain, key: RngKey, replicate: usize) -> Vec<f64> {
    let blocks = chain.blocks();
    let group = replicate % GROUPS;
    let at = key.replicate(replicate);
    let far = FAR * case.start.spread;
    let mut state = vec![0.0; blocks.len()];
    let side = if group.is_multiple_of(2) { 1.0 } else { -1.0 };
    case.data.start(
        far,
        replicate,
        case.budget(UniqueStationaryLaw.id()).chains,
        &mut Noise::at(at.stream(stream::START)),
        &mut state[..blocks.data],
    );
    let mirrored: Vec<f64> = state[..blocks.data].iter().map(|d| side * d.abs()).collect();
    if case.data.admits(&mirrored) {
        state[..blocks.data].copy_from_slice(&mirrored);
    }
    // The sign pattern is one for all chains of the last two groups.
    let mut pattern = Noise::at(key.stream(stream::DIRECTION));
    let mut jitter = Noise::at(at.stream(stream::OTHER_START));
    for slot in &mut state[blocks.range(Block::Hidden)] {
        let sign = pattern.sign();
        *slot = side * if group < 2 { far } else { far * sign };
    }
    let own = jitter.normal_vector(blocks.hidden + blocks.derivative);
    let rest = blocks.data..blocks.len();
    for (index, (slot, z)) in state[rest].iter_mut().zip(own).enumerate() {
        *slot += if index < blocks.hidden { case.start.spread * z } else { far * z };
    }
    state
}

/// What the records say.
struct Weighed {
    groups: Groups,
    early: Vec<(usize, Result<Groups, Undefined>)>,
    rhat: Result<f64, Undefined>,
    split: Option<Split>,
    /// Pooled mean and variance of every coordinate of the image, each with the exact value.
    exact: Option<Vec<(Estimate, f64)>>,
}

fn weigh(claim: &UniqueStationaryLaw, case: &Case, part: &Part) -> Result<Weighed, Undefined> {
    let budget = case.budget(claim.id());
    let looks = Projections::whole(case, claim.id());
    let width = looks.width();
    let (early, draws) = (part.stacked(names::EARLY)?, part.stacked(names::DRAWS)?);
    let labels: Vec<usize> = (0..draws.nrows()).map(|replicate| replicate % GROUPS).collect();
    let cut = |table: &Array2<f64>, from: usize, count: usize| -> Vec<Array2<f64>> {
        table.rows().into_iter().map(|row| Array2::from_shape_fn((count, width), |(draw, column)| row[(from + draw) * width + column])).collect()
    };
    let key = case.key_of(claim.id(), "judge").stream(stream::RESAMPLING);
    let stationary = cut(&draws, 0, DRAWS);
    let early: Vec<(usize, Vec<Array2<f64>>)> = budget.times.iter().enumerate().map(|(look, time)| (*time, cut(&early, look, 1))).collect();
    // What is left of the starts is no law of its own, so their sizes count.
    let largest = |sizes: Vec<f64>, other: Vec<f64>| sizes.iter().zip(other).map(|(a, b)| a.max(b)).collect();
    let sizes: Vec<f64> = early.iter().map(|(_, points)| same_law::sizes(points)).fold(same_law::sizes(&stationary), largest);
    let moving = same_law::moving(&stationary, &sizes)?;
    let split = same_law::split(&stationary, &sizes);
    let stationary = Independent::declare(stationary);
    let groups = same_law::compare(&stationary, &sizes, &labels, case.level, Some((RELABELLINGS, key)))?;
    let early =
        early.into_iter().map(|(time, points)| (time, same_law::compare(&Independent::declare(points), &sizes, &labels, case.level, None))).collect();
    let coordinate =
        |column: usize| -> Array2<f64> { Array2::from_shape_fn((draws.nrows(), DRAWS), |(chain, draw)| draws[[chain, draw * width + column]]) };
    let each: Result<Vec<f64>, Undefined> =
        moving.par_iter().map(|column| rhat(&Independent::declare(Chains::new(coordinate(*column).view())?))).collect();
    let rhat = each.map(|each| each.into_iter().fold(0.0, f64::max));
    Ok(Weighed { groups, early, rhat, split, exact: exact_moments(case, &looks, &draws, &moving) })
}

/// Means and variances of the moving coordinates of the image, beside the oracle's; `None` where
/// the case is not linear.
fn exact_moments(case: &Case, looks: &Projections, draws: &Array2<f64>, moving: &[usize]) -> Option<Vec<(Estimate, f64)>> {
    let width = looks.width();
    let law = crate::theory::LinearGaussian::new(case.linear.clone()?).ok()?.stationary().ok()?;
    let mean = looks.image_of_whole(law.mean.as_slice()?);
    let mut variance = vec![0.0; width];
    for column in law.factor.columns() {
        for (sum, x) in variance.iter_mut().zip(looks.image_of_whole(&column.to_vec())) {
            *sum += x * x;
        }
    }
    let level = 1.0 - (1.0 - case.level) / (2 * moving.len()) as f64;
    let mut compared = Vec::new();
    for column in moving.iter().copied() {
        let own = draws.slice(s![.., column..;width]);
        let average = |f: &dyn Fn(f64) -> f64| -> Option<Estimate> {
            let values: Vec<f64> = own.rows().into_iter().map(|row| row.iter().map(|x| f(*x)).sum::<f64>() / DRAWS as f64).collect();
            crate::stats::Sample::new(&values).ok()?.mean(level).ok()
        };
        compared.push((average(&|x| x)?, mean[column]));
        compared.push((average(&|x| (x - mean[column]) * (x - mean[column]))?, variance[column]));
    }
    Some(compared)
}

impl Weighed {
    fn panel(&self, budget: &Budget) -> Panel {
        let settled = budget.burn_in.max(budget.times.last().copied().unwrap_or(0)) + budget.steps;
        let mark = |time: usize, groups: &Groups| Mark {
            x: 1.0 + time as f64,
            y: groups.largest.value,
            interval: Some([groups.largest.lower.max(-0.1), groups.largest.upper.min(1.0)]),
        };
        let early = self.early.iter().filter_map(|(time, groups)| Some(mark(*time, groups.as_ref().ok()?))).collect();
        let missing = self.early.iter().filter(|(_, groups)| groups.is_err()).count();
        Panel {
            title: "largest energy coefficient of two start groups".into(),
            x: Axis::log("1 + time t (steps)"),
            y: Axis::linear("energy coefficient (0: one law, 1: two points)").within([-0.1, 1.1]),
            layers: vec![
                Layer::Points { label: "one state a chain, at time t".into(), role: Role::Rival(0), points: early },
                Layer::Points {
                    label: "the stretch after the burn-in, which decides".into(),
                    role: Role::Measured,
                    points: vec![mark(settled, &self.groups)],
                },
                Layer::Rule { label: "margin stated in advance".into(), role: Role::Margin, at: budget.margin },
            ],
            note: (missing > 0).then(|| format!("undefined at {missing} early times")),
        }
    }
}

/// Names of arrays and numbers, for who writes and who reads them.
pub(crate) mod names {
    use crate::claims::Name;

    pub(crate) const MEAN: Name = Name::new("mean");
    pub(crate) const VARIANCE: Name = Name::new("variance");
    pub(crate) const COEFFICIENT_JOINT: Name = Name::new("coefficient_joint");
    pub(crate) const DRAWS: Name = Name::new("draws");
    pub(crate) const EARLY: Name = Name::new("early");
    pub(crate) const RELABELLING_P: Name = Name::new("relabelling_p");
    pub(crate) const RHAT_LARGEST: Name = Name::new("rhat_largest");
}
