//! From owners and licences to a verdict, and from a verdict to findings.
//!
//! The likely origin (the first owner) decides. Another owner whose licence would allow the code makes a refusal a
//! question, since then it matters who copied from whom; it never makes it a pass. What is not known stays unknown:
//! no licence means all rights reserved. See `docs/findings.md`; nothing here is legal advice.

mod declared;

pub use declared::{Place, declared, declared_first};

use std::collections::BTreeMap;

use crate::finding::{Decision, Finding, Reference, Rule, Severity, Verdict};
use crate::license::{
    Answer, Category, Cell, Compatibility, LicenseExpression, LicenseFact, Precision, compat,
    needs_attribution,
};
use crate::matcher::Owner;
use crate::purl::Purl;

/// What the user decided beforehand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicySettings {
    /// Packages that are the user's own (`owned = ["pkg:pypi/thefuzz"]`), whatever their version.
    pub owned: Vec<Purl>,
    /// Severities that differ from [`Rule::default_severity`].
    pub severities: BTreeMap<Rule, Severity>,
}

impl PolicySettings {
    /// How bad findings of a rule are.
    pub fn severity(&self, rule: Rule) -> Severity {
        self.severities.get(&rule).copied().unwrap_or_else(|| rule.default_severity())
    }

    /// Whether a component is declared as the user's own.
    pub fn owns(&self, purl: &Purl) -> bool {
        self.owned.iter().any(|own| own.package() == purl.package())
    }
}

impl Rule {
    /// How bad findings of the rule are unless the configuration says otherwise.
    ///
    /// Only a clear conflict is an error. A notice to be kept is worth knowing and no more: birthmark does not see
    /// whether it stands somewhere in the project, and a copy with its notice must not fail for ever. What is said
    /// wrongly or for nothing is a warning: somebody relies on it.
    pub fn default_severity(self) -> Severity {
        match self {
            Rule::LicenseIncompatible => Severity::Error,
            Rule::LicenseUnknown
            | Rule::LicenseReview
            | Rule::DeclarationMismatch
            | Rule::SuppressionUnused
            | Rule::PolicyUnused => Severity::Warning,
            Rule::AttributionMissing => Severity::Info,
        }
    }

    /// The rule that reports a decision, or `None` where nothing needs attention.
    pub fn of(decision: Decision) -> Option<Rule> {
        match decision {
            Decision::Compatible => None,
            Decision::AttributionNeeded => Some(Rule::AttributionMissing),
            Decision::Review => Some(Rule::LicenseReview),
            Decision::Unknown => Some(Rule::LicenseUnknown),
            Decision::Incompatible => Some(Rule::LicenseIncompatible),
        }
    }
}

/// Decides whether code of these owners, likeliest first, may stand under the outbound licence.
pub fn evaluate(owners: &[Owner], outbound: &LicenseFact, settings: &PolicySettings) -> Verdict {
    let Some((origin, others)) = owners.split_first() else {
        return unknown("no owner of the code is known".to_owned(), Vec::new());
    };
    if settings.owns(&origin.purl) {
        return Verdict {
            decision: Decision::Compatible,
            reason: format!("{} is declared as your own in the configuration", origin.purl.package()),
            remedies: Vec::new(),
        };
    }
    let Some(under) = &outbound.expression else {
        return unknown_project(origin, outbound);
    };
    let Some(license) = &origin.license.expression else {
        return unknown_owner(origin, others, under, settings);
    };
    let case = Case { origin, others, license, under, outbound, settings, judged: compat(license, under) };
    case.verdict()
}

