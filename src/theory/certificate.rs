//! A certificate of contraction, from the parameters alone.

use crate::linalg::{Norm, NormedRate, spectral_radius};
use crate::network::Cell;
use ndarray::Array2;

/// What is certified of the data.
///
/// ```
/// use rtrl_lab::{linalg::Norm, theory::{Certificate, DataRate, NormedRate}};
/// let rate = |rate| NormedRate { rate, norm: Norm::Spectral };
/// let joint = |data| Certificate { cell: rate(0.5), data }.joint();
/// assert_eq!(joint(DataRate::Certified(rate(0.75))), Some(0.75));
/// assert_eq!([DataRate::Shared, DataRate::Unknown].map(joint), [Some(0.5), None]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DataRate {
    /// Two copies on the same noise approach each other at this rate.
    Certified(NormedRate),
    /// Nothing: two copies may never meet.
    Unknown,
    /// The data are a recorded series, which both copies share.
    Shared,
}

impl DataRate {
    /// The certified rate, where there is one.
    ///
    /// ```
    /// use rtrl_lab::{linalg::Norm, theory::{DataRate, NormedRate}};
    /// let rate = NormedRate { rate: 0.75, norm: Norm::One };
    /// assert_eq!(DataRate::Certified(rate).rate().unwrap().rate, 0.75);
    /// assert_eq!(DataRate::Shared.rate(), None);
    /// ```
    pub fn rate(self) -> Option<NormedRate> {
        match self {
            DataRate::Certified(rate) => Some(rate),
            DataRate::Unknown | DataRate::Shared => None,
        }
    }
}

/// Certified rates of the cell and, where there is a law of the data, of the data.
///
/// ```text
/// cell: L N^{−β} ‖B‖,   data: ‖Φ‖,   joint: max(data, cell) as soon as both are below 1
/// ```
///
/// The comparison system of `(E|ΔD|, E|ΔS|, E‖ΔV‖)` is lower triangular with diagonal (data, cell,
/// cell), hence the maximum; the repeated entry gives the derivative block its factor `t`. No
/// certificate is no refutation.
///
/// ```
/// use rtrl_lab::{network::{Elman, activation}, theory::Certificate};
/// // N^{−β} ‖B‖ = 1/2 · 1.6 with the slope 1 of tanh.
/// let b = [1.6, 0.0, 0.0, 0.0, 1.6, 0.0, 0.0, 0.0, 1.6, 0.0, 0.0, 0.0, 1.6, 0.0, 0.0, 0.0];
/// let cell = Elman::new(&b, &[1.0; 4], &[0.0; 4], 0.5, activation::TANH).unwrap();
/// let certificate = Certificate::of(&cell, None);
/// assert!((certificate.joint().unwrap() - 0.8).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Certificate {
    /// The cell's rate in its best norm.
    pub cell: NormedRate,
    /// The data's rate.
    pub data: DataRate,
}

impl Certificate {
    /// The certificate of a cell, by [`Cell::bounds`], on data of which this is known.
    ///
    /// ```
    /// use rtrl_lab::{network::{Elman, activation}, theory::{Certificate, DataRate}};
    /// let cell = Elman::new(&[-2.0], &[1.0], &[0.0], 0.0, activation::SIGMOID).unwrap();
    /// // The slope of the sigmoid is at most 1/4.
    /// let certificate = Certificate::on(&cell, DataRate::Unknown);
    /// assert!((certificate.cell.rate - 0.5).abs() < 1e-12);
    /// assert_eq!(certificate.joint(), None);
    /// ```
    pub fn on(cell: &dyn Cell, data: DataRate) -> Self {
        Certificate { cell: cell.bounds().contraction, data }
    }

    /// The certificate of a cell whose inputs stay within bounds, by [`Cell::bounds_within`].
    ///
    /// ```
    /// use ndarray::Array2;
    /// use rtrl_lab::network::{activation::TANH, kind::{self, CellOptions, Sizes}};
    /// use rtrl_lab::theory::{Certificate, DataRate};
    /// let gru = kind::named("gru").unwrap();
    /// let blocks: Vec<Array2<f64>> = gru.blocks(Sizes { units: 1, inputs: 1 })
    ///     .iter().map(|block| Array2::from_elem((1, block.columns), 0.1)).collect();
    /// let options = CellOptions { activation: TANH, beta: 0.0, mask: None };
    /// let cell = gru.build(&blocks, options).unwrap();
    /// let rate = |bound| Certificate::within(&*cell, &[bound], DataRate::Shared).cell.rate;
    /// assert!(rate(1.0) < 0.75 && rate(30.0) > 0.95 && rate(f64::INFINITY) >= 1.0);
    /// ```
    pub fn within(cell: &dyn Cell, inputs: &[f64], data: DataRate) -> Self {
        Certificate { cell: cell.bounds_within(inputs).contraction, data }
    }

