//! A few fixed unit directions of the derivative block, under which its law is looked at in low dimension.

use crate::network::Cell;
use crate::random::{Noise, stream};

/// Orthonormal directions in the space of `vec V`: the normalised sum over each named parameter block, and one of random signs.
#[derive(Clone, Debug)]
pub struct Directions {
    rows: Vec<Vec<f64>>,
}

impl Directions {
    /// The directions of a cell; the signs come from the given address.
    pub fn of(cell: &dyn Cell, address: crate::random::Address) -> Self {
        let influence = cell.influence_layout();
        let mut rows: Vec<Vec<f64>> = cell
            .layout()
            .blocks()
            .iter()
            .map(|block| {
                let mut row = vec![0.0; influence.len()];
                block.positions().flat_map(|position| influence.places(position)).for_each(|place| row[place] = 1.0);
                row
            })
            .collect();
        let mut noise = Noise::at(address.stream(stream::DIRECTION));
        rows.push((0..influence.len()).map(|_| noise.sign()).collect());
        for index in 0..rows.len() {
            let (done, rest) = rows.split_at_mut(index);
            let row = &mut rest[0];
            for other in done.iter() {
                let overlap: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
                row.iter_mut().zip(other).for_each(|(a, b)| *a -= overlap * b);
            }
            let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
            row.iter_mut().for_each(|x| *x /= length);
        }
        Directions { rows }
    }

    /// Number of directions.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// The coordinates of `vec V` along the directions.
    pub fn image(&self, derivative: &[f64]) -> Vec<f64> {
        self.rows.iter().map(|row| row.iter().zip(derivative).map(|(r, v)| r * v).sum()).collect()
    }
}
