//! A few fixed unit directions of the derivative block, under which its law is looked at in low
//! dimension.

use crate::network::Cell;
use crate::random::{Noise, stream};

/// Times that random signs are drawn before they count as spanned already; one unit of two inputs
/// misses with half of all draws, which is the most.
const DRAWS: usize = 64;
/// Part of a direction's length below which what is left of it is rounding.
const ROUNDING: f64 = 1e-6;

/// Orthonormal directions in the space of `vec V`: the normalised sum over each named parameter
/// block, and one of random signs.
///
/// There are no more of them than the space has dimensions: the signs are left out where the sums
/// span it all, as with one unit of one input, and are drawn anew where they lie in the span of the
/// sums by chance.
///
/// ```
/// use rtrl_lab::{chain::Directions, network::{Elman, activation}, random::RngKey};
/// let cell = Elman::new(&[0.1; 4], &[0.5; 2], &[0.0; 2], 0.0, activation::TANH).unwrap();
/// let image = Directions::of(&cell, RngKey::root(1)).image(&[1.0; 16]);
/// // The sums over B, W and b have 8, 4 and 4 entries; the signs are orthogonal to them.
/// for (along, exact) in image.iter().zip([8f64.sqrt(), 2.0, 2.0, 0.0]) {
///     assert!((along - exact).abs() < 1e-12);
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Directions {
    rows: Vec<Vec<f64>>,
}

impl Directions {
    /// The directions of a cell; the signs come from the given key.
    ///
    /// ```
    /// use rtrl_lab::{chain::Directions, network::{Elman, activation}, random::RngKey};
    /// let cell = Elman::new(&[0.1; 9], &[0.5; 3], &[0.0; 3], 0.0, activation::TANH).unwrap();
    /// let [one, other] = [1, 2].map(|seed| Directions::of(&cell, RngKey::root(seed)));
    /// let mut only_first_bias = [0.0; 45];
    /// only_first_bias[4] = 1.0;
    /// // Sums do not hang on the seed: 9 biases.
    /// assert!((one.image(&only_first_bias)[2] - 1.0 / 3.0).abs() < 1e-12);
    /// assert_eq!(one.image(&[2.0; 45])[..3], other.image(&[2.0; 45])[..3]);
    /// ```
    pub fn of(cell: &dyn Cell, key: crate::random::RngKey) -> Self {
        let influence = cell.influence_layout();
        let mut rows: Vec<Vec<f64>> = Vec::new();
        for block in cell.layout().blocks() {
            let mut sum = vec![0.0; influence.len()];
            block.positions().flat_map(|position| influence.places(position)).for_each(|place| sum[place] = 1.0);
            rows.extend(beyond(&rows, sum));
        }
        let mut noise = Noise::at(key.stream(stream::DIRECTION));
        let draws = if rows.len() < influence.len() { DRAWS } else { 0 };
        let signs = (0..draws).find_map(|_| beyond(&rows, (0..influence.len()).map(|_| noise.sign()).collect()));
        rows.extend(signs);
        Directions { rows }
    }

    /// Number of directions.
    ///
    /// ```
    /// use rtrl_lab::{chain::Directions, network::{Elman, activation}, random::RngKey};
    /// let count = |w: &[f64]| {
    ///     let cell = Elman::new(&[0.1], w, &[0.0], 0.0, activation::TANH).unwrap();
    ///     Directions::of(&cell, RngKey::root(1)).count()
    /// };
    /// // V has 3 and 4 entries.
    /// assert_eq!((count(&[0.5]), count(&[0.5, 0.5])), (3, 4));
    /// ```
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// The coordinates of `vec V` along the directions.
    ///
    /// ```
    /// use rtrl_lab::{chain::Directions, network::{Elman, activation}, random::RngKey};
    /// let cell = Elman::new(&[0.1], &[0.5], &[0.0], 0.0, activation::TANH).unwrap();
    /// // Each block is a single entry.
    /// let directions = Directions::of(&cell, RngKey::root(1));
    /// assert_eq!(directions.image(&[3.0, -4.0, 5.0]), [3.0, -4.0, 5.0]);
    /// ```
    pub fn image(&self, derivative: &[f64]) -> Vec<f64> {
        self.rows.iter().map(|row| row.iter().zip(derivative).map(|(r, v)| r * v).sum()).collect()
    }
}

/// What a direction adds to orthonormal ones, normalised; `None` where that is no more than
/// rounding.
fn beyond(done: &[Vec<f64>], mut row: Vec<f64>) -> Option<Vec<f64>> {
    let length = |row: &[f64]| row.iter().map(|x| x * x).sum::<f64>().sqrt();
    let whole = length(&row);
    for other in done {
        let overlap: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
        row.iter_mut().zip(other).for_each(|(a, b)| *a -= overlap * b);
    }
    let rest = length(&row);
    (rest > ROUNDING * whole).then(|| {
        row.iter_mut().for_each(|x| *x /= rest);
        row
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Diagonal, Elman, activation};
    use crate::random::RngKey;

    /// Cells of every small shape, whose spaces are no wider than the directions or hardly so.
    fn small_cells() -> Vec<Box<dyn Cell>> {
        let tanh = activation::named("tanh").unwrap();
        let mut cells: Vec<Box<dyn Cell>> = Vec::new();
        for (hidden, inputs) in [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 1)] {
            let (weights, bias) = (vec![0.5; hidden * inputs], vec![0.0; hidden]);
            cells.push(Box::new(Elman::new(&vec![0.1; hidden * hidden], &weights, &bias, 0.0, tanh).unwrap()));
            cells.push(Box::new(Diagonal::new(&vec![0.1; hidden], &weights, &bias, tanh).unwrap()));
        }
        cells
    }

    #[test]
    fn directions_are_orthonormal_and_no_more_than_the_space_has_dimensions() {
        for cell in small_cells() {
            let (blocks, dimension) = (cell.layout().blocks().len(), cell.influence_layout().len());
            for seed in 0..40 {
                let directions = Directions::of(&*cell, RngKey::root(seed));
                assert_eq!(directions.count(), (blocks + 1).min(dimension), "dimension {dimension}, seed {seed}");
                for (i, row) in directions.rows.iter().enumerate() {
                    for (j, image) in directions.image(row).into_iter().enumerate() {
                        let expected = if i == j { 1.0 } else { 0.0 };
                        assert!((image - expected).abs() < 1e-12, "dimension {dimension}, seed {seed}: <{i}, {j}> = {image}");
                    }
                }
            }
        }
    }
}
