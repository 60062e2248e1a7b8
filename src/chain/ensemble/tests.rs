//! The ensemble against the joint chain and against itself on every path.

use super::plan::Arrangement;
use super::units::{Engine, Units};
use super::{Ensemble, Targets, Tuning};
use crate::chain::JointChain;
use crate::data::{Autoregression, DataProcess, LinearTarget, Segment, Var};
use crate::gradient::rtrl;
use crate::markov::Walk;
use crate::network::activation::SameBits;
use crate::network::{Activation, Cell, Elman, Network, Readout, activation};
use crate::random::{Noise, RngKey};
use crate::simd::register::{InstructionSet, Portable};
use ndarray::Array2;

/// A data chain of `inputs` coordinates, all seen, with two targets.
fn data(inputs: usize) -> Var {
    let transition = Array2::from_shape_fn((inputs, inputs), |(i, j)| if i == j { 0.6 } else { 0.1 / (1 + i + j) as f64 });
    let target = LinearTarget::new(vec![vec![0.4; inputs], vec![-0.7; inputs]], 0.3);
    Var(Autoregression { transition, noise_factor: Array2::eye(inputs), inputs: (0..inputs).collect(), target })
}

struct Problem {
    network: Network,
    cell: Elman,
    hidden: Vec<f64>,
    inputs: Vec<f64>,
    targets: Vec<f64>,
    segments: Vec<Segment>,
    chains: usize,
}

fn problem(n: usize, d: usize, chains: usize, steps: usize, sigma: &'static dyn Activation) -> Problem {
    let mut noise = Noise::at(RngKey::root(40 + n as u64));
    let mut scaled = |count: usize, factor: f64| noise.normal_vector(count).iter().map(|x| factor * x).collect::<Vec<f64>>();
    let (b, w, bias) = (scaled(n * n, 0.8 / (n as f64).sqrt()), scaled(n * d, 0.7), scaled(n, 0.2));
    // With β = ½ the scale is a factor that must not be lost.
    let b: Vec<f64> = b.iter().map(|x| x * (n as f64).sqrt()).collect();
    let cell = Elman::new(&b, &w, &bias, 0.5, sigma).unwrap();
    let readout = Readout::new(&scaled(2 * n, 0.5), &scaled(2, 0.5), n);
    let hidden = scaled(chains * n, 0.5);
    let process = data(d);
    let segments: Vec<Segment> = (0..chains)
        .map(|chain| {
            let key = RngKey::root(7).replicate(chain);
            Segment::follow(&process, vec![0.5; d], steps, &mut Noise::at(key.stream(1)), &mut Noise::at(key.stream(2))).0
        })
        .collect();
    let of =
        |pick: fn(&Segment, usize) -> &[f64]| (0..steps).flat_map(|t| segments.iter().flat_map(move |s| pick(s, t).to_vec())).collect::<Vec<f64>>();
    let (inputs, targets) = (of(Segment::input), of(Segment::target));
    let network = Network { cell: Box::new(cell.clone()), readout };
    Problem { network, cell, hidden, inputs, targets, segments, chains }
}

/// Everything an engine holds, as bits.
fn bits(engine: &dyn Engine, chains: usize) -> Vec<u64> {
    let of = |chain| {
        let (loss, gradient, squares) = engine.sums(chain);
        [engine.hidden(chain), engine.influence(chain), vec![loss, squares], gradient].concat()
    };
    (0..chains).flat_map(of).map(f64::to_bits).collect()
}

const SIZES: [usize; 13] = [1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 16, 19, 33];

#[test]
fn the_ensemble_has_the_bits_of_forward_mode_where_the_activation_has() {
    for n in SIZES {
        for (d, chains, steps, warm) in [(1, 1, 3, 0), (2, 5, 19, 4), (3, 8, 6, 1)] {
            let problem = problem(n, d, chains, steps, &SameBits);
            let mut ensemble = Ensemble::new(&problem.cell, &problem.hidden);
            let (inputs, targets) = (problem.inputs.split_at(warm * chains * d), &problem.targets[warm * chains * 2..]);
            // One step is no block, and has the bits of the step by step path.
            inputs.0.chunks_exact(chains * d).for_each(|step| ensemble.advance(step));
            ensemble.advance_observed(inputs.1, Targets { targets, readout: &problem.network.readout });
            for (chain, segment) in problem.segments.iter().enumerate() {
                let start = &problem.hidden[chain * n..][..n];
                let summed = rtrl(&problem.network, segment, start, warm);
                let (loss, gradient, squares) = ensemble.engine.sums(chain);
                assert_eq!((loss, gradient), (summed.loss, summed.gradient), "N = {n}, d = {d}, chain {chain}");
                assert!(squares > 0.0);
            }
        }
    }
}

