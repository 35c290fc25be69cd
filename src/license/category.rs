//! What kind of licence one is, for wording; and whether it asks for its notice to be kept.

use super::expression::Node;
use super::{Distribution, LicenseExpression};

/// The kind of a licence, for wording only: no decision is taken from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Category {
    /// Asks for nothing.
    PublicDomain,
    /// Asks for notices to be kept.
    Permissive,
    /// Copyleft for its own files or library.
    WeakCopyleft,
    /// Copyleft for the whole work.
    StrongCopyleft,
    /// Copyleft for use over a network too.
    NetworkCopyleft,
    /// Source may be seen, but who may use it for what is limited.
    SourceAvailable,
    /// No open licence at all.
    Proprietary,
    /// Asks what open licences do not ask.
    Restricted,
    /// Not in our table.
    Unknown,
}

impl Category {
    /// The category of a licence identifier.
    pub(crate) fn of(id: &str) -> Category {
        let id = id.trim_end_matches('+');
        if is_proprietary(id) {
            return Category::Proprietary;
        }
        let known = TABLE.iter().find(|(_, ids)| {
            ids.split_whitespace().any(|entry| match entry.strip_suffix('*') {
                Some(stem) => id.starts_with(stem),
                None => entry == id,
            })
        });
        known.map_or(Category::Unknown, |(category, _)| *category)
    }

    /// In words, to stand before "licence".
    pub(crate) fn wording(self) -> &'static str {
        match self {
            Category::PublicDomain => "public-domain-like",
            Category::Permissive => "permissive",
            Category::WeakCopyleft => "weak copyleft",
            Category::StrongCopyleft => "copyleft",
            Category::NetworkCopyleft => "network copyleft",
            Category::SourceAvailable => "source-available",
            Category::Proprietary => "proprietary",
            Category::Restricted => "restricted",
            Category::Unknown => "uncategorised",
        }
    }

    /// The name it has in birthmark's tables and in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Category::PublicDomain => "public-domain",
            Category::Permissive => "permissive",
            Category::WeakCopyleft => "weak-copyleft",
            Category::StrongCopyleft => "copyleft",
            Category::NetworkCopyleft => "network-copyleft",
            Category::SourceAvailable => "source-available",
            Category::Proprietary => "proprietary",
            Category::Restricted => "restricted",
            Category::Unknown => "unknown",
        }
    }

    /// Whether works under other terms may take code in.
    pub(crate) fn is_permissive(self) -> bool {
        matches!(self, Category::PublicDomain | Category::Permissive)
    }
}

/// Whether code under the expression may be kept only with its notice. Of a choice the branch that
/// asks nothing is taken; what we do not know asks.
pub fn needs_attribution(expression: &LicenseExpression) -> bool {
    asks(&expression.node())
}

/// Whether a work that reaches people in this way may hold code under the expression only with its
/// notice.
pub(crate) fn needs_notice(expression: &LicenseExpression, distribution: Distribution) -> bool {
    match distribution {
        Distribution::Binary => asks_in_binary(&expression.node()),
        _ => needs_attribution(expression),
    }
}

/// BSL-1.0 asks for its notice "unless such copies or derivative works are solely in the form of
/// machine-executable object code", Zlib that it "may not be removed or altered from any source
/// distribution".
fn asks_in_binary(node: &Node) -> bool {
    match node {
        Node::One(atom) => asks(node) && !["BSL-1.0", "Zlib"].contains(&atom.id.as_str()),
        Node::All(parts) => parts.iter().any(asks_in_binary),
        Node::Any(parts) => parts.iter().all(asks_in_binary),
    }
}

fn asks(node: &Node) -> bool {
    match node {
        Node::One(atom) => Category::of(&atom.id) != Category::PublicDomain,
        Node::All(parts) => parts.iter().any(asks),
        Node::Any(parts) => parts.iter().all(asks),
    }
}

/// Whether the name of a `LicenseRef-` says that its terms are bought or kept:
/// `LicenseRef-Element-Commercial`.
fn is_proprietary(id: &str) -> bool {
    let Some(name) = id.rsplit_once("LicenseRef-").map(|(_, name)| name.to_ascii_lowercase())
    else {
        return false;
    };
    ["proprietary", "commercial", "all-rights-reserved", "closed-source"]
        .iter()
        .any(|word| name.contains(word))
        && !name.contains("non-commercial")
        && !name.contains("noncommercial")
}

