//! The exact mean and variance of a gradient whose truncation is random.

use super::Tape;
use crate::data::Segment;
use crate::linalg::Times;
use crate::network::Network;
use ndarray::{Array1, Array2, Axis};

/// Mean and covariance of the recurrent part of a summed gradient.
///
/// ```
/// # use rtrl_lab::{data::Segment, gradient::{randomised_moments, rtrl}};
/// # use rtrl_lab::network::{Elman, Network, Readout, activation};
/// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, activation::TANH).unwrap();
/// let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
/// let stretch = Segment::given(vec![1.0, 0.5, -0.3], 1, vec![0.0, 0.2, 1.0], 1);
/// let moments = randomised_moments(&network, &stretch, &[0.0], 2.0);
/// let exact = rtrl(&network, &stretch, &[0.0], 0).gradient;
/// assert!((moments.mean[1] - exact[1]).abs() < 1e-15);
/// assert!(moments.covariance[[1, 1]] > 0.0);
/// ```
#[derive(Clone, Debug)]
pub struct RandomisedMoments {
    /// The mean, P numbers: the whole gradient.
    pub mean: Vec<f64>,
    /// The covariance, P × P.
    pub covariance: Array2<f64>,
}

/// The moments of anticipated reweighted truncated backpropagation over a stretch, from the start
/// `S_0`, with cuts of probability `1/τ` after every step.
///
/// ```text
/// δ_t = o_t + ξ_t A_{t+1}ᵀ δ_{t+1},   G = Σ_t E_tᵀ δ_t,   ξ_t = 0 or 1/(1 − 1/τ),   E ξ_t = 1
/// E δδᵀ ← o oᵀ + o (Aᵀ m)ᵀ + (Aᵀ m) oᵀ + (E ξ²) Aᵀ E[δδᵀ] A,   E ξ² = 1/(1 − 1/τ)
/// ```
///
/// with `o_t` the loss's gradient in the hidden state and `m` the mean of `δ`. The moments of `G`
/// follow by the same recursion, so that they are exact whatever the cell. On long stretches they
/// stay finite a step only where `‖A_t ⋯ A_1‖²` falls faster than `(1 − 1/τ)^t`: the variance asks
/// for geometric forgetting. Time and memory grow like `P²`. Source: derived; the method is that of
/// Tallec and Ollivier (2017), arXiv:1705.08209. τ must be above 1.
///
/// ```
/// # use rtrl_lab::{data::Segment, gradient::{randomised_moments, rtrl}};
/// # use rtrl_lab::network::{Elman, Network, Readout, activation};
/// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, activation::TANH).unwrap();
/// let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
/// let stretch = Segment::given(vec![1.0, 0.5, -0.3], 1, vec![0.0, 0.2, 1.0], 1);
/// let moments = randomised_moments(&network, &stretch, &[0.0], 2.0);
/// let exact = rtrl(&network, &stretch, &[0.0], 0).gradient;
/// assert!((moments.mean[0] - exact[0]).abs() < 1e-15);
/// assert!(moments.covariance[[0, 0]] > 0.0);
/// ```
pub fn randomised_moments(network: &Network, segment: &Segment, start: &[f64], length: f64) -> RandomisedMoments {
    assert!(length > 1.0, "cuts come with a probability below 1");
    let (cell, tape) = (&*network.cell, Tape::record(network, segment, start));
    let (n, p) = (cell.state_len(), network.recurrent_len());
    let spread = 1.0 / (1.0 - 1.0 / length);
    let (mut m, mut s) = (Array1::<f64>::zeros(n), Array2::<f64>::zeros((n, n)));
    let (mut g, mut q, mut k) = (Array1::<f64>::zeros(p), Array2::<f64>::zeros((p, p)), Array2::<f64>::zeros((n, p)));
    let (mut own, mut readout) = (vec![0.0; n], vec![0.0; network.len() - p]);
    let mut jacobian = vec![0.0; n * n];
    for t in (0..tape.len()).rev() {
        network.readout.pull_back(tape.hidden(t + 1), tape.error(t), &mut own, &mut readout);
        let o = Array1::from_vec(own.clone());
        // `A` of the step after, where there is one.
        if t + 1 < tape.len() {
            cell.jacobian(tape.step(t + 1), &mut jacobian);
        } else {
            jacobian.fill(0.0);
        }
        let a = Array2::from_shape_vec((n, n), jacobian.clone()).expect("N × N numbers");
        let pulled = a.t().times(&m);
        let outer = |x: &Array1<f64>, y: &Array1<f64>| x.view().insert_axis(Axis(1)).times(&y.view().insert_axis(Axis(0)));
        let cross = outer(&o, &pulled);
        s = outer(&o, &o) + &cross + cross.t() + spread * a.t().times(&s).times(&a);
        m = &o + &pulled;
        k = outer(&o, &g) + a.t().times(&k);
        let mut immediate = Array2::zeros((n, p));
        for (i, mut row) in immediate.rows_mut().into_iter().enumerate() {
            let mut unit = vec![0.0; n];
            unit[i] = 1.0;
            cell.immediate(tape.step(t), &unit, row.as_slice_mut().expect("rows lie together"));
        }
        let of_k = immediate.t().times(&k);
        q = q + &of_k + of_k.t() + immediate.t().times(&s).times(&immediate);
        k = k + s.times(&immediate);
        g = g + immediate.t().times(&m);
    }
    let covariance = q - outer_of(&g);
    RandomisedMoments { mean: g.to_vec(), covariance }
}

fn outer_of(g: &Array1<f64>) -> Array2<f64> {
    g.view().insert_axis(Axis(1)).times(&g.view().insert_axis(Axis(0)))
}
