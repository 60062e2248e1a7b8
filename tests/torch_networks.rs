//! Networks that PyTorch saved: outputs and gradients are PyTorch's, and what does not fit is
//! refused by name. The files come from `tests/reference/torch_networks.py`.

use crate::common::arrays::arrays;
use ndarray::{Array2, ArrayD, Axis, s};
use ndarray_npy::NpzWriter;
use rtrl_lab::data::Segment;
use rtrl_lab::gradient::{bptt, rtrl};
use rtrl_lab::network::Network;
use rtrl_lab::study::{BudgetScale, Prepared};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const CELLS: [&str; 3] = ["elman", "gru", "lstm"];

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(name)
}

fn study(cell: &str, file: &str) -> String {
    format!(
        "[study]\nname = \"torch\"\nseed = 1\n[data]\nkind = \"var\"\ntransition = [[0.5, 0.0], [0.0, 0.5]]\ninputs = [0, 1]\n\
         target = [[1.0, 0.0], [0.0, 1.0]]\n[network]\ncell = \"{cell}\"\n[network.parameters]\nfile = \"{file}\"\n"
    )
}

fn prepared(cell: &str, folder: &Path, file: &str) -> Result<(Network, Vec<String>), String> {
    let prepared = Prepared::new(&study(cell, file), "torch.toml", folder, BudgetScale::Quick, &[]).map_err(|error| error.to_string())?;
    Ok((prepared.study.cases[0].case.network.clone(), prepared.study.notes.clone()))
}

fn matrix(array: &ArrayD<f64>) -> Array2<f64> {
    array.clone().into_dimensionality().unwrap()
}

/// Gates in PyTorch's order of rows, with the blocks of this library: of input weights, hidden
/// weights, and the two biases.
fn gates(cell: &str) -> Vec<[&'static str; 4]> {
    match cell {
        "elman" => vec![["W", "B", "b", "b"]],
        "gru" => vec![["W_r", "B_r", "b_r", "b_r"], ["W_z", "B_z", "b_z", "b_z"], ["W", "B", "b", "b_B"]],
        _ => vec![["W_i", "B_i", "b_i", "b_i"], ["W_f", "B_f", "b_f", "b_f"], ["W", "B", "b", "b"], ["W_o", "B_o", "b_o", "b_o"]],
    }
}

#[test]
fn outputs_and_gradients_are_those_of_pytorch() {
    for (cell, bits) in CELLS.into_iter().flat_map(|cell| [(cell, 32), (cell, 64)]) {
        let tolerance = if bits == 32 { 1e-6 } else { 1e-12 };
        let (network, notes) = prepared(cell, &reference(""), &format!("torch_{cell}_{bits}.npz")).unwrap();
        assert!(notes.iter().all(|note| !note.contains("not verified")), "{notes:?}");
        let (safe, _) = prepared(cell, &reference(""), &format!("torch_{cell}_{bits}.safetensors")).unwrap();
        assert_eq!(safe.parameters(), network.parameters(), "{cell} {bits}");
        let (saved, gradients) =
            (arrays(&reference(&format!("torch_{cell}_{bits}.npz"))), arrays(&reference(&format!("torch_{cell}_{bits}_gradients.npz"))));
        let flat = |array: &ArrayD<f64>| array.iter().copied().collect::<Vec<f64>>();
        let segment = Segment::given(flat(&saved["check_input"]), 2, flat(&gradients["target"]), 2);
        let start = vec![0.0; network.cell.state_len()];
        // Outputs, step by step.
        let (mut state, mut next, mut tape) = (start.clone(), start.clone(), vec![0.0; network.cell.tape_len()]);
        for (t, wanted) in saved["check_output"].axis_iter(Axis(0)).enumerate() {
            network.cell.step(&state, segment.input(t), &mut next, &mut tape);
            std::mem::swap(&mut state, &mut next);
            let off = network.readout.prediction(&state).iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(off < tolerance, "{cell} {bits}, step {t}: {off:e}");
        }
        for gradient in [rtrl(&network, &segment, &start, 0).gradient, bptt(&network, &segment, &start, 0).gradient] {
            let layout = network.layout();
            let own = |block: &str| {
                let place = layout.block(block).unwrap();
                Array2::from_shape_vec((place.rows, place.columns), place.values(&gradient)).unwrap()
            };
            let near = |block: &str, wanted: Array2<f64>| {
                let scale = wanted.iter().fold(0.0f64, |top, g| top.max(g.abs()));
                assert!(scale > 1e-3, "{cell} {block}: a floor, or the comparison says nothing");
                let off = (&own(block) - &wanted).iter().fold(0.0f64, |top, g| top.max(g.abs())) / scale;
                assert!(off < tolerance, "{cell} {bits} {block}: {off:e}");
            };
            for (k, [w, b, bias, second]) in gates(cell).into_iter().enumerate() {
                let rows = s![k * 4..(k + 1) * 4, ..];
                near(w, matrix(&gradients["rnn.weight_ih_l0"]).slice(rows).to_owned());
                near(b, matrix(&gradients["rnn.weight_hh_l0"]).slice(rows).to_owned());
                let column = |name: &str| gradients[name].clone().into_shape_with_order((gradients[name].len(), 1)).unwrap().slice(rows).to_owned();
                // Merged biases have one gradient, which PyTorch gives to both.
                near(bias, column("rnn.bias_ih_l0"));
                near(second, column("rnn.bias_hh_l0"));
            }
            near("C", matrix(&gradients["fc.weight"]));
            near("c", gradients["fc.bias"].clone().into_shape_with_order((2, 1)).unwrap());
        }
    }
}

