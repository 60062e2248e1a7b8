//! `train`: one lane by the plain rule is the online rule of the theory, lanes and resets do what
//! they say, and the command's folder holds what a second run gives.

use crate::common::command::{rtrl_lab, text, told};
use ndarray::arr2;
use rtrl_lab::data::{Autoregression, LinearTarget, Segment, Var};
use rtrl_lab::network::{Elman, Network, Readout, activation};
use rtrl_lab::random::{Noise, RngKey, stream};
use rtrl_lab::theory::OnlineLoop;
use rtrl_lab::training::{Method, Online, RunStart, Scaling, Schedule, Training};

const STUDY: &str = "[study]\nname = \"small\"\nseed = 4\n[data]\nkind = \"var\"\ntransition = [[0.6]]\ntarget = [1.0]\ntarget_noise = 0.1\n\
[learning]\nschedule = { kind = \"constant\", initial = 0.02 }\n[network]\nactivation = \"tanh\"\n\
[sweep]\nhidden = [2, 3]\nsteps = [200, 400]\n\
[compare]\nmethods = [\"rtrl\", \"rolling-tbptt(1)\", \"snap(2)\", \"uoro\"]\nseeds = 3\nlanes = 2\nreset = 50\nstretches = 8\nstretch = 60\nburn_in = 20\n";

fn data() -> Var {
    let target = LinearTarget::new(vec![vec![1.0]], 0.2);
    Var(Autoregression { transition: arr2(&[[0.7]]), noise_factor: arr2(&[[1.0]]), inputs: vec![0], target })
}

fn network() -> Network {
    let cell = Elman::new(&[0.5, -0.3, 0.2, 0.4], &[1.0, -0.5], &[0.1, 0.0], 0.0, activation::TANH).unwrap();
    Network { cell: Box::new(cell), readout: Readout::new(&[0.5, 0.8], &[0.0], 2) }
}

#[test]
fn one_lane_by_the_plain_rule_is_the_online_rule() {
    let (data, network, key) = (data(), network(), RngKey::root(5));
    let schedule = Schedule { initial: 0.05, offset: 100.0, exponent: 0.6 };
    for method in [Method::RTRL, Method::rolling(3), Method::block(7)] {
        let trained = Training { method, projection: Some(0.6), ..Training::plain(&data, schedule) }.run(&network, 2.0, key, 500, &mut |_| {});
        let at = |stream| Noise::at(key.replicate(0).stream(stream));
        let mut start = vec![0.0];
        rtrl_lab::data::DataProcess::start(&data, 2.0, 0, 1, &mut at(stream::START), &mut start);
        let [innovations, observations, choices] = [stream::INNOVATION, stream::OBSERVATION, stream::METHOD].map(at);
        let start = RunStart { network: &network, data: start, hidden: vec![0.0; 2], innovations, observations, choices };
        let online = Online { data: &data, method, schedule, projection: Some(0.6) }.run(start, 500, &mut ());
        for (a, b) in trained.parameters().iter().zip(online.parameters()) {
            assert!((a - b).abs() < 1e-12, "{method}: {a} {b}");
        }
    }
}

