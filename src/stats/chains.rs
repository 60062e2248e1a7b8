//! Chains of one quantity that have been checked and sorted once.

use super::units::{mean, variance};
use super::{Undefined, Units, normal_quantile};
use ndarray::ArrayView2;
use std::borrow::Cow;
use std::sync::OnceLock;

/// Fewest draws a chain may have: below it a half chain has no variance.
const FEWEST_DRAWS: usize = 4;
/// Blom's offset of a rank.
const BLOM: f64 = 0.375;

/// Finite draws of one quantity, chains × draws, not all equal, with their order.
///
/// The draws are sorted once, when a rank is first asked for; every rank-based diagnostic reads
/// that order.
///
/// ```
/// use rtrl_lab::stats::Chains;
/// let array = ndarray::array![[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]];
/// let chains = Chains::new(array.view()).unwrap();
/// assert_eq!((chains.chains(), chains.draws(), chains.mean()), (2, 4, 4.5));
/// ```
#[derive(Clone, Debug)]
pub struct Chains {
    /// Chain by chain.
    values: Vec<f64>,
    units: Units,
    /// The draws in their units, where these are not plain.
    in_units: Option<Vec<f64>>,
    chains: usize,
    draws: usize,
    // None is filled by work that runs on several threads: a thread that waits for one could be
    // handed work that asks for it.
    ranked: OnceLock<Ranked>,
    /// Normal scores of the ranks 1, 2, … among the draws of the half chains.
    by_rank: OnceLock<Vec<f64>>,
    /// Normal scores of those draws, laid out as [`Chains::halves`].
    by_place: OnceLock<Vec<f64>>,
}

/// Values in ascending order, each with its place in an array.
#[derive(Clone, Debug)]
struct Ranked {
    keys: Vec<f64>,
    places: Vec<u32>,
}

