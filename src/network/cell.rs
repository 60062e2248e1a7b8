//! What a recurrent cell must offer: one step, and that step's derivatives forwards and backwards.

use super::{Elman, InfluenceLayout, Layout, Tangents};

/// A recurrent cell `S_{t+1} = F(S_t, X_t; θ)` with its exact derivatives.
///
/// With `A = ∂F/∂s` (N × N) and `E = ∂F/∂θ` (N × P, the immediate Jacobian), forward mode carries `V ← A V + E` and reverse mode
/// pulls an adjoint back through `Aᵀ` while collecting `Eᵀ λ`. A step leaves on a *tape* what those two need.
pub trait Cell: Send + Sync {
    /// Hidden size `N`.
    fn hidden(&self) -> usize;

    /// Input size `d`.
    fn inputs(&self) -> usize;

    /// Names and places of the `P` parameters.
    fn layout(&self) -> Layout;

    /// The parameters, flat, in the order of [`Cell::layout`].
    fn parameters(&self) -> &[f64];

    /// The parameters, to be changed in place.
    fn parameters_mut(&mut self) -> &mut [f64];

    /// Length of a tape.
    fn tape_len(&self) -> usize;

    /// Writes `F(state, input)` into `next` and what its derivatives need onto `tape`.
    fn step(&self, state: &[f64], input: &[f64], next: &mut [f64], tape: &mut [f64]);

    /// Writes `A` (N × N by rows) at the taped step.
    fn jacobian(&self, tape: &[f64], jacobian: &mut [f64]);

    /// Writes `A V + E` into `next`; `influence` and `next` are stored after
    /// [`Cell::influence_layout`], `work` holds [`Cell::work_len`] numbers.
    fn influence(&self, tape: &[f64], influence: &[f64], next: &mut [f64], work: &mut [f64]);

    /// Adds `Eᵀ λ` to `gradient` (P) and writes `Aᵀ λ` into `previous` (N), for an adjoint `λ` (N) of the step's result.
    fn pull_back(&self, tape: &[f64], adjoint: &[f64], previous: &mut [f64], gradient: &mut [f64]);

    /// Adds `Eᵀ λ` to `gradient` (P) alone: reverse mode through a stored Jacobian needs only this.
    fn immediate(&self, tape: &[f64], adjoint: &[f64], gradient: &mut [f64]);

    /// How the influence matrix is stored: whole in general.
    fn influence_layout(&self) -> InfluenceLayout {
        InfluenceLayout::Dense { units: self.hidden(), parameters: self.parameters().len() }
    }

    /// Whether units do not see each other, so that `A` is diagonal on every step: what is then known of one unit is known apart from all others.
    fn units_are_separate(&self) -> bool {
        self.hidden() == 1
    }

    /// Scratch numbers that a step of the influence matrix needs.
    fn work_len(&self) -> usize {
        self.hidden() * self.hidden()
    }

    /// Writes `A v` at the taped step.
    fn push_forward(&self, tape: &[f64], tangent: &[f64], image: &mut [f64]) {
        let n = self.hidden();
        let mut jacobian = vec![0.0; n * n];
        self.jacobian(tape, &mut jacobian);
        for (image, row) in image.iter_mut().zip(jacobian.chunks_exact(n)) {
            *image = row.iter().zip(tangent).fold(0.0, |sum, (a, v)| a.mul_add(*v, sum));
        }
    }

    /// The cell's steps with tangents along fixed directions, where it has them.
    fn tangents(&self) -> Option<&dyn Tangents> {
        None
    }

    /// The cell's steps of small differences, where it has them.
    fn differences(&self) -> Option<&dyn Differences> {
        None
    }

    /// The cell as an Elman cell, where it is one: the ensembles know that kind alone.
    fn elman(&self) -> Option<&Elman> {
        None
    }

    /// Moves the parameters to the nearest ones whose certified contraction rate is at most `bound`; whether they moved.
    fn project(&mut self, bound: f64) -> bool;

    /// A copy behind a pointer.
    fn boxed_clone(&self) -> Box<dyn Cell>;
}

/// Steps of the difference of two copies of a cell, to full relative precision however small the difference is.
pub trait Differences {
    /// For the step on `tape`, writes `F(s + Δs, x + Δx) − F(s, x)` into `next` (N) and the difference of the two tapes into `tape_difference`.
    fn step_difference(&self, tape: &[f64], state_difference: &[f64], input_difference: &[f64], next: &mut [f64], tape_difference: &mut [f64]);

    /// Writes `(A′ V′ + E′) − (A V + E)` into `next`, where `V′ = influence + influence_difference` and primes mark the second copy; `work` holds N² numbers.
    fn influence_difference(&self, step: TwoTapes<'_>, influence: &[f64], influence_difference: &[f64], next: &mut [f64], work: &mut [f64]);
}

/// The tape of a step of the first copy, and the second copy's less it.
#[derive(Clone, Copy)]
pub struct TwoTapes<'a> {
    /// The first copy's tape.
    pub tape: &'a [f64],
    /// What the second copy's tape has more.
    pub difference: &'a [f64],
}

impl Clone for Box<dyn Cell> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}
