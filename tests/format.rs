//! `corpus-index/FORMAT.md` against the code. The document is the home of the layout; a constant
//! that changes without it, or without a new version, ends here.

use birthmark::engine::fingerprint::{BLIND, NAMED, Scheme, View};
use birthmark::engine::index::documents::DocumentMarks;
use birthmark::engine::index::format::{self, Section};
use birthmark::engine::index::{Index, IndexDirectory, IndexName};
use birthmark::license::{LearnedFrom, Precision};
use birthmark::text::token::{NORMALIZER_VERSION, TokenClass};

const FORMAT: &str = include_str!("../corpus-index/FORMAT.md");

type Row = Vec<String>;

/// The rows of the first table behind a heading, without its own heading row.
fn table(heading: &str) -> Vec<Row> {
    let (_, behind) = FORMAT.split_once(&format!("\n{heading}\n")).expect(heading);
    let cells = |line: &str| -> Row {
        line.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().trim_matches('`').to_owned())
            .collect()
    };
    let is_row = |line: &&str| line.starts_with('|');
    behind
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(is_row)
        .skip(2)
        .map(cells)
        .collect()
}

fn number(cell: &str) -> u64 {
    cell.parse().unwrap_or_else(|_| panic!("{cell:?} is no number"))
}

/// The rows of a byte table as (offset, size); they leave no gap.
fn fields(heading: &str) -> Vec<(u64, u64)> {
    let fields: Vec<(u64, u64)> =
        table(heading).iter().map(|row| (number(&row[0]), number(&row[1]))).collect();
    assert_eq!(fields[0].0, 0, "{heading}");
    for pair in fields.windows(2) {
        assert_eq!(pair[0].0 + pair[0].1, pair[1].0, "{heading}: a gap or an overlap");
    }
    fields
}

fn size(heading: &str) -> u64 {
    fields(heading).last().map_or(0, |(offset, size)| offset + size)
}

#[test]
fn constants() {
    let text = |magic: [u8; 8]| String::from_utf8(magic.to_vec()).expect("ASCII");
    let code: Vec<Row> = [
        ("MAGIC", text(format::MAGIC)),
        ("MODEL_MAGIC", text(format::MODEL_MAGIC)),
        ("FORMAT_VERSION", format::FORMAT_VERSION.to_string()),
        ("NORMALIZER_VERSION", NORMALIZER_VERSION.to_string()),
        ("PREAMBLE_BYTES", format::PREAMBLE_BYTES.to_string()),
        ("TRAILER_BYTES", format::TRAILER_BYTES.to_string()),
        ("SECTION_ALIGNMENT", format::SECTION_ALIGNMENT.to_string()),
        ("PAGE_BYTES", format::PAGE_BYTES.to_string()),
        ("LICENSE_ROW", format::LICENSE_ROW.to_string()),
        ("COMPONENT_ROW", format::COMPONENT_ROW.to_string()),
        ("DOCUMENT_ROW", format::DOCUMENT_ROW.to_string()),
        ("FAMILY_ROW", format::FAMILY_ROW.to_string()),
        ("MAX_DOCUMENT_TOKENS", format::MAX_DOCUMENT_TOKENS.to_string()),
        ("INCOMPLETE_LIST", format::INCOMPLETE_LIST.to_string()),
        ("COMMON_LIST", format::COMMON_LIST.to_string()),
        ("MAX_CONTENTS_PER_FINGERPRINT", format::MAX_CONTENTS_PER_FINGERPRINT.to_string()),
        ("COMMON_PACKAGES", format::COMMON_PACKAGES.to_string()),
        ("MAX_POSTINGS_PER_DOCUMENT", format::MAX_POSTINGS_PER_DOCUMENT.to_string()),
        ("BUCKET_LOAD", format::BUCKET_LOAD.to_string()),
        ("KEY_BITS", format::KEY_BITS.to_string()),
        ("KEY_FACTOR", format::KEY_FACTOR.to_string()),
        ("MAX_BUCKET_BITS", format::MAX_BUCKET_BITS.to_string()),
    ]
    .into_iter()
    .map(|(name, value)| vec![name.to_owned(), value])
    .collect();
    assert_eq!(table("## Constants"), code);
}

#[test]
fn preamble_and_trailer() {
    assert_eq!(size("## Preamble"), format::PREAMBLE_BYTES as u64);
    assert_eq!(size("## Trailer"), format::TRAILER_BYTES as u64);
    let offsets: Vec<u64> = fields("## Trailer").iter().map(|(offset, _)| *offset).collect();
    for offset in [
        format::OFFSET_COUNTS,
        format::OFFSET_BUCKET_BITS,
        format::OFFSET_SECTIONS,
        format::OFFSET_PAGES_CHECKSUM,
        format::OFFSET_FAMILIES,
        format::OFFSET_TRAILER_CHECKSUM,
    ] {
        assert!(offsets.contains(&(offset as u64)), "{offset}");
    }
    // All but the section Families, which has a place of its own.
    let sections = fields("## Trailer")
        .into_iter()
        .find(|(offset, _)| *offset == format::OFFSET_SECTIONS as u64);
    assert_eq!(sections.map(|(_, size)| size), Some((Section::ALL.len() as u64 - 1) * 16));
}

