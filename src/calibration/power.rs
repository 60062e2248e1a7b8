//! How often each word is said as the true value moves across the margin.

use super::flow::Flow;
use super::systems::{Spectra, case_of, system};
use crate::claims::{self, Budget, Case, Fixture, Learning, Outcome, plain_learning};
use crate::random::RngKey;
use crate::stats::clopper_pearson;
use crate::training::{Method, Schedule};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The words at one true value.
///
/// ```
/// use rtrl_lab::calibration::Calibration;
/// let table = Calibration::measured().unwrap();
/// let point = table.power.iter().flat_map(|curve| &curve.points).find(|p| p.supported == 1.0);
/// let [low, high] = point.unwrap().supported_between;
/// // All of 40: the lower end is the 40th root of 0.025.
/// assert!((low - 0.025f64.powf(1.0 / 40.0)).abs() < 1e-9 && high == 1.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PowerPoint {
    /// The true value, or the parameter that carries it.
    pub at: f64,
    /// Share of `supported`.
    pub supported: f64,
    /// Share of `contradicted` or `premise_failed`.
    pub contradicted: f64,
    /// 95 % interval of the share of `supported`.
    pub supported_between: [f64; 2],
}

/// A family of cases along which a claim turns from true to false.
///
/// ```
/// let table = rtrl_lab::calibration::Calibration::measured().unwrap();
/// let curve = table.power.iter().find(|curve| curve.claim == "hidden_contraction").unwrap();
/// assert_eq!((curve.turns_at, curve.repeats), (0.98, 40));
/// let beyond = curve.points.iter().filter(|point| point.at > 0.98);
/// assert!(beyond.map(|point| point.supported_between[0]).fold(0.0, f64::max) <= 0.05);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PowerCurve {
    /// The claim.
    pub claim: String,
    /// What moves.
    pub along: String,
    /// Where the claim, margin included, turns false: above this value.
    pub turns_at: f64,
    /// Repeats at each point.
    pub repeats: usize,
    /// The points.
    pub points: Vec<PowerPoint>,
    /// Whether no more than 5 % say `supported` where it is false, beyond chance: the lower end of
    /// no interval there lies above.
    pub passes: bool,
}

struct Family {
    claim: &'static str,
    along: &'static str,
    turns_at: f64,
    values: Vec<f64>,
    case: fn(f64, Budget) -> Case,
}

/// Scalar data of memory `memory`, an identity cell of recurrent weight `recurrent`.
fn linear(claim: &str, phi: f64, recurrent: f64, budget: Budget) -> Case {
    Fixture { phi, recurrent: &[recurrent], input_weight: 1.0, activation: "identity", learning: plain_learning() }.build(0, claim, budget)
}

fn families() -> Vec<Family> {
    let rates = || vec![0.9, 0.94, 0.96, 0.97, 0.975, 0.98, 0.985, 0.99, 1.0, 1.02];
    vec![
        Family {
            claim: "data_ergodicity",
            along: "rate of the data",
            turns_at: 0.98,
            values: rates(),
            case: |x, budget| linear("data_ergodicity", x, 0.5, budget),
        },
        Family {
            claim: "hidden_contraction",
            along: "rate of the network",
            turns_at: 0.98,
            values: rates(),
            case: |x, budget| linear("hidden_contraction", 0.5, x, Budget { chains: 256, ..budget }),
        },
        Family {
            claim: "derivative_moments",
            along: "recurrent weight",
            turns_at: 1.0,
            values: vec![0.9, 0.97, 0.985, 0.99, 0.995, 1.0, 1.001, 1.002, 1.005, 1.02],
            case: |x, budget| linear("derivative_moments", 0.5, x, budget),
        },
        Family {
            claim: "geometric_ergodicity",
            along: "rate of the network",
            turns_at: 0.98,
            values: rates(),
            case: |x, budget| linear("geometric_ergodicity", 0.5, x, Budget { chains: 128, times: vec![1], ..budget }),
        },
        Family {
            claim: "gradient_identity",
            along: "1/τ of block TBPTT(τ)",
            turns_at: 0.0,
            values: vec![1.0 / 512.0, 1.0 / 128.0, 1.0 / 32.0, 1.0 / 16.0, 1.0 / 8.0, 0.25, 0.5, 1.0],
            case: |x, budget| {
                let mut case = linear("gradient_identity", 0.7, 0.7, budget);
                case.learning.method = Method::block((1.0 / x).round() as usize);
                case
            },
        },
        Family {
            claim: "truncation_bias",
            along: "rate of the network",
            turns_at: 0.98,
            values: vec![0.5, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99],
            case: |x, budget| {
                let budget = Budget { chains: 32, steps: 1000, burn_in: 400, taus: vec![1, 2, 4, 8], ..budget };
                linear("truncation_bias", 0.95, x, budget)
            },
        },
        Family {
            claim: "stationary_point",
            along: "gradient norm that the exact flow leaves over so long a path, over its start",
            turns_at: 0.1,
            values: vec![0.03, 0.06, 0.08, 0.09, 0.11, 0.12, 0.15, 0.2, 0.3],
            case: learned,
        },
    ]
}

