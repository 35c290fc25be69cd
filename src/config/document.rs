//! From the text of a configuration to a [`Config`], keeping the place of everything.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use globset::{GlobBuilder, GlobSetBuilder};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Config, ConfigError, ConfigFile, Exclude, FailOn, Problem, directory_of, given_license};
use crate::index::IndexName;
use crate::purl::Purl;
use crate::scan::Preset;
use crate::walk::{absolute_path, display_path};

/// Every key; `docs/configuration.md` describes each.
const KEYS: [&str; 8] = ["license", "index", "idioms", "threshold", "preset", "exclude", "owned", "fail-on"];

/// Below this likeness another key is not worth naming as the one that was meant.
const LEAST_LIKENESS: f64 = 0.6;

/// Reads the first of the named tables that the text holds; `None` if it holds none of them.
pub(super) fn read(file: ConfigFile, tables: &[&[&str]]) -> Result<Option<Config>, ConfigError> {
    let document = match DeTable::parse(&file.text) {
        Ok(document) => document,
        Err(error) => {
            let problems = vec![syntax(&error, &file.text)];
            return Err(ConfigError::Invalid { file, problems });
        }
    };
    let mut problems = Vec::new();
    let table =
        tables.iter().find_map(|keys| descend(document.get_ref(), keys)).and_then(|found| match found {
            Found::Table(table) => Some(table),
            Found::Else(span, value) => {
                problems.push(wrong_type(span, value, "a table"));
                None
            }
        });
    let config = table.map(|table| Reader::new(&file.path, &mut problems).config(table));
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
    directory: PathBuf,
    problems: &'p mut Vec<Problem>,
}

