//! The ensemble on one instruction set: units of chains, carried through blocks of steps, column
//! panels at a time.

use super::given::{OfChains, OfColumns};
use super::panels::{BlockFactors, StepwiseJob, Sums};
use super::plan::{Arrangement, Plan, Row, SIDE, Weights};
use super::propagator::{BlockJob, Pair, Propagator};
use super::{Targets, Tuning};
use crate::network::{Cell, Elman};
use crate::simd::register::{Lined, Register, lined};
use rayon::prelude::*;
use std::marker::PhantomData;

/// What an ensemble asks of the kernel, whatever the instruction set.
pub(crate) trait Engine: Send {
    /// Carries every chain through the steps of `inputs` (T × M × d).
    fn advance(&mut self, inputs: &[f64], observed: Option<Targets<'_>>);
    /// Flops on the derivatives of one chain over unobserved steps.
    fn flops(&self, steps: usize) -> f64;
    /// `S` of a chain.
    fn hidden(&self, chain: usize) -> Vec<f64>;
    /// `V` of a chain, N × P by rows.
    fn influence(&self, chain: usize) -> Vec<f64>;
    /// Summed loss, gradient (recurrent, then readout) and squares of a chain.
    fn sums(&self, chain: usize) -> (f64, Vec<f64>, f64);
}

/// `W` chains, the last of which may be idle.
struct Unit<const W: usize> {
    first: usize,
    present: usize,
    hidden: Vec<[f64; W]>,
    /// The panels of the unit, or of one chain after the other.
    influence: Vec<Row<W>>,
    sums: Vec<Sums<W>>,
    /// Loss and readout gradient of every chain; empty until something is observed.
    readout: Vec<(f64, Vec<f64>)>,
}

/// The buffers of one thread.
struct Buffers<const W: usize> {
    /// One for each unit whose states go together.
    chains: Vec<OfChains<W>>,
    u: Lined<[f64; W]>,
    slopes: Lined<[f64; W]>,
    /// State, adjoint and error of one chain.
    single: [Vec<f64>; 3],
    columns: Option<OfColumns<W>>,
    propagators: Propagators<W>,
    scratch: Vec<Row<W>>,
}

/// What carries derivatives over a block of steps at once, where nothing is observed.
struct Propagators<const W: usize> {
    chains: Option<Propagator<[f64; SIDE], W>>,
    columns: Option<Propagator<Row<W>, W>>,
}

pub(crate) struct Units<R, const W: usize> {
    plan: Plan,
    weights: Weights,
    chains: usize,
    units: Vec<Unit<W>>,
    tuning: Tuning,
    register: PhantomData<R>,
}

impl<R: Register<W>, const W: usize> Units<R, W> {
    /// Chains at the hidden states `hidden` (M × N) with zero derivatives.
    pub(crate) fn new(cell: &Elman, hidden: &[f64], tuning: Tuning) -> Self {
        let chains = hidden.len() / cell.state_len();
        let arrangement = tuning.arrangement.unwrap_or_else(|| Plan::arrangement(cell.state_len(), chains, W));
        let plan = Plan::of(cell, arrangement, W);
        let weights = Weights::of(cell, &plan);
        let unit = |first: usize| {
            let present = W.min(chains - first);
            let copies = if arrangement == Arrangement::Chains { 1 } else { present };
            let value = |i: usize, lane: usize| if lane < present { hidden[(first + lane) * plan.hidden + i] } else { 0.0 };
            Unit {
                first,
                present,
                hidden: (0..plan.hidden).map(|i| std::array::from_fn(|lane| value(i, lane))).collect(),
                influence: vec![Row::ZERO; copies * plan.panels * plan.rows],
                sums: Vec::new(),
                readout: Vec::new(),
            }
        };
        let units = (0..chains).step_by(W).map(unit).collect();
        Units { plan, weights, chains, units, tuning, register: PhantomData }
    }

    /// Bytes of what a block of steps gives to the panels; half of a usual second cache.
    const GIVEN_BYTES: usize = 1 << 18;
    /// Bytes of a group of panels with its scratch; half of a usual first cache.
    const GROUP_BYTES: usize = 1 << 14;

    /// Steps of a block: where nothing is observed the plan's alone, since bits depend on them.
    fn steps(&self, observed: bool) -> usize {
        if !observed {
            return self.plan.block;
        }
        let numbers = if self.plan.arrangement == Arrangement::Chains { W } else { 1 };
        let bytes = 8 * numbers * self.plan.rows * self.plan.hidden;
        self.tuning.steps.unwrap_or((Self::GIVEN_BYTES / bytes).clamp(2, 16))
    }

