# Shared by the end-to-end tests: the program under test, a place to work in, and checks that say what they found.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIRTHMARK=${BIRTHMARK:-$root/${CARGO_TARGET_DIR:-target}/release/birthmark}
[ -x "$BIRTHMARK" ] || { echo "no program at $BIRTHMARK; run cargo build --release" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export BIRTHMARK_LOG_DIR=$work/.birthmark-log
checks=0

# Fetches wheels by pip and unpacks them: fetch_wheel NAME==VERSION...
fetch_wheel() {
    local wanted
    for wanted in "$@"; do
        python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
            --dest "wheels/$wanted" "$wanted"
        python3 -m zipfile --extract "wheels/$wanted/"*.whl "${wanted%%==*}"
    done
}

# Fetches crates by cargo and unpacks them: fetch_crate NAME@VERSION...
fetch_crate() {
    local wanted cached
    for wanted in "$@"; do
        cargo info --quiet --color never "$wanted" > /dev/null
        cached=$(find "${CARGO_HOME:-$HOME/.cargo}/registry/cache" -name "${wanted/@/-}.crate" | head -n 1)
        mkdir -p "${wanted%%@*}"
        tar -xzf "$cached" -C "${wanted%%@*}" --strip-components 1
    done
}

# Scans into report.json: scan EXPECTED-EXIT-STATUS ARGUMENT...
scan() {
    local expected=$1 status=0
    shift
    "$BIRTHMARK" scan --no-config --no-progress --format json --output report.json "$@" || status=$?
    check "scan $*: exit status" "$expected" "$status"
}

# Asks the last report: ask PYTHON-EXPRESSION over `matches`, `findings` and `summary`.
ask() {
    python3 - "$1" <<'PYTHON'
import json, sys
report = json.load(open("report.json"))
matches, findings, summary = report["matches"], report["findings"], report["summary"]
print(eval(sys.argv[1]))
PYTHON
}

# check WHAT EXPECTED FOUND
check() {
    if [ "$2" != "$3" ]; then
        printf 'FAILED  %s\n  expected: %s\n  found:    %s\n' "$1" "$2" "$3" >&2
        exit 1
    fi
    checks=$((checks + 1))
    printf 'ok      %s: %s\n' "$1" "$3"
}

# Where built and installed things are kept between runs.
built=${CARGO_TARGET_DIR:-$root/target}

# Installs Debian packages if a program is missing: debian PROGRAM PACKAGE...
debian() {
    command -v "$1" > /dev/null && return 0
    shift
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" > /dev/null
}

# Makes a Python environment of its own, once for a set of requirements, and puts it first on the PATH:
# python_tools NAME REQUIREMENT...
python_tools() {
    local place=$built/e2e/$1
    shift
    if [ "$(cat "$place/requirements" 2> /dev/null)" != "$*" ]; then
        rm -rf "$place"
        python3 -m venv "$place"
        "$place/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
        printf '%s' "$*" > "$place/requirements"
    fi
    PATH=$place/bin:$PATH
}

# Installs npm packages in a place of their own, $tools, once for a set of them: node_tools NAME PACKAGE@VERSION...
node_tools() {
    tools=$built/e2e/$1-node
    shift
    if [ "$(cat "$tools/installed" 2> /dev/null)" != "$*" ]; then
        rm -rf "$tools"
        mkdir -p "$tools"
        npm install --silent --no-audit --no-fund --prefix "$tools" "$@"
        printf '%s' "$*" > "$tools/installed"
    fi
}

# Fails if Node.js is too old for the tools of the extension.
check_node() {
    [ "$(node --print 'process.versions.node.split(".")[0] >= 20')" = true ] && return 0
    echo "node $(node --version) is too old for the tools of the extension: install Node.js 20 or newer" >&2
    return 1
}

# What a clone of this repository would hold, as a repository of one commit: clone_source DIRECTORY
clone_source() {
    git init --quiet "$1"
    (cd "$root" && git ls-files -z --cached --others --exclude-standard |
        xargs -0 cp --parents --no-dereference --target-directory "$work/$1")
    git -C "$1" add --all
    git -C "$1" commit --quiet --message "All of it"
}

# Builds the wheel into $dist; BIRTHMARK_PROFILE=dev makes it quickly. Needs maturin on the PATH.
build_wheel() {
    dist=$built/e2e/dist
    rm -rf "$dist"
    (cd "$root/python" && maturin build --quiet --profile "${BIRTHMARK_PROFILE:-release}" --out "$dist")
    wheel=$(echo "$dist"/birthmark-*.whl)
}
