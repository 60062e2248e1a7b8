//! The trials: every kind of interval in the report, in settings whose answer is known.

use super::systems::{Spectra, case_of, system};
use super::tally::{LEVELS, Shot, Trial};
use crate::claims::{self, Budget, Case, Number, Part, Records};
use crate::random::{Address, Noise};
use crate::stats::{Estimate, Sample, Undefined, squared_norm_of_mean};
use crate::theory::{LinearGaussian, LinearModel};
use std::collections::BTreeMap;

/// Spectral radii of the systems by kind.
const RADII: [(Spectra, f64, f64); 5] = [
    (Spectra::SlowData, 0.8, 0.5),
    (Spectra::SlowNetwork, 0.5, 0.8),
    (Spectra::Near, 0.8, 0.795),
    (Spectra::Defective, 0.8, 0.8),
    (Spectra::Rotating, 0.5, 0.8),
];

fn shot(estimator: &'static str, truth: f64, at: impl Fn(f64) -> Result<Estimate, Undefined>) -> Shot {
    let estimates = LEVELS.map(&at);
    let value = estimates[1].as_ref().map_or(f64::NAN, |estimate| estimate.value);
    Shot { estimator, truth, value, intervals: estimates.map(|estimate| estimate.ok().map(|e| [e.lower, e.upper])) }
}

/// All trials, light ones first.
pub fn trials() -> Vec<Trial> {
    let mut all = vec![means(), norms("zero", 0.0), norms("small", 0.3), norms("large", 3.0)];
    all.extend(RADII.map(|(spectra, data, network)| gradients(spectra, system(spectra, data, network))));
    all.extend(RADII.map(|(spectra, data, network)| rates(spectra, system(spectra, data, network))));
    all
}

/// Student's interval of a mean, 24 normal values.
fn means() -> Trial {
    let run = |address: Address| {
        let values = Noise::at(address).normal_vector(24);
        vec![shot("mean (Student)", 0.0, |level| Sample::new(&values)?.mean(level))]
    };
    Trial { case: "24 normal values".into(), heavy: false, run: Box::new(run) }
}

/// The squared norm of a mean from 32 normal vectors of length 10, the mean's length being `size` standard errors.
fn norms(name: &str, size: f64) -> Trial {
    let run = move |address: Address| {
        let mut noise = Noise::at(address);
        let vectors: Vec<Vec<f64>> = (0..32)
            .map(|_| {
                let mut vector = noise.normal_vector(10);
                vector[0] += size;
                vector
            })
            .collect();
        vec![shot("squared norm (U-statistic)", size * size, |level| squared_norm_of_mean(&vectors, level))]
    };
    Trial { case: format!("32 vectors, {name} mean"), heavy: false, run: Box::new(run) }
}

fn budgets(claim: &str, change: impl Fn(&mut Budget)) -> BTreeMap<String, Budget> {
    let mut budget = claims::named(claim).map(|claim| claim.budget()).unwrap_or_else(|| panic!("{claim} is a claim"));
    change(&mut budget);
    BTreeMap::from([(claim.to_string(), budget)])
}

/// The records of a claim in a case.
pub(super) fn measured(claim: &str, case: &Case) -> Records {
    let claim = claims::named(claim).unwrap_or_else(|| panic!("{claim} is a claim"));
    let part = |units: claims::Units| (units.part.to_string(), Part((0..units.count).map(|index| claim.run(case, units.part, index)).collect()));
    Records(claim.units(case).into_iter().map(part).collect())
}

/// Numbers of a claim's finding against their truths at the middle level: one judgement of a heavy claim a repeat.
fn judged(claim: &str, case: &Case, records: &Records, truths: &[(&'static str, &str, f64)]) -> Vec<Shot> {
    let claim = claims::named(claim).unwrap_or_else(|| panic!("{claim} is a claim"));
    let finding = claim.judge(&Case { level: LEVELS[1], ..case.clone() }, records);
    truths
        .iter()
        .map(|(estimator, number, truth)| {
            let (value, ends) = match finding.numbers.get(*number) {
                Some(Number::Interval(estimate)) => (estimate.value, Some([estimate.lower, estimate.upper])),
                _ => (f64::NAN, None),
            };
            Shot { estimator, truth: *truth, value, intervals: [None, ends, None] }
        })
        .collect()
}

/// Bias of truncation at three lengths, at the default budget with fewer stretches.
fn gradients(spectra: Spectra, model: LinearModel) -> Trial {
    let oracle = LinearGaussian::new(model.clone()).expect("the systems contract");
    let square = |tau: usize| oracle.tbptt_bias(tau).map_or(f64::NAN, |bias| bias.recurrent_norm() * bias.recurrent_norm());
    let full = oracle.gradient().map_or(f64::NAN, |gradient| gradient.recurrent_norm() * gradient.recurrent_norm());
    let truths = [
        ("bias of TBPTT(1), squared", "bias_squared[1]", square(1)),
        ("bias of TBPTT(4), squared", "bias_squared[4]", square(4)),
        ("gradient norm, squared", "recurrent_gradient_squared", full),
    ];
    let run = move |address: Address| {
        let budgets = budgets("truncation_bias", |budget| {
            (budget.chains, budget.steps, budget.burn_in, budget.taus) = (32, 600, 150, vec![1, 2, 4]);
        });
        let case = case_of(&model, spectra.name(), address, 2.0, budgets);
        let records = measured("truncation_bias", &case);
        judged("truncation_bias", &case, &records, &truths)
    };
    Trial { case: format!("{}, gradients", spectra.name()), heavy: true, run: Box::new(run) }
}

/// Rates of every block with 256 pairs.
fn rates(spectra: Spectra, model: LinearModel) -> Trial {
    let oracle = LinearGaussian::new(model.clone()).expect("the systems contract");
    let run = move |address: Address| {
        let budgets = budgets("geometric_ergodicity", |budget| (budget.chains, budget.times) = (256, vec![1]));
        let case = case_of(&model, spectra.name(), address, 2.0, budgets);
        let records = measured("geometric_ergodicity", &case);
        let truths = [
            ("rate, data block", "rate_data", oracle.rho_data()),
            ("rate, hidden block", "rate_hidden", oracle.rate()),
            ("rate, derivative block", "rate_derivative", oracle.rate()),
            ("rate, joint chain", "rate", oracle.rate()),
        ];
        judged("geometric_ergodicity", &case, &records, &truths)
    };
    Trial { case: format!("{}, rates", spectra.name()), heavy: true, run: Box::new(run) }
}
