//! Trials of budgets that end early: the interval at the look at which a run stops, and beside it
//! that of the whole budget, on one tanh unit whose rates are known.

use super::super::tally::{Kind, Scenario, Truth};
use super::{budgets, claim_named, deciding};
use crate::claims::{self, Case, Fixture, finding_at_stop, plain_learning};
use crate::network::activation;
use crate::random::RngKey;
use crate::theory::{ScalarModel, ScalarNetwork};

/// The claim whose rate it is, recurrent and input weight, and the width of the interval that ends
/// a run: about twice that of the whole budget.
const TRIED: [(&str, f64, f64, f64); 2] = [("hidden_contraction", 0.9, 1.0, 0.0035), ("hidden_contraction", 1.1, 0.7, 0.003)];

pub(super) fn trials() -> Vec<Scenario> {
    TRIED.into_iter().map(|(claim, recurrent, input, until)| stopped(claim, (recurrent, input), until)).collect()
}

fn stopped(claim: &'static str, (recurrent, input): (f64, f64), until: f64) -> Scenario {
    let tanh = activation::named("tanh").expect("tanh is on offer");
    let exact = ScalarNetwork::new(ScalarModel::plain(tanh, recurrent, input, 0.0)).expect("noise reaches the unit");
    let truth = Truth::Exact(exact.distance_rate(2.0).unwrap_or(f64::NAN));
    let run = move |key: RngKey| {
        let blueprint = Fixture { phi: 0.0, recurrent: &[recurrent], input_weight: input, activation: "tanh", learning: plain_learning() };
        let budget = budgets(claim, |budget| budget.until = Some(until)).remove(claim).expect("the budget that was asked for");
        let case = Case { key, ..blueprint.build(0, claim, budget) };
        let asked = claim_named(claim);
        let records = claims::measure(asked, &case);
        vec![
            // Looks share the error by a bound, so that the level is more than is asked for.
            deciding("rate where the run stops", Kind::Bound, truth.clone(), &finding_at_stop(asked, &case, &records)),
            deciding("rate of the whole budget", Kind::Confidence, truth.clone(), &asked.finding(&case, &records)),
        ]
    };
    Scenario { case: format!("{claim} ends at {until}, b = {recurrent}, w = {input}"), heavy: true, run: Box::new(run) }
}
