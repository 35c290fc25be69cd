//! What one directory states of the licence of the files in it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::super::error::line_and_column;
use super::{ProjectLicenses, Statement, StatementKind, display_path};
use crate::license::{
    LearnedFrom, LicenseExpression, LicenseFact, ManifestError, ManifestLicense, Precision, Reuse,
    from_cargo_toml, from_fields, from_license_text, from_pyproject,
};
use crate::text::manifest::{self, ini};

/// A directory. What takes long to find out, such as recognising texts, is found out when it is
/// asked for.
#[derive(Debug)]
pub(super) struct Directory {
    /// Its absolute path.
    pub path: PathBuf,
    annotations: Vec<Annotations>,
    manifest: OnceLock<Option<Statement>>,
    text: OnceLock<Option<Statement>>,
}

/// A `REUSE.toml` or `.reuse/dep5`.
#[derive(Debug)]
struct Annotations {
    place: String,
    reuse: Reuse,
}

/// The names under which licence texts are looked for.
const LICENSE_TEXTS: [&str; 19] = [
    "LICENSE",
    "LICENSE.txt",
    "LICENSE.TXT",
    "LICENSE.md",
    "LICENSE.rst",
    "LICENCE",
    "LICENCE.txt",
    "LICENCE.TXT",
    "LICENCE.md",
    "COPYING",
    "COPYING.txt",
    "COPYING.TXT",
    "COPYING.md",
    "COPYING.LESSER",
    "COPYING.LIB",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "license.txt",
    "UNLICENSE",
];

impl Directory {
    /// Reads what is cheap to read.
    pub(super) fn read(path: &Path, licenses: &ProjectLicenses) -> Directory {
        let mut annotations = Vec::new();
        let dep5 = path.join(".reuse").join("dep5");
        if let Some(text) = licenses.read_watched(&dep5) {
            annotations
                .push(Annotations { place: display_path(&dep5), reuse: Reuse::from_dep5(&text) });
        }
        let file = path.join("REUSE.toml");
        if let Some(text) = licenses.read_watched(&file) {
            match Reuse::from_toml(&text) {
                Ok(reuse) => annotations.push(Annotations { place: display_path(&file), reuse }),
                Err(error) => {
                    let (line, column) = line_and_column(&text, error.span.start);
                    licenses.note(
                        &file,
                        format!("not taken into account, line {line}, column {column}: {error}"),
                    );
                }
            }
        }
        Directory {
            path: path.to_owned(),
            annotations,
            manifest: OnceLock::new(),
            text: OnceLock::new(),
        }
    }

    /// What the annotations here say of a file below.
    pub(super) fn annotations(&self, file: &Path) -> Vec<Statement> {
        let Ok(relative) = file.strip_prefix(&self.path) else {
            return Vec::new();
        };
        let relative = super::super::to_slashes(relative);
        let said = self.annotations.iter().filter_map(|annotations| {
            let (precedence, license) = annotations.reuse.of(&relative)?;
            Some(Statement {
                license: license.clone(),
                kind: StatementKind::of_annotation(precedence),
                place: annotations.place.clone(),
            })
        });
        said.collect()
    }

    /// Whether a statement was made by annotations here.
    pub(super) fn holds(&self, place: &str) -> bool {
        self.annotations.iter().any(|annotations| annotations.place == place)
    }

    /// The licence that a manifest states.
    pub(super) fn manifest(&self, licenses: &ProjectLicenses) -> Option<Statement> {
        let state = || Manifests { directory: &self.path, licenses }.find_statement();
        self.manifest.get_or_init(state).clone()
    }

    /// The licence of the texts here. Two different texts, or one nobody recognises, make it
    /// unknown: whether both hold or one may be chosen is not for a program to say.
    pub(super) fn text(&self, licenses: &ProjectLicenses) -> Option<Statement> {
        self.text.get_or_init(|| texts(&self.path, licenses)).clone()
    }
}

