//! Two copies of a unit on the same data, a finite distance apart: the rate at which moments of
//! their distance fall.

use super::ScalarNetwork;
use super::kernel::Kernel;
use super::rates::root;
use crate::linalg::leading_modulus_within;
use crate::simd::dense::add_scaled;
use crate::stats::Undefined;
use crate::theory::nodes::Nodes;
use crate::theory::unsettled;

/// Panels of the distance, each half as far out as the one before.
const PANELS: usize = 10;
/// Relative accuracy of the two-point eigenvalue.
const ACCURACY: f64 = 1e-11;
/// How much the two-point eigenvalue must exceed the one of near copies to count as one of its own.
const APART: f64 = 1e-7;

impl ScalarNetwork {
    /// The rate of `(E d_t^p)^{1/p}` for two copies on the same data that start a finite distance
    /// apart.
    ///
    /// ```text
    /// rate^p = max( e^{min_{0 < q ≤ p} Λ(q)}, λ )
    /// ```
    ///
    /// The first is what near copies do: where `Λ` still falls at p it is `r_p^p`. Nothing is
    /// slower then, since for p ≥ 1 two copies are apart by an integral of derivatives between them
    /// and Minkowski's inequality gives
    ///
    /// ```text
    /// (E d_t^p)^{1/p} ≤ ∫_0^1 ( E |∂S_t/∂s (s_0 + u δ_0)|^p )^{1/p} du · |δ_0| ≤ C r_p^t |δ_0|
    /// ```
    ///
    /// `λ` is the leading eigenvalue of the part of the two-point kernel where copies are far
    /// apart: `E d_t^p` weighs those that stay there, or come back. A rising or falling unit keeps
    /// or turns the order of copies, so `E d_t` is a difference of means and falls like the second
    /// eigenvalue of the kernel with the same data, which is `r_1`; hence `λ ≤ r_1`, with equality
    /// where `Λ'(1) ≥ 0`. Elsewhere
    ///
    /// ```text
    /// λ = ρ(T_q),   (T_q f)(x, s, δ) = E |δ'/δ|^q f(x', s', δ'),   δ' = σ(u' + b δ) − σ(u')
    /// ```
    ///
    /// on a grid of geometric panels in δ. The weight q is the one with `Λ(q) = log λ` where `Λ`
    /// rises: the eigenfunction is then flat towards δ = 0. The operator is worked out here.
    ///
    /// # Errors
    /// [`Undefined`] as [`ScalarNetwork::moment_rate`], or where the grid of pairs is too large.
    ///
    /// ```
    /// use rtrl_lab::{
    ///     network::activation,
    ///     theory::{ScalarModel, ScalarNetwork},
    /// };
    /// let unit = |b| {
    ///     ScalarNetwork::new(ScalarModel::plain(activation::named("tanh").unwrap(), b, 0.3, 0.0))
    ///         .unwrap()
    /// };
    /// // Two wells, seldom left: (E d²)^½ falls like r_1^½, slower than any moment of near copies.
    /// let (distance, one) =
    ///     (unit(1.5).distance_rate(2.0).unwrap(), unit(1.5).moment_rate(1.0).unwrap());
    /// assert!((distance - one.sqrt()).abs() < 1e-12 && (distance - 0.998).abs() < 1e-4);
    /// ```
    pub fn distance_rate(&self, order: f64) -> Result<f64, Undefined> {
        if self.model.recurrent == 0.0 {
            return Ok(0.0);
        }
        if order >= 1.0 && self.rise(1.0)? >= 0.0 {
            return Ok(libm::pow(self.moment_rate(1.0)?, 1.0 / order));
        }
        let at_order = self.rise(order)?;
        let lowest = if at_order <= 0.0 { order } else { self.lowest(order, at_order)? };
        let near = self.exponent(lowest)?;
        if order >= 1.0 && at_order <= 0.0 {
            return Ok(libm::exp(near / order));
        }
        // No distance grows faster than by the largest slope: where that is what near copies do, as
        // in a linear unit, it is all.
        if lowest * libm::log(self.model.recurrent.abs() * self.model.activation.slope_bound()) <= near + APART {
            return Ok(libm::exp(near / order));
        }
        let pairs = Pairs::new(self)?;
        let mut log = libm::log(pairs.radius(lowest)?);
        if log <= near + APART {
            return Ok(libm::exp(near / order));
        }
        // Weights at which the eigenfunction is flat towards δ = 0.
        const MOST: usize = 8;
        for _ in 0..MOST {
            let Some(weight) = self.weight_of(log, lowest)? else { break };
            let next = libm::log(pairs.radius(weight)?);
            let change = (next - log).abs();
            log = next;
            if change < 1e-10 {
                break;
            }
        }
        Ok(libm::exp(log.max(near) / order))
    }

