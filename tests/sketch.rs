//! The sketched joint chain is the image of the exact one, alone or among others, and keeps the
//! size of the derivatives on average.

use crate::common::{data_of, linear_model, network_of};
use ndarray::Array2;
use rtrl_lab::chain::{JointChain, Sketch, SketchedChain};
use rtrl_lab::coupling::{Population, Synchronous};
use rtrl_lab::data::Var;
use rtrl_lab::markov::{Block, Kernel, Walk, Walks, norm};
use rtrl_lab::network::{Cell, Elman, Network, RankOne, activation};
use rtrl_lab::random::{Noise, RngKey, stream};
use rtrl_lab::theory::LinearModel;

/// `V r` for `V` of `n` rows.
fn image(influence: &[f64], n: usize, directions: &RankOne, j: usize) -> Vec<f64> {
    let group = directions.group(j).len();
    let row_image = |row: &[f64]| row.iter().enumerate().map(|(p, v)| v * directions.unit(j)[p / group] * directions.group(j)[p % group]).sum();
    influence.chunks_exact(influence.len() / n).map(row_image).collect()
}

fn largest_gap(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn cases() -> impl Iterator<Item = (LinearModel, Network, String)> {
    [0.0, 0.5, 1.0].into_iter().flat_map(|beta| {
        activation::ALL.into_iter().map(move |activation| {
            let model = LinearModel { beta, ..linear_model() };
            let network = network_of(&model, activation.name());
            (model, network, format!("{} β = {beta}", activation.name()))
        })
    })
}

#[test]
fn a_sketched_pair_is_the_image_of_the_exact_pair_to_rounding() {
    for (model, network, name) in cases() {
        let (data, cell) = (data_of(&model), &*network.cell);
        let (n, q) = (cell.state_len(), model.order());
        let key = RngKey::root(3).within("sketch");
        let sketches: Vec<Sketch> = (0..2).map(|replica| Sketch::draw(cell, 4, key.replicate(replica))).collect();
        let exact = JointChain::new(&data, cell);
        let sketched = SketchedChain::new(&data, cell, &sketches, true).unwrap();
        let starts = [(vec![2.0, -1.0], vec![0.7, -0.2, 0.4]), (vec![-0.5, 0.3], vec![-0.9, 0.6, 0.1])];
        let [a, b] = [0, 1].map(|copy| exact.state(&starts[copy].0, &starts[copy].1));
        let mut exact_pair = Synchronous::new(&exact, a, b);
        let [a, b] = [0, 1].map(|copy| sketched.state(&starts[copy].0, &starts[copy].1, 1));
        let mut pair = Synchronous::new(&sketched, a, b);
        let (mut noise, mut same) = (Noise::at(key.stream(stream::INNOVATION)), Noise::at(key.stream(stream::INNOVATION)));
        for _ in 0..40 {
            exact_pair.step(&mut noise);
            pair.step(&mut same);
        }
        for (whole, part) in [(exact_pair.first(), pair.first()), (exact_pair.difference(), pair.difference())] {
            assert_eq!(whole[..q + n], part[..q + n], "{name}: data and hidden state have the same bits");
            let influence = &whole[q + n..];
            let size = norm(influence);
            assert!(size > 1e-9, "{name}: there is something to compare");
            for j in 0..4 {
                let (own, other) = (image(influence, n, sketches[1].directions(), j), image(influence, n, sketches[0].directions(), j));
                let carried = &part[q + n + j * n..][..n];
                assert!(largest_gap(carried, &own) < 1e-12 * size, "{name}: {carried:?} {own:?}");
                assert!(largest_gap(carried, &other) > 1e-3 * size, "{name}: another sketch is another image");
            }
            // The probes: V times the normalised sum over each block.
            for (b, block) in cell.layout().blocks().iter().enumerate() {
                let mut ones = vec![0.0; cell.parameters().len()];
                block.fill(&mut ones, &vec![1.0 / ((block.rows * block.columns) as f64).sqrt(); block.rows * block.columns]);
                let sum: Vec<f64> = influence.chunks_exact(ones.len()).map(|row| row.iter().zip(&ones).map(|(v, r)| v * r).sum()).collect();
                assert!(largest_gap(&sketched.probes(part)[b * n..][..n], &sum) < 1e-12 * size, "{name} {}", block.name);
            }
        }
    }
}

/// A tanh cell large enough that lanes share a product, on scalar data.
fn large(n: usize) -> (Var, Elman) {
    let mut noise = Noise::at(RngKey::root(12).within("large"));
    let b_matrix: Vec<f64> = noise.normal_vector(n * n).into_iter().map(|z| 0.4 * z / (n as f64).sqrt()).collect();
    let tanh = activation::named("tanh").unwrap();
    let cell = Elman::new(&b_matrix, &noise.normal_vector(n), &noise.normal_vector(n), 0.0, tanh).unwrap();
    let model = crate::common::scalar_model(0.6, 0.3);
    (data_of(&model), cell)
}

#[test]
fn chains_have_the_bits_together_that_they_have_alone() {
    let (data, cell) = large(70);
    let key = RngKey::root(5).within("together");
    let sketches: Vec<Sketch> = (0..5).map(|replica| Sketch::draw(&cell, 3, key.replicate(replica))).collect();
    let sketched = SketchedChain::new(&data, &cell, &sketches, true).unwrap();
    let plain = JointChain::without_derivatives(&data, &cell);
    let hidden = |which: usize| Noise::at(key.within("hidden").replicate(which)).normal_vector(70);
    let noise = |replica: usize| Noise::at(key.replicate(replica).stream(stream::INNOVATION));
    type Start<'a> = Box<dyn Fn(usize, usize) -> Vec<f64> + 'a>;
    let kernels: [(&dyn Kernel, Start); 2] = [
        (&sketched, Box::new(|which, replica| sketched.state(&[which as f64], &hidden(which), replica))),
        (&plain, Box::new(|which, _| plain.state(&[which as f64], &hidden(which)))),
    ];
    for (kernel, start) in &kernels {
        let mut together = Walks::from(*kernel, (0..5).map(|replica| start(replica, replica)).collect(), (0..5).map(noise).collect());
        together.advance(12);
        let mut pairs: Vec<_> = (0..5).map(|replica| Synchronous::new(*kernel, start(replica, replica), start(replica + 5, replica))).collect();
        let mut noises: Vec<Noise> = (0..5).map(noise).collect();
        for _ in 0..12 {
            Synchronous::step_together(&mut pairs, &mut noises);
        }
        for (replica, walked) in together.states().enumerate() {
            let mut walk = Walk::from(*kernel, start(replica, replica));
            walk.advance(12, &mut noise(replica));
            assert_eq!(walk.state(), walked);
            let mut alone = Synchronous::new(*kernel, start(replica, replica), start(replica + 5, replica));
            let mut own = noise(replica);
            (0..12).for_each(|_| alone.step(&mut own));
            assert_eq!(alone.first(), walked, "the first copy of a pair is a walk");
            assert!(alone.first() == pairs[replica].first() && alone.difference() == pairs[replica].difference());
            assert!(norm(alone.difference()) > 0.0);
        }
    }
    // The plain chain's shared product has the bits of the cell's own step.
    let mut walk = Walk::from(&plain, plain.state(&[0.3], &hidden(0)));
    let mut tape = vec![0.0; cell.tape_len()];
    let mut next = vec![0.0; 70];
    cell.step(&hidden(0), &[0.3], &mut next, &mut tape);
    walk.step(&[0.0]);
    assert_eq!(walk.state()[1..], next);
    let mut together = Walks::from(&plain, vec![plain.state(&[0.3], &hidden(0))], vec![noise(0)]);
    together.advance(1);
    assert_eq!(together.into_states()[0][1..], next);
}

#[test]
fn over_many_sketches_the_size_is_that_of_the_derivatives() {
    let (model, network) = (linear_model(), network_of(&linear_model(), "tanh"));
    let (data, cell) = (data_of(&model), &*network.cell);
    let key = RngKey::root(9).within("unbiased");
    let exact = JointChain::new(&data, cell);
    let mut walk = Walk::from(&exact, exact.state(&[1.0, 0.0], &[0.3, -0.1, 0.2]));
    walk.advance(30, &mut Noise::at(key));
    let influence = &walk.state()[exact.blocks().range(Block::Derivative)];
    let size: f64 = influence.iter().map(|v| v * v).sum();
    // A mean of n independent sketches leaves five of its own standard errors once in 1.7 million
    // seeds; a second, four times larger draw decides then.
    let within = |count: usize| {
        let seen = (0..count).map(|replica| {
            let sketch = Sketch::draw(cell, 4, key.replicate(replica));
            (0..4).map(|j| image(influence, 3, sketch.directions(), j).iter().map(|x| x * x).sum::<f64>()).sum::<f64>()
        });
        let error = (rtrl_lab::chain::sketch_variance(influence, 3, 4) / count as f64).sqrt();
        assert!(error < 0.03 * size, "the test can see a bias of a sixth");
        (seen.sum::<f64>() / count as f64 - size).abs() < 5.0 * error
    };
    assert!(within(4000) || within(16_000));
}

#[test]
fn populations_of_sketched_pairs_follow_the_exact_moment_rate() {
    let (model, network) = (linear_model(), network_of(&linear_model(), "identity"));
    let (data, cell) = (data_of(&model), &*network.cell);
    let key = RngKey::root(14).within("population");
    let sketches: Vec<Sketch> = (0..8).map(|replica| Sketch::draw(cell, 8, key.replicate(replica))).collect();
    let sketched = SketchedChain::new(&data, cell, &sketches, false).unwrap();
    let joint = sketched.blocks().range(Block::Joint);
    let starts = (0..8).map(|replica| {
        let start = |which| Noise::at(key.replicate(replica).stream(which)).normal_vector(5);
        let state = |which| sketched.state(&start(which)[..2], &start(which)[2..], replica);
        Synchronous::new(&sketched, state(stream::START), state(stream::OTHER_START))
    });
    let noises = (0..8).map(|replica| Noise::at(key.replicate(replica).stream(stream::INNOVATION))).collect();
    let mut population = Population::new(&sketched, starts.collect(), noises, Noise::at(key.stream(stream::CHOICE)), std::slice::from_ref(&joint));
    let mut moments = Vec::new();
    for _ in 0..=260 {
        moments.push(population.moments::<1>(std::slice::from_ref(&joint).try_into().unwrap())[0]);
        population.step();
    }
    // A linear network on linear data: differences decay deterministically, with the largest
    // modulus of an eigenvalue of (Φ, B) up to a factor t.
    let radius = |matrix: &Array2<f64>| rtrl_lab::linalg::spectral_radius(matrix.view()).unwrap();
    let rate = radius(&model.transition).max(radius(&model.b_matrix));
    let seen = libm::pow(moments[260].root / moments[200].root, 1.0 / 60.0);
    assert!(seen < rate * 1.01 && seen > rate * 0.999, "{seen} {rate}");
}

/// The numbers of `geometric_ergodicity` by case, from a run of the command.
fn numbers(sketch: usize) -> Vec<serde_json::Value> {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study.toml");
    let text = crate::common::command::SMALL
        .replace("chains = 48\nsteps = 60\ntimes = [0, 3, 9]", &format!("chains = 128\nsteps = 60\ntimes = [0, 3, 9]\nsketch = {sketch}"));
    assert!(text.contains("sketch"));
    std::fs::write(&study, text).unwrap();
    let (study, out) = (crate::common::command::text(&study), crate::common::command::text(&folder.path().join("out")));
    let output = crate::common::command::rtrl_lab(&["verify", &study, "--only", "geometric_ergodicity", "--json", "--out", &out]);
    let (code, answer, errors) = crate::common::command::told(&output);
    assert_eq!(code, 0, "{errors}");
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    answer["claims"].as_array().unwrap().iter().map(|claim| claim["numbers"].clone()).collect()
}

#[test]
fn a_study_with_a_sketch_agrees_with_the_exact_one_within_intervals() {
    let (exact, sketched) = (numbers(0), numbers(8));
    assert_eq!(exact.len(), 2);
    for (exact, sketched) in exact.iter().zip(&sketched) {
        assert_eq!((&exact["sketch_columns"], &sketched["sketch_columns"]), (&serde_json::Value::Null, &serde_json::json!(8.0)));
        for name in ["rate", "rate_hidden", "rate_derivative"] {
            let read = |numbers: &serde_json::Value| ["value", "lower", "upper"].map(|end| numbers[name][end].as_f64().unwrap());
            let ([a, a_low, a_high], [b, b_low, b_high]) = (read(exact), read(sketched));
            // Three combined half-widths of 95 % intervals: passed by chance less than once in 1e8.
            assert!((a - b).abs() <= 3.0 * (a_high - a_low).hypot(b_high - b_low) / 2.0, "{name}: {a} {b}");
            assert!(a > 0.3 && a < 0.95, "{name}: {a}");
        }
        for time in [0, 3, 9] {
            let read = |numbers: &serde_json::Value, block: &str| numbers[format!("w2_coupling_{block}[{time}]")].as_f64().unwrap();
            assert_eq!(read(exact, "hidden"), read(sketched, "hidden"), "data and hidden state do not know of the sketch");
            // A sketch of 8 columns has at most the variance 1, relative to its squared mean, in
            // one replica; 128 replicas bring a length to 4.4 %.
            let ratio = read(sketched, "derivative") / read(exact, "derivative");
            assert!((ratio - 1.0).abs() < 0.3, "t = {time}: {ratio}");
            let bound = |side: &str| sketched[format!("w2_{side}_derivative[{time}]")].as_f64().unwrap();
            assert!(bound("lower") <= bound("upper"));
        }
    }
    // The linear case knows its exact distances, and sketched brackets hold them.
    assert_eq!(sketched[1]["brackets_hold_exact"], serde_json::json!(1.0));
}
