//! What can be made of the columns of a file, the answers of `analyze` on it, and dirty files.

use crate::common::command::{rtrl_lab, text, told};
use rtrl_lab::data::section::{KeyIndex, Keys, Located};
use rtrl_lab::data::{DataProcess, InputError, kind};
use rtrl_lab::random::{Noise, RngKey};
use std::path::Path;

fn made(folder: &Path, keys: &str) -> Result<kind::Made, InputError> {
    let (index, values) = (KeyIndex::default(), toml::from_str(&format!("file = \"s.csv\"\n{keys}")).unwrap());
    let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base: folder };
    kind::make("recorded", keys)
}

/// 240 hours of a column that counts, one that squares, from Monday 1 January 2024.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let row = |t: i32| format!("2024-01-{:02} {:02}:00,{t},{}\n", 1 + t / 24, t % 24, t * t);
    let rows: String = (0..240).map(row).collect();
    std::fs::write(folder.path().join("s.csv"), format!("at,x,y\n{rows}")).unwrap();
    folder
}

const BOTH: &str = "input_columns = [\"x\"]\ntarget_columns = [\"y\"]\nstandardise = false\n";

fn seen(process: &dyn DataProcess, row: usize) -> (Vec<f64>, f64) {
    let (mut input, mut target) = (vec![0.0; process.inputs()], [0.0]);
    process.input(&[row as f64], &mut input);
    process.target(&[row as f64], &[], &mut target);
    (input, target[0])
}

#[test]
fn differences_past_values_and_last_rows_are_those_of_the_file() {
    let folder = folder();
    let of = |keys: &str| made(folder.path(), &format!("{BOTH}{keys}")).unwrap_or_else(|error| panic!("{error}")).process;
    assert_eq!(seen(&*of(""), 3), (vec![3.0], 9.0));
    // y is t², whose change is 2t + 1 from t to t + 1.
    assert_eq!(seen(&*of("difference = true"), 3), (vec![1.0], 7.0));
    assert_eq!(seen(&*of("seasonal_difference = 24"), 3), (vec![24.0], f64::from(27 * 27 - 9)));
    assert_eq!(seen(&*of("difference = true\nseasonal_difference = 24"), 3), (vec![0.0], 48.0));
    assert_eq!(seen(&*of("lags = 3"), 3), (vec![5.0, 4.0, 3.0], 25.0));
    assert_eq!(seen(&*of("last_rows = 100"), 0), (vec![140.0], 140.0 * 140.0));
    assert_eq!(of("last_rows = 100").cycle(), Some(100));
    let refused = made(folder.path(), &format!("{BOTH}last_rows = 239\ndifference = true\nlags = 3")).err().unwrap().to_string();
    assert!(refused.contains("237 are there"), "{refused}");
}

#[test]
fn times_give_the_calendar_and_the_length_of_a_step() {
    let folder = folder();
    let timed = format!("{BOTH}time_column = \"at\"\ncalendar = [\"day\", \"week\"]");
    let process = made(folder.path(), &timed).unwrap_or_else(|error| panic!("{error}")).process;
    assert_eq!(process.columns().unwrap().seconds, Some(3600.0));
    // The audit is of the file's own columns.
    assert_eq!(process.columns().unwrap().names, ["x", "y"]);
    let (input, _) = seen(&*process, 30);
    let (day, week) = (std::f64::consts::TAU * 6.0 / 24.0, std::f64::consts::TAU * 30.0 / 168.0);
    for (found, expected) in input.iter().zip([30.0, day.sin(), day.cos(), week.sin(), week.cos()]) {
        assert!((found - expected).abs() < 1e-9, "{input:?}");
    }
    let refused = |keys: &str, words: &str| {
        let error = made(folder.path(), &format!("{BOTH}{keys}")).err().unwrap_or_else(|| panic!("taken: {keys}")).to_string();
        assert!(error.contains(words), "{error}");
    };
    refused("calendar = [\"day\"]", "no time column");
    refused("time_column = \"at\"\ncalendar = [\"moon\"]", "moon");
    refused("time_column = \"ta\"", "there is no such column");
    refused("time_column = \"at\"\ntime_unit = \"s\"", "has no unit");
}

