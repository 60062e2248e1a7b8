//! Paints a figure that is laid out, the same way as vectors and as pixels.

use super::axis::Ruled;
use super::figure::{Figure, Layer, Mark, Role, Scale};
use super::layout::{Area, HEAD, Layout, Placed, SMALL, TITLE};
use super::legend::SAMPLE;
use super::letters::{FONT, LINE, SIZE, with_font};
use super::stroke::{Frame, dashed, dashes, outline};
use super::style::{Palette, Style};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontTransform, RGBAColor};

/// How opaque bands, fitted windows and grid lines are.
const BAND: f64 = 0.25;
const WINDOW: f64 = 0.08;
const GRID: f64 = 0.13;
const FRAME: f64 = 0.6;

/// What is painted on: a drawing area of `fine` dots a unit.
struct Pen<'a, DB: DrawingBackend> {
    area: &'a DrawingArea<DB, Shift>,
    fine: f64,
    font: f64,
    palette: &'a Palette,
}

type Painted = Result<(), String>;
type Points = [(f64, f64)];

/// Where a text stands to its point.
#[derive(Clone, Copy)]
enum Anchor {
    /// Begins there, its middle line at the point.
    Start,
    Middle,
    End,
    /// Upright, centred.
    Upright,
    /// Upright, ends there.
    UprightEnd,
}

impl<DB: DrawingBackend> Pen<'_, DB> {
    fn dots(&self, points: &Points) -> Vec<(i32, i32)> {
        points.iter().map(|(x, y)| ((x * self.fine).round() as i32, (y * self.fine).round() as i32)).collect()
    }

    fn line(&self, points: &Points, colour: RGBAColor, thick: f64) -> Painted {
        if points.len() < 2 {
            return Ok(());
        }
        let thick = (thick * self.font / 12.0 * self.fine).round().max(1.0) as u32;
        self.area.draw(&PathElement::new(self.dots(points), colour.stroke_width(thick))).map_err(|error| error.to_string())
    }

    fn fill(&self, points: &Points, colour: RGBAColor) -> Painted {
        self.area.draw(&Polygon::new(self.dots(points), colour.filled())).map_err(|error| error.to_string())
    }

    fn text(&self, text: &str, at: (f64, f64), size: f64, anchor: Anchor) -> Painted {
        let font = (FONT, size * self.font * SIZE * self.fine).into_font();
        let font = if matches!(anchor, Anchor::Upright | Anchor::UprightEnd) { font.transform(FontTransform::Rotate270) } else { font };
        let place = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle | Anchor::Upright => HPos::Center,
            Anchor::End | Anchor::UprightEnd => HPos::Right,
        };
        let style = font.color(&self.palette.ink).pos(Pos::new(place, VPos::Center));
        self.area.draw_text(text, &style, self.dots(&[at])[0]).map_err(|error| error.to_string())
    }

    fn mark(&self, role: Role, (x, y): (f64, f64)) -> Painted {
        let size = self.font / 12.0;
        let colour = self.palette.of(role).to_rgba();
        if outline(role).is_empty() {
            let radius = (3.2 * size * self.fine).round() as i32;
            return self.area.draw(&Circle::new(self.dots(&[(x, y)])[0], radius, colour.filled())).map_err(|error| error.to_string());
        }
        let corners: Vec<(f64, f64)> = outline(role).iter().map(|(dx, dy)| (x + dx * size, y + dy * size)).collect();
        self.fill(&corners, colour)
    }

    /// A stroke of a role in its dashes; the points are in units.
    fn stroke(&self, points: &Points, role: Role) -> Painted {
        let scale = 12.0 / self.font;
        dashed(points, dashes(role), (scale, scale)).iter().try_for_each(|piece| self.line(piece, self.palette.of(role).to_rgba(), 2.0))
    }

    fn ink(&self, opacity: f64) -> RGBAColor {
        self.palette.ink.mix(opacity)
    }
}

