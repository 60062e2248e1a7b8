//! How far a loss reaches back into the hidden states, and the truncation length that Aicher, Foti
//! and Fox choose from it.

use super::Tape;
use crate::data::Segment;
use crate::network::Network;

/// Derivatives of the loss with respect to hidden states `k` steps back, `k = 0 … R`, averaged over
/// steps.
///
/// ```text
/// φ_k = E ‖∂L_t/∂S_{t−k}‖,   Γ_k = ‖ Σ_{j ≤ k} E ∂L_t/∂S_{t−j} ‖
/// ```
///
/// ```
/// # use rtrl_lab::{data::Segment, gradient::HiddenGradients};
/// # use rtrl_lab::network::{Elman, Network, Readout, activation};
/// # let linear = activation::named("identity").unwrap();
/// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, linear).unwrap();
/// let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
/// // S_3 = 0.25 misses its target by 1; a step back halves what is left of it.
/// let stretch = Segment::given(vec![1.0, 0.0, 0.0], 1, vec![9.0, 9.0, -0.75], 1);
/// let seen = HiddenGradients::of(&network, &stretch, &[0.0], &[2], 2);
/// assert_eq!((seen.sizes(), seen.totals()), (vec![1.0, 0.5, 0.25], vec![1.0, 1.5, 1.75]));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct HiddenGradients {
    /// Norms a lag, summed over steps.
    norms: Vec<f64>,
    /// Vectors, a lag after the other, summed over steps.
    vectors: Vec<f64>,
    /// Steps.
    count: usize,
}

impl HiddenGradients {
    /// Over the losses of the steps `at` of a stretch that starts at the hidden state `start`, back
    /// over `most` steps. A step with fewer before it is left out.
    ///
    /// ```
    /// # use rtrl_lab::{data::Segment, gradient::HiddenGradients};
    /// # use rtrl_lab::network::{Elman, Network, Readout, activation};
    /// # let linear = activation::named("identity").unwrap();
    /// # let cell = Elman::new(&[-0.5], &[1.0], &[0.0], 0.0, linear).unwrap();
    /// # let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
    /// let stretch = Segment::given(vec![0.0, 0.0], 1, vec![0.0, 2.0], 1);
    /// let seen = HiddenGradients::of(&network, &stretch, &[0.0], &[0, 1], 1);
    /// // The first step has none before it.
    /// assert_eq!(seen, HiddenGradients::of(&network, &stretch, &[0.0], &[1], 1));
    /// ```
    ///
    /// # Panics
    /// Where a step lies beyond the stretch.
    pub fn of(network: &Network, segment: &Segment, start: &[f64], at: &[usize], most: usize) -> Self {
        let tape = Tape::record(network, segment, start);
        let cell = &*network.cell;
        let n = cell.state_len();
        let mut seen = HiddenGradients { norms: vec![0.0; most + 1], vectors: vec![0.0; (most + 1) * n], count: 0 };
        let mut unused = vec![0.0; network.recurrent_len()];
        let mut readout = vec![0.0; network.len() - network.recurrent_len()];
        let (mut adjoint, mut previous) = (vec![0.0; n], vec![0.0; n]);
        for t in at.iter().copied().filter(|t| *t >= most) {
            network.readout.pull_back(tape.hidden(t + 1), tape.error(t), &mut adjoint, &mut readout);
            seen.count += 1;
            for lag in 0..=most {
                if lag > 0 {
                    cell.pull(tape.step(t + 1 - lag), &adjoint, &mut previous, &mut unused);
                    std::mem::swap(&mut adjoint, &mut previous);
                }
                seen.norms[lag] += adjoint.iter().map(|a| a * a).sum::<f64>().sqrt();
                seen.vectors[lag * n..(lag + 1) * n].iter_mut().zip(&adjoint).for_each(|(sum, a)| *sum += a);
            }
        }
        seen
    }

    /// As it was written down: sums of norms a lag, of vectors a lag, and the number of steps.
    pub(crate) fn written(norms: Vec<f64>, vectors: Vec<f64>, count: usize) -> Self {
        HiddenGradients { norms, vectors, count }
    }

    /// Its sums: of norms, of vectors, and the number of steps.
    pub(crate) fn sums(self) -> (Vec<f64>, Vec<f64>, usize) {
        (self.norms, self.vectors, self.count)
    }

    /// `φ_0 … φ_R`; NaN without a step.
    ///
    /// ```
    /// # use rtrl_lab::{data::Segment, gradient::HiddenGradients};
    /// # use rtrl_lab::network::{Elman, Network, Readout, activation};
    /// # let linear = activation::named("identity").unwrap();
    /// # let cell = Elman::new(&[-0.5], &[1.0], &[0.0], 0.0, linear).unwrap();
    /// # let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
    /// let stretch = Segment::given(vec![0.0, 0.0], 1, vec![0.0, 2.0], 1);
    /// let seen = HiddenGradients::of(&network, &stretch, &[0.0], &[1], 1);
    /// assert_eq!(seen.sizes(), [2.0, 1.0]);
    /// ```
    pub fn sizes(&self) -> Vec<f64> {
        self.norms.iter().map(|sum| sum / self.count as f64).collect()
    }

