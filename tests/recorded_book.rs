//! Recorded order books: three layouts of one book, what is seen and asked of it, and what is no
//! book.

use rtrl_lab::data::section::{KeyIndex, Keys, Located};
use rtrl_lab::data::{DataProcess, InputError, kind};
use std::path::Path;

fn made(folder: &Path, keys: &str) -> Result<kind::Made, InputError> {
    let (index, values) = (KeyIndex::default(), toml::from_str(keys).unwrap());
    kind::make("recorded-book", Keys { at: Located { index: &index, section: "data" }, values: &values, base: folder })
}

fn seen(process: &dyn DataProcess, row: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut input, mut target) = (vec![0.0; process.inputs()], vec![0.0; process.outputs()]);
    process.input(&[row as f64], &mut input);
    process.target(&[row as f64], &[], &mut target);
    (input, target)
}

/// Rows of two levels: prices in ten-thousandths, sizes.
struct Row {
    asks: [(i64, i64); 2],
    bids: [(i64, i64); 2],
}

/// 150 rows; the mid price goes up by a tick of 100 at every fifth, and down at every fifteenth.
fn rows() -> Vec<Row> {
    let mut bid = 1_000_000;
    (0..150i64)
        .map(|t| {
            bid += if t % 15 == 14 { -100 } else { 100 * i64::from(t % 5 == 4) };
            let wide = 100 * (1 + t % 3 / 2);
            Row { asks: [(bid + 2 * wide, 1 + t % 7), (bid + 3 * wide, 5)], bids: [(bid, 2 + t % 4), (bid - 200, 3 + t % 2)] }
        })
        .collect()
}

/// The book in its three layouts.
fn folder(rows: &[Row]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
    let line = |t: usize, row: &Row| {
        let price = |price: i64| format!("{}.{:04}", price / 10_000, price % 10_000);
        let level = |(at, size): (i64, i64)| format!(",{},{size}", price(at));
        format!("{}{}{}{}{}\n", 10.0 + 0.5 * t as f64, level(row.asks[0]), level(row.asks[1]), level(row.bids[0]), level(row.bids[1]))
    };
    let header = "at,ap1,av1,ap2,av2,bp1,bv1,bp2,bv2\n";
    put("columns.csv", rows.iter().enumerate().fold(header.into(), |text, (t, row)| text + &line(t, row)));
    let of_level = |row: &Row, at: usize| format!("{},{},{},{}", row.asks[at].0, row.asks[at].1, row.bids[at].0, row.bids[at].1);
    put("book.csv", rows.iter().map(|row| format!("{},{}\n", of_level(row, 0), of_level(row, 1))).collect());
    put("messages.csv", (0..rows.len()).map(|t| format!("{},1,{t},5,1000000,1\n", 10.0 + 0.5 * t as f64)).collect());
    let mut transposed = String::new();
    for level in 0..2 {
        let lines: [fn(&Row, usize) -> String; 4] = [
            |row, at| format!("{}", row.bids[at].0 as f64 / 1e4),
            |row, at| row.bids[at].1.to_string(),
            |row, at| format!("{}", row.asks[at].0 as f64 / 1e4),
            |row, at| row.asks[at].1.to_string(),
        ];
        for of in lines {
            transposed.push_str(&rows.iter().map(|row| of(row, level)).collect::<Vec<String>>().join("   "));
            transposed.push('\n');
        }
    }
    put("fi.txt", transposed + "1 2 3\n");
    folder
}

const COLUMNS: &str = "file = \"columns.csv\"\nlayout = \"columns\"\ntime_column = \"at\"\ntime_unit = \"s\"\n\
     columns = { ask_price = \"ap#\", ask_size = \"av#\", bid_price = \"bp#\", bid_size = \"bv#\" }\n";
