//! What a recurrent cell must offer: one step, and that step's derivatives forwards and backwards.

use super::{Activation, Columns, InfluenceLayout, Layout, PairSteps, Tangents};
use crate::linalg::NormedRate;
use crate::simd::dense;
use ndarray::Array2;

/// A recurrent cell `S_{t+1} = F(S_t, X_t; θ)` with its exact derivatives.
///
/// With `A = ∂F/∂s` (N × N) and `E = ∂F/∂θ` (N × P, the immediate Jacobian), forward mode carries
/// `V ← A V + E` and reverse mode pulls an adjoint back through `Aᵀ` while collecting `Eᵀ λ`. A
/// step leaves on a *tape* what those two need.
///
/// ```
/// use rtrl_lab::network::{Cell, Elman, activation};
/// let cell = Elman::new(&[0.5], &[2.0], &[0.0], 0.0, activation::TANH).unwrap();
/// let (mut next, mut tape) = ([1.0], vec![0.0; cell.tape_len()]);
/// cell.step(&[4.0], &[-1.0], &mut next, &mut tape);
/// assert_eq!(next, [0.0]);
/// let (mut previous, mut gradient) = ([0.0], [0.0; 3]);
/// cell.pull(&tape, &[10.0], &mut previous, &mut gradient);
/// assert_eq!((previous, gradient), ([5.0], [40.0, -10.0, 10.0]));
/// ```
pub trait Cell: Send + Sync {
    /// Length `N` of the state: of a cell with one number a unit, its hidden size.
    fn state_len(&self) -> usize;

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

    /// Writes `A v + E w` at the taped step, for a tangent `v` (N) and a direction `w` (P) of the
    /// parameters, each 0 where it is not given.
    fn push(&self, tape: &[f64], tangent: Option<&[f64]>, direction: Option<&[f64]>, image: &mut [f64]);

    /// Adds `Eᵀ λ` to `gradient` (P) and writes `Aᵀ λ` into `previous` (N), for an adjoint `λ` (N)
    /// of the step's result.
    fn pull(&self, tape: &[f64], adjoint: &[f64], previous: &mut [f64], gradient: &mut [f64]);

    /// A copy behind a pointer.
    fn boxed_clone(&self) -> Box<dyn Cell>;

    /// Numbers of the state that the readout sees, from the first on: all of them in general.
    fn visible_len(&self) -> usize {
        self.state_len()
    }

    /// Writes `A` (N × N by rows) at the taped step.
    fn jacobian(&self, tape: &[f64], jacobian: &mut [f64]) {
        let n = self.state_len();
        let (mut unit, mut column) = (vec![0.0; n], vec![0.0; n]);
        for j in 0..n {
            unit[j] = 1.0;
            self.push(tape, Some(&unit), None, &mut column);
            unit[j] = 0.0;
            column.iter().enumerate().for_each(|(i, a)| jacobian[i * n + j] = *a);
        }
    }

    /// Writes the diagonal of `A` (N) at the taped step.
    fn jacobian_diagonal(&self, tape: &[f64], diagonal: &mut [f64]) {
        let n = self.state_len();
        let mut jacobian = vec![0.0; n * n];
        self.jacobian(tape, &mut jacobian);
        diagonal.iter_mut().zip(jacobian.iter().step_by(n + 1)).for_each(|(to, from)| *to = *from);
    }

    /// Writes `A V + E` into `next`; `influence` and `next` are stored after
    /// [`Cell::influence_layout`], `work` holds [`Cell::work_len`] numbers.
    fn advance_influence(&self, tape: &[f64], influence: &[f64], next: &mut [f64], work: &mut [f64]) {
        let (n, parameters) = (self.state_len(), self.parameters().len());
        assert_eq!(
            self.influence_layout(),
            InfluenceLayout::Dense { units: n, parameters },
            "a cell that stores V in parts carries it forward itself"
        );
        let jacobian = &mut work[..n * n];
        self.jacobian(tape, jacobian);
        dense::multiply(jacobian, influence, next, n);
        let mut unit = vec![0.0; n];
        for (i, row) in next.chunks_exact_mut(parameters).enumerate() {
            unit[i] = 1.0;
            self.immediate(tape, &unit, row);
            unit[i] = 0.0;
        }
    }

    /// Adds `Eᵀ λ` to `gradient` (P) alone: reverse mode through a stored Jacobian needs only this.
    fn immediate(&self, tape: &[f64], adjoint: &[f64], gradient: &mut [f64]) {
        self.pull(tape, adjoint, &mut vec![0.0; self.state_len()], gradient);
    }

    /// Writes `Aᵀ λ` into `previous` (N) alone.
    fn pull_state(&self, tape: &[f64], adjoint: &[f64], previous: &mut [f64]) {
        self.pull(tape, adjoint, previous, &mut vec![0.0; self.parameters().len()]);
    }

