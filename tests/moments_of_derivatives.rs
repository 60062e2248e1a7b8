//! Which moments the forward derivatives have, against transfer operators of one unit that were
//! solved on a grid outside this program.

use rtrl_lab::claims::{self, Finding, Number, Outcome, premises};
use rtrl_lab::stats::{Estimate, Exponents, TailIndex};
use rtrl_lab::study::{BudgetScale, Study, config::Config};
use std::path::Path;

/// One unit `S' = σ(b S + w X + c)` on independent standard normal inputs; `r_2`, `r_4` and the κ
/// with `r_κ = 1`, by quadrature.
struct Unit {
    b: f64,
    w: f64,
    c: f64,
    activation: &'static str,
    rates: [f64; 2],
    index: f64,
}

const UNITS: [Unit; 7] = [
    Unit { b: 1.1, w: 0.5, c: 0.0, activation: "tanh", rates: [0.87137, 0.93407], index: 10.182 },
    Unit { b: 1.3, w: 1.0, c: 0.0, activation: "tanh", rates: [0.84159, 0.97639], index: 4.5816 },
    Unit { b: 1.8, w: 4.0, c: 0.0, activation: "tanh", rates: [0.64685, 0.98534], index: 4.1282 },
    Unit { b: 4.8, w: 3.0, c: -2.4, activation: "sigmoid", rates: [0.67446, 0.82980], index: 10.692 },
    Unit { b: 1.6, w: 1.0, c: 1.0, activation: "tanh", rates: [0.79541, 1.05538], index: 3.4040 },
    Unit { b: 5.0, w: 20.0, c: 0.0, activation: "tanh", rates: [0.81272, 1.83576], index: 2.3066 },
    Unit { b: 4.0, w: 12.0, c: 0.0, activation: "tanh", rates: [0.83707, 1.66741], index: 2.3142 },
];

fn finding(network: &str, seed: u64) -> Finding {
    let text = format!(
        "study = {{ name = \"s\", seed = {seed} }}\n\
         data = {{ kind = \"var\", transition = [[0.0]], target = [1.0], target_noise = 0.1 }}\n\
         network = {network}\n"
    );
    let (config, index) = Config::parse(&text, "moments.toml").unwrap();
    let study = Study::build(&config, &index, Path::new("."), BudgetScale::Full, &[]).unwrap();
    let (case, claim) = (&study.cases[0].case, claims::named("derivative_moments").unwrap());
    claim.finding(case, &claims::measure(claim, case))
}

fn of_unit(unit: &Unit, seed: u64) -> Finding {
    let Unit { b, w, c, activation, .. } = unit;
    let parameters = format!("{{ B = [[{b:?}]], W = [[{w:?}]], b = [{c:?}], C = [[1.0]], c = [0.0] }}");
    finding(&format!("{{ hidden = 1, activation = \"{activation}\", parameters = {parameters} }}"), seed)
}

fn interval(finding: &Finding, name: &str) -> Option<Estimate> {
    match finding.numbers.get(name) {
        Some(Number::Interval(estimate)) => Some(*estimate),
        _ => None,
    }
}

/// `truth` within 2.3 half-widths: of normal errors beyond the ends of a 95 % interval one in 1.5e5
/// reaches so far.
fn near(estimate: &Estimate, truth: f64) -> bool {
    let half = if truth > estimate.value { estimate.upper - estimate.value } else { estimate.value - estimate.lower };
    (truth - estimate.value).abs() < 2.3 * half
}

#[test]
fn a_moment_exists_where_products_shrink_in_it_and_its_index_is_where_they_stand_still() {
    for unit in &UNITS {
        let finding = of_unit(unit, 411);
        let name = format!("b = {}, w = {}", unit.b, unit.w);
        let expected = if unit.rates[1] < 1.0 { Outcome::Supported } else { Outcome::Contradicted };
        assert_eq!(finding.outcome(), expected, "{name}: {}", finding.reason);
        for (order, truth) in [2, 4].into_iter().zip(unit.rates) {
            let rate = interval(&finding, &format!("product_rate_{order}")).unwrap();
            assert!(near(&rate, truth) && rate.upper - rate.lower < 0.1, "{name}, order {order}: {rate:?} {truth}");
        }
        match interval(&finding, "tail_index") {
            Some(index) => assert!(near(&index, unit.index) && index.upper - index.lower < 0.3, "{name}: {index:?} {}", unit.index),
            None => assert!(matches!(finding.numbers["tail_index_above"], Number::Exact(limit) if limit == 8.0 && limit < unit.index), "{name}"),
        }
        let settled = |id: &str| finding.settles.iter().find(|premise| premise.id == id).map(|premise| premise.verdict);
        assert_eq!(settled(premises::FOURTH_MOMENT), Some(expected), "{name}");
        assert_eq!(settled(premises::SECOND_MOMENT), Some(Outcome::Supported), "{name}");
    }
}

