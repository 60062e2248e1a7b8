//! The plan of the house, held as data: which room may use which, and that every file says what it
//! is for.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms from the ground up; a room uses only rooms above it in this list. `ARCHITECTURE.md` shows
/// the same table.
const ROOMS: [&str; 20] = [
    "simd",
    "random",
    "linalg",
    "markov",
    "network",
    "stats",
    "transport",
    "data",
    "gradient",
    "coupling",
    "chain",
    "theory",
    "ergodicity",
    "training",
    "figures",
    "claims",
    "calibration",
    "study",
    "report",
    "cli",
];

/// Pairs (user, used) that the order alone would allow and the house forbids: prediction and
/// measurement meet in `claims` only, so that an error cannot cancel on both sides.
const FORBIDDEN: [(&str, &str); 9] = [
    ("theory", "data"),
    ("theory", "chain"),
    ("theory", "gradient"),
    ("theory", "coupling"),
    ("ergodicity", "network"),
    ("ergodicity", "theory"),
    ("ergodicity", "chain"),
    ("ergodicity", "gradient"),
    ("transport", "network"),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn room_of(file: &Path) -> Option<String> {
    let inside = file.strip_prefix(root().join("src")).ok()?;
    let mut parts = inside.components();
    let first = parts.next()?.as_os_str().to_str()?.to_string();
    parts.next().is_some().then_some(first)
}

/// A source file without its tests and the examples in its docs: they may use any room, and what
/// they compare with may come from the processor.
fn source(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("source is text");
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let mut inside = false;
    let mut kept = |line: &&str| {
        let fence = line.trim_start().strip_prefix("//").is_some_and(|doc| doc.trim_start_matches(['/', '!']).trim_start().starts_with("```"));
        let dropped = inside || fence;
        inside ^= fence;
        !dropped
    };
    text.lines().filter(|line| kept(line)).flat_map(|line| [line, "\n"]).collect()
}

/// Rooms named after `crate::` or `rtrl_lab::` in a source text, inside braces too.
fn rooms_used(text: &str) -> Vec<String> {
    let mut used = Vec::new();
    for marker in ["crate::", "rtrl_lab::"] {
        for (at, _) in text.match_indices(marker) {
            let rest = &text[at + marker.len()..];
            let list = match rest.strip_prefix('{') {
                Some(braced) => braced.split('}').next().unwrap_or_default().split(',').map(str::trim).collect(),
                None => vec![rest],
            };
            for item in list {
                let name: String = item.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                if ROOMS.contains(&name.as_str()) {
                    used.push(name);
                }
            }
        }
    }
    used
}

fn place(room: &str) -> usize {
    ROOMS.iter().position(|name| *name == room).unwrap_or_else(|| panic!("room {room} is not in the table"))
}

/// Every use of one room by another, with a file that has it.
fn uses() -> BTreeMap<(String, String), PathBuf> {
    let mut found = BTreeMap::new();
    for file in rust_files(&root().join("src")) {
        let Some(room) = room_of(&file) else { continue };
        for used in rooms_used(&source(&file)) {
            if used != room {
                found.insert((room.clone(), used), file.clone());
            }
        }
    }
    found
}

#[test]
fn the_reader_of_uses_sees_every_form() {
    assert_eq!(rooms_used("use crate::stats::{Estimate, Sample};"), ["stats"]);
    assert_eq!(rooms_used("use crate::{data::Var, theory}; rtrl_lab::claims::ALL"), ["data", "theory", "claims"]);
    assert!(rooms_used("use std::path::Path;").is_empty());
}

#[test]
fn a_room_uses_only_rooms_above_it() {
    let uses = uses();
    assert!(uses.len() > 40, "only {} uses were found: the reader is blind", uses.len());
    for ((room, used), file) in &uses {
        assert!(place(used) < place(room), "{}: {room} uses {used}, which stands below it", file.display());
    }
}

#[test]
fn prediction_and_measurement_meet_in_claims_alone() {
    let uses = uses();
    for (room, used) in FORBIDDEN {
        assert!(place(room) < ROOMS.len() && place(used) < ROOMS.len());
        let found = uses.get(&(room.to_string(), used.to_string()));
        assert!(found.is_none(), "{room} uses {used} in {found:?}");
    }
    assert!(uses.contains_key(&("claims".into(), "theory".into())) && uses.contains_key(&("claims".into(), "ergodicity".into())));
}

#[test]
fn every_room_stands_in_the_table_and_in_its_page() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    let mut last = 0;
    for room in ROOMS {
        assert!(root().join("src").join(room).join("mod.rs").exists(), "room {room} is empty");
        let at = page.find(&format!("| `{room}` |")).unwrap_or_else(|| panic!("ARCHITECTURE.md does not show {room}"));
        assert!(at > last, "ARCHITECTURE.md shows {room} out of order");
        last = at;
    }
    for entry in fs::read_dir(root().join("src")).expect("src is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            place(path.file_name().and_then(|name| name.to_str()).expect("a name"));
        }
    }
}