    /// Adds `Σ_s E_sᵀ λ_s` to `gradient` (P) for several taped steps, tapes and adjoints one after
    /// the other; the adjoints may be used up. `E` depends on its tape alone, so the parameters may
    /// have moved since.
    fn immediates(&self, tapes: &[f64], adjoints: &mut [f64], gradient: &mut [f64]) {
        // By number, since a tape may be empty.
        let len = self.tape_len();
        for (step, adjoint) in adjoints.chunks_exact(self.state_len()).enumerate() {
            self.immediate(&tapes[step * len..(step + 1) * len], adjoint, gradient);
        }
    }

    /// How the influence matrix is stored: whole in general.
    fn influence_layout(&self) -> InfluenceLayout {
        InfluenceLayout::Dense { units: self.state_len(), parameters: self.parameters().len() }
    }

    /// Whether units do not see each other, so that `A` is diagonal on every step: what is then
    /// known of one unit is known apart from all others.
    fn units_are_separate(&self) -> bool {
        self.state_len() == 1
    }

    /// Whether number i of the next state may depend on number j of the state: always, in general.
    fn sees(&self, _i: usize, _j: usize) -> bool {
        true
    }

    /// Which entries of the immediate Jacobian may differ from zero: those of every unit's own
    /// parameters where the parameters stand in such groups, all in general.
    fn immediate_layout(&self) -> InfluenceLayout {
        InfluenceLayout::Dense { units: self.state_len(), parameters: self.parameters().len() }
    }

    /// Scratch numbers that a step of the influence matrix needs.
    fn work_len(&self) -> usize {
        self.state_len() * self.state_len()
    }

    /// The cell's steps with tangents along fixed directions, where it has them.
    fn tangents(&self) -> Option<&dyn Tangents> {
        None
    }

    /// The cell's steps of small differences, where it has them.
    fn differences(&self) -> Option<&dyn Differences> {
        None
    }

    /// The name of its kind on a page.
    fn name(&self) -> &'static str;

    /// What is nonlinear in it, in words: the name of its activation, or of several.
    fn nonlinearity(&self) -> &'static str;

    /// Whether a step is twice continuously differentiable, as the theory's premise asks.
    fn is_smooth(&self) -> bool;

    /// What holds at every state and input; nothing in general.
    fn bounds(&self) -> CellBounds {
        self.bounds_within(&vec![f64::INFINITY; self.inputs()])
    }

    /// What holds where input j stays within `[−inputs_j, inputs_j]`, on a set of states that the
    /// steps keep to and that draws in every state, in the end no slower than at the certified
    /// rate; nothing in general.
    fn bounds_within(&self, _inputs: &[f64]) -> CellBounds {
        CellBounds::NONE
    }

    /// The slopes `σ'(u)` of the units on a tape, where the cell has one a unit.
    fn slopes<'t>(&self, _tape: &'t [f64]) -> Option<&'t [f64]> {
        None
    }

    /// The immediate Jacobian of a step where the parameters stand in N groups of one length and
    /// row i of `E` is `slopes_i z` in group i and zero elsewhere.
    fn immediate_by_groups<'t>(&self, _tape: &'t [f64]) -> Option<Immediate<'t>> {
        None
    }

    /// The cell's steps of many chains side by side, where it has them.
    fn columns(&self) -> Option<&dyn Columns> {
        None
    }

    /// The cell as one layer with one activation and a full recurrent matrix, where it is that:
    /// exact answers are known of such cells alone.
    fn one_layer(&self) -> Option<OneLayer> {
        None
    }

    /// Moves the parameters into the set where the cell's rate, certified in one norm that the cell
    /// names, is at most `bound`: to the nearest point of it. Tells whether they moved; a cell
    /// without such a set stays where it is. [`Cell::bounds`] may certify more in another norm.
    fn project(&mut self, _bound: f64) -> bool {
        false
    }

    /// Whether [`Cell::project`] surely moves no parameters that are within `room` of these, in the
    /// Euclidean norm.
    fn has_room(&self, _bound: f64, _room: f64) -> bool {
        false
    }
}

/// What holds of a cell at every state and input.
///
/// ```
/// use rtrl_lab::network::{Cell, Diagonal, activation::SIGMOID};
/// let cell = Diagonal::new(&[0.5, -0.9], &[1.0, 1.0], &[0.0, 0.0], SIGMOID).unwrap();
/// let bounds = cell.bounds();
/// assert_eq!(bounds.slope, 0.25);
/// assert!((bounds.contraction.rate - 0.25 * 0.9).abs() < 1e-15);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellBounds {
    /// The certified contraction rate.
    pub contraction: NormedRate,
    /// `sup |σ'|` over the units' activations.
    pub slope: f64,
}

impl CellBounds {
    /// Nothing is known.
    pub const NONE: CellBounds = CellBounds { contraction: NormedRate::UNKNOWN, slope: f64::INFINITY };
}