/// Learning by small steps that follow the exact gradient flow, stopped where the flow leaves the
/// share `left` of the gradient.
fn learned(left: f64, budget: Budget) -> Case {
    const UPDATES: usize = 20_000;
    let claim = "stationary_point";
    let budget = Budget { checkpoints: 2, ..budget };
    let model = system(Spectra::SlowData, 0.5, 0.4);
    let mut case = case_of(&model, "learned", RngKey::root(0), 1.0, [(claim.to_string(), budget)].into());
    let schedule = Schedule { initial: 1.0, offset: 5000.0, exponent: 0.75 };
    let path = Flow::until(left, &model, &case.network).path(left).expect("the flow leaves less");
    let sum: f64 = (0..UPDATES).map(|t| schedule.step(t)).sum();
    case.learning = Learning { method: Method::RTRL, schedule: Schedule { initial: path / sum, ..schedule }, steps: UPDATES, projection: None };
    case
}

/// Every family of a claim that `wanted` names, with so many repeats at each point.
pub(crate) fn power_curves(repeats: usize, seed: u64, wanted: impl Fn(&str) -> bool) -> Vec<PowerCurve> {
    families().into_iter().filter(|family| wanted(family.claim)).map(|family| curve(&family, repeats, RngKey::root(seed).within("power"))).collect()
}

fn curve(family: &Family, repeats: usize, key: RngKey) -> PowerCurve {
    let claim = super::trials::claim_named(family.claim);
    let points: Vec<PowerPoint> = family
        .values
        .iter()
        .map(|value| {
            let plain = (family.case)(*value, claim.budget());
            let words: Vec<Outcome> = (0..repeats)
                .into_par_iter()
                .map(|repeat| {
                    let at = key.within(family.claim).within(&value.to_string()).within(&repeat.to_string());
                    let case = Case { key: at, ..plain.clone() };
                    claim.finding(&case, &claims::measure(claim, &case)).outcome()
                })
                .collect();
            let count = |of: fn(&Outcome) -> bool| words.iter().filter(|word| of(word)).count();
            let supported = count(|word| *word == Outcome::Supported);
            let contradicted = count(|word| matches!(word, Outcome::Contradicted | Outcome::PremiseFailed));
            let (low, high) = clopper_pearson(supported, repeats, 0.95);
            PowerPoint {
                at: *value,
                supported: supported as f64 / repeats as f64,
                contradicted: contradicted as f64 / repeats as f64,
                supported_between: [low, high],
            }
        })
        .collect();
    // At the margin itself, and where a family has no true value within reach of its margin, the
    // claim is neither.
    let passes = points.iter().filter(|point| point.at > family.turns_at && family.turns_at > 0.0).all(|point| point.supported_between[0] <= 0.05);
    PowerCurve { claim: family.claim.into(), along: family.along.into(), turns_at: family.turns_at, repeats, points, passes }
}
