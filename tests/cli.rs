//! The commands as a user types them: help, machine-readable answers, what a run leaves behind.

use crate::common::command::{SMALL, files, json, rtrl_lab, text, told};
use ndarray::{Array3, Array4, arr1};
use rtrl_lab::network::activation;
use rtrl_lab::theory::{GaussianStart, ScalarModel, ScalarNetwork};
use serde_json::Value;

#[test]
fn every_command_has_help_and_is_named_in_the_general_one() {
    let (code, general, _) = told(&rtrl_lab(&["--help"]));
    assert_eq!(code, 0);
    for command in [
        "verify",
        "analyze",
        "report",
        "check",
        "oracle",
        "simulate",
        "list",
        "init",
        "calibrate",
        "diagnose",
        "distance",
        "bench",
        "train",
        "export",
    ] {
        assert!(general.contains(command), "{command}");
        let (code, help, _) = told(&rtrl_lab(&[command, "--help"]));
        assert!(code == 0 && help.contains("Usage: rtrl-lab"), "{command}: {help}");
    }
}

#[test]
fn list_names_what_the_library_holds() {
    let list = json(&["list", "--json"]);
    let names: Vec<&str> = list["claims"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(names, rtrl_lab::claims::ALL.iter().map(|claim| claim.id()).collect::<Vec<_>>());
    let activations: Vec<&str> = list["activations"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(activations, rtrl_lab::network::activation::ALL.map(|activation| activation.name()));
    let (_, words, _) = told(&rtrl_lab(&["list"]));
    assert!(names.iter().all(|name| words.contains(name)));
}

#[test]
fn the_study_that_init_writes_is_a_study() {
    let folder = tempfile::tempdir().unwrap();
    let study = text(&folder.path().join("mine.toml"));
    assert_eq!(told(&rtrl_lab(&["init", &study])).0, 0);
    let out = text(&folder.path().join("run"));
    let (code, table, errors) = told(&rtrl_lab(&["verify", &study, "--quick", "--only", "data_ergodicity", "--out", &out]));
    assert_eq!(code, 0, "{errors}");
    assert!(table.contains("supported") && table.contains("report.html"), "{table}");
}

#[test]
fn the_oracle_answers_for_one_unit_of_any_activation() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("unit.toml");
    let unit = "[study]\nname = \"s\"\nseed = 1\n[data]\nkind = \"var\"\ntransition = [[0.5]]\ntarget = [0.7]\ntarget_noise = 0.1\n[start]\ndata = [2.0]\nhidden = [-0.5]\n\
                [network]\nactivation = \"tanh\"\n[network.parameters]\nB = [[1.3]]\nW = [[-0.8]]\nb = [0.2]\nC = [[0.5]]\nc = [0.1]\n";
    std::fs::write(&study, unit).unwrap();
    let answer = json(&["oracle", &text(&study), "--times", "0,3", "--taus", "0,1,5"]);
    let model = ScalarModel {
        phi: 0.5,
        target: 0.7,
        target_noise: 0.1,
        readout: 0.5,
        readout_bias: 0.1,
        ..ScalarModel::plain(activation::named("tanh").unwrap(), 1.3, -0.8, 0.2)
    };
    let exact = ScalarNetwork::new(model).unwrap();
    let number = |value: &Value| value.as_f64().unwrap();
    assert_eq!(number(&answer["rate"]), exact.second_eigenvalue().unwrap());
    assert_eq!(number(&answer["moment_rate_2"]), exact.moment_rate(2.0).unwrap());
    assert_eq!(number(&answer["distance_rate_2"]), exact.distance_rate(2.0).unwrap());
    assert_eq!(number(&answer["loss"]), exact.loss().unwrap());
    assert_eq!(number(&answer["gradient"]["B"][0][0]), exact.gradient().unwrap().b_matrix[[0, 0]]);
    let start = GaussianStart { mean: arr1(&[2.0, -0.5]), deviation: arr1(&[0.0, 0.0]) };
    let distances = exact.wasserstein(&start, &[0, 3]).unwrap();
    assert_eq!(number(&answer["w2"]["hidden"]["3"]), distances[1].w2);
    assert_eq!(number(&answer["w1"]["hidden"]["0"]), distances[0].w1);
    assert_eq!(number(&answer["tbptt_bias"]["5"]), exact.tbptt_biases(&[5]).unwrap()[0].recurrent_norm());
    assert_eq!(answer["block_tbptt_bias"].as_object().unwrap().keys().collect::<Vec<_>>(), ["1", "5"]);
    // Nothing is left out without a word: a unit without a tail says so.
    std::fs::write(&study, unit.replace("1.3", "0.4")).unwrap();
    let answer = json(&["oracle", &text(&study), "--times", "0"]);
    assert!(answer["tail_index"].is_null() && answer["undefined"]["tail_index"].as_str().unwrap().contains("all orders"), "{answer}");
}

#[test]
fn the_oracle_answers_in_the_documented_form() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study.toml");
    let scalar = "[study]\nname = \"s\"\nseed = 1\n[data]\nkind = \"var\"\ntransition = [[0.6]]\ntarget = [1.0]\n[start]\ndata = [2.0]\nhidden = [0.0]\n\
                  [network]\nactivation = \"identity\"\n[network.parameters]\nB = [[0.3]]\nW = [[0.8]]\nb = [0.0]\nC = [[0.5]]\nc = [0.0]\n";
    std::fs::write(&study, scalar).unwrap();
    let answer = json(&["oracle", &text(&study), "--times", "0,3", "--taus", "1,5"]);
    assert!((answer["rho_data"].as_f64().unwrap() - 0.6).abs() < 1e-12 && (answer["rho_recurrent"].as_f64().unwrap() - 0.3).abs() < 1e-12);
    assert!((answer["rate"].as_f64().unwrap() - 0.6).abs() < 1e-12);
    for block in ["joint", "data", "hidden", "derivative"] {
        let w2 = answer["w2"][block].as_object().unwrap();
        assert_eq!(w2.keys().collect::<Vec<_>>(), ["0", "3"]);
        assert!(w2.values().all(|value| value.as_f64().unwrap() > 0.0));
    }
    // By hand at t = 3: mean 0.6³ · 2, deviation √v (1 − √(1 − 0.6⁶)) with v = 1/0.64.
    let (shrunk, deviation) = (0.6f64.powi(6), 1.25);
    let gap = deviation * (1.0 - (1.0 - shrunk).sqrt());
    let by_hand = (4.0 * shrunk + gap * gap).sqrt();
    assert!((answer["w2"]["data"]["3"].as_f64().unwrap() / by_hand - 1.0).abs() < 1e-10);
    for (block, rows) in [("B", 1), ("W", 1), ("C", 1)] {
        assert_eq!(answer["gradient"][block].as_array().unwrap().len(), rows);
        assert!(answer["gradient"][block][0].is_array());
    }
    assert!(answer["gradient"]["b"][0].is_number() && answer["gradient"]["c"][0].is_number());
    let squares: f64 = ["B", "W", "C"].iter().map(|block| answer["gradient"][block][0][0].as_f64().unwrap()).map(|g| g * g).sum();
    assert!((answer["gradient_norm"].as_f64().unwrap() / squares.sqrt() - 1.0).abs() < 1e-12);
    assert!(answer["loss"].as_f64().unwrap() > 0.0);
    let bias = |tau: &str| answer["tbptt_bias"][tau].as_f64().unwrap();
    assert!(bias("5") < 0.01 * bias("1") && bias("5") > 0.0);
    // A block of one step is the rolling form; in a longer one the first steps keep the bias up.
    let block = |tau: &str| answer["block_tbptt_bias"][tau].as_f64().unwrap();
    assert!((block("1") / bias("1") - 1.0).abs() < 1e-12 && block("5") > 10.0 * bias("5"));
    let number = |key: &str, name: &str| answer[key][name].as_f64().unwrap();
    // In (C, c) alone the Hessian is diag(var S, 1), so its largest eigenvalue is at least 1.
    assert!(number("hessian_eigenvalues", "smallest") < number("hessian_eigenvalues", "largest"));
    assert!(number("hessian_eigenvalues", "largest") >= 1.0);
    assert!(number("derivative_moments", "4") > number("derivative_moments", "2") * number("derivative_moments", "2"));
    assert!(answer["asymptotic_variance_trace"].as_f64().unwrap() > 0.0);
}

