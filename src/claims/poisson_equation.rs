//! Claim: the Poisson equation of the gradient has a solution, that coupled chains give, and its increments are a martingale's.

use super::controls::{CONTROLLED, products, without_controls};
use super::martingale_increments::{INCREMENTS_A_CHAIN, Increments, increments};
use super::observed::{Observed, add};
use super::pairs::{batches, members};
use super::{Budget, Case, Claim, Condition, Finding, Outcome, Part, Record, Records, RightSide, Units, rates, violation};
use crate::figures::{Axis, Layer, Mark, Panel, Role, Scale};
use crate::linalg::Times;
use crate::markov::{Walk, length};
use crate::random::{Address, Noise, stream};
use crate::stats::{Bootstrap, Estimate, Sample, Undefined, student_quantile};
use crate::theory::{LinearGaussian, LinearModel, PoissonSolution};
use crate::training::GradientNorm;
use ndarray::Array2;

/// The claim.
pub(super) struct PoissonEquation;

const STATES_PART: &str = "states";
const INCREMENTS: &str = "increments";
const REFERENCE: &str = "reference";
const QUANTITY: &str = "largest residual of the Poisson equation, in deviations of the gradient";
/// States at which the equation is put to the test: the first half far starts, the second half stationary.
const STATES: usize = 8;
/// Stretches and their length behind the gradient that the residual is held against.
const STRETCHES: usize = 256;
const STRETCH: usize = 4000;
/// Correlation of successive increments that is as good as none.
const UNCORRELATED: f64 = 0.3;
/// Parts of the gradient's deviation below which a difference of gradients is rounding.
const ROUNDING: f64 = 1e-9;
/// The tail bound is a root mean square over states; at one state the rest may be this many times as large.
const BEYOND: f64 = 10.0;

