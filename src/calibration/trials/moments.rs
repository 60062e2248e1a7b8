//! Trials of the moments and the tail of the derivatives.

use super::super::systems::{Spectra, case_of, system};
use super::super::tally::{Kind, Scenario, Truth};
use super::{budgets, judged, number};
use crate::claims::derivative_moments;
use crate::random::RngKey;

pub(super) fn trials() -> Vec<Scenario> {
    [Spectra::SlowData, Spectra::SlowNetwork, Spectra::Defective].map(growth).into()
}

/// Growth of the moments of a contracting linear system over the last half of the default run: a
/// factor 1 to ten digits, whatever the start.
fn growth(spectra: Spectra) -> Scenario {
    let model = system(spectra, 0.8, if spectra == Spectra::SlowData { 0.5 } else { 0.8 });
    let run = move |key: RngKey| {
        let case = case_of(&model, spectra.name(), key, 2.0, budgets("derivative_moments", |_| ()));
        let (_, finding) = judged("derivative_moments", &case);
        vec![
            number("growth of the second moment", Kind::Confidence, Truth::Exact(1.0), &finding, derivative_moments::names::GROWTH.of(2)),
            number("growth of the fourth moment", Kind::Confidence, Truth::Exact(1.0), &finding, derivative_moments::names::GROWTH.of(4)),
        ]
    };
    Scenario { case: format!("{}, moments", spectra.name()), heavy: true, run: Box::new(run) }
}
