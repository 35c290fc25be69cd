//! The licence of code that a comment says was taken from elsewhere: stated beside the source, or
//! that of a forum.

use crate::license::{LicenseExpression, LicenseFact, normalize_declaration};

/// Whether a text may hold something whose licence is stated apart from the file's: cheap, and
/// right in saying no.
pub(crate) fn may_state(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let holds = |word: &str| text.contains(word);
    holds(super::tag::BEGIN)
        || FORUMS.iter().any(|forum| holds(forum))
        || holds("://") && WORDS.iter().any(|word| holds(word))
}

/// Hosts of forums whose users license what they write under CC BY-SA.
const FORUMS: [&str; 5] =
    ["stackoverflow.com", "stackexchange.com", "superuser.com", "serverfault.com", "askubuntu.com"];

/// What names of licences hold that ask much.
const WORDS: [&str; 4] = ["(CC", "(GPL", "(LGPL", "(AGPL"];

/// The licence of what a line of comment names. `adapted` is whether it says that code was taken
/// from there.
pub(super) fn of_comment(text: &str, next: Option<&str>, adapted: bool) -> Option<LicenseFact> {
    let both = format!("{text} {}", next.unwrap_or_default());
    if adapted && let Some(stated) = in_brackets(&both) {
        return Some(stated);
    }
    // Where the line itself names an address, that of the next line is another's.
    let named = if adapted && !text.contains("://") { both.as_str() } else { text };
    let number = answer(named)?;
    let takes_code =
        if adapted { !names_idea(named) && !gives_reason(named) } else { gives_source(text) };
    takes_code.then(|| of_answer(number))
}

/// Whether what was taken is an idea and not its code: "based on the algorithm described at ...".
fn names_idea(text: &str) -> bool {
    let before_address = text.split("://").next().unwrap_or(text).to_ascii_lowercase();
    before_address.split(|c: char| !c.is_alphabetic()).any(|word| IDEAS.contains(&word))
}

/// Whether an address is what a statement rests on: "Based on https://..., the lowest limit is that
/// of Chrome".
fn gives_reason(text: &str) -> bool {
    let text = text.trim_start().to_ascii_lowercase();
    let mut words = text.split_whitespace();
    text.starts_with("based on ") && words.any(|word| word.contains("://") && word.ends_with(','))
}

const IDEAS: [&str; 9] = [
    "algorithm",
    "algorithms",
    "described",
    "description",
    "discussion",
    "explained",
    "explanation",
    "formula",
    "idea",
];

/// A licence in brackets: "(CC BY-SA 4.0)", "(GPLv3)", "(licensed under MIT)".
fn in_brackets(text: &str) -> Option<LicenseFact> {
    let inner =
        text.split('(').skip(1).filter_map(|part| part.split_once(')')).map(|(inner, _)| inner);
    let read = inner.map(|inner| normalize_declaration(inner.trim()));
    read.into_iter().find(|fact| fact.expression.is_some())
}

/// Whether a line says that what follows is from what it names, by its first words or by holding
/// nothing else.
fn gives_source(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    let first = first.trim_end_matches(':');
    ["from", "source", "credit", "credits", "courtesy", "via", "stolen", "origin"].contains(&first)
        || first.contains("://") && text.split_whitespace().count() == 1
}

/// The number of the answer of a forum that a text names: `/a/123`, `/questions/12/title/123#123`.
fn answer(text: &str) -> Option<u64> {
    let at = FORUMS.iter().find_map(|forum| text.find(forum).map(|at| at + forum.len()))?;
    let path = text[at..].split_whitespace().next()?;
    // A link to a question may name an answer of it behind the `#`.
    let (path, fragment) = path.split_once('#').unwrap_or((path, ""));
    let numbers = |text: &str| {
        let parts: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).collect();
        parts.into_iter().find_map(|part| part.parse().ok())
    };
    // Behind the answer stands who shared it: `/a/ANSWER/USER`.
    numbers(fragment).or_else(|| numbers(path))
}

/// What users of Stack Overflow wrote stands under the version of the day: 4.0 since May 2018, 3.0
/// since April 2011, 2.5 before. Numbers of posts grow with time.
fn of_answer(number: u64) -> LicenseFact {
    let version = match number {
        FIRST_UNDER_4.. => "4.0",
        FIRST_UNDER_3.. => "3.0",
        _ => "2.5",
    };
    let expression = LicenseExpression::parse(&format!("CC-BY-SA-{version}")).ok();
    LicenseFact { expression: expression.map(|(read, _)| read), ..LicenseFact::unknown() }
}

/// About the first post of 2018-05-02.
const FIRST_UNDER_4: u64 = 50_130_000;
/// About the first post of 2011-04-08.
const FIRST_UNDER_3: u64 = 5_592_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_licence_of_what_a_comment_names_is_read() {
        let cases = [
            ("adapted from https://example.org/x.py (GPL-3.0-only)", true, "GPL-3.0-only"),
            (
                "adapted from https://stackoverflow.com/a/12345678/1 (CC BY-SA 4.0)",
                true,
                "CC-BY-SA-4.0",
            ),
            ("Source: https://stackoverflow.com/a/12345678", false, "CC-BY-SA-3.0"),
            (
                "https://stackoverflow.com/questions/60000000/how-to/60000001#60000001",
                false,
                "CC-BY-SA-4.0",
            ),
            ("from https://stackoverflow.com/a/1234", false, "CC-BY-SA-2.5"),
            ("from https://stackoverflow.com/a/60000000/17", false, "CC-BY-SA-4.0"),
            ("See https://stackoverflow.com/a/12345678 for why.", false, "-"),
            ("adapted from the manual (first edition)", true, "-"),
            ("Based on https://stackoverflow.com/a/12345678, the lowest limit is 9.", true, "-"),
            ("based on the algorithm described at https://stackoverflow.com/a/1234", true, "-"),
        ];
        for (text, adapted, expected) in cases {
            let found = of_comment(text, None, adapted).and_then(|fact| fact.expression);
            assert_eq!(found.as_ref().map_or("-", LicenseExpression::as_str), expected, "{text}");
        }
        let next = Some("which is based on https://stackoverflow.com/a/12345678");
        assert_eq!(of_comment("Based on https://example.org/x.py#L9", next, true), None);
        assert!(of_comment("Based on", next, true).is_some());
    }
}
