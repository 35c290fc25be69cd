//! The policy of a configuration: lists, exceptions, corrections, severities, and entries that
//! decide nothing.

use std::path::Path;

use serde_json::Value;

use super::{birthmark, project, run};

/// Two functions of GPL-3.0-or-later code; the index names it `pkg:generic/gridroute@1.4.0`.
const COPIED: &str = include_str!("../../examples/demo/parcelbot/routes.py");
/// MIT code of `pkg:generic/plaintable@0.9.2`.
const PERMITTED: &str = include_str!("../../examples/demo/parcelbot/summary.py");
const INDEX: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/demo-index");

fn configured(policy: &str) -> tempfile::TempDir {
    let text = format!("license = 'MIT'\nindex = ['{INDEX}']\n{policy}");
    project(&[("birthmark.toml", &text), ("src/routes.py", COPIED), ("src/summary.py", PERMITTED)])
}

/// The findings, as rule, severity and path, and the whole report.
fn findings(directory: &Path, arguments: &[&str]) -> (Vec<String>, Value) {
    let mut command = birthmark(directory);
    command.env("SOURCE_DATE_EPOCH", "1900000000"); // 2030-03-17
    let (code, out, err) = run(command.args(["scan", "--format", "json"]).args(arguments));
    assert!(code < 2, "{err}");
    let report: Value = serde_json::from_str(&out).expect("JSON");
    let shown = |finding: &Value| {
        let said = |key: &str| finding[key].as_str().unwrap_or("-").to_owned();
        format!("{} {} {}", said("severity"), said("rule"), said("path"))
    };
    (report["findings"].as_array().expect("an array").iter().map(shown).collect(), report)
}

const NOTICE: &str = "info attribution-missing src/summary.py";

#[test]
fn entries_decide() {
    const INCOMPATIBLE: &str = "error license-incompatible src/routes.py";
    for (policy, expected) in [
        ("", &[INCOMPATIBLE, NOTICE][..]),
        ("distribution = 'service'", &["info attribution-missing src/routes.py", NOTICE]),
        ("distribution = 'binary'", &[INCOMPATIBLE, NOTICE]),
        ("deny = ['MIT']", &[INCOMPATIBLE, "error license-incompatible src/summary.py"]),
        ("review = ['MIT']", &[INCOMPATIBLE, "warning license-review src/summary.py"]),
        ("allow = ['GPL-3.0-or-later']", &[INCOMPATIBLE, NOTICE]),
        (
            "[severity]\nlicense-incompatible = 'warning'\nattribution-missing = 'error'",
            &[
                "warning license-incompatible src/routes.py",
                "error attribution-missing src/summary.py",
            ],
        ),
        ("[[exceptions]]\nowner = 'pkg:generic/gridroute'\nreason = 'bought'", &[NOTICE]),
        (
            "[[exceptions]]\nowner = 'pkg:generic/gridroute@1.4.0'\npath = 'src'\nreason = 'bought'",
            &[NOTICE],
        ),
        (
            "[[exceptions]]\npath = '**/routes.py'\nreason = 'bought'\nexpires = 2030-03-17",
            &[NOTICE],
        ),
        (
            "[[exceptions]]\nlicense = 'GPL-3.0-or-later'\npath = 'tests'\nreason = 'bought'",
            &["warning policy-unused birthmark.toml", INCOMPATIBLE, NOTICE],
        ),
        (
            "[[exceptions]]\nowner = 'pkg:generic/gridroute'\nreason = 'bought'\nexpires = 2030-03-16",
            &["warning policy-unused birthmark.toml", INCOMPATIBLE, NOTICE],
        ),
        ("owned = ['pkg:generic/gridroute']", &[NOTICE]),
        (
            "owned = ['pkg:generic/gridroute', 'pkg:pypi/nothing']\n[severity]\npolicy-unused = 'info'",
            &["info policy-unused birthmark.toml", NOTICE],
        ),
    ] {
        let project = configured(policy);
        let (found, _) = findings(project.path(), &[]);
        assert_eq!(found, expected, "{policy}");
    }
}

#[test]
fn exceptions_are_visible_with_their_reason_and_day() {
    let project =
        configured("[[exceptions]]\npath = 'src'\nreason = 'contract 17'\nexpires = '2031-01-01'");
    let (_, report) = findings(project.path(), &[]);
    let reason = report["matches"][0]["verdict"]["reason"].as_str().expect("a reason");
    assert!(
        reason.contains("\"contract 17\" (until 2031-01-01); without that: GPL-3.0-or-later"),
        "{reason}"
    );
    let notes = report["notes"].to_string();
    assert!(notes.contains("2 matches are excepted in the configuration"), "{notes}");

    let project =
        configured("[[exceptions]]\npath = 'src/routes.py'\nreason = 'old'\nexpires = 2029-12-31");
    let (_, report) = findings(project.path(), &[]);
    let messages = report["findings"].to_string();
    assert!(
        messages.contains("the exception for src/routes.py expired after 2029-12-31"),
        "{messages}"
    );
    assert!(messages.contains("the exception for it expired after 2029-12-31"), "{messages}");
}

