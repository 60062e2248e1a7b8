//! Lyapunov exponents of a product of Jacobians.

/// Which exponents are wanted, and over which part of the product.
///
/// ```
/// use rtrl_lab::ergodicity::{LyapunovPlan, lyapunov_exponents};
/// let plan = LyapunovPlan { dimension: 1, count: 1, steps: 30, warm: 10, segments: 2 };
/// let mut factors = [[7.0; 10], [3.0; 10], [5.0; 10]].concat().into_iter();
/// let parts = lyapunov_exponents(plan, |jacobian| jacobian[0] = factors.next().unwrap());
/// assert!((parts[0] - 3f64.ln()).abs() < 1e-14 && (parts[1] - 5f64.ln()).abs() < 1e-14);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LyapunovPlan {
    /// Size `N` of the Jacobians.
    pub dimension: usize,
    /// How many of the largest exponents.
    pub count: usize,
    /// Factors of the product.
    pub steps: usize,
    /// Factors that only turn the columns and do not count.
    pub warm: usize,
    /// Equal parts that the counted steps are cut into.
    pub segments: usize,
}

/// The largest Lyapunov exponents of the product of Jacobians that `next` writes one after the
/// other (N × N by rows), averaged over each segment: by rows, a row a segment. The exponent of the
/// whole is the mean over its segments; how far the segments drift apart tells a transient from the
/// limit.
///
/// ```text
/// A_t Q_t = Q_{t+1} R_{t+1},   λ_j = T^{-1} Σ_t log R_{t,jj}
/// ```
///
/// `Q` has `count ≤ N` orthonormal columns, re-orthonormalised every step by Gram and Schmidt,
/// twice. The exponents are in nats a step; one that collapses to zero exactly (a singular
/// Jacobian) is −∞. Source: Benettin et al. (1980), doi 10.1007/BF02128236.
///
/// ```
/// use rtrl_lab::ergodicity::{LyapunovPlan, lyapunov_exponents};
/// let plan = LyapunovPlan { dimension: 2, count: 2, steps: 100, warm: 50, segments: 1 };
/// let exponents = lyapunov_exponents(plan, |a| a.copy_from_slice(&[2.0, 1.0, 0.0, 0.25]));
/// // The eigenvalues of a fixed matrix.
/// assert!((exponents[0] - 2f64.ln()).abs() < 1e-12);
/// assert!((exponents[1] - 0.25f64.ln()).abs() < 1e-12);
/// ```
pub fn lyapunov_exponents(plan: LyapunovPlan, mut next: impl FnMut(&mut [f64])) -> Vec<f64> {
    let n = plan.dimension;
    let mut jacobian = vec![0.0; n * n];
    let mut stretching = LyapunovAccumulator::new(plan);
    for _ in 0..plan.steps {
        next(&mut jacobian);
        for column in stretching.columns_mut() {
            let image: Vec<f64> = jacobian.chunks_exact(n).map(|row| row.iter().zip(&*column).map(|(a, q)| a * q).sum()).collect();
            *column = image;
        }
        stretching.turned();
    }
    stretching.exponents()
}

/// The columns of [`lyapunov_exponents`] on their way, for a caller that has products `A q` without
/// the Jacobian itself: replace every column by its image, then call
/// [`LyapunovAccumulator::turned`], once a step.
///
/// ```
/// use rtrl_lab::ergodicity::{LyapunovAccumulator, LyapunovPlan};
/// let plan = LyapunovPlan { dimension: 2, count: 1, steps: 4, warm: 0, segments: 1 };
/// let mut stretching = LyapunovAccumulator::new(plan);
/// for _ in 0..4 {
///     stretching.columns_mut()[0].iter_mut().for_each(|x| *x *= -3.0);
///     stretching.turned();
/// }
/// assert!((stretching.exponents()[0] - 3f64.ln()).abs() < 1e-14);
/// ```
#[derive(Clone, Debug)]
pub struct LyapunovAccumulator {
    plan: LyapunovPlan,
    /// Whether every coordinate of the one column is a direction of its own.
    separate: bool,
    columns: Vec<Vec<f64>>,
    sums: Vec<f64>,
    t: usize,
}

