//! Whether the stationary mean of the carried derivatives is the derivative of the stationary mean
//! state, `E_μ V u = ∂_u E_μ S`, under common noise.

use crate::chain::{JointChain, Sketch, SketchedChain};
use crate::claims::contract::record::rows;
use crate::claims::gradient_identity::names;
use crate::claims::gradient_identity::{GradientIdentity, relative_bias};
use crate::claims::{Case, Claim, Condition, Finding, Footprint, Outcome, Part, Record};
use crate::markov::{Block, Kernel, Walk, norm};
use crate::network::Network;
use crate::random::{Noise, stream};
use crate::stats::{Estimate, Undefined, squared_norm_of_mean};
use crate::theory::LinearGaussian;

/// Name of the part.
pub(super) const PART: &str = "mean_derivative";
/// Directions of the parameters, of random signs.
const DIRECTIONS: usize = 4;
/// Distance δ of the parameters; the difference at 2δ takes the error of order δ² away.
const WIDTH: f64 = 1e-3;
/// Weights of `S(θ + mδu)` in the derivative, `(4 D_δ − D_{2δ})/3` with central differences `D`.
const STENCIL: [(f64, f64); 4] = [(1.0, 4.0 / 6.0), (-1.0, -4.0 / 6.0), (2.0, -1.0 / 12.0), (-2.0, 1.0 / 12.0)];

/// The chain with its derivatives along fixed directions: `V r_j` alone where the cell can carry
/// that, otherwise from the whole of V.
struct Chains<'a> {
    case: &'a Case,
    sketched: Option<SketchedChain<'a>>,
    whole: JointChain<'a>,
    /// Unit directions in the space of the recurrent parameters.
    directions: Vec<Vec<f64>>,
    /// The length that every direction has in the sketch.
    size: f64,
}

impl<'a> Chains<'a> {
    fn of(case: &'a Case) -> Self {
        let cell = &*case.network.cell;
        let sketch = Sketch::draw(cell, DIRECTIONS, case.key_of(GradientIdentity.id(), PART).within("directions"));
        let flat = |j: usize| -> Vec<f64> {
            sketch.directions().unit(j).iter().flat_map(|u| sketch.directions().group(j).iter().map(move |w| u * w)).collect()
        };
        let mut directions: Vec<Vec<f64>> = (0..DIRECTIONS).map(flat).collect();
        let size = norm(&directions[0]);
        directions.iter_mut().flatten().for_each(|u| *u /= size);
        let sketched = SketchedChain::new(&*case.data, cell, std::slice::from_ref(&sketch), false);
        Chains { case, sketched, whole: JointChain::new(&*case.data, cell), directions, size }
    }

    fn kernel(&self) -> &dyn Kernel {
        self.sketched.as_ref().map_or(&self.whole as &dyn Kernel, |chain| chain as &dyn Kernel)
    }

    fn state(&self, data: &[f64], hidden: &[f64]) -> Vec<f64> {
        self.sketched.as_ref().map_or_else(|| self.whole.state(data, hidden), |chain| chain.state(data, hidden, 0))
    }

    /// Where the derivatives stand in a state.
    fn derivatives(&self) -> std::ops::Range<usize> {
        self.sketched.as_ref().map_or_else(|| self.whole.blocks(), SketchedChain::blocks).range(Block::Derivative)
    }

    /// `V u_j` of a state, direction by direction.
    fn along(&self, state: &[f64]) -> Vec<f64> {
        let derivatives = &state[self.derivatives()];
        if self.sketched.is_some() {
            return derivatives.iter().map(|v| v / self.size).collect();
        }
        self.images(derivatives)
    }

    /// `V u_j` of a whole V.
    fn images(&self, influence: &[f64]) -> Vec<f64> {
        let cell = &*self.case.network.cell;
        let mut image = vec![0.0; cell.state_len()];
        let of = |direction: &Vec<f64>| {
            cell.influence_layout().apply(influence, direction, &mut image);
            image.clone()
        };
        self.directions.iter().flat_map(of).collect()
    }
}

/// Cells at `θ + mδu_j` with the state that each has come to.
struct Moved {
    cells: Vec<(Network, f64)>,
    states: Vec<Vec<f64>>,
    tape: Vec<f64>,
    next: Vec<f64>,
}

