//! Every row of the tables of languages and families, against its grammar if it has one.

use std::collections::HashSet;

use birthmark::text::language::{Family, Grammar, Language};
use birthmark::text::token::TokenClass;

struct Kinds {
    anonymous: HashSet<String>,
    named: HashSet<String>,
}

fn kinds(grammar: &Grammar) -> Kinds {
    let grammar: tree_sitter::Language = grammar.grammar.into();
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

/// The languages that are parsed, each with its grammar.
fn parsed() -> impl Iterator<Item = (Language, &'static Grammar)> {
    Language::all().filter_map(|language| Some((language, language.grammar()?)))
}

#[test]
fn the_linked_parser_reads_every_grammar() {
    for (language, grammar) in parsed() {
        let mut parser = birthmark::text::token::parser();
        assert!(parser.set_language(&grammar.grammar.into()).is_ok(), "{}", language.name());
        assert!(parser.parse("x", None).is_some());
    }
}

/// Two crates may export the same symbol, and then one grammar reads for both without a warning.
#[test]
fn no_two_grammars_are_one() {
    let state_count = |grammar: &Grammar| {
        let grammar: tree_sitter::Language = grammar.grammar.into();
        (grammar.parse_state_count(), grammar.node_kind_count())
    };
    let mut seen = HashSet::new();
    for (language, grammar) in parsed().filter(|(language, _)| language.name() != "javascript") {
        assert!(seen.insert(state_count(grammar)), "{}", language.name());
    }
}

/// A grammar that gains a keyword must not turn it into a token nobody decided on.
#[test]
fn every_word_of_the_grammar_is_kept_or_dropped() {
    for (language, grammar) in parsed() {
        let family = language.family().row();
        for word in kinds(grammar).anonymous {
            let lists = [family.words, family.dropped_words];
            let places = lists.iter().filter(|list| list.contains(&word.as_str())).count();
            assert_eq!(places, 1, "{}: {word:?}", language.name());
        }
    }
}

#[test]
fn every_kind_of_a_row_is_in_the_grammar() {
    for (language, grammar) in parsed() {
        let kinds = kinds(grammar);
        let name = language.name();
        let named = |kind: &str| assert!(kinds.named.contains(kind), "{name}: {kind:?}");
        grammar.dropped_trees.iter().for_each(|kind| named(kind));
        let documents = grammar.dropped_if_sole_child.iter();
        documents.for_each(|(parent, child)| [parent, child].iter().for_each(|kind| named(kind)));
        grammar.atoms.iter().for_each(|(kind, _)| named(kind));
        grammar.groupings.iter().for_each(|kind| named(kind));
        grammar.holes.iter().for_each(|kind| named(kind));
    }
}

/// A family may be read by several grammars; a word that none of them has is a mistake.
#[test]
fn every_word_of_a_family_that_is_parsed_is_in_a_grammar() {
    for family in Family::all() {
        let of_family = |(language, _): &(Language, &Grammar)| language.family() == family;
        let all: Vec<Kinds> =
            parsed().filter(of_family).map(|(_, grammar)| kinds(grammar)).collect();
        let row = family.row();
        for word in row.words.iter().chain(row.dropped_words).filter(|_| !all.is_empty()) {
            let has =
                |kinds: &Kinds| kinds.anonymous.contains(*word) || kinds.named.contains(*word);
            assert!(all.iter().any(has), "{}: {word:?}", row.name);
        }
    }
}

#[test]
fn no_name_is_taken_twice() {
    let (mut files, mut names, mut programs) = (HashSet::new(), HashSet::new(), HashSet::new());
    for language in Language::all() {
        let row = language.row();
        let all_names = [row.name].into_iter().chain(row.aliases.iter().copied());
        all_names.for_each(|name| assert!(names.insert(name), "{name}"));
        for name in row.extensions.iter().chain(row.file_names) {
            assert!(files.insert(*name), "{}: {name}", row.name);
        }
        row.interpreters.iter().for_each(|name| assert!(programs.insert(*name), "{name}"));
        assert_eq!(Language::from_number(language.number()), Some(language));
        assert_eq!(Language::from_name(row.name), Some(language));
        for extension in row.extensions {
            assert_eq!(Language::from_path(format!("a/b.{extension}").as_ref()), Some(language));
        }
        for name in row.file_names {
            assert_eq!(Language::from_path(format!("a/{name}").as_ref()), Some(language));
        }
    }
    assert_eq!(Language::from_number(u8::MAX), None);
}

#[test]
fn the_words_of_a_family_have_numbers_of_their_own() {
    let mut names = HashSet::new();
    for family in Family::all() {
        let row = family.row();
        assert!(names.insert(row.name));
        let words: HashSet<&&str> = row.words.iter().chain(row.dropped_words).collect();
        assert_eq!(words.len(), row.words.len() + row.dropped_words.len(), "{}", row.name);
        assert!(usize::from(TokenClass::FIRST_WORD.0) + row.words.len() <= 256, "{}", row.name);
        for word in row.function_words.iter().chain(row.type_words).chain(row.opening_words) {
            assert!(row.words.contains(word), "{}: {word:?}", row.name);
        }
        for word in row.dots.iter().chain(row.path_separators) {
            assert!(
                row.dropped_words.contains(word) || !row.words.contains(word),
                "{}: {word:?}",
                row.name
            );
        }
        assert_eq!(Family::from_number(family.number()), Some(family));
        assert_eq!(Family::from_name(row.name), Some(family));
        assert!(Language::from_name(row.name).is_some_and(|first| first.family() == family));
    }
    assert_eq!(Family::from_number(u8::MAX), None);
}

/// Words are numbered by their place in the list, and the list is part of the index format.
#[test]
fn words_stay_where_they_are() {
    for (name, words, first, last) in [("python", 83, "%", "_"), ("rust", 87, "!", "unit_type")] {
        let row = Family::from_name(name).expect("a row").row();
        assert!(row.words.len() >= words, "{name}: {}", row.words.len());
        assert_eq!(
            (row.words[0], row.words[words - 1]),
            (first, last),
            "{name}: append, never insert"
        );
    }
}
