//! Random directions of the parameters under which derivatives keep their size on average, at a
//! cost without the N × P matrix.

use crate::network::{Cell, RankOne};
use crate::random::{Noise, RngKey, stream};

/// `k` rank-one Rademacher directions `r_j = u_j ⊗ w_j / √k` with independent signs `u_j` over the
/// units and `w_j` inside a parameter group, so that
///
/// ```text
/// E_R ‖V R‖_F² = ‖V‖_F²
/// ```
///
/// for every fixed V, and `‖V R‖_F²` is the mean of `k` independent unbiased estimates. Signs are
/// drawn anew for every replica of an ensemble: replicas then stay independent, and an interval
/// over them holds the sketch's own variance. Inside one replica all times share the signs, so its
/// error is a factor that hardly moves with time: levels carry it, rates hardly.
///
/// ```
/// use rtrl_lab::{chain::Sketch, network::{Elman, activation}, random::RngKey};
/// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, activation::TANH).unwrap();
/// let sketch = Sketch::draw(&cell, 4, RngKey::root(1));
/// let (row, directions) = ([0.0, 3.0, 0.0], sketch.directions());
/// let along = |j: usize| directions.unit(j)[0] * directions.group(j)[1] * row[1];
/// // A row of one entry keeps its size under all signs.
/// assert_eq!((0..4).map(|j| along(j) * along(j)).sum::<f64>(), 9.0);
/// ```
#[derive(Clone, Debug)]
pub struct Sketch {
    directions: RankOne,
}

impl Sketch {
    /// `columns` directions of a cell's parameters, from the stream of directions at `key`.
    ///
    /// ```
    /// use rtrl_lab::{chain::Sketch, network::{Elman, activation}, random::RngKey};
    /// let cell = Elman::new(&[0.1; 4], &[0.5; 2], &[0.0; 2], 0.0, activation::TANH).unwrap();
    /// let sketch = Sketch::draw(&cell, 16, RngKey::root(1));
    /// // A group of 4 parameters, scaled by 1/√16.
    /// assert_eq!(sketch.directions().group(3).iter().map(|w| w.abs()).sum::<f64>(), 4.0 * 0.25);
    /// ```
    pub fn draw(cell: &dyn Cell, columns: usize, key: RngKey) -> Self {
        let (hidden, group) = (cell.state_len(), cell.parameters().len() / cell.state_len());
        let mut noise = Noise::at(key.stream(stream::DIRECTION));
        let units = (0..columns * hidden).map(|_| noise.sign()).collect();
        let scale = 1.0 / (columns.max(1) as f64).sqrt();
        let groups = (0..columns * group).map(|_| scale * noise.sign()).collect();
        Sketch { directions: RankOne::new(columns, units, groups) }
    }

    /// The directions.
    ///
    /// ```
    /// use rtrl_lab::{chain::Sketch, network::{Elman, activation}, random::RngKey};
    /// let cell = Elman::new(&[0.1; 4], &[0.5; 2], &[0.0; 2], 0.0, activation::TANH).unwrap();
    /// let sketch = Sketch::draw(&cell, 3, RngKey::root(1));
    /// let directions = sketch.directions();
    /// assert_eq!(directions.count(), 3);
    /// assert_eq!((directions.unit(0).len(), directions.group(0).len()), (2, 4));
    /// ```
    pub fn directions(&self) -> &RankOne {
        &self.directions
    }
}

