//! Sorting of finite numbers by their place between least and largest.

use rayon::prelude::*;

/// Up to so many numbers are left to the standard library.
const FEW: usize = 48;
/// Up to so many numbers are spread once, with two buckets a number: they and their buckets stay in
/// cache.
const ONE_PASS: usize = 1 << 13;
/// Numbers a bucket of the first of two passes.
const SHARE: usize = 1 << 9;
/// A bucket with more numbers than this is sorted by itself before the last pass.
const CROWD: u32 = 24;
/// Passes of spreading after which skewed numbers are left to the standard library, so that no
/// input costs more than n log n.
const DEPTH: usize = 3;

/// Work space of a sort.
#[derive(Default)]
pub(super) struct Ascending {
    ends: Vec<u32>,
    spread: Vec<f64>,
}

/// Finite `values` in ascending order; both zeros count as one. Beside the answer it takes no
/// memory of its size, which costs more than the sort where pages are new.
pub(super) fn ascending(values: &[f64]) -> Vec<f64> {
    // −0 and +0 would keep an order that depends on the way they came.
    let mut sorted = vec![0.0; values.len()];
    if let Some(buckets) = Buckets::of(values, values.len() / SHARE, DEPTH).filter(|_| values.len() > ONE_PASS) {
        Ascending::default().by_parts(&buckets, values, &mut sorted, DEPTH);
    } else {
        sorted.iter_mut().zip(values).for_each(|(sorted, value)| *sorted = value + 0.0);
        Ascending::default().descend(&mut sorted, DEPTH);
    }
    sorted
}

impl Ascending {
    /// Sorts finite `values` in place, as [`ascending`]; the result does not depend on the number
    /// of threads.
    pub(super) fn sort(&mut self, values: &mut [f64]) {
        values.iter_mut().for_each(|value| *value += 0.0);
        self.descend(values, DEPTH);
    }

    fn descend(&mut self, values: &mut [f64], depth: usize) {
        let n = values.len();
        let Some(buckets) = Buckets::of(values, if n <= ONE_PASS { 2 * n } else { n / SHARE }, depth) else {
            return values.sort_unstable_by(f64::total_cmp);
        };
        let mut spread = std::mem::take(&mut self.spread);
        spread.clear();
        spread.extend_from_slice(values);
        if n > ONE_PASS {
            self.by_parts(&buckets, &spread, values, depth);
        } else {
            if buckets.scatter(&spread, values, &mut self.ends) > CROWD {
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
        self.spread = spread;
    }

    /// Spreads `values` over `out` and sorts every bucket by itself.
    fn by_parts(&mut self, buckets: &Buckets, values: &[f64], out: &mut [f64], depth: usize) {
        buckets.scatter(values, out, &mut self.ends);
        let mut parts = Vec::with_capacity(self.ends.len());
        let (mut rest, mut first) = (out, 0);
        for end in &self.ends {
            let (part, later) = rest.split_at_mut((end - first) as usize);
            parts.push(part);
            (rest, first) = (later, *end);
        }
        parts.into_par_iter().for_each_init(Ascending::default, |inner, part| inner.descend(part, depth - 1));
    }
}

/// Buckets of one width between the least and the largest of some numbers.
struct Buckets {
    least: f64,
    density: f64,
    count: usize,
}

impl Buckets {
    /// `count` buckets for `values`, unless these are few, or their range overflows or is too short
    /// for a density.
    fn of(values: &[f64], count: usize, depth: usize) -> Option<Self> {
        let (least, largest) = range(values);
        let density = count as f64 / (largest - least);
        let useful = values.len() > FEW && depth > 0 && density.is_normal() && values.len() <= u32::MAX as usize;
        useful.then_some(Buckets { least, density, count })
    }

    /// The bucket of `value`; rounding is monotone, and so is a bucket in its number.
    fn place(&self, value: f64) -> usize {
        (((value - self.least) * self.density) as u32 as usize).min(self.count - 1)
    }

    /// Brings `values` into the order of their buckets, in `out`, with where each bucket ends; the
    /// size of the largest bucket.
    fn scatter(&self, values: &[f64], out: &mut [f64], ends: &mut Vec<u32>) -> u32 {
        ends.clear();
        ends.resize(self.count, 0);
        values.iter().for_each(|value| ends[self.place(*value)] += 1);
        let (mut before, mut crowd) = (0, 0);
        for end in ends.iter_mut() {
            crowd = crowd.max(*end);
            before += std::mem::replace(end, before);
        }
        for value in values {
            let end = &mut ends[self.place(*value)];
            out[*end as usize] = value + 0.0;
            *end += 1;
        }
        crowd
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
    use crate::random::{Noise, RngKey};

    /// What the number at a place becomes.
    type Shape = fn(f64, usize) -> f64;

    #[test]
    fn sorts_what_the_standard_library_sorts() {
        let mut noise = Noise::at(RngKey::root(31));
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
                let copy = ascending(&ours);
                sorter.sort(&mut ours);
                theirs.sort_by(f64::total_cmp);
                assert!(copy.iter().zip(&theirs).all(|(a, b)| a.to_bits() == b.to_bits()), "{name}, n = {n}");
                assert!(ours.iter().zip(&theirs).all(|(a, b)| a.to_bits() == b.to_bits()), "{name}, n = {n}");
            }
        }
    }
}
