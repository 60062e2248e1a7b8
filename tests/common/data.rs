//! The folder of real data, which is not part of the repository, and what happens where it is
//! missing.

use std::io::Write;
use std::path::PathBuf;

/// A file of the folder of real data: beside the repository, or where RTRL_LAB_DATA says. Without
/// it the test is said to be skipped, where a captured output would hide that too; with
/// RTRL_LAB_REQUIRE_DATA=1 it fails.
pub fn recorded(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("RTRL_LAB_DATA").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let required = std::env::var_os("RTRL_LAB_REQUIRE_DATA").is_some_and(|value| value == "1");
    let path = folder.join(name);
    let found = present(path.clone(), required);
    if found.is_none() {
        // Not by a macro of the standard library, whose output a passing test keeps to itself.
        let told = writeln!(std::io::stderr(), "SKIPPED: {} is missing; RTRL_LAB_DATA names the folder of real data", path.display());
        told.expect("a place for messages");
    }
    found
}

/// The path where it exists; a failure where it does not and is required.
pub fn present(path: PathBuf, required: bool) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    assert!(
        !required,
        "RTRL_LAB_REQUIRE_DATA is 1 and {} is missing: put the folder of real data there, or name it by RTRL_LAB_DATA",
        path.display()
    );
    None
}
