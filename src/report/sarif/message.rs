//! What a result says, in SARIF's plain text with links.

use super::related::Related;
use crate::judgement::finding::Finding;
use crate::report::found::Found;
use crate::report::source_facts::shown_lines;
use crate::report::words::title;
use crate::text::span::LineRange;

/// What an alert says: its title as the first sentence, then whose code it is and why it matters,
/// what clears it, and links to the original and to related places. The whole match is named where
/// the finding shows a part of it.
pub(super) fn message(found: &Found<'_>, related: &[Related<'_>]) -> String {
    let finding = found.finding;
    let mut sentences = vec![match found.reference {
        Some(reference) => {
            format!("{}. {}.", capital(&title(reference)), capital(&finding.message))
        }
        None => format!("{}.", capital(&finding.message)),
    }];
    sentences.extend(whole(finding));
    sentences.extend(finding.remedies.iter().cloned());
    // Before the links, whose brackets must stay.
    let mut sentences: Vec<String> = sentences.iter().map(|sentence| escape(sentence)).collect();
    sentences.extend(original(found));
    sentences.extend(
        related
            .iter()
            .map(|related| format!("[{}]({}).", escape(&capital(&related.says)), related.id)),
    );
    sentences.join(" ")
}

fn whole(finding: &Finding) -> Option<String> {
    let whole = LineRange::from(finding.region);
    let LineRange { first, last } = whole;
    (!finding.added.is_empty() && shown_lines(finding) != whole)
        .then(|| format!("The whole of it is lines {first}-{last}."))
}

/// Links to where the origin can be seen and had. They stand in the text, since GitHub refuses a
/// file whose locations lead out of the repository.
fn original(found: &Found<'_>) -> Option<String> {
    let owner = found.reference?.owners.first()?;
    let place = format!("{}:{}-{}", owner.path, owner.lines.first, owner.lines.last);
    let page = owner.page().map(|url| format!("[{}]({url})", escape(&place)));
    let archive = owner.purl.source_archive().map(|url| format!("[source archive]({url})"));
    let links: Vec<String> = page.into_iter().chain(archive).collect();
    (!links.is_empty()).then(|| format!("Original: {}.", links.join(", ")))
}

fn capital(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// Brackets make links and braces make placeholders in SARIF's messages; nothing from outside is
/// one.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '[' | ']' => escaped.extend(['\\', c]),
            '{' | '}' => escaped.extend([c, c]),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_message_is_a_link_or_a_placeholder() {
        assert_eq!(escape(r"[a](b) {0} c\d"), r"\[a\](b) {{0}} c\\d");
    }
}