#[test]
fn what_decides_nothing_is_shown_where_it_stands_and_only_when_that_can_be_told() {
    let project = configured(
        "owned = ['pkg:pypi/one', 'pkg:pypi/two']\n\n[[exceptions]]\nowner = 'pkg:pypi/three'\nreason = 'x'\n",
    );
    let (_, report) = findings(project.path(), &[]);
    let unused: Vec<&Value> = report["findings"]
        .as_array()
        .expect("an array")
        .iter()
        .filter(|finding| finding["rule"] == "policy-unused")
        .collect();
    let places: Vec<(u64, u64)> = unused
        .iter()
        .map(|it| {
            let at = |key: &str| it["region"][key].as_u64().expect("a number");
            (at("start_line"), at("start_column"))
        })
        .collect();
    assert_eq!(places, [(3, 10), (3, 26), (5, 1)]);
    let ids: std::collections::HashSet<String> =
        unused.iter().map(|it| it["match"].to_string()).collect();
    assert_eq!(ids.len(), 3);

    for arguments in [
        &["src"][..],
        &["--index", INDEX],
        &["--threshold", "60"],
        &["--license", "MIT"],
        &["src/routes.py", "src/summary.py"],
    ] {
        let (found, _) = findings(project.path(), arguments);
        assert!(!found.iter().any(|it| it.contains("policy-unused")), "{arguments:?}: {found:?}");
    }
    let (found, _) = findings(&project.path().join("src"), &[".."]);
    assert_eq!(
        found.iter().filter(|it| it.contains("policy-unused ../birthmark.toml")).count(),
        3,
        "{found:?}"
    );
}

#[test]
fn a_licence_is_corrected_for_the_very_same_component() {
    let project = configured("");
    let (_, listed, _) = run(
        birthmark(project.path()).args(["index", "list", "--index", INDEX, "--format", "json"])
    );
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    let digest = listed["components"]
        .as_array()
        .expect("an array")
        .iter()
        .find(|it| it["purl"] == "pkg:generic/gridroute@1.4.0")
        .and_then(|it| it["digest"].as_str())
        .expect("listed")
        .to_owned();
    let entry = |component: &str, digest: &str| {
        format!("[[clarify]]\ncomponent = '{component}'\nlicense = 'ISC'\ndigest = '{digest}'\n")
    };
    let clarified = configured(&entry("pkg:generic/gridroute@1.4.0", &digest));
    let (found, report) = findings(clarified.path(), &[]);
    assert_eq!(found, ["info attribution-missing src/routes.py", NOTICE]);
    assert_eq!(report["matches"][0]["owners"][0]["license"]["expression"], "ISC");

    let other = format!("blake3:{}", "0".repeat(64));
    for (component, digest, says) in [
        ("pkg:generic/gridroute@1.4.0", other.as_str(), "has the digest blake3:"),
        (
            "pkg:generic/gridroute@9",
            digest.as_str(),
            "no index in use holds pkg:generic/gridroute@9",
        ),
    ] {
        let stale = configured(&entry(component, digest));
        let (found, report) = findings(stale.path(), &[]);
        assert_eq!(found[0], "warning policy-unused birthmark.toml");
        let message = report["findings"][0]["message"].as_str().expect("a message");
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn problems_are_shown_under_their_line() {
    let zeros = "0".repeat(64);
    let unversioned = format!(
        "[[clarify]]\ncomponent = 'pkg:pypi/x'\nlicense = 'MIT'\ndigest = 'blake3:{zeros}'"
    );
    for (policy, place, says) in [
        ("distribution = 'cloud'", "3:16", "`cloud` is not a way of distribution"),
        ("allow = 'MIT'", "3:9", "this is a string"),
        ("allow = ['MIT', 'GPL']", "3:17", "not an SPDX licence expression"),
        ("deny = ['MIT OR ISC']", "3:9", "more than one licence"),
        ("review = ['GPL-2.0']", "3:11", "later versions"),
        ("[[exceptions]]\npath = 'src'", "3:1", "gives no reason"),
        ("[[exceptions]]\nreason = 'x'", "3:1", "says nothing of what it is for"),
        ("[[exceptions]]\npath = 'src'\nreason = ' '", "5:10", "the reason is empty"),
        ("[[exceptions]]\npath = 'src['\nreason = 'x'", "4:8", "not a glob"),
        ("[[exceptions]]\npath = 'src'\nreason = 'x'\nexpires = 'soon'", "6:11", "not a day"),
        (
            "[[exceptions]]\npath = 'src'\nreason = 'x'\nexpires = 2030-01-01T00:00:00Z",
            "6:11",
            "not a day",
        ),
        (
            "[[exceptions]]\npath = 'src'\nreason = 'x'\nuntil = 2030-01-01",
            "6:1",
            "unknown key `until`",
        ),
        ("exceptions = ['x']", "3:15", "this is a string"),
        ("[[clarify]]\ncomponent = 'pkg:pypi/x@1'\nlicense = 'MIT'", "3:1", "lacks its `digest`"),
        (&unversioned, "4:13", "the version is missing"),
        ("[[clarify]]\ndigest = 'sha256:00'", "4:10", "not a digest"),
        ("[severity]\nlicence-review = 'error'", "4:1", "did you mean `license-review`?"),
        ("[severity]\nlicense-review = 'fatal'", "4:18", "`fatal` is not a severity"),
        ("severity = 3", "3:12", "this is an integer"),
    ] {
        let project = configured(policy);
        let (code, out, err) = run(birthmark(project.path()).arg("scan"));
        assert_eq!((code, out.as_str()), (2, ""), "{policy}");
        assert!(err.contains(says), "{policy}: {err}");
        assert!(err.contains(&format!("birthmark.toml:{place}")), "{policy}: {err}");
    }
}
