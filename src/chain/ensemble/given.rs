//! States of a block of steps, and the factors and immediate Jacobians that they give to the
//! panels.

use super::panels::BlockFactors;
use super::plan::Plan;
use crate::simd::register::{Factor, Job, Lanes, Lined, Register, lined};

/// Hidden states, slopes, inputs and adjoints of `W` chains over a block of steps; the chains share
/// registers.
pub(crate) struct States<const W: usize> {
    /// `(N^{−β} S, X, 1, 0)` of every step; the zero is read for columns of the padding.
    pub z: Lined<Lanes<W>>,
    /// `σ'(u)` of every step, zero in the padding.
    pub slopes: Lined<Lanes<W>>,
    /// `Cᵀ e` of every step, length N.
    pub adjoints: Lined<Lanes<W>>,
}

impl<const W: usize> States<W> {
    pub(crate) fn new(plan: &Plan, steps: usize) -> Self {
        let zeros = |len| lined(Lanes([0.0; W]), len);
        States { z: zeros(steps * (plan.group + 1)), slopes: zeros(steps * plan.rows), adjoints: zeros(steps * plan.hidden) }
    }

    /// Step number `step` of the block, first half: keeps `z` and writes `u`, what the activation
    /// is applied to.
    pub(crate) fn before_activation<R: Register<W>, F: Factor<W>>(
        &mut self,
        plan: &Plan,
        weights: &[F],
        step: usize,
        hidden: &[[f64; W]],
        u: &mut [[f64; W]],
        input: impl Fn(usize, usize) -> f64,
    ) {
        let z = &mut self.z[step * (plan.group + 1)..][..plan.group + 1];
        for (z, s) in z.iter_mut().zip(hidden) {
            z.0 = s.map(|s| plan.scale * s);
        }
        for (j, z) in z[plan.hidden..plan.hidden + plan.inputs].iter_mut().enumerate() {
            z.0 = std::array::from_fn(|lane| input(lane, j));
        }
        z[plan.group - 1].0 = [1.0; W];
        R::perform(Apply { weights, z: &z[..plan.group], u });
    }

    /// Second half: keeps the slopes.
    pub(crate) fn keep_slopes(&mut self, plan: &Plan, step: usize, slopes: &[[f64; W]]) {
        for (kept, slope) in self.slopes[step * plan.rows..].iter_mut().zip(slopes) {
            kept.0 = *slope;
        }
    }
}

/// `u_i = Σ_k w_ik z_k`.
struct Apply<'a, F, const W: usize> {
    weights: &'a [F],
    z: &'a [Lanes<W>],
    u: &'a mut [[f64; W]],
}

impl<F: Factor<W>, const W: usize> Job<W> for Apply<'_, F, W> {
    #[inline(always)]
    fn run<R: Register<W>>(self) {
        for (row, u) in self.weights.chunks_exact(self.z.len()).zip(self.u) {
            let mut sum = R::splat(0.0);
            for (weight, z) in row.iter().zip(self.z) {
                sum = weight.spread::<R>().fused(R::load(&z.0), sum);
            }
            sum.store(u);
        }
    }
}

/// The factors and states of a block of steps where chains share registers.
pub(crate) struct OfChains<const W: usize> {
    pub states: States<W>,
    /// `A_t` of every step, packed.
    pub factors: Lined<Lanes<W>>,
}

impl<const W: usize> OfChains<W> {
    /// Room for `steps` steps, but for the factors, which not every use needs.
    pub(crate) fn new(plan: &Plan, steps: usize) -> Self {
        OfChains { states: States::new(plan, steps), factors: lined(Lanes([0.0; W]), 0) }
    }

    /// Writes `A_t = diag(σ'(u)) N^{−β} B` of step `step`.
    pub(crate) fn scale<R: Register<W>, F: Factor<W>>(&mut self, plan: &Plan, packed: &[F], step: usize) {
        let slopes = &self.states.slopes[step * plan.rows..][..plan.rows];
        if self.factors.len() < (step + 1) * packed.len() {
            self.factors.resize((step + 1) * packed.len(), Lanes([0.0; W]));
        }
        let factors = &mut self.factors[step * packed.len()..][..packed.len()];
        R::perform(Scale { plan, packed, slopes, factors });
    }
}

struct Scale<'a, F, const W: usize> {
    plan: &'a Plan,
    packed: &'a [F],
    slopes: &'a [Lanes<W>],
    factors: &'a mut [Lanes<W>],
}

impl<F: Factor<W>, const W: usize> Job<W> for Scale<'_, F, W> {
    #[inline(always)]
    fn run<R: Register<W>>(self) {
        let Scale { plan, packed, slopes, factors } = self;
        let six = 6 * plan.sixes;
        let ((packed_sixes, packed_fours), (to_sixes, to_fours)) = (packed.split_at(six * plan.hidden), factors.split_at_mut(six * plan.hidden));
        scale_blocks::<R, F, 6, W>(plan, packed_sixes, &slopes[..six], to_sixes);
        scale_blocks::<R, F, 4, W>(plan, packed_fours, &slopes[six..], to_fours);
    }
}

