//! Budgets that end early: the looks of a run, how it goes on, and that its answer does not depend
//! on who did the work.

use crate::common::command::{files, rtrl_lab, text, told};
use crate::common::runs::{assert_same, content, refused};
use rtrl_lab::claims::{self, LOOKS, Record, Records, finding_at, seen_at};
use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
use std::path::{Path, PathBuf};

const ONLY: &str = "hidden_contraction";

/// A study of one tanh network, whose rate is to be known to `until`.
fn study(folder: &Path, until: f64) -> PathBuf {
    let text = format!(
        "[study]\nname = \"early\"\nseed = 7\n[data]\nkind = \"var\"\ntransition = [[0.5]]\ntarget = [1.0]\n[network]\nhidden = 3\n\
         [claims.hidden_contraction]\nchains = 256\nsteps = 60\nburn_in = 60\nuntil = {until}\n"
    );
    let path = folder.join("early.toml");
    std::fs::write(&path, text).unwrap();
    path
}

fn verify(study: &Path, out: &Path, more: &[&str]) -> (i32, String, String) {
    told(&rtrl_lab(&[&["verify", &text(study), "--only", ONLY, "--out", &text(out)], more].concat()))
}

fn verdict(run: &Path) -> serde_json::Value {
    let verdicts: serde_json::Value = serde_json::from_slice(&std::fs::read(run.join("verdicts.json")).unwrap()).unwrap();
    verdicts["claims"][0].clone()
}

fn records(run: &Path) -> usize {
    files(&run.join("records/cases")).len()
}

#[test]
fn a_run_ends_at_the_look_whose_interval_is_narrow_enough() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let run = |name: &str, until: f64| {
        let run = here.join(name);
        let (code, _, errors) = verify(&study(here, until), &run, &[]);
        assert_eq!(code, 0, "{errors}");
        (records(&run), verdict(&run)["stopping"].clone(), errors)
    };
    let (all, whole, told_whole) = run("whole", 1e-9);
    assert_eq!((whole["look"].as_u64(), whole["units"].as_u64()), (Some(2), whole["of"].as_u64()));
    assert_eq!(told_whole.matches("it goes on").count(), 1, "{told_whole}");
    assert!(told_whole.contains("look 2 of 2: the budget has ended"), "{told_whole}");
    // Thrice as wide as all of them give.
    let until = 3.0 * whole["width"].as_f64().unwrap();
    let (some, middle, told_middle) = run("middle", until);
    assert!(told_middle.contains("look 1 of 2: narrow enough"), "{told_middle}");
    assert!(some < all && middle["look"] == 1 && middle["width"].as_f64().unwrap() <= until, "{some} {all} {middle}");
    // The interval holds at this level at any look.
    assert_eq!((&verdict(&here.join("middle"))["estimate"]["level"], &middle["level"]), (&0.95.into(), &0.975.into()));
    let page = std::fs::read_to_string(here.join("middle/report.html")).unwrap();
    assert!(page.contains("narrow enough"), "the page says where it ended");
    // A report alone finds the same look; what was not needed is not missed.
    let before = content(&here.join("middle"));
    assert!(told(&rtrl_lab(&["report", &text(&here.join("middle"))])).0 <= 1);
    assert_eq!(content(&here.join("middle")), before);
    let (code, output, _) = told(&rtrl_lab(&["check", &text(&here.join("middle")), "--every", "1"]));
    assert!(code == 0 && output.contains("all the same"), "{output}");
}

