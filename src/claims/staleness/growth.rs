//! How the mean staleness of a linear case grows as its recurrent matrix is scaled, beside the
//! closed form.

use crate::claims::contract::record::rows;
use crate::claims::judging::power_law::{exponent, norm_of_mean};
use crate::claims::staleness::names;
use crate::claims::{Case, Condition, Finding, Outcome, Part};
use crate::figures::{Axis, Layer, Mark, Panel, Role};
use crate::linalg::spectral_radius;
use crate::network::{Network, activation};
use crate::stats::{Estimate, Undefined, line, squared_norm_of_mean};
use crate::theory::{LinearGaussian, LinearModel, OracleError};

/// Squared relative distance to the closed form that is allowed, for a claim margin of 0.1.
const GAP_PER_MARGIN: f64 = 0.4;

/// Whether the growth can be had in a case: a linear one whose recurrent matrix has a radius to
/// scale, under RTRL.
pub(super) fn applies(case: &Case) -> bool {
    case.learning.method.is_exact()
        && case.linear.as_ref().is_some_and(|model| spectral_radius(model.recurrence().view()).is_ok_and(|radius| radius > 0.0))
}

/// The case's network and model with the recurrent matrix scaled to a spectral radius.
pub(super) fn scaled(case: &Case, radius: f64) -> Option<(Network, LinearModel)> {
    let mut model = case.linear.clone()?;
    let present = spectral_radius(model.recurrence().view()).ok()?;
    model.b_matrix *= radius / present;
    Some((model.network(activation::IDENTITY), model))
}

/// Steps after which the joint chain of a model has forgotten its start.
pub(super) fn forgetting_time(model: LinearModel) -> Option<usize> {
    const FORGOTTEN: f64 = 1e-8;
    let rate = LinearGaussian::new(model).ok()?.rate();
    Some((libm::log(FORGOTTEN) / libm::log(rate)).ceil().max(20.0) as usize)
}

/// The staleness at one spectral radius: norms of the mean over α.
struct Level {
    /// `1/(1 − ρ)`.
    segment: f64,
    exact: f64,
    measured: Result<Estimate, Undefined>,
    /// Squared distance to the closed form over its square.
    gap: Result<Estimate, Undefined>,
}

/// The staleness at several spectral radii.
pub(super) struct Growth {
    levels: Vec<Level>,
    exponent: Result<Estimate, Undefined>,
    exact_exponent: Result<Estimate, Undefined>,
}

impl Growth {
    /// Reads the growth runs: an equal number of rows for each radius.
    pub(super) fn of(case: &Case, radii: &[f64], part: &Part) -> Result<Growth, Undefined> {
        let failed = |error: OracleError| Undefined::because(error.to_string());
        let all = rows(part.stacked(names::DERIVATIVE)?.view());
        let each = all.len() / radii.len();
        let mut levels = Vec::new();
        for (index, radius) in radii.iter().enumerate() {
            let (_, model) = scaled(case, *radius).ok_or_else(|| Undefined::because("the recurrent matrix cannot be scaled"))?;
            let exact: Vec<f64> = LinearGaussian::new(model).map_err(failed)?.staleness().map_err(failed)?.derivative.iter().copied().collect();
            let size = exact.iter().map(|x| x * x).sum::<f64>().sqrt();
            let own = &all[index * each..(index + 1) * each];
            let gaps: Vec<Vec<f64>> = own.iter().map(|row| row.iter().zip(&exact).map(|(a, b)| (a - b) / size).collect()).collect();
            levels.push(Level {
                segment: 1.0 / (1.0 - radius),
                exact: size,
                measured: squared_norm_of_mean(own, case.level).map(|square| square.map_monotone(|x| x.max(0.0).sqrt())),
                gap: squared_norm_of_mean(&gaps, case.level),
            });
        }
        let segments: Vec<f64> = levels.iter().map(|level| level.segment).collect();
        // A resample of members is the same for every radius, whose runs are independent all the
        // same.
        let exponent = exponent(
            &segments,
            each,
            |chosen| {
                (0..radii.len())
                    .map(|index| norm_of_mean(&all[index * each..(index + 1) * each].iter().map(Vec::as_slice).collect::<Vec<_>>(), chosen))
                    .collect()
            },
            case.level,
            case.key_of("staleness", "growth exponent"),
        );
        let exact_exponent = line(&levels.iter().map(|level| [libm::log(level.segment), libm::log(level.exact)]).collect::<Vec<_>>(), case.level);
        Ok(Growth { levels, exponent, exact_exponent })
    }

    /// The finding with the growth's numbers and its condition.
    pub(super) fn told(&self, finding: Finding, margin: f64) -> Finding {
        let limit = GAP_PER_MARGIN * margin;
        let mut outcome = Outcome::Supported;
        let mut finding = finding;
        for level in &self.levels {
            let own = match &level.gap {
                Ok(gap) if gap.upper < limit => Outcome::Supported,
                Ok(gap) if gap.lower > limit => Outcome::Contradicted,
                Ok(_) => Outcome::Inconclusive,
                Err(_) => Outcome::Undefined,
            };
            if own == Outcome::Contradicted || outcome == Outcome::Supported {
                outcome = own;
            }
            let place = format!("{:.3}", 1.0 - 1.0 / level.segment);
            finding = finding
                .with(names::MEAN_STALENESS_EXACT.at(&place), level.exact)
                .with(names::MEAN_STALENESS.at(&place), level.measured.clone())
                .with(names::CLOSED_FORM_GAP_SQUARED.at(&place), level.gap.clone());
        }
        finding
            .conditions
            .push(Condition { name: format!("squared relative distance of the mean staleness to the closed form below {limit:.2e}"), outcome });
        finding
            .with(names::GROWTH_EXPONENT, self.exponent.clone())
            .with(names::GROWTH_EXPONENT_EXACT, self.exact_exponent.as_ref().map_or(f64::NAN, |exponent| exponent.value))
    }

    /// The panel.
    pub(super) fn panel(&self) -> Panel {
        let marks = self
            .levels
            .iter()
            .filter_map(|level| level.measured.as_ref().ok().map(|m| Mark { x: level.segment, y: m.value, interval: Some([m.lower, m.upper]) }))
            .collect();
        let exponent = self.exact_exponent.as_ref().map_or(String::new(), |exponent| format!(", exponent {:.2}", exponent.value));
        Panel {
            title: "growth with the memory of the cell".into(),
            x: Axis::linear("1/(1 − ρ), ρ the radius of the recurrent matrix"),
            y: Axis::log("‖E(V − V frozen)‖ / α"),
            layers: vec![
                Layer::Line {
                    label: format!("closed form{exponent}"),
                    role: Role::Exact,
                    points: self.levels.iter().map(|level| [level.segment, level.exact]).collect(),
                },
                Layer::Points { label: "measured with interval".into(), role: Role::Measured, points: marks },
            ],
            note: None,
        }
    }
}