impl Moved {
    fn of(chains: &Chains, hidden: &[f64]) -> Self {
        let network = &chains.case.network;
        let at = |direction: &[f64], shift: f64| {
            let mut moved = network.clone();
            moved.cell.parameters_mut().iter_mut().zip(direction).for_each(|(theta, u)| *theta += shift * WIDTH * u);
            moved
        };
        let cells: Vec<(Network, f64)> =
            chains.directions.iter().flat_map(|u| STENCIL.map(|(shift, weight)| (at(u, shift), weight / WIDTH))).collect();
        Moved { states: vec![hidden.to_vec(); cells.len()], tape: vec![0.0; network.cell.tape_len()], next: vec![0.0; hidden.len()], cells }
    }

    fn step(&mut self, input: &[f64]) {
        for ((network, _), state) in self.cells.iter().zip(&mut self.states) {
            network.cell.step(state, input, &mut self.next, &mut self.tape);
            state.copy_from_slice(&self.next);
        }
    }

    /// Adds `share` times the difference quotients, direction by direction.
    fn add_quotients(&self, share: f64, sum: &mut [f64]) {
        let hidden = self.next.len();
        for (index, ((_, weight), state)) in self.cells.iter().zip(&self.states).enumerate() {
            let own = &mut sum[index / STENCIL.len() * hidden..(index / STENCIL.len() + 1) * hidden];
            own.iter_mut().zip(state).for_each(|(sum, s)| *sum += share * weight * s);
        }
    }
}

/// Time averages along one trajectory: of `V u_j`, of the difference quotients of S on the same
/// noise, and of `E u_j`, the derivative that forgets what it carried.
pub(super) fn run(case: &Case, (steps, burn_in, replicates): (usize, usize, usize), replicate: usize) -> Record {
    let key = case.key_of(GradientIdentity.id(), PART);
    let chains = Chains::of(case);
    let kernel = chains.kernel();
    let data = case.data_start(replicate, replicates, key, stream::OTHER_START);
    let hidden = case.hidden_start(replicate, key, stream::OTHER_START);
    let mut walk = Walk::from(kernel, chains.state(&data, &hidden));
    let mut moved = Moved::of(&chains, &hidden);
    let width = DIRECTIONS * hidden.len();
    let (mut carried, mut differences, mut forgotten) = (vec![0.0; width], vec![0.0; width], vec![0.0; width]);
    let mut noise = Noise::at(key.replicate(replicate).stream(stream::INNOVATION));
    let (mut innovation, mut input) = (vec![0.0; kernel.innovation_len()], vec![0.0; case.data.inputs()]);
    let (mut next, mut work) = (vec![0.0; kernel.state_len()], vec![0.0; kernel.work_len()]);
    let share = 1.0 / steps as f64;
    let add = |sum: &mut [f64], values: Vec<f64>| sum.iter_mut().zip(values).for_each(|(sum, x)| *sum += share * x);
    for t in 0..burn_in + steps {
        noise.normals(&mut innovation);
        case.data.input(&walk.state()[..data.len()], &mut input);
        moved.step(&input);
        if t >= burn_in {
            let mut without = walk.state().to_vec();
            without[chains.derivatives()].fill(0.0);
            kernel.step(&without, &innovation, &mut next, &mut work);
            add(&mut forgotten, chains.along(&next));
        }
        walk.step(&innovation);
        if t >= burn_in {
            add(&mut carried, chains.along(walk.state()));
            moved.add_quotients(share, &mut differences);
        }
    }
    Record::default().with(names::CARRIED, width, carried).with(names::DIFFERENCE, width, differences).with(names::FORGOTTEN, width, forgotten)
}

/// The networks that are moved, and states with their derivatives.
pub(super) fn footprint(case: &Case) -> Footprint {
    let (cell, width) = (&*case.network.cell, DIRECTIONS * case.network.cell.state_len());
    let derivatives = if cell.tangents().is_some() { width } else { cell.influence_layout().len() };
    let state = case.data.state_len() + cell.state_len() + derivatives;
    let networks = (STENCIL.len() + 1) * DIRECTIONS * case.network.len();
    Footprint { working: networks + 6 * state + 4 * width + STENCIL.len() * width, recorded: 3 * width }
}

