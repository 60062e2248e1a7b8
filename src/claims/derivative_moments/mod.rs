//! Claim: the forward derivatives have moments that stay bounded in time.

pub(crate) mod names;
mod products;

use crate::claims::contract::gated_violation::{FLEETING, Gated};
use crate::claims::contract::premises;
use crate::claims::contract::violation;
use crate::claims::judging::decay_rate;
use crate::claims::measuring::joint_chain_kind::{Derivatives, JointChainKind};
use crate::claims::measuring::memory_count;
use crate::claims::measuring::pairs::BATCH;
use crate::claims::measuring::pairs::{batches, members};
use crate::claims::{Budget, Case, Claim, Condition, Finding, Footprint, GatedCell, Outcome, Premise, Question, Record, Records, Work};
use crate::figures::{Axis, Layer, Panel, Role};
use crate::markov::{Block, Walks, norm};
use crate::random::RngKey;
use crate::random::{Noise, stream};
use crate::stats::{Bootstrap, Estimate, IntervalKind, Undefined};
use ndarray::Array2;
pub(super) use products::PRODUCTS;
use products::{Moment, Moments, products};

/// The claim.
pub(super) struct DerivativeMoments;

const CHAINS: &str = "chains";
const RATE: &str = "rate of products of Jacobians in the fourth moment";
const GROWTH: &str = "growth of (E‖V‖⁴)^¼ while time doubles";
/// Times, evenly spaced, at which a chain writes the size of its derivatives.
const LOOKS: usize = 80;
/// Derivatives of the odd replicates start from entries of this size instead of zero.
const FAR_START: f64 = 3.0;
/// Moments that the theory asks for.
const ORDERS: [u32; 2] = [2, 4];

impl Claim for DerivativeMoments {
    fn id(&self) -> &'static str {
        "derivative_moments"
    }

    fn short(&self) -> &'static str {
        "the forward derivatives stay bounded"
    }

    fn statement(&self) -> &'static str {
        "the second and fourth moments of the forward derivatives stay bounded in time, whatever the start"
    }

    fn margin_meaning(&self) -> &'static str {
        "the rates of products must lie below 1; the second moment, as a length, may grow by less than the margin while time doubles"
    }

    fn premises(&self) -> &'static [&'static str] {
        &["hidden_contraction"]
    }

    fn budget(&self) -> Budget {
        Budget { chains: 128, steps: 800, margin: 0.1, ..Budget::default() }
    }

    fn work<'c>(&self, case: &'c Case) -> Vec<Work<'c>> {
        let budget = case.budget(self.id());
        let [key, of_products] = [CHAINS, PRODUCTS].map(|part| case.key_of(self.id(), part));
        let footprint = Footprint { working: memory_count::chains_together(case, budget), recorded: LOOKS * BATCH };
        vec![
            Work::new(CHAINS, batches(budget.chains), footprint, move |index| lengths_of_chains(case, budget, key, index)),
            products(case, budget).work(PRODUCTS, case, of_products),
        ]
    }

    fn question(&self, case: &Case) -> Question {
        Question::below(GROWTH, 1.0 + case.budget(self.id()).margin)
    }

    fn judge(&self, case: &Case, records: &Records) -> Result<Finding, Undefined> {
        let budget = case.budget(self.id());
        let threshold = 1.0 + budget.margin;
        let lengths = records.part(CHAINS).stacked(names::LENGTH)?;
        let overflowed = lengths.rows().into_iter().filter(|row| row.iter().any(|v| !v.is_finite())).count();
        if overflowed > 0 {
            let mut finding = Finding::undefined(
                self.question(case),
                Undefined::because(format!("{overflowed} of {} chains left the finite numbers", lengths.nrows())),
            );
            finding.conditions.push(Condition { name: "the derivatives stay finite".into(), outcome: Outcome::Contradicted });
            for id in [premises::SECOND_MOMENT, premises::FOURTH_MOMENT] {
                finding.settles.push(Premise { id: id.into(), verdict: Outcome::Contradicted, estimate: None, reason: finding.reason.clone() });
            }
            return Ok(finding.with(names::CHAINS_OVERFLOWED, overflowed as f64));
        }
        let bootstrap = Bootstrap { resamples: decay_rate::RESAMPLES, key: case.key_of(self.id(), "judge").stream(stream::RESAMPLING) };
        let growth = ORDERS.map(|order| growth(&lengths, order, case.level, &bootstrap));
        let moments = Moments::of(case, records);
        let [second, fourth] = [2.0, 4.0].map(|order| moments.of_order(order));
        let mut finding = decided(&fourth, &growth[1], threshold);
        finding.conditions.push(Condition { name: "products of Jacobians shrink in the moment of order 2".into(), outcome: second.word });
        finding.conditions.push(settled(&growth[0], threshold));
        finding.conditions.extend(moments.checks(case));
        for (id, moment) in [(premises::SECOND_MOMENT, &second), (premises::FOURTH_MOMENT, &fourth)] {
            let estimate = moment.rate.as_ref().ok().copied();
            finding.settles.push(Premise { id: id.into(), verdict: moment.word, estimate, reason: moment.reason.clone() });
        }
        finding.figures.push(decay_rate::figure(
            case,
            self.id(),
            "Do the moments of the forward derivatives stay bounded?",
            format!(
                "Case {}: moments of ‖V_t‖ over {} chains, half of them started at V = 0 and half from large random derivatives; and exponents Λ(q) of the moments of products of \
                 Jacobians. Moments of order q are bounded where Λ(q) lies below 0.",
                case.name,
                lengths.nrows()
            ) + &sketched_note(case),
            vec![panel(&lengths, stride(budget)), moments.panel()],
        ));
        let late = lengths.ncols() / 2;
        for (order, growth) in ORDERS.iter().zip(growth) {
            finding = finding.with(names::MOMENT.of(order).of("root"), late_moment(&lengths, late, *order)).with(names::GROWTH.of(order), growth);
        }
        Ok(moments.numbers(finding).with(names::CHAINS_OVERFLOWED, 0.0))
    }

    /// `S' = 1.05 S + X` doubles its derivatives every 14 steps.
    fn violation(&self, seed: u64) -> Case {
        let budget = Budget { chains: 32, steps: 200, margin: 0.1, ..Budget::default() };
        let learning = violation::plain_learning();
        violation::Fixture { phi: 0.5, recurrent: &[1.05], input_weight: 1.0, activation: "identity", learning }.build(seed, self.id(), budget)
    }

    /// A unit at rest where its map expands: it stays there, since no input moves its candidate,
    /// and its derivatives grow.
    fn violation_on(&self, cell: GatedCell, seed: u64) -> Case {
        let mut case = self.violation(seed);
        case.start.spread = 0.0;
        Gated { recurrent: vec![2.5], input: 0.0, keep: FLEETING }.into(case, cell)
    }
}

