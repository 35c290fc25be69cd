//! Declared provenance: what comments say of copied code, and what a scan makes of it.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{birthmark, project, run};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The copied function of the demo, under MIT, with lines put before and behind it.
fn copied(before: &str, behind: &str) -> String {
    let text = fs::read_to_string(Path::new(ROOT).join("examples/demo/parcelbot/summary.py"))
        .expect("readable");
    let start = text.find("def fit_columns").expect("the copy begins");
    let end = text.find("def trip_table").expect("the copy ends");
    [&text[..start], before, text[start..end].trim_end(), "\n", behind, "\n\n", &text[end..]]
        .concat()
}

/// Scans the copy as part of an MIT project.
fn scanned(text: &str, license: &str) -> (i32, Value) {
    let project = project(&[("summary.py", text)]);
    let index = Path::new(ROOT).join("fixtures/demo-index");
    let mut command = birthmark(project.path());
    command.args(["scan", "--format", "json", "--license", license, "--index"]).arg(index);
    let (code, out, err) = run(&mut command);
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}")))
}

/// Scans a project of files without a licence given for all of them.
fn scanned_files(files: &[(&str, &str)]) -> (i32, Value) {
    let project = project(files);
    let index = Path::new(ROOT).join("fixtures/demo-index");
    let (code, out, err) =
        run(birthmark(project.path()).args(["scan", "--format", "json", "--index"]).arg(index));
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}")))
}

#[test]
fn what_stands_beside_a_file_declares_it() {
    let code = copied("", "");
    let mit = fs::read_to_string(Path::new(ROOT).join("examples/demo/LICENSE")).expect("readable");
    let manifest = ("pyproject.toml", "[project]\nname = \"x\"\nlicense = \"Apache-2.0\"\n");
    let tag = |license: &str| format!("{} {license}\n", concat!("SPDX-License", "-Identifier:"));
    let side = |license: &str| {
        scanned_files(&[manifest, ("table.py", &code), ("table.py.license", &tag(license))])
    };
    let annotated = |license: &str| {
        let reuse = format!(
            "version = 1\n[[annotations]]\npath = \"table.py\"\nSPDX-FileCopyrightText = \"A\"\nSPDX-License{} = \"{license}\"\n",
            "-Identifier"
        );
        scanned_files(&[manifest, ("table.py", &code), ("REUSE.toml", &reuse)])
    };
    let vendored =
        scanned_files(&[manifest, ("_vendor/table.py", &code), ("_vendor/LICENSE", &mit)]);
    for (what, (_, report)) in
        [("side file", side("MIT")), ("REUSE.toml", annotated("MIT")), ("folder", vendored)]
    {
        assert_eq!(rules(&report), Vec::<&str>::new(), "{what}: {}", report["matches"][0]);
        assert_eq!(report["matches"][0]["declared"]["by"], "beside", "{what}");
    }
    for (what, (_, report)) in
        [("side file", side("BSD-3-Clause")), ("REUSE.toml", annotated("BSD-3-Clause"))]
    {
        assert_eq!(rules(&report), ["declaration-mismatch"], "{what}: {}", report["matches"][0]);
    }
    // The project's own licence is no statement of where code comes from.
    let (_, report) = side("Apache-2.0");
    assert_eq!(rules(&report), ["attribution-missing"], "{}", report["matches"][0]);
}

fn rules(report: &Value) -> Vec<&str> {
    report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter_map(|it| it["rule"].as_str())
        .collect()
}

const BEGIN: &str = "# SPDX-SnippetBegin\n# SPDX-SnippetCopyrightText: Plaintable authors\n";
const END: &str = "# SPDX-SnippetEnd\n";

#[test]
fn what_is_declared_rightly_is_quiet() {
    for (before, behind) in [
        (format!("{BEGIN}# SPDX-License-Identifier: MIT\n"), END),
        ("# Adapted from pkg:generic/plaintable@0.9.0\n".to_owned(), ""),
        ("# Copied from https://github.com/someone/plaintable,\n# with changes.\n".to_owned(), ""),
    ] {
        let (code, report) = scanned(&copied(&before, behind), "MIT");
        assert_eq!((code, rules(&report)), (0, vec![]), "{before}");
        let declared = &report["matches"][0]["declared"];
        assert_eq!(declared["agrees_with"], "pkg:generic/plaintable@0.9.2", "{before}: {declared}");
        assert_eq!(report["matches"][0]["verdict"]["decision"], "attribution-needed");
    }
}

#[test]
fn what_is_declared_wrongly_is_a_finding() {
    for (before, behind, part) in [
        (
            format!("{BEGIN}# SPDX-License-Identifier: BSD-3-Clause\n"),
            END,
            "declared under BSD-3-Clause",
        ),
        (
            format!("{BEGIN}# SPDX-License-Identifier: Nobody knows\n"),
            END,
            "`Nobody knows`, cannot be read",
        ),
        (
            "# Adapted from https://github.com/psf/requests\n".to_owned(),
            "",
            "coming from https://github.com/psf/requests",
        ),
    ] {
        let (code, report) = scanned(&copied(&before, behind), "MIT");
        assert_eq!((code, rules(&report)), (1, vec!["declaration-mismatch"]), "{before}");
        let message = report["findings"][0]["message"].as_str().expect("a message");
        assert!(message.contains(part), "{message}");
        assert!(
            report["findings"][0]["remedies"][0].as_str().expect("a remedy").contains("on line"),
            "{report}"
        );
    }
}

#[test]
fn a_declaration_permits_nothing() {
    let declared = copied(&format!("{BEGIN}# SPDX-License-Identifier: MIT\n"), END);
    let (_, report) = scanned(&declared, "LicenseRef-Own");
    assert_eq!(rules(&report), ["license-review"]);
    assert_eq!(report["matches"][0]["declared"]["by"], "snippet");
}

#[test]
fn strings_and_far_comments_declare_nothing() {
    let in_string =
        "TAGS = '''\n# SPDX-SnippetBegin\n# SPDX-License-Identifier: BSD-3-Clause\n'''\n";
    let far = "# Adapted from https://github.com/psf/requests\nWIDE = 8\n\n\n\n\n\n\n";
    for before in [in_string, far, ""] {
        let (code, report) = scanned(&copied(before, ""), "MIT");
        assert_eq!((code, rules(&report)), (0, vec!["attribution-missing"]), "{before}");
        assert_eq!(report["matches"][0]["declared"], Value::Null, "{before}");
    }
}
