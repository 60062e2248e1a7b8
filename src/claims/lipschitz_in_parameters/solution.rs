//! How far the solution of the gradient's Poisson equation moves with the parameters, at fixed
//! states, under common noise.

use crate::claims::contract::record::rows;
use crate::claims::judging::decay_rate;
use crate::claims::lipschitz_in_parameters::names;
use crate::claims::lipschitz_in_parameters::{LipschitzInParameters, above, direction, shifted};
use crate::claims::measuring::gradient_walk::{GradientWalk, add};
use crate::claims::measuring::pairs::members;
use crate::claims::measuring::parameter_differences::{DIRECTIONS, Differences, SIZES};
use crate::claims::{Budget, Case, Claim, Condition, Finding, Outcome, Part, Record};
use crate::random::{Noise, stream};
use crate::stats::Estimate;
use crate::theory::LinearGaussian;

/// Name of the part.
pub(super) const PART: &str = "solutions";
/// Part of the budget's steps over which the coupled sums run.
const SHARE: usize = 4;
/// The size δ at which the slope is held against the oracle's: the smallest ones lose digits in the
/// oracle's own difference.
const COMPARED: usize = 3;
/// Part of the exact slope that may lie beyond the sums.
const BEYOND: f64 = 1e-6;

/// Coupled sums at θ and at every θ + δu on one noise, from one state h a direction and from y = 0.
///
/// ```text
/// w_θ(h) = v_θ(h) − v_θ(y) = E Σ_{k < K} [ g_θ(H_k) − g_θ(Y_k) ],
///     difference = w_{θ + δu}(h) − w_θ(h)
/// ```
///
/// `v_θ` is defined up to a constant, which the difference from y takes off. The states are
/// stationary at θ.
pub(super) fn run(case: &Case, budget: &Budget, index: usize) -> Record {
    let key = case.key_of(LipschitzInParameters.id(), PART);
    let steps = (budget.steps / SHARE).max(1);
    let mut differences = Vec::new();
    for replicate in members(budget, index) {
        let direction = direction(case, replicate);
        let base = GradientWalk::new(case, key);
        let (h, y) = (tested(&base, budget, replicate), base.origin());
        let sums = |observed: &GradientWalk| -> Vec<f64> {
            let mut sum = vec![0.0; observed.count()];
            let mut noise = Noise::at(key.replicate(replicate).stream(stream::INNOVATION));
            observed.together(&[&h, &y], steps, &mut noise, |_, seen| {
                add(&mut sum, 1.0, &seen[0]);
                add(&mut sum, -1.0, &seen[1]);
            });
            sum
        };
        let own = sums(&base);
        for size in SIZES {
            let other = Case { network: shifted(&case.network, &direction, size), ..case.clone() };
            differences.extend(sums(&GradientWalk::new(&other, key)).iter().zip(&own).map(|(a, b)| a - b));
        }
    }
    let count = GradientWalk::new(case, key).count();
    Record::default().with(names::SOLUTION_DIFFERENCE, SIZES.len() * count, differences)
}

/// The state at which a replicate asks: one a direction.
fn tested(observed: &GradientWalk, budget: &Budget, replicate: usize) -> Vec<f64> {
    let key = observed.case.key_of(LipschitzInParameters.id(), "tested");
    observed.settled(budget.burn_in, key, replicate % DIRECTIONS, DIRECTIONS)
}

/// The finding with what the solutions say: the exponent as a condition, the slopes, and in the
/// linear Gaussian case the exact slope.
pub(super) fn judged(mut finding: Finding, case: &Case, part: &Part, threshold: f64) -> Finding {
    let observed = GradientWalk::new(case, case.key_of(LipschitzInParameters.id(), PART));
    let solutions = match part.stacked(names::SOLUTION_DIFFERENCE) {
        Ok(table) => Differences { rows: rows(table.view()), width: observed.count(), level: case.level },
        Err(why) => {
            let name = format!("the solution of the Poisson equation can be compared ({why})");
            finding.conditions.push(Condition { name, outcome: Outcome::Undefined });
            return finding;
        }
    };
    let exponent = solutions.exponent();
    finding.conditions.push(Condition {
        name: format!("the difference of the Poisson equation's solution has an exponent above {threshold}"),
        outcome: above(&exponent, threshold),
    });
    finding = finding.with(names::SOLUTION_EXPONENT, exponent);
    for (size, delta) in SIZES.iter().enumerate() {
        finding = finding.with(names::SLOPE_SOLUTION.at(format_args!("{delta:e}")), solutions.slope(size));
    }
    if let Some(exact) = exact_slope(case, &observed, SIZES[COMPARED]) {
        // In the linear case mirrored noise cancels altogether; what is left is what lies beyond
        // the sums.
        let close = |measured: Estimate| (measured.value - exact).abs() < BEYOND * exact || !decay_rate::differ(&measured, exact);
        let held = solutions.slope(COMPARED).is_ok_and(close);
        finding.conditions.push(Condition {
            name: "the slope of the Poisson equation's solution is the exact one, within three half-widths of its interval or to 1e-6".into(),
            outcome: if held { Outcome::Supported } else { Outcome::Undefined },
        });
        finding = finding.with(names::SLOPE_SOLUTION_EXACT.at(format_args!("{:e}", SIZES[COMPARED])), exact);
    }
    finding
}

/// `|w_{θ + δu}(h) − w_θ(h)|/δ`, root mean square over directions and their states, from the
/// oracle's quadratics.
fn exact_slope(case: &Case, observed: &GradientWalk, delta: f64) -> Option<f64> {
    let model = case.linear.as_ref()?;
    let budget = case.budget(LipschitzInParameters.id());
    let origin = observed.origin();
    let mut total = 0.0;
    for which in 0..DIRECTIONS {
        let h = tested(observed, budget, which);
        let at = |size: f64| -> Option<Vec<f64>> {
            let moved = shifted(&case.network, &direction(case, which), size);
            let solution = LinearGaussian::new(model.at(&moved).ok()?).ok()?.poisson().ok()?;
            Some(observed.along(&solution.at(&h).iter().zip(solution.at(&origin)).map(|(a, b)| a - b).collect::<Vec<_>>()))
        };
        total += at(delta)?.iter().zip(at(0.0)?).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
    }
    Some((total / DIRECTIONS as f64).sqrt() / delta)
}
