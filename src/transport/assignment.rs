//! The exact optimal assignment of two samples of one size, with a certificate.

use crate::stats::Undefined;
use ndarray::ArrayView2;

/// An optimal assignment between `n` points and `n` points under squared Euclidean cost, certified.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// `W_2²`, the mean cost of the assignment.
    pub squared_distance: f64,
    /// Row i is matched with column `permutation[i]`.
    pub permutation: Vec<usize>,
    /// Dual potentials of the rows.
    pub row_potentials: Vec<f64>,
    /// Dual potentials of the columns.
    pub column_potentials: Vec<f64>,
}

/// Solves the assignment by shortest augmenting paths and checks the answer independently.
///
/// ```text
/// W_2² = min over permutations π of n^{-1} Σ_i |x_i − y_{π(i)}|² = max over u_i + v_j ≤ |x_i − y_j|² of n^{-1} (Σ u_i + Σ v_j)
/// ```
///
/// `x`, `y` are n × d, a point a row. The certificate: π is a permutation, the potentials are feasible, and primal and dual values agree, each to 1e-10 of the
/// largest cost. Memory: n² numbers. Source: Jonker and Volgenant (1987), doi 10.1007/BF02278710.
///
/// ```
/// use ndarray::array;
/// let solved = rtrl_lab::transport::assignment(array![[0.0], [1.0]].view(), array![[1.5], [0.5]].view()).unwrap();
/// assert_eq!(solved.squared_distance, 0.25);
/// ```
///
/// # Errors
/// [`Undefined`] for samples of different shapes, without a point, with a value that is not finite, or where the certificate fails.
pub fn assignment(x: ArrayView2<f64>, y: ArrayView2<f64>) -> Result<Assignment, Undefined> {
    if x.dim() != y.dim() || x.is_empty() {
        return Err(Undefined::because(format!("an assignment needs two non-empty samples of one shape, not {:?} and {:?}", x.dim(), y.dim())));
    }
    if x.iter().chain(y.iter()).any(|v| !v.is_finite()) {
        return Err(Undefined::because("a sample has a value that is not finite"));
    }
    // Scaled by the largest coordinate, so that no square overflows or vanishes.
    let scale = x.iter().chain(y.iter()).fold(0.0f64, |top, v| top.max(v.abs()));
    let scale = if scale > 0.0 { scale } else { 1.0 };
    let n = x.nrows();
    let costs = costs(x, y, scale);
    let (permutation, row_potentials, column_potentials) = solve(&costs, n);
    certify(&costs, n, &permutation, &row_potentials, &column_potentials)?;
    let mean = permutation.iter().enumerate().map(|(i, j)| costs[i * n + j]).sum::<f64>() / n as f64;
    let rescaled = |potentials: Vec<f64>| potentials.into_iter().map(|u| u * scale * scale).collect();
    Ok(Assignment {
        squared_distance: mean * scale * scale,
        permutation,
        row_potentials: rescaled(row_potentials),
        column_potentials: rescaled(column_potentials),
    })
}

fn costs(x: ArrayView2<f64>, y: ArrayView2<f64>, scale: f64) -> Vec<f64> {
    let n = x.nrows();
    let mut costs = vec![0.0; n * n];
    // Column by column of the points, so that the inner loop runs over contiguous costs.
    for k in 0..x.ncols() {
        let column: Vec<f64> = y.column(k).iter().map(|v| v / scale).collect();
        for (row, point) in costs.chunks_exact_mut(n).zip(x.column(k)) {
            let point = point / scale;
            for (cost, other) in row.iter_mut().zip(&column) {
                *cost += (point - other) * (point - other);
            }
        }
    }
    costs
}

