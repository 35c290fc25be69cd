//! The manifest of an index, and the model of ordinary code.

#![no_main]

use birthmark::engine::index::Manifest;
use birthmark::engine::model::Model;
use birthmark::text::language::Language;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else { return };
    match choice % 3 {
        0 => drop(Manifest::from_bytes("fuzzed", rest)),
        1 => {
            // As somebody writes it who knows what a digest is.
            let line = rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
            let digest = blake3::hash(line).to_hex();
            let whole = [line, b"\n", digest.as_bytes(), b"\n"].concat();
            if let Ok(manifest) = Manifest::from_bytes("fuzzed", &whole) {
                let again = Manifest::from_bytes("fuzzed", &manifest.to_bytes()).expect("written");
                assert_eq!(manifest, again);
            }
        }
        _ => ask(rest),
    }
});

fn ask(bytes: &[u8]) {
    let Some(model) = Model::read(bytes) else { return };
    let language = Language::all().next().expect("one");
    let classes = [1u8, 2, 3, 200, 255, 0, 17];
    let names = [1u16, u16::MAX, 3, 4, 5, 6, 7];
    for i in 0..classes.len() {
        let bits = model.named_bits(language.family(), &classes, &names, i)
            + model.structure_bits(language.family(), &classes, i);
        assert!(bits.is_finite() && bits >= 0.0);
    }
}
