//! From an outcome to tables, the page and the plain-text summary; no statistics here.

mod across;
mod answer;
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
mod published_page;
mod sheet;
mod side_by_side_page;
mod style;
mod table;
mod terminal;
mod verdicts;

pub(crate) use across::study_figures;
pub(crate) use calibration_page::calibration_page;
pub(crate) use comparison_page::{comparison_figures, comparison_page, stability_words};
pub use format::{interval, number};
pub(crate) use measurements::measurements_csv;
pub use page::page;
pub(crate) use phase_figure::phase_figure;
pub(crate) use published_page::{published_csv, published_page, published_sheets, sentence as published_sentence};
pub use sheet::{Sheet, SheetForm};
pub(crate) use sheet::{comparison_sheets, verdict_sheets};
pub(crate) use side_by_side_page::{side_by_side_csv, side_by_side_page, side_by_side_sheet, side_by_side_words};
pub(crate) use terminal::summary_table;
