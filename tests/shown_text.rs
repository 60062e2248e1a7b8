//! Text of users where it is shown: no control character leaves, figures are XML, names stay apart,
//! no file is told that was not asked for.

use crate::common::command::{SMALL, files, rtrl_lab, text, told};
use crate::common::runs::finished;
use rtrl_lab::figures::{Axis, Figure, Layer, Panel, Role, Style};
use std::collections::BTreeSet;
use std::path::Path;

/// Rows of a series that is neither constant nor exactly predictable.
fn rows(count: usize) -> String {
    (0..count).map(|t| format!("{},{}\n", (t * t * 31 + 7 * t) % 97, (t * t * 17 + t) % 89)).collect()
}

fn assert_clean(place: &str, text: &str) {
    let found = text.chars().find(|c| c.is_control() && *c != '\n');
    assert!(found.is_none(), "{place} holds {found:?}");
}

#[test]
fn every_figure_is_well_formed_xml_with_one_view_box() {
    let folder = tempfile::tempdir().unwrap();
    let run = finished(folder.path(), "run", 5);
    let gallery = Path::new(env!("CARGO_MANIFEST_DIR")).join("figures");
    let mut seen = 0;
    for (name, bytes) in files(&run.join("figures")).into_iter().chain(files(&gallery)).filter(|(name, _)| name.ends_with(".svg")) {
        let text = String::from_utf8(bytes).unwrap();
        let document = roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let root = document.root_element();
        let [width, height] = ["width", "height"].map(|key| root.attribute(key).unwrap().parse::<f64>().unwrap());
        let view: Vec<f64> = root.attribute("viewBox").unwrap().split(' ').map(|number| number.parse().unwrap()).collect();
        assert!(view[..2] == [0.0, 0.0] && (view[2] / view[3] - width / height).abs() < 1e-2, "{name}: {view:?}");
        seen += 1;
    }
    assert!(seen >= 9, "only {seen} figures were parsed");
    // Texts of every kind, with what XML forbids and what it gives a meaning.
    let hostile = |place: &str| format!("{place} \u{7}\u{1b}[2J\0 <svg viewBox=\"0\"> & ]]> \u{fffe} 日本");
    let label = |place| Axis::linear(hostile(place));
    let layers = vec![Layer::Line { label: hostile("layer"), role: Role::Measured, points: vec![[0.0, 1.0], [1.0, 2.0]] }];
    let panel = Panel { title: hostile("panel"), x: label("x"), y: label("y"), layers, note: Some(hostile("note")) };
    let figure = Figure { id: "hostile".into(), title: hostile("title"), caption: String::new(), panels: vec![panel] };
    let svg = figure.svg(&Style::default()).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    assert_clean("the figure", &svg);
    assert!(document.root_element().attribute("aria-label").unwrap().contains("title \\u{7}\\u{1b}[2J"));
    assert!(figure.png(&Style::default()).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn control_characters_of_a_data_file_never_leave_raw() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let file = here.join("series.csv");
    let column = "a\u{1b}]0;pwned\u{7}\u{1b}[2J\u{9b}";
    std::fs::write(&file, format!("{column},b\n{}", rows(300))).unwrap();
    let run = here.join("run");
    let analyze = |inputs: &str, out: &Path| {
        let words = ["analyze", &text(&file), "--inputs", inputs, "--target", "b", "--quick", "--only", "data_ergodicity", "--out", &text(out)];
        told(&rtrl_lab(&words.map(str::to_string)))
    };
    let (code, output, errors) = analyze(column, &run);
    assert!(code <= 1, "{errors}");
    assert_clean("stdout", &output);
    assert_clean("stderr", &errors);
    let shown = "a\\u{1b}]0;pwned\\u{7}";
    let mut named = 0;
    for (name, bytes) in files(&run).into_iter().filter(|(name, _)| [".html", ".csv", ".svg"].iter().any(|end| name.ends_with(end))) {
        let text = String::from_utf8(bytes).unwrap();
        assert_clean(&name, &text);
        named += usize::from(text.contains(shown));
    }
    assert!(named >= 2, "the column is named in {named} files");
    // Errors: an unknown column, a cell, an argument; each in one line.
    let (code, _, errors) = analyze("x\u{1b}[31m\ny", &here.join("none"));
    assert!(code == 2 && errors.trim_end().lines().count() == 1 && errors.contains("x\\u{1b}[31m\\ny") && errors.contains(shown), "{errors}");
    assert_clean("stderr", &errors);
    std::fs::write(&file, format!("a,b\n{}\u{1b}[2J,3\n", rows(300))).unwrap();
    let (code, _, errors) = analyze("a", &here.join("none"));
    assert!(code == 2 && errors.contains("\\u{1b}[2J") && errors.trim_end().lines().count() == 1, "{errors}");
    assert_clean("stderr", &errors);
}

#[test]
fn long_text_is_shortened() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("series.csv");
    let (long, cell) = ("x".repeat(60_000), "y".repeat(60_000));
    std::fs::write(&file, format!("a,{long}\n{}{cell},1\n", rows(200))).unwrap();
    for inputs in ["b", "a"] {
        let (code, _, errors) = told(&rtrl_lab(&["analyze", &text(&file), "--inputs", inputs, "--target", "a"]));
        assert!(code == 2 && errors.len() < 3000 && errors.contains(" … "), "{inputs}: {} bytes", errors.len());
    }
    let study = folder.path().join("study.toml");
    std::fs::write(&study, SMALL.replace("name = \"small\"", &format!("name = \"{}\"", "/".repeat(60_000)))).unwrap();
    let (code, _, errors) = told(&rtrl_lab(&["verify", &text(&study)]));
    assert!(code == 2 && errors.len() < 3000, "{}", errors.len());
}

