//! How the time of the seven claims grows with hidden size, updates and chains, beside what is
//! counted, and that of one update of exact learning.

use super::main_job;
use super::scaling::{Exponent, Picture, figure_of};
use super::{Options, Timed};
use crate::claims::{self, Budget, Case, Claim};
use crate::figures::Figure;
use crate::gradient::block_steps;
use crate::study::{BudgetScale, Prepared, StudyCase};
use std::path::Path;
use std::time::Instant;

/// A size of the job: hidden units, updates of a learning run, and how many times the chains.
#[derive(Clone, Copy)]
struct Shape {
    units: usize,
    updates: usize,
    chains: usize,
}

/// The shape that the counts are anchored at.
const MIDDLE: Shape = Shape { units: 32, updates: 20_000, chains: 1 };

/// The only case of a study of a shape, with the budgets of a quick look.
fn study(shape: Shape) -> StudyCase {
    let Shape { units, updates, .. } = shape;
    let study = format!(
        "[study]\nname = \"growth\"\nseed = 7\n[data]\nkind = \"var\"\ntransition = [[0.7, 0.1], [0.0, 0.5]]\ninputs = [0, 1]\ntarget = [0.3, -1.0]\ntarget_noise = 0.1\n\
         [network]\nactivation = \"tanh\"\nhidden = {units}\nrecurrent_norm = 0.8\n[learning]\nsteps = {updates}\n"
    );
    let prepared = Prepared::new(&study, "growth", Path::new("."), BudgetScale::Quick, &[]).expect("a study that is written here");
    prepared.study.cases.into_iter().next().expect("one case")
}

/// The case of a shape, with its number of chains.
fn case(shape: Shape) -> Case {
    let more = |case: Case, claim: &&'static dyn Claim| case.with_budget(*claim, |budget| budget.chains *= shape.chains);
    asked().iter().fold(study(shape).case, more)
}

/// The claims that a study asks for where it names none.
fn asked() -> Vec<&'static dyn Claim> {
    let ids = study(MIDDLE).asked;
    ids.into_iter().map(|id| claims::named(id).expect("a claim that a study asks for")).collect()
}

/// Flops of an update of exact learning in blocks of steps.
fn update_flops(units: usize, group: usize) -> f64 {
    let (n, p, block) = (units as f64, (units * group) as f64, block_steps(units) as f64);
    2.0 * n * n * p / block + 4.0 * n * p + 2.0 * n * n * n + block * (n * n + p)
}

/// Leading flops of a claim, up to a constant of its own.
fn flops(claim: &dyn Claim, case: &Case) -> f64 {
    let Budget { chains, steps, seeds, checkpoints, taus, .. } = case.budget(claim.id());
    let (n, p) = (case.network.cell.state_len() as f64, case.network.recurrent_len() as f64);
    let group = case.network.recurrent_len() / case.network.cell.state_len();
    let per_chain = match claim.id() {
        "hidden_contraction" => 4.0 * p,
        "derivative_moments" => 2.0 * n * n * p / 10.0 + 4.0 * n * p + 2.0 * n * n * n,
        "geometric_ergodicity" => 4.0 * n * n * p,
        "gradient_identity" => 4.0 * p + 2.0 * n * n,
        "truncation_bias" => 2.0 * n * n * *taus.last().unwrap_or(&1) as f64 + 2.0 * p * taus.len() as f64,
        "stationary_point" => (4.0 * p + 2.0 * n * n) * (seeds * checkpoints) as f64,
        _ => 1.0,
    };
    let learning = if claim.id() == "stationary_point" { (*seeds * case.learning.steps) as f64 * update_flops(n as usize, group) } else { 0.0 };
    per_chain * (chains * steps) as f64 + learning
}

/// Seconds of every claim, measured and judged on this thread.
fn seconds(case: &Case) -> Vec<f64> {
    let one = |claim: &&'static dyn Claim| {
        let start = Instant::now();
        drop(std::hint::black_box(case.ask(*claim)));
        start.elapsed().as_secs_f64()
    };
    asked().iter().map(one).collect()
}