impl<'p> Reader<'p> {
    fn new(path: &Path, problems: &'p mut Vec<Problem>) -> Reader<'p> {
        Reader { directory: directory_of(path).to_owned(), problems }
    }

    fn config(mut self, table: &DeTable<'_>) -> Config {
        let mut config = Config::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "license" => {
                    config.license = self.parsed(value, LICENSE_HELP, given_license);
                }
                "index" => config.index = self.index(value),
                "idioms" => config.idioms = self.idioms(value),
                "threshold" => config.threshold_bits = self.threshold(value),
                "preset" if table.contains_key("threshold") => self.wrong(
                    key.span(),
                    "`preset` and `threshold` say the same".to_owned(),
                    "expected one of them".to_owned(),
                ),
                "preset" => config.threshold_bits = self.preset(value).map(Preset::threshold_bits),
                "exclude" => config.exclude = self.exclude(value),
                "owned" => config.owned = self.owned(value),
                "fail-on" => config.fail_on = self.fail_on(value),
                _ => self.unknown_key(key.get_ref(), key.span()),
            }
        }
        config
    }

    /// A string that the engine knows how to read.
    fn parsed<T, E: ToString>(
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
                    names.push(Spanned::new(item.span(), IndexName::Directory(self.located(path))));
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

    fn idioms(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Spanned<PathBuf>> {
        let mut paths = Vec::new();
        for item in self.array(value, "an array of idiom directories such as [\".birthmark/idioms\"]") {
            let expected = "the directory of a set of idioms";
            match self.string(item, expected) {
                Some("") => self.wrong(
                    item.span(),
                    "a set of idioms has an empty path".to_owned(),
                    format!("expected {expected}"),
                ),
                Some(path) => paths.push(Spanned::new(item.span(), self.located(path))),
                None => {}
            }
        }
        paths
    }

    /// A path of the configuration, which is relative to its directory.
    fn located(&self, path: &str) -> PathBuf {
        match self.directory == Path::new(".") {
            true => PathBuf::from(path),
            false => self.directory.join(path),
        }
    }

    fn preset(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Preset> {
        let names = Preset::NAMED.map(|(name, _)| format!("\"{name}\"")).join(", ");
        let expected = format!("one of {names}");
        let text = self.string(value, &expected)?;
        let preset = Preset::from_name(text);
        if preset.is_none() {
            self.wrong(value.span(), format!("`{text}` is not a preset"), format!("expected {expected}"));
        }
        preset
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
        let here = globset::escape(&display_path(&absolute_path(&self.directory)));
        for item in self.array(value, "an array of globs such as [\"vendor\", \"**/*_pb2.py\"]") {
            let Some(pattern) = self.string(item, "a glob such as \"vendor\"") else {
                continue;
            };
            let whole = format!("{here}/{}", pattern.trim_matches('/'));
            for glob in [whole.clone(), format!("{whole}/**")] {
                match GlobBuilder::new(&glob).literal_separator(true).build() {
                    Ok(glob) => _ = globs.add(glob),
                    Err(error) => {
                        let error = format!("`{pattern}` is not a glob: {}", error.kind());
                        self.wrong(item.span(), error, GLOB_HELP.to_owned());
                        break;
                    }
                }
            }
            exclude.patterns.push(pattern.to_owned());
        }
        if let Ok(globs) = globs.build() {
            exclude.globs = globs;
        }
        exclude
    }

    fn owned(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Purl> {
        let expected = "a package URL such as \"pkg:pypi/six\"";
        self.array(value, "an array of package URLs such as [\"pkg:pypi/six\"]")
            .iter()
            .filter_map(|item| self.parsed(item, expected, Purl::from_str))
            .collect()
    }

    fn fail_on(&mut self, value: &Spanned<DeValue<'_>>) -> Option<FailOn> {
        let names = FailOn::NAMED.map(|(name, _)| format!("\"{name}\"")).join(", ");
        let expected = format!("one of {names}");
        let text = self.string(value, &expected)?;
        let fail_on = FailOn::from_name(text);
        if fail_on.is_none() {
            self.wrong(value.span(), format!("`{text}` is not a severity"), format!("expected {expected}"));
        }
        fail_on
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

    fn unknown_key(&mut self, key: &str, span: Range<usize>) {
        let nearest = KEYS
            .into_iter()
            .map(|known| (known, strsim::jaro_winkler(key, known)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .filter(|(_, likeness)| *likeness >= LEAST_LIKENESS);
        self.problems.push(Problem {
            span,
            title: format!("unknown key `{key}`"),
            label: match nearest {
                Some((known, _)) => format!("did you mean `{known}`?"),
                None => "not a key of birthmark".to_owned(),
            },
            help: format!("expected one of {}", KEYS.join(", ")),
        });
    }

    fn wrong(&mut self, span: Range<usize>, title: String, help: String) {
        self.problems.push(Problem { span, title, label: "here".to_owned(), help });
    }
}

const LICENSE_HELP: &str = "an SPDX licence expression such as \"MIT OR Apache-2.0\"";

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
mod tests {
    use super::*;

    fn config(text: &str) -> Result<Config, Vec<Problem>> {
        let file = ConfigFile { path: PathBuf::from("somewhere/birthmark.toml"), text: text.to_owned() };
        match read(file, &[&[]]) {
            Ok(config) => Ok(config.expect("the document itself is the table")),
            Err(ConfigError::Invalid { problems, .. }) => Err(problems),
            Err(other) => panic!("{other}"),
        }
    }

    /// The text of the place, what is said of it, and what is expected there.
    fn check_wrong(text: &str, at: &str, says: &str) {
        let problems = config(text).expect_err(text);
        let told: Vec<String> =
            problems.iter().map(|p| format!("{} | {} | {}", p.title, p.label, p.help)).collect();
        assert_eq!(&text[problems[0].span.clone()], at, "{told:?}");
        assert!(told[0].contains(says), "{text}: {told:?}");
        assert!(told[0].contains("expected"), "{text}: {told:?}");
    }

    #[test]
    fn every_key_is_read() {
        let config = config(
            "license = 'MIT'\nindex = ['a/b', 'starter']\nidioms = ['c']\nthreshold = 80\n\
             exclude = ['vendor/', '*_pb2.py']\nowned = ['pkg:pypi/mine']\nfail-on = 'error'\n",
        )
        .expect("valid");
        assert_eq!(config.license.expect("license"), given_license("MIT").expect("valid"));
        let index: Vec<_> = config.index.iter().map(Spanned::get_ref).collect();
        let directory = IndexName::Directory(PathBuf::from("somewhere/a/b"));
        assert_eq!(index, [&directory, &IndexName::Starter]);
        assert_eq!(config.threshold_bits, Some(80.0));
        assert_eq!(config.idioms[0].get_ref(), Path::new("somewhere/c"));
        let excluded = |path: &str| {
            let path = std::path::absolute(Path::new("somewhere").join(path)).expect("a path");
            config.exclude.globs.is_match(path)
        };
        assert!(excluded("vendor/deep/x.py"));
        assert!(excluded("x_pb2.py"));
        assert!(!excluded("src/vendor.py"));
        assert_eq!(config.owned[0].as_str(), "pkg:pypi/mine");
        assert_eq!(config.fail_on, Some(FailOn::from_name("error").unwrap()));
    }

    #[test]
    fn an_empty_document_is_a_configuration() {
        assert!(config("").expect("valid").license.is_none());
    }

    #[test]
    fn errors_name_the_place_and_what_is_expected() {
        check_wrong("licence = 'MIT'", "licence", "`license`");
        check_wrong("\n[indexes]\n", "indexes", "`index`");
        check_wrong("zzz = 1", "zzz", "not a key");
        check_wrong("license = 'MIT Or'", "'MIT Or'", "MIT Or");
        check_wrong("license = ['MIT']", "['MIT']", "an array");
        check_wrong("index = 'starter'", "'starter'", "array of index");
        check_wrong("index = []", "[]", "no index");
        check_wrong("index = ['']", "''", "empty path");
        check_wrong("index = [3]", "3", "an integer");
        check_wrong("threshold = 0", "0", "positive");
        check_wrong("threshold = nan", "nan", "positive");
        check_wrong("threshold = '60'", "'60'", "a string");
        check_wrong("preset = 'strict'", "'strict'", "\"hook\"");
        check_wrong("preset = 'hook'\nthreshold = 60", "preset", "`threshold`");
        check_wrong("idioms = 'a'", "'a'", "array of idiom");
        check_wrong("idioms = ['']", "''", "empty path");
        check_wrong("exclude = ['a[']", "'a['", "glob");
        check_wrong("owned = ['six']", "'six'", "package URL");
        check_wrong("fail-on = 'fatal'", "'fatal'", "\"warning\"");
        check_wrong("license = ", "", "TOML");
    }

    #[test]
    fn all_errors_are_told_at_once_in_order() {
        let problems = config("thresold = 1\nfail-on = 3\nlicense = 4\n").expect_err("three");
        let starts: Vec<usize> = problems.iter().map(|problem| problem.span.start).collect();
        assert_eq!(starts, [0, 23, 35]);
    }
}
