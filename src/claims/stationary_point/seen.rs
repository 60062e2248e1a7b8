//! What the records of learning runs show together: squares by look, their trend, where the runs
//! rest, and the border.

use crate::claims::contract::record::rows;
use crate::claims::judging::limits;
use crate::claims::stationary_point::names;
use crate::claims::stationary_point::rest::{Late, Rest};
use crate::claims::stationary_point::run::{COLUMNS, LATE};
use crate::claims::{Case, Finding, Number, Part};
use crate::random::RngKey;
use crate::stats::{Estimate, Sample, Undefined, clopper_pearson};
use ndarray::Array2;

/// Fields of a checkpoint; see [`crate::claims::stationary_point::run::COLUMNS`].
const TIME: usize = 0;
pub(super) const SQUARE: usize = 1;
pub(super) const ERROR: usize = 2;
pub(super) const LOSS: usize = 3;
const STEP: usize = 5;
const PLAIN: usize = 6;
const ON_BORDER: usize = 7;
const CERTIFIED: usize = 8;
/// Share of projected updates from which on the projection is spoken of.
const PROJECTION_MATTERS: f64 = 0.01;

/// The records of all runs.
pub(super) struct Seen {
    table: Array2<f64>,
    gradients: Array2<f64>,
    moves: Array2<f64>,
    projected: Array2<f64>,
    biases: Array2<f64>,
    /// Rows of measured rates; see `along_path`.
    pub contraction: Array2<f64>,
    /// Times of the looks.
    pub times: Vec<f64>,
}

impl Seen {
    /// Reads the records.
    ///
    /// # Errors
    /// [`Undefined`] where they are not of this study.
    pub(super) fn of(case: &Case, part: &Part) -> Result<Self, Undefined> {
        let (table, gradients, moves) = (part.stacked(names::CHECKPOINT)?, part.stacked(names::LATE_GRADIENTS)?, part.stacked(names::LATE_MOVE)?);
        let (projected, biases, contraction) = (part.stacked(names::PROJECTED)?, part.stacked(names::BIAS)?, part.stacked(names::CONTRACTION)?);
        let looks = table.ncols() / COLUMNS;
        let width = case.network.len();
        let late = looks.min(LATE);
        let of_two = [&projected, &biases].map(|pairs| pairs.dim() == (table.nrows(), 2));
        let shapes = [gradients.dim() == (table.nrows(), late * width), moves.dim() == (table.nrows(), width), of_two[0], of_two[1]];
        let rates = contraction.nrows() == 0 || contraction.ncols() == crate::claims::stationary_point::along_path::COLUMNS;
        if looks == 0 || table.nrows() == 0 || looks * COLUMNS != table.ncols() || shapes.contains(&false) || !rates {
            return Err(Undefined::because("the records hold no learning runs of this study"));
        }
        let times: Vec<f64> = (0..looks).map(|look| table[[0, COLUMNS * look + TIME]]).collect();
        if !times.iter().all(|time| (0.0..=case.learning.steps as f64).contains(time)) {
            return Err(Undefined::because("the records hold times at which no run of this study was"));
        }
        Ok(Seen { table, gradients, moves, projected, biases, contraction, times })
    }

    pub(super) fn runs(&self) -> usize {
        self.table.nrows()
    }

    pub(super) fn looks(&self) -> usize {
        self.times.len()
    }

    /// The looks of the second half, whose trend is told.
    pub(super) fn late(&self) -> std::ops::Range<usize> {
        self.looks() / 2..self.looks()
    }

    pub(super) fn column(&self, look: usize, field: usize) -> Vec<f64> {
        self.table.column(COLUMNS * look + field).to_vec()
    }

    /// Runs that left the finite numbers.
    pub(super) fn diverged(&self) -> usize {
        (0..self.runs()).filter(|run| (0..self.looks()).any(|look| self.table[[*run, COLUMNS * look + SQUARE]].is_nan())).count()
    }

    /// All runs start from the same parameters, so their first squares measure one number; later
    /// ones are spread over a skewed law, whose mean the rarest runs decide.
    pub(super) fn squares(&self, level: f64) -> Vec<Result<Estimate, Undefined>> {
        let of = |look: usize| {
            let column = self.column(look, SQUARE);
            let sample = Sample::new(&column)?;
            if look == 0 { sample.mean(level) } else { sample.median(level) }
        };
        (0..self.looks()).map(of).collect()
    }

