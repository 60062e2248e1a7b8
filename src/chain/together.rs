//! Many joint chains in one step: hidden states side by side, derivatives where they stand.

use super::JointChain;
use super::joint::step_data;
use crate::gradient::{BlockSensitivity, Carried, block_steps};
use crate::markov::{BatchSlot, FarPair, Motion};
use crate::network::{PairSteps, TwoTapes};
use crate::random::Noise;

/// Lanes whose hidden states are stepped side by side, at most: their columns stay in the cache.
const MOST: usize = 64;
/// Lanes that fill a register; their number is rounded up to it.
const FEWEST: usize = 8;

/// Where a lane's scratch space keeps what.
struct Places {
    inputs: usize,
    tape: usize,
}

impl Places {
    /// Input, tape, the difference of each, and what is left.
    fn of<'w>(&self, work: &'w mut [f64]) -> ([&'w mut [f64]; 4], &'w mut [f64]) {
        let (input, work) = work.split_at_mut(self.inputs);
        let (tape, work) = work.split_at_mut(self.tape);
        let (input_difference, work) = work.split_at_mut(self.inputs);
        let (tape_difference, work) = work.split_at_mut(self.tape);
        ([input, tape, input_difference, tape_difference], work)
    }
}

/// Steps that a block has at least.
const SHORT: usize = 10;

/// Data and hidden state on their way.
struct Ahead {
    next: Vec<f64>,
    input: Vec<f64>,
    innovation: Vec<f64>,
}

impl Ahead {
    fn of(chain: &JointChain<'_>) -> Self {
        let (data, cell) = (chain.data, chain.cell);
        let [next, input, innovation] = [data.state_len() + cell.state_len(), data.inputs(), data.innovation_len()].map(|len| vec![0.0; len]);
        Ahead { next, input, innovation }
    }

    fn step(&mut self, chain: &JointChain<'_>, head: &mut [f64], noise: &mut Noise, tape: &mut [f64]) {
        let q = chain.data.state_len();
        noise.normals(&mut self.innovation);
        chain.data.input(&head[..q], &mut self.input);
        chain.cell.step(&head[q..], &self.input, &mut self.next[q..], tape);
        chain.data.step(&head[..q], &self.innovation, &mut self.next[..q], &mut []);
        head.copy_from_slice(&self.next);
    }
}

