#!/usr/bin/env bash
# Packages of npm and sources of Debian, fetched by their own clients: what they hold is pinned by digest, licences are read
# per file, and a client that is missing is named with what to do.
source "$(dirname "$0")/common.sh"
export XDG_CACHE_HOME=$work/cache
touch started

add() {
    "$BIRTHMARK" index add --no-config --index ours --quiet "$@"
}

# Asks the list of components: component PURL KEY.
component() {
    "$BIRTHMARK" index list --no-config --index ours --format json | python3 -c '
import json, sys
entries = json.load(sys.stdin)["components"]
print(next(entry[sys.argv[2]] for entry in entries if entry["purl"] == sys.argv[1]))' "$1" "$2"
}

# What the recipe pins is what the registries serve.
add --recipe "$root/tests/e2e/sources.toml" 2> notes || { cat notes >&2; exit 1; }
"$BIRTHMARK" index verify --no-config --index ours
hiredis="pkg:deb/debian/hiredis@0.14.1-3?arch=source&distro=bookworm"
check "a scoped package" MIT "$(component "pkg:npm/%40sindresorhus/is@4.6.0" license)"
check "a source of Debian" BSD-3-Clause "$(component "$hiredis" license)"

# An archive that npm packed is the same component.
digest=$(component "pkg:npm/%40sindresorhus/is@4.6.0" digest)
npm pack --silent --ignore-scripts @sindresorhus/is@4.6.0 > /dev/null
add sindresorhus-is-4.6.0.tgz 2> /dev/null
check "the same from a file" "$digest" "$(component "pkg:npm/%40sindresorhus/is@4.6.0" digest)"

# What was fetched touched none of the system's lists.
check "own lists of sources" 1 "$(find cache/birthmark/apt/bookworm/lists -name '*_bookworm_main_source_Sources*' | wc -l)"
check "the system's lists" 0 "$(find /var/lib/apt/lists -newer started -name '*Sources*' | wc -l)"

# Processes that share a cache take turns at its lists.
twins=()
for number in 1 2; do
    XDG_CACHE_HOME=$work/shared "$BIRTHMARK" index add --no-config --index "twin$number" --quiet "$hiredis" 2>> notes &
    twins+=($!)
done
for twin in "${twins[@]}"; do
    wait "$twin" && status=0 || status=$?
    check "two processes and one cache" 0 "$status"
done

# A recipe makes a pack; made again, it fetches nothing.
export BIRTHMARK
mkdir broken
printf '#!/bin/sh\nexit 1\n' > broken/apt-get
chmod +x broken/apt-get
for path in "$PATH" "$work/broken:$PATH"; do
    list=$(PATH=$path "$root/corpus-index/build-packs.sh" packs csharp 2>> notes)
    check "the list of a pack" 1 "$(grep -c '"name": *"csharp"' "$list")"
done

# refused MESSAGE COMMAND...
refused() {
    local message=$1 status=0
    shift
    "$@" > /dev/null 2> error || status=$?
    check "${*: -1}: exit status" 2 "$status"
    check "${*: -1}: $message" 1 "$(grep -c -- "$message" error)"
}

without_clients=(env PATH=/nowhere "$BIRTHMARK" index add --no-config --index none --quiet)
refused "install npm, or download the .tgz file" "${without_clients[@]}" pkg:npm/ms@2.1.3
refused "run it on Debian, or download" "${without_clients[@]}" "$hiredis"
refused "No matching version found for ms@0.0.77" add pkg:npm/ms@0.0.77
refused "check the version, and the release" add "pkg:deb/debian/hiredis@0.0.1?arch=source&distro=bookworm"
refused "pkg:npm/ms names no version" add pkg:npm/ms
echo "$checks checks passed"
