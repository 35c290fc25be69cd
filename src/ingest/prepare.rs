//! From ingested documents to what the index writes.

use rayon::prelude::*;

use super::{Ingested, IngestedDocument};
use crate::finding::{Note, NoteKind};
use crate::index::{Columns, PreparedComponent, PreparedDocument};
use crate::token::{Completeness, Tokenizer};

/// A component ready to be written, and what could not be made ready.
pub struct Prepared {
    /// The component.
    pub component: PreparedComponent,
    /// A note for each document that is left out.
    pub notes: Vec<Note>,
}

impl Ingested {
    /// Tokenizes, fingerprints and compresses every document, in parallel.
    pub fn prepare(self) -> Prepared {
        let documents: Vec<Result<PreparedDocument, Note>> =
            self.documents.into_par_iter().map_init(Tokenizer::new, prepare_document).collect();
        let mut component = PreparedComponent { component: self.component, documents: Vec::new() };
        let mut notes = Vec::new();
        for document in documents {
            match document {
                Ok(document) => component.documents.push(document),
                Err(note) => notes.push(note),
            }
        }
        Prepared { component, notes }
    }
}

fn prepare_document(tokenizer: &mut Tokenizer, document: IngestedDocument) -> Result<PreparedDocument, Note> {
    let stream = tokenizer.tokenize(&document.source);
    if stream.completeness() == Completeness::BudgetExhausted {
        let message = "not indexed: the parser gave up on it".to_owned();
        return Err(Note { path: Some(document.facts.path), kind: NoteKind::Skipped, message });
    }
    let columns = Columns {
        classes: stream.classes().to_vec(),
        names: stream.names().to_vec(),
        lines: stream.lines(&document.source),
    };
    Ok(PreparedDocument::new(document.facts, &columns, document.source.line_count()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::{Given, Source, ingest};

    #[test]
    fn what_the_parser_gives_up_on_is_left_out_and_named() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("good.py"), "def f(x):\n    return x + 1\n").unwrap();
        fs::write(directory.path().join("noise.py"), "\u{1}\u{2}\n".repeat(3000)).unwrap();
        let source = Source::Directory(directory.path().to_owned());
        let prepared = ingest(&source, &Given::default(), &()).unwrap().prepare();
        assert_eq!(prepared.component.documents.len(), 1);
        let noted: Vec<_> = prepared.notes.iter().map(|note| note.path.as_deref()).collect();
        assert_eq!(noted, [Some("noise.py")]);
    }
}
