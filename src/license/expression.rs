//! Reading SPDX expressions, strictly first and then as people write them.

use std::fmt;
use std::ops::Range;

use super::Precision;

/// A valid SPDX licence expression in canonical spelling (`MIT OR Apache-2.0`).
///
/// Specification: SPDX 2.3, annex D.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LicenseExpression(String);

/// Why a text is not an SPDX expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not an SPDX licence expression: {} (expected for example `MIT OR Apache-2.0`; the identifiers are listed at https://spdx.org/licenses)",
    self.reason()
)]
pub struct LicenseError {
    /// The text as it was given, cut to a printable length.
    pub text: String,
    /// The bytes of the text, as it was given, that are wrong.
    pub span: Range<usize>,
    why: Why,
}

/// Why a text is no expression. What may have been meant is looked for when somebody reads it: most
/// texts are only tried, and it takes longer than all the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Why {
    /// This is wrong with it.
    Said(String),
    /// The word is no identifier.
    Unknown(String),
    /// It is the name of that licence.
    Name(String),
}

/// What is wrong with a text, and where in it.
type Wrong = (Why, Range<usize>);

/// Longest text read as an expression, in bytes. It bounds the depth of nesting too.
pub(crate) const MAX_EXPRESSION: usize = 1024;

impl LicenseExpression {
    /// Reads an expression: strictly first, then with what registries accept as well: deprecated
    /// identifiers (`GPL-3.0+`), `/` for `OR`, identifiers in any case.
    ///
    /// A bare deprecated GNU identifier (`GPL-2.0`) never said whether later versions are allowed:
    /// it is read as `-only` and called imprecise. All other expressions are exact.
    ///
    /// # Errors
    /// If an identifier is unknown or the operators do not fit together.
    pub fn parse(text: &str) -> Result<(LicenseExpression, Precision), LicenseError> {
        let given = text;
        let text = given.trim();
        let indent = given.len() - given.trim_start().len();
        let failed = |(why, span): Wrong| LicenseError {
            text: text.chars().take(80).collect(),
            why,
            span: span.start + indent..span.end + indent,
        };
        if text.len() > MAX_EXPRESSION {
            let why = Why::Said(format!("it is longer than {MAX_EXPRESSION} bytes"));
            return Err(failed((why, 0..text.len())));
        }
        if let Ok(node) = Node::parse(text) {
            return Ok((node.into(), Precision::Exact));
        }
        // "Apache 2.0" is a name of several words.
        let named = || super::meant::name(text).map(|id| (Why::Name(id), 0..text.len()));
        let modern = Modern::of(text).map_err(|wrong| failed(named().unwrap_or(wrong)))?;
        let node = Node::parse(&modern.text)
            .map_err(|(why, span)| failed((why, modern.origin(text, &span))))?;
        Ok((node.into(), modern.precision))
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Every licence the expression names, as identifiers without exceptions, sorted and once each.
    pub fn licenses(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.node().visit(&mut |atom| names.push(atom.license()));
        names.sort();
        names.dedup();
        names
    }

    /// The identifiers whose texts belong to the code: licences without `+`, and exceptions, sorted
    /// and once each.
    pub fn texts(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.node()
            .visit(&mut |atom| names.extend([Some(atom.id.clone()), atom.exception.clone()]));
        let mut names: Vec<String> = names.into_iter().flatten().collect();
        names.sort();
        names.dedup();
        names
    }

    /// Joins expressions with `AND`, leaving out repetitions; `None` of none.
    pub(crate) fn all_of(
        parts: impl IntoIterator<Item = LicenseExpression>,
    ) -> Option<LicenseExpression> {
        Node::join_nodes(parts, Node::All)
    }

    /// Joins expressions with `OR`, leaving out repetitions; `None` of none.
    pub(crate) fn any_of(
        parts: impl IntoIterator<Item = LicenseExpression>,
    ) -> Option<LicenseExpression> {
        Node::join_nodes(parts, Node::Any)
    }

    pub(super) fn node(&self) -> Node {
        Node::parse(&self.0).expect("a LicenseExpression is valid from its construction on")
    }

    /// An expression of our own tables, whose validity a test has proven.
    pub(super) fn parse_valid(text: &str) -> LicenseExpression {
        Node::parse(text)
            .unwrap_or_else(|(why, _)| panic!("`{text}` in a table of birthmark's own: {why:?}"))
            .into()
    }
}

impl LicenseError {
    /// What is wrong, and what may have been meant.
    pub fn reason(&self) -> String {
        match &self.why {
            Why::Said(reason) => reason.clone(),
            Why::Unknown(word) => {
                format!("`{word}` is not an SPDX identifier{}", super::meant::hint(word))
            }
            Why::Name(id) => format!("it is the name of a licence; did you mean `{id}`?"),
        }
    }
}

impl fmt::Display for LicenseExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Node> for LicenseExpression {
    fn from(node: Node) -> Self {
        LicenseExpression(node.to_string())
    }
}

/// The tree of an expression; neighbours under the same operator are one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// One licence.
    One(Atom),
    /// All of these hold (`AND`).
    All(Vec<Node>),
    /// Any of these may be chosen (`OR`).
    Any(Vec<Node>),
}

