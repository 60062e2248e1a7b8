//! The exact optimal assignment of two samples of one size, with a certificate.

use super::Order;
use super::auction::Matching;
use super::certificate::Certificate;
use super::ground::Ground;
use super::solver::solve;
use crate::stats::Undefined;
use ndarray::ArrayView2;

/// Where costs are cut, in turn, while the proof fails: at a multiple of the dearest pair in use,
/// or (`None`) at the cost of all pairs together.
const CUTS: [Option<f64>; 4] = [Some(4.0), Some(4.0), Some(4.0), None];

/// An optimal assignment between `n` points and `n` points, certified.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::transport::{Order, assignment_of_order};
/// let (x, y) = (array![[0.0], [10.0]], array![[11.0], [2.0]]);
/// let solved = assignment_of_order(x.view(), y.view(), Order::One).unwrap();
/// assert_eq!((solved.permutation, solved.distance), (vec![1, 0], 1.5));
/// assert!(1.5 - 1e-13 < solved.proven && solved.proven <= 1.5 && 1.5 <= solved.attained);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The order p; the cost of a pair is `|x − y|^p`.
    pub order: Order,
    /// `W_p` itself, the cost of the pairs.
    pub distance: f64,
    /// `W_p` as far as the potentials prove it, every rounding deducted: no assignment is better
    /// than this.
    pub proven: f64,
    /// What the pairs give at most, every rounding added: `proven ≤ W_p ≤ attained`, and `distance`
    /// lies between.
    pub attained: f64,
    /// `W_p²`; for order 2 the mean cost. Infinite where it overflows and `W_1` does not.
    pub squared_distance: f64,
    /// Row i is matched with column `permutation[i]`.
    pub permutation: Vec<usize>,
    /// Dual potentials of the rows, in units of the cost.
    pub row_potentials: Vec<f64>,
    /// Dual potentials of the columns, in units of the cost.
    pub column_potentials: Vec<f64>,
}

/// Solves the assignment under squared Euclidean cost: [`assignment_of_order`] for order 2.
///
/// ```text
/// W_2² = min over permutations π of n^{-1} Σ_i |x_i − y_{π(i)}|²
/// ```
///
/// `x`, `y` are n × d, a point a row.
///
/// ```
/// use ndarray::array;
/// let solved =
///     rtrl_lab::transport::assignment(array![[0.0], [1.0]].view(), array![[1.5], [0.5]].view())
///         .unwrap();
/// assert_eq!(solved.squared_distance, 0.25);
/// ```
///
/// # Errors
/// As [`assignment_of_order`].
pub fn assignment(x: ArrayView2<f64>, y: ArrayView2<f64>) -> Result<Assignment, Undefined> {
    assignment_of_order(x, y, Order::Two)
}

