//! What a command says: its answer on stdout, remarks on stderr.

use super::Failure;
use crate::data::shown;
use std::fmt::Display;
use std::io::{ErrorKind, Write};

/// Writes an answer and a line break to stdout.
///
/// A pipe whose reader has gone is no failure: nobody wants the rest, and the exit code is that of
/// the work.
///
/// # Errors
/// [`Failure::Machine`] where stdout cannot be written, such as a file on a full disk.
pub(super) fn answer(text: impl Display) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    written(writeln!(out, "{text}").and_then(|()| out.flush()))
}

/// What became of writing to stdout.
pub(super) fn written(result: std::io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Machine(format!("stdout: {error}"))),
        _ => Ok(()),
    }
}

/// Writes a remark of one line to stderr, as far as that takes it: a remark that cannot be written
/// changes nothing.
pub(super) fn remark(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{}", shown(&text.to_string()));
}
