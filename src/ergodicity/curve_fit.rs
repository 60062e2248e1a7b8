//! Least squares of a logarithmic decay curve within the families of shapes.

use super::curve_shape::{Family, Shaped};
use crate::linalg::least_squares;
use crate::simd::dense::add_scaled;
use crate::simd::elementary::{exp_all, log_all};

/// The logarithms of a moment curve on the times `first..=last`; `None` where it is not positive
/// and finite there.
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
        rate,
        inner: 0.0,
        coefficients: vec![libm::exp(2.0 * (mean - rate * centre))],
        squares,
        first: first as f64,
        length: (logs.len() - 1).max(1) as f64,
    }
}

/// The best curve of a family, from the starts that suit it; `None` where no start leads to an
/// allowed curve.
pub(super) fn fit(logs: &[f64], first: usize, family: Family) -> Option<Shaped> {
    fit_near(logs, first, family, &[])
}

/// [`fit`], with places seen on an overlapping window as further starts.
pub(super) fn fit_near(logs: &[f64], first: usize, family: Family, seen: &[Shaped]) -> Option<Shaped> {
    let line = straight(logs, first);
    let starts: Vec<(f64, f64)> = match family {
        Family::Pure => return Some(line),
        Family::Driven | Family::TwiceDriven | Family::ThriceDriven => steeper(&line, 0.0),
        Family::Chain(power) => {
            let rise = |a: f64| f64::from(power) * libm::log((1.0 + a) / a) / line.length;
            [0.1, 0.3, 1.0, 3.0].into_iter().map(|a| (line.rate - rise(a), a)).collect()
        }
        Family::Mixed => [1.0, 3.0, 8.0].into_iter().flat_map(|rate| steeper(&line, rate)).collect(),
        Family::Rotating => swings(&line, logs, first).into_iter().map(|frequency| (line.rate, frequency)).collect(),
        Family::DrivenRotating => {
            let risen = fit(logs, first, Family::Driven).unwrap_or_else(|| line.clone());
            let turned = fit(logs, first, Family::Rotating).map(|turned| (turned.rate, turned.inner));
            let mut starts: Vec<(f64, f64)> =
                swings(&risen, logs, first).into_iter().map(|frequency| (risen.rate, frequency)).chain(turned).collect();
            let steeper: Vec<(f64, f64)> = starts.iter().flat_map(|(_, frequency)| steeper(&line, *frequency)).collect();
            starts.extend(steeper);
            starts
        }
    };
    let scaled = |seen: &Shaped| (seen.rate, if family == Family::Mixed { seen.inner.max(0.5) } else { seen.inner * line.length / seen.length });
    let starts = starts.into_iter().chain(seen.iter().filter(|seen| seen.family.shares_inner_with(family)).map(scaled));
    // The projected objective has valleys; the descent starts from the deepest few places seen.
    let mut places: Vec<Shaped> = starts
        .filter(|(_, inner)| family.allows(*inner))
        .filter_map(|(rate, inner)| Some(projected(logs, &Shaped { family, rate, inner, ..line.clone() })?.curve))
        .collect();
    places.sort_by(|a, b| a.squares.total_cmp(&b.squares));
    let candidates = places.into_iter().take(3).filter_map(|place| descend(logs, place, 40));
    candidates.filter(Shaped::is_driven_upwards).reduce(|best, next| if next.squares < best.squares { next } else { best })
}

/// Rates from the line's own to ones that a factor of high degree hides, in steps of a share of the
/// window.
fn steeper(line: &Shaped, inner: f64) -> Vec<(f64, f64)> {
    (0..10).map(|k| (line.rate - 0.35 * f64::from(k) / line.length, inner)).collect()
}

/// λ of the same family for logarithms that differ little from those `start` was fitted to:
/// coefficients by least squares, then two guarded steps of Gauss and Newton. No search: a resample
/// must not fall into another valley.
pub(super) fn refitted_rate(logs: &[f64], start: &Shaped) -> Option<f64> {
    if start.family == Family::Pure {
        return Some(straight(logs, start.first as usize).rate);
    }
    Some(descend(logs, start.clone(), 2)?.rate)
}

/// A curve whose coefficients are the best ones for its λ and φ or μ, with what that took.
struct Placed {
    curve: Shaped,
    /// The functions at every time, a column a function.
    functions: Vec<Vec<f64>>,
    /// `1/y` with `y = d² e^{−2λ(t − first)}`.
    inverses: Vec<f64>,
    /// `g/y`.
    factors: Vec<f64>,
}

/// Columns of the linearised fit, relative to the curve: the functions, then the derivatives of the
/// factor in λ (times the window's length) and in φ or μ.
fn jacobian(at: &Placed) -> Vec<Vec<f64>> {
    let Placed { curve, functions, inverses, factors } = at;
    let mut columns: Vec<Vec<f64>> = functions.iter().map(|column| times(column, inverses)).collect();
    columns.push(factors.iter().enumerate().map(|(index, factor)| 2.0 * index as f64 / curve.length * factor).collect());
    if curve.family.has_inner() {
        let slopes = curve.family.slopes(curve.inner, curve.length, factors.len());
        columns.push(times(&combined(&curve.coefficients, &slopes), inverses));
    }
    columns
}

