use rtrl_lab::ergodicity::*;
use rtrl_lab::markov::Coupled;
use rtrl_lab::random::{Address, Noise};
use rtrl_lab::stats::Bootstrap;
fn main() {
    let mut noise = Noise::at(Address::root(1));
    for scale in [0.3, 3.0, 30.0] {
        let m = 64;
        let d = ndarray::Array2::from_shape_fn((m, 201), |_| 0.0);
        let mut d = d;
        for i in 0..m {
            let z = noise.normal_vector(2);
            for t in 0..=200 {
                d[[i, t]] = (scale * z[0] + z[1] * t as f64).abs() * libm::pow(0.816, t as f64);
            }
        }
        let curve = DecayCurve::new(Coupled::declare(d), 2, 1.0, true);
        let t0 = std::time::Instant::now();
        let fit =
            GeometricFit::of(&curve, Shape::Driven, &WindowRule::default(), 0.95, &Bootstrap { resamples: 400, address: Address::root(3) }).unwrap();
        println!(
            "{scale} rate {:?} fam {:?} sq {:e} window {:?} syst {:e} time {:?}",
            fit.rate,
            fit.curve.family,
            fit.curve.squares,
            fit.window,
            fit.systematic,
            t0.elapsed()
        );
    }
}
