//! The transition kernel of one unit on a grid, as it acts on functions and on laws.

use super::ScalarModel;
use super::reach::Reach;
use crate::simd::dense::{add, add_scaled, apply};
use crate::stats::Undefined;
use crate::theory::nodes::Nodes;
use std::borrow::Cow;
use std::sync::OnceLock;

/// Most numbers that one grid may hold.
const MOST_NUMBERS: f64 = 1.6e7;
/// Standard deviations of an innovation beyond which nothing is left.
const TAIL: f64 = 9.0;

/// The kernel of `Z_t = (X_t, S_{t+1})`.
///
/// ```text
/// X' = φ X + ν ξ,  S' = σ(b S + w X' + c);
///     (K f)(x, s) = ∫ p(x' | x) f(x', σ(b s + w x' + c)) dx'
/// ```
///
/// `x'` runs over a uniform grid (trapezoidal rule), `s` over Chebyshev's points. In these
/// coordinates, half a step ahead of `(X_t, S_t)`, every image is an entire function of both, with
/// the width of the innovation, so that few points do. For independent data a function does not
/// depend on `x` and `states` is 1.
pub(super) struct Kernel {
    pub model: ScalarModel,
    /// Grid of the data, n of them.
    pub data: Vec<f64>,
    /// Places of `x` that functions tell apart: n, or 1 for independent data.
    pub states: usize,
    /// Grid of the hidden state, m of them.
    pub hidden: Nodes,
    /// First column and weights of each row of `p(x' | x)`.
    pub rows: Vec<(usize, Vec<f64>)>,
    /// Interpolation weights to `σ(b s_l + w x_i + c)`: index (i, l', l) with l fastest.
    weights: Vec<f64>,
    /// `σ'(b s_l + w x_i + c)`: index (i, l).
    pub slopes: Vec<f64>,
    /// The matrix of [`Step`] without a factor.
    plain: OnceLock<Vec<f64>>,
}

/// `K` with a factor at each (x', s), as it acts on functions and, transposed, on laws.
///
/// Functions of independent data do not depend on `x`, so that the mean over `x'` is taken once:
///
/// ```text
/// (K f)_l = Σ_{l'} M_{l'l} f_{l'},   M_{l'l} = Σ_i p_i factor_il weights_{il'l}   (m × m)
/// ```
///
/// Building `M` costs as much as one image on the grid, n m², and each image m².
pub(super) struct Step<'a> {
    kernel: &'a Kernel,
    factor: Option<&'a [f64]>,
    matrix: Option<Cow<'a, [f64]>>,
}

impl Step<'_> {
    /// `K(factor · f)`.
    pub(super) fn image(&self, f: &[f64]) -> Vec<f64> {
        let Some(matrix) = &self.matrix else { return self.kernel.image(f, self.factor) };
        let mut out = vec![0.0; f.len()];
        f.iter().zip(matrix.chunks_exact(f.len())).for_each(|(value, row)| add_scaled(*value, row, &mut out));
        out
    }

    /// The law one step on, of a law as functions see it.
    pub(super) fn next(&self, law: &[f64]) -> Vec<f64> {
        let Some(matrix) = &self.matrix else { return self.kernel.next(law, self.factor) };
        let mut out = vec![0.0; law.len()];
        apply(matrix, law, &mut out);
        out
    }
}

impl Kernel {
    /// The kernel over `reach`; the finenesses divide the spacing of the data and multiply the
    /// number of hidden states.
    ///
    /// The spacing resolves the normal density and the slope of a unit, whose poles at `iπ/2` bound
    /// the error by `exp(−π²/(w h))`; the number of hidden states resolves a normal density of the
    /// innovation's width anywhere on the interval.
    pub(super) fn new(model: &ScalarModel, reach: &Reach, [data_fineness, hidden_fineness]: [f64; 2]) -> Result<Self, Undefined> {
        let half = reach.data;
        let spacing = (model.innovation / 3.0).min(0.125 / model.input.abs()) / data_fineness;
        let cells = (2.0 * half / spacing).ceil();
        let width = 0.5 * (reach.hidden[1] - reach.hidden[0]);
        let detail = width * model.recurrent.abs() / (model.input.abs() * model.innovation);
        let count = ((18.0 + 6.5 * detail) * hidden_fineness).ceil();
        let numbers = cells * count * count + if model.independent() { 0.0 } else { cells * cells };
        if numbers.is_nan() || numbers > MOST_NUMBERS {
            let reason = format!("a grid of {cells} inputs and {count} hidden states is too large: the noise of the unit is too small for its range");
            return Err(Undefined::because(reason));
        }
        let data: Vec<f64> = (0..=cells as usize).map(|i| half * (2.0 * i as f64 - cells) / cells).collect();
        let hidden = Nodes::on(reach.hidden, count as usize);
        let states = if model.independent() { 1 } else { data.len() };
        let rows = (0..states).map(|k| row(&data, if states == 1 { 0.0 } else { model.phi * data[k] }, model.innovation)).collect();
        let mut kernel = Kernel { model: *model, data, states, hidden, rows, weights: Vec::new(), slopes: Vec::new(), plain: OnceLock::new() };
        kernel.interpolate();
        Ok(kernel)
    }