/// One licence of an expression: `Apache-2.0+ WITH LLVM-exception`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Atom {
    /// The identifier, or a `LicenseRef-`.
    pub id: String,
    /// Whether a `+` follows. GNU licences spell it `-or-later` inside the identifier.
    pub or_later: bool,
    /// The exception behind `WITH`.
    pub exception: Option<String>,
    /// Whether `id` is a `LicenseRef-`, whose meaning is known to its author alone.
    pub local: bool,
}

impl Atom {
    /// The licence without its exception, as an expression writes it.
    pub(super) fn license(&self) -> String {
        let plus = if self.or_later { "+" } else { "" };
        format!("{}{plus}", self.id)
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.license())?;
        match &self.exception {
            Some(exception) => write!(f, " WITH {exception}"),
            None => Ok(()),
        }
    }
}

impl Node {
    /// Parses what SPDX allows, deprecated identifiers without a successor included.
    fn parse(text: &str) -> Result<Node, Wrong> {
        let parsed = spdx::Expression::parse(text)
            .or_else(|error| parse_deprecated(text).ok_or(error))
            .map_err(|error| (Why::Said(error.reason.to_string()), error.span))?;
        Node::of(&parsed).ok_or_else(|| (Why::Said("it is empty".to_owned()), 0..text.len()))
    }

    fn of(parsed: &spdx::Expression) -> Option<Node> {
        let mut stack = Vec::new();
        for node in parsed.iter() {
            let next = match node {
                spdx::expression::ExprNode::Req(req) => Node::One(Atom::from(&req.req)),
                spdx::expression::ExprNode::Op(op) => {
                    let right = stack.pop()?;
                    let left = stack.pop()?;
                    Node::pair(*op, left, right)
                }
            };
            stack.push(next);
        }
        stack.pop()
    }

    fn pair(op: spdx::expression::Operator, left: Node, right: Node) -> Node {
        match op {
            spdx::expression::Operator::And => Node::flat([left, right], Node::All),
            spdx::expression::Operator::Or => Node::flat([left, right], Node::Any),
        }
    }

    fn flat(parts: impl IntoIterator<Item = Node>, join: fn(Vec<Node>) -> Node) -> Node {
        let mut flat: Vec<Node> = Vec::new();
        for part in parts {
            let children = match (part, join(Vec::new())) {
                (Node::All(children), Node::All(_)) | (Node::Any(children), Node::Any(_)) => {
                    children
                }
                (other, _) => vec![other],
            };
            for child in children {
                if !flat.contains(&child) {
                    flat.push(child);
                }
            }
        }
        match flat.len() {
            1 => flat.remove(0),
            _ => join(flat),
        }
    }

    fn join_nodes(
        parts: impl IntoIterator<Item = LicenseExpression>,
        join: fn(Vec<Node>) -> Node,
    ) -> Option<LicenseExpression> {
        let nodes: Vec<Node> = parts.into_iter().map(|part| part.node()).collect();
        (!nodes.is_empty()).then(|| Node::flat(nodes, join).into())
    }

    fn visit(&self, see: &mut impl FnMut(&Atom)) {
        match self {
            Node::One(atom) => see(atom),
            Node::All(parts) | Node::Any(parts) => parts.iter().for_each(|part| part.visit(see)),
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, operator) = match self {
            Node::One(atom) => return atom.fmt(f),
            Node::All(parts) => (parts, " AND "),
            Node::Any(parts) => (parts, " OR "),
        };
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                f.write_str(operator)?;
            }
            match (self, part) {
                (Node::All(_), Node::Any(_)) => write!(f, "({part})")?,
                _ => part.fmt(f)?,
            }
        }
        Ok(())
    }
}

impl From<&spdx::LicenseReq> for Atom {
    fn from(req: &spdx::LicenseReq) -> Self {
        let (id, or_later, local) = match &req.license {
            spdx::LicenseItem::Spdx { id, or_later } => {
                // For GNU licences the flag repeats what the identifier says already.
                (id.name.to_owned(), *or_later && !id.name.ends_with("-or-later"), false)
            }
            other => (other.to_string(), false, true),
        };
        Atom { id, or_later, exception: req.addition.as_ref().map(ToString::to_string), local }
    }
}

