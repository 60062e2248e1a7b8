//! Convergence diagnostics of chains against reference numbers, exact variances and degenerate
//! input.

use crate::common::chains::{REFERENCE, array_of, autoregression, chains_of, noise, normal, numbers};
use ndarray::{Array2, array};
use rtrl_lab::markov::Independent;
use rtrl_lab::stats::{
    Aspect, Chains, ConfidenceSequence, Estimate, VarianceMethod, asymptotic_variance, effective_sample_size, mcse_mean,
    multivariate_effective_sample_size, normal_quantile, rhat,
};

#[test]
fn every_number_equals_the_reference() {
    for (name, expected) in REFERENCE {
        let chains = chains_of(&array_of(name)).unwrap();
        for (index, (ours, theirs)) in numbers(&chains).into_iter().zip(expected).enumerate() {
            if theirs.is_nan() {
                assert!(ours.is_err(), "{name}, number {index}: {ours:?}");
            } else {
                let ours = ours.unwrap();
                assert!((ours - theirs).abs() <= 1e-6 * theirs.abs(), "{name}, number {index}: {ours} against {theirs}");
            }
        }
    }
    // The comparison can tell: the arrays differ by far more than the tolerance.
    let apart = REFERENCE.map(|(_, numbers)| numbers[1]);
    assert!(apart.iter().enumerate().all(|(i, x)| apart[..i].iter().all(|y| (x / y - 1.0).abs() > 1e-3)));
}

#[test]
fn degenerate_chains_are_undefined_and_never_perfect() {
    let mut poisoned = array_of("independent");
    poisoned[[2, 17]] = f64::NAN;
    let mut infinite = array_of("independent");
    infinite[[0, 0]] = f64::INFINITY;
    let refused = [
        (Array2::from_elem((4, 100), 3.5), "same value"),
        (poisoned, "1 of 4000 draws are not finite"),
        (infinite, "not finite"),
        (array![[1.0], [2.0]], "too few"),
        (array![[1.0, 2.0], [2.0, 1.0]], "too few"),
        (array![[1.0, 2.0, 3.0]], "too few"),
        (Array2::zeros((0, 100)), "no chain"),
        (Array2::zeros((4, 0)), "too few"),
    ];
    for (array, word) in refused {
        let undefined = Chains::new(array.view()).unwrap_err();
        assert!(undefined.reason.contains(word), "{undefined}");
    }
    // Chains that never move but differ: ArviZ answers infinity or a size, here there is no
    // variance to speak of.
    let stuck = chains_of(&Array2::from_shape_fn((3, 50), |(chain, _)| chain as f64)).unwrap();
    assert!(numbers(&stuck).iter().all(Result::is_err));
    // Where the 95 % quantile is the largest draw, every draw lies at or below it: an indicator of
    // one value.
    let tied = chains_of(&Array2::from_shape_fn((2, 60), |(_, draw)| f64::from(draw % 5 == 0))).unwrap();
    assert!(effective_sample_size(&tied, Aspect::Tail).is_err() && effective_sample_size(&tied, Aspect::Mean).is_ok());
    let alone = chains_of(&array_of("alone")).unwrap();
    assert!(rhat(&alone).unwrap_err().reason.contains("at least two"));
    for level in [0.0, 1.0, -0.5, f64::NAN] {
        assert!(effective_sample_size(&alone, Aspect::Quantile(level)).is_err(), "{level}");
    }
}

#[test]
fn the_numbers_do_not_depend_on_the_number_of_threads() {
    let array = array_of("sticky");
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| numbers(&chains_of(&array).unwrap()).map(|number| number.unwrap().to_bits()))
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn the_normal_quantile_agrees_with_another_algorithm_and_with_its_symmetry() {
    let other = |p: f64| -std::f64::consts::SQRT_2 * statrs::function::erf::erfc_inv(2.0 * p);
    // Within 1e-15 relative each: the two may lie twice that apart.
    for k in (1..200_000).filter(|k| *k != 100_000) {
        let p = f64::from(k) / 200_000.0;
        assert!((normal_quantile(p) / other(p) - 1.0).abs() < 2e-15, "{p}: {} {}", normal_quantile(p), other(p));
    }
    for exponent in 1..300 {
        let p = 10f64.powi(-exponent);
        assert!((normal_quantile(p) / other(p) - 1.0).abs() < 2e-15, "{p}: {} {}", normal_quantile(p), other(p));
    }
    for p in [0.5, 0.25, 0.0625, 2f64.powi(-30)] {
        assert_eq!(normal_quantile(p), -normal_quantile(1.0 - p));
    }
    assert_eq!([normal_quantile(0.0), normal_quantile(1.0)], [f64::NEG_INFINITY, f64::INFINITY]);
    assert!([-0.1, 1.1, f64::NAN].iter().all(|p| normal_quantile(*p).is_nan()));
}

/// Whether a share lies in a band, so that a right programme fails with probability 1e-5 at most:
/// `count` says how many of so many repeats hit; a share outside the band by more than chance (4.42
/// standard errors, two-sided 1e-5) is tried again on four times as many before it counts.
fn share_lies_in(band: [f64; 2], repeats: usize, count: impl Fn(std::ops::Range<usize>) -> usize) -> bool {
    let within = |hits: usize, repeats: usize| {
        let share = hits as f64 / repeats as f64;
        let slack = |p: f64| 4.42 * (p * (1.0 - p) / repeats as f64).sqrt();
        share >= band[0] - slack(band[0]) && share <= band[1] + slack(band[1])
    };
    within(count(0..repeats), repeats) || within(count(repeats..5 * repeats), 4 * repeats)
}

