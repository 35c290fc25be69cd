#!/usr/bin/env bash
# Compiles a crate as cargo asks: rustc.sh RUSTC ARGUMENTS... Only birthmark and the targets get the counters by which
# libFuzzer sees new code, and debug assertions. Dependencies run as fast as they do for users: with counters, those that
# parse expressions and archives would take most of the time. No crate reports what it compares, which takes as long as
# all else: the words that inputs are compared with stand in fuzz/words.
set -euo pipefail
rustc=$1
shift
own=yes
# Cargo caps the lints of crates from a registry.
case " $* " in
*" --cap-lints "*) own=no ;;
esac
kept=()
for argument; do
    case $own:$argument in
    *:-Cllvm-args=-sanitizer-coverage-trace-compares) ;;
    no:-Cpasses=sancov-module | no:-Cllvm-args=* | no:-Cdebug-assertions) ;;
    *) kept+=("$argument") ;;
    esac
done
[ "$own" = yes ] || kept+=(-Cdebuginfo=0)
exec "$rustc" "${kept[@]}"
