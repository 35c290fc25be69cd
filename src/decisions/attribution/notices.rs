//! The notices of a project: which code of others it holds, whose it is, and under which licence.
//!
//! They are drawn from the snippet tags in the project's sources, and from nothing else. The file
//! belongs to the people who keep it; birthmark writes between two marks in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::index::documents::Copyright;
use crate::engine::matcher::Owner;
use crate::license::LicenseExpression;
use crate::text::declaration::{Declaration, DeclarationKind};

/// Names of files that notices are kept in; the first that is there, else the first.
pub(crate) const NOTICES: [&str; 3] =
    ["THIRD-PARTY.md", "THIRD-PARTY-NOTICES.md", "THIRD_PARTY_NOTICES.md"];

const BEGIN: &str = "<!-- birthmark: begin -->";
const END: &str = "<!-- birthmark: end -->";

/// Around what packages state as wholes. REUSE does not read it: it is not about the project.
const CARRIED: &str = concat!("<!-- REUSE", "-IgnoreStart: notices of ");
const CARRIED_END: &str = concat!("<!-- REUSE", "-IgnoreEnd -->");

/// Whose code a project holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notices {
    entries: BTreeMap<(String, LicenseExpression), Entry>,
    /// What packages state as wholes, by purl, as it is written.
    carried: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Entry {
    copyrights: BTreeSet<String>,
    paths: BTreeSet<String>,
}

impl Notices {
    /// Takes down what a file declares. Snippets without a package URL are none of birthmark's.
    pub(crate) fn take(&mut self, path: &str, said: &[Declaration]) {
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

    /// Takes down what the package of an origin states as a whole: the notices of its licence texts
    /// and its file `NOTICE`. The sources do not repeat them; they stay as long as the sources speak
    /// of the package.
    pub(crate) fn carry(&mut self, origin: &Owner) {
        let Some(copyright) = &origin.copyright else { return };
        let Copyright { notices, notice_file } = &copyright.of_component;
        if origin.vendored || notices.is_empty() && notice_file.is_empty() {
            return;
        }
        let mut text = String::new();
        if !notices.is_empty() {
            text.push_str("Copyright notices of the package:\n\n");
            text.extend(notices.iter().map(|notice| format!("- {}\n", inert(notice))));
            text.push('\n');
        }
        if !notice_file.is_empty() {
            let fence = fence_around(notice_file);
            let file = inert(notice_file.trim_end());
            text.push_str(&format!("Its file NOTICE:\n\n{fence}text\n{file}\n{fence}\n\n"));
        }
        self.carried.insert(origin.purl.to_string(), text);
    }

    /// Takes over what was carried before from the file as it stands.
    fn recall(&mut self, standing: &str) {
        let mut rest = standing;
        while let Some((_, behind)) = rest.split_once(CARRIED) {
            let Some((purl, behind)) = behind.split_once(" -->\n") else { return };
            let Some((text, behind)) = behind.split_once(CARRIED_END) else { return };
            self.carried.entry(purl.to_owned()).or_insert_with(|| text.to_owned());
            rest = behind;
        }
    }

    /// Whether there is nothing to say.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The licences of all entries, once each.
    pub(crate) fn licenses(&self) -> BTreeSet<&LicenseExpression> {
        self.entries.keys().map(|(_, license)| license).collect()
    }

    /// The file of notices with these in it, `standing` being what it holds now.
    pub(crate) fn render(mut self, standing: &str) -> String {
        self.recall(standing);
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
        // The tags below are written in two parts, or REUSE would read them as those of this file.
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
        text.push_str("# Code of others in this project\n\nTheir licences ask to keep these notices. The texts of the licences are in the folder `LICENSES`.\n`birthmark attribute` writes this from the SPDX snippet tags in the sources.\n");
        for ((purl, license), entry) in &self.entries {
            text.push_str(&format!("\n## {purl}\n\n{license}\n\n"));
            for holder in &entry.copyrights {
                text.push_str(&format!("{}{}\n\n", label(holder), inert(holder)));
            }
            if let Some(carried) = self.carried.get(purl) {
                text.push_str(&format!("{CARRIED}{purl} -->\n{carried}{CARRIED_END}\n\n"));
            }
            let paths = entry.paths.iter().map(|path| format!("- {}\n", path.replace('`', "'")));
            text.extend(paths);
        }
        text.push_str(END);
        text
    }
}

/// What stands in front of a holder; nothing where the text says itself what it is.
fn label(holder: &str) -> &'static str {
    let says_so = ["Copyright", "copyright", "COPYRIGHT", "\u{a9}", "(c)", "(C)"];
    if says_so.iter().any(|word| holder.starts_with(word)) { "" } else { "Copyright: " }
}

/// Text of others in which no mark of HTML is read as one.
fn inert(text: &str) -> String {
    text.replace("<!--", "<! --").replace("-->", "-- >")
}

/// A fence of Markdown that does not stand in a text.
fn fence_around(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat((longest + 1).max(3))
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
        let fresh = notices.clone().render("");
        assert!(
            fresh.contains(
                "## pkg:pypi/six@1.17.0\n\nMIT\n\nCopyright: Ada\n\n- src/a.py\n- src/b.py\n"
            ),
            "{fresh}"
        );
        assert_eq!(notices.clone().render(&fresh), fresh);
        let own = "# Ours\n\nBefore.\n";
        let mixed = notices.clone().render(own) + "\nAfter.\n";
        assert!(mixed.starts_with(own));
        assert_eq!(notices.clone().render(&mixed), mixed);
        let cleared = Notices::default().render(&mixed);
        assert!(
            !cleared.contains("six") && cleared.contains("Before.") && cleared.contains("After."),
            "{cleared}"
        );
    }
}
