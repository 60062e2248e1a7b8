//! Networks and tasks whose numbers are known in closed form.

use super::{PrintedRow, PrintedTable};
use crate::data::kind::make;
use crate::data::section::{KeyIndex, Keys, Located};
use crate::data::{DataProcess, Segment};
use crate::random::{Noise, RngKey};
use crate::theory::{LinearGaussian, LinearModel, OnlineLoop};
use ndarray::{Array2, arr1, arr2};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

pub(super) fn tables() -> Vec<PrintedTable> {
    [balancing(), memory(), add_task(), copy_task()].into_iter().flatten().collect()
}

/// `x' = A x + θ s`, `A = ½ I + ½ superdiagonal`, ten units of sign + and thirteen of sign −.
fn balancing() -> Option<PrintedTable> {
    const N: usize = 23;
    let a = Array2::from_shape_fn((N, N), |(i, j)| if j == i || j == i + 1 { 0.5 } else { 0.0 });
    let s = Array2::from_shape_fn((N, 1), |(i, _)| if i < 10 { 1.0 } else { -1.0 });
    let seen = Array2::from_shape_fn((1, N), |(_, j)| if j == 0 { 1.0 } else { 0.0 });
    let rest = OnlineLoop::new(a, s, seen).ok()?;
    let truncated = |length: usize| rest.truncated(length)[[0, 0]];
    let least = |converges: &dyn Fn(usize) -> bool| (1..500).find(|length| converges(*length)).map_or(f64::NAN, |length| length as f64);
    let rows = [(1, 1.0, 0), (10, 10.0, 0), (19, 16.476, 3), (40, 0.5655, 4), (41, -0.2190, 4)].map(|(length, printed, decimals)| {
        PrintedRow::exact(format!("derivative truncated after {length} steps"), printed, decimals, truncated(length))
    });
    let mut rows = rows.to_vec();
    rows.extend([
        PrintedRow::exact("whole derivative", -6.0, 0, rest.influence()[[0, 0]]),
        PrintedRow::exact("least window of rolling TBPTT that converges", 41.0, 0, least(&|length| rest.rolling_converges(length).unwrap_or(false))),
        PrintedRow::exact("least block of block TBPTT that converges", 110.0, 0, least(&|length| rest.block_converges(length).unwrap_or(false))),
        PrintedRow::exact("largest stable step of online RTRL", 2.8884e-4, 8, rest.stable_step().unwrap_or(f64::NAN)),
        PrintedRow::exact("largest stable step of gradient descent", 0.0556, 4, rest.gradient_descent_step().unwrap_or(f64::NAN)),
    ]);
    Some(PrintedTable {
        title: "Influence balancing: 23 units whose truncated derivatives point the wrong way".into(),
        source: "The network of Tallec and Ollivier (2017), Unbiased online recurrent optimization, arXiv:1702.05043; numbers by rational arithmetic outside this program".into(),
        note: "Ours from the exact linear loop.".into(),
        rows,
    })
}

/// `h' = λ h + x` with white `x` of variance 1.
fn memory() -> Option<PrintedTable> {
    let mut rows = Vec::new();
    for (lambda, state, derivative) in [(0.5, (1.3333, 4), (2.963, 3)), (0.9, (5.2632, 4), (263.887, 3)), (0.99, (50.2513, 4), (251_262.6, 1))] {
        let model = LinearModel {
            transition: arr2(&[[0.0]]),
            noise_factor: arr2(&[[1.0]]),
            inputs: vec![0],
            target: arr2(&[[1.0]]),
            target_noise: 0.0,
            beta: 0.0,
            b_matrix: arr2(&[[lambda]]),
            w_matrix: arr2(&[[1.0]]),
            bias: arr1(&[0.0]),
            c_matrix: arr2(&[[1.0]]),
            readout_bias: arr1(&[0.0]),
        };
        let exact = LinearGaussian::new(model).ok()?;
        let law = exact.stationary().ok()?;
        let (second, _) = exact.derivative_moments(&law);
        // What the derivatives in W and b have of it: those are sums of their own.
        let own = second - 1.0 / (1.0 - lambda * lambda) - 1.0 / ((1.0 - lambda) * (1.0 - lambda));
        // The state of the data comes first, then the one hidden unit.
        let square = law.mean[1] * law.mean[1] + law.factor.row(1).iter().map(|entry| entry * entry).sum::<f64>();
        rows.push(PrintedRow::exact(format!("E h² at λ = {lambda}"), state.0, state.1, square));
        rows.push(PrintedRow::exact(format!("E (∂h/∂λ)² at λ = {lambda}"), derivative.0, derivative.1, own));
    }
    Some(PrintedTable {
        title: "Curse of memory: a derivative grows faster than the state it belongs to".into(),
        source: "Zucchet and Orvieto (2024), arXiv:2405.21064: E h² = 1/(1 − λ²), E (∂h/∂λ)² = (1 + λ²)/(1 − λ²)³".into(),
        note: "Ours from the stationary law of state and derivatives of the exact linear Gaussian case.".into(),
        rows,
    })
}

