//! Claim: the hidden state forgets its start when the data are shared.

use super::pairs::{follow_populations, population, populations, record_of_populations};
use super::{Budget, Case, Claim, Condition, Finding, Footprint, Number, Outcome, Record, Records, Units, footprint, rates, violation};
use crate::chain::JointChain;
use crate::data::Stretch;
use crate::ergodicity::{LyapunovPlan, Shape, Stretching};
use crate::figures::Role;
use crate::markov::{Block, Walk};
use crate::network::{RankOne, TangentStep};
use crate::random::{Noise, stream};
use crate::stats::{Estimate, Sample, Undefined};

/// The claim.
pub(super) struct HiddenContraction;

const PAIRS: &str = "pairs";
pub(super) const TRAJECTORIES: &str = "trajectories";
/// Independent trajectories of the Lyapunov exponent.
const TRAJECTORY_COUNT: usize = 32;
/// Hidden size from which on the trajectories of a unit share one product a step.
const WORTH_A_PRODUCT: usize = 64;
/// Parts that each is cut into.
const SEGMENTS: usize = 8;
/// Their length, in multiples of the pairs' length.
const TRAJECTORY_FACTOR: usize = 4;

impl Claim for HiddenContraction {
    fn id(&self) -> &'static str {
        "hidden_contraction"
    }

    fn statement(&self) -> &'static str {
        "the hidden state forgets its start geometrically when it is driven by the same data"
    }

    fn margin_meaning(&self) -> &'static str {
        "the rate must lie below 1 − margin"
    }

    fn premises(&self) -> &'static [&'static str] {
        &[super::premises::SMOOTH_ACTIVATION]
    }

    fn budget(&self) -> Budget {
        Budget { chains: 1024, steps: 200, burn_in: 300, margin: 0.02, seeds: 0, checkpoints: 0, taus: vec![], times: vec![] }
    }

    fn units(&self, case: &Case) -> Vec<Units> {
        vec![populations(PAIRS, case.budget(self.id()).chains), Units { part: TRAJECTORIES, count: TRAJECTORY_COUNT / 4 }]
    }

    fn footprint(&self, case: &Case, part: &str) -> Footprint {
        let budget = case.budget(self.id());
        if part == PAIRS {
            footprint::hidden_pairs(case, budget)
        } else {
            footprint::trajectories(case, budget.burn_in + TRAJECTORY_FACTOR * budget.steps)
        }
    }

    fn run(&self, case: &Case, part: &str, index: usize) -> Record {
        if part == TRAJECTORIES { trajectories(self, case, index) } else { pairs(self, case, index) }
    }

    fn judge(&self, case: &Case, records: &Records) -> Finding {
        let budget = case.budget(self.id());
        let decay = match rates::decay(case, &records.part(PAIRS), Block::Hidden.name(), Shape::Driven, case.address_of(self.id(), "judge")) {
            Ok(decay) => decay,
            Err(why) => return Finding::undefined("moment rate of the hidden state", 1.0 - budget.margin, super::RightSide::Below, why),
        };
        let mut finding = rates::finding("moment rate of the hidden state", &decay, budget.margin);
        let pathwise = pathwise_rate(records, case.level);
        let certified = case.certificate.cell.rate;
        if let (Ok(pathwise), Ok(moment)) = (&pathwise, &finding.estimate) {
            finding.conditions.push(order(pathwise, moment, certified));
        }
        let mut references = vec![];
        if let Ok(pathwise) = &pathwise {
            references.push(rates::Reference { label: "pathwise (Lyapunov)".into(), role: Role::Rival(0), rate: pathwise.value });
        }
        if certified < 1.0 {
            references.push(rates::Reference {
                label: format!("certified ({})", case.certificate.cell.norm),
                role: Role::Certified,
                rate: certified,
            });
        }
        let title = "Does the hidden state forget its start under shared data?";
        let caption = format!(
            "Case {}: root mean square distance of two hidden states driven by the same data from different starts, {}. The pathwise rate may not exceed \
             the moment rate, nor the moment rate the certified one.",
            case.name,
            rates::replicas(case, &decay, population(budget.chains))
        );
        finding.figures.push(rates::figure(case, self.id(), title, caption, vec![rates::panel(case, &decay, &references)]));
        finding.with("pathwise_rate", pathwise).with(
            "certified_rate",
            if certified < 1.0 { Number::from(certified) } else { Number::Undefined { undefined: "the cell is not certified to contract".into() } },
        )
    }

    fn violation(&self, seed: u64) -> Case {
        violation::bistable(seed, self.id(), 0.02)
    }
}

/// `exp λ₁ ≤ moment rate ≤ certified rate`; broken beyond the intervals it accuses the program, not the theory.
fn order(pathwise: &Estimate, moment: &Estimate, certified: f64) -> Condition {
    let broken = rates::order_broken(pathwise, moment) || (certified < 1.0 && rates::order_broken(moment, &Estimate::exact(certified)));
    Condition {
        name: "pathwise rate ≤ moment rate ≤ certified rate, within three half-widths of the intervals".into(),
        outcome: if broken { Outcome::Undefined } else { Outcome::Supported },
    }
}

