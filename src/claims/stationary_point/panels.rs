//! The figure of the claim on stationary points.

use crate::figures::{Axis, Layer, Mark, Panel, Role};
use crate::stats::{Estimate, Undefined};

/// The median squared gradient at the checkpoints.
pub(super) fn panels(times: &[f64], squares: &[Result<Estimate, Undefined>], margin: f64) -> Vec<Panel> {
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
    vec![Panel {
        title: "gradient at the checkpoints".into(),
        x: Axis::log("1 + updates"),
        y: Axis::log("projected |∇J|², median over runs"),
        layers: vec![
            Layer::Line { label: String::new(), role: Role::Measured, points: joined },
            Layer::Points { label: "estimate with interval".into(), role: Role::Measured, points: marks },
            Layer::Rule { label: "margin stated in advance".into(), role: Role::Margin, at: margin },
        ],
        note: None,
    }]
}
