//! Moments of products of Jacobians, `E‖A_t ⋯ A_1 δ‖^q`: the part of the derivatives that their
//! start has left.

use crate::chain::{TangentChain, TangentPopulation};
use crate::claims::judging::decay_rate;
use crate::claims::measuring::names;
use crate::claims::{Case, Footprint, Part, Record, Work};
use crate::ergodicity::{DecayCurve, GeometricFit, Shape, WindowRule, moment_exponent, vanishes};
use crate::markov::{Coupled, Kernel};
use crate::random::{Noise, RngKey, stream};
use crate::stats::{Bootstrap, Estimate, Undefined};

/// Most steps followed.
const STEPS: usize = 200;
/// Populations of each size and order.
const POPULATIONS: usize = 16;
/// Populations of each size that a unit carries.
const TOGETHER: usize = 4;
/// The larger size over the smaller one: two sizes tell what a population's size does to its
/// moment.
const SIZES: usize = 4;
/// Tangents of a larger population for each chain of the claim.
const FACTOR: usize = 4;
/// Fewest and most tangents of a larger population.
const RANGE: [usize; 2] = [32, 1024];
/// Hidden size up to which a step costs about the same; beyond it, it grows like the square.
const CHEAP: usize = 16;
/// Single paths on a recorded series, for each chain of the claim.
const PATHS: usize = 8;

/// Which moments are followed, and by how many tangents; one part of a claim.
///
/// ```text
/// let products = || Products::new(case, &[1.0, 2.0], budget.chains, budget.steps);
/// work:  products().work(PART, case, address_of_part)
/// judge: products().rates(case, records.part(PART), key) -> r_q by order, each with its interval
/// ```
#[derive(Clone, Debug)]
pub(in crate::claims) struct Products {
    orders: Vec<f64>,
    size: usize,
    steps: usize,
    paths: Option<usize>,
}

impl Products {
    /// The moments of the given orders, each above 0, with a budget of `chains` chains of the
    /// claim.
    ///
    /// 16 populations of each order have 4 tangents a chain each, and 16 have a quarter of that;
    /// fewer where a step is dear (more than 16 hidden units). A cell that is certified to contract
    /// has no rate of 1 or more, and populations of half the size show what it has. A recorded
    /// series cannot be drawn anew: 8 single paths a chain are followed, and orders are powers of
    /// 2.
    pub(crate) fn new(case: &Case, orders: &[f64], chains: usize, steps: usize) -> Self {
        let dear = (case.network.cell.state_len() as f64 / CHEAP as f64).max(1.0);
        let wanted = (FACTOR * chains) as f64 / (dear * dear);
        let wanted = if case.certificate.cell.rate < 1.0 { (2.0 * chains as f64).min(wanted) } else { wanted };
        let paths = case.data.is_recorded().then_some(PATHS * chains);
        let whole = |order: &f64| [1.0, 2.0, 4.0, 8.0].contains(order);
        let orders = orders.iter().copied().filter(|order| paths.is_none() || whole(order)).collect();
        Products { orders, size: (wanted as usize).clamp(RANGE[0], RANGE[1]), steps: steps.min(STEPS), paths }
    }

    /// The orders, which are those asked for but on a recorded series.
    pub(crate) fn orders(&self) -> &[f64] {
        &self.orders
    }

    fn units_an_order(&self) -> usize {
        self.paths.map_or(POPULATIONS / TOGETHER, |paths| paths.div_ceil(self.size))
    }

    /// The units of all orders, order after order, as the part `part` of a claim.
    pub(crate) fn work<'c>(self, part: &'static str, case: &'c Case, key: RngKey) -> Work<'c> {
        let (count, footprint) = (self.orders.len() * self.units_an_order(), self.footprint(case));
        Work::new(part, count, footprint, move |index| self.run(case, key, index))
    }

    /// What a unit holds at once.
    pub(crate) fn footprint(&self, case: &Case) -> Footprint {
        let chain = TangentChain::new(&*case.data, &*case.network.cell);
        let rows = if self.paths.is_some() { self.size } else { 2 * TOGETHER };
        Footprint {
            working: self.size.saturating_mul(3 * chain.state_len() + chain.innovation_len() + 2) + chain.work_len(),
            recorded: rows * (self.steps + 1),
        }
    }

    /// One unit: logarithms of the moment over time, a row a population.
    pub(crate) fn run(&self, case: &Case, key: RngKey, index: usize) -> Record {
        let (order, index) = (self.orders[index / self.units_an_order()], index % self.units_an_order());
        let key = key.within(&format!("{order}"));
        let followed = |name: &str, groups: Vec<Vec<usize>>, of: usize| {
            let rows = groups.into_iter().flat_map(|group| self.follow(case, order, key.within(name), (&group, of)));
            rows.collect::<Vec<f64>>()
        };
        if let Some(paths) = self.paths {
            let own = index * self.size..((index + 1) * self.size).min(paths);
            let rows = followed("path", own.map(|path| vec![path]).collect(), paths);
            return Record::default().with(names::LOGARITHM, self.steps + 1, rows);
        }
        let groups = |size: usize| -> Vec<Vec<usize>> {
            (index * TOGETHER..(index + 1) * TOGETHER).map(|which| (which * size..(which + 1) * size).collect()).collect()
        };
        [(names::LOGARITHM, self.size), (names::LOGARITHM_SMALL, self.size / SIZES)].into_iter().fold(Record::default(), |record, (name, size)| {
            let rows = followed(name.as_str(), groups(size), POPULATIONS * size);
            record.with(name, self.steps + 1, rows)
        })
    }

