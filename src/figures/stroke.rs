//! Colours and line styles of the roles, and dashes.

use super::figure::Role;
use plotters::style::RGBColor;

/// The colour of a role: Okabe and Ito's, told apart by every common kind of sight.
pub(super) fn colour(role: Role) -> RGBColor {
    match role {
        Role::Measured => RGBColor(0, 114, 178),
        Role::Predicted => RGBColor(213, 94, 0),
        Role::Certified => RGBColor(0, 158, 115),
        Role::Exact => RGBColor(0, 0, 0),
        Role::Margin => RGBColor(204, 121, 167),
        Role::Rival(n) if n % 2 == 0 => RGBColor(230, 159, 0),
        Role::Rival(_) => RGBColor(86, 180, 233),
    }
}

/// The mark of a point, so that roles are told apart without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Disc,
    Down,
    Up,
    Square,
}

/// The mark of a role. A certified value bounds from below in brackets, hence the triangle that
/// points up.
pub(super) fn marker(role: Role) -> Marker {
    match role {
        Role::Certified => Marker::Up,
        Role::Rival(n) if n % 2 == 0 => Marker::Square,
        Role::Predicted => Marker::Down,
        _ => Marker::Disc,
    }
}

/// The dashes of a role in pixels, on and off in turn; empty for a solid line.
pub(super) fn dashes(role: Role) -> &'static [f64] {
    match role {
        Role::Measured => &[],
        Role::Predicted => &[8.0, 4.0],
        Role::Certified => &[2.0, 3.0],
        Role::Exact => &[12.0, 3.0, 2.0, 3.0],
        Role::Margin => &[6.0, 6.0],
        Role::Rival(n) if n % 2 == 0 => &[4.0, 2.0],
        Role::Rival(_) => &[10.0, 2.0, 2.0, 2.0, 2.0, 2.0],
    }
}

/// Cuts a polyline into the pieces that a dash pattern leaves visible; `pixels` converts a
/// coordinate step into pixels.
pub(super) fn dashed(points: &[(f64, f64)], pattern: &[f64], pixels: (f64, f64)) -> Vec<Vec<(f64, f64)>> {
    if pattern.is_empty() {
        return vec![points.to_vec()];
    }
    let mut pieces = Vec::new();
    let (mut index, mut left, mut piece) = (0, pattern[0], Vec::new());
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let (dx, dy) = ((to.0 - from.0) * pixels.0, (to.1 - from.1) * pixels.1);
        let length = (dx * dx + dy * dy).sqrt();
        let at = |done: f64| (from.0 + (to.0 - from.0) * done / length, from.1 + (to.1 - from.1) * done / length);
        let mut done = 0.0;
        if index % 2 == 0 && piece.is_empty() {
            piece.push(from);
        }
        while length - done > left {
            done += left;
            if index % 2 == 0 {
                piece.push(at(done));
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece.push(at(done));
            }
            index = (index + 1) % pattern.len();
            left = pattern[index];
        }
        left -= length - done;
        if index % 2 == 0 {
            piece.push(to);
        }
    }
    if piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_cover_the_share_that_the_pattern_says() {
        let pieces = dashed(&[(0.0, 0.0), (30.0, 0.0), (100.0, 0.0)], &[6.0, 4.0], (1.0, 1.0));
        let covered: f64 = pieces.iter().map(|piece| piece[piece.len() - 1].0 - piece[0].0).sum();
        assert!((covered - 60.0).abs() < 1e-9, "{pieces:?}");
        assert_eq!(pieces.len(), 10);
    }
}
