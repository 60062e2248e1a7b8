//! Trials of recorded series: how far the laws of a record's two halves lie apart, where that is
//! known exactly.

use super::super::tally::{Kind, Scenario, Truth};
use super::{budgets, deciding, judged};
use crate::calibration::systems::{Spectra, case_of, system};
use crate::claims::Case;
use crate::data::RecordedSeries;
use crate::data::recorded::RecordedColumns;
use crate::random::{Noise, RngKey};
use ndarray::Array2;
use std::sync::Arc;

/// Rows of a record.
const ROWS: usize = 1000;
/// What is added to a stationary autoregression of variance 1.
#[derive(Clone, Copy)]
enum Drift {
    /// Nothing: both halves have one law.
    None,
    /// A step in the middle.
    Step(f64),
    /// A straight line of this rise.
    Line(f64),
}

impl Drift {
    fn at(self, t: usize) -> f64 {
        match self {
            Drift::None => 0.0,
            Drift::Step(height) => {
                if t < ROWS / 2 {
                    0.0
                } else {
                    height
                }
            }
            Drift::Line(rise) => rise * t as f64 / ROWS as f64,
        }
    }

    /// `W₁` of the halves' laws over the deviation of the whole: the second half's law is the first
    /// one's moved by a constant.
    fn truth(self) -> f64 {
        let (apart, variance) = match self {
            Drift::None => (0.0, 0.0),
            Drift::Step(height) => (height, height * height / 4.0),
            Drift::Line(rise) => (rise / 2.0, rise * rise / 12.0),
        };
        apart / libm::sqrt(1.0 + variance)
    }
}

pub(super) fn trials() -> Vec<Scenario> {
    let kinds =
        [(0.5, Drift::None), (0.9, Drift::None), (0.5, Drift::Step(0.5)), (0.5, Drift::Step(2.0)), (0.9, Drift::Step(2.0)), (0.5, Drift::Line(2.0))];
    kinds.map(|(phi, drift)| record(phi, drift)).into()
}

/// The interval that decides on a recorded autoregression.
fn record(phi: f64, drift: Drift) -> Scenario {
    let model = system(Spectra::SlowData, 0.8, 0.5);
    let run = move |key: RngKey| {
        let noise = Noise::at(key.within("record")).normal_vector(ROWS);
        let (mut state, innovation) = (0.0, libm::sqrt(1.0 - phi * phi));
        let values = noise.iter().enumerate().map(|(t, z)| {
            // The first state from the stationary law.
            state = if t == 0 { *z } else { phi * state + innovation * z };
            state + drift.at(t)
        });
        let values: Vec<f64> = values.collect();
        let column = Array2::from_shape_fn((ROWS, 1), |(t, _)| values[t]);
        let columns = RecordedColumns { names: vec!["a".into()], columns: vec![values], seconds: None };
        let series = RecordedSeries { inputs: column.clone(), targets: column, columns, held_out: None };
        let plain = case_of(&model, "record", key, 1.0, budgets("data_ergodicity", |_| {}));
        let (_, finding) = judged("data_ergodicity", &Case { data: Arc::new(series), ..plain });
        vec![deciding("distance of a record's halves", Kind::Bound, Truth::Exact(drift.truth()), &finding)]
    };
    let what = match drift {
        Drift::None => "without drift".to_string(),
        Drift::Step(height) => format!("with a step of {height}"),
        Drift::Line(rise) => format!("with a rise of {rise}"),
    };
    Scenario { case: format!("a record of {ROWS}, φ = {phi}, {what}"), heavy: false, run: Box::new(run) }
}
