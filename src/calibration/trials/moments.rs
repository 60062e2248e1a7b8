//! Trials of the moments and the tail of the derivatives.

use super::super::systems::{Spectra, case_of, system};
use super::super::tally::{Kind, Trial, Truth};
use super::{budgets, deciding, judged, number, shot};
use crate::random::{Address, Noise};
use crate::stats::tail_index;

pub(super) fn trials() -> Vec<Trial> {
    let mut all: Vec<Trial> = [1.5, 3.0, 8.0].into_iter().map(pareto).collect();
    all.extend([Spectra::SlowData, Spectra::SlowNetwork, Spectra::Defective].map(growth));
    all
}

/// Hill's tail index of 512 exact Pareto values.
fn pareto(index: f64) -> Trial {
    let run = move |address: Address| {
        let mut noise = Noise::at(address);
        let values: Vec<f64> = (0..512).map(|_| libm::pow(1.0 - noise.uniform(), -1.0 / index)).collect();
        vec![shot("tail index (Hill)", Kind::Confidence, index, |level| tail_index(&values, level))]
    };
    Trial { case: format!("512 Pareto values of index {index}"), heavy: false, run: Box::new(run) }
}

/// Growth of the moments of a contracting linear system over the last half of the default run: a factor 1 to ten digits, whatever the start.
fn growth(spectra: Spectra) -> Trial {
    let model = system(spectra, 0.8, if spectra == Spectra::SlowData { 0.5 } else { 0.8 });
    let run = move |address: Address| {
        let case = case_of(&model, spectra.name(), address, 2.0, budgets("derivative_moments", |_| ()));
        let (_, finding) = judged("derivative_moments", &case);
        vec![
            number("growth of the second moment", Kind::Confidence, Truth::Exact(1.0), &finding, "growth_2"),
            deciding("growth of the fourth moment", Kind::Confidence, Truth::Exact(1.0), &finding),
        ]
    };
    Trial { case: format!("{}, moments", spectra.name()), heavy: true, run: Box::new(run) }
}
