//! Learning methods: how the gradient of a step is had. τ counts differentiated applications of the
//! cell.

mod block;
mod block_lanes;
mod local;
mod rolling;
mod rtrl;
mod rule;
mod shared;
mod unbiased;

use crate::data::Segment;
use crate::gradient::Summed;
use crate::network::{Cell, Network};
use crate::random::Noise;
use std::fmt;

pub use rtrl::Forward;
pub use rule::{LaneRule, Rule, Taken};
use shared::{Slopes, forward_flops, pull_flops, run_frozen};

/// A method on offer; that of a truncated one is called with its length τ, the others with 0.
///
/// ```
/// use rtrl_lab::training::method;
/// let rolling = method::named("rolling-tbptt").unwrap();
/// assert_eq!(rolling.name(3), "rolling TBPTT(3)");
/// assert_eq!((rolling.work(3), rolling.windows(3)), (3, vec![3]));
/// let exact = method::ALL.into_iter().filter(|kind| kind.is_exact());
/// assert_eq!(exact.map(|kind| kind.id()).collect::<Vec<_>>(), ["rtrl", "rtrl-single", "bptt"]);
/// ```
pub trait MethodKind: Sync {
    /// The name used in study files.
    fn id(&self) -> &'static str;

    /// What it does, for lists.
    fn words(&self) -> &'static str;

    /// Its name on a page.
    fn name(&self, length: usize) -> String;

    /// Whether it has a length.
    fn is_truncated(&self) -> bool {
        true
    }

    /// Whether its mean gradient at frozen parameters is the whole one.
    fn is_exact(&self) -> bool {
        false
    }

    /// Whether the mean of its gradient over its own choices, at frozen parameters, is the whole
    /// one.
    fn is_unbiased(&self) -> bool {
        self.is_exact()
    }

    /// Whether it is made for a cell.
    ///
    /// # Errors
    /// What the method needs, in words.
    fn suits(&self, _cell: &dyn Cell) -> Result<(), &'static str> {
        Ok(())
    }

    /// Most steps of a run, for a method whose steps become dearer with time.
    fn most_steps(&self) -> Option<usize> {
        None
    }

    /// The relative rounding of the derivatives that it carries.
    fn rounding(&self) -> f64 {
        f64::EPSILON
    }

    /// The lengths of the windows whose mean gradient it follows at frozen parameters; none of a
    /// method that differentiates no windows.
    fn windows(&self, _length: usize) -> Vec<usize> {
        Vec::new()
    }

    /// The summed gradient of the rule at frozen parameters over the steps `t ≥ warm` of a segment,
    /// from the hidden state `start`: the rule itself, without its updates, in general.
    fn frozen(&self, length: usize, network: &Network, segment: &Segment, start: &[f64], warm: usize, choices: Noise) -> Summed {
        run_frozen(&mut *self.start(length, network, start.to_vec(), choices), network, segment, warm)
    }

    /// Steps from one update to the next.
    fn period(&self, _length: usize) -> usize {
        1
    }

    /// Steps from one update to the next at the end of a run of `steps`, at most or in the mean.
    fn last_period(&self, length: usize, _steps: usize) -> usize {
        self.period(length)
    }

    /// Whether streams that began together have their updates at the same steps.
    fn is_regular(&self) -> bool {
        true
    }

    /// The rule of several streams at once from hidden states 0, where method and cell have one.
    fn side_by_side(&self, _length: usize, _network: &Network, _lanes: usize) -> Option<Box<dyn LaneRule>> {
        None
    }

    /// Applications of the cell, there or back, that a step takes about.
    fn work(&self, _length: usize) -> usize {
        1
    }

    /// Numbers that its rule holds.
    fn numbers(&self, cell: &dyn Cell, length: usize) -> usize;

    /// Additions and multiplications of one step, counted to the leading terms, readout aside.
    fn flops(&self, length: usize, cell: &dyn Cell) -> f64;

    /// The rule at the start of a run; `choices` is the noise of a method that chooses at random.
    fn start(&self, length: usize, network: &Network, hidden: Vec<f64>, choices: Noise) -> Box<dyn Rule>;
}

