//! Step sizes `α_t` and whether they are Robbins–Monro.

/// A step-size schedule `α_t = α_0 (1 + t/t_0)^{−γ}`; γ = 0 is a constant step.
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
        if self.exponent == 0.0 {
            return self.initial;
        }
        self.initial * libm::pow(1.0 + t as f64 / self.offset, -self.exponent)
    }

    /// Whether `Σ α_t = ∞`, which needs γ ≤ 1: otherwise all steps together reach a finite distance
    /// and RTRL stalls.
    pub fn diverges(&self) -> bool {
        self.exponent <= 1.0
    }

    /// Whether `Σ α_t² < ∞`, which needs γ > ½: otherwise the noise of the steps does not die out.
    pub fn is_square_summable(&self) -> bool {
        self.exponent > 0.5
    }

    /// Whether both Robbins–Monro conditions hold.
    pub fn is_robbins_monro(&self) -> bool {
        self.diverges() && self.is_square_summable()
    }
}
