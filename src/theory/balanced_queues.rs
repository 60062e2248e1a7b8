//! Two queues whose orders come and go at the same rate: which one is empty first, by an integral.

use super::scalar::{legendre, panel};
use std::f64::consts::PI;

/// The chance that the second of two queues is empty before the first, where every queue gains and
/// loses an order at one and the same rate:
///
/// ```text
/// P(n, p) = (1/π) ∫₀^π (2 − cos t − √((2 − cos t)² − 1))^p sin(n t) cos(t/2)/sin(t/2) dt
/// ```
///
/// with n orders in the first and p in the second. The time to the end of the race has no mean,
/// while the state of the race does what any balanced walk in a quadrant does.
///
/// An empty second queue gives 1, an empty first 0, two empty ones ½. Up to a thousand orders the
/// error is below 1e-12.
///
/// Source: Cont and de Larrard (2013), "Price dynamics in a Markovian limit order market",
/// doi 10.1137/110856605.
///
/// ```
/// use rtrl_lab::theory::balanced_race;
/// assert!((balanced_race(4, 4) - 0.5).abs() < 1e-13);
/// assert!((balanced_race(1, 2) + balanced_race(2, 1) - 1.0).abs() < 1e-13);
/// // Every state is the mean of its four neighbours.
/// let neighbours = [(2, 5), (4, 5), (3, 4), (3, 6)].map(|(n, p)| balanced_race(n, p));
/// assert!((balanced_race(3, 5) - neighbours.iter().sum::<f64>() / 4.0).abs() < 1e-13);
/// ```
pub fn balanced_race(first: usize, second: usize) -> f64 {
    match (first, second) {
        (0, 0) => return 0.5,
        (0, _) => return 0.0,
        (_, 0) => return 1.0,
        _ => {}
    }
    let (n, p) = (first as f64, second as f64);
    let integrand = |t: f64| {
        let (sine, cosine) = (libm::sin(0.5 * t), libm::cos(0.5 * t));
        // 2 − cos t = 1 + 2 s² with s = sin(t/2), so that the root is 2 s √(1 + s²) and the base
        // (√(1 + s²) − s)².
        let base = (1.0 + sine * sine).sqrt() - sine;
        libm::pow(base, 2.0 * p) * libm::sin(n * t) * cosine / sine
    };
    // Panels in which neither the sine nor the power turns by much.
    let panels = 2 * (4 + first + second);
    let rule = legendre();
    let width = PI / panels as f64;
    (0..panels).map(|k| panel(&rule, [k as f64 * width, (k + 1) as f64 * width], integrand)).sum::<f64>() / PI
}
