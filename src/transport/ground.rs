//! Costs between two samples, a row at a time and never all at once, with the same bits for any
//! instruction set.

use super::Order;
use crate::simd::dispatch::dispatched;
use crate::stats::Undefined;
use ndarray::ArrayView2;

/// Columns worked on together.
pub(super) const LANES: usize = 16;
/// Columns that share one minimum: lane l of a chunk stands for columns l, l + 16, …
const DEPTH: usize = 8;
/// Columns of a chunk.
const CHUNK: usize = LANES * DEPTH;

/// Two samples of one dimension under the cost `|x − y|^order`, brought by a power of two near
/// magnitude one.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    order: Order,
    dimension: usize,
    /// Points of `x`, by rows.
    x: Vec<f64>,
    /// Points of `y`, padded with zeros to whole chunks, in tiles of 16 points by coordinates: a
    /// row of costs reads them in order.
    y: Vec<f64>,
    columns: usize,
    /// Costs above this count as this.
    ceiling: f64,
    /// What a coordinate was divided by.
    pub(super) scale: f64,
}

impl Ground {
    /// The costs of two samples; refused without a point, without a common dimension or with a
    /// value that is not finite.
    pub(super) fn new(x: ArrayView2<f64>, y: ArrayView2<f64>, order: Order) -> Result<Self, Undefined> {
        Ok(Self::at_scale(x, y, order, common_scale(x, y)?))
    }

    /// The same for samples that were looked at before, over a given scale.
    pub(super) fn at_scale(x: ArrayView2<f64>, y: ArrayView2<f64>, order: Order, scale: f64) -> Self {
        Ground {
            order,
            dimension: y.ncols(),
            x: x.iter().map(|v| v / scale).collect(),
            y: tiles(y, scale),
            columns: y.nrows(),
            ceiling: f64::INFINITY,
            scale,
        }
    }

    /// The same costs, none above `ceiling`.
    ///
    /// What is feasible for these potentials is so for the costs themselves, and an assignment that
    /// uses no pair above the ceiling costs the same. So an optimum found here is one there, and
    /// pairs that are too dear for any optimum no longer drive the potentials to their size.
    pub(super) fn below(&self, ceiling: f64) -> Ground {
        Ground { ceiling, ..self.clone() }
    }

    /// The same costs between every `step`-th point of either sample.
    pub(super) fn thinned(&self, step: usize) -> Ground {
        let columns = self.columns.div_ceil(step);
        let mut y = vec![0.0; self.dimension * columns.div_ceil(CHUNK) * CHUNK];
        for (j, k) in (0..columns).flat_map(|j| (0..self.dimension).map(move |k| (j, k))) {
            y[place(self.dimension, j, k)] = self.y[place(self.dimension, j * step, k)];
        }
        Ground { x: self.x.chunks_exact(self.dimension).step_by(step).flatten().copied().collect(), y, columns, ..*self }
    }

    /// The order of the cost.
    pub(super) fn order(&self) -> Order {
        self.order
    }

    /// Coordinates of a point.
    pub(super) fn dimension(&self) -> usize {
        self.dimension
    }

    /// Rows, the points of `x`.
    pub(super) fn rows(&self) -> usize {
        self.x.len() / self.dimension
    }

    /// Columns, the points of `y`.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// Columns with the padding; what a buffer of costs holds.
    pub(super) fn padded(&self) -> usize {
        self.y.len() / self.dimension
    }

    /// The groups of columns that [`Ground::reduced`] takes minima over.
    pub(super) fn groups(&self) -> usize {
        self.padded() / DEPTH
    }

    /// The columns of group `group`, padding included.
    pub(super) fn members(group: usize) -> impl Iterator<Item = usize> {
        let first = group / LANES * CHUNK + group % LANES;
        (0..DEPTH).map(move |step| first + step * LANES)
    }

    /// The costs of row `i`.
    pub(super) fn row(&self, i: usize, costs: &mut [f64]) {
        let point = &self.x[i * self.dimension..][..self.dimension];
        squares(point, &self.y, costs);
        if self.order == Order::One {
            roots(costs);
        }
        if self.ceiling < f64::INFINITY {
            clip(costs, self.ceiling);
        }
    }

    /// The cost of one pair, the bits of [`Ground::row`].
    pub(super) fn cost(&self, i: usize, j: usize) -> f64 {
        let cost = self.uncut(i, j);
        if cost > self.ceiling { self.ceiling } else { cost }
    }