    /// The certificate of a cell on an autoregression with matrix `transition` whose drift is
    /// 1-Lipschitz a coordinate; on a recorded series where there is no matrix.
    ///
    /// ```
    /// use rtrl_lab::{network::{Elman, activation}, theory::Certificate};
    /// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, activation::TANH).unwrap();
    /// let certificate = Certificate::of(&cell, Some(&ndarray::arr2(&[[-0.9]])));
    /// assert!((certificate.joint().unwrap() - 0.9).abs() < 1e-12);
    /// ```
    pub fn of(cell: &dyn Cell, transition: Option<&Array2<f64>>) -> Self {
        let certified = |matrix: &Array2<f64>| DataRate::Certified(NormedRate::smallest(matrix.view(), 1.0));
        Self::on(cell, transition.map_or(DataRate::Shared, certified))
    }

    /// For a linear map any rate above the spectral radius is attained in an adapted norm: replaces
    /// the rates by the spectral radii where these are no larger.
    ///
    /// ```
    /// use rtrl_lab::{linalg::Norm, network::{Elman, activation}, theory::Certificate};
    /// let identity = activation::named("identity").unwrap();
    /// let cell = Elman::new(&[0.0, 2.0, 0.25, 0.0], &[1.0; 2], &[0.0; 2], 0.0, identity).unwrap();
    /// let b = ndarray::arr2(&[[0.0, 2.0], [0.25, 0.0]]);
    /// // The eigenvalues are ± √(2/4).
    /// let rate = Certificate::of(&cell, None).adapted(Some(&b), None).cell;
    /// assert!((rate.rate - 0.5f64.sqrt()).abs() < 1e-12 && rate.norm == Norm::Adapted);
    /// ```
    pub fn adapted(self, cell: Option<&Array2<f64>>, transition: Option<&Array2<f64>>) -> Self {
        let adapt = |rate: NormedRate, matrix: Option<&Array2<f64>>| match matrix.map(|matrix| spectral_radius(matrix.view())) {
            Some(Ok(radius)) if radius <= rate.rate => NormedRate { rate: radius, norm: Norm::Adapted },
            _ => rate,
        };
        Certificate {
            cell: adapt(self.cell, cell),
            data: match self.data {
                DataRate::Certified(rate) => DataRate::Certified(adapt(rate, transition)),
                other => other,
            },
        }
    }

    /// The certified rate of the joint chain, `None` where nothing is certified.
    ///
    /// ```
    /// use rtrl_lab::{
    ///     linalg::Norm,
    ///     theory::{Certificate, DataRate, NormedRate},
    /// };
    /// let rate = |rate| NormedRate { rate, norm: Norm::Spectral };
    /// assert_eq!(
    ///     Certificate { cell: rate(0.8), data: DataRate::Certified(rate(0.9)) }.joint(),
    ///     Some(0.9)
    /// );
    /// assert_eq!(
    ///     Certificate { cell: rate(1.2), data: DataRate::Certified(rate(0.9)) }.joint(),
    ///     None
    /// );
    /// assert_eq!(Certificate { cell: rate(0.8), data: DataRate::Unknown }.joint(), None);
    /// ```
    pub fn joint(&self) -> Option<f64> {
        self.joint_normed().map(|joint| joint.rate)
    }

    /// Steps after which a certified chain has forgotten all but 1e-9 of its start, at most 4000; 0
    /// where nothing is certified.
    ///
    /// ```
    /// use rtrl_lab::{linalg::Norm, theory::{Certificate, DataRate, NormedRate}};
    /// let rate = |rate| NormedRate { rate, norm: Norm::Spectral };
    /// assert_eq!(Certificate { cell: rate(0.1), data: DataRate::Shared }.forgetting_time(), 9);
    /// assert_eq!(Certificate { cell: rate(1.0), data: DataRate::Shared }.forgetting_time(), 0);
    /// ```
    pub fn forgetting_time(&self) -> usize {
        const FORGOTTEN: f64 = 1e-9;
        const LONGEST: f64 = 4000.0;
        self.joint().map_or(0, |rate| (libm::log(FORGOTTEN) / libm::log(rate)).ceil().min(LONGEST) as usize)
    }

    /// The same with the norm of the slower part.
    ///
    /// ```
    /// use rtrl_lab::{linalg::Norm, theory::{Certificate, DataRate, NormedRate}};
    /// let (slow, fast) = (
    ///     NormedRate { rate: 0.9, norm: Norm::Infinity },
    ///     NormedRate { rate: 0.2, norm: Norm::One },
    /// );
    /// let certificate = Certificate { cell: fast, data: DataRate::Certified(slow) };
    /// assert_eq!(certificate.joint_normed(), Some(slow));
    /// ```
    pub fn joint_normed(&self) -> Option<NormedRate> {
        let data = match self.data {
            DataRate::Certified(rate) => Some(rate),
            DataRate::Shared => None,
            DataRate::Unknown => return None,
        };
        let slower = data.filter(|data| data.rate > self.cell.rate).unwrap_or(self.cell);
        (slower.rate < 1.0).then_some(slower)
    }
}
