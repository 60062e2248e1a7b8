//! The joint chain of a case, with its derivatives whole or along a few random directions.

use crate::chain::{JointChain, Sketch, SketchedChain};
use crate::claims::Case;
use crate::markov::{BatchSlot, Blocks, FarPair, Kernel};
use crate::random::{Noise, RngKey};
use std::ops::Range;

/// How the joint chain of a case carries its derivatives.
///
/// ```
/// use rtrl_lab::claims::Derivatives;
/// let sketched = Derivatives::Sketched { columns: 8, automatic: true };
/// assert_eq!(serde_json::to_value(sketched).unwrap()["sketched"]["columns"], 8);
/// assert_eq!(serde_json::to_value(Derivatives::Exact).unwrap(), "exact");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Derivatives {
    /// All of them.
    Exact,
    /// Along so many random directions.
    Sketched {
        /// The directions.
        columns: usize,
        /// Whether the study left the choice to the program.
        automatic: bool,
    },
}

/// The joint chain of a case for some of its replicates.
pub(in crate::claims) enum JointChainKind<'a> {
    Exact(JointChain<'a>),
    Sketched(SketchedChain<'a>, Range<usize>),
}

impl<'a> JointChainKind<'a> {
    /// The chain for the given replicates of the part at `key`; each has a sketch of its own.
    /// `probes`: whether the sums over parameter blocks are carried too.
    pub(crate) fn of(case: &'a Case, key: RngKey, replicates: Range<usize>, probes: bool) -> Self {
        let (data, cell) = (&*case.data, &*case.network.cell);
        if let Derivatives::Sketched { columns, .. } = case.derivatives {
            let sketches: Vec<Sketch> = replicates.clone().map(|replicate| Sketch::draw(cell, columns, key.replicate(replicate))).collect();
            if let Some(chain) = SketchedChain::new(data, cell, &sketches, probes) {
                return JointChainKind::Sketched(chain, replicates);
            }
        }
        JointChainKind::Exact(JointChain::new(data, cell))
    }

    /// Lengths of the blocks.
    pub(crate) fn blocks(&self) -> Blocks {
        match self {
            JointChainKind::Exact(chain) => chain.blocks(),
            JointChainKind::Sketched(chain, _) => chain.blocks(),
        }
    }

    /// A state of a replicate from its data and hidden parts, with zero derivatives.
    pub(crate) fn state(&self, data: &[f64], hidden: &[f64], replicate: usize) -> Vec<f64> {
        match self {
            JointChainKind::Exact(chain) => chain.state(data, hidden),
            JointChainKind::Sketched(chain, replicates) => chain.state(data, hidden, replicate - replicates.start),
        }
    }

    /// Replicates that are best stepped together: a sketch's share one product, whole derivatives
    /// would only take the memory of all at once.
    pub(crate) fn together(&self) -> usize {
        match self {
            JointChainKind::Exact(_) => 1,
            JointChainKind::Sketched(_, replicates) => replicates.len().max(1),
        }
    }

    /// The size that an entry of the carried derivatives has where every entry of `V` is an
    /// independent normal number of variance 1.
    pub(crate) fn size_along(&self, case: &Case) -> f64 {
        match case.derivatives {
            Derivatives::Sketched { columns, .. } if matches!(self, JointChainKind::Sketched(..)) => {
                (case.network.recurrent_len() as f64 / columns as f64).sqrt()
            }
            _ => 1.0,
        }
    }

    fn kernel(&self) -> &dyn Kernel {
        match self {
            JointChainKind::Exact(chain) => chain,
            JointChainKind::Sketched(chain, _) => chain,
        }
    }
}

impl Kernel for JointChainKind<'_> {
    fn state_len(&self) -> usize {
        self.kernel().state_len()
    }

    fn innovation_len(&self) -> usize {
        self.kernel().innovation_len()
    }

    fn work_len(&self) -> usize {
        self.kernel().work_len()
    }

    fn step(&self, now: &[f64], innovation: &[f64], next: &mut [f64], work: &mut [f64]) {
        self.kernel().step(now, innovation, next, work);
    }

    fn step_together(&self, lanes: &mut [BatchSlot<'_>]) {
        self.kernel().step_together(lanes);
    }

    fn advance_unseen(&self, state: &mut [f64], steps: usize, noise: &mut Noise) -> bool {
        self.kernel().advance_unseen(state, steps, noise)
    }

    fn advance_pairs_unseen(&self, pairs: &mut [FarPair<'_>], steps: usize) -> bool {
        self.kernel().advance_pairs_unseen(pairs, steps)
    }

    fn in_place(&self) -> usize {
        self.kernel().in_place()
    }

    fn keeps_differences(&self) -> bool {
        self.kernel().keeps_differences()
    }

    fn step_difference(&self, now: &[f64], difference: &[f64], innovation: &[f64], next: &[f64], next_difference: &mut [f64], work: &mut [f64]) {
        self.kernel().step_difference(now, difference, innovation, next, next_difference, work);
    }

    fn drawn(&self) -> Range<usize> {
        self.kernel().drawn()
    }

    fn redraw(&self, before: (&[f64], &[f64]), innovation: &[f64], next: &mut [f64], next_difference: &mut [f64], work: &mut [f64]) {
        self.kernel().redraw(before, innovation, next, next_difference, work);
    }
}
