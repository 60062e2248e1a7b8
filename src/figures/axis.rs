//! Ends, ticks and tick labels of an axis; inside a figure a logarithmic axis is a linear one in
//! the decimal logarithm.

use super::figure::{Axis, Scale};

/// An axis with its ends and ticks, in plot coordinates.
#[derive(Clone, Debug)]
pub(super) struct Ruled {
    pub scale: Scale,
    pub low: f64,
    pub high: f64,
    /// Ticks with their labels.
    pub ticks: Vec<(f64, String)>,
    /// Ticks between them, which carry none.
    pub minor: Vec<f64>,
}

/// Decades of a logarithmic axis below which not every power of ten gives enough ticks.
const SHORT: f64 = 1.5;

impl Ruled {
    /// The plot coordinate of a value, `None` where the axis cannot show it.
    pub(super) fn coordinate(&self, value: f64) -> Option<f64> {
        coordinate(self.scale, value)
    }

    /// The share of the axis at which a coordinate lies.
    pub(super) fn share(&self, at: f64) -> f64 {
        (at - self.low) / (self.high - self.low)
    }
}

fn coordinate(scale: Scale, value: f64) -> Option<f64> {
    match scale {
        _ if !value.is_finite() => None,
        Scale::Linear => Some(value),
        Scale::Log => (value > 0.0).then(|| libm::log10(value)),
    }
}

/// Ends and ticks of an axis that must show `values`, about `wanted` labelled ticks at most.
/// `whiskers` are ends of intervals: they are shown too, but an end that lies more than three
/// decades beyond all values would leave no room for them, and is drawn as an arrow.
pub(super) fn ruled(axis: &Axis, values: &[f64], whiskers: &[f64], wanted: usize) -> Ruled {
    const BEYOND: f64 = 3.0;
    let scale = axis.scale;
    let ends_of = |values: &[f64]| {
        values
            .iter()
            .filter_map(|value| coordinate(scale, *value))
            .fold(None, |ends: Option<(f64, f64)>, x| Some(ends.map_or((x, x), |(low, high)| (low.min(x), high.max(x)))))
    };
    let given: Vec<f64> = axis.range.into_iter().flatten().collect();
    let core = ends_of(&[values, &given].concat());
    let outer = ends_of(whiskers);
    let (mut low, mut high) = match (core, outer) {
        (Some((low, high)), Some((below, above))) if scale == Scale::Log => (low.min(below.max(low - BEYOND)), high.max(above.min(high + BEYOND))),
        (Some((low, high)), Some((below, above))) => (low.min(below), high.max(above)),
        (Some(ends), None) | (None, Some(ends)) => ends,
        (None, None) => (0.0, 1.0),
    };
    let fixed = axis.range.map(|range| range.map(|end| coordinate(scale, end)));
    let pad = if high > low { 0.04 * (high - low) } else { 0.5 * high.abs().max(1e-3) };
    // An end that was given and holds everything stays where it is.
    let keeps = |end: usize, at: f64| fixed.is_some_and(|fixed| fixed[end] == Some(at));
    (low, high) = (if keeps(0, low) { low } else { low - pad }, if keeps(1, high) { high } else { high + pad });
    if !axis.names.is_empty() {
        let ticks = axis.names.iter().enumerate().map(|(at, name)| ((at + 1) as f64, name.clone()));
        return Ruled { scale, low, high, ticks: ticks.filter(|(at, _)| (low..=high).contains(at)).collect(), minor: Vec::new() };
    }
    let (ticks, minor) = match scale {
        // One label alone tells no distance.
        Scale::Log if high - low < SHORT || high.floor() - low.ceil() < 1.0 => within_a_decade(low, high, wanted),
        Scale::Log => powers(low, high, wanted),
        Scale::Linear => even(low, high, wanted),
    };
    Ruled { scale, low, high, ticks, minor }
}

type Ticks = (Vec<(f64, String)>, Vec<f64>);

fn even(low: f64, high: f64, wanted: usize) -> Ticks {
    let step = nice_step((high - low) / wanted.max(1) as f64);
    let first = (low / step).ceil() as i64;
    let values: Vec<f64> = (first..).map(|k| k as f64 * step).take_while(|tick| *tick <= high + 1e-9 * step).collect();
    let labels = labelled(&values, step);
    (values.into_iter().zip(labels).collect(), Vec::new())
}

/// Powers of ten, and between neighbouring ones their multiples as minor ticks.
fn powers(low: f64, high: f64, wanted: usize) -> Ticks {
    let step = ((high - low) / wanted.max(1) as f64).ceil().max(1.0);
    let multiples = |step: f64| ((low / step).ceil() as i64..).map(move |k| k as f64 * step).take_while(|tick| *tick <= high);
    let ticks = multiples(step).map(|tick| (tick, power(tick as i64))).collect();
    let minor = if step == 1.0 {
        let decades = low.floor() as i32..=high.ceil() as i32;
        let within = decades.flat_map(|k| (2..10).map(move |factor| libm::log10(f64::from(factor)) + f64::from(k)));
        within.filter(|tick| (low..=high).contains(tick)).collect()
    } else {
        multiples(1.0).filter(|tick| tick % step != 0.0).collect()
    };
    (ticks, minor)
}

