//! The threads that commands share.

use anyhow::Context;

/// What an error says where the system gives no threads.
pub(super) const NO_THREADS: &str =
    "cannot start threads; raise the limit on processes (`ulimit -u`, or that of the container)";

/// Starts the threads of parallel iterators. Without this they start by themselves, and panic where
/// that fails.
pub(super) fn start() -> anyhow::Result<()> {
    rayon::ThreadPoolBuilder::new().build_global().context(NO_THREADS)
}