/// Variance of `‖V R‖_F²` over the signs of `columns` directions, for an influence matrix of
/// `hidden` rows whose parameters come in groups of one length, one a unit.
///
/// ```text
/// G = VᵀV,  G_{(i,a),(j,b)} with units i, j and places a, b;   H_ab = Σ_i G_{(i,a),(i,b)},
///     K_ij = Σ_a G_{(i,a),(j,a)}
/// Var = k^{−1} ( 2 Σ_{a≠b} H_ab² + 2 Σ_{i≠j} K_ij² + Σ_{i≠j,
///     a≠b} [ 2 G_{(i,a),(j,b)}² + 2 G_{(i,a),(j,b)} G_{(i,b),(j,a)} ] )
/// ```
///
/// The three sums belong to the products of signs `w_a w_b`, `u_i u_j` and `u_i u_j w_a w_b`, which
/// are uncorrelated with mean 0. It is at most `8 ‖V‖_F⁴ / k`; a matrix of rank one whose row is
/// spread out has about that, one whose columns are orthogonal has 0. Meant for small matrices:
/// `(N P)²` operations. Isotropy of the rank-one columns alone would not give it, since their
/// entries are dependent.
///
/// ```
/// use rtrl_lab::chain::sketch_variance;
/// // One unit, row (1, 2): ‖V R‖² = (±1 ± 2)² is 9 or 1.
/// assert_eq!(sketch_variance(&[1.0, 2.0], 1, 1), 16.0);
/// assert_eq!(sketch_variance(&[1.0, 2.0], 1, 4), 4.0);
/// ```
pub fn sketch_variance(influence: &[f64], hidden: usize, columns: usize) -> f64 {
    let p = influence.len() / hidden;
    let group = p / hidden;
    let gram = |x: usize, y: usize| influence.chunks_exact(p).map(|row| row[x] * row[y]).sum::<f64>();
    let at = |i: usize, a: usize| i * group + a;
    let mut variance = 0.0;
    for a in 0..group {
        for b in (0..group).filter(|b| *b != a) {
            let trace: f64 = (0..hidden).map(|i| gram(at(i, a), at(i, b))).sum();
            variance += 2.0 * trace * trace;
        }
    }
    for i in 0..hidden {
        for j in (0..hidden).filter(|j| *j != i) {
            let trace: f64 = (0..group).map(|a| gram(at(i, a), at(j, a))).sum();
            variance += 2.0 * trace * trace;
            for a in 0..group {
                for b in (0..group).filter(|b| *b != a) {
                    let (straight, crossed) = (gram(at(i, a), at(j, b)), gram(at(i, b), at(j, a)));
                    variance += 2.0 * straight * (straight + crossed);
                }
            }
        }
    }
    variance / columns as f64
}

/// The normalised sum over each named parameter block as a rank-one direction: orthonormal, the
/// same for every replica.
pub(super) fn block_sums(cell: &dyn Cell) -> RankOne {
    let (hidden, group) = (cell.state_len(), cell.parameters().len() / cell.state_len());
    let layout = cell.layout();
    let mut groups = Vec::with_capacity(layout.blocks().len() * group);
    for block in layout.blocks() {
        let own = block.offset..block.offset + block.columns;
        let size = 1.0 / ((hidden * block.columns) as f64).sqrt();
        groups.extend((0..group).map(|place| if own.contains(&place) { size } else { 0.0 }));
    }
    RankOne::new(layout.blocks().len(), vec![1.0; layout.blocks().len() * hidden], groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_variance_over_all_signs_are_those_of_the_formula() {
        for (hidden, group) in [(1, 3), (2, 3), (3, 4)] {
            let p = hidden * group;
            let influence = Noise::at(RngKey::root(8)).normal_vector(hidden * p);
            let outcomes: Vec<f64> = (0..1u32 << (hidden + group))
                .map(|signs| {
                    let sign = |bit: usize| if signs >> bit & 1 == 0 { 1.0 } else { -1.0 };
                    let row_image = |row: &[f64]| (0..p).map(|x| row[x] * sign(x / group) * sign(hidden + x % group)).sum::<f64>();
                    influence.chunks_exact(p).map(|row| row_image(row) * row_image(row)).sum()
                })
                .collect();
            let count = outcomes.len() as f64;
            let mean = outcomes.iter().sum::<f64>() / count;
            let variance = outcomes.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count;
            let size: f64 = influence.iter().map(|v| v * v).sum();
            assert!((mean / size - 1.0).abs() < 1e-12, "{mean} {size}");
            let formula = sketch_variance(&influence, hidden, 1);
            assert!(variance > 0.1 && (variance / formula - 1.0).abs() < 1e-11, "{variance} {formula}");
            assert!(formula < 8.0 * size * size);
        }
    }
}
