//! The list of what to build: a line of JSON for each component.

use std::io::{self, BufRead, Read};
use std::path::Path;

use globset::{Glob, GlobBuilder};
use serde::{Deserialize, Serialize};

use crate::ingest::{BuildScripts, Given, Selection, Source};
use crate::project::config::given_license;
use crate::purl::Purl;

/// Most bytes of a line. Longer ones are skipped and quarantined.
const MAX_LINE_BYTES: u64 = 1 << 20;

/// One line as written: the keys of a component of a recipe.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedLine {
    purl: Option<String>,
    source: Option<String>,
    license: Option<String>,
    digest: Option<String>,
    published: Option<String>,
    archive: Option<String>,
    folder: Option<String>,
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
}

/// What a line asks for.
pub(crate) struct Request {
    pub source: Source,
    pub given: Given,
    /// The digest that the content must have.
    pub digest: Option<String>,
}

/// How a line names its component, in messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Label {
    pub purl: Option<String>,
    pub source: Option<String>,
}

/// A line of the list.
pub(crate) struct Line {
    /// Counted from 1.
    pub number: u64,
    /// Its text, or why it has none.
    pub text: Result<String, String>,
}

/// Reads the lines of a list that are not empty.
pub(super) fn read(mut list: impl BufRead) -> io::Result<Vec<Line>> {
    let mut lines = Vec::new();
    for number in 1.. {
        let mut bytes = Vec::new();
        (&mut list).take(MAX_LINE_BYTES + 1).read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            break;
        }
        let is_cut = bytes.len() as u64 > MAX_LINE_BYTES && bytes.last() != Some(&b'\n');
        if is_cut {
            list.skip_until(b'\n')?;
            let text = Err(format!("it is longer than {MAX_LINE_BYTES} bytes"));
            lines.push(Line { number, text });
        } else if !bytes.trim_ascii().is_empty() {
            let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned());
            lines.push(Line { number, text: text.map(|text| text.trim().to_owned()) });
        }
    }
    Ok(lines)
}

/// How a line names its component, as far as it can be read.
pub(crate) fn label(line: &str) -> Label {
    let typed: TypedLine = serde_json::from_str(line).unwrap_or_default();
    Label { purl: typed.purl, source: typed.source }
}

/// What a line asks for; relative paths are relative to `base`.
///
/// # Errors
/// Why it cannot be read, in one sentence.
pub(super) fn parse(
    line: &str,
    base: &Path,
    build_scripts: BuildScripts,
) -> Result<Request, String> {
    let typed: TypedLine = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let purl: Option<Purl> = match &typed.purl {
        Some(text) => Some(text.parse().map_err(|error| format!("{error}"))?),
        None => None,
    };
    let license = match &typed.license {
        Some(text) => Some(given_license(text).map_err(|error| error.to_string())?),
        None => None,
    };
    let published = match &typed.published {
        Some(text) => Some(text.parse().map_err(|_| {
            format!("`{text}` is no day of publication; expected one such as 2019-04-30")
        })?),
        None => None,
    };
    let source = match (&typed.source, &purl) {
        (Some(word), _) if word.contains('\0') => {
            return Err("its source holds a NUL character".to_owned());
        }
        (Some(word), _) => Source::parse(word, base).map_err(|error| error.to_string())?,
        (None, Some(purl)) => Source::Package(purl.clone()),
        (None, None) => return Err("it names neither `source` nor `purl`".to_owned()),
    };
    let selection = Selection {
        archive: typed.archive,
        folder: typed.folder.map(|folder| folder.trim_matches('/').to_owned()),
        include: globs(&typed.include)?,
        exclude: globs(&typed.exclude)?,
    };
    let given = Given { purl, license, published, selection, build_scripts };
    Ok(Request { source, given, digest: typed.digest })
}

/// Globs as in a recipe: `*` stays within a folder, `**` does not.
fn globs(patterns: &[String]) -> Result<Vec<Glob>, String> {
    let glob = |pattern: &String| GlobBuilder::new(pattern).literal_separator(true).build();
    patterns.iter().map(|pattern| glob(pattern).map_err(|error| error.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_no_lines_are_kept_apart() {
        let long = "x".repeat(MAX_LINE_BYTES as usize + 5);
        let list = format!("{{}}\n\n  \n{long}\n\u{1}last");
        let mut bytes = list.into_bytes();
        bytes.extend_from_slice(b"\n\xff\xfe\n");
        let lines = read(&bytes[..]).unwrap();
        let numbers: Vec<u64> = lines.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [1, 4, 5, 6]);
        assert_eq!(lines[0].text.as_deref(), Ok("{}"));
        assert!(lines[1].text.as_ref().unwrap_err().contains("longer than"));
        assert_eq!(lines[2].text.as_deref(), Ok("\u{1}last"));
        assert_eq!(lines[3].text.as_deref(), Err(&"it is not UTF-8".to_owned()));
    }

    #[test]
    fn errors_name_what_is_wrong() {
        let cases = [
            ("{", "EOF while parsing"),
            ("{}", "neither `source` nor `purl`"),
            (r#"{"purl": "six"}"#, "`six` is not a package URL"),
            (r#"{"purl": "pkg:pypi/a@1", "licence": "MIT"}"#, "unknown field `licence`"),
            (r#"{"purl": "pkg:pypi/a@1", "license": "MTI"}"#, "`MTI`"),
            (r#"{"purl": "pkg:pypi/a@1", "published": "soon"}"#, "`soon` is no day"),
            (r#"{"source": "gone"}"#, "\"gone\" is neither a directory nor a file"),
            (r#"{"source": "a\u0000b"}"#, "NUL"),
            (r#"{"source": ".", "include": ["{"]}"#, "error parsing glob"),
        ];
        for (line, expected) in cases {
            let error = parse(line, Path::new("."), BuildScripts::Refuse).err().unwrap();
            assert!(error.contains(expected), "{line}: {error}");
        }
    }
}
