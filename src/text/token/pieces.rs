//! Texts that are too long to be parsed at once, or that the parser gives up as a whole, are parsed
//! in pieces.
//!
//! Pieces are cut where a definition begins, else at the start of a line, else between words. The
//! tokens of all pieces make one stream with the offsets of the text, so that a match may run
//! across a cut. A piece that the parser gives up is cut in two until it is small; what is left is
//! a gap, and the report names its lines.

use std::ops::Range;

use super::budget::{self, Spent};
use super::layout::Comment;
use super::leaves::Leaf;
use super::parsing::{Answer, Unread, Wanted};
use super::{Completeness, TokenStream, Tokenizer};
use crate::text::source::SourceFile;
use crate::text::span::ByteSpan;

/// Longest text that is parsed at once. The index holds no longer text.
pub(super) const MAX_WHOLE_BYTES: usize = 1 << 20;
/// Bytes of a piece. The parser needs some 2 MB of memory for it.
const PIECE_BYTES: usize = 64 << 10;
/// A piece with a control character in fewer bytes is no code.
const BYTES_PER_CONTROL: usize = 32;
/// A piece of so few bytes that is given up is not cut again.
const MIN_PIECE_BYTES: usize = 256;

impl Tokenizer {
    /// Returns the tokens of a text as [`Tokenizer::tokenize`] does, or those of its pieces if the
    /// text is longer than 1 MiB or the parser gives it up. [`TokenStream::gaps`] says which pieces
    /// have no tokens.
    pub fn tokenize_in_pieces(&mut self, source: &SourceFile) -> TokenStream {
        let is_lexed = source.language().lexicon().is_some();
        // A lexer reads a text of any length at once.
        if is_lexed || source.text().len() <= MAX_WHOLE_BYTES {
            let whole = self.tokenize(source);
            if whole.completeness() != Completeness::BudgetExhausted {
                return whole;
            }
        }
        let mut leaves: Vec<Leaf> = Vec::new();
        let gaps = self.each_piece(source, &mut |tokenizer, piece| {
            let text = &source.text()[piece.clone()];
            let is_read = tokenizer.leaves_of_fragment(source.language(), text);
            if is_read {
                let offset = piece.start as u32;
                leaves.extend(tokenizer.take_leaves().iter().map(|leaf| leaf.shift(offset)));
            }
            is_read
        });
        if let Some(failed @ (Unread::TimedOut | Unread::NoThread)) = self.unread {
            return TokenStream { completeness: failed.into(), ..TokenStream::default() };
        }
        let mut stream = super::tokenizer::assign_roles(&mut leaves, source);
        if stream.is_empty() && !gaps.is_empty() {
            stream.completeness = Completeness::BudgetExhausted;
        }
        stream.gaps = gaps;
        stream
    }

    /// Returns the comments of a text, read from its pieces. Pieces that the parser gives up have
    /// none.
    pub(super) fn comments_in_pieces(&mut self, source: &SourceFile) -> Vec<Comment> {
        let mut found = Vec::new();
        self.each_piece(source, &mut |tokenizer, piece| {
            let text = source.text()[piece.clone()].into();
            let Ok(Answer::Comments(comments, _)) =
                tokenizer.ask(source.language(), text, Wanted::Comments)
            else {
                return false;
            };
            let offset = piece.start as u32;
            found.extend(comments.into_iter().map(|comment| Comment {
                span: ByteSpan {
                    start: comment.span.start + offset,
                    end: comment.span.end + offset,
                },
                ..comment
            }));
            true
        });
        found
    }

