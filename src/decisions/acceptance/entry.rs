//! A decision as a file: TOML, written once and read for as long as the code stands.

use serde::{Deserialize, Serialize};

use crate::judgement::finding::{Acceptance, Finding, IndexProvenance, Reference, Rule};
use crate::project::config::Problem;
use crate::text::span::LineRange;

/// The version of the format; a file of another one is refused.
pub(super) const FORMAT: u32 = 1;

/// What stands at the top of every file.
const PREAMBLE: &str = "# Code that resembles the origin named here was looked at and accepted. `birthmark log` lists such decisions.\n";

/// A decision to keep code as it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// The [`Reference::id`].
    pub finding: String,
    /// The rule under which it needed attention.
    pub rule: Rule,
    /// The path of the file, from the directory of the log.
    pub path: String,
    /// Where the code stood.
    pub lines: LineRange,
    /// Who decided, when and why.
    pub decision: Acceptance,
    /// The evidence in bits.
    pub bits: f32,
    /// The licence the file stood under; empty if none was known.
    pub license: String,
    /// Who may own it, likeliest first.
    pub owners: Vec<EntryOwner>,
    /// The indexes that were asked, by name and digest.
    pub indexes: Vec<(String, String)>,
    /// Where else the same code stood, by path and lines: the decision is not about those places.
    pub copies: Vec<(String, LineRange)>,
}

/// An owner as a decision keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryOwner {
    /// The component.
    pub purl: String,
    /// Its licence; empty if none was known.
    pub license: String,
    /// The document.
    pub path: String,
    /// The lines there.
    pub lines: LineRange,
}

impl Entry {
    /// The decision on a reference for which this finding was raised. `path` is the file's from the
    /// log's directory.
    pub(crate) fn new(
        reference: &Reference,
        finding: &Finding,
        path: String,
        decision: Acceptance,
        indexes: &[IndexProvenance],
    ) -> Entry {
        let expression = |fact: &crate::license::LicenseFact| {
            fact.expression.as_ref().map(ToString::to_string).unwrap_or_default()
        };
        let owner = |owner: &crate::engine::matcher::Owner| EntryOwner {
            purl: owner.purl.to_string(),
            license: expression(&owner.license),
            path: owner.path.clone(),
            lines: owner.lines,
        };
        Entry {
            finding: reference.id.clone(),
            rule: finding.rule,
            path,
            lines: reference.region.into(),
            decision,
            bits: (reference.evidence.bits * 10.0).round() / 10.0,
            license: expression(&reference.outbound),
            owners: reference.owners.iter().map(owner).collect(),
            indexes: indexes
                .iter()
                .map(|index| (index.name.clone(), index.digest.clone()))
                .collect(),
            copies: Vec::new(),
        }
    }

    /// A name that no other decision has.
    pub(crate) fn file_name(&self) -> String {
        let digest = blake3::hash(self.to_toml().as_bytes()).to_hex();
        format!("{}-{}.toml", self.finding.get(..16).unwrap_or(&self.finding), &digest[..8])
    }

    /// The text of the file.
    pub(crate) fn to_toml(&self) -> String {
        let file = File::from(self);
        let text = toml::to_string(&file).expect("strings, numbers and tables of them are TOML");
        format!("{PREAMBLE}{text}")
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub(crate) fn parse(text: &str) -> Result<Entry, Problem> {
        let file: File = toml::from_str(text).map_err(|error| Problem {
            span: error.span().unwrap_or(0..0),
            title: error.message().lines().collect::<Vec<_>>().join(", "),
            label: "here".to_owned(),
            help: "expected a decision as `birthmark accept` writes it".to_owned(),
        })?;
        let wrong = |word: &str, title: String, help: &str| {
            let start = text.find(word).unwrap_or(0);
            let span = start..start + if text.contains(word) { word.len() } else { 0 };
            Problem { span, title, label: "here".to_owned(), help: help.to_owned() }
        };
        if file.format != FORMAT {
            let title = format!("a decision of format {}", file.format);
            return Err(wrong("format", title, "this version of birthmark reads format 1"));
        }
        let Some(rule) = Rule::from_code(&file.rule) else {
            let title = format!("`{}` is no rule", file.rule);
            return Err(wrong(&file.rule, title, "expected a rule of docs/findings.md"));
        };
        Ok(file.entry(rule))
    }
}

/// The file, field by field.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    format: u32,
    finding: String,
    rule: String,
    path: String,
    first_line: u32,
    last_line: u32,
    decided_by: String,
    decided_at: String,
    reason: String,
    evidence_bits: f64,
    license: String,
    #[serde(default, rename = "owner")]
    owners: Vec<OwnerTable>,
    #[serde(default, rename = "index")]
    indexes: Vec<IndexTable>,
    #[serde(default, rename = "copy", skip_serializing_if = "Vec::is_empty")]
    copies: Vec<CopyTable>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct CopyTable {
    path: String,
    first_line: u32,
    last_line: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct OwnerTable {
    purl: String,
    license: String,
    path: String,
    first_line: u32,
    last_line: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IndexTable {
    name: String,
    digest: String,
}

impl From<&Entry> for File {
    fn from(entry: &Entry) -> Self {
        let owner = |owner: &EntryOwner| OwnerTable {
            purl: owner.purl.clone(),
            license: owner.license.clone(),
            path: owner.path.clone(),
            first_line: owner.lines.first,
            last_line: owner.lines.last,
        };
        let index = |(name, digest): &(String, String)| IndexTable {
            name: name.clone(),
            digest: digest.clone(),
        };
        let copy = |(path, lines): &(String, LineRange)| CopyTable {
            path: path.clone(),
            first_line: lines.first,
            last_line: lines.last,
        };
        File {
            format: FORMAT,
            finding: entry.finding.clone(),
            rule: entry.rule.code().to_owned(),
            path: entry.path.clone(),
            first_line: entry.lines.first,
            last_line: entry.lines.last,
            decided_by: entry.decision.by.clone(),
            decided_at: entry.decision.at.clone(),
            reason: entry.decision.reason.clone(),
            // By way of its decimal digits: 173.4, not 173.39999389648438.
            evidence_bits: format!("{:.1}", entry.bits).parse().unwrap_or_default(),
            license: entry.license.clone(),
            owners: entry.owners.iter().map(owner).collect(),
            indexes: entry.indexes.iter().map(index).collect(),
            copies: entry.copies.iter().map(copy).collect(),
        }
    }
}

impl File {
    fn entry(self, rule: Rule) -> Entry {
        let owner = |owner: OwnerTable| EntryOwner {
            purl: owner.purl,
            license: owner.license,
            path: owner.path,
            lines: LineRange { first: owner.first_line, last: owner.last_line },
        };
        let copy = |copy: CopyTable| {
            (copy.path, LineRange { first: copy.first_line, last: copy.last_line })
        };
        Entry {
            finding: self.finding,
            rule,
            path: self.path,
            lines: LineRange { first: self.first_line, last: self.last_line },
            decision: Acceptance { by: self.decided_by, at: self.decided_at, reason: self.reason },
            bits: self.evidence_bits as f32,
            license: self.license,
            owners: self.owners.into_iter().map(owner).collect(),
            indexes: self.indexes.into_iter().map(|index| (index.name, index.digest)).collect(),
            copies: self.copies.into_iter().map(copy).collect(),
        }
    }
}
