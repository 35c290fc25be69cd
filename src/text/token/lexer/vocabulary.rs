//! The words of a language, to be looked up by their bytes.

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::leaves::{dropped_shape, word_shape};
use super::super::role::Shape;
use crate::text::language::Language;

/// Longest word that is folded to lower case.
const MAX_FOLDED_BYTES: usize = 24;

/// The words of a language.
pub(super) struct Vocabulary {
    /// Words that look like names.
    pub(super) words: FxHashMap<&'static [u8], Shape>,
    /// All others.
    pub(super) punctuation: FxHashMap<&'static [u8], Shape>,
    /// Bytes of the longest of these.
    pub(super) longest_punctuation: usize,
    types: FxHashSet<&'static [u8]>,
    type_suffix: Option<&'static [u8]>,
    self_names: &'static [&'static str],
}

impl Vocabulary {
    /// The shape of a word, if the language has it.
    pub(super) fn word(&self, word: &[u8], ignores_case: bool) -> Option<Shape> {
        let known = self.words.get(word).copied();
        if known.is_some() || !ignores_case || word.len() > MAX_FOLDED_BYTES {
            return known;
        }
        let mut lower = [0; MAX_FOLDED_BYTES];
        lower[..word.len()].copy_from_slice(word);
        lower.make_ascii_lowercase();
        self.words.get(&lower[..word.len()]).copied()
    }

    pub(super) fn is_self(&self, word: &[u8]) -> bool {
        let is = |name: &&str| {
            // The sigil of `$this` is read before the name.
            word == name.as_bytes() || word == name.trim_start_matches('$').as_bytes()
        };
        self.self_names.iter().any(is)
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
    let longest_punctuation = punctuation.keys().map(|word| word.len()).max().unwrap_or(0);
    Vocabulary {
        words,
        punctuation,
        longest_punctuation,
        types: lexicon.types.iter().map(|name| name.as_bytes()).collect(),
        type_suffix: lexicon.type_suffix.map(str::as_bytes),
        self_names: family.self_names,
    }
}
