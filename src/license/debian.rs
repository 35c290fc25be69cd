//! What `debian/copyright` says of the files of a package, in the machine-readable form.
//!
//! Of the stanzas whose globs match a file the last one counts. Its licences have Debian's short
//! names, some of which mean another licence than elsewhere: `GPL-2` is the GPL 2.0 alone, and
//! `Artistic` the first Artistic licence as Perl has it. A name that no table knows may be described
//! by a text, in the stanza or in one of its own. Specification: DEP-5, version 1.0.

use std::collections::HashMap;
use std::sync::OnceLock;

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::names::{self, Reading};
use super::{LearnedFrom, LicenseExpression, LicenseFact, Precision, text};

/// Most texts of unknown licences that are looked at; recognising one takes tens of milliseconds.
const MAX_TEXTS: usize = 50;

/// Most globs that are read of one file.
const MAX_GLOBS: usize = 50_000;

/// The licences of a package of Debian.
#[derive(Debug)]
pub(crate) struct DebianCopyright {
    stanzas: Vec<Stanza>,
    globs: GlobSet,
    /// The stanza of each glob.
    stanza_of_glob: Vec<usize>,
}

/// What one stanza says.
#[derive(Debug)]
struct Stanza {
    license: LicenseFact,
    copyrights: Vec<String>,
    /// Whether it holds for all files that no later stanza names.
    is_whole: bool,
}

/// A paragraph of fields; a value holds the lines behind its first, without their indentation.
type Paragraph<'t> = Vec<(&'t str, Vec<&'t str>)>;

impl DebianCopyright {
    /// Reads the text of `debian/copyright`; `None` if it is not in the machine-readable form.
    pub(crate) fn read(text: &str) -> Option<DebianCopyright> {
        let paragraphs = paragraphs(text);
        let mut texts = Texts::of(&paragraphs);
        let mut stanzas = Vec::new();
        let (mut globs, mut stanza_of_glob) = (GlobSetBuilder::new(), Vec::new());
        for paragraph in &paragraphs {
            let (Some(files), Some(license)) =
                (field(paragraph, "files"), field(paragraph, "license"))
            else {
                continue;
            };
            let patterns: Vec<&str> =
                files.iter().flat_map(|line| line.split([' ', '\t', ','])).collect();
            for pattern in patterns.iter().filter(|pattern| !pattern.is_empty()).take(MAX_GLOBS) {
                if let Some(glob) = glob(pattern) {
                    globs.add(glob);
                    stanza_of_glob.push(stanzas.len());
                }
            }
            let copyright = field(paragraph, "copyright").into_iter().flatten();
            stanzas.push(Stanza {
                license: texts.fact(license),
                copyrights: copyright.filter_map(|line| notice(line)).collect(),
                is_whole: patterns.contains(&"*"),
            });
        }
        (!stanzas.is_empty()).then_some(())?;
        Some(DebianCopyright { stanzas, globs: globs.build().ok()?, stanza_of_glob })
    }

    /// The licence of the package as a whole: that of the files which no other stanza names.
    pub(crate) fn package_license(&self) -> Option<&LicenseFact> {
        self.whole().map(|stanza| &stanza.license)
    }

    /// The copyright notices of the package as a whole.
    pub(crate) fn package_copyrights(&self) -> &[String] {
        self.whole().map_or(&[], |stanza| &stanza.copyrights)
    }

    /// The licence of a file, by its path from the top of the package. Unknown where no stanza
    /// names it.
    pub(crate) fn license_of(&self, path: &str) -> LicenseFact {
        self.stanza(path).map_or_else(LicenseFact::unknown, |stanza| stanza.license.clone())
    }

    /// The licence of a file, where it is not that of the package as a whole.
    pub(crate) fn license_of_part(&self, path: &str) -> Option<LicenseFact> {
        match self.stanza(path) {
            Some(stanza) if stanza.is_whole => None,
            stanza => Some(stanza.map_or_else(LicenseFact::unknown, |it| it.license.clone())),
        }
    }

    /// The copyright notices of a file, where they are not those of the package as a whole.
    pub(crate) fn copyrights_of(&self, path: &str) -> &[String] {
        let own = self.stanza(path).filter(|stanza| !stanza.is_whole);
        own.map_or(&[], |stanza| &stanza.copyrights)
    }

