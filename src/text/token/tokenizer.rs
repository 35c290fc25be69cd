//! Turns a text into tokens: from the leaves of its parse, by the neighbours of each.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::arrange::arrange;
use super::budget::Spent;
use super::leaves::{Leaf, Parsed};
use super::lexer;
#[cfg(not(fuzzing))]
use super::parsing::ParserThread;
#[cfg(fuzzing)]
use super::parsing::in_place::ParserThread;
use super::parsing::{self, Answer, Request, Unread, Wanted};
use super::role::{self, Bracket, Neighbours, Shape};
use super::{Completeness, NameHash, TokenClass, TokenStream};
use crate::text::language::{FamilyRow, Language};
use crate::text::source::SourceFile;
use crate::text::span::ByteSpan;

/// Turns texts into token streams; keeps its parser and buffers between texts.
pub struct Tokenizer {
    /// Parses; started with the first text, and anew after a text that it did not come back from.
    thread: Option<ParserThread>,
    patience: Duration,
    leaves: Vec<Leaf>,
    /// What was spent on pieces of a text so far.
    pub(super) spent: Spent,
    /// Why the last text that was asked for has no answer.
    pub(super) unread: Option<Unread>,
}

/// Bytes of a text that is tried as a fragment.
const MAX_FRAGMENT_BYTES: usize = 1 << 16;

/// Tokenizes one text with a parser of its own.
pub fn tokenize(source: &SourceFile) -> TokenStream {
    Tokenizer::new().tokenize(source)
}

impl Tokenizer {
    /// A tokenizer without history; making one is cheap.
    pub fn new() -> Tokenizer {
        Tokenizer::with_patience(parsing::patience())
    }

    /// A tokenizer that gives up a text whose parse takes longer than that.
    pub fn with_patience(patience: Duration) -> Tokenizer {
        Tokenizer {
            thread: None,
            patience,
            leaves: Vec::new(),
            spent: Spent::default(),
            unread: None,
        }
    }

    /// The normalized tokens of a text.
    pub fn tokenize(&mut self, source: &SourceFile) -> TokenStream {
        let parsed = match self.leaves(source.language(), source.text().into()) {
            Ok(parsed) => parsed,
            Err(unread) => {
                return TokenStream { completeness: unread.into(), ..TokenStream::default() };
            }
        };
        if parsed == Parsed::WithErrors && source.text().len() <= MAX_FRAGMENT_BYTES {
            self.try_inside_string(source.language(), source.text());
        }
        let mut leaves = std::mem::take(&mut self.leaves);
        assign_roles(&mut leaves, source)
    }

    /// Reads the leaves of a piece of a text; false if the parser gives up on it.
    pub(super) fn leaves_of_fragment(&mut self, language: Language, text: &[u8]) -> bool {
        let parsed = self.leaves(language, text.into());
        if parsed == Ok(Parsed::WithErrors) && text.len() <= MAX_FRAGMENT_BYTES {
            self.try_inside_string(language, text);
        }
        parsed.is_ok()
    }

    /// Returns the leaves that were read last.
    pub(super) fn take_leaves(&mut self) -> Vec<Leaf> {
        std::mem::take(&mut self.leaves)
    }

    /// Reads the text as if it began inside a string, and keeps that reading if it makes more
    /// sense: a fragment cut out of a string has its code and its strings the wrong way round.
    fn try_inside_string(&mut self, language: Language, fragment: &[u8]) {
        let mut least = nonsense(&self.leaves, fragment);
        for quote in language.quotes() {
            if least == 0 {
                return;
            }
            if !begins_with_prose(&self.leaves, fragment, quote) {
                continue;
            }
            let as_read = std::mem::take(&mut self.leaves);
            let text: Arc<[u8]> = [quote.as_bytes(), fragment].concat().into();
            let read = self.leaves(language, Arc::clone(&text));
            match read.map(|_| nonsense(&self.leaves, &text)) {
                // A reading in which a string swallows the code has no nonsense in it, and nothing
                // else.
                Ok(nonsense) if nonsense < least && self.leaves.len() * 2 >= as_read.len() => {
                    least = nonsense;
                    shift_back(&mut self.leaves, quote.len() as u32);
                }
                _ => self.leaves = as_read,
            }
        }
    }

