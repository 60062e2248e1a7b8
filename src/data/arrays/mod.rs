//! NumPy files (`.npy` and `.npz`), read within bounds: every size is checked against the file
//! before memory is taken.

mod elements;
mod file;
mod header;

pub use file::{ArrayFile, SavedArray};
