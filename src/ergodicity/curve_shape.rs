//! The shapes that a decay curve of coupled copies can have.
//!
//! ```text
//! d_t^2 = e^{2 λ t} g(s),    s = (t − first)/length of the window, g a combination of
//!
//! pure              1
//! driven            1, s, s²
//! twice driven      1, s, s², s³, s⁴
//! thrice driven     1, s, …, s⁶
//! chain of k        (s + a)^{2k}, (s + a)^{2k − 2},    a > 0
//! rotating          1, cos φs, sin φs
//! driven, rotating  1, s, s², each alone and times cos φs and sin φs
//! mixed             1, e^{−μs}, e^{−2μs},    μ ≥ ½
//! ```
//!
//! Where one real mode is left, every pair decays like `|a_i + b_i t| ρ^t`; the mean square is a
//! quadratic times `ρ^{2t}`, which is `(a + bt)²` only where all `a_i, b_i` are aligned, and a
//! quartic where the driving mode is itself driven, as in a Jordan block of size 3; size 4 makes
//! degree 6. Longer chains have the two leading terms of their polynomial alone, about a time of
//! their own. A complex pair of eigenvalues makes squared distances swing at a fixed frequency, and
//! a second real mode that is nearly as slow leaves `e^{−μs}`. All shapes are linear in everything
//! but λ and one frequency or rate.

/// A family of curves.
///
/// ```
/// use rtrl_lab::ergodicity::Family;
/// let read = |word: &str| serde_json::from_str::<Family>(word).unwrap();
/// assert_eq!(read("\"twice-driven\""), Family::TwiceDriven);
/// assert_eq!(read("{\"chain\": 4}"), Family::Chain(4));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// One mode.
    Pure,
    /// One mode, driven by another of the same rate.
    Driven,
    /// One mode, driven by another of the same rate that is itself driven: the derivatives where
    /// data and network share their rate.
    TwiceDriven,
    /// A chain of four modes of one rate, each driven by the one before: a Jordan block of size 4.
    ThriceDriven,
    /// A chain of modes of one rate, each driven by the one before, in which distances grow like
    /// `t^k ρ^t`.
    Chain(u8),
    /// A complex pair.
    Rotating,
    /// A complex pair, driven by another of the same rate.
    DrivenRotating,
    /// Two real modes.
    Mixed,
}

/// Most functions that a family combines.
const MOST: usize = 9;

impl Family {
    /// Number of parameters, λ among them.
    ///
    /// ```
    /// use rtrl_lab::ergodicity::Family;
    /// // λ and one height; λ, three coefficients and μ; λ, nine coefficients and φ.
    /// let families = [Family::Pure, Family::Mixed, Family::DrivenRotating];
    /// assert_eq!(families.map(Family::parameters), [2, 5, 11]);
    /// ```
    pub fn parameters(self) -> usize {
        self.width() + 1 + usize::from(self.has_inner())
    }

    /// Number of functions combined.
    pub(super) fn width(self) -> usize {
        match self {
            Family::Pure => 1,
            Family::Chain(_) => 2,
            Family::Driven | Family::Rotating | Family::Mixed => 3,
            Family::TwiceDriven => 5,
            Family::ThriceDriven => 7,
            Family::DrivenRotating => 9,
        }
    }

    /// Whether the functions depend on a frequency φ, a rate μ or a time a.
    pub(super) fn has_inner(self) -> bool {
        matches!(self, Family::Rotating | Family::DrivenRotating | Family::Mixed | Family::Chain(_))
    }

    /// Whether the inner parameter of another family means the same or nearly so.
    pub(super) fn shares_inner_with(self, other: Family) -> bool {
        let chain = |family: Family| matches!(family, Family::Chain(_));
        self.has_inner() == other.has_inner() && chain(self) == chain(other)
    }

