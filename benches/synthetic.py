#!/usr/bin/env python3
"""An index of a billion postings that takes half a gigabyte of disk, to ask what a look-up touches.

    pip install blake3==1.0.8 numpy==2.3.5 xxhash==3.6.0
    benches/synthetic.py DIRECTORY [--postings 1000000000]

The table of buckets is whole, each bucket as full as it would be. Suffixes and postings are holes of a sparse file:
which pages a look-up reads depends on the buckets alone, and a page of a hole is mapped like any other. The index holds
no document, so nothing is ever found in it; `verify` rightly refuses it. The layout is that of corpus-index/FORMAT.md.
"""

import argparse
import json
import struct
from pathlib import Path

import blake3
import numpy
import xxhash

HEADER, ALIGNMENT, LOAD, SECTIONS = 512, 64, 8, 9
BUCKETS, SUFFIXES, POSTINGS = 5, 6, 7
CHUNK = 1 << 22


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--postings", type=int, default=1_000_000_000)
    parser.add_argument("--normalizer", type=int, default=1, help="NORMALIZER_VERSION")
    arguments = parser.parse_args()
    postings = arguments.postings
    bits = max(postings // LOAD - 1, 0).bit_length()
    lengths = {BUCKETS: ((1 << bits) + 1) * 4, SUFFIXES: postings * 2, POSTINGS: postings * 4}
    sections, end = [], HEADER
    for number in range(SECTIONS):
        offset = (end - HEADER + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT + HEADER
        end = offset + lengths.get(number, 0)
        sections.append((offset, end - offset))

    digest = blake3.blake3(f"synthetic {postings}".encode()).digest()
    header = struct.pack("<8sIHH32s5QB7x", b"BMARKSEG", 1, arguments.normalizer, 0, digest, 0, 0, 0, 0, postings, bits)
    header += b"".join(struct.pack("<3Q", *section, 0) for section in sections)
    header = header.ljust(HEADER - 8, b"\0")
    header += struct.pack("<Q", xxhash.xxh3_64_intdigest(header))

    arguments.directory.mkdir(parents=True, exist_ok=True)
    name = f"{digest.hex()[:32]}.segment"
    with open(arguments.directory / name, "wb") as file:
        file.write(header)
        file.seek(sections[BUCKETS][0])
        buckets = 1 << bits
        for first in range(0, buckets + 1, CHUNK):
            numbers = numpy.arange(first, min(first + CHUNK, buckets + 1), dtype=numpy.uint64)
            file.write((numbers * numpy.uint64(postings) >> numpy.uint64(bits)).astype("<u4").tobytes())
        file.truncate(end)
    segment = {"file": name, "digest": digest.hex(), "bytes": end}
    manifest = json.dumps({"version": 1, "segments": [segment]}, separators=(",", ":"))
    (arguments.directory / "manifest.json").write_text(f"{manifest}\n{blake3.blake3(manifest.encode()).hexdigest()}\n")
    print(f"{postings} postings, {1 << bits} buckets, {end / 1e9:.2f} GB, of which {lengths[BUCKETS] / 1e9:.2f} GB are written")


if __name__ == "__main__":
    main()
