//! The configuration a project starts with: every key with what it is for, none of them in force.
//!
//! A line that begins with `#` and a blank is prose, one that begins with `#` alone is TOML to be
//! uncommented.

use std::path::Path;

use super::{Decided, MAX_CONFIG_BYTES, StatementKind, read_text};
use crate::license::Precision;
use crate::project::walk::{self, SideFiles};
use crate::purl::Purl;
use crate::text::manifest;

/// JSON Schema of the configuration, for editors.
pub(crate) const SCHEMA: &str = include_str!("../../../docs/birthmark.schema.json");

/// What is known of a project before it has a configuration.
#[derive(Clone, Debug)]
pub struct Project {
    /// The licence it is under.
    pub license: Decided,
    /// The packages that its manifests name.
    pub packages: Vec<Purl>,
    /// Whether an index of its own stands where birthmark makes one.
    pub(crate) index: OwnIndex,
}

/// Whether there is an index at `.birthmark/index`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnIndex {
    /// There is.
    There,
    /// There is none.
    Missing,
}

/// The names of the packages whose manifests stand in a directory.
pub(crate) fn packages_in(directory: &Path) -> Vec<Purl> {
    let files = SideFiles::default().files_in(directory, &manifest::is_manifest);
    let named = files.iter().filter_map(|path| {
        let text = read_text(path, MAX_CONFIG_BYTES).ok()?;
        manifest::read(path.file_name()?.to_str()?, &text, None)?.package
    });
    let mut packages: Vec<Purl> = named.collect();
    packages.sort();
    packages.dedup();
    packages
}

/// The text of the configuration.
pub(crate) fn starting_text(project: &Project) -> String {
    let packages: Vec<String> = project.packages.iter().map(|purl| format!("\"{purl}\"")).collect();
    let packages =
        if packages.is_empty() { "\"pkg:pypi/example\"".to_owned() } else { packages.join(", ") };
    let index = match project.index {
        OwnIndex::There => "index = [\".birthmark/index\", \"starter\"]",
        OwnIndex::Missing => "#index = [\".birthmark/index\", \"starter\"]",
    };
    TEMPLATE
        .replace("{license}", &license(&project.license))
        .replace("{packages}", &packages)
        .replace("{index}", index)
}

fn license(decided: &Decided) -> String {
    let Some(expression) = &decided.license.expression else {
        return "# None was found here. Until there is one, whether copied code may stay is not known.\n\
                #license = \"MIT\""
            .to_owned();
    };
    let by = decided.by.first();
    let place = by.map_or(String::new(), |by| match by.kind {
        StatementKind::Manifest => format!(", in the manifest {}", plain(&by.place)),
        _ => format!(", by {}", plain(&by.place)),
    });
    let vague = match decided.license.precision {
        Precision::Exact => "",
        Precision::Imprecise => {
            " It leaves something open and was read strictly: state it exactly."
        }
    };
    format!("# Found: {expression}{place}.{vague}\n#license = \"{expression}\"")
}

/// A path as part of a comment.
fn plain(place: &str) -> String {
    walk::one_line(place)
}

const TEMPLATE: &str = r##"# What this project takes from others, and whether it may stay. Every key is optional.
# `birthmark init --schema` prints a JSON Schema of this file for editors. Nothing here is legal advice.

# The licence the project is under, as an SPDX expression. What stands nearer to a file goes before it: the file's header,
# REUSE.toml, a nested package. `birthmark license show` tells what holds where.
{license}

# How the project reaches people: "internal", "service", "binary" or "source". The strictest holds if nothing is said.
#distribution = "service"

# The indexes to compare with. `birthmark index add` makes one of your own.
{index}

# Packs to compare with, too: indexes that others publish, fetched by `birthmark pack pull`; where from, and who signs.
#packs = ["py-copyleft@2026-11-24#blake3:0000000000000000000000000000000000000000000000000000000000000000"]
#pack-mirrors = ["https://packs.example.org"]
#pack-keys = ["RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"]

