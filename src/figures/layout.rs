//! Where everything of a figure goes, in units of its width.

use super::axis::{Ruled, ruled};
use super::figure::{Axis, Figure, Layer, Panel, Scale};
use super::legend::{Entry, entries};
use super::letters::{LINE, width, wrapped};
use super::style::Style;

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Area {
    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }
}

/// A panel in its place.
pub(super) struct Placed<'a> {
    pub panel: &'a Panel,
    pub x: Ruled,
    pub y: Ruled,
    pub plot: Area,
    /// Left and top end of the title.
    pub head: (f64, f64),
    pub title: Vec<String>,
    /// What is said below the title.
    pub notes: Vec<String>,
    /// Labels of the axes in lines.
    pub x_label: Vec<String>,
    pub y_label: Vec<String>,
    /// Middle of the first line of the vertical axis' label.
    pub y_label_at: f64,
    /// Names of the horizontal axis in lines; upright where they do not fit side by side.
    pub x_names: Vec<Vec<String>>,
    pub upright: bool,
}

/// A figure laid out.
pub(super) struct Layout<'a> {
    pub size: (f64, f64),
    pub font: f64,
    pub margin: f64,
    pub title: Vec<String>,
    pub panels: Vec<Placed<'a>>,
    pub legend: Vec<Entry<'a>>,
    pub legend_top: f64,
}

/// Sizes of letters, of that of labels.
pub(super) const TITLE: f64 = 1.35;
pub(super) const HEAD: f64 = 1.1;
pub(super) const SMALL: f64 = 0.92;
/// Height of a plot, of its panel's width.
const FLATNESS: f64 = 0.5;

impl<'a> Layout<'a> {
    pub(super) fn of(figure: &'a Figure, style: &Style) -> Self {
        let font = style.font;
        let count = figure.panels.len();
        let columns = style.columns_of(count);
        let (whole, margin) = (style.width(count), font);
        let inner = whole - 2.0 * margin;
        let title = if style.title { wrapped(&figure.title, inner / (TITLE * font)) } else { Vec::new() };
        let mut top = margin + title.len() as f64 * TITLE * LINE * font + if title.is_empty() { 0.0 } else { 0.4 * font };
        let gap = 1.5 * font;
        let wide = (inner - gap * (columns as f64 - 1.0)) / columns as f64;
        let mut panels = Vec::new();
        for row in figure.panels.chunks(columns) {
            let placed: Vec<Placed<'a>> =
                row.iter().enumerate().map(|(column, panel)| Placed::of(panel, (margin + column as f64 * (wide + gap), top), wide, font)).collect();
            // Plots of a row stand on one line.
            let first = placed.iter().map(|placed| placed.plot.top).fold(0.0, f64::max);
            let below = placed.iter().map(Placed::below).fold(0.0, f64::max);
            top = first + wide * FLATNESS + below * font;
            panels.extend(placed.into_iter().map(|placed| Placed { plot: Area { top: first, ..placed.plot }, ..placed }));
        }
        let legend = if style.legend { entries(figure, inner / font) } else { Vec::new() };
        let rows = legend.iter().map(|entry| entry.row + entry.lines.len()).max().unwrap_or(0);
        let legend_top = top + 0.2 * font;
        let bottom = legend_top + rows as f64 * 1.5 * font + 0.5 * font;
        Layout { size: (whole, bottom), font, margin, title, panels, legend, legend_top }
    }
}

impl<'a> Placed<'a> {
    fn of(panel: &'a Panel, (left, top): (f64, f64), wide: f64, font: f64) -> Self {
        let room = wide / font;
        let high = wide * FLATNESS;
        let title = wrapped(&panel.title, room / HEAD);
        let shown = Shown::of(panel);
        let y = ruled(&panel.y, &shown.y, &shown.whiskers, ticks_along(high / font, 2.6));
        let widest = y.ticks.iter().map(|(_, label)| SMALL * width(label)).fold(0.0, f64::max);
        let y_label = wrapped(&panel.y.label, high / font);
        let before = y_label.len() as f64 * LINE + widest + 1.0;
        let plot_room = room - before;
        let x = ruled(&panel.x, &shown.x, &[], ticks_along(plot_room, 5.0));
        let (x_names, upright) = names(&x, &panel.x, plot_room);
        let hidden = Hidden::of(panel, &y);
        let notes: Vec<String> = panel.note.iter().chain(&hidden.words()).flat_map(|note| wrapped(note, room / SMALL)).collect();
        let head_height = (title.len() as f64 * HEAD + notes.len() as f64 * SMALL) * LINE * font + 0.5 * font;
        let plot = Area { left: left + before * font, top: top + head_height, width: plot_room * font, height: high };
        let x_label = wrapped(&panel.x.label, plot_room);
        Placed { panel, x, y, plot, head: (left, top), title, notes, x_label, y_label, y_label_at: left + 0.5 * LINE * font, x_names, upright }
    }