#[test]
fn sections() {
    let code: Vec<Row> = Section::ALL
        .iter()
        .map(|&section| vec![(section as usize).to_string(), format!("{section:?}")])
        .collect();
    let written: Vec<Row> = table("## Sections").into_iter().map(|row| row[..2].to_vec()).collect();
    assert_eq!(written, code);
    for (section, heading, bytes) in [
        (Section::Licenses, "### A row of Licenses", format::LICENSE_ROW),
        (Section::Components, "### A row of Components", format::COMPONENT_ROW),
        (Section::Documents, "### A row of Documents", format::DOCUMENT_ROW),
        (Section::Families, "### A row of Families", format::FAMILY_ROW),
    ] {
        assert_eq!(size(heading), bytes as u64, "{heading}");
        let place = Section::ALL.iter().position(|&each| each == section).expect("one of all");
        assert_eq!(number(&table("## Sections")[place][2]), bytes as u64, "{heading}");
    }
}

#[test]
fn token_classes() {
    let code = [
        (TokenClass::VARIABLE, "variable"),
        (TokenClass::FIELD, "field"),
        (TokenClass::CALLEE, "callee"),
        (TokenClass::KEYWORD_ARGUMENT, "keyword argument"),
        (TokenClass::TYPE, "type"),
        (TokenClass::DEFINITION, "definition"),
        (TokenClass::SELF, "self"),
        (TokenClass::STRING, "string"),
        (TokenClass::CHARACTER, "character"),
        (TokenClass::INTEGER, "integer"),
        (TokenClass::FLOAT, "float"),
        (TokenClass::OTHER, "other"),
        (TokenClass::FIRST_WORD, "first word"),
    ];
    let named = |class: TokenClass| if class.is_named() { "yes" } else { "no" };
    let code: Vec<Row> = code
        .iter()
        .map(|&(class, role)| vec![class.0.to_string(), role.into(), named(class).into()])
        .collect();
    assert_eq!(table("## Tokens"), code);
    assert!((2..=5).all(|class| TokenClass(class).is_outside_name()));
    assert!((0..=255).filter(|class| TokenClass(*class).is_outside_name()).count() == 4);
}

#[test]
fn schemes() {
    let row = |name: &str, scheme: Scheme| {
        let view = match scheme.view {
            View::Named => 1,
            View::Blind => 2,
        };
        vec![name.to_owned(), view.to_string(), scheme.k.to_string(), scheme.w.to_string()]
    };
    assert_eq!(table("## Fingerprints"), [row("NAMED", NAMED), row("BLIND", BLIND)]);
}

