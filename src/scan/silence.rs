//! Findings that a comment in the file silences.

use std::collections::HashMap;
use std::path::Path;

use super::{FileReport, Look, Scanner};
use crate::engine::evidence::Preset;
use crate::engine::index::IndexError;
use crate::judgement::finding::{Finding, Rule, Silenced, Silencer};
use crate::judgement::suppression::{self, Suppression};
use crate::project::walk::{self, MAX_SCANNED_BYTES, Review, SideFiles};
use crate::text::source::SourceFile;
use crate::text::span::{LineRange, Region};
use crate::text::token::Tokenizer;

/// Which comments silence findings.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Suppressions {
    /// All.
    #[default]
    All,
    /// None.
    None,
    /// Those that files hold in another state of the project too, and that the change under review
    /// leaves alone.
    Of(SideFiles),
}

impl Suppressions {
    /// Parts the comments that silence from those that do not.
    fn split_honoured(
        &self,
        read: Vec<Suppression>,
        source: &SourceFile,
        review: &Review,
    ) -> (Vec<Suppression>, Vec<Suppression>) {
        let Suppressions::Of(side) = self else { return (read, Vec::new()) };
        let before =
            walk::read(&side.at(Path::new(source.path())), MAX_SCANNED_BYTES).unwrap_or_default();
        let mut old: HashMap<&[u8], usize> = HashMap::new();
        let lines = before.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
        lines
            .filter(|line| suppression::is_mentioned(line))
            .for_each(|line| *old.entry(line).or_default() += 1);
        read.into_iter().partition(|suppression| {
            let line = suppression.region.start_line;
            let is_added = match review {
                Review::Whole => false,
                Review::Lines(lines) => {
                    !lines.within(LineRange { first: line, last: line }).is_empty()
                }
            };
            match old.get_mut(source.line_text(line).trim_ascii()) {
                // Of equal lines as many are honoured as there were: a copied comment is a new one.
                Some(left) if *left > 0 && !is_added => {
                    *left -= 1;
                    true
                }
                _ => false,
            }
        })
    }
}

/// The finding about a comment that a change adds and that does not silence.
fn added_comment(source: &SourceFile, suppression: &Suppression) -> Finding {
    let rules: Vec<&str> = suppression.rules.iter().map(|rule| rule.code()).collect();
    let problem = format!(
        "the change adds a comment that silences {}; it is not heard here",
        rules.join(", ")
    );
    Finding {
        rule: Rule::PolicyChanged,
        remedies: vec!["Let a maintainer decide whether the comment may stay.".to_owned()],
        ..suppression::unused_finding(source, suppression.region, problem)
    }
}

impl Scanner {
    /// Takes out what comments silence, and puts in what is wrong with such comments.
    pub(super) fn silence(
        &self,
        tokenizer: &mut Tokenizer,
        source: &SourceFile,
        review: &Review,
        report: &mut FileReport,
    ) -> Result<(), IndexError> {
        if self.settings.suppressions == Suppressions::None || !report.hints.silences {
            return Ok(());
        }
        let (read, malformed) = suppression::read(source, &tokenizer.layout(source));
        let (read, new) = self.settings.suppressions.split_honoured(read, source, review);
        let mut unused: Vec<(&Suppression, Rule)> = Vec::new();
        for suppression in &read {
            let used = report.take_silenced(suppression);
            let rules = suppression.rules.iter().filter(|rule| !used.contains(rule));
            unused.extend(rules.map(|&rule| (suppression, rule)));
        }
        if !unused.is_empty() {
            let weaker = self.weaker_regions(tokenizer, source)?;
            unused.retain(|(suppression, _)| {
                !weaker.iter().any(|&region| suppression.is_about(region))
            });
        }
        let unused = unused.into_iter().map(|(suppression, rule)| {
            let problem = format!("the comment silences no {} here", rule.code());
            suppression::unused_finding(source, suppression.region, problem)
        });
        let malformed = malformed.into_iter().map(|malformed| {
            let problem = format!("the comment silences nothing: it {}", malformed.problem);
            suppression::unused_finding(source, malformed.region, problem)
        });
        let new = new.iter().map(|suppression| added_comment(source, suppression));
        report.findings.extend(unused.chain(malformed).chain(new).map(|mut finding: Finding| {
            finding.severity = self.settings.policy.settings.severity(finding.rule);
            finding
        }));
        report.findings.sort_by_key(|finding| finding.region);
        Ok(())
    }

    /// Where there is a match that a laxer threshold would report. A comment may be meant for it:
    /// one and the same comment serves a strict hook and a lax audit.
    fn weaker_regions(
        &self,
        tokenizer: &mut Tokenizer,
        source: &SourceFile,
    ) -> Result<Vec<Region>, IndexError> {
        let family = source.language().family();
        let laxest = Preset::Audit.threshold_bits(self.chance(family));
        let threshold = self.threshold_bits(family);
        if threshold <= laxest {
            return Ok(Vec::new());
        }
        Ok(match self.look_from(laxest, tokenizer, source)? {
            Look::Skipped(_) => Vec::new(),
            Look::Seen(seen) => seen
                .matches
                .iter()
                .filter(|located| located.found.evidence.bits < threshold)
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
        used.extend(
            again.filter(|finding| suppression.silences(finding)).map(|finding| finding.rule),
        );
        used
    }
}
