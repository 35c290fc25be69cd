#!/usr/bin/env bash
# The pages for each way of use, followed as a new user would.
source "$(dirname "$0")/common.sh"

fetch_wheel fuzzywuzzy==0.18.0 # GPL-2.0-only, and in the starter index
python3 "$root/tests/e2e/pages.py" "$BIRTHMARK" fuzzywuzzy/fuzzywuzzy/process.py
