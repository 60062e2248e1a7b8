//! Memory is counted before a run, told, written down, and a study that does not fit is refused
//! with advice.

use crate::common::command::{SMALL, files, rtrl_lab, text, told};

/// A study whose influence matrices count: eight pairs of 100 units.
const LARGE: &str = r#"
[study]
name = "large"
seed = 3
[data]
kind = "var"
transition = [[0.6]]
target = [1.0]
[network]
hidden = 100
[claims.hidden_contraction]
chains = 16
steps = 20
burn_in = 0
[claims.geometric_ergodicity]
chains = 16
steps = 20
burn_in = 1
times = [0, 1]
"#;

fn verify(study: &str, more: &[&str]) -> (i32, String, Option<serde_json::Value>) {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("study.toml"), folder.path().join("out"));
    std::fs::write(&path, study).unwrap();
    let (code, _, errors) = told(&rtrl_lab(&[&["verify", &text(&path), "--out", &text(&out)], more].concat()));
    let manifest = std::fs::read(out.join("manifest.json")).ok();
    assert_eq!(manifest.is_some(), !files(folder.path()).iter().all(|(name, _)| name == "study.toml"));
    (code, errors, manifest.map(|bytes| serde_json::from_slice(&bytes).unwrap()))
}

#[test]
fn the_memory_of_a_large_run_is_told_and_met() {
    let (code, errors, manifest) = verify(LARGE, &["--only", "geometric_ergodicity", "--jobs", "1"]);
    assert!(code <= 1 && errors.contains("MB of memory, most of it for geometric_ergodicity in case `large`"), "{code} {errors}");
    let phi = manifest.unwrap()["memory"].clone();
    let [predicted, peak] = ["predicted", "peak"].map(|name| phi[name].as_f64().unwrap());
    assert!(predicted > 1.4e8, "the study is large enough to matter: {predicted}");
    assert!((predicted / peak - 1.0).abs() < 0.1, "predicted {predicted}, measured {peak}");
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_written() {
    let (code, errors, manifest) = verify(LARGE, &["--only", "geometric_ergodicity", "--memory-limit", "0.1"]);
    assert!(code == 2 && manifest.is_none(), "{code} {errors}");
    for word in ["--memory-limit", "MB, most of it for geometric_ergodicity in case `large`", "100.0 MB", "fewer `chains`", "sketch = 8"] {
        assert!(errors.contains(word), "`{word}` is not in: {errors}");
    }
    let huge = SMALL.replace("hidden = 3", "hidden = 2000000");
    let (code, errors, _) = verify(&huge, &[]);
    assert!(code == 2 && errors.contains("hidden") && errors.contains("diagonal"), "{code} {errors}");
    let (code, errors, _) = verify(LARGE, &["--memory-limit", "0"]);
    assert!(code == 2 && errors.contains("positive number"), "{errors}");
    // Records that grow by the step count, whichever claim leaves them, and the remedy names that
    // claim's keys.
    let long = SMALL.replace("[claims.data_ergodicity]\nchains = 48", "[claims.data_ergodicity]\nchains = 48\nsteps = 1000000000");
    let (code, errors, manifest) = verify(&long, &["--memory-limit", "1"]);
    assert!(code == 2 && manifest.is_none(), "{code} {errors}");
    for word in ["TB, most of it for the records of", "data_ergodicity in case `", "may take 1.0 GB", "`steps` under [claims.data_ergodicity]"] {
        assert!(errors.contains(word), "`{word}` is not in: {errors}");
    }
    // The advice helps.
    let sketched = LARGE.replace("times = [0, 1]", "times = [0, 1]\nsketch = 8");
    let (code, errors, manifest) = verify(&sketched, &["--only", "geometric_ergodicity", "--memory-limit", "0.1"]);
    assert!(code <= 1 && manifest.is_some(), "{errors}");
}

#[test]
fn too_many_derivatives_are_sketched_and_that_is_said() {
    let automatic = LARGE.replace("hidden = 100", "hidden = 200");
    let (code, errors, manifest) = verify(&automatic, &["--only", "geometric_ergodicity"]);
    assert!(code <= 1 && errors.contains("along 8 random directions") && errors.contains("sketch = 0"), "{errors}");
    let derivatives = &manifest.unwrap()["study"]["cases"]["large"]["derivatives"];
    assert_eq!(derivatives["sketched"], serde_json::json!({ "columns": 8, "automatic": true }));
    let stated = LARGE.replace("[claims.hidden_contraction]", "[claims.hidden_contraction]\nsketch = 4");
    let (code, errors, _) = verify(&stated, &[]);
    assert!(code == 2 && errors.contains("study.toml:") && errors.contains("geometric_ergodicity"), "{errors}");
    let diagonal = LARGE.replace("hidden = 100", "hidden = 20\ncell = \"diagonal\"").replace("times = [0, 1]", "times = [0, 1]\nsketch = 4");
    let (code, errors, _) = verify(&diagonal, &[]);
    assert!(code == 2 && errors.contains("sketch") && errors.contains("take it out"), "{errors}");
}
