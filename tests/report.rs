//! How reports are drawn: for people, compared with what they should read; for programs, validated
//! by the schema.

#[path = "report/bills.rs"]
mod bills;
#[path = "report/formats.rs"]
mod formats;

use birthmark::engine::evidence::{Expected, Preset, Strength};
use birthmark::engine::matcher::{CopyKind, Evidence, Owner};
use birthmark::judgement::finding::{
    Decision, Direction, Finding, IndexProvenance, MatrixProvenance, Note, NoteKind, Provenance,
    Reference, Report, Rule, Severity, Silenced, Silencer, Summary, Taking, Verdict,
};
use birthmark::license::{LearnedFrom, LicenseExpression, LicenseFact, MatrixSource, Precision};
use birthmark::report::SourceFacts;
use birthmark::report::json;
use birthmark::report::text::{self, Frame, Links, References, TextSettings};
use birthmark::text::language::{Family, Language};
use birthmark::text::source::SourceFile;
use birthmark::text::span::{LineRange, Region};
use serde_json::Value;

fn license(expression: &str, learned_from: LearnedFrom) -> LicenseFact {
    let (expression, _) = LicenseExpression::parse(expression).expect("valid");
    LicenseFact {
        expression: Some(expression),
        declared: String::new(),
        precision: Precision::Exact,
        learned_from,
    }
}

fn owner(purl: &str, path: &str, license: LicenseFact) -> Owner {
    Owner {
        purl: purl.parse().expect("a purl"),
        versions: Vec::new(),
        path: path.to_owned(),
        lines: LineRange { first: 14, last: 66 },
        license,
        bits: 311.5,
        share: 0.25,
        vendored: false,
        published: None,
        depends_on: [].into(),
        vendored_packages: [].into(),
        copyright: None,
    }
}

fn reference(path: &str, line: u32, decision: Decision, owners: Vec<Owner>) -> Reference {
    Reference {
        id: format!("{line:08x}{:08x}", path.len()),
        path: path.to_owned(),
        region: Region { start_line: line, start_column: 1, end_line: line + 40, end_column: 16 },
        cells: None,
        added: Default::default(),
        kind: CopyKind::Edited,
        evidence: Evidence {
            bits: 307.4,
            structure: 210.0,
            names: 88.0,
            literals: 21.4,
            penalties: -7.0,
            calibration: -5.0,
            matched_tokens: 241,
            packages: owners.len() as u32,
            ..Evidence::default()
        },
        strength: Strength::Substantial,
        expected_by_chance: Expected { matches: 0.0234, lines: 12_000 },
        owners,
        outbound: license("MIT", LearnedFrom::Metadata),
        verdict: Verdict {
            decision,
            reason: "OSADL matrix, MIT <- GPL-3.0-or-later: No".to_owned(),
            remedies: vec!["Write it anew.".to_owned(), "Ask the owner.".to_owned()],
        },
        direction: Default::default(),
        declared: None,
        accepted: None,
    }
}

fn finding(reference: &Reference, rule: Rule, severity: Severity) -> Finding {
    Finding {
        rule,
        severity,
        weak: false,
        reference: reference.id.clone(),
        path: reference.path.clone(),
        region: reference.region,
        cells: reference.cells,
        added: reference.added.clone(),
        message: "a message for programs".to_owned(),
        remedies: reference.verdict.remedies.clone(),
    }
}

fn note(path: Option<&str>, kind: NoteKind, message: &str) -> Note {
    Note { path: path.map(str::to_owned), kind, message: message.to_owned() }
}

fn empty() -> Report {
    Report {
        references: Vec::new(),
        findings: Vec::new(),
        accepted: Vec::new(),
        silenced: Vec::new(),
        notes: Vec::new(),
        summary: Summary { files_scanned: 1, lines_scanned: 10, ..Summary::default() },
        provenance: Provenance {
            change: None,
            organisation: None,
            version: "0.1.0".to_owned(),
            indexes: vec![IndexProvenance {
                name: "starter".to_owned(),
                digest: "3f".repeat(32),
                components: 412,
                documents: 38_000,
                lines: 9_100_000,
            }],
            idioms: Vec::new(),
            preset: Some(Preset::Default),
            thresholds: vec![(Family::from_name("python").expect("a family"), 68.0)],
            project_license: LicenseFact::unknown(),
            given_license: None,
            matrix: MatrixProvenance {
                date: "2024-11-04".to_owned(),
                source: MatrixSource::BuiltIn,
            },
        },
    }
}

