//! From ingested documents to what the index writes.

use std::sync::Arc;

use rayon::prelude::*;

use super::{Ingested, IngestedDocument};
use crate::engine::index::{Columns, IndexError, PreparedComponent, PreparedDocument, Spill};
use crate::judgement::finding::{Note, NoteKind};
use crate::text::source::SourceFile;
use crate::text::token::{Completeness, Tokenizer};

/// A component ready to be written, and what could not be made ready.
pub struct Prepared {
    /// The component.
    pub component: PreparedComponent,
    /// A note for each document that is left out.
    pub notes: Vec<Note>,
}

/// Bytes of memory that parsing takes for each byte of text at the most: nothing but opening
/// brackets does. Of code it is 32, and one of a hundred files is longer than 100 KB.
const BYTES_WHILE_PARSING: usize = 400;

impl Ingested {
    /// Tokenizes and compresses every document, in parallel, and sets the tokens aside in `spill`.
    ///
    /// # Errors
    /// If texts or tokens cannot be set aside, or not be read again.
    pub fn prepare(self, spill: &Arc<Spill>) -> Result<Prepared, IndexError> {
        let documents: Vec<Result<PreparedDocument, Note>> = self
            .documents
            .into_par_iter()
            .map_init(Tokenizer::new, |tokenizer, document| {
                let bytes = document.text.byte_count() * BYTES_WHILE_PARSING;
                spill.run_within(bytes, || prepare_document(tokenizer, document, spill))
            })
            .collect::<Result<_, IndexError>>()?;
        let mut component = PreparedComponent { component: self.component, documents: Vec::new() };
        let mut notes = Vec::new();
        for document in documents {
            match document {
                Ok(document) => component.documents.push(document),
                Err(note) => notes.push(note),
            }
        }
        Ok(Prepared { component, notes })
    }
}

fn prepare_document(
    tokenizer: &mut Tokenizer,
    IngestedDocument { facts, text }: IngestedDocument,
    spill: &Arc<Spill>,
) -> Result<Result<PreparedDocument, Note>, IndexError> {
    let source = SourceFile::new(&facts.path, facts.language, text.take()?);
    let stream = tokenizer.tokenize(&source);
    let refused = match stream.completeness() {
        Completeness::Whole => None,
        Completeness::BudgetExhausted => Some((NoteKind::Skipped, "the parser gave up on it")),
        Completeness::TimedOut => Some((NoteKind::Failed, "the parser did not end in time")),
        Completeness::NoThread => Some((NoteKind::Failed, "the system gives no threads")),
    };
    if let Some((kind, why)) = refused {
        let message = format!("not indexed: {why}");
        return Ok(Err(Note { path: Some(facts.path), kind, message }));
    }
    let lines = stream.lines(&source);
    let (classes, names) = stream.into_columns();
    let columns = Columns { classes, names, lines };
    PreparedDocument::compress(facts, &columns, source.line_count(), spill).map(Ok)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::{Given, Source, ingest};
    use super::Spill;

    #[test]
    fn what_the_parser_gives_up_on_is_left_out_and_named() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("good.py"), "def f(x):\n    return x + 1\n").unwrap();
        fs::write(directory.path().join("noise.py"), "\u{1}\u{2}\n".repeat(3000)).unwrap();
        let source = Source::Directory(directory.path().to_owned());
        let spill = Spill::in_memory();
        let ingested = ingest(&source, &Given::default(), &spill).unwrap();
        let prepared = ingested.prepare(&spill).unwrap();
        assert_eq!(prepared.component.documents.len(), 1);
        let noted: Vec<_> = prepared.notes.iter().map(|note| note.path.as_deref()).collect();
        assert_eq!(noted, [Some("noise.py")]);
    }
}
