//! Whether what code declares of its own licence is allowed where it stands, whether it matches
//! anything or not.

use std::collections::BTreeSet;

use super::{PolicySettings, one_line};
use crate::judgement::finding::{Finding, Rule, Severity};
use crate::license::{Answer, Category, LearnedFrom, LicenseExpression, LicenseFact, Precision};
use crate::text::declaration::{Declaration, DeclarationKind};
use crate::text::source::SourceFile;
use crate::text::span::{LineRange, LineSet, Region};

/// A file and the licences that it stands under.
pub(crate) struct File<'a> {
    /// The file.
    pub source: &'a SourceFile,
    /// The licence of the file.
    pub outbound: &'a LicenseFact,
    /// Whether the file itself states that licence.
    pub states_its_own: bool,
    /// The licence of the project around the file.
    pub around: &'a LicenseFact,
    /// Lines about which something worse is said already.
    pub known: &'a [LineRange],
}

/// The findings about what a file declares. Only a licence that is refused outright raises one.
pub(crate) fn incompatible(
    file: &File<'_>,
    said: &[Declaration],
    settings: &PolicySettings,
) -> Vec<Finding> {
    let parts = said.iter().filter(|it| it.kind != DeclarationKind::Header).filter_map(|it| {
        let inbound = it.inbound.as_ref()?;
        let what = match it.kind {
            DeclarationKind::Snippet => "the code between the tags is declared under".to_owned(),
            _ => of_comment(it),
        };
        let known = file
            .known
            .iter()
            .any(|lines| lines.first <= it.scope.last && it.scope.first <= lines.last);
        if known {
            return None;
        }
        let region = lines(file.source, it.line, it.scope.last);
        // A link alone is no word that code was taken from there.
        let is_link = it.kind != DeclarationKind::Snippet && it.origins.is_empty();
        let mut finding = file.find_refusal(&what, inbound, file.outbound, region, settings)?;
        if is_link && !settings.severities.contains_key(&finding.rule) {
            finding.severity = Severity::Info;
        }
        Some(finding)
    });
    let parts: Vec<Finding> = parts.collect();
    let whole = file.states_its_own.then(|| {
        let what = "the file states that it is under";
        let line = statement(file.source);
        file.find_refusal(
            what,
            file.outbound,
            file.around,
            lines(file.source, line, line),
            settings,
        )
    });
    whole.flatten().into_iter().chain(parts).collect()
}

/// The finding about a folder of vendored code whose licence is refused under that of the project
/// around it; `None` if it may stand there. Libraries whose copyleft ends at their own files may.
pub(crate) fn incompatible_folder(
    file: &File<'_>,
    folder: &str,
    settings: &PolicySettings,
) -> Option<Finding> {
    let license = file.outbound.expression.as_ref()?;
    let under = file.around.expression.as_ref()?;
    let ids = license.licenses();
    if ids.iter().any(|id| Category::of(id) == Category::WeakCopyleft) {
        return None;
    }
    let what = format!("the vendored folder `{}` is under", one_line(folder));
    let finding =
        file.find_refusal(&what, file.outbound, file.around, lines(file.source, 1, 1), settings)?;
    // Each file of the folder has the same.
    let reference = digest(&[finding.rule.code(), &what, license.as_str()]);
    Some(Finding {
        reference,
        remedies: vec![
            "Remove the folder, or replace it by code under another licence.".to_owned(),
            "Correct the licence that stands in the folder if it is wrong.".to_owned(),
            format!(
                "If the folder is a work of its own beside the one under {under}, put it into `exclude` of birthmark.toml."
            ),
        ],
        ..finding
    })
}

