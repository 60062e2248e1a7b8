//! Draws a figure, the same way as vectors and as pixels.

use super::axis::{Ruled, coordinate, ruled, tick_label};
use super::figure::{Figure, Layer, Panel, Role};
use super::legend::{self, ROW, SAMPLE, SIZE, entries, wrapped};
use super::stroke::{Marker, colour, dashed, dashes, marker};
use image::codecs::png::PngEncoder;
use image::{ColorType, ImageEncoder};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, RGBAColor, register_font};
use std::sync::Once;

/// A figure that could not be drawn or written.
///
/// ```
/// use rtrl_lab::figures::FigureError;
/// let error = FigureError { id: "decay".into(), why: "there is no font".into() };
/// assert_eq!(error.to_string(), "figure decay could not be drawn: there is no font");
/// ```
#[derive(Debug, thiserror::Error)]
#[error("figure {id} could not be drawn: {why}")]
pub struct FigureError {
    /// The figure.
    pub id: String,
    /// The reason.
    pub why: String,
}

const FONT: &str = "figure-sans";
/// What a reader without the drawing font sees.
const FALLBACK: &str = "DejaVu Sans, Verdana, Arial, sans-serif";
const PANEL_WIDTH: i32 = 620;
const PLOT_HEIGHT: i32 = 330;
const TITLE_SIZE: i32 = 18;
const MARGIN: i32 = 14;
/// Pixels a unit in the pixel form, for sharp prints.
const SHARPNESS: i32 = 2;

fn with_font() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // The bytes are a font by construction; if they were not, every text below would fail and
        // say so.
        let _ = register_font(FONT, FontStyle::Normal, dejavu::sans::regular());
    });
}

/// Sizes of the whole figure.
struct Frame {
    columns: i32,
    title: Vec<String>,
    row_heights: Vec<i32>,
}

impl Frame {
    fn of(figure: &Figure) -> Self {
        let columns = if figure.panels.len() > 1 { 2 } else { 1 };
        let width = columns * PANEL_WIDTH - 2 * MARGIN;
        let row_heights = figure
            .panels
            .chunks(columns as usize)
            .map(|row| row.iter().map(|panel| 34 + PLOT_HEIGHT + legend::height(&entries(panel, PANEL_WIDTH - 2 * MARGIN))).max().unwrap_or(0))
            .collect();
        Frame { columns, title: wrapped(&figure.title, TITLE_SIZE, width), row_heights }
    }

    fn size(&self) -> (i32, i32) {
        (self.columns * PANEL_WIDTH, self.title_height() + self.row_heights.iter().sum::<i32>() + MARGIN)
    }

    fn title_height(&self) -> i32 {
        self.title.len() as i32 * (TITLE_SIZE + 6) + MARGIN
    }
}

impl Figure {
    /// The figure as SVG text that scales with its container. Same data, same bytes.
    ///
    /// ```
    /// use rtrl_lab::figures::Figure;
    /// let (id, caption, title) = ("a".into(), String::new(), "Is a < b?".into());
    /// let svg = Figure { id, title, caption, panels: vec![] }.svg().unwrap();
    /// let open = "<svg style=\"max-width:620px\" role=\"img\" aria-label=\"Is a &lt; b?\" ";
    /// assert!(svg.starts_with(open));
    /// ```
    ///
    /// # Errors
    /// [`FigureError`] where the drawing library fails.
    pub fn svg(&self) -> Result<String, FigureError> {
        let figure = self.fit_to_show();
        let (width, height) = Frame::of(&figure).size();
        let mut text = String::new();
        {
            let area = SVGBackend::with_string(&mut text, (width as u32, height as u32)).into_drawing_area();
            figure.draw(&area, 1).map_err(|why| self.error(why))?;
        }
        // The drawing library writes the view box.
        let open = format!("<svg style=\"max-width:{width}px\" role=\"img\" aria-label=\"{}\" ", escaped(&figure.title));
        let fonts = format!("font-family=\"{FALLBACK}\"");
        Ok(text.replacen("<svg ", &open, 1).replace(&format!("font-family=\"{FONT}\""), &fonts))
    }

