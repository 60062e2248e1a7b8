//! The first answer on recorded data: whether the theory holds, and how far that goes.

use super::{Answer, Asked, HOLDS};
use crate::claims::{
    Claim, Outcome, Premise, Verdict, data_ergodicity, geometric_ergodicity, gradient_identity, hidden_contraction, premises, stationary_point,
};
use crate::data::{SeriesClass, listed};

/// Names of one list that a sentence tells, at most.
const NAMED: usize = 4;

impl Asked<'_> {
    /// Whether the theory holds here, and how far that goes.
    pub(super) fn holds(&self, names: &[String]) -> Option<Answer> {
        let network =
            [hidden_contraction::HiddenContraction.id(), geometric_ergodicity::GeometricErgodicity.id(), gradient_identity::GradientIdentity.id()];
        let asked: Vec<&Verdict> = network.iter().filter_map(|id| self.verdict(id)).collect();
        let learning = self.verdict(stationary_point::StationaryPoint.id());
        let first = asked.first()?;
        let drifting = self.drifting(names);
        let told: Vec<&Verdict> = asked.iter().copied().chain(learning).collect();
        let evidence = told.iter().map(|verdict| format!("{}: {}", verdict.id, verdict.alone().0)).collect::<Vec<_>>();
        Some(Answer {
            question: HOLDS.into(),
            answer: format!("{}; {}", held(&asked, learning), self.beyond(&drifting, &told)),
            because: format!("measured alone, {}", evidence.join(", ")),
            claim: if drifting.is_empty() { first.id.clone() } else { data_ergodicity::DataErgodicity.id().into() },
        })
    }

    /// How far it goes beyond the record: what was said of the data, or of the data as a premise.
    fn beyond(&self, drifting: &[String], told: &[&Verdict]) -> String {
        let id = data_ergodicity::DataErgodicity.id();
        let premise = told.iter().flat_map(|verdict| &verdict.premises).find(|premise| premise.id == id).map(|premise| premise.verdict);
        match (self.verdict(id), drifting.is_empty(), premise) {
            (Some(_), false, _) => format!("nothing is promised beyond the record, because {}", drifting.join(" and ")),
            (Some(data), true, _) if data.verdict != Outcome::Supported => format!("nothing is promised beyond the record: {}", data.reason),
            (Some(_), true, _) if told.iter().all(|verdict| stands(verdict)) => {
                "the record shows no drift, so that the same may be expected of more of its source".into()
            }
            (Some(_), true, _) | (None, _, Some(Outcome::Supported)) => "the record itself shows no drift".into(),
            (None, _, Some(_)) => "nothing is promised beyond the record, whose law is not shown to last".into(),
            (None, _, None) => "whether its law lasts was not asked".into(),
        }
    }

    /// The columns that are not stationary, those of one class together, in words.
    fn drifting(&self, names: &[String]) -> Vec<String> {
        let mut classes: Vec<(SeriesClass, Vec<String>)> = Vec::new();
        for name in names {
            let Some(class) = self.class(name).filter(|class| *class != SeriesClass::Stationary) else { continue };
            match classes.iter_mut().find(|(known, _)| *known == class) {
                Some((_, columns)) => columns.push(format!("`{name}`")),
                None => classes.push((class, vec![format!("`{name}`")])),
            }
        }
        classes.into_iter().map(|(class, columns)| class.told_of(&columns)).collect()
    }
}

/// What holds on the record itself. "The theory" is said where memory, gradient and learning were
/// asked and all of them hold; else the parts that hold are named, and what is not shown.
fn held(asked: &[&Verdict], learning: Option<&Verdict>) -> String {
    let gradient = gradient_identity::GradientIdentity.id();
    let learns = learning.is_some_and(stands);
    let not_learning = learning.filter(|verdict| !stands(verdict));
    if !asked.iter().all(|verdict| stands(verdict)) {
        let failing: Vec<&Verdict> = asked.iter().copied().filter(|verdict| !stands(verdict)).chain(not_learning).collect();
        return format!("the theory is not shown to hold for your network on this record: {}", not_shown(&failing));
    }
    if asked.len() == 3 && learns {
        return "the theory holds for your network on this record".into();
    }
    let parts = [
        (asked.iter().any(|verdict| verdict.id != gradient), "the network forgets its start"),
        (asked.iter().any(|verdict| verdict.id == gradient), gradient_identity::GradientIdentity.short()),
        (learns, stationary_point::StationaryPoint.short()),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|(is, _)| *is).map(|(_, words)| words.to_string()).collect();
    let but = not_learning.map_or(String::new(), |verdict| format!(", but {}", not_shown(&[verdict])));
    format!("on this record {}{but}", listed(&parts, NAMED))
}

