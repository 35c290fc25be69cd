//! Unified diffs as git, diff and mails hold them.
//!
//! What is no diff is passed over: the head of a mail, its statistics, its signature. The counts of
//! a hunk's head say where it ends, so that no line of code is taken for one of the patch.

use std::path::PathBuf;

use crate::project::git::path_from_bytes;

/// What a patch does to one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FilePatch<'p> {
    /// The file as it was; `None` if it was not there.
    pub before: Option<PathBuf>,
    /// The file as it is; `None` if it is gone.
    pub after: Option<PathBuf>,
    pub hunks: Vec<Hunk<'p>>,
    /// Whether its bytes are not told line by line.
    pub is_binary: bool,
}

/// Lines that stand next to each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hunk<'p> {
    /// The line that it begins at in the file as it was, from 1.
    pub before: usize,
    /// The same in the file as it is.
    pub after: usize,
    pub lines: Vec<(Mark, &'p [u8])>,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Kept,
    Taken,
    Added,
}

/// What is wrong with a patch, and on which line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub line: usize,
    pub why: String,
}

impl Hunk<'_> {
    /// The lines as they were, or as they are.
    pub(super) fn side(&self, other: Mark) -> impl Iterator<Item = &[u8]> {
        self.lines.iter().filter(move |(mark, _)| *mark != other).map(|(_, line)| *line)
    }
}

/// Reads a patch; one that holds nothing at all changes no file.
pub(super) fn parse(patch: &[u8]) -> Result<Vec<FilePatch<'_>>, Wrong> {
    let mut parser = Parser { lines: patch.split(|&byte| byte == b'\n').collect(), at: 0 };
    let mut files: Vec<FilePatch<'_>> = Vec::new();
    while let Some(line) = parser.next() {
        let is_binary = line.starts_with(b"Binary files ") || line == b"GIT binary patch";
        if line.starts_with(b"diff --git ") {
            files.push(FilePatch::default());
        } else if line.starts_with(b"diff --cc ") || line.starts_with(b"@@@ ") {
            let why =
                "it is the combined diff of a merge; compare two commits: `git diff BASE HEAD`";
            return Err(parser.wrong(why));
        } else if is_binary && let Some(file) = files.last_mut() {
            file.is_binary = true;
        } else if let (Some(before), Some(after)) = (name(line, b"--- "), parser.following_name()) {
            if files.last().is_none_or(|file| file.is_begun()) {
                files.push(FilePatch::default());
            }
            let file = files.last_mut().expect("one was pushed");
            (file.before, file.after) = without_prefixes(before, after);
        } else if line.starts_with(b"@@ ") {
            let Some(file) = files.last_mut().filter(|file| file.is_begun()) else {
                return Err(
                    parser.wrong("a hunk stands before the `---` and `+++` that name its file")
                );
            };
            file.hunks.push(parser.hunk(line)?);
        }
    }
    let is_blank = patch.trim_ascii().is_empty();
    if files.is_empty() && !is_blank {
        Err(Wrong { line: 1, why: "it holds no unified diff".to_owned() })
    } else {
        Ok(files)
    }
}

impl FilePatch<'_> {
    fn is_begun(&self) -> bool {
        self.before.is_some() || self.after.is_some()
    }
}

struct Parser<'p> {
    lines: Vec<&'p [u8]>,
    at: usize,
}

