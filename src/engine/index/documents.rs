//! What the index knows of a component and of each of its documents.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use jiff::civil::Date;
use xxhash_rust::xxh3::xxh3_64;

use crate::license::LicenseFact;
use crate::purl::Purl;
use crate::text::language::Language;

/// A released package, a repository or a folder: the unit that has a name and a licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its name and version.
    pub purl: Purl,
    /// BLAKE3 over the sorted paths and contents of its files, as `blake3:` and 64 hexadecimal
    /// digits.
    pub digest: String,
    /// Its licence.
    pub license: LicenseFact,
    /// The day it was published, where its source states one.
    pub published: Option<Day>,
    /// Packages that it depends on, as purls without version; sorted, each once.
    pub dependencies: Vec<String>,
    /// Packages that it carries in vendored folders, as purls without version; sorted, each once.
    pub vendored: Vec<String>,
    /// What it states of copyright; `None` where that was not read.
    pub copyright: Option<Copyright>,
}

/// What a component states of copyright, word for word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copyright {
    /// The copyright notices of its licence texts.
    pub notices: Vec<String>,
    /// The text of its file `NOTICE`; empty where it has none.
    pub notice_file: String,
}

impl Copyright {
    /// As an index stores it: the notices, a line each; an empty line; the file `NOTICE`.
    pub(super) fn to_text(&self) -> String {
        format!("{}\n{}", in_lines(&self.notices), self.notice_file)
    }

    /// What an index stored. Nothing is stored where nothing was read.
    pub(super) fn from_text(text: &str) -> Option<Copyright> {
        let (notices, notice_file) = match text.strip_prefix('\n') {
            Some(file) => ("", file),
            None => text.split_once("\n\n")?,
        };
        let notices = notices.lines().map(str::to_owned).collect();
        Some(Copyright { notices, notice_file: notice_file.to_owned() })
    }
}

/// Texts with a line break behind each.
pub(super) fn in_lines(texts: &[String]) -> String {
    texts.iter().map(|text| format!("{text}\n")).collect()
}

/// The hash of a package, the same for each of its versions.
pub(crate) fn package_hash(purl: &Purl) -> u64 {
    xxh3_64(purl.package().as_bytes())
}

/// A day, counted from 1970-01-01. That day itself is none: archives that know no date state it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(NonZeroU32);

impl Day {
    /// The day so many days after 1970-01-01; `None` for 0 and beyond the year 9999.
    pub(crate) fn new(days: u32) -> Option<Day> {
        let day = Day(NonZeroU32::new(days)?);
        day.date().map(|_| day)
    }

    /// The day of a moment, in UTC, given in seconds since 1970-01-01.
    pub(crate) fn from_unix_seconds(seconds: i64) -> Option<Day> {
        Day::new(u32::try_from(seconds.div_euclid(SECONDS_OF_A_DAY)).ok()?)
    }

    /// Days since 1970-01-01.
    pub(crate) fn days(self) -> u32 {
        self.0.get()
    }

    fn date(self) -> Option<Date> {
        UNIX_EPOCH.checked_add(jiff::Span::new().try_days(i64::from(self.days())).ok()?).ok()
    }
}

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;
const UNIX_EPOCH: Date = Date::constant(1970, 1, 1);

/// Writes the day as `2026-11-26`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.date() {
            Some(date) => write!(f, "{date}"),
            None => write!(f, "{} days after {UNIX_EPOCH}", self.days()),
        }
    }
}

/// Reads `2026-11-26`; a time of day behind it is left out.
impl FromStr for Day {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Day, jiff::Error> {
        let date: Date = text.split_once('T').map_or(text, |(date, _)| date).parse()?;
        let days = (date - UNIX_EPOCH).get_days();
        let day = u32::try_from(days).ok().and_then(Day::new);
        day.ok_or_else(|| jiff::Error::from_args(format_args!("{text} is not after {UNIX_EPOCH}")))
    }
}

/// A source file of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentFacts {
    /// Path inside the component, with `/`.
    pub path: String,
    /// Its language.
    pub language: Language,
    /// Its own licence, where a header or tag states one that differs from the component's.
    pub license: Option<LicenseFact>,
    /// What kind of file it is.
    pub marks: DocumentMarks,
    /// The copyright notices of its header, or of the texts of the vendored folder that it stands
    /// in, word for word.
    pub copyrights: Vec<String>,
}

/// Properties of a document that bear on how far a match with it means anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentMarks {
    /// Stands in a folder whose name says that it holds other people's code.
    pub vendored: bool,
    /// Says that a generator wrote it.
    pub generated: bool,
    /// Was minified.
    pub minified: bool,
    /// Is a test, an example or a benchmark.
    pub test: bool,
}

impl DocumentMarks {
    /// Whether a match with the document means anything: what a generator wrote, or a minifier,
    /// resembles everything else it wrote.
    pub fn is_searchable(self) -> bool {
        !self.generated && !self.minified
    }

    /// The marks as an index stores them.
    pub fn to_bits(self) -> u8 {
        u8::from(self.vendored)
            | u8::from(self.generated) << 1
            | u8::from(self.minified) << 2
            | u8::from(self.test) << 3
    }

    /// The marks an index stored.
    pub fn from_bits(bits: u8) -> DocumentMarks {
        DocumentMarks {
            vendored: bits & 1 != 0,
            generated: bits & 2 != 0,
            minified: bits & 4 != 0,
            test: bits & 8 != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copyright_is_read_as_it_was_written() {
        let notices =
            || vec!["Copyright (c) 2019 Jane Roe".to_owned(), "(c) 2020 J. Doe".to_owned()];
        for notices in [Vec::new(), notices()] {
            for file in ["", "Example\n\nCopyright 2019 Jane Roe\n", "\n\nx"] {
                let notice_file = file.to_owned();
                let copyright = Copyright { notices: notices.clone(), notice_file };
                let text = copyright.to_text();
                assert_eq!(Copyright::from_text(&text), Some(copyright), "{text:?}");
            }
        }
        assert_eq!(Copyright::from_text(""), None, "an index of before holds nothing");
    }

    #[test]
    fn days_are_read_and_written() {
        let day: Day = "2026-11-26".parse().expect("a day");
        assert_eq!((day.days(), day.to_string().as_str()), (20_783, "2026-11-26"));
        assert_eq!("2026-11-26T23:59:59Z".parse::<Day>().expect("a time"), day);
        assert_eq!(Day::from_unix_seconds(20_783 * 86_400 + 86_399), Some(day));
        for none in ["1970-01-01", "1969-12-31", "yesterday", ""] {
            assert!(none.parse::<Day>().is_err(), "{none:?}");
        }
        for none in [0, 86_399, -1, i64::MIN, i64::MAX] {
            assert_eq!(Day::from_unix_seconds(none), None, "{none}");
        }
    }
}
