//! The network of a case: explicit parameters, parameters from a file, or parameters drawn from the
//! seed.

use super::imported::Check;
use super::parameters::{Given, Wanted};
use crate::data::section::Located;
use crate::data::{DataProcess, InputError};
use crate::linalg::{Norm, operator_norm};
use crate::network::kind::{self, BlockSpec, CellKind, CellOptions, Drawn, Sizes};
use crate::network::{Loss, Network, Readout, activation, loss};
use crate::random::{Noise, RngKey, stream};
use crate::stats::normal_tail;
use crate::study::config::NetworkSection;
use crate::study::memory::in_bytes;
use ndarray::Array2;
use std::path::Path;

/// Sizes and scales that are stated or by default.
struct Plan<'a> {
    at: Located<'a>,
    kind: &'static dyn CellKind,
    blocks: Vec<BlockSpec>,
    hidden: usize,
    /// Whether the study states the number of units.
    stated: bool,
    inputs: usize,
    outputs: usize,
    options: CellOptions<'a>,
    loss: &'static dyn Loss,
}

/// Builds the network for data of a process; drawn parameters come from `rng_key`,
/// and its norms may take `limit` operations.
pub(super) fn build(
    section: &NetworkSection,
    at: Located,
    process: &dyn DataProcess,
    (rng_key, limit): (RngKey, f64),
    base: &Path,
) -> Result<(Network, Option<String>), InputError> {
    let offered: Vec<&str> = kind::ALL.iter().map(|kind| kind.name()).collect();
    let name = at.word("cell", section.cell.as_deref().unwrap_or(kind::ALL[0].name()), &offered)?;
    let kind = kind::named(name).ok_or_else(|| at.error("cell", "no such cell", "see `rtrl-lab list`"))?;
    if section.activation.is_some() && !kind.takes_activation() {
        return Err(at.error("activation", format!("the activations of the cell `{name}` are fixed"), "take it out"));
    }
    let offered: Vec<&str> = activation::ALL.iter().map(|activation| activation.name()).collect();
    let name = at.word("activation", section.activation.as_deref().unwrap_or("tanh"), &offered)?;
    let activation = activation::named(name).ok_or_else(|| at.error("activation", "no such activation", "see `rtrl-lab list`"))?;
    let offered: Vec<&str> = loss::ALL.iter().map(|loss| loss.name()).collect();
    let name = at.word("loss", section.loss.as_deref().unwrap_or(loss::SQUARED.name()), &offered)?;
    let loss = loss::named(name).ok_or_else(|| at.error("loss", "no such loss", "see `rtrl-lab list`"))?;
    let sizes = (process.inputs(), process.outputs());
    if process.targets() < loss.takes() {
        let problem = format!("`{name}` is a loss of {}, and the targets here are {}", loss.takes().words(), process.targets().words());
        return Err(at.error("loss", problem, "choose another loss, or data with such targets"));
    }
    let beta = section.beta.unwrap_or(0.0);
    if ![0.0, 0.5, 1.0].contains(&beta) {
        return Err(at.error("beta", format!("{beta} is no mean-field exponent"), "choose 0, 0.5 or 1"));
    }
    if beta != 0.0 && !kind.takes_beta() {
        return Err(at.error("beta", format!("the cell `{}` has no mean field", kind.name()), "take it out"));
    }
    // The names, and which blocks are columns, do not depend on the number of units.
    let described = kind.blocks(Sizes { units: 2, inputs: sizes.0 });
    let names: Vec<&'static str> = described.iter().map(|block| block.name).collect();
    let given = Given::of(section.parameters.as_ref(), (kind.name(), &names), at, base)?;
    let hidden = match (section.hidden, given.units(&described)) {
        (Some(hidden), _) => at.count("hidden", hidden, (1, MOST_HIDDEN))?,
        (None, Some(hidden)) => at.count("parameters", hidden, (1, MOST_HIDDEN))?,
        (None, None) => return Err(at.error("", "`hidden` is missing", "give the number of hidden units, or explicit parameters")),
    };
    let blocks = kind.blocks(Sizes { units: hidden, inputs: sizes.0 });
    let mask = mask(section, at, kind, hidden, rng_key)?;
    let options = CellOptions { activation, beta, mask: mask.as_ref() };
    let plan = Plan { at, kind, blocks, hidden, stated: section.hidden.is_some(), inputs: sizes.0, outputs: sizes.1, options, loss };
    given.fit(&plan.wanted())?;
    plan.affordable(limit)?;
    assemble(section, given, &plan, rng_key)
}