/// Matches of each kind, with those that need attention first.
fn references() -> Vec<Reference> {
    let gpl = || license("GPL-3.0-or-later", LearnedFrom::FileHeader);
    let incompatible = reference(
        "src/routes.py",
        36,
        Decision::Incompatible,
        vec![
            owner("pkg:generic/gridroute@1.4.0", "gridroute/planner.py", gpl()),
            owner("pkg:generic/fork@2.0.0", "fork/planner.py", gpl()),
        ],
    );
    let unknown = reference(
        "src/routes.py",
        90,
        Decision::Unknown,
        vec![owner(
            "pkg:pypi/nobody@1",
            "n.py",
            LicenseFact {
                expression: None,
                declared: "see website".to_owned(),
                precision: Precision::Imprecise,
                learned_from: LearnedFrom::Metadata,
            },
        )],
    );
    let mut references = vec![incompatible, unknown];
    for line in [1, 50, 100, 150, 200] {
        let mit = license("MIT", LearnedFrom::LicenseText);
        let plaintable = owner("pkg:generic/plaintable@0.9.2", "layout.py", mit);
        references.push(reference(
            "src/summary.py",
            line,
            Decision::AttributionNeeded,
            vec![plaintable],
        ));
    }
    let zlib = license("Zlib", LearnedFrom::Classifier);
    references.push(reference(
        "src/z.py",
        7,
        Decision::Compatible,
        vec![owner("pkg:pypi/free@1", "f.py", zlib)],
    ));
    references
}

/// One of everything.
fn full() -> Report {
    let references = references();
    let mut findings = vec![
        finding(&references[0], Rule::LicenseIncompatible, Severity::Error),
        finding(&references[1], Rule::LicenseUnknown, Severity::Warning),
    ];
    for notice in &references[2..7] {
        findings.push(finding(notice, Rule::AttributionMissing, Severity::Info));
    }
    let silenced = |by| Silenced {
        finding: finding(&references[1], Rule::LicenseReview, Severity::Warning),
        by,
    };
    let comment = Silencer::Comment { line: 12, reason: "agreed with the owner".to_owned() };
    let silenced = vec![silenced(Silencer::Baseline), silenced(comment)];
    Report {
        references,
        findings,
        silenced,
        notes: vec![
            note(None, NoteKind::Limit, "stopped at 100 candidates"),
            note(Some("a.py"), NoteKind::Skipped, "larger than 1 MiB"),
            note(Some("b.py"), NoteKind::Skipped, "binary"),
            note(Some("c.py"), NoteKind::Skipped, "binary"),
            note(Some("d.py"), NoteKind::Partial, "the last 3 lines cannot be read"),
            note(Some("e.py"), NoteKind::Failed, "permission denied"),
        ],
        summary: Summary {
            files_scanned: 3,
            files_skipped: 3,
            files_failed: 1,
            lines_scanned: 12_345,
            references: 8,
            findings: [5, 1, 1],
        },
        ..empty()
    }
}

fn settings(references: References, frame: Frame) -> TextSettings {
    TextSettings { references, frame, width: None, links: Links::Absent }
}

fn drawn(report: &Report, references: References, frame: Frame) -> String {
    let mut painted = Vec::new();
    text::write(report, &SourceFacts::default(), settings(references, frame), &mut painted)
        .expect("written");
    let plain = anstream::adapter::strip_bytes(&painted).into_vec();
    String::from_utf8(plain).expect("UTF-8")
}

