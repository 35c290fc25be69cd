//! Damaged and hostile segments and manifests: an error, never a panic, never silence, never much
//! memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs;

use birthmark::engine::fingerprint::{KgramHash, fingerprints};
use birthmark::engine::index::format::{self, Section};
use birthmark::engine::index::{
    Contents, Index, IndexDirectory, IndexError, IndexName, Segment, SegmentBytes, Spill,
    write_segment,
};

use crate::corpus::{Random, function, givens, prepare, segment_bytes};
use crate::segments::{repair, repair_trailer, trailer, try_all};

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
    let result = try_all(bytes, hashes);
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

/// Everything that one can read of a segment, as text; an error where any of it is refused.
fn read_all(bytes: Vec<u8>, hashes: &[KgramHash]) -> Result<String, IndexError> {
    let segment = Segment::open("the test's segment", SegmentBytes::Owned(bytes))?;
    let mut read = format!("{:?}", segment.counts());
    for &hash in hashes {
        let postings = segment.lookup(hash)?;
        read += &format!("{:?}", postings.completeness);
        for position in postings.list {
            read += &format!("{:?}", segment.document_at(position)?.0);
        }
    }
    for id in segment.documents() {
        let row = segment.document_row(id)?;
        let equal: Vec<_> =
            segment.documents_of(row.content)?.into_iter().map(|(id, _)| id).collect();
        read += &format!(
            "{row:?} {:?} {:?} {equal:?}",
            segment.document(&row)?,
            segment.columns(&row)?
        );
    }
    for id in segment.components() {
        let row = segment.component_row(id)?;
        read += &format!("{row:?} {:?}", segment.component(&row)?);
    }
    Ok(read)
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
    let trailer_bits = trailer(&bytes) * 8..bytes.len() * 8;
    let mut random = Random(17);
    let others: Vec<usize> = (0..4000).map(|_| random.below(bytes.len() * 8)).collect();
    for bit in trailer_bits.chain(others) {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(use_all(damaged, &hashes).is_err(), "bit {} of byte {}", bit % 8, bit / 8);
    }
}

/// Whoever reads without looking for damage is told of it, or answered as if there were none. Every
/// bit of a page and some of the others.
#[test]
fn no_flipped_bit_changes_an_answer() {
    let bytes = segment_bytes(&givens()[..1]);
    let hashes = hashes();
    let expected = read_all(bytes.clone(), &hashes).expect("whole as written");
    let mut random = Random(29);
    let bits =
        (0..bytes.len() * 8).filter(|bit| bit / 8 >= trailer(&bytes) || random.below(8) == bit % 8);
    let (mut refused, mut same) = (0, 0);
    for bit in bits.collect::<Vec<_>>() {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        match read_all(damaged, &hashes) {
            Err(_) => refused += 1,
            Ok(read) => {
                assert!(read == expected, "bit {} of byte {}", bit % 8, bit / 8);
                same += 1;
            }
        }
    }
    assert!(refused > same, "{refused} refused, {same} the same");
}

/// What is damaged is not written anew under new checksums.
#[test]
fn no_damage_is_laundered() {
    let whole = segment_bytes(&givens()[..2]);
    let rewrite = |bytes: Vec<u8>| -> Result<Vec<u8>, IndexError> {
        let segment = Segment::open("the test's segment", SegmentBytes::Owned(bytes))?;
        let contents = Contents::from_segments([&segment], |_| true)?;
        let mut written = Vec::new();
        match write_segment(&contents, &Spill::in_memory(), &mut written) {
            Ok(_) => Ok(written),
            Err(birthmark::engine::index::WriteError::Index(error)) => Err(error),
            Err(other) => panic!("{other}"),
        }
    };
    assert!(rewrite(whole.clone()).expect("whole") == whole);
    let mut random = Random(31);
    for _ in 0..1500 {
        let bit = random.below(whole.len() * 8);
        let mut damaged = whole.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        if let Ok(written) = rewrite(damaged) {
            // What is derived, such as postings, is made anew.
            assert!(written == whole, "bit {} of byte {}", bit % 8, bit / 8);
        }
    }
}

