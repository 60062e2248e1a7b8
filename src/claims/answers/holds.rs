//! The first answer on recorded data: whether the theory holds, and how far that goes.

use super::{Answer, Asked, HOLDS, alone};
use crate::claims::{Claim, Outcome, Verdict, data_ergodicity, geometric_ergodicity, gradient_identity, hidden_contraction, named, stationary_point};
use crate::data::SeriesClass;

impl Asked<'_> {
    /// Whether the theory holds here, and how far that goes.
    pub(super) fn holds(&self, names: &[String]) -> Option<Answer> {
        let network =
            [hidden_contraction::HiddenContraction.id(), geometric_ergodicity::GeometricErgodicity.id(), gradient_identity::GradientIdentity.id()];
        let asked: Vec<&Verdict> = network.iter().filter_map(|id| self.verdict(id)).collect();
        let learning = self.verdict(stationary_point::StationaryPoint.id());
        let first = asked.first()?;
        let here = held(&asked, learning);
        let drifting = self.drifting(names);
        let data = self.verdict(data_ergodicity::DataErgodicity.id());
        let beyond = match (data.map(|data| data.verdict), drifting.is_empty()) {
            (Some(Outcome::Supported), true) if asked.iter().all(|verdict| stands(verdict)) => {
                "; the record shows no drift, so that the same may be expected of more of its source".to_string()
            }
            (Some(Outcome::Supported), true) => "; the record itself shows no drift".to_string(),
            (Some(_), true) => format!("; nothing is promised beyond the record: {}", data.map_or("", |data| data.reason.as_str())),
            (Some(_), false) => format!("; nothing is promised beyond the record, because {}", drifting.join(" and ")),
            (None, _) => "; whether its law lasts was not asked".to_string(),
        };
        let evidence = asked.iter().copied().chain(learning).map(|verdict| format!("{}: {}", verdict.id, alone(verdict).0)).collect::<Vec<_>>();
        Some(Answer {
            question: HOLDS.into(),
            answer: format!("{here}{beyond}"),
            because: format!("measured alone, {}", evidence.join(", ")),
            claim: if drifting.is_empty() { first.id.clone() } else { data_ergodicity::DataErgodicity.id().into() },
        })
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
    let failing: Vec<&Verdict> = asked.iter().copied().filter(|verdict| !stands(verdict)).collect();
    if !failing.is_empty() {
        let all: Vec<&Verdict> = failing.into_iter().chain(learning.filter(|verdict| !stands(verdict))).collect();
        return format!("the theory is not shown to hold for your network on this record: {}", not_shown(&all));
    }
    let learns = learning.is_some_and(stands);
    if asked.len() == 3 && learns {
        return "the theory holds for your network on this record".into();
    }
    let parts = [
        (asked.iter().any(|verdict| verdict.id != gradient), "the network forgets its start"),
        (asked.iter().any(|verdict| verdict.id == gradient), gradient_identity::GradientIdentity.short()),
        (learns, stationary_point::StationaryPoint.short()),
    ];
    let parts: Vec<&str> = parts.into_iter().filter_map(|(is, words)| is.then_some(words)).collect();
    let but = learning.filter(|verdict| !stands(verdict)).map_or(String::new(), |verdict| format!(", but {}", not_shown(&[verdict])));
    format!("on this record {}{but}", parts.join(" and "))
}

/// Whether what was measured, whatever the premises, supports the claim.
fn stands(verdict: &Verdict) -> bool {
    matches!(alone(verdict).0, Outcome::Supported | Outcome::Slow)
}

/// What claims that do not stand leave to say, those that are contradicted first.
fn not_shown(verdicts: &[&Verdict]) -> String {
    let (wrong, open): (Vec<&Verdict>, Vec<&Verdict>) = verdicts.iter().partition(|verdict| alone(verdict).0 == Outcome::Contradicted);
    let told = |verdicts: Vec<&Verdict>, begin: &str, each: &str| {
        let short = |verdict: &Verdict| format!("{each} {}", named(&verdict.id).map_or(verdict.id.as_str(), |claim| claim.short()));
        let all: Vec<String> = verdicts.into_iter().map(short).collect();
        (!all.is_empty()).then(|| format!("{begin} {}", all.join(" and ")))
    };
    let parts = [told(wrong, "it does not hold", "that"), told(open, "it is left open", "whether")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(id: &str, word: &str) -> Verdict {
        let text = serde_json::json!({
            "id": id, "case": "c", "statement": "s", "verdict": word, "expected": null, "as_expected": true, "estimate": null,
            "margin": 0.98, "right_side": "below", "p_value": null, "p_adjusted": null, "effect": null,
            "budget": { "chains": 1, "steps": 1, "seconds": null }, "premises": [], "informative": null, "reason": "r", "numbers": {}, "figures": [],
        });
        serde_json::from_value(text).unwrap()
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
        assert_eq!(held(&all[1..], Some(&learning("slow"))), format!("{parts} and learning comes to a stationary point"));
        assert_eq!(held(&all[2..], None), "on this record the average gradient is the true one");
        let [open, wrong] = [verdict("geometric_ergodicity", "undefined"), verdict("gradient_identity", "contradicted")];
        let none = held(&[&network[0], &open, &wrong], Some(&learning("inconclusive")));
        let not = "it does not hold that the average gradient is the true one, and it is left open whether the joint chain forgets geometrically \
            and whether learning comes to a stationary point";
        assert_eq!(none, format!("the theory is not shown to hold for your network on this record: {not}"));
    }
}
