//! A scan that is done: its report, and the means to say more of what it found.

use std::collections::BTreeMap;

use anyhow::{anyhow, bail};

use crate::judgement::finding::{Explanation, Finding, Reference, Report};
use crate::project::config::ForgeChoice;
use crate::project::walk::{self, MAX_SCANNED_BYTES, WalkedFile};
use crate::report::SourceFacts;
use crate::scan::Scanner;
use crate::text::source::SourceFile;

/// A finished scan.
pub(crate) struct Scanned {
    /// What it has to say.
    pub report: Report,
    /// What it was made with.
    pub scanner: Scanner,
    /// Where the text of the files checked is.
    pub sources: Sources,
    /// Where reports link to for the code, if somebody chose.
    pub forge: Option<ForgeChoice>,
}

/// Where the text of the files checked is.
pub(crate) enum Sources {
    /// Where it was read.
    Files(Vec<WalkedFile>),
    /// Here.
    Text(Box<SourceFile>),
}

impl Scanned {
    /// Explains references of the report, each file once.
    pub(super) fn explanations(
        &self,
        references: &[&Reference],
    ) -> anyhow::Result<Vec<Explanation>> {
        let mut explanations = Vec::new();
        for of_file in references.chunk_by(|a, b| a.path == b.path) {
            let path = &of_file[0].path;
            let mut explained = Vec::new();
            self.each_source(path, |source, _| {
                explained.extend(self.scanner.explain(source, of_file)?);
                Ok(())
            })?;
            explained.sort_by_key(|explanation| explanation.reference.region);
            if explained.len() < of_file.len() {
                bail!("`{path}` changed while it was explained");
            }
            explanations.extend(explained);
        }
        Ok(explanations)
    }

    /// Facts about the files in which something was found. A file that was not checked, such as the
    /// configuration, has none.
    pub(super) fn facts(&self) -> anyhow::Result<SourceFacts> {
        self.learn_facts(SourceFacts::learn)
    }

    /// The code that was found, which is the cheaper part of the facts.
    pub(super) fn code(&self) -> anyhow::Result<SourceFacts> {
        self.learn_facts(|facts, source, _, references| facts.learn_code(source, references))
    }

    fn learn_facts(
        &self,
        learn: impl Fn(&mut SourceFacts, &SourceFile, &[&Finding], &[&Reference]),
    ) -> anyhow::Result<SourceFacts> {
        let mut found: BTreeMap<&str, (Vec<&Finding>, Vec<&Reference>)> = BTreeMap::new();
        for finding in &self.report.findings {
            found.entry(&finding.path).or_default().0.push(finding);
        }
        for reference in &self.report.references {
            found.entry(&reference.path).or_default().1.push(reference);
        }
        let mut facts = SourceFacts::default();
        for (path, (findings, references)) in found {
            if self.sources.hold(path) {
                self.each_source(path, |source, holds| {
                    let references: Vec<&Reference> = references
                        .iter()
                        .copied()
                        .filter(|reference| holds(reference.region.start_line))
                        .collect();
                    learn(&mut facts, source, &findings, &references);
                    Ok(())
                })?;
            }
        }
        Ok(facts)
    }

    /// Looks at the text of a path, and tells which lines it holds. A page of prose has a text for
    /// each language of its code, in which the lines of the others are blank.
    fn each_source(
        &self,
        path: &str,
        mut look: impl FnMut(&SourceFile, &dyn Fn(u32) -> bool) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let files = match &self.sources {
            Sources::Text(source) => return look(source, &|_| true),
            Sources::Files(files) => files,
        };
        let of_path: Vec<&WalkedFile> = files.iter().filter(|file| file.path == path).collect();
        if of_path.is_empty() {
            bail!("`{path}` is not among the files checked");
        }
        for file in &of_path {
            let source = walk::load(file, MAX_SCANNED_BYTES).map_err(|note| {
                anyhow!("`{path}` changed while it was checked: {}", note.message)
            })?;
            let is_blank = |line: u32| {
                line > source.line_count()
                    || source.line_text(line).iter().all(u8::is_ascii_whitespace)
            };
            look(&source, &|line| of_path.len() == 1 || !is_blank(line))?;
        }
        Ok(())
    }
}

impl Sources {
    /// The files, if there are any.
    pub(super) fn files(&self) -> &[WalkedFile] {
        match self {
            Sources::Files(files) => files,
            Sources::Text(_) => &[],
        }
    }

    fn hold(&self, path: &str) -> bool {
        match self {
            Sources::Files(files) => files.iter().any(|file| file.path == path),
            Sources::Text(source) => source.path() == path,
        }
    }
}
