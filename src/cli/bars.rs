//! Progress on the terminal: a bar that is silent where stderr is none.

use crate::study::{Progress, UnitId};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// A bar over units of work.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar over `total` units.
    pub(super) fn over(total: usize) -> Self {
        let bar = ProgressBar::new(total as u64);
        if !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len} units, {elapsed} elapsed, about {eta} left  {msg}") {
            bar.set_style(style);
        }
        Bar(bar)
    }

    /// One unit more is done.
    pub(super) fn one_more(&self) {
        self.0.inc(1);
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn done(&self, done: usize, _total: usize, unit: &UnitId) {
        self.0.set_position(done as u64);
        self.0.set_message(unit.claim);
    }
}
