//! What a walk leaves out without a note of its own, told once for the whole run.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::absolute_path;
use crate::judgement::finding::{Note, NoteKind};

/// Extensions that are named before the rest is counted.
const NAMED: usize = 3;
/// The longest extension that is named: what is longer is rather a name.
const MAX_EXTENSION: usize = 8;

/// Files and folders that were passed over, each once.
#[derive(Debug, Default)]
pub(crate) struct PassedOver {
    seen: HashSet<PathBuf>,
    languages: BTreeMap<String, usize>,
    excluded: usize,
    links: usize,
}

/// Why something was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// birthmark does not read the language of the file, if it is in any.
    Language,
    /// The configuration excludes it; of an excluded folder, only the folder is counted.
    Excluded,
    /// It is a symbolic link.
    Link,
}

impl PassedOver {
    /// Counts a file or folder.
    pub(crate) fn count(&mut self, path: &Path, reason: Reason) {
        if !self.seen.insert(absolute_path(path)) {
            return;
        }
        match reason {
            Reason::Language => *self.languages.entry(extension(path)).or_default() += 1,
            Reason::Excluded => self.excluded += 1,
            Reason::Link => self.links += 1,
        }
    }

    /// Whether something was passed over, and all of it because it is excluded.
    pub(crate) fn is_all_excluded(&self) -> bool {
        self.excluded > 0 && self.languages.is_empty() && self.links == 0
    }

    /// What there is to say, if anything.
    pub(crate) fn note(&self) -> Option<Note> {
        let parts =
            [self.in_other_languages(), count_of(self.excluded, "excluded"), self.linked_note()];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let message = format!("not checked: {}", parts.join(", "));
        (!parts.is_empty()).then_some(Note { path: None, kind: NoteKind::Info, message })
    }

    fn linked_note(&self) -> Option<String> {
        count_of(self.links, if self.links == 1 { "link" } else { "links" })
    }

    fn in_other_languages(&self) -> Option<String> {
        let files: usize = self.languages.values().sum();
        let what = if files == 1 { "file of another kind" } else { "files of other kinds" };
        let mut kinds: Vec<(&String, &usize)> = self.languages.iter().collect();
        kinds.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let rest: usize = kinds.iter().skip(NAMED).map(|(_, count)| *count).sum();
        let named = kinds.iter().take(NAMED).map(|(kind, count)| format!("{count} {kind}"));
        let kinds: Vec<String> = named.chain(count_of(rest, "more")).collect();
        count_of(files, what).map(|files| format!("{files} ({})", kinds.join(", ")))
    }
}

fn count_of(count: usize, what: &str) -> Option<String> {
    (count > 0).then(|| format!("{count} {what}"))
}

fn extension(path: &Path) -> String {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some(text)
            if text.len() <= MAX_EXTENSION && text.bytes().all(|b| b.is_ascii_alphanumeric()) =>
        {
            format!(".{}", text.to_ascii_lowercase())
        }
        Some(_) => "with another extension".to_owned(),
        None => "without extension".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(passed: &[(&str, Reason)]) -> Option<String> {
        let mut over = PassedOver::default();
        for (path, reason) in passed {
            over.count(Path::new(path), *reason);
        }
        over.note().map(|note| note.message)
    }

    #[test]
    fn each_is_counted_once_and_by_reason() {
        use Reason::{Excluded, Language, Link};
        assert_eq!(told(&[]), None);
        let one = told(&[("README.md", Language), ("./README.md", Language)]);
        assert_eq!(one.as_deref(), Some("not checked: 1 file of another kind (1 .md)"));
        let all = told(&[
            ("a.toml", Language),
            ("b.TOML", Language),
            ("c.md", Language),
            ("d.::error x", Language),
            ("Makefile", Language),
            ("f.yml", Language),
            ("vendor", Excluded),
            ("g.py", Link),
            ("h.py", Link),
        ]);
        let all = all.expect("a note");
        assert_eq!(
            all,
            "not checked: 6 files of other kinds (2 .toml, 1 .md, 1 .yml, 2 more), 1 excluded, 2 links"
        );
    }
}
