//! Files that lose their annotation in `REUSE.toml` by tags of their own.

use std::path::Path;

use crate::license::{Precedence, Reuse};
use crate::project::walk;

/// Whether the licence of a file is stated by an annotation that REUSE no longer applies once the
/// file holds tags: one that counts where nothing nearer speaks.
pub(crate) fn is_lost_by_tags(file: &Path) -> bool {
    let file = walk::absolute_path(file);
    let stated = file.ancestors().skip(1).find_map(|directory| {
        let bytes = walk::read(&directory.join("REUSE.toml"), walk::MAX_SCANNED_BYTES).ok()?;
        let annotations = Reuse::from_toml(&String::from_utf8_lossy(&bytes)).ok()?;
        let below = walk::display_path(file.strip_prefix(directory).ok()?);
        annotations.of(&below).map(|(precedence, _)| precedence)
    });
    stated == Some(Precedence::Closest)
}
