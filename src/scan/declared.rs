//! What files declare of their own licence and of that of their parts, judged whether anything
//! matches or not.

use std::path::Path;

use super::{FileReport, Scanner, stored};
use crate::judgement::finding::Rule;
use crate::judgement::policy;
use crate::license::{self, LearnedFrom, LicenseFact};
use crate::project::cache::Key;
use crate::text::declaration;
use crate::text::source::SourceFile;
use crate::text::span::LineRange;
use crate::text::token::Tokenizer;

impl Scanner {
    /// Adds a finding for each declaration of a licence that is refused where the code stands.
    pub(super) fn judge_declared(
        &self,
        tokenizer: &mut Tokenizer,
        source: &SourceFile,
        outbound: &LicenseFact,
        report: &mut FileReport,
    ) {
        let states_its_own =
            matches!(outbound.learned_from, LearnedFrom::FileHeader | LearnedFrom::SideFile);
        let states_parts = report.hints.states_parts;
        if !states_its_own && !states_parts {
            return;
        }
        let said = if states_parts {
            let code = tokenizer.tokenize(source).lines(source);
            let layout = tokenizer.layout(source);
            declaration::read(source, &layout, &code, &|text| self.header(text))
        } else {
            Vec::new()
        };
        let worse = report.findings.iter().filter(|it| it.rule == Rule::LicenseIncompatible);
        let known: Vec<LineRange> = worse.map(|finding| finding.region.into()).collect();
        let around = self.license_around(source.path());
        let file =
            policy::File { source, outbound, states_its_own, around: &around, known: &known };
        let found = policy::incompatible(&file, &said, &self.settings.policy.settings);
        if !found.is_empty() {
            report.findings.extend(found);
            report.findings.sort_by_key(|finding| finding.region);
        }
    }

    /// The licence that the header of a text states, or what the cache knows of it.
    pub fn header(&self, text: &[u8]) -> Option<LicenseFact> {
        let Some(cache) = &self.cache else { return license::header(text) };
        let key = Key::of_head(&text[..text.len().min(license::HEADER_BYTES)]);
        if let Some(stated) = cache.get(key).and_then(stored::header_from_line) {
            return stated;
        }
        let stated = license::header(text);
        if let Some(line) = stored::header_to_line(stated.as_ref()) {
            cache.put(key, line);
        }
        stated
    }

    /// The licence of the directory that a file stands in.
    fn license_around(&self, path: &str) -> LicenseFact {
        let directory = Path::new(path).parent().filter(|it| !it.as_os_str().is_empty());
        match &self.settings.licenses {
            Some(licenses) => licenses.of(directory.unwrap_or(Path::new("."))),
            None => self.settings.project_license.clone(),
        }
    }
}
