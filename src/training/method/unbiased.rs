//! Random approximations of low rank whose mean is the influence matrix.

use super::{MethodKind, Rule, Slopes, Taken};
use crate::linalg::length as norm;
use crate::network::{Cell, Network};
use crate::random::Noise;
use crate::simd::dense;

/// Unbiased online recurrent optimisation: `V ≈ s θᵀ` with
///
/// ```text
/// s ← ρ_0 A s + ρ_1 ν,   θ ← θ/ρ_0 + Eᵀ ν/ρ_1,   ν of random signs (N)
/// ρ_0 = √(‖θ‖/‖A s‖),   ρ_1 = √(‖Eᵀ ν‖/‖ν‖)
/// ```
///
/// A ratio that is not a positive number counts as 1. Source: Tallec and Ollivier (2018),
/// arXiv:1702.05043.
pub(super) struct Uoro;

impl MethodKind for Uoro {
    fn id(&self) -> &'static str {
        "uoro"
    }

    fn words(&self) -> &'static str {
        "UORO: derivatives of rank one from random signs, right in the mean"
    }

    fn name(&self, _length: usize) -> String {
        "UORO".into()
    }

    fn is_truncated(&self) -> bool {
        false
    }

    fn is_unbiased(&self) -> bool {
        true
    }

    fn flops(&self, _length: usize, cell: &dyn Cell) -> f64 {
        let (n, p) = (cell.state_len() as f64, cell.parameters().len() as f64);
        // The tangent, Eᵀ ν, two norms, the sum, and the gradient.
        super::forward_flops(cell) + 2.0 * n * n + 2.0 * p + 4.0 * p + 3.0 * p + 2.0 * p
    }

    fn numbers(&self, cell: &dyn Cell, _length: usize) -> usize {
        2 * cell.parameters().len() + 5 * cell.state_len() + cell.tape_len()
    }

    fn start(&self, _length: usize, network: &Network, hidden: Vec<f64>, choices: Noise) -> Box<dyn Rule> {
        let (n, p) = (hidden.len(), network.recurrent_len());
        let zeros = |len| vec![0.0; len];
        Box::new(RankOne {
            core: Core::of(network, hidden),
            choices,
            state: zeros(n),
            image: zeros(n),
            signs: zeros(n),
            parameters: zeros(p),
            pulled: zeros(p),
        })
    }
}

/// Hidden state, tape and slopes.
struct Core {
    hidden: Vec<f64>,
    next: Vec<f64>,
    tape: Vec<f64>,
    slopes: Slopes,
}

impl Core {
    fn of(network: &Network, hidden: Vec<f64>) -> Core {
        Core { next: vec![0.0; hidden.len()], hidden, tape: vec![0.0; network.cell.tape_len()], slopes: Slopes::of(network) }
    }

    fn step(&mut self, cell: &dyn Cell, input: &[f64]) {
        cell.step(&self.hidden, input, &mut self.next, &mut self.tape);
        std::mem::swap(&mut self.hidden, &mut self.next);
    }
}

/// `√(above/below)`, 1 where that is not a positive number.
fn balance(above: f64, below: f64) -> f64 {
    let ratio = (above / below).sqrt();
    if ratio > 0.0 && ratio.is_finite() { ratio } else { 1.0 }
}

struct RankOne {
    core: Core,
    choices: Noise,
    state: Vec<f64>,
    image: Vec<f64>,
    signs: Vec<f64>,
    parameters: Vec<f64>,
    pulled: Vec<f64>,
}

impl RankOne {
    /// Takes in the taped step under the present signs.
    fn advance(&mut self, cell: &dyn Cell) {
        let tape = &self.core.tape;
        cell.push(tape, Some(&self.state), None, &mut self.image);
        self.pulled.fill(0.0);
        cell.immediate(tape, &self.signs, &mut self.pulled);
        let carried = balance(norm(self.parameters.iter()), norm(self.image.iter()));
        let fresh = balance(norm(self.pulled.iter()), norm(self.signs.iter()));
        for ((state, image), sign) in self.state.iter_mut().zip(&self.image).zip(&self.signs) {
            *state = carried * image + fresh * sign;
        }
        for (parameter, pulled) in self.parameters.iter_mut().zip(&self.pulled) {
            *parameter = *parameter / carried + pulled / fresh;
        }
    }
}

