//! Package URLs, the names of components (`pkg:pypi/six@1.17.0`).
//!
//! Wraps the `packageurl` crate, so that a purl is valid from the moment it exists and prints canonically.
//! Specification: <https://github.com/package-url/purl-spec>.

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

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The ecosystem, such as `cargo` or `pypi`.
    pub fn kind(&self) -> String {
        self.parsed().ty().to_owned()
    }

    /// The package's name without its namespace.
    pub fn name(&self) -> String {
        self.parsed().name().to_owned()
    }

    /// The version, if the purl names one.
    pub fn version(&self) -> Option<String> {
        self.parsed().version().map(str::to_owned)
    }

    /// The purl without version, qualifiers and subpath: the package whatever its release.
    pub fn package(&self) -> &str {
        let end = self.0.find(['@', '?', '#']).unwrap_or(self.0.len());
        &self.0[..end]
    }

    /// The canonical text must itself be a package URL: of `pkg:cargo/x@..%2f1` it is not, for the version's slash
    /// is written plainly and then ends a namespace.
    fn canonical(purl: &packageurl::PackageUrl<'_>) -> Result<Purl, String> {
        let text = purl.to_string();
        let again = packageurl::PackageUrl::from_str(&text).map_err(|error| error.to_string())?;
        match again == *purl {
            true => Ok(Purl(text)),
            false => Err("its canonical text means another package".to_owned()),
        }
    }

    fn parsed(&self) -> packageurl::PackageUrl<'_> {
        packageurl::PackageUrl::from_str(&self.0).expect("a Purl is valid from its construction on")
    }
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
}
