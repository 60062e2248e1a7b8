//! Unit-root and stationarity tests on made series: against statsmodels, against exact answers,
//! under changes of unit.

use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::stats::{augmented_dickey_fuller, kpss};

fn normals(name: &str, count: usize) -> Vec<f64> {
    Noise::at(RngKey::root(20_250_115).within(name)).normal_vector(count)
}

/// `y_t = φ y_{t−1} + ε_t` from 0.
fn autoregression(name: &str, phi: f64, count: usize) -> Vec<f64> {
    let mut state = 0.0;
    normals(name, count)
        .into_iter()
        .map(|noise| {
            state = phi * state + noise;
            state
        })
        .collect()
}

fn sinusoid(frequency: f64, count: usize) -> Vec<f64> {
    (0..count).map(|t| libm::sin(frequency * t as f64)).collect()
}

fn plus(mut series: Vec<f64>, noise: Vec<f64>, size: f64) -> Vec<f64> {
    series.iter_mut().zip(noise).for_each(|(x, z)| *x += size * z);
    series
}

fn line(count: usize) -> Vec<f64> {
    (0..count).map(|t| 2.0 * t as f64 + 1.0).collect()
}

/// The series by name.
fn series(name: &str) -> Vec<f64> {
    match name {
        "short" => autoregression(name, 0.4, 31),
        "independent" => normals(name, 1000),
        "autoregression" => autoregression(name, 0.5, 2000),
        "persistent" => autoregression(name, 0.98, 5000),
        "walk" => autoregression(name, 1.0, 3000),
        "alternating" => autoregression(name, -0.8, 500),
        "whole numbers" => autoregression(name, 0.9, 4000).iter().map(|x| (2.0 * x).floor()).collect(),
        "sinusoid and noise" => plus(sinusoid(0.3, 1000), normals(name, 1000), 1e-3),
        "line and noise" => plus(line(1000), normals(name, 1000), 1.0),
        "offset" => autoregression(name, 0.5, 20_000).iter().map(|x| (1024.0 * x).floor() / 1024.0 + 1e12).collect(),
        _ => panic!("no series {name}"),
    }
}

