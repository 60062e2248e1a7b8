//! Every command of the documentation, run as a reader would: a page at a time, in an empty folder.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A block of commands: where it stands, what it needs beside the command itself, and its lines.
struct Block {
    line: usize,
    needs: Option<String>,
    text: String,
}

/// The blocks of a page that are marked as commands, `sh`, and what is said to be needed:
/// `sh needs=torch`.
fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let (mut open, mut ours) = (false, false);
    for (index, line) in page.lines().enumerate() {
        if let Some(mark) = line.trim_start().strip_prefix("```") {
            open = !open;
            let mut words = mark.split_whitespace();
            ours = open && words.next() == Some("sh");
            if ours {
                let needs = words.find_map(|word| word.strip_prefix("needs=")).map(String::from);
                found.push(Block { line: index + 1, needs, text: String::new() });
            }
        } else if let (true, Some(block)) = (ours, found.last_mut()) {
            block.text.push_str(line);
            block.text.push('\n');
        }
    }
    assert!(!open, "a block is never closed");
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The pages of the book, as its table of contents names them.
fn pages() -> Vec<PathBuf> {
    let contents = std::fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap();
    let links = contents.split("](").skip(1).map(|rest| rest.split(')').next().unwrap().to_string());
    links.filter(|link| link.ends_with(".md")).map(|link| root().join("docs").join(link)).collect()
}

/// Whether what a block needs is there.
fn is_there(what: &str) -> bool {
    let succeeds = |program: &str, arguments: &[&str]| Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success());
    match what {
        "torch" | "keras" | "flax" | "numpy" | "pandas" => succeeds("python3", &["-c", &format!("import {what}")]),
        "slurm" => succeeds("sbatch", &["--version"]),
        "parallel" => succeeds("parallel", &["--version"]),
        "hyperqueue" => succeeds("hq", &["--version"]),
        "cargo" => succeeds("cargo", &["--version"]),
        "python3" => succeeds("python3", &["--version"]),
        other => panic!("a page needs `{other}`, and this test does not know how to look for it"),
    }
}

/// Runs the blocks of a page in order, in one folder; how many were run, and what was left out.
fn run(page: &Path) -> (usize, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let name = page.file_name().unwrap().to_string_lossy().into_owned();
    let command = Path::new(env!("CARGO_BIN_EXE_rtrl-lab")).parent().unwrap();
    let path = format!("{}:{}", command.display(), std::env::var("PATH").unwrap());
    let (mut done, mut skipped) = (0, Vec::new());
    for block in blocks(&std::fs::read_to_string(page).unwrap()) {
        if let Some(what) = block.needs.as_deref().filter(|what| !is_there(what)) {
            skipped.push(format!("{name}:{} needs {what}", block.line));
            continue;
        }
        let output = Command::new("bash").args(["-euo", "pipefail", "-c", &block.text]).current_dir(&folder).env("PATH", &path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{name}:{}: exit {:?}\n{}\n{said}", block.line, output.status.code(), block.text);
        done += 1;
    }
    (done, skipped)
}

#[test]
fn every_command_of_the_book_runs() {
    let (mut done, mut skipped) = (0, Vec::new());
    for page in pages() {
        let (ran, left) = run(&page);
        done += ran;
        skipped.extend(left);
    }
    skipped.iter().for_each(|what| println!("SKIPPED {what}"));
    println!("{done} blocks of commands run, {} left out", skipped.len());
    assert!(done > 20, "{done}");
}

/// Nothing of the book is missing from its contents, and every link between pages leads somewhere.
#[test]
fn the_book_is_whole() {
    let named = pages();
    assert!(named.len() > 10);
    for entry in std::fs::read_dir(root().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "md") && !path.ends_with("SUMMARY.md") {
            assert!(named.contains(&path), "{} is not in docs/SUMMARY.md", path.display());
        }
    }
    let mut links = 0;
    for page in &named {
        let text = std::fs::read_to_string(page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        for target in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let file = target.split('#').next().unwrap();
            if file.is_empty() || file.contains("://") || file.contains(' ') {
                continue;
            }
            assert!(page.parent().unwrap().join(file).exists(), "{}: there is no {file}", page.display());
            links += 1;
        }
    }
    assert!(links > 5, "{links}");
}

#[test]
fn blocks_are_read_with_what_they_need() {
    let page = "a\n```sh\none\n```\n```text\nno\n```\n```sh needs=torch\ntwo\nthree\n```\n";
    let found = blocks(page);
    let told: Vec<(usize, Option<&str>, &str)> = found.iter().map(|b| (b.line, b.needs.as_deref(), b.text.as_str())).collect();
    assert_eq!(told, [(2, None, "one\n"), (8, Some("torch"), "two\nthree\n")]);
}
