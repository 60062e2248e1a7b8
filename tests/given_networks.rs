//! Networks that are given: from NPZ files of every usual form, never completed at random without a
//! word, and shared by the cases that say nothing else.

use crate::common::command::{SMALL, rtrl_lab, text, told};
use ndarray::{Array1, Array2, ArrayD, IxDyn, arr0};
use ndarray_npy::{NpzWriter, WritableElement};
use rtrl_lab::study::{BudgetScale, Prepared};
use std::path::Path;

/// A study on one input and one target whose network comes from `t.npz`, with `more` under
/// `[network.parameters]`.
fn study(cell: &str, more: &str) -> String {
    format!(
        "[study]\nname = \"s\"\nseed = 1\n[data]\nkind = \"var\"\ntransition = [[0.6]]\ntarget = [1.0]\n[network]\ncell = \"{cell}\"\n[network.parameters]\nfile = \"t.npz\"\n{more}"
    )
}

fn array(shape: &[usize]) -> ArrayD<f64> {
    let count: usize = shape.iter().product();
    ArrayD::from_shape_vec(IxDyn(shape), (0..count).map(|k| (k as f64 + 1.0) / 8.0).collect()).unwrap()
}

fn save<A: WritableElement + Clone>(path: &Path, compressed: bool, arrays: &[(&str, ArrayD<A>)]) {
    let file = std::fs::File::create(path).unwrap();
    let mut writer = if compressed { NpzWriter::new_compressed(file) } else { NpzWriter::new(file) };
    arrays.iter().for_each(|(name, array)| writer.add_array(*name, array).unwrap());
    writer.finish().unwrap();
}

/// Five blocks for three units, without those named.
fn without(names: &[&str]) -> Vec<(&'static str, ArrayD<f64>)> {
    let all = [("B", array(&[3, 3]) / 4.0), ("W", array(&[3, 1])), ("b", array(&[3])), ("C", array(&[1, 3])), ("c", array(&[1]))];
    all.into_iter().filter(|(name, _)| !names.contains(name)).collect()
}

fn parameters(folder: &Path, study: &str) -> Result<Vec<f64>, String> {
    let prepared = Prepared::new(study, "study.toml", folder, BudgetScale::Full, &[]).map_err(|error| error.to_string())?;
    Ok(prepared.study.cases[0].case.network.parameters())
}

#[test]
fn a_network_that_lacks_a_block_is_refused_unless_the_study_states_the_draw() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let npz = here.join("t.npz");
    save(&npz, false, &without(&[]));
    let whole = parameters(here, &study("elman", "")).unwrap();
    for name in ["B", "W", "b", "C", "c"] {
        save(&npz, false, &without(&[name]));
        let error = parameters(here, &study("elman", "")).unwrap_err();
        for word in ["t.npz: ", &format!("lacks the block {name};"), &format!("drawn = [\"{name}\"]")] {
            assert!(error.contains(word), "`{word}` is not in: {error}");
        }
        let drawn = parameters(here, &study("elman", &format!("drawn = [\"{name}\"]\n"))).unwrap();
        assert!(drawn.len() == whole.len() && drawn != whole, "{name}");
    }
    save(&npz, false, &without(&["C", "c"]));
    let error = parameters(here, &study("elman", "")).unwrap_err();
    assert!(error.contains("lacks the blocks C, c;") && error.contains("drawn = [\"C\", \"c\"]"), "{error}");
    save(&npz, false, &without(&[]));
    let error = parameters(here, &study("elman", "drawn = [\"C\"]\n")).unwrap_err();
    assert!(error.contains("study.toml:") && error.contains("block C is given, and stated to be drawn"), "{error}");
    let error = parameters(here, &study("elman", "drawn = [\"D\"]\n")).unwrap_err();
    assert!(error.contains("parameters.drawn") && error.contains("choose one of B, W, b, C, c"), "{error}");
    // In the study itself.
    let inline = study("elman", "").replace("file = \"t.npz\"", "B = [[0.5]]\nW = [[1.0]]");
    let error = parameters(here, &inline).unwrap_err();
    assert!(error.contains("study.toml:10: network.parameters: the network lacks the blocks b, C, c;"), "{error}");
    assert!(parameters(here, &format!("{inline}\ndrawn = [\"b\", \"C\", \"c\"]\n")).is_ok());
}

