//! Networks that Keras and Flax saved: outputs are theirs, and what does not fit is refused by
//! name. The files come from `tests/reference/other_networks.py`.

use crate::common::arrays::arrays;
use ndarray::{ArrayD, Axis, s};
use ndarray_npy::NpzWriter;
use rtrl_lab::network::Network;
use rtrl_lab::study::{BudgetScale, Prepared};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

type Arrays = BTreeMap<String, ArrayD<f64>>;

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(name)
}

fn prepared(cell: &str, folder: &Path, file: &str, layout: &str) -> Result<(Network, Vec<String>), String> {
    let study = format!(
        "[study]\nname = \"other\"\nseed = 1\n[data]\nkind = \"var\"\ntransition = [[0.5, 0.0], [0.0, 0.5]]\ninputs = [0, 1]\n\
         target = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]\n[network]\ncell = \"{cell}\"\n[network.parameters]\nfile = \"{file}\"\n{layout}\n"
    );
    let prepared = Prepared::new(&study, "other.toml", folder, BudgetScale::Quick, &[]).map_err(|error| error.to_string())?;
    Ok((prepared.study.cases[0].case.network.clone(), prepared.study.notes.clone()))
}

fn key(layout: &str) -> String {
    format!("layout = \"{layout}\"")
}

#[test]
fn outputs_are_those_of_keras_and_flax() {
    let of = |layout: &'static str, bits: u32| ["elman", "gru", "lstm"].map(|cell| (layout, cell, bits));
    for (layout, cell, bits) in [of("keras", 32), of("flax", 32), of("flax", 64)].concat() {
        let file = format!("{layout}_{cell}_{bits}.npz");
        let (network, notes) = prepared(cell, &reference(""), &file, &key(layout)).unwrap();
        assert!(notes.iter().all(|note| !note.contains("not verified")), "{notes:?}");
        let saved = arrays(&reference(&file));
        let n = network.cell.state_len();
        let (mut state, mut next, mut tape) = (vec![0.0; n], vec![0.0; n], vec![0.0; network.cell.tape_len()]);
        let mut largest = 0.0f64;
        for (input, wanted) in saved["check_input"].axis_iter(Axis(0)).zip(saved["check_output"].axis_iter(Axis(0))) {
            let input: Vec<f64> = input.iter().copied().collect();
            network.cell.step(&state, &input, &mut next, &mut tape);
            std::mem::swap(&mut state, &mut next);
            for (own, wanted) in network.readout.prediction(&state).iter().zip(&wanted) {
                let tolerance = if bits == 32 { 3e-6 } else { 1e-13 };
                assert!((own - wanted).abs() < tolerance, "{file}: {own} {wanted}");
                largest = largest.max(wanted.abs());
            }
        }
        assert!(largest > 0.5, "{file}: outputs that are not small");
    }
}

/// Saves a file's arrays with some of them changed, and tells how it is refused.
fn refused(layout: &str, cell: &str, change: impl FnOnce(&mut Arrays)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut all = arrays(&reference(&format!("{layout}_{cell}_32.npz")));
    change(&mut all);
    let mut npz = NpzWriter::new(std::fs::File::create(folder.path().join("t.npz")).unwrap());
    all.iter().for_each(|(name, array)| npz.add_array(name.as_str(), array).unwrap());
    npz.finish().unwrap();
    match prepared(cell, folder.path(), "t.npz", &key(layout)) {
        Ok((_, notes)) => notes.join("; "),
        Err(error) => error,
    }
}

