//! The pathwise rate `exp λ₁` of a case: trajectories of products of Jacobians, and an interval
//! that knows the transient they share.

use crate::claims::measuring::memory_count;
use crate::claims::measuring::names;
use crate::claims::{Budget, Case, Record, Records, Work};
use crate::data::Segment;
use crate::ergodicity::{LyapunovAccumulator, LyapunovPlan};
use crate::network::{RankOne, TangentStep};
use crate::random::{Noise, RngKey, stream};
use crate::stats::{Estimate, Sample, Undefined};
use ndarray::{ArrayView1, ArrayView2, s};

/// Name of the part.
pub(in crate::claims) const PART: &str = "trajectories";
/// Independent trajectories.
const COUNT: usize = 32;
/// Trajectories of one unit of work.
const TOGETHER: usize = 4;
/// Hidden size from which on the trajectories of a unit share one product a step.
const WORTH_A_PRODUCT: usize = 64;
/// Parts that each is cut into.
pub(in crate::claims) const SEGMENTS: usize = 8;
/// Counted steps, in multiples of the claim's steps.
const FACTOR: usize = 4;
/// Standard deviations of a trajectory, over the number of starting times, that the phases' spread
/// may leave: enough for products that turn by a quarter radian a step or more.
const SWEPT: f64 = 8.0;
/// How far beyond the bias of a transient that dies like 1/t the interval reaches.
const BEYOND: f64 = 1.5;

/// Variance between trajectories over the one within from which on they are said to stay where they
/// were started; 32 of 8 independent segments exceed it by chance less than once in 1e7.
const STAY: f64 = 3.5;

/// The units of work.
pub(in crate::claims) fn work<'c>(case: &'c Case, budget: &'c Budget, key: RngKey) -> Work<'c> {
    let footprint = memory_count::trajectories(case, steps(budget), SEGMENTS);
    Work::new(PART, COUNT / TOGETHER, footprint, move |index| run(case, budget, key, index))
}

/// Steps of one trajectory: those that are not counted, at most twice the burn-in, and those that
/// are.
pub(in crate::claims) fn steps(budget: &Budget) -> usize {
    2 * budget.burn_in + FACTOR * budget.steps
}

/// One trajectory on its way.
struct Trajectory {
    path: Segment,
    state: Vec<f64>,
    growth: LyapunovAccumulator,
}

/// Follows the trajectories of one unit: each from its own start, along its own tangent, and
/// counted from its own time on, between one and two burn-ins.
///
/// Along a product of Jacobians that turns (a complex leading pair) `log |A_t ⋯ A_1 v|` swings
/// about its trend for ever. Were all tangents and times the same, all trajectories would show the
/// swing at the same phase, and their spread would not know of it.
pub(in crate::claims) fn run(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let cell = &*case.network.cell;
    let (n, steps) = (cell.state_len(), steps(budget));
    let begin = |replicate: usize| {
        let at = key.replicate(replicate);
        let data = case.data_start(replicate, COUNT, key, stream::OTHER_START);
        let (mut innovations, mut observations) = (Noise::at(at.stream(stream::INNOVATION)), Noise::at(at.stream(stream::OBSERVATION)));
        let (path, _) = Segment::follow(&*case.data, data, steps, &mut innovations, &mut observations);
        let mut own = Noise::at(at.stream(stream::DIRECTION));
        let warm = budget.burn_in + own.index(budget.burn_in.max(1));
        let plan = LyapunovPlan { dimension: n, count: 1, steps: warm + FACTOR * budget.steps, warm, segments: SEGMENTS };
        let state = case.hidden_start(replicate, key, stream::OTHER_START);
        let direction = own.normal_vector(n);
        let growth = if cell.units_are_separate() { LyapunovAccumulator::separate(plan) } else { LyapunovAccumulator::along(plan, vec![direction]) };
        Trajectory { path, state, growth }
    };
    let mut followed: Vec<Trajectory> = (index * TOGETHER..(index + 1) * TOGETHER).map(begin).collect();
    let mut tape = vec![0.0; cell.tape_len()];
    let mut next = vec![(vec![0.0; n], vec![0.0; n]); followed.len()];
    let still = cell.tangents().filter(|_| n >= WORTH_A_PRODUCT).map(|tangents| (tangents, RankOne::zeros(1, n, tangents.group_len())));
    for t in 0..steps {
        match &still {
            // Along a direction of zeros a tangent is pushed forward and nothing is added: one
            // product for all trajectories.
            Some((tangents, directions)) => {
                let lanes = followed.iter_mut().zip(&mut next).map(|(one, (next, next_tangents))| {
                    let tangents = &one.growth.columns_mut()[0];
                    TangentStep { directions, state: &one.state, input: one.path.input(t), tangents, next, next_tangents, difference: None }
                });
                tangents.step_tangents(&mut lanes.collect::<Vec<_>>());
            }
            None => {
                for (one, (next, image)) in followed.iter_mut().zip(&mut next) {
                    cell.step(&one.state, one.path.input(t), next, &mut tape);
                    cell.push(&tape, Some(&one.growth.columns_mut()[0]), None, image);
                }
            }
        }
        for (one, (next, image)) in followed.iter_mut().zip(&mut next) {
            std::mem::swap(&mut one.state, next);
            std::mem::swap(&mut one.growth.columns_mut()[0], image);
            one.growth.turned();
        }
    }
    let directions = if cell.units_are_separate() { n } else { 1 };
    Record::default().with(names::EXPONENTS, SEGMENTS * directions, followed.iter().flat_map(|one| one.growth.exponents()).collect())
}

