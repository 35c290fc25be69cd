#!/usr/bin/env bash
# thefuzz 0.22.1 (MIT) is the renamed successor of fuzzywuzzy (0.18.0: GPL-2.0-only), by the same authors, who may
# license their own code anew. birthmark reports the matches and asks; `owned` answers it.
source "$(dirname "$0")/common.sh"

fetch_wheel thefuzz==0.22.1
scan 1 thefuzz --license MIT --preset audit --fail-on info
# Most bodies were rewritten: what remains is weak, and fails no run by itself.
scan 0 thefuzz --license MIT --preset audit
check "strength" "{'weak'}" "$(ask '{m["strength"] for m in matches}')"
check "origins" "{('pkg:pypi/fuzzywuzzy@0.18.0', 'GPL-2.0-only')}" \
    "$(ask '{(m["owners"][0]["purl"], m["owners"][0]["license"]["expression"]) for m in matches}')"
check "rules" "{'license-incompatible'}" "$(ask '{f["rule"] for f in findings}')"
check "scorers" True "$(ask 'any(m["path"].endswith("thefuzz/fuzz.py") for m in matches)')"
ask '"\n".join("        {}:{}-{}".format(m["path"], m["region"]["start_line"], m["region"]["end_line"]) for m in matches)'

echo 'owned = ["pkg:pypi/fuzzywuzzy"]' > birthmark.toml
status=0
"$BIRTHMARK" scan thefuzz --config birthmark.toml --license MIT --preset audit --format json --output report.json || status=$?
check "declared as owned: exit status" 0 "$status"
check "declared as owned: decisions" "{'compatible'}" "$(ask '{m["verdict"]["decision"] for m in matches}')"
check "declared as owned: findings" 0 "$(ask 'len(findings)')"
echo "$checks checks passed"