impl Rule for RankOne {
    fn learn(&mut self, network: &Network, input: &[f64], target: &[f64], gradient: &mut [f64]) -> Taken {
        let cell = &*network.cell;
        self.core.step(cell, input);
        self.signs.iter_mut().for_each(|sign| *sign = self.choices.sign());
        self.advance(cell);
        let loss = self.core.slopes.read_out(network, &self.core.hidden, target, gradient);
        let along: f64 = self.core.slopes.adjoint.iter().zip(&self.state).map(|(a, s)| a * s).sum();
        dense::add_scaled(along, &self.parameters, &mut gradient[..network.recurrent_len()]);
        Taken { loss, weight: 1.0 }
    }

    fn hidden(&self) -> &[f64] {
        &self.core.hidden
    }

    fn forget(&mut self) {
        [&mut self.core.hidden, &mut self.state, &mut self.parameters].into_iter().for_each(|part| part.fill(0.0));
    }

    fn influence(&self, network: &Network) -> Option<Vec<f64>> {
        let whole = network.cell.influence_layout().is_whole();
        whole.then(|| self.state.iter().flat_map(|s| self.parameters.iter().map(move |p| s * p)).collect())
    }
}

/// Kronecker-factored real-time recurrent learning: `V ≈ M ⊗ uᵀ`, `M` (N × N) and `u` as long as a
/// group of parameters, for cells whose immediate Jacobian is `diag(σ') ⊗ zᵀ`:
///
/// ```text
/// u ← c_1 p_1 u + c_2 p_2 z,   M ← c_1 A M/p_1 + c_2 diag(σ')/p_2,   c_1, c_2 random signs
/// p_1 = √(‖A M‖_F/‖u‖),   p_2 = √(‖σ'‖/‖z‖)
/// ```
///
/// A ratio that is not a positive number counts as 1. Source: Mujika, Meier and Steger (2018),
/// arXiv:1805.10842.
pub(super) struct Kronecker;

impl MethodKind for Kronecker {
    fn id(&self) -> &'static str {
        "kf-rtrl"
    }

    fn words(&self) -> &'static str {
        "KF-RTRL: derivatives as a Kronecker product from random signs, right in the mean"
    }

    fn name(&self, _length: usize) -> String {
        "KF-RTRL".into()
    }

    fn is_truncated(&self) -> bool {
        false
    }

    fn is_unbiased(&self) -> bool {
        true
    }

    fn suits(&self, cell: &dyn Cell) -> Result<(), &'static str> {
        if cell.immediate_by_groups(&vec![0.0; cell.tape_len()]).is_some() {
            Ok(())
        } else {
            Err("KF-RTRL needs a cell whose immediate Jacobian is one Kronecker product: elman, without a mask")
        }
    }

    fn flops(&self, _length: usize, cell: &dyn Cell) -> f64 {
        let (n, p) = (cell.state_len() as f64, cell.parameters().len() as f64);
        super::forward_flops(cell) + 2.0 * n * n * n + 4.0 * n * n + 2.0 * n * n + 2.0 * p
    }

    fn numbers(&self, cell: &dyn Cell, _length: usize) -> usize {
        let n = cell.state_len();
        3 * n * n + cell.parameters().len() / n + 3 * n + cell.tape_len()
    }

    fn start(&self, _length: usize, network: &Network, hidden: Vec<f64>, choices: Noise) -> Box<dyn Rule> {
        let n = hidden.len();
        let square = || vec![0.0; n * n];
        let group = vec![0.0; network.recurrent_len() / n];
        Box::new(Factors {
            core: Core::of(network, hidden),
            choices,
            group,
            matrix: square(),
            image: square(),
            jacobian: square(),
            along: vec![0.0; n],
        })
    }
}

