//! What can be said of a recorded series: tests of a unit root and of stationarity, and how far its two halves' laws lie apart.

use super::{Case, Condition, Finding, Number, Outcome, Part, Record, RecordedColumns, RightSide, rates};
use crate::figures::{Axis, Layer, Mark, Panel, Role, Scale};
use crate::random::{Address, Noise, stream};
use crate::stats::{Estimate, Undefined, augmented_dickey_fuller, holm, kpss, resample_blocks};
use crate::transport::wasserstein_1d;

/// The part of the work, a unit a column.
pub(super) const PART: &str = "columns";
/// Drift margin in standard deviations for a claim margin of 0.02.
const DRIFT_PER_MARGIN: f64 = 12.5;
/// Resamples of the block bootstrap.
const RESAMPLES: usize = 200;
/// Windows of the rolling drift.
const WINDOWS: usize = 8;
const QUANTITY: &str = "distance of the two halves' laws, in standard deviations, of the worst column";

/// One column: tests, the split-half distance with its block-bootstrap interval and the distances of successive windows to the whole.
pub(super) fn run(column: &[f64], address: Address, level: f64) -> Record {
    let test = |result: Result<crate::stats::UnitRootTest, Undefined>| match result {
        Ok(test) => vec![test.statistic, test.lag as f64, test.p_value],
        Err(_) => vec![f64::NAN; 3],
    };
    let drift = split_half(column, address, level);
    let drift = drift.map_or(vec![f64::NAN; 4], |e| vec![e.value, e.standard_error, e.lower, e.upper]);
    let sd = deviation(column);
    let rolling: Vec<f64> = (0..WINDOWS)
        .map(|w| {
            let window = &column[w * column.len() / WINDOWS..(w + 1) * column.len() / WINDOWS];
            wasserstein_1d(window, column, 1.0).map_or(f64::NAN, |distance| distance / sd)
        })
        .collect();
    Record::default()
        .with("adf", 3, test(augmented_dickey_fuller(column)))
        .with("kpss", 3, test(kpss(column)))
        .with("split_half", 4, drift)
        .with("rolling", WINDOWS, rolling)
}

fn deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt()
}

/// `W_1` of the two halves' laws over the standard deviation, with an interval from a moving-block bootstrap inside each half.
///
/// A plug-in distance is positive even where the laws agree. The mean distance of two resamples of one half is that bias; it is taken off in quadrature, like the noise that
/// it is, and the ends of the interval go through the same map.
fn split_half(column: &[f64], address: Address, level: f64) -> Result<Estimate, Undefined> {
    let (first, second) = column.split_at(column.len() / 2);
    let sd = deviation(column);
    if sd == 0.0 {
        return Err(Undefined::because("the column is constant"));
    }
    let distance = |a: &[f64], b: &[f64]| wasserstein_1d(a, b, 1.0).map(|d| d / sd);
    let raw = distance(first, second)?;
    // Blocks of n^{1/2} rows keep the serial dependence of each half.
    let block = (first.len() as f64).sqrt() as usize;
    let mut noise = Noise::at(address.stream(stream::RESAMPLING));
    let mut resample = |half: &[f64]| resample_blocks(half, block, &mut noise);
    let (mut moved, mut null) = (Vec::new(), 0.0);
    for _ in 0..RESAMPLES {
        let (a, b, other) = (resample(first), resample(second), resample(first));
        moved.push(distance(&a, &b)?);
        null += distance(&a, &other)? / RESAMPLES as f64;
    }
    let mean = moved.iter().sum::<f64>() / RESAMPLES as f64;
    let error = (moved.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / (RESAMPLES as f64 - 1.0)).sqrt();
    // Distances add in quadrature where the bias is noise of its own.
    Ok(Estimate::normal(raw, error, level).map_monotone(|distance| (distance * distance.abs() - null * null).max(0.0).sqrt()))
}