/// Solves the assignment exactly and checks the answer independently.
///
/// ```text
/// W_p^p = min over permutations π of n^{-1} Σ_i c(i, π(i)) = max over u_i + v_j ≤ c(i,
///     j) of n^{-1} (Σ u_i + Σ v_j),   c(i, j) = |x_i − y_j|^p
/// ```
///
/// `x`, `y` are n × d, a point a row; `order` is p. The potentials of a problem between every
/// fourth point, solved in the same way, are extended to all points; an auction with falling ε
/// sharpens them; what is not tight then is matched by shortest augmenting paths. All of it works
/// on short lists of columns with a bound for the columns off the list, which falling prices cannot
/// break, so that no step is approximate. Costs are recomputed where they are needed: memory is of
/// the order of n (d + 40) numbers. The certificate reads every cost again: π is a permutation,
/// `u_i = min_j c(i, j) − v_j` makes the potentials feasible, and the two values, a bound of all
/// rounding on either, agree to 1e-11 of the mean cost (and `(d + 4) 2⁻⁵¹` in d dimensions). Where
/// points that are far away spoil it, costs that no optimum uses are cut, and the problem is solved
/// again. Same bits for any number of threads and any instruction set. Repeated points and ties
/// cost time, never exactness. Sources: Jonker and Volgenant (1987), doi 10.1007/BF02278710;
/// Bertsekas (1988), doi 10.1007/BF02186476.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::transport::{Order, assignment_of_order};
/// let solved = assignment_of_order(
///     array![[0.0, 0.0], [9.0, 0.0]].view(),
///     array![[9.0, 4.0], [3.0, 4.0]].view(),
///     Order::One,
/// )
/// .unwrap();
/// assert_eq!(solved.distance, 4.5);
/// ```
///
/// # Errors
/// [`Undefined`] for samples of different shapes, without a point or with a value that is not
/// finite, where the mean cost leaves the range of numbers, or where rounding keeps the certificate
/// from holding.
pub fn assignment_of_order(x: ArrayView2<f64>, y: ArrayView2<f64>, order: Order) -> Result<Assignment, Undefined> {
    if x.dim() != y.dim() {
        return Err(Undefined::because(format!("an assignment needs two samples of one shape, not {:?} and {:?}", x.dim(), y.dim())));
    }
    let ground = Ground::new(x, y, order)?;
    let n = ground.rows();
    let (solved, certificate) = proven(&ground)?;
    let (v, mean) = (&solved.v[..n], certificate.mean);
    // Costs that underflow beside the size of the samples would turn a small distance into none.
    let floor = if order == Order::One { 1e-140 } else { 1e-280 };
    if mean < floor && solved.column_of.iter().enumerate().any(|(i, j)| x.row(i) != y.row(*j as usize)) {
        return Err(Undefined::because("the samples are too close beside their size: subtract a common point and rescale"));
    }
    let distance = order.root(mean) * ground.scale;
    let out_of_range = !distance.is_finite() || (order == Order::Two && mean > 0.0 && !ground.unscaled(mean).is_normal());
    if out_of_range {
        return Err(Undefined::because("the mean cost of the assignment is too large or too small for a number: rescale the samples"));
    }
    let squared_distance = if order == Order::Two { ground.unscaled(mean) } else { distance * distance };
    let unscaled = |potentials: &[f64]| potentials.iter().map(|value| ground.unscaled(*value)).collect();
    let permutation = solved.column_of.iter().map(|j| *j as usize).collect();
    let root = |power: f64, outward: f64| order.root(power) * (1.0 + outward * f64::EPSILON) * ground.scale;
    let (proven, attained) = (root(certificate.lower, -1.0).min(distance), root(certificate.upper, 1.0).max(distance));
    let row_potentials = unscaled(&certificate.row_potentials);
    Ok(Assignment { order, distance, proven, attained, squared_distance, permutation, row_potentials, column_potentials: unscaled(v) })
}

/// An assignment with the proof that it is optimal.
///
/// Far points give potentials of the size of the dearest pair, and their rounding may be larger
/// than the cheap pairs' cost. No optimum uses a pair dearer than the whole of another assignment,
/// so where the proof fails the problem is solved again with all costs cut there: first near the
/// dearest pair in use, then at the whole.
fn proven(ground: &Ground) -> Result<(Matching, Certificate), Undefined> {
    let refused = || Undefined::because("the assignment's primal–dual certificate failed");
    let certified = |ground: &Ground| {
        let solved = solve(ground);
        let certificate = Certificate::of(ground, &solved.column_of, &solved.v).ok_or_else(refused)?;
        Ok((solved, certificate))
    };
    let mut best = certified(ground)?;
    for share in CUTS {
        if best.1.holds {
            return Ok(best);
        }
        let Certificate { dearest, upper, .. } = best.1;
        let cut = share.map_or(upper * ground.rows() as f64, |times| times * dearest);
        let again = certified(&ground.below(cut))?;
        if again.1.holds || again.1.upper < best.1.upper {
            best = again;
        }
    }
    if best.1.holds {
        return Ok(best);
    }
    let (value, lower) = (ground.order().root(best.1.mean) * ground.scale, ground.order().root(best.1.lower) * ground.scale);
    Err(Undefined::because(format!(
        "rounding leaves the assignment unproven: its pairs give {value:.6e}, its potentials only {lower:.6e}; take out what both samples share far from the rest"
    )))
}
