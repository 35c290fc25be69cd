//! The schemas of what tools take and give, made of the types.

use rmcp::model::JsonObject;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// The schema of what a tool takes.
pub(super) fn input<T: JsonSchema>() -> JsonObject {
    object(plain().into_generator().into_root_schema_for::<T>())
}

/// The schema of what a tool gives.
pub(super) fn output<T: JsonSchema>() -> JsonObject {
    object(plain().for_serialize().into_generator().into_root_schema_for::<T>())
}

/// Without references, which some clients do not follow, and without the formats of integers, which
/// JSON Schema does not know and some clients complain of.
fn plain() -> SchemaSettings {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.with_transform(RecursiveTransform(|schema: &mut Schema| {
        schema.remove("format");
    }))
}

/// Its title and description are those of a type, which say nothing that the tool's own do not.
fn object(schema: Schema) -> JsonObject {
    match schema.to_value() {
        Value::Object(mut schema) => {
            schema.remove("title");
            schema.remove("description");
            schema
        }
        _ => JsonObject::new(),
    }
}

/// A generator for parts of schemas that are written by hand.
pub(super) fn one_of(_: &mut SchemaGenerator, names: impl Iterator<Item = &'static str>) -> Schema {
    let names: Vec<&str> = names.collect();
    schemars::json_schema!({ "type": "string", "enum": names })
}
