//! Rates of a book of orders, by distance from the opposite best quote.

use crate::markov::Queue;

/// Rates of a zero-intelligence book: limit orders arrive i ticks from the opposite best quote at
/// rate `λ(i)`, each order there is cancelled at rate `θ(i)`, and an order that takes the best of a
/// side comes at rate `μ`; per minute in the source, though no event depends on the unit.
///
/// ```
/// use rtrl_lab::data::OrderRates;
/// let rates = OrderRates::sky_perfect(20);
/// assert_eq!((rates.limit[0], rates.cancel[4], rates.market), (1.85, 0.47, 0.94));
/// assert!((rates.limit[5] - 1.92 * 6f64.powf(-0.52)).abs() < 1e-12);
/// assert_eq!(rates.cancel[19], 0.47);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct OrderRates {
    /// `λ(1) … λ(D)`.
    pub limit: Vec<f64>,
    /// `θ(1) … θ(D)`.
    pub cancel: Vec<f64>,
    /// `μ`.
    pub market: f64,
}

impl OrderRates {
    /// The rates that Cont, Stoikov and Talreja (2010) estimate in their Table 2, with their power
    /// law `λ(i) = 1.92 i^(−0.52)` beyond five ticks, to `depth` ticks.
    ///
    /// ```
    /// assert_eq!(rtrl_lab::data::OrderRates::sky_perfect(7).limit.len(), 7);
    /// ```
    pub fn sky_perfect(depth: usize) -> Self {
        OrderRates::with_tail(&[1.85, 1.51, 1.09, 0.88, 0.77], [1.92, 0.52], &[0.71, 0.81, 0.68, 0.56, 0.47], 0.94, depth)
    }

    /// The listed rates of limit orders, beyond them `k i^(−α)` for a tail `[k, α]`; the last of
    /// the listed rates of cancelling goes on.
    ///
    /// ```
    /// use rtrl_lab::data::OrderRates;
    /// let rates = OrderRates::with_tail(&[2.0], [1.0, 1.0], &[0.5, 0.25], 1.0, 4);
    /// assert_eq!(rates.limit, [2.0, 1.0 / 2.0, 1.0 / 3.0, 1.0 / 4.0]);
    /// assert_eq!(rates.cancel, [0.5, 0.25, 0.25, 0.25]);
    /// ```
    pub fn with_tail(limit: &[f64], [scale, exponent]: [f64; 2], cancel: &[f64], market: f64, depth: usize) -> Self {
        let beyond = |i: usize| scale / libm::pow((i + 1) as f64, exponent);
        OrderRates {
            limit: (0..depth).map(|i| limit.get(i).copied().unwrap_or_else(|| beyond(i))).collect(),
            cancel: (0..depth).map(|i| cancel.get(i).or(cancel.last()).copied().unwrap_or(0.0)).collect(),
            market,
        }
    }

    /// The best queue of a side at a spread of `spread` ticks.
    ///
    /// ```
    /// use rtrl_lab::data::OrderRates;
    /// let queue = OrderRates::sky_perfect(20).queue(2, 40);
    /// assert_eq!((queue.arrival, queue.cancel, queue.capacity), (1.51, 0.81, 40));
    /// ```
    pub fn queue(&self, spread: usize, capacity: usize) -> Queue {
        Queue { arrival: self.limit[spread - 1], market: self.market, cancel: self.cancel[spread - 1], capacity }
    }

    /// The rate of limit orders of one side inside a spread, `Λ = Σ_{i < spread} λ(i)`.
    ///
    /// ```
    /// use rtrl_lab::data::OrderRates;
    /// let rates = OrderRates::sky_perfect(20);
    /// assert_eq!((rates.inside(1), rates.inside(3)), (0.0, 1.85 + 1.51));
    /// ```
    pub fn inside(&self, spread: usize) -> f64 {
        self.limit[..spread - 1].iter().sum()
    }
}