#[test]
fn lanes_clipping_momentum_and_borders_do_what_they_say() {
    let (data, network) = (data(), network());
    let schedule = Schedule { initial: 0.01, offset: 1.0, exponent: 0.0 };
    let run = |training: Training, steps: usize| training.run(&network, 1.0, RngKey::root(6), steps, &mut |_| {}).parameters();
    let moved = |end: &[f64]| end.iter().zip(network.parameters()).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
    // A step under a clip of 1e-3 is no longer than that, and as long as that where it was longer.
    let clipped = run(Training { clip: Some(1e-3), ..Training::plain(&data, schedule) }, 1);
    assert!((moved(&clipped) - 1e-5).abs() < 1e-12, "{}", moved(&clipped));
    // The mean of the lanes' gradients: two lanes lie between their single runs.
    let two = run(Training { lanes: 2, ..Training::plain(&data, schedule) }, 1);
    assert!(moved(&two) > 0.0 && two != run(Training::plain(&data, schedule), 1));
    // One step of many lanes is the mean of their single runs, in each of the ways that lanes go:
    // side by side, one by one, and apart.
    let key = |lane: usize| RngKey::root(6).replicate(lane);
    for (id, length) in [("block-tbptt", 2), ("rolling-tbptt", 2), ("artbp", 2)] {
        let method = Method::of(rtrl_lab::training::method::named(id).unwrap(), length);
        let lanes = 5;
        let mut rules: Vec<_> = (0..lanes).map(|lane| method.start(&network, vec![0.0; 2], Noise::at(key(lane).stream(stream::METHOD)))).collect();
        let mut walks: Vec<_> = (0..lanes)
            .map(|lane| {
                let mut start = vec![0.0];
                rtrl_lab::data::DataProcess::start(&data, 1.0, lane, lanes, &mut Noise::at(key(lane).stream(stream::START)), &mut start);
                (start, Noise::at(key(lane).stream(stream::INNOVATION)), Noise::at(key(lane).stream(stream::OBSERVATION)))
            })
            .collect();
        let segments: Vec<_> = walks
            .iter_mut()
            .map(|(start, innovations, observations)| Segment::follow(&data, start.clone(), 2, innovations, observations).0)
            .collect();
        let mut moved = network.clone();
        let mut own = vec![vec![0.0; network.len()]; lanes];
        for t in 0..2 {
            let mut mean = vec![0.0; network.len()];
            let mut due = false;
            for ((rule, segment), own) in rules.iter_mut().zip(&segments).zip(&mut own) {
                let taken = rule.learn(&moved, segment.input(t), segment.target(t), own);
                if taken.weight > 0.0 {
                    due = true;
                    mean.iter_mut().zip(own).for_each(|(mean, g)| *mean += taken.weight * std::mem::take(g) / lanes as f64);
                }
            }
            if due {
                moved.descend(0.01, &mean);
            }
        }
        let end = run(Training { method, lanes, ..Training::plain(&data, schedule) }, 2);
        assert!(end.iter().zip(moved.parameters()).all(|(a, b)| (a - b).abs() < 1e-14), "{method}: {end:?} {:?}", moved.parameters());
        assert!(id == "artbp" || end != network.parameters(), "{method}");
    }
    // Momentum 0 is the plain rule.
    let plain = run(Training::plain(&data, schedule), 50);
    assert_eq!(run(Training { scaling: Scaling::momentum(0.0), ..Training::plain(&data, schedule) }, 50), plain);
    assert_ne!(run(Training { scaling: Scaling::momentum(0.9), ..Training::plain(&data, schedule) }, 50), plain);
    // A border every step leaves the immediate derivative, from hidden state 0.
    let cut = run(Training { reset: 1, ..Training::plain(&data, schedule) }, 50);
    let immediate = Method::of(rtrl_lab::training::method::named("immediate").unwrap(), 0);
    assert_eq!(run(Training { reset: 1, method: immediate, ..Training::plain(&data, schedule) }, 50), cut);
    assert_ne!(cut, plain);
    // The exact gradient beside the exact method is its own.
    let mut compared = 0;
    let shadowed = Training { lanes: 3, reset: 20, shadow: Some(40), ..Training::plain(&data, schedule) };
    shadowed.run(&network, 1.0, RngKey::root(6), 100, &mut |step| {
        if let Some((own, exact)) = step.gradients {
            compared += 1;
            own.iter().zip(exact).for_each(|(own, exact)| assert!((own - exact).abs() < 1e-12, "{own} {exact}"));
        }
    });
    assert_eq!(compared, 60);
}

