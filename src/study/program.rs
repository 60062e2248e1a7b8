//! Which program this is: what a run's manifest says of it, and what a chunk of work is held to.

/// A checksum of the source that the program was built from: the same for every processor, another
/// one for every change.
pub(super) const SOURCE: &str = env!("RTRL_LAB_SOURCE");

/// The commit that was checked out when its source last changed, where it was built in a
/// repository.
pub(super) const COMMIT: Option<&str> = option_env!("RTRL_LAB_COMMIT");

/// Whether files differed from that commit then.
pub(super) fn is_dirty() -> bool {
    option_env!("RTRL_LAB_DIRTY").is_some()
}

/// Version, commit and source in a line, for `--version`.
///
/// ```
/// let line = rtrl_lab::study::PROGRAM;
/// assert!(line.starts_with(env!("CARGO_PKG_VERSION")) && line.contains("source "));
/// ```
pub const PROGRAM: &str = env!("RTRL_LAB_PROGRAM");
