//! The ensemble on one instruction set: units of chains, carried through blocks of steps, column panels at a time.

use super::given::{OfChains, OfColumns};
use super::panels::{Carry, Given, Sums};
use super::plan::{Arrangement, Plan, Row, Weights};
use super::{Observed, Tuning};
use crate::network::register::Register;
use crate::network::{Cell, Elman};
use rayon::prelude::*;
use std::marker::PhantomData;

/// What an ensemble asks of the kernel, whatever the instruction set.
pub(crate) trait Engine: Send {
    /// Carries every chain through the steps of `inputs` (T × M × d).
    fn advance(&mut self, inputs: &[f64], observed: Option<Observed<'_>>);
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
    u: Vec<[f64; W]>,
    slopes: Vec<[f64; W]>,
    /// State, adjoint and error of one chain.
    single: [Vec<f64>; 3],
    columns: Option<OfColumns<W>>,
    scratch: Vec<Row<W>>,
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
        let chains = hidden.len() / cell.hidden();
        let arrangement = tuning.arrangement.unwrap_or_else(|| Plan::arrangement(cell.hidden(), chains, W));
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

    /// Steps of a block.
    fn steps(&self) -> usize {
        let numbers = if self.plan.arrangement == Arrangement::Chains { W } else { 1 };
        let bytes = 8 * numbers * self.plan.rows * self.plan.hidden;
        self.tuning.steps.unwrap_or((Self::GIVEN_BYTES / bytes).clamp(2, 16))
    }

    /// Panels of a group.
    fn group(&self) -> usize {
        self.tuning.group.unwrap_or(Self::GROUP_BYTES / (2 * self.plan.rows * size_of::<Row<W>>())).max(1)
    }

    /// Units whose states go through a block together: as many as hide the latency of the activations of the smallest cells. At N = 8 it gained nothing.
    fn together(&self) -> usize {
        if self.plan.hidden <= 4 && self.plan.arrangement == Arrangement::Chains { 4 } else { 1 }
    }

    fn buffers(&self, parallel: bool) -> Buffers<W> {
        let steps = self.steps();
        let scratch = if parallel { 0 } else { self.group() * self.plan.rows };
        let columns = (self.plan.arrangement == Arrangement::Columns).then(|| OfColumns::new(&self.plan, steps));
        let chains = (0..self.together()).map(|_| OfChains::new(&self.plan, steps, columns.is_none())).collect();
        let numbers = vec![[0.0; W]; self.together() * self.plan.hidden];
        Buffers { chains, u: numbers.clone(), slopes: numbers, single: Default::default(), columns, scratch: vec![Row::ZERO; scratch] }
    }
}

/// The panels of one chain or unit through `steps` steps; on many threads where `scratch` is empty.
fn carry<R: Register<W>, G: Given<W>, const W: usize>(
    plan: &Plan,
    given: &G,
    (steps, group): (usize, usize),
    influence: &mut [Row<W>],
    sums: &mut [Sums<W>],
    scratch: &mut [Row<W>],
) {
    let len = group * plan.rows;
    let work = |(index, panels): (usize, &mut [Row<W>]), sums: &mut [Sums<W>], scratch: &mut [Row<W>]| {
        let scratch = &mut scratch[..panels.len()];
        R::perform(Carry { plan, given, steps, first: index * group, panels, sums, scratch });
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
            .for_each_init(|| vec![Row::ZERO; len], |scratch, (panels, sums)| work(panels, sums, scratch));
    } else {
        let mut rest = sums;
        for panels in influence.chunks_mut(len).enumerate() {
            let (part, after) = rest.split_at_mut(if observed { panels.1.len() / plan.rows } else { 0 });
            rest = after;
            work(panels, part, scratch);
        }
    }
}

/// Carries neighbouring units through all steps of the series. Their states go through a block of steps in turn, so that the latencies of one unit's
/// activations are hidden by the others; then the panels follow, unit by unit.
fn advance<R: Register<W>, const W: usize>(
    units: &mut [Unit<W>],
    plan: &Plan,
    weights: &Weights,
    series: Series<'_>,
    tuning: (usize, usize),
    buffers: &mut Buffers<W>,
) {
    let Buffers { chains, u, slopes, single, columns, scratch } = buffers;
    let Series { inputs, chains: m, observed } = series;
    let (block, group) = tuning;
    let times = inputs.len() / (m * plan.inputs);
    let used = units.len() * plan.hidden;
    for start in (0..times).step_by(block) {
        let steps = block.min(times - start);
        for step in 0..steps {
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
                if columns.is_none() {
                    chains.scale::<R, f64>(plan, &weights.packed, step);
                }
                if let Some(observed) = observed {
                    let adjoints = &mut chains.states.adjoints[step * plan.hidden..][..plan.hidden];
                    let row = (start + step) * m + unit.first;
                    read_out(&mut unit.readout, &unit.hidden, unit.present, observed, row, single, adjoints);
                }
            }
        }
        for (unit, chains) in units.iter_mut().zip(chains.iter()) {
            let sums = unit.sums_for(plan, observed.is_some(), columns.is_some());
            match columns {
                None => carry::<R, _, W>(plan, chains, (steps, group), &mut unit.influence, &mut unit.sums[..sums], scratch),
                Some(columns) => {
                    let mut sums = &mut unit.sums[..sums];
                    for (lane, influence) in unit.influence.chunks_exact_mut(plan.panels * plan.rows).enumerate() {
                        columns.extract(plan, &weights.packed, &chains.states, lane, steps);
                        let (part, after) = sums.split_at_mut(plan.panels.min(sums.len()));
                        sums = after;
                        carry::<R, _, W>(plan, columns, (steps, group), influence, part, scratch);
                    }
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

/// Loss, readout gradient and adjoint of every chain after a step whose first chain stands in row `row` of the targets.
fn read_out<const W: usize>(
    sums: &mut Vec<(f64, Vec<f64>)>,
    hidden: &[[f64; W]],
    present: usize,
    observed: Observed<'_>,
    row: usize,
    [state, adjoint, error]: &mut [Vec<f64>; 3],
    adjoints: &mut [crate::network::register::Lanes<W>],
) {
    let Observed { targets, readout } = observed;
    let outputs = readout.outputs();
    sums.resize_with(present, || (0.0, vec![0.0; readout.parameters().len()]));
    state.resize(hidden.len(), 0.0);
    adjoint.resize(hidden.len(), 0.0);
    error.resize(outputs, 0.0);
    for (lane, (loss, gradient)) in sums.iter_mut().enumerate() {
        state.iter_mut().zip(hidden).for_each(|(s, all)| *s = all[lane]);
        *loss += readout.error(state, &targets[(row + lane) * outputs..][..outputs], error);
        readout.adjoint(error, adjoint);
        readout.add_gradient(state, error, gradient);
        adjoints.iter_mut().zip(adjoint.iter()).for_each(|(all, a)| all.0[lane] = *a);
    }
}

/// Inputs and targets of an advance.
#[derive(Clone, Copy)]
struct Series<'a> {
    inputs: &'a [f64],
    chains: usize,
    observed: Option<Observed<'a>>,
}

impl<R: Register<W>, const W: usize> Engine for Units<R, W> {
    fn advance(&mut self, inputs: &[f64], observed: Option<Observed<'_>>) {
        let series = Series { inputs, chains: self.chains, observed };
        let tuning = (self.steps(), self.group());
        let threads = rayon::current_num_threads();
        let inside = threads > 1 && self.units.len() < 2 * threads;
        let mut units = std::mem::take(&mut self.units);
        if inside {
            let mut buffers = self.buffers(true);
            units.chunks_mut(self.together()).for_each(|units| advance::<R, W>(units, &self.plan, &self.weights, series, tuning, &mut buffers));
        } else {
            let carry = |buffers: &mut Buffers<W>, units: &mut [Unit<W>]| advance::<R, W>(units, &self.plan, &self.weights, series, tuning, buffers);
            units.par_chunks_mut(self.together()).for_each_init(|| self.buffers(false), carry);
        }
        self.units = units;
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