fn parse_deprecated(text: &str) -> Option<spdx::Expression> {
    let mode = spdx::ParseMode { allow_deprecated: true, ..spdx::ParseMode::STRICT };
    let parsed = spdx::Expression::parse_mode(text, mode).ok()?;
    // A bare GNU identifier is for `modernise` to read, not to be let through.
    let open = |req: &spdx::expression::ExpressionReq| {
        req.req.license.id().is_some_and(|id| id.is_gnu() && id.is_deprecated())
    };
    let refused = parsed.requirements().any(open);
    (!refused).then_some(parsed)
}

/// An expression rewritten word by word into today's SPDX.
struct Modern {
    text: String,
    precision: Precision,
    /// Where each word stands here and where it stood, in order.
    words: Vec<(Range<usize>, Range<usize>)>,
}

impl Modern {
    fn of(original: &str) -> Result<Modern, Wrong> {
        let mut modern =
            Modern { text: String::new(), precision: Precision::Exact, words: Vec::new() };
        for word in split(original) {
            let start = word.as_ptr() as usize - original.as_ptr() as usize;
            let origin = start..start + word.len();
            match word.to_ascii_uppercase().as_str() {
                "/" => modern.push("OR", origin),
                operator @ ("AND" | "OR" | "WITH") => modern.push(operator, origin),
                "(" | ")" => modern.push(word, origin),
                _ => {
                    let (id, certainty) = modern_id(word)
                        .ok_or_else(|| (Why::Unknown(word.to_owned()), origin.clone()))?;
                    modern.precision = modern.precision.max(certainty);
                    modern.push(&id, origin);
                }
            }
        }
        Ok(modern)
    }

    fn push(&mut self, word: &str, origin: Range<usize>) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        let start = self.text.len();
        self.text.push_str(word);
        self.words.push((start..self.text.len(), origin));
    }

    /// Where what stands here stood; behind the last word is the end.
    fn origin(&self, original: &str, span: &Range<usize>) -> Range<usize> {
        let word = self.words.iter().find(|(here, _)| span.start < here.end);
        word.map_or(original.len()..original.len(), |(_, origin)| origin.clone())
    }
}

/// Words, and the signs `(`, `)` and `/` by themselves.
fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().flat_map(|chunk| {
        chunk
            .split_inclusive(['(', ')', '/'])
            .flat_map(|piece| match piece.char_indices().next_back() {
                Some((at, '(' | ')' | '/')) => [&piece[..at], &piece[at..]],
                _ => [piece, ""],
            })
            .filter(|piece| !piece.is_empty())
    })
}

/// Today's spelling of one identifier; `None` if it is none.
fn modern_id(word: &str) -> Option<(String, Precision)> {
    if let Some((_, modern)) = SUCCESSORS.iter().find(|(old, _)| old.eq_ignore_ascii_case(word)) {
        return Some(((*modern).to_owned(), Precision::Exact));
    }
    if word.contains("LicenseRef-") || word.contains("AdditionRef-") {
        return Some((word.to_owned(), Precision::Exact));
    }
    let bare = word.trim_end_matches('+');
    let later = bare.len() < word.len();
    let id = canonical_case(bare)?;
    let gnu = spdx::license_id(id).is_some_and(|license| license.is_gnu());
    Some(match (gnu, later) {
        (false, _) => (format!("{id}{}", if later { "+" } else { "" }), Precision::Exact),
        (true, true) => (
            format!("{}-or-later", id.trim_end_matches("-only").trim_end_matches("-or-later")),
            Precision::Exact,
        ),
        (true, false) if id.ends_with("-only") || id.ends_with("-or-later") => {
            (id.to_owned(), Precision::Exact)
        }
        (true, false) => (format!("{id}-only"), Precision::Imprecise),
    })
}

/// The identifier of a licence or an exception in its proper case.
pub(super) fn canonical_case(word: &str) -> Option<&'static str> {
    let licenses = spdx::identifiers::LICENSES.iter().map(|license| license.name);
    let exceptions = spdx::identifiers::EXCEPTIONS.iter().map(|exception| exception.name);
    licenses.chain(exceptions).find(|name| name.eq_ignore_ascii_case(word))
}

