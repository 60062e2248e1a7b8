//! Claim: the stationary law is the fixed point of the kernel, and the iterates of any start contract to it.

use super::geometric_ergodicity::gaussian_start;
use super::iterates::{self, Means};
use super::looks::Looks;
use super::martingale_increments::variance_of;
use super::pairs::{Following, batches, follow, members, members_of_populations, populations, record_of_populations};
use super::rates::BlockDecay;
use super::{Budget, Case, Claim, Condition, Finding, Number, Outcome, Part, Record, Records, RightSide, Units, rates, same_law, violation};
use crate::chain::JointChain;
use crate::ergodicity::Shape;
use crate::figures::{Layer, Mark, Role};
use crate::markov::{Block, Independent, Walk, length};
use crate::random::{Address, Noise, stream};
use crate::stats::{Estimate, Undefined};
use crate::theory::LinearGaussian;
use crate::transport::{Centred, centred, wasserstein_2};
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

    fn statement(&self) -> &'static str {
        "the stationary law is a fixed point of the kernel, and the iterates of a start contract to it"
    }

    fn margin_meaning(&self) -> &'static str {
        "the ratio of the distances of the laws of successive iterates, between that of their means and that of coupled copies, must lie below 1 − margin a step"
    }

    fn premises(&self) -> &'static [&'static str] {
        &["data_ergodicity", "hidden_contraction", super::premises::SECOND_MOMENT]
    }

    fn on_request(&self) -> bool {
        true
    }

    fn budget(&self) -> Budget {
        Budget { chains: 1536, steps: 200, burn_in: 300, margin: 0.02, seeds: 0, checkpoints: 0, taus: vec![], times: vec![0, 1, 2, 5, 10, 20, 40] }
    }

    fn units(&self, case: &Case) -> Vec<Units> {
        // On a recorded series the law of the data is one row, and successive iterates stand on different rows.
        if case.data.is_recorded() {
            return vec![];
        }
        let chains = case.budget(self.id()).chains;
        vec![populations(ITERATES, chains), batches(DRAWS, chains), batches(MEANS, chains)]
    }

    fn run(&self, case: &Case, part: &str, index: usize) -> Record {
        let (budget, address) = (case.budget(self.id()), case.address_of(self.id(), part));
        let chain = JointChain::new(&*case.data, &*case.network.cell);
        if part == ITERATES {
            let [guides @ .., joint] = Block::ALL.map(|block| chain.blocks().range(block));
            let ranges = [joint];
            let following = Following::of(budget, address, &ranges).guided_by(&guides);
            let members = members_of_populations(budget, index);
            let followed = following.run_beside_smaller(&chain, members, |replicate| successive(case, &chain, address, replicate));
            return record_of_populations(budget.steps, [Block::Joint.name()], followed);
        }
        let looks = Looks::whole(case, self.id());
        if part == MEANS {
            let of = |replicates: &[usize]| {
                let pairs = replicates.iter().map(|replicate| {
                    let noise = Noise::at(address.replicate(*replicate).stream(stream::INNOVATION));
                    (successive(case, &chain, address, *replicate), noise)
                });
                iterates::mean_differences(&chain, pairs.collect(), &budget.times, |difference| looks.image_of_whole(difference))
            };
            let all: Vec<usize> = members(budget, index).collect();
            let differences = all.chunks(MEAN_BATCH).flat_map(of).collect();
            return Record::default().with("mean_difference", looks.width() * budget.times.len().max(1), differences);
        }
        let (mut images, mut increments) = (Vec::new(), Vec::new());
        for replicate in members(budget, index) {
            let (draw, increment) = backward_draw(&chain, start(case, &chain, address, replicate), budget.burn_in, address.replicate(replicate));
            let fresh = Noise::at(address.replicate(replicate).stream(stream::OBSERVATION));
            let steps = usize::from(replicate % SAMPLES == SAMPLES - 1);
            images.extend(looks.image_of_whole(&moved(&chain, &draw, steps, fresh)));
            increments.push(increment);
        }
        Record::default().with("image", looks.width(), images).with("increment", 1, increments)
    }

    fn judge(&self, case: &Case, records: &Records) -> Finding {
        let budget = case.budget(self.id());
        let undefined = |why| Finding::undefined(QUANTITY, 1.0 - budget.margin, RightSide::Below, why);
        if case.data.is_recorded() {
            return undefined(Undefined::because("a recorded series has no law that successive iterates could be drawn from"));
        }
        let address = case.address_of(self.id(), "judge");
        let decay = match rates::decay(case, &records.part(ITERATES), Block::Joint.name(), Shape::Following(case.parts()), address) {
            Ok(decay) => decay,
            Err(why) => return undefined(why),
        };
        let means = Means::of(&records.part(MEANS), &budget.times, case.level);
        let mut finding = iterates::two_sided(rates::finding(QUANTITY, &decay, budget.margin), &means);
        let drawn = drawn(case, &records.part(DRAWS), &decay, budget);
        finding = with_draws(finding, &drawn);
        let exact = exact_distances(case, &budget.times);
        let mut panel = rates::panel(case, &decay, &[]);
        if let Some(exact) = &exact {
            let mut between = true;
            for (look, (time, truth)) in budget.times.iter().zip(exact).enumerate() {
                finding = finding.with(&format!("w2_exact[{time}]"), *truth);
                between &= !means.at(look).is_ok_and(|mean| rates::order_broken(&mean, &Estimate::exact(*truth)));
                if let Ok(coupled) = decay.curve.estimate(*time, case.level) {
                    between &= !rates::order_broken(&Estimate::exact(*truth), &coupled);
                    finding = finding.with(&format!("coupled[{time}]"), coupled);
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
            finding = finding.with("exact_rate", oracle.rate());
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
            rates::replicas(case, &decay, super::pairs::population(budget.chains))
        );
        finding.figures.push(rates::figure(
            case,
            self.id(),
            "Do successive iterates of the law approach each other geometrically?",
            caption,
            vec![panel],
        ));
        finding
    }

    /// A two-cycle: `S' = tanh(−1.6 S + 0.05 X)` changes sides at every step, so from one side the iterates of the law alternate for ever.
    fn violation(&self, seed: u64) -> Case {
        let budget = Budget { chains: 96, steps: 120, burn_in: 50, margin: 0.02, seeds: 0, checkpoints: 0, taus: vec![], times: vec![5, 40] };
        let blueprint = violation::Blueprint {
            memory: 0.5,
            recurrent: &[-1.6, -1.6],
            input_weight: 0.05,
            activation: "tanh",
            learning: violation::plain_learning(),
        };
        let mut case = blueprint.build(seed, self.id(), budget);
        case.start.hidden = Some(vec![0.8, 0.8]);
        case
    }
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
                .with("energy_coefficient_after_a_step", drawn.coefficient)
                .with("relabelling_p", drawn.relabelling_p)
                .with("draw_increment", drawn.increment.clone())
                .with(
                    "draw_error_bound",
                    drawn.error.clone().map(|bound| bound.value).map_or_else(|why| Number::Undefined { undefined: why.reason }, Number::from),
                );
            finding = match &drawn.centred {
                Ok(pair) => finding
                    .with("centred_squared_U", pair.upper)
                    .with("centred_squared_L", pair.lower)
                    .with("noise_floor_squared", pair.raw - pair.upper.value),
                Err(why) => finding.with("centred_squared_U", Err(why.clone())),
            };
        }
    }
    finding
}

