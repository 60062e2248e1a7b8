//! Laws that hold for every cell in every claim: how the derivatives are stored changes no number.

use rtrl_lab::claims::{self, Claim, Finding, Number};
use rtrl_lab::network::{Cell, CellBounds, Differences, InfluenceLayout, Layout, TwoTapes};
use rtrl_lab::study::{BudgetScale, Prepared};
use std::collections::BTreeMap;
use std::path::Path;

/// A cell whose units do not see each other, with its derivatives stored as a whole matrix.
#[derive(Clone)]
struct Whole {
    inner: Box<dyn Cell>,
}

impl Whole {
    fn group(&self) -> usize {
        self.inner.parameters().len() / self.inner.state_len()
    }

    /// The entries that are not zero for ever.
    fn own(&self, whole: &[f64]) -> Vec<f64> {
        let (p, group) = (self.inner.parameters().len(), self.group());
        whole.chunks_exact(p).enumerate().flat_map(|(unit, row)| row[unit * group..(unit + 1) * group].to_vec()).collect()
    }

    fn spread(&self, own: &[f64], whole: &mut [f64]) {
        let (p, group) = (self.inner.parameters().len(), self.group());
        whole.fill(0.0);
        for (unit, (row, own)) in whole.chunks_exact_mut(p).zip(own.chunks_exact(group)).enumerate() {
            row[unit * group..(unit + 1) * group].copy_from_slice(own);
        }
    }
}

impl Cell for Whole {
    fn state_len(&self) -> usize {
        self.inner.state_len()
    }
    fn inputs(&self) -> usize {
        self.inner.inputs()
    }
    fn layout(&self) -> Layout {
        self.inner.layout()
    }
    fn parameters(&self) -> &[f64] {
        self.inner.parameters()
    }
    fn parameters_mut(&mut self) -> &mut [f64] {
        self.inner.parameters_mut()
    }
    fn units_are_separate(&self) -> bool {
        self.inner.units_are_separate()
    }
    fn tape_len(&self) -> usize {
        self.inner.tape_len()
    }
    fn step(&self, state: &[f64], input: &[f64], next: &mut [f64], tape: &mut [f64]) {
        self.inner.step(state, input, next, tape);
    }
    fn jacobian(&self, tape: &[f64], jacobian: &mut [f64]) {
        self.inner.jacobian(tape, jacobian);
    }
    fn advance_influence(&self, tape: &[f64], influence: &[f64], next: &mut [f64], work: &mut [f64]) {
        assert_eq!(self.influence_layout(), InfluenceLayout::Dense { units: self.state_len(), parameters: self.parameters().len() });
        let mut image = vec![0.0; self.inner.influence_layout().len()];
        self.inner.advance_influence(tape, &self.own(influence), &mut image, work);
        self.spread(&image, next);
    }
    fn push(&self, tape: &[f64], tangent: Option<&[f64]>, direction: Option<&[f64]>, image: &mut [f64]) {
        self.inner.push(tape, tangent, direction, image);
    }
    fn pull(&self, tape: &[f64], adjoint: &[f64], previous: &mut [f64], gradient: &mut [f64]) {
        self.inner.pull(tape, adjoint, previous, gradient);
    }
    fn immediate(&self, tape: &[f64], adjoint: &[f64], gradient: &mut [f64]) {
        self.inner.immediate(tape, adjoint, gradient);
    }
    fn differences(&self) -> Option<&dyn Differences> {
        Some(self)
    }
    fn name(&self) -> &'static str {
        self.inner.name()
    }
    fn nonlinearity(&self) -> &'static str {
        self.inner.nonlinearity()
    }
    fn is_smooth(&self) -> bool {
        self.inner.is_smooth()
    }
    fn bounds_within(&self, inputs: &[f64]) -> CellBounds {
        self.inner.bounds_within(inputs)
    }
    fn slopes<'t>(&self, tape: &'t [f64]) -> Option<&'t [f64]> {
        self.inner.slopes(tape)
    }
    fn project(&mut self, bound: f64) -> bool {
        self.inner.project(bound)
    }
    fn boxed_clone(&self) -> Box<dyn Cell> {
        Box::new(self.clone())
    }
}

impl Differences for Whole {
    fn step_difference(&self, tape: &[f64], state_difference: &[f64], input_difference: &[f64], next: &mut [f64], tape_difference: &mut [f64]) {
        let inner = self.inner.differences().expect("the diagonal cell has differences");
        inner.step_difference(tape, state_difference, input_difference, next, tape_difference);
    }
    fn influence_difference(&self, step: TwoTapes<'_>, influence: &[f64], influence_difference: &[f64], next: &mut [f64], work: &mut [f64]) {
        let inner = self.inner.differences().expect("the diagonal cell has differences");
        let mut image = vec![0.0; self.inner.influence_layout().len()];
        inner.influence_difference(step, &self.own(influence), &self.own(influence_difference), &mut image, work);
        self.spread(&image, next);
    }
}

/// Two units of different weights on one autoregression. `CELL` and `RECURRENT` are put in.
const STUDY: &str = r#"
[study]
name = "laws"
seed = 7
[data]
kind = "var"
transition = [[0.5]]
target = [1.0]
target_noise = 0.1
[network]
cell = "CELL"
hidden = 2
activation = "tanh"
[network.parameters]
B = RECURRENT
W = [[0.7], [0.9]]
b = [0.1, -0.2]
C = [[0.9, -0.5]]
c = [0.0]
[learning]
steps = 4000
"#;

