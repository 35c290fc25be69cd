#!/usr/bin/env python3
"""An index of a billion postings that takes a gigabyte of disk, to ask what a look-up touches.

    pip install blake3==1.0.8 numpy==2.3.5 xxhash==3.6.0
    benches/synthetic.py DIRECTORY [--postings 1000000000] [--look-ups 1000]

Buckets are filled as hashes fill them, and the table of documents is whole, its lengths as uneven as those of files.
Suffixes and postings are holes of a sparse file, but for the buckets of as many hashes that are in the index as are not:
those are real, sorted, and listed in DIRECTORY/asked.tsv. `verify` rightly refuses the index, whose documents have no
tokens. The layout is that of corpus-index/FORMAT.md.
"""

import argparse
import json
import struct
from pathlib import Path

import blake3
import numpy
import xxhash

PREAMBLE, TRAILER, ALIGNMENT, PAGE, LOAD, SECTIONS, DOCUMENT_ROW = 64, 256, 64, 4096, 8, 10, 64
DOCUMENTS, CONTENTS, BUCKETS, SUFFIXES, POSTINGS, PAGES = 3, 4, 6, 7, 8, 9
KEY_BITS, KEY_FACTOR, MAX_BUCKET_BITS = 35, 0x9E37_79B9_7F4A_7C15, 27
CHUNK = 1 << 22
# Of 400 MB of published packages.
TOKENS_A_POSTING, POSTINGS_A_DOCUMENT, SPREAD_OF_LENGTHS = 2.6, 367, 1.4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--postings", type=int, default=1_000_000_000)
    parser.add_argument("--look-ups", type=int, default=1000, help="of each kind: in the index, and not")
    parser.add_argument("--normalizer", type=int, default=2, help="NORMALIZER_VERSION")
    arguments = parser.parse_args()
    arguments.directory.mkdir(parents=True, exist_ok=True)
    for path in arguments.directory.glob("*.segment"):
        path.unlink()
    Synthetic(arguments).write(arguments.directory)


