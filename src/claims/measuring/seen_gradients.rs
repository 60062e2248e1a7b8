//! How gradients are seen: entry by entry, or along random directions where there are many.

use crate::claims::Case;
use crate::gradient::BlockDirections;
use crate::markov::norm;
use crate::network::Network;
use crate::random::{Noise, stream};
use crate::stats::{Estimate, Undefined, chi_square_quantile};

/// When a part of a claim sees gradients along directions, and along how many.
#[derive(Clone, Copy)]
pub(in crate::claims) struct SeenBy {
    pub claim: &'static str,
    pub part: &'static str,
    /// Parameters up to which every one is seen by itself.
    pub few: usize,
    /// Directions of every parameter block.
    pub most: usize,
}

impl SeenBy {
    /// Whether the gradients of a case are seen whole.
    pub(in crate::claims) fn whole(&self, case: &Case) -> bool {
        case.network.len() <= self.few
    }

    /// Numbers that the directions of a case hold, and numbers that stand for a gradient.
    pub(in crate::claims) fn numbers(&self, case: &Case) -> [usize; 2] {
        if self.whole(case) {
            return [0, case.network.len()];
        }
        [BlockDirections::numbers(&case.network, self.most), self.most * case.network.layout().blocks().len()]
    }

    /// What stands for gradients of a case.
    pub(in crate::claims) fn of(self, case: &Case) -> Seen {
        if self.whole(case) {
            return Seen::Whole;
        }
        let key = case.key_of(self.claim, self.part).within("directions").stream(stream::DIRECTION);
        Seen::Along(BlockDirections::draw(&case.network, self.most, &mut Noise::at(key)), self.most)
    }
}

/// What stands for a gradient.
pub(in crate::claims) enum Seen {
    /// Its entries.
    Whole,
    /// Its products with directions inside every block, the same for all rules and stretches, and
    /// the most of a block.
    Along(BlockDirections, usize),
}

impl Seen {
    /// What stands for one gradient.
    pub(in crate::claims) fn along(&self, gradient: Vec<f64>) -> Vec<f64> {
        match self {
            Seen::Whole => gradient,
            Seen::Along(directions, _) => directions.along(&gradient),
        }
    }

    /// Numbers that stand for a gradient.
    pub(in crate::claims) fn len(&self, case: &Case) -> usize {
        match self {
            Seen::Whole => case.network.len(),
            Seen::Along(directions, _) => directions.blocks().last().map_or(0, |last| last.end),
        }
    }

    /// Those of them that belong to the recurrent part, which stand first.
    pub(in crate::claims) fn recurrent(&self, case: &Case) -> usize {
        match self {
            Seen::Whole => case.network.recurrent_len(),
            Seen::Along(directions, _) => directions.before(case.network.recurrent_len()),
        }
    }

    /// What a point of the figure is.
    pub(in crate::claims) fn place(&self) -> &'static str {
        match self {
            Seen::Whole => "parameter",
            Seen::Along(..) => "direction",
        }
    }

    /// What a reader must know of directions; empty for entries.
    pub(in crate::claims) fn note(&self, case: &Case) -> String {
        match self {
            Seen::Whole => String::new(),
            Seen::Along(_, most) => format!(
                " The {} parameters are seen along {} random directions, at most {most} in every block; intervals hold what that leaves open.",
                case.network.len(),
                self.len(case)
            ),
        }
    }

    /// The factor, at least 1, by which the ratio of two lengths may be off at a level of
    /// confidence.
    ///
    /// Of a vector in one block the square along K directions is `χ²_K/K` of its own square, and of
    /// one in several blocks a mean of such.
    pub(in crate::claims) fn factor(&self, level: f64) -> f64 {
        let Seen::Along(_, most) = self else { return 1.0 };
        // A tail for either end of each of the two.
        let (tail, k) = ((1.0 - level) / 4.0, *most as f64);
        (chi_square_quantile(1.0 - tail, k) / chi_square_quantile(tail, k)).sqrt()
    }

    /// A ratio of two lengths at a level, its interval wide enough for what directions leave open:
    /// half of the error is left to the sampling, half to them.
    pub(in crate::claims) fn widened(&self, of: impl Fn(f64) -> Result<Estimate, Undefined>, level: f64) -> Result<Estimate, Undefined> {
        if let Seen::Whole = self {
            return of(level);
        }
        let half = 0.5 + 0.5 * level;
        let (factor, inside) = (self.factor(half), of(half)?);
        Ok(Estimate { lower: inside.lower / factor, upper: inside.upper * factor, level, ..inside })
    }

    /// The largest relative difference over stretches and parameter blocks.
    pub(in crate::claims) fn worst_block(&self, network: &Network, a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
        let of_block = |vector: &[f64], index: usize| match self {
            Seen::Whole => network.layout().blocks()[index].values(vector),
            Seen::Along(directions, _) => vector[directions.blocks()[index].clone()].to_vec(),
        };
        let mut worst = 0.0f64;
        for (a, b) in a.iter().zip(b) {
            for index in 0..network.layout().blocks().len() {
                let (a, b) = (of_block(a, index), of_block(b, index));
                let difference: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
                let size = norm(&b);
                if size > 0.0 {
                    worst = worst.max(norm(&difference) / size);
                }
            }
        }
        worst
    }
}
