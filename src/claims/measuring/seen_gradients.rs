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
                let rule = case.learning.method.frozen(&case.network, &segment, &hidden, 60).gradient;
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
