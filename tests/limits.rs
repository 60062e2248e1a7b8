//! Verdicts about limits: what is still falling is not contradicted, what rests elsewhere is not
//! supported, and a border is judged as a border.

use rtrl_lab::claims::{Number, Outcome, Verdict};
use rtrl_lab::study::{BudgetScale, Prepared};
use std::path::Path;

/// The verdict of one claim of a study.
fn verdict(text: &str, claim: &str) -> Verdict {
    let prepared = Prepared::new(text, "test", Path::new("."), BudgetScale::Full, &[claim.to_string()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let directory = prepared.directory(folder.path());
    prepared.run(&directory, (1, 1), &()).unwrap();
    prepared.judge(&directory).unwrap().cases[0].verdicts.iter().find(|verdict| verdict.id == claim).unwrap().clone()
}

/// One linear unit on a pair (D, the last D with noise).
fn linear(seed: u64, network: &str, target: &str, learning: &str) -> String {
    format!(
        "study = {{ name = \"s\", seed = {seed} }}
data = {{ kind = \"var\", transition = [[0.5, 0.0], [1.0, 0.0]], noise_covariance = [[1.0, 0.0], [0.0, 0.01]], inputs = [0], {target} }}
network = {{ hidden = 1, activation = \"identity\", parameters = {{ {network} }} }}
[learning]
{learning}
"
    )
}

fn interval(verdict: &Verdict, name: &str) -> [f64; 3] {
    match &verdict.numbers[name] {
        Number::Interval(number) => [number.lower, number.value, number.upper],
        Number::Exact(number) => [*number; 3],
        Number::Undefined { undefined } => panic!("{name}: {undefined}"),
    }
}

#[test]
fn a_gradient_that_falls_with_the_steps_is_left_open_with_the_steps_that_would_decide() {
    let network = "B = [[0.0]], W = [[0.5]], b = [0.0], C = [[0.8]], c = [0.05]";
    let learning = "schedule = { kind = \"polynomial\", initial = 0.01, offset = 1000, exponent = 0.7 }\nsteps = 100_000";
    for seed in 201..205 {
        let verdict = verdict(&linear(seed, network, "target = [0.4, 0.0], target_noise = 1.0", learning), "stationary_point");
        assert_eq!(verdict.verdict, Outcome::Inconclusive, "seed {seed}: {}", verdict.reason);
        assert!(verdict.reason.contains("steps"), "{}", verdict.reason);
    }
}

#[test]
fn a_truncated_rule_that_rests_elsewhere_is_not_supported_below_the_margin() {
    let network = "B = [[0.3]], W = [[0.5]], b = [0.0], C = [[0.8]], c = [1.5]";
    let schedule = "schedule = { kind = \"polynomial\", initial = 0.01, offset = 1000, exponent = 0.7 }\nsteps = 400_000";
    let truncated = format!("method = \"rolling-tbptt\"\ntruncation = 3\n{schedule}");
    // Seeds at which the level at the end lies below the margin.
    let mut supported = 0;
    for seed in [107, 110] {
        let target = "target = [0.0, 1.0], target_noise = 0.0";
        let rests = verdict(&linear(seed, network, target, &truncated), "stationary_point");
        assert!(interval(&rests, "gradient_followed")[2] < 0.5, "{}", rests.reason);
        assert_ne!(rests.verdict, Outcome::Supported, "seed {seed}: {}", rests.reason);
        let sound = verdict(&linear(seed, network, target, schedule), "stationary_point");
        assert!(matches!(sound.verdict, Outcome::Supported | Outcome::Inconclusive), "seed {seed}: {}", sound.reason);
        supported += usize::from(sound.verdict == Outcome::Supported);
    }
    assert!(supported > 0, "the true gradient on the same noise is left open too");
}

#[test]
fn a_bias_hidden_in_the_noise_of_the_steps_is_not_supported() {
    let network = "B = [[0.3]], W = [[0.5]], b = [0.0], C = [[0.8]], c = [1.5]";
    let learning = "method = \"rolling-tbptt\"\ntruncation = 4\nschedule = { kind = \"polynomial\", initial = 0.01, offset = 1000, exponent = 0.7 }\nsteps = 400_000";
    // At this seed the noise makes up nine tenths of what is left, all of it below the margin.
    let rests = verdict(&linear(9104, network, "target = [0.0, 1.0], target_noise = 0.0", learning), "stationary_point");
    assert_eq!(rests.verdict, Outcome::Inconclusive, "{}", rests.reason);
    assert!(rests.reason.contains("the bias of the method"), "{}", rests.reason);
}

#[test]
fn the_bias_where_learning_ends_is_the_exact_one() {
    let network = "B = [[0.5]], W = [[0.5]], b = [0.1], C = [[0.8]], c = [0.3]";
    for method in ["rolling-tbptt", "rolling-stale-tbptt", "block-tbptt"] {
        // Steps too small to move: learning ends where the oracle stands.
        let learning = format!(
            "method = \"{method}\"\ntruncation = 3\nschedule = {{ kind = \"polynomial\", initial = 1e-12, offset = 1000, exponent = 0.7 }}\nsteps = 60"
        );
        let text = linear(11, network, "target = [0.8, 0.8], target_noise = 0.1", &learning)
            + "[claims.truncation_bias]\ntaus = [1, 3]\nchains = 16\nsteps = 50\n";
        let exact = interval(&verdict(&text, "truncation_bias"), "exact_bias[3]")[1];
        let [lower, value, upper] = interval(&verdict(&text, "stationary_point"), "bias_squared");
        assert!((value - exact * exact).abs() < 3.0 * (upper - lower) && upper < 1.5 * lower, "{method}: {value} [{lower}, {upper}], {exact}");
    }
}

#[test]
fn on_the_border_of_what_is_certified_the_projected_gradient_is_judged() {
    let network = "B = [[0.1]], W = [[0.5]], b = [0.0], C = [[0.8]], c = [1.5]";
    let learning = "projection = 0.15\nschedule = { kind = \"polynomial\", initial = 0.01, offset = 1000, exponent = 0.7 }\nsteps = 200_000";
    let verdict = verdict(&linear(5, network, "target = [0.8, 0.8], target_noise = 0.1", learning), "stationary_point");
    let unprojected = verdict.numbers.keys().find(|name| name.starts_with("unprojected_gradient_squared")).unwrap();
    let projected = interval(&verdict, "gradient_squared[200000]");
    assert!(interval(&verdict, "runs_on_border")[1] > 0.9, "{}", verdict.reason);
    assert!(interval(&verdict, unprojected)[0] > 10.0 * projected[2], "{}", verdict.reason);
    assert_eq!(verdict.verdict, Outcome::Supported, "{}", verdict.reason);
    assert!((interval(&verdict, "certified_rate_along_path")[1] - 0.15).abs() < 1e-9);
}

#[test]
fn a_start_outside_the_projection_is_divided_by_the_gradient_where_learning_starts() {
    let network = "B = [[1.2]], W = [[0.5]], b = [0.0], C = [[0.8]], c = [1.5]";
    let learning = "projection = 0.5\nschedule = { kind = \"polynomial\", initial = 0.01, offset = 1000, exponent = 0.7 }\nsteps = 2000";
    let inside = network.replace("1.2", "0.5");
    let at_start = |network: &str| {
        let verdict = verdict(&linear(5, network, "target = [0.8, 0.8], target_noise = 0.1", learning), "stationary_point");
        (interval(&verdict, "gradient_squared[0]"), interval(&verdict, "start_projected")[1], verdict.reason)
    };
    let (outside, moved, reason) = at_start(network);
    assert_eq!((outside, moved), (at_start(&inside).0, 1.0), "{reason}");
    assert!(reason.contains("the start lies outside"), "{reason}");
}

#[test]
fn a_cell_that_learning_leads_beyond_the_edge_is_said_to_contract_no_more() {
    let network = "B = [[1.02]], W = [[0.5]], b = [0.0], C = [[0.8]], c = [1.5]";
    let learning = "projection = 0\nschedule = { kind = \"polynomial\", initial = 1e-9, offset = 1000, exponent = 0.7 }\nsteps = 200";
    let verdict = verdict(&linear(5, network, "target = [0.8, 0.8], target_noise = 0.1", learning), "stationary_point");
    assert!(interval(&verdict, "moment_rate[2] along path")[0] > 1.0);
    assert!(verdict.reason.contains("“the cell still contracts in the mean square where learning led”"), "{}", verdict.reason);
}

#[test]
fn the_bias_of_blocks_is_measured_where_blocks_are_named_and_goes_like_their_length() {
    let network = "B = [[0.5]], W = [[0.5]], b = [0.1], C = [[0.8]], c = [0.3]";
    let study = |method: &str| {
        let learning = format!("method = \"{method}\"\ntruncation = 4");
        let text =
            linear(11, network, "target = [0.8, 0.8], target_noise = 0.1", &learning) + "[claims.truncation_bias]\nchains = 64\nsteps = 1000\n";
        verdict(&text, "truncation_bias")
    };
    let (block, rolling) = (study("block-tbptt"), study("rolling-tbptt"));
    for (verdict, word) in [(&block, "block"), (&rolling, "rolling")] {
        assert_eq!(verdict.verdict, Outcome::Supported, "{}", verdict.reason);
        assert!(verdict.estimate.as_ref().unwrap().name.contains(word));
        for tau in [1, 4] {
            let [lower, value, upper] = interval(verdict, &format!("bias_squared[{tau}]"));
            let exact = interval(verdict, &format!("exact_bias[{tau}]"))[1];
            assert!((value - exact * exact).abs() < 3.0 * (upper - lower), "{word} {tau}: {value} {exact}");
        }
    }
    assert!((interval(&block, "exponent")[1] + 1.0).abs() < 0.05);
    // At one length a block is as biased as all shorter windows in the mean.
    assert!(interval(&block, "exact_bias[8]")[1] > 4.0 * interval(&rolling, "exact_bias[8]")[1]);
    assert!((interval(&block, "rolling_rate")[1] - interval(&rolling, "rate")[1]).abs() < 1e-8);
}

#[test]
fn a_bias_that_falls_too_fast_for_a_rate_has_an_upper_limit_of_it() {
    let network = "B = [[0.02]], W = [[0.5]], b = [0.1], C = [[0.8]], c = [0.3]";
    let text = linear(11, network, "target = [0.8, 0.8], target_noise = 0.1", "") + "[claims.truncation_bias]\nchains = 32\nsteps = 500\n";
    let verdict = verdict(&text, "truncation_bias");
    assert_eq!(verdict.verdict, Outcome::Supported, "{}", verdict.reason);
}
