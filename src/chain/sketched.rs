//! The joint chain with its derivatives along a few directions: `(D, S, V R)` instead of
//! `(D, S, V)`.

use super::joint::{redraw_data, step_data};
use super::sketch::block_sums;
use super::{JointChain, Sketch};
use crate::data::DataProcess;
use crate::markov::{BatchSlot, Blocks, Kernel, Motion};
use crate::network::{Cell, RankOne, TangentDifference, TangentStep, Tangents};
use std::ops::Range;

/// The joint chain of a data process and a cell at frozen parameters, its derivatives carried along
/// fixed directions.
///
/// ```text
/// D' = Γ(D, ξ),   S' = F(S, x(D); θ),   (V R)' = A (V R) + E R
/// ```
///
/// For every fixed `R` this is a Markov chain of its own, with the innovation of the data alone,
/// and it is the image of the exact chain: no approximation but that `‖V R‖_F²` stands for
/// `‖V‖_F²`, which it has as its mean over the signs of a [`Sketch`]. A state is the flat
/// `(D | S | V R by columns | V Q by columns | number of its sketch)`, where the columns of `Q` are
/// the normalised sums over the parameter blocks, orthonormal and the same for all, and
/// [`SketchedChain::blocks`] names the first three. Cost: `2 N² (1 + k)` flops and `O(N k)` numbers
/// a step, in place of `2 N² P` and `N P`.
///
/// ```
/// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
/// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
/// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
/// # let data = Var(Autoregression { transition, noise_factor, inputs, target });
/// # let identity = rtrl_lab::network::activation::named("identity").unwrap();
/// # use rtrl_lab::{markov::Walk, network::Elman, random::RngKey};
/// use rtrl_lab::chain::{Sketch, SketchedChain};
/// let cell = Elman::new(&[0.5], &[2.0], &[1.0], 0.0, identity).unwrap();
/// let sketch = Sketch::draw(&cell, 1, RngKey::root(1));
/// let chain = SketchedChain::new(&data, &cell, std::slice::from_ref(&sketch), false).unwrap();
/// let mut walk = Walk::from(&chain, chain.state(&[4.0], &[6.0], 0));
/// walk.step(&[1.0]);
/// // V' = (6, 4, 1) along r = u w.
/// let (u, w) = (sketch.directions().unit(0)[0], sketch.directions().group(0));
/// assert_eq!(walk.state(), [3.0, 12.0, u * (6.0 * w[0] + 4.0 * w[1] + w[2]), 0.0]);
/// ```
pub struct SketchedChain<'a> {
    data: &'a dyn DataProcess,
    cell: &'a dyn Cell,
    tangents: &'a dyn Tangents,
    columns: usize,
    probes: usize,
    directions: Vec<RankOne>,
}

impl<'a> SketchedChain<'a> {
    /// The chain, with one sketch for each replica that is to run on it; `None` where the cell has
    /// no tangents. `probes`: whether the block sums `V Q` are carried too.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let data = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{chain::{Sketch, SketchedChain}, markov::Kernel, random::RngKey};
    /// use rtrl_lab::network::{Elman, activation};
    /// let cell = Elman::new(&[0.1; 4], &[0.5; 2], &[0.0; 2], 0.0, activation::TANH).unwrap();
    /// let sketches = [1, 2].map(|seed| Sketch::draw(&cell, 5, RngKey::root(seed)));
    /// let chain = |probes| SketchedChain::new(&data, &cell, &sketches, probes).unwrap();
    /// // q + N + N k and the sketch's number; the probes are the sums over B, W and b.
    /// assert_eq!(chain(false).state_len(), 1 + 2 + 2 * 5 + 1);
    /// assert_eq!(chain(true).state_len(), 1 + 2 + 2 * 5 + 2 * 3 + 1);
    /// ```
    pub fn new(data: &'a dyn DataProcess, cell: &'a dyn Cell, sketches: &[Sketch], probes: bool) -> Option<Self> {
        let tangents = cell.tangents()?;
        let columns = sketches.first().map_or(0, |sketch| sketch.directions().count());
        assert!(sketches.iter().all(|sketch| sketch.directions().count() == columns), "every sketch has as many columns");
        let fixed = if probes { block_sums(cell) } else { RankOne::zeros(0, cell.state_len(), tangents.group_len()) };
        let directions = sketches.iter().map(|sketch| sketch.directions().followed_by(&fixed)).collect();
        Some(SketchedChain { data, cell, tangents, columns, probes: fixed.count(), directions })
    }