    /// The figure as the bytes of a PNG file. Same data, same bytes.
    ///
    /// ```
    /// use rtrl_lab::figures::Figure;
    /// let (id, caption, title) = ("a".into(), String::new(), "Title".into());
    /// let png = Figure { id, title, caption, panels: vec![] }.png().unwrap();
    /// // Two pixels a unit of the vector form, which is 620 wide.
    /// assert_eq!((&png[1..4], &png[16..20]), (&b"PNG"[..], &1240u32.to_be_bytes()[..]));
    /// ```
    ///
    /// # Errors
    /// [`FigureError`] where the drawing library fails.
    pub fn png(&self) -> Result<Vec<u8>, FigureError> {
        let figure = self.fit_to_show();
        let (width, height) = Frame::of(&figure).size();
        let (width, height) = ((width * SHARPNESS) as u32, (height * SHARPNESS) as u32);
        let mut pixels = vec![0; 3 * width as usize * height as usize];
        {
            let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
            figure.draw(&area, SHARPNESS).map_err(|why| self.error(why))?;
            area.present().map_err(|why| self.error(why.to_string()))?;
        }
        let mut bytes = Vec::new();
        let encoder = PngEncoder::new(&mut bytes);
        encoder.write_image(&pixels, width, height, ColorType::Rgb8).map_err(|why| self.error(why.to_string()))?;
        Ok(bytes)
    }

    fn error(&self, why: String) -> FigureError {
        FigureError { id: self.id.clone(), why }
    }

    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, unit: i32) -> Result<(), String> {
        with_font();
        let said = |error: DrawingAreaErrorKind<DB::ErrorType>| error.to_string();
        area.fill(&WHITE).map_err(said)?;
        let frame = Frame::of(self);
        for (line, text) in frame.title.iter().enumerate() {
            let at = (MARGIN * unit, (MARGIN + line as i32 * (TITLE_SIZE + 6)) * unit);
            area.draw_text(text, &(FONT, TITLE_SIZE * unit).into_font().into_text_style(area), at).map_err(said)?;
        }
        let mut top = frame.title_height();
        for (row, panels) in self.panels.chunks(frame.columns as usize).enumerate() {
            for (column, panel) in panels.iter().enumerate() {
                let left = column as i32 * PANEL_WIDTH;
                let (x, y) = (left * unit, top * unit);
                let cell = area.clone().shrink((x, y), (PANEL_WIDTH * unit, frame.row_heights[row] * unit));
                draw_panel(&cell, panel, unit)?;
            }
            top += frame.row_heights[row];
        }
        Ok(())
    }
}

/// Everything a panel must show, as (x, y) values.
fn values(panel: &Panel) -> Vec<(f64, f64)> {
    let mut values = Vec::new();
    for layer in &panel.layers {
        match layer {
            Layer::Line { points, .. } => values.extend(points.iter().map(|p| (p[0], p[1]))),
            Layer::Band { points, .. } => values.extend(points.iter().flat_map(|p| [(p[0], p[1]), (p[0], p[2])])),
            Layer::Points { points, .. } => {
                values.extend(points.iter().map(|mark| (mark.x, mark.y)));
                values.extend(points.iter().flat_map(|mark| mark.interval.into_iter().flatten().map(|y| (mark.x, y))));
            }
            Layer::Rule { at, .. } => values.push((f64::NAN, *at)),
            Layer::Window { .. } => {}
        }
    }
    values
}