/// Chains whose derivatives start at zero or far out: sizes of the derivatives over time, a row a
/// chain.
fn lengths_of_chains(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let members = members(budget, index);
    let chain = JointChainKind::of(case, key, members.clone(), false);
    let derivative = chain.blocks().range(Block::Derivative);
    let stride = stride(budget);
    let start = |replicate: usize| {
        let data = case.data_start(replicate, budget.chains, key, stream::OTHER_START);
        let mut state = chain.state(&data, &case.hidden_start(replicate, key, stream::OTHER_START), replicate);
        if replicate % 2 == 1 {
            Noise::at(key.replicate(replicate).within("far").stream(stream::START)).normals(&mut state[derivative.clone()]);
            let size = FAR_START * chain.size_along(case);
            state[derivative.clone()].iter_mut().for_each(|v| *v *= size);
        }
        state
    };
    let mut lengths = Vec::new();
    let all: Vec<usize> = members.collect();
    for group in all.chunks(chain.together()) {
        let noises = group.iter().map(|replicate| Noise::at(key.replicate(*replicate).stream(stream::INNOVATION))).collect();
        let mut walks = Walks::from(&chain, group.iter().map(|replicate| start(*replicate)).collect(), noises);
        let mut rows = vec![Vec::new(); group.len()];
        for look in 0..=budget.steps / stride {
            if look > 0 {
                walks.advance(stride);
            }
            rows.iter_mut().zip(walks.states()).for_each(|(row, state)| row.push(norm(&state[derivative.clone()])));
        }
        lengths.extend(rows.concat());
    }
    Record::default().with(names::LENGTH, budget.steps / stride + 1, lengths)
}

fn sketched_note(case: &Case) -> String {
    let Derivatives::Sketched { columns, .. } = case.derivatives else { return String::new() };
    format!(
        " ‖V_t‖ is seen along {columns} random directions, drawn anew for every chain: its mean square is that of ‖V_t‖, and its fourth moment larger by a factor that does not grow \
         with time."
    )
}

fn stride(budget: &Budget) -> usize {
    (budget.steps / LOOKS).max(1)
}

