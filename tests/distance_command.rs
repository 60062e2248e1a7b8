//! The command `distance`: its documented form, what it refuses, and that it reads what NumPy
//! writes.

use crate::common::command::{rtrl_lab, text, told};
use ndarray::{Array1, Array2, arr1};
use rtrl_lab::random::{Noise, RngKey};
use serde_json::Value;
use std::path::Path;

fn sample(seed: u64, n: usize, d: usize) -> Array2<f64> {
    Array2::from_shape_vec((n, d), Noise::at(RngKey::root(seed)).normal_vector(n * d)).unwrap()
}

fn saved<A: ndarray_npy::WriteNpyExt>(folder: &Path, name: &str, array: &A) -> String {
    let path = folder.join(name);
    array.write_npy(std::fs::File::create(&path).unwrap()).unwrap();
    text(&path)
}

fn json(arguments: &[&str]) -> Value {
    let (code, answer, errors) = told(&rtrl_lab(&[&["distance", "--json"], arguments].concat()));
    assert_eq!((code, errors.as_str()), (0, ""), "{arguments:?}");
    serde_json::from_str(&answer).expect("JSON")
}

fn refused(arguments: &[&str], words: &[&str]) {
    let (code, answer, errors) = told(&rtrl_lab(&[&["distance"], arguments].concat()));
    assert_eq!((code, answer.as_str()), (2, ""), "{arguments:?}: {errors}");
    assert!(errors.starts_with("error: ") && errors.trim_end().lines().count() == 1 && !errors.contains("panicked"), "{errors}");
    for word in words {
        assert!(errors.contains(word), "`{word}` is not in: {errors}");
    }
}

#[test]
fn every_method_answers_in_the_documented_form() {
    let folder = tempfile::tempdir().unwrap();
    let x = sample(1, 80, 3);
    let (path_x, path_y) = (saved(folder.path(), "x.npy", &x), saved(folder.path(), "y.npy", &(&x + 2.0)));
    let truth = 12f64.sqrt();
    for (method, order, bounds) in [
        ("exact", "1", 2),
        ("exact", "2", 2),
        ("centred", "2", 2),
        ("sliced", "1", 2),
        ("sliced", "2", 2),
        ("max-sliced", "1", 1),
        ("max-sliced", "2", 1),
        ("sinkhorn", "1", 0),
        ("sinkhorn", "2", 0),
    ] {
        let answer = json(&[&path_x, &path_y, "--method", method, "--order", order]);
        assert_eq!((answer["method"].as_str().unwrap(), answer["order"].as_f64().unwrap()), (method, order.parse().unwrap()));
        assert_eq!((&answer["status"], &answer["reason"]), (&Value::from("defined"), &Value::Null));
        assert_eq!(answer["certified"].as_bool(), Some(method == "exact"));
        assert!(answer["seconds"].as_f64().unwrap() > 0.0 && answer["bounds"].is_string());
        let number = |key: &str| answer[key].as_f64();
        let value = number("value").unwrap();
        assert_eq!(usize::from(number("lower").is_some()) + usize::from(number("upper").is_some()), bounds, "{answer}");
        assert!(number("lower").is_none_or(|lower| lower <= value) && number("upper").is_none_or(|upper| value <= upper), "{answer}");
        // A shift of (2, 2, 2): every method but the centred pair, which sees half the points,
        // knows its length; sliced divides by √3, or by 2 for W_1.
        let expected = match (method, order) {
            ("sliced", "2") => truth / 3f64.sqrt(),
            ("sliced", _) => truth / 2.0,
            _ => truth,
        };
        let error = match method {
            "sliced" => 0.1,
            "centred" => 0.5,
            // Order 1 feels the blur even of a shift; order 2 does not.
            "sinkhorn" if order == "1" => 0.2,
            _ => 1e-6,
        };
        assert!((value / expected - 1.0).abs() < error, "{method} {order}: {value} {expected}");
    }
    let (_, table, _) = told(&rtrl_lab(&["distance", &path_x, &path_y]));
    assert!(table.contains("  value  3.46410161514  certified\n") && !table.contains("e0"), "{table}");
    let split = json(&[&path_x, &path_y, "--method", "max-sliced", "--split", "--order", "1"]);
    assert!(split["lower"].as_f64().unwrap() < truth && split["level"] == 0.95, "{split}");
    let again = saved(folder.path(), "again.npy", &(sample(2, 80, 3) + 2.0));
    let centred = json(&[&path_x, &path_y, "--method", "centred", "--again", &again]);
    assert!(centred["squared_raw"].as_f64().unwrap() > 10.0, "{centred}");
    // Directions come from the seed, and from nothing else.
    let with = |seed: &str| json(&[&path_x, &path_y, "--method", "sliced", "--seed", seed])["value"].clone();
    assert_eq!(with("7"), with("7"));
    assert_ne!(with("7"), with("8"));
}

