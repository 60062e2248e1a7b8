//! Sorting of finite numbers by their place between least and largest.

use rayon::prelude::*;

/// Up to so many numbers are left to the standard library.
const FEW: usize = 48;
/// Up to so many numbers are spread once, with two buckets a number: they and their buckets stay in cache.
const ONE_PASS: usize = 1 << 13;
/// Numbers a bucket of the first of two passes.
const SHARE: usize = 1 << 9;
/// A bucket with more numbers than this is sorted by itself before the last pass.
const CROWD: u32 = 24;
/// Passes of spreading after which skewed numbers are left to the standard library, so that no input costs more than n log n.
const DEPTH: usize = 3;

/// Work space of a sort.
#[derive(Default)]
pub(super) struct Ascending {
    buckets: Vec<u32>,
    ends: Vec<u32>,
    spread: Vec<f64>,
}

impl Ascending {
    /// Sorts finite `values`; both zeros count as one, and the result does not depend on the number of threads.
    pub(super) fn sort(&mut self, values: &mut [f64]) {
        // −0 and +0 would keep an order that depends on the way they came.
        values.iter_mut().for_each(|value| *value += 0.0);
        self.descend(values, DEPTH);
    }

    fn descend(&mut self, values: &mut [f64], depth: usize) {
        let n = values.len();
        let (least, largest) = range(values);
        let count = if n <= ONE_PASS { 2 * n } else { n / SHARE };
        let density = count as f64 / (largest - least);
        // A range that overflows or is too short for a density has no buckets.
        if n <= FEW || depth == 0 || !density.is_normal() || n > u32::MAX as usize {
            return values.sort_unstable_by(f64::total_cmp);
        }
        let crowd = self.scatter(values, least, density, count);
        if n > ONE_PASS {
            return self.second_pass(values, depth);
        }
        values.copy_from_slice(&self.spread);
        if crowd > CROWD {
            let mut first = 0;
            for end in &self.ends {
                if end - first > CROWD {
                    values[first as usize..*end as usize].sort_unstable_by(f64::total_cmp);
                }
                first = *end;
            }
        }
        insert(values);
    }

    /// Brings `values` into the order of their buckets, in `spread`; the size of the largest bucket.
    fn scatter(&mut self, values: &[f64], least: f64, density: f64, count: usize) -> u32 {
        let last = (count - 1) as u32;
        self.buckets.clear();
        // Rounding is monotone, and so is a bucket in its number.
        self.buckets.extend(values.iter().map(|value| (((value - least) * density) as u32).min(last)));
        self.ends.clear();
        self.ends.resize(count, 0);
        self.buckets.iter().for_each(|bucket| self.ends[*bucket as usize] += 1);
        let (mut before, mut crowd) = (0, 0);
        for end in &mut self.ends {
            crowd = crowd.max(*end);
            before += std::mem::replace(end, before);
        }
        self.spread.resize(values.len(), 0.0);
        for (value, bucket) in values.iter().zip(&self.buckets) {
            let end = &mut self.ends[*bucket as usize];
            self.spread[*end as usize] = *value;
            *end += 1;
        }
        crowd
    }

    /// Sorts every bucket of a first pass by itself.
    fn second_pass(&mut self, values: &mut [f64], depth: usize) {
        let mut parts = Vec::with_capacity(self.ends.len());
        let (mut rest, mut first) = (values, 0);
        for end in &self.ends {
            let (part, later) = rest.split_at_mut((end - first) as usize);
            parts.push((part, &self.spread[first as usize..*end as usize]));
            (rest, first) = (later, *end);
        }
        parts.into_par_iter().for_each_init(Ascending::default, |inner, (part, spread)| {
            part.copy_from_slice(spread);
            inner.descend(part, depth - 1);
        });
    }
}

/// Least and largest value, over lanes so that they are had at the speed of memory.
fn range(values: &[f64]) -> (f64, f64) {
    let (mut least, mut largest) = ([f64::INFINITY; 8], [f64::NEG_INFINITY; 8]);
    let chunks = values.chunks_exact(8);
    let rest = chunks.remainder();
    for chunk in chunks {
        for ((value, least), largest) in chunk.iter().zip(&mut least).zip(&mut largest) {
            *least = if *value < *least { *value } else { *least };
            *largest = if *value > *largest { *value } else { *largest };
        }
    }
    let all = least.iter().chain(rest).fold(f64::INFINITY, |a, b| a.min(*b));
    (all, largest.iter().chain(rest).fold(f64::NEG_INFINITY, |a, b| a.max(*b)))
}

/// Insertion sort, for numbers that are near their place.
fn insert(values: &mut [f64]) {
    for at in 1..values.len() {
        let value = values[at];
        let mut hole = at;
        while hole > 0 && values[hole - 1] > value {
            values[hole] = values[hole - 1];
            hole -= 1;
        }
        values[hole] = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Address, Noise};

    /// What the number at a place becomes.
    type Shape = fn(f64, usize) -> f64;

    #[test]
    fn sorts_what_the_standard_library_sorts() {
        let mut noise = Noise::at(Address::root(31));
        let shapes: [(&str, Shape); 7] = [
            ("normal", |z, _| z),
            ("heavy", |z, _| z * z * z * z * z * z * z * z * z),
            ("ties", |z, _| (2.0 * z).round()),
            ("one far", |z, i| if i == 7 { 1e300 } else { z * 1e-9 }),
            ("range overflows", |z, i| if i % 2 == 0 { z.signum() * f64::MAX } else { z }),
            ("tiny", |z, _| z * 1e-310),
            ("falling", |_, i| -(i as f64)),
        ];
        let mut sorter = Ascending::default();
        for n in [0, 1, 2, 48, 49, 100, 8192, 8193, 60_000] {
            for (name, shape) in shapes {
                let values: Vec<f64> = noise.normal_vector(n).into_iter().enumerate().map(|(i, z)| shape(z, i) + 0.0).collect();
                let (mut ours, mut theirs) = (values.clone(), values);
                sorter.sort(&mut ours);
                theirs.sort_by(f64::total_cmp);
                assert!(ours.iter().zip(&theirs).all(|(a, b)| a.to_bits() == b.to_bits()), "{name}, n = {n}");
            }
        }
    }
}
