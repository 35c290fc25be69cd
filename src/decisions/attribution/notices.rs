//! The notices of a project: which code of others it holds, whose it is, and under which licence.
//!
//! They are drawn from the snippet tags in the project's sources, and from nothing else. The file
//! belongs to the people who keep it; birthmark writes between two marks in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::license::LicenseExpression;
use crate::text::declaration::{Declaration, DeclarationKind};

/// Names of files that notices are kept in; the first that is there, else the first.
pub const NOTICES: [&str; 3] =
    ["THIRD-PARTY.md", "THIRD-PARTY-NOTICES.md", "THIRD_PARTY_NOTICES.md"];

const BEGIN: &str = "<!-- birthmark: begin -->";
const END: &str = "<!-- birthmark: end -->";

/// Whose code a project holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    entries: BTreeMap<(String, LicenseExpression), Entry>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Entry {
    copyrights: BTreeSet<String>,
    paths: BTreeSet<String>,
}

impl Notices {
    /// Takes down what a file declares. Snippets without a package URL are none of birthmark's.
    pub fn take(&mut self, path: &str, said: &[Declaration]) {
        for declaration in said.iter().filter(|said| said.kind == DeclarationKind::Snippet) {
            let license = declaration.license.as_ref().and_then(|fact| fact.expression.clone());
            let purls = declaration.origins.iter().filter_map(|origin| origin.purl());
            for (purl, license) in
                purls.zip(std::iter::repeat(license)).filter_map(|(purl, it)| Some((purl, it?)))
            {
                let entry = self.entries.entry((purl.to_string(), license)).or_default();
                entry.copyrights.extend(declaration.copyrights.iter().cloned());
                entry.paths.insert(path.to_owned());
            }
        }
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The licences of all entries, once each.
    pub fn licenses(&self) -> BTreeSet<&LicenseExpression> {
        self.entries.keys().map(|(_, license)| license).collect()
    }

    /// The file of notices with these in it, `standing` being what it holds now.
    pub fn written(&self, standing: &str) -> String {
        let block = self.block();
        match (standing.find(BEGIN), standing.find(END)) {
            (Some(begin), Some(end)) if begin < end => {
                [&standing[..begin], &block, &standing[end + END.len()..]].concat()
            }
            _ if standing.trim().is_empty() => format!("{block}\n"),
            _ => format!("{}\n\n{block}\n", standing.trim_end()),
        }
    }

    fn block(&self) -> String {
        let mut text = format!("{BEGIN}\n");
        if self.is_empty() {
            return text + END;
        }
        // REUSE wants every file to say what it is under itself.
        let all = LicenseExpression::all_of(self.licenses().into_iter().cloned());
        let licenses =
            all.iter().map(|all| format!("{} {all}\n", concat!("SPDX-License", "-Identifier:")));
        let holders: BTreeSet<&String> =
            self.entries.values().flat_map(|entry| &entry.copyrights).collect();
        let holders = holders
            .into_iter()
            .map(|holder| format!("{} {holder}\n", concat!("SPDX-FileCopyright", "Text:")));
        text.push_str(&format!(
            "<!--\n{}{}-->\n\n",
            holders.collect::<String>(),
            licenses.collect::<String>()
        ));
        text.push_str("# Code of others in this project\n\nThe licences are in the folder `LICENSES`. `birthmark attribute` writes this from the SPDX snippet tags in the\nsources.\n");
        for ((purl, license), entry) in &self.entries {
            text.push_str(&format!("\n## {purl}\n\n{license}\n\n"));
            for holder in &entry.copyrights {
                text.push_str(&format!("Copyright: {holder}\n\n"));
            }
            let paths = entry.paths.iter().map(|path| format!("- {}\n", path.replace('`', "'")));
            text.extend(paths);
        }
        text.push_str(END);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::normalize_declaration;
    use crate::text::declaration::Origin;
    use crate::text::span::LineRange;

    fn notices() -> Notices {
        let said = Declaration {
            kind: DeclarationKind::Snippet,
            line: 1,
            scope: LineRange { first: 1, last: 9 },
            license: Some(normalize_declaration("MIT")),
            origins: Origin::read("adapted from pkg:pypi/six@1.17.0, six.py", None)
                .into_iter()
                .collect(),
            copyrights: vec!["Ada".to_owned()],
            inbound: None,
        };
        let comment = Declaration { kind: DeclarationKind::Comment, ..said.clone() };
        let mut notices = Notices::default();
        notices.take("src/b.py", &[said.clone(), comment]);
        notices.take("src/a.py", &[said]);
        notices
    }

    #[test]
    fn what_people_wrote_around_the_block_stays() {
        let notices = notices();
        let fresh = notices.written("");
        assert!(
            fresh.contains(
                "## pkg:pypi/six@1.17.0\n\nMIT\n\nCopyright: Ada\n\n- src/a.py\n- src/b.py\n"
            ),
            "{fresh}"
        );
        assert_eq!(notices.written(&fresh), fresh);
        let own = "# Ours\n\nBefore.\n";
        let mixed = notices.written(own) + "\nAfter.\n";
        assert!(mixed.starts_with(own));
        assert_eq!(notices.written(&mixed), mixed);
        let cleared = Notices::default().written(&mixed);
        assert!(
            !cleared.contains("six") && cleared.contains("Before.") && cleared.contains("After."),
            "{cleared}"
        );
    }
}
