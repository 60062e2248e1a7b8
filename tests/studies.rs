//! Every study that comes with the project can be read.

use rtrl_lab::study::{BudgetScale, Prepared};
use std::path::Path;

#[test]
fn every_study_of_the_project_can_be_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    let data = root.join("../../shared/data").exists();
    let mut seen = 0;
    for folder in [root.clone(), root.join("compare"), root.join("reproductions")] {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "toml") || path.ends_with("calibration.toml") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            if text.contains("shared/data") && !data {
                println!("skipped {}: there is no folder shared/data", path.display());
                continue;
            }
            let read = Prepared::new(&text, &path.display().to_string(), &folder, BudgetScale::Quick, &[]);
            assert!(read.is_ok(), "{}", read.err().unwrap());
            seen += 1;
        }
    }
    assert!(seen >= 15, "only {seen} studies were read");
}
