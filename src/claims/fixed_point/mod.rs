//! Claim: the stationary law is the fixed point of the kernel, and the iterates of any start
//! contract to it.

pub(crate) mod names;
mod iterates;

use crate::chain::JointChain;
use crate::claims::contract::violation;
use crate::claims::geometric_ergodicity::gaussian_start;
use crate::claims::judging::decay_rate::BlockDecay;
use crate::claims::judging::same_law;
use crate::claims::judging::{decay_panels, decay_rate};
use crate::claims::measuring::memory_count;
use crate::claims::measuring::pairs::{PairPopulations, batches, follow, members, members_of_populations, populations, record_of_populations};
use crate::claims::measuring::projections::Projections;
use crate::claims::{Budget, Case, Claim, Condition, Finding, Number, Outcome, Part, Question, Record, Records, Work};
use crate::ergodicity::Shape;
use crate::figures::{Layer, Mark, Role};
use crate::markov::{Block, Independent, Walk, norm};
use crate::random::{Noise, RngKey, stream};
use crate::stats::{Estimate, Sample, Undefined};
use crate::theory::LinearGaussian;
use crate::transport::{Centred, centred, wasserstein_2};
use iterates::Means;
use ndarray::{Array2, Axis, s};

/// The claim.
pub(super) struct FixedPoint;

/// Coupled pairs of successive iterates.
const ITERATES: &str = "iterates";
/// Draws from the stationary law by backward iteration.
const DRAWS: &str = "draws";
/// Plain pairs of successive iterates, whose means bound the distance of the laws from below.
const MEANS: &str = "means";
const QUANTITY: &str = "contraction ratio of the laws of successive iterates, a step";
/// The energy coefficient that draws and moved draws may differ by: means 0.28 deviations apart.
const SAME_LAW: f64 = 0.02;
/// Samples among the draws: two that are left alone and one that is moved a step.
const SAMPLES: usize = 3;
/// Pairs of one mean.
const MEAN_BATCH: usize = 4;
/// Draws that a mean square must rest on: `(Σ d²)²/Σ d⁴`.
const FEWEST: f64 = 32.0;
/// Largest joint chain whose laws are carried as matrices here.
const LARGEST_EXACT: usize = 400;

