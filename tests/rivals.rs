//! Sharp limits and exact laws of the rivals of real-time recurrent learning.

use rtrl_lab::data::Segment;
use rtrl_lab::gradient::{bptt, randomised_moments, rtrl};
use rtrl_lab::network::kind::{self, CellOptions};
use rtrl_lab::network::{Cell, Diagonal, Elman, Network, Readout, activation};
use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::training::Method;
use rtrl_lab::training::method;

fn of(id: &str, length: usize) -> Method {
    Method::of(method::named(id).unwrap(), length)
}

fn none() -> Noise {
    Noise::at(RngKey::root(1))
}

fn network(cell: Box<dyn Cell>, noise: &mut Noise) -> Network {
    let visible = cell.visible_len();
    Network { readout: Readout::new(&noise.normal_vector(visible), &[0.3], visible), cell }
}

fn elman(units: usize, noise: &mut Noise) -> Network {
    let scaled = |count: usize, noise: &mut Noise| noise.normal_vector(count).iter().map(|x| 0.6 * x).collect::<Vec<f64>>();
    let (b, w, bias) = (scaled(units * units, noise), scaled(units, noise), scaled(units, noise));
    network(Box::new(Elman::new(&b, &w, &bias, 0.0, activation::TANH).unwrap()), noise)
}

fn stretch(steps: usize, noise: &mut Noise) -> Segment {
    Segment::given(noise.normal_vector(steps), 1, noise.normal_vector(steps), 1)
}

fn gap(a: &[f64], b: &[f64]) -> f64 {
    let size = b.iter().fold(0.0f64, |top, x| top.max(x.abs()));
    a.iter().zip(b).fold(0.0f64, |top, (a, b)| top.max((a - b).abs())) / size
}

#[test]
fn sparse_approximations_have_sharp_limits() {
    let mut noise = Noise::at(RngKey::root(4));
    let frozen = |method: Method, network: &Network, segment: &Segment| {
        method.frozen(network, segment, &vec![0.2; network.cell.state_len()], 3, none()).gradient
    };
    let segment = stretch(40, &mut noise);
    let dense = elman(4, &mut noise);
    let exact = |network: &Network| rtrl(network, &segment, &vec![0.2; network.cell.state_len()], 3).gradient;
    // A dense recurrence reaches everything in two steps.
    assert!(gap(&frozen(of("snap", 2), &dense, &segment), &exact(&dense)) < 1e-13);
    assert!(gap(&frozen(of("snap", 1), &dense, &segment), &exact(&dense)) > 1e-3);
    // Separate units reach all they ever reach in one.
    let diagonal = Diagonal::new(&[0.5, -0.8, 0.3], &[1.0, 0.5, -0.7], &[0.1, 0.0, 0.2], activation::TANH).unwrap();
    let diagonal = network(Box::new(diagonal), &mut noise);
    assert!(gap(&frozen(of("snap", 1), &diagonal, &segment), &exact(&diagonal)) < 1e-13);
    // A ring of five units passes a derivative on by one unit a step: it is round after five.
    let ring = |mask: &ndarray::Array2<bool>, noise: &mut Noise| {
        let blocks = [5, 1, 1].map(|columns| ndarray::Array2::from_shape_fn((5, columns), |_| 0.7 * noise.normal_vector(1)[0]));
        let kept = ndarray::Array2::from_shape_fn((5, 5), |(i, j)| if mask[[i, j]] { blocks[0][[i, j]] } else { 0.0 });
        let blocks = [kept, blocks[1].clone(), blocks[2].clone()];
        let options = CellOptions { activation: activation::TANH, beta: 0.0, mask: Some(mask) };
        network(kind::named("elman").unwrap().build(&blocks, options).unwrap(), noise)
    };
    let mask = ndarray::Array2::from_shape_fn((5, 5), |(i, j)| (j + 1) % 5 == i);
    let ring = ring(&mask, &mut noise);
    let gaps: Vec<f64> = (1..=6).map(|n| gap(&frozen(of("snap", n), &ring, &segment), &exact(&ring))).collect();
    assert!(gaps[..4].iter().all(|gap| *gap > 1e-6) && gaps[4..].iter().all(|gap| *gap < 1e-13), "{gaps:?}");
    // The immediate derivative is a window of one step; RFLO(1) fades at once.
    let one = frozen(Method::rolling(1), &dense, &segment);
    assert!(gap(&frozen(of("immediate", 0), &dense, &segment), &one) < 1e-14);
    assert!(gap(&frozen(of("rflo", 1), &dense, &segment), &one) < 1e-14);
    // Of linear separate units with weights 1 − 1/τ, RFLO(τ) is exact.
    let fading = Diagonal::new(&[0.75; 2], &[1.0, 0.5], &[0.1, 0.0], activation::IDENTITY).unwrap();
    let fading = network(Box::new(fading), &mut noise);
    assert!(gap(&frozen(of("rflo", 4), &fading, &segment), &exact(&fading)) < 1e-13);
    assert!(gap(&frozen(of("rflo", 5), &fading, &segment), &exact(&fading)) > 1e-3);
    // Blocks that grow from a length beyond the stretch, and windows that are never cut.
    assert!(gap(&frozen(of("bptt", 0), &dense, &segment), &exact(&dense)) < 1e-13);
    let from_zero = |method: Method| method.frozen(&dense, &segment, &[0.2; 4], 0, none()).gradient;
    assert!(gap(&from_zero(of("growing-tbptt", 40)), &from_zero(Method::RTRL)) < 1e-13);
    assert!(gap(&from_zero(of("growing-tbptt", 4)), &from_zero(Method::RTRL)) > 1e-4);
}