    /// The rate of `(E ‖V_t − V_t′‖^p)^{1/p}` for the derivatives of two copies, where `r_p < 1`.
    ///
    /// ```text
    /// rate^p = max( r_p^p, e^{Λ(s)} ),   A(s − p) = Λ(s),   p ≤ s ≤ 2p
    ///     (s = 2p and e^{A(p)} where Λ stays below A)
    /// A(q) = lim t^{-1} log E d_t^q = max( min_{0 < q' ≤ q} Λ(q'), q log |φ| ),
    ///     and no less than A(p)
    /// ```
    ///
    /// A difference of derivatives is fed by `σ″ d_t V_t`, a product of two things that grow on the
    /// same stretches. Over the last k steps the product of slopes Π stands in `d_t` and in `V_t`,
    /// so that `E d_t^p V_t^p` has a part like `E d_{t−k}^p Π^{2p}`. Distances are bounded,
    /// `d_{t−k} Π ≤ C`, hence `Π^{2p} ≤ C Π^s d_{t−k}^{−(2p − s)}` for every s up to 2p, and with k
    /// = κt the part is at most `e^{t ((1 − κ) A(s − p) + κ Λ(s))}`. The largest over κ of the
    /// least over s is the least over s of the largest of `A(s − p)` and `Λ(s)`. Where
    /// `Λ(2p) ≤ Λ(p)`, as in every cell that is certified to contract, the rate is `r_p` or the
    /// distance's own. The formula is worked out here as a bound, and populations meet it
    /// (`tests/late_rates.rs`).
    ///
    /// # Errors
    /// [`Undefined`] as [`ScalarNetwork::distance_rate`], and where `r_p ≥ 1`, so that the moment
    /// is infinite.
    ///
    /// ```
    /// use rtrl_lab::{
    ///     network::activation,
    ///     theory::{ScalarModel, ScalarNetwork},
    /// };
    /// let unit = |b| {
    ///     ScalarNetwork::new(ScalarModel::plain(activation::named("tanh").unwrap(), b, 1.7, 0.3))
    ///         .unwrap()
    /// };
    /// // Λ(4) > Λ(2): derivatives forget more slowly than products and than states do.
    /// assert!(
    ///     unit(1.27).derivative_rate(2.0).unwrap() > 1.02 * unit(1.27).moment_rate(2.0).unwrap()
    /// );
    /// assert!(
    ///     (unit(0.8).derivative_rate(2.0).unwrap() - unit(0.8).moment_rate(2.0).unwrap()).abs()
    ///         < 1e-12
    /// );
    /// ```
    pub fn derivative_rate(&self, order: f64) -> Result<f64, Undefined> {
        if self.model.recurrent == 0.0 {
            return Ok(self.model.phi.abs());
        }
        let own = self.exponent(order)?;
        if own >= 0.0 {
            return Err(Undefined::because(format!("the derivatives have no moment of order {order}")));
        }
        let phi = libm::log(self.model.phi.abs());
        let whole = (order * libm::log(self.distance_rate(order)?)).max(order * phi);
        let near = |q: f64| {
            let rises = self.rise(q)?;
            if rises <= 0.0 { self.exponent(q) } else { self.exponent(self.lowest(q, rises)?) }
        };
        let distance = |q: f64| Ok::<f64, Undefined>(if q <= 0.0 { 0.0 } else { near(q)?.max(q * phi).max(whole) });
        let excess = |s: f64| Ok::<f64, Undefined>(self.exponent(s)? - distance(s - order)?);
        let above = excess(2.0 * order)?;
        let shared = if above <= 0.0 { whole } else { self.exponent(root(excess, [order, 2.0 * order], [own, above])?)? };
        Ok(libm::exp(own.max(shared) / order))
    }