/// Deprecated identifiers whose successor is not the same name with a suffix.
const SUCCESSORS: [(&str, &str); 12] = [
    ("BSD-2-Clause-FreeBSD", "BSD-2-Clause-Views"),
    ("BSD-2-Clause-NetBSD", "BSD-2-Clause"),
    ("bzip2-1.0.5", "bzip2-1.0.6"),
    ("eCos-2.0", "GPL-2.0-or-later WITH eCos-exception-2.0"),
    ("GPL-2.0-with-autoconf-exception", "GPL-2.0-only WITH Autoconf-exception-2.0"),
    ("GPL-2.0-with-bison-exception", "GPL-2.0-or-later WITH Bison-exception-2.2"),
    ("GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
    ("GPL-2.0-with-font-exception", "GPL-2.0-only WITH Font-exception-2.0"),
    ("GPL-2.0-with-GCC-exception", "GPL-2.0-or-later WITH GCC-exception-2.0"),
    ("GPL-3.0-with-autoconf-exception", "GPL-3.0-only WITH Autoconf-exception-3.0"),
    ("GPL-3.0-with-GCC-exception", "GPL-3.0-only WITH GCC-exception-3.1"),
    ("StandardML-NJ", "SMLNJ"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use Precision::{Exact, Imprecise};

    #[test]
    fn expressions_are_read_as_people_write_them() {
        let cases = [
            ("MIT", "MIT", Exact),
            ("MIT OR Apache-2.0", "MIT OR Apache-2.0", Exact),
            ("MIT/Apache-2.0", "MIT OR Apache-2.0", Exact),
            ("MIT / Apache-2.0 / Zlib", "MIT OR Apache-2.0 OR Zlib", Exact),
            ("mit or apache-2.0", "MIT OR Apache-2.0", Exact),
            ("GPL-2.0", "GPL-2.0-only", Imprecise),
            ("AGPL-3.0", "AGPL-3.0-only", Imprecise),
            ("LGPL-2.1", "LGPL-2.1-only", Imprecise),
            ("GPL-3.0+", "GPL-3.0-or-later", Exact),
            ("gpl-2.0+", "GPL-2.0-or-later", Exact),
            ("LGPL-2.1+", "LGPL-2.1-or-later", Exact),
            ("GPL-2.0-or-later", "GPL-2.0-or-later", Exact),
            ("Apache-2.0+", "Apache-2.0+", Exact),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", "(MIT OR Apache-2.0) AND Unicode-3.0", Exact),
            ("(MIT OR Apache-2.0)AND(MIT)", "(MIT OR Apache-2.0) AND MIT", Exact),
            ("MIT AND (ISC AND Zlib)", "MIT AND ISC AND Zlib", Exact),
            ("MIT OR MIT", "MIT", Exact),
            (
                "Apache-2.0 WITH LLVM-exception OR MIT",
                "Apache-2.0 WITH LLVM-exception OR MIT",
                Exact,
            ),
            (
                "GPL-2.0-with-classpath-exception",
                "GPL-2.0-only WITH Classpath-exception-2.0",
                Exact,
            ),
            (
                "AGPL-3.0-or-later OR LicenseRef-Element-Commercial",
                "AGPL-3.0-or-later OR LicenseRef-Element-Commercial",
                Exact,
            ),
            ("LicenseRef-Own/MIT", "LicenseRef-Own OR MIT", Exact),
        ];
        for (text, canonical, precision) in cases {
            let (expression, found) = LicenseExpression::parse(text).expect(text);
            assert_eq!((expression.as_str(), found), (canonical, precision), "{text}");
            let again = LicenseExpression::parse(expression.as_str()).expect(text);
            assert_eq!(again, (expression, Exact), "{text}: canonical text stays");
        }
    }

    #[test]
    fn what_is_no_expression_says_why() {
        let long = "MIT OR ".repeat(1000);
        let cases = [
            ("GPL", "`GPL` is not an SPDX identifier"),
            ("MIT and", "expected"),
            ("", ""),
            ("MIT OR (", ""),
            (")", ""),
            ("/", ""),
            ("MIT\u{202e}", "not an SPDX identifier"),
            (&long, "longer than 1024 bytes"),
        ];
        for (text, part) in cases {
            let error = LicenseExpression::parse(text).expect_err(text);
            assert!(error.reason().contains(part), "{text}: {error}");
            assert!(text.get(error.span.clone()).is_some(), "{text}: {:?}", error.span);
        }
    }

    #[test]
    fn errors_point_at_what_is_wrong() {
        let cases = [
            ("MIT Or Nonsense", "Nonsense"),
            ("  mit/GPL", "GPL"),
            ("MIT OR", ""),
            ("(MIT/ISC) ISC", "ISC"),
            ("MIT OR WITH ISC", "WITH"),
            ("GPL-2.0+ WITH", ""),
        ];
        for (text, wrong) in cases {
            let error = LicenseExpression::parse(text).expect_err(text);
            assert_eq!(text.get(error.span.clone()), Some(wrong), "{text}: {error}");
        }
    }

    #[test]
    fn joins_leave_out_repetitions() {
        let read = |text| LicenseExpression::parse(text).unwrap().0;
        let all = LicenseExpression::all_of([read("MIT OR ISC"), read("Zlib"), read("Zlib")]);
        assert_eq!(all.unwrap().as_str(), "(MIT OR ISC) AND Zlib");
        assert_eq!(LicenseExpression::any_of([]), None);
    }

    #[test]
    fn successors_are_valid() {
        for (_, modern) in SUCCESSORS {
            LicenseExpression::parse_valid(modern);
        }
    }
}
