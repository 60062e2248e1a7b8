//! Cases and runs side by side, and published numbers: what is written, and that `check` makes
//! every number again and sees one that was changed.

use crate::common::command::{SMALL, files, rtrl_lab, text, told};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A quick run of a study, of two claims.
fn run(folder: &Path, name: &str, study: &str) -> PathBuf {
    let (file, out) = (folder.join(format!("{name}.toml")), folder.join(name));
    std::fs::write(&file, study).unwrap();
    let only = "data_ergodicity,hidden_contraction";
    let (code, _, errors) = told(&rtrl_lab(&["verify", &text(&file), "--quick", "--only", only, "--out", &text(&out)]));
    assert!(code < 2, "{errors}");
    out
}

fn checked(folder: &Path) -> (i32, String) {
    let (code, answer, errors) = told(&rtrl_lab(&["check", &text(folder)]));
    (code, answer + &errors)
}

/// Changes one file of a folder, sees that the check tells it, and changes it back.
fn caught(folder: &Path, file: &str, change: impl Fn(&str) -> String) {
    let path = folder.join(file);
    let before = std::fs::read_to_string(&path).unwrap();
    let after = change(&before);
    assert_ne!(before, after, "{file}");
    std::fs::write(&path, after).unwrap();
    let (code, said) = checked(folder);
    assert!(code == 1 && said.contains(file), "{file}: {code} {said}");
    std::fs::write(&path, before).unwrap();
}

