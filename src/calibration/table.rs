//! All that a calibration measured, as it is written and read again.

use super::Plan;
use super::power::PowerCurve;
use super::random_rates::SystemsRow;
use super::tally::{CoverageRow, Kind};
use super::verdicts::VerdictRow;
use serde::{Deserialize, Serialize};

/// A row of either kind, as the field `cases` holds them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CalibrationRow {
    /// Coverage of an interval.
    Coverage(CoverageRow),
    /// Error rates of a verdict.
    Verdict(VerdictRow),
}

/// The whole table.
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
    /// Whether every row is within its bounds.
    pub passed: bool,
}

impl Calibration {
    /// The table of these rows.
    pub fn of(plan: Plan, coverage: Vec<CoverageRow>, verdicts: Vec<VerdictRow>, power: Vec<PowerCurve>, systems: Vec<SystemsRow>) -> Self {
        let passed = coverage.iter().all(CoverageRow::passes)
            && verdicts.iter().all(|row| row.passes)
            && power.iter().all(|curve| curve.passes)
            && systems.iter().all(|row| row.passes);
        let cases = coverage.into_iter().map(CalibrationRow::Coverage).chain(verdicts.into_iter().map(CalibrationRow::Verdict)).collect();
        Calibration { plan, cases, power, systems, passed }
    }

    /// The calibration that came with this version; its plan stands in it.
    pub fn measured() -> Option<Self> {
        serde_json::from_str(include_str!("measured.json")).ok()
    }

    /// Rows of coverage.
    pub fn coverage(&self) -> impl Iterator<Item = &CoverageRow> {
        self.cases.iter().filter_map(|row| if let CalibrationRow::Coverage(row) = row { Some(row) } else { None })
    }

    /// Rows of verdicts.
    pub fn verdicts(&self) -> impl Iterator<Item = &VerdictRow> {
        self.cases.iter().filter_map(|row| if let CalibrationRow::Verdict(row) = row { Some(row) } else { None })
    }

    /// For every estimator: what its interval promises, the number of cases, their least and largest coverage at 95 %, and the fewest repeats.
    pub fn by_estimator(&self) -> Vec<(String, Kind, usize, [f64; 2], usize)> {
        let mut names: Vec<&str> = self.coverage().map(|row| row.estimator.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
            .into_iter()
            .filter_map(|name| {
                let rows: Vec<&CoverageRow> = self.coverage().filter(|row| row.estimator == name && row.level == 0.95).collect();
                let shares: Vec<f64> = rows.iter().filter_map(|row| row.coverage).collect();
                let (low, high) = shares.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)));
                let fewest = rows.iter().map(|row| row.repeats - row.undefined).min()?;
                (!shares.is_empty()).then(|| (name.to_string(), rows[0].kind, rows.len(), [low, high], fewest))
            })
            .collect()
    }
}
