//! What the differences of truncated and full gradients show over the truncation lengths.

use super::{BLOCK, BLOCK_LENGTHS, BLOCK_MARGIN, FEWEST, SEEN, names};
use crate::claims::judging::decay_rate;
use crate::claims::judging::power_law::{distance_from, exponent, norm_of_mean};
use crate::claims::{Condition, Finding, Outcome, Question};
use crate::random::{RngKey, stream};
use crate::stats::{Bootstrap, Estimate, IntervalKind, Undefined, normal_quantile, squared_norm_of_mean};

/// Truncated less full gradient: a row a stretch, `width` numbers a length.
#[derive(Clone)]
pub(super) struct Differences<'a> {
    pub stacked: Vec<Vec<f64>>,
    pub width: usize,
    pub taus: &'a [usize],
    pub level: f64,
    /// By which the ratio of two lengths may be off because they are seen along directions.
    pub factor: f64,
}

impl Differences<'_> {
    /// An estimate with its ends moved apart, at the level that is left when directions have had
    /// their half of the error.
    fn apart(&self, estimate: Estimate, [lower, upper]: [f64; 2]) -> Estimate {
        if self.factor > 1.0 { Estimate { lower, upper, level: self.told(), ..estimate } } else { estimate }
    }

    /// A squared length with what directions leave open.
    pub(super) fn widened(&self, square: Estimate) -> Estimate {
        let by = self.factor * self.factor;
        self.apart(square, [if square.lower > 0.0 { square.lower / by } else { square.lower }, square.upper.max(0.0) * by])
    }

    /// The same for a rate over so many further steps of truncation length.
    fn widened_rate(&self, rate: Estimate, steps: usize) -> Estimate {
        let by = libm::pow(self.factor, 1.0 / steps.max(1) as f64);
        self.apart(rate, [rate.lower / by, rate.upper * by])
    }

    /// The same for an exponent over lengths from one to another.
    fn widened_exponent(&self, exponent: Estimate, from: f64, to: f64) -> Estimate {
        let by = libm::log(self.factor) / libm::log(to / from);
        self.apart(exponent, [exponent.lower - by, exponent.upper + by])
    }

    /// The level of what is told: that of the measurement, or what directions leave of it.
    pub(super) fn told(&self) -> f64 {
        if self.factor > 1.0 { 2.0 * self.level - 1.0 } else { self.level }
    }

    fn at(&self, look: usize) -> Vec<&[f64]> {
        self.stacked.iter().map(|row| &row[look * self.width..(look + 1) * self.width]).collect()
    }

    pub(super) fn square(&self, look: usize, level: f64) -> Result<Estimate, Undefined> {
        squared_norm_of_mean(&self.at(look).iter().map(|row| row.to_vec()).collect::<Vec<_>>(), level)
    }

    /// Squared norms of the bias.
    pub(super) fn squares(&self) -> Vec<Result<Estimate, Undefined>> {
        (0..self.taus.len()).map(|look| self.square(look, self.level).map(|square| self.widened(square))).collect()
    }

    /// How many of the shortest lengths have a bias that is told from zero.
    pub(super) fn visible(&self) -> usize {
        (0..self.taus.len()).take_while(|look| self.square(*look, SEEN).is_ok_and(|seen| seen.lower > 0.0)).count()
    }

    /// The geometric rate over the lengths `looks`: least squares of the log norm of the mean
    /// difference against τ, resampling stretches.
    fn rate(&self, looks: std::ops::Range<usize>, key: RngKey) -> Result<Estimate, Undefined> {
        let bootstrap = Bootstrap { resamples: decay_rate::RESAMPLES, key: key.stream(stream::RESAMPLING) };
        let all: Vec<Vec<&[f64]>> = looks.clone().map(|look| self.at(look)).collect();
        let statistic = |chosen: &[usize]| {
            let points: Option<Vec<[f64; 2]>> = looks
                .clone()
                .zip(&all)
                .map(|(look, rows)| norm_of_mean(rows, chosen).map(|norm| [self.taus[look] as f64, libm::log(norm)]))
                .collect();
            Some(libm::exp(slope(&points?)))
        };
        let range = self.taus[looks.end - 1] - self.taus[looks.start];
        bootstrap.interval(self.stacked.len(), statistic, self.level, IntervalKind::Percentile).map(|rate| self.widened_rate(rate, range))
    }

    /// An upper limit of the rate from the shortest length to the first at which the bias is not
    /// seen.
    ///
    /// ```text
    /// ρ ≤ ( upper limit of |bias(τ_b)|² / lower limit of |bias(τ_a)|² )^{1/(2 (τ_b − τ_a))}
    /// ```
    ///
    /// Each limit fails with half the probability of the whole.
    fn at_most(&self, unseen: usize) -> Result<Estimate, Undefined> {
        let both = 0.5 + self.level / 2.0;
        let (first, last) = (self.square(0, both)?, self.square(unseen, both)?);
        let power = 0.5 / (self.taus[unseen] - self.taus[0]) as f64;
        let root = |ratio: f64| libm::pow(ratio.max(0.0), power);
        let (value, upper) = (root(last.value / first.value), root(last.upper / first.lower));
        let standard_error = (upper - value) / normal_quantile(both);
        let rate = Estimate { value, standard_error, lower: 0.0, upper, level: self.level };
        Ok(self.widened_rate(rate, self.taus[unseen] - self.taus[0]))
    }
}

