//! Which matrix of licences this run judges by: a file that was named, a later one among the user's
//! data, or the one that is part of birthmark.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use etcetera::{BaseStrategy, choose_base_strategy};

use crate::license::{Matrix, MatrixSource};
use crate::project::walk::absolute_path;

/// The name of OSADL's file among the user's data.
const FILE: &str = "osadl-matrix.json";
/// What OSADL publishes has 5 MB.
const MAX_BYTES: u64 = 64 << 20;
const REMEDY: &str = "take OSADL's file matrixseqexpl.json as it is, or remove it to judge by the matrix in birthmark";

/// What became of the choice, beside the matrix that is now in use.
pub(crate) enum Chosen {
    /// Nothing that a user need know.
    AsExpected,
    /// The file among the user's data is older than what birthmark holds, and was left alone.
    Outdated {
        /// The file.
        file: PathBuf,
        /// Its day.
        date: String,
    },
}

/// Puts the matrix in use by which this process judges.
pub(crate) fn choose(given: Option<&Path>) -> anyhow::Result<Chosen> {
    let matrix = match (given, of_user()) {
        (Some(file), _) => read(file)?,
        (None, Some(file)) => {
            let matrix = read(&file)?;
            // A file that was fetched once must not keep later editions of
            // the program from being used.
            if matrix.date() < Matrix::built_in().date() {
                return Ok(Chosen::Outdated { file, date: matrix.date().to_owned() });
            }
            matrix
        }
        (None, None) => return Ok(Chosen::AsExpected),
    };
    ensure!(matrix.put_in_use(), "licences were judged before the matrix was chosen");
    Ok(Chosen::AsExpected)
}

/// Refuses a matrix that a stranger's change could have brought along.
pub(crate) fn refuse_inside(top: &Path) -> anyhow::Result<()> {
    let MatrixSource::File { path, .. } = Matrix::in_use().source() else {
        return Ok(());
    };
    // A link that leads out of the repository belongs to it all the same.
    let file = absolute_path(Path::new(path));
    let target = fs::canonicalize(path).unwrap_or_else(|_| file.clone());
    let top = (absolute_path(top), fs::canonicalize(top).unwrap_or_default());
    let is_inside = |file: &Path| file.starts_with(&top.0) || file.starts_with(&top.1);
    if is_inside(&file) || is_inside(&target) {
        bail!(
            "the matrix `{path}` is in the repository whose change is checked, and the change could have brought it along; with --policy-from name a file outside of it"
        );
    }
    Ok(())
}

/// The file among the user's data, if there is one.
fn of_user() -> Option<PathBuf> {
    let file = choose_base_strategy().ok()?.data_dir().join("birthmark").join(FILE);
    file.exists().then_some(file)
}

fn read(file: &Path) -> anyhow::Result<Matrix> {
    let shown = file.display().to_string();
    let bytes =
        fs::metadata(file).map_err(anyhow::Error::from).and_then(|metadata| match metadata.len() {
            length if !metadata.is_file() || length > MAX_BYTES => {
                Err(anyhow!("it is no file of at most 64 MiB"))
            }
            _ => Ok(fs::read(file)?),
        });
    let bytes = bytes.with_context(|| format!("cannot read the matrix of licences `{shown}`"))?;
    Matrix::parse_published(&shown, &bytes)
        .with_context(|| format!("`{shown}` is no matrix of licences; {REMEDY}"))
}
