//! The bootstrap of one dependent series by moving blocks.

use super::bootstrap::quantile;
use super::units::spread;
use super::{Estimate, Undefined};
use crate::random::{Noise, RngKey};
use rayon::prelude::*;

/// Fewest blocks a series must hold.
const FEWEST_BLOCKS: usize = 4;
/// The share of resamples in which a statistic may be missing.
const MISSING_ALLOWED: f64 = 0.01;

/// The block length `⌈n^{1/3}⌉`, whose rate is the best for the variance of a mean.
///
/// Source: Hall, Horowitz and Jing (1995), doi 10.1093/biomet/82.3.561.
///
/// ```
/// assert_eq!([27, 28, 1000].map(rtrl_lab::stats::block_length), [3, 4, 10]);
/// ```
pub fn block_length(n: usize) -> usize {
    (1usize..).find(|length| length.saturating_pow(3) >= n).unwrap_or(n)
}

/// A series of the same length made of blocks that start anywhere, the last one cut; empty for an
/// empty series.
///
/// ```
/// use rtrl_lab::random::{RngKey, Noise};
/// let series = [1.0, 2.0, 3.0, 4.0, 5.0];
/// let drawn = rtrl_lab::stats::resample_blocks(&series, 2, &mut Noise::at(RngKey::root(1)));
/// assert!(drawn.len() == 5 && drawn[1] == drawn[0] + 1.0 && drawn[3] == drawn[2] + 1.0);
/// ```
pub fn resample_blocks(series: &[f64], block: usize, noise: &mut Noise) -> Vec<f64> {
    let block = block.clamp(1, series.len().max(1));
    let mut drawn = Vec::with_capacity(series.len() + block);
    while drawn.len() < series.len() {
        let from = noise.index(series.len() - block + 1);
        drawn.extend_from_slice(&series[from..from + block]);
    }
    drawn.truncate(series.len());
    drawn
}

/// A series whose block resamples are wanted in ascending order: it is sorted once, and no resample
/// is.
///
/// ```
/// let blocks = rtrl_lab::stats::SortedBlocks::new(&[3.0, 1.0, 2.0, 5.0], 2);
/// // The blocks (2, 5) and (3, 1).
/// assert_eq!(blocks.resample(&[2, 0]), [1.0, 2.0, 3.0, 5.0]);
/// ```
#[derive(Clone, Debug)]
pub struct SortedBlocks {
    block: usize,
    sorted: Vec<f64>,
    /// Where each of `sorted` stands in the series.
    places: Vec<usize>,
}

impl SortedBlocks {
    /// Sorts a finite series, to be resampled by blocks of this length.
    ///
    /// ```
    /// use rtrl_lab::random::{RngKey, Noise};
    /// use rtrl_lab::stats::{SortedBlocks, resample_blocks};
    /// let series = [3.0, 1.0, 2.0, 5.0, 4.0];
    /// let [mut one, mut other] = [0, 0].map(|_| Noise::at(RngKey::root(1)));
    /// let blocks = SortedBlocks::new(&series, 2);
    /// let drawn = blocks.resample(&blocks.draw(&mut one));
    /// let mut plain = resample_blocks(&series, 2, &mut other);
    /// plain.sort_by(f64::total_cmp);
    /// assert_eq!(drawn, plain);
    /// ```
    pub fn new(series: &[f64], block: usize) -> Self {
        let mut places: Vec<usize> = (0..series.len()).collect();
        // Both zeros count as one, as in a distance.
        places.sort_by(|a, b| (series[*a] + 0.0).total_cmp(&(series[*b] + 0.0)));
        let sorted = places.iter().map(|place| series[*place] + 0.0).collect();
        SortedBlocks { block: block.clamp(1, series.len().max(1)), sorted, places }
    }

    /// The series in ascending order.
    ///
    /// ```
    /// let blocks = rtrl_lab::stats::SortedBlocks::new(&[3.0, -1.0, 2.0], 1);
    /// assert_eq!(blocks.sorted(), [-1.0, 2.0, 3.0]);
    /// ```
    pub fn sorted(&self) -> &[f64] {
        &self.sorted
    }

    /// Where the blocks of one resample begin, from the noise that [`resample_blocks`] takes.
    ///
    /// ```
    /// use rtrl_lab::{random::{Noise, RngKey}, stats::SortedBlocks};
    /// let series = [4.0, 8.0, 6.0, 2.0, 0.0];
    /// let mut noise = Noise::at(RngKey::root(1));
    /// let mut starts = |block| SortedBlocks::new(&series, block).draw(&mut noise);
    /// assert_eq!((starts(5), starts(2).len()), (vec![0], 3));
    /// assert!(starts(4).iter().all(|start| *start <= 1));
    /// ```
    pub fn draw(&self, noise: &mut Noise) -> Vec<usize> {
        let length = self.sorted.len();
        (0..length.div_ceil(self.block)).map(|_| noise.index(length - self.block + 1)).collect()
    }

