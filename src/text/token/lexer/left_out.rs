//! What is left out: text around code, lines for a preprocessor, imports, annotations.

use super::super::role::Shape;
use super::Lexer;
use crate::text::language::Annotations;

impl Lexer<'_> {
    /// Moves to where code begins, in texts that hold code between marks.
    pub(super) fn skip_to_code(&mut self) {
        let Some((opens, _)) = self.lexicon.code_marks else { return };
        let open = self.text[self.at..self.end].windows(2).position(|bytes| bytes == b"<?");
        let Some(offset) = open else {
            // A text without any mark is a fragment of code.
            if self.at > 0 || self.text.trim_ascii_start().starts_with(b"<") {
                self.at = self.end;
            }
            return;
        };
        if self.at == 0 && !self.text[..offset].contains(&b'<') && offset > 0 {
            // Code before the first mark: the text is a fragment too.
            let is_text = self.text[..offset].iter().all(|&byte| byte.is_ascii_whitespace());
            if !is_text && self.text[..offset].contains(&b';') {
                return;
            }
        }
        self.at += offset;
        let mark = opens.iter().find(|mark| self.rest().starts_with(mark.as_bytes()));
        self.at += mark.map_or(2, |mark| mark.len());
    }

    /// Leaves code at the mark that ends it.
    pub(super) fn ends_code(&mut self) -> bool {
        let Some((_, close)) = self.lexicon.code_marks else { return false };
        let ends = !self.in_hole && self.rest().starts_with(close.as_bytes());
        if ends {
            self.at += close.len();
            self.skip_to_code();
        }
        ends
    }

    /// Leaves out a line for the preprocessor, but for definitions of macros.
    pub(super) fn skip_directive(&mut self) -> bool {
        if !self.lexicon.has_preprocessor || self.byte(0) != b'#' {
            return false;
        }
        let blanks =
            self.rest()[1..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let word = &self.rest()[1 + blanks..];
        if word.starts_with(b"define") {
            self.at += 1 + blanks + b"define".len();
            let shape = self.vocabulary.words.get(&b"#define"[..]).copied();
            self.push(shape.unwrap_or(Shape::Dropped), self.at - 6);
            return true;
        }
        // A comment at the end of the line, or of several lines, is read as one.
        loop {
            let end = self.end_of_line(self.at);
            let line = &self.text[self.at..end];
            if let Some(comment) = comment_start(line) {
                self.at += comment;
                return true;
            }
            self.at = end;
            if !line.trim_ascii_end().ends_with(b"\\") || end == self.end {
                return true;
            }
            self.at = end + 1;
        }
    }

    /// Leaves out a statement that imports, up to its end.
    pub(super) fn skip_import(&mut self) -> bool {
        let is_import = self.lexicon.imports.iter().any(|word| {
            let Some(behind) = self.rest().strip_prefix(word.as_bytes()) else { return false };
            let is_word = behind.first().is_none_or(|&next| !self.is_name_byte(next));
            // `using (...) {` and `import = 1` are code.
            is_word
                && match behind.trim_ascii_start().first() {
                    Some(b'(') => self.lexicon.imports_take_brackets,
                    Some(b'=') => false,
                    _ => true,
                }
        });
        if !is_import {
            return false;
        }
        let mut open = 0usize;
        let mut quote = None;
        let mut last = 0;
        while self.at < self.end {
            let byte = self.text[self.at];
            match (quote, byte) {
                (Some(mark), _) if mark == byte || byte == b'\n' => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'' | b'`') => quote = Some(byte),
                // `package a {`: what follows a name is a block of code, and no list of names.
                (None, b'{') if open == 0 && self.is_name_byte(last) => return true,
                (None, b'(' | b'{') => open += 1,
                (None, b')' | b'}') => open = open.saturating_sub(1),
                (None, b';') if open == 0 => {
                    self.at += 1;
                    return true;
                }
                // Behind a comma or a backslash a statement goes on.
                (None, b'\n') if open == 0 && !matches!(last, b',' | b'\\') => return true,
                _ => {}
            }
            if !byte.is_ascii_whitespace() {
                last = byte;
            }
            self.at += 1;
        }
        true
    }

    /// Leaves out what is said of the definition that follows.
    pub(super) fn skip_annotation(&mut self, starts_line: bool) -> bool {
        let start = self.at;
        match self.lexicon.annotations {
            Annotations::Kept => return false,
            Annotations::At => {
                if self.byte(0) != b'@' || !self.byte(1).is_ascii_alphabetic() {
                    return false;
                }
                // This is a declaration, and annotates nothing.
                if self.rest().starts_with(b"@interface") {
                    return false;
                }
                self.at += 1;
                while self.is_name_byte(self.byte(0)) || matches!(self.byte(0), b'.' | b':') {
                    self.at += 1;
                }
                if self.byte(0) != b'(' {
                    return true;
                }
            }
            Annotations::Brackets => {
                let follows_end = matches!(
                    self.last_shape(),
                    None | Some(Shape::Close | Shape::OpenOther(_) | Shape::Dropped)
                );
                if self.byte(0) != b'['
                    || !starts_line
                    || !follows_end
                    || !self.byte(1).is_ascii_alphabetic()
                {
                    return false;
                }
            }
            Annotations::HashBrackets => {
                if !self.rest().starts_with(b"#[") {
                    return false;
                }
                self.at += 1;
            }
        }
        match self.end_of_brackets(self.at) {
            Some(end) => self.at = end,
            None if self.at == start => return false,
            None => {}
        }
        true
    }

    /// The end of the brackets that open at a place; `None` if they do not close.
    fn end_of_brackets(&mut self, start: usize) -> Option<usize> {
        let mut depth = 0usize;
        let mut quote = None;
        for (offset, &byte) in self.text[start..self.end].iter().enumerate() {
            self.search_budget = self.search_budget.checked_sub(1)?;
            match (quote, byte) {
                (Some(mark), _) if mark == byte || byte == b'\n' => quote = None,
                (Some(_), _) => {}
                (None, b'"') => quote = Some(byte),
                (None, b'(' | b'[' | b'{') => depth += 1,
                (None, b')' | b']' | b'}') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Some(start + offset + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// Where a comment of C begins on a line, outside of strings.
fn comment_start(line: &[u8]) -> Option<usize> {
    let mut in_string = false;
    for at in 0..line.len() {
        match line[at] {
            b'"' => in_string = !in_string,
            b'/' if !in_string && matches!(line.get(at + 1), Some(b'/' | b'*')) => return Some(at),
            _ => {}
        }
    }
    None
}
