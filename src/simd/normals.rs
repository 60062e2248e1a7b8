//! Box and Muller's transform of many pairs at once, with the bits of the pairs one by one.

use super::dispatch::dispatched;
use super::elementary::log_of_normal;

/// Pairs that are transformed at once.
pub(crate) const PAIRS: usize = 32;

/// The transform of one pair of uniforms in (0, 1]: `√(−2 ln u₁)` times cosine and sine of `2πu₂`.
pub(crate) fn pair(first: f64, second: f64) -> [f64; 2] {
    let radius = (-2.0 * libm::log(first)).sqrt();
    let (sine, cosine) = libm::sincos(std::f64::consts::TAU * second);
    [radius * cosine, radius * sine]
}

/// A uniform number in (0, 1), on the grid of odd multiples of 2⁻⁵⁴, from a random word.
#[inline(always)]
pub(crate) fn uniform(word: u64) -> f64 {
    const STEP: f64 = 1.0 / (1u64 << 53) as f64;
    ((word >> 11) as f64 + 0.5) * STEP
}

/// [`pair`] of the [`uniform`]s of two words each.
pub(crate) fn pairs(words: &[u64; 2 * PAIRS], normals: &mut [[f64; 2]; PAIRS]) {
    // Next to multiples of π/2 the reduction takes more digits; that is seldom.
    if transform(words, normals) {
        for (normals, words) in normals.iter_mut().zip(words.as_chunks::<2>().0) {
            if is_hard(std::f64::consts::TAU * uniform(words[1])) {
                *normals = pair(uniform(words[0]), uniform(words[1]));
            }
        }
    }
}

dispatched! {
    fn transform / transform_wide / transform_fused = transform_body(words: &[u64; 2 * PAIRS], normals: &mut [[f64; 2]; PAIRS]) -> bool
}

/// All pairs as if none were hard; says whether one is.
#[inline(always)]
fn transform_body(words: &[u64; 2 * PAIRS], normals: &mut [[f64; 2]; PAIRS]) -> bool {
    let (mut first, mut second) = ([0.0; PAIRS], [0.0; PAIRS]);
    let mut hard = false;
    for k in 0..PAIRS {
        first[k] = uniform(words[2 * k]);
        second[k] = std::f64::consts::TAU * uniform(words[2 * k + 1]);
        hard |= is_hard(second[k]);
    }
    let (mut cosines, mut sines) = ([0.0; PAIRS], [0.0; PAIRS]);
    for k in 0..PAIRS {
        let radius = (-2.0 * log_of_normal(first[k])).sqrt();
        let (sine, cosine) = sincos(second[k]);
        cosines[k] = radius * cosine;
        sines[k] = radius * sine;
    }
    for k in 0..PAIRS {
        normals[k] = [cosines[k], sines[k]];
    }
    hard
}

/// The first 33 bits of π/2, and the rest.
const HALF_PI: [f64; 2] = [1.570_796_326_734_125_6, 6.077_100_506_506_192e-11];

/// High words of numbers so close to a multiple of π/2 that two parts of it do not reduce them.
#[inline(always)]
fn is_hard(x: f64) -> bool {
    let high = (x.to_bits() >> 32) as u32;
    // Without a branch, so that a loop over it is vectorised.
    (high == 0x3ff9_21fb) | (high == 0x4009_21fb) | (high == 0x4012_d97c) | (high == 0x4019_21fb)
}

/// Sine and cosine of a number in [0, 2π] that is not [`is_hard`], by the steps of `libm::sincos`.
#[inline(always)]
fn sincos(x: f64) -> (f64, f64) {
    /// Where the next multiple of π/2 is nearer: high words, the last that still belongs below.
    const ENDS: [f64; 4] =
        [f64::from_bits(0x3fe9_21fc << 32), f64::from_bits(0x4002_d97d << 32), f64::from_bits(0x400f_6a7b << 32), f64::from_bits(0x4015_fdbd << 32)];
    let above = |end: f64| if x >= end { 1.0 } else { 0.0 };
    let quarter = above(ENDS[0]) + above(ENDS[1]) + above(ENDS[2]) + above(ENDS[3]);
    let z = x - quarter * HALF_PI[0];
    let reduced = z - quarter * HALF_PI[1];
    let lost = (z - reduced) - quarter * HALF_PI[1];
    let plain = quarter == 0.0;
    let (sine, cosine) = (sine_kernel(reduced, lost, plain), cosine_kernel(reduced, lost));
    let odd = quarter == 1.0 || quarter == 3.0;
    let (sine, cosine) = if odd { (cosine, sine) } else { (sine, cosine) };
    let sine = if quarter == 2.0 || quarter == 3.0 { -sine } else { sine };
    let cosine = if quarter == 1.0 || quarter == 2.0 { -cosine } else { cosine };
    (sine, cosine)
}

