//! Runs of a small study in folders that vanish: made, copied, changed, compared.

use super::command::{SMALL, files, rtrl_lab, text, told};
use std::path::{Path, PathBuf};

/// Two claims that are measured in a moment.
pub const ONLY: &str = "data_ergodicity,hidden_contraction";

/// The small study with another seed, in a file of the folder.
pub fn study(folder: &Path, seed: u64) -> PathBuf {
    let path = folder.join(format!("seed-{seed}.toml"));
    std::fs::write(&path, SMALL.replace("seed = 5", &format!("seed = {seed}"))).unwrap();
    path
}

/// `verify` with two claims; code, stdout, stderr.
pub fn verify(study: &Path, out: &Path, more: &[&str]) -> (i32, String, String) {
    told(&rtrl_lab(&[&["verify", &text(study), "--only", ONLY, "--out", &text(out)], more].concat()))
}

/// A finished run of the small study.
pub fn finished(folder: &Path, name: &str, seed: u64) -> PathBuf {
    let out = folder.join(name);
    let (code, _, errors) = verify(&study(folder, seed), &out, &[]);
    assert!(code <= 1 && out.join("verdicts.json").exists(), "{code} {errors}");
    out
}

/// Everything that depends on the seed alone.
pub fn content(run: &Path) -> Vec<(String, Vec<u8>)> {
    files(run).into_iter().filter(|(name, _)| name != "manifest.json" && name != ".rtrl-lab.lock").collect()
}

/// Asserts that two runs hold the same files with the same bytes.
pub fn assert_same(a: &Path, b: &Path) {
    let (a, b) = (content(a), content(b));
    assert!(a.iter().any(|(name, _)| name == "verdicts.json") && a.len() > 20, "only {} files were compared", a.len());
    assert_eq!(a.iter().map(|file| &file.0).collect::<Vec<_>>(), b.iter().map(|file| &file.0).collect::<Vec<_>>());
    for (a, b) in a.iter().zip(&b) {
        assert!(a.1 == b.1, "{} differs", a.0);
    }
}

/// A copy of a run folder.
pub fn copied(from: &Path, to: &Path) -> PathBuf {
    for (name, bytes) in files(from) {
        let path = to.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    to.to_path_buf()
}

/// A command that must be refused with code 2 in one line that holds all of `words`, and leave
/// `folder` as it was.
pub fn refused(folder: &Path, arguments: &[&str], words: &[&str]) {
    let before = files(folder);
    let (code, output, errors) = told(&rtrl_lab(arguments));
    assert_eq!(code, 2, "{arguments:?}: {output}{errors}");
    assert!(errors.starts_with("error: ") && errors.trim_end().lines().count() == 1 && output.is_empty(), "{output}{errors}");
    for word in words {
        assert!(errors.contains(word), "`{word}` is not in: {errors}");
    }
    assert!(before == files(folder), "{arguments:?} wrote something");
}