    /// Squared norm of the bias of the learning method where the runs ended, the median run; `None`
    /// of a method without one.
    pub(super) fn bias(&self, case: &Case) -> Option<Result<Estimate, Undefined>> {
        let biased = !case.learning.method.is_exact();
        biased.then(|| Sample::new(&self.biases.column(0).to_vec())?.median(case.level))
    }

    /// The mean square at the last look.
    pub(super) fn mean_last(&self) -> f64 {
        self.column(self.looks() - 1, SQUARE).iter().sum::<f64>() / self.runs() as f64
    }

    /// Slope of the log of the median square against log t over the second half of the looks.
    pub(super) fn trend(&self, level: f64, key: RngKey) -> Result<Estimate, Undefined> {
        // The start has no logarithm of its time.
        let late: Vec<usize> = self.late().filter(|look| self.times[*look] > 0.0).collect();
        let squares: Vec<Vec<f64>> =
            (0..self.runs()).map(|run| late.iter().map(|look| self.table[[run, COLUMNS * look + SQUARE]]).collect()).collect();
        limits::trend(&late.iter().map(|look| self.times[*look]).collect::<Vec<_>>(), &squares, level, key)
    }

    /// Where the runs rest, from their last looks.
    pub(super) fn rest(&self, case: &Case) -> Rest {
        let (looks, width) = (self.looks(), case.network.len());
        let first = looks.saturating_sub(LATE);
        let steps = (first..looks).map(|look| self.table[[0, COLUMNS * look + STEP]]).collect();
        let of_run = |row: &Vec<f64>| row.chunks_exact(width).map(<[f64]>::to_vec).collect();
        let from = self.times[looks.saturating_sub(2)] as usize;
        // A block makes one update, at its last step.
        let length = case.learning.method.period();
        let updates = (from..self.times[looks - 1] as usize).filter(|t| (t + 1).is_multiple_of(length));
        let way = updates.map(|t| case.learning.schedule.step(t)).sum();
        let rest = Rest::of(
            &Late { steps, way, gradients: rows(self.gradients.view()).iter().map(of_run).collect(), moves: rows(self.moves.view()) },
            case.level,
        );
        // A step α averages over some 1/α rows. Where a recorded series is longer than that, the
        // rule follows the part of it that it is at, and where it stands moves with the rows.
        let last = case.learning.schedule.step(case.learning.steps);
        if case.data.cycle().is_some_and(|rows| rows as f64 * last > 1.0) { rest.left_open() } else { rest }
    }

    /// Certified rates, a row a run and a column a look.
    pub(super) fn certified(&self) -> Array2<f64> {
        Array2::from_shape_fn((self.runs(), self.looks()), |(run, look)| self.table[[run, COLUMNS * look + CERTIFIED]])
    }

    /// Adds what the projection did.
    pub(super) fn border(&self, case: &Case, mut finding: Finding) -> Finding {
        let (runs, last) = (self.runs(), self.looks() - 1);
        let projected: f64 = self.projected.column(0).sum();
        let share = projected / (runs * case.learning.steps).max(1) as f64;
        let on_border = self.column(last, ON_BORDER).iter().filter(|flag| **flag > 0.0).count();
        let moved = self.projected.column(1).iter().any(|flag| *flag > 0.0);
        let (lower, upper) = clopper_pearson(on_border, runs, case.level);
        let value = on_border as f64 / runs as f64;
        let ends = Estimate { value, standard_error: (value * (1.0 - value) / runs as f64).sqrt(), lower, upper, level: case.level };
        if moved {
            finding.reason +=
                "; the start lies outside what the projection allows and was projected before the first step: the ratio is to the gradient there";
        }
        if share > PROJECTION_MATTERS || on_border > 0 {
            finding.reason = format!(
                "{}; {:.1} % of the updates were projected back to where the cell is certified to contract, and {on_border} of {runs} runs end on that border, where the gradient is \
                 judged without what pushes out",
                finding.reason,
                100.0 * share
            );
            let plain = self.column(last, PLAIN);
            let plain = Sample::new(&plain).and_then(|sample| sample.median(case.level));
            finding = finding.with(names::UNPROJECTED_GRADIENT_SQUARED.at(self.times[last]), plain);
        }
        let ends = if case.learning.projection.is_some() { Number::from(ends) } else { Number::from(0.0) };
        finding.with(names::UPDATES_PROJECTED, projected).with(names::RUNS_ON_BORDER, ends).with(names::START_PROJECTED, f64::from(u8::from(moved)))
    }
}
