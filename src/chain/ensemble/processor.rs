//! The most that one core of this processor can do, against which the kernels are held.

use crate::simd::register::{InstructionSet, Job, Portable, Register};
use std::hint::black_box;

/// The instruction set that the kernels run on here: `portable`, `avx2` or `avx512`.
pub(crate) fn instruction_set() -> &'static str {
    match InstructionSet::widest() {
        InstructionSet::Portable => "portable",
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => "avx2",
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => "avx512",
    }
}

/// Does `rounds` rounds of twelve independent fused multiply-adds in registers alone, and returns
/// how many flops they were, two a lane.
///
/// Twelve chains hide a latency of up to six cycles on two units, so the time of this is the peak
/// of a core.
pub(crate) fn multiply_add(rounds: usize) -> f64 {
    let width = match InstructionSet::widest() {
        InstructionSet::Portable => perform::<Portable<4>, 4>(rounds),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => perform::<crate::simd::register::Avx2, 4>(rounds),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => perform::<crate::simd::register::Avx512, 8>(rounds),
    };
    2.0 * CHAINS as f64 * width as f64 * rounds as f64
}

const CHAINS: usize = 12;

fn perform<R: Register<W>, const W: usize>(rounds: usize) -> usize {
    let mut sums = [[1.0; W]; CHAINS];
    R::perform(Chains { rounds, sums: &mut sums });
    black_box(&sums);
    W
}

struct Chains<'a, const W: usize> {
    rounds: usize,
    sums: &'a mut [[f64; W]; CHAINS],
}

impl<const W: usize> Job<W> for Chains<'_, W> {
    #[inline(always)]
    fn run<R: Register<W>>(self) {
        let (factor, term) = (R::splat(black_box(0.999)), R::splat(black_box(1e-9)));
        let mut sums: [R; CHAINS] = std::array::from_fn(|chain| R::load(&self.sums[chain]));
        for _ in 0..self.rounds {
            for sum in &mut sums {
                *sum = sum.fused(factor, term);
            }
        }
        for (sum, to) in sums.iter().zip(self.sums) {
            sum.store(to);
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_flops_are_counted_by_lane_and_chain() {
        let lanes = if super::instruction_set() == "avx512" { 8.0 } else { 4.0 };
        assert_eq!(super::multiply_add(5), 2.0 * 12.0 * 5.0 * lanes);
    }
}
