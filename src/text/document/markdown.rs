//! Fenced blocks of code in Markdown, each on its lines of the page.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use crate::text::language::Language;
use crate::text::source::{Held, SourceFile};

/// The languages that blocks of a page are in, in the order of the table.
pub(super) fn languages(file: &[u8]) -> Vec<Language> {
    let page = String::from_utf8_lossy(file);
    let of_block = |event| match event {
        Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => fence_language(&info),
        _ => None,
    };
    let mut found: Vec<Language> = Parser::new(&page).filter_map(of_block).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The blocks of a page that are in a language. A page that is no UTF-8 is read as far as it is.
pub(super) fn read(path: String, language: Language, file: Vec<u8>) -> SourceFile {
    let page = String::from_utf8_lossy(&file);
    let mut text = Vec::new();
    // The line that is reached in the page, and the one that is written to.
    let (mut line, mut seen, mut written, mut code_lines) = (1u32, 0, 1u32, 0);
    let (mut is_wanted, mut indents) = (false, Vec::new());
    for (event, range) in Parser::new(&page).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                is_wanted = fence_language(&info) == Some(language);
            }
            Event::End(TagEnd::CodeBlock) => is_wanted = false,
            Event::Text(code) if is_wanted => {
                line += breaks(&page[seen..range.start]);
                seen = range.start;
                text.resize(text.len() + line.saturating_sub(written) as usize, b'\n');
                if text.last().is_none_or(|&last| last == b'\n') {
                    indents.extend(Some(line.max(written)).zip(indent(&page[..range.start])));
                }
                text.extend_from_slice(plain(&code, language).as_bytes());
                written = line.max(written) + breaks(&code);
                code_lines += code.lines().count() as u32;
            }
            _ => {}
        }
    }
    // It borrows from the file, which moves on.
    drop(page);
    let held = Held { file, code_lines, lines: Vec::new(), indents };
    SourceFile::new(path, language, text).with_held(held)
}

fn breaks(text: &str) -> u32 {
    text.bytes().filter(|byte| *byte == b'\n').count() as u32
}

/// The number of characters on the last line of a text; `None` if there are none.
fn indent(text: &str) -> Option<u32> {
    let line = text.rsplit('\n').next()?;
    (!line.is_empty()).then(|| line.chars().count() as u32)
}

/// The language that the words behind a fence name: `python`, `rust,no_run`, `{python} title=a`.
fn fence_language(info: &str) -> Option<Language> {
    let is_end = |c: char| c.is_whitespace() || ",{}:".contains(c);
    let word = info.split(is_end).find(|word| !word.is_empty())?;
    let word = word.trim_start_matches('.').to_ascii_lowercase();
    Language::from_name(&word)
}

/// A part of a block. Lines that rustdoc hides begin with a mark, which is no Rust.
fn plain(code: &str, language: Language) -> String {
    if language.name() != "rust" {
        return code.to_owned();
    }
    let shown = |line: &str| match line.trim_start() {
        hidden if hidden.starts_with("# ") => line.replacen("# ", "  ", 1),
        hidden if hidden.trim_end() == "#" => line.replacen('#', " ", 1),
        _ => line.to_owned(),
    };
    code.split_inclusive('\n').map(shown).collect()
}
