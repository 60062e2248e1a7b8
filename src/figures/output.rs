//! A figure as SVG, PNG, PDF and CSV, and in words.

use super::figure::{Figure, Layer, Panel};
use super::layout::Layout;
use super::legend::{Entry, SAMPLE, entries};
use super::letters::FONT;
use super::paint::{paint, paint_sample};
use super::style::{DARK, LETTERS, LIGHT, Palette, Style, Theme, Width, hexadecimal};
use image::codecs::png::PngEncoder;
use image::{ColorType, ImageEncoder};
use plotters::prelude::*;

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

/// Family of the font that figures are drawn with.
const FAMILY: &str = "DejaVu Sans";
/// What a style sheet calls an inch.
const PIXELS_PER_INCH: f32 = 96.0;
/// What a reader without the drawing font sees.
const FALLBACK: &str = "DejaVu Sans, Verdana, Arial, sans-serif";
/// Dots a unit of the vector form, which the drawing library rounds to.
const FINE: f64 = 10.0;
/// Pixels a pixel of a screen, and an inch of paper, in the pixel form.
const SHARPNESS: f64 = 2.0;
const DOTS_PER_INCH: f64 = 300.0;

fn palette(theme: Theme) -> &'static Palette {
    if theme == Theme::Dark { &DARK } else { &LIGHT }
}

impl Figure {
    /// The figure as SVG text; in colours of a page it scales with its container. Same data, same
    /// bytes.
    ///
    /// ```
    /// use rtrl_lab::figures::{Figure, Style};
    /// let (id, caption, title) = ("a".into(), String::new(), "Is a < b?".into());
    /// let figure = Figure { id, title, caption, panels: vec![] };
    /// let svg = figure.svg(&Style::default()).unwrap();
    /// assert!(svg.starts_with("<svg width=\"620\" height=\""));
    /// assert!(svg.contains("aria-label=\"Is a &lt; b?\""));
    /// ```
    ///
    /// # Errors
    /// [`FigureError`] where the drawing library fails.
    pub fn svg(&self, style: &Style) -> Result<String, FigureError> {
        let figure = self.fit_to_show();
        let (width, height) = Layout::of(&figure, style).size;
        let mut text = String::new();
        {
            let size = ((width * FINE).round() as u32, (height * FINE).round() as u32);
            let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
            let ground = style.theme != Theme::Page;
            paint(&figure, style, palette(style.theme), (&area, FINE), ground).map_err(|why| self.error(why))?;
        }
        let shown = match style.width {
            Width::Centimetres(cm) => format!("width=\"{cm}cm\" height=\"{:.4}cm\"", cm * height / width),
            _ if style.theme == Theme::Page => format!("style=\"max-width:{width}px\""),
            _ => format!("width=\"{width}\" height=\"{height:.1}\""),
        };
        let open = format!("<svg {shown} role=\"img\" aria-label=\"{}\" ", escaped(&figure.words()));
        let fonts = format!("font-family=\"{FALLBACK}\"");
        let text = without_size(&text).replacen("<svg ", &open, 1).replace(&format!("font-family=\"{FONT}\""), &fonts);
        Ok(if style.theme == Theme::Page { by_variables(&text) } else { text })
    }

    /// The figure as the bytes of a PNG file: two pixels a pixel of a screen, or 300 an inch. Same
    /// data, same bytes.
    ///
    /// ```
    /// use rtrl_lab::figures::{Figure, Style};
    /// let (id, caption, title) = ("a".into(), String::new(), "Title".into());
    /// let figure = Figure { id, title, caption, panels: vec![] };
    /// let png = figure.png(&Style::default()).unwrap();
    /// // Two pixels a unit of the vector form, which is 620 wide.
    /// assert_eq!((&png[1..4], &png[16..20]), (&b"PNG"[..], &1240u32.to_be_bytes()[..]));
    /// ```
    ///
    /// # Errors
    /// [`FigureError`] where the drawing library fails.
    pub fn png(&self, style: &Style) -> Result<Vec<u8>, FigureError> {
        let figure = self.fit_to_show();
        let sharp = if matches!(style.width, Width::Centimetres(_)) { DOTS_PER_INCH / 72.0 } else { SHARPNESS };
        let (width, height) = Layout::of(&figure, style).size;
        let (width, height) = ((width * sharp).round() as u32, (height * sharp).round() as u32);
        let mut pixels = vec![0; 3 * width as usize * height as usize];
        {
            let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
            paint(&figure, style, palette(style.theme), (&area, sharp), true).map_err(|why| self.error(why))?;
            area.present().map_err(|why| self.error(why.to_string()))?;
        }
        let mut bytes = Vec::new();
        let encoder = PngEncoder::new(&mut bytes);
        encoder.write_image(&pixels, width, height, ColorType::Rgb8).map_err(|why| self.error(why.to_string()))?;
        Ok(bytes)
    }