    /// Lengths of the blocks; the derivative block is `V R`.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let data = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{chain::{Sketch, SketchedChain}, markov::Blocks, random::RngKey};
    /// # use rtrl_lab::network::{Elman, activation};
    /// let cell = Elman::new(&[0.1; 9], &[0.5; 3], &[0.0; 3], 0.0, activation::TANH).unwrap();
    /// let sketch = [Sketch::draw(&cell, 2, RngKey::root(1))];
    /// let blocks = SketchedChain::new(&data, &cell, &sketch, true).unwrap().blocks();
    /// assert_eq!(blocks, Blocks { data: 1, hidden: 3, derivative: 3 * 2 });
    /// ```
    pub fn blocks(&self) -> Blocks {
        Blocks { data: self.data.state_len(), hidden: self.cell.state_len(), derivative: self.cell.state_len() * self.columns }
    }

    /// A state from its data and hidden parts, with zero derivatives, on the sketch with the given
    /// number.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let data = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{chain::{Sketch, SketchedChain}, random::RngKey};
    /// # use rtrl_lab::network::{Elman, activation};
    /// let cell = Elman::new(&[0.5], &[0.5], &[0.0], 0.0, activation::TANH).unwrap();
    /// let sketches = [1, 2].map(|seed| Sketch::draw(&cell, 2, RngKey::root(seed)));
    /// let chain = SketchedChain::new(&data, &cell, &sketches, false).unwrap();
    /// assert_eq!(chain.state(&[4.0], &[6.0], 1), [4.0, 6.0, 0.0, 0.0, 1.0]);
    /// ```
    pub fn state(&self, data: &[f64], hidden: &[f64], sketch: usize) -> Vec<f64> {
        let blocks = self.blocks();
        assert_eq!((data.len(), hidden.len()), (blocks.data, blocks.hidden), "the parts fit the chain");
        assert!(sketch < self.directions.len(), "the chain has a sketch of that number");
        let mut state = vec![0.0; self.state_len()];
        state[..blocks.data].copy_from_slice(data);
        state[blocks.data..blocks.data + blocks.hidden].copy_from_slice(hidden);
        state[self.state_len() - 1] = sketch as f64;
        state
    }

    /// `V Q` of a state or of a difference, a column of N numbers a parameter block.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let data = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # let identity = rtrl_lab::network::activation::named("identity").unwrap();
    /// # use rtrl_lab::{markov::Walk, network::Elman, random::RngKey};
    /// # use rtrl_lab::chain::{Sketch, SketchedChain};
    /// let cell = Elman::new(&[0.5], &[2.0], &[1.0], 0.0, identity).unwrap();
    /// let sketch = [Sketch::draw(&cell, 1, RngKey::root(1))];
    /// let chain = SketchedChain::new(&data, &cell, &sketch, true).unwrap();
    /// let mut walk = Walk::from(&chain, chain.state(&[4.0], &[6.0], 0));
    /// walk.step(&[1.0]);
    /// // One entry a block: V Q is V' = (S, D, 1) itself.
    /// assert_eq!(chain.probes(walk.state()), [6.0, 4.0, 1.0]);
    /// ```
    pub fn probes<'s>(&self, state: &'s [f64]) -> &'s [f64] {
        let first = self.blocks().len();
        &state[first..first + self.probes * self.cell.state_len()]
    }
}

