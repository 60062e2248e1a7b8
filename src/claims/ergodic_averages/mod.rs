//! Claim: time averages of the gradient converge to the gradient of the long-run loss, with a
//! central limit theorem.

pub(crate) mod names;
mod variances;

use crate::claims::contract::violation;
use crate::claims::judging::decay_rate;
use crate::claims::measuring::gradient_walk::{GradientWalk, add};
use crate::claims::measuring::memory_count;
use crate::claims::measuring::pairs::{batches, members};
use crate::claims::{Budget, Case, Claim, Condition, Finding, Outcome, Question, Record, Records, Work};
use crate::figures::{Axis, Layer, Mark, Panel, Role};
use crate::markov::Walk;
use crate::random::{Noise, stream};
use crate::stats::{Bootstrap, Estimate, IntervalKind, Sample, Undefined, line, normal_tail};
use crate::theory::LinearGaussian;
use ndarray::{Array1, Array2};
use variances::{Variances, series};

/// The claim.
pub(super) struct ErgodicAverages;

const AVERAGES: &str = "averages";
const PAIRS: &str = "pairs";
const QUANTITY: &str = "distance of the exponent of the error in T from −1/2";
/// Steps whose gradients are averaged before they are written down.
pub(super) const BLOCK: usize = 32;
/// The times at which the error is read, as shares 1/16 … 1 of the run.
const LOOKS: [usize; 5] = [16, 8, 4, 2, 1];
/// Pairs for each chain of averages.
const PAIRS_A_CHAIN: usize = 8;
/// Parts of a chain whose averages are held against the normal law.
const PARTS: usize = 8;
/// Largest distance of their distribution function from the normal one.
const NORMAL: f64 = 0.12;

