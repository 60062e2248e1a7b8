//! Ranges, ticks and tick labels of an axis; inside a figure a logarithmic axis is a linear one in
//! the decimal logarithm.

use super::figure::{Axis, Scale};
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use std::ops::Range;

/// An axis with its ends and ticks, in plot coordinates.
#[derive(Clone)]
pub(super) struct Ruled {
    pub scale: Scale,
    pub low: f64,
    pub high: f64,
    pub ticks: Vec<f64>,
}

/// Only the ruled ticks are drawn; the drawing library's own choice would put ticks between
/// decades.
impl Ranged for Ruled {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.low) / (self.high - self.low);
        limit.0 + (share * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

/// The plot coordinate of a value, `None` where the axis cannot show it.
pub(super) fn coordinate(scale: Scale, value: f64) -> Option<f64> {
    match scale {
        _ if !value.is_finite() => None,
        Scale::Linear => Some(value),
        Scale::Log => (value > 0.0).then(|| libm::log10(value)),
    }
}

/// Ends and ticks of an axis that must show `values`, at most about `wanted` ticks.
pub(super) fn ruled(axis: &Axis, values: impl Iterator<Item = f64>, wanted: usize) -> Ruled {
    let shown = values.filter_map(|value| coordinate(axis.scale, value));
    let (mut low, mut high) = shown.fold((f64::INFINITY, f64::NEG_INFINITY), |ends, x| (ends.0.min(x), ends.1.max(x)));
    if let Some([from, to]) = axis.range {
        (low, high) = (coordinate(axis.scale, from).unwrap_or(low), coordinate(axis.scale, to).unwrap_or(high));
    }
    if low > high {
        (low, high) = (0.0, 1.0);
    }
    let pad = if high > low { 0.04 * (high - low) } else { 0.5 * high.abs().max(1e-3) };
    if axis.range.is_none() {
        (low, high) = (low - pad, high + pad);
    }
    if axis.scale == Scale::Log && high - low < 1.5 {
        return Ruled { scale: axis.scale, low, high, ticks: within_a_decade(low, high, wanted) };
    }
    let step = match axis.scale {
        Scale::Log => ((high - low) / wanted as f64).ceil().max(1.0),
        Scale::Linear => nice_step((high - low) / wanted as f64),
    };
    let first = (low / step).ceil() as i64;
    let ticks = (first..).map(|k| k as f64 * step).take_while(|tick| *tick <= high + 1e-9 * step).collect();
    Ruled { scale: axis.scale, low, high, ticks }
}

/// Ticks of a logarithmic axis that is too short for powers of ten: 1, 2 and 5 times them, or
/// evenly spaced round numbers where even those are few.
fn within_a_decade(low: f64, high: f64, wanted: usize) -> Vec<f64> {
    let decades = low.floor() as i32..=high.ceil() as i32;
    let round = decades.flat_map(|k| [1.0, 2.0, 5.0].map(|factor| libm::log10(factor) + f64::from(k)));
    let ticks: Vec<f64> = round.filter(|tick| (low..=high).contains(tick)).collect();
    if ticks.len() >= 3 {
        return ticks;
    }
    let (from, to) = (libm::pow(10.0, low), libm::pow(10.0, high));
    let step = nice_step((to - from) / wanted as f64);
    let first = (from / step).ceil() as i64;
    (first..).map(|k| k as f64 * step).take_while(|value| *value <= to).map(libm::log10).collect()
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `step`.
fn nice_step(step: f64) -> f64 {
    let decade = libm::pow(10.0, libm::log10(step).floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * decade).find(|nice| *nice >= step * 0.999).unwrap_or(step)
}

/// The label of a tick.
pub(super) fn tick_label(scale: Scale, tick: f64) -> String {
    match scale {
        Scale::Linear => plain(tick),
        Scale::Log if (tick - tick.round()).abs() < 1e-9 => format!("10{}", superscript(tick.round() as i64)),
        Scale::Log => {
            let value = libm::pow(10.0, tick);
            // Back from the logarithm: a round number has lost its last digits.
            let unit = libm::pow(10.0, tick.floor() - 3.0);
            plain((value / unit).round() * unit)
        }
    }
}

fn plain(value: f64) -> String {
    let value = if value.abs() < 1e-12 { 0.0 } else { value };
    if value != 0.0 && (value.abs() >= 1e6 || value.abs() < 1e-4) {
        return format!("{value:.1e}");
    }
    let text = format!("{value:.5}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

fn superscript(power: i64) -> String {
    power
        .to_string()
        .chars()
        .map(|digit| match digit {
            '-' => '⁻',
            '0' => '⁰',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '4' => '⁴',
            '5' => '⁵',
            '6' => '⁶',
            '7' => '⁷',
            '8' => '⁸',
            _ => '⁹',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let axis = Axis { label: String::new(), scale: Scale::Log, range: None };
        let ruled = ruled(&axis, [1e-12, 1.0].into_iter(), 6);
        assert!(ruled.ticks.len() >= 4 && ruled.ticks.len() <= 7, "{:?}", ruled.ticks);
        assert!(ruled.ticks.iter().all(|tick| tick.fract() == 0.0 && *tick >= ruled.low && *tick <= ruled.high));
        let labels = |low: f64, high: f64| -> Vec<String> {
            self::ruled(&axis, [low, high].into_iter(), 6).ticks.iter().map(|tick| tick_label(Scale::Log, *tick)).collect()
        };
        assert_eq!(labels(16.0, 256.0), ["20", "50", "10²", "200"]);
        assert_eq!(labels(0.0004, 0.002), ["0.0005", "10⁻³", "0.002"]);
        assert_eq!(labels(101.0, 119.0), ["105", "110", "115"]);
        assert_eq!(tick_label(Scale::Log, -12.0), "10⁻¹²");
        assert_eq!(tick_label(Scale::Linear, 0.25), "0.25");
    }
}
