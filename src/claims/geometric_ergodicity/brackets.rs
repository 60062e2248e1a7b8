//! The brackets of every block at every time, from records.

use super::super::looks::Looks;
use super::super::{Case, Part, rates};
use super::starts::gaussian_start;
use crate::ergodicity::{Bracket, BracketInput};
use crate::markov::{Block, Coupled};
use crate::stats::Undefined;
use crate::theory::LinearGaussian;
use ndarray::{Array2, s};
use rayon::prelude::*;
use std::collections::BTreeMap;

pub(super) type Brackets = BTreeMap<Block, Vec<Bracket>>;

/// The brackets of every block at every time; all of them hold together with the case's level.
pub(super) fn brackets(case: &Case, claim: &str, part: &Part) -> Result<Brackets, Undefined> {
    let budget = case.budget(claim);
    let looks = Looks::new(case, claim);
    let compared = looks.compared();
    let curves: Result<Vec<_>, Undefined> = Block::ALL.into_iter().map(|block| rates::curve(case, part, block.name())).collect();
    let curves = curves?;
    let (first, second, differences) = (part.stacked("image_first")?, part.stacked("image_second")?, part.stacked("mean_difference")?);
    let jobs: Vec<(usize, Block, usize, usize)> = Block::ALL
        .into_iter()
        .enumerate()
        .filter(|(_, block)| !(case.data.is_recorded() && *block == Block::Data))
        .flat_map(|(index, block)| budget.times.iter().enumerate().map(move |(look, time)| (index, block, look, *time)))
        .collect();
    let level = 1.0 - (1.0 - case.level) / jobs.len().max(1) as f64;
    let made: Result<Vec<(Block, Bracket)>, Undefined> = jobs
        .into_par_iter()
        .map(|(index, block, look, time)| {
            let columns = looks.range(block);
            let cut =
                |images: &Array2<f64>| images.slice(s![.., look * looks.width() + columns.start..look * looks.width() + columns.end]).to_owned();
            let range = compared.range(block);
            let own = look * compared.len();
            let batch_differences: Vec<Vec<f64>> =
                differences.rows().into_iter().map(|row| row.slice(s![own + range.start..own + range.end]).to_vec()).collect();
            let images = Coupled::declare((cut(&first), cut(&second)));
            let input = BracketInput { curve: &curves[index], time, images: &images, batch_differences: &batch_differences };
            Ok((block, Bracket::of(&input, level)?))
        })
        .collect();
    let mut brackets = Brackets::new();
    for (block, bracket) in made? {
        brackets.entry(block).or_default().push(bracket);
    }
    Ok(brackets)
}

/// Exact distances by block and time, in the linear Gaussian case.
pub(super) fn exact_distances(case: &Case, times: &[usize]) -> Option<Vec<[f64; 4]>> {
    let oracle = LinearGaussian::new(case.linear.clone()?).ok()?;
    oracle.distances(&gaussian_start(case), times).ok()
}