    /// Follows one population, which consists of the replicates of `group` among `of`.
    fn follow(&self, case: &Case, order: f64, key: RngKey, (group, of): (&[usize], usize)) -> Vec<f64> {
        let chain = TangentChain::new(&*case.data, &*case.network.cell);
        let start = |replicate: &usize| {
            let data = case.data_start(*replicate, of, key, stream::OTHER_START);
            let hidden = case.hidden_start(*replicate, key, stream::OTHER_START);
            let direction = Noise::at(key.within("tangent").replicate(*replicate).stream(stream::DIRECTION)).normal_vector(hidden.len());
            chain.state(&data, &hidden, &direction)
        };
        let starts: Vec<Vec<f64>> = group.iter().map(start).collect();
        let at = key.replicate(group[0]);
        let noises = (Noise::at(at.stream(stream::INNOVATION)), Noise::at(at.stream(stream::CHOICE)));
        let mut population = TangentPopulation::new(&chain, order, &starts, noises);
        let mut logarithms = vec![population.logarithm()];
        for _ in 0..self.steps {
            // What has vanished stays so, and what has left the finite numbers does not come back.
            if logarithms[logarithms.len() - 1].is_finite() {
                population.step();
            }
            logarithms.push(population.logarithm());
        }
        logarithms
    }

    /// The exponent `Λ(q)` of every order, with an interval at the case's level; −∞ where products
    /// vanish for good.
    pub(crate) fn exponents(&self, case: &Case, part: &Part, key: RngKey) -> Vec<Result<Estimate, Undefined>> {
        let each = self.units_an_order();
        let own = |which: usize| Part(part.0.iter().skip(which * each).take(each).cloned().collect());
        let scaled = |order: f64, rate: Estimate| rate.map_monotone(|rate| order * libm::log(rate));
        let exponent = |(which, order): (usize, &f64)| {
            let part = own(which);
            if self.paths.is_some() {
                return path_rate(case, &part, *order, key.within(&format!("{order}"))).map(|rate| scaled(*order, rate));
            }
            let (large, small) = (part.stacked(names::LOGARITHM)?, part.stacked(names::LOGARITHM_SMALL)?);
            // A product of N Jacobians of a cell without cycles is 0.
            if vanishes(&large, case.network.cell.state_len().min(self.steps)) {
                return Ok(Estimate::exact(f64::NEG_INFINITY));
            }
            let exponent = moment_exponent(&large, &small, SIZES as f64, case.level)?;
            // No rate exceeds the certified one, which may itself exceed 1.
            let most = order * libm::log(case.certificate.cell.rate);
            Ok(Estimate { upper: exponent.upper.min(most).max(exponent.value), ..exponent })
        };
        self.orders.iter().enumerate().map(exponent).collect()
    }

    /// The rate `r_q = e^{Λ(q)/q}` by which `(E‖A_t ⋯ A_1 δ‖^q)^{1/q}` shrinks or grows a step, for
    /// every order.
    pub(crate) fn rates(&self, case: &Case, part: &Part, key: RngKey) -> Vec<Result<Estimate, Undefined>> {
        let exponents = self.exponents(case, part, key).into_iter();
        exponents.zip(&self.orders).map(|(exponent, order)| exponent.map(|exponent| rate_of(*order, exponent))).collect()
    }
}

/// `e^{Λ/q}`.
pub(in crate::claims) fn rate_of(order: f64, exponent: Estimate) -> Estimate {
    if exponent.value == f64::NEG_INFINITY { Estimate::exact(0.0) } else { exponent.map_monotone(|l| libm::exp(l / order)) }
}

/// The rate on a recorded series: of the plain mean over paths, for as long as it rests on many of
/// them.
fn path_rate(case: &Case, part: &Part, order: f64, key: RngKey) -> Result<Estimate, Undefined> {
    let distances = part.stacked(names::LOGARITHM)?.mapv(|l| libm::exp(l / order));
    let curve = DecayCurve::new(Coupled::declare(distances), order as u32, 1.0, true);
    let bootstrap = Bootstrap { resamples: decay_rate::RESAMPLES, key: key.stream(stream::RESAMPLING) };
    GeometricFit::of(&curve, Shape::Driven(case.network.cell.state_len()), &WindowRule::default(), case.level, &bootstrap).map(|fit| fit.rate)
}