/// Times against one side of the shape. What is counted: every claim grows from its time at the
/// anchor as its leading flops do.
fn claims_against(against: &'static str, values: &[usize], anchor: &[f64], shape: impl Fn(usize) -> Shape) -> Exponent {
    let base = case(MIDDLE);
    let (mut measured, mut counted) = (Vec::new(), Vec::new());
    for value in values {
        let case = case(shape(*value));
        measured.push(seconds(&case).iter().sum::<f64>());
        let grown = |(claim, seconds): (&&'static dyn Claim, &f64)| seconds * flops(*claim, &case) / flops(*claim, &base);
        counted.push(asked().iter().zip(anchor).map(grown).sum::<f64>());
    }
    Exponent::of(against, values, measured, counted)
}

/// Exponents of the seven claims against N, updates and chains, and of one update against N; one
/// thread.
pub(super) fn exponents(options: &Options) -> Vec<Exponent> {
    let Ok(pool) = rayon::ThreadPoolBuilder::new().num_threads(1).build() else { return Vec::new() };
    pool.install(|| {
        let anchor = seconds(&case(MIDDLE));
        let (sizes, few, many): (&[usize], &[usize], &[usize]) = if options.quick {
            (&[17, 24, 32], &[20_000, 80_000], &[1, 2])
        } else {
            (&[17, 24, 32, 48], &[20_000, 80_000, 320_000, 1_280_000], &[1, 2, 4])
        };
        vec![
            update(options),
            claims_against("N", sizes, &anchor, |units| Shape { units, ..MIDDLE }),
            claims_against("updates", few, &anchor, |updates| Shape { updates, ..MIDDLE }),
            claims_against("chains", many, &anchor, |chains| Shape { chains, ..MIDDLE }),
        ]
    })
}

/// One update of exact learning against N, the shortest of several runs.
fn update(options: &Options) -> Exponent {
    let sizes: &[usize] = if options.quick { &[32, 64, 128] } else { &[32, 64, 128, 256] };
    let (mut measured, mut counted) = (Vec::new(), Vec::new());
    for units in sizes {
        let Timed { steps, mut go, .. } = main_job::learn(*units, options);
        let mut best = f64::INFINITY;
        for _ in 0..if options.quick { 1 } else { 3 } {
            let start = Instant::now();
            go();
            best = best.min(start.elapsed().as_secs_f64() / steps.unwrap_or(1) as f64);
        }
        measured.push(best);
        counted.push(update_flops(*units, *units + 3));
    }
    Exponent::of("N, one update", sizes, measured, counted)
}

/// The figure of [`exponents`].
pub(super) fn figure(exponents: &[Exponent]) -> Figure {
    figure_of(
        exponents,
        Picture {
            id: "bench-growth",
            title: "Does the time of a study grow as its flops are counted?",
            caption: "Seconds of one thread: an update of exact learning, and the seven claims of one tanh network with the budgets of a quick look, against hidden size N, updates of a learning run and chains. \
                      Lines: the counted flops of an update in blocks of steps; every claim's time at 32 units and 20,000 updates times what its leading flops grow by.",
            counted: "counted flops",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::bench::scaling::slope;

    /// Counts: blocks take an update from the fourth power of N to about the third.
    #[test]
    fn an_update_in_blocks_is_of_the_third_power() {
        let sizes = [64, 128, 256];
        let counted = sizes.map(|units| update_flops(units, units + 3));
        let exponent = slope(&sizes, &counted);
        assert!((2.9..3.4).contains(&exponent), "{exponent}");
    }

    #[test]
    fn every_claim_is_counted() {
        let (small, large) = (case(Shape { units: 17, ..MIDDLE }), case(MIDDLE));
        let more = case(Shape { chains: 3, ..MIDDLE });
        assert_eq!(asked().len(), 7);
        for claim in asked() {
            let [small, large, more] = [&small, &large, &more].map(|case| flops(claim, case));
            assert!(large >= small && more > large, "{}: {small} {large} {more}", claim.id());
        }
    }
}
