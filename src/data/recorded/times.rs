//! Times of rows: dates as text or numbers of a stated unit.

use crate::data::InputError;
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike};
use std::f64::consts::TAU;

/// How the time of a row is read.
///
/// ```
/// use rtrl_lab::data::recorded::{Missing, Reading, Table, TimeColumn};
/// let time = TimeColumn { name: "at".into(), unit: None, any_order: false };
/// let (names, reading) = (["x".to_string()], Reading::plain(Missing::Error));
/// let text = b"at,x\n2024-03-01 00:00,1\n2024-03-01 01:00,2\n2024-03-01 02:00,3\n";
/// let table = Table::timed(text, "x.csv", &names, reading, &time).unwrap();
/// assert_eq!(table.seconds_between(), Some(3600.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TimeColumn {
    /// The column.
    pub name: String,
    /// Seconds of a unit of a number; dates, or numbers of seconds, without.
    pub unit: Option<f64>,
    /// Whether times may repeat or go back: rows are then taken in the order of the file.
    pub any_order: bool,
}

/// Units of time by the words of a study, in seconds.
pub(in crate::data) const UNITS: [(&str, f64); 7] =
    [("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9), ("min", 60.0), ("h", 3600.0), ("d", 86_400.0)];

/// The seconds of a cell since 1970, or since whatever a number counts from.
pub(super) fn seconds(cell: &str, unit: Option<f64>) -> Option<f64> {
    if let Some(unit) = unit {
        return cell.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number * unit);
    }
    let of = |time: NaiveDateTime| time.and_utc().timestamp() as f64 + 1e-9 * f64::from(time.nanosecond());
    if let Ok(time) = DateTime::parse_from_rfc3339(cell) {
        return Some(of(time.naive_utc()));
    }
    for form in ["%Y-%m-%d %H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M%:z"] {
        if let Ok(time) = DateTime::parse_from_str(cell, form) {
            return Some(of(time.naive_utc()));
        }
    }
    let forms = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y/%m/%d %H:%M:%S%.f", "%Y/%m/%d %H:%M"];
    for form in forms {
        if let Ok(time) = NaiveDateTime::parse_from_str(cell, form) {
            return Some(of(time));
        }
    }
    let month = format!("{cell}-01");
    for (text, form) in [(cell, "%Y-%m-%d"), (cell, "%Y/%m/%d"), (month.as_str(), "%Y-%m-%d")] {
        if let Ok(day) = NaiveDate::parse_from_str(text, form) {
            return day.and_hms_opt(0, 0, 0).map(of);
        }
    }
    cell.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// What is wrong with the time of a row after that of the row before.
pub(super) fn checked(column: &TimeColumn, place: &str, line: Option<usize>, cell: &str, before: Option<f64>) -> Result<f64, InputError> {
    let error = |problem: String, remedy: &str| InputError::new(place, problem, remedy).at(line).on(format!("column {}", column.name));
    let Some(time) = seconds(cell, column.unit) else {
        let cell_shown = crate::data::shortened_to(cell, 48);
        if column.unit.is_some() && seconds(cell, None).is_some() {
            return Err(error(format!("`{cell_shown}` is a date, which has no unit"), "leave `time_unit` (--time-unit) out"));
        }
        let remedy = "write dates as 2024-03-01 or 2024-03-01 12:30:00, or numbers with their unit in `time_unit` (--time-unit)";
        return Err(error(format!("`{cell_shown}` is no time"), remedy));
    };
    match before {
        Some(before) if time <= before && !column.any_order => {
            let what = if time == before { "the time is that of the row before" } else { "the time goes back" };
            Err(error(
                what.into(),
                "sort the rows and keep one of each time, or say time_order = \"rows\" (--time-order rows) to take them as they stand",
            ))
        }
        _ => Ok(time),
    }
}

/// A part of the calendar, as sine and cosine of its phase.
///
/// ```
/// use rtrl_lab::data::recorded::Calendar;
/// assert_eq!(Calendar::named("day"), Some(Calendar::Day));
/// // Six in the morning of 1 January 1970 is a quarter of a day.
/// assert!((Calendar::Day.phase(21_600.0) - 0.25).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calendar {
    /// The time of day.
    Day,
    /// The day of the week.
    Week,
    /// The day of the year.
    Year,
}

impl Calendar {
    /// The part that a word names.
    ///
    /// ```
    /// use rtrl_lab::data::recorded::Calendar;
    /// assert_eq!(["week", "month"].map(Calendar::named), [Some(Calendar::Week), None]);
    /// ```
    pub fn named(word: &str) -> Option<Calendar> {
        match word {
            "day" => Some(Calendar::Day),
            "week" => Some(Calendar::Week),
            "year" => Some(Calendar::Year),
            _ => None,
        }
    }

    /// Its word.
    ///
    /// ```
    /// assert_eq!(rtrl_lab::data::recorded::Calendar::Year.word(), "year");
    /// ```
    pub fn word(self) -> &'static str {
        match self {
            Calendar::Day => "day",
            Calendar::Week => "week",
            Calendar::Year => "year",
        }
    }

    /// The phase from 0 to 1 of a time in seconds since 1970; weeks begin on Monday.
    ///
    /// ```
    /// use rtrl_lab::data::recorded::Calendar;
    /// // 1 January 1970 was a Thursday.
    /// assert!((Calendar::Week.phase(0.0) - 3.0 / 7.0).abs() < 1e-12);
    /// assert_eq!(Calendar::Year.phase(0.0), 0.0);
    /// ```
    pub fn phase(self, seconds: f64) -> f64 {
        let day = seconds.rem_euclid(86_400.0) / 86_400.0;
        let date = DateTime::from_timestamp(seconds.floor() as i64, 0).map(|time| time.date_naive());
        match (self, date) {
            (Calendar::Day, _) => day,
            (Calendar::Week, Some(date)) => (f64::from(date.weekday().num_days_from_monday()) + day) / 7.0,
            (Calendar::Year, Some(date)) => (f64::from(date.ordinal0()) + day) / if date.leap_year() { 366.0 } else { 365.0 },
            (_, None) => 0.0,
        }
    }

    /// Names and values of its two columns at times.
    pub(in crate::data) fn columns(self, times: &[f64]) -> [(String, Vec<f64>); 2] {
        let wave = |of: fn(f64) -> f64| times.iter().map(|time| of(TAU * self.phase(*time))).collect();
        [(format!("{} sine", self.word()), wave(libm::sin)), (format!("{} cosine", self.word()), wave(libm::cos))]
    }
}
