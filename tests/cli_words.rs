//! What the command explains: keys of a study, lists, manual pages, and whether chains mix well.

use crate::common::command::{SMALL, json, rtrl_lab, text, told};

#[test]
fn the_full_study_names_every_key_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    let study = text(&folder.path().join("with blanks.toml"));
    let (code, said, errors) = told(&rtrl_lab(&["init", &study, "--full"]));
    assert!(code == 0 && said.contains(&format!("rtrl-lab verify '{study}'")), "{said} {errors}");
    let written = std::fs::read_to_string(&study).unwrap();
    for section in rtrl_lab::study::config::reference() {
        assert!(section.rows.iter().all(|row| written.contains(&format!("# {}", row.line()))), "{}", section.path);
    }
    let out = text(&folder.path().join("run"));
    let (code, _, errors) = told(&rtrl_lab(&["verify", &study, "--quick", "--only", "data_ergodicity", "--out", &out]));
    assert_eq!(code, 0, "{errors}");
}

#[test]
fn help_explains_commands_and_the_keys_of_a_study() {
    let said = |arguments: &[&str]| {
        let (code, said, errors) = told(&rtrl_lab(arguments));
        assert_eq!(code, 0, "{arguments:?}: {errors}");
        said
    };
    assert!(said(&["help"]).contains("rtrl-lab help study"));
    assert_eq!(said(&["help", "verify"]), said(&["verify", "--help"]));
    assert!(said(&["help", "study"]).contains("[claims.truncation_bias]"));
    assert!(said(&["help", "study", "[network]"]).contains("recurrent_norm = 0.8    (default)"));
    assert!(said(&["help", "study", "recorded"]).contains("one of error, drop, previous"));
    let refused = |arguments: &[&str], remedy: &str| {
        let (code, _, errors) = told(&rtrl_lab(arguments));
        assert!(code == 2 && errors.contains(remedy), "{arguments:?}: {errors}");
    };
    refused(&["help", "verfy"], "did you mean `verify`?");
    refused(&["help", "study", "ergodicity"], "did you mean `data_ergodicity`?");
    refused(&["help", "verify", "study"], "only `help study` has sections");
    refused(&["verfy"], "'verify'");
    refused(&["verify", "--only", "ergodicity"], "did you mean `data_ergodicity`?");
    refused(&["list", "claim"], "claims");
}

#[test]
fn a_list_may_be_asked_for_alone() {
    let (_, all, _) = told(&rtrl_lab(&["list"]));
    let (code, claims, _) = told(&rtrl_lab(&["list", "claims"]));
    assert!(code == 0 && all.starts_with(claims.trim_end()) && !claims.contains("elman"), "{claims}");
    let cells = json(&["list", "cells", "--json"]);
    assert!(cells.get("claims").is_none() && cells["words"]["cells"]["elman"].as_str().unwrap().contains("σ("), "{cells}");
}

#[test]
fn shells_and_readers_of_manuals_are_served() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (code, script, errors) = told(&rtrl_lab(&["completions", shell]));
        assert!(code == 0 && script.contains("rtrl-lab") && script.contains("verify"), "{shell}: {errors}");
    }
    let pages = folder.path().join("man");
    assert_eq!(told(&rtrl_lab(&["man", &text(&pages)])).0, 0);
    let page = std::fs::read_to_string(pages.join("rtrl-lab-verify.1")).unwrap();
    assert!(page.starts_with(".ie") && page.contains("\\-\\-quick"), "{page}");
    let (_, whole, _) = told(&rtrl_lab(&["man"]));
    assert!(whole.contains(".TH rtrl\\-lab") || whole.contains(".TH rtrl-lab"), "{whole}");
}

#[test]
fn what_simulate_writes_is_diagnosed_and_judged() {
    let folder = tempfile::tempdir().unwrap();
    let (study, chains) = (folder.path().join("a.toml"), text(&folder.path().join("sim.npz")));
    std::fs::write(&study, SMALL).unwrap();
    let simulate = |steps: &str| {
        let (code, _, errors) =
            told(&rtrl_lab(&["simulate", &text(&study), "--case", "line", "--chains", "8", "--steps", steps, "--out", &chains, "--force"]));
        assert_eq!(code, 0, "{errors}");
    };
    simulate("4000");
    let (code, said, errors) = told(&rtrl_lab(&["diagnose", &chains, "--array", "hidden"]));
    assert!(code == 0 && said.starts_with("8 chains of"), "{said} {errors}");
    assert!(said.trim_end().ends_with("good: R̂ at most 1.01 and effective sizes of at least 400"), "{said}");
    // Every array of the file where none is named.
    let all = json(&["diagnose", &chains, "--json"]);
    let arrays = all["arrays"].as_object().unwrap();
    assert_eq!(arrays.keys().collect::<Vec<_>>(), ["data", "derivative", "hidden"]);
    assert_eq!(arrays["hidden"]["good"], true);
    assert!(all["judgement"].as_str().unwrap().contains("asked for") && all["good"] != true, "the derivatives mix more slowly: {}", all["judgement"]);
    simulate("30");
    let (_, said, _) = told(&rtrl_lab(&["diagnose", &chains, "--array", "hidden"]));
    let last = said.trim_end().lines().last().unwrap();
    assert!(last.starts_with("not good: ") && last.contains("hidden[") && last.contains("effective size of"), "{said}");
}

#[test]
fn the_answer_names_what_fails_once_and_its_counts_sum_up() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("broken.toml");
    let text_of_it = "[study]\nname = \"broken\"\nseed = 5\n[data]\nkind = \"var\"\ntransition = [[0.7]]\ntarget = [1.0]\ntarget_noise = 0.1\n\
        [learning]\nsteps = 1000\n[network]\nactivation = \"identity\"\nhidden = 1\nparameters = { B = [[1.4]], W = [[1.0]], drawn = [\"b\", \"C\", \"c\"] }\n";
    std::fs::write(&study, text_of_it).unwrap();
    let only = "data_ergodicity,hidden_contraction,derivative_moments,gradient_identity";
    let (code, said, errors) = told(&rtrl_lab(&["verify", &text(&study), "--quick", "--only", only, "--out", &text(&folder.path().join("run"))]));
    assert_eq!(code, 1, "{errors}");
    let answer = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let failing = "the claim “the hidden state forgets its start” fails";
    assert!(answer.contains(&format!("No: {failing}")) && answer.matches("forgets its start").count() == 1, "{answer}");
    let counts = answer.split("Of 4 claims ").nth(1).and_then(|rest| rest.split('.').next()).unwrap_or_else(|| panic!("no counts: {answer}"));
    let numbers: Vec<usize> = counts.split("; ").map(|part| part.split(' ').next().unwrap().parse().unwrap()).collect();
    assert!(numbers.len() > 2 && numbers.iter().sum::<usize>() == 4, "{counts}");
    assert!(counts.contains("1 holds: “the data settle into one law”; 1 fails; "), "few that hold are named: {counts}");
    assert!(counts.contains("depend on what fails"), "{counts}");
}
