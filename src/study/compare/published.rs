//! What others published of the same methods, beside what was seen here.

use super::Paired;
use crate::data::InputError;
use crate::data::section::Located;
use crate::stats::Estimate;
use crate::study::config::PublishedSection;
use crate::training::Method;
use serde::{Deserialize, Serialize};

/// A mean over seeds that others published, and the difference of ours to it.
///
/// ```text
/// d = k m − m₀,   d ± t_{ν} √(k² s²/n + s₀²/n₀),   ν of Welch and Satterthwaite
/// ```
///
/// `m`, `s`, `n` are mean, standard deviation and number of our seeds, `k` the factor that turns
/// our loss into theirs. Source: Welch (1947), doi 10.1093/biomet/34.1-2.28.
///
/// ```
/// use rtrl_lab::study::Published;
/// let (ours, difference) = (None, None);
/// let (mean, deviation, seeds, times, ours_seeds) = (2.0, 0.5, 10, 1.0, 0);
/// let of = Published { mean, deviation, seeds, times, ours, ours_seeds, difference };
/// assert_eq!(of.word(), "undefined");
/// let near = Published { difference: Some([0.1, -0.2, 0.4]), ..of };
/// assert_eq!(near.word(), "no difference shown");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Published {
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation over seeds.
    pub deviation: f64,
    /// Their seeds.
    pub seeds: usize,
    /// By which our loss is multiplied to be one of theirs.
    #[serde(default = "one")]
    pub times: f64,
    /// Our mean and standard deviation in their units.
    pub ours: Option<[f64; 2]>,
    /// Our seeds.
    #[serde(default)]
    pub ours_seeds: usize,
    /// Ours less theirs, with its two-sample interval.
    pub difference: Option<[f64; 3]>,
}

fn one() -> f64 {
    1.0
}

impl Published {
    /// The same published number beside these losses of ours.
    pub(crate) fn again(&self, ours: &Paired, level: f64) -> Published {
        let own = ours.mean.zip(ours.deviation).map(|([mean, ..], deviation)| [self.times * mean, self.times * deviation]);
        let difference = own.and_then(|own| welch((own, ours.seeds), ([self.mean, self.deviation], self.seeds), level));
        Published { ours: own, ours_seeds: ours.seeds, difference, ..self.clone() }
    }

    /// Whether the difference has a sign: `higher`, `lower`, or `no difference shown`.
    ///
    /// An example is at [`Published`].
    pub fn word(&self) -> &'static str {
        super::table::word_of(self.difference)
    }
}

/// Published numbers of a study, validated.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources {
    pub source: String,
    entries: Vec<(String, Published)>,
}

impl Sources {
    /// # Errors
    /// [`InputError`] where an entry names no method of the comparison, or one twice, or its
    /// numbers are none.
    pub(super) fn stated(section: Option<&PublishedSection>, methods: &[Method], at: Located) -> Result<Self, InputError> {
        let Some(section) = section else { return Ok(Sources::default()) };
        let times = at.number("published", section.times.unwrap_or(1.0), (0.0, 1e12), true)?;
        let mut entries: Vec<(String, Published)> = Vec::new();
        for entry in &section.losses {
            let wrong = |problem: String, remedy: &str| at.error("published", problem, remedy);
            let named = methods.iter().find(|method| super::plan::stated(**method) == entry.method);
            let Some(named) = named.map(ToString::to_string) else {
                return Err(wrong(format!("{:?} is none of the methods compared", entry.method), "name it as `methods` does"));
            };
            if entries.iter().any(|(method, _)| *method == named) {
                return Err(wrong(format!("{:?} stands twice", entry.method), "give one number a method"));
            }
            if !(entry.mean.is_finite() && entry.deviation.is_finite() && entry.deviation >= 0.0 && entry.seeds >= 2) {
                return Err(wrong(format!("{:?} has no finite mean and deviation over two seeds or more", entry.method), "give what was published"));
            }
            let published =
                Published { mean: entry.mean, deviation: entry.deviation, seeds: entry.seeds, times, ours: None, ours_seeds: 0, difference: None };
            entries.push((named, published));
        }
        Ok(Sources { source: section.source.clone(), entries })
    }

    /// What was published of a method, beside our losses.
    pub(super) fn beside(&self, method: &str, ours: &Paired, level: f64) -> Option<Published> {
        let (_, published) = self.entries.iter().find(|(named, _)| named == method)?;
        Some(published.again(ours, level))
    }
}

/// The difference of two means with the interval of two samples of unlike variance.
fn welch(([mean, deviation], seeds): ([f64; 2], usize), ([theirs, spread], count): ([f64; 2], usize), level: f64) -> Option<[f64; 3]> {
    if seeds < 2 || count < 2 {
        return None;
    }
    let [own, other] = [deviation * deviation / seeds as f64, spread * spread / count as f64];
    let variance = own + other;
    if variance == 0.0 {
        return Some([mean - theirs; 3]);
    }
    let dof = variance * variance / (own * own / (seeds - 1) as f64 + other * other / (count - 1) as f64);
    let estimate = Estimate::student(mean - theirs, variance.sqrt(), dof, level);
    Some([estimate.value, estimate.lower, estimate.upper])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_welchs() {
        // Equal variances and counts: 2 (n − 1) degrees of freedom, t = 2.1009 at 18.
        let [value, low, high] = welch(([3.0, 1.0], 10), ([2.0, 1.0], 10), 0.95).unwrap();
        let half = 2.100_922 * 0.2f64.sqrt();
        assert!((value - 1.0).abs() < 1e-15 && (high - 1.0 - half).abs() < 1e-6 && (1.0 - low - half).abs() < 1e-6, "{low} {high}");
        // A sample without spread leaves the other's degrees of freedom: t = 2.2622 at 9.
        let [_, low, high] = welch(([3.0, 0.0], 10), ([2.0, 1.0], 10), 0.95).unwrap();
        assert!(((high - low) / 2.0 - 2.262_157 * 0.1f64.sqrt()).abs() < 1e-6, "{low} {high}");
        assert_eq!(welch(([3.0, 0.0], 10), ([2.0, 0.0], 10), 0.95), Some([1.0; 3]));
        assert_eq!(welch(([3.0, 1.0], 1), ([2.0, 1.0], 10), 0.95), None);
    }
}