/// The finding with the identity as a condition, and in the linear Gaussian case the exact mean.
pub(super) fn judged(mut finding: Finding, case: &Case, part: &Part, margin: f64, exact_limit: f64) -> Finding {
    let read = |name| part.stacked(name).map(|table| rows(table.view()));
    let (carried, differences, forgotten) = match (read(names::CARRIED), read(names::DIFFERENCE), read(names::FORGOTTEN)) {
        (Ok(a), Ok(b), Ok(c)) => (a, b, c),
        (Err(why), ..) | (_, Err(why), _) | (.., Err(why)) => {
            finding.conditions.push(Condition { name: format!("E V u can be compared ({why})"), outcome: Outcome::Undefined });
            return finding;
        }
    };
    let gap = relative_bias(&carried, &differences, case.level);
    let outcome = match &gap {
        Ok(gap) if gap.upper < margin => Outcome::Supported,
        Ok(gap) if gap.lower > margin => Outcome::Contradicted,
        _ => Outcome::Inconclusive,
    };
    let name = format!("the stationary mean of V u is the derivative of that of S along {DIRECTIONS} directions, within {margin} of its length");
    finding.conditions.push(Condition { name, outcome });
    finding = finding
        .with(names::MEAN_DERIVATIVE_GAP, gap)
        .with(names::MEAN_DERIVATIVE_GAP_WITHOUT_MEMORY, relative_bias(&forgotten, &differences, case.level));
    if let Some(gap) = exact_gap(case, &carried) {
        let outcome = if gap.as_ref().is_ok_and(|gap| gap.lower > exact_limit) { Outcome::Contradicted } else { Outcome::Supported };
        let name = format!("the stationary mean of V u is not surely farther from the exact one than a squared {exact_limit:.2e}");
        finding.conditions.push(Condition { name, outcome });
        finding = finding.with(names::MEAN_DERIVATIVE_EXACT_GAP_SQUARED, gap);
    }
    finding
}

/// `‖E V u − exact‖²/‖exact‖²` over the directions, without noise bias.
fn exact_gap(case: &Case, carried: &[Vec<f64>]) -> Option<Result<Estimate, Undefined>> {
    let oracle = LinearGaussian::new(case.linear.clone()?).ok()?;
    let mean = oracle.stationary().ok()?.marginal(oracle.blocks().range(Block::Derivative)).mean;
    let truth = Chains::of(case).images(mean.as_slice()?);
    let size = norm(&truth);
    let gaps: Vec<Vec<f64>> = carried.iter().map(|row| row.iter().zip(&truth).map(|(v, t)| v - t).collect()).collect();
    (size > 0.0).then(|| Ok(squared_norm_of_mean(&gaps, case.level)?.map_monotone(|square| square / (size * size))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::contract::violation::{Fixture, plain_learning};
    use crate::claims::{Number, Question};
    use crate::network::{Diagonal, activation};

    fn case() -> Case {
        let blueprint = Fixture { phi: 0.5, recurrent: &[0.7, -0.4], input_weight: 0.7, activation: "tanh", learning: plain_learning() };
        blueprint.build(3, "gradient_identity", GradientIdentity.budget())
    }

    fn judged_of(case: &Case, carried: &str) -> (Finding, Outcome) {
        let records = (0..16).map(|replicate| {
            let mut record = run(case, (200, 100, 16), replicate);
            let series = record.series[carried].clone();
            record.series.insert("carried".to_string(), series);
            record
        });
        let empty = Finding::undefined(Question::below("", 0.01), Undefined::because("nothing else was measured"));
        let finding = judged(empty, case, &Part(records.collect()), 0.01, 0.01);
        let outcome = finding.conditions[0].outcome;
        (finding, outcome)
    }

    #[test]
    fn the_mean_of_the_carried_derivative_is_the_derivative_of_the_mean_and_that_of_a_forgetful_one_is_not() {
        let elman = case();
        let mut diagonal = elman.clone();
        let tanh = activation::named("tanh").unwrap();
        diagonal.network.cell = Box::new(Diagonal::new(&[0.7, -0.4], &[0.7, 0.7], &[0.1, 0.0], tanh).unwrap());
        for case in [elman, diagonal] {
            let (finding, word) = judged_of(&case, "carried");
            let Number::Interval(gap) = &finding.numbers["mean_derivative_gap"] else { panic!("{:?}", finding.numbers) };
            assert!(word == Outcome::Supported && gap.upper < 1e-6, "{gap:?}");
            assert_eq!(judged_of(&case, "forgotten").1, Outcome::Contradicted);
        }
    }
}
