//! Damaged and hostile segments and manifests: an error, never a panic, never silence, never much memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs;

use birthmark::fingerprint::{KgramHash, fingerprints};
use birthmark::index::format::{self, Section};
use birthmark::index::{
    Contents, Index, IndexDirectory, IndexError, IndexName, Postings, Segment, SegmentBytes, Spill,
    write_segment,
};

use crate::corpus::{Random, function, givens, prepare, segment_bytes};

/// Counts what the thread under test asks for at most at once.
struct Counting;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: everything is passed on to the system's allocator.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(layout.size())));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(size)));
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Does everything one can do with the bytes of a segment; says whether it is whole.
fn use_all(bytes: Vec<u8>, hashes: &[KgramHash]) -> Result<(), IndexError> {
    let length = bytes.len();
    LARGEST.set(0);
    let result = Segment::open("the test's segment", SegmentBytes::Owned(bytes)).and_then(|segment| {
        for &hash in hashes {
            if let Postings::Listed(list) = segment.lookup(hash) {
                for position in list {
                    segment.document_at(position);
                }
            }
        }
        for id in segment.documents().take(50) {
            if let Ok(row) = segment.document_row(id) {
                let _ = (segment.document(&row), segment.columns(&row), segment.token_block(&row));
            }
        }
        for id in segment.components().take(50) {
            let _ = segment.component_row(id).and_then(|row| segment.component(&row));
        }
        let _ = segment.model();
        if let Ok(contents) = Contents::stored([&segment], |_| true) {
            let _ = write_segment(&contents, &Spill::in_memory(), std::io::Cursor::new(Vec::new()));
        }
        segment.verify()
    });
    let largest = LARGEST.get();
    assert!(largest <= length + (20 << 20), "{largest} bytes at once for a segment of {length}");
    result
}

fn hashes() -> Vec<KgramHash> {
    let columns = givens()[0].documents[0].columns();
    let language = givens()[0].documents[0].facts().language;
    let found = fingerprints(&columns.classes, &columns.names, language);
    found.into_iter().map(|fingerprint| fingerprint.hash).step_by(8).collect()
}

fn small() -> Vec<u8> {
    let bytes = segment_bytes(&givens()[..2]);
    assert!(bytes.len() < 64 << 10, "{}", bytes.len());
    bytes
}

/// Makes the checksums those of the bytes, as somebody would who means harm.
fn repair(bytes: &mut [u8]) {
    for section in Section::ALL {
        let at = format::OFFSET_SECTIONS + section as usize * 24;
        let field = |bytes: &[u8], at: usize| format::Bytes(bytes).u64(at).expect("inside") as usize;
        let (start, length) = (field(bytes, at), field(bytes, at + 8));
        if let Some(content) = start.checked_add(length).and_then(|end| bytes.get(start..end)) {
            let checksum = xxhash_rust::xxh3::xxh3_64(content);
            bytes[at + 16..at + 24].copy_from_slice(&checksum.to_le_bytes());
        }
    }
    let digest = blake3::hash(&bytes[format::HEADER_BYTES..]);
    bytes[format::OFFSET_CONTENT_DIGEST..][..32].copy_from_slice(digest.as_bytes());
    let checksum = xxhash_rust::xxh3::xxh3_64(&bytes[..format::OFFSET_HEADER_CHECKSUM]);
    bytes[format::OFFSET_HEADER_CHECKSUM..format::HEADER_BYTES].copy_from_slice(&checksum.to_le_bytes());
}

#[test]
fn no_truncation_is_silent() {
    let bytes = small();
    let hashes = hashes();
    use_all(bytes.clone(), &hashes).expect("whole as written");
    for length in 0..bytes.len() {
        let result = use_all(bytes[..length].to_vec(), &hashes);
        assert!(result.is_err(), "{length} of {} bytes", bytes.len());
    }
    assert!(use_all([&bytes[..], &[0]].concat(), &hashes).is_err(), "one byte more");
}

#[test]
fn no_flipped_bit_is_silent() {
    let bytes = small();
    let hashes = hashes();
    let header_bits = (0..format::HEADER_BYTES * 8).collect::<Vec<_>>();
    let mut random = Random(17);
    let others: Vec<usize> = (0..4000).map(|_| random.below(bytes.len() * 8)).collect();
    for bit in header_bits.into_iter().chain(others) {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(use_all(damaged, &hashes).is_err(), "bit {} of byte {}", bit % 8, bit / 8);
    }
}

/// Damage under valid checksums may go unseen where it changes no meaning, but does no harm.
#[test]
fn damage_under_valid_checksums_does_no_harm() {
    let bytes = small();
    let hashes = hashes();
    let mut random = Random(23);
    for _ in 0..6000 {
        let mut damaged = bytes.clone();
        for _ in 0..1 + random.below(4) {
            let at = match random.below(3) {
                0 => random.below(format::HEADER_BYTES),
                _ => random.below(bytes.len()),
            };
            damaged[at] = [0, 0xFF, 0x7F, 0x80, random.next() as u8][random.below(5)];
        }
        repair(&mut damaged);
        let _ = use_all(damaged, &hashes);
    }
}

