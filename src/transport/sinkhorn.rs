//! The Sinkhorn divergence: entropic transport in the log domain, its bias at equal laws taken off.
//! It is no Wasserstein distance.

use super::Order;
use super::compensated::compensated;
use super::ground::Ground;
use super::softmax::{Softmax, softmax};
use crate::stats::Undefined;
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

/// What ε is divided by on its way down from the mean cost.
const FALL: f64 = 4.0;
/// Sweeps at every ε above the last.
const SWEEPS: usize = 2;
/// Sweeps at the last ε after which the solve is given up.
const PATIENCE: usize = 10_000;
/// Sweeps at the last ε between two looks at how fast the error falls; before the first look there
/// is no overrelaxation.
const LOOK: usize = 50;
/// The largest overrelaxation.
const MOST: f64 = 1.999;
/// The largest share of a divergence that rounding may be.
const ROUNDED: f64 = 1e-4;

/// A Sinkhorn divergence with what it took.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::transport::{Order, sinkhorn_divergence};
/// let (x, y) = (array![[0.0], [2.0]], array![[5.0], [7.0]]);
/// let solved = sinkhorn_divergence(x.view(), y.view(), Order::Two, 0.1, 1e-10).unwrap();
/// // A shift by 5, whatever ε is: a tenth of the mean of 25, 49, 9, 25.
/// assert!((solved.divergence - 25.0).abs() < 1e-7 && (solved.epsilon - 2.7).abs() < 1e-14);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SinkhornDivergence {
    /// The order p of the cost `|x − y|^p`.
    pub order: Order,
    /// `S_ε`, in units of the cost.
    pub divergence: f64,
    /// `S_ε^{1/p}`, in units of the samples.
    pub root: f64,
    /// A bound of what rounding may have added to `S_ε` or taken from it, in units of the cost.
    pub rounding: f64,
    /// The same combination of the transport costs alone, `Σ P c`, without their entropy, in units
    /// of the cost.
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
/// S_ε = OT_ε(x, y) − ½ OT_ε(x, x) − ½ OT_ε(y, y),
///     OT_ε = min over couplings P of Σ_ij P_ij |x_i − y_j|^p + ε KL(P ‖ 1/(nm))
/// ```
///
/// `x` is n × d, `y` m × d, a point a row; ε is `share` of the mean cost between `x` and `y`; a
/// solve ends when the marginal error is at most `tolerance`. S is not `W_p^p`: it lies between it
/// (ε → 0) and, for order 2, the squared distance of the means (ε → ∞); it is at least 0 and is 0
/// for equal samples, in any order exactly. Work in the log domain with ε falling to its value;
/// where the sweeps gain little, they are overrelaxed by what their own error shows. Each OT is
/// right to its own size, so a divergence far below ε (far points, a very large share, samples that
/// are nearly equal) drowns in rounding: it is undefined where the bound of the rounding is more
/// than 1e-4 of it. Costs are recomputed, so memory is of the order of (n + m) d. Points are first
/// put in order, so the value does not depend on theirs. The same bits for any number of threads
/// and any instruction set. Sources: Feydy et al. (2019), arXiv:1810.08278; Schmitzer (2019),
/// arXiv:1610.06519; Lehmann et al. (2022), doi 10.1007/s11590-021-01830-0.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::transport::{Order, sinkhorn_divergence};
/// // For one point against one, entropy has no say.
/// let solved = sinkhorn_divergence(
///     array![[0.0, 0.0]].view(),
///     array![[3.0, 4.0]].view(),
///     Order::Two,
///     0.1,
///     1e-9,
/// )
/// .unwrap();
/// assert!((solved.divergence - 25.0).abs() < 1e-12 && (solved.root - 5.0).abs() < 1e-12);
/// ```
///
/// # Errors
/// [`Undefined`] for samples without a point or of different dimensions, values that are not
/// finite, a share or tolerance that is not above 0, a divergence that leaves the range of numbers,
/// where the marginal error stays above the tolerance, and where rounding is more than 1e-4 of the
/// divergence.
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
    let nothing = SinkhornDivergence { order, divergence: 0.0, root: 0.0, rounding: 0.0, sharp: 0.0, epsilon: 0.0, marginal_error: 0.0, sweeps: 0 };
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
    let rounding = cross.rounding + 0.5 * own_x.rounding + 0.5 * own_y.rounding;
    if rounding > ROUNDED * divergence {
        return Err(Undefined::because(format!(
            "rounding may be {:.1e}, beside a divergence of {:.1e} and an ε of {:.1e}: take a smaller ε, or take out what both samples share far from the rest",
            between.unscaled(rounding),
            between.unscaled(divergence),
            between.unscaled(epsilon)
        )));
    }
    let root = order.root(divergence) * between.scale;
    let in_units = between.unscaled(divergence);
    if !root.is_finite() || (divergence != 0.0 && !in_units.is_normal()) {
        return Err(Undefined::because("the divergence is too large or too small for a number: rescale the samples"));
    }
    Ok(SinkhornDivergence {
        divergence: in_units,
        root,
        rounding: between.unscaled(rounding),
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
    /// What rounding may have done to `value`.
    rounding: f64,
    error: f64,
    sweeps: usize,
}

impl Solved {
    /// The value at potentials of which `a` was just updated from `b`: a bound from below that errs
    /// by the square of the marginal error alone.
    ///
    /// ```text
    /// rounding of (mean a + mean b) ≤ 2⁻⁵² ( (d + 8) Σ P c / ε + 2 mean |a| + 2 mean |b| + m/16
    ///     + 24 )
    /// ```
    ///
    /// The terms are the costs over ε, their sums with `b`, the exponential, the sums over m
    /// columns in 16 lanes, and the logarithm. What `b` itself was rounded by does not count.
    fn at(ground: &Ground, a: &[f64], b: &[f64], costs: &[f64], epsilon: f64, error: f64, sweeps: usize) -> Self {
        let (sharp, size) = (mean(costs), |potentials: &[f64]| potentials.iter().map(|a| a.abs()).sum::<f64>() / potentials.len() as f64);
        let lanes = ground.padded() as f64 / 16.0;
        let parts = (ground.dimension() + 8) as f64 * sharp / epsilon + 2.0 * (size(a) + size(b)) + lanes + 24.0;
        Solved { value: epsilon * (mean(a) + mean(b)), sharp, rounding: epsilon * f64::EPSILON * parts, error, sweeps }
    }
}

/// Rows in the order of their coordinates.
pub(super) fn ordered(sample: ArrayView2<f64>) -> Array2<f64> {
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

/// The scaled potentials of the rows from those of the columns,
/// `a_i = −log m^{-1} Σ_j exp(b_j − c_ij / ε)`, and the cost of each row's plan.
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
    compensated(values.iter().copied()) / values.len() as f64
}

fn given_up(error: f64, tolerance: f64) -> Undefined {
    Undefined::because(format!("the marginal error was still {error:.1e} after {PATIENCE} sweeps, above {tolerance:.1e}: take a larger ε"))
}

/// How far an update goes beyond the plain one, learnt from how fast the error falls.
struct Relaxation {
    factor: f64,
    /// The error at the last look.
    before: f64,
    /// Sweeps since then.
    sweeps: usize,
}

impl Relaxation {
    /// Takes note of the error of a sweep; every [`LOOK`] sweeps the factor follows from the rate.
    ///
    /// ```text
    /// (λ + ω − 1)² = λ ω² μ²,   best ω = 2/(1 + √(1 − μ²))
    /// ```
    ///
    /// λ is the rate seen under ω, μ² that of plain sweeps; near the solution the sweeps are linear
    /// and this is Young's theory of overrelaxation.
    fn note(&mut self, error: f64) {
        self.sweeps += 1;
        if self.sweeps < LOOK {
            return;
        }
        let rate = libm::pow(error / self.before, 1.0 / LOOK as f64);
        if rate < 1.0 && rate > self.factor - 1.0 {
            let plain = ((rate + self.factor - 1.0) / self.factor).powi(2) / rate;
            self.factor = (2.0 / (1.0 + (1.0 - plain.min(1.0)).sqrt())).clamp(self.factor, MOST);
        } else if rate.is_nan() || rate >= 1.0 {
            self.factor = 0.5 * (self.factor + 1.0);
        }
        (self.before, self.sweeps) = (error, 0);
    }

    /// Moves potentials from where they are towards their update, and beyond.
    fn take(&self, potentials: &mut Vec<f64>, update: Vec<f64>) {
        if self.factor == 1.0 || potentials.is_empty() {
            *potentials = update;
        } else {
            potentials.iter_mut().zip(&update).for_each(|(b, update)| *b += self.factor * (update - *b));
        }
    }
}

/// Rows against columns, the two potentials in turn.
fn alternate(ground: &Ground, back: &Ground, mean_cost: f64, epsilon: f64, tolerance: f64) -> Result<Solved, Undefined> {
    let mut a = vec![0.0; ground.rows()];
    let mut sweeps = 0;
    for level in levels(mean_cost, epsilon) {
        for _ in 0..SWEEPS {
            let (b, _) = update(back, &a, level);
            (a, _) = update(ground, &b, level);
            sweeps += 1;
        }
        rescale(&mut a, level, (level / FALL).max(epsilon));
    }
    let mut b = Vec::new();
    let mut relaxation = Relaxation { factor: 1.0, before: f64::INFINITY, sweeps: 0 };
    let mut error = f64::INFINITY;
    for _ in 0..PATIENCE {
        let (plain, _) = update(back, &a, epsilon);
        relaxation.take(&mut b, plain);
        let (next, costs) = update(ground, &b, epsilon);
        error = marginal_error(&a, &next);
        sweeps += 1;
        if error <= tolerance {
            // With columns that an overrelaxed update left where they were, the error of the rows
            // is not the whole one.
            if relaxation.factor == 1.0 {
                return Ok(Solved::at(ground, &next, &b, &costs, epsilon, error, sweeps));
            }
            let (plain, _) = update(back, &next, epsilon);
            let (last, costs) = update(ground, &plain, epsilon);
            error = marginal_error(&next, &last);
            sweeps += 1;
            if error <= tolerance {
                return Ok(Solved::at(ground, &last, &plain, &costs, epsilon, error, sweeps));
            }
        }
        relaxation.note(error);
        relaxation.take(&mut a, next);
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
                return Ok(Solved::at(ground, &next, &a, &costs, epsilon, error, sweeps));
            }
            a.iter_mut().zip(&next).for_each(|(a, next)| *a = 0.5 * (*a + next));
        }
        rescale(&mut a, level, (level / FALL).max(epsilon));
    }
    Err(given_up(error, tolerance))
}
