//! Expressions judged by every source.

use super::super::matrix::Answer::{self, CheckDependency, No, Unknown, Yes};
use super::super::terms::{Distribution, ListedLicense, Lists};
use super::*;

fn read(text: &str) -> LicenseExpression {
    LicenseExpression::parse(text).expect(text).0
}

const JUDGED: &[(&str, &str, Answer)] = &[
    // outbound, inbound, answer
    ("MIT", "GPL-2.0-only", No),
    ("MIT", "EPL-2.0", No),
    ("MIT", "BSD-3-Clause", Yes),
    ("MIT", "MIT", Yes),
    ("MIT", "LGPL-2.1-or-later", No),
    ("GPL-3.0-only", "MIT", Yes),
    ("GPL-3.0-only", "GPL-2.0-only", No),
    ("GPL-3.0-only", "GPL-2.0-or-later", Yes),
    ("GPL-3.0-or-later", "GPL-3.0-only", No),
    ("GPL-2.0-only", "Apache-2.0", No),
    ("GPL-3.0-only", "AGPL-3.0-only", CheckDependency),
    ("MIT", "MS-PL", Unknown),
    ("MIT", "SSPL-1.0", No),
    ("SSPL-1.0", "SSPL-1.0", Yes),
    ("MIT", "LicenseRef-Own", Unknown),
    ("LicenseRef-Own", "LicenseRef-Own", Unknown),
    ("LicenseRef-Own", "MIT", Unknown),
    // choices and joins
    ("MIT", "MIT OR GPL-2.0-only", Yes),
    ("MIT", "MIT AND GPL-2.0-only", No),
    ("MIT", "GPL-2.0-only OR GPL-3.0-only", No),
    ("MIT OR Apache-2.0", "MIT OR Apache-2.0", Yes),
    ("MIT OR GPL-3.0-only", "GPL-3.0-only", No),
    ("MIT AND GPL-3.0-only", "GPL-3.0-only", Unknown),
    ("MIT AND GPL-3.0-only", "ISC", Yes),
    ("MIT AND Apache-2.0", "GPL-3.0-only", No),
    ("GPL-3.0-only", "GPL-2.0-only AND GPL-3.0-only", No),
    // exceptions and versions
    ("MIT", "GPL-2.0-only WITH Classpath-exception-2.0", No),
    ("MIT", "GPL-3.0-only WITH GCC-exception-3.1", No),
    ("GPL-2.0-only", "GPL-2.0-only WITH Classpath-exception-2.0", Yes),
    ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only", CheckDependency),
    ("GPL-3.0-only WITH GCC-exception-3.1", "GPL-3.0-only", CheckDependency),
    ("GPL-3.0-only WITH GCC-exception-3.1", "MIT", Yes),
    ("MIT", "Apache-2.0 WITH LLVM-exception", Yes),
    ("GPL-3.0-only", "MPL-1.1+", Yes),
    ("MIT", "EPL-1.0+", No),
    // licences the matrix does not list
    ("MIT", "PSF-2.0", Yes),
    ("MIT", "CC0-1.0", Yes),
    ("MIT", "CC-BY-SA-2.5", No),
    ("Apache-2.0", "CC-BY-SA-3.0", No),
    ("MIT", "CC-BY-SA-4.0", No),
    ("GPL-2.0-only", "CC-BY-SA-4.0", No),
    ("GPL-3.0-only", "CC-BY-SA-4.0", Yes),
    ("GPL-3.0-only", "CC-BY-SA-3.0", No),
    ("CC-BY-SA-4.0", "GPL-3.0-only", Unknown),
    ("CC-BY-SA-4.0", "CC-BY-SA-3.0", Yes),
    ("CC-BY-SA-4.0", "MIT", Yes),
    ("MIT", "CC-BY-3.0", Yes),
    ("MIT", "CC-BY-4.0", Yes),
    ("GPL-2.0-only", "CC-BY-4.0", Yes),
    ("GPL-3.0-only", "Ruby", Yes),
    ("GPL-2.0-only", "Vim", Yes),
    ("GPL-2.0-or-later", "CECILL-2.0", Yes),
    ("GPL-3.0-only", "BSD-3-Clause-Clear", Yes),
    ("MIT", "BSD-3-Clause-Clear", Yes),
    ("GPL-3.0-only", "JSON", No),
    ("Apache-2.0", "JSON", No),
    ("MIT", "OpenSSL", CheckDependency),
    ("LicenseRef-Proprietary", "OpenSSL", CheckDependency),
    ("GPL-2.0-only", "OpenSSL", No),
    ("MIT", "ODbL-1.0", No),
    ("GPL-3.0-only", "ODbL-1.0", No),
    ("LicenseRef-Proprietary", "ODbL-1.0", No),
    ("MIT", "CDLA-Sharing-1.0", No),
    ("MIT", "CDLA-Permissive-2.0", Yes),
    ("GPL-3.0-only", "QPL-1.0", No),
    ("GPL-3.0-only", "MS-PL", No),
    ("Apache-2.0", "MS-PL", Yes),
    ("GPL-3.0-only", "AFL-3.0", No),
    ("GPL-3.0-only", "SPL-1.0", No),
    ("GPL-3.0-only", "NPL-1.1", No),
    ("GPL-3.0-only", "Artistic-1.0", No),
    ("Apache-2.0", "BSD-4-Clause", CheckDependency),
    ("MIT", "BSD-4-Clause", Yes),
    ("GPL-3.0-only", "Sleepycat", Yes),
    ("MIT", "Sleepycat", No),
    ("GPL-2.0-only", "IJG", Yes),
    ("GPL-3.0-only", "FTL", Yes),
    ("GPL-2.0-only", "FTL", No),
    ("MIT", "BSD-2-Clause-FreeBSD", Yes),
    ("MIT", "LicenseRef-Public-Domain", Yes),
    ("LicenseRef-Proprietary", "LicenseRef-Public-Domain", Yes),
    ("GPL-2.0-only", "LicenseRef-Public-Domain", Yes),
    ("LicenseRef-Proprietary", "SAX-PD", Yes),
    ("GPL-2.0-only", "LZMA-SDK-9.22", Yes),
    ("GPL-2.0-only", "Python-2.0", No),
    ("GPL-2.0-only", "LGPL-2.1-or-later", CheckDependency),
    ("GPL-2.0-only", "LGPL-3.0-only", No),
    ("EUPL-1.2", "MPL-2.0", CheckDependency),
    ("GPL-2.0-only", "PSF-2.0", Yes),
    ("GPL-3.0-or-later", "PSF-2.0", Yes),
    ("LGPL-2.1-only", "Python-2.0.1", Yes),
];

