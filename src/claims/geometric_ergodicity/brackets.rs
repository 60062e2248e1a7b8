//! The brackets of every block at every time, from records.

use super::bounds::{Kind, Pairs, kind_of, residual_looks};
use super::claim::{PAIRS, POPULATIONS};
use super::moments::Moments;
use super::starts::gaussian_start;
use crate::claims::geometric_ergodicity::names;
use crate::claims::judging::decay_rate;
use crate::claims::measuring::joint_chain_kind::Derivatives;
use crate::claims::measuring::projections::Projections;
use crate::claims::{Budget, Case, Part, Records};
use crate::ergodicity::{Bracket, BracketInput, DecayCurve, Levels, Replicas, lagged_limit, moment_limit, residual_limit};
use crate::markov::{Block, Coupled};
use crate::stats::{Estimate, Undefined};
use crate::theory::LinearGaussian;
use ndarray::{Array2, s};
use rayon::prelude::*;
use std::collections::BTreeMap;

pub(super) type Brackets = BTreeMap<Block, Vec<Bracket>>;

/// What the brackets of a case are read from.
struct Sources<'a> {
    case: &'a Case,
    budget: &'a Budget,
    records: &'a Records,
    moments: &'a Moments,
    /// Distances of plain pairs, by block.
    pairs: Vec<DecayCurve>,
    /// Root mean square distances of the populations for the rates, by block.
    populations: Vec<DecayCurve>,
    levels: Levels,
    /// Upper limits of the measured rates below 1, by block.
    rates: [Option<f64>; 4],
}

/// The brackets of every block at every time; all of them hold together with the case's level.
pub(super) fn brackets(case: &Case, claim: &str, records: &Records, moments: &Moments, rates: [Option<f64>; 4]) -> Result<Brackets, Undefined> {
    let budget = case.budget(claim);
    let looks = Projections::new(case, claim);
    let compared = looks.compared();
    let part = records.part(PAIRS);
    let curves =
        |part: &Part| -> Result<Vec<_>, Undefined> { Block::ALL.into_iter().map(|block| decay_rate::curve(case, part, block.name())).collect() };
    let (first, second, differences) = (part.stacked(names::IMAGE_FIRST)?, part.stacked(names::IMAGE_SECOND)?, part.stacked(names::MEAN_DIFFERENCE)?);
    let jobs: Vec<(usize, Block, usize)> = Block::ALL
        .into_iter()
        .enumerate()
        .filter(|(_, block)| !(case.data.is_recorded() && *block == Block::Data))
        .flat_map(|(index, block)| (0..budget.times.len()).map(move |look| (index, block, look)))
        .collect();
    let levels = Levels { whole: 1.0 - (1.0 - case.level) / jobs.len().max(1) as f64 };
    let (pairs, populations) = (curves(part)?, curves(records.part(POPULATIONS))?);
    let sources = Sources { case, budget, records, moments, pairs, populations, levels, rates };
    let made: Result<Vec<(Block, Bracket)>, Undefined> = jobs
        .into_par_iter()
        .map(|(index, block, look)| {
            let columns = looks.range(block);
            let cut =
                |images: &Array2<f64>| images.slice(s![.., look * looks.width() + columns.start..look * looks.width() + columns.end]).to_owned();
            let range = compared.range(block);
            let own = look * compared.len();
            let batch_differences: Vec<Vec<f64>> =
                differences.rows().into_iter().map(|row| row.slice(s![own + range.start..own + range.end]).to_vec()).collect();
            let images = Coupled::declare((cut(&first), cut(&second)));
            let input = BracketInput {
                time: budget.times[look],
                coupling: [1, 2].map(|order| sources.coupling(block, order, look)),
                residual: [1, 2].map(|order| sources.residual(block, order, budget.times[look])),
                magnitude: sources.pairs[index].magnitude(),
                images: &images,
                batch_differences: &batch_differences,
            };
            Ok((block, Bracket::of(input, levels)?))
        })
        .collect();
    let mut brackets = Brackets::new();
    for (block, bracket) in made? {
        brackets.entry(block).or_default().push(bracket);
    }
    Ok(brackets)
}