fn draw_panel<DB: DrawingBackend>(area: &DrawingArea<DB, Shift>, panel: &Panel, unit: i32) -> Result<(), String> {
    let said = |error: DrawingAreaErrorKind<DB::ErrorType>| error.to_string();
    let all = values(panel);
    // A band's lower end may reach the floor of a log axis; it must not stretch the axis, so ends
    // are taken from the curve where there is one.
    let core: Vec<f64> = panel
        .layers
        .iter()
        .flat_map(|layer| match layer {
            Layer::Line { points, .. } => points.iter().map(|p| p[1]).collect::<Vec<_>>(),
            Layer::Points { points, .. } => points.iter().map(|mark| mark.y).collect(),
            Layer::Rule { at, .. } => vec![*at],
            _ => Vec::new(),
        })
        .collect();
    let x = ruled(&panel.x, all.iter().map(|v| v.0), 7);
    let y = ruled(&panel.y, core.into_iter(), 7);
    let (title, rest) = area.split_vertically(30 * unit);
    let text = |size: i32| (FONT, size * unit).into_font().color(&BLACK);
    title.draw_text(&panel.title, &text(15), (MARGIN * unit, 8 * unit)).map_err(said)?;
    let (plot, below) = rest.split_vertically(PLOT_HEIGHT * unit);
    let mut chart = ChartBuilder::on(&plot)
        .margin_right(24 * unit)
        .margin_left(6 * unit)
        .margin_top(6 * unit)
        .x_label_area_size(46 * unit)
        .y_label_area_size(74 * unit)
        .build_cartesian_2d(x.clone(), y.clone())
        .map_err(said)?;
    let (x_scale, y_scale) = (x.scale, y.scale);
    chart
        .configure_mesh()
        .x_desc(panel.x.label.as_str())
        .y_desc(panel.y.label.as_str())
        .axis_desc_style(text(13))
        .label_style(text(12))
        .x_label_formatter(&|tick| tick_label(x_scale, *tick))
        .y_label_formatter(&|tick| tick_label(y_scale, *tick))
        .bold_line_style(RGBAColor(0, 0, 0, 0.12))
        .light_line_style(TRANSPARENT)
        .axis_style(RGBAColor(0, 0, 0, 0.6))
        .draw()
        .map_err(said)?;
    let (wide, high) = chart.plotting_area().dim_in_pixel();
    let pixels = (f64::from(wide) / (x.high - x.low) / f64::from(unit), f64::from(high) / (y.high - y.low) / f64::from(unit));
    let mut hidden = 0;
    for layer in &panel.layers {
        let (shapes, unseen) = shapes(layer, &x, &y, pixels);
        hidden += unseen;
        for shape in shapes {
            match shape {
                Shape::Area(points, role) => {
                    let fill = role.map_or(RGBAColor(0, 0, 0, 0.07), |role| colour(role).mix(0.22));
                    chart.draw_series([Polygon::new(points, fill.filled())]).map_err(said)?;
                }
                Shape::Stroke(points, role) => {
                    chart.draw_series([PathElement::new(points, colour(role).stroke_width(2 * unit as u32))]).map_err(said)?;
                }
                Shape::Dot(point, role) => {
                    let outline = outline(marker(role), unit);
                    if outline.is_empty() {
                        chart.draw_series([Circle::new(point, 3 * unit, colour(role).filled())]).map_err(said)?;
                    } else {
                        chart.draw_series([EmptyElement::at(point) + Polygon::new(outline, colour(role).filled())]).map_err(said)?;
                    }
                }
            }
        }
    }
    draw_notes(&plot, panel, hidden, unit)?;
    draw_legend(&below, panel, unit)
}

/// Texts inside the plot: the panel's note and the count of what the axes cannot show.
fn draw_notes<DB: DrawingBackend>(plot: &DrawingArea<DB, Shift>, panel: &Panel, hidden: usize, unit: i32) -> Result<(), String> {
    let counted = (hidden > 0).then(|| match hidden {
        1 => "1 value lies outside the axes and is not drawn".to_string(),
        _ => format!("{hidden} values lie outside the axes and are not drawn"),
    });
    let lines: Vec<String> = panel.note.iter().chain(&counted).flat_map(|note| wrapped(note, 12, PANEL_WIDTH - 150)).collect();
    // At the bottom left, which decaying curves leave free.
    let top = PLOT_HEIGHT - 58 - lines.len() as i32 * 16;
    for (line, text) in lines.into_iter().enumerate() {
        let style = (FONT, 12 * unit).into_font().color(&RGBColor(120, 0, 0));
        plot.draw_text(&text, &style, (92 * unit, (top + line as i32 * 16) * unit)).map_err(|error| error.to_string())?;
    }
    Ok(())
}

enum Shape {
    Area(Vec<(f64, f64)>, Option<Role>),
    Stroke(Vec<(f64, f64)>, Role),
    Dot((f64, f64), Role),
}

