//! What the records of the Poisson equation say.

use super::increments::Increments;
use super::{INCREMENTS, PoissonEquation, REFERENCE, ROUNDING, STATES, STATES_PART, names, state};
use crate::claims::judging::decay_rate;
use crate::claims::measuring::gradient_walk::GradientWalk;
use crate::claims::{Budget, Case, Claim, Part, Records};
use crate::figures::{Axis, Layer, Mark, Panel, Role};
use crate::markov::norm;
use crate::random::stream;
use crate::stats::{Bootstrap, Estimate, Sample, Undefined, student_quantile};
use libm::hypot;
use ndarray::Array2;

/// What the records say, in units of the gradient's stationary deviation where nothing else is
/// said.
pub(super) struct Weighed {
    /// Residuals by state and direction; all intervals hold together.
    pub residuals: Vec<Vec<Estimate>>,
    /// `v(h) − v(y)` by state and direction, in the gradient's own unit.
    pub differences: Vec<Vec<Estimate>>,
    /// The largest deviation of the gradient along a direction.
    pub largest_scale: f64,
    /// Bound on what lies beyond the last term.
    pub tail: f64,
    /// The largest `|v(h) − v(y)|/|h − y|`, and the same over `1 + |h| + |y|`.
    pub lipschitz: (f64, f64),
    /// Of successive increments.
    pub correlation: Result<Estimate, Undefined>,
    /// `E (v(H_1) − P v(H_0))²` by direction.
    pub variances: Vec<Result<Estimate, Undefined>>,
}

impl Weighed {
    pub(super) fn of(case: &Case, observed: &GradientWalk, records: &Records) -> Result<Self, Undefined> {
        let budget = case.budget(PoissonEquation.id());
        let count = observed.count();
        let (parts, increments) = (records.part(STATES_PART), records.part(INCREMENTS));
        let (reference, stationary) = (records.part(REFERENCE).stacked(names::GRADIENT)?, increments.stacked(names::GRADIENT)?);
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
        for record in &parts.0 {
            let part = Part(vec![record.clone()]);
            let (own, difference, terms) = (part.stacked(names::RESIDUAL)?, part.stacked(names::DIFFERENCE)?, part.stacked(names::TERM)?);
            let mut of_state = Vec::new();
            for l in 0..count {
                let mean = Sample::new(&column(&own, l))?.mean(level)?;
                let error = hypot(mean.standard_error, targets[l].standard_error);
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
        let weighed = Increments { values: increments.stacked(names::INCREMENT)?, gradients: targets.iter().map(|target| target.value).collect() };
        let bootstrap = Bootstrap { resamples: decay_rate::RESAMPLES, key: case.key_of(PoissonEquation.id(), "judge").stream(stream::RESAMPLING) };
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
    pub(super) fn largest(&self) -> Estimate {
        let all = || self.residuals.iter().flatten();
        let (value, error) = all().fold((0.0f64, 0.0), |top, r| if r.value.abs() > top.0 { (r.value.abs(), r.standard_error) } else { top });
        let upper = all().fold(0.0f64, |top, r| top.max(r.lower.abs()).max(r.upper.abs()));
        let lower = all().filter(|r| !r.contains(0.0)).fold(0.0f64, |top, r| top.max(r.lower.abs().min(r.upper.abs())));
        // An infinite bound makes no number; the condition on the tail speaks of it.
        let tail = if self.tail.is_finite() { self.tail } else { 0.0 };
        let level = all().next().map_or(0.95, |r| 1.0 - (1.0 - r.level) * all().count() as f64);
        Estimate { value, standard_error: error, lower, upper: upper + tail, level }
    }

    pub(super) fn panel(&self, names: &[String], margin: f64) -> Panel {
        let count = self.residuals.first().map_or(0, Vec::len);
        let of_direction = |l: usize| {
            let mark =
                |(state, row): (usize, &Vec<Estimate>)| Mark { x: (state + 1) as f64, y: row[l].value, interval: Some([row[l].lower, row[l].upper]) };
            let role = if l == 0 { Role::Measured } else { Role::Rival((l - 1) as u8) };
            let label = names.get(l).map_or(String::new(), |name| format!("along {name}"));
            Layer::Points { label, role, points: self.residuals.iter().enumerate().map(mark).collect() }
        };
        let margins =
            [("margin stated in advance", margin), ("", -margin)].map(|(label, at)| Layer::Rule { label: label.into(), role: Role::Margin, at });
        Panel {
            title: "residual v(h) − E v(H₁) − G(h) + ∇J".into(),
            x: Axis::named("state h, far starts first", (1..=STATES).map(|state| state.to_string())),
            y: Axis::linear("residual / deviation of the gradient"),
            layers: (0..count).map(of_direction).chain(margins).collect(),
            note: None,
        }
    }
}

/// What the sum leaves out beyond its K terms, if these go on falling as they fell between K/2 and
/// K: `a_K r/(1 − r)` with `r` the rate between the two.
fn tail(squares: [f64; 2], scale: f64, steps: usize) -> f64 {
    let [middle, last] = squares.map(|square| square.sqrt() / scale);
    if last < ROUNDING {
        return last;
    }
    let between = (steps - 1 - steps / 2).max(1) as f64;
    let rate = libm::exp(libm::log(last / middle) / between);
    if rate < 1.0 { last * rate / (1.0 - rate) } else { f64::INFINITY }
}

/// The largest `|v(h) − v(y)|` over `|h − y|`, and over `|h − y| (1 + |h| + |y|)`, along any
/// direction.
fn lipschitz(observed: &GradientWalk, budget: &Budget, differences: &[Vec<Estimate>]) -> (f64, f64) {
    let mut largest = (0.0f64, 0.0f64);
    for (index, row) in differences.iter().enumerate() {
        let (h, y) = (state(observed, budget, index), observed.origin());
        let distance = norm(&h.iter().zip(&y).map(|(h, y)| h - y).collect::<Vec<_>>());
        let sizes = norm(&h) + norm(&y);
        for estimate in row {
            let slope = estimate.value.abs() / distance;
            largest = (largest.0.max(slope), largest.1.max(slope / (1.0 + sizes)));
        }
    }
    largest
}
