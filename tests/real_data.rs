//! Recorded series from the folder of real data; said to be skipped where that folder is missing.

use crate::common::command::{rtrl_lab, text, told};
use crate::common::data::{present, recorded};
use rtrl_lab::random::{Noise, RngKey};
use std::path::Path;

fn analyze(path: &Path, inputs: &str, target: &str) -> (serde_json::Value, String) {
    let folder = tempfile::tempdir().unwrap();
    let out = text(&folder.path().join("run"));
    let arguments = ["analyze", &text(path), "--inputs", inputs, "--target", target, "--out", &out, "--steps", "20000", "--json"];
    let (code, answer, errors) = told(&rtrl_lab(&arguments));
    assert!(code <= 1, "{code}: {errors}");
    let page = std::fs::read_to_string(folder.path().join("run/report.html")).unwrap();
    (serde_json::from_str(&answer).unwrap(), page)
}

fn word(verdicts: &serde_json::Value, id: &str) -> String {
    let claim = verdicts["claims"].as_array().unwrap().iter().find(|claim| claim["id"] == id).unwrap();
    claim["verdict"].as_str().unwrap().to_string()
}

fn drifts(verdicts: &serde_json::Value, page: &str) {
    assert_eq!(word(verdicts, "data_ergodicity"), "contradicted");
    assert_eq!(word(verdicts, "hidden_contraction"), "supported");
    for claim in ["geometric_ergodicity", "gradient_identity", "truncation_bias", "stationary_point"] {
        assert_eq!(word(verdicts, claim), "premise_failed", "{claim}");
    }
    assert!(page.contains("A recorded series is one path") && page.contains("cannot show"));
}

fn passes(verdicts: &serde_json::Value) {
    for claim in ["data_ergodicity", "hidden_contraction", "derivative_moments", "geometric_ergodicity", "gradient_identity", "truncation_bias"] {
        assert_eq!(word(verdicts, claim), "supported", "{claim}");
    }
}

#[test]
fn a_drifting_series_fails_the_premise_and_says_what_a_record_can_show() {
    let Some(path) = recorded("ETTh1.csv") else { return };
    let (verdicts, page) = analyze(&path, "HUFL,HULL,MUFL,MULL,LUFL,LULL", "OT");
    drifts(&verdicts, &page);
}

#[test]
fn a_stationary_series_passes() {
    let Some(path) = recorded("santafe_laser.csv") else { return };
    passes(&analyze(&path, "intensity", "intensity").0);
}

/// The two kinds again on series made here, which need no folder: an autoregression, and the same
/// with a season and a level that climbs by three deviations.
#[test]
fn made_series_of_both_kinds_are_told_apart_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, drift: f64| {
        let mut noise = Noise::at(RngKey::root(20_250_117));
        let (mut state, mut lines) = (0.0, vec!["load,temperature".to_string()]);
        for t in 0..6000 {
            state = 0.7 * state + noise.normal_vector(1)[0];
            let climb = drift * f64::from(t) / 6000.0;
            lines.push(format!("{},{}", state + climb + drift * libm::sin(0.26 * f64::from(t)), 0.5 * state + climb));
        }
        let path = folder.path().join(name);
        std::fs::write(&path, lines.join("\n")).unwrap();
        path
    };
    let (verdicts, page) = analyze(&made("drifting.csv", 4.2), "load", "temperature");
    drifts(&verdicts, &page);
    passes(&analyze(&made("stationary.csv", 0.0), "load", "temperature").0);
}

#[test]
fn missing_data_are_a_failure_where_they_are_required_and_skipped_where_not() {
    let nowhere = || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/no such folder/file.csv");
    assert!(present(nowhere(), false).is_none());
    assert!(std::panic::catch_unwind(|| present(nowhere(), true)).is_err());
    assert!(present(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"), true).is_some());
}
