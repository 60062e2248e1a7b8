//! Claim: the law of the joint chain converges to its stationary law at a geometric rate.

use super::carried::{Carried, Derivatives};
use super::looks::Looks;
use super::pairs::{self, batches, follow_groups, follow_together, populations};
use super::{
    Budget, Case, Claim, Condition, Finding, Footprint, Number, Outcome, Part, Record, Records, RightSide, Units, footprint, rates, violation,
};
use crate::coupling::Synchronous;
use crate::ergodicity::{Bracket, BracketInput, Shape, Side};
use crate::figures::{Axis, Layer, Mark, Panel, Role, Scale};
use crate::markov::{Block, Coupled, Walks, length};
use crate::random::{Address, Noise, stream};
use crate::stats::{Estimate, Undefined};
use crate::theory::{GaussianStart, LinearGaussian};
use ndarray::{Array1, Array2, s};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;

/// The claim.
pub(super) struct GeometricErgodicity;

/// Plain pairs up to the last time of a bracket.
const PAIRS: &str = "pairs";
/// Populations of pairs for the rates.
const POPULATIONS: &str = "populations";
const QUANTITY: &str = "rate of the joint chain";
/// Replicas that a sketched run has at least: at large sizes a path varies little, and replicas are worth more than large populations.
const SKETCHED_REPLICAS: usize = 16;

