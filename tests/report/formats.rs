//! The formats for other tools: what each must hold for its reader, and that nothing from outside
//! breaks out of it.

use std::collections::BTreeSet;

use birthmark::judgement::finding::{Decision, Finding, Report, Rule, Severity};
use birthmark::license::LearnedFrom;
use birthmark::project::config::FailOn;
use birthmark::report::forge::Forge;
use birthmark::report::html::{self, Run};
use birthmark::report::markdown::{self, Length};
use birthmark::report::text::{Frame, Links, References, TextSettings};
use birthmark::report::{Drawing, FORMATS, ReportFormat, Repository, SourceFacts};
use birthmark::text::language::Language;
use birthmark::text::source::SourceFile;
use birthmark::text::span::{LineSet, Region};
use serde_json::Value;

use super::{empty, finding, full, license, owner, reference};

/// Breaks out of a log, a terminal, a page, a link or a table that does not guard against it.
const HOSTILE: &str = "a::error file=x::%0A\u{1b}[2J\u{202e}\n##[error]<script>alert('1')</script>\"`|[x](javascript:y){0}&amp;@team.py";

pub(super) fn drawn(format: &str, report: &Report) -> String {
    drawn_with(format, report, &SourceFacts::default())
}

pub(super) fn drawn_with(format: &str, report: &Report, facts: &SourceFacts) -> String {
    let drawing = Drawing {
        report,
        explanations: &[],
        told: None,
        text: TextSettings {
            references: References::Findings,
            frame: Frame::Full,
            width: None,
            links: Links::Absent,
        },
        repository: &Repository { top: "/r".to_owned(), below: "app".to_owned() },
        facts,
        created: "2026-01-02T03:04:05Z",
        run: &Run {
            project: HOSTILE.to_owned(),
            commit: "1a2b3c4".to_owned(),
            date: "2026-01-02".to_owned(),
            command: format!("birthmark scan {HOSTILE}"),
            forge: None,
        },
        fail_on: FailOn::default(),
    };
    let mut drawn = Vec::new();
    ReportFormat::from_name(format).expect("known").write(&drawing, &mut drawn).expect("written");
    String::from_utf8(drawn).expect("UTF-8")
}

pub(super) fn json(format: &str, report: &Report) -> Value {
    serde_json::from_str(&drawn(format, report)).expect("JSON")
}

/// The report with everything from outside hostile.
fn hostile() -> Report {
    let mut report = full();
    for reference in &mut report.references {
        reference.path = HOSTILE.to_owned();
        reference.verdict.reason = HOSTILE.to_owned();
        reference.verdict.remedies = vec![HOSTILE.to_owned()];
        reference.outbound.declared = HOSTILE.to_owned();
        for owner in &mut reference.owners {
            owner.path = HOSTILE.to_owned();
            owner.license.declared = HOSTILE.to_owned();
        }
    }
    for finding in &mut report.findings {
        finding.path = HOSTILE.to_owned();
        finding.message = HOSTILE.to_owned();
        finding.remedies = vec![HOSTILE.to_owned()];
    }
    for note in &mut report.notes {
        note.message = HOSTILE.to_owned();
        note.path = note.path.is_some().then(|| HOSTILE.to_owned());
    }
    report.provenance.indexes[0].name = HOSTILE.to_owned();
    report
}

/// A report of so many findings, each worse than the one before.
fn many(severities: &[(Severity, u32)]) -> Report {
    let mut report = empty();
    for &(severity, number) in severities {
        for line in 1..=number {
            let gpl = license("GPL-3.0-or-later", LearnedFrom::FileHeader);
            let owners = vec![owner("pkg:pypi/x@1", "x.py", gpl)];
            let mut found = reference("a.py", line, Decision::Incompatible, owners);
            found.evidence.bits += line as f32;
            report.findings.push(finding(&found, Rule::LicenseIncompatible, severity));
            report.references.push(found);
        }
    }
    report
}

#[test]
fn every_format_is_harmless_to_terminals_and_logs() {
    for name in FORMATS.iter().map(|format| format.name) {
        let text = drawn(name, &hostile());
        assert!(!text.contains(['\u{202e}', '\u{9b}']), "{name}");
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert!(!text.contains("\u{1b}[2J"), "{name}");
        for line in plain.lines() {
            let of_ours = name == "github"
                && ["::error file=", "::warning file=", "::notice file="]
                    .iter()
                    .any(|ours| line.starts_with(ours));
            assert!(of_ours || !line.trim_start().starts_with("::"), "{name}: {line}");
            assert!(!line.contains(char::is_control), "{name}: {line:?}");
            let is_data = name == "json" || line.trim_start().starts_with(['"', '{']);
            assert!(is_data || !line.contains("##["), "{name}: {line}");
        }
    }
}

