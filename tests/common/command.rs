//! The command itself, as a user runs it, in folders that vanish.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs `rtrl-lab` with the given arguments.
pub fn rtrl_lab<A: AsRef<std::ffi::OsStr>>(arguments: &[A]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rtrl-lab")).args(arguments).output().expect("the command starts")
}

/// Exit code, stdout and stderr.
pub fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (output.status.code().expect("no signal"), text(&output.stdout), text(&output.stderr))
}

/// What the command answers as JSON.
pub fn json(arguments: &[&str]) -> serde_json::Value {
    let (code, answer, errors) = told(&rtrl_lab(arguments));
    assert_eq!(code, 0, "{arguments:?}: {errors}");
    serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {answer}"))
}

/// The text of a path.
pub fn text(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_string()
}

/// Every file below a folder with its bytes, by relative path.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push((text(path.strip_prefix(folder).expect("below")), std::fs::read(&path).expect("a file")));
            }
        }
    }
    found.sort();
    found
}

/// A study small enough for a test, with a linear and a tanh case.
pub const SMALL: &str = r#"
[study]
name = "small"
seed = 5
[data]
kind = "var"
transition = [[0.6]]
target = [1.0]
target_noise = 0.1
[learning]
schedule = { kind = "polynomial", initial = 0.05, offset = 100, exponent = 0.7 }
steps = 4000
[case.line.network]
activation = "identity"
hidden = 2
[case.curve.network]
hidden = 3
[claims.data_ergodicity]
chains = 48
[claims.hidden_contraction]
chains = 48
steps = 60
[claims.derivative_moments]
chains = 48
steps = 160
[claims.geometric_ergodicity]
chains = 48
steps = 60
times = [0, 3, 9]
[claims.gradient_identity]
chains = 32
steps = 400
[claims.truncation_bias]
chains = 32
steps = 400
[claims.stationary_point]
chains = 16
steps = 300
seeds = 6
checkpoints = 4
"#;