/// The shapes of a layer in plot coordinates, clipped to the axes, and how many values cannot be
/// shown.
fn shapes(layer: &Layer, x: &Ruled, y: &Ruled, pixels: (f64, f64)) -> (Vec<Shape>, usize) {
    let place = |px: f64, py: f64| Some((coordinate(x.scale, px)?, coordinate(y.scale, py)?));
    let inside = |p: &(f64, f64)| p.0 >= x.low && p.0 <= x.high && p.1 >= y.low && p.1 <= y.high;
    let clamp = |value: f64| coordinate(y.scale, value).unwrap_or(y.low).clamp(y.low, y.high);
    let stroked = |points: Vec<(f64, f64)>, role: Role| -> Vec<Shape> {
        let visible: Vec<(f64, f64)> = points.into_iter().filter(inside).collect();
        dashed(&visible, dashes(role), pixels).into_iter().map(|piece| Shape::Stroke(piece, role)).collect()
    };
    match layer {
        Layer::Line { role, points, .. } => {
            let placed: Vec<(f64, f64)> = points.iter().filter_map(|p| place(p[0], p[1])).collect();
            let unseen = points.len() - placed.len();
            (stroked(placed, *role), unseen)
        }
        Layer::Band { role, points, .. } => {
            let along = |end: usize| points.iter().filter_map(move |p| Some((coordinate(x.scale, p[0])?, clamp(p[end]))));
            let outline: Vec<(f64, f64)> = along(1).chain(along(2).collect::<Vec<_>>().into_iter().rev()).collect();
            (vec![Shape::Area(outline, Some(*role))], 0)
        }
        Layer::Points { role, points, .. } => {
            let mut shapes = Vec::new();
            let mut unseen = 0;
            for mark in points {
                if let (Some([low, high]), Some(px)) = (mark.interval, coordinate(x.scale, mark.x)) {
                    shapes.push(Shape::Stroke(vec![(px, clamp(low)), (px, clamp(high))], *role));
                }
                match place(mark.x, mark.y).filter(inside) {
                    Some(point) => shapes.push(Shape::Dot(point, *role)),
                    None => unseen += 1,
                }
            }
            (shapes, unseen)
        }
        Layer::Rule { role, at, .. } => match coordinate(y.scale, *at) {
            Some(height) => (stroked(vec![(x.low, height), (x.high, height)], *role), 0),
            None => (Vec::new(), 1),
        },
        Layer::Window { from, to, .. } => {
            let (from, to) = (from.max(x.low), to.min(x.high));
            (vec![Shape::Area(vec![(from, y.low), (to, y.low), (to, y.high), (from, y.high)], None)], 0)
        }
    }
}

fn draw_legend<DB: DrawingBackend>(area: &DrawingArea<DB, Shift>, panel: &Panel, unit: i32) -> Result<(), String> {
    let said = |error: DrawingAreaErrorKind<DB::ErrorType>| error.to_string();
    for entry in entries(panel, PANEL_WIDTH - 2 * MARGIN) {
        let (left, middle) = ((MARGIN + entry.x) * unit, (entry.row * ROW + ROW / 2 + 5) * unit);
        let right = left + (SAMPLE - 8) * unit;
        let layer = &panel.layers[entry.layer];
        let swatch = |fill: RGBAColor| Rectangle::new([(left, middle - 5 * unit), (right, middle + 5 * unit)], fill.filled());
        match layer {
            Layer::Band { role, .. } => area.draw(&swatch(colour(*role).mix(0.22))).map_err(said)?,
            Layer::Window { .. } => area.draw(&swatch(RGBAColor(0, 0, 0, 0.07))).map_err(said)?,
            Layer::Points { role, .. } => {
                let (centre, outline) = ((left + right) / 2, outline(marker(*role), unit));
                if outline.is_empty() {
                    area.draw(&Circle::new((centre, middle), 3 * unit, colour(*role).filled())).map_err(said)?;
                } else {
                    let corners: Vec<(i32, i32)> = outline.iter().map(|(x, y)| (centre + x, middle + y)).collect();
                    area.draw(&Polygon::new(corners, colour(*role).filled())).map_err(said)?;
                }
            }
            Layer::Line { role, .. } | Layer::Rule { role, .. } => {
                let ends = [(f64::from(left), f64::from(middle)), (f64::from(right), f64::from(middle))];
                let scale = 1.0 / f64::from(unit);
                for piece in dashed(&ends, dashes(*role), (scale, scale)) {
                    let points: Vec<(i32, i32)> = piece.iter().map(|p| (p.0 as i32, p.1 as i32)).collect();
                    area.draw(&PathElement::new(points, colour(*role).stroke_width(2 * unit as u32))).map_err(said)?;
                }
            }
        }
        let style = (FONT, SIZE * unit).into_font().color(&BLACK);
        let style = style.into_text_style(area).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw_text(layer.label(), &style, ((MARGIN + entry.x + SAMPLE) * unit, middle)).map_err(said)?;
    }
    Ok(())
}

/// The corners of a mark around its centre, in pixels; none for a disc.
fn outline(marker: Marker, unit: i32) -> Vec<(i32, i32)> {
    let corners: &[(i32, i32)] = match marker {
        Marker::Disc => &[],
        Marker::Down => &[(-5, -4), (5, -4), (0, 5)],
        Marker::Up => &[(-5, 4), (5, 4), (0, -5)],
        Marker::Square => &[(-3, -3), (3, -3), (3, 3), (-3, 3)],
    };
    corners.iter().map(|(x, y)| (x * unit, y * unit)).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
