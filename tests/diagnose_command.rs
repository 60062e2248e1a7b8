//! The command `diagnose`: its documented form, digits that matter, and what it refuses.

use crate::common::chains::{REFERENCE, array_of};
use crate::common::command::{rtrl_lab, text, told};
use ndarray::{Array2, array};

#[test]
fn diagnose_answers_in_the_documented_form() {
    let folder = tempfile::tempdir().unwrap();
    let path = text(&folder.path().join("chains.npy"));
    let ask = |array: ndarray::ArrayD<f64>| {
        ndarray_npy::write_npy(&path, &array).unwrap();
        let (code, answer, errors) = told(&rtrl_lab(&["diagnose", &path, "--json"]));
        let transposed = array.ndim() == 2 && array.shape()[0] > array.shape()[1];
        assert!(code == 0 && errors.is_empty() != transposed, "{code} {errors}");
        serde_json::from_str::<serde_json::Value>(&answer).unwrap()
    };
    let answer = ask(array_of("persistent").into_dyn());
    let expected = REFERENCE[2].1;
    for (key, value) in
        [("rhat", expected[0]), ("ess_bulk", expected[1]), ("ess_tail", expected[2]), ("ess_mean", expected[3]), ("mcse_mean", expected[5])]
    {
        assert!((answer[key].as_f64().unwrap() / value - 1.0).abs() < 1e-6, "{key}");
    }
    assert_eq!((&answer["chains"], &answer["draws"], &answer["status"]), (&4.into(), &5000.into(), &"defined".into()));
    assert!(answer["reason"].is_null());
    let (_, table, _) = told(&rtrl_lab(&["diagnose", &path]));
    assert!(table.contains("4 chains of 5000 draws") && table.contains("ess_bulk") && table.contains("1020.0"), "{table}");
    // Small errors keep their digits, and an answer that is no number has a reason.
    let mut sticky = array_of("sticky");
    for (unit, words) in [(1e-9, ["mcse_mean", "5.53254e-10"]), (2f64.powi(507), ["ess_mean", "146.2"])] {
        let answer = ask(sticky.mapv(|x| x * unit).into_dyn());
        assert!((answer["ess_mean"].as_f64().unwrap() / REFERENCE[3].1[3] - 1.0).abs() < 1e-6 && answer["status"] == "defined", "{answer}");
        let (_, table, _) = told(&rtrl_lab(&["diagnose", &path]));
        let line = table.lines().find(|line| line.contains(words[0])).unwrap();
        assert!(line.contains(words[1]), "{table}");
    }
    sticky.iter_mut().enumerate().for_each(|(index, x)| *x = if index % 2 == 0 { 1e308 } else { -1e308 });
    sticky.slice_mut(ndarray::s![.., ..2500]).fill(1e308);
    let answer = ask(sticky.into_dyn());
    for (key, why) in [("ess_mean", answer["ess_mean"].is_number()), ("mcse_mean", answer["mcse_mean"].is_number() || answer["reason"].is_string())] {
        assert!(why, "{key}: {answer}");
    }
    // One chain, as a vector: sizes without R̂.
    let alone = ask(array_of("alone").row(0).to_owned().into_dyn());
    assert!(alone["rhat"].is_null() && alone["ess_bulk"].is_number() && alone["status"] == "undefined" && alone["chains"] == 1);
    for array in [Array2::from_elem((4, 50), 1.0), Array2::from_elem((4, 50), f64::NAN), Array2::zeros((4, 2)), Array2::zeros((0, 9))] {
        let answer = ask(array.into_dyn());
        assert!(["rhat", "ess_bulk", "ess_tail", "ess_mean", "mcse_mean"].iter().all(|key| answer[key].is_null()), "{answer}");
        assert!(answer["status"] == "undefined" && answer["reason"].as_str().unwrap().len() > 10);
    }
}

#[test]
fn diagnose_refuses_what_is_no_array_of_chains() {
    let folder = tempfile::tempdir().unwrap();
    let path = text(&folder.path().join("chains.npy"));
    let refused = |words: &[&str]| {
        let (code, output, errors) = told(&rtrl_lab(&["diagnose", &path]));
        assert!(
            code == 2 && output.is_empty() && errors.starts_with("error: ") && errors.trim_end().lines().count() == 1,
            "{code} {output} {errors}"
        );
        for word in ["chains.npy", "(chains, draws)"].iter().chain(words) {
            assert!(errors.contains(word), "`{word}` is not in: {errors}");
        }
    };
    refused(&["No such file"]);
    std::fs::write(&path, "0.1,0.2\n").unwrap();
    refused(&["cannot be read"]);
    ndarray_npy::write_npy(&path, &array![[1.0, 2.0]]).unwrap();
    let complex = String::from_utf8_lossy(&std::fs::read(&path).unwrap()[..128]).replace("<f8", "<c8");
    std::fs::write(&path, [b"\x93NUMPY", &complex.as_bytes()[8..], &[0; 16]].concat()).unwrap();
    refused(&["cannot be read", "complex"]);
    ndarray_npy::write_npy(&path, &ndarray::Array3::<f64>::zeros((2, 3, 0))).unwrap();
    refused(&["[2, 3, 0]"]);
}
