//! Whether groups of independent replicas have one law, coordinate by coordinate and jointly, with
//! one interval for the worst of all comparisons.

use crate::markov::{Independent, norm};
use crate::random::RngKey;
use crate::stats::{EnergyTable, Estimate, Undefined};
use ndarray::{Array2, Axis};

/// The comparison of all pairs of groups.
pub(in crate::claims) struct Groups {
    /// The largest coefficient over pairs of groups and over quantities; its interval holds at the
    /// level for all of them together.
    pub largest: Estimate,
    /// Which comparison it is.
    pub worst: String,
    /// The largest coefficient of the joint image over the pairs.
    pub joint: Estimate,
    /// p-value of "one law" by relabelling whole replicas, on the joint image; NaN where it was not
    /// asked for.
    pub relabelling_p: f64,
}

/// Compares the groups named by `labels` (0, 1, …) in every coordinate and in the joint image,
/// whose coordinates are first divided by their pooled deviation.
///
/// ```text
/// value = max_c ĥ_c,   interval = [ max_c lower_c , max_c upper_c ]
///     over C comparisons, each at level 1 − (1 − level)/C
/// ```
///
/// `sizes` are the largest absolute values that the coordinates have taken, the starts among them:
/// a coordinate that is constant over all replicas up to their rounding says nothing and is left
/// out, and groups that differ by no more than that are one law.
pub(in crate::claims) fn compare(
    replicas: &Independent<Vec<Array2<f64>>>,
    sizes: &[f64],
    labels: &[usize],
    level: f64,
    relabellings: Option<(usize, RngKey)>,
) -> Result<Groups, Undefined> {
    let all = replicas.ensemble();
    let mut scaled = all.clone();
    let moving = moving(all, sizes)?;
    // Rounding of every moving coordinate, in units of its deviation.
    let mut floors = Vec::new();
    for column in &moving {
        let deviation = deviation(all, *column);
        scaled.iter_mut().for_each(|replica| replica.column_mut(*column).mapv_inplace(|x| x / deviation));
        floors.push(ROUNDING * sizes[*column] / deviation);
    }
    if moving.is_empty() {
        return Err(Undefined::because("nothing that is looked at moves"));
    }
    let members: Vec<Vec<usize>> = (0..=labels.iter().copied().max().unwrap_or(0))
        .map(|group| labels.iter().enumerate().filter(|(_, label)| **label == group).map(|(index, _)| index).collect())
        .collect();
    let pairs: Vec<(usize, usize)> = (0..members.len()).flat_map(|b| (0..b).map(move |a| (a, b))).collect();
    let of_columns = |columns: &[usize], floors: &[f64]| -> Result<EnergyTable, Undefined> {
        let table = EnergyTable::of(&Independent::declare(scaled.iter().map(|replica| replica.select(Axis(1), columns)).collect()))?;
        Ok(table.above(norm(floors)))
    };
    let one_level = 1.0 - (1.0 - level) / (pairs.len() * (moving.len() + 1)) as f64;
    let (mut largest, mut worst): (Option<Estimate>, String) = (None, String::new());
    let mut take = |table: &EnergyTable, what: &str| -> Result<Estimate, Undefined> {
        let mut of_table: Option<Estimate> = None;
        for (a, b) in &pairs {
            let estimate = table.coefficient(&members[*a], &members[*b], one_level)?;
            if largest.is_none_or(|largest| estimate.value > largest.value) {
                worst = format!("groups {a} and {b}, {what}");
            }
            largest = Some(larger(largest, estimate));
            of_table = Some(larger(of_table, estimate));
        }
        of_table.ok_or_else(|| Undefined::because("one group alone cannot be compared"))
    };
    for (column, floor) in moving.iter().zip(&floors) {
        take(&of_columns(&[*column], &[*floor])?, &format!("coordinate {column}"))?;
    }
    let table = of_columns(&moving, &floors)?;
    let joint = take(&table, "all coordinates")?;
    let relabelling_p = relabellings.map_or(f64::NAN, |(count, key)| table.relabelled(labels, count, key));
    let largest = largest.ok_or_else(|| Undefined::because("one group alone cannot be compared"))?;
    Ok(Groups { largest: Estimate { level, ..largest }, worst, joint: Estimate { level, ..joint }, relabelling_p })
}

fn larger(so_far: Option<Estimate>, next: Estimate) -> Estimate {
    match so_far {
        None => next,
        Some(old) => {
            let top = if next.value > old.value { next } else { old };
            Estimate { lower: old.lower.max(next.lower), upper: old.upper.max(next.upper), ..top }
        }
    }
}

/// Deviations below this part of the largest value are rounding.
const ROUNDING: f64 = 1e-9;