/// A draw of the start law ν of the case.
fn start(case: &Case, chain: &JointChain, address: Address, replicate: usize) -> Vec<f64> {
    let data = case.data_start(replicate, case.budget(FixedPoint.id()).chains, address, stream::START);
    chain.state(&data, &case.hidden_start(replicate, address, stream::START))
}

/// Draws of ν and of νP from it.
fn successive(case: &Case, chain: &JointChain, address: Address, replicate: usize) -> (Vec<f64>, Vec<f64>) {
    let start = start(case, chain, address, replicate);
    let next = moved(chain, &start, 1, Noise::at(address.replicate(replicate).stream(stream::BURN_IN)));
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
/// The innovations are fixed and those of the far past come in first, so `Z_T` converges as T grows where the maps contract (Letac 1986, doi 10.1090/conm/050/841098); its limit is
/// a draw of the stationary law. The two differ in where they start T steps before the end, so they are a coupled pair.
fn backward_draw(chain: &JointChain, start: Vec<f64>, steps: usize, address: Address) -> (Vec<f64>, f64) {
    let earlier = moved(chain, &start, steps, Noise::at(address.stream(stream::BURN_IN)));
    let mut noise = Noise::at(address.stream(stream::INNOVATION));
    let (mut draw, mut increment) = (Vec::new(), 0.0);
    follow(chain, (earlier, start), steps, &mut noise, |t, longer, difference| {
        if t == steps {
            (draw, increment) = (longer.to_vec(), length(difference));
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
    let (images, increments) = (part.stacked("image")?, part.stacked("increment")?);
    let labels: Vec<usize> = (0..images.nrows()).map(|replicate| usize::from(replicate % SAMPLES == SAMPLES - 1)).collect();
    let points: Vec<Array2<f64>> = images.rows().into_iter().map(|row| row.to_owned().insert_axis(Axis(0))).collect();
    let address = case.address_of(FixedPoint.id(), "judge").stream(stream::RESAMPLING);
    let sizes = same_law::sizes(&points);
    let groups = same_law::compare(&Independent::declare(points), &sizes, &labels, case.level, Some((RELABELLINGS, address)))?;
    let whole = images.nrows() / SAMPLES * SAMPLES;
    let sample = |which: usize| images.slice(s![which..whole;SAMPLES, ..]).to_owned();
    let squares: Vec<f64> = increments.iter().map(|d| d * d).collect();
    let increment = carried(&squares).and_then(|()| variance_of(&squares, case.level)).map(|mean| mean.map_monotone(|square| square.max(0.0).sqrt()));
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
/// with `d_K` the upper limit of the coupled distance at the end of the fit's window and `r` that of the rate, which `d` is taken to follow from there on.
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
    use crate::claims::violation::Blueprint;

    fn chain_of(recurrent: &[f64]) -> Case {
        let learning = violation::plain_learning();
        Blueprint { memory: 0.5, recurrent, input_weight: 0.7, activation: "tanh", learning }.build(3, FixedPoint.id(), FixedPoint.budget())
    }

    #[test]
    fn backward_iteration_converges_along_each_path_where_the_forward_chain_keeps_moving() {
        let case = chain_of(&[0.6, -0.4]);
        let chain = JointChain::new(&*case.data, &*case.network.cell);
        let address = case.address.within("test");
        for replicate in 0..5 {
            let at = |steps: usize| backward_draw(&chain, start(&case, &chain, address, replicate), steps, address.replicate(replicate));
            let (short, long) = (at(40).1, at(80).1);
            // 0.6 to the power 40 is 1.3e-9; the derivatives bring a factor of the order of t.
            assert!(short < 1e-5 && long < 1e-4 * short && long > 0.0, "{short} {long}");
            let walk = |steps: usize| moved(&chain, &start(&case, &chain, address, replicate), steps, Noise::at(address.replicate(replicate)));
            let forward: Vec<f64> = walk(80).iter().zip(walk(81)).map(|(a, b)| b - a).collect();
            assert!(length(&forward) > 1e-3, "the forward chain stands still");
        }
    }

    #[test]
    fn the_two_cycle_alternates() {
        let case = FixedPoint.violation(1);
        let chain = JointChain::new(&*case.data, &*case.network.cell);
        let hidden = chain.blocks().range(Block::Hidden).start;
        let sign = |steps: usize| moved(&chain, &start(&case, &chain, case.address, 0), steps, Noise::at(case.address))[hidden].signum();
        assert_eq!([20, 21, 60, 61].map(sign), [1.0, -1.0, 1.0, -1.0]);
    }
}
