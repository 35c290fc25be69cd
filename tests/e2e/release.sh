#!/usr/bin/env bash
# Builds everything that is published by one run of ci/release. Installs the wheel, the crate and the sdist into empty
# environments and scans a project with each. workbench.sh installs the extension.
source "$(dirname "$0")/common.sh"
version=$("$BIRTHMARK" --version | sed -n '1s/^birthmark //p')
python_tools release auditwheel==6.8.2
export DIST=$work/dist CARGO_TARGET_DIR=$built
# Zig compiles every dependency anew. Optimizing them would take minutes and change nothing that this test checks.
BIRTHMARK_PROFILE=release CARGO_PROFILE_RELEASE_OPT_LEVEL=0 "$root/ci/release" > made.txt
wheel=birthmark-$version-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl
check "what is published" "SHA256SUMS $wheel birthmark-$version.cdx.json birthmark-$version.crate birthmark-$version.tar.gz birthmark-$version.vsix birthmark-starter-$version.tar.gz" \
    "$(find dist -type f -printf '%f\n' | LC_ALL=C sort | xargs)"
check "checksums" "OK" "$(cd dist && sha256sum --check SHA256SUMS | sed 's/.*: //' | sort -u)"
check "version of the extension" "$version" "$(python3 - "dist/birthmark-$version.vsix" <<'PYTHON'
import json, sys, zipfile
print(json.loads(zipfile.ZipFile(sys.argv[1]).read("extension/package.json"))["version"])
PYTHON
)"
check "the bill of materials names the grammars" "tree-sitter tree-sitter-language tree-sitter-python tree-sitter-rust tree-sitter-typescript" \
    "$(python3 -c 'import json, sys; print(*sorted(c["name"] for c in json.load(sys.stdin)["components"] if c["name"].startswith("tree-sitter")))' \
        < "dist/birthmark-$version.cdx.json")"

# A project with a copy of indexed code, and a user without an index in the home directory.
cp -r "$root/examples" "$root/fixtures" .
export XDG_DATA_HOME=$work/data
scan_demo() {
    local status=0
    (cd examples/demo && "$work/$1/bin/birthmark" scan --quiet --no-cache > "$work/found.txt" 2>&1) || status=$?
    echo "$status"
}

check "the wheel: the oldest platform that can run it" manylinux_2_17_x86_64 \
    "$(auditwheel show --json "dist/$wheel" | python3 -c 'import json, sys; print(json.load(sys.stdin)["overall_tag"])')"
check "the wheel: licences" "LICENSE-APACHE LICENSE-MIT NOTICE" \
    "$(python3 -m zipfile --list "dist/$wheel" | sed -n 's,.*dist-info/licenses/\([^ ]*\).*,\1,p' | sort | xargs)"
python3 -m venv prebuilt
prebuilt/bin/python -m pip install --quiet --disable-pip-version-check --no-index "dist/$wheel"
check "the wheel: version" "birthmark $version" "$(prebuilt/bin/birthmark --version | head -n 1)"
status=0
prebuilt/bin/birthmark doctor --license MIT > doctor.txt || status=$?
check "the wheel: doctor, exit status" 0 "$status"
check "the wheel: doctor, index and planted copy" 2 "$(grep -c -e 'starter is sound' -e 'a planted copy was found' doctor.txt)"
check "the wheel: exit status" 1 "$(scan_demo prebuilt)"
prebuilt/bin/python -m pip uninstall --quiet --yes birthmark
check "the wheel: removed without a trace" absent "$([ -e prebuilt/bin/birthmark ] && echo present || echo absent)"

mkdir source && tar -xzf "dist/birthmark-$version.crate" -C source --strip-components 1
check "no starter index in the crate" absent "$([ -e source/corpus-index/starter.segment ] && echo present || echo absent)"
cargo install --quiet --locked --debug --path source --root crate
check "the crate: no starter index, exit status" 2 "$(scan_demo crate)"
check "the crate: it says what to do" 1 "$(grep -c "put \`starter.segment\` of the same release at $XDG_DATA_HOME/birthmark/starter.segment" found.txt)"
mkdir -p data/birthmark && tar -xzf "dist/birthmark-starter-$version.tar.gz" -C data/birthmark
check "the starter index" same "$(cmp data/birthmark/starter.segment "$root/corpus-index/starter.segment" && echo same)"
check "the crate: exit status" 1 "$(scan_demo crate)"

rm -r data
python3 -m venv fresh
MATURIN_PEP517_ARGS="--profile dev" fresh/bin/python -m pip install --quiet --disable-pip-version-check "dist/birthmark-$version.tar.gz"
check "the sdist: exit status" 1 "$(scan_demo fresh)"
check "the sdist: version" "birthmark $version" "$(fresh/bin/birthmark --version | head -n 1)"
echo "$checks checks passed"
