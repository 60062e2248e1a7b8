//! A validated setting: one data process, one network, one way of learning, and the budgets of its
//! claims.

use crate::claims::{Claim, Derivatives, Finding, linear_model, scalar_model};
use crate::data::DataProcess;
use crate::network::Network;
use crate::random::{Noise, RngKey, stream};
use crate::theory::{Certificate, DataRate, LinearModel, ScalarModel};
use crate::training::{Method, Schedule};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where chains start. A part that is stated is a point; the rest is `spread` times a standard
/// normal a coordinate.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// The stated data state.
    pub data: Option<Vec<f64>>,
    /// The stated hidden state.
    pub hidden: Option<Vec<f64>>,
    /// Over-dispersion of what is not stated.
    pub spread: f64,
}

impl Default for Start {
    /// Nothing stated, a spread of 2.
    fn default() -> Self {
        Start { data: None, hidden: None, spread: 2.0 }
    }
}

/// How the parameters move.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Learning {
    /// The learning rule.
    pub method: Method,
    /// The step sizes.
    pub schedule: Schedule,
    /// Number of steps of a run.
    pub steps: usize,
    /// Certified contraction rate that the parameters are projected back to.
    pub projection: Option<f64>,
}

impl Default for Learning {
    /// RTRL on a schedule within the theory's conditions, 100,000 steps, projected to a certified
    /// rate of 0.98.
    fn default() -> Self {
        let schedule = Schedule { initial: 0.05, offset: 1000.0, exponent: 0.7 };
        Learning { method: Method::RTRL, schedule, steps: 100_000, projection: Some(0.98) }
    }
}

/// A whole number that one claim alone takes, under its section in a study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Knob {
    /// The key.
    pub key: &'static str,
    /// What it is, in one phrase.
    pub words: &'static str,
    /// The most that it may be.
    pub most: usize,
}

/// What a claim may spend and what decides it; every number is written out in the manifest. A claim
/// has the keys whose defaults are not zero or empty.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Budget {
    /// Independent replicas.
    pub chains: usize,
    /// Steps of each.
    pub steps: usize,
    /// Steps that bring a chain near its stationary law.
    pub burn_in: usize,
    /// The margin stated in advance; its meaning is the claim's.
    pub margin: f64,
    /// Learning runs, for the claim that trains.
    pub seeds: usize,
    /// Log-spaced times at which a learning run is looked at.
    pub checkpoints: usize,
    /// Truncation lengths.
    pub taus: Vec<usize>,
    /// Times at which laws are compared.
    pub times: Vec<usize>,
    /// Numbers that this claim alone takes, where they are stated; see [`Knob`].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub own: BTreeMap<&'static str, usize>,
}

impl Budget {
    /// The keys that have a meaning for a claim with this default budget.
    pub fn keys(&self) -> Vec<&'static str> {
        let all = [
            ("chains", self.chains > 0),
            ("steps", self.steps > 0),
            ("burn_in", self.burn_in > 0),
            ("margin", true),
            ("seeds", self.seeds > 0),
            ("checkpoints", self.checkpoints > 0),
            ("taus", !self.taus.is_empty()),
            ("times", !self.times.is_empty()),
        ];
        all.into_iter().filter(|(_, there)| *there).map(|(key, _)| key).collect()
    }
}

/// A validated setting.
#[derive(Clone)]
pub struct Case {
    /// Name of the case.
    pub name: String,
    /// Root of all its noise.
    pub key: RngKey,
    /// Nominal level of every interval.
    pub level: f64,
    /// The data.
    pub data: Arc<dyn DataProcess>,
    /// The network at its starting parameters.
    pub network: Network,
    /// What the certificate of contraction says.
    pub certificate: Certificate,
    /// The linear Gaussian model, where the case is one.
    pub linear: Option<LinearModel>,
    /// The unit and its data, where the case is one unit on one channel of a linear autoregression
    /// of order one.
    pub unit: Option<ScalarModel>,
    /// How the joint chain carries its derivatives.
    pub derivatives: Derivatives,
    /// Starts.
    pub start: Start,
    /// Learning.
    pub learning: Learning,
    /// Budgets by claim.
    pub budgets: BTreeMap<String, Budget>,
}