struct Factors {
    core: Core,
    choices: Noise,
    group: Vec<f64>,
    matrix: Vec<f64>,
    image: Vec<f64>,
    jacobian: Vec<f64>,
    along: Vec<f64>,
}

impl Factors {
    /// Takes in the taped step under two signs.
    fn advance(&mut self, cell: &dyn Cell, [first, second]: [f64; 2]) {
        let n = self.along.len();
        cell.jacobian(&self.core.tape, &mut self.jacobian);
        dense::multiply(&self.jacobian, &self.matrix, &mut self.image, n);
        let step = cell.immediate_by_groups(&self.core.tape).expect("the method suits the cell");
        let carried = balance(norm(self.image.iter()), norm(self.group.iter()));
        let fresh = balance(norm(step.slopes.iter()), norm(step.input.iter()));
        for (u, z) in self.group.iter_mut().zip(step.input) {
            *u = first * carried * *u + second * fresh * z;
        }
        for (m, image) in self.matrix.iter_mut().zip(&self.image) {
            *m = first / carried * image;
        }
        for (i, slope) in step.slopes.iter().enumerate() {
            self.matrix[i * n + i] += second / fresh * slope;
        }
    }
}

impl Rule for Factors {
    fn learn(&mut self, network: &Network, input: &[f64], target: &[f64], gradient: &mut [f64]) -> Taken {
        let (cell, n) = (&*network.cell, self.along.len());
        self.core.step(cell, input);
        let signs = [self.choices.sign(), self.choices.sign()];
        self.advance(cell, signs);
        let loss = self.core.slopes.read_out(network, &self.core.hidden, target, gradient);
        dense::apply_transposed(&self.matrix, n, &self.core.slopes.adjoint, &mut self.along);
        for (along, own) in self.along.iter().zip(gradient[..network.recurrent_len()].chunks_exact_mut(self.group.len())) {
            dense::add_scaled(*along, &self.group, own);
        }
        Taken { loss, weight: 1.0 }
    }

    fn hidden(&self) -> &[f64] {
        &self.core.hidden
    }

    fn forget(&mut self) {
        [&mut self.core.hidden, &mut self.group, &mut self.matrix].into_iter().for_each(|part| part.fill(0.0));
    }

