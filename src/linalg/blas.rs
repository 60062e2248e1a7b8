//! OpenBLAS on one thread: threads are this program's own, and two BLAS threads would give other bits than one.

use std::sync::Once;

unsafe extern "C" {
    fn openblas_set_num_threads(threads: std::ffi::c_int);
}

/// Pins OpenBLAS to one thread, once a process.
pub fn pin_blas_threads() {
    static PINNED: Once = Once::new();
    PINNED.call_once(|| {
        // SAFETY: OpenBLAS exports this function with this signature; it is called before any of its other routines, and never at once from two threads.
        unsafe { openblas_set_num_threads(1) }
    });
}