#[test]
fn growing_blocks_grow_like_the_root_of_the_time() {
    let mut noise = Noise::at(RngKey::root(5));
    let network = elman(2, &mut noise);
    let mut rule = of("growing-tbptt", 3).start(&network, vec![0.0; 2], none());
    let mut gradient = vec![0.0; network.len()];
    let mut ends = Vec::new();
    for t in 1..=200usize {
        if rule.learn(&network, &[0.1], &[0.2], &mut gradient).weight > 0.0 {
            ends.push(t);
        }
    }
    let (mut expected, mut end) = (Vec::new(), 3usize);
    while end <= 200 {
        expected.push(end);
        end += 3 + end.isqrt();
    }
    assert_eq!(ends, expected);
    assert_eq!(ends[..4], [3, 7, 12, 18]);
}

/// ARTBP over every pattern of cuts: the mean is the whole gradient, the variance that of the
/// recursion, and the running rule draws from this law.
#[test]
fn randomised_truncation_has_the_mean_and_the_variance_of_all_its_cuts() {
    const STEPS: usize = 7;
    let mut noise = Noise::at(RngKey::root(6));
    for (name, units) in [("linear", 1), ("tanh", 2)] {
        let linear = Elman::new(&[0.8], &[1.0], &[0.1], 0.0, activation::IDENTITY).unwrap();
        let network = if name == "linear" { network(Box::new(linear), &mut noise) } else { elman(units, &mut noise) };
        let (segment, start) = (stretch(STEPS, &mut noise), vec![0.2; units]);
        let (p, length) = (network.recurrent_len(), 3.0);
        // Between two cuts the gradient is that of a stretch by itself, its adjoints reweighted:
        // by hand, from the adjoint recursion of every pattern.
        let tapes = tapes(&network, &segment, &start);
        let (mut mean, mut square) = (vec![0.0; p], vec![0.0; p]);
        for pattern in 0..1usize << (STEPS - 1) {
            let cut = |t: usize| pattern >> t & 1 == 1;
            let chance: f64 = (0..STEPS - 1).map(|t| if cut(t) { 1.0 / length } else { 1.0 - 1.0 / length }).product();
            let mut gradient = vec![0.0; p];
            let mut carried = vec![0.0; units];
            for t in (0..STEPS).rev() {
                let factor = if t + 1 < STEPS && !cut(t) { 1.0 / (1.0 - 1.0 / length) } else { 0.0 };
                let adjoint: Vec<f64> = tapes[t].1.iter().zip(&carried).map(|(own, carried)| own + factor * carried).collect();
                network.cell.pull(&tapes[t].0, &adjoint, &mut carried, &mut gradient);
            }
            mean.iter_mut().zip(&gradient).for_each(|(sum, g)| *sum += chance * g);
            square.iter_mut().zip(&gradient).for_each(|(sum, g)| *sum += chance * g * g);
        }
        let exact = bptt(&network, &segment, &start, 0).gradient;
        assert!(gap(&mean, &exact[..p]) < 1e-14, "{name}");
        let moments = randomised_moments(&network, &segment, &start, length);
        assert!(gap(&moments.mean, &exact[..p]) < 1e-14, "{name}");
        let variance: Vec<f64> = square.iter().zip(&mean).map(|(s, m)| s - m * m).collect();
        let stated: Vec<f64> = (0..p).map(|j| moments.covariance[[j, j]]).collect();
        assert!(gap(&stated, &variance) < 1e-13, "{name}: {stated:?} {variance:?}");
        // The rule itself, on its own noise: five standard errors of mean and variance.
        const RUNS: usize = 20_000;
        let (mut sum, mut squares, mut fourth) = (vec![0.0; p], vec![0.0; p], vec![0.0; p]);
        for run in 0..RUNS {
            let choices = Noise::at(RngKey::root(7).replicate(run));
            let gradient = of("artbp", 3).frozen(&network, &segment, &start, 0, choices).gradient;
            for j in 0..p {
                let off = gradient[j] - exact[j];
                sum[j] += off;
                squares[j] += off * off;
                fourth[j] += off.powi(4);
            }
        }
        for j in 0..p {
            let n = RUNS as f64;
            assert!((sum[j] / n).abs() < 5.0 * (variance[j] / n).sqrt(), "{name} {j}");
            let error = ((fourth[j] / n - variance[j] * variance[j]) / n).sqrt();
            assert!((squares[j] / n - variance[j]).abs() < 5.0 * error, "{name} {j}: {} {}", squares[j] / n, variance[j]);
        }
    }
}