impl Claim for FixedPoint {
    fn id(&self) -> &'static str {
        "fixed_point"
    }

    fn short(&self) -> &'static str {
        "successive laws approach each other"
    }

    fn statement(&self) -> &'static str {
        "the stationary law is a fixed point of the kernel, and the iterates of a start contract to it"
    }

    fn margin_meaning(&self) -> &'static str {
        "the ratio of the distances of the laws of successive iterates, between that of their means and that of coupled copies, must lie below the threshold, 1 less the margin, a step"
    }

    fn premises(&self) -> &'static [&'static str] {
        &["data_ergodicity", "hidden_contraction", crate::claims::contract::premises::SECOND_MOMENT]
    }

    fn on_request(&self) -> bool {
        true
    }

    fn budget(&self) -> Budget {
        Budget { chains: 1536, steps: 200, burn_in: 300, margin: 0.02, times: vec![0, 1, 2, 5, 10, 20, 40], ..Budget::default() }
    }

    fn work<'c>(&self, case: &'c Case) -> Vec<Work<'c>> {
        // On a recorded series the law of the data is one row, and successive iterates stand on
        // different rows.
        if case.data.is_recorded() {
            return vec![];
        }
        let (budget, footprint) = (case.budget(self.id()), memory_count::walks(case));
        let [followed, draws, means] = [ITERATES, DRAWS, MEANS].map(|part| case.key_of(self.id(), part));
        vec![
            Work::new(ITERATES, populations(budget.chains), footprint, move |index| iterates_of_pairs(case, budget, followed, index)),
            Work::new(DRAWS, batches(budget.chains), footprint, move |index| backward_draws(case, budget, draws, index)),
            Work::new(MEANS, batches(budget.chains), footprint, move |index| means_of_iterates(case, budget, means, index)),
        ]
    }

    fn question(&self, case: &Case) -> Question {
        Question::below(QUANTITY, 1.0 - case.budget(self.id()).margin)
    }

    fn judge(&self, case: &Case, records: &Records) -> Result<Finding, Undefined> {
        let budget = case.budget(self.id());
        if case.data.is_recorded() {
            return Err(Undefined::because("a recorded series has no law that successive iterates could be drawn from"));
        }
        let key = case.key_of(self.id(), "judge");
        let decay = decay_rate::decay(case, records.part(ITERATES), Block::Joint.name(), Shape::Following(case.parts()), key)?;
        let means = Means::of(records.part(MEANS), &budget.times, case.level);
        let mut finding = iterates::two_sided(decay_rate::finding(QUANTITY, &decay, budget.margin), &means);
        let drawn = drawn(case, records.part(DRAWS), &decay, budget);
        finding = with_draws(finding, &drawn);
        let exact = exact_distances(case, &budget.times);
        let mut panels = decay_panels::panels(case, &[&decay], &[]);
        let panel = &mut panels[0];
        if let Some(exact) = &exact {
            let mut between = true;
            for (look, (time, truth)) in budget.times.iter().zip(exact).enumerate() {
                finding = finding.with(names::W2_EXACT.at(time), *truth);
                between &= !means.at(look).is_ok_and(|mean| decay_rate::order_broken(&mean, &Estimate::exact(*truth)));
                if let Ok(coupled) = decay.curve.estimate(*time, case.level) {
                    between &= !decay_rate::order_broken(&Estimate::exact(*truth), &coupled);
                    finding = finding.with(names::COUPLED.at(time), coupled);
                }
            }
            finding.conditions.push(Condition {
                name: "the exact distances of successive iterates lie between those of means and the coupled ones, within three half-widths".into(),
                outcome: if between { Outcome::Supported } else { Outcome::Undefined },
            });
            let points = budget.times.iter().zip(exact).map(|(time, truth)| Mark { x: *time as f64, y: *truth, interval: None }).collect();
            panel.layers.push(Layer::Points { label: "exact W₂ of successive iterates".into(), role: Role::Exact, points });
        }
        if let Some(oracle) = case.linear.clone().and_then(|model| LinearGaussian::new(model).ok()) {
            finding = finding.with(names::EXACT_RATE, oracle.rate());
        }
        panel.layers.push(Layer::Points {
            label: "distance of means, a lower bound".into(),
            role: Role::Rival(0),
            points: means.marks(&budget.times),
        });
        panel.title = "joint chain".into();
        panel.x.label = "iterate k (steps)".into();
        panel.y.label = "distance of iterates k and k + 1".into();
        let caption = format!(
            "Case {}: root mean square distance of a copy with law νPᵏ and a copy with law νPᵏ⁺¹ on the same noise, an upper bound on their W₂, {}, \
             and the distance of their means, a lower bound. The upper one is the mean increment of backward iteration, so a geometric decay is also the error of its draws from the stationary law.",
            case.name,
            decay_rate::replicas(case, &decay, crate::claims::measuring::pairs::population(budget.chains))
        );
        finding.figures.push(decay_rate::figure(
            case,
            self.id(),
            "Do successive iterates of the law approach each other geometrically?",
            caption,
            panels,
        ));
        Ok(finding)
    }

    /// A two-cycle: `S' = tanh(−1.6 S + 0.05 X)` changes sides at every step, so from one side the
    /// iterates of the law alternate for ever.
    fn violation(&self, seed: u64) -> Case {
        let budget = Budget { chains: 96, steps: 120, burn_in: 50, margin: 0.02, times: vec![5, 40], ..Budget::default() };
        let blueprint =
            violation::Fixture { phi: 0.5, recurrent: &[-1.6, -1.6], input_weight: 0.05, activation: "tanh", learning: violation::plain_learning() };
        let mut case = blueprint.build(seed, self.id(), budget);
        case.start.hidden = Some(vec![0.8, 0.8]);
        case
    }
}

