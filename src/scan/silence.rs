//! Findings that a comment in the file silences.

use super::{FileReport, Look, Scanner};
use crate::engine::evidence::Preset;
use crate::engine::index::IndexError;
use crate::judgement::finding::{Finding, Rule, Silenced, Silencer};
use crate::judgement::suppression::{self, Suppression};
use crate::text::source::SourceFile;
use crate::text::span::Region;
use crate::text::token::Tokenizer;

impl Scanner {
    /// Takes out what comments silence, and puts in what is wrong with such comments.
    pub(super) fn silence(
        &self,
        tokenizer: &mut Tokenizer,
        source: &SourceFile,
        report: &mut FileReport,
    ) -> Result<(), IndexError> {
        if !suppression::is_mentioned(source.text()) {
            return Ok(());
        }
        let (read, malformed) = suppression::read(source, &tokenizer.layout(source));
        let mut unused: Vec<(&Suppression, Rule)> = Vec::new();
        for suppression in &read {
            let used = report.take_silenced(suppression);
            let rules = suppression.rules.iter().filter(|rule| !used.contains(rule));
            unused.extend(rules.map(|&rule| (suppression, rule)));
        }
        if !unused.is_empty() {
            let weaker = self.weaker_regions(tokenizer, source)?;
            unused.retain(|(suppression, _)| !weaker.iter().any(|&region| suppression.is_about(region)));
        }
        let unused = unused.into_iter().map(|(suppression, rule)| {
            let problem = format!("the comment silences no {} here", rule.code());
            suppression::unused(source, suppression.region, problem)
        });
        let malformed = malformed.into_iter().map(|malformed| {
            let problem = format!("the comment silences nothing: it {}", malformed.problem);
            suppression::unused(source, malformed.region, problem)
        });
        report.findings.extend(unused.chain(malformed).map(|mut finding: Finding| {
            finding.severity = self.settings.policy.severity(finding.rule);
            finding
        }));
        report.findings.sort_by_key(|finding| finding.region);
        Ok(())
    }

    /// Where there is a match that a laxer threshold would report. A comment may be meant for it: one and the same comment
    /// serves a strict hook and a lax audit.
    fn weaker_regions(
        &self,
        tokenizer: &mut Tokenizer,
        source: &SourceFile,
    ) -> Result<Vec<Region>, IndexError> {
        let laxest = Preset::Audit.threshold_bits(self.chance);
        if self.threshold_bits <= laxest {
            return Ok(Vec::new());
        }
        Ok(match self.look_from(laxest, tokenizer, source)? {
            Look::Skipped(_) => Vec::new(),
            Look::Seen(seen) => seen
                .matches
                .iter()
                .filter(|located| located.found.evidence.bits < self.threshold_bits)
                .map(|located| located.region)
                .collect(),
        })
    }
}

impl FileReport {
    /// Takes out what a comment silences; returns the rules of what it was.
    fn take_silenced(&mut self, suppression: &Suppression) -> Vec<Rule> {
        let mut used = Vec::new();
        for finding in self.findings.extract_if(.., |finding| suppression.silences(finding)) {
            used.push(finding.rule);
            let (line, reason) = (suppression.region.start_line, suppression.reason.clone());
            self.silenced.push(Silenced { finding, by: Silencer::Comment { line, reason } });
        }
        // A second comment for the same finding is of use as long as the first is.
        let again = self.silenced.iter().map(|silenced| &silenced.finding);
        used.extend(again.filter(|finding| suppression.silences(finding)).map(|finding| finding.rule));
        used
    }
}
