//! All that a calibration measured, as it is written and read again.

use super::Plan;
use super::classes::ClassRow;
use super::draw::Drawing;
use super::power::PowerCurve;
use super::random_rates::SystemsRow;
use super::tally::CoverageRow;
use super::verdicts::VerdictRow;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A row of either kind, as the field `cases` holds them.
///
/// ```
/// use rtrl_lab::calibration::CalibrationRow;
/// let text = r#"{ "claim": "staleness", "case": "violation", "repeats": 9, "supported": 0.0,
///     "supported_upper": 0.3, "contradicted": 1.0, "contradicted_upper": 1.0, "passes": true }"#;
/// let row: CalibrationRow = serde_json::from_str(text).unwrap();
/// assert!(matches!(row, CalibrationRow::Verdict(row) if row.repeats == 9));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CalibrationRow {
    /// Coverage of an interval.
    Coverage(CoverageRow),
    /// Error rates of a verdict.
    Verdict(VerdictRow),
}

/// The whole table.
///
/// ```
/// use rtrl_lab::calibration::Calibration;
/// let table = Calibration::measured().unwrap();
/// assert_eq!(table.coverage().count() + table.verdicts().count(), table.cases.len());
/// let text = serde_json::to_string(&table).unwrap();
/// assert_eq!(serde_json::from_str::<Calibration>(&text).unwrap().cases, table.cases);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// What was asked for.
    pub plan: Plan,
    /// Coverage and error rates.
    pub cases: Vec<CalibrationRow>,
    /// Power curves.
    pub power: Vec<PowerCurve>,
    /// The rate on random systems, beside the straight line.
    pub systems: Vec<SystemsRow>,
    /// Classes given by audits to series of known kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassRow>,
    /// The draw of random systems, where one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawing: Option<Drawing>,
    /// Whether every row is within its bounds.
    pub passed: bool,
}

impl Calibration {
    /// The table of these rows.
    ///
    /// ```
    /// use rtrl_lab::calibration::{Calibration, Plan};
    /// let mut row = Calibration::measured().unwrap().verdicts().next().unwrap().clone();
    /// let of = |row| Calibration::of(Plan::default(), vec![], vec![row], vec![], vec![]).passed;
    /// row.passes = true;
    /// assert!(of(row.clone()));
    /// row.passes = false;
    /// assert!(!of(row));
    /// ```
    pub fn of(plan: Plan, coverage: Vec<CoverageRow>, verdicts: Vec<VerdictRow>, power: Vec<PowerCurve>, systems: Vec<SystemsRow>) -> Self {
        let passed = coverage.iter().all(CoverageRow::passes)
            && verdicts.iter().all(|row| row.passes)
            && power.iter().all(|curve| curve.passes)
            && systems.iter().all(|row| row.passes);
        let cases = coverage.into_iter().map(CalibrationRow::Coverage).chain(verdicts.into_iter().map(CalibrationRow::Verdict)).collect();
        Calibration { plan, cases, power, systems, classes: Vec::new(), drawing: None, passed }
    }

    /// The same with a draw of random systems.
    /// The same with the classes that audits gave.
    #[must_use]
    pub(crate) fn with_classes(self, classes: Vec<ClassRow>) -> Self {
        let passed = self.passed && classes.iter().all(|row| row.passes);
        Calibration { classes, passed, ..self }
    }

    #[must_use]
    pub(crate) fn with_drawing(self, drawing: Option<Drawing>) -> Self {
        let passed = self.passed && drawing.as_ref().is_none_or(|drawing| drawing.passed);
        Calibration { drawing, passed, ..self }
    }

    /// The calibration that came with this version; its plan stands in it.
    ///
    /// ```
    /// let table = rtrl_lab::calibration::Calibration::measured().unwrap();
    /// assert_eq!((table.plan.repeats, table.plan.seed), (2000, 20_261_124));
    /// ```
    pub fn measured() -> Option<Self> {
        serde_json::from_str(include_str!("measured.json")).ok()
    }

    /// Rows of coverage.
    ///
    /// ```
    /// use rtrl_lab::calibration::{Calibration, CoverageRow, LEVELS};
    /// let table = Calibration::measured().unwrap();
    /// assert!(table.coverage().all(|row| LEVELS.contains(&row.level)));
    /// assert!(table.passed && table.coverage().all(CoverageRow::passes));
    /// ```
    pub fn coverage(&self) -> impl Iterator<Item = &CoverageRow> {
        self.cases.iter().filter_map(|row| if let CalibrationRow::Coverage(row) = row { Some(row) } else { None })
    }

    /// Rows of verdicts.
    ///
    /// ```
    /// let table = rtrl_lab::calibration::Calibration::measured().unwrap();
    /// let violations = table.verdicts().filter(|row| row.case == "violation");
    /// assert_eq!(violations.count(), rtrl_lab::claims::ALL.len());
    /// ```
    pub fn verdicts(&self) -> impl Iterator<Item = &VerdictRow> {
        self.cases.iter().filter_map(|row| if let CalibrationRow::Verdict(row) = row { Some(row) } else { None })
    }

    /// For every estimator, by name, its rows at 95 %.
    pub(crate) fn by_estimator(&self) -> BTreeMap<&str, Vec<&CoverageRow>> {
        let mut rows: BTreeMap<&str, Vec<&CoverageRow>> = BTreeMap::new();
        for row in self.coverage().filter(|row| row.level == 0.95) {
            rows.entry(&row.estimator).or_default().push(row);
        }
        rows
    }
}