/// All damage is listed, and what is whole can be kept.
#[test]
fn what_is_whole_is_salvaged() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut index = IndexDirectory::open_or_create(directory.path()).expect("made");
    for given in &givens()[..3] {
        index.add(vec![given.prepare()]).expect("added");
    }
    drop(index);
    let name = IndexName::Directory(directory.path().to_owned());
    assert_eq!(birthmark::engine::index::damage(&name).expect("readable").len(), 0);
    let segments: Vec<_> = fs::read_dir(directory.path())
        .expect("readable")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "segment"))
        .collect();
    for file in &segments[..2] {
        let mut bytes = fs::read(file).expect("readable");
        bytes[format::PREAMBLE_BYTES] ^= 1;
        fs::write(file, bytes).expect("written");
    }
    assert_eq!(
        birthmark::engine::index::damage(&name).expect("readable").len(),
        2,
        "both are listed"
    );
    let mut index = IndexDirectory::open(directory.path()).expect("it opens");
    assert!(index.merge().is_err());
    drop(index);
    assert_eq!(IndexDirectory::salvage(directory.path()).expect("written").len(), 2);
    assert_eq!(birthmark::engine::index::damage(&name).expect("readable").len(), 0);
    let left = IndexDirectory::open(directory.path()).expect("it opens").list().expect("readable");
    assert_eq!(left.len(), 1);
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
                0 => trailer(&bytes) + random.below(format::TRAILER_BYTES),
                _ => random.below(bytes.len()),
            };
            damaged[at] = [0, 0xFF, 0x7F, 0x80, random.next() as u8][random.below(5)];
        }
        repair(&mut damaged);
        let _ = use_all(damaged, &hashes);
    }
}

#[test]
fn hostile_trailers_are_errors() {
    let bytes = small();
    let start = trailer(&bytes);
    let section = |section: Section, field: usize| start + section.offset_in_trailer() + field * 8;
    let huge = [u64::MAX, u64::MAX / 2 + 1, 1 << 40, u64::MAX - 511, (1 << 63) / 16];
    let mut places: Vec<usize> = (0..5).map(|i| start + format::OFFSET_COUNTS + i * 8).collect();
    for each in Section::ALL {
        places.extend([section(each, 0), section(each, 1)]);
    }
    for place in places {
        // The number of tokens and that of lines are only told.
        let told = [16, 24].contains(&(place - start - format::OFFSET_COUNTS));
        for value in huge {
            let mut damaged = bytes.clone();
            damaged[place..place + 8].copy_from_slice(&value.to_le_bytes());
            repair_trailer(&mut damaged);
            let opened = Segment::open("x", SegmentBytes::Owned(damaged.clone()));
            assert!(
                told || matches!(opened, Err(IndexError::Corrupt { .. })),
                "{value} at {place}"
            );
            assert!(use_all(damaged, &hashes()).is_err(), "{value} at {place}");
        }
    }
    // A little more or less than the counts say.
    for each in [
        Section::Components,
        Section::Documents,
        Section::Contents,
        Section::Buckets,
        Section::Suffixes,
        Section::Postings,
        Section::Pages,
    ] {
        let place = section(each, 1);
        let length = format::Bytes(&bytes).u64(place).expect("inside");
        for other in [0, length - 4, length - 2, length + 2, length + 4] {
            let mut damaged = bytes.clone();
            damaged[place..place + 8].copy_from_slice(&other.to_le_bytes());
            repair_trailer(&mut damaged);
            let opened = Segment::open("x", SegmentBytes::Owned(damaged));
            assert!(matches!(opened, Err(IndexError::Corrupt { .. })), "{each:?} of {other} bytes");
        }
    }
    for bits in 0..=u8::MAX {
        let mut damaged = bytes.clone();
        if bits == bytes[start + format::OFFSET_BUCKET_BITS] {
            continue;
        }
        damaged[start + format::OFFSET_BUCKET_BITS] = bits;
        repair_trailer(&mut damaged);
        assert!(Segment::open("x", SegmentBytes::Owned(damaged)).is_err(), "{bits} bucket bits");
    }
}