#[test]
fn a_file_that_is_not_what_was_asked_for_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study.toml");
    let secrets = ["root:x:0:0:secret:/root:/bin/sh\ndaemon:x:1:1:secret\n", "secret,token\nhunter,two\n", "secret", "# secret, 1\nkey = secret\n"];
    for content in secrets {
        std::fs::write(folder.path().join("private"), content).unwrap();
        let data = "[data]\nkind = \"recorded\"\nfile = \"private\"\ninput_columns = [\"a\"]\ntarget_columns = [\"b\"]\n";
        std::fs::write(&study, format!("[study]\nname = \"s\"\nseed = 1\n{data}[network]\nhidden = 2\n")).unwrap();
        let (code, _, errors) = told(&rtrl_lab(&["verify", &text(&study), "--out", &text(&folder.path().join("run"))]));
        assert!(code == 2 && errors.contains("private") && !errors.contains("secret"), "{errors}");
    }
}

#[test]
fn cases_whose_names_look_alike_have_their_own_figures_and_places() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let study = here.join("study.toml");
    let cases = ["a b", "a-b", "a_b", "日本", "東京", "case-a b"];
    let base = SMALL.split("[case.line.network]").next().unwrap();
    let claims = &SMALL[SMALL.find("[claims.data_ergodicity]").unwrap()..];
    let sections: String = cases.iter().map(|case| format!("[case.\"{case}\".network]\nhidden = 2\n")).collect();
    std::fs::write(&study, format!("{base}{sections}{claims}")).unwrap();
    let run = here.join("run");
    let (code, _, errors) = told(&rtrl_lab(&["verify", &text(&study), "--only", "data_ergodicity", "--out", &text(&run)]));
    assert!(code <= 1, "{errors}");
    let verdicts: serde_json::Value = serde_json::from_slice(&std::fs::read(run.join("verdicts.json")).unwrap()).unwrap();
    let mut named = BTreeSet::new();
    for figure in verdicts["claims"].as_array().unwrap().iter().flat_map(|claim| claim["figures"].as_array().unwrap()) {
        for end in ["svg", "png", "pdf", "csv"] {
            let name = format!("{}.{end}", figure.as_str().unwrap());
            assert!(run.join("figures").join(&name).is_file(), "{name} is named and not there");
            assert!(named.insert(name));
        }
    }
    assert_eq!(named.len(), 4 * cases.len());
    // And one figure of all cases together.
    let all = ["svg", "png", "pdf", "csv"].map(|end| format!("estimates-across-cases.{end}"));
    assert!(all.iter().all(|name| run.join("figures").join(name).is_file()));
    assert_eq!(files(&run.join("figures")).len(), named.len() + all.len());
    let page = std::fs::read_to_string(run.join("report.html")).unwrap();
    let values = |key: &str| page.split(key).skip(1).map(|rest| rest.split('"').next().unwrap().to_string()).collect::<Vec<_>>();
    let places = values(" id=\"");
    let apart: BTreeSet<&String> = places.iter().collect();
    assert_eq!(places.len(), apart.len(), "two places of the page have one name: {places:?}");
    assert!(places.iter().all(|place| !place.contains(char::is_whitespace)));
    let links = values("href=\"#");
    assert!(links.len() >= 2 * cases.len() && links.iter().all(|link| apart.contains(link)), "{links:?}");
    assert_eq!(told(&rtrl_lab(&["check", &text(&run)])).0, 0);
}