    fn whole(&self) -> Option<&Stanza> {
        self.stanzas.iter().rev().find(|stanza| stanza.is_whole)
    }

    fn stanza(&self, path: &str) -> Option<&Stanza> {
        let globs = self.globs.matches(path);
        let stanzas = globs.into_iter().filter_map(|glob| self.stanza_of_glob.get(glob).copied());
        self.stanzas.get(stanzas.max()?)
    }
}

fn paragraphs(text: &str) -> Vec<Paragraph<'_>> {
    let mut paragraphs = vec![Paragraph::new()];
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if line.trim().is_empty() {
            paragraphs.push(Paragraph::new());
            continue;
        }
        let Some(paragraph) = paragraphs.last_mut() else { continue };
        match (line.strip_prefix([' ', '\t']), line.split_once(':')) {
            (Some(more), _) => {
                let more = if more.trim() == "." { "" } else { more.trim_end() };
                paragraph.last_mut().into_iter().for_each(|(_, lines)| lines.push(more));
            }
            (None, Some((key, value))) => paragraph.push((key.trim(), vec![value.trim()])),
            (None, None) => {}
        }
    }
    paragraphs
}

fn field<'p, 't>(paragraph: &'p Paragraph<'t>, name: &str) -> Option<&'p [&'t str]> {
    let found = paragraph.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, lines)| lines.as_slice())
}

/// `*` is any characters, `?` one, also where it is `/`; `\` takes the next one for itself.
fn glob(pattern: &str) -> Option<Glob> {
    let mut text = String::new();
    let mut chars = pattern.strip_prefix("./").unwrap_or(pattern).chars();
    while let Some(c) = chars.next() {
        match c {
            // Two in a row would mean folders.
            '*' if text.ends_with('*') => {}
            '*' | '?' => text.push(c),
            '\\' => text.push_str(&globset::escape(&chars.next().unwrap_or('\\').to_string())),
            c => text.push_str(&globset::escape(&c.to_string())),
        }
    }
    Glob::new(&text).ok()
}

/// A line of holders as a notice: Debian writes `2001-2013 Jane Roe`.
fn notice(line: &str) -> Option<String> {
    let line = line.trim().trim_end_matches(',');
    let lower = line.to_lowercase();
    if line.is_empty() || matches!(lower.as_str(), "none" | "public-domain" | "n/a") {
        None
    } else if lower.contains("copyright") || line.contains(['©', 'Ⓒ']) {
        Some(line.to_owned())
    } else {
        Some(format!("Copyright {line}"))
    }
}

/// The texts of licences that have paragraphs of their own, and what was read of them.
struct Texts<'p, 't> {
    texts: HashMap<String, &'p [&'t str]>,
    readings: HashMap<String, Option<Reading>>,
    /// How many texts were looked at.
    looked_at: usize,
}

