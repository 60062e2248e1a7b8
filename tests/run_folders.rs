//! A run folder loses nothing: who may write into it, what is taken away, and that a stopped run
//! goes on from any point.

use crate::common::command::{SMALL, files, rtrl_lab, text, told};
use crate::common::runs::{ONLY, assert_same, content, copied, finished, refused, study, verify};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn a_report_goes_only_where_a_run_of_the_same_study_may_stand() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let (a, b) = (finished(here, "a", 5), finished(here, "b", 6));
    let report = |out: &Path, words: &[&str]| refused(here, &["report", &text(&a), "--out", &text(out)], words);
    report(&b, &["another run", "seed: 6, not 5", "--out"]);
    let foreign = here.join("thesis");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("report.html"), "mine").unwrap();
    report(&foreign, &["not empty", "report.html"]);
    std::fs::write(foreign.join("manifest.json"), "{}").unwrap();
    report(&foreign, &["manifest.json is not one of rtrl-lab"]);
    report(&here.join("seed-5.toml"), &["this is a file"]);
    // A new folder is made, and the same command may be given again.
    for _ in 0..2 {
        let (code, _, errors) = told(&rtrl_lab(&["report", &text(&a), "--out", &text(&here.join("new"))]));
        assert!(code <= 1 && errors.is_empty(), "{errors}");
        assert_same(&a, &here.join("new"));
    }
}

#[test]
fn a_name_is_never_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("deep/er");
    std::fs::create_dir_all(&here).unwrap();
    let long = "x".repeat(256);
    let verify = |study: String, key: &str| {
        let path = folder.path().join("study.toml");
        std::fs::write(&path, study).unwrap();
        let before = files(folder.path());
        for force in [&[][..], &["--force"]] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_rtrl-lab"));
            let (code, _, errors) = told(&command.current_dir(&here).args(["verify", &text(&path), "--only", ONLY]).args(force).output().unwrap());
            assert!(code == 2 && errors.contains(key) && errors.contains("file names") && errors.trim_end().lines().count() == 1, "{code} {errors}");
        }
        assert!(before == files(folder.path()) && !here.join("runs").exists(), "{key} was written");
    };
    for name in ["../../escaped", "/elsewhere", "..", ".", "a/b", "a\\\\b", "new\\nline", "nul\\u0000", "\\u001b[2J", "", " ", &long] {
        verify(SMALL.replace("name = \"small\"", &format!("name = \"{name}\"")), "study.name");
        verify(SMALL.replace("[case.line.network]", &format!("[case.\"{name}\".network]")), "case");
        let alone = SMALL.replace("name = \"small\"", &format!("name = \"{name}\"")).replace("[case.line.network]", "[network]");
        verify(alone.split("[case.curve.network]").next().unwrap().to_string(), "study.name");
    }
}

#[test]
fn force_takes_away_files_of_a_run_alone() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let other = study(here, 6);
    let force = |out: &Path, words: &[&str]| refused(here, &["verify", &text(&other), "--only", ONLY, "--out", &text(out), "--force"], words);
    let mine = ["figures/fig1.svg", "records/patients.csv", "report.html"];
    let foreign = here.join("foreign");
    let put = |folder: &Path, name: &str| {
        std::fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        std::fs::write(folder.join(name), "mine").unwrap();
    };
    mine.iter().for_each(|name| put(&foreign, name));
    force(&foreign, &["holds no run", "--force replaces runs alone"]);
    for manifest in ["{}", "", "{\"manifest_version\": 3}"] {
        std::fs::write(foreign.join("manifest.json"), manifest).unwrap();
        force(&foreign, &["manifest.json is not one of rtrl-lab"]);
    }
    // In an own run what is not its own stays, and is told.
    let (run, fresh) = (finished(here, "run", 5), here.join("fresh"));
    let kept =
        ["figures/mine.svg", "figures/line-holiday photo.png", "records/notes.txt", "records/cases/line/data_ergodicity/read.me", "notes/thesis.tex"];
    kept.iter().for_each(|name| put(&run, name));
    let (code, _, errors) = verify(&other, &run, &["--force"]);
    assert!(code <= 1 && errors.contains("left in") && errors.contains("figures/mine.svg") && errors.contains("notes/"), "{errors}");
    for name in kept {
        assert_eq!(std::fs::read_to_string(run.join(name)).unwrap(), "mine");
        std::fs::remove_file(run.join(name)).unwrap();
    }
    assert!(verify(&other, &fresh, &[]).0 <= 1);
    assert_same(&run, &fresh);
}