const LOBSTER: &str = "file = \"book.csv\"\nlayout = \"lobster\"\nmessages = \"messages.csv\"\n";
const FI_2010: &str = "file = \"fi.txt\"\nlayout = \"fi-2010\"\norder = [\"bid_price\", \"bid_size\", \"ask_price\", \"ask_size\"]\n";

#[test]
fn three_layouts_of_one_book_are_one_series() {
    let rows = rows();
    let folder = folder(&rows);
    let asked = "levels = 2\ninputs = [\"spread\", \"bid\", \"imbalance\", \"offsets\", \"sizes\"]\nstandardise = false\ntick = 0.01\n";
    let all = [COLUMNS, LOBSTER, FI_2010].map(|layout| made(folder.path(), &format!("{layout}{asked}")).unwrap_or_else(|error| panic!("{error}")));
    for (row, Row { asks, bids }) in rows.iter().enumerate().take(100) {
        let [first, second, third] = [0, 1, 2].map(|of: usize| seen(&*all[of].process, row));
        for other in [&second, &third] {
            assert_eq!(first.1, other.1, "{row}");
            assert!(first.0.iter().zip(&other.0).all(|(a, b)| (a - b).abs() < 1e-8), "{row}: {first:?} {other:?}");
        }
        // In ticks of a hundredth: spread, log sizes, how far the levels lie from the middle.
        let log = |size: i64| (size as f64).ln_1p();
        let mid = 0.5 * (asks[0].0 + bids[0].0) as f64;
        let expected = [
            (asks[0].0 - bids[0].0) as f64 / 100.0,
            log(bids[0].1),
            (bids[0].1 - asks[0].1) as f64 / (bids[0].1 + asks[0].1) as f64,
            (mid - bids[0].0 as f64) / 100.0,
            (mid - bids[1].0 as f64) / 100.0,
            (asks[0].0 as f64 - mid) / 100.0,
            (asks[1].0 as f64 - mid) / 100.0,
            log(bids[0].1),
            log(bids[1].1),
            log(asks[0].1),
            log(asks[1].1),
        ];
        assert!(first.0.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{row}: {:?} {expected:?}", first.0);
    }
    assert_eq!(all.each_ref().map(|made| made.process.columns().unwrap().seconds), [Some(0.5), Some(0.5), None]);
}

#[test]
fn what_is_asked_is_what_the_middle_does() {
    let rows = rows();
    let folder = folder(&rows);
    let mid = |row: usize| rows[row].asks[0].0 + rows[row].bids[0].0;
    let of = |keys: &str| made(folder.path(), &format!("{COLUMNS}standardise = false\n{keys}")).unwrap_or_else(|error| panic!("{error}"));
    let next = of("target = \"next-move\"");
    let last = next.process.cycle().unwrap();
    for row in 0..last {
        let then = (row + 1..150).find(|then| mid(*then) != mid(row)).expect("a row with an answer");
        assert_eq!(seen(&*next.process, row).1, [f64::from(u8::from(mid(then) > mid(row)))], "{row}");
    }
    assert!((last..149).all(|row| mid(row) == mid(149)), "rows without an answer are those after the last move: {last}");
    let direction = of("target = \"direction\"\nhorizon = 3");
    let change = of("target = \"mid-change\"\nhorizon = 3\ntick = 0.01");
    assert_eq!(direction.process.cycle(), Some(147));
    for row in 0..147 {
        let by = mid(row + 3) - mid(row);
        let classes = [by < 0, by == 0, by > 0].map(|holds| f64::from(u8::from(holds)));
        assert_eq!(seen(&*direction.process, row).1, classes, "{row}");
        let told = seen(&*change.process, row).1[0];
        assert!((told - by as f64 / 200.0).abs() < 1e-6, "{row}: {told}");
    }
    let said = |made: &kind::Made, words: &str| assert!(made.notes.iter().any(|note| note.contains(words)), "{words}: {:?}", made.notes);
    said(&next, "one constant answer is right at");
    said(&next, "the last move again at");
    let share = (0..147).filter(|row| mid(row + 3) == mid(*row)).count() as f64 / 1.47;
    said(&direction, &format!("`no move` is right at {share:.1} %"));
}

#[test]
fn a_middle_that_is_a_rounded_sum_does_not_move() {
    let folder = tempfile::tempdir().unwrap();
    // Two pairs of quotes about one middle, whose sums may differ in the last bit.
    let row = |t: usize| {
        let (bid, ask) = if t.is_multiple_of(2) { (235.36, 235.41) } else { (235.35, 235.42) };
        format!("{bid},{},{},1\n", 1 + t % 3, ask + 0.01 * f64::from(u8::from(t >= 140)))
    };
    let text: String = (0..150).map(row).collect();
    std::fs::write(folder.path().join("b.csv"), format!("bid_price_1,bid_size_1,ask_price_1,ask_size_1\n{text}")).unwrap();
    let made = made(folder.path(), "file = \"b.csv\"\ntarget = \"direction\"\ninputs = [\"bid\"]").unwrap_or_else(|error| panic!("{error}"));
    for row in 0..149 {
        let expected = if row == 139 { [0.0, 0.0, 1.0] } else { [0.0, 1.0, 0.0] };
        assert_eq!(seen(&*made.process, row).1, expected, "{row}");
    }
}

#[test]
fn halts_are_left_out_and_empty_levels_have_no_offset() {
    let rows = rows();
    let folder = folder(&rows);
    let book = std::fs::read_to_string(folder.path().join("book.csv")).unwrap();
    let messages = std::fs::read_to_string(folder.path().join("messages.csv")).unwrap();
    let put = |name: &str, lines: &[String]| std::fs::write(folder.path().join(name), lines.concat()).unwrap();
    let mut lines: Vec<String> = messages.lines().map(|line| format!("{line}\n")).collect();
    lines[7] = "13.5,7,0,0,-1,-1\n".into();
    put("messages.csv", &lines);
    let asked = "levels = 2\nstandardise = false\ninputs = [\"bid\"]\n";
    let halted = made(folder.path(), &format!("{LOBSTER}{asked}")).unwrap_or_else(|error| panic!("{error}"));
    assert!(halted.notes.iter().any(|note| note.contains("1 messages of halts")), "{:?}", halted.notes);
    assert_eq!(seen(&*halted.process, 7).0, [(rows[8].bids[0].1 as f64).ln_1p()]);
    // An empty level of a side: its size is 0, its price a code.
    let mut lines: Vec<String> = book.lines().map(|line| format!("{line}\n")).collect();
    let Row { asks, bids } = &rows[3];
    lines[3] = format!("{},{},{},{},9999999999,0,-9999999999,0\n", asks[0].0, asks[0].1, bids[0].0, bids[0].1);
    put("book.csv", &lines);
    let sizes = made(folder.path(), &format!("{LOBSTER}levels = 2\nstandardise = false\ninputs = [\"sizes\"]\n"));
    assert_eq!(seen(&*sizes.unwrap_or_else(|error| panic!("{error}")).process, 3).0[1], 0.0);
    let refused = made(folder.path(), &format!("{LOBSTER}levels = 2\ninputs = [\"offsets\"]\n")).err().expect("no offset");
    assert!(refused.line == Some(4) && refused.to_string().contains("level 2 is empty"), "{refused}");
    // The best level of a side is empty: there is no middle.
    lines[3] = format!("9999999999,0,{},{},9999999999,0,{},{}\n", bids[0].0, bids[0].1, bids[1].0, bids[1].1);
    put("book.csv", &lines);
    let refused = made(folder.path(), &format!("{LOBSTER}{asked}")).err().expect("no middle");
    assert!(refused.line == Some(4) && refused.to_string().contains("a side has no order"), "{refused}");
    let dropped = made(folder.path(), &format!("{LOBSTER}{asked}odd_rows = \"drop\"")).unwrap_or_else(|error| panic!("{error}"));
    assert!(dropped.notes.iter().any(|note| note.contains("1 of 149 rows are no book")), "{:?}", dropped.notes);
}

#[test]
fn what_is_no_book_is_refused_by_name_and_line() {
    let folder = folder(&rows());
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    put("short.csv", "10,1,0,5,1000000,1\n");
    put("empty.csv", "");
    put("ragged.csv", "1,2,3,4\n1,2,3\n");
    put("ragged.txt", "1 2 3\n1 2\n1 2 3\n1 2 3\n");
    put("four.txt", "1 2 3\n1 2 3\n1 2 3\n1 2 3\n");
    put("text.txt", "1 2 3\n1 x 3\n1 2 3\n1 2 3\n");
    let lobster = |book: &str, messages: &str| format!("file = \"{book}\"\nlayout = \"lobster\"\nmessages = \"{messages}\"");
    let fi = |file: &str| format!("{}levels = 1", FI_2010.replace("fi.txt", file));
    for (keys, words) in [
        (lobster("book.csv", "short.csv"), "1 messages and 150 books are no pair"),
        (lobster("empty.csv", "messages.csv"), "empty"),
        (lobster("ragged.csv", "messages.csv"), "ragged.csv:2"),
        (lobster("messages.csv", "messages.csv"), "6 columns are no book"),
        (lobster("book.csv", "book.csv"), "8 columns"),
        (format!("{LOBSTER}levels = 3"), "3 levels are asked for, and the file has 2"),
        (lobster("book.csv", "none.csv"), "none.csv"),
        (fi("ragged.txt"), "ragged.txt:2"),
        (fi("text.txt"), "text.txt:2"),
        (format!("{FI_2010}levels = 9"), "fi.txt:9"),
        (format!("{}levels = 2", FI_2010.replace("fi.txt", "four.txt")), "2 levels take 8 lines"),
        ("file = \"fi.txt\"\nlayout = \"fi-2010\"".into(), "public readers of these files contradict each other"),
        (FI_2010.replace("\"ask_size\"", "\"ask_price\""), "once each"),
        (format!("{COLUMNS}levels = 3"), "ap3"),
        (format!("{COLUMNS}inputs = [\"spred\"]"), "did you mean \"spread\""),
        (format!("{COLUMNS}horizon = 2"), "the next move comes when it comes"),
        (format!("{COLUMNS}order = [\"ask_price\"]"), "means nothing for layout"),
        (format!("{FI_2010}inputs = [\"gap\"]"), "no times are known"),
        ("file = \"columns.csv\"\ncolumns = { bid_price = \"bp1\" }".into(), "does not say where the level stands"),
        (format!("{COLUMNS}rows = 151"), "151 rows are asked for"),
    ] {
        let error = made(folder.path(), &keys).err().unwrap_or_else(|| panic!("{keys} was taken"));
        assert!(error.to_string().contains(words), "{keys}: {error}");
    }
}

#[test]
fn a_recorded_book_of_an_exchange_is_read() {
    let Some(path) = crate::common::data::recorded("lob_bitstamp_btcusd_2015.csv") else { return };
    let keys = format!(
        "file = \"{}\"\ncolumns = {{ bid_size = \"bid_vol_#\", ask_size = \"ask_vol_#\" }}\nlevels = 5\ninputs = [\"offsets\", \"sizes\"]\n\
         target = \"direction\"\ntime_column = \"time_s\"\ntime_unit = \"s\"\ntime_order = \"rows\"\ntick = 0.01\n",
        path.display()
    );
    let book = made(Path::new("."), &keys).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((book.process.inputs(), book.process.outputs(), book.process.cycle()), (20, 3, Some(8533)));
    // 83 % of the changes of the middle are zero.
    assert!(book.notes.iter().any(|note| note.contains("`no move` is right at 83.")), "{:?}", book.notes);
}