/// Name, statistic and p-value of ADF, its lag, the same of KPSS.
type Row = (&'static str, [f64; 2], usize, [f64; 2], usize);

/// Statistic and p-value of ADF with its lag, then of KPSS with its lag, on these series saved as
/// binary files: statsmodels 0.15.0, numpy 2.4.6, `adfuller(x, regression="c", autolag="AIC")`,
/// `kpss(x, regression="c", nlags="auto")`; "offset" after its 1e12 was taken off, which is exact
/// there.
const REFERENCE: [Row; 10] = [
    ("short", [-0.10673424995555766, 0.948763631419217], 9, [0.6739945638108055, 0.015909585108108592], 2),
    ("independent", [-31.13974513106109, 0.0], 0, [0.3693566499363971, 0.09036351295844952], 6),
    ("autoregression", [-25.002554420992183, 0.0], 0, [0.24009997806541236, 0.1], 18),
    ("persistent", [-6.934181116731729, 1.0650713030155425e-09], 3, [0.1054679563199876, 0.1], 42),
    ("walk", [-1.4743537316723647, 0.5461578948788836], 0, [8.01008778417036, 0.01], 32),
    ("alternating", [-63.81447252045029, 0.0], 0, [0.24749751505975928, 0.1], 35),
    ("whole numbers", [-14.79091736540665, 2.171914856490731e-27], 0, [0.11886314440280707, 0.1], 36),
    ("sinusoid and noise", [-5.730994688122545, 6.600919894463157e-07], 21, [0.03510592161408588, 0.1], 17),
    ("line and noise", [0.12624149230915063, 0.9678077226028391], 19, [5.101783964801479, 0.01], 19),
    ("offset", [-64.28220679098395, 0.0], 2, [0.08100664700342318, 0.1], 31),
];

#[test]
fn both_tests_equal_the_reference() {
    let near = |ours: f64, theirs: f64| (ours - theirs).abs() <= 1e-9 * theirs.abs();
    for (name, adf, adf_lag, level, level_lag) in REFERENCE {
        let values = series(name);
        let (unit_root, stationary) = (augmented_dickey_fuller(&values).unwrap(), kpss(&values).unwrap());
        assert!(unit_root.lag == adf_lag && near(unit_root.statistic, adf[0]) && near(unit_root.p_value, adf[1]), "{name}: {unit_root:?}");
        assert!(stationary.lag == level_lag && near(stationary.statistic, level[0]) && near(stationary.p_value, level[1]), "{name}: {stationary:?}");
    }
}

/// The long-run variance as it is defined, lag by lag.
#[test]
fn kpss_is_its_definition() {
    for name in ["short", "persistent", "walk", "alternating"] {
        let values = series(name);
        let found = kpss(&values).unwrap();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let residuals: Vec<f64> = values.iter().map(|x| x - mean).collect();
        let covariance = |lag: usize| residuals[lag..].iter().zip(&residuals).map(|(a, b)| a * b).sum::<f64>() / n;
        let weight = |lag: usize| 1.0 - lag as f64 / (found.lag as f64 + 1.0);
        let long_run = (1..=found.lag).fold(covariance(0), |sum, lag| sum + 2.0 * weight(lag) * covariance(lag));
        let mut partial = 0.0;
        let squares: f64 = residuals
            .iter()
            .map(|r| {
                partial += r;
                partial * partial
            })
            .sum();
        let expected = squares / (n * n) / long_run;
        assert!((found.statistic / expected - 1.0).abs() < 1e-10, "{name}: {found:?} {expected}");
    }
}

#[test]
fn neither_test_depends_on_the_unit() {
    for name in ["autoregression", "walk", "whole numbers", "sinusoid and noise"] {
        let values = series(name);
        let bits = |values: &[f64]| {
            [augmented_dickey_fuller(values), kpss(values)].map(|test| test.map(|t| (t.statistic.to_bits(), t.lag, t.p_value.to_bits())).unwrap())
        };
        let plain = bits(&values);
        for power in [-560, -100, 40, 507, 1000] {
            let scaled: Vec<f64> = values.iter().map(|x| libm::ldexp(*x, power)).collect();
            assert_eq!(bits(&scaled), plain, "{name} times 2^{power}");
        }
    }
    // Whole numbers stay what they are beside an offset: what changes is the rounding of sums
    // alone.
    let values = series("whole numbers");
    let [unit_root, stationary] = [augmented_dickey_fuller(&values).unwrap(), kpss(&values).unwrap()];
    for offset in [1e6, 1e12, -4e15] {
        let moved: Vec<f64> = values.iter().map(|x| x + offset).collect();
        let [there, level] = [augmented_dickey_fuller(&moved).unwrap(), kpss(&moved).unwrap()];
        assert!(there.lag == unit_root.lag && (there.statistic / unit_root.statistic - 1.0).abs() < 1e-10, "{offset}: {there:?} {unit_root:?}");
        assert!(level.lag == stationary.lag && (level.statistic / stationary.statistic - 1.0).abs() < 1e-10, "{offset}: {level:?} {stationary:?}");
    }
}

#[test]
fn what_an_autoregression_predicts_exactly_is_decided_by_its_root() {
    let of = |f: &dyn Fn(f64) -> f64| (0..1000).map(|t| f(f64::from(t))).collect::<Vec<f64>>();
    let (stable, unit) = (f64::NEG_INFINITY, 0.0);
    let cases: [(&str, Vec<f64>, f64, usize); 10] = [
        ("sinusoid", sinusoid(0.3, 1000), stable, 1),
        ("slow sinusoid", sinusoid(0.001, 1000), stable, 1),
        ("two sinusoids", plus(sinusoid(0.3, 1000), sinusoid(0.7, 1000), 0.5), stable, 3),
        ("sign", of(&|t| 1.0 - 2.0 * (t % 2.0)), stable, 0),
        ("period", of(&|t| libm::sin(1.7 * (t % 13.0))), stable, 11),
        ("decay", of(&|t| libm::pow(0.9, t)), stable, 0),
        ("growth", of(&|t| libm::pow(1.1, t)), f64::INFINITY, 0),
        ("line", line(1000), unit, 0),
        ("line and rounding", plus(line(1000), normals("rounding", 1000), 1e-10), unit, 0),
        ("square", of(&|t| t * t), unit, 1),
    ];
    for (name, values, statistic, lag) in cases {
        let (mean, deviation) = rtrl_lab::stats::mean_and_deviation(&values);
        let standardised: Vec<f64> = values.iter().map(|x| (x - mean) / deviation).collect();
        for values in [&values, &standardised] {
            let found = augmented_dickey_fuller(values).unwrap();
            let p_value = if statistic == stable { 0.0 } else { 1.0 };
            assert_eq!((found.statistic, found.lag, found.p_value), (statistic, lag, p_value), "{name}");
            assert!(kpss(values).unwrap().statistic > 0.0, "{name}");
        }
    }
    // Noise that is more than rounding makes a regression of it.
    let noisy = augmented_dickey_fuller(&plus(sinusoid(0.3, 1000), normals("noise", 1000), 1e-9)).unwrap();
    assert!(noisy.statistic.is_finite() && noisy.p_value < 1e-3, "{noisy:?}");
    let noisy = augmented_dickey_fuller(&plus(line(1000), normals("noise", 1000), 1e-6)).unwrap();
    assert!(noisy.statistic.is_finite() && noisy.statistic != 0.0 && noisy.p_value > 0.5, "{noisy:?}");
}

#[test]
fn a_series_that_cannot_be_tested_says_why() {
    let refused = |values: &[f64], word: &str| {
        let why = augmented_dickey_fuller(values).unwrap_err();
        assert!(why.reason.contains(word), "{why}");
    };
    refused(&[1.0; 29], "29 observations");
    refused(&[14.62; 100_000], "constant");
    refused(&[0.1 * 2f64.powi(-1000); 40], "constant");
    let mut values = normals("poisoned", 40);
    values[7] = f64::NAN;
    refused(&values, "not finite");
    let mut values = vec![0.3; 1000];
    values[999] = 1.0;
    refused(&values, "last values");
    assert!(kpss(&[14.62; 100_000]).unwrap_err().reason.contains("constant"));
    assert!(kpss(&values).is_ok(), "a level test needs no regression");
}
