//! Drawings hold what they draw: no text leaves the figure or lies on another, no mark leaves its
//! frame. On figures of a study, of the gallery, and of every run below the folder that
//! RTRL_LAB_RUNS names.

use crate::common::command::{files, rtrl_lab, text, told};
use crate::common::runs::finished;
use roxmltree::{Document, Node};
use rtrl_lab::figures::{Axis, Figure, Layer, Mark, Panel, Role, Style, Theme, Width};
use std::path::{Path, PathBuf};

/// A rectangle: left, top, right, bottom.
type Area = [f64; 4];

fn number(node: Node<'_, '_>, key: &str) -> f64 {
    node.attribute(key).unwrap_or("0").parse().unwrap()
}

/// Width of a text in letters of size 1, in the font that figures are drawn with.
fn width(text: &str) -> f64 {
    let face = ttf_parser::Face::parse(dejavu::sans::regular(), 0).unwrap();
    let advance = |letter: char| face.glyph_index(letter).and_then(|glyph| face.glyph_hor_advance(glyph)).unwrap_or(2048);
    text.chars().map(|letter| f64::from(advance(letter))).sum::<f64>() / f64::from(face.units_per_em())
}

/// Where a text lies. Letters have no descent worth the name on most labels; half of the size is
/// taken to each side of the middle.
fn place(node: Node<'_, '_>) -> Area {
    let (x, y, size) = (number(node, "x"), number(node, "y"), number(node, "font-size"));
    let wide = width(node.text().unwrap().trim()) * size;
    let before = match node.attribute("text-anchor") {
        Some("middle") => 0.5,
        Some("end") => 1.0,
        _ => 0.0,
    };
    if node.attribute("transform").is_some() {
        [x - 0.5 * size, y - (1.0 - before) * wide, x + 0.5 * size, y + before * wide]
    } else {
        [x - before * wide, y - 0.5 * size, x + (1.0 - before) * wide, y + 0.5 * size]
    }
}

/// The points of a line, a polygon or a circle.
fn points(node: Node<'_, '_>) -> Vec<(f64, f64)> {
    match node.tag_name().name() {
        "polyline" | "polygon" => {
            let points = node.attribute("points").unwrap();
            let pair = |pair: &str| pair.split_once(',').map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap())).unwrap();
            points.split_whitespace().map(pair).collect()
        }
        "circle" => vec![(number(node, "cx"), number(node, "cy"))],
        _ => Vec::new(),
    }
}

/// What is wrong with a drawing.
fn faults(svg: &str) -> Vec<String> {
    let document = Document::parse(svg).unwrap();
    let root = document.root_element();
    let view: Vec<f64> = root.attribute("viewBox").unwrap().split(' ').map(|number| number.parse().unwrap()).collect();
    let (wide, high) = (view[2], view[3]);
    let mut faults = Vec::new();
    let texts: Vec<(Area, &str)> =
        root.descendants().filter(|node| node.has_tag_name("text")).map(|node| (place(node), node.text().unwrap().trim())).collect();
    for (area, text) in &texts {
        if area[0] < 0.0 || area[1] < 0.0 || area[2] > wide || area[3] > high {
            faults.push(format!("`{text}` leaves the figure: {area:.0?} in {wide} × {high}"));
        }
    }
    // Texts may touch, since half a size to each side is more than most letters take.
    let meet = |a: &Area, b: &Area| {
        let slack = 0.12 * (a[3] - a[1]).min(a[2] - a[0]);
        a[0] + slack < b[2] && b[0] + slack < a[2] && a[1] + slack < b[3] && b[1] + slack < a[3]
    };
    for (index, (area, text)) in texts.iter().enumerate() {
        for (other, what) in &texts[index + 1..] {
            if meet(area, other) {
                faults.push(format!("`{text}` lies on `{what}`"));
            }
        }
    }
    // Frames are the open paths of three points; what is drawn in colour lies within one, or below
    // all of them in the legend.
    let shapes: Vec<(Node<'_, '_>, Vec<(f64, f64)>)> =
        root.descendants().map(|node| (node, points(node))).filter(|(_, points)| !points.is_empty()).collect();
    let is_frame = |points: &Vec<(f64, f64)>| points.len() == 3 && points[0].0 == points[1].0 && points[1].1 == points[2].1;
    let frames: Vec<Area> = shapes.iter().filter(|(_, points)| is_frame(points)).map(|(_, p)| [p[0].0, p[0].1, p[2].0, p[2].1]).collect();
    let lowest = frames.iter().fold(0.0f64, |lowest, frame| lowest.max(frame[3]));
    for (node, points) in &shapes {
        let colour = node.attribute("stroke").filter(|colour| *colour != "none").or(node.attribute("fill")).unwrap_or("none");
        if ["none", "#000000", "#FFFFFF", "#EEEEEE"].contains(&colour) {
            continue;
        }
        // Half of a mark.
        let slack = 0.02 * wide / frames.len().clamp(1, 2) as f64;
        let inside =
            |frame: &Area, (x, y): (f64, f64)| x >= frame[0] - slack && x <= frame[2] + slack && y >= frame[1] - slack && y <= frame[3] + slack;
        let legend = points.iter().all(|(x, y)| *y > lowest && *y <= high && *x <= wide);
        if !legend && !frames.iter().any(|frame| points.iter().all(|point| inside(frame, *point))) {
            faults.push(format!("a shape in {colour} leaves its frame: {:?}", points.first()));
        }
    }
    faults
}

