//! The Sinkhorn divergence: entropic transport in the log domain, its bias at equal laws taken off. It is no Wasserstein distance.

use super::Order;
use super::exponential::{Softmax, softmax};
use super::ground::Ground;
use crate::stats::Undefined;
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

/// What ε is divided by on its way down from the mean cost.
const FALL: f64 = 4.0;
/// Sweeps at every ε above the last.
const SWEEPS: usize = 2;
/// Sweeps at the last ε after which the solve is given up.
const PATIENCE: usize = 10_000;

/// A Sinkhorn divergence with what it took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SinkhornDivergence {
    /// The order p of the cost `|x − y|^p`.
    pub order: Order,
    /// `S_ε`, in units of the cost.
    pub divergence: f64,
    /// `S_ε^{1/p}`, in units of the samples; 0 where rounding made `S_ε` negative.
    pub root: f64,
    /// The same combination of the transport costs alone, `Σ P c`, without their entropy, in units of the cost.
    pub sharp: f64,
    /// ε, in units of the cost.
    pub epsilon: f64,
    /// The largest marginal error of the three plans, `Σ_i |Σ_j P_ij − 1/n|`.
    pub marginal_error: f64,
    /// Sweeps of the three solves together, one being an update of both potentials.
    pub sweeps: usize,
}

/// The debiased Sinkhorn divergence of two samples of any sizes.
///
/// ```text
/// S_ε = OT_ε(x, y) − ½ OT_ε(x, x) − ½ OT_ε(y, y),   OT_ε = min over couplings P of Σ_ij P_ij |x_i − y_j|^p + ε KL(P ‖ 1/(nm))
/// ```
///
/// `x` is n × d, `y` m × d, a point a row; ε is `share` of the mean cost between `x` and `y`; a solve ends when the marginal error is at most `tolerance`. S is not `W_p^p`: it
/// lies between it (ε → 0) and, for order 2, the squared distance of the means (ε → ∞); it is at least 0 and is 0 for equal samples, in any order exactly. Work in the log domain with ε falling
/// to its value; costs are recomputed, so memory is of the order of (n + m) d. Points are first put in order, so the value does not depend on theirs. The same bits for any number of threads and any instruction
/// set. Sources: Feydy et al. (2019), arXiv:1810.08278; Schmitzer (2019), arXiv:1610.06519.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::transport::{Order, sinkhorn_divergence};
/// // For one point against one, entropy has no say.
/// let solved = sinkhorn_divergence(array![[0.0, 0.0]].view(), array![[3.0, 4.0]].view(), Order::Two, 0.1, 1e-9).unwrap();
/// assert!((solved.divergence - 25.0).abs() < 1e-12 && (solved.root - 5.0).abs() < 1e-12);
/// ```
///
/// # Errors
/// [`Undefined`] for samples without a point or of different dimensions, values that are not finite, a share or tolerance that is not above 0, a divergence that leaves the
/// range of numbers, and where the marginal error stays above the tolerance.
pub fn sinkhorn_divergence(
    x: ArrayView2<f64>,
    y: ArrayView2<f64>,
    order: Order,
    share: f64,
    tolerance: f64,
) -> Result<SinkhornDivergence, Undefined> {
    if !(share > 0.0 && share.is_finite() && tolerance > 0.0) {
        return Err(Undefined::because("a Sinkhorn divergence needs ε and a tolerance above 0"));
    }
    let (x, y) = (ordered(x), ordered(y));
    let between = Ground::new(x.view(), y.view(), order)?;
    let back = Ground::new(y.view(), x.view(), order)?;
    let mean = mean_cost(&between);
    let nothing = SinkhornDivergence { order, divergence: 0.0, root: 0.0, sharp: 0.0, epsilon: 0.0, marginal_error: 0.0, sweeps: 0 };
    if mean == 0.0 && x.iter().zip(&y).all(|(x, y)| x == y) {
        return Ok(nothing);
    }
    let epsilon = share * mean;
    if !(1.0 / epsilon).is_normal() || !epsilon.is_normal() {
        return Err(Undefined::because("the costs are too small beside the size of the samples: subtract a common point and rescale"));
    }
    if x == y {
        return Ok(SinkhornDivergence { epsilon: between.unscaled(epsilon), ..nothing });
    }
    let cross = alternate(&between, &back, mean, epsilon, tolerance)?;
    // One common scale keeps the three costs in one unit.
    let own = |sample: &Array2<f64>| symmetric(&Ground::at_scale(sample.view(), sample.view(), order, between.scale), mean, epsilon, tolerance);
    let (own_x, own_y) = (own(&x)?, own(&y)?);
    let combine = |of: fn(&Solved) -> f64| of(&cross) - 0.5 * of(&own_x) - 0.5 * of(&own_y);
    let divergence = combine(|solved| solved.value);
    let root = order.root(divergence.max(0.0)) * between.scale;
    let in_units = between.unscaled(divergence);
    if !root.is_finite() || (divergence != 0.0 && !in_units.is_normal()) {
        return Err(Undefined::because("the divergence is too large or too small for a number: rescale the samples"));
    }
    Ok(SinkhornDivergence {
        divergence: in_units,
        root,
        sharp: between.unscaled(combine(|solved| solved.sharp)),
        epsilon: between.unscaled(epsilon),
        marginal_error: cross.error.max(own_x.error).max(own_y.error),
        sweeps: cross.sweeps + own_x.sweeps + own_y.sweeps,
        ..nothing
    })
}