/// `S' = σ(N^{−β} B S + W X + b)`.
///
/// ```
/// use rtrl_lab::network::{Cell, Elman, activation::TANH};
/// let b = [0.0, 1.0, 2.0, 3.0];
/// let layer = Elman::new(&b, &[1.0, -1.0], &[0.0, 0.5], 0.5, TANH).unwrap().one_layer().unwrap();
/// assert_eq!(layer.recurrent, ndarray::array![[0.0, 1.0], [2.0, 3.0]]);
/// assert_eq!((layer.bias, layer.beta), (vec![0.0, 0.5], 0.5));
/// ```
#[derive(Clone)]
pub struct OneLayer {
    /// `σ`.
    pub activation: &'static dyn Activation,
    /// `β`.
    pub beta: f64,
    /// `B` (N × N).
    pub recurrent: Array2<f64>,
    /// `W` (N × d).
    pub input: Array2<f64>,
    /// `b` (N).
    pub bias: Vec<f64>,
}

impl OneLayer {
    /// `N^{−β} B`.
    pub(crate) fn scaled_recurrence(&self) -> Array2<f64> {
        &self.recurrent * (1.0 / libm::pow(self.bias.len() as f64, self.beta))
    }
}

/// Steps of the difference of two copies of a cell, to full relative precision however small the
/// difference is.
///
/// ```
/// use rtrl_lab::network::{Cell, Elman, activation::SIGMOID};
/// let cell = Elman::new(&[0.5], &[1.0], &[3f64.ln()], 0.0, SIGMOID).unwrap();
/// let (mut next, mut tape) = ([0.0], vec![0.0; cell.tape_len()]);
/// cell.step(&[0.0], &[0.0], &mut next, &mut tape);
/// let mut moved = tape.clone();
/// let differences = cell.differences().unwrap();
/// differences.step_difference(&tape, &[1e-200], &[0.0], &mut next, &mut moved);
/// assert!((next[0] / (0.1875 * 0.5e-200) - 1.0).abs() < 1e-12);
/// ```
pub trait Differences {
    /// For the step on `tape`, writes `F(s + Δs, x + Δx) − F(s, x)` into `next` (N) and the
    /// difference of the two tapes into `tape_difference`.
    fn step_difference(&self, tape: &[f64], state_difference: &[f64], input_difference: &[f64], next: &mut [f64], tape_difference: &mut [f64]);

    /// Writes `(A′ V′ + E′) − (A V + E)` into `next`, where `V′ = influence + influence_difference`
    /// and primes mark the second copy; `work` holds N² numbers.
    fn influence_difference(&self, step: TwoTapes<'_>, influence: &[f64], influence_difference: &[f64], next: &mut [f64], work: &mut [f64]);

    /// Steps of many pairs at once, for a cell that has them.
    fn pairs(&self) -> Option<&dyn PairSteps> {
        None
    }
}

/// The tape of a step of the first copy, and the second copy's less it.
///
/// ```
/// # use rtrl_lab::network::{Cell, Differences, Elman, TwoTapes, activation};
/// # let linear = activation::named("identity").unwrap();
/// # let cell = Elman::new(&[0.5], &[2.0], &[0.0], 0.0, linear).unwrap();
/// let (mut tape, mut difference, mut next) = ([0.0; 4], [0.0; 4], [0.0]);
/// cell.step(&[0.0], &[0.0], &mut next, &mut tape);
/// cell.step_difference(&tape, &[1.0], &[3.0], &mut next, &mut difference);
/// let step = TwoTapes { tape: &tape, difference: &difference };
/// let mut moved = [0.0; 3];
/// cell.influence_difference(step, &[0.0; 3], &[2.0, 0.0, 0.0], &mut moved, &mut [0.0]);
/// assert_eq!(moved, [0.5 * 2.0 + 1.0, 3.0, 0.0]);
/// ```
#[derive(Clone, Copy)]
pub struct TwoTapes<'a> {
    /// The first copy's tape.
    pub tape: &'a [f64],
    /// What the second copy's tape has more.
    pub difference: &'a [f64],
}

/// The parts of a step's immediate Jacobian, for [`Cell::immediate_by_groups`].
///
/// ```
/// use rtrl_lab::network::{Cell, Elman, activation};
/// let cell = Elman::new(&[0.5], &[2.0], &[0.0], 0.0, activation::IDENTITY).unwrap();
/// let (mut next, mut tape) = ([0.0], vec![0.0; cell.tape_len()]);
/// cell.step(&[4.0], &[3.0], &mut next, &mut tape);
/// let step = cell.immediate_by_groups(&tape).unwrap();
/// assert_eq!((step.input, step.slopes), (&[4.0, 3.0, 1.0][..], &[1.0][..]));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Immediate<'t> {
    /// `z`, a number a parameter of a group.
    pub input: &'t [f64],
    /// A slope a unit, N numbers.
    pub slopes: &'t [f64],
}

impl Clone for Box<dyn Cell> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}
