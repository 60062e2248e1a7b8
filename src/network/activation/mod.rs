//! Activation functions with their first derivative and the bounds a contraction certificate needs.

mod arctan;
mod elu;
mod erf;
mod gelu;
mod identity;
mod rectified;
mod sigmoid;
mod silu;
mod sin;
mod softplus;
mod softsign;
mod tanh;

pub(super) use sigmoid::logistic;
#[cfg(test)]
pub(crate) use tanh::SameBits;

/// A scalar activation `σ`. The theory asks for one that is twice continuously differentiable with
/// bounded derivatives; [`Activation::is_smooth`] tells which are.
///
/// ```
/// use rtrl_lab::network::activation::SIGMOID;
/// let (value, slope) = SIGMOID.value_and_slope(3f64.ln());
/// assert!((value - 0.75).abs() < 1e-15 && (slope - 0.1875).abs() < 1e-15);
/// // A step that no subtraction of values could see.
/// let (moved, _) = SIGMOID.difference(0.0, 1e-200);
/// assert!((moved / 0.25e-200 - 1.0).abs() < 1e-12);
/// assert_eq!((SIGMOID.slope_bound(), SIGMOID.value_bound()), (0.25, 1.0));
/// assert!(SIGMOID.is_smooth() && SIGMOID.curvature(0.0) == 0.0);
/// ```
pub trait Activation: Send + Sync {
    /// The name used in study files.
    fn name(&self) -> &'static str;

    /// `(σ(u), σ'(u))`.
    fn value_and_slope(&self, u: f64) -> (f64, f64);

    /// Turns a slice of `u` into `σ(u)` and writes `σ'(u)` beside it: what the ensembles call, many
    /// units at once. It may differ from [`Activation::value_and_slope`] by rounding.
    fn values_and_slopes(&self, u: &mut [f64], slopes: &mut [f64]) {
        for (u, slope) in u.iter_mut().zip(slopes) {
            (*u, *slope) = self.value_and_slope(*u);
        }
    }

    /// `(σ(u + δ) − σ(u), σ'(u + δ) − σ'(u))`, to full relative precision however small `δ` is.
    fn difference(&self, u: f64, delta: f64) -> (f64, f64);

    /// The same for many units at once: turns `δ` into the difference of the values and `u` into
    /// that of the slopes. It may differ from [`Activation::difference`] by rounding.
    fn differences(&self, u: &mut [f64], delta: &mut [f64]) {
        for (u, delta) in u.iter_mut().zip(delta) {
            (*delta, *u) = self.difference(*u, *delta);
        }
    }

    /// `σ''(u)`; where it jumps, the value on the right.
    fn curvature(&self, u: f64) -> f64;

    /// Whether `σ` is twice continuously differentiable, as the theory's premise asks.
    fn is_smooth(&self) -> bool {
        true
    }

    /// Whether `σ` never falls, so that an interval goes to the interval between the images of its
    /// ends.
    fn is_monotone(&self) -> bool {
        true
    }

    /// Whether `σ(u) = u`.
    fn is_linear(&self) -> bool {
        false
    }

    /// `L = sup |σ'|`.
    fn slope_bound(&self) -> f64;

    /// `L₂ = sup |σ''|`, infinite where the slope jumps.
    fn curvature_bound(&self) -> f64;

    /// `sup |σ|`, infinite where the activation is unbounded.
    fn value_bound(&self) -> f64;
}

/// Above this step two values are far enough apart to be subtracted.
const WIDE: f64 = 0.5;

/// A slope or a distance to a bound below this has lost ten bits or more where it was formed by a
/// subtraction from 1; it is then formed from exponentials.
const STEEP: f64 = 1.0 / 1024.0;

/// The difference of value and slope by subtraction, for steps wider than [`WIDE`].
fn subtracted(activation: &dyn Activation, u: f64, delta: f64) -> (f64, f64) {
    let ((here, slope), (there, other)) = (activation.value_and_slope(u), activation.value_and_slope(u + delta));
    (there - here, other - slope)
}

