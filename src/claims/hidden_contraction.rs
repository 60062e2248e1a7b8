//! Claim: the hidden state forgets its start when the data are shared.

use crate::chain::JointChain;
use crate::claims::contract::violation;
use crate::claims::judging::{decay_panels, decay_rate};
use crate::claims::measuring::memory_count;
use crate::claims::measuring::pairs::{PairPopulations, affordable, guided, members_of_populations, population, populations, record_of_populations};
use crate::claims::measuring::pathwise;
use crate::claims::{Budget, Case, Claim, Condition, Finding, Number, Outcome, Question, Record, Records, Work};
use crate::ergodicity::Shape;
use crate::figures::Role;
use crate::markov::{Block, Walk};
use crate::random::{Noise, RngKey, stream};
use crate::stats::{Estimate, Undefined};

/// The claim.
pub(super) struct HiddenContraction;

const PAIRS: &str = "pairs";
const QUANTITY: &str = "moment rate of the hidden state";
/// Guided pairs for each chain of the budget: states without derivatives are small, and a rate is
/// read where the curve is straight, which is late.
const FACTOR: usize = 16;
/// Products of a step of all guided pairs that `FACTOR` is cut to: in a large network a path varies
/// little, and a step is dear.
const PRODUCTS: usize = 1 << 23;

/// The budget of the guided pairs.
fn wide(case: &Case, budget: &Budget) -> Budget {
    let hidden = case.network.cell.state_len();
    guided(case, budget, affordable(budget.chains, hidden.saturating_mul(hidden), PRODUCTS, FACTOR))
}

impl Claim for HiddenContraction {
    fn id(&self) -> &'static str {
        "hidden_contraction"
    }

    fn short(&self) -> &'static str {
        "the hidden state forgets its start"
    }

    fn statement(&self) -> &'static str {
        "the hidden state forgets its start geometrically when it is driven by the same data"
    }

    fn margin_meaning(&self) -> &'static str {
        "the rate must lie below the threshold, 1 less the margin"
    }

    fn premises(&self) -> &'static [&'static str] {
        &[crate::claims::contract::premises::SMOOTH_ACTIVATION]
    }

    fn stops_early(&self) -> bool {
        true
    }

    fn budget(&self) -> Budget {
        Budget { chains: 1024, steps: 200, burn_in: 300, margin: 0.02, ..Budget::default() }
    }

    fn work<'c>(&self, case: &'c Case) -> Vec<Work<'c>> {
        let budget = case.budget(self.id());
        let [key, along_paths] = [PAIRS, pathwise::PART].map(|part| case.key_of(self.id(), part));
        let wide = wide(case, budget);
        let (count, footprint) = (populations(wide.chains), memory_count::hidden_pairs(case, &wide));
        vec![Work::new(PAIRS, count, footprint, move |index| pairs(case, &wide, key, index)), pathwise::work(case, budget, along_paths)]
    }

    fn question(&self, case: &Case) -> Question {
        Question::below(QUANTITY, 1.0 - case.budget(self.id()).margin)
    }

    fn judge(&self, case: &Case, records: &Records) -> Result<Finding, Undefined> {
        let budget = case.budget(self.id());
        let decay = decay_rate::decay(case, records.part(PAIRS), Block::Hidden.name(), Shape::Driven(case.parts()), case.key_of(self.id(), "judge"))?;
        let mut finding = decay_rate::finding(QUANTITY, &decay, budget.margin);
        let pathwise = pathwise::rate(records, budget, case.level);
        let certified = case.certificate.cell.rate;
        if let (Ok(pathwise), Ok(moment)) = (&pathwise, &finding.estimate) {
            finding.conditions.push(order(pathwise, moment, certified));
        }
        finding = decay_rate::decided_by_certificate(finding, "certified bound on the moment rate of the hidden state", Some(case.certificate.cell));
        finding = decay_rate::decided_by_growth(finding, "pathwise rate of the hidden state, which the moment rate cannot be below", &pathwise);
        let mut references = vec![];
        if let Ok(pathwise) = &pathwise {
            references.push(decay_panels::Reference { label: "pathwise (Lyapunov)".into(), role: Role::Rival(0), rate: pathwise.value });
        }
        if certified < 1.0 {
            references.push(decay_panels::Reference {
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
            decay_rate::replicas(case, &decay, population(wide(case, budget).chains))
        );
        finding.figures.push(decay_rate::figure(case, self.id(), title, caption, decay_panels::panels(case, &[&decay], &references)));
        Ok(finding.with(names::PATHWISE_RATE, pathwise).with(
            names::CERTIFIED_RATE,
            if certified < 1.0 { Number::from(certified) } else { Number::Undefined { undefined: "the cell is not certified to contract".into() } },
        ))
    }

    fn violation(&self, seed: u64) -> Case {
        violation::bistable(seed, self.id(), 0.02)
    }
}

/// `exp λ₁ ≤ moment rate ≤ certified rate`; broken beyond the intervals it accuses the program, not
/// the theory.
fn order(pathwise: &Estimate, moment: &Estimate, certified: f64) -> Condition {
    let broken = decay_rate::order_broken(pathwise, moment) || (certified < 1.0 && decay_rate::order_broken(moment, &Estimate::exact(certified)));
    Condition {
        name: "pathwise rate ≤ moment rate ≤ certified rate, within three half-widths of the intervals".into(),
        outcome: if broken { Outcome::Undefined } else { Outcome::Supported },
    }
}

/// Populations of pairs of hidden states under the same data.
fn pairs(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let chain = JointChain::without_derivatives(&*case.data, &*case.network.cell);
    let hidden = chain.blocks().range(Block::Hidden);
    let followed = PairPopulations::of(budget, key, &[hidden]).run_beside_smaller(&chain, members_of_populations(budget, index), |replicate| {
        let data = stationary_data(case, replicate, budget.chains, budget.burn_in, key);
        let [first, second] = [stream::START, stream::OTHER_START].map(|which| chain.state(&data, &case.hidden_start(replicate, key, which)));
        (first, second)
    });
    record_of_populations(budget.steps, [Block::Hidden.name()], followed)
}

/// A data state after `burn_in` steps; a recorded series is taken where it stands.
fn stationary_data(case: &Case, replicate: usize, replicates: usize, burn_in: usize, key: crate::random::RngKey) -> Vec<f64> {
    let mut walk = Walk::from(&*case.data, case.data_start(replicate, replicates, key, stream::OTHER_START));
    walk.advance(burn_in, &mut Noise::at(key.replicate(replicate).stream(stream::BURN_IN)));
    walk.into_state()
}

/// Names of arrays and numbers, for who writes and who reads them.
pub(crate) mod names {
    use crate::claims::Name;

    pub(crate) const CERTIFIED_RATE: Name = Name::new("certified_rate");
    pub(crate) const PATHWISE_RATE: Name = Name::new("pathwise_rate");
}
