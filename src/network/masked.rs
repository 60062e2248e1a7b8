//! The Elman cell with a sparse recurrent matrix: weights that are not there stay zero.

use super::{Cell, CellBounds, Elman, ElmanError, InfluenceLayout, Layout};
use ndarray::Array2;
use std::sync::Arc;

/// An Elman cell whose matrix `B` has entries only where a mask keeps them.
///
/// The parameters stand where those of [`Elman`] stand. Those that the mask takes out are zero, and
/// so is every derivative in them.
#[derive(Clone)]
pub(super) struct Masked {
    inner: Elman,
    /// Places of the parameters that are taken out.
    gone: Arc<Vec<usize>>,
    mask: Arc<Array2<bool>>,
}

impl Masked {
    /// The cell, whose matrix must be zero where the mask says so.
    ///
    /// # Errors
    /// [`ElmanError`] where the mask has another shape, or a weight outside of it is not zero.
    pub(super) fn new(inner: Elman, mask: &Array2<bool>) -> Result<Masked, ElmanError> {
        let n = inner.state_len();
        if mask.dim() != (n, n) {
            return Err(ElmanError::Shape { block: "mask", expected: n * n, found: mask.len() });
        }
        let places = inner.layout().blocks()[0].positions().collect::<Vec<_>>();
        let gone: Vec<usize> = places.into_iter().zip(mask).filter(|(_, kept)| !**kept).map(|(place, _)| place).collect();
        if let Some(place) = gone.iter().find(|place| inner.parameters()[**place] != 0.0) {
            let (row, column) = (place / (inner.parameters().len() / n), place % (inner.parameters().len() / n));
            return Err(ElmanError::Outside { row, column });
        }
        Ok(Masked { inner, gone: Arc::new(gone), mask: Arc::new(mask.clone()) })
    }

    fn cleared(&self, gradient: &mut [f64], work: impl FnOnce(&mut [f64])) {
        let kept: Vec<f64> = self.gone.iter().map(|place| gradient[*place]).collect();
        work(gradient);
        self.gone.iter().zip(kept).for_each(|(place, before)| gradient[*place] = before);
    }
}

impl Cell for Masked {
    fn state_len(&self) -> usize {
        self.inner.state_len()
    }

    fn inputs(&self) -> usize {
        self.inner.inputs()
    }

    fn layout(&self) -> Layout {
        self.inner.layout()
    }

    fn parameters(&self) -> &[f64] {
        self.inner.parameters()
    }

    fn parameters_mut(&mut self) -> &mut [f64] {
        self.inner.parameters_mut()
    }

    fn tape_len(&self) -> usize {
        self.inner.tape_len()
    }

    fn step(&self, state: &[f64], input: &[f64], next: &mut [f64], tape: &mut [f64]) {
        self.inner.step(state, input, next, tape);
    }

    fn push(&self, tape: &[f64], tangent: Option<&[f64]>, direction: Option<&[f64]>, image: &mut [f64]) {
        let within = direction.map(|direction| {
            let mut within = direction.to_vec();
            self.gone.iter().for_each(|place| within[*place] = 0.0);
            within
        });
        self.inner.push(tape, tangent, within.as_deref(), image);
    }

    fn pull(&self, tape: &[f64], adjoint: &[f64], previous: &mut [f64], gradient: &mut [f64]) {
        self.cleared(gradient, |gradient| self.inner.pull(tape, adjoint, previous, gradient));
    }

    fn pull_state(&self, tape: &[f64], adjoint: &[f64], previous: &mut [f64]) {
        self.inner.pull_state(tape, adjoint, previous);
    }

    fn immediate(&self, tape: &[f64], adjoint: &[f64], gradient: &mut [f64]) {
        self.cleared(gradient, |gradient| self.inner.immediate(tape, adjoint, gradient));
    }

    fn immediates(&self, tapes: &[f64], adjoints: &mut [f64], gradient: &mut [f64]) {
        self.cleared(gradient, |gradient| self.inner.immediates(tapes, adjoints, gradient));
    }

    fn jacobian(&self, tape: &[f64], jacobian: &mut [f64]) {
        self.inner.jacobian(tape, jacobian);
    }

    fn sees(&self, i: usize, j: usize) -> bool {
        self.mask[[i, j]]
    }

    fn immediate_layout(&self) -> InfluenceLayout {
        self.inner.immediate_layout()
    }

