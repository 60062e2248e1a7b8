//! The figure of the claim on stationary points: the gradient beside the step.

use crate::figures::{Axis, Layer, Mark, Panel, Role, Scale};
use crate::stats::{Estimate, Undefined};
use crate::training::Schedule;

/// The median squared gradient and the step size at the checkpoints.
pub(super) fn panels(times: &[f64], squares: &[Result<Estimate, Undefined>], margin: f64, schedule: Schedule) -> Vec<Panel> {
    let positions: Vec<f64> = times.iter().map(|t| t + 1.0).collect();
    let marks: Vec<Mark> = positions
        .iter()
        .zip(squares)
        .filter_map(|(x, square)| {
            let square = square.as_ref().ok()?;
            Some(Mark { x: *x, y: square.value, interval: Some([square.lower, square.upper]) })
        })
        .collect();
    let joined = marks.iter().map(|mark| [mark.x, mark.y]).collect();
    let x = || Axis { label: "1 + updates".into(), scale: Scale::Log, range: None };
    vec![
        Panel {
            title: "gradient".into(),
            x: x(),
            y: Axis { label: "projected |∇J|², median over runs".into(), scale: Scale::Log, range: None },
            layers: vec![
                Layer::Line { label: String::new(), role: Role::Measured, points: joined },
                Layer::Points { label: "estimate with interval".into(), role: Role::Measured, points: marks },
                Layer::Rule { label: "margin stated in advance".into(), role: Role::Margin, at: margin },
            ],
            note: None,
        },
        Panel {
            title: "step size".into(),
            x: x(),
            y: Axis { label: "α".into(), scale: Scale::Log, range: None },
            layers: vec![Layer::Line {
                label: "step size α at the checkpoints".into(),
                role: Role::Predicted,
                points: times.iter().zip(positions).map(|(t, x)| [x, schedule.step(*t as usize)]).collect(),
            }],
            note: None,
        },
    ]
}
