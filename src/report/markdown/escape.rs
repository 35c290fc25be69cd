//! Text from outside in Markdown as GitHub and GitLab read it.

use std::fmt::Write;

use crate::report::printable::{Printable, is_unsafe};

/// A code span. Where the text holds what would end the span or its cell, it is written as HTML.
pub(in crate::report) fn code(text: &str) -> String {
    let text = Printable(text).to_string();
    if !text.contains(['`', '|', '\\']) && !text.trim().is_empty() && text.trim() == text {
        return format!("`{text}`");
    }
    let mut html = String::from("<code>");
    for c in text.chars() {
        let _ = match c {
            c if c.is_ascii_punctuation() => write!(html, "&#{};", u32::from(c)),
            c => write!(html, "{c}"),
        };
    }
    html + "</code>"
}

/// A sentence: what would be markup is escaped, and an `@` stands where it mentions nobody and makes
/// no mail address of a package and its version.
pub(in crate::report) fn prose(text: &str) -> String {
    let text = Printable(text).to_string();
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '@' => escaped.push_str("`@`"),
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '$' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Lines of code between fences that none of them holds.
pub(in crate::report) fn fence(lines: &[String]) -> String {
    let longest = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max();
    // Markdown takes no fence that is shorter than three.
    let fence = "`".repeat(longest.unwrap_or_default().max(2) + 1);
    let mut text = format!("{fence}text\n");
    for line in lines {
        for c in line.chars() {
            let _ = match c {
                '\t' => write!(text, "    "),
                c if is_unsafe(c) => write!(text, "{}", c.escape_unicode()),
                c => write!(text, "{c}"),
            };
        }
        text.push('\n');
    }
    text + &fence + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_stays_text() {
        assert_eq!(code("src/a_b.py:1-2"), "`src/a_b.py:1-2`");
        assert_eq!(code("a`b|c"), "<code>a&#96;b&#124;c</code>");
        assert_eq!(code("<script>"), "`<script>`");
        assert_eq!(prose("[x](y) @z <b> # a_b@2."), "\\[x\\](y) `@`z &lt;b> \\# a\\_b`@`2.");
        let fence = fence(&["a ```` b\u{1b}".to_owned()]);
        assert_eq!(fence, "`````text\na ```` b\\u{1b}\n`````\n");
    }
}