/// Weighs the columns: the worst drift decides, and every column must reject a unit root.
pub(super) fn judge(case: &Case, claim: &str, columns: &RecordedColumns, part: &Part, margin: f64) -> Finding {
    let threshold = DRIFT_PER_MARGIN * margin;
    let undefined = |why| Finding::undefined(QUANTITY, threshold, RightSide::Below, why);
    let read = |name| part.stacked(name);
    let (adf, kpss, split, rolling) = match (read("adf"), read("kpss"), read("split_half"), read("rolling")) {
        (Ok(a), Ok(k), Ok(s), Ok(r)) => (a, k, s, r),
        (Err(why), ..) | (_, Err(why), ..) | (_, _, Err(why), _) | (.., Err(why)) => return undefined(why),
    };
    if let Some(row) = (0..adf.nrows()).find(|row| split[[*row, 0]].is_nan() || adf[[*row, 0]].is_nan()) {
        return undefined(Undefined::because(format!("column {} is constant or too short for a test of stationarity", columns.names[row])));
    }
    let worst = (0..split.nrows()).fold(0, |worst, row| if split[[row, 0]] > split[[worst, 0]] { row } else { worst });
    let estimate = |row: usize| Estimate {
        value: split[[row, 0]],
        standard_error: split[[row, 1]],
        lower: split[[row, 2]],
        upper: split[[row, 3]],
        level: case.level,
    };
    let mut finding = undefined(Undefined::because(""));
    finding.estimate = Ok(estimate(worst));
    finding.effect = Some((threshold - split[[worst, 0]]) / threshold);
    finding.reason = format!(
        "the two halves of `{}` lie {:.2} standard deviations apart, the most of {} columns",
        columns.names[worst],
        split[[worst, 0]],
        columns.names.len()
    );
    let unit_root = holm(&adf.column(2).to_vec());
    let rejected = unit_root.iter().filter(|p| **p < 1.0 - case.level).count();
    finding.conditions.push(Condition {
        name: format!("the Dickey–Fuller test rejects a unit root in {rejected} of {} columns", columns.names.len()),
        outcome: if rejected == columns.names.len() { Outcome::Supported } else { Outcome::Inconclusive },
    });
    for (row, name) in columns.names.iter().enumerate() {
        finding = finding
            .with(&format!("split_half[{name}]"), Number::from(estimate(row)))
            .with(&format!("adf[{name}]"), adf[[row, 0]])
            .with(&format!("adf_p[{name}]"), adf[[row, 2]])
            .with(&format!("kpss[{name}]"), kpss[[row, 0]])
            .with(&format!("kpss_p[{name}]"), kpss[[row, 2]]);
    }
    let marks =
        (0..split.nrows()).map(|row| Mark { x: (row + 1) as f64, y: split[[row, 0]], interval: Some([split[[row, 2]], split[[row, 3]]]) }).collect();
    let halves = Panel {
        title: format!("columns 1–{}: {}", columns.names.len(), columns.names.join(", ")),
        x: Axis { label: "column".into(), scale: Scale::Linear, range: Some([0.5, columns.names.len() as f64 + 0.5]) },
        y: Axis { label: "distance of halves (sd)".into(), scale: Scale::Linear, range: None },
        layers: vec![
            Layer::Points { label: "W₁ of the two halves, interval by block bootstrap".into(), role: Role::Measured, points: marks },
            Layer::Rule { label: "margin".into(), role: Role::Margin, at: threshold },
        ],
        note: None,
    };
    let windows = Panel {
        title: format!("windows of `{}`", columns.names[worst]),
        x: Axis { label: "window (eighths of the record)".into(), scale: Scale::Linear, range: None },
        y: Axis { label: "distance to the whole (sd)".into(), scale: Scale::Linear, range: None },
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
    finding.figures.push(rates::figure(case, claim, "Does the recorded series keep its law?", caption, vec![halves, windows]));
    finding
}
