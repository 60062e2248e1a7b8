//! Nobody reads, or the disk is full: no command panics, and the exit code is one of the documented
//! ones.

use crate::common::command::{SMALL, rtrl_lab, text, told};
use crate::common::runs::finished;
use std::path::Path;
use std::process::{Command, Stdio};

/// Every command that answers in a moment, with the files it needs.
fn commands(here: &Path) -> Vec<Vec<String>> {
    let run = text(&finished(here, "run", 5));
    let (study, chains) = (text(&here.join("study.toml")), text(&here.join("chains.npy")));
    std::fs::write(&study, SMALL).unwrap();
    let array = ndarray::Array2::from_shape_fn((4, 200), |(chain, t)| ((31 * chain + 17 * t) % 101) as f64);
    ndarray_npy::write_npy(&chains, &array).unwrap();
    let owned = |words: &[&str]| words.iter().map(|word| word.to_string()).collect::<Vec<_>>();
    vec![
        owned(&["--help"]),
        owned(&["list"]),
        owned(&["list", "--json"]),
        owned(&["init"]),
        owned(&["init", &text(&here.join("mine.toml")), "--force"]),
        owned(&["diagnose", &chains]),
        owned(&["diagnose", &chains, "--json"]),
        owned(&["distance", &chains, &chains, "--method", "sliced"]),
        owned(&["distance", &chains, &chains, "--method", "sliced", "--json"]),
        owned(&["oracle", &study]),
        owned(&["simulate", &study, "--steps", "3", "--force", "--out", &text(&here.join("x.npz"))]),
        owned(&["phase", &study, "--case", "line", "--scales", "1,2", "--memories", "0.5", "--chains", "32", "--steps", "40"]),
        owned(&["report", &run]),
        owned(&["report", &run, "--json"]),
        owned(&["check", &run, "--every", "1000"]),
        owned(&["verify", &study, "--only", "data_ergodicity", "--force", "--out", &text(&here.join("again"))]),
    ]
}

fn ended(command: &mut Command) -> (i32, String) {
    let (code, _, errors) = told(&command.output().unwrap());
    assert!(!errors.contains("panicked") && !errors.contains("RUST_BACKTRACE"), "{command:?}: {errors}");
    (code, errors)
}

#[test]
fn a_pipe_without_a_reader_ends_quietly_with_the_code_of_the_work() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in commands(folder.path()) {
        let (whole, output, _) = told(&rtrl_lab(&arguments));
        assert!(whole <= 1 && !output.is_empty(), "{arguments:?}: {whole}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_rtrl-lab"));
        let (code, errors) = ended(command.args(&arguments).stdout(writer).stderr(Stdio::piped()));
        assert!(code == whole && errors.is_empty(), "{arguments:?}: {code} {errors}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_stdout_is_code_three_and_under_stderr_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for arguments in commands(folder.path()) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rtrl-lab"));
        let (code, errors) = ended(command.args(&arguments).stdout(full()).stderr(Stdio::piped()));
        assert!(code == 3 && errors.starts_with("error: ") && errors.trim_end().lines().count() == 1, "{arguments:?}: {code} {errors}");
    }
    let study = text(&folder.path().join("study.toml"));
    let out = text(&folder.path().join("share"));
    let cases: [(&[&str], i32); 3] = [
        (&["verify", "none.toml"], 2),
        (&["verify", &study, "--only", "data_ergodicity", "--shard", "1/2", "--jobs", "10000", "--out", &out], 0),
        (&["nonsense"], 2),
    ];
    for (arguments, expected) in cases {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rtrl-lab"));
        let status = command.args(arguments).stdout(Stdio::piped()).stderr(full()).status().unwrap();
        assert_eq!(status.code(), Some(expected), "{arguments:?}");
    }
}