#[cfg(unix)]
#[test]
fn no_link_is_followed_or_written_through() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let run = finished(here, "run", 5);
    let whole = copied(&run, &here.join("whole"));
    let victim = here.join("victim");
    std::fs::create_dir(&victim).unwrap();
    std::fs::write(victim.join("line-data_ergodicity.png"), "mine").unwrap();
    // A file's place: the link is replaced, what it leads to stays.
    let names = ["figures/line-data_ergodicity.png", "figures/line-data_ergodicity.svg", "measurements.csv", "report.html"];
    for name in names {
        std::fs::remove_file(run.join(name)).unwrap();
        symlink(victim.join("line-data_ergodicity.png"), run.join(name)).unwrap();
    }
    assert!(told(&rtrl_lab(&["report", &text(&run)])).0 <= 1);
    assert!(names.iter().all(|name| std::fs::symlink_metadata(run.join(name)).unwrap().is_file()));
    assert_eq!(std::fs::read_to_string(victim.join("line-data_ergodicity.png")).unwrap(), "mine");
    assert_same(&run, &whole);
    // A folder's place: refused, with and without force.
    for place in ["figures", "records"] {
        let run = copied(&whole, &here.join(format!("linked-{place}")));
        std::fs::remove_dir_all(run.join(place)).unwrap();
        symlink(&victim, run.join(place)).unwrap();
        let (study, out) = (text(&study(here, 5)), text(&run));
        for force in [&[][..], &["--force"]] {
            let arguments = [&["verify", &study, "--only", ONLY, "--out", &out], force].concat();
            let (code, _, errors) = told(&rtrl_lab(&arguments));
            assert!(code == 2 && errors.contains("symbolic link"), "{place}: {code} {errors}");
        }
        assert_eq!(files(&victim).len(), 1, "{place}");
    }
}

#[test]
fn a_run_stopped_at_any_file_of_its_report_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let whole = finished(here, "whole", 5);
    let study = study(here, 5);
    let figures = content(&whole).into_iter().map(|(name, _)| name).filter(|name| name.starts_with("figures/")).collect::<Vec<_>>();
    assert!(figures.len() >= 8, "{figures:?}");
    // Verdicts are the last to be there: a run without them is one that was stopped, wherever that
    // was.
    let order: Vec<String> = figures.into_iter().chain(["measurements.csv", "report.html", "verdicts.json"].map(String::from)).collect();
    for cut in [0, 3, order.len() - 3, order.len() - 2, order.len() - 1] {
        let run = copied(&whole, &here.join(format!("cut-{cut}")));
        order[cut..].iter().for_each(|name| std::fs::remove_file(run.join(name)).unwrap());
        let (code, _, errors) = verify(&study, &run, &[]);
        assert!(code <= 1 && errors.contains("going on"), "{cut}: {code} {errors}");
        assert_same(&run, &whole);
    }
}

#[test]
fn a_killed_run_goes_on_and_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let began = Instant::now();
    let whole = finished(here, "whole", 5);
    let takes = began.elapsed();
    let study = study(here, 5);
    let mut stopped = 0;
    for part in 1..=8 {
        let run = here.join(format!("killed-{part}"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_rtrl-lab"));
        command.args(["verify", &text(&study), "--only", ONLY, "--out", &text(&run)]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(takes * part / 9);
        child.kill().unwrap();
        child.wait().unwrap();
        if !run.join("verdicts.json").exists() {
            stopped += 1;
            // A file of ours that the kill left, and one that only looks like it.
            std::fs::create_dir_all(run.join("records")).unwrap();
            if run.join("manifest.json").exists() {
                std::fs::write(run.join("records/.rtrl-lab-aB3dE6.part"), "half").unwrap();
            } else {
                std::fs::remove_dir(run.join("records")).unwrap();
            }
            let (code, _, errors) = verify(&study, &run, &[]);
            assert!(code <= 1, "{part}: {code} {errors}");
        }
        assert_same(&run, &whole);
    }
    assert!(stopped >= 2, "only {stopped} runs were stopped in time");
}

#[test]
fn unfinished_files_of_ours_are_swept_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let run = finished(folder.path(), "run", 5);
    let put = |name: &str| std::fs::write(run.join(name), "half").unwrap();
    let (ours, theirs) =
        (["records/.rtrl-lab-aB3dE6.part", "figures/.rtrl-lab-000000.part", ".rtrl-lab-zzzzzz.part"], "records/.rtrl-lab-notes.part");
    ours.iter().for_each(|name| put(name));
    put(theirs);
    assert!(told(&rtrl_lab(&["report", &text(&run)])).0 <= 1);
    assert!(ours.iter().all(|name| !run.join(name).exists()) && run.join(theirs).exists());
}

#[test]
fn one_writer_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let run = finished(here, "run", 5);
    let (own, other) = (text(&study(here, 5)), text(&study(here, 6)));
    let lock = std::fs::OpenOptions::new().write(true).open(run.join(".rtrl-lab.lock")).unwrap();
    lock.lock().unwrap();
    let said = ["another rtrl-lab is writing", "wait"];
    refused(here, &["report", &text(&run)], &said);
    refused(here, &["verify", &own, "--only", ONLY, "--out", &text(&run), "--force"], &said);
    refused(here, &["verify", &other, "--only", ONLY, "--out", &text(&run), "--force"], &said);
    drop(lock);
    assert!(told(&rtrl_lab(&["report", &text(&run)])).0 <= 1);
    // Two studies started at once in an empty folder: one has it, the other is refused.
    for attempt in 0..4 {
        let run = text(&here.join(format!("race-{attempt}")));
        let start = |study: &str| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_rtrl-lab"));
            command.args(["verify", study, "--only", ONLY, "--out", &run]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let ended = [start(&own), start(&other)].map(|child| told(&child.wait_with_output().unwrap()));
        let won = ended.iter().filter(|(code, ..)| *code <= 1).count();
        assert!(won == 1 && ended.iter().any(|(code, ..)| *code == 2), "{ended:?}");
        let (code, answer, errors) = told(&rtrl_lab(&["check", &run]));
        assert_eq!(code, 0, "{answer}{errors}");
    }
}

#[test]
fn places_that_cannot_hold_a_file_are_refused_with_their_path() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let own = text(&study(here, 5));
    let out = |name: &str, words: &[&str]| refused(here, &["verify", &own, "--only", ONLY, "--out", name], words);
    out(&text(&here.join("seed-5.toml/run")), &["seed-5.toml/run", "is a file"]);
    out(&text(&here.join("x".repeat(256))), &["255 bytes"]);
    #[cfg(unix)]
    out("/dev/null", &["/dev/null", "is a file"]);
    refused(here, &["init", &text(&here.join("none/x.toml"))], &["none/x.toml", "no folder"]);
}