impl LyapunovAccumulator {
    /// The columns before the first step.
    ///
    /// ```
    /// use rtrl_lab::ergodicity::{LyapunovAccumulator, LyapunovPlan};
    /// let plan = LyapunovPlan { dimension: 3, count: 2, steps: 1, warm: 0, segments: 1 };
    /// let mut start = LyapunovAccumulator::new(plan);
    /// let [a, b] = start.columns_mut() else { panic!() };
    /// let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    /// assert!((dot(a, a) - 1.0).abs() < 1e-15 && dot(a, b).abs() < 1e-15);
    /// ```
    pub fn new(plan: LyapunovPlan) -> Self {
        let LyapunovPlan { dimension: n, count, segments, .. } = plan;
        // A start that is no axis: an axis can be an invariant direction of a triangular Jacobian.
        let mut columns: Vec<Vec<f64>> =
            (0..count).map(|j| (0..n).map(|i| if i == j { 1.0 } else { 0.25 / (1.0 + (i + 2 * j) as f64) }).collect()).collect();
        orthonormalise(&mut columns);
        LyapunovAccumulator { plan, separate: false, columns, sums: vec![0.0; count * segments], t: 0 }
    }

    /// The columns before the first step, from the caller's own directions.
    ///
    /// ```
    /// use rtrl_lab::ergodicity::{LyapunovAccumulator, LyapunovPlan};
    /// let plan = LyapunovPlan { dimension: 2, count: 1, steps: 1, warm: 0, segments: 1 };
    /// let mut start = LyapunovAccumulator::along(plan, vec![vec![3.0, 4.0]]);
    /// let column = &start.columns_mut()[0];
    /// assert!((column[0] - 0.6).abs() < 1e-15 && (column[1] - 0.8).abs() < 1e-15);
    /// ```
    pub fn along(plan: LyapunovPlan, mut columns: Vec<Vec<f64>>) -> Self {
        assert_eq!((columns.len(), columns[0].len()), (plan.count, plan.dimension), "the columns fit the plan");
        orthonormalise(&mut columns);
        LyapunovAccumulator { plan, separate: false, columns, sums: vec![0.0; plan.count * plan.segments], t: 0 }
    }

    /// One column whose coordinates are directions of their own, for Jacobians that are diagonal:
    /// the exponent of every coordinate, `dimension` in a segment.
    ///
    /// ```
    /// use rtrl_lab::ergodicity::{LyapunovAccumulator, LyapunovPlan};
    /// let plan = LyapunovPlan { dimension: 2, count: 1, steps: 1, warm: 0, segments: 1 };
    /// let mut stretching = LyapunovAccumulator::separate(plan);
    /// stretching.columns_mut()[0].iter_mut().zip([2.0, -0.5]).for_each(|(x, a)| *x *= a);
    /// stretching.turned();
    /// assert_eq!(stretching.exponents(), [libm::log(2.0), libm::log(0.5)]);
    /// ```
    pub fn separate(plan: LyapunovPlan) -> Self {
        let column = vec![1.0; plan.dimension];
        LyapunovAccumulator { plan, separate: true, columns: vec![column], sums: vec![0.0; plan.dimension * plan.segments], t: 0 }
    }

    /// The orthonormal columns, to be replaced by their images.
    ///
    /// ```
    /// use rtrl_lab::ergodicity::{LyapunovAccumulator, LyapunovPlan};
    /// let plan = LyapunovPlan { dimension: 3, count: 2, steps: 1, warm: 0, segments: 1 };
    /// let mut stretching = LyapunovAccumulator::new(plan);
    /// let columns = stretching.columns_mut();
    /// assert_eq!((columns.len(), columns[1].len()), (2, 3));
    /// ```
    pub fn columns_mut(&mut self) -> &mut [Vec<f64>] {
        &mut self.columns
    }

    fn segment_len(&self) -> usize {
        (self.plan.steps.saturating_sub(self.plan.warm) / self.plan.segments).max(1)
    }

