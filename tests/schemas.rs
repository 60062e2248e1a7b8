//! JSON Schemas against what is really written and read: a validator of the few words that the
//! schemas use, every file of a run, and every study of `experiments/`.

use crate::common::command::{SMALL, rtrl_lab, text, told};
use rtrl_lab::study::{SCHEMAS, schema};
use serde_json::{Value, json};
use std::path::Path;

/// Where a value is not what a schema says. Only the words that the schemas use are known; another
/// one is a failure of the test.
fn faults(schema: &Value, root: &Value, value: &Value, place: &str) -> Vec<String> {
    let words = schema.as_object().unwrap();
    let mut found = Vec::new();
    let wrong = |what: &str| vec![format!("{place}: {what}")];
    for (word, rule) in words {
        found.extend(match word.as_str() {
            "$schema" | "title" | "description" | "$defs" | "default" | "examples" => Vec::new(),
            "$ref" => {
                let name = rule.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                faults(&root["$defs"][name], root, value, place)
            }
            "type" => {
                let is = |name: &str| match name {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    "integer" => value.is_u64() || value.is_i64(),
                    "number" => value.is_number(),
                    other => panic!("{other}"),
                };
                let any = rule.as_str().map_or_else(|| rule.as_array().unwrap().iter().any(|name| is(name.as_str().unwrap())), is);
                if any { Vec::new() } else { wrong(&format!("{value} is no {rule}")) }
            }
            "const" => {
                if value == rule {
                    Vec::new()
                } else {
                    wrong(&format!("{value} is not {rule}"))
                }
            }
            "enum" => {
                if rule.as_array().unwrap().contains(value) {
                    Vec::new()
                } else {
                    wrong(&format!("{value} is none of {rule}"))
                }
            }
            "minimum" => {
                if value.as_f64().is_none_or(|x| x >= rule.as_f64().unwrap()) {
                    Vec::new()
                } else {
                    wrong("too small")
                }
            }
            "maximum" => {
                if value.as_f64().is_none_or(|x| x <= rule.as_f64().unwrap()) {
                    Vec::new()
                } else {
                    wrong("too large")
                }
            }
            "exclusiveMinimum" => {
                if value.as_f64().is_none_or(|x| x > rule.as_f64().unwrap()) {
                    Vec::new()
                } else {
                    wrong("too small")
                }
            }
            "pattern" => {
                assert_eq!(rule, "^[0-9a-f]{64}$");
                let text = value.as_str().unwrap_or("");
                let hex = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
                if hex { Vec::new() } else { wrong("no checksum") }
            }
            "required" => rule
                .as_array()
                .unwrap()
                .iter()
                .filter(|key| value.is_object() && value.get(key.as_str().unwrap()).is_none())
                .map(|key| format!("{place}: {key} is missing"))
                .collect(),
            "properties" => rule
                .as_object()
                .unwrap()
                .iter()
                .filter_map(|(key, inner)| Some(faults(inner, root, value.get(key)?, &format!("{place}/{key}"))))
                .flatten()
                .collect(),
            "additionalProperties" => {
                let known = words.get("properties").and_then(Value::as_object);
                let more = value.as_object().into_iter().flatten().filter(|(key, _)| known.is_none_or(|known| !known.contains_key(*key)));
                more.flat_map(|(key, inner)| match rule {
                    Value::Bool(true) => Vec::new(),
                    Value::Bool(false) => wrong(&format!("{key} is not known")),
                    schema => faults(schema, root, inner, &format!("{place}/{key}")),
                })
                .collect()
            }
            "items" => {
                value.as_array().into_iter().flatten().enumerate().flat_map(|(i, one)| faults(rule, root, one, &format!("{place}/{i}"))).collect()
            }
            "anyOf" => {
                let fits = rule.as_array().unwrap().iter().any(|one| faults(one, root, value, place).is_empty());
                if fits { Vec::new() } else { wrong("no alternative fits") }
            }
            "oneOf" => {
                let all: Vec<Vec<String>> = rule.as_array().unwrap().iter().map(|one| faults(one, root, value, place)).collect();
                match all.iter().filter(|one| one.is_empty()).count() {
                    1 => Vec::new(),
                    0 => all.into_iter().min_by_key(Vec::len).unwrap(),
                    _ => wrong("several alternatives fit"),
                }
            }
            other => panic!("the schemas use `{other}`, which this test does not know"),
        });
    }
    found
}

