//! Eigenvalues of one full block: Householder's reduction and Francis's iteration, in a fixed order
//! of operations.

use super::LinalgError;

/// QR steps an eigenvalue, on average, before the iteration counts as stuck; two or three are
/// usual.
const MOST_STEPS: usize = 40;
/// Steps without a deflation after which the shifts are replaced, against cycles.
const PATIENCE: usize = 10;

/// The largest modulus of an eigenvalue of an n × n matrix by rows, which is overwritten. Entries
/// are of size 1 at the most.
///
/// # Errors
/// [`LinalgError::NotSettled`] where the iteration is stuck.
pub(super) fn largest_modulus(matrix: &mut [f64], n: usize) -> Result<f64, LinalgError> {
    reduce(matrix, n);
    let (mut radius, mut end, mut steps, mut waited) = (0.0f64, n, 0, 0);
    while end > 0 {
        let start = window(matrix, n, end);
        match end - start {
            1 => radius = radius.max(matrix[start * n + start].abs()),
            2 => radius = radius.max(of_two(matrix, n, start)),
            _ => {
                (steps, waited) = (steps + 1, waited + 1);
                if steps > MOST_STEPS * n {
                    return Err(LinalgError::NotSettled);
                }
                let shifts = shifts(matrix, n, end, waited % PATIENCE == 0);
                francis_step(matrix, n, [start, end], shifts);
                continue;
            }
        }
        (end, waited) = (start, 0);
    }
    Ok(radius)
}

/// `H = Qᵀ M Q` with zeros below the first subdiagonal.
fn reduce(m: &mut [f64], n: usize) {
    let (mut reflector, mut sums) = (vec![0.0; n], vec![0.0; n]);
    for k in 0..n.saturating_sub(2) {
        let column = k + 1..n;
        let square: f64 = column.clone().skip(1).map(|i| m[i * n + k] * m[i * n + k]).sum();
        if square == 0.0 {
            continue;
        }
        let head = m[(k + 1) * n + k];
        let length = (head * head + square).sqrt();
        let to = if head > 0.0 { -length } else { length };
        for i in column.clone() {
            reflector[i] = m[i * n + k];
        }
        reflector[k + 1] -= to;
        let own = reflector[k + 1] * reflector[k + 1] + square;
        // From the left: rows k+1.., summed row by row so that memory is read in order.
        let sums = &mut sums[k..];
        sums.fill(0.0);
        for i in column.clone() {
            for (sum, x) in sums.iter_mut().zip(&m[i * n + k..(i + 1) * n]) {
                *sum += reflector[i] * x;
            }
        }
        for i in column.clone() {
            let factor = 2.0 * reflector[i] / own;
            for (x, sum) in m[i * n + k..(i + 1) * n].iter_mut().zip(sums.iter()) {
                *x -= factor * sum;
            }
        }
        // From the right: columns k+1.. .
        for row in m.chunks_exact_mut(n) {
            let row = &mut row[k + 1..];
            let overlap: f64 = row.iter().zip(&reflector[k + 1..]).map(|(x, r)| x * r).sum();
            let factor = 2.0 * overlap / own;
            row.iter_mut().zip(&reflector[k + 1..]).for_each(|(x, r)| *x -= factor * r);
        }
        m[(k + 1) * n + k] = to;
        for i in column.skip(1) {
            m[i * n + k] = 0.0;
        }
    }
}

/// Where the last block without a negligible subdiagonal entry begins; that entry becomes zero.
///
/// Negligible is what moves no eigenvalue of the two by two block around it by more than rounding.
/// Source: Ahues and Tisseur (1997), LAPACK Working Note 122.
fn window(m: &mut [f64], n: usize, end: usize) -> usize {
    for k in (1..end).rev() {
        let (above, diagonal, off) = (m[(k - 1) * n + k - 1], m[k * n + k], m[k * n + k - 1]);
        if off == 0.0 {
            return k;
        }
        let size = above.abs() + diagonal.abs();
        if off.abs() > f64::EPSILON * size && !(size == 0.0 && off.abs() < f64::MIN_POSITIVE) {
            continue;
        }
        let across = m[(k - 1) * n + k];
        let (larger, smaller) = (off.abs().max(across.abs()), off.abs().min(across.abs()));
        let (gap, own) = ((above - diagonal).abs(), diagonal.abs());
        if smaller * (larger / (larger + gap)) <= f64::EPSILON * (own * (gap / (larger + gap))).max(f64::MIN_POSITIVE) || size == 0.0 {
            m[k * n + k - 1] = 0.0;
            return k;
        }
    }
    0
}