#[test]
fn the_ensemble_agrees_with_the_joint_chain_to_rounding_for_every_activation() {
    for sigma in activation::ALL {
        for n in [3, 8, 17] {
            let (d, chains, steps) = (2, 6, 40);
            let problem = problem(n, d, chains, steps, sigma);
            let mut ensemble = Ensemble::new(&problem.cell, &problem.hidden);
            ensemble.advance(&problem.inputs);
            let process = data(d);
            for chain in 0..chains {
                let joint = JointChain::new(&process, &problem.cell);
                let start = joint.state(&vec![0.5; d], &problem.hidden[chain * n..][..n]);
                let mut walk = Walk::from(&joint, start);
                walk.advance(steps, &mut Noise::at(RngKey::root(7).replicate(chain).stream(1)));
                let found = [ensemble.hidden(chain), ensemble.influence(chain)].concat();
                let largest = walk.state().iter().fold(0.0f64, |top, x| top.max(x.abs()));
                assert!(largest > 0.1, "the state is not empty");
                for (found, expected) in found.iter().zip(&walk.state()[process.inputs()..]) {
                    assert!((found - expected).abs() <= 1e-12 * largest, "{} N = {n}: {found} {expected}", sigma.name());
                }
            }
        }
    }
}

#[test]
fn every_path_gives_the_same_bits() {
    for (at, n) in SIZES.into_iter().enumerate() {
        let (d, chains, steps) = (2, if n > 20 { 5 } else { 9 }, 11);
        let problem = problem(n, d, chains, steps, activation::TANH);
        let observed = Targets { targets: &problem.targets, readout: &problem.network.readout };
        let run = |mut engine: Box<dyn Engine>, threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| engine.advance(&problem.inputs, None));
            pool.install(|| engine.advance(&problem.inputs, Some(observed)));
            pool.install(|| engine.advance(&problem.inputs, None));
            bits(&*engine, problem.chains)
        };
        let with = |set, tuning| Ensemble::on(set, &problem.cell, &problem.hidden, tuning).engine;
        let reference = run(with(InstructionSet::Portable, Tuning::default()), 1);
        assert!(reference.iter().filter(|bits| f64::from_bits(**bits).abs() > 1e-3).count() > n * n, "the reference is not empty");
        for arrangement in [Arrangement::Chains, Arrangement::Columns] {
            // Other widths of a register, as other processors have them.
            let tuning = Tuning { arrangement: Some(arrangement), ..Tuning::default() };
            assert_eq!(reference, run(Box::new(Units::<Portable<2>, 2>::new(&problem.cell, &problem.hidden, tuning)), 1), "N = {n}, two lanes");
            assert_eq!(reference, run(Box::new(Units::<Portable<8>, 8>::new(&problem.cell, &problem.hidden, tuning)), 2), "N = {n}, eight lanes");
            // Threads go round with the tuning, the arrangement and the size, so that every two of
            // them meet.
            for (turn, (steps, group)) in
                [(None, None), (Some(1), Some(1)), (Some(3), Some(2)), (Some(4), Some(5)), (Some(64), Some(1000))].into_iter().enumerate()
            {
                let tuning = Tuning { arrangement: Some(arrangement), steps, group };
                for set in InstructionSet::available() {
                    // The portable source calls a function for every fused multiply-add: one tuning
                    // of it is enough.
                    if set == InstructionSet::Portable && steps != Some(3) {
                        continue;
                    }
                    let threads = [1, 2, 8][(turn + at + usize::from(arrangement == Arrangement::Columns)) % 3];
                    assert_eq!(reference, run(with(set, tuning), threads), "N = {n}, {set:?}, {tuning:?}, {threads} threads");
                }
            }
        }
    }
}