fn process(name: &str, text: &str) -> Option<Arc<dyn DataProcess>> {
    let (index, values) = (KeyIndex::default(), toml::from_str(text).ok()?);
    let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base: Path::new(".") };
    Some(make(name, keys).ok()?.process)
}

/// Best cross-entropies of the add task, by all states of its last nine coins.
fn add_task() -> Option<PrintedTable> {
    let task = process("add-task", "near = 3\nfar = 8")?;
    let states: Vec<Vec<f64>> = (0..1 << 9).map(|bits: u32| (0..9).map(|lag| f64::from(bits >> lag & 1)).collect()).collect();
    let entropy = |p: f64| -[p, 1.0 - p].iter().filter(|p| **p > 0.0).map(|p| p * libm::log(*p)).sum::<f64>();
    let floor = |lags: &[usize]| {
        let mut seen = BTreeMap::<Vec<bool>, Vec<f64>>::new();
        for state in &states {
            let mut chance = [0.0];
            task.mean_target(state, &mut chance);
            seen.entry(lags.iter().map(|lag| state[*lag] == 1.0).collect()).or_default().push(chance[0]);
        }
        let of_group = |chances: &Vec<f64>| chances.len() as f64 * entropy(chances.iter().sum::<f64>() / chances.len() as f64);
        seen.values().map(of_group).sum::<f64>() / states.len() as f64
    };
    let rows = [("neither lag", &[][..], 0.66156), ("the near lag", &[3], 0.51917), ("the far lag", &[8], 0.62774), ("both lags", &[3, 8], 0.45445)];
    Some(PrintedTable {
        title: "Add task: best cross-entropy in nats, by what is remembered".into(),
        source: "The task of Pitis (2016), Recurrent neural networks in TensorFlow I; numbers computed outside this program".into(),
        note: "Ours by enumeration of the chances that the data process states.".into(),
        rows: rows.into_iter().map(|(what, lags, printed)| PrintedRow::exact(format!("knowing {what}"), printed, 5, floor(lags))).collect(),
    })
}

/// Best perplexities of the copy task of memory 10 and four symbols.
fn copy_task() -> Option<PrintedTable> {
    const MEMORY: usize = 10;
    let task = process("delayed-copy", "symbols = 4\nmemory = 10")?;
    let at = RngKey::root(1);
    let mut start = vec![0.0; task.state_len()];
    task.start(1.0, 0, 1, &mut Noise::at(at.stream(0)), &mut start);
    // After the first round every target is settled by what was shown.
    let steps = 5 * 2 * MEMORY;
    let played = Segment::follow(&*task, start, steps, &mut Noise::at(at.stream(1)), &mut Noise::at(at.stream(2))).0;
    let asked = (2 * MEMORY..steps).filter(|t| played.target(*t).iter().take(4).any(|one| *one == 1.0)).count();
    // Without memory a symbol that is asked for is one of four; all else is known.
    let loss = asked as f64 / (steps - 2 * MEMORY) as f64 * libm::log(4.0);
    Some(PrintedTable {
        title: "Copy task, memory 10, four symbols and a marker: best perplexity".into(),
        source: "The task of Aicher, Foti and Fox (2019), Adaptively truncating backpropagation through time to control gradient bias, arXiv:1905.07473".into(),
        note: "Ours from the share of steps at which a symbol is asked for. Their learnt perplexities (1.646 at K = 5, 1.036 to 1.043 from K = 10 on) are of an LSTM of two layers of 50 \
               units; a network of two layers cannot be built here, so they are not made again."
            .into(),
        rows: vec![PrintedRow::exact("without memory", 1.8661, 4, libm::exp(loss))],
    })
}