    /// The figure as the bytes of a PDF file, from the same drawing as [`Figure::svg`], with its
    /// letters as letters. Same data, same bytes.
    ///
    /// ```
    /// use rtrl_lab::figures::{Figure, Style};
    /// let (id, caption, title) = ("a".into(), String::new(), "Title".into());
    /// let figure = Figure { id, title, caption, panels: vec![] };
    /// assert!(figure.pdf(&Style::default()).unwrap().starts_with(b"%PDF-1.7"));
    /// ```
    ///
    /// # Errors
    /// [`FigureError`] where the drawing is no SVG that the converter knows.
    pub fn pdf(&self, style: &Style) -> Result<Vec<u8>, FigureError> {
        let svg = self.svg(style)?;
        let mut options = svg2pdf::usvg::Options { font_family: FAMILY.into(), ..Default::default() };
        options.fontdb_mut().load_font_data(dejavu::sans::regular().to_vec());
        let tree = svg2pdf::usvg::Tree::from_str(&svg, &options).map_err(|why| self.error(why.to_string()))?;
        // The converter counts points, as the sizes in centimetres do; a pixel of a screen is
        // three quarters of one.
        let page = svg2pdf::PageOptions { dpi: PIXELS_PER_INCH };
        let pdf = svg2pdf::to_pdf(&tree, svg2pdf::ConversionOptions::default(), page).map_err(|why| self.error(why.to_string()))?;
        Ok(in_order(&pdf))
    }

    /// The data behind the figure as CSV: a row for every value that is drawn.
    ///
    /// ```
    /// use rtrl_lab::figures::{Axis, Figure, Layer, Panel, Role};
    /// let points = vec![[0.0, 1.0], [1.0, 0.5]];
    /// let layers = vec![Layer::Line { label: "distance".into(), role: Role::Measured, points }];
    /// let (x, y, title) = (Axis::linear("t"), Axis::log("d"), "decay".into());
    /// let panels = vec![Panel { title, x, y, layers, note: None }];
    /// let (id, caption, title) = ("a".into(), String::new(), "Title".into());
    /// let csv = Figure { id, title, caption, panels }.csv().unwrap();
    /// let rows = "panel,layer,form,role,x,y,lower,upper\n\
    ///             decay,distance,line,measured,0.0,1.0,,\n\
    ///             decay,distance,line,measured,1.0,0.5,,\n";
    /// assert_eq!(String::from_utf8(csv).unwrap(), rows);
    /// ```
    ///
    /// # Errors
    /// [`FigureError`] where the writer fails.
    pub fn csv(&self) -> Result<Vec<u8>, FigureError> {
        let figure = self.fit_to_show();
        let mut writer = csv::Writer::from_writer(Vec::new());
        let said = |error: csv::Error| self.error(error.to_string());
        writer.write_record(["panel", "layer", "form", "role", "x", "y", "lower", "upper"]).map_err(said)?;
        for panel in &figure.panels {
            let x_of = |x: f64| {
                let name = (x.fract() == 0.0 && x >= 1.0).then(|| panel.x.names.get(x as usize - 1)).flatten();
                name.cloned().unwrap_or_else(|| digits(x))
            };
            for layer in &panel.layers {
                for [x, y, lower, upper] in rows(layer) {
                    let number = |value: Option<f64>| value.map_or(String::new(), digits);
                    let cells = [x.map_or(String::new(), x_of), number(y), number(lower), number(upper)];
                    let before = [panel.title.as_str(), layer.label(), layer.form(), layer.role()];
                    writer.write_record(before.into_iter().chain(cells.iter().map(String::as_str))).map_err(said)?;
                }
            }
        }
        writer.into_inner().map_err(|error| self.error(error.to_string()))
    }

    /// Every panel as an SVG of its own, for a page that sets them side by side or one below the
    /// other, in colours of the page.
    ///
    /// ```
    /// use rtrl_lab::figures::{Axis, Figure, Panel};
    /// let (x, y, title) = (Axis::linear("t"), Axis::log("d"), "decay".into());
    /// let panel = Panel { title, x, y, layers: vec![], note: None };
    /// let (id, caption, title) = ("a".into(), String::new(), "Title".into());
    /// let panels = Figure { id, title, caption, panels: vec![panel; 3] }.panel_svgs().unwrap();
    /// assert_eq!(panels.len(), 3);
    /// assert!(panels[0].contains("fill:var(--fig-ink)"));
    /// ```
    ///
    /// # Errors
    /// [`FigureError`] where the drawing library fails.
    pub fn panel_svgs(&self) -> Result<Vec<String>, FigureError> {
        const WIDTH: f64 = 480.0;
        let style = Style { width: Width::Pixels(WIDTH), title: false, legend: false, theme: Theme::Page, ..Style::default() };
        let alone = |panel: &Panel| Figure { panels: vec![panel.clone()], ..self.clone() };
        self.panels.iter().map(|panel| alone(panel).svg(&style)).collect()
    }

