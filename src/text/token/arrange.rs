//! What the leaves of a text say of each other beyond their neighbours: which name a definition
//! defines, which brackets only group, which names are keys.
//!
//! A parse says that by its tree; where there is no grammar, or one that gives a method's name the
//! kind of any property, matching brackets say it.

use super::TokenClass;
use super::leaves::Leaf;
use super::role::Shape;
use crate::text::language::{Definitions, Heads, Language};

/// Leaves behind parameters that may stand before the body: `const`, `throws A, B`, `: a(b)`.
const MAX_BEFORE_BODY: usize = 24;
/// Leaves of type parameters before a name.
const MAX_TYPE_PARAMETERS: usize = 16;

/// Gives leaves the shapes that follow from brackets.
pub(super) fn arrange(leaves: &mut [Leaf], language: Language, text: &[u8]) {
    let definitions = language.family().row().definitions;
    let lexicon = language.lexicon();
    if lexicon.is_none() && !matches!(definitions, Definitions::BeforeBody(_)) {
        return;
    }
    let mut arranger = Arranger { brackets: Brackets::of(leaves), text, leaves };
    match definitions {
        Definitions::AfterWord => {}
        Definitions::BeforeBody(heads) => arranger.name_before_bodies(heads),
        Definitions::Assigned => arranger.name_what_is_assigned(),
    }
    let Some(lexicon) = lexicon else { return };
    arranger.name_behind_words();
    if lexicon.has_bare_calls {
        arranger.call_before_values();
    }
    if lexicon.has_keys {
        arranger.name_keys();
    }
    if lexicon.drops_groups {
        arranger.drop_groups();
    }
}

/// For each leaf that opens a bracket the leaf that closes it, and whether a comma stands directly
/// inside.
struct Brackets {
    close: Vec<u32>,
    has_comma: Vec<bool>,
    /// For each leaf the innermost leaf that is open around it.
    around: Vec<u32>,
}

/// No leaf.
const NONE: u32 = u32::MAX;

impl Brackets {
    fn of(leaves: &[Leaf]) -> Brackets {
        let mut brackets = Brackets {
            close: vec![NONE; leaves.len()],
            has_comma: vec![false; leaves.len()],
            around: vec![NONE; leaves.len()],
        };
        let mut open: Vec<u32> = Vec::new();
        for (at, leaf) in leaves.iter().enumerate() {
            brackets.around[at] = open.last().copied().unwrap_or(NONE);
            match leaf.shape {
                Shape::OpenParenthesis(_) | Shape::OpenGroup | Shape::OpenOther(_) => {
                    open.push(at as u32);
                }
                Shape::Close => {
                    if let Some(start) = open.pop() {
                        brackets.close[start as usize] = at as u32;
                    }
                }
                Shape::Comma => {
                    if let Some(&start) = open.last() {
                        brackets.has_comma[start as usize] = true;
                    }
                }
                _ => {}
            }
        }
        brackets
    }

    fn close_of(&self, open: usize) -> Option<usize> {
        let close = *self.close.get(open)?;
        (close != NONE).then_some(close as usize)
    }
}

struct Arranger<'a> {
    leaves: &'a mut [Leaf],
    brackets: Brackets,
    text: &'a [u8],
}