#[test]
fn times_that_repeat_or_go_back_are_refused_with_their_line_or_taken_as_they_stand() {
    let folder = folder();
    let place = folder.path().join("s.csv");
    let whole = std::fs::read_to_string(&place).unwrap();
    for (line, told) in [("2024-01-03 02:00", "is that of the row before"), ("2023-12-31 00:00", "goes back")] {
        // The row at line 53 gets another time.
        std::fs::write(&place, whole.replace("2024-01-03 03:00", line)).unwrap();
        let error = made(folder.path(), &format!("{BOTH}time_column = \"at\"")).err().unwrap();
        assert_eq!((error.line, error.item.as_deref()), (Some(53), Some("column at")), "{error}");
        assert!(error.problem.contains(told) && error.remedy.contains("--time-order rows"), "{error}");
        let taken = made(folder.path(), &format!("{BOTH}time_column = \"at\"\ntime_order = \"rows\"")).unwrap_or_else(|error| panic!("{error}"));
        assert!(taken.notes.iter().any(|note| note.contains("steps are not")), "{:?}", taken.notes);
    }
    std::fs::write(&place, whole.replace("2024-01-03 03:00", "yesterday")).unwrap();
    let error = made(folder.path(), &format!("{BOTH}time_column = \"at\"")).err().unwrap();
    assert!(error.line == Some(53) && error.problem.contains("`yesterday` is no time"), "{error}");
}

#[test]
fn stated_scales_are_taken_and_every_column_needs_one() {
    let folder = folder();
    let plain = "input_columns = [\"x\"]\ntarget_columns = [\"y\"]\n";
    let scaled = made(folder.path(), &format!("{plain}lags = 2\nscales = {{ x = [10.0, 2.0], y = [1.0, 4.0] }}")).unwrap_or_else(|e| panic!("{e}"));
    // Past values have the scale of their column.
    assert_eq!(seen(&*scaled.process, 3), (vec![-3.0, -3.5], 15.0 / 4.0));
    for (keys, words) in [
        ("scales = { x = [10.0, 2.0] }", "`y` has no scale"),
        ("scales = { x = [10.0, 2.0], y = [1.0, 4.0], z = [0.0, 1.0] }", "`z` is no column"),
        ("scales = { x = [10.0, 0.0], y = [1.0, 4.0] }", "the scale of `x` is none"),
        ("scales = { x = [1.0, 1.0], y = [1.0, 4.0] }\nscale_rows = 100", "another way of scaling"),
    ] {
        let error = made(folder.path(), &format!("{plain}{keys}")).err().unwrap_or_else(|| panic!("taken: {keys}")).to_string();
        assert!(error.contains(words), "{error}");
    }
}

fn record(folder: &Path) -> String {
    let noise = Noise::at(RngKey::root(20)).normal_vector(1500);
    let (mut state, mut rows) = (0.0, String::from("at,load\n"));
    for (t, xi) in noise.iter().enumerate() {
        state = 0.6 * state + xi;
        rows.push_str(&format!("{},{state}\n", 900 * t));
    }
    let path = folder.join("load.csv");
    std::fs::write(&path, rows).unwrap();
    text(&path)
}

