//! Where two JSON documents differ, by path.

use serde_json::{Map, Value};

/// One difference.
///
/// ```
/// use rtrl_lab::study::{Difference, differences};
/// use serde_json::{Value, json};
/// let found = differences(&json!({ "taus": [1, 2] }), &json!({ "taus": [1, 2], "seed": 5 }));
/// assert_eq!(found, [Difference { path: "seed".into(), first: Value::Null, second: json!(5) }]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Keys and positions, joined by `/`.
    pub path: String,
    /// What the first document has there, null where nothing.
    pub first: Value,
    /// What the second has.
    pub second: Value,
}

/// Every place at which two documents differ, down to single values; lists of two lengths differ as
/// a whole, and what one document alone has differs key by key.
///
/// ```
/// use rtrl_lab::study::differences;
/// use serde_json::json;
/// let found =
///     differences(&json!({ "a": { "b": 1.0, "c": 2 } }), &json!({ "a": { "b": 1.5, "c": 2 } }));
/// assert_eq!((found.len(), found[0].path.as_str()), (1, "a/b"));
/// ```
pub fn differences(first: &Value, second: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(String::new(), first, second, &mut found);
    found
}

fn compare(path: String, first: &Value, second: &Value, found: &mut Vec<Difference>) {
    let below = |key: &str| if path.is_empty() { key.to_string() } else { format!("{path}/{key}") };
    let nothing = Map::new();
    let sections = match (first, second) {
        (Value::Object(a), Value::Object(b)) => Some((a, b)),
        (Value::Object(a), Value::Null) if !a.is_empty() => Some((a, &nothing)),
        (Value::Null, Value::Object(b)) if !b.is_empty() => Some((&nothing, b)),
        _ => None,
    };
    if let Some((a, b)) = sections {
        for (key, value) in a {
            compare(below(key), value, b.get(key).unwrap_or(&Value::Null), found);
        }
        for (key, value) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
            compare(below(key), &Value::Null, value, found);
        }
        return;
    }
    match (first, second) {
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (position, (a, b)) in a.iter().zip(b).enumerate() {
                compare(below(&position.to_string()), a, b, found);
            }
        }
        _ if first == second => {}
        _ => found.push(Difference { path, first: first.clone(), second: second.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::differences;
    use serde_json::{Value, json};

    #[test]
    fn a_section_of_one_document_differs_key_by_key_and_an_empty_one_as_a_whole() {
        let found = differences(&json!({ "data": { "kind": "var", "noise": [1.0] }, "sweep": {} }), &json!({}));
        let told: Vec<(&str, &Value)> = found.iter().map(|one| (one.path.as_str(), &one.first)).collect();
        assert_eq!(told, [("data/kind", &json!("var")), ("data/noise", &json!([1.0])), ("sweep", &json!({}))]);
        assert!(found.iter().all(|one| one.second.is_null()));
        assert_eq!(differences(&json!({}), &json!({ "a": { "b": 1 } }))[0].path, "a/b");
        assert!(differences(&json!({ "a": null }), &json!({})).is_empty());
    }
}
