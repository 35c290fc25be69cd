//! What git prints: records of a change, lists of files, answers about objects, what is pushed; and the
//! lines that a change adds. The first byte chooses.

#![no_main]

use birthmark::ingest::read_list;
use birthmark::project::changes::{ChangesError, Versions, added_lines, read_pushes, read_records};
use birthmark::project::git::{last_line, read_blobs};
use birthmark::text::language::Language;
use birthmark::text::source::SourceFile;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, printed)) = bytes.split_first() else { return };
    match choice % 6 {
        0 => read_records(printed),
        1 => drop(read_list(printed)),
        2 => read_blobs(printed, 1 << 16),
        3 => {
            let told = String::from_utf8_lossy(printed).into_owned();
            let _ = read_pushes::<ChangesError>(|_| None, || Ok(told));
        }
        4 => assert!(!last_line(printed).contains(char::is_control)),
        _ => diff(printed),
    }
});

/// Half of the bytes before, half after a change: the lines it adds are lines of the text.
fn diff(bytes: &[u8]) {
    let language = Language::all().next().expect("one");
    let (before, after) = bytes.split_at(bytes.len() / 2);
    let source = |text: &[u8]| SourceFile::new("x", language, text.to_vec());
    let (before, after) = (source(before), source(after));
    let versions = Versions { before: Some(&before), after: Some(&after) };
    for change in added_lines(std::iter::once(versions)) {
        assert!(change.lines.ranges().iter().all(|range| range.last <= after.line_count()));
        assert!(change.gone.ranges().iter().all(|range| range.last <= before.line_count()));
    }
}
