//! What a series is like, as far as a law of large numbers is concerned.

use super::listed;
use serde::{Deserialize, Serialize};

/// A class of series, by what a claim about long runs can expect of it.
///
/// ```
/// use rtrl_lab::data::SeriesClass;
/// assert_eq!(SeriesClass::UnitRoot.words(), "unit root");
/// assert_eq!(SeriesClass::ALL.len(), 6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeriesClass {
    /// A sum of shocks: it returns to no level.
    UnitRoot,
    /// A level that moves one way.
    Trending,
    /// Rare values so large that a fourth moment, or less, does not exist.
    HeavyTailed,
    /// A law that comes again with a fixed period.
    Cyclostationary,
    /// A law that differs from one part of the record to another.
    RegimeChanging,
    /// None of these is seen.
    Stationary,
}

impl SeriesClass {
    /// Every class, the gravest for the theory first.
    pub const ALL: [SeriesClass; 6] = [
        SeriesClass::UnitRoot,
        SeriesClass::Trending,
        SeriesClass::HeavyTailed,
        SeriesClass::Cyclostationary,
        SeriesClass::RegimeChanging,
        SeriesClass::Stationary,
    ];

    /// What columns of this class have in common, as the end of a sentence. Three are named, and
    /// four where there are four; empty without a column.
    ///
    /// ```
    /// use rtrl_lab::data::SeriesClass::{Trending, UnitRoot};
    /// let columns: Vec<String> = ["a", "b", "c", "d", "e"].map(String::from).to_vec();
    /// assert_eq!(UnitRoot.told_of(&columns[..1]), "a looks like a random walk (a unit root)");
    /// let all = "a, b and c look like random walks (unit roots)";
    /// assert_eq!(UnitRoot.told_of(&columns[..3]), all);
    /// assert_eq!(Trending.told_of(&columns[..4]), "a, b, c and d are trending");
    /// assert_eq!(Trending.told_of(&columns), "a, b, c and 2 more are trending");
    /// ```
    pub fn told_of(self, columns: &[String]) -> String {
        if columns.is_empty() {
            return String::new();
        }
        let listed = listed(columns, 3);
        match (self, columns.len()) {
            (SeriesClass::UnitRoot, 1) => format!("{listed} looks like a random walk (a unit root)"),
            (SeriesClass::UnitRoot, _) => format!("{listed} look like random walks (unit roots)"),
            (class, 1) => format!("{listed} is {}", class.words()),
            (class, _) => format!("{listed} are {}", class.words()),
        }
    }

    /// In words.
    ///
    /// ```
    /// use rtrl_lab::data::SeriesClass;
    /// assert_eq!(SeriesClass::HeavyTailed.words(), "heavy-tailed");
    /// ```
    pub fn words(self) -> &'static str {
        match self {
            SeriesClass::UnitRoot => "unit root",
            SeriesClass::Trending => "trending",
            SeriesClass::HeavyTailed => "heavy-tailed",
            SeriesClass::Cyclostationary => "cyclostationary",
            SeriesClass::RegimeChanging => "regime-changing",
            SeriesClass::Stationary => "stationary",
        }
    }

    /// What the class does to the claims, in words.
    ///
    /// ```
    /// use rtrl_lab::data::SeriesClass;
    /// assert!(SeriesClass::Stationary.consequence().contains("can hold"));
    /// ```
    pub fn consequence(self) -> &'static str {
        match self {
            SeriesClass::UnitRoot => {
                "no long-run mean exists, so neither the long-run loss nor its gradient is defined; the network's memory can still be measured"
            }
            SeriesClass::Trending => "what is learned on one part is wrong for the next; means over the record belong to a level that has passed",
            SeriesClass::HeavyTailed => {
                "squares of the series may have no variance: means of squared loss and of gradients settle slowly, and their intervals are too narrow"
            }
            SeriesClass::Cyclostationary => {
                "the law returns with the season: long-run means exist, over whole periods, and the phase is never forgotten"
            }
            SeriesClass::RegimeChanging => {
                "what is measured holds for the mixture of regimes in the record, and is not promised for what comes later"
            }
            SeriesClass::Stationary => "nothing speaks against one law for the whole record; the claims' numbers can hold on it",
        }
    }

    /// What would help, in words.
    ///
    /// ```
    /// use rtrl_lab::data::SeriesClass;
    /// assert!(SeriesClass::UnitRoot.remedy().contains("differences"));
    /// ```
    pub fn remedy(self) -> &'static str {
        match self {
            SeriesClass::UnitRoot => "take differences or returns (difference = true)",
            SeriesClass::Trending => "take differences (difference = true), or refit on recent rows (last_rows)",
            SeriesClass::HeavyTailed => "take logarithms or clip before, or a loss that grows less than a square (huber)",
            SeriesClass::Cyclostationary => "give the network the phase as inputs (calendar), or take seasonal differences (seasonal_difference)",
            SeriesClass::RegimeChanging => "study one regime, or recent rows (last_rows), and refit",
            SeriesClass::Stationary => "nothing is needed",
        }
    }
}
