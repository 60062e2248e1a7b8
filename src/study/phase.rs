//! Where contraction ends: a case with its recurrent matrix and the memory of its data varied.

use super::build::{BudgetScale, Study};
use super::config::{Config, KeyIndex, ParametersSection};
use crate::claims::{Case, Contraction};
use crate::data::InputError;
use crate::linalg::{solve_discrete_lyapunov, spectral_radius};
use crate::network::NamedBlock;
use crate::stats::{Estimate, Undefined};
use ndarray::Array2;
use rayon::prelude::*;
use serde::Serialize;
use std::path::Path;

/// What a map varies and how long it looks.
///
/// ```
/// # use rtrl_lab::study::{DEFAULT, PhaseMap, PhasePlan, config::Config};
/// # let (config, index) = Config::parse(DEFAULT, "default.toml").unwrap();
/// let (scales, memories) = (vec![0.5, 1.0], vec![0.0]);
/// let plan = PhasePlan { scales, memories, chains: 16, steps: 40 };
/// let study = (&config, &index);
/// let map = PhaseMap::measure(study, ".".as_ref(), Some("linear"), &plan, || {}).unwrap();
/// // Twice the matrix of a linear network has twice the radius.
/// let [half, whole] = [0, 1].map(|at| map.points[at].rates[0].value.unwrap());
/// assert!((2.0 * half / whole - 1.0).abs() < 1e-9);
/// ```
#[derive(Clone, Debug)]
pub struct PhasePlan {
    /// Factors of the recurrent matrix `B`, rising.
    pub scales: Vec<f64>,
    /// Spectral radii of the data's transition, in [0, 1), rising. The stationary variance of the
    /// data stays.
    pub memories: Vec<f64>,
    /// Chains, as in the budget of `derivative_moments`.
    pub chains: usize,
    /// Steps.
    pub steps: usize,
}

/// A measured rate; nulls and a reason where it is undefined.
///
/// ```
/// use rtrl_lab::study::PhaseRate;
/// let undefined = Some("all met".to_string());
/// let rate = PhaseRate { value: None, lower: None, upper: None, undefined };
/// let text = serde_json::to_string(&rate).unwrap();
/// assert_eq!(text, r#"{"value":null,"lower":null,"upper":null,"undefined":"all met"}"#);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PhaseRate {
    /// The estimate.
    pub value: Option<f64>,
    /// Lower end of its interval.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
    /// Why there is none.
    pub undefined: Option<String>,
}

impl PhaseRate {
    fn of(rate: &Result<Estimate, Undefined>) -> Self {
        match rate {
            Ok(e) => PhaseRate { value: Some(e.value), lower: Some(e.lower), upper: Some(e.upper), undefined: None },
            Err(why) => PhaseRate { value: None, lower: None, upper: None, undefined: Some(why.reason.clone()) },
        }
    }

    fn exact(rate: f64) -> Self {
        PhaseRate { value: Some(rate), lower: Some(rate), upper: Some(rate), undefined: None }
    }
}

/// The rates at one place of the map, in the order of [`RATES`].
///
/// ```
/// use rtrl_lab::study::{PhasePoint, PhaseRate, RATES};
/// let rates = [0.9, 0.8, 0.7, 0.6].map(Some);
/// let rates = rates.map(|value| PhaseRate { value, lower: value, upper: value, undefined: None });
/// let point = PhasePoint { scale: 1.5, memory: 0.5, rates };
/// let pathwise = RATES.iter().position(|name| *name == "pathwise").unwrap();
/// assert_eq!(point.rates[pathwise].value, Some(0.6));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PhasePoint {
    /// Factor of `B`.
    pub scale: f64,
    /// Spectral radius of the data.
    pub memory: f64,
    /// The rates.
    pub rates: [PhaseRate; 4],
}

