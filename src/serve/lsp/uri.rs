//! Paths as URIs.

use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// The file that a URI names, if it names one of this machine.
pub(super) fn file(uri: &str) -> Option<PathBuf> {
    let rest =
        uri.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("file://")).and(uri.get(7..))?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    let decoded = percent_decode_str(path.split(['?', '#']).next()?).decode_utf8().ok()?;
    // In `file:///c:/x` the slash before the drive is no part of the path.
    let drive = decoded.strip_prefix('/').filter(|path| path.as_bytes().get(1) == Some(&b':'));
    match drive {
        Some(path) if cfg!(windows) => Some(PathBuf::from(path)),
        _ if decoded.starts_with('/') && !decoded.contains('\0') => Some(PathBuf::from(&*decoded)),
        _ => None,
    }
}

/// The last part of what a URI names: what a document without a file is called.
pub(super) fn name(uri: &str) -> String {
    let path = uri.split(['?', '#']).next().unwrap_or(uri);
    let last = path.rsplit(['/', ':', '\\']).find(|part| !part.is_empty()).unwrap_or("unnamed");
    percent_decode_str(last).decode_utf8_lossy().replace(['/', '\\', '\0'], "_")
}

/// The URI of a file.
pub(super) fn of(path: &Path) -> String {
    let path = crate::project::walk::absolute_path(path);
    let text = path.to_string_lossy().replace('\\', "/");
    let slash = if text.starts_with('/') { "" } else { "/" };
    format!("file://{slash}{}", utf8_percent_encode(&text, PATH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn files_have_uris() {
        for (uri, path) in [
            ("file:///a/b%20c.py", Some("/a/b c.py")),
            ("FILE://localhost/a", Some("/a")),
            ("file:///gr%C3%B6%C3%9Fe/%F0%9D%84%9E.py", Some("/größe/\u{1d11e}.py")),
            ("file://other/a", None),
            ("untitled:Untitled-1", None),
            ("file:///a%00b", None),
            ("file:///%ff", None),
            ("", None),
            ("file://", None),
        ] {
            assert_eq!(file(uri).as_deref(), path.map(Path::new), "{uri}");
        }
        assert_eq!(of(Path::new("/a/größe c.py")), "file:///a/gr%C3%B6%C3%9Fe%20c.py");
        assert_eq!(name("untitled:Untitled-1"), "Untitled-1");
        assert_eq!(name("vscode-notebook-cell:/a/b.ipynb#W0"), "b.ipynb");
        assert_eq!(name(""), "unnamed");
    }
}
