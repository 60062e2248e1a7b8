//! A drawn system as a case, and what is known exactly of it.

use super::Family;
use crate::calibration::systems::case_of;
use crate::claims::{self, Case, Learning, Start, plain_learning};
use crate::data::{Autoregression, LinearTarget, Var};
use crate::network::{Cell, Diagonal, Elman, Network, Readout};
use crate::random::RngKey;
use crate::stats::Undefined;
use crate::theory::{Certificate, GaussianStart, LinearGaussian, LinearModel, PlaneModel, PlaneNetwork, ScalarModel, ScalarNetwork};
use ndarray::{Array1, Array2};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One unit of a system, whose data the first unit states.
///
/// ```
/// use rtrl_lab::{calibration::{Exact, Family}, random::RngKey};
/// let Exact::Units(units) = Family::Diagonal.draw(RngKey::root(1), 1).exact else { panic!() };
/// assert_eq!(units.len(), 3);
/// assert!(units.iter().all(|unit| unit.0.phi == units[0].0.phi), "one channel");
/// ```
pub struct Unit(pub ScalarModel);

impl std::fmt::Debug for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The parameters of a system that has exact answers.
///
/// ```
/// use rtrl_lab::{calibration::{Exact, Family}, random::RngKey};
/// let Exact::Linear(model) = Family::NonNormal.draw(RngKey::root(1), 0).exact else { panic!() };
/// assert_eq!((model.order(), model.hidden()), (1, 3));
/// assert_eq!(model.b_matrix[[1, 0]], 0.0);
/// ```
#[derive(Debug)]
pub enum Exact {
    /// A linear network on linear data.
    Linear(Box<LinearModel>),
    /// Units that do not see each other, on one AR(1) channel; one of them is an Elman cell, more
    /// are a diagonal one.
    Units(Vec<Unit>),
    /// Two units that see each other, on independent data.
    Pair(PlaneModel),
}

/// A system as it was drawn.
///
/// ```
/// use rtrl_lab::{calibration::Family, random::RngKey};
/// let system = Family::Coupled.draw(RngKey::root(1), 0);
/// assert_eq!((system.family.name(), system.key.seed), ("two units", 1));
/// assert_eq!(system.case().network.cell.state_len(), 2);
/// ```
#[derive(Debug)]
pub struct DrawnSystem {
    /// Where it comes from.
    pub family: Family,
    /// The key of all noise of its chains.
    pub key: RngKey,
    /// Its parameters.
    pub exact: Exact,
}

/// Over-dispersion of the starts.
const SPREAD: f64 = 2.0;
/// Times of the brackets.
pub(super) const TIMES: [usize; 4] = [2, 5, 10, 20];

/// What is known of a system: rates a step, and distances.
///
/// ```
/// use rtrl_lab::{calibration::Family, random::RngKey};
/// // The data of every third system near the edge are its slow part.
/// let truth = Family::NearEdge.draw(RngKey::root(1), 0).truth().unwrap();
/// assert!(truth.noiseless && (0.95..0.998).contains(&truth.data));
/// assert_eq!(truth.products, [truth.pathwise; 2]);
/// ```
#[derive(Clone, Debug)]
pub struct DrawnTruth {
    /// Whether products of Jacobians are the same on every path.
    pub noiseless: bool,
    /// Rate of the data chain.
    pub data: f64,
    /// Rate of `(E d_t²)^{1/2}` of two hidden states on the same data.
    pub hidden: f64,
    /// Rate along almost every path; NaN where it is not known.
    pub pathwise: f64,
    /// `r_2` and `r_4`, the rates of products of Jacobians.
    pub products: [f64; 2],
    /// Rate of the difference of the derivatives of two copies, in the second moment; infinite
    /// where they have none.
    pub derivative: f64,
    /// κ; `None` where all moments exist.
    pub tail: Option<f64>,
    /// `W_2` of the hidden block at [`TIMES`], where it is known.
    pub hidden_distances: Option<Vec<f64>>,
    /// `W_2` of the joint chain at [`TIMES`], where it is known.
    pub joint_distances: Option<Vec<f64>>,
}

