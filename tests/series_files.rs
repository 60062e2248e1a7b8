//! Data files that people have: separators, encodings, words for missing values, decimal commas;
//! and what is said of rows left out and columns scaled.

use crate::common::command::{rtrl_lab, text, told};
use rtrl_lab::data::recorded::{Missing, Reading, Table};
use std::io::Write;

fn read(bytes: &[u8], names: &[&str], reading: Reading) -> Result<Table, String> {
    let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
    Table::parse(bytes, "x.csv", &names, reading).map_err(|error| error.to_string())
}

fn column(text: &str, name: &str) -> Vec<f64> {
    let names = ["a", name];
    let table = read(text.as_bytes(), if name == "a" { &names[..1] } else { &names }, Reading::plain(Missing::Error));
    table.unwrap_or_else(|error| panic!("{text:?}: {error}")).columns.pop().unwrap()
}

#[test]
fn separators_inside_quotes_are_none() {
    assert_eq!(column("\"time (h, utc, x)\";a;b\n9;1;2\n9;3;4\n", "b"), [2.0, 4.0]);
    assert_eq!(column("\"Cost per 1,000,000,000 Items\"\ta\tb\n9\t1\t2\n", "b"), [2.0]);
    assert_eq!(column("\"u;v;w;x\",a,b\n9,1,2\n", "b"), [2.0]);
    assert_eq!(column("u;v|a|b\n9|1|2\n", "b"), [2.0]);
    assert_eq!(column("a|b\n1|2\n", "b"), [2.0]);
    assert_eq!(column("a\n1\n2\n", "a"), [1.0, 2.0]);
    // The name that is asked for decides where a header has many of another sign.
    assert_eq!(column("x, y, z;a\n1;2\n", "a"), [2.0]);
    let table = read(b"\"u;v, w\",b\n1,2\n", &["u;v, w"], Reading::plain(Missing::Error)).unwrap();
    assert_eq!(table.columns, [[1.0]]);
}

#[test]
fn a_first_line_that_states_the_separator_is_no_row() {
    for first in ["sep=;", "SEP=;", "\"sep=;\"", "sep=;\r"] {
        assert_eq!(column(&format!("{first}\na;b\n1;2\n"), "b"), [2.0], "{first}");
    }
    let error = read(b"sep=;\na;b\n1;2\n1;x\n", &["b"], Reading::plain(Missing::Error)).unwrap_err();
    assert!(error.starts_with("x.csv:4: column b: `x` is not a number"), "{error}");
    assert_eq!(read(b"sep=;\na;b\n", &["c"], Reading::plain(Missing::Error)).unwrap_err().split(':').nth(1), Some("2"));
}

#[test]
fn encodings_are_read_or_named() {
    let plain = "a;grün\n1;2\n3;4\n";
    let wide = |big: bool| -> Vec<u8> { plain.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect() };
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(plain.as_bytes()).unwrap();
    let forms = [
        plain.as_bytes().to_vec(),
        [b"\xef\xbb\xbf", plain.as_bytes()].concat(),
        [b"\xff\xfe", &wide(false)[..]].concat(),
        [b"\xfe\xff", &wide(true)[..]].concat(),
        wide(false),
        wide(true),
        packer.finish().unwrap(),
    ];
    for bytes in forms {
        let table = read(&bytes, &["a", "grün"], Reading::plain(Missing::Error)).unwrap();
        assert_eq!(table.columns, [[1.0, 3.0], [2.0, 4.0]], "{bytes:?}");
    }
    let latin = b"a;gr\xfcn\n1;2\n";
    let error = read(latin, &["a"], Reading::plain(Missing::Error)).unwrap_err();
    assert!(error.contains("x.csv:1: it is not UTF-8 text") && error.contains("iconv"), "{error}");
    for (bytes, word) in
        [(&b"PK\x03\x04xlsx"[..], "spreadsheet"), (b"PAR1", "Parquet"), (b"\x1f\x8b\x08", "gzip"), (b"\xff\xfe\x00\xd8\x00\x00", "UTF-16")]
    {
        let error = read(bytes, &["a"], Reading::plain(Missing::Error)).unwrap_err();
        assert!(error.contains(word) && error.contains("x.csv: "), "{error}");
    }
}

