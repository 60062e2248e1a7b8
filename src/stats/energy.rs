//! Whether groups of whole replicas have one law: the energy coefficient, without plug-in bias.

use super::{Estimate, Undefined};
use crate::markov::Independent;
use crate::random::{Noise, RngKey};
use ndarray::Array2;
use rayon::prelude::*;

/// Part of a mean distance that is left over by rounding where all its terms are taken off.
const ROUNDING: f64 = 1e-12;

/// Mean distances between whole replicas, each of one or more draws.
///
/// ```text
/// m_ij = mean over draws x of replica i and y of replica j of |x − y|
/// ```
///
/// A replica is the unit: its own draws may depend on each other and are never compared with
/// themselves.
///
/// ```
/// use rtrl_lab::{markov::Independent, stats::EnergyTable};
/// let points = [0.0, 1.0, 2.0, 10.0, 11.0, 12.0].map(|x| ndarray::arr2(&[[x]])).to_vec();
/// let table = EnergyTable::of(&Independent::declare(points)).unwrap();
/// let apart = table.coefficient(&[0, 1, 2], &[3, 4, 5], 0.95).unwrap();
/// // Mean distances: 10 between the groups, 4/3 within each.
/// assert!((apart.value - 13.0 / 15.0).abs() < 1e-15);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct EnergyTable {
    count: usize,
    distances: Vec<f64>,
}

