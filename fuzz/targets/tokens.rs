//! What both targets of tokens share.

use std::cell::RefCell;

use birthmark::text::language::Language;
use birthmark::text::source::SourceFile;
use birthmark::text::token::Tokenizer;

thread_local! {
    static TOKENIZER: RefCell<Tokenizer> = RefCell::new(Tokenizer::new());
}

/// Reads a text as the tokens and comments of a language. Tokens stand in order and in the text.
pub fn read(language: &str, text: &[u8]) {
    let language = Language::from_name(language).expect("a row of the table");
    let source = SourceFile::new("x", language, text.to_vec());
    TOKENIZER.with_borrow_mut(|tokenizer| {
        let stream = tokenizer.tokenize_in_pieces(&source);
        let length = source.text().len() as u32;
        // A string that holds code stands around the tokens of the code.
        assert!(stream.spans().is_sorted_by_key(|span| span.start));
        assert!(stream.spans().iter().all(|span| span.start <= span.end && span.end <= length));
        assert_eq!(stream.lines(&source).len(), stream.len());
        for comment in tokenizer.layout(&source).comments() {
            assert!(comment.span.end <= length);
        }
    });
}
