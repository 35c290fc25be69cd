//! Bills of materials and tables: the same matches as in the report, in the words of their readers.

use std::collections::BTreeMap;

use birthmark::judgement::finding::Report;
use birthmark::report::SourceFacts;
use birthmark::text::language::Language;
use birthmark::text::source::SourceFile;
use serde_json::Value;

use super::formats::{drawn, drawn_with, json};
use super::{empty, full};

/// The records of a table, each by the names of its columns.
fn records(report: &Report) -> Vec<BTreeMap<String, String>> {
    let text = drawn("csv", report);
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    let mut table = csv::Reader::from_reader(text.as_bytes());
    table.deserialize().map(|record| record.expect("a record")).collect()
}

#[test]
fn a_table_has_a_row_for_each_match() {
    let mut report = full();
    report.references[7].path = "=cmd()".to_owned();
    let rows = records(&report);
    let of_kind = |kind| rows.iter().filter(|row| row["row"] == kind).count();
    assert_eq!(of_kind("match"), report.references.len());
    assert_eq!((of_kind("not-checked"), of_kind("checked-in-part"), of_kind("failed")), (3, 1, 1));
    assert_eq!(rows.last().expect("some")["row"], "checked");
    let first = &rows[0];
    for (column, cell) in [
        ("rules", "license-incompatible"),
        ("severity", "error"),
        ("path", "src/routes.py"),
        ("start_line", "36"),
        ("end_line", "76"),
        ("kind", "edited"),
        ("bits", "307.4"),
        ("decision", "incompatible"),
        ("license", "MIT"),
        ("origin", "pkg:generic/gridroute@1.4.0"),
        ("origin_path", "gridroute/planner.py"),
        ("origin_start_line", "14"),
        ("origin_license", "GPL-3.0-or-later"),
        ("other_origins", "pkg:generic/fork@2.0.0"),
        ("remedies", "Write it anew. Ask the owner."),
    ] {
        assert_eq!(first[column], cell, "{column}");
    }
    assert_eq!(rows[1]["origin_license"], "see website");
    assert_eq!(
        rows[1]["silenced"],
        "by the baseline; by the comment on line 12: agreed with the owner"
    );
    assert_eq!(rows[7]["path"], "'=cmd()");
    assert_eq!(rows[7]["rules"], "", "nothing is the matter with it");
}

#[test]
fn a_test_fails_where_the_run_does() {
    let text = drawn("junit", &full());
    assert!(text.contains("tests=\"13\" failures=\"2\" errors=\"1\" skipped=\"4\""), "{text}");
    assert!(
        text.contains("<testcase classname=\"app&#x2f;src&#x2f;routes.py\" name=\"license-incompatible 00000024\" file=\"app&#x2f;src&#x2f;routes.py\" line=\"36\">"),
        "{text}"
    );
    assert!(
        text.contains("<failure type=\"error\" message=\"edited copy of GPL-3.0-or-later code")
    );
    let clean = drawn("junit", &empty());
    assert!(
        clean.contains("tests=\"1\" failures=\"0\""),
        "a file without tests is a broken one: {clean}"
    );
}

#[test]
fn a_bill_of_materials_is_the_same_in_both_versions() {
    let (mut new, mut old) = (json("cyclonedx", &full()), json("cyclonedx-1.6", &full()));
    assert_eq!(
        (new["specVersion"].as_str(), old["specVersion"].as_str()),
        (Some("1.7"), Some("1.6"))
    );
    for bom in [&mut new, &mut old] {
        bom["specVersion"].take();
        bom["$schema"].take();
    }
    assert_eq!(new, old);
}

#[test]
fn a_bill_of_materials_lists_each_origin_once() {
    let bom = json("cyclonedx", &full());
    let components = bom["components"].as_array().expect("components");
    let purls: Vec<&str> =
        components.iter().map(|component| component["purl"].as_str().expect("a purl")).collect();
    assert_eq!(purls.len(), 4);
    let plaintable =
        components.iter().find(|component| component["name"] == "plaintable").expect("listed");
    let occurrences = plaintable["evidence"]["occurrences"].as_array().expect("occurrences");
    assert_eq!(occurrences.len(), 5);
    assert_eq!(occurrences[1]["location"], "src/summary.py");
    assert_eq!(occurrences[1]["line"], 50);
    let context = occurrences[1]["additionalContext"].as_str().expect("a text");
    assert!(
        context.starts_with("lines 50-90, edited copy of layout.py:14-66, 307 bits"),
        "{context}"
    );
    let identity = &plaintable["evidence"]["identity"][0];
    assert_eq!(identity["methods"][0]["technique"], "ast-fingerprint");
    assert_eq!(plaintable["licenses"][0]["expression"], "MIT");
    assert_eq!(plaintable["evidence"]["licenses"][0]["expression"], "MIT", "as its text was seen");
    let gridroute =
        components.iter().find(|component| component["name"] == "gridroute").expect("listed");
    assert_eq!(gridroute["pedigree"]["ancestors"][0]["purl"], "pkg:generic/gridroute@1.4.0");
    assert_eq!(gridroute["pedigree"]["variants"][0]["purl"], "pkg:generic/fork@2.0.0");
    let nobody = components.iter().find(|component| component["name"] == "nobody").expect("listed");
    assert_eq!(nobody["licenses"][0]["license"]["name"], "see website");
}