/// Paints a figure on an area of `fine` dots a unit.
pub(super) fn paint<DB: DrawingBackend>(
    figure: &Figure,
    style: &Style,
    palette: &Palette,
    (area, fine): (&DrawingArea<DB, Shift>, f64),
    ground: bool,
) -> Painted {
    with_font();
    let layout = Layout::of(figure, style);
    let pen = Pen { area, fine, font: layout.font, palette };
    if ground {
        area.fill(&palette.ground).map_err(|error| error.to_string())?;
    }
    for (row, line) in layout.title.iter().enumerate() {
        let at = (layout.margin, layout.margin + (row as f64 + 0.5) * TITLE * LINE * layout.font);
        pen.text(line, at, TITLE, Anchor::Start)?;
    }
    layout.panels.iter().try_for_each(|placed| panel(&pen, placed))?;
    legend(&pen, &layout)
}

fn panel<DB: DrawingBackend>(pen: &Pen<'_, DB>, placed: &Placed<'_>) -> Painted {
    let font = pen.font;
    let (left, mut top) = placed.head;
    for (lines, size) in [(&placed.title, HEAD), (&placed.notes, SMALL)] {
        for line in lines {
            pen.text(line, (left, top + 0.5 * size * LINE * font), size, Anchor::Start)?;
            top += size * LINE * font;
        }
    }
    axes(pen, placed)?;
    let frame = Frame { x: (placed.x.low, placed.x.high), y: (placed.y.low, placed.y.high) };
    let layers = &placed.panel.layers;
    let sides = sides(placed);
    let mut side = 0;
    for layer in layers {
        match layer {
            Layer::Points { role, points, .. } => {
                // Points of several layers on one name stand side by side.
                let shift = 0.6 * ((side as f64 + 0.5) / sides as f64 - 0.5);
                side = (side + 1) % sides;
                points.iter().try_for_each(|mark| point(pen, placed, &frame, *role, &Mark { x: mark.x + shift, ..*mark }))?;
            }
            other => drawn(pen, placed, &frame, other)?,
        }
    }
    Ok(())
}

/// How many layers of points stand side by side: all where two of them share a name of the axis.
fn sides(placed: &Placed<'_>) -> usize {
    let layers = || placed.panel.layers.iter().filter_map(|layer| if let Layer::Points { points, .. } = layer { Some(points) } else { None });
    let shared = layers().enumerate().any(|(first, points)| {
        let others = layers().skip(first + 1).flatten();
        others.into_iter().any(|mark| points.iter().any(|other| other.x == mark.x))
    });
    if shared && !placed.panel.x.names.is_empty() { layers().count() } else { 1 }
}

fn axes<DB: DrawingBackend>(pen: &Pen<'_, DB>, placed: &Placed<'_>) -> Painted {
    let (font, plot) = (pen.font, placed.plot);
    let Area { left, top, .. } = plot;
    let (right, bottom) = (plot.right(), plot.bottom());
    let x_of = |at: f64| left + placed.x.share(at) * plot.width;
    let y_of = |at: f64| bottom - placed.y.share(at) * plot.height;
    let upright_grid = placed.panel.x.names.is_empty();
    for ((at, _), lines) in placed.x.ticks.iter().zip(&placed.x_names) {
        let x = x_of(*at);
        if upright_grid {
            pen.line(&[(x, top), (x, bottom)], pen.ink(GRID), 1.0)?;
        }
        pen.line(&[(x, bottom), (x, bottom + 0.35 * font)], pen.ink(FRAME), 1.0)?;
        for (row, line) in lines.iter().enumerate() {
            let (y, anchor) = if placed.upright { (0.5, Anchor::UprightEnd) } else { (0.5 + (row as f64 + 0.5) * SMALL * LINE, Anchor::Middle) };
            pen.text(line, (x, bottom + y * font), SMALL, anchor)?;
        }
    }
    for (at, label) in &placed.y.ticks {
        let y = y_of(*at);
        pen.line(&[(left, y), (right, y)], pen.ink(GRID), 1.0)?;
        pen.line(&[(left - 0.35 * font, y), (left, y)], pen.ink(FRAME), 1.0)?;
        pen.text(label, (left - 0.55 * font, y), SMALL, Anchor::End)?;
    }
    for at in &placed.x.minor {
        pen.line(&[(x_of(*at), bottom), (x_of(*at), bottom + 0.2 * font)], pen.ink(FRAME), 1.0)?;
    }
    for at in &placed.y.minor {
        pen.line(&[(left - 0.2 * font, y_of(*at)), (left, y_of(*at))], pen.ink(FRAME), 1.0)?;
    }
    pen.line(&[(left, top), (left, bottom), (right, bottom)], pen.ink(FRAME), 1.0)?;
    let label_top = bottom + placed.names_height() * font;
    for (row, line) in placed.x_label.iter().enumerate() {
        pen.text(line, (left + 0.5 * plot.width, label_top + (row as f64 + 0.5) * LINE * font), 1.0, Anchor::Middle)?;
    }
    for (row, line) in placed.y_label.iter().enumerate() {
        pen.text(line, (placed.y_label_at + row as f64 * LINE * font, top + 0.5 * plot.height), 1.0, Anchor::Upright)?;
    }
    Ok(())
}

