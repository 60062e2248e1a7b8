//! What a fault of the machine leaves on the disk: whole files, a sentence, and a run that goes on.

use crate::common::command::{files, rtrl_lab, text, told};
use crate::common::runs::{ONLY, assert_same, content, copied, finished, study, verify};
use std::path::Path;
use std::process::Command;

/// A file system of its own in memory, taken away when it is dropped.
struct Disk(std::path::PathBuf);

impl Disk {
    /// `None` where this process may mount nothing.
    fn of(folder: &Path, size: &str) -> Option<Disk> {
        std::fs::create_dir_all(folder).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs", &text(folder)]).output();
        mounted.is_ok_and(|done| done.status.success()).then(|| Disk(folder.to_path_buf()))
    }

    fn again(&self, options: &str) {
        let done = Command::new("mount").args(["-o", &format!("remount,{options}"), &text(&self.0)]).status().unwrap();
        assert!(done.success(), "{options}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// Bytes that the files of a folder take, in blocks of 4 kB.
fn blocks(folder: &Path) -> usize {
    files(folder).iter().map(|(_, bytes)| bytes.len().div_ceil(4096) * 4096).sum()
}

/// Every record is whole: a sample of none is done again, and what is missing alone is named.
fn all_records_are_whole(run: &Path) -> usize {
    let mut seen = 0;
    for (name, bytes) in files(run).into_iter().filter(|(name, _)| name.starts_with("records") && !name.ends_with(".part")) {
        let record: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(record["record"].is_object() && record["checksum"].as_str().unwrap().len() == 64, "{name}");
        seen += 1;
    }
    seen
}

#[test]
fn a_full_disk_leaves_whole_records_and_the_run_goes_on_where_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let whole = finished(here, "whole", 5);
    // Half of the records find no room.
    let needed = blocks(&whole.join("records"));
    let Some(disk) = Disk::of(&here.join("disk"), &(needed / 2).to_string()) else {
        println!("SKIPPED: this process may not mount a file system");
        return;
    };
    let (study, run) = (study(here, 5), disk.0.join("run"));
    let (code, output, errors) = verify(&study, &run, &[]);
    assert!(code == 3 && output.is_empty() && errors.contains("No space left"), "{code} {output}{errors}");
    assert!(errors.trim_end().lines().filter(|line| line.starts_with("error: ")).count() == 1, "{errors}");
    let left = all_records_are_whole(&run);
    assert!(left > 0 && !run.join("verdicts.json").exists(), "{left} records");
    disk.again("size=64m");
    let (code, _, errors) = verify(&study, &run, &[]);
    assert!(code <= 1 && errors.contains("going on"), "{code} {errors}");
    assert_same(&run, &whole);
    // A full disk at the report: the run does not count as finished.
    std::fs::remove_file(run.join("verdicts.json")).unwrap();
    std::fs::remove_file(run.join("report.html")).unwrap();
    disk.again(&format!("size={}", blocks(&disk.0) + 65_536));
    let (code, _, errors) = verify(&study, &run, &[]);
    assert!(code == 3 && errors.contains("No space left") && !run.join("verdicts.json").exists(), "{code} {errors}");
    disk.again("size=64m");
    assert!(verify(&study, &run, &[]).0 <= 1);
    assert_same(&run, &whole);
}

#[test]
fn a_folder_that_cannot_be_written_is_said_and_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let Some(disk) = Disk::of(&here.join("disk"), "64m") else {
        println!("SKIPPED: this process may not mount a file system");
        return;
    };
    let (study, run) = (study(here, 5), finished(&disk.0, "run", 5));
    let before = content(&run);
    disk.again("ro");
    for arguments in [&["report", &text(&run)][..], &["verify", &text(&study), "--only", ONLY, "--out", &text(&disk.0.join("new"))]] {
        let (code, output, errors) = told(&rtrl_lab(arguments));
        assert!(code == 3 && output.is_empty() && errors.contains("Read-only file system"), "{code} {output}{errors}");
    }
    // What only reads goes on.
    let (code, answer, errors) = told(&rtrl_lab(&["check", &text(&run), "--every", "1000"]));
    assert_eq!(code, 0, "{answer}{errors}");
    assert!(before == content(&run));
    disk.again("rw");
}

#[test]
fn records_that_are_swapped_torn_or_flipped_are_made_again_or_named() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let whole = finished(here, "whole", 5);
    let records: Vec<String> = content(&whole).into_iter().map(|(name, _)| name).filter(|name| name.starts_with("records/cases")).collect();
    let (first, second) = (&records[0], &records[1]);
    type Damage<'a> = (&'a str, Box<dyn Fn(&Path) + 'a>);
    let damages: [Damage; 3] = [
        (
            "another unit",
            Box::new(|run: &Path| {
                let [a, b] = [first, second].map(|name| std::fs::read(run.join(name)).unwrap());
                std::fs::write(run.join(first), b).unwrap();
                std::fs::write(run.join(second), a).unwrap();
            }),
        ),
        (
            "EOF",
            Box::new(|run: &Path| {
                let bytes = std::fs::read(run.join(first)).unwrap();
                std::fs::write(run.join(first), &bytes[..bytes.len() / 2]).unwrap();
            }),
        ),
        (
            "checksum",
            Box::new(|run: &Path| {
                let text = std::fs::read_to_string(run.join(first)).unwrap();
                // The lowest bit of a digit behind the first point.
                let at = text.find("\"values\":[").unwrap() + "\"values\":[".len();
                let digit = text[at..].find(|c: char| ('2'..='9').contains(&c)).unwrap() + at;
                let mut bytes = text.into_bytes();
                bytes[digit] ^= 1;
                std::fs::write(run.join(first), bytes).unwrap();
            }),
        ),
    ];
    for (number, (word, damage)) in damages.iter().enumerate() {
        let run = copied(&whole, &here.join(format!("damaged-{number}")));
        damage(&run);
        // A finished run is not touched: its report names the record.
        let (code, _, errors) = told(&rtrl_lab(&["report", &text(&run)]));
        assert!(code == 3 && errors.contains(word) && errors.contains("records/cases"), "{word}: {code} {errors}");
        // One that is not finished makes it again.
        std::fs::remove_file(run.join("verdicts.json")).unwrap();
        assert!(verify(&study(here, 5), &run, &[]).0 <= 1);
        assert_same(&run, &whole);
    }
}
