//! Whether and where a scan keeps what it found for the next one.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use etcetera::{BaseStrategy, choose_base_strategy};

// No doc comment: it would become the help of the command that flattens this.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct CacheChoice {
    /// Check all files anew, including those that have not changed since an earlier scan
    #[arg(long)]
    pub no_cache: bool,
    /// Directory of the cache, which holds results for the next scan; by default birthmark/ in the
    /// user's cache directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, env = "BIRTHMARK_CACHE_DIR")]
    pub cache_dir: Option<PathBuf>,
}

impl CacheChoice {
    /// The directory, if there is to be one. A user without a home has none.
    pub(super) fn directory(&self) -> Option<PathBuf> {
        if self.no_cache {
            return None;
        }
        let of_user = || Some(choose_base_strategy().ok()?.cache_dir().join("birthmark"));
        self.cache_dir.clone().or_else(of_user)
    }
}

/// The secret that proves what the cache holds, as `BIRTHMARK_CACHE_KEY` says it.
pub(crate) fn cache_key() -> Option<Vec<u8>> {
    let key = std::env::var_os("BIRTHMARK_CACHE_KEY")?.into_encoded_bytes();
    (!key.is_empty()).then_some(key)
}
