//! Comments that silence a finding: `birthmark: ignore[license-review] reason="settled with the
//! owner"`.
//!
//! A rule and a reason are required, and only a comment of the file's own language counts: the
//! words in a string, or quoted in a text about them, silence nothing. The comment speaks of the
//! matches it stands in, and, on a line of its own, of those that begin in the statement or
//! definition below it. One that is written wrongly or silences nothing is a finding itself: else
//! it would silence the next one unseen.

use crate::judgement::finding::{Finding, Rule};
use crate::text::source::SourceFile;
use crate::text::span::{ByteSpan, LineRange, LineSet, Region};
use crate::text::token::{Comment, CommentKind, Layout};

/// What such a comment looks like.
pub(crate) const FORM: &str = "birthmark: ignore[RULE] reason=\"WHY\"";

const WORD: &str = "birthmark: ignore";

/// A comment that silences findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Suppression {
    /// The rules whose findings it silences.
    pub rules: Vec<Rule>,
    /// Why they may be.
    pub reason: String,
    /// Where it stands.
    pub region: Region,
    /// The lines it speaks of besides its own.
    below: Option<LineRange>,
}

/// A comment that means to silence and does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// What is wrong with it.
    pub problem: String,
    /// Where it stands.
    pub region: Region,
}

/// Whether a text may hold such a comment at all; most do not, and need not be parsed for it.
pub(crate) fn is_mentioned(text: &[u8]) -> bool {
    text.windows(WORD.len()).any(|window| window == WORD.as_bytes())
}

/// The comments of a text that silence, or mean to.
pub(crate) fn read(source: &SourceFile, layout: &Layout) -> (Vec<Suppression>, Vec<Malformed>) {
    let (mut read, mut malformed) = (Vec::new(), Vec::new());
    for comment in layout.comments().iter().filter(|comment| comment.kind == CommentKind::Comment) {
        for (span, directive) in directives(source, comment) {
            let region = source.region(span);
            match parse(directive) {
                Ok((rules, reason)) => {
                    let below = below(source, layout, comment, region.start_line);
                    read.push(Suppression { rules, reason, region, below });
                }
                Err(problem) => malformed.push(Malformed { problem, region }),
            }
        }
    }
    (read, malformed)
}

impl Suppression {
    /// Whether it silences a finding.
    pub(crate) fn silences(&self, finding: &Finding) -> bool {
        self.rules.contains(&finding.rule) && self.is_about(finding.region)
    }

    /// Whether it speaks of a place.
    pub(crate) fn is_about(&self, region: Region) -> bool {
        let stands_in = (region.start_line..=region.end_line).contains(&self.region.start_line);
        stands_in
            || self
                .below
                .is_some_and(|below| (below.first..=below.last).contains(&region.start_line))
    }
}

/// A finding about a comment that silences nothing.
pub(crate) fn unused_finding(source: &SourceFile, region: Region, problem: String) -> Finding {
    let rule = Rule::SuppressionUnused;
    let text = source.line_text(region.start_line);
    let mut hasher = blake3::Hasher::new();
    // Without the line's number, so that the finding stays the same one where lines move.
    hasher.update(rule.code().as_bytes()).update(text.trim_ascii());
    Finding {
        rule,
        severity: rule.default_severity(),
        weak: false,
        reference: hasher.finalize().to_hex()[..16].to_owned(),
        path: source.path().to_owned(),
        region,
        cells: source.cells(region),
        added: LineSet::default(),
        message: problem,
        remedies: vec![format!("Remove the comment, or write it as {FORM} where it belongs.")],
    }
}