fn fits(name: &str, value: &Value) -> Vec<String> {
    let schema = schema(name).unwrap();
    faults(&schema, &schema, value, "")
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn every_file_of_a_run_is_what_its_schema_says() {
    let folder = tempfile::tempdir().unwrap();
    let (study, out) = (folder.path().join("a.toml"), folder.path().join("run"));
    // A claim that answers nothing and one that ends early are in it too.
    let text_of = SMALL.replace("[claims.hidden_contraction]\n", "[claims.hidden_contraction]\nuntil = 0.5\n");
    std::fs::write(&study, text_of).unwrap();
    let (code, _, errors) = told(&rtrl_lab(&["verify", &text(&study), "--quick", "--out", &text(&out)]));
    assert!(code < 2, "{errors}");
    let verdicts = read(&out.join("verdicts.json"));
    assert_eq!(fits("verdicts", &verdicts), Vec::<String>::new());
    assert!(verdicts["claims"].as_array().unwrap().iter().any(|claim| claim["stopping"].is_object()));
    assert_eq!(fits("manifest", &read(&out.join("manifest.json"))), Vec::<String>::new());
    let mut records = 0;
    for (name, bytes) in crate::common::command::files(&out.join("records")) {
        assert_eq!(fits("record", &serde_json::from_slice(&bytes).unwrap()), Vec::<String>::new(), "{name}");
        records += 1;
    }
    assert!(records > 50, "{records}");
    // The validator sees what is wrong.
    let mut broken = verdicts.clone();
    broken["claims"][0]["verdict"] = json!("proved");
    broken["claims"][0]["budget"]["chains"] = json!(-1);
    broken["more"] = json!(1);
    assert_eq!(fits("verdicts", &broken).len(), 3, "{:?}", fits("verdicts", &broken));
    broken["claims"][0].as_object_mut().unwrap().remove("margin");
    assert_eq!(fits("verdicts", &broken).len(), 4);
}

#[test]
fn every_study_is_what_the_schema_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    let mut studies = 0;
    for folder in [root.clone(), root.join("compare"), root.join("reproductions")] {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            // A plan of a calibration is no study.
            if path.extension().is_none_or(|ending| ending != "toml") || path.ends_with("calibration.toml") {
                continue;
            }
            let study: Value = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            assert_eq!(fits("study", &study), Vec::<String>::new(), "{}", path.display());
            studies += 1;
        }
    }
    assert!(studies > 25, "{studies}");
    for text in [rtrl_lab::study::init(), rtrl_lab::study::init_full()] {
        assert_eq!(fits("study", &toml::from_str(&text).unwrap()), Vec::<String>::new());
    }
    let wrong: Value = toml::from_str("[study]\nname = \"a\"\n[data]\nkind = \"var\"\ngain = 2\n[network]\ncell = \"elmann\"\nhidden = 2.5").unwrap();
    let found = fits("study", &wrong);
    let told = |part: &str| assert!(found.iter().any(|fault| fault.contains(part)), "{part}: {found:?}");
    ["seed", "gain", "elmann", "/network/hidden"].into_iter().for_each(told);
}

#[test]
fn the_command_prints_every_schema() {
    for name in SCHEMAS {
        let (code, said, errors) = told(&rtrl_lab(&["schema", name]));
        assert_eq!((code, serde_json::from_str::<Value>(&said).ok()), (0, schema(name)), "{errors}");
    }
    let (code, _, errors) = told(&rtrl_lab(&["schema", "verdict"]));
    assert!(code == 2 && errors.contains("verdicts"), "{errors}");
}