impl Chains {
    /// Checks an array of shape (chains, draws).
    ///
    /// ```
    /// use ndarray::array;
    /// use rtrl_lab::stats::Chains;
    /// assert_eq!(Chains::new(array![[1.0, 2.0, 4.0, 3.0]].view()).unwrap().mean(), 2.5);
    /// assert!(Chains::new(array![[1.0, 1.0, 1.0, 1.0]].view()).is_err());
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] without a chain, with fewer than four draws a chain, with a value that is not
    /// finite, where all values are equal (a constant tells nothing of how well a chain mixes), and
    /// with 2³² values or more.
    pub fn new(array: ArrayView2<f64>) -> Result<Self, Undefined> {
        let (chains, draws) = array.dim();
        if chains == 0 {
            return Err(Undefined::because("there is no chain"));
        }
        if draws < FEWEST_DRAWS {
            return Err(Undefined::because(format!("{draws} draws a chain are too few; it needs {FEWEST_DRAWS}")));
        }
        if u32::try_from(array.len()).is_err() {
            return Err(Undefined::because("an array of 2³² values or more is not supported; thin the chains"));
        }
        let values: Vec<f64> = array.iter().copied().collect();
        match values.iter().filter(|x| !x.is_finite()).count() {
            0 => {}
            bad => return Err(Undefined::because(format!("{bad} of {} draws are not finite", values.len()))),
        }
        if values.iter().all(|x| *x == values[0]) {
            return Err(Undefined::because("every draw has the same value, which says nothing of mixing"));
        }
        let units = Units::of(&values);
        let in_units = (!units.is_plain()).then(|| units.apply(&values).into_owned());
        Ok(Chains { values, units, in_units, chains, draws, ranked: OnceLock::new(), by_rank: OnceLock::new(), by_place: OnceLock::new() })
    }

    /// Number of chains.
    ///
    /// ```
    /// let array = ndarray::Array2::from_shape_fn((3, 5), |(chain, draw)| (chain * draw) as f64);
    /// assert_eq!(rtrl_lab::stats::Chains::new(array.view()).unwrap().chains(), 3);
    /// ```
    pub fn chains(&self) -> usize {
        self.chains
    }

    /// Number of draws a chain.
    ///
    /// ```
    /// let array = ndarray::Array2::from_shape_fn((7, 4), |(chain, draw)| (chain + draw) as f64);
    /// assert_eq!(rtrl_lab::stats::Chains::new(array.view()).unwrap().draws(), 4);
    /// ```
    pub fn draws(&self) -> usize {
        self.draws
    }

    /// Mean of all draws.
    ///
    /// ```
    /// let far = ndarray::array![[1.0, 3.0, 2.0, 6.0]] + 1e15;
    /// assert_eq!(rtrl_lab::stats::Chains::new(far.view()).unwrap().mean(), 1e15 + 3.0);
    /// ```
    pub fn mean(&self) -> f64 {
        self.units.place(self.mean_in_units())
    }

    /// The draws in the units in which sums run over them.
    fn in_units(&self) -> &[f64] {
        self.in_units.as_deref().unwrap_or(&self.values)
    }

    /// Mean of all draws, in those units.
    pub(super) fn mean_in_units(&self) -> f64 {
        mean(self.in_units())
    }

    /// The draws of every chain in turn, in those units.
    pub(super) fn each_in_units(&self) -> std::slice::ChunksExact<'_, f64> {
        self.in_units().chunks_exact(self.draws)
    }

    /// Standard deviation of all draws about their common mean, with divisor one less than their
    /// number, in those units.
    pub(super) fn deviation(&self) -> f64 {
        variance(self.in_units()).sqrt()
    }

    /// A distance in those units as one of draws; infinite or 0 where it leaves the range of
    /// numbers.
    pub(super) fn length(&self, z: f64) -> f64 {
        self.units.length(z)
    }

    /// A squared distance likewise.
    pub(super) fn square(&self, z: f64) -> f64 {
        self.units.square(z)
    }

    /// All draws in ascending order.
    pub(super) fn sorted(&self) -> &[f64] {
        &self.ranked().keys
    }

    /// Sorts the draws, if that was not done before.
    pub(super) fn sort(&self) {
        self.ranked();
    }

    /// Makes the table of normal scores, if that was not done before.
    pub(super) fn tabulate(&self) {
        self.by_rank();
    }

    fn ranked(&self) -> &Ranked {
        self.ranked.get_or_init(|| Ranked::sort(&self.values))
    }

    /// The quantile of all draws by linear interpolation of the order statistics (type 7: position
    /// `1 + p (n − 1)`).
    pub(super) fn quantile(&self, p: f64) -> f64 {
        let sorted = self.sorted();
        let n = sorted.len();
        let position = n as f64 * p + (1.0 - p);
        let below = position.clamp(1.0, (n - 1) as f64).floor();
        let part = (position - below).clamp(0.0, 1.0);
        // Two products rather than a step from below: draws are compared with this number, so it
        // must round as the reference does.
        (1.0 - part) * sorted[below as usize - 1] + part * sorted[below as usize]
    }

    /// Length of a half chain; the middle draw of an odd chain belongs to neither half.
    pub(super) fn half(&self) -> usize {
        self.draws / 2
    }

    /// The half chains one after the other.
    pub(super) fn halves(&self) -> Cow<'_, [f64]> {
        self.halves_of(&self.values)
    }

    /// The same in the units in which sums run over draws.
    pub(super) fn halves_in_units(&self) -> Cow<'_, [f64]> {
        self.halves_of(self.in_units())
    }

    fn halves_of<'a>(&self, values: &'a [f64]) -> Cow<'a, [f64]> {
        if self.draws.is_multiple_of(2) {
            return Cow::Borrowed(values);
        }
        let half = self.half();
        Cow::Owned(values.chunks_exact(self.draws).flat_map(|chain| chain[..half].iter().chain(&chain[self.draws - half..])).copied().collect())
    }

    fn by_rank(&self) -> &[f64] {
        self.by_rank.get_or_init(|| blom_table(2 * self.chains * self.half()))
    }

    /// Normal scores of the draws among all half chains, laid out as [`Chains::halves`].
    pub(super) fn scores(&self) -> &[f64] {
        self.by_place.get_or_init(|| self.ranked_halves().scores(self.by_rank()))
    }

    /// The same, and normal scores of the distances from the median of all half chains; the latter
    /// are missing where all distances are equal.
    pub(super) fn scores_and_folded(&self) -> (&[f64], Option<Vec<f64>>) {
        rayon::join(|| self.ranked(), || self.by_rank());
        rayon::join(|| self.scores(), || self.ranked_halves().folded_scores(self.by_rank()))
    }

    /// The order of the draws of the half chains, from the order of all.
    fn ranked_halves(&self) -> Cow<'_, Ranked> {
        let ranked = self.ranked();
        if self.draws.is_multiple_of(2) {
            return Cow::Borrowed(ranked);
        }
        let (draws, half) = (self.draws as u32, self.half() as u32);
        let kept = ranked.keys.iter().zip(&ranked.places).filter(|(_, place)| *place % draws != half);
        let (keys, places) = kept
            .map(|(key, place)| {
                let (chain, draw) = (place / draws, place % draws);
                // One middle draw has gone from each chain before, and from this one if the draw
                // stands behind it.
                (*key, place - chain - u32::from(draw > half))
            })
            .unzip();
        Cow::Owned(Ranked { keys, places })
    }
}