#[test]
fn analyze_refuses_it_too_and_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (csv, npz) = (folder.path().join("s.csv"), folder.path().join("t.npz"));
    std::fs::write(&csv, format!("a,b\n{}", (0..200).map(|t| format!("{},{}\n", t * 7 % 11, t * t % 17)).collect::<String>())).unwrap();
    let refused = |words: &[&str]| {
        let out = text(&folder.path().join("out"));
        let (code, output, errors) =
            told(&rtrl_lab(&["analyze", &text(&csv), "--inputs", "a", "--target", "b", "--network", &text(&npz), "--out", &out]));
        assert!(code == 2 && output.is_empty() && !errors.contains("arguments"), "{code} {errors}");
        for word in words {
            assert!(errors.contains(word), "`{word}` is not in: {errors}");
        }
    };
    save(&npz, false, &without(&["B"]));
    refused(&["t.npz: the network lacks the block B"]);
    save(&npz, false, &[&[("W", array(&[4, 1]))][..], &without(&["W"])].concat());
    refused(&["t.npz: W: it holds 4 × 1 numbers, not 3;", "(3, 1)"]);
    save(&npz, false, &[&[("W", array(&[3, 1]) / 0.0)][..], &without(&["W"])].concat());
    refused(&["t.npz: W: inf is not a finite number"]);
    save(&npz, false, &[&[("rnn.weight_ih_l0", array(&[3, 1]))][..], &without(&[])].concat());
    refused(&["t.npz: it lacks the array `rnn.weight_hh_l0`"]);
    save(&npz, false, &[&[("kernel", array(&[3, 1]))][..], &without(&[])].concat());
    refused(&["t.npz: it holds an array `kernel` that this network does not have"]);
}

#[test]
fn files_of_every_usual_form_give_the_same_network() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let npz = here.join("t.npz");
    save(&npz, false, &without(&[]));
    let elman = study("elman", "");
    let whole = parameters(here, &elman).unwrap();
    let wanted: Vec<f64> =
        (0..3).flat_map(|i| (0..3).map(move |j| f64::from(3 * i + j + 1) / 32.0).chain([f64::from(i + 1) / 8.0, f64::from(i + 1) / 8.0])).collect();
    assert_eq!(whole[..15], wanted, "rows of (B, W, b)");
    save(&npz, true, &without(&[]));
    assert_eq!(parameters(here, &elman).unwrap(), whole, "compressed");
    // Every number here is a multiple of 1/32, which 32 bits hold.
    save(&npz, true, &without(&[]).into_iter().map(|(name, array)| (name, array.mapv(|x| x as f32))).collect::<Vec<_>>());
    assert_eq!(parameters(here, &elman).unwrap(), whole, "32 bits");
    let squeezed = [("W", array(&[3])), ("C", array(&[3])), ("c", arr0(0.125).into_dyn())];
    save(&npz, false, &[&squeezed[..], &without(&["W", "C", "c"])].concat());
    assert_eq!(parameters(here, &elman).unwrap(), whole, "axes of length 1 left out");
    // By columns, as a transposed array is saved.
    let turned = Array2::from_shape_fn((3, 3), |(i, j)| (3 * j + i + 1) as f64 / 32.0).reversed_axes().into_dyn();
    assert!(!turned.is_standard_layout());
    save(&npz, false, &[&[("B", turned)][..], &without(&["B"])].concat());
    assert_eq!(parameters(here, &elman).unwrap(), whole, "Fortran order");
    let whole_numbers = [("B", vec![3usize, 3]), ("W", vec![3, 1]), ("b", vec![3]), ("C", vec![1, 3]), ("c", vec![1])]
        .map(|(name, shape)| (name, ArrayD::<i64>::zeros(IxDyn(&shape))));
    save(&npz, false, &whole_numbers);
    assert_eq!(parameters(here, &elman).unwrap(), vec![0.0; whole.len()], "integers");
    // One unit, everything a number; and a diagonal cell with a vector, a row and a column.
    save(&npz, false, &["B", "W", "b", "C", "c"].map(|name| (name, arr0(0.5).into_dyn())));
    assert_eq!(parameters(here, &elman).unwrap(), vec![0.5; 5]);
    let diagonal = |shape: &[usize]| {
        save(&npz, false, &[&[("B", array(shape))][..], &without(&["B"])].concat());
        parameters(here, &study("diagonal", "")).unwrap()
    };
    assert_eq!(diagonal(&[3]), diagonal(&[3, 1]));
    assert_eq!(diagonal(&[3]), diagonal(&[1, 3]));
}

