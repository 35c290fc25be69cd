"""Twenty projects of the shapes that REUSE asks for take in code of others. Each is found lacking, attributed, and then
clean to birthmark and to REUSE's own linter, with the copyright notices of the origins.

Usage: reuse_projects.py PROGRAM REUSE INDEX ORIGINS, where ORIGINS holds the unpacked packages that INDEX is of.
"""

import pathlib
import shutil
import subprocess
import sys

PROGRAM, REUSE, INDEX, ORIGINS = (pathlib.Path(argument).resolve() for argument in sys.argv[1:5])

SIX = "Copyright (c) 2010-2024 Benjamin Peterson"
TOMLI = "2021 Taneli Hukkinen"
SQLPARSE = "Copyright (C) 2009-2020 the sqlparse authors and contributors"
REQUESTS = "Copyright 2019 Kenneth Reitz"
HEX = ["Copyright (c) 2013-2014 The Rust Project Developers.", "Copyright (c) 2015-2020 The rust-hex Developers."]


def lines(path, first, last):
    """The lines of an origin's file from one that begins so to before one that begins so."""
    text = (ORIGINS / path).read_text().split("\n")
    at = next(i for i, line in enumerate(text) if line.startswith(first))
    end = next((i for i, line in enumerate(text) if i > at and line.startswith(last)), len(text))
    return "\n".join(text[at:end]).rstrip() + "\n"


def indented(text):
    return "".join("    " + line if line.strip() else line for line in text.splitlines(keepends=True))


# Code of others; what an origin states of itself goes with it.
FUNCTIONS = lines("six/six.py", "def with_metaclass", "def ensure_text")
CLASS = lines("six/six.py", "class _SixMetaPathImporter", "_importer = ")
PARSER = lines("tomli/tomli/_parser.py", "def skip_chars", "def parse_key(")
TOKEN = lines("sqlparse/sqlparse/sql.py", "class Token:", "class TokenList")
MOCK = lines("requests/requests/cookies.py", "class MockRequest", "class MockResponse")
DECODE = lines("hex/src/lib.rs", "fn val(", "impl FromHex for Vec")

OWN = "import sys\n\n\ndef ours(a, b):\n    return [x for x in a if x not in b]\n\n\n"
RUST = "pub fn ours(a: u32) -> u32 {\n    a + 1\n}\n\n"


def header(license="MIT", mark="#"):
    tags = [("SPDX-FileCopyright" + "Text", "2026 Us"), ("SPDX-License" + "-Identifier", license)]
    return "".join(f"{mark} {tag}: {value}\n" for tag, value in tags) + "\n"


def annotations(license, *paths, extra=""):
    globs = ", ".join(f'"{path}"' for path in paths)
    holder = f'SPDX-FileCopyright{"Text"} = "2026 Us"'
    return f'[[annotations]]\npath = [{globs}]\n{extra}{holder}\nSPDX-License{"-Identifier"} = "{license}"\n'


def reuse_toml(license, *paths, extra=""):
    return "version = 1\n" + annotations(license, *paths, extra=extra)


# By itself REUSE applies no annotation to a file with tags.
AGGREGATE = 'precedence = "aggregate"\n'


def pyproject(license):
    return f'# SPDX-FileCopyright{"Text"}: 2026 Us\n# SPDX-License{"-Identifier"}: {license}\n[project]\nname = "ours"\nversion = "1"\nlicense = "{license}"\n'


def cargo(name, license):
    return f'# SPDX-FileCopyright{"Text"}: 2026 Us\n# SPDX-License{"-Identifier"}: {license}\n[package]\nname = "{name}"\nversion = "0.1.0"\nlicense = "{license}"\n'


DEP5 = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: ours

