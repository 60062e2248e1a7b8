//! A panic, caught where it happens: a fault of this program becomes a sentence, never a backtrace.

use crate::data::{shortened, shown};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

/// What a caught panic said.
///
/// ```
/// let fault = rtrl_lab::study::Fault { message: "no data".into() };
/// assert_eq!(fault.to_string(), "the program broke off (no data)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The message; it depends on the work alone, not on where in the program it broke off.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the program broke off ({})", self.message)
    }
}

impl std::error::Error for Fault {}

/// Where the last panics happened, with their messages, for the report of a fault; the newest last.
static PLACES: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// From now on a panic writes nothing to stderr; [`caught`] gives its message and [`place_of`] its
/// place.
pub(crate) fn quiet_faults() {
    const KEPT: usize = 64;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |place| format!("{}:{}", place.file(), place.line()));
        let mut places = PLACES.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if places.len() == KEPT {
            places.remove(0);
        }
        places.push((words(panic.payload()), place));
    }));
}

/// File and line of the last panic with that message, where [`quiet_faults`] saw it.
pub(crate) fn place_of(fault: &Fault) -> Option<String> {
    let places = PLACES.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    places.iter().rev().find(|(message, _)| *message == fault.message).map(|(_, place)| place.clone())
}

/// Does `work`; a panic in it comes back as a [`Fault`].
///
/// The work must leave nothing behind that a panic could leave half done: here it is a pure
/// function of a case.
///
/// ```
/// use rtrl_lab::study::caught;
/// # std::panic::set_hook(Box::new(|_| {}));
/// assert_eq!(caught(|| 6 * 7), Ok(42));
/// let fault = caught(|| -> i32 { panic!("no\n  data") }).unwrap_err();
/// assert_eq!(fault.message, "no data");
/// ```
///
/// # Errors
/// [`Fault`] with the panic's message.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| Fault { message: words(&*payload) })
}

fn words(payload: &(dyn std::any::Any + Send)) -> String {
    let said = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    // Assertions put their operands on further lines.
    let line = said.unwrap_or("no message").split_whitespace().collect::<Vec<_>>().join(" ");
    shortened(&shown(&line)).into_owned()
}
