//! Edits of a document that settle a reference: a declaration around it, a comment that silences
//! it.

use gen_lsp_types::{Position, Range, TextEdit};

use super::text::Encoding;
use crate::decisions::attribution::{AttributionSettings, Edit, PartlyStaged, Plan, project_root};
use crate::judgement::finding::{Finding, Reference, Report};
use crate::project::walk::{Content, Review, WalkedFile};
use crate::session::Checker;
use crate::text::source::SourceFile;
use crate::text::span::Region;
use crate::text::token::Tokenizer;

/// Plans the declaration of references in a text that may not be saved: the edits of the text, and
/// the files that go with it, texts of licences and notices.
///
/// # Errors
/// Why it cannot be.
pub fn attribution(
    checker: &Checker,
    source: &SourceFile,
    encoding: Encoding,
    references: &[&Reference],
) -> Result<(Vec<TextEdit>, Vec<Edit>), String> {
    let session = checker.session();
    let settings = AttributionSettings {
        root: project_root(session.place(), session.config().directory()),
        holder: None,
        // Whoever edits a file in an editor sees what becomes of it.
        partly_staged: PartlyStaged::Edit,
        walk: session.walk_settings(),
    };
    let mut file = WalkedFile::on_disk(source.path().into(), source.language());
    file.path = source.path().to_owned();
    file.content = Content::Held(source.text().into());
    let plan =
        Plan::of(references, &[file], &settings).map_err(|error| super::worker::told(&error))?;
    if let Some((_, unfit)) = plan.left.first() {
        return Err(unfit.to_string());
    }
    let (own, others): (Vec<Edit>, Vec<Edit>) =
        plan.edits.into_iter().partition(|edit| edit.path == source.path());
    let after = own.first().map_or(source.text(), |edit| edit.after.as_slice());
    Ok((changes(source, after, encoding), others))
}

/// The edits that make one text of another. Where only lines are added, nothing else is touched, so
/// that cursors and marks stay where they are.
fn changes(source: &SourceFile, after: &[u8], encoding: Encoding) -> Vec<TextEdit> {
    let wanted = SourceFile::new(source.path(), source.language(), after.to_vec());
    let mut edits: Vec<TextEdit> = Vec::new();
    let mut kept = 0;
    for line in 1..=wanted.line_count() {
        let text = wanted.line_text(line);
        if kept < source.line_count() && source.line_text(kept + 1) == text {
            kept += 1;
            continue;
        }
        let at = Position { line: kept, character: 0 };
        let new = String::from_utf8_lossy(text);
        match edits.last_mut().filter(|edit| edit.range.start == at) {
            Some(edit) => edit.new_text.push_str(&new),
            None => edits
                .push(TextEdit { range: Range { start: at, end: at }, new_text: new.into_owned() }),
        }
    }
    let ends_in_break = source.text().is_empty() || source.text().ends_with(b"\n");
    if kept == source.line_count() && ends_in_break {
        return edits;
    }
    let last = source.line_starts().len() as u32;
    let end = Region { start_line: 1, start_column: 1, end_line: last, end_column: u32::MAX };
    let new_text = String::from_utf8_lossy(after).into_owned();
    vec![TextEdit { range: encoding.range(source, end), new_text }]
}

/// Plans a comment that silences a finding, above it or else behind its first line: whichever does
/// so without changing the code.
///
/// # Errors
/// If neither does.
pub fn suppression(
    checker: &Checker,
    tokenizer: &mut Tokenizer,
    source: &SourceFile,
    encoding: Encoding,
    (finding, reason): (&Finding, &str),
) -> Result<Vec<TextEdit>, String> {
    let reason: Vec<&str> = reason.split_whitespace().collect();
    let reason = reason.join(" ").replace('"', "'").replace('\\', "/");
    let mark = source.language().row().line_comment;
    let comment = format!("{mark} birthmark: ignore[{}] reason=\"{reason}\"", finding.rule.code());
    let line = finding.region.start_line;
    for edit in [above(source, line, &comment), behind(source, line, &comment)] {
        if silences(checker, tokenizer, source, &edit, finding) {
            let column = edit.column;
            let place = Region {
                start_line: edit.line,
                start_column: column,
                end_line: edit.line,
                end_column: column,
            };
            return Ok(vec![TextEdit {
                range: encoding.range(source, place),
                new_text: edit.text,
            }]);
        }
    }
    Err("no comment would silence it without changing the code; write one by hand".to_owned())
}

/// Something to insert, by byte and by line and column.
struct Insertion {
    at: usize,
    line: u32,
    column: u32,
    text: String,
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
    if before.classes() != after.classes() || before.names() != after.names() {
        return false;
    }
    let counted = |report: &Report| {
        let same =
            |other: &&Finding| other.reference == finding.reference && other.rule == finding.rule;
        report.findings.iter().filter(same).count()
    };
    let standing = counted(&checker.check(tokenizer, source, &Review::Whole));
    counted(&checker.check(tokenizer, &edited, &Review::Whole)) < standing
}
