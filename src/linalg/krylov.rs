//! Leading eigenvalues and linear systems of a map that is known by its images only.

use super::least_squares::dot;
use super::{LinalgError, least_squares, spectral_radius};
use ndarray::Array2;

/// Most images of the map before the iteration counts as stuck.
const MOST: usize = 260;
/// Images between two looks at the answer.
const PACE: usize = 6;
/// Relative change of the answer, twice in a row, at which it counts as settled.
const SETTLED: f64 = 4e-14;
/// The same for an answer that rounding keeps from settling further.
const ROUGH: f64 = 1e-10;
/// Part of an image that is new below which the space is closed under the map.
const CLOSED: f64 = 1e-15;

/// The orthonormal basis of Arnoldi's process and the map in it.
struct Arnoldi {
    basis: Vec<Vec<f64>>,
    /// Column j: the coefficients of the image of basis vector j (j + 2 numbers).
    columns: Vec<Vec<f64>>,
}

impl Arnoldi {
    fn from(start: &[f64]) -> Option<Self> {
        let size = dot(start, start).sqrt();
        (size.is_finite() && size > 0.0).then(|| Arnoldi { basis: vec![start.iter().map(|x| x / size).collect()], columns: Vec::new() })
    }

    /// One image more, orthogonalised twice; `false` where the space is closed.
    fn advance(&mut self, map: &mut impl FnMut(&[f64]) -> Vec<f64>) -> Result<bool, LinalgError> {
        let mut image = map(&self.basis[self.basis.len() - 1]);
        let before = dot(&image, &image).sqrt();
        if !before.is_finite() {
            return Err(LinalgError::NotFinite);
        }
        let mut column = vec![0.0; self.basis.len() + 1];
        for _ in 0..2 {
            for (slot, vector) in column.iter_mut().zip(&self.basis) {
                let share = dot(vector, &image);
                *slot += share;
                image.iter_mut().zip(vector).for_each(|(x, v)| *x -= share * v);
            }
        }
        let rest = dot(&image, &image).sqrt();
        let open = rest > CLOSED * before && self.basis.len() < image.len();
        let last = column.len() - 1;
        column[last] = if open { rest } else { 0.0 };
        self.columns.push(column);
        if open {
            self.basis.push(image.into_iter().map(|x| x / rest).collect());
        }
        Ok(open)
    }

    /// The largest modulus of an eigenvalue of the map within the space.
    fn radius(&self) -> Result<f64, LinalgError> {
        let m = self.columns.len();
        spectral_radius(Array2::from_shape_fn((m, m), |(i, j)| self.columns[j].get(i).copied().unwrap_or(0.0)).view())
    }

    /// The coefficients `z` that make `(I − A) V z` nearest to the start, in units of its length,
    /// and the relative distance that is left.
    fn solution(&self) -> Option<(Vec<f64>, f64)> {
        let m = self.columns.len();
        let column =
            |j: usize| -> Vec<f64> { (0..=m).map(|i| f64::from(u8::from(i == j)) - self.columns[j].get(i).copied().unwrap_or(0.0)).collect() };
        let mut target = vec![0.0; m + 1];
        target[0] = 1.0;
        let z = least_squares(&mut (0..m).map(column).collect::<Vec<_>>(), &target)?;
        let mut rest = target;
        for (j, z) in z.iter().enumerate() {
            rest.iter_mut().zip(column(j)).for_each(|(r, c)| *r -= z * c);
        }
        Some((z, dot(&rest, &rest).sqrt()))
    }
}

/// The largest modulus of an eigenvalue of a linear map, by Arnoldi's process from `start`.
///
/// The map is compact in the use that is made of it: its eigenvalues die out, and the leading one
/// is right to rounding once the space holds those of like size, however near they lie to each
/// other. The start must not be orthogonal to the leading eigenvector. Source: Arnoldi (1951), doi
/// 10.1090/qam/42792.
///
/// ```
/// use rtrl_lab::linalg::leading_modulus;
/// // The eigenvalues are ±2i.
/// let modulus = leading_modulus(|x| vec![-4.0 * x[1], x[0]], &[1.0, 0.0]).unwrap();
/// assert!((modulus - 2.0).abs() < 1e-13);
/// ```
///
/// # Errors
/// [`LinalgError::NotSettled`] where 260 images do not settle it to ten digits;
/// [`LinalgError::NotFinite`].
pub fn leading_modulus(map: impl FnMut(&[f64]) -> Vec<f64>, start: &[f64]) -> Result<f64, LinalgError> {
    leading_modulus_within(map, start, SETTLED)
}

