//! Recorded series whose verdict is clear: exact trends and periods, constant columns, values of
//! any size and offset.

use crate::common::command::{rtrl_lab, text, told};
use rtrl_lab::claims::{Case, Number, measure, named};
use rtrl_lab::data::{DataProcess, recorded::RecordedColumns};
use rtrl_lab::markov::Kernel;
use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::study::{BudgetScale, Prepared};
use std::path::Path;

fn normals(name: &str, count: usize) -> Vec<f64> {
    Noise::at(RngKey::root(20_250_116).within(name)).normal_vector(count)
}

/// A stationary autoregression from its own law.
fn autoregression(phi: f64, count: usize) -> Vec<f64> {
    let mut state = 0.0;
    let mut values: Vec<f64> = normals("autoregression", count + 200)
        .into_iter()
        .map(|noise| {
            state = phi * state + noise;
            state
        })
        .collect();
    values.split_off(200)
}

fn write(path: &Path, columns: &[(&str, &[f64])]) {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let rows = (0..columns[0].1.len()).map(|t| columns.iter().map(|(_, values)| values[t].to_string()).collect::<Vec<_>>().join(","));
    let lines: Vec<String> = [names.join(",")].into_iter().chain(rows).collect();
    std::fs::write(path, lines.join("\n")).unwrap();
}

/// Exit code, the verdict on the data and stderr for columns of a file, the first the input, the
/// last the target.
fn judged(columns: &[(&str, &[f64])], more: &[&str]) -> (i32, serde_json::Value, String) {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("series.csv"), text(&folder.path().join("run")));
    write(&path, columns);
    let (input, target) = (columns[0].0, columns[columns.len() - 1].0);
    let path = text(&path);
    let plain = ["analyze", &path, "--inputs", input, "--target", target, "--out", &out, "--quick", "--json", "--only", "data_ergodicity"];
    let (code, answer, errors) = told(&rtrl_lab(&[&plain, more].concat()));
    let verdicts: serde_json::Value = serde_json::from_str(&answer).unwrap_or_default();
    (code, verdicts["claims"][0].clone(), errors)
}

fn of(f: impl Fn(f64) -> f64) -> Vec<f64> {
    (0..1000).map(|t| f(f64::from(t))).collect()
}

#[test]
fn an_exact_trend_or_period_is_decided() {
    let rounding = normals("rounding", 1000);
    let noisy = |size: f64| -> Vec<f64> { rounding.iter().zip(0..).map(|(z, t)| f64::from(2 * t + 1) + size * z).collect() };
    let sinusoid = of(|t| libm::sin(0.3 * t));
    let periodic = "forgets nothing";
    let cases: [(&str, Vec<f64>, &str, &str); 10] = [
        ("trend", of(|t| 2.0 * t + 1.0), "contradicted", periodic),
        ("trend and 1e-6 noise", noisy(1e-6), "contradicted", "0 of 1 columns"),
        ("trend and 1e-10 noise", noisy(1e-10), "contradicted", periodic),
        ("trend of 1e300", of(|t| (2.0 * t + 1.0) * 1e300), "contradicted", periodic),
        ("sinusoid", sinusoid.clone(), "supported", "the last 2 values and a constant predict `a` exactly"),
        ("sinusoid of 3e153", sinusoid.iter().map(|x| 3e153 * x).collect(), "supported", periodic),
        ("sinusoid of 1.7e308", sinusoid.iter().map(|x| 1.7e308 * x).collect(), "supported", periodic),
        ("sign", of(|t| 1.0 - 2.0 * (t % 2.0)), "supported", periodic),
        ("period of 13", of(|t| libm::sin(1.7 * (t % 13.0))), "supported", "the last 12 values"),
        ("decay", of(|t| libm::pow(0.9, t)), "inconclusive", periodic),
    ];
    for (name, values, word, reason) in cases {
        for more in [&[][..], &["--raw"]] {
            let (code, verdict, errors) = judged(&[("a", &values)], more);
            assert!(code <= 1 && verdict["verdict"] == word, "{name} {more:?}: {verdict} {errors}");
            assert!(verdict["reason"].as_str().unwrap().contains(reason), "{name}: {verdict}");
            assert!(verdict["numbers"]["kpss[a]"].is_number() && verdict["numbers"]["adf_p[a]"].is_number(), "{name}: {verdict}");
        }
    }
    let (_, verdict, _) = judged(&[("a", &of(|t| 2.0 * t + 1.0))], &[]);
    // The halves of a uniform law lie √3 of its deviations apart; resamples of one half take a
    // little off.
    let value = verdict["estimate"]["value"].as_f64().unwrap();
    assert!((value - 3f64.sqrt()).abs() < 0.02, "{verdict}");
}