#[test]
fn more_threads_than_help_are_not_started() {
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let (code, _, errors) = verify(&study(folder.path(), 5), &folder.path().join("run"), &["--jobs", "10000"]);
    assert!(code <= 1 && errors.contains("--jobs 10000") && errors.contains("a core"), "{errors}");
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.path().join("run/manifest.json")).unwrap()).unwrap();
    assert!(manifest["threads"].as_u64().unwrap() < 10_000 && began.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_run_keeps_small_data_and_is_read_where_they_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let studies = here.join("a/studies");
    std::fs::create_dir_all(&studies).unwrap();
    std::fs::create_dir_all(here.join("series")).unwrap();
    let csv = here.join("series/x.csv");
    let rows = |count: usize| (0..count).map(|t| format!("{},{}\n", t * 7 % 11, t * t % 17)).collect::<String>();
    std::fs::write(&csv, format!("u,y\n{}", rows(300))).unwrap();
    let study = studies.join("s.toml");
    let data = "[data]\nkind = \"recorded\"\nfile = \"../../series/x.csv\"\ninput_columns = [\"u\"]\ntarget_columns = [\"y\"]\n";
    std::fs::write(
        &study,
        format!("[study]\nname = \"s\"\nseed = 1\n{data}[network]\nhidden = 2\n[claims.hidden_contraction]\nchains = 16\nsteps = 30\n"),
    )
    .unwrap();
    let run = here.join("run");
    let arguments = ["verify", &text(&study), "--only", "hidden_contraction", "--out", &text(&run)];
    assert!(told(&rtrl_lab(&arguments)).0 <= 1);
    assert_eq!(std::fs::read(run.join("data/series/x.csv")).unwrap(), std::fs::read(&csv).unwrap());
    let check = |run: &Path| told(&rtrl_lab(&["check", &text(run), "--every", "1"]));
    assert_eq!(check(&run).0, 0);
    // Elsewhere, and without the file: the run's own copy is read.
    let moved = here.join("elsewhere/deep/run");
    std::fs::create_dir_all(moved.parent().unwrap()).unwrap();
    std::fs::rename(&run, &moved).unwrap();
    std::fs::remove_file(&csv).unwrap();
    let (code, output, errors) = check(&moved);
    assert!(code == 0 && output.contains("all the same"), "{output}{errors}");
    // A copy that was changed is not the run's data.
    std::fs::write(moved.join("data/series/x.csv"), format!("u,y\n{}", rows(301))).unwrap();
    let (code, _, errors) = check(&moved);
    assert!(code == 2 && errors.contains("x.csv"), "{errors}");
    // Large files are kept where that is asked for.
    std::fs::write(&csv, format!("u,y\n{}", "1.00000000000000,2.00000000000000\n3,4\n".repeat(30_000))).unwrap();
    let again = |more: &[&str]| {
        let run = here.join("large");
        let (code, _, errors) = told(&rtrl_lab(&[&arguments[..4], &["--out", &text(&run), "--force", "--shard", "1000000/1000000"], more].concat()));
        assert_eq!(code, 0, "{errors}");
        (run.join("data/series/x.csv").exists(), errors)
    };
    let (is_kept, said) = again(&[]);
    assert!(!is_kept && said.contains("../../series/x.csv (1.1 MB) is not kept in the run"), "{said}");
    assert!(again(&["--keep-data"]).0);
    // A copy that a study is read from is not taken away.
    let copy = here.join("large/data/series/x.csv");
    let own = here.join("own.toml");
    std::fs::write(&own, std::fs::read_to_string(&study).unwrap().replace("../../series/x.csv", "large/data/series/x.csv")).unwrap();
    let (code, _, errors) = told(&rtrl_lab(&["verify", &text(&own), "--only", "hidden_contraction", "--out", &text(&here.join("large")), "--force"]));
    assert!(code == 2 && errors.contains("x.csv, which --force would take away") && copy.exists(), "{errors}");
    // What the run keeps goes with the run.
    let (is_kept, said) = again(&[]);
    assert!(!is_kept && !said.contains("left in"), "{said}");
}