    /// Height below the plot, in sizes of letters.
    fn below(&self) -> f64 {
        self.names_height() + self.x_label.len() as f64 * LINE + 1.2
    }

    /// Height of tick labels of the horizontal axis, in sizes of letters.
    pub(super) fn names_height(&self) -> f64 {
        let lines = self.x_names.iter().map(Vec::len).max().unwrap_or(1).max(1) as f64;
        let widest = || self.x_names.iter().flatten().map(|line| SMALL * width(line)).fold(0.0, f64::max);
        0.5 + if self.upright { widest() } else { lines * SMALL * LINE }
    }

    /// The place of a pair of plot coordinates.
    pub(super) fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.plot.left + self.x.share(x) * self.plot.width, self.plot.bottom() - self.y.share(y) * self.plot.height)
    }
}

fn ticks_along(room: f64, each: f64) -> usize {
    ((room / each).floor() as usize).clamp(2, 8)
}

/// Labels of the horizontal ticks in lines, and whether they must stand upright.
fn names(x: &Ruled, axis: &Axis, room: f64) -> (Vec<Vec<String>>, bool) {
    if axis.names.is_empty() {
        return (x.ticks.iter().map(|(_, label)| vec![label.clone()]).collect(), false);
    }
    let each = room / x.ticks.len().max(1) as f64 - 0.6;
    // A word that has to be broken is easier to read upright.
    let fits = |name: &String| name.split_whitespace().all(|word| SMALL * width(word) <= each) && wrapped(name, each / SMALL).len() <= 3;
    if x.ticks.iter().all(|(_, name)| fits(name)) {
        return (x.ticks.iter().map(|(_, name)| wrapped(name, each / SMALL)).collect(), false);
    }
    const LONGEST: f64 = 14.0;
    let short = |name: &String| wrapped(name, LONGEST).into_iter().next().unwrap_or_default();
    (x.ticks.iter().map(|(_, name)| vec![if width(name) <= LONGEST { name.clone() } else { format!("{}…", short(name)) }]).collect(), true)
}

/// Everything a panel must show.
#[derive(Default)]
struct Shown {
    x: Vec<f64>,
    y: Vec<f64>,
    whiskers: Vec<f64>,
}

impl Shown {
    fn of(panel: &Panel) -> Self {
        let mut shown = Shown::default();
        for layer in &panel.layers {
            match layer {
                Layer::Line { points, .. } => points.iter().for_each(|p| shown.add(p[0], p[1])),
                Layer::Band { points, .. } => {
                    shown.x.extend(points.iter().map(|p| p[0]));
                    shown.whiskers.extend(points.iter().flat_map(|p| [p[1], p[2]]));
                }
                Layer::Points { points, .. } => {
                    points.iter().for_each(|mark| shown.add(mark.x, mark.y));
                    shown.whiskers.extend(points.iter().flat_map(|mark| mark.interval.into_iter().flatten()));
                }
                Layer::Rule { at, .. } => shown.y.push(*at),
                Layer::Window { .. } => {}
            }
        }
        shown
    }

    fn add(&mut self, x: f64, y: f64) {
        self.x.push(x);
        self.y.push(y);
    }
}

/// What of a panel its axes cannot show.
#[derive(Default)]
struct Hidden {
    not_positive: usize,
    not_numbers: usize,
}

impl Hidden {
    fn of(panel: &Panel, y: &Ruled) -> Self {
        let mut hidden = Hidden::default();
        let mut look = |value: f64| match value {
            value if !value.is_finite() => hidden.not_numbers += 1,
            value if y.scale == Scale::Log && value <= 0.0 => hidden.not_positive += 1,
            _ => {}
        };
        for layer in &panel.layers {
            match layer {
                Layer::Line { points, .. } => points.iter().for_each(|p| look(p[1])),
                Layer::Points { points, .. } => points.iter().for_each(|mark| look(mark.y)),
                Layer::Rule { at, .. } => look(*at),
                Layer::Band { .. } | Layer::Window { .. } => {}
            }
        }
        hidden
    }

    fn words(&self) -> Vec<String> {
        let of = |count: usize, one: &str, more: &str| {
            (count > 0).then(|| if count == 1 { format!("1 value {one}") } else { format!("{count} values {more}") })
        };
        let not_positive = of(self.not_positive, "is 0 or below: an arrow at the foot", "are 0 or below: arrows at the foot");
        let not_numbers = of(self.not_numbers, "is not finite and not drawn", "are not finite and not drawn");
        not_positive.into_iter().chain(not_numbers).collect()
    }
}
