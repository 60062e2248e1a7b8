//! Decay as it is drawn: the curves while they fall, and the curves over their fits, where what is
//! not geometric can be seen.

use super::decay_rate::BlockDecay;
use crate::claims::Case;
use crate::figures::{Axis, Layer, Panel, Role};
use crate::markov::Block;

/// A predicted or certified rate to draw beside a measured curve.
pub(in crate::claims) struct Reference {
    pub label: String,
    pub role: Role,
    pub rate: f64,
}

/// The curves are drawn until they have fallen to this part of their largest value.
const FALLEN: f64 = 1e-6;
/// And over so many steps at least.
const STEPS: usize = 20;
/// Ratios to the fit beyond this factor are not drawn.
const FAR: f64 = 30.0;
/// The time axis.
const TIME: &str = "time t (steps)";

/// Two panels: the distances of blocks from the first step on, the last block with its fit and with
/// reference rates from where it begins; and the distances over their fits. One panel where nothing
/// could be fitted.
pub(in crate::claims) fn panels(case: &Case, blocks: &[&BlockDecay], references: &[Reference]) -> Vec<Panel> {
    let Some(main) = blocks.last() else { return Vec::new() };
    let ratios: Vec<Layer> = blocks.iter().flat_map(|decay| over_fit(case, decay, blocks.len())).collect();
    let first = distances(case, blocks, references);
    if ratios.is_empty() {
        return vec![first];
    }
    let window = main.fit.as_ref().ok().map(|fit| fit.window);
    let shaded = window.map(|window| Layer::Window { label: "window of the fit".into(), from: window.first as f64, to: window.last as f64 });
    let one = Layer::Rule { label: String::new(), role: Role::Predicted, at: 1.0 };
    let second = Panel {
        title: "over the fitted decay".into(),
        x: Axis::linear(TIME),
        y: Axis::log("distance / fit"),
        layers: shaded.into_iter().chain(ratios).chain([one]).collect(),
        note: None,
    };
    vec![first, second]
}

/// The role of a block: the last one, or the only one, is what is judged.
fn role(decay: &BlockDecay, count: usize) -> Role {
    let number = [Block::Data, Block::Hidden, Block::Derivative].iter().position(|block| block.name() == decay.block);
    match number {
        Some(number) if count > 1 => Role::Rival(number as u8),
        _ => Role::Measured,
    }
}

/// Of the curve of a block, over something, at some times: interval and values.
fn measured(case: &Case, decay: &BlockDecay, count: usize, times: &[usize], over: &dyn Fn(usize) -> f64) -> Vec<Layer> {
    let (moment, role) = (decay.curve.moment(), role(decay, count));
    let band = times.iter().filter_map(|t| {
        let estimate = decay.curve.estimate(*t, case.level).ok()?;
        Some([*t as f64, estimate.lower / over(*t), estimate.upper / over(*t)])
    });
    let band: Vec<[f64; 3]> = band.collect();
    let points = times.iter().map(|t| [*t as f64, moment[*t] / over(*t)]).collect();
    // A band that nobody can see is not spoken of.
    let is_seen = band.iter().any(|[_, low, high]| *low <= 0.0 || high / low > SEEN);
    let label = if is_seen { format!("{:.0} % interval", 100.0 * case.level) } else { String::new() };
    let own = if count > 1 { format!("{} block", decay.block) } else { "measured".into() };
    vec![Layer::Band { label, role, points: band }, Layer::Line { label: own, role, points }]
}

/// Ends of an interval this factor apart can be told from a line.
const SEEN: f64 = 1.03;

fn distances(case: &Case, blocks: &[&BlockDecay], references: &[Reference]) -> Panel {
    let main = blocks[blocks.len() - 1];
    let len = main.curve.moment().len();
    let has_fallen = |t: usize| {
        blocks.iter().all(|decay| {
            let moment = decay.curve.moment();
            moment.get(t).is_none_or(|value| *value <= FALLEN * moment.iter().copied().fold(0.0, f64::max))
        })
    };
    let until = (STEPS..len).find(|t| has_fallen(*t)).unwrap_or(len);
    // Copies that begin at one place, or have met, are at no distance that this axis could show.
    let apart = |decay: &BlockDecay| -> Vec<usize> {
        let moment = decay.curve.moment();
        (0..moment.len().min(until)).filter(|t| moment[*t] > 0.0).collect()
    };
    let mut layers: Vec<Layer> = blocks.iter().flat_map(|decay| measured(case, decay, blocks.len(), &apart(decay), &|_| 1.0)).collect();
    let (moment, times) = (main.curve.moment(), 0..until.min(len));
    if let Ok(fit) = &main.fit {
        let points = times.clone().map(|t| [t as f64, fit.curve.at(t as f64)]).collect();
        layers.push(Layer::Line { label: format!("fit, ρ = {:.4}", fit.rate.value), role: Role::Predicted, points });
    }
    // Through the largest distance of the first steps, so that a transient does not hide the rate.
    let begin = (0..until.min(len)).max_by(|a, b| moment[*a].total_cmp(&moment[*b])).unwrap_or(0);
    for reference in references {
        let at = |t: usize| moment[begin] * libm::exp((t - begin) as f64 * libm::log(reference.rate));
        let points = (begin..until.min(len)).map(|t| [t as f64, at(t)]).collect();
        layers.push(Layer::Line { label: format!("{}, ρ = {:.4}", reference.label, reference.rate), role: reference.role, points });
    }
    Panel {
        title: if blocks.len() > 1 { "distances, block by block".into() } else { format!("distance of the {} block", main.block) },
        x: Axis::linear(TIME),
        y: Axis::log("root mean square distance"),
        layers,
        note: main.fit.as_ref().err().map(|why| why.reason.clone()),
    }
}

/// A block's distances over its own fit.
fn over_fit(case: &Case, decay: &BlockDecay, count: usize) -> Vec<Layer> {
    let Ok(fit) = &decay.fit else { return Vec::new() };
    let (moment, over) = (decay.curve.moment(), |t: usize| fit.curve.at(t as f64));
    let times: Vec<usize> = (0..moment.len()).filter(|t| (1.0 / FAR..=FAR).contains(&(moment[*t] / over(*t)))).collect();
    measured(case, decay, count, &times, &over)
}