/// `V` of a chain, N × P, by the algorithm of [`super::propagator`] in plain loops: every sum over
/// k and then over the steps, in order and fused.
fn by_blocks(problem: &Problem, chain: usize, block: usize) -> Vec<f64> {
    let (n, d) = (problem.cell.state_len(), problem.cell.inputs());
    let (group, scale) = (n + d + 1, problem.cell.scale());
    let theta = |i: usize, j: usize| problem.cell.parameters()[i * group + j];
    let sum = |terms: &mut dyn Iterator<Item = (f64, f64)>| terms.fold(0.0f64, |sum, (x, y)| x.mul_add(y, sum));
    let (mut state, mut v) = (problem.hidden[chain * n..][..n].to_vec(), vec![0.0; n * n * group]);
    let inputs: Vec<&[f64]> = problem.inputs.chunks_exact(problem.chains * d).map(|step| &step[chain * d..][..d]).collect();
    for inputs in inputs.chunks(block) {
        let (mut z, mut slopes) = (Vec::new(), Vec::new());
        for x in inputs {
            let own: Vec<f64> = state.iter().map(|s| scale * s).chain(x.iter().copied()).chain([1.0]).collect();
            let both = (0..n).map(|i| SameBits.value_and_slope(sum(&mut (0..group).map(|j| (theta(i, j), own[j])))));
            let (values, own_slopes): (Vec<f64>, Vec<f64>) = both.unzip();
            (state, z, slopes) = (values, [z, vec![own]].concat(), [slopes, vec![own_slopes]].concat());
        }
        let last = inputs.len() - 1;
        let once = |r: usize, k: usize| if last == 0 { slopes[last][r] * scale * theta(r, k) } else { slopes[last][r] * (scale * theta(r, k)) };
        let mut psi: Vec<f64> = (0..n * n).map(|at| once(at / n, at % n)).collect();
        let mut injected = vec![Vec::new(); last];
        for s in (0..last).rev() {
            injected[s] = (0..n * n).map(|at| psi[at] * slopes[s][at % n]).collect();
            psi = (0..n * n).map(|at| sum(&mut (0..n).map(|k| (injected[s][at / n * n + k], scale * theta(k, at % n))))).collect();
        }
        let next = |at: usize| {
            let (r, column) = (at / (n * group), at % (n * group));
            let (i, j) = (column / group, column % group);
            let carried = (0..n).map(|k| (psi[r * n + k], v[k * n * group + column]));
            let whole = sum(&mut carried.chain((0..last).map(|s| (injected[s][r * n + i], z[s][j]))));
            if r == i { whole + slopes[last][i] * z[last][j] } else { whole }
        };
        v = (0..v.len()).map(next).collect();
    }
    v
}

#[test]
fn an_unobserved_advance_has_the_bits_of_the_plain_block_algorithm() {
    for n in SIZES {
        for (chains, steps) in [(1, 3), (5, 37)] {
            let problem = problem(n, 2, chains, steps, &SameBits);
            let mut ensemble = Ensemble::new(&problem.cell, &problem.hidden);
            ensemble.advance(&problem.inputs);
            for chain in 0..chains {
                let expected = by_blocks(&problem, chain, if n <= 12 { 8 } else { 16 });
                assert!(expected.iter().filter(|x| x.abs() > 1e-3).count() >= n, "the reference is not empty");
                assert_eq!(ensemble.influence(chain), expected, "N = {n}, {steps} steps, chain {chain}");
            }
        }
    }
}

/// The numbers as bits, all NaN alike.
fn canonical(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|x| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() }).collect()
}