    /// Reads the leaves of a text.
    fn leaves(&mut self, language: Language, text: Arc<[u8]>) -> Result<Parsed, Unread> {
        if language.lexicon().is_some() {
            let lexed = lexer::read(language, &text);
            (self.leaves, self.unread) = (lexed.leaves, None);
            return Ok(lexed.parsed);
        }
        match self.ask(language, text, Wanted::Leaves)? {
            Answer::Leaves(leaves, parsed) => {
                self.leaves = leaves;
                Ok(parsed)
            }
            _ => Err(Unread::OverBudget),
        }
    }

    /// Asks the thread that parses about a text. What a thread refuses that has parsed other texts
    /// before is asked once more of a new one: whether a text is given up must not depend on those
    /// before it.
    pub(super) fn ask(
        &mut self,
        language: Language,
        text: Arc<[u8]>,
        wanted: Wanted,
    ) -> Result<Answer, Unread> {
        let request = Request { language, text: Arc::downgrade(&text), wanted };
        let answer = self.ask_thread(&request);
        self.unread = answer.as_ref().err().copied();
        answer
    }

    fn ask_thread(&mut self, request: &Request) -> Result<Answer, Unread> {
        loop {
            let mut thread = match self.thread.take() {
                Some(thread) => thread,
                None => ParserThread::start().map_err(|_| Unread::NoThread)?,
            };
            let has_history = thread.has_history();
            // A thread that was given up is not put back: the next text starts another.
            let (answer, spent) = thread.ask(request.clone(), self.patience)?;
            match answer {
                Answer::Refused if has_history => continue,
                Answer::Refused => {}
                _ => self.thread = Some(thread),
            }
            self.spent.add(spent);
            return match answer {
                Answer::Refused | Answer::OverBudget => Err(Unread::OverBudget),
                answer => Ok(answer),
            };
        }
    }
}

impl Default for Tokenizer {
    fn default() -> Self {
        Tokenizer::new()
    }
}

impl From<Unread> for Completeness {
    fn from(unread: Unread) -> Completeness {
        match unread {
            Unread::OverBudget => Completeness::BudgetExhausted,
            Unread::TimedOut => Completeness::TimedOut,
            Unread::NoThread => Completeness::NoThread,
        }
    }
}

/// How many things in a reading nobody writes: a name right behind a name, a line break in a plain
/// string.
fn nonsense(leaves: &[Leaf], text: &[u8]) -> usize {
    let is_name = |leaf: &Leaf| matches!(leaf.shape, Shape::Name);
    let names = leaves.windows(2).filter(|pair| is_name(&pair[0]) && is_name(&pair[1])).count();
    let breaks: usize = leaves
        .iter()
        .filter(|leaf| leaf.shape == Shape::Fixed(TokenClass::STRING))
        .map(|leaf| &text[leaf.span.start as usize..leaf.span.end as usize])
        .filter(|string| !string.starts_with(b"\"\"\"") && !string.starts_with(b"'''"))
        .map(|string| string.iter().filter(|&&byte| byte == b'\n').count())
        .sum();
    names + breaks
}

/// Of so many leaves one is nonsense where prose is read as code. A syntax error is one among
/// hundreds.
const NONSENSE_ONE_IN: usize = 6;

/// Whether what stands before the first of these quotes, read as code, is prose: then the quote
/// closes a string.
fn begins_with_prose(leaves: &[Leaf], text: &[u8], quote: &str) -> bool {
    let Some(closing) = text.windows(quote.len()).position(|bytes| bytes == quote.as_bytes())
    else {
        return false;
    };
    let before = leaves.partition_point(|leaf| leaf.span.start as usize <= closing);
    nonsense(&leaves[..before], text) * NONSENSE_ONE_IN >= before
}

/// Moves leaves to where they stand without the bytes put before the text.
fn shift_back(leaves: &mut [Leaf], bytes: u32) {
    for leaf in leaves {
        leaf.span = ByteSpan {
            start: leaf.span.start.saturating_sub(bytes),
            end: leaf.span.end.saturating_sub(bytes),
        };
    }
}

