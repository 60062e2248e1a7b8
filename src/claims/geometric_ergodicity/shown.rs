//! What is shown of the brackets: numbers, the check against exact distances, and the figure.

use super::super::{Budget, Case, Condition, Finding, Number, Outcome};
use super::brackets::Brackets;
use crate::ergodicity::{Bracket, Side};
use crate::figures::{Axis, Layer, Mark, Panel, Role, Scale};
use crate::markov::Block;

/// Adds the numbers and the figure of the brackets to a finding.
pub(super) fn with_brackets(mut finding: Finding, case: &Case, budget: &Budget, brackets: &Brackets, exact: Option<&Vec<[f64; 4]>>) -> Finding {
    let (mut panels, mut compared) = (Vec::new(), Vec::new());
    for (index, block) in Block::ALL.into_iter().enumerate() {
        let Some(list) = brackets.get(&block) else { continue };
        for bracket in list {
            let name = |stem: &str| format!("w2_{stem}_{}[{}]", block.name(), bracket.time);
            finding = finding.with(&name("upper"), bracket.upper).with(&name("lower"), bracket.lower);
            finding = finding
                .with(&name("coupling"), bracket.coupling)
                .with(&name("lower_is_gelbrich"), f64::from(u8::from(bracket.lower_side == Side::Gelbrich)));
            match &bracket.centre {
                Ok(centre) => {
                    finding = finding
                        .with(&name("centred_squared_U"), Number::from(centre.upper))
                        .with(&name("centred_squared_L"), Number::from(centre.lower));
                }
                Err(why) => finding = finding.with(&name("centred_squared_U"), Err(why.clone())),
            }
        }
        if let Some(exact) = exact {
            for (look, bracket) in list.iter().enumerate() {
                let truth = exact[look][index];
                compared.extend((!truth.is_nan()).then_some(bracket.lower <= truth && truth <= bracket.upper));
                finding = finding.with(&format!("w2_exact_{}[{}]", block.name(), bracket.time), truth);
            }
        }
        panels.push(bracket_panel(block, list, exact.map(|exact| exact.iter().map(|row| row[index]).collect())));
    }
    // An exact value that is undefined is none that a bracket holds.
    if !compared.is_empty() {
        let held = compared.iter().all(|inside| *inside);
        // The exact value outside a simultaneous bracket is an error of the program (or one chance in 1/(1 − level)).
        finding.conditions.push(Condition {
            name: "every bracket holds the exact distance".into(),
            outcome: if held { Outcome::Supported } else { Outcome::Undefined },
        });
        finding = finding.with("brackets_hold_exact", f64::from(u8::from(held)));
    }
    let caption = format!(
        "Case {}: W₂ between the law at time t and the stationary law, between a lower limit (means or Gelbrich) and an upper limit (coupling); all brackets hold together at \
         {:.0} %. The centred plug-in is shown for the low-dimensional image only; a copy was made stationary by {} steps.",
        case.name,
        100.0 * case.level,
        budget.burn_in
    ) + if case.certificate.joint().is_some() {
        ""
    } else {
        " No certificate bounds how far that copy still is from the stationary law."
    };
    finding.figures.push(crate::figures::Figure {
        id: format!("{}-wasserstein_bracket", case.name),
        title: "Between which bounds does the Wasserstein distance to stationarity lie?".into(),
        caption,
        panels,
    });
    finding
}

/// A bound with its interval, where it has one.
type Bound = (f64, Option<[f64; 2]>);

fn bracket_panel(block: Block, list: &[Bracket], exact: Option<Vec<f64>>) -> Panel {
    let marks = |value: &dyn Fn(&Bracket) -> Bound| -> Vec<Mark> {
        list.iter()
            .map(|bracket| {
                let (y, interval) = value(bracket);
                Mark { x: bracket.time as f64, y, interval }
            })
            .collect()
    };
    let centred: Vec<Mark> = list
        .iter()
        .filter_map(|bracket| {
            let centre = bracket.centre.as_ref().ok()?.upper;
            let root = |x: f64| x.max(0.0).sqrt();
            (centre.value > 0.0).then(|| Mark {
                x: bracket.time as f64,
                y: root(centre.value),
                interval: Some([root(centre.lower), root(centre.upper)]),
            })
        })
        .collect();
    let lower: Vec<Mark> = marks(&|bracket| (bracket.lower, None)).into_iter().filter(|mark| mark.y > 0.0).collect();
    let missing = list.len() - lower.len();
    let mut layers = vec![
        Layer::Points { label: "upper limit (coupling)".into(), role: Role::Predicted, points: marks(&|bracket| (bracket.upper, None)) },
        Layer::Points { label: "lower limit".into(), role: Role::Certified, points: lower },
        Layer::Points { label: "centred plug-in of the image".into(), role: Role::Rival(0), points: centred },
    ];
    if let Some(exact) = exact {
        layers.push(Layer::Line {
            label: "exact".into(),
            role: Role::Exact,
            points: list.iter().zip(exact).map(|(bracket, truth)| [bracket.time as f64, truth]).collect(),
        });
    }
    Panel {
        title: format!("{} block", block.name()),
        x: Axis { label: "time t (steps)".into(), scale: Scale::Linear, range: None },
        y: Axis { label: "W₂(law at t, stationary law)".into(), scale: Scale::Log, range: None },
        layers,
        note: (missing > 0).then(|| format!("at {missing} times the lower limit is zero")),
    }
}