/// Parameters of a study's cases, by name.
fn networks(study: &str) -> Vec<(String, Vec<f64>)> {
    let prepared = Prepared::new(study, "study.toml", Path::new(""), BudgetScale::Full, &[]).unwrap();
    prepared.study.cases.iter().map(|study_case| (study_case.case.name.clone(), study_case.case.network.parameters())).collect()
}

#[test]
fn cases_that_share_a_network_section_share_its_weights() {
    let base = "[study]\nname = \"s\"\nseed = 1\n[data]\nkind = \"var\"\ntransition = [[0.6]]\ntarget = [1.0]\n[network]\nhidden = 3\n";
    let alone = networks(base).remove(0).1;
    let two = "[case.a.learning]\nsteps = 20\n[case.b.learning]\nmethod = \"rolling-tbptt\"\ntruncation = 2\n";
    let shared = networks(&format!("{base}{two}"));
    assert_eq!(shared[0].1, shared[1].1, "a and b");
    assert_eq!(shared[0].1, alone, "a study that is cut into cases keeps its network");
    // A case that wants a draw of its own says so, and two that want to share one across sections
    // do too.
    let own = networks(&format!("{base}{two}[case.c]\nnetwork_draw = \"c\"\n[case.d.network]\nhidden = 3\n[case.e]\nnetwork_draw = \"d\"\n"));
    let of = |name: &str| &own.iter().find(|(case, _)| case == name).unwrap().1;
    assert_eq!(of("a"), of("b"));
    assert!(of("c") != of("a") && of("d") != of("a") && of("c") != of("d"));
    assert_eq!(of("d"), of("e"));
    // Cases with sections of their own stay apart, as before.
    let small = networks(&SMALL.replace("hidden = 2", "hidden = 3"));
    assert_ne!(small[0].1, small[1].1);
}

#[test]
fn arrays_that_say_more_than_they_hold_are_refused_before_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let npz = folder.path().join("t.npz");
    // Zeros that pack well: the shape of B is settled by W before B is unpacked.
    let zeros = ArrayD::<f64>::zeros(IxDyn(&[1500, 1500]));
    save(&npz, true, &[&[("B", zeros)][..], &without(&["B"])].concat());
    assert!(std::fs::metadata(&npz).unwrap().len() < 100_000);
    let error = parameters(folder.path(), &study("elman", "")).unwrap_err();
    assert!(error.contains("t.npz: W: it holds 3 × 1 numbers, not 1500"), "{error}");
    // Integers that no float holds are not rounded.
    let large = ArrayD::from_elem(IxDyn(&[1]), (1i64 << 53) + 1);
    let file = std::fs::File::create(&npz).unwrap();
    let mut writer = NpzWriter::new(file);
    without(&["c"]).iter().for_each(|(name, array)| writer.add_array(*name, array).unwrap());
    writer.add_array("c", &large).unwrap();
    writer.finish().unwrap();
    let error = parameters(folder.path(), &study("elman", "")).unwrap_err();
    assert!(error.contains("t.npz: c: it holds a whole number that a 64-bit float does not hold exactly"), "{error}");
    let one = folder.path().join("t.npy");
    ndarray_npy::write_npy(&one, &Array1::<f64>::zeros(3)).unwrap();
    std::fs::rename(one, &npz).unwrap();
    assert!(parameters(folder.path(), &study("elman", "")).unwrap_err().contains("it holds one array, and this network has 5"));
}