fn drawn<DB: DrawingBackend>(pen: &Pen<'_, DB>, placed: &Placed<'_>, frame: &Frame, layer: &Layer) -> Painted {
    let (x, y) = (&placed.x, &placed.y);
    let on_paper = |part: Vec<(f64, f64)>| -> Vec<(f64, f64)> { part.into_iter().map(|at| placed.at(at)).collect() };
    match layer {
        Layer::Line { role, points, .. } => {
            // A value that has no place breaks the line.
            let places: Vec<Option<(f64, f64)>> = points.iter().map(|p| Some((x.coordinate(p[0])?, y.coordinate(p[1])?))).collect();
            for run in places.split(Option::is_none) {
                let run: Vec<(f64, f64)> = run.iter().flatten().copied().collect();
                for part in frame.parts(&run) {
                    pen.stroke(&on_paper(part), *role)?;
                }
            }
            let foot = points.iter().filter(|p| y.scale == Scale::Log && p[1] <= 0.0).filter_map(|p| x.coordinate(p[0]));
            foot.map(|at| (at, y.low)).filter(|at| frame.holds(*at)).try_for_each(|at| arrow(pen, placed.at(at), 1.0, *role))
        }
        Layer::Band { role, points, .. } => {
            let end = |value: f64| y.coordinate(value).unwrap_or(y.low).clamp(y.low, y.high);
            let side = |which: usize| -> Vec<(f64, f64)> {
                points.iter().filter_map(|p| Some((x.coordinate(p[0])?.clamp(x.low, x.high), end(p[which])))).collect()
            };
            let (lower, upper) = (on_paper(side(1)), on_paper(side(2)));
            if lower.len() < 2 {
                return Ok(());
            }
            let colour = pen.palette.of(*role);
            let around: Vec<(f64, f64)> = upper.iter().chain(lower.iter().rev()).copied().collect();
            pen.fill(&around, colour.mix(BAND))?;
            [lower, upper].iter().try_for_each(|edge| pen.line(edge, colour.mix(0.6), 0.8))
        }
        Layer::Rule { role, at, .. } => match y.coordinate(*at) {
            Some(height) => pen.stroke(&on_paper(vec![(x.low, height), (x.high, height)]), *role),
            None => Ok(()),
        },
        Layer::Window { from, to, .. } => {
            let ends = [*from, *to].map(|end| x.coordinate(end).unwrap_or(x.low).clamp(x.low, x.high));
            pen.fill(&on_paper(vec![(ends[0], y.low), (ends[1], y.low), (ends[1], y.high), (ends[0], y.high)]), pen.ink(WINDOW))
        }
        Layer::Points { .. } => Ok(()),
    }
}