    fn interpolate(&mut self) {
        let m = self.hidden.points.len();
        self.weights = vec![0.0; self.data.len() * m * m];
        self.slopes = Vec::with_capacity(self.data.len() * m);
        let mut own = vec![0.0; m];
        for (x, block) in self.data.iter().zip(self.weights.chunks_exact_mut(m * m)) {
            for (l, s) in self.hidden.points.iter().enumerate() {
                let (value, slope) = self.model.activation.value_and_slope(self.model.drive(*s, *x));
                self.slopes.push(slope);
                self.hidden.weights_at(value, &mut own);
                own.iter().enumerate().for_each(|(to, weight)| block[to * m + l] = *weight);
            }
        }
    }

    /// The kernel without a factor.
    pub(super) fn plain(&self) -> Step<'_> {
        let matrix = (self.states == 1).then(|| Cow::from(self.plain.get_or_init(|| self.matrix(None)).as_slice()));
        Step { kernel: self, factor: None, matrix }
    }

    /// The kernel with a factor at each (x', s) of the whole grid.
    pub(super) fn weighed<'a>(&'a self, factor: &'a [f64]) -> Step<'a> {
        let matrix = (self.states == 1).then(|| Cow::from(self.matrix(Some(factor))));
        Step { kernel: self, factor: Some(factor), matrix }
    }

    /// `M` of [`Step`], m × m.
    fn matrix(&self, factor: Option<&[f64]>) -> Vec<f64> {
        let m = self.hidden.points.len();
        let (first, masses) = &self.rows[0];
        let mut matrix = vec![0.0; m * m];
        for (i, mass) in (*first..).zip(masses) {
            let own: Vec<f64> = factor.map_or_else(|| vec![*mass; m], |factor| factor[i * m..][..m].iter().map(|factor| mass * factor).collect());
            for (row, weights) in matrix.chunks_exact_mut(m).zip(self.weights[i * m * m..].chunks_exact(m)) {
                row.iter_mut().zip(weights).zip(&own).for_each(|((slot, weight), own)| *slot += own * weight);
            }
        }
        matrix
    }

    /// Length of a function: `states` × m.
    pub(super) fn len(&self) -> usize {
        self.states * self.hidden.points.len()
    }

    /// `f(x_i, σ(b s_l + w x_i + c))` over the whole grid (n × m).
    fn follow(&self, f: &[f64]) -> Vec<f64> {
        let m = self.hidden.points.len();
        let mut out = vec![0.0; self.data.len() * m];
        for (i, (block, out)) in self.weights.chunks_exact(m * m).zip(out.chunks_exact_mut(m)).enumerate() {
            let own = if self.states == 1 { f } else { &f[i * m..(i + 1) * m] };
            own.iter().zip(block.chunks_exact(m)).for_each(|(value, weights)| add_scaled(*value, weights, out));
        }
        out
    }

    /// `∫ p(x' | x) g(x', s) dx'` of a function over the whole grid.
    pub(super) fn average(&self, g: &[f64]) -> Vec<f64> {
        let m = self.hidden.points.len();
        let mut out = vec![0.0; self.len()];
        for ((first, weights), out) in self.rows.iter().zip(out.chunks_exact_mut(m)) {
            weights.iter().zip(g[first * m..].chunks_exact(m)).for_each(|(weight, g)| add_scaled(*weight, g, out));
        }
        out
    }

    /// `K(factor · f)`: the image of a function, with a factor at each (x', s) of the whole grid.
    fn image(&self, f: &[f64], factor: Option<&[f64]>) -> Vec<f64> {
        let mut followed = self.follow(f);
        if let Some(factor) = factor {
            followed.iter_mut().zip(factor).for_each(|(slot, factor)| *slot *= factor);
        }
        self.average(&followed)
    }

    /// `Σ_k p(x_i | x_k) law(k, l)`: the joint law of the next input and the hidden state before it
    /// (n × m).
    pub(super) fn spread(&self, law: &[f64]) -> Vec<f64> {
        let m = self.hidden.points.len();
        let mut out = vec![0.0; self.data.len() * m];
        for ((first, weights), law) in self.rows.iter().zip(law.chunks_exact(m)) {
            weights.iter().zip(out[first * m..].chunks_exact_mut(m)).for_each(|(weight, out)| add_scaled(*weight, law, out));
        }
        out
    }

    /// The law of (x', S') over the whole grid (n × m) from a joint law of x' and the hidden state
    /// before it.
    pub(super) fn carry(&self, spread: &[f64]) -> Vec<f64> {
        let m = self.hidden.points.len();
        let mut out = vec![0.0; spread.len()];
        let blocks = self.weights.chunks_exact(m * m).zip(spread.chunks_exact(m));
        blocks.zip(out.chunks_exact_mut(m)).for_each(|((block, own), out)| apply(block, own, out));
        out
    }

    /// A law over the whole grid as functions see it (`states` × m).
    pub(super) fn seen(&self, whole: Vec<f64>) -> Vec<f64> {
        if self.states > 1 {
            return whole;
        }
        let m = self.hidden.points.len();
        let mut out = vec![0.0; m];
        whole.chunks_exact(m).for_each(|row| add(row, &mut out));
        out
    }

    /// The law one step on, of a law as functions see it, with a factor at each (x', s).
    fn next(&self, law: &[f64], factor: Option<&[f64]>) -> Vec<f64> {
        let mut spread = self.spread(law);
        if let Some(factor) = factor {
            spread.iter_mut().zip(factor).for_each(|(slot, factor)| *slot *= factor);
        }
        self.seen(self.carry(&spread))
    }

    /// A law of the hidden state alone, as points with their masses, at the hidden grid.
    pub(super) fn hold(&self, points: &[[f64; 2]]) -> Vec<f64> {
        let mut out = vec![0.0; self.hidden.points.len()];
        let mut own = out.clone();
        for [s, mass] in points {
            self.hidden.weights_at(*s, &mut own);
            add_scaled(*mass, &own, &mut out);
        }
        out
    }

    /// The joint law of the next input and the hidden state before it for data that start in `x`
    /// with such a law, added to `spread` (n × m).
    pub(super) fn spread_from(&self, x: f64, held: &[f64], spread: &mut [f64]) {
        let m = held.len();
        let (first, weights) = row(&self.data, self.model.phi * x, self.model.innovation);
        weights.iter().zip(spread[first * m..].chunks_exact_mut(m)).for_each(|(weight, out)| add_scaled(*weight, held, out));
    }

    /// `|b σ'|^q` over the whole grid.
    pub(super) fn factors(&self, order: f64) -> Vec<f64> {
        self.slopes.iter().map(|slope| libm::pow((self.model.recurrent * slope).abs(), order)).collect()
    }
}