    fn name(&self) -> &'static str {
        "sparse Elman"
    }

    fn nonlinearity(&self) -> &'static str {
        self.inner.nonlinearity()
    }

    fn is_smooth(&self) -> bool {
        self.inner.is_smooth()
    }

    fn bounds_within(&self, inputs: &[f64]) -> CellBounds {
        self.inner.bounds_within(inputs)
    }

    fn slopes<'t>(&self, tape: &'t [f64]) -> Option<&'t [f64]> {
        self.inner.slopes(tape)
    }

    fn columns(&self) -> Option<&dyn super::Columns> {
        None
    }

    /// The nearest matrix whose rows have absolute sums within the radius, which keeps zeros: the
    /// certificate is that of the ∞-norm.
    fn project(&mut self, bound: f64) -> bool {
        let slope = self.inner.activation().slope_bound();
        let block = self.layout().blocks()[0].clone();
        let radius = bound / (slope * self.inner.scale());
        let mut values = block.values(self.parameters());
        let mut moved = false;
        for row in values.chunks_exact_mut(block.columns) {
            moved |= project_sum(row, radius);
        }
        if moved {
            block.fill(self.parameters_mut(), &values);
        }
        moved
    }

    fn boxed_clone(&self) -> Box<dyn Cell> {
        Box::new(self.clone())
    }
}

/// Moves a row to the nearest one with `Σ |b| ≤ radius`: every entry shrinks by one threshold.
/// Source: Duchi et al. (2008), doi 10.1145/1390156.1390191.
fn project_sum(row: &mut [f64], radius: f64) -> bool {
    if row.iter().map(|b| b.abs()).sum::<f64>() <= radius {
        return false;
    }
    let mut sizes: Vec<f64> = row.iter().map(|b| b.abs()).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut threshold) = (0.0, 0.0);
    for (count, size) in sizes.iter().enumerate() {
        sum += size;
        let at = (sum - radius) / (count + 1) as f64;
        if at < *size {
            threshold = at;
        }
    }
    row.iter_mut().for_each(|b| *b = b.signum() * (b.abs() - threshold).max(0.0));
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::{Norm, NormedRate};
    use crate::network::activation::TANH;

    #[test]
    fn the_projection_is_the_nearest_row_of_that_sum() {
        let before = [0.9, -0.5, 0.0, 0.1];
        let mut row = before;
        assert!(project_sum(&mut row, 1.0));
        let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-15);
        assert!(close(&row, &[0.7, -0.3, 0.0, 0.0]), "{row:?}");
        let distance = |row: &[f64]| row.iter().zip(&before).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
        // Nothing of that sum nearby is nearer.
        for (k, l) in (0..4).flat_map(|k| (0..4).map(move |l| (k, l))).filter(|(k, l)| k != l) {
            let mut moved = row;
            moved[k] += 1e-3;
            moved[l] -= 1e-3;
            assert!(moved.iter().map(|b| b.abs()).sum::<f64>() > 1.0 + 1e-9 || distance(&moved) >= distance(&row), "{k} {l}");
        }
        assert!(!project_sum(&mut row, 1.0 + 1e-12));
    }

    #[test]
    fn what_a_mask_takes_out_stays_zero() {
        let mask = ndarray::arr2(&[[true, false], [true, true]]);
        let elman = |b: [f64; 4]| Elman::new(&b, &[1.0; 2], &[0.0; 2], 0.0, TANH).unwrap();
        assert_eq!(Masked::new(elman([0.5, 0.1, 0.2, 0.3]), &mask).err(), Some(ElmanError::Outside { row: 0, column: 1 }));
        let mut cell = Masked::new(elman([0.5, 0.0, 0.9, 0.6]), &mask).unwrap();
        let (mut tape, mut gradient) = (vec![0.0; cell.tape_len()], vec![0.0; cell.parameters().len()]);
        cell.step(&[0.3, -0.4], &[1.0], &mut [0.0; 2], &mut tape);
        cell.pull(&tape, &[1.0, 1.0], &mut [0.0; 2], &mut gradient);
        assert_eq!(gradient.iter().filter(|g| **g == 0.0).count(), 1);
        assert_eq!(gradient[1], 0.0);
        assert!(cell.project(0.9) && cell.parameters()[1] == 0.0);
        let rate = cell.bounds().contraction;
        assert!(rate.rate <= 0.9 && rate != NormedRate { rate: 0.9, norm: Norm::Spectral });
        assert!(!cell.sees(0, 1) && cell.sees(1, 0));
    }
}