/// The coordinates that move by more than the rounding of their sizes.
///
/// # Errors
/// [`Undefined`] for a value that is not finite.
pub(in crate::claims) fn moving(replicas: &[Array2<f64>], sizes: &[f64]) -> Result<Vec<usize>, Undefined> {
    let mut moving = Vec::new();
    for (column, size) in sizes.iter().enumerate() {
        let deviation = deviation(replicas, column);
        if !deviation.is_finite() {
            return Err(Undefined::because("a chain left the finite numbers"));
        }
        if deviation > ROUNDING * size {
            moving.push(column);
        }
    }
    Ok(moving)
}

/// The largest absolute value of every coordinate over all draws of all replicas.
pub(in crate::claims) fn sizes(replicas: &[Array2<f64>]) -> Vec<f64> {
    let width = replicas.first().map_or(0, Array2::ncols);
    (0..width).map(|column| replicas.iter().flat_map(|replica| replica.column(column).to_vec()).fold(0.0, |top, x| x.abs().max(top))).collect()
}

/// The deviation of a coordinate over all draws of all replicas.
fn deviation(replicas: &[Array2<f64>], column: usize) -> f64 {
    let values = || replicas.iter().flat_map(|replica| replica.column(column).to_vec());
    let count = values().count().max(1) as f64;
    let mean = values().sum::<f64>() / count;
    (values().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count).sqrt()
}

/// A coordinate in which the replicas fall into two sets whose ranges do not meet, beyond rounding:
/// no replica is ever where one of the other set is.
pub(in crate::claims) fn split(replicas: &[Array2<f64>], sizes: &[f64]) -> Option<Split> {
    (0..sizes.len()).find_map(|column| {
        let range = |replica: &Array2<f64>| replica.column(column).iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (x.min(a), x.max(b)));
        let mut ranges: Vec<(f64, f64)> = replicas.iter().map(range).collect();
        ranges.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut reached = f64::NEG_INFINITY;
        ranges.iter().enumerate().find_map(|(below, (low, high))| {
            let apart = below > 0 && low - reached > ROUNDING * sizes[column];
            reached = reached.max(*high);
            apart.then(|| Split { column, smaller: below.min(ranges.len() - below) })
        })
    })
}

/// Two sets of replicas that never meet.
pub(in crate::claims) struct Split {
    /// The coordinate in which they are apart.
    pub column: usize,
    /// The number of replicas in the smaller set.
    pub smaller: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Noise;

    fn groups(shift: f64) -> Groups {
        let replicas = (0..60)
            .map(|index| {
                let mut values = Noise::at(RngKey::root(4).replicate(index)).normal_vector(6);
                // The second coordinate of group 1 is moved; the third is constant.
                values[1] += if index % 2 == 1 { shift } else { 0.0 };
                values[4] += if index % 2 == 1 { shift } else { 0.0 };
                (values[2], values[5]) = (1.0, 1.0);
                Array2::from_shape_vec((2, 3), values).unwrap()
            })
            .collect();
        let labels: Vec<usize> = (0..60).map(|index| index % 2).collect();
        compare_all(replicas, &labels)
    }

    fn compare_all(replicas: Vec<Array2<f64>>, labels: &[usize]) -> Groups {
        let sizes = sizes(&replicas);
        compare(&Independent::declare(replicas), &sizes, labels, 0.95, Some((99, RngKey::root(5)))).unwrap()
    }

    /// Groups 0 and 2 are one point in the first coordinate, groups 1 and 3 another, all up to
    /// rounding; the second coordinate moves by the same law in all.
    #[test]
    fn equal_points_are_one_law_and_different_points_are_two() {
        let labels: Vec<usize> = (0..80).map(|index| index % 4).collect();
        let replica = |index: usize| {
            let side = if index.is_multiple_of(2) { 1.0 } else { -1.0 };
            let z = Noise::at(RngKey::root(6).replicate(index)).normal_vector(2);
            let ulps = (index / 4) as f64 * f64::EPSILON;
            Array2::from_shape_vec((2, 2), vec![side * 0.999 + ulps, z[0], side * 0.999, z[1]]).unwrap()
        };
        let all: Vec<Array2<f64>> = (0..80).map(replica).collect();
        let split = split(&all, &sizes(&all)).unwrap();
        assert_eq!((split.column, split.smaller), (0, 40));
        let found = compare_all(all, &labels);
        assert_eq!((found.largest.value, found.largest.lower), (1.0, 1.0), "{}", found.worst);
        let (one_side, labels): (Vec<_>, Vec<_>) = (0..80).step_by(2).map(|index| (replica(index), index / 2 % 2)).unzip();
        assert!(super::split(&one_side, &sizes(&one_side)).is_none());
        assert!(compare_all(one_side, &labels).largest.upper < 0.2);
    }

    #[test]
    fn the_worst_comparison_is_found_and_named() {
        let apart = groups(1.5);
        assert!(apart.worst.contains("coordinate 1"), "{}", apart.worst);
        assert!(apart.largest.lower > 0.05 && apart.largest.upper >= apart.joint.upper && apart.relabelling_p <= 0.01);
        let one = groups(0.0);
        assert!(one.largest.lower < 0.02 && one.largest.upper < 0.2, "{:?}", one.largest);
    }
}
