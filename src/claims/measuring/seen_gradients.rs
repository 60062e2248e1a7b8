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
    use crate::claims::contract::violation::{Fixture, plain_learning};
    use crate::claims::{Budget, Case, Learning, Number, Outcome, Records, named};
    use crate::training::Method;

    /// Thirty-two units, more than a thousand parameters.
    fn case(claim: &str, method: Method, budget: Budget) -> Case {
        let learning = Learning { method, ..plain_learning() };
        let recurrent: Vec<f64> = (0..32).map(|unit| 0.85 - 0.05 * f64::from(unit)).collect();
        Fixture { phi: 0.7, recurrent: &recurrent, input_weight: 0.7, activation: "tanh", learning }.build(3, claim, budget)
    }

    #[test]
    fn a_wrong_rule_of_many_parameters_is_seen_along_directions_and_a_right_one_passes() {
        let claim = named("gradient_identity").unwrap();
        let budget = || Budget { chains: 16, steps: 400, burn_in: 60, margin: 0.01, ..Budget::default() };
        let mut ratios = Vec::new();
        for (method, expected) in [(Method::RTRL, Outcome::Supported), (Method::rolling(1), Outcome::Contradicted)] {
            let case = case(claim.id(), method, budget());
            let parts = claim.work(&case).into_iter().map(|work| (work.part.to_string(), work.records())).collect();
            let finding = claim.finding(&case, &Records(parts));
            assert_eq!(finding.outcome(), expected, "{method}: {}", finding.reason);
            let directions = finding.numbers.get("directions").cloned();
            assert!(matches!(directions, Some(Number::Exact(count)) if count == 65.0), "four blocks of 16 and one number: {directions:?}");
            let seen = super::SeenBy { claim: "gradient_identity", part: "ladder", few: 1000, most: 16 };
            assert_eq!((seen.recurrent(&case), seen.len(&case)), (48, 65), "the readout's directions stand last");
            ratios.push(finding.estimate.unwrap());
        }
        // The whole bias of the wrong rule lies in the interval: it is that of every entry.
        let whole = {
            let case = case(claim.id(), Method::rolling(1), budget());
            let norm = crate::training::GradientNorm { steps: 100, burn_in: 60, spread: 0.0, replicates: 16 };
            let key = case.key_of(claim.id(), "ladder");
            let (mut bias, mut truth) = (vec![0.0; case.network.recurrent_len()], vec![0.0; case.network.recurrent_len()]);
            for index in 0..16 {
                let (segment, hidden) = norm.segment(&*case.data, 32, key, index);
                let full = crate::gradient::bptt(&case.network, &segment, &hidden, 60).gradient;
                let rule = case.learning.method.frozen(&case.network, &segment, &hidden, 60, crate::random::Noise::at(key)).gradient;
                for (place, (bias, truth)) in bias.iter_mut().zip(&mut truth).enumerate() {
                    *bias += rule[place] - full[place];
                    *truth += full[place];
                }
            }
            crate::markov::norm(&bias) / crate::markov::norm(&truth)
        };
        assert!(ratios[1].lower < whole && whole < ratios[1].upper, "{whole} outside of {:?}", ratios[1]);
    }
}
