//! Control variates of replicas that run on known innovations: products whose means are known,
//! regressed away without bias.

use crate::linalg::least_squares;

/// Innovations, of those after time 0, whose products are controls.
pub(in crate::claims) const CONTROLLED: usize = 8;
/// Replicas that a control must have: fewer, and its coefficient adds more noise than it takes off.
const REPLICAS_A_CONTROL: usize = 16;

/// `ξ_i ξ_j − E ξ_i ξ_j` within the first innovation and within those after it, products of early
/// ones first, as many as the number of replicas can bear.
///
/// A replica that sees every noise with both signs is even in it: products of two are the lowest
/// order that is left.
pub(in crate::claims) fn products(first: &[f64], later: &[f64], replicas: usize) -> Vec<f64> {
    let pairs = |noise: &[f64]| -> Vec<f64> {
        (0..noise.len()).flat_map(|j| (0..=j).map(move |i| (i, j))).map(|(i, j)| noise[i] * noise[j] - if i == j { 1.0 } else { 0.0 }).collect()
    };
    let mut products = pairs(&first[..first.len().min(CONTROLLED)]);
    products.extend(pairs(later));
    products.truncate(replicas / REPLICAS_A_CONTROL);
    products
}

/// The values (a row of `count` numbers a replica) less what the controls explain.
///
/// ```text
/// y_r − β'z_r,   β fitted by least squares with an intercept on the replicas of the other half
/// ```
///
/// `β` is independent of the replica that it is taken off, and `E z = 0`, so the mean stays what it
/// is, without bias. Source: Glasserman (2003), doi 10.1007/978-0-387-21617-1, section 4.1.
pub(in crate::claims) fn without_controls(mut values: Vec<f64>, count: usize, controls: &[Vec<f64>]) -> Vec<f64> {
    let width = controls.first().map_or(0, Vec::len);
    if width == 0 {
        return values;
    }
    let halves: [Vec<usize>; 2] = [0, 1].map(|half| (0..controls.len()).filter(|row| row % 2 == half).collect());
    let whole = values.clone();
    for (own, other) in [(0, 1), (1, 0)] {
        let design: Vec<Vec<f64>> =
            (0..=width).map(|column| halves[other].iter().map(|row| if column == 0 { 1.0 } else { controls[*row][column - 1] }).collect()).collect();
        for l in 0..count {
            let target: Vec<f64> = halves[other].iter().map(|row| whole[row * count + l]).collect();
            let Some(coefficients) = least_squares(&mut design.clone(), &target).filter(|all| all.iter().all(|b| b.is_finite())) else { continue };
            for row in &halves[own] {
                let explained: f64 = coefficients[1..].iter().zip(&controls[*row]).map(|(b, z)| b * z).sum();
                values[row * count + l] -= explained;
            }
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Noise, RngKey};
    use crate::stats::Sample;

    #[test]
    fn what_is_quadratic_in_the_noise_goes_and_the_mean_stays() {
        let (mut values, mut controls) = (Vec::new(), Vec::new());
        for replicate in 0..1024 {
            let noise = Noise::at(RngKey::root(12).replicate(replicate)).normal_vector(CONTROLLED + 2);
            let (first, rest) = noise.split_at(1);
            let (later, other) = rest.split_at(CONTROLLED);
            controls.push(products(first, later, 1024));
            values.extend([3.0 + 2.0 * first[0] * first[0] + later[0] * later[1] - later[2] * later[2] + 0.05 * other[0], other[0]]);
        }
        let column = |values: &[f64], l: usize| -> Vec<f64> { values.chunks_exact(2).map(|row| row[l]).collect() };
        let mean = |values: &[f64], l: usize| Sample::new(&column(values, l)).unwrap().mean(1.0 - 1e-5).unwrap();
        let before = mean(&values, 0);
        let cleaned = without_controls(values, 2, &controls);
        let (after, unrelated) = (mean(&cleaned, 0), mean(&cleaned, 1));
        assert!(after.standard_error < 0.05 * before.standard_error, "{} {}", before.standard_error, after.standard_error);
        assert!(after.contains(4.0) && unrelated.contains(0.0), "{after:?} {unrelated:?}");
        assert!(unrelated.standard_error < 1.1 / 32.0, "{unrelated:?}");
    }
}
