//! How the time of an ensemble grows with hidden size, steps and chains, against how the count
//! grows.

use super::work;
use crate::figures::{Axis, Figure, Layer, Mark, Panel, Role};
use serde::Serialize;
use std::time::Instant;

/// A fitted exponent of time beside the exponent of the counted flops over the same range.
#[derive(Serialize)]
pub(super) struct Exponent {
    /// What was varied: N, T or M.
    pub against: &'static str,
    /// The values it took.
    pub values: Vec<usize>,
    /// Slope of log time.
    pub measured: f64,
    /// Slope of the log of the counted flops.
    pub counted: f64,
    /// Seconds at each value, the shortest sample.
    pub seconds: Vec<f64>,
    /// Flops counted at each value.
    pub flops: Vec<f64>,
}

/// Exponents against N, T and M, one thread; the shortest of several samples a point, taken in
/// turn.
pub(super) fn exponents(inputs: usize, quick: bool) -> Vec<Exponent> {
    let repeats = if quick { 3 } else { 9 };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let Ok(pool) = pool else { return Vec::new() };
    let of = |against, values: Vec<usize>, shape: fn(usize) -> (usize, usize, usize)| {
        let mut points: Vec<_> = values.iter().map(|value| shape(*value)).map(|(n, m, t)| (work::ensemble(n, inputs, m, t), f64::INFINITY)).collect();
        for _ in 0..repeats {
            for ((ensemble, series), best) in &mut points {
                let start = Instant::now();
                pool.install(|| ensemble.advance(series));
                *best = best.min(start.elapsed().as_secs_f64());
            }
        }
        let counts: Vec<f64> = values.iter().zip(&points).map(|(value, ((ensemble, _), _))| ensemble.flops(shape(*value).2)).collect();
        let times: Vec<f64> = points.iter().map(|(_, best)| *best).collect();
        Exponent::of(against, &values, times, counts)
    };
    vec![
        // Below some 128 units what is not counted weighs in, states and the traffic of V, and less
        // so with every size: the count is no prediction there. An advance also has a fixed cost of
        // some 20 µs for its buffers, so that the shortest one here takes half a millisecond.
        of("N", vec![128, 160, 192, 256, 320], |n| (n, 1, 16)),
        of("T", vec![64, 128, 256, 512, 1024], |t| (16, 16, t)),
        of("M", vec![64, 128, 256, 512, 1024], |m| (16, m, 16)),
    ]
}

impl Exponent {
    /// From what was measured and counted at every value.
    pub(super) fn of(against: &'static str, values: &[usize], seconds: Vec<f64>, flops: Vec<f64>) -> Exponent {
        Exponent { against, measured: slope(values, &seconds), counted: slope(values, &flops), values: values.to_vec(), seconds, flops }
    }
}

/// What a figure of exponents says.
pub(super) struct Picture {
    pub id: &'static str,
    pub title: &'static str,
    pub caption: &'static str,
    pub counted: &'static str,
}

/// Time against each of the three, beside the count at the middle value's flops a second.
pub(super) fn figure(exponents: &[Exponent]) -> Figure {
    let picture = Picture {
        id: "bench-scaling",
        title: "Does the time of an ensemble grow as its flops are counted?",
        caption: "Time of an unobserved advance on one thread against hidden size N, steps T and chains M, beside the flops that the algorithm executes.",
        counted: "counted flops at one pace",
    };
    figure_of(exponents, picture)
}

/// A panel an exponent, the count through the middle point.
pub(super) fn figure_of(exponents: &[Exponent], picture: Picture) -> Figure {
    let panel = |exponent: &Exponent| {
        let middle = exponent.values.len() / 2;
        let pace = exponent.seconds[middle] / exponent.flops[middle];
        let points = exponent.values.iter().zip(&exponent.seconds).map(|(x, y)| Mark { x: *x as f64, y: *y, interval: None }).collect();
        let line = exponent.values.iter().zip(&exponent.flops).map(|(x, flops)| [*x as f64, pace * flops]).collect();
        Panel {
            title: format!("exponent in {}: measured {:.2}, counted {:.2}", exponent.against, exponent.measured, exponent.counted),
            x: Axis::log(exponent.against),
            y: Axis::log("seconds"),
            layers: vec![
                Layer::Line { label: picture.counted.into(), role: Role::Predicted, points: line },
                Layer::Points { label: "measured".into(), role: Role::Measured, points },
            ],
            note: None,
        }
    };
    Figure { id: picture.id.into(), title: picture.title.into(), caption: picture.caption.into(), panels: exponents.iter().map(panel).collect() }
}

/// Least-squares slope of `log y` on `log x`.
pub(super) fn slope(x: &[usize], y: &[f64]) -> f64 {
    let (x, y): (Vec<f64>, Vec<f64>) = x.iter().zip(y).map(|(x, y)| (libm::log(*x as f64), libm::log(*y))).unzip();
    let count = x.len() as f64;
    let (mean_x, mean_y) = (x.iter().sum::<f64>() / count, y.iter().sum::<f64>() / count);
    let (mut cross, mut square) = (0.0, 0.0);
    for (x, y) in x.iter().zip(&y) {
        cross += (x - mean_x) * (y - mean_y);
        square += (x - mean_x) * (x - mean_x);
    }
    cross / square
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_power_has_its_exponent() {
        let x = [2, 3, 7];
        assert!((super::slope(&x, &x.map(|x| 5.0 * (x * x * x) as f64)) - 3.0).abs() < 1e-12);
    }
}