/// The scale at which one rate reaches 1, for one memory; null beyond the scales tried.
///
/// ```
/// use rtrl_lab::study::{PhaseEdge, RATES};
/// let (rate, scale) = (RATES[0], Some(2.0));
/// let edge = PhaseEdge { rate, memory: 0.0, scale, lower: None, upper: None };
/// let written = serde_json::to_value(edge).unwrap();
/// assert_eq!((&written["rate"], written["lower"].is_null()), (&"certified".into(), true));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PhaseEdge {
    /// Which rate.
    pub rate: &'static str,
    /// Spectral radius of the data.
    pub memory: f64,
    /// Scale, by linear interpolation of logarithms.
    pub scale: Option<f64>,
    /// Where the upper ends of the rates' intervals reach 1.
    pub lower: Option<f64>,
    /// Where the lower ends do.
    pub upper: Option<f64>,
}

/// Names of the rates: each bounds the ones after it from above, but the last, which lies between.
pub const RATES: [&str; 4] = ["certified", "fourth moment", "second moment", "pathwise"];

/// The whole map.
///
/// ```
/// # use rtrl_lab::study::{PhaseMap, PhasePlan, config::Config};
/// # let text = "study = { name = \"a\", seed = 1 }
/// # data = { kind = \"var\", transition = [[0.5]], target = [1.0] }
/// # [network]
/// # activation = \"identity\"
/// # parameters = { B = [[0.5]], W = [[1.0]], b = [0.0], C = [[1.0]], c = [0.0] }";
/// # let (config, index) = Config::parse(text, "a.toml").unwrap();
/// # let (scales, memories) = (vec![1.0, 4.0], vec![0.5]);
/// // One linear unit of recurrent weight 0.5, taken once and four times.
/// let plan = PhasePlan { scales, memories, chains: 16, steps: 40 };
/// let map = PhaseMap::measure((&config, &index), ".".as_ref(), None, &plan, || {}).unwrap();
/// assert_eq!(map.points[0].rates[0].value, Some(0.5));
/// assert!((map.edges[0].scale.unwrap() - 2.0).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PhaseMap {
    /// The case that was varied.
    pub case: String,
    /// The places, memory after memory.
    pub points: Vec<PhasePoint>,
    /// The edges.
    pub edges: Vec<PhaseEdge>,
}

impl PhaseMap {
    /// Measures the map of a study's first case, or of the one called `name`; calls `done` after
    /// every place.
    ///
    /// ```
    /// # use rtrl_lab::study::{DEFAULT, PhaseMap, PhasePlan, config::Config};
    /// let (config, index) = Config::parse(DEFAULT, "default.toml").unwrap();
    /// let plan = PhasePlan { scales: vec![], memories: vec![], chains: 16, steps: 40 };
    /// let study = (&config, &index);
    /// let of = |case| PhaseMap::measure(study, ".".as_ref(), Some(case), &plan, || {});
    /// assert!(of("cubic").unwrap_err().to_string().contains("there is no such case"));
    /// ```
    ///
    /// # Errors
    /// [`InputError`] where the plan is empty, the data are no vector autoregression or the cell is
    /// no Elman cell.
    pub fn measure(
        (config, index): (&Config, &KeyIndex),
        base: &Path,
        name: Option<&str>,
        plan: &PhasePlan,
        done: impl Fn() + Sync,
    ) -> Result<PhaseMap, InputError> {
        let study = Study::build(config, index, base, BudgetScale::Full, &[])?;
        let found = study.cases.iter().find(|case| name.is_none_or(|name| case.case.name == name));
        let missing = || InputError::new(index.file(), "there is no such case", "see the [case.NAME] sections of the study").on("--case");
        let case = found.map(|study_case| &study_case.case).ok_or_else(missing)?;
        let mut single = config.clone();
        if let Some(section) = config.case.get(&case.name) {
            single.data = section.data.clone().or(single.data);
            single.network = section.network.clone().or(single.network);
        }
        single.case.clear();
        single.study.name.clone_from(&case.name);
        let places: Vec<(f64, f64)> = plan.memories.iter().flat_map(|memory| plan.scales.iter().map(|scale| (*scale, *memory))).collect();
        let points: Result<Vec<PhasePoint>, InputError> = places
            .into_par_iter()
            .map(|(scale, memory)| {
                let varied = varied(&single, case, index, scale, memory)?;
                let study = Study::build(&varied, index, base, BudgetScale::Full, &[])?;
                let seen = Contraction::of(&study.cases[0].case, plan.chains, plan.steps);
                done();
                let [second, fourth] = &seen.moments;
                let rates = [PhaseRate::exact(seen.certified), PhaseRate::of(fourth), PhaseRate::of(second), PhaseRate::of(&seen.pathwise)];
                Ok(PhasePoint { scale, memory, rates })
            })
            .collect();
        let points = points?;
        let edges = plan.memories.iter().flat_map(|memory| edges(&points, *memory)).collect();
        Ok(PhaseMap { case: case.name.clone(), points, edges })
    }
}