impl Claim for ErgodicAverages {
    fn id(&self) -> &'static str {
        "ergodic_averages"
    }

    fn short(&self) -> &'static str {
        "time averages converge"
    }

    fn statement(&self) -> &'static str {
        "time averages of RTRL's gradient converge to the gradient of the long-run loss like T^-1/2, with a central limit theorem"
    }

    fn margin_meaning(&self) -> &'static str {
        "the exponent of the root mean square error in T must lie within ± margin of −1/2"
    }

    fn premises(&self) -> &'static [&'static str] {
        &["data_ergodicity", "hidden_contraction", crate::claims::contract::premises::SECOND_MOMENT]
    }

    fn on_request(&self) -> bool {
        true
    }

    fn stops_early(&self) -> bool {
        true
    }

    fn budget(&self) -> Budget {
        Budget { chains: 128, steps: 8192, burn_in: 300, margin: 0.1, ..Budget::default() }
    }

    fn work<'c>(&self, case: &'c Case) -> Vec<Work<'c>> {
        if case.data.is_recorded() {
            return vec![];
        }
        let (budget, footprint, looks) = (case.budget(self.id()), memory_count::walks(case), case.key_of(self.id(), "looks"));
        vec![
            Work::new(AVERAGES, budget.chains, footprint, move |index| averages(&ErgodicAverages, &GradientWalk::new(case, looks), budget, index)),
            Work::new(PAIRS, batches(PAIRS_A_CHAIN * budget.chains), footprint, move |index| {
                pairs(&ErgodicAverages, &GradientWalk::new(case, looks), budget, index)
            }),
        ]
    }

    fn question(&self, case: &Case) -> Question {
        Question::below(QUANTITY, case.budget(self.id()).margin)
    }

    fn judge(&self, case: &Case, records: &Records) -> Result<Finding, Undefined> {
        let budget = case.budget(self.id());
        if case.data.is_recorded() {
            return Err(Undefined::because("a recorded series is one path: there are no independent averages to compare"));
        }
        let part = records.part(AVERAGES);
        let (sums, blocks) = (part.stacked(names::AVERAGE)?, part.stacked(names::BLOCK)?);
        let errors = Errors { averages: &sums, width: case.network.len(), steps: budget.steps };
        let bootstrap = Bootstrap { resamples: decay_rate::RESAMPLES, key: case.key_of(self.id(), "judge").stream(stream::RESAMPLING) };
        let exponent = bootstrap.interval(sums.nrows(), |chosen| errors.exponent(chosen), case.level, IntervalKind::Percentile);
        let gap = |exponent: &Estimate| {
            absolute(&Estimate { value: exponent.value + 0.5, lower: exponent.lower + 0.5, upper: exponent.upper + 0.5, ..*exponent })
        };
        let mut finding = Finding::new(self.question(case), exponent.as_ref().map(gap).map_err(Undefined::clone));
        if let Ok(exponent) = &exponent {
            finding.reason = format!("the error of a time average goes like T to the power {:.3}", exponent.value);
            finding.effect = Some((budget.margin - gap(exponent).value) / budget.margin);
            finding = finding.with(names::EXPONENT, *exponent);
        }
        let observed = GradientWalk::new(case, case.key_of(self.id(), "looks"));
        match Variances::of(case, &observed, &blocks, records.part(PAIRS)) {
            Err(why) => {
                finding.conditions.push(Condition { name: format!("the asymptotic variance is defined ({why})"), outcome: Outcome::Undefined })
            }
            Ok(variances) => {
                finding = variances.stated(finding, &observed);
                let normal = largest_distance_from_normal(&blocks, observed.count(), case.level);
                let outcome = match &normal {
                    Ok(distance) if distance.upper < NORMAL => Outcome::Supported,
                    Ok(distance) if distance.lower > NORMAL => Outcome::Contradicted,
                    _ => Outcome::Inconclusive,
                };
                finding.conditions.push(Condition { name: format!("averages over 1/{PARTS} of a chain are normal within {NORMAL}"), outcome });
                finding = finding.with(names::DISTANCE_FROM_NORMAL, normal);
                let panels = vec![errors.panel(case.level), variances.panel(&observed.names)];
                let caption = format!(
                    "Case {}: {} chains. Left: root mean square deviation of time averages of the gradient over all parameters, with the slope −1/2. Right: the variance of the \
                     central limit theorem along {} directions, from batch means, from the spectrum and from coupled pairs by the Poisson equation.",
                    case.name,
                    sums.nrows(),
                    observed.count()
                );
                finding.figures.push(decay_rate::figure(
                    case,
                    self.id(),
                    "Do time averages of the gradient converge like T to the power −1/2?",
                    caption,
                    panels,
                ));
            }
        }
        if let Some(exact) = case.linear.clone().and_then(|model| LinearGaussian::new(model).ok()).and_then(|oracle| oracle.gradient().ok()) {
            let error = errors.about(&exact.flat(), case.level);
            finding = finding.with(names::ERROR_ABOUT_EXACT_GRADIENT, error);
        }
        Ok(finding)
    }

    /// Data with a unit root: every chain averages around a level of its own, which never settles.
    fn violation(&self, seed: u64) -> Case {
        let budget = Budget { chains: 32, steps: 1024, burn_in: 100, margin: 0.1, ..Budget::default() };
        let learning = violation::plain_learning();
        violation::Fixture { phi: 1.0, recurrent: &[0.5, -0.3], input_weight: 0.7, activation: "tanh", learning }.build(seed, self.id(), budget)
    }
}

/// One long chain: averages of `G` in all parameters at the looks, and means over blocks along the
/// directions.
fn averages(claim: &ErgodicAverages, observed: &GradientWalk, budget: &Budget, replicate: usize) -> Record {
    let case = observed.case;
    let key = case.key_of(claim.id(), AVERAGES);
    let mut walk = Walk::from(&observed.chain, observed.settled(budget.burn_in, key, replicate, budget.chains));
    let at = key.replicate(replicate);
    let (mut innovations, mut observations) = (Noise::at(at.stream(stream::INNOVATION)), Noise::at(at.stream(stream::OBSERVATION)));
    let (mut sum, mut block) = (vec![0.0; case.network.len()], vec![0.0; observed.count()]);
    let (mut averages, mut blocks) = (Vec::new(), Vec::new());
    let mut eta = vec![0.0; case.data.observation_len()];
    for t in 1..=budget.steps / BLOCK * BLOCK {
        let before = walk.state().to_vec();
        walk.step_on(&mut innovations);
        observations.normals(&mut eta);
        let gradient = observed.gradient(&before, walk.state(), &eta);
        add(&mut sum, 1.0, &gradient);
        add(&mut block, 1.0 / BLOCK as f64, &observed.along(&gradient));
        if t % BLOCK == 0 {
            blocks.extend(std::mem::replace(&mut block, vec![0.0; observed.count()]));
        }
        // In a short run several looks fall on one time.
        for _ in LOOKS.iter().filter(|look| look_time(budget.steps, **look) == t) {
            averages.extend(sum.iter().map(|g| g / t as f64));
        }
    }
    Record::default().with(names::AVERAGE, LOOKS.len() * case.network.len(), averages).with(names::BLOCK, blocks.len(), blocks)
}

