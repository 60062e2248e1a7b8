//! The bootstrap of one dependent series by moving blocks.

use super::bootstrap::{quantile, spread};
use super::{Estimate, Undefined};
use crate::random::{Address, Noise};
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

/// A series of the same length made of blocks that start anywhere, the last one cut; empty for an empty series.
///
/// ```
/// use rtrl_lab::random::{Address, Noise};
/// let series = [1.0, 2.0, 3.0, 4.0, 5.0];
/// let drawn = rtrl_lab::stats::resample_blocks(&series, 2, &mut Noise::at(Address::root(1)));
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

/// A moving-block bootstrap: so many resamples, from noise at this address (resample r has replicate number r).
#[derive(Clone, Copy, Debug)]
pub struct BlockBootstrap {
    /// Number of resamples.
    pub resamples: usize,
    /// Length of a block; see [`block_length`].
    pub block: usize,
    /// Where the noise is.
    pub address: Address,
}

impl BlockBootstrap {
    /// The interval of a statistic of one stationary series: percentiles of the resampled values, moved so that their mean is the value on the series.
    ///
    /// ```text
    /// [ θ̂ + q_{α/2} − mean θ*,  θ̂ + q_{1−α/2} − mean θ* ]
    /// ```
    ///
    /// The move takes off the bias that blocks have because they seldom hold the ends of the series. The statistic answers `None` where it does not exist.
    /// Source: Künsch (1989), doi 10.1214/aos/1176347265.
    ///
    /// ```
    /// use rtrl_lab::{random::Address, stats::{BlockBootstrap, block_length}};
    /// let series: Vec<f64> = (0..100).map(|t| f64::from(t % 10)).collect();
    /// let bootstrap = BlockBootstrap { resamples: 400, block: block_length(100), address: Address::root(1) };
    /// let mean = |x: &[f64]| Some(x.iter().sum::<f64>() / x.len() as f64);
    /// let estimate = bootstrap.interval(&series, mean, 0.95).unwrap();
    /// assert!(estimate.value == 4.5 && estimate.contains(4.5));
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] for a value that is not finite, a series shorter than four blocks, fewer than two resamples, and where the statistic does not exist on the series or on
    /// more than 1 % of the resamples.
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
                let mut noise = Noise::at(self.address.replicate(resample));
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
