//! The centred plug-in pair: two plug-in distances whose biases cancel.

use super::influence::{Influence, Variance};
use super::origin::near_origin;
use super::{Assignment, assignment};
use crate::linalg::Times;
use crate::stats::{Estimate, Undefined, normal_quantile};
use ndarray::{ArrayView2, Axis};

/// Halvings of the bracket in which an end of the interval lies; each takes a bit off its error.
const HALVINGS: usize = 60;

/// The centred pair with intervals; both are statements on `W_2²`.
///
/// ```
/// use ndarray::Array2;
/// let y = Array2::from_shape_fn((40, 1), |(i, _)| i as f64);
/// let (x, y_prime) = (&y + 3.5, &y + 0.5);
/// let pair = rtrl_lab::transport::centred(x.view(), y.view(), y_prime.view(), 0.95).unwrap();
/// // 3.5² − 0.5², (3.5 − 0.5)² and 3.5².
/// let seen = [pair.upper.value, pair.lower.value, pair.raw];
/// assert!(seen.iter().zip([12.0, 9.0, 12.25]).all(|(seen, exact)| (seen - exact).abs() < 1e-10));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Centred {
    /// `U`, biased upwards if at all.
    pub upper: Estimate,
    /// `L`, biased downwards if at all.
    pub lower: Estimate,
    /// The raw plug-in `w²(x', y)`, which is all bias where the laws agree; never to be shown
    /// alone.
    pub raw: f64,
}

/// The centred plug-in pair of `x' ~ ν` against `y, y' ~ μ`, three independent samples of one shape
/// (n × d).
///
/// ```text
/// U = w²(x', y) − w²(y', y),   L = ±[ w(x', y) − w(y', y) ]²,   w = plug-in W_2
/// ```
///
/// Standard errors come from the dual potentials of the two assignments: the potential of a point
/// is its influence on `w²`, and the shared sample `y` enters with the difference of its two
/// potentials. Potentials also carry the noise of the sample that they were fitted to, and their
/// spread counts it twice, as the jackknife does with what is quadratic in the sample:
///
/// ```text
/// Var U = V₁ + V₂,   variance of the potentials / n = V₁ + 2 V₂,   V₁ = cov(f_A(X), f_B(X))/n
/// ```
///
/// where `f_A`, `f_B` are potentials fitted to two thirds of the sample that hold neither each
/// other nor `X`; the mean of both is taken. Points at the rim of a sample have a potential of
/// their own even where the laws agree, the larger the smaller the sample; it is seen in `y'`
/// against `y` and taken down by the factor by which `w²(y', y)` falls from a third of the points
/// to all.
///
/// The rest of `V₁` grows with the distance, `s W_2²` to leading order, so `U` and its own standard
/// error move together and `U ± z σ` ends too low too often. The interval of `U` holds every `M`
/// from which `U` lies no further than the error that `M` itself would have:
///
/// ```text
/// (U − M)² ≤ z² (V − e + min(e, ½ s M⁺) + ½ s M⁺),   s = (rest of V₁ + k s₀)/(U⁺ + k),   k = √V
/// ```
///
/// with `V` half of the spread, rims included, and `e` the part of it by which the influences of
/// `x'` and `y'` differ in size: `V` holds half of what the distance adds, and no part of it
/// belongs to `M = 0`. `s₀ = 4 tr Σ²/(n tr Σ)`, summed over the covariances `Σ` of `x'` and `y`, is
/// the slope for laws that are apart by a shift along their own noise; it has a say where `U` is
/// lost in its error. With fewer than 30 points the thirds are too small and the spread stands
/// alone, too large. Sources: Papp and Sherlock (2022), arXiv:2203.11627; Efron and Stein (1981),
/// doi 10.1214/aos/1176345462; Wilson (1927), doi 10.1080/01621459.1927.10502953.
///
/// ```
/// use ndarray::Array2;
/// use rtrl_lab::{random::{Noise, RngKey}, transport::centred};
/// let mut noise = Noise::at(RngKey::root(1));
/// let mut draw = || Array2::from_shape_vec((60, 2), noise.normal_vector(120)).unwrap();
/// let (x, y, y_prime) = (draw(), draw(), draw());
/// // One law: the raw distance is all bias, the pair holds 0 but with probability 1e-4.
/// let pair = centred(x.view(), y.view(), y_prime.view(), 0.9999).unwrap();
/// assert!(pair.raw > 0.05 && pair.upper.contains(0.0) && pair.lower.contains(0.0));
/// ```
///
/// # Errors
/// [`Undefined`] where a solve is, or with fewer than 10 points.
pub fn centred(x: ArrayView2<f64>, y: ArrayView2<f64>, y_prime: ArrayView2<f64>, level: f64) -> Result<Centred, Undefined> {
    if x.nrows() < 10 {
        return Err(Undefined::because("a centred pair needs at least 10 points a sample"));
    }
    let (first, second) = (assignment(x, y)?, assignment(y_prime, y)?);
    let influence = Influence::of([x, y, y_prime], [&first, &second])?;
    let root = |solved: &Assignment| solved.squared_distance.max(0.0).sqrt();
    let (w, null) = (root(&first), root(&second));
    let difference = first.squared_distance - second.squared_distance;
    let [[usual, most], [usual_y, most_y]] = [x, y].map(shift_slopes);
    let upper = with_growing_error(difference, &influence.variance(1.0, 1.0), [usual + usual_y, most + most_y], level);
    let slope = |w: f64| if w > 0.0 { 0.5 / w } else { 0.0 };
    let gap = Estimate::normal(w - null, influence.variance(slope(w), slope(null)).total().sqrt(), level);
    Ok(Centred { upper, lower: gap.map_monotone(|gap| gap * gap.abs()), raw: first.squared_distance })
}