#[test]
fn what_does_not_learn_stays_as_it_is() {
    let (data, network) = (data(), network());
    let schedule = Schedule { initial: 0.05, offset: 1.0, exponent: 0.0 };
    // The recurrent matrix alone; by Adam, whose steps are long where gradients are small.
    let block = network.layout().block("B").unwrap().positions().collect::<Vec<_>>();
    let fixed: Vec<usize> = (0..network.len()).filter(|place| !block.contains(place)).collect();
    let training = Training { fixed: fixed.clone(), scaling: Scaling::adam(), ..Training::plain(&data, schedule) };
    let end = training.run(&network, 1.0, RngKey::root(7), 200, &mut |_| {}).parameters();
    let start = network.parameters();
    assert!(fixed.iter().all(|place| end[*place] == start[*place]) && block.iter().all(|place| end[*place] != start[*place]));
    // By a study, whose gradient at rest is that of what learns.
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("part.toml");
    let with = |train: &str| {
        let changed = STUDY.replace("seeds = 3", &format!("seeds = 3{train}")).replace("initial = 0.02 }", "initial = 0.02 }\nprojection = 0");
        std::fs::write(&study, changed).unwrap();
        told(&rtrl_lab(&["train", &text(&study), "--json"]))
    };
    let squares = |output: &str| -> Vec<f64> {
        let json: serde_json::Value = serde_json::from_str(output).unwrap();
        json["records"].as_array().unwrap().iter().map(|record| record["gradient_square"][0].as_f64().unwrap()).collect()
    };
    let (code, all, errors) = with("");
    assert_eq!(code, 0, "{errors}");
    assert_eq!(squares(&with("\ntrain = [\"B\", \"W\", \"b\", \"C\", \"c\"]").1), squares(&all), "all blocks are the whole");
    let (_, row, _) = with("\ntrain = [\"B[2]\"]");
    assert!(row.contains("\"B\"") && !row.contains("\"W\""), "fidelity is of what learns");
    assert_eq!(squares(&row).len(), squares(&all).len());
    // Where nothing moves, the gradient at rest is the whole one or the part that may learn.
    let rest = |train: &str| {
        let changed =
            STUDY.replace("seeds = 3", &format!("seeds = 3\nstability = 0{train}")).replace("initial = 0.02 }", "initial = 1e-300 }\nprojection = 0");
        std::fs::write(&study, changed).unwrap();
        squares(&told(&rtrl_lab(&["train", &text(&study), "--json"])).1)
    };
    let (whole, part, other) = (rest(""), rest("\ntrain = [\"c\"]"), rest("\ntrain = [\"B\", \"W\", \"b\", \"C\"]"));
    for ((whole, part), other) in whole.iter().zip(&part).zip(&other) {
        assert!((part + other - whole).abs() < 1e-12 && part.abs() > 1e-6 && other.abs() > 1e-6, "{part} {other} {whole}");
    }
    for (wrong, words) in
        [("[\"Q\"]", "there is no `Q`"), ("[\"B[3]\"]", "B of 2 rows"), ("[\"B[0]\"]", "there is no `B[0]`"), ("[\"B[x]\"]", "names no row")]
    {
        let (code, _, errors) = with(&format!("\ntrain = {wrong}"));
        assert!(code == 2 && errors.contains(words), "{errors}");
    }
}

#[test]
fn a_folder_holds_what_a_second_run_gives_and_a_changed_number_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (study, out) = (folder.path().join("small.toml"), folder.path().join("out"));
    std::fs::write(&study, STUDY).unwrap();
    let (code, output, errors) = told(&rtrl_lab(&["train", &text(&study), "--out", &text(&out)]));
    assert_eq!(code, 0, "{errors}");
    for word in ["hidden-2_steps-200", "hidden-3_steps-400", "RTRL", "SnAp-2", "UORO", "no difference shown"] {
        assert!(output.contains(word), "`{word}` is not in: {output}");
    }
    for file in ["comparison.json", "comparison.html", "across-cases.svg", "hidden-2_steps-200-learning.png"] {
        assert!(out.join(file).metadata().is_ok_and(|about| about.len() > 500), "{file}");
    }
    let again = folder.path().join("again");
    assert_eq!(told(&rtrl_lab(&["train", &text(&study), "--out", &text(&again)])).0, 0);
    let result = |folder: &std::path::Path| std::fs::read_to_string(folder.join("comparison.json")).unwrap();
    assert_eq!(result(&out), result(&again), "the same study and seed give the same bytes");
    let check = |every: &str| told(&rtrl_lab(&["train", &text(&study), "--check", &text(&out), "--every", every]));
    let (code, output, _) = check("5");
    assert!(code == 0 && output.contains("10 of 48 runs done again, 0 differences"), "{output}");
    // SnAp-2 is RTRL on a dense recurrence: the same losses, a cosine of 1.
    let json: serde_json::Value = serde_json::from_str(&result(&out)).unwrap();
    let methods = json["cases"][0]["methods"].as_array().unwrap();
    let loss = |k: usize| methods[k]["online_loss"]["mean"][0].as_f64().unwrap();
    assert!((loss(2) / loss(0) - 1.0).abs() < 1e-9 && (loss(1) / loss(0) - 1.0).abs() > 1e-6);
    let cosine = |k: usize| methods[k]["cosines"]["recurrent"]["mean"][0].as_f64().unwrap();
    assert!((cosine(2) - 1.0).abs() < 1e-9 && cosine(3) < 0.9);
    // One number of one run.
    let loss = &json["records"][7]["online_loss"];
    let changed = (loss.as_f64().unwrap() * (1.0 + 1e-12)).to_string();
    std::fs::write(out.join("comparison.json"), result(&out).replacen(&loss.to_string(), &changed, 1)).unwrap();
    let (code, output, _) = check("1");
    assert!(code == 1 && output.contains("differs"), "{output}");
    // A folder is not written over without a word.
    let (code, _, errors) = told(&rtrl_lab(&["train", &text(&study), "--out", &text(&out)]));
    assert!(code == 2 && errors.contains("--force"), "{errors}");
}

