//! Verdicts on real conflicts, and how they are worded.

use super::*;
use crate::engine::evidence::{Expected, Strength};
use crate::engine::matcher::{CopyKind, Evidence};
use crate::judgement::finding::Reference;
use crate::judgement::finding::Verdict;
use crate::license::{LearnedFrom, LicenseFact, from_classifier, normalize_declaration};
use crate::text::span::{LineRange, Region};

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
        published: None,
        depends_on: [].into(),
        vendored_packages: [].into(),
        copyright: None,
    }
}

fn judge(owners: &[(&str, &str)], outbound: &str) -> Verdict {
    let owners: Vec<Owner> = owners.iter().map(|(purl, license)| owner(purl, license)).collect();
    let settings =
        PolicySettings { owned: vec!["pkg:pypi/mine".parse().unwrap()], ..Default::default() };
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
    let cases: [Row<Decision>; 22] = [
        (&[SIX], "MIT AND LicenseRef-More-Terms", AttributionNeeded),
        (&[("pkg:pypi/zero@1", "0BSD")], "MIT AND LicenseRef-More-Terms", Compatible),
        (&[("pkg:pypi/apache@1", "Apache-2.0")], "MIT AND LicenseRef-More-Terms", Review),
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
        (&[BARE], "MIT", Reserved),
        (&[BARE, SIX], "MIT", Reserved),
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
            assert!(
                finding.message.starts_with("resembles pkg:pypi/six@1.17.0, src/a.py lines 3-20: ")
            );
            assert!(!finding.message.contains(['\n', '\u{1b}']), "{}", finding.message);
        }
    }
}

#[test]
fn a_weak_match_is_a_notice_unless_the_configuration_says_otherwise() {
    let weak = Reference { strength: Strength::Weak, ..reference(Decision::Incompatible) };
    let found = findings(&weak, &PolicySettings::default()).remove(0);
    assert_eq!(
        (found.rule, found.severity, found.weak),
        (Rule::LicenseIncompatible, Severity::Info, true)
    );
    assert!(found.message.starts_with("weakly resembles pkg:pypi/six@1.17.0"), "{}", found.message);
    assert!(
        found.remedies[0].contains("birthmark: ignore[license-incompatible]"),
        "{:?}",
        found.remedies
    );

    let settings = PolicySettings { fail_on_weak: true, ..PolicySettings::default() };
    let found = findings(&weak, &settings).remove(0);
    assert_eq!((found.severity, found.weak), (Severity::Error, false));
    let severities = BTreeMap::from([(Rule::LicenseIncompatible, Severity::Warning)]);
    let settings = PolicySettings { severities, ..PolicySettings::default() };
    assert_eq!(findings(&weak, &settings)[0].severity, Severity::Info);
}

#[test]
fn a_text_that_nobody_reads_forbids_nothing_that_every_licence_allows() {
    use Decision::*;
    let text = LicenseFact { learned_from: LearnedFrom::LicenseText, ..LicenseFact::unknown() };
    let judged = |license: &str, outbound: &LicenseFact| {
        let owners = [owner("pkg:pypi/six@1.17.0", license)];
        evaluate(&owners, outbound, &PolicySettings::default()).decision
    };
    for (license, expected) in [
        ("MIT", AttributionNeeded),
        ("0BSD", Compatible),
        ("Apache-2.0", Unknown),
        ("GPL", Unknown),
    ] {
        assert_eq!(judged(license, &text), expected, "{license}");
        assert_eq!(judged(license, &LicenseFact::unknown()), Unknown, "{license}");
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
        cells: None,
        kind: CopyKind::Renamed,
        evidence: Evidence::default(),
        strength: Strength::Substantial,
        expected_by_chance: Expected { matches: 0.0, lines: 1_000 },
        owners: vec![origin],
        outbound: normalize_declaration("MIT"),
        verdict: Verdict { decision, reason: "why".to_owned(), remedies: vec!["do".to_owned()] },
        direction: Default::default(),
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
    let page = include_str!("../../../docs/findings.md");
    for rule in Rule::ALL {
        let section = page.split("\n## ").find(|section| section.starts_with(rule.code()));
        let severity = format!("{:?}", rule.default_severity()).to_lowercase();
        let stated = format!("**Severity: {severity}.**");
        assert!(section.is_some_and(|section| section.contains(&stated)), "{}", rule.code());
    }
}
