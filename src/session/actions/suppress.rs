//! A comment that silences a finding without changing the code.

use crate::judgement::finding::{Finding, Report};
use crate::project::walk::Review;
use crate::session::Checker;
use crate::text::source::SourceFile;
use crate::text::token::Tokenizer;

/// Plans a comment that silences a finding, above it or else behind its first line. Returns `None`
/// if neither silences it without changing the code.
pub(crate) fn plan_suppression(
    checker: &Checker,
    tokenizer: &mut Tokenizer,
    source: &SourceFile,
    (finding, reason): (&Finding, &str),
) -> Option<Insertion> {
    let reason: Vec<&str> = reason.split_whitespace().collect();
    // A quote would end the reason.
    let reason = reason.join(" ").replace('"', "'").replace('\\', "/");
    let mark = source.language().row().line_comment;
    let comment = format!("{mark} birthmark: ignore[{}] reason=\"{reason}\"", finding.rule.code());
    let line = finding.region.start_line;
    let places = [above(source, line, &comment), behind(source, line, &comment)];
    places.into_iter().find(|place| silences(checker, tokenizer, source, place, finding))
}

/// A text to insert.
pub(crate) struct Insertion {
    /// The byte.
    at: usize,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// The text.
    pub text: String,
}

fn above(source: &SourceFile, line: u32, comment: &str) -> Insertion {
    let text = String::from_utf8_lossy(source.line_text(line));
    let indent: String = text.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let line_break = if text.ends_with("\r\n") { "\r\n" } else { "\n" };
    let at = source.line_start(line) as usize;
    Insertion { at, line, column: 1, text: format!("{indent}{comment}{line_break}") }
}

fn behind(source: &SourceFile, line: u32, comment: &str) -> Insertion {
    let text = String::from_utf8_lossy(source.line_text(line)).into_owned();
    let kept = text.trim_end_matches(['\n', '\r']);
    let at = source.line_start(line) as usize + kept.len();
    Insertion { at, line, column: kept.chars().count() as u32 + 1, text: format!("  {comment}") }
}

fn silences(
    checker: &Checker,
    tokenizer: &mut Tokenizer,
    source: &SourceFile,
    edit: &Insertion,
    finding: &Finding,
) -> bool {
    let mut text = source.text().to_vec();
    let comment = edit.text.as_bytes();
    text.splice(edit.at..edit.at, comment.iter().copied());
    let edited = SourceFile::new(source.path(), source.language(), text);
    let (before, after) = (tokenizer.tokenize(source), tokenizer.tokenize(&edited));
    // Within a string of several lines the comment would be text.
    if before.classes() != after.classes() || before.names() != after.names() {
        return false;
    }
    let counted = |report: &Report| {
        let same =
            |other: &&Finding| other.reference == finding.reference && other.rule == finding.rule;
        report.findings.iter().filter(same).count()
    };
    // The same code may stand elsewhere in the file and keep its finding, so they are counted.
    let standing = counted(&checker.check(tokenizer, source, &Review::Whole));
    counted(&checker.check(tokenizer, &edited, &Review::Whole)) < standing
}
