//! Means of successive iterates of a law: how far they are apart bounds the distance of the laws
//! from below, and how fast they approach each other its rate.

use crate::claims::contract::record::rows;
use crate::claims::fixed_point::names;
use crate::claims::measuring::pairs::follow;
use crate::claims::{Finding, Part};
use crate::figures::Mark;
use crate::markov::Kernel;
use crate::random::Noise;
use crate::stats::{Estimate, Undefined, jackknife, squared_norm_of_mean, unbiased_square};

/// Standard errors by which a squared distance of means must lie above zero to be read.
const SEEN: f64 = 4.0;

/// The two states that a pair starts from.
pub(super) type Starts = (Vec<f64>, Vec<f64>);

/// The mean over coupled pairs of the image of (second less first), look by look.
pub(super) fn mean_differences<K: Kernel + ?Sized>(
    kernel: &K,
    pairs: Vec<(Starts, Noise)>,
    times: &[usize],
    image: impl Fn(&[f64]) -> Vec<f64>,
) -> Vec<f64> {
    let count = pairs.len() as f64;
    let mut means: Vec<Vec<f64>> = vec![Vec::new(); times.len()];
    for (starts, mut noise) in pairs {
        follow(kernel, starts, times.iter().copied().max().unwrap_or(0), &mut noise, |t, _, difference| {
            for look in (0..times.len()).filter(|look| times[*look] == t) {
                let seen = image(difference);
                means[look].resize(seen.len(), 0.0);
                means[look].iter_mut().zip(seen).for_each(|(mean, x)| *mean += x / count);
            }
        });
    }
    means.concat()
}

/// The distances of the means of successive iterates at the looks.
///
/// ```text
/// |E f(H_{k+1}) − E f(H_k)| ≤ W_1(νP^k, νP^{k+1}) ≤ W_2   for every 1-Lipschitz image f
/// ```
pub(super) struct Means {
    squares: Vec<Result<Estimate, Undefined>>,
    /// The factor by which the distance falls a step between the two last looks at which it is
    /// seen, far enough apart.
    pub rate: Result<Estimate, Undefined>,
}

impl Means {
    /// Reads a part whose rows are batches of pairs.
    pub(super) fn of(part: &Part, times: &[usize], level: f64) -> Self {
        let table = match part.stacked(names::MEAN_DIFFERENCE) {
            Ok(table) => rows(table.view()),
            Err(why) => return Means { squares: vec![Err(why.clone()); times.len()], rate: Err(why) },
        };
        let width = table.first().map_or(0, Vec::len) / times.len().max(1);
        let at = |look: usize, out: Option<usize>| -> Vec<Vec<f64>> {
            let kept = table.iter().enumerate().filter(|(row, _)| Some(*row) != out);
            kept.map(|(_, row)| row[look * width..(look + 1) * width].to_vec()).collect()
        };
        let squares: Vec<Result<Estimate, Undefined>> = (0..times.len()).map(|look| squared_norm_of_mean(&at(look, None), level)).collect();
        let rate = rate(&squares, times, table.len(), level, |look, out| unbiased(&at(look, out)));
        Means { squares, rate }
    }

    /// The distance at a look.
    pub(super) fn at(&self, look: usize) -> Result<Estimate, Undefined> {
        Ok(self.squares[look].clone()?.map_monotone(|square| square.max(0.0).sqrt()))
    }

    /// The distances that are seen, to be drawn.
    pub(super) fn marks(&self, times: &[usize]) -> Vec<Mark> {
        let all = times.iter().enumerate().filter_map(|(look, time)| Some((*time, self.at(look).ok()?)));
        let seen = all.filter(|(_, distance)| distance.lower > 0.0);
        seen.map(|(time, distance)| Mark { x: time as f64, y: distance.value, interval: Some([distance.lower, distance.upper]) }).collect()
    }
}

fn unbiased(vectors: &[Vec<f64>]) -> f64 {
    unbiased_square(vectors.iter().map(|vector| (1.0, vector.as_slice())), vectors.first().map_or(0, Vec::len))
}