/// The hash as the document defines it, computed term by term.
#[test]
fn the_hash_of_a_kgram_is_the_one_described() {
    fn m(z: u64) -> u64 {
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    let language = birthmark::text::language::Language::from_name("rust").expect("a row");
    let (classes, names) = ([1u8, 3, 8, 10, 5, 8, 16], [7u16, 8, 9, 10, 11, 12, 0]);
    for (view, number) in [(View::Named, 1u64), (View::Blind, 2)] {
        let scheme = Scheme { view, k: 7, w: 1 };
        let is_literal = |class: u8| (8..=11).contains(&class);
        let sum = (0..7).fold(0u64, |sum, i| {
            let class = classes[i];
            let is_kept = (2..=5).contains(&class)
                || is_literal(class) && i > 0 && is_literal(classes[i - 1]);
            let name = if number == 1 && is_kept { names[i] } else { 0 };
            let code = number << 48
                | u64::from(language.number()) << 32
                | u64::from(class) << 16
                | u64::from(name);
            sum.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(m(code))
        });
        let hash = birthmark::engine::fingerprint::kgrams(&classes, &names, language, scheme)
            .next()
            .expect("one");
        assert_eq!(hash.0, m(sum));
    }
}

#[test]
fn small_numbers() {
    use LearnedFrom::{Classifier, FileHeader, Given, LicenseText, Metadata, Nowhere};
    assert_eq!((Precision::Exact as u8, Precision::Imprecise as u8), (0, 1));
    let places = [Given, Metadata, Classifier, LicenseText, FileHeader, Nowhere];
    assert_eq!(places.map(|place| place as u8), [0, 1, 2, 3, 4, 5]);
    let marks = |bits| {
        let DocumentMarks { vendored, generated, minified, test } = DocumentMarks::from_bits(bits);
        [vendored, generated, minified, test]
    };
    for bit in 0..4 {
        assert_eq!(marks(1 << bit), [0, 1, 2, 3].map(|mark| mark == bit));
        assert_eq!(DocumentMarks::from_bits(1 << bit).to_bits(), 1 << bit);
    }
    for (number, name) in ["python", "rust"].into_iter().enumerate() {
        let language =
            birthmark::text::language::Language::from_number(number as u8).expect("a row");
        assert_eq!(language.name(), name, "rows are only ever appended");
    }
}

#[test]
fn buckets_are_as_described() {
    for (fingerprints, bits) in [
        (0, 0),
        (7, 0),
        (8, 0),
        (16, 1),
        (17, 1),
        (23, 1),
        (24, 2),
        (1 << 20, 17),
        (u64::MAX / 2, 27),
    ] {
        assert_eq!(format::bucket_bits(fingerprints), bits, "{fingerprints}");
    }
    let hash = 0xF123_4567_89AB_CDEF_u64;
    let key = format::key(hash);
    assert_eq!(key, hash.wrapping_mul(format::KEY_FACTOR) >> 29);
    assert_eq!(format::bucket_and_suffix(key, 0), (0, key));
    for bits in [4, 19, 27] {
        let (bucket, suffix) = format::bucket_and_suffix(key, bits);
        assert_eq!((u64::from(bucket), suffix), (key >> (35 - bits), key % (1 << (35 - bits))));
    }
    assert_eq!([0, 4, 11, 19, 27].map(format::suffix_bytes), [5, 4, 3, 2, 1]);
}

#[test]
fn postings_have_as_few_bytes_as_positions_and_marks_need() {
    assert_eq!([0, 254, 255, 65_534, 65_535].map(format::posting_bytes), [1, 1, 2, 2, 3]);
    assert_eq!([16_777_214, 16_777_215, u64::MAX / 2].map(format::posting_bytes), [3, 4, 4]);
    for bytes in 1..=4 {
        let marks = [format::INCOMPLETE_LIST, format::COMMON_LIST];
        let last = (1u64 << (8 * bytes)) as u32;
        for number in [0, 253, last.wrapping_sub(3)].into_iter().chain(marks) {
            assert_eq!(format::posting(&number.to_le_bytes()[..bytes]), number, "{bytes}");
        }
    }
}

#[test]
fn blind_kgrams_of_few_classes_are_not_listed() {
    let language = birthmark::text::language::Language::from_name("rust").expect("a row");
    for (distinct, listed) in [(1, 0), (4, 0), (5, 1), (20, 1)] {
        let classes: Vec<u8> = (0..BLIND.k).map(|i| 16 + (i % distinct) as u8).collect();
        let names = vec![0; BLIND.k];
        let blind = birthmark::engine::fingerprint::kgrams(&classes, &names, language, BLIND)
            .next()
            .expect("one");
        let found = birthmark::engine::fingerprint::fingerprints(&classes, &names, language);
        let count = found.iter().filter(|fingerprint| fingerprint.hash == blind).count();
        assert_eq!(count, listed, "{distinct} classes");
    }
}

/// An index that an earlier birthmark wrote opens, is whole, and says what it said.
#[test]
fn the_second_index_still_opens() {
    // A copy: opening for writing makes a lock.
    let directory = copy("fixtures/index-v2");
    let names = [IndexName::Directory(directory.path().to_owned())];
    Index::open(&names).expect("it opens").verify().expect("whole");
    let listed =
        IndexDirectory::open(directory.path()).expect("it opens").list().expect("readable");
    let facts: Vec<String> = listed
        .iter()
        .map(|entry| {
            let license =
                entry.component.license.expression.as_ref().map_or("", |license| license.as_str());
            format!("{} {license} {} {}", entry.component.purl, entry.documents, entry.lines)
        })
        .collect();
    assert_eq!(
        facts,
        [
            "pkg:generic/gridroute@1.4.0 GPL-3.0-or-later 3 126",
            "pkg:generic/plaintable@0.9.2 MIT 2 72"
        ]
    );
}

/// An index of the first format is refused by name, with the remedy, and stays as it is.
#[test]
fn the_first_index_is_refused() {
    let directory = copy("fixtures/index-v1");
    let names = [IndexName::Directory(directory.path().to_owned())];
    let files = || std::fs::read_dir(directory.path()).expect("readable").count();
    let before = files();
    for refused in [
        Index::open(&names).map(drop),
        IndexDirectory::open(directory.path()).map(drop),
        IndexDirectory::open_or_create(directory.path()).map(drop),
    ] {
        let error = refused.expect_err("another format").to_string();
        assert!(
            error.contains("manifest.json") && error.contains("birthmark index add"),
            "{error}"
        );
    }
    assert!((before..=before + 1).contains(&files()), "a lock at the most");
}

/// The files of a fixture in a directory of their own.
fn copy(fixture: &str) -> tempfile::TempDir {
    let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(fixture);
    let directory = tempfile::tempdir().expect("a directory");
    for entry in std::fs::read_dir(&fixture).expect("it is kept for ever") {
        let file = entry.expect("readable");
        std::fs::copy(file.path(), directory.path().join(file.file_name())).expect("copied");
    }
    directory
}
