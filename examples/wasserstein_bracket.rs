//! How far is the law at time t from the stationary one?
//! `cargo run --release --example wasserstein_bracket`

use ndarray::arr2;
use rtrl_lab::claims::{self, Case, Number};
use rtrl_lab::data::{Autoregression, LinearTarget, Var};
use rtrl_lab::network::{Elman, Network, Readout, activation};

fn main() {
    let target = LinearTarget::new(vec![vec![1.0]], 0.1);
    let data = Var(Autoregression { transition: arr2(&[[0.8]]), noise_factor: arr2(&[[0.6]]), inputs: vec![0], target });
    let identity = activation::named("identity").expect("the identity is on the list");
    let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, identity).expect("the shapes fit");
    let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
    let claim = claims::named("geometric_ergodicity").expect("the claim is on the list");
    let times = vec![0, 5, 10, 20];
    let case = Case::new("linear", std::sync::Arc::new(data), network)
        .with_seed(7)
        .with_budget(claim, |budget| (budget.chains, budget.times) = (256, times.clone()));
    let finding = case.ask(claim);
    let number = |what: &str, time: usize| match finding.numbers.get(&format!("w2_{what}_joint[{time}]")) {
        Some(Number::Exact(value)) => *value,
        other => panic!("{what} at {time}: {other:?}"),
    };
    println!("{}: {}", finding.outcome(), finding.reason);
    println!("{:>4} {:>10} {:>10} {:>10}", "t", "lower", "exact W₂", "upper");
    for time in times {
        let [lower, exact, upper] = ["lower", "exact", "upper"].map(|what| number(what, time));
        println!("{time:>4} {lower:>10.3e} {exact:>10.3e} {upper:>10.3e}");
        assert!(lower <= exact && exact <= upper);
    }
}
