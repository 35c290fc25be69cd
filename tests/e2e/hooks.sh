#!/usr/bin/env bash
# The hooks, by the real pre-commit and prek, on a real repository: what is clean passes, a planted copy is blocked, and what
# counts is what is staged or pushed.
source "$(dirname "$0")/common.sh"

python_tools hooks maturin==1.16.0 pre-commit==4.7.0 prek==0.5.11
build_wheel
fetch_wheel fuzzywuzzy==0.18.0 # GPL-2.0-only, and in the starter index
copy=$work/fuzzywuzzy/fuzzywuzzy/process.py
export GIT_CONFIG_GLOBAL=$work/gitconfig PRE_COMMIT_HOME=$work/pre-commit PREK_HOME=$work/prek
# Where the prebuilt program comes from while no registry has it.
export PIP_FIND_LINKS=$dist UV_FIND_LINKS=$dist PIP_DISABLE_PIP_VERSION_CHECK=1
cat > "$GIT_CONFIG_GLOBAL" <<'CONFIG'
[user]
    name = A Developer
    email = developer@example.org
[init]
    defaultBranch = main
[advice]
    detachedHead = false
[protocol "file"]
    allow = always
CONFIG

clone_source birthmark
revision=$(git -C birthmark rev-parse HEAD)

# Makes a repository under MIT with one clean file and the hooks of these ids: repository NAME ID...
repository() {
    local name=$1 id
    shift
    git init --quiet "$work/$name"
    cd "$work/$name"
    printf '[project]\nname = "x"\nlicense = "MIT"\n' > pyproject.toml
    printf 'def greet(name):\n    return "hello " + name\n' > a.py
    printf 'repos:\n- repo: %s\n  rev: %s\n  hooks:\n' "$work/birthmark" "$revision" > .pre-commit-config.yaml
    for id in "$@"; do printf '  - id: %s\n' "$id" >> .pre-commit-config.yaml; done
    git add --all
    git commit --quiet --message "Begin"
}

# Commits what is staged and says what became of it: commit WHAT passes|blocked
commit() {
    local status=0 found=passes
    git commit --quiet --message "$1" > "$work/log" 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        found=blocked
        grep -q 'error\[license-incompatible\]' "$work/log" || found="failed: $(cat "$work/log")"
    fi
    check "$1" "$2" "$found"
}

# What every hook on a commit has to do right: scenarios RUNNER
scenarios() {
    printf 'def leave(name):\n    return "bye " + name\n' > b.py
    git add b.py
    commit "$1: a clean file" passes

    cp "$copy" c.py
    git add c.py
    commit "$1: a copy" blocked

    printf 'X = 1\n' > c.py # staged is still the copy
    commit "$1: a copy that is staged and no longer in the work tree" blocked

    git add c.py
    cp "$copy" c.py # in the work tree only
    commit "$1: a copy in the work tree of which nothing is staged" passes
    check "$1: the work tree is as it was" same "$(cmp -s "$copy" c.py && echo same || echo changed)"

    git add c.py
    git commit --quiet --no-verify --message "Let a copy in"
    printf '# A remark.\n' >> b.py
    git add b.py
    commit "$1: another file beside an old copy" passes

    git rm --quiet c.py
    printf '# Another.\n' >> b.py
    git add b.py
    commit "$1: the copy deleted" passes

    git worktree add --quiet -b "$1" "../$1-linked"
    cd "../$1-linked"
    cp "$copy" c.py
    git add c.py
    commit "$1: a copy in a linked worktree" blocked
    git rm --quiet --force c.py
    printf '# And one more.\n' >> b.py
    git add b.py
    commit "$1: a clean file in a linked worktree" passes
    cd "$work"
}

# Commits over the hook and pushes: push WHAT passes|blocked
push() {
    local status=0 found=passes
    git diff-index --quiet HEAD || git commit --quiet --no-verify --all --message "$1"
    git push --quiet origin HEAD > "$work/log" 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        found=blocked
        grep -q 'error\[license-incompatible\]' "$work/log" || found="failed: $(cat "$work/log")"
    fi
    check "$1" "$2" "$found"
}

pushes() {
    git init --quiet --bare "$work/$1.git"
    git remote add origin "$work/$1.git"
    push "$1: a first push" passes
    printf '# A remark.\n' >> a.py
    push "$1: a clean change pushed" passes
    cp "$copy" c.py
    git add c.py
    push "$1: a copy pushed" blocked
    git rm --quiet c.py
    push "$1: a copy that came and went" passes
    cd "$work"
}

repository with-pre-commit birthmark
pre-commit install > /dev/null
scenarios pre-commit

repository with-prek birthmark
prek install > /dev/null 2>&1
scenarios prek

# The installed program, from the PATH, and no manager at all.
mkdir "$work/bin"
ln -s "$BIRTHMARK" "$work/bin/birthmark"
PATH=$work/bin:$PATH
repository with-system birthmark-system
pre-commit install > /dev/null
scenarios system

repository with-git
rm .pre-commit-config.yaml
printf '#!/bin/sh\nexec birthmark scan --staged --preset hook\n' > .git/hooks/pre-commit
chmod +x .git/hooks/pre-commit
scenarios git

repository push-by-pre-commit birthmark-push
pre-commit install --hook-type pre-push > /dev/null
pushes pre-commit-push

repository push-by-prek birthmark-push
prek install --hook-type pre-push > /dev/null 2>&1
pushes prek-push

# A wheel at hand, without birthmark's repository and without a registry.
unset PIP_FIND_LINKS UV_FIND_LINKS
repository with-local
cat > .pre-commit-config.yaml <<CONFIG
repos:
- repo: local
  hooks:
  - id: birthmark
    name: birthmark
    entry: birthmark scan --staged --preset hook
    language: python
    additional_dependencies: ["$wheel"]
    pass_filenames: false
    require_serial: true
CONFIG
pre-commit install > /dev/null
cp "$copy" c.py
git add c.py .pre-commit-config.yaml
commit "local wheel: a copy" blocked
cd "$work"

# Built from source, as a user with Rust may prefer. `cargo install` takes the newest dependencies and the release profile.
# Here it takes what the release build compiled, and does not optimize birthmark itself: that would take most of the time
# of this test. Its program goes elsewhere, since other tests use the one in the target folder. A quick run has no release
# build: it leaves this out and says so.
if [ "${BIRTHMARK_PROFILE:-release}" = release ]; then
    export CARGO_BUILD_BUILD_DIR=$built CARGO_TARGET_DIR=$work/source-target
    mkdir -p "$PRE_COMMIT_HOME/.cargo"
    printf '[profile.release.package.birthmark]\nopt-level = 0\n' > "$PRE_COMMIT_HOME/.cargo/config.toml"
    repository with-source birthmark-src
    pre-commit install > /dev/null
    cp "$copy" c.py
    git add c.py
    commit "source: a copy" blocked
    git rm --quiet --force c.py
    printf '# A remark.\n' >> a.py
    git add a.py
    commit "source: a clean change" passes
    cd "$work"
else
    echo "left out: birthmark-src"
fi
echo "$checks checks passed"