#[test]
fn sections_that_overlap_are_errors() {
    let bytes = small();
    let at = |section: Section| trailer(&bytes) + section.offset_in_trailer();
    let strings: [u8; 8] = bytes[at(Section::Strings)..][..8].try_into().expect("eight");
    // A section over another, and one over the preamble.
    for (section, start) in [(Section::Postings, strings), (Section::Strings, [0; 8])] {
        let mut damaged = bytes.clone();
        damaged[at(section)..][..8].copy_from_slice(&start);
        repair_trailer(&mut damaged);
        assert!(Segment::open("x", SegmentBytes::Owned(damaged)).is_err(), "{section:?}");
    }
}

#[test]
fn other_versions_name_the_remedy() {
    let bytes = small();
    for (at, value, remedy) in
        [(8, 3, "update"), (8, 1, "again"), (12, 200, "update"), (12, 0, "again")]
    {
        let mut other = bytes.clone();
        other[at] = value;
        match Segment::open("x", SegmentBytes::Owned(other)) {
            Err(error @ IndexError::Version { .. }) => {
                assert!(error.to_string().contains(remedy), "{error}")
            }
            other => panic!("{at} {value}: {:?}", other.err()),
        }
    }
}

/// A block of tokens that unpacks to more than its document can have, or says that it does.
#[test]
fn blocks_that_lie_about_their_size_are_errors() {
    let bytes = segment_bytes(&givens()[..1]);
    let field = |bytes: &[u8], at: usize| format::Bytes(bytes).u64(at).expect("inside") as usize;
    let start_of = |section: Section| field(&bytes, trailer(&bytes) + section.offset_in_trailer());
    let (documents, tokens) = (start_of(Section::Documents), start_of(Section::Tokens));
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
    use birthmark::engine::model::Model;
    let family = birthmark::text::language::Family::all().next().expect("one");
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
        let bits = model.named_bits(family, &classes, &names, i)
            + model.structure_bits(family, &classes, i);
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
                Err(IndexError::Corrupt { .. }
                    | IndexError::Version { .. }
                    | IndexError::Io { .. })
            ),
            "{what}"
        );
        assert!(IndexDirectory::open(directory.path()).is_err(), "{what}");
        let error = result.err();
        let said = error.as_ref().map(ToString::to_string).unwrap_or_default();
        let at_fault = [directory.path().to_str().expect("UTF-8"), ".segment", "lock"];
        assert!(at_fault.iter().any(|name| said.contains(name)), "{what}: {said}");
        error
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
    check("another shape", signed("{\"version\":2}").as_bytes());
    check("more than there should be", signed(&body.replacen('{', "{\"more\":1,", 1)).as_bytes());
    let version = check(
        "another version",
        signed(&body.replace("\"version\":2", "\"version\":1")).as_bytes(),
    );
    assert!(matches!(version, Some(IndexError::Version { .. })));
    let file = body.split('"').find(|word| word.ends_with(".segment")).expect("a file");
    for name in ["../x.segment", "/etc/passwd", "..", ".", "", "a/b", "a\\\\b", ".hidden"] {
        let error = check(name, signed(&body.replace(file, name)).as_bytes())
            .expect("an error")
            .to_string();
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
    for bytes in [
        segment_bytes(&givens()[1..]),
        Vec::new(),
        [&whole[..], b"more"].concat(),
        function(1, 9).into(),
    ] {
        fs::write(&file, bytes).expect("written");
        assert!(matches!(
            IndexDirectory::open(directory.path()),
            Err(IndexError::Corrupt { .. } | IndexError::Io { .. })
        ));
    }
    fs::remove_file(&file).expect("removed");
    assert!(matches!(IndexDirectory::open(directory.path()), Err(IndexError::Io { .. })));
}
