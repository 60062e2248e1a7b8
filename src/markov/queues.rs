//! Queues of unit orders, and which of two empties or is served first: small linear systems.

use ndarray::{Array2, Array3};

/// A birth–death chain on `0 … capacity`: from n orders one arrives at rate λ, one is taken at rate
/// μ and each leaves at rate θ. An arrival at a full queue is refused.
///
/// Source: Cont, Stoikov and Talreja (2010), "A stochastic model for order book dynamics",
/// doi 10.1287/opre.1090.0780.
///
/// ```
/// let queue = rtrl_lab::markov::Queue { arrival: 2.0, market: 1.0, cancel: 0.5, capacity: 30 };
/// assert_eq!(queue.departure(4), 1.0 + 4.0 * 0.5);
/// // The next event at four orders is an arrival with chance 2/(2 + 3).
/// assert_eq!(queue.arrival_share(4), 0.4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Queue {
    /// Rate `λ` of arrivals.
    pub arrival: f64,
    /// Rate `μ` of orders that take one.
    pub market: f64,
    /// Rate `θ` at which each order leaves.
    pub cancel: f64,
    /// The most orders, at least one.
    pub capacity: usize,
}

impl Queue {
    /// The rate `μ + n θ` at which n orders become n − 1.
    ///
    /// ```
    /// # use rtrl_lab::markov::Queue;
    /// # let queue = Queue { arrival: 2.0, market: 1.0, cancel: 0.5, capacity: 30 };
    /// assert_eq!(queue.departure(1), 1.5);
    /// ```
    pub fn departure(&self, orders: usize) -> f64 {
        self.market + orders as f64 * self.cancel
    }

    /// The chance that the next event of n orders is an arrival, `λ/(λ + μ + n θ)`.
    ///
    /// ```
    /// # use rtrl_lab::markov::Queue;
    /// # let queue = Queue { arrival: 2.0, market: 1.0, cancel: 0.5, capacity: 30 };
    /// assert_eq!(queue.arrival_share(1), 2.0 / 3.5);
    /// assert_eq!(queue.arrival_share(30), 0.0);
    /// ```
    pub fn arrival_share(&self, orders: usize) -> f64 {
        let arrival = self.arrival_at(orders);
        arrival / (arrival + self.departure(orders))
    }

    fn arrival_at(&self, orders: usize) -> f64 {
        if orders < self.capacity { self.arrival } else { 0.0 }
    }

    /// Solves for the chain that leaves at the extra rate `killed`:
    /// `(λ_n + d_n + killed) x_n − λ_n x_{n+1} − d_n x_{n−1} = rhs_n`, for n from `first` up, with
    /// 0 below. `rhs` becomes `x`.
    fn solve(&self, first: usize, killed: f64, rhs: &mut [f64]) {
        // From the full queue down: x_n = slope_n x_{n−1} + offset_n.
        let mut slopes = vec![0.0; rhs.len()];
        let (mut slope, mut offset) = (0.0, 0.0);
        for index in (0..rhs.len()).rev() {
            let (arrival, departure) = (self.arrival_at(first + index), self.departure(first + index));
            let left = arrival * (1.0 - slope) + departure + killed;
            offset = (rhs[index] + arrival * offset) / left;
            slope = departure / left;
            (slopes[index], rhs[index]) = (slope, offset);
        }
        let mut before = 0.0;
        for (x, slope) in rhs.iter_mut().zip(&slopes) {
            *x += slope * before;
            before = *x;
        }
    }
}

/// The chance that of two independent queues the second is empty before the first, where the race
/// also ends at the rate `exits[0]` in the second's favour and `exits[1]` in the first's. Entry
/// `[i, j]` is for i and j orders; row 0 is 0, column 0 is 1, and their corner ½.
///
/// ```
/// use rtrl_lab::markov::{Queue, second_empties_first};
/// // The two best queues of a book at a spread of one tick: the mid price moves up when the asks
/// // are gone first.
/// let queue = Queue { arrival: 1.85, market: 0.94, cancel: 0.71, capacity: 40 };
/// let up = second_empties_first([queue, queue], [0.0, 0.0]);
/// assert!((up[[1, 2]] - 0.33517).abs() < 5e-6 && (up[[3, 3]] - 0.5).abs() < 1e-13);
/// ```
pub fn second_empties_first(queues: [Queue; 2], exits: [f64; 2]) -> Array2<f64> {
    let [first, second] = queues;
    let (rows, columns) = (first.capacity, second.capacity);
    let killed = exits[0] + exits[1];
    let mut chance = Array2::zeros((rows + 1, columns + 1));
    // Block elimination from the full first queue down: P_i = E_i⁻¹ (s_i + d_i P_{i−1}).
    let mut inverses: Vec<Array2<f64>> = Vec::with_capacity(rows);
    let mut sides: Vec<Vec<f64>> = Vec::with_capacity(rows);
    for i in (1..=rows).rev() {
        let (arrival, departure) = (first.arrival_at(i), first.departure(i));
        let mut block = Array2::zeros((columns, columns));
        let mut side = vec![exits[0]; columns];
        for j in 1..=columns {
            block[[j - 1, j - 1]] = arrival + departure + second.arrival_at(j) + second.departure(j) + killed;
            match j {
                1 => side[0] += second.departure(1),
                _ => block[[j - 1, j - 2]] = -second.departure(j),
            }
            if j < columns {
                block[[j - 1, j]] = -second.arrival_at(j);
            }
        }
        if let (Some(inverse), Some(above)) = (inverses.last(), sides.last()) {
            block.scaled_add(-arrival * first.departure(i + 1), inverse);
            for (j, slot) in side.iter_mut().enumerate() {
                *slot += arrival * dot(inverse, j, above);
            }
        }
        inverses.push(dominant_inverse(block));
        sides.push(side);
    }
    for i in 0..=rows {
        chance[[i, 0]] = if i == 0 { 0.5 } else { 1.0 };
    }
    for (i, (inverse, side)) in (1..=rows).zip(inverses.iter().rev().zip(sides.iter().rev())) {
        let known: Vec<f64> = side.iter().enumerate().map(|(j, s)| s + first.departure(i) * chance[[i - 1, j + 1]]).collect();
        for j in 0..columns {
            chance[[i, j + 1]] = dot(inverse, j, &known);
        }
    }
    chance
}

