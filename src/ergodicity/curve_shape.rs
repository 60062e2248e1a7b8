//! Least squares of a logarithmic decay curve: a straight line, with or without a growing factor.

/// A fitted curve `d_t = exp(c + t log ρ) ((1 + u s)² + w s²)^{1/2}` with `s = (t − first)/length`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shaped {
    /// `log ρ`.
    pub log_rate: f64,
    /// `c`.
    pub log_level: f64,
    /// `u ≥ 0`, a window.
    pub linear: f64,
    /// `w ≥ 0`, a window.
    pub quadratic: f64,
    /// Sum of squared logarithmic residuals.
    pub squares: f64,
    first: f64,
    length: f64,
}

impl Shaped {
    /// The fitted distance at time `t`.
    pub fn at(&self, t: f64) -> f64 {
        let s = (t - self.first) / self.length;
        libm::exp(self.log_level + t * self.log_rate) * factor(s, self.linear, self.quadratic).sqrt()
    }
}

fn factor(s: f64, u: f64, w: f64) -> f64 {
    (1.0 + u * s) * (1.0 + u * s) + w * s * s
}

/// The fit on the times `first..=last`; `None` where the curve is not positive and finite there.
pub(super) fn fit(moment: &[f64], first: usize, last: usize, driven: bool) -> Option<Shaped> {
    let logs: Option<Vec<f64>> = moment[first..=last].iter().map(|d| (*d > 0.0 && d.is_finite()).then(|| libm::log(*d))).collect();
    let logs = logs?;
    let pure = with_factor(&logs, first, 0.0, 0.0);
    if !driven {
        return Some(pure);
    }
    // u = υ² and w = ω² keep the signs; three starts, since the valley is curved.
    let starts = [(0.3, 0.1), (1.0, 0.5), (2.0, 2.0)];
    let shaped = starts.into_iter().map(|start| descend(&logs, first, start));
    Some(shaped.fold(pure, |best, next| if best.squares <= next.squares { best } else { next }))
}

/// For fixed `u`, `w` the rest is a straight line.
fn with_factor(logs: &[f64], first: usize, u: f64, w: f64) -> Shaped {
    let (n, length) = (logs.len() as f64, (logs.len() - 1).max(1) as f64);
    let centre = (n - 1.0) / 2.0;
    let value = |index: usize| if u == 0.0 && w == 0.0 { logs[index] } else { logs[index] - 0.5 * libm::log(factor(index as f64 / length, u, w)) };
    let values: Vec<f64> = (0..logs.len()).map(value).collect();
    let mean = values.iter().sum::<f64>() / n;
    let (mut cross, mut spread) = (0.0, 0.0);
    for (index, value) in values.iter().enumerate() {
        let t = index as f64 - centre;
        cross += t * (value - mean);
        spread += t * t;
    }
    let log_rate = cross / spread;
    let squares = values.iter().enumerate().map(|(index, value)| value - mean - log_rate * (index as f64 - centre)).map(|r| r * r).sum();
    Shaped { log_rate, log_level: mean - log_rate * (centre + first as f64), linear: u, quadratic: w, squares, first: first as f64, length }
}

/// Levenberg and Marquardt's descent over (υ, ω), the straight line eliminated at every step (variable projection, derivatives by differences).
fn descend(logs: &[f64], first: usize, start: (f64, f64)) -> Shaped {
    let at = |p: (f64, f64)| with_factor(logs, first, p.0 * p.0, p.1 * p.1);
    let residuals = |p: (f64, f64)| -> Vec<f64> {
        let shaped = at(p);
        logs.iter()
            .enumerate()
            .map(|(index, log)| {
                let t = (first + index) as f64;
                log - shaped.log_level - t * shaped.log_rate - 0.5 * libm::log(factor(index as f64 / shaped.length, shaped.linear, shaped.quadratic))
            })
            .collect()
    };
    let (mut point, mut best, mut damping) = (start, at(start), 1e-3);
    for _ in 0..25 {
        let here = residuals(point);
        const STEP: f64 = 1e-6;
        let by = |moved: Vec<f64>| -> Vec<f64> { moved.iter().zip(&here).map(|(a, b)| (a - b) / STEP).collect() };
        let (ju, jw) = (by(residuals((point.0 + STEP, point.1))), by(residuals((point.0, point.1 + STEP))));
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let (uu, uw, ww, ru, rw) = (dot(&ju, &ju), dot(&ju, &jw), dot(&jw, &jw), dot(&ju, &here), dot(&jw, &here));
        let before = best.squares;
        for _ in 0..8 {
            let (a, d) = (uu * (1.0 + damping) + 1e-300, ww * (1.0 + damping) + 1e-300);
            let determinant = a * d - uw * uw;
            if determinant <= 0.0 {
                damping *= 10.0;
                continue;
            }
            let moved = (point.0 - (d * ru - uw * rw) / determinant, point.1 - (a * rw - uw * ru) / determinant);
            let next = at(moved);
            if next.squares < best.squares {
                (point, best) = (moved, next);
                damping = (damping * 0.2).max(1e-12);
                break;
            }
            damping *= 8.0;
        }
        if before - best.squares <= 1e-12 * before {
            break;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quadratic_factor_is_recovered_and_a_straight_line_is_not_enough() {
        let curve: Vec<f64> = (0..120).map(|t| t as f64).map(|t| (2.0 + 1.5 * t + 0.7 * t * t).sqrt() * 0.9f64.powi(t as i32)).collect();
        let driven = fit(&curve, 30, 119, true).unwrap();
        let pure = fit(&curve, 30, 119, false).unwrap();
        assert!((libm::exp(driven.log_rate) - 0.9).abs() < 1e-6, "{}", libm::exp(driven.log_rate));
        assert!((libm::exp(pure.log_rate) - 0.9).abs() > 5e-3, "{}", libm::exp(pure.log_rate));
        assert!((driven.at(60.0) / curve[60] - 1.0).abs() < 1e-5);
    }

    #[test]
    fn the_example_of_the_theory_fools_a_straight_line() {
        let curve: Vec<f64> = (0..=20).map(|t| (1.0 + 1.0 * t as f64) * 0.8f64.powi(t)).collect();
        let pure = fit(&curve, 5, 20, false).unwrap();
        assert!((libm::exp(pure.log_rate) - 0.88).abs() < 0.02, "{}", libm::exp(pure.log_rate));
        let driven = fit(&curve, 5, 20, true).unwrap();
        assert!((libm::exp(driven.log_rate) - 0.8).abs() < 1e-4, "{}", libm::exp(driven.log_rate));
    }
}