/// Identifiers by category; `*` stands for any ending. The first that fits is taken.
const TABLE: [(Category, &str); 7] = [
    (
        Category::PublicDomain,
        "0BSD CC0-1.0 MIT-0 Unlicense WTFPL PDDL-1.0 CC-PDDC SAX-PD LZMA-SDK-9.22 LicenseRef-Public-Domain \
         blessing",
    ),
    (
        Category::Permissive,
        "MIT MIT-* X11 ISC Apache-* BSD-* Zlib zlib-acknowledgement BSL-1.0 PSF-2.0 Python-* CNRI-Python ZPL-* NCSA \
         PostgreSQL curl HPND* AFL-* Artistic-* BlueOak-1.0.0 UPL-1.0 Unicode-* W3C* FTL ICU IJG Libpng libpng-2.0 \
         libtiff bzip2-* NTP OpenSSL PHP-3.01 Qhull SMLNJ SunPro TCL Beerware CC-BY-2.5 CC-BY-3.0 CC-BY-4.0 CECILL-B \
         ECL-* EFL-* FSFAP FSFUL* Info-ZIP JasPer-2.0 MirOS MulanPSL-2.0 NBPL-1.0 OLDAP-* SSH-* SGI-B-2.0 Spencer-86 \
         ImageMagick IBM-pibs Minpack Bitstream-Vera XFree86-1.1 RSA-MD Saxpath AAL Xnet Intel Linux-OpenIB pkgconf Bitstream-Charter xlock",
    ),
    (
        Category::WeakCopyleft,
        "LGPL-* MPL-* EPL-* CDDL-* CPL-1.0 IPL-1.0 MS-RL MS-PL CECILL-C NPL-* APSL-* SPL-1.0 Nokia OFL-1.1 LPPL-*",
    ),
    (Category::NetworkCopyleft, "AGPL-* OSL-* EUPL-* RPL-*"),
    (Category::StrongCopyleft, "GPL-* CECILL-1.* CECILL-2.* Sleepycat QPL-1.0 GFDL-* CC-BY-SA-*"),
    (
        Category::SourceAvailable,
        "SSPL-1.0 BUSL-1.1 FSL-1.1-* Elastic-2.0 LicenseRef-Commons-Clause Aladdin CC-BY-NC* CC-BY-ND* PolyForm-*",
    ),
    (Category::Restricted, "JSON NASA-1.3"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_have_categories() {
        let cases = [
            ("MIT", Category::Permissive),
            ("MIT-0", Category::PublicDomain),
            ("Apache-2.0+", Category::Permissive),
            ("LGPL-2.1-or-later", Category::WeakCopyleft),
            ("GPL-2.0-only", Category::StrongCopyleft),
            ("AGPL-3.0-only", Category::NetworkCopyleft),
            ("SSPL-1.0", Category::SourceAvailable),
            ("BUSL-1.1", Category::SourceAvailable),
            ("LicenseRef-Commons-Clause", Category::SourceAvailable),
            ("LicenseRef-Proprietary", Category::Proprietary),
            ("LicenseRef-Element-Commercial", Category::Proprietary),
            ("LicenseRef-NonCommercial-2", Category::Unknown),
            ("LicenseRef-Own", Category::Unknown),
        ];
        for (id, category) in cases {
            assert_eq!(Category::of(id), category, "{id}");
        }
    }

    #[test]
    fn compiled_copies_may_do_without_some_notices() {
        for (text, asked) in
            [("BSL-1.0", false), ("Zlib OR MIT", false), ("Zlib AND MIT", true), ("MIT", true)]
        {
            let (expression, _) = LicenseExpression::parse(text).unwrap();
            assert_eq!(needs_notice(&expression, Distribution::Binary), asked, "{text}");
            assert!(needs_notice(&expression, Distribution::Source), "{text}");
        }
    }

    #[test]
    fn attribution_is_asked_unless_a_branch_asks_nothing() {
        let cases = [
            ("MIT", true),
            ("GPL-3.0-only", true),
            ("0BSD", false),
            ("CC0-1.0", false),
            ("Unlicense OR MIT", false),
            ("Unlicense AND MIT", true),
            ("LicenseRef-Own", true),
        ];
        for (text, asked) in cases {
            let (expression, _) = LicenseExpression::parse(text).unwrap();
            assert_eq!(needs_attribution(&expression), asked, "{text}");
        }
    }
}