/// `exp λ₁` with its interval.
///
/// ```text
/// λ̂ = mean of the trajectories' exponents,   Δ = first half less second half,
///     Δ₊² = (Δ² − se(Δ)²)₊
/// interval: λ̂ ± t se(λ̂), on the side that the drift points to longer by 1.5 c Δ₊
/// ```
///
/// `Δ₊` is the drift without its noise: a transient that trajectories share does not show in their
/// spread. `c Δ` is the bias of `λ̂` where the transient dies like 1/t, as that of a defective
/// leading eigenvalue does (`log |A^t v| = t log ρ + k log t`), the slowest there is; one that dies
/// faster has less. A swing `a sin(2ωt + φ)` of `log |A_t ⋯ A_1 v|` averages to nothing over the
/// starting times, of which there are R, but for `2 sd/(R |sin ω|)`, with `sd` the standard
/// deviation of one trajectory: `8 sd/R` is added at both ends. Last comes what rounding may have
/// done. A product that vanished on every trajectory has the rate 0.
///
/// Where trajectories differ by far more than their own parts do, they stay where they were
/// started, and how much of the stationary law each place holds is not seen: the interval reaches
/// over all of them.
///
/// Units that do not see each other have exponents of their own, and the largest counts. The length
/// of a tangent over all of them would grow like the larger of two walks, too fast by a term that
/// dies like `t^{−1/2}` where two exponents are near each other. The lower end is the largest of
/// the K units that may be the leading one, each at the level `1 − (1 − level)/K`.
pub(in crate::claims) fn rate(records: &Records, budget: &Budget, level: f64) -> Result<Estimate, Undefined> {
    let exponents = records.part(PART).stacked(names::EXPONENTS)?;
    let directions = exponents.ncols() / SEGMENTS;
    if directions * SEGMENTS != exponents.ncols() || directions == 0 {
        return Err(Undefined::because(format!("the records hold {} exponents a trajectory, not {SEGMENTS} segments of them", exponents.ncols())));
    }
    let vanished = |direction: usize| {
        let own = |row: ArrayView1<f64>| (0..SEGMENTS).any(|segment| row[segment * directions + direction] == f64::NEG_INFINITY);
        exponents.rows().into_iter().filter(|row| own(*row)).count()
    };
    let counts: Vec<usize> = (0..directions).map(vanished).collect();
    let alive: Vec<usize> = (0..directions).filter(|direction| counts[*direction] < exponents.nrows()).collect();
    if alive.is_empty() && exponents.nrows() > 0 {
        return Ok(Estimate::exact(0.0));
    }
    if let Some(direction) = alive.iter().find(|direction| counts[**direction] > 0) {
        return Err(Undefined::because(format!("the product of Jacobians vanished on {} of {} trajectories", counts[*direction], exponents.nrows())));
    }
    let at = |level: f64, direction: usize| exponent(&exponents.slice(s![.., direction..;directions]), budget, level);
    let own: Vec<Estimate> = alive.iter().map(|direction| at(level, *direction)).collect::<Result<_, _>>()?;
    let largest = |value: &dyn Fn(&Estimate) -> f64| own.iter().map(value).fold(f64::NEG_INFINITY, f64::max);
    let lower = largest(&|estimate| estimate.lower);
    let contenders: Vec<usize> = alive.iter().zip(&own).filter(|(_, estimate)| estimate.upper >= lower).map(|(direction, _)| *direction).collect();
    let shared = 1.0 - (1.0 - level) / contenders.len() as f64;
    let lowers: Vec<f64> = contenders.iter().map(|direction| Ok(at(shared, *direction)?.lower)).collect::<Result<_, Undefined>>()?;
    let leading = own.iter().copied().reduce(|best, next| if next.value > best.value { next } else { best }).expect("a unit is alive");
    let upper = largest(&|estimate| estimate.upper);
    Ok(Estimate { lower: lowers.into_iter().fold(f64::NEG_INFINITY, f64::max), upper, ..leading }.map_monotone(libm::exp))
}

