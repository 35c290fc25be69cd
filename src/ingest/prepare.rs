//! From ingested documents to what the index writes.

use rayon::prelude::*;

use super::Ingested;
use crate::index::{Columns, PreparedComponent, PreparedDocument};
use crate::token::Tokenizer;

impl Ingested {
    /// Tokenizes, fingerprints and compresses every document, in parallel.
    pub fn prepare(self) -> PreparedComponent {
        let documents = self
            .documents
            .into_par_iter()
            .map_init(Tokenizer::new, |tokenizer, document| {
                let stream = tokenizer.tokenize(&document.source);
                let columns = Columns {
                    classes: stream.classes().to_vec(),
                    names: stream.names().to_vec(),
                    lines: stream.lines(&document.source),
                };
                PreparedDocument::new(document.facts, &columns, document.source.line_count())
            })
            .collect();
        PreparedComponent { component: self.component, documents }
    }
}
