//! The dense kernels of the chain, one source compiled for each instruction set and chosen at run time.
//!
//! Every sum runs in order over its index with fused multiply-add; vectors run over columns only. So the bits do not depend on
//! the instruction set, and a machine without fused multiply-add gives the same ones, slowly.

/// Columns worked on together; two 512-bit or four 256-bit registers a row.
const TILE: usize = 16;
/// Rows worked on together.
const ROWS: usize = 4;

macro_rules! dispatched {
    ($(#[$doc:meta])* $visible:vis fn $name:ident / $wide:ident / $fused:ident = $body:ident ($($argument:ident : $type:ty),*)) => {
        $(#[$doc])*
        $visible fn $name($($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512dq,fma,avx2")]
                fn $wide($($argument: $type),*) {
                    $body($($argument),*)
                }
                #[target_feature(enable = "fma,avx2")]
                fn $fused($($argument: $type),*) {
                    $body($($argument),*)
                }
                if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") && is_x86_feature_detected!("avx512dq") {
                    // SAFETY: the processor has just been asked for the features this function is compiled with.
                    return unsafe { $wide($($argument),*) };
                }
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    // SAFETY: as above.
                    return unsafe { $fused($($argument),*) };
                }
            }
            $body($($argument),*)
        }
    };
}

pub(super) use dispatched;

dispatched! {
    /// `u_i = Σ_k m_ik z_k` for `m` of `u.len()` rows of length `z.len()`.
    pub(super) fn apply / apply_wide / apply_fused = apply_body(m: &[f64], z: &[f64], u: &mut [f64])
}

dispatched! {
    /// `next = a · v` for `a` (n × n) and `v` (n × p), all by rows.
    pub(super) fn multiply / multiply_wide / multiply_fused = multiply_body(a: &[f64], v: &[f64], next: &mut [f64], n: usize)
}

dispatched! {
    /// `previous = Aᵀ y` for `a` of `y.len()` rows of length `stride`, the first `previous.len()` columns of which count.
    pub(super) fn apply_transposed / apply_transposed_wide / apply_transposed_fused = apply_transposed_body(a: &[f64], stride: usize, y: &[f64], previous: &mut [f64])
}

dispatched! {
    /// `g += y ⊗ z`, by rows.
    pub(super) fn add_outer / add_outer_wide / add_outer_fused = add_outer_body(y: &[f64], z: &[f64], g: &mut [f64])
}

#[inline(always)]
fn apply_body(m: &[f64], z: &[f64], u: &mut [f64]) {
    for (row, u) in m.chunks_exact(z.len()).zip(u) {
        *u = row.iter().zip(z).fold(0.0, |sum, (m, z)| m.mul_add(*z, sum));
    }
}

#[inline(always)]
fn apply_transposed_body(a: &[f64], stride: usize, y: &[f64], previous: &mut [f64]) {
    previous.fill(0.0);
    for (row, y) in a.chunks_exact(stride).zip(y) {
        for (out, a) in previous.iter_mut().zip(row) {
            *out = a.mul_add(*y, *out);
        }
    }
}

#[inline(always)]
fn add_outer_body(y: &[f64], z: &[f64], g: &mut [f64]) {
    for (row, y) in g.chunks_exact_mut(z.len()).zip(y) {
        for (g, z) in row.iter_mut().zip(z) {
            *g = y.mul_add(*z, *g);
        }
    }
}

#[inline(always)]
fn multiply_body(a: &[f64], v: &[f64], next: &mut [f64], n: usize) {
    let p = v.len() / n;
    let (row_blocks, tiles) = (n / ROWS * ROWS, p / TILE * TILE);
    for column in (0..tiles).step_by(TILE) {
        for row in (0..row_blocks).step_by(ROWS) {
            tile::<ROWS>(a, v, next, n, p, row, column);
        }
        for row in row_blocks..n {
            tile::<1>(a, v, next, n, p, row, column);
        }
    }
    for row in 0..n {
        for column in tiles..p {
            next[row * p + column] = (0..n).fold(0.0, |sum, k| a[row * n + k].mul_add(v[k * p + column], sum));
        }
    }
}

#[inline(always)]
fn tile<const R: usize>(a: &[f64], v: &[f64], next: &mut [f64], n: usize, p: usize, row: usize, column: usize) {
    let mut sums = [[0.0f64; TILE]; R];
    for k in 0..n {
        let source: &[f64; TILE] = v[k * p + column..][..TILE].try_into().expect("a tile is whole");
        for (r, sums) in sums.iter_mut().enumerate() {
            let factor = a[(row + r) * n + k];
            for (sum, source) in sums.iter_mut().zip(source) {
                *sum = factor.mul_add(*source, *sum);
            }
        }
    }
    for (r, sums) in sums.iter().enumerate() {
        next[(row + r) * p + column..][..TILE].copy_from_slice(sums);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Address, Noise};

    #[test]
    fn every_instruction_set_gives_the_bits_of_the_portable_source() {
        let mut noise = Noise::at(Address::root(3));
        for n in [1, 3, 4, 8, 13] {
            let p = n * (n + 3);
            let (a, v) = (noise.normal_vector(n * n), noise.normal_vector(n * p));
            let (mut dispatched, mut portable) = (vec![0.0; n * p], vec![0.0; n * p]);
            multiply(&a, &v, &mut dispatched, n);
            multiply_body(&a, &v, &mut portable, n);
            assert_eq!(dispatched, portable, "n = {n}");
            let (mut dispatched, mut portable) = (vec![0.0; n], vec![0.0; n]);
            apply(&a, &v[..n], &mut dispatched);
            apply_body(&a, &v[..n], &mut portable);
            assert_eq!(dispatched, portable, "n = {n}");
        }
    }
}