/// `4 tr Σ²/(n tr Σ)` and `4 √(tr Σ²)/n`: what a shift along the noise adds for its square, and the
/// most that any shift can.
fn shift_slopes(sample: ArrayView2<f64>) -> [f64; 2] {
    let n = sample.nrows() as f64;
    let [sample] = near_origin([sample]);
    let Some(mean) = sample.mean_axis(Axis(0)) else { return [0.0; 2] };
    let centred = &sample - &mean;
    // Through the smaller of the two Gram matrices.
    let gram = if centred.nrows() < centred.ncols() { centred.times(&centred.t()) } else { centred.t().times(&centred) } / (n - 1.0);
    let (trace, squares) = (gram.diag().sum(), gram.iter().map(|entry| entry * entry).sum::<f64>());
    if trace > 0.0 { [4.0 * squares / (n * trace), 4.0 * squares.sqrt() / n] } else { [0.0; 2] }
}

/// The interval of [`centred`]'s `U` by inverting its test.
fn with_growing_error(u: f64, variance: &Variance, [usual, most]: [f64; 2], level: f64) -> Estimate {
    let (z, seen) = (normal_quantile(0.5 + level / 2.0), u.max(0.0));
    let linear = variance.linear.clamp(0.0, most * seen);
    let lost = variance.null.sqrt();
    let slope = if seen + lost > 0.0 { 0.5 * lost.mul_add(usual, linear) / (seen + lost) } else { 0.0 };
    let at = |m: f64| {
        let grown = slope * m.max(0.0);
        variance.null - variance.uneven + grown.min(variance.uneven) + grown
    };
    // The first M on a side from which U is z errors away. It is the only one, but where U < 0 is
    // too low for M = 0 itself: there no M > 0 is taken up again.
    let end = |side: f64| {
        let beyond = |m: f64| (m - u) * side > z * at(m).sqrt();
        let (mut near, mut far) = (u, u + side * z * lost.max(f64::MIN_POSITIVE));
        while !beyond(far) && far.is_finite() {
            far = 2.0f64.mul_add(far - u, u);
        }
        for _ in 0..HALVINGS {
            let middle = 0.5 * (near + far);
            if beyond(middle) { far = middle } else { near = middle }
        }
        0.5 * (near + far)
    };
    let (lower, upper) = if lost > 0.0 { (end(-1.0), end(1.0)) } else { (u, u) };
    Estimate { value: u, standard_error: at(seen).sqrt(), lower, upper, level }
}
