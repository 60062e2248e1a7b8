//! The proof that an assignment is optimal, every rounding counted.

use super::compensated::compensated;
use super::ground::Ground;
use rayon::prelude::*;

/// How far apart the two bounds of the mean cost may lie, as a share of it, beyond what a cost
/// itself is rounded by.
pub(super) const TOLERANCE: f64 = 1e-11;

/// What an assignment costs, and what potentials prove of it.
pub(super) struct Certificate {
    /// The mean cost as computed.
    pub(super) mean: f64,
    /// The true mean cost of the pairs is at most this.
    pub(super) upper: f64,
    /// Every assignment costs at least this on average, in true costs.
    pub(super) lower: f64,
    /// The dearest pair.
    pub(super) dearest: f64,
    /// `u_i = min_j c(i, j) − v_j`.
    pub(super) row_potentials: Vec<f64>,
    /// Whether `lower` is `upper` to within [`TOLERANCE`].
    pub(super) holds: bool,
}

impl Certificate {
    /// Of pairs of rows with columns and column potentials `v`, padded with −∞; `None` where the
    /// pairs are no permutation.
    ///
    /// A computed cost `ĉ` misses the true one by less than a share `γ` of it, so
    /// `u_i = min_j (1 − γ) ĉ(i, j) − v_j` makes `(u, v)` feasible for the true costs but for the
    /// rounding of the difference itself, at most `ε |u_i|`. The sum of all potentials, which
    /// cancel, is compensated:
    ///
    /// ```text
    /// n W_p^p ≥ Σ u_i + Σ v_j − ε Σ |u_i| − ε |Σ u_i + Σ v_j| − (2n ε)² (Σ |u_i| + Σ |v_j|),
    ///     ε = 2⁻⁵²
    /// ```
    ///
    /// Source of the last two terms: Ogita, Rump and Oishi (2005), doi 10.1137/030601818.
    pub(super) fn of(ground: &Ground, column_of: &[u32], v: &[f64]) -> Option<Self> {
        let (n, rounding) = (ground.rows(), ground.rounding());
        let mut used = vec![false; n];
        if !column_of.iter().all(|j| (*j as usize) < n && !std::mem::replace(&mut used[*j as usize], true)) {
            return None;
        }
        let least: Vec<[f64; 2]> = (0..n)
            .into_par_iter()
            .map_init(
                || vec![0.0; ground.padded()],
                |costs, i| {
                    ground.row(i, costs);
                    Ground::least(costs, v, rounding)
                },
            )
            .collect();
        let costs: Vec<f64> = column_of.iter().enumerate().map(|(i, j)| ground.uncut(i, *j as usize)).collect();
        let (total, exact) = (costs.iter().sum::<f64>(), compensated(costs.iter().copied()));
        let safe = || least.iter().map(|[_, safe]| *safe);
        let dual = compensated(safe().chain(v[..n].iter().copied()));
        let (of_rows, of_columns) = (safe().map(f64::abs).sum::<f64>(), v[..n].iter().map(|v| v.abs()).sum::<f64>());
        let count = n as f64;
        let lost = f64::EPSILON * (of_rows + dual.abs()) + (2.0 * count * f64::EPSILON).powi(2) * (of_rows + of_columns);
        let upper = exact * (1.0 + rounding) / count;
        // Costs are not below 0: where the pairs cost nothing, nothing is cheaper.
        let lower = ((dual - lost) / count * (1.0 - f64::EPSILON)).max(0.0);
        let holds = upper - lower <= (TOLERANCE + 2.0 * rounding) * upper;
        let dearest = costs.into_iter().fold(0.0, f64::max);
        Some(Certificate { mean: total / count, upper, lower, dearest, row_potentials: least.into_iter().map(|[u, _]| u).collect(), holds })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Order;
    use super::super::solver::solve;
    use super::*;
    use crate::random::{Noise, RngKey};
    use ndarray::Array2;

    #[test]
    fn the_certificate_refuses_what_is_not_optimal() {
        let mut noise = Noise::at(RngKey::root(9));
        for n in [6, 500] {
            let draw = |noise: &mut Noise| Array2::from_shape_vec((n, 2), noise.normal_vector(2 * n)).unwrap();
            let (x, y) = (draw(&mut noise), draw(&mut noise));
            let ground = Ground::new(x.view(), y.view(), Order::Two).unwrap();
            let solved = solve(&ground);
            let (mut pairs, mut v) = (solved.column_of.clone(), solved.v.clone());
            let holds = |pairs: &[u32], v: &[f64]| Certificate::of(&ground, pairs, v).is_some_and(|certificate| certificate.holds);
            assert!(holds(&pairs, &v));
            pairs.swap(0, 1);
            assert!(!holds(&pairs, &v), "a worse permutation has a gap");
            pairs[0] = pairs[1];
            assert!(!holds(&pairs, &v), "no permutation at all");
            v[2] += 0.5;
            assert!(!holds(&solved.column_of, &v), "potentials that are not optimal");
            // Potentials that are right but for a shift of all of them, so large that its rounding
            // passes the costs.
            let far: Vec<f64> = solved.v.iter().map(|v| v + 1e14).collect();
            let lost = Certificate::of(&ground, &solved.column_of, &far).unwrap();
            assert!(!lost.holds && lost.lower <= lost.mean, "{} {}", lost.lower, lost.mean);
        }
    }
}
