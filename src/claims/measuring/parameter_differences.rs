//! Differences between θ and θ + δu over several sizes δ and directions u: squared norms without
//! noise bias, slopes and exponents.

use crate::stats::{Estimate, Undefined, jackknife, line, unbiased_square};

/// Random unit directions in the space of all parameters; replicate r takes direction r mod their
/// number.
pub(in crate::claims) const DIRECTIONS: usize = 8;
/// Distances of the two parameters, smallest first.
pub(in crate::claims) const SIZES: [f64; 5] = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1];
/// How many of them, from the smallest on, the exponent is read from.
pub(in crate::claims) const SMALL: usize = 3;

/// Differences of vectors at θ and at θ + δu, whose means are asked for: a row a replicate, `width`
/// numbers a size.
pub(in crate::claims) struct Differences {
    /// The rows.
    pub rows: Vec<Vec<f64>>,
    /// Length of a vector.
    pub width: usize,
    /// Level of the intervals.
    pub level: f64,
}

impl Differences {
    /// The mean over directions of `|E f(θ + δu) − E f(θ)|²`, without noise bias, from all rounds
    /// (one replicate a direction) but `out`.
    fn square(&self, size: usize, out: Option<usize>) -> Option<f64> {
        let mut total = 0.0;
        for direction in 0..DIRECTIONS {
            let own = self.rows.iter().enumerate().filter(|(row, _)| row % DIRECTIONS == direction && Some(row / DIRECTIONS) != out);
            if own.clone().count() < 2 {
                return None;
            }
            total += unbiased_square(own.map(|(_, row)| (1.0, &row[size * self.width..(size + 1) * self.width])), self.width);
        }
        Some(total / DIRECTIONS as f64)
    }

    /// A function of the squares with the jackknife's interval over rounds.
    fn jackknife(&self, f: impl Fn(&dyn Fn(usize) -> Option<f64>) -> Option<f64>) -> Result<Estimate, Undefined> {
        let missing = || Undefined::because("the difference is not distinguishable from zero");
        let rounds = self.rows.len() / DIRECTIONS;
        let value = f(&|size| self.square(size, None)).ok_or_else(missing)?;
        let left_out: Option<Vec<f64>> = (0..rounds).map(|round| f(&|size| self.square(size, Some(round)))).collect();
        let left_out = left_out.ok_or_else(missing)?;
        jackknife(value, &left_out, self.level)
    }

    /// `|E f(θ + δu) − E f(θ)|/δ`, root mean square over directions.
    pub(crate) fn slope(&self, size: usize) -> Result<Estimate, Undefined> {
        Ok(self.jackknife(|square| square(size).map(|x| x / (SIZES[size] * SIZES[size])))?.map_monotone(|x| x.max(0.0).sqrt()))
    }

    /// The exponent of the difference in δ, from the smallest sizes.
    pub(crate) fn exponent(&self) -> Result<Estimate, Undefined> {
        self.jackknife(|square| {
            let points: Option<Vec<[f64; 2]>> =
                (0..SMALL).map(|size| square(size).filter(|x| *x > 0.0).map(|x| [libm::log(SIZES[size]), 0.5 * libm::log(x)])).collect();
            Some(line(&points?, 0.5).ok()?.value)
        })
    }
}
