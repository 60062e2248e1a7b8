//! The variance in the central limit theorem of the gradient three ways: batch means, spectral, and
//! by coupled pairs; beside the exact one.

use crate::claims::ergodic_averages::BLOCK;
use crate::claims::ergodic_averages::names;
use crate::claims::judging::decay_rate;
use crate::claims::measuring::gradient_walk::GradientWalk;
use crate::claims::{Case, Condition, Finding, Outcome, Part};
use crate::figures::{Axis, Layer, Mark, Panel, Role};
use crate::linalg::Times;
use crate::markov::Independent;
use crate::stats::{Chains, Estimate, Sample, Undefined, VarianceMethod, asymptotic_variance};
use crate::theory::LinearGaussian;
use ndarray::{Array1, Array2};

/// Relative half-width up to which a variance counts as known.
const SHARP: f64 = 0.5;

/// The asymptotic variance along every direction: batch means, spectral, Poisson; and the exact
/// one.
pub(super) struct Variances {
    rows: Vec<[Estimate; 3]>,
    exact: Option<Vec<f64>>,
    tail: f64,
}

const WAYS: [&str; 3] = ["batch_means", "spectral", "poisson"];

impl Variances {
    pub(super) fn of(case: &Case, observed: &GradientWalk, blocks: &Array2<f64>, pairs: &Part) -> Result<Self, Undefined> {
        let count = observed.count();
        let level = 1.0 - (1.0 - case.level) / (WAYS.len() * count) as f64;
        let (poisson, tails) = (pairs.stacked(names::VARIANCE)?, pairs.stacked(names::TAIL)?);
        let mut rows = Vec::new();
        for l in 0..count {
            let chains = Independent::declare(Chains::new(series(blocks, l, count).view())?);
            let of = |method| -> Result<Estimate, Undefined> { Ok(asymptotic_variance(&chains, method, level)?.map_monotone(|v| v * BLOCK as f64)) };
            let coupled = Sample::new(&poisson.column(l).to_vec())?.positive_or_plain_mean(level)?;
            rows.push([of(VarianceMethod::BatchMeans)?, of(VarianceMethod::Bartlett)?, coupled]);
        }
        let share = |l: usize| (tails.column(l).sum() / poisson.column(l).sum()).abs();
        Ok(Variances { rows, exact: exact_variances(case, observed), tail: (0..count).map(share).fold(0.0, f64::max) })
    }

    pub(super) fn stated(&self, mut finding: Finding, observed: &GradientWalk) -> Finding {
        let (mut broken, mut sharp, mut held) = (false, true, true);
        for (l, row) in self.rows.iter().enumerate() {
            for (i, a) in row.iter().enumerate() {
                sharp &= a.upper - a.lower < 2.0 * SHARP * a.value;
                broken |= row.iter().skip(i + 1).any(|b| decay_rate::order_broken(a, b) || decay_rate::order_broken(b, a));
                finding = finding.with(names::VARIANCE.of(WAYS[i]).at(&observed.names[l]), *a);
            }
            if let Some(exact) = &self.exact {
                held &= !row.iter().any(|measured| decay_rate::differ(measured, exact[l]));
                finding = finding.with(names::VARIANCE_EXACT.at(&observed.names[l]), exact[l]);
            }
        }
        let outcome = match (broken, sharp) {
            (true, _) => Outcome::Undefined,
            (false, true) => Outcome::Supported,
            (false, false) => Outcome::Inconclusive,
        };
        finding.conditions.push(Condition {
            name: format!("batch means, spectral and Poisson variances agree within three half-widths, each known to {:.0} %", 100.0 * SHARP),
            outcome,
        });
        if self.exact.is_some() {
            let outcome = if held { Outcome::Supported } else { Outcome::Undefined };
            finding.conditions.push(Condition { name: "all three hold the exact variance within three half-widths".into(), outcome });
        }
        finding.with(names::POISSON_LAST_TERM_SHARE, self.tail)
    }

    pub(super) fn panel(&self, names: &[String]) -> Panel {
        let roles = [Role::Measured, Role::Rival(0), Role::Rival(1)];
        let mut layers: Vec<Layer> = WAYS
            .iter()
            .enumerate()
            .map(|(way, label)| {
                let mark = |(l, row): (usize, &[Estimate; 3])| Mark {
                    x: (l + 1) as f64,
                    y: row[way].value,
                    interval: Some([row[way].lower, row[way].upper]),
                };
                Layer::Points { label: label.replace('_', " "), role: roles[way], points: self.rows.iter().enumerate().map(mark).collect() }
            })
            .collect();
        if let Some(exact) = &self.exact {
            let points = exact.iter().enumerate().map(|(l, y)| Mark { x: (l + 1) as f64, y: *y, interval: None }).collect();
            layers.push(Layer::Points { label: "exact".into(), role: Role::Exact, points });
        }
        Panel {
            title: "variance of the central limit theorem".into(),
            x: Axis::named("direction", names),
            y: Axis::log("asymptotic variance"),
            layers,
            note: None,
        }
    }
}

/// The block means of direction `l`, chains × blocks.
pub(super) fn series(blocks: &Array2<f64>, l: usize, count: usize) -> Array2<f64> {
    Array2::from_shape_fn((blocks.nrows(), blocks.ncols() / count), |(chain, block)| blocks[[chain, block * count + l]])
}

fn exact_variances(case: &Case, observed: &GradientWalk) -> Option<Vec<f64>> {
    let variance = LinearGaussian::new(case.linear.clone()?).ok()?.asymptotic_variance().ok()?;
    let along = |direction: &Vec<f64>| {
        let u = Array1::from_vec(direction.clone());
        u.times(&variance.times(&u))
    };
    Some(observed.directions.iter().map(along).collect())
}
