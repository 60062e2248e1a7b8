//! Claim: truncated backpropagation is biased, and its bias falls geometrically with the truncation length.

use super::pairs::{batches, members};
use super::record::rows;
use super::{Budget, Case, Claim, Finding, Footprint, Record, Records, RightSide, Units, footprint, rates, violation};
use crate::figures::{Axis, Layer, Mark, Panel, Role, Scale};
use crate::gradient::{bptt, rolling_truncated};
use crate::random::stream;
use crate::stats::{Bootstrap, Estimate, IntervalKind, Undefined, squared_norm_of_mean, squared_norm_of_mean_at};
use crate::theory::LinearGaussian;
use crate::training::GradientNorm;

/// The claim.
pub(super) struct TruncationBias;

/// Level at which a bias is told from zero; a weaker one would often be lost again in a resample.
const SEEN: f64 = 0.999;
const STRETCHES: &str = "stretches";
const QUANTITY: &str = "rate at which the bias of TBPTT(τ) falls with τ";

impl Claim for TruncationBias {
    fn id(&self) -> &'static str {
        "truncation_bias"
    }

    fn statement(&self) -> &'static str {
        "TBPTT(τ) settles on a biased gradient, and the bias falls geometrically with τ"
    }

    fn margin_meaning(&self) -> &'static str {
        "the rate must lie below 1 − margin, and the bias at the shortest τ must be visible"
    }

    fn premises(&self) -> &'static [&'static str] {
        &["data_ergodicity", "hidden_contraction"]
    }

    fn budget(&self) -> Budget {
        Budget {
            chains: 128,
            steps: 2000,
            burn_in: 200,
            margin: 0.02,
            seeds: 0,
            checkpoints: 0,
            taus: vec![1, 2, 3, 4, 6, 8, 12, 16, 24, 32],
            times: vec![],
        }
    }

    fn units(&self, case: &Case) -> Vec<Units> {
        vec![batches(STRETCHES, case.budget(self.id()).chains)]
    }

    fn footprint(&self, case: &Case, _part: &str) -> Footprint {
        let (budget, width) = (case.budget(self.id()), case.network.recurrent_len());
        let (lengths, members) = (budget.taus.len(), super::pairs::BATCH.min(budget.chains));
        let steps = budget.steps + budget.burn_in;
        let working = footprint::adjoint(case, steps) + steps * case.network.cell.tape_len() + 2 * lengths * width;
        Footprint { working, recorded: members * (lengths + 1) * width }
    }

    /// Differences of truncated and full gradient, recurrent parameters only, on the same stretch: a row a (stretch, τ).
    fn run(&self, case: &Case, part: &str, index: usize) -> Record {
        let (budget, address) = (case.budget(self.id()), case.address_of(self.id(), part));
        let norm = GradientNorm { steps: budget.steps, burn_in: budget.burn_in, spread: 0.0, replicates: budget.chains };
        let (width, weight) = (case.network.recurrent_len(), norm.weight(&*case.data));
        let (mut differences, mut gradients) = (Vec::new(), Vec::new());
        for replicate in members(budget, index) {
            let (stretch, hidden) = norm.stretch(&*case.data, case.network.cell.hidden(), address, replicate);
            let full = bptt(&case.network, &stretch, &hidden, budget.burn_in);
            for truncated in rolling_truncated(&case.network, &stretch, &hidden, budget.burn_in, &budget.taus) {
                differences.extend(truncated.gradient[..width].iter().zip(&full.gradient).map(|(a, b)| weight * (a - b)));
            }
            gradients.extend(full.gradient[..width].iter().map(|g| weight * g));
        }
        Record::default().with("difference", width * budget.taus.len(), differences).with("gradient", width, gradients)
    }

    fn judge(&self, case: &Case, records: &Records) -> Finding {
        let budget = case.budget(self.id());
        let threshold = 1.0 - budget.margin;
        let undefined = |why| Finding::undefined(QUANTITY, threshold, RightSide::Below, why);
        let part = records.part(STRETCHES);
        let (stacked, gradients) = match (part.stacked("difference"), part.stacked("gradient")) {
            (Ok(a), Ok(b)) => (rows(a.view()), rows(b.view())),
            (Err(why), _) | (_, Err(why)) => return undefined(why),
        };
        let width = case.network.recurrent_len();
        let at = |look: usize| -> Vec<Vec<f64>> { stacked.iter().map(|row| row[look * width..(look + 1) * width].to_vec()).collect() };
        let both: Vec<Result<[Estimate; 2], Undefined>> =
            (0..budget.taus.len()).map(|look| squared_norm_of_mean_at(&at(look), [case.level, SEEN])).collect();
        let visible: Vec<usize> = (0..both.len()).take_while(|look| both[*look].as_ref().is_ok_and(|[_, seen]| seen.lower > 0.0)).collect();
        let squares: Vec<Result<Estimate, Undefined>> = both.into_iter().map(|both| both.map(|[square, _]| square)).collect();
        let full = squared_norm_of_mean(&gradients, case.level);
        let mut finding = if visible.len() < 3 {
            undefined(Undefined::because(format!(
                "the bias is distinguishable from zero at {} of the truncation lengths, and a rate needs three; take more chains or steps",
                visible.len()
            )))
        } else {
            let bootstrap = Bootstrap { resamples: rates::RESAMPLES, address: case.address_of(self.id(), "judge").stream(stream::RESAMPLING) };
            let rate = rate(&stacked, width, budget, &visible, case.level, &bootstrap);
            let mut finding = undefined(Undefined::because(""));
            finding.reason = match &rate {
                Ok(rate) => format!(
                    "the bias shrinks by {:.3} for each step of truncation length, over τ = {} to {}",
                    rate.value,
                    budget.taus[visible[0]],
                    budget.taus[visible[visible.len() - 1]]
                ),
                Err(why) => why.reason.clone(),
            };
            finding.effect = rate.as_ref().ok().map(|rate| (threshold - rate.value) / budget.margin);
            finding.estimate = rate;
            finding
        };
        for (tau, square) in budget.taus.iter().zip(&squares) {
            finding = finding.with(&format!("bias_squared[{tau}]"), square.clone());
        }
        finding = finding.with("recurrent_gradient_squared", full).with("lengths_visible", visible.len() as f64);
        let exact = exact_bias(case, &budget.taus);
        if let Some(exact) = &exact {
            for (tau, bias) in budget.taus.iter().zip(exact) {
                finding = finding.with(&format!("exact_bias[{tau}]"), *bias);
            }
        }
        finding.figures.push(rates::figure(
            case,
            self.id(),
            "How biased is truncated backpropagation, and how fast does the bias fall?",
            format!(
                "Case {}: norm of the stationary bias of rolling TBPTT(τ) in the recurrent parameters, squared norm estimated without noise bias.",
                case.name
            ),
            vec![panel(budget, &squares, exact, visible.len())],
        ));
        finding
    }

    /// Data and cell forget so slowly that no truncation length in reach takes the bias down.
    fn violation(&self, seed: u64) -> Case {
        let budget =
            Budget { chains: 32, steps: 4000, burn_in: 2000, margin: 0.02, seeds: 0, checkpoints: 0, taus: vec![1, 2, 4, 8, 16], times: vec![] };
        let learning = violation::plain_learning();
        violation::Blueprint { memory: 0.998, recurrent: &[0.997], input_weight: 1.0, activation: "identity", learning }.build(
            seed,
            self.id(),
            budget,
        )
    }
}

