//! From the text of a configuration to a [`Config`], keeping the place of everything.

mod policy;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use globset::{Glob, GlobBuilder, GlobSetBuilder};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{
    Config, ConfigError, ConfigFile, ConfigKind, Exclude, FORGES, FailOn, FailOnSkipped,
    ForgeChoice, Permission, Problem, directory_of,
};
use crate::engine::evidence::{Preset, Threshold};
use crate::engine::index::{IndexName, PackPin};
use crate::project::walk::{absolute_path, display_path};
use crate::purl::Purl;

/// Every key; `docs/configuration.md` describes each.
pub(super) const KEYS: [&str; 23] = [
    "license",
    "distribution",
    "index",
    "packs",
    "pack-mirrors",
    "pack-keys",
    "idioms",
    "threshold",
    "preset",
    "exclude",
    "owned",
    "allow",
    "deny",
    "review",
    "exceptions",
    "clarify",
    "severity",
    "fail-on",
    "fail-on-weak",
    "fail-on-skipped",
    "markdown",
    "forge",
    "log",
];

/// Below this likeness another key is not worth naming as the one that was meant.
const LEAST_LIKENESS: f64 = 0.6;

/// Reads the first of the named tables that the text holds; `None` if it holds none of them.
pub(super) fn read(
    file: ConfigFile,
    tables: &[&[&str]],
    kind: ConfigKind,
) -> Result<Option<Config>, ConfigError> {
    let document = match DeTable::parse(&file.text) {
        Ok(document) => document,
        Err(error) => {
            let problems = vec![syntax(&error, &file.text)];
            return Err(ConfigError::Invalid { file, problems });
        }
    };
    let mut problems = Vec::new();
    let table =
        tables.iter().find_map(|keys| descend(document.get_ref(), keys)).and_then(|found| {
            match found {
                Found::Table(table) => Some(table),
                Found::Else(span, value) => {
                    problems.push(wrong_type(span, value, "a table"));
                    None
                }
            }
        });
    let config = table.map(|table| Reader::new(&file, kind, &mut problems).config(table));
    // It borrows from the text, which becomes a part of the result.
    drop(document);
    match (config, problems.is_empty()) {
        (_, false) => {
            problems.sort_by_key(|problem| problem.span.start);
            Err(ConfigError::Invalid { file, problems })
        }
        (None, true) => Ok(None),
        (Some(config), true) => Ok(Some(Config { file: Some(file), ..config })),
    }
}

/// What stands where a table is expected.
enum Found<'t, 'i> {
    Table(&'t DeTable<'i>),
    Else(Range<usize>, &'t DeValue<'i>),
}

fn descend<'t, 'i>(table: &'t DeTable<'i>, keys: &[&str]) -> Option<Found<'t, 'i>> {
    let Some((key, rest)) = keys.split_first() else {
        return Some(Found::Table(table));
    };
    let value = table.get(*key)?;
    match value.get_ref() {
        DeValue::Table(inner) => descend(inner, rest),
        other => Some(Found::Else(value.span(), other)),
    }
}

fn syntax(error: &toml::de::Error, text: &str) -> Problem {
    Problem {
        span: error.span().unwrap_or(text.len()..text.len()),
        title: error.message().lines().collect::<Vec<_>>().join(", "),
        label: "here".to_owned(),
        help: "expected a TOML document, see https://toml.io".to_owned(),
    }
}

/// Takes a table apart key by key; what is wrong is noted, and reading goes on.
struct Reader<'p> {
    kind: ConfigKind,
    /// The directory that globs are relative to.
    directory: PathBuf,
    /// The directory of the file, which indexes are relative to.
    own: PathBuf,
    text: &'p str,
    problems: &'p mut Vec<Problem>,
}

