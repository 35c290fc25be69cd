//! Strength: a weak match is shown and fails nothing, a substantial one fails.

use std::path::Path;

use birthmark::engine::evidence::{Chance, Evidence, Preset, Strength};
use birthmark::engine::index::{Index, IndexName};
use birthmark::text::language::Family;
use serde_json::Value;

use super::{birthmark, project, run};

const PLANNER: &str = include_str!("../../fixtures/demo-components/gridroute/gridroute/planner.py");

/// Words of the fixture that no renaming touches.
const KEYWORDS: [&str; 9] = ["def", "for", "in", "while", "if", "and", "or", "continue", "return"];

/// A project that holds ever longer beginnings of a function with every name changed, and an index
/// that holds the original.
fn beginnings() -> tempfile::TempDir {
    let function = PLANNER.find("def plan_route").expect("in the fixture");
    let renamed = renamed(&PLANNER[function..]);
    let lines: Vec<&str> = renamed.lines().collect();
    let parts: Vec<(String, String)> = (4..24)
        .map(|length| (format!("app/part_{length:02}.py"), lines[..length].join("\n") + "\n"))
        .collect();
    let mut files: Vec<(&str, &str)> = vec![("lib/planner.py", PLANNER)];
    files.extend(parts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let project = project(&files);
    let add = [
        "index",
        "add",
        "lib",
        "--index",
        "ours",
        "--license",
        "GPL-3.0-or-later",
        "--purl",
        "pkg:pypi/gridroute@1",
    ];
    let (code, _, err) = run(birthmark(project.path()).args(add));
    assert_eq!(code, 0, "{err}");
    project
}

/// The text with a letter behind each word that is no keyword.
fn renamed(text: &str) -> String {
    let mut words = String::new();
    for piece in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        let (word, rest) =
            piece.split_at(piece.len() - piece.chars().last().map_or(0, char::len_utf8));
        words.push_str(word);
        if word.starts_with(|c: char| c.is_ascii_alphabetic()) && !KEYWORDS.contains(&word) {
            words.push('z');
        }
        words.push_str(rest);
    }
    words
}

fn scan(directory: &Path, path: &str, arguments: &[&str]) -> (i32, String) {
    // The shipped index is there for its model of ordinary code: to a small one everything is
    // surprising.
    let usual = ["scan", path, "--index", "ours", "--index", "starter", "--license", "MIT"];
    let (code, out, err) = run(birthmark(directory).args(usual).args(arguments));
    assert!(code < 2, "{err}");
    (code, out)
}

fn report(directory: &Path, path: &str, arguments: &[&str]) -> Value {
    let (_, out) = scan(directory, path, &[&["--format", "json"], arguments].concat());
    serde_json::from_str(&out).expect("JSON")
}

/// The strongest weak match and the weakest substantial one, by their paths.
fn weak_and_substantial(directory: &Path) -> [String; 2] {
    let report = report(directory, "app", &["--threshold", "20"]);
    let matches = report["matches"].as_array().expect("an array");
    ["weak", "substantial"].map(|strength| {
        let of_it = matches.iter().find(|found| found["strength"] == strength);
        let found = of_it.unwrap_or_else(|| panic!("no {strength} match: {report:#}"));
        found["path"].as_str().expect("a path").to_owned()
    })
}

#[test]
fn only_a_substantial_match_fails() {
    let project = beginnings();
    let here = project.path();
    let [weak, substantial] = weak_and_substantial(here);
    let threshold = ["--threshold", "20"];

    let (code, text) = scan(here, &weak, &threshold);
    assert_eq!(code, 0, "{text}");
    for said in [
        "Weak matches (they do not fail the run)",
        "info[license-incompatible]: weak match with GPL-3.0-or-later code",
        "strength weak: about ",
        "dismiss it by a comment above it: birthmark: ignore[license-incompatible] reason=\"no copy\"",
        "Found 1 weak match",
    ] {
        assert!(text.contains(said), "{said:?} is not in\n{text}");
    }
    let (code, text) = scan(here, &substantial, &threshold);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("error[license-incompatible]") && !text.contains("Weak matches"),
        "{text}"
    );
    assert!(text.contains("strength substantial: "), "{text}");

    let finding = &report(here, &weak, &threshold)["findings"][0];
    assert_eq!(finding["severity"], "info");
    let (code, _) = scan(here, &weak, &["--threshold", "20", "--fail-on", "info"]);
    assert_eq!(code, 1, "who asks for it hears of every notice");
}

