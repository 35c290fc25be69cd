//! The words of a language, to be looked up by their bytes.

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::leaves::{dropped_shape, word_shape};
use super::super::role::Shape;
use crate::text::language::Language;

/// Longest word of punctuation, and longest word that is folded to lower case.
pub(super) const MAX_WORD_BYTES: usize = 16;

/// The words of a language.
pub(super) struct Vocabulary {
    /// Words that look like names.
    pub(super) words: FxHashMap<&'static [u8], Shape>,
    /// All others.
    pub(super) punctuation: FxHashMap<&'static [u8], Shape>,
    types: FxHashSet<&'static [u8]>,
    type_suffix: Option<&'static [u8]>,
    self_names: &'static [&'static str],
    /// Whether `1'000` is a number.
    pub(super) quotes_in_numbers: bool,
    /// Whether what is imported may stand in brackets right behind the word.
    pub(super) imports_take_brackets: bool,
}

impl Vocabulary {
    /// The shape of a word, if the language has it.
    pub(super) fn word(&self, word: &[u8], ignores_case: bool) -> Option<Shape> {
        let known = self.words.get(word).copied();
        if known.is_some() || !ignores_case || word.len() > MAX_WORD_BYTES {
            return known;
        }
        let mut lower = [0; MAX_WORD_BYTES];
        lower[..word.len()].copy_from_slice(word);
        lower.make_ascii_lowercase();
        self.words.get(&lower[..word.len()]).copied()
    }

    pub(super) fn is_self(&self, word: &[u8]) -> bool {
        self.self_names.iter().any(|name| name.trim_start_matches('$').as_bytes() == word)
            || self.self_names.iter().any(|name| name.as_bytes() == word)
    }

    pub(super) fn is_type(&self, word: &[u8]) -> bool {
        self.types.contains(word)
            || self.type_suffix.is_some_and(|end| word.len() > end.len() && word.ends_with(end))
    }
}

/// The vocabulary of a language that has a lexicon, made when it is first asked for.
pub(super) fn vocabulary(language: Language) -> &'static Vocabulary {
    static ALL: [OnceLock<Vocabulary>; Language::COUNT] =
        [const { OnceLock::new() }; Language::COUNT];
    ALL[usize::from(language.number())].get_or_init(|| build(language))
}

fn build(language: Language) -> Vocabulary {
    let lexicon = language.lexicon().expect("a language that is read by a lexer");
    let family = language.family().row();
    let kept =
        family.words.iter().enumerate().map(|(position, word)| {
            (word.as_bytes(), word_shape(language.family(), word, position))
        });
    let dropped = family
        .dropped_words
        .iter()
        .map(|word| (word.as_bytes(), dropped_shape(language.family(), word)));
    // Types stand for themselves where a lexer knows them.
    let (words, punctuation): (FxHashMap<_, _>, FxHashMap<_, _>) = kept
        .chain(dropped)
        .filter(|(word, _)| !lexicon.types.iter().any(|name| name.as_bytes() == *word))
        .partition(|(word, _)| {
            word.first().is_some_and(|&byte| {
                byte.is_ascii_alphanumeric()
                    || byte == b'_'
                    || lexicon.name_bytes.contains(&byte) && word.len() > 1
            }) || *word == b"#define"
        });
    Vocabulary {
        words,
        punctuation,
        types: lexicon.types.iter().map(|name| name.as_bytes()).collect(),
        type_suffix: lexicon.type_suffix.map(str::as_bytes),
        self_names: family.self_names,
        quotes_in_numbers: family.name == "c",
        imports_take_brackets: matches!(family.name, "go" | "r"),
    }
}
