//! What can be said of a recorded series: tests of a unit root and of stationarity, and how far its
//! two halves' laws lie apart.

use crate::claims::data_ergodicity::{names, series_audit};
use crate::claims::judging::decay_rate;
use crate::claims::{Case, Condition, Finding, Number, Outcome, Part, Question, Record};
use crate::data::recorded::RecordedColumns;
use crate::figures::{Axis, Figure, Layer, Mark, Panel, Role};
use crate::random::{Noise, RngKey, stream};
use crate::stats::{Estimate, SortedBlocks, Undefined, Units, augmented_dickey_fuller, holm, kpss, mean_and_deviation};
use crate::transport::{wasserstein_1d, wasserstein_1d_ascending};
use ndarray::Array2;
use rayon::prelude::*;

/// The part of the work, a unit a column.
pub(super) const PART: &str = "columns";
/// Drift margin in standard deviations for a claim margin of 0.02.
const DRIFT_PER_MARGIN: f64 = 12.5;
/// Resamples of the block bootstrap.
const RESAMPLES: usize = 200;
/// Windows of the rolling drift.
const WINDOWS: usize = 8;
const QUANTITY: &str = "distance of the two halves' laws, in standard deviations, of the worst column";

/// One column: tests, the split-half distance with its block-bootstrap interval and the distances
/// of successive windows to the whole.
///
/// A test that cannot be made leaves numbers that are none; [`judge`] asks it again for its reason.
pub(super) fn run(column: &[f64], key: RngKey, level: f64, margin: f64) -> Record {
    // No number here depends on the column's offset or scale.
    let column = &Units::of(column).apply(column);
    let test = |result: Result<crate::stats::UnitRootTest, Undefined>| match result {
        Ok(test) => vec![test.statistic, test.lag as f64, test.p_value],
        Err(_) => vec![f64::NAN; 3],
    };
    let drift = split_half(column, key, level);
    let drift = drift.map_or(vec![f64::NAN; 4], |e| vec![e.value, e.standard_error, e.lower, e.upper]);
    let (_, sd) = mean_and_deviation(column);
    let rolling: Vec<f64> = (0..WINDOWS)
        .map(|w| {
            let window = &column[w * column.len() / WINDOWS..(w + 1) * column.len() / WINDOWS];
            wasserstein_1d(window, column, 1.0).map_or(f64::NAN, |distance| distance / sd)
        })
        .collect();
    Record::default()
        .with(names::ADF, 3, test(augmented_dickey_fuller(column)))
        .with(names::KPSS, 3, test(kpss(column)))
        .with(names::SPLIT_HALF, 4, drift)
        .with(names::ROLLING, WINDOWS, rolling)
        .with(names::AUDIT, series_audit::WIDTH, series_audit::record(column, key, DRIFT_PER_MARGIN * margin))
}

/// `W_1` of the two halves' laws over the standard deviation, with an interval from a moving-block
/// bootstrap inside each half.
///
/// A plug-in distance is positive even where the laws agree. The mean distance of two resamples of
/// one half is that bias; it is taken off in quadrature, like the noise that it is, and the ends of
/// the interval go through the same map.
fn split_half(column: &[f64], key: RngKey, level: f64) -> Result<Estimate, Undefined> {
    let (first, second) = column.split_at(column.len() / 2);
    let (_, sd) = mean_and_deviation(column);
    if sd == 0.0 {
        return Err(Undefined::because(format!("it is constant ({} in every row), which leaves no unit to measure a drift in", column[0])));
    }
    let distance = |a: &[f64], b: &[f64]| wasserstein_1d_ascending(a, b).map(|d| d / sd);
    // Blocks of n^{1/2} rows keep the serial dependence of each half.
    let block = (first.len() as f64).sqrt() as usize;
    let [first, second] = [first, second].map(|half| SortedBlocks::new(half, block));
    let raw = distance(first.sorted(), second.sorted())?;
    let mut noise = Noise::at(key.stream(stream::RESAMPLING));
    let drawn: Vec<[Vec<usize>; 3]> = (0..RESAMPLES).map(|_| [&first, &second, &first].map(|half| half.draw(&mut noise))).collect();
    let resampled = |[a, b, other]: &[Vec<usize>; 3]| {
        let (a, b, other) = (first.resample(a), second.resample(b), first.resample(other));
        Ok([distance(&a, &b)?, distance(&a, &other)?])
    };
    let distances: Vec<[f64; 2]> = drawn.par_iter().map(resampled).collect::<Result<_, Undefined>>()?;
    let moved: Vec<f64> = distances.iter().map(|[moved, _]| *moved).collect();
    let null = distances.iter().fold(0.0, |null, [_, own]| null + own / RESAMPLES as f64);
    let mean = moved.iter().sum::<f64>() / RESAMPLES as f64;
    let error = (moved.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / (RESAMPLES as f64 - 1.0)).sqrt();
    // Distances add in quadrature where the bias is noise of its own.
    Ok(Estimate::normal(raw, error, level).map_monotone(|distance| (distance * distance.abs() - null * null).max(0.0).sqrt()))
}

