//! Package URLs, the names of components (`pkg:pypi/six@1.17.0`).
//!
//! Wraps the `packageurl` crate, so that a purl is valid from the moment it exists and prints
//! canonically. Specification: <https://github.com/package-url/purl-spec>.

mod page;

use std::fmt;
use std::str::FromStr;

/// A valid package URL in its canonical spelling.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Purl(String);

/// Why a text is not a package URL.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{text}` is not a package URL: {reason} (expected the form pkg:TYPE/NAME@VERSION, for example pkg:pypi/six@1.17.0)"
)]
pub struct PurlError {
    /// The text as it was given.
    pub text: String,
    /// What the parser says of it.
    pub reason: String,
}

impl Purl {
    /// Builds a purl from its parts.
    ///
    /// # Errors
    /// If `kind` or `name` hold what a purl cannot express.
    pub fn new(kind: &str, name: &str, version: Option<&str>) -> Result<Purl, PurlError> {
        let failed = |reason: String| PurlError { text: format!("pkg:{kind}/{name}"), reason };
        let mut purl = packageurl::PackageUrl::new(kind.to_owned(), name.to_owned())
            .map_err(|e| failed(e.to_string()))?;
        if let Some(version) = version {
            purl.with_version(version.to_owned()).map_err(|e| failed(e.to_string()))?;
        }
        Purl::canonical(&purl).map_err(failed)
    }

    /// Builds a purl of a package that stands in a namespace: an npm scope, a Maven group.
    ///
    /// # Errors
    /// If a part holds what a purl cannot express.
    pub(crate) fn in_namespace(
        kind: &str,
        namespace: &str,
        name: &str,
        version: Option<&str>,
    ) -> Result<Purl, PurlError> {
        let failed =
            |reason: String| PurlError { text: format!("pkg:{kind}/{namespace}/{name}"), reason };
        let mut purl = packageurl::PackageUrl::new(kind.to_owned(), name.to_owned())
            .map_err(|e| failed(e.to_string()))?;
        purl.with_namespace(namespace.to_owned()).map_err(|e| failed(e.to_string()))?;
        if let Some(version) = version {
            purl.with_version(version.to_owned()).map_err(|e| failed(e.to_string()))?;
        }
        Purl::canonical(&purl).map_err(failed)
    }

    /// The same package with that version, or without one.
    ///
    /// # Errors
    /// If a purl cannot express the version.
    pub(crate) fn with_version(&self, version: Option<&str>) -> Result<Purl, PurlError> {
        let mut purl = self.parts();
        let failed = |reason: String| PurlError { text: self.0.clone(), reason };
        match version {
            Some(version) => {
                purl.with_version(version.to_owned()).map_err(|e| failed(e.to_string()))?;
            }
            None => {
                purl.without_version();
            }
        }
        Purl::canonical(&purl).map_err(failed)
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The ecosystem, such as `cargo` or `pypi`.
    pub fn kind(&self) -> String {
        self.parts().ty().to_owned()
    }

    /// The namespace before the package's name, such as the distribution of
    /// `pkg:deb/debian/adduser`.
    pub(crate) fn namespace(&self) -> Option<String> {
        self.parts().namespace().map(str::to_owned)
    }

    /// The package's name without its namespace.
    pub fn name(&self) -> String {
        self.parts().name().to_owned()
    }

    /// The version, if the purl names one.
    pub fn version(&self) -> Option<String> {
        self.parts().version().map(str::to_owned)
    }

    /// The value of a qualifier, such as `arch` of `pkg:deb/debian/zlib@1?arch=source`.
    pub(crate) fn qualifier(&self, key: &str) -> Option<String> {
        self.parts().qualifiers().get(key).map(|value| value.to_string())
    }

    /// The purl without version, qualifiers and subpath: the package whatever its release.
    pub fn package(&self) -> &str {
        // An `@` of a scope is written as `%40`.
        let end = self.0.find(['@', '?', '#']).unwrap_or(self.0.len());
        &self.0[..end]
    }

    /// The package as its registry compares names: whatever its release, and however its name is
    /// spelt.
    pub(crate) fn package_key(&self) -> String {
        package_key(self.package())
    }

    /// The packages without version that Debian calls its sources of the package, by the naming
    /// rules of its teams: of `pkg:cran/stringr`, `pkg:deb/debian/r-cran-stringr`. Names that
    /// Debian takes over as they are are not among them, since other programs bear them too.
    pub(crate) fn debian_sources(&self) -> Vec<String> {
        let plain = |text: &str| text.to_ascii_lowercase().replace('_', "-");
        let name = plain(&self.name());
        let namespace = self.namespace().map(|it| plain(&it)).unwrap_or_default();
        let names = match self.kind().as_str() {
            "cargo" => vec![format!("rust-{name}")],
            "composer" => vec![format!("php-{name}"), format!("php-{namespace}-{name}")],
            "cpan" => vec![format!("lib{}-perl", name.replace("::", "-"))],
            "cran" => vec![format!("r-cran-{name}")],
            "gem" => vec![format!("ruby-{name}")],
            "golang" => {
                let (host, path) = namespace.split_once('/').unwrap_or((&namespace, ""));
                let host = host.rsplit_once('.').map_or(host, |(host, _)| host);
                let parts = [host, path, &name].into_iter().filter(|part| !part.is_empty());
                vec![format!("golang-{}", parts.collect::<Vec<_>>().join("-").replace('/', "-"))]
            }
            "luarocks" => vec![format!("lua-{name}")],
            "maven" => vec![format!("lib{name}-java")],
            "npm" => {
                let scope = namespace.trim_start_matches("%40").trim_start_matches('@');
                vec![if scope.is_empty() {
                    format!("node-{name}")
                } else {
                    format!("node-{scope}-{name}")
                }]
            }
            "pypi" => vec![format!("python-{name}"), format!("python3-{name}")],
            _ => Vec::new(),
        };
        names.into_iter().map(|name| format!("pkg:deb/debian/{name}")).collect()
    }

    /// The canonical text must itself be a package URL: of `pkg:cargo/x@..%2f1` it is not, for the
    /// version's slash is written plainly and then ends a namespace.
    fn canonical(purl: &packageurl::PackageUrl<'_>) -> Result<Purl, String> {
        let text = purl.to_string();
        let again = packageurl::PackageUrl::from_str(&text).map_err(|error| error.to_string())?;
        if again == *purl {
            Ok(Purl(text))
        } else {
            Err("its canonical text means another package".to_owned())
        }
    }

    fn parts(&self) -> packageurl::PackageUrl<'_> {
        packageurl::PackageUrl::from_str(&self.0).expect("a Purl is valid from its construction on")
    }
}

