//! Claim: the law of the joint chain converges to its stationary law at a geometric rate.

use super::brackets::{brackets, exact_distances};
use super::guided::population;
use super::moments::Moments;
use super::shown::with_brackets;
use super::{bounds, driven, guided, moments, plain};
use crate::claims::contract::violation;
use crate::claims::geometric_ergodicity::names;
use crate::claims::judging::decay_rate::BlockDecay;
use crate::claims::judging::{decay_panels, decay_rate};
use crate::claims::measuring::joint_chain_kind::Derivatives;
use crate::claims::measuring::memory_count;
use crate::claims::measuring::pairs;
use crate::claims::measuring::pairs::{batches, populations};
use crate::claims::measuring::projections::Projections;
use crate::claims::{Budget, Case, Claim, Condition, Finding, Knob, Outcome, Question, Records, Work};
use crate::ergodicity::Shape;
use crate::figures::Role;
use crate::linalg::Norm;
use crate::markov::Block;
use crate::stats::{Estimate, Undefined};
use crate::theory::{Certificate, LinearGaussian};
use rayon::prelude::*;

/// The claim.
pub(in crate::claims) struct GeometricErgodicity;

/// Plain pairs up to the last time of a bracket.
pub(super) const PAIRS: &str = "pairs";
/// Populations of pairs for the rates.
pub(super) const POPULATIONS: &str = "populations";
const QUANTITY: &str = "rate of the joint chain";
/// Random directions along which derivatives are carried; the error of a sketch falls with their
/// root.
const SKETCH: [Knob; 1] = [Knob { key: "sketch", words: "random directions along which derivatives are carried; 0 for all of them", most: 4_096 }];

