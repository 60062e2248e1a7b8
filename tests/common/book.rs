//! A recorded order book of one level.

use rtrl_lab::random::{Noise, RngKey};

/// Rows of a book whose quotes step up and down by a tick, as a file with columns by name.
pub fn walk(rows: usize) -> String {
    let mut noise = Noise::at(RngKey::root(4));
    let (mut bid, mut text) = (1000, "bid_price_1,bid_size_1,ask_price_1,ask_size_1\n".to_string());
    for _ in 0..rows {
        bid += [-1, 0, 0, 1][noise.index(4)];
        let (spread, sizes) = (1 + noise.index(3), [1 + noise.index(9), 1 + noise.index(9)]);
        text.push_str(&format!("{bid},{},{},{}\n", sizes[0], bid + spread as i32, sizes[1]));
    }
    text
}
