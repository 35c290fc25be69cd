//! Every row of the language table against its grammar.

use std::collections::HashSet;

use birthmark::text::language::Language;
use birthmark::text::token::TokenClass;

struct Kinds {
    anonymous: HashSet<String>,
    named: HashSet<String>,
}

fn kinds(language: Language) -> Kinds {
    let grammar: tree_sitter::Language = language.row().grammar.into();
    let of = |named: bool| {
        (0..grammar.node_kind_count() as u16)
            .filter(|&id| {
                grammar.node_kind_is_visible(id) && grammar.node_kind_is_named(id) == named
            })
            .filter_map(|id| grammar.node_kind_for_id(id).map(str::to_owned))
            .collect()
    };
    Kinds { anonymous: of(false), named: of(true) }
}

#[test]
fn the_linked_parser_reads_every_grammar() {
    for language in Language::all() {
        let mut parser = birthmark::text::token::parser();
        assert!(parser.set_language(&language.row().grammar.into()).is_ok(), "{}", language.name());
        assert!(parser.parse("x", None).is_some());
    }
}

/// A grammar that gains a keyword must not turn it into a token nobody decided on.
#[test]
fn every_word_of_the_grammar_is_kept_or_dropped() {
    for language in Language::all() {
        let row = language.row();
        for word in kinds(language).anonymous {
            let word = word.as_str();
            let places =
                [row.words, row.dropped_words].iter().filter(|list| list.contains(&word)).count();
            let inside_atom = QUOTES_AND_ESCAPES.contains(&(row.name, word));
            assert_eq!(places + usize::from(inside_atom), 1, "{}: {word:?}", row.name);
        }
    }
}

/// Anonymous kinds that only occur below an atom.
const QUOTES_AND_ESCAPES: &[(&str, &str)] = &[];

#[test]
fn every_kind_of_a_row_is_in_the_grammar() {
    for language in Language::all() {
        let row = language.row();
        let kinds = kinds(language);
        let named = |kind: &str| assert!(kinds.named.contains(kind), "{}: {kind:?}", row.name);
        row.dropped_trees.iter().for_each(|kind| named(kind));
        row.dropped_if_sole_child
            .iter()
            .for_each(|(parent, child)| [parent, child].iter().for_each(|kind| named(kind)));
        row.atoms.iter().for_each(|(kind, _)| named(kind));
        row.holes.iter().for_each(|kind| named(kind));
        for word in row.words.iter().chain(row.dropped_words) {
            assert!(
                kinds.anonymous.contains(*word) || kinds.named.contains(*word),
                "{}: {word:?}",
                row.name
            );
        }
        for word in row.function_words.iter().chain(row.type_words).chain(row.opening_words) {
            assert!(row.words.contains(word), "{}: {word:?}", row.name);
        }
    }
}

#[test]
fn no_name_is_taken_twice() {
    let mut extensions = HashSet::new();
    let mut names = HashSet::new();
    for language in Language::all() {
        let row = language.row();
        assert!(names.insert(row.name));
        assert!(
            row.extensions.iter().all(|extension| extensions.insert(*extension)),
            "{}",
            row.name
        );
        let words: HashSet<&&str> = row.words.iter().chain(row.dropped_words).collect();
        assert_eq!(words.len(), row.words.len() + row.dropped_words.len(), "{}", row.name);
        assert!(usize::from(TokenClass::FIRST_WORD.0) + row.words.len() <= 256, "{}", row.name);
        assert_eq!(Language::from_number(language.number()), Some(language));
        assert_eq!(Language::from_name(row.name), Some(language));
        for extension in row.extensions {
            assert_eq!(Language::from_path(format!("a/b.{extension}").as_ref()), Some(language));
        }
    }
    assert_eq!(Language::from_number(u8::MAX), None);
}

/// Words are numbered by their place in the list, and the list is part of the index format.
#[test]
fn words_stay_where_they_are() {
    for (name, words, first, last) in [("python", 83, "%", "_"), ("rust", 87, "!", "unit_type")] {
        let row = Language::from_name(name).expect("a row").row();
        assert!(row.words.len() >= words, "{name}: {}", row.words.len());
        assert_eq!(
            (row.words[0], row.words[words - 1]),
            (first, last),
            "{name}: append, never insert"
        );
    }
}
