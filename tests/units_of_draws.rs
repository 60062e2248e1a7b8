//! Diagnostics and intervals of draws of any size and offset, up to the ends of the range of
//! numbers.

use crate::common::chains::{array_of, chains_of, noise, numbers};
use ndarray::Array2;
use rtrl_lab::markov::Independent;
use rtrl_lab::random::RngKey;
use rtrl_lab::stats::{
    Aspect, Bootstrap, Chains, Estimate, IntervalKind, Sample, VarianceMethod, asymptotic_variance, effective_sample_size, mcse_mean, mcse_quantile,
    squared_norm_of_mean,
};

/// Numbers of one array without a unit: R̂ and the four sizes.
fn sizes(array: &Array2<f64>) -> [u64; 5] {
    let [rhat, bulk, tail, mean, low, ..] = numbers(&chains_of(array).unwrap());
    [rhat, bulk, tail, mean, low].map(|number| number.unwrap().to_bits())
}

#[test]
fn sizes_have_no_unit_and_errors_have_that_of_the_draws() {
    for name in ["sticky", "odd", "heavy"] {
        let array = array_of(name);
        let plain = chains_of(&array).unwrap();
        for power in [-900, -540, -200, 3, 507, 900] {
            let scaled = array.mapv(|x| libm::ldexp(x, power));
            assert_eq!(sizes(&scaled), sizes(&array), "{name} times 2^{power}");
            let there = chains_of(&scaled).unwrap();
            let unit = libm::ldexp(1.0, power);
            assert_eq!(mcse_mean(&there).unwrap(), mcse_mean(&plain).unwrap() * unit, "{name} times 2^{power}");
            assert_eq!(mcse_quantile(&there, 0.3).unwrap(), mcse_quantile(&plain, 0.3).unwrap() * unit);
            assert_eq!(there.ensemble().mean(), plain.ensemble().mean() * unit);
        }
        for method in [VarianceMethod::BatchMeans, VarianceMethod::Lugsail, VarianceMethod::Bartlett] {
            let of = |power| asymptotic_variance(&chains_of(&array.mapv(|x| libm::ldexp(x, power))).unwrap(), method, 0.95);
            match (of(0), of(300)) {
                (Ok(here), Ok(there)) => assert_eq!(there.lower, libm::ldexp(here.lower, 600)),
                (Err(here), Err(there)) => assert_eq!(here, there),
                other => panic!("{name} {method:?}: {other:?}"),
            }
        }
    }
    // A square of 2^1400 is no number, and that is said.
    let huge = chains_of(&array_of("independent").mapv(|x| libm::ldexp(x, 700))).unwrap();
    assert!(asymptotic_variance(&huge, VarianceMethod::BatchMeans, 0.95).unwrap_err().reason.contains("larger than the largest number"));
    let tiny = chains_of(&array_of("independent").mapv(|x| libm::ldexp(x, -700))).unwrap();
    assert!(asymptotic_variance(&tiny, VarianceMethod::BatchMeans, 0.95).unwrap_err().reason.contains("smaller than the smallest number"));
}

#[test]
fn an_offset_costs_no_digits() {
    // On a grid, so that draws beside an offset are the same draws: only the rounding of sums could
    // differ.
    let array = array_of("persistent").mapv(|x| (1024.0 * x).round() / 1024.0);
    let plain = chains_of(&array).unwrap();
    for offset in [1e6, 1e12, -4e12] {
        let moved = chains_of(&array.mapv(|x| x + offset)).unwrap();
        for (index, (here, there)) in numbers(&plain).into_iter().zip(numbers(&moved)).enumerate() {
            let (here, there) = (here.unwrap(), there.unwrap());
            // Rank-based numbers are the same. The indicator of a quantile may see another rounding
            // of the quantile itself, which no draw lies on here.
            assert!((there / here - 1.0).abs() < 1e-7, "{offset}, number {index}: {there} for {here}");
        }
        for method in [VarianceMethod::BatchMeans, VarianceMethod::Lugsail, VarianceMethod::Bartlett] {
            let [here, there] = [&plain, &moved].map(|chains| asymptotic_variance(chains, method, 0.95).unwrap().value);
            assert!((there / here - 1.0).abs() < 1e-7, "{offset}, {method:?}: {there} for {here}");
        }
        assert!((moved.ensemble().mean() - offset - plain.ensemble().mean()).abs() < 1e-3);
    }
}

