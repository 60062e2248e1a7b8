//! Numbers that others printed, beside what this program finds.

mod books;
mod series;
mod tasks;

use serde::Serialize;

/// A printed number beside ours.
///
/// ```
/// use rtrl_lab::study::PrintedRow;
/// let row = PrintedRow::exact("queues of 1 and 2", 0.336, 3, 0.33517);
/// assert!((row.difference.unwrap() + 0.00083).abs() < 1e-12);
/// assert_eq!((row.rounding, row.word.as_str()), (0.0005, "not to the printed digits"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PrintedRow {
    /// What the number is.
    pub quantity: String,
    /// As it was printed.
    pub printed: f64,
    /// Half a unit of the last printed digit.
    pub rounding: f64,
    /// Standard deviation over seeds and their number, where it is a mean over seeds.
    pub printed_spread: Option<(f64, usize)>,
    /// What is found here; none where it is undefined.
    pub ours: Option<f64>,
    /// Standard deviation over seeds and their number, where it is a mean over seeds.
    pub spread: Option<(f64, usize)>,
    /// Ours less theirs.
    pub difference: Option<f64>,
    /// Its interval of two samples, where both are means over seeds.
    pub interval: Option<[f64; 2]>,
    /// What the difference says, in words.
    pub word: String,
}

impl PrintedRow {
    /// A number that follows from a formula, printed to so many decimals.
    ///
    /// ```
    /// use rtrl_lab::study::PrintedRow;
    /// let row = PrintedRow::exact("queues of 1 and 2", 0.335, 3, 0.33517);
    /// assert_eq!(row.word, "to the printed digits");
    /// ```
    pub fn exact(quantity: impl Into<String>, printed: f64, decimals: i32, ours: f64) -> Self {
        let rounding = 0.5 / 10f64.powi(decimals);
        let difference = ours - printed;
        let row = PrintedRow {
            quantity: quantity.into(),
            printed,
            rounding,
            printed_spread: None,
            ours: Some(ours),
            spread: None,
            difference: Some(difference),
            interval: None,
            word: String::new(),
        };
        PrintedRow { word: if row.agrees() { "to the printed digits" } else { "not to the printed digits" }.into(), ..row }
    }

    /// Whether the difference is no more than the printed digits, or the interval of the
    /// difference, allow for.
    ///
    /// ```
    /// use rtrl_lab::study::PrintedRow;
    /// let of = |ours| PrintedRow::exact("queues of 1 and 2", 0.336, 3, ours).agrees();
    /// assert!(of(0.3364) && !of(0.3366));
    /// ```
    pub fn agrees(&self) -> bool {
        match (self.interval, self.printed_spread) {
            (Some([low, high]), _) => low <= 0.0 && 0.0 <= high,
            (None, Some(_)) => false,
            // A last place more: the printed number is a decimal and its double is not.
            (None, None) => self.difference.is_some_and(|difference| difference.abs() <= self.rounding * (1.0 + 1e-9)),
        }
    }
}

/// Printed numbers of one source.
///
/// ```
/// let tables = rtrl_lab::study::printed_exact();
/// let rows = || tables.iter().flat_map(|table| &table.rows);
/// let agreeing = rows().filter(|row| row.word == "to the printed digits").count();
/// assert_eq!((agreeing, rows().count()), (69, 71));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PrintedTable {
    /// What it is about.
    pub title: String,
    /// Where the numbers stand.
    pub source: String,
    /// How ours come about, and what a reader should know of the differences.
    pub note: String,
    /// The numbers.
    pub rows: Vec<PrintedRow>,
}

impl PrintedTable {
    /// The largest difference, relative to the rounding of the printed number.
    ///
    /// ```
    /// let tables = rtrl_lab::study::printed_exact();
    /// let task = tables.iter().find(|table| table.title.starts_with("Add task")).unwrap();
    /// assert!(task.furthest().unwrap() <= 1.0);
    /// ```
    pub fn furthest(&self) -> Option<f64> {
        let ratios = self.rows.iter().filter(|row| row.printed_spread.is_none()).filter_map(|row| Some(row.difference?.abs() / row.rounding));
        ratios.max_by(f64::total_cmp)
    }
}

/// The tables whose numbers follow from formulas and small linear systems, without a run.
///
/// ```
/// let tables = rtrl_lab::study::printed_exact();
/// let last = tables[2].rows.last().unwrap();
/// assert_eq!((last.quantity.as_str(), last.printed), ("bid queue 5, ask queue 5", 0.491));
/// ```
pub fn printed_exact() -> Vec<PrintedTable> {
    let mut tables = books::tables();
    tables.extend(tasks::tables());
    tables
}

pub(crate) use series::{differing, printed_series};
