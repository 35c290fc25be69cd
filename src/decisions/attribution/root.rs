//! Where a project keeps what it says of its licences.

use std::path::{Path, PathBuf};

use crate::project::config::shorten_directory;
use crate::project::walk::absolute_path;

/// The directory that holds `LICENSES` and the notices of the project around a place: the nearest
/// that holds them already, else the top of the git repository, else that of the configuration,
/// else the place itself.
pub(crate) fn project_root(place: &Path, configured: Option<&Path>) -> PathBuf {
    let place = absolute_path(place);
    let top = place.ancestors().find(|above| above.join(".git").exists());
    let configured = configured.map(absolute_path).filter(|directory| place.starts_with(directory));
    let last = top.map(Path::to_owned).or(configured).unwrap_or_else(|| place.clone());
    let within = place.ancestors().take_while(|above| above.starts_with(&last));
    let mut known = within.filter(|above| {
        ["LICENSES", "REUSE.toml", ".reuse"].iter().any(|name| above.join(name).exists())
    });
    let root = known.next().map_or(last.clone(), Path::to_owned);
    let current = std::env::current_dir().unwrap_or_default();
    match shorten_directory(&root, &current) {
        here if here.as_os_str().is_empty() => PathBuf::from("."),
        elsewhere => elsewhere,
    }
}
