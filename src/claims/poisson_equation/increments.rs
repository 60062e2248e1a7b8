//! Increments of the martingale behind the Poisson equation, along stationary trajectories.

use crate::claims::measuring::gradient_walk::{GradientWalk, add};
use crate::claims::measuring::pairs::members;
use crate::claims::poisson_equation::names;
use crate::claims::{Budget, Record};
use crate::markov::Walk;
use crate::random::{Noise, RngKey, stream};
use crate::stats::{Bootstrap, Estimate, IntervalKind, Sample, Undefined};
use ndarray::Array2;

/// Trajectories for each replica at a state.
pub(super) const INCREMENTS_A_CHAIN: usize = 2;

/// Along stationary trajectories H_0, H_1, H_2: two independent estimates of each of two successive
/// `v(H_{t+1}) − v(H_t) + g(H_t)`, which is a martingale's increment plus ∇J.
pub(super) fn increments(observed: &GradientWalk, budget: &Budget, key: RngKey, index: usize) -> Record {
    let wide = Budget { chains: INCREMENTS_A_CHAIN * budget.chains, ..budget.clone() };
    let (mut values, mut gradients) = (Vec::new(), Vec::new());
    for replicate in members(&wide, index) {
        let at = key.replicate(replicate);
        let mut walk = Walk::from(&observed.chain, observed.settled(budget.burn_in, key, replicate, wide.chains));
        let mut innovations = Noise::at(at.stream(stream::INNOVATION));
        for step in ["first", "second"] {
            let now = walk.state().to_vec();
            let own = observed.step(&mut walk, &innovations.normal_vector(observed.case.data.innovation_len()));
            for copy in ["one", "other"] {
                let mut value = own.clone();
                let mut noise = Noise::at(key.within(step).within(copy).replicate(replicate).stream(stream::INNOVATION));
                observed.together(&[walk.state(), &now], budget.steps, &mut noise, |_, seen| {
                    add(&mut value, 1.0, &seen[0]);
                    add(&mut value, -1.0, &seen[1]);
                });
                values.extend(value);
            }
            if step == "first" {
                gradients.extend(own);
            }
        }
    }
    Record::default().with(names::INCREMENT, 4 * observed.count(), values).with(names::GRADIENT, observed.count(), gradients)
}

/// Estimates of increments, a row a trajectory: first and second step, each twice.
pub(super) struct Increments {
    pub values: Array2<f64>,
    /// ∇J along the directions.
    pub gradients: Vec<f64>,
}

impl Increments {
    fn at(&self, row: usize, step: usize, copy: usize, l: usize) -> f64 {
        let count = self.gradients.len();
        self.values[[row, (2 * step + copy) * count + l]] - self.gradients[l]
    }

    /// The product of the two independent estimates has the square of the increment itself as its
    /// mean.
    fn square(&self, row: usize, l: usize) -> f64 {
        0.5 * (0..2).map(|step| self.at(row, step, 0, l) * self.at(row, step, 1, l)).sum::<f64>()
    }

    /// `E (v(H_1) − P v(H_0))²` along direction `l`.
    pub(super) fn variance(&self, l: usize, level: f64) -> Result<Estimate, Undefined> {
        let products: Vec<f64> = (0..self.values.nrows()).map(|row| self.square(row, l)).collect();
        Sample::new(&products)?.positive_or_plain_mean(level)
    }

    /// The largest absolute correlation of two successive increments over the directions; its
    /// interval holds for all of them together.
    pub(super) fn correlation(&self, level: f64, bootstrap: &Bootstrap) -> Result<Estimate, Undefined> {
        let count = self.gradients.len();
        let mean = |row: usize, step: usize, l: usize| 0.5 * (self.at(row, step, 0, l) + self.at(row, step, 1, l));
        let correlations = |chosen: &[usize]| -> Option<Vec<f64>> {
            let of = |l: usize| {
                let (cross, square) =
                    chosen.iter().fold((0.0, 0.0), |sum, row| (sum.0 + mean(*row, 0, l) * mean(*row, 1, l), sum.1 + self.square(*row, l)));
                (square > 0.0).then_some(cross / square)
            };
            (0..count).map(of).collect()
        };
        let one_level = 1.0 - (1.0 - level) / count as f64;
        let all = bootstrap.intervals(self.values.nrows(), count, correlations, one_level, IntervalKind::Percentile)?;
        let upper = all.iter().fold(0.0f64, |top, r| top.max(r.lower.abs()).max(r.upper.abs()));
        let lower = all.iter().filter(|r| !r.contains(0.0)).fold(0.0f64, |top, r| top.max(r.lower.abs().min(r.upper.abs())));
        let worst = all.iter().fold(all[0], |worst, r| if r.value.abs() > worst.value.abs() { *r } else { worst });
        Ok(Estimate { value: worst.value.abs(), lower, upper, level, ..worst })
    }
}