impl Claim for PoissonEquation {
    fn id(&self) -> &'static str {
        "poisson_equation"
    }

    fn statement(&self) -> &'static str {
        "v − P v = G − ∇J has a solution, given by coupled chains, whose increments are a martingale's"
    }

    fn margin_meaning(&self) -> &'static str {
        "the residual at every state and along every direction must lie below margin × the stationary deviation of the gradient"
    }

    fn premises(&self) -> &'static [&'static str] {
        &["data_ergodicity", "hidden_contraction", super::premises::SECOND_MOMENT]
    }

    fn on_request(&self) -> bool {
        true
    }

    fn budget(&self) -> Budget {
        Budget { chains: 2048, steps: 100, burn_in: 300, margin: 0.25, seeds: 0, checkpoints: 0, taus: vec![], times: vec![] }
    }

    fn units(&self, case: &Case) -> Vec<Units> {
        if case.data.is_recorded() {
            return vec![];
        }
        let chains = case.budget(self.id()).chains;
        vec![Units { part: STATES_PART, count: STATES }, batches(INCREMENTS, INCREMENTS_A_CHAIN * chains), batches(REFERENCE, STRETCHES)]
    }

    fn run(&self, case: &Case, part: &str, index: usize) -> Record {
        let (budget, address) = (case.budget(self.id()), case.address_of(self.id(), part));
        let observed = observed(case);
        match part {
            STATES_PART => at_state(&observed, budget, address, index),
            INCREMENTS => increments(&observed, budget, address, index),
            _ => {
                let norm = GradientNorm { steps: STRETCH, burn_in: budget.burn_in, spread: 0.0, replicates: STRETCHES };
                let wide = Budget { chains: STRETCHES, ..budget.clone() };
                let of = |replicate| observed.along(&norm.replicate(&*case.data, &case.network, address, replicate).gradient);
                Record::default().with("gradient", observed.count(), members(&wide, index).flat_map(of).collect())
            }
        }
    }

    fn judge(&self, case: &Case, records: &Records) -> Finding {
        let budget = case.budget(self.id());
        let undefined = |why| Finding::undefined(QUANTITY, budget.margin, RightSide::Below, why);
        if case.data.is_recorded() {
            return undefined(Undefined::because("a recorded series has no innovations that two copies could share anew"));
        }
        let observed = observed(case);
        let weighed = match Weighed::of(case, &observed, records) {
            Ok(weighed) => weighed,
            Err(why) => return undefined(why),
        };
        let largest = weighed.largest();
        let mut finding = undefined(Undefined::because(""));
        finding.reason = format!(
            "v(h) − E v(H₁) − G(h) + ∇J is at most {:.3} deviations of the gradient at {STATES} states and along {} directions, and {:.1e} of that is the bound on what lies beyond \
             {} steps",
            largest.upper,
            observed.count(),
            weighed.tail,
            budget.steps
        );
        finding.effect = Some((budget.margin - largest.value) / budget.margin);
        finding.estimate = Ok(largest);
        let outcome = match &weighed.correlation {
            Ok(correlation) if correlation.upper < UNCORRELATED => Outcome::Supported,
            Ok(correlation) if correlation.lower > UNCORRELATED => Outcome::Contradicted,
            _ => Outcome::Inconclusive,
        };
        finding.conditions.push(Condition { name: format!("successive increments are uncorrelated within {UNCORRELATED}"), outcome });
        let converges = if weighed.tail < budget.margin { Outcome::Supported } else { Outcome::Inconclusive };
        finding.conditions.push(Condition { name: "the terms of the coupled sum have died out at its end".into(), outcome: converges });
        finding = finding
            .with("tail_bound", weighed.tail)
            .with("lipschitz_largest", weighed.lipschitz.0)
            .with("lipschitz_over_size_largest", weighed.lipschitz.1)
            .with("increment_correlation", weighed.correlation.clone());
        for (l, name) in observed.names.iter().enumerate() {
            finding = finding.with(&format!("variance[{name}]"), weighed.variances[l].clone());
        }
        let exact = Exact::of(case, &observed, budget);
        if let Some(exact) = &exact {
            let solved = weighed.differences.iter().zip(&exact.differences).flat_map(|(a, b)| a.iter().zip(b));
            let variances = weighed.variances.iter().zip(&exact.variances);
            // Along a direction without noise the sum is exact up to rounding and to what lies beyond it.
            let rounding = |(measured, truth): &(&Estimate, &f64)| {
                (measured.value - **truth).abs() < ROUNDING * truth.abs() + BEYOND * weighed.tail * weighed.largest_scale
            };
            let held = solved.clone().all(|pair| rounding(&pair) || !rates::differ(pair.0, *pair.1))
                && variances.clone().all(|(measured, truth)| measured.as_ref().is_ok_and(|measured| !rates::differ(measured, *truth)));
            finding.conditions.push(Condition {
                name: "v(h) − v(y) and the variance of the increments are the exact ones, within three half-widths of their intervals".into(),
                outcome: if held { Outcome::Supported } else { Outcome::Undefined },
            });
            for (l, name) in observed.names.iter().enumerate() {
                finding = finding.with(&format!("variance_exact[{name}]"), exact.variances[l]);
            }
            let outside = solved.filter(|pair| !rounding(pair) && !pair.0.contains(*pair.1)).count();
            finding = finding.with("exact_differences_outside_their_interval", outside as f64);
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
        finding.figures.push(rates::figure(
            case,
            self.id(),
            "Do coupled chains solve the Poisson equation?",
            caption,
            vec![weighed.panel(budget.margin)],
        ));
        finding
    }

    /// Two attractors: a chain's gradient averages to that of its own attractor, so the coupled sums leave a rest.
    fn violation(&self, seed: u64) -> Case {
        let mut case = violation::bistable(seed, self.id(), 0.25);
        if let Some(budget) = case.budgets.get_mut(self.id()) {
            (budget.chains, budget.steps) = (48, 80);
        }
        case
    }
}

fn observed(case: &Case) -> Observed<'_> {
    Observed::new(case, case.address_of(PoissonEquation.id(), "looks"))
}

/// State `index`, a function of the case alone.
fn state(observed: &Observed, budget: &Budget, index: usize) -> Vec<f64> {
    let address = observed.case.address_of(PoissonEquation.id(), "tested");
    observed.settled(if index < STATES / 2 { 0 } else { budget.burn_in }, address, index, STATES)
}

/// The state that solutions are differences from: data, hidden state and derivatives at zero.
fn origin(observed: &Observed) -> Vec<f64> {
    vec![0.0; observed.chain.blocks().len()]
}

