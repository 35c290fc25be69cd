//! From owners and licences to a verdict.

use super::{PolicySettings, one_line, owned_remedy};
use crate::engine::matcher::Owner;
use crate::judgement::finding::{Decision, Taking, Verdict};
use crate::license::{
    self, Answer, Category, Cell, CellSource, Compatibility, LearnedFrom, LicenseExpression,
    LicenseFact, List, MORE_TERMS, Precision, needs_notice,
};

/// Decides whether code of these owners, likeliest first, may stand under the outbound licence.
pub(crate) fn evaluate(
    owners: &[Owner],
    outbound: &LicenseFact,
    settings: &PolicySettings,
) -> Verdict {
    let Some((origin, others)) = owners.split_first() else {
        return unknown("no owner of the code is known".to_owned(), Vec::new());
    };
    if settings.owns(&origin.purl) {
        return Verdict {
            decision: Decision::Compatible,
            reason: format!(
                "{} is declared as your own in the configuration",
                origin.purl.package()
            ),
            remedies: Vec::new(),
        };
    }
    let Some(under) = &outbound.expression else {
        return allowed_by_any_text(origin, outbound, settings)
            .unwrap_or_else(|| unknown_project(origin, outbound));
    };
    let Some(license) = &origin.license.expression else {
        return unknown_owner(origin, others, under, settings);
    };
    let mut judged = settings.compat(license, under);
    let has_unread_terms = under.licenses().iter().any(|id| id == MORE_TERMS);
    if judged.answer == Answer::Unknown
        && has_unread_terms
        && is_allowed_everywhere(license, settings)
    {
        judged.answer = Answer::Yes;
        judged
            .remarks
            .push(format!("the matrix allows {license} under every licence that it lists"));
    }
    let case = Case { origin, others, license, under, outbound, settings, judged };
    case.verdict()
}

/// Whether code may go into any work, so that terms of the project that nobody read do not matter.
/// Lists of the user do.
fn is_allowed_everywhere(license: &LicenseExpression, settings: &PolicySettings) -> bool {
    license::is_allowed_everywhere(license)
        && settings.compat(license, license).answer == Answer::Yes
}

/// The verdict on code that may go into any work, where the project has a licence text and nobody
/// could read it.
fn allowed_by_any_text(
    origin: &Owner,
    outbound: &LicenseFact,
    settings: &PolicySettings,
) -> Option<Verdict> {
    let license = origin.license.expression.as_ref()?;
    let is_text = outbound.learned_from == LearnedFrom::LicenseText;
    if !is_text || !is_allowed_everywhere(license, settings) {
        return None;
    }
    let needs_notice = needs_notice(license, settings.terms.distribution);
    let (decision, condition, remedies) = if needs_notice {
        let condition = "if its copyright and licence notices are kept";
        (Decision::AttributionNeeded, condition, keep_notice(origin))
    } else {
        (Decision::Compatible, "and asks for no notice", Vec::new())
    };
    let reason = format!(
        "{} allows the code under every licence of the matrix {condition}, and so under yours, whose text could not be read",
        describe_license(origin, license)
    );
    Some(Verdict { decision, reason, remedies })
}

/// What clears a missing notice.
fn keep_notice(origin: &Owner) -> Vec<String> {
    vec![
        format!(
            "Keep or add the copyright and licence notice of {} beside the code or in your notices file.",
            origin.purl.package()
        ),
        owned_remedy(origin),
    ]
}

