//! A document that is open in the editor.

use std::path::{Path, PathBuf};
use std::time::Instant;

use lsp_server::RequestId;

use super::found::Checked;
use super::text::Text;
use super::uri;
use crate::project::config::shorten_directory;
use crate::project::walk;
use crate::text::language::Language;

/// The digest of no text.
pub(crate) const NO_DIGEST: blake3::Hash = blake3::Hash::from_bytes([0; 32]);

/// A document that is open, in a language that is known.
pub(crate) struct Document {
    /// Its name, as the client writes it.
    pub uri: String,
    /// Its file, if it is one.
    pub file: Option<PathBuf>,
    /// The path under which it is checked.
    pub path: String,
    /// The folder it belongs to.
    pub folder: PathBuf,
    /// Its language.
    pub language: Language,
    /// The version of its text, which the client counts.
    pub version: i32,
    /// Its text; `None` if it is not known, because a message was not read.
    pub text: Option<Text>,
    /// What was last found in it.
    pub known: Option<Known>,
    /// When it is to be checked; `None` if it need not be.
    pub due: Option<Instant>,
    /// Whether it is being checked.
    pub progress: Progress,
    /// Who waits for its diagnostics.
    pub waiting: Vec<Waiting>,
}

/// Whether a document is being checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It is.
    Checking,
    /// It is not.
    Resting,
}

/// What was found in a document.
pub(crate) struct Known {
    /// The text it was found in.
    pub digest: blake3::Hash,
    /// A number that is another one whenever diagnostics are.
    pub edition: u64,
    /// What was found.
    pub checked: Checked,
}

/// Somebody who waits for diagnostics.
pub(crate) struct Waiting {
    /// The request.
    pub request: RequestId,
    /// The edition of diagnostics that the client has.
    pub previous: Option<String>,
}

impl Document {
    /// A document that was just opened; `None` if its language is not known.
    pub(super) fn new(
        uri: &str,
        language_id: &str,
        version: i32,
        text: String,
        folders: &[PathBuf],
    ) -> Option<Document> {
        let file = uri::file(uri).map(|file| walk::absolute_path(&file));
        let of_name = file.as_deref().and_then(Language::from_path);
        let language = of_name.or_else(|| Language::from_name(language_id))?;
        let folder = folder_of(file.as_deref(), folders);
        let location = file.clone().unwrap_or_else(|| folder.join(uri::name(uri)));
        Some(Document {
            uri: uri.to_owned(),
            file,
            path: shown_path(&location),
            folder,
            language,
            version,
            text: Some(Text::new(text)),
            known: None,
            due: Some(Instant::now()),
            progress: Progress::Resting,
            waiting: Vec::new(),
        })
    }

    /// Whether what was found is what would be found now.
    pub(crate) fn is_settled(&self) -> bool {
        self.due.is_none() && self.progress == Progress::Resting && self.known.is_some()
    }

    /// Puts it into the folder it belongs to, after folders have come or gone.
    pub(crate) fn settle_in(&mut self, folders: &[PathBuf]) {
        let folder = folder_of(self.file.as_deref(), folders);
        if folder != self.folder {
            self.folder = folder;
            self.look_again(Instant::now());
        }
    }

    /// Has it checked, whatever was found in the same text before.
    pub(crate) fn look_again(&mut self, when: Instant) {
        if let Some(known) = &mut self.known {
            known.digest = NO_DIGEST;
        }
        self.due = Some(when);
    }
}

/// The innermost folder that holds a file, else the directory of the file; the first folder for
/// what is no file.
fn folder_of(file: Option<&Path>, folders: &[PathBuf]) -> PathBuf {
    let here = || std::env::current_dir().unwrap_or_default();
    let Some(file) = file else { return folders.first().cloned().unwrap_or_else(here) };
    let around = folders.iter().filter(|folder| file.starts_with(folder));
    match around.max_by_key(|folder| folder.components().count()) {
        Some(folder) => folder.clone(),
        None => file.parent().map_or_else(here, Path::to_owned),
    }
}

/// The path by which a file is checked: from where birthmark was started, as everywhere else.
pub(crate) fn shown_path(location: &Path) -> String {
    let current = std::env::current_dir().unwrap_or_default();
    walk::display_path(&shorten_directory(location, &current))
}
