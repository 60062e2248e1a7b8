//! Widths of texts in the font that figures are drawn with, and texts broken into lines.

use plotters::style::{FontStyle, IntoFont, register_font};
use std::sync::Once;

/// Name of the font within the drawing library.
pub(super) const FONT: &str = "figure-sans";
/// What the drawing library's size is of the size of letters that a style sheet means.
pub(super) const SIZE: f64 = 1.24;
/// Height of a line of text, of the size of its letters.
pub(super) const LINE: f64 = 1.3;

/// The font, regular and bold.
pub(super) fn with_font() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // The bytes are a font by construction; if they were not, every text would fail and say so.
        let _ = register_font(FONT, FontStyle::Normal, dejavu::sans::regular());
    });
}

/// Width of a text whose letters have size 1.
pub(super) fn width(text: &str) -> f64 {
    const FINE: f64 = 1000.0;
    with_font();
    let font = (FONT, FINE * SIZE).into_font();
    // A font that does not measure: on the safe side.
    font.box_size(text).map_or(0.7 * text.chars().count() as f64, |(width, _)| f64::from(width) / FINE)
}

/// A text in lines no wider than `room` sizes of its letters; a word that is wider is broken.
pub(super) fn wrapped(text: &str, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        for piece in broken(word, room) {
            match lines.last_mut() {
                Some(line) if width(&format!("{line} {piece}")) <= room => {
                    line.push(' ');
                    line.push_str(&piece);
                }
                _ => lines.push(piece),
            }
        }
    }
    lines
}

/// A word in pieces that fit.
fn broken(word: &str, room: f64) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for letter in word.chars() {
        let last = pieces.len() - 1;
        let longer = format!("{}{letter}", pieces[last]);
        if width(&longer) <= room || pieces[last].is_empty() {
            pieces[last] = longer;
        } else {
            pieces.push(letter.to_string());
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_lose_nothing() {
        let text = "How biased is truncated backpropagation, andhowfastdoesthebiasfallwithoutanyspaceatall?";
        let lines = wrapped(text, 12.0);
        assert!(lines.len() > 3 && lines.iter().all(|line| width(line) <= 12.0), "{lines:?}");
        assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        assert!(wrapped("", 5.0).is_empty());
    }
}