impl DrawnTruth {
    /// Rate of hidden states whose data differ as well.
    ///
    /// ```
    /// use rtrl_lab::{calibration::Family, random::RngKey};
    /// // Rates of 0.95 and more of the data, and of 0.8 and less of the network.
    /// let truth = Family::NearEdge.draw(RngKey::root(1), 3).truth().unwrap();
    /// assert_eq!((truth.driven(), truth.data > truth.hidden), (truth.data, true));
    /// ```
    pub fn driven(&self) -> f64 {
        self.data.max(self.hidden)
    }

    /// Rate of the joint chain in the second moment; infinite where the derivatives have none.
    ///
    /// ```
    /// use rtrl_lab::{calibration::Family, random::RngKey};
    /// let truth = Family::Linear.draw(RngKey::root(1), 0).truth().unwrap();
    /// assert_eq!(truth.joint(), truth.data.max(truth.hidden));
    /// ```
    pub fn joint(&self) -> f64 {
        self.driven().max(self.derivative)
    }
}

impl DrawnSystem {
    /// The case, with the default budgets of every claim.
    ///
    /// ```
    /// use rtrl_lab::{calibration::Family, random::RngKey};
    /// let case = Family::WeakInput.draw(RngKey::root(1), 0).case();
    /// assert_eq!(case.budget("geometric_ergodicity").times, [2, 5, 10, 20]);
    /// assert_eq!(case.budgets.len(), rtrl_lab::claims::ALL.len());
    /// ```
    pub fn case(&self) -> Case {
        let mut case = self.case_without_budgets();
        for claim in claims::ALL {
            let mut budget = claim.budget_for(&case.certificate);
            if claim.id() == "geometric_ergodicity" {
                budget.times = TIMES.to_vec();
            }
            case.budgets.insert(claim.id().to_string(), budget);
        }
        case
    }

    fn case_without_budgets(&self) -> Case {
        let name = self.family.name();
        match &self.exact {
            Exact::Linear(model) => case_of(model, name, self.key, SPREAD, BTreeMap::new()),
            Exact::Units(units) => {
                let model = units[0].0;
                let column = |of: &dyn Fn(&ScalarModel) -> f64| units.iter().map(|unit| of(&unit.0)).collect::<Vec<f64>>();
                let (recurrent, input, bias) = (column(&|unit| unit.recurrent), column(&|unit| unit.input), column(&|unit| unit.bias));
                let transition = Array2::from_elem((1, 1), model.phi);
                let (cell, certificate): (Box<dyn Cell>, Certificate) = if units.len() == 1 {
                    let cell = Elman::new(&recurrent, &input, &bias, 0.0, model.activation).expect("one unit has one number a block");
                    let certificate = Certificate::of(&cell, Some(&transition));
                    (Box::new(cell), certificate)
                } else {
                    let cell = Diagonal::new(&recurrent, &input, &bias, model.activation).expect("blocks of one length fit");
                    let certificate = Certificate::of(&cell, Some(&transition));
                    (Box::new(cell), certificate)
                };
                let case = self.nonlinear(cell, certificate, &column(&|unit| unit.readout), model);
                Case { unit: if units.len() == 1 { Some(model) } else { None }, ..case }
            }
            Exact::Pair(model) => {
                let cell = Elman::new(model.recurrent.as_flattened(), &model.input, &model.bias, 0.0, model.activation)
                    .expect("two units have two rows a block");
                let certificate = Certificate::of(&cell, Some(&Array2::zeros((1, 1))));
                let plain = ScalarModel { target_noise: 0.1, ..ScalarModel::plain(model.activation, 0.0, 1.0, 0.0) };
                self.nonlinear(Box::new(cell), certificate, &[1.0, 1.0], plain)
            }
        }
    }

    /// The case of a nonlinear cell on the data of `model`.
    fn nonlinear(&self, cell: Box<dyn Cell>, certificate: Certificate, readout: &[f64], model: ScalarModel) -> Case {
        let data = Var(Autoregression {
            transition: Array2::from_elem((1, 1), model.phi),
            noise_factor: Array2::from_elem((1, 1), model.innovation),
            inputs: vec![0],
            target: LinearTarget::new(vec![vec![model.target]], model.target_noise),
        });
        let certificate = certificate.adapted(None, Some(&data.0.transition));
        let network = Network { cell, readout: Readout::new(readout, &[model.readout_bias], readout.len()) };
        Case {
            key: self.key,
            certificate,
            linear: None,
            unit: None,
            start: Start { data: None, hidden: None, spread: SPREAD },
            learning: Learning { steps: 20_000, ..plain_learning() },
            budgets: BTreeMap::new(),
            ..Case::new(self.family.name(), Arc::new(data), network)
        }
    }