impl JointChain<'_> {
    /// Steps every lane; derivatives are carried in place.
    pub(super) fn step_pairs(&self, cell: &dyn PairSteps, lanes: &mut [BatchSlot<'_>]) {
        let places = Places { inputs: self.data.inputs(), tape: self.cell.tape_len() };
        let paired = lanes.iter().all(|lane| lane.difference.is_some());
        let alike = paired || lanes.iter().all(|lane| lane.difference.is_none());
        let mut room = match (self.carries_derivatives, paired) {
            (false, _) => Vec::new(),
            (true, true) => vec![0.0; cell.room_len()],
            (true, false) => vec![0.0; cell.room_len().max(self.blocks().derivative)],
        };
        let mut columns = SideBySide::default();
        for lanes in lanes.chunks_mut(MOST) {
            self.take_inputs(&places, lanes);
            if lanes.len() >= FEWEST && alike {
                columns.step(self, cell, &places, lanes);
            } else {
                lanes.iter_mut().for_each(|lane| self.step_hidden(&places, lane));
            }
            for lane in lanes {
                if self.carries_derivatives {
                    self.carry(cell, &places, lane, &mut room);
                }
                step_data(self.data, lane);
            }
        }
    }

    /// Steps one chain, whose derivatives are formed once a block of steps, for any cell that
    /// stores them whole.
    pub(super) fn advance_in_blocks(&self, state: &mut [f64], steps: usize, noise: &mut Noise) {
        let (head, influence) = state.split_at_mut(self.data.state_len() + self.cell.state_len());
        let mut derivatives = BlockSensitivity::<f64>::at(self.cell, influence);
        let mut tape = vec![0.0; self.cell.tape_len()];
        let mut ahead = Ahead::of(self);
        for _ in 0..steps {
            ahead.step(self, head, noise, &mut tape);
            derivatives.advance(self.cell, &tape);
        }
        derivatives.form_into(self.cell, influence);
    }

    /// The same for a cell that carries them through several steps where they stand.
    pub(super) fn advance_far(&self, cell: &dyn PairSteps, state: &mut [f64], steps: usize, noise: &mut Noise) {
        let (head, influence) = state.split_at_mut(self.data.state_len() + self.cell.state_len());
        let (blocks, len) = (steps.div_ceil(block_steps(self.cell.state_len()).max(SHORT)), self.cell.tape_len());
        let longest = steps.div_ceil(blocks);
        let (mut tapes, mut room) = (vec![0.0; longest * len], vec![0.0; cell.far_room_len(longest)]);
        let mut ahead = Ahead::of(self);
        for block in 0..blocks {
            let own = (block + 1) * steps / blocks - block * steps / blocks;
            let tapes = &mut tapes[..own * len];
            tapes.chunks_exact_mut(len).for_each(|tape| ahead.step(self, head, noise, tape));
            cell.carry_far(tapes, influence, &mut room);
        }
    }

    /// Steps pairs one after the other, `steps` steps each; the derivatives of both copies are
    /// formed at the end.
    pub(super) fn advance_pairs(&self, cell: &dyn PairSteps, pairs: &mut [FarPair<'_>], steps: usize) {
        let (q, n, len) = (self.data.state_len(), self.cell.state_len(), self.cell.tape_len());
        let mut room = vec![0.0; cell.far_room_len(steps)];
        let (mut tapes, mut moved_tapes) = (vec![0.0; steps * len], vec![0.0; steps * len]);
        let mut innovation = vec![0.0; self.data.innovation_len()];
        let (mut input, mut input_difference) = (vec![0.0; self.data.inputs()], vec![0.0; self.data.inputs()]);
        let Some(differences) = self.cell.differences() else { return };
        for FarPair { first, difference, before: [next, next_difference], noise } in pairs {
            let (head, influence) = first.split_at_mut(q + n);
            let (moved, influence_difference) = difference.split_at_mut(q + n);
            for (tape, tape_difference) in tapes.chunks_exact_mut(len).zip(moved_tapes.chunks_exact_mut(len)) {
                noise.normals(&mut innovation);
                self.data.input(&head[..q], &mut input);
                self.data.input_difference(&head[..q], &moved[..q], &mut input_difference);
                self.cell.step(&head[q..], &input, &mut next[q..], tape);
                differences.step_difference(tape, &moved[q..], &input_difference, &mut next_difference[q..], tape_difference);
                self.data.step(&head[..q], &innovation, &mut next[..q], &mut []);
                self.data.step_difference(&head[..q], &moved[..q], &innovation, &next[..q], &mut next_difference[..q], &mut []);
                head.swap_with_slice(next);
                moved.swap_with_slice(next_difference);
            }
            cell.carry_pair_far(TwoTapes { tape: &tapes, difference: &moved_tapes }, influence, influence_difference, &mut room);
        }
    }

    fn take_inputs(&self, places: &Places, lanes: &mut [BatchSlot<'_>]) {
        let q = self.data.state_len();
        for BatchSlot { first, difference, work, .. } in lanes {
            let ([input, _, input_difference, _], _) = places.of(work);
            self.data.input(&first.now[..q], input);
            if let Some(difference) = difference {
                self.data.input_difference(&first.now[..q], &difference.now[..q], input_difference);
            }
        }
    }

    /// The hidden state of one lane.
    fn step_hidden(&self, places: &Places, lane: &mut BatchSlot<'_>) {
        let hidden = self.data.state_len()..self.data.state_len() + self.cell.state_len();
        let BatchSlot { first, difference, work, .. } = lane;
        let ([input, tape, input_difference, tape_difference], _) = places.of(work);
        self.cell.step(&first.now[hidden.clone()], input, &mut first.next[hidden.clone()], tape);
        if let (Some(difference), Some(cell)) = (difference, self.cell.differences()) {
            let Motion { now, next, .. } = difference;
            cell.step_difference(tape, &now[hidden.clone()], input_difference, &mut next[hidden], tape_difference);
        }
    }

    /// The derivatives of one lane, from its tapes.
    fn carry(&self, cell: &dyn PairSteps, places: &Places, lane: &mut BatchSlot<'_>, room: &mut [f64]) {
        let BatchSlot { first, difference, work, .. } = lane;
        let ([_, tape, _, tape_difference], work) = places.of(work);
        match difference {
            Some(difference) => cell.carry_pair(TwoTapes { tape, difference: tape_difference }, first.in_place, difference.in_place, room),
            None => {
                let next = &mut room[..first.in_place.len()];
                self.cell.advance_influence(tape, first.in_place, next, work);
                first.in_place.copy_from_slice(next);
            }
        }
    }
}

/// Columns of many lanes: entry k of lane m at `k · M + m`.
#[derive(Default)]
struct SideBySide {
    first: Columns,
    difference: Columns,
}

#[derive(Default)]
struct Columns {
    state: Vec<f64>,
    input: Vec<f64>,
    next: Vec<f64>,
    tape: Vec<f64>,
}

impl Columns {
    fn make_room(&mut self, hidden: usize, places: &Places, count: usize) {
        for (list, rows) in [(&mut self.state, hidden), (&mut self.input, places.inputs), (&mut self.next, hidden), (&mut self.tape, places.tape)] {
            list.resize(rows * count, 0.0);
        }
    }
}

/// Writes a column.
fn scatter(values: &[f64], columns: &mut [f64], (column, count): (usize, usize)) {
    for (slot, value) in columns[column..].iter_mut().step_by(count).zip(values) {
        *slot = *value;
    }
}

/// Reads a column.
fn gather(columns: &[f64], values: &mut [f64], (column, count): (usize, usize)) {
    for (value, slot) in values.iter_mut().zip(columns[column..].iter().step_by(count)) {
        *value = *slot;
    }
}

impl SideBySide {
    /// Steps the hidden states of all lanes, which hold their inputs; where there are derivatives
    /// every lane gets its tapes.
    fn step(&mut self, chain: &JointChain<'_>, cell: &dyn PairSteps, places: &Places, lanes: &mut [BatchSlot<'_>]) {
        let (n, count) = (chain.cell.state_len(), lanes.len().next_multiple_of(FEWEST));
        let hidden = chain.data.state_len()..chain.data.state_len() + n;
        let paired = lanes[0].difference.is_some();
        let SideBySide { first, difference: moved } = self;
        first.make_room(n, places, count);
        if paired {
            moved.make_room(n, places, count);
        }
        for (m, lane) in lanes.iter_mut().enumerate() {
            let ([input, _, input_difference, _], _) = places.of(lane.work);
            scatter(&lane.first.now[hidden.clone()], &mut first.state, (m, count));
            scatter(input, &mut first.input, (m, count));
            if let Some(difference) = &lane.difference {
                scatter(&difference.now[hidden.clone()], &mut moved.state, (m, count));
                scatter(input_difference, &mut moved.input, (m, count));
            }
        }
        cell.step_columns(count, &first.state, &first.input, &mut first.next, &mut first.tape);
        if paired {
            cell.step_difference_columns(count, &first.tape, &moved.state, &moved.input, &mut moved.next, &mut moved.tape);
        }
        for (m, lane) in lanes.iter_mut().enumerate() {
            let BatchSlot { first: own, difference, work, .. } = lane;
            let ([_, tape, _, tape_difference], _) = places.of(work);
            gather(&first.next, &mut own.next[hidden.clone()], (m, count));
            if let Some(difference) = difference {
                gather(&moved.next, &mut difference.next[hidden.clone()], (m, count));
            }
            if chain.carries_derivatives {
                gather(&first.tape, tape, (m, count));
                if paired {
                    gather(&moved.tape, tape_difference, (m, count));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::chain::JointChain;
    use crate::coupling::Population;
    use crate::coupling::Synchronous;
    use crate::data::{Autoregression, LinearTarget, Var};
    use crate::markov::{Block, Kernel, Walk};
    use crate::network::{Elman, activation};
    use crate::random::{Noise, RngKey};
    use ndarray::arr2;

    fn data() -> Var {
        let target = LinearTarget::new(vec![vec![0.3, -1.0]], 0.1);
        let (transition, noise_factor) = (arr2(&[[0.7, 0.1], [0.0, 0.5]]), arr2(&[[1.0, 0.0], [0.2, 1.0]]));
        Var(Autoregression { transition, noise_factor, inputs: vec![0, 1], target })
    }

    fn cell(hidden: usize) -> Elman {
        let mut noise = Noise::at(RngKey::root(3));
        let mut scaled = |count: usize, factor: f64| noise.normal_vector(count).iter().map(|x| factor * x).collect::<Vec<f64>>();
        let (b, w) = (scaled(hidden * hidden, 0.7 / (hidden as f64).sqrt()), scaled(hidden * 2, 0.7));
        Elman::new(&b, &w, &scaled(hidden, 0.1), 0.0, activation::TANH).unwrap()
    }

    /// The largest difference of two vectors, relative to the length of the second, by block.
    fn apart(chain: &JointChain<'_>, own: &[f64], other: &[f64]) -> f64 {
        let blocks = Block::ALL.map(|block| chain.blocks().range(block));
        let relative = |range: std::ops::Range<usize>| {
            let largest = own[range.clone()].iter().zip(&other[range.clone()]).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            largest / crate::markov::norm(&other[range])
        };
        blocks.map(relative).into_iter().fold(0.0, f64::max)
    }

    #[test]
    fn pairs_together_alone_and_far_are_the_plain_recursion() {
        for hidden in [1, 3, 8, 9, 17, 33] {
            let (data, cell, count) = (data(), cell(hidden), if hidden > 20 { 5 } else { 11 });
            let chain = JointChain::new(&data, &cell);
            let noise = |pair: usize| Noise::at(RngKey::root(4).replicate(pair));
            // The copies are as near as 1e-9, so that a difference taken of them would be lost.
            let start = |pair: usize| {
                let mut walk = Walk::from(&chain, chain.state(&[1.0, -1.0], &vec![0.2; hidden]));
                (0..5).for_each(|_| walk.step_on(&mut noise(100 + pair)));
                let first = walk.state().to_vec();
                let second = first.iter().enumerate().map(|(k, x)| x + 1e-9 * (1.0 + (k % 7) as f64)).collect();
                (first, second)
            };
            let pairs = || (0..count).map(start).map(|(a, b)| Synchronous::new(&chain, a, b)).collect::<Vec<_>>();
            let (mut together, mut noises) = (pairs(), (0..count).map(noise).collect::<Vec<_>>());
            (0..20).for_each(|_| Synchronous::step_together(&mut together, &mut noises));
            for (k, mut alone) in pairs().into_iter().enumerate() {
                let mut own = noise(k);
                (0..20).for_each(|_| alone.step(&mut own));
                assert_eq!((alone.first(), alone.difference()), (together[k].first(), together[k].difference()), "N = {hidden}");
            }
            // Far: three steps at once and more.
            let guides = [Block::Data, Block::Hidden, Block::Derivative].map(|block| chain.blocks().range(block));
            let mut population = Population::new(&chain, pairs(), (0..count).map(noise).collect(), noise(99), &guides);
            [3, 1, 8, 2, 6].into_iter().for_each(|steps| population.advance(steps));
            assert_eq!(population.choices(), 0, "the pairs are so alike that none is multiplied");
            // And the plain recursion, one kernel call after the other.
            for (k, ((mut first, second), (near, far))) in (0..count).map(start).zip(together.iter().zip(population.pairs())).enumerate() {
                let mut difference: Vec<f64> = second.iter().zip(&first).map(|(b, a)| b - a).collect();
                let (mut next, mut moved, mut work) = (first.clone(), first.clone(), vec![0.0; chain.work_len()]);
                let mut own = noise(k);
                for _ in 0..20 {
                    let innovation = own.normal_vector(2);
                    chain.step(&first, &innovation, &mut next, &mut work);
                    chain.step_difference(&first, &difference, &innovation, &next, &mut moved, &mut work);
                    std::mem::swap(&mut first, &mut next);
                    std::mem::swap(&mut difference, &mut moved);
                }
                for pair in [near, far] {
                    let worst = apart(&chain, pair.first(), &first).max(apart(&chain, pair.difference(), &difference));
                    assert!(worst < 1e-13, "N = {hidden}: {worst:e}");
                }
            }
            // A walk that nobody looks at.
            let (mut seen, mut unseen) = (Walk::from(&chain, start(0).0), Walk::from(&chain, start(0).0));
            let (mut one, mut other) = (noise(5), noise(5));
            (0..70).for_each(|_| seen.step_on(&mut one));
            unseen.advance(70, &mut other);
            assert!(apart(&chain, unseen.state(), seen.state()) < 1e-13, "N = {hidden}");
        }
    }
}
