//! What truncation costs: the bias of TBPTT beside exact values.
//! `cargo run --release --example rtrl_against_tbptt`

use ndarray::arr2;
use rtrl_lab::claims::linear_model;
use rtrl_lab::data::{Autoregression, LinearTarget, Var};
use rtrl_lab::gradient::{rolling_truncated, rtrl};
use rtrl_lab::network::{Elman, Network, Readout, activation};
use rtrl_lab::random::RngKey;
use rtrl_lab::theory::LinearGaussian;
use rtrl_lab::training::GradientNorm;

fn main() {
    let target = LinearTarget::new(vec![vec![1.0, 0.5]], 0.1);
    let transition = arr2(&[[0.8, 0.1], [0.0, 0.5]]);
    let data = Autoregression { transition, noise_factor: arr2(&[[1.0, 0.0], [0.3, 0.8]]), inputs: vec![0, 1], target };
    let identity = activation::named("identity").expect("the identity is on the list");
    let cell = Elman::new(&[0.6, 0.2, -0.1, 0.5], &[0.5, 0.1, -0.2, 0.4], &[0.1, 0.0], 0.0, identity).expect("the shapes fit");
    let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0, -0.5], &[0.2], 2) };
    let oracle = LinearGaussian::new(linear_model(&network, &data).expect("a linear case")).expect("it contracts");

    // One long stationary stretch, differentiated by every rule.
    let (burn_in, steps, lengths) = (200, 200_000, [1, 2, 4, 8, 16]);
    let norm = GradientNorm { steps, burn_in, spread: 0.0, replicates: 1 };
    let (segment, hidden) = norm.segment(&Var(data), 2, RngKey::root(1), 0);
    let exact = rtrl(&network, &segment, &hidden, burn_in).gradient;
    let truncated = rolling_truncated(&network, &segment, &hidden, burn_in, &lengths);
    println!("{:>4} {:>12} {:>12}", "τ", "bias", "exact bias");
    for (length, rule) in lengths.into_iter().zip(truncated) {
        let gaps = rule.gradient[..network.recurrent_len()].iter().zip(&exact).map(|(a, b)| (a - b) / steps as f64);
        let bias = gaps.map(|gap| gap * gap).sum::<f64>().sqrt();
        let truth = oracle.tbptt_bias(length).expect("a contracting model has it").recurrent_norm();
        println!("{length:>4} {bias:>12.3e} {truth:>12.3e}");
        assert!((bias - truth).abs() < 0.2 * truth + 1e-3);
    }
}
