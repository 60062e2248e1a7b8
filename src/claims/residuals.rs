//! Replicas of the residual of the Poisson equation at one state, as many as its interval needs.

use super::controls::{CONTROLLED, products, without_controls};
use super::observed::{Observed, add};
use super::{Budget, Record};
use crate::markov::Walk;
use crate::random::{Address, Noise, stream};
use crate::stats::Sample;

/// Most rounds of the budget's replicas at one state.
const ROUNDS: usize = 6;
/// Part of the margin that the half-width of a residual is brought below where the rounds suffice.
const SHARP: f64 = 0.4;
/// Half-width of an interval among 48 that hold together, in standard errors.
const HALF_WIDTH: f64 = 3.3;
/// Stationary states behind the scale that the half-width is held against.
const SCALED_ON: usize = 128;

/// A state at which the equation is put to the test.
pub(super) struct Tested {
    /// The state.
    pub h: Vec<f64>,
    /// The state that solutions are differences from.
    pub y: Vec<f64>,
    /// Where its noise is.
    pub address: Address,
}

/// What one replica says, direction by direction.
struct Replica {
    residual: Vec<f64>,
    difference: Vec<f64>,
    /// The terms in the middle and at the end of the sum.
    terms: Vec<f64>,
    controls: Vec<f64>,
}

/// Replicas at one state h of `v(h) − v(H_1) − G(h)` and of `v(h) − v(y)`, and how large the last terms of the sums are.
///
/// ```text
/// v(h) − E v(H_1) = E Σ_k [ g(H_k) − ½ g(H_k^+) − ½ g(H_k^−) ],   H_0 = h,   H_0^± = F(h, ±ξ)
/// v(h) − v(y)     = E Σ_k [ g(H_k) − g(Y_k) ],   Y_0 = y;   g = E_η G, all copies on one noise after time 0, and on its mirror image
/// ```
///
/// `−ξ` has the law of `ξ`, so the pair is unbiased for `E v(H_1)`, and what is odd in ξ, the larger part, cancels within each replica. Of what is even, the part quadratic in the
/// first innovations is taken off by [`without_controls`]. Far states, and directions along which the stationary gradient hardly moves, are noisier than others in units of its
/// deviation: rounds of `budget.chains` replicas are added until every half-width is below the stated part of the margin. Whether to go on is asked of the spread alone.
pub(super) fn at_state(observed: &Observed, budget: &Budget, tested: &Tested) -> Record {
    let count = observed.count();
    let scales = scales(observed, budget, tested.address);
    let (mut residuals, mut differences, mut terms, mut controls) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut cleaned = Vec::new();
    for round in 0..ROUNDS {
        for replicate in round * budget.chains..(round + 1) * budget.chains {
            let replica = replica(observed, budget, tested, replicate);
            residuals.extend(replica.residual);
            differences.extend(replica.difference);
            terms.extend(replica.terms);
            controls.push(replica.controls);
        }
        cleaned = without_controls(residuals.clone(), count, &controls);
        let sharp = (0..count).all(|l| {
            let column: Vec<f64> = cleaned.iter().skip(l).step_by(count).copied().collect();
            let error = Sample::new(&column).and_then(|sample| sample.mean(0.95)).map_or(0.0, |mean| mean.standard_error);
            HALF_WIDTH * error <= SHARP * budget.margin * scales[l]
        });
        if sharp {
            break;
        }
    }
    let differences = without_controls(differences, count, &controls);
    Record::default().with("residual", count, cleaned).with("difference", count, differences).with("term", 2 * count, terms)
}

/// Deviations of the stationary gradient along the directions, infinite where they are zero: no round helps there.
fn scales(observed: &Observed, budget: &Budget, address: Address) -> Vec<f64> {
    let address = address.within("scale");
    let seen: Vec<Vec<f64>> = (0..SCALED_ON)
        .map(|replicate| {
            let state = observed.settled(budget.burn_in, address, replicate, SCALED_ON);
            let innovation = Noise::at(address.replicate(replicate).stream(stream::INNOVATION)).normal_vector(observed.case.data.innovation_len());
            observed.step(&mut Walk::from(&observed.chain, state), &innovation)
        })
        .collect();
    let deviation = |l: usize| {
        let column: Vec<f64> = seen.iter().map(|row| row[l]).collect();
        let error = Sample::new(&column).and_then(|sample| sample.mean(0.95)).map_or(0.0, |mean| mean.standard_error);
        if error > 0.0 { error * (SCALED_ON as f64).sqrt() } else { f64::INFINITY }
    };
    (0..observed.count()).map(deviation).collect()
}

fn replica(observed: &Observed, budget: &Budget, tested: &Tested, replicate: usize) -> Replica {
    let Tested { h, y, address } = tested;
    let at = address.replicate(replicate);
    let innovation = Noise::at(at.stream(stream::START)).normal_vector(observed.case.data.innovation_len());
    let opposite: Vec<f64> = innovation.iter().map(|xi| -xi).collect();
    let [plus, minus] = [&innovation, &opposite].map(|innovation| {
        let mut walk = Walk::from(&observed.chain, h.clone());
        walk.step(innovation);
        walk.into_state()
    });
    let count = observed.count();
    let (mut residual, mut difference, mut terms) = (vec![0.0; count], vec![0.0; count], Vec::new());
    let mut noise = Noise::at(at.stream(stream::INNOVATION));
    let controls = products(&innovation, &first_innovations(Noise::at(at.stream(stream::INNOVATION)), innovation.len()), budget.chains);
    observed.together(&[h, &plus, &minus, y], budget.steps, &mut noise, |k, seen| {
        if k == 0 {
            add(&mut residual, -1.0, &seen[0]);
        }
        add(&mut residual, 1.0, &seen[0]);
        add(&mut residual, -0.5, &seen[1]);
        add(&mut residual, -0.5, &seen[2]);
        add(&mut difference, 1.0, &seen[0]);
        add(&mut difference, -1.0, &seen[3]);
        if k == budget.steps / 2 || k + 1 == budget.steps {
            terms.extend(seen[0].iter().zip(&seen[3]).map(|(a, b)| a - b));
        }
    });
    Replica { residual, difference, terms, controls }
}

/// The first innovations of a run, as many as are controlled.
fn first_innovations(mut noise: Noise, length: usize) -> Vec<f64> {
    let mut first: Vec<f64> = (0..CONTROLLED.div_ceil(length.max(1))).flat_map(|_| noise.normal_vector(length)).collect();
    first.truncate(CONTROLLED);
    first
}
