//! The tools: what they are called, what they take, what they give.

use rmcp::model::{ErrorData, JsonObject, Tool, ToolAnnotations};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::check::{CheckCode, Checked};
use super::explain::{ExplainMatch, Explained};
use super::known::{Licenses, ListLicenses, ListOwners, Owners};
use super::policy::{Policy, ShowPolicy};
use super::project::Projects;
use super::schema;
use crate::report::printable::Printable;

/// What a tool gives: for the one who reads, and for programs.
#[derive(Debug)]
pub(super) struct Answer {
    /// What is said.
    pub(super) text: String,
    /// The same by the tool's schema.
    pub(super) data: Value,
}

/// Why a tool gives nothing, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure(pub(super) String);

/// A call of a tool with what it takes.
#[derive(Debug)]
pub(super) enum Call {
    Check(CheckCode),
    Explain(ExplainMatch),
    Licenses(ListLicenses),
    Owners(ListOwners),
    Policy(ShowPolicy),
}

impl Answer {
    pub(super) fn new(text: String, data: &impl Serialize) -> Result<Answer, Failure> {
        let mut data = serde_json::to_value(data).map_err(|error| Failure(error.to_string()))?;
        make_printable(&mut data);
        Ok(Answer { text, data })
    }
}

/// Escapes all texts: nothing from packages and files turns the direction of writing, hides or
/// breaks a line.
fn make_printable(data: &mut Value) {
    match data {
        Value::String(text) => *text = Printable(text).to_string(),
        Value::Array(values) => values.iter_mut().for_each(make_printable),
        Value::Object(fields) => fields.values_mut().for_each(make_printable),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl Failure {
    /// An error with all that it rests on, and a remedy.
    pub(super) fn of(error: &dyn std::error::Error, remedy: &str) -> Failure {
        let mut said = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            said = format!("{said}: {error}");
            cause = error.source();
        }
        Failure(format!("{}. {remedy}", Printable(&said)))
    }
}

impl Call {
    pub(super) fn run(self, projects: &Projects) -> Result<Answer, Failure> {
        match self {
            Call::Check(call) => call.run(projects),
            Call::Explain(call) => call.run(projects),
            Call::Licenses(call) => call.run(projects),
            Call::Owners(call) => call.run(projects),
            Call::Policy(call) => call.run(projects),
        }
    }
}

/// The call of that name with these arguments.
///
/// # Errors
/// If there is no such tool, or it does not take such arguments.
pub(super) fn parse(name: &str, arguments: JsonObject) -> Result<Call, ErrorData> {
    Ok(match name {
        "check_code" => Call::Check(parse_arguments(name, arguments)?),
        "explain_match" => Call::Explain(parse_arguments(name, arguments)?),
        "list_licenses" => Call::Licenses(parse_arguments(name, arguments)?),
        "list_owners" => Call::Owners(parse_arguments(name, arguments)?),
        "show_policy" => Call::Policy(parse_arguments(name, arguments)?),
        other => {
            let names: Vec<_> = all().into_iter().map(|tool| tool.name).collect();
            let message =
                format!("there is no tool {}; there are {}", Printable(other), names.join(", "));
            return Err(ErrorData::invalid_params(message, None));
        }
    })
}

fn parse_arguments<T: DeserializeOwned>(name: &str, arguments: JsonObject) -> Result<T, ErrorData> {
    serde_json::from_value(Value::Object(arguments)).map_err(|error| {
        let error = error.to_string();
        ErrorData::invalid_params(format!("arguments of {name}: {}", Printable(&error)), None)
    })
}

/// All tools.
pub(super) fn all() -> Vec<Tool> {
    vec![
        tool::<CheckCode, Checked<'_>>(
            "check_code",
            "Check code for matches with licensed open source",
            "Says whether a piece of code resembles licensed open source, whose it is, where it stands there, under \
             which licence, whether that licence lets it stand in this project, and what would clear it. Copies that were renamed, \
             reformatted or edited are found too. Call it before writing code, with the path the code is meant for.",
        ),
        tool::<ExplainMatch, Explained<'_>>(
            "explain_match",
            "Explain a match line by line",
            "Says why a match of check_code was reported: what each line earned, which line of the origin it corresponds to, how rare \
             so much evidence is, why the owners stand in this order, and the least that would have to be written anew.",
        ),
        tool::<ListLicenses, Licenses>(
            "list_licenses",
            "List the licences the index knows",
            "Lists the licences of the code in the index, each with the verdict on code under it in this project.",
        ),
        tool::<ListOwners, Owners>(
            "list_owners",
            "List the owners the index knows",
            "Lists the packages whose code is in the index: what is not among them is not found.",
        ),
        tool::<ShowPolicy, Policy>(
            "show_policy",
            "Show this project's licence policy",
            "Says by what code is judged in this project: its licence, how it is distributed, which licences are allowed, denied or up \
             for review, exceptions, the threshold of evidence, and the indexes that are asked.",
        ),
    ]
}

fn tool<Input: JsonSchema, Output: JsonSchema>(
    name: &'static str,
    title: &'static str,
    description: &'static str,
) -> Tool {
    let annotations = ToolAnnotations::with_title(title)
        .read_only(true)
        .destructive(false)
        .idempotent(true)
        .open_world(false);
    Tool::new(name, description, schema::input::<Input>())
        .with_title(title)
        .with_raw_output_schema(schema::output::<Output>().into())
        .with_annotations(annotations)
}
