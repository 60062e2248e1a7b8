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

/// A place of `X_0`, and points of `S_1` there with their masses.
pub(super) type Row = (f64, Vec<[f64; 2]>);

/// Standard deviations of a start beyond which nothing is left.
const REACH: f64 = 8.5;

impl Start {
    pub(super) fn of(start: &GaussianStart) -> Result<Self, Undefined> {
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
    pub(super) fn drive(&self, model: &ScalarModel) -> [f64; 2] {
        let (own, pushed) = (model.recurrent * self.hidden[1], model.input * self.data[1]);
        [model.drive(self.hidden[0], self.data[0]), (own * own + pushed * pushed).sqrt()]
    }

    /// `(X_0, S_1)`: places of `X_0`, and at each of them `S_1` as points with their masses.
    pub(super) fn rows(&self, model: &ScalarModel) -> Result<Vec<Row>, Undefined> {
        let values = |law: Vec<[f64; 2]>, share: f64| -> Vec<[f64; 2]> {
            law.into_iter().map(|[u, mass]| [model.activation.value_and_slope(u).0, share * mass]).collect()
        };
        if model.independent() {
            // The data of the start act through the first drive only.
            return Ok(vec![(0.0, values(normal(self.drive(model), 0.125)?, 1.0))]);
        }
        let step = (0.125 / model.input.abs()).min(model.innovation / (4.0 * model.phi.abs()));
        let own = model.recurrent.abs() * self.hidden[1];
        let row = |[x, share]: [f64; 2]| Ok::<_, Undefined>((x, values(normal([model.drive(self.hidden[0], x), own], 0.125)?, share)));
        normal(self.data, step)?.into_iter().map(row).collect()
    }
}

/// A normal law by the trapezoidal rule with steps of a third of its deviation or `step`.
///
/// # Errors
/// [`Undefined`] where that takes more than 4000 points.
fn normal([mean, deviation]: [f64; 2], step: f64) -> Result<Vec<[f64; 2]>, Undefined> {
    const MOST: f64 = 2000.0;
    if deviation == 0.0 {
        return Ok(vec![[mean, 1.0]]);
    }
    let cells = (REACH * deviation / (deviation / 3.0).min(step)).ceil();
    if cells.is_nan() || cells > MOST {
        return Err(Undefined::because(format!("a start of deviation {deviation:e} is too wide for a grid of steps {step:e}")));
    }
    let places = (-(cells as i64)..=cells as i64).map(|i| REACH * i as f64 / cells);
    let density: Vec<[f64; 2]> = places.map(|z| [mean + deviation * z, libm::exp(-0.5 * z * z)]).collect();
    let total: f64 = density.iter().map(|[_, mass]| mass).sum();
    Ok(density.into_iter().map(|[x, mass]| [x, mass / total]).collect())
}

impl ScalarNetwork {
    /// This unit where its grid holds the start, else one on a wider grid.
    pub(super) fn holding(&self, rows: &[Row]) -> Result<Option<ScalarNetwork>, Undefined> {
        let far = rows.iter().fold(0.0f64, |far, (x, _)| far.max(x.abs()));
        let states = rows.iter().flat_map(|(_, law)| law.iter().map(|[s, _]| *s));
        let hidden = states.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], s| [low.min(s), high.max(s)]);
        let needed = Reach { data: self.reach.data.max(self.model.phi.abs() * far + 9.0 * self.model.innovation), ..self.reach };
        let needed = needed.with_start(&self.model, hidden);
        if needed.data == self.reach.data && needed.hidden == self.reach.hidden {
            return Ok(None);
        }
        Self::over(self.model, needed, self.fineness).map(Some)
    }
}