#[test]
fn simulate_writes_what_it_says_and_the_chain_obeys_its_recursion() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study.toml");
    std::fs::write(&study, SMALL).unwrap();
    let out = folder.path().join("chains.npz");
    let said = json(&["simulate", &text(&study), "--case", "line", "--chains", "3", "--steps", "7", "--out", &text(&out), "--json"]);
    assert_eq!(said["derivative"], serde_json::json!([3, 8, 2, 8]));
    let mut reader = ndarray_npy::NpzReader::new(std::fs::File::open(&out).unwrap()).unwrap();
    let data: Array3<f64> = reader.by_name("data").unwrap();
    let hidden: Array3<f64> = reader.by_name("hidden").unwrap();
    let derivative: Array4<f64> = reader.by_name("derivative").unwrap();
    assert_eq!((data.dim(), hidden.dim(), derivative.dim()), ((3, 8, 1), (3, 8, 2), (3, 8, 2, 8)));
    let prepared = rtrl_lab::study::Prepared::new(SMALL, "test", folder.path(), rtrl_lab::study::BudgetScale::Full, &[]).unwrap();
    let cell = &prepared.study.cases.iter().find(|case| case.case.name == "line").unwrap().case.network.cell;
    let theta = cell.parameters();
    // Rows of theta: B (2), W (1), b (1) of each unit.
    for (chain, t) in (0..3).flat_map(|chain| (0..7).map(move |t| (chain, t))) {
        let now = [hidden[[chain, t, 0]], hidden[[chain, t, 1]], data[[chain, t, 0]], 1.0];
        for unit in 0..2 {
            let row = &theta[unit * 4..unit * 4 + 4];
            let next: f64 = row.iter().zip(&now).map(|(a, b)| a * b).sum();
            assert!((next - hidden[[chain, t + 1, unit]]).abs() < 1e-12);
            for p in 0..8 {
                let immediate = if p / 4 == unit { now[p % 4] } else { 0.0 };
                let carried = row[0] * derivative[[chain, t, 0, p]] + row[1] * derivative[[chain, t, 1, p]];
                assert!((immediate + carried - derivative[[chain, t + 1, unit, p]]).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn a_run_leaves_a_page_that_stands_alone_and_a_table_that_agrees_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study.toml");
    std::fs::write(&study, SMALL).unwrap();
    let run = folder.path().join("run");
    let only = "hidden_contraction,geometric_ergodicity";
    let (code, answer, errors) = told(&rtrl_lab(&["verify", &text(&study), "--only", only, "--out", &text(&run), "--json"]));
    assert!(code <= 1 && errors.is_empty(), "{errors}");
    let verdicts: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((&verdicts["schema_version"], &verdicts["study"], &verdicts["seed"]), (&1.into(), &"small".into(), &5.into()));
    assert_eq!(verdicts["claims"].as_array().unwrap().len(), 4);
    let page = std::fs::read_to_string(run.join("report.html")).unwrap();
    // One script, which sorts and filters, and is there to be read.
    assert!(page.matches("<script").count() == 1 && page.contains("<script>//"));
    for forbidden in ["http://", "src=\"http", "@import", "url(", "fetch(", "XMLHttpRequest"] {
        let without_names = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        assert!(!without_names.contains(forbidden), "the page reaches out: {forbidden}");
    }
    assert!(page.matches("<svg").count() >= 4 && page.contains("lang=\"en\""));
    let measurements = std::fs::read_to_string(run.join("measurements.csv")).unwrap();
    for claim in verdicts["claims"].as_array().unwrap() {
        let id = claim["id"].as_str().unwrap();
        assert!(page.contains(id) && measurements.contains(id));
        assert!(claim["informative"].is_boolean() && claim["premises"].is_array() && claim["budget"]["chains"].is_number());
        for figure in claim["figures"].as_array().unwrap() {
            for kind in ["svg", "png", "pdf", "csv"] {
                let path = run.join("figures").join(format!("{}.{kind}", figure.as_str().unwrap()));
                assert!(std::fs::metadata(&path).unwrap().len() > 500, "{}", path.display());
            }
        }
    }
    // The same again has nothing to do, and changes nothing.
    let before = files(&run);
    let (code, _, errors) = told(&rtrl_lab(&["verify", &text(&study), "--only", only, "--out", &text(&run)]));
    assert!(code == 0 && errors.contains("nothing to do") && errors.contains("--force"), "{errors}");
    assert!(before == files(&run));
}

#[test]
fn a_verdict_other_than_the_expected_one_sets_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study.toml");
    let claims = "[claims.data_ergodicity]\nexpect = \"contradicted\"";
    std::fs::write(&study, SMALL.replacen("[claims.data_ergodicity]", claims, 1)).unwrap();
    let run = text(&folder.path().join("run"));
    let (code, table, errors) = told(&rtrl_lab(&["verify", &text(&study), "--only", "data_ergodicity", "--out", &run]));
    assert_eq!(code, 1, "{errors}");
    assert!(table.contains("unexpected") || errors.contains("unexpected"), "{table}{errors}");
}

#[test]
fn bench_times_an_ensemble_against_the_peak_of_the_same_run() {
    let answer = json(&["bench", "--json", "--quick", "--only", "ensemble,scaling", "--sizes", "4,16", "--threads", "1,2"]);
    let machine = &answer["machine"];
    let peak = machine["fma_gflops"].as_f64().unwrap();
    assert!(machine["cores"].as_u64().unwrap() >= 1 && machine["isa"].is_string() && machine["triad_gb_per_s"].as_f64().unwrap() > 0.0);
    let rows = answer["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    for row in rows {
        let number = |name: &str| row[name].as_f64().unwrap();
        let (n, d) = (number("hidden"), number("inputs"));
        let flops = 2.0 * n * n * n * (n + d + 1.0) * number("chains") * number("steps");
        assert!((number("gflops") / (flops / number("seconds") / 1e9) - 1.0).abs() < 1e-9, "{row}");
        assert!((number("fraction_of_peak") / (number("gflops") / (peak * number("threads"))) - 1.0).abs() < 1e-9, "{row}");
        assert!(number("fraction_of_peak") > 0.0 && number("seconds") <= number("median_seconds"));
        // In a block V is multiplied once, and the other steps cost their injections and their
        // backward products.
        let p = n * (n + d + 1.0);
        let block = |steps: f64| 2.0 * n * n * p + 2.0 * (steps - 1.0) * (n * p + n * n * n) + 2.0 * p;
        let (steps, longest) = (number("steps"), if n <= 12.0 { 8.0 } else { 16.0 });
        let rest = if steps % longest > 0.0 { block(steps % longest) } else { 0.0 };
        assert!(steps > longest, "{row}");
        let executed = number("chains") * ((steps / longest).floor() * block(longest) + rest);
        assert!((number("executed_gflops") / (executed / number("seconds") / 1e9) - 1.0).abs() < 1e-9, "{row}");
        let share = number("executed_fraction_of_peak");
        assert!((share / (number("executed_gflops") / (peak * number("threads"))) - 1.0).abs() < 1e-9 && share < number("fraction_of_peak"), "{row}");
    }
    let against: Vec<&str> = answer["exponents"].as_array().unwrap().iter().map(|line| line["against"].as_str().unwrap()).collect();
    assert_eq!(against, ["N", "T", "M"]);
}

#[test]
fn bench_refuses_what_it_cannot_measure() {
    for (arguments, told_of) in
        [(["--sizes", "0"], "--sizes"), (["--threads", "0"], "--threads"), (["--only", "assignments"], "assignment"), (["--sizes", "5000"], "MB")]
    {
        let (code, _, errors) = told(&rtrl_lab(&[["bench"].as_slice(), arguments.as_slice()].concat()));
        assert!(code == 2 && errors.contains(told_of), "{arguments:?}: {errors}");
    }
}

#[test]
fn diagnose_reads_what_simulate_writes() {
    let folder = tempfile::tempdir().unwrap();
    let (study, out) = (text(&folder.path().join("study.toml")), text(&folder.path().join("chains.npz")));
    std::fs::write(&study, SMALL).unwrap();
    json(&["simulate", &study, "--case", "line", "--chains", "3", "--steps", "60", "--out", &out, "--json"]);
    let (code, _, errors) = told(&rtrl_lab(&["diagnose", &out, "--coordinate", "1"]));
    assert!(code == 2 && errors.contains("hidden (3, 61, 2)") && errors.contains("--array"), "{errors}");
    let (code, _, errors) = told(&rtrl_lab(&["diagnose", &out, "--array", "hiden"]));
    assert!(code == 2 && errors.contains("no array `hiden`") && errors.contains("derivative (3, 61, 2, 8)"), "{errors}");
    // One set of numbers a coordinate, each that of the coordinate alone.
    let both = json(&["diagnose", &out, "--array", "hidden", "--json"]);
    assert_eq!((&both["chains"], &both["draws"], both["coordinates"].as_array().unwrap().len()), (&3.into(), &61.into(), 2));
    let mut reader = ndarray_npy::NpzReader::new(std::fs::File::open(&out).unwrap()).unwrap();
    let hidden: Array3<f64> = reader.by_name("hidden").unwrap();
    let alone = text(&folder.path().join("one.npy"));
    for coordinate in 0..2 {
        ndarray_npy::write_npy(&alone, &hidden.slice(ndarray::s![.., .., coordinate])).unwrap();
        let one = json(&["diagnose", &alone, "--json"]);
        let chosen = json(&["diagnose", &out, "--array", "hidden", "--coordinate", &coordinate.to_string(), "--json"]);
        for name in ["rhat", "ess_bulk", "ess_tail", "ess_mean", "mcse_mean"] {
            assert!(one[name].is_number());
            assert_eq!(one[name], both["coordinates"][coordinate][name], "{name} of {coordinate}");
            assert_eq!(one[name], chosen["coordinates"][0][name], "{name} of {coordinate}");
        }
    }
    let (_, table, _) = told(&rtrl_lab(&["diagnose", &out, "--array", "derivative", "--coordinate", "15"]));
    assert!(table.contains("coordinate 15") && !table.contains("coordinate 14"), "{table}");
    let (code, _, errors) = told(&rtrl_lab(&["diagnose", &out, "--array", "data", "--coordinate", "1"]));
    assert!(code == 2 && errors.contains("--coordinate") && errors.contains("[3, 61, 1]"), "{errors}");
}

#[test]
fn leaving_the_derivatives_out_changes_no_trajectory() {
    let folder = tempfile::tempdir().unwrap();
    let study = text(&folder.path().join("study.toml"));
    std::fs::write(&study, SMALL).unwrap();
    let simulate = |name: &str, more: &[&str]| -> [Array3<f64>; 2] {
        let out = text(&folder.path().join(name));
        json(&[&["simulate", &study, "--case", "curve", "--chains", "2", "--steps", "9", "--out", &out, "--json"], more].concat());
        let mut reader = ndarray_npy::NpzReader::new(std::fs::File::open(&out).unwrap()).unwrap();
        assert_eq!(reader.names().unwrap().len(), if more.is_empty() { 3 } else { 2 });
        ["data", "hidden"].map(|array| reader.by_name(array).unwrap())
    };
    assert_eq!(simulate("whole.npz", &[]), simulate("part.npz", &["--no-derivative"]));
}

#[test]
fn chains_that_look_transposed_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = text(&folder.path().join("x.npy"));
    let draws = ndarray::Array2::from_shape_fn((100, 4), |(i, j)| ((i * 37 + j * 11) % 101) as f64);
    for (array, transposed) in [(draws.clone(), true), (draws.reversed_axes(), false)] {
        ndarray_npy::write_npy(&path, &array).unwrap();
        let (code, answer, errors) = told(&rtrl_lab(&["diagnose", &path, "--json"]));
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!((code, answer["warning"].is_string(), errors.contains("100 chains of 4 draws")), (0, transposed, transposed), "{errors}");
    }
}

#[test]
fn simulate_tells_what_is_not_finite() {
    let folder = tempfile::tempdir().unwrap();
    let (study, out) = (text(&folder.path().join("study.toml")), text(&folder.path().join("chains.npz")));
    let growing = SMALL.replace("hidden = 2", "parameters = { B = [[3.0]], W = [[1.0]], b = [0.0], C = [[1.0]], c = [0.0] }");
    std::fs::write(&study, growing).unwrap();
    let simulate =
        |case: &str| told(&rtrl_lab(&["simulate", &study, "--case", case, "--chains", "2", "--steps", "1000", "--out", &out, "--json", "--force"]));
    let (code, answer, errors) = simulate("line");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let (count, first) = (answer["not_finite"]["hidden"]["count"].as_u64().unwrap(), answer["not_finite"]["hidden"]["first_step"].as_u64().unwrap());
    // 3^646 is the last power below the largest number; the start and the inputs are of the size of
    // 1, so it ends a few steps before or after.
    assert!(code == 0 && (630..660).contains(&first) && (690..750).contains(&count), "{answer}");
    assert!(errors.contains(&format!("{count} of 2002 numbers of hidden")) && errors.contains(&format!("the first at step {first}")), "{errors}");
    let (_, answer, errors) = simulate("curve");
    assert!(errors.is_empty() && answer.contains("\"count\":0"), "{errors}{answer}");
}

/// The words of a line as a shell would make them, up to a pipe or a second command.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted, mut open) = (Vec::new(), false, false);
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ' ' if !quoted => open = false,
            letter => {
                if !open {
                    words.push(String::new());
                }
                open = true;
                words.last_mut().expect("a word").push(letter);
            }
        }
    }
    words
}

#[test]
fn every_example_of_help_is_a_command_that_is_understood() {
    use clap::{CommandFactory, Parser};
    let program = rtrl_lab::cli::Arguments::command();
    let mut seen = 0;
    for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
        let help = command.get_after_help().unwrap_or_else(|| panic!("{} has no example", command.get_name())).to_string();
        let lines = help.lines().filter_map(|line| line.strip_prefix("  "));
        for part in lines.flat_map(|line| line.split(" && ")).flat_map(|line| line.split([';', '|', '>']).map(str::trim).take(1)) {
            let Some(at) = part.find("rtrl-lab ") else { continue };
            let parsed = rtrl_lab::cli::Arguments::try_parse_from(words(&part[at..]));
            assert!(parsed.is_ok(), "{part}: {}", parsed.err().unwrap());
            seen += 1;
        }
    }
    assert!(seen >= 30, "{seen}");
}
