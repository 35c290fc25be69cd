//! `META.json` of Perl's distributions. What they need it names as modules, not as distributions.

use serde_json::Value;

use super::{Manifest, declared_reading};
use crate::license::ManifestError;
use crate::purl::Purl;

/// The words for licences of CPAN's own list. `open_source`, `unknown` and the like name none.
const LICENSES: [(&str, &str); 25] = [
    ("agpl_3", "AGPL-3.0-only"),
    ("apache_1_1", "Apache-1.1"),
    ("apache_2_0", "Apache-2.0"),
    ("artistic_1", "Artistic-1.0"),
    ("artistic_2", "Artistic-2.0"),
    ("bsd", "BSD-3-Clause"),
    ("freebsd", "BSD-2-Clause"),
    ("gfdl_1_2", "GFDL-1.2-only"),
    ("gfdl_1_3", "GFDL-1.3-only"),
    ("gpl_1", "GPL-1.0-only"),
    ("gpl_2", "GPL-2.0-only"),
    ("gpl_3", "GPL-3.0-only"),
    ("lgpl_2_1", "LGPL-2.1-only"),
    ("lgpl_3_0", "LGPL-3.0-only"),
    ("mit", "MIT"),
    ("mozilla_1_0", "MPL-1.0"),
    ("mozilla_1_1", "MPL-1.1"),
    ("mozilla_2_0", "MPL-2.0"),
    ("openssl", "OpenSSL"),
    ("perl_5", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
    ("qpl_1_0", "QPL-1.0"),
    ("restricted", "LicenseRef-Proprietary"),
    ("ssleay", "SSLeay-standalone"),
    ("sun", "SISSL"),
    ("zlib", "Zlib"),
];

pub(super) fn read(text: &str) -> Result<Manifest, ManifestError> {
    let manifest: Value = super::json(text, "META.json")?;
    if manifest.get("meta-spec").is_none() {
        // PostgreSQL's extensions and others have a file of that name too.
        return Ok(Manifest::default());
    }
    let string = |key: &str| manifest.get(key)?.as_str();
    let strings = |key: &str| -> Vec<&str> {
        match manifest.get(key) {
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(one)) => vec![one],
            _ => Vec::new(),
        }
    };
    let licenses = strings("license");
    let known = licenses.iter().map(|word| {
        let row = LICENSES.iter().find(|(known, _)| known == word);
        row.map(|(_, license)| format!("({license})"))
    });
    let expression = known.collect::<Option<Vec<_>>>().map(|known| known.join(" AND "));
    let author = strings("author").iter().find_map(|author| author_of(author));
    let package = author.zip(string("name"));
    Ok(Manifest {
        package: package.and_then(|(author, name)| {
            Purl::in_namespace("cpan", &author, &name.replace("::", "-"), None).ok()
        }),
        version: string("version").map(str::to_owned),
        license: declared_reading(&licenses.join(", "), expression.as_deref()),
        ..Manifest::default()
    })
}

/// The name at CPAN of an author whose address is there: `Jane Roe <jroe@cpan.org>`.
fn author_of(author: &str) -> Option<String> {
    let (before, _) = author.split_once("@cpan.org")?;
    let name = before.rsplit(['<', ' ', '(']).next()?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
    is_name.then(|| name.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_cpan_stand_for_licences() {
        for (word, license) in LICENSES {
            let read = crate::license::LicenseExpression::parse(license);
            assert_eq!(read.expect(word).0.as_str(), license);
        }
    }
}