fn times(column: &[f64], factors: &[f64]) -> Vec<f64> {
    column.iter().zip(factors).map(|(value, factor)| value * factor).collect()
}

/// `Σ_k c_k f_k` at every time.
fn combined(coefficients: &[f64], columns: &[Vec<f64>]) -> Vec<f64> {
    let mut sums = vec![0.0; columns.first().map_or(0, Vec::len)];
    coefficients.iter().zip(columns).for_each(|(c, column)| add_scaled(*c, column, &mut sums));
    sums
}

/// The strongest frequencies (a window) of what a curve leaves.
fn swings(curve: &Shaped, logs: &[f64], first: usize) -> Vec<f64> {
    let n = logs.len();
    let residual: Vec<f64> = logs
        .iter()
        .enumerate()
        .map(|(index, log)| {
            let fitted = curve.at((first + index) as f64);
            if fitted > 0.0 { log - libm::log(fitted) } else { 0.0 }
        })
        .collect();
    let length = (n - 1) as f64;
    // Half a swing apart in phase over the window is a quarter of the resolution.
    let grid = (3..=2 * n).map(|k| std::f64::consts::PI * k as f64 / 2.0).filter(|f| *f <= std::f64::consts::PI * length);
    let spectrum: Vec<(f64, f64)> = grid
        .map(|frequency| {
            let (mut cos, mut sin) = (0.0, 0.0);
            for (index, r) in residual.iter().enumerate() {
                let (s, c) = libm::sincos(frequency * index as f64 / length);
                cos += r * c;
                sin += r * s;
            }
            (frequency, cos * cos + sin * sin)
        })
        .collect();
    let mut peaks: Vec<(f64, f64)> = (0..spectrum.len())
        .filter(|i| {
            let here = spectrum[*i].1;
            i.checked_sub(1).is_none_or(|left| here >= spectrum[left].1) && spectrum.get(i + 1).is_none_or(|right| here > right.1)
        })
        .map(|i| spectrum[i])
        .collect();
    peaks.sort_by(|a, b| b.1.total_cmp(&a.1));
    peaks.into_iter().take(3).map(|(frequency, _)| frequency).collect()
}

/// The best coefficients for given λ and φ or μ, by least squares of `1 − g/y` with
/// `y = d² e^{−2λ(t − first)}`, and the curve's logarithmic residuals; `None` where the factor is
/// within rounding of zero beside the curve it belongs to, since no moment over many pairs touches
/// zero.
fn projected(logs: &[f64], curve: &Shaped) -> Option<Placed> {
    const TOUCHES: f64 = 1e-9;
    let functions = curve.family.columns(curve.inner, curve.length, logs.len());
    let straightened: Vec<f64> = logs.iter().enumerate().map(|(index, log)| log - curve.rate * index as f64).collect();
    let mut inverses: Vec<f64> = straightened.iter().map(|log| -2.0 * log).collect();
    exp_all(&mut inverses);
    let mut columns: Vec<Vec<f64>> = functions.iter().map(|column| times(column, &inverses)).collect();
    let coefficients = least_squares(&mut columns, &vec![1.0; logs.len()])?;
    let mut residuals = combined(&coefficients, &functions);
    let factors = times(&residuals, &inverses);
    if !factors.iter().all(|factor| *factor > TOUCHES) {
        return None;
    }
    log_all(&mut residuals);
    let squares = straightened.iter().zip(&residuals).map(|(log, own)| log - 0.5 * own).map(|r| r * r).sum();
    Some(Placed { curve: Shaped { coefficients, squares, ..curve.clone() }, functions, inverses, factors })
}

