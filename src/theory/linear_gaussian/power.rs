//! Powers of the joint transition, kept by their blocks.

use super::LinearGaussian;
use crate::linalg::Times;
use ndarray::{Array2, Axis, concatenate, s};

/// `F^t` of `z = (D, S, vec V)`.
///
/// ```text
/// u_t = F_u^t u_0,   V_{p,t} = A^t V_{p,0} + T_p u_0,   F^{s+t}: T_p = A^s T_p(t) + T_p(s) F_u^t
/// ```
///
/// with `u = (D, S)` and `T_p` (N × (q + N)) for each recurrent parameter p. The powers of a joint
/// chain of thousands of coordinates so cost products of size q + 2N.
pub(super) struct Power {
    /// `F_u^t` ((q + N) × (q + N)).
    states: Array2<f64>,
    /// `[T_p, A^t]` (N × (q + 2N)) for every p.
    coupled: Vec<Array2<f64>>,
}

impl Power {
    /// `F`.
    pub(super) fn first(exact: &LinearGaussian) -> Self {
        let (states, width) = (exact.states(), exact.model.recurrent_parameters());
        let mut seed = Array2::zeros((exact.blocks().len(), states));
        seed.slice_mut(s![..states, ..]).diag_mut().fill(1.0);
        let (image, recurrence) = (exact.image(&seed), exact.model.recurrence());
        let coupled = (0..width).map(|p| concatenate![Axis(1), image.slice(s![states + p..;width, ..]), recurrence]).collect();
        Power { states: exact.model.state_transition(), coupled }
    }

    /// `F^{2t}`.
    pub(super) fn squared(&self) -> Self {
        let n = self.coupled.first().map_or(0, Array2::nrows);
        let states = self.states.nrows();
        let rest = Array2::zeros((states, n));
        let coupled = self
            .coupled
            .iter()
            .map(|own| {
                let below = concatenate![Axis(0), concatenate![Axis(1), self.states, rest], own.view()];
                own.times(&below)
            })
            .collect();
        Power { states: self.states.times(&self.states), coupled }
    }

    /// `F^t z` for every column of `z`.
    pub(super) fn image(&self, z: &Array2<f64>) -> Array2<f64> {
        let (states, width) = (self.states.nrows(), self.coupled.len());
        let own = z.slice(s![..states, ..]);
        let mut image = Array2::zeros(z.dim());
        image.slice_mut(s![..states, ..]).assign(&self.states.times(&own));
        for (p, coupled) in self.coupled.iter().enumerate() {
            let below = concatenate![Axis(0), own, z.slice(s![states + p..;width, ..])];
            image.slice_mut(s![states + p..;width, ..]).assign(&coupled.times(&below));
        }
        image
    }
}

/// The powers `F^{2^k}`, each worked out once.
pub(super) struct Powers(Vec<Power>);

impl Powers {
    /// `F` alone.
    pub(super) fn of(exact: &LinearGaussian) -> Self {
        Powers(vec![Power::first(exact)])
    }

    /// `F^t z` for every column of `z`, along the binary digits of `t`.
    pub(super) fn image(&mut self, z: &Array2<f64>, time: usize) -> Array2<f64> {
        let (mut image, mut left, mut digit) = (z.clone(), time, 0);
        while left > 0 {
            if digit == self.0.len() {
                self.0.push(self.0[digit - 1].squared());
            }
            if left % 2 == 1 {
                image = self.0[digit].image(&image);
            }
            (left, digit) = (left / 2, digit + 1);
        }
        image
    }
}
