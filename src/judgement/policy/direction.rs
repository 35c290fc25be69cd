//! Who took the code from whom, as far as names of packages tell.
//!
//! A package of the project itself is never the origin of its code. A package that depends on the
//! project, or carries it in a folder of vendored code, is likelier to have taken the code from
//! there than the other way round.

use std::collections::BTreeSet;

use crate::engine::matcher::{Owner, is_plausible_origin};
use crate::judgement::finding::{Direction, Taking};
use crate::purl::{Purl, package_key};
use crate::text::manifest::{Manifest, Reach};

/// The packages that a project consists of and those that it depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProjectPackages {
    /// Keys of its own packages.
    own: BTreeSet<String>,
    /// What Debian calls the sources of these.
    own_in_debian: BTreeSet<String>,
    /// Keys of those that others may depend on.
    public: BTreeSet<String>,
    /// Keys of the packages that it depends on and that are not its own.
    dependencies: BTreeSet<String>,
}

impl ProjectPackages {
    /// Adds what a manifest of the project says.
    pub(crate) fn add(&mut self, manifest: &Manifest) {
        if let Some(package) = &manifest.package {
            self.own.insert(package.package_key());
            self.own_in_debian.extend(package.debian_sources());
            if manifest.reach == Reach::Public {
                self.public.insert(package.package_key());
            }
        }
        self.dependencies.extend(manifest.dependencies.iter().map(Purl::package_key));
    }

    /// Its own packages, as their registries compare them.
    pub(crate) fn own(&self) -> impl Iterator<Item = &str> {
        self.own.iter().map(String::as_str)
    }

    /// Whether a component is a package of the project, whatever its version.
    pub(crate) fn is_own(&self, purl: &Purl) -> bool {
        self.own.contains(&purl.package_key()) || self.own_in_debian.contains(purl.package())
    }

    /// Whether the project depends on a component.
    pub(crate) fn depends_on(&self, purl: &Purl) -> bool {
        let key = purl.package_key();
        self.dependencies.contains(&key) && !self.own.contains(&key)
    }

    /// How an owner comes to hold code of the project, if its records tell.
    pub(crate) fn find_taking(&self, owner: &Owner) -> Option<Taking> {
        let names_project =
            |packages: &[String]| packages.iter().any(|it| self.public.contains(&package_key(it)));
        if names_project(&owner.vendored_packages) {
            return Some(Taking::Vendors);
        }
        names_project(&owner.depends_on).then_some(Taking::DependsOn)
    }

    /// Puts owners that took the code from the project behind the others, where one of these may be
    /// the origin.
    pub(crate) fn order(&self, owners: &mut [Owner]) {
        if self.has_other_origin(owners) {
            owners.sort_by_key(|owner| self.find_taking(owner).is_some());
        }
    }

    /// What is known of the direction between the project and the owners of a match, which are in
    /// [`order`].
    ///
    /// [`order`]: ProjectPackages::order
    pub(crate) fn direction(&self, owners: &[Owner]) -> Direction {
        let origin = owners.first();
        Direction {
            origin_takes: origin.and_then(|it| self.find_taking(it)),
            project_depends_on_origin: origin.is_some_and(|it| self.depends_on(&it.purl)),
        }
    }

