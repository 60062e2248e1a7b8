//! A section of a study: its keys, where they stand in the file, and refusals that say so.

mod entry;
mod index;
mod keys;
mod located;

pub use entry::{Entry, Standing};
pub use index::KeyIndex;
pub(crate) use index::line_of;
pub use keys::Keys;
pub(crate) use keys::in_plain_words;
pub use located::Located;