fn named(all: &Arrays, ending: &str) -> String {
    all.keys().find(|name| name.ends_with(ending)).unwrap().clone()
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let without = |ending: &'static str| move |all: &mut Arrays| drop(all.remove(&named(all, ending)));
    let twice = |ending: &'static str, to: &'static str| {
        move |all: &mut Arrays| {
            let array = all[&named(all, ending)].clone();
            all.insert(to.to_string(), array);
        }
    };
    let exchanged = |ending: &'static str| {
        move |all: &mut Arrays| {
            let array = all.get_mut(&named(all, ending)).unwrap();
            let [first, second] =
                [s![.., 0..4], s![.., 4..8]].map(|part| array.view().into_dimensionality::<ndarray::Ix2>().unwrap().slice(part).to_owned());
            let mut array = array.view_mut().into_dimensionality::<ndarray::Ix2>().unwrap();
            array.slice_mut(s![.., 0..4]).assign(&second);
            array.slice_mut(s![.., 4..8]).assign(&first);
        }
    };
    let one_row = |all: &mut Arrays| {
        let name = named(all, "gru_cell/bias");
        let row = all[&name].index_axis(Axis(0), 0).to_owned().into_dyn();
        all.insert(name, row);
    };
    let cases: Vec<(String, &[&str])> = vec![
        (refused("keras", "gru", without("gru_cell/bias")), &["lacks the array", "gru_cell/bias"]),
        (refused("keras", "gru", without("recurrent_kernel")), &["no array whose name ends in `recurrent_kernel`"]),
        (refused("keras", "gru", one_row), &["reset_after = False"]),
        (refused("keras", "gru", twice("recurrent_kernel", "second/recurrent_kernel")), &["several arrays", "recurrent_kernel"]),
        (refused("keras", "gru", twice("dense_1/kernel", "third/kernel")), &["several arrays", "kernel"]),
        (refused("keras", "gru", twice("dense_1/bias", "extra")), &["extra", "no part of this network"]),
        (refused("keras", "lstm", exchanged("recurrent_kernel")), &["check_output", "step 2"]),
        (refused("flax", "gru", without("hn/bias")), &["lacks the array", "hn/bias"]),
        (refused("flax", "gru", without("iz/kernel")), &["lacks the array", "iz/kernel"]),
        (refused("flax", "gru", twice("iz/bias", "GRUCell_0/hz/bias")), &["hz/bias", "no part of this network"]),
        (refused("flax", "lstm", without("Dense_0/bias")), &["lacks the array", "Dense_0/bias"]),
        (refused("flax", "elman", |all| all.retain(|name, _| !name.starts_with("check"))), &["not verified"]),
    ];
    for (told, words) in cases {
        for word in words {
            assert!(told.contains(word), "`{word}` is not in: {told}");
        }
    }
    let told = |cell: &str, file: &str, layout: &str| prepared(cell, &reference(""), file, layout).err().unwrap();
    for (told, word) in [
        (told("lstm", "keras_gru_32.npz", &key("keras")), "has 16 columns"),
        (told("mgu", "keras_gru_32.npz", &key("keras")), "keras has no cell `mgu`"),
        (told("gru", "flax_gru_32.npz", &key("keras")), "recurrent_kernel"),
        // Without the key nothing is guessed.
        (told("gru", "flax_gru_32.npz", ""), "say layout = \"flax\""),
        (told("gru", "keras_gru_32.npz", ""), "say layout = \"keras\""),
        (told("gru", "flax_gru_32.npz", &key("jax")), "flax"),
    ] {
        assert!(told.contains(word), "`{word}` is not in: {told}");
    }
}

#[test]
fn names_may_be_joined_by_points() {
    let mut all = arrays(&reference("flax_gru_32.npz"));
    all = all.into_iter().map(|(name, array)| (name.replace('/', "."), array)).collect();
    let folder = tempfile::tempdir().unwrap();
    let mut npz = NpzWriter::new(std::fs::File::create(folder.path().join("t.npz")).unwrap());
    all.iter().for_each(|(name, array)| npz.add_array(name.as_str(), array).unwrap());
    npz.finish().unwrap();
    let (network, notes) = prepared("gru", folder.path(), "t.npz", &key("flax")).unwrap();
    assert!(notes.iter().all(|note| !note.contains("not verified")), "{notes:?}");
    assert_eq!(network.parameters(), prepared("gru", &reference(""), "flax_gru_32.npz", &key("flax")).unwrap().0.parameters());
}