#[test]
fn half_chains_that_stand_still_have_no_size_whatever_their_value() {
    // The rounding of a mean of equal values is no variance.
    let stuck = chains_of(&Array2::from_shape_fn((3, 1002), |(chain, _)| [0.1, 14.62, 1.0 / 3.0][chain])).unwrap();
    for number in numbers(&stuck) {
        assert!(number.is_err(), "{number:?}");
    }
}

#[test]
fn a_draw_far_out_or_draws_at_the_end_of_the_range_are_measured() {
    let mut array = array_of("independent");
    array[[1, 500]] = 1e300;
    let chains = chains_of(&array).unwrap();
    // All other draws are nothing beside it: one draw of 4000 that is 1, the rest 0.
    let mut indicator = Array2::zeros(array.dim());
    indicator[[1, 500]] = 1.0;
    let expected = effective_sample_size(&chains_of(&indicator).unwrap(), Aspect::Mean).unwrap();
    let found = effective_sample_size(&chains, Aspect::Mean).unwrap();
    assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
    let error = mcse_mean(&chains).unwrap();
    assert!((error / (1e300 / 4000f64.sqrt() / found.sqrt()) - 1.0).abs() < 1e-3, "{error}");
    // Bulk and tail go by rank, and see one draw change its place.
    let bulk = |chains: &Independent<Chains>| effective_sample_size(chains, Aspect::Bulk).unwrap();
    assert!((bulk(&chains) / bulk(&chains_of(&array_of("independent")).unwrap()) - 1.0).abs() < 0.02);
    let ends = array_of("independent").mapv(|x| if x > 0.0 { 1e308 } else { -1e308 });
    let signs = ends.mapv(f64::signum);
    let [there, here] = [&ends, &signs].map(|array| numbers(&chains_of(array).unwrap()));
    for index in [0, 1, 3] {
        let [there, here] = [&there, &here].map(|numbers| numbers[index].clone().unwrap());
        assert!((there / here - 1.0).abs() < 1e-12, "number {index}: {there} {here}");
    }
    assert!((mcse_mean(&chains_of(&ends).unwrap()).unwrap() / 1e308 / mcse_mean(&chains_of(&signs).unwrap()).unwrap() - 1.0).abs() < 1e-12);
}

#[test]
fn intervals_of_values_of_any_size_scale_with_them() {
    let values = noise("interval", 0).normal_vector(40);
    let vectors: Vec<Vec<f64>> = values.chunks(4).map(<[f64]>::to_vec).collect();
    let scaled = |power: i32| values.iter().map(|x| libm::ldexp(1.0 + x, power)).collect::<Vec<f64>>();
    let bits = |e: Estimate, power: i32| [e.value, e.standard_error, e.lower, e.upper].map(|x| libm::ldexp(x, -power).to_bits());
    let mean = |power| bits(Sample::new(&scaled(power)).unwrap().mean(0.95).unwrap(), power);
    let bootstrap = Bootstrap { resamples: 200, key: RngKey::root(5) };
    let resampled = |power| {
        let values = scaled(power);
        // An extreme of the sample: skewed, so that the acceleration, a sum of cubes, counts.
        let statistic = |chosen: &[usize]| Some(chosen.iter().map(|index| values[*index]).fold(0.0, f64::max));
        bits(bootstrap.interval(values.len(), statistic, 0.95, IntervalKind::Bca).unwrap(), power)
    };
    for power in [-900, -300, 200, 600, 1000] {
        assert_eq!(mean(power), mean(0), "mean, 2^{power}");
        assert_eq!(resampled(power), resampled(0), "bootstrap, 2^{power}");
    }
    let norm = |power: i32| {
        let moved: Vec<Vec<f64>> = vectors.iter().map(|vector| vector.iter().map(|x| libm::ldexp(x + 1.0, power)).collect()).collect();
        squared_norm_of_mean(&moved, 0.95)
    };
    for power in [-400, -200, 200, 500] {
        assert_eq!(bits(norm(power).unwrap(), 2 * power), bits(norm(0).unwrap(), 0), "squared norm, 2^{power}");
    }
    assert!(norm(600).unwrap_err().reason.contains("larger than the largest number"));
    assert!(norm(-600).unwrap_err().reason.contains("smaller than the smallest number"));
}