/// Every activation a study can name.
pub const ALL: [&dyn Activation; 14] = [
    &identity::Identity,
    &tanh::Tanh,
    &sigmoid::Sigmoid,
    &softplus::Softplus,
    &sin::Sin,
    &arctan::Arctan,
    &erf::Erf,
    &gelu::Gelu,
    &silu::Silu,
    &softsign::Softsign,
    &elu::Elu,
    &rectified::RELU,
    &rectified::LEAKY_RELU,
    &rectified::HARD_TANH,
];

/// The identity, under which exact answers are known.
pub const IDENTITY: &dyn Activation = &identity::Identity;

/// The hyperbolic tangent, which data processes use too.
pub const TANH: &dyn Activation = &tanh::Tanh;

/// The logistic sigmoid, which gates use.
pub const SIGMOID: &dyn Activation = &sigmoid::Sigmoid;

/// The activation called `name`.
///
/// ```
/// use rtrl_lab::network::activation;
/// let tanh = activation::named("tanh").unwrap();
/// assert_eq!(tanh.value_and_slope(0.0), (0.0, 1.0));
/// assert!(activation::named("step").is_none());
/// ```
pub fn named(name: &str) -> Option<&'static dyn Activation> {
    ALL.into_iter().find(|activation| activation.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slopes and differences on the flat ends, against the first terms of their series in
    /// `q = e^{−|u|}`: `sech² u = 4q² − 8q⁴ + …`, `σ'(u) = q − 2q² + …`, `1 − σ(u) = q − q² + …`.
    #[test]
    fn flat_ends_keep_their_digits() {
        let [tanh, sigmoid] = ["tanh", "sigmoid"].map(|name| named(name).unwrap());
        for u in [-300.0, -40.0, -12.0, 10.0, 14.0, 15.0, 19.0, 25.0, 180.0] {
            let q = libm::exp(-f64::abs(u));
            // The series is cut after its first term, and rounding u + δ moves q by as much as u,
            // relatively.
            let allowed = 4.0 * q + 1e-14 + 2.0 * f64::abs(u) * f64::EPSILON;
            let close = |value: f64, exact: f64, what: &str| assert!((value / exact - 1.0).abs() < allowed, "{what} at {u}: {value:e}, {exact:e}");
            close(tanh.value_and_slope(u).1, 4.0 * q * q, "slope of tanh");
            close(sigmoid.value_and_slope(u).1, q, "slope of the sigmoid");
            let (mut value, mut slope) = ([u], [0.0]);
            tanh.values_and_slopes(&mut value, &mut slope);
            close(slope[0], 4.0 * q * q, "slope of tanh, many at once");
            for delta in [0.6, 3.0] {
                let (outward, shrunk) = (delta * u.signum(), libm::exp(-delta));
                let exact = u.signum() * 2.0 * q * q * (1.0 - shrunk * shrunk);
                close(tanh.difference(u, outward).0, exact, "difference of tanh");
                close(tanh.difference(u + outward, -outward).0, -exact, "difference of tanh, back");
                let exact = u.signum() * q * (1.0 - shrunk);
                close(sigmoid.difference(u, outward).0, exact, "difference of the sigmoid");
            }
        }
        assert_eq!(tanh.value_and_slope(800.0), (1.0, 0.0));
    }

    #[test]
    fn differences_agree_with_subtraction_where_that_is_precise_and_with_the_slope_where_it_is_not() {
        for activation in ALL {
            for u in [-3.0, -0.7, 0.0, 0.2, 1.9, 4.0] {
                let (_, slope) = activation.value_and_slope(u);
                for delta in [-2.0, -0.3, 0.1, 0.49, 0.51, 3.0] {
                    let (fine, plain) = (activation.difference(u, delta), subtracted(activation, u, delta));
                    assert!((fine.0 - plain.0).abs() < 1e-14 * (1.0 + u.abs()), "{} {u} {delta}", activation.name());
                    assert!((fine.1 - plain.1).abs() < 1e-14, "{} {u} {delta}", activation.name());
                }
                let (mut slopes, mut values) = ([u; 6], [-2.0, -0.3, 0.1, 0.49, 0.51, 3.0]);
                let singly = values.map(|delta| activation.difference(u, delta));
                activation.differences(&mut slopes, &mut values);
                for ((value, slope), one) in values.iter().zip(&slopes).zip(singly) {
                    assert!((value - one.0).abs() < 1e-15 * (1.0 + u.abs()) && (slope - one.1).abs() < 1e-15, "{} {u}", activation.name());
                }
                let tiny = 1e-120;
                let (value, moved) = activation.difference(u, tiny);
                let sides = if u != 0.0 || activation.is_smooth() { slope } else { activation.value_and_slope(tiny).1 };
                assert!((value - sides * tiny).abs() <= 1e-12 * (sides * tiny).abs(), "{} {u}", activation.name());
                let curvature = activation.curvature(u);
                assert!((moved / tiny - curvature).abs() < 1e-12 || u == 0.0, "{} {u}: {} {curvature}", activation.name(), moved / tiny);
                if u != 0.0 || activation.is_smooth() {
                    let [before, after] = [-1e-5, 1e-5].map(|h| activation.value_and_slope(u + h));
                    assert!(((after.0 - before.0) / 2e-5 - slope).abs() < 1e-8, "{} {u}", activation.name());
                    assert!(((after.1 - before.1) / 2e-5 - curvature).abs() < 1e-8, "{} {u}", activation.name());
                }
            }
        }
    }

    /// Bounds hold on a fine grid and are reached to a thousandth, and `σ''` is continuous exactly
    /// where an activation says so.
    #[test]
    fn suprema_are_suprema_and_smooth_ones_are_smooth() {
        for activation in ALL {
            let name = activation.name();
            let at = |k: i32| f64::from(k) / 512.0;
            let grid = || (-40_960..40_960).map(at);
            let top = |of: &dyn Fn(f64) -> f64| grid().map(|u| of(u).abs()).fold(0.0, f64::max);
            let reached = |bound: f64, seen: f64, what: &str| {
                assert!(seen <= bound * (1.0 + 1e-12), "{name}: {what} {seen} above {bound}");
                assert!(!bound.is_finite() || seen >= 0.98 * bound, "{name}: {what} {seen} far below {bound}");
            };
            reached(activation.slope_bound(), top(&|u| activation.value_and_slope(u).1), "slope");
            reached(activation.curvature_bound(), top(&|u| activation.curvature(u)), "curvature");
            reached(activation.value_bound(), top(&|u| activation.value_and_slope(u).0), "value");
            assert!(activation.value_bound().is_finite() || top(&|u| activation.value_and_slope(u).0) > 70.0, "{name}");
            let falls = grid().any(|u| activation.value_and_slope(u).1 < 0.0);
            assert_eq!(!falls, activation.is_monotone(), "{name}");
            // Over steps of 1/512 a continuous curvature moves by little, and a kink or a jump is
            // seen in the slopes.
            let bend = |u: f64| {
                let slope = |u: f64| activation.value_and_slope(u).1;
                512.0 * (slope(u + 1.0 / 512.0) - slope(u))
            };
            let jump = (-1024..1024).map(at).map(|u| (bend(u) - bend(u - 1.0 / 512.0)).abs()).fold(0.0, f64::max);
            assert_eq!(jump < 0.1, activation.is_smooth(), "{name}: {jump}");
        }
    }

    /// Names, which study files use, are different.
    #[test]
    fn names_are_different() {
        let names: std::collections::BTreeSet<&str> = ALL.iter().map(|activation| activation.name()).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
