//! Progress on the terminal: a bar that is silent where stderr is none.

use crate::study::{Progress, SoFar};
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// A bar over units of work.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar over `total` units that cost the same.
    pub(super) fn over(total: usize) -> Self {
        Bar::of(total, "{bar:32} {pos}/{len} units, {elapsed} elapsed, about {eta} left  {msg}")
    }

    /// A bar over the cost of units.
    pub(super) fn by_cost() -> Self {
        Bar::of(1000, "{bar:32} {percent} %, {elapsed} elapsed, {msg}")
    }

    fn of(total: usize, template: &str) -> Self {
        let bar = ProgressBar::new(total as u64);
        if !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        if let Ok(style) = ProgressStyle::with_template(template) {
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
    fn done(&self, so_far: SoFar<'_>) {
        let left = match so_far.ahead {
            Some((share, left)) => {
                self.0.set_position((share * self.0.length().unwrap_or(0) as f64) as u64);
                format!("about {} left", HumanDuration(left))
            }
            None => "measuring what the units cost".into(),
        };
        self.0.set_message(format!("{} of {} units, {left}  {}", so_far.done, so_far.total, so_far.unit.claim));
    }
}
