//! What a figure is made of.

use crate::data::shown;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A figure, which answers one question.
///
/// ```
/// use rtrl_lab::figures::{Axis, Figure, Panel, Style};
/// let (x, y, title) = (Axis::linear("step"), Axis::linear("size"), String::new());
/// let panel = Panel { title, x, y, layers: vec![], note: None };
/// let (id, title, caption) = ("a".into(), "Two panels".into(), String::new());
/// let figure = Figure { id, title, caption, panels: vec![panel; 2] };
/// let svg = figure.svg(&Style::default()).unwrap();
/// assert!(svg.starts_with("<svg width=\"1240\""), "side by side");
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
            texts.extend(panel.x.names.iter_mut().chain(&mut panel.y.names));
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
/// # use rtrl_lab::figures::{Axis, Figure, Panel, Style};
/// # let (x, y) = (Axis::linear("x"), Axis::linear("y"));
/// let (title, note) = ("Decay".into(), Some("no pair met".into()));
/// let panel = Panel { title, x, y, layers: vec![], note };
/// # let (id, title, caption) = ("a".into(), String::new(), String::new());
/// # let figure = Figure { id, title, caption, panels: vec![panel] };
/// # let svg = figure.svg(&Style::default()).unwrap();
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
/// # use rtrl_lab::figures::{Axis, Figure, Panel, Style};
/// # let x = Axis::linear("x");
/// let y = Axis::log("distance").within([1e-9, 1.0]);
/// # let panel = Panel { title: String::new(), x, y, layers: vec![], note: None };
/// # let (id, title, caption) = ("a".into(), String::new(), String::new());
/// # let figure = Figure { id, title, caption, panels: vec![panel] };
/// # let svg = figure.svg(&Style::default()).unwrap();
/// assert!(svg.contains("10⁻⁸") && svg.contains("10⁰"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// Label with unit.
    pub label: String,
    /// Linear or logarithmic.
    pub scale: Scale,
    /// Ends that are shown in any case; what is drawn may ask for more.
    pub range: Option<[f64; 2]>,
    /// Names in place of the numbers 1, 2, …; points of several layers that share one stand side by
    /// side.
    #[serde(default)]
    pub names: Vec<String>,
}

impl Axis {
    /// A linear axis.
    ///
    /// ```
    /// use rtrl_lab::figures::{Axis, Scale};
    /// assert_eq!(Axis::linear("time t (steps)").scale, Scale::Linear);
    /// ```
    pub fn linear(label: impl Into<String>) -> Self {
        Axis { label: label.into(), scale: Scale::Linear, range: None, names: Vec::new() }
    }

    /// A logarithmic axis.
    ///
    /// ```
    /// use rtrl_lab::figures::{Axis, Scale};
    /// assert_eq!(Axis::log("distance").scale, Scale::Log);
    /// ```
    pub fn log(label: impl Into<String>) -> Self {
        Axis { scale: Scale::Log, ..Axis::linear(label) }
    }

    /// The same axis, which shows these ends in any case.
    ///
    /// ```
    /// use rtrl_lab::figures::Axis;
    /// assert_eq!(Axis::linear("share").within([0.0, 1.0]).range, Some([0.0, 1.0]));
    /// ```
    pub fn within(self, range: [f64; 2]) -> Self {
        Axis { range: Some(range), ..self }
    }

    /// A linear axis of names, of which the first stands at 1.
    ///
    /// ```
    /// use rtrl_lab::figures::Axis;
    /// let axis = Axis::named("column", ["load", "wind"]);
    /// assert_eq!((axis.names.len(), axis.range), (2, Some([0.5, 2.5])));
    /// ```
    pub fn named(label: impl Into<String>, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        Axis { range: Some([0.5, names.len() as f64 + 0.5]), names, ..Axis::linear(label) }
    }
}

/// How an axis maps numbers.
///
/// ```
/// # use rtrl_lab::figures::{Axis, Figure, Layer, Mark, Panel, Role, Style};
/// let points = [0.5, 0.0].map(|y| Mark { x: 1.0, y, interval: None }).to_vec();
/// let layers = vec![Layer::Points { label: String::new(), role: Role::Exact, points }];
/// # let (x, y) = (Axis::linear(""), Axis::log(""));
/// # let panel = Panel { title: String::new(), x, y, layers, note: None };
/// # let (id, title, caption) = ("a".into(), String::new(), String::new());
/// # let figure = Figure { id, title, caption, panels: vec![panel] };
/// // Zero has no logarithm: an arrow at the foot stands for it, and a sentence says so.
/// assert!(figure.svg(&Style::default()).unwrap().contains("1 value is 0 or below"));
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

impl Role {
    fn name(self) -> &'static str {
        match self {
            Role::Measured => "measured",
            Role::Predicted => "predicted",
            Role::Certified => "certified",
            Role::Exact => "exact",
            Role::Margin => "margin",
            Role::Rival(_) => "rival",
        }
    }
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

    /// Whether there is anything to draw.
    pub(super) fn draws(&self) -> bool {
        match self {
            Layer::Line { points, .. } => points.len() > 1,
            Layer::Band { points, .. } => points.len() > 1,
            Layer::Points { points, .. } => !points.is_empty(),
            Layer::Rule { .. } | Layer::Window { .. } => true,
        }
    }

    /// What it is drawn as.
    pub(super) fn form(&self) -> &'static str {
        match self {
            Layer::Line { .. } => "line",
            Layer::Band { .. } => "band",
            Layer::Points { .. } => "points",
            Layer::Rule { .. } => "rule",
            Layer::Window { .. } => "window",
        }
    }

    /// What it shows.
    pub(super) fn role(&self) -> &'static str {
        match self {
            Layer::Line { role, .. } | Layer::Band { role, .. } | Layer::Points { role, .. } | Layer::Rule { role, .. } => role.name(),
            Layer::Window { .. } => "",
        }
    }
}
