//! Premises that are no claims: structural ones, which hold or fail by construction, and those that
//! another claim's measurement settles.

use crate::claims::{Case, Outcome, Premise};

/// `Σ α_t = ∞` and `Σ α_t² < ∞`.
pub const ROBBINS_MONRO: &str = "robbins_monro";
/// `σ` is twice continuously differentiable with bounded derivatives.
pub const SMOOTH_ACTIVATION: &str = "smooth_activation";

/// `E‖V‖² < ∞` under the stationary law, without which distances of order 2 are infinite.
pub const SECOND_MOMENT: &str = "second_moment";
/// `E‖V‖⁴ < ∞` under the stationary law.
pub const FOURTH_MOMENT: &str = "fourth_moment";

/// The claim whose measurement settles a premise: itself, where the premise is a claim.
pub(crate) fn settled_by(id: &str) -> &str {
    match id {
        SECOND_MOMENT | FOURTH_MOMENT => "derivative_moments",
        _ => id,
    }
}

/// Whether the number that a claim estimates does not exist without this premise: as long as it is
/// open, such a claim is not supported.
pub(crate) fn is_existence(id: &str) -> bool {
    matches!(id, SECOND_MOMENT | FOURTH_MOMENT)
}

/// The state of a structural premise and what it rests on; `None` where `id` names a claim instead.
pub(crate) fn structural(id: &str, case: &Case) -> Option<Premise> {
    match id {
        ROBBINS_MONRO => {
            let schedule = case.learning.schedule;
            let outcome = if schedule.is_robbins_monro() { Outcome::Supported } else { Outcome::Contradicted };
            Some(stated(id, outcome, format!("steps fall like t to the power −{}; both hold for exponents above ½ up to 1", schedule.exponent)))
        }
        // Whether an activation is C² is its own word, which is tested against its values.
        SMOOTH_ACTIVATION => {
            let (cell, name) = (&case.network.cell, case.network.cell.nonlinearity());
            Some(if cell.is_smooth() {
                stated(id, Outcome::Supported, format!("by construction of {name}"))
            } else {
                stated(id, Outcome::Contradicted, format!("{name} has a kink, or a second derivative that jumps"))
            })
        }
        _ => None,
    }
}

fn stated(id: &str, verdict: Outcome, reason: String) -> Premise {
    Premise { id: id.to_string(), verdict, estimate: None, reason }
}

/// What a premise asks for, in words.
///
/// ```
/// use rtrl_lab::claims::{named, premises::{FOURTH_MOMENT, meaning}};
/// assert_eq!(meaning(FOURTH_MOMENT), "the derivatives have a fourth moment");
/// assert_eq!(meaning("staleness"), named("staleness").unwrap().statement());
/// assert_eq!(meaning("no such premise"), "");
/// ```
pub fn meaning(id: &str) -> &'static str {
    match id {
        ROBBINS_MONRO => "the step sizes sum to infinity and their squares do not",
        SMOOTH_ACTIVATION => "the activation is twice continuously differentiable with bounded derivatives",
        SECOND_MOMENT => "the derivatives have a second moment, without which distances of order 2 are infinite",
        FOURTH_MOMENT => "the derivatives have a fourth moment",
        _ => crate::claims::named(id).map_or("", |claim| claim.statement()),
    }
}

/// A premise in a few words: those of the claim, or what it asks for; the name where it is unknown.
pub(crate) fn in_short(id: &str) -> &str {
    match (crate::claims::named(id), meaning(id)) {
        (Some(claim), _) => claim.short(),
        (None, "") => id,
        (None, words) => words,
    }
}
