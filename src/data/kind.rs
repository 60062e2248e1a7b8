//! The kinds of data on offer: what a study calls them, which keys they take, how they are made.

use super::section::{Entry, Keys};
use super::{DataProcess, InputError, SeriesClass};
use super::{
    add_task, autoregression, chaotic, delayed_copy, hidden_markov, order_book, recorded_book, recorded_series, series, teacher, trace_patterning,
};
use std::sync::Arc;

/// What a section of data comes to.
///
/// ```
/// use rtrl_lab::data::{kind, section::{KeyIndex, Keys, Located}};
/// let values = toml::from_str("transition = [[0.5]]\ntarget = [[1.0], [2.0]]").unwrap();
/// let (index, base) = (KeyIndex::default(), std::path::Path::new("."));
/// let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base };
/// let made = kind::make("var", keys).unwrap();
/// assert_eq!((made.process.inputs(), made.process.outputs(), made.source), (1, 2, None));
/// ```
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
    ///
    /// ```
    /// use ndarray::array;
    /// use rtrl_lab::data::{Autoregression, LinearTarget, Var, kind::Made};
    /// let target = LinearTarget::new(vec![vec![1.0]], 0.0);
    /// let (transition, noise_factor) = (array![[0.5]], array![[1.0]]);
    /// let linear = Autoregression { transition, noise_factor, inputs: vec![0], target };
    /// let made = Made::drawn(Var(linear));
    /// assert_eq!((made.process.state_len(), made.source), (1, None));
    /// ```
    pub fn drawn(process: impl DataProcess + 'static) -> Self {
        Made { process: Arc::new(process), source: None, notes: Vec::new() }
    }
}

/// A kind of data.
///
/// ```
/// use rtrl_lab::data::{kind, section::{KeyIndex, Keys, Located}};
/// let chosen = kind::named("var").unwrap();
/// let values = toml::from_str(chosen.example()).unwrap();
/// let (index, base) = (KeyIndex::default(), std::path::Path::new("."));
/// let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base };
/// let process = chosen.make(keys).unwrap().process;
/// assert_eq!(process.linear().unwrap().transition, ndarray::array![[0.7, 0.1], [0.0, 0.5]]);
/// ```
pub trait DataKind: Sync {
    /// The name used in study files.
    fn name(&self) -> &'static str;

    /// The formula, for lists.
    fn formula(&self) -> &'static str;

    /// The keys that it takes beside `kind`, with their defaults.
    fn keys(&self) -> &'static [Entry];

    /// Keys and values that make a whole section, a line each, for `init` and for tests.
    fn example(&self) -> &'static str;

    /// What is known of the process: whether it has a stationary law, how it forgets, its tails,
    /// the best loss.
    fn known(&self) -> &'static str;

    /// The class of the first input of the example, for a reader of some thousand values; `None`
    /// where it depends on a file.
    fn class(&self) -> Option<SeriesClass>;

    /// The process that a section states.
    ///
    /// # Errors
    /// [`InputError`] at the key that is missing or wrong.
    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError>;
}

/// Every kind that a study can name.
pub const ALL: [&dyn DataKind; 19] = [
    &autoregression::Linear,
    &autoregression::Saturating,
    &hidden_markov::Kind,
    &teacher::Kind,
    &series::Periodic,
    &series::HeavyTailed,
    &series::Fractional,
    &series::RandomWalk,
    &series::Trending,
    &add_task::Kind,
    &delayed_copy::Kind,
    &trace_patterning::Kind,
    &chaotic::Logistic,
    &chaotic::Henon,
    &chaotic::Lorenz,
    &chaotic::MackeyGlass,
    &order_book::Kind,
    &recorded_series::Recorded,
    &recorded_book::Kind,
];

/// The kind called `name`.
///
/// ```
/// use rtrl_lab::data::kind;
/// assert!(kind::named("var").unwrap().keys().iter().any(|entry| entry.key == "transition"));
/// assert!(kind::named("fractional-noise").is_none());
/// ```
pub fn named(name: &str) -> Option<&'static dyn DataKind> {
    ALL.into_iter().find(|kind| kind.name() == name)
}

/// Makes the process of a section.
///
/// ```
/// use rtrl_lab::data::{kind, section::{KeyIndex, Keys, Located}};
/// let values = toml::from_str("transition = [[1.5]]\ntarget = [1.0]").unwrap();
/// let (index, base) = (KeyIndex::default(), std::path::Path::new("."));
/// let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base };
/// let refused = |name| kind::make(name, keys).err().unwrap().item;
/// // An unstable matrix, and a name that is not on offer.
/// assert_eq!(refused("var").as_deref(), Some("data.transition"));
/// assert_eq!(refused("vra").as_deref(), Some("data.kind"));
/// ```
///
/// # Errors
/// [`InputError`] at a kind that is not on offer, a key that the kind does not take, and as
/// [`DataKind::make`].
pub fn make(name: &str, keys: Keys<'_>) -> Result<Made, InputError> {
    let offered: Vec<&str> = ALL.iter().map(|kind| kind.name()).collect();
    let name = keys.at.word("kind", name, &offered)?;
    let kind = named(name).ok_or_else(|| keys.error("kind", "no such kind", "see `rtrl-lab list`"))?;
    let elsewhere: Vec<_> = ALL.iter().flat_map(|kind| kind.keys()).map(|entry| (entry.key, None)).collect();
    let known: Vec<&str> = kind.keys().iter().map(|entry| entry.key).collect();
    keys.only(&known, &elsewhere, &format!("kind = \"{name}\""))?;
    kind.make(keys)
}