/// Turns leaves into tokens: decides roles, drops punctuation, hashes names.
pub(super) fn assign_roles(leaves: &mut [Leaf], source: &SourceFile) -> TokenStream {
    let text = source.text();
    arrange(leaves, source.language(), text);
    let family = source.language().family().row();
    let mut stream = TokenStream::with_room(leaves.len());
    let mut brackets: Vec<Bracket> = Vec::new();
    let shape_at = |i: usize| leaves.get(i).map(|leaf| leaf.shape);
    for (i, leaf) in leaves.iter().enumerate() {
        let before = i.checked_sub(1).and_then(shape_at);
        let word = &text[leaf.span.start as usize..leaf.span.end as usize];
        let depth = brackets.len();
        let mut push = |class, name| stream.push(class, name, leaf.span, depth);
        match leaf.shape {
            Shape::Name => {
                let at = Neighbours {
                    before,
                    after: shape_at(i + 1),
                    after_next: shape_at(i + 2),
                    bracket: brackets.last().copied(),
                    keyword_arguments: family.keyword_arguments,
                    self_names: family.self_names,
                };
                let class = role::of_name(word, &at);
                push(class, name_of(class, word, family));
            }
            Shape::Fixed(class) => {
                push(fixed_class(class, before, shape_at(i + 1)), name_of(class, word, family))
            }
            Shape::OpenParenthesis(class) => {
                push(class, NameHash::NONE);
                // The name of the function may stand between the word and the bracket.
                let defines = i >= 2 && matches!(shape_at(i - 2), Some(Shape::FunctionWord(_)))
                    || matches!(before, Some(Shape::FunctionWord(_)))
                    || before == Some(Shape::Fixed(TokenClass::DEFINITION));
                brackets.push(if defines { Bracket::Parameters } else { Bracket::Parentheses });
            }
            Shape::OpenGroup => brackets.push(Bracket::Other),
            Shape::OpenOther(class) => {
                push(class, NameHash::NONE);
                brackets.push(Bracket::Other);
            }
            Shape::Close => {
                brackets.pop();
            }
            Shape::Equals(class)
            | Shape::Bang(class)
            | Shape::FunctionWord(class)
            | Shape::TypeWord(class) => {
                push(class, NameHash::NONE);
            }
            Shape::Dot | Shape::PathSeparator | Shape::Comma | Shape::Colon | Shape::Dropped => {}
        }
    }
    stream
}

/// A field or type that is called, or that is being defined, is what its neighbours make it.
fn fixed_class(class: TokenClass, before: Option<Shape>, after: Option<Shape>) -> TokenClass {
    if !class.is_identifier() || class == TokenClass::DEFINITION {
        return class;
    }
    match (before, after) {
        (Some(Shape::FunctionWord(_) | Shape::TypeWord(_)), _) => TokenClass::DEFINITION,
        (_, Some(Shape::OpenParenthesis(_))) => TokenClass::CALLEE,
        // `.collect::<T>()` of Rust: types stand between the name and its brackets.
        (Some(Shape::Dot), Some(Shape::PathSeparator)) => TokenClass::CALLEE,
        _ => class,
    }
}

fn name_of(class: TokenClass, word: &[u8], family: &FamilyRow) -> NameHash {
    match class {
        TokenClass::STRING => NameHash::of(string_content(word, family.string_frame)),
        TokenClass::INTEGER | TokenClass::FLOAT => NameHash::of(&number_content(word)),
        class if class.is_named() => NameHash::of(word),
        _ => NameHash::NONE,
    }
}

/// A string without prefix, raw-string hashes and quotes, so that `b'x'`, `r"x"` and `"""x"""` are
/// the same.
fn string_content<'a>(word: &'a [u8], frame: &[u8]) -> &'a [u8] {
    let is_frame = |byte: &u8| frame.contains(byte);
    let Some(start) = word.iter().position(is_frame) else {
        return word;
    };
    let start = start + word[start..].iter().take_while(|byte| is_frame(byte)).count();
    let end = word.iter().rposition(|byte| !is_frame(byte)).map_or(start, |last| last + 1);
    &word[start..end.max(start)]
}

/// A number in lower case without digit separators.
fn number_content(word: &[u8]) -> Cow<'_, [u8]> {
    let is_plain = |&byte: &u8| byte != b'_' && !byte.is_ascii_uppercase();
    if word.iter().all(is_plain) {
        Cow::Borrowed(word)
    } else {
        word.iter().filter(|&&byte| byte != b'_').map(u8::to_ascii_lowercase).collect()
    }
}