impl Claim for GeometricErgodicity {
    fn id(&self) -> &'static str {
        "geometric_ergodicity"
    }

    fn statement(&self) -> &'static str {
        "the law of (data, hidden state, derivatives) converges to its stationary law geometrically in a Wasserstein distance"
    }

    fn margin_meaning(&self) -> &'static str {
        "the rate of the joint chain must lie below 1 − margin"
    }

    fn premises(&self) -> &'static [&'static str] {
        &["data_ergodicity", "hidden_contraction"]
    }

    fn budget(&self) -> Budget {
        Budget { chains: 512, steps: 200, burn_in: 300, margin: 0.02, seeds: 0, checkpoints: 0, taus: vec![], times: vec![0, 2, 5, 10, 20, 40] }
    }

    fn units(&self, case: &Case) -> Vec<Units> {
        [batches, populations].into_iter().zip([PAIRS, POPULATIONS]).map(|(of, part)| of(part, case.budget(self.id()).chains)).collect()
    }

    fn footprint(&self, case: &Case, part: &str) -> Footprint {
        let budget = case.budget(self.id());
        if part == POPULATIONS {
            return footprint::joint_populations(case, budget, population(case, budget));
        }
        footprint::joint_pairs(case, budget, Looks::compared_of(case).len(), case.data.state_len() + 10)
    }

    /// Pairs of a copy from the stated start and a copy brought to stationarity by `burn_in` steps of its own noise; then both on common noise.
    fn run(&self, case: &Case, part: &str, index: usize) -> Record {
        let (budget, address) = (case.budget(self.id()), case.address_of(self.id(), part));
        let members = if part == POPULATIONS { pairs::members_of_populations(budget, index) } else { pairs::members(budget, index) };
        let chain = Carried::of(case, address, members.clone(), part == PAIRS);
        let first = members.start;
        if part == POPULATIONS {
            let ranges = Block::ALL.map(|block| chain.blocks().range(block));
            // Sketched starts are made together; whole ones when they are needed, since they are large.
            let made = if chain.together() > 1 { starts(&chain, case, budget, address, members.clone()) } else { Vec::new() };
            let start = |replicate: usize| {
                let made = made.get(replicate - first).cloned();
                made.unwrap_or_else(|| starts(&chain, case, budget, address, replicate..replicate + 1).remove(0))
            };
            let followed = follow_groups(&chain, members.clone(), (population(case, budget), 2.0), (budget.steps, address), &ranges, start);
            return pairs::record_of_populations(budget.steps, Block::ALL.map(Block::name), followed);
        }
        let blocks = chain.blocks();
        let looks = Looks::new(case, self.id());
        let (steps, compared) = (last_time(budget), looks.compared().len());
        let (mut distances, mut sizes): ([Vec<f64>; 4], [Vec<f64>; 4]) = Default::default();
        let (mut first_images, mut second_images, mut means) = (Vec::new(), Vec::new(), Vec::new());
        let all: Vec<usize> = members.clone().collect();
        for group in all.chunks(chain.together()) {
            let replicates = group[0]..group[0] + group.len();
            let noises = replicates.clone().map(|replicate| Noise::at(address.replicate(replicate).stream(stream::INNOVATION))).collect();
            let pairs = starts(&chain, case, budget, address, replicates).into_iter().map(|(a, b)| Synchronous::new(&chain, a, b)).collect();
            let mut seen: Vec<[Vec<f64>; 6]> = vec![Default::default(); group.len()];
            follow_together(pairs, noises, steps, |t, place, a, difference| {
                let [images, others, own_distances @ ..] = &mut seen[place];
                for (list, distance) in own_distances.iter_mut().zip(blocks.lengths(difference)) {
                    list.push(distance);
                }
                if let Some(look) = budget.times.iter().position(|time| *time == t) {
                    images.extend(looks.image(&chain, a));
                    let b: Vec<f64> = a.iter().zip(difference).map(|(a, d)| a + d).collect();
                    others.extend(looks.image(&chain, &b));
                    let row = (group[place] - first) / looks.batch() * budget.times.len() + look;
                    means.resize(means.len().max((row + 1) * compared), 0.0);
                    means[row * compared..].iter_mut().zip(looks.coordinates(&chain, difference)).for_each(|(sum, d)| *sum -= d);
                }
                if t == steps {
                    for (list, block) in sizes.iter_mut().zip(Block::ALL) {
                        list.push(length(&a[blocks.range(block)]));
                    }
                }
            });
            for [images, others, own_distances @ ..] in seen {
                first_images.extend(images);
                second_images.extend(others);
                distances.iter_mut().zip(own_distances).for_each(|(list, own)| list.extend(own));
            }
        }
        for (sums, batch) in means.chunks_mut((budget.times.len() * compared).max(1)).zip(all.chunks(looks.batch())) {
            sums.iter_mut().for_each(|sum| *sum /= batch.len() as f64);
        }
        let width = looks.width() * budget.times.len();
        named_record(steps, distances, sizes).with("image_first", width, first_images).with("image_second", width, second_images).with(
            "mean_difference",
            budget.times.len() * compared,
            means,
        )
    }

    fn judge(&self, case: &Case, records: &Records) -> Finding {
        let budget = case.budget(self.id());
        let (part, populations) = (records.part(PAIRS), records.part(POPULATIONS));
        let address = case.address_of(self.id(), "judge");
        let shapes = [Shape::Autonomous, Shape::Driven, Shape::Driven, Shape::Driven];
        let decays: Result<Vec<_>, Undefined> =
            Block::ALL.into_par_iter().zip(shapes).map(|(block, shape)| rates::decay(case, &populations, block.name(), shape, address)).collect();
        let decays = match decays {
            Ok(decays) => decays,
            Err(why) => return Finding::undefined(QUANTITY, 1.0 - budget.margin, RightSide::Below, why),
        };
        let mut finding = rates::finding(QUANTITY, &decays[3], budget.margin);
        for decay in &decays[..3] {
            if !(case.data.is_recorded() && decay.block == Block::Data.name()) {
                finding = rates::with_fit(finding, &format!("_{}", decay.block), &decay.fit);
            }
        }
        let exact = exact_distances(case, &budget.times);
        let predicted = case.linear.clone().and_then(|model| LinearGaussian::new(model).ok());
        let certified = case.certificate.joint();
        if let Some(rate) = certified {
            finding = finding.with("certified_rate", rate);
            // The joint block is held against the certificate: a moment rate above it accuses the program.
            if let Ok(joint) = &finding.estimate {
                let outcome = if rates::order_broken(joint, &Estimate::exact(rate)) { Outcome::Undefined } else { Outcome::Supported };
                finding
                    .conditions
                    .push(Condition { name: "measured rate ≤ certified rate, within three half-widths of the interval".into(), outcome });
            }
        }
        finding = rates::decided_by_certificate(finding, "certified bound on the rate of the joint chain", case.certificate.joint_normed());
        if let Some(oracle) = &predicted {
            finding = finding
                .with("exact_rate", oracle.rate())
                .with("exact_rate_data", oracle.rho_data())
                .with("exact_rate_recurrent", oracle.rho_recurrent());
        }
        let certificate = |rate| rates::Reference { label: "certified".into(), role: Role::Certified, rate };
        let references: Vec<_> = certified.map(certificate).into_iter().collect();
        let recorded = case.data.is_recorded();
        let shown: Vec<usize> = (0..4).filter(|index| !(recorded && *index == 0)).collect();
        let panels = shown.iter().map(|index| rates::panel(case, &decays[*index], if *index == 3 { &references } else { &[] })).collect();
        let what = if recorded {
            "two hidden states and their derivatives on the same recorded inputs"
        } else {
            "a copy from the start and a stationary copy on the same noise"
        };
        let caption = format!(
            "Case {}: root mean square distance of {what}, {}. The derivative block can first grow (a hump) and, where the network is the slower part, decays like (a + bt)ρᵗ; the fit starts after \
             the hump.",
            case.name,
            rates::replicas(case, &decays[3], population(case, budget))
        ) + &sketched_note(case);
        if let Derivatives::Sketched { columns, automatic } = case.derivatives {
            finding = finding.with("sketch_columns", columns as f64).with("sketch_automatic", f64::from(u8::from(automatic)));
        }
        finding.figures.push(rates::figure(case, self.id(), "How fast does the joint chain forget its start?", caption, panels));
        match brackets(case, self.id(), &part) {
            Err(why) => finding.with("bracket", Err(why)),
            Ok(brackets) => with_brackets(finding, case, budget, &brackets, exact.as_ref()),
        }
    }

    fn violation(&self, seed: u64) -> Case {
        violation::bistable(seed, self.id(), 0.02)
    }
}