/// The time of a look: a whole number of blocks.
fn look_time(steps: usize, share: usize) -> usize {
    (steps / BLOCK / share).max(1) * BLOCK
}

/// Coupled pairs from two independent stationary states: what they add to the asymptotic variance
/// along every direction.
///
/// ```text
/// σ² = E[ (g(x) − g(y)) Σ_k (g(H_k) − g(H'_k)) ] − ½ E (g(x) − g(y))² + E (G(x, η) − g(x))²,
///     g = E_η G
/// ```
fn pairs(claim: &ErgodicAverages, observed: &GradientWalk, budget: &Budget, index: usize) -> Record {
    let case = observed.case;
    let key = case.key_of(claim.id(), PAIRS);
    let wide = Budget { chains: PAIRS_A_CHAIN * budget.chains, ..budget.clone() };
    let (mut variances, mut tails) = (Vec::new(), Vec::new());
    for replicate in members(&wide, index) {
        let states = ["first", "second"].map(|which| observed.settled(budget.burn_in, key.within(which), replicate, wide.chains));
        let mut noise = Noise::at(key.replicate(replicate).stream(stream::INNOVATION));
        let steps = (budget.burn_in / 2).max(1);
        let (mut initial, mut sum, mut last) = (vec![], vec![0.0; observed.count()], vec![]);
        observed.together(&[&states[0], &states[1]], steps, &mut noise, |k, seen| {
            let difference: Vec<f64> = seen[0].iter().zip(&seen[1]).map(|(a, b)| a - b).collect();
            add(&mut sum, 1.0, &difference);
            if k == 0 {
                initial.clone_from(&difference);
            }
            last = difference;
        });
        let mut walk = Walk::from(&observed.chain, states[0].clone());
        walk.step_on(&mut Noise::at(key.replicate(replicate).stream(stream::INNOVATION)));
        let eta = Noise::at(key.replicate(replicate).stream(stream::OBSERVATION)).normal_vector(case.data.observation_len());
        let noisy = observed.along(&observed.gradient(&states[0], walk.state(), &eta));
        let plain = observed.along(&observed.mean_gradient(&states[0], walk.state()));
        for l in 0..observed.count() {
            let observation = noisy[l] - plain[l];
            variances.push(initial[l] * sum[l] - 0.5 * initial[l] * initial[l] + observation * observation);
            tails.push(initial[l] * last[l]);
        }
    }
    Record::default().with(names::VARIANCE, observed.count(), variances).with(names::TAIL, observed.count(), tails)
}

/// `|x|` with the interval of the absolute value.
fn absolute(estimate: &Estimate) -> Estimate {
    let (a, b) = (estimate.lower.abs(), estimate.upper.abs());
    let lower = if estimate.contains(0.0) { 0.0 } else { a.min(b) };
    Estimate { value: estimate.value.abs(), lower, upper: a.max(b), ..*estimate }
}

/// Averages of the gradient by chain and look.
struct Errors<'a> {
    averages: &'a Array2<f64>,
    width: usize,
    steps: usize,
}

