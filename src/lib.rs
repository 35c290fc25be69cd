//! birthmark finds code that resembles licensed open source, says whose it is, and decides whether
//! its licence lets it stay.
//!
//! The library holds what the program is made of. Tests, benchmarks and the evaluation use it; the
//! program is the supported interface, and nothing here is stable. `docs/architecture.md` has the
//! map, `docs/glossary.md` the words.
//!
//! A [`Scanner`](scan::Scanner) looks for code of an index in a text, and judges what it finds:
//!
//! ```
//! use birthmark::engine::index::{Index, IndexName};
//! use birthmark::license::LicenseFact;
//! use birthmark::project::walk::{Markers, Review};
//! use birthmark::scan::{ScanSettings, Scanner};
//! use birthmark::text::language::Language;
//! use birthmark::text::source::SourceFile;
//! use birthmark::text::token::Tokenizer;
//!
//! let index = Index::open(&[IndexName::Starter])?;
//! let scanner = Scanner::new(index, ScanSettings::default());
//! let python = Language::from_name("python").expect("a known language");
//! let source = SourceFile::new("a.py", python, b"print('hello')\n".to_vec());
//! let license = LicenseFact::unknown();
//! let report = scanner.text(
//!     &mut Tokenizer::new(),
//!     &source,
//!     &license,
//!     &Review::Whole,
//!     Markers::Excuse,
//! );
//! assert!(report.references.is_empty() && report.summary.lines_scanned == 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The folders are the layers, listed here from the lowest: each uses what stands above it in this
//! list.

pub mod license;
pub mod purl;

pub mod text;

pub mod engine;

pub mod judgement;

pub mod project;

pub mod decisions;

pub mod ingest;

pub(crate) mod packs;

pub mod scan;

pub mod session;

pub mod report;

pub mod serve;

pub mod cli;