/// The last time of a bracket, at least 1.
fn last_time(budget: &Budget) -> usize {
    budget.times.last().copied().unwrap_or(0).max(1)
}

/// Pairs of a population.
fn population(case: &Case, budget: &Budget) -> usize {
    match case.derivatives {
        Derivatives::Exact => pairs::population(budget.chains),
        Derivatives::Sketched { .. } => (budget.chains / SKETCHED_REPLICAS).clamp(1, pairs::population(budget.chains)),
    }
}

/// For each replicate a copy at the stated start and a copy brought to stationarity; on a recorded series both stand at the row that the second one has reached.
fn starts(chain: &Carried, case: &Case, budget: &Budget, address: Address, replicates: Range<usize>) -> Vec<(Vec<f64>, Vec<f64>)> {
    let data = |replicate, which| case.data_start(replicate, budget.chains, address, which);
    let state = |data: &[f64], replicate, which| chain.state(data, &case.hidden_start(replicate, address, which), replicate);
    let others = replicates.clone().map(|replicate| state(&data(replicate, stream::OTHER_START), replicate, stream::OTHER_START));
    let noises = replicates.clone().map(|replicate| Noise::at(address.replicate(replicate).stream(stream::BURN_IN)));
    let mut walks = Walks::from(chain, others.collect(), noises.collect());
    walks.advance(budget.burn_in);
    let paired = walks.into_states().into_iter().zip(replicates).map(|(stationary, replicate)| {
        let data = if case.data.is_recorded() { stationary[..chain.blocks().data].to_vec() } else { data(replicate, stream::START) };
        (state(&data, replicate, stream::START), stationary)
    });
    paired.collect()
}

/// What a reader must know of sketched derivatives; empty where they are whole.
fn sketched_note(case: &Case) -> String {
    let Derivatives::Sketched { columns, automatic } = case.derivatives else { return String::new() };
    let (hidden, parameters) = (case.network.cell.hidden(), case.network.recurrent_len());
    format!(
        " The derivatives, {hidden} × {parameters} numbers a chain, are seen along {columns} random directions that each replica draws for itself{}: the mean square of a distance is \
         the same, and its interval holds the sketch's own spread.",
        if automatic { ", because they would not fit in memory" } else { "" }
    )
}

