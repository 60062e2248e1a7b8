//! The largest step at which learning is stable, bracketed by runs.

use super::{Schedule, Training};
use crate::network::Network;
use crate::random::RngKey;

/// Doublings of the first step, up or down, that are tried at most.
pub(crate) const DOUBLINGS: usize = 24;
/// Halvings of the interval between a stable and an unstable step, of a factor 2 at first.
pub(crate) const HALVINGS: usize = 3;
/// A run is unstable whose last quarter has a mean loss this many times that of not learning.
const WORSE: f64 = 10.0;

/// The largest constant step at which a run of so many steps is stable and the smallest above it at
/// which it is not; neither where the loss of not learning is zero or no number.
///
/// A run is unstable where its loss leaves the finite numbers, or is in the mean of its last
/// quarter over ten times the loss of the weights that it began with. Steps are tried in doublings
/// from the `first`, then between; a window of instability below an unstable step is not seen, and
/// a step that needs more time to lead away counts as stable. The noise is the key's, the same for
/// every step that is tried.
///
/// ```
/// # use ndarray::array;
/// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
/// # use rtrl_lab::network::{Elman, Network, Readout, activation};
/// use rtrl_lab::random::RngKey;
/// use rtrl_lab::training::{Schedule, Training, stable_step};
/// # let target = LinearTarget::new(vec![vec![1.0]], 0.0);
/// # let (transition, noise_factor) = (array![[0.5]], array![[1.0]]);
/// # let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
/// # let identity = activation::named("identity").unwrap();
/// # let cell = Elman::new(&[0.1], &[0.5], &[0.0], 0.0, identity).unwrap();
/// # let network = Network { cell: Box::new(cell), readout: Readout::new(&[0.5], &[0.0], 1) };
/// let schedule = Schedule { initial: 0.05, offset: 1.0, exponent: 0.0 };
/// let training = Training::plain(&data, schedule);
/// let [stable, unstable] = stable_step(&training, &network, 1.0, RngKey::root(1), 400);
/// assert!(stable.unwrap() > 0.05 && unstable.unwrap() < 1.2 * stable.unwrap());
/// ```
pub fn stable_step(training: &Training<'_>, network: &Network, spread: f64, key: RngKey, steps: usize) -> [Option<f64>; 2] {
    let quarter = (steps / 4).max(1);
    // Mean losses of the whole run and of its last quarter.
    let losses = |step: f64| {
        let training = Training { schedule: Schedule { initial: step, offset: 1.0, exponent: 0.0 }, ..training.clone() };
        let (mut all, mut late) = (0.0, 0.0);
        training.run(network, spread, key, steps, &mut |taken| {
            all += taken.loss;
            late += if taken.t + quarter >= steps { taken.loss } else { 0.0 };
        });
        (all / steps as f64, late / quarter as f64)
    };
    let (still, _) = losses(0.0);
    if still.is_nan() || still <= 0.0 {
        return [None; 2];
    }
    let stable = |step: f64| losses(step).1 <= WORSE * still;
    let first = training.schedule.step(0);
    let up = stable(first);
    let (mut low, mut high) = if up { (Some(first), None) } else { (None, Some(first)) };
    for doubling in 1..=DOUBLINGS {
        let step = first * libm::exp2(if up { doubling as f64 } else { -(doubling as f64) });
        if stable(step) {
            low = Some(step);
        } else {
            high = Some(step);
        }
        if low.is_some() && high.is_some() {
            break;
        }
    }
    if let (Some(low), Some(high)) = (&mut low, &mut high) {
        for _ in 0..HALVINGS {
            let middle = (*low * *high).sqrt();
            if stable(middle) {
                *low = middle;
            } else {
                *high = middle;
            }
        }
    }
    [low, high]
}