impl Sources<'_> {
    /// The coupling bound of an order: of the populations that follow it; on a record, of the plain
    /// pairs.
    fn coupling(&self, block: Block, order: u32, look: usize) -> Result<Estimate, Undefined> {
        let (time, level) = (self.budget.times[look], self.levels.coupling());
        if self.case.data.is_recorded() {
            let column = |index: usize| self.pairs[index].distances().column(time).to_vec();
            let rows = if block == Block::Joint && order == 1 { sum([column(1), column(2)]) } else { column(index_of(block)) };
            return moment_limit(&rows, order, Replicas::Pairs, level);
        }
        if self.sketched(block, order)? {
            let curve = &self.populations[index_of(block)];
            return match curve.distances().ncols() > time {
                true => moment_limit(&curve.distances().column(time).to_vec(), order, Replicas::Populations, level),
                false => Err(Undefined::because(format!("the populations end before t = {time}; allow as many steps"))),
            };
        }
        if self.heavy(block, order) {
            let kind = self.kind(block, order, Pairs::Lagged)?;
            let (rows, times) = (self.rows(block, order, kind)?, kind.looks(self.budget));
            return lagged_limit(&rows, &times, (order, kind.lag(self.budget)), time, level);
        }
        let rows = self.rows(block, order, self.kind(block, order, Pairs::Stationary)?)?;
        moment_limit(&rows.column(look).to_vec(), order, Replicas::Populations, level)
    }

    /// Upper limit of what the second copy lacks of being stationary at a time; 0 where no copy
    /// stands for the stationary law: on a record, whose copies are only held against each other,
    /// and where lags are summed.
    fn residual(&self, block: Block, order: u32, time: usize) -> Result<f64, Undefined> {
        if self.case.data.is_recorded() {
            return Ok(0.0);
        }
        let (times, level) = (residual_looks(self.budget), self.levels.residual());
        let (rows, lag): (Vec<Vec<f64>>, usize) = if self.sketched(block, order)? {
            let distances = self.populations[index_of(block)].distances();
            (times.iter().filter(|time| **time < distances.ncols()).map(|time| distances.column(*time).to_vec()).collect(), self.budget.burn_in)
        } else if self.heavy(block, order) {
            return Ok(0.0);
        } else {
            let kind = self.kind(block, order, Pairs::Residual)?;
            let rows = self.rows(block, order, kind)?;
            ((0..rows.ncols()).map(|column| rows.column(column).to_vec()).collect(), kind.lag(self.budget))
        };
        let looks: Vec<(usize, Estimate)> = times
            .into_iter()
            .zip(rows)
            .filter_map(|(time, rows)| Some((time, moment_limit(&rows, order, Replicas::Populations, level).ok()?)))
            .collect();
        residual_limit(&looks, lag, self.budget.burn_in + time, self.pairs[index_of(block)].floor(), self.rates[index_of(block)])
    }

    /// The rows of a block's populations for the moment of an order, a column a look. Of order 1,
    /// the joint block has the product metric `|ΔD| + |ΔS| + ‖ΔV‖`.
    fn rows(&self, block: Block, order: u32, kind: &Kind) -> Result<Array2<f64>, Undefined> {
        let part = self.records.part(kind.part);
        if (block, order) == (Block::Joint, 1) {
            let [data, hidden, derivative] =
                [Block::Data, Block::Hidden, Block::Derivative].map(|block| part.stacked(names::of_moment(order, block)));
            return Ok(data? + hidden? + derivative?);
        }
        part.stacked(names::of_moment(order, block))
    }

    /// The populations that follow the moment of an order.
    fn kind(&self, block: Block, order: u32, pairs: Pairs) -> Result<&'static Kind, Undefined> {
        kind_of(self.case, block, order, pairs).ok_or_else(|| Undefined::because("no populations follow this moment"))
    }

    /// Whether a block's distance is seen through a sketch alone, once the moment that it needs is
    /// finite.
    fn sketched(&self, block: Block, order: u32) -> Result<bool, Undefined> {
        if !has_derivatives(block) {
            return Ok(false);
        }
        self.moments.finite(order)?;
        match (self.case.derivatives == Derivatives::Exact, order) {
            (true, _) => Ok(false),
            (_, 2) => Ok(true),
            _ => Err(Undefined::because("sketched derivatives keep mean squares alone; W₁ is at most W₂ in the derivative block")),
        }
    }

    /// Whether stationary copies of a block have too heavy tails for an interval of the moment.
    fn heavy(&self, block: Block, order: u32) -> bool {
        has_derivatives(block) && !self.moments.light(order)
    }
}

fn has_derivatives(block: Block) -> bool {
    matches!(block, Block::Derivative | Block::Joint)
}

fn index_of(block: Block) -> usize {
    Block::ALL.iter().position(|own| *own == block).unwrap_or(0)
}

fn sum([a, b]: [Vec<f64>; 2]) -> Vec<f64> {
    a.iter().zip(&b).map(|(a, b)| a + b).collect()
}

/// Exact distances by block and time, in the linear Gaussian case.
pub(super) fn exact_distances(case: &Case, times: &[usize]) -> Option<Vec<[f64; 4]>> {
    let oracle = LinearGaussian::new(case.linear.clone()?).ok()?;
    oracle.distances(&gaussian_start(case), times).ok()
}