/// The key of a package URL without a version. crates.io takes `-` and `_` for the same, PyPI goes
/// by PEP 503.
pub(crate) fn package_key(package: &str) -> String {
    if let Some(name) = package.strip_prefix("pkg:cargo/") {
        return format!("pkg:cargo/{}", name.replace('_', "-").to_ascii_lowercase());
    }
    match package.strip_prefix("pkg:pypi/") {
        Some(name) => format!("pkg:pypi/{}", normal_pypi_name(name)),
        None => package.to_owned(),
    }
}

/// The name of a Python package as PEP 503 normalises it.
pub(crate) fn normal_pypi_name(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

impl FromStr for Purl {
    type Err = PurlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        packageurl::PackageUrl::from_str(text)
            .map_err(|error| error.to_string())
            .and_then(|purl| Purl::canonical(&purl))
            .map_err(|reason| PurlError { text: text.to_owned(), reason })
    }
}

impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purl_that_does_not_survive_its_canonical_text_is_refused() {
        for text in ["pkg:cargo/x@..%2f1", "six", "pkg:pypi"] {
            assert!(text.parse::<Purl>().is_err(), "{text}");
        }
        assert!(Purl::new("pypi", "x", Some("../1")).is_err());
        for text in ["pkg:pypi/six@1.17.0", "pkg:github/a/b@main", "pkg:cargo/x@1.0.0%2Bbuild"] {
            let purl: Purl = text.parse().unwrap();
            assert_eq!(purl.kind(), text[4..].split('/').next().unwrap());
        }
    }

    #[test]
    fn purls_are_built_of_parts() {
        let purl = Purl::in_namespace("npm", "@babel", "core", Some("7.0.0")).expect("a purl");
        assert_eq!(purl.as_str(), "pkg:npm/%40babel/core@7.0.0");
        assert_eq!(purl.with_version(None).expect("a purl").as_str(), "pkg:npm/%40babel/core");
        let again = purl.with_version(Some("8")).expect("a purl");
        assert_eq!(again.as_str(), "pkg:npm/%40babel/core@8");
        assert!(Purl::in_namespace("pypi", "six", "six", None).is_err());
        let source: Purl =
            "pkg:deb/debian/gawk@1:5.2.1-2?arch=source&distro=bookworm".parse().unwrap();
        assert_eq!(source.qualifier("arch").as_deref(), Some("source"));
        assert_eq!(source.version().as_deref(), Some("1:5.2.1-2"));
        assert_eq!(source.qualifier("epoch"), None);
    }

    #[test]
    fn debian_names_its_sources_by_rules() {
        for (package, source) in [
            ("pkg:cran/stringr@1.5.1", "r-cran-stringr"),
            ("pkg:golang/github.com/juju/errors@v1.0.0", "golang-github-juju-errors"),
            ("pkg:golang/golang.org/x/text", "golang-golang-x-text"),
            ("pkg:maven/commons-lang/commons-lang@2.6", "libcommons-lang-java"),
            ("pkg:npm/%40babel/runtime@7", "node-babel-runtime"),
            ("pkg:npm/async", "node-async"),
            ("pkg:gem/net_http", "ruby-net-http"),
            ("pkg:cpan/JROE/A-Thing", "liba-thing-perl"),
            ("pkg:composer/guzzlehttp/psr7", "php-guzzlehttp-psr7"),
        ] {
            let purl = package.parse::<Purl>().expect("a purl");
            let named = purl.debian_sources();
            assert!(named.contains(&format!("pkg:deb/debian/{source}")), "{named:?}");
        }
        assert!("pkg:generic/zlib".parse::<Purl>().expect("a purl").debian_sources().is_empty());
    }

    #[test]
    fn a_package_has_one_key_however_it_is_spelt() {
        for (one, other) in [
            ("pkg:cargo/tree_sitter@1.0.0", "pkg:cargo/tree-sitter"),
            ("pkg:pypi/Zope.Interface@7.0", "pkg:pypi/zope_interface"),
            ("pkg:generic/a@1", "pkg:generic/a@2"),
        ] {
            let key = |text: &str| text.parse::<Purl>().expect("a purl").package_key();
            assert_eq!(key(one), key(other));
        }
        assert_ne!(package_key("pkg:generic/a_b"), package_key("pkg:generic/a-b"));
        assert_eq!(normal_pypi_name("Zope._.Interface"), "zope-interface");
    }
}