/// The sine of `x + y` for `|x| ≤ π/4` and its tail `y`; where nothing was reduced, in the shorter
/// form.
#[inline(always)]
fn sine_kernel(x: f64, y: f64, plain: bool) -> f64 {
    const S: [f64; 6] = [
        -1.666_666_666_666_663_2e-1,
        8.333_333_333_322_49e-3,
        -1.984_126_982_985_795e-4,
        2.755_731_370_707_006_8e-6,
        -2.505_076_025_340_686_3e-8,
        1.589_690_995_211_55e-10,
    ];
    let z = x * x;
    let w = z * z;
    let r = S[1] + z * (S[2] + z * S[3]) + z * w * (S[4] + z * S[5]);
    let v = z * x;
    let short = x + v * (S[0] + z * r);
    let whole = x - ((z * (0.5 * y - v * r) - y) - v * S[0]);
    if plain { short } else { whole }
}

/// The cosine of `x + y` for `|x| ≤ π/4` and its tail `y`.
#[inline(always)]
fn cosine_kernel(x: f64, y: f64) -> f64 {
    const C: [f64; 6] = [
        4.166_666_666_666_66e-2,
        -1.388_888_888_887_411e-3,
        2.480_158_728_947_673e-5,
        -2.755_731_435_139_066_3e-7,
        2.087_572_321_298_175e-9,
        -1.135_964_755_778_819_5e-11,
    ];
    let z = x * x;
    let w = z * z;
    let r = z * (C[0] + z * (C[1] + z * C[2])) + w * w * (C[3] + z * (C[4] + z * C[5]));
    let half = 0.5 * z;
    let w = 1.0 - half;
    w + (((1.0 - w) - half) + (z * r - x * y))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Noise, RngKey};

    /// Random pairs, and both sides of all ends of ranges.
    #[test]
    fn many_pairs_have_the_bits_of_one() {
        let mut noise = Noise::at(RngKey::root(2));
        let edges = [1.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1e-9, 1e-16];
        let mut hard = 0;
        for round in 0..20_000i64 {
            let mut words = [0; 2 * PAIRS];
            for (k, word) in words.iter_mut().enumerate() {
                *word = noise.word();
                if round < 200 && k / 2 % 2 == k % 2 {
                    // The words of 2⁻⁵³ apart.
                    let edge: f64 = edges[(round as usize + k / 2) % edges.len()];
                    let near = (edge * 2f64.powi(53)) as i64 + round - 100;
                    *word = (near.clamp(0, (1 << 53) - 1) as u64) << 11;
                }
            }
            let uniforms: Vec<[f64; 2]> = words.as_chunks::<2>().0.iter().map(|words| words.map(uniform)).collect();
            hard += uniforms.iter().filter(|pair| is_hard(std::f64::consts::TAU * pair[1])).count();
            let mut together = [[0.0; 2]; PAIRS];
            pairs(&words, &mut together);
            for (together, [first, second]) in together.iter().zip(&uniforms) {
                assert_eq!(together.map(f64::to_bits), pair(*first, *second).map(f64::to_bits), "{first:e} {second:e}");
            }
            let (mut wide, mut plain) = ([[0.0; 2]; PAIRS], [[0.0; 2]; PAIRS]);
            assert_eq!(transform(&words, &mut wide), transform_body(&words, &mut plain));
            assert_eq!(
                wide.as_flattened().iter().map(|x| x.to_bits()).collect::<Vec<_>>(),
                plain.as_flattened().iter().map(|x| x.to_bits()).collect::<Vec<_>>()
            );
        }
        assert!(hard > 100, "{hard} pairs next to a multiple of π/2");
    }
}
