//! Online learning at rest: how large a step may be, and what a truncated derivative does.

use super::unsettled;
use crate::linalg::{Times, solve_stein, spectral_radius};
use crate::stats::Undefined;
use ndarray::{Array2, Axis, concatenate};

/// A linear network on constant data, learning online about its optimum.
///
/// ```text
/// x' = A x + E θ,   V' = A V + E,   θ' = θ − α Vᵀ Cᵀ C x'   (θ counted from the optimum)
/// ```
///
/// At rest `V = (I − A)⁻¹ E`, and the pair `(x, θ)` moves by one matrix: online learning is stable
/// exactly where its spectral radius is below 1. State, parameters and loop are linear, so nothing
/// is left out. Symbols: `A` (N × N), `E` (N × P), `C` (m × N).
///
/// ```
/// use ndarray::arr2;
/// use rtrl_lab::theory::OnlineLoop;
/// // x' = x/2 + θ with loss x²/2: V = 2, and the curvature of J is 4.
/// let rest = OnlineLoop::new(arr2(&[[0.5]]), arr2(&[[1.0]]), arr2(&[[1.0]])).unwrap();
/// assert!((rest.gradient_descent_step().unwrap() - 0.5).abs() < 1e-14);
/// // (½, 1; −α, 1 − 2α): at the edge one eigenvalue is −1, 1 + (3/2 − 2α) + ½ = 0.
/// assert!((rest.stable_step().unwrap() - 1.5).abs() < 1e-9);
/// ```
#[derive(Clone, Debug)]
pub struct OnlineLoop {
    a: Array2<f64>,
    e: Array2<f64>,
    c: Array2<f64>,
    /// `V` at rest (N × P).
    v: Array2<f64>,
}

impl OnlineLoop {
    /// The loop of these matrices.
    ///
    /// # Errors
    /// [`Undefined`] where `A` has a spectral radius of 1 or more, so that there is no rest.
    pub fn new(a: Array2<f64>, e: Array2<f64>, c: Array2<f64>) -> Result<Self, Undefined> {
        let radius = spectral_radius(a.view()).map_err(unsettled)?;
        if radius >= 1.0 || !radius.is_finite() {
            return Err(Undefined::because(format!("the state does not forget: the spectral radius of A is {radius}")));
        }
        let v = solve_stein(&a, &Array2::eye(e.ncols()), &e).map_err(unsettled)?;
        Ok(OnlineLoop { a, e, c, v })
    }

    /// `V` at rest, `(I − A)⁻¹ E`.
    ///
    /// ```
    /// use ndarray::arr2;
    /// use rtrl_lab::theory::OnlineLoop;
    /// let rest = OnlineLoop::new(arr2(&[[0.5]]), arr2(&[[1.0]]), arr2(&[[1.0]])).unwrap();
    /// assert_eq!(rest.influence()[[0, 0]], 2.0);
    /// ```
    pub fn influence(&self) -> &Array2<f64> {
        &self.v
    }