/// Exit code, stdout and stderr of the command in a folder.
fn told_in(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    told(&Command::new(env!("CARGO_BIN_EXE_rtrl-lab")).current_dir(folder).args(arguments).output().unwrap())
}

/// A series of two columns.
fn series(rows: usize) -> String {
    format!("u,y\n{}", (0..rows).map(|t| format!("{},{}\n", t * 7 % 11, t * t % 17)).collect::<String>())
}

#[test]
fn an_edited_study_is_not_taken_away_and_a_dry_run_writes_none() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("x.csv"), series(300)).unwrap();
    let analyze = |more: &[&str]| {
        let own = ["analyze", "x.csv", "--inputs", "u", "--target", "y", "--hidden", "2", "--quick", "--only", "data_ergodicity", "--out", "run"];
        told_in(here, &[&own, more].concat())
    };
    assert_eq!(analyze(&["--dry-run"]).0, 0);
    assert!(!here.join("run").exists());
    assert!(analyze(&[]).0 <= 1 && here.join("run/study.toml").exists());
    // As it was written it is replaced with the run.
    assert!(analyze(&["--force"]).0 <= 1);
    let study = here.join("run/study.toml");
    let edited = std::fs::read_to_string(&study).unwrap().replace("hidden = 2", "hidden = 3");
    std::fs::write(&study, &edited).unwrap();
    let (code, _, errors) = analyze(&["--force"]);
    assert!(code == 2 && errors.contains("study.toml is not as rtrl-lab wrote it"), "{errors}");
    assert_eq!(std::fs::read_to_string(&study).unwrap(), edited);
    assert!(here.join("run/verdicts.json").exists(), "nothing else was taken away either");
}

#[test]
fn a_run_of_analyze_is_read_from_any_folder() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::create_dir(here.join("elsewhere")).unwrap();
    // More than is kept unasked.
    std::fs::write(here.join("x.csv"), series(250_000)).unwrap();
    let analyze = ["analyze", "x.csv", "--inputs", "u", "--target", "y", "--hidden", "2", "--quick", "--only", "hidden_contraction", "--out", "run"];
    let (code, _, errors) = told_in(here, &analyze);
    assert!(code <= 1 && !here.join("run/data/x.csv").exists(), "{errors}");
    let (code, output, errors) = told_in(&here.join("elsewhere"), &["check", "../run"]);
    assert!(code == 0 && output.contains("all the same"), "{output}{errors}");
}

#[test]
fn a_report_of_shares_takes_along_what_they_keep() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("x.csv"), series(300)).unwrap();
    let data = "[data]\nkind = \"recorded\"\nfile = \"x.csv\"\ninput_columns = [\"u\"]\ntarget_columns = [\"y\"]\n";
    let study = format!("[study]\nname = \"s\"\nseed = 1\n{data}[network]\nhidden = 2\n[claims.hidden_contraction]\nchains = 16\nsteps = 30\n");
    std::fs::write(here.join("s.toml"), study).unwrap();
    for share in ["1", "2"] {
        let arguments = ["verify", "s.toml", "--only", "hidden_contraction", "--out", share, "--shard", &format!("{share}/2")];
        assert_eq!(told_in(here, &arguments).0, 0);
    }
    assert!(told_in(here, &["report", "1", "2", "--out", "both"]).0 <= 1);
    std::fs::remove_file(here.join("x.csv")).unwrap();
    ["1", "2"].iter().for_each(|share| std::fs::remove_dir_all(here.join(share)).unwrap());
    let (code, output, errors) = told_in(here, &["check", "both"]);
    assert!(code == 0 && output.contains("all the same"), "{output}{errors}");
}