#[test]
fn people_read_what_whose_why_and_what_to_do() {
    let expected = "\
src/routes.py under MIT (from the package's metadata)
  error[license-incompatible]: edited copy of GPL-3.0-or-later code, which may not stand under MIT
   --> src/routes.py:36:1-76:16  00000024
       from     pkg:generic/gridroute@1.4.0 gridroute/planner.py:14-66 (+ 1 more owner)
       licence  GPL-3.0-or-later (from the file's header)
       evidence 307 bits in 241 tokens, held by 2 packages
       strength substantial: about 0.023 such matches are expected by chance in a project of 12,000 lines
       why      OSADL matrix, MIT <- GPL-3.0-or-later: No
       fix      Write it anew.
       or       Ask the owner.
       no copy? birthmark accept 00000024 --reason 'why it is none'

  warning[license-unknown]: edited copy of code under an unknown licence in a file under MIT
   --> src/routes.py:90:1-130:16  0000005a
       from     pkg:pypi/nobody@1 n.py:14-66
       licence  an unknown licence, declared as `see website` (from the package's metadata)
       evidence 307 bits in 241 tokens
       strength substantial: about 0.023 such matches are expected by chance in a project of 12,000 lines
       why      OSADL matrix, MIT <- GPL-3.0-or-later: No
       fix      as for 00000024
       no copy? birthmark accept 0000005a --reason 'why it is none'

Allowed, if the notice of the origin is kept
  pkg:generic/plaintable@0.9.2 MIT
   --> src/summary.py:1:1-41:16  00000001
   --> src/summary.py:50:1-90:16  00000032
   --> src/summary.py:100:1-140:16  00000064
       + 2 more places

skipped: a.py: larger than 1 MiB
skipped: b.py: binary
skipped: c.py: binary
checked in part: d.py: the last 3 lines cannot be read
failed: e.py: permission denied

Found 1 error, 1 warning, 5 notices; 1 file could not be checked
checked  3 files, 12,345 lines; 8 matches (1 incompatible, 1 unknown, 5 to attribute, 1 compatible)
silenced 2 findings: 1 by comments, 1 by the baseline
skipped  3 files: 2 binary, 1 larger than 1 MiB
against  index starter (412 components, 38,000 documents, 9,100,000 lines, 3f3f3f3f3f3f)
from     68 bits of evidence on (preset default)
chance   about 0.037 substantial matches are expected in 12,345 unrelated lines
A match is evidence, not proof, and none of this is legal advice.
";
    assert_eq!(drawn(&full(), References::Findings, Frame::Full), expected);
}

#[test]
fn the_strongest_finding_comes_first() {
    let mut report = full();
    let order = |report: &Report| {
        let text = drawn(report, References::Findings, Frame::Full);
        let heads =
            text.lines().filter(|line| line.contains("warning[") || line.contains("error["));
        heads
            .map(|line| line.trim_start().split('[').next().expect("one").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(order(&report), ["error", "warning"]);
    // In the order of lines the warning stands first now; an error goes before it all the same.
    report.references.reverse();
    assert_eq!(order(&report), ["error", "warning"]);
}

#[test]
fn a_finding_shows_the_code_it_is_about() {
    let report = full();
    let code = |line: u32| match line {
        36 => "def plan(\u{1b}[2J\u{202e}):\n".to_owned(),
        line => format!("\tstep({line})\n"),
    };
    let text: String = (1..=200).map(code).collect();
    let language = Language::from_name("python").expect("known");
    let source = SourceFile::new("src/routes.py", language, text.into_bytes());
    let mut facts = SourceFacts::default();
    let (findings, references): (Vec<_>, Vec<_>) =
        (report.findings.iter().collect(), report.references.iter().collect());
    facts.learn(&source, &findings, &references);
    let mut painted = Vec::new();
    text::write(&report, &facts, settings(References::Findings, Frame::Full), &mut painted)
        .expect("written");
    let text =
        String::from_utf8(anstream::adapter::strip_bytes(&painted).into_vec()).expect("UTF-8");
    let expected = "\
   --> src/routes.py:36:1-76:16  00000024
     36 | def plan(\\u{1b}[2J\\u{202e}):
     37 |     step(37)
     38 |     step(38)
     39 |     step(39)
     40 |     step(40)
    ... | 34 more lines
     75 |     step(75)
     76 |     step(76)
       from     pkg:generic/gridroute";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn prose_is_wrapped_to_the_terminal_and_commands_are_not() {
    let mut report = full();
    for reference in &mut report.references {
        reference.verdict.reason = "because of so many words ".repeat(12);
    }
    let mut painted = Vec::new();
    let narrow = TextSettings { width: Some(60), ..settings(References::Findings, Frame::Full) };
    text::write(&report, &SourceFacts::default(), narrow, &mut painted).expect("written");
    let text =
        String::from_utf8(anstream::adapter::strip_bytes(&painted).into_vec()).expect("UTF-8");
    let why: Vec<&str> = text.lines().filter(|line| line.contains("so many words")).collect();
    assert!(why.len() >= 12 && why.iter().all(|line| line.len() <= 60), "{text}");
    assert!(why[0].starts_with("       why      because"), "{text}");
    assert!(why[1].starts_with("                "), "{text}");
    assert!(text.contains("birthmark accept 00000024 --reason 'why it is none'\n"), "{text}");
}

#[test]
fn a_package_links_to_its_page_where_the_terminal_has_links() {
    let mut painted = Vec::new();
    let linked =
        TextSettings { links: Links::Shown, ..settings(References::Findings, Frame::Full) };
    text::write(&full(), &SourceFacts::default(), linked, &mut painted).expect("written");
    let text = String::from_utf8(painted.clone()).expect("UTF-8");
    let opened = text.matches("\u{1b}]8;;https://").count();
    assert!(opened >= 1, "{text}");
    assert_eq!(text.matches("\u{1b}]8;;\u{1b}\\").count(), opened, "each link is closed");
    let plain = anstream::adapter::strip_bytes(&painted).into_vec();
    assert_eq!(
        String::from_utf8(plain).expect("UTF-8"),
        drawn(&full(), References::Findings, Frame::Full)
    );
}

#[test]
fn all_references_show_all_owners() {
    let text = drawn(&full(), References::All, Frame::Full);
    assert!(text.contains("or from  pkg:generic/fork@2.0.0"), "{text}");
    assert!(text.contains("match: edited copy of Zlib code"), "{text}");
    assert!(text.contains("limit reached: stopped at 100 candidates"), "{text}");
    assert_eq!(text.matches("info[attribution-missing]").count(), 5);
    assert!(!text.contains("more place"), "{text}");
}

#[test]
fn quiet_leaves_findings_and_failures() {
    let text = drawn(&full(), References::Findings, Frame::FindingsOnly);
    assert!(text.starts_with("src/routes.py"), "{text}");
    assert!(text.contains("failed: e.py"), "{text}");
    assert!(!text.contains("legal advice"), "{text}");
    assert!(!text.contains("limit reached"), "{text}");
    assert_eq!(drawn(&empty(), References::Findings, Frame::FindingsOnly), "");
}

#[test]
fn what_was_checked_in_part_is_not_clean() {
    let head = |notes: Vec<Note>, skipped: u64| {
        let mut report = Report { notes, ..empty() };
        report.summary.files_skipped = skipped;
        drawn(&report, References::Findings, Frame::Full)
    };
    let part = |path: &str| note(Some(path), NoteKind::Partial, "the parser gave up on lines 3-4");
    assert!(head(vec![], 0).contains("Nothing found that needs attention."));
    let one = head(vec![part("a.py"), part("a.py")], 0);
    assert!(one.contains("Nothing found, but 1 file checked only in part."), "{one}");
    let both = head(vec![part("a.py"), part("b.py")], 1);
    assert!(
        both.contains("Nothing found, but 1 file not checked, and 2 files only in part."),
        "{both}"
    );
}

#[test]
fn a_finding_without_its_reference_is_not_lost() {
    let mut report = full();
    report.references.clear();
    let text = drawn(&report, References::Findings, Frame::Full);
    // Those that fail are told one by one, the five notices by their rule.
    assert_eq!(text.matches("a message for programs").count(), 3, "{text}");
    assert_eq!(
        (text.matches("-->").count(), text.matches("+ 2 more places").count()),
        (5, 1),
        "{text}"
    );
    let all = drawn(&report, References::All, Frame::Full);
    assert_eq!((all.matches("-->").count(), all.matches("more place").count()), (7, 0), "{all}");
}

#[test]
fn text_from_outside_is_harmless() {
    let hostile = "::error file=x::\u{1b}[2J\u{202e}\n##[error]\u{9b}0m";
    let mut report = full();
    for reference in &mut report.references {
        reference.path = hostile.to_owned();
        reference.verdict.reason = hostile.to_owned();
        reference.verdict.remedies = vec![hostile.to_owned()];
        reference.outbound.declared = hostile.to_owned();
        for owner in &mut reference.owners {
            owner.path = hostile.to_owned();
            owner.license.declared = hostile.to_owned();
        }
    }
    for finding in &mut report.findings {
        finding.path = hostile.to_owned();
        finding.message = hostile.to_owned();
        finding.remedies = vec![hostile.to_owned()];
    }
    for note in &mut report.notes {
        note.message = hostile.to_owned();
        note.path = note.path.is_some().then(|| hostile.to_owned());
    }
    report.provenance.indexes[0].name = hostile.to_owned();
    report.provenance.indexes[0].digest = hostile.to_owned();
    for references in [References::Findings, References::All] {
        let mut painted = Vec::new();
        let frame = Frame::Full;
        let facts = SourceFacts::default();
        text::write(&report, &facts, settings(references, frame), &mut painted).expect("written");
        let painted = String::from_utf8(painted).expect("UTF-8");
        assert!(!painted.contains(['\u{202e}', '\u{9b}']));
        assert!(!painted.contains("\u{1b}[2J"));
        let plain = drawn(&report, references, frame);
        for line in plain.lines() {
            assert!(!line.trim_start().starts_with("::"), "{line}");
            assert!(!line.contains("##["), "{line}");
            assert!(!line.contains(char::is_control), "{line:?}");
        }
    }
    let mut data = Vec::new();
    json::write(&report, &mut data).expect("written");
    let data = String::from_utf8(data).expect("UTF-8");
    assert!(!data.contains(['\u{1b}', '\u{202e}', '\u{9b}']));
    let value: Value = serde_json::from_str(&data).expect("JSON");
    assert_eq!(value["matches"][0]["path"], hostile, "as data it is what it was");
}

fn schema() -> jsonschema::Validator {
    let schema = include_str!("../docs/report.schema.json");
    let schema: Value = serde_json::from_str(schema).expect("JSON");
    jsonschema::draft202012::new(&schema).expect("a schema")
}

fn as_json(report: &Report) -> Value {
    let mut data = Vec::new();
    json::write(report, &mut data).expect("written");
    assert_eq!(data.last(), Some(&b'\n'));
    serde_json::from_slice(&data).expect("JSON")
}

#[test]
fn json_follows_the_schema() {
    let mut nameless = full();
    nameless.references[0].owners[0].purl = "pkg:generic/x".parse().expect("a purl");
    nameless.provenance.given_license = nameless.references[0].outbound.expression.clone();
    for report in [empty(), full(), nameless] {
        let value = as_json(&report);
        let errors: Vec<String> = schema()
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

/// Every enum value the program can write is one the schema knows.
#[test]
fn every_word_is_in_the_schema() {
    let mut report = full();
    let sample = report.references[0].clone();
    report.references.clear();
    for kind in [CopyKind::Verbatim, CopyKind::Reformatted, CopyKind::Renamed, CopyKind::Edited] {
        report.references.push(Reference { kind, ..sample.clone() });
    }
    report.references.push(Reference { strength: Strength::Weak, ..sample.clone() });
    report.provenance.preset = None;
    for decision in [Decision::Compatible, Decision::Review] {
        let mut reference = sample.clone();
        reference.verdict.decision = decision;
        report.references.push(reference);
    }
    for origin_takes in [None, Some(Taking::DependsOn), Some(Taking::Vendors)] {
        let direction = Direction { origin_takes, project_depends_on_origin: true };
        report.references.push(Reference { direction, ..sample.clone() });
    }
    for source in [
        LearnedFrom::Given,
        LearnedFrom::Metadata,
        LearnedFrom::Classifier,
        LearnedFrom::LicenseText,
        LearnedFrom::FileHeader,
        LearnedFrom::SideFile,
        LearnedFrom::Reuse,
        LearnedFrom::Nowhere,
    ] {
        report.references.push(Reference { outbound: license("MIT", source), ..sample.clone() });
    }
    for rule in Rule::ALL {
        report.findings.push(finding(&sample, rule, Severity::Info));
    }
    report.notes.push(note(None, NoteKind::Info, "a note"));
    assert!(schema().is_valid(&as_json(&report)));
}

#[test]
fn the_schema_refuses_damaged_documents() {
    let good = as_json(&full());
    let schema = schema();
    assert!(schema.is_valid(&good));
    for (pointer, damaged) in [
        ("/schema_version", Value::from(3)),
        ("/matches/0/kind", Value::from("copied")),
        ("/matches/0/owners", Value::Array(Vec::new())),
        ("/matches/0/region/start_line", Value::from(0)),
        ("/matches/0/evidence/penalties", Value::from(3)),
        ("/matches/0/owners/0/purl", Value::from("six")),
        ("/matches/0/owners/0/share", Value::from(1.5)),
        ("/matches/0/verdict/decision", Value::Null),
        ("/findings/0/severity", Value::from("Error")),
        ("/findings/0/rule", Value::from("LicenseIncompatible")),
        ("/notes/0/kind", Value::from("")),
        ("/summary/findings", Value::Array(Vec::new())),
        ("/provenance/indexes", Value::Array(Vec::new())),
        ("/provenance/indexes/0/digest", Value::from("short")),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).expect(pointer) = damaged;
        assert!(!schema.is_valid(&bad), "{pointer}");
    }
    for table in ["", "/matches/0", "/matches/0/owners/0", "/findings/0", "/summary"] {
        let keys = good.pointer(table).and_then(Value::as_object).expect(table);
        for key in keys.keys() {
            let mut bad = good.clone();
            let damaged = bad.pointer_mut(table).and_then(Value::as_object_mut);
            damaged.expect(table).remove(key);
            assert!(!schema.is_valid(&bad), "without {table}/{key}");
        }
        let mut bad = good.clone();
        bad.pointer_mut(table).expect(table)["surprise"] = Value::Null;
        assert!(!schema.is_valid(&bad), "{table} with a surprise");
    }
}

#[test]
fn the_exit_status_is_that_of_the_worst() {
    use birthmark::cli::ExitStatus;
    use birthmark::project::config::FailOn;

    let with = |severities: &[Severity]| {
        let sample = full().references[0].clone();
        let found = |&severity: &Severity| finding(&sample, Rule::LicenseReview, severity);
        Report { findings: severities.iter().map(found).collect(), ..empty() }
    };
    let all = [Severity::Info, Severity::Warning, Severity::Error];
    for (severities, fail_on, status) in [
        (&[][..], FailOn::Severity(Severity::Info), ExitStatus::Success),
        (&all[..1], FailOn::default(), ExitStatus::Success),
        (&all[..1], FailOn::Severity(Severity::Info), ExitStatus::Findings),
        (&all[..2], FailOn::default(), ExitStatus::Findings),
        (&all[..2], FailOn::Severity(Severity::Error), ExitStatus::Success),
        (&all[..], FailOn::Severity(Severity::Error), ExitStatus::Findings),
        (&all[..], FailOn::Never, ExitStatus::Success),
    ] {
        assert_eq!(
            ExitStatus::of(&with(severities), fail_on),
            status,
            "{severities:?} {fail_on:?}"
        );
    }
    let mut broken = with(&all);
    broken.notes = vec![note(Some("e.py"), NoteKind::Failed, "permission denied")];
    assert_eq!(ExitStatus::of(&broken, FailOn::Never), ExitStatus::Failure);
    broken.notes.clear();
    broken.summary.files_failed = 1;
    assert_eq!(ExitStatus::of(&broken, FailOn::Never), ExitStatus::Failure);
}
