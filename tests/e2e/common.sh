# Shared by the end-to-end tests: the program under test, a place to work in, and checks that say what they found.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIRTHMARK=${BIRTHMARK:-$root/${CARGO_TARGET_DIR:-target}/release/birthmark}
[ -x "$BIRTHMARK" ] || { echo "no program at $BIRTHMARK; run cargo build --release" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
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
