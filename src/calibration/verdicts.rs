//! How often a verdict is wrong: claims on the cases built to break them, and on a system where
//! they hold.

use super::systems::{Spectra, case_of, system};
use crate::claims::{self, GatedCell, Outcome};
use crate::random::RngKey;
use crate::stats::clopper_pearson;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The words that a claim gave over many seeds.
///
/// ```
/// let table = rtrl_lab::calibration::Calibration::measured().unwrap();
/// let row = table.verdicts().find(|row| row.supported == 0.0).unwrap();
/// // None of n: the upper limit solves (1 − p)ⁿ = 0.05.
/// let limit = 1.0 - 0.05f64.powf(1.0 / row.repeats as f64);
/// assert!((row.supported_upper - limit).abs() < 1e-9);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerdictRow {
    /// The claim.
    pub claim: String,
    /// `violation`, `violation, GRU`, `violation, LSTM` or the system's name.
    pub case: String,
    /// Repeats.
    pub repeats: usize,
    /// Share of `supported`.
    pub supported: f64,
    /// Upper 95 % limit of that share.
    pub supported_upper: f64,
    /// Share of `contradicted` or `premise_failed`.
    pub contradicted: f64,
    /// Upper 95 % limit of that share.
    pub contradicted_upper: f64,
    /// Whether the error rate (and on a violation the power) is within the stated bounds.
    pub passes: bool,
}

/// Nominal rate of false verdicts.
const ERROR: f64 = 0.05;
/// Least power on a designed violation.
const POWER: f64 = 0.9;

/// How the case of a violation begins.
const VIOLATION: &str = "violation";

/// Whether the case of a row is a designed violation.
pub(crate) fn is_violation(case: &str) -> bool {
    case.starts_with(VIOLATION)
}

/// Every claim that `wanted` names on its designed violation: `supported` there is an error, caught
/// is power. And some of them where they hold.
pub(crate) fn verdict_rates(repeats: usize, seed: u64, wanted: impl Fn(&str) -> bool) -> Vec<VerdictRow> {
    let mut rows = Vec::new();
    for claim in claims::ALL.into_iter().filter(|claim| wanted(claim.id())) {
        for (case, of) in violations() {
            let words: Vec<Outcome> = (0..repeats)
                .into_par_iter()
                .map(|repeat| {
                    let case = of(claim, seed.wrapping_add(repeat as u64));
                    claim.finding(&case, &claims::measure(claim, &case)).outcome()
                })
                .collect();
            rows.push(row(claim.id(), case, &words));
        }
    }
    let model = system(Spectra::SlowData, 0.8, 0.5);
    for id in ["data_ergodicity", "hidden_contraction", "derivative_moments", "geometric_ergodicity", "truncation_bias"] {
        let Some(claim) = claims::named(id).filter(|claim| wanted(claim.id())) else { continue };
        let words: Vec<Outcome> = (0..repeats)
            .into_par_iter()
            .map(|repeat| {
                let budget = claims::Budget { chains: 128, ..claim.budget() };
                let key = RngKey::root(seed).within("healthy").within(id).within(&repeat.to_string());
                let case = case_of(&model, "healthy", key, 2.0, [(id.to_string(), budget)].into());
                claim.finding(&case, &claims::measure(claim, &case)).outcome()
            })
            .collect();
        rows.push(row(id, "healthy", &words));
    }
    rows
}

/// A violation of a claim, from its seed.
type Violation = fn(&dyn claims::Claim, u64) -> claims::Case;

/// Violations by an Elman cell and by gated ones, as rows are named.
fn violations() -> [(&'static str, Violation); 3] {
    [
        (VIOLATION, |claim, seed| claim.violation(seed)),
        ("violation, GRU", |claim, seed| claim.violation_on(GatedCell::Gru, seed)),
        ("violation, LSTM", |claim, seed| claim.violation_on(GatedCell::Lstm, seed)),
    ]
}

fn row(claim: &str, case: &str, words: &[Outcome]) -> VerdictRow {
    let n = words.len();
    let count = |of: &dyn Fn(&Outcome) -> bool| words.iter().filter(|word| of(word)).count();
    let supported = count(&|word| *word == Outcome::Supported);
    let contradicted = count(&|word| matches!(word, Outcome::Contradicted | Outcome::PremiseFailed));
    // A two-sided 90 % interval has the one-sided 95 % limit.
    let upper = |hits: usize| clopper_pearson(hits, n, 0.90).1;
    let share = |hits: usize| hits as f64 / n.max(1) as f64;
    // The measured rate's upper limit may reach 1.5 × the nominal one; below about 80 repeats even
    // no error at all cannot show that, so there the rate itself counts.
    let few = |hits: usize| if n < 80 { share(hits) <= ERROR } else { upper(hits) <= 1.5 * ERROR };
    let passes = if is_violation(case) { few(supported) && share(contradicted) >= POWER } else { few(contradicted) };
    VerdictRow {
        claim: claim.to_string(),
        case: case.to_string(),
        repeats: n,
        supported: share(supported),
        supported_upper: upper(supported),
        contradicted: share(contradicted),
        contradicted_upper: upper(contradicted),
        passes,
    }
}
