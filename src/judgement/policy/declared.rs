//! Whether what is declared of code fits with whom it resembles.
//!
//! Any declaration that fits settles the matter: who writes snippet tags inside a file with a
//! header has said the more exact thing. Only a declaration that can be held against somebody
//! contradicts: a licence that no plausible owner offers, or a project named by its address that
//! none of them is. Prose that names nobody known says nothing.

use crate::engine::matcher::Owner;
use crate::judgement::finding::{Agreement, Decision, Declared, DeclaredBy, Reference, Rule};
use crate::license::{
    LearnedFrom, LicenseExpression, LicenseFact, Precision, is_offered, needs_attribution,
};
use crate::text::declaration::{Declaration, DeclarationKind, Origin};
use crate::text::span::LineRange;

/// Everything that is known of the place a match stands in.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Path of the file.
    pub path: &'a str,
    /// Its lines.
    pub lines: LineRange,
    /// How many lines the file has.
    pub file_lines: u32,
    /// What the file says of itself.
    pub said: &'a [Declaration],
    /// What is said beside it, of the file as a whole.
    pub beside: Option<&'a LicenseFact>,
    /// The licence of the project around the file.
    pub project: &'a LicenseFact,
}

/// Part of a file's lines from which on what is said of the file is said of the match.
const MOST_OF_FILE: f32 = 0.5;

/// What is declared of a match with these owners, likeliest first.
pub(crate) fn find_declaration(owners: &[Owner], place: &Place<'_>) -> Option<Declared> {
    let about = place.said.iter().filter(|declaration| declaration.is_about(place.lines));
    let said = about.filter_map(|declaration| place.of_declaration(owners, declaration));
    let beside =
        place.beside.and_then(|fact| place.of_file(owners, fact, DeclaredBy::Beside, None));
    let all: Vec<Declared> = said.chain(beside).collect();
    all.iter().find(|declared| declared.agrees()).or(all.first()).cloned()
}

/// The owners with the one first that the code is declared to be from.
pub(crate) fn rank_declared_first(owners: &[Owner], declared: Option<&Declared>) -> Vec<Owner> {
    let mut owners = owners.to_vec();
    if let Some(Declared { origin: Some(_), agreement: Agreement::With(purl), .. }) = declared
        && let Some(at) = owners.iter().position(|owner| owner.purl == *purl)
    {
        owners[..=at].rotate_right(1);
    }
    owners
}

/// The rule under which a reference needs attention once what is declared of it is heard.
pub(super) fn rule_of(reference: &Reference, owned: bool) -> Option<Rule> {
    if reference.direction.origin_takes.is_some() && !owned {
        return Some(Rule::TakenFromProject);
    }
    let rule = Rule::of(reference.verdict.decision);
    let mild = matches!(rule, None | Some(Rule::AttributionMissing));
    match &reference.declared {
        Some(declared) if mild && !declared.agrees() && !owned => Some(Rule::DeclarationMismatch),
        Some(declared)
            if declared.agrees() && reference.verdict.decision == Decision::AttributionNeeded =>
        {
            None
        }
        _ => rule,
    }
}

/// Why a reference needs attention, and what would clear it: its verdict, and what is declared
/// wrongly.
pub(super) fn explain_verdict(reference: &Reference, rule: Rule) -> (String, Vec<String>) {
    let verdict = &reference.verdict;
    let wrong = reference.declared.as_ref().and_then(|declared| match &declared.agreement {
        Agreement::None(why) => Some((declared, super::one_line(why))),
        Agreement::With(_) => None,
    });
    match wrong {
        None => (verdict.reason.clone(), verdict.remedies.clone()),
        Some((_, why)) if rule != Rule::DeclarationMismatch => {
            (format!("{}; moreover {why}", verdict.reason), verdict.remedies.clone())
        }
        Some((declared, why)) => {
            let place = declared
                .line
                .map_or("beside the file".to_owned(), |line| format!("on line {line}"));
            let correct = format!(
                "Correct the declaration {place}: name whose code it is, and their licence."
            );
            let mut remedies = vec![correct];
            remedies.extend(reference.owners.first().map(super::owned_remedy));
            (why, remedies)
        }
    }
}

