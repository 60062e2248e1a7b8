//! Step sizes `α_t` and whether they are Robbins–Monro.

use crate::simd::elementary;

/// A step-size schedule `α_t = α_0 (1 + t/t_0)^{−γ}`; γ = 0 is a constant step.
///
/// ```
/// use rtrl_lab::training::Schedule;
/// let constant = Schedule { initial: 0.5, offset: 10.0, exponent: 0.0 };
/// let root = Schedule { exponent: 0.5, ..constant };
/// assert_eq!((constant.step(30), root.step(30)), (0.5, 0.25));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// `α_0 > 0`.
    pub initial: f64,
    /// `t_0 > 0`, in steps.
    pub offset: f64,
    /// `γ ≥ 0`.
    pub exponent: f64,
}

impl Schedule {
    /// The step size at step `t`.
    ///
    /// ```
    /// use rtrl_lab::training::Schedule;
    /// let schedule = Schedule { initial: 0.5, offset: 10.0, exponent: 1.0 };
    /// assert_eq!(schedule.step(10), 0.25);
    /// ```
    pub fn step(&self, t: usize) -> f64 {
        let mut one = [0.0];
        self.steps(t, &mut one);
        one[0]
    }

    /// The step sizes from step `first` on, with the bits of [`Schedule::step`].
    ///
    /// ```
    /// use rtrl_lab::training::Schedule;
    /// let schedule = Schedule { initial: 0.5, offset: 10.0, exponent: 1.0 };
    /// let mut steps = [0.0; 31];
    /// schedule.steps(0, &mut steps);
    /// assert_eq!([steps[0], steps[10], steps[30]], [0.5, 0.25, 0.125]);
    /// ```
    pub fn steps(&self, first: usize, steps: &mut [f64]) {
        if self.exponent == 0.0 {
            return steps.fill(self.initial);
        }
        steps.iter_mut().enumerate().for_each(|(k, step)| *step = 1.0 + (first + k) as f64 / self.offset);
        elementary::log_all(steps);
        steps.iter_mut().for_each(|step| *step *= -self.exponent);
        elementary::exp_all(steps);
        steps.iter_mut().for_each(|step| *step *= self.initial);
    }

    /// Whether `Σ α_t = ∞`, which needs γ ≤ 1: otherwise all steps together reach a finite distance
    /// and RTRL stalls.
    ///
    /// ```
    /// use rtrl_lab::training::Schedule;
    /// let with = |exponent| Schedule { initial: 0.5, offset: 10.0, exponent };
    /// assert_eq!([0.0, 1.0, 1.1].map(|exponent| with(exponent).diverges()), [true, true, false]);
    /// ```
    pub fn diverges(&self) -> bool {
        self.exponent <= 1.0
    }

    /// Whether `Σ α_t² < ∞`, which needs γ > ½: otherwise the noise of the steps does not die out.
    ///
    /// ```
    /// use rtrl_lab::training::Schedule;
    /// let with = |exponent| Schedule { initial: 0.5, offset: 10.0, exponent };
    /// assert_eq!([0.5, 0.6].map(|exponent| with(exponent).is_square_summable()), [false, true]);
    /// ```
    pub fn is_square_summable(&self) -> bool {
        self.exponent > 0.5
    }

    /// Whether both Robbins–Monro conditions hold.
    ///
    /// ```
    /// use rtrl_lab::training::Schedule;
    /// let with = |exponent| Schedule { initial: 0.5, offset: 10.0, exponent };
    /// let both = [0.4, 0.75, 1.5].map(|exponent| with(exponent).is_robbins_monro());
    /// assert_eq!(both, [false, true, false]);
    /// ```
    pub fn is_robbins_monro(&self) -> bool {
        self.diverges() && self.is_square_summable()
    }
}
