//! What is done to a gradient before a step is taken along it: nothing, or a division by its own
//! running size.

/// Weight of the past in a running square.
const SQUARE_MEMORY: f64 = 0.999;
/// Weight of the past in a running mean.
const MEAN_MEMORY: f64 = 0.9;
/// Keeps a division from zero.
const FLOOR: f64 = 1e-8;

/// The scaling of a gradient, entry by entry.
///
/// ```text
/// momentum: v ← μ v + g,   g ↦ v
/// RMSProp: s ← ρ s + (1 − ρ) g²,   g ↦ g / (√s + ε)
/// Adam:    m ← κ m + (1 − κ) g,  s ← ρ s + (1 − ρ) g²,
///     g ↦ (m / (1 − κ^k)) / (√(s / (1 − ρ^k)) + ε)
/// ```
///
/// with ρ = 0.999, κ = 0.9, ε = 1e-8 and k the number of gradients so far. The scaled gradient has
/// size 1 in every entry whatever the size of the gradient, so the noise of a step is of the step's
/// size; its mean is not the gradient, and the theory of the plain rule says nothing of where it
/// leads. Sources: Tieleman and Hinton (2012), lecture 6.5; Kingma and Ba (2014), arXiv:1412.6980.
///
/// ```
/// use rtrl_lab::training::Scaling;
/// for (mut scaling, size) in [(Scaling::Plain, 300.0), (Scaling::adam(), 1.0)] {
///     let mut gradient = [300.0];
///     scaling.scale(&mut gradient);
///     assert!((gradient[0] - size).abs() < 1e-7);
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Scaling {
    /// The gradient as it is.
    Plain,
    /// Momentum `μ` with its running sum `v`; empty before the first gradient.
    Momentum(f64, Vec<f64>),
    /// RMSProp with its running squares `s`; empty before the first gradient.
    RmsProp(Vec<f64>),
    /// Adam.
    Adam(Moments),
}

/// Adam's running moments.
///
/// ```
/// use rtrl_lab::training::Scaling;
/// let (mut adam, mut gradient) = (Scaling::adam(), [1.0]);
/// adam.scale(&mut gradient);
/// gradient[0] = -1.0;
/// adam.scale(&mut gradient);
/// // The mean is (0.9 · 0.1 − 0.1) / (1 − 0.81), the mean square 1.
/// assert!((gradient[0] + 1.0 / 19.0).abs() < 1e-8);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moments {
    mean: Vec<f64>,
    square: Vec<f64>,
    count: i32,
}

impl Scaling {
    /// Momentum before its first gradient.
    ///
    /// ```
    /// let (mut momentum, mut gradient) = (rtrl_lab::training::Scaling::momentum(0.5), [1.0]);
    /// momentum.scale(&mut gradient);
    /// gradient[0] = 1.0;
    /// momentum.scale(&mut gradient);
    /// assert_eq!(gradient, [1.5]);
    /// ```
    pub fn momentum(memory: f64) -> Self {
        Scaling::Momentum(memory, Vec::new())
    }

    /// RMSProp before its first gradient.
    ///
    /// ```
    /// let mut gradient = [3.0, -0.5];
    /// rtrl_lab::training::Scaling::rms_prop().scale(&mut gradient);
    /// let first = 1000f64.sqrt();
    /// assert!((gradient[0] - first).abs() < 1e-4 && (gradient[1] + first).abs() < 1e-4);
    /// ```
    pub fn rms_prop() -> Self {
        Scaling::RmsProp(Vec::new())
    }

    /// Adam before its first gradient.
    ///
    /// ```
    /// let mut gradient = [3.0, -0.5];
    /// rtrl_lab::training::Scaling::adam().scale(&mut gradient);
    /// // The first step has size 1 in every entry.
    /// assert!((gradient[0] - 1.0).abs() < 1e-7 && (gradient[1] + 1.0).abs() < 1e-7);
    /// ```
    pub fn adam() -> Self {
        Scaling::Adam(Moments::default())
    }

    /// Takes a gradient in and replaces it by its scaled form.
    ///
    /// ```
    /// use rtrl_lab::training::Scaling;
    /// let (mut scaling, mut gradient) = (Scaling::rms_prop(), [1.0]);
    /// scaling.scale(&mut gradient);
    /// gradient[0] = 1.0;
    /// scaling.scale(&mut gradient);
    /// assert!((gradient[0] - 1.0 / (0.999 * 0.001 + 0.001f64).sqrt()).abs() < 1e-5);
    /// ```
    pub fn scale(&mut self, gradient: &mut [f64]) {
        match self {
            Scaling::Plain => {}
            Scaling::Momentum(memory, sum) => {
                sum.resize(gradient.len(), 0.0);
                for (g, v) in gradient.iter_mut().zip(sum) {
                    *v = *memory * *v + *g;
                    *g = *v;
                }
            }
            Scaling::RmsProp(square) => {
                square.resize(gradient.len(), 0.0);
                for (g, s) in gradient.iter_mut().zip(square) {
                    *s = SQUARE_MEMORY * *s + (1.0 - SQUARE_MEMORY) * *g * *g;
                    *g /= s.sqrt() + FLOOR;
                }
            }
            Scaling::Adam(Moments { mean, square, count }) => {
                mean.resize(gradient.len(), 0.0);
                square.resize(gradient.len(), 0.0);
                *count = count.saturating_add(1);
                let left = |memory: f64| 1.0 - libm::pow(memory, f64::from(*count));
                let (mean_left, square_left) = (left(MEAN_MEMORY), left(SQUARE_MEMORY));
                for ((g, m), s) in gradient.iter_mut().zip(mean).zip(square) {
                    *m = MEAN_MEMORY * *m + (1.0 - MEAN_MEMORY) * *g;
                    *s = SQUARE_MEMORY * *s + (1.0 - SQUARE_MEMORY) * *g * *g;
                    *g = (*m / mean_left) / ((*s / square_left).sqrt() + FLOOR);
                }
            }
        }
    }
}
