//! What a figure shows, in words, for those who cannot see it.

use super::figure::{Axis, Figure, Layer, Panel};

/// Layers that are told of a panel, at most.
const TOLD: usize = 6;

impl Figure {
    /// The question, and of every panel where its lines begin and end.
    ///
    /// ```
    /// use rtrl_lab::figures::{Axis, Figure, Layer, Panel, Role};
    /// let points = vec![[0.0, 1.0], [8.0, 0.25]];
    /// let layers = vec![Layer::Line { label: "distance".into(), role: Role::Measured, points }];
    /// let (x, y, title) = (Axis::linear("step"), Axis::log("size"), "Decay".into());
    /// let panels = vec![Panel { title, x, y, layers, note: None }];
    /// let (id, caption, title) = ("a".into(), String::new(), "Does it fall?".into());
    /// let words = Figure { id, title, caption, panels }.words();
    /// assert!(words.starts_with("Does it fall? Decay, size against step: "));
    /// assert!(words.ends_with("distance from 1 at 0 to 0.25 at 8."));
    /// ```
    pub fn words(&self) -> String {
        let panels: Vec<String> = self.panels.iter().map(panel).collect();
        std::iter::once(&self.title).chain(&panels).map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

fn panel(panel: &Panel) -> String {
    let told: Vec<String> = panel.layers.iter().filter_map(|one| layer(one, &panel.x)).collect();
    let more = if told.len() > TOLD { format!("; and {} more", told.len() - TOLD) } else { String::new() };
    let what = if told.is_empty() { "nothing is drawn".to_string() } else { told[..told.len().min(TOLD)].join("; ") };
    let note = panel.note.as_ref().map_or(String::new(), |note| format!(" ({note})"));
    format!("{}, {} against {}: {what}{more}{note}.", panel.title, panel.y.label, panel.x.label)
}

fn layer(layer: &Layer, x: &Axis) -> Option<String> {
    let label = layer.label();
    let at = |value: f64| {
        let name = (value.fract() == 0.0 && value >= 1.0).then(|| x.names.get(value as usize - 1)).flatten();
        name.cloned().unwrap_or_else(|| short(value))
    };
    let between = |first: [f64; 2], last: [f64; 2]| match first == last {
        true => format!("{label} {} at {}", short(first[1]), at(first[0])),
        false => format!("{label} from {} at {} to {} at {}", short(first[1]), at(first[0]), short(last[1]), at(last[0])),
    };
    match layer {
        _ if label.is_empty() => None,
        Layer::Line { points, .. } => Some(between(*points.first()?, *points.last()?)),
        Layer::Points { points, .. } => {
            let (first, last) = (points.first()?, points.last()?);
            Some(between([first.x, first.y], [last.x, last.y]))
        }
        Layer::Rule { at, .. } => Some(format!("{label} at {}", short(*at))),
        Layer::Band { .. } | Layer::Window { .. } => None,
    }
}

/// Three digits.
fn short(value: f64) -> String {
    if value == 0.0 || (1e-3..1e5).contains(&value.abs()) {
        let text = format!("{value:.4}");
        return text.trim_end_matches('0').trim_end_matches('.').to_string();
    }
    format!("{value:.2e}")
}