    fn influence(&self, _network: &Network) -> Option<Vec<f64>> {
        let row = |row: &[f64]| row.iter().flat_map(|m| self.group.iter().map(move |u| m * u)).collect::<Vec<f64>>();
        Some(self.matrix.chunks_exact(self.along.len()).flat_map(row).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Elman, Readout, activation};
    use crate::random::RngKey;

    const INPUTS: [f64; 3] = [0.7, -1.1, 0.4];

    fn network() -> Network {
        let cell = Elman::new(&[0.6, -0.4, 0.3, 0.8], &[1.0, -0.5], &[0.1, 0.2], 0.0, activation::TANH).unwrap();
        Network { cell: Box::new(cell), readout: Readout::new(&[0.7, -1.2], &[0.1], 2) }
    }

    /// `V` after three steps by the recursion itself.
    fn exact(network: &Network) -> Vec<f64> {
        let cell = &*network.cell;
        let (mut core, mut v) = (Core::of(network, vec![0.2, -0.1]), vec![0.0; 2 * network.recurrent_len()]);
        for x in INPUTS {
            core.step(cell, &[x]);
            let mut next = vec![0.0; v.len()];
            cell.advance_influence(&core.tape, &v, &mut next, &mut [0.0; 4]);
            v = next;
        }
        v
    }

    /// Mean and variance of every entry over all patterns of signs; `run` makes an estimate.
    fn over_all_signs(count: u32, run: impl Fn(&mut dyn FnMut() -> f64) -> Vec<f64>) -> (Vec<f64>, Vec<f64>) {
        let all: Vec<Vec<f64>> = (0..1u32 << count)
            .map(|pattern| {
                let mut drawn = 0;
                let estimate = run(&mut || {
                    drawn += 1;
                    if pattern >> (drawn - 1) & 1 == 1 { 1.0 } else { -1.0 }
                });
                assert_eq!(drawn, count, "every sign is used");
                estimate
            })
            .collect();
        let n = all.len() as f64;
        let mean: Vec<f64> = (0..all[0].len()).map(|j| all.iter().map(|one| one[j]).sum::<f64>() / n).collect();
        let variance = (0..mean.len()).map(|j| all.iter().map(|one| (one[j] - mean[j]).powi(2)).sum::<f64>() / n).collect();
        (mean, variance)
    }

    /// The mean over all signs is `V`, and the running rule has the variance over all signs.
    fn agrees(kind: &dyn MethodKind, mean: &[f64], variance: &[f64]) {
        let network = network();
        let v = exact(&network);
        let size = v.iter().fold(0.0f64, |top, x| top.max(x.abs()));
        for (mean, v) in mean.iter().zip(&v) {
            assert!((mean - v).abs() < 1e-14 * size, "{}: {mean} {v}", kind.id());
        }
        assert!(variance.iter().all(|variance| *variance > 1e-6), "{}: every entry is random", kind.id());
        const RUNS: usize = 20_000;
        let (mut sum, mut fourth) = (vec![0.0; v.len()], vec![0.0; v.len()]);
        for run in 0..RUNS {
            let mut rule = kind.start(0, &network, vec![0.2, -0.1], Noise::at(RngKey::root(3).replicate(run)));
            let mut gradient = vec![0.0; network.len()];
            for x in INPUTS {
                rule.learn(&network, &[x], &[0.5], &mut gradient);
            }
            for ((estimate, v), (sum, fourth)) in rule.influence(&network).unwrap().iter().zip(&v).zip(sum.iter_mut().zip(&mut fourth)) {
                *sum += (estimate - v).powi(2);
                *fourth += (estimate - v).powi(4);
            }
        }
        // 28 numbers within six standard errors: a false alarm with probability 6e-8.
        for ((sum, fourth), variance) in sum.iter().zip(&fourth).zip(variance) {
            let n = RUNS as f64;
            let error = ((fourth / n - variance * variance).max(0.0) / n).sqrt();
            assert!((sum / n - variance).abs() < 6.0 * error + 1e-12 * variance, "{}: {} {variance}", kind.id(), sum / n);
        }
    }

    #[test]
    fn uoro_is_right_in_the_mean_over_all_signs() {
        let network = network();
        let (mean, variance) = over_all_signs(6, |sign| {
            let zeros = |len| vec![0.0; len];
            let (core, choices, p) = (Core::of(&network, vec![0.2, -0.1]), Noise::at(RngKey::root(1)), network.recurrent_len());
            let mut rule = RankOne { core, choices, state: zeros(2), image: zeros(2), signs: zeros(2), parameters: zeros(p), pulled: zeros(p) };
            for x in INPUTS {
                rule.core.step(&*network.cell, &[x]);
                rule.signs.iter_mut().for_each(|slot| *slot = sign());
                rule.advance(&*network.cell);
            }
            rule.influence(&network).unwrap()
        });
        agrees(&Uoro, &mean, &variance);
    }

    #[test]
    fn kronecker_factors_are_right_in_the_mean_over_all_signs() {
        let network = network();
        let (mean, variance) = over_all_signs(6, |sign| {
            let (core, choices, square) = (Core::of(&network, vec![0.2, -0.1]), Noise::at(RngKey::root(1)), || vec![0.0; 4]);
            let mut rule = Factors { core, choices, group: vec![0.0; 4], matrix: square(), image: square(), jacobian: square(), along: vec![0.0; 2] };
            for x in INPUTS {
                rule.core.step(&*network.cell, &[x]);
                let signs = [sign(), sign()];
                rule.advance(&*network.cell, signs);
            }
            rule.influence(&network).unwrap()
        });
        agrees(&Kronecker, &mean, &variance);
    }
}
