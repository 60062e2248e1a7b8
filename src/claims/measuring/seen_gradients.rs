//! How gradients are seen: entry by entry, or along random directions where there are many.

use crate::claims::Case;
use crate::gradient::BlockDirections;
use crate::markov::norm;
use crate::random::{Noise, stream};
use crate::stats::{Estimate, Undefined, chi_square_quantile};
use std::ops::Range;

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

    /// What stands for gradients of a case.
    pub(in crate::claims) fn of(&self, case: &Case) -> Seen {
        if self.whole(case) {
            return Seen::Whole;
        }
        let key = case.key_of(self.claim, self.part).within("directions").stream(stream::DIRECTION);
        Seen::Along(BlockDirections::draw(&case.network, self.most, &mut Noise::at(key)))
    }

    /// Numbers that [`SeenBy::of`] holds.
    pub(in crate::claims) fn held(&self, case: &Case) -> usize {
        if self.whole(case) { 0 } else { BlockDirections::numbers(&case.network, self.most) }
    }

    /// Numbers that stand for a gradient.
    pub(in crate::claims) fn len(&self, case: &Case) -> usize {
        if self.whole(case) { case.network.len() } else { self.blocks(case).last().map_or(0, |last| last.end) }
    }

    /// Those of them that belong to the recurrent part, which stand first.
    pub(in crate::claims) fn recurrent(&self, case: &Case) -> usize {
        if self.whole(case) {
            return case.network.recurrent_len();
        }
        self.blocks(case)[..case.network.cell.layout().blocks().len()].last().map_or(0, |last| last.end)
    }

    fn blocks(&self, case: &Case) -> Vec<Range<usize>> {
        BlockDirections::blocks(&case.network, self.most)
    }

    /// What a point of the figure is.
    pub(in crate::claims) fn place(&self, case: &Case) -> &'static str {
        if self.whole(case) { "parameter" } else { "direction" }
    }

    /// What a reader must know of directions; empty for entries.
    pub(in crate::claims) fn note(&self, case: &Case) -> String {
        if self.whole(case) {
            return String::new();
        }
        format!(
            " The {} parameters are seen along {} random directions, at most {} in every block; intervals hold what that leaves open.",
            case.network.len(),
            self.len(case),
            self.most
        )
    }

    /// The factor, at least 1, by which the ratio of two lengths may be off at a level of
    /// confidence.
    ///
    /// Of a vector in one block the square along K directions is `χ²_K/K` of its own square, and of
    /// one in several blocks a mean of such.
    pub(in crate::claims) fn factor(&self, case: &Case, level: f64) -> f64 {
        if self.whole(case) {
            return 1.0;
        }
        // A tail for either end of each of the two.
        let (tail, k) = ((1.0 - level) / 4.0, self.most as f64);
        (chi_square_quantile(1.0 - tail, k) / chi_square_quantile(tail, k)).sqrt()
    }

    /// A ratio of two lengths at the case's level, its interval wide enough for what directions
    /// leave open: half of the error is left to the sampling, half to them.
    pub(in crate::claims) fn widened(&self, case: &Case, of: impl Fn(f64) -> Result<Estimate, Undefined>) -> Result<Estimate, Undefined> {
        if self.whole(case) {
            return of(case.level);
        }
        let half = 0.5 + 0.5 * case.level;
        let (factor, inside) = (self.factor(case, half), of(half)?);
        Ok(Estimate { lower: inside.lower / factor, upper: inside.upper * factor, level: case.level, ..inside })
    }

    /// The largest relative difference over stretches and parameter blocks.
    pub(in crate::claims) fn worst_block(&self, case: &Case, a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
        let (layout, ranges) = (case.network.layout(), self.blocks(case));
        let of_block = |vector: &[f64], index: usize| match self.whole(case) {
            true => layout.blocks()[index].values(vector),
            false => vector[ranges[index].clone()].to_vec(),
        };
        let mut worst = 0.0f64;
        for (a, b) in a.iter().zip(b) {
            for index in 0..ranges.len() {
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

/// What stands for a gradient.
pub(in crate::claims) enum Seen {
    /// Its entries.
    Whole,
    /// Its products with directions inside every block, the same for all rules and stretches.
    Along(BlockDirections),
}

impl Seen {
    /// What stands for one gradient.
    pub(in crate::claims) fn along(&self, gradient: Vec<f64>) -> Vec<f64> {
        match self {
            Seen::Whole => gradient,
            Seen::Along(directions) => directions.along(&gradient),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SeenBy;
    use crate::claims::Budget;
    use crate::claims::contract::violation::{Fixture, plain_learning};

    #[test]
    fn directions_of_the_recurrent_part_stand_first_and_few_parameters_are_seen_whole() {
        let of = |units: usize, few: usize| {
            let recurrent: Vec<f64> = (0..units).map(|unit| 0.85 - 0.05 * unit as f64).collect();
            let fixture = Fixture { phi: 0.7, recurrent: &recurrent, input_weight: 0.7, activation: "tanh", learning: plain_learning() };
            let case = fixture.build(3, "gradient_identity", Budget::default());
            let seen = SeenBy { claim: "gradient_identity", part: "ladder", few, most: 16 };
            (seen.recurrent(&case), seen.len(&case), seen.held(&case) > 0)
        };
        // Four blocks of sixteen directions and one number, of which three blocks are recurrent.
        assert_eq!(of(32, 1000), (48, 65, true));
        assert_eq!(of(32, 2000), (32 * 34, 32 * 35 + 1, false));
    }
}