/// Shortest augmenting paths from a start by column reduction.
fn solve(costs: &[f64], n: usize) -> (Vec<usize>, Vec<f64>, Vec<f64>) {
    const FREE: usize = usize::MAX;
    let mut v: Vec<f64> = costs[..n].to_vec();
    for row in costs.chunks_exact(n).skip(1) {
        v.iter_mut().zip(row).for_each(|(v, c)| *v = v.min(*c));
    }
    let mut u = vec![0.0; n];
    let (mut row_of, mut column_of) = (vec![FREE; n], vec![FREE; n]);
    for i in 0..n {
        let row = &costs[i * n..(i + 1) * n];
        let (mut best, mut at) = (f64::INFINITY, FREE);
        for (j, (c, v)) in row.iter().zip(&v).enumerate() {
            if c - v < best {
                (best, at) = (c - v, j);
            }
        }
        u[i] = best;
        if row_of[at] == FREE {
            row_of[at] = i;
            column_of[i] = at;
        }
    }
    let (mut distance, mut previous, mut done) = (vec![0.0; n], vec![0; n], vec![false; n]);
    for start in 0..n {
        if column_of[start] != FREE {
            continue;
        }
        distance.fill(f64::INFINITY);
        done.fill(false);
        let (mut row, mut reached) = (start, 0.0);
        let mut scanned = Vec::new();
        let end = loop {
            let costs = &costs[row * n..(row + 1) * n];
            let (mut best, mut at) = (f64::INFINITY, FREE);
            for j in 0..n {
                if !done[j] {
                    let length = reached + costs[j] - u[row] - v[j];
                    if length < distance[j] {
                        distance[j] = length;
                        previous[j] = row;
                    }
                    if distance[j] < best {
                        (best, at) = (distance[j], j);
                    }
                }
            }
            done[at] = true;
            reached = best;
            if row_of[at] == FREE {
                break at;
            }
            scanned.push(at);
            row = row_of[at];
        };
        u[start] += reached;
        for j in scanned {
            u[row_of[j]] += reached - distance[j];
            v[j] -= reached - distance[j];
        }
        let mut column = end;
        loop {
            let row = previous[column];
            row_of[column] = row;
            std::mem::swap(&mut column_of[row], &mut column);
            if row == start {
                break;
            }
        }
    }
    (column_of, u, v)
}

fn certify(costs: &[f64], n: usize, permutation: &[usize], u: &[f64], v: &[f64]) -> Result<(), Undefined> {
    let mut used = vec![false; n];
    let valid = permutation.iter().all(|j| *j < n && !std::mem::replace(&mut used[*j], true));
    let largest = costs.iter().fold(0.0f64, |top, c| top.max(*c));
    let tolerance = 1e-10 * largest;
    let feasible = costs.chunks_exact(n).zip(u).all(|(row, u)| row.iter().zip(v).all(|(c, v)| u + v <= c + tolerance));
    let primal: f64 = permutation.iter().enumerate().map(|(i, j)| costs[i * n + j]).sum();
    let dual: f64 = u.iter().sum::<f64>() + v.iter().sum::<f64>();
    if valid && feasible && (primal - dual).abs() <= tolerance * n as f64 {
        Ok(())
    } else {
        Err(Undefined::because("the assignment's primal–dual certificate failed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Address, Noise};
    use ndarray::Array2;

    #[test]
    fn the_certificate_refuses_what_is_not_optimal() {
        let mut noise = Noise::at(Address::root(9));
        let n = 6;
        let draw = |noise: &mut Noise| Array2::from_shape_vec((n, 2), noise.normal_vector(2 * n)).unwrap();
        let (x, y) = (draw(&mut noise), draw(&mut noise));
        let costs = costs(x.view(), y.view(), 1.0);
        let (mut permutation, u, mut v) = solve(&costs, n);
        assert!(certify(&costs, n, &permutation, &u, &v).is_ok());
        permutation.swap(0, 1);
        assert!(certify(&costs, n, &permutation, &u, &v).is_err(), "a worse permutation has a gap");
        permutation[0] = permutation[1];
        assert!(certify(&costs, n, &permutation, &u, &v).is_err(), "no permutation at all");
        permutation = solve(&costs, n).0;
        v[2] += 0.5;
        assert!(certify(&costs, n, &permutation, &u, &v).is_err(), "infeasible potentials");
    }
}
