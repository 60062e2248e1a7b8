//! Ctrl-C and SIGTERM: the first asks for an end, the second is one.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether an end was asked for.
#[derive(Clone, Default)]
pub(super) struct Asked(Arc<AtomicBool>);

impl Asked {
    /// Listens from now on. Where the system takes no handler, a signal ends the process at once,
    /// which loses no more than the units in hand.
    pub(super) fn listen() -> Self {
        let asked = Asked::default();
        for signal in [SIGINT, SIGTERM] {
            // In this order: the second signal finds the flag set and ends the process.
            let registered =
                flag::register_conditional_shutdown(signal, i32::from(CODE), asked.0.clone()).and_then(|_| flag::register(signal, asked.0.clone()));
            drop(registered);
        }
        asked
    }

    /// Whether one was.
    pub(super) fn for_an_end(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The exit code of a process that was ended from outside: the same command goes on.
pub(super) const CODE: u8 = 3;