#[test]
fn hostile_headers_are_errors() {
    let bytes = small();
    let section =
        |section: Section, field: usize| format::OFFSET_SECTIONS + section as usize * 24 + field * 8;
    let huge = [u64::MAX, u64::MAX / 2 + 1, 1 << 40, u64::MAX - 511, (1 << 63) / 24];
    let mut places: Vec<usize> = (0..5).map(|i| format::OFFSET_COUNTS + i * 8).collect();
    for each in Section::ALL {
        places.extend([section(each, 0), section(each, 1)]);
    }
    for place in places {
        // The number of tokens and that of lines are only told.
        let told = place == format::OFFSET_COUNTS + 16 || place == format::OFFSET_COUNTS + 24;
        for value in huge {
            let mut damaged = bytes.clone();
            damaged[place..place + 8].copy_from_slice(&value.to_le_bytes());
            repair(&mut damaged);
            let opened = Segment::open("x", SegmentBytes::Owned(damaged.clone()));
            assert!(told || matches!(opened, Err(IndexError::Corrupt { .. })), "{value} at {place}");
            assert!(use_all(damaged, &hashes()).is_err(), "{value} at {place}");
        }
    }
    // A little more or less than the counts say.
    for each in
        [Section::Components, Section::Documents, Section::Buckets, Section::Suffixes, Section::Postings]
    {
        let place = section(each, 1);
        let length = format::Bytes(&bytes).u64(place).expect("inside");
        for other in [0, length - 4, length - 2, length + 2, length + 4] {
            let mut damaged = bytes.clone();
            damaged[place..place + 8].copy_from_slice(&other.to_le_bytes());
            repair(&mut damaged);
            let opened = Segment::open("x", SegmentBytes::Owned(damaged));
            assert!(matches!(opened, Err(IndexError::Corrupt { .. })), "{each:?} of {other} bytes");
        }
    }
    for bits in 0..=u8::MAX {
        let mut damaged = bytes.clone();
        if bits == bytes[format::OFFSET_BUCKET_BITS] {
            continue;
        }
        damaged[format::OFFSET_BUCKET_BITS] = bits;
        repair(&mut damaged);
        assert!(Segment::open("x", SegmentBytes::Owned(damaged)).is_err(), "{bits} bucket bits");
    }
}

#[test]
fn sections_that_overlap_are_errors() {
    let bytes = small();
    let at = |section: Section| format::OFFSET_SECTIONS + section as usize * 24;
    let mut damaged = bytes.clone();
    let strings: [u8; 8] = bytes[at(Section::Strings)..][..8].try_into().expect("eight");
    damaged[at(Section::Postings)..][..8].copy_from_slice(&strings);
    repair(&mut damaged);
    assert!(use_all(damaged, &hashes()).is_err());
    // A section over the header.
    let mut damaged = bytes.clone();
    damaged[at(Section::Strings)..][..8].copy_from_slice(&0u64.to_le_bytes());
    repair(&mut damaged);
    assert!(Segment::open("x", SegmentBytes::Owned(damaged)).is_err());
}

#[test]
fn other_versions_name_the_remedy() {
    let bytes = small();
    for (at, value, remedy) in [(8, 2, "update"), (8, 0, "again"), (12, 200, "update"), (12, 0, "again")] {
        let mut other = bytes.clone();
        other[at] = value;
        repair(&mut other);
        match Segment::open("x", SegmentBytes::Owned(other)) {
            Err(error @ IndexError::Version { .. }) => assert!(error.to_string().contains(remedy), "{error}"),
            other => panic!("{at} {value}: {:?}", other.err()),
        }
    }
}

/// A block of tokens that unpacks to more than its document can have, or says that it does.
#[test]
fn blocks_that_lie_about_their_size_are_errors() {
    let bytes = segment_bytes(&givens()[..1]);
    let field = |bytes: &[u8], at: usize| format::Bytes(bytes).u64(at).expect("inside") as usize;
    let documents = field(&bytes, format::OFFSET_SECTIONS + Section::Documents as usize * 24);
    let tokens = field(&bytes, format::OFFSET_SECTIONS + Section::Tokens as usize * 24);
    // The second row: the first document is the empty one.
    let row = documents + format::DOCUMENT_ROW;
    let block = tokens + field(&bytes, row + 32);
    let length = format::Bytes(&bytes).u32(row + 40).expect("inside") as usize;

    let bomb = zstd::bulk::compress(&vec![0; 256 << 20], 3).expect("to memory");
    let mut damaged = bytes.clone();
    let fits = bomb.len().min(length);
    damaged[block..block + fits].copy_from_slice(&bomb[..fits]);
    repair(&mut damaged);
    assert!(use_all(damaged, &hashes()).is_err(), "a bomb");

    // More tokens than the block has, up to a count whose buffer would be 36 GB.
    for count in [0, 1, 1 << 20, 1 << 30, u32::MAX] {
        let mut damaged = bytes.clone();
        damaged[row + 8..row + 12].copy_from_slice(&count.to_le_bytes());
        repair(&mut damaged);
        assert!(use_all(damaged, &hashes()).is_err(), "{count} tokens");
    }
}

