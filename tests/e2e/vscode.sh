#!/usr/bin/env bash
# The extension for VS Code: its types, its tests against the real server, and the package that the official tool makes of it.
source "$(dirname "$0")/common.sh"
extension=$root/editors/vscode
export BIRTHMARK
check_node

cd "$extension"
before=$(git status --porcelain -- .)
npm ci --silent
npm test
check "what npm changed" "$before" "$(git status --porcelain -- .)"

npm run --silent package -- --out "$work/birthmark.vsix" > "$work/package.txt" 2>&1 || { cat "$work/package.txt"; exit 1; }
check "warnings of vsce" "" "$(grep -iE 'warn|error' "$work/package.txt" || true)"
cd "$work"
python3 -m zipfile --extract birthmark.vsix unpacked
check "what is in the package" "\
[Content_Types].xml
extension.vsixmanifest
extension/LICENSE-APACHE
extension/LICENSE-MIT
extension/LICENSE.txt
extension/changelog.md
extension/media/birthmark.svg
extension/media/icon.png
extension/media/walkthrough/check.svg
extension/media/walkthrough/decide.md
extension/media/walkthrough/explain.svg
extension/media/walkthrough/program.md
extension/out/THIRD-PARTY-NOTICES.txt
extension/out/extension.js
extension/package.json
extension/readme.md" "$(cd unpacked && find . -type f -printf '%P\n' | LC_ALL=C sort)"
check "the licences of what is bundled" "vscode-jsonrpc vscode-languageclient vscode-languageserver-protocol" \
    "$(grep -oE '^vscode-(jsonrpc|languageclient|languageserver-protocol) ' unpacked/extension/out/THIRD-PARTY-NOTICES.txt |
        tr -d '\n' | sed 's/ $//')"
check "the version" "$("$BIRTHMARK" --version | sed -n '1s/^birthmark //p')" \
    "$(node --print 'require("./unpacked/extension/package.json").version')"
echo "$checks checks passed"