impl EnergyTable {
    /// The table of independent replicas; each is an array (draws × width) and `|·|` the Euclidean
    /// length over its columns.
    ///
    /// ```
    /// use ndarray::arr2;
    /// use rtrl_lab::{markov::Independent, stats::EnergyTable};
    /// let table = |x: f64, y: f64| {
    ///     let points = vec![arr2(&[[0.0, 0.0]]), arr2(&[[x, y]])];
    ///     EnergyTable::of(&Independent::declare(points)).unwrap()
    /// };
    /// assert_eq!(table(3.0, 4.0), table(0.0, -5.0));
    /// assert_ne!(table(3.0, 4.0), table(3.0, 4.5));
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] for a replica without draws or of another width, and for a value that is not
    /// finite.
    pub fn of(replicas: &Independent<Vec<Array2<f64>>>) -> Result<Self, Undefined> {
        let replicas = replicas.ensemble();
        let width = replicas.first().map_or(0, Array2::ncols);
        if replicas.iter().any(|replica| replica.nrows() == 0 || replica.ncols() != width) || width == 0 {
            return Err(Undefined::because("a replica has no draws, or draws of another width"));
        }
        if replicas.iter().flatten().any(|x| !x.is_finite()) {
            return Err(Undefined::because("a replica has a value that is not finite"));
        }
        let count = replicas.len();
        let flat: Vec<Vec<f64>> = replicas.iter().map(|replica| replica.iter().copied().collect()).collect();
        let rows: Vec<Vec<f64>> = (0..count).into_par_iter().map(|i| (0..i).map(|j| mean_distance(&flat[i], &flat[j], width)).collect()).collect();
        let mut distances = vec![0.0; count * count];
        for (i, row) in rows.into_iter().enumerate() {
            for (j, value) in row.into_iter().enumerate() {
                (distances[i * count + j], distances[j * count + i]) = (value, value);
            }
        }
        Ok(EnergyTable { count, distances })
    }

    /// The same with every distance up to `floor` at zero: what is left of points that are equal up
    /// to rounding has no scale of its own.
    ///
    /// ```
    /// use rtrl_lab::{markov::Independent, stats::EnergyTable};
    /// let points = [0.0, 0.0, 0.0, 1e-15, 1e-15, 1e-15].map(|x| ndarray::arr2(&[[x]])).to_vec();
    /// let table = EnergyTable::of(&Independent::declare(points)).unwrap();
    /// let apart = |table: EnergyTable| table.coefficient(&[0, 1, 2], &[3, 4, 5], 0.95).unwrap();
    /// assert_eq!(apart(table.clone()).value, 1.0);
    /// assert_eq!(apart(table.above(1e-14)).value, 0.0);
    /// ```
    #[must_use]
    pub fn above(mut self, floor: f64) -> Self {
        self.distances.iter_mut().filter(|distance| **distance <= floor).for_each(|distance| *distance = 0.0);
        self
    }

    /// How far the laws of two groups are apart, on a scale from 0 (one law) to 1 (two points).
    ///
    /// ```text
    /// h = ( 2 E|X − Y| − E|X − X'| − E|Y − Y'| ) / 2 E|X − Y|
    /// ```
    ///
    /// `X, X'` from the first group, `Y, Y'` from the second, all from different replicas, so
    /// numerator and denominator are unbiased and `h` can come out negative; it is 0 only where the
    /// laws agree: two laws that are one and the same point agree. Two normal laws of one variance
    /// whose means are δ deviations apart have `h ≈ δ²/4` for small δ. The interval is the
    /// jackknife's over whole replicas of both groups. Where the laws agree the statistic is
    /// degenerate and the interval is too wide rather than too narrow above, which is the side an
    /// equivalence is read on. Where all draws are equal but one replica's, the jackknife sees no
    /// spread, and the interval is all of `[0, 1]`. Source: Székely and Rizzo (2013), doi
    /// 10.1016/j.jspi.2013.03.018.
    ///
    /// ```
    /// use ndarray::arr2;
    /// use rtrl_lab::{markov::Independent, stats::EnergyTable};
    /// let points = [0.0, 0.0, 0.0, 2.0, 2.0, 2.0].map(|x| arr2(&[[x]])).to_vec();
    /// let table = EnergyTable::of(&Independent::declare(points)).unwrap();
    /// assert_eq!(table.coefficient(&[0, 1, 2], &[3, 4, 5], 0.95).unwrap().value, 1.0);
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] with fewer than three replicas in a group.
    pub fn coefficient(&self, first: &[usize], second: &[usize], level: f64) -> Result<Estimate, Undefined> {
        if first.len() < 3 || second.len() < 3 {
            return Err(Undefined::because("an energy coefficient needs at least three replicas in each group"));
        }
        let sums = Sums {
            between: first.iter().map(|i| self.sum_to(*i, second)).sum(),
            within: [first, second].map(|group| group.iter().map(|i| self.sum_to(*i, group)).sum()),
            sizes: [first.len() as f64, second.len() as f64],
        };
        let Some(value) = sums.coefficient(0.0) else { return Ok(Estimate { level, ..Estimate::exact(0.0) }) };
        let least = ROUNDING * sums.between / (sums.sizes[0] * sums.sizes[1]);
        let mut variance = 0.0;
        for (own, (group, other)) in [(first, second), (second, first)].into_iter().enumerate() {
            let left_out: Option<Vec<f64>> =
                group.iter().map(|i| sums.without(own, self.sum_to(*i, group), self.sum_to(*i, other)).coefficient(least)).collect();
            let Some(left_out) = left_out else { return Ok(Estimate { value, standard_error: 1.0, lower: 0.0, upper: 1.0, level }) };
            let n = left_out.len() as f64;
            let mean = left_out.iter().sum::<f64>() / n;
            variance += (n - 1.0) / n * left_out.iter().map(|h| (h - mean) * (h - mean)).sum::<f64>();
        }
        Ok(Estimate::student(value, variance.sqrt(), sums.sizes[0] + sums.sizes[1] - 2.0, level))
    }

    /// The p-value of "all groups have one law" by relabelling whole replicas: the share of
    /// relabellings, the observed one among them, whose mean distance within groups is as small.
    ///
    /// It is exact where replicas are exchangeable. A large p-value is no proof of one law; see
    /// [`EnergyTable::coefficient`] for that.
    pub(crate) fn relabelled(&self, groups: &[usize], relabellings: usize, key: RngKey) -> f64 {
        let within = |labels: &[usize]| -> f64 {
            let mut sums = vec![(0.0, 0.0); labels.iter().max().map_or(0, |top| top + 1)];
            for (i, label) in labels.iter().enumerate() {
                for (j, other) in labels.iter().enumerate().take(i) {
                    if label == other {
                        sums[*label].0 += self.distances[i * self.count + j];
                        sums[*label].1 += 1.0;
                    }
                }
            }
            sums.iter().map(|(sum, pairs)| sum / f64::max(*pairs, 1.0)).sum()
        };
        let observed = within(groups);
        let as_small: usize = (0..relabellings)
            .into_par_iter()
            .map(|index| {
                let mut noise = Noise::at(key.replicate(index));
                let mut labels = groups.to_vec();
                for last in (1..labels.len()).rev() {
                    labels.swap(last, noise.index(last + 1));
                }
                usize::from(within(&labels) <= observed)
            })
            .sum();
        (1 + as_small) as f64 / (1 + relabellings) as f64
    }

    fn sum_to(&self, i: usize, group: &[usize]) -> f64 {
        group.iter().map(|j| self.distances[i * self.count + j]).sum()
    }
}

/// Sums of distances over ordered pairs, between two groups and within each.
struct Sums {
    between: f64,
    within: [f64; 2],
    sizes: [f64; 2],
}

impl Sums {
    /// `None` where the mean distance between the groups is no more than `least`.
    fn coefficient(&self, least: f64) -> Option<f64> {
        let between = self.between / (self.sizes[0] * self.sizes[1]);
        let within = [0, 1].map(|group| self.within[group] / (self.sizes[group] * (self.sizes[group] - 1.0)));
        let scale = 2.0 * between;
        (between > least).then(|| (scale - within[0] - within[1]) / scale)
    }

    /// The sums without one replica of group `own`, given its sums to its own and to the other
    /// group.
    fn without(&self, own: usize, to_own: f64, to_other: f64) -> Sums {
        let (mut within, mut sizes) = (self.within, self.sizes);
        within[own] -= 2.0 * to_own;
        sizes[own] -= 1.0;
        Sums { between: self.between - to_other, within, sizes }
    }
}

