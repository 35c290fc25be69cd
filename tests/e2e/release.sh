#!/usr/bin/env bash
# What is published, built by ci/release and used as by somebody who has nothing else: the source packages are installed into
# empty environments and scan a project. The wheel is installed by wheel.sh, the extension by workbench.sh.
source "$(dirname "$0")/common.sh"
version=$("$BIRTHMARK" --version | sed -n '1s/^birthmark //p')
export DIST=$work/dist CARGO_TARGET_DIR=$built
cd "$root"
ci/release --native sdist crate starter vsix sbom checksums > "$work/made.txt"
cd "$work"
check "what is published" "SHA256SUMS birthmark-$version.cdx.json birthmark-$version.crate birthmark-$version.tar.gz birthmark-$version.vsix birthmark-starter-$version.tar.gz" \
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

# Somebody's project, with a copy of indexed code.
cp -r "$root/examples" "$root/fixtures" .
# From here on nobody has a home with an index in it.
export XDG_DATA_HOME=$work/data
scan_demo() {
    local status=0
    (cd examples/demo && "$work/$1/bin/birthmark" scan --quiet --no-cache > "$work/found.txt" 2>&1) || status=$?
    echo "$status"
}

mkdir source && tar -xzf "dist/birthmark-$version.crate" -C source --strip-components 1
check "no starter index in the crate" absent "$([ -e source/corpus-index/starter.segment ] && echo present || echo absent)"
cargo install --quiet --locked --debug --path source --root crate
check "the crate: no starter index, exit status" 2 "$(scan_demo crate)"
check "the crate: it says what to do" 1 "$(grep -c "put \`starter.segment\` of the same release at $XDG_DATA_HOME/birthmark/starter.segment" found.txt)"
mkdir -p data/birthmark && tar -xzf "dist/birthmark-starter-$version.tar.gz" -C data/birthmark
check "the crate: exit status" 1 "$(scan_demo crate)"
check "the crate: doctor" 1 "$(crate/bin/birthmark doctor --license MIT | grep -c 'starter is sound')"

rm -r data
python3 -m venv fresh
MATURIN_PEP517_ARGS="--profile dev" fresh/bin/python -m pip install --quiet --disable-pip-version-check "dist/birthmark-$version.tar.gz"
check "the sdist: exit status" 1 "$(scan_demo fresh)"
check "the sdist: version" "birthmark $version" "$(fresh/bin/birthmark --version | head -n 1)"
echo "$checks checks passed"
