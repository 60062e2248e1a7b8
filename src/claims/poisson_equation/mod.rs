//! Claim: the Poisson equation of the gradient has a solution, that coupled chains give, and its
//! increments are a martingale's.

pub(crate) mod names;
mod increments;
mod weighed;

use crate::claims::contract::violation;
use crate::claims::judging::decay_rate;
use crate::claims::measuring::controls::{CONTROLLED, products, without_controls};
use crate::claims::measuring::gradient_walk::{GradientWalk, add};
use crate::claims::measuring::memory_count;
use crate::claims::measuring::pairs::{batches, members};
use crate::claims::{Budget, Case, Claim, Condition, Finding, Outcome, Question, Record, Records, Work};
use crate::linalg::Times;
use crate::markov::Walk;
use crate::random::{Noise, RngKey, stream};
use crate::stats::{Estimate, Undefined};
use crate::theory::{LinearGaussian, LinearModel, PoissonSolution};
use crate::training::GradientNorm;
use increments::{INCREMENTS_A_CHAIN, increments};
use weighed::Weighed;

/// The claim.
pub(super) struct PoissonEquation;

const STATES_PART: &str = "states";
const INCREMENTS: &str = "increments";
const REFERENCE: &str = "reference";
const QUANTITY: &str = "largest residual of the Poisson equation, in deviations of the gradient";
/// States at which the equation is put to the test: the first half far starts, the second half
/// stationary.
const STATES: usize = 8;
/// Stretches and their length behind the gradient that the residual is held against.
const SEGMENTS: usize = 256;
const SEGMENT: usize = 4000;
/// Correlation of successive increments that is as good as none.
const UNCORRELATED: f64 = 0.3;
/// Parts of the gradient's deviation below which a difference of gradients is rounding.
const ROUNDING: f64 = 1e-9;
/// The tail bound is a root mean square over states; at one state the rest may be this many times
/// as large.
const BEYOND: f64 = 10.0;

