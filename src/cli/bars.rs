//! Progress: a bar on a terminal, a line every half minute elsewhere.

use super::signals::Asked;
use super::told::remark;
use crate::study::{Progress, SoFar, Standing};
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Time between two lines where there is no terminal.
const BETWEEN: Duration = Duration::from_secs(30);

/// A bar over units of work.
pub(super) struct Bar {
    bar: ProgressBar,
    lines: Option<Lines>,
    asked: Option<Asked>,
}

/// The thread that writes lines, and what it writes next.
struct Lines {
    text: Arc<Mutex<String>>,
    over: Sender<()>,
    thread: JoinHandle<()>,
}

impl Lines {
    fn begin() -> Self {
        let text = Arc::new(Mutex::new("beginning".to_string()));
        let (over, is_over) = channel::<()>();
        let (said, began) = (text.clone(), Instant::now());
        let thread = std::thread::spawn(move || {
            while is_over.recv_timeout(BETWEEN) == Err(RecvTimeoutError::Timeout) {
                let text = said.lock().unwrap_or_else(PoisonError::into_inner).clone();
                remark(format!("{} elapsed: {text}", HumanDuration(began.elapsed())));
            }
        });
        Lines { text, over, thread }
    }

    fn end(self) {
        // The thread ends when it is told, or when nobody is left who could.
        let _ = self.over.send(());
        let _ = self.thread.join();
    }
}

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
        let terminal = std::io::stderr().is_terminal();
        if !terminal {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Bar { bar, lines: (!terminal).then(Lines::begin), asked: None }
    }

    /// The same, which asks for an end of the work where a signal did.
    pub(super) fn until(self, asked: &Asked) -> Self {
        Bar { asked: Some(asked.clone()), ..self }
    }

    /// One unit more is done.
    pub(super) fn one_more(&self) {
        self.bar.inc(1);
        self.say(|| format!("{} of {} units", self.bar.position(), self.bar.length().unwrap_or(0)));
    }

    fn say(&self, text: impl FnOnce() -> String) {
        if let Some(lines) = &self.lines {
            *lines.text.lock().unwrap_or_else(PoisonError::into_inner) = text();
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(self) {
        self.bar.finish_and_clear();
        if let Some(lines) = self.lines {
            lines.end();
        }
    }
}

impl Progress for Bar {
    fn done(&self, so_far: SoFar<'_>) {
        let (percent, left) = match so_far.ahead {
            Some((share, left)) => {
                self.bar.set_position((share * self.bar.length().unwrap_or(0) as f64) as u64);
                (format!("{:.0} %, ", 100.0 * share), format!("about {} left", HumanDuration(left)))
            }
            None => (String::new(), "measuring what the units cost".into()),
        };
        let counted = format!("{} of {} units, {left}", so_far.done, so_far.total);
        self.say(|| format!("{percent}{counted}"));
        self.bar.set_message(format!("{counted}  {}", so_far.unit.claim));
    }

    fn stands(&self, standing: &Standing) {
        self.bar.suspend(|| remark(standing.to_string()));
    }

    fn stops(&self) -> bool {
        self.asked.as_ref().is_some_and(Asked::for_an_end)
    }
}
