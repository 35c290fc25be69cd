#!/usr/bin/env bash
# Builds starter.segment and the models of Python and Rust from recipe.toml: the same recipe gives the same bytes. Takes some minutes
# and the network, which cargo, pip, npm and apt-get use; see README.md.
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
"$birthmark" index add --no-config --allow-build --recipe "$here/recipe.toml" --index "$work" "$@"
"$birthmark" index merge --no-config --index "$work"
"$birthmark" index verify --no-config --index "$work"

segments=("$work"/*.segment)
[ "${#segments[@]}" -eq 1 ] || { echo "expected one segment, found ${#segments[@]}" >&2; exit 1; }
python3 - "$work" "$here" <<'PYTHON'
import json, pathlib, shutil, sys
index, here = map(pathlib.Path, sys.argv[1:])
models = json.loads((index / "manifest.json").read_text().splitlines()[0])["models"]
# Those of other families are learned from more packages, by build-models.sh.
own = {"python", "rust"}
if missing := own - {model["language"] for model in models}:
    sys.exit(f"learned no model of {', '.join(sorted(missing))}: the recipe holds too few packages of it")
for model in models:
    if model["language"] in own:
        shutil.copyfile(index / model["file"], here / f"starter.{model['language']}.model")
PYTHON
cp "${segments[0]}" "$here/starter.segment"

"$birthmark" index info --no-config --index "$work" --format json | python3 -c '
import json, pathlib, sys
info = json.load(sys.stdin)["info"]
info["bytes"] = pathlib.Path(sys.argv[1]).stat().st_size
print("{components} components, {documents:,} documents, {lines:,} lines in {bytes:,} bytes:".format(**info),
      "{:.1f} bytes a line".format(info["bytes"] / info["lines"]))' "$here/starter.segment"
