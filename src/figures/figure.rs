//! What a figure is made of.

use crate::data::shown;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A figure, which answers one question.
///
/// ```
/// use rtrl_lab::figures::{Axis, Figure, Panel, Scale};
/// let axis = Axis { label: "step".into(), scale: Scale::Linear, range: Some([0.0, 1.0]) };
/// let (x, y, title) = (axis.clone(), axis, String::new());
/// let panel = Panel { title, x, y, layers: vec![], note: None };
/// let (id, title, caption) = ("a".into(), "Two panels".into(), String::new());
/// let svg = Figure { id, title, caption, panels: vec![panel; 2] }.svg().unwrap();
/// assert!(svg.starts_with("<svg style=\"max-width:1240px\""), "side by side");
/// ```
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
///
/// ```
/// # use rtrl_lab::figures::{Axis, Figure, Panel, Scale};
/// # let axis = Axis { label: "x".into(), scale: Scale::Linear, range: Some([0.0, 1.0]) };
/// # let (x, y) = (axis.clone(), axis);
/// let (title, note) = ("Decay".into(), Some("no pair met".into()));
/// let panel = Panel { title, x, y, layers: vec![], note };
/// # let (id, title, caption) = ("a".into(), String::new(), String::new());
/// # let svg = Figure { id, title, caption, panels: vec![panel] }.svg().unwrap();
/// assert!(svg.contains("Decay") && svg.contains("no pair met"));
/// ```
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
///
/// ```
/// # use rtrl_lab::figures::{Axis, Figure, Panel, Scale};
/// # let x = Axis { label: "x".into(), scale: Scale::Linear, range: None };
/// let y = Axis { label: "distance".into(), scale: Scale::Log, range: Some([1e-9, 1.0]) };
/// # let panel = Panel { title: String::new(), x, y, layers: vec![], note: None };
/// # let (id, title, caption) = ("a".into(), String::new(), String::new());
/// # let svg = Figure { id, title, caption, panels: vec![panel] }.svg().unwrap();
/// // Nine decades on at most seven ticks: every second one.
/// assert!(svg.contains("10⁻⁸") && svg.contains("10⁰") && !svg.contains("10⁻⁷"));
/// ```
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
///
/// ```
/// # use rtrl_lab::figures::{Axis, Figure, Layer, Mark, Panel, Role, Scale};
/// let hidden = |scale| {
///     let points = [0.5, 0.0].map(|y| Mark { x: 1.0, y, interval: None }).to_vec();
///     let layers = vec![Layer::Points { label: String::new(), role: Role::Exact, points }];
///     # let x = Axis { label: String::new(), scale: Scale::Linear, range: None };
///     # let y = Axis { label: String::new(), scale, range: Some([0.1, 1.0]) };
///     # let panel = Panel { title: String::new(), x, y, layers, note: None };
///     # let (id, title, caption) = ("a".into(), String::new(), String::new());
///     # let figure = Figure { id, title, caption, panels: vec![panel] };
///     # figure.svg().unwrap().contains("outside the axes")
/// };
/// assert!(hidden(Scale::Log), "zero has no logarithm");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// Proportional.
    Linear,
    /// Decimal logarithm.
    Log,
}

/// What a layer shows, which fixes its colour and its line style.
///
/// ```
/// use rtrl_lab::figures::Role;
/// assert_eq!(serde_json::to_string(&Role::Margin).unwrap(), "\"Margin\"");
/// let rival: Role = serde_json::from_str(r#"{ "Rival": 1 }"#).unwrap();
/// assert_eq!(rival, Role::Rival(1));
/// ```
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
///
/// ```
/// use rtrl_lab::figures::Mark;
/// let mark = Mark { x: 8.0, y: 0.5, interval: Some([0.25, 1.0]) };
/// let text = serde_json::to_string(&mark).unwrap();
/// assert_eq!(text, r#"{"x":8.0,"y":0.5,"interval":[0.25,1.0]}"#);
/// ```
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
///
/// ```
/// use rtrl_lab::figures::{Layer, Role};
/// let text = r#"{ "Rule": { "label": "margin", "role": "Margin", "at": 0.98 } }"#;
/// let rule = Layer::Rule { label: "margin".into(), role: Role::Margin, at: 0.98 };
/// assert_eq!(serde_json::from_str::<Layer>(text).unwrap(), rule);
/// ```
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
    ///
    /// ```
    /// use rtrl_lab::figures::Layer;
    /// let window = Layer::Window { label: "fitted".into(), from: 10.0, to: 40.0 };
    /// assert_eq!(window.label(), "fitted");
    /// ```
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
