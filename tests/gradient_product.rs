//! The gradient ladder over every cell × activation × loss × parameter block, on whole stretches
//! and on finite windows: central differences → backpropagation → forward derivatives → truncated.

use crate::common::relative;
use ndarray::Array2;
use rtrl_lab::data::Segment;
use rtrl_lab::gradient::{block_truncated, bptt, central_differences, rolling_truncated, rtrl};
use rtrl_lab::network::kind::{self, CellKind, CellOptions, Drawn, Sizes};
use rtrl_lab::network::{Activation, Loss, Network, Readout, activation, loss};
use rtrl_lab::random::{Noise, RngKey};

const UNITS: usize = 3;
const INPUTS: usize = 2;
const OUTPUTS: usize = 2;
const STEPS: usize = 30;
/// Step of the central differences.
const STEP: f64 = 1e-5;

struct Rung {
    what: String,
    network: Network,
    segment: Segment,
    start: Vec<f64>,
    noise: Noise,
}

fn rung(kind: &dyn CellKind, activation: &'static dyn Activation, loss: &'static dyn Loss) -> Rung {
    let what = format!("{}, {}, {}", kind.name(), activation.name(), loss.name());
    let mut noise = Noise::at(RngKey::root(12).within(&what));
    let blocks: Vec<Array2<f64>> = kind
        .blocks(Sizes { units: UNITS, inputs: INPUTS })
        .iter()
        .map(|block| {
            let scale = if block.drawn == Drawn::Recurrent { 0.3 } else { 0.6 };
            Array2::from_shape_fn((UNITS, block.columns), |_| scale * noise.normal_vector(1)[0])
        })
        .collect();
    let cell = kind.build(&blocks, CellOptions { activation, beta: 0.0, mask: None }).expect("the kind's own shapes fit");
    let (visible, states) = (cell.visible_len(), cell.state_len());
    let readout = Readout::new(&noise.normal_vector(OUTPUTS * visible), &noise.normal_vector(OUTPUTS), visible).under(loss);
    let segment = Segment::given(noise.normal_vector(STEPS * INPUTS), INPUTS, noise.normal_vector(STEPS * OUTPUTS), OUTPUTS);
    let start = noise.normal_vector(states).iter().map(|x| 0.3 * x).collect();
    Rung { what, network: Network { cell, readout }, segment, start, noise }
}

/// Every cell with every activation that it takes, under every loss.
fn every(mut check: impl FnMut(Rung)) -> usize {
    let mut count = 0;
    for kind in kind::ALL {
        for activation in activation::ALL.into_iter().filter(|activation| kind.takes_activation() || activation.name() == "tanh") {
            for loss in loss::ALL {
                check(rung(kind, activation, loss));
                count += 1;
            }
        }
    }
    count
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Both gradients agree in every block, each of which is above a floor.
fn agree(rung: &Rung, a: &[f64], b: &[f64], within: f64, what: &str) {
    for block in rung.network.layout().blocks() {
        let (a, b) = (block.values(a), block.values(b));
        assert!(norm(&b) > 1e-4, "{}, {what}, {}: below the floor, so that nothing is compared", rung.what, block.name);
        assert!(relative(&a, &b) < within, "{}, {what}, {}: {:e}", rung.what, block.name, relative(&a, &b));
    }
}

#[test]
fn the_ladder_holds_for_every_cell_activation_loss_and_block() {
    let count = every(|mut rung| {
        // The whole stretch, and a window of its last steps from a state that it did not make.
        for warm in [0, STEPS - 6] {
            let backward = bptt(&rung.network, &rung.segment, &rung.start, warm);
            let forward = rtrl(&rung.network, &rung.segment, &rung.start, warm);
            assert!((forward.loss / backward.loss - 1.0).abs() < 1e-13, "{}", rung.what);
            agree(&rung, &forward.gradient, &backward.gradient, 1e-12, "forward");
            let whole = &rolling_truncated(&rung.network, &rung.segment, &rung.start, warm, &[STEPS])[0];
            agree(&rung, &whole.gradient, &backward.gradient, 1e-12, "window of all steps");
            if warm == 0 {
                let block = block_truncated(&rung.network, &rung.segment, &rung.start, 0, STEPS);
                agree(&rung, &block.gradient, &backward.gradient, 1e-12, "block of all steps");
            }
            let differences = central_differences(&rung.network, &rung.segment, &rung.start, warm, STEP);
            agree(&rung, &backward.gradient, &differences, 1e-6, "differences");

            // Controls, which must differ: one application alone, and other weights.
            let recurrent = rung.network.recurrent_len();
            let short = &rolling_truncated(&rung.network, &rung.segment, &rung.start, warm, &[1])[0];
            let away = relative(&short.gradient[..recurrent], &backward.gradient[..recurrent]);
            assert!(away > 1e-4, "{}: TBPTT(1) is off by {away:e} alone", rung.what);
            assert_eq!(short.gradient[recurrent..], whole.gradient[recurrent..], "{}: truncation leaves the readout alone", rung.what);
        }
        let before = bptt(&rung.network, &rung.segment, &rung.start, 0);
        let entry = rung.noise.index(rung.network.cell.parameters().len());
        rung.network.cell.parameters_mut()[entry] += 1e-3;
        let after = bptt(&rung.network, &rung.segment, &rung.start, 0);
        let moved = relative(&after.gradient, &before.gradient);
        assert!(moved > 1e-9, "{}: other weights, the same gradient", rung.what);
    });
    // Three cells take all activations, three have their own.
    let taking = kind::ALL.into_iter().filter(|kind| kind.takes_activation()).count();
    assert_eq!(count, loss::ALL.len() * (taking * activation::ALL.len() + kind::ALL.len() - taking));
}
