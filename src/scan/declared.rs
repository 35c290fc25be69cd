//! What files declare of their own licence and of that of their parts, judged whether anything
//! matches or not.

use std::collections::HashSet;
use std::path::Path;

use super::{FileReport, Scanner, stored};
use crate::judgement::finding::{Finding, Rule};
use crate::judgement::policy;
use crate::license::{self, LearnedFrom, LicenseFact};
use crate::project::cache::Key;
use crate::project::walk::marks;
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
        report.of_folder = self.judge_folder(source, outbound);
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

    /// The finding about the folder of vendored code that a file is in, if the folder states a
    /// licence that is refused where the folder stands.
    fn judge_folder(&self, source: &SourceFile, outbound: &LicenseFact) -> Option<Finding> {
        let folder = marks::vendored_root(source.path())?;
        let states = [LearnedFrom::LicenseText, LearnedFrom::Metadata, LearnedFrom::Classifier];
        if !states.contains(&outbound.learned_from) {
            return None;
        }
        let parts: Vec<&str> = folder.split('/').collect();
        let holder = parts.iter().rposition(|part| marks::is_vendored_folder(part))?;
        let around = self.license_of_directory(&parts[..holder].join("/"));
        let file =
            policy::File { source, outbound, states_its_own: false, around: &around, known: &[] };
        policy::incompatible_folder(&file, folder, &self.settings.policy.settings)
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
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        self.license_of_directory(directory)
    }

    /// The licence of a directory; an empty path is the one that was scanned from.
    fn license_of_directory(&self, directory: &str) -> LicenseFact {
        let directory = if directory.is_empty() { "." } else { directory };
        match &self.settings.licenses {
            Some(licenses) => licenses.of(Path::new(directory)),
            None => self.settings.project_license.clone(),
        }
    }
}

/// Tells of each folder of vendored code once, by its first file.
pub(super) fn tell_of_folders(files: &mut [FileReport]) {
    let mut told = HashSet::new();
    for file in files {
        let finding = file.of_folder.take();
        let new = finding.filter(|finding| told.insert(finding.reference.clone()));
        file.findings.extend(new);
        file.findings.sort_by_key(|finding| finding.region);
    }
}
