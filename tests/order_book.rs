//! The generated book of orders against its exact chances and against a book kept by prices.

use rtrl_lab::data::{BookInput, BookTarget, DataProcess, OrderBook, OrderEvent, OrderRates, Side};
use rtrl_lab::markov::{Kernel, Queue, both_served, second_empties_first, served_before};
use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::stats::holm;
use std::collections::BTreeMap;

const CAPACITY: usize = 40;
/// Chance of a false alarm of a random test here, over all that it compares.
const FALSE_ALARM: f64 = 1e-5;

fn book(asked: BookTarget) -> OrderBook {
    OrderBook::new(OrderRates::sky_perfect(20), CAPACITY, asked, vec![BookInput::Spread, BookInput::Bid, BookInput::Ask, BookInput::Imbalance])
}

/// Two-sided chance of so many successes, normal.
fn p_value(successes: usize, count: usize, chance: f64) -> f64 {
    let z = (successes as f64 - count as f64 * chance) / (count as f64 * chance * (1.0 - chance)).sqrt();
    libm::erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// Fails where one of the chances is not met; a first alarm is tried again with four times as many
/// repeats and other noise.
fn all_met(what: &str, repeats: usize, tallies: impl Fn(u64, usize) -> Vec<(usize, usize, f64)>) {
    let least = |seed: u64, repeats: usize| {
        let p_values: Vec<f64> = tallies(seed, repeats).into_iter().map(|(hits, count, chance)| p_value(hits, count, chance)).collect();
        let corrected = holm(&p_values);
        (p_values.len(), corrected.into_iter().fold(1.0, f64::min))
    };
    let (cells, mut smallest) = least(1, repeats);
    if smallest < FALSE_ALARM {
        println!("{what}: {smallest:.1e} after correction; again with four times as many");
        smallest = least(2, 4 * repeats).1;
    }
    println!("{what}: {cells} chances, least corrected p-value {smallest:.3}");
    assert!(smallest >= FALSE_ALARM, "{what}: {smallest:e}");
}

/// Runs a book until the mid price moves; whether it moved up.
fn next_move(book: &OrderBook, mut state: Vec<f64>, noise: &mut Noise) -> bool {
    loop {
        let (_, effect) = book.happen(&mut state, [noise.uniform(), noise.uniform()]);
        if effect.half_ticks != 0 {
            return effect.half_ticks > 0;
        }
    }
}

#[test]
fn the_next_move_of_the_simulated_book_has_the_chances_of_table_3_and_of_wider_spreads() {
    let book = book(BookTarget::NextMove);
    all_met("next move", 10_000, |seed, repeats| {
        let mut noise = Noise::at(RngKey::root(seed));
        let cells = (1..=5).flat_map(|b| (1..=5).map(move |a| (1, b, a))).chain([(2, 1, 3), (2, 4, 1), (3, 2, 6), (5, 7, 1)]);
        cells
            .map(|(spread, b, a)| {
                let state = book.at(spread, b, a);
                let ups = (0..repeats).filter(|_| next_move(&book, state.clone(), &mut noise)).count();
                (ups, repeats, book.chance_up(&state))
            })
            .collect()
    });
    // What a book says of itself is the system of its best queues.
    let queue = Queue { arrival: 1.85, market: 0.94, cancel: 0.71, capacity: CAPACITY };
    let up = second_empties_first([queue, queue], [0.0, 0.0]);
    assert_eq!(book.chance_up(&book.at(1, 2, 4)), up[[2, 4]]);
}

/// Own orders at the end of the best queues, which are not cancelled: orders ahead of each, `None`
/// once taken.
struct Own {
    ahead: [Option<usize>; 2],
}

impl Own {
    /// Follows a book to its next move; which of the own orders were taken before it.
    fn run(mut self, book: &OrderBook, mut state: Vec<f64>, noise: &mut Noise) -> [bool; 2] {
        loop {
            let before = state.clone();
            let spread = before[0] as usize;
            let (event, effect) = book.happen(&mut state, [noise.uniform(), noise.uniform()]);
            let index = |side| usize::from(side == Side::Ask);
            let mut moved = effect.half_ticks != 0;
            match event {
                OrderEvent::Market { side } if effect.left == 1 => {
                    let ahead = &mut self.ahead[index(side)];
                    *ahead = ahead.and_then(|ahead| ahead.checked_sub(1));
                }
                OrderEvent::Cancel { side, distance } if distance == spread && effect.left == 1 => {
                    let orders = before[index(side) * book.depth() + distance] as usize;
                    if let Some(ahead) = &mut self.ahead[index(side)] {
                        // Any order of the queue; the own one is not for cancelling.
                        match noise.index(orders) {
                            place if place == *ahead => {
                                state = before;
                                moved = false;
                            }
                            place if place < *ahead => *ahead -= 1,
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
            if moved || self.ahead == [None, None] {
                return self.ahead.map(|ahead| ahead.is_none());
            }
        }
    }
}

#[test]
fn own_orders_are_taken_as_tables_4_and_5_say() {
    let book = book(BookTarget::Fill);
    let queue = Queue { arrival: 1.85, market: 0.94, cancel: 0.71, capacity: CAPACITY };
    let (one, both) = (served_before(5, queue, queue, 0.0), both_served([queue, queue], [5, 5]));
    let cells = || (1..=5_usize).flat_map(|b| (1..=5_usize).map(move |a| (b, a)));
    all_met("own orders", 10_000, |seed, repeats| {
        let mut noise = Noise::at(RngKey::root(seed));
        let mut tallies = Vec::new();
        for (b, a) in cells() {
            let mut run = |ahead| Own { ahead }.run(&book, book.at(1, b, a), &mut noise);
            // A bid alone: what was taken before the move that the other side may make too.
            let bids = (0..repeats).filter(|_| run([Some(b - 1), Some(usize::MAX)])[0]).count();
            tallies.push((bids, repeats, one[[b, a]]));
            let pairs = (0..repeats).filter(|_| run([Some(b - 1), Some(a - 1)]) == [true, true]).count();
            tallies.push((pairs, repeats, both[[b, a]]));
        }
        tallies
    });
    assert_eq!(book.chance_filled(&book.at(1, 2, 4)), one[[3, 4]]);
}

#[test]
fn the_next_event_has_its_chances() {
    let book = book(BookTarget::NextEvent);
    let queue = Queue { arrival: 1.85, market: 0.94, cancel: 0.71, capacity: CAPACITY };
    all_met("next event", 40_000, |seed, repeats| {
        let mut noise = Noise::at(RngKey::root(seed));
        let mut tallies = Vec::new();
        for n in 1..=5 {
            let (mut events, mut arrivals) = (0, 0);
            for _ in 0..repeats {
                let mut state = book.at(1, n, 3);
                let arrived = match book.happen(&mut state, [noise.uniform(), noise.uniform()]).0 {
                    OrderEvent::Limit { side: Side::Bid, distance: 1 } => true,
                    OrderEvent::Market { side: Side::Bid } | OrderEvent::Cancel { side: Side::Bid, distance: 1 } => false,
                    _ => continue,
                };
                (events, arrivals) = (events + 1, arrivals + usize::from(arrived));
            }
            tallies.push((arrivals, events, queue.arrival_share(n)));
        }
        for (spread, b, a) in [(1, 1, 1), (1, 2, 1), (3, 1, 4)] {
            let state = book.at(spread, b, a);
            let [down, _, up] = book.next_event(&state);
            let mut moves = [0, 0];
            for _ in 0..repeats {
                let half_ticks = book.happen(&mut state.clone(), [noise.uniform(), noise.uniform()]).1.half_ticks;
                moves[0] += usize::from(half_ticks < 0);
                moves[1] += usize::from(half_ticks > 0);
            }
            tallies.extend([(moves[0], repeats, down), (moves[1], repeats, up)].into_iter().filter(|(_, _, chance)| *chance > 0.0));
        }
        tallies
    });
}

/// A book kept by prices, to which the same events happen.
struct ByPrice {
    sides: [BTreeMap<i64, usize>; 2],
    depth: usize,
}

impl ByPrice {
    fn of(state: &[f64]) -> Self {
        let depth = (state.len() - 1) / 2;
        let (spread, queues) = (state[0] as i64, &state[1..]);
        // The best ask stands at 0.
        let side = |offset: usize, price: &dyn Fn(i64) -> i64| {
            let held = queues[offset..offset + depth].iter().enumerate().filter(|(_, queue)| **queue > 0.0);
            held.map(|(i, queue)| (price(i as i64 + 1), *queue as usize)).collect()
        };
        ByPrice { sides: [side(0, &|i| -i), side(depth, &|i| i - spread)], depth }
    }

    fn best(&self) -> (i64, i64) {
        (*self.sides[0].last_key_value().unwrap().0, *self.sides[1].first_key_value().unwrap().0)
    }

    fn price(&self, side: Side, distance: usize) -> i64 {
        let (bid, ask) = self.best();
        if side == Side::Bid { ask - distance as i64 } else { bid + distance as i64 }
    }

    /// Returns whether the event was taken, and how many orders fell out of sight.
    fn take(&mut self, event: OrderEvent) -> (bool, usize) {
        let (bid, ask) = self.best();
        let (side, price, arrives) = match event {
            OrderEvent::Limit { side, distance } => (side, self.price(side, distance), true),
            OrderEvent::Market { side } => (side, if side == Side::Bid { bid } else { ask }, false),
            OrderEvent::Cancel { side, distance } => (side, self.price(side, distance), false),
        };
        let queues = &mut self.sides[usize::from(side == Side::Ask)];
        let held = queues.get(&price).copied().unwrap_or(0);
        if arrives && held < CAPACITY {
            queues.insert(price, held + 1);
        } else if arrives || (held == 1 && queues.len() == 1) {
            return (false, 0);
        } else if held > 1 {
            queues.insert(price, held - 1);
        } else {
            assert_eq!(queues.remove(&price), Some(1), "{event:?} of an empty queue");
        }
        let (bid, ask) = self.best();
        let mut forgotten = 0;
        for (queues, quote) in self.sides.iter_mut().zip([ask, bid]) {
            queues.retain(|price, held| {
                let seen = (price - quote).unsigned_abs() as usize <= self.depth;
                forgotten += if seen { 0 } else { *held };
                seen
            });
        }
        (true, forgotten)
    }

    fn state(&self) -> Vec<f64> {
        let (bid, ask) = self.best();
        let mut state = vec![0.0; 1 + 2 * self.depth];
        state[0] = (ask - bid) as f64;
        self.sides[0].iter().for_each(|(price, held)| state[(ask - price) as usize] = *held as f64);
        self.sides[1].iter().for_each(|(price, held)| state[self.depth + (price - bid) as usize] = *held as f64);
        state
    }
}

#[test]
fn distances_are_what_prices_would_say_and_no_order_is_lost() {
    let book = book(BookTarget::NextMove);
    let mut noise = Noise::at(RngKey::root(3));
    let mut state = vec![0.0; book.state_len()];
    book.start(1.0, 0, 1, &mut noise, &mut state);
    let mut prices = ByPrice::of(&state);
    assert_eq!(prices.state(), state);
    let orders = |state: &[f64]| state[1..].iter().sum::<f64>() as usize;
    let (begun, mut arrived, mut gone, mut forgotten, mut half_ticks) = (orders(&state), 0, 0, 0, 0);
    let middle = |prices: &ByPrice| prices.best().0 + prices.best().1;
    let first = middle(&prices);
    for _ in 0..200_000 {
        let (event, effect) = book.happen(&mut state, [noise.uniform(), noise.uniform()]);
        let (taken, fallen) = prices.take(event);
        assert_eq!(taken, effect.arrived + effect.left == 1, "{event:?}");
        assert_eq!(fallen, effect.forgotten, "{event:?}");
        assert_eq!(prices.state(), state, "{event:?}");
        arrived += effect.arrived;
        gone += effect.left;
        forgotten += effect.forgotten;
        half_ticks += effect.half_ticks;
        assert_eq!(middle(&prices) - first, half_ticks);
    }
    println!("{arrived} orders came, {gone} left and {forgotten} fell out of sight");
    assert_eq!(begun + arrived, orders(&state) + gone + forgotten);
    assert!(arrived > 50_000 && gone > 50_000 && forgotten > 1_000);
}

/// The target that is drawn has the chance that the book has.
#[test]
fn drawn_targets_have_the_exact_mean() {
    for asked in [BookTarget::NextMove, BookTarget::Fill, BookTarget::NextEvent] {
        let book = book(asked);
        let classes = book.outputs();
        all_met(&format!("{asked:?}"), 40_000, |seed, repeats| {
            let mut noise = Noise::at(RngKey::root(seed));
            let (mut tallies, mut mean, mut drawn) = (Vec::new(), vec![0.0; classes], vec![0.0; classes]);
            for (spread, b, a) in [(1, 1, 2), (2, 3, 1), (1, 4, 4)] {
                let state = book.at(spread, b, a);
                book.mean_target(&state, &mut mean);
                let mut counts = vec![0; classes];
                for _ in 0..repeats {
                    book.target(&state, &noise.normal_vector(1), &mut drawn);
                    assert!(classes == 1 || drawn.iter().sum::<f64>() == 1.0);
                    counts.iter_mut().zip(&drawn).for_each(|(count, y)| *count += usize::from(*y == 1.0));
                }
                tallies.extend(counts.into_iter().zip(&mean).map(|(count, chance)| (count, repeats, *chance)).filter(|(_, _, p)| *p > 0.0));
            }
            tallies
        });
    }
}