#[test]
fn expressions_are_judged() {
    for &(outbound, inbound, answer) in JUDGED {
        let judged = compat(&read(inbound), &read(outbound));
        assert_eq!(judged.answer, answer, "{outbound} <- {inbound}: {:?}", judged.cells);
        assert!(!judged.cells.is_empty(), "{outbound} <- {inbound} cites no cell");
    }
}

#[test]
fn dropping_or_later_is_told() {
    let judged = compat(&read("GPL-2.0-only"), &read("GPL-2.0-or-later"));
    assert_eq!(judged.answer, No);
    assert!(
        judged.remarks.iter().any(|remark| remark.contains("dropping \"or later\"")),
        "{:?}",
        judged.remarks
    );
    let judged = compat(&read("GPL-2.0-only"), &read("GPL-3.0-or-later"));
    assert_eq!(judged.remarks, Vec::<String>::new());
}

#[test]
fn a_later_version_that_allows_the_code_is_told() {
    for (inbound, outbound, said) in [
        ("Apache-2.0", "GPL-2.0-or-later", Some("GPL-3.0-or-later would do")),
        ("Apache-2.0", "GPL-2.0-only", None),
        ("BSD-4-Clause", "GPL-2.0-or-later", None),
    ] {
        let judged = compat(&read(inbound), &read(outbound));
        assert_eq!(judged.answer, No, "{outbound} <- {inbound}");
        let told = judged.remarks.join("; ");
        assert_eq!(told.contains(said.unwrap_or("would do")), said.is_some(), "{told}");
    }
}

#[test]
fn cells_and_remarks_say_what_decided() {
    let judged = compat(&read("GPL-2.0-only WITH Classpath-exception-2.0"), &read("MIT"));
    let cited: Vec<String> = judged.cells.iter().map(Cell::to_string).collect();
    assert_eq!(cited, ["OSADL matrix, MIT <- GPL-2.0-only: No"]);
    assert!(judged.remarks[0].contains("Classpath-exception-2.0"), "{:?}", judged.remarks);

    let judged = compat(&read("Motosoto"), &read("MIT"));
    assert_eq!(judged.cells[0].to_string(), "OSADL matrix, MIT <- Motosoto: not listed");
}

