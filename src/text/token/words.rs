//! What the words of a language's table are as token classes.

use super::TokenClass;
use crate::text::language::Language;

impl Language {
    /// Whether a token of that class begins a definition.
    pub fn opens_definition(self, class: TokenClass) -> bool {
        self.word(class).is_some_and(|word| self.family().row().opening_words.contains(&word))
    }

    /// What people call a class: its role, or the word of the table.
    pub fn class_word(self, class: TokenClass) -> &'static str {
        class.role().or_else(|| self.word(class)).unwrap_or("unknown")
    }

    /// The class of a word of the table.
    pub fn class_of_word(self, word: &str) -> Option<TokenClass> {
        let position = self.family().row().words.iter().position(|known| *known == word)?;
        Some(TokenClass(TokenClass::FIRST_WORD.0 + position as u8))
    }

    fn word(self, class: TokenClass) -> Option<&'static str> {
        let word = class.0.checked_sub(TokenClass::FIRST_WORD.0)?;
        self.family().row().words.get(usize::from(word)).copied()
    }
}