impl Place<'_> {
    fn of_declaration(&self, owners: &[Owner], declaration: &Declaration) -> Option<Declared> {
        let by = match declaration.kind {
            DeclarationKind::Snippet => DeclaredBy::Snippet,
            DeclarationKind::Comment => DeclaredBy::Comment,
            DeclarationKind::Header => {
                let fact = declaration.license.as_ref()?;
                return self.of_file(owners, fact, DeclaredBy::Header, Some(declaration.line));
            }
        };
        let license = declaration.license.clone();
        let named = |owner: &&Owner, origin: &Origin| origin.may_be(&owner.purl, &owner.path);
        let is_named =
            |owner: &&Owner| declaration.origins.iter().any(|origin| named(owner, origin));
        let mut meant: Vec<&Owner> = owners.iter().filter(is_named).collect();
        let mut origin = declaration
            .origins
            .iter()
            .find(|origin| meant.iter().any(|owner| named(owner, origin)));
        let agreement =
            match (meant.is_empty(), declaration.origins.iter().find(|origin| origin.is_exact())) {
                // The comment came with the file: its author says whom they took from.
                (true, Some(_))
                    if by == DeclaredBy::Comment
                        && owners.first().is_some_and(|o| self.names(o)) =>
                {
                    return None;
                }
                (true, Some(other)) => {
                    origin = Some(other);
                    let resembled = owners.first()?;
                    Agreement::None(format!(
                        "it is declared as coming from {} and resembles {}",
                        other.original_text(),
                        resembled.purl
                    ))
                }
                (unnamed, _) => {
                    if unnamed {
                        meant = owners.iter().collect();
                    }
                    match &license {
                        Some(license) => compare_licenses(&meant, license)?,
                        None if unnamed => return None,
                        None => Agreement::With(meant.first()?.purl.clone()),
                    }
                }
            };
        // A file based on one project may hold a function of another.
        let of_file = declaration.scope.first == 1 && declaration.scope.last >= self.file_lines;
        if matches!(agreement, Agreement::None(_)) && of_file && self.share() < MOST_OF_FILE {
            return None;
        }
        let origin = origin.map(|origin| origin.original_text().to_owned());
        Some(Declared { by, line: Some(declaration.line), license, origin, agreement })
    }

    /// Whether the file stands under the name of the package, as vendored files do: in a folder of
    /// its name, or at a path that ends in the one it has there.
    fn names(&self, owner: &Owner) -> bool {
        let plain = |name: &str| name.to_ascii_lowercase().replace(['-', '.'], "_");
        let name = plain(&owner.purl.name());
        let folders = self.path.rsplit_once('/').map_or("", |(folders, _)| folders);
        let in_folder = folders.split('/').any(|folder| plain(folder) == name);
        let module = owner.purl.kind() == "pypi" && owner.path.contains('/');
        in_folder
            || module
                && self.path.strip_suffix(&owner.path).is_some_and(|above| above.ends_with('/'))
    }

    /// Which part of the file's lines the match is.
    fn share(&self) -> f32 {
        (self.lines.last - self.lines.first + 1) as f32 / self.file_lines.max(1) as f32
    }

    /// What is said of the file as a whole. The project's own licence says nothing of where code
    /// comes from.
    fn of_file(
        &self,
        owners: &[Owner],
        fact: &LicenseFact,
        by: DeclaredBy,
        line: Option<u32>,
    ) -> Option<Declared> {
        let expression = fact.expression.as_ref()?;
        if self.is_own(expression, by, fact.learned_from) {
            return None;
        }
        let agreement = compare_licenses(&owners.iter().collect::<Vec<_>>(), fact)?;
        let counts = matches!(agreement, Agreement::With(_)) || self.share() >= MOST_OF_FILE;
        counts.then(|| Declared { by, line, license: Some(fact.clone()), origin: None, agreement })
    }

    /// Whether a statement about the whole file is the project's word on its own licence: the
    /// project's licence or a branch of it, or any statement where the project has no licence but
    /// those of its files, as REUSE allows.
    fn is_own(&self, stated: &LicenseExpression, by: DeclaredBy, from: LearnedFrom) -> bool {
        match &self.project.expression {
            Some(project) => by == DeclaredBy::Header && is_offered(stated, project),
            None => by == DeclaredBy::Header || from != LearnedFrom::LicenseText,
        }
    }
}