#[test]
fn what_the_matrix_lacks_is_judged_with_a_reason() {
    let cases = [
        ("MIT", "BUSL-1.1", No, "change date"),
        ("Apache-2.0", "Elastic-2.0", No, "managed service"),
        ("MIT", "SSPL-1.0", No, "section 13"),
        ("AGPL-3.0-only", "SSPL-1.0", No, "section 13"),
        ("MIT", "Apache-2.0 AND LicenseRef-Commons-Clause", No, "right to sell"),
        ("MIT", "PolyForm-Noncommercial-1.0.0", No, "commercial"),
        ("MIT", "LicenseRef-Proprietary", No, "right to copy"),
        ("LicenseRef-Proprietary", "LicenseRef-Proprietary", No, "right to copy"),
        ("MIT", "AGPL-3.0-or-later OR LicenseRef-Acme-Commercial", No, "right to copy"),
        ("LicenseRef-Proprietary", "MIT", Yes, "notices"),
        ("LicenseRef-Proprietary", "MPL-2.0", No, "source included"),
        ("LicenseRef-Proprietary", "GPL-2.0-or-later", No, "whole work"),
        ("BUSL-1.1", "ISC", Yes, "notices"),
        ("AGPL-3.0-only", "PSF-2.0", Yes, "the FSF lists"),
        ("BUSL-1.1", "AGPL-3.0-only", No, "whole work"),
    ];
    for (outbound, inbound, answer, reason) in cases {
        let judged = compat(&read(inbound), &read(outbound));
        let cited = judged.cells.iter().map(Cell::to_string).collect::<Vec<_>>().join("; ");
        assert_eq!(judged.answer, answer, "{outbound} <- {inbound}: {cited}");
        assert!(cited.contains(reason), "{outbound} <- {inbound}: {cited}");
        assert!(cited.contains("https://"), "{outbound} <- {inbound}: {cited}");
    }
}

#[test]
fn additions_nobody_knows_are_for_a_person() {
    let judged = compat(&read("Apache-2.0 WITH AdditionRef-Commons-Clause"), &read("MIT"));
    assert_eq!(judged.answer, Unknown);
    assert!(judged.remarks[0].contains("adds or takes away"), "{:?}", judged.remarks);
}

#[test]
fn distribution_changes_answers() {
    use Distribution::{Binary, Internal, Service, Source};
    let cases = [
        // inbound, internal, service, binary, source; all into MIT
        ("GPL-2.0-only", Yes, Yes, No, No),
        ("GPL-3.0-or-later", Yes, Yes, No, No),
        ("LGPL-2.1-only", Yes, Yes, No, No),
        ("AGPL-3.0-only", CheckDependency, No, No, No),
        ("MPL-2.0", Yes, Yes, No, No),
        ("OSL-3.0", Yes, No, No, No),
        ("SSPL-1.0", CheckDependency, No, No, No),
        ("BUSL-1.1", No, No, No, No),
        ("BSD-3-Clause", Yes, Yes, Yes, Yes),
        ("GPL-2.0-only AND AGPL-3.0-only", CheckDependency, No, No, No),
    ];
    for (inbound, internal, service, binary, source) in cases {
        for (distribution, answer) in
            [(Internal, internal), (Service, service), (Binary, binary), (Source, source)]
        {
            let terms = Terms { distribution, ..Terms::default() };
            let judged = compat_under(&read(inbound), &read("MIT"), &terms);
            assert_eq!(judged.answer, answer, "{inbound} {distribution:?}: {:?}", judged.cells);
        }
    }
    assert_eq!(Distribution::default(), Source, "the strictest");
}

#[test]
fn lists_decide_what_the_matrix_leaves_open_and_never_excuse() {
    let list =
        |names: &[&str]| names.iter().map(|name| ListedLicense::parse(name).unwrap()).collect();
    let lists = Lists {
        allow: list(&["ISC", "MS-PL", "GPL-3.0-only", "BSD-3-Clause"]),
        deny: list(&["BSD-3-Clause", "Zlib"]),
        review: list(&["MPL-2.0", "ISC"]),
        ..Lists::default()
    };
    let terms = Terms { lists, ..Terms::default() };
    let cases = [
        ("MS-PL", "MIT", Yes, "`allow`"),
        ("GPL-3.0-only", "MIT", No, "OSADL matrix"),
        ("BSD-3-Clause", "MIT", No, "`deny`"),
        ("Zlib", "MIT", No, "`deny`"),
        ("ISC", "MIT", CheckDependency, "`review`"),
        ("MPL-2.0", "GPL-3.0-only", CheckDependency, "`review`"),
        ("MPL-2.0", "MIT", No, "OSADL matrix"),
        ("Apache-2.0", "MIT", CheckDependency, "neither in `allow`"),
        ("MIT", "MIT", Yes, "same licence"),
        ("Zlib OR MIT", "MIT", Yes, "same licence"),
    ];
    for (inbound, outbound, answer, cited) in cases {
        let judged = compat_under(&read(inbound), &read(outbound), &terms);
        assert_eq!(judged.answer, answer, "{outbound} <- {inbound}: {:?}", judged.cells);
        assert!(judged.cells[0].to_string().contains(cited), "{:?}", judged.cells);
    }
}

#[test]
fn lists_hold_single_licences() {
    for (text, says) in [
        ("MIT OR ISC", "more than one licence"),
        ("GPL-2.0", "later versions"),
        ("Apache-2.0 WITH LLVM-exception", "more than one licence"),
        ("Nonsense", "not an SPDX"),
    ] {
        let error = ListedLicense::parse(text).expect_err(text);
        assert!(error.contains(says), "{error}");
    }
    assert_eq!(ListedLicense::parse("gpl-2.0+").unwrap().as_str(), "GPL-2.0-or-later");
}
