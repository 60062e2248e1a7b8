//! What `analyze` decides of learning runs: how many steps are worth their time, and the study that
//! confirms a truncation length by training.

use crate::study::Prepared;
use crate::study::config::{CompareSection, Config};
use std::collections::BTreeMap;

/// Seeds of a confirming study, and the most steps of a run of it.
const CONFIRMING: usize = 8;
const CONFIRMING_STEPS: usize = 100_000;
/// Steps of a learning run.
pub(super) const STEPS: usize = 300_000;
/// Additions and multiplications of a run at most: some five seconds of one core.
const FLOPS: f64 = 4e10;
/// Steps are a multiple of this many.
const ROUND: usize = 10_000;

/// Steps of a learning run that come to so many additions and multiplications at most, in round
/// numbers.
pub(super) fn affordable(prepared: &Prepared) -> usize {
    let flops = prepared.study.cases.iter().map(|study_case| {
        let (method, cell) = (study_case.case.learning.method, &*study_case.case.network.cell);
        method.kind().flops(method.length(), cell)
    });
    let steps = FLOPS / flops.fold(1.0, f64::max);
    (steps.min(STEPS as f64) as usize / ROUND * ROUND).max(ROUND)
}

/// The study that trains at the truncation length, at half of it, and exactly.
pub(super) fn confirming(mut config: Config, length: usize) -> Config {
    let rolling = |length: usize| format!("rolling-tbptt({length})");
    let mut methods = vec!["rtrl".to_string(), rolling(length)];
    if length > 1 {
        methods.push(rolling(length / 2));
    }
    config.study.name = format!("{}-confirm", config.study.name);
    config.compare = Some(CompareSection { methods: Some(methods), seeds: Some(CONFIRMING), ..CompareSection::default() });
    if let Some(learning) = &mut config.learning {
        (learning.method, learning.truncation) = (None, None);
        learning.steps = learning.steps.map(|steps| steps.min(CONFIRMING_STEPS));
    }
    config.claims = BTreeMap::new();
    config
}
