//! Certificates of gated cells and the complex diagonal cell, against what the cells do.

use ndarray::Array2;
use rtrl_lab::data::Segment;
use rtrl_lab::gradient::{bptt, rtrl};
use rtrl_lab::network::kind::{self, CellOptions, Sizes};
use rtrl_lab::network::{Cell, Network, Readout, activation};
use rtrl_lab::random::{Noise, RngKey};

const UNITS: usize = 4;
const INPUTS: usize = 2;

fn cell(name: &str, size: f64, noise: &mut Noise) -> Box<dyn Cell> {
    let kind = kind::named(name).unwrap();
    let blocks: Vec<Array2<f64>> = kind
        .blocks(Sizes { units: UNITS, inputs: INPUTS })
        .iter()
        .map(|block| Array2::from_shape_fn((UNITS, block.columns), |_| size * noise.normal_vector(1)[0]))
        .collect();
    kind.build(&blocks, CellOptions { activation: activation::TANH, beta: 0.0, mask: None }).unwrap()
}

/// Growth a step of `|A_t| … |A_1| 1`, with inputs at random within `[−bound, bound]`.
fn growth(cell: &dyn Cell, bound: f64, noise: &mut Noise) -> f64 {
    const STEPS: usize = 400;
    let n = cell.state_len();
    let (mut state, mut next, mut tape) = (vec![0.3; n], vec![0.0; n], vec![0.0; cell.tape_len()]);
    let (mut jacobian, mut reached, mut grown) = (vec![0.0; n * n], vec![1.0; n], 0.0);
    for _ in 0..STEPS {
        let input: Vec<f64> = (0..INPUTS).map(|_| bound * noise.sign() * noise.uniform().sqrt()).collect();
        cell.step(&state, &input, &mut next, &mut tape);
        std::mem::swap(&mut state, &mut next);
        assert!(state[..cell.visible_len().min(n)].iter().all(|s| s.abs() <= 1.0) || cell.visible_len() == n);
        cell.jacobian(&tape, &mut jacobian);
        let image: Vec<f64> = jacobian.chunks_exact(n).map(|row| row.iter().zip(&reached).map(|(a, x)| a.abs() * x).sum()).collect();
        let top = image.iter().fold(0.0f64, |top, x| top.max(*x));
        grown += top.ln();
        reached = image.iter().map(|x| x / top).collect();
    }
    (grown / STEPS as f64).exp()
}

#[test]
fn a_certified_rate_is_above_every_product_of_absolute_jacobians() {
    for (name, sizes) in [("gru", [0.1, 0.25]), ("mgu", [0.1, 0.25]), ("lstm", [0.1, 0.25])] {
        let mut noise = Noise::at(RngKey::root(3).within(name));
        for size in sizes {
            let (mut gap, mut informative) = (f64::INFINITY, 0);
            for _ in 0..40 {
                let cell = cell(name, size, &mut noise);
                for bound in [0.1, 1.0, 3.0] {
                    let certified = cell.bounds_within(&[bound; INPUTS]).contraction.rate;
                    let seen = growth(&*cell, bound, &mut noise);
                    // The weights of the norm enter by their ratio to the power 1/400.
                    assert!(seen <= certified * 1.02, "{name} {size} {bound}: {seen} above {certified}");
                    gap = gap.min(certified - seen);
                    informative += usize::from(certified < 1.0);
                }
            }
            assert!(informative > 20 || size > 0.2, "{name} {size}: {informative} certificates");
            assert!(gap < 0.4 || size > 0.2, "{name} {size}: the certificates are far off, {gap}");
        }
        assert!(cell(name, 0.2, &mut noise).bounds().contraction.rate >= 1.0, "{name}: nothing holds for every input");
    }
}

/// `λ = ½, B = 2 + 2i, C = 2 + i` on the inputs 1, 2, 3 and targets 1: `∂/∂λ = 53 − 159 i` and
/// `∂/∂B = 85.75 − 42.875 i` in the convention of the cell.
#[test]
fn a_complex_unit_by_hand() {
    let nu = (-(0.5f64.ln())).ln();
    let kind = kind::named("complex-diagonal").unwrap();
    let blocks = [nu, 0.0, 2.0, 2.0].map(|x| Array2::from_elem((1, 1), x));
    let cell = kind.build(&blocks, CellOptions { activation: activation::TANH, beta: 0.0, mask: None }).unwrap();
    assert!((cell.bounds().contraction.rate - 0.5).abs() < 1e-15);
    let network = Network { cell, readout: Readout::new(&[2.0, -1.0], &[0.0], 2) };
    let segment = Segment::given(vec![1.0, 2.0, 3.0], 1, vec![1.0; 3], 1);
    let layout = network.layout();
    for summed in [rtrl(&network, &segment, &[0.0, 0.0], 0), bptt(&network, &segment, &[0.0, 0.0], 0)] {
        let value = |name: &str| layout.block(name).unwrap().values(&summed.gradient)[0];
        let exact = [("nu", -0.5f64.ln().abs() * 0.5 * 53.0), ("theta", 0.5 * -159.0), ("W_re", 85.75), ("W_im", -42.875)];
        for (name, exact) in exact {
            assert!((value(name) - exact).abs() < 1e-12 * exact.abs(), "{name}: {} {exact}", value(name));
        }
    }
}
