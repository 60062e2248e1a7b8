//! Data whose floors are known: the add task and the delayed copy.

use rtrl_lab::claims::Case;
use rtrl_lab::data::kind as data;
use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::study::{BudgetScale, Prepared};
use std::path::Path;

fn case(data: &str, loss: &str) -> Case {
    let text = format!("[study]\nname = \"tasks\"\nseed = 3\n[data]\n{data}\n[network]\nhidden = 2\nloss = \"{loss}\"\n");
    let prepared = Prepared::new(&text, "tasks.toml", Path::new("."), BudgetScale::Quick, &[]).unwrap_or_else(|error| panic!("{error}"));
    prepared.study.cases[0].case.clone()
}

fn entropy(p: f64) -> f64 {
    -[p, 1.0 - p].iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>()
}

/// `E H(P(y = 1 | what is known))` over all states of the last nine coins, by enumeration.
fn floor(case: &Case, known: impl Fn(&[f64]) -> usize) -> f64 {
    let states: Vec<Vec<f64>> = (0..1 << 9).map(|bits: i32| (0..9).map(|lag| f64::from(bits >> lag & 1)).collect()).collect();
    let mut seen = std::collections::BTreeMap::<usize, Vec<f64>>::new();
    for state in &states {
        let mut chance = [0.0];
        case.data.mean_target(state, &mut chance);
        seen.entry(known(state)).or_default().push(chance[0]);
    }
    seen.values().map(|chances| chances.len() as f64 * entropy(chances.iter().sum::<f64>() / chances.len() as f64)).sum::<f64>() / states.len() as f64
}

#[test]
fn the_floors_of_the_add_task_are_those_of_an_enumeration() {
    let case = case("kind = \"add-task\"\nnear = 3\nfar = 8", "bernoulli-cross-entropy");
    let bit = |state: &[f64], lag: usize| state[lag] as usize;
    let floors = [
        (floor(&case, |_| 0), 0.66156),
        (floor(&case, |state| bit(state, 3)), 0.51917),
        (floor(&case, |state| bit(state, 8)), 0.62774),
        (floor(&case, |state| 2 * bit(state, 3) + bit(state, 8)), 0.45445),
        (floor(&case, |state| bit(state, 0) + 2 * bit(state, 1) + 4 * bit(state, 7)), 0.66156),
    ];
    for (seen, stated) in floors {
        assert!((seen - stated).abs() < 5e-6, "{seen} {stated}");
    }
}

#[test]
fn a_copy_asks_for_what_was_shown_and_its_floor_is_the_share_of_symbols() {
    let case = case("kind = \"delayed-copy\"\nsymbols = 4\nmemory = 10", "softmax-cross-entropy");
    let (segment, _) = rtrl_lab::data::Segment::follow(
        &*case.data,
        [-1.0; 12].iter().enumerate().map(|(k, code)| if k == 0 { 19.0 } else { *code }).collect(),
        2000,
        &mut Noise::at(RngKey::root(1).stream(1)),
        &mut Noise::at(RngKey::root(1).stream(2)),
    );
    let (mut asked, mut counts) = (0, [0; 4]);
    for t in 10..2000 {
        let (shown, wanted) = (segment.input(t - 10), segment.target(t));
        assert_eq!(wanted.iter().sum::<f64>(), 1.0);
        match shown[..4].iter().position(|x| *x == 1.0) {
            Some(symbol) => {
                assert_eq!(wanted[symbol], 1.0);
                asked += 1;
                counts[symbol] += 1;
            }
            None => assert_eq!(wanted[4], 1.0, "nothing is asked for where no symbol was"),
        }
    }
    // Nine symbols in twenty steps, each of four as likely; a share leaves [0.18, 0.32] with
    // probability below 1e-5.
    assert!((asked as f64 / 1990.0 - 0.45).abs() < 0.005, "{asked}");
    assert!(counts.iter().all(|count| (0.18..0.32).contains(&(f64::from(*count) / asked as f64))), "{counts:?}");
    assert!((4f64.powf(0.45) - 1.8661).abs() < 1e-4);
}

/// `E[Y | D]` is the mean of `Y` over its noise, for every kind of data.
#[test]
fn the_mean_target_is_the_mean_of_the_targets() {
    let folder = tempfile::tempdir().expect("a place for a series");
    let rows: String = (0..120).map(|t| format!("{},{}\n", t % 7, t % 5)).collect();
    std::fs::write(folder.path().join("series.csv"), format!("a,b\n{rows}")).expect("a place for a series");
    std::fs::write(folder.path().join("book.csv"), crate::common::book::walk(120)).expect("a place for a book");
    for kind in data::ALL {
        let text = format!("[study]\nname = \"means\"\nseed = 3\n[data]\nkind = \"{}\"\n{}\n[network]\nhidden = 1\n", kind.name(), kind.example());
        let prepared = Prepared::new(&text, "means.toml", folder.path(), BudgetScale::Quick, &[]).unwrap_or_else(|error| panic!("{error}"));
        let process = &prepared.study.cases[0].case.data;
        let mut noise = Noise::at(RngKey::root(9).within(kind.name()));
        let (mut state, width, outputs) = (vec![0.0; process.state_len()], process.observation_len(), process.outputs());
        process.start(1.0, 1, 3, &mut noise, &mut state);
        let mut mean = vec![0.0; outputs];
        process.mean_target(&state, &mut mean);
        const COUNT: usize = 20_000;
        let mut drawn = vec![(0.0, 0.0); outputs];
        for _ in 0..COUNT {
            let mut target = vec![0.0; outputs];
            process.target(&state, &noise.normal_vector(width), &mut target);
            drawn.iter_mut().zip(&target).for_each(|(sum, y)| *sum = (sum.0 + y, sum.1 + y * y));
        }
        for ((sum, squares), mean) in drawn.iter().zip(&mean) {
            let seen = sum / COUNT as f64;
            let error = ((squares / COUNT as f64 - seen * seen).max(0.0) / COUNT as f64).sqrt();
            // Five standard errors: a false alarm with probability 6e-7 a number.
            assert!((seen - mean).abs() <= 5.0 * error + 1e-12, "{}: {seen} {mean}", kind.name());
        }
    }
}
