//! STAND-IN for the walker; replaced whole at the merge. Globs are matched against absolute paths.
#![allow(missing_docs)]

use std::path::{Path, PathBuf};

use globset::GlobSet;

use crate::finding::Note;
use crate::language::Language;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkedFile {
    pub path: String,
    pub location: PathBuf,
    pub language: Language,
}

#[derive(Clone, Debug, Default)]
pub struct WalkSettings {
    pub exclude: GlobSet,
    pub unused: (),
}

#[derive(Debug, Default)]
pub struct Walked {
    pub files: Vec<WalkedFile>,
    pub notes: Vec<Note>,
}

#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    #[error("{path:?} does not exist; name an existing file or directory")]
    Missing { path: PathBuf },
}

pub fn files(roots: &[PathBuf], settings: &WalkSettings) -> Result<Walked, WalkError> {
    let mut walked = Walked::default();
    for root in roots {
        if !root.exists() {
            return Err(WalkError::Missing { path: root.clone() });
        }
        for entry in ignore::WalkBuilder::new(root).build().flatten() {
            let absolute = std::path::absolute(entry.path()).unwrap_or_default();
            if !entry.path().is_file() || settings.exclude.is_match(&absolute) {
                continue;
            }
            if let Some(language) = Language::from_path(entry.path()) {
                walked.files.push(WalkedFile {
                    path: shown(entry.path()),
                    location: entry.path().to_owned(),
                    language,
                });
            }
        }
    }
    walked.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(walked)
}

fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").unwrap_or(&text).to_owned()
}
