//! A certificate of contraction, from the parameters alone.

use crate::linalg::{Norm, operator_norm, spectral_radius};
use crate::network::{Cell, Diagonal, Elman};
use ndarray::{Array2, ArrayView2, s};

/// A certified one-step rate and the norm it holds in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormedRate {
    /// The rate; 1 or more certifies nothing.
    pub rate: f64,
    /// The norm.
    pub norm: Norm,
}

/// Certified rates of the cell and, where there is a law of the data, of the data.
///
/// ```text
/// cell: L N^{−β} ‖B‖,   data: ‖Φ‖,   joint: max(data, cell) as soon as both are below 1
/// ```
///
/// The comparison system of `(E|ΔD|, E|ΔS|, E‖ΔV‖)` is lower triangular with diagonal (data, cell, cell), hence the maximum; the repeated entry gives the
/// derivative block its factor `t`. No certificate is no refutation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Certificate {
    /// The cell's rate in its best norm.
    pub cell: NormedRate,
    /// The data's rate; `None` for a recorded series, which both copies share.
    pub data: Option<NormedRate>,
}

/// Norms in which `‖diag(s) B‖ ≤ max|s| ‖B‖`: a bound on the slopes needs no more.
const ABSOLUTE: [Norm; 4] = [Norm::Spectral, Norm::One, Norm::Infinity, Norm::Weighted];

impl Certificate {
    /// The certificate of an Elman cell on an autoregression with matrix `transition` whose drift is 1-Lipschitz a coordinate.
    pub fn of(cell: &Elman, transition: Option<&Array2<f64>>) -> Self {
        let n = cell.hidden();
        // The recurrent matrix where it stands, in the first columns of the parameter rows.
        let rows = ArrayView2::from_shape((n, n + cell.inputs() + 1), cell.parameters()).expect("a group of parameters a unit");
        let scale = cell.activation().slope_bound() * cell.scale();
        let best = best_norm(rows.slice(s![.., ..n]));
        Certificate { cell: NormedRate { rate: scale * best.rate, ..best }, data: transition.map(|matrix| best_norm(matrix.view())) }
    }

    /// The certificate of a diagonal cell, `L max |a_i|`, which is the same in every norm that is monotone in absolute values.
    pub fn of_diagonal(cell: &Diagonal, transition: Option<&Array2<f64>>) -> Self {
        let rate = cell.activation().slope_bound() * cell.recurrent_bound();
        Certificate { cell: NormedRate { rate, norm: Norm::Spectral }, data: transition.map(|matrix| best_norm(matrix.view())) }
    }

    /// For a linear map any rate above the spectral radius is attained in an adapted norm: replaces the rates by the spectral radii where these are no larger.
    pub fn adapted(self, cell: Option<&Array2<f64>>, transition: Option<&Array2<f64>>) -> Self {
        let adapt = |rate: NormedRate, matrix: Option<&Array2<f64>>| match matrix.map(|matrix| spectral_radius(matrix.view())) {
            Some(Ok(radius)) if radius <= rate.rate => NormedRate { rate: radius, norm: Norm::Adapted },
            _ => rate,
        };
        Certificate { cell: adapt(self.cell, cell), data: self.data.map(|rate| adapt(rate, transition)) }
    }

    /// The certified rate of the joint chain, `None` where nothing is certified.
    ///
    /// ```
    /// use rtrl_lab::{linalg::Norm, theory::{Certificate, NormedRate}};
    /// let rate = |rate| NormedRate { rate, norm: Norm::Spectral };
    /// assert_eq!(Certificate { cell: rate(0.8), data: Some(rate(0.9)) }.joint(), Some(0.9));
    /// assert_eq!(Certificate { cell: rate(1.2), data: Some(rate(0.9)) }.joint(), None);
    /// ```
    pub fn joint(&self) -> Option<f64> {
        self.joint_normed().map(|joint| joint.rate)
    }

    /// Steps after which a certified chain has forgotten all but 1e-9 of its start, at most 4000; 0 where nothing is certified.
    ///
    /// ```
    /// use rtrl_lab::{linalg::Norm, theory::{Certificate, NormedRate}};
    /// let rate = |rate| NormedRate { rate, norm: Norm::Spectral };
    /// assert_eq!(Certificate { cell: rate(0.1), data: None }.forgetting_time(), 9);
    /// assert_eq!(Certificate { cell: rate(1.0), data: None }.forgetting_time(), 0);
    /// ```
    pub fn forgetting_time(&self) -> usize {
        const FORGOTTEN: f64 = 1e-9;
        const LONGEST: f64 = 4000.0;
        self.joint().map_or(0, |rate| (libm::log(FORGOTTEN) / libm::log(rate)).ceil().min(LONGEST) as usize)
    }

    /// The same with the norm of the slower part.
    pub fn joint_normed(&self) -> Option<NormedRate> {
        let slower = self.data.filter(|data| data.rate > self.cell.rate).unwrap_or(self.cell);
        (slower.rate < 1.0).then_some(slower)
    }
}

fn best_norm(matrix: ArrayView2<f64>) -> NormedRate {
    ABSOLUTE
        .into_iter()
        .map(|norm| NormedRate { rate: operator_norm(matrix, norm), norm })
        .reduce(|best, next| if next.rate < best.rate { next } else { best })
        .unwrap_or(NormedRate { rate: f64::INFINITY, norm: Norm::Spectral })
}