/// The larger modulus of the two eigenvalues `m ± √q`: `|m| + √q`, or `√(m² − q)` for a pair.
fn of_two(m: &[f64], n: usize, at: usize) -> f64 {
    let (a, b, c, d) = (m[at * n + at], m[at * n + at + 1], m[(at + 1) * n + at], m[(at + 1) * n + at + 1]);
    let (middle, half) = (0.5 * (a + d), 0.5 * (a - d));
    let q = half.mul_add(half, b * c);
    if q >= 0.0 { middle.abs() + q.sqrt() } else { middle.mul_add(middle, -q).sqrt() }
}

/// Sum and product of the two shifts, the eigenvalues of the last two by two block.
fn shifts(m: &[f64], n: usize, end: usize, exceptional: bool) -> [f64; 2] {
    let (k, l) = (end - 1, end - 2);
    if exceptional {
        let size = m[k * n + l].abs() + m[l * n + l - 1].abs();
        return [1.5 * size, size * size];
    }
    let (a, b, c, d) = (m[l * n + l], m[l * n + k], m[k * n + l], m[k * n + k]);
    [a + d, a * d - b * c]
}

/// One implicit double step on the window, eigenvalues only: nothing outside the window changes.
fn francis_step(m: &mut [f64], n: usize, [start, end]: [usize; 2], [sum, product]: [f64; 2]) {
    let (a, b, c, d) = (m[start * n + start], m[start * n + start + 1], m[(start + 1) * n + start], m[(start + 1) * n + start + 1]);
    let mut bulge = [a * (a - sum) + product + b * c, c * (a + d - sum), c * m[(start + 2) * n + start + 1]];
    for k in start..end - 1 {
        let height = 3.min(end - k);
        if k > start {
            bulge = std::array::from_fn(|i| if i < height { m[(k + i) * n + k - 1] } else { 0.0 });
        }
        if height == 2 {
            bulge[2] = 0.0;
        }
        let size = bulge[0].abs() + bulge[1].abs() + bulge[2].abs();
        if size == 0.0 {
            continue;
        }
        let v = bulge.map(|x| x / size);
        let length = (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt();
        let to = if v[0] > 0.0 { -length } else { length };
        if k > start {
            m[k * n + k - 1] = to * size;
            (1..height).for_each(|i| m[(k + i) * n + k - 1] = 0.0);
        }
        // I − w yᵀ with y = (1, …): the reflector in the form that needs one factor.
        let head = v[0] - to;
        let y = [1.0, v[1] / head, v[2] / head];
        let w = [-head / to, -v[1] / to, -v[2] / to];
        reflect_rows(m, n, [k, height, end], [w, y]);
        for row in (start..end.min(k + 4)).map(|i| i * n + k) {
            let cells = &mut m[row..row + height];
            let overlap: f64 = cells.iter().zip(&w).map(|(x, w)| x * w).sum();
            cells.iter_mut().zip(&y).for_each(|(x, y)| *x -= overlap * y);
        }
    }
}

/// `x ← (I − y wᵀ)`'s transpose from the left on columns `k..end` of the rows `k..k + height`.
fn reflect_rows(m: &mut [f64], n: usize, [k, height, end]: [usize; 3], [w, y]: [[f64; 3]; 2]) {
    let (first, rest) = m[k * n..].split_at_mut(n);
    let (second, third) = rest.split_at_mut(n);
    let (first, second) = (&mut first[k..end], &mut second[k..end]);
    if height == 2 {
        for (a, b) in first.iter_mut().zip(second) {
            let overlap = *a + y[1] * *b;
            *a -= overlap * w[0];
            *b -= overlap * w[1];
        }
        return;
    }
    for ((a, b), c) in first.iter_mut().zip(second).zip(&mut third[k..end]) {
        let overlap = *a + y[1] * *b + y[2] * *c;
        *a -= overlap * w[0];
        *b -= overlap * w[1];
        *c -= overlap * w[2];
    }
}
