//! Files that a project writes: `birthmark.toml`, a baseline, `REUSE.toml`, `.reuse/dep5`, the manifests of
//! packages. The first byte chooses.

#![no_main]

use birthmark::judgement::baseline::Baseline;
use birthmark::license::{Reuse, from_cargo_toml, from_package_json, from_pyproject};
use birthmark::project::config::read_document;
use birthmark::text::manifest;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    match choice % 10 {
        0 => read_manifest("Cargo.toml", from_cargo_toml(text, None).is_ok(), text),
        1 => read_manifest("pyproject.toml", from_pyproject(text).is_ok(), text),
        2 => read_manifest("package.json", from_package_json(text).is_ok(), text),
        3 => read_manifest("setup.cfg", true, text),
        4 => read_manifest("setup.py", manifest::license_of_setup_script(text).is_some(), text),
        5 => drop(Baseline::from_json(text).map(|(baseline, _)| keep(&baseline))),
        6 => drop(Reuse::from_toml(text).map(|reuse| reuse.of("src/a.py").is_some())),
        7 => drop(Reuse::from_dep5(text).of("src/a.py")),
        8 => read_manifest("METADATA", true, text),
        _ => {
            if let Err(error) = read_document(text) {
                assert!(!error.to_string().is_empty());
            }
        }
    }
});

fn read_manifest(name: &str, _: bool, text: &str) {
    let _ = manifest::read(name, text, None);
}

/// A baseline that is written and read again is the same.
fn keep(baseline: &Baseline) {
    let written = baseline.to_json();
    let (again, _) = Baseline::from_json(&written).expect("what is written can be read");
    assert_eq!(written, again.to_json());
}
