//! Chains that each have parameters of their own, which move after every step: many learning runs
//! side by side.

use super::given::OfChains;
use super::panels::{BlockFactors, Sums, advance};
use super::plan::{Arrangement, Plan, Row, SIDE};
use crate::network::{Activation, Cell, Elman};
use crate::simd::register::{InstructionSet, Job, Lanes, Lined, Portable, Register, lined};

/// A few learning runs that share registers.
pub(crate) trait LearningLanes: Send {
    /// One step of hidden states and derivatives at the present parameters; `input` gives
    /// coordinate j of a lane's input.
    fn step(&mut self, input: &dyn Fn(usize, usize) -> f64);
    /// Writes the hidden state of a lane.
    fn hidden(&self, lane: usize, hidden: &mut [f64]);
    /// Sets the adjoint of a lane's hidden state.
    fn set_adjoint(&mut self, lane: usize, adjoint: &[f64]);
    /// Moves every lane's recurrent parameters by `−rate Vᵀ λ`.
    fn descend(&mut self, rate: f64);
    /// The recurrent parameters of a lane.
    fn parameters(&self, lane: usize) -> Vec<f64>;
}

/// Runs that fit into one register here.
pub(crate) fn width() -> usize {
    match InstructionSet::widest() {
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => 8,
        _ => 4,
    }
}

/// Up to [`width`] runs from their cells, which differ in nothing but their parameters, and their
/// hidden states.
pub(crate) fn moving(cells: &[&Elman], hidden: &[&[f64]]) -> Box<dyn LearningLanes> {
    match InstructionSet::widest() {
        InstructionSet::Portable => Box::new(Runs::<Portable<4>, 4>::new(cells, hidden)),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => Box::new(Runs::<crate::simd::register::Avx2, 4>::new(cells, hidden)),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => Box::new(Runs::<crate::simd::register::Avx512, 8>::new(cells, hidden)),
    }
}

pub(super) struct Runs<R, const W: usize> {
    plan: Plan,
    activation: &'static dyn Activation,
    weights: Lined<Lanes<W>>,
    packed: Lined<Lanes<W>>,
    hidden: Vec<[f64; W]>,
    u: Lined<[f64; W]>,
    slopes: Lined<[f64; W]>,
    influence: Vec<Row<W>>,
    next: Vec<Row<W>>,
    sums: Vec<Sums<W>>,
    given: OfChains<W>,
    register: std::marker::PhantomData<R>,
}

impl<R: Register<W>, const W: usize> Runs<R, W> {
    pub(super) fn new(cells: &[&Elman], hidden: &[&[f64]]) -> Self {
        let plan = Plan::of(cells[0], Arrangement::Chains, W);
        // Idle lanes stand at zero.
        let lanes = |of: &dyn Fn(usize) -> f64| std::array::from_fn(|lane| if lane < cells.len() { of(lane) } else { 0.0 });
        let of_place = |place: usize| Lanes(lanes(&|lane| cells[lane].parameters()[place]));
        let weights = Lined::from_iter(64, (0..plan.parameters()).map(of_place));
        let states = (0..plan.hidden).map(|unit| lanes(&|lane| hidden[lane][unit])).collect();
        let panels = vec![Row::ZERO; plan.panels * plan.rows];
        Runs {
            activation: cells[0].activation(),
            weights,
            packed: lined(Lanes([0.0; W]), plan.rows * plan.hidden),
            hidden: states,
            u: lined([0.0; W], plan.hidden),
            slopes: lined([0.0; W], plan.hidden),
            influence: panels.clone(),
            next: panels,
            sums: vec![Sums::ZERO; plan.panels],
            given: OfChains::new(&plan, 1),
            plan,
            register: std::marker::PhantomData,
        }
    }
}

impl<R: Register<W>, const W: usize> LearningLanes for Runs<R, W> {
    fn step(&mut self, input: &dyn Fn(usize, usize) -> f64) {
        let Runs { plan, weights, packed, given, u, slopes, .. } = self;
        plan.packed(|place, row, k| {
            if row < plan.hidden {
                packed[place] = weights[row * plan.group + k];
            }
        });
        given.states.before_activation::<R, _>(plan, weights, 0, &self.hidden, u, input);
        self.activation.values_and_slopes(u.as_flattened_mut(), slopes.as_flattened_mut());
        self.hidden.copy_from_slice(u);
        given.states.keep_slopes(plan, 0, slopes);
        given.scale::<R, _>(plan, packed, 0);
    }

    fn hidden(&self, lane: usize, hidden: &mut [f64]) {
        hidden.iter_mut().zip(&self.hidden).for_each(|(s, lanes)| *s = lanes[lane]);
    }

    fn set_adjoint(&mut self, lane: usize, adjoint: &[f64]) {
        self.given.states.adjoints.iter_mut().zip(adjoint).for_each(|(lanes, a)| lanes.0[lane] = *a);
    }

    /// The derivatives move here, since what they are multiplied with is known only now, and each
    /// panel is then read once.
    fn descend(&mut self, rate: f64) {
        let Runs { plan, weights, given, influence, next, sums, .. } = self;
        sums.fill(Sums::ZERO);
        R::perform(Learn { plan, given, influence, next, sums, weights, rate });
        std::mem::swap(&mut self.influence, &mut self.next);
    }

    fn parameters(&self, lane: usize) -> Vec<f64> {
        self.weights.iter().map(|lanes| lanes.0[lane]).collect()
    }
}

struct Learn<'a, G, const W: usize> {
    plan: &'a Plan,
    given: &'a G,
    influence: &'a [Row<W>],
    next: &'a mut [Row<W>],
    sums: &'a mut [Sums<W>],
    weights: &'a mut [Lanes<W>],
    rate: f64,
}

impl<G: BlockFactors<W>, const W: usize> Job<W> for Learn<'_, G, W> {
    #[inline(always)]
    fn run<R: Register<W>>(self) {
        advance::<R, G, W>(self.plan, self.given, 0, 0, self.influence, self.next, self.sums);
        // θ − rate · g, the product rounded first, as a single run does it; a sign does not change
        // a rounding.
        let rate = R::splat(-self.rate);
        for (pair, sums) in self.weights.chunks_mut(SIDE).zip(self.sums) {
            for (weight, gradient) in pair.iter_mut().zip(&sums.gradient.0) {
                R::load(&weight.0).plus(rate.times(R::load(gradient))).store(&mut weight.0);
            }
        }
    }
}
