//! Units anywhere: chunks of a study done by workers side by side give the bytes of one run, and a
//! worker does nothing for another study or program.

use crate::common::command::{files, rtrl_lab, text, told};
use crate::common::runs::{ONLY, assert_same, finished, refused, study};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The lines of `units` for the small study, in a folder that they make ready.
fn planned(here: &Path, name: &str, more: &[&str]) -> (PathBuf, Vec<String>) {
    let (study, run) = (text(&study(here, 5)), here.join(name));
    let (code, lines, errors) = told(&rtrl_lab(&[&["units", &study, "--only", ONLY, "--out", &text(&run)], more].concat()));
    assert_eq!(code, 0, "{errors}");
    (run, lines.lines().map(str::to_string).collect())
}

fn worker(run: &Path, chunks: &[&str]) -> std::process::Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rtrl-lab"));
    command.args(["work", &text(run), "--jobs", "1"]).args(chunks).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn workers_side_by_side_give_the_bytes_of_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let whole = finished(here, "whole", 5);
    let (run, lines) = planned(here, "spread", &["--chunk", "0.01"]);
    assert!(lines.len() >= 4, "{lines:?}");
    // Whole lines and their first words, a chunk twice, and all at the same time.
    let first = |line: &String| line.split('\t').next().unwrap().to_string();
    let mut given: Vec<String> = lines.iter().enumerate().map(|(number, line)| if number % 2 == 0 { line.clone() } else { first(line) }).collect();
    given.push(lines[0].clone());
    let children: Vec<_> =
        given.chunks(given.len().div_ceil(3)).map(|chunks| worker(&run, &chunks.iter().map(String::as_str).collect::<Vec<_>>())).collect();
    for child in children {
        let (code, _, errors) = told(&child.wait_with_output().unwrap());
        assert!(code == 0 && errors.is_empty(), "{code} {errors}");
    }
    let (code, missing, _) = told(&rtrl_lab(&["units", "--missing", &text(&run)]));
    assert!(code == 0 && missing.is_empty(), "{missing}");
    assert!(told(&rtrl_lab(&["report", &text(&run)])).0 <= 1);
    assert_same(&run, &whole);
    // What is finished is not begun again.
    let (code, output, errors) = told(&rtrl_lab(&["verify", &text(&study(here, 5)), "--only", ONLY, "--out", &text(&run)]));
    assert!(code == 0 && output.is_empty() && errors.contains("nothing to do"), "{code} {output}{errors}");
    assert_same(&run, &whole);
}

#[test]
fn what_is_missing_is_printed_again_and_its_text_is_the_same_on_every_call() {
    let folder = tempfile::tempdir().unwrap();
    let (run, lines) = planned(folder.path(), "run", &["--chunk", "1e6"]);
    assert_eq!(lines.len(), 1, "one chunk holds all");
    let missing = || told(&rtrl_lab(&["units", "--missing", &text(&run), "--chunk", "1e6"])).1;
    assert_eq!(missing().trim_end(), lines[0]);
    assert_eq!(told(&rtrl_lab(&["work", &text(&run), &lines[0]])).0, 0);
    assert_eq!(missing(), "");
    let record = run.join("records/cases/line/data_ergodicity/pairs-0001.json");
    std::fs::remove_file(&record).unwrap();
    let chunk = missing().split('\t').next().unwrap().to_string();
    assert!(chunk.ends_with(":cases/line/data_ergodicity/pairs-0001"), "{chunk}");
    // A record that is there and not whole is missing too, and is made again.
    std::fs::write(&record, "{").unwrap();
    assert!(missing().starts_with(&chunk));
    assert_eq!(told(&rtrl_lab(&["work", &text(&run), &chunk])).0, 0);
    assert_eq!(missing(), "");
}

#[test]
fn a_chunk_of_another_study_or_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let (run, lines) = planned(here, "run", &[]);
    let (print, units) = lines[0].split('\t').next().unwrap().split_once(':').unwrap();
    let work = |chunk: &str, words: &[&str]| refused(here, &["work", &text(&run), chunk], words);
    work(&format!("0011223344556677:{units}"), &["another study, other data or another program", print]);
    work(units, &["is no chunk"]);
    work(&format!("{print}:cases/line/data_ergodicity/pairs-0000..9999"), &["the last unit of this part is 2"]);
    work(&format!("{print}:cases/none/data_ergodicity/pairs-0000"), &["no such part"]);
    work(&format!("{print}:../../elsewhere-0000"), &["no such part"]);
    work(&format!("{print}:cases/line/data_ergodicity/pairs"), &["names no units"]);
}