    /// `Γ_0 … Γ_R`; NaN without a step.
    ///
    /// ```
    /// # use rtrl_lab::{data::Segment, gradient::HiddenGradients};
    /// # use rtrl_lab::network::{Elman, Network, Readout, activation};
    /// # let linear = activation::named("identity").unwrap();
    /// # let cell = Elman::new(&[-0.5], &[1.0], &[0.0], 0.0, linear).unwrap();
    /// # let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
    /// let stretch = Segment::given(vec![0.0, 0.0], 1, vec![0.0, 2.0], 1);
    /// let seen = HiddenGradients::of(&network, &stretch, &[0.0], &[1], 1);
    /// // The signs alternate, so that the sum is the smaller.
    /// assert_eq!(seen.totals(), [2.0, 1.0]);
    /// ```
    pub fn totals(&self) -> Vec<f64> {
        let n = self.vectors.len() / self.norms.len();
        let mut running = vec![0.0; n];
        let total = |vector: &[f64]| {
            running.iter_mut().zip(vector).for_each(|(sum, x)| *sum += x);
            running.iter().map(|x| x * x).sum::<f64>().sqrt() / self.count as f64
        };
        self.vectors.chunks_exact(n).map(total).collect()
    }

    /// For each of `shares`, the least τ whose relative bias Aicher, Foti and Fox's rule bounds by
    /// that share; `None` where it finds no such length: the norms do not fall, or the bound leaves
    /// nothing of the gradient.
    ///
    /// ```text
    /// bound(τ) = Σ_{τ ≤ k < h} φ_k + φ_h β^{max(τ − h, 0)} / (1 − β),   h = ⌊R/2⌋
    /// relative(τ) = bound(τ) / max_k (Γ_k − bound(k + 1))
    /// ```
    ///
    /// `β` is the slope of `log φ_k` over the lags from `h` on, by least squares. The rule looks at
    /// derivatives by hidden states and not by parameters, so its lengths are those of a proxy.
    /// Source: Aicher, Foti, Fox (2019), arXiv:1905.07473.
    ///
    /// ```
    /// # use rtrl_lab::{data::Segment, gradient::HiddenGradients};
    /// # use rtrl_lab::network::{Elman, Network, Readout, activation};
    /// # let linear = activation::named("identity").unwrap();
    /// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, linear).unwrap();
    /// let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
    /// let stretch = Segment::given(vec![1.0; 9], 1, vec![0.0; 9], 1);
    /// let seen = HiddenGradients::of(&network, &stretch, &[0.0], &[8], 8);
    /// // φ_k = φ_0 / 2^k: of the whole 2 φ_0, what lies beyond τ is the share 2^{-τ}.
    /// assert_eq!(seen.least_truncation(&[0.3, 0.1]), [Some(2), Some(4)]);
    /// ```
    pub fn least_truncation(&self, shares: &[f64]) -> Vec<Option<usize>> {
        let (sizes, totals) = (self.sizes(), self.totals());
        let half = (sizes.len() - 1) / 2;
        let late: Vec<[f64; 2]> =
            (half..sizes.len()).filter(|lag| sizes[*lag] > f64::MIN_POSITIVE).map(|lag| [lag as f64, libm::log(sizes[lag])]).collect();
        let falls = crate::stats::line(&late, 0.95).ok().map(|line| line.value).filter(|slope| *slope < 0.0);
        let Some(slope) = falls.or((sizes[half] == 0.0).then_some(f64::NEG_INFINITY)) else { return vec![None; shares.len()] };
        let rest = if sizes[half] == 0.0 { 0.0 } else { sizes[half] / -libm::expm1(slope) };
        let bound = |length: usize| {
            if length < half { sizes[length..half].iter().sum::<f64>() + rest } else { rest * libm::exp(slope * (length - half) as f64) }
        };
        let least = totals.iter().enumerate().map(|(lag, total)| total - bound(lag + 1)).fold(0.0, f64::max);
        let of = |share: &f64| {
            let allowed = share * least;
            if allowed.is_nan() || allowed <= 0.0 {
                return None;
            }
            (1..half).find(|length| bound(*length) <= allowed).or_else(|| {
                let further = if rest > allowed { libm::ceil(libm::log(allowed / rest) / slope) } else { 0.0 };
                Some(half.max(1) + further as usize)
            })
        };
        shares.iter().map(of).collect()
    }
}
