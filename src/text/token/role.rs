//! The role of a name, read from its neighbours.
//!
//! The tree above a name says the same more exactly, but only where the text parses: in a fragment,
//! a macro body or behind a syntax error there is no tree. Neighbours are there always, so a
//! snippet gets the classes it has inside its file.

use super::TokenClass;
use crate::text::language::KeywordArguments;

/// What a leaf is to its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A name of no fixed role.
    Name,
    /// A token of a fixed class.
    Fixed(TokenClass),
    /// `.`
    Dot,
    /// `::`
    PathSeparator,
    /// `,`
    Comma,
    /// `:`
    Colon,
    /// `)`, `]`, `}`
    Close,
    /// `(` of this class.
    OpenParenthesis(TokenClass),
    /// `(` that groups: no token, since a copyist adds and removes it for free.
    OpenGroup,
    /// `[` or `{` of this class.
    OpenOther(TokenClass),
    /// `=` of this class.
    Equals(TokenClass),
    /// `!` of this class.
    Bang(TokenClass),
    /// A word of this class behind which a function's name follows, or `lambda`.
    FunctionWord(TokenClass),
    /// A word of this class behind which a type's name follows.
    TypeWord(TokenClass),
    /// Dropped, and nothing to its neighbours.
    Dropped,
}

/// What the innermost open bracket holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Bracket {
    /// The parameters of a function definition.
    Parameters,
    /// The arguments of a call, or a tuple.
    Parentheses,
    /// Anything in `[` or `{`, or one expression.
    Other,
}

/// The neighbours of a name.
pub(super) struct Neighbours {
    pub before: Option<Shape>,
    pub after: Option<Shape>,
    pub after_next: Option<Shape>,
    pub bracket: Option<Bracket>,
    pub keyword_arguments: KeywordArguments,
    pub self_names: &'static [&'static str],
}

/// The class of a name with this text between these neighbours.
pub(super) fn of_name(text: &[u8], at: &Neighbours) -> TokenClass {
    if at.self_names.iter().any(|name| name.as_bytes() == text) {
        return TokenClass::SELF;
    }
    match at.before {
        Some(Shape::FunctionWord(_) | Shape::TypeWord(_)) => return TokenClass::DEFINITION,
        Some(Shape::Dot) if !is_called(at) => return TokenClass::FIELD,
        _ => {}
    }
    if is_called(at) {
        TokenClass::CALLEE
    } else if is_argument_name(at) {
        TokenClass::KEYWORD_ARGUMENT
    } else if at.after == Some(Shape::PathSeparator)
        || text.first().is_some_and(u8::is_ascii_uppercase)
    {
        TokenClass::TYPE
    } else {
        TokenClass::VARIABLE
    }
}

fn is_called(at: &Neighbours) -> bool {
    match at.after {
        Some(Shape::OpenParenthesis(_)) => true,
        Some(Shape::Bang(_)) => {
            matches!(at.after_next, Some(Shape::OpenParenthesis(_) | Shape::OpenOther(_)))
        }
        // A method called with explicit type arguments: `.collect::<Vec<_>>()`.
        Some(Shape::PathSeparator) => at.before == Some(Shape::Dot),
        _ => false,
    }
}

fn is_argument_name(at: &Neighbours) -> bool {
    let is_given = match at.keyword_arguments {
        KeywordArguments::WithEquals => matches!(at.after, Some(Shape::Equals(_))),
        KeywordArguments::WithColon => at.after == Some(Shape::Colon),
        KeywordArguments::Absent => false,
    };
    is_given
        && at.bracket == Some(Bracket::Parentheses)
        && matches!(at.before, Some(Shape::Comma | Shape::OpenParenthesis(_)))
}
