//! Losses of one step: a value and its slope in the prediction.

mod bernoulli;
mod huber;
mod softmax;
mod squared;

/// What the numbers of a target are, from the widest to the narrowest.
///
/// ```
/// use rtrl_lab::network::loss::{self, Targets};
/// let softmax = loss::named("softmax-cross-entropy").unwrap();
/// assert_eq!(softmax.takes(), Targets::Shares);
/// assert!(loss::SQUARED.takes() < softmax.takes());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Targets {
    /// Any numbers.
    Numbers,
    /// Each within `[0, 1]`.
    Chances,
    /// Each within `[0, 1]`, and of sum 1.
    Shares,
}

impl Targets {
    /// In words.
    ///
    /// ```
    /// use rtrl_lab::network::loss::Targets;
    /// assert_eq!(Targets::Chances.words(), "numbers between 0 and 1");
    /// ```
    pub fn words(self) -> &'static str {
        match self {
            Targets::Numbers => "any numbers",
            Targets::Chances => "numbers between 0 and 1",
            Targets::Shares => "shares of classes, which are between 0 and 1 and add up to 1",
        }
    }

    /// The narrowest that rows of targets are.
    ///
    /// ```
    /// use rtrl_lab::network::loss::Targets;
    /// let of = |rows: [[f64; 2]; 2]| Targets::of(rows.iter().map(|row| &row[..]));
    /// assert_eq!(of([[0.0, 1.0], [0.25, 0.75]]), Targets::Shares);
    /// assert_eq!(of([[0.0, 1.0], [1.0, 1.0]]), Targets::Chances);
    /// assert_eq!(of([[0.0, 1.0], [1.5, -0.5]]), Targets::Numbers);
    /// ```
    pub fn of<'a>(rows: impl Iterator<Item = &'a [f64]>) -> Targets {
        let narrowest = |row: &[f64]| {
            let within = row.iter().all(|y| (0.0..=1.0).contains(y));
            let sum: f64 = row.iter().sum();
            match (within, (sum - 1.0).abs() <= 1e-9) {
                (true, true) => Targets::Shares,
                (true, false) => Targets::Chances,
                _ => Targets::Numbers,
            }
        };
        rows.map(narrowest).min().unwrap_or(Targets::Numbers)
    }
}

/// A loss `ℓ(ŷ, y)` of a prediction `ŷ` (m numbers) and a target `y`, differentiable in `ŷ`.
///
/// ```
/// use rtrl_lab::network::loss;
/// let huber = loss::named("huber").unwrap();
/// let mut slope = [3.0, 0.5];
/// assert_eq!(huber.value_and_slope(&mut slope, &[0.0, 0.0]), (3.0 - 0.5) + 0.5 * 0.25);
/// assert_eq!(slope, [1.0, 0.5]);
/// assert!(!huber.is_affine_in_target() && loss::SQUARED.is_affine_in_target());
/// ```
pub trait Loss: Send + Sync {
    /// The name used in study files.
    fn name(&self) -> &'static str;

    /// The formula, for lists and pages.
    fn formula(&self) -> &'static str;

    /// Replaces the prediction by the slope `∂ℓ/∂ŷ` (m numbers) and returns `ℓ`.
    fn value_and_slope(&self, prediction: &mut [f64], target: &[f64]) -> f64;

    /// Numbers of a target for `outputs` numbers of a prediction.
    fn target_len(&self, outputs: usize) -> usize {
        outputs
    }

    /// The widest targets that it is made for: any numbers in general.
    fn takes(&self) -> Targets {
        Targets::Numbers
    }

    /// Writes the prediction of least mean loss for a target of this mean, whatever else its law
    /// is; `false` where the mean alone does not tell. Chances of 0 and 1 have odds of `e^±700`.
    fn best(&self, _mean: &[f64], _prediction: &mut [f64]) -> bool {
        false
    }

    /// Whether the slope is affine in the target. The mean gradient over the noise of a target is
    /// then the gradient at the mean target.
    fn is_affine_in_target(&self) -> bool {
        false
    }

    /// Whether this is `½‖ŷ − y‖²`, for which the exact answers are known.
    fn is_squared(&self) -> bool {
        false
    }
}

