//! Figures as data, and one place that draws them.

mod axis;
mod figure;
mod layout;
mod legend;
mod letters;
mod output;
mod paint;
mod stroke;
mod style;
mod words;

pub use figure::{Axis, Figure, Layer, Mark, Panel, Role, Scale};
pub use output::FigureError;
pub(crate) use output::digits;
pub use style::{Style, Theme, Width, page_colours};
