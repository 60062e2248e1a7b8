//! The exact optimal assignment of two samples of one size, with a certificate.

use super::Order;
use super::ground::Ground;
use super::solver::solve;
use crate::stats::Undefined;
use ndarray::ArrayView2;
use rayon::prelude::*;

/// An optimal assignment between `n` points and `n` points, certified.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The order p; the cost of a pair is `|x − y|^p`.
    pub order: Order,
    /// `W_p` itself, the cost of the pairs.
    pub distance: f64,
    /// `W_p` as far as the potentials prove it: at most `distance`, and apart from it by rounding alone.
    pub proven: f64,
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
/// let solved = rtrl_lab::transport::assignment(array![[0.0], [1.0]].view(), array![[1.5], [0.5]].view()).unwrap();
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
/// W_p^p = min over permutations π of n^{-1} Σ_i c(i, π(i)) = max over u_i + v_j ≤ c(i, j) of n^{-1} (Σ u_i + Σ v_j),   c(i, j) = |x_i − y_j|^p
/// ```
///
/// `x`, `y` are n × d, a point a row; `order` is p. The potentials of a problem between every fourth point, solved in the same way, are extended to all points; an auction
/// with falling ε sharpens them; what is not tight then is matched by shortest augmenting paths. All of it works on short lists of columns with a bound for the columns
/// off the list, which falling prices cannot break, so that no step is approximate. Costs are recomputed where they are needed: memory is of the order of n (d + 40) numbers.
/// The certificate reads every cost again: π is a permutation, `u_i = min_j c(i, j) − v_j` makes the potentials feasible, and primal and dual values agree to 1e-12 of the
/// largest cost. Same bits for any number of threads and any instruction set. Repeated points and ties cost time, never exactness.
/// Sources: Jonker and Volgenant (1987), doi 10.1007/BF02278710; Bertsekas (1988), doi 10.1007/BF02186476.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::transport::{Order, assignment_of_order};
/// let solved = assignment_of_order(array![[0.0, 0.0], [9.0, 0.0]].view(), array![[9.0, 4.0], [3.0, 4.0]].view(), Order::One).unwrap();
/// assert_eq!(solved.distance, 4.5);
/// ```
///
/// # Errors
/// [`Undefined`] for samples of different shapes, without a point or with a value that is not finite, where the mean cost leaves the range of numbers, or where the
/// certificate fails.
pub fn assignment_of_order(x: ArrayView2<f64>, y: ArrayView2<f64>, order: Order) -> Result<Assignment, Undefined> {
    if x.dim() != y.dim() {
        return Err(Undefined::because(format!("an assignment needs two samples of one shape, not {:?} and {:?}", x.dim(), y.dim())));
    }
    let ground = Ground::new(x, y, order)?;
    let n = ground.rows();
    let solved = solve(&ground);
    let v = &solved.v[..n];
    let (mean, dual, u) = certified(&ground, &solved.column_of, v)?;
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
    let proven = (order.root(dual) * ground.scale).min(distance);
    Ok(Assignment { order, distance, proven, squared_distance, permutation, row_potentials: unscaled(&u), column_potentials: unscaled(v) })
}

/// The mean cost of an assignment, the mean of the potentials and those of the rows, if they prove each other.
fn certified(ground: &Ground, column_of: &[u32], v: &[f64]) -> Result<(f64, f64, Vec<f64>), Undefined> {
    let n = ground.rows();
    let mut used = vec![false; n];
    let valid = column_of.iter().all(|j| (*j as usize) < n && !std::mem::replace(&mut used[*j as usize], true));
    let checked: Vec<(f64, f64)> = (0..n)
        .into_par_iter()
        .map_init(
            || vec![0.0; ground.padded()],
            |costs, i| {
                ground.row(i, costs);
                let largest = costs[..n].iter().fold(0.0f64, |top, cost| if *cost > top { *cost } else { top });
                (costs.iter().zip(v).fold(f64::INFINITY, |least, (cost, v)| if cost - v < least { cost - v } else { least }), largest)
            },
        )
        .collect();
    let refused = || Undefined::because("the assignment's primal–dual certificate failed");
    if !valid {
        return Err(refused());
    }
    let largest = checked.iter().fold(0.0f64, |top, (_, cost)| top.max(*cost));
    let u: Vec<f64> = checked.into_iter().map(|(u, _)| u).collect();
    let primal: f64 = column_of.iter().enumerate().map(|(i, j)| ground.cost(i, *j as usize)).sum();
    let dual: f64 = u.iter().sum::<f64>() + v.iter().sum::<f64>();
    if (primal - dual).abs() <= 1e-12 * largest * n as f64 { Ok((primal / n as f64, dual / n as f64, u)) } else { Err(refused()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Address, Noise};
    use ndarray::Array2;

    #[test]
    fn the_certificate_refuses_what_is_not_optimal() {
        let mut noise = Noise::at(Address::root(9));
        for n in [6, 500] {
            let draw = |noise: &mut Noise| Array2::from_shape_vec((n, 2), noise.normal_vector(2 * n)).unwrap();
            let (x, y) = (draw(&mut noise), draw(&mut noise));
            let ground = Ground::new(x.view(), y.view(), Order::Two).unwrap();
            let solved = solve(&ground);
            let (mut pairs, mut v) = (solved.column_of.clone(), solved.v[..n].to_vec());
            assert!(certified(&ground, &pairs, &v).is_ok());
            pairs.swap(0, 1);
            assert!(certified(&ground, &pairs, &v).is_err(), "a worse permutation has a gap");
            pairs[0] = pairs[1];
            assert!(certified(&ground, &pairs, &v).is_err(), "no permutation at all");
            v[2] += 0.5;
            assert!(certified(&ground, &solved.column_of, &v).is_err(), "potentials that are not optimal");
        }
    }
}