/// One exponent with its interval, from its segments on every trajectory.
fn exponent(segments: &ArrayView2<f64>, budget: &Budget, level: f64) -> Result<Estimate, Undefined> {
    let mean =
        |from: usize, to: usize| -> Vec<f64> { segments.rows().into_iter().map(|row| row.slice(s![from..to]).sum() / (to - from) as f64).collect() };
    let means = mean(0, SEGMENTS);
    let whole = Sample::new(&means)?.mean(level)?;
    let drift: Vec<f64> = mean(0, SEGMENTS / 2).iter().zip(mean(SEGMENTS / 2, SEGMENTS)).map(|(a, b)| a - b).collect();
    let drift = Sample::new(&drift)?.mean(level)?;
    let size = (drift.value * drift.value - drift.standard_error * drift.standard_error).max(0.0).sqrt().copysign(drift.value);
    let counted = (FACTOR * budget.steps) as f64;
    let reach = BEYOND * bias_over_drift(1.5 * budget.burn_in as f64 + 1.0, counted) * size;
    let rounding = counted * f64::EPSILON * (1.0 + whole.value.abs());
    let swept = SWEPT * whole.standard_error * (segments.nrows() as f64).sqrt() / budget.burn_in.max(1) as f64;
    let both = swept + rounding;
    let (mut lower, mut upper) = (whole.lower - reach.max(0.0) - both, whole.upper - reach.min(0.0) + both);
    if stay(segments, &means) {
        (lower, upper) = means.iter().fold((lower, upper), |(low, high), mean| (low.min(*mean), high.max(*mean)));
    }
    Ok(Estimate { lower, upper, ..whole })
}

/// Whether trajectories differ by more than their segments explain: the ratio of the variances
/// between and within trajectories, which is near 1 where segments are independent (analysis of
/// variance).
fn stay(segments: &ArrayView2<f64>, means: &[f64]) -> bool {
    let within = segments.rows().into_iter().zip(means).map(|(row, mean)| row.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>());
    let (rows, columns) = (segments.nrows() as f64, segments.ncols() as f64);
    let within = within.sum::<f64>() / (rows * (columns - 1.0));
    let centre = means.iter().sum::<f64>() / rows;
    let between = columns * means.iter().map(|mean| (mean - centre) * (mean - centre)).sum::<f64>() / (rows - 1.0);
    between > STAY * within
}

/// Bias of the mean over `[a, a + T]` over the drift between its halves, for a rate that exceeds
/// its limit by k/t.
fn bias_over_drift(a: f64, counted: f64) -> f64 {
    let (middle, end) = (a + counted / 2.0, a + counted);
    let [first, second] = [libm::log(middle / a), libm::log(end / middle)];
    (first + second) / 2.0 / (first - second)
}