#[test]
fn a_clean_report_is_one_in_every_format() {
    for name in FORMATS.iter().map(|format| format.name) {
        let text = drawn(name, &empty());
        assert!(text.ends_with('\n'), "{name}");
        assert_eq!(text, drawn(name, &empty()), "{name} is always the same");
    }
    assert_eq!(drawn("gitlab", &empty()), "[]\n");
    assert_eq!(drawn("github", &empty()), "birthmark: nothing found that needs attention\n");
    assert_eq!(json("sarif", &empty())["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn lines_are_objects_of_the_report() {
    let schema: Value =
        serde_json::from_str(include_str!("../../docs/report-lines.schema.json")).expect("JSON");
    let referred: Value =
        serde_json::from_str(include_str!("../../docs/report.schema.json")).expect("JSON");
    let registry = jsonschema::Registry::new()
        .add("json-schema:///report.schema.json", referred)
        .and_then(|registry| registry.prepare())
        .expect("a schema");
    let schema = jsonschema::options().with_registry(&registry).build(&schema).expect("a schema");
    let text = drawn("jsonl", &full());
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    for line in &lines {
        assert!(
            schema.is_valid(line),
            "{line}: {:?}",
            schema.iter_errors(line).collect::<Vec<_>>()
        );
    }
    let kinds: Vec<&str> = ["match", "finding", "note"]
        .into_iter()
        .flat_map(|kind| {
            lines.iter().filter(move |line| line.get(kind).is_some()).map(move |_| kind)
        })
        .collect();
    assert_eq!(kinds.len() + 2, lines.len());
    assert_eq!(
        (lines[0]["schema_version"].as_u64(), lines[0]["provenance"].is_object()),
        (Some(2), true)
    );
    assert!(lines.last().expect("some")["summary"].is_object());
    assert!(!schema.is_valid(&serde_json::json!({ "match": lines[0]["provenance"] })));
}

#[test]
fn sarif_says_what_code_scanning_reads() {
    let mut report = full();
    report.findings[0].added = [36, 40, 41, 42, 43, 44, 50].into_iter().collect();
    let source = SourceFile::new(
        "src/routes.py",
        Language::from_path("x.py".as_ref()).expect("known"),
        "größe\n".repeat(150).into_bytes(),
    );
    let mut facts = SourceFacts::default();
    facts.learn(&source, &[&report.findings[0]], &[]);
    let log: Value = serde_json::from_str(&drawn_with("sarif", &report, &facts)).expect("JSON");
    let run = &log["runs"][0];
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(run["automationDetails"]["id"], "birthmark/scan/");
    assert!(run.get("originalUriBaseIds").is_none());
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), Rule::ALL.len());
    for rule in rules {
        assert!(
            rule["help"]["markdown"].as_str().expect("help").contains("What clears it"),
            "{rule}"
        );
        assert!(rule["properties"].get("security-severity").is_none());
        assert!(rule["properties"]["precision"].is_string());
    }
    let results = run["results"].as_array().expect("results");
    let (told, suppressed) = results.split_at(report.findings.len());
    assert!(told.iter().all(|result| result.get("suppressions").is_none()));
    let suppressions: Vec<&Value> =
        suppressed.iter().map(|result| &result["suppressions"][0]).collect();
    assert_eq!(suppressions.len(), report.silenced.len());
    assert_eq!(suppressions[0]["kind"], "external");
    assert_eq!(suppressions[1]["kind"], "inSource");
    assert_eq!(suppressions[1]["justification"], "agreed with the owner");
    for result in results {
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().expect("a URI");
        assert!(uri.starts_with("app/src/"), "{uri}");
        let position = |key: &str| place["region"][key].as_u64().expect("a position");
        let (start, end) = (position("startLine"), position("endLine"));
        assert!(start <= end && position("startColumn") > 0 && position("endColumn") > 0);
        let rule = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[rule]["id"], result["ruleId"]);
        assert!(result["partialFingerprints"]["birthmarkId/v1"].is_string());
    }
    let first = &results[0];
    let region =
        serde_json::json!({ "startLine": 40, "startColumn": 1, "endLine": 44, "endColumn": 6 });
    assert_eq!(
        first["locations"][0]["physicalLocation"]["region"], region,
        "the longest stretch that was added"
    );
    assert_eq!(first["properties"]["fullRegion"]["startLine"], 36);
    assert!(first["message"]["text"].as_str().expect("a text").contains("lines 36-76"));
    let hash = first["partialFingerprints"]["primaryLocationLineHash"].as_str().expect("a hash");
    assert!(hash.contains(':'), "{hash}");
    let failed = &run["invocations"][0];
    assert_eq!(failed["executionSuccessful"], false, "a file could not be checked");
    assert_eq!(
        failed["toolExecutionNotifications"].as_array().expect("notes").len(),
        report.notes.len()
    );
}

