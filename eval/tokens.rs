//! The tokens and definitions of source files, a JSON object a file: what `eval/languages.py` cuts,
//! renames and edits code by, in every language alike.
//!
//! ```text
//! cargo run --release --example tokens -- FILE...
//! ```
//!
//! Paths may also come from standard input, one a line. Each object has the path, the language, the
//! tokens as `[word, start, end]` in bytes, and the lines of each definition as `[first, last]`.

use std::io::{self, BufRead, Write};
use std::path::Path;

use birthmark::text::language::Language;
use birthmark::text::source::SourceFile;
use birthmark::text::token::{TokenClass, Tokenizer};
use serde_json::json;

fn main() -> anyhow::Result<()> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut tokenizer = Tokenizer::new();
    let mut tell = |path: &str| -> anyhow::Result<()> {
        let Some(language) = Language::from_path(Path::new(path)) else { return Ok(()) };
        let source = SourceFile::new(path, language, std::fs::read(path)?);
        let stream = tokenizer.tokenize_in_pieces(&source);
        let layout = tokenizer.layout(&source);
        let lines = stream.lines(&source);
        let classes = || stream.classes().iter().map(|&class| TokenClass(class));
        let tokens: Vec<_> = classes()
            .zip(stream.spans())
            .map(|(class, span)| json!([language.class_word(class), span.start, span.end]))
            .collect();
        let mut definitions: Vec<[u32; 2]> = classes()
            .zip(&lines)
            .filter(|(class, _)| *class == TokenClass::DEFINITION)
            .filter_map(|(_, &line)| {
                let below = layout.statement_below(&source, line - 1)?;
                (below.last > line).then_some([line, below.last])
            })
            .collect();
        definitions.dedup();
        let told = json!({
            "path": path, "language": language.name(), "tokens": tokens,
            "definitions": definitions, "clean": layout.is_clean(),
        });
        writeln!(out, "{told}")?;
        Ok(())
    };
    if given.is_empty() {
        io::stdin().lock().lines().try_for_each(|path| tell(&path?))
    } else {
        given.iter().try_for_each(|path| tell(path))
    }
}