    /// What `Λ` rises by over a small step about q.
    fn rise(&self, q: f64) -> Result<f64, Undefined> {
        const STEP: f64 = 1e-4;
        Ok(self.exponent(q * (1.0 + STEP))? - self.exponent(q * (1.0 - STEP))?)
    }

    /// Where `Λ` is lowest, below `order`, at which it rises.
    fn lowest(&self, order: f64, at_order: f64) -> Result<f64, Undefined> {
        let (mut low, mut below) = (0.5 * order, self.rise(0.5 * order)?);
        while below >= 0.0 {
            low *= 0.5;
            if low < 1e-3 {
                return Ok(low);
            }
            below = self.rise(low)?;
        }
        root(|q| self.rise(q), [low, order], [below, at_order])
    }

    /// The q above `lowest` with `Λ(q) = log`; `None` where there is none up to 32.
    fn weight_of(&self, log: f64, lowest: f64) -> Result<Option<f64>, Undefined> {
        const FURTHEST: f64 = 32.0;
        let excess = |q: f64| Ok::<f64, Undefined>(self.exponent(q)? - log);
        let (mut low, mut below, mut high) = (lowest, excess(lowest)?, 1.25 * lowest);
        if below >= 0.0 {
            return Ok(None);
        }
        loop {
            let above = excess(high)?;
            if above >= 0.0 {
                return root(excess, [low, high], [below, above]).map(Some);
            }
            (low, below) = (high, above);
            high *= 1.25;
            if high > FURTHEST {
                return Ok(None);
            }
        }
    }
}

/// A place from which both copies go on: the drive of the first, the data at which it reads, and
/// what becomes of each distance.
struct Site {
    /// Row of functions of the data, 0 for independent data.
    state: usize,
    /// Interpolation weights to the hidden state of the first copy.
    hidden: Vec<f64>,
    /// For each distance: first of its panel's nodes.
    panels: Vec<usize>,
    /// For each distance: interpolation weights in its panel.
    weights: Vec<f64>,
    /// For each distance: `|δ'/δ|`.
    ratios: Vec<f64>,
}

/// The two-point kernel on a grid.
struct Pairs {
    /// Hidden states of the first copy.
    hidden: usize,
    /// Signed distances.
    distances: Vec<f64>,
    /// Nodes of a panel.
    points: usize,
    sites: Vec<Site>,
    /// For each (state, hidden): sites and their probabilities.
    rows: Vec<Vec<(usize, f64)>>,
}