#[test]
fn sarif_relates_places_of_the_repository_alone() {
    let mut report = full();
    report.references[0].owners[0].purl =
        "pkg:github/acme/gridroute@v1.4.0".parse().expect("a purl");
    let log = json("sarif", &report);
    let results = log["runs"][0]["results"].as_array().expect("results");
    for location in results
        .iter()
        .flat_map(|result| result["relatedLocations"].as_array().expect("related places").iter())
    {
        let uri = &location["physicalLocation"]["artifactLocation"]["uri"];
        assert!(uri.as_str().expect("a URI").starts_with("app/src/"), "{location}");
    }
    let first = &results[0];
    let message = first["message"]["text"].as_str().expect("a text");
    let page = "https://github.com/acme/gridroute/blob/v1.4.0/gridroute/planner.py#L14-L66";
    let archive = "https://github.com/acme/gridroute/archive/v1.4.0.tar.gz";
    assert!(message.contains(&format!("[gridroute/planner.py:14-66]({page})")), "{message}");
    assert!(message.contains(&format!("[source archive]({archive})")), "{message}");
    let origin = &first["relatedLocations"][0]["logicalLocations"][0]["fullyQualifiedName"];
    assert_eq!(origin, "pkg:github/acme/gridroute@v1.4.0#gridroute/planner.py");
    let owner = &first["properties"]["owners"][0];
    assert_eq!(
        (owner["url"].as_str(), owner["sourceArchive"].as_str()),
        (Some(page), Some(archive))
    );
    let notice = &results[2];
    let text = notice["message"]["text"].as_str().expect("a text");
    let related = notice["relatedLocations"].as_array().expect("related places");
    assert_eq!(related.len(), 5, "itself and four others");
    for location in related {
        let link = format!("]({})", location["id"]);
        assert!(text.contains(&link), "{link}: {text}");
    }
}

#[test]
fn sarif_links_nowhere() {
    let text = drawn("sarif", &hostile());
    let log: Value = serde_json::from_str(&text).expect("JSON");
    for result in log["runs"][0]["results"].as_array().expect("results") {
        let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        let uri = uri.as_str().expect("a URI");
        assert!(!uri.contains([':', '<', ' ', '"', '[', '{']), "{uri}");
        let message = result["message"]["text"].as_str().expect("a text");
        assert!(!message.contains("[x]("), "{message}");
        if result.get("suppressions").is_none() {
            assert!(message.contains(r"\[x\](") && message.contains("{{0}}"), "{message}");
        }
    }
}

#[test]
fn sarif_holds_no_more_than_is_taken() {
    let report = many(&[(Severity::Info, 100), (Severity::Error, 25_000)]);
    let log = json("sarif", &report);
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 25_000);
    assert!(results.iter().all(|result| result["level"] == "error"), "the worst are kept");
    let notes = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(notes.contains("100 further findings"), "{notes}");
}

#[test]
fn every_format_names_what_was_not_checked() {
    for name in FORMATS.iter().map(|format| format.name) {
        let text = drawn(name, &full());
        for path in ["a.py", "b.py", "c.py", "d.py", "e.py"] {
            assert!(text.contains(path), "{name} does not name {path}: {text}");
        }
    }
}

