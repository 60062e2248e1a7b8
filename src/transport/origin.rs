//! A common point taken off samples that lie far from the origin, so that their spread keeps its
//! digits.

use crate::stats::median;
use ndarray::{Array1, ArrayView2, Axis, CowArray, Ix2};

/// How many times the spread of a coordinate its middle lies from 0 before the middle is taken off:
/// below it, no more than 16 of 53 bits are lost.
const FAR: f64 = 65_536.0;
/// Points of a sample that middle and spread are read from.
const SEEN: usize = 128;

/// The samples less one common point, which moves no distance between them; as they are where no
/// coordinate is far.
///
/// The point is the median of some of the coordinates, so that a few far points do not move it. A
/// difference from it is rounded to its own size.
pub(super) fn near_origin<'a, const K: usize>(samples: [ArrayView2<'a, f64>; K]) -> [CowArray<'a, f64, Ix2>; K] {
    let dimension = samples.first().map_or(0, ArrayView2::ncols);
    let plain = samples.map(CowArray::from);
    if plain.iter().any(|sample| sample.is_empty() || sample.ncols() != dimension) {
        return plain;
    }
    let point: Array1<f64> = (0..dimension).map(|k| far_middle(&samples, k)).collect();
    if point.iter().all(|coordinate| *coordinate == 0.0) {
        return plain;
    }
    let moved = samples.map(|sample| CowArray::from(&sample - &point.view().insert_axis(Axis(0))));
    // A difference may leave the range of numbers where no coordinate does.
    if moved.iter().all(|sample| sample.iter().all(|v| v.is_finite())) { moved } else { plain }
}

/// The middle of coordinate `k`, or 0 where that is not far.
fn far_middle(samples: &[ArrayView2<f64>], k: usize) -> f64 {
    let seen = |sample: &ArrayView2<f64>| {
        let step = sample.nrows().div_ceil(SEEN);
        sample.column(k).into_iter().step_by(step).copied().collect::<Vec<f64>>()
    };
    let mut values: Vec<f64> = samples.iter().flat_map(seen).collect();
    let middle = median(values.clone());
    values.iter_mut().for_each(|value| *value = (*value - middle).abs());
    let spread = median(values);
    if middle.is_finite() && middle.abs() > FAR * spread { middle } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, arr2};

    #[test]
    fn only_what_is_far_is_moved_and_only_by_a_common_point() {
        let x = Array2::from_shape_fn((300, 2), |(i, k)| (i % 7) as f64 + k as f64);
        let y = &x + &arr2(&[[3.0, 4.0]]);
        assert!(near_origin([x.view(), y.view()]).iter().all(|sample| sample.is_view()), "near samples stay as they are");
        let far = arr2(&[[1e12, 0.0]]);
        let (far_x, far_y) = (&x + &far, &y + &far);
        let [a, b] = near_origin([far_x.view(), far_y.view()]);
        assert!(a.iter().chain(&b).all(|v| v.abs() < 20.0));
        assert_eq!(&b - &a, arr2(&[[3.0, 4.0]]).broadcast((300, 2)).unwrap());
        // A few points that are far do not move the rest away.
        let mut outlying = x.clone();
        outlying[[0, 0]] = 1e15;
        assert!(near_origin([outlying.view(), y.view()])[0].is_view());
        let huge = Array2::from_elem((3, 2), f64::MAX);
        assert!(near_origin([huge.view(), (-&huge).view()]).iter().all(|sample| sample.iter().all(|v| v.is_finite())));
    }
}
