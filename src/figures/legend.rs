//! The legend below a panel: how many rows it takes and where each entry goes.

use super::figure::Panel;

/// Width of the sample in front of a label, in pixels.
pub(super) const SAMPLE: i32 = 34;
/// Height of a row.
pub(super) const ROW: i32 = 19;
/// Size of the letters.
pub(super) const SIZE: i32 = 13;

/// One entry: which layer, and its place in pixels.
pub(super) struct Entry {
    pub layer: usize,
    pub x: i32,
    pub row: i32,
}

/// Width of a text in pixels, on the safe side for the font in use.
pub(super) fn text_width(text: &str, size: i32) -> i32 {
    (text.chars().count() as f64 * f64::from(size) * 0.6) as i32
}

/// Places the labels in rows of the given width.
pub(super) fn entries(panel: &Panel, width: i32) -> Vec<Entry> {
    let (mut x, mut row) = (0, 0);
    let mut entries: Vec<Entry> = Vec::new();
    for (layer, label) in panel.layers.iter().map(|layer| layer.label()).enumerate() {
        if label.is_empty() || entries.iter().any(|entry| panel.layers[entry.layer].label() == label) {
            continue;
        }
        let needed = SAMPLE + text_width(label, SIZE) + 14;
        if x > 0 && x + needed > width {
            (x, row) = (0, row + 1);
        }
        entries.push(Entry { layer, x, row });
        x += needed;
    }
    entries
}

/// Height of the legend.
pub(super) fn height(entries: &[Entry]) -> i32 {
    entries.last().map_or(0, |entry| (entry.row + 1) * ROW) + 6
}

/// Breaks a text into lines that fit a width.
pub(super) fn wrapped(text: &str, size: i32, width: i32) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let joined = if lines[last].is_empty() { word.to_string() } else { format!("{} {word}", lines[last]) };
        if text_width(&joined, size) <= width || lines[last].is_empty() {
            lines[last] = joined;
        } else {
            lines.push(word.to_string());
        }
    }
    lines
}