fn named_record(steps: usize, distances: [Vec<f64>; 4], sizes: [Vec<f64>; 4]) -> Record {
    let named: Vec<(&str, Vec<f64>, Vec<f64>)> =
        Block::ALL.into_iter().zip(distances.into_iter().zip(sizes)).map(|(block, (d, s))| (block.name(), d, s)).collect();
    super::pairs::record(steps, &named)
}

type Brackets = BTreeMap<Block, Vec<Bracket>>;

/// The brackets of every block at every time; all of them hold together with the case's level.
fn brackets(case: &Case, claim: &str, part: &Part) -> Result<Brackets, Undefined> {
    let budget = case.budget(claim);
    let looks = Looks::new(case, claim);
    let compared = looks.compared();
    let curves: Result<Vec<_>, Undefined> = Block::ALL.into_iter().map(|block| rates::curve(case, part, block.name())).collect();
    let curves = curves?;
    let (first, second, differences) = (part.stacked("image_first")?, part.stacked("image_second")?, part.stacked("mean_difference")?);
    let jobs: Vec<(usize, Block, usize, usize)> = Block::ALL
        .into_iter()
        .enumerate()
        .filter(|(_, block)| !(case.data.is_recorded() && *block == Block::Data))
        .flat_map(|(index, block)| budget.times.iter().enumerate().map(move |(look, time)| (index, block, look, *time)))
        .collect();
    let level = 1.0 - (1.0 - case.level) / jobs.len().max(1) as f64;
    let made: Result<Vec<(Block, Bracket)>, Undefined> = jobs
        .into_par_iter()
        .map(|(index, block, look, time)| {
            let columns = looks.range(block);
            let cut =
                |images: &Array2<f64>| images.slice(s![.., look * looks.width() + columns.start..look * looks.width() + columns.end]).to_owned();
            let range = compared.range(block);
            let own = look * compared.len();
            let batch_differences: Vec<Vec<f64>> =
                differences.rows().into_iter().map(|row| row.slice(s![own + range.start..own + range.end]).to_vec()).collect();
            let images = Coupled::declare((cut(&first), cut(&second)));
            let input = BracketInput { curve: &curves[index], time, images: &images, batch_differences: &batch_differences };
            Ok((block, Bracket::of(&input, level)?))
        })
        .collect();
    let mut brackets = Brackets::new();
    for (block, bracket) in made? {
        brackets.entry(block).or_default().push(bracket);
    }
    Ok(brackets)
}

/// Exact distances by block and time, in the linear Gaussian case.
fn exact_distances(case: &Case, times: &[usize]) -> Option<Vec<[f64; 4]>> {
    let oracle = LinearGaussian::new(case.linear.clone()?).ok()?;
    oracle.distances(&gaussian_start(case), times).ok()
}

/// The law that chains of a case start from, as the oracle wants it.
pub fn gaussian_start(case: &Case) -> GaussianStart {
    let part = |stated: &Option<Vec<f64>>, len: usize| match stated {
        Some(point) => (point.clone(), vec![0.0; len]),
        None => (vec![0.0; len], vec![case.start.spread; len]),
    };
    let (data, hidden) = (part(&case.start.data, case.data.state_len()), part(&case.start.hidden, case.network.cell.hidden()));
    GaussianStart { mean: Array1::from_iter(data.0.into_iter().chain(hidden.0)), deviation: Array1::from_iter(data.1.into_iter().chain(hidden.1)) }
}

