//! A project kept open: what it finds is what a scan finds, and it knows when it no longer is what
//! it was.

use std::path::Path;

use birthmark::judgement::finding::Report;
use birthmark::project::config::ConfigChoice;
use birthmark::project::walk::Review;
use birthmark::session::{Checker, Choices, Place};
use birthmark::text::language::Language;
use birthmark::text::source::SourceFile;
use birthmark::text::span::LineSet;
use birthmark::text::token::Tokenizer;

use super::{birthmark, project};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
const COPY: &str = include_str!("../../examples/demo/parcelbot/summary.py");

/// A project with an index of its own, under a licence that lets the copy stay with its notice.
fn with_index() -> tempfile::TempDir {
    let directory =
        project(&[("birthmark.toml", "license = \"MIT\"\nindex = [\".birthmark/index\"]\n")]);
    let source = Path::new(FIXTURES).join("demo-components/plaintable");
    birthmark(directory.path()).args(["index", "add"]).arg(source).assert().success();
    directory
}

fn place(directory: &Path) -> Place {
    let configured = ConfigChoice::Nearest(directory.to_owned());
    Place { directory: directory.to_owned(), configured, choices: Choices::default() }
}

fn check(checker: &Checker, directory: &Path, review: &Review) -> Report {
    let language = Language::from_name("python").expect("known");
    let path = directory.join("new.py").display().to_string();
    checker.check(&mut Tokenizer::new(), &SourceFile::new(path, language, COPY.into()), review)
}

#[test]
fn a_text_is_checked_where_it_would_stand() {
    let directory = with_index();
    let checker = place(directory.path()).open().expect("opens");
    let report = check(&checker, directory.path(), &Review::Whole);
    let [reference] = report.references.as_slice() else { panic!("{:?}", report.references) };
    assert_eq!(reference.outbound.expression.as_ref().expect("known").as_str(), "MIT");
    assert_eq!(report.findings.len(), 1);

    let elsewhere = LineSet::from_iter([1]);
    assert!(check(&checker, directory.path(), &Review::Lines(elsewhere)).references.is_empty());
    let inside = LineSet::from_iter([reference.region.start_line + 1]);
    assert_eq!(check(&checker, directory.path(), &Review::Lines(inside)).references.len(), 1);
}

#[test]
fn what_is_outdated_knows_it() {
    let directory = with_index();
    let checker = place(directory.path()).open().expect("opens");
    assert!(!checker.is_outdated());
    std::fs::write(directory.path().join("birthmark.toml"), "license = \"GPL-3.0-only\"\n")
        .expect("written");
    assert!(checker.is_outdated());

    let checker = place(directory.path()).open().expect("opens");
    assert!(!checker.is_outdated());
    std::fs::write(directory.path().join(".birthmark/baseline.json"), "").expect("written");
    assert!(checker.is_outdated());
}