#[test]
fn what_cannot_be_compared_is_refused_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |from: &str, to: &str, words: &[&str]| {
        let study = folder.path().join("bad.toml");
        assert!(STUDY.contains(from), "{from}");
        std::fs::write(&study, STUDY.replace(from, to)).unwrap();
        let (code, _, errors) = told(&rtrl_lab(&["train", &text(&study)]));
        assert_eq!(code, 2, "{to}: {errors}");
        words.iter().for_each(|word| assert!(errors.contains(word), "`{word}` is not in: {errors}"));
    };
    refused("\"uoro\"", "\"uro\"", &["methods", "uoro"]);
    refused("\"uoro\"", "\"uoro(3)\"", &["`uoro` has no length"]);
    refused("\"snap(2)\"", "\"snap\"", &["needs a length", "snap(8)"]);
    refused("\"snap(2)\"", "\"rtrl\"", &["stands twice"]);
    refused("seeds = 3", "seeds = 1", &["seeds"]);
    refused("seeds = 3", "sedes = 3", &["did you mean `seeds`?"]);
    refused("seeds = 3", "momentum = 0.5", &["momentum", "sgd"]);
    refused("\"uoro\"", "\"block-tbptt(60)\"", &["reset", "never learn"]);
    refused("\"uoro\"]\nseeds = 3\nlanes = 2\nreset = 50", "\"block-tbptt(1000000)\"]\nseeds = 3\nlanes = 10000", &["lanes", "needs", "threads"]);
    refused("seeds = 3", "seeds = 3\ntrain = []", &["train", "empty"]);
    refused("seeds = 3", "seeds = 3\ntrain = [\"B\"]", &["train", "projection = 0"]);
    refused("hidden = [2, 3]", "hidden = []", &["sweep", "empty"]);
    refused("hidden = [2, 3]", "hidden = [2, 2]", &["once"]);
}

#[test]
fn a_comparison_that_was_broken_off_goes_on_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (study, whole, broken) = (folder.path().join("small.toml"), folder.path().join("whole"), folder.path().join("broken"));
    std::fs::write(&study, STUDY).unwrap();
    let train = |out: &std::path::Path, more: &[&str]| {
        let (study, out) = (text(&study), text(out));
        let arguments = [&["train", &study, "--out", &out][..], more].concat();
        told(&rtrl_lab(&arguments))
    };
    assert_eq!(train(&whole, &[]).0, 0);
    assert!(!whole.join("runs.partial.jsonl").exists());
    // A full disk, played by a folder in the place of the result: all runs are kept.
    std::fs::create_dir_all(broken.join("comparison.json")).unwrap();
    assert_eq!(train(&broken, &["--force"]).0, 3);
    std::fs::remove_dir(broken.join("comparison.json")).unwrap();
    let partial = broken.join("runs.partial.jsonl");
    let kept = std::fs::read_to_string(&partial).unwrap();
    let lines: Vec<&str> = kept.lines().collect();
    assert_eq!(lines.len(), 1 + 48);
    // Broken off in the middle of a line.
    let torn = format!("{}\n{}", lines[..20].join("\n"), &lines[20][..30]);
    std::fs::write(&partial, &torn).unwrap();
    let (code, _, errors) = train(&broken, &[]);
    assert!(code == 2 && errors.contains("--resume") && errors.contains("broken off"), "{errors}");
    // Another study, and a line that is no run.
    std::fs::write(&study, STUDY.replace("seed = 4", "seed = 5")).unwrap();
    let (code, _, errors) = train(&broken, &["--resume"]);
    assert!(code == 2 && errors.contains("another study"), "{errors}");
    std::fs::write(&study, STUDY).unwrap();
    std::fs::write(&partial, format!("{}\n{{}}\n", lines[0])).unwrap();
    let (code, _, errors) = train(&broken, &["--resume"]);
    assert!(code == 2 && errors.contains("line 2"), "{errors}");
    std::fs::write(&partial, &torn).unwrap();
    assert_eq!(train(&broken, &["--resume"]).0, 0);
    let result = |folder: &std::path::Path| std::fs::read_to_string(folder.join("comparison.json")).unwrap();
    assert_eq!(result(&whole), result(&broken));
    assert!(!partial.exists());
    // What is finished needs nothing, and stays.
    let (code, _, errors) = train(&broken, &["--resume"]);
    assert!(code == 0 && errors.contains("nothing to do"), "{errors}");
    let (code, _, errors) = train(&broken, &[]);
    assert!(code == 2 && errors.contains("--force"), "{errors}");
    std::fs::write(&study, STUDY.replace("name = \"small\"", "name = \"other\"")).unwrap();
    let (code, _, errors) = train(&broken, &["--resume"]);
    assert!(code == 2 && errors.contains("another study"), "{errors}");
    assert_eq!(result(&whole), result(&broken));
}