/// One entropic problem, solved.
struct Solved {
    value: f64,
    sharp: f64,
    error: f64,
    sweeps: usize,
}

/// Rows in the order of their coordinates.
fn ordered(sample: ArrayView2<f64>) -> Array2<f64> {
    let mut rows: Vec<Vec<f64>> = sample.rows().into_iter().map(|row| row.to_vec()).collect();
    rows.sort_by(|a, b| a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal));
    Array2::from_shape_fn(sample.dim(), |(i, k)| rows[i][k])
}

fn mean_cost(ground: &Ground) -> f64 {
    let means: Vec<f64> = (0..ground.rows())
        .into_par_iter()
        .map_init(
            || vec![0.0; ground.padded()],
            |costs, i| {
                ground.row(i, costs);
                costs[..ground.columns()].iter().sum::<f64>() / ground.columns() as f64
            },
        )
        .collect();
    means.iter().sum::<f64>() / ground.rows() as f64
}

/// The scaled potentials of the rows from those of the columns, `a_i = −log m^{-1} Σ_j exp(b_j − c_ij / ε)`, and the cost of each row's plan.
fn update(ground: &Ground, b: &[f64], epsilon: f64) -> (Vec<f64>, Vec<f64>) {
    let mut padded = vec![f64::NEG_INFINITY; ground.padded()];
    padded[..b.len()].copy_from_slice(b);
    (0..ground.rows())
        .into_par_iter()
        .map_init(
            || (vec![0.0; ground.padded()], vec![0.0; ground.padded()]),
            |(costs, work), i| {
                ground.row(i, costs);
                let Softmax { top, weight, cost } = softmax(costs, &padded, 1.0 / epsilon, work);
                (-(top + libm::log(weight / b.len() as f64)), cost / weight)
            },
        )
        .unzip()
}

/// The values of ε above the last one, falling.
fn levels(mean: f64, epsilon: f64) -> Vec<f64> {
    std::iter::successors(Some(mean), |level| Some(level / FALL)).take_while(|level| *level > epsilon).collect()
}

fn rescale(potentials: &mut [f64], from: f64, to: f64) {
    potentials.iter_mut().for_each(|a| *a *= from / to);
}

/// The marginal error of rows whose potentials were `a` and had to become `next`.
fn marginal_error(a: &[f64], next: &[f64]) -> f64 {
    a.iter().zip(next).map(|(a, next)| (libm::exp(a - next) - 1.0).abs()).sum::<f64>() / a.len() as f64
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn given_up(error: f64, tolerance: f64) -> Undefined {
    Undefined::because(format!("the marginal error was still {error:.1e} after {PATIENCE} sweeps, above {tolerance:.1e}: take a larger ε"))
}

/// Rows against columns, the two potentials in turn.
fn alternate(ground: &Ground, back: &Ground, mean_cost: f64, epsilon: f64, tolerance: f64) -> Result<Solved, Undefined> {
    let mut a = vec![0.0; ground.rows()];
    let (mut sweeps, mut error) = (0, f64::INFINITY);
    for level in levels(mean_cost, epsilon).into_iter().chain([epsilon]) {
        let limit = if level > epsilon { SWEEPS } else { PATIENCE };
        for _ in 0..limit {
            let (b, _) = update(back, &a, level);
            let (next, costs) = update(ground, &b, level);
            error = marginal_error(&a, &next);
            a = next;
            sweeps += 1;
            if level == epsilon && error <= tolerance {
                return Ok(Solved { value: epsilon * (mean(&a) + mean(&b)), sharp: mean(&costs), error, sweeps });
            }
        }
        rescale(&mut a, level, (level / FALL).max(epsilon));
    }
    Err(given_up(error, tolerance))
}

/// A sample against itself: one potential, moved half way every time, which converges much faster.
fn symmetric(ground: &Ground, mean_cost: f64, epsilon: f64, tolerance: f64) -> Result<Solved, Undefined> {
    let mut a = vec![0.0; ground.rows()];
    let (mut sweeps, mut error) = (0, f64::INFINITY);
    for level in levels(mean_cost, epsilon).into_iter().chain([epsilon]) {
        let limit = if level > epsilon { SWEEPS } else { PATIENCE };
        for _ in 0..limit {
            let (next, costs) = update(ground, &a, level);
            error = marginal_error(&a, &next);
            sweeps += 1;
            if level == epsilon && error <= tolerance {
                return Ok(Solved { value: epsilon * (mean(&next) + mean(&a)), sharp: mean(&costs), error, sweeps });
            }
            a.iter_mut().zip(&next).for_each(|(a, next)| *a = 0.5 * (*a + next));
        }
        rescale(&mut a, level, (level / FALL).max(epsilon));
    }
    Err(given_up(error, tolerance))
}