fn case_of(cell: &str, recurrent: &str) -> claims::Case {
    let all: Vec<String> = claims::ALL.iter().map(|claim| claim.id().to_string()).collect();
    let text = STUDY.replace("CELL", cell).replace("RECURRENT", recurrent);
    let prepared = Prepared::new(&text, "laws.toml", Path::new("."), BudgetScale::Quick, &all).expect("the study is valid");
    let mut case = prepared.study.cases[0].case.clone();
    for budget in case.budgets.values_mut() {
        budget.chains = budget.chains.min(64);
        budget.seeds = budget.seeds.min(6);
    }
    case
}

fn values(finding: &Finding) -> BTreeMap<String, Option<f64>> {
    let value = |number: &Number| match number {
        Number::Exact(value) => Some(*value),
        Number::Interval(estimate) => Some(estimate.value),
        Number::Undefined { .. } => None,
    };
    let mut values: BTreeMap<String, Option<f64>> = finding.numbers.iter().map(|(name, number)| (name.clone(), value(number))).collect();
    values.insert("the estimate".into(), finding.estimate.as_ref().ok().map(|estimate| estimate.value));
    values
}

fn judged(claim: &dyn Claim, case: &claims::Case) -> BTreeMap<String, Option<f64>> {
    values(&claim.finding(case, &claims::measure(claim, case)))
}

/// Whether two values agree to rounding, which a fit or a bootstrap may enlarge.
fn agree(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs()) || a.abs().max(b.abs()) < 1e-14,
        (None, None) => true,
        _ => false,
    }
}

/// Numbers seen along directions of the stored derivatives: the whole matrix has more directions
/// than the entries that are not zero for ever, so these are other quantities.
fn along_stored_directions(claim: &str, number: &str) -> bool {
    match claim {
        "geometric_ergodicity" => {
            let seen = ["w2_centred", "w2_lower", "w1_lower"].iter().any(|name| number.starts_with(name));
            seen && ["derivative", "joint"].iter().any(|block| number.contains(block))
        }
        "unique_stationary_law" => true,
        "fixed_point" => !["draw_", "transient_peak", "replicas"].iter().any(|name| number.starts_with(name)),
        _ => false,
    }
}

#[test]
fn storage_of_the_derivatives_changes_no_number_of_any_claim() {
    let mut case = case_of("diagonal", "[[0.77], [-0.4]]");
    // Two ways of storing agree on few chains as on many.
    case.budgets.values_mut().for_each(|budget| budget.chains = budget.chains.min(16));
    let mut whole = case.clone();
    whole.network.cell = Box::new(Whole { inner: case.network.cell.clone() });
    assert_ne!(whole.network.cell.influence_layout().len(), case.network.cell.influence_layout().len(), "the two are stored differently");
    for claim in claims::ALL {
        let (own, other) = (judged(claim, &case), judged(claim, &whole));
        assert_eq!(own.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "{}", claim.id());
        let mut compared = 0;
        for (name, value) in own.iter().filter(|(name, _)| !along_stored_directions(claim.id(), name)) {
            // An exponent's distance from 1 has the rounding of the exponent.
            let of_one = if claim.id() == "staleness" && name == "the estimate" { 1.0 } else { 0.0 };
            let [by_unit, entire] = [*value, other[name]].map(|value| value.map(|value| of_one + value));
            assert!(agree(by_unit, entire), "{} {name}: {value:?} by unit, {:?} whole", claim.id(), other[name]);
            compared += usize::from(value.is_some());
        }
        assert!(compared > 0 || claim.id() == "unique_stationary_law", "{}: nothing was compared", claim.id());
    }
}

#[test]
fn a_diagonal_cell_is_the_elman_cell_of_a_diagonal_matrix_in_every_number_that_both_have() {
    let (case, elman) = (case_of("diagonal", "[[0.77], [-0.4]]"), case_of("elman", "[[0.77, 0.0], [0.0, -0.4]]"));
    // What the off-diagonal weights, which one of the two lacks, do not enter.
    let shared = |claim: &str, name: &str| match claim {
        "data_ergodicity" | "hidden_contraction" => true,
        "geometric_ergodicity" => {
            ["w2_coupling", "w2_upper", "w2_centred", "w2_lower"].iter().any(|n| name.starts_with(n))
                && (name.contains("data") || name.contains("hidden"))
        }
        "derivative_moments" => name.starts_with("product_rate"),
        "ergodic_averages" | "poisson_equation" => ["[W]", "[b]", "[C]", "[c]"].iter().any(|block| name.ends_with(block)),
        _ => false,
    };
    let mut compared = 0;
    for claim in claims::ALL {
        if !["data_ergodicity", "hidden_contraction", "geometric_ergodicity", "derivative_moments", "ergodic_averages", "poisson_equation"]
            .contains(&claim.id())
        {
            continue;
        }
        let (own, other) = (judged(claim, &case), judged(claim, &elman));
        let control = judged(claim, &case_of("diagonal", "[[0.7], [-0.4]]"));
        let mut differs = false;
        for (name, value) in own.iter().filter(|(name, _)| shared(claim.id(), name)) {
            assert!(agree(*value, other[name]), "{} {name}: {value:?} diagonal, {:?} Elman", claim.id(), other[name]);
            differs |= !agree(*value, control[name]);
            compared += 1;
        }
        assert!(differs || claim.id() == "data_ergodicity", "{}: other weights give other numbers", claim.id());
    }
    assert!(compared > 60, "{compared}");
}
