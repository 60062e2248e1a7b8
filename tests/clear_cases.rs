//! The clearest cases are decided: nothing left to forget, a certificate below the threshold,
//! growth without doubt, saturated units.

use rtrl_lab::claims::{self, Case, Finding, Number, Outcome};
use rtrl_lab::study::{BudgetScale, Prepared};
use std::io::Write;
use std::path::Path;

/// One unit on an autoregression; `NETWORK` and `DATA` are put in.
const ONE_UNIT: &str = r#"
[study]
name = "clear"
seed = 1
[data]
DATA
target = [1.0]
target_noise = 0.1
[network]
NETWORK
"#;

const AUTOREGRESSION: &str = "kind = \"var\"\ntransition = [[0.5]]";

fn unit(activation: &str, recurrent: &str, input: &str, bias: f64) -> String {
    format!(
        "hidden = 1\nactivation = \"{activation}\"\n[network.parameters]\nB = [[{recurrent}]]\nW = [[{input}]]\nb = [{bias:?}]\nC = [[1.0]]\nc = [0.0]\n"
    )
}

fn case(data: &str, network: &str, claim: &str) -> Case {
    let text = ONE_UNIT.replace("DATA", data).replace("NETWORK", network);
    let prepared = Prepared::new(&text, "clear.toml", Path::new("."), BudgetScale::Quick, &[claim.to_string()]).expect("the study is valid");
    prepared.study.cases[0].case.clone()
}

fn finding(case: &Case, claim: &str) -> Finding {
    let claim = claims::named(claim).unwrap();
    claim.finding(case, &claims::measure(claim, case))
}

fn interval(finding: &Finding, name: &str) -> [f64; 3] {
    match &finding.numbers[name] {
        Number::Interval(estimate) => [estimate.value, estimate.lower, estimate.upper],
        Number::Exact(value) => [*value; 3],
        Number::Undefined { undefined } => panic!("{name} is undefined: {undefined}"),
    }
}

#[test]
fn a_hidden_state_that_forgets_at_once_or_by_certificate_is_supported() {
    for (what, network) in [
        ("no recurrence", unit("tanh", "0.0", "1.0", 0.0)),
        ("no recurrence, linear", unit("identity", "0.0", "1.0", 0.0)),
        ("sigmoid far out", unit("sigmoid", "0.9", "1.0", -10.0)),
        ("tanh far out", unit("tanh", "0.9", "0.1", 5.0)),
    ] {
        let found = finding(&case(AUTOREGRESSION, &network, "hidden_contraction"), "hidden_contraction");
        assert_eq!(found.outcome(), Outcome::Supported, "{what}: {}", found.reason);
        let estimate = found.estimate.unwrap();
        assert!(estimate.lower >= 0.0 && estimate.upper < 0.98, "{what}: {estimate:?}");
        assert!(found.rests_on.is_some() || estimate.lower > 0.0, "{what}: the rate is measured, or the row says that a certificate decided");
    }
}

#[test]
fn a_certificate_decides_for_the_joint_chain_and_for_the_data() {
    let nothing = unit("tanh", "0.0", "1.0", 0.0);
    let independent = "kind = \"var\"\ntransition = [[0.0]]";
    let found = finding(&case(independent, &nothing, "geometric_ergodicity"), "geometric_ergodicity");
    assert_eq!(found.outcome(), Outcome::Supported, "{}", found.reason);
    let found = finding(&case(independent, &nothing, "data_ergodicity"), "data_ergodicity");
    assert_eq!((found.outcome(), found.estimate.unwrap().upper), (Outcome::Supported, 0.0), "{}", found.reason);
}

#[test]
fn growth_is_contradicted_however_fast_it_is() {
    for recurrent in ["1.1", "1.5", "3.0", "1000.0"] {
        let found = finding(&case(AUTOREGRESSION, &unit("identity", recurrent, "1.0", 0.0), "hidden_contraction"), "hidden_contraction");
        assert_eq!(found.outcome(), Outcome::Contradicted, "B = {recurrent}: {}", found.reason);
        let estimate = found.estimate.unwrap();
        let exact: f64 = recurrent.parse().unwrap();
        assert!((estimate.value / exact - 1.0).abs() < 1e-6, "B = {recurrent}: {estimate:?}");
    }
    // What grows beyond the finite numbers is not said to stand still.
    let found = finding(&case(AUTOREGRESSION, &unit("identity", "1000.0", "1.0", 0.0), "geometric_ergodicity"), "geometric_ergodicity");
    assert!(found.reason.contains("finite numbers"), "{}", found.reason);
}

