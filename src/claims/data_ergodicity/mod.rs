//! Claim: the data chain forgets its start; for a recorded series: it is stationary as far as tests
//! can see.

pub(crate) mod names;
mod recorded_drift;
pub(crate) mod series_audit;

use crate::claims::contract::violation;
use crate::claims::judging::{decay_panels, decay_rate};
use crate::claims::measuring::memory_count;
use crate::claims::measuring::pairs::{
    PairPopulations, batches, follow, guided, members, members_of_populations, population, populations, record, record_of_populations,
};
use crate::claims::{Budget, Case, Claim, Finding, Footprint, Question, Record, Records, Work};
use crate::ergodicity::Shape;
use crate::figures::Role;
use crate::markov::{Block, norm};
use crate::random::{Noise, RngKey, stream};
use crate::stats::Undefined;

/// The claim.
pub(crate) struct DataErgodicity;

const PAIRS: &str = "pairs";
const QUANTITY: &str = "moment rate of the data";
/// Guided pairs for each chain of the budget, where the contraction of the data varies from path to
/// path.
const FACTOR: usize = 16;

impl Claim for DataErgodicity {
    fn id(&self) -> &'static str {
        "data_ergodicity"
    }

    fn short(&self) -> &'static str {
        "the data settle into one law"
    }

    fn statement(&self) -> &'static str {
        "the data chain forgets its start geometrically; a recorded series shows no drift of its law"
    }

    fn margin_meaning(&self) -> &'static str {
        "the rate must lie below the threshold, 1 less the margin; the two halves of a recorded series must differ by less than 12.5 times the margin, in standard deviations"
    }

    fn premises(&self) -> &'static [&'static str] {
        &[]
    }

    fn budget(&self) -> Budget {
        Budget { chains: 256, steps: 200, margin: 0.02, ..Budget::default() }
    }

    fn work<'c>(&self, case: &'c Case) -> Vec<Work<'c>> {
        let (budget, level) = (case.budget(self.id()), case.level);
        if let Some(columns) = case.data.columns() {
            let columns = &columns.columns;
            let key = case.key_of(self.id(), recorded_drift::PART);
            let footprint = Footprint { working: 8 * columns.first().map_or(0, Vec::len), recorded: 0 };
            let run = move |index: usize| recorded_drift::run(&columns[index], key.replicate(index), level, budget.margin);
            return vec![Work::new(recorded_drift::PART, columns.len(), footprint, run)];
        }
        let key = case.key_of(self.id(), PAIRS);
        if case.data.differs_linearly() {
            let run = move |index| plain_pairs(case, budget, key, index);
            return vec![Work::new(PAIRS, batches(budget.chains), memory_count::data_pairs(case, budget), run)];
        }
        let budget = guided(case, budget, FACTOR);
        let footprint = memory_count::populations_of(&*case.data, &budget);
        vec![Work::new(PAIRS, populations(budget.chains), footprint, move |index| guided_pairs(case, &budget, key, index))]
    }

    fn question(&self, case: &Case) -> Question {
        let margin = case.budget(self.id()).margin;
        if case.data.is_recorded() { recorded_drift::question(margin) } else { Question::below(QUANTITY, 1.0 - margin) }
    }

    fn judge(&self, case: &Case, records: &Records) -> Result<Finding, Undefined> {
        let budget = case.budget(self.id());
        if let Some(columns) = case.data.columns() {
            return recorded_drift::judge(case, self.id(), columns, records.part(recorded_drift::PART), budget.margin);
        }
        let decay = decay_rate::decay(
            case,
            records.part(PAIRS),
            Block::Data.name(),
            Shape::Autonomous(case.data.state_len()),
            case.key_of(self.id(), "judge"),
        )?;
        let mut finding = decay_rate::finding(QUANTITY, &decay, budget.margin);
        finding = decay_rate::decided_by_certificate(finding, "certified bound on the moment rate of the data", case.certificate.data.rate());
        let mut references = Vec::new();
        if let Some(certified) = case.certificate.data.rate().filter(|data| data.rate < 1.0) {
            references.push(decay_panels::Reference {
                label: format!("certified ({})", certified.norm),
                role: Role::Certified,
                rate: certified.rate,
            });
            finding = finding.with(names::CERTIFIED_RATE, certified.rate);
        }
        let caption = format!(
            "Case {}: root mean square distance of two copies of the data chain on the same noise, {}.",
            case.name,
            decay_rate::replicas(case, &decay, if case.data.differs_linearly() { 1 } else { population(guided(case, budget, FACTOR).chains) })
        );
        let panels = decay_panels::panels(case, &[&decay], &references);
        finding.figures.push(decay_rate::figure(case, self.id(), "Does the data chain forget its start?", caption, panels));
        Ok(finding)
    }

    /// A random walk: two copies on the same noise keep their distance for ever.
    fn violation(&self, seed: u64) -> Case {
        let budget = Budget { chains: 32, steps: 100, margin: 0.02, ..Budget::default() };
        let learning = violation::plain_learning();
        violation::Fixture { phi: 1.0, recurrent: &[0.5], input_weight: 1.0, activation: "tanh", learning }.build(seed, self.id(), budget)
    }
}

fn starts(case: &Case, key: RngKey, replicate: usize, replicates: usize) -> (Vec<f64>, Vec<f64>) {
    let [first, second] = [stream::START, stream::OTHER_START].map(|which| case.data_start(replicate, replicates, key, which));
    (first, second)
}

/// Populations of pairs of a process whose contraction varies from path to path.
fn guided_pairs(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let whole = 0..case.data.state_len();
    let start = |replicate| starts(case, key, replicate, budget.chains);
    let followed = PairPopulations::of(budget, key, &[whole]).run_beside_smaller(&*case.data, members_of_populations(budget, index), start);
    record_of_populations(budget.steps, [Block::Data.name()], followed)
}

/// Single pairs of a linear process, whose difference is not random.
fn plain_pairs(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let (mut distances, mut sizes) = (Vec::new(), Vec::new());
    for replicate in members(budget, index) {
        let mut noise = Noise::at(key.replicate(replicate).stream(stream::INNOVATION));
        follow(&*case.data, starts(case, key, replicate, budget.chains), budget.steps, &mut noise, |t, a, difference| {
            distances.push(norm(difference));
            if t == budget.steps {
                sizes.push(norm(a));
            }
        });
    }
    record(budget.steps, &[(Block::Data.name(), distances, sizes)])
}
