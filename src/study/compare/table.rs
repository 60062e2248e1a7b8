//! What the records say: means over seeds, and differences to the first method seed by seed.

use super::{BesideBest, ComparePlan, OnHeldOut, Published, StableSteps, TrainingRecord};
use crate::stats::{Estimate, Sample, Undefined};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A mean, or a median, over seeds with its interval, and that of the differences to the first
/// method, seed by seed.
///
/// ```
/// use rtrl_lab::study::Paired;
/// let paired = Paired { mean: Some([4.0, 3.0, 5.0]), seeds: 3, ..Paired::default() };
/// assert_eq!(serde_json::to_value(&paired).unwrap()["seeds"], 3);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Paired {
    /// Mean or median and its interval over the seeds that have the number.
    pub mean: Option<[f64; 3]>,
    /// Standard deviation over them.
    pub deviation: Option<f64>,
    /// Seeds that have it.
    pub seeds: usize,
    /// Mean difference to the first method and interval, over the seeds that have both.
    pub difference: Option<[f64; 3]>,
}

impl Paired {
    /// From the numbers of a method and of the first one, seed by seed, at a level.
    pub(crate) fn of(own: &[Option<f64>], first: &[Option<f64>], level: f64) -> Paired {
        Self::by(own, first, |sample| sample.mean(level))
    }

    /// The same with medians in the place of means: for numbers of heavy tails.
    pub(crate) fn medians(own: &[Option<f64>], first: &[Option<f64>], level: f64) -> Paired {
        Self::by(own, first, |sample| sample.median(level))
    }

    fn by(own: &[Option<f64>], first: &[Option<f64>], middle: impl Fn(Sample<'_>) -> Result<Estimate, Undefined>) -> Paired {
        let finite = |value: &Option<f64>| value.filter(|value| value.is_finite());
        let values: Vec<f64> = own.iter().filter_map(finite).collect();
        let differences: Vec<f64> = own.iter().zip(first).filter_map(|(own, first)| Some(finite(own)? - finite(first)?)).collect();
        let ends = |estimate: Estimate| [estimate.value, estimate.lower, estimate.upper];
        let mean = |values: &[f64]| {
            let constant = values.windows(2).all(|pair| pair[0] == pair[1]);
            match values.first() {
                Some(first) if constant && values.len() > 1 => Some([*first; 3]),
                _ => Sample::new(values).and_then(&middle).ok().map(ends),
            }
        };
        let count = values.len() as f64;
        let average = values.iter().sum::<f64>() / count;
        let square: f64 = values.iter().map(|value| (value - average) * (value - average)).sum();
        Paired {
            mean: mean(&values),
            deviation: (values.len() > 1).then(|| (square / (count - 1.0)).sqrt()),
            seeds: values.len(),
            difference: mean(&differences),
        }
    }

    /// Whether no seed has the number.
    fn is_missing(&self) -> bool {
        self.seeds == 0
    }

    /// Whether the difference has a sign: `higher`, `lower`, or `no difference shown`.
    pub(crate) fn word(&self) -> &'static str {
        word_of(self.difference)
    }
}

/// The sign of a difference with its interval, in words.
pub(super) fn word_of(difference: Option<[f64; 3]>) -> &'static str {
    match difference {
        Some([_, low, _]) if low > 0.0 => "higher",
        Some([_, _, high]) if high < 0.0 => "lower",
        Some(_) => "no difference shown",
        None => "undefined",
    }
}

