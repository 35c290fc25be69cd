//! The schemas of `docs/`, which share the shape of a match.

use serde_json::{Value, json};

pub(crate) const REPORT: &str = include_str!("../../docs/report.schema.json");

/// Why a document does not follow a schema.
pub(crate) fn problems(schema: &str, document: &Value) -> Vec<String> {
    validator(schema).iter_errors(document).map(|problem| problem.to_string()).collect()
}

pub(crate) fn validator(schema: &str) -> jsonschema::Validator {
    let report: Value = serde_json::from_str(REPORT).expect("JSON");
    let registry = jsonschema::Registry::new()
        .add("json-schema:///report.schema.json", report)
        .and_then(|registry| registry.prepare())
        .expect("a schema");
    let schema = serde_json::from_str(schema).expect("JSON");
    jsonschema::options().with_registry(&registry).build(&schema).expect("a schema")
}

/// Compares a match that a service answers with the same match of a report, key by key.
pub(crate) fn has_shape_of(answered: &Value, reported: &Value) {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": "report.schema.json#/$defs/match",
    });
    assert_eq!(problems(&schema.to_string(), answered), [""; 0], "{answered:#}");
    for (key, value) in reported.as_object().expect("an object") {
        assert_eq!(answered.get(key), Some(value), "{key}");
    }
}