/// Whether the halves of a record lie near each other.
pub(super) fn question(margin: f64) -> Question {
    Question::below(QUANTITY, DRIFT_PER_MARGIN * margin)
}

/// Weighs the columns: the worst drift decides, and every column must reject a unit root. A column
/// of which a number cannot be had says why, and does not hide the others.
pub(super) fn judge(case: &Case, claim: &str, columns: &RecordedColumns, part: &Part, margin: f64) -> Result<Finding, Undefined> {
    let threshold = DRIFT_PER_MARGIN * margin;
    let [adf, level, split, rolling] =
        [part.stacked(names::ADF)?, part.stacked(names::KPSS)?, part.stacked(names::SPLIT_HALF)?, part.stacked(names::ROLLING)?];
    let audits = part.stacked(names::AUDIT)?;
    if [adf.nrows(), level.nrows(), split.nrows(), rolling.nrows(), audits.nrows()] != [columns.names.len(); 5] {
        return Err(Undefined::because("the records are not of these columns"));
    }
    let estimate = |row: usize| Estimate {
        value: split[[row, 0]],
        standard_error: split[[row, 1]],
        lower: split[[row, 2]],
        upper: split[[row, 3]],
        level: case.level,
    };
    let measured: Vec<usize> = (0..split.nrows()).filter(|row| split[[*row, 0]].is_finite()).collect();
    let unmeasured = unmeasured(columns, &measured, case);
    let Some(worst) = measured.iter().copied().reduce(|worst, row| if split[[row, 0]] > split[[worst, 0]] { row } else { worst }) else {
        return Err(Undefined::because(unmeasured.into_iter().map(|condition| condition.name).collect::<Vec<_>>().join("; ")));
    };
    let mut finding = Finding::new(question(margin), Ok(estimate(worst)));
    finding.effect = Some((threshold - split[[worst, 0]]) / threshold);
    finding.reason = format!(
        "the two halves of `{}` lie {:.2} standard deviations apart{}",
        columns.names[worst],
        split[[worst, 0]],
        if columns.names.len() > 1 { format!(", the most of {} columns", columns.names.len()) } else { String::new() }
    );
    finding.conditions = unmeasured;
    let tests: Vec<UnitRoot> = measured.iter().map(|row| UnitRoot::of(&columns.columns[*row], adf.row(*row).to_vec())).collect();
    finding.conditions.extend(unit_root(case, columns, &measured, &tests));
    for (row, test) in measured.iter().zip(&tests) {
        let name = &columns.names[*row];
        if let UnitRoot::Exact { values, .. } = test {
            finding.reason = format!("{}; {}", finding.reason, deterministic(name, *values));
        }
        let [statistic, p_value] = [0, 2].map(|place| level_test(&columns.columns[*row], level[[*row, place]]));
        finding = finding
            .with(names::SPLIT_HALF.at(name), Number::from(estimate(*row)))
            .with(names::ADF.at(name), test.statistic())
            .with(names::ADF_P.at(name), test.p_value())
            .with(names::KPSS.at(name), statistic)
            .with(names::KPSS_P.at(name), p_value);
    }
    let mut classes = Vec::new();
    for (row, name) in columns.names.iter().enumerate() {
        let (with, words) = series_audit::told(finding, name, columns.columns[row].len(), &audits.row(row).to_vec());
        finding = with;
        classes.extend(words);
    }
    if !classes.is_empty() {
        finding.reason = format!("{}; by their audit {}", finding.reason, classes.join(", "));
    }
    finding.figures.push(figure(case, claim, columns, (&measured, worst, threshold), [&split, &rolling]));
    Ok(finding)
}

/// The columns whose distance of halves could not be measured, each with its reason.
fn unmeasured(columns: &RecordedColumns, measured: &[usize], case: &Case) -> Vec<Condition> {
    let missing = (0..columns.names.len()).filter(|row| !measured.contains(row));
    let why = |row: usize| match split_half(&columns.columns[row], case.key, case.level) {
        Err(why) => why.reason,
        Ok(_) => "its record holds no distance of halves".into(),
    };
    missing
        .map(|row| Condition { name: format!("column `{}` cannot be tested: {}", columns.names[row], why(row)), outcome: Outcome::Undefined })
        .collect()
}

/// What the Dickey–Fuller test says of a column.
enum UnitRoot {
    Tested {
        statistic: f64,
        p_value: f64,
    },
    /// An autoregression of so many past values predicts the column exactly.
    Exact {
        values: usize,
        p_value: f64,
    },
    Undefined(Undefined),
}