#[inline(always)]
fn scale_blocks<R: Register<W>, F: Factor<W>, const H: usize, const W: usize>(
    plan: &Plan,
    packed: &[F],
    slopes: &[Lanes<W>],
    factors: &mut [Lanes<W>],
) {
    let blocks = packed.chunks_exact(H * plan.hidden).zip(factors.chunks_exact_mut(H * plan.hidden)).zip(slopes.as_chunks::<H>().0);
    for ((packed, factors), slopes) in blocks {
        let scaled: [R; H] = std::array::from_fn(|r| R::load(&slopes[r].0).times(R::splat(plan.scale)));
        for (column, to) in packed.as_chunks::<H>().0.iter().zip(factors.as_chunks_mut::<H>().0) {
            for r in 0..H {
                scaled[r].times(column[r].spread::<R>()).store(&mut to[r].0);
            }
        }
    }
}

impl<const W: usize> BlockFactors<W> for OfChains<W> {
    type Number = Lanes<W>;

    #[inline(always)]
    fn factors(&self, plan: &Plan, step: usize) -> &[Lanes<W>] {
        let len = plan.rows * plan.hidden;
        &self.factors[step * len..][..len]
    }

    #[inline(always)]
    fn adjoint(&self, plan: &Plan, step: usize) -> &[Lanes<W>] {
        &self.states.adjoints[step * plan.hidden..][..plan.hidden]
    }

    #[inline(always)]
    fn slopes(&self, plan: &Plan, step: usize) -> &[Lanes<W>] {
        &self.states.slopes[step * plan.rows..][..plan.rows]
    }

    #[inline(always)]
    fn z(&self, plan: &Plan, step: usize, place: usize) -> &[f64; W] {
        &self.states.z[step * (plan.group + 1) + place].0
    }
}

/// The factors and states of a block of steps of one chain, where its columns share registers.
pub(crate) struct OfColumns<const W: usize> {
    factors: Vec<f64>,
    slopes: Vec<f64>,
    adjoints: Vec<f64>,
    /// `z` of every step, and behind it zeros up to whole registers and one register more.
    z: Vec<f64>,
}

impl<const W: usize> OfColumns<W> {
    pub(crate) fn new(plan: &Plan, steps: usize) -> Self {
        OfColumns {
            factors: Vec::new(),
            slopes: vec![0.0; steps * plan.rows],
            adjoints: vec![0.0; steps * plan.hidden],
            z: vec![0.0; steps * (plan.padded + W)],
        }
    }

    /// Takes the chain in lane `lane` out of the states of `steps` steps.
    pub(crate) fn extract(&mut self, plan: &Plan, states: &States<W>, lane: usize, steps: usize) {
        let take = |to: &mut [f64], from: &[Lanes<W>]| to.iter_mut().zip(from).for_each(|(to, from)| *to = from.0[lane]);
        take(&mut self.slopes, &states.slopes[..steps * plan.rows]);
        take(&mut self.adjoints, &states.adjoints[..steps * plan.hidden]);
        for (to, from) in self.z.chunks_exact_mut(plan.padded + W).zip(states.z.chunks_exact(plan.group + 1)).take(steps) {
            take(&mut to[..plan.group], from);
        }
    }

    /// Writes `A_t` of `steps` steps.
    pub(crate) fn scale(&mut self, plan: &Plan, packed: &[f64], steps: usize) {
        let len = plan.rows * plan.hidden;
        self.factors.resize(self.factors.len().max(steps * len), 0.0);
        for (factors, slopes) in self.factors.chunks_exact_mut(len).zip(self.slopes.chunks_exact(plan.rows)).take(steps) {
            let mut at = 0;
            for block in plan.blocks() {
                let slopes = &slopes[block];
                for _ in 0..plan.hidden {
                    for (slope, place) in slopes.iter().zip(at..) {
                        factors[place] = slope * plan.scale * packed[place];
                    }
                    at += slopes.len();
                }
            }
        }
    }
}

impl<const W: usize> BlockFactors<W> for OfColumns<W> {
    type Number = f64;

    #[inline(always)]
    fn factors(&self, plan: &Plan, step: usize) -> &[f64] {
        let len = plan.rows * plan.hidden;
        &self.factors[step * len..][..len]
    }

    #[inline(always)]
    fn adjoint(&self, plan: &Plan, step: usize) -> &[f64] {
        &self.adjoints[step * plan.hidden..][..plan.hidden]
    }

    #[inline(always)]
    fn slopes(&self, plan: &Plan, step: usize) -> &[f64] {
        &self.slopes[step * plan.rows..][..plan.rows]
    }

    #[inline(always)]
    fn z(&self, plan: &Plan, step: usize, place: usize) -> &[f64; W] {
        self.z[step * (plan.padded + W) + place..].first_chunk().expect("a register of zeros ends every step")
    }
}
