//! Systems drawn at random from stated families, so that no estimator can be tuned to the ones it
//! is tried on.

mod family;
mod score;
mod system;
mod tally;

pub use family::Family;
pub use score::draw;
pub use system::{DrawnSystem, Exact};
pub(crate) use tally::ALL;
pub use tally::{Drawing, DrawnError, DrawnFamily, DrawnInterval, DrawnWords};

use sha2::{Digest, Sha256};

/// The seed of the draw that ships with a version: the first eight bytes of the SHA-256 of its
/// name, which nobody chose.
///
/// ```
/// use rtrl_lab::calibration::seed_of_version;
/// assert_ne!(seed_of_version("0.1.0"), seed_of_version("0.1.1"));
/// ```
pub fn seed_of_version(version: &str) -> u64 {
    let digest = Sha256::digest(format!("rtrl-lab {version}").as_bytes());
    digest.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}