#[test]
fn analyze_answers_first_and_the_study_that_it_writes_is_the_same_run() {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (record(folder.path()), text(&folder.path().join("run")));
    let plain = ["analyze", &path, "--inputs", "load", "--target", "load", "--time", "at", "--time-unit", "s", "--cell", "gru", "--hidden", "3"];
    let more = ["--method", "rolling-tbptt", "--truncation", "4", "--schedule", "0.05,500,0.7", "--quick", "--steps", "4000", "--out", &out];
    let (code, answer, errors) = told(&rtrl_lab(&[&plain[..], &more[..]].concat()));
    assert_eq!(code, 0, "{errors}");
    let asked = ["Does the theory hold?", "memory?", "truncation length", "burn-in?", "Which step size?", "variance here?", "until", "refit"];
    for question in &asked[..6] {
        assert!(answer.contains(question), "{question}: {answer}");
    }
    // A step is a quarter of an hour.
    assert!(answer.contains(" min)") || answer.contains(" h)"), "{answer}");
    assert!(answer.contains("no change is seen") || answer.contains("refit after"), "{answer}");
    let verdicts: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.path().join("run/verdicts.json")).unwrap()).unwrap();
    let answers = verdicts["answers"]["load"].as_array().expect("answers by case");
    assert_eq!(answers.len(), 7);
    let page = std::fs::read_to_string(folder.path().join("run/report.html")).unwrap();
    assert!(page.find("Does the theory hold?").unwrap() < page.find("id=\"verdicts\"").unwrap(), "answers come first");
    // The first of them is the sentence at the top: this method's gradient is not the true one.
    let begun = answers[0]["answer"].as_str().unwrap().replacen('t', "T", 1).replace('`', "");
    let not = "The theory is not shown to hold for your network on this record: it does not hold that the average gradient is the true one";
    assert!(begun.starts_with(not) && page.contains(&format!("<span>{begun}.</span>")), "{begun}");
    let (study, again) = (text(&folder.path().join("run/study.toml")), text(&folder.path().join("again")));
    let (code, _, errors) = told(&rtrl_lab(&["verify", &study, "--quick", "--out", &again]));
    assert_eq!(code, 0, "{errors}");
    let read =
        |run: &str| -> serde_json::Value { serde_json::from_slice(&std::fs::read(folder.path().join(run).join("verdicts.json")).unwrap()).unwrap() };
    assert_eq!(read("run")["claims"], read("again")["claims"]);
    // The length that it names is there to be tried, beside half of it and exact learning.
    let (confirm, trained) = (text(&folder.path().join("run/confirm.toml")), text(&folder.path().join("trained")));
    let (code, _, errors) = told(&rtrl_lab(&["train", &confirm, "--out", &trained]));
    assert_eq!(code, 0, "{errors}");
    let comparison: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.path().join("trained/comparison.json")).unwrap()).unwrap();
    let methods = comparison["cases"][0]["methods"].as_array().expect("methods of a case");
    let named: Vec<&str> = methods.iter().map(|method| method["method"].as_str().expect("a name")).collect();
    assert!(named.len() >= 2 && named[0] == "RTRL" && named[1].starts_with("rolling TBPTT("), "{named:?}");
    let (code, _, errors) = told(&rtrl_lab(&["check", &out]));
    assert_eq!(code, 0, "{errors}");
}

#[test]
fn an_expectation_decides_the_exit_code_and_wrong_arguments_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (record(folder.path()), text(&folder.path().join("run")));
    let run = |more: &[&str]| {
        let plain = ["analyze", &path, "--inputs", "load", "--target", "load", "--quick", "--only", "data_ergodicity", "--out", &out, "--force"];
        told(&rtrl_lab(&[&plain[..], more].concat()))
    };
    assert_eq!(run(&["--expect", "data_ergodicity=supported"]).0, 0);
    assert_eq!(run(&["--expect", "data_ergodicity=contradicted"]).0, 1);
    for (arguments, words) in [
        (&["--expect", "data_ergodicity"][..], "CLAIM=WORD"),
        (&["--schedule", "0.1,2"], "give one step"),
        (&["--cell", "gur"], "--cell"),
        (&["--scales", "load=3"], "--scales"),
        (&["--scales", "lod=3,1"], "--scales"),
        (&["--time", "when"], "no such column"),
        (&["--lags", "0"], "--lags"),
    ] {
        let (code, _, errors) = run(arguments);
        assert!(code == 2 && errors.contains(words), "{arguments:?}: {code} {errors}");
    }
}

/// A million rows and more are read in memory that is a small multiple of the file.
#[test]
fn long_files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..1_000_000).map(|t| format!("{t},{}\n", (t * 7919) % 1000)).collect();
    std::fs::write(folder.path().join("s.csv"), format!("at,x\n{rows}")).unwrap();
    let keys = "input_columns = [\"x\"]\ntarget_columns = [\"x\"]\ntime_column = \"at\"\ntime_unit = \"s\"";
    let process = made(folder.path(), keys).unwrap_or_else(|error| panic!("{error}")).process;
    assert_eq!(process.cycle(), Some(999_999));
}
