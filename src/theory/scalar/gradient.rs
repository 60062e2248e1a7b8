//! The long-run loss of one unit, its gradient, the derivatives' mean, and the bias of truncation.

use super::ScalarNetwork;
use crate::linalg::solve_affine;
use crate::stats::Undefined;
use crate::theory::BlockGradient;
use ndarray::{Array1, Array2};

/// What each recurrent parameter adds to the drive: `S`, `X` or 1.
const FEATURES: usize = 3;

/// `E[V; Z]` for the three recurrent parameters: signed weights on the grid.
struct Derivatives {
    /// As functions see them (`states` × m).
    seen: [Vec<f64>; FEATURES],
    /// Over the whole grid (n × m).
    whole: [Vec<f64>; FEATURES],
}

impl ScalarNetwork {
    /// `E_μ S`.
    ///
    /// ```
    /// use rtrl_lab::{network::activation, theory::{ScalarModel, ScalarNetwork}};
    /// let linear = ScalarModel::plain(activation::named("identity").unwrap(), 0.75, 1.0, 2.0);
    /// // c/(1 − b).
    /// let unit = ScalarNetwork::new(linear).unwrap();
    /// assert!((unit.mean_state().unwrap() - 8.0).abs() < 1e-10);
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] where the stationary law is not settled, here and below.
    pub fn mean_state(&self) -> Result<f64, Undefined> {
        Ok(self.hidden_means(self.stationary()?))
    }

    /// The long-run loss `J = ½ E (C S' + c_o − a X − a_o)² + ½ σ_η²`.
    ///
    /// ```
    /// use rtrl_lab::{network::activation, theory::{ScalarModel, ScalarNetwork}};
    /// let linear = ScalarModel::plain(activation::named("identity").unwrap(), 0.5, 1.0, 0.0);
    /// let unit = ScalarNetwork::new(ScalarModel { target_noise: 2.0, ..linear }).unwrap();
    /// // The error is S/2 − 2 η with Var S = 4/3.
    /// assert!((unit.loss().unwrap() - 0.5 * (0.25 * 4.0 / 3.0 + 4.0)).abs() < 1e-11);
    /// ```
    ///
    /// # Errors
    /// As [`ScalarNetwork::mean_state`].
    pub fn loss(&self) -> Result<f64, Undefined> {
        let law = self.stationary_whole()?;
        let square = law.iter().zip(self.errors()).map(|(mass, error)| mass * error * error).sum::<f64>();
        Ok(0.5 * (square + self.model.target_noise * self.model.target_noise))
    }

    /// `∇J` in all parameters.
    ///
    /// ```text
    /// V' = σ'(u') (b V + f),  f = S, X', 1;
    ///     ν(dz) = E[V; Z ∈ dz] solves ν = K_{bσ'}ᵀ ν + source;    ∇J = C ∫ e dν
    /// ```
    ///
    /// ```
    /// use rtrl_lab::{network::activation, theory::{ScalarModel, ScalarNetwork}};
    /// let at = |b| ScalarNetwork::new(ScalarModel::plain(activation::TANH, b, 1.0, 0.1)).unwrap();
    /// let slope = at(0.5).gradient().unwrap().b_matrix[[0, 0]];
    /// let quotient = (at(0.501).loss().unwrap() - at(0.499).loss().unwrap()) / 0.002;
    /// // A central difference is off by h²/6 times the third derivative.
    /// assert!((slope - quotient).abs() < 1e-6);
    /// ```
    ///
    /// # Errors
    /// As [`ScalarNetwork::mean_state`].
    pub fn gradient(&self) -> Result<BlockGradient, Undefined> {
        let law = self.stationary_whole()?;
        let errors = self.errors();
        let points = &self.kernel.hidden.points;
        let readout: f64 = law.iter().zip(&errors).enumerate().map(|(at, (mass, error))| mass * error * points[at % points.len()]).sum();
        let mut gradient = self.against_errors(&self.derivatives()?.whole, 1.0);
        gradient.c_matrix[[0, 0]] = readout;
        gradient.readout_bias[0] = law.iter().zip(&errors).map(|(mass, error)| mass * error).sum();
        Ok(gradient)
    }

    /// `E_μ V` in `b`, `w`, `c`: the derivative of `E_μ S` in each.
    ///
    /// ```
    /// use rtrl_lab::{network::activation, theory::{ScalarModel, ScalarNetwork}};
    /// let linear = ScalarModel::plain(activation::named("identity").unwrap(), 0.5, 1.0, 3.0);
    /// let mean = ScalarNetwork::new(linear).unwrap().mean_derivative().unwrap();
    /// // E S = c/(1 − b) in b, w and c.
    /// for (found, exact) in mean.iter().zip([12.0, 0.0, 2.0]) {
    ///     assert!((found - exact).abs() < 1e-10);
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`ScalarNetwork::mean_state`].
    pub fn mean_derivative(&self) -> Result<[f64; 3], Undefined> {
        Ok(self.derivatives()?.whole.map(|law| law.iter().sum()))
    }

    /// The stationary bias `E[G(τ)] − ∇J` of rolling TBPTT(τ) in the recurrent parameters, at each
    /// of `lengths`; τ counts differentiated applications of the cell. The tail is propagated, so
    /// that it keeps its relative accuracy at large τ.
    ///
    /// ```text
    /// bias(τ) = −C ∫ e d(K_{bσ'}ᵀ)^τ ν
    /// ```
    ///
    /// ```
    /// use rtrl_lab::{network::activation, theory::{ScalarModel, ScalarNetwork}};
    /// let linear = ScalarModel::plain(activation::named("identity").unwrap(), 0.5, 1.0, 0.0);
    /// let biases = ScalarNetwork::new(linear).unwrap().tbptt_biases(&[1, 3]).unwrap();
    /// // The error is S/2: −Σ_{k ≥ τ} b^{2k} in W.
    /// assert!((biases[0].w_matrix[[0, 0]] + 1.0 / 3.0).abs() < 1e-11);
    /// assert!((biases[1].w_matrix[[0, 0]] + 1.0 / 48.0).abs() < 1e-11);
    /// ```
    ///
    /// # Errors
    /// As [`ScalarNetwork::mean_state`].
    pub fn tbptt_biases(&self, lengths: &[usize]) -> Result<Vec<BlockGradient>, Undefined> {
        let tails = self.tails(lengths)?;
        Ok(lengths.iter().map(|length| tails[*length].clone()).collect())
    }

    /// The stationary bias of block TBPTT(τ) at each of `lengths`, the mean of the rolling biases 1
    /// to τ.
    ///
    /// ```
    /// use rtrl_lab::{network::activation, theory::{ScalarModel, ScalarNetwork}};
    /// let model = ScalarModel::plain(activation::TANH, 0.8, 1.0, 0.2);
    /// let unit = ScalarNetwork::new(model).unwrap();
    /// let block = unit.block_tbptt_biases(&[3]).unwrap()[0].bias[0];
    /// let rolling = unit.tbptt_biases(&[1, 2, 3]).unwrap();
    /// let mean = rolling.iter().map(|bias| bias.bias[0]).sum::<f64>() / 3.0;
    /// assert!((block / mean - 1.0).abs() < 1e-12);
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] for a block without a step, or as [`ScalarNetwork::mean_state`].
    pub fn block_tbptt_biases(&self, lengths: &[usize]) -> Result<Vec<BlockGradient>, Undefined> {
        if lengths.contains(&0) {
            return Err(Undefined::because("a block without a step has no gradient"));
        }
        let tails = self.tails(lengths)?;
        let mean = |length: &usize| {
            let mut sum = block([0.0; FEATURES]);
            for tail in &tails[1..=*length] {
                sum.b_matrix += &tail.b_matrix;
                sum.w_matrix += &tail.w_matrix;
                sum.bias += &tail.bias;
            }
            let share = 1.0 / *length as f64;
            block([sum.b_matrix[[0, 0]] * share, sum.w_matrix[[0, 0]] * share, sum.bias[0] * share])
        };
        Ok(lengths.iter().map(mean).collect())
    }

    /// Rolling biases at τ = 0, 1, … up to the longest.
    fn tails(&self, lengths: &[usize]) -> Result<Vec<BlockGradient>, Undefined> {
        let mut law = self.derivatives()?;
        let factor = self.gains();
        let mut tails = vec![self.against_errors(&law.whole, -1.0)];
        for _ in 0..lengths.iter().copied().max().unwrap_or(0) {
            law.whole = law.seen.map(|seen| self.carried(&seen, &factor));
            law.seen = law.whole.clone().map(|whole| self.kernel.seen(whole));
            tails.push(self.against_errors(&law.whole, -1.0));
        }
        Ok(tails)
    }

    /// `b σ'(u')` over the whole grid, with its sign.
    fn gains(&self) -> Vec<f64> {
        self.kernel.slopes.iter().map(|slope| self.model.recurrent * slope).collect()
    }

    /// `K_{bσ'}ᵀ` over the whole grid.
    fn carried(&self, seen: &[f64], gains: &[f64]) -> Vec<f64> {
        let mut spread = self.kernel.spread(seen);
        spread.iter_mut().zip(gains).for_each(|(slot, gain)| *slot *= gain);
        self.kernel.carry(&spread)
    }

    fn derivatives(&self) -> Result<Derivatives, Undefined> {
        let kernel = &self.kernel;
        let points = &kernel.hidden.points;
        let before = kernel.spread(self.stationary()?);
        let gains = self.gains();
        let step = kernel.weighed(&gains);
        let solve = |feature: &dyn Fn(usize) -> f64| {
            let pushed: Vec<f64> = before.iter().zip(&kernel.slopes).enumerate().map(|(at, (mass, slope))| mass * slope * feature(at)).collect();
            let whole = kernel.carry(&pushed);
            let source = kernel.seen(whole.clone());
            if source.iter().all(|x| *x == 0.0) {
                return Ok((source, whole));
            }
            let seen = solve_affine(|law| step.next(law), &source)
                .map_err(|error| Undefined::because(format!("the mean of the derivatives is not settled: {error}")))?;
            let whole = whole.iter().zip(self.carried(&seen, &gains)).map(|(a, b)| a + b).collect();
            Ok::<_, Undefined>((seen, whole))
        };
        let in_b = solve(&|at| points[at % points.len()])?;
        let in_w = solve(&|at| kernel.data[at / points.len()])?;
        let in_c = solve(&|_| 1.0)?;
        Ok(Derivatives { seen: [in_b.0, in_w.0, in_c.0], whole: [in_b.1, in_w.1, in_c.1] })
    }

    /// `C s + c_o − a x − a_o` over the whole grid.
    fn errors(&self) -> Vec<f64> {
        let model = &self.model;
        let error = |x: f64, s: f64| model.readout * s + model.readout_bias - model.target * x - model.target_bias;
        self.kernel.data.iter().flat_map(|x| self.kernel.hidden.points.iter().map(move |s| error(*x, *s))).collect()
    }

    fn against_errors(&self, whole: &[Vec<f64>; FEATURES], sign: f64) -> BlockGradient {
        let errors = self.errors();
        block([0, 1, 2].map(|p: usize| sign * self.model.readout * whole[p].iter().zip(&errors).map(|(mass, error)| mass * error).sum::<f64>()))
    }
}

/// A gradient in `b`, `w`, `c` alone.
fn block([b, w, c]: [f64; FEATURES]) -> BlockGradient {
    BlockGradient {
        b_matrix: Array2::from_elem((1, 1), b),
        w_matrix: Array2::from_elem((1, 1), w),
        bias: Array1::from_elem(1, c),
        c_matrix: Array2::zeros((1, 1)),
        readout_bias: Array1::zeros(1),
    }
}