    /// The cost of one pair, whatever the ceiling.
    pub(super) fn uncut(&self, i: usize, j: usize) -> f64 {
        let point = &self.x[i * self.dimension..][..self.dimension];
        let square = point.iter().enumerate().fold(0.0, |sum, (k, x)| {
            let gap = x - self.y[place(self.dimension, j, k)];
            sum + gap * gap
        });
        if self.order == Order::One { square.sqrt() } else { square }
    }

    /// Costs less the column potentials `v`, in place, and their minima by group; padding is
    /// infinite where `v` is −∞ there.
    pub(super) fn reduced(costs: &mut [f64], v: &[f64], minima: &mut [f64]) {
        subtract(v, costs, minima);
    }

    /// The least of the costs less `v`, and the least of the costs made smaller by the share
    /// `rounding`, less `v`.
    pub(super) fn least(costs: &[f64], v: &[f64], rounding: f64) -> [f64; 2] {
        let mut least = [f64::INFINITY; 2];
        least_of(costs, v, 1.0 - rounding, &mut least);
        least
    }

    /// The share by which a computed cost may miss the true one, twice over: differences are right
    /// to their own size, and what is summed is not below 0.
    pub(super) fn rounding(&self) -> f64 {
        (self.dimension + 4) as f64 * f64::EPSILON
    }

    /// `value` in the units of the samples: times the scale to the power of the cost.
    pub(super) fn unscaled(&self, value: f64) -> f64 {
        match self.order {
            Order::One => value * self.scale,
            Order::Two => value * self.scale * self.scale,
        }
    }
}

/// A power of two near the largest coordinate of two samples; refused without a point, without a
/// common dimension or with a value that is not finite.
fn common_scale(x: ArrayView2<f64>, y: ArrayView2<f64>) -> Result<f64, Undefined> {
    if x.is_empty() || y.is_empty() || x.ncols() != y.ncols() {
        return Err(Undefined::because(format!("a distance needs two non-empty samples of one dimension, not {:?} and {:?}", x.dim(), y.dim())));
    }
    if x.iter().chain(y.iter()).any(|v| !v.is_finite()) {
        return Err(Undefined::because("a sample has a value that is not finite"));
    }
    let largest = x.iter().chain(y.iter()).fold(0.0f64, |top, v| top.max(v.abs()));
    // A power of two, so that differences of near points keep every digit; halved twice, so that no
    // square overflows.
    Ok(if largest > 0.0 { libm::ldexp(1.0, libm::ilogb(largest).clamp(-1020, 1020)) } else { 1.0 })
}

/// Points over `scale`, padded with zeros to whole chunks, in tiles of 16 points by coordinates.
fn tiles(sample: ArrayView2<f64>, scale: f64) -> Vec<f64> {
    let (points, dimension) = sample.dim();
    let mut tiles = vec![0.0; dimension * points.div_ceil(CHUNK) * CHUNK];
    for ((j, k), value) in sample.indexed_iter() {
        tiles[place(dimension, j, k)] = value / scale;
    }
    tiles
}

/// Two samples of one dimension to be projected on lines, brought by a power of two near magnitude
/// one.
pub(super) struct Projected {
    dimension: usize,
    samples: [(usize, Vec<f64>); 2],
    /// What a coordinate was divided by.
    pub(super) scale: f64,
}

impl Projected {
    /// The samples `x` and `y`, refused as by [`Ground::new`].
    pub(super) fn new(x: ArrayView2<f64>, y: ArrayView2<f64>) -> Result<Self, Undefined> {
        let scale = common_scale(x, y)?;
        Ok(Projected { dimension: x.ncols(), samples: [x, y].map(|sample| (sample.nrows(), tiles(sample, scale))), scale })
    }

    /// A bound of what the rounding of coordinates along a line adds to a `W_p` there or takes from
    /// it, in units of the samples, for directions of length one at most.
    ///
    /// ```text
    /// ε (d + 2) ( (mean |x|^p)^{1/p} + (mean |y|^p)^{1/p} ),   ε = 2⁻⁵²
    /// ```
    pub(super) fn rounding(&self, order: Order) -> f64 {
        let size = |(points, tiles): &(usize, Vec<f64>)| {
            let squares = (0..*points).map(|j| (0..self.dimension).map(|k| tiles[place(self.dimension, j, k)].powi(2)).sum::<f64>());
            let powers: f64 = if order == Order::One { squares.map(f64::sqrt).sum() } else { squares.sum() };
            order.root(powers / *points as f64)
        };
        f64::EPSILON * (self.dimension + 2) as f64 * self.samples.iter().map(size).sum::<f64>() * self.scale
    }