    /// What is known of it.
    ///
    /// ```
    /// use rtrl_lab::{calibration::{Exact, Family}, random::RngKey, theory::LinearGaussian};
    /// let system = Family::NonNormal.draw(RngKey::root(1), 0);
    /// let truth = system.truth().unwrap();
    /// let Exact::Linear(model) = system.exact else { panic!() };
    /// // The matrix is triangular, and its largest diagonal entry comes first.
    /// assert!((truth.hidden - model.b_matrix[[0, 0]]).abs() < 1e-9);
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] where an exact answer cannot be computed.
    pub fn truth(&self) -> Result<DrawnTruth, Undefined> {
        match &self.exact {
            Exact::Linear(model) => linear_truth(model),
            Exact::Units(units) => units_truth(units),
            Exact::Pair(model) => pair_truth(*model),
        }
    }
}

/// Independent normal coordinates around 0, as the chains of a case start.
fn spread(len: usize) -> GaussianStart {
    GaussianStart { mean: Array1::zeros(len), deviation: Array1::from_elem(len, SPREAD) }
}

fn linear_truth(model: &LinearModel) -> Result<DrawnTruth, Undefined> {
    let oracle = LinearGaussian::new(model.clone()).map_err(|error| Undefined::because(error.to_string()))?;
    let (q, n) = (model.order(), model.hidden());
    // The distance of a defective system at late times may be lost to rounding; its rates are not.
    let distances = oracle.distances(&spread(q + n), &TIMES).ok();
    let block = |index: usize| distances.as_ref().map(|rows| rows.iter().map(|row| row[index]).collect::<Vec<f64>>());
    let rate = oracle.rho_recurrent();
    Ok(DrawnTruth {
        noiseless: true,
        data: oracle.rho_data(),
        hidden: rate,
        pathwise: rate,
        products: [rate; 2],
        derivative: rate,
        tail: None,
        hidden_distances: block(1),
        joint_distances: block(3),
    })
}

fn units_truth(units: &[Unit]) -> Result<DrawnTruth, Undefined> {
    let networks: Result<Vec<ScalarNetwork>, Undefined> = units.iter().map(|unit| ScalarNetwork::new(unit.0)).collect();
    let networks = networks?;
    let largest = |of: &dyn Fn(&ScalarNetwork) -> Result<f64, Undefined>| -> Result<f64, Undefined> {
        networks.iter().try_fold(0.0, |top: f64, network| Ok(top.max(of(network)?)))
    };
    let mut tail: Option<f64> = None;
    for network in &networks {
        if let Some(own) = network.tail_index()? {
            tail = Some(tail.map_or(own, |tail| tail.min(own)));
        }
    }
    let hidden_distances = if let [network] = &networks[..] {
        Some(network.wasserstein(&spread(2), &TIMES)?.into_iter().map(|distance| distance.w2).collect())
    } else {
        None
    };
    Ok(DrawnTruth {
        noiseless: false,
        data: units[0].0.phi.abs(),
        hidden: largest(&|network| network.distance_rate(2.0))?,
        pathwise: largest(&ScalarNetwork::pathwise_rate)?,
        derivative: largest(&|network| if network.moment_rate(2.0)? < 1.0 { network.derivative_rate(2.0) } else { Ok(f64::INFINITY) })?,
        products: [largest(&|network| network.moment_rate(2.0))?, largest(&|network| network.moment_rate(4.0))?],
        tail,
        hidden_distances,
        joint_distances: None,
    })
}

/// Where products shrink faster in the fourth moment than in the second, states and derivatives
/// approach each other like products.
fn pair_truth(model: PlaneModel) -> Result<DrawnTruth, Undefined> {
    let network = PlaneNetwork::new(model)?;
    let [second, fourth] = [network.moment_rate(2)?, network.moment_rate(4)?];
    if 2.0 * libm::log(fourth) > libm::log(second) {
        return Err(Undefined::because("fourth moments of products fall more slowly than second ones, so that the rate of distances is not known"));
    }
    Ok(DrawnTruth {
        noiseless: false,
        data: 0.0,
        hidden: second,
        pathwise: f64::NAN,
        products: [second, fourth],
        derivative: second,
        tail: None,
        hidden_distances: None,
        joint_distances: None,
    })
}