    /// Calls `read` with each piece of a text, in order. A piece for which `read` is false is cut
    /// in two and read again, unless it is small or the parser has spent what it may on the text.
    /// Returns what was not read.
    fn each_piece(
        &mut self,
        source: &SourceFile,
        read: &mut dyn FnMut(&mut Tokenizer, Range<usize>) -> bool,
    ) -> Vec<ByteSpan> {
        let text = source.text();
        let allowance = budget::allowance(text.len());
        (self.spent, self.unread) = (Spent::default(), None);
        let mut gaps: Vec<ByteSpan> = Vec::new();
        // A short text that was given up as a whole must be cut too.
        let mut waiting = cut(text, 0..text.len(), PIECE_BYTES.min(text.len() / 4 + 1));
        // Pieces are taken from the end, and must be read in order.
        waiting.reverse();
        while let Some(piece) = waiting.pop() {
            if matches!(self.unread, Some(Unread::TimedOut | Unread::NoThread)) {
                return gaps;
            }
            let has_budget = self.spent.is_within(allowance);
            if has_budget && !is_data(&text[piece.clone()]) && read(self, piece.clone()) {
                continue;
            }
            if has_budget && piece.len() > MIN_PIECE_BYTES {
                let mut halves = cut(text, piece.clone(), piece.len() / 2 + 1);
                halves.reverse();
                waiting.append(&mut halves);
                continue;
            }
            let span = ByteSpan { start: piece.start as u32, end: piece.end as u32 };
            match gaps.last_mut() {
                Some(last) if last.end == span.start => last.end = span.end,
                _ => gaps.push(span),
            }
        }
        gaps
    }
}

/// Whether a piece holds so many control characters that it is no code. It is not worth the
/// parser's budget.
fn is_data(piece: &[u8]) -> bool {
    budget::controls(piece) * BYTES_PER_CONTROL > piece.len()
}

/// Cuts a range of a text into pieces of at most `size` bytes each, but for a last one that would
/// be very small.
fn cut(text: &[u8], range: Range<usize>, size: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = range.start;
    while range.end - start > size {
        let end = border(text, start + size / 2..start + size);
        pieces.push(start..end);
        start = end;
    }
    pieces.push(start..range.end);
    pieces
}

/// How well a text can be cut at a place, worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Border {
    Anywhere,
    /// Between characters of UTF-8.
    Character,
    /// Behind a blank or a semicolon.
    Word,
    Line,
    /// A line that begins with a letter or a decorator, without indentation.
    Statement,
    /// Such a line behind an empty one.
    Definition,
}

/// Returns the best place to cut in a window, the last one of equals.
fn border(text: &[u8], window: Range<usize>) -> usize {
    let places = (window.start + 1..=window.end).filter(|&at| at < text.len());
    places.max_by_key(|&at| (rank(text, at), at)).unwrap_or(window.end)
}

