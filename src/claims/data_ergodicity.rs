//! Claim: the data chain forgets its start; for a recorded series: it is stationary as far as tests can see.

use super::pairs::{Following, batches, follow, guided, members, members_of_populations, population, populations, record, record_of_populations};
use super::{Budget, Case, Claim, Finding, Record, Records, RightSide, Units, rates, recorded_drift, violation};
use crate::ergodicity::Shape;
use crate::figures::Role;
use crate::markov::{Block, length};
use crate::random::{Noise, stream};

/// The claim.
pub(super) struct DataErgodicity;

const PAIRS: &str = "pairs";
const QUANTITY: &str = "moment rate of the data";
/// Guided pairs for each chain of the budget, where the contraction of the data varies from path to path.
const FACTOR: usize = 16;

impl Claim for DataErgodicity {
    fn id(&self) -> &'static str {
        "data_ergodicity"
    }

    fn statement(&self) -> &'static str {
        "the data chain forgets its start geometrically; a recorded series shows no drift of its law"
    }

    fn margin_meaning(&self) -> &'static str {
        "the rate must lie below 1 − margin; for a recorded series the two halves' laws must differ by less than 12.5 × margin standard deviations"
    }

    fn premises(&self) -> &'static [&'static str] {
        &[]
    }

    fn budget(&self) -> Budget {
        Budget { chains: 256, steps: 200, burn_in: 0, margin: 0.02, seeds: 0, checkpoints: 0, taus: vec![], times: vec![] }
    }

    fn units(&self, case: &Case) -> Vec<Units> {
        match &case.recorded {
            Some(columns) => vec![Units { part: recorded_drift::PART, count: columns.columns.len() }],
            None if case.data.differs_linearly() => vec![batches(PAIRS, case.budget(self.id()).chains)],
            None => vec![populations(PAIRS, guided(case, case.budget(self.id()), FACTOR).chains)],
        }
    }

    fn footprint(&self, case: &Case, _part: &str) -> super::Footprint {
        match &case.recorded {
            Some(columns) => super::Footprint { working: 8 * columns.columns.first().map_or(0, Vec::len), recorded: 0 },
            None if case.data.differs_linearly() => super::footprint::data_pairs(case, case.budget(self.id())),
            None => super::footprint::populations_of(&*case.data, &guided(case, case.budget(self.id()), FACTOR)),
        }
    }

    fn run(&self, case: &Case, part: &str, index: usize) -> Record {
        let (budget, address) = (case.budget(self.id()), case.address_of(self.id(), part));
        if let Some(columns) = &case.recorded {
            return recorded_drift::run(&columns.columns[index], address.replicate(index), case.level);
        }
        let starts = |replicate, replicates| {
            let [first, second] = [stream::START, stream::OTHER_START].map(|which| case.data_start(replicate, replicates, address, which));
            (first, second)
        };
        if !case.data.differs_linearly() {
            let budget = &guided(case, budget, FACTOR);
            let whole = 0..case.data.state_len();
            let start = |replicate| starts(replicate, budget.chains);
            let followed = Following::of(budget, address, &[whole]).run_beside_smaller(&*case.data, members_of_populations(budget, index), start);
            return record_of_populations(budget.steps, [Block::Data.name()], followed);
        }
        let (mut distances, mut sizes) = (Vec::new(), Vec::new());
        for replicate in members(budget, index) {
            let mut noise = Noise::at(address.replicate(replicate).stream(stream::INNOVATION));
            follow(&*case.data, starts(replicate, budget.chains), budget.steps, &mut noise, |t, a, difference| {
                distances.push(length(difference));
                if t == budget.steps {
                    sizes.push(length(a));
                }
            });
        }
        record(budget.steps, &[(Block::Data.name(), distances, sizes)])
    }

    fn judge(&self, case: &Case, records: &Records) -> Finding {
        let budget = case.budget(self.id());
        if let Some(columns) = &case.recorded {
            return recorded_drift::judge(case, self.id(), columns, &records.part(recorded_drift::PART), budget.margin);
        }
        let decay = match rates::decay(
            case,
            &records.part(PAIRS),
            Block::Data.name(),
            Shape::Autonomous(case.data.state_len()),
            case.address_of(self.id(), "judge"),
        ) {
            Ok(decay) => decay,
            Err(why) => return Finding::undefined(QUANTITY, 1.0 - budget.margin, RightSide::Below, why),
        };
        let mut finding = rates::finding(QUANTITY, &decay, budget.margin);
        finding = rates::decided_by_certificate(finding, "certified bound on the moment rate of the data", case.certificate.data);
        let mut references = Vec::new();
        if let Some(certified) = case.certificate.data.filter(|data| data.rate < 1.0) {
            references.push(rates::Reference { label: format!("certified ({})", certified.norm), role: Role::Certified, rate: certified.rate });
            finding = finding.with("certified_rate", certified.rate);
        }
        let caption = format!(
            "Case {}: root mean square distance of two copies of the data chain on the same noise, {}.",
            case.name,
            rates::replicas(case, &decay, if case.data.differs_linearly() { 1 } else { population(guided(case, budget, FACTOR).chains) })
        );
        let panel = rates::panel(case, &decay, &references);
        finding.figures.push(rates::figure(case, self.id(), "Does the data chain forget its start?", caption, vec![panel]));
        finding
    }

    /// A random walk: two copies on the same noise keep their distance for ever.
    fn violation(&self, seed: u64) -> Case {
        let budget = Budget { chains: 32, steps: 100, burn_in: 0, margin: 0.02, seeds: 0, checkpoints: 0, taus: vec![], times: vec![] };
        let learning = violation::plain_learning();
        violation::Blueprint { memory: 1.0, recurrent: &[0.5], input_weight: 1.0, activation: "tanh", learning }.build(seed, self.id(), budget)
    }
}
