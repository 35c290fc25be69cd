//! What is read, and how errors are told.

use std::collections::BTreeSet;

use proptest::prelude::{prop_assert, proptest};

use super::*;
use crate::judgement::finding::Rule;
use crate::license::Distribution;
use crate::project::config::given_license;

fn config(text: &str) -> Result<Config, Vec<Problem>> {
    let file = ConfigFile {
        path: PathBuf::from("somewhere/birthmark.toml"),
        text: text.to_owned(),
        top: None,
    };
    match read(file, &[&[]], ConfigKind::Found) {
        Ok(config) => Ok(config.expect("the document itself is the table")),
        Err(ConfigError::Invalid { problems, .. }) => Err(problems),
        Err(other) => panic!("{other}"),
    }
}

/// The text of the place, what is said of it, and what is expected there.
fn check_wrong(text: &str, at: &str, says: &str) {
    let problems = config(text).expect_err(text);
    let told: Vec<String> =
        problems.iter().map(|p| format!("{} | {} | {}", p.title, p.label, p.help)).collect();
    assert_eq!(&text[problems[0].span.clone()], at, "{told:?}");
    assert!(told[0].contains(says), "{text}: {told:?}");
    assert!(told[0].contains("expected"), "{text}: {told:?}");
}

#[test]
fn every_key_is_read() {
    let config = config(
        "license = 'MIT'\nindex = ['a/b', 'starter']\nidioms = ['c']\nthreshold = 80\n\
         exclude = ['vendor/', '*_pb2.py']\nowned = ['pkg:pypi/mine']\nfail-on = 'error'\nfail-on-weak = true\nfail-on-skipped = 'always'\n",
    )
    .expect("valid");
    assert_eq!(config.license.expect("license"), given_license("MIT").expect("valid"));
    let index: Vec<_> = config.index.iter().map(Spanned::get_ref).collect();
    let directory = IndexName::Directory(PathBuf::from("somewhere/a/b"));
    assert_eq!(index, [&directory, &IndexName::Starter]);
    assert_eq!(config.threshold, Some(Threshold::Bits(80.0)));
    assert_eq!(config.fail_on_weak, Some(true));
    assert_eq!(config.fail_on_skipped, Some(FailOnSkipped::Always));
    assert_eq!(config.idioms[0].get_ref(), Path::new("somewhere/c"));
    let excluded = |path: &str| {
        let path = std::path::absolute(Path::new("somewhere").join(path)).expect("a path");
        config.exclude.globs.is_match(path)
    };
    assert!(excluded("vendor/deep/x.py"));
    assert!(excluded("x_pb2.py"));
    assert!(!excluded("src/vendor.py"));
    assert_eq!(config.owned[0].get_ref().as_str(), "pkg:pypi/mine");
    assert_eq!(config.fail_on, Some(FailOn::from_name("error").unwrap()));
}

#[test]
fn an_empty_document_is_a_configuration() {
    assert!(config("").expect("valid").license.is_none());
}

#[test]
fn errors_name_the_place_and_what_is_expected() {
    check_wrong("licence = 'MIT'", "licence", "`license`");
    check_wrong("\n[indexes]\n", "indexes", "`index`");
    check_wrong("zzz = 1", "zzz", "not a key");
    check_wrong("license = 'MIT Or'", "'MIT Or'", "MIT Or");
    check_wrong("license = 'MIT Or Own'", "Own", "MIT Or Own");
    check_wrong("license = ['MIT']", "['MIT']", "an array");
    check_wrong("index = 'starter'", "'starter'", "array of index");
    check_wrong("index = []", "[]", "no index");
    check_wrong("index = ['']", "''", "empty path");
    check_wrong("index = [3]", "3", "an integer");
    check_wrong("threshold = 0", "0", "positive");
    check_wrong("threshold = nan", "nan", "positive");
    check_wrong("threshold = '60'", "'60'", "a string");
    check_wrong("preset = 'strict'", "'strict'", "\"hook\"");
    check_wrong("preset = 'hook'\nthreshold = 60", "preset", "`threshold`");
    check_wrong("idioms = 'a'", "'a'", "array of idiom");
    check_wrong("idioms = ['']", "''", "empty path");
    check_wrong("exclude = ['a[']", "'a['", "glob");
    check_wrong("owned = ['six']", "'six'", "package URL");
    check_wrong("fail-on = 'fatal'", "'fatal'", "\"warning\"");
    check_wrong("license = ", "", "TOML");
}

#[test]
fn all_errors_are_told_at_once_in_order() {
    let problems = config("thresold = 1\nfail-on = 3\nlicense = 4\n").expect_err("three");
    let starts: Vec<usize> = problems.iter().map(|problem| problem.span.start).collect();
    assert_eq!(starts, [0, 23, 35]);
}

/// The schema for editors and the reader agree on every key and every choice.
#[test]
fn the_schema_names_what_the_reader_reads() {
    let schema: serde_json::Value =
        serde_json::from_str(crate::project::config::SCHEMA).expect("JSON");
    let keys = |pointer: &str| -> BTreeSet<String> {
        let object = schema.pointer(pointer).and_then(serde_json::Value::as_object).expect(pointer);
        object.keys().cloned().collect()
    };
    let choices = |pointer: &str| -> Vec<String> {
        let choices = schema.pointer(pointer).and_then(serde_json::Value::as_array).expect(pointer);
        choices.iter().map(|it| it.as_str().expect("a string").to_owned()).collect()
    };
    let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(keys("/properties"), set(&KEYS));
    assert_eq!(keys("/properties/exceptions/items/properties"), set(&policy::EXCEPTION_KEYS));
    assert_eq!(keys("/properties/clarify/items/properties"), set(&policy::CLARIFY_KEYS));
    assert_eq!(keys("/properties/severity/properties"), set(&Rule::ALL.map(Rule::code)));
    assert_eq!(choices("/properties/distribution/enum"), Distribution::NAMED.map(|(name, _)| name));
    assert_eq!(choices("/properties/preset/enum"), Preset::NAMED.map(|(name, _)| name));
    assert_eq!(choices("/properties/fail-on/enum"), FailOn::NAMED.map(|(name, _)| name));
    assert_eq!(choices("/$defs/severity/enum"), policy::SEVERITIES.map(|(name, _)| name));
}

