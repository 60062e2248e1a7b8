//! Trials of distances: the centred pair and Gelbrich's bound on Gaussian samples, and all bounds
//! where both samples have far points.

use super::super::tally::{Kind, Scenario};
use super::{LEVELS, shot, shot_of};
use crate::random::{Noise, RngKey};
use crate::stats::Estimate;
use crate::transport::{Order, assignment_of_order, centred, gelbrich_from_pairs, max_sliced};
use ndarray::Array2;

pub(super) fn trials() -> Vec<Scenario> {
    let mut all: Vec<Scenario> = [(2, 0.0), (2, 0.3), (2, 2.0), (6, 0.0), (6, 1.0)].into_iter().map(|(width, shift)| pair(width, shift)).collect();
    all.extend([(512, 2, 1.0), (512, 6, 1.0), (128, 6, 1.5)].map(|(count, width, scale)| gelbrich(count, width, scale)));
    all.extend([(1e3, 0.0), (1e7, 1.0)].map(|(far, shift)| far_cloud(far, shift)));
    all.extend([1e7, 1e12].map(far_point));
    all
}

fn normals(noise: &mut Noise, rows: usize, columns: usize) -> Array2<f64> {
    Array2::from_shape_fn((rows, columns), |_| noise.normal_vector(1)[0])
}

/// The centred pair where one law is the other one shifted. The shift comes out of `W_2²` exactly,
/// for samples as for laws, so `E U = |shift|²` at every sample size; `L` is centred at zero where
/// the laws agree.
fn pair(width: usize, shift: f64) -> Scenario {
    const POINTS: usize = 170;
    let run = move |key: RngKey| {
        let mut noise = Noise::at(key);
        let mut x = normals(&mut noise, POINTS, width);
        let (y, other) = (normals(&mut noise, POINTS, width), normals(&mut noise, POINTS, width));
        x.column_mut(0).iter_mut().for_each(|x| *x += shift);
        let pairs = LEVELS.map(|level| centred(x.view(), y.view(), other.view(), level));
        let mut shots = vec![shot_of("centred pair, U", Kind::Confidence, shift * shift, pairs.clone().map(|pair| Ok(pair?.upper)))];
        if shift == 0.0 {
            shots.push(shot_of("centred pair, L", Kind::Confidence, 0.0, pairs.map(|pair| Ok(pair?.lower))));
        }
        shots
    };
    Scenario { case: format!("{POINTS} points in {width} dimensions, shift {shift}"), heavy: false, run: Box::new(run) }
}

/// Gelbrich's bound between a standard normal sample and its rows scaled and shifted by 0.2, with
/// noise of their own.
fn gelbrich(count: usize, width: usize, scale: f64) -> Scenario {
    const OWN: f64 = 0.3;
    let run = move |key: RngKey| {
        let mut noise = Noise::at(key);
        let x = normals(&mut noise, count, width);
        let y = x.mapv(|x| scale.mul_add(x, 0.2)) + OWN * normals(&mut noise, count, width);
        let deviation = libm::sqrt(scale * scale + OWN * OWN);
        let truth = libm::sqrt(width as f64 * (0.2 * 0.2 + (deviation - 1.0) * (deviation - 1.0)));
        vec![shot("Gelbrich's lower limit", Kind::Confidence, truth, |level| {
            let bound = gelbrich_from_pairs(x.view(), y.view(), level)?;
            let value = libm::sqrt(bound.squared.max(0.0));
            Ok(Estimate { value, standard_error: f64::NAN, lower: bound.lower_limit, upper: f64::INFINITY, level })
        })]
    };
    Scenario { case: format!("{count} pairs in {width} dimensions, scale {scale}"), heavy: false, run: Box::new(run) }
}

/// The centred pair where half of the law lies `far` away and the other law is the same one
/// shifted. How many points fall into the far half differs from sample to sample, and with it every
/// distance by about `far²/√n`; still `E U = |shift|²`, as without it.
fn far_cloud(far: f64, shift: f64) -> Scenario {
    const POINTS: usize = 170;
    let run = move |key: RngKey| {
        let mut noise = Noise::at(key);
        let mut cloud = |shift: f64| {
            let mut sample = normals(&mut noise, POINTS, 2);
            sample.column_mut(0).iter_mut().for_each(|x| *x += shift);
            let sides: Vec<bool> = (0..POINTS).map(|_| noise.index(2) == 1).collect();
            sample.column_mut(0).iter_mut().zip(sides).filter(|(_, side)| *side).for_each(|(x, _)| *x += far);
            sample
        };
        let (x, y, other) = (cloud(shift), cloud(0.0), cloud(0.0));
        vec![shot("centred pair, U", Kind::Confidence, shift * shift, |level| Ok(centred(x.view(), y.view(), other.view(), level)?.upper))]
    };
    Scenario { case: format!("{POINTS} points, half of them {far:e} away, shift {shift}"), heavy: false, run: Box::new(run) }
}

/// Bounds of two samples that share one point `far` away. The others are whole numbers and the same
/// ones moved by (3, 4) and put in another order, so that their distance is 5 exactly.
fn far_point(far: f64) -> Scenario {
    const POINTS: usize = 60;
    let run = move |key: RngKey| {
        let mut noise = Noise::at(key);
        let near = normals(&mut noise, POINTS, 2).mapv(|z| (8.0 * z).round());
        let mut with_far = |sample: Array2<f64>| {
            let place = noise.index(POINTS + 1);
            Array2::from_shape_fn((POINTS + 1, 2), |(i, k)| match i.cmp(&place) {
                std::cmp::Ordering::Equal => [far, 0.0][k],
                other => sample[[i - usize::from(other.is_gt()), k]],
            })
        };
        let moved = Array2::from_shape_fn(near.dim(), |(i, k)| near[[POINTS - 1 - i, k]] + [3.0, 4.0][k]);
        let [x, y] = [near, moved].map(&mut with_far);
        let share = POINTS as f64 / (POINTS + 1) as f64;
        [(Order::One, "exact transport of order 1", "max-sliced of order 1"), (Order::Two, "exact transport of order 2", "max-sliced of order 2")]
            .into_iter()
            .flat_map(|(order, exact, sliced)| {
                let truth = 5.0 * if order == Order::One { share } else { share.sqrt() };
                let bounds = |value: f64, lower: f64, upper: f64| Estimate { value, standard_error: f64::NAN, lower, upper, level: 1.0 };
                let solved = assignment_of_order(x.view(), y.view(), order).map(|solved| bounds(solved.distance, solved.proven, solved.attained));
                let below = max_sliced(x.view(), y.view(), order, 20, key).map(|best| bounds(best.distance, best.proven, f64::INFINITY));
                [(exact, solved), (sliced, below)].map(|(name, found)| shot(name, Kind::Bound, truth, |_| found.clone()))
            })
            .collect()
    };
    Scenario { case: format!("{POINTS} points and one in common {far:e} away"), heavy: false, run: Box::new(run) }
}
