//! Licence texts to pass on with code, without what a template leaves open.
//!
//! The texts of SPDX's list begin with `Copyright (c) <year> <owner>`. Nobody holds a copyright of
//! that name: the notices of each origin stand in the file of notices, and the text without them
//! serves all origins.

use super::category::Category;
use super::copyright::has_placeholder;
use super::text::text_of;

/// Why there is no text to pass on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoText {
    /// SPDX's list does not have it.
    Unlisted,
    /// Its terms name their owner, which only the origin's own copy does.
    NamesOwner,
}

/// Licences whose text is followed by an example of how to apply it.
const BEFORE_EXAMPLES: &str = "END OF TERMS AND CONDITIONS";

/// The text of a licence or an exception, to be passed on with code of others.
///
/// # Errors
/// If there is none that would not have to be filled in.
pub(crate) fn shipped_text(id: &str) -> Result<String, NoText> {
    let text = text_of(id).ok_or(NoText::Unlisted)?;
    // Those who wrote the other texts allow to copy them as they are only, examples included.
    if !Category::of(id).is_permissive() {
        return Ok(format!("{}\n", text.trim_end()));
    }
    let terms = match text.find(BEFORE_EXAMPLES) {
        Some(at) => &text[..at + BEFORE_EXAMPLES.len()],
        None => text,
    };
    let is_notice = |line: &str| {
        let lower = line.trim_start().to_ascii_lowercase();
        has_placeholder(line) && (lower.starts_with("copyright") || lower.starts_with("<copyright"))
    };
    let lines: Vec<&str> = terms.lines().filter(|line| !is_notice(line)).collect();
    if lines.iter().any(|line| has_placeholder(line)) {
        Err(NoText::NamesOwner)
    } else {
        Ok(squeeze_blank_lines(&lines))
    }
}

/// Lines with no more than one empty one in a row, and none at the ends.
fn squeeze_blank_lines(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines.iter().map(|line| line.trim_end()) {
        if !line.is_empty() || !(text.is_empty() || text.ends_with("\n\n")) {
            text.push_str(line);
            text.push('\n');
        }
    }
    format!("{}\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_placeholder_is_passed_on() {
        for id in
            ["MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Apache-2.0", "BSD-4-Clause", "Zlib"]
        {
            let text = shipped_text(id).expect(id);
            for open in ["<year>", "<owner>", "[yyyy]", "<copyright holders>", "[name"] {
                assert!(!text.to_lowercase().contains(open), "{id}: {text}");
            }
            assert!(text.len() > 500 && text.ends_with("\n") && !text.contains("\n\n\n"), "{id}");
            let read = super::super::from_license_text(&text).and_then(|fact| fact.expression);
            assert_eq!(read.map(|it| it.to_string()).as_deref(), Some(id));
        }
        assert_eq!(shipped_text("NCSA"), Err(NoText::NamesOwner));
        assert_eq!(shipped_text("LicenseRef-Ours"), Err(NoText::Unlisted));
        let gnu = shipped_text("GPL-3.0-only").expect("a text");
        assert_eq!(gnu.trim_end(), text_of("GPL-3.0-only").expect("a text").trim_end());
    }
}