class Synthetic:
    def __init__(self, arguments) -> None:
        self.postings = arguments.postings
        self.bits = min(max(self.postings // LOAD - 1, 0).bit_length(), MAX_BUCKET_BITS)
        self.suffix_bits = KEY_BITS - self.bits
        self.suffix_bytes = -(-self.suffix_bits // 8)
        self.normalizer = arguments.normalizer
        self.random = numpy.random.default_rng(self.postings)
        lengths = self.random.lognormal(0, SPREAD_OF_LENGTHS, max(self.postings // POSTINGS_A_DOCUMENT, 1))
        tokens = lengths * (self.postings * TOKENS_A_POSTING / lengths.sum())
        self.document_tokens = tokens.clip(1, 1 << 21).astype(numpy.uint32)
        self.tokens = int(self.document_tokens.sum(dtype=numpy.uint64))
        hashes = self.random.integers(0, 1 << 64, 2 * arguments.look_ups, dtype=numpy.uint64).tolist()
        self.asked = list({self.bucket(number): number for number in hashes}.values())
        self.filled = {}
        self.sections = self.layout()

    def layout(self) -> list[tuple[int, int]]:
        lengths = {
            DOCUMENTS: len(self.document_tokens) * DOCUMENT_ROW, CONTENTS: len(self.document_tokens) * 4,
            BUCKETS: ((1 << self.bits) + 1) * 4,
            SUFFIXES: self.postings * self.suffix_bytes, POSTINGS: self.postings * 4,
        }
        sections, end = [], PREAMBLE
        for number in range(SECTIONS):
            offset = (end + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
            if number == PAGES:
                lengths[PAGES] = -(-offset // PAGE) * 4
            end = offset + lengths.get(number, 0)
            sections.append((offset, lengths.get(number, 0)))
        return sections

    def write(self, directory: Path) -> None:
        digest = blake3.blake3(f"synthetic {self.postings}".encode()).digest()
        name, size = f"{digest.hex()[:32]}.segment", sum(self.sections[PAGES]) + TRAILER
        with open(directory / name, "w+b") as file:
            file.write(struct.pack("<8sIH", b"BMARKSEG", 2, self.normalizer))
            file.seek(self.sections[DOCUMENTS][0])
            file.write(self.documents())
            self.write_buckets(file)
            kinds = [self.write_entries(file, number, i % 2 == 0) for i, number in enumerate(self.asked)]
            file.truncate(size)
            seal = self.write_checksums(file)
        segment = {"file": name, "digest": digest.hex(), "bytes": size, "seal": f"{seal:016x}"}
        manifest = json.dumps({"version": 2, "segments": [segment], "models": []}, separators=(",", ":"))
        (directory / "manifest.json").write_text(f"{manifest}\n{blake3.blake3(manifest.encode()).hexdigest()}\n")
        (directory / "asked.tsv").write_text("".join(f"{number}\t{kind}\n" for number, kind in zip(self.asked, kinds)))
        written = (directory / name).stat().st_blocks * 512
        print(f"{self.postings} postings, {1 << self.bits} buckets, {len(self.document_tokens)} documents, "
              f"{size / 1e9:.2f} GB, of which {written / 1e9:.2f} GB are written")

    def write_checksums(self, file) -> int:
        """The checksums of the pages, most of which are holes, and the trailer; returns the seal."""
        start, length = self.sections[PAGES]
        file.seek(0)
        checksums = bytearray()
        for number in range(length // 4):
            page = file.read(min(PAGE, start - number * PAGE))
            checksums += struct.pack("<I", xxhash.xxh3_64_intdigest(page, seed=number) & 0xFFFF_FFFF)
        counts = (0, len(self.document_tokens), self.tokens, 0, self.postings)
        trailer = struct.pack("<5QB7x", *counts, self.bits)
        trailer += b"".join(struct.pack("<2Q", *section) for section in self.sections)
        trailer += struct.pack("<Q", xxhash.xxh3_64_intdigest(bytes(checksums)))
        trailer = trailer.ljust(TRAILER - 8, b"\0")
        seal = xxhash.xxh3_64_intdigest(trailer)
        file.seek(start)
        file.write(checksums + trailer + struct.pack("<Q", seal))
        return seal

    def documents(self) -> bytes:
        rows = numpy.zeros((len(self.document_tokens), DOCUMENT_ROW // 4), dtype="<u4")
        rows[1:, 1] = numpy.cumsum(self.document_tokens, dtype=numpy.uint64)[:-1]
        rows[:, 2] = self.document_tokens
        return rows.tobytes()

    def write_buckets(self, file) -> None:
        """First entries, and what the asked buckets hold; a chunk's share of what is left is what chance gives it."""
        file.seek(self.sections[BUCKETS][0])
        wanted = numpy.array([self.bucket(number) for number in self.asked])
        buckets, left, first = 1 << self.bits, self.postings, 0
        for start in range(0, buckets, CHUNK):
            size = min(CHUNK, buckets - start)
            share = left if start + size == buckets else int(self.random.binomial(left, size / (buckets - start)))
            counts = numpy.bincount(self.random.integers(0, size, share, dtype=numpy.uint32), minlength=size)
            ends = first + numpy.cumsum(counts)
            starts = ends - counts
            file.write(starts.astype("<u4").tobytes())
            for bucket in wanted[(wanted >= start) & (wanted < start + size)]:
                self.filled[int(bucket)] = (int(starts[bucket - start]), int(counts[bucket - start]))
            first, left = first + share, left - share
        file.write(struct.pack("<I", first))

    def write_entries(self, file, number: int, is_wanted: bool) -> str:
        """The bucket of a hash: as many sorted suffixes as it has, that of the hash among them if it is wanted and there are any."""
        first, count = self.filled[self.bucket(number)]
        is_hit = is_wanted and count > 0
        suffix = self.key(number) & ((1 << self.suffix_bits) - 1)
        suffixes = self.random.integers(0, 1 << self.suffix_bits, count, dtype=numpy.uint64)
        suffixes[suffixes == suffix] = suffix ^ 1
        if is_hit:
            suffixes[0] = suffix
        file.seek(self.sections[SUFFIXES][0] + first * self.suffix_bytes)
        file.write(b"".join(int(one).to_bytes(self.suffix_bytes, "little") for one in numpy.sort(suffixes)))
        file.seek(self.sections[POSTINGS][0] + first * 4)
        file.write(self.random.integers(0, self.tokens, count, dtype=numpy.uint64).astype("<u4").tobytes())
        return "hit" if is_hit else "miss"

    def bucket(self, number: int) -> int:
        return self.key(number) >> self.suffix_bits

    def key(self, number: int) -> int:
        return number * KEY_FACTOR % (1 << 64) >> (64 - KEY_BITS)


if __name__ == "__main__":
    main()