#[test]
fn workers_and_resumed_runs_end_at_the_same_look_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let study = study(here, 0.03);
    let (whole, spread, resumed) = (here.join("whole"), here.join("spread"), here.join("resumed"));
    assert_eq!(verify(&study, &whole, &[]).0, 0);
    let mut rounds = 0;
    let mut lines = told(&rtrl_lab(&["units", &text(&study), "--only", ONLY, "--out", &text(&spread)])).1;
    while !lines.is_empty() {
        rounds += 1;
        let chunks: Vec<&str> = lines.lines().collect();
        assert_eq!(told(&rtrl_lab(&[&["work", &text(&spread)], &chunks[..]].concat())).0, 0);
        lines = told(&rtrl_lab(&["units", "--missing", &text(&spread)])).1;
    }
    assert!((1..=LOOKS).contains(&rounds), "{rounds}");
    assert_eq!(told(&rtrl_lab(&["report", &text(&spread)])).0, 0);
    assert_same(&spread, &whole);
    // A report elsewhere takes what the run needed, and no more.
    let elsewhere = here.join("elsewhere");
    assert_eq!(told(&rtrl_lab(&["report", &text(&whole), "--out", &text(&elsewhere)])).0, 0);
    assert_same(&elsewhere, &whole);
    // A run that lost records goes on from the look that they were of, and says where it stands.
    assert_eq!(verify(&study, &resumed, &[]).0, 0);
    std::fs::remove_file(resumed.join("verdicts.json")).unwrap();
    let lost = format!("records/cases/early/{ONLY}/pairs-{:04}.json", seen_at(32, LOOKS - 1)[0]);
    std::fs::remove_file(resumed.join(lost)).unwrap();
    let (code, _, errors) = told(&rtrl_lab(&["report", &text(&resumed)]));
    assert!(code == 2 && errors.contains("records are missing"), "{errors}");
    let (code, output, _) = told(&rtrl_lab(&["report", &text(&resumed), "--interim"]));
    assert!(code == 0 && output.contains(ONLY), "{output}");
    let (code, _, errors) = verify(&study, &resumed, &[]);
    assert!(code == 0 && errors.contains("look 1 of 2"), "{errors}");
    assert_same(&resumed, &whole);
    // Shares do all of their units, and say the same.
    let shares: Vec<PathBuf> = (1..=2).map(|k| here.join(format!("share{k}"))).collect();
    for (k, share) in shares.iter().enumerate() {
        assert_eq!(verify(&study, share, &["--shard", &format!("{}/2", k + 1)]).0, 0);
    }
    let gathered = here.join("gathered");
    assert_eq!(told(&rtrl_lab(&["report", &text(&shares[0]), &text(&shares[1]), "--out", &text(&gathered)])).0, 0);
    assert_eq!(std::fs::read(gathered.join("report.html")).unwrap(), std::fs::read(whole.join("report.html")).unwrap());
    assert!(records(&gathered) > records(&whole));
}

#[test]
fn every_claim_that_ends_early_answers_at_every_look_and_no_other_takes_the_key() {
    let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), BudgetScale::Quick, &[]).unwrap();
    let case = &prepared.study.cases.iter().find(|case| case.case.name == "tanh").unwrap().case;
    let mut early = 0;
    for claim in claims::ALL {
        let text = format!("{DEFAULT}\n[claims.{}]\nuntil = 0.1\n", claim.id());
        let built = Prepared::new(&text, "a.toml", ".".as_ref(), BudgetScale::Quick, &[]);
        if !claim.stops_early() {
            let refusal = built.err().unwrap().to_string();
            assert!(refusal.contains("no replicas of one another") && refusal.contains("hidden_contraction"), "{refusal}");
            continue;
        }
        early += 1;
        let case = built.unwrap().study.cases.iter().find(|built| built.case.name == "tanh").unwrap().case.clone();
        let all = claims::measure(claim, &case);
        let mut widths = Vec::new();
        for look in 0..LOOKS {
            let some = |part: &claims::Part| -> Vec<Record> { seen_at(part.0.len(), look).iter().map(|number| part.0[*number].clone()).collect() };
            let seen = Records(all.0.iter().map(|(name, part)| (name.clone(), claims::Part(some(part)))).collect());
            let finding = finding_at(claim, &case, &seen, look, 1000);
            let stopping = finding.stopping.unwrap();
            assert!(finding.estimate.is_ok(), "{} at look {look}: {}", claim.id(), finding.reason);
            assert_eq!((stopping.look, stopping.until), (look + 1, 0.1));
            widths.extend(stopping.width);
        }
        assert!(widths.len() == LOOKS && widths[0] >= *widths.last().unwrap(), "{}: {widths:?}", claim.id());
    }
    assert!(early >= 3 && case.budget("staleness").until.is_none());
}

#[test]
fn a_width_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    for wrong in ["0.0", "-1.0", "nan", "inf", "\"narrow\""] {
        let path = here.join("wrong.toml");
        std::fs::write(&path, format!("{DEFAULT}\n[claims.hidden_contraction]\nuntil = {wrong}\n")).unwrap();
        refused(here, &["verify", &text(&path), "--quick"], &["until"]);
    }
}
