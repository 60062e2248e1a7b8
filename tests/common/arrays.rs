//! Arrays of reference files.

use ndarray::ArrayD;
use rtrl_lab::data::arrays::ArrayFile;
use std::collections::BTreeMap;
use std::path::Path;

/// Every array of an NPZ file, by name.
pub fn arrays(path: &Path) -> BTreeMap<String, ArrayD<f64>> {
    let mut file = ArrayFile::open(path, "save it again").unwrap();
    let names: Vec<String> = file.arrays().iter().map(|array| array.name.clone()).collect();
    names.into_iter().map(|name| (name.clone(), file.read(&name, 1 << 20).unwrap())).collect()
}
