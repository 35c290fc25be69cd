#!/usr/bin/env bash
# The pages of docs/, followed as a new user would.
source "$(dirname "$0")/common.sh"

python3 "$root/tests/e2e/pages.py" "$BIRTHMARK"