#[test]
fn without_a_second_moment_the_premise_of_others_is_contradicted() {
    // r_2 = 1.05845 by quadrature.
    let unit = Unit { b: 2.2, w: 2.0, c: 0.0, activation: "tanh", rates: [1.05845, 1.40999], index: 1.7941 };
    let finding = of_unit(&unit, 412);
    assert_eq!(finding.outcome(), Outcome::Contradicted);
    assert!(finding.settles.iter().all(|premise| premise.verdict == Outcome::Contradicted && premise.estimate.is_some()));
    assert!(near(&interval(&finding, "tail_index").unwrap(), unit.index));
}

#[test]
fn products_that_vanish_leave_every_moment() {
    let vanishing = [
        "{ hidden = 1, activation = \"tanh\", parameters = { B = [[0.0]], W = [[1.0]], b = [0.0], C = [[1.0]], c = [0.0] } }",
        // Without cycles: the product of any two Jacobians is 0, and the norm of one is 7.
        "{ hidden = 2, activation = \"tanh\", parameters = { B = [[0.0, 7.0], [0.0, 0.0]], W = [[1.0], [1.0]], b = [0.0, 0.0], C = [[1.0, 1.0]], c = [0.0] } }",
    ];
    for network in vanishing {
        let finding = finding(network, 413);
        assert_eq!(finding.outcome(), Outcome::Supported, "{}", finding.reason);
        assert!(interval(&finding, "tail_index").is_none() && !finding.numbers.contains_key("tail_index_above"));
    }
}

/// Exponents on a curve, each with an interval of the same half-width.
fn points(half: f64, curve: impl Fn(f64) -> f64) -> Vec<(f64, Estimate)> {
    [0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0]
        .map(|q| (q, Estimate { value: curve(q), standard_error: half / 2.0, lower: curve(q) - half, upper: curve(q) + half, level: 0.95 }))
        .to_vec()
}

#[test]
fn the_index_of_known_exponents_is_found_between_orders() {
    // Λ(q) = q (q − κ)/10 is that of log-normal factors.
    for index in [1.7, 2.0, 3.3, 5.2, 7.1] {
        let exponents = Exponents::fit(&points(0.02, |q| q * (q - index) / 10.0)).unwrap();
        let TailIndex::Within(found) = exponents.tail_index() else { panic!("{index}: {:?}", exponents.tail_index()) };
        assert!((found.value - index).abs() < 0.01 && found.contains(index), "{index}: {found:?}");
        assert!(!exponents.is_broken());
    }
}

#[test]
fn an_index_beyond_what_was_measured_is_a_limit_and_one_below_it_is_said_so() {
    let index = |curve: fn(f64) -> f64| Exponents::fit(&points(0.02, curve)).unwrap().tail_index();
    assert_eq!(index(|q| -0.1 * q), TailIndex::Above { limit: 8.0, value: None });
    assert_eq!(index(|q| 0.1 * q), TailIndex::Below(0.5));
    assert!(matches!(index(|q| 0.001 * q), TailIndex::Open));
    let TailIndex::Above { limit, value: Some(value) } = index(|q| 0.02 * q * (q - 7.9)) else { panic!("the upper end is not seen") };
    assert!(limit < 7.9 && (value - 7.9).abs() < 0.05, "{limit} {value}");
}

#[test]
fn the_fit_is_convex_and_exponents_that_cannot_be_are_called_broken() {
    let mut bent = points(0.02, |q| q * (q - 5.0) / 10.0);
    bent[3].1.value += 0.03;
    let exponents = Exponents::fit(&bent).unwrap();
    let knots: Vec<(f64, f64)> = [(0.0, 0.0)].into_iter().chain(exponents.orders().iter().copied().zip(exponents.fitted().iter().copied())).collect();
    let slopes: Vec<f64> = knots.windows(2).map(|pair| (pair[1].1 - pair[0].1) / (pair[1].0 - pair[0].0)).collect();
    assert!(slopes.windows(2).all(|pair| pair[0] <= pair[1] + 1e-7), "{slopes:?}");
    assert!(!exponents.is_broken());
    let broken = Exponents::fit(&points(0.02, |q| 0.1 * q - q * q / 50.0)).unwrap();
    assert!(broken.is_broken());
}