impl Ranked {
    /// Sorts finite values; equal ones stay in the order of their places.
    fn sort(values: &[f64]) -> Self {
        // Whole numbers sort fastest: the leading bits of a value with its place below them, then
        // by the full value where those bits agree.
        let low = values.len().next_power_of_two().trailing_zeros();
        let place = |word: u64| word & ((1 << low) - 1);
        let mut words: Vec<u64> = values.iter().zip(0u64..).map(|(x, place)| ordered(*x) >> low << low | place).collect();
        words.sort_unstable();
        for alike in words.chunk_by_mut(|a, b| a >> low == b >> low).filter(|alike| alike.len() > 1) {
            alike.sort_unstable_by_key(|word| (ordered(values[place(*word) as usize]), place(*word)));
        }
        let places = words.iter().map(|word| place(*word) as u32).collect();
        Ranked { keys: words.into_iter().map(|word| values[place(word) as usize]).collect(), places }
    }

    /// Normal scores by place of the distances from the median, unless all are equal: the two sides
    /// of the median are sorted already and only merge.
    fn folded_scores(&self, table: &[f64]) -> Option<Vec<f64>> {
        let (keys, n) = (&self.keys, self.keys.len());
        // Distances may overflow where draws reach half the largest number; those of half as large
        // draws are in the same order.
        let factor = if keys[0].abs().max(keys[n - 1].abs()) > 0.25 * f64::MAX { 0.5 } else { 1.0 };
        let median = (factor * keys[(n - 1) / 2] + factor * keys[n / 2]) / 2.0;
        let from_median = |place: usize| (factor * keys[place] - median).abs();
        let (mut left, mut right) = (keys.partition_point(|x| factor * x < median), keys.partition_point(|x| factor * x < median));
        let mut scores = Scores::new(table);
        while left > 0 || right < n {
            let down = if left > 0 { from_median(left - 1) } else { f64::INFINITY };
            let up = if right < n { from_median(right) } else { f64::INFINITY };
            if left > 0 && down <= up {
                left -= 1;
                scores.push(down, self.places[left]);
            } else {
                scores.push(up, self.places[right]);
                right += 1;
            }
        }
        let spread = scores.tied.len() < n;
        spread.then(|| scores.finish())
    }

    /// Normal scores by place.
    fn scores(&self, table: &[f64]) -> Vec<f64> {
        let mut scores = Scores::new(table);
        self.keys.iter().zip(&self.places).for_each(|(key, place)| scores.push(*key, *place));
        scores.finish()
    }
}

/// Normal scores by place from keys in ascending order; tied keys share the score of their mean
/// rank.
struct Scores<'a> {
    /// The scores of whole ranks.
    table: &'a [f64],
    by_place: Vec<f64>,
    key: f64,
    /// Places of the keys that equal the last one, which have no score yet.
    tied: Vec<u32>,
    ranked: usize,
}

impl<'a> Scores<'a> {
    fn new(table: &'a [f64]) -> Self {
        Scores { table, by_place: vec![0.0; table.len()], key: f64::NAN, tied: Vec::new(), ranked: 0 }
    }

    fn push(&mut self, key: f64, place: u32) {
        if key != self.key {
            self.flush();
            self.key = key;
        }
        self.tied.push(place);
    }

    fn flush(&mut self) {
        let (first, count) = (self.ranked, self.tied.len());
        self.ranked += count;
        if let [place] = self.tied[..] {
            self.by_place[place as usize] = self.table[first];
        } else if count > 0 {
            let score = blom((first + self.ranked + 1) as f64 / 2.0, self.table.len());
            self.tied.iter().for_each(|place| self.by_place[*place as usize] = score);
        }
        self.tied.clear();
    }

    fn finish(mut self) -> Vec<f64> {
        self.flush();
        self.by_place
    }
}

/// The bits of a finite number as an integer of the same order; −0 and 0 are one.
fn ordered(x: f64) -> u64 {
    let bits = (x + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// The normal score of a rank in 1 … n.
fn blom(rank: f64, n: usize) -> f64 {
    normal_quantile((rank - BLOM) / (n as f64 - 2.0 * BLOM + 1.0))
}

/// The normal scores of ranks 1 … n; the upper half mirrors the lower.
fn blom_table(n: usize) -> Vec<f64> {
    let mut table: Vec<f64> = (1..=n / 2).map(|rank| blom(rank as f64, n)).collect();
    if n % 2 == 1 {
        table.push(0.0);
    }
    for index in (0..n / 2).rev() {
        table.push(-table[index]);
    }
    table
}