/// The recurrent weights that there are, where the study states a mask or a density.
fn mask(section: &NetworkSection, at: Located, kind: &dyn CellKind, hidden: usize, rng_key: RngKey) -> Result<Option<Array2<bool>>, InputError> {
    let key = if section.mask.is_some() { "mask" } else { "density" };
    if (section.mask.is_some() || section.density.is_some()) && !kind.takes_mask() {
        return Err(at.error(key, format!("the cell `{}` has no sparse form", kind.name()), "take it out"));
    }
    if section.mask.is_some() && section.density.is_some() {
        return Err(at.error("density", "a mask is given as well", "give one of the two"));
    }
    if let Some(rows) = &section.mask {
        let given = at.matrix("mask", rows, (Some(hidden), Some(hidden)))?;
        if let Some(other) = given.iter().find(|kept| **kept != 0.0 && **kept != 1.0) {
            return Err(at.error("mask", format!("{other} is neither 0 nor 1"), "give 1 for a weight that there is, 0 for none"));
        }
        return Ok(Some(given.mapv(|kept| kept == 1.0)));
    }
    let Some(density) = section.density else { return Ok(None) };
    let density = at.number("density", density, (0.0, 1.0), false)?;
    let mut noise = Noise::at(rng_key.within("mask").stream(stream::PARAMETERS));
    Ok(Some(Array2::from_shape_fn((hidden, hidden), |_| noise.uniform() < density)))
}

/// Most hidden units, of a diagonal cell; the memory of the machine ends earlier on most.
const MOST_HIDDEN: usize = 1_000_000_000;
/// Copies of all parameters that are held while a network is made: as drawn or read, in the cell,
/// and in its clone.
const COPIES: f64 = 3.0;

impl Plan<'_> {
    /// The blocks of cell and readout.
    fn wanted(&self) -> Vec<Wanted> {
        let cell = self.blocks.iter().map(|block| Wanted { name: block.name, rows: self.hidden, columns: block.columns });
        let visible = self.kind.visible(self.hidden);
        let readout = [Wanted { name: "C", rows: self.outputs, columns: visible }, Wanted { name: "c", rows: self.outputs, columns: 1 }];
        cell.chain(readout).collect()
    }

    /// Whether a whole matrix between units is drawn or projected, whose norm is dear.
    fn has_matrices(&self) -> bool {
        self.blocks.iter().any(|block| block.drawn == Drawn::Recurrent && block.columns > 1)
    }

    /// Refuses a network that this machine does not hold, or whose norms take more operations than
    /// `limit`; nothing has been drawn or read by then.
    fn affordable(&self, limit: f64) -> Result<(), InputError> {
        let n = self.hidden as f64;
        let numbers: f64 = self.wanted().iter().map(|block| block.rows as f64 * block.columns as f64).sum();
        let bytes = COPIES * 8.0 * numbers;
        let key = if self.stated { "hidden" } else { "parameters" };
        let fewer = if self.has_matrices() { "take fewer units, or cell = \"diagonal\"" } else { "take fewer units" };
        if crate::study::machine_memory().is_some_and(|there| bytes > there as f64) {
            let problem = format!("the weights of {} units would take {} to make, more than this machine has", self.hidden, in_bytes(bytes));
            return Err(self.at.error(key, problem, fewer));
        }
        let operations = n * n * n;
        if self.has_matrices() && operations > limit {
            let problem =
                format!("the norm of a matrix of {0} × {0} takes about {operations:.0e} operations, more than the limit of {limit:.0e}", self.hidden);
            return Err(self.at.error(key, problem, format!("{fewer}, or raise `work_limit` under [study]")));
        }
        Ok(())
    }
}

