#!/usr/bin/env bash
# Builds starter.segment from recipe.toml: the same recipe gives the same bytes. Takes some minutes and the network, which
# cargo, pip, npm and apt-get use; see README.md.
#
#   corpus-index/build.sh          hold every component to its digest
#   corpus-index/build.sh --pin    take down new digests, after components were added to or changed in the recipe
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
cargo build --release --quiet
birthmark=${CARGO_TARGET_DIR:-target}/release/birthmark

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$birthmark" index add --no-config --recipe "$here/recipe.toml" --index "$work" "$@"
"$birthmark" index merge --no-config --index "$work"
"$birthmark" index verify --no-config --index "$work"

segments=("$work"/*.segment)
[ "${#segments[@]}" -eq 1 ] || { echo "expected one segment, found ${#segments[@]}" >&2; exit 1; }
cp "${segments[0]}" "$here/starter.segment"

"$birthmark" index info --no-config --index "$work" --format json | python3 -c '
import json, sys
info = json.load(sys.stdin)["info"]
print("{components} components, {documents:,} documents, {lines:,} lines in {bytes:,} bytes:".format(**info),
      "{:.1f} bytes a line".format(info["bytes"] / info["lines"]))'