/// Tape and own adjoint of every step.
fn tapes(network: &Network, segment: &Segment, start: &[f64]) -> Vec<(Vec<f64>, Vec<f64>)> {
    let (mut state, mut error) = (start.to_vec(), vec![0.0]);
    (0..segment.len())
        .map(|t| {
            let (mut next, mut tape) = (vec![0.0; state.len()], vec![0.0; network.cell.tape_len()]);
            network.cell.step(&state, segment.input(t), &mut next, &mut tape);
            state = next;
            let mut adjoint = vec![0.0; state.len()];
            network.readout.error(&state, segment.target(t), &mut error);
            network.readout.adjoint(&error, &mut adjoint);
            (tape, adjoint)
        })
        .collect()
}

#[test]
fn streams_side_by_side_are_streams_one_by_one() {
    let mut noise = Noise::at(RngKey::root(15));
    let mut together = 0;
    for kind in kind::ALL {
        let sizes = kind::Sizes { units: 5, inputs: 2 };
        let blocks: Vec<ndarray::Array2<f64>> =
            kind.blocks(sizes).iter().map(|block| ndarray::Array2::from_shape_fn((5, block.columns), |_| 0.5 * noise.normal_vector(1)[0])).collect();
        let cell = kind.build(&blocks, CellOptions { activation: activation::TANH, beta: 0.0, mask: None }).unwrap();
        let visible = cell.visible_len();
        let readout = Readout::new(&noise.normal_vector(3 * visible), &noise.normal_vector(3), visible);
        let network = Network { cell, readout };
        for (method, lanes) in [("block-tbptt", 4), ("block-tbptt", 8), ("growing-tbptt", 11)] {
            let method = of(method, 3);
            let Some(mut all) = method.kind().side_by_side(3, &network, lanes) else { continue };
            together += 1;
            let mut each: Vec<_> = (0..lanes).map(|_| method.start(&network, vec![0.0; network.cell.state_len()], none())).collect();
            let [mut one, mut other] = [(); 2].map(|()| vec![0.0; network.len()]);
            let mut updates = 0;
            for step in 0..40 {
                if step == 20 {
                    all.forget();
                    each.iter_mut().for_each(|rule| rule.forget());
                    [&mut one, &mut other].into_iter().for_each(|sum| sum.fill(0.0));
                }
                let (inputs, targets) = (noise.normal_vector(2 * lanes), noise.normal_vector(3 * lanes));
                let taken = all.learn(&network, &inputs, &targets, &mut one);
                let mut one_by_one = |(l, rule): (usize, &mut Box<dyn rtrl_lab::training::Rule>)| {
                    rule.learn(&network, &inputs[2 * l..2 * l + 2], &targets[3 * l..3 * l + 3], &mut other)
                };
                let singles: Vec<_> = each.iter_mut().enumerate().map(&mut one_by_one).collect();
                let loss: f64 = singles.iter().map(|taken| taken.loss).sum();
                assert!((taken.loss / loss - 1.0).abs() < 1e-12 && singles.iter().all(|single| single.weight == taken.weight), "{}", kind.name());
                if taken.weight > 0.0 {
                    updates += 1;
                    assert!(gap(&one, &other) < 1e-12 && one.iter().any(|g| g.abs() > 1e-3), "{} {method}", kind.name());
                    [&mut one, &mut other].into_iter().for_each(|sum| sum.fill(0.0));
                }
            }
            assert!(updates > 4, "{} {method}: {updates}", kind.name());
            (0..lanes).for_each(|lane| assert!(gap(&all.hidden(lane), each[lane].hidden()) < 1e-12));
        }
        // A single stream goes by itself.
        assert!(Method::block(3).kind().side_by_side(3, &network, 1).is_none());
    }
    assert!(together >= 4 * 3, "{together} of them went side by side");
}

