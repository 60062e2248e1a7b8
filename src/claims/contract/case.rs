//! A validated setting: one data process, one network, one way of learning, and the budgets of its
//! claims.

use crate::claims::{Claim, Derivatives, Finding, linear_model, scalar_model};
use crate::data::DataProcess;
use crate::network::{Cell, Network};
use crate::random::{Noise, RngKey, stream};
use crate::theory::{Certificate, DataRate, LinearModel, ScalarModel};
use crate::training::{Method, Schedule};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where chains start. A part that is stated is a point; the rest is `spread` times a standard
/// normal a coordinate.
///
/// ```
/// use rtrl_lab::claims::Start;
/// let start = Start { hidden: Some(vec![0.5]), ..Start::default() };
/// assert_eq!((start.spread, start.data), (2.0, None));
/// ```
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
///
/// ```
/// use rtrl_lab::claims::Learning;
/// let learning = Learning { steps: 500, ..Learning::default() };
/// assert!(learning.schedule.is_robbins_monro());
/// assert_eq!((learning.schedule.step(0), learning.projection), (0.05, Some(0.98)));
/// ```
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
///
/// ```
/// let claim = rtrl_lab::claims::named("geometric_ergodicity").unwrap();
/// let sketch = claim.knobs()[0];
/// assert_eq!((sketch.key, sketch.most), ("sketch", 4096));
/// ```
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
///
/// ```
/// use rtrl_lab::claims::Budget;
/// let budget = Budget { chains: 64, margin: 0.02, ..Budget::default() };
/// let written = serde_json::to_value(&budget).unwrap();
/// assert_eq!((&written["chains"], &written["steps"]), (&64.into(), &0.into()));
/// assert_eq!(written.get("own"), None);
/// ```
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
    /// Width of the interval that ends the budget early, where one is stated; see
    /// [`Claim::stops_early`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<f64>,
    /// Numbers that this claim alone takes, where they are stated; see [`Knob`].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub own: BTreeMap<&'static str, usize>,
}

impl Budget {
    /// The keys that have a meaning for a claim with this default budget.
    ///
    /// ```
    /// use rtrl_lab::claims::Budget;
    /// let budget = Budget { chains: 64, taus: vec![1, 2], ..Budget::default() };
    /// assert_eq!(budget.keys(), ["chains", "margin", "taus"]);
    /// ```
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
///
/// ```
/// // One linear unit of recurrent weight 1.05.
/// let case = rtrl_lab::claims::named("derivative_moments").unwrap().violation(1);
/// assert_eq!((case.network.cell.state_len(), case.level), (1, 0.95));
/// assert_eq!((case.certificate.cell.rate, case.certificate.joint()), (1.05, None));
/// ```
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
    ///
    /// ```
    /// # use rtrl_lab::{claims::Case, data::{Autoregression, LinearTarget, Var}, network::*};
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.9]]), ndarray::arr2(&[[1.0]]));
    /// # let target = LinearTarget::new(vec![vec![1.0]], 0.1);
    /// let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
    /// let identity = activation::named("identity").unwrap();
    /// let cell = Elman::new(&[-0.5], &[1.0], &[0.0], 0.0, identity).unwrap();
    /// let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
    /// let case = Case::new("one unit", std::sync::Arc::new(data), network);
    /// assert_eq!((case.certificate.cell.rate, case.certificate.joint()), (0.5, Some(0.9)));
    /// assert_eq!(case.linear.unwrap().b_matrix[[0, 0]], -0.5);
    /// ```
    pub fn new(name: &str, data: Arc<dyn DataProcess>, network: Network) -> Self {
        let linear = data.linear().and_then(|process| linear_model(&network, process));
        let unit = data.linear().and_then(|process| scalar_model(&network, process));
        let rate = if data.is_recorded() { DataRate::Shared } else { data.certified().map_or(DataRate::Unknown, DataRate::Certified) };
        let recurrence = linear.as_ref().map(LinearModel::recurrence);
        let transition = data.linear().map(|process| &process.transition);
        let certificate = Certificate::within(&*network.cell, &data.input_bounds(), rate).adapted(recurrence.as_ref(), transition);
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
    ///
    /// ```
    /// use rtrl_lab::random::RngKey;
    /// let case = rtrl_lab::claims::named("staleness").unwrap().violation(1).with_seed(7);
    /// assert_eq!(case.key, RngKey::root(7).within(&case.name));
    /// ```
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.key = RngKey::root(seed).within(&self.name);
        self
    }

    /// The same with another cell, and what is certified of it.
    #[must_use]
    pub(crate) fn with_cell(mut self, cell: Box<dyn Cell>) -> Self {
        self.certificate.cell = cell.bounds().contraction;
        self.network.cell = cell;
        self
    }

    /// The same under another way of learning.
    ///
    /// ```
    /// use rtrl_lab::claims::{Learning, named};
    /// let case = named("hidden_contraction").unwrap().violation(1);
    /// let longer = Learning { steps: 3 * case.learning.steps, ..case.learning };
    /// assert_eq!(case.with_learning(longer).learning.steps, 6000);
    /// ```
    #[must_use]
    pub fn with_learning(mut self, learning: Learning) -> Self {
        self.learning = learning;
        self
    }

    /// The same with the budget of one claim changed.
    ///
    /// ```
    /// let claim = rtrl_lab::claims::named("hidden_contraction").unwrap();
    /// let case = claim.violation(1).with_budget(claim, |budget| budget.chains /= 4);
    /// let budget = case.budget(claim.id());
    /// assert_eq!((budget.chains, budget.steps), (16, 120));
    /// ```
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
    ///
    /// ```
    /// let claim = rtrl_lab::claims::named("data_ergodicity").unwrap();
    /// let case = claim.violation(1);
    /// assert_eq!(claim.question(&case).margin, 1.0 - case.budget("data_ergodicity").margin);
    /// assert_eq!(case.budget("data_ergodicity").margin, 0.02);
    /// ```
    pub fn budget(&self, claim: &str) -> &Budget {
        self.budgets.get(claim).unwrap_or_else(|| panic!("case {} was built without a budget for {claim}", self.name))
    }

    /// The key of one part of a claim.
    ///
    /// ```
    /// let case = rtrl_lab::claims::named("data_ergodicity").unwrap().violation(1);
    /// let [pairs, judge] = ["pairs", "judge"].map(|part| case.key_of("data_ergodicity", part));
    /// assert_eq!((pairs.seed, pairs.replicate), (1, 0));
    /// assert_ne!(pairs, judge);
    /// ```
    pub fn key_of(&self, claim: &str, part: &str) -> RngKey {
        self.key.within(claim).within(part)
    }

    /// The larger of the numbers of coordinates of the data and of the hidden state.
    ///
    /// ```
    /// // Two units, then one, on one data coordinate.
    /// let cases = ["hidden_contraction", "data_ergodicity"]
    ///     .map(|id| rtrl_lab::claims::named(id).unwrap().violation(1));
    /// assert_eq!(cases.map(|case| case.parts()), [2, 1]);
    /// ```
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
