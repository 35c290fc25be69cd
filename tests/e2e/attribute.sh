#!/usr/bin/env bash
# A project that follows REUSE takes in code of others: `birthmark attribute` declares it, the next scan is quiet, the
# code is the same to Python, and REUSE's own linter accepts what was written.
source "$(dirname "$0")/common.sh"

python3 -m venv reuse
reuse/bin/pip install --quiet --disable-pip-version-check reuse==6.2.0

fetch_wheel six==1.17.0
fetch_wheel tomli==2.0.1
"$BIRTHMARK" index add wheels/six==1.17.0/*.whl wheels/tomli==2.0.1/*.whl --index ours > /dev/null

# Functions of six between functions of our own, once at the top and once indented with CRLF line ends; a file of tomli.
mkdir -p project/src/ours
python3 - <<'PYTHON'
lines = open("six/six.py").read().split("\n")
at = lambda start: next(i for i, line in enumerate(lines) if line.startswith(start))
header = ["# SPDX-FileCopyrightText: 2026 Us", "# SPDX-License-Identifier: Apache-2.0", "", "import sys", ""]
own = ["", "", "def ours(a, b):", "    return [x for x in a if x not in b]", ""]
copied = lines[at("def with_metaclass"):at("def ensure_text")]
open("project/src/ours/compat.py", "w").write("\n".join(header + own + copied + own) + "\n")
inside = ["", "", "class Ours:", "    def own(self):", "        return 1", ""]
moved = lines[at("class _SixMetaPathImporter"):at("_importer = ")]
moved = ["    " + line if line else line for line in moved]
text = "\n".join(header + inside + moved + own)
open("project/src/ours/moved.py", "w", newline="").write(text.replace("\n", "\r\n"))
parser = open("tomli/tomli/_parser.py").read().split("\n")
first, last = (next(i for i, line in enumerate(parser) if line.startswith(f"def {name}")) for name in ("skip_chars", "parse_key("))
open("project/src/ours/parse.py", "w").write("\n".join(header + parser[first:last]) + "\n")
PYTHON
cd project
git init --quiet
printf '[project]\nname = "ours"\nversion = "1"\nlicense = "Apache-2.0"\n' > pyproject.toml
printf 'version = 1\n[[annotations]]\npath = ["pyproject.toml", ".gitignore"]\nSPDX-FileCopyrightText = "2026 Us"\nSPDX-License-Identifier = "Apache-2.0"\n' > REUSE.toml
../reuse/bin/reuse download --all > /dev/null 2>&1 || { mkdir -p LICENSES && echo "Apache-2.0" > LICENSES/Apache-2.0.txt; }
check "reuse lint before" 0 "$(../reuse/bin/reuse lint --quiet > /dev/null && echo 0 || echo 1)"
cp -r src ../before

attribute() {
    "$BIRTHMARK" attribute --no-progress --index ../ours "$@"
}
project_scan() {
    "$BIRTHMARK" scan --no-progress --index ../ours --format json --output ../report.json --fail-on info "$@" || return 1
}

project_scan && found=0 || found=1
check "before: a notice is missing" 1 "$found"
cd .. && check "before: rules" "['attribution-missing']" "$(ask 'sorted({f["rule"] for f in findings})')" && cd project

# Two branches accept different code; git merges both decisions by itself.
cp -r . ../merged
(
    cd ../merged
    export GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.org GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.org
    git add . && git commit --quiet --message base
    for file in compat parse; do
        git checkout --quiet -b "$file" "$(git rev-list --max-parents=0 HEAD)"
        line=$(python3 -c 'import json, sys
print(next(m["region"]["start_line"] for m in json.load(open("../report.json"))["matches"] if sys.argv[1] in m["path"]))' "$file")
        "$BIRTHMARK" accept --no-progress --index ../ours "src/ours/$file.py:$line" --reason "agreed in $file" > /dev/null
        git add . && git commit --quiet --message "$file"
    done
    git merge --quiet compat > /dev/null
    "$BIRTHMARK" log --format json > ../log.json
    "$BIRTHMARK" scan --no-progress --index ../ours --format json --output ../accepted.json --fail-on never
)
check "both decisions are merged" 2 "$(python3 -c 'import json; print(len(json.load(open("../log.json"))["decisions"]))')"
check "both are honoured" "['standing', 'standing']" \
    "$(python3 -c 'import json; print([a["fate"] for a in json.load(open("../accepted.json"))["accepted"]])')"

attribute --dry-run > ../the.patch
check "a dry run writes nothing" "" "$(diff -r src ../before)"
cp -r . ../patched
(cd ../patched && git apply ../the.patch)
attribute > ../told
check "the patch is what is written" "" "$(diff -r src ../patched/src && diff -r LICENSES ../patched/LICENSES && diff THIRD-PARTY.md ../patched/THIRD-PARTY.md)"

project_scan && found=0 || found=1
check "after: the scan is quiet" 0 "$found"
cd .. && check "after: all is declared" "{True}" "$(ask '{m["declared"]["agrees_with"] is not None for m in matches}')"
check "after: owners" "['pkg:pypi/six', 'pkg:pypi/tomli']" "$(ask 'sorted({m["declared"]["agrees_with"].split("@")[0] for m in matches})')" && cd project

check "reuse lint after" 0 "$(../reuse/bin/reuse lint --quiet > ../lint && echo 0 || { ../reuse/bin/reuse lint >&2; echo 1; })"
check "reuse reads the snippets" True "$(../reuse/bin/reuse lint --json | python3 -c '
import json, sys
files = json.load(sys.stdin)["files"]
found = next(f for f in files if f["path"].endswith("compat.py"))
print({"MIT", "Apache-2.0"} <= {e["value"] for e in found["spdx_expressions"]} and any("Benjamin Peterson" in c["value"] for c in found["copyrights"]))')"
check "the code is the same to Python" same "$(python3 - <<'PYTHON'
import ast, pathlib
for path in pathlib.Path("src").rglob("*.py"):
    before = pathlib.Path("../before") / path.relative_to("src")
    assert ast.dump(ast.parse(path.read_bytes())) == ast.dump(ast.parse(before.read_bytes())), path
    breaks = lambda data: (data.count(b"\n") == data.count(b"\r\n"), data.count(b"\r\n") == 0)
    assert breaks(path.read_bytes()) == breaks(before.read_bytes()), path
print("same")
PYTHON
)"
rm -rf ../once && cp -r . ../once
attribute > ../told
check "running it twice changes nothing" "" "$(diff -r . ../once)"
check "running it twice says so" "Nothing to declare" "$(grep -o '^Nothing to declare' ../told)"

# Twenty projects of other shapes.
cd ..
fetch_wheel sqlparse==0.5.1 requests==2.32.3
fetch_crate hex@0.4.3
printf 'Requests, for the test\nCopyright 2019 Kenneth Reitz\n' > requests/NOTICE
for origin in six tomli sqlparse requests hex; do
    "$BIRTHMARK" index add "$origin" --index origins > /dev/null
done
python3 "$root/tests/e2e/reuse_projects.py" "$BIRTHMARK" reuse/bin/reuse origins .
echo "$checks checks passed"
