#!/usr/bin/env bash
# Learns starter.*.model for the families of languages of which the starter index holds too little, from the packages of
# models.toml: the same packages give the same bytes. The packages themselves do not become part of the index. Takes some
# minutes and the network, which npm and apt-get use; see README.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
cargo build --release --quiet
birthmark=${CARGO_TARGET_DIR:-target}/release/birthmark

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$birthmark" index add --no-config --recipe "$here/models.toml" --index "$work"
python3 - "$work" "$here" <<'PYTHON'
import json, pathlib, shutil, sys
index, here = map(pathlib.Path, sys.argv[1:])
for model in json.loads((index / "manifest.json").read_text().splitlines()[0])["models"]:
    # The starter index teaches these itself.
    if model["language"] not in ("python", "rust"):
        shutil.copyfile(index / model["file"], here / f"starter.{model['language']}.model")
        print(f"starter.{model['language']}.model: {model['bytes']:,} bytes")
PYTHON
