//! The diagonal cell: the ladder of gradients, equality with an Elman cell of diagonal matrix, and
//! exact derivatives of a million parameters.

use crate::common::{data_of, linear_model, relative, stretch_of};
use rtrl_lab::chain::JointChain;
use rtrl_lab::coupling::Synchronous;
use rtrl_lab::data::Segment;
use rtrl_lab::gradient::{block_truncated, bptt, central_differences, rolling_truncated, rtrl};
use rtrl_lab::linalg::Norm;
use rtrl_lab::markov::{Block, Kernel, norm};
use rtrl_lab::network::{Activation, Cell, Diagonal, Elman, Network, Readout, activation};
use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::theory::Certificate;

const WEIGHTS: [f64; 3] = [0.8, -0.6, 0.3];
const INPUTS: [f64; 3] = [1.0, -0.5, 0.25];
const BIAS: [f64; 3] = [0.1, -0.2, 0.3];

fn diagonal(activation: &'static dyn Activation) -> Diagonal {
    Diagonal::new(&WEIGHTS, &INPUTS, &BIAS, activation).unwrap()
}

fn dense(activation: &'static dyn Activation) -> Elman {
    let mut b_matrix = [0.0; 9];
    (0..3).for_each(|i| b_matrix[4 * i] = WEIGHTS[i]);
    Elman::new(&b_matrix, &INPUTS, &BIAS, 0.0, activation).unwrap()
}

fn network(cell: impl Cell + 'static) -> Network {
    Network { cell: Box::new(cell), readout: Readout::new(&[0.7, -0.4, 0.2], &[0.05], 3) }
}

#[test]
fn differences_bptt_and_rtrl_agree_in_every_block() {
    let segment = stretch_of(&linear_model(), 60, RngKey::root(21));
    let start = [0.4, -0.3, 0.2];
    for activation in activation::ALL {
        let network = network(diagonal(activation));
        for warm in [0, 17] {
            let (forward, backward) = (rtrl(&network, &segment, &start, warm), bptt(&network, &segment, &start, warm));
            let differences = central_differences(&network, &segment, &start, warm, 1e-5);
            for block in network.layout().blocks() {
                let [f, b, d] = [&forward.gradient, &backward.gradient, &differences].map(|gradient| block.values(gradient));
                assert!(norm(&b) > 1e-3, "{} {}: there is a gradient to compare", activation.name(), block.name);
                assert!(relative(&f, &b) < 1e-12, "{} {}: {:e}", activation.name(), block.name, relative(&f, &b));
                assert!(relative(&b, &d) < 1e-6, "{} {}: {:e}", activation.name(), block.name, relative(&b, &d));
            }
        }
        let full = bptt(&network, &segment, &start, 0);
        let truncated = rolling_truncated(&network, &segment, &start, 0, &[60, 1]);
        assert!(relative(&truncated[0].gradient, &full.gradient) < 1e-12);
        assert!(relative(&truncated[1].gradient, &full.gradient) > 1e-3, "truncation is visible");
        let short = block_truncated(&network, &segment, &start, 0, 1);
        assert!(relative(&short.gradient, &truncated[1].gradient) < 1e-12);
    }
}