#[test]
fn a_column_is_constant_if_all_its_values_are_equal() {
    let moving = autoregression(0.5, 100_000);
    for rows in [50_000, 100_000] {
        let constant = vec![14.62; rows];
        let (code, _, errors) = judged(&[("a", &moving[..rows]), ("b", &constant)], &[]);
        assert!(code == 2 && errors.contains("column b") && errors.contains("constant"), "{rows}: {code} {errors}");
    }
    // In its own unit there is nothing of it to test, and that is said.
    let (code, verdict, errors) = judged(&[("a", &moving[..1000]), ("b", &[14.62; 1000])], &["--raw"]);
    assert!(code == 0 && verdict["verdict"] == "undefined", "{verdict} {errors}");
    assert!(verdict["reason"].as_str().unwrap().contains("column `b` cannot be tested: it is constant (14.62 in every row)"), "{verdict}");
    // A drift beside it is not hidden by it.
    let (_, verdict, _) = judged(&[("a", &of(|t| t)), ("b", &[14.62; 1000])], &["--raw"]);
    assert_eq!(verdict["verdict"], "contradicted");
    // Rounding is no movement; a small movement far from zero, or in a small unit, is one.
    let (code, _, errors) = judged(&[("a", &of(|t| if t % 3.0 == 0.0 { 0.3 } else { 0.1 + 0.2 }))], &[]);
    assert!(code == 2 && errors.contains("rounding"), "{code} {errors}");
}

#[test]
fn a_verdict_on_a_record_does_not_depend_on_its_unit() {
    let values: Vec<f64> = autoregression(0.8, 2000).iter().map(|x| (4096.0 * x).round() / 4096.0).collect();
    let (_, plain, _) = judged(&[("a", &values)], &["--raw"]);
    assert_eq!(plain["verdict"], "supported");
    for power in [-540, 300, 1000] {
        let scaled: Vec<f64> = values.iter().map(|x| libm::ldexp(*x, power)).collect();
        for more in [&[][..], &["--raw"]] {
            let (code, there, errors) = judged(&[("a", &scaled)], more);
            assert!(code == 0, "{power}: {errors}");
            assert_eq!(there["verdict"], "supported");
            if more.is_empty() {
                continue;
            }
            assert_eq!(there["numbers"], plain["numbers"], "times 2^{power}");
        }
    }
    for offset in [1.7e12, -1e11] {
        let moved: Vec<f64> = values.iter().map(|x| x + offset).collect();
        for more in [&[][..], &["--raw"]] {
            let (code, there, errors) = judged(&[("a", &moved)], more);
            assert!(code == 0, "{offset}: {errors}");
            let number = |verdict: &serde_json::Value, name: &str| verdict["numbers"][name].as_f64().unwrap();
            for name in ["kpss[a]", "adf[a]"] {
                let (here, there) = (number(&plain, name), number(&there, name));
                assert!((there / here - 1.0).abs() < 1e-9, "{name} beside {offset}: {there} for {here}");
            }
        }
    }
}

#[test]
fn rows_names_the_first_ones_alone() {
    let folder = tempfile::tempdir().unwrap();
    let values = autoregression(0.5, 400);
    write(&folder.path().join("long.csv"), &[("x", &values)]);
    write(&folder.path().join("short.csv"), &[("x", &values[..150])]);
    let trained = |file: &str, rows: &str| {
        let study = folder.path().join("s.toml");
        let text_of = format!(
            "[study]\nname = \"rows\"\nseed = 1\n[data]\nkind = \"recorded\"\nfile = \"{file}\"\ninput_columns = [\"x\"]\ntarget_columns = [\"x\"]\n{rows}\n\
             [network]\nhidden = 2\n[learning]\nsteps = 300\n[compare]\nmethods = [\"rtrl\"]\nseeds = 2\nstretches = 4\nstretch = 20\n"
        );
        std::fs::write(&study, text_of).unwrap();
        let (code, answer, errors) = told(&rtrl_lab(&["train", &text(&study), "--json"]));
        (code, serde_json::from_str::<serde_json::Value>(&answer).unwrap_or_default()["records"].clone(), errors)
    };
    let (first, short, all) = (trained("long.csv", "rows = 150"), trained("short.csv", ""), trained("long.csv", ""));
    assert_eq!((first.0, &first.2), (0, &String::new()));
    assert!(first.1 == short.1 && first.1 != all.1);
    let (code, _, errors) = trained("long.csv", "rows = 401");
    assert!(code == 2 && errors.contains("data.rows"), "{errors}");
}

/// A record whose rows have other numbers.
struct Renumbered {
    series: std::sync::Arc<dyn DataProcess>,
    first: f64,
}

impl Renumbered {
    fn own(&self, state: &[f64]) -> Vec<f64> {
        vec![state[0] - self.first]
    }
}

impl Kernel for Renumbered {
    fn state_len(&self) -> usize {
        1
    }

    fn innovation_len(&self) -> usize {
        0
    }

    fn step(&self, now: &[f64], innovation: &[f64], next: &mut [f64], work: &mut [f64]) {
        self.series.step(&self.own(now), innovation, next, work);
        next[0] += self.first;
    }

