//! Marks, line styles, dashes, and what of a line lies within a frame.

use super::figure::Role;

/// The corners of a mark around its centre, so that roles are told apart without colour; none for
/// a disc. The vertical axis points down.
pub(super) fn outline(role: Role) -> &'static [(f64, f64)] {
    const DOWN: &[(f64, f64)] = &[(-5.0, -4.0), (5.0, -4.0), (0.0, 5.0)];
    const UP: &[(f64, f64)] = &[(-5.0, 4.0), (5.0, 4.0), (0.0, -5.0)];
    const SQUARE: &[(f64, f64)] = &[(-3.5, -3.5), (3.5, -3.5), (3.5, 3.5), (-3.5, 3.5)];
    const DIAMOND: &[(f64, f64)] = &[(0.0, -5.0), (5.0, 0.0), (0.0, 5.0), (-5.0, 0.0)];
    const RIGHT: &[(f64, f64)] = &[(-4.0, -5.0), (5.0, 0.0), (-4.0, 5.0)];
    const LEFT: &[(f64, f64)] = &[(4.0, -5.0), (-5.0, 0.0), (4.0, 5.0)];
    const HEXAGON: &[(f64, f64)] = &[(-2.5, -4.3), (2.5, -4.3), (5.0, 0.0), (2.5, 4.3), (-2.5, 4.3), (-5.0, 0.0)];
    const FLAT: &[(f64, f64)] = &[(-5.0, -2.0), (5.0, -2.0), (5.0, 2.0), (-5.0, 2.0)];
    match role {
        // A certified value bounds from below in brackets, hence the triangle that points up.
        Role::Certified => UP,
        Role::Predicted => DOWN,
        Role::Rival(n) => [SQUARE, DIAMOND, RIGHT, LEFT, HEXAGON, FLAT][usize::from(n) % 6],
        Role::Measured | Role::Exact | Role::Margin => &[],
    }
}

/// The dashes of a role, on and off in turn; empty for a solid line.
pub(super) fn dashes(role: Role) -> &'static [f64] {
    match role {
        Role::Measured => &[],
        Role::Predicted => &[8.0, 4.0],
        Role::Certified => &[2.0, 3.0],
        Role::Exact => &[12.0, 3.0, 2.0, 3.0],
        Role::Margin => &[6.0, 6.0],
        Role::Rival(n) => {
            const RIVALS: [&[f64]; 6] =
                [&[4.0, 2.0], &[10.0, 2.0, 2.0, 2.0, 2.0, 2.0], &[14.0, 4.0], &[5.0, 2.0, 1.0, 2.0], &[2.0, 1.5], &[8.0, 2.0, 4.0, 2.0]];
            RIVALS[usize::from(n) % 6]
        }
    }
}

/// A rectangle of plot coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    pub x: (f64, f64),
    pub y: (f64, f64),
}

impl Frame {
    pub(super) fn holds(&self, (x, y): (f64, f64)) -> bool {
        x >= self.x.0 && x <= self.x.1 && y >= self.y.0 && y <= self.y.1
    }

    /// The part of a segment within, by Liang and Barsky's way.
    fn segment(&self, from: (f64, f64), to: (f64, f64)) -> Option<((f64, f64), (f64, f64))> {
        let (mut begin, mut end) = (0.0f64, 1.0f64);
        for (start, step, low, high) in [(from.0, to.0 - from.0, self.x.0, self.x.1), (from.1, to.1 - from.1, self.y.0, self.y.1)] {
            for (p, q) in [(-step, start - low), (step, high - start)] {
                if p == 0.0 && q < 0.0 {
                    return None;
                } else if p < 0.0 {
                    begin = begin.max(q / p);
                } else if p > 0.0 {
                    end = end.min(q / p);
                }
            }
        }
        let at = |share: f64| (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
        (begin <= end).then(|| (at(begin), at(end)))
    }

    /// The parts of a polyline within.
    pub(super) fn parts(&self, points: &[(f64, f64)]) -> Vec<Vec<(f64, f64)>> {
        let mut parts: Vec<Vec<(f64, f64)>> = Vec::new();
        for pair in points.windows(2) {
            let Some((from, to)) = self.segment(pair[0], pair[1]) else { continue };
            match parts.last_mut() {
                Some(part) if part.last() == Some(&from) => part.push(to),
                _ => parts.push(vec![from, to]),
            }
        }
        parts
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

    #[test]
    fn a_line_is_cut_at_the_frame_and_goes_on_where_it_comes_back() {
        let frame = Frame { x: (0.0, 10.0), y: (0.0, 1.0) };
        let parts = frame.parts(&[(0.0, 0.5), (4.0, 2.5), (8.0, 0.5), (12.0, 0.5)]);
        assert_eq!(parts, [vec![(0.0, 0.5), (1.0, 1.0)], vec![(7.0, 1.0), (8.0, 0.5), (10.0, 0.5)]]);
        assert!(frame.parts(&[(0.0, 2.0), (9.0, 2.0)]).is_empty());
    }
}
