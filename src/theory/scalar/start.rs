//! Starts of one unit: points and normal laws, as weighted points after the first step.

use super::reach::Reach;
use super::{ScalarModel, ScalarNetwork};
use crate::stats::Undefined;
use crate::theory::GaussianStart;

/// `(X_0, S_0)` with independent normal coordinates; deviation 0 is a point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub data: [f64; 2],
    pub hidden: [f64; 2],
}

/// Standard deviations of a start beyond which nothing is left.
const REACH: f64 = 8.5;

impl Start {
    pub fn of(start: &GaussianStart) -> Result<Self, Undefined> {
        let (mean, deviation) = (&start.mean, &start.deviation);
        if mean.len() != 2 || deviation.len() != 2 {
            let reason =
                format!("a start of one unit has two means and two deviations, of X and S; {} and {} were given", mean.len(), deviation.len());
            return Err(Undefined::because(reason));
        }
        if mean.iter().chain(deviation).any(|x| !x.is_finite()) || deviation.iter().any(|x| *x < 0.0) {
            return Err(Undefined::because("a start has finite means and finite deviations of 0 or more"));
        }
        Ok(Start { data: [mean[0], deviation[0]], hidden: [mean[1], deviation[1]] })
    }

    /// Mean and standard deviation of the first drive `b S_0 + w X_0 + c`.
    pub fn drive(&self, model: &ScalarModel) -> [f64; 2] {
        let (own, pushed) = (model.recurrent * self.hidden[1], model.input * self.data[1]);
        [model.drive(self.hidden[0], self.data[0]), (own * own + pushed * pushed).sqrt()]
    }

    /// `(X_0, S_1)` as points with their masses.
    pub fn points(&self, model: &ScalarModel) -> Vec<([f64; 2], f64)> {
        let value = |u: f64| model.activation.value_and_slope(u).0;
        let [mean, deviation] = self.drive(model);
        if model.independent() {
            // The data of the start act through the first drive only.
            return normal([mean, deviation], 0.125).into_iter().map(|[u, mass]| ([0.0, value(u)], mass)).collect();
        }
        let step = (0.125 / model.input.abs()).min(model.innovation / (4.0 * model.memory.abs()));
        let own = model.recurrent.abs() * self.hidden[1];
        let mut all = Vec::new();
        for [x, share] in normal(self.data, step) {
            all.extend(normal([model.drive(self.hidden[0], x), own], 0.125).into_iter().map(|[u, mass]| ([x, value(u)], share * mass)));
        }
        // What lies in the corner of two tails is nothing.
        all.retain(|(_, mass)| *mass > 1e-22);
        all
    }
}

/// A normal law by the trapezoidal rule with steps of a third of its deviation or `step`.
fn normal([mean, deviation]: [f64; 2], step: f64) -> Vec<[f64; 2]> {
    if deviation == 0.0 {
        return vec![[mean, 1.0]];
    }
    let cells = (REACH * deviation / (deviation / 3.0).min(step)).ceil();
    let places = (-(cells as i64)..=cells as i64).map(|i| REACH * i as f64 / cells);
    let density: Vec<[f64; 2]> = places.map(|z| [mean + deviation * z, libm::exp(-0.5 * z * z)]).collect();
    let total: f64 = density.iter().map(|[_, mass]| mass).sum();
    density.into_iter().map(|[x, mass]| [x, mass / total]).collect()
}

impl ScalarNetwork {
    /// This unit where its grid holds the start, else one on a wider grid.
    pub(super) fn holding(&self, points: &[([f64; 2], f64)]) -> Result<Option<ScalarNetwork>, Undefined> {
        let ends = |f: &dyn Fn(&[f64; 2]) -> f64| {
            points.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], (point, _)| [low.min(f(point)), high.max(f(point))])
        };
        let (data, hidden) = (ends(&|point| point[0]), ends(&|point| point[1]));
        let far = data[0].abs().max(data[1].abs());
        let needed = Reach { data: self.reach.data.max(self.model.memory.abs() * far + 9.0 * self.model.innovation), ..self.reach };
        let needed = needed.with_start(&self.model, hidden);
        if needed.data == self.reach.data && needed.hidden == self.reach.hidden {
            return Ok(None);
        }
        Self::over(self.model, needed, self.fineness).map(Some)
    }
}
