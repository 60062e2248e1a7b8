//! Recorded series from the folder of real data; said to be skipped where that folder is missing.

mod common;

use common::command::{rtrl_lab, text, told};
use std::path::PathBuf;

/// A file of the data folder: beside the repository, or where RTRL_LAB_DATA says.
fn data(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("RTRL_LAB_DATA").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: there is no {name} in the folder of real data");
    None
}

fn analyze(file: &str, inputs: &str, target: &str) -> Option<(serde_json::Value, String)> {
    let path = data(file)?;
    let folder = tempfile::tempdir().unwrap();
    let out = text(&folder.path().join("run"));
    let arguments = ["analyze", &text(&path), "--inputs", inputs, "--target", target, "--out", &out, "--steps", "20000", "--json"];
    let (code, answer, errors) = told(&rtrl_lab(&arguments));
    assert!(code <= 1, "{code}: {errors}");
    let page = std::fs::read_to_string(folder.path().join("run/report.html")).unwrap();
    Some((serde_json::from_str(&answer).unwrap(), page))
}

fn word(verdicts: &serde_json::Value, id: &str) -> String {
    let claim = verdicts["claims"].as_array().unwrap().iter().find(|claim| claim["id"] == id).unwrap();
    claim["verdict"].as_str().unwrap().to_string()
}

#[test]
fn a_drifting_series_fails_the_premise_and_says_what_a_record_can_show() {
    let Some((verdicts, page)) = analyze("ETTh1.csv", "HUFL,HULL,MUFL,MULL,LUFL,LULL", "OT") else { return };
    assert_eq!(word(&verdicts, "data_ergodicity"), "contradicted");
    assert_eq!(word(&verdicts, "hidden_contraction"), "supported");
    for claim in ["geometric_ergodicity", "gradient_identity", "truncation_bias", "stationary_point"] {
        assert_eq!(word(&verdicts, claim), "premise_failed", "{claim}");
    }
    assert!(page.contains("A recorded series is one path") && page.contains("cannot show"));
}

#[test]
fn a_stationary_series_passes() {
    let Some((verdicts, _)) = analyze("santafe_laser.csv", "intensity", "intensity") else { return };
    for claim in ["data_ergodicity", "hidden_contraction", "derivative_moments", "geometric_ergodicity", "gradient_identity", "truncation_bias"] {
        assert_eq!(word(&verdicts, claim), "supported", "{claim}");
    }
}