/// One method in one case.
///
/// ```
/// use rtrl_lab::study::ComparedMethod;
/// let method = ComparedMethod { method: "RTRL".into(), diverged: 2, ..Default::default() };
/// assert!(method.online_loss.mean.is_none() && method.cosines.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ComparedMethod {
    /// The method, in words.
    pub method: String,
    /// Seeds whose run left the finite numbers.
    pub diverged: usize,
    /// Mean online loss over the last steps.
    pub online_loss: Paired,
    /// Loss at the last parameters.
    pub stationary_loss: Paired,
    /// `‖∇J‖²` at the last parameters, medians over seeds: its tail is heavy.
    pub gradient_square: Paired,
    /// Loss at rest less the best there is, where that is known.
    #[serde(default, skip_serializing_if = "Paired::is_missing")]
    pub excess: Paired,
    /// Share of steps at which the likeliest class came, where there are classes.
    #[serde(default, skip_serializing_if = "Paired::is_missing")]
    pub accuracy: Paired,
    /// Loss on the rows that were held out, where some were.
    #[serde(default, skip_serializing_if = "Paired::is_missing")]
    pub held_out_loss: Paired,
    /// Accuracy on them, where there are classes.
    #[serde(default, skip_serializing_if = "Paired::is_missing")]
    pub held_out_accuracy: Paired,
    /// Cosine with the exact gradient, by block.
    pub cosines: BTreeMap<String, Paired>,
    /// Root mean square error of the gradient, relative to the exact one of the same steps.
    #[serde(default, skip_serializing_if = "Paired::is_missing")]
    pub gradient_error: Paired,
    /// Parameters.
    pub parameters: usize,
    /// Counted operations of a step.
    pub flops: f64,
    /// Mean online loss along the run, over the seeds that did not diverge.
    pub curve: Vec<(usize, f64)>,
    /// What others published, beside the online loss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Published>,
}

/// One case.
///
/// ```
/// use rtrl_lab::study::ComparedCase;
/// let (case, methods) = ("a".to_string(), vec![]);
/// let case = ComparedCase { case, steps: 100, methods, held_out: None, best: None };
/// assert_eq!(case.clone(), case);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComparedCase {
    /// Its name.
    pub case: String,
    /// Steps of a run.
    pub steps: usize,
    /// The methods, the first one first.
    pub methods: Vec<ComparedMethod>,
    /// Rows that were held out, and a constant answer to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<OnHeldOut>,
    /// One constant answer and, where it is known, the best there is: means over the seeds of the
    /// first method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<Best>,
}

/// What one constant answer reaches and, where they are known, the exact chances.
///
/// ```
/// use rtrl_lab::study::{Best, Paired};
/// let loss = Paired { mean: Some([0.5; 3]), seeds: 1, ..Paired::default() };
/// let best = Best { loss, ..Best::default() };
/// assert_eq!(best.loss.mean.unwrap()[0], 0.5);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Loss of the exact chances, where they are known.
    pub loss: Paired,
    /// Loss of one constant answer.
    pub constant: Paired,
    /// Accuracy of the exact chances, where there are classes.
    pub accuracy: Paired,
    /// Accuracy of one constant answer.
    pub constant_accuracy: Paired,
}

/// A whole comparison.
///
/// ```
/// use rtrl_lab::study::Comparison;
/// let (study, optimiser) = ("a".to_string(), "sgd".to_string());
/// let (source, stability) = (String::new(), vec![]);
/// let (cases, records) = (vec![], vec![]);
/// let empty = Comparison { study, seeds: 2, optimiser, source, cases, stability, records };
/// assert_eq!(empty, serde_json::from_str(&serde_json::to_string(&empty).unwrap()).unwrap());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Name of the study.
    pub study: String,
    /// Seeds.
    pub seeds: usize,
    /// The optimiser.
    pub optimiser: String,
    /// Where the published numbers stand, where there are any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// The cases.
    pub cases: Vec<ComparedCase>,
    /// The largest stable steps, where they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stability: Vec<StableSteps>,
    /// What the cases are made of.
    pub records: Vec<TrainingRecord>,
}

impl ComparePlan {
    /// Sums records up, beside the stable steps.
    pub(crate) fn compared(&self, records: Vec<TrainingRecord>, stability: Vec<StableSteps>) -> Comparison {
        let level = self.studies[0].level;
        let cases = self.cases().into_iter().map(|(name, steps)| {
            let of =
                |method: &str| -> Vec<&TrainingRecord> { records.iter().filter(|record| record.case == name && record.method == method).collect() };
            let first = of(&self.methods[0].to_string());
            let one = |method: &str| {
                let compared = compared(method, &of(method), &first, level);
                ComparedMethod { published: self.published.beside(method, &compared.online_loss, level), ..compared }
            };
            let methods = self.methods.iter().map(|method| one(&method.to_string())).collect();
            ComparedCase { case: name, steps, methods, held_out: first.iter().find_map(|record| record.held_out.clone()), best: best(&first, level) }
        });
        let cases = cases.collect();
        let study = self.studies[0].name.clone();
        let (seeds, optimiser, source) = (self.studies.len(), self.optimiser.clone(), self.published.source.clone());
        Comparison { study, seeds, optimiser, source, cases, stability, records }
    }
}