#[test]
fn a_stub_is_compared_with_stubs_alone() {
    let project = beginnings();
    let here = project.path();
    let whole = std::fs::read_to_string(here.join("lib/planner.py")).expect("readable");
    let number = |report: &Value| report["matches"].as_array().expect("an array").len();
    for (name, matches) in [("app/whole.py", 1), ("app/whole.pyi", 0)] {
        std::fs::write(here.join(name), &whole).expect("written");
        assert_eq!(number(&report(here, name, &[])), matches, "{name}");
    }
    std::fs::rename(here.join("lib/planner.py"), here.join("lib/planner.pyi")).expect("renamed");
    let add = ["index", "add", "lib", "--index", "stubs", "--license", "MIT"];
    let purl = ["--purl", "pkg:pypi/gridroute-stubs@1"];
    let (code, _, err) = run(birthmark(here).args(add).args(purl));
    assert_eq!(code, 0, "{err}");
    let found = report(here, "app/whole.pyi", &["--index", "stubs"]);
    assert_eq!(number(&found), 1);
    assert_eq!(found["matches"][0]["owners"].as_array().map(Vec::len), Some(1), "{found:#}");
}

#[test]
fn the_configuration_makes_weak_matches_fail() {
    let project = beginnings();
    let here = project.path();
    let [weak, _] = weak_and_substantial(here);
    std::fs::write(here.join("birthmark.toml"), "fail-on-weak = true\nthreshold = 20\n")
        .expect("written");
    let (code, text) = scan(here, &weak, &[]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("error[license-incompatible]: weak match with"), "{text}");
    std::fs::write(
        here.join("birthmark.toml"),
        "threshold = 20\n[severity]\nlicense-incompatible = 'warning'\n",
    )
    .expect("written");
    assert_eq!(scan(here, &weak, &[]).0, 0, "a severity of the rule is one of substantial matches");
}

#[test]
fn every_format_says_that_a_match_is_weak() {
    let project = beginnings();
    let here = project.path();
    let [weak, _] = weak_and_substantial(here);
    for (format, said) in [
        ("json", "\"strength\": \"weak\""),
        ("jsonl", "\"strength\":\"weak\""),
        ("sarif", "\"level\": \"note\""),
        ("sarif", "\"strength\": \"weak\""),
        ("github", "::notice "),
        ("gitlab", "\"severity\": \"info\""),
        ("markdown", "### Weak matches (they do not fail the run)"),
        ("html", "<h2>Weak matches (they do not fail the run)</h2>"),
        ("html", "weak: about "),
    ] {
        let (code, out) = scan(here, &weak, &["--threshold", "20", "--format", format]);
        assert_eq!(code, 0, "{format}");
        assert!(out.contains(said), "{format}: {said:?} is not in\n{out}");
    }
}

#[test]
fn a_comment_dismisses_a_weak_match() {
    let project = beginnings();
    let here = project.path();
    let [weak, _] = weak_and_substantial(here);
    let text = std::fs::read_to_string(here.join(&weak)).expect("readable");
    let comment = "# birthmark: ignore[license-incompatible] reason=\"no copy\"\n";
    std::fs::write(here.join(&weak), format!("{comment}{text}")).expect("written");
    let report = report(here, &weak, &["--threshold", "20"]);
    assert_eq!(report["findings"], Value::Array(Vec::new()));
    assert_eq!(report["silenced"].as_array().map(Vec::len), Some(1));
}

