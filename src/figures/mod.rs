//! Figures as data, and the one function that draws them; knows no claim.

mod axis;
mod draw;
mod figure;
mod legend;
mod stroke;

pub use draw::FigureError;
pub use figure::{Axis, Figure, Layer, Mark, Panel, Role, Scale};