impl<'p> Reader<'p> {
    fn new(file: &'p ConfigFile, kind: ConfigKind, problems: &'p mut Vec<Problem>) -> Reader<'p> {
        let (directory, own) = (file.directory().to_owned(), directory_of(&file.path).to_owned());
        Reader { kind, directory, own, text: &file.text, problems }
    }

    fn config(mut self, table: &DeTable<'_>) -> Config {
        let mut config = Config::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "license" => config.license = self.license(value),
                "distribution" => config.distribution = self.distribution(value),
                "allow" => config.lists.allow = self.list(value),
                "deny" => config.lists.deny = self.list(value),
                "review" => config.lists.review = self.list(value),
                "exceptions" => config.exceptions = self.exceptions(value),
                "clarify" => config.clarify = self.clarifications(value),
                "severity" => config.severities = self.severities(value),
                "index" => config.index = self.index(value),
                "packs" => config.packs = self.packs(value),
                "pack-mirrors" => config.pack_mirrors = self.pack_mirrors(value),
                "pack-keys" => config.pack_keys = self.pack_keys(value),
                "idioms" => config.idioms = self.idioms(value),
                "threshold" => config.threshold = self.threshold(value).map(Threshold::Bits),
                "preset" if table.contains_key("threshold") => self.wrong(
                    key.span(),
                    "`preset` and `threshold` say the same".to_owned(),
                    "expected one of them".to_owned(),
                ),
                "preset" => config.threshold = self.preset(value).map(Threshold::Preset),
                "exclude" => config.exclude = self.exclude(value),
                "owned" => config.owned = self.read_owned(value),
                "fail-on" => config.fail_on = self.fail_on(value),
                "fail-on-weak" => config.fail_on_weak = self.switch(value),
                "fail-on-skipped" => {
                    config.fail_on_skipped =
                        self.choice(value, &FailOnSkipped::NAMED, "a kind of run");
                }
                "markdown" => config.markdown = self.switch(value),
                "forge" => config.forge = self.forge(value),
                "log" => config.log = self.switch(value),
                "permits" if self.kind == ConfigKind::Organisation => {
                    config.permits = self.permits(value);
                }
                _ => self.unknown_key(key.get_ref(), key.span(), &KEYS),
            }
        }
        config
    }

    /// A string that the engine knows how to read.
    fn parse_string<T, E: ToString>(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        expected: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.string(value, expected)?;
        match parse(text) {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.wrong(value.span(), error.to_string(), format!("expected {expected}"));
                None
            }
        }
    }

    fn index(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Spanned<IndexName>> {
        let expected = "an array of index directories, or \"starter\" for the shipped index";
        let mut names = Vec::new();
        for item in self.array(value, expected) {
            match self.string(item, "the directory of an index, or \"starter\"") {
                Some("starter") => names.push(Spanned::new(item.span(), IndexName::Starter)),
                Some("") => self.wrong(
                    item.span(),
                    "an index has an empty path".to_owned(),
                    "expected the directory of an index, or \"starter\"".to_owned(),
                ),
                Some(path) => {
                    names.push(Spanned::new(
                        item.span(),
                        IndexName::Directory(self.resolve_path(path)),
                    ));
                }
                None => {}
            }
        }
        if matches!(value.get_ref(), DeValue::Array(items) if items.is_empty()) {
            self.wrong(
                value.span(),
                "no index is named".to_owned(),
                format!("expected {expected}; leave the key out for the shipped index"),
            );
        }
        names
    }

    fn packs(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Spanned<PackPin>> {
        let mut pins = Vec::new();
        for item in self.array(value, "an array of pins of packs") {
            let expected = "a pin such as \"py-copyleft@2026-11-24#blake3:...\"";
            let pin = self.parse_string(item, expected, str::parse::<PackPin>);
            pins.extend(pin.map(|pin| Spanned::new(item.span(), pin)));
        }
        pins
    }

    /// Mirrors as written; directories are relative to the file.
    fn pack_mirrors(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<String> {
        let expected = "an array of directories and addresses";
        let mut mirrors = Vec::new();
        for item in self.array(value, expected) {
            match self.string(item, "a directory, file://, https://, http:// or oci://") {
                Some(address) if address.contains("://") => mirrors.push(address.to_owned()),
                Some(path) => mirrors.push(self.resolve_path(path).to_string_lossy().into_owned()),
                None => {}
            }
        }
        mirrors
    }

    fn pack_keys(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<String> {
        let mut keys = Vec::new();
        for item in self.array(value, "an array of public keys") {
            let key = self.string(item, "a public key, as minisign prints it");
            keys.extend(key.map(str::to_owned));
        }
        keys
    }

    fn idioms(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Spanned<PathBuf>> {
        let mut paths = Vec::new();
        for item in
            self.array(value, "an array of idiom directories such as [\".birthmark/idioms\"]")
        {
            let expected = "the directory of a set of idioms";
            match self.string(item, expected) {
                Some("") => self.wrong(
                    item.span(),
                    "a set of idioms has an empty path".to_owned(),
                    format!("expected {expected}"),
                ),
                Some(path) => paths.push(Spanned::new(item.span(), self.resolve_path(path))),
                None => {}
            }
        }
        paths
    }

    /// A path of the configuration, which is relative to its directory.
    fn resolve_path(&self, path: &str) -> PathBuf {
        if self.own == Path::new(".") { PathBuf::from(path) } else { self.own.join(path) }
    }

    fn preset(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Preset> {
        let names = Preset::NAMED.map(|(name, _)| format!("\"{name}\"")).join(", ");
        let expected = format!("one of {names}");
        let text = self.string(value, &expected)?;
        let preset = Preset::from_name(text);
        if preset.is_none() {
            self.wrong(
                value.span(),
                format!("`{text}` is not a preset"),
                format!("expected {expected}"),
            );
        }
        preset
    }

    fn forge(&mut self, value: &Spanned<DeValue<'_>>) -> Option<ForgeChoice> {
        let expected = format!("one of \"{}\"", FORGES.join("\", \""));
        let text = self.string(value, &expected)?;
        match text {
            "none" => Some(ForgeChoice::None),
            name if FORGES.contains(&name) => Some(ForgeChoice::Named(name.to_owned())),
            other => {
                let title = format!("`{other}` is not a forge that is known");
                self.wrong(value.span(), title, format!("expected {expected}"));
                None
            }
        }
    }

    fn threshold(&mut self, value: &Spanned<DeValue<'_>>) -> Option<f32> {
        let expected = "a positive number of bits such as 100";
        let number = match value.get_ref() {
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().parse().ok(),
            DeValue::Float(float) => float.as_str().parse().ok(),
            other => {
                self.problems.push(wrong_type(value.span(), other, expected));
                return None;
            }
        };
        let number = number.filter(|number: &f32| number.is_finite() && *number > 0.0);
        if number.is_none() {
            self.wrong(
                value.span(),
                "the threshold cannot be reached".to_owned(),
                format!("expected {expected}"),
            );
        }
        number
    }

    fn exclude(&mut self, value: &Spanned<DeValue<'_>>) -> Exclude {
        let mut exclude = Exclude::default();
        let mut globs = GlobSetBuilder::new();
        for item in self.array(value, "an array of globs such as [\"vendor\", \"**/*_pb2.py\"]") {
            let Some(pattern) = self.string(item, "a glob such as \"vendor\"") else {
                continue;
            };
            for glob in self.glob(pattern, item.span()).into_iter().flatten() {
                exclude.compiled.push(glob.clone());
                globs.add(glob);
            }
            exclude.patterns.push(pattern.to_owned());
        }
        if let Ok(globs) = globs.build() {
            exclude.globs = globs;
        }
        exclude
    }

    /// A glob relative to the configuration, over absolute paths: what it matches, and all that is
    /// in it.
    fn glob(&mut self, pattern: &str, span: Range<usize>) -> Option<[Glob; 2]> {
        // The name of the directory may hold characters that mean something in globs.
        let here = globset::escape(&display_path(&absolute_path(&self.directory)));
        let whole = format!("{here}/{}", pattern.trim_matches('/'));
        let build = |glob: &str| GlobBuilder::new(glob).literal_separator(true).build();
        match (build(&whole), build(&format!("{whole}/**"))) {
            (Ok(itself), Ok(inside)) => Some([itself, inside]),
            (Err(error), _) | (_, Err(error)) => {
                let error = format!("`{pattern}` is not a glob: {}", error.kind());
                self.wrong(span, error, GLOB_HELP.to_owned());
                None
            }
        }
    }

    fn read_owned(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Spanned<Purl>> {
        let expected = "a package URL such as \"pkg:pypi/six\"";
        self.array(value, "an array of package URLs such as [\"pkg:pypi/six\"]")
            .iter()
            .filter_map(|item| {
                Some(Spanned::new(item.span(), self.parse_string(item, expected, Purl::from_str)?))
            })
            .collect()
    }

    fn permits(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Permission> {
        let items = self.array(value, "an array such as [\"comments\", \"baseline\"]");
        let items = items.iter();
        items.filter_map(|it| self.choice(it, &Permission::NAMED, "a permission")).collect()
    }

    fn fail_on(&mut self, value: &Spanned<DeValue<'_>>) -> Option<FailOn> {
        let names = FailOn::NAMED.map(|(name, _)| format!("\"{name}\"")).join(", ");
        let expected = format!("one of {names}");
        let text = self.string(value, &expected)?;
        let fail_on = FailOn::from_name(text);
        if fail_on.is_none() {
            self.wrong(
                value.span(),
                format!("`{text}` is not a severity"),
                format!("expected {expected}"),
            );
        }
        fail_on
    }

    fn switch(&mut self, value: &Spanned<DeValue<'_>>) -> Option<bool> {
        match value.get_ref() {
            DeValue::Boolean(switch) => Some(*switch),
            other => {
                self.problems.push(wrong_type(value.span(), other, "true or false"));
                None
            }
        }
    }

    fn array<'t, 'i>(
        &mut self,
        value: &'t Spanned<DeValue<'i>>,
        expected: &str,
    ) -> &'t [Spanned<DeValue<'i>>] {
        match value.get_ref() {
            DeValue::Array(items) => items,
            other => {
                self.problems.push(wrong_type(value.span(), other, expected));
                &[]
            }
        }
    }

    fn string<'t>(&mut self, value: &'t Spanned<DeValue<'_>>, expected: &str) -> Option<&'t str> {
        match value.get_ref() {
            DeValue::String(text) => Some(text),
            other => {
                self.problems.push(wrong_type(value.span(), other, expected));
                None
            }
        }
    }

    fn unknown_key(&mut self, key: &str, span: Range<usize>, keys: &[&'static str]) {
        let nearest = keys
            .iter()
            .map(|&known| (known, strsim::jaro_winkler(key, known)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .filter(|(_, likeness)| *likeness >= LEAST_LIKENESS);
        self.problems.push(Problem {
            span,
            title: format!("unknown key `{key}`"),
            label: match nearest {
                Some((known, _)) => format!("did you mean `{known}`?"),
                None => "not a key of birthmark".to_owned(),
            },
            help: format!("expected one of {}", keys.join(", ")),
        });
    }

    fn wrong(&mut self, span: Range<usize>, title: String, help: String) {
        self.problems.push(Problem { span, title, label: "here".to_owned(), help });
    }
}

const GLOB_HELP: &str = "expected a glob with `*`, `**`, `?`, `[a-z]` or `{a,b}`";

fn wrong_type(span: Range<usize>, value: &DeValue<'_>, expected: &str) -> Problem {
    let found = match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    };
    Problem {
        span,
        title: format!("this is {found}"),
        label: "of the wrong type".to_owned(),
        help: format!("expected {expected}"),
    }
}

#[cfg(test)]
mod tests;
