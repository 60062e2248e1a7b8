//! What is written is read back bit by bit, and no name leads out of a run: on inputs drawn from a
//! seed, and made small where one fails.

use ndarray::{Array1, Array2};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use rtrl_lab::claims::{Record, Series};
use rtrl_lab::data::arrays::ArrayFile;
use rtrl_lab::data::recorded::{Missing, Reading, Table};
use rtrl_lab::study::{BudgetScale, Chunk, Prepared, RunDirectory, UnitId, UnitRange};
use std::path::{Component, Path};

fn seeded(cases: u32) -> Config {
    Config { cases, rng_seed: RngSeed::Fixed(20_261_127), failure_persistence: None, ..Config::default() }
}

/// Every bit pattern but those of NaN, of which there is one.
fn number() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits).prop_map(|x| if x.is_nan() { f64::NAN } else { x })
}

fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

proptest! {
    #![proptest_config(seeded(400))]

    #[test]
    fn records_keep_every_bit(values in prop::collection::vec(number(), 1..40), columns in 1usize..5) {
        let rows = values.len() / columns;
        let series = Series { rows, columns, values: values[..rows * columns].to_vec() };
        let record = Record { series: [("a".to_string(), series)].into() };
        let text = serde_json::to_string(&record).unwrap();
        let back: Record = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(back.series["a"].values.len(), rows * columns);
        prop_assert!(back.series["a"].values.iter().zip(&values).all(|(a, b)| same(*a, *b)), "{text}");
    }

    #[test]
    fn arrays_keep_every_bit(values in prop::collection::vec(number(), 6), single in prop::collection::vec(any::<i32>(), 5), fortran in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        let matrix = Array2::from_shape_vec((2, 3), values).unwrap();
        if fortran {
            ndarray_npy::write_npy(&path, &matrix.t()).unwrap();
        } else {
            ndarray_npy::write_npy(&path, &matrix).unwrap();
        }
        let read = |path: &Path| {
            let mut file = ArrayFile::open(path, "x").unwrap();
            let name = file.arrays()[0].name.clone();
            file.read(&name, 100).unwrap()
        };
        let back = read(&path);
        let wanted: Vec<f64> = if fortran { matrix.t().iter().copied().collect() } else { matrix.iter().copied().collect() };
        prop_assert_eq!(back.shape(), if fortran { [3, 2] } else { [2, 3] });
        prop_assert!(back.iter().zip(&wanted).all(|(a, b)| same(*a, *b)));
        ndarray_npy::write_npy(&path, &Array1::from(single.clone())).unwrap();
        let back = read(&path);
        prop_assert_eq!(back.len(), single.len());
        prop_assert!(back.iter().zip(&single).all(|(a, b)| *a == f64::from(*b)));
    }

    #[test]
    fn tables_keep_every_bit(rows in prop::collection::vec((number(), number()), 2..30), separator in prop::sample::select(vec![',', ';', '\t', '|']), quoted in any::<bool>()) {
        let cell = |x: f64| if quoted { format!("\"{x:e}\"") } else { format!("{x:?}") };
        let rows: Vec<(f64, f64)> = rows.into_iter().filter(|(a, b)| a.is_finite() && b.is_finite()).collect();
        prop_assume!(rows.len() >= 2);
        let lines: String = rows.iter().map(|(a, b)| format!("{}{separator}{}\n", cell(*a), cell(*b))).collect();
        let names = ["b".to_string(), "a".to_string()];
        let table = Table::parse(format!("a{separator}b\n{lines}").as_bytes(), "x.csv", &names, Reading::plain(Missing::Error)).unwrap();
        prop_assert_eq!((table.columns.len(), table.rows(), table.columns[0].len()), (2, rows.len(), rows.len()));
        prop_assert!(table.columns[1].iter().zip(&rows).all(|(read, row)| same(*read, row.0)));
        prop_assert!(table.columns[0].iter().zip(&rows).all(|(read, row)| same(*read, row.1)));
    }

    #[test]
    fn chunks_are_read_as_they_were_written(part in "[a-z ]{1,12}/[a-z_]{1,9}", first in 0usize..20_000, more in 0usize..50, ranges in 1usize..4) {
        let range = |number: usize| UnitRange { part: format!("cases/{part}"), first: first + 100 * number, last: first + 100 * number + more };
        let chunk = Chunk { fingerprint: "00ff00ff00ff00ff".into(), ranges: (0..ranges).map(range).collect() };
        let text = chunk.to_string();
        prop_assert!(!text.contains(' '), "a chunk is one word: {text}");
        prop_assert_eq!(text.parse::<Chunk>().unwrap(), chunk);
    }

    /// Whatever a case is called, its records lie in the run, and no name holds what a terminal
    /// obeys.
    #[test]
    fn no_name_leads_out_of_a_run(name in prop_oneof![any::<String>(), "[./\\\\a-z\u{1b}\u{0} ]{0,12}", Just("..".to_string()), Just("a/../../b".to_string())]) {
        let quoted = toml::Value::String(name.clone()).to_string();
        let study = format!("[study]\nname = \"s\"\nseed = 1\n[data]\nkind = \"var\"\ntransition = [[0.5]]\ntarget = [1.0]\n[case.{quoted}.network]\nhidden = 1\n");
        match Prepared::new(&study, "s.toml", Path::new("/nowhere"), BudgetScale::Quick, &["data_ergodicity".into()]) {
            Err(refused) => prop_assert!(!refused.to_string().contains(|c: char| c.is_control() && c != '\n'), "{refused:?}"),
            Ok(prepared) => {
                let folder = tempfile::tempdir().unwrap();
                let run = folder.path().join("run");
                let directory: RunDirectory = prepared.directory(&run);
                let unit = UnitId { case: Some(prepared.study.cases[0].case.name.clone()), claim: "data_ergodicity", part: "pairs", index: 0 };
                let place = format!("records/{unit}.json");
                let inside = Path::new(&place).components().all(|part| matches!(part, Component::Normal(_)));
                prop_assert!(inside && !place.contains(char::is_control) && Path::new(&place).components().count() == 5, "{place:?}");
                let is_written = directory.write(&place, b"x").is_ok();
                prop_assert!(is_written && run.join(&place).exists(), "{place}");
            }
        }
    }
}
