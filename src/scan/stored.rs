//! How what the engine saw in a text is kept by the cache: as one line of JSON, without what is
//! usual.
//!
//! The types mirror those of the engine. Numbers with a fraction are kept as their bits: what comes
//! back is what was put in, to the last one, and so is the report.

use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Look;
use super::look::{Hints, Limits, Located, Seen, Skip};
use crate::engine::evidence::{CopyKind, Evidence, Measures};
use crate::engine::index::documents::{Copyright, Day};
use crate::engine::matcher::{Match, Owner, OwnerCopyright};
use crate::license::{LearnedFrom, LicenseExpression, LicenseFact, Precision};
use crate::purl::Purl;
use crate::text::span::{ByteSpan, LineRange, Region, TokenRange};
use crate::text::token::{Comment, CommentKind};

/// What is kept of a text.
#[derive(Default, Serialize, Deserialize)]
struct Stored {
    #[serde(rename = "x", default, skip_serializing_if = "is_no")]
    exhausted: bool,
    #[serde(rename = "m", default, skip_serializing_if = "Vec::is_empty")]
    matches: Vec<StoredMatch>,
    #[serde(rename = "s", default, skip_serializing_if = "Vec::is_empty")]
    silenced: Vec<[u32; 4]>,
    /// Where comments stand, and which of them are docstrings: read where there are matches.
    #[serde(rename = "c", default, skip_serializing_if = "Vec::is_empty")]
    comments: Vec<(u32, u32, bool)>,
    #[serde(rename = "f", default, skip_serializing_if = "is_nothing")]
    first_code: u32,
    #[serde(rename = "o", default, skip_serializing_if = "is_none")]
    own: usize,
    #[serde(rename = "l", default, skip_serializing_if = "is_zero")]
    limits: [usize; 4],
    /// Ranges of lines that the parser gave up.
    #[serde(rename = "g", default, skip_serializing_if = "Vec::is_empty")]
    unread: Vec<(u32, u32)>,
    #[serde(rename = "p", default, skip_serializing_if = "is_no")]
    states_parts: bool,
    #[serde(rename = "i", default, skip_serializing_if = "is_no")]
    silences: bool,
}

fn is_no(value: &bool) -> bool {
    !value
}