impl<'p, 't> Texts<'p, 't> {
    fn of(paragraphs: &'p [Paragraph<'t>]) -> Texts<'p, 't> {
        let alone = paragraphs.iter().filter(|paragraph| field(paragraph, "files").is_none());
        let licenses = alone.filter_map(|paragraph| field(paragraph, "license"));
        let texts = licenses.filter_map(|lines| {
            let (name, text) = lines.split_first()?;
            (!text.is_empty()).then(|| (name.to_lowercase(), text))
        });
        Texts { texts: texts.collect(), readings: HashMap::new(), looked_at: 0 }
    }

    /// What a field says, by its first line and the text behind it.
    fn fact(&mut self, lines: &'p [&'t str]) -> LicenseFact {
        let Some((names, text)) = lines.split_first() else { return LicenseFact::unknown() };
        let reading =
            if names.is_empty() { self.recognise(text) } else { self.expression(names, text) };
        names::fact(names, reading, LearnedFrom::Metadata)
    }

    /// Reads `A or B, and C`: what a comma divides is joined last, and `and` goes before `or`.
    fn expression(&mut self, text: &str, described: &'p [&'t str]) -> Option<Reading> {
        let mut whole: Option<Reading> = None;
        for part in text.split(',') {
            let words: Vec<&str> = part.split_whitespace().collect();
            let (joint, words) = match words.split_first() {
                Some((first, rest)) if is_word(first, "and") => (Joint::And, rest),
                Some((first, rest)) if is_word(first, "or") => (Joint::Or, rest),
                _ => (Joint::And, words.as_slice()),
            };
            let choices = words
                .split(|word| ["or", "and/or", "|"].iter().any(|or| is_word(word, or)))
                .map(|choice| {
                    let terms = choice.split(|word| is_word(word, "and"));
                    let terms = terms.map(|term| self.term(term, described));
                    join(Joint::And, terms.collect::<Option<Vec<_>>>()?)
                });
            let choices = join(Joint::Or, choices.collect::<Option<Vec<_>>>()?)?;
            whole = match whole {
                None => Some(choices),
                Some(before) => Some(join(joint, vec![before, choices])?),
            };
        }
        whole
    }

    /// Reads a name: `GPL-2+`, `Expat`, `GPL-3+ with Bison exception`.
    fn term(&mut self, words: &[&str], described: &'p [&'t str]) -> Option<Reading> {
        let whole = words.join(" ");
        let key = whole.to_lowercase();
        if let Some(known) = self.readings.get(&key) {
            return known.clone();
        }
        let text = self.texts.get(&key).copied().unwrap_or(described);
        let reading = match with_exception(&whole).or_else(|| parse_short_name(&whole)) {
            Some(exact) if exact.1 == Precision::Exact => Some(exact),
            // The text may say which variant of `MIT` or `BSD` is meant.
            vague => match self.recognise(text) {
                Some(exact) if exact.1 == Precision::Exact => Some(exact),
                read => vague.or(read),
            },
        };
        self.readings.insert(key, reading.clone());
        reading
    }

    fn recognise(&mut self, text: &[&str]) -> Option<Reading> {
        self.looked_at += usize::from(!text.is_empty());
        let is_looked_at = !text.is_empty() && self.looked_at <= MAX_TEXTS;
        is_looked_at.then(|| text::read(&text.join("\n"))).flatten()
    }
}

/// How parts of an expression hold together.
#[derive(Clone, Copy)]
enum Joint {
    And,
    Or,
}

fn is_word(word: &str, wanted: &str) -> bool {
    word.eq_ignore_ascii_case(wanted)
}

fn join(joint: Joint, parts: Vec<Reading>) -> Option<Reading> {
    let precision = parts.iter().map(|part| part.1).max()?;
    let parts = parts.into_iter().map(|part| part.0);
    let joined = match joint {
        Joint::And => LicenseExpression::all_of(parts)?,
        Joint::Or => LicenseExpression::any_of(parts)?,
    };
    Some((joined, precision))
}

/// A licence by its short name. A variant has a name of its own behind a tilde.
fn parse_short_name(name: &str) -> Option<Reading> {
    let lower = name.to_lowercase();
    if let Some((base, _)) = lower.split_once('~') {
        return Some((parse_short_name(base)?.0, Precision::Imprecise));
    }
    let in_table = table().get(lower.as_str()).cloned();
    in_table
        .or_else(|| gnu(&lower))
        .or_else(|| LicenseExpression::parse(name).ok())
        .or_else(|| names::look_up(&names::words(name)))
}

/// `GPL-2+`, `LGPL-2.1`, `GFDL-NIV-1.3+`: without a plus it is that version alone.
fn gnu(name: &str) -> Option<Reading> {
    let (bare, suffix) = match name.strip_suffix('+') {
        Some(bare) => (bare, "or-later"),
        None => (name, "only"),
    };
    let (family, version) = bare.rsplit_once('-')?;
    let (family, variant) = match family {
        "gpl" => ("GPL", ""),
        "lgpl" => ("LGPL", ""),
        "agpl" => ("AGPL", ""),
        "gfdl" => ("GFDL", ""),
        "gfdl-niv" => ("GFDL", "no-invariants-"),
        _ => return None,
    };
    let version = if version.contains('.') { version.to_owned() } else { format!("{version}.0") };
    LicenseExpression::parse(&format!("{family}-{version}-{variant}{suffix}")).ok()
}

