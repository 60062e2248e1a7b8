//! How heavy the tails of a series are.

use crate::stats::median;
use serde::{Deserialize, Serialize};

/// Share of the values that count as far, and the least number of them.
const FARTHEST: (f64, usize) = (0.01, 20);
/// Index below which a law counts as heavy-tailed: its fourth moment does not exist, as far as so
/// many values can tell.
pub(super) const LIGHT: f64 = 4.5;

/// How many times the least of the far values the largest has to be: values next to each other, as
/// small counts have them, are no tail.
const SPAN: f64 = 2.0;

/// Hill's index of the values farthest from the median.
///
/// ```text
/// 1/α = (1/k) Σ_{i ≤ k} ln(y_(i)/y_(k+1)),   y = |x − median|, largest first
/// ```
///
/// The interval is `α (1 ± 2/√clusters)`: far values in a row, with no more than `√n` others
/// between them, are one cluster. Light tails have an index too, a large one, which grows with the
/// length of the record. Source: Hill (1975), doi 10.1214/aos/1176343247.
///
/// ```
/// use rtrl_lab::{data::audit::Audit, random::{Noise, RngKey}};
/// let mut noise = Noise::at(RngKey::root(3));
/// // Pareto with index 2, of either sign.
/// let series: Vec<f64> =
///     (0..5000).map(|_| noise.sign() / noise.uniform().sqrt()).collect();
/// let tail = Audit::of(&series, RngKey::root(1)).unwrap().tail;
/// assert!(tail.interval.unwrap()[0] < 2.0 && 2.0 < tail.interval.unwrap()[1]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tail {
    /// The index; `None` where the farthest value is less than twice the least far one.
    pub index: Option<f64>,
    /// Its interval at 95 %.
    pub interval: Option<[f64; 2]>,
    /// Values that count as far.
    pub farthest: usize,
    /// Clusters of them.
    pub clusters: usize,
}

impl Tail {
    /// The tail of a series.
    pub(super) fn of(series: &[f64]) -> Tail {
        let n = series.len();
        let middle = median(series.to_vec());
        let away: Vec<f64> = series.iter().map(|x| (x - middle).abs()).collect();
        let mut sorted = away.clone();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let farthest = ((FARTHEST.0 * n as f64) as usize).max(FARTHEST.1).min(n - 1);
        let least = sorted[farthest];
        let near = (n as f64).sqrt() as usize;
        let places: Vec<usize> = (0..n).filter(|t| away[*t] > least).collect();
        let clusters = usize::from(!places.is_empty()) + places.windows(2).filter(|pair| pair[1] - pair[0] > near).count();
        let logarithms = sorted[..farthest].iter().map(|y| libm::log(y / least)).sum::<f64>() / farthest as f64;
        let spans = sorted[0] >= SPAN * least;
        let index = (least > 0.0 && spans && logarithms.is_finite()).then(|| 1.0 / logarithms);
        let width = 2.0 / (clusters.max(1) as f64).sqrt();
        Tail { index, interval: index.map(|index| [index * (1.0 - width).max(0.0), index * (1.0 + width)]), farthest, clusters }
    }
}
