#!/usr/bin/env bash
# The report in every format, read by the tools it is written for: their validators, pinned. They are installed once,
# below the target directory.
source "$(dirname "$0")/common.sh"
tools=$root/${CARGO_TARGET_DIR:-target}/tools/formats
validators=(sarif-tools==3.0.5 jsonschema==4.26.0 'cyclonedx-python-lib[json-validation]==11.12.0' spdx-tools==0.8.5
    spdx-python-model==0.0.6 junitparser==5.0.3 xmlschema==4.3.2 playwright==1.65.2)
multitool=@microsoft/sarif-multitool@5.7.0
# It carries SPDX's own JSON schema of version 3.0.1, and is not installed for the rest of it.
schemas=@cyclonedx/cdxgen@12.8.4

debian chromium chromium fonts-dejavu-core
installed=$tools/installed
if [ "$(cat "$installed" 2> /dev/null)" != "${validators[*]} $multitool $schemas" ]; then
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check "${validators[@]}"
    npm install --silent --no-audit --no-fund --prefix "$tools" "$multitool"
    (cd "$tools" && tar -xzf "$(npm pack --silent "$schemas")" package/data/spdx-export.schema.json)
    echo "${validators[*]} $multitool $schemas" > "$installed"
fi

# A project with copies in files of harmless and of hostile names, more than once each.
routes=$root/examples/demo/parcelbot/routes.py
mkdir -p project/src
cp "$routes" project/src/routes.py
cat "$routes" "$root/examples/demo/parcelbot/summary.py" > 'project/src/größe 😀 & more.py'
cp "$routes" "project/src/::error file=x::<script>alert('1')<%0A[a](b){0}|\`.py"
sed "s|here, looking, final = node|& # </td><script>document.title = 'broken out'</script><style>*{display:none}</style>|" \
    "$routes" > project/src/inside.py
cp "$routes" $'project/src/new\nline \e[2J\u202e.py'
printf 'no\0code' > project/src/binary.py
mkdir project/.git
cd project

formats=(json jsonl sarif github gitlab markdown html csv junit cyclonedx cyclonedx-1.6 spdx spdx3)
outputs=()
for format in "${formats[@]}"; do outputs+=(--output "$format=$work/report.$format"); done
status=0
"$BIRTHMARK" scan --no-config --no-progress --license MIT --index "$root/fixtures/demo-index" "${outputs[@]}" \
    > "$work/report.text" || status=$?
check "exit status" 1 "$status"

cd "$work"
# A project in which nothing is found, too: its documents must not be empty where the formats want something.
echo 'x = 1' > clean.py
"$BIRTHMARK" scan clean.py --no-config --no-progress --license MIT --output spdx=clean.spdx.json --output sarif=clean.sarif \
    --output cyclonedx=clean.cyclonedx --output cyclonedx-1.6=clean.cyclonedx-1.6 --output spdx3=clean.spdx3 \
    --output junit=clean.junit --output csv=clean.csv > /dev/null
# It ends with 0 whatever it finds: what it says is what counts.
"$tools/node_modules/.bin/sarif-multitool" validate report.sarif clean.sarif > multitool.txt
check "SARIF by sarif-multitool" "" "$(grep -E 'error|warning' multitool.txt | grep -v SARIF2005 || true)"
check "SARIF by sarif-tools" 5 "$("$tools/bin/sarif" summary report.sarif | sed -n 's/^error: //p')"
cp report.spdx report.spdx.json
check "SPDX by pyspdxtools" "" "$("$tools/bin/pyspdxtools" --infile report.spdx.json 2>&1)"
check "SPDX of nothing" "" "$("$tools/bin/pyspdxtools" --infile clean.spdx.json 2>&1)"
"$tools/bin/python" "$root/tests/e2e/formats.py" "$root/docs" "$work"
"$tools/bin/python" "$root/tests/e2e/tables.py" "$root/tests/e2e/junit.xsd" "$work"
"$tools/bin/python" "$root/tests/e2e/spdx3.py" "$tools/package/data/spdx-export.schema.json" "$work"
"$tools/bin/python" "$root/tests/e2e/page.py" "$work/report.html" "$(command -v chromium)"
echo "$checks checks passed"