/// `E|X − Y|` over all pairs of a row of `x` and one of `y`, both by rows of `width`.
fn mean_distance(x: &[f64], y: &[f64], width: usize) -> f64 {
    let mut sum = 0.0;
    if width == 1 {
        x.iter().for_each(|a| y.iter().for_each(|b| sum += (a - b).abs()));
    } else {
        for a in x.chunks_exact(width) {
            for b in y.chunks_exact(width) {
                let square: f64 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
                sum += square.sqrt();
            }
        }
    }
    sum / ((x.len() / width) * (y.len() / width)) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream;

    fn replicas(key: RngKey, shift: f64, count: usize, draws: usize) -> Vec<Array2<f64>> {
        (0..count)
            .map(|index| {
                let mut noise = Noise::at(key.replicate(index));
                let level = noise.normal_vector(1)[0];
                // Draws of one replica share a level: they depend on each other, replicas do not.
                let values = noise.normal_vector(draws).into_iter().map(|z| 0.6 * level + 0.8 * z + shift).collect();
                Array2::from_shape_vec((draws, 1), values).unwrap()
            })
            .collect()
    }

    fn table(seed: u64, shift: f64, count: usize) -> EnergyTable {
        let mut all = replicas(RngKey::root(seed), 0.0, count, 8);
        all.extend(replicas(RngKey::root(seed).stream(stream::OTHER_START), shift, count, 8));
        EnergyTable::of(&Independent::declare(all)).unwrap()
    }

    fn halves(count: usize) -> (Vec<usize>, Vec<usize>) {
        ((0..count).collect(), (count..2 * count).collect())
    }

    /// `E|Z + m|` of a normal Z of deviation s.
    fn folded(m: f64, s: f64) -> f64 {
        let tail = crate::stats::normal_tail(m / s);
        s * (2.0 / std::f64::consts::PI).sqrt() * libm::exp(-m * m / (2.0 * s * s)) + m * (1.0 - 2.0 * tail)
    }

    /// The mean of the estimates over 40 seeds lies within its own interval of false-alarm
    /// probability 1e-5 about the closed form of two normals; four times more seeds before it
    /// fails.
    #[test]
    fn dependent_draws_leave_no_bias() {
        for shift in [0.0, 0.5, 2.0] {
            let s = 2.0f64.sqrt();
            let exact = (folded(shift, s) - folded(0.0, s)) / folded(shift, s);
            let covered = |seeds: u64| {
                let (first, second) = halves(24);
                let values: Vec<f64> = (0..seeds).map(|seed| table(seed, shift, 24).coefficient(&first, &second, 0.95).unwrap().value).collect();
                crate::stats::Sample::new(&values).unwrap().mean(1.0 - 1e-5).unwrap().contains(exact)
            };
            assert!(covered(40) || covered(160), "shift {shift}: {exact}");
        }
    }

    #[test]
    fn one_law_is_told_from_two_and_relabelling_sees_it() {
        let (first, second) = halves(32);
        let labels: Vec<usize> = (0..64).map(|index| index / 32).collect();
        let apart = table(1, 2.0, 32);
        assert!(apart.coefficient(&first, &second, 0.99).unwrap().lower > 0.2);
        assert!(apart.relabelled(&labels, 199, RngKey::root(2)) <= 0.005);
        let one = table(1, 0.0, 32);
        assert!(one.coefficient(&first, &second, 0.99).unwrap().upper < 0.1);
        assert!(one.relabelled(&labels, 199, RngKey::root(2)) > 0.005);
    }

    #[test]
    fn two_equal_points_are_one_law_and_a_single_replica_apart_leaves_it_open() {
        let table = |values: [f64; 6]| EnergyTable::of(&Independent::declare(values.map(|x| ndarray::arr2(&[[x]])).to_vec())).unwrap();
        let (first, second) = ([0, 1, 2], [3, 4, 5]);
        let constant = table([1.0; 6]).coefficient(&first, &second, 0.95).unwrap();
        assert_eq!((constant.value, constant.lower, constant.upper), (0.0, 0.0, 0.0));
        let one_apart = table([1.0, 1.0, 1.0, 1.0, 1.0, 2.0]).coefficient(&first, &second, 0.95).unwrap();
        assert_eq!((one_apart.lower, one_apart.upper), (0.0, 1.0));
        // Apart by rounding alone, each group a point: without a floor they are two points.
        let rounded = || table([1.0, 1.0, 1.0, 1.0 + 1e-15, 1.0 + 1e-15, 1.0 + 1e-15]);
        assert_eq!(rounded().coefficient(&first, &second, 0.95).unwrap().value, 1.0);
        assert_eq!(rounded().above(1e-9).coefficient(&first, &second, 0.95).unwrap().upper, 0.0);
    }

    #[test]
    fn what_cannot_be_compared_is_undefined() {
        let constant = EnergyTable::of(&Independent::declare(vec![Array2::<f64>::zeros((2, 1)); 6])).unwrap();
        assert!(constant.coefficient(&[0, 1], &[3, 4, 5], 0.95).is_err());
        assert!(EnergyTable::of(&Independent::declare(vec![Array2::from_elem((1, 1), f64::NAN)])).is_err());
    }
}
