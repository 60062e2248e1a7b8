//! The vectorised `exp` and `tanh` against a double-double reference, on millions of points and at
//! every edge.

use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::simd::elementary::{exp, exp_all, tanh, tanh_all};

/// An unevaluated sum of two numbers, about 106 bits.
#[derive(Clone, Copy)]
struct Double(f64, f64);

fn two_sum(a: f64, b: f64) -> Double {
    let sum = a + b;
    let bump = sum - a;
    Double(sum, (a - (sum - bump)) + (b - bump))
}

impl Double {
    fn plus(self, other: Double) -> Double {
        let (high, low) = (two_sum(self.0, other.0), two_sum(self.1, other.1));
        let first = two_sum(high.0, high.1 + low.0);
        two_sum(first.0, first.1 + low.1)
    }

    fn times(self, other: Double) -> Double {
        let product = self.0 * other.0;
        let lost = self.0.mul_add(other.0, -product) + (self.0 * other.1 + self.1 * other.0);
        two_sum(product, lost)
    }

    fn over(self, other: Double) -> Double {
        let first = self.0 / other.0;
        let rest = self.plus(other.times(Double(-first, 0.0)));
        let second = rest.0 / other.0;
        let rest = rest.plus(other.times(Double(-second, 0.0)));
        two_sum(first, second).plus(Double(rest.0 / other.0, 0.0))
    }
}

const ONE: Double = Double(1.0, 0.0);
const LN_2: Double = Double(std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17);

/// `Σ_{k ≥ first} x^k/k!` over every `stride`-th power from `first` on.
fn series(x: Double, first: u32, stride: u32) -> Double {
    let (mut term, mut power, mut sum) = (ONE, 0u32, Double(0.0, 0.0));
    loop {
        if power >= first && (power - first).is_multiple_of(stride) {
            sum = sum.plus(term);
        }
        power += 1;
        term = term.times(x).over(Double(f64::from(power), 0.0));
        if power > first + 2 && term.0.abs() < 1e-36 * sum.0.abs() {
            return sum;
        }
    }
}

/// `(k, e^r)` with `x = k ln 2 + r`.
fn exp_reference(x: f64) -> (i32, Double) {
    let k = (x / std::f64::consts::LN_2).round();
    let r = Double(x, 0.0).plus(LN_2.times(Double(-k, 0.0)));
    (k as i32, series(r, 0, 1))
}

fn tanh_reference(x: f64) -> Double {
    if x.abs() < 0.7 {
        let x = Double(x, 0.0);
        return series(x, 1, 2).over(series(x, 0, 2));
    }
    let (k, value) = exp_reference(2.0 * x.abs());
    let scale = Double(libm::ldexp(1.0, k), 0.0);
    let grown = value.times(scale);
    let value = grown.plus(Double(-1.0, 0.0)).over(grown.plus(ONE));
    Double(value.0.copysign(x), value.1 * x.signum())
}

/// Distance of `value` from `reference` in units in the last place of the reference.
fn error_in_units(value: f64, reference: Double) -> f64 {
    let unit = libm::ldexp(1.0, libm::ilogb(reference.0).max(-1022) - 52);
    ((value - reference.0) - reference.1).abs() / unit
}

#[test]
fn the_reference_knows_e_and_tanh_of_one_to_thirty_digits() {
    let (k, value) = exp_reference(1.0);
    let e = value.times(Double(libm::ldexp(1.0, k), 0.0));
    assert_eq!(e.0, std::f64::consts::E);
    assert!((e.1 - 1.445_646_891_729_250_2e-16).abs() < 1e-29);
    // tanh 1 = 0.76159415595576488811945828260479…
    let whole = tanh_reference(1.0);
    assert!((whole.0 - 0.761_594_155_955_764_9).abs() < 1e-16);
    // The two ways of the reference agree where they meet.
    let (x, direct) = (0.7, tanh_reference(0.7));
    let by_series = series(Double(x, 0.0), 1, 2).over(series(Double(x, 0.0), 0, 2));
    assert!(((direct.0 - by_series.0) + (direct.1 - by_series.1)).abs() < 1e-30);
}

