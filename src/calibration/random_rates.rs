//! The rate estimator on random linear systems, beside the straight line that it replaces.

use super::systems::{Spectra, case_of, random_system};
use super::trials::{budgets, judged};

use crate::claims::judging::names;
use crate::random::RngKey;
use crate::stats::clopper_pearson;
use crate::theory::LinearGaussian;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// One block of the random systems of one kind.
///
/// ```
/// let table = rtrl_lab::calibration::Calibration::measured().unwrap();
/// // Four blocks of five kinds of spectra.
/// assert_eq!(table.systems.len(), 4 * 5);
/// assert_eq!(table.systems.iter().map(|row| row.systems).sum::<usize>(), 4 * 200);
/// assert!(table.systems.iter().all(|row| row.bias.abs() < 0.005));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SystemsRow {
    /// Kind of spectra.
    pub spectra: String,
    /// The block.
    pub block: String,
    /// Systems.
    pub systems: usize,
    /// Systems on which the rate was said to be undefined.
    pub undefined: usize,
    /// Mean of estimate minus truth.
    pub bias: f64,
    /// Largest error of one system.
    pub worst: f64,
    /// Share of intervals that hold the truth.
    pub coverage: f64,
    /// Ends of the 99.9 % interval of that share.
    pub coverage_between: [f64; 2],
    /// Mean error of the straight line through the logarithm of the same curve.
    pub straight_line_bias: f64,
    /// Its largest error.
    pub straight_line_worst: f64,
    /// Whether the bias is below 0.005 and the coverage may be 93 % or more.
    pub passes: bool,
}

const BLOCKS: [&str; 4] = ["data", "hidden", "derivative", "joint"];

/// One block of one system.
struct Block {
    truth: f64,
    /// Estimate and ends of its interval.
    estimate: Option<[f64; 3]>,
    /// The straight line's rate.
    line: f64,
}

/// Estimates every block's rate on `systems` random systems.
pub(crate) fn random_rates(systems: usize, seed: u64) -> Vec<SystemsRow> {
    let key = RngKey::root(seed).within("random systems");
    let shots: Vec<(Spectra, Vec<Block>)> = (0..systems)
        .into_par_iter()
        .map(|index| {
            let (spectra, model) = random_system(key, index);
            let oracle = LinearGaussian::new(model.clone()).expect("random systems contract");
            let budgets = budgets("geometric_ergodicity", |budget| (budget.chains, budget.times) = (256, vec![1]));
            let case = case_of(&model, spectra.name(), key.within("chains").within(&index.to_string()), 2.0, budgets);
            let (_, finding) = judged("geometric_ergodicity", &case);
            let of = |block: &str| {
                let suffix = if block == "joint" { String::new() } else { format!("_{block}") };
                let estimate = finding.interval(&names::RATE.ending(&suffix)).map(|estimate| [estimate.value, estimate.lower, estimate.upper]);
                let truth = if block == "data" { oracle.rho_data() } else { oracle.rate() };
                Block { truth, estimate, line: finding.exact(&names::STRAIGHT_LINE_RATE.ending(&suffix)).unwrap_or(f64::NAN) }
            };
            (spectra, BLOCKS.map(of).into())
        })
        .collect();
    let mut rows = Vec::new();
    for spectra in Spectra::ALL {
        for (index, block) in BLOCKS.into_iter().enumerate() {
            let own: Vec<&Block> = shots.iter().filter(|(kind, _)| *kind == spectra).map(|(_, blocks)| &blocks[index]).collect();
            let defined: Vec<(f64, [f64; 3])> = own.iter().filter_map(|block| Some((block.truth, block.estimate?))).collect();
            if defined.is_empty() {
                continue;
            }
            let n = defined.len() as f64;
            let errors: Vec<f64> = defined.iter().map(|(truth, [value, ..])| value - truth).collect();
            let lines: Vec<f64> = own.iter().map(|block| block.line - block.truth).filter(|error| error.is_finite()).collect();
            let worst = |errors: &[f64]| errors.iter().fold(0.0, |worst: f64, error| if error.abs() > worst.abs() { *error } else { worst });
            let hits = defined.iter().filter(|(truth, [_, lower, upper])| lower <= truth && truth <= upper).count();
            let (low, high) = clopper_pearson(hits, defined.len(), 0.999);
            let bias = errors.iter().sum::<f64>() / n;
            rows.push(SystemsRow {
                spectra: spectra.name().to_string(),
                block: block.to_string(),
                systems: own.len(),
                undefined: own.len() - defined.len(),
                bias,
                worst: worst(&errors),
                coverage: hits as f64 / n,
                coverage_between: [low, high],
                straight_line_bias: lines.iter().sum::<f64>() / lines.len().max(1) as f64,
                straight_line_worst: worst(&lines),
                passes: bias.abs() < 0.005 && high >= 0.93,
            });
        }
    }
    rows
}
