//! STAND-IN for the index; removed at the merge. It remembers nothing.
#![allow(missing_docs)]

use std::path::{Path, PathBuf};

use super::documents::Component;
use crate::finding::IndexProvenance;
use crate::ingest::Ingested;
use crate::purl::Purl;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexName {
    Starter,
    Directory(PathBuf),
}

#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error(
        "there is no index at {path}; `birthmark index add --index {path} SOURCE...` makes one"
    )]
    Missing { path: String },
    #[error("cannot write the index at {path}: {error}")]
    Write { path: String, error: std::io::Error },
}

pub struct Index(Vec<IndexProvenance>);

impl Index {
    pub fn open(names: &[IndexName]) -> Result<Index, IndexError> {
        let mut provenance = Vec::new();
        for name in names {
            let name = match name {
                IndexName::Starter => "starter".to_owned(),
                IndexName::Directory(path) => {
                    IndexDir::open(path)?;
                    path.display().to_string()
                }
            };
            provenance.push(IndexProvenance {
                name,
                digest: "0".repeat(64),
                components: 0,
                documents: 0,
                lines: 0,
            });
        }
        Ok(Index(provenance))
    }

    pub fn provenance(&self) -> Vec<IndexProvenance> {
        self.0.clone()
    }
}

pub struct IndexDir;

#[derive(Clone, Copy, Debug, Default)]
pub struct AddSummary {
    pub components: u64,
    pub documents: u64,
    pub lines: u64,
}

#[derive(Clone, Debug)]
pub struct ComponentEntry {
    pub component: Component,
    pub documents: u32,
    pub lines: u64,
    pub tokens: u64,
}

#[derive(Clone, Debug, Default)]
pub struct IndexInfo {
    pub components: u64,
    pub documents: u64,
    pub lines: u64,
    pub tokens: u64,
    pub fingerprints: u64,
    pub bytes: u64,
    pub segments: u64,
    pub digest: String,
}

#[derive(Clone, Debug, Default)]
pub struct VerifySummary {
    pub segments: u64,
    pub documents: u64,
    pub fingerprints: u64,
    pub bytes: u64,
}

#[derive(Clone, Debug, Default)]
pub struct MergeSummary {
    pub segments_before: u64,
    pub segments_after: u64,
}

impl IndexDir {
    pub fn open(path: &Path) -> Result<IndexDir, IndexError> {
        if path.join("manifest").is_file() {
            return Ok(IndexDir);
        }
        Err(IndexError::Missing {
            path: path.display().to_string(),
        })
    }

    pub fn open_or_create(path: &Path) -> Result<IndexDir, IndexError> {
        std::fs::create_dir_all(path)
            .and_then(|()| std::fs::write(path.join("manifest"), ""))
            .map_err(|error| IndexError::Write {
                path: path.display().to_string(),
                error,
            })?;
        Ok(IndexDir)
    }

    pub fn add(&mut self, ingested: Vec<Ingested>) -> Result<AddSummary, IndexError> {
        Ok(AddSummary {
            components: ingested.len() as u64,
            documents: 0,
            lines: 0,
        })
    }

    pub fn remove(&mut self, _purls: &[Purl]) -> Result<usize, IndexError> {
        Ok(0)
    }

    pub fn list(&self) -> Vec<ComponentEntry> {
        Vec::new()
    }

    pub fn info(&self) -> IndexInfo {
        IndexInfo::default()
    }

    pub fn verify(&self) -> Result<VerifySummary, IndexError> {
        Ok(VerifySummary::default())
    }

    pub fn merge(&mut self) -> Result<MergeSummary, IndexError> {
        Ok(MergeSummary::default())
    }
}