impl Pairs {
    fn new(unit: &ScalarNetwork) -> Result<Self, Undefined> {
        const MOST_NUMBERS: usize = 12_000_000;
        const COARSER: f64 = 0.6;
        let model = &unit.model;
        let width = unit.reach.hidden[1] - unit.reach.hidden[0];
        let points = (10.0 * (0.5 + 0.5 * unit.fineness)).ceil() as usize;
        let panels: Vec<Nodes> = (0..PANELS as i32).map(|j| Nodes::on([libm::scalbn(width, -j - 1), libm::scalbn(width, -j)], points)).collect();
        let mut distances: Vec<f64> = panels.iter().flat_map(|panel| panel.points.iter().copied()).collect();
        if model.recurrent < 0.0 {
            // Copies change their order at every step.
            distances.extend(distances.clone().iter().map(|distance| -distance));
        }
        // A coarser grid of the data where functions depend on them.
        let coarse;
        let kernel = if model.independent() {
            &unit.kernel
        } else {
            coarse = Kernel::new(model, &unit.reach, [COARSER * unit.fineness, 0.4 + 0.4 * unit.fineness])?;
            &coarse
        };
        let m = kernel.hidden.points.len();
        let (drives, rows) = if model.independent() { drives(kernel, unit.fineness) } else { driven(kernel) };
        if drives.len() * distances.len() * (points + 2) > MOST_NUMBERS {
            return Err(Undefined::because("the grid of pairs is too large: the noise of the unit is too small for its range"));
        }
        let site = |(state, drive): &(usize, f64)| {
            let mut site = Site { state: *state, hidden: vec![0.0; m], panels: Vec::new(), weights: Vec::new(), ratios: Vec::new() };
            kernel.hidden.weights_at(model.activation.value_and_slope(*drive).0, &mut site.hidden);
            let mut own = vec![0.0; points];
            for distance in &distances {
                let moved = model.activation.difference(*drive, model.recurrent * distance).0;
                let size = moved.abs();
                let panel = panels.iter().position(|panel| size >= panel.ends()[0]).unwrap_or(PANELS - 1);
                panels[panel].weights_at(size, &mut own);
                site.panels.push(panel * points + if moved < 0.0 && model.recurrent < 0.0 { PANELS * points } else { 0 });
                site.weights.extend_from_slice(&own);
                site.ratios.push(size / distance.abs());
            }
            site
        };
        let sites = drives.iter().map(site).collect();
        Ok(Pairs { hidden: m, distances, points, sites, rows })
    }

    /// The spectral radius of `T_q`.
    fn radius(&self, order: f64) -> Result<f64, Undefined> {
        let largest = self.sites.iter().flat_map(|site| &site.ratios).fold(0.0f64, |top, ratio| top.max(*ratio));
        let factors: Vec<Vec<f64>> =
            self.sites.iter().map(|site| site.ratios.iter().map(|ratio| libm::pow(ratio / largest, order)).collect()).collect();
        let start = vec![1.0; self.rows.len() * self.distances.len()];
        let radius = leading_modulus_within(|f| self.image(f, &factors), &start, ACCURACY).map_err(unsettled)?;
        Ok(radius * libm::pow(largest, order))
    }

    fn image(&self, f: &[f64], factors: &[Vec<f64>]) -> Vec<f64> {
        let n = self.distances.len();
        let mut carried = vec![0.0; self.sites.len() * n];
        let mut own = vec![0.0; n];
        for ((site, factors), out) in self.sites.iter().zip(factors).zip(carried.chunks_exact_mut(n)) {
            own.fill(0.0);
            let at = site.state * self.hidden * n;
            for (weight, row) in site.hidden.iter().zip(f[at..at + self.hidden * n].chunks_exact(n)) {
                add_scaled(*weight, row, &mut own);
            }
            for (((slot, first), weights), factor) in out.iter_mut().zip(&site.panels).zip(site.weights.chunks_exact(self.points)).zip(factors) {
                *slot = factor * weights.iter().zip(&own[*first..]).map(|(weight, value)| weight * value).sum::<f64>();
            }
        }
        let mut image = vec![0.0; f.len()];
        for (row, out) in self.rows.iter().zip(image.chunks_exact_mut(n)) {
            for (site, weight) in row {
                add_scaled(*weight, &carried[site * n..][..n], out);
            }
        }
        image
    }
}

type Rows = Vec<Vec<(usize, f64)>>;