/// The finding on rolling windows.
pub(super) fn windows(differences: &Differences, question: Question, key: RngKey) -> Finding {
    let (visible, taus) = (differences.visible(), differences.taus);
    let effect = |rate: &Estimate, threshold: f64| (threshold - rate.value) / (1.0 - threshold).max(f64::MIN_POSITIVE);
    let rate = if visible < FEWEST { Err(Undefined::because(too_few(visible))) } else { differences.rate(0..visible, key) };
    let mut finding = Finding::new(question, rate.clone());
    finding.reason = match &rate {
        Ok(rate) => {
            format!(
                "the bias is multiplied by {:.3} for each further step of truncation length, over τ = {} to {}",
                rate.value,
                taus[0],
                taus[visible - 1]
            )
        }
        Err(why) => why.reason.clone(),
    };
    finding.effect = rate.as_ref().ok().map(|rate| effect(rate, finding.margin));
    if visible < FEWEST && visible < taus.len() {
        let bound = differences.at_most(visible);
        if let Ok(bound) = &bound {
            finding.reason = format!(
                "{}; from τ = {} to {} the bias falls by a factor of at most {:.3} for each step of truncation length",
                finding.reason, taus[0], taus[visible], bound.upper
            );
            finding.effect = Some(effect(bound, finding.margin));
            finding.rests_on = Some("the bias at the shortest length and an upper limit where it is not seen: the rate between them is at most this");
            finding.estimate = Ok(*bound);
        }
        finding = finding.with(names::RATE_AT_MOST, bound);
    }
    finding.with(names::RATE, rate)
}

fn too_few(visible: usize) -> String {
    format!("the bias is distinguishable from zero at {visible} of the truncation lengths, and a rate needs three; take more chains or steps")
}

/// The finding on blocks: their bias is the mean of those of windows of 1 to τ, which leaves `1/τ`
/// of their sum.
pub(super) fn blocks(blocks: &Differences, rolling: &Differences, threshold: f64, key: RngKey) -> Finding {
    let (visible, seen) = (blocks.visible(), rolling.visible());
    let mut finding = Finding::undefined(Question::below(BLOCK, BLOCK_MARGIN), Undefined::because(too_few(visible)));
    let rate = if seen < FEWEST { Err(Undefined::because(too_few(seen))) } else { rolling.rate(0..seen, key.within("rolling")) };
    let bound = match &rate {
        Err(_) if (1..rolling.taus.len()).contains(&seen) => rolling.at_most(seen),
        rate => rate.clone(),
    };
    // Up to the longest lengths the exponent is on its way to −1 as long as windows of such lengths
    // are biased.
    finding.unsettled = true;
    let outcome = match &bound {
        Ok(rate) if rate.upper < threshold => Outcome::Supported,
        Ok(rate) if rate.lower > threshold => Outcome::Contradicted,
        _ => Outcome::Inconclusive,
    };
    finding.conditions.push(Condition { name: "the biases of rolling windows, whose mean it is, fall geometrically".into(), outcome });
    if visible >= FEWEST {
        let first = visible - BLOCK_LENGTHS;
        let sizes: Vec<f64> = blocks.taus[first..visible].iter().map(|tau| *tau as f64).collect();
        let all: Vec<Vec<&[f64]>> = (first..visible).map(|look| blocks.at(look)).collect();
        let levels = |chosen: &[usize]| all.iter().map(|rows| norm_of_mean(rows, chosen)).collect();
        let found = exponent(&sizes, blocks.stacked.len(), levels, blocks.level, key.within("blocks"))
            .map(|found| blocks.widened_exponent(found, sizes[0], sizes[BLOCK_LENGTHS - 1]));
        finding.reason = match &found {
            Ok(found) => format!(
                "the bias of blocks goes like τ to the power {:.2} over τ = {} to {}: the first steps of each block are cut short, and they are 1/τ of it",
                found.value,
                sizes[0],
                sizes[BLOCK_LENGTHS - 1]
            ),
            Err(why) => why.reason.clone(),
        };
        finding.estimate = found.clone().map(|found| distance_from(found, -1.0));
        finding.effect = finding.estimate.as_ref().ok().map(|distance| (BLOCK_MARGIN - distance.value) / BLOCK_MARGIN);
        finding = finding.with(names::EXPONENT, found);
    }
    for (tau, square) in blocks.taus.iter().zip(blocks.squares()) {
        let root = |x: f64| *tau as f64 * x.max(0.0).sqrt();
        finding = finding.with(names::LENGTH_TIMES_BIAS.at(tau), square.map(|square| square.map_monotone(root)));
    }
    finding.with(names::ROLLING_RATE, bound)
}

fn slope(points: &[[f64; 2]]) -> f64 {
    let n = points.len() as f64;
    let mean = |axis: usize| points.iter().map(|p| p[axis]).sum::<f64>() / n;
    let (x, y) = (mean(0), mean(1));
    points.iter().map(|p| (p[0] - x) * (p[1] - y)).sum::<f64>() / points.iter().map(|p| (p[0] - x) * (p[0] - x)).sum::<f64>()
}
