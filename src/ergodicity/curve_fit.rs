//! Least squares of a logarithmic decay curve within the families of shapes.

use super::curve_shape::{Family, Shaped};
use crate::linalg::solve_positive;

/// The logarithms of a moment curve on the times `first..=last`; `None` where it is not positive and finite there.
pub(super) fn logarithms(moment: &[f64], first: usize, last: usize) -> Option<Vec<f64>> {
    moment[first..=last].iter().map(|d| (*d > 0.0 && d.is_finite()).then(|| libm::log(*d))).collect()
}

/// The straight line through the logarithms.
pub(super) fn straight(logs: &[f64], first: usize) -> Shaped {
    let (n, centre) = (logs.len() as f64, (logs.len() as f64 - 1.0) / 2.0);
    let mean = logs.iter().sum::<f64>() / n;
    let (mut cross, mut spread) = (0.0, 0.0);
    for (index, log) in logs.iter().enumerate() {
        let t = index as f64 - centre;
        cross += t * (log - mean);
        spread += t * t;
    }
    let rate = cross / spread;
    let squares = logs.iter().enumerate().map(|(index, log)| log - mean - rate * (index as f64 - centre)).map(|r| r * r).sum();
    Shaped {
        family: Family::Pure,
        parameters: vec![mean - rate * (centre + first as f64), rate],
        squares,
        first: first as f64,
        length: (logs.len() - 1).max(1) as f64,
    }
}

/// The best curve of a family, from the starts that suit it; `None` where no start leads to an allowed curve.
pub(super) fn fit(logs: &[f64], first: usize, family: Family) -> Option<Shaped> {
    let line = straight(logs, first);
    if family == Family::Pure {
        return Some(line);
    }
    let starts: Vec<Vec<f64>> = match family {
        Family::Pure => Vec::new(),
        Family::Driven => vec![vec![0.5, 0.3], vec![1.0, 0.7], vec![1.4, 1.4]],
        Family::Mixed => vec![vec![1.0, 0.0, 0.3], vec![3.0, 0.0, 0.3], vec![8.0, 0.3, 0.3], vec![1.5, -1.2, 0.4], vec![4.0, -1.0, 0.5]],
        Family::Rotating => swings(&line, logs, first).into_iter().map(|(f, b, g)| vec![f, b, g]).collect(),
        Family::DrivenRotating => {
            let risen = fit(logs, first, Family::Driven)?;
            let rise = |rise: f64, (f, b, g): (f64, f64, f64)| vec![rise, rise, f, b, g, b * rise, g * rise, b * rise, g * rise];
            let mut starts: Vec<Vec<f64>> = swings(&risen, logs, first).into_iter().map(|swing| rise(risen.parameters[2].max(0.5), swing)).collect();
            if let Some(turned) = fit(logs, first, Family::Rotating) {
                let own = &turned.parameters[2..];
                starts.extend([0.5, 2.0, 8.0].map(|by| rise(by, (own[0], 0.8 * own[1], 0.8 * own[2]))));
            }
            starts
        }
    };
    let candidates = starts.into_iter().filter_map(|own| {
        let parameters = [line.parameters.clone(), own].concat();
        descend(logs, Shaped { family, parameters, ..line.clone() }, 200)
    });
    candidates.reduce(|best, next| if next.squares < best.squares { next } else { best })
}

/// The curve of the same family nearest to `start`, for logarithms that differ little from those `start` was fitted to.
pub(super) fn refit(logs: &[f64], start: &Shaped) -> Option<Shaped> {
    if start.family == Family::Pure {
        return Some(straight(logs, start.first as usize));
    }
    descend(logs, start.clone(), 12)
}

