//! The difference of two estimates that were made apart, with an interval made of theirs.

use super::Estimate;

/// What is known of how two estimates depend on each other.
///
/// ```
/// use rtrl_lab::stats::Dependence;
/// assert_ne!(Dependence::Independent, Dependence::Unknown);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependence {
    /// No noise and no data of the one is in the other.
    Independent,
    /// They may share noise or data.
    Unknown,
}

/// `second − first`, with an interval.
///
/// For independent estimates `a` in `[l_a, u_a]` and `b` in `[l_b, u_b]` at one level,
///
/// ```text
/// b − a − √((b − l_b)² + (u_a − a)²)   to   b − a + √((u_b − b)² + (a − l_a)²)
/// ```
///
/// at that level: exact for normal intervals, and for others as good as theirs are, since only the
/// arms that meet in an end are used for it. Source: Zou and Donner (2008), doi 10.1002/sim.3095.
///
/// Where the dependence is unknown, or the levels `1 − p` and `1 − q` differ, the interval is
/// `[l_b − u_a, u_b − l_a]`, which holds at level `1 − p − q` whatever they share (Bonferroni). A
/// point that lies outside its own interval is taken to the nearest end for the arms.
///
/// The standard error is that of independent estimates, or the sum of the two.
///
/// ```
/// use rtrl_lab::stats::{Dependence, Estimate, difference};
/// let (a, b) = (Estimate::normal(1.0, 0.3, 0.95), Estimate::normal(2.0, 0.4, 0.95));
/// let apart = difference(&a, &b, Dependence::Independent);
/// assert!((apart.upper - Estimate::normal(1.0, 0.5, 0.95).upper).abs() < 1e-12);
/// assert_eq!((apart.value, apart.level), (1.0, 0.95));
/// let wide = difference(&a, &b, Dependence::Unknown);
/// assert_eq!((wide.lower, wide.upper), (b.lower - a.upper, b.upper - a.lower));
/// assert!((wide.level - 0.9).abs() < 1e-12);
/// ```
pub fn difference(first: &Estimate, second: &Estimate, dependence: Dependence) -> Estimate {
    let value = second.value - first.value;
    let arms = |e: &Estimate| [(e.value - e.lower).max(0.0), (e.upper - e.value).max(0.0)];
    let ([below_first, above_first], [below_second, above_second]) = (arms(first), arms(second));
    let missed = 2.0 - first.level - second.level;
    // A number that is known depends on nothing.
    let known = first.level == 1.0 || second.level == 1.0;
    if known || (dependence == Dependence::Independent && first.level == second.level) {
        return Estimate {
            value,
            standard_error: libm::hypot(first.standard_error, second.standard_error),
            lower: value - libm::hypot(below_second, above_first),
            upper: value + libm::hypot(above_second, below_first),
            level: if known { 1.0 - missed } else { first.level },
        };
    }
    Estimate {
        value,
        standard_error: first.standard_error + second.standard_error,
        lower: (second.lower - first.upper).min(value),
        upper: (second.upper - first.lower).max(value),
        level: (1.0 - missed).max(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Noise, RngKey};

    /// Mean and Student interval of a sample.
    fn student(sample: &[f64], level: f64) -> Estimate {
        let n = sample.len() as f64;
        let mean = sample.iter().sum::<f64>() / n;
        let variance = sample.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
        Estimate::student(mean, (variance / n).sqrt(), n - 1.0, level)
    }

    /// The share of 20,000 pairs of runs in which the interval of the difference holds the truth.
    fn coverage(of: impl Fn(&mut Noise) -> (Estimate, Estimate, f64), dependence: Dependence) -> f64 {
        const PAIRS: usize = 20_000;
        let held = (0..PAIRS).filter(|pair| {
            let (a, b, truth) = of(&mut Noise::at(RngKey::root(17).replicate(*pair)));
            let found = difference(&a, &b, dependence);
            (found.lower..=found.upper).contains(&truth)
        });
        held.count() as f64 / PAIRS as f64
    }

    /// 4.42 standard errors of a share of 0.95 in 20,000: one false alarm in 100,000.
    const REACH: f64 = 4.42 * 0.001_541;

    #[test]
    fn intervals_of_differences_cover_as_often_as_they_say() {
        // Two normal samples of unlike size and spread.
        let normal = |noise: &mut Noise| {
            let (mut a, mut b) = (noise.normal_vector(16), noise.normal_vector(40));
            a.iter_mut().for_each(|x| *x *= 2.0);
            b.iter_mut().for_each(|x| *x = 1.0 + 0.5 * *x);
            (student(&a, 0.95), student(&b, 0.95), 1.0)
        };
        let found = coverage(normal, Dependence::Independent);
        assert!((found - 0.95).abs() < REACH + 0.005, "{found}");
        // Intervals with unlike arms: rates, from logarithms that are normal.
        let rates = |noise: &mut Noise| {
            let of = |sample: &[f64], shift: f64| student(&sample.iter().map(|x| shift + 0.8 * x).collect::<Vec<_>>(), 0.95).map_monotone(libm::exp);
            let (a, b) = (noise.normal_vector(24), noise.normal_vector(24));
            (of(&a, -0.5), of(&b, 0.0), 1.0 - libm::exp(-0.5))
        };
        let found = coverage(rates, Dependence::Independent);
        assert!((found - 0.95).abs() < REACH + 0.01, "{found}");
    }

    /// What shares noise covers at least as often as the wide interval says, for either sign; the
    /// narrow one does not.
    #[test]
    fn shared_noise_asks_for_the_wide_interval() {
        let shared = |sign: f64| {
            move |noise: &mut Noise| {
                let a = noise.normal_vector(30);
                let b: Vec<f64> = a.iter().map(|x| sign * x).collect();
                (student(&a, 0.95), student(&b, 0.95), 0.0)
            }
        };
        for sign in [1.0, -1.0] {
            let found = coverage(shared(sign), Dependence::Unknown);
            assert!(found > 0.9 - REACH, "{sign}: {found}");
        }
        let narrow = coverage(shared(-1.0), Dependence::Independent);
        assert!(narrow < 0.9, "{narrow}");
    }

    #[test]
    fn a_number_that_is_known_adds_no_error() {
        let (a, b) = (Estimate::exact(1.0), Estimate::normal(3.0, 0.5, 0.95));
        let found = difference(&a, &b, Dependence::Unknown);
        assert_eq!((found.lower, found.upper, found.level), (b.lower - 1.0, b.upper - 1.0, 0.95));
        let both = difference(&a, &Estimate::exact(4.0), Dependence::Unknown);
        assert_eq!((both.value, both.lower, both.upper, both.level), (3.0, 3.0, 3.0, 1.0));
    }
}