    /// The share that sums and roots of sorted gaps may be rounded by.
    pub(super) fn relative_rounding(&self) -> f64 {
        f64::EPSILON * (self.samples[0].0 + self.samples[1].0 + self.dimension + 16) as f64
    }

    /// The coordinates of sample 0 or 1 along `direction`.
    pub(super) fn along(&self, sample: usize, direction: &[f64], out: &mut Vec<f64>) {
        let (points, tiles) = &self.samples[sample];
        out.resize(tiles.len() / self.dimension, 0.0);
        project(direction, tiles, out);
        out.truncate(*points);
    }
}

/// Where coordinate `k` of point `j` stands among the tiles.
fn place(dimension: usize, j: usize, k: usize) -> usize {
    (j / LANES * dimension + k) * LANES + j % LANES
}

dispatched! { fn squares / squares_wide / squares_fused = squares_body(point: &[f64], y: &[f64], costs: &mut [f64]) }
dispatched! { fn roots / roots_wide / roots_fused = roots_body(costs: &mut [f64]) }
dispatched! { fn project / project_wide / project_fused = project_body(direction: &[f64], tiles: &[f64], out: &mut [f64]) }
dispatched! { fn clip / clip_wide / clip_fused = clip_body(costs: &mut [f64], ceiling: f64) }
dispatched! { fn least_of / least_of_wide / least_of_fused = least_of_body(costs: &[f64], v: &[f64], kept: f64, least: &mut [f64; 2]) }
dispatched! { fn subtract / subtract_wide / subtract_fused = subtract_body(v: &[f64], costs: &mut [f64], minima: &mut [f64]) }

// Plain products and sums: the compiler never fuses them, so every instruction set gives the same
// bits.
#[inline(always)]
fn squares_body(point: &[f64], y: &[f64], costs: &mut [f64]) {
    for (tile, costs) in y.chunks_exact(LANES * point.len()).zip(costs.chunks_exact_mut(LANES)) {
        let mut sums = [0.0f64; LANES];
        for (others, x) in tile.chunks_exact(LANES).zip(point) {
            for (sum, other) in sums.iter_mut().zip(others) {
                let gap = x - other;
                *sum += gap * gap;
            }
        }
        costs.copy_from_slice(&sums);
    }
}

#[inline(always)]
fn project_body(direction: &[f64], tiles: &[f64], out: &mut [f64]) {
    for (tile, out) in tiles.chunks_exact(LANES * direction.len()).zip(out.chunks_exact_mut(LANES)) {
        let mut sums = [0.0f64; LANES];
        for (coordinates, weight) in tile.chunks_exact(LANES).zip(direction) {
            for (sum, coordinate) in sums.iter_mut().zip(coordinates) {
                *sum += weight * coordinate;
            }
        }
        out.copy_from_slice(&sums);
    }
}

#[inline(always)]
fn roots_body(costs: &mut [f64]) {
    costs.iter_mut().for_each(|cost| *cost = cost.sqrt());
}

#[inline(always)]
fn clip_body(costs: &mut [f64], ceiling: f64) {
    costs.iter_mut().for_each(|cost| *cost = if *cost > ceiling { ceiling } else { *cost });
}

#[inline(always)]
fn least_of_body(costs: &[f64], v: &[f64], kept: f64, least: &mut [f64; 2]) {
    let (mut plain, mut safe) = ([f64::INFINITY; LANES], [f64::INFINITY; LANES]);
    for (costs, v) in costs.chunks_exact(LANES).zip(v.chunks_exact(LANES)) {
        for (((cost, v), plain), safe) in costs.iter().zip(v).zip(&mut plain).zip(&mut safe) {
            let (as_is, shrunk) = (cost - v, cost * kept - v);
            *plain = if as_is < *plain { as_is } else { *plain };
            *safe = if shrunk < *safe { shrunk } else { *safe };
        }
    }
    *least = [plain, safe].map(|lanes| lanes.into_iter().fold(f64::INFINITY, f64::min));
}

#[inline(always)]
fn subtract_body(v: &[f64], costs: &mut [f64], minima: &mut [f64]) {
    for ((costs, v), minima) in costs.chunks_exact_mut(CHUNK).zip(v.chunks_exact(CHUNK)).zip(minima.chunks_exact_mut(LANES)) {
        let mut least = [f64::INFINITY; LANES];
        for (costs, v) in costs.chunks_exact_mut(LANES).zip(v.chunks_exact(LANES)) {
            for ((cost, v), least) in costs.iter_mut().zip(v).zip(&mut least) {
                *cost -= v;
                *least = if *cost < *least { *cost } else { *least };
            }
        }
        minima.copy_from_slice(&least);
    }
}