impl UnitRoot {
    /// From the numbers of the record: statistic, lag, p-value.
    fn of(column: &[f64], numbers: Vec<f64>) -> Self {
        let [statistic, lag, p_value] = [numbers[0], numbers[1], numbers[2]];
        if statistic.is_nan() {
            let none = || Undefined::because("its record holds no statistic");
            return UnitRoot::Undefined(augmented_dickey_fuller(column).err().unwrap_or_else(none));
        }
        // As the test marks them.
        if statistic.is_infinite() || (statistic == 0.0 && p_value == 1.0) {
            return UnitRoot::Exact { values: lag as usize + 1, p_value };
        }
        UnitRoot::Tested { statistic, p_value }
    }

    fn statistic(&self) -> Number {
        match self {
            UnitRoot::Tested { statistic, .. } => Number::from(*statistic),
            UnitRoot::Exact { values, .. } => Number::Undefined { undefined: format!("no standard error: {} predict it exactly", past(*values)) },
            UnitRoot::Undefined(why) => Number::from(Err(why.clone())),
        }
    }

    fn p_value(&self) -> Number {
        match self {
            UnitRoot::Tested { p_value, .. } | UnitRoot::Exact { p_value, .. } => Number::from(*p_value),
            UnitRoot::Undefined(why) => Number::from(Err(why.clone())),
        }
    }
}

/// A number of the KPSS test, or why there is none.
fn level_test(column: &[f64], number: f64) -> Number {
    match number.is_nan().then(|| kpss(column)) {
        Some(Err(why)) => Number::from(Err(why)),
        _ => Number::from(number),
    }
}

fn past(values: usize) -> String {
    if values == 1 { "the last value and a constant".into() } else { format!("the last {values} values and a constant") }
}

/// What a column is that nothing random drives.
fn deterministic(name: &str, values: usize) -> String {
    format!("{} predict `{name}` exactly: it is deterministic and forgets nothing, so that its drift alone is judged", past(values))
}

/// Whether every column rejects a unit root, after Holm's correction, and what keeps a column from
/// being tested.
fn unit_root(case: &Case, columns: &RecordedColumns, measured: &[usize], tests: &[UnitRoot]) -> Vec<Condition> {
    let p_values: Vec<f64> = tests
        .iter()
        .filter_map(|test| match test {
            UnitRoot::Tested { p_value, .. } | UnitRoot::Exact { p_value, .. } => Some(*p_value),
            UnitRoot::Undefined(_) => None,
        })
        .collect();
    let rejected = holm(&p_values).iter().filter(|p| **p < 1.0 - case.level).count();
    let outcome = if rejected == p_values.len() { Outcome::Supported } else { Outcome::Inconclusive };
    let tested = Condition { name: format!("the Dickey–Fuller test rejects a unit root in {rejected} of {} columns", p_values.len()), outcome };
    let untested = measured.iter().zip(tests).filter_map(|(row, test)| match test {
        UnitRoot::Undefined(why) => {
            Some(Condition { name: format!("column `{}` has no test of a unit root: {why}", columns.names[*row]), outcome: Outcome::Undefined })
        }
        _ => None,
    });
    [tested].into_iter().chain(untested).collect()
}

/// The distances of halves of the measured columns, and the windows of the worst of them.
fn figure(
    case: &Case,
    claim: &str,
    columns: &RecordedColumns,
    (measured, worst, threshold): (&[usize], usize, f64),
    [split, rolling]: [&Array2<f64>; 2],
) -> Figure {
    let marks =
        measured.iter().map(|row| Mark { x: (row + 1) as f64, y: split[[*row, 0]], interval: Some([split[[*row, 2]], split[[*row, 3]]]) }).collect();
    let halves = Panel {
        title: "halves of the record".into(),
        x: Axis::named("column", &columns.names),
        y: Axis::linear("distance of halves (sd)"),
        layers: vec![
            Layer::Points { label: "W₁ of the two halves, interval by block bootstrap".into(), role: Role::Measured, points: marks },
            Layer::Rule { label: "margin".into(), role: Role::Margin, at: threshold },
        ],
        note: None,
    };
    let windows = Panel {
        title: format!("windows of {}", columns.names[worst]),
        x: Axis::named("window (eighths of the record)", (1..=rolling.ncols()).map(|window| window.to_string())),
        y: Axis::linear("distance to the whole (sd)"),
        layers: vec![Layer::Line {
            label: "W₁ of window and whole record".into(),
            role: Role::Measured,
            points: (0..rolling.ncols()).map(|w| [(w + 1) as f64, rolling[[worst, w]]]).collect(),
        }],
        note: None,
    };
    let caption = format!(
        "Case {}: how far the law of each recorded column drifts. A plug-in distance is positive even without drift; its bias is taken off.",
        case.name
    );
    decay_rate::figure(case, claim, "Does the recorded series keep its law?", caption, vec![halves, windows])
}
