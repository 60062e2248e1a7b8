//! Whether a quantity is as good as zero: two one-sided tests.

use super::{Estimate, Undefined, normal_quantile, normal_tail};

/// The two one-sided tests of `|θ| < margin`.
///
/// ```
/// use rtrl_lab::stats::{Equivalence, Estimate, equivalence};
/// let test = equivalence(&Estimate::exact(0.6), 0.5).unwrap();
/// assert_eq!(test, Equivalence { p_above: 1.0, p_below: 0.0 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Equivalence {
    /// p-value against `θ ≥ margin`.
    pub p_above: f64,
    /// p-value against `θ ≤ −margin`.
    pub p_below: f64,
}

impl Equivalence {
    /// The p-value against `|θ| ≥ margin`: the larger of the two, without any correction.
    ///
    /// ```
    /// let test = rtrl_lab::stats::Equivalence { p_above: 0.01, p_below: 0.03 };
    /// assert_eq!(test.p_value(), 0.03);
    /// ```
    pub fn p_value(&self) -> f64 {
        self.p_above.max(self.p_below)
    }
}

/// Tests that the quantity estimated lies strictly inside `±margin`.
///
/// ```text
/// p_above = P(Z > (m − θ̂)/s₊),   p_below = P(Z > (θ̂ + m)/s₋),
///     s± = |end of the interval − θ̂| / z_level
/// ```
///
/// The scale `s` on each side is that which the estimate's own interval implies, so
/// `p ≤ (1 − level)/2` exactly where that interval lies inside `±m`, be it Student's or asymmetric.
/// An exact number has p-values 0 and 1. Source: Schuirmann (1987), doi 10.1007/BF01068419.
///
/// ```
/// use rtrl_lab::stats::{Estimate, equivalence};
/// let test = equivalence(&Estimate::normal(0.1, 0.2, 0.9), 0.5).unwrap();
/// assert!((test.p_value() - 0.022_750_131_948_179_2).abs() < 1e-12);
/// assert!(equivalence(&Estimate::normal(0.1, 0.2, 0.9), 0.3).unwrap().p_value() > 0.05);
/// ```
///
/// # Errors
/// [`Undefined`] where the margin is not positive and finite, or the estimate or its interval is
/// not finite.
pub fn equivalence(estimate: &Estimate, margin: f64) -> Result<Equivalence, Undefined> {
    if !(margin > 0.0 && margin.is_finite()) {
        return Err(Undefined::because(format!("the margin {margin} of an equivalence test is not positive and finite")));
    }
    if ![estimate.value, estimate.lower, estimate.upper].iter().all(|x| x.is_finite()) {
        return Err(Undefined::because("the estimate is not finite"));
    }
    let quantile = normal_quantile(0.5 + estimate.level / 2.0);
    let p = |room: f64, reach: f64| {
        if reach > 0.0 {
            normal_tail(quantile * room / reach)
        } else if room > 0.0 {
            0.0
        } else {
            1.0
        }
    };
    Ok(Equivalence {
        p_above: p(margin - estimate.value, estimate.upper - estimate.value),
        p_below: p(margin + estimate.value, estimate.value - estimate.lower),
    })
}