/// Every method that a study can name; the first is that of a study that names none.
pub const ALL: [&dyn MethodKind; 13] = [
    &rtrl::DOUBLE,
    &rolling::RECOMPUTED,
    &rolling::STORED,
    &block::REGULAR,
    &rtrl::SINGLE,
    &rolling::WHOLE,
    &local::IMMEDIATE,
    &block::GROWING,
    &block::RANDOM,
    &local::SNAP,
    &unbiased::Uoro,
    &unbiased::Kronecker,
    &local::RFLO,
];

/// A method with its length.
///
/// ```
/// use rtrl_lab::training::Method;
/// assert_eq!([Method::RTRL, Method::rolling(2)].map(Method::is_exact), [true, false]);
/// assert_eq!([Method::RTRL, Method::block(4)].map(|m| m.to_string()), ["RTRL", "block TBPTT(4)"]);
/// ```
#[derive(Clone, Copy)]
pub struct Method {
    kind: &'static dyn MethodKind,
    length: usize,
}

impl Method {
    /// Real-time recurrent learning: derivatives carried forward while the parameters move.
    pub const RTRL: Method = Method { kind: &rtrl::DOUBLE, length: 0 };

    /// Rolling TBPTT(τ): the last τ steps recomputed at the current parameters.
    ///
    /// ```
    /// use rtrl_lab::training::Method;
    /// assert_eq!((Method::rolling(5).period(), Method::rolling(5).work()), (1, 5));
    /// ```
    pub const fn rolling(length: usize) -> Method {
        Method { kind: &rolling::RECOMPUTED, length }
    }

    /// Rolling TBPTT(τ) with the stored hidden states and Jacobians of the last τ steps.
    pub(crate) const fn rolling_stale(length: usize) -> Method {
        Method { kind: &rolling::STORED, length }
    }

    /// Block TBPTT(τ): blocks of τ steps, state carried, one update a block with the block's mean
    /// gradient.
    ///
    /// ```
    /// use rtrl_lab::training::Method;
    /// assert_eq!((Method::block(5).period(), Method::block(5).work()), (5, 1));
    /// ```
    pub const fn block(length: usize) -> Method {
        Method { kind: &block::REGULAR, length }
    }

    /// The method `kind` with a length, which one that is not truncated leaves aside.
    ///
    /// ```
    /// use rtrl_lab::training::{Method, method};
    /// assert_eq!(Method::of(method::named("block-tbptt").unwrap(), 7), Method::block(7));
    /// assert_eq!(Method::of(method::named("rtrl").unwrap(), 7), Method::RTRL);
    /// ```
    pub fn of(kind: &'static dyn MethodKind, length: usize) -> Method {
        Method { kind, length: if kind.is_truncated() { length } else { 0 } }
    }