    /// Books how far the step has stretched the columns and makes them orthonormal again.
    ///
    /// ```
    /// use rtrl_lab::ergodicity::{LyapunovAccumulator, LyapunovPlan};
    /// let plan = LyapunovPlan { dimension: 2, count: 1, steps: 1, warm: 0, segments: 1 };
    /// let mut stretching = LyapunovAccumulator::along(plan, vec![vec![1.0, 0.0]]);
    /// stretching.columns_mut()[0] = vec![6.0, 8.0];
    /// stretching.turned();
    /// assert!((stretching.columns_mut()[0][1] - 0.8).abs() < 1e-15);
    /// assert!((stretching.exponents()[0] - 10f64.ln()).abs() < 1e-15);
    /// ```
    pub fn turned(&mut self) {
        let LyapunovPlan { warm, segments, .. } = self.plan;
        let lengths = if self.separate { normalise_each(&mut self.columns[0]) } else { orthonormalise(&mut self.columns) };
        let count = lengths.len();
        if self.t >= warm && (self.t - warm) / self.segment_len() < segments {
            let row = (self.t - warm) / self.segment_len() * count;
            for (sum, stretched) in self.sums[row..row + count].iter_mut().zip(lengths) {
                *sum += libm::log(stretched);
            }
        }
        self.t += 1;
    }

    /// The exponents, by rows, a row a segment; −∞ where a direction has collapsed.
    ///
    /// ```
    /// use rtrl_lab::ergodicity::{LyapunovAccumulator, LyapunovPlan};
    /// let plan = LyapunovPlan { dimension: 1, count: 1, steps: 2, warm: 0, segments: 2 };
    /// let mut stretching = LyapunovAccumulator::new(plan);
    /// stretching.turned();
    /// stretching.columns_mut()[0][0] = 0.0;
    /// stretching.turned();
    /// assert_eq!(stretching.exponents(), [0.0, f64::NEG_INFINITY]);
    /// ```
    pub fn exponents(&self) -> Vec<f64> {
        self.sums.iter().map(|sum| sum / self.segment_len() as f64).collect()
    }
}

/// Brings every coordinate to size 1 and returns the sizes; 0 stays.
fn normalise_each(column: &mut [f64]) -> Vec<f64> {
    let sizes: Vec<f64> = column.iter().map(|x| x.abs()).collect();
    column.iter_mut().filter(|x| **x != 0.0).for_each(|x| *x = x.signum());
    sizes
}

/// Orthonormalises the columns in place and returns the diagonal of R.
fn orthonormalise(columns: &mut [Vec<f64>]) -> Vec<f64> {
    let mut lengths = Vec::with_capacity(columns.len());
    for j in 0..columns.len() {
        let (done, rest) = columns.split_at_mut(j);
        let column = &mut rest[0];
        for _ in 0..2 {
            for other in done.iter() {
                let overlap: f64 = other.iter().zip(&*column).map(|(a, b)| a * b).sum();
                column.iter_mut().zip(other).for_each(|(c, o)| *c -= overlap * o);
            }
        }
        let length = column.iter().map(|c| c * c).sum::<f64>().sqrt();
        if length > 0.0 {
            column.iter_mut().for_each(|c| *c /= length);
        }
        lengths.push(length);
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_triangular_product_has_the_logarithms_of_its_diagonal() {
        let plan = LyapunovPlan { dimension: 2, count: 2, steps: 420, warm: 20, segments: 4 };
        let exponents = lyapunov_exponents(plan, |jacobian| jacobian.copy_from_slice(&[0.9, 0.7, 0.0, 0.5]));
        assert_eq!(exponents.len(), 8);
        for segment in exponents.chunks(2) {
            assert!((segment[0] - libm::log(0.9)).abs() < 1e-6, "{segment:?}");
            assert!((segment[1] - libm::log(0.5)).abs() < 1e-6, "{segment:?}");
        }
    }

    #[test]
    fn a_nilpotent_product_collapses() {
        let plan = LyapunovPlan { dimension: 2, count: 1, steps: 10, warm: 2, segments: 1 };
        let exponents = lyapunov_exponents(plan, |jacobian| jacobian.copy_from_slice(&[0.0, 1.0, 0.0, 0.0]));
        assert_eq!(exponents, [f64::NEG_INFINITY]);
    }

    #[test]
    fn separate_directions_keep_exponents_of_their_own() {
        let plan = LyapunovPlan { dimension: 2, count: 1, steps: 40, warm: 8, segments: 2 };
        let mut stretching = LyapunovAccumulator::separate(plan);
        for _ in 0..plan.steps {
            let column = &mut stretching.columns_mut()[0];
            (column[0], column[1]) = (-0.5 * column[0], 0.25 * column[1]);
            stretching.turned();
        }
        let expected = [libm::log(0.5), libm::log(0.25), libm::log(0.5), libm::log(0.25)];
        assert!(stretching.exponents().iter().zip(expected).all(|(seen, exact)| (seen - exact).abs() < 1e-14));
    }
}
