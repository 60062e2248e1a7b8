//! The kinds of data on offer: what a study calls them, which keys they take, how they are made.

use super::section::Keys;
use super::{DataProcess, InputError, autoregression, hidden_markov, recorded_series};
use std::sync::Arc;

/// What a section of data comes to.
pub struct Made {
    /// The process.
    pub process: Arc<dyn DataProcess>,
    /// File name and checksum of recorded data.
    pub source: Option<(String, String)>,
    /// What a reader should know of how the data were read.
    pub notes: Vec<String>,
}

impl Made {
    /// A process that comes from no file.
    pub fn drawn(process: impl DataProcess + 'static) -> Self {
        Made { process: Arc::new(process), source: None, notes: Vec::new() }
    }
}

/// A kind of data.
pub trait DataKind: Sync {
    /// The name used in study files.
    fn name(&self) -> &'static str;

    /// The formula, for lists.
    fn formula(&self) -> &'static str;

    /// The keys that it takes beside `kind`.
    fn keys(&self) -> &'static [&'static str];

    /// Keys and values that make a whole section, a line each, for `init` and for tests.
    fn example(&self) -> &'static str;

    /// The process that a section states.
    ///
    /// # Errors
    /// [`InputError`] at the key that is missing or wrong.
    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError>;
}

/// Every kind that a study can name.
pub const ALL: [&dyn DataKind; 4] = [&autoregression::Linear, &autoregression::Saturating, &hidden_markov::Kind, &recorded_series::Recorded];

/// The kind called `name`.
///
/// ```
/// use rtrl_lab::data::kind;
/// assert!(kind::named("var").unwrap().keys().contains(&"transition"));
/// assert!(kind::named("fractional-noise").is_none());
/// ```
pub fn named(name: &str) -> Option<&'static dyn DataKind> {
    ALL.into_iter().find(|kind| kind.name() == name)
}

/// Makes the process of a section.
///
/// # Errors
/// [`InputError`] at a kind that is not on offer, a key that the kind does not take, and as
/// [`DataKind::make`].
pub fn make(name: &str, keys: Keys<'_>) -> Result<Made, InputError> {
    let offered: Vec<&str> = ALL.iter().map(|kind| kind.name()).collect();
    let name = keys.at.word("kind", name, &offered)?;
    let kind = named(name).ok_or_else(|| keys.error("kind", "no such kind", "see `rtrl-lab list`"))?;
    let elsewhere: Vec<_> = ALL.iter().flat_map(|kind| kind.keys()).map(|key| (*key, None)).collect();
    keys.only(kind.keys(), &elsewhere, &format!("kind = \"{name}\""))?;
    kind.make(keys)
}
