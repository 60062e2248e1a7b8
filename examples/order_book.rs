//! A generated book of orders: how fast it runs, and how often the mid price really went where its
//! exact chance says. Run by `cargo run --release --example order_book`.

use rtrl_lab::data::{BookInput, BookTarget, DataProcess, OrderBook, OrderRates};
use rtrl_lab::markov::{Kernel, Walk};
use rtrl_lab::random::{Noise, RngKey};

fn main() {
    let book = OrderBook::new(OrderRates::sky_perfect(20), 40, BookTarget::NextMove, vec![BookInput::Imbalance]);
    let mut noise = Noise::at(RngKey::root(1));
    let mut state = vec![0.0; book.state_len()];
    book.start(1.0, 0, 1, &mut noise, &mut state);
    let mut walk = Walk::from(&book, state);
    // Spread, chance that the next move is up in tenths: forecasts that wait for their answer.
    let (mut waiting, mut tally) = (Vec::new(), [[0.0; 3]; 10]);
    let mut innovation = [0.0; 2];
    let steps = 2_000_000;
    let begun = std::time::Instant::now();
    for _ in 0..steps {
        noise.normals(&mut innovation);
        let quote = middle(walk.state(), book.depth());
        walk.step(&innovation);
        let moved = middle(walk.state(), book.depth()) != quote || walk.state()[0] != quote.0;
        std::hint::black_box(moved);
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("{:.2} million events a second", 1e-6 * f64::from(steps) / seconds);
    for _ in 0..500_000 {
        waiting.push(book.chance_up(walk.state()));
        let mut state = walk.state().to_vec();
        let (_, effect) = book.happen(&mut state, [noise.uniform(), noise.uniform()]);
        walk = Walk::from(&book, state);
        if effect.half_ticks != 0 {
            for chance in waiting.drain(..) {
                let bin: &mut [f64; 3] = &mut tally[((10.0 * chance) as usize).min(9)];
                *bin = [bin[0] + 1.0, bin[1] + chance, bin[2] + f64::from(u8::from(effect.half_ticks > 0))];
            }
        }
    }
    println!("{:>10} {:>14} {:>14}", "books", "chance of up", "share of ups");
    for [count, chance, ups] in tally.into_iter().filter(|[count, ..]| *count > 0.0) {
        println!("{count:>10} {:>14.4} {:>14.4}", chance / count, ups / count);
    }
}

/// Spread and best queues.
fn middle(state: &[f64], depth: usize) -> (f64, f64, f64) {
    let spread = state[0] as usize;
    (state[0], state[spread], state[depth + spread])
}