/// One linear unit `x' = ½ x + θ` with loss `½ (x − 1)²`, as a study that learns `θ` alone.
const LOOP: &str = "[study]\nname = \"loop\"\nseed = 1\n[data]\nkind = \"var\"\ntransition = [[0.5]]\ntarget = [0.0]\ntarget_noise = 0.0\n\
[network]\nactivation = \"identity\"\n[network.parameters]\nB = [[0.5]]\nW = [[0.0]]\nb = [0.1]\nC = [[1.0]]\nc = [-1.0]\n\
[learning]\nschedule = { kind = \"constant\", initial = 0.9 }\nsteps = 200\nprojection = 0\n\
[compare]\ntrain = [\"b\"]\nmethods = [\"rtrl\", \"immediate\"]\nseeds = 2\nstretches = 4\nstretch = 20\nburn_in = 20\n";

#[test]
fn the_largest_stable_step_is_that_of_the_loop_and_the_page_warns_near_it() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("loop.toml");
    let stable = |changed: &str| {
        std::fs::write(&study, changed).unwrap();
        let (code, output, errors) = told(&rtrl_lab(&["train", &text(&study), "--json"]));
        assert_eq!(code, 0, "{errors}");
        let json: serde_json::Value = serde_json::from_str(&output).unwrap();
        json["stability"].as_array().map(|all| all[0]["found"][1].as_array().unwrap().iter().map(|step| step.as_f64()).collect::<Vec<_>>())
    };
    let exact = OnlineLoop::new(arr2(&[[0.5]]), arr2(&[[1.0]]), arr2(&[[1.0]])).unwrap().stable_step().unwrap();
    // From a step below and from one far above.
    for first in ["initial = 0.9", "initial = 40.0"] {
        let found = stable(&LOOP.replace("initial = 0.9", first)).unwrap();
        let (low, high) = (found[0].unwrap(), found[1].unwrap());
        assert!(low / 1.02 < exact && exact < high && high / low < 1.1, "{low} {exact} {high}");
    }
    // The immediate derivative is half of the exact one, so it bears another step.
    let of_immediate = stable(&LOOP.replace("\"rtrl\", \"immediate\"", "\"immediate\", \"rtrl\"")).unwrap();
    assert!(of_immediate[0].unwrap() > 1.5 * exact, "{of_immediate:?}");
    // None is sought where none is asked for.
    assert_eq!(stable(&LOOP.replace("seeds = 2", "seeds = 2\nstability = 0")), None);
    // A loss of zero tells nothing.
    assert_eq!(stable(&LOOP.replace("C = [[1.0]]\nc = [-1.0]", "C = [[0.0]]\nc = [0.0]")).unwrap(), [None; 2]);
    let page = |first: &str| {
        let out = folder.path().join(first);
        std::fs::write(&study, LOOP.replace("initial = 0.9", &format!("initial = {first}"))).unwrap();
        let (code, output, errors) = told(&rtrl_lab(&["train", &text(&study), "--out", &text(&out)]));
        assert_eq!(code, 0, "{errors}");
        let (code, again, _) = told(&rtrl_lab(&["train", &text(&study), "--check", &text(&out)]));
        assert!(code == 0 && again.contains("0 differences"), "{again}");
        (output, std::fs::read_to_string(out.join("comparison.html")).unwrap())
    };
    let (near, far) = (page("0.9"), page("0.6"));
    for told in [near.0, near.1] {
        assert!(told.contains("Warning: that is more than half"), "{told}");
    }
    for told in [far.0, far.1] {
        assert!(told.contains("stable in every seed") && !told.contains("Warning"), "{told}");
    }
}
