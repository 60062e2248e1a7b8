//! Claim: the forward derivatives have moments that stay bounded in time.

use super::jacobian_products::Products;
use super::pairs::{batches, members};
use super::{Budget, Case, Claim, Condition, Finding, Footprint, Number, Outcome, Record, Records, RightSide, Units, footprint, rates, violation};
use crate::chain::JointChain;
use crate::figures::{Axis, Layer, Panel, Role, Scale};
use crate::markov::{Block, Walk, length};
use crate::random::{Noise, stream};
use crate::stats::{Bootstrap, Estimate, IntervalKind, Undefined, tail_index};
use ndarray::Array2;

/// The claim.
pub(super) struct DerivativeMoments;

const CHAINS: &str = "chains";
/// The part of products of Jacobians.
pub(super) const PRODUCTS: &str = "products";
/// Orders at which products of Jacobians are followed.
const PRODUCT_ORDERS: [f64; 7] = [0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0];
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

    fn statement(&self) -> &'static str {
        "the second and fourth moments of the forward derivatives stay bounded in time, whatever the start"
    }

    fn margin_meaning(&self) -> &'static str {
        "the fourth moment, as a length, may grow by less than the margin while time doubles"
    }

    fn premises(&self) -> &'static [&'static str] {
        &["hidden_contraction"]
    }

    fn budget(&self) -> Budget {
        Budget { chains: 128, steps: 800, burn_in: 0, margin: 0.1, seeds: 0, checkpoints: 0, taus: vec![], times: vec![] }
    }

    fn units(&self, case: &Case) -> Vec<Units> {
        let budget = case.budget(self.id());
        vec![batches(CHAINS, budget.chains), products(case, budget).units(PRODUCTS)]
    }

    fn footprint(&self, case: &Case, part: &str) -> Footprint {
        if part == PRODUCTS {
            return products(case, case.budget(self.id())).footprint(case);
        }
        Footprint { working: footprint::walk(case), recorded: LOOKS * super::pairs::BATCH }
    }

    fn run(&self, case: &Case, part: &str, index: usize) -> Record {
        let (budget, address) = (case.budget(self.id()), case.address_of(self.id(), part));
        if part == PRODUCTS {
            return products(case, budget).run(case, address, index);
        }
        let chain = JointChain::new(&*case.data, &*case.network.cell);
        let derivative = chain.blocks().range(Block::Derivative);
        let stride = stride(budget);
        let mut lengths = Vec::new();
        for replicate in members(budget, index) {
            let at = address.replicate(replicate);
            let data = case.data_start(replicate, budget.chains, address, stream::OTHER_START);
            let mut state = chain.state(&data, &case.hidden_start(replicate, address, stream::OTHER_START));
            if replicate % 2 == 1 {
                Noise::at(at.within("far").stream(stream::START)).normals(&mut state[derivative.clone()]);
                state[derivative.clone()].iter_mut().for_each(|v| *v *= FAR_START);
            }
            let mut walk = Walk::from(&chain, state);
            let mut noise = Noise::at(at.stream(stream::INNOVATION));
            for t in 0..=budget.steps {
                if t % stride == 0 {
                    lengths.push(length(&walk.state()[derivative.clone()]));
                }
                walk.step_on(&mut noise);
            }
        }
        Record::default().with("length", budget.steps / stride + 1, lengths)
    }

    fn judge(&self, case: &Case, records: &Records) -> Finding {
        let budget = case.budget(self.id());
        let quantity = "growth of (E‖V‖⁴)^¼ while time doubles";
        let threshold = 1.0 + budget.margin;
        let undefined = |why| Finding::undefined(quantity, threshold, RightSide::Below, why);
        let lengths = match records.part(CHAINS).stacked("length") {
            Ok(lengths) => lengths,
            Err(why) => return undefined(why),
        };
        let overflowed = lengths.rows().into_iter().filter(|row| row.iter().any(|v| !v.is_finite())).count();
        if overflowed > 0 {
            let mut finding = undefined(Undefined::because(format!("{overflowed} of {} chains left the finite numbers", lengths.nrows())));
            finding.conditions.push(Condition { name: "the derivatives stay finite".into(), outcome: Outcome::Contradicted });
            return finding.with("chains_overflowed", overflowed as f64);
        }
        let bootstrap = Bootstrap { resamples: rates::RESAMPLES, address: case.address_of(self.id(), "judge").stream(stream::RESAMPLING) };
        let growth = ORDERS.map(|order| growth(&lengths, order, case.level, &bootstrap));
        let final_lengths: Vec<f64> = lengths.column(lengths.ncols() - 1).to_vec();
        let tail = tail_index(&final_lengths, case.level);
        let mut finding = undefined(Undefined::because(""));
        finding.estimate = growth[1].clone();
        finding.effect = growth[1].as_ref().ok().map(|growth| (threshold - growth.value) / budget.margin);
        finding.reason = match &growth[1] {
            Ok(growth) => format!("the fourth moment, as a length, changed by a factor {:.4} while time doubled", growth.value),
            Err(why) => why.reason.clone(),
        };
        let followed = products(case, budget);
        let rates = followed.rates(case, &records.part(PRODUCTS), case.address_of(self.id(), "judge").within(PRODUCTS));
        let rate = |order: f64| {
            followed
                .orders()
                .iter()
                .position(|own| *own == order)
                .map_or_else(|| Err(Undefined::because("not followed")), |which| rates[which].clone())
        };
        let shrinking: Vec<Result<Estimate, Undefined>> = vec![rate(2.0), rate(4.0)];
        // With products that shrink, V = Σ products × E has this moment: growth that is seen is the way to it, not its end.
        let bounded = |which: usize| below(&shrinking[which], 1.0) == Outcome::Supported;
        let second = match below(&growth[0], threshold) {
            Outcome::Contradicted if bounded(0) => Outcome::Inconclusive,
            outcome => outcome,
        };
        finding.unsettled = bounded(1);
        if let (Ok(growth), Ok(rate)) = (&growth[1], &shrinking[1])
            && finding.unsettled
            && growth.lower > threshold
        {
            finding.reason = format!(
                "{}; products of Jacobians shrink by {:.4} a step, so the moment is bounded and not reached yet: {} steps would be 16 of its memories",
                finding.reason,
                rate.value,
                (16.0 / -libm::log(rate.upper)).ceil()
            );
        }
        finding.conditions.push(Condition { name: "the second moment does not grow beyond the margin".into(), outcome: second });
        if let Ok(tail) = &tail {
            let outcome = if tail.upper < 4.0 { Outcome::Contradicted } else { Outcome::Supported };
            finding.conditions.push(Condition { name: "the tail index of ‖V‖ is not below 4 beyond its interval".into(), outcome });
        }
        for (rate, order) in shrinking.into_iter().zip(ORDERS) {
            // A product that vanishes, or that too few pairs carry, has no rate: what was seen of the moments themselves decides then.
            if let Ok(rate) = &rate {
                let outcome = below(&Ok(*rate), 1.0);
                finding.conditions.push(Condition {
                    name: format!("products of Jacobians shrink in the moment of order {order}, without which V has none"),
                    outcome,
                });
            }
            finding = finding.with(&format!("product_rate_{order}"), rate);
        }
        finding.figures.push(rates::figure(
            case,
            self.id(),
            "Do the moments of the forward derivatives stay bounded?",
            format!(
                "Case {}: moments of ‖V_t‖ over {} chains, half of them started at V = 0 and half from large random derivatives.",
                case.name,
                lengths.nrows()
            ),
            vec![panel(&lengths, stride(budget))],
        ));
        let late = lengths.ncols() / 2;
        for (order, growth) in ORDERS.iter().zip(growth) {
            finding = finding.with(&format!("moment_{order}_root"), late_moment(&lengths, late, *order)).with(&format!("growth_{order}"), growth);
        }
        finding.with("tail_index", Number::from(tail)).with("chains_overflowed", 0.0)
    }

    /// `S' = 1.05 S + X` doubles its derivatives every 14 steps.
    fn violation(&self, seed: u64) -> Case {
        let budget = Budget { chains: 32, steps: 200, burn_in: 0, margin: 0.1, seeds: 0, checkpoints: 0, taus: vec![], times: vec![] };
        let learning = violation::plain_learning();
        violation::Blueprint { memory: 0.5, recurrent: &[1.05], input_weight: 1.0, activation: "identity", learning }.build(seed, self.id(), budget)
    }
}