fn is_nothing(value: &u32) -> bool {
    *value == 0
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

fn is_zero(limits: &[usize; 4]) -> bool {
    *limits == [0; 4]
}

#[derive(Serialize, Deserialize)]
struct StoredMatch {
    id: String,
    region: [u32; 4],
    tokens: [u32; 2],
    kind: u8,
    /// Bits, structure, names, literals, penalties.
    evidence: [u32; 6],
    matched_tokens: u32,
    packages: u32,
    content: u64,
    owners: Vec<StoredOwner>,
}

#[derive(Serialize, Deserialize)]
struct StoredOwner {
    purl: String,
    versions: Vec<String>,
    path: String,
    lines: [u32; 2],
    #[serde(flatten)]
    license: StoredLicense,
    bits: u32,
    share: u32,
    vendored: bool,
    /// Days since 1970-01-01; 0 is unknown.
    #[serde(default, skip_serializing_if = "is_nothing")]
    published: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    vendored_packages: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    copyright: Option<StoredCopyright>,
}

/// Notices of the document, notices of the component, its file `NOTICE`.
#[derive(Serialize, Deserialize)]
struct StoredCopyright(Vec<String>, Vec<String>, String);

impl StoredCopyright {
    fn of(stated: &OwnerCopyright) -> StoredCopyright {
        let Copyright { notices, notice_file } = stated.of_component.clone();
        StoredCopyright(stated.of_document.clone(), notices, notice_file)
    }

    fn copyright(self) -> Arc<OwnerCopyright> {
        let StoredCopyright(of_document, notices, notice_file) = self;
        Arc::new(OwnerCopyright { of_document, of_component: Copyright { notices, notice_file } })
    }
}

#[derive(Serialize, Deserialize)]
struct StoredLicense {
    license: Option<String>,
    declared: String,
    precision: u8,
    learned_from: u8,
}

const KINDS: [CopyKind; 4] =
    [CopyKind::Verbatim, CopyKind::Reformatted, CopyKind::Renamed, CopyKind::Edited];
const PRECISIONS: [Precision; 2] = [Precision::Exact, Precision::Imprecise];
const SOURCES: [LearnedFrom; 8] = [
    LearnedFrom::Given,
    LearnedFrom::Metadata,
    LearnedFrom::Classifier,
    LearnedFrom::LicenseText,
    LearnedFrom::FileHeader,
    LearnedFrom::Nowhere,
    LearnedFrom::SideFile,
    LearnedFrom::Reuse,
];

/// The line for what was seen.
pub(super) fn to_line(look: &Look) -> Option<String> {
    let stored = match look {
        Look::Skipped(Skip::BudgetExhausted) => Stored { exhausted: true, ..Stored::default() },
        // The path decides this too and is no part of the key. It costs little to decide again.
        Look::Skipped(Skip::Generated) => return None,
        // Another run may have the time, or the thread.
        Look::Skipped(Skip::TimedOut | Skip::NoThread) => return None,
        Look::Seen(seen) => Stored {
            exhausted: false,
            matches: seen.matches.iter().map(StoredMatch::of).collect::<Option<_>>()?,
            silenced: seen.silenced.iter().copied().map(from_region).collect(),
            comments: seen.comments.iter().map(from_comment).collect(),
            first_code: seen.first_code,
            own: seen.own,
            states_parts: seen.hints.states_parts,
            silences: seen.hints.silences,
            unread: seen.unread.ranges().iter().map(|lines| (lines.first, lines.last)).collect(),
            limits: [
                seen.limits.common_fingerprints,
                seen.limits.kgrams_left_out,
                seen.limits.candidates_left_out,
                seen.limits.files_without_model,
            ],
        },
    };
    serde_json::to_string(&stored).ok()
}

/// What was seen; `None` if the line is not one of [`to_line`].
pub(super) fn from_line(line: &str) -> Option<Look> {
    let stored: Stored = serde_json::from_str(line).ok()?;
    if stored.exhausted {
        return Some(Look::Skipped(Skip::BudgetExhausted));
    }
    let [common_fingerprints, kgrams_left_out, candidates_left_out, files_without_model] =
        stored.limits;
    Some(Look::Seen(Seen {
        matches: stored.matches.into_iter().map(StoredMatch::locate).collect::<Option<_>>()?,
        silenced: stored.silenced.into_iter().map(to_region).collect(),
        own: stored.own,
        comments: stored.comments.into_iter().map(to_comment).collect(),
        first_code: stored.first_code,
        hints: Hints { states_parts: stored.states_parts, silences: stored.silences },
        unread: stored.unread.into_iter().flat_map(|(first, last)| first..=last).collect(),
        limits: Limits {
            common_fingerprints,
            kgrams_left_out,
            candidates_left_out,
            files_without_model,
        },
    }))
}

impl StoredMatch {
    fn of(located: &Located) -> Option<StoredMatch> {
        let Located { id, region, found } = located;
        // The measures serve the calibration, which is done.
        let Evidence {
            bits,
            structure,
            names,
            literals,
            penalties,
            calibration,
            matched_tokens,
            packages,
            ..
        } = found.evidence;
        Some(StoredMatch {
            id: id.clone(),
            region: from_region(*region),
            tokens: [found.tokens.start, found.tokens.end],
            kind: place(&KINDS, &found.kind)?,
            evidence: [bits, structure, names, literals, penalties, calibration].map(f32::to_bits),
            matched_tokens,
            packages,
            content: found.content,
            owners: found.owners.iter().map(StoredOwner::of).collect::<Option<_>>()?,
        })
    }

    fn locate(self) -> Option<Located> {
        let [bits, structure, names, literals, penalties, calibration] =
            self.evidence.map(f32::from_bits);
        let (matched_tokens, packages) = (self.matched_tokens, self.packages);
        let found = Match {
            tokens: TokenRange { start: self.tokens[0], end: self.tokens[1] },
            kind: *KINDS.get(usize::from(self.kind))?,
            evidence: Evidence {
                bits,
                structure,
                names,
                literals,
                penalties,
                calibration,
                matched_tokens,
                packages,
                measures: Measures::default(),
            },
            owners: self.owners.into_iter().map(StoredOwner::owner).collect::<Option<_>>()?,
            content: self.content,
        };
        Some(Located { id: self.id, region: to_region(self.region), found })
    }
}

impl StoredOwner {
    fn of(owner: &Owner) -> Option<StoredOwner> {
        Some(StoredOwner {
            purl: owner.purl.to_string(),
            versions: owner.versions.clone(),
            path: owner.path.clone(),
            lines: [owner.lines.first, owner.lines.last],
            license: StoredLicense::of(&owner.license)?,
            bits: owner.bits.to_bits(),
            share: owner.share.to_bits(),
            vendored: owner.vendored,
            published: owner.published.map_or(0, Day::days),
            depends_on: owner.depends_on.to_vec(),
            vendored_packages: owner.vendored_packages.to_vec(),
            copyright: owner.copyright.as_deref().map(StoredCopyright::of),
        })
    }

    fn owner(self) -> Option<Owner> {
        Some(Owner {
            purl: Purl::from_str(&self.purl).ok()?,
            versions: self.versions,
            path: self.path,
            lines: LineRange { first: self.lines[0], last: self.lines[1] },
            license: self.license.fact()?,
            bits: f32::from_bits(self.bits),
            share: f32::from_bits(self.share),
            vendored: self.vendored,
            published: Day::new(self.published),
            depends_on: self.depends_on.into(),
            vendored_packages: self.vendored_packages.into(),
            copyright: self.copyright.map(StoredCopyright::copyright),
        })
    }
}

impl StoredLicense {
    fn of(fact: &LicenseFact) -> Option<StoredLicense> {
        let LicenseFact { expression, declared, precision, learned_from } = fact;
        Some(StoredLicense {
            license: expression.as_ref().map(|expression| expression.as_str().to_owned()),
            declared: declared.clone(),
            precision: place(&PRECISIONS, precision)?,
            learned_from: place(&SOURCES, learned_from)?,
        })
    }

    fn fact(self) -> Option<LicenseFact> {
        let expression = match self.license {
            Some(text) => Some(LicenseExpression::parse(&text).ok()?.0),
            None => None,
        };
        Some(LicenseFact {
            expression,
            declared: self.declared,
            precision: *PRECISIONS.get(usize::from(self.precision))?,
            learned_from: *SOURCES.get(usize::from(self.learned_from))?,
        })
    }
}

/// The line for what a header states, if it states anything.
pub(super) fn header_to_line(stated: Option<&LicenseFact>) -> Option<String> {
    let stored = match stated {
        Some(fact) => Some(StoredLicense::of(fact)?),
        None => None,
    };
    serde_json::to_string(&stored).ok()
}

/// What a header states; `None` if the line is not one of [`header_to_line`].
pub(super) fn header_from_line(line: &str) -> Option<Option<LicenseFact>> {
    match serde_json::from_str::<Option<StoredLicense>>(line).ok()? {
        Some(stored) => Some(Some(stored.fact()?)),
        None => Some(None),
    }
}

fn place<T: PartialEq>(known: &[T], value: &T) -> Option<u8> {
    known.iter().position(|one| one == value).map(|place| place as u8)
}

fn from_comment(comment: &Comment) -> (u32, u32, bool) {
    (comment.span.start, comment.span.end, comment.kind == CommentKind::Docstring)
}

fn to_comment((start, end, documents): (u32, u32, bool)) -> Comment {
    let kind = if documents { CommentKind::Docstring } else { CommentKind::Comment };
    Comment { span: ByteSpan { start, end }, kind }
}

fn from_region(region: Region) -> [u32; 4] {
    [region.start_line, region.start_column, region.end_line, region.end_column]
}

fn to_region([start_line, start_column, end_line, end_column]: [u32; 4]) -> Region {
    Region { start_line, start_column, end_line, end_column }
}