#[test]
fn every_file_opens_with_one_sentence_of_purpose_and_stays_short() {
    for file in ["src", "tests"].iter().flat_map(|folder| rust_files(&root().join(folder))) {
        let text = fs::read_to_string(&file).expect("source is text");
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! ") && first.len() > 20, "{} opens with `{first}`", file.display());
        let lines = text.lines().count();
        assert!(lines <= 400, "{} has {lines} lines", file.display());
    }
}

#[test]
fn nothing_whose_bits_follow_from_the_processor_is_called() {
    for file in rust_files(&root().join("src")) {
        let text = source(&file);
        // LAPACK is a reference of the tests; ndarray's products choose their kernel by the
        // processor, and `linalg::Times` stands in for them.
        for forbidden in [
            "ndarray_linalg",
            "openblas",
            "general_mat_mul",
            "general_mat_vec_mul",
            "from_os_rng",
            "thread_rng",
            "rand::rng()",
            ".tanh()",
            ".hypot(",
            "f64::hypot",
            ".exp()",
            ".ln()",
        ] {
            assert!(!text.contains(forbidden), "{} uses {forbidden}", file.display());
        }
        let product = file.ends_with("linalg/product.rs");
        assert!(
            product || !text.contains(".dot("),
            "{} multiplies by ndarray's `dot`: `linalg::Times` has the same bits on every processor",
            file.display()
        );
    }
}

/// Lines of every source file, with their numbers.
fn lines(folders: &[&str]) -> Vec<(PathBuf, usize, String)> {
    let files = folders.iter().flat_map(|folder| rust_files(&root().join(folder)));
    let of = |file: PathBuf| {
        let text = fs::read_to_string(&file).expect("source is text");
        text.lines().enumerate().map(|(at, line)| (file.clone(), at + 1, line.to_string())).collect::<Vec<_>>()
    };
    files.flat_map(of).collect()
}

#[test]
fn no_comment_is_wider_than_a_hundred_columns() {
    let comments = lines(&["src", "tests", "benches", "examples"]).into_iter().filter(|(_, _, line)| line.trim_start().starts_with("//"));
    let (mut count, mut wide) = (0, Vec::new());
    for (file, at, line) in comments {
        count += 1;
        if line.chars().count() > 100 {
            wide.push(format!("{}:{at}", file.display()));
        }
    }
    assert!(count > 5000, "only {count} comments were found: the reader is blind");
    assert!(wide.is_empty(), "{wide:#?}");
}

/// The lines of a function, from its signature to the brace that closes it.
fn longest_functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let words: Vec<&str> = line.split_whitespace().take_while(|word| *word != "=" && !word.starts_with("//")).collect();
        let Some(place) = words.iter().position(|word| *word == "fn").filter(|_| line.trim_end().ends_with(['{', '('])) else { continue };
        let closing = format!("{}}}", " ".repeat(indent));
        let length = lines[at..].iter().position(|line| **line == closing).unwrap_or(0);
        found.push((words.get(place + 1).unwrap_or(&"").to_string(), length));
    }
    found
}

#[test]
fn no_function_is_longer_than_eighty_lines() {
    let mut count = 0;
    for file in rust_files(&root().join("src")) {
        for (name, length) in longest_functions(&fs::read_to_string(&file).expect("source is text")) {
            count += 1;
            assert!(length <= 80, "{}: {name} has {length} lines", file.display());
        }
    }
    assert!(count > 1000, "only {count} functions were found: the reader is blind");
    assert_eq!(longest_functions("fn a() {\n    b();\n    c();\n}\n"), [("a()".to_string(), 3)]);
}

#[test]
fn unsafe_stands_in_one_room() {
    let inside = lines(&["src"]).into_iter().filter(|(_, _, line)| line.contains("unsafe {") || line.contains("unsafe fn"));
    let (simd, others): (Vec<_>, Vec<_>) = inside.partition(|(file, _, _)| room_of(file).as_deref() == Some("simd"));
    assert!(!simd.is_empty() && others.is_empty(), "{others:?}");
    let crate_root = fs::read_to_string(root().join("src/lib.rs")).expect("lib.rs is there");
    assert!(crate_root.contains("#![deny(unsafe_code)]"));
}

