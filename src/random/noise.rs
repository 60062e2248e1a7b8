//! A stream of uniforms, normals and indices, read in order or from any step.

use super::RngKey;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// One stream of noise. Every call takes a number of words fixed by its arguments, so a step's
/// position is known beforehand.
///
/// ```
/// use rtrl_lab::random::{Noise, RngKey};
/// let pairs = |stream| Noise::at(RngKey::root(1).stream(stream)).normal_vector(10_000);
/// let product: f64 = pairs(1).iter().zip(pairs(2)).map(|(a, b)| a * b).sum();
/// // Streams are independent: the mean product of two has a standard error of 0.01.
/// assert!((product / 10_000.0).abs() < 0.05);
/// ```
#[derive(Clone, Debug)]
pub struct Noise {
    generator: ChaCha8Rng,
}

impl Noise {
    /// The stream at `key`, from its beginning.
    ///
    /// ```
    /// use rtrl_lab::random::{Noise, RngKey};
    /// let mut once = Noise::at(RngKey::root(7));
    /// let first = once.uniform();
    /// assert_ne!(once.uniform(), first);
    /// assert_eq!(Noise::at(RngKey::root(7)).uniform(), first);
    /// ```
    pub fn at(key: RngKey) -> Self {
        Noise { generator: ChaCha8Rng::from_seed(key.bytes()) }
    }

    /// Moves to step `step` of a stream that is read as `normals` of `count` values a step.
    ///
    /// ```
    /// use rtrl_lab::random::{RngKey, Noise};
    /// let (mut straight, mut jumped) = (Noise::at(RngKey::root(7)), Noise::at(RngKey::root(7)));
    /// let (mut a, mut b) = ([0.0; 3], [0.0; 3]);
    /// for _ in 0..5 { straight.normals(&mut a); }
    /// jumped.seek(4, 3);
    /// jumped.normals(&mut b);
    /// assert_eq!(a, b);
    /// ```
    pub fn seek(&mut self, step: u64, count: usize) {
        let words_a_step = 4 * count.div_ceil(2) as u128;
        self.generator.set_word_pos(u128::from(step) * words_a_step);
    }

    /// A uniform number in the open interval (0, 1), on the grid of odd multiples of 2⁻⁵⁴.
    ///
    /// ```
    /// use rtrl_lab::random::{Noise, RngKey};
    /// let mut noise = Noise::at(RngKey::root(1));
    /// let mean = (0..10_000).map(|_| noise.uniform()).sum::<f64>() / 10_000.0;
    /// // The standard error is 0.003.
    /// assert!((mean - 0.5).abs() < 0.015);
    /// ```
    pub fn uniform(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1u64 << 53) as f64;
        ((self.generator.next_u64() >> 11) as f64 + 0.5) * STEP
    }

    /// An index below `count` (0 where `count` is 0), by the high word of a 128-bit product; its
    /// bias is below `count · 2⁻⁶⁴`.
    ///
    /// ```
    /// use rtrl_lab::random::{Noise, RngKey};
    /// let mut noise = Noise::at(RngKey::root(1));
    /// assert_eq!((noise.index(0), noise.index(1)), (0, 0));
    /// let mut counts = [0i32; 4];
    /// (0..4000).for_each(|_| counts[noise.index(4)] += 1);
    /// // The standard deviation of a count is 27.
    /// assert!(counts.iter().all(|count| (count - 1000).abs() < 140));
    /// ```
    pub fn index(&mut self, count: usize) -> usize {
        ((u128::from(self.generator.next_u64()) * count as u128) >> 64) as usize
    }

    /// A sign, +1 or −1.
    ///
    /// ```
    /// use rtrl_lab::random::{Noise, RngKey};
    /// let mut noise = Noise::at(RngKey::root(1));
    /// let signs: Vec<f64> = (0..10_000).map(|_| noise.sign()).collect();
    /// assert!(signs.iter().all(|sign| sign.abs() == 1.0));
    /// // The standard deviation of the sum is 100.
    /// assert!(signs.iter().sum::<f64>().abs() < 500.0);
    /// ```
    pub fn sign(&mut self) -> f64 {
        if self.generator.next_u64() >> 63 == 0 { 1.0 } else { -1.0 }
    }

    /// Fills `out` with independent standard normals, by Box and Muller's transform in pairs:
    ///
    /// ```text
    /// z₁ = √(−2 ln u₁) cos 2πu₂,   z₂ = √(−2 ln u₁) sin 2πu₂
    /// ```
    ///
    /// An odd length draws the last pair whole and drops its second value, so that `len` alone
    /// fixes the words taken. The ziggurat was refused: it takes a random number of words. Source:
    /// Box and Muller (1958), doi 10.1214/aoms/1177706645.
    ///
    /// ```
    /// use rtrl_lab::random::{Noise, RngKey};
    /// let (mut odd, mut even) = (Noise::at(RngKey::root(1)), Noise::at(RngKey::root(1)));
    /// let (mut three, mut four) = ([0.0; 3], [0.0; 4]);
    /// odd.normals(&mut three);
    /// even.normals(&mut four);
    /// assert_eq!(three, four[..3]);
    /// assert_eq!(odd.uniform(), even.uniform());
    /// ```
    pub fn normals(&mut self, out: &mut [f64]) {
        for pair in out.chunks_mut(2) {
            let radius = (-2.0 * libm::log(self.uniform())).sqrt();
            let (sine, cosine) = libm::sincos(std::f64::consts::TAU * self.uniform());
            pair[0] = radius * cosine;
            if let Some(second) = pair.get_mut(1) {
                *second = radius * sine;
            }
        }
    }

    /// `count` independent standard normals.
    ///
    /// ```
    /// use rtrl_lab::random::{Noise, RngKey};
    /// let draws = Noise::at(RngKey::root(1)).normal_vector(20_000);
    /// let square = draws.iter().map(|z| z * z).sum::<f64>() / 20_000.0;
    /// // The standard error of the mean square is 0.01.
    /// assert!((square - 1.0).abs() < 0.05);
    /// ```
    pub fn normal_vector(&mut self, count: usize) -> Vec<f64> {
        let mut out = vec![0.0; count];
        self.normals(&mut out);
        out
    }
}
