//! A validated setting: one data process, one network, one way of learning, and the budgets of its claims.

use super::Derivatives;
use crate::data::DataProcess;
use crate::network::Network;
use crate::random::{Address, Noise, stream};
use crate::theory::{Certificate, LinearModel, ScalarModel};
use crate::training::{Method, Schedule};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where chains start. A part that is stated is a point; the rest is `spread` times a standard normal a coordinate.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// The stated data state.
    pub data: Option<Vec<f64>>,
    /// The stated hidden state.
    pub hidden: Option<Vec<f64>>,
    /// Over-dispersion of what is not stated.
    pub spread: f64,
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

/// What a claim may spend and what decides it; every number is written out in the manifest.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
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
}

/// A recorded series as its tests see it: one column a named series.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedColumns {
    /// Names, inputs first.
    pub names: Vec<String>,
    /// The columns.
    pub columns: Vec<Vec<f64>>,
}

/// A validated setting.
#[derive(Clone)]
pub struct Case {
    /// Name of the case.
    pub name: String,
    /// Root of all its noise.
    pub address: Address,
    /// Nominal level of every interval.
    pub level: f64,
    /// The data.
    pub data: Arc<dyn DataProcess>,
    /// The network at its starting parameters.
    pub network: Network,
    /// What the certificate of contraction says.
    pub certificate: Certificate,
    /// `L₂`-smoothness and the like hold by construction; the name of the activation for the page.
    pub activation: &'static str,
    /// The linear Gaussian model, where the case is one.
    pub linear: Option<LinearModel>,
    /// The unit and its data, where the case is one unit on one channel of a linear autoregression of order one.
    pub unit: Option<ScalarModel>,
    /// The recorded columns, where the data are a record.
    pub recorded: Option<RecordedColumns>,
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
    /// The budget of a claim; every claim of a case has one.
    pub fn budget(&self, claim: &str) -> &Budget {
        self.budgets.get(claim).unwrap_or_else(|| panic!("case {} was built without a budget for {claim}", self.name))
    }

    /// The address of one part of a claim.
    pub fn address_of(&self, claim: &str, part: &str) -> Address {
        self.address.within(claim).within(part)
    }

    /// The larger of the numbers of coordinates of the data and of the hidden state.
    pub fn parts(&self) -> usize {
        self.data.state_len().max(self.network.cell.hidden())
    }

    /// The data part of a start on the stream `which` of a replicate.
    pub fn data_start(&self, replicate: usize, replicates: usize, address: Address, which: u64) -> Vec<f64> {
        let mut state = vec![0.0; self.data.state_len()];
        let mut noise = Noise::at(address.replicate(replicate).stream(which));
        self.data.start(self.start.spread, replicate, replicates, &mut noise, &mut state);
        match &self.start.data {
            Some(stated) if which == stream::START => stated.clone(),
            _ => state,
        }
    }

    /// The hidden part of a start on the stream `which` of a replicate.
    pub fn hidden_start(&self, replicate: usize, address: Address, which: u64) -> Vec<f64> {
        match &self.start.hidden {
            Some(stated) if which == stream::START => stated.clone(),
            // The data part is drawn from the stream itself; the hidden part has its own address.
            _ => Noise::at(address.within("hidden").replicate(replicate).stream(which))
                .normal_vector(self.network.cell.hidden())
                .into_iter()
                .map(|z| self.start.spread * z)
                .collect(),
        }
    }
}