fn with_brackets(mut finding: Finding, case: &Case, budget: &Budget, brackets: &Brackets, exact: Option<&Vec<[f64; 4]>>) -> Finding {
    let (mut panels, mut compared) = (Vec::new(), Vec::new());
    for (index, block) in Block::ALL.into_iter().enumerate() {
        let Some(list) = brackets.get(&block) else { continue };
        for bracket in list {
            let name = |stem: &str| format!("w2_{stem}_{}[{}]", block.name(), bracket.time);
            finding = finding.with(&name("upper"), bracket.upper).with(&name("lower"), bracket.lower);
            finding = finding
                .with(&name("coupling"), bracket.coupling)
                .with(&name("lower_is_gelbrich"), f64::from(u8::from(bracket.lower_side == Side::Gelbrich)));
            match &bracket.centre {
                Ok(centre) => {
                    finding = finding
                        .with(&name("centred_squared_U"), Number::from(centre.upper))
                        .with(&name("centred_squared_L"), Number::from(centre.lower));
                }
                Err(why) => finding = finding.with(&name("centred_squared_U"), Err(why.clone())),
            }
        }
        if let Some(exact) = exact {
            for (look, bracket) in list.iter().enumerate() {
                let truth = exact[look][index];
                compared.extend((!truth.is_nan()).then_some(bracket.lower <= truth && truth <= bracket.upper));
                finding = finding.with(&format!("w2_exact_{}[{}]", block.name(), bracket.time), truth);
            }
        }
        panels.push(bracket_panel(block, list, exact.map(|exact| exact.iter().map(|row| row[index]).collect())));
    }
    // An exact value that is undefined is none that a bracket holds.
    if !compared.is_empty() {
        let held = compared.iter().all(|inside| *inside);
        // The exact value outside a simultaneous bracket is an error of the program (or one chance in 1/(1 − level)).
        finding.conditions.push(Condition {
            name: "every bracket holds the exact distance".into(),
            outcome: if held { Outcome::Supported } else { Outcome::Undefined },
        });
        finding = finding.with("brackets_hold_exact", f64::from(u8::from(held)));
    }
    let caption = format!(
        "Case {}: W₂ between the law at time t and the stationary law, between a lower limit (means or Gelbrich) and an upper limit (coupling); all brackets hold together at \
         {:.0} %. The centred plug-in is shown for the low-dimensional image only; a copy was made stationary by {} steps.",
        case.name,
        100.0 * case.level,
        budget.burn_in
    ) + if case.certificate.joint().is_some() {
        ""
    } else {
        " No certificate bounds how far that copy still is from the stationary law."
    };
    finding.figures.push(crate::figures::Figure {
        id: format!("{}-wasserstein_bracket", case.name),
        title: "Between which bounds does the Wasserstein distance to stationarity lie?".into(),
        caption,
        panels,
    });
    finding
}

/// A bound with its interval, where it has one.
type Bound = (f64, Option<[f64; 2]>);

fn bracket_panel(block: Block, list: &[Bracket], exact: Option<Vec<f64>>) -> Panel {
    let marks = |value: &dyn Fn(&Bracket) -> Bound| -> Vec<Mark> {
        list.iter()
            .map(|bracket| {
                let (y, interval) = value(bracket);
                Mark { x: bracket.time as f64, y, interval }
            })
            .collect()
    };
    let centred: Vec<Mark> = list
        .iter()
        .filter_map(|bracket| {
            let centre = bracket.centre.as_ref().ok()?.upper;
            let root = |x: f64| x.max(0.0).sqrt();
            (centre.value > 0.0).then(|| Mark {
                x: bracket.time as f64,
                y: root(centre.value),
                interval: Some([root(centre.lower), root(centre.upper)]),
            })
        })
        .collect();
    let lower: Vec<Mark> = marks(&|bracket| (bracket.lower, None)).into_iter().filter(|mark| mark.y > 0.0).collect();
    let missing = list.len() - lower.len();
    let mut layers = vec![
        Layer::Points { label: "upper limit (coupling)".into(), role: Role::Predicted, points: marks(&|bracket| (bracket.upper, None)) },
        Layer::Points { label: "lower limit".into(), role: Role::Certified, points: lower },
        Layer::Points { label: "centred plug-in of the image".into(), role: Role::Rival(0), points: centred },
    ];
    if let Some(exact) = exact {
        layers.push(Layer::Line {
            label: "exact".into(),
            role: Role::Exact,
            points: list.iter().zip(exact).map(|(bracket, truth)| [bracket.time as f64, truth]).collect(),
        });
    }
    Panel {
        title: format!("{} block", block.name()),
        x: Axis { label: "time t (steps)".into(), scale: Scale::Linear, range: None },
        y: Axis { label: "W₂(law at t, stationary law)".into(), scale: Scale::Log, range: None },
        layers,
        note: (missing > 0).then(|| format!("at {missing} times the lower limit is zero")),
    }
}
