//! Sliced distances: the mean over directions of distances on the line.

use super::Order;
use super::ascending::Ascending;
use super::ground::Projected;
use super::origin::near_origin;
use super::sinkhorn::ordered;
use super::sorted::between_sorted;
use crate::random::{Noise, RngKey, stream};
use crate::stats::{Estimate, Undefined};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

/// The sliced Wasserstein distance of two samples, of any sizes, from random directions.
///
/// ```text
/// SW_p^p = E_θ W_p^p(⟨θ, x⟩, ⟨θ, y⟩),   θ uniform on the sphere of R^d;   SW_p ≤ W_p
/// ```
///
/// `x` is n × d, `y` m × d, a point a row; direction k is drawn at step k of the stream of
/// directions of `key`. The value is `SW_p` itself. The interval is over the directions alone, by
/// Student's law and the delta method: it holds the `SW_p` of these two samples, not of their laws.
/// In one dimension it has no width. The same bits for any number of threads and any instruction
/// set. A common point is taken off samples far from the origin. Source: Bonneel, Rabin, Peyré and
/// Pfister (2015), doi 10.1007/s10851-014-0506-3.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::{random::RngKey, transport::{Order, sliced}};
/// // A shift by s has SW_2 = |s| / √d.
/// let (x, y) = (array![[0.0, 0.0], [1.0, 5.0]], array![[3.0, 4.0], [4.0, 9.0]]);
/// let estimate = sliced(x.view(), y.view(), Order::Two, 4000, RngKey::root(1), 0.9999).unwrap();
/// assert!(estimate.contains(5.0 / 2f64.sqrt()) && estimate.standard_error < 0.05);
/// ```
///
/// # Errors
/// [`Undefined`] for fewer than two directions, samples without a point or of different dimensions,
/// values that are not finite, or where the rounding of coordinates may be more than 1e-4 of the
/// largest distance along a line, as with far points in both samples.
pub fn sliced(x: ArrayView2<f64>, y: ArrayView2<f64>, order: Order, directions: usize, key: RngKey, level: f64) -> Result<Estimate, Undefined> {
    if directions < 2 {
        return Err(Undefined::because("an interval over directions needs at least two of them"));
    }
    let [x, y] = &near_origin([x, y]);
    let distances = sliced_along(x.view(), y.view(), order, random_directions(x.ncols(), directions, key).view())?;
    let rounding = Projected::new(x.view(), y.view())?.rounding(order);
    // In units of the largest, so that no square leaves the range of numbers.
    let largest = distances.iter().fold(0.0f64, |top, w| top.max(*w));
    if largest == 0.0 && ordered(x.view()) == ordered(y.view()) {
        return Ok(Estimate { level, ..Estimate::exact(0.0) });
    }
    if rounding > ROUNDED * largest {
        return Err(drowned(rounding, largest));
    }
    let powers: Vec<f64> = distances.iter().map(|w| if order == Order::One { w / largest } else { (w / largest) * (w / largest) }).collect();
    let count = directions as f64;
    let mean = powers.iter().sum::<f64>() / count;
    let variance = powers.iter().map(|power| (power - mean) * (power - mean)).sum::<f64>() / (count - 1.0);
    let estimate = Estimate::student(mean, (variance / count).sqrt(), count - 1.0, level);
    Ok(estimate.map_monotone(|power| order.root(power.max(0.0)) * largest))
}

/// The largest share of a distance along a line that the rounding of coordinates may be.
pub(super) const ROUNDED: f64 = 1e-4;

/// Said of a distance that rounding may have made.
pub(super) fn drowned(rounding: f64, distance: f64) -> Undefined {
    Undefined::because(format!(
        "the rounding of coordinates along a line may be {rounding:.1e}, beside a distance of {distance:.1e}: take out what both samples share far from the rest"
    ))
}

/// `W_p` between the coordinates of two samples along each of `directions` (K × d), which need not
/// have length one.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::transport::{Order, sliced_along};
/// let (x, y) = (array![[0.0, 0.0], [1.0, 5.0]], array![[3.0, 4.0], [4.0, 9.0]]);
/// assert_eq!(
///     sliced_along(x.view(), y.view(), Order::Two, array![[1.0, 0.0], [0.0, 1.0]].view())
///         .unwrap(),
///     [3.0, 4.0]
/// );
/// ```
///
/// # Errors
/// [`Undefined`] as for [`sliced`], and for directions of another dimension.
pub fn sliced_along(x: ArrayView2<f64>, y: ArrayView2<f64>, order: Order, directions: ArrayView2<f64>) -> Result<Vec<f64>, Undefined> {
    if directions.ncols() != x.ncols() || directions.iter().any(|v| !v.is_finite()) {
        return Err(Undefined::because(format!("directions in {} dimensions need as many finite coordinates each", x.ncols())));
    }
    let [x, y] = &near_origin([x, y]);
    let samples = Projected::new(x.view(), y.view())?;
    let rows: Vec<Vec<f64>> = directions.rows().into_iter().map(|row| row.to_vec()).collect();
    let line = |(lines, sorter): &mut ([Vec<f64>; 2], Ascending), direction: &Vec<f64>| {
        for (sample, line) in lines.iter_mut().enumerate() {
            samples.along(sample, direction, line);
            sorter.sort(line);
        }
        between_sorted(&lines[0], &lines[1], f64::from(order.exponent())) * samples.scale
    };
    Ok(rows.par_iter().map_init(Default::default, line).collect())
}

/// `count` directions, uniform on the sphere: row k from step k of the stream of directions.
pub(super) fn random_directions(dimension: usize, count: usize, key: RngKey) -> Array2<f64> {
    let mut directions = Array2::zeros((count, dimension));
    let mut noise = Noise::at(key.within("sliced").stream(stream::DIRECTION));
    let mut draw = vec![0.0; dimension];
    for mut row in directions.rows_mut() {
        noise.normals(&mut draw);
        let length = draw.iter().map(|z| z * z).sum::<f64>().sqrt();
        row.iter_mut().zip(&draw).for_each(|(coordinate, z)| *coordinate = z / length);
    }
    directions
}