#[test]
fn a_run_that_another_build_began_is_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let (run, lines) = planned(here, "run", &[]);
    let manifest = run.join("manifest.json");
    let written = std::fs::read_to_string(&manifest).unwrap();
    let mut changed: serde_json::Value = serde_json::from_str(&written).unwrap();
    changed["source"] = "0011223344556677".into();
    std::fs::write(&manifest, changed.to_string()).unwrap();
    let study = text(&study(here, 5));
    refused(here, &["verify", &study, "--only", ONLY, "--out", &text(&run)], &["another build"]);
    refused(here, &["work", &text(&run), &lines[0]], &["another build"]);
    // With the study changed, the fingerprint tells.
    changed["study_text"] = changed["study_text"].as_str().unwrap().replace("seed = 5", "seed = 6").into();
    std::fs::write(&manifest, changed.to_string()).unwrap();
    refused(here, &["work", &text(&run), &lines[0]], &["seed"]);
}

#[test]
fn a_lone_writer_keeps_workers_out_and_they_keep_it_out() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let (run, lines) = planned(here, "run", &[]);
    let lock = std::fs::OpenOptions::new().write(true).open(run.join(".rtrl-lab.lock")).unwrap();
    lock.lock().unwrap();
    refused(here, &["work", &text(&run), &lines[0]], &["has this folder for itself"]);
    lock.unlock().unwrap();
    lock.lock_shared().unwrap();
    let study = text(&study(here, 5));
    refused(here, &["verify", &study, "--only", ONLY, "--out", &text(&run)], &["another rtrl-lab is writing"]);
    assert_eq!(told(&rtrl_lab(&["work", &text(&run), &lines[0]])).0, 0);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_run_after_the_units_in_hand_and_the_same_command_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let whole = finished(here, "whole", 5);
    let study = text(&study(here, 5));
    let mut stopped = 0;
    for (part, signal) in ["-INT", "-TERM", "-INT", "-TERM", "-INT", "-TERM"].into_iter().enumerate() {
        let run = here.join(format!("run-{part}"));
        let arguments = ["verify", &study, "--only", ONLY, "--jobs", "1", "--out", &text(&run)];
        let mut command = Command::new(env!("CARGO_BIN_EXE_rtrl-lab"));
        let child = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        // From the first record on the process listens.
        while !run.join("records").exists() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(2 * part as u64));
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let (code, _, errors) = told(&child.wait_with_output().unwrap());
        if code == 3 {
            stopped += 1;
            assert!(errors.contains("units are left") && errors.contains("the same command goes on"), "{errors}");
            assert!(files(&run).iter().all(|(name, _)| !name.ends_with(".part")), "a file was left half written");
            let (code, page, errors) = told(&rtrl_lab(&["report", &text(&run), "--interim"]));
            assert!(code == 0 && errors.contains("records are missing") && page.contains("undefined"), "{code} {page}{errors}");
            assert!(run.join("interim.html").exists() && !run.join("verdicts.json").exists());
            assert!(told(&rtrl_lab(&arguments)).0 <= 1);
        }
        assert_same(&run, &whole);
    }
    assert!(stopped >= 2, "only {stopped} runs were stopped in time");
}

