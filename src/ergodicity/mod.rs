//! How fast laws forget: decay curves of coupled chains, fitted geometric rates, Lyapunov
//! exponents, the Wasserstein bracket.

mod bracket;
mod curve_fit;
mod curve_shape;
mod decay;
mod geometric_fit;
mod lyapunov;
mod moment_exponent;
mod selection;
mod moment_limit;
mod window;

pub use bracket::Levels;
pub(crate) use bracket::{Bounds, Bracket, BracketInput, Side};
pub use curve_shape::{Family, Shaped};
pub use decay::DecayCurve;
pub use geometric_fit::{GeometricFit, Shape};
pub use lyapunov::{LyapunovAccumulator, LyapunovPlan, lyapunov_exponents};
pub use moment_exponent::moment_exponent;
pub(crate) use moment_exponent::vanishes;
pub use moment_limit::{Replicas, lagged_limit, moment_limit, residual_limit};
pub use window::{FitWindow, WindowRule};
