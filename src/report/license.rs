//! What the `license` commands have to say.

mod compat;
mod obligations;
mod read;
mod show;

pub(crate) use compat::Comparison;
pub(crate) use compat::Verdict;
pub(crate) use obligations::Obligations;
pub(crate) use read::Read;
pub(crate) use show::{Below, Shown};
