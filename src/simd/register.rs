//! Vector registers behind one trait, so that one source serves every instruction set and gives the
//! same bits on each.
//!
//! Plain arrays were refused for the innermost loops: the compiler put two thirds of them on the
//! stack, at a third of the speed.

use aligned_vec::{AVec, ConstAlign, avec};

/// `W` numbers worked on together. Every operation is one of IEEE 754 a lane, so its bits do not
/// depend on the instruction set.
pub(crate) trait Register<const W: usize>: Copy + Send + Sync + 'static {
    /// The same number in every lane.
    fn splat(x: f64) -> Self;
    /// The numbers of an array.
    fn load(from: &[f64; W]) -> Self;
    /// Writes the lanes.
    fn store(self, to: &mut [f64; W]);
    /// As many numbers as there are, up to a register, with zeros behind them.
    fn load_part(from: &[f64]) -> Self;
    /// Writes as many lanes as there is room for.
    fn store_part(self, to: &mut [f64]);
    /// `self · x + sum`, rounded once.
    fn fused(self, x: Self, sum: Self) -> Self;
    /// `self · x`.
    fn times(self, x: Self) -> Self;
    /// `self + x`.
    fn plus(self, x: Self) -> Self;
    /// Asks for numbers that will be loaded soon; changes nothing.
    #[inline(always)]
    fn prefetch(_: &[f64; W]) {}
    /// Runs a job compiled for this instruction set.
    fn perform<J: Job<W>>(job: J);
}

/// Work written once for every register; `run` must be inlined into [`Register::perform`] to be
/// compiled for its instruction set.
pub(crate) trait Job<const W: usize> {
    /// Does the work.
    fn run<R: Register<W>>(self);
}

/// A factor of a product: one number for all lanes, or one a lane.
pub(crate) trait Factor<const W: usize>: Copy + Send + Sync {
    /// The factor in a register.
    fn spread<R: Register<W>>(&self) -> R;
}

impl<const W: usize> Factor<W> for f64 {
    #[inline(always)]
    fn spread<R: Register<W>>(&self) -> R {
        R::splat(*self)
    }
}

/// A number as it lies in memory.
pub(crate) trait Stored: Copy + Into<f64> {
    /// `W` of them in a register of double precision.
    fn register<R: Register<W>, const W: usize>(from: &[Self; W]) -> R;
}

impl Stored for f64 {
    #[inline(always)]
    fn register<R: Register<W>, const W: usize>(from: &[f64; W]) -> R {
        R::load(from)
    }
}

impl Stored for f32 {
    #[inline(always)]
    fn register<R: Register<W>, const W: usize>(from: &[f32; W]) -> R {
        let mut wide = [0.0; W];
        let mut lane = 0;
        while lane < W {
            wide[lane] = f64::from(from[lane]);
            lane += 1;
        }
        R::load(&wide)
    }
}

/// Numbers that begin with a cache line: loads of whole registers then cross none.
///
/// An alignment of 64 bytes for [`Lanes`] itself would double the size of those of four numbers.
pub(crate) type Lined<T> = AVec<T, ConstAlign<64>>;

/// `len` times `value`.
pub(crate) fn lined<T: Clone>(value: T, len: usize) -> Lined<T> {
    avec![[64]| value; len]
}

/// `W` numbers in memory, to be kept in [`Lined`] buffers.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(32))]
pub(crate) struct Lanes<const W: usize>(pub [f64; W]);

impl<const W: usize> Factor<W> for Lanes<W> {
    #[inline(always)]
    fn spread<R: Register<W>>(&self) -> R {
        R::load(&self.0)
    }
}

/// Registers without any instruction of their own: what every other set must equal.
#[derive(Clone, Copy)]
pub(crate) struct Portable<const W: usize>([f64; W]);

impl<const W: usize> Register<W> for Portable<W> {
    fn splat(x: f64) -> Self {
        Portable([x; W])
    }
    fn load(from: &[f64; W]) -> Self {
        Portable(*from)
    }
    fn store(self, to: &mut [f64; W]) {
        *to = self.0;
    }
    fn load_part(from: &[f64]) -> Self {
        Portable(std::array::from_fn(|lane| from.get(lane).copied().unwrap_or(0.0)))
    }
    fn store_part(self, to: &mut [f64]) {
        to.iter_mut().zip(self.0).for_each(|(to, x)| *to = x);
    }
    fn fused(self, x: Self, sum: Self) -> Self {
        Portable(std::array::from_fn(|lane| self.0[lane].mul_add(x.0[lane], sum.0[lane])))
    }
    fn times(self, x: Self) -> Self {
        Portable(std::array::from_fn(|lane| self.0[lane] * x.0[lane]))
    }
    fn plus(self, x: Self) -> Self {
        Portable(std::array::from_fn(|lane| self.0[lane] + x.0[lane]))
    }
    fn perform<J: Job<W>>(job: J) {
        job.run::<Self>();
    }
}