#[test]
fn the_line_takes_any_order_sizes_and_narrow_floats() {
    let folder = tempfile::tempdir().unwrap();
    let x = saved(folder.path(), "x.npy", &arr1(&[0.0f32, 1.0]));
    let y = saved(folder.path(), "y.npy", &arr1(&[4.0, 3.0, 3.0, 4.0]));
    for method in ["exact", "sorted"] {
        let answer = json(&[&x, &y, "--order", "3.5", "--method", method]);
        assert!((answer["value"].as_f64().unwrap() - 3.0).abs() < 1e-14, "{answer}");
        assert_eq!(answer["points"], serde_json::json!([2, 4]));
        assert_eq!(answer["lower"], answer["upper"]);
    }
    // Columns first, as NumPy writes a transposed array.
    let wide = Array2::from_shape_fn((3, 2), |(i, k)| (10 * i + k) as f64);
    let turned = wide.t().as_standard_layout().reversed_axes().to_owned();
    assert!(!turned.is_standard_layout());
    let (plain, fortran) = (saved(folder.path(), "c.npy", &wide), saved(folder.path(), "f.npy", &turned));
    assert_eq!(json(&[&plain, &fortran])["value"], 0.0);
}

#[test]
fn an_undefined_number_is_null_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (x, y) = (saved(folder.path(), "x.npy", &sample(1, 30, 2)), saved(folder.path(), "y.npy", &(sample(2, 30, 2) * 1e-200)));
    let tiny = saved(folder.path(), "tiny.npy", &(sample(1, 30, 2) * 1e-200));
    for (arguments, word) in [(vec![&tiny, &y], "rescale"), (vec![&x, &y], "")] {
        let answer = json(&arguments.iter().map(|path| path.as_str()).collect::<Vec<_>>());
        let undefined = !word.is_empty();
        assert_eq!(answer["status"] == "undefined", undefined, "{answer}");
        assert_eq!(answer["value"].is_null() && answer["lower"].is_null() && answer["certified"] == false, undefined);
        assert_eq!(answer["reason"].as_str().is_some_and(|reason| reason.contains(word)), undefined);
    }
    let few = saved(folder.path(), "few.npy", &sample(1, 12, 2));
    assert_eq!(json(&[&few, &few, "--method", "centred"])["status"], "undefined");
}