impl Case {
    /// A case of this name with everything else by default: the certificate and the exact models
    /// are worked out, every claim has its default budget, the level is 95 % and the seed 0.
    pub fn new(name: &str, data: Arc<dyn DataProcess>, network: Network) -> Self {
        let linear = data.linear().and_then(|process| linear_model(&network, process));
        let unit = data.linear().and_then(|process| scalar_model(&network, process));
        let rate = if data.is_recorded() { DataRate::Shared } else { data.certified().map_or(DataRate::Unknown, DataRate::Certified) };
        let recurrence = linear.as_ref().map(LinearModel::recurrence);
        let transition = data.linear().map(|process| &process.transition);
        let certificate = Certificate::on(&*network.cell, rate).adapted(recurrence.as_ref(), transition);
        let budgets = crate::claims::ALL.iter().map(|claim| (claim.id().to_string(), claim.budget_for(&certificate))).collect();
        Case {
            name: name.to_string(),
            key: RngKey::root(0).within(name),
            level: 0.95,
            data,
            network,
            certificate,
            linear,
            unit,
            derivatives: Derivatives::Exact,
            start: Start::default(),
            learning: Learning::default(),
            budgets,
        }
    }

    /// The same on other noise.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.key = RngKey::root(seed).within(&self.name);
        self
    }

    /// The same under another way of learning.
    #[must_use]
    pub fn with_learning(mut self, learning: Learning) -> Self {
        self.learning = learning;
        self
    }

    /// The same with the budget of one claim changed.
    #[must_use]
    pub fn with_budget(mut self, claim: &dyn Claim, change: impl FnOnce(&mut Budget)) -> Self {
        let default = || claim.budget_for(&self.certificate);
        change(self.budgets.entry(claim.id().to_string()).or_insert_with(default));
        self
    }

    /// The finding of a claim in this case, measured on this thread.
    ///
    /// ```
    /// use ndarray::arr2;
    /// use rtrl_lab::claims::{self, Case};
    /// use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// use rtrl_lab::network::{Elman, Network, Readout, activation};
    /// let target = LinearTarget::new(vec![vec![1.0]], 0.1);
    /// let data = Var(Autoregression {
    ///     transition: arr2(&[[0.5]]),
    ///     noise_factor: arr2(&[[1.0]]),
    ///     inputs: vec![0],
    ///     target,
    /// });
    /// let cell = Elman::new(&[0.7], &[1.0], &[0.0], 0.0, activation::TANH).unwrap();
    /// let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
    /// let claim = claims::named("hidden_contraction").unwrap();
    /// let case = Case::new("one unit", std::sync::Arc::new(data), network)
    ///     .with_budget(claim, |budget| budget.chains = 64);
    /// let rate = case.ask(claim).estimate.unwrap();
    /// assert!(rate.upper < 0.7, "tanh contracts more than its steepest slope: {rate:?}");
    /// ```
    pub fn ask(&self, claim: &dyn Claim) -> Finding {
        claim.finding(self, &crate::claims::measure(claim, self))
    }

    /// The budget of a claim; every claim of a case has one.
    pub fn budget(&self, claim: &str) -> &Budget {
        self.budgets.get(claim).unwrap_or_else(|| panic!("case {} was built without a budget for {claim}", self.name))
    }

    /// The key of one part of a claim.
    pub fn key_of(&self, claim: &str, part: &str) -> RngKey {
        self.key.within(claim).within(part)
    }

    /// The larger of the numbers of coordinates of the data and of the hidden state.
    pub fn parts(&self) -> usize {
        self.data.state_len().max(self.network.cell.state_len())
    }

    /// The data part of a start on the stream `which` of a replicate.
    pub(crate) fn data_start(&self, replicate: usize, replicates: usize, key: RngKey, which: u64) -> Vec<f64> {
        let mut state = vec![0.0; self.data.state_len()];
        let mut noise = Noise::at(key.replicate(replicate).stream(which));
        self.data.start(self.start.spread, replicate, replicates, &mut noise, &mut state);
        match &self.start.data {
            Some(stated) if which == stream::START => stated.clone(),
            _ => state,
        }
    }

    /// The hidden part of a start on the stream `which` of a replicate.
    pub(crate) fn hidden_start(&self, replicate: usize, key: RngKey, which: u64) -> Vec<f64> {
        match &self.start.hidden {
            Some(stated) if which == stream::START => stated.clone(),
            // The data part is drawn from the stream itself; the hidden part has its own key.
            _ => Noise::at(key.within("hidden").replicate(replicate).stream(which))
                .normal_vector(self.network.cell.state_len())
                .into_iter()
                .map(|z| self.start.spread * z)
                .collect(),
        }
    }
}