    /// Panels of a group.
    fn group(&self) -> usize {
        self.tuning.group.unwrap_or(Self::GROUP_BYTES / (2 * self.plan.rows * size_of::<Row<W>>())).max(1)
    }

    /// Units whose states go through a block together: as many as hide the latency of the
    /// activations of the smallest cells. At N = 8 it gained nothing.
    fn together(&self) -> usize {
        if self.plan.hidden <= 4 && self.plan.arrangement == Arrangement::Chains { 4 } else { 1 }
    }

    fn buffers(&self, parallel: bool, observed: bool) -> Buffers<W> {
        let (plan, steps) = (&self.plan, self.steps(observed));
        let scratch = if parallel { 0 } else { scratch_rows(plan, self.group()) };
        let by_columns = plan.arrangement == Arrangement::Columns;
        let propagators = Propagators {
            chains: (!observed && !by_columns).then(|| Propagator::new(plan, &self.weights)),
            columns: (!observed && by_columns).then(|| Propagator::new(plan, &self.weights)),
        };
        let columns = by_columns.then(|| OfColumns::new(plan, steps));
        let chains = (0..self.together()).map(|_| OfChains::new(plan, steps)).collect();
        let numbers = lined([0.0; W], self.together() * plan.hidden);
        let scratch = vec![Row::ZERO; scratch];
        Buffers { chains, u: numbers.clone(), slopes: numbers, single: Default::default(), columns, propagators, scratch }
    }
}

/// Rows of scratch for a group of panels, step by step or over a block at once.
fn scratch_rows(plan: &Plan, group: usize) -> usize {
    (group * plan.rows).max(plan.rows + plan.block)
}

/// The panels of one chain or unit through `steps` steps; on many threads where `scratch` is empty.
fn carry<R: Register<W>, P: Pair<W>, G: BlockFactors<W, Number = P::Number>, const W: usize>(
    plan: &Plan,
    given: &G,
    propagator: Option<&Propagator<P, W>>,
    (steps, group): (usize, usize),
    influence: &mut [Row<W>],
    sums: &mut [Sums<W>],
    scratch: &mut [Row<W>],
) {
    // Over a block at once a panel meets its factors once, and nothing is gained from groups.
    let alone = propagator.is_some() && !scratch.is_empty();
    let (len, scratch_rows) = (if alone { influence.len() } else { group * plan.rows }, scratch_rows(plan, group));
    let work = |(index, panels): (usize, &mut [Row<W>]), sums: &mut [Sums<W>], scratch: &mut [Row<W>]| {
        let first = index * group;
        if let Some(propagator) = propagator {
            R::perform(BlockJob { plan, given, propagator, steps, first, panels, scratch });
        } else {
            let scratch = &mut scratch[..panels.len()];
            R::perform(StepwiseJob { plan, given, steps, first, panels, sums, scratch });
        }
    };
    // A slice of no sums for every group where nothing is observed.
    let observed = !sums.is_empty();
    if scratch.is_empty() {
        let mut parts: Vec<&mut [Sums<W>]> = if observed { sums.chunks_mut(group).collect() } else { Vec::new() };
        parts.resize_with(influence.len().div_ceil(len), || &mut []);
        influence
            .par_chunks_mut(len)
            .enumerate()
            .zip(parts)
            .for_each_init(|| vec![Row::ZERO; scratch_rows], |scratch, (panels, sums)| work(panels, sums, scratch));
    } else {
        let mut rest = sums;
        for panels in influence.chunks_mut(len).enumerate() {
            let (part, after) = rest.split_at_mut(if observed { panels.1.len() / plan.rows } else { 0 });
            rest = after;
            work(panels, part, scratch);
        }
    }
}

/// The panels of one chain or unit over a block of steps at once, but for the lanes whose `Ψ_0` is
/// not finite: where V is zero, step by step knows no `0 · ∞`.
fn leap<R: Register<W>, P: Pair<W>, G: BlockFactors<W, Number = P::Number>, const W: usize>(
    plan: &Plan,
    given: &mut G,
    propagator: &mut Propagator<P, W>,
    (steps, group): (usize, usize),
    influence: &mut [Row<W>],
    scratch: &mut [Row<W>],
    scale: impl FnOnce(&mut G),
) {
    // One step is no block.
    let stepwise = if steps > 1 { propagator.form::<R, G>(plan, given, steps) } else { [true; W] };
    let mut stepped = if stepwise.contains(&true) && stepwise.contains(&false) { influence.to_vec() } else { Vec::new() };
    if stepwise.contains(&true) {
        scale(given);
        let target = if stepped.is_empty() { &mut *influence } else { &mut stepped };
        carry::<R, P, G, W>(plan, given, None, (steps, group), target, &mut [], scratch);
    }
    if stepwise.contains(&false) {
        carry::<R, P, G, W>(plan, given, Some(propagator), (steps, group), influence, &mut [], scratch);
    }
    for (row, stepped) in influence.iter_mut().zip(&stepped) {
        for (side, stepped) in row.0.iter_mut().zip(&stepped.0) {
            for lane in (0..W).filter(|lane| stepwise[*lane]) {
                side[lane] = stepped[lane];
            }
        }
    }
}

/// Carries neighbouring units through all steps of the series. Their states go through a block of
/// steps in turn, so that the latencies of one unit's activations are hidden by the others; then
/// the panels follow, unit by unit.
fn advance<R: Register<W>, const W: usize>(
    units: &mut [Unit<W>],
    plan: &Plan,
    weights: &Weights,
    series: Series<'_>,
    tuning: (usize, usize),
    buffers: &mut Buffers<W>,
) {
    let Buffers { chains, u, slopes, single, columns, propagators, scratch } = buffers;
    let Series { inputs, chains: m, observed } = series;
    let (block, group) = tuning;
    let times = inputs.len() / (m * plan.inputs);
    let used = units.len() * plan.hidden;
    // Inputs of neighbouring steps stand far apart where there are many chains: they come from
    // memory a block before they are read.
    let (first, carried) = (units[0].first, units.iter().map(|unit| unit.present).sum::<usize>());
    let ahead = |step: usize| {
        let from = (step * m + first) * plan.inputs;
        let row = inputs.get(from..from + carried * plan.inputs).unwrap_or(&[]);
        row.as_chunks::<W>().0.iter().step_by(8usize.div_ceil(W)).for_each(R::prefetch);
    };
    (0..block).for_each(ahead);
    for start in (0..times).step_by(block) {
        let steps = block.min(times - start);
        for step in 0..steps {
            ahead(start + block + step);
            for ((unit, chains), u) in units.iter().zip(chains.iter_mut()).zip(u.chunks_exact_mut(plan.hidden)) {
                let row = (start + step) * m + unit.first;
                let input = |lane: usize, j: usize| if lane < unit.present { inputs[(row + lane) * plan.inputs + j] } else { 0.0 };
                chains.states.before_activation::<R, f64>(plan, &weights.rows, step, &unit.hidden, u, input);
            }
            weights.activation.values_and_slopes(u[..used].as_flattened_mut(), slopes[..used].as_flattened_mut());
            let activated = u.chunks_exact(plan.hidden).zip(slopes.chunks_exact(plan.hidden));
            for ((unit, chains), (u, slopes)) in units.iter_mut().zip(chains.iter_mut()).zip(activated) {
                unit.hidden.copy_from_slice(u);
                chains.states.keep_slopes(plan, step, slopes);
                if columns.is_none() && observed.is_some() {
                    chains.scale::<R, f64>(plan, &weights.packed, step);
                }
                if let Some(observed) = observed {
                    let adjoints = &mut chains.states.adjoints[step * plan.hidden..][..plan.hidden];
                    let row = (start + step) * m + unit.first;
                    read_out(&mut unit.readout, &unit.hidden, unit.present, observed, row, single, adjoints);
                }
            }
        }
        for (unit, chains) in units.iter_mut().zip(chains.iter_mut()) {
            let sums = unit.sums_for(plan, observed.is_some(), columns.is_some());
            let Some(columns) = columns else {
                if let Some(propagator) = &mut propagators.chains {
                    let scale = |chains: &mut OfChains<W>| (0..steps).for_each(|step| chains.scale::<R, f64>(plan, &weights.packed, step));
                    leap::<R, _, _, W>(plan, chains, propagator, (steps, group), &mut unit.influence, scratch, scale);
                } else {
                    carry::<R, [f64; SIDE], _, W>(plan, chains, None, (steps, group), &mut unit.influence, &mut unit.sums[..sums], scratch);
                }
                continue;
            };
            let mut sums = &mut unit.sums[..sums];
            for (lane, influence) in unit.influence.chunks_exact_mut(plan.panels * plan.rows).enumerate() {
                columns.extract(plan, &chains.states, lane, steps);
                let (part, after) = sums.split_at_mut(plan.panels.min(sums.len()));
                sums = after;
                let scale = |columns: &mut OfColumns<W>| columns.scale(plan, &weights.packed, steps);
                if let Some(propagator) = &mut propagators.columns {
                    leap::<R, _, _, W>(plan, columns, propagator, (steps, group), influence, scratch, scale);
                } else {
                    scale(columns);
                    carry::<R, Row<W>, _, W>(plan, columns, None, (steps, group), influence, part, scratch);
                }
            }
        }
    }
}

impl<const W: usize> Unit<W> {
    /// How many sums this block adds to, none where nothing is observed; makes room for them.
    fn sums_for(&mut self, plan: &Plan, observed: bool, by_columns: bool) -> usize {
        let sums = if observed { plan.panels * if by_columns { self.present } else { 1 } } else { 0 };
        if self.sums.len() < sums {
            self.sums = vec![Sums::ZERO; sums];
        }
        sums
    }
}

/// Loss, readout gradient and adjoint of every chain after a step whose first chain stands in row
/// `row` of the targets.
fn read_out<const W: usize>(
    sums: &mut Vec<(f64, Vec<f64>)>,
    hidden: &[[f64; W]],
    present: usize,
    observed: Targets<'_>,
    row: usize,
    [state, adjoint, error]: &mut [Vec<f64>; 3],
    adjoints: &mut [crate::simd::register::Lanes<W>],
) {
    let Targets { targets, readout } = observed;
    let (outputs, target_len) = (readout.outputs(), readout.loss().target_len(readout.outputs()));
    sums.resize_with(present, || (0.0, vec![0.0; readout.parameters().len()]));
    state.resize(hidden.len(), 0.0);
    adjoint.resize(hidden.len(), 0.0);
    error.resize(outputs, 0.0);
    for (lane, (loss, gradient)) in sums.iter_mut().enumerate() {
        state.iter_mut().zip(hidden).for_each(|(s, all)| *s = all[lane]);
        *loss += readout.backward(state, &targets[(row + lane) * target_len..][..target_len], error, adjoint, gradient);
        adjoints.iter_mut().zip(adjoint.iter()).for_each(|(all, a)| all.0[lane] = *a);
    }
}

/// Inputs and targets of an advance.
#[derive(Clone, Copy)]
struct Series<'a> {
    inputs: &'a [f64],
    chains: usize,
    observed: Option<Targets<'a>>,
}