#[test]
fn an_overflow_is_that_of_step_by_step_and_stays_in_its_chain() {
    for n in SIZES {
        let (d, chains, steps) = (2, if n > 20 { 5 } else { 9 }, 20);
        let clean = problem(n, d, chains, steps, activation::TANH);
        let run = |inputs: &[f64], at_once: usize, arrangement| {
            let tuning = Tuning { arrangement: Some(arrangement), ..Tuning::default() };
            let mut ensemble = Ensemble::on(InstructionSet::widest(), &clean.cell, &clean.hidden, tuning);
            inputs.chunks(chains * d * at_once).for_each(|inputs| ensemble.advance(inputs));
            (0..chains).map(|chain| ensemble.influence(chain)).collect::<Vec<_>>()
        };
        for arrangement in [Arrangement::Chains, Arrangement::Columns] {
            let undisturbed = run(&clean.inputs, steps, arrangement);
            for (value, step) in [(f64::INFINITY, 0), (f64::NEG_INFINITY, 17), (f64::NAN, 6), (f64::INFINITY, steps - 1)] {
                let mut inputs = clean.inputs.clone();
                inputs[(step * chains + 4) * d] = value;
                let (found, stepped) = (run(&inputs, steps, arrangement), run(&inputs, 1, arrangement));
                let finite = |v: &[f64]| v.iter().map(|x| x.is_finite()).collect::<Vec<_>>();
                assert_eq!(finite(&found[4]), finite(&stepped[4]), "N = {n}, {value} in step {step}");
                assert!(!stepped[4].iter().all(|x| x.is_finite()));
                for chain in (0..chains).filter(|chain| *chain != 4) {
                    assert_eq!(canonical(&found[chain]), canonical(&undisturbed[chain]), "N = {n}, {value} in step {step}, chain {chain}");
                }
            }
        }
    }
}

#[test]
fn where_the_propagator_overflows_columns_without_injection_stay_zero() {
    for n in SIZES {
        // Eight steps of a network that expands 10^60-fold, on inputs of zero from a state of zero:
        // only the bias has derivatives at all.
        let cell = Elman::new(&vec![1e60; n * n], &vec![1.0; n], &vec![0.0; n], 0.0, activation::named("identity").unwrap()).unwrap();
        for arrangement in [Arrangement::Chains, Arrangement::Columns] {
            let tuning = Tuning { arrangement: Some(arrangement), ..Tuning::default() };
            let run = |at_once: usize| {
                let mut ensemble = Ensemble::on(InstructionSet::widest(), &cell, &vec![0.0; 5 * n], tuning);
                [0.0; 5 * 8].chunks(5 * at_once).for_each(|inputs| ensemble.advance(inputs));
                ensemble.influence(3)
            };
            let (found, stepped) = (run(8), run(1));
            assert_eq!(canonical(&found), canonical(&stepped), "N = {n}");
            assert!(stepped.contains(&0.0) && stepped.contains(&f64::INFINITY), "N = {n}: {stepped:?}");
        }
    }
}

#[test]
fn the_comparison_of_bits_sees_a_change_in_the_last_place() {
    let mut problem = problem(5, 2, 3, 4, activation::TANH);
    let run = |problem: &Problem| {
        let mut ensemble = Ensemble::new(&problem.cell, &problem.hidden);
        ensemble.advance(&problem.inputs);
        bits(&*ensemble.engine, problem.chains)
    };
    let first = run(&problem);
    assert_eq!(first, run(&problem));
    let last = problem.inputs.len() - 1;
    problem.inputs[last] = f64::from_bits(problem.inputs[last].to_bits() + 1);
    assert_ne!(first, run(&problem));
}

#[test]
fn means_are_undefined_before_the_first_observed_step_and_no_steps_change_nothing() {
    let problem = problem(4, 2, 5, 3, activation::TANH);
    let mut ensemble = Ensemble::new(&problem.cell, &problem.hidden);
    ensemble.advance(&[]);
    assert_eq!(ensemble.means(0), None);
    assert_eq!(ensemble.hidden(4), &problem.hidden[16..]);
    let mut empty = Ensemble::new(&problem.cell, &[]);
    empty.advance(&[]);
    assert_eq!(empty.chains(), 0);
    ensemble.advance_observed(&problem.inputs, Targets { targets: &problem.targets, readout: &problem.network.readout });
    let (means, sums) = (ensemble.means(2).unwrap(), ensemble.engine.sums(2));
    assert_eq!((means.loss, means.squared_norm), (sums.0 / 3.0, sums.2 / 3.0));
}