/// Ticks of a logarithmic axis that is too short for powers of ten: 1, 2 and 5 times them, or
/// evenly spaced round numbers where even those are few. All of them plain numbers.
fn within_a_decade(low: f64, high: f64, wanted: usize) -> Ticks {
    let multiples = |factors: &[f64]| -> Vec<f64> {
        let decades = low.floor() as i32..=high.ceil() as i32;
        let all = decades.flat_map(|k| factors.iter().map(move |factor| factor * libm::exp10(f64::from(k))));
        all.filter(|value| (low..=high).contains(&libm::log10(*value))).collect()
    };
    let mut values = multiples(&[1.0, 2.0, 5.0]);
    let (from, to) = (libm::exp10(low), libm::exp10(high));
    let mut step = nice_step((to - from) / wanted.max(1) as f64);
    if values.len() < 3 {
        let first = (from / step).ceil() as i64;
        values = (first..).map(|k| k as f64 * step).take_while(|value| *value <= to).collect();
    } else {
        step = values[0];
    }
    let labels = labelled(&values, step);
    let minor = multiples(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]).into_iter().map(libm::log10);
    (values.iter().map(|value| libm::log10(*value)).zip(labels).collect(), minor.collect())
}

/// The smallest of 1, 2, 5 times a power of ten that is not much below `step`.
fn nice_step(step: f64) -> f64 {
    let decade = libm::exp10(libm::log10(step).floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * decade).find(|nice| *nice >= step * 0.85).unwrap_or(step)
}

/// The labels of ticks, of one form: with as many digits as the step asks for, or all as multiples
/// of powers of ten.
fn labelled(values: &[f64], step: f64) -> Vec<String> {
    let largest = values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
    let fine = libm::log10(step).floor() as i32;
    let plain = largest < 1e6 && fine >= -5;
    let digits = usize::try_from(-fine).unwrap_or(0);
    let of = |value: f64| match value {
        value if value.abs() < 1e-9 * step => "0".to_string(),
        value if plain => without_zeros(&format!("{value:.digits$}")),
        value => {
            let exponent = libm::log10(value.abs()).floor();
            let factor = without_zeros(&format!("{:.3}", value / libm::exp10(exponent)));
            if factor == "1" || factor == "-1" {
                format!("{}{}", &factor[..factor.len() - 1], power(exponent as i64))
            } else {
                format!("{factor}·{}", power(exponent as i64))
            }
        }
    };
    values.iter().map(|value| of(*value).replace('-', "−")).collect()
}

fn without_zeros(text: &str) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text.to_string() }
}

/// A power of ten.
fn power(exponent: i64) -> String {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raised = |digit: char| digit.to_digit(10).map_or('⁻', |digit| RAISED[digit as usize]);
    format!("10{}", exponent.to_string().chars().map(raised).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(values: &[f64]) -> Ruled {
        ruled(&Axis::log(""), values, &[], 6)
    }

    fn labels(ruled: &Ruled) -> Vec<&str> {
        ruled.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_inside() {
        let long = log(&[1e-12, 1.0]);
        assert!(long.ticks.len() >= 4 && long.ticks.len() <= 7, "{:?}", long.ticks);
        assert!(long.ticks.iter().all(|(tick, _)| tick.fract() == 0.0 && *tick >= long.low && *tick <= long.high));
        assert!(labels(&long).contains(&"10⁻¹²"));
        assert_eq!(labels(&ruled(&Axis::linear(""), &[0.0, 1.0], &[], 5)), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(labels(&ruled(&Axis::linear(""), &[-2e6, 2e6], &[], 4)), ["−2·10⁶", "−10⁶", "0", "10⁶", "2·10⁶"]);
    }

    #[test]
    fn a_short_logarithmic_axis_has_labels_of_one_form() {
        assert_eq!(labels(&log(&[16.0, 256.0])), ["20", "50", "100", "200"]);
        assert_eq!(labels(&log(&[0.0004, 0.002])), ["0.0005", "0.001", "0.002"]);
        assert_eq!(labels(&log(&[101.0, 119.0])), ["105", "110", "115"]);
        assert_eq!(labels(&log(&[2e-9, 1e-8])), ["2·10⁻⁹", "5·10⁻⁹", "10⁻⁸"]);
        // Longer, with one power of ten within.
        assert_eq!(labels(&log(&[0.021, 0.85])), ["0.02", "0.05", "0.1", "0.2", "0.5"]);
    }

    #[test]
    fn decades_have_minor_ticks() {
        let decades = log(&[1.0, 1e3]);
        assert_eq!(labels(&decades), ["10⁰", "10¹", "10²", "10³"]);
        assert_eq!(decades.minor.iter().filter(|tick| (0.0..1.0).contains(*tick)).count(), 8);
        // Where only every fourth decade is labelled, the others are the minor ones.
        let many = log(&[1e-24, 1.0]);
        assert!(many.minor.iter().all(|tick| tick.fract() == 0.0) && many.minor.len() > many.ticks.len());
    }

    #[test]
    fn intervals_are_held_unless_they_would_leave_no_room() {
        let axis = Axis::linear("").within([0.0, 1.0]);
        let wide = ruled(&axis, &[0.5], &[0.4, 1.3], 5);
        assert!(wide.low == 0.0 && wide.high > 1.3, "{wide:?}");
        let far = ruled(&Axis::log(""), &[0.5, 1.0], &[1e-30, 2.0], 5);
        assert!(far.low > -4.0 && far.high > libm::log10(2.0), "{far:?}");
    }
}