/// Independent data: the drives of the first copy on a uniform grid, and their probabilities from
/// each hidden state.
fn drives(kernel: &Kernel, fineness: f64) -> (Vec<(usize, f64)>, Rows) {
    const TAIL: f64 = 9.0;
    let model = &kernel.model;
    let deviation = model.input.abs() * model.innovation;
    let means: Vec<f64> = kernel.hidden.points.iter().map(|s| model.drive(*s, 0.0)).collect();
    let (low, high) = means.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)));
    let (low, high) = (low - TAIL * deviation, high + TAIL * deviation);
    let cells = ((high - low) / (deviation / 3.0).min(0.15) * fineness).ceil();
    let drives: Vec<f64> = (0..=cells as usize).map(|i| low + (high - low) * i as f64 / cells).collect();
    let row = |mean: &f64| {
        let near = drives.iter().enumerate().filter(|(_, v)| (**v - mean).abs() <= TAIL * deviation);
        let masses: Vec<(usize, f64)> = near.map(|(i, v)| (i, libm::exp(-0.5 * ((v - mean) / deviation) * ((v - mean) / deviation)))).collect();
        let total: f64 = masses.iter().map(|(_, mass)| mass).sum();
        masses.into_iter().map(|(i, mass)| (i, mass / total)).collect()
    };
    let rows = means.iter().map(row).collect();
    (drives.into_iter().map(|v| (0, v)).collect(), rows)
}

/// AR(1) data: the drives of the first copy at each next input and hidden state.
fn driven(kernel: &Kernel) -> (Vec<(usize, f64)>, Rows) {
    let m = kernel.hidden.points.len();
    let drive = |i: usize, s: &f64| (i, kernel.model.drive(*s, kernel.data[i]));
    let drives = (0..kernel.data.len()).flat_map(|i| kernel.hidden.points.iter().map(move |s| drive(i, s))).collect();
    let rows = kernel.rows.iter().flat_map(|(first, weights)| {
        (0..m).map(move |l| weights.iter().enumerate().map(|(place, weight)| ((first + place) * m + l, *weight)).collect())
    });
    (drives, rows.collect())
}

/// A bound of the logarithm of the mean square's growth that derivatives of two copies share with
/// their distance, from three exponents: of [`ScalarNetwork::derivative_rate`] at p = 2 without its
/// quadrature.
///
/// ```text
/// min over 2 ≤ s ≤ 4 of max( A(s − 2), Λ(s) )
/// ```
///
/// `exponents` are upper limits of `Λ(1)`, `Λ(2)` and `Λ(4)`, per step, where Λ(q) is the growth of
/// `E |Π|^q`. Chords through them stand for Λ, and for A, the exponent of distances, which does not
/// rise. Both lie above convex curves. −∞ belongs to products that vanish. Where one of the
/// exponents is NaN or +∞ there is no bound: +∞.
///
/// ```
/// use rtrl_lab::theory::shared_growth;
/// // Λ(q) = −q: nothing grows, and products alone decide at s = 2.
/// assert_eq!(shared_growth([-1.0, -2.0, -4.0]), -2.0);
/// // Λ rises to 1 at q = 4: chords −2 + 1.5 (s − 2) and −(s − 2) meet at s = 2.8.
/// assert!((shared_growth([-1.0, -2.0, 1.0]) + 0.8).abs() < 1e-2);
/// assert_eq!(shared_growth([f64::NAN, -2.0, 1.0]), f64::INFINITY);
/// ```
pub fn shared_growth([first, second, fourth]: [f64; 3]) -> f64 {
    const PLACES: i32 = 400;
    if [first, second, fourth].iter().any(|exponent| exponent.is_nan() || *exponent == f64::INFINITY) {
        return f64::INFINITY;
    }
    let distance = |q: f64| if q <= 1.0 { q * first } else { first + (q - 1.0) * (second - first).min(0.0) };
    let products = |s: f64| second + (s - 2.0) / 2.0 * (fourth - second);
    let at = |q: f64| distance(q).max(products(q + 2.0));
    (0..=PLACES).map(|k| at(2.0 * f64::from(k) / f64::from(PLACES))).fold(f64::INFINITY, f64::min)
}
