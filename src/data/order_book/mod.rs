//! A book of orders without intelligence, event by event, with the exact chance of what comes next.

mod asked;
mod book;
mod kind;
mod rates;

pub use asked::{BookInput, BookTarget};
pub use book::{OrderEffect, OrderEvent, Side};
pub(super) use kind::Kind;
pub use rates::OrderRates;

use super::{DataProcess, is_count_up_to};
use crate::markov::{Kernel, second_empties_first, served_before};
use crate::network::loss::Targets;
use crate::random::Noise;
use crate::stats::normal_tail;
use book::{Book, event, weighted};
use ndarray::Array2;
use std::sync::OnceLock;

/// The book of Cont, Stoikov and Talreja (2010): unit orders, integer queues, one event a step.
///
/// ```text
/// limit orders     at rate λ(i), i ticks from the opposite best quote, i = 1 … D
/// cancellations    at rate θ(i) each
/// market orders    at rate μ on either side
/// ```
///
/// The state is `(S, bids at distances 1 … D, asks at distances 1 … D)`: prices do not matter, only
/// distances do. Orders that a move of the quotes leaves more than D ticks away are forgotten; the
/// last order of a side stays; a queue holds `capacity` orders at most.
///
/// The chance of the next move of the mid price depends on the spread and the two best queues
/// alone, and is exact by a linear system; but for books of which a side holds one single order,
/// which are so rare that no target notices (rates at which they are not are refused). A target is
/// drawn from that chance at every event anew: given the book, it has the law of the move that will
/// come, and is independent of the rest. A loss and its gradient so have the means that they have
/// on moves that come true; the noise of neighbouring targets is less alike.
///
/// Source: R. Cont, S. Stoikov, R. Talreja, doi 10.1287/opre.1090.0780.
///
/// ```
/// use rtrl_lab::data::{BookInput, BookTarget, OrderBook, OrderRates};
/// let inputs = vec![BookInput::Imbalance];
/// let book = OrderBook::new(OrderRates::sky_perfect(20), 40, BookTarget::NextMove, inputs);
/// // A spread of one tick, one order to buy and two to sell.
/// let state = book.at(1, 1, 2);
/// assert!((book.chance_up(&state) - 0.33517).abs() < 5e-6);
/// ```
#[derive(Debug)]
pub struct OrderBook {
    rates: OrderRates,
    /// `Σ λ(i)`.
    limits: f64,
    capacity: usize,
    asked: BookTarget,
    seen: Vec<BookInput>,
    /// Chances by spread, made when a book first has it.
    up: Vec<OnceLock<Array2<f64>>>,
    filled: Vec<OnceLock<Array2<f64>>>,
}

impl OrderBook {
    /// A book whose queues hold `capacity` orders at most, what is asked and what is seen of it.
    ///
    /// ```
    /// # use rtrl_lab::data::{BookInput, BookTarget, OrderBook, OrderRates};
    /// use rtrl_lab::data::DataProcess;
    /// let inputs = vec![BookInput::Spread, BookInput::AskQueues];
    /// let book = OrderBook::new(OrderRates::sky_perfect(20), 40, BookTarget::NextEvent, inputs);
    /// assert_eq!((book.inputs(), book.outputs()), (1 + 5, 3));
    /// ```
    pub fn new(rates: OrderRates, capacity: usize, asked: BookTarget, seen: Vec<BookInput>) -> Self {
        let tables = || (0..rates.limit.len()).map(|_| OnceLock::new()).collect();
        OrderBook { limits: rates.limit.iter().sum(), up: tables(), filled: tables(), rates, capacity, asked, seen }
    }

    /// A book at a spread, of two best queues, with one order behind each.
    ///
    /// ```
    /// # use rtrl_lab::data::{BookInput, BookTarget, OrderBook, OrderRates};
    /// # let inputs = vec![BookInput::Imbalance];
    /// # let book = OrderBook::new(OrderRates::sky_perfect(20), 40, BookTarget::NextMove, inputs);
    /// let state = book.at(3, 5, 7);
    /// assert_eq!((state[0], state[3], state[20 + 3], state[20 + 20]), (3.0, 5.0, 7.0, 1.0));
    /// ```
    pub fn at(&self, spread: usize, bids: usize, asks: usize) -> Vec<f64> {
        let depth = self.depth();
        let mut state = vec![0.0; 1 + 2 * depth];
        (state[depth], state[2 * depth]) = (1.0, 1.0);
        (state[0], state[spread], state[depth + spread]) = (spread as f64, bids as f64, asks as f64);
        state
    }

