//! Broken files of every form that is read: whatever a file holds, the answer is an exit code from
//! 0 to 3 within a time limit, and never a panic.
//!
//! The mutations come from a seed. A plain test run does a few hundred a form;
//! `RTRL_LAB_MUTATIONS=10000` does so many (`make mutations`).

use crate::common::command::{SMALL, text};
use ndarray_npy::NpzWriter;
use rtrl_lab::data::arrays::ArrayFile;
use rtrl_lab::data::recorded::{Missing, Reading, Table};
use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::study::{BudgetScale, Prepared};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Longest that one broken file may take, on a busy machine.
const LIMIT: Duration = Duration::from_secs(10);

fn rounds(plain: usize) -> usize {
    std::env::var("RTRL_LAB_MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(plain)
}

/// A source of choices that a seed fixes.
struct Choices(Noise);

impl Choices {
    fn of(form: &str, round: usize) -> Choices {
        Choices(Noise::at(RngKey::root(20_261_126).within("mutations").within(form).replicate(round)))
    }

    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        // The fraction of a normal times a large number is as good as uniform.
        let z = self.0.normal_vector(1)[0].abs() * 1e6;
        (((z - z.floor()) * bound as f64) as usize).min(bound.saturating_sub(1))
    }

    fn of_list<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }
}

/// One to four changes: bytes flipped, cut, doubled, moved, or a word of `words` put in or in the
/// place of another.
fn mutated(original: &[u8], words: &[&[u8]], choices: &mut Choices) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..=choices.below(4) {
        if bytes.is_empty() {
            return bytes;
        }
        let at = choices.below(bytes.len());
        let end = (at + 1 + choices.below(24)).min(bytes.len());
        match choices.below(8) {
            0 => bytes[at] ^= 1 << choices.below(8),
            1 => bytes[at] = choices.below(256) as u8,
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let piece = bytes[at..end].to_vec();
                let to = choices.below(bytes.len());
                bytes.splice(to..to, piece);
            }
            5 => {
                let word = choices.of_list(words).to_vec();
                bytes.splice(at..at, word);
            }
            6 => {
                let word = choices.of_list(words).to_vec();
                bytes.splice(at..end, word);
            }
            _ => {
                let piece = bytes[at..end].repeat(2 + choices.below(40));
                bytes.splice(at..end, piece);
            }
        }
    }
    bytes
}

/// Runs `act` on `count` broken files, every one within the limit; how many of them it took for
/// whole.
fn broken(form: &str, count: usize, original: &[u8], words: &[&[u8]], act: impl Fn(&[u8]) -> bool + Sync) -> usize {
    let mut whole = 0;
    for round in 0..count {
        let bytes = mutated(original, words, &mut Choices::of(form, round));
        let begun = Instant::now();
        let took = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| act(&bytes)));
        let took = took.unwrap_or_else(|_| panic!("{form}, round {round}: a panic on {:?}", String::from_utf8_lossy(&bytes)));
        assert!(begun.elapsed() < LIMIT, "{form}, round {round}: {:?} on {:?}", begun.elapsed(), String::from_utf8_lossy(&bytes));
        whole += usize::from(took);
    }
    whole
}

/// The command on one broken file in `folder`: an exit code from 0 to 3 within the limit, one
/// message and no panic.
fn command(arguments: &[&str], what: &str) -> bool {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rtrl-lab")).args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if begun.elapsed() > LIMIT => {
                child.kill().unwrap();
                panic!("no end within {LIMIT:?}: {what}");
            }
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    let mut errors = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut errors).unwrap();
    assert!(status.code().is_some_and(|code| (0..=3).contains(&code)) && !errors.contains("panicked"), "{status:?}: {errors}: {what}");
    status.code() == Some(0)
}

const STUDY_WORDS: [&[u8]; 16] = [
    b"18446744073709551615",
    b"-1",
    b"1e308",
    b"nan",
    b"inf",
    b"[",
    b"{",
    b"\"",
    b"[[",
    b"\n[case.x]\n",
    b"999999999",
    b"'",
    b"=",
    b"#",
    b"\xff",
    b"hidden = 4000",
];