    /// The resample of those blocks, the last one cut, in ascending order.
    ///
    /// ```
    /// let blocks = rtrl_lab::stats::SortedBlocks::new(&[9.0, 7.0, 5.0, 3.0, 1.0], 2);
    /// // (9, 7) twice, and (3, 1) cut to (3).
    /// assert_eq!(blocks.resample(&[0, 0, 3]), [3.0, 7.0, 7.0, 9.0, 9.0]);
    /// ```
    pub fn resample(&self, starts: &[usize]) -> Vec<f64> {
        let length = self.sorted.len();
        let mut change = vec![0i32; length + 1];
        for (index, from) in starts.iter().enumerate() {
            change[*from] += 1;
            change[from + self.block.min(length - index * self.block)] -= 1;
        }
        let mut now = 0;
        let times: Vec<i32> = change[..length]
            .iter()
            .map(|change| {
                now += change;
                now
            })
            .collect();
        let mut drawn = Vec::with_capacity(length);
        for (value, place) in self.sorted.iter().zip(&self.places) {
            drawn.extend((0..times[*place]).map(|_| *value));
        }
        drawn
    }
}

/// A moving-block bootstrap: so many resamples, from noise at this key (resample r has replicate
/// number r).
///
/// ```
/// use rtrl_lab::{random::RngKey, stats::BlockBootstrap};
/// let series: Vec<f64> = (0..100).map(|t| if t % 2 == 0 { 1.0 } else { -1.0 }).collect();
/// let mean = |x: &[f64]| Some(x.iter().sum::<f64>() / x.len() as f64);
/// let error = |block| {
///     let bootstrap = BlockBootstrap { resamples: 400, block, key: RngKey::root(1) };
///     bootstrap.interval(&series, mean, 0.95).unwrap().standard_error
/// };
/// // Blocks of two sum to 0; single draws have 1/√100, here to 4 errors of 400 resamples.
/// assert!(error(2) == 0.0 && (error(1) - 0.1).abs() < 0.015);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BlockBootstrap {
    /// Number of resamples.
    pub resamples: usize,
    /// Length of a block; see [`block_length`].
    pub block: usize,
    /// Where the noise is.
    pub key: RngKey,
}

impl BlockBootstrap {
    /// The interval of a statistic of one stationary series: percentiles of the resampled values,
    /// moved so that their mean is the value on the series.
    ///
    /// ```text
    /// [ θ̂ + q_{α/2} − mean θ*,  θ̂ + q_{1−α/2} − mean θ* ]
    /// ```
    ///
    /// The move takes off the bias that blocks have because they seldom hold the ends of the
    /// series. The statistic answers `None` where it does not exist. Source: Künsch (1989), doi
    /// 10.1214/aos/1176347265.
    ///
    /// ```
    /// use rtrl_lab::{
    ///     random::RngKey,
    ///     stats::{BlockBootstrap, block_length},
    /// };
    /// let series: Vec<f64> = (0..100).map(|t| f64::from(t % 10)).collect();
    /// let bootstrap =
    ///     BlockBootstrap { resamples: 400, block: block_length(100), key: RngKey::root(1) };
    /// let mean = |x: &[f64]| Some(x.iter().sum::<f64>() / x.len() as f64);
    /// let estimate = bootstrap.interval(&series, mean, 0.95).unwrap();
    /// assert!(estimate.value == 4.5 && estimate.contains(4.5));
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] for a value that is not finite, a series shorter than four blocks, fewer than
    /// two resamples, and where the statistic does not exist on the series or on more than 1 % of
    /// the resamples.
    pub fn interval(&self, series: &[f64], statistic: impl Fn(&[f64]) -> Option<f64> + Sync, level: f64) -> Result<Estimate, Undefined> {
        if series.iter().any(|x| !x.is_finite()) {
            return Err(Undefined::because("the series has a value that is not finite"));
        }
        if self.block == 0 || series.len() / self.block < FEWEST_BLOCKS || self.resamples < 2 {
            return Err(Undefined::because(format!(
                "{} values, blocks of {} and {} resamples: it needs {FEWEST_BLOCKS} blocks and two resamples",
                series.len(),
                self.block,
                self.resamples
            )));
        }
        let finite = |value: Option<f64>| value.filter(|x| x.is_finite());
        let value = finite(statistic(series)).ok_or_else(|| Undefined::because("the statistic does not exist on the series"))?;
        let drawn: Vec<Option<f64>> = (0..self.resamples)
            .into_par_iter()
            .map(|resample| {
                let mut noise = Noise::at(self.key.replicate(resample));
                finite(statistic(&resample_blocks(series, self.block, &mut noise)))
            })
            .collect();
        let mut values: Vec<f64> = drawn.into_iter().flatten().collect();
        let missing = self.resamples - values.len();
        if missing as f64 > MISSING_ALLOWED * self.resamples as f64 {
            return Err(Undefined::because(format!("the statistic does not exist on {missing} of {} resamples", self.resamples)));
        }
        values.sort_by(f64::total_cmp);
        let shift = value - values.iter().sum::<f64>() / values.len() as f64;
        let end = |p| quantile(&values, p) + shift;
        Ok(Estimate { value, standard_error: spread(&values), lower: end(0.5 - level / 2.0), upper: end(0.5 + level / 2.0), level })
    }
}
