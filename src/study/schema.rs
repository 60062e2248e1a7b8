//! JSON Schemas of the files that a study is written in and that a run leaves.

use super::config::{KeyRow, SectionRows, reference};
use crate::data::section::Standing;
use serde_json::{Map, Value, json};

/// Schemas by the name of what they describe.
///
/// ```
/// let names = rtrl_lab::study::SCHEMAS;
/// assert_eq!(names, ["study", "verdicts", "record", "manifest"]);
/// ```
pub const SCHEMAS: [&str; 4] = ["study", "verdicts", "record", "manifest"];

/// The JSON Schema (draft 2020-12) of a study file, of `verdicts.json`, of a file of `records/` or
/// of `manifest.json`; `None` for any other name.
///
/// A study is TOML: an editor that knows JSON Schema for TOML completes and checks its keys.
///
/// ```
/// use rtrl_lab::study::schema;
/// let study = schema("study").unwrap();
/// let network = &study["$defs"]["network"]["properties"];
/// assert_eq!(network["cell"]["enum"][0], "elman");
/// assert_eq!(network["beta"]["default"], 0.0);
/// assert_eq!(schema("verdicts").unwrap()["title"], "verdicts.json");
/// assert_eq!(schema("verdict"), None);
/// ```
pub fn schema(name: &str) -> Option<Value> {
    let text = match name {
        "study" => return Some(study()),
        "verdicts" => include_str!("schema/verdicts.json"),
        "record" => include_str!("schema/record.json"),
        "manifest" => include_str!("schema/manifest.json"),
        _ => return None,
    };
    serde_json::from_str(text).ok()
}

/// The value of a row, as JSON.
fn value(row: &KeyRow) -> Value {
    let table: Option<Map<String, Value>> = toml::from_str(&row.line()).ok();
    table.and_then(|mut table| table.remove(&row.key)).unwrap_or(Value::Null)
}

/// The type that a value of this kind has. A list or a table may hold what the program then weighs
/// itself.
fn of_type(value: &Value) -> Value {
    match value {
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::Number(number) if number.is_f64() => json!({ "type": "number" }),
        Value::Number(_) => json!({ "type": "integer" }),
        Value::String(_) => json!({ "type": "string" }),
        Value::Array(items) => match items.first() {
            Some(Value::Array(_)) | None => json!({ "type": "array" }),
            Some(Value::Number(_)) => json!({ "type": "array", "items": { "anyOf": [{ "type": "number" }, { "type": "array" }] } }),
            Some(first) => json!({ "type": "array", "items": of_type(first) }),
        },
        _ => json!({ "type": "object" }),
    }
}

fn key(row: &KeyRow) -> Value {
    let value = value(row);
    let mut schema = of_type(&value);
    schema["description"] = row.words.clone().into();
    if !row.choices.is_empty() {
        schema["enum"] = json!(row.choices);
    }
    if row.standing == Standing::Filled {
        schema["default"] = value;
    } else {
        schema["examples"] = json!([value]);
    }
    schema
}

/// A section as an object; `inside` are sections within it.
fn object(section: &SectionRows, inside: &[(&str, Value)]) -> Value {
    let mut properties: Map<String, Value> = section.rows.iter().map(|row| (row.key.clone(), key(row))).collect();
    properties.extend(inside.iter().map(|(name, schema)| (name.to_string(), schema.clone())));
    if let (Some(kind), Some(word)) = (section.kind, properties.get_mut("kind")) {
        *word = json!({ "const": kind, "description": section.words });
    }
    let needed: Vec<&str> = section.rows.iter().filter(|row| row.standing == Standing::Needed).map(|row| row.key.as_str()).collect();
    let mut schema =
        json!({ "type": "object", "description": section.words, "properties": properties, "required": needed, "additionalProperties": false });
    if section.path == "network.parameters" {
        // The blocks' names are the cell's.
        schema["additionalProperties"] = true.into();
    }
    schema
}

fn study() -> Value {
    let sections = reference();
    let named = |path: &str| sections.iter().find(|section| section.path == path);
    let plain = |path: &str, inside: &[(&str, Value)]| named(path).map_or(Value::Null, |section| object(section, inside));
    let link = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
    let kinds: Vec<Value> = sections.iter().filter(|section| section.path == "data").map(|section| object(section, &[])).collect();
    let claims: Map<String, Value> =
        sections.iter().filter_map(|section| Some((section.path.strip_prefix("claims.")?.to_string(), object(section, &[])))).collect();
    let shared = ["data", "network", "learning", "start", "claims"].map(|name| (name, link(name)));
    let case = plain("case.NAME", &shared);
    let definitions = json!({
        "study": plain("study", &[]),
        "data": { "type": "object", "required": ["kind"], "oneOf": kinds },
        "network": plain("network", &[("parameters", plain("network.parameters", &[]))]),
        "learning": plain("learning", &[("schedule", plain("learning.schedule", &[]))]),
        "start": plain("start", &[]),
        "sweep": plain("sweep", &[]),
        "compare": plain("compare", &[("published", plain("compare.published", &[]))]),
        "claims": { "type": "object", "properties": claims, "additionalProperties": false },
        "case": { "type": "object", "additionalProperties": case },
    });
    let names = ["study", "data", "network", "learning", "start", "sweep", "compare", "claims", "case"];
    let properties: Map<String, Value> = names.iter().map(|name| (name.to_string(), link(name))).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A study of rtrl-lab",
        "description": "A TOML file; `rtrl-lab init` writes one.",
        "type": "object",
        "required": ["study"],
        "properties": properties,
        "additionalProperties": false,
        "$defs": definitions,
    })
}