    /// The functions at `s` and their derivatives in φ, μ or a. Powers stand as Chebyshev
    /// polynomials on the window, which are far from dependent.
    pub(super) fn functions(self, inner: f64, s: f64) -> ([f64; MOST], [f64; MOST]) {
        let (mut values, mut slopes) = ([0.0; MOST], [0.0; MOST]);
        let x = 2.0 * s - 1.0;
        let mut powers = [1.0, x, 0.0, 0.0, 0.0, 0.0, 0.0];
        for k in 2..powers.len() {
            powers[k] = 2.0 * x * powers[k - 1] - powers[k - 2];
        }
        match self {
            Family::Pure | Family::Driven | Family::TwiceDriven | Family::ThriceDriven => {
                values[..self.width()].copy_from_slice(&powers[..self.width()])
            }
            Family::Rotating | Family::DrivenRotating => {
                let (sine, cosine) = libm::sincos(inner * s);
                for j in 0..self.width() / 3 {
                    values[3 * j..3 * j + 3].copy_from_slice(&[powers[j], powers[j] * cosine, powers[j] * sine]);
                    slopes[3 * j..3 * j + 3].copy_from_slice(&[0.0, -powers[j] * s * sine, powers[j] * s * cosine]);
                }
            }
            Family::Chain(k) => {
                // In units of the window's end, so that high powers stay near 1.
                let end = 1.0 + inner.max(f64::MIN_POSITIVE);
                let (x, dx) = ((s + inner) / end, (1.0 - s) / (end * end));
                for (place, power) in [2 * u32::from(k), 2 * u32::from(k).max(1) - 2].into_iter().enumerate() {
                    let raised = |power: u32| (0..power).fold(1.0, |product, _| product * x);
                    values[place] = raised(power);
                    slopes[place] = if power == 0 { 0.0 } else { f64::from(power) * raised(power - 1) * dx };
                }
            }
            Family::Mixed => {
                let fall = libm::exp(-inner * s);
                values[..3].copy_from_slice(&[1.0, fall, fall * fall]);
                slopes[..3].copy_from_slice(&[0.0, -s * fall, -2.0 * s * fall * fall]);
            }
        }
        (values, slopes)
    }

    /// The functions at `0, 1, …, count − 1` on a window of that length, a column a function.
    pub(super) fn columns(self, inner: f64, length: f64, count: usize) -> Vec<Vec<f64>> {
        if self.has_inner() {
            return self.by_columns(count, |index| self.functions(inner, index as f64 / length).0);
        }
        let x: Vec<f64> = (0..count).map(|index| 2.0 * (index as f64 / length) - 1.0).collect();
        let mut columns = vec![vec![1.0; count], x.clone()];
        for k in 2..self.width() {
            let next = x.iter().zip(&columns[k - 1]).zip(&columns[k - 2]).map(|((x, one), two)| 2.0 * x * one - two).collect();
            columns.push(next);
        }
        columns.truncate(self.width());
        columns
    }

    /// Derivatives of the functions in φ, μ or a, likewise.
    pub(super) fn slopes(self, inner: f64, length: f64, count: usize) -> Vec<Vec<f64>> {
        self.by_columns(count, |index| self.functions(inner, index as f64 / length).1)
    }

    fn by_columns(self, count: usize, values: impl Fn(usize) -> [f64; MOST]) -> Vec<Vec<f64>> {
        let mut columns = vec![Vec::with_capacity(count); self.width()];
        (0..count).for_each(|index| columns.iter_mut().zip(values(index)).for_each(|(column, value)| column.push(value)));
        columns
    }

    /// Whether a frequency or rate is one that the window can tell from a trend.
    pub(super) fn allows(self, inner: f64) -> bool {
        const FEWEST_SWINGS: f64 = 0.75 * std::f64::consts::TAU;
        match self {
            Family::Pure | Family::Driven | Family::TwiceDriven | Family::ThriceDriven => true,
            Family::Rotating | Family::DrivenRotating => inner >= FEWEST_SWINGS,
            Family::Mixed => inner >= 0.5,
            Family::Chain(_) => (0.01..=10.0).contains(&inner),
        }
    }
}