/// Populations of pairs of successive iterates.
fn iterates_of_pairs(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let chain = JointChain::new(&*case.data, &*case.network.cell);
    let [guides @ .., joint] = Block::ALL.map(|block| chain.blocks().range(block));
    let ranges = [joint];
    let following = PairPopulations::of(budget, key, &ranges).guided_by(&guides);
    let members = members_of_populations(budget, index);
    let followed = following.run_beside_smaller(&chain, members, |replicate| successive(case, &chain, key, replicate));
    record_of_populations(budget.steps, [Block::Joint.name()], followed)
}

/// Mean differences of successive iterates, for the lower bound.
fn means_of_iterates(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let chain = JointChain::new(&*case.data, &*case.network.cell);
    let looks = Projections::whole(case, FixedPoint.id());
    let of = |replicates: &[usize]| {
        let pairs = replicates.iter().map(|replicate| {
            let noise = Noise::at(key.replicate(*replicate).stream(stream::INNOVATION));
            (successive(case, &chain, key, *replicate), noise)
        });
        iterates::mean_differences(&chain, pairs.collect(), &budget.times, |difference| looks.image_of_whole(difference))
    };
    let all: Vec<usize> = members(budget, index).collect();
    let differences = all.chunks(MEAN_BATCH).flat_map(of).collect();
    Record::default().with(names::MEAN_DIFFERENCE, looks.width() * budget.times.len().max(1), differences)
}

/// Draws by backward iteration, and what the last step of each added.
fn backward_draws(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let chain = JointChain::new(&*case.data, &*case.network.cell);
    let looks = Projections::whole(case, FixedPoint.id());
    let (mut images, mut increments) = (Vec::new(), Vec::new());
    for replicate in members(budget, index) {
        let (draw, increment) = backward_draw(&chain, start(case, &chain, key, replicate), budget.burn_in, key.replicate(replicate));
        let fresh = Noise::at(key.replicate(replicate).stream(stream::OBSERVATION));
        let steps = usize::from(replicate % SAMPLES == SAMPLES - 1);
        images.extend(looks.image_of_whole(&moved(&chain, &draw, steps, fresh)));
        increments.push(increment);
    }
    Record::default().with(names::IMAGE, looks.width(), images).with(names::INCREMENT, 1, increments)
}

/// The finding with what draws of the stationary law say.
fn with_draws(mut finding: Finding, drawn: &Result<Drawn, Undefined>) -> Finding {
    match drawn {
        Err(why) => {
            finding.conditions.push(Condition { name: format!("draws of the stationary law can be compared ({why})"), outcome: Outcome::Undefined });
        }
        Ok(drawn) => {
            let outcome = if drawn.coefficient.upper < SAME_LAW {
                Outcome::Supported
            } else if drawn.coefficient.lower > SAME_LAW {
                Outcome::Contradicted
            } else {
                Outcome::Inconclusive
            };
            finding
                .conditions
                .push(Condition { name: format!("a step leaves the law of the draws within an energy coefficient of {SAME_LAW}"), outcome });
            finding = finding
                .with(names::ENERGY_COEFFICIENT_AFTER_A_STEP, drawn.coefficient)
                .with(names::RELABELLING_P, drawn.relabelling_p)
                .with(names::DRAW_INCREMENT, drawn.increment.clone())
                .with(
                    names::DRAW_ERROR_BOUND,
                    drawn.error.clone().map(|bound| bound.value).map_or_else(|why| Number::Undefined { undefined: why.reason }, Number::from),
                );
            finding = match &drawn.centred {
                Ok(pair) => finding
                    .with(names::CENTRED_SQUARED_U, pair.upper)
                    .with(names::CENTRED_SQUARED_L, pair.lower)
                    .with(names::NOISE_FLOOR_SQUARED, pair.raw - pair.upper.value),
                Err(why) => finding.with(names::CENTRED_SQUARED_U, Err(why.clone())),
            };
        }
    }
    finding
}