/// The products that are followed.
fn products(case: &Case, budget: &Budget) -> Products {
    Products::new(case, &PRODUCT_ORDERS, budget.chains, budget.steps)
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

fn below(growth: &Result<Estimate, Undefined>, threshold: f64) -> Outcome {
    match growth {
        Err(_) => Outcome::Undefined,
        Ok(growth) if growth.upper < threshold => Outcome::Supported,
        Ok(growth) if growth.lower > threshold => Outcome::Contradicted,
        Ok(_) => Outcome::Inconclusive,
    }
}

fn panel(lengths: &Array2<f64>, stride: usize) -> Panel {
    let curve = |order: u32, odd: usize| -> Vec<[f64; 2]> {
        let rows: Vec<usize> = (0..lengths.nrows()).filter(|row| row % 2 == odd).collect();
        (0..lengths.ncols())
            .map(|column| {
                let mean = rows.iter().map(|row| power(lengths[[*row, column]], order)).sum::<f64>() / rows.len().max(1) as f64;
                [(column * stride) as f64, root(mean, order)]
            })
            .collect()
    };
    let line = |label: &str, role, points| Layer::Line { label: label.into(), role, points };
    Panel {
        title: "size of the derivatives".into(),
        x: Axis { label: "time t (steps)".into(), scale: Scale::Linear, range: None },
        y: Axis { label: "(E‖V‖ᵖ)^(1/p)".into(), scale: Scale::Log, range: None },
        layers: vec![
            line("p = 2, V₀ = 0", Role::Measured, curve(2, 0)),
            line("p = 2, V₀ large", Role::Rival(0), curve(2, 1)),
            line("p = 4, V₀ = 0", Role::Exact, curve(4, 0)),
            line("p = 4, V₀ large", Role::Rival(1), curve(4, 1)),
        ],
        note: None,
    }
}