/// The chance that an order is served before the other queue is empty and before anything ends the
/// race at the rate `exit`. Entry `[k, n]` is for place k of the order's own queue, k = 1 the next
/// to be served, and n orders in the other; row 0 is 1.
///
/// The order itself stays: from place k it moves up at rate `μ + (k − 1) θ`.
///
/// ```
/// use rtrl_lab::markov::{Queue, served_before};
/// let queue = Queue { arrival: 1.85, market: 0.94, cancel: 0.71, capacity: 40 };
/// let filled = served_before(3, queue, queue, 0.0);
/// assert!((filled[[1, 1]] - 0.502545).abs() < 1e-6 && (filled[[3, 2]] - 0.4654).abs() < 5e-5);
/// ```
pub fn served_before(places: usize, own: Queue, other: Queue, exit: f64) -> Array2<f64> {
    let mut chance = Array2::zeros((places + 1, other.capacity + 1));
    chance.row_mut(0).fill(1.0);
    for place in 1..=places {
        let forward = own.departure(place - 1);
        let mut solved: Vec<f64> = (1..=other.capacity).map(|n| forward * chance[[place - 1, n]]).collect();
        other.solve(1, forward + exit, &mut solved);
        for (n, x) in solved.into_iter().enumerate() {
            chance[[place, n + 1]] = x;
        }
    }
    chance
}

/// The chance that two orders, one the last of each queue, are both served before either queue is
/// empty; entry `[i, j]` is for i and j orders, their own among them.
///
/// A queue whose last order is served is empty, which does not undo that it was served second.
///
/// ```
/// use rtrl_lab::markov::{Queue, both_served};
/// let queue = Queue { arrival: 1.85, market: 0.94, cancel: 0.71, capacity: 40 };
/// let both = both_served([queue, queue], [2, 3]);
/// assert!((both[[1, 1]] - 0.2658).abs() < 5e-5 && (both[[2, 3]] - 0.4056).abs() < 5e-5);
/// ```
pub fn both_served(queues: [Queue; 2], orders: [usize; 2]) -> Array2<f64> {
    let [first, second] = queues;
    let forward = first_then_second(first, second, orders);
    let backward = first_then_second(second, first, [orders[1], orders[0]]);
    Array2::from_shape_fn((orders[0] + 1, orders[1] + 1), |(i, j)| if i * j == 0 { 0.0 } else { forward[[i, j]] + backward[[j, i]] })
}

/// The part of [`both_served`] where the order of the first queue is served first.
fn first_then_second(first: Queue, second: Queue, orders: [usize; 2]) -> Array2<f64> {
    // What is left once the first is served: its queue, of the orders behind, must last.
    let rest = served_before(orders[1], second, first, 0.0);
    // Numbers of places and of orders behind the first order.
    let behind = Queue { market: 0.0, ..first };
    let mut chance: Array3<f64> = Array3::zeros((orders[0] + 1, orders[1] + 1, first.capacity + 1));
    for place in 1..=orders[0] {
        let ahead = first.departure(place - 1);
        for other in 1..=orders[1] {
            let other_ahead = second.departure(other - 1);
            let killed = ahead + other_ahead;
            let mut known: Vec<f64> = (0..=first.capacity)
                .map(|n| {
                    // Served with nobody behind, the queue is empty and the race is over.
                    let forward = if place > 1 { chance[[place - 1, other, n]] } else { rest[[other, n]] * f64::from(u8::from(n > 0)) };
                    // The second served before the first is not this part.
                    let beside = if other > 1 { chance[[place, other - 1, n]] } else { 0.0 };
                    ahead * forward + other_ahead * beside
                })
                .collect();
            behind.solve(0, killed, &mut known);
            for (n, x) in known.into_iter().enumerate() {
                chance[[place, other, n]] = x;
            }
        }
    }
    Array2::from_shape_fn((orders[0] + 1, orders[1] + 1), |(i, j)| chance[[i, j, 0]])
}

fn dot(matrix: &Array2<f64>, row: usize, vector: &[f64]) -> f64 {
    matrix.row(row).iter().zip(vector).fold(0.0, |sum, (a, x)| sum + a * x)
}

/// The inverse of a matrix whose rows are dominated by their diagonals, without exchange of rows.
fn dominant_inverse(mut matrix: Array2<f64>) -> Array2<f64> {
    let n = matrix.nrows();
    for pivot in 0..n {
        let scale = 1.0 / matrix[[pivot, pivot]];
        matrix[[pivot, pivot]] = 1.0;
        matrix.row_mut(pivot).iter_mut().for_each(|x| *x *= scale);
        let eliminating = matrix.row(pivot).to_owned();
        for row in (0..n).filter(|row| *row != pivot) {
            let factor = std::mem::replace(&mut matrix[[row, pivot]], 0.0);
            if factor != 0.0 {
                matrix.row_mut(row).scaled_add(-factor, &eliminating);
            }
        }
    }
    matrix
}