fn texts(directory: &Path, licenses: &ProjectLicenses) -> Option<Statement> {
    let mut texts: Vec<(PathBuf, Option<LicenseFact>)> = LICENSE_TEXTS
        .iter()
        .map(|name| directory.join(name))
        .filter_map(|path| {
            // Tools leave empty files behind.
            let text = licenses.read_watched(&path).filter(|text| !text.trim().is_empty())?;
            Some((path, from_license_text(&text)))
        })
        .collect();
    // The LGPL is written as an addition to the GPL, whose text ships with it.
    if texts.iter().any(|(_, fact)| begins(fact, "LGPL-")) {
        texts.retain(|(_, fact)| !begins(fact, "GPL-"));
    }
    let Some((first_path, first)) = texts.first() else {
        return reuse_license(directory, licenses);
    };
    let statement = |license| Statement {
        license,
        kind: StatementKind::LicenseText,
        place: display_path(first_path),
    };
    if let Some(fact) = first
        && texts
            .iter()
            .all(|(_, other)| other.as_ref().map(|fact| &fact.expression) == Some(&fact.expression))
    {
        return Some(statement(fact.clone()));
    }
    // LICENSE-MIT beside LICENSE-APACHE is how Rust packages offer a choice.
    if let Some(choice) = choice(&texts) {
        return Some(statement(choice));
    }
    let message = if texts.len() > 1 {
        "several licence texts stand side by side; state the project's licence with `license` in birthmark.toml"
    } else {
        "the licence text is not a known one; state the project's licence with `license` in birthmark.toml"
    };
    licenses.note(first_path, message.to_owned());
    Some(statement(LicenseFact {
        learned_from: LearnedFrom::LicenseText,
        ..LicenseFact::unknown()
    }))
}

/// The choice between texts whose file names say which licence each is.
fn choice(texts: &[(PathBuf, Option<LicenseFact>)]) -> Option<LicenseFact> {
    let is_named = |path: &Path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("LICENSE-"))
    };
    let expressions = texts.iter().map(|(path, fact)| {
        let fact = fact.as_ref().filter(|_| is_named(path))?;
        fact.expression.clone().filter(|_| fact.precision == Precision::Exact)
    });
    let expressions = expressions.collect::<Option<Vec<_>>>()?;
    Some(LicenseFact {
        expression: LicenseExpression::any_of(expressions),
        learned_from: LearnedFrom::LicenseText,
        ..LicenseFact::unknown()
    })
}

/// The licence of a project that follows REUSE and says nothing else of itself: the one whose text
/// stands in `LICENSES`. Of several texts each file says which holds for it.
fn reuse_license(directory: &Path, licenses: &ProjectLicenses) -> Option<Statement> {
    let folder = directory.join("LICENSES");
    // Also where there is no such folder: it may be made later.
    licenses.watch(&folder);
    let listed = std::fs::read_dir(&folder).ok()?.take(MAX_TEXTS).filter_map(Result::ok);
    let stems =
        listed.filter_map(|file| Some(file.path().file_stem()?.to_string_lossy().into_owned()));
    let mut licenses: Vec<LicenseExpression> =
        stems.filter_map(|stem| Some(LicenseExpression::parse(&stem).ok()?.0)).collect();
    licenses.sort();
    licenses.dedup();
    let [license] = licenses.as_slice() else {
        return None;
    };
    let license = LicenseFact {
        expression: Some(license.clone()),
        learned_from: LearnedFrom::LicenseText,
        ..LicenseFact::unknown()
    };
    Some(Statement { license, kind: StatementKind::LicenseText, place: display_path(&folder) })
}

/// Texts in `LICENSES` that are looked at.
const MAX_TEXTS: usize = 1000;

fn begins(fact: &Option<LicenseFact>, prefix: &str) -> bool {
    let expression = fact.as_ref().and_then(|fact| fact.expression.as_ref());
    expression.is_some_and(|expression| expression.as_str().starts_with(prefix))
}

/// `license` and the classifiers of `[metadata]`.
fn of_setup_cfg(text: &str) -> Option<LicenseFact> {
    let (mut license, mut classifiers) = (None, Vec::new());
    for ini::Value { section, key, text } in ini::values(text) {
        match (section, key.as_str()) {
            ("metadata", "license") => license = license.or(Some(text)),
            ("metadata", "classifiers" | "classifier") => classifiers.push(text.to_owned()),
            _ => {}
        }
    }
    from_fields(None, license, &classifiers)
}

fn of_setup_script(text: &str) -> Option<LicenseFact> {
    let (license, classifiers) = manifest::license_of_setup_script(text)?;
    from_fields(None, license.as_deref(), &classifiers)
}

fn of_core_metadata(text: &str) -> Option<LicenseFact> {
    let core = python_pkginfo::Metadata::parse(text.as_bytes()).ok()?;
    from_fields(core.license_expression.as_deref(), core.license.as_deref(), &core.classifiers)
}

/// The folder in which an unpacked wheel, or an egg, records what it is. Where several packages are installed
/// side by side, none of them speaks for the directory.
fn record_of_wheel(directory: &Path) -> Option<String> {
    let listed = std::fs::read_dir(directory).ok()?.take(MAX_TEXTS).filter_map(Result::ok);
    let names = listed.filter_map(|entry| entry.file_name().into_string().ok());
    let mut records =
        names.filter(|name| [".dist-info", ".egg-info"].iter().any(|end| name.ends_with(end)));
    let record = records.next()?;
    records.next().is_none().then_some(record)
}