#[test]
fn two_runs_of_different_studies_are_compared_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let first = run(folder.path(), "first", SMALL);
    // Another seed and faster data.
    let second = run(folder.path(), "second", &SMALL.replace("seed = 5", "seed = 6").replace("[[0.6]]", "[[0.3]]"));
    let out = folder.path().join("change");
    let [a, b, both] = [&first, &second, &out].map(|path| text(path));
    let before = [files(&first), files(&second)];
    let (code, said, errors) = told(&rtrl_lab(&["report", &a, &b, "--out", &both]));
    assert_eq!(code, 0, "{errors}");
    assert!(said.starts_with("All 4 verdicts are the same.") && said.contains("data.transition.0.0: 0.6, then 0.3"), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 80 || line.contains('/')), "{said}");
    assert_eq!(before, [files(&first), files(&second)], "the runs are only read");
    let told_json: Value = serde_json::from_slice(&std::fs::read(out.join("differences.json")).unwrap()).unwrap();
    // Each seed draws weights of its own, which is said.
    assert!(told_json["other_weights"] == serde_json::json!(["curve", "line"]) && said.contains("have other weights"), "{said}");
    assert_eq!((&told_json["independent"], &told_json["runs"][1]["folder"]), (&true.into(), &"../second".into()));
    let data = told_json["claims"].as_array().unwrap().iter().find(|claim| claim["claim"] == "data_ergodicity").unwrap();
    // The rate of linear data is their root, which is known to rounding.
    let change = &data["change"];
    assert!((change["value"].as_f64().unwrap() + 0.3).abs() < 1e-6 && change["upper"].as_f64().unwrap() < -0.29, "{change}");
    // A row a number and a claim, each with the difference that it says.
    let csv = std::fs::read_to_string(out.join("differences.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), told_json["claims"].as_array().unwrap().len() + told_json["numbers"].as_array().unwrap().len());
    let mut compared = 0;
    for row in &rows {
        let number = |column: usize| row[column].parse::<f64>().ok();
        if let (Some(first), Some(second), Some(difference)) = (number(5), number(8), number(11)) {
            assert_eq!(difference, second - first, "{row:?}");
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared}");
    let (code, said) = checked(&out);
    assert!(code == 0 && said.contains(&format!("{} numbers recomputed: all the same", rows.len())), "{said}");
    caught(&out, "differences.csv", |text| text.replacen("0.3", "0.4", 1));
    caught(&out, "differences.json", |text| {
        text.replacen("\"value\": -0.3", "\"value\": -0.2", 1).replacen("\"value\": -0.29", "\"value\": -0.19", 1)
    });
    caught(&out, "differences.html", |text| text.replacen("0.3", "0.4", 1));
    // What lies below the comparison was changed: its record no longer fits its checksum.
    let record = first.join("records/cases/line/data_ergodicity/pairs-0000.json");
    let kept = std::fs::read_to_string(&record).unwrap();
    std::fs::write(&record, kept.replacen("0.", "1.", 1)).unwrap();
    assert_eq!(checked(&out).0, 3);
    std::fs::write(&record, kept).unwrap();
    assert_eq!(checked(&out).0, 0);
    // Moved together they are found again.
    let moved = tempfile::tempdir().unwrap();
    for name in ["first", "second", "change"] {
        std::fs::rename(folder.path().join(name), moved.path().join(name)).unwrap();
    }
    assert_eq!(checked(&moved.path().join("change")).0, 0);
}

#[test]
fn runs_that_share_noise_get_the_wider_interval_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let first = text(&run(folder.path(), "first", SMALL));
    let second = text(&run(folder.path(), "second", &SMALL.replace("hidden = 3", "hidden = 3\nrecurrent_norm = 0.4")));
    let (code, said, errors) = told(&rtrl_lab(&["report", &first, &second, "--json"]));
    assert_eq!(code, 0, "{errors}");
    let beside: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(beside["independent"], false);
    let claims = beside["claims"].as_array().unwrap();
    let curve = claims.iter().find(|claim| claim["claim"] == "hidden_contraction" && claim["cases"][0] == "curve").unwrap();
    let end = |which: usize, name: &str| curve["estimates"][which][name].as_f64().unwrap();
    assert_eq!(curve["change"]["lower"].as_f64().unwrap(), end(1, "lower") - end(0, "upper"));
    assert!((curve["change"]["level"].as_f64().unwrap() - 0.9).abs() < 1e-12);
    assert!(beside["sentence"].as_str().unwrap().contains("at most"), "{beside}");
    // The other case draws the same noise in the same network, and has the same numbers.
    let line = claims.iter().find(|claim| claim["claim"] == "hidden_contraction" && claim["cases"][0] == "line").unwrap();
    assert_eq!(line["change"]["value"], 0.0);
    for (form, sign) in [("md", "| hidden_contraction | curve |"), ("latex", r"hidden\_contraction & curve &")] {
        let (code, said, _) = told(&rtrl_lab(&["report", &first, &second, "--table", form]));
        assert!(code == 0 && said.contains(sign), "{said}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = run(folder.path(), "first", SMALL);
    let second = run(folder.path(), "second", &SMALL.replace("seed = 5", "seed = 6"));
    let third = run(folder.path(), "third", &SMALL.replace("seed = 5", "seed = 7"));
    let refused = |arguments: &[&Path], out: &Path| {
        let mut all = vec!["report".to_string()];
        all.extend(arguments.iter().map(|path| text(path)).chain(["--out".to_string(), text(out)]));
        let (code, _, errors) = told(&rtrl_lab(&all));
        assert_eq!(code, 2, "{errors}");
        errors
    };
    let fresh = folder.path().join("fresh");
    assert!(refused(&[&first, &second, &third], &fresh).contains("compare two runs"));
    assert!(refused(&[&first, &second], &third).contains("the folder holds verdicts.json"), "a run is not written over");
    std::fs::remove_file(second.join("records/cases/line/data_ergodicity/pairs-0001.json")).unwrap();
    let (code, _, errors) = told(&rtrl_lab(&["report", &text(&first), &text(&second)]));
    assert!(code >= 2 && errors.contains("1 of") && errors.contains("second"), "{code} {errors}");
}

/// The page, the CSV and the JSON hold the same numbers, `check` makes them again, and one that was
/// changed is seen.
#[test]
fn published_numbers_are_made_again_by_the_check() {
    let folder = tempfile::tempdir().unwrap();
    // A tiny training with a published loss beside it.
    let study = "[study]\nname = \"tiny\"\nseed = 4\n[data]\nkind = \"var\"\ntransition = [[0.5]]\ntarget = [1.0]\n[network]\nhidden = 2\n[learning]\nsteps = 300\n\
                 [compare]\nseeds = 3\nmethods = [\"rtrl\", \"rolling-tbptt(2)\"]\nstretches = 8\nstretch = 50\nburn_in = 20\nstability = 0\ncosines = false\n\
                 [compare.published]\nsource = \"a test\"\ntimes = 2.0\nlosses = [{ method = \"rtrl\", mean = 0.5, deviation = 0.1, seeds = 5 }]\n";
    let (file, trained, out) = (folder.path().join("tiny.toml"), folder.path().join("trained"), folder.path().join("published"));
    std::fs::write(&file, study).unwrap();
    let [file, trained, into] = [&file, &trained, &out].map(|path| text(path));
    assert_eq!(told(&rtrl_lab(&["train", &file, "--out", &trained])).0, 0);
    let (code, said, errors) = told(&rtrl_lab(&["published", &trained, "--out", &into]));
    assert_eq!(code, 0, "{errors}");
    assert!(said.contains("Of 1 published losses"), "{said}");
    let whole: Value = serde_json::from_slice(&std::fs::read(out.join("published.json")).unwrap()).unwrap();
    let tables = whole["tables"].as_array().unwrap();
    let rows: usize = tables.iter().map(|table| table["rows"].as_array().unwrap().len()).sum();
    let last = &tables[tables.len() - 1]["rows"][0];
    let comparison: Value = serde_json::from_slice(&std::fs::read(Path::new(&trained).join("comparison.json")).unwrap()).unwrap();
    let losses: Vec<f64> =
        comparison["records"].as_array().unwrap().iter().filter(|r| r["method"] == "RTRL").map(|r| r["online_loss"].as_f64().unwrap()).collect();
    let mean = 2.0 * losses.iter().sum::<f64>() / 3.0;
    assert!((last["ours"].as_f64().unwrap() - mean).abs() < 1e-12 * mean, "{last} {mean}");
    let csv = std::fs::read_to_string(out.join("published.csv")).unwrap();
    assert_eq!(csv.lines().count(), rows + 1);
    let (code, said) = checked(&out);
    assert!(code == 0 && said.contains(&format!("{rows} numbers recomputed: all the same")), "{said}");
    caught(&out, "published.csv", |text| text.replacen("0.336", "0.335", 1));
    caught(&out, "published.html", |text| text.replacen("0.336", "0.335", 1));
    caught(&out, "published.json", |text| text.replacen("0.336", "0.335", 1));
    // A loss that was changed in the folder of the training no longer follows from its runs.
    let place = Path::new(&trained).join("comparison.json");
    let kept = std::fs::read_to_string(&place).unwrap();
    std::fs::write(&place, kept.replacen("\"deviation\": 0.1", "\"deviation\": 0.2", 1)).unwrap();
    assert_eq!(checked(&out).0, 1);
    std::fs::write(&place, "{").unwrap();
    assert_eq!(checked(&out).0, 2);
    let (code, _, errors) = told(&rtrl_lab(&["published", &into]));
    assert!(code == 2 && errors.contains("comparison.json"), "{errors}");
}

/// The cases of a sweep are laid over one another, each under its name, and `check` knows the
/// figures.
#[test]
fn the_cases_of_a_sweep_share_a_figure() {
    let folder = tempfile::tempdir().unwrap();
    let base = SMALL.split("[case.line.network]").next().unwrap();
    let out = run(folder.path(), "swept", &format!("{base}[sweep]\nhidden = [2, 3, 4]\n"));
    let curves = std::fs::read_to_string(out.join("figures/hidden_contraction-across-cases.csv")).unwrap();
    let of = |case: &str| curves.lines().filter(|line| line.split(',').nth(1) == Some(case)).collect::<Vec<_>>();
    let own = std::fs::read_to_string(out.join("figures/hidden-3-hidden_contraction.csv")).unwrap();
    let measured: Vec<&str> = own.lines().filter(|line| line.contains("distance of the hidden block,measured,line")).collect();
    assert!(measured.len() > 10 && of("hidden-2").len() > 10 && of("hidden-4").len() > 10, "{curves}");
    // The same points as in the figure of the case.
    let points = |lines: &[&str]| lines.iter().map(|line| line.split(',').skip(4).take(2).collect::<Vec<_>>().join(",")).collect::<Vec<_>>();
    assert_eq!(points(&of("hidden-3")), points(&measured));
    let estimates = std::fs::read_to_string(out.join("figures/estimates-across-cases.csv")).unwrap();
    assert_eq!(estimates.matches("hidden_contraction,estimate,points,measured,hidden-").count(), 3, "{estimates}");
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("Across the cases"));
    assert_eq!(checked(&out).0, 0);
    // Two cases stand one below the other, and need no figure of both.
    assert!(!run(folder.path(), "two", SMALL).join("figures/estimates-across-cases.csv").exists());
}