fn digest(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// Whether some reading of licences that leave something open is allowed: a GNU text does not say
/// whether later versions are, neither beside the code nor at the top of the project.
fn may_be_allowed(
    inbound: &LicenseFact,
    outbound: &LicenseFact,
    settings: &PolicySettings,
) -> bool {
    let (code, works) = (open_readings(inbound), open_readings(outbound));
    let mut pairs = code.iter().flat_map(|code| works.iter().map(move |work| (code, work)));
    (is_open(inbound) || is_open(outbound))
        && pairs.any(|(code, work)| settings.compat(code, work).answer != Answer::No)
}

fn is_open(fact: &LicenseFact) -> bool {
    let is_text = fact.learned_from == LearnedFrom::LicenseText;
    fact.precision != Precision::Exact
        || is_text && fact.expression.iter().any(|it| it.as_str().contains("GPL-"))
}

/// What a fact may mean: itself, or the laxest readings of what leaves something open.
fn open_readings(fact: &LicenseFact) -> Vec<LicenseExpression> {
    let Some(license) = &fact.expression else { return Vec::new() };
    if !is_open(fact) {
        return vec![license.clone()];
    }
    let or_later = license.as_str().replace("-only", "-or-later").replace(" AND ", " OR ");
    let latest = OLD_VERSIONS.iter().fold(or_later.clone(), |it, old| it.replace(old, "GPL-3.0"));
    // The LGPL 3.0 is an addition to the GPL 3.0, whose text stands beside its own.
    let added_to = or_later.replace("LGPL-3.0", "GPL-3.0");
    let texts = [or_later, latest, added_to].into_iter();
    texts.filter_map(|text| LicenseExpression::parse(&text).ok()).map(|(read, _)| read).collect()
}

/// What texts of the GNU licences may mean by "or any later version".
const OLD_VERSIONS: [&str; 3] = ["GPL-1.0", "GPL-2.0", "GPL-2.1"];

/// Whether a licence lets whoever ships the file with a project do so on the project's terms: the
/// scripts that Autoconf, Libtool and Bison put into every package have such an exception.
fn is_free_for_builds(license: &LicenseExpression) -> bool {
    let exceptions = ["WITH Autoconf-exception", "WITH Libtool-exception", "WITH Bison-exception"];
    let parts = license.as_str().split(" AND ");
    parts.into_iter().all(|part| exceptions.iter().any(|exception| part.contains(exception)))
}

/// Whether a project offers for choice the same licences that a file states together: "released
/// under the Apache License and the MPL" says in prose what the manifest says with `OR`.
fn is_same_choice(stated: &LicenseExpression, offered: &LicenseExpression) -> bool {
    let names = |license: &LicenseExpression| BTreeSet::from_iter(license.licenses());
    names(stated).len() > 1 && names(stated) == names(offered)
}

/// What a comment says of the code by it, without the words of the comment itself.
fn of_comment(said: &Declaration) -> String {
    match said.origins.first() {
        Some(origin) if origin.is_address() => {
            format!(
                "the code is declared as coming from {}, under",
                one_line(origin.original_text())
            )
        }
        Some(_) => "the code is declared as taken from elsewhere, under".to_owned(),
        None => "the comment links to an answer in a forum, which is under".to_owned(),
    }
}

impl File<'_> {
    fn find_refusal(
        &self,
        what: &str,
        inbound: &LicenseFact,
        outbound: &LicenseFact,
        region: Region,
        settings: &PolicySettings,
    ) -> Option<Finding> {
        let (license, under) = (inbound.expression.as_ref()?, outbound.expression.as_ref()?);
        let judged = settings.compat(license, under);
        if judged.answer != Answer::No
            || is_free_for_builds(license)
            || is_same_choice(license, under)
            || may_be_allowed(inbound, outbound, settings)
        {
            return None;
        }
        let rule = Rule::DeclaredIncompatible;
        let cells: Vec<String> = judged.cells.iter().take(2).map(ToString::to_string).collect();
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(rule.code().as_bytes())
            .update(what.as_bytes())
            .update(license.as_str().as_bytes());
        hasher.update(self.source.line_text(region.start_line).trim_ascii());
        Some(Finding {
            rule,
            severity: settings.severity(rule),
            weak: false,
            reference: hasher.finalize().to_hex()[..16].to_owned(),
            path: self.source.path().to_owned(),
            region,
            cells: self.source.cells(region),
            added: LineSet::default(),
            message: format!(
                "{what} {license}, which does not allow it under {under} ({})",
                cells.join("; ")
            ),
            remedies: vec![
                "Rewrite the code without consulting the original, or remove it.".to_owned(),
                "Correct the declaration if it is wrong.".to_owned(),
                format!(
                    "If the file is a work of its own beside those under {under}, say so in a comment: birthmark: ignore[{}] reason=\"...\".",
                    rule.code()
                ),
            ],
        })
    }
}

/// The line of a header that speaks of the licence.
fn statement(source: &SourceFile) -> u32 {
    let speaks = |line: &u32| {
        let text = source.line_text(*line).to_ascii_lowercase();
        text.windows(5).any(|word| word == b"licen")
    };
    (1..=source.line_count().min(HEADER_LINES)).find(speaks).unwrap_or(1)
}

/// Lines in which a header is looked for.
const HEADER_LINES: u32 = 200;

/// Whole lines as a region.
fn lines(source: &SourceFile, first: u32, last: u32) -> Region {
    let width = source.line_text(last).trim_ascii_end().len() as u32;
    Region { start_line: first, start_column: 1, end_line: last, end_column: width + 1 }
}
