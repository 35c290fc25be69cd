#!/usr/bin/env bash
# The extension in the real workbench of VS Code, as people see it: code-server (Code 1.96) serves the workbench, Chromium shows
# it, and workbench.py uses it. Its screenshots are kept in e2e/screenshots below the target directory.
source "$(dirname "$0")/common.sh"
release=4.96.4
place=$built/e2e/code-server
screenshots=$built/e2e/screenshots

# Runs a command, and ends it with a message after some time: within SECONDS WHAT COMMAND...
within() {
    local limit=$1 what=$2 status=0
    shift 2
    timeout --kill-after 5 "$limit" "$@" || status=$?
    [ "$status" -ne 124 ] || echo "FAILED  $what took more than $limit seconds" >&2
    return "$status"
}

# Only the workbench and its server are taken from code-server. Neither needs a compiled module, so no install script runs.
# The lock file pins one package to a git repository; npm takes that package from its registry instead.
install_code() {
    [ "$(cat "$place/installed" 2> /dev/null)" != "$release" ] || return 0
    rm -rf "$place"
    mkdir -p "$place"
    cd "$place"
    within 600 "the download of code-server" npm pack --silent "code-server@$release" > /dev/null
    tar -xzf code-server-*.tgz --strip-components 3 package/lib/vscode
    rm code-server-*.tgz
    node --eval '
        const fs = require("node:fs");
        const lock = JSON.parse(fs.readFileSync("npm-shrinkwrap.json", "utf8"));
        for (const [folder, { resolved }] of Object.entries(lock.packages)) {
            if (resolved?.startsWith("git")) delete lock.packages[folder];
        }
        fs.writeFileSync("npm-shrinkwrap.json", JSON.stringify(lock));'
    within 600 "the installation of code-server" \
        npm install --silent --omit=dev --ignore-scripts --no-audit --no-fund
    echo "$release" > installed
    cd "$work"
}

# Runs the program of code-server in the place of this test: code ARGUMENT...
code() {
    HOME=$work GIT_CONFIG_GLOBAL=/dev/null XDG_STATE_HOME=$work/state XDG_CACHE_HOME=$work/cache PATH=$work/bin:$PATH \
        exec node "$place/out/server-main.js" --accept-server-license-terms --user-data-dir "$work/user" \
        --server-data-dir "$work/server" --extensions-dir "$work/extensions" "$@"
}

check_node
debian chromium chromium fonts-dejavu-core
python_tools workbench playwright==1.65.2
install_code
cd "$root/editors/vscode"
within 600 "the installation of what the extension is built with" npm ci --silent
within 300 "packing the extension" npm run --silent package -- --out "$work/birthmark.vsix" > "$work/package.txt" 2>&1 ||
    { cat "$work/package.txt" >&2; exit 1; }
cd "$work"

# A project under MIT with two planted copies. The program is not on the PATH yet.
mkdir -p bin project user/User
git init --quiet project
git -C project config user.name "Ada Example"
git -C project config user.email ada@example.org
printf 'license = "MIT"\nindex = ["%s"]\n' "$root/fixtures/demo-index" > project/birthmark.toml
cp "$root/examples/demo/parcelbot/"{summary,routes}.py project
cat > user/User/settings.json <<'JSON'
{
    "extensions.autoCheckUpdates": false,
    "security.workspace.trust.enabled": false,
    "telemetry.telemetryLevel": "off",
    "window.autoDetectColorScheme": true,
    "workbench.startupEditor": "none"
}
JSON

(code --install-extension "$work/birthmark.vsix") > install.txt 2>&1 || { cat install.txt >&2; exit 1; }
# The profile of the shell must not change the PATH of the editor.
(code --host 127.0.0.1 --port 0 --without-connection-token --force-disable-user-env) > server.txt 2>&1 &
server=$!
trap 'kill "$server" 2> /dev/null; wait "$server" 2> /dev/null || true; rm -rf "$work"' EXIT

rm -rf "$screenshots"
mkdir -p "$screenshots"
status=0
within 600 "the session in the workbench" \
    python3 "$root/tests/e2e/workbench.py" "$work" "$BIRTHMARK" "$(command -v chromium)" "$screenshots" || status=$?
[ "$status" -eq 0 ] || { cp server.txt "$screenshots"; echo "see the screenshots in $screenshots" >&2; exit 1; }

cd project
check "tags in the file" 1 "$(grep -c '^# SPDX-SnippetBegin' summary.py)"
check "the licence's text" 1 "$(find LICENSES -name MIT.txt | wc -l)"
check "a notice" yes "$(grep -q 'plaintable' THIRD-PARTY.md && echo yes)"
check "a decision with its reason" 1 "$(grep -rl 'We wrote it first' .birthmark/references | wc -l)"
status=0
"$BIRTHMARK" scan --no-progress --format json --output report.json || status=$?
check "exit status of a scan" 0 "$status"
check "findings of a scan" 0 "$(ask 'len(findings)')"
check "matches of a scan" 2 "$(ask 'len(matches)')"
echo "$checks checks"
