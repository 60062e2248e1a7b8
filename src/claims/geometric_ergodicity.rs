//! Claim: the law of the joint chain converges to its stationary law at a geometric rate.

use super::pairs::{batches, follow, follow_populations, members};
use super::{Budget, Case, Claim, Condition, Finding, Number, Outcome, Part, Record, Records, RightSide, Units, rates, violation};
use crate::chain::{Directions, JointChain};
use crate::ergodicity::{Bracket, BracketInput, Shape, Side};
use crate::figures::{Axis, Layer, Mark, Panel, Role, Scale};
use crate::markov::{Block, Coupled, Walk, length};
use crate::random::{Address, Noise, stream};
use crate::stats::{Estimate, Undefined};
use crate::theory::{GaussianStart, LinearGaussian};
use ndarray::{Array1, Array2, s};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The claim.
pub(super) struct GeometricErgodicity;

/// Plain pairs up to the last time of a bracket.
const PAIRS: &str = "pairs";
/// Populations of pairs for the rates.
const POPULATIONS: &str = "populations";
const QUANTITY: &str = "rate of the joint chain";
/// Coordinates of the hidden state whose law is looked at in low dimension.
const HIDDEN_COORDINATES: usize = 6;

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
        let chains = case.budget(self.id()).chains;
        vec![batches(PAIRS, chains), batches(POPULATIONS, chains)]
    }

    /// Pairs of a copy from the stated start and a copy brought to stationarity by `burn_in` steps of its own noise; then both on common noise.
    fn run(&self, case: &Case, part: &str, index: usize) -> Record {
        let (budget, address) = (case.budget(self.id()), case.address_of(self.id(), part));
        let chain = JointChain::new(&*case.data, &*case.network.cell);
        if part == POPULATIONS {
            let ranges = Block::ALL.map(|block| chain.blocks().range(block));
            let starts = |replicate| starts(&chain, case, budget, address, replicate);
            let followed = follow_populations(&chain, members(budget, index), budget.steps, address, &ranges, starts);
            return named_record(budget.steps, followed.distances, followed.sizes);
        }
        let blocks = chain.blocks();
        let looks = Looks::new(case, &chain, self.id());
        let steps = last_time(budget);
        let mut distances: [Vec<f64>; 4] = Default::default();
        let mut sizes: [Vec<f64>; 4] = Default::default();
        let (mut first_images, mut second_images) = (Vec::new(), Vec::new());
        let mut mean_difference = vec![0.0; budget.times.len() * blocks.len()];
        for replicate in members(budget, index) {
            let mut noise = Noise::at(address.replicate(replicate).stream(stream::INNOVATION));
            follow(&chain, starts(&chain, case, budget, address, replicate), steps, &mut noise, |t, a, difference| {
                for (list, distance) in distances.iter_mut().zip(blocks.lengths(difference)) {
                    list.push(distance);
                }
                if let Some(look) = budget.times.iter().position(|time| *time == t) {
                    first_images.extend(looks.image(a));
                    let b: Vec<f64> = a.iter().zip(difference).map(|(a, d)| a + d).collect();
                    second_images.extend(looks.image(&b));
                    let sums = &mut mean_difference[look * blocks.len()..(look + 1) * blocks.len()];
                    sums.iter_mut().zip(difference).for_each(|(sum, d)| *sum -= d);
                }
                if t == steps {
                    for (list, block) in sizes.iter_mut().zip(Block::ALL) {
                        list.push(length(&a[blocks.range(block)]));
                    }
                }
            });
        }
        let members = members(budget, index).len() as f64;
        mean_difference.iter_mut().for_each(|sum| *sum /= members);
        let width = looks.width() * budget.times.len();
        named_record(steps, distances, sizes).with("image_first", width, first_images).with("image_second", width, second_images).with(
            "mean_difference",
            budget.times.len() * blocks.len(),
            mean_difference,
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
        if let Some(oracle) = &predicted {
            finding = finding
                .with("exact_rate", oracle.rate())
                .with("exact_rate_data", oracle.rho_data())
                .with("exact_rate_recurrent", oracle.rho_recurrent());
        }
        let mut references = Vec::new();
        if let Some(rate) = certified {
            references.push(rates::Reference { label: "certified".into(), role: Role::Certified, rate });
        }
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
            rates::replicas(case, &decays[3])
        );
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

/// A copy at the stated start and a copy brought to stationarity; on a recorded series both stand at the row that the second one has reached.
fn starts(chain: &JointChain, case: &Case, budget: &Budget, address: Address, replicate: usize) -> (Vec<f64>, Vec<f64>) {
    let data = case.data_start(replicate, budget.chains, address, stream::OTHER_START);
    let mut walk = Walk::from(chain, chain.state(&data, &case.hidden_start(replicate, address, stream::OTHER_START)));
    walk.advance(budget.burn_in, &mut Noise::at(address.replicate(replicate).stream(stream::BURN_IN)));
    let stationary = walk.into_state();
    let data = match case.data.is_recorded() {
        true => stationary[..chain.blocks().data].to_vec(),
        false => case.data_start(replicate, budget.chains, address, stream::START),
    };
    (chain.state(&data, &case.hidden_start(replicate, address, stream::START)), stationary)
}

fn named_record(steps: usize, distances: [Vec<f64>; 4], sizes: [Vec<f64>; 4]) -> Record {
    let named: Vec<(&str, Vec<f64>, Vec<f64>)> =
        Block::ALL.into_iter().zip(distances.into_iter().zip(sizes)).map(|(block, (d, s))| (block.name(), d, s)).collect();
    super::pairs::record(steps, &named)
}

/// The low-dimensional image of a joint state: data, some hidden coordinates, a few directions of the derivatives.
pub(super) struct Looks {
    blocks: crate::markov::Blocks,
    directions: Directions,
}

impl Looks {
    pub(super) fn new(case: &Case, chain: &JointChain, claim: &str) -> Self {
        Looks { blocks: chain.blocks(), directions: Directions::of(&*case.network.cell, case.address_of(claim, "directions")) }
    }

    fn hidden(&self) -> usize {
        self.blocks.hidden.min(HIDDEN_COORDINATES)
    }

    pub(super) fn width(&self) -> usize {
        self.blocks.data + self.hidden() + self.directions.count()
    }

    pub(super) fn image(&self, state: &[f64]) -> Vec<f64> {
        let hidden = self.blocks.range(Block::Hidden).start;
        let mut image = state[..hidden + self.hidden()].to_vec();
        image.extend(self.directions.image(&state[self.blocks.range(Block::Derivative)]));
        image
    }

    /// Where a block's coordinates are in an image.
    fn range(&self, block: Block) -> std::ops::Range<usize> {
        let (q, h) = (self.blocks.data, self.blocks.data + self.hidden());
        match block {
            Block::Data => 0..q,
            Block::Hidden => q..h,
            Block::Derivative => h..self.width(),
            Block::Joint => 0..self.width(),
        }
    }
}

type Brackets = BTreeMap<Block, Vec<Bracket>>;

/// The brackets of every block at every time; all of them hold together with the case's level.
fn brackets(case: &Case, claim: &str, part: &Part) -> Result<Brackets, Undefined> {
    let budget = case.budget(claim);
    let chain = JointChain::new(&*case.data, &*case.network.cell);
    let looks = Looks::new(case, &chain, claim);
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
            let range = chain.blocks().range(block);
            let own = look * chain.blocks().len();
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
    let mut panels = Vec::new();
    let mut held = true;
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
                held &= bracket.lower <= truth && truth <= bracket.upper;
                finding = finding.with(&format!("w2_exact_{}[{}]", block.name(), bracket.time), truth);
            }
        }
        panels.push(bracket_panel(block, list, exact.map(|exact| exact.iter().map(|row| row[index]).collect())));
    }
    if exact.is_some() {
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