#[test]
fn what_cannot_be_measured_is_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let x = saved(folder.path(), "x.npy", &sample(1, 30, 2));
    let longer = saved(folder.path(), "longer.npy", &sample(2, 31, 2));
    let wider = saved(folder.path(), "wider.npy", &sample(2, 30, 3));
    let mut holed = sample(3, 30, 2);
    holed[[4, 1]] = f64::NAN;
    let holed = saved(folder.path(), "holed.npy", &holed);
    let empty = saved(folder.path(), "empty.npy", &Array2::<f64>::zeros((0, 2)));
    let deep = saved(folder.path(), "deep.npy", &ndarray::Array3::<f64>::zeros((2, 2, 2)));
    let whole = saved(folder.path(), "whole.npy", &Array1::<i64>::zeros(4));
    refused(&[&x, &wider], &["wider.npy", "dimension 3", "one dimension"]);
    refused(&[&x, &longer], &["longer.npy", "31 points", "sliced"]);
    refused(&[&longer, &x], &["30 points"]);
    refused(&[&x, &holed], &["holed.npy", "row 4, column 1", "isfinite"]);
    refused(&[&empty, &x], &["empty.npy", "no points"]);
    refused(&[&x, &deep], &["deep.npy", "[2, 2, 2]", "np.save"]);
    refused(&[&x, &whole], &["whole.npy", "dimension 1"]);
    refused(&[&x, &text(&folder.path().join("none.npy"))], &["none.npy", "cannot be read"]);
    refused(&[&x, &x, "--order", "3"], &["--order", "take 1 or 2"]);
    refused(&[&x, &x, "--order", "0.5"], &["--order"]);
    refused(&[&x, &x, "--order", "nan"], &["--order"]);
    refused(&[&x, &x, "--order", "1", "--method", "centred"], &["--order", "W_2"]);
    refused(&[&x, &x, "--method", "sorted"], &["--method", "dimension 2"]);
    refused(&[&x, &x, "--method", "sliced", "--directions", "1"], &["--directions", "500"]);
    refused(&[&x, &x, "--method", "sinkhorn", "--epsilon", "0"], &["--epsilon", "above 0"]);
    refused(&[&x, &x, "--method", "sliced", "--level", "1.5"], &["--level", "0.95"]);
    // Sizes are looked at before memory is taken.
    for (method, directions) in [("sliced", "1000000000000"), ("max-sliced", "1000000000000"), ("max-sliced", "18446744073709551615")] {
        refused(&[&x, &x, "--method", method, "--directions", directions], &["--directions", directions, "at most"]);
    }
    assert_eq!(json(&[&x, &longer, "--method", "sliced"])["points"], serde_json::json!([30, 31]));
}

#[test]
fn numbers_on_the_terminal_are_as_long_as_they_need_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, value: f64| saved(folder.path(), name, &arr1(&[value]));
    let zero = at("zero.npy", 0.0);
    for (value, told_as) in [
        (0.5, "0.5"),
        (0.9620676028143093, "0.962067602814"),
        (12.0, "12"),
        (1500.0, "1500"),
        (123_456.789_012_345_68, "123456.789012"),
        (1e-4, "0.0001"),
        (2.5e-7, "2.5e-7"),
        (1.0 / 3e30, "3.33333333333e-31"),
        (4e200, "4e200"),
    ] {
        let (code, table, errors) = told(&rtrl_lab(&["distance", &zero, &at("far.npy", value)]));
        assert_eq!((code, errors.as_str()), (0, ""));
        assert!(table.contains(&format!("\n  value  {told_as}  certified\n  lower  {told_as}\n  upper  {told_as}\n")), "{value:e}: {table}");
    }
}

#[test]
fn the_bounds_of_samples_with_far_points_are_reported_true() {
    let folder = tempfile::tempdir().unwrap();
    let (mut x, mut y) = (sample(1, 60, 2), sample(2, 60, 2));
    let near = [&x, &y].map(|sample| sample.slice(ndarray::s![..59, ..]).to_owned());
    let [near_x, near_y] = [("near_x.npy", &near[0]), ("near_y.npy", &near[1])].map(|(name, sample)| saved(folder.path(), name, sample));
    [&mut x, &mut y].into_iter().for_each(|sample| sample.row_mut(59).assign(&arr1(&[1e12, 0.0])));
    let (x, y) = (saved(folder.path(), "x.npy", &x), saved(folder.path(), "y.npy", &y));
    let share = (59.0 / 60.0f64).sqrt();
    let truth = json(&[&near_x, &near_y])["value"].as_f64().unwrap() * share;
    let exact = json(&[&x, &y]);
    let number = |answer: &Value, key: &str| answer[key].as_f64().unwrap();
    assert!((number(&exact, "value") / truth - 1.0).abs() < 1e-12, "{exact} {truth}");
    assert!(number(&exact, "lower") <= truth * (1.0 + 1e-15) && number(&exact, "upper") >= truth * (1.0 - 1e-15), "{exact} {truth}");
    let blurred = json(&[&x, &y, "--method", "sinkhorn"]);
    assert!(blurred["value"].is_null() && blurred["reason"].as_str().unwrap().contains("rounding"), "{blurred}");
}
