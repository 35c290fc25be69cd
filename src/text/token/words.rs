//! What the words of a language's table are as token classes.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::TokenClass;
use crate::text::language::{Family, Language};

/// Each class of a family as the class of a relative; `None` for a word that the relative does not
/// have.
pub(crate) type ClassesOfRelative = [Option<u8>; 256];

/// The classes of a family in terms of its relative, if it has one.
pub(crate) fn classes_of_relative(family: Family) -> Option<&'static ClassesOfRelative> {
    static TABLES: LazyLock<FxHashMap<Family, ClassesOfRelative>> = LazyLock::new(|| {
        let relatives = Family::all().filter_map(|family| Some((family, family.relative()?)));
        relatives.map(|(family, relative)| (family, translate(family, relative))).collect()
    });
    TABLES.get(&family)
}

/// Roles are the same in all families, and words are compared by their text.
fn translate(family: Family, relative: Family) -> ClassesOfRelative {
    let mut classes = [None; 256];
    let first_word = TokenClass::FIRST_WORD.0;
    for role in 0..first_word {
        classes[usize::from(role)] = Some(role);
    }
    for (word, class) in family.row().words.iter().zip(first_word..) {
        let position = relative.row().words.iter().position(|known| known == word);
        classes[usize::from(class)] = position.map(|position| first_word + position as u8);
    }
    classes
}

impl Language {
    /// Whether a token of that class begins a definition.
    pub(crate) fn opens_definition(self, class: TokenClass) -> bool {
        self.word(class).is_some_and(|word| self.family().row().opening_words.contains(&word))
    }

    /// What people call a class: its role, or the word of the table.
    pub fn class_word(self, class: TokenClass) -> &'static str {
        class.role().or_else(|| self.word(class)).unwrap_or("unknown")
    }

    /// The class of a word of the table.
    pub(crate) fn class_of_word(self, word: &str) -> Option<TokenClass> {
        let position = self.family().row().words.iter().position(|known| *known == word)?;
        Some(TokenClass(TokenClass::FIRST_WORD.0 + position as u8))
    }

    fn word(self, class: TokenClass) -> Option<&'static str> {
        let word = class.0.checked_sub(TokenClass::FIRST_WORD.0)?;
        self.family().row().words.get(usize::from(word)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_common_words_of_a_relative_are_found_and_others_are_not() {
        let [swift, kotlin] = ["swift", "kotlin"].map(|name| Family::from_name(name).unwrap());
        assert_eq!(swift.relative(), Some(kotlin));
        let classes = classes_of_relative(swift).expect("it has a relative");
        let class = |family: Family, word: &str| {
            let position = family.row().words.iter().position(|known| *known == word);
            TokenClass::FIRST_WORD.0 + position.expect("a word of it") as u8
        };
        assert_eq!(classes[usize::from(TokenClass::CALLEE.0)], Some(TokenClass::CALLEE.0));
        assert_eq!(classes[usize::from(class(swift, "while"))], Some(class(kotlin, "while")));
        assert_eq!(classes[usize::from(class(swift, "guard"))], None);
        assert!(classes_of_relative(kotlin).is_none(), "it has a model of its own");
    }

    #[test]
    fn a_relative_is_a_family_with_a_model_of_its_own() {
        for family in Family::all() {
            if let Some(relative) = family.relative() {
                assert!(relative != family && relative.relative().is_none(), "{}", family.name());
            }
        }
    }
}
