//! What the `license` commands have to say.

mod compat;
mod show;

pub use compat::{Comparison, Verdict};
pub use show::{Below, Shown};