/// Every loss that a study can name.
pub const ALL: [&dyn Loss; 4] = [&squared::Squared, &huber::Huber, &bernoulli::Bernoulli, &softmax::Softmax];

/// Half the squared distance, the loss of a study that names none.
pub const SQUARED: &dyn Loss = &squared::Squared;

/// The loss called `name`.
///
/// ```
/// use rtrl_lab::network::loss;
/// let mut slope = [1.5];
/// let value = loss::named("squared").unwrap().value_and_slope(&mut slope, &[1.0]);
/// assert_eq!((value, slope), (0.125, [0.5]));
/// assert!(loss::named("hinge").is_none());
/// ```
pub fn named(name: &str) -> Option<&'static dyn Loss> {
    ALL.into_iter().find(|loss| loss.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Central differences of the value, at predictions on both sides of every bend.
    #[test]
    fn slopes_are_those_of_the_values() {
        for loss in ALL {
            for first in [-3.0, -0.6, 0.1, 0.8, 2.5] {
                let target = match loss.takes() {
                    Targets::Numbers => [0.2, -0.4],
                    Targets::Chances => [0.2, 0.9],
                    Targets::Shares => [0.3, 0.7],
                };
                let prediction = [first, 0.3];
                let value = |prediction: [f64; 2]| loss.value_and_slope(&mut prediction.to_owned(), &target);
                let mut slope = prediction;
                assert!(loss.value_and_slope(&mut slope, &target) >= 0.0, "{}", loss.name());
                for k in 0..2 {
                    let moved = |by: f64| {
                        let mut at = prediction;
                        at[k] += by;
                        value(at)
                    };
                    let difference = (moved(1e-6) - moved(-1e-6)) / 2e-6;
                    assert!((difference - slope[k]).abs() < 1e-8, "{} {first}: {difference} {}", loss.name(), slope[k]);
                }
            }
        }
    }

    /// Far predictions: nothing overflows, and what is right costs nothing.
    #[test]
    fn cross_entropies_hold_at_far_predictions() {
        let [bernoulli, softmax] = ["bernoulli-cross-entropy", "softmax-cross-entropy"].map(|name| named(name).unwrap());
        for far in [40.0, 800.0, 1e6] {
            let mut slope = [far, -far];
            assert!(bernoulli.value_and_slope(&mut slope, &[1.0, 0.0]) < 1e-16 && slope[0].abs() < 1e-16 && slope[1].abs() < 1e-16);
            let mut slope = [far, -far];
            assert_eq!(bernoulli.value_and_slope(&mut slope, &[0.0, 1.0]), 2.0 * far);
            let mut slope = [far, -far];
            assert_eq!(softmax.value_and_slope(&mut slope, &[0.0, 1.0]), 2.0 * far);
            assert_eq!(slope, [1.0, -1.0]);
        }
        // Two classes are one event whose log-odds are the difference.
        let (mut two, mut one) = ([0.7, -0.4], [1.1]);
        let values = (softmax.value_and_slope(&mut two, &[0.2, 0.8]), bernoulli.value_and_slope(&mut one, &[0.2]));
        assert!((values.0 - values.1).abs() < 1e-15 && (two[0] - one[0]).abs() < 1e-15 && (two[1] + one[0]).abs() < 1e-15);
    }

    /// `∂ℓ/∂ŷ` at the mean of two targets is the mean of the slopes exactly where the loss says so.
    #[test]
    fn a_loss_that_says_it_is_affine_in_the_target_is_so() {
        for loss in ALL {
            let slope = |target: f64| {
                let mut slope = [0.4];
                loss.value_and_slope(&mut slope, &[target]);
                slope[0]
            };
            let bend = slope(0.0) - 0.5 * (slope(-4.0) + slope(4.0));
            let wide = slope(1.0) - 0.5 * (slope(-1.0) + slope(3.0));
            let affine = bend.abs() < 1e-12 && wide.abs() < 1e-12;
            assert_eq!(affine, loss.is_affine_in_target(), "{}: {bend} {wide}", loss.name());
        }
    }
}