fn assert_sound(name: &str, svg: &str) {
    let faults = faults(svg);
    assert!(faults.is_empty(), "{name}: {faults:#?}");
}

fn svgs(folder: &Path) -> Vec<(String, String)> {
    let text = |(name, bytes): (String, Vec<u8>)| (name, String::from_utf8(bytes).unwrap());
    files(folder).into_iter().filter(|(name, _)| name.ends_with(".svg")).map(text).collect()
}

#[test]
fn figures_of_studies_hold_their_texts_and_intervals() {
    let folder = tempfile::tempdir().unwrap();
    let run = finished(folder.path(), "run", 5);
    let gallery = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("figures");
    let mut all = [svgs(&run.join("figures")), svgs(&gallery)].concat();
    match std::env::var_os("RTRL_LAB_RUNS") {
        Some(runs) => all.extend(svgs(Path::new(&runs))),
        None => println!("skipped the runs of experiments/: RTRL_LAB_RUNS names no folder of them (make look)"),
    }
    assert!(all.len() >= 9, "only {}", all.len());
    for (name, svg) in &all {
        assert_sound(name, svg);
    }
    println!("{} figures", all.len());
}

/// A figure with all that is hard to set: long names, many decades, intervals to zero and beyond.
fn hard() -> Figure {
    let mark = |x: f64, y: f64, low: f64, high: f64| Mark { x, y, interval: Some([low, high]) };
    let wild = vec![mark(1.0, 1e-3, -1.0, 2e-3), mark(2.0, 1e3, 1e-30, 1e9), mark(3.0, 0.0, 0.0, 1.0)];
    let names = ["a rather long name of a column", "short", "averyveryverylongnamewithoutanyspacethatcannotbebroken"];
    let points = |label: &str, role| Layer::Points { label: label.into(), role, points: wild.clone() };
    let layers = vec![
        points("a measured quantity with a long label that takes much of the width", Role::Measured),
        points("another one that is as long and would have to go to the next row", Role::Rival(3)),
        Layer::Rule { label: "margin stated in advance".into(), role: Role::Margin, at: 0.5 },
    ];
    let line = Layer::Line { label: "line".into(), role: Role::Predicted, points: (0..50).map(|t| [f64::from(t), 10f64.powi(-2 * t)]).collect() };
    let band = Layer::Band { label: "band".into(), role: Role::Predicted, points: vec![[0.0, -1.0, 2.0], [49.0, 1e-99, 1e-90]] };
    let title = "Does a question that is much longer than a figure of one column is wide find its place above the panels?";
    let y = "a label of the vertical axis that is longer than the axis itself is high, in units of something";
    let first = Panel { title: title.into(), x: Axis::named("column", names), y: Axis::log(y), layers, note: Some(title.into()) };
    let second = Panel { title: "decay".into(), x: Axis::linear("time t (steps)"), y: Axis::log(y), layers: vec![band, line], note: None };
    Figure { id: "hard".into(), title: title.into(), caption: String::new(), panels: vec![first.clone(), second, first] }
}

#[test]
fn any_width_and_size_of_letters_finds_room() {
    let widths = [(Width::Screen, 12.0), (Width::Centimetres(8.5), 7.0), (Width::Centimetres(17.0), 9.0), (Width::Pixels(400.0), 12.0)];
    for (width, font) in widths {
        for (columns, title, theme) in [(None, true, Theme::Light), (Some(1), false, Theme::Dark)] {
            let style = Style { width, font, columns, title, theme, ..Style::default() };
            assert_sound(&format!("{style:?}"), &hard().svg(&style).unwrap());
        }
    }
    let svg = hard().svg(&Style::default()).unwrap();
    assert!(svg.contains("1 value is 0 or below: an arrow at the foot") || svg.contains("2 values are 0 or below: arrows at the foot"));
}