fn rank(text: &[u8], at: usize) -> Border {
    let begins = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'@' | b'#');
    match (text[at - 1], text[at]) {
        (b'\n', next) if begins(next) && text[..at - 1].ends_with(b"\n") => Border::Definition,
        (b'\n', next) if begins(next) => Border::Statement,
        (b'\n', _) => Border::Line,
        (b' ' | b'\t' | b';', _) => Border::Word,
        (_, next) if next & 0xC0 != 0x80 => Border::Character,
        _ => Border::Anywhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::language::Language;

    fn source(language: &str, text: impl Into<Vec<u8>>) -> SourceFile {
        SourceFile::new("a", Language::from_name(language).unwrap(), text.into())
    }

    fn words(source: &SourceFile, stream: &TokenStream) -> Vec<String> {
        let word = |span: &ByteSpan| &source.text()[span.start as usize..span.end as usize];
        stream.spans().iter().map(|span| String::from_utf8_lossy(word(span)).into_owned()).collect()
    }

    const PYTHON: &str = "def area(width, height):\n    \"\"\"Says ä.\"\"\"\n    return [width * height, f'{width!r}']\n\n\n@cached\nclass A(Base):\n    x = {'a': 1}\n\n    def run(self):  # here\n        return self.x\n\n\n";
    const RUST: &str = "/// Says.\n#[inline]\nfn area(width: u32) -> u32 {\n    let all = vec![width, 2 * width];\n    all.iter().map(|x| x << 1).sum()\n}\n\nimpl A {\n    fn run(&self) -> &'static str {\n        r#\"a\"#\n    }\n}\n\n";

    #[test]
    fn pieces_of_a_text_have_the_tokens_of_the_whole() {
        for (language, unit) in [("python", PYTHON), ("rust", RUST)] {
            let text = unit.repeat(3 * PIECE_BYTES / unit.len());
            let source = source(language, text);
            let mut tokenizer = Tokenizer::new();
            let whole = tokenizer.tokenize(&source);
            let mut leaves = Vec::new();
            let gaps = tokenizer.each_piece(&source, &mut |tokenizer, piece| {
                let is_read =
                    tokenizer.leaves_of_fragment(source.language(), &source.text()[piece.clone()]);
                let offset = piece.start as u32;
                leaves.extend(tokenizer.take_leaves().iter().map(|leaf| leaf.shift(offset)));
                is_read
            });
            let pieces = super::super::tokenizer::assign_roles(&mut leaves, &source);
            assert_eq!(gaps, []);
            assert!(pieces == whole, "{language}: {} and {} tokens", pieces.len(), whole.len());
            let comments = tokenizer.layout(&source).comments().to_vec();
            assert_eq!(tokenizer.comments_in_pieces(&source), comments, "{language}");
        }
    }

    #[test]
    fn a_text_of_more_than_a_mebibyte_is_tokenized() {
        let text = PYTHON.repeat(2 * MAX_WHOLE_BYTES / PYTHON.len());
        let source = source("python", text);
        let stream = Tokenizer::new().tokenize_in_pieces(&source);
        let of_unit = Tokenizer::new().tokenize(&self::source("python", PYTHON)).len();
        assert_eq!(
            (stream.len(), stream.gaps()),
            (of_unit * (2 * MAX_WHOLE_BYTES / PYTHON.len()), &[][..])
        );
        assert_eq!(words(&source, &stream)[stream.len() - 3..], ["return", "self", "x"]);
    }

    #[test]
    fn what_hinders_the_parser_is_a_gap_and_the_rest_is_read() {
        let code = PYTHON.repeat(10);
        let hostile = format!("# {}\n", "\u{1}".repeat(3_000));
        let source = source("python", format!("{code}{hostile}{code}"));
        assert_eq!(
            Tokenizer::new().tokenize(&source).completeness(),
            Completeness::BudgetExhausted
        );
        let stream = Tokenizer::new().tokenize_in_pieces(&source);
        assert_eq!(stream.completeness(), Completeness::Whole);
        assert!(!stream.gaps().is_empty());
        let words = words(&source, &stream);
        let read = words.iter().filter(|word| *word == "area").count();
        assert!((18..=20).contains(&read), "{read}: {:?}", stream.gaps());
    }

    #[test]
    fn a_text_of_nothing_but_obstacles_is_given_up() {
        for (language, unit) in [("python", "\\\n"), ("rust", "r#\"\n"), ("python", "\u{1}")] {
            let source = source(language, unit.repeat(30_000));
            let mut tokenizer = Tokenizer::new();
            let stream = tokenizer.tokenize_in_pieces(&source);
            assert!(!stream.gaps().is_empty(), "{unit:?}");
            let most = budget::allowance(source.text().len());
            assert!(
                tokenizer.spent.steps < 2 * most.steps && tokenizer.spent.bytes < 2 * most.bytes
            );
        }
    }

    #[test]
    fn cuts_are_where_code_begins_and_never_inside_a_character() {
        let text = PYTHON.repeat(40);
        for piece in cut(text.as_bytes(), 0..text.len(), 1_000) {
            assert!(
                text[piece.start..].starts_with("def area")
                    || text[piece.start..].starts_with("@cached")
            );
        }
        let line = "ä".repeat(5_000);
        for piece in cut(line.as_bytes(), 0..line.len(), 999) {
            assert!(line.is_char_boundary(piece.start) && piece.len() <= 999);
        }
        let bytes = vec![0x80; 5_000];
        assert_eq!(
            cut(&bytes, 0..5_000, 1_000).iter().map(|piece| piece.len()).sum::<usize>(),
            5_000
        );
    }

    /// Lines of comments of C once took 192 MB, four times in a text, before they were given up.
    #[test]
    fn what_takes_memory_without_end_is_given_up_early() {
        let source = source("python", "/*/*/*\n".repeat(100_000));
        let mut tokenizer = Tokenizer::new();
        assert_eq!(tokenizer.tokenize(&source).completeness(), Completeness::BudgetExhausted);
        let little = Spent::at_refusal(96 << 20);
        assert!(tokenizer.spent.is_within(little), "{:?} of {little:?}", tokenizer.spent);
        tokenizer.tokenize_in_pieces(&source);
        let most = budget::allowance(source.text().len());
        assert!(tokenizer.spent.steps < most.steps + little.steps, "{:?}", tokenizer.spent);
    }
}