impl Errors<'_> {
    /// The variance between chains, summed over parameters, of the averages at a look.
    fn square(&self, chosen: &[usize], look: usize) -> f64 {
        let n = chosen.len() as f64;
        let columns = look * self.width..(look + 1) * self.width;
        let spread = columns.map(|column| {
            let mean = chosen.iter().map(|row| self.averages[[*row, column]]).sum::<f64>() / n;
            chosen.iter().map(|row| self.averages[[*row, column]] - mean).map(|d| d * d).sum::<f64>() / (n - 1.0)
        });
        spread.sum()
    }

    fn exponent(&self, chosen: &[usize]) -> Option<f64> {
        let point = |look: usize| [libm::log(look_time(self.steps, LOOKS[look]) as f64), 0.5 * libm::log(self.square(chosen, look))];
        Some(line(&(0..LOOKS.len()).map(point).collect::<Vec<_>>(), 0.5).ok()?.value)
    }

    /// Root mean square error of the averages over the whole run about a known gradient.
    fn about(&self, exact: &Array1<f64>, level: f64) -> Result<Estimate, Undefined> {
        let from = (LOOKS.len() - 1) * self.width;
        let squares: Vec<f64> =
            self.averages.rows().into_iter().map(|row| (0..self.width).map(|k| row[from + k] - exact[k]).map(|d| d * d).sum()).collect();
        Ok(Sample::new(&squares)?.mean(level)?.map_monotone(|square| square.max(0.0).sqrt()))
    }

    fn panel(&self, level: f64) -> Panel {
        let all: Vec<usize> = (0..self.averages.nrows()).collect();
        let last = LOOKS.len() - 1;
        let mark = |look: usize| {
            let squares: Vec<f64> =
                all.iter().map(|out| self.square(&all.iter().copied().filter(|row| row != out).collect::<Vec<_>>(), look)).collect();
            let (k, value) = (all.len() as f64, self.square(&all, look));
            let mean = squares.iter().sum::<f64>() / k;
            let error = ((k - 1.0) / k * squares.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>()).sqrt();
            let ends = Estimate::student(value, error, k - 1.0, level).map_monotone(|square| square.max(0.0).sqrt());
            Mark { x: look_time(self.steps, LOOKS[look]) as f64, y: ends.value, interval: Some([ends.lower, ends.upper]) }
        };
        let marks: Vec<Mark> = (0..LOOKS.len()).map(mark).collect();
        let (end, height) = (marks[last].x, marks[last].y);
        let times = [0.3 * marks[0].x, 3.0 * end];
        let half: Vec<[f64; 2]> = marks.iter().map(|mark| [mark.x, height * (end / mark.x).sqrt()]).collect();
        Panel {
            title: "error of time averages".into(),
            x: Axis::log("length T of the average (steps)").within(times),
            y: Axis::log("root mean square deviation of the average"),
            layers: vec![
                Layer::Line { label: "slope −1/2".into(), role: Role::Predicted, points: half },
                Layer::Points { label: "measured over chains".into(), role: Role::Measured, points: marks },
            ],
            note: None,
        }
    }
}

/// The largest distance over the directions of the distribution function of averages over parts of
/// a chain, brought to mean 0 and variance 1, from the normal one.
///
/// The interval is the value ± the radius of Dvoretzky, Kiefer, Wolfowitz and Massart (doi
/// 10.1214/aop/1176990746), shared by the directions, which takes the averages as independent.
fn largest_distance_from_normal(blocks: &Array2<f64>, count: usize, level: f64) -> Result<Estimate, Undefined> {
    let (mut largest, mut number) = (0.0f64, 0);
    for l in 0..count {
        let series = series(blocks, l, count);
        let length = (series.ncols() / PARTS).max(1);
        let mut means: Vec<f64> = Vec::new();
        for chain in series.rows() {
            means.extend(chain.to_vec().chunks_exact(length).map(|part| part.iter().sum::<f64>() / length as f64));
        }
        number = means.len();
        let spread = Sample::new(&means)?.mean(level)?;
        let deviation = spread.standard_error * (number as f64).sqrt();
        if deviation <= 0.0 {
            return Err(Undefined::because("averages along a direction are constant"));
        }
        means.sort_by(f64::total_cmp);
        for (rank, mean) in means.iter().enumerate() {
            let below = 1.0 - normal_tail((mean - spread.value) / deviation);
            let steps = [rank as f64 / number as f64, (rank + 1) as f64 / number as f64];
            largest = steps.iter().fold(largest, |top, step| top.max((below - step).abs()));
        }
    }
    let radius = (libm::log(2.0 * count as f64 / (1.0 - level)) / (2.0 * number as f64)).sqrt();
    Ok(Estimate { value: largest, standard_error: radius / 2.0, lower: (largest - radius).max(0.0), upper: largest + radius, level })
}
