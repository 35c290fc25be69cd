//! Winnowing and k-gram hashes against their definitions.

use birthmark::engine::fingerprint::{
    KgramHash, NAMED, SCHEMES, Scheme, View, fingerprints, kgrams, winnow,
};
use birthmark::text::token::TokenClass;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::corpus::{Random, language};

/// Definition 2 of Schleimer, Wilkerson and Aiken 2003, window by window: if possible the hash that
/// the window before selected, else the rightmost minimum.
fn naive_winnow(hashes: &[u64], w: usize) -> Vec<u32> {
    let mut selected: Vec<u32> = Vec::new();
    if hashes.is_empty() {
        return selected;
    }
    for start in 0..=hashes.len().saturating_sub(w) {
        let window = start..(start + w).min(hashes.len());
        let minimum = window.clone().map(|i| hashes[i]).min().expect("a window is not empty");
        let before = selected.last().copied().map(|i| i as usize);
        let position = match before {
            Some(before) if window.contains(&before) && hashes[before] == minimum => before,
            _ => window.rev().find(|&i| hashes[i] == minimum).expect("the minimum is one of them"),
        };
        if before != Some(position) {
            selected.push(position as u32);
        }
    }
    selected
}

fn hashes(numbers: &[u64]) -> Vec<KgramHash> {
    numbers.iter().copied().map(KgramHash).collect()
}

type Tokens = (Vec<u8>, Vec<u16>);

/// Tokens of few kinds, so that k-grams repeat.
fn tokens(length: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Tokens> {
    vec((1u8..30, 1u16..5), length).prop_map(|tokens| {
        tokens
            .into_iter()
            .map(|(class, name)| (class, if TokenClass(class).is_named() { name } else { 0 }))
            .unzip()
    })
}

fn of_scheme((classes, names): &Tokens, scheme: Scheme) -> Vec<KgramHash> {
    kgrams(classes, names, language("python"), scheme).collect()
}

fn small_scheme() -> impl Strategy<Value = Scheme> {
    (prop_oneof![Just(View::Named), Just(View::Blind)], 1usize..12, 1usize..9)
        .prop_map(|(view, k, w)| Scheme { view, k, w })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn winnowing_is_robust_winnowing(few in vec(0u64..6, 0..200), many in vec(any::<u64>(), 0..200), w in 1usize..20) {
        for numbers in [few, many] {
            prop_assert_eq!(winnow(&hashes(&numbers), w), naive_winnow(&numbers, w));
        }
    }

    #[test]
    fn every_window_holds_a_selected_hash(numbers in vec(0u64..50, 1..200), w in 1usize..20) {
        let selected = winnow(&hashes(&numbers), w);
        for start in 0..=numbers.len().saturating_sub(w) {
            let window = start as u32..(start + w) as u32;
            prop_assert!(selected.iter().any(|position| window.contains(position)));
        }
        prop_assert!(selected.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn rolling_is_hashing_from_scratch(tokens in tokens(0..80), scheme in small_scheme()) {
        let rolled = of_scheme(&tokens, scheme);
        prop_assert_eq!(rolled.len(), (tokens.0.len() + 1).saturating_sub(scheme.k));
        for (i, hash) in rolled.into_iter().enumerate() {
            // With the token before it: a literal keeps its name behind a literal.
            let from = i.saturating_sub(1);
            let part = (tokens.0[from..i + scheme.k].to_vec(), tokens.1[from..i + scheme.k].to_vec());
            prop_assert_eq!(of_scheme(&part, scheme).pop(), Some(hash));
        }
    }

    /// The guarantee: a shared run of k + w - 1 tokens behind a shared token shares a fingerprint,
    /// whatever stands around them.
    #[test]
    fn a_shared_run_shares_a_fingerprint(
        scheme in small_scheme(), run in tokens(20), a in tokens(0..40), b in tokens(0..40), c in tokens(0..40),
    ) {
        let length = scheme.k + scheme.w;
        let around = |before: &Tokens, after: &Tokens| -> Tokens {
            (
                [&before.0[..], &run.0[..length], &after.0[..]].concat(),
                [&before.1[..], &run.1[..length], &after.1[..]].concat(),
            )
        };
        let (query, document) = (of_scheme(&around(&a, &b), scheme), of_scheme(&around(&b, &c), scheme));
        let select = |hashes: &[KgramHash]| -> Vec<KgramHash> {
            winnow(hashes, scheme.w).into_iter().map(|i| hashes[i as usize]).collect()
        };
        let indexed = select(&document);
        prop_assert!(select(&query).iter().any(|hash| indexed.contains(hash)), "both sides winnowed");
        // As it is asked: every k-gram of the run, against what was selected inside the run.
        let inside = b.0.len() + 1..b.0.len() + 1 + scheme.w;
        let selected = winnow(&document, scheme.w);
        prop_assert!(selected.iter().any(|&i| inside.contains(&(i as usize)) && query.contains(&document[i as usize])));
    }
}

#[test]
fn density_is_two_in_w_plus_one() {
    let mut random = Random(3);
    let numbers: Vec<KgramHash> = (0..200_000).map(|_| KgramHash(random.next())).collect();
    for w in [1, 2, 4, 6, 8, 12, 30] {
        let density = winnow(&numbers, w).len() as f64 / numbers.len() as f64;
        let expected = 2.0 / (w as f64 + 1.0);
        assert!((density / expected - 1.0).abs() < 0.02, "w {w}: {density} for {expected}");
    }
}

#[test]
fn a_document_has_the_fingerprints_of_every_scheme() {
    let mut random = Random(5);
    let classes: Vec<u8> = (0..500).map(|_| 16 + random.below(20) as u8).collect();
    let names = vec![0; 500];
    let found = fingerprints(&classes, &names, language("rust"));
    let mut rest = found.as_slice();
    for scheme in SCHEMES {
        let hashes: Vec<KgramHash> = kgrams(&classes, &names, language("rust"), scheme).collect();
        let selected = winnow(&hashes, scheme.w);
        let (of_scheme, others) = rest.split_at(selected.len());
        rest = others;
        for (fingerprint, position) in of_scheme.iter().zip(selected) {
            assert_eq!(
                (fingerprint.position, fingerprint.hash),
                (position, hashes[position as usize])
            );
        }
    }
    assert!(rest.is_empty());
    assert!(fingerprints(&[], &[], language("rust")).is_empty());
}

#[test]
fn views_see_what_they_should() {
    let gram = |view: View, class: TokenClass, name: u16| {
        let scheme = Scheme { view, k: 1, w: 1 };
        kgrams(&[class.0], &[name], language("rust"), scheme).next().expect("one")
    };
    let callee = TokenClass::CALLEE;
    assert_ne!(gram(View::Named, callee, 1), gram(View::Named, callee, 2));
    assert_eq!(gram(View::Blind, callee, 1), gram(View::Blind, callee, 2));
    for local in [TokenClass::VARIABLE, TokenClass::STRING, TokenClass::DEFINITION] {
        assert_eq!(gram(View::Named, local, 1), gram(View::Named, local, 2), "{local:?}");
    }
    assert_ne!(gram(View::Named, callee, 0), gram(View::Blind, callee, 0));
    let python = kgrams(&[20; 30], &[0; 30], language("python"), NAMED).next();
    assert_ne!(python, kgrams(&[20; 30], &[0; 30], language("rust"), NAMED).next());
}
