//! Exact contraction rates of one hidden unit under independent Gaussian inputs: the nonlinear case whose answer is known.

use crate::network::Activation;

/// One unit, `S' = σ(u)`, `u = w X + b S + c`, with independent standard normal inputs `X`.
///
/// The pre-activation `u` is a Markov chain with a smooth kernel, and two copies on the same inputs that are infinitely close move apart by the factor `b σ'(u)` a step. So
///
/// ```text
/// moment rate of order p   r_p = ρ(K_p)^{1/p},   (K_p f)(u) = |b σ'(u)|^p ∫ φ((v − c − b σ(u))/|w|)/|w| · f(v) dv
/// pathwise rate            exp ∫ log|b σ'(u)| π(du),   π K_0 = π
/// ```
///
/// by the trapezoidal rule on a uniform grid, which converges faster than any power for a Gaussian kernel, and power iteration of a positive matrix. Source: Furstenberg and Kesten (1960), doi 10.1214/aoms/1177705909, for products of random factors; the operator is worked out here.
///
/// ```
/// use rtrl_lab::{network::activation, theory::ScalarNetwork};
/// let tanh = activation::named("tanh").unwrap();
/// let unit = ScalarNetwork { recurrent: 0.9, input: 1.0, bias: 0.0, activation: tanh };
/// let (pathwise, moment) = (unit.pathwise_rate().unwrap(), unit.moment_rate(2.0).unwrap());
/// assert!(pathwise < moment && moment < 0.9);
/// ```
#[derive(Clone, Copy)]
pub struct ScalarNetwork<'a> {
    /// `b`.
    pub recurrent: f64,
    /// `w`, not 0.
    pub input: f64,
    /// `c`.
    pub bias: f64,
    /// `σ`, bounded.
    pub activation: &'a dyn Activation,
}

/// Grid points for each `|w|` of pre-activation; the rule's error is about `exp(−2π² n²)` with n of them.
const POINTS_A_DEVIATION: f64 = 6.0;
/// Standard deviations of the input beyond which nothing is left: `φ` is below 1e-22 there.
const REACH: f64 = 10.0;
/// Relative change of the eigenvalue at which the iteration ends.
const SETTLED: f64 = 1e-14;
/// Most iterations; a spectral gap that needs more says undefined.
const MOST_ITERATIONS: usize = 20_000;

