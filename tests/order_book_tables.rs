//! The printed tables of Cont, Stoikov and Talreja (2010) from small linear systems, and the
//! integral of Cont and de Larrard beside the walk that it is about.

use rtrl_lab::markov::{Queue, both_served, second_empties_first, served_before};
use rtrl_lab::theory::balanced_race;

/// The best queues at a spread of one tick, by the rates of their Table 2.
const BEST: Queue = Queue { arrival: 1.85, market: 0.94, cancel: 0.71, capacity: 60 };

/// The mid price goes up first, as printed; rows are bid queues. The diagonal and the lower
/// triangle follow from exchanging the sides.
const TABLE_3: [(usize, usize, f64); 10] = [
    (1, 2, 0.336),
    (1, 3, 0.259),
    (1, 4, 0.216),
    (1, 5, 0.188),
    (2, 3, 0.407),
    (2, 4, 0.348),
    (2, 5, 0.307),
    (3, 4, 0.437),
    (3, 5, 0.391),
    (4, 5, 0.452),
];
const TABLE_3_EXACT: [f64; 10] = [0.33517, 0.25902, 0.21579, 0.18782, 0.40689, 0.34789, 0.30720, 0.43655, 0.39059, 0.45234];

const TABLE_4: [[f64; 5]; 5] = [
    [0.497, 0.641, 0.709, 0.749, 0.776],
    [0.302, 0.449, 0.535, 0.591, 0.631],
    [0.206, 0.336, 0.422, 0.483, 0.528],
    [0.152, 0.263, 0.344, 0.404, 0.452],
    [0.118, 0.213, 0.287, 0.346, 0.393],
];
/// The event of the table's caption.
const FILLED: [[f64; 5]; 5] = [
    [0.5025, 0.6980, 0.7939, 0.8483, 0.8824],
    [0.3589, 0.5508, 0.6643, 0.7372, 0.7869],
    [0.2915, 0.4654, 0.5784, 0.6564, 0.7128],
    [0.2514, 0.4093, 0.5174, 0.5956, 0.6543],
    [0.2243, 0.3691, 0.4716, 0.5480, 0.6071],
];

const TABLE_5: [[f64; 5]; 5] = [
    [0.266, 0.308, 0.309, 0.300, 0.288],
    [0.308, 0.386, 0.406, 0.406, 0.400],
    [0.309, 0.406, 0.441, 0.452, 0.452],
    [0.300, 0.406, 0.452, 0.471, 0.479],
    [0.288, 0.400, 0.452, 0.479, 0.491],
];

#[test]
fn table_3_is_met() {
    let up = second_empties_first([BEST, BEST], [0.0, 0.0]);
    let (mut largest, mut cells) = (0.0_f64, 0);
    for ((b, a, printed), exact) in TABLE_3.into_iter().zip(TABLE_3_EXACT) {
        assert!((up[[b, a]] - exact).abs() < 5.1e-6, "({b}, {a}): {}", up[[b, a]]);
        for (found, printed) in [(up[[b, a]], printed), (up[[a, b]], 1.0 - printed)] {
            largest = largest.max((found - printed).abs());
            cells += 1;
        }
        assert!((up[[b, a]] + up[[a, b]] - 1.0).abs() < 1e-13);
    }
    for n in 1..=5 {
        assert!((up[[n, n]] - 0.5).abs() < 1e-13);
        cells += 1;
    }
    assert_eq!(cells, 25);
    println!("table 3: 25 cells, at most {largest:.1e} from the printed ones");
    // The printed numbers come from an inverted transform and are off by more than their digits.
    assert!(largest < 1e-3);
}

#[test]
fn table_4_is_the_complement_with_the_queues_exchanged_and_its_caption_another_table() {
    let filled = served_before(5, BEST, BEST, 0.0);
    let (mut nearest, mut by_caption) = (0.0_f64, 0.0_f64);
    for b in 1..=5 {
        for a in 1..=5 {
            nearest = nearest.max((1.0 - filled[[a, b]] - TABLE_4[b - 1][a - 1]).abs());
            by_caption = by_caption.max((filled[[b, a]] - TABLE_4[b - 1][a - 1]).abs());
            assert!((filled[[b, a]] - FILLED[b - 1][a - 1]).abs() < 5.1e-5, "({b}, {a}): {}", filled[[b, a]]);
        }
    }
    println!("table 4: 25 cells, at most {nearest:.1e} from the complement, {by_caption:.2} from the caption");
    assert!(nearest < 5e-4, "{nearest}");
    // The reading is not a matter of taste: the caption's event is far from the numbers.
    assert!(by_caption > 0.1);
}

/// The transform `E e^(−s τ)` of the time in which `a` orders are gone, a product of continued
/// fractions.
fn transform(s: f64, a: usize) -> f64 {
    let (mut above, mut product) = (0.0, 1.0);
    for n in (1..=200).rev() {
        let (arrival, departure) = (if n < 200 { BEST.arrival } else { 0.0 }, BEST.departure(n));
        above = departure / (arrival * (1.0 - above) + departure + s);
        product *= if n <= a { above } else { 1.0 };
    }
    product
}