macro_rules! x86_register {
    ($(#[$doc:meta])* $name:ident($inner:ident), $width:literal, $features:literal, $detected:expr, $splat:ident, $load:ident, $store:ident, $fused:ident, $times:ident, $plus:ident, $load_part:ident, $store_part:ident) => {
        $(#[$doc])*
        #[cfg(target_arch = "x86_64")]
        #[derive(Clone, Copy)]
        pub(crate) struct $name(std::arch::x86_64::$inner);

        // A value of this type is made inside `Job::run` alone, and that is reached through
        // `perform` alone, which asks the processor first.
        #[cfg(target_arch = "x86_64")]
        impl Register<$width> for $name {
            #[inline(always)]
            fn splat(x: f64) -> Self {
                // SAFETY: `perform` has asked the processor for the features.
                unsafe { $name(std::arch::x86_64::$splat(x)) }
            }
            #[inline(always)]
            fn load(from: &[f64; $width]) -> Self {
                // SAFETY: as above; the reference covers what is read, whatever its alignment.
                unsafe { $name(std::arch::x86_64::$load(from.as_ptr())) }
            }
            #[inline(always)]
            fn store(self, to: &mut [f64; $width]) {
                // SAFETY: as above; the reference covers what is written.
                unsafe { std::arch::x86_64::$store(to.as_mut_ptr(), self.0) }
            }
            #[inline(always)]
            fn load_part(from: &[f64]) -> Self {
                // SAFETY: as in `splat`; no more is read than the slice covers.
                unsafe { $name($load_part(from)) }
            }
            #[inline(always)]
            fn store_part(self, to: &mut [f64]) {
                // SAFETY: as in `splat`; no more is written than the slice covers.
                unsafe { $store_part(self.0, to) }
            }
            #[inline(always)]
            fn fused(self, x: Self, sum: Self) -> Self {
                // SAFETY: as in `splat`.
                unsafe { $name(std::arch::x86_64::$fused(self.0, x.0, sum.0)) }
            }
            #[inline(always)]
            fn times(self, x: Self) -> Self {
                // SAFETY: as in `splat`.
                unsafe { $name(std::arch::x86_64::$times(self.0, x.0)) }
            }
            #[inline(always)]
            fn plus(self, x: Self) -> Self {
                // SAFETY: as in `splat`.
                unsafe { $name(std::arch::x86_64::$plus(self.0, x.0)) }
            }
            #[inline(always)]
            fn prefetch(from: &[f64; $width]) {
                // SAFETY: the key is that of a reference, and a prefetch reads nothing.
                unsafe { std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(from.as_ptr().cast()) }
            }
            fn perform<J: Job<$width>>(job: J) {
                #[target_feature(enable = $features)]
                fn with_features<J: Job<$width>>(job: J) {
                    job.run::<$name>();
                }
                assert!($detected, "the processor lacks {}", $features);
                // SAFETY: the processor has just been asked for the features.
                unsafe { with_features(job) }
            }
        }
    };
}

/// The first `len` of four lanes.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn first_of_four(len: usize) -> std::arch::x86_64::__m256i {
    const LANES: [i64; 8] = [-1, -1, -1, -1, 0, 0, 0, 0];
    let from = &LANES[4 - len.min(4)..][..4];
    // SAFETY: the slice covers what is read; the caller has the instructions.
    unsafe { std::arch::x86_64::_mm256_loadu_si256(from.as_ptr().cast()) }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn load_part_of_four(from: &[f64]) -> std::arch::x86_64::__m256d {
    // SAFETY: lanes beyond the slice are neither read nor checked; the caller has the instructions.
    unsafe { std::arch::x86_64::_mm256_maskload_pd(from.as_ptr(), first_of_four(from.len())) }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn store_part_of_four(register: std::arch::x86_64::__m256d, to: &mut [f64]) {
    // SAFETY: lanes beyond the slice are not written; the caller has the instructions.
    unsafe { std::arch::x86_64::_mm256_maskstore_pd(to.as_mut_ptr(), first_of_four(to.len()), register) }
}

/// The first `len` of eight lanes.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn first_of_eight(len: usize) -> u8 {
    ((1u32 << len.min(8)) - 1) as u8
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn load_part_of_eight(from: &[f64]) -> std::arch::x86_64::__m512d {
    // SAFETY: lanes beyond the slice are neither read nor checked; the caller has the instructions.
    unsafe { std::arch::x86_64::_mm512_maskz_loadu_pd(first_of_eight(from.len()), from.as_ptr()) }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn store_part_of_eight(register: std::arch::x86_64::__m512d, to: &mut [f64]) {
    // SAFETY: lanes beyond the slice are not written; the caller has the instructions.
    unsafe { std::arch::x86_64::_mm512_mask_storeu_pd(to.as_mut_ptr(), first_of_eight(to.len()), register) }
}

x86_register! {
    /// Four lanes of AVX2 with fused multiply-add.
    Avx2(__m256d), 4, "avx2,fma", is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
    _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_fmadd_pd, _mm256_mul_pd, _mm256_add_pd, load_part_of_four, store_part_of_four
}

x86_register! {
    /// Eight lanes of AVX-512.
    Avx512(__m512d), 8, "avx512f", is_x86_feature_detected!("avx512f"),
    _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_fmadd_pd, _mm512_mul_pd, _mm512_add_pd, load_part_of_eight, store_part_of_eight
}

/// An instruction set that the kernels can run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstructionSet {
    /// Whatever the target has, four lanes.
    Portable,
    /// AVX2 with fused multiply-add, four lanes.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512, eight lanes.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl InstructionSet {
    /// The widest that this processor has.
    pub(crate) fn widest() -> InstructionSet {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
                return InstructionSet::Avx512;
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                return InstructionSet::Avx2;
            }
        }
        InstructionSet::Portable
    }

    /// Those that this processor has.
    #[cfg(test)]
    pub(crate) fn available() -> Vec<InstructionSet> {
        let mut found = vec![InstructionSet::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                found.push(InstructionSet::Avx2);
            }
            if is_x86_feature_detected!("avx512f") {
                found.push(InstructionSet::Avx512);
            }
        }
        found
    }
}

/// Does a job on the widest registers that this processor has.
pub(crate) fn on_widest<J: Job<4> + Job<8>>(job: J) {
    match InstructionSet::widest() {
        InstructionSet::Portable => Portable::<4>::perform(job),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => Avx2::perform(job),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => Avx512::perform(job),
    }
}
