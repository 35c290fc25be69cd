//! What `docs/findings.md` says of each rule, for formats that carry it along.

use crate::judgement::finding::Rule;

const PAGE: &str = include_str!("../../docs/findings.md");

/// A rule's section.
pub(super) struct Help {
    /// What the rule says, in one sentence.
    pub title: String,
    /// The whole section, in Markdown.
    pub markdown: &'static str,
}

/// The section under a rule's code.
pub(super) fn help(rule: Rule) -> Help {
    let section = PAGE.split("\n## ").find_map(|section| section.strip_prefix(rule.code()));
    let markdown = section.unwrap_or_default().trim();
    let told = markdown.split_once(".** ").map_or(markdown, |(_, told)| told);
    let end = [". ", ".\n"].iter().filter_map(|end| told.find(end)).min();
    let title = told[..end.unwrap_or(told.len())].split_whitespace().collect::<Vec<_>>().join(" ");
    Help { title, markdown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_its_section() {
        for rule in Rule::ALL {
            let Help { title, markdown } = help(rule);
            let code = rule.code();
            assert!(
                title.len() > 20 && !title.contains("**") && !title.ends_with('.'),
                "{code}: {title:?}"
            );
            assert!(markdown.contains("What clears it"), "{code}: {markdown}");
            assert!(!markdown.contains("\n## "), "{code}: {markdown}");
        }
    }
}