/// The variants of the layout are written where the layout is defined, where a cell states which
/// one it has, and where a kernel that was made for one asks for it.
#[test]
fn how_derivatives_are_stored_is_known_to_one_file_of_each_room() {
    let knows =
        lines(&["src"]).into_iter().filter(|(_, _, line)| line.contains("InfluenceLayout::Dense") || line.contains("InfluenceLayout::ByUnit"));
    let outside: Vec<String> = knows
        .filter(|(file, _, line)| room_of(file).as_deref() != Some("network") && !line.trim_start().starts_with("//"))
        .map(|(file, at, _)| format!("{}:{at}", file.display()))
        .collect();
    assert!(outside.is_empty(), "{outside:?}");
    for (file, at, line) in lines(&["src"]) {
        // What a panic says is all that is asked for by its type.
        let asks = line.contains("downcast_ref") && !file.ends_with("study/fault.rs");
        assert!(!asks, "{}:{at} asks for a value by its type", file.display());
    }
}

#[test]
fn a_name_of_a_number_is_made_in_one_place() {
    let made = lines(&["src/claims"]).into_iter().filter(|(_, _, line)| line.contains("Name::new(\"") && !line.trim_start().starts_with("//"));
    let (mut count, mut loose) = (0, Vec::new());
    for (file, at, line) in made {
        count += 1;
        if !["pub const", "pub(crate) const"].iter().any(|start| line.trim_start().starts_with(start)) && !file.ends_with("names.rs") {
            loose.push(format!("{}:{at}", file.display()));
        }
    }
    assert!(count > 100 && loose.is_empty(), "{count} {loose:?}");
}

/// Public items of a source text, and those of them whose own docs hold an example that runs.
fn examples(text: &str) -> (usize, usize) {
    let kinds = ["fn ", "const fn ", "struct ", "enum ", "trait "];
    let (mut items, mut shown, mut inside, mut example) = (0, 0, false, false);
    for line in text.lines().map(str::trim) {
        if let Some(doc) = line.strip_prefix("///") {
            if let Some(kind) = doc.trim().strip_prefix("```") {
                example |= !inside && kind.is_empty();
                inside = !inside;
            }
            continue;
        }
        if line.starts_with("#[") || line.starts_with("//") {
            continue;
        }
        if line.strip_prefix("pub ").is_some_and(|item| kinds.iter().any(|kind| item.starts_with(kind))) {
            items += 1;
            shown += usize::from(example);
        }
        (inside, example) = (false, false);
    }
    (items, shown)
}

#[test]
fn nine_of_ten_public_items_of_every_room_show_how_they_are_used() {
    let reads = "/// ```text\n/// x\n/// ```\npub fn none() {}\n/// ```\n/// f();\n/// ```\n#[must_use]\npub fn one() {}\n";
    assert_eq!(examples(reads), (2, 1));
    for room in ROOMS {
        let (mut items, mut shown) = (0, 0);
        for file in rust_files(&root().join("src").join(room)) {
            let text = fs::read_to_string(&file).expect("a source file");
            let (more, with) = examples(text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default());
            (items, shown) = (items + more, shown + with);
        }
        // The command is one function, and its arguments are told by `--help`.
        assert!(10 * shown >= 9 * items || room == "cli", "{room}: {shown} of {items} public items have an example");
    }
}

/// The first page of the claims leads to every part of each of them.
#[test]
fn the_table_of_claims_leads_to_note_measurement_figure_and_trial() {
    let page = fs::read_to_string(root().join("src/claims/mod.rs")).expect("the page of the claims");
    for claim in rtrl_lab::claims::ALL {
        let id = claim.id();
        let row = page.lines().find(|line| line.starts_with(&format!("//! | `{id}` |"))).unwrap_or_else(|| panic!("{id} has no row"));
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        assert!(root().join(format!("paper-notes/{id}.md")).exists(), "{id} has no note");
        for file in &cells[2..4] {
            let read = |place: String| fs::read_to_string(root().join("src/claims").join(place));
            let text =
                read(format!("{id}/{file}.rs")).or_else(|_| read(format!("{file}.rs"))).unwrap_or_else(|_| panic!("{id}: there is no {file}.rs"));
            assert!(file != &cells[3] || text.contains("Panel"), "{id}: {file}.rs draws nothing");
        }
        let trial = root().join(format!("src/calibration/trials/{}.rs", cells[4]));
        let tried = fs::read_to_string(trial).is_ok_and(|text| text.contains(id));
        assert!(tried || cells[4] == "its verdicts", "{id}: {} does not try it", cells[4]);
    }
}

/// A file that no program takes in would never run.
#[test]
fn every_file_of_tests_is_in_one_of_the_two_programs() {
    let programs = ["laws", "commands"].map(|name| fs::read_to_string(root().join(format!("tests/{name}.rs"))).expect("a program of tests"));
    let mut count = 0;
    for entry in fs::read_dir(root().join("tests")).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".rs").map(str::to_string)) else { continue };
        if !["laws", "commands"].contains(&name.as_str()) {
            count += 1;
            let takes = programs.iter().filter(|text| text.lines().any(|line| line == format!("mod {name};"))).count();
            assert_eq!(takes, 1, "{}", path.display());
        }
    }
    assert!(count > 70, "only {count} files were found: the reader is blind");
}