/// Exceptions by the words that name them, in lower case.
const EXCEPTIONS: [(&str, &str); 18] = [
    ("openssl", "cryptsetup-OpenSSL-exception"),
    ("autoconf", "Autoconf-exception-generic"),
    ("autoconf-data", "Autoconf-exception-generic"),
    ("autoconf-macro", "Autoconf-exception-macro"),
    ("autoconf-2.0", "Autoconf-exception-2.0"),
    ("autoconf-3.0", "Autoconf-exception-3.0"),
    ("bison", "Bison-exception-2.2"),
    ("bison-2.2", "Bison-exception-2.2"),
    ("classpath", "Classpath-exception-2.0"),
    ("font", "Font-exception-2.0"),
    ("gcc", "GCC-exception-3.1"),
    ("gcc-runtime", "GCC-exception-3.1"),
    ("libtool", "Libtool-exception"),
    ("ocaml", "OCaml-LGPL-linking-exception"),
    ("ocaml-linking", "OCaml-LGPL-linking-exception"),
    ("linux-syscall", "Linux-syscall-note"),
    ("llvm", "LLVM-exception"),
    ("qt-lgpl-1.1", "Qt-LGPL-exception-1.1"),
];

/// A licence with an exception; `None` where there is none, or none that is known.
fn with_exception(name: &str) -> Option<Reading> {
    let lower = name.to_lowercase().replace("-with-", " with ");
    let (license, exception) = lower.split_once(" with ")?;
    let (license, precision) = parse_short_name(license)?;
    let words = exception.split([' ', '_']);
    let words = words.filter(|word| !matches!(*word, "exception" | "exceptions" | "the" | ""));
    let joined = words.collect::<Vec<_>>().join("-");
    let stem = joined.trim_end_matches("-exception");
    let row = EXCEPTIONS.iter().find(|(words, _)| stem == *words);
    let exception = row.map_or(exception, |(_, exception)| exception);
    let (expression, _) = LicenseExpression::parse(&format!("{license} WITH {exception}")).ok()?;
    Some((expression, precision))
}

