//! One book of orders and what an event does to it.

use super::rates::OrderRates;

/// A side of the book.
///
/// ```
/// use rtrl_lab::data::Side;
/// assert_eq!(Side::Bid.opposite(), Side::Ask);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Orders to buy.
    Bid,
    /// Orders to sell.
    Ask,
}

impl Side {
    /// The other side.
    ///
    /// ```
    /// use rtrl_lab::data::Side;
    /// assert_eq!(Side::Ask.opposite().opposite(), Side::Ask);
    /// ```
    pub fn opposite(self) -> Side {
        match self {
            Side::Bid => Side::Ask,
            Side::Ask => Side::Bid,
        }
    }
}

/// What happens to a book.
///
/// ```
/// use rtrl_lab::data::{OrderEvent, Side};
/// let event = OrderEvent::Limit { side: Side::Bid, distance: 2 };
/// assert_ne!(event, OrderEvent::Market { side: Side::Bid });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderEvent {
    /// A limit order arrives so many ticks from the opposite best quote.
    Limit {
        /// Its side.
        side: Side,
        /// Its distance, at least 1.
        distance: usize,
    },
    /// An order takes one of the best of a side.
    Market {
        /// The side that loses an order.
        side: Side,
    },
    /// An order is cancelled so many ticks from the opposite best quote.
    Cancel {
        /// Its side.
        side: Side,
        /// Its distance, at least 1.
        distance: usize,
    },
}

/// What an event did: the orders that came, went and fell out of sight, and by how many half ticks
/// the mid price moved.
///
/// ```
/// use rtrl_lab::data::OrderEffect;
/// let arrived = OrderEffect { arrived: 1, ..OrderEffect::default() };
/// assert_eq!((arrived.left, arrived.forgotten, arrived.half_ticks), (0, 0, 0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderEffect {
    /// Orders that came into the book.
    pub arrived: usize,
    /// Orders that were taken or cancelled.
    pub left: usize,
    /// Orders that are now too far from the opposite quote to be kept.
    pub forgotten: usize,
    /// Twice the move of the mid price in ticks.
    pub half_ticks: i64,
}

/// The numbers of a book: the spread in ticks, the bids 1 … D ticks below the best ask, the asks 1
/// … D ticks above the best bid. Both sides begin at the spread and always hold an order.
pub(super) struct Book<'a> {
    numbers: &'a mut [f64],
    depth: usize,
}

impl<'a> Book<'a> {
    pub(super) fn of(numbers: &'a mut [f64]) -> Self {
        let depth = (numbers.len() - 1) / 2;
        Book { numbers, depth }
    }

    fn side(&mut self, side: Side) -> &mut [f64] {
        let (bids, asks) = self.numbers[1..].split_at_mut(self.depth);
        match side {
            Side::Bid => bids,
            Side::Ask => asks,
        }
    }

    /// Takes an event; one that a full queue or the last order of a side refuses does nothing.
    pub(super) fn take(&mut self, event: OrderEvent, capacity: usize) -> OrderEffect {
        match event {
            OrderEvent::Limit { side, distance } => self.arrive(side, distance, capacity),
            OrderEvent::Market { side } => self.leave(side, self.numbers[0] as usize),
            OrderEvent::Cancel { side, distance } => self.leave(side, distance),
        }
    }

    fn arrive(&mut self, side: Side, distance: usize, capacity: usize) -> OrderEffect {
        let spread = self.numbers[0] as usize;
        let queue = &mut self.side(side)[distance - 1];
        if *queue >= capacity as f64 {
            return OrderEffect::default();
        }
        *queue += 1.0;
        if distance >= spread {
            return OrderEffect { arrived: 1, ..OrderEffect::default() };
        }
        // A better quote: the other side stands nearer to it.
        let nearer = spread - distance;
        let other = self.side(side.opposite());
        let kept = other.len() - nearer;
        other.copy_within(nearer.., 0);
        other[kept..].fill(0.0);
        self.numbers[0] = distance as f64;
        OrderEffect { arrived: 1, half_ticks: up(side, nearer), ..OrderEffect::default() }
    }

    fn leave(&mut self, side: Side, distance: usize) -> OrderEffect {
        let spread = self.numbers[0] as usize;
        let queues = self.side(side);
        if distance == spread && queues[distance - 1] == 1.0 {
            let Some(next) = queues[distance..].iter().position(|queue| *queue > 0.0) else { return OrderEffect::default() };
            queues[distance - 1] = 0.0;
            let further = next + 1;
            let other = self.side(side.opposite());
            let kept = other.len() - further;
            let forgotten = other[kept..].iter().sum::<f64>() as usize;
            other.copy_within(..kept, further);
            other[..further].fill(0.0);
            self.numbers[0] = (spread + further) as f64;
            return OrderEffect { left: 1, forgotten, half_ticks: -up(side, further), ..OrderEffect::default() };
        }
        queues[distance - 1] -= 1.0;
        OrderEffect { left: 1, ..OrderEffect::default() }
    }
}

/// Half ticks by which the mid price rises when the quote of a side gains so many ticks.
fn up(side: Side, ticks: usize) -> i64 {
    let ticks = ticks as i64;
    match side {
        Side::Bid => ticks,
        Side::Ask => -ticks,
    }
}

/// The event of a book at two uniform numbers: the first says what kind of event on which side, the
/// second where. Two books at the same numbers so take the same arrivals, whatever they hold.
pub(super) fn event(book: &[f64], rates: &OrderRates, total: f64, [which, place]: [f64; 2]) -> OrderEvent {
    let depth = rates.limit.len();
    let (bids, asks) = book[1..].split_at(depth);
    let [leaving_bids, leaving_asks] = [bids, asks].map(|side| weighted(side, &rates.cancel));
    let all = 2.0 * (total + rates.market) + leaving_bids + leaving_asks;
    let mut level = which * all;
    for side in [Side::Bid, Side::Ask] {
        if level < total {
            let distance = reached(&rates.limit, |rate, _| rate, place * total, bids);
            return OrderEvent::Limit { side, distance };
        }
        level -= total;
    }
    for side in [Side::Bid, Side::Ask] {
        if level < rates.market {
            return OrderEvent::Market { side };
        }
        level -= rates.market;
    }
    let (side, queues, leaving) = if level < leaving_bids { (Side::Bid, bids, leaving_bids) } else { (Side::Ask, asks, leaving_asks) };
    OrderEvent::Cancel { side, distance: reached(&rates.cancel, |rate, queue| rate * queue, place * leaving, queues) }
}

/// `Σ θ(i) q(i)`.
pub(super) fn weighted(queues: &[f64], cancel: &[f64]) -> f64 {
    queues.iter().zip(cancel).fold(0.0, |sum, (queue, rate)| sum + queue * rate)
}

/// The distance at which the sums of the rates pass a level; the last that has a rate where
/// rounding leaves it open.
fn reached(rates: &[f64], rate_of: impl Fn(f64, f64) -> f64, level: f64, queues: &[f64]) -> usize {
    let (mut sum, mut last) = (0.0, 1);
    for (i, (rate, queue)) in rates.iter().zip(queues).enumerate() {
        let rate = rate_of(*rate, *queue);
        sum += rate;
        if rate > 0.0 {
            last = i + 1;
            if level < sum {
                break;
            }
        }
    }
    last
}