/// Whether some of these owners offers a licence. `None` if that cannot be said.
fn compare_licenses(owners: &[&Owner], declared: &LicenseFact) -> Option<Agreement> {
    let Some(expression) = &declared.expression else {
        return Some(Agreement::None(format!(
            "the licence it is declared under, `{}`, cannot be read",
            declared.declared
        )));
    };
    // Code that anybody may use without a condition may be passed on under any licence.
    let offers = |owner: &&&Owner| {
        owner.license.expression.as_ref().is_some_and(|offered| {
            !needs_attribution(offered)
                || is_offered(expression, &readings(&owner.license, offered))
        })
    };
    if let Some(owner) = owners.iter().find(offers) {
        return Some(Agreement::With(owner.purl.clone()));
    }
    // A licence that a header leaves open ("the BSD License") cannot be held against its author.
    if declared.precision != Precision::Exact
        || owners.iter().any(|owner| owner.license.expression.is_none())
    {
        return None;
    }
    let resembled = owners.first()?;
    let license = resembled.license.expression.as_ref()?;
    Some(Agreement::None(format!(
        "it is declared under {expression} and {} is under {license}",
        resembled.purl
    )))
}

/// An owner's licence; of one that is left open any reading.
fn readings(fact: &LicenseFact, expression: &LicenseExpression) -> LicenseExpression {
    if fact.precision == Precision::Exact {
        return expression.clone();
    }
    let each = expression
        .licenses()
        .into_iter()
        .filter_map(|id| Some(LicenseExpression::parse(&id).ok()?.0));
    LicenseExpression::any_of(each).unwrap_or_else(|| expression.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::normalize_declaration;

    fn owner(purl: &str, license: &str) -> Owner {
        Owner {
            purl: purl.parse().expect("a purl"),
            versions: Vec::new(),
            path: "six.py".to_owned(),
            lines: LineRange { first: 3, last: 20 },
            license: normalize_declaration(license),
            bits: 80.0,
            share: 0.5,
            vendored: false,
            published: None,
            depends_on: [].into(),
            vendored_packages: [].into(),
            copyright: None,
        }
    }

    fn declaration(kind: DeclarationKind, license: &str, origin: &str) -> Declaration {
        Declaration {
            kind,
            line: 4,
            scope: LineRange { first: 4, last: 30 },
            license: (!license.is_empty()).then(|| normalize_declaration(license)),
            origins: Origin::read(&format!("adapted from {origin}"), None).into_iter().collect(),
            copyrights: Vec::new(),
            inbound: None,
        }
    }

    fn judged(said: &[Declaration], beside: Option<&str>, lines: LineRange) -> Option<Declared> {
        judged_at("lib.py", said, beside, lines)
    }

    fn judged_at(
        path: &str,
        said: &[Declaration],
        beside: Option<&str>,
        lines: LineRange,
    ) -> Option<Declared> {
        let owners = [
            owner("pkg:pypi/six@1.17.0", "MIT"),
            owner("pkg:pypi/django@5.0", "BSD-3-Clause OR ISC"),
        ];
        let (project, beside) =
            (normalize_declaration("Apache-2.0"), beside.map(normalize_declaration));
        let place =
            Place { path, lines, file_lines: 40, said, beside: beside.as_ref(), project: &project };
        find_declaration(&owners, &place)
    }

    #[test]
    fn declarations_are_held_against_the_owners() {
        use DeclarationKind::{Comment, Header, Snippet};
        const LINES: LineRange = LineRange { first: 6, last: 20 };
        let cases = [
            (Snippet, "MIT", "", Some(true)),
            (Snippet, "MIT", "pkg:pypi/six@1.0", Some(true)),
            (Snippet, "ISC", "pkg:pypi/django", Some(true)),
            (Snippet, "ISC", "pkg:pypi/six", Some(false)),
            (Snippet, "GPL-3.0-only", "", Some(false)),
            (Snippet, "MIT", "pkg:pypi/attrs@1", Some(false)),
            (Snippet, "MIT", "an old book", Some(true)),
            (Snippet, "Whatever", "", Some(false)),
            (Snippet, "", "", None),
            (Comment, "", "https://github.com/benjaminp/six", Some(true)),
            (Comment, "", "https://github.com/psf/requests", Some(false)),
            (Comment, "", "https://stackoverflow.com/a/1", None),
            (Comment, "", "the old configuration", None),
            (Header, "MIT", "", Some(true)),
            (Header, "Apache-2.0", "", None),
            (Header, "Zlib", "", None),
        ];
        for (kind, license, origin, expected) in cases {
            let found = judged(&[declaration(kind, license, origin)], None, LINES);
            let agrees = found.as_ref().map(Declared::agrees);
            assert_eq!(agrees, expected, "{kind:?} {license} {origin}: {found:?}");
        }
        let elsewhere = [declaration(Snippet, "MIT", "")];
        assert_eq!(judged(&elsewhere, None, LineRange { first: 1, last: 12 }), None);
        let both = [declaration(Snippet, "GPL-3.0-only", ""), declaration(Comment, "", "six")];
        assert!(judged(&both, None, LINES).is_some_and(|declared| declared.agrees()));
    }

    #[test]
    fn code_without_conditions_may_be_declared_under_any_licence() {
        let agreed = |license: &str| {
            let owners = [owner("pkg:pypi/given-away@1", license)];
            let owners: Vec<&Owner> = owners.iter().collect();
            compare_licenses(&owners, &normalize_declaration("Apache-2.0"))
        };
        for license in ["Unlicense", "CC0-1.0", "MIT OR 0BSD"] {
            assert!(matches!(agreed(license), Some(Agreement::With(_))), "{license}");
        }
        assert!(matches!(agreed("MIT"), Some(Agreement::None(_))));
    }

    #[test]
    fn a_comment_of_a_vendored_file_says_whom_its_own_author_took_from() {
        use DeclarationKind::{Comment, Snippet};
        const LINES: LineRange = LineRange { first: 6, last: 20 };
        let other = "https://github.com/psf/requests";
        let mismatch = |path: &str, kind| {
            judged_at(path, &[declaration(kind, "", other)], None, LINES)
                .is_some_and(|declared| !declared.agrees())
        };
        assert!(mismatch("app/helpers.py", Comment));
        assert!(!mismatch("app/_vendor/six/moves.py", Comment));
        assert!(mismatch("app/_vendor/django/moves.py", Comment), "the likeliest owner is another");
        let tag = declaration(Snippet, "", "pkg:pypi/requests@2");
        let tagged = judged_at("app/_vendor/six/moves.py", &[tag], None, LINES);
        assert!(
            tagged.is_some_and(|declared| !declared.agrees()),
            "a tag is written where the file stands"
        );
    }

    #[test]
    fn what_is_said_of_a_file_counts_against_a_match_that_is_most_of_it() {
        let (part, most) = (LineRange { first: 6, last: 20 }, LineRange { first: 2, last: 39 });
        assert!(judged(&[], Some("MIT"), part).is_some_and(|declared| declared.agrees()));
        assert_eq!(judged(&[], Some("Zlib"), part), None);
        assert!(judged(&[], Some("Zlib"), most).is_some_and(|declared| !declared.agrees()));
    }

    #[test]
    fn the_declared_owner_goes_first() {
        let owners = [owner("pkg:pypi/six@1.17.0", "MIT"), owner("pkg:pypi/django@5.0", "ISC")];
        let with = |origin: Option<&str>| Declared {
            by: DeclaredBy::Comment,
            line: Some(1),
            license: None,
            origin: origin.map(str::to_owned),
            agreement: Agreement::With(owners[1].purl.clone()),
        };
        assert_eq!(
            rank_declared_first(&owners, Some(&with(Some("Django"))))[0].purl,
            owners[1].purl
        );
        assert_eq!(rank_declared_first(&owners, Some(&with(None)))[0].purl, owners[0].purl);
    }
}