#[test]
fn annotations_are_the_worst_ten_of_a_level() {
    let report = many(&[(Severity::Warning, 3), (Severity::Error, 14)]);
    let text = drawn("github", &report);
    let errors: Vec<&str> = text.lines().filter(|line| line.starts_with("::error ")).collect();
    assert_eq!(errors.len(), 10);
    assert!(
        errors[0]
            .starts_with("::error file=app/a.py,line=14,endLine=54,title=license-incompatible%3A "),
        "{text}"
    );
    assert!(
        errors[0].ends_with("::a message for programs%0AFix: Write it anew.%0AOr: Ask the owner."),
        "{text}"
    );
    assert_eq!(text.lines().filter(|line| line.starts_with("::warning ")).count(), 3);
    let last = text.lines().last().expect("a last line");
    assert_eq!(
        last,
        "birthmark: 14 errors, 3 warnings; 4 of them not annotated, since a step shows 10 of a level"
    );
}

#[test]
fn annotations_have_columns_within_a_line_only() {
    let mut report = many(&[(Severity::Error, 1)]);
    let region = Region { start_line: 3, start_column: 5, end_line: 3, end_column: 9 };
    (report.findings[0].region, report.references[0].region) = (region, region);
    let text = drawn("github", &report);
    assert!(text.contains("line=3,endLine=3,col=5,endColumn=9,title="), "{text}");
    let text = drawn("github", &full());
    assert!(!text.contains("col="), "{text}");
    assert!(
        text.starts_with("::error file=app/e.py,title=could not be checked::permission denied\n"),
        "{text}"
    );
}

#[test]
fn equal_copies_have_fingerprints_of_their_own() {
    let mut report = many(&[(Severity::Error, 2), (Severity::Warning, 1)]);
    for finding in &mut report.findings {
        finding.reference = "the same".to_owned();
    }
    let entries = json("gitlab", &report);
    let entries = entries.as_array().expect("an array");
    let fingerprints: BTreeSet<&str> =
        entries.iter().map(|entry| entry["fingerprint"].as_str().expect("a fingerprint")).collect();
    assert_eq!(fingerprints.len(), 3);
    report.findings[0].region.start_line = 700;
    let moved = json("gitlab", &report);
    assert_eq!(
        moved[0]["fingerprint"], entries[0]["fingerprint"],
        "lines move, the fingerprint stays"
    );
    let severities: Vec<&str> =
        entries.iter().map(|entry| entry["severity"].as_str().expect("one")).collect();
    assert_eq!(severities, ["critical", "critical", "major"]);
    assert_eq!(entries[0]["location"]["path"], "app/a.py");
    assert_eq!(entries[0]["check_name"], "license-incompatible");
}

#[test]
fn a_finding_about_no_reference_is_in_every_format() {
    let mut report = empty();
    report.findings.push(Finding {
        rule: Rule::PolicyUnused,
        severity: Severity::Warning,
        weak: false,
        reference: "0123456789abcdef".to_owned(),
        path: "birthmark.toml".to_owned(),
        region: Region { start_line: 3, start_column: 1, end_line: 3, end_column: 9 },
        cells: None,
        added: LineSet::default(),
        message: "this entry decided nothing".to_owned(),
        remedies: vec!["Remove it.".to_owned()],
    });
    report.summary.findings = [0, 1, 0];
    let without_findings = ["cyclonedx", "cyclonedx-1.6", "spdx", "spdx3"];
    let names = FORMATS.iter().map(|format| format.name);
    for name in names.filter(|name| !without_findings.contains(name)) {
        let text = drawn(name, &report);
        assert!(text.to_lowercase().contains("this entry decided nothing"), "{name}: {text}");
        assert!(text.contains("birthmark.toml"), "{name}: {text}");
    }
}

#[test]
fn markdown_is_read_as_it_was_meant() {
    let text = drawn("markdown", &full());
    for expected in [
        "**Found 1 error, 1 warning, 5 notices; 1 file could not be checked.** Checked 3 files with 12,345 lines",
        "#### error: edited copy of GPL-3.0-or-later code, which may not stand under MIT",
        "`src/routes.py:36-76` · `license-incompatible`",
        "From `pkg:generic/gridroute@1.4.0`, `gridroute/planner.py:14-66` and 1 more owner, under GPL-3.0-or-later",
        "- Fix: Write it anew.\n",
        "| `pkg:generic/plaintable@0.9.2` | MIT | `src/summary.py:1-41`<br>`src/summary.py:50-90`",
        "- could not be checked: `e.py`: permission denied",
        "none of this is legal advice",
    ] {
        assert!(text.contains(expected), "{expected}\n\n{text}");
    }
    let text = drawn("markdown", &hostile());
    let outside_of_code: String = text.split('`').step_by(2).collect();
    assert!(!outside_of_code.contains("<script"), "{text}");
    assert!(!outside_of_code.contains("[x]("), "{text}");
}

