//! Criterion's samples of the ensemble kernel and of the vectorised functions, for comparison with
//! an earlier state of the source.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rtrl_lab::chain::Ensemble;
use rtrl_lab::network::{Elman, activation};
use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::simd::elementary;
use std::hint::black_box;

fn ensembles(criterion: &mut Criterion) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
    let mut group = criterion.benchmark_group("ensemble");
    for hidden in [4, 8, 16, 32, 64, 128] {
        let (inputs, chains, steps) = (2, if hidden <= 32 { 64 } else { 4 }, 16);
        let mut noise = Noise::at(RngKey::root(1));
        let mut scaled = |count: usize, factor: f64| noise.normal_vector(count).iter().map(|x| factor * x).collect::<Vec<f64>>();
        let b = scaled(hidden * hidden, 0.6 / (hidden as f64).sqrt());
        let cell = Elman::new(&b, &scaled(hidden * inputs, 0.7), &scaled(hidden, 0.1), 0.0, activation::TANH).expect("the blocks fit");
        let mut ensemble = Ensemble::new(&cell, &scaled(chains * hidden, 0.1));
        let series = scaled(steps * chains * inputs, 1.0);
        group.throughput(Throughput::Elements((chains * steps) as u64));
        group.bench_function(BenchmarkId::new("advance", hidden), |bencher| bencher.iter(|| pool.install(|| ensemble.advance(black_box(&series)))));
    }
}

fn functions(criterion: &mut Criterion) {
    let values = Noise::at(RngKey::root(2)).normal_vector(4096);
    let mut group = criterion.benchmark_group("functions");
    group.throughput(Throughput::Elements(values.len() as u64));
    let mut work = values.clone();
    for (name, all) in [("tanh", elementary::tanh_all as fn(&mut [f64])), ("exp", elementary::exp_all)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                work.copy_from_slice(&values);
                all(black_box(&mut work));
            });
        });
    }
    group.bench_function("tanh of libm", |bencher| {
        bencher.iter(|| work.iter_mut().zip(&values).for_each(|(w, v)| *w = libm::tanh(*black_box(v))));
    });
}

criterion_group!(benches, ensembles, functions);
criterion_main!(benches);