/// Facts about the files of the report, as if each held 300 lines.
fn facts_of(report: &Report) -> SourceFacts {
    let mut facts = SourceFacts::default();
    for path in ["src/routes.py", "src/summary.py", "src/z.py"] {
        let of_path: Vec<_> =
            report.references.iter().filter(|reference| reference.path == path).collect();
        let language = Language::from_path("x.py".as_ref()).expect("known");
        let source =
            SourceFile::new(path, language, "0123456789abcdefghij\n".repeat(300).into_bytes());
        facts.learn(&source, &[], &of_path);
    }
    facts
}

#[test]
fn an_spdx_document_has_a_snippet_for_each_reference() {
    let report = full();
    let facts = facts_of(&report);
    let document: Value = serde_json::from_str(&drawn_with("spdx", &report, &facts)).expect("JSON");
    let array = |key: &str| document[key].as_array().expect("an array").clone();
    assert_eq!((array("snippets").len(), array("files").len(), array("packages").len()), (8, 3, 5));
    let begins_at = |snippet: &Value| snippet["ranges"][1]["startPointer"]["lineNumber"].as_u64();
    let first =
        array("snippets").into_iter().find(|snippet| begins_at(snippet) == Some(36)).expect("one");
    assert_eq!(first["ranges"][0]["startPointer"]["offset"], 35 * 21 + 1);
    assert_eq!(first["ranges"][0]["endPointer"]["offset"], 75 * 21 + 15, "the last byte of it");
    assert_eq!(first["ranges"][1]["endPointer"]["lineNumber"], 76);
    assert_eq!(first["licenseConcluded"], "GPL-3.0-or-later");
    let relations = array("relationships");
    let of = |kind: &str| {
        relations.iter().filter(|relation| relation["relationshipType"] == kind).count()
    };
    assert_eq!((of("DESCRIBES"), of("VARIANT_OF")), (4, 8));
    assert_eq!(document["creationInfo"]["created"], "2026-01-02T03:04:05Z");
    let without_facts = json("spdx", &report);
    assert_ne!(document["files"], without_facts["files"]);
    assert_eq!(
        document["documentNamespace"], without_facts["documentNamespace"],
        "named by what the report says"
    );
}

#[test]
fn both_documents_of_spdx_say_the_same() {
    let report = full();
    let facts = facts_of(&report);
    let new: Value = serde_json::from_str(&drawn_with("spdx3", &report, &facts)).expect("JSON");
    let graph = new["@graph"].as_array().expect("elements");
    let of =
        |kind: &str| graph.iter().filter(|element| element["type"] == kind).collect::<Vec<_>>();
    assert_eq!((of("software_Snippet").len(), of("software_File").len()), (8, 3));
    assert_eq!(of("software_Package").len(), 5, "the project and its origins");
    let old: Value = serde_json::from_str(&drawn_with("spdx", &report, &facts)).expect("JSON");
    for (new, old) in of("software_Snippet").iter().zip(old["snippets"].as_array().expect("some")) {
        assert_eq!((&new["name"], &new["comment"]), (&old["name"], &old["comment"]));
        let [bytes, lines] = [&old["ranges"][0], &old["ranges"][1]];
        assert_eq!(new["software_byteRange"]["beginIntegerRange"], bytes["startPointer"]["offset"]);
        assert_eq!(new["software_byteRange"]["endIntegerRange"], bytes["endPointer"]["offset"]);
        assert_eq!(new["software_lineRange"]["endIntegerRange"], lines["endPointer"]["lineNumber"]);
    }
    let listed = of("SpdxDocument")[0]["element"].as_array().expect("names").len();
    assert_eq!(listed, graph.len() - 2, "all but itself and the creation");
    let relations = of("Relationship");
    let variants: usize = relations
        .iter()
        .filter(|relation| relation["relationshipType"] == "hasVariant")
        .map(|relation| relation["to"].as_array().expect("variants").len())
        .sum();
    assert_eq!(variants, 8);
}
