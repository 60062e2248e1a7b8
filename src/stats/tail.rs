//! Exponents of moments by order, convex, and the order at which they pass zero: the tail index.

use super::{Estimate, Undefined, chi_square_quantile, normal_quantile};

/// The smallest half-width that an exponent is taken to have, so that exact ones can be weighed.
const FINEST: f64 = 1e-12;
/// Sweeps of the fit, of which a few dozen are enough.
const SWEEPS: usize = 10_000;
/// Orders of the fine grid on which the curve is looked at between two measured ones.
const GRID: usize = 64;
/// Chance at which exponents that are convex are called broken.
const FALSE_ALARM: f64 = 1e-5;

/// `Λ(q) = lim t^{-1} log E|A_t ⋯ A_1 δ|^q` at several orders, each measured for itself, and the
/// convex curve through `Λ(0) = 0` nearest to them.
///
/// ```text
/// minimise Σ_j ((f_j − Λ̂_j)/s_j)²
///     over f with slopes (f_{j+1} − f_j)/(q_{j+1} − q_j) that do not fall, f_0 = 0 at q_0 = 0
/// ```
///
/// `Λ` is convex by Hölder's inequality. Between orders `Λ(q)/q = log r_q`, which rises with q, is
/// interpolated by a cubic in log q; the index is where it is 0. Source of the fit: Hildreth
/// (1954), doi 10.1080/01621459.1954.10483523.
///
/// ```
/// use rtrl_lab::stats::{Estimate, Exponents, TailIndex};
/// let points = [1.0f64, 2.0, 4.0, 8.0].map(|q| (q, Estimate::exact(q * (q / 3.0).ln())));
/// let TailIndex::Within(index) = Exponents::fit(&points).unwrap().tail_index() else { panic!() };
/// assert!((index.value - 3.0).abs() < 1e-9);
/// ```
#[derive(Clone, Debug)]
pub struct Exponents {
    orders: Vec<f64>,
    measured: Vec<Estimate>,
    fitted: Vec<f64>,
}

/// What exponents say of the tail index κ, `Λ(κ) = 0`: moments of order below κ exist, those above
/// do not.
///
/// ```
/// use rtrl_lab::stats::{Estimate, Exponents, TailIndex};
/// let index = |first, second| {
///     let points = [(1.0, Estimate::exact(first)), (2.0, Estimate::exact(second))];
///     Exponents::fit(&points).unwrap().tail_index()
/// };
/// assert_eq!(index(1.0, 4.0), TailIndex::Below(1.0));
/// assert_eq!(index(-1.0, -1.5), TailIndex::Above { limit: 2.0, value: None });
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TailIndex {
    /// An interval.
    Within(Estimate),
    /// A lower limit, and the point where there is one: what was measured leaves open how large it
    /// is.
    Above {
        /// The limit.
        limit: f64,
        /// The point.
        value: Option<f64>,
    },
    /// No order measured has a moment: κ lies below the smallest of them, or there is none since
    /// almost every path grows.
    Below(f64),
    /// Nothing: the exponent of the smallest order may lie on either side.
    Open,
}

