//! Names of what records and findings hold: one constant for who writes and who reads.

use std::borrow::Cow;
use std::fmt;

/// The name of an array of a record, or of a number of a finding.
///
/// ```
/// use rtrl_lab::claims::Name;
/// assert_eq!(Name::new("rate").of("data"), Name::new("rate_data"));
/// assert_ne!(Name::new("rate").at(2), Name::new("rate").of(2));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(Cow<'static, str>);

impl Name {
    /// A plain name; it stands in a constant of the claim.
    ///
    /// ```
    /// use rtrl_lab::claims::Name;
    /// const HALF_LIFE: Name = Name::new("half_life");
    /// assert_eq!(HALF_LIFE.to_string(), "half_life");
    /// ```
    pub const fn new(name: &'static str) -> Self {
        Name(Cow::Borrowed(name))
    }

    /// The name of one of several: a block, an order.
    ///
    /// ```
    /// use rtrl_lab::claims::Name;
    /// assert_eq!(Name::new("w2_upper").of("hidden").at(40).as_str(), "w2_upper_hidden[40]");
    /// ```
    #[must_use]
    pub fn of(&self, which: impl fmt::Display) -> Self {
        Name(format!("{}_{which}", self.0).into())
    }

    /// The name at one of several places: a time, a length, a column.
    ///
    /// ```
    /// use rtrl_lab::claims::Name;
    /// assert_eq!(Name::new("bias").at(8).as_str(), "bias[8]");
    /// ```
    #[must_use]
    pub fn at(&self, place: impl fmt::Display) -> Self {
        Name(format!("{}[{place}]", self.0).into())
    }

    /// The name with an ending, which may be empty.
    #[must_use]
    pub(crate) fn ending(&self, suffix: &str) -> Self {
        Name(format!("{}{suffix}", self.0).into())
    }

    /// As it is written.
    ///
    /// ```
    /// use rtrl_lab::claims::Name;
    /// assert_eq!(Name::new("product_rate").of(2).as_str().split('_').next_back(), Some("2"));
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