/// The failed premises that are not about the data. What the data fail is told of them, and does
/// not take away what was seen on the record.
fn failed_of_the_network(verdict: &Verdict) -> impl Iterator<Item = &Premise> {
    verdict.premises.iter().filter(|premise| premise.failed() && premise.id != data_ergodicity::DataErgodicity.id())
}

/// Whether a claim holds on the record, whatever is known of the data. What was measured is read
/// where a premise fails; a number that may not exist stays left open.
fn stands(verdict: &Verdict) -> bool {
    let seen = match verdict.verdict {
        Outcome::PremiseFailed => verdict.alone().0,
        word => word,
    };
    matches!(seen, Outcome::Supported | Outcome::Slow) && failed_of_the_network(verdict).next().is_none()
}

/// What claims that do not stand leave to say: those that are contradicted first, then those
/// without a premise, and those that are left open.
fn not_shown(verdicts: &[&Verdict]) -> String {
    let (without, own): (Vec<&Verdict>, Vec<&Verdict>) = verdicts.iter().partition(|verdict| failed_of_the_network(verdict).next().is_some());
    let (wrong, open): (Vec<&Verdict>, Vec<&Verdict>) = own.into_iter().partition(|verdict| verdict.alone().0 == Outcome::Contradicted);
    let told = |verdicts: &[&Verdict], begin: &str, each: &str| {
        let all: Vec<String> = verdicts.iter().map(|verdict| format!("{each} {}", premises::in_short(&verdict.id))).collect();
        (!all.is_empty()).then(|| format!("{begin} {}", listed(&all, NAMED)))
    };
    let parts = [
        told(&wrong, "it does not hold", "that"),
        told(&without, "it is not promised", "that").map(|words| words + &because(&without, &wrong)),
        told(&open, "it is left open", "whether"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", and ")
}

/// The premises for which claims are not promised, but for those that were told to fail. A premise
/// that itself only lacks one is told where nothing deeper is known.
fn because(without: &[&Verdict], told: &[&Verdict]) -> String {
    let failed: Vec<&Premise> = without.iter().flat_map(|verdict| failed_of_the_network(verdict)).collect();
    let roots: Vec<&Premise> = failed.iter().copied().filter(|premise| premise.verdict == Outcome::Contradicted).collect();
    let mut words: Vec<String> = Vec::new();
    for premise in if roots.is_empty() { failed } else { roots } {
        let word = format!("“{}”", premises::in_short(&premise.id));
        if !told.iter().any(|verdict| verdict.id == premise.id) && !words.contains(&word) {
            words.push(word);
        }
    }
    match words.len() {
        0 => String::new(),
        1 => format!(", since {} does not hold", words[0]),
        _ => format!(", since {} do not hold", listed(&words, NAMED)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(word: &str) -> Outcome {
        serde_json::from_value(word.into()).unwrap()
    }

    fn verdict(id: &str, word: &str) -> Verdict {
        Verdict::plain("c", id, outcome(word))
    }

    #[test]
    fn the_theory_is_said_to_hold_only_where_all_of_it_was_asked_and_does() {
        let network = ["hidden_contraction", "geometric_ergodicity", "gradient_identity"].map(|id| verdict(id, "supported"));
        let learning = |word| verdict("stationary_point", word);
        let all: Vec<&Verdict> = network.iter().collect();
        assert_eq!(held(&all, Some(&learning("slow"))), "the theory holds for your network on this record");
        let parts = "on this record the network forgets its start and the average gradient is the true one";
        assert_eq!(held(&all, None), parts);
        assert_eq!(held(&all, Some(&learning("inconclusive"))), format!("{parts}, but it is left open whether learning comes to a stationary point"));
        assert_eq!(held(&all, Some(&learning("contradicted"))), format!("{parts}, but it does not hold that learning comes to a stationary point"));
        let some = held(&all[..1], Some(&learning("supported")));
        assert_eq!(some, "on this record the network forgets its start and learning comes to a stationary point");
        let three = "on this record the network forgets its start, the average gradient is the true one and learning comes to a stationary point";
        assert_eq!(held(&all[1..], Some(&learning("slow"))), three);
        assert_eq!(held(&all[2..], None), "on this record the average gradient is the true one");
        let [open, wrong] = [verdict("geometric_ergodicity", "undefined"), verdict("gradient_identity", "contradicted")];
        let none = held(&[&network[0], &open, &wrong], Some(&learning("inconclusive")));
        let not = "it does not hold that the average gradient is the true one, and it is left open whether the joint chain forgets geometrically \
            and whether learning comes to a stationary point";
        assert_eq!(none, format!("the theory is not shown to hold for your network on this record: {not}"));
    }

    /// A verdict without a premise, of which the measurement alone says `measured`.
    fn without(id: &str, premise: &str, word: &str, measured: &str) -> Verdict {
        Verdict {
            measured: Some(crate::claims::Measured { word: outcome(measured), reason: "r".into() }),
            premises: vec![Premise { id: premise.into(), verdict: outcome(word), estimate: None, reason: "r".into() }],
            ..verdict(id, "premise_failed")
        }
    }

    #[test]
    fn what_the_data_fail_is_looked_past_and_what_the_network_fails_is_not() {
        let hidden = verdict("hidden_contraction", "supported");
        let drifting = |id: &str, measured: &str| without(id, "data_ergodicity", "contradicted", measured);
        let [chain, gradient, learning] = ["geometric_ergodicity", "gradient_identity", "stationary_point"].map(|id| drifting(id, "supported"));
        assert_eq!(held(&[&hidden, &chain, &gradient], Some(&learning)), "the theory holds for your network on this record");
        let wrong = drifting("gradient_identity", "contradicted");
        assert!(held(&[&hidden, &chain, &wrong], None).ends_with("on this record: it does not hold that the average gradient is the true one"));
        // A schedule of one step size.
        let constant = without("stationary_point", "robbins_monro", "contradicted", "supported");
        let schedule = "it is not promised that learning comes to a stationary point, since “the step sizes sum to infinity and their squares do not” \
            does not hold";
        let told = held(&[&hidden, &chain, &gradient], Some(&constant));
        assert_eq!(told, format!("on this record the network forgets its start and the average gradient is the true one, but {schedule}"));
        // An activation with a kink: the gradient lacks the contraction, which lacks the premise.
        let kinked = [
            without("hidden_contraction", "smooth_activation", "contradicted", "supported"),
            without("gradient_identity", "hidden_contraction", "premise_failed", "supported"),
        ];
        let told = held(&kinked.iter().collect::<Vec<_>>(), None);
        assert!(
            told.ends_with("is the true one, since “the activation is twice continuously differentiable with bounded derivatives” does not hold")
        );
        // What was told to fail is not told again.
        let unstable =
            [verdict("hidden_contraction", "contradicted"), without("gradient_identity", "hidden_contraction", "contradicted", "supported")];
        let told = held(&unstable.iter().collect::<Vec<_>>(), None);
        let not = "it does not hold that the hidden state forgets its start, and it is not promised that the average gradient is the true one";
        assert!(told.ends_with(not), "{told}");
    }

    #[test]
    fn how_far_it_goes_is_read_from_the_premises_where_the_data_were_not_asked() {
        let beyond = |verdicts: &[Verdict], drifting: &[String]| {
            let told: Vec<&Verdict> = verdicts.iter().filter(|verdict| verdict.id != "data_ergodicity").collect();
            Asked { verdicts, pace: None }.beyond(drifting, &told)
        };
        let [data, chain] = ["data_ergodicity", "geometric_ergodicity"].map(|id| verdict(id, "supported"));
        let open = verdict("stationary_point", "inconclusive");
        assert!(beyond(&[data.clone(), chain.clone()], &[]).ends_with("the same may be expected of more of its source"));
        assert_eq!(beyond(&[data.clone(), chain.clone(), open], &[]), "the record itself shows no drift");
        assert_eq!(beyond(&[data, chain.clone()], &["a is trending".into()]), "nothing is promised beyond the record, because a is trending");
        assert_eq!(beyond(&[chain], &[]), "whether its law lasts was not asked");
        let unlasting = [without("geometric_ergodicity", "data_ergodicity", "contradicted", "supported")];
        assert_eq!(beyond(&unlasting, &[]), "nothing is promised beyond the record, whose law is not shown to last");
    }
}
