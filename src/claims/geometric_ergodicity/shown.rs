//! What is shown of the brackets: numbers, the check against exact distances, and the figure.

use super::brackets::Brackets;
use crate::claims::geometric_ergodicity::names;
use crate::claims::{Budget, Case, Condition, Finding, Number, Outcome};
use crate::ergodicity::{Bounds, Bracket, Side};
use crate::figures::{Axis, Figure, Layer, Mark, Panel, Role};
use crate::markov::Block;
use crate::stats::Undefined;

/// Adds the numbers and the figure of the brackets to a finding.
pub(super) fn with_brackets(mut finding: Finding, case: &Case, budget: &Budget, brackets: &Brackets, exact: Option<&Vec<[f64; 4]>>) -> Finding {
    let (mut panels, mut compared) = (Vec::new(), Vec::new());
    for (index, block) in Block::ALL.into_iter().enumerate() {
        let Some(list) = brackets.get(&block) else { continue };
        for bracket in list {
            finding = with_numbers(finding, block, bracket);
        }
        if let Some(exact) = exact {
            for (look, bracket) in list.iter().enumerate() {
                let truth = exact[look][index];
                let limits = bracket.second.upper.as_ref().ok().filter(|_| !truth.is_nan());
                compared.extend(limits.map(|upper| bracket.second.lower <= truth && truth <= *upper));
                finding = finding.with(names::W2_EXACT.of(block.name()).at(bracket.time), truth);
            }
        }
        panels.push(panel(block, list, exact.map(|exact| exact.iter().map(|row| row[index]).collect())));
    }
    // An exact value that is undefined is none that a bracket holds.
    if !compared.is_empty() {
        let held = compared.iter().all(|inside| *inside);
        // The exact value outside a simultaneous bracket is an error of the program (or one chance
        // in 1/(1 − level)).
        finding.conditions.push(Condition {
            name: "every bracket holds the exact distance".into(),
            outcome: if held { Outcome::Supported } else { Outcome::Undefined },
        });
        finding = finding.with(names::BRACKETS_HOLD_EXACT, f64::from(u8::from(held)));
    }
    let mut caption = format!(
        "Case {}: distances between the law at time t and the stationary law, between a lower limit (means; for W₂ also Gelbrich) and an upper limit (coupling); all limits hold together at \
         {:.0} %. Distances are Euclidean; W₁ of the joint block is in the sum |ΔD| + |ΔS| + ‖ΔV‖. The coupling need not be the best one: an upper limit may fall more slowly than the \
         distance. ",
        case.name,
        100.0 * case.level
    );
    if !case.data.is_recorded() {
        caption += &format!(
            "The other copy was made stationary by {} steps; what it may lack of that (residual) is part of both limits{}",
            budget.burn_in,
            if case.certificate.joint().is_some() { "." } else { ", extrapolated from copies of two ages, since no certificate bounds it." }
        );
    }
    finding.figures.push(Figure {
        id: format!("{}-wasserstein_bracket", case.name),
        title: "Between which bounds do the Wasserstein distances to stationarity lie?".into(),
        caption,
        panels,
    });
    finding
}

fn number(value: &Result<f64, Undefined>) -> Number {
    match value {
        Ok(value) => Number::from(*value),
        Err(why) => Number::from(Err(why.clone())),
    }
}

fn with_numbers(mut finding: Finding, block: Block, bracket: &Bracket) -> Finding {
    for (order, bounds) in [(1, &bracket.first), (2, &bracket.second)] {
        let name = |what| names::of_bracket(order, what, block, bracket.time);
        finding = finding
            .with(name(names::UPPER), number(&bounds.upper))
            .with(name(names::LOWER), bounds.lower)
            .with(name(names::COUPLING), number(&bounds.coupling))
            .with(name(names::RESIDUAL), number(&bounds.residual));
    }
    let name = |what| names::of_bracket(2, what, block, bracket.time);
    finding = finding.with(name(names::LOWER_IS_GELBRICH), f64::from(u8::from(bracket.second.lower_side == Side::Gelbrich)));
    match &bracket.centre {
        Ok(centre) => {
            finding.with(name(names::CENTRED_SQUARED_U), Number::from(centre.upper)).with(name(names::CENTRED_SQUARED_L), Number::from(centre.lower))
        }
        Err(why) => finding.with(name(names::CENTRED_SQUARED_U), Err(why.clone())),
    }
}

fn marks(list: &[Bracket], value: impl Fn(&Bracket) -> Option<f64>) -> Vec<Mark> {
    let mark = |bracket: &Bracket| value(bracket).filter(|y| *y > 0.0).map(|y| Mark { x: bracket.time as f64, y, interval: None });
    list.iter().filter_map(mark).collect()
}

fn panel(block: Block, list: &[Bracket], exact: Option<Vec<f64>>) -> Panel {
    let upper = |bounds: &Bounds| bounds.upper.as_ref().ok().copied();
    let points = |label: &str, role, points| Layer::Points { label: label.into(), role, points };
    let largest = |bracket: &Bracket| {
        let [one, two] = [&bracket.first, &bracket.second].map(|bounds| bounds.residual.as_ref().ok().copied());
        // A residual that no scale can show beside the limits says itself that it is negligible.
        let residual = one.into_iter().chain(two).fold(0.0, f64::max);
        let shown = upper(&bracket.second).or(upper(&bracket.first)).unwrap_or(0.0);
        (residual > NEGLIGIBLE * shown).then_some(residual)
    };
    let mut layers = vec![
        points("upper limit of W₂ (coupling)", Role::Predicted, marks(list, |bracket| upper(&bracket.second))),
        points("upper limit of W₁ (coupling)", Role::Rival(1), marks(list, |bracket| upper(&bracket.first))),
        points("lower limit of W₂", Role::Certified, marks(list, |bracket| Some(bracket.second.lower))),
        points("residual of the other copy", Role::Rival(2), marks(list, largest)),
    ];
    layers.retain(|layer| !matches!(layer, Layer::Points { points, .. } if points.is_empty()));
    if let Some(exact) = exact {
        layers.push(Layer::Line {
            label: "W₂, exact".into(),
            role: Role::Exact,
            points: list.iter().zip(exact).map(|(bracket, truth)| [bracket.time as f64, truth]).collect(),
        });
    }
    let missing = list.iter().filter(|bracket| bracket.second.lower <= 0.0).count();
    let [one, two] = [|bracket: &Bracket| bracket.first.upper.is_err(), |bracket: &Bracket| bracket.second.upper.is_err()]
        .map(|undefined| list.iter().filter(|bracket| undefined(bracket)).count());
    let notes = [(missing, "the lower limit is zero"), (one, "the upper limit of W₁ is undefined"), (two, "the upper limit of W₂ is undefined")];
    let notes: Vec<String> = notes.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("at {count} times {what}")).collect();
    Panel {
        title: format!("{} block", block.name()),
        x: Axis::linear("time t (steps)"),
        y: Axis::log("distance between law at t and stationary law"),
        layers,
        note: (!notes.is_empty()).then(|| notes.join("; ")),
    }
}

/// A residual below this part of the upper limit is not drawn.
const NEGLIGIBLE: f64 = 1e-3;