/// A curve of a family on its window.
///
/// ```
/// use rtrl_lab::{ergodicity::*, markov::Coupled, random::RngKey, stats::Bootstrap};
/// let rows = ndarray::Array2::from_shape_fn((9, 60), |(_, t)| 4.0 * 0.5f64.powi(t as i32));
/// let curve = DecayCurve::new(Coupled::declare(rows), 2, 1.0, true);
/// let (rule, draws) = (WindowRule::default(), Bootstrap { resamples: 99, key: RngKey::root(1) });
/// let fit = GeometricFit::of(&curve, Shape::Autonomous(1), &rule, 0.95, &draws).unwrap();
/// let Shaped { family, rate, inner, .. } = fit.curve;
/// assert_eq!((family, inner), (Family::Pure, 0.0));
/// assert!((rate + 2f64.ln()).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Shaped {
    /// The family.
    pub family: Family,
    /// λ, the logarithm of the rate a step.
    pub rate: f64,
    /// φ, μ or a; 0 where the family has none.
    pub inner: f64,
    /// Coefficients of the functions, for `d² e^{−2λ(t − first)}`.
    pub coefficients: Vec<f64>,
    /// Sum of squared logarithmic residuals.
    pub squares: f64,
    pub(super) first: f64,
    pub(super) length: f64,
}

impl Shaped {
    /// `log ρ` a step.
    ///
    /// ```
    /// # use rtrl_lab::{ergodicity::*, markov::Coupled, random::RngKey, stats::Bootstrap};
    /// # let rows = ndarray::Array2::from_shape_fn((9, 60), |(_, t)| 0.8f64.powi(t as i32));
    /// # let curve = DecayCurve::new(Coupled::declare(rows), 1, 1.0, true);
    /// # let draws = Bootstrap { resamples: 99, key: RngKey::root(1) };
    /// // Distances 0.8^t.
    /// let fit = GeometricFit::of(&curve, Shape::Driven(1), &WindowRule::default(), 0.95, &draws);
    /// assert!((fit.unwrap().curve.log_rate() - 0.8f64.ln()).abs() < 1e-9);
    /// ```
    pub fn log_rate(&self) -> f64 {
        self.rate
    }

    /// The factor `g` at time `t`.
    pub(super) fn factor(&self, t: f64) -> f64 {
        let (values, _) = self.family.functions(self.inner, (t - self.first) / self.length);
        self.coefficients.iter().zip(values).fold(0.0, |sum, (c, f)| sum + c * f)
    }

    /// The fitted distance at time `t`.
    ///
    /// ```
    /// # use rtrl_lab::{ergodicity::*, markov::Coupled, random::RngKey, stats::Bootstrap};
    /// # let distance = |t: f64| (1.0 + t * t).sqrt() * 0.5f64.powf(t);
    /// # let rows = ndarray::Array2::from_shape_fn((9, 60), |(_, t)| distance(t as f64));
    /// # let curve = DecayCurve::new(Coupled::declare(rows), 2, 1.0, true);
    /// # let draws = Bootstrap { resamples: 99, key: RngKey::root(1) };
    /// // Distances √(1 + t²)/2^t, whose square is of the driven family.
    /// let fit = GeometricFit::of(&curve, Shape::Driven(1), &WindowRule::default(), 0.95, &draws);
    /// assert!((fit.unwrap().curve.at(40.0) / distance(40.0) - 1.0).abs() < 1e-6);
    /// ```
    pub fn at(&self, t: f64) -> f64 {
        libm::exp((t - self.first) * self.rate) * self.factor(t).max(0.0).sqrt()
    }

    /// Whether the curve is one that driving can make: its factor does not fall where the window
    /// begins.
    pub(super) fn is_driven_upwards(&self) -> bool {
        match self.family {
            Family::Driven | Family::TwiceDriven | Family::ThriceDriven | Family::Chain(_) => {
                let step = 0.02 * self.length;
                self.factor(self.first + step) >= (1.0 - 1e-9) * self.factor(self.first)
            }
            _ => true,
        }
    }
}