impl ScalarNetwork<'_> {
    /// `lim_n (E |∏_{i ≤ n} b σ'(u_i)|^p)^{1/(p n)}`; `None` for an unbounded activation, without input, or where the iteration does not settle.
    pub fn moment_rate(&self, order: f64) -> Option<f64> {
        let grid = self.grid()?;
        let factors: Vec<f64> = grid.iter().map(|u| libm::pow(self.factor(*u), order)).collect();
        let kernel = self.kernel(&grid);
        let n = grid.len();
        // K f = factor · (kernel f).
        let (mut f, mut last) = (vec![1.0; n], f64::NAN);
        for _ in 0..MOST_ITERATIONS {
            let image: Vec<f64> =
                kernel.chunks_exact(n).zip(&factors).map(|(row, factor)| factor * row.iter().zip(&f).map(|(k, f)| k * f).sum::<f64>()).collect();
            let size = image.iter().fold(0.0, |a: f64, b| a.max(*b));
            f = image.into_iter().map(|x| x / size).collect();
            if (size - last).abs() <= SETTLED * size {
                return Some(libm::pow(size, 1.0 / order));
            }
            last = size;
        }
        None
    }

    /// Rate of `(E d_t^p)^{1/p}` for copies a finite distance apart, `min_{0 < q ≤ p} r_q^{q/p}`, to eight digits; `None` as [`ScalarNetwork::moment_rate`].
    ///
    /// Hidden states are bounded, so copies that have come to be far apart cannot part further. `Λ(q) = q log r_q` is convex with `Λ(0) = 0`; where it still falls at p the rate is
    /// `r_p`, and where it rises again the moment of bounded distances is carried by pairs that stay apart, `P(d_t ≥ c) ≍ e^{t min Λ}`.
    ///
    /// ```
    /// use rtrl_lab::{network::activation, theory::ScalarNetwork};
    /// let tanh = activation::named("tanh").unwrap();
    /// let unit = |recurrent| ScalarNetwork { recurrent, input: 1.0, bias: 0.0, activation: tanh };
    /// assert_eq!(unit(0.9).distance_rate(2.0), unit(0.9).moment_rate(2.0));
    /// assert!(unit(1.5).distance_rate(2.0).unwrap() < unit(1.5).moment_rate(2.0).unwrap() - 0.08);
    /// ```
    pub fn distance_rate(&self, order: f64) -> Option<f64> {
        let exponent = |q: f64| Some(q * libm::log(self.moment_rate(q)?));
        // Falling at p: the minimum of a convex function over (0, p] is its end.
        let (mut low, mut high) = (0.0, order);
        if exponent(order)? <= exponent(order * (1.0 - 1e-4))? {
            return self.moment_rate(order);
        }
        const GOLDEN: f64 = 0.618_033_988_749_894_9;
        let place = |low: f64, high: f64| (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        let (mut left, mut right) = place(low, high);
        let (mut at_left, mut at_right) = (exponent(left)?, exponent(right)?);
        while high - low > 1e-4 * order {
            if at_left < at_right {
                (high, right, at_right) = (right, left, at_left);
                left = place(low, high).0;
                at_left = exponent(left)?;
            } else {
                (low, left, at_left) = (left, right, at_right);
                right = place(low, high).1;
                at_right = exponent(right)?;
            }
        }
        Some(libm::exp(at_left.min(at_right) / order))
    }

    /// The order κ with `r_κ = 1`: moments of the derivatives of order below κ exist, those above do not, and their tail is `P(|V| > x) ≍ x^{−κ}`; `None` where all moments up to order 64
    /// exist, where the pathwise rate is 1 or more, or as [`ScalarNetwork::moment_rate`]. Source: Kesten (1973), doi 10.1007/BF02392040, whose factors are independent; here they form a chain.
    ///
    /// ```
    /// use rtrl_lab::{network::activation, theory::ScalarNetwork};
    /// let unit = ScalarNetwork { recurrent: 1.5, input: 1.0, bias: 0.0, activation: activation::named("tanh").unwrap() };
    /// let index = unit.tail_index().unwrap();
    /// assert!(unit.pathwise_rate().unwrap() < 0.4 && unit.moment_rate(2.0).unwrap() < 1.0 && unit.moment_rate(4.0).unwrap() > 1.0);
    /// assert!(2.0 < index && index < 4.0);
    /// ```
    pub fn tail_index(&self) -> Option<f64> {
        const LARGEST: f64 = 64.0;
        let above = |order: f64| Some(self.moment_rate(order)? > 1.0);
        if self.pathwise_rate()? >= 1.0 || !above(LARGEST)? {
            return None;
        }
        let (mut low, mut high) = (0.0, LARGEST);
        while high - low > 1e-6 * high {
            let middle = 0.5 * (low + high);
            if above(middle)? { high = middle } else { low = middle }
        }
        Some(0.5 * (low + high))
    }

    /// The exponential of the Lyapunov exponent; `None` as [`ScalarNetwork::moment_rate`].
    pub fn pathwise_rate(&self) -> Option<f64> {
        let grid = self.grid()?;
        let kernel = self.kernel(&grid);
        let n = grid.len();
        let (mut law, mut last) = (vec![1.0 / n as f64; n], f64::NAN);
        for _ in 0..MOST_ITERATIONS {
            let mut next = vec![0.0; n];
            for (mass, row) in law.iter().zip(kernel.chunks_exact(n)) {
                next.iter_mut().zip(row).for_each(|(slot, k)| *slot = mass.mul_add(*k, *slot));
            }
            let total: f64 = next.iter().sum();
            law = next.into_iter().map(|x| x / total).collect();
            let exponent: f64 = law.iter().zip(&grid).map(|(mass, u)| mass * libm::log(self.factor(*u))).sum();
            if (exponent - last).abs() <= SETTLED * exponent.abs() {
                return Some(libm::exp(exponent));
            }
            last = exponent;
        }
        None
    }

    fn factor(&self, u: f64) -> f64 {
        (self.recurrent * self.activation.value_and_slope(u).1).abs()
    }

    /// Uniform points over all that the chain can reach.
    fn grid(&self) -> Option<Vec<f64>> {
        let spread = self.input.abs();
        let half = self.recurrent.abs() * self.activation.value_bound() + REACH * spread;
        if spread.is_nan() || spread <= 0.0 || !half.is_finite() {
            return None;
        }
        let cells = (2.0 * half / spread * POINTS_A_DEVIATION).ceil();
        Some((0..=cells as usize).map(|i| self.bias - half + 2.0 * half * i as f64 / cells).collect())
    }

    /// Transition weights, a row a point; rows sum to 1 but for what the grid leaves out.
    fn kernel(&self, grid: &[f64]) -> Vec<f64> {
        let spread = self.input.abs();
        let scale = (grid[1] - grid[0]) / spread / (std::f64::consts::TAU).sqrt();
        let mut kernel = Vec::with_capacity(grid.len() * grid.len());
        for u in grid {
            let centre = self.bias + self.recurrent * self.activation.value_and_slope(*u).0;
            kernel.extend(grid.iter().map(|v| {
                let z = (v - centre) / spread;
                scale * libm::exp(-0.5 * z * z)
            }));
        }
        kernel
    }
}