#[test]
fn strength_and_chance_follow_from_bits_and_the_sizes_of_index_and_project() {
    let project = beginnings();
    let scanned = report(project.path(), "app", &["--threshold", "20"]);
    let number = |value: &Value| value.as_f64().expect("a number");
    let ours = IndexName::Directory(project.path().join("ours"));
    let index = Index::open(&[ours, IndexName::Starter]).expect("whole");
    let python = Family::from_name("python").expect("a family");
    let chance = Chance::against(&index, python);
    let lines = scanned["summary"]["lines_scanned"].as_u64().expect("a number");
    for found in scanned["matches"].as_array().expect("an array") {
        let evidence = Evidence {
            bits: number(&found["evidence"]["bits"]) as f32,
            matched_tokens: number(&found["evidence"]["matched_tokens"]) as u32,
            ..Evidence::default()
        };
        let bits = evidence.bits_against_chance();
        let cut = Strength::substantial_bits(chance);
        let strength = if bits >= cut { "substantial" } else { "weak" };
        // Bits are rounded to hundredths in the report.
        if (bits - cut).abs() > 0.02 {
            assert_eq!(found["strength"], strength, "{bits} bits, from {cut}");
        }
        let expected = chance.expected_in_project(bits, lines).matches;
        let said = number(&found["evidence"]["expected_by_chance"]);
        assert!((said / expected - 1.0).abs() < 0.06, "{said} for {expected}");
    }
    let audited = report(project.path(), "app", &["--preset", "audit"]);
    let provenance = &audited["provenance"];
    assert_eq!(provenance["preset"], "audit");
    assert_eq!(
        number(&provenance["thresholds"]["python"]) as f32,
        Preset::Audit.threshold_bits(chance)
    );
}

/// A function of Swift, of which the starter index has no model.
const SWIFT: &str = "struct Ledger {
    func settle(accounts: [Account], upTo limit: Int) -> [Transfer] {
        var transfers: [Transfer] = []
        var creditors = accounts.filter { $0.balance > 0 }.sorted { $0.balance > $1.balance }
        var debtors = accounts.filter { $0.balance < 0 }.sorted { $0.balance < $1.balance }
        while let debtor = debtors.popLast(), transfers.count < limit {
            guard let creditor = creditors.popLast() else { break }
            let amount = min(creditor.balance, -debtor.balance)
            transfers.append(Transfer(from: debtor.name, to: creditor.name, amount: amount))
            if creditor.balance > amount {
                creditors.append(creditor.reduced(by: amount))
            }
            if -debtor.balance > amount {
                debtors.append(debtor.raised(by: amount))
            }
        }
        return transfers.isEmpty ? [Transfer.none] : transfers.reversed()
    }
}
";

#[test]
fn a_language_without_a_model_is_weighed_by_a_similar_one_and_needs_more_bits() {
    let renamed = SWIFT
        .replace("creditor", "giver")
        .replace("debtor", "taker")
        .replace("transfers", "moves")
        .replace("limit", "most")
        .replace("amount", "share");
    let project = project(&[("lib/ledger.swift", SWIFT), ("app/moves.swift", &renamed)]);
    let add = "index add lib --index ours --license GPL-3.0-or-later --purl pkg:generic/ledger@1";
    let (code, _, err) = run(birthmark(project.path()).args(add.split(' ')));
    assert_eq!(code, 0, "{err}");
    let found = report(project.path(), "app", &[]);
    let threshold = found["provenance"]["thresholds"]["swift"].as_f64().expect("a number");
    let own = f64::from(Preset::Default.threshold_bits(Chance::of(0)));
    assert!(threshold > own + 60.0, "{threshold} and {own}");
    let matches = found["matches"].as_array().expect("an array");
    assert_eq!(matches.len(), 1, "a renamed copy is found: {found:#}");
    assert!(matches[0]["evidence"]["bits"].as_f64().expect("a number") > threshold);
    let notes = found["notes"].to_string();
    assert!(notes.contains("without a model of ordinary code"), "{notes}");
}
