//! The shapes that a decay curve of coupled copies can have, with their derivatives.
//!
//! ```text
//! log d_t = c + λ t + ½ log g(s),    s = (t − first)/length of the window
//!
//! pure              g = 1
//! driven            g = (1 + υ² s)² + ω² s²
//! rotating          g = 1 + β cos φs + γ sin φs
//! driven, rotating  g = (1 + υ² s)² + ω² s² + Σ_{j ≤ 2} s^j (β_j cos φs + γ_j sin φs)
//! mixed             g = 1 + κ₁ e^{−μs} + κ₂ e^{−2μs},    μ ≥ ½
//! ```
//!
//! Where one real mode is left, every pair decays like `|a_i + b_i t| ρ^t`; the root mean square is the root of a quadratic times `ρ^t`, which is `(a + bt) ρ^t` only
//! where all `a_i, b_i` are aligned (`ω = 0`). A complex pair of eigenvalues makes squared distances swing at a fixed frequency, and a second real mode that is
//! nearly as slow leaves `e^{−μs}`.

/// A family of curves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// One mode.
    Pure,
    /// One mode, driven by another of the same rate.
    Driven,
    /// A complex pair.
    Rotating,
    /// A complex pair, driven by another of the same rate.
    DrivenRotating,
    /// Two real modes.
    Mixed,
}

impl Family {
    /// Number of parameters, `c` and `λ` among them.
    pub fn parameters(self) -> usize {
        match self {
            Family::Pure => 2,
            Family::Driven => 4,
            Family::Rotating => 5,
            Family::DrivenRotating => 11,
            Family::Mixed => 5,
        }
    }

    /// `g` at `s` and its derivatives in the parameters after `c` and `λ`, into `slope`.
    fn factor(self, p: &[f64], s: f64, slope: &mut [f64]) -> f64 {
        match self {
            Family::Pure => 1.0,
            Family::Driven => polynomial(p, s, slope),
            Family::Rotating => 1.0 + wave(p[0], &p[1..3], 0, s, slope),
            Family::DrivenRotating => {
                let (rising, waving) = slope.split_at_mut(2);
                let mut g = polynomial(&p[..2], s, rising);
                let mut frequency = 0.0;
                for power in 0..3 {
                    let mut own = [0.0; 3];
                    g += wave(p[2], &p[3 + 2 * power..5 + 2 * power], power, s, &mut own);
                    frequency += own[0];
                    waving[1 + 2 * power] = own[1];
                    waving[2 + 2 * power] = own[2];
                }
                waving[0] = frequency;
                g
            }
            Family::Mixed => {
                let fall = libm::exp(-p[0] * s);
                slope[0] = -s * (p[1] * fall + 2.0 * p[2] * fall * fall);
                slope[1] = fall;
                slope[2] = fall * fall;
                1.0 + p[1] * fall + p[2] * fall * fall
            }
        }
    }

    /// Whether the parameters after `c` and `λ` are allowed.
    pub(super) fn allows(self, p: &[f64]) -> bool {
        // Slower swings and slower second modes than these cannot be told from a trend within the window.
        const FEWEST_SWINGS: f64 = 0.75 * std::f64::consts::TAU;
        match self {
            Family::Pure | Family::Driven => true,
            Family::Rotating => p[0] >= FEWEST_SWINGS,
            Family::DrivenRotating => p[2] >= FEWEST_SWINGS,
            Family::Mixed => p[0] >= 0.5,
        }
    }
}

/// `(1 + υ² s)² + ω² s²`.
fn polynomial(p: &[f64], s: f64, slope: &mut [f64]) -> f64 {
    let line = 1.0 + p[0] * p[0] * s;
    slope[0] = 4.0 * p[0] * s * line;
    slope[1] = 2.0 * p[1] * s * s;
    line * line + p[1] * p[1] * s * s
}

/// `s^power (β cos φs + γ sin φs)`, with its derivatives in (φ, β, γ).
fn wave(frequency: f64, amplitudes: &[f64], power: usize, s: f64, slope: &mut [f64]) -> f64 {
    let (sin, cos) = libm::sincos(frequency * s);
    let scale = (0..power).fold(1.0, |product, _| product * s);
    slope[0] = scale * s * (amplitudes[1] * cos - amplitudes[0] * sin);
    slope[1] = scale * cos;
    slope[2] = scale * sin;
    scale * (amplitudes[0] * cos + amplitudes[1] * sin)
}

/// A curve of a family on its window.
#[derive(Clone, Debug, PartialEq)]
pub struct Shaped {
    /// The family.
    pub family: Family,
    /// `c, λ`, and the family's own parameters; `c` and `λ` per step from time 0.
    pub parameters: Vec<f64>,
    /// Sum of squared logarithmic residuals.
    pub squares: f64,
    pub(super) first: f64,
    pub(super) length: f64,
}

impl Shaped {
    /// `log ρ` a step.
    pub fn log_rate(&self) -> f64 {
        self.parameters[1]
    }

    /// The fitted distance at time `t`.
    pub fn at(&self, t: f64) -> f64 {
        let mut slope = [0.0; 9];
        let g = self.family.factor(&self.parameters[2..], (t - self.first) / self.length, &mut slope);
        libm::exp(self.parameters[0] + t * self.parameters[1]) * g.max(0.0).sqrt()
    }

    /// The logarithm of the curve at `t` and its derivatives in all parameters; `None` where the factor is not positive.
    pub(super) fn logarithm(&self, t: f64, slope: &mut [f64; 11]) -> Option<f64> {
        let own = &self.parameters[2..];
        slope[0] = 1.0;
        slope[1] = t;
        let g = self.family.factor(own, (t - self.first) / self.length, &mut slope[2..]);
        // A factor near zero is a curve that touches zero, which no moment over many pairs does.
        if g.is_nan() || g <= 1e-9 || !self.family.allows(own) {
            return None;
        }
        slope[2..].iter_mut().for_each(|d| *d /= 2.0 * g);
        Some(self.parameters[0] + t * self.parameters[1] + 0.5 * libm::log(g))
    }
}