/// The study with `B` times `scale` and data of spectral radius `memory` and the same total
/// variance.
fn varied(config: &Config, case: &Case, index: &KeyIndex, scale: f64, memory: f64) -> Result<Config, InputError> {
    let refused = |what: &str, remedy: &str| InputError::new(index.file(), what, remedy);
    let layout = case.network.layout();
    let (Some(_), Some(data)) = (layout.block("B"), config.data.as_ref()) else {
        return Err(refused("a map varies the recurrent weights B, which this cell has not", "leave out `cell` in [network]"));
    };
    let Some(before) = case.data.linear().map(|process| process.transition.clone()) else {
        return Err(refused("a map varies the memory of a vector autoregression", "give data of kind = \"var\""));
    };
    let order = before.nrows();
    let stated = data.keys.get("noise_covariance").and_then(|rows| rows.clone().try_into::<Vec<Vec<f64>>>().ok());
    let noise = stated.map_or_else(|| Array2::eye(order), |rows| Array2::from_shape_fn((order, order), |(i, j)| rows[i][j]));
    let failed = |_| refused("the data's stationary variance cannot be found", "give a stable transition");
    let radius = spectral_radius(before.view()).map_err(failed)?;
    // Data without memory have no directions to keep: every coordinate then remembers alike.
    let after = if radius > 0.0 { &before * (memory / radius) } else { Array2::eye(order) * memory };
    let total = |transition: &Array2<f64>| solve_discrete_lyapunov(transition, &noise).map(|variance| variance.diag().sum());
    let factor = total(&before).map_err(failed)? / total(&after).map_err(failed)?;
    let rows = |matrix: &Array2<f64>| matrix.rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>();
    let mut next = config.clone();
    if let Some(data) = &mut next.data {
        data.keys.insert("transition".into(), rows(&after).into());
        data.keys.insert("noise_covariance".into(), rows(&(noise * factor)).into());
    }
    let parameters = case.network.parameters();
    let by = |block: &NamedBlock, factor: f64| -> toml::Value {
        let values = block.values(&parameters);
        values.chunks_exact(block.columns).map(|row| row.iter().map(|x| factor * x).collect::<Vec<f64>>()).collect::<Vec<_>>().into()
    };
    let network = next.network.get_or_insert_default();
    (network.recurrent_norm, network.input_scale, network.bias_scale, network.readout_scale) = (None, None, None, None);
    let blocks = layout.blocks().iter().map(|block| (block.name.to_string(), by(block, if block.name == "B" { scale } else { 1.0 })));
    network.parameters = Some(ParametersSection { blocks: blocks.collect(), ..ParametersSection::default() });
    Ok(next)
}

fn edges(points: &[PhasePoint], memory: f64) -> Vec<PhaseEdge> {
    let own: Vec<&PhasePoint> = points.iter().filter(|point| point.memory == memory).collect();
    let crossing = |which: usize, end: fn(&PhaseRate) -> Option<f64>| -> Option<f64> {
        let seen: Vec<(f64, f64)> =
            own.iter().filter_map(|point| Some((libm::log(point.scale), libm::log(end(&point.rates[which]).filter(|r| *r > 0.0)?)))).collect();
        let pair = seen.windows(2).find(|pair| pair[0].1 < 0.0 && pair[1].1 >= 0.0)?;
        let share = -pair[0].1 / (pair[1].1 - pair[0].1);
        Some(libm::exp(pair[0].0 + share * (pair[1].0 - pair[0].0)))
    };
    let edge = |(which, rate)| PhaseEdge {
        rate,
        memory,
        scale: crossing(which, |rate| rate.value),
        lower: crossing(which, |rate| rate.upper),
        upper: crossing(which, |rate| rate.lower),
    };
    RATES.into_iter().enumerate().map(edge).collect()
}