impl Kernel for SketchedChain<'_> {
    fn state_len(&self) -> usize {
        self.blocks().len() + self.probes * self.cell.state_len() + 1
    }

    fn innovation_len(&self) -> usize {
        self.data.innovation_len()
    }

    /// Input and its difference.
    fn work_len(&self) -> usize {
        2 * self.data.inputs()
    }

    fn step(&self, now: &[f64], innovation: &[f64], next: &mut [f64], work: &mut [f64]) {
        self.step_together(&mut [BatchSlot { first: Motion { now, next, in_place: &mut [] }, difference: None, innovation, work }]);
    }

    fn step_together(&self, lanes: &mut [BatchSlot<'_>]) {
        step_lanes(self.data, (self.cell.state_len(), self.tangents), lanes, |now| &self.directions[now[now.len() - 1] as usize]);
        for lane in lanes {
            for motion in std::iter::once(&mut lane.first).chain(&mut lane.difference) {
                let last = motion.now.len() - 1;
                motion.next[last] = motion.now[last];
            }
        }
    }

    fn keeps_differences(&self) -> bool {
        self.data.keeps_differences()
    }

    fn step_difference(&self, now: &[f64], difference: &[f64], innovation: &[f64], _next: &[f64], next_difference: &mut [f64], work: &mut [f64]) {
        let mut again = vec![0.0; now.len()];
        let first = Motion { now, next: &mut again, in_place: &mut [] };
        let difference = Some(Motion { now: difference, next: next_difference, in_place: &mut [] });
        self.step_together(&mut [BatchSlot { first, difference, innovation, work }]);
    }

    fn drawn(&self) -> Range<usize> {
        0..self.data.state_len()
    }

    fn redraw(&self, (now, difference): (&[f64], &[f64]), innovation: &[f64], next: &mut [f64], next_difference: &mut [f64], _work: &mut [f64]) {
        redraw_data(self.data, (now, difference), innovation, next, next_difference);
    }
}

impl JointChain<'_> {
    /// Steps the lanes of a chain without derivatives with one product for all of them.
    pub(super) fn step_hidden_together(&self, tangents: &dyn Tangents, lanes: &mut [BatchSlot<'_>]) {
        let none = RankOne::zeros(0, self.cell.state_len(), tangents.group_len());
        step_lanes(self.data, (self.cell.state_len(), tangents), lanes, |_| &none);
    }
}

/// Steps `(D | S | tangents by columns)` of every lane; what lies behind is left alone.
fn step_lanes<'d>(
    data: &dyn DataProcess,
    (n, tangents): (usize, &dyn Tangents),
    lanes: &mut [BatchSlot<'_>],
    directions: impl Fn(&[f64]) -> &'d RankOne,
) {
    let (q, inputs) = (data.state_len(), data.inputs());
    for lane in lanes.iter_mut() {
        let (input, input_difference) = lane.work.split_at_mut(inputs);
        data.input(&lane.first.now[..q], input);
        if let Some(difference) = &lane.difference {
            data.input_difference(&lane.first.now[..q], &difference.now[..q], &mut input_difference[..inputs]);
        }
    }
    let steps = lanes.iter_mut().map(|lane| {
        let directions = directions(lane.first.now);
        let hidden = q..q + n;
        let carried = hidden.end..hidden.end + directions.count() * n;
        let (next, next_tangents) = lane.first.next[q..].split_at_mut(n);
        let difference = lane.difference.as_mut().map(|difference| {
            let (next, next_tangents) = difference.next[q..].split_at_mut(n);
            TangentDifference {
                state: &difference.now[hidden.clone()],
                input: &lane.work[inputs..2 * inputs],
                tangents: &difference.now[carried.clone()],
                next,
                next_tangents,
            }
        });
        TangentStep {
            directions,
            state: &lane.first.now[hidden],
            input: &lane.work[..inputs],
            tangents: &lane.first.now[carried],
            next,
            next_tangents,
            difference,
        }
    });
    tangents.step_tangents(&mut steps.collect::<Vec<_>>());
    lanes.iter_mut().for_each(|lane| step_data(data, lane));
}
