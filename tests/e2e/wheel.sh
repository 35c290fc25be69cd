#!/usr/bin/env bash
# The wheel: built by maturin, installed by pip into an environment of its own, it is the whole program with its index.
source "$(dirname "$0")/common.sh"

python_tools wheel maturin==1.16.0
build_wheel
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)
check "one wheel, for every Python" 1 "$(find "$dist" -name "birthmark-$version-py3-none-*.whl" | wc -l)"
check "licences in it" "LICENSE-APACHE LICENSE-MIT NOTICE" \
    "$(python3 -m zipfile --list "$wheel" | sed -n 's,.*dist-info/licenses/\([^ ]*\).*,\1,p' | sort | xargs)"

python3 -m venv fresh
fresh/bin/python -m pip install --quiet --disable-pip-version-check --no-index "$wheel"
check "version" "birthmark $version" "$(fresh/bin/birthmark --version | head -n 1)"
status=0
fresh/bin/birthmark doctor --license MIT > doctor.txt || status=$?
check "doctor: exit status" 0 "$status"
check "doctor: index and planted copy" 2 "$(grep -c -e 'starter is sound' -e 'a planted copy was found' doctor.txt)"
status=0
(cd "$root" && "$work/fresh/bin/birthmark" scan --quiet examples/demo) > /dev/null || status=$?
check "the demo: exit status" 1 "$status"
fresh/bin/python -m pip uninstall --quiet --yes birthmark
check "removed without a trace" absent "$([ -e fresh/bin/birthmark ] && echo present || echo absent)"
echo "$checks checks passed"
