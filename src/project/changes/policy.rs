//! Which files of a change decide what is reported of it.

use std::path::Path;

/// Files that hold nothing but policy, whatever folder they are in.
const FILES: [&str; 5] =
    ["birthmark.toml", ".birthmark.toml", "REUSE.toml", ".gitignore", ".ignore"];
/// Folders of files that do.
const FOLDERS: [&str; 2] = [".birthmark", ".reuse"];

/// Whether a file holds nothing but policy.
pub(super) fn is_policy(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let in_folder =
        path.components().any(|part| FOLDERS.iter().any(|folder| part.as_os_str() == *folder));
    let states_licence = path.extension().is_some_and(|extension| extension == "license");
    FILES.contains(&name) || in_folder || states_licence
}

/// Whether a file is a manifest that may hold birthmark's configuration.
pub(super) fn is_manifest(path: &Path) -> bool {
    matches!(path.file_name().and_then(|name| name.to_str()), Some("Cargo.toml" | "pyproject.toml"))
}

/// Whether two versions of a manifest configure birthmark alike. A version that cannot be read is
/// compared as a text.
pub(super) fn configure_alike(before: &[u8], after: &[u8]) -> bool {
    match (tables(before), tables(after)) {
        (Some(before), Some(after)) => before == after,
        _ => before == after,
    }
}

/// What a manifest says of birthmark.
fn tables(text: &[u8]) -> Option<Vec<Option<toml::Value>>> {
    let manifest: toml::Table = str::from_utf8(text).ok()?.parse().ok()?;
    let table = |path: &[&str]| {
        let (last, above) = path.split_last()?;
        let inside = above.iter().try_fold(&manifest, |table, key| table.get(*key)?.as_table());
        inside?.get(*last).cloned()
    };
    let paths: [&[&str]; 3] = [
        &["tool", "birthmark"],
        &["package", "metadata", "birthmark"],
        &["workspace", "metadata", "birthmark"],
    ];
    Some(paths.iter().map(|path| table(path)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_is_told_from_code() {
        for path in [
            "birthmark.toml",
            "a/.birthmark.toml",
            "a/.birthmark/references/x.toml",
            ".birthmark/idioms/manifest.json",
            "REUSE.toml",
            ".reuse/dep5",
            "a/.gitignore",
            ".ignore",
            "a/logo.svg.license",
        ] {
            assert!(is_policy(Path::new(path)), "{path}");
        }
        for path in ["a.py", "birthmark.py", "pyproject.toml", "LICENSE", "birthmark/x.toml"] {
            assert!(!is_policy(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn manifests_are_compared_by_their_table() {
        let with = b"[project]\nname = 'a'\n[tool.birthmark]\nlicense = 'MIT'\n";
        let renamed = b"[project]\nname = 'b'\n[tool.birthmark]\nlicense = 'MIT'\n";
        let relaxed = b"[project]\nname = 'a'\n[tool.birthmark]\nlicense = 'GPL-3.0-only'\n";
        assert!(configure_alike(with, renamed) && configure_alike(b"", b"[project]\nname = 'b'\n"));
        assert!(!configure_alike(with, relaxed) && !configure_alike(b"", with));
        assert!(!configure_alike(with, b"[tool.birthmark"));
    }
}
