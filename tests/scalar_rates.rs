//! The exact rates of one nonlinear unit against products of factors drawn directly.

use rtrl_lab::network::activation;
use rtrl_lab::random::{Address, Noise};
use rtrl_lab::theory::ScalarNetwork;

fn unit(recurrent: f64, input: f64) -> ScalarNetwork<'static> {
    ScalarNetwork { recurrent, input, bias: 0.3, activation: activation::named("tanh").unwrap() }
}

/// `E |∏ b σ'(u_i)|²` over `n` steps from stationarity, and the mean of the log factors, each with its standard error.
fn drawn(unit: &ScalarNetwork, steps: usize, chains: usize) -> ([f64; 2], [f64; 2]) {
    let mut noise = Noise::at(Address::root(11).within("scalar"));
    let (mut products, mut logs) = (Vec::new(), Vec::new());
    for _ in 0..chains {
        let (mut state, mut product, mut log) = (0.0, 1.0, 0.0);
        for t in 0..steps + 30 {
            let u = unit.input * noise.normal_vector(1)[0] + unit.recurrent * state + unit.bias;
            let (value, slope) = unit.activation.value_and_slope(u);
            state = value;
            if t >= 30 {
                product *= (unit.recurrent * slope) * (unit.recurrent * slope);
                log += libm::log((unit.recurrent * slope).abs()) / steps as f64;
            }
        }
        products.push(product);
        logs.push(log);
    }
    let summary = |values: &[f64]| {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        [mean, (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n / (n - 1.0)).sqrt()]
    };
    (summary(&products), summary(&logs))
}

#[test]
fn the_pathwise_rate_is_the_mean_logarithm_of_the_factors() {
    let unit = unit(1.1, 0.7);
    let (_, [log, error]) = drawn(&unit, 50, 20_000);
    // False alarm 1e-5: 4.42 standard errors.
    let exact = libm::log(unit.pathwise_rate().unwrap());
    assert!((log - exact).abs() < 4.42 * error && error < 2e-3, "{log} ± {error}, exact {exact}");
}

#[test]
fn the_moment_rate_is_the_growth_of_the_second_moment_of_the_product() {
    let unit = unit(1.1, 0.7);
    let ([early, early_error], _) = drawn(&unit, 6, 600_000);
    let ([late, late_error], _) = drawn(&unit, 10, 600_000);
    let rate = libm::pow(late / early, 1.0 / 8.0);
    let relative = ((late_error / late) * (late_error / late) + (early_error / early) * (early_error / early)).sqrt() / 8.0;
    let exact = unit.moment_rate(2.0).unwrap();
    // 4.42 standard errors (false alarm 1e-5), and what the second eigenvalue may still leave after six steps.
    assert!((rate - exact).abs() < 4.42 * relative * exact + 1e-3 && relative < 3e-3, "{rate} ± {}, exact {exact}", relative * exact);
}

#[test]
fn moment_rates_rise_with_the_order_from_the_pathwise_rate_to_the_largest_factor() {
    let unit = unit(0.9, 0.5);
    let rates: Vec<f64> = [0.001, 0.5, 1.0, 2.0, 4.0, 16.0].iter().map(|p| unit.moment_rate(*p).unwrap()).collect();
    let pathwise = unit.pathwise_rate().unwrap();
    assert!(pathwise < rates[0] && rates[0] - pathwise < 1e-3, "{pathwise} {rates:?}");
    assert!(rates.windows(2).all(|pair| pair[0] < pair[1]) && rates[5] < 0.9, "{rates:?}");
}

#[test]
fn an_unbounded_activation_or_no_input_has_no_answer() {
    let softplus = activation::named("softplus").unwrap();
    assert!(softplus.value_bound().is_infinite());
    assert_eq!(ScalarNetwork { activation: softplus, ..unit(0.5, 1.0) }.moment_rate(2.0), None);
    assert_eq!(unit(0.5, 0.0).pathwise_rate(), None);
}