/// A point with its interval. Where an interval goes on beyond the frame, or to zero and below on a
/// logarithmic axis, it ends in an arrow.
fn point<DB: DrawingBackend>(pen: &Pen<'_, DB>, placed: &Placed<'_>, frame: &Frame, role: Role, mark: &Mark) -> Painted {
    let y: &Ruled = &placed.y;
    let Some(x) = placed.x.coordinate(mark.x).filter(|x| (placed.x.low..=placed.x.high).contains(x)) else { return Ok(()) };
    let colour = pen.palette.of(role).to_rgba();
    let goes_down = |value: f64| y.coordinate(value).is_none_or(|at| at < y.low);
    if let Some([low, high]) = mark.interval.filter(|[low, high]| !low.is_nan() && !high.is_nan()) {
        let (down, up) = (goes_down(low), y.coordinate(high).map_or(high > 0.0, |at| at > y.high));
        let ends = [if down { y.low } else { y.coordinate(low).unwrap_or(y.low) }, if up { y.high } else { y.coordinate(high).unwrap_or(y.low) }];
        let [foot, head] = ends.map(|end| placed.at((x, end.clamp(y.low, y.high))));
        pen.line(&[foot, head], colour, 1.6)?;
        let cap = 2.5 * pen.font / 12.0;
        for (end, open, direction) in [(foot, down, 1.0), (head, up, -1.0)] {
            if open {
                arrow(pen, end, direction, role)?;
            } else {
                pen.line(&[(end.0 - cap, end.1), (end.0 + cap, end.1)], colour, 1.6)?;
            }
        }
    }
    match y.coordinate(mark.y) {
        Some(at) if frame.holds((x, at)) => pen.mark(role, placed.at((x, at))),
        None if y.scale == Scale::Log && mark.y <= 0.0 => arrow(pen, placed.at((x, y.low)), 1.0, role),
        _ => Ok(()),
    }
}

/// An open arrow that points down (`direction` 1) or up (−1) at the frame.
fn arrow<DB: DrawingBackend>(pen: &Pen<'_, DB>, (x, y): (f64, f64), direction: f64, role: Role) -> Painted {
    let size = 4.5 * pen.font / 12.0;
    let back = y - direction * size;
    pen.line(&[(x - size, back), (x, y), (x + size, back)], pen.palette.of(role).to_rgba(), 1.6)
}

fn legend<DB: DrawingBackend>(pen: &Pen<'_, DB>, layout: &Layout<'_>) -> Painted {
    let font = pen.font;
    for entry in &layout.legend {
        let (left, middle) = (layout.margin + entry.x * font, layout.legend_top + (entry.row as f64 + 0.5) * 1.5 * font);
        sample(pen, entry.layer, (left, middle), SAMPLE - 0.7)?;
        for (line, text) in entry.lines.iter().enumerate() {
            pen.text(text, (left + SAMPLE * font, middle + line as f64 * 1.5 * font), 1.0, Anchor::Start)?;
        }
    }
    Ok(())
}

/// What a layer looks like, so many sizes of letters wide.
fn sample<DB: DrawingBackend>(pen: &Pen<'_, DB>, layer: &Layer, (left, middle): (f64, f64), wide: f64) -> Painted {
    let font = pen.font;
    let right = left + wide * font;
    let swatch = [(left, middle - 0.4 * font), (right, middle - 0.4 * font), (right, middle + 0.4 * font), (left, middle + 0.4 * font)];
    match layer {
        Layer::Band { role, .. } => pen.fill(&swatch, pen.palette.of(*role).mix(BAND)),
        Layer::Window { .. } => pen.fill(&swatch, pen.ink(WINDOW)),
        Layer::Points { role, points, .. } => {
            let centre = 0.5 * (left + right);
            if points.iter().any(|mark| mark.interval.is_some()) {
                let colour = pen.palette.of(*role).to_rgba();
                pen.line(&[(centre, middle - 0.6 * font), (centre, middle + 0.6 * font)], colour, 1.6)?;
            }
            pen.mark(*role, (centre, middle))
        }
        Layer::Line { role, .. } | Layer::Rule { role, .. } => pen.stroke(&[(left, middle), (right, middle)], *role),
    }
}

/// Paints what a layer looks like in the legend, around a height.
pub(super) fn paint_sample<DB: DrawingBackend>(
    layer: &Layer,
    palette: &Palette,
    (area, fine): (&DrawingArea<DB, Shift>, f64),
    (middle, font): (f64, f64),
) -> Painted {
    sample(&Pen { area, fine, font, palette }, layer, (0.0, middle), SAMPLE - 0.3)
}