/// The geometric rate: least squares of the log norm of the mean difference against τ, resampling stretches.
fn rate(stacked: &[Vec<f64>], width: usize, budget: &Budget, visible: &[usize], level: f64, bootstrap: &Bootstrap) -> Result<Estimate, Undefined> {
    let statistic = |chosen: &[usize]| {
        let mut counts = vec![0.0; stacked.len()];
        chosen.iter().for_each(|index| counts[*index] += 1.0);
        let mut sum = vec![0.0; stacked[0].len()];
        let (mut own, mut same) = (vec![0.0; budget.taus.len()], 0.0);
        for (count, row) in counts.iter().zip(stacked).filter(|(count, _)| **count > 0.0) {
            sum.iter_mut().zip(row).for_each(|(slot, value)| *slot += count * value);
            let square = |look: usize| row[look * width..(look + 1) * width].iter().map(|x| x * x).sum::<f64>();
            own.iter_mut().enumerate().for_each(|(look, own)| *own += count * count * square(look));
            same += count * count;
        }
        // Products of a stretch with itself are left out, also where a resample holds it twice: otherwise they would put the noise back.
        let pairs = (chosen.len() * chosen.len()) as f64 - same;
        let points: Option<Vec<[f64; 2]>> = visible
            .iter()
            .map(|look| {
                let of_sum: f64 = sum[look * width..(look + 1) * width].iter().map(|x| x * x).sum();
                let unbiased = (of_sum - own[*look]) / pairs;
                (unbiased > 0.0).then(|| [budget.taus[*look] as f64, 0.5 * libm::log(unbiased)])
            })
            .collect();
        Some(libm::exp(slope(&points?)))
    };
    bootstrap.interval(stacked.len(), statistic, level, IntervalKind::Percentile)
}

