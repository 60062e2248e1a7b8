//! Many claims at once.

/// Holm's adjusted p-values, in the order given.
///
/// ```text
/// p̃_(i) = max_{j ≤ i} min(1, (m − j + 1) p_(j))
/// ```
///
/// Source: Holm (1979), Scandinavian Journal of Statistics 6, 65–70.
///
/// ```
/// assert_eq!(rtrl_lab::stats::holm(&[0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
/// ```
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut running = 0.0f64;
    for (rank, index) in order.into_iter().enumerate() {
        running = running.max(((p_values.len() - rank) as f64 * p_values[index]).min(1.0));
        adjusted[index] = running;
    }
    adjusted
}