impl Exponents {
    /// Fits exponents at rising orders; points at orders that are not above 0, or with a value or
    /// an end that is not finite, are left out.
    ///
    /// ```
    /// use rtrl_lab::stats::{Estimate, Exponents};
    /// let points = [1.0, 2.0, 3.0].map(|q| (q, Estimate::exact(q * q - 2.0 * q)));
    /// assert_eq!(Exponents::fit(&points).unwrap().fitted(), [-1.0, 0.0, 3.0]);
    /// assert!(Exponents::fit(&points[..1]).is_err());
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] with fewer than two of them.
    pub fn fit(points: &[(f64, Estimate)]) -> Result<Self, Undefined> {
        let usable = |(order, e): &&(f64, Estimate)| *order > 0.0 && [e.value, e.lower, e.upper].iter().all(|x| x.is_finite());
        let (orders, measured): (Vec<f64>, Vec<Estimate>) = points.iter().filter(usable).copied().unzip();
        if orders.len() < 2 || orders.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(Undefined::because(format!("exponents are known at {} orders, and a curve needs two that rise", orders.len())));
        }
        let variances: Vec<f64> = measured.iter().map(|e| deviation(e) * deviation(e)).collect();
        let values: Vec<f64> = measured.iter().map(|e| e.value).collect();
        let fitted = convex(&orders, &values, &variances);
        Ok(Exponents { orders, measured, fitted })
    }

    /// The orders.
    ///
    /// ```
    /// use rtrl_lab::stats::{Estimate, Exponents};
    /// let measured = [(1.0, -1.0), (2.0, 0.5), (4.0, f64::INFINITY)];
    /// let points = measured.map(|(q, x)| (q, Estimate::exact(x)));
    /// // An exponent that is not finite is left out.
    /// assert_eq!(Exponents::fit(&points).unwrap().orders(), [1.0, 2.0]);
    /// ```
    pub fn orders(&self) -> &[f64] {
        &self.orders
    }

    /// The exponents as measured.
    ///
    /// ```
    /// use rtrl_lab::stats::{Estimate, Exponents};
    /// let points = [(1.0, Estimate::exact(-1.0)), (2.0, Estimate::normal(0.5, 0.1, 0.95))];
    /// assert_eq!(Exponents::fit(&points).unwrap().measured()[1], points[1].1);
    /// ```
    pub fn measured(&self) -> &[Estimate] {
        &self.measured
    }

    /// The convex fit at the orders.
    ///
    /// ```
    /// use rtrl_lab::stats::{Estimate, Exponents};
    /// let points = [1.0, 2.0].map(|q| (q, Estimate::normal(2.0, 1.0, 0.95)));
    /// let exponents = Exponents::fit(&points).unwrap();
    /// // The nearest point to (2, 2) with f₂ ≥ 2 f₁.
    /// let [first, second] = exponents.fitted()[..] else { panic!() };
    /// assert!((first - 1.2).abs() < 1e-9 && (second - 2.4).abs() < 1e-9);
    /// ```
    pub fn fitted(&self) -> &[f64] {
        &self.fitted
    }

    /// Whether the exponents miss every convex curve by more than chance 1e-5 allows: then they
    /// were measured wrongly.
    ///
    /// ```
    /// use rtrl_lab::stats::{Estimate, Exponents};
    /// let broken = |error| {
    ///     let points = [1.0, 2.0].map(|q| (q, Estimate::normal(2.0, error, 0.95)));
    ///     Exponents::fit(&points).unwrap().is_broken()
    /// };
    /// // The misfit is 0.8 over the variance; the limit at 1e-5 on two degrees of freedom is 23.0.
    /// assert!(broken(0.185) && !broken(0.188));
    /// ```
    pub fn is_broken(&self) -> bool {
        let terms = self.fitted.iter().zip(&self.measured).map(|(fit, e)| (fit - e.value) / deviation(e));
        let misfit: f64 = terms.map(|z| z * z).sum();
        misfit > chi_square_quantile(1.0 - FALSE_ALARM, self.orders.len() as f64)
    }

    /// `Λ(q)` between the smallest and the largest order with its interval's ends: fit, lower,
    /// upper.
    ///
    /// Errors of different orders are independent, so half-widths of the cubic's terms add in
    /// squares.
    ///
    /// ```
    /// use rtrl_lab::stats::{Estimate, Exponents};
    /// let curve = |q: f64| q * (q / 3.0).ln();
    /// let points = [1.0, 2.0, 4.0, 8.0].map(|q| (q, Estimate::exact(curve(q))));
    /// let [value, lower, upper] = Exponents::fit(&points).unwrap().at(5.0);
    /// assert!((value - curve(5.0)).abs() < 1e-9 && lower == value && upper == value);
    /// ```
    pub fn at(&self, order: f64) -> [f64; 3] {
        let place = self.orders.partition_point(|q| *q < order);
        let count = self.orders.len().min(4);
        let first = place.saturating_sub(2).min(self.orders.len() - count);
        let near = first..first + count;
        let x = libm::log(order);
        let (mut value, mut down, mut up) = (0.0, 0.0, 0.0);
        for j in near.clone() {
            let own = libm::log(self.orders[j]);
            let weight = near.clone().filter(|k| *k != j).map(|k| libm::log(self.orders[k])).fold(1.0, |w, other| w * (x - other) / (own - other));
            let scale = weight / self.orders[j];
            value += scale * self.fitted[j];
            let [low, high] =
                [self.measured[j].value - self.measured[j].lower, self.measured[j].upper - self.measured[j].value].map(|half| half * scale);
            let (low, high) = if scale < 0.0 { (high, low) } else { (low, high) };
            (down, up) = (down + low * low, up + high * high);
        }
        [order * value, order * (value - down.sqrt()), order * (value + up.sqrt())]
    }

    /// The tail index: the root of the curve, and the roots of its interval's ends.
    ///
    /// ```
    /// use rtrl_lab::stats::{Estimate, Exponents, TailIndex};
    /// // −0.1 ± 0.2 at the smallest order leaves both sides open.
    /// let points = [(1.0, -0.1), (2.0, 0.5)].map(|(q, x)| (q, Estimate::normal(x, 0.1, 0.95)));
    /// assert_eq!(Exponents::fit(&points).unwrap().tail_index(), TailIndex::Open);
    /// ```
    pub fn tail_index(&self) -> TailIndex {
        let (smallest, largest) = (self.orders[0], self.orders[self.orders.len() - 1]);
        let [value, lower, upper] = [0, 1, 2].map(|which| self.root(which));
        match (value, lower, upper) {
            _ if self.at(smallest)[1] > 0.0 => TailIndex::Below(smallest),
            // The upper end of the exponent passes 0 first: it is the lower end of the index.
            (_, _, Some(low)) if low <= smallest => TailIndex::Open,
            (Some(value), Some(high), Some(low)) => {
                let level = self.measured[0].level;
                let standard_error = (high - low) / 2.0 / normal_quantile(0.5 + level / 2.0);
                TailIndex::Within(Estimate { value, standard_error, lower: low, upper: high, level })
            }
            (value, _, low) => TailIndex::Above { limit: low.unwrap_or(largest), value },
        }
    }

    /// The first order at which one of the curves of [`Exponents::at`] passes 0; the smallest one
    /// where it starts above.
    fn root(&self, which: usize) -> Option<f64> {
        let curve = |order: f64| self.at(order)[which];
        let place = |pair: &[f64], share: f64| libm::exp(libm::log(pair[0]) + share * (libm::log(pair[1]) - libm::log(pair[0])));
        let grid: Vec<f64> = self
            .orders
            .windows(2)
            .flat_map(|pair| (0..GRID).map(move |k| if k == 0 { pair[0] } else { place(pair, k as f64 / GRID as f64) }))
            .chain([self.orders[self.orders.len() - 1]])
            .collect();
        let first = grid.iter().position(|order| curve(*order) >= 0.0)?;
        if first == 0 {
            return Some(grid[0]);
        }
        let (mut low, mut high) = (grid[first - 1], grid[first]);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if curve(middle) >= 0.0 { high = middle } else { low = middle }
        }
        Some(0.5 * (low + high))
    }
}

