//! Which family of curves the noise of a curve can tell.

use super::curve_fit::{fit_near, straight};
use super::curve_shape::{Family, Shaped};

/// Sum of squares of the residuals' steps from one time to the next. The moment of a population
/// moves like a walk, whose steps are independent where its values are not: a criterion on the
/// values would take the walk for structure.
fn rough_squares(logs: &[f64], curve: &Shaped) -> f64 {
    let residual = |index: usize| logs[index] - libm::log(curve.at(curve.first + index as f64).max(f64::MIN_POSITIVE));
    (1..logs.len()).map(|index| residual(index) - residual(index - 1)).map(|step| step * step).sum()
}

/// The family whose best curve has the smallest Schwarz criterion, among those with at least two
/// times a parameter.
pub(super) fn selected(logs: &[f64], first: usize, families: &[Family], (seen, resolution): (&[Shaped], f64)) -> Shaped {
    let n = logs.len() as f64;
    let criterion =
        |curve: &Shaped| n * libm::log(rough_squares(logs, curve) / n + resolution * resolution) + curve.family.parameters() as f64 * libm::log(n);
    let affordable = families.iter().filter(|family| logs.len() >= 2 * family.parameters() + 2);
    let rivals = affordable.filter_map(|family| fit_near(logs, first, *family, seen));
    rivals.fold(straight(logs, first), |best, next| if criterion(&next) < criterion(&best) { next } else { best })
}
