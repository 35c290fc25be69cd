#!/usr/bin/env bash
# Instructions that fixed work takes, by valgrind's callgrind, against the bounds of benches/instructions.tsv: time
# depends on the machine and on who else uses it, the count hardly does.
#
#   benches/instructions.sh [BIRTHMARK]      --update as the first word writes the bounds anew, an eighth above the count
set -euo pipefail
cd "$(dirname "$0")/.."
update=no
if [ "${1:-}" = --update ]; then
    update=yes
    shift
fi
birthmark=$(realpath "${1:-target/release/birthmark}")
bounds=benches/instructions.tsv
command -v valgrind > /dev/null || {
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq && "${as_root[@]}" apt-get install -y -qq valgrind
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
rows=()

# count NAME ARGUMENTS...: runs birthmark on one thread and compares.
count() {
    local name=$1 status=0 instructions bound
    shift
    RAYON_NUM_THREADS=1 valgrind --tool=callgrind --callgrind-out-file="$work/out" "$birthmark" "$@" \
        > "$work/said" 2> "$work/log" || status=$?
    if [ "$status" -gt 1 ]; then
        cat "$work/log" >&2
        return 1
    fi
    instructions=$(awk '/^(totals|summary):/ { print $2; exit }' "$work/out")
    bound=$(awk -F'\t' -v name="$name" '$1 == name { print $2 }' "$bounds" 2> /dev/null || true)
    printf '%-8s %14d instructions, bound %s\n' "$name" "$instructions" "${bound:-none}"
    rows+=("$name	$((instructions + instructions / 8))")
    if [ "$update" = no ] && [ "$instructions" -gt "${bound:-0}" ]; then
        echo "$name takes more instructions than $bounds allows" >&2
        failed=1
    fi
}

components=fixtures/demo-components
count start scan examples/demo/dock/src/lib.rs --no-config --no-cache --license MIT
count scan scan "$components" --index fixtures/demo-index --no-config --no-cache --license MIT --jobs 1
count add index add "$components/gridroute" "$components/plaintable" --no-config --index "$work/index"
[ "$update" = no ] || printf '%s\n' "${rows[@]}" > "$bounds"
exit "$failed"
