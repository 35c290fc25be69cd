//! STAND-IN for the index; removed at the merge. It remembers nothing.
#![allow(missing_docs)]

use std::path::{Path, PathBuf};

use super::documents::Component;
use crate::ingest::Ingested;
use crate::purl::Purl;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexName {
    Starter,
    Directory(PathBuf),
}

impl std::fmt::Display for IndexName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            IndexName::Starter => f.write_str("starter"),
            IndexName::Directory(path) => write!(f, "{}", path.display()),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("there is no index at {}: make one with `birthmark index add --index {} SOURCE...`", .0.display(), .0.display())]
    Missing(PathBuf),
    #[error("{action} {}: {source}", path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
}

pub struct Index {
    parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub components: u64,
    pub documents: u64,
    pub tokens: u64,
    pub lines: u64,
    pub fingerprints: u64,
}

#[derive(Clone, Debug)]
pub struct Part {
    pub name: IndexName,
    pub digest: blake3::Hash,
    pub counts: Counts,
    pub bytes: u64,
    pub segments: usize,
}

impl Index {
    pub fn open(names: &[IndexName]) -> Result<Index, IndexError> {
        let mut parts = Vec::new();
        for name in names {
            if let IndexName::Directory(path) = name {
                IndexDirectory::open(path)?;
            }
            parts.push(Part {
                name: name.clone(),
                digest: blake3::hash(b""),
                counts: Counts::default(),
                bytes: 0,
                segments: 0,
            });
        }
        Ok(Index { parts })
    }

    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub fn list(&self) -> Result<Vec<ComponentEntry>, IndexError> {
        Ok(Vec::new())
    }

    pub fn verify(&self) -> Result<(), IndexError> {
        Ok(())
    }
}

pub struct IndexDirectory;

#[derive(Clone, Debug)]
pub struct ComponentEntry {
    pub component: Component,
    pub documents: u64,
    pub tokens: u64,
    pub lines: u64,
}

pub struct PreparedComponent;

impl PreparedComponent {
    pub fn new(_ingested: Ingested) -> PreparedComponent {
        PreparedComponent
    }
}

impl IndexDirectory {
    pub fn open(path: &Path) -> Result<IndexDirectory, IndexError> {
        if path.join("manifest.json").is_file() {
            return Ok(IndexDirectory);
        }
        Err(IndexError::Missing(path.to_owned()))
    }

    pub fn open_or_create(path: &Path) -> Result<IndexDirectory, IndexError> {
        std::fs::create_dir_all(path)
            .and_then(|()| std::fs::write(path.join("manifest.json"), ""))
            .map_err(|source| IndexError::Io {
                action: "cannot create",
                path: path.to_owned(),
                source,
            })?;
        Ok(IndexDirectory)
    }

    pub fn add(&mut self, _components: Vec<PreparedComponent>) -> Result<(), IndexError> {
        Ok(())
    }

    pub fn remove(&mut self, _purls: &[Purl]) -> Result<usize, IndexError> {
        Ok(0)
    }

    pub fn merge(&mut self) -> Result<(), IndexError> {
        Ok(())
    }
}
