//! The two orders of a Wasserstein distance that are used here.

/// The order p of `W_p` under the Euclidean distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `W_1`: the cost of a pair is its distance.
    One,
    /// `W_2`: the cost of a pair is its squared distance.
    Two,
}

impl Order {
    /// The exponent, 1 or 2.
    pub fn exponent(self) -> u8 {
        match self {
            Order::One => 1,
            Order::Two => 2,
        }
    }

    /// A distance from the mean of its costs: the root of order p.
    ///
    /// ```
    /// assert_eq!(rtrl_lab::transport::Order::Two.root(9.0), 3.0);
    /// ```
    pub fn root(self, mean_cost: f64) -> f64 {
        match self {
            Order::One => mean_cost,
            Order::Two => mean_cost.max(0.0).sqrt(),
        }
    }
}