impl<'p> Parser<'p> {
    fn next(&mut self) -> Option<&'p [u8]> {
        let line = *self.lines.get(self.at)?;
        self.at += 1;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }

    fn wrong(&self, why: &str) -> Wrong {
        Wrong { line: self.at, why: why.to_owned() }
    }

    /// The name on the next line, which is taken if it is one.
    fn following_name(&mut self) -> Option<Vec<u8>> {
        let name = name(self.lines.get(self.at)?, b"+++ ")?;
        self.at += 1;
        Some(name)
    }

    fn hunk(&mut self, head: &[u8]) -> Result<Hunk<'p>, Wrong> {
        let Some(((before, mut old), (after, mut new))) = ranges(head) else {
            return Err(
                self.wrong("the head of a hunk is not understood; expected `@@ -1,2 +1,3 @@`")
            );
        };
        let begun = self.at;
        let mut hunk = Hunk { before, after, lines: Vec::new() };
        while old > 0 || new > 0 {
            let line = self.lines.get(self.at).copied().unwrap_or_default();
            let (mark, text) = match line.split_first() {
                Some((b' ', text)) if old > 0 && new > 0 => (Mark::Kept, text),
                Some((b'-', text)) if old > 0 => (Mark::Taken, text),
                Some((b'+', text)) if new > 0 => (Mark::Added, text),
                // `\ No newline at end of file` counts as no line.
                Some((b'\\', _)) => {
                    self.at += 1;
                    continue;
                }
                // Mailers drop the space of a blank line.
                None | Some((b'\r', []))
                    if old > 0 && new > 0 && self.at + 1 < self.lines.len() =>
                {
                    (Mark::Kept, line)
                }
                _ => {
                    let why = format!(
                        "the hunk that begins on line {begun} lacks {old} lines of before and {new} of after"
                    );
                    return Err(Wrong { line: self.at + 1, why });
                }
            };
            old -= usize::from(mark != Mark::Added);
            new -= usize::from(mark != Mark::Taken);
            hunk.lines.push((mark, text));
            self.at += 1;
        }
        Ok(hunk)
    }
}

/// `@@ -1,2 +3 @@`: where and how many.
fn ranges(head: &[u8]) -> Option<((usize, usize), (usize, usize))> {
    let text = str::from_utf8(head).ok().map(str::to_owned);
    let text = text.unwrap_or_else(|| String::from_utf8_lossy(head).into_owned());
    let (ranges, _) = text.strip_prefix("@@ -")?.split_once(" @@")?;
    let (before, after) = ranges.split_once(" +")?;
    let range = |text: &str| -> Option<(usize, usize)> {
        let (start, count) = text.split_once(',').unwrap_or((text, "1"));
        Some((start.parse::<u32>().ok()? as usize, count.parse::<u32>().ok()? as usize))
    };
    Some((range(before)?, range(after)?))
}

/// The name behind `--- ` or `+++ `, without the time that diff puts behind it.
fn name(line: &[u8], mark: &[u8]) -> Option<Vec<u8>> {
    let name = line.strip_prefix(mark)?;
    let name = name.strip_suffix(b"\r").unwrap_or(name);
    match name.strip_prefix(b"\"") {
        Some(quoted) => Some(unquote(quoted)),
        None => Some(name.split(|&byte| byte == b'\t').next().unwrap_or(name).to_vec()),
    }
}

/// A name as git quotes it: `caf\303\251.py"`.
fn unquote(quoted: &[u8]) -> Vec<u8> {
    let mut name = Vec::new();
    let mut rest = quoted;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match (byte, tail) {
            (b'"', _) => break,
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..]) => {
                name.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
                rest = tail;
            }
            (b'\\', [escaped, tail @ ..]) => {
                name.push(match escaped {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    other => *other,
                });
                rest = tail;
            }
            _ => name.push(byte),
        }
    }
    name
}

