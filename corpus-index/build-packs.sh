#!/usr/bin/env bash
# Builds packs from the recipes in corpus-index/packs: for each an index, and of the index a generation of the pack. Prints the
# lists that it made. What an index holds already is left alone. Signing is left to whoever has the key; see docs/packs.md.
#
#   corpus-index/build-packs.sh TO [NAME...]     TO: the directory of packs; the indexes are kept in TO/indexes
set -euo pipefail
[ $# -gt 0 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
to=$(cd "$1" && pwd)
shift
cd "$here/.."
birthmark=${BIRTHMARK:-${CARGO_TARGET_DIR:-target}/release/birthmark}
[ -x "$birthmark" ] || cargo build --release --quiet

names=("$@")
[ $# -gt 0 ] || mapfile -t names < <(basename -s .toml -- "$here"/packs/*.toml)
for name in "${names[@]}"; do
    "$birthmark" index add --no-config --recipe "$here/packs/$name.toml" --index "$to/indexes/$name" >&2
    "$birthmark" pack create --no-config "$name" --index "$to/indexes/$name" --to "$to" --format json |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["list"])'
done