    /// Spectral radius of the loop at a step size: its factor a step, below 1 where it is stable.
    ///
    /// ```
    /// use ndarray::arr2;
    /// use rtrl_lab::theory::OnlineLoop;
    /// let rest = OnlineLoop::new(arr2(&[[0.0]]), arr2(&[[1.0]]), arr2(&[[1.0]])).unwrap();
    /// assert!((rest.factor(0.25).unwrap() - 0.75).abs() < 1e-14);
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] where the eigenvalues do not settle.
    pub fn factor(&self, step: f64) -> Result<f64, Undefined> {
        let pulled = self.v.t().times(&self.c.t()).times(&self.c);
        let top = concatenate(Axis(1), &[self.a.view(), self.e.view()]).expect("A and E have the rows of the state");
        let low = -step * pulled.times(&self.a);
        let right = Array2::eye(self.e.ncols()) - step * pulled.times(&self.e);
        let bottom = concatenate(Axis(1), &[low.view(), right.view()]).expect("a row a parameter");
        spectral_radius(concatenate(Axis(0), &[top.view(), bottom.view()]).expect("blocks of a square").view()).map_err(unsettled)
    }

    /// The largest step below which online learning is stable: the loop's gain margin.
    ///
    /// The first step of a grid in eighths of an octave at which the factor exceeds 1 is refined by
    /// halving; a window of instability narrower than that is not seen.
    ///
    /// # Errors
    /// [`Undefined`] where no step is stable or none is unstable.
    pub fn stable_step(&self) -> Result<f64, Undefined> {
        let bound = self.gradient_descent_step()?;
        let eighth = libm::exp2(0.125);
        // A direction that the loss does not see stays: a factor of 1 but for rounding.
        let stable = |step: f64| self.factor(step).map(|factor| factor <= 1.0 + 1e-13);
        let mut low = bound * libm::exp2(-40.0);
        if !stable(low)? {
            return Err(Undefined::because("no step is stable"));
        }
        let mut high = low;
        while stable(high)? {
            low = high;
            high *= eighth;
            if high > bound * libm::exp2(20.0) {
                return Err(Undefined::because("every step is stable: the loss does not see the parameters"));
            }
        }
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if stable(middle)? { low = middle } else { high = middle }
        }
        Ok(low)
    }

    /// The bound of gradient descent on `J`, `2/λ_max(Vᵀ Cᵀ C V)`.
    ///
    /// # Errors
    /// [`Undefined`] where the loss does not see the parameters.
    pub fn gradient_descent_step(&self) -> Result<f64, Undefined> {
        let seen = self.c.times(&self.v);
        let curvature = spectral_radius(seen.t().times(&seen).view()).map_err(unsettled)?;
        if curvature > 0.0 { Ok(2.0 / curvature) } else { Err(Undefined::because("the loss does not see the parameters")) }
    }

    /// `C Σ_{k<τ} A^k E`, what τ applications of the cell let an output see (m × P).
    ///
    /// ```
    /// use ndarray::arr2;
    /// use rtrl_lab::theory::OnlineLoop;
    /// let rest = OnlineLoop::new(arr2(&[[0.5]]), arr2(&[[1.0]]), arr2(&[[1.0]])).unwrap();
    /// assert_eq!([1, 2, 3].map(|length| rest.truncated(length)[[0, 0]]), [1.0, 1.5, 1.75]);
    /// ```
    pub fn truncated(&self, length: usize) -> Array2<f64> {
        let (mut power, mut sum) = (self.e.clone(), Array2::zeros(self.e.dim()));
        for _ in 0..length {
            sum += &power;
            power = self.a.times(&power);
        }
        self.c.times(&sum)
    }

    /// Whether small steps along rolling TBPTT(τ) lead to the optimum: whether every eigenvalue of
    /// `g_τᵀ C V` has a positive real part, of one parameter its sign.
    ///
    /// # Errors
    /// [`Undefined`] for more than one parameter, of which this is not worked out.
    pub fn rolling_converges(&self, length: usize) -> Result<bool, Undefined> {
        self.leads(self.truncated(length))
    }

    /// The same of block TBPTT(τ): the mean of `g_1` to `g_τ` takes the place of `g_τ`.
    ///
    /// # Errors
    /// As [`OnlineLoop::rolling_converges`].
    pub fn block_converges(&self, length: usize) -> Result<bool, Undefined> {
        let (mut power, mut sum, mut all) = (self.e.clone(), Array2::zeros(self.e.dim()), Array2::zeros(self.e.dim()));
        for _ in 0..length {
            sum += &power;
            all += &sum;
            power = self.a.times(&power);
        }
        self.leads(self.c.times(&all) / length as f64)
    }

    fn leads(&self, seen: Array2<f64>) -> Result<bool, Undefined> {
        if self.e.ncols() != 1 {
            return Err(Undefined::because("the direction of a truncated method is told of one parameter alone"));
        }
        Ok(seen.t().times(&self.c.times(&self.v))[[0, 0]] > 0.0)
    }
}
