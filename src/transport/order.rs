//! The two orders of a Wasserstein distance that are used here.

/// The order p of `W_p` under the Euclidean distance.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::transport::{Order, assignment_of_order};
/// let (x, y) = (array![[0.0], [0.0]], array![[3.0], [4.0]]);
/// let distance = |order| assignment_of_order(x.view(), y.view(), order).unwrap().distance;
/// assert_eq!(distance(Order::One), 3.5);
/// assert!((distance(Order::Two) - 12.5f64.sqrt()).abs() < 1e-14);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `W_1`: the cost of a pair is its distance.
    One,
    /// `W_2`: the cost of a pair is its squared distance.
    Two,
}

impl Order {
    /// The exponent, 1 or 2.
    ///
    /// ```
    /// use rtrl_lab::transport::Order;
    /// assert_eq!([Order::One, Order::Two].map(Order::exponent), [1, 2]);
    /// ```
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
