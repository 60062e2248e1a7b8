//! Sums whose error does not grow with what cancels in them.

/// A sum that is right to about a rounding of itself and `(k ε)²` of the sum of sizes, for k values
/// in any order.
///
/// Source: Ogita, Rump and Oishi (2005), doi 10.1137/030601818.
pub(super) fn compensated(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, lost) = values.fold((0.0f64, 0.0f64), |(sum, lost), value| {
        let next = sum + value;
        let of_value = next - sum;
        (next, lost + ((sum - (next - of_value)) + (value - of_value)))
    });
    sum + lost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compensated_sum_keeps_what_cancels() {
        let values = [1e16, 1.0, -1e16, 1e-3];
        assert_ne!(values.iter().sum::<f64>(), 1.001, "a plain sum loses it");
        assert_eq!(compensated(values.into_iter()), 1.001);
    }
}