impl Claim for GeometricErgodicity {
    fn id(&self) -> &'static str {
        "geometric_ergodicity"
    }

    fn short(&self) -> &'static str {
        "the joint chain forgets geometrically"
    }

    fn statement(&self) -> &'static str {
        "the law of (data, hidden state, derivatives) converges to its stationary law geometrically in a Wasserstein distance"
    }

    fn margin_meaning(&self) -> &'static str {
        "the rate of the joint chain must lie below the threshold, 1 less the margin"
    }

    fn premises(&self) -> &'static [&'static str] {
        &["data_ergodicity", "hidden_contraction"]
    }

    fn budget(&self) -> Budget {
        Budget { chains: 512, steps: 200, burn_in: 300, margin: 0.02, times: vec![0, 2, 5, 10, 20, 40], ..Budget::default() }
    }

    fn knobs(&self) -> &'static [Knob] {
        &SKETCH
    }

    /// Eight times the time of relaxation of the slower of data and linear cell, where it is
    /// certified.
    ///
    /// Until the data of two copies have come near each other an activation that saturates shows a
    /// rate of its own. And derivatives first grow by the factor t of their equal rates: until one
    /// time of relaxation has passed there is no decay to be seen. A nonlinear cell's certified
    /// rate is a bound that is seldom near what it does.
    fn horizon(&self, certificate: &Certificate) -> usize {
        const RELAXATIONS: f64 = 8.0;
        const LONGEST: f64 = 2000.0;
        let steps = |rate: f64| (RELAXATIONS / -libm::log(rate)).ceil().min(LONGEST) as usize;
        let attained = Some(certificate.cell).filter(|cell| cell.norm == Norm::Adapted);
        let certified = certificate.data.rate().into_iter().chain(attained).map(|normed| normed.rate);
        certified.filter(|rate| *rate > 0.0 && *rate < 1.0).map(steps).max().unwrap_or(0)
    }

    /// Pairs of a copy from the stated start and a copy brought to stationarity by `burn_in` steps
    /// of its own noise; then both on common noise.
    fn work<'c>(&self, case: &'c Case) -> Vec<Work<'c>> {
        let (id, budget) = (self.id(), case.budget(self.id()));
        let [pairs_address, populations_address] = [PAIRS, POPULATIONS].map(|part| case.key_of(id, part));
        let wide = guided::budget(case, id);
        let of_pairs = memory_count::joint_pairs(case, budget, Projections::compared_of(case).len(), case.data.state_len() + 10);
        let of_populations = memory_count::joint_populations(case, &wide, population(case, &wide));
        let own = [
            Work::new(PAIRS, batches(budget.chains), of_pairs, move |index| plain::run(case, id, pairs_address, pairs::members(budget, index))),
            Work::new(POPULATIONS, populations(wide.chains), of_populations, move |index| guided::run(case, id, populations_address, index)),
        ];
        let bounds = bounds::kinds(case).map(|kind| kind.work(case, budget, case.key_of(id, kind.part)));
        own.into_iter().chain(driven::work(case, id)).chain(bounds).chain(moments::work(case, id)).collect()
    }

    fn question(&self, case: &Case) -> Question {
        Question::below(QUANTITY, 1.0 - case.budget(self.id()).margin)
    }

    fn judge(&self, case: &Case, records: &Records) -> Result<Finding, Undefined> {
        let budget = case.budget(self.id());
        let key = case.key_of(self.id(), "judge");
        let shapes =
            [Shape::Autonomous(case.data.state_len()), Shape::Driven(case.parts()), Shape::Following(case.parts()), Shape::Following(case.parts())];
        // Each block by the populations that its own distance guides, or one that it is the slowest
        // part of.
        let parts = if case.data.is_recorded() { [POPULATIONS; 4] } else { [driven::DATA, driven::DRIVEN, POPULATIONS, POPULATIONS] };
        let decay = |((block, shape), part): ((Block, Shape), &str)| decay_rate::decay(case, records.part(part), block.name(), shape, key);
        let decays: Result<Vec<_>, Undefined> = Block::ALL.into_par_iter().zip(shapes).zip(parts).map(decay).collect();
        let mut decays = decays?;
        let moments = Moments::of(case, self.id(), records, key);
        moments.widen(&mut decays[1..]);
        slowest_last(&mut decays);
        let mut finding = decay_rate::finding(QUANTITY, &decays[3], budget.margin);
        for decay in &decays[..3] {
            if !(case.data.is_recorded() && decay.block == Block::Data.name()) {
                finding = decay_rate::with_fit(finding, &format!("_{}", decay.block), &decay.fit);
            }
        }
        let exact = exact_distances(case, &budget.times);
        let predicted = case.linear.clone().and_then(|model| LinearGaussian::new(model).ok());
        let certified = case.certificate.joint();
        if let Some(rate) = certified {
            finding = finding.with(names::CERTIFIED_RATE, rate);
            // The joint block is held against the certificate: a moment rate above it accuses the
            // program.
            if let Ok(joint) = &finding.estimate {
                let outcome = if decay_rate::order_broken(joint, &Estimate::exact(rate)) { Outcome::Undefined } else { Outcome::Supported };
                finding
                    .conditions
                    .push(Condition { name: "measured rate ≤ certified rate, within three half-widths of the interval".into(), outcome });
            }
        }
        finding = decay_rate::decided_by_certificate(finding, "certified bound on the rate of the joint chain", case.certificate.joint_normed());
        if let Some(oracle) = &predicted {
            finding = finding
                .with(names::EXACT_RATE, oracle.rate())
                .with(names::EXACT_RATE_DATA, oracle.rho_data())
                .with(names::EXACT_RATE_RECURRENT, oracle.rho_recurrent());
        }
        let certificate = |rate| decay_panels::Reference { label: "certified".into(), role: Role::Certified, rate };
        let references: Vec<_> = certified.map(certificate).into_iter().collect();
        let recorded = case.data.is_recorded();
        let shown: Vec<usize> = (0..4).filter(|index| !(recorded && *index == 0)).collect();
        let panels = decay_panels::panels(case, &shown.iter().map(|index| &decays[*index]).collect::<Vec<_>>(), &references);
        let what = if recorded {
            "two hidden states and their derivatives on the same recorded inputs"
        } else {
            "a copy from the start and a stationary copy on the same noise"
        };
        let caption = format!(
            "Case {}: root mean square distance of {what}, {}. The derivative block can first grow and, where the network is the slower part, decays like (a + bt)ρᵗ; the fit starts after \
             that transient.",
            case.name,
            decay_rate::replicas(case, &decays[3], population(case, &guided::budget(case, self.id())))
        ) + &sketched_note(case);
        if let Derivatives::Sketched { columns, automatic } = case.derivatives {
            finding = finding.with(names::SKETCH_COLUMNS, columns as f64).with(names::SKETCH_AUTOMATIC, f64::from(u8::from(automatic)));
        }
        finding.figures.push(decay_rate::figure(case, self.id(), "How fast does the joint chain forget its start?", caption, panels));
        let limits =
            std::array::from_fn(|index| decays[index].fit.as_ref().ok().map(|fit| fit.rate.upper).filter(|upper| *upper > 0.0 && *upper < 1.0));
        let finding = match brackets(case, self.id(), records, &moments, limits) {
            Err(why) => finding.with(names::BRACKET, Err(why)),
            Ok(brackets) => with_brackets(finding, case, budget, &brackets, exact.as_ref()),
        };
        Ok(moments.weigh(finding))
    }

    fn violation(&self, seed: u64) -> Case {
        violation::bistable(seed, self.id(), 0.02)
    }
}

/// The whole distance is no smaller than that of a block, so that its rate is no smaller: where the
/// last fit lies below a block's, its upper end is put at that block's.
fn slowest_last(decays: &mut [BlockDecay]) {
    let Some((joint, blocks)) = decays.split_last_mut() else { return };
    let Ok(joint) = &mut joint.fit else { return };
    for block in blocks.iter().filter_map(|decay| decay.fit.as_ref().ok()) {
        if block.rate.lower > joint.rate.upper {
            joint.rate.upper = block.rate.upper;
        }
    }
}

/// What a reader must know of sketched derivatives; empty where they are whole.
fn sketched_note(case: &Case) -> String {
    let Derivatives::Sketched { columns, automatic } = case.derivatives else { return String::new() };
    let (hidden, parameters) = (case.network.cell.state_len(), case.network.recurrent_len());
    format!(
        " The derivatives, {hidden} × {parameters} numbers a chain, are seen along {columns} random directions that each replica draws for itself{}: the mean square of a distance is \
         the same, and its interval holds the sketch's own spread.",
        if automatic { ", because they would not fit in memory" } else { "" }
    )
}