/// Gauss and Newton's descent in λ and φ or μ with the coefficients projected out; `None` where the
/// start is not an allowed curve.
fn descend(logs: &[f64], start: Shaped, most: usize) -> Option<Shaped> {
    let family = start.family;
    if !family.allows(start.inner) {
        return None;
    }
    let width = family.width();
    let mut placed = projected(logs, &start)?;
    for _ in 0..most {
        let rest: Vec<f64> = placed.factors.iter().map(|factor| 1.0 - factor).collect();
        let Some(step) = least_squares(&mut jacobian(&placed), &rest) else { break };
        let best = &placed.curve;
        let before = best.squares;
        let mut share = 1.0;
        for _ in 0..6 {
            let rate = best.rate + share * step[width] / best.length;
            let inner = best.inner + share * step.get(width + 1).copied().unwrap_or(0.0);
            let moved = family.allows(inner).then(|| projected(logs, &Shaped { rate, inner, ..best.clone() })).flatten();
            if let Some(moved) = moved.filter(|moved| moved.curve.squares < before) {
                placed = moved;
                break;
            }
            share *= 0.3;
        }
        if before - placed.curve.squares <= 1e-9 * before {
            break;
        }
    }
    Some(placed.curve)
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
    fn a_quartic_factor_is_recovered_where_a_quadratic_one_is_not_enough() {
        let curve: Vec<f64> = (0..150).map(f64::from).map(|t| (5.0 + t + 0.3 * t * t) * libm::pow(0.9, t)).collect();
        assert!((rate(&curve, 40, Family::TwiceDriven) - 0.9).abs() < 1e-4, "{}", rate(&curve, 40, Family::TwiceDriven));
        assert!((rate(&curve, 40, Family::Driven) - 0.9).abs() > 1e-3);
    }

    #[test]
    fn a_jordan_block_of_four_is_recovered_where_a_quartic_factor_is_not_enough() {
        let curve: Vec<f64> = (0..201).map(f64::from).map(|t| (3.0 + t * t * t / 60.0) * libm::pow(0.9, t)).collect();
        assert!((rate(&curve, 66, Family::ThriceDriven) - 0.9).abs() < 1e-5, "{}", rate(&curve, 66, Family::ThriceDriven));
        assert!((rate(&curve, 66, Family::TwiceDriven) - 0.9).abs() > 1e-4);
    }

    #[test]
    fn the_example_of_the_theory_fools_a_straight_line() {
        let curve: Vec<f64> = (0..=20).map(f64::from).map(|t| (1.0 + t) * libm::pow(0.8, t)).collect();
        assert!((rate(&curve, 5, Family::Pure) - 0.88).abs() < 0.02);
        assert!((rate(&curve, 5, Family::Driven) - 0.8).abs() < 1e-4);
    }

    #[test]
    fn a_chain_of_six_modes_is_recovered_nearly() {
        let factor = |t: f64| libm::pow(t + 4.0, 5.0) * libm::hypot(1.0, 20.0 / (t + 9.0));
        let curve: Vec<f64> = (0..201).map(f64::from).map(|t| factor(t) * libm::pow(0.8, t)).collect();
        assert!((rate(&curve, 66, Family::Chain(5)) - 0.8).abs() < 5e-4, "{}", rate(&curve, 66, Family::Chain(5)));
        assert!((rate(&curve, 66, Family::Pure) - 0.8).abs() > 0.02);
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
    fn a_refit_follows_a_curve_that_moves() {
        let curve = |a: f64, rate: f64| -> Vec<f64> { (0..90).map(f64::from).map(|t| (a + 0.4 * t) * libm::pow(rate, t)).collect() };
        let fitted = fit(&logarithms(&curve(3.0, 0.9), 20, 89).unwrap(), 20, Family::Driven).unwrap();
        let moved = refitted_rate(&logarithms(&curve(6.0, 0.9001), 20, 89).unwrap(), &fitted).unwrap();
        assert!((libm::exp(moved) - 0.9001).abs() < 5e-6, "{}", libm::exp(moved));
    }

    #[test]
    fn two_real_modes_are_told_apart() {
        let curve: Vec<f64> = (0..80).map(f64::from).map(|t| (libm::pow(0.81, t) + 0.8 * libm::pow(0.64, t)).sqrt()).collect();
        assert!((rate(&curve, 0, Family::Mixed) - 0.9).abs() < 1e-7);
        assert!((rate(&curve, 0, Family::Pure) - 0.9).abs() > 1e-4);
    }

    #[test]
    fn columns_hold_the_functions_of_every_time() {
        let polynomials = [Family::Pure, Family::Driven, Family::TwiceDriven, Family::ThriceDriven];
        for family in polynomials.into_iter().chain([Family::Rotating, Family::DrivenRotating, Family::Mixed, Family::Chain(4)]) {
            let (inner, length, count) = (6.5, 30.0, 31);
            let (columns, slopes) = (family.columns(inner, length, count), family.slopes(inner, length, count));
            assert_eq!((columns.len(), slopes.len()), (family.width(), family.width()));
            for index in 0..count {
                let own = family.functions(inner, index as f64 / length);
                for k in 0..family.width() {
                    assert_eq!((columns[k][index], slopes[k][index]), (own.0[k], own.1[k]), "{family:?} {k} at {index}");
                }
            }
        }
    }

    #[test]
    fn the_derivatives_of_every_family_are_right() {
        for family in [Family::Rotating, Family::DrivenRotating, Family::Mixed, Family::Chain(3), Family::Chain(5)] {
            for s in [0.0, 0.3, 0.8, 1.0] {
                let (h, inner) = (1e-6, 6.5);
                let functions = |inner: f64| family.functions(inner, s).0;
                let (above, below, slopes) = (functions(inner + h), functions(inner - h), family.functions(inner, s).1);
                for k in 0..family.width() {
                    assert!(((above[k] - below[k]) / (2.0 * h) - slopes[k]).abs() < 1e-8, "{family:?} {k} at {s}");
                }
            }
        }
    }
}
