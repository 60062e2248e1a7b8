//! A season: a profile that comes again with a fixed period and a fixed phase.

use serde::{Deserialize, Serialize};

/// Parts of the record whose profiles are compared.
const PARTS: usize = 8;
/// Longest period that is tried.
const LONGEST: usize = 1100;
/// Times that a period has to fit into the record: fewer cycles do not tell a season from an
/// oscillation whose phase wanders slowly.
const CYCLES: usize = 64;
/// Least correlation of profiles at any distance in time: a season keeps its phase, an oscillation
/// does not.
const COHERENT: f64 = 0.6;
/// Share of the variance above which a season makes the class.
pub(super) const LARGE: f64 = 0.1;
/// Share above which it is taken out before drift is judged.
const SEEN: f64 = 0.05;

/// The shortest period with nearly the largest coherent share.
///
/// ```
/// use rtrl_lab::{data::audit::Audit, random::{Noise, RngKey}};
/// let noise = Noise::at(RngKey::root(3)).normal_vector(2400);
/// let tide = |t: usize| (std::f64::consts::TAU * t as f64 / 24.0).sin();
/// let series: Vec<f64> = noise.iter().enumerate().map(|(t, xi)| tide(t) + xi).collect();
/// let season = Audit::of(&series, RngKey::root(1)).unwrap().season;
/// // A third of the variance, and what is common by chance.
/// assert!(season.period == 24 && (season.share - 1.0 / 3.0).abs() < 0.07);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Season {
    /// The period in rows; 0 where none keeps its phase.
    pub period: usize,
    /// Mean product of the profiles of two eighths of the record, as a share of the variance.
    pub share: f64,
    /// The least mean correlation of two profiles, over their distance in time.
    pub coherence: f64,
}

impl Season {
    /// The season of a series.
    pub(super) fn of(series: &[f64]) -> Season {
        let n = series.len();
        let mean = series.iter().sum::<f64>() / n as f64;
        let variance = series.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n as f64;
        if variance == 0.0 {
            return Season::default();
        }
        let tried: Vec<Season> = (2..=(n / CYCLES).min(LONGEST)).map(|period| at(series, period, variance)).collect();
        let largest = tried.iter().fold(0.0, |largest: f64, season| largest.max(season.share));
        // Multiples of a period hold the same season.
        tried.into_iter().find(|season| largest > 0.0 && season.share >= 0.7 * largest).unwrap_or_default()
    }

    /// The series without its mean profile, where the season is seen.
    pub(super) fn removed_from(&self, series: &[f64]) -> Vec<f64> {
        if self.share <= SEEN {
            return series.to_vec();
        }
        let mut profile = vec![(0.0, 0.0); self.period];
        for (t, x) in series.iter().enumerate() {
            let (sum, count) = &mut profile[t % self.period];
            (*sum, *count) = (*sum + x, *count + 1.0);
        }
        series.iter().enumerate().map(|(t, x)| x - profile[t % self.period].0 / profile[t % self.period].1).collect()
    }
}

/// What a period is worth; the share is 0 where the profiles do not agree.
fn at(series: &[f64], period: usize, variance: f64) -> Season {
    let cycles = series.len() / period;
    let profiles: Vec<Vec<f64>> = (0..PARTS)
        .map(|part| {
            let (from, to) = (part * cycles / PARTS, (part + 1) * cycles / PARTS);
            let mut profile = vec![0.0; period];
            for cycle in series[from * period..to * period].chunks_exact(period) {
                profile.iter_mut().zip(cycle).for_each(|(sum, x)| *sum += x / (to - from) as f64);
            }
            let mean = profile.iter().sum::<f64>() / period as f64;
            profile.iter_mut().for_each(|x| *x -= mean);
            profile
        })
        .collect();
    let product = |a: usize, b: usize| profiles[a].iter().zip(&profiles[b]).fold(0.0, |sum, (x, y)| sum + x * y) / period as f64;
    let own: Vec<f64> = (0..PARTS).map(|part| product(part, part).max(1e-12 * variance)).collect();
    let (mut sum, mut coherence) = (0.0, f64::INFINITY);
    for apart in 1..PARTS {
        let products: Vec<(f64, f64)> = (0..PARTS - apart)
            .map(|part| {
                let both = product(part, part + apart);
                (both, both / (own[part] * own[part + apart]).sqrt())
            })
            .collect();
        sum += products.iter().map(|(product, _)| product).sum::<f64>();
        coherence = coherence.min(products.iter().map(|(_, correlation)| correlation).sum::<f64>() / products.len() as f64);
    }
    let share = sum / (PARTS * (PARTS - 1) / 2) as f64 / variance;
    Season { period, share: if coherence > COHERENT { share.max(0.0) } else { 0.0 }, coherence }
}
