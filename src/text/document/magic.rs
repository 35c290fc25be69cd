//! What stands in cells and is no code of their language: IPython's magics, lines for a shell,
//! questions for help, commands of evcxr.

use crate::text::language::Language;

/// Magics of a whole cell whose body is Python all the same.
const PYTHON_CELLS: [&str; 10] = [
    "capture", "memit", "prun", "pypy", "python", "python3", "snakeviz", "time", "timeit", "mprun",
];

/// What the body of a cell is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// The language of the notebook.
    OwnLanguage,
    /// Another one, which the cell's first line names.
    OtherLanguage,
}

/// What the body of a cell is in, by its first line.
pub(super) fn body_of(first: &str, language: Language) -> Body {
    let Some(magic) = first.trim_start().strip_prefix("%%") else { return Body::OwnLanguage };
    let mut words = magic.split_whitespace();
    let name = words.next().unwrap_or_default();
    let is_own = language.name() == "python"
        && (PYTHON_CELLS.contains(&name)
            || name == "writefile" && words.next_back().is_some_and(|file| file.ends_with(".py")));
    if is_own { Body::OwnLanguage } else { Body::OtherLanguage }
}

/// The lines of a cell with blank lines in place of magics.
pub(crate) fn without_magics<'l>(lines: &[&'l str], language: Language) -> Vec<&'l str> {
    let is_magic = match language.name() {
        "python" => is_ipython,
        _ => is_evcxr,
    };
    let mut is_continued = false;
    let mut kept = Vec::new();
    for line in lines {
        let is_left_out = is_continued || is_magic(line);
        is_continued = is_left_out && line.trim_end().ends_with('\\');
        kept.push(if is_left_out { "" } else { *line });
    }
    kept
}

/// Whether IPython takes a line for itself. A line that goes on with an expression may begin with an
/// operator: `% name` and `!= x` are Python.
fn is_ipython(line: &str) -> bool {
    let line = line.trim();
    is_escape(line) || is_question(line) || assigned_value(line).is_some_and(is_escape)
}

/// `%name`, `%%name`, `!command`.
fn is_escape(text: &str) -> bool {
    if let Some(command) = text.strip_prefix('!') {
        return !command.starts_with('=');
    }
    let name = text.strip_prefix("%%").or_else(|| text.strip_prefix('%'));
    name.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

/// `?name`, `name?`, `name??`.
fn is_question(line: &str) -> bool {
    let asked = line.strip_prefix('?').or_else(|| line.strip_suffix('?'));
    let is_of_name = |c: char| c.is_alphanumeric() || "_.*%?".contains(c);
    asked.is_some_and(|name| !name.is_empty() && name.chars().all(is_of_name))
}

/// What a name is given: `!ls` of `files = !ls`.
fn assigned_value(line: &str) -> Option<&str> {
    let (names, value) = line.split_once('=')?;
    let is_of_names = |c: char| c.is_alphanumeric() || "_., ".contains(c);
    (!names.trim().is_empty() && names.chars().all(is_of_names)).then(|| value.trim_start())
}

/// `:dep serde = "1"`.
fn is_evcxr(line: &str) -> bool {
    line.strip_prefix(':').is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))
}