    /// The owners that a match is judged by: all before the first that took the code from the
    /// project. Where that is the first of all, all.
    pub(crate) fn owners_to_judge<'a>(&self, owners: &'a [Owner]) -> &'a [Owner] {
        match owners.iter().position(|owner| self.find_taking(owner).is_some()) {
            Some(0) | None => owners,
            Some(others) => &owners[..others],
        }
    }

    /// Whether a package that takes nothing from the project may be the origin.
    fn has_other_origin(&self, owners: &[Owner]) -> bool {
        let Some(strongest) = owners.iter().max_by(|a, b| a.bits.total_cmp(&b.bits)) else {
            return false;
        };
        owners
            .iter()
            .any(|owner| self.find_taking(owner).is_none() && is_plausible_origin(owner, strongest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::LicenseFact;
    use crate::text::manifest;
    use crate::text::span::LineRange;

    fn project() -> ProjectPackages {
        let mut packages = ProjectPackages::default();
        for (name, text) in [
            (
                "pyproject.toml",
                "[project]\nname = 'My_Tool'\ndependencies = ['base', 'my-plugin']\n",
            ),
            ("setup.cfg", "[metadata]\nname = my-plugin\n"),
            ("Cargo.toml", "[package]\nname = 'my-helper'\npublish = false\n"),
        ] {
            packages.add(&manifest::read(name, text, None).expect("a manifest"));
        }
        packages
    }

    fn owner(purl: &str, bits: f32, depends_on: &[&str], vendored: &[&str]) -> Owner {
        let strings = |packages: &[&str]| packages.iter().map(|it| (*it).to_owned()).collect();
        Owner {
            purl: purl.parse().expect("a purl"),
            versions: Vec::new(),
            path: "a.py".to_owned(),
            lines: LineRange { first: 1, last: 9 },
            license: LicenseFact::unknown(),
            bits,
            share: 0.1,
            vendored: false,
            published: None,
            depends_on: strings(depends_on),
            vendored_packages: strings(vendored),
            copyright: None,
        }
    }

    #[test]
    fn names_are_compared_as_registries_do() {
        let packages = project();
        let purl = |text: &str| text.parse::<Purl>().expect("a purl");
        assert!(
            packages.is_own(&purl("pkg:pypi/my-tool@1"))
                && packages.is_own(&purl("pkg:cargo/my_helper@1"))
        );
        assert!(!packages.is_own(&purl("pkg:cargo/my-tool@1")));
        assert!(packages.is_own(&purl("pkg:deb/debian/rust-my-helper@1?arch=source")));
        assert!(packages.depends_on(&purl("pkg:pypi/Base@2")));
        assert!(!packages.depends_on(&purl("pkg:pypi/my-plugin@1")), "its own are no dependencies");
    }

    #[test]
    fn records_tell_who_took_from_the_project() {
        let taking = |depends_on: &[&str], vendored: &[&str]| {
            project().find_taking(&owner("pkg:pypi/x@1", 100.0, depends_on, vendored))
        };
        assert_eq!(taking(&["pkg:pypi/my-tool"], &[]), Some(Taking::DependsOn));
        assert_eq!(taking(&[], &["pkg:pypi/my_plugin"]), Some(Taking::Vendors));
        assert_eq!(taking(&["pkg:pypi/other"], &["pkg:cargo/my-tool"]), None);
        assert_eq!(
            taking(&["pkg:cargo/my-helper"], &[]),
            None,
            "what is not published has no dependants"
        );
    }

    #[test]
    fn independent_owners_are_judged_alone_if_they_may_be_the_origin() {
        let packages = project();
        let taker = |bits| owner("pkg:pypi/taker@1", bits, &["pkg:pypi/my-tool"], &[]);
        let stranger = |bits| owner("pkg:pypi/stranger@1", bits, &[], &[]);
        for (mut owners, first, judged) in [
            (vec![taker(100.0), stranger(90.0)], "pkg:pypi/stranger@1", 1),
            (vec![taker(100.0), stranger(40.0)], "pkg:pypi/taker@1", 2),
            (vec![stranger(100.0)], "pkg:pypi/stranger@1", 1),
            (vec![stranger(100.0), taker(90.0), stranger(20.0)], "pkg:pypi/stranger@1", 2),
        ] {
            packages.order(&mut owners);
            assert_eq!(owners[0].purl.as_str(), first);
            assert_eq!(packages.owners_to_judge(&owners).len(), judged);
            let takes = packages.direction(&owners).origin_takes;
            assert_eq!(takes.is_some(), first == "pkg:pypi/taker@1");
        }
    }
}
