//! Published losses of learning methods, from folders in which they were trained again.

use super::{PrintedRow, PrintedTable};
use crate::study::{ComparedMethod, Comparison, Paired, Published};

/// The level of the intervals of a comparison whose published numbers do not say it.
const LEVEL: f64 = 0.95;

/// What was published of each method, made again from the records of a comparison.
fn again(comparison: &Comparison) -> Vec<(String, String, Published, Published)> {
    let mut found = Vec::new();
    for case in &comparison.cases {
        for ComparedMethod { method, published, .. } in &case.methods {
            let Some(stored) = published else { continue };
            let losses: Vec<Option<f64>> =
                comparison.records.iter().filter(|r| r.case == case.case && r.method == *method).map(|record| record.online_loss).collect();
            let ours = Paired::of(&losses, &losses, LEVEL);
            found.push((case.case.clone(), method.clone(), stored.clone(), stored.again(&ours, LEVEL)));
        }
    }
    found
}

/// The published losses of a comparison of methods beside ours, a table; none where nothing was
/// published of it.
pub(crate) fn printed_series(comparison: &Comparison) -> Option<PrintedTable> {
    let several = comparison.cases.len() > 1;
    let row = |(case, method, _, published): (String, String, Published, Published)| PrintedRow {
        quantity: if several { format!("{method}, {case}") } else { method },
        printed: published.mean,
        rounding: 0.0,
        printed_spread: Some((published.deviation, published.seeds)),
        ours: published.ours.map(|[mean, _]| mean),
        spread: published.ours.map(|[_, deviation]| (deviation, published.ours_seeds)),
        difference: published.difference.map(|[value, ..]| value),
        interval: published.difference.map(|[_, low, high]| [low, high]),
        word: published.word().into(),
    };
    let rows: Vec<PrintedRow> = again(comparison).into_iter().map(row).collect();
    (!rows.is_empty()).then(|| PrintedTable {
        title: format!("Losses of learning methods on {}: mean ± standard deviation over seeds", comparison.study),
        source: comparison.source.clone(),
        note: "The interval of a difference is that of two samples (Welch). docs/reproductions.md says what differs from the published protocol."
            .into(),
        rows,
    })
}

/// The methods whose published numbers do not follow from the comparison's own records.
pub(crate) fn differing(comparison: &Comparison) -> Vec<String> {
    again(comparison).into_iter().filter(|(_, _, stored, made)| stored != made).map(|(case, method, ..)| format!("{case}/{method}")).collect()
}
