//! What a figure is made of.

use crate::data::shown;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A figure, which answers one question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Stem of its file names.
    pub id: String,
    /// The question.
    pub title: String,
    /// What is shown, for the page.
    pub caption: String,
    /// One to four panels.
    pub panels: Vec<Panel>,
}

impl Figure {
    /// The figure with texts that may be drawn: user text may hold control characters, which XML
    /// forbids.
    pub(super) fn fit_to_show(&self) -> Figure {
        let mut figure = self.clone();
        let mut texts = vec![&mut figure.title];
        for panel in &mut figure.panels {
            texts.extend([&mut panel.title, &mut panel.x.label, &mut panel.y.label].into_iter().chain(&mut panel.note));
            texts.extend(panel.layers.iter_mut().map(Layer::label_mut));
        }
        for text in texts {
            if let Cow::Owned(fit) = shown(text) {
                *text = fit;
            }
        }
        figure
    }
}

/// One pair of axes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Panel {
    /// Title of the panel.
    pub title: String,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// What is drawn, first at the bottom.
    pub layers: Vec<Layer>,
    /// Said inside the panel: why something is missing.
    pub note: Option<String>,
}

/// An axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// Label with unit.
    pub label: String,
    /// Linear or logarithmic.
    pub scale: Scale,
    /// Ends; `None` takes them from the data.
    pub range: Option<[f64; 2]>,
}

/// How an axis maps numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// Proportional.
    Linear,
    /// Decimal logarithm.
    Log,
}

/// What a layer shows, which fixes its colour and its line style.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Measured here.
    Measured,
    /// Fitted or predicted.
    Predicted,
    /// Certified by theory.
    Certified,
    /// Known exactly.
    Exact,
    /// The margin stated in advance.
    Margin,
    /// A rival or a second measurement.
    Rival(u8),
}

/// A point with an optional interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Position.
    pub x: f64,
    /// Value.
    pub y: f64,
    /// Ends of the interval.
    pub interval: Option<[f64; 2]>,
}

/// One thing drawn in a panel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Layer {
    /// A line through points (x, y).
    Line {
        /// Legend.
        label: String,
        /// Role.
        role: Role,
        /// Points.
        points: Vec<[f64; 2]>,
    },
    /// A band between (x, lower, upper).
    Band {
        /// Legend.
        label: String,
        /// Role.
        role: Role,
        /// Points.
        points: Vec<[f64; 3]>,
    },
    /// Points with intervals.
    Points {
        /// Legend.
        label: String,
        /// Role.
        role: Role,
        /// Points.
        points: Vec<Mark>,
    },
    /// A horizontal line.
    Rule {
        /// Legend.
        label: String,
        /// Role.
        role: Role,
        /// Height.
        at: f64,
    },
    /// A shaded range of x.
    Window {
        /// Legend.
        label: String,
        /// Left end.
        from: f64,
        /// Right end.
        to: f64,
    },
}

impl Layer {
    fn label_mut(&mut self) -> &mut String {
        match self {
            Layer::Line { label, .. }
            | Layer::Band { label, .. }
            | Layer::Points { label, .. }
            | Layer::Rule { label, .. }
            | Layer::Window { label, .. } => label,
        }
    }

    /// The legend.
    pub fn label(&self) -> &str {
        match self {
            Layer::Line { label, .. }
            | Layer::Band { label, .. }
            | Layer::Points { label, .. }
            | Layer::Rule { label, .. }
            | Layer::Window { label, .. } => label,
        }
    }
}