fn slope(points: &[[f64; 2]]) -> f64 {
    let n = points.len() as f64;
    let mean = |axis: usize| points.iter().map(|p| p[axis]).sum::<f64>() / n;
    let (x, y) = (mean(0), mean(1));
    points.iter().map(|p| (p[0] - x) * (p[1] - y)).sum::<f64>() / points.iter().map(|p| (p[0] - x) * (p[0] - x)).sum::<f64>()
}

fn exact_bias(case: &Case, taus: &[usize]) -> Option<Vec<f64>> {
    let oracle = LinearGaussian::new(case.linear.clone()?).ok()?;
    taus.iter().map(|tau| oracle.tbptt_bias(*tau).ok().map(|bias| bias.recurrent_norm())).collect()
}

fn panel(budget: &Budget, squares: &[Result<Estimate, Undefined>], exact: Option<Vec<f64>>, visible: usize) -> Panel {
    let root = |x: f64| x.max(0.0).sqrt();
    let marks: Vec<Mark> = budget
        .taus
        .iter()
        .zip(squares)
        .filter_map(|(tau, square)| {
            let square = square.as_ref().ok()?;
            (square.value > 0.0).then(|| Mark { x: *tau as f64, y: root(square.value), interval: Some([root(square.lower), root(square.upper)]) })
        })
        .collect();
    let negative = squares.len() - marks.len();
    let mut layers = vec![Layer::Points { label: "measured bias".into(), role: Role::Measured, points: marks }];
    if let Some(exact) = exact {
        layers.push(Layer::Line {
            label: "exact bias".into(),
            role: Role::Exact,
            points: budget.taus.iter().zip(exact).map(|(tau, bias)| [*tau as f64, bias]).collect(),
        });
    }
    let unseen = if negative > 0 { format!("; at {negative} the estimate is negative and not drawn") } else { String::new() };
    Panel {
        title: "recurrent parameters".into(),
        x: Axis { label: "truncation length τ (applications of the cell)".into(), scale: Scale::Linear, range: None },
        y: Axis { label: "‖E G(τ) − ∇J‖".into(), scale: Scale::Log, range: None },
        layers,
        note: (visible < budget.taus.len())
            .then(|| format!("distinguishable from zero at the first {visible} of {} lengths{unseen}", budget.taus.len())),
    }
}