fn power(length: f64, order: u32) -> f64 {
    let square = length * length;
    if order == 4 { square * square } else { square }
}

fn root(moment: f64, order: u32) -> f64 {
    if order == 4 { moment.sqrt().sqrt() } else { moment.sqrt() }
}

/// Mean of `‖V‖^order` over the columns from `first` on, as a length.
fn late_moment(lengths: &Array2<f64>, first: usize, order: u32) -> f64 {
    let late = lengths.slice(ndarray::s![.., first..]);
    root(late.iter().map(|v| power(*v, order)).sum::<f64>() / late.len() as f64, order)
}

/// `(mean over [T/2, T] / mean over [T/4, T/2))^{1/order}`, resampling chains.
fn growth(lengths: &Array2<f64>, order: u32, level: f64, bootstrap: &Bootstrap) -> Result<Estimate, Undefined> {
    let (quarter, half, end) = (lengths.ncols() / 4, lengths.ncols() / 2, lengths.ncols());
    let mean = |row: usize, from: usize, to: usize| {
        lengths.slice(ndarray::s![row, from..to]).iter().map(|v| power(*v, order)).sum::<f64>() / (to - from) as f64
    };
    let pairs: Vec<(f64, f64)> = (0..lengths.nrows()).map(|row| (mean(row, quarter, half), mean(row, half, end))).collect();
    let statistic = |chosen: &[usize]| {
        let (early, late) = chosen.iter().fold((0.0, 0.0), |sum, index| (sum.0 + pairs[*index].0, sum.1 + pairs[*index].1));
        (early > 0.0 && late > 0.0).then(|| root(late / early, order))
    };
    bootstrap.interval(lengths.nrows(), statistic, level, IntervalKind::Bca)
}

/// The finding by the rate of products of order 4; where there is none, what was seen of the
/// moment, which decides nothing.
fn decided(fourth: &Moment, growth: &Result<Estimate, Undefined>, threshold: f64) -> Finding {
    match &fourth.rate {
        Ok(rate) => {
            let mut finding = Finding::new(Question::below(RATE, 1.0), Ok(*rate));
            finding.effect = Some(1.0 - rate.value).filter(|effect| effect.is_finite());
            finding.rests_on = fourth.rests_on;
            Finding { reason: fourth.reason.clone(), ..finding }
        }
        Err(why) => {
            let mut finding = Finding::new(Question::below(GROWTH, threshold), growth.clone());
            let name = "products of Jacobians shrink in the moment of order 4".into();
            finding.conditions.push(Condition { name, outcome: fourth.word });
            Finding { unsettled: true, reason: why.reason.clone(), ..finding }
        }
    }
}

/// Whether the run was long enough to see the second moment level off. Growth that is seen is never
/// the end of it: products of Jacobians tell that.
fn settled(growth: &Result<Estimate, Undefined>, threshold: f64) -> Condition {
    let outcome = match growth {
        Ok(growth) if growth.lower > threshold => Outcome::Inconclusive,
        _ => Outcome::Supported,
    };
    Condition { name: "the second moment, as a length, does not grow beyond the margin while time doubles".into(), outcome }
}

fn panel(lengths: &Array2<f64>, stride: usize) -> Panel {
    let curve = |order: u32, odd: usize| -> Vec<[f64; 2]> {
        let rows: Vec<usize> = (0..lengths.nrows()).filter(|row| row % 2 == odd).collect();
        (0..lengths.ncols())
            .map(|column| {
                let mean = rows.iter().map(|row| power(lengths[[*row, column]], order)).sum::<f64>() / rows.len().max(1) as f64;
                [(column * stride) as f64, root(mean, order)]
            })
            // Derivatives that begin at zero have no size to show there.
            .filter(|point| point[1] > 0.0)
            .collect()
    };
    let line = |label: &str, role, points| Layer::Line { label: label.into(), role, points };
    Panel {
        title: "size of the derivatives".into(),
        x: Axis::linear("time t (steps)"),
        y: Axis::log("(E‖V‖ᵖ)^(1/p)"),
        layers: vec![
            line("p = 2, V₀ = 0", Role::Measured, curve(2, 0)),
            line("p = 2, V₀ large", Role::Rival(0), curve(2, 1)),
            line("p = 4, V₀ = 0", Role::Predicted, curve(4, 0)),
            line("p = 4, V₀ large", Role::Rival(1), curve(4, 1)),
        ],
        note: None,
    }
}