#[test]
fn a_change_is_named() {
    let mut report = full();
    report.provenance.change = Some("the staged change <b>".to_owned());
    for format in ["text", "markdown", "html"] {
        let text = drawn(format, &report);
        assert!(text.contains("only what touches its added lines is reported"), "{text}");
        assert!(text.contains("the staged change"), "{text}");
    }
}

#[test]
fn a_summary_keeps_its_length() {
    let report = many(&[(Severity::Error, 1000)]);
    let mut text = Vec::new();
    markdown::write(&report, &[], Length::Summary { bytes: 20_000 }, &mut text).expect("written");
    let text = String::from_utf8(text).expect("UTF-8");
    assert!(text.len() < 21_000, "{}", text.len());
    assert!(text.contains("further findings would not fit here."), "{text}");
    assert!(text.contains("legal advice"));
}

#[test]
fn the_page_is_one_of_its_own_and_nobody_elses() {
    let text = drawn("html", &hostile());
    let nonce = text
        .split("<style nonce=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a nonce");
    assert_eq!(nonce.len(), 32);
    assert!(text.contains(&format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'"
    )));
    assert_eq!(text.matches("<script").count(), 1, "its own");
    assert_eq!(text.matches("<style").count(), 1, "its own");
    for foreign in
        ["<img", "<link", "<iframe", "javascript:y\"", " src=", "http:", "@import", "url("]
    {
        assert!(!text.contains(foreign), "{foreign}");
    }
    let links = text.matches("<a href=\"https:").count();
    assert_eq!(
        text.matches("https:").count(),
        links,
        "links lead to the pages of origins, and nothing is fetched"
    );
    assert!(text.contains("&lt;script&gt;alert(&#x27;1&#x27;)"), "what was there is shown");
    let other = drawn("html", &full());
    assert!(!other.contains(nonce), "another body has another number");
}

#[test]
fn the_page_links_to_the_code_on_a_forge() {
    let forge = Forge::of("git@github.com:me/app.git", "0123456789abcdef", None).expect("one");
    let repository = Repository { top: "/r".to_owned(), below: "app".to_owned() };
    let run = Run { forge: Some((forge, repository)), ..Run::default() };
    let mut page = Vec::new();
    html::write(&full(), &[], &run, &mut page).expect("written");
    let page = String::from_utf8(page).expect("UTF-8").replace("&#x2f;", "/");
    let reference = &full().references[0];
    let (path, region) = (&reference.path, reference.region);
    let link = format!(
        "<a href=\"https://github.com/me/app/blob/0123456789abcdef/app/{path}#L{}-L{}\" rel=\"noopener noreferrer\">",
        region.start_line, region.end_line
    );
    assert!(page.contains(&link), "{link}: {page}");
    assert!(!drawn("html", &full()).contains("github.com"), "no remote, no link");
}

#[test]
fn the_page_shows_what_was_found_and_counts_it() {
    let text = drawn("html", &full()).replace("&#x2f;", "/");
    for expected in [
        "<title>birthmark: 1 error, 1 warning, 5 notices, 1 file not checked</title>",
        "data-key=\"license\" data-value=\"GPL-3.0-or-later\"",
        "data-key=\"owner\" data-value=\"pkg:generic/plaintable\"",
        "data-key=\"directory\" data-value=\"src\"",
        "data-key=\"kind\" data-value=\"edited\"",
        "<article class=\"item error\" id=\"r1\" data-decision=\"incompatible\"",
        "Edited copy of GPL-3.0-or-later code, which may not stand under MIT",
        "1 more package",
        "fork/planner.py:14-66",
        "permission denied",
        "none of this is legal advice",
    ] {
        assert!(text.contains(expected), "{expected}\n\n{text}");
    }
    assert_eq!(text.matches("<article").count(), full().references.len());
    let clean = drawn("html", &empty());
    assert!(clean.contains("Nothing found that needs attention"), "{clean}");
    assert!(!clean.contains("<form"), "nothing to filter");
}

#[test]
fn a_page_has_an_end() {
    let text = drawn("html", &many(&[(Severity::Error, 2_100)]));
    assert_eq!(text.matches("<article").count(), 2_000);
    assert!(text.contains("100 further matches are not on this page"));
}
