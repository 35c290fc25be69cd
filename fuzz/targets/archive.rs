//! Packages as archives. The first byte chooses the form; checksums of tape archives are mended, since
//! hardly any change of a byte would pass them.

#![no_main]

mod pool;

use std::path::Path;

use birthmark::ingest::{ArchiveForm, ingest_bytes};

const NAMES: [&str; 8] = [
    "a-1.tar", "a-1.tar.gz", "a-1.tar.bz2", "a-1.tar.xz", "a-1.tar.zst", "a-1.zip",
    "a-1-py3-none-any.whl", "a_1_all.deb",
];
const BLOCK: usize = 512;
const CHECKSUM: std::ops::Range<usize> = 148..156;

libfuzzer_sys::fuzz_target!(init: pool::work_on_this_thread(), |bytes: &[u8]| {
    let Some((choice, archive)) = bytes.split_first() else { return };
    let path = Path::new(NAMES[usize::from(*choice) % NAMES.len()]);
    let form = ArchiveForm::from_path(path).expect("an archive");
    let mut archive = archive.to_vec();
    if path.ends_with("a-1.tar") {
        archive.chunks_exact_mut(BLOCK).filter(|block| &block[257..262] == b"ustar").for_each(mend);
    }
    if let Err(error) = ingest_bytes(path, form, archive) {
        assert!(!error.to_string().is_empty());
    }
});

/// Gives a header the checksum that its other bytes have.
fn mend(header: &mut [u8]) {
    header[CHECKSUM].fill(b' ');
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}