/// The findings that a reference's verdict raises: at most one, so that one place is one finding with its owners
/// inside.
pub fn findings(reference: &Reference, settings: &PolicySettings) -> Vec<Finding> {
    let owned = reference.owners.first().is_some_and(|origin| settings.owns(&origin.purl));
    let Some(rule) = declared::rule_of(reference, owned) else {
        return Vec::new();
    };
    let (reason, remedies) = declared::said_of(reference, rule);
    let message = match reference.owners.first() {
        Some(origin) => format!(
            "resembles {}, {} lines {}-{}: {}",
            origin.purl,
            one_line(&origin.path),
            origin.lines.first,
            origin.lines.last,
            reason
        ),
        None => reason,
    };
    vec![Finding {
        rule,
        severity: settings.severity(rule),
        reference: reference.id.clone(),
        path: reference.path.clone(),
        region: reference.region,
        added: reference.added.clone(),
        message,
        remedies,
    }]
}

/// Everything a verdict between two known licences rests on.
struct Case<'a> {
    origin: &'a Owner,
    others: &'a [Owner],
    license: &'a LicenseExpression,
    under: &'a LicenseExpression,
    outbound: &'a LicenseFact,
    settings: &'a PolicySettings,
    judged: Compatibility,
}

impl Case<'_> {
    fn verdict(&self) -> Verdict {
        match self.judged.answer {
            Answer::Yes if needs_attribution(self.license) => self.attribution(),
            Answer::Yes => self.compatible(),
            Answer::CheckDependency | Answer::Unknown => self.undecided(),
            Answer::No => self.refused(),
        }
    }

    fn compatible(&self) -> Verdict {
        Verdict {
            decision: Decision::Compatible,
            reason: format!(
                "{} allows the code under {} and asks for no notice{}",
                self.licensed(),
                self.under,
                self.cited()
            ),
            remedies: Vec::new(),
        }
    }

    fn attribution(&self) -> Verdict {
        Verdict {
            decision: Decision::AttributionNeeded,
            reason: format!(
                "{} allows the code under {} if its copyright and licence notices are kept{}",
                self.licensed(),
                self.under,
                self.cited()
            ),
            remedies: vec![
                format!(
                    "Keep or add the copyright and licence notice of {} beside the code or in your notices file.",
                    self.origin.purl.package()
                ),
                owned_remedy(self.origin),
            ],
        }
    }

    fn undecided(&self) -> Verdict {
        let why = match self.judged.answer {
            Answer::CheckDependency => {
                "allows it under conditions that depend on how it is used or relicensed"
            }
            _ if self.judged.cells.iter().any(|cell| cell.answer != Answer::Unknown) => {
                "fits some of the licences your project is under and not others"
            }
            _ => "cannot be judged from the matrix",
        };
        self.review(format!("{} {why}{}", self.licensed(), self.cited()))
    }

    fn refused(&self) -> Verdict {
        if self.some_reading_allows() {
            return self.review(format!(
                "{} leaves its version open, and not every reading allows the code under {}{}",
                self.licensed(),
                self.under,
                self.cited()
            ));
        }
        if let Some((other, how)) = self.permitting_other() {
            return self.review(format!(
                "{} does not allow the code under {}, but {}, which holds it too, {how}, so it must be settled which of them it comes from{}",
                self.licensed(),
                self.under,
                other.purl,
                self.cited()
            ));
        }
        self.incompatible()
    }

    fn incompatible(&self) -> Verdict {
        let rest = match self.others.len() {
            0 => String::new(),
            1 => ", nor is that of the other package that holds it known to allow it".to_owned(),
            n => format!(", nor is that of any of the {n} other packages that hold it known to allow it"),
        };
        Verdict {
            decision: Decision::Incompatible,
            reason: format!(
                "{} does not allow the code under {}{rest}{}",
                self.licensed(),
                self.under,
                self.cited()
            ),
            remedies: self.remedies(),
        }
    }

    fn review(&self, reason: String) -> Verdict {
        let mut remedies = Vec::new();
        if self.origin.license.precision == Precision::Imprecise {
            remedies.push(format!(
                "Find out which licence the authors of {} mean by `{}`.",
                self.origin.purl.package(),
                said(&self.origin.license)
            ));
        }
        remedies.extend(self.remedies());
        Verdict { decision: Decision::Review, reason, remedies }
    }

    fn remedies(&self) -> Vec<String> {
        let package = self.origin.purl.package();
        let mut remedies = vec![
            "Rewrite the code without consulting the original, or remove it.".to_owned(),
            format!(
                "Ask the copyright holders of {package} to license the code to you under {}.",
                self.under
            ),
        ];
        if let Some((other, _)) = self.permitting_other() {
            remedies.push(format!(
                "If the code comes from {}, take it from there and keep its notice.",
                other.purl
            ));
        }
        remedies.push(owned_remedy(self.origin));
        remedies
    }

    /// Of an imprecise declaration, whether one of the readings alone would allow the code.
    fn some_reading_allows(&self) -> bool {
        let imprecise = self.origin.license.precision == Precision::Imprecise;
        let open = |id: &String| {
            LicenseExpression::parse(id).is_ok_and(|(one, _)| compat(&one, self.under).answer == Answer::Yes)
        };
        imprecise && self.license.licenses().iter().any(open)
    }

    /// The first other owner whose code may stand here, and why.
    fn permitting_other(&self) -> Option<(&Owner, String)> {
        self.others.iter().find_map(|other| {
            if self.settings.owns(&other.purl) {
                return Some((other, "is declared as your own".to_owned()));
            }
            let license = other.license.expression.as_ref()?;
            let allowed = compat(license, self.under).answer == Answer::Yes;
            allowed.then(|| (other, format!("is under {license}, which would allow it")))
        })
    }

    /// "GPL-2.0-only, the copyleft licence of pkg:pypi/fuzzywuzzy@0.18.0".
    fn licensed(&self) -> String {
        licensed(self.origin, self.license)
    }

    /// The cells, in brackets, with what the reader must know of how the licences were read.
    fn cited(&self) -> String {
        let mut parts: Vec<String> =
            self.judged.cells.iter().take(CITED_CELLS).map(Cell::to_string).collect();
        if self.judged.cells.len() > CITED_CELLS {
            parts.push(format!("and {} more cells", self.judged.cells.len() - CITED_CELLS));
        }
        parts.extend(self.judged.remarks.iter().cloned());
        if self.outbound.precision == Precision::Imprecise {
            parts.push(format!("your project says `{}`, read strictly", said(self.outbound)));
        }
        format!(" ({})", parts.join("; "))
    }
}

