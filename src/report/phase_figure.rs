//! The map of contraction as a figure.

use crate::figures::{Axis, Figure, Layer, Panel, Role};
use crate::study::{PhaseMap, RATES};

/// One panel: for each rate the scale of `B` at which it reaches 1, against the memory of the data.
pub(crate) fn phase_figure(map: &PhaseMap) -> Figure {
    let roles = [Role::Certified, Role::Rival(0), Role::Measured, Role::Predicted];
    let mut layers = Vec::new();
    for (rate, role) in RATES.into_iter().zip(roles) {
        let own = || map.edges.iter().filter(|edge| edge.rate == rate);
        if rate != RATES[0] {
            let band = own().filter_map(|edge| Some([edge.memory, edge.lower?, edge.upper?])).collect();
            layers.push(Layer::Band { label: String::new(), role, points: band });
        }
        let points: Vec<[f64; 2]> = own().filter_map(|edge| Some([edge.memory, edge.scale?])).collect();
        if !points.is_empty() {
            layers.push(Layer::Line { label: format!("{rate} rate = 1"), role, points });
        }
    }
    let beyond = |rate: &&str| map.edges.iter().filter(|edge| edge.rate == *rate && edge.scale.is_none()).count();
    let missing: Vec<String> = RATES.iter().filter(|rate| beyond(rate) > 0).map(|rate| format!("{rate} {}", beyond(rate))).collect();
    Figure {
        id: format!("{}-phase", map.case),
        title: "Up to which strength of recurrence does the network forget?".into(),
        caption: format!(
            "Case {}: the factor of the recurrent matrix at which each rate reaches 1, against the spectral radius of the data, whose stationary variance is kept. Below the lowest \
             line contraction is certified; between the moments and the pathwise line hidden states forget while the derivatives have no such moment; above all lines nothing is forgotten.",
            map.case
        ),
        panels: vec![Panel {
            title: "edges of contraction".into(),
            x: Axis::linear("spectral radius of the data"),
            y: Axis::linear("factor of the recurrent matrix B"),
            layers,
            note: (!missing.is_empty()).then(|| format!("edges beyond the factors that were tried: {}", missing.join(", "))),
        }],
    }
}