/// A run finds the files of its study from any folder, and after both were moved together.
#[test]
fn a_run_with_data_is_checked_from_any_folder() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("here");
    std::fs::create_dir_all(here.join("studies")).unwrap();
    std::fs::create_dir_all(here.join("data")).unwrap();
    let rows: String = (0..400).map(|row| format!("{}\n", (f64::from(row) * 0.7).sin())).collect();
    std::fs::write(here.join("data/series.csv"), format!("a\n{rows}")).unwrap();
    let study = "[study]\nname = \"moved\"\nseed = 1\n[data]\nkind = \"recorded\"\nfile = \"../data/series.csv\"\n\
                 input_columns = [\"a\"]\ntarget_columns = [\"a\"]\n[network]\nhidden = 2\n";
    std::fs::write(here.join("studies/study.toml"), study).unwrap();
    let run = |at: &Path, arguments: &[&str]| told(&Command::new(env!("CARGO_BIN_EXE_rtrl-lab")).current_dir(at).args(arguments).output().unwrap());
    let shard = |k: &str, out: &str| run(&here, &["verify", "studies/study.toml", "--only", "hidden_contraction", "--shard", k, "--out", out]);
    assert!(shard("1/2", "runs/one").0 == 0 && shard("2/2", "runs/deep/er/two").0 == 0);
    let (code, _, errors) = run(&here, &["report", "runs/one", "runs/deep/er/two", "--out", "merged"]);
    assert!(code <= 1, "{errors}");
    let check = |at: &Path, run_folder: &str| {
        let (code, answer, errors) = run(at, &["check", run_folder, "--every", "1000"]);
        assert_eq!(code, 0, "{answer}{errors}");
    };
    check(&here, "merged");
    check(&here.join("data"), "../merged");
    let there = folder.path().join("there");
    std::fs::rename(&here, &there).unwrap();
    check(folder.path(), "there/merged");
}

#[test]
fn a_dry_run_counts_what_a_run_does_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let study = text(&study(here, 5));
    let out = here.join("run");
    let (code, answer, errors) = told(&rtrl_lab(&["verify", &study, "--only", ONLY, "--out", &text(&out), "--dry-run", "--json"]));
    assert!(code == 0 && !out.exists(), "{errors}");
    let told_of: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let run = finished(here, "run", 5);
    let records: Vec<usize> = files(&run.join("records")).iter().map(|(_, bytes)| bytes.len()).collect();
    assert_eq!(told_of["units"], records.len());
    let (disk, really) = (told_of["disk"].as_f64().unwrap(), records.iter().sum::<usize>() as f64);
    assert!(disk > 0.5 * really && disk < 2.0 * really, "{disk} {really}");
    assert!(told_of["hours"].as_f64().unwrap() > 0.0 && told_of["memory"].as_f64().unwrap() > 1e7);
}

#[test]
fn slurm_scripts_hold_every_chunk_once_and_again_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let (study, run) = (text(&study(here, 5)), here.join("a run"));
    let slurm = |more: &[&str]| told(&rtrl_lab(&[&["slurm", &study, "--only", ONLY, "--out", &text(&run), "--tasks", "3"], more].concat()));
    let (code, answer, errors) = slurm(&["--sbatch", "--partition=long"]);
    assert!(code == 0 && answer.starts_with("sh '") && answer.contains("a run/slurm/submit.sh"), "{answer}{errors}");
    let script = |name: &str| std::fs::read_to_string(run.join("slurm").join(name)).unwrap();
    let chunks: Vec<String> = script("chunks.txt").lines().map(str::to_string).collect();
    assert!((1..=3).contains(&chunks.len()), "{chunks:?}");
    let array = script("array.sh");
    for line in
        ["#SBATCH --partition=long\n", &format!("#SBATCH --array=1-{}\n", chunks.len()), "#SBATCH --mem=", "#SBATCH --time=", "\"$chunk\" --jobs 1\n"]
    {
        assert!(array.contains(line), "`{line}` is not in: {array}");
    }
    assert!(script("submit.sh").contains("--dependency=afterok:") && script("report.sh").contains(" report "));
    // What an array task does, and then no task is left.
    for chunk in &chunks {
        assert_eq!(told(&rtrl_lab(&["work", &text(&run), chunk])).0, 0);
    }
    let (code, answer, errors) = slurm(&[]);
    assert!(code == 0 && answer.is_empty() && errors.contains("no unit of work is missing"), "{answer}{errors}");
    assert!(told(&rtrl_lab(&["report", &text(&run)])).0 <= 1);
    assert_same_but_for_scripts(&run, &finished(here, "whole", 5));
    // The scripts are of the run: --force takes them away with it.
    let (_, _, errors) = told(&rtrl_lab(&["verify", &study, "--only", ONLY, "--out", &text(&run), "--force"]));
    assert!(!run.join("slurm").exists() && !errors.contains("left in"), "{errors}");
    refused(here, &["slurm", &study, "--tasks", "0"], &["--tasks"]);
    for command in ["slurm", "units"] {
        for option in [&["--shard", "1/2"][..], &["--dry-run"], &["--memory-limit", "1"]] {
            let before = files(here);
            let (code, output, errors) = told(&rtrl_lab(&[&[command, study.as_str()], option].concat()));
            assert!(code == 2 && errors.contains(&format!("'{}'", option[0])) && output.is_empty(), "{code} {errors}");
            assert!(before == files(here));
        }
    }
    refused(here, &["verify", &study, "--dry-run", "--shard", "1/2"], &["--dry-run", "--shard"]);
}

