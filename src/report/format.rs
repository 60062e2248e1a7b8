//! Numbers as a reader wants them.

use crate::claims::Number;

/// A number with at most four significant digits more than its size asks for.
///
/// ```
/// use rtrl_lab::report::number;
/// assert_eq!(number(0.0), "0");
/// assert_eq!(number(512.0), "512");
/// assert_eq!(number(0.80124), "0.8012");
/// assert_eq!(number(3.14159e-12), "3.14e-12");
/// ```
pub fn number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return if value.is_nan() {
            "undefined".into()
        } else if value > 0.0 {
            "∞".into()
        } else {
            "−∞".into()
        };
    }
    if value.fract() == 0.0 && size < 1e9 {
        return format!("{value}");
    }
    if !(1e-3..1e6).contains(&size) {
        return format!("{value:.2e}");
    }
    let digits = (3 - size.log10().floor() as i32).clamp(0, 7) as usize;
    format!("{value:.digits$}")
}

/// A value with its interval, to the digits that the interval's width supports.
///
/// ```
/// use rtrl_lab::report::interval;
/// assert_eq!(interval(0.80123, 0.79871, 0.80362), "0.8012 [0.7987, 0.8036]");
/// assert_eq!(interval(2.5e-9, 1.0e-9, 4.0e-9), "2.5e-9 [1.0e-9, 4.0e-9]");
/// ```
pub fn interval(value: f64, lower: f64, upper: f64) -> String {
    to_digits([value, lower, upper], 0)
}

/// Most digits beyond those of the width that are written to tell an end from a threshold.
const MORE: usize = 6;

/// A value with its interval beside a threshold: with so many digits that what differs from the
/// threshold also reads so.
pub(super) fn interval_beside(ends: [f64; 3], threshold: f64) -> String {
    let hides = |more: usize| {
        let text = |x: f64| to_digits([x, ends[1], ends[2]], more).split(' ').next().unwrap_or_default().to_string();
        ends.iter().any(|end| *end != threshold && text(*end) == text(threshold))
    };
    to_digits(ends, (0..MORE).find(|more| !hides(*more)).unwrap_or(MORE))
}

/// A value with its interval, to the digits of its width and `more`.
fn to_digits([value, lower, upper]: [f64; 3], more: usize) -> String {
    let width = upper - lower;
    let size = value.abs().max(lower.abs()).max(upper.abs());
    if !(width.is_finite() && width > 0.0) {
        return format!("{} [{}, {}]", number(value), number(lower), number(upper));
    }
    if !(1e-3..1e6).contains(&size) {
        let digits = (size.log10().floor() - width.log10().floor() + 1.0).clamp(1.0, 9.0) as usize + more;
        let shown = |x: f64| if x == 0.0 { "0".to_string() } else { format!("{x:.digits$e}").trim_end_matches("e0").to_string() };
        return format!("{} [{}, {}]", shown(value), shown(lower), shown(upper));
    }
    let digits = (1 - width.log10().floor() as i32).clamp(0, 10) as usize + more;
    format!("{value:.digits$} [{lower:.digits$}, {upper:.digits$}]")
}

/// A number of a report, with its interval where it has one.
pub(super) fn reported(number_: &Number) -> String {
    match number_ {
        Number::Interval(estimate) => interval(estimate.value, estimate.lower, estimate.upper),
        Number::Exact(value) => number(*value),
        Number::Undefined { undefined } => format!("undefined: {undefined}"),
    }
}

/// Value and interval as two texts, short enough for a glance: whole numbers as such, and an
/// interval that four digits cannot show by its half-width.
pub(super) fn at_a_glance(value: f64, lower: f64, upper: f64) -> (String, String) {
    glanced([value, lower, upper], &interval(value, lower, upper))
}

/// The same beside a threshold.
pub(super) fn glance_beside(ends: [f64; 3], threshold: f64) -> (String, String) {
    glanced(ends, &interval_beside(ends, threshold))
}

fn glanced([value, lower, upper]: [f64; 3], text: &str) -> (String, String) {
    const NARROW: f64 = 5e-5;
    let half = 0.5 * (upper - lower);
    if [value, lower, upper].iter().all(|end| end.fract() == 0.0) {
        return (number(value), format!("[{}, {}]", number(lower), number(upper)));
    }
    if half < NARROW * value.abs() {
        return (number(value), format!("± {half:.0e}"));
    }
    text.split_once(' ').map_or((text.to_string(), String::new()), |(value, ends)| (value.to_string(), ends.to_string()))
}

#[cfg(test)]
mod tests {
    use super::{at_a_glance, glance_beside, interval_beside};

    #[test]
    fn what_differs_from_the_threshold_reads_so() {
        assert_eq!(interval_beside([0.001, 0.0002, 0.0104], 0.01), "0.0010 [0.0002, 0.0104]");
        assert_eq!(interval_beside([0.001, 0.0, 0.01], 0.01), "0.001 [0.000, 0.010]");
        assert_eq!(interval_beside([0.5, 0.4, 0.6], 0.98), "0.50 [0.40, 0.60]");
        assert_eq!(interval_beside([2.0e-9, 1.0e-9, 4.0001e-9], 4e-9), "2.0000e-9 [1.0000e-9, 4.0001e-9]");
        assert_eq!(glance_beside([6.0, 5.0, 6.0], 6.0), ("6".into(), "[5, 6]".into()));
    }

    #[test]
    fn a_glance_takes_few_digits() {
        assert_eq!(at_a_glance(6.0, 5.0, 6.0), ("6".into(), "[5, 6]".into()));
        assert_eq!(at_a_glance(0.8, 0.799_999_982, 0.800_000_018), ("0.8000".into(), "± 2e-8".into()));
        assert_eq!(at_a_glance(0.0024, 0.0005, 0.0034), ("0.0024".into(), "[0.0005, 0.0034]".into()));
    }
}
