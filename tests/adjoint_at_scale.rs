//! The stationary gradient by the adjoint recursion: against RTRL where that can run, against
//! forward tangents at a million parameters.

use crate::common::{data_of, linear_model, relative};
use rtrl_lab::chain::Sketch;
use rtrl_lab::data::{DataProcess, Segment};
use rtrl_lab::gradient::rtrl;

use rtrl_lab::network::{Elman, Network, Readout, TangentStep, activation};
use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::training::GradientNorm;

fn network(n: usize) -> Network {
    let mut noise = Noise::at(RngKey::root(40).within("scale").replicate(n));
    let mut scaled = |count: usize, scale: f64| noise.normal_vector(count).into_iter().map(|z| scale * z).collect::<Vec<f64>>();
    let root = 1.0 / (n as f64).sqrt();
    let (b_matrix, w_matrix, bias, readout) = (scaled(n * n, 0.45 * root), scaled(n, 1.0), scaled(n, 0.1), scaled(n, root));
    let cell = Elman::new(&b_matrix, &w_matrix, &bias, 0.0, activation::named("tanh").unwrap()).unwrap();
    Network { cell: Box::new(cell), readout: Readout::new(&readout, &[0.05], n) }
}

/// `Σ_t (Cᵀ e_t) · V_{t+1} r_j` over the steps `t ≥ warm`, with the tangents `V r_j` carried
/// forward.
fn along(network: &Network, segment: &Segment, warm: usize, sketch: &Sketch) -> Vec<f64> {
    let (n, count) = (network.cell.state_len(), sketch.directions().count());
    let cell = network.cell.tangents().unwrap();
    let (mut state, mut tangents) = (vec![0.0; n], vec![0.0; n * count]);
    let (mut next, mut next_tangents) = (vec![0.0; n], vec![0.0; n * count]);
    let (mut error, mut adjoint, mut sums) = ([0.0], vec![0.0; n], vec![0.0; count]);
    for t in 0..segment.len() {
        let step = TangentStep {
            directions: sketch.directions(),
            state: &state,
            input: segment.input(t),
            tangents: &tangents,
            next: &mut next,
            next_tangents: &mut next_tangents,
            difference: None,
        };
        cell.step_tangents(&mut [step]);
        std::mem::swap(&mut state, &mut next);
        std::mem::swap(&mut tangents, &mut next_tangents);
        if t >= warm {
            network.readout.error(&state, segment.target(t), &mut error);
            network.readout.adjoint(&error, &mut adjoint);
            for (sum, tangent) in sums.iter_mut().zip(tangents.chunks_exact(n)) {
                *sum += tangent.iter().zip(&adjoint).map(|(v, a)| v * a).sum::<f64>();
            }
        }
    }
    sums
}

#[test]
fn the_stationary_gradient_equals_rtrl_on_its_trajectory() {
    let (network, data) = (network(48), data_of(&linear_model()));
    let norm = GradientNorm { steps: 60, burn_in: 20, spread: 0.0, replicates: 2 };
    for replicate in 0..2 {
        let key = RngKey::root(41).within("trajectory");
        let adjoint = norm.replicate(&data, &network, key, replicate);
        let (segment, hidden) = norm.segment(&data, 48, key, replicate);
        let forward = rtrl(&network, &segment, &hidden, norm.burn_in);
        let weight = norm.weight(&data);
        let mean: Vec<f64> = forward.gradient.iter().map(|g| weight * g).collect();
        for block in network.layout().blocks() {
            let (a, b) = (block.values(&adjoint.gradient), block.values(&mean));
            assert!(rtrl_lab::markov::norm(&b) > 1e-3 && relative(&a, &b) < 1e-11, "{}: {:e}", block.name, relative(&a, &b));
        }
        assert!((adjoint.loss / (weight * forward.loss) - 1.0).abs() < 1e-12);
    }
}

#[test]
fn at_a_million_parameters_it_equals_forward_tangents_along_random_directions() {
    let (network, data) = (network(1000), data_of(&linear_model()));
    assert_eq!((network.recurrent_len(), data.inputs()), (1_002_000, 1));
    let norm = GradientNorm { steps: 30, burn_in: 10, spread: 0.0, replicates: 1 };
    let key = RngKey::root(42).within("million");
    let adjoint = norm.replicate(&data, &network, key, 0);
    let (segment, _) = norm.segment(&data, 1000, key, 0);
    let sketch = Sketch::draw(&*network.cell, 4, key.within("directions"));
    let forward = along(&network, &segment, norm.burn_in, &sketch);
    for (j, forward) in forward.iter().enumerate() {
        let (unit, group) = (sketch.directions().unit(j), sketch.directions().group(j));
        let products =
            adjoint.gradient[..network.recurrent_len()].iter().enumerate().map(|(p, g)| g * unit[p / group.len()] * group[p % group.len()]);
        let (product, mean) = (products.sum::<f64>(), norm.weight(&data) * forward);
        assert!(mean.abs() > 1e-4, "there is something to compare: {mean}");
        assert!((product / mean - 1.0).abs() < 1e-10, "{product} {mean}");
        // A backward pass that forgot one step would show.
        let short = along(&network, &segment, norm.burn_in + 1, &sketch)[j] * norm.weight(&data);
        assert!((short / mean - 1.0).abs() > 1e-6);
    }
}
