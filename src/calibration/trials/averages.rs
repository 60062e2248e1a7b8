//! Trials of averages: means, squared norms of means, averages along chains and their asymptotic
//! variance.

use super::super::tally::{Kind, Replicate, Scenario, Truth};
use super::{LEVELS, shot, shot_of};
use crate::markov::Independent;
use crate::random::{Noise, RngKey, stream};
use crate::stats::{
    BlockBootstrap, Chains, ConfidenceSequence, Estimate, Sample, Undefined, VarianceMethod, asymptotic_variance, block_length, mcse_mean,
    mcse_quantile, median, squared_norm_of_mean_at, weighted_line,
};
use ndarray::Array2;

pub(super) fn trials() -> Vec<Scenario> {
    let mut all = vec![means("24 normal values", |z| z, 0.0), means("24 skewed values", |z| libm::exp(0.25 * z), libm::exp(0.03125))];
    all.extend([6, 12, 25].map(medians));
    // As many vectors as the ladder, the learning runs and the truncation lengths have; a flat
    // spectrum and falling ones.
    for (count, width, decay) in [(16, 8, 0.7), (32, 10, 1.0), (32, 40, 0.9), (128, 10, 0.7)] {
        all.extend([0.0, 0.5, 1.0, 2.0, 4.0, 16.0].map(|size| norms(count, width, decay, size)));
    }
    all.extend([0.0, 0.5, 0.9].map(chains));
    all.extend([line(), sequence(), series()]);
    all
}

/// Student's interval of a mean.
fn means(case: &str, of: fn(f64) -> f64, truth: f64) -> Scenario {
    let run = move |key: RngKey| {
        let values: Vec<f64> = Noise::at(key).normal_vector(24).into_iter().map(of).collect();
        vec![shot("mean (Student)", Kind::Confidence, truth, |level| Sample::new(&values)?.mean(level))]
    };
    Scenario { case: case.into(), heavy: false, run: Box::new(run) }
}

/// The median of values as skewed as squared gradients over learning runs.
fn medians(count: usize) -> Scenario {
    let run = move |key: RngKey| {
        let values: Vec<f64> = Noise::at(key).normal_vector(count).into_iter().map(|z| libm::exp(1.5 * z)).collect();
        vec![shot("median (order statistics)", Kind::Confidence, 1.0, |level| Sample::new(&values)?.median(level))]
    };
    Scenario { case: format!("{count} heavily skewed values"), heavy: false, run: Box::new(run) }
}

/// The squared norm of a mean from `count` normal vectors whose standard deviations fall by `decay`
/// a coordinate; the mean lies along the second one, `size` times as long as the fourth root of
/// `tr Σ²/K²`, the scale of the noise.
fn norms(count: usize, width: usize, decay: f64, size: f64) -> Scenario {
    let deviations: Vec<f64> = (0..width).map(|i| libm::pow(decay, i as f64)).collect();
    let trace: f64 = deviations.iter().map(|s| libm::pow(*s, 4.0)).sum();
    let length = size * libm::sqrt(libm::sqrt(trace) / count as f64);
    let run = move |key: RngKey| {
        let mut noise = Noise::at(key);
        let vectors: Vec<Vec<f64>> = (0..count)
            .map(|_| {
                let mut vector: Vec<f64> = noise.normal_vector(width).iter().zip(&deviations).map(|(z, s)| s * z).collect();
                vector[1] += length;
                vector
            })
            .collect();
        let estimates = match squared_norm_of_mean_at(&vectors, LEVELS) {
            Ok(estimates) => estimates.map(Ok),
            Err(why) => LEVELS.map(|_| Err(why.clone())),
        };
        // Zero is the edge of what a square can be: an interval that holds it whenever it reaches
        // it misses on one side alone.
        let kind = if size == 0.0 { Kind::Bound } else { Kind::Confidence };
        vec![shot_of("squared norm of a mean", kind, length * length, estimates)]
    };
    Scenario { case: format!("{count} vectors of {width}, spectrum {decay}, mean {size}"), heavy: false, run: Box::new(run) }
}