fn by_manifest(path: &Path, license: LicenseFact) -> Statement {
    Statement { license, kind: StatementKind::Manifest, place: display_path(path) }
}

/// The manifests of a directory, in the order they are asked.
struct Manifests<'a> {
    directory: &'a Path,
    licenses: &'a ProjectLicenses,
}

/// Reads the licence that the text of a manifest states.
type Reader = fn(&str) -> Option<LicenseFact>;

impl Manifests<'_> {
    fn find_statement(&self) -> Option<Statement> {
        let stated =
            |name: &str, license: LicenseFact| by_manifest(&self.directory.join(name), license);
        let cargo = || self.cargo().map(|license| stated("Cargo.toml", license));
        let python = || {
            self.other("pyproject.toml", from_pyproject)
                .map(|license| stated("pyproject.toml", license))
        };
        let older = || {
            let read: [(&str, Reader); 4] = [
                ("setup.cfg", of_setup_cfg),
                ("setup.py", of_setup_script),
                ("PKG-INFO", of_core_metadata),
                ("METADATA", of_core_metadata),
            ];
            read.into_iter().find_map(|(name, read)| {
                let text = self.licenses.read_watched(&self.directory.join(name))?;
                Some(stated(name, read(&text)?))
            })
        };
        let wheel = || {
            let record = record_of_wheel(self.directory)?;
            let file = if record.ends_with(".egg-info") { "PKG-INFO" } else { "METADATA" };
            let name = format!("{record}/{file}");
            let text = self.licenses.read(&self.directory.join(&name))?;
            Some(stated(&name, of_core_metadata(&text)?))
        };
        cargo().or_else(python).or_else(older).or_else(|| self.others()).or_else(wheel)
    }

    /// What manifests of other ecosystems state, the first that states something.
    fn others(&self) -> Option<Statement> {
        // One that is not there yet may appear.
        manifest::ranked_names().for_each(|name| self.licenses.watch(&self.directory.join(name)));
        let is_other = |name: &str| manifest::rank(name).is_some();
        let mut paths = self.licenses.side.files_in(self.directory, &is_other);
        let name = |path: &Path| path.file_name().and_then(|name| name.to_str().map(str::to_owned));
        paths.sort_by_key(|path| name(path).and_then(|name| manifest::rank(&name)));
        paths.iter().find_map(|path| {
            let text = self.licenses.read_watched(path)?;
            let said = manifest::read_ranked(&name(path)?, &text)?.map(|manifest| manifest.license);
            Some(by_manifest(
                path,
                self.read_manifest_license(self.directory, self.readable(path, said)?)?,
            ))
        })
    }

    fn cargo(&self) -> Option<LicenseFact> {
        let path = self.directory.join("Cargo.toml");
        let text = self.licenses.read_watched(&path)?;
        match self.readable(&path, from_cargo_toml(&text, None))? {
            // The root of the workspace stands somewhere above.
            ManifestLicense::InWorkspace => self.above().into_iter().find_map(|above| {
                let root_path = above.join("Cargo.toml");
                let root = self.licenses.read_watched(&root_path)?;
                let said = self.readable(&root_path, from_cargo_toml(&text, Some(&root)))?;
                self.read_manifest_license(&above, said)
            }),
            said => self.read_manifest_license(self.directory, said),
        }
    }

    fn other(
        &self,
        name: &str,
        read: fn(&str) -> Result<Option<ManifestLicense>, ManifestError>,
    ) -> Option<LicenseFact> {
        let path = self.directory.join(name);
        let said = read(&self.licenses.read_watched(&path)?);
        self.read_manifest_license(self.directory, self.readable(&path, said)?)
    }

    fn read_manifest_license(
        &self,
        directory: &Path,
        said: ManifestLicense,
    ) -> Option<LicenseFact> {
        match said {
            ManifestLicense::Declared(fact) => Some(fact),
            ManifestLicense::InFile(name) => {
                from_license_text(&self.licenses.read_watched(&directory.join(name))?)
            }
            ManifestLicense::InWorkspace => None,
        }
    }

    /// A manifest that cannot be read says nothing, and a note says so.
    fn readable(
        &self,
        path: &Path,
        said: Result<Option<ManifestLicense>, ManifestError>,
    ) -> Option<ManifestLicense> {
        said.unwrap_or_else(|error| {
            self.licenses.note(path, format!("its licence is not known: {error}"));
            None
        })
    }

    /// The directories above, as far as licences are looked for.
    fn above(&self) -> Vec<PathBuf> {
        let mut above = Vec::new();
        for directory in self.directory.ancestors() {
            if directory != self.directory {
                above.push(directory.to_owned());
            }
            if self.licenses.is_top(directory) {
                break;
            }
        }
        above
    }
}
