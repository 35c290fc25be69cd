//! Files replaced whole or not at all, with the permissions they had.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::check_inside;

/// Replaces a file of the project, durably. A link is followed as long as it stays in the project:
/// the file it leads to is replaced, and the link stays.
///
/// # Errors
/// If a link leads out of the project, or the system refuses; the file is then as it was.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    check_inside(path).map_err(io::Error::other)?;
    replace_named(path, content)
}

/// Like [`replace`], but follows links anywhere: for a file that the user named.
///
/// # Errors
/// If the path is no regular file, or the system refuses; the file is then as it was.
pub(crate) fn replace_named(path: &Path, content: &[u8]) -> io::Result<()> {
    let target = match fs::canonicalize(path) {
        Ok(target) if !target.is_file() => {
            return Err(io::Error::other("it is not a regular file"));
        }
        Ok(target) => target,
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(error),
    };
    let directory =
        target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A new directory is durable once the one above it is synced.
    let grown: Vec<&Path> = directory.ancestors().take_while(|above| !above.is_dir()).collect();
    fs::create_dir_all(directory)?;
    let mut file = tempfile::Builder::new()
        .prefix(".birthmark-")
        .permissions(permissions(&target)?)
        .tempfile_in(directory)?;
    file.write_all(content)?;
    // What the process was told to mask off new files holds for new ones, not for old ones.
    if let Ok(metadata) = fs::metadata(&target) {
        fs::set_permissions(file.path(), metadata.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(&target)?;
    sync_directory(directory)?;
    grown.into_iter().filter_map(Path::parent).try_for_each(sync_directory)
}

/// Makes the names in a directory durable.
#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    fs::File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The names of the files in a directory without their extensions; none if there is no such
/// directory.
pub(crate) fn stems(directory: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    // `Apache-2.0` ends in no extension.
    let known = |name: &str| {
        ["txt", "md", "rst"].map(|end| name.strip_suffix(&format!(".{end}")).map(str::to_owned))
    };
    names
        .flat_map(|name| {
            known(&name).into_iter().flatten().chain([name.clone()]).collect::<Vec<_>>()
        })
        .collect()
}

/// Those of the file, or what a new file gets.
#[cfg(unix)]
fn permissions(path: &Path) -> io::Result<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt;
    match fs::metadata(path) {
        Ok(metadata) if metadata.permissions().readonly() => {
            Err(io::Error::from(io::ErrorKind::PermissionDenied))
        }
        Ok(metadata) => Ok(metadata.permissions()),
        Err(_) => Ok(fs::Permissions::from_mode(0o666)),
    }
}

#[cfg(not(unix))]
fn permissions(path: &Path) -> io::Result<fs::Permissions> {
    let metadata =
        fs::metadata(path).or_else(|_| fs::metadata(path.parent().unwrap_or(Path::new("."))))?;
    Ok(metadata.permissions())
}