impl Claim for PoissonEquation {
    fn id(&self) -> &'static str {
        "poisson_equation"
    }

    fn short(&self) -> &'static str {
        "the Poisson equation has a solution"
    }

    fn statement(&self) -> &'static str {
        "v − P v = G − ∇J has a solution, given by coupled chains, whose increments are a martingale's"
    }

    fn margin_meaning(&self) -> &'static str {
        "the residual at every state and along every direction must lie below margin × the stationary deviation of the gradient"
    }

    fn premises(&self) -> &'static [&'static str] {
        &["data_ergodicity", "hidden_contraction", crate::claims::contract::premises::SECOND_MOMENT]
    }

    fn on_request(&self) -> bool {
        true
    }

    fn budget(&self) -> Budget {
        Budget { chains: 2048, steps: 100, burn_in: 300, margin: 0.25, ..Budget::default() }
    }

    fn work<'c>(&self, case: &'c Case) -> Vec<Work<'c>> {
        if case.data.is_recorded() {
            return vec![];
        }
        let (budget, key, footprint) = (case.budget(self.id()), |part| case.key_of(self.id(), part), memory_count::walks(case));
        let (states, pairs, reference) = (key(STATES_PART), key(INCREMENTS), key(REFERENCE));
        vec![
            Work::new(STATES_PART, STATES, footprint, move |index| at_state(&observed(case), budget, states, index)),
            Work::new(INCREMENTS, batches(INCREMENTS_A_CHAIN * budget.chains), footprint, move |index| {
                increments(&observed(case), budget, pairs, index)
            }),
            Work::new(REFERENCE, batches(SEGMENTS), footprint, move |index| gradients(case, budget, reference, index)),
        ]
    }

    fn question(&self, case: &Case) -> Question {
        Question::below(QUANTITY, case.budget(self.id()).margin)
    }

    fn judge(&self, case: &Case, records: &Records) -> Result<Finding, Undefined> {
        let budget = case.budget(self.id());
        if case.data.is_recorded() {
            return Err(Undefined::because("a recorded series has no innovations that two copies could share anew"));
        }
        let observed = observed(case);
        let weighed = Weighed::of(case, &observed, records)?;
        let largest = weighed.largest();
        let mut finding = Finding::new(self.question(case), Ok(largest));
        finding.reason = format!(
            "v(h) − E v(H₁) − G(h) + ∇J is at most {:.3} deviations of the gradient at {STATES} states and along {} directions, and {:.1e} of that is the bound on what lies beyond \
             {} steps",
            largest.upper,
            observed.count(),
            weighed.tail,
            budget.steps
        );
        finding.effect = Some((budget.margin - largest.value) / budget.margin);
        let outcome = match &weighed.correlation {
            Ok(correlation) if correlation.upper < UNCORRELATED => Outcome::Supported,
            Ok(correlation) if correlation.lower > UNCORRELATED => Outcome::Contradicted,
            _ => Outcome::Inconclusive,
        };
        finding.conditions.push(Condition { name: format!("successive increments are uncorrelated within {UNCORRELATED}"), outcome });
        let converges = if weighed.tail < budget.margin { Outcome::Supported } else { Outcome::Inconclusive };
        finding.conditions.push(Condition { name: "the terms of the coupled sum have died out at its end".into(), outcome: converges });
        finding = finding
            .with(names::TAIL_BOUND, weighed.tail)
            .with(names::LIPSCHITZ_LARGEST, weighed.lipschitz.0)
            .with(names::LIPSCHITZ_OVER_SIZE_LARGEST, weighed.lipschitz.1)
            .with(names::INCREMENT_CORRELATION, weighed.correlation.clone());
        for (l, name) in observed.names.iter().enumerate() {
            finding = finding.with(names::VARIANCE.at(name), weighed.variances[l].clone());
        }
        let exact = Exact::of(case, &observed, budget);
        if let Some(exact) = &exact {
            let solved = weighed.differences.iter().zip(&exact.differences).flat_map(|(a, b)| a.iter().zip(b));
            let variances = weighed.variances.iter().zip(&exact.variances);
            // Along a direction without noise the sum is exact up to rounding and to what lies
            // beyond it.
            let rounding = |(measured, truth): &(&Estimate, &f64)| {
                (measured.value - **truth).abs() < ROUNDING * truth.abs() + BEYOND * weighed.tail * weighed.largest_scale
            };
            let held = solved.clone().all(|pair| rounding(&pair) || !decay_rate::differ(pair.0, *pair.1))
                && variances.clone().all(|(measured, truth)| measured.as_ref().is_ok_and(|measured| !decay_rate::differ(measured, *truth)));
            finding.conditions.push(Condition {
                name: "v(h) − v(y) and the variance of the increments are the exact ones, within three half-widths of their intervals".into(),
                outcome: if held { Outcome::Supported } else { Outcome::Undefined },
            });
            for (l, name) in observed.names.iter().enumerate() {
                finding = finding.with(names::VARIANCE_EXACT.at(name), exact.variances[l]);
            }
            let outside = solved.filter(|pair| !rounding(pair) && !pair.0.contains(*pair.1)).count();
            finding = finding.with(names::EXACT_DIFFERENCES_OUTSIDE_THEIR_INTERVAL, outside as f64);
        }
        let caption = format!(
            "Case {}: the residual at {STATES} states, the first {} far from the stationary law, along {} directions of the parameters ({}), from {} coupled replicas each; all \
             intervals hold together at {:.0} %.",
            case.name,
            STATES / 2,
            observed.count(),
            observed.names.join(", "),
            budget.chains,
            100.0 * case.level
        );
        finding.figures.push(decay_rate::figure(
            case,
            self.id(),
            "Do coupled chains solve the Poisson equation?",
            caption,
            vec![weighed.panel(&observed.names, budget.margin)],
        ));
        Ok(finding)
    }

    /// Two attractors: a chain's gradient averages to that of its own attractor, so the coupled
    /// sums leave a rest.
    fn violation(&self, seed: u64) -> Case {
        let mut case = violation::bistable(seed, self.id(), 0.25);
        if let Some(budget) = case.budgets.get_mut(self.id()) {
            (budget.chains, budget.steps) = (48, 80);
        }
        case
    }
}

/// Gradients of long stationary stretches along the directions, a row a stretch.
fn gradients(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let observed = observed(case);
    let norm = GradientNorm { steps: SEGMENT, burn_in: budget.burn_in, spread: 0.0, replicates: SEGMENTS };
    let wide = Budget { chains: SEGMENTS, ..budget.clone() };
    let all = norm.replicates(&*case.data, &case.network, key, members(&wide, index));
    Record::default().with(names::GRADIENT, observed.count(), all.iter().flat_map(|summed| observed.along(&summed.gradient)).collect())
}