/// Where a document is right or wrong by its shape alone, the schema and the reader say the same.
#[test]
fn the_schema_and_the_reader_agree() {
    let schema: serde_json::Value =
        serde_json::from_str(crate::project::config::SCHEMA).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let digest = format!("digest = 'blake3:{}'", "0".repeat(64));
    let clarify = format!("[[clarify]]\ncomponent = 'pkg:pypi/x@1'\nlicense = 'MIT'\n{digest}");
    let unversioned = format!("[[clarify]]\ncomponent = 'pkg:pypi/x'\nlicense = 'MIT'\n{digest}");
    let cases = [
        ("", true),
        (
            "license = 'MIT'\ndistribution = 'internal'\nallow = ['MIT']\ndeny = []\nreview = ['ISC']",
            true,
        ),
        ("distribution = 'cloud'", false),
        ("licence = 'MIT'", false),
        ("license = 3", false),
        ("allow = 'MIT'", false),
        ("index = []", false),
        ("index = ['']", false),
        ("threshold = 60.5", true),
        ("threshold = 0", false),
        ("preset = 'hook'", true),
        ("fail-on-weak = true", true),
        ("fail-on-weak = 'no'", false),
        ("fail-on-skipped = 'never'", true),
        ("fail-on-skipped = true", false),
        ("preset = 'hook'\nthreshold = 60", false),
        ("owned = ['six']", false),
        ("fail-on = 'fatal'", false),
        ("[severity]\nlicense-review = 'error'", true),
        ("[severity]\nlicense-reviews = 'error'", false),
        ("[severity]\nlicense-review = 'fatal'", false),
        ("[[exceptions]]\npath = 'src'\nreason = 'x'\nexpires = 2030-01-31", true),
        ("[[exceptions]]\npath = 'src'\nreason = 'x'\nexpires = '2030-01-31'", true),
        ("[[exceptions]]\npath = 'src'\nreason = 'x'\nexpires = 'soon'", false),
        ("[[exceptions]]\npath = 'src'\nreason = 'x'\nuntil = 'soon'", false),
        ("[[exceptions]]\npath = 'src'\nreason = ' '", false),
        ("[[exceptions]]\npath = 'src'", false),
        ("[[exceptions]]\nreason = 'x'", false),
        ("exceptions = ['x']", false),
        (&clarify, true),
        (&unversioned, false),
        ("[[clarify]]\ncomponent = 'pkg:pypi/x@1'\nlicense = 'MIT'", false),
    ];
    for (text, valid) in cases {
        assert_eq!(config(text).is_ok(), valid, "the reader: {text}");
        let document: toml::Table = text.parse().expect(text);
        assert_eq!(
            schema.is_valid(&as_json(toml::Value::Table(document))),
            valid,
            "the schema: {text}"
        );
    }
}

/// A TOML document as editors see it: a date is a string.
fn as_json(value: toml::Value) -> serde_json::Value {
    match value {
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Table(table) => {
            table.into_iter().map(|(key, value)| (key, as_json(value))).collect()
        }
        toml::Value::Array(items) => items.into_iter().map(as_json).collect(),
        other => serde_json::to_value(other).expect("plain"),
    }
}

const EVERYTHING: &str = "license = 'MIT OR GPL-2.0+'\ndistribution = 'service'\nindex = ['a', 'starter']\n\
    idioms = ['b']\nthreshold = 60.5\nexclude = ['v[a-z]/**']\nowned = ['pkg:pypi/x']\nallow = ['MIT']\n\
    deny = ['ISC']\nreview = ['Zlib']\nfail-on = 'error'\nlog = false\n[severity]\nlicense-review = 'info'\n\
    [[exceptions]]\nowner = 'pkg:pypi/x@1'\npath = 'src'\nlicense = 'MIT'\nreason = 'r'\nexpires = 2030-01-31\n\
    [[clarify]]\ncomponent = 'pkg:pypi/x@1'\nlicense = 'MIT'\n\
    digest = 'blake3:0000000000000000000000000000000000000000000000000000000000000000'\n";

proptest! {
    /// Whatever is changed in a configuration, it is read or every problem has a place in it.
    #[test]
    fn damaged_configurations_are_told_in_place(
        edits in proptest::collection::vec((0..EVERYTHING.len(), 0..6usize, "[a-z '\"\\[\\]{}=.\n\\\\é/*:@#-]{0,6}"), 1..5)
    ) {
        let mut text = EVERYTHING.to_owned();
        for (at, length, with) in edits {
            let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
            let (start, end) = (boundary(at).unwrap_or(0), boundary(at + length).unwrap_or(0));
            text.replace_range(start..end.max(start), &with);
        }
        if let Err(problems) = config(&text) {
            prop_assert!(!problems.is_empty());
            for problem in problems {
                prop_assert!(text.get(problem.span.clone()).is_some(), "{problem:?} in {text}");
            }
        }
    }
}