/// A nearly constant input: the unit rests at `u* = 0.9 tanh u* + bias`, and the rate is
/// `0.9 sech² u*`.
#[test]
fn the_slope_of_a_saturated_unit_keeps_its_digits() {
    for bias in [2.0, 10.0, 12.0, 14.0, 15.0, 19.0, 40.0] {
        let found = finding(&case(AUTOREGRESSION, &unit("tanh", "0.9", "1e-9", bias), "hidden_contraction"), "hidden_contraction");
        let mut u: f64 = bias;
        (0..100).for_each(|_| u = 0.9 * u.tanh() + bias);
        let q = (-2.0 * u).exp();
        let exact = 0.9 * 4.0 * q / ((1.0 + q) * (1.0 + q));
        let [value, lower, upper] = interval(&found, "pathwise_rate");
        assert!((value / exact - 1.0).abs() < 1e-8 && lower <= value && value <= upper, "bias {bias}: {value:e}, exact {exact:e}");
        assert_eq!(found.outcome(), Outcome::Supported, "bias {bias}: {}", found.reason);
    }
}

/// The row number of a recorded series is a clock: distances of laws must not see it.
#[test]
fn brackets_on_a_recorded_series_are_in_the_units_of_the_network() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("series.csv");
    let mut file = std::fs::File::create(&path).unwrap();
    writeln!(file, "a").unwrap();
    let mut value = 0.3f64;
    for _ in 0..2000 {
        value = 3.9 * value * (1.0 - value);
        writeln!(file, "{value:?}").unwrap();
    }
    drop(file);
    let text = format!(
        "[study]\nname = \"recorded\"\nseed = 1\n[data]\nkind = \"recorded\"\nfile = {:?}\ninput_columns = [\"a\"]\ntarget_columns = [\"a\"]\n[network]\n{}",
        path.display().to_string(),
        unit("tanh", "0.5", "1.0", 0.0)
    );
    let prepared = Prepared::new(&text, "recorded.toml", Path::new("."), BudgetScale::Quick, &["geometric_ergodicity".to_string()]).unwrap();
    let found = finding(&prepared.study.cases[0].case, "geometric_ergodicity");
    let mut seen = 0;
    for (name, _) in found.numbers.iter().filter(|(name, number)| name.starts_with("w2_") && !matches!(number, Number::Undefined { .. })) {
        let [value, ..] = interval(&found, name);
        // States are below 1, derivatives a few units; row numbers go up to 2,000.
        assert!(value.abs() < 100.0, "{name}: {value}");
        seen += usize::from(name.contains("joint"));
    }
    assert!(seen > 6, "{seen} numbers of the joint chain");
}

/// One unit with one input has derivatives in three dimensions, fewer than the directions that
/// wider networks are looked at along.
#[test]
fn derivatives_in_few_dimensions_are_looked_at_whole() {
    let case_of = |claim| case("kind = \"var\"\ntransition = [[0.0]]", &unit("tanh", "0.5", "0.7", 0.1), claim);
    for claim in ["unique_stationary_law", "fixed_point", "geometric_ergodicity"] {
        let found = finding(&case_of(claim), claim);
        assert_ne!(found.outcome(), Outcome::Undefined, "{claim}: {} {:?}", found.reason, found.conditions);
        let looked_at = found.numbers.iter().filter(|(name, _)| name.contains("centred_squared_U"));
        for (name, number) in looked_at {
            assert!(!matches!(number, Number::Undefined { .. }), "{claim}, {name}: {number:?}");
        }
    }
}

/// A unit that sees no data ends in a point: groups of starts are then equal or in different
/// points.
#[test]
fn groups_that_end_in_points_are_compared() {
    let network = "hidden = 2\nactivation = \"tanh\"\n[network.parameters]\nB = [[4.0, 0.0], [0.0, 0.5]]\nW = [[0.0], [1.0]]\nb = [0.0, 0.0]\nC = [[1.0, 1.0]]\nc = [0.0]\n";
    let judged = |network: &str| finding(&case(AUTOREGRESSION, network, "unique_stationary_law"), "unique_stationary_law");
    let two = judged(network);
    assert_eq!(two.outcome(), Outcome::Contradicted, "{}", two.reason);
    assert_eq!(two.estimate.unwrap().lower, 1.0);
    let one = judged(&network.replace("4.0", "0.5"));
    assert!(!matches!(one.outcome(), Outcome::Contradicted | Outcome::Undefined), "{} {:?}", one.reason, one.conditions);
    assert!(one.estimate.unwrap().value < 0.02);
}
