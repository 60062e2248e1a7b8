use rtrl_lab::calibration::systems::*;
use rtrl_lab::claims::*;
use rtrl_lab::random::Address;
use std::collections::BTreeMap;
fn main() {
    let i: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let claim = named("geometric_ergodicity").unwrap();
    let mut budget = claim.budget();
    budget.chains = 256;
    budget.times = vec![1];
    let at = Address::root(99).within("probe");
    let (kind, model) = random_system(at, i);
    println!("{kind:?}");
    let case = case_of(
        &model,
        "x",
        at.replicate(i).within(&i.to_string()),
        2.0,
        BTreeMap::from([(claim.id().to_string(), Budget { burn_in: 600, ..budget.clone() })]),
    );
    let mut parts = BTreeMap::new();
    for u in claim.units(&case) {
        parts.insert(u.part.to_string(), Part((0..u.count).map(|k| claim.run(&case, u.part, k)).collect()));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| {
        claim.judge(&case, &Records(parts));
    });
}