/// The factor a step between the last look at which the means are surely apart and one no later
/// than half its time, with the jackknife's interval over batches.
fn rate(
    squares: &[Result<Estimate, Undefined>],
    times: &[usize],
    batches: usize,
    level: f64,
    square: impl Fn(usize, Option<usize>) -> f64,
) -> Result<Estimate, Undefined> {
    let seen = |look: &usize| squares[*look].as_ref().is_ok_and(|square| square.value > SEEN * square.standard_error && square.value > 0.0);
    let missing = || Undefined::because("the means of successive iterates are not seen apart at two looks");
    let last = (0..times.len()).filter(seen).max_by_key(|look| times[*look]).ok_or_else(missing)?;
    let first = (0..times.len()).filter(seen).filter(|look| 2 * times[*look] <= times[last] && times[*look] < times[last]);
    let first = first.max_by_key(|look| times[*look]).ok_or_else(missing)?;
    let log = |out| 0.5 * (libm::log(square(last, out)) - libm::log(square(first, out))) / (times[last] - times[first]) as f64;
    let left_out: Vec<f64> = (0..batches).map(|out| log(Some(out))).collect();
    Ok(jackknife(log(None), &left_out, level).map_err(|_| missing())?.map_monotone(libm::exp))
}

/// The finding on the laws: their rate is at most that of coupled copies and at least that of
/// means.
///
/// A coupled rate above the margin alone contradicts nothing, since copies may stay apart while
/// their laws meet.
pub(super) fn two_sided(finding: Finding, means: &Means) -> Finding {
    let coupled = match &finding.estimate {
        Ok(coupled) => *coupled,
        Err(_) => return finding.with(names::MEANS_RATE, means.rate.clone()),
    };
    let lower = means.rate.as_ref().map_or(0.0, |rate| rate.lower.max(0.0)).min(coupled.value);
    let threshold = finding.margin;
    let reason = if coupled.upper < threshold {
        finding.reason.clone()
    } else if lower > threshold {
        format!(
            "not even the means of successive iterates approach each other fast enough: their distance changes by a factor of {lower:.4} or more a step"
        )
    } else {
        let seen = if lower > 0.0 { format!("of at least {lower:.4}") } else { "that is not seen".to_string() };
        format!(
            "coupled copies of successive iterates are a factor {:.4} apart a step, their means one {seen}: the laws' own ratio lies between and is left open",
            coupled.value
        )
    };
    Finding { estimate: Ok(Estimate { lower, ..coupled }), reason, ..finding }
        .with(names::COUPLED_RATE, coupled)
        .with(names::MEANS_RATE, means.rate.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::Record;
    use crate::random::RngKey;

    /// Batches whose mean differences fall like 0.9^k in one coordinate beside noise that falls as
    /// fast.
    fn part(rate: f64, times: &[usize]) -> Part {
        let records = (0..64).map(|batch| {
            let noise = Noise::at(RngKey::root(9).replicate(batch)).normal_vector(2 * times.len());
            let row = times.iter().zip(noise.chunks(2)).flat_map(|(time, z)| {
                let size = rate.powi(*time as i32);
                [size * (2.0 + 0.3 * z[0]), size * 0.3 * z[1]]
            });
            Record::default().with(names::MEAN_DIFFERENCE, 2 * times.len(), row.collect())
        });
        Part(records.collect())
    }

    #[test]
    fn the_rate_of_means_is_read_where_they_are_seen() {
        let times = [0, 1, 2, 5, 10, 20, 40];
        for rate in [0.5, 0.9, 1.0] {
            let means = Means::of(&part(rate, &times), &times, 1.0 - 1e-5);
            let measured = means.rate.clone().unwrap();
            assert!(measured.contains(rate) && measured.upper - measured.lower < 0.05, "{rate}: {measured:?}");
            assert!((means.at(0).unwrap().value - 2.0).abs() < 0.3);
        }
        assert!(Means::of(&part(0.9, &[5]), &[5], 0.95).rate.is_err());
    }

    #[test]
    fn the_word_rests_on_both_bounds() {
        use crate::claims::{Outcome, Question};
        let times = [0, 1, 2, 5, 10, 20, 40];
        let word = |coupled: f64, means: f64| {
            let estimate = Estimate::student(coupled, 0.002, 60.0, 0.95);
            let finding = Finding { limit: Some(1.0), ..Finding::new(Question::below("ratio", 0.98), Ok(estimate)) };
            two_sided(finding, &Means::of(&part(means, &times), &times, 0.95)).outcome()
        };
        assert_eq!(word(0.9, 0.85), Outcome::Supported);
        // Copies that stay apart say nothing of laws whose means meet.
        assert_eq!(word(1.02, 0.85), Outcome::Inconclusive);
        assert_eq!(word(1.02, 1.0), Outcome::Contradicted);
    }
}
