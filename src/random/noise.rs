//! A stream of uniforms, normals and indices, read in order or from any step.

use super::RngKey;
use crate::simd::normals;
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
    /// Pairs of normals that were made ahead, and how many of them are given out.
    ahead: Vec<[f64; 2]>,
    given: usize,
    /// Pairs made one by one.
    singly: usize,
}

/// Pairs that are made one by one before any is made ahead: most streams are short.
const SINGLY: usize = 8;

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
        Noise { generator: ChaCha8Rng::from_seed(key.bytes()), ahead: Vec::new(), given: 0, singly: 0 }
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
        self.give_back();
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
        self.give_back();
        self.drawn()
    }

    /// The next uniform of the generator itself.
    fn drawn(&mut self) -> f64 {
        normals::uniform(self.generator.next_u64())
    }

    /// The next word of the generator itself.
    #[cfg(test)]
    pub(crate) fn word(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// Sets the generator back to where what was given out ends.
    fn give_back(&mut self) {
        let left = self.ahead.len() - self.given;
        if left > 0 {
            let words = self.generator.get_word_pos();
            self.generator.set_word_pos(words - 4 * left as u128);
            (self.given, self.singly) = (self.ahead.len(), 0);
        }
    }

    fn next_pair(&mut self) -> [f64; 2] {
        if self.given == self.ahead.len() {
            if self.singly < SINGLY {
                self.singly += 1;
                return normals::pair(self.drawn(), self.drawn());
            }
            self.make_ahead();
        }
        self.given += 1;
        self.ahead[self.given - 1]
    }

    /// Makes pairs of the next words, of which the generator has each in turn.
    #[cold]
    fn make_ahead(&mut self) {
        let mut words = [0; 2 * normals::PAIRS];
        let mut bytes = [[0; 8]; 2 * normals::PAIRS];
        self.generator.fill_bytes(bytes.as_flattened_mut());
        words.iter_mut().zip(bytes).for_each(|(word, bytes)| *word = u64::from_le_bytes(bytes));
        self.ahead.resize(normals::PAIRS, [0.0; 2]);
        if let Some(ahead) = self.ahead.first_chunk_mut() {
            normals::pairs(&words, ahead);
        }
        self.given = 0;
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
        self.give_back();
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
        self.give_back();
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
            let drawn = self.next_pair();
            pair.copy_from_slice(&drawn[..pair.len()]);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Normals made ahead are those made one by one, whatever else is drawn between.
    #[test]
    fn what_is_made_ahead_moves_no_bit() {
        let (mut ahead, mut plain) = (Noise::at(RngKey::root(4)), Noise::at(RngKey::root(4)));
        for step in 0..2000usize {
            let mut pair = [0.0; 2];
            ahead.normals(&mut pair[..1 + step % 2]);
            let first = normals::pair(plain.drawn(), plain.drawn());
            assert_eq!(pair[..1 + step % 2], first[..1 + step % 2], "step {step}");
            match step % 97 {
                40 => assert_eq!(ahead.uniform(), plain.drawn()),
                41 => assert_eq!(ahead.index(1000), plain.index(1000)),
                42 => assert_eq!(ahead.sign(), plain.sign()),
                50 => {
                    ahead.seek(3 * step as u64, 2);
                    plain.seek(3 * step as u64, 2);
                }
                60 => assert_eq!(ahead.clone().normal_vector(9), ahead.clone().normal_vector(9)),
                _ => {}
            }
        }
        assert!(!ahead.ahead.is_empty() && plain.ahead.is_empty());
    }
}