    /// The farthest distance D.
    ///
    /// ```
    /// # use rtrl_lab::data::{BookInput, BookTarget, OrderBook, OrderRates};
    /// # let inputs = vec![BookInput::Imbalance];
    /// # let book = OrderBook::new(OrderRates::sky_perfect(20), 40, BookTarget::NextMove, inputs);
    /// assert_eq!(book.depth(), 20);
    /// ```
    pub fn depth(&self) -> usize {
        self.rates.limit.len()
    }

    /// The event of a state at two uniform numbers, and what it does; the state becomes the next.
    ///
    /// ```
    /// # use rtrl_lab::data::{BookInput, BookTarget, OrderBook, OrderRates};
    /// # let inputs = vec![BookInput::Imbalance];
    /// # let book = OrderBook::new(OrderRates::sky_perfect(20), 40, BookTarget::NextMove, inputs);
    /// use rtrl_lab::data::{OrderEvent, Side};
    /// let mut state = book.at(1, 1, 2);
    /// let (event, effect) = book.happen(&mut state, [0.0, 0.0]);
    /// assert_eq!(event, OrderEvent::Limit { side: Side::Bid, distance: 1 });
    /// assert_eq!((effect.arrived, state[1]), (1, 2.0));
    /// ```
    pub fn happen(&self, state: &mut [f64], uniforms: [f64; 2]) -> (OrderEvent, OrderEffect) {
        let event = event(state, &self.rates, self.limits, uniforms);
        (event, Book::of(state).take(event, self.capacity))
    }

    /// Spread and best queues.
    fn best(&self, state: &[f64]) -> (usize, usize, usize) {
        let spread = state[0] as usize;
        (spread, state[spread] as usize, state[self.depth() + spread] as usize)
    }

    /// The chance that the next move of the mid price is up: the asks are gone before the bids, or
    /// a bid comes inside the spread before an ask does.
    ///
    /// ```
    /// # use rtrl_lab::data::{BookInput, BookTarget, OrderBook, OrderRates};
    /// # let inputs = vec![BookInput::Imbalance];
    /// # let book = OrderBook::new(OrderRates::sky_perfect(20), 40, BookTarget::NextMove, inputs);
    /// // Inside a wide spread either side may come first, and queues matter less.
    /// let chances = [1, 4].map(|spread| book.chance_up(&book.at(spread, 5, 1)));
    /// assert!(chances[0] > 0.8 && chances[1] > 0.5 && chances[1] < 0.6);
    /// ```
    pub fn chance_up(&self, state: &[f64]) -> f64 {
        let (spread, bids, asks) = self.best(state);
        let table = self.up[spread - 1].get_or_init(|| {
            let queue = self.rates.queue(spread, self.capacity);
            second_empties_first([queue, queue], [self.rates.inside(spread); 2])
        });
        table[[bids, asks]]
    }

    /// The chance that an order put behind those at the best bid is taken before the mid price
    /// moves.
    ///
    /// ```
    /// # use rtrl_lab::data::{BookInput, BookTarget, OrderBook, OrderRates};
    /// # let inputs = vec![BookInput::Imbalance];
    /// # let book = OrderBook::new(OrderRates::sky_perfect(20), 40, BookTarget::NextMove, inputs);
    /// // In second place, before three asks.
    /// assert!((book.chance_filled(&book.at(1, 1, 3)) - 0.6643).abs() < 5e-5);
    /// ```
    pub fn chance_filled(&self, state: &[f64]) -> f64 {
        let (spread, bids, asks) = self.best(state);
        let table = self.filled[spread - 1].get_or_init(|| {
            let queue = self.rates.queue(spread, self.capacity);
            served_before(self.capacity + 1, queue, queue, 2.0 * self.rates.inside(spread))
        });
        table[[bids + 1, asks]]
    }

    /// The chances that the next event moves the mid price down, not at all, and up.
    ///
    /// ```
    /// # use rtrl_lab::data::{BookInput, BookTarget, OrderBook, OrderRates};
    /// # let inputs = vec![BookInput::Imbalance];
    /// # let book = OrderBook::new(OrderRates::sky_perfect(20), 40, BookTarget::NextMove, inputs);
    /// let [down, stay, up] = book.next_event(&book.at(1, 3, 1));
    /// assert!(down == 0.0 && up > 0.0 && (down + stay + up - 1.0).abs() < 1e-15);
    /// ```
    pub fn next_event(&self, state: &[f64]) -> [f64; 3] {
        let (spread, bids, asks) = self.best(state);
        let (lower, upper) = state[1..].split_at(self.depth());
        let all = 2.0 * (self.limits + self.rates.market) + weighted(lower, &self.rates.cancel) + weighted(upper, &self.rates.cancel);
        let emptied = |orders: usize, side: &[f64]| {
            let alone = side[spread..].iter().all(|queue| *queue == 0.0);
            if orders == 1 && !alone { self.rates.market + self.rates.cancel[spread - 1] } else { 0.0 }
        };
        let inside = self.rates.inside(spread);
        let (down, up) = ((emptied(bids, lower) + inside) / all, (emptied(asks, upper) + inside) / all);
        [down, 1.0 - down - up, up]
    }

