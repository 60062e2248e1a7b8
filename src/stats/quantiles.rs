//! Quantiles and tails of the normal, Student, chi-square and beta laws.

use statrs::distribution::{Beta, ChiSquared, ContinuousCDF, StudentsT};

/// The median of some values, the mean of the middle two where their number is even; NaN without
/// one.
///
/// ```
/// use rtrl_lab::stats::median;
/// assert_eq!((median(vec![3.0, 1.0, 9.0]), median(vec![3.0, 1.0, 2.0, 10.0])), (3.0, 2.5));
/// assert!(median(vec![]).is_nan());
/// ```
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    sorted_median(&values)
}

/// [`median`] of values in order.
pub(super) fn sorted_median(sorted: &[f64]) -> f64 {
    let n = sorted.len();
    if n == 0 {
        return f64::NAN;
    }
    let (low, high) = (sorted[(n - 1) / 2], sorted[n / 2]);
    let sum = low + high;
    // Halves first where the sum overflows; they are not where halves lose a digit.
    if sum.is_finite() { 0.5 * sum } else { 0.5 * low + 0.5 * high }
}

/// Half width of the central region, where the quantile is odd in `p − 1/2`.
const CENTRE: f64 = 0.425;
/// End of the middle region, in `√(−log p)`.
const MIDDLE: f64 = 5.0;

/// Rational approximations, numerator and denominator from the constant term up: centre, middle,
/// far tail.
const RATIONAL: [[[f64; 8]; 2]; 3] = [
    [
        [
            3.387_132_872_796_366_5,
            133.141_667_891_784_38,
            1_971.590_950_306_551_3,
            13_731.693_765_509_46,
            45_921.953_931_549_87,
            67_265.770_927_008_7,
            33_430.575_583_588_13,
            2_509.080_928_730_122_7,
        ],
        [
            1.0,
            42.313_330_701_600_91,
            687.187_007_492_057_9,
            5_394.196_021_424_751,
            21_213.794_301_586_597,
            39_307.895_800_092_71,
            28_729.085_735_721_943,
            5_226.495_278_852_854,
        ],
    ],
    [
        [
            1.423_437_110_749_683_5,
            4.630_337_846_156_546,
            5.769_497_221_460_691,
            3.647_848_324_763_204_5,
            1.270_458_252_452_368_4,
            0.241_780_725_177_450_6,
            0.022_723_844_989_269_184,
            7.745_450_142_783_414e-4,
        ],
        [
            1.0,
            2.053_191_626_637_759,
            1.676_384_830_183_803_8,
            0.689_767_334_985_1,
            0.148_103_976_427_480_08,
            0.015_198_666_563_616_457,
            5.475_938_084_995_345e-4,
            1.050_750_071_644_416_9e-9,
        ],
    ],
    [
        [
            6.657_904_643_501_103,
            5.463_784_911_164_114,
            1.784_826_539_917_291_3,
            0.296_560_571_828_504_87,
            0.026_532_189_526_576_124,
            0.001_242_660_947_388_078_4,
            2.711_555_568_743_487_6e-5,
            2.010_334_399_292_288_1e-7,
        ],
        [
            1.0,
            0.599_832_206_555_888,
            0.136_929_880_922_735_8,
            0.014_875_361_290_850_615,
            7.868_691_311_456_133e-4,
            1.846_318_317_510_054_8e-5,
            1.421_511_758_316_446e-7,
            2.044_263_103_389_939_8e-15,
        ],
    ],
];

/// The quantile of the standard normal law at `p`: −∞ at 0, ∞ at 1, NaN outside `[0, 1]`.
///
/// Rational approximations in three regions with a relative error near the rounding of a double;
/// the same bits on every machine. Source: Wichura (1988), algorithm AS 241, doi 10.2307/2347330.
///
/// ```
/// assert!((rtrl_lab::stats::normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-15);
/// ```
pub fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= CENTRE {
        return q * rational(0, CENTRE * CENTRE - q * q);
    }
    let tail = p.min(1.0 - p);
    if tail <= 0.0 || p.is_nan() {
        return if tail == 0.0 { q.signum() * f64::INFINITY } else { f64::NAN };
    }
    let root = (-libm::log(tail)).sqrt();
    q.signum() * if root <= MIDDLE { rational(1, root - 1.6) } else { rational(2, root - MIDDLE) }
}

fn rational(region: usize, r: f64) -> f64 {
    let [above, below] = RATIONAL[region].map(|c| c.iter().rev().fold(0.0, |sum, c| sum * r + c));
    above / below
}

/// `P(Z > z)` of a standard normal.
pub(crate) fn normal_tail(z: f64) -> f64 {
    0.5 * libm::erfc(z / std::f64::consts::SQRT_2)
}

/// The quantile of Student's law with `dof > 0` degrees of freedom at `p` in (0, 1); NaN where
/// `dof` is not positive.
///
/// ```
/// use rtrl_lab::stats::student_quantile;
/// // One degree of freedom is Cauchy's law; two have (2p − 1)/√(2p(1 − p)).
/// assert!((student_quantile(0.75, 1.0) - 1.0).abs() < 1e-9);
/// assert!((student_quantile(0.9, 2.0) - 0.8 / 0.18f64.sqrt()).abs() < 1e-9);
/// ```
pub fn student_quantile(p: f64, dof: f64) -> f64 {
    StudentsT::new(0.0, 1.0, dof).map_or(f64::NAN, |law| law.inverse_cdf(p))
}

/// The quantile of the chi-square law with `dof > 0` degrees of freedom, whole or not, at `p` in
/// (0, 1); NaN where `dof` is not positive.
///
/// ```
/// assert!(
///     (rtrl_lab::stats::chi_square_quantile(0.95, 10.0) - 18.307_038_053_275_15).abs() < 1e-8
/// );
/// ```
pub fn chi_square_quantile(p: f64, dof: f64) -> f64 {
    ChiSquared::new(dof).map_or(f64::NAN, |law| law.inverse_cdf(p))
}

/// The quantile of the beta law with positive shapes at `p` in (0, 1); NaN where a shape is not
/// positive.
///
/// ```
/// assert!((rtrl_lab::stats::beta_quantile(0.5, 2.0, 3.0) - 0.385_727_568_132_389).abs() < 1e-10);
/// ```
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    Beta::new(a, b).map_or(f64::NAN, |law| law.inverse_cdf(p))
}
