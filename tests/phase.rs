//! The map of contraction: a linear network, whose edges are known, one tanh unit against its
//! transfer operator, and refusals.

use rtrl_lab::claims::Contraction;
use rtrl_lab::network::activation;
use rtrl_lab::study::{BudgetScale, PhaseMap, PhasePlan, RATES, Study, config::Config};
use rtrl_lab::theory::{ScalarModel, ScalarNetwork};
use std::path::Path;

fn study(network: &str) -> String {
    format!(
        "[study]\nname = \"map\"\nseed = 5\n[data]\nkind = \"var\"\ntransition = [[0.6, 0.1], [0.0, 0.3]]\nnoise_covariance = [[1.0, 0.0], [0.0, 0.5]]\ninputs = [0]\n\
         target = [1.0, 0.0]\n[network]\n{network}\n"
    )
}

fn map(text: &str, scales: &[f64], memories: &[f64]) -> PhaseMap {
    let (config, index) = Config::parse(text, "map.toml").unwrap();
    let plan = PhasePlan { scales: scales.to_vec(), memories: memories.to_vec(), chains: 64, steps: 160 };
    PhaseMap::measure((&config, &index), Path::new("."), None, &plan, || {}).unwrap()
}

#[test]
fn every_edge_of_a_linear_network_is_where_its_spectral_radius_reaches_one() {
    // Symmetric, so that the certificate in the spectral norm is exact too: ρ = 0.5.
    let map = map(
        &study("activation = \"identity\"\nparameters = { B = [[0.3, 0.2], [0.2, 0.3]], W = [[1.0], [0.5]], drawn = [\"b\", \"C\", \"c\"] }"),
        &[1.0, 1.6, 1.9, 2.1, 2.4],
        &[0.0, 0.8],
    );
    assert_eq!(map.edges.len(), 2 * RATES.len());
    for edge in &map.edges {
        let scale = edge.scale.unwrap_or(f64::NAN);
        // Interpolation of a logarithm is exact for rates in proportion to the scale; the pathwise
        // rate keeps a transient of order 1/steps.
        assert!((scale - 2.0).abs() < 0.02, "{edge:?}");
    }
    assert_eq!(
        map,
        self::map(
            &study("activation = \"identity\"\nparameters = { B = [[0.3, 0.2], [0.2, 0.3]], W = [[1.0], [0.5]], drawn = [\"b\", \"C\", \"c\"] }"),
            &[1.0, 1.6, 1.9, 2.1, 2.4],
            &[0.0, 0.8]
        )
    );
}

#[test]
fn the_rates_of_one_tanh_unit_are_those_of_its_transfer_operator() {
    // Independent inputs of variance 1: the operator's case.
    let text = "[study]\nname = \"unit\"\nseed = 9\n[data]\nkind = \"var\"\ntransition = [[0.0]]\ntarget = [1.0]\n[network]\nhidden = 1\n\
                parameters = { B = [[1.5]], W = [[1.0]], b = [0.0], drawn = [\"C\", \"c\"] }\n";
    let (config, index) = Config::parse(text, "unit.toml").unwrap();
    let study = Study::build(&config, &index, Path::new("."), BudgetScale::Full, &[]).unwrap();
    let exact = ScalarNetwork::new(ScalarModel::plain(activation::named("tanh").unwrap(), 1.5, 1.0, 0.0)).unwrap();
    let seen = Contraction::of(&study.cases[0].case, 128, 200);
    // 2.3 half-widths of a 95 % interval: 1e-5 for normal errors; the seed is fixed.
    let near = |measured: &rtrl_lab::stats::Estimate, truth: f64| {
        let half = if truth > measured.value { measured.upper - measured.value } else { measured.value - measured.lower };
        assert!((measured.value - truth).abs() < 2.3 * half && half < 0.1, "{measured:?} {truth}");
    };
    near(seen.pathwise.as_ref().unwrap(), exact.pathwise_rate().unwrap());
    near(seen.moments[0].as_ref().unwrap(), exact.moment_rate(2.0).unwrap());
    near(seen.moments[1].as_ref().unwrap(), exact.moment_rate(4.0).unwrap());
    // Paths contract, the fourth moment does not: what the map is there to tell.
    assert!(seen.pathwise.unwrap().upper < 0.5 && seen.moments[1].as_ref().unwrap().lower > 1.0);
}

#[test]
fn what_cannot_be_mapped_is_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.toml");
    std::fs::write(&path, study("hidden = 3")).unwrap();
    let file = path.to_str().unwrap();
    let refused = |arguments: &[&str], word: &str| {
        let (code, _, stderr) = crate::common::command::told(&crate::common::command::rtrl_lab(&[&["phase", file], arguments].concat()));
        assert!(code == 2 && stderr.contains(word) && stderr.lines().count() == 1, "{arguments:?}: {code} {stderr}");
    };
    refused(&["--scales", "1"], "--scales");
    refused(&["--scales", "2,1"], "rising");
    refused(&["--memories", "0.5,1.0"], "--memories");
    refused(&["--chains", "4"], "--chains");
    refused(&["--case", "none"], "--case");
    let nonlinear = study("hidden = 3").replace("kind = \"var\"", "kind = \"nonlinear-ar\"");
    assert!(nonlinear.contains("nonlinear-ar"));
    std::fs::write(&path, nonlinear).unwrap();
    refused(&[], "vector autoregression");
}