impl<R: Register<W>, const W: usize> Engine for Units<R, W> {
    fn advance(&mut self, inputs: &[f64], observed: Option<Targets<'_>>) {
        let series = Series { inputs, chains: self.chains, observed };
        let tuning = (self.steps(observed.is_some()), self.group());
        let threads = rayon::current_num_threads();
        let inside = threads > 1 && self.units.len() < 2 * threads;
        let mut units = std::mem::take(&mut self.units);
        if inside {
            let mut buffers = self.buffers(true, observed.is_some());
            units.chunks_mut(self.together()).for_each(|units| advance::<R, W>(units, &self.plan, &self.weights, series, tuning, &mut buffers));
        } else {
            let carry = |buffers: &mut Buffers<W>, units: &mut [Unit<W>]| advance::<R, W>(units, &self.plan, &self.weights, series, tuning, buffers);
            units.par_chunks_mut(self.together()).for_each_init(|| self.buffers(false, observed.is_some()), carry);
        }
        self.units = units;
    }

    fn flops(&self, steps: usize) -> f64 {
        self.plan.flops(steps)
    }

    fn hidden(&self, chain: usize) -> Vec<f64> {
        self.units[chain / W].hidden.iter().map(|lanes| lanes[chain % W]).collect()
    }

    fn influence(&self, chain: usize) -> Vec<f64> {
        let (plan, unit, lane) = (&self.plan, &self.units[chain / W], chain % W);
        let own = if plan.arrangement == Arrangement::Chains { 0 } else { lane * plan.panels };
        let value = |row: usize, column: usize| {
            let (panel, side, place) = plan.place(column, lane, W);
            unit.influence[(own + panel) * plan.rows + row].0[side][place]
        };
        (0..plan.hidden).flat_map(|row| (0..plan.parameters()).map(move |column| value(row, column))).collect()
    }

    fn sums(&self, chain: usize) -> (f64, Vec<f64>, f64) {
        let (plan, unit, lane) = (&self.plan, &self.units[chain / W], chain % W);
        let own = if plan.arrangement == Arrangement::Chains { 0 } else { lane * plan.panels };
        let Some((loss, readout)) = unit.readout.get(lane) else { return (0.0, Vec::new(), 0.0) };
        let of = |column: usize, pick: fn(&Sums<W>) -> &Row<W>| {
            let (panel, side, place) = plan.place(column, lane, W);
            pick(&unit.sums[own + panel]).0[side][place]
        };
        let recurrent = (0..plan.parameters()).map(|column| of(column, |sums| &sums.gradient));
        let squares = (0..plan.parameters()).fold(0.0, |sum, column| sum + of(column, |sums| &sums.squares));
        (*loss, recurrent.chain(readout.iter().copied()).collect(), squares)
    }
}
