//! What the floors under constant steps say: their extrapolation, the closed form beside them, and
//! gradients at means of parameters.

use super::floors::{Predicted, SHARES};
use super::{FLOOR_SHARE, names};
use crate::claims::contract::record::rows;
use crate::claims::judging::power_law::{distance_from, exponent, norm_of_mean};
use crate::claims::{Condition, Finding, Outcome};
use crate::figures::{Axis, Layer, Mark, Panel, Role};
use crate::random::RngKey;
use crate::stats::{Estimate, Sample, Undefined, squared_norm_of_mean};
use ndarray::Array2;

/// The mean of the chosen values.
pub(super) fn mean(values: &[f64], chosen: &[usize]) -> Option<f64> {
    Some(chosen.iter().map(|row| values[*row]).sum::<f64>() / chosen.len() as f64)
}

/// Adds the floor `R(α) = 2 F(α/2) − F(α)` that extrapolation leaves, and its exponent.
pub(super) fn extrapolated(mut finding: Finding, steps: &[f64], columns: &[Vec<f64>], level: f64, key: RngKey) -> Finding {
    // R(α) = 2 F(α/2) − F(α), by which Richardson and Romberg take off what goes like α.
    let doubled: Vec<Vec<f64>> =
        columns.windows(2).map(|pair| pair[0].iter().zip(&pair[1]).map(|(whole, half)| 2.0 * half - whole).collect()).collect();
    let runs = columns.first().map_or(0, Vec::len);
    let bent = |chosen: &[usize]| -> Option<Vec<f64>> { doubled.iter().map(|values| mean(values, chosen)).collect() };
    let signs: Vec<f64> = bent(&(0..runs).collect::<Vec<_>>()).unwrap_or_default().iter().map(|x| x.signum()).collect();
    let rest = if signs.windows(2).all(|pair| pair[0] == pair[1]) {
        let lengths = |chosen: &[usize]| Some(bent(chosen)?.iter().zip(&signs).map(|(x, sign)| x * sign).collect());
        exponent(&steps[..doubled.len()], runs, lengths, level, key.within("extrapolated floor"))
    } else {
        Err(Undefined::because("what is left of the floor after extrapolation has no sign of its own: it is lost in the noise"))
    };
    finding = finding.with(names::FLOOR_EXTRAPOLATED_EXPONENT, rest);
    for (step, values) in steps.iter().zip(&doubled) {
        finding = finding.with(names::FLOOR_EXTRAPOLATED.at(format_args!("{step:.3e}")), Sample::new(values).and_then(|sample| sample.mean(level)));
    }
    finding
}

/// Adds the exact floors, with the condition that the measured one at the smallest step is there.
pub(super) fn beside_closed_form(mut finding: Finding, steps: &[f64], levels: &[Result<Estimate, Undefined>], predicted: &Predicted) -> Finding {
    let last = SHARES.len() - 1;
    let ratio = levels[last].clone().map(|level| level.map_monotone(|x| x / predicted.floors[last]));
    let outcome = match &ratio {
        Err(_) => Outcome::Undefined,
        Ok(ratio) => match distance_from(*ratio, 1.0) {
            x if x.upper < FLOOR_SHARE => Outcome::Supported,
            x if x.lower > FLOOR_SHARE => Outcome::Contradicted,
            _ => Outcome::Inconclusive,
        },
    };
    finding.conditions.push(Condition {
        name: format!("the floor at the smallest step is ½ α tr(H Σ), as far as its runs get there, within a share {FLOOR_SHARE}"),
        outcome,
    });
    finding = finding.with(names::FLOOR_OVER_CLOSED_FORM, ratio).with(names::FLOOR_SLOPE_CLOSED_FORM, predicted.slope);
    for (step, floor) in steps.iter().zip(&predicted.floors) {
        finding = finding.with(names::FLOOR_CLOSED_FORM.at(format_args!("{step:.3e}")), *floor);
    }
    finding
}

/// Adds the squared gradient at means of parameters, over the runs of a group, and its exponent in
/// the step.
pub(super) fn at_means(mut finding: Finding, name: &str, table: &Array2<f64>, steps: &[f64], (level, key): (f64, RngKey)) -> Finding {
    let (count, len) = (steps.len(), table.ncols() / steps.len());
    let all = rows(table.view());
    let at = |look: usize| all.iter().map(|row| &row[look * len..(look + 1) * len]).collect::<Vec<_>>();
    let of = exponent(steps, all.len(), |chosen| (0..count).map(|look| norm_of_mean(&at(look), chosen)).collect(), level, key);
    finding = finding.with(names::EXPONENT.of(name), of);
    for (look, step) in steps.iter().enumerate() {
        let square = squared_norm_of_mean(&at(look).iter().map(|row| row.to_vec()).collect::<Vec<_>>(), level);
        finding = finding.with(names::GRADIENT_SQUARED.of(name).at(format_args!("{step:.3e}")), square);
    }
    finding
}

/// Floors over the step.
pub(super) fn floor_panel(steps: &[f64], levels: &[Result<Estimate, Undefined>], predicted: Option<&Predicted>) -> Panel {
    let points: Vec<Mark> = steps
        .iter()
        .zip(levels)
        .filter_map(|(step, level)| {
            let level = level.as_ref().ok()?;
            (level.value > 0.0).then_some(Mark { x: *step, y: level.value, interval: Some([level.lower, level.upper]) })
        })
        .collect();
    let mut layers = Vec::new();
    if let Some(predicted) = predicted {
        let points = steps.iter().zip(&predicted.floors).map(|(step, floor)| [*step, *floor]).collect();
        layers.push(Layer::Line { label: "closed form to first order".into(), role: Role::Exact, points });
    } else if let Some(last) = points.last() {
        let line = steps.iter().map(|step| [*step, last.y * step / last.x]).collect();
        layers.push(Layer::Line { label: "slope 1".into(), role: Role::Predicted, points: line });
    }
    layers.push(Layer::Points { label: "floor with interval".into(), role: Role::Measured, points });
    Panel { title: "constant steps".into(), x: Axis::log("step size α"), y: Axis::log("E|∇J|²"), layers, note: None }
}