fn assemble(section: &NetworkSection, mut given: Given<'_>, plan: &Plan, rng_key: RngKey) -> Result<(Network, Option<String>), InputError> {
    let at = plan.at;
    let (n, d, m) = (plan.hidden, plan.inputs, plan.outputs);
    let visible = plan.kind.visible(n);
    let norm = at.number("recurrent_norm", section.recurrent_norm.unwrap_or(0.8), (0.0, 1e6), false)?;
    let scale = |key: &str, value: Option<f64>, default: f64| at.number(key, value.unwrap_or(default), (0.0, 1e6), false);
    let input_scale = scale("input_scale", section.input_scale, 1.0)? / (d as f64).sqrt();
    let bias_scale = scale("bias_scale", section.bias_scale, 0.1)?;
    let readout_scale = scale("readout_scale", section.readout_scale, 1.0)? / (visible as f64).sqrt();
    let uniform = at.word("init", section.init.as_deref().unwrap_or("normal"), &["normal", "uniform"])? == "uniform";
    let between = |z: f64| (2.0 * normal_tail(-z) - 1.0) / (n as f64).sqrt();
    // Every block has a stream of its own, so that stating one does not change the others.
    let block = |given: &mut Given<'_>, name: &str, rows: usize, columns: usize, law: &dyn Fn(f64) -> f64| -> Result<Array2<f64>, InputError> {
        if let Some(given) = given.block(name, rows, columns)? {
            return Ok(given);
        }
        let mut values = Noise::at(rng_key.within(name).stream(stream::PARAMETERS)).normal_vector(rows * columns);
        values.iter_mut().for_each(|value| *value = law(*value));
        Ok(Array2::from_shape_vec((rows, columns), values).expect("as many numbers as entries"))
    };
    let flat = |matrix: &Array2<f64>| matrix.iter().copied().collect::<Vec<f64>>();
    let mut cell = Vec::new();
    for spec in &plan.blocks {
        let drawn = !given.has(spec.name);
        let law = |z: f64| match spec.drawn {
            Drawn::Recurrent | Drawn::Input if uniform => between(z),
            Drawn::Recurrent | Drawn::Decay | Drawn::Phase => z,
            Drawn::Input => input_scale * z,
            Drawn::Bias => {
                if uniform {
                    0.0
                } else {
                    bias_scale * z
                }
            }
        };
        let mut values = block(&mut given, spec.name, n, spec.columns, &law)?;
        if let Some(mask) = plan.options.mask.filter(|_| drawn && spec.drawn == Drawn::Recurrent) {
            values.zip_mut_with(mask, |value, kept| *value *= f64::from(u8::from(*kept)));
        }
        if drawn && spec.drawn == Drawn::Phase {
            values.mapv_inplace(|z| std::f64::consts::TAU * normal_tail(-z));
        }
        if drawn && spec.drawn == Drawn::Decay {
            at.number("recurrent_norm", norm, (0.0, 1.0), true)?;
            // Square roots of uniform numbers are distances on a disk, the largest brought to the
            // norm.
            let distance = values.mapv(|z| normal_tail(-z).sqrt());
            let largest = distance.iter().fold(0.0f64, |top, r| top.max(*r));
            values = distance.mapv(|r| libm::log(-libm::log(norm * r / largest)));
        }
        if drawn && !uniform && spec.drawn == Drawn::Recurrent && values.iter().any(|value| *value != 0.0) {
            let largest = operator_norm(values.view(), if spec.columns == 1 { Norm::Infinity } else { Norm::Spectral });
            values *= norm * libm::pow(n as f64, plan.options.beta) / largest;
        }
        cell.push(values);
    }
    let c_matrix = block(&mut given, "C", m, visible, &|z| if uniform { between(z) } else { readout_scale * z })?;
    let readout_bias = flat(&block(&mut given, "c", m, 1, &|z| if uniform { between(z) } else { 0.0 })?);
    let readout = Readout::new(&flat(&c_matrix), &readout_bias, visible).under(plan.loss);
    let cell = plan.kind.build(&cell, plan.options).map_err(|error| at.error("", error.to_string(), "correct the sizes"))?;
    let network = Network { cell, readout };
    let note = given.check().map(|(place, check)| verified(&network, place, check)).transpose()?.flatten();
    Ok((network, note))
}

/// Largest difference of an output from the saved one.
const ALIKE: f64 = 1e-5;

/// Holds the outputs of an imported network against those that it gave where it was trained; a note
/// where there are none.
fn verified(network: &Network, place: &str, check: Option<&Check>) -> Result<Option<String>, InputError> {
    let Some(Check { inputs, outputs }) = check else {
        return Ok(Some(format!(
            "{place} has no `check_input` and `check_output`: whether its gates and activation are those of this cell was not verified"
        )));
    };
    let (n, m) = (network.cell.state_len(), network.readout.outputs());
    if (inputs.ncols(), outputs.ncols()) != (network.cell.inputs(), m) {
        let problem = format!(
            "`check_input` and `check_output` have {} and {} columns, not {} and {m}",
            inputs.ncols(),
            outputs.ncols(),
            network.cell.inputs()
        );
        return Err(InputError::new(place, problem, "save inputs (T × d) and the readout's outputs (T × m)"));
    }
    let (mut state, mut next, mut tape) = (vec![0.0; n], vec![0.0; n], vec![0.0; network.cell.tape_len()]);
    for (t, (input, wanted)) in inputs.rows().into_iter().zip(outputs.rows()).enumerate() {
        network.cell.step(&state, &input.to_vec(), &mut next, &mut tape);
        std::mem::swap(&mut state, &mut next);
        let given = network.readout.prediction(&state);
        let off = given.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, |top: f64, off| if off.is_nan() { off } else { top.max(off) });
        let allowed = ALIKE * (1.0 + wanted.iter().fold(0.0f64, |top, y| top.max(y.abs())));
        // Not a number is not alike.
        if off.is_nan() || off > allowed {
            let problem = format!("step {} of `check_input` gives {given:?} here and {:?} in `check_output`", t + 1, wanted.to_vec());
            return Err(InputError::new(place, problem, "check that cell and activation are those of the saved network"));
        }
    }
    Ok(None)
}