/// `exp λ₁`, its interval over independent trajectories widened by the drift between their two halves: a deterministic transient of order 1/T does not
/// show in the spread of trajectories that share it.
pub(super) fn pathwise_rate(records: &Records, level: f64) -> Result<Estimate, Undefined> {
    let exponents = records.part(TRAJECTORIES).stacked("exponents")?;
    let mean = |from: usize, to: usize| -> Vec<f64> {
        exponents.rows().into_iter().map(|row| row.slice(ndarray::s![from..to]).sum() / (to - from) as f64).collect()
    };
    let whole = Sample::new(&mean(0, SEGMENTS))?.mean(level)?;
    let drift: Vec<f64> = mean(0, SEGMENTS / 2).iter().zip(mean(SEGMENTS / 2, SEGMENTS)).map(|(a, b)| a - b).collect();
    let drift = Sample::new(&drift)?.mean(level)?.value;
    let widen = |half: f64| (half * half + drift * drift).sqrt();
    let log_rate = Estimate { lower: whole.value - widen(whole.value - whole.lower), upper: whole.value + widen(whole.upper - whole.value), ..whole };
    Ok(log_rate.map_monotone(libm::exp))
}

fn pairs(claim: &HiddenContraction, case: &Case, index: usize) -> Record {
    let (budget, address) = (case.budget(claim.id()), case.address_of(claim.id(), PAIRS));
    let chain = JointChain::without_derivatives(&*case.data, &*case.network.cell);
    let hidden = chain.blocks().range(Block::Hidden);
    let followed = follow_populations(&chain, (budget, index), budget.steps, address, &[hidden], |replicate| {
        let data = stationary_data(case, replicate, budget.chains, budget.burn_in, address);
        let [first, second] = [stream::START, stream::OTHER_START].map(|which| chain.state(&data, &case.hidden_start(replicate, address, which)));
        (first, second)
    });
    record_of_populations(budget.steps, [Block::Hidden.name()], followed)
}

/// A data state after `burn_in` steps; a recorded series is taken where it stands.
fn stationary_data(case: &Case, replicate: usize, replicates: usize, burn_in: usize, address: crate::random::Address) -> Vec<f64> {
    let mut walk = Walk::from(&*case.data, case.data_start(replicate, replicates, address, stream::OTHER_START));
    walk.advance(burn_in, &mut Noise::at(address.replicate(replicate).stream(stream::BURN_IN)));
    walk.into_state()
}

fn trajectories(claim: &HiddenContraction, case: &Case, index: usize) -> Record {
    let (budget, address) = (case.budget(claim.id()), case.address_of(claim.id(), TRAJECTORIES));
    let cell = &*case.network.cell;
    let steps = budget.burn_in + TRAJECTORY_FACTOR * budget.steps;
    let plan = LyapunovPlan { dimension: cell.hidden(), count: 1, steps, warm: budget.burn_in, segments: SEGMENTS };
    let followed = (index * 4..(index + 1) * 4).map(|replicate| {
        let at = address.replicate(replicate);
        let data = case.data_start(replicate, TRAJECTORY_COUNT, address, stream::OTHER_START);
        let (mut innovations, mut observations) = (Noise::at(at.stream(stream::INNOVATION)), Noise::at(at.stream(stream::OBSERVATION)));
        let (stretch, _) = Stretch::follow(&*case.data, data, steps, &mut innovations, &mut observations);
        (stretch, case.hidden_start(replicate, address, stream::OTHER_START), Stretching::new(plan))
    });
    let mut followed: Vec<(Stretch, Vec<f64>, Stretching)> = followed.collect();
    let mut tape = vec![0.0; cell.tape_len()];
    let mut next = vec![(vec![0.0; cell.hidden()], vec![0.0; cell.hidden()]); followed.len()];
    let still = cell
        .tangents()
        .filter(|_| cell.hidden() >= WORTH_A_PRODUCT)
        .map(|tangents| (tangents, RankOne::zeros(1, cell.hidden(), tangents.group_len())));
    for t in 0..steps {
        match &still {
            // Along a direction of zeros a tangent is pushed forward and nothing is added: one product for all trajectories.
            Some((tangents, directions)) => {
                let lanes = followed.iter_mut().zip(&mut next).map(|((stretch, state, stretching), (next, next_tangents))| {
                    let tangents = &stretching.columns_mut()[0];
                    TangentStep { directions, state, input: stretch.input(t), tangents, next, next_tangents, difference: None }
                });
                tangents.step_tangents(&mut lanes.collect::<Vec<_>>());
            }
            None => {
                for ((stretch, state, stretching), (next, image)) in followed.iter_mut().zip(&mut next) {
                    cell.step(state, stretch.input(t), next, &mut tape);
                    cell.push_forward(&tape, &stretching.columns_mut()[0], image);
                }
            }
        }
        for ((_, state, stretching), (next, image)) in followed.iter_mut().zip(&mut next) {
            std::mem::swap(state, next);
            std::mem::swap(&mut stretching.columns_mut()[0], image);
            stretching.turned();
        }
    }
    Record::default().with("exponents", SEGMENTS, followed.iter().flat_map(|(_, _, stretching)| stretching.exponents()).collect())
}
