//! The regression of a Dickey–Fuller test, at every lag from one set of inner products.

use super::Undefined;
use super::twofold::{SplitSeries, Twofold};
use rayon::prelude::*;

/// What rounding may leave of a sum of squares that is 0, as a share of its terms.
const ROUNDING: f64 = 1.0 / (1u128 << 98) as f64;
/// The place of the lagged level among the columns of a regression: 1, y_t, Δy_{t−1}, …,
/// Δy_{t−lag}, and the response Δy_t = y_{t+1} − y_t.
const LEVEL: usize = 1;

/// Inner products of a series and its differences with their past, from which the normal equations
/// at any lag and on any rows follow.
///
/// Normal equations square the condition of a regression. These are kept to twice the digits of a
/// double, so that they lose nothing that the series holds.
pub(super) struct Dickey {
    /// All values but the last.
    levels: SplitSeries,
    differences: SplitSeries,
    /// `Σ_t Δy_t Δy_{t − j}`.
    own: Vec<Twofold>,
    /// `Σ_t y_t Δy_{t − j}`.
    mixed: Vec<Twofold>,
    /// Root mean square below which a residual is no noise.
    least: f64,
}

/// What the regressions at the lags 0, 1, … leave.
pub(super) enum Residuals {
    /// Sums of squares, on common rows.
    Squares(Vec<f64>),
    /// From this lag on nothing is left. The sign is that of the level's coefficient, 0 where the
    /// differences alone do.
    Exact { lag: usize, sign: f64 },
}

impl Dickey {
    /// Prepares lags up to `most` of centred values; a residual below `least` counts as none.
    pub(super) fn new(centred: &[f64], most: usize, least: f64) -> Self {
        let levels = SplitSeries::new(centred[..centred.len() - 1].to_vec());
        let differences = SplitSeries::new(centred.windows(2).map(|pair| pair[1] - pair[0]).collect());
        let products = |series: &SplitSeries| (0..=most).into_par_iter().map(|lag| series.with_past(&differences, lag)).collect();
        let (own, mixed) = (products(&differences), products(&levels));
        Dickey { levels, differences, own, mixed, least }
    }

    /// The regressions at the lags 0 … `most`, all on the rows that the last one has; fewer where
    /// further differences depend on those before.
    ///
    /// # Errors
    /// [`Undefined`] where the lagged level is constant on those rows, or follows from the
    /// differences that leave nothing.
    pub(super) fn residuals(&self, most: usize) -> Result<Residuals, Undefined> {
        let gram = self.gram(most);
        let (predictors, response) = ((0..gram.width() - 1).collect::<Vec<_>>(), gram.width() - 1);
        let factor = gram.factor(&predictors);
        if factor.len() <= LEVEL {
            return Err(Undefined::because("the series is constant but for its last values, which tells nothing of a unit root"));
        }
        let whole = gram.entry(response, response);
        let floor = (self.least * self.least * gram.observations).max(ROUNDING * whole.round());
        let (mut rest, mut squares) = (whole, Vec::new());
        for (column, along) in gram.along(&factor, &predictors, response).into_iter().enumerate() {
            rest = rest - along * along;
            if column >= LEVEL && rest.round() <= floor {
                let lag = column - LEVEL;
                return gram.sign_of_level(lag, floor).map(|sign| Residuals::Exact { lag, sign });
            }
            if column >= LEVEL {
                squares.push(rest.round());
            }
        }
        Ok(Residuals::Squares(squares))
    }

    /// `γ̂/se(γ̂)` at one lag, on all rows that it has.
    ///
    /// # Errors
    /// [`Undefined`] where the lagged differences determine the lagged level.
    pub(super) fn statistic(&self, lag: usize) -> Result<f64, Undefined> {
        let gram = self.gram(lag);
        let columns = level_last(lag);
        let factor = gram.factor(&columns);
        if factor.len() < columns.len() {
            return Err(determined());
        }
        let response = gram.width() - 1;
        let along = gram.along(&factor, &columns, response);
        let rest = along.iter().fold(gram.entry(response, response), |rest, part| rest - *part * *part).round();
        let freedom = gram.observations - columns.len() as f64;
        Ok(along[columns.len() - 1].round() / (rest / freedom).sqrt())
    }

