//! Trials of distances between laws: the centred pair and Gelbrich's bound on Gaussian samples.

use super::super::tally::{Kind, Trial};
use super::{LEVELS, shot, shot_of};
use crate::random::{Address, Noise};
use crate::stats::Estimate;
use crate::transport::{centred, gelbrich_from_pairs};
use ndarray::Array2;

pub(super) fn trials() -> Vec<Trial> {
    let mut all: Vec<Trial> = [(2, 0.0), (2, 0.3), (2, 2.0), (6, 0.0), (6, 1.0)].into_iter().map(|(width, shift)| pair(width, shift)).collect();
    all.extend([(512, 2, 1.0), (512, 6, 1.0), (128, 6, 1.5)].map(|(count, width, scale)| gelbrich(count, width, scale)));
    all
}

fn normals(noise: &mut Noise, rows: usize, columns: usize) -> Array2<f64> {
    Array2::from_shape_fn((rows, columns), |_| noise.normal_vector(1)[0])
}

/// The centred pair where one law is the other one shifted. The shift comes out of `W_2²` exactly, for samples as for laws, so `E U = |shift|²` at every sample size; `L` is centred
/// at zero where the laws agree.
fn pair(width: usize, shift: f64) -> Trial {
    const POINTS: usize = 170;
    let run = move |address: Address| {
        let mut noise = Noise::at(address);
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
    Trial { case: format!("{POINTS} points in {width} dimensions, shift {shift}"), heavy: false, run: Box::new(run) }
}

/// Gelbrich's bound between a standard normal sample and its rows scaled and shifted by 0.2, with noise of their own.
fn gelbrich(count: usize, width: usize, scale: f64) -> Trial {
    const OWN: f64 = 0.3;
    let run = move |address: Address| {
        let mut noise = Noise::at(address);
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
    Trial { case: format!("{count} pairs in {width} dimensions, scale {scale}"), heavy: false, run: Box::new(run) }
}