    /// The entries of the legend: what each layer looks like, as an SVG in colours of the page, and
    /// its label.
    ///
    /// ```
    /// use rtrl_lab::figures::{Axis, Figure, Layer, Panel, Role};
    /// let rule = Layer::Rule { label: "margin".into(), role: Role::Margin, at: 0.98 };
    /// let (x, y, title) = (Axis::linear("t"), Axis::log("d"), "decay".into());
    /// let panels = vec![Panel { title, x, y, layers: vec![rule], note: None }];
    /// let (id, caption, title) = ("a".into(), String::new(), "Title".into());
    /// let legend = Figure { id, title, caption, panels }.legend_svgs().unwrap();
    /// assert_eq!((legend.len(), legend[0].1.as_str()), (1, "margin"));
    /// assert!(legend[0].0.contains("stroke:var(--fig-margin)"));
    /// ```
    ///
    /// # Errors
    /// [`FigureError`] where the drawing library fails.
    pub fn legend_svgs(&self) -> Result<Vec<(String, String)>, FigureError> {
        let figure = self.fit_to_show();
        let drawn = |entry: &Entry<'_>| {
            let mut text = String::new();
            let (wide, high) = (SAMPLE * LETTERS, 1.5 * LETTERS);
            {
                let size = ((wide * FINE) as u32, (high * FINE) as u32);
                let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
                paint_sample(entry.layer, &LIGHT, (&area, FINE), (0.5 * high, LETTERS)).map_err(|why| self.error(why))?;
            }
            let open = format!("<svg width=\"{wide}\" height=\"{high}\" aria-hidden=\"true\" ");
            Ok((by_variables(&without_size(&text).replacen("<svg ", &open, 1)), entry.layer.label().to_string()))
        };
        entries(&figure, f64::INFINITY).iter().map(drawn).collect()
    }

    fn error(&self, why: String) -> FigureError {
        FigureError { id: self.id.clone(), why }
    }
}

/// x, value and ends of everything in a layer.
fn rows(layer: &Layer) -> Vec<[Option<f64>; 4]> {
    match layer {
        Layer::Line { points, .. } => points.iter().map(|p| [Some(p[0]), Some(p[1]), None, None]).collect(),
        Layer::Band { points, .. } => points.iter().map(|p| [Some(p[0]), None, Some(p[1]), Some(p[2])]).collect(),
        Layer::Points { points, .. } => {
            points.iter().map(|mark| [Some(mark.x), Some(mark.y), mark.interval.map(|ends| ends[0]), mark.interval.map(|ends| ends[1])]).collect()
        }
        Layer::Rule { at, .. } => vec![[None, Some(*at), None, None]],
        Layer::Window { from, to, .. } => vec![[Some(*from), None, None, None], [Some(*to), None, None, None]],
    }
}

/// The converter lists the resources of a drawing in an order of chance: neighbouring lines such as
/// `/gs0 7 0 R` are sorted. No byte is added or taken, so that every object stays where the table
/// at the end of the file says.
fn in_order(pdf: &[u8]) -> Vec<u8> {
    let is_entry = |line: &[u8]| {
        let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).collect();
        matches!(words[..], [name, number, b"0", b"R"] if name.starts_with(b"/") && number.iter().all(u8::is_ascii_digit))
    };
    let (mut lines, mut run, mut within) = (Vec::new(), Vec::new(), false);
    for line in pdf.split(|byte| *byte == b'\n') {
        if !within && is_entry(line) {
            run.push(line);
            continue;
        }
        run.sort_unstable();
        lines.append(&mut run);
        within = if within { !line.ends_with(b"endstream") } else { line == b"stream" };
        lines.push(line);
    }
    lines.append(&mut run);
    lines.join(&b'\n')
}

/// The drawing library writes the size in its own dots beside the view box.
fn without_size(svg: &str) -> String {
    let Some(end) = svg.find('>') else { return svg.to_string() };
    let (head, rest) = svg.split_at(end);
    let kept: Vec<&str> = head.split(' ').filter(|part| !part.starts_with("width=") && !part.starts_with("height=")).collect();
    kept.join(" ") + rest
}

/// The same with every colour as a variable of the page's style sheet.
fn by_variables(svg: &str) -> String {
    let mut text = svg.to_string();
    for (name, colour) in LIGHT.named() {
        let hexadecimal = hexadecimal(colour);
        for property in ["fill", "stroke"] {
            text = text.replace(&format!(" {property}=\"{hexadecimal}\""), &format!(" style=\"{property}:var(--fig-{name})\""));
        }
    }
    text
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// A number with every digit, and always with a point or a power of ten: a reader that takes the
/// type of a column from its first rows takes it for no whole number.
pub(crate) fn digits(value: f64) -> String {
    format!("{value:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{Axis, Mark, Role};

    #[test]
    fn a_pdf_has_the_same_bytes_each_time() {
        let points = (0..40).map(|t| Mark { x: f64::from(t), y: f64::from(t * t), interval: Some([0.0, f64::from(t * t) + 1.0]) }).collect();
        let layers = vec![Layer::Points { label: "measured".into(), role: Role::Measured, points }];
        let panel = Panel { title: "panel".into(), x: Axis::linear("x"), y: Axis::linear("y"), layers, note: None };
        let figure = Figure { id: "a".into(), title: "Title".into(), caption: String::new(), panels: vec![panel; 2] };
        let first = figure.pdf(&Style::default()).unwrap();
        assert!((0..4).all(|_| figure.pdf(&Style::default()).unwrap() == first));
    }
}