/// A draw of the start law ν of the case.
fn start(case: &Case, chain: &JointChain, key: RngKey, replicate: usize) -> Vec<f64> {
    let data = case.data_start(replicate, case.budget(FixedPoint.id()).chains, key, stream::START);
    chain.state(&data, &case.hidden_start(replicate, key, stream::START))
}

/// Draws of ν and of νP from it.
fn successive(case: &Case, chain: &JointChain, key: RngKey, replicate: usize) -> (Vec<f64>, Vec<f64>) {
    let start = start(case, chain, key, replicate);
    let next = moved(chain, &start, 1, Noise::at(key.replicate(replicate).stream(stream::BURN_IN)));
    (start, next)
}

fn moved(chain: &JointChain, state: &[f64], steps: usize, mut noise: Noise) -> Vec<f64> {
    let mut walk = Walk::from(chain, state.to_vec());
    walk.advance(steps, &mut noise);
    walk.into_state()
}

/// Backward iteration over 2T steps, and by how much it moves from T to 2T steps.
///
/// ```text
/// Z_T = F_{ξ_1} ∘ … ∘ F_{ξ_T}(h),   |Z_{2T} − Z_T|
/// ```
///
/// The innovations are fixed and those of the far past come in first, so `Z_T` converges as T grows
/// where the maps contract (Letac 1986, doi 10.1090/conm/050/841098); its limit is a draw of the
/// stationary law. The two differ in where they start T steps before the end, so they are a coupled
/// pair.
fn backward_draw(chain: &JointChain, start: Vec<f64>, steps: usize, key: RngKey) -> (Vec<f64>, f64) {
    let earlier = moved(chain, &start, steps, Noise::at(key.stream(stream::BURN_IN)));
    let mut noise = Noise::at(key.stream(stream::INNOVATION));
    let (mut draw, mut increment) = (Vec::new(), 0.0);
    follow(chain, (earlier, start), steps, &mut noise, |t, longer, difference| {
        if t == steps {
            (draw, increment) = (longer.to_vec(), norm(difference));
        }
    });
    (draw, increment)
}

/// What the draws say.
struct Drawn {
    coefficient: Estimate,
    relabelling_p: f64,
    centred: Result<Centred, Undefined>,
    increment: Result<Estimate, Undefined>,
    error: Result<Estimate, Undefined>,
}

fn drawn(case: &Case, part: &Part, decay: &BlockDecay, budget: &Budget) -> Result<Drawn, Undefined> {
    const RELABELLINGS: usize = 499;
    let (images, increments) = (part.stacked(names::IMAGE)?, part.stacked(names::INCREMENT)?);
    let labels: Vec<usize> = (0..images.nrows()).map(|replicate| usize::from(replicate % SAMPLES == SAMPLES - 1)).collect();
    let points: Vec<Array2<f64>> = images.rows().into_iter().map(|row| row.to_owned().insert_axis(Axis(0))).collect();
    let key = case.key_of(FixedPoint.id(), "judge").stream(stream::RESAMPLING);
    let sizes = same_law::sizes(&points);
    let groups = same_law::compare(&Independent::declare(points), &sizes, &labels, case.level, Some((RELABELLINGS, key)))?;
    let whole = images.nrows() / SAMPLES * SAMPLES;
    let sample = |which: usize| images.slice(s![which..whole;SAMPLES, ..]).to_owned();
    let squares: Vec<f64> = increments.iter().map(|d| d * d).collect();
    let increment = carried(&squares)
        .and_then(|()| Sample::new(&squares)?.positive_or_plain_mean(case.level))
        .map(|mean| mean.map_monotone(|square| square.max(0.0).sqrt()));
    let error = error_of_draws(decay, case.level, 2 * budget.burn_in);
    Ok(Drawn {
        coefficient: groups.largest,
        relabelling_p: groups.relabelling_p,
        centred: centred(sample(2).view(), sample(0).view(), sample(1).view(), case.level),
        increment,
        error,
    })
}

