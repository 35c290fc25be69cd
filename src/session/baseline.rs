//! Where the baseline of a project is, and how it is read.

use std::error::Error;
use std::path::{Path, PathBuf};

use super::{BaselineFile, SessionError};
use crate::judgement::baseline::{Baseline, Origin};
use crate::project::config::{Config, ConfigChoice};
use crate::project::walk::{self, ReadProblem, SideFiles, absolute_path};
use crate::scan::baseline_path;

/// Where the baseline stands beside the configuration, unless another place is named.
const DEFAULT_FILE: &str = ".birthmark/baseline.json";
/// Largest baseline that is read.
const MAX_BYTES: u64 = 256 << 20;

/// The baseline of a scan, its paths made absolute. Who wants no configuration wants none that he
/// did not name.
pub(super) fn load(
    chosen: &BaselineFile,
    config: &Config,
    configured: &ConfigChoice,
    place: &Path,
    side: &SideFiles,
) -> Result<Option<Baseline>, SessionError> {
    let file = match (chosen, configured) {
        // Who names a file may name any; that of a project must not lead out of it.
        (BaselineFile::File(file), _) => return read(file, file, walk::read).map(Some),
        (BaselineFile::Without, _) | (_, ConfigChoice::Without) => return Ok(None),
        (BaselineFile::Own, _) => default_file(config, place),
    };
    let at = side.at(&file);
    if at.exists() { read(&file, &at, walk::read_inside).map(Some) } else { Ok(None) }
}

/// Beside the configuration, else at the top of the repository, else here: where the whole project
/// shares it.
pub(crate) fn default_file(config: &Config, place: &Path) -> PathBuf {
    if let Some(directory) = config.directory() {
        return directory.join(DEFAULT_FILE);
    }
    let place = absolute_path(place);
    let top = place.ancestors().find(|above| above.join(".git").exists());
    let file = top.unwrap_or(Path::new("")).join(DEFAULT_FILE);
    let here = std::env::current_dir().unwrap_or_default();
    file.strip_prefix(here).map(Path::to_owned).unwrap_or(file)
}

/// The directory that the paths of a baseline are relative to: the project, where it stands in its
/// `.birthmark`, else its own directory.
pub(crate) fn top(file: &Path) -> PathBuf {
    let directory = absolute_path(file).parent().map(Path::to_owned).unwrap_or_default();
    if directory.file_name().is_some_and(|name| name == ".birthmark") {
        directory.parent().map(Path::to_owned).unwrap_or(directory)
    } else {
        directory
    }
}

/// How the bytes of a file are read, up to a limit.
type Door = fn(&Path, u64) -> Result<Vec<u8>, ReadProblem>;

fn read(file: &Path, at: &Path, door: Door) -> Result<Baseline, SessionError> {
    parse(file, at, door).map_err(|source| SessionError::Baseline { file: file.to_owned(), source })
}

fn parse(file: &Path, at: &Path, door: Door) -> Result<Baseline, Box<dyn Error + Send + Sync>> {
    let text = String::from_utf8(door(at, MAX_BYTES).map_err(ReadProblem::into_cause)?)?;
    let (baseline, origin) = Baseline::from_json(&text)?;
    let top = match origin {
        Origin::Baseline => top(file),
        Origin::Report => PathBuf::from("."),
    };
    Ok(baseline.with_paths(|path| baseline_path(&top.join(path))))
}