#[test]
fn hostile_models_do_no_harm() {
    use birthmark::model::Model;
    let language = birthmark::language::Language::all().next().expect("one");
    let names = vec![0xFF; 1 << 16];
    let model = |bits: u8, slots: &[u8]| [&[bits, 0, 0, 0, 0, 0, 0, 0][..], &names, slots].concat();
    for (bits, slots) in
        [(0, 0), (0, 8), (1, 4), (2, 15), (31, 4), (32, 4), (62, 4), (63, 0), (64, 0), (255, 0)]
    {
        assert!(Model::read(&model(bits, &vec![1; slots])).is_none(), "{bits} bits, {slots} bytes");
    }
    assert!(Model::read(&[]).is_none());
    assert!(Model::read(&[1; 8]).is_none());
    // No empty slot to end a search, and every tag the wrong one.
    let full = model(4, &[1; 64]);
    let model = Model::read(&full).expect("a model");
    let classes = [1u8, 2, 3, 200, 255, 0, 17];
    let names = [1u16, u16::MAX, 3, 4, 5, 6, 7];
    for i in 0..classes.len() {
        let bits =
            model.named_bits(language, &classes, &names, i) + model.structure_bits(language, &classes, i);
        assert!(bits.is_finite() && bits >= 0.0);
    }
}

/// An index directory, what its manifest says, and whether that is refused.
#[test]
fn damaged_manifests_are_errors() {
    let directory = tempfile::tempdir().expect("a directory");
    IndexDirectory::open_or_create(directory.path())
        .expect("made")
        .add(prepare(&givens()[..1]))
        .expect("added");
    let path = directory.path().join("manifest.json");
    let whole = fs::read_to_string(&path).expect("text");
    let body = whole.lines().next().expect("a line").to_owned();
    let open = || Index::open(&[IndexName::Directory(directory.path().to_owned())]).map(drop);
    let check = |what: &str, bytes: &[u8]| {
        fs::write(&path, bytes).expect("written");
        let result = open();
        assert!(
            matches!(
                result,
                Err(IndexError::Corrupt { .. } | IndexError::Version { .. } | IndexError::Io { .. })
            ),
            "{what}"
        );
        assert!(IndexDirectory::open(directory.path()).is_err(), "{what}");
        result.err()
    };
    for length in 0..whole.len() - 1 {
        check("cut short", &whole.as_bytes()[..length]);
    }
    for bit in 0..(whole.len() - 1) * 8 {
        let mut damaged = whole.clone().into_bytes();
        damaged[bit / 8] ^= 1 << (bit % 8);
        check("a flipped bit", &damaged);
    }
    let signed = |body: &str| format!("{body}\n{}\n", blake3::hash(body.as_bytes()).to_hex());
    check("no JSON", signed("nothing").as_bytes());
    check("another shape", signed("{\"version\":1}").as_bytes());
    check("more than there should be", signed(&body.replacen('{', "{\"more\":1,", 1)).as_bytes());
    let version =
        check("another version", signed(&body.replace("\"version\":1", "\"version\":2")).as_bytes());
    assert!(matches!(version, Some(IndexError::Version { .. })));
    let file = body.split('"').find(|word| word.ends_with(".segment")).expect("a file");
    for name in ["../x.segment", "/etc/passwd", "..", ".", "", "a/b", "a\\\\b", ".hidden"] {
        let error = check(name, signed(&body.replace(file, name)).as_bytes()).expect("an error").to_string();
        assert!(error.contains("leads out of the index"), "{name}: {error}");
    }
    for name in ["gone.segment", "lock"] {
        check(name, signed(&body.replace(file, name)).as_bytes());
    }
    fs::write(&path, &whole).expect("written");
    IndexDirectory::open(directory.path()).expect("whole again");
}

/// A segment that is whole, but not the one the manifest names.
#[test]
fn a_segment_in_anothers_place_is_an_error() {
    let directory = tempfile::tempdir().expect("a directory");
    IndexDirectory::open_or_create(directory.path())
        .expect("made")
        .add(prepare(&givens()[..1]))
        .expect("added");
    let file = fs::read_dir(directory.path())
        .expect("readable")
        .map(|entry| entry.expect("readable").path())
        .find(|path| path.extension().is_some_and(|extension| extension == "segment"))
        .expect("a segment");
    let whole = fs::read(&file).expect("readable");
    for bytes in
        [segment_bytes(&givens()[1..]), Vec::new(), [&whole[..], b"more"].concat(), function(1, 9).into()]
    {
        fs::write(&file, bytes).expect("written");
        assert!(matches!(
            IndexDirectory::open(directory.path()),
            Err(IndexError::Corrupt { .. } | IndexError::Io { .. })
        ));
    }
    fs::remove_file(&file).expect("removed");
    assert!(matches!(IndexDirectory::open(directory.path()), Err(IndexError::Io { .. })));
}
