//! Where a stream of noise lives: (seed, study, replicate, stream).

/// The key of one stream of noise; two different keys name two independent streams.
///
/// The four words are the 256-bit key of a ChaCha8 generator, so no hashing stands between it and
/// its numbers and two keys never share a stream. The time index is the position in the stream, see
/// [`Noise::seek`](super::Noise::seek).
///
/// ```
/// use rtrl_lab::random::{Noise, RngKey};
/// let key = RngKey { seed: 7, study: 0, replicate: 2, stream: 3 };
/// assert_eq!(key, RngKey::root(7).replicate(2).stream(3));
/// let [here, again, other] = [key, key, key.replicate(3)].map(|key| Noise::at(key).uniform());
/// assert!(here == again && here != other);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RngKey {
    /// The seed the user wrote.
    pub seed: u64,
    /// Which experiment asks: see [`RngKey::within`].
    pub study: u64,
    /// Which replicate of it.
    pub replicate: u64,
    /// Which use of noise inside the replicate (innovations, starts, resampling, …).
    pub stream: u64,
}

impl RngKey {
    /// The root key of a seed.
    ///
    /// ```
    /// use rtrl_lab::random::RngKey;
    /// let key = RngKey::root(5);
    /// assert_eq!((key.seed, key.study, key.replicate, key.stream), (5, 0, 0, 0));
    /// ```
    pub fn root(seed: u64) -> Self {
        RngKey { seed, study: 0, replicate: 0, stream: 0 }
    }

    /// The key of the experiment `name`, by the 64-bit FNV-1a hash of the name continued from the
    /// present study word.
    ///
    /// ```
    /// use rtrl_lab::random::RngKey;
    /// let root = RngKey::root(1);
    /// assert_ne!(root.within("linear").study, root.within("tanh").study);
    /// assert_eq!(root.within("a").within("b"), root.within("a").within("b"));
    /// ```
    pub fn within(self, name: &str) -> Self {
        const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0000_0100_0000_01b3;
        // A separator byte keeps ("ab", "c") and ("a", "bc") apart.
        let bytes = self.study.to_le_bytes().into_iter().chain(name.bytes()).chain([0xff]);
        let study = bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
        RngKey { study, ..self }
    }

    /// The same experiment's replicate number `replicate`.
    ///
    /// ```
    /// use rtrl_lab::random::RngKey;
    /// let key = RngKey::root(5).stream(2).replicate(9);
    /// assert_eq!((key.seed, key.replicate, key.stream), (5, 9, 2));
    /// ```
    pub fn replicate(self, replicate: usize) -> Self {
        RngKey { replicate: replicate as u64, ..self }
    }

    /// The same replicate's stream number `stream`.
    ///
    /// ```
    /// use rtrl_lab::random::{RngKey, stream};
    /// let key = RngKey::root(5).replicate(9).stream(stream::INNOVATION);
    /// assert_eq!((key.replicate, key.stream), (9, 3));
    /// ```
    pub fn stream(self, stream: u64) -> Self {
        RngKey { stream, ..self }
    }

    /// The 256 bits.
    pub(super) fn bytes(&self) -> [u8; 32] {
        let mut key = [0; 32];
        for (slot, word) in key.chunks_exact_mut(8).zip([self.seed, self.study, self.replicate, self.stream]) {
            slot.copy_from_slice(&word.to_le_bytes());
        }
        key
    }
}
