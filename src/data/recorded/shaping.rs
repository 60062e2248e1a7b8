//! What is made of the columns of a file before they are aligned: differences, phases of the
//! calendar, past values, the last rows.

use super::{Calendar, Table};

/// Steps between a table and a series, in the order in which they are taken.
///
/// ```
/// use rtrl_lab::data::recorded::{Missing, Reading, Shaping, Table};
/// let (names, reading) = (["x", "x"].map(String::from), Reading::plain(Missing::Error));
/// let table = Table::parse(b"x\n1\n4\n9\n16\n", "x.csv", &names, reading).unwrap();
/// // The first column is the input, with one past value; the other the target.
/// let shaping = Shaping { difference: true, lags: 2, ..Shaping::default() };
/// let shaped = shaping.of(table, 1);
/// let columns = [[5.0, 7.0], [3.0, 5.0], [5.0, 7.0]].map(Vec::from);
/// assert_eq!((shaped.inputs, &shaped.table.columns[..]), (2, &columns[..]));
/// assert_eq!(shaped.table.names, ["x", "x 1 before", "x"]);
/// assert_eq!(shaped.origins, [Some(0), Some(0), Some(1)]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shaping {
    /// Whether every column becomes its change from row to row.
    pub difference: bool,
    /// Rows of a season, of which every column becomes the change.
    pub seasonal: Option<usize>,
    /// Phases of the calendar that become inputs, a sine and a cosine each.
    pub calendar: Vec<Calendar>,
    /// Values of every input that are shown at a time: the present one and those before; 0 counts
    /// as 1.
    pub lags: usize,
    /// Rows at the end that are kept.
    pub last_rows: Option<usize>,
}

/// A table so shaped.
///
/// ```
/// use rtrl_lab::data::recorded::{Missing, Reading, Shaping, Table};
/// let (names, reading) = (["x", "y"].map(String::from), Reading::plain(Missing::Error));
/// let table = Table::parse(b"x,y\n1,2\n3,4\n", "x.csv", &names, reading).unwrap();
/// let same = Shaping::default().of(table.clone(), 1);
/// assert_eq!((same.table, same.inputs), (table, 1));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Shaped {
    /// The table, inputs first.
    pub table: Table,
    /// How many of its columns are inputs.
    pub inputs: usize,
    /// The column of the first table that each comes from; `None` for a phase of the calendar.
    pub origins: Vec<Option<usize>>,
}

impl Shaping {
    /// Rows that are lost at the beginning.
    ///
    /// ```
    /// use rtrl_lab::data::recorded::Shaping;
    /// let plain = Shaping::default();
    /// let shaping = Shaping { difference: true, seasonal: Some(24), lags: 3, ..plain };
    /// assert_eq!(shaping.lost(), 1 + 24 + 2);
    /// ```
    pub fn lost(&self) -> usize {
        usize::from(self.difference) + self.seasonal.unwrap_or(0) + self.lags.saturating_sub(1)
    }

    /// A table of which the first columns are inputs, so shaped.
    ///
    /// ```
    /// use rtrl_lab::data::recorded::{Missing, Reading, Shaping, Table};
    /// let (names, reading) = (["x", "y"].map(String::from), Reading::plain(Missing::Error));
    /// let table = Table::parse(b"x,y\n1,2\n3,4\n5,6\n", "x.csv", &names, reading).unwrap();
    /// let last = Shaping { last_rows: Some(1), ..Shaping::default() }.of(table, 1);
    /// assert_eq!(last.table.columns, [[5.0], [6.0]]);
    /// ```
    pub fn of(&self, mut table: Table, inputs: usize) -> Shaped {
        for lag in [usize::from(self.difference), self.seasonal.unwrap_or(0)].into_iter().filter(|lag| *lag > 0) {
            for column in &mut table.columns {
                *column = (lag..column.len()).map(|t| column[t] - column[t - lag]).collect();
            }
            cut_front(&mut table.times, lag);
        }
        let mut origins: Vec<Option<usize>> = (0..table.columns.len()).map(Some).collect();
        let past = (0..inputs).flat_map(|index| (1..self.lags).map(move |lag| (index, lag))).map(|(index, lag)| {
            let column = &table.columns[index];
            // Aligned at the end; the rows without a past go below.
            let mut moved = vec![0.0; lag.min(column.len())];
            moved.extend_from_slice(&column[..column.len().saturating_sub(lag)]);
            (format!("{} {lag} before", table.names[index]), moved, Some(index))
        });
        let phases = self.calendar.iter().flat_map(|part| part.columns(&table.times)).map(|(name, column)| (name, column, None));
        let added: Vec<(String, Vec<f64>, Option<usize>)> = past.chain(phases).collect();
        let inputs_now = inputs + added.len();
        for (place, (name, column, origin)) in (inputs..).zip(added) {
            table.names.insert(place, name);
            table.columns.insert(place, column);
            origins.insert(place, origin);
        }
        let front = self.lags.saturating_sub(1);
        let rows = table.rows().saturating_sub(front);
        let cut = front + rows - self.last_rows.map_or(rows, |last| last.min(rows));
        table.columns.iter_mut().chain([&mut table.times]).for_each(|column| cut_front(column, cut));
        Shaped { table, inputs: inputs_now, origins }
    }

    /// In words, a part each.
    pub(in crate::data) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if self.difference {
            words.push("columns are changes from row to row".to_string());
        }
        if let Some(season) = self.seasonal {
            words.push(format!("columns are changes over {season} rows"));
        }
        if self.lags > 1 {
            words.push(format!("every input is shown with its {} values before", self.lags - 1));
        }
        if let Some(rows) = self.last_rows {
            words.push(format!("the last {rows} rows are played"));
        }
        words
    }
}

fn cut_front(column: &mut Vec<f64>, count: usize) {
    column.drain(..count.min(column.len()));
}