#[test]
fn broken_studies() {
    let study = format!("{SMALL}\n[case.given.network.parameters]\nB = [[0.5]]\nW = [[1.0]]\ndrawn = [\"b\", \"C\", \"c\"]\n");
    let whole = broken("toml", rounds(1500), study.as_bytes(), &STUDY_WORDS, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        match Prepared::new(&text, "study.toml", Path::new(""), BudgetScale::Quick, &[]) {
            Ok(prepared) => prepared.memory(2).predicted > 0,
            Err(error) => {
                assert!(!error.problem.is_empty() && !error.remedy.is_empty());
                false
            }
        }
    });
    assert!(whole > 0 && whole < rounds(1500), "some broken studies are studies still, and not all: {whole}");
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("s.toml"), folder.path().join("x.npz"));
    for round in 0..rounds(1500) / 10 {
        let bytes = mutated(study.as_bytes(), &STUDY_WORDS, &mut Choices::of("toml by command", round));
        std::fs::write(&path, &bytes).unwrap();
        command(&["simulate", &text(&path), "--chains", "1", "--steps", "1", "--out", &text(&out), "--force"], &String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn broken_series() {
    let rows: String = (0..130).map(|t| format!("{},\"{}\",x\n", t * 7 % 11, f64::from(t * t % 17) / 4.0)).collect();
    let original = format!("a,b,\"c, d\"\n{rows}");
    let words: [&[u8]; 14] = [b"NA", b"\"", b"\"\"", b";", b"|", b"\t", b"1e999", b"sep=;\n", b"\xff\xfe", b"\0", b"\r", b"1,5", b"\n\n", b"nan"];
    let names = ["a".to_string(), "b".to_string()];
    let whole = broken("csv", rounds(1500), original.as_bytes(), &words, |bytes| {
        [Missing::Error, Missing::Drop, Missing::Previous]
            .map(|missing| Table::parse(bytes, "x.csv", &names, Reading { missing, decimal_comma: bytes.len() % 2 == 0 }))
            .iter()
            .any(Result::is_ok)
    });
    assert!(whole > 0 && whole < rounds(1500), "{whole}");
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("s.csv"), text(&folder.path().join("out")));
    for round in 0..rounds(1500) / 20 {
        let bytes = mutated(original.as_bytes(), &words, &mut Choices::of("csv by command", round));
        std::fs::write(&path, &bytes).unwrap();
        // A share of a million does one unit at most: this is about reading.
        let arguments = [
            "analyze",
            &text(&path),
            "--inputs",
            "a",
            "--target",
            "b",
            "--only",
            "hidden_contraction",
            "--shard",
            "1000000/1000000",
            "--force",
            "--out",
            &out,
        ];
        command(&arguments, &String::from_utf8_lossy(&bytes));
    }
}

const ARRAY_WORDS: [&[u8]; 14] = [
    b"<f4",
    b"(4, 1000000000000)",
    b"[[[[[[[[",
    b"{{{{{{{{",
    b"(1,(1,",
    b"True",
    b"'",
    b"\x93NUMPY\x02\x00",
    b"18446744073709551615",
    b"\0\0",
    b"|O",
    b"9L",
    b"PK\x03\x04",
    b"\xff\xff\xff\xff",
];

/// Opens and reads every array of a file.
fn readable(path: &Path) -> bool {
    let Ok(mut file) = ArrayFile::open(path, "x") else { return false };
    let names: Vec<String> = file.arrays().iter().map(|array| array.name.clone()).collect();
    !names.is_empty() && names.iter().all(|name| file.read(name, 1 << 20).is_ok())
}

#[test]
fn broken_arrays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    ndarray_npy::write_npy(&path, &ndarray::Array2::from_shape_fn((4, 12), |(i, j)| ((i * 12 + j) * 7 % 19) as f64)).unwrap();
    let original = std::fs::read(&path).unwrap();
    let whole = broken("npy", rounds(2000), &original, &ARRAY_WORDS, |bytes| {
        std::fs::write(&path, bytes).unwrap();
        readable(&path)
    });
    assert!(whole > 0 && whole < rounds(2000), "{whole}");
    for round in 0..rounds(2000) / 20 {
        std::fs::write(&path, mutated(&original, &ARRAY_WORDS, &mut Choices::of("npy by command", round))).unwrap();
        command(&["diagnose", &text(&path)], &format!("npy round {round}"));
        command(&["distance", &text(&path), &text(&path)], &format!("npy round {round}"));
    }
}

#[test]
fn broken_archives() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.npz");
    let study =
        "[study]\nname = \"s\"\nseed = 1\n[data]\nkind = \"var\"\ntransition = [[0.6]]\ntarget = [1.0]\n[network.parameters]\nfile = \"t.npz\"\n";
    for compressed in [false, true] {
        let file = std::fs::File::create(&path).unwrap();
        let mut writer = if compressed { NpzWriter::new_compressed(file) } else { NpzWriter::new(file) };
        for (name, shape) in [("B", [2, 2]), ("W", [2, 1]), ("b", [2, 1]), ("C", [1, 2]), ("c", [1, 1])] {
            writer.add_array(name, &ndarray::Array2::from_elem(shape, 0.25)).unwrap();
        }
        writer.finish().unwrap();
        let original = std::fs::read(&path).unwrap();
        let form = if compressed { "npz, compressed" } else { "npz" };
        let whole = broken(form, rounds(2000) / 2, &original, &ARRAY_WORDS, |bytes| {
            std::fs::write(&path, bytes).unwrap();
            let readable = readable(&path);
            Prepared::new(study, "s.toml", folder.path(), BudgetScale::Quick, &[]).is_ok() || readable
        });
        assert!(whole < rounds(2000) / 2, "{whole}");
        for round in 0..rounds(2000) / 40 {
            std::fs::write(&path, mutated(&original, &ARRAY_WORDS, &mut Choices::of(form, round + 1_000_000))).unwrap();
            command(&["diagnose", &text(&path), "--array", "B"], &format!("{form} round {round}"));
        }
    }
}
