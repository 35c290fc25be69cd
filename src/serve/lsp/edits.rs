//! Edits of a document that settle a reference: a declaration around it, a comment that silences
//! it.

use gen_lsp_types::{Position, Range, TextEdit};

use super::text::Encoding;
use crate::decisions::attribution::{Edit, PartlyStaged, WeakEvidence};
use crate::judgement::finding::{Finding, Reference};
use crate::project::walk::{Content, WalkedFile};
use crate::session::Checker;
use crate::session::actions::{AttributionChoices, Insertion, plan_attribution, plan_suppression};
use crate::text::document::Form;
use crate::text::source::SourceFile;
use crate::text::span::Region;
use crate::text::token::Tokenizer;

/// Plans the declaration of references in a text that may not be saved: the edits of the text, and
/// the files that go with it, texts of licences and notices.
///
/// # Errors
/// Why it cannot be.
pub(super) fn attribution(
    checker: &Checker,
    source: &SourceFile,
    encoding: Encoding,
    references: &[&Reference],
) -> Result<(Vec<TextEdit>, Vec<Edit>), String> {
    let mut file = WalkedFile::on_disk(source.path().into(), (source.language(), Form::Plain));
    file.path = source.path().to_owned();
    file.content = Content::Held(source.text().into());
    // Whoever edits a file in an editor sees what becomes of it.
    let choices = AttributionChoices {
        holder: None,
        partly_staged: PartlyStaged::Edit,
        weak_evidence: WeakEvidence::Declare,
    };
    let plan = plan_attribution(checker.session(), references, &[file], choices)
        .map_err(|error| super::worker::describe_error(&error))?;
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
    // Lines were taken away, or the last one has no break to add lines behind.
    let last = source.line_starts().len() as u32;
    let end = Region { start_line: 1, start_column: 1, end_line: last, end_column: u32::MAX };
    let new_text = String::from_utf8_lossy(after).into_owned();
    vec![TextEdit { range: encoding.range(source, end), new_text }]
}

/// Plans a comment that silences a finding.
///
/// # Errors
/// If no comment does without changing the code.
pub(super) fn suppression(
    checker: &Checker,
    tokenizer: &mut Tokenizer,
    source: &SourceFile,
    encoding: Encoding,
    finding: (&Finding, &str),
) -> Result<Vec<TextEdit>, String> {
    let Some(Insertion { line, column, text, .. }) =
        plan_suppression(checker, tokenizer, source, finding)
    else {
        return Err(
            "no comment would silence it without changing the code; write one by hand".to_owned()
        );
    };
    let place =
        Region { start_line: line, start_column: column, end_line: line, end_column: column };
    Ok(vec![TextEdit { range: encoding.range(source, place), new_text: text }])
}
