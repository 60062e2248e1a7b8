//! Bad input: exit code 2, one message that names place and remedy, and nothing written.

use crate::common::command::{SMALL, rtrl_lab, text, told};
use std::path::Path;

/// Runs `verify` on a study that must be refused, with all of `words` in the message.
fn refused(study: &str, words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.toml");
    std::fs::write(&path, study).unwrap();
    refused_command(folder.path(), &["verify", &text(&path), "--out", &text(&folder.path().join("out"))], words);
}

fn refused_command(folder: &Path, arguments: &[&str], words: &[&str]) {
    let before = crate::common::command::files(folder);
    let (code, output, errors) = told(&rtrl_lab(arguments));
    assert_eq!(code, 2, "{arguments:?}: {output}{errors}");
    assert!(errors.starts_with("error: ") && errors.trim_end().lines().count() == 1, "one message: {errors}");
    assert!(!errors.contains("panicked") && output.is_empty(), "{output}{errors}");
    for word in words {
        assert!(errors.contains(word), "`{word}` is not in: {errors}");
    }
    assert_eq!(before, crate::common::command::files(folder), "something was written");
}

fn with(from: &str, to: &str) -> String {
    let study = SMALL.replacen(from, to, 1);
    assert_ne!(study, SMALL, "`{from}` is in the study");
    study
}

#[test]
fn unknown_keys_name_line_and_nearest_key() {
    refused(&with("target_noise", "target_nois"), &["bad.toml:9", "data.target_nois", "unknown key", "did you mean `target_noise`?"]);
    refused(&with("[claims.data_ergodicity]", "[claims.data_ergodicty]"), &["bad.toml:", "data_ergodicty", "did you mean `data_ergodicity`?"]);
    refused(&with("hidden = 3", "hiden = 3"), &["bad.toml:", "hiden", "did you mean `hidden`?"]);
}

#[test]
fn wrong_types_and_syntax_name_the_line() {
    refused(&with("seed = 5", "seed = \"five\""), &["bad.toml:4", "study.seed", "whole number"]);
    refused(&with("steps = 4000", "steps = -4000"), &["bad.toml:12", "learning.steps"]);
    refused(&with("seed = 5", "seed = = 5"), &["bad.toml:4", "not TOML"]);
    refused("", &["bad.toml", "study"]);
}

#[test]
fn sizes_and_shapes() {
    refused(&with("hidden = 3", "hidden = 0"), &["bad.toml:17", "hidden", "at least 1"]);
    refused(&with("transition = [[0.6]]", "transition = [[0.6, 0.1]]"), &["bad.toml:7", "data.transition", "1 × 2"]);
    refused(&with("transition = [[0.6]]", "transition = [[0.6], [0.1, 0.2]]"), &["bad.toml:7", "row 2 has 2 entries"]);
    refused(&with("target = [1.0]", "target = [1.0, 2.0]"), &["bad.toml:8", "data.target"]);
    refused(
        &with("hidden = 3", "activation = \"tanh\"\nparameters = { B = [[0.1, 0.2]], b = [0.0], drawn = [\"W\", \"C\", \"c\"] }"),
        &["bad.toml:", "parameters.B", "give it the shape"],
    );
    refused(&with("chains = 48", "chains = 3"), &["bad.toml:", "chains", "at least 16"]);
    refused(&with("times = [0, 3, 9]", "times = [0, 300]"), &["times", "beyond the 60 steps"]);
}

#[test]
fn impossible_numbers() {
    refused(&with("[[0.6]]", "[[1.0]]"), &["bad.toml:7", "unstable", "spectral radius"]);
    refused(&with("[[0.6]]", "[[nan]]"), &["bad.toml:7", "not a finite number"]);
    refused(&with("target_noise = 0.1", "noise_covariance = [[-1.0]]"), &["noise_covariance", "positive semi-definite"]);
    refused(&with("exponent = 0.7", "exponent = -1"), &["exponent", "out of range"]);
    refused(&with("hidden = 3", "hidden = 3\nactivation = \"step\""), &["activation", "not on offer", "tanh"]);
    refused(&with("hidden = 3", "hidden = 3\nbeta = 0.3"), &["beta", "0, 0.5 or 1"]);
}

#[test]
fn arguments() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let study = here.join("good.toml");
    std::fs::write(&study, SMALL).unwrap();
    let out = text(&here.join("out"));
    let verify = |more: &[&str], words: &[&str]| refused_command(here, &[&["verify", &text(&study), "--out", &out], more].concat(), words);
    verify(&["--only", "geometric_ergodicty"], &["--only", "did you mean `geometric_ergodicity`?"]);
    verify(&["--jobs", "0"], &["--jobs", "at least 1"]);
    refused_command(here, &["verify", &text(&here.join("none.toml"))], &["none.toml", "cannot be read", "rtrl-lab init"]);
    refused_command(here, &["verify", &text(&study), "--out", &text(here)], &["not empty", "--out"]);
    refused_command(here, &["report", &text(here)], &["manifest.json", "rtrl-lab verify"]);
    refused_command(here, &["oracle", &text(&study), "--case", "curve"], &["not linear", "identity"]);
    refused_command(here, &["oracle", &text(&study), "--case", "none"], &["no case `none`", "curve"]);
    refused_command(here, &["simulate", &text(&study), "--chains", "0", "--out", &out], &["--chains"]);
    refused_command(here, &["init", &text(&study)], &["exists", "--force"]);
    // clap's own refusals leave with the same code.
    for arguments in [vec!["verify", "--shard", "3/2"], vec!["nonsense"], vec!["analyze"], vec!["verify", "--out"]] {
        assert_eq!(told(&rtrl_lab(&arguments)).0, 2, "{arguments:?}");
    }
}

#[test]
fn recorded_files() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let rows = |count: usize| (0..count).map(|t| format!("{t},{}\n", (t * t) % 17)).collect::<String>();
    let refused = |content: &str, more: &[&str], words: &[&str]| {
        let file = here.join("series.csv");
        std::fs::write(&file, content).unwrap();
        let out = text(&here.join("out"));
        refused_command(here, &[&["analyze", &text(&file), "--inputs", "a", "--target", "b", "--out", &out], more].concat(), words);
    };
    refused(&format!("a,b\n{}x,3\n{}", rows(200), rows(5)), &[], &["series.csv:202", "column a", "`x` is not a number"]);
    refused(&format!("a,b\n{}NaN,3\n", rows(200)), &[], &["series.csv:202", "column a", "not a finite number", "--missing"]);
    refused(&format!("a,b\n{},3\n", rows(200)), &[], &["series.csv:202", "the cell is empty"]);
    refused(&format!("a,c\n{}", rows(200)), &[], &["series.csv:1", "column b", "no such column"]);
    refused(&format!("a,b\n{}", rows(60)), &[], &["60 usable rows are too few", "100"]);
    refused(&format!("a,b\n{}1\n", rows(200)), &[], &["series.csv:202", "1 cells where the header has 2"]);
    refused(&format!("a,b\n{}", (0..200).map(|t| format!("{t},4\n")).collect::<String>()), &[], &["column b", "constant"]);
    refused(&format!("a,b\n{}", rows(200)), &["--missing", "guess"], &["missing", "drop"]);
    refused(&format!("a,b\n{}", rows(200)), &["--network", "none.npz"], &["none.npz"]);
    refused_command(here, &["analyze", &text(&here.join("no.csv")), "--inputs", "a", "--target", "b"], &["no.csv", "cannot be read"]);
}