/// The strongest frequencies (a window) of what a curve leaves, with the amplitudes of `1 + β cos + γ sin` that remove it.
fn swings(curve: &Shaped, logs: &[f64], first: usize) -> Vec<(f64, f64, f64)> {
    let n = logs.len();
    let mut slope = [0.0; 11];
    let residual: Vec<f64> =
        logs.iter().enumerate().map(|(index, log)| log - curve.logarithm((first + index) as f64, &mut slope).unwrap_or(*log)).collect();
    let length = (n - 1) as f64;
    // Half a swing apart in phase over the window is a quarter of the resolution.
    let grid = (3..=2 * n).map(|k| std::f64::consts::PI * k as f64 / 2.0).filter(|f| *f <= std::f64::consts::PI * length);
    let spectrum: Vec<(f64, f64, f64)> = grid
        .map(|frequency| {
            let (mut cos, mut sin) = (0.0, 0.0);
            for (index, r) in residual.iter().enumerate() {
                let (s, c) = libm::sincos(frequency * index as f64 / length);
                cos += r * c;
                sin += r * s;
            }
            // log d carries half of log g, so the amplitude of g is twice the residual's.
            (frequency, 4.0 * cos / n as f64, 4.0 * sin / n as f64)
        })
        .collect();
    let power = |(_, c, s): &(f64, f64, f64)| c * c + s * s;
    let mut peaks: Vec<(f64, f64, f64)> = (0..spectrum.len())
        .filter(|i| {
            let here = power(&spectrum[*i]);
            i.checked_sub(1).is_none_or(|left| here >= power(&spectrum[left])) && spectrum.get(i + 1).is_none_or(|right| here > power(right))
        })
        .map(|i| spectrum[i])
        .collect();
    peaks.sort_by(|a, b| power(b).total_cmp(&power(a)));
    peaks.truncate(3);
    let bounded = |(f, c, s): (f64, f64, f64)| {
        let scale = 0.9 / (c * c + s * s).sqrt().max(0.9);
        (f, c * scale, s * scale)
    };
    peaks.into_iter().map(bounded).collect()
}

