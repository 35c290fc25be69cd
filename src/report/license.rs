//! What the `license` commands have to say.

mod compat;
mod obligations;
mod read;
mod show;

pub use compat::{Comparison, Verdict};
pub use obligations::Obligations;
pub use read::Read;
pub use show::{Below, Shown};