#[cfg(unix)]
#[test]
fn an_indexed_job_does_every_chunk_and_fails_an_index_that_no_retry_helps() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let (study, run) = (text(&study(here, 5)), here.join("run"));
    let arguments = ["kubernetes", &study, "--only", ONLY, "--out", &text(&run), "--tasks", "3", "--image", "lab/rtrl:1", "--volume", "runs"];
    let (code, answer, errors) = told(&rtrl_lab(&arguments));
    assert!(code == 0 && answer.starts_with("kubectl create -f '"), "{answer}{errors}");
    let job: serde_json::Value = serde_json::from_slice(&std::fs::read(run.join("kubernetes/job.json")).unwrap()).unwrap();
    let (spec, container) = (&job["spec"], &job["spec"]["template"]["spec"]["containers"][0]);
    let chunks = std::fs::read_to_string(run.join("kubernetes/chunks.txt")).unwrap().lines().count();
    assert!(spec["completionMode"] == "Indexed" && spec["completions"] == chunks && (1..=3).contains(&chunks));
    let rule = &spec["podFailurePolicy"]["rules"][0];
    assert!(rule["action"] == "FailIndex" && rule["onExitCodes"]["values"] == serde_json::json!([2]) && spec["backoffLimitPerIndex"].is_u64());
    let command: Vec<&str> = container["command"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    assert!(command[..2] == ["sh", "-c"] && command[3] == "/volume/run", "{command:?}");
    // What a pod does, with the run folder where it is here.
    let program = Path::new(env!("CARGO_BIN_EXE_rtrl-lab")).parent().unwrap();
    let path = format!("{}:{}", text(program), std::env::var("PATH").unwrap());
    for index in 0..chunks {
        let mut pod = Command::new("sh");
        pod.args(["-c", command[2], &text(&run)]).env("PATH", &path).env("JOB_COMPLETION_INDEX", index.to_string());
        assert!(pod.status().unwrap().success(), "index {index}");
    }
    assert!(told(&rtrl_lab(&["report", &text(&run)])).0 <= 1);
    std::fs::remove_dir_all(run.join("kubernetes")).unwrap();
    assert_same(&run, &finished(here, "whole", 5));
}

fn assert_same_but_for_scripts(run: &Path, whole: &Path) {
    let scripts = run.join("slurm");
    let kept = run.parent().unwrap().join("scripts");
    std::fs::rename(&scripts, &kept).unwrap();
    assert_same(run, whole);
    std::fs::rename(&kept, &scripts).unwrap();
}

#[test]
fn a_unit_that_is_given_again_replaces_what_its_first_worker_left_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let whole = finished(here, "whole", 5);
    let (run, lines) = planned(here, "run", &["--chunk", "1e6"]);
    // What a worker leaves that was killed while it wrote: a file that is not whole yet, beside a
    // record that a loss of power has torn.
    let place = "records/cases/line/data_ergodicity/pairs-0001.json";
    let record = std::fs::read(whole.join(place)).unwrap();
    let half = run.join("records/cases/line/data_ergodicity/.rtrl-lab-aB3dE9.part");
    std::fs::write(&half, &record[..record.len() / 2]).unwrap();
    std::fs::write(run.join(place), &record[..record.len() / 3]).unwrap();
    // Two workers are given the same units at once, as by a queue that lost sight of one.
    let children = [0, 1].map(|_| worker(&run, &[&lines[0]]));
    for child in children {
        let (code, _, errors) = told(&child.wait_with_output().unwrap());
        assert!(code == 0 && errors.is_empty(), "{code} {errors}");
    }
    assert_eq!(std::fs::read(run.join(place)).unwrap(), record);
    // The half file lies there until one process has the folder for itself.
    assert!(half.exists());
    assert!(told(&rtrl_lab(&["report", &text(&run)])).0 <= 1);
    assert!(!half.exists());
    assert_same(&run, &whole);
}
