//! Claim: the hidden state forgets its start when the data are shared.

use super::pairs::{Following, affordable, guided, members_of_populations, population, populations, record_of_populations};
use super::{Budget, Case, Claim, Condition, Finding, Footprint, Number, Outcome, Record, Records, Units, footprint, pathwise, rates, violation};
use crate::chain::JointChain;
use crate::ergodicity::Shape;
use crate::figures::Role;
use crate::markov::{Block, Walk};
use crate::random::{Noise, stream};
use crate::stats::Estimate;

/// The claim.
pub(super) struct HiddenContraction;

const PAIRS: &str = "pairs";
/// Guided pairs for each chain of the budget: states without derivatives are small, and a rate is read where the curve is straight, which is late.
const FACTOR: usize = 16;
/// Products of a step of all guided pairs that `FACTOR` is cut to: in a large network a path varies little, and a step is dear.
const PRODUCTS: usize = 1 << 23;

/// The budget of the guided pairs.
fn wide(case: &Case, budget: &Budget) -> Budget {
    let hidden = case.network.cell.hidden();
    guided(case, budget, affordable(budget.chains, hidden.saturating_mul(hidden), PRODUCTS, FACTOR))
}

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
        vec![populations(PAIRS, wide(case, case.budget(self.id())).chains), pathwise::units()]
    }

    fn footprint(&self, case: &Case, part: &str) -> Footprint {
        let budget = case.budget(self.id());
        if part == PAIRS {
            footprint::hidden_pairs(case, &wide(case, budget))
        } else {
            footprint::trajectories(case, pathwise::steps(budget), pathwise::SEGMENTS)
        }
    }

    fn run(&self, case: &Case, part: &str, index: usize) -> Record {
        if part == pathwise::PART {
            pathwise::run(case, case.budget(self.id()), case.address_of(self.id(), part), index)
        } else {
            pairs(self, case, index)
        }
    }

    fn judge(&self, case: &Case, records: &Records) -> Finding {
        let budget = case.budget(self.id());
        let decay =
            match rates::decay(case, &records.part(PAIRS), Block::Hidden.name(), Shape::Driven(case.parts()), case.address_of(self.id(), "judge")) {
                Ok(decay) => decay,
                Err(why) => return Finding::undefined("moment rate of the hidden state", 1.0 - budget.margin, super::RightSide::Below, why),
            };
        let mut finding = rates::finding("moment rate of the hidden state", &decay, budget.margin);
        let pathwise = pathwise::rate(records, budget, case.level);
        let certified = case.certificate.cell.rate;
        if let (Ok(pathwise), Ok(moment)) = (&pathwise, &finding.estimate) {
            finding.conditions.push(order(pathwise, moment, certified));
        }
        finding = rates::decided_by_certificate(finding, "certified bound on the moment rate of the hidden state", Some(case.certificate.cell));
        finding = rates::decided_by_growth(finding, "pathwise rate of the hidden state, which the moment rate cannot be below", &pathwise);
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
            rates::replicas(case, &decay, population(wide(case, budget).chains))
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

fn pairs(claim: &HiddenContraction, case: &Case, index: usize) -> Record {
    let (budget, address) = (&wide(case, case.budget(claim.id())), case.address_of(claim.id(), PAIRS));
    let chain = JointChain::without_derivatives(&*case.data, &*case.network.cell);
    let hidden = chain.blocks().range(Block::Hidden);
    let followed = Following::of(budget, address, &[hidden]).run_beside_smaller(&chain, members_of_populations(budget, index), |replicate| {
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
