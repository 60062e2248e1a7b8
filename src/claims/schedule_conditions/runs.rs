//! The runs behind the claim on schedules: which schedules are tried, and what is measured at
//! frozen parameters.

use crate::claims::{Case, Learning};
use crate::network::Network;
use crate::random::{Noise, RngKey, stream};
use crate::stats::squared_norm_of_mean;
use crate::theory::LinearGaussian;
use crate::training::{GradientNorm, Observer, Online, Progress, RunStart, Scaling, Schedule};

/// One way of setting steps.
pub(super) struct Tried {
    pub name: &'static str,
    pub schedule: Schedule,
    pub scaling: Scaling,
}

/// Exponents of the polynomial schedules, in and out of the range (½, 1].
pub(super) const EXPONENTS: [(&str, f64); 6] = [
    ("polynomial 0.3", 0.3),
    ("polynomial 0.5", 0.5),
    ("polynomial 0.6", 0.6),
    ("polynomial 0.75", 0.75),
    ("polynomial 0.9", 0.9),
    ("polynomial 1", 1.0),
];

/// The schedules that are tried over `updates` updates: the study's own first. The others start
/// with its first step and fall from a hundredth of the run on, so that their exponents are seen;
/// the adaptive ones keep a hundredth of it, since they scale each entry of a gradient to size 1.
pub(super) fn tried(learning: &Learning, updates: usize) -> Vec<Tried> {
    let initial = learning.schedule.initial;
    let offset = (updates as f64 / 100.0).max(1.0);
    let plain = |name, schedule| Tried { name, schedule, scaling: Scaling::Plain };
    let constant = |initial| Schedule { initial, offset: 1.0, exponent: 0.0 };
    let mut all = vec![plain("own", learning.schedule)];
    all.extend(EXPONENTS.map(|(name, exponent)| plain(name, Schedule { initial, offset, exponent })));
    all.push(plain("constant", constant(initial)));
    all.push(plain("summable", Schedule { initial: 0.1 * initial, offset: 4.0, exponent: 3.0 }));
    all.push(Tried { name: "rmsprop", schedule: constant(0.01 * initial), scaling: Scaling::rms_prop() });
    all.push(Tried { name: "adam", schedule: constant(0.01 * initial), scaling: Scaling::adam() });
    all
}

/// How a gradient at frozen parameters is measured.
#[derive(Clone, Copy)]
pub(super) struct Measure {
    pub segments: usize,
    pub steps: usize,
    pub burn_in: usize,
}

/// `∇J` and `|∇J|²` at frozen parameters: exact where the case is linear, else averaged over
/// independent stretches, the square without noise bias.
pub(super) fn slope(case: &Case, network: &Network, measure: Measure, key: RngKey) -> (Vec<f64>, f64) {
    if let Some(model) = &case.linear {
        let gradient = model.at(network).and_then(LinearGaussian::new).and_then(|oracle| oracle.gradient());
        return gradient.map_or((vec![f64::NAN; network.len()], f64::NAN), |gradient| {
            let flat = gradient.flat().to_vec();
            let square = flat.iter().map(|x| x * x).sum();
            (flat, square)
        });
    }
    let norm = GradientNorm { steps: measure.steps, burn_in: measure.burn_in, spread: 0.0, replicates: measure.segments };
    // The stretches number their replicates themselves, so that of the key goes into the name.
    let key = key.within(&key.replicate.to_string());
    let all: Vec<Vec<f64>> = norm.replicates(&*case.data, network, key, 0..measure.segments).into_iter().map(|summed| summed.gradient).collect();
    let mean = (0..network.len()).map(|entry| all.iter().map(|g| g[entry]).sum::<f64>() / all.len() as f64).collect();
    (mean, squared_norm_of_mean(&all, case.level).map_or(f64::NAN, |square| square.value))
}

/// Keeps the parameters at given times and their mean from a time on.
pub(super) struct Kept<'a> {
    pub times: &'a [usize],
    pub frozen: Vec<Network>,
    pub from: usize,
    pub sum: Vec<f64>,
    pub count: usize,
}

impl<'a> Kept<'a> {
    pub(super) fn at(times: &'a [usize], from: usize, len: usize) -> Self {
        Kept { times, frozen: Vec::new(), from, sum: vec![0.0; len], count: 0 }
    }

    /// The mean of the parameters from `from` on.
    pub(super) fn mean(&self) -> Vec<f64> {
        self.sum.iter().map(|x| x / self.count.max(1) as f64).collect()
    }
}

impl Observer for Kept<'_> {
    fn before_update(&mut self, progress: Progress<'_>) {
        if self.times.get(self.frozen.len()) == Some(&progress.t) {
            self.frozen.push(progress.network.clone());
        }
        if progress.t >= self.from {
            let cell = progress.network.cell.parameters();
            for (sum, x) in self.sum.iter_mut().zip(cell.iter().chain(progress.network.readout.parameters())) {
                *sum += x;
            }
            self.count += 1;
        }
    }
}

/// A run of the case's learning rule under a schedule from a network.
pub(super) fn run(case: &Case, from: &Network, tried: &mut Tried, updates: usize, key: RngKey, observer: &mut dyn Observer) -> Network {
    let mut data = vec![0.0; case.data.state_len()];
    case.data.start(1.0, key.replicate as usize, usize::MAX, &mut Noise::at(key.stream(stream::START)), &mut data);
    let departure = RunStart {
        network: from,
        data,
        hidden: vec![0.0; from.cell.state_len()],
        innovations: Noise::at(key.stream(stream::INNOVATION)),
        observations: Noise::at(key.stream(stream::OBSERVATION)),
        choices: Noise::at(key.stream(stream::METHOD)),
    };
    let online = Online { data: &*case.data, method: case.learning.method, schedule: tried.schedule, projection: case.learning.projection };
    online.run_scaled(departure, updates, &mut tried.scaling, observer)
}