/// The best there is, from the runs of one method.
fn best(first: &[&TrainingRecord], level: f64) -> Option<Best> {
    first.iter().find_map(|record| record.beside_best.as_ref())?;
    let of = |of: &dyn Fn(&BesideBest) -> Option<f64>| {
        let values: Vec<Option<f64>> = first.iter().map(|record| record.beside_best.as_ref().and_then(of)).collect();
        Paired::of(&values, &values, level)
    };
    let loss = of(&|beside| beside.best);
    Some(Best {
        loss,
        constant: of(&|beside| Some(beside.constant)),
        accuracy: of(&|b| b.best_accuracy),
        constant_accuracy: of(&|b| b.constant_accuracy),
    })
}

fn compared(method: &str, own: &[&TrainingRecord], first: &[&TrainingRecord], level: f64) -> ComparedMethod {
    let paired = |of: &dyn Fn(&TrainingRecord) -> Option<f64>| {
        let [own, first] = [own, first].map(|records| records.iter().map(|record| of(record)).collect::<Vec<_>>());
        Paired::of(&own, &first, level)
    };
    let sound: Vec<&&TrainingRecord> = own.iter().filter(|record| record.diverged.is_none()).collect();
    let curve = sound.first().map_or(Vec::new(), |one| {
        let mean = |point: usize| sound.iter().map(|record| record.curve[point].1).sum::<f64>() / sound.len() as f64;
        (0..one.curve.len()).map(|point| (one.curve[point].0, mean(point))).collect()
    });
    let blocks: std::collections::BTreeSet<&String> = own.iter().flat_map(|record| record.cosines.keys()).collect();
    ComparedMethod {
        method: method.to_string(),
        diverged: own.len() - sound.len(),
        online_loss: paired(&|record| record.online_loss),
        stationary_loss: paired(&|record| record.stationary_loss),
        gradient_square: {
            let [own, first] =
                [own, first].map(|records| records.iter().map(|record| record.gradient_square.map(|square| square[0])).collect::<Vec<_>>());
            Paired::medians(&own, &first, level)
        },
        excess: paired(&|record| record.beside_best.as_ref().and_then(|beside| beside.excess)),
        accuracy: paired(&|record| record.beside_best.as_ref().and_then(|beside| beside.accuracy)),
        held_out_loss: paired(&|record| record.held_out.as_ref().map(|held| held.loss)),
        held_out_accuracy: paired(&|record| record.held_out.as_ref().and_then(|held| held.accuracy)),
        cosines: blocks.into_iter().map(|block| (block.clone(), paired(&|record| record.cosines.get(block).copied()))).collect(),
        gradient_error: paired(&|record| record.gradient_error),
        parameters: own.first().map_or(0, |record| record.parameters),
        flops: own.first().map_or(0.0, |record| record.flops),
        curve,
        published: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_taken_seed_by_seed() {
        // The seeds differ by far more than the methods do.
        let first = [Some(1.0), Some(20.0), Some(300.0), None];
        let own = [Some(1.5), Some(20.4), Some(300.6), Some(7.0)];
        let paired = Paired::of(&own, &first, 0.95);
        assert_eq!((paired.seeds, paired.word()), (4, "higher"));
        let [value, low, high] = paired.difference.unwrap();
        assert!((value - 0.5).abs() < 1e-12 && low > 0.2 && high < 0.8, "{low} {high}");
        assert_eq!(Paired::of(&first, &own, 0.95).word(), "lower");
        let same = Paired::of(&own, &own, 0.95);
        assert_eq!((same.difference, same.word()), (Some([0.0; 3]), "no difference shown"));
        assert_eq!(Paired::of(&[None, Some(f64::NAN)], &[Some(1.0); 2], 0.95).word(), "undefined");
    }
}
