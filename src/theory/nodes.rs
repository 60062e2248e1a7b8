//! Polynomial interpolation at Chebyshev's points of an interval.

/// Chebyshev's points of the second kind on an interval, with the weights of the barycentric
/// formula.
///
/// Interpolation of an analytic function converges geometrically, of an entire one faster. Source:
/// Berrut and Trefethen (2004), doi 10.1137/S0036144502417715.
#[derive(Clone, Debug)]
pub(super) struct Nodes {
    /// Falling from the upper end to the lower.
    pub points: Vec<f64>,
}

impl Nodes {
    /// `count ≥ 2` points on `[low, high]`.
    pub(super) fn on([low, high]: [f64; 2], count: usize) -> Self {
        let last = (count - 1) as f64;
        let (centre, half) = (0.5 * (low + high), 0.5 * (high - low));
        // The sine of the angle from the middle: odd about it, so that the points are.
        let point = |i: usize| centre + half * libm::sin(std::f64::consts::PI * (last - 2.0 * i as f64) / (2.0 * last));
        Nodes { points: (0..count).map(point).collect() }
    }

    /// `[low, high]`.
    pub(super) fn ends(&self) -> [f64; 2] {
        [self.points[self.points.len() - 1], self.points[0]]
    }

    /// Writes the weights that give a polynomial's value at `place`, held within the interval, from
    /// its values at the points.
    pub(super) fn weights_at(&self, place: f64, weights: &mut [f64]) {
        let [low, high] = self.ends();
        let place = place.clamp(low, high);
        let last = self.points.len() - 1;
        let mut total = 0.0;
        for (i, (slot, point)) in weights.iter_mut().zip(&self.points).enumerate() {
            let gap = place - point;
            if gap == 0.0 {
                weights.fill(0.0);
                weights[i] = 1.0;
                return;
            }
            let size = if i == 0 || i == last { 0.5 } else { 1.0 };
            *slot = if i % 2 == 0 { size / gap } else { -size / gap };
            total += *slot;
        }
        weights.iter_mut().for_each(|slot| *slot /= total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entire_function_is_interpolated_to_rounding_and_no_place_is_left_outside() {
        let nodes = Nodes::on([-0.7, 1.9], 30);
        let mut weights = vec![0.0; 30];
        let mut value = |place: f64| {
            nodes.weights_at(place, &mut weights);
            nodes.points.iter().zip(&weights).map(|(x, w)| w * libm::exp(-x * x)).sum::<f64>()
        };
        for place in [-0.7, -0.699_999_999, 0.1, 0.6, 1.3, 1.9] {
            assert!((value(place) - libm::exp(-place * place)).abs() < 1e-14, "{place}");
        }
        assert_eq!(value(7.0), value(1.9));
    }
}