/// The two names of a file without what git puts before them.
fn without_prefixes(before: Vec<u8>, after: Vec<u8>) -> (Option<PathBuf>, Option<PathBuf>) {
    // With `diff.mnemonicPrefix` git writes `i/` for the index, `w/`
    // for the work tree, `c/` for a commit and `o/` for an object.
    const PREFIXES: [(&[u8], &[u8]); 5] =
        [(b"a/", b"b/"), (b"i/", b"w/"), (b"c/", b"i/"), (b"c/", b"w/"), (b"o/", b"w/")];
    const NOWHERE: &[u8] = b"/dev/null";
    let fits = |name: &[u8], prefix: &[u8]| name == NOWHERE || name.starts_with(prefix);
    let prefixes = PREFIXES.iter().find(|(a, b)| fits(&before, a) && fits(&after, b));
    let length = prefixes.map_or(0, |(prefix, _)| prefix.len());
    let path = |name: Vec<u8>| (name != NOWHERE).then(|| path_from_bytes(&name[length..]));
    (path(before), path(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(patch: &str) -> String {
        let files = match parse(patch.as_bytes()) {
            Ok(files) => files,
            Err(wrong) => return format!("line {}: {}", wrong.line, wrong.why),
        };
        let path = |path: &Option<PathBuf>| {
            path.as_ref().map_or("-".to_owned(), |path| path.display().to_string())
        };
        let file = |file: &FilePatch<'_>| {
            let hunks = file.hunks.iter().map(|hunk| {
                let lines = |other| {
                    let lines = hunk.side(other).map(String::from_utf8_lossy);
                    lines.collect::<Vec<_>>().join("|")
                };
                let (before, after) = (lines(Mark::Added), lines(Mark::Taken));
                format!(" {}<{before}> {}<{after}>", hunk.before, hunk.after)
            });
            let binary = if file.is_binary { " binary" } else { "" };
            let (before, after) = (path(&file.before), path(&file.after));
            format!("{before} {after}{binary}{}", hunks.collect::<String>())
        };
        files.iter().map(file).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn patches_are_read_however_they_were_made() {
        for (patch, expected) in [
            ("", ""),
            ("\n\n", ""),
            (
                "--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@ def f\n a\n-b\n+c\n",
                "x.py x.py 1<a|b> 1<a|c>",
            ),
            (
                "--- old/x.py\t2026-01-01\n+++ new/x.py\t2026\n@@ -1 +1 @@\n-b\n+c\n",
                "old/x.py new/x.py 1<b> 1<c>",
            ),
            (
                "diff --git a/n.py b/n.py\nnew file mode 100644\nindex 0..1\n--- /dev/null\n+++ b/n.py\n@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n",
                "- n.py 0<> 1<a|b>",
            ),
            ("--- a/g.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n", "g.py - 1<a> 0<>"),
            // A mail, with lines of code that look like a patch.
            (
                "From 1\nSubject: [PATCH] x\n\n---\n x.py | 2 +-\n\ndiff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\n--- a\n+++ b\n\n-- \n2.39\n",
                "x.py x.py 1<-- a|> 1<++ b|>",
            ),
            (
                "--- \"a/caf\\303\\251 \\\"x\\\".py\"\n+++ \"b/caf\\303\\251 \\\"x\\\".py\"\n@@ -1 +1 @@\n-a\n+b\n",
                "café \"x\".py café \"x\".py 1<a> 1<b>",
            ),
            ("diff --git a/i.png b/i.png\nBinary files a/i.png and b/i.png differ\n", "- - binary"),
            ("diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n", "- -"),
            ("--- a/x.py\r\n+++ b/x.py\r\n@@ -1 +1 @@\r\n-a\r\n+b\r\n", "x.py x.py 1<a\r> 1<b\r>"),
        ] {
            assert_eq!(shown(patch), expected, "{patch}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (patch, expected) in [
            ("hello\n", "line 1: it holds no unified diff"),
            (
                "@@ -1 +1 @@\n-a\n+b\n",
                "line 1: a hunk stands before the `---` and `+++` that name its file",
            ),
            (
                "--- a/x\n+++ b/x\n@@ -1,x +1 @@\n",
                "line 3: the head of a hunk is not understood; expected `@@ -1,2 +1,3 @@`",
            ),
            (
                "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n",
                "line 5: the hunk that begins on line 3 lacks 2 lines of before and 2 of after",
            ),
            (
                "--- a/x\n+++ b/x\n@@ -1 +1 @@\nx\n",
                "line 4: the hunk that begins on line 3 lacks 1 lines of before and 1 of after",
            ),
            (
                "diff --cc x\n",
                "line 1: it is the combined diff of a merge; compare two commits: `git diff BASE HEAD`",
            ),
        ] {
            assert_eq!(shown(patch), expected, "{patch}");
        }
    }
}