/// Replicas at one state h of `v(h) − v(H_1) − G(h)` and of `v(h) − v(y)`, and how large the last terms of the sums are.
///
/// ```text
/// v(h) − E v(H_1) = E Σ_k [ g(H_k) − ½ g(H_k^+) − ½ g(H_k^−) ],   H_0 = h,   H_0^± = F(h, ±ξ)
/// v(h) − v(y)     = E Σ_k [ g(H_k) − g(Y_k) ],   Y_0 = y;   g = E_η G, all copies on one noise after time 0, and on its mirror image
/// ```
///
/// `−ξ` has the law of `ξ`, so the pair is unbiased for `E v(H_1)`, and what is odd in ξ, the larger part, cancels within each replica. Of what is even, the part quadratic in the
/// first innovations is taken off by [`without_controls`].
fn at_state(observed: &Observed, budget: &Budget, address: Address, index: usize) -> Record {
    let (h, y, count) = (state(observed, budget, index), origin(observed), observed.count());
    let (mut residuals, mut differences, mut terms, mut controls) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for replicate in 0..budget.chains {
        let at = address.within(&index.to_string()).replicate(replicate);
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
    Record::default().with("residual", count, residuals).with("difference", count, differences).with("term", 2 * count, terms)
}

/// The first innovations of a run, as many as are controlled.
fn first_innovations(mut noise: Noise, length: usize) -> Vec<f64> {
    let mut first: Vec<f64> = (0..CONTROLLED.div_ceil(length.max(1))).flat_map(|_| noise.normal_vector(length)).collect();
    first.truncate(CONTROLLED);
    first
}

/// What the records say, in units of the gradient's stationary deviation where nothing else is said.
struct Weighed {
    /// Residuals by state and direction; all intervals hold together.
    residuals: Vec<Vec<Estimate>>,
    /// `v(h) − v(y)` by state and direction, in the gradient's own unit.
    differences: Vec<Vec<Estimate>>,
    /// The largest deviation of the gradient along a direction.
    largest_scale: f64,
    tail: f64,
    /// The largest `|v(h) − v(y)|/|h − y|`, and the same over `1 + |h| + |y|`.
    lipschitz: (f64, f64),
    correlation: Result<Estimate, Undefined>,
    /// `E (v(H_1) − P v(H_0))²` by direction.
    variances: Vec<Result<Estimate, Undefined>>,
}

impl Weighed {
    fn of(case: &Case, observed: &Observed, records: &Records) -> Result<Self, Undefined> {
        let budget = case.budget(PoissonEquation.id());
        let count = observed.count();
        let (parts, increments) = (records.part(STATES_PART), records.part(INCREMENTS));
        let (reference, stationary) = (records.part(REFERENCE).stacked("gradient")?, increments.stacked("gradient")?);
        let column = |table: &Array2<f64>, l: usize| table.column(l).to_vec();
        let mut scales = Vec::new();
        let mut targets = Vec::new();
        for l in 0..count {
            let mean = Sample::new(&column(&stationary, l))?.mean(case.level)?;
            let deviation = mean.standard_error * (stationary.nrows() as f64).sqrt();
            if deviation <= 0.0 {
                return Err(Undefined::because("the gradient along a direction is constant, so a residual has no scale"));
            }
            scales.push(deviation);
            targets.push(Sample::new(&column(&reference, l))?.mean(case.level)?);
        }
        let level = 1.0 - (1.0 - case.level) / (STATES * count) as f64;
        let (mut residuals, mut differences, mut squares) = (Vec::new(), Vec::new(), vec![[0.0; 2]; count]);
        for record in parts.0 {
            let part = Part(vec![record]);
            let (own, difference, terms) = (part.stacked("residual")?, part.stacked("difference")?, part.stacked("term")?);
            let mut of_state = Vec::new();
            for l in 0..count {
                let mean = Sample::new(&column(&own, l))?.mean(level)?;
                let error = mean.standard_error.hypot(targets[l].standard_error);
                let half = student_quantile(0.5 + level / 2.0, own.nrows().min(reference.nrows()) as f64 - 1.0) * error;
                let value = mean.value + targets[l].value;
                let scaled = |x: f64| x / scales[l];
                of_state.push(Estimate {
                    value: scaled(value),
                    standard_error: scaled(error),
                    lower: scaled(value - half),
                    upper: scaled(value + half),
                    level,
                });
                for (look, square) in squares[l].iter_mut().enumerate() {
                    *square += terms.column(look * count + l).iter().map(|x| x * x).sum::<f64>() / (terms.nrows() * STATES) as f64;
                }
            }
            residuals.push(of_state);
            differences.push((0..count).map(|l| Sample::new(&column(&difference, l))?.mean(level)).collect::<Result<Vec<_>, _>>()?);
        }
        let tail = squares.iter().zip(&scales).map(|(square, scale)| tail(*square, *scale, budget.steps)).fold(0.0, f64::max);
        let weighed = Increments { values: increments.stacked("increment")?, gradients: targets.iter().map(|target| target.value).collect() };
        let bootstrap = Bootstrap { resamples: rates::RESAMPLES, address: case.address_of(PoissonEquation.id(), "judge").stream(stream::RESAMPLING) };
        Ok(Weighed {
            lipschitz: lipschitz(observed, budget, &differences),
            correlation: weighed.correlation(case.level, &bootstrap),
            variances: (0..count).map(|l| weighed.variance(l, case.level)).collect(),
            residuals,
            differences,
            largest_scale: scales.iter().copied().fold(0.0, f64::max),
            tail,
        })
    }

    /// The largest absolute residual with its simultaneous interval, the tail bound taken in.
    fn largest(&self) -> Estimate {
        let all = || self.residuals.iter().flatten();
        let (value, error) = all().fold((0.0f64, 0.0), |top, r| if r.value.abs() > top.0 { (r.value.abs(), r.standard_error) } else { top });
        let upper = all().fold(0.0f64, |top, r| top.max(r.lower.abs()).max(r.upper.abs()));
        let lower = all().filter(|r| !r.contains(0.0)).fold(0.0f64, |top, r| top.max(r.lower.abs().min(r.upper.abs())));
        // An infinite bound makes no number; the condition on the tail speaks of it.
        let tail = if self.tail.is_finite() { self.tail } else { 0.0 };
        let level = all().next().map_or(0.95, |r| 1.0 - (1.0 - r.level) * all().count() as f64);
        Estimate { value, standard_error: error, lower, upper: upper + tail, level }
    }

    fn panel(&self, margin: f64) -> Panel {
        let count = self.residuals.first().map_or(0, Vec::len);
        let mark = |state: usize, l: usize, r: &Estimate| Mark {
            x: (state + 1) as f64 + 0.12 * (l as f64 - (count as f64 - 1.0) / 2.0),
            y: r.value,
            interval: Some([r.lower, r.upper]),
        };
        let points = self.residuals.iter().enumerate().flat_map(|(state, row)| row.iter().enumerate().map(move |(l, r)| mark(state, l, r))).collect();
        Panel {
            title: "residual v(h) − E v(H₁) − G(h) + ∇J".into(),
            x: Axis { label: "state h (far starts first), by direction".into(), scale: Scale::Linear, range: Some([0.3, STATES as f64 + 0.7]) },
            y: Axis { label: "residual / deviation of the gradient".into(), scale: Scale::Linear, range: None },
            layers: vec![
                Layer::Points { label: "residual with simultaneous interval".into(), role: Role::Measured, points },
                Layer::Rule { label: "margin stated in advance".into(), role: Role::Margin, at: margin },
                Layer::Rule { label: String::new(), role: Role::Margin, at: -margin },
            ],
            note: None,
        }
    }
}

/// What the sum leaves out beyond its K terms, if these go on falling as they fell between K/2 and K: `a_K r/(1 − r)` with `r` the rate between the two.
fn tail(squares: [f64; 2], scale: f64, steps: usize) -> f64 {
    let [middle, last] = squares.map(|square| square.sqrt() / scale);
    if last < ROUNDING {
        return last;
    }
    let between = (steps - 1 - steps / 2).max(1) as f64;
    let rate = libm::exp(libm::log(last / middle) / between);
    if rate < 1.0 { last * rate / (1.0 - rate) } else { f64::INFINITY }
}

/// The largest `|v(h) − v(y)|` over `|h − y|`, and over `|h − y| (1 + |h| + |y|)`, along any direction.
fn lipschitz(observed: &Observed, budget: &Budget, differences: &[Vec<Estimate>]) -> (f64, f64) {
    let mut largest = (0.0f64, 0.0f64);
    for (index, row) in differences.iter().enumerate() {
        // y is the origin, so |h − y| = |h|.
        let distance = length(&state(observed, budget, index));
        for estimate in row {
            let slope = estimate.value.abs() / distance;
            largest = (largest.0.max(slope), largest.1.max(slope / (1.0 + distance)));
        }
    }
    largest
}

/// The oracle's answers, in the linear Gaussian case.
struct Exact {
    /// `v(h) − v(y)` by state and direction.
    differences: Vec<Vec<f64>>,
    /// `E (v(H_1) − P v(H_0))²` by direction.
    variances: Vec<f64>,
}

impl Exact {
    fn of(case: &Case, observed: &Observed, budget: &Budget) -> Option<Exact> {
        // Without observation noise the asymptotic variance is that of the increments alone.
        let model = LinearModel { target_noise: 0.0, ..case.linear.clone()? };
        let oracle = LinearGaussian::new(model).ok()?;
        let solution: PoissonSolution = oracle.poisson().ok()?;
        let variance = oracle.asymptotic_variance().ok()?;
        let at = |state: &[f64]| observed.along(&solution.at(state));
        let reference = at(&origin(observed));
        let differences = (0..STATES).map(|index| at(&state(observed, budget, index)).iter().zip(&reference).map(|(a, b)| a - b).collect()).collect();
        let along = |u: &Vec<f64>| {
            let u = ndarray::Array1::from_vec(u.clone());
            u.times(&variance.times(&u))
        };
        Some(Exact { differences, variances: observed.directions.iter().map(along).collect() })
    }
}