/// Levenberg and Marquardt's descent; `None` where the start is not an allowed curve.
fn descend(logs: &[f64], start: Shaped, most: usize) -> Option<Shaped> {
    let k = start.family.parameters();
    let first = start.first;
    let squares = |curve: &Shaped| -> Option<f64> {
        let mut slope = [0.0; 11];
        logs.iter().enumerate().try_fold(0.0, |sum, (index, log)| {
            let r = log - curve.logarithm(first + index as f64, &mut slope)?;
            Some(sum + r * r)
        })
    };
    let mut best = Shaped { squares: squares(&start)?, ..start };
    let mut damping = 1e-3;
    for _ in 0..most {
        let (mut gram, mut right) = ([0.0; 121], [0.0; 11]);
        for (index, log) in logs.iter().enumerate() {
            let mut slope = [0.0; 11];
            let r = log - best.logarithm(first + index as f64, &mut slope)?;
            for i in 0..k {
                right[i] += slope[i] * r;
                for j in 0..=i {
                    gram[i * k + j] += slope[i] * slope[j];
                }
            }
        }
        let before = best.squares;
        for _ in 0..8 {
            let (mut damped, mut move_by) = (gram, right);
            for i in 0..k {
                damped[i * k + i] = damped[i * k + i] * (1.0 + damping) + 1e-300;
            }
            let mut next = best.clone();
            if solve_positive(&mut damped[..k * k], &mut move_by[..k]) {
                next.parameters.iter_mut().zip(&move_by).for_each(|(p, by)| *p += by);
                if let Some(found) = squares(&next).filter(|found| *found < best.squares) {
                    next.squares = found;
                    best = next;
                    damping = (damping * 0.2).max(1e-13);
                    break;
                }
            }
            damping *= 8.0;
        }
        if before - best.squares <= 1e-10 * before {
            break;
        }
    }
    Some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(curve: &[f64], first: usize, family: Family) -> f64 {
        let logs = logarithms(curve, first, curve.len() - 1).unwrap();
        libm::exp(fit(&logs, first, family).unwrap().log_rate())
    }

    #[test]
    fn a_quadratic_factor_is_recovered_and_a_straight_line_is_not_enough() {
        let curve: Vec<f64> = (0..120).map(f64::from).map(|t| (2.0 + 1.5 * t + 0.7 * t * t).sqrt() * libm::pow(0.9, t)).collect();
        assert!((rate(&curve, 30, Family::Driven) - 0.9).abs() < 1e-6);
        assert!((rate(&curve, 30, Family::Pure) - 0.9).abs() > 5e-3);
    }

    #[test]
    fn the_example_of_the_theory_fools_a_straight_line() {
        let curve: Vec<f64> = (0..=20).map(f64::from).map(|t| (1.0 + t) * libm::pow(0.8, t)).collect();
        assert!((rate(&curve, 5, Family::Pure) - 0.88).abs() < 0.02);
        assert!((rate(&curve, 5, Family::Driven) - 0.8).abs() < 1e-4);
    }

    #[test]
    fn a_rotating_pair_is_recovered_whether_or_not_it_is_driven() {
        let swing = |t: f64| 1.0 + 0.6 * libm::cos(0.31 * t + 0.4);
        let plain: Vec<f64> = (0..60).map(f64::from).map(|t| libm::pow(0.7, t) * swing(t).sqrt()).collect();
        assert!((rate(&plain, 0, Family::Rotating) - 0.7).abs() < 1e-7);
        assert!((rate(&plain, 0, Family::Pure) - 0.7).abs() > 1e-4);
        let driven = |t: f64| 1.0 + 0.4 * t + 0.1 * t * t + (0.3 + 0.05 * t * t) * libm::cos(0.5 * t + 1.0);
        let curve: Vec<f64> = (0..60).map(f64::from).map(|t| libm::pow(0.7, t) * driven(t).sqrt()).collect();
        let found = rate(&curve, 0, Family::DrivenRotating);
        assert!((found - 0.7).abs() < 1e-6, "{found}");
    }

    #[test]
    fn two_real_modes_are_told_apart() {
        let curve: Vec<f64> = (0..80).map(f64::from).map(|t| (libm::pow(0.81, t) + 0.8 * libm::pow(0.64, t)).sqrt()).collect();
        assert!((rate(&curve, 0, Family::Mixed) - 0.9).abs() < 1e-7);
        assert!((rate(&curve, 0, Family::Pure) - 0.9).abs() > 1e-4);
    }

    #[test]
    fn the_derivatives_of_every_family_are_right() {
        let own = [vec![], vec![0.7, 0.4], vec![7.0, 0.3, -0.2], vec![0.6, 0.5, 7.0, 0.2, 0.1, -0.1, 0.2, 0.15, 0.1], vec![2.0, 0.4, 0.3]];
        let families = [Family::Pure, Family::Driven, Family::Rotating, Family::DrivenRotating, Family::Mixed];
        for (family, own) in families.into_iter().zip(own) {
            let parameters = [vec![0.2, -0.1], own].concat();
            assert_eq!(parameters.len(), family.parameters());
            let curve = Shaped { family, parameters, squares: 0.0, first: 3.0, length: 20.0 };
            let (mut slope, mut unused) = ([0.0; 11], [0.0; 11]);
            curve.logarithm(14.0, &mut slope).unwrap();
            for (index, derivative) in slope.iter().take(family.parameters()).enumerate() {
                let at = |by: f64| {
                    let mut moved = curve.clone();
                    moved.parameters[index] += by;
                    moved.logarithm(14.0, &mut [0.0; 11]).unwrap()
                };
                let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
                assert!((difference - derivative).abs() < 1e-8 * (1.0 + derivative.abs()), "{family:?} {index}: {difference} {derivative}");
            }
            assert!((libm::log(curve.at(14.0)) - curve.logarithm(14.0, &mut unused).unwrap()).abs() < 1e-12);
        }
    }
}
