use ndarray::Array2;
use rtrl_lab::chain::JointChain;
use rtrl_lab::coupling::Synchronous;
use rtrl_lab::data::{Autoregression, LinearTarget, Var};
use rtrl_lab::ergodicity::*;
use rtrl_lab::linalg::spectral_radius;
use rtrl_lab::markov::Coupled;
use rtrl_lab::network::{Cell, Elman, activation};
use rtrl_lab::random::{Address, Noise, stream};
use rtrl_lab::stats::Bootstrap;
fn main() {
    let count: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let pairs = 256;
    let steps = 300;
    let names = ["data", "hidden", "derivative"];
    let mut covered = [0usize; 3];
    let mut und = [0usize; 3];
    let mut bias = [0.0f64; 3];
    let mut bad = [0usize; 3];
    let mut pick = vec![std::collections::BTreeMap::<String, (usize, usize)>::new(); 3];
    let mut width = [0.0f64; 3];
    for k in 0..count {
        let a = Address::root(77 + k as u64).within("probe");
        let mut noise = Noise::at(a.stream(stream::START));
        let n = 2 + noise.index(3);
        let q = 1 + noise.index(2);
        let draw = |noise: &mut Noise, n: usize| {
            let r = 0.3 + 0.69 * noise.uniform();
            let m = Array2::from_shape_vec((n, n), noise.normal_vector(n * n)).unwrap();
            let s = spectral_radius(m.view()).unwrap();
            (m * (r / s), r)
        };
        let (phi, rd) = draw(&mut noise, q);
        let (b, rs) = draw(&mut noise, n);
        let data = Var(Autoregression {
            transition: phi,
            noise_factor: Array2::eye(q),
            inputs: vec![0],
            target: LinearTarget::new(vec![vec![1.0; q]], 0.1),
        });
        let w = noise.normal_vector(n);
        let flat: Vec<f64> = b.iter().copied().collect();
        let cell = Elman::new(&flat, &w, &vec![0.1; n], 0.0, activation::named("identity").unwrap()).unwrap();
        let chain = JointChain::new(&data, &cell);
        let blocks = chain.blocks();
        let mut d = vec![Vec::new(); 3];
        let mut size = [0.0f64; 3];
        for p in 0..pairs {
            let at = a.within("pair").replicate(p);
            let mut s = Noise::at(at.stream(stream::START));
            let mut start = |spread: f64| {
                let x: Vec<f64> = s.normal_vector(q).iter().map(|z| spread * z).collect();
                let h: Vec<f64> = s.normal_vector(n).iter().map(|z| spread * z).collect();
                chain.state(&x, &h)
            };
            let (x, y) = (start(3.0), start(1.0));
            let mut pair = Synchronous::new(&chain, x, y);
            let mut noise = Noise::at(at.stream(stream::INNOVATION));
            for t in 0..=steps {
                let g = pair.difference();
                let f = pair.first();
                let dist = blocks.lengths(g);
                for i in 0..3 {
                    d[i].push(dist[i]);
                }
                if t == steps {
                    for (i, bl) in
                        [rtrl_lab::markov::Block::Data, rtrl_lab::markov::Block::Hidden, rtrl_lab::markov::Block::Derivative].into_iter().enumerate()
                    {
                        size[i] += f[blocks.range(bl)].iter().map(|x| x * x).sum::<f64>();
                    }
                }
                if t < steps {
                    pair.step(&mut noise);
                }
            }
        }
        let exact = [rd, rd.max(rs), rd.max(rs)];
        for i in 0..3 {
            let curve = DecayCurve::new(
                Coupled::declare(Array2::from_shape_vec((pairs, steps + 1), d[i].clone()).unwrap()),
                2,
                (size[i] / pairs as f64).sqrt(),
                true,
            );
            let boot = Bootstrap { resamples: 200, address: a.within("boot").stream(stream::RESAMPLING) };
            let shape = if i == 0 { Shape::Autonomous } else { Shape::Driven };
            match GeometricFit::of(&curve, shape, &WindowRule::default(), 0.95, &boot) {
                Err(_) => und[i] += 1,
                Ok(fit) => {
                    let ok = fit.rate.lower <= exact[i] && exact[i] <= fit.rate.upper;
                    covered[i] += usize::from(ok);
                    bias[i] += fit.rate.value - exact[i];
                    width[i] += fit.rate.upper - fit.rate.lower;
                    let e = pick[i].entry(format!("{:?}{}", fit.curve.family, if fit.systematic > 0.0 { "+sys" } else { "" })).or_default();
                    e.0 += 1;
                    e.1 += usize::from(!ok);
                    if (fit.rate.value - exact[i]).abs() > 0.005 {
                        bad[i] += 1;
                    }
                    if !ok && count <= 60 {
                        println!(
                            "{k} n{n} q{q} {} exact {:.8} (rd {rd:.3} rs {rs:.3}) got {:.8} [{:.8},{:.8}] {:?} {:?} sys {:.2e} line {:.5}",
                            names[i],
                            exact[i],
                            fit.rate.value,
                            fit.rate.lower,
                            fit.rate.upper,
                            fit.curve.family,
                            fit.window,
                            fit.systematic,
                            fit.straight_line
                        );
                    }
                }
            }
        }
    }
    for i in 0..3 {
        println!(
            "{} covered {}/{} undefined {} bias {:.5} |err|>.005 {} width {:.4}",
            names[i],
            covered[i],
            count - und[i],
            und[i],
            bias[i] / (count - und[i]) as f64,
            bad[i],
            width[i] / (count - und[i]) as f64
        );
        println!("   {:?}", pick[i]);
    }
    let _ = flat_cell as fn(&dyn Cell) -> usize;
}
fn flat_cell(c: &dyn Cell) -> usize {
    c.hidden()
}