/// The verdict on code of the project that its likely origin took from there.
pub(crate) fn taken_from_project(origin: &Owner, taking: Taking) -> Verdict {
    let does = match taking {
        Taking::DependsOn => "depends on this project",
        Taking::Vendors => "carries this project in a folder of vendored code",
    };
    Verdict {
        decision: Decision::Compatible,
        reason: format!("{} {does} and probably took this code from here", origin.purl),
        remedies: Vec::new(),
    }
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
            Answer::Yes if needs_notice(self.license, self.settings.terms.distribution) => {
                self.attribution()
            }
            Answer::Yes => self.compatible(),
            Answer::CheckDependency | Answer::Unknown => self.unknown_verdict(),
            Answer::No => self.refusal(),
        }
    }

    fn compatible(&self) -> Verdict {
        Verdict {
            decision: Decision::Compatible,
            reason: format!(
                "{} allows the code under {} and asks for no notice{}",
                self.describe_license(),
                self.under,
                self.citation()
            ),
            remedies: Vec::new(),
        }
    }

    fn attribution(&self) -> Verdict {
        let allowed = if self.rests_on_distribution() {
            format!(
                "{} does not stand in the way under {} as the work reaches people, if its copyright and licence notices are kept",
                self.describe_license(),
                self.under
            )
        } else {
            format!(
                "{} allows the code under {} if its copyright and licence notices are kept",
                self.describe_license(),
                self.under
            )
        };
        Verdict {
            decision: Decision::AttributionNeeded,
            reason: format!("{allowed}{}", self.citation()),
            remedies: keep_notice(self.origin),
        }
    }

    fn unknown_verdict(&self) -> Verdict {
        let why = match self.judged.answer {
            _ if self.is_listed(List::Review) => "is one that your configuration wants reviewed",
            _ if self.is_listed(List::None) => "is on none of the lists of your configuration",
            Answer::CheckDependency => {
                "allows it under conditions that depend on how it is used or relicensed"
            }
            _ if self.judged.cells.iter().any(|cell| cell.answer != Answer::Unknown) => {
                "fits some of the licences your project is under and not others"
            }
            _ => "cannot be judged from the matrix",
        };
        self.review(format!("{} {why}{}", self.describe_license(), self.citation()))
    }

    fn is_listed(&self, list: List) -> bool {
        self.judged.cells.iter().any(|cell| cell.source == CellSource::Listed(list))
    }

    fn rests_on_distribution(&self) -> bool {
        self.judged.cells.iter().any(|cell| matches!(cell.source, CellSource::Distribution(..)))
    }

    fn refusal(&self) -> Verdict {
        if self.some_reading_allows() {
            return self.review(format!(
                "{} leaves its version open, and not every reading allows the code under {}{}",
                self.describe_license(),
                self.under,
                self.citation()
            ));
        }
        if let Some((other, how)) = self.permitting_other() {
            return self.review(format!(
                "{} does not allow the code under {}, but {}, which holds it too, {how}, so it must be settled which of them it comes from{}",
                self.describe_license(),
                self.under,
                other.purl,
                self.citation()
            ));
        }
        self.incompatible()
    }

    fn incompatible(&self) -> Verdict {
        let rest = match self.others.len() {
            0 => String::new(),
            1 => ", nor is that of the other package that holds it known to allow it".to_owned(),
            n => format!(
                ", nor is that of any of the {n} other packages that hold it known to allow it"
            ),
        };
        Verdict {
            decision: Decision::Incompatible,
            reason: format!(
                "{} does not allow the code under {}{rest}{}",
                self.describe_license(),
                self.under,
                self.citation()
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
                declared_text(&self.origin.license)
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
            LicenseExpression::parse(id)
                .is_ok_and(|(one, _)| self.settings.compat(&one, self.under).answer == Answer::Yes)
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
            let allowed = self.settings.compat(license, self.under).answer == Answer::Yes;
            allowed.then(|| (other, format!("is under {license}, which would allow it")))
        })
    }

    /// "GPL-2.0-only, the copyleft licence of pkg:pypi/fuzzywuzzy@0.18.0".
    fn describe_license(&self) -> String {
        describe_license(self.origin, self.license)
    }

    /// The cells, in brackets, with what the reader must know of how the licences were read.
    fn citation(&self) -> String {
        let mut parts: Vec<String> =
            self.judged.cells.iter().take(CITED_CELLS).map(Cell::to_string).collect();
        if self.judged.cells.len() > CITED_CELLS {
            parts.push(format!("and {} more cells", self.judged.cells.len() - CITED_CELLS));
        }
        parts.extend(self.judged.remarks.iter().cloned());
        if self.outbound.precision == Precision::Imprecise {
            parts.push(format!(
                "your project says `{}`, read strictly",
                declared_text(self.outbound)
            ));
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
        "" if outbound.learned_from == LearnedFrom::LicenseText => {
            "the licence text beside the file is not one that birthmark knows".to_owned()
        }
        "" => "no licence of your project was found".to_owned(),
        declared => format!("your project's licence, `{}`, could not be read", one_line(declared)),
    };
    let theirs = match &origin.license.expression {
        Some(license) => format!("code under {}", describe_license(origin, license)),
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
    let (decision, why) = match origin.license.declared.as_str() {
        "" => (
            Decision::Reserved,
            format!(
                "no licence of {} was found, and without one all rights are reserved",
                origin.purl
            ),
        ),
        declared => (
            Decision::Unknown,
            format!(
                "the licence of {}, `{}`, could not be read, and until it is all rights must be taken as reserved",
                origin.purl,
                one_line(declared)
            ),
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
            || license.is_some_and(|license| settings.compat(license, under).answer == Answer::Yes)
    };
    if let Some(other) = others.iter().find(allows) {
        remedies.push(format!(
            "If the code comes from {}, take it from there and keep its notice.",
            other.purl
        ));
    }
    remedies.push(owned_remedy(origin));
    Verdict { decision, reason: why, remedies }
}

fn describe_license(origin: &Owner, license: &LicenseExpression) -> String {
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

fn declared_text(fact: &LicenseFact) -> String {
    match (fact.declared.as_str(), &fact.expression) {
        ("", Some(expression)) => expression.to_string(),
        (declared, _) => one_line(declared),
    }
}