/// More cells than this are counted, not listed.
const CITED_CELLS: usize = 4;

fn unknown(reason: String, remedies: Vec<String>) -> Verdict {
    Verdict { decision: Decision::Unknown, reason, remedies }
}

/// What clears "your project's licence is not known".
const STATE_YOUR_LICENSE: &str = "State your project's licence as an SPDX expression: `license = \"...\"` in [package] \
     of Cargo.toml, in [project] of pyproject.toml or in birthmark.toml, or --license '...' for one run.";

fn unknown_project(origin: &Owner, outbound: &LicenseFact) -> Verdict {
    let why = match outbound.declared.as_str() {
        "" => "no licence of your project was found".to_owned(),
        declared => format!("your project's licence, `{}`, could not be read", one_line(declared)),
    };
    let theirs = match &origin.license.expression {
        Some(license) => format!("code under {}", licensed(origin, license)),
        None => format!("code of {}", origin.purl),
    };
    unknown(
        format!("{why}, so whether {theirs} may stand here is not known"),
        vec![STATE_YOUR_LICENSE.to_owned(), owned_remedy(origin)],
    )
}

fn unknown_owner(
    origin: &Owner,
    others: &[Owner],
    under: &LicenseExpression,
    settings: &PolicySettings,
) -> Verdict {
    let why = match origin.license.declared.as_str() {
        "" => format!("no licence of {} was found, and without one all rights are reserved", origin.purl),
        declared => format!(
            "the licence of {}, `{}`, could not be read, and until it is all rights must be taken as reserved",
            origin.purl,
            one_line(declared)
        ),
    };
    let package = origin.purl.package();
    let mut remedies = vec![
        format!("Look up the licence of {package}, or ask its authors for one."),
        "Rewrite the code without consulting the original, or remove it.".to_owned(),
    ];
    let allows = |other: &&Owner| {
        let license = other.license.expression.as_ref();
        settings.owns(&other.purl)
            || license.is_some_and(|license| compat(license, under).answer == Answer::Yes)
    };
    if let Some(other) = others.iter().find(allows) {
        remedies
            .push(format!("If the code comes from {}, take it from there and keep its notice.", other.purl));
    }
    remedies.push(owned_remedy(origin));
    unknown(why, remedies)
}