Files: *
Copyright: 2026 Us
License: MIT
"""

SIDE = header("MIT", "").replace(" SPDX", "SPDX").strip() + "\n"
OTHERS = (
    "# SPDX-SnippetBegin\n# SPDX-SnippetCopyright" + "Text: 2001 Somebody\n# SPDX-License" + "-Identifier: MIT\n"
    "def theirs(x):\n    return x\n# SPDX-SnippetEnd\n\n\n"
)

# Name, files, licences in LICENSES, and the notices that each file must have at last.
PROJECTS = [
    ("headers", {"a.py": header() + OWN + FUNCTIONS}, ["MIT"], {"a.py": [SIX]}),
    ("annotations", {"a.py": OWN + FUNCTIONS, "REUSE.toml": reuse_toml("MIT", "**", extra=AGGREGATE)}, ["MIT"], {"a.py": [SIX]}),
    ("dep5", {"a.py": OWN + PARSER, ".reuse/dep5": DEP5}, ["MIT"], {"a.py": [TOMLI]}),
    ("side files", {"a.py": OWN + TOKEN, "a.py.license": SIDE}, ["MIT"], {"a.py": [SQLPARSE]}),
    ("manifest", {"src/a.py": header() + OWN + TOKEN, "pyproject.toml": pyproject("MIT")}, ["MIT"], {"src/a.py": [SQLPARSE]}),
    ("apache", {"a.py": header("Apache-2.0") + OWN + FUNCTIONS, "pyproject.toml": pyproject("Apache-2.0")}, ["Apache-2.0"], {"a.py": [SIX]}),
    ("gpl", {"a.py": header("GPL-3.0-or-later") + OWN + MOCK}, ["GPL-3.0-or-later"], {"a.py": [REQUESTS]}),
    ("a choice", {"a.py": header("MIT OR Apache-2.0") + OWN + FUNCTIONS}, ["MIT", "Apache-2.0"], {"a.py": [SIX]}),
    (
        "several licences",
        {"a.py": header("MIT") + OWN + FUNCTIONS, "b.py": header("BSD-3-Clause") + OWN + PARSER, "c.py": header("GPL-3.0-only") + OWN + TOKEN},
        ["MIT", "BSD-3-Clause", "GPL-3.0-only"],
        {"a.py": [SIX], "b.py": [TOMLI], "c.py": [SQLPARSE]},
    ),
    (
        "workspace",
        {
            "one/pyproject.toml": pyproject("MIT"),
            "one/a.py": header("MIT") + OWN + FUNCTIONS,
            "two/pyproject.toml": pyproject("Apache-2.0"),
            "two/b.py": header("Apache-2.0") + OWN + MOCK,
        },
        ["MIT", "Apache-2.0"],
        {"one/a.py": [SIX], "two/b.py": [REQUESTS]},
    ),
    ("inside a function", {"a.py": header() + "def make():\n" + indented(CLASS) + "    return _SixMetaPathImporter\n"}, ["MIT"], {"a.py": [SIX]}),
    ("inside a class", {"a.py": header() + "class Ours:\n    x = 1\n\n" + indented(FUNCTIONS)}, ["MIT"], {"a.py": [SIX]}),
    ("crate", {"Cargo.toml": cargo("ours", "MIT"), "src/lib.rs": header("MIT", "//") + RUST + DECODE}, ["MIT"], {"src/lib.rs": HEX}),
    (
        "workspace of crates",
        {"Cargo.toml": header() + '[workspace]\nmembers = ["x"]\n', "x/Cargo.toml": cargo("x", "Apache-2.0"), "x/src/lib.rs": header("Apache-2.0", "//") + RUST + DECODE},
        ["MIT", "Apache-2.0"],
        {"x/src/lib.rs": HEX},
    ),
    (
        "two languages",
        {"a.py": header() + OWN + PARSER, "src/lib.rs": header("MIT", "//") + RUST + DECODE},
        ["MIT"],
        {"a.py": [TOMLI], "src/lib.rs": HEX},
    ),
    ("line ends of Windows", {"a.py": (header() + OWN + FUNCTIONS).replace("\n", "\r\n")}, ["MIT"], {"a.py": [SIX]}),
    ("several origins", {"a.py": header() + OWN + FUNCTIONS + "\n\n" + PARSER + "\n\n" + TOKEN}, ["MIT"], {"a.py": [SIX, TOMLI, SQLPARSE]}),
    ("tags of others", {"a.py": header() + OWN + OTHERS + FUNCTIONS}, ["MIT"], {"a.py": ["2001 Somebody", SIX]}),
    (
        "notices of our own",
        {"a.py": header() + OWN + MOCK, "THIRD-PARTY-NOTICES.md": "<!--\n" + header("MIT", "").replace(" SPDX", "SPDX").strip() + "\n-->\n# Ours\n\nRead this.\n"},
        ["MIT"],
        {"a.py": [REQUESTS]},
    ),
    (
        "annotations below",
        {"lib/a.py": OWN + FUNCTIONS, "lib/REUSE.toml": reuse_toml("Apache-2.0", "*.py", extra=AGGREGATE), "b.py": header() + OWN},
        ["MIT", "Apache-2.0"],
        {"lib/a.py": [SIX]},
    ),
    ("a script", {"run.py": "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n" + header() + OWN + FUNCTIONS}, ["MIT"], {"run.py": [SIX]}),
]


def ran(*command, cwd):
    return subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)


def birthmark(root, command, *arguments):
    return ran(PROGRAM, command, "--no-progress", "--index", INDEX, *arguments, cwd=root)


def fail(name, what, run):
    sys.exit(f"FAILED  {name}: {what}, status {run.returncode}\n{run.stdout}{run.stderr}")


def lint(name, root, when):
    run = ran(REUSE, "lint", cwd=root)
    if run.returncode:
        fail(name, f"reuse lint {when}", run)


def make(root, files, licenses):
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())
    (root / "LICENSES").mkdir(exist_ok=True)
    for license in licenses:
        (root / "LICENSES" / f"{license}.txt").write_text(f"{license}\n")
    subprocess.run(["git", "init", "--quiet", root], check=True)


def notices(root, path):
    """The notices in the tags of a file, in order, each once."""
    found = [line.split("Text:", 1)[1].strip() for line in (root / path).read_text().splitlines() if "SnippetCopyrightText:" in line]
    return list(dict.fromkeys(found))


def snapshot(root):
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and ".git" not in path.parts}


def check(name, files, licenses, expected):
    root = pathlib.Path("projects") / name.replace(" ", "-")
    shutil.rmtree(root, ignore_errors=True)
    make(root, files, licenses)
    lint(name, root, "before")
    run = birthmark(root, "scan", "--fail-on", "info")
    if run.returncode != 1 or "to attribute" not in run.stdout:
        fail(name, "the first scan misses no notice", run)
    run = birthmark(root, "attribute")
    if run.returncode or "warning" in run.stderr:
        fail(name, "attribute", run)
    for path, holders in expected.items():
        if sorted(notices(root, path)) != sorted(holders):
            sys.exit(f"FAILED  {name}: {path} has the notices {notices(root, path)}, not {holders}\n{(root / path).read_text()}")
    for text in (root / "LICENSES").glob("*.txt"):
        if text.stem not in licenses and any(open in text.read_text().lower() for open in ("<year>", "[yyyy]", "<owner>")):
            sys.exit(f"FAILED  {name}: {text} has a placeholder")
    [file] = [root / file for file in ("THIRD-PARTY.md", "THIRD-PARTY-NOTICES.md") if (root / file).exists()]
    held = file.read_text()
    for holder in (holder for holders in expected.values() for holder in holders if holder != "2001 Somebody"):
        if holder not in held:
            sys.exit(f"FAILED  {name}: {holder} is not in\n{held}")
    if any(REQUESTS in holders for holders in expected.values()) and "Requests, for the test" not in held:
        sys.exit(f"FAILED  {name}: the file NOTICE is not in\n{held}")
    lint(name, root, "after")
    run = birthmark(root, "scan", "--fail-on", "info")
    if run.returncode:
        fail(name, "the last scan is not quiet", run)
    before = snapshot(root)
    birthmark(root, "attribute")
    if snapshot(root) != before:
        sys.exit(f"FAILED  {name}: a second run changes files")
    print(f"ok      {name}: {', '.join(holder for holders in expected.values() for holder in holders)}")


for project in PROJECTS:
    check(*project)
print(f"{len(PROJECTS)} projects passed")
