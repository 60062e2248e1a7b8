//! Trials of the moments and the tail of the derivatives.

use super::super::systems::{Spectra, case_of, system};
use super::super::tally::{Kind, Trial, Truth};
use super::{budgets, judged, number};
use crate::random::Address;

pub(super) fn trials() -> Vec<Trial> {
    [Spectra::SlowData, Spectra::SlowNetwork, Spectra::Defective].map(growth).into()
}

/// Growth of the moments of a contracting linear system over the last half of the default run: a factor 1 to ten digits, whatever the start.
fn growth(spectra: Spectra) -> Trial {
    let model = system(spectra, 0.8, if spectra == Spectra::SlowData { 0.5 } else { 0.8 });
    let run = move |address: Address| {
        let case = case_of(&model, spectra.name(), address, 2.0, budgets("derivative_moments", |_| ()));
        let (_, finding) = judged("derivative_moments", &case);
        vec![
            number("growth of the second moment", Kind::Confidence, Truth::Exact(1.0), &finding, "growth_2"),
            number("growth of the fourth moment", Kind::Confidence, Truth::Exact(1.0), &finding, "growth_4"),
        ]
    };
    Trial { case: format!("{}, moments", spectra.name()), heavy: true, run: Box::new(run) }
}
