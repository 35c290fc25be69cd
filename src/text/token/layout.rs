//! Where the comments of a text stand, and where another could: what is written beside the code,
//! not in it.

use std::sync::OnceLock;

use tree_sitter::{Node, Tree};

use super::Tokenizer;
use super::leaves::{Leaf, Parsed};
use super::lexer;
use super::parsing::{self, Answer, Unread, Wanted};
use super::pieces::MAX_WHOLE_BYTES;
use crate::text::language::Language;
use crate::text::source::SourceFile;
use crate::text::span::{ByteSpan, LineRange};

/// A comment or docstring of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Where it stands, with its marks.
    pub span: ByteSpan,
    /// Which of the two it is.
    pub(crate) kind: CommentKind,
}

/// The kinds of [`Comment`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommentKind {
    /// What the language calls a comment.
    Comment,
    /// A string that stands by itself and documents what it stands in.
    Docstring,
}

/// The parse of a text, asked for what is no token.
pub struct Layout {
    comments: Vec<Comment>,
    /// Whether there are errors in it; `None` if it was not parsed.
    parsed: Option<Parsed>,
    /// Made when it is first needed; seldom more than the comments are.
    tree: OnceLock<Option<Tree>>,
    /// The leaves, where there is no tree.
    leaves: Option<Vec<Leaf>>,
}

/// Ends of the names that grammars give to nodes whose children are statements, items or cases:
/// between those, a line of comment may stand.
const SEQUENCES: [&str; 8] = [
    "block",
    "body",
    "compound_statement",
    "declaration_list",
    "module",
    "program",
    "source_file",
    "translation_unit",
];

impl Tokenizer {
    /// The layout of a text. One that is parsed in pieces has comments, and no place for others.
    pub fn layout(&mut self, source: &SourceFile) -> Layout {
        if source.language().lexicon().is_some() {
            let lexed = lexer::read(source.language(), source.text());
            let (comments, parsed) = (lexed.comments, Some(lexed.parsed));
            return Layout { comments, parsed, tree: OnceLock::new(), leaves: Some(lexed.leaves) };
        }
        let whole = if source.text().len() > MAX_WHOLE_BYTES {
            Err(Unread::OverBudget)
        } else {
            self.ask(source.language(), source.text().into(), Wanted::Comments)
        };
        match whole {
            Ok(Answer::Comments(comments, parsed)) => {
                Layout { comments, parsed: Some(parsed), tree: OnceLock::new(), leaves: None }
            }
            Err(Unread::TimedOut | Unread::NoThread) => Layout::of_comments(Vec::new()),
            _ => Layout::of_comments(self.comments_in_pieces(source)),
        }
    }

    /// The tree of a text; `None` if the parser gives up on it, or if its language has no grammar.
    pub fn tree(&mut self, language: Language, text: &[u8]) -> Option<Tree> {
        language.grammar()?;
        match self.ask(language, text.into(), Wanted::Comments) {
            Ok(Answer::Comments(..)) => parsing::parse_again(language, text),
            _ => None,
        }
    }
}

impl Layout {
    /// The layout of a text as far as its comments go, where these are known already.
    pub(crate) fn of_comments(comments: Vec<Comment>) -> Layout {
        Layout { comments, parsed: None, tree: OnceLock::new(), leaves: None }
    }

    /// The comments, in order.
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// Whether a line of comment put before this line stands between two statements or items, and
    /// cuts nothing: no string, no call, no continued line. The line behind the last one is the end
    /// of the text.
    pub fn is_between_statements(&self, source: &SourceFile, line: u32) -> bool {
        let start = source
            .line_starts()
            .get(line as usize - 1)
            .map_or(source.text().len(), |&at| at as usize);
        let is_place = || match &self.leaves {
            Some(leaves) => lexer::is_place(source, leaves, &self.comments, start),
            None => self.tree(source).is_some_and(|tree| is_place(tree, start, source.text())),
        };
        self.parsed.is_some() && (start == 0 || start >= source.text().len() || is_place())
    }

    /// The lines of the statement or item that begins below a line, with the attributes and
    /// comments before it.
    pub fn statement_below(&self, source: &SourceFile, line: u32) -> Option<LineRange> {
        if let Some(leaves) = &self.leaves {
            return lexer::statement_below(source, leaves, line);
        }
        let offset = *source.line_starts().get(line as usize)? as usize;
        let mut cursor = self.tree(source)?.walk();
        while cursor.node().start_byte() < offset {
            cursor.goto_first_child_for_byte(offset)?;
        }
        let first = source.line(cursor.node().start_byte() as u32);
        while cursor.node().kind().ends_with("comment")
            || cursor.node().kind().ends_with("attribute_item")
        {
            if !cursor.goto_next_sibling() {
                return None;
            }
        }
        let end = cursor.node().end_byte().saturating_sub(1) as u32;
        Some(LineRange { first, last: source.line(end) })
    }

    /// Whether the parser understood all of the text.
    pub fn is_clean(&self) -> bool {
        self.parsed == Some(Parsed::Cleanly)
    }

    /// The tree of the text that this is the layout of.
    fn tree(&self, source: &SourceFile) -> Option<&Tree> {
        // What was not parsed whole within its budget must not be parsed here without one.
        self.parsed?;
        self.tree.get_or_init(|| parsing::parse_again(source.language(), source.text())).as_ref()
    }
}

/// Whether the innermost node that begins before an offset and ends behind it is a sequence of
/// statements, or such a sequence is what comes next, as below `def f():`. One in braces begins
/// with them.
fn is_place(tree: &Tree, offset: usize, text: &[u8]) -> bool {
    let is_sequence = |node: Node<'_>| SEQUENCES.iter().any(|end| node.kind().ends_with(end));
    let mut cursor = tree.walk();
    let mut innermost = cursor.node();
    while cursor.goto_first_child_for_byte(offset).is_some() {
        // The first child that ends behind the offset; if it does not begin before it, none
        // crosses.
        if cursor.node().start_byte() < offset {
            innermost = cursor.node();
            continue;
        }
        while cursor.node().kind().ends_with("comment") && cursor.goto_next_sibling() {}
        let next = cursor.node();
        return is_sequence(innermost)
            || is_sequence(next) && text.get(next.start_byte()) != Some(&b'{');
    }
    is_sequence(innermost)
}

/// Iterative: code nests deeper than a stack is long.
pub(super) fn comments(tree: &Tree, language: Language) -> Vec<Comment> {
    let mut found = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let kind = comment_kind(&node, language);
        found.extend(kind.map(|kind| Comment {
            span: ByteSpan { start: node.start_byte() as u32, end: node.end_byte() as u32 },
            kind,
        }));
        if kind.is_none() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
        }
    }
}

fn comment_kind(node: &Node<'_>, language: Language) -> Option<CommentKind> {
    let row = language.grammar()?;
    if !node.is_named() {
        return None;
    }
    if node.kind().ends_with("comment") && row.dropped_trees.contains(&node.kind()) {
        return Some(CommentKind::Comment);
    }
    let documents =
        |child: &Node<'_>| row.dropped_if_sole_child.contains(&(node.kind(), child.kind()));
    let only = node.child(0).filter(|_| node.child_count() == 1);
    only.is_some_and(|child| documents(&child)).then_some(CommentKind::Docstring)
}
