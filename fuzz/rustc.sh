#!/usr/bin/env bash
# Compiles a crate as cargo asks: rustc.sh RUSTC ARGUMENTS... Only birthmark and the targets get the counters by which
# libFuzzer sees new code, and debug assertions. Dependencies run as fast as they do for users: with counters, those that
# parse expressions and archives would take most of the time.
set -euo pipefail
rustc=$1
shift
# Cargo caps the lints of crates from a registry.
case " $* " in
*" --cap-lints "*)
    kept=()
    for argument; do
        case $argument in
        -Cpasses=sancov-module | -Cllvm-args=* | -Cdebug-assertions) ;;
        *) kept+=("$argument") ;;
        esac
    done
    set -- "${kept[@]}" -Cdebuginfo=0
    ;;
esac
exec "$rustc" "$@"