fn observed(case: &Case) -> GradientWalk<'_> {
    GradientWalk::new(case, case.key_of(PoissonEquation.id(), "looks"))
}

/// State `index`, a function of the case alone.
fn state(observed: &GradientWalk, budget: &Budget, index: usize) -> Vec<f64> {
    let key = observed.case.key_of(PoissonEquation.id(), "tested");
    observed.settled(if index < STATES / 2 { 0 } else { budget.burn_in }, key, index, STATES)
}

/// Replicas at one state h of `v(h) − v(H_1) − G(h)` and of `v(h) − v(y)`, and how large the last
/// terms of the sums are.
///
/// ```text
/// v(h) − E v(H_1) = E Σ_k [ g(H_k) − ½ g(H_k^+) − ½ g(H_k^−) ],   H_0 = h,   H_0^± = F(h, ±ξ)
/// v(h) − v(y)     = E Σ_k [ g(H_k) − g(Y_k) ],   Y_0 = y;
///     g = E_η G, all copies on one noise after time 0, and on its mirror image
/// ```
///
/// `−ξ` has the law of `ξ`, so the pair is unbiased for `E v(H_1)`, and what is odd in ξ, the
/// larger part, cancels within each replica. Of what is even, the part quadratic in the first
/// innovations is taken off by [`without_controls`].
fn at_state(observed: &GradientWalk, budget: &Budget, key: RngKey, index: usize) -> Record {
    let (h, y, count) = (state(observed, budget, index), observed.origin(), observed.count());
    let (mut residuals, mut differences, mut terms, mut controls) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for replicate in 0..budget.chains {
        let at = key.within(&index.to_string()).replicate(replicate);
        let innovation = Noise::at(at.stream(stream::START)).normal_vector(observed.case.data.innovation_len());
        let opposite: Vec<f64> = innovation.iter().map(|xi| -xi).collect();
        let [plus, minus] = [&innovation, &opposite].map(|innovation| {
            let mut walk = Walk::from(&observed.chain, h.clone());
            walk.step(innovation);
            walk.into_state()
        });
        let (mut residual, mut difference) = (vec![0.0; count], vec![0.0; count]);
        let mut noise = Noise::at(at.stream(stream::INNOVATION));
        controls.push(products(&innovation, &first_innovations(Noise::at(at.stream(stream::INNOVATION)), innovation.len()), budget.chains));
        observed.together(&[&h, &plus, &minus, &y], budget.steps, &mut noise, |k, seen| {
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
        residuals.extend(residual);
        differences.extend(difference);
    }
    let [residuals, differences] = [residuals, differences].map(|values| without_controls(values, count, &controls));
    Record::default().with(names::RESIDUAL, count, residuals).with(names::DIFFERENCE, count, differences).with(names::TERM, 2 * count, terms)
}

/// The first innovations of a run, as many as are controlled.
fn first_innovations(mut noise: Noise, length: usize) -> Vec<f64> {
    let mut first: Vec<f64> = (0..CONTROLLED.div_ceil(length.max(1))).flat_map(|_| noise.normal_vector(length)).collect();
    first.truncate(CONTROLLED);
    first
}

/// The oracle's answers, in the linear Gaussian case.
struct Exact {
    /// `v(h) − v(y)` by state and direction.
    differences: Vec<Vec<f64>>,
    /// `E (v(H_1) − P v(H_0))²` by direction.
    variances: Vec<f64>,
}

impl Exact {
    fn of(case: &Case, observed: &GradientWalk, budget: &Budget) -> Option<Exact> {
        // Without observation noise the asymptotic variance is that of the increments alone.
        let model = LinearModel { target_noise: 0.0, ..case.linear.clone()? };
        let oracle = LinearGaussian::new(model).ok()?;
        let solution: PoissonSolution = oracle.poisson().ok()?;
        let variance = oracle.asymptotic_variance().ok()?;
        let at = |state: &[f64]| observed.along(&solution.at(state));
        let reference = at(&observed.origin());
        let differences = (0..STATES).map(|index| at(&state(observed, budget, index)).iter().zip(&reference).map(|(a, b)| a - b).collect()).collect();
        let along = |u: &Vec<f64>| {
            let u = ndarray::Array1::from_vec(u.clone());
            u.times(&variance.times(&u))
        };
        Some(Exact { differences, variances: observed.directions.iter().map(along).collect() })
    }
}