/// Saves arrays with some of them changed, and tells how the study is refused.
fn refused(cell: &str, change: impl FnOnce(&mut BTreeMap<String, ArrayD<f64>>)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut all = arrays(&reference(&format!("torch_{cell}_64.npz")));
    change(&mut all);
    let mut npz = NpzWriter::new(std::fs::File::create(folder.path().join("t.npz")).unwrap());
    all.iter().for_each(|(name, array)| npz.add_array(name.as_str(), array).unwrap());
    npz.finish().unwrap();
    match prepared(cell, folder.path(), "t.npz") {
        Ok((_, notes)) => notes.join("; "),
        Err(error) => error,
    }
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let renamed = |from: &'static str, to: &'static str| {
        move |all: &mut BTreeMap<String, ArrayD<f64>>| {
            let array = all[from].clone();
            all.insert(to.to_string(), array);
        }
    };
    let cases: Vec<(String, &[&str])> = vec![
        (refused("gru", |all| drop(all.remove("rnn.bias_hh_l0"))), &["lacks the array `rnn.bias_hh_l0`"]),
        (refused("gru", |all| drop(all.remove("fc.bias"))), &["lacks the array `fc.bias`"]),
        (refused("gru", |all| drop(all.remove("fc.weight"))), &["no readout"]),
        (refused("gru", renamed("rnn.weight_hh_l0", "rnn.weight_hh_l1")), &["rnn.weight_hh_l1", "layer above"]),
        (refused("gru", renamed("rnn.weight_hh_l0", "rnn.weight_hh_l0_reverse")), &["bidirectional"]),
        (refused("lstm", renamed("rnn.weight_hh_l0", "rnn.weight_hr_l0")), &["proj_size"]),
        (refused("gru", renamed("rnn.weight_ih_l0", "other.weight_ih_l0")), &["several recurrent layers", "other."]),
        (refused("gru", renamed("fc.weight", "head.weight")), &["several readouts", "head.weight"]),
        (refused("gru", renamed("fc.bias", "extra")), &["extra", "no part of this network"]),
        (refused("gru", |all| drop(all.remove("check_output"))), &["check_input", "pair"]),
        (refused("gru", |all| all.get_mut("fc.bias").unwrap()[0] = f64::NAN), &["fc.bias", "not a finite number"]),
        // Gates in another order forget just as well: only outputs tell.
        (
            refused("gru", |all| {
                let array = all.get_mut("rnn.weight_hh_l0").unwrap();
                let (first, second) = (array.slice(s![0..4, ..]).to_owned(), array.slice(s![4..8, ..]).to_owned());
                array.slice_mut(s![0..4, ..]).assign(&second);
                array.slice_mut(s![4..8, ..]).assign(&first);
            }),
            &["check_output", "step 2"],
        ),
        (
            refused("gru", |all| {
                all.remove("check_output");
                all.remove("check_input");
            }),
            &["not verified"],
        ),
    ];
    for (told, words) in cases {
        for word in words {
            assert!(told.contains(word), "`{word}` is not in: {told}");
        }
    }
    let told = prepared("lstm", &reference(""), "torch_gru_64.npz").err().unwrap();
    assert!(told.contains("no cell `lstm`"), "{told}");
    let told = prepared("diagonal", &reference(""), "torch_gru_64.npz").err().unwrap();
    assert!(told.contains("PyTorch has no cell `diagonal`"), "{told}");
    let folder = tempfile::tempdir().unwrap();
    for (bytes, word) in
        [(vec![255u8; 64], "no length"), (vec![8, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8], "no safetensors file"), (vec![], "no length")]
    {
        std::fs::write(folder.path().join("t.safetensors"), bytes).unwrap();
        let told = prepared("gru", folder.path(), "t.safetensors").err().unwrap();
        assert!(told.contains(word), "{told}");
    }
}