#[test]
fn derivatives_in_one_pass_are_those_row_by_row() {
    // A mask that takes nothing out gives the same cell without its outer products by groups.
    let mut noise = Noise::at(RngKey::root(16));
    let blocks: Vec<ndarray::Array2<f64>> =
        [5, 1, 1].into_iter().map(|columns| ndarray::Array2::from_shape_fn((5, columns), |_| 0.6 * noise.normal_vector(1)[0])).collect();
    let all = ndarray::Array2::from_elem((5, 5), true);
    let readout = noise.normal_vector(5);
    let with = |mask| {
        let cell = kind::named("elman").unwrap().build(&blocks, CellOptions { activation: activation::TANH, beta: 0.25, mask }).unwrap();
        Network { readout: Readout::new(&readout, &[0.3], 5), cell }
    };
    let (whole, masked) = (with(None), with(Some(&all)));
    let segment = stretch(60, &mut noise);
    for method in [of("snap", 1), of("rflo", 4)] {
        let [one, other] = [&whole, &masked].map(|network| method.frozen(network, &segment, &[0.1; 5], 7, none()).gradient);
        assert!(gap(&one, &other) < 1e-13, "{method}");
        let window = Method::rolling(1).frozen(&whole, &segment, &[0.1; 5], 7, none()).gradient;
        assert!(gap(&one, &window) > 1e-3, "{method} carries something");
    }
}

#[test]
fn a_stretch_that_ends_with_a_block_leaves_nothing_to_finish() {
    let mut noise = Noise::at(RngKey::root(17));
    for kind in kind::ALL {
        let blocks: Vec<ndarray::Array2<f64>> = kind
            .blocks(kind::Sizes { units: 3, inputs: 1 })
            .iter()
            .map(|block| ndarray::Array2::from_shape_fn((3, block.columns), |_| 0.5 * noise.normal_vector(1)[0]))
            .collect();
        let cell = kind.build(&blocks, CellOptions { activation: activation::TANH, beta: 0.0, mask: None }).unwrap();
        let network = network(cell, &mut noise);
        let (segment, start) = (stretch(4, &mut noise), vec![0.0; network.cell.state_len()]);
        for method in [of("growing-tbptt", 4), of("block-tbptt", 4)] {
            let mut rule = method.start(&network, start.clone(), none());
            let mut gradient = vec![0.0; network.len()];
            for t in 0..4 {
                rule.learn(&network, segment.input(t), segment.target(t), &mut gradient);
            }
            let before = gradient.clone();
            rule.finish(&network, &mut gradient);
            assert!(gradient == before && gradient.iter().any(|g| *g != 0.0), "{} {method}", kind.name());
        }
        let exact = Method::RTRL.start(&network, start, none()).influence(&network).unwrap();
        assert!(exact.iter().all(|v| *v == 0.0), "{}", kind.name());
    }
}
