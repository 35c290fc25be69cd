//! What packages declare: expressions, names, classifiers, purls. Expressions that are written and read
//! again are the same.

#![no_main]

use birthmark::license::{
    LicenseExpression, LicenseFact, compat, from_classifier, needs_attribution,
    normalize_declaration,
};
use birthmark::purl::Purl;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let parsed = LicenseExpression::parse(text).ok().map(|(expression, _)| expression);
    let facts = [Some(normalize_declaration(text)), from_classifier(text)];
    let named = facts.into_iter().flatten().filter_map(|fact: LicenseFact| fact.expression);
    for expression in parsed.into_iter().chain(named) {
        let again = LicenseExpression::parse(expression.as_str());
        let again = again.unwrap_or_else(|error| panic!("{expression:?}: {error}")).0;
        assert_eq!(expression.as_str(), again.as_str());
        needs_attribution(&expression);
        compat(&expression, &again);
    }
    if let Ok(purl) = text.parse::<Purl>() {
        let again = purl.to_string().parse::<Purl>();
        assert!(again.is_ok_and(|again| again == purl), "{purl}");
    }
});
