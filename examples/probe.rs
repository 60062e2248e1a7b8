use rtrl_lab::calibration::systems::*;
use rtrl_lab::claims::*;
use rtrl_lab::random::Address;
use rtrl_lab::theory::LinearGaussian;
use std::collections::BTreeMap;
fn main() {
    let chains: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let count: usize = std::env::args().nth(2).unwrap().parse().unwrap();
    let claim = named("geometric_ergodicity").unwrap();
    let mut budget = claim.budget();
    budget.chains = chains;
    budget.times = vec![1];
    let (mut tj, mut tr) = (0.0, 0.0);
    let mut stat: BTreeMap<String, (usize, usize, usize, f64, f64, f64)> = BTreeMap::new();
    for i in 0..count {
        let at = Address::root(99).within("probe");
        let (kind, model) = random_system(at, i);
        let oracle = LinearGaussian::new(model.clone()).unwrap();
        let case = case_of(
            &model,
            "x",
            at.replicate(i).within(&i.to_string()),
            2.0,
            BTreeMap::from([(claim.id().to_string(), Budget { burn_in: 600, ..budget.clone() })]),
        );
        let t0 = std::time::Instant::now();
        let mut parts = BTreeMap::new();
        for u in claim.units(&case) {
            use rayon::prelude::*;
            parts.insert(u.part.to_string(), Part((0..u.count).into_par_iter().map(|k| claim.run(&case, u.part, k)).collect()));
        }
        tr += t0.elapsed().as_secs_f64();
        let t0 = std::time::Instant::now();
        let f = claim.judge(&case, &Records(parts));
        tj += t0.elapsed().as_secs_f64();
        for (name, truth) in
            [("rate_data", oracle.rho_data()), ("rate_hidden", oracle.rate()), ("rate_derivative", oracle.rate()), ("rate", oracle.rate())]
        {
            let e = stat.entry(format!("{:14}{}", kind.name(), name)).or_default();
            e.0 += 1;
            match f.numbers.get(name) {
                Some(Number::Interval(x)) => {
                    let ok = x.contains(truth);
                    e.1 += ok as usize;
                    e.3 += x.value - truth;
                    e.4 += x.upper - x.lower;
                    e.5 = e.5.max((x.value - truth).abs());
                    if !ok && std::env::args().nth(3).is_some() {
                        println!(
                            "miss {} {} {} truth {truth:.5} [{:.5},{:.5}] rd {:.4} rn {:.4} win {:?}-{:?} straight {:?}",
                            i,
                            kind.name(),
                            name,
                            x.lower,
                            x.upper,
                            oracle.rho_data(),
                            oracle.rho_recurrent(),
                            f.numbers.get(&name.replace("rate", "window_first")),
                            f.numbers.get(&name.replace("rate", "window_last")),
                            f.numbers.get(&name.replace("rate", "straight_line_rate"))
                        );
                    }
                }
                _ => {
                    e.2 += 1;
                    if std::env::args().nth(3).is_some() {
                        println!("undef {i} {} {name} {truth} {:?}", kind.name(), f.numbers.get(name));
                    }
                }
            }
        }
    }
    println!("run {tr:.1} judge {tj:.1}");
    for (k, v) in stat {
        let d = (v.0 - v.2).max(1) as f64;
        println!("{k:34} n {} cover {:.3} undefined {} bias {:+.5} worst {:.4} width {:.5}", v.0, v.1 as f64 / d, v.2, v.3 / d, v.5, v.4 / d);
    }
}