    /// Writes the chances of what is asked: one number, or three shares.
    fn chances(&self, state: &[f64], out: &mut [f64]) {
        match self.asked {
            BookTarget::NextMove => out[0] = self.chance_up(state),
            BookTarget::Fill => out[0] = self.chance_filled(state),
            BookTarget::NextEvent => out.copy_from_slice(&self.next_event(state)),
        }
    }
}

impl Kernel for OrderBook {
    fn state_len(&self) -> usize {
        1 + 2 * self.depth()
    }

    fn innovation_len(&self) -> usize {
        2
    }

    fn step(&self, now: &[f64], innovation: &[f64], next: &mut [f64], _work: &mut [f64]) {
        next.copy_from_slice(now);
        self.happen(next, [normal_tail(innovation[0]), normal_tail(innovation[1])]);
    }
}

impl DataProcess for OrderBook {
    fn inputs(&self) -> usize {
        self.seen.iter().map(|input| input.len()).sum()
    }

    fn outputs(&self) -> usize {
        if self.asked == BookTarget::NextEvent { 3 } else { 1 }
    }

    fn observation_len(&self) -> usize {
        1
    }

    fn input(&self, state: &[f64], input: &mut [f64]) {
        let mut at = 0;
        for seen in &self.seen {
            seen.write(state, &mut input[at..at + seen.len()]);
            at += seen.len();
        }
    }

    fn input_bounds(&self) -> Vec<f64> {
        self.seen.iter().flat_map(|seen| std::iter::repeat_n(seen.bound(self.depth(), self.capacity), seen.len())).collect()
    }

    fn target(&self, state: &[f64], observation_noise: &[f64], target: &mut [f64]) {
        let quantile = normal_tail(observation_noise[0]);
        self.chances(state, target);
        if let [chance] = target {
            *chance = f64::from(u8::from(quantile < *chance));
            return;
        }
        // The class in whose share the quantile lies.
        let (mut below, mut found) = (0.0, false);
        let last = target.len() - 1;
        for (class, share) in target.iter_mut().enumerate() {
            below += *share;
            let here = !found && (quantile < below || class == last);
            found |= here;
            *share = f64::from(u8::from(here));
        }
    }

    fn mean_target(&self, state: &[f64], target: &mut [f64]) {
        self.chances(state, target);
    }

    fn targets(&self) -> Targets {
        if self.asked == BookTarget::NextEvent { Targets::Shares } else { Targets::Chances }
    }

    fn admits(&self, state: &[f64]) -> bool {
        let depth = self.depth();
        let sides = state[1..].split_at(depth);
        let counts = state[1..].iter().all(|queue| is_count_up_to(*queue, self.capacity));
        let spread = is_count_up_to(state[0], depth) && state[0] >= 1.0;
        let begins = |side: &[f64]| side.iter().position(|queue| *queue > 0.0).map(|first| first + 1) == Some(state[0] as usize);
        counts && spread && begins(sides.0) && begins(sides.1)
    }

    fn knows_best(&self) -> bool {
        true
    }

    /// A spread of one to three ticks, at most D, and queues whose sizes are spread about what
    /// arrivals and cancellations would hold in balance.
    fn start(&self, spread: f64, _replicate: usize, _replicates: usize, noise: &mut Noise, state: &mut [f64]) {
        noise.normals(state);
        let (depth, most) = (self.depth(), self.capacity as f64);
        let ticks = (1 + (3.0 * normal_tail(state[0])) as usize).min(3).min(depth);
        state[0] = ticks as f64;
        for (i, queue) in state[1..].iter_mut().enumerate() {
            let distance = i % depth;
            let mean = (self.rates.limit[distance] / self.rates.cancel[distance].max(1e-9)).min(0.5 * most);
            let size = libm::round(mean * (1.0 + spread * *queue).abs()).min(most);
            *queue = if distance + 1 < ticks { 0.0 } else { size };
        }
        for (best, last) in [(ticks, depth), (depth + ticks, 2 * depth)] {
            state[best] = state[best].max(1.0);
            state[last] = state[last].max(1.0);
        }
    }
}