    fn keeps_differences(&self) -> bool {
        self.series.keeps_differences()
    }
}

impl DataProcess for Renumbered {
    fn inputs(&self) -> usize {
        self.series.inputs()
    }

    fn outputs(&self) -> usize {
        self.series.outputs()
    }

    fn observation_len(&self) -> usize {
        0
    }

    fn input(&self, state: &[f64], input: &mut [f64]) {
        self.series.input(&self.own(state), input);
    }

    fn target(&self, state: &[f64], noise: &[f64], target: &mut [f64]) {
        self.series.target(&self.own(state), noise, target);
    }

    fn start(&self, spread: f64, replicate: usize, replicates: usize, noise: &mut Noise, state: &mut [f64]) {
        self.series.start(spread, replicate, replicates, noise, state);
        state[0] += self.first;
    }

    fn admits(&self, state: &[f64]) -> bool {
        self.series.admits(&self.own(state))
    }

    fn cycle(&self) -> Option<usize> {
        self.series.cycle()
    }

    fn columns(&self) -> Option<&RecordedColumns> {
        self.series.columns()
    }
}

/// Row numbers are bookkeeping: no number of the claims on the joint chain may see them. And in
/// every panel the bracket of the distance of two laws is ordered.
#[test]
fn rows_numbered_otherwise_give_the_same_distances_and_brackets_are_ordered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("series.csv");
    write(&path, &[("a", &autoregression(0.8, 1500))]);
    let study = "[study]\nname = \"rows\"\nseed = 1\n[data]\nkind = \"recorded\"\nfile = \"series.csv\"\ninput_columns = [\"a\"]\ntarget_columns = [\"a\"]\n\
                 [network]\nhidden = 2\n";
    let claims = ["geometric_ergodicity", "hidden_contraction", "derivative_moments"];
    let prepared = Prepared::new(study, "rows.toml", folder.path(), BudgetScale::Quick, &claims.map(String::from)).unwrap();
    let case = &prepared.study.cases[0].case;
    let renumbered = Case { data: std::sync::Arc::new(Renumbered { series: case.data.clone(), first: 5000.0 }), ..case.clone() };
    for id in claims {
        let claim = named(id).unwrap();
        let [one, other] = [case, &renumbered].map(|case| claim.finding(case, &measure(claim, case)));
        assert!(!one.numbers.is_empty() && one.estimate.is_ok(), "{id}: {:?} {:?}", one.estimate, one.numbers);
        let differ = |name: &&String| format!("{:?}", one.numbers.get(*name)) != format!("{:?}", other.numbers.get(*name));
        let seen: Vec<String> =
            one.numbers.keys().filter(differ).map(|name| format!("{name}: {:?}, {:?}", one.numbers[name], other.numbers.get(name))).collect();
        assert!(seen.is_empty(), "{id}: {seen:#?}");
        let ends = |name: &str| match one.numbers.get(name) {
            Some(Number::Exact(value)) => Some(*value),
            Some(Number::Interval(estimate)) => Some(estimate.value),
            _ => None,
        };
        let mut seen = 0;
        for (name, lower) in one.numbers.keys().filter_map(|name| Some((name.strip_prefix("w1_lower_")?, ends(name)?))) {
            if let Some(coupled) = ends(&format!("w1_coupling_{name}")) {
                seen += 1;
                assert!(lower <= coupled, "{id}, {name}: {lower} {coupled}");
            }
            if let Some(upper) = ends(&format!("w1_upper_{name}")) {
                assert!(lower <= upper, "{id}, {name}: {lower} {upper}");
            }
        }
        assert!(id != "geometric_ergodicity" || seen >= 6, "{id}: {seen} brackets");
    }
}

/// A quick look at a record keeps its chains: a quarter of them leaves no curve to fit.
#[test]
fn a_quick_look_at_a_record_keeps_its_chains() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("series.csv"), &[("a", &autoregression(0.8, 1500))]);
    let data = |section: &str| format!("[study]\nname = \"q\"\nseed = 1\n[data]\n{section}\n[network]\nhidden = 2\n");
    let record = data("kind = \"recorded\"\nfile = \"series.csv\"\ninput_columns = [\"a\"]\ntarget_columns = [\"a\"]");
    let process = data("kind = \"var\"\ntransition = [[0.8]]\ntarget = [1.0]");
    let chains = |study: &str, pace| {
        let prepared = Prepared::new(study, "q.toml", folder.path(), pace, &[]).unwrap();
        let budget = |id: &str| prepared.study.cases[0].case.budget(id).chains;
        ["hidden_contraction", "geometric_ergodicity", "derivative_moments"].map(budget)
    };
    let full = chains(&record, BudgetScale::Full);
    assert_eq!(chains(&record, BudgetScale::Quick), full);
    assert!(chains(&process, BudgetScale::Quick).iter().zip(full).all(|(quick, full)| *quick < full));
}