/// The directives of a comment with their places. Each begins a line of it, or follows another mark
/// of a comment.
fn directives<'a>(
    source: &'a SourceFile,
    comment: &Comment,
) -> impl Iterator<Item = (ByteSpan, &'a str)> + 'a {
    let (start, end) = (comment.span.start as usize, comment.span.end as usize);
    let text = str::from_utf8(&source.text()[start..end]).unwrap_or("");
    text.match_indices(WORD).filter_map(move |(at, _)| {
        let before = text[..at].rsplit(['\n', '\r']).next().unwrap_or("").trim_end();
        // A comment for another tool may stand before it: `# noqa # birthmark: ...`.
        let begins = before.trim_start().chars().all(|c| "#/*!<-".contains(c));
        if !begins && !before.ends_with(['#', '/']) {
            return None;
        }
        let line = text[at..].split(['\n', '\r']).next().unwrap_or("");
        let directive = line.trim_end_matches("*/").trim_end_matches("-->").trim_end();
        let first = (start + at) as u32;
        Some((ByteSpan { start: first, end: first + directive.len() as u32 }, directive))
    })
}

fn parse(directive: &str) -> Result<(Vec<Rule>, String), String> {
    let rest = directive.strip_prefix(WORD).unwrap_or(directive);
    let Some((rules, rest)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return Err(format!("names no rule; expected {FORM}"));
    };
    let rules = rules.split(',').map(|code| rule(code.trim())).collect::<Result<Vec<_>, _>>()?;
    let reason = rest.trim().strip_prefix("reason=\"").and_then(|rest| rest.split_once('"'));
    match reason {
        Some((reason, _)) if !reason.trim().is_empty() => Ok((rules, reason.trim().to_owned())),
        _ => Err(format!("gives no reason; expected {FORM}")),
    }
}

fn rule(code: &str) -> Result<Rule, String> {
    if let Some(&known) = Rule::ALL.iter().find(|rule| rule.code() == code) {
        return Ok(known);
    }
    let near = Rule::ALL
        .iter()
        .map(|rule| rule.code())
        .min_by_key(|known| strsim::levenshtein(known, code));
    Err(match (code, near) {
        ("", _) | (_, None) => format!("names no rule; expected {FORM}"),
        (code, Some(near)) => {
            format!("names no rule birthmark has: `{code}`; did you mean `{near}`?")
        }
    })
}

/// What stands below a comment that has its line to itself.
fn below(source: &SourceFile, layout: &Layout, comment: &Comment, line: u32) -> Option<LineRange> {
    let start = source.line_start(source.line(comment.span.start)) as usize;
    let before = &source.text()[start..comment.span.start as usize];
    if !before.trim_ascii().is_empty() {
        return None;
    }
    layout.statement_below(source, source.line(comment.span.end.saturating_sub(1)).max(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::language::Language;
    use crate::text::token::Tokenizer;

    fn read_as(name: &str, text: &str) -> (Vec<Suppression>, Vec<Malformed>) {
        let language = Language::from_path(std::path::Path::new(name)).unwrap();
        let source = SourceFile::new(name, language, text.as_bytes().to_vec());
        read(&source, &Tokenizer::new().layout(&source))
    }

    #[test]
    fn comments_of_the_language_silence() {
        let ignore =
            "birthmark: ignore[license-review, license-unknown] reason=\"a \u{201e}b\u{201c}\"";
        for (name, text) in [
            ("a.py", format!("x = 1  # {ignore}\n")),
            ("a.py", format!("x = 1  # noqa # {ignore}\n")),
            ("a.rs", format!("fn f() {{ // {ignore}\n}}\n")),
            ("a.rs", format!("fn f() {{ /* {ignore} */ }}\n")),
            ("a.rs", format!("/*\n * x\n * {ignore}\n */\nfn f() {{}}\n")),
        ] {
            let (read, malformed) = read_as(name, &text);
            assert_eq!((read.len(), malformed.len()), (1, 0), "{text}");
            assert_eq!(read[0].rules, [Rule::LicenseReview, Rule::LicenseUnknown]);
            assert_eq!(read[0].reason, "a \u{201e}b\u{201c}");
        }
        for (name, text) in [
            ("a.py", format!("x = '''\n# {ignore}\n'''\n")),
            ("a.py", format!("# write `{ignore}` to silence it\nx = 1\n")),
            ("a.py", format!("def f():\n    \"\"\"{ignore}\"\"\"\n")),
            (
                "a.rs",
                format!("const X: &str = \"// {ignore}\";\n").replace("reason=\"a", "reason=\\\"a"),
            ),
        ] {
            assert_eq!(read_as(name, &text), (Vec::new(), Vec::new()), "{text}");
        }
    }

    #[test]
    fn what_is_written_wrongly_is_told() {
        for (directive, problem) in [
            ("birthmark: ignore", "names no rule"),
            ("birthmark: ignore[]", "names no rule"),
            ("birthmark: ignore reason=\"x\"", "names no rule"),
            ("birthmark: ignore[license-reviw] reason=\"x\"", "did you mean `license-review`?"),
            ("birthmark: ignore[license-review]", "gives no reason"),
            ("birthmark: ignore[license-review] because", "gives no reason"),
            ("birthmark: ignore[license-review] reason=\" \"", "gives no reason"),
            ("birthmark: ignore[license-review] reason=\"x", "gives no reason"),
        ] {
            let (read, malformed) = read_as("a.py", &format!("# {directive}\n"));
            assert!(
                read.is_empty() && malformed[0].problem.contains(problem),
                "{directive}: {malformed:?}"
            );
        }
    }

    #[test]
    fn a_comment_speaks_of_what_it_stands_in_and_of_what_begins_below() {
        let text = "import a\n\n# birthmark: ignore[license-review] reason=\"x\"\n# and more\n@wraps\ndef f():\n    \
                    return 1\n\ndef g():\n    return 2  # birthmark: ignore[license-review] reason=\"x\"\n";
        let (read, _) = read_as("a.py", text);
        let about = |suppression: &Suppression, start_line, end_line| {
            suppression.is_about(Region { start_line, start_column: 1, end_line, end_column: 1 })
        };
        assert!(about(&read[0], 1, 3) && about(&read[0], 5, 9) && about(&read[0], 7, 7));
        assert!(!about(&read[0], 1, 2) && !about(&read[0], 9, 10));
        assert!(about(&read[1], 10, 10) && about(&read[1], 5, 12) && !about(&read[1], 11, 12));
        let rust = "// birthmark: ignore[license-review] reason=\"x\"\n#[inline]\n/// Doc.\nfn f() {\n    g()\n}\n\nfn h() {}\n";
        let (read, _) = read_as("a.rs", rust);
        assert!(about(&read[0], 4, 6) && about(&read[0], 5, 6) && !about(&read[0], 8, 8));
    }
}