# Code that is nobody's own and never reported, such as scaffolds; `birthmark idiom add` makes such a set.
#idioms = [".birthmark/idioms"]

# How sure a match must be to be reported: "hook", "default" or "audit", or `threshold` in bits of evidence.
#preset = "default"

# What is not scanned.
#exclude = ["vendor", "**/*_pb2.py"]

# Packages that are your own: code they share with this project is not reported.
#owned = [{packages}]

# Licences to welcome, to refuse, and to look at. Where there is an `allow`, what is on no list is for review.
#allow = ["MIT", "BSD-3-Clause", "Apache-2.0"]
#deny = ["AGPL-3.0-only", "AGPL-3.0-or-later"]
#review = ["MPL-2.0"]

# The severity from which a run fails: "never", "error", "warning" or "info".
#fail-on = "warning"

# Whether weak matches have the severity of their rule, and so fail a run. Otherwise they are notices.
#fail-on-weak = true

# When a run fails because of files that were not checked, such as very large ones: "never", "change" or "always".
#fail-on-skipped = "always"

# Whether fenced blocks of code in Markdown are checked.
#markdown = true

# How the HTML report links to your code, where the host of the remote does not tell; "none" switches the links off.
#forge = "gitlab"

# Whether what editors, assistants and commands suggest, accept and declare is noted on this machine: `birthmark log`.
#log = true

# How bad findings of a rule are: "info", "warning" or "error".
#[severity]
#license-review = "error"

# Code that may stay whatever its licence says, with the reason, and the last day on which it may.
#[[exceptions]]
#owner = "pkg:pypi/example"
#path = "src/matching"
#license = "GPL-2.0-only"
#reason = "licensed to us by contract 17"
#expires = 2030-12-31

# A licence that the index has wrong; `birthmark index list --format json` shows digests.
#[[clarify]]
#component = "pkg:pypi/example@1.4.0"
#license = "MIT"
#digest = "blake3:0000000000000000000000000000000000000000000000000000000000000000"
#reason = "the authors said so in their issue tracker"
"##;

#[cfg(test)]
mod tests {
    use super::super::document;
    use super::super::{Config, ConfigFile};
    use super::*;
    use crate::license::{LicenseFact, normalize_declaration};

    fn project(license: LicenseFact) -> Project {
        Project {
            license: Decided { license, by: Vec::new(), passed_over: Vec::new() },
            packages: vec!["pkg:cargo/mine".parse().unwrap()],
            index: OwnIndex::Missing,
        }
    }

    fn read(text: &str) -> Config {
        let file = ConfigFile { path: "birthmark.toml".into(), text: text.to_owned(), top: None };
        document::read(file, &[&[]], crate::project::config::ConfigKind::Found)
            .unwrap_or_else(|error| panic!("{error}\n{text}"))
            .expect("a table")
    }

    #[test]
    fn the_start_changes_nothing_and_every_example_is_valid() {
        for license in
            [LicenseFact::unknown(), normalize_declaration("GPL"), normalize_declaration("MIT")]
        {
            let text = starting_text(&project(license));
            let config = read(&text);
            assert!(
                config.license.is_none() && config.owned.is_empty() && config.exceptions.is_empty()
            );

            let uncommented = |line: &str| match line.strip_prefix('#') {
                Some(toml) if !toml.starts_with(' ') => toml.to_owned(),
                _ => line.to_owned(),
            };
            let examples = text.lines().map(uncommented).collect::<Vec<_>>().join("\n");
            let config = read(&examples);
            assert!(config.license.is_some() && config.distribution.is_some());
            assert_eq!(config.owned[0].get_ref().as_str(), "pkg:cargo/mine");
            assert_eq!((config.exceptions.len(), config.clarify.len()), (1, 1));
            let keys: toml::Table = examples.parse().expect("TOML");
            for key in document::KEYS.iter().filter(|key| **key != "threshold") {
                assert!(keys.contains_key(*key), "{key} is not in the start");
            }
        }
    }
}