/// The own order waits for a sum of exponential times at rates `μ + k θ`: the chance is a weighted
/// sum of transforms, without a linear system.
#[test]
fn table_4_again_by_partial_fractions() {
    let filled = served_before(5, BEST, BEST, 0.0);
    for b in 1..=5 {
        let rates: Vec<f64> = (0..b).map(|k| BEST.departure(k)).collect();
        for a in 1..=5 {
            let term = |k: usize| {
                let weight: f64 = (0..b).filter(|j| *j != k).map(|j| rates[j] / (rates[j] - rates[k])).product();
                weight * transform(rates[k], a)
            };
            let chance = 1.0 - (0..b).map(term).sum::<f64>();
            assert!((filled[[b, a]] - chance).abs() < 1e-12, "({b}, {a}): {} {chance}", filled[[b, a]]);
        }
    }
}

#[test]
fn table_5_is_met_to_its_digits() {
    let both = both_served([BEST, BEST], [5, 5]);
    let mut largest = 0.0_f64;
    for b in 1..=5 {
        for a in 1..=5 {
            largest = largest.max((both[[b, a]] - TABLE_5[b - 1][a - 1]).abs());
            assert!((both[[b, a]] - both[[a, b]]).abs() < 1e-14);
        }
    }
    println!("table 5: 25 cells, at most {largest:.1e} from the printed ones");
    // Half of the last digit, and what the printed numbers were computed to.
    assert!(largest < 6e-4, "{largest}");
    for (b, a, exact) in [(1, 1, 0.2658), (1, 5, 0.2880), (2, 4, 0.4063), (3, 3, 0.4407), (5, 5, 0.4909)] {
        assert!((both[[b, a]] - exact).abs() < 5.1e-5, "({b}, {a}): {}", both[[b, a]]);
    }
}

#[test]
fn the_next_event_of_a_queue() {
    for (n, share) in (1..).zip([0.5286, 0.4394, 0.3760, 0.3286, 0.2918]) {
        assert!((BEST.arrival_share(n) - share).abs() < 5.1e-5);
    }
}

#[test]
fn a_capacity_far_above_the_queues_changes_nothing() {
    let [small, large] = [40, 80].map(|capacity| {
        let queue = Queue { capacity, ..BEST };
        second_empties_first([queue, queue], [0.3, 0.2])
    });
    for b in 1..=8 {
        for a in 1..=8 {
            assert!((small[[b, a]] - large[[b, a]]).abs() < 1e-13);
        }
    }
}

/// Two queues at different rates with both exits: the equations themselves.
#[test]
fn the_race_solves_its_equations_on_the_whole_grid() {
    let first = Queue { arrival: 1.1, market: 0.4, cancel: 0.3, capacity: 7 };
    let second = Queue { arrival: 0.6, market: 0.9, cancel: 0.05, capacity: 12 };
    let exits = [0.25, 0.7];
    let up = second_empties_first([first, second], exits);
    for i in 1..=7_usize {
        for j in 1..=12_usize {
            let mut moves = vec![(first.departure(i), up[[i - 1, j]]), (second.departure(j), up[[i, j - 1]]), (exits[0], 1.0), (exits[1], 0.0)];
            if i < 7 {
                moves.push((first.arrival, up[[i + 1, j]]));
            }
            if j < 12 {
                moves.push((second.arrival, up[[i, j + 1]]));
            }
            let total: f64 = moves.iter().map(|(rate, _)| rate).sum();
            let mean = moves.iter().map(|(rate, chance)| rate * chance).sum::<f64>() / total;
            assert!((up[[i, j]] - mean).abs() < 1e-14, "({i}, {j})");
        }
    }
}

/// A bounded function that is the mean of its neighbours inside the quadrant and has the right
/// values on its sides is the chance: the walk reaches a side for certain.
#[test]
fn the_integral_is_the_harmonic_function_of_the_quadrant() {
    let mut largest = 0.0_f64;
    for n in 1..=24 {
        for p in 1..=24 {
            let value = balanced_race(n, p);
            assert!((0.0..=1.0).contains(&value));
            let neighbours = [(n - 1, p), (n + 1, p), (n, p - 1), (n, p + 1)].map(|(n, p)| balanced_race(n, p));
            largest = largest.max((value - neighbours.iter().sum::<f64>() / 4.0).abs());
        }
    }
    println!("the mean of four neighbours is met to {largest:.1e}");
    assert!(largest < 1e-9);
    // Far out it is the angle.
    let angle = 2.0 / std::f64::consts::PI * (700.0_f64 / 400.0).atan();
    assert!((balanced_race(700, 400) - angle).abs() < 1e-5);
}

/// The linear systems of a balanced queue, whose capacity is felt less and less.
#[test]
fn the_integral_is_the_limit_of_the_linear_systems() {
    let gaps = [40, 80].map(|capacity| {
        let queue = Queue { arrival: 1.65, market: 1.65, cancel: 0.0, capacity };
        let up = second_empties_first([queue, queue], [0.0, 0.0]);
        (up[[2, 3]] - balanced_race(2, 3)).abs()
    });
    println!("gaps at capacities of 40 and 80: {gaps:?}");
    assert!(gaps[1] < 1e-5 && gaps[1] < 0.1 * gaps[0]);
}