/// The same, settled where two looks in a row change it by no more than the part `accuracy`.
///
/// # Errors
/// As [`leading_modulus`].
pub(crate) fn leading_modulus_within(mut map: impl FnMut(&[f64]) -> Vec<f64>, start: &[f64], accuracy: f64) -> Result<f64, LinalgError> {
    let Some(mut space) = Arnoldi::from(start) else { return Err(LinalgError::NotFinite) };
    let (mut last, mut calm, mut change) = (f64::NAN, 0, f64::INFINITY);
    for images in 1..=MOST {
        let open = space.advance(&mut map)?;
        if !open {
            return space.radius();
        }
        if images % PACE == 0 {
            // A space whose eigenvalues are not found is passed over for the next one, which has
            // more of them settled.
            let Ok(radius) = space.radius() else {
                (last, calm) = (f64::NAN, 0);
                continue;
            };
            change = (radius - last).abs() / radius;
            calm = if change <= accuracy { calm + 1 } else { 0 };
            if calm == 2 {
                return Ok(radius);
            }
            last = radius;
        }
    }
    // Two eigenvalues that lie near to each other are known to the rounding over their distance
    // only.
    if change <= ROUGH { Ok(last) } else { Err(LinalgError::NotSettled) }
}

/// The solution of `x = A x + b` for a map `A` whose eigenvalues are not 1, by minimal residuals,
/// to a residual of `1e-14 |b|` or what rounding allows. Source: Saad and Schultz (1986), doi
/// 10.1137/0907058.
///
/// ```
/// use rtrl_lab::linalg::solve_affine;
/// let x = solve_affine(|x| vec![0.5 * x[1], 0.5 * x[0]], &[1.0, 0.0]).unwrap();
/// assert!((x[0] - 4.0 / 3.0).abs() < 1e-13 && (x[1] - 2.0 / 3.0).abs() < 1e-13);
/// ```
///
/// # Errors
/// [`LinalgError::NotSettled`] where the residual stays above `1e-11 |b|`;
/// [`LinalgError::NotFinite`].
pub fn solve_affine(mut map: impl FnMut(&[f64]) -> Vec<f64>, b: &[f64]) -> Result<Vec<f64>, LinalgError> {
    const ENOUGH: f64 = 1e-14;
    const LEAST: f64 = 1e-11;
    const ROUNDS: usize = 4;
    let (mut x, mut rest) = (vec![0.0; b.len()], b.to_vec());
    let whole = dot(b, b).sqrt();
    if !whole.is_finite() {
        return Err(LinalgError::NotFinite);
    }
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let size = dot(&rest, &rest).sqrt();
        if size <= ENOUGH * whole || size >= 0.5 * best {
            break;
        }
        best = size;
        let Some(mut space) = Arnoldi::from(&rest) else { break };
        let mut before = f64::INFINITY;
        for images in 1..=MOST {
            let open = space.advance(&mut map)?;
            if !open || images == MOST || images % PACE == 0 {
                let Some((z, left)) = space.solution() else { return Err(LinalgError::NotSettled) };
                if !open || images == MOST || left * size <= 0.5 * ENOUGH * whole || (left <= 1e-13 && left >= 0.5 * before) {
                    for (z, vector) in z.iter().zip(&space.basis) {
                        x.iter_mut().zip(vector).for_each(|(x, v)| *x += size * z * v);
                    }
                    break;
                }
                before = left;
            }
        }
        rest = map(&x).iter().zip(b).zip(&x).map(|((image, b), x)| b + image - x).collect();
    }
    if dot(&rest, &rest).sqrt() <= LEAST * whole { Ok(x) } else { Err(LinalgError::NotSettled) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `diag(values)` with ones above the diagonal.
    fn upper(values: &[f64]) -> impl FnMut(&[f64]) -> Vec<f64> {
        move |x| (0..values.len()).map(|i| values[i] * x[i] + x.get(i + 1).copied().unwrap_or(0.0)).collect()
    }

    #[test]
    fn eigenvalues_near_each_other_are_told_apart() {
        let values: Vec<f64> = (0..40).map(|k| if k == 0 { 1.0 - 1e-9 } else { libm::pow(0.7, f64::from(k)) }).chain([0.99, -0.999]).collect();
        let map = |x: &[f64]| -> Vec<f64> { x.iter().zip(&values).map(|(x, v)| x * v).collect() };
        let radius = leading_modulus(map, &vec![1.0; values.len()]).unwrap();
        assert!((radius - (1.0 - 1e-9)).abs() < 1e-15, "{radius}");
        // Without the first, the negative one leads.
        let mut start = vec![1.0; values.len()];
        start[0] = 0.0;
        assert!((leading_modulus(map, &start).unwrap() - 0.999).abs() < 1e-14);
        assert_eq!(leading_modulus(map, &vec![0.0; values.len()]), Err(LinalgError::NotFinite));
    }

    #[test]
    fn a_solution_satisfies_its_equation_and_an_eigenvalue_of_one_is_refused() {
        let values: Vec<f64> = (0..30).map(|k| 0.999 * libm::pow(0.6, f64::from(k))).collect();
        let b: Vec<f64> = (0..30).map(|k| libm::cos(f64::from(k))).collect();
        let x = solve_affine(upper(&values), &b).unwrap();
        let image = upper(&values)(&x);
        let worst = x.iter().zip(&image).zip(&b).map(|((x, image), b)| (x - image - b).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-11 * x[0].abs(), "{worst:e} {}", x[0]);
        assert!(solve_affine(|x: &[f64]| x.to_vec(), &b).is_err());
    }
}