    /// The kind.
    ///
    /// ```
    /// use rtrl_lab::training::Method;
    /// assert_eq!(Method::RTRL.kind().id(), "rtrl");
    /// assert_eq!(Method::rolling(3).kind().name(8), "rolling TBPTT(8)");
    /// ```
    pub fn kind(self) -> &'static dyn MethodKind {
        self.kind
    }

    /// The length τ; 0 of a method that has none.
    ///
    /// ```
    /// use rtrl_lab::training::Method;
    /// assert_eq!([Method::RTRL, Method::rolling(6)].map(Method::length), [0, 6]);
    /// ```
    pub fn length(self) -> usize {
        self.length
    }

    /// See [`MethodKind::is_exact`].
    ///
    /// ```
    /// use rtrl_lab::training::Method;
    /// assert!(Method::RTRL.is_exact() && !Method::block(1000).is_exact());
    /// ```
    pub fn is_exact(self) -> bool {
        self.kind.is_exact()
    }

    /// See [`MethodKind::frozen`].
    ///
    /// ```
    /// # use rtrl_lab::{data::Segment, network::*, random::*, training::Method};
    /// # let linear = activation::named("identity").unwrap();
    /// # let cell = Box::new(Elman::new(&[0.5], &[1.0], &[0.0], 0.0, linear).unwrap());
    /// let network = Network { cell, readout: Readout::new(&[1.0], &[0.0], 1) };
    /// // S_1 = 1, S_2 = 1.5, of errors 0 and 1.
    /// let stretch = Segment::given(vec![1.0, 1.0], 1, vec![1.0, 0.5], 1);
    /// let none = || Noise::at(RngKey::root(1));
    /// let sum = |method: Method| method.frozen(&network, &stretch, &[0.0], 0, none());
    /// let gradient = |method: Method| sum(method).gradient;
    /// assert_eq!(gradient(Method::RTRL), [1.0, 1.5, 1.5, 1.5, 1.0]);
    /// assert_eq!(gradient(Method::rolling(1)), [1.0, 1.0, 1.0, 1.5, 1.0]);
    /// ```
    pub fn frozen(self, network: &Network, segment: &Segment, start: &[f64], warm: usize, choices: Noise) -> Summed {
        self.kind.frozen(self.length, network, segment, start, warm, choices)
    }

    /// See [`MethodKind::windows`].
    ///
    /// ```
    /// use rtrl_lab::training::Method;
    /// assert_eq!(Method::block(3).windows(), [1, 2, 3]);
    /// assert!(Method::RTRL.windows().is_empty());
    /// ```
    pub fn windows(self) -> Vec<usize> {
        self.kind.windows(self.length)
    }

    /// See [`MethodKind::period`].
    ///
    /// ```
    /// use rtrl_lab::training::Method;
    /// let methods = [Method::RTRL, Method::rolling(9), Method::block(9)];
    /// assert_eq!(methods.map(Method::period), [1, 1, 9]);
    /// ```
    pub fn period(self) -> usize {
        self.kind.period(self.length)
    }

    /// See [`MethodKind::work`].
    ///
    /// ```
    /// use rtrl_lab::training::Method;
    /// let methods = [Method::RTRL, Method::rolling(9), Method::block(9)];
    /// assert_eq!(methods.map(Method::work), [1, 9, 1]);
    /// ```
    pub fn work(self) -> usize {
        self.kind.work(self.length)
    }

    /// See [`MethodKind::numbers`].
    ///
    /// ```
    /// use rtrl_lab::{network::{Diagonal, activation}, training::Method};
    /// let cell = Diagonal::new(&[0.5; 4], &[1.0; 4], &[0.0; 4], activation::TANH).unwrap();
    /// // Two influence rows of P = 12 numbers and a tape of 4 + 1 + 4.
    /// assert_eq!(Method::RTRL.numbers(&cell), 2 * 12 + 9);
    /// assert_eq!(Method::block(10).numbers(&cell), 10 * 2 * (9 + 4));
    /// ```
    pub fn numbers(self, cell: &dyn Cell) -> usize {
        self.kind.numbers(cell, self.length)
    }

    /// See [`MethodKind::start`].
    ///
    /// ```
    /// # use rtrl_lab::{network::*, random::*, training::Method};
    /// # let cell = Box::new(Elman::new(&[0.5], &[1.0], &[0.0], 0.0, activation::TANH).unwrap());
    /// let network = Network { cell, readout: Readout::new(&[1.0], &[0.0], 1) };
    /// let none = || Noise::at(RngKey::root(1));
    /// let rule = Method::RTRL.start(&network, vec![0.25], none());
    /// assert_eq!((rule.hidden(), rule.influence(&network).unwrap()), (&[0.25][..], vec![0.0; 3]));
    /// let rolling = Method::rolling(2).start(&network, vec![0.25], none());
    /// assert_eq!(rolling.influence(&network), None);
    /// ```
    pub fn start(self, network: &Network, hidden: Vec<f64>, choices: Noise) -> Box<dyn Rule> {
        self.kind.start(self.length, network, hidden, choices)
    }
}

impl PartialEq for Method {
    fn eq(&self, other: &Method) -> bool {
        (self.kind.id(), self.length) == (other.kind.id(), other.length)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind.name(self.length))
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The kind called `id`.
///
/// ```
/// use rtrl_lab::training::method;
/// assert_eq!(method::named("block-tbptt").unwrap().period(4), 4);
/// assert!(method::named("evolution").is_none());
/// ```
pub fn named(id: &str) -> Option<&'static dyn MethodKind> {
    ALL.into_iter().find(|kind| kind.id() == id)
}