fn licensed(origin: &Owner, license: &LicenseExpression) -> String {
    let ids = license.licenses();
    let kind = match ids.as_slice() {
        [one] if Category::of(one) != Category::Unknown => {
            format!("{} licence", Category::of(one).wording())
        }
        _ => "licence".to_owned(),
    };
    let read = match origin.license.precision {
        Precision::Imprecise if !origin.license.declared.is_empty() => {
            format!(" (the strict reading of `{}`)", one_line(&origin.license.declared))
        }
        _ => String::new(),
    };
    format!("{license}{read}, the {kind} of {},", origin.purl)
}

fn owned_remedy(origin: &Owner) -> String {
    format!("If the code is your own, say so in birthmark.toml: owned = [\"{}\"].", origin.purl.package())
}

fn said(fact: &LicenseFact) -> String {
    match (fact.declared.as_str(), &fact.expression) {
        ("", Some(expression)) => expression.to_string(),
        (declared, _) => one_line(declared),
    }
}

/// Text from outside as data: no line breaks, no escape sequences, no marks that reorder what is shown.
fn one_line(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(hidden, " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Reference;
    use crate::license::{LearnedFrom, from_classifier, normalize_declaration};
    use crate::matcher::{CopyKind, Evidence};
    use crate::span::{LineRange, Region};

    /// Owners by purl and declared licence, the licence of the project, and what is expected.
    type Row<T> = (&'static [(&'static str, &'static str)], &'static str, T);

    fn owner(purl: &str, license: &str) -> Owner {
        Owner {
            purl: purl.parse().unwrap(),
            versions: Vec::new(),
            path: "src/a.py".to_owned(),
            lines: LineRange { first: 3, last: 20 },
            license: normalize_declaration(license),
            bits: 80.0,
            share: 0.5,
            vendored: false,
        }
    }

    fn judge(owners: &[(&str, &str)], outbound: &str) -> Verdict {
        let owners: Vec<Owner> = owners.iter().map(|(purl, license)| owner(purl, license)).collect();
        let settings = PolicySettings { owned: vec!["pkg:pypi/mine".parse().unwrap()], ..Default::default() };
        evaluate(&owners, &normalize_declaration(outbound), &settings)
    }

    #[test]
    fn verdicts_on_real_conflicts() {
        use Decision::*;
        const FUZZYWUZZY: (&str, &str) = ("pkg:pypi/fuzzywuzzy@0.18.0", "GPLv2");
        const PYDEVD: (&str, &str) = ("pkg:pypi/pydevd@3.5.0", "EPL-2.0");
        const CHARDET: (&str, &str) = ("pkg:pypi/chardet@3.0.4", "LGPL");
        const SIX: (&str, &str) = ("pkg:pypi/six@1.17.0", "MIT");
        const BARE: (&str, &str) = ("pkg:pypi/bare@1.0", "");
        let cases: [Row<Decision>; 19] = [
            (&[FUZZYWUZZY], "MIT", Incompatible),
            (&[FUZZYWUZZY], "GPL-2.0-only", AttributionNeeded),
            (&[PYDEVD], "MIT", Incompatible),
            (&[CHARDET], "Apache-2.0", Incompatible),
            (&[CHARDET], "LGPL-2.1-only", Review),
            (&[SIX], "MIT", AttributionNeeded),
            (&[SIX], "GPL-3.0-or-later", AttributionNeeded),
            (&[("pkg:pypi/zero@1", "0BSD")], "MIT", Compatible),
            (&[("pkg:pypi/gpl@1", "GPL")], "GPL-3.0-only", Review),
            (&[("pkg:pypi/gpl@1", "GPL")], "MIT", Incompatible),
            (&[("pkg:pypi/agpl@1", "AGPL-3.0-only")], "GPL-3.0-only", Review),
            (&[("pkg:pypi/sspl@1", "SSPL-1.0")], "MIT", Incompatible),
            (&[FUZZYWUZZY, SIX], "MIT", Review),
            (&[FUZZYWUZZY, PYDEVD], "MIT", Incompatible),
            (&[SIX, FUZZYWUZZY], "MIT", AttributionNeeded),
            (&[BARE], "MIT", Unknown),
            (&[BARE, SIX], "MIT", Unknown),
            (&[SIX], "", Unknown),
            (&[("pkg:pypi/mine@9", "GPLv3")], "MIT", Compatible),
        ];
        for (owners, outbound, decision) in cases {
            let verdict = judge(owners, outbound);
            assert_eq!(verdict.decision, decision, "{owners:?} in {outbound}: {}", verdict.reason);
            let quiet = decision == Compatible;
            assert_eq!(verdict.remedies.is_empty(), quiet, "{owners:?} in {outbound}");
            assert!(!verdict.reason.contains('\n'));
        }
    }

    #[test]
    fn reasons_are_careful_sentences() {
        let cases: [Row<&str>; 6] = [
            (
                &[("pkg:pypi/fuzzywuzzy@0.18.0", "GPL-2.0-only")],
                "MIT",
                "GPL-2.0-only, the copyleft licence of pkg:pypi/fuzzywuzzy@0.18.0, does not allow the code under MIT (OSADL matrix, MIT <- GPL-2.0-only: No)",
            ),
            (
                &[("pkg:pypi/fuzzywuzzy@0.18.0", "GPL-2.0-only"), ("pkg:pypi/six@1.17.0", "MIT")],
                "MIT",
                "GPL-2.0-only, the copyleft licence of pkg:pypi/fuzzywuzzy@0.18.0, does not allow the code under MIT, but pkg:pypi/six@1.17.0, which holds it too, is under MIT, which would allow it, so it must be settled which of them it comes from (OSADL matrix, MIT <- GPL-2.0-only: No)",
            ),
            (
                &[("pkg:pypi/six@1.17.0", "MIT")],
                "MIT",
                "MIT, the permissive licence of pkg:pypi/six@1.17.0, allows the code under MIT if its copyright and licence notices are kept (MIT <- MIT: the same licence)",
            ),
            (
                &[("pkg:pypi/bare@1.0", "")],
                "MIT",
                "no licence of pkg:pypi/bare@1.0 was found, and without one all rights are reserved",
            ),
            (
                &[("pkg:pypi/six@1.17.0", "MIT")],
                "",
                "no licence of your project was found, so whether code under MIT, the permissive licence of pkg:pypi/six@1.17.0, may stand here is not known",
            ),
            (
                &[("pkg:pypi/g@1", "GPL")],
                "GPL-3.0-only",
                "GPL-2.0-only AND GPL-3.0-only (the strict reading of `GPL`), the licence of pkg:pypi/g@1, leaves its version open, and not every reading allows the code under GPL-3.0-only (OSADL matrix, GPL-3.0-only <- GPL-2.0-only: No)",
            ),
        ];
        for (owners, outbound, reason) in cases {
            assert_eq!(judge(owners, outbound).reason, reason);
        }
    }

    #[test]
    fn remedies_are_concrete() {
        let verdict = judge(&[("pkg:pypi/thefuzz@1", "GPLv2"), ("pkg:pypi/six@1", "MIT")], "MIT");
        let all = verdict.remedies.join("\n");
        for part in [
            "mean by `GPLv2`",
            "Rewrite the code",
            "pkg:pypi/thefuzz to license the code to you under MIT",
            "If the code comes from pkg:pypi/six@1, take it from there",
            "owned = [\"pkg:pypi/thefuzz\"]",
        ] {
            assert!(all.contains(part), "{part} in {all}");
        }
    }

    #[test]
    fn hostile_declarations_are_shown_as_data() {
        let verdict = judge(&[("pkg:pypi/x@1", "\u{1b}[31m\u{202e}terms")], "MIT");
        assert_eq!(verdict.decision, Decision::Unknown);
        assert!(!verdict.reason.contains(['\u{1b}', '\u{202e}']), "{}", verdict.reason);
    }

    #[test]
    fn linking_exceptions_excuse_no_copy() {
        let verdict = judge(&[("pkg:maven/x/y@1", "GPL-2.0-only WITH Classpath-exception-2.0")], "MIT");
        assert_eq!(verdict.decision, Decision::Incompatible);
        assert!(verdict.reason.contains("linking do not cover copied code"), "{}", verdict.reason);
    }

    #[test]
    fn a_verdict_raises_at_most_one_finding_of_its_rule() {
        let settings = PolicySettings {
            severities: BTreeMap::from([(Rule::LicenseReview, Severity::Info)]),
            ..Default::default()
        };
        let cases = [
            (Decision::Compatible, None),
            (Decision::AttributionNeeded, Some((Rule::AttributionMissing, Severity::Info))),
            (Decision::Review, Some((Rule::LicenseReview, Severity::Info))),
            (Decision::Unknown, Some((Rule::LicenseUnknown, Severity::Warning))),
            (Decision::Incompatible, Some((Rule::LicenseIncompatible, Severity::Error))),
        ];
        for (decision, expected) in cases {
            let found = findings(&reference(decision), &settings);
            let shown = found.first().map(|finding| (finding.rule, finding.severity));
            assert_eq!(shown, expected);
            for finding in &found {
                assert!(finding.message.starts_with("resembles pkg:pypi/six@1.17.0, src/a.py lines 3-20: "));
                assert!(!finding.message.contains(['\n', '\u{1b}']), "{}", finding.message);
            }
        }
    }

    fn reference(decision: Decision) -> Reference {
        let mut origin = owner("pkg:pypi/six@1.17.0", "MIT");
        origin.path = "src/a.py".to_owned();
        Reference {
            id: "r1".to_owned(),
            path: "lib/b.py".to_owned(),
            added: Default::default(),
            region: Region { start_line: 1, start_column: 1, end_line: 9, end_column: 2 },
            kind: CopyKind::Renamed,
            evidence: Evidence::default(),
            owners: vec![origin],
            outbound: normalize_declaration("MIT"),
            verdict: Verdict { decision, reason: "why".to_owned(), remedies: vec!["do".to_owned()] },
            declared: None,
            accepted: None,
        }
    }

    #[test]
    fn imprecise_outbound_licences_are_named_as_such() {
        let outbound =
            from_classifier("License :: OSI Approved :: GNU General Public License (GPL)").unwrap();
        assert_eq!(outbound.learned_from, LearnedFrom::Classifier);
        let verdict =
            evaluate(&[owner("pkg:pypi/a@1", "GPL-3.0-only")], &outbound, &PolicySettings::default());
        assert_eq!(verdict.decision, Decision::Review, "{}", verdict.reason);
        assert!(verdict.reason.contains("read strictly"), "{}", verdict.reason);
    }

    #[test]
    fn every_rule_is_documented_with_its_severity() {
        let page = include_str!("../../docs/findings.md");
        for rule in Rule::ALL {
            let section = page.split("\n## ").find(|section| section.starts_with(rule.code()));
            let severity = format!("{:?}", rule.default_severity()).to_lowercase();
            let stated = format!("**Severity: {severity}.**");
            assert!(section.is_some_and(|section| section.contains(&stated)), "{}", rule.code());
        }
    }
}