/// Whether a mean of squares rests on more than a few of them.
fn carried(squares: &[f64]) -> Result<(), Undefined> {
    let (sum, fourth) = squares.iter().fold((0.0, 0.0), |(sum, fourth), x| (sum + x, fourth + x * x));
    let number = if fourth > 0.0 { sum * sum / fourth } else { squares.len() as f64 };
    if number < FEWEST { Err(Undefined::because(format!("its mean square rests on {number:.0} draws"))) } else { Ok(()) }
}

/// What keeps draws after `steps` steps from the stationary law.
///
/// ```text
/// W_2(νP^k, μ) ≤ Σ_{j ≥ k} d_j ≤ d_k/(1 − r),   d_k ≤ d_K r^{k − K}
/// ```
///
/// with `d_K` the upper limit of the coupled distance at the end of the fit's window and `r` that
/// of the rate, which `d` is taken to follow from there on.
fn error_of_draws(decay: &BlockDecay, level: f64, steps: usize) -> Result<Estimate, Undefined> {
    let fit = decay.fit.as_ref().map_err(Clone::clone)?;
    let (last, rate) = (fit.window.last.min(steps), fit.rate.upper);
    if rate >= 1.0 {
        return Err(Undefined::because("the coupled distance need not fall"));
    }
    let distance = decay.curve.estimate(last, level)?.upper;
    Ok(Estimate { level, ..Estimate::exact(distance * libm::exp((steps - last) as f64 * libm::log(rate)) / (1.0 - rate)) })
}

/// Exact `W_2(νP^k, νP^{k+1})` of the joint chain.
fn exact_distances(case: &Case, times: &[usize]) -> Option<Vec<f64>> {
    let oracle = LinearGaussian::new(case.linear.clone()?).ok().filter(|oracle| oracle.blocks().len() <= LARGEST_EXACT)?;
    let start = gaussian_start(case);
    times
        .iter()
        .map(|time| {
            let (now, next) = (oracle.law(&start, *time).ok()?, oracle.law(&start, time + 1).ok()?);
            Some(wasserstein_2(&(next.mean - &now.mean), &next.factor, &now.factor))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::contract::violation::Fixture;

    fn chain_of(recurrent: &[f64]) -> Case {
        let learning = violation::plain_learning();
        Fixture { phi: 0.5, recurrent, input_weight: 0.7, activation: "tanh", learning }.build(3, FixedPoint.id(), FixedPoint.budget())
    }

    #[test]
    fn backward_iteration_converges_along_each_path_where_the_forward_chain_keeps_moving() {
        let case = chain_of(&[0.6, -0.4]);
        let chain = JointChain::new(&*case.data, &*case.network.cell);
        let key = case.key.within("test");
        for replicate in 0..5 {
            let at = |steps: usize| backward_draw(&chain, start(&case, &chain, key, replicate), steps, key.replicate(replicate));
            let (short, long) = (at(40).1, at(80).1);
            // 0.6 to the power 40 is 1.3e-9; the derivatives bring a factor of the order of t.
            assert!(short < 1e-5 && long < 1e-4 * short && long > 0.0, "{short} {long}");
            let walk = |steps: usize| moved(&chain, &start(&case, &chain, key, replicate), steps, Noise::at(key.replicate(replicate)));
            let forward: Vec<f64> = walk(80).iter().zip(walk(81)).map(|(a, b)| b - a).collect();
            assert!(norm(&forward) > 1e-3, "the forward chain stands still");
        }
    }

    #[test]
    fn the_two_cycle_alternates() {
        let case = FixedPoint.violation(1);
        let chain = JointChain::new(&*case.data, &*case.network.cell);
        let hidden = chain.blocks().range(Block::Hidden).start;
        let sign = |steps: usize| moved(&chain, &start(&case, &chain, case.key, 0), steps, Noise::at(case.key))[hidden].signum();
        assert_eq!([20, 21, 60, 61].map(sign), [1.0, -1.0, 1.0, -1.0]);
    }
}
