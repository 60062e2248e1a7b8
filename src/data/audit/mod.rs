//! What kind of series a record is, by tests whose error rates are known, and what that does to the
//! claims.

mod drift;
mod horizon;
mod level;
mod season;
mod tail;

pub use drift::Drift;
pub use horizon::Horizon;
pub use level::Level;
pub use season::Season;
pub use tail::Tail;

use super::SeriesClass;
use crate::random::RngKey;
use crate::stats::{Undefined, Units, mean_and_deviation, median};
use serde::{Deserialize, Serialize};

/// Fewest values that an audit is made of.
const FEWEST: usize = 100;
/// Autocorrelation times below which a record tells no long memory from a change of regime, and
/// below which it takes a large drift alone.
const FEW: f64 = 40.0;
const SOME: f64 = 60.0;
/// Values farther than so many deviations (of the median kind) from the median are pulled in before
/// anything but the tail is judged.
const FAR: f64 = 6.0;

/// The audit of one series.
///
/// The class is the gravest of what is seen, in the order of [`SeriesClass::ALL`]; the others stand
/// in `also`. Rules, for a series whose far values are pulled in to six deviations:
///
/// ```text
/// unit root         Dickey–Fuller at 1 % rejects neither about a level nor about a line, and the
///                   variance of √n steps is a quarter of what independent steps make, or more
/// trending          a line moves by more than one deviation, by more than four standard errors,
///                   and a unit root about it is rejected
/// heavy-tailed      Hill's index of the farthest 1 % is below 4.5
/// cyclostationary   a season of fixed phase holds more than a tenth of the variance
/// regime-changing   an eighth of the record lies more than 0.45 deviations from the whole, beyond
///                   what resampling makes, and either no resample of a hundred does the same or
///                   the record is shorter than 60 autocorrelation times; or it is shorter than 40;
///                   or neither unit root is rejected and the level does not wander like one
/// stationary        none of these
/// ```
///
/// The thresholds were set on generated series and on twelve records; how often the class is right
/// is measured by `calibrate`.
///
/// ```
/// use rtrl_lab::data::{SeriesClass, audit::Audit};
/// use rtrl_lab::random::{Noise, RngKey};
/// let mut level = 0.0;
/// let noise = Noise::at(RngKey::root(3)).normal_vector(2000);
/// let walk: Vec<f64> = noise.iter().map(|xi| { level += xi; level }).collect();
/// let of = |series: &[f64]| Audit::of(series, RngKey::root(1)).unwrap().class;
/// assert_eq!((of(&noise), of(&walk)), (SeriesClass::Stationary, SeriesClass::UnitRoot));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// Values.
    pub rows: usize,
    /// The class.
    pub class: SeriesClass,
    /// What else is seen.
    pub also: Vec<SeriesClass>,
    /// Level, trend and unit root.
    pub level: Level,
    /// The strongest season.
    pub season: Season,
    /// How far parts of the record lie from the whole.
    pub drift: Drift,
    /// The far values.
    pub tail: Tail,
    /// Autocorrelation time in rows, of what line and season leave.
    pub memory: f64,
}

impl Audit {
    /// Audits a series; resampling takes its noise from the key.
    ///
    /// ```
    /// use rtrl_lab::data::{SeriesClass, audit::Audit};
    /// use rtrl_lab::random::RngKey;
    /// let of = |f: fn(usize) -> f64| {
    ///     let series: Vec<f64> = (0..600).map(f).collect();
    ///     Audit::of(&series, RngKey::root(1)).map(|audit| audit.class)
    /// };
    /// assert_eq!(of(|t| (t % 7) as f64), Ok(SeriesClass::Cyclostationary));
    /// assert_eq!(of(|t| 2.0 * t as f64), Ok(SeriesClass::Trending));
    /// assert!(of(|_| 1.0).is_err(), "a constant");
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] for fewer than 100 values, one that is not finite, or a constant series.
    pub fn of(series: &[f64], key: RngKey) -> Result<Audit, Undefined> {
        if series.len() < FEWEST {
            return Err(Undefined::because(format!("{} values are too few for an audit; it needs {FEWEST}", series.len())));
        }
        if series.iter().any(|x| !x.is_finite()) {
            return Err(Undefined::because("the series has a value that is not finite"));
        }
        if series.windows(2).all(|pair| pair[0] == pair[1]) {
            return Err(Undefined::because("the series is constant"));
        }
        let inside = Units::of(series).apply(series);
        let tail = Tail::of(&inside);
        let pulled = standard(&pulled_in(&inside));
        let (level, about_line) = Level::of(&pulled);
        let season = Season::of(&about_line);
        let rest = season.removed_from(&about_line);
        let memory = crate::stats::autocorrelation_time(&rest).unwrap_or(1.0);
        let drift = Drift::of(&rest, memory, key);
        let seen = classes(&level, &season, &drift, &tail, memory, series.len());
        let class = seen.first().copied().unwrap_or(SeriesClass::Stationary);
        Ok(Audit { rows: series.len(), class, also: seen.into_iter().skip(1).collect(), level, season, drift, tail, memory })
    }
}

/// Everything that is seen, the gravest first.
fn classes(level: &Level, season: &Season, drift: &Drift, tail: &Tail, memory: f64, rows: usize) -> Vec<SeriesClass> {
    let wanders = !level.unit_root_rejected && !level.unit_root_about_line_rejected;
    // How many independent values the record is worth.
    let worth = rows as f64 / memory;
    let drifts = worth < FEW || (drift.beyond_resampling > drift::LARGE && (drift.p_value < 0.01 || worth < SOME));
    let seen = |class: &SeriesClass| match class {
        SeriesClass::UnitRoot => wanders && !level.exact_line && level.spread_of_steps >= level::WANDERING,
        SeriesClass::Trending => level.trends(),
        SeriesClass::HeavyTailed => tail.index.is_some_and(|index| index < tail::LIGHT),
        SeriesClass::Cyclostationary => season.share > season::LARGE,
        SeriesClass::RegimeChanging => drifts || (wanders && !level.exact_line && level.spread_of_steps < level::WANDERING),
        SeriesClass::Stationary => false,
    };
    SeriesClass::ALL.into_iter().filter(seen).collect()
}

/// The series with its far values pulled in; where half of the values are the same, there is no
/// scale to say what is far.
fn pulled_in(series: &[f64]) -> Vec<f64> {
    let middle = median(series.to_vec());
    let away: Vec<f64> = series.iter().map(|x| (x - middle).abs()).collect();
    // 1.4826 median deviations are a standard deviation of a normal law.
    let far = FAR * 1.4826 * median(away);
    if far > 0.0 { series.iter().map(|x| x.clamp(middle - far, middle + far)).collect() } else { series.to_vec() }
}

/// The series in standard deviations from its mean.
fn standard(series: &[f64]) -> Vec<f64> {
    let (mean, deviation) = mean_and_deviation(series);
    series.iter().map(|x| (x - mean) / deviation).collect()
}
