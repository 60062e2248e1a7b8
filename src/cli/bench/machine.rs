//! What the machine can do at most: fused multiply-adds in registers, and bytes to and from memory.

use crate::chain::processor;
use serde::Serialize;
use std::hint::black_box;
use std::time::Instant;

/// The machine, measured in the run that it stands in.
#[derive(Serialize)]
pub(super) struct Machine {
    /// Logical processors that this process may use.
    pub cores: usize,
    /// Instruction set of the kernels.
    pub isa: &'static str,
    /// Peak of one core, 10⁹ flops a second.
    pub fma_gflops: f64,
    /// `a = b + s c` on arrays far larger than the caches, one thread, 10⁹ bytes a second; 24 bytes
    /// an entry, as the STREAM benchmark counts.
    pub triad_gb_per_s: f64,
}

impl Machine {
    /// Measures bandwidth, and the peak a first time; [`Machine::look_again`] goes on with that.
    pub(super) fn measure(quick: bool) -> Machine {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut machine = Machine { cores, isa: processor::instruction_set(), fma_gflops: 0.0, triad_gb_per_s: triad(if quick { 3 } else { 10 }) };
        machine.look_again();
        machine
    }

    /// Measures the peak once more, for a few milliseconds, and keeps the best.
    pub(super) fn look_again(&mut self) {
        let start = Instant::now();
        let flops = processor::multiply_add(black_box(if self.isa == "portable" { 100_000 } else { 1_000_000 }));
        self.fma_gflops = self.fma_gflops.max(flops / start.elapsed().as_secs_f64() / 1e9);
    }
}

fn triad(repeats: usize) -> f64 {
    const LEN: usize = 8 << 20;
    let (mut a, b, c) = (vec![0.0; LEN], vec![1.0; LEN], vec![2.0; LEN]);
    let mut best = f64::INFINITY;
    for _ in 0..repeats {
        let (start, s) = (Instant::now(), black_box(3.0));
        for ((a, b), c) in a.iter_mut().zip(&b).zip(&c) {
            *a = b + s * c;
        }
        black_box(&a);
        best = best.min(start.elapsed().as_secs_f64());
    }
    24.0 * LEN as f64 / best / 1e9
}