#[test]
fn both_err_by_less_than_one_unit_on_two_million_points() {
    let mut noise = Noise::at(RngKey::root(20));
    let (mut worst_tanh, mut worst_exp, mut libm_tanh) = (0.0f64, 0.0f64, 0.0f64);
    for index in 0..1_000_000 {
        let u = noise.uniform();
        // Even coverage of the curve, its tails and 60 binades below one.
        let x = match index % 4 {
            0 => 6.0 * u - 3.0,
            1 => 44.0 * u - 22.0,
            2 => 0.8 * u,
            _ => libm::exp2(-60.0 * u) * noise.sign(),
        };
        let reference = tanh_reference(x);
        worst_tanh = worst_tanh.max(error_in_units(tanh(x), reference));
        libm_tanh = libm_tanh.max(error_in_units(libm::tanh(x), reference));
        let x = match index % 3 {
            0 => 1416.0 * u - 708.0,
            1 => 2.0 * u - 1.0,
            _ => libm::exp2(-60.0 * u) * noise.sign(),
        };
        let (k, value) = exp_reference(x);
        worst_exp = worst_exp.max(error_in_units(libm::ldexp(exp(x), -k), value));
    }
    println!("worst errors: tanh {worst_tanh:.3}, exp {worst_exp:.3}, tanh of libm {libm_tanh:.3} units in the last place");
    assert!(worst_tanh < 0.75 && worst_exp < 0.65, "tanh {worst_tanh}, exp {worst_exp}");
    // The measure is not blind: the reference sees the error of the plain algorithm, and of a last
    // bit moved.
    assert!(libm_tanh > 0.8);
    let x = 0.3;
    assert!(error_in_units(f64::from_bits(tanh(x).to_bits() + 1), tanh_reference(x)) > 0.4);
    assert!(error_in_units(f64::from_bits(tanh(x).to_bits() + 2), tanh_reference(x)) > 1.4);
}

#[test]
fn both_are_right_at_the_edges() {
    let smallest = f64::from_bits(1);
    for x in [0.0, smallest, 1e-310, f64::MIN_POSITIVE, 1e-300, 1e-30, 1e-9] {
        assert_eq!((tanh(x).to_bits(), tanh(-x).to_bits()), (x.to_bits(), (-x).to_bits()), "tanh {x}");
        assert_eq!((exp(x), exp(-x)), (1.0 + x, 1.0 - x), "exp {x}");
    }
    for x in [19.1, 22.0, 40.0, 700.0, 1e10, 1e308, f64::INFINITY] {
        assert_eq!((tanh(x), tanh(-x)), (1.0, -1.0), "tanh {x}");
    }
    assert!(tanh(18.9) < 1.0);
    for x in [709.8, 720.0, 1e4, f64::MAX, f64::INFINITY] {
        assert_eq!((exp(x), exp(-x - 40.0)), (f64::INFINITY, 0.0), "exp {x}");
    }
    assert!(tanh(f64::NAN).is_nan() && exp(f64::NAN).is_nan() && exp(-f64::NAN).is_nan());
    assert!(exp(709.78).is_finite() && exp(-745.1) == smallest && exp(-745.2) == 0.0);
    // Subnormal results are rounded twice: one unit of the smallest number.
    let mut noise = Noise::at(RngKey::root(21));
    for _ in 0..20_000 {
        let x = -708.0 - 37.0 * noise.uniform();
        let units = (exp(x).to_bits() as i64 - libm::exp(x).to_bits() as i64).abs();
        assert!(units <= 1, "exp {x} is {units} units away");
    }
}

#[test]
fn tanh_is_odd_and_never_leaves_its_range_nor_decreases_between_far_points() {
    let mut noise = Noise::at(RngKey::root(22));
    for _ in 0..200_000 {
        let x = 25.0 * noise.uniform();
        assert_eq!(tanh(x).to_bits(), (-tanh(-x)).to_bits());
        assert!(tanh(x) <= 1.0 && tanh(x) <= tanh(x + 1e-3) && tanh(x) <= x);
        assert!(exp(x) < exp(x + 1e-3));
    }
}

#[test]
fn a_whole_slice_has_the_bits_of_the_portable_function_for_every_length() {
    let mut noise = Noise::at(RngKey::root(23));
    let edges = [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, 1e-310, -1e-310, 21.9, 22.1, 709.0, -745.0, 1e300];
    for len in (0..40).chain([1000, 50_001]) {
        let values: Vec<f64> = (0..len).map(|i| if i % 7 == 3 { edges[i % edges.len()] } else { 30.0 * (noise.uniform() - 0.5) }).collect();
        let (mut curve, mut grown) = (values.clone(), values.clone());
        tanh_all(&mut curve);
        exp_all(&mut grown);
        for (x, (t, e)) in values.iter().zip(curve.iter().zip(&grown)) {
            assert_eq!((t.to_bits(), e.to_bits()), (tanh(*x).to_bits(), exp(*x).to_bits()), "at {x}");
        }
    }
}