#[test]
fn it_is_the_elman_cell_of_a_diagonal_matrix() {
    let (model, data) = (linear_model(), data_of(&linear_model()));
    for activation in activation::ALL {
        let (cell, elman) = (diagonal(activation), dense(activation));
        let (own, other) = (JointChain::new(&data, &cell), JointChain::new(&data, &elman));
        assert_eq!((own.blocks().derivative, other.blocks().derivative), (9, 45));
        let starts = [([2.0, -1.0], [0.7, -0.2, 0.4]), ([-0.5, 0.3], [-0.9, 0.6, 0.1])];
        let mut pair = Synchronous::new(&own, own.state(&starts[0].0, &starts[0].1), own.state(&starts[1].0, &starts[1].1));
        let mut rival = Synchronous::new(&other, other.state(&starts[0].0, &starts[0].1), other.state(&starts[1].0, &starts[1].1));
        let (mut noise, mut same) = (Noise::at(RngKey::root(2)), Noise::at(RngKey::root(2)));
        for _ in 0..30 {
            pair.step(&mut noise);
            rival.step(&mut same);
        }
        for (compact, whole) in [(pair.first(), rival.first()), (pair.difference(), rival.difference())] {
            let (compact_v, whole_v) = (&compact[own.blocks().range(Block::Derivative)], &whole[other.blocks().range(Block::Derivative)]);
            // Unit i: its weight, input weight and bias are columns 5 i + i, 5 i + 3, 5 i + 4 of
            // the dense cell's row i.
            let picked: Vec<f64> = (0..3).flat_map(|i| [i, 3, 4].map(|place| whole_v[i * 15 + 5 * i + place])).collect();
            assert!(norm(compact_v) > 1e-12, "there is something to compare");
            assert!(relative(compact_v, &picked) < 1e-12, "{}", activation.name());
            assert!(relative(&compact[..5], &whole[..5]) < 1e-13);
        }
        let (a, b) = (Certificate::of(&cell, Some(&model.transition)), Certificate::of(&elman, Some(&model.transition)));
        assert!((a.cell.rate / b.cell.rate - 1.0).abs() < 1e-9 && a.data == b.data && a.cell.norm == Norm::Spectral);
        let mut moved = cell.clone();
        assert!(moved.project(0.1) && !moved.clone().project(0.1));
        assert!((moved.recurrent_bound() * activation.slope_bound() - 0.1).abs() < 1e-15);
    }
}

#[test]
fn differences_keep_their_precision_where_subtraction_loses_it() {
    let data = data_of(&linear_model());
    let cell = diagonal(activation::named("tanh").unwrap());
    let chain = JointChain::new(&data, &cell);
    assert!(chain.keeps_differences());
    let near = |gap: f64| {
        let mut pair = Synchronous::new(&chain, chain.state(&[0.0, 0.0], &[0.3, -0.2, 0.1]), chain.state(&[gap, 0.0], &[0.3, -0.2, 0.1]));
        let mut noise = Noise::at(RngKey::root(6));
        (0..20).for_each(|_| pair.step(&mut noise));
        pair.difference().iter().map(|d| d / gap).collect::<Vec<_>>()
    };
    // The derivative of the flow in its start: the same for gaps of 1e-7 and 1e-60, up to the
    // curvature.
    assert!(relative(&near(1e-7), &near(1e-60)) < 1e-5);
}

#[test]
fn a_million_parameters_are_carried_exactly() {
    let n = 250_000;
    let mut noise = Noise::at(RngKey::root(30));
    let weights: Vec<f64> = (0..n).map(|_| 1.8 * noise.uniform() - 0.9).collect();
    let inputs: Vec<f64> = noise.normal_vector(2 * n);
    let cell = Diagonal::new(&weights, &inputs, &noise.normal_vector(n), activation::named("tanh").unwrap()).unwrap();
    let readout = Readout::new(&noise.normal_vector(n).into_iter().map(|c| c / (n as f64).sqrt()).collect::<Vec<_>>(), &[0.1], n);
    let network = Network { cell: Box::new(cell), readout };
    assert_eq!(network.recurrent_len(), 1_000_000);
    let model = rtrl_lab::theory::LinearModel { inputs: vec![0, 1], ..linear_model() };
    let data = data_of(&model);
    let (mut innovations, mut observations) = (Noise::at(RngKey::root(31)), Noise::at(RngKey::root(32)));
    let (segment, _) = Segment::follow(&data, vec![0.3, 0.1], 6, &mut innovations, &mut observations);
    let (forward, backward) = (rtrl(&network, &segment, &vec![0.1; n], 1), bptt(&network, &segment, &vec![0.1; n], 1));
    assert!(norm(&backward.gradient[..1_000_000]) > 1e-3);
    assert!(relative(&forward.gradient, &backward.gradient) < 1e-12, "{:e}", relative(&forward.gradient, &backward.gradient));
    assert_eq!(JointChain::new(&data, &*network.cell).blocks().derivative, 1_000_000);
}
