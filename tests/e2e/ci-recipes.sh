#!/usr/bin/env bash
# The recipes for continuous integration: valid by the platforms' own schemas, and their steps run in order.
source "$(dirname "$0")/common.sh"

python_tools recipes maturin==1.16.0 check-jsonschema==0.39.0 pyyaml==6.0.3
build_wheel
fetch_wheel fuzzywuzzy==0.18.0 # GPL-2.0-only, and in the starter index
export PIP_FIND_LINKS=$dist GIT_CONFIG_GLOBAL=$work/gitconfig
git config --global user.name "A Developer"
git config --global user.email developer@example.org
git config --global init.defaultBranch main

valid() {
    check "$2" valid "$(check-jsonschema --quiet --builtin-schema "$1" "$root/$2" && echo valid)"
}
valid vendor.github-actions action.yml
valid vendor.gitlab-ci ci/birthmark.gitlab-ci.yml
clone_source birthmark
python3 "$root/tests/e2e/recipes.py" birthmark fuzzywuzzy/fuzzywuzzy/process.py
