//! The legend below the panels: one entry for every label, whichever panels it is in, and where
//! each goes.

use super::figure::{Figure, Layer};
use super::letters::{width, wrapped};

/// One entry: the first layer with its label, the label in lines, and its place in sizes of
/// letters.
pub(super) struct Entry<'a> {
    pub layer: &'a Layer,
    pub lines: Vec<String>,
    pub x: f64,
    pub row: usize,
}

/// Width of the sample in front of a label, and space behind one, in sizes of letters.
pub(super) const SAMPLE: f64 = 3.0;
const GAP: f64 = 1.4;

/// The labels in rows of the given width, in sizes of letters.
pub(super) fn entries(figure: &Figure, room: f64) -> Vec<Entry<'_>> {
    let (mut x, mut row, mut next) = (0.0, 0, 0);
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for layer in figure.panels.iter().flat_map(|panel| &panel.layers) {
        let label = layer.label();
        if label.is_empty() || !layer.draws() || entries.iter().any(|entry| entry.layer.label() == label) {
            continue;
        }
        let lines = wrapped(label, room - SAMPLE);
        let needed = SAMPLE + lines.iter().map(|line| width(line)).fold(0.0, f64::max) + GAP;
        if x > 0.0 && x + needed - GAP > room {
            (x, row) = (0.0, next);
        }
        next = next.max(row + lines.len());
        entries.push(Entry { layer, lines, x, row });
        x += needed;
    }
    entries
}