#[test]
fn words_for_missing_values_are_missing_and_nothing_else_is() {
    for word in ["", "NA", "na", "N/A", "n/a", "#N/A", "null", "NULL", "None", "nan", "NaN", "-", "?", ".", "inf"] {
        let text = format!("a,b\n1,2\n{word},3\n{word},4\n5,6\n");
        let dropped = read(text.as_bytes(), &["a", "b"], Reading::plain(Missing::Drop)).unwrap();
        assert_eq!((dropped.columns[1].as_slice(), dropped.rows_dropped, dropped.gaps), (&[2.0, 6.0][..], 2, 1), "{word}");
        let filled = read(text.as_bytes(), &["a", "b"], Reading::plain(Missing::Previous)).unwrap();
        assert_eq!((filled.columns[0].as_slice(), filled.cells_filled), (&[1.0, 1.0, 1.0, 5.0][..], 2), "{word}");
        let error = read(text.as_bytes(), &["a", "b"], Reading::plain(Missing::Error)).unwrap_err();
        assert!(error.starts_with("x.csv:3: column a: ") && error.contains("missing"), "{word}: {error}");
    }
    for word in ["x", "--", "n.a.", "0x10", "1 2", "1e", "nanana"] {
        let error = read(format!("a,b\n1,2\n{word},3\n").as_bytes(), &["a"], Reading::plain(Missing::Drop)).unwrap_err();
        assert!(error.contains(&format!("`{word}` is not a number")), "{word}: {error}");
    }
    // A row that is left out before the first kept one or after the last parts nothing, and a
    // column asked for twice is filled once.
    let edges = read(b"a\n-\n1\n2\n-\n", &["a"], Reading::plain(Missing::Drop)).unwrap();
    assert_eq!((edges.rows_dropped, edges.gaps), (2, 0));
    assert_eq!(read(b"a\n1\n-\n", &["a", "a"], Reading::plain(Missing::Previous)).unwrap().cells_filled, 1);
}

#[test]
fn decimal_commas_are_read_where_stated_and_named_where_not() {
    let comma = Reading { missing: Missing::Error, decimal_comma: true };
    let table = read(b"a;b\n3,15;-1,5e3\n2;0,5\n", &["a", "b"], comma).unwrap();
    assert_eq!(table.columns, [[3.15, 2.0], [-1500.0, 0.5]]);
    assert_eq!(read(b"a,b\n\"3,15\",2\n", &["a"], comma).unwrap().columns, [[3.15]]);
    let told = |text: &str, reading: Reading, word: &str| {
        let error = read(text.as_bytes(), &["a"], reading).unwrap_err();
        assert!(error.contains("column a") && error.contains(word), "{text}: {error}");
    };
    told("a;b\n3,15;2\n", Reading::plain(Missing::Error), "--decimal-comma");
    told("a;b\n1,234.5;2\n", Reading::plain(Missing::Error), "thousands separators");
    told("a;b\n1.234,5;2\n", comma, "thousands separators");
    told("a;b\n1.5;2\n", comma, "no point");
    let error = read(b"a,b\n3,15,2,5\n", &["a"], Reading::plain(Missing::Error)).unwrap_err();
    assert!(error.contains("4 cells where the header has 2") && error.contains("decimal comma"), "{error}");
}

/// `analyze` on a series with gaps: exit code, answer, table and page.
fn analyze(content: &str, more: &[&str]) -> (i32, serde_json::Value, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (text(&folder.path().join("s.csv")), text(&folder.path().join("out")));
    std::fs::write(&file, content).unwrap();
    let arguments = [&["analyze", &file, "--inputs", "a", "--target", "b", "--quick", "--only", "data_ergodicity", "--out", &out], more].concat();
    let (code, table, errors) = told(&rtrl_lab(&arguments));
    assert!(errors.is_empty() || code == 0, "{code} {errors}");
    let answer = std::fs::read(folder.path().join("out/verdicts.json")).unwrap();
    let page = std::fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    (code, serde_json::from_slice(&answer).unwrap(), table, page)
}

#[test]
fn rows_left_out_and_scales_are_told_on_the_terminal_the_page_and_in_json() {
    let noisy = |t: u32| f64::from(t.wrapping_mul(2_654_435_761) >> 8) / 1e6;
    let rows = |missing: &str| -> String {
        (0..300).map(|t| if t % 3 == 1 { format!("{missing},{}\n", noisy(t)) } else { format!("{},{}\n", noisy(t + 7), noisy(t)) }).collect()
    };
    let everywhere = |more: &[&str], words: &[&str]| {
        let (_, answer, table, page) = analyze(&format!("a,b\n{}", rows("NA")), more);
        for word in words {
            assert!(table.contains(word), "`{word}` is not in: {table}");
            assert!(page.contains(word), "`{word}` is not on the page");
            assert!(answer["notes"].to_string().contains(word), "`{word}` is not in {}", answer["notes"]);
        }
    };
    everywhere(&["--missing", "drop"], &["100 of 300 rows", "at 100 places two rows follow", "over all 200 rows"]);
    everywhere(&["--missing", "previous", "--raw"].map(|word| if word == "--raw" { "--scale-rows=50" } else { word }), &["first 50 of 300 rows"]);
    let (_, answer, ..) = analyze(&format!("a,b\n{}", rows("1")), &["--raw"]);
    assert!(answer["notes"].is_null(), "nothing was done, so nothing is told: {answer}");
}

#[test]
fn a_verdict_on_ones_own_data_is_an_answer() {
    // A trend: its law drifts, and the claim is contradicted.
    let trend: String = (0..400u32).map(|t| format!("{},{}\n", t, t.wrapping_mul(2_654_435_761) >> 20)).collect();
    let (code, answer, table, page) = analyze(&format!("a,b\n{trend}"), &[]);
    let claim = &answer["claims"][0];
    assert!(["contradicted", "undefined"].contains(&claim["verdict"].as_str().unwrap()), "not vacuous: {claim}");
    assert!(code == 0 && claim["as_expected"] == true && !table.contains("unexpected"), "{code} {table}");
    assert!(!page.contains("(unexpected)") && !page.contains("as expected"));
}
