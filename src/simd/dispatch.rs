//! One source, compiled for each instruction set and chosen at run time.

/// Compiles a body, a function marked `#[inline(always)]`, for the widest registers of this
/// processor.
///
/// Products and sums are fused only where the body says so, so the bits do not depend on what is
/// chosen.
///
/// ```text
/// dispatched! {
///     /// Doubles every value.
///     pub fn double / double_wide / double_fused = double_body(values: &mut [f64])
/// }
/// ```
macro_rules! dispatched {
    ($(#[$doc:meta])* $visible:vis fn $name:ident / $wide:ident / $fused:ident = $body:ident ($($argument:ident : $type:ty),* $(,)?) $(-> $answer:ty)?) => {
        $(#[$doc])*
        #[allow(unsafe_code)]
        $visible fn $name($($argument: $type),*) $(-> $answer)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512dq,fma,avx2")]
                fn $wide($($argument: $type),*) $(-> $answer)? {
                    $body($($argument),*)
                }
                #[target_feature(enable = "fma,avx2")]
                fn $fused($($argument: $type),*) $(-> $answer)? {
                    $body($($argument),*)
                }
                if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") && is_x86_feature_detected!("avx512dq") {
                    // SAFETY: the processor has just been asked for the features this function is
                    // compiled with.
                    return unsafe { $wide($($argument),*) };
                }
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    // SAFETY: as above.
                    return unsafe { $fused($($argument),*) };
                }
            }
            $body($($argument),*)
        }
    };
}

pub(crate) use dispatched;