/// Averages along four stationary autoregressions of unit variance.
fn chains(phi: f64) -> Scenario {
    const CHAINS: usize = 4;
    const DRAWS: usize = 2000;
    let run = move |key: RngKey| {
        let innovation = libm::sqrt(1.0 - phi * phi);
        let mut draws = Array2::zeros((CHAINS, DRAWS));
        for (chain, mut row) in draws.rows_mut().into_iter().enumerate() {
            let normals = Noise::at(key.replicate(chain)).normal_vector(DRAWS);
            let mut x = normals[0];
            row[0] = x;
            for t in 1..DRAWS {
                x = phi.mul_add(x, innovation * normals[t]);
                row[t] = x;
            }
        }
        let Ok(chains) = Chains::new(draws.view()) else { return Vec::new() };
        let chains = Independent::declare(chains);
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let median = median(draws.iter().copied().collect());
        let variance = (1.0 + phi) / (1.0 - phi);
        let of = |name, method| shot(name, Kind::Confidence, variance, |level| asymptotic_variance(&chains, method, level));
        vec![
            shot("mean ± MCSE", Kind::Confidence, 0.0, |level| Ok(Estimate::normal(mean, mcse_mean(&chains)?, level))),
            shot("median ± MCSE", Kind::Confidence, 0.0, |level| Ok(Estimate::normal(median, mcse_quantile(&chains, 0.5)?, level))),
            of("asymptotic variance, batch means", VarianceMethod::BatchMeans),
            of("asymptotic variance, lugsail", VarianceMethod::Lugsail),
            of("asymptotic variance, Bartlett", VarianceMethod::Bartlett),
        ]
    };
    Scenario { case: format!("{CHAINS} autoregressions of {DRAWS}, φ = {phi}"), heavy: false, run: Box::new(run) }
}

/// The slope of a line through points of known errors.
fn line() -> Scenario {
    let run = |key: RngKey| {
        let normals = Noise::at(key).normal_vector(8);
        let points: Vec<[f64; 3]> = normals
            .iter()
            .enumerate()
            .map(|(i, z)| {
                let (x, error) = (i as f64, 0.1 + 0.05 * i as f64);
                [x, (-0.5f64).mul_add(x, error.mul_add(*z, 2.0)), error * error]
            })
            .collect();
        vec![shot("slope of a weighted line", Kind::Confidence, -0.5, |level| Ok(weighted_line(&points, level)?.slope))]
    };
    Scenario { case: "8 points of known errors".into(), heavy: false, run: Box::new(run) }
}

/// A confidence sequence looked at after every observation from the thirtieth on: the share of runs
/// in which no look ever misses.
fn sequence() -> Scenario {
    let run = |key: RngKey| {
        let values = Noise::at(key).normal_vector(400);
        let widest = |level: f64| -> Result<Estimate, Undefined> {
            let mut sequence = ConfidenceSequence::new(level, 100)?;
            let mut all: Option<Estimate> = None;
            for (t, x) in values.iter().enumerate() {
                sequence.push(*x);
                if t + 1 >= 30 {
                    let now = sequence.interval()?;
                    // The intersection of all looks covers when each of them does.
                    all = Some(all.map_or(now, |all| Estimate { lower: all.lower.max(now.lower), upper: all.upper.min(now.upper), ..now }));
                }
            }
            all.ok_or_else(|| Undefined::because("no look was taken"))
        };
        vec![shot("confidence sequence, all looks", Kind::Bound, 0.0, widest)]
    };
    Scenario { case: "400 normal values, 371 looks".into(), heavy: false, run: Box::new(run) }
}

/// Block bootstrap of the mean of one dependent series.
fn series() -> Scenario {
    let run = |key: RngKey| {
        let (phi, n) = (0.3, 1000);
        let normals = Noise::at(key).normal_vector(n);
        let mut x = normals[0] / libm::sqrt(1.0 - phi * phi);
        let series: Vec<f64> = normals
            .iter()
            .map(|z| {
                x = phi * x + z;
                x
            })
            .collect();
        let bootstrap = BlockBootstrap { resamples: 400, block: block_length(n), key: key.stream(stream::RESAMPLING) };
        let mean = |series: &[f64]| Some(series.iter().sum::<f64>() / series.len() as f64);
        let middle = bootstrap.interval(&series, mean, LEVELS[1]);
        let (value, ends) = middle.map_or((f64::NAN, None), |e| (e.value, Some([e.lower, e.upper])));
        vec![Replicate { estimator: "mean, block bootstrap", kind: Kind::Confidence, truth: Truth::Exact(0.0), value, intervals: [None, ends, None] }]
    };
    Scenario { case: "one autoregression of 1000, φ = 0.3".into(), heavy: false, run: Box::new(run) }
}