    /// Inner products of the columns at one lag over the rows from `t = lag` on.
    fn gram(&self, lag: usize) -> Gram {
        let (y, d) = (self.levels.values(), self.differences.values());
        let last = d.len() - 1;
        // Along a diagonal only the ends change.
        let mut own = vec![vec![Twofold::ZERO; lag + 1]; lag + 1];
        for gap in 0..=lag {
            own[gap][0] = (gap..lag).fold(self.own[gap], |sum, t| sum - Twofold::product(d[t], d[t - gap]));
            for b in 0..lag - gap {
                let a = b + gap;
                own[a + 1][b + 1] = own[a][b] + Twofold::product(d[lag - 1 - a], d[lag - 1 - b]) - Twofold::product(d[last - a], d[last - b]);
            }
        }
        let mixed: Vec<Twofold> = (0..=lag).map(|j| (j..lag).fold(self.mixed[j], |sum, t| sum - Twofold::product(y[t], d[t - j]))).collect();
        let sum = |values: &[f64]| values.iter().fold(Twofold::ZERO, |sum, x| sum + Twofold::from(*x));
        let squares = y[..lag].iter().fold(self.levels.with_past(&self.levels, 0), |sum, x| sum - Twofold::product(*x, *x));
        let mut sums = vec![sum(&d[lag..])];
        for j in 0..lag {
            sums.push(sums[j] + Twofold::from(d[lag - 1 - j]) - Twofold::from(d[last - j]));
        }
        let observations = (d.len() - lag) as f64;
        // The response is the difference at lag 0 and stands last.
        let back = |column: usize| if column == lag + 2 { 0 } else { column - LEVEL };
        let inner = |i: usize, j: usize| match (i, j) {
            (0, _) => Twofold::from(observations),
            (LEVEL, 0) => sum(&y[lag..]),
            (LEVEL, _) => squares,
            (_, 0) => sums[back(i)],
            (_, LEVEL) => mixed[back(i)],
            _ => own[back(i).max(back(j))][back(i).min(back(j))],
        };
        Gram { rows: (0..lag + 3).map(|i| (0..=i).map(|j| inner(i, j)).collect()).collect(), observations }
    }
}

/// The predictors at one lag, the level last.
fn level_last(lag: usize) -> Vec<usize> {
    [0].into_iter().chain(2..lag + 2).chain([LEVEL]).collect()
}

/// A symmetric matrix of inner products, lower half.
struct Gram {
    rows: Vec<Vec<Twofold>>,
    observations: f64,
}

impl Gram {
    fn width(&self) -> usize {
        self.rows.len()
    }

    fn entry(&self, i: usize, j: usize) -> Twofold {
        if i >= j { self.rows[i][j] } else { self.rows[j][i] }
    }

    /// The rows of the Cholesky factor for some columns, up to the first that depends on those
    /// before it.
    fn factor(&self, columns: &[usize]) -> Vec<Vec<Twofold>> {
        let mut factor: Vec<Vec<Twofold>> = Vec::with_capacity(columns.len());
        for column in columns {
            let mut row = self.along(&factor, columns, *column);
            let whole = self.entry(*column, *column);
            let rest = row.iter().fold(whole, |rest, part| rest - *part * *part);
            if rest.round() <= ROUNDING * whole.round() {
                break;
            }
            row.push(rest.sqrt());
            factor.push(row);
        }
        factor
    }

    /// The components of a column along the directions that the factored ones add one by one.
    fn along(&self, factor: &[Vec<Twofold>], columns: &[usize], column: usize) -> Vec<Twofold> {
        let mut parts: Vec<Twofold> = Vec::with_capacity(factor.len() + 1);
        for (place, (other, row)) in columns.iter().zip(factor).enumerate() {
            let inner = parts.iter().zip(row).fold(self.entry(column, *other), |rest, (a, b)| rest - *a * *b);
            parts.push(inner / row[place]);
        }
        parts
    }

    /// The sign of the level's coefficient in a regression that leaves no more than `floor`; 0
    /// where one without the level leaves no more either.
    fn sign_of_level(&self, lag: usize, floor: f64) -> Result<f64, Undefined> {
        let (columns, response) = (level_last(lag), self.width() - 1);
        let factor = self.factor(&columns);
        let mut along = self.along(&factor, &columns, response);
        if along.len() < columns.len() {
            return Err(determined());
        }
        let level = along.pop().unwrap_or_default().round();
        let rest = along.iter().fold(self.entry(response, response), |rest, part| rest - *part * *part);
        Ok(if rest.round() <= floor { 0.0 } else { level.signum() })
    }
}

fn determined() -> Undefined {
    Undefined::because("the last differences of the series determine its level, which leaves no test of a unit root")
}