impl Arranger<'_> {
    fn shape(&self, at: usize) -> Option<Shape> {
        self.leaves.get(at).map(|leaf| leaf.shape)
    }

    fn word(&self, at: usize) -> &[u8] {
        let span = self.leaves[at].span;
        &self.text[span.start as usize..span.end as usize]
    }

    fn is_name(&self, at: usize) -> bool {
        match self.shape(at) {
            Some(Shape::Name) => true,
            Some(Shape::Fixed(class)) => class == TokenClass::TYPE || class == TokenClass::FIELD,
            _ => false,
        }
    }

    fn define(&mut self, at: usize) {
        self.leaves[at].shape = Shape::Fixed(TokenClass::DEFINITION);
    }

    /// `name(parameters) {`, unless what stands before makes it a call.
    fn name_before_bodies(&mut self, heads: Heads) {
        for at in 0..self.leaves.len() {
            let is_head = self.is_name(at)
                && matches!(self.shape(at + 1), Some(Shape::OpenParenthesis(_)))
                && (at == 0 || self.may_stand_before_definition(at - 1, heads));
            if is_head
                && self.brackets.close_of(at + 1).is_some_and(|end| self.has_body(end + 1, heads))
            {
                self.define(at);
            }
        }
    }

    fn may_stand_before_definition(&self, at: usize, heads: Heads) -> bool {
        match self.leaves[at].shape {
            Shape::Name | Shape::PathSeparator => true,
            Shape::Close | Shape::OpenOther(_) | Shape::Dropped => !heads.name_types,
            Shape::Comma => heads.stand_in_lists,
            Shape::Fixed(class) if class.is_identifier() => true,
            Shape::Fixed(class) if class.is_literal() => false,
            Shape::Fixed(_) => {
                let word = self.word(at);
                if word[0].is_ascii_alphabetic() {
                    !NO_TYPES.contains(&word)
                } else {
                    matches!(word, b"*" | b"&" | b"&&" | b">" | b">>" | b"~")
                }
            }
            _ => false,
        }
    }

    /// Whether a body follows before anything that no head of a definition holds.
    fn has_body(&self, mut at: usize, heads: Heads) -> bool {
        for _ in 0..MAX_BEFORE_BODY {
            match self.shape(at) {
                Some(Shape::OpenOther(_)) => return self.word(at) == b"{",
                Some(Shape::Fixed(_)) if self.word(at) == b"=>" => return heads.have_arrows,
                Some(Shape::OpenParenthesis(_)) => match self.brackets.close_of(at) {
                    Some(end) => at = end,
                    None => return false,
                },
                Some(Shape::Dropped) if self.word(at) == b";" => return false,
                Some(
                    Shape::Name
                    | Shape::PathSeparator
                    | Shape::Comma
                    | Shape::Colon
                    | Shape::Dropped,
                ) => {}
                Some(Shape::Fixed(class)) if class.is_identifier() => {}
                Some(Shape::Fixed(_)) if BEFORE_BODY.contains(&self.word(at)) => {}
                _ => return false,
            }
            at += 1;
        }
        false
    }

    /// `name <- function(parameters)`.
    fn name_what_is_assigned(&mut self) {
        for at in 0..self.leaves.len().saturating_sub(2) {
            let is_definition = self.is_name(at)
                && matches!(self.word(at + 1), b"<-" | b"=" | b"<<-")
                && matches!(self.word(at + 2), b"function" | b"\\");
            if is_definition {
                self.define(at);
            }
        }
    }

    /// `func (receiver) name`, `fun <T> name`, `function table.name`, `def self.name`.
    fn name_behind_words(&mut self) {
        for at in 0..self.leaves.len() {
            if !matches!(self.shape(at), Some(Shape::FunctionWord(_))) {
                continue;
            }
            let mut name = at + 1;
            if matches!(self.shape(name), Some(Shape::OpenParenthesis(_))) {
                // Without a name behind it the bracket holds the parameters of a function that has
                // none.
                match self.brackets.close_of(name) {
                    Some(end) if self.is_name(end + 1) && self.opens(end + 2) => name = end + 1,
                    _ => continue,
                }
            }
            name = self.behind_type_parameters(name);
            let is_path = |shape| matches!(shape, Some(Shape::Dot | Shape::PathSeparator));
            let mut steps = 0;
            while steps < MAX_BEFORE_BODY {
                let behind = self.behind_type_parameters(name + 1);
                if !is_path(self.shape(behind)) || !self.is_name(behind + 1) {
                    break;
                }
                (name, steps) = (behind + 1, steps + 1);
            }
            if self.is_name(name) {
                self.define(name);
            }
        }
    }

    /// Where it goes on behind `<T>`.
    fn behind_type_parameters(&self, at: usize) -> usize {
        if at >= self.leaves.len() || self.word(at) != b"<" {
            return at;
        }
        let end = (at..self.leaves.len().min(at + MAX_TYPE_PARAMETERS))
            .find(|&end| self.word(end) == b">");
        end.map_or(at, |end| end + 1)
    }

    fn opens(&self, at: usize) -> bool {
        matches!(self.shape(at), Some(Shape::OpenParenthesis(_) | Shape::OpenOther(_)))
            || at < self.leaves.len() && self.word(at) == b"<"
    }

    /// `name value`.
    fn call_before_values(&mut self) {
        for at in 0..self.leaves.len().saturating_sub(1) {
            let behind_word = at > 0
                && matches!(self.leaves[at - 1].shape, Shape::FunctionWord(_) | Shape::TypeWord(_));
            if behind_word || !self.is_name(at) {
                continue;
            }
            let between =
                self.leaves[at].span.end as usize..self.leaves[at + 1].span.start as usize;
            let between = &self.text[between.start.min(between.end)..between.end];
            let is_value = match self.leaves[at + 1].shape {
                Shape::Name => true,
                Shape::Fixed(class) => class.is_named() || class == TokenClass::SELF,
                _ => false,
            };
            if is_value
                && between
                    .iter()
                    .all(|byte| matches!(byte, b' ' | b'\t' | b'$' | b'@' | b':' | b'%'))
            {
                self.leaves[at].shape = Shape::Fixed(TokenClass::CALLEE);
            }
        }
    }

    /// `{name: value}`.
    fn name_keys(&mut self) {
        for at in 0..self.leaves.len() {
            let is_key = matches!(self.shape(at), Some(Shape::Name))
                && matches!(self.shape(at + 1), Some(Shape::Colon))
                && at > 0
                && matches!(self.shape(at - 1), Some(Shape::Comma | Shape::OpenOther(_)))
                && self.brackets.around[at] != NONE
                && self.word(self.brackets.around[at] as usize) == b"{";
            if is_key {
                self.leaves[at].shape = Shape::Fixed(TokenClass::FIELD);
            }
        }
    }

    /// `(value)` where a value may stand.
    fn drop_groups(&mut self) {
        for at in 0..self.leaves.len() {
            if !matches!(self.shape(at), Some(Shape::OpenParenthesis(_)))
                || self.brackets.has_comma[at]
                || at == 0
                || !self.is_before_value(at - 1)
            {
                continue;
            }
            let Some(close) = self.brackets.close_of(at).filter(|&close| close > at + 1) else {
                continue;
            };
            let goes_on = match self.shape(close + 1) {
                // A cast, or the parameters of a function without a name.
                Some(Shape::Name | Shape::OpenParenthesis(_) | Shape::OpenOther(_)) => true,
                Some(Shape::Fixed(class)) => {
                    class.is_named()
                        || class == TokenClass::SELF
                        || matches!(self.word(close + 1), b"->" | b"=>" | b"in")
                }
                _ => false,
            };
            if !goes_on {
                self.leaves[at].shape = Shape::OpenGroup;
            }
        }
    }

    fn is_before_value(&self, at: usize) -> bool {
        match self.leaves[at].shape {
            Shape::Equals(_)
            | Shape::Bang(_)
            | Shape::Comma
            | Shape::Colon
            | Shape::OpenParenthesis(_)
            | Shape::OpenGroup => true,
            Shape::Fixed(class) if class >= TokenClass::FIRST_WORD => {
                let word = self.word(at);
                let is_operator =
                    word.iter().all(|byte| byte.is_ascii_punctuation() && *byte != b'_');
                // These may end a value or a type, behind which brackets are a call.
                is_operator && !matches!(word, b">" | b"]" | b"++" | b"--")
                    || BEFORE_VALUE.contains(&word)
            }
            _ => false,
        }
    }
}

/// Words that stand before a call and before no definition.
const NO_TYPES: [&[u8]; 20] = [
    b"new",
    b"return",
    b"else",
    b"case",
    b"throw",
    b"await",
    b"yield",
    b"not",
    b"in",
    b"of",
    b"do",
    b"delete",
    b"typeof",
    b"sizeof",
    b"instanceof",
    b"extends",
    b"if",
    b"while",
    b"and",
    b"or",
];

/// Words between the parameters and the body of a definition.
const BEFORE_BODY: [&[u8]; 16] = [
    b"const",
    b"noexcept",
    b"throws",
    b"throw",
    b"override",
    b"final",
    b"where",
    b"base",
    b"this",
    b"->",
    b"*",
    b"&",
    b"<",
    b">",
    b"async",
    b"sync",
];

/// Words that a value follows.
const BEFORE_VALUE: [&[u8]; 10] =
    [b"return", b"case", b"throw", b"and", b"or", b"not", b"yield", b"await", b"in", b"else"];
