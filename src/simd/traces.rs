//! Derivatives that every unit keeps of its own parameters, carried on and read in one pass.

use super::register::{Job, Register, on_widest};

/// `V_i ← a_i V_i + d_i z` and `G_i += y_i V_i` for every row i; a row has `z.len()` numbers.
pub(crate) fn carry(traces: &mut [f64], (factors, slopes): (&[f64], &[f64]), z: &[f64], y: &[f64], g: &mut [f64]) {
    on_widest(Traces { traces, factors, slopes, z, y, g });
}

struct Traces<'a> {
    traces: &'a mut [f64],
    factors: &'a [f64],
    slopes: &'a [f64],
    z: &'a [f64],
    y: &'a [f64],
    g: &'a mut [f64],
}

impl<const W: usize> Job<W> for Traces<'_> {
    #[inline(always)]
    fn run<R: Register<W>>(self) {
        let width = self.z.len();
        let rows = self.traces.chunks_exact_mut(width).zip(self.g.chunks_exact_mut(width));
        for (row, (v, g)) in rows.enumerate() {
            let [a, d, y] = [R::splat(self.factors[row]), R::splat(self.slopes[row]), R::splat(self.y[row])];
            let ((whole_v, rest_v), (whole_g, rest_g)) = (v.as_chunks_mut::<W>(), g.as_chunks_mut::<W>());
            let (whole_z, rest_z) = self.z.as_chunks::<W>();
            for ((v, g), z) in whole_v.iter_mut().zip(whole_g).zip(whole_z) {
                let next = a.fused(R::load(v), d.times(R::load(z)));
                next.store(v);
                y.fused(next, R::load(g)).store(g);
            }
            if !rest_z.is_empty() {
                let next = a.fused(R::load_part(rest_v), d.times(R::load_part(rest_z)));
                next.store_part(rest_v);
                y.fused(next, R::load_part(rest_g)).store_part(rest_g);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::register::Portable;
    use super::*;
    use crate::random::{Noise, RngKey};

    #[test]
    fn rows_are_carried_and_read_with_the_bits_of_number_by_number() {
        let mut noise = Noise::at(RngKey::root(12));
        for (rows, width) in [(1, 1), (3, 8), (4, 19), (9, 67)] {
            let [v, g] = [(); 2].map(|()| noise.normal_vector(rows * width));
            let [a, d, y] = [(); 3].map(|()| noise.normal_vector(rows));
            let z = noise.normal_vector(width);
            let one = |place: usize| a[place / width].mul_add(v[place], d[place / width] * z[place % width]);
            let carried: Vec<f64> = (0..rows * width).map(one).collect();
            let read: Vec<f64> = (0..rows * width).map(|place| y[place / width].mul_add(carried[place], g[place])).collect();
            let (mut traces, mut sums) = (v.clone(), g.clone());
            carry(&mut traces, (&a, &d), &z, &y, &mut sums);
            assert_eq!((&traces, &sums), (&carried, &read), "{rows} × {width}");
            let (mut traces, mut sums) = (v.clone(), g.clone());
            Portable::<4>::perform(Traces { traces: &mut traces, factors: &a, slopes: &d, z: &z, y: &y, g: &mut sums });
            assert_eq!((&traces, &sums), (&carried, &read), "{rows} × {width}");
        }
    }
}