/// The transition weights from mean `centre`, which sum to 1, and the first of their columns.
fn row(data: &[f64], centre: f64, innovation: f64) -> (usize, Vec<f64>) {
    let first = data.partition_point(|x| *x < centre - TAIL * innovation);
    let last = data.partition_point(|x| *x <= centre + TAIL * innovation);
    let density = |x: &f64| {
        let z = (x - centre) / innovation;
        libm::exp(-0.5 * z * z)
    };
    let mut weights: Vec<f64> = data[first.min(last)..last].iter().map(density).collect();
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
    (first.min(last), weights)
}

#[cfg(test)]
mod tests {
    use super::{Kernel, Reach, ScalarModel};
    use crate::network::activation;

    #[test]
    fn the_matrix_of_independent_data_is_the_kernel_on_the_grid() {
        let model = ScalarModel::plain(activation::TANH, 1.3, 0.8, 0.2);
        let kernel = Kernel::new(&model, &Reach::of(&model).unwrap(), [1.0, 1.0]).unwrap();
        let factors = kernel.factors(2.0);
        let f: Vec<f64> = kernel.hidden.points.iter().map(|s| libm::cos(3.0 * s) + 0.2).collect();
        for (step, factor) in [(kernel.plain(), None), (kernel.weighed(&factors), Some(factors.as_slice()))] {
            assert!(step.matrix.is_some());
            for (own, grid) in [(step.image(&f), kernel.image(&f, factor)), (step.next(&f), kernel.next(&f, factor))] {
                let largest = grid.iter().fold(0.0f64, |top, x| top.max(x.abs()));
                assert!(largest > 0.1 && own.iter().zip(&grid).all(|(a, b)| (a - b).abs() < 1e-13 * largest), "{own:?} {grid:?}");
            }
        }
        // Functions of data that remember depend on them, and are carried on the grid.
        let slow = ScalarModel { phi: 0.5, ..model };
        assert!(Kernel::new(&slow, &Reach::of(&slow).unwrap(), [1.0, 1.0]).unwrap().plain().matrix.is_none());
    }
}