#[test]
fn what_does_not_fit_is_seen_by_this_test() {
    let frame = "<polyline points=\"10,10 10,90 90,90\" stroke=\"#000000\"/>";
    let svg = |inner: &str| format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 100 100\">{frame}{inner}</svg>");
    let text = |x: f64, y: f64| format!("<text x=\"{x}\" y=\"{y}\" font-size=\"10\">wide text</text>");
    assert!(faults(&svg(&text(20.0, 50.0))).is_empty());
    assert!(faults(&svg(&text(80.0, 50.0)))[0].contains("leaves the figure"));
    assert!(faults(&svg(&(text(20.0, 50.0) + &text(30.0, 53.0))))[0].contains("lies on"));
    assert!(faults(&svg("<polyline points=\"20,20 20,200\" stroke=\"#0072B2\"/>"))[0].contains("leaves its frame"));
}

#[test]
fn every_form_of_a_figure_is_written_and_the_data_are_those_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let run = finished(folder.path(), "run", 5);
    let drawn = files(&run.join("figures"));
    let stems: Vec<&str> = drawn.iter().filter_map(|(name, _)| name.strip_suffix(".svg")).collect();
    assert!(stems.len() >= 4);
    for stem in stems {
        let bytes = |form: &str| &drawn.iter().find(|(name, _)| *name == format!("{stem}.{form}")).unwrap_or_else(|| panic!("{stem}.{form}")).1;
        assert!(bytes("pdf").starts_with(b"%PDF-1.7") && bytes("png").starts_with(b"\x89PNG"));
        let mut reader = csv::Reader::from_reader(&bytes("csv")[..]);
        assert_eq!(reader.headers().unwrap(), vec!["panel", "layer", "form", "role", "x", "y", "lower", "upper"]);
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert!(!rows.is_empty(), "{stem}");
        for row in &rows {
            assert!(["line", "band", "points", "rule", "window"].contains(&&row[2]));
            assert!((4..8).all(|cell| cell == 4 || row[cell].is_empty() || row[cell].parse::<f64>().is_ok()), "{row:?}");
        }
    }
    // `check` holds all of them against the records.
    let csv = run.join("figures").join(format!("{}.csv", drawn[0].0.split('.').next().unwrap()));
    let changed = std::fs::read_to_string(&csv).unwrap().replacen("measured", "exact", 1);
    std::fs::write(&csv, changed).unwrap();
    let (code, output, _) = told(&rtrl_lab(&["check", &text(&run), "--every", "1000"]));
    assert!(code == 1 && output.contains(".csv"), "{output}");
}

#[test]
fn figures_are_set_as_a_paper_asks_and_wrong_words_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let run = text(&finished(folder.path(), "run", 5));
    let out = folder.path().join("paper");
    let figures = |more: &[&str]| told(&rtrl_lab(&[&["figures", &run, "--out", &text(&out)], more].concat()));
    let name = "curve-hidden_contraction";
    let (code, output, errors) = figures(&[name, "--width", "8.5", "--font", "8", "--no-title", "--form", "svg,pdf"]);
    assert_eq!((code, output.lines().count()), (0, 2), "{errors}");
    let svg = std::fs::read_to_string(out.join(format!("{name}.svg"))).unwrap();
    assert!(svg.starts_with("<svg width=\"8.5cm\"") && !svg.contains(">\nDoes the hidden state"), "{}", &svg[..300]);
    assert_sound(name, &svg);
    // The page of a PDF is as wide: 8.5 cm are 240.94 points.
    let pdf = std::fs::read(out.join(format!("{name}.pdf"))).unwrap();
    assert!(String::from_utf8_lossy(&pdf).contains("/MediaBox [0 0 240.9"), "no page of 8.5 cm");
    for (wrong, told) in [
        (vec!["nothing"], "the run has no figure of this name"),
        (vec!["--width", "0.1"], "give 3 to 120"),
        (vec!["--font", "NaN"], "give 3 to 72"),
        (vec!["--columns", "0"], "give at least 1"),
        (vec!["--form", "jpg"], "possible values: pdf, svg, png, csv"),
    ] {
        let (code, _, errors) = figures(&wrong);
        assert!(code == 2 && errors.contains(told), "{wrong:?}: {errors}");
    }
}