#[test]
fn intervals_of_the_asymptotic_variance_cover_the_exact_one() {
    let phi: f64 = 0.5;
    let exact = 1.0 / ((1.0 - phi) * (1.0 - phi));
    let covered = |contains: &dyn Fn(&Independent<Chains>) -> bool, repeats: std::ops::Range<usize>| {
        repeats.filter(|r| contains(&chains_of(&autoregression(&format!("variance {r}"), phi, 2, 4000, normal)).unwrap())).count()
    };
    for method in [VarianceMethod::BatchMeans, VarianceMethod::Lugsail, VarianceMethod::Bartlett] {
        let contains = |chains: &Independent<Chains>| asymptotic_variance(chains, method, 0.95).unwrap().contains(exact);
        // The bias of 2 % of σ² costs up to a point of coverage, the chi-square approximation
        // another.
        assert!(share_lies_in([0.93, 0.97], 300, |repeats| covered(&contains, repeats)), "{method:?}");
    }
    // The plain variance, 4/3, is far from σ² = 4: the test is not vacuous.
    let plain = |chains: &Independent<Chains>| {
        let mean = mcse_mean(chains).unwrap();
        let naive = mean * mean * effective_sample_size(chains, Aspect::Mean).unwrap();
        Estimate::normal(naive, naive * (2.0f64 / 8000.0).sqrt(), 0.95).contains(exact)
    };
    assert!(!share_lies_in([0.93, 0.97], 300, |repeats| covered(&plain, repeats)));
}

/// Whether the mean of `values` lies within `allowed` of `expected`, beyond which it must stay by
/// 4.42 of its standard errors (false alarm 1e-5) to be refuted.
fn mean_is(values: &[f64], expected: f64, allowed: f64) -> bool {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let error = (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0) / n).sqrt();
    assert!(error < 0.04, "so rough a mean tells nothing: {error}");
    (mean - expected).abs() <= allowed + 4.42 * error
}

#[test]
fn the_variance_of_the_mean_is_one_number_by_two_ways() {
    const ARRAYS: usize = 100;
    const METHODS: [VarianceMethod; 3] = [VarianceMethod::BatchMeans, VarianceMethod::Lugsail, VarianceMethod::Bartlett];
    let draws = 20_000.0;
    let (mut ratios, mut sizes): ([Vec<f64>; 3], Vec<f64>) = Default::default();
    for array in 0..ARRAYS {
        let [chains, other] = ["one", "another"].map(|name| chains_of(&autoregression(&format!("{name} {array}"), 0.9, 4, 5000, normal)).unwrap());
        let by_size = mcse_mean(&chains).unwrap().powi(2) * draws;
        for (method, ratios) in METHODS.into_iter().zip(&mut ratios) {
            let variance = asymptotic_variance(&chains, method, 0.95).unwrap();
            assert!(variance.lower < variance.value && variance.value < variance.upper, "{method:?}");
            ratios.push(libm::log(variance.value / by_size));
        }
        let both = Independent::declare(vec![chains.ensemble().clone(), other.ensemble().clone()]);
        let [one, two] = [&chains, &other].map(|chains| effective_sample_size(chains, Aspect::Mean).unwrap());
        sizes.push(libm::log(multivariate_effective_sample_size(&both).unwrap() / (one * two).sqrt()));
    }
    for (method, ratios) in METHODS.iter().zip(&ratios) {
        // Batches of 345 leave out (τ² − 1)/(2 τ 345) = 3 % at τ = 19, and the logarithm of a
        // number with a spread of 16 % (lugsail: 33 %) lies 1 % (5 %) low.
        assert!(mean_is(ratios, 0.0, 0.06), "{method:?}: {ratios:?}");
        assert!(!mean_is(ratios, 0.25, 0.06), "{method:?}: the comparison can tell");
    }
    // Two independent quantities of one mixing time have the size of each, but for the bias of its
    // batches of ⌊√5000⌋ = 70 draws: (τ² − 1)/(2 τ 70) = 13.5 % of the variance.
    let bias = -libm::log1p(-(19.0 * 19.0 - 1.0) / (2.0 * 19.0 * 70.0));
    assert!(mean_is(&sizes, bias, 0.02) && !mean_is(&sizes, 0.0, 0.02), "{bias}: {sizes:?}");
    // Two copies of one are singular.
    let chains = chains_of(&array_of("persistent")).unwrap();
    let copies = Independent::declare(vec![chains.ensemble().clone(), chains.ensemble().clone()]);
    assert!(multivariate_effective_sample_size(&copies).is_err());
    assert!(multivariate_effective_sample_size(&Independent::declare(Vec::new())).is_err());
}

#[test]
fn a_confidence_sequence_holds_over_many_looks_where_a_fixed_interval_does_not() {
    // Skewed observations (unit exponentials, mean 1); a look after every 20 from the 40th on.
    let missed = |fixed: bool, repeats: std::ops::Range<usize>| {
        let ever = |replicate: &usize| {
            let mut noise = noise("sequence", *replicate);
            let mut sequence = ConfidenceSequence::new(0.9, 500).unwrap();
            (0..100).any(|look| {
                let batch: Vec<f64> = (0..20).map(|_| -libm::log(noise.uniform())).collect();
                sequence.extend(&batch);
                let now = sequence.interval().unwrap();
                let read = if fixed { Estimate::normal(now.value, now.standard_error, 0.9) } else { now };
                look > 0 && !read.contains(1.0)
            })
        };
        repeats.filter(ever).count()
    };
    // Over finitely many looks the sequence is conservative: anything up to its nominal 10 % is
    // right.
    assert!(share_lies_in([0.0, 0.1], 600, |repeats| missed(false, repeats)));
    assert!(!share_lies_in([0.0, 0.1], 600, |repeats| missed(true, repeats)));
}