fn table() -> &'static HashMap<&'static str, Reading> {
    static TABLE: OnceLock<HashMap<&'static str, Reading>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let rows = names::rows(include_str!("debian.tsv"));
        rows.filter_map(|(name, reading)| Some((name, reading?))).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(fact: &LicenseFact) -> String {
        let doubt = if fact.precision == Precision::Imprecise { "?" } else { "" };
        match &fact.expression {
            Some(expression) => format!("{expression}{doubt}"),
            None => format!("unknown {}", fact.declared),
        }
    }

    #[test]
    fn every_row_of_the_table_is_a_licence() {
        for line in include_str!("debian.tsv").lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [name, expression, precision] = fields[..] else { panic!("{line}") };
            assert!(LicenseExpression::parse(expression).is_ok(), "{line}");
            assert_eq!(LicenseExpression::parse(expression).unwrap().0.as_str(), expression);
            assert_eq!(name, name.to_lowercase());
            assert!(matches!(precision, "exact" | "imprecise"), "{line}");
        }
        for (_, exception) in EXCEPTIONS {
            let with = format!("GPL-2.0-or-later WITH {exception}");
            assert!(LicenseExpression::parse(&with).is_ok(), "{exception}");
        }
    }

    #[test]
    fn names_of_debian_are_read() {
        for (names, expected) in [
            ("Expat", "MIT"),
            ("GPL-2", "GPL-2.0-only"),
            ("GPL-2+", "GPL-2.0-or-later"),
            ("LGPL-2.1+", "LGPL-2.1-or-later"),
            ("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"),
            ("AGPL-3", "AGPL-3.0-only"),
            ("BSD-3-clause", "BSD-3-Clause"),
            ("BSD-3-clause~Xiph", "BSD-3-Clause?"),
            ("Artistic or GPL-1+", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
            (
                "GPL-2+ or Artistic-2.0, and BSD-3-clause",
                "(GPL-2.0-or-later OR Artistic-2.0) AND BSD-3-Clause",
            ),
            ("GPL-2 or MPL-1.1 and ISC", "GPL-2.0-only OR MPL-1.1 AND ISC"),
            ("GPL-2+ with OpenSSL exception", "GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception"),
            ("GPL-3+ with Bison-2.2 exception", "GPL-3.0-or-later WITH Bison-exception-2.2"),
            ("Apache-2.0 with LLVM exceptions", "Apache-2.0 WITH LLVM-exception"),
            ("public-domain", "LicenseRef-Public-Domain?"),
            ("Zlib", "Zlib"),
            ("GPL-3+-with-autoconf", "GPL-3.0-or-later WITH Autoconf-exception-generic"),
            ("GPL-2+ with AutoConf exception", "GPL-2.0-or-later WITH Autoconf-exception-generic"),
            ("GPL-2-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
            ("GPL-3.0+", "GPL-3.0-or-later"),
            ("AGPL-3.0", "AGPL-3.0-only"),
            ("LGPL-2.0-or-later", "LGPL-2.0-or-later"),
            ("GPL", "GPL-2.0-only AND GPL-3.0-only?"),
            ("BSD-3", "BSD-3-Clause"),
            ("ISC and/or LGPL-2.1+", "ISC OR LGPL-2.1-or-later"),
            ("MIT", "MIT?"),
            ("our-own", "unknown our-own"),
            ("Expat and our-own", "unknown Expat and our-own"),
            ("GPL-2+ with our exception", "unknown GPL-2+ with our exception"),
            ("", "unknown "),
        ] {
            let text = format!("Format: 1.0\n\nFiles: *\nCopyright: x\nLicense: {names}\n");
            let copyright = DebianCopyright::read(&text).expect("a stanza");
            assert_eq!(shown(&copyright.license_of("a.c")), expected, "{names}");
        }
    }

    #[test]
    fn the_last_stanza_that_names_a_file_counts() {
        let text = "Format: https://example.org\nSource: x\n\nFiles: *\nCopyright: 1999 Jane Roe <j@example.org>\n \
                    (c) 2001 J. Doe, copyright holder\nLicense: Expat\n Permission is granted\n .\n more\n\t\n\
                    # of others\nFiles: contrib/*.c\n lib/[x].c\nCopyright: none\nLicense: GPL-2+\n\n\
                    Files: contrib/ada/*\nCopyright: A\nLicense: mystery\n\nLicense: GPL-2+\n text\n";
        let copyright = DebianCopyright::read(text).expect("stanzas");
        for (path, expected) in [
            ("a.c", "MIT"),
            ("contrib/deep/er.c", "GPL-2.0-or-later"),
            ("contrib/x.h", "MIT"),
            ("lib/[x].c", "GPL-2.0-or-later"),
            ("lib/x.c", "MIT"),
            ("contrib/ada/x.c", "unknown mystery"),
        ] {
            assert_eq!(shown(&copyright.license_of(path)), expected, "{path}");
        }
        assert_eq!(copyright.package_license().map(shown).as_deref(), Some("MIT"));
        let whole =
            ["Copyright 1999 Jane Roe <j@example.org>", "(c) 2001 J. Doe, copyright holder"];
        assert_eq!(copyright.package_copyrights(), whole);
        assert!(copyright.copyrights_of("contrib/x.c").is_empty());
        let partly = "Files: a.c\nCopyright: A\nLicense: ISC\n";
        let copyright = DebianCopyright::read(partly).expect("a stanza");
        assert_eq!(shown(&copyright.license_of("b.c")), "unknown ");
        assert!(copyright.package_license().is_none());
        assert!(DebianCopyright::read("It was packaged by somebody.\n\nLicense: GPL\n").is_none());
    }

    #[test]
    fn a_text_describes_a_name_that_no_table_knows() {
        let isc = super::super::text_of("ISC").expect("in the list");
        let indented: String = isc
            .lines()
            .map(|line| match line.trim() {
                "" => " .\n".to_owned(),
                line => format!(" {line}\n"),
            })
            .collect();
        let text = format!("Files: *\nCopyright: A\nLicense: ours\n\nLicense: ours\n{indented}");
        let copyright = DebianCopyright::read(&text).expect("a stanza");
        assert_eq!(shown(&copyright.license_of("a.c")), "ISC");
        let inline = format!("Files: *\nCopyright: A\nLicense: ours\n{indented}");
        let copyright = DebianCopyright::read(&inline).expect("a stanza");
        assert_eq!(shown(&copyright.license_of("a.c")), "ISC");
    }

    #[test]
    fn globs_go_over_folders() {
        let matches = |pattern: &str, path: &str| {
            glob(pattern).expect("a glob").compile_matcher().is_match(path)
        };
        assert!(matches("*", "a/b/c"));
        assert!(matches("a/**/c", "a/b/d/c"));
        assert!(matches("./a/?.c", "a/b.c"));
        assert!(matches("a?b", "a/b"));
        assert!(matches("a\\*.c", "a*.c") && !matches("a\\*.c", "ab.c"));
        assert!(matches("{a,b}", "{a,b}") && !matches("{a,b}", "a"));
    }
}