/// Standard deviation that an interval stands for.
fn deviation(e: &Estimate) -> f64 {
    ((e.upper - e.lower) / 2.0).max(FINEST * (1.0 + e.value.abs())) / normal_quantile(0.5 + e.level.min(0.999_999) / 2.0)
}

/// The convex values nearest to `values` on `orders` and 0 at 0, by coordinate ascent in the
/// multipliers of the slopes' order.
fn convex(orders: &[f64], values: &[f64], variances: &[f64]) -> Vec<f64> {
    let at = |j: usize| if j == 0 { 0.0 } else { orders[j - 1] };
    // Second difference at j, which is no smaller than 0: coefficients of the values at j − 1, j, j
    // + 1, of which that at 0 is fixed.
    let coefficients = |j: usize| {
        let (left, right) = (1.0 / (at(j) - at(j - 1)), 1.0 / (at(j + 1) - at(j)));
        [if j == 1 { 0.0 } else { left }, -left - right, right]
    };
    let mut fitted = values.to_vec();
    let mut multipliers = vec![0.0; orders.len()];
    for _ in 0..SWEEPS {
        let mut moved = 0.0f64;
        for (j, multiplier) in multipliers.iter_mut().enumerate().skip(1) {
            let own = coefficients(j);
            let slots: Vec<(usize, f64)> = own.into_iter().enumerate().filter(|(_, c)| *c != 0.0).map(|(k, c)| (j + k - 2, c)).collect();
            let second: f64 = slots.iter().map(|(slot, c)| c * fitted[*slot]).sum();
            let scale: f64 = slots.iter().map(|(slot, c)| c * c * variances[*slot]).sum();
            let next = (*multiplier - second / scale).max(0.0);
            let step = next - *multiplier;
            *multiplier = next;
            slots.iter().for_each(|(slot, c)| fitted[*slot] += step * c * variances[*slot]);
            moved = moved.max(step.abs() * scale.sqrt());
        }
        if moved < 1e-9 {
            break;
        }
    }
    fitted
}
