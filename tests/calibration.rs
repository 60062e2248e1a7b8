//! Intervals cover at their level: the quick form of the calibration, its control, and the table
//! that came with this version.

use rtrl_lab::calibration::{Calibration, CoverageRow, Family, Kind, LEVELS, Replicate, Scenario, Truth, coverage, seed_of_version, trials};
use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::stats::clopper_pearson;

/// False-alarm probability of the whole file.
const FALSE_ALARM: f64 = 1e-5;
/// Level at which a first look is suspicious and is taken again with more repeats.
const SUSPICION: f64 = 0.05;
/// Repeats before and after escalation.
const REPEATS: [usize; 2] = [120, 480];

/// Whether the measured coverage contradicts what is asked for at its level (93–97 % at 95 %; a
/// bound may cover more) beyond chance, with `share` of the false alarms to itself. Without one
/// defined interval nothing is shown, and that is a refutation too.
fn refuted(row: &CoverageRow, share: f64) -> bool {
    let (Some(coverage), Some([least, most])) = (row.coverage, row.asked()) else { return true };
    let n = row.repeats - row.undefined;
    let (low, high) = clopper_pearson((coverage * n as f64).round() as usize, n, 1.0 - share);
    high < least || (row.kind == Kind::Confidence && low > most)
}

/// A row is refuted only if, once suspicious, it is refuted with four times the repeats: the chance
/// of both is at most that of the second.
fn failing(trial: &Scenario, share: f64) -> Vec<String> {
    let key = RngKey::root(5).within("quick calibration");
    if !coverage(trial, REPEATS[0], key).iter().any(|row| refuted(row, SUSPICION)) {
        return Vec::new();
    }
    let again = coverage(trial, REPEATS[1], key.within("again"));
    again.iter().filter(|row| refuted(row, share)).map(|row| format!("{}, {}, {}: {:?}", row.case, row.estimator, row.level, row.coverage)).collect()
}

#[test]
fn light_intervals_cover() {
    let light: Vec<Scenario> = trials().into_iter().filter(|trial| !trial.heavy).collect();
    assert!(light.len() > 20);
    // At most five estimators a trial, each at three levels.
    let share = FALSE_ALARM / (5 * LEVELS.len() * light.len()) as f64;
    let failed: Vec<String> = light.iter().flat_map(|trial| failing(trial, share)).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn an_interval_of_half_the_width_is_refuted() {
    let run = |key: RngKey| {
        let value = Noise::at(key).normal_vector(1)[0];
        vec![Replicate {
            estimator: "half as wide",
            kind: Kind::Confidence,
            truth: Truth::Exact(0.0),
            value,
            intervals: [0.82, 0.98, 1.29].map(|half| Some([value - half, value + half])),
        }]
    };
    let trial = Scenario { case: "control".into(), heavy: false, run: Box::new(run) };
    assert_eq!(failing(&trial, FALSE_ALARM / 100.0).len(), LEVELS.len());
}

#[test]
fn an_estimator_that_is_never_defined_is_refuted() {
    let silent =
        |_: RngKey| vec![Replicate { estimator: "silent", kind: Kind::Bound, truth: Truth::Exact(0.0), value: f64::NAN, intervals: [None; 3] }];
    let trial = Scenario { case: "control".into(), heavy: false, run: Box::new(silent) };
    assert_eq!(failing(&trial, FALSE_ALARM / 100.0).len(), 1);
}

#[test]
fn the_table_that_came_with_this_version_names_every_trial_and_can_be_made_again() {
    let table = Calibration::measured().expect("src/calibration/measured.json is a calibration: run make calibrate and copy it there");
    let cases: Vec<&str> = table.coverage().map(|row| row.case.as_str()).collect();
    for trial in trials() {
        assert!(cases.contains(&trial.case.as_str()), "{} has no measured coverage; run make calibrate", trial.case);
    }
    // Same plan, same bits: the first trial again, with all its repeats.
    let first = &trials()[0];
    let rows = coverage(first, table.plan.repeats, RngKey::root(table.plan.seed).within("calibrate"));
    let before: Vec<&CoverageRow> = table.coverage().filter(|row| row.case == first.case).collect();
    assert!(!rows.is_empty() && rows.iter().collect::<Vec<_>>() == before, "{rows:?} {before:?}");
}

/// The systems of the draw follow from the hash of the version: nobody chose them, and nothing was
/// tuned to them before they were drawn.
#[test]
fn the_table_that_came_with_this_version_holds_a_draw_of_its_own_seed() {
    let drawing = Calibration::measured().and_then(|table| table.drawing).expect("the table holds a draw: make calibrate");
    assert_eq!(drawing.seed, seed_of_version(env!("CARGO_PKG_VERSION")));
    assert!(drawing.passed && drawing.systems >= 200);
    let pooled: Vec<_> = drawing.intervals.iter().filter(|row| row.family == "all").collect();
    for row in &pooled {
        // A tail index beyond the orders that are followed is given as a bound from below.
        let most = if row.estimator.starts_with("tail index") { 0.2 } else { 0.1 };
        assert!(row.undefined as f64 <= most * row.systems as f64, "{}: {} of {}", row.estimator, row.undefined, row.systems);
        let promised = if row.estimator.contains("limit") { 0.975 } else { 0.93 };
        assert!(row.coverage.is_some_and(|coverage| coverage >= promised), "{}: {:?}", row.estimator, row.coverage);
    }
    for family in Family::ALL {
        let own: Vec<_> = drawing.intervals.iter().filter(|row| row.family == family.name()).collect();
        assert!(own.iter().any(|row| row.systems >= 200), "{}", family.name());
        assert!(own.iter().all(|row| row.coverage.is_none_or(|coverage| coverage >= 0.9)), "{own:?}");
    }
    for row in drawing.words.iter().filter(|row| row.family == "all") {
        assert_eq!(row.falsely_supported, 0, "{}", row.claim);
        assert!(row.falsely_contradicted * 100 <= row.true_systems && row.open * 10 <= row.clear, "{row:?}");
    }
}
