//! From an outcome to tables, the page and the plain-text summary; no statistics here.

mod by_class;
mod calibration_page;
mod comparison_page;
mod draw_section;
mod drawing;
mod format;
mod headline;
mod measurements;
mod page;
mod phase_figure;
mod style;
mod table;
mod terminal;
mod verdicts;

pub(crate) use by_class::class_figure;
pub(crate) use calibration_page::calibration_page;
pub(crate) use comparison_page::{comparison_figures, comparison_page, stability_words};
pub use format::{interval, number};
pub(crate) use measurements::measurements_csv;
pub use page::page;
pub(crate) use phase_figure::phase_figure;
pub(crate) use terminal::summary_table;
