#!/usr/bin/env bash
# Real packages, fetched by pip and cargo: three are indexed, five are scanned. What carries a copy is found with its
# owner and licence, what carries none stays quiet.
source "$(dirname "$0")/common.sh"

"$BIRTHMARK" index add --no-config --index ours --quiet \
    pkg:pypi/chardet@3.0.4 pkg:pypi/six@1.17.0 pkg:cargo/linked-hash-map@0.5.6
"$BIRTHMARK" index verify --no-config --index ours

# Every match in files of that path, as owner, licence and decision.
judged='sorted({(m["owners"][0]["purl"], m["owners"][0]["license"]["expression"], m["verdict"]["decision"]) for m in matches if "%s" in m["path"]})'

# pip 20 (MIT) carries chardet (LGPL).
fetch_wheel pip==20.0.2
scan 1 pip --index ours --license MIT
check "chardet in pip" "[('pkg:pypi/chardet@3.0.4', 'LGPL-2.1-or-later', 'incompatible')]" \
    "$(ask "${judged//%s/_vendor/chardet/universaldetector.py}")"
check "owners of chardet" "{'pkg:pypi/chardet@3.0.4'}" \
    "$(ask '{m["owners"][0]["purl"] for m in matches if "_vendor/chardet/" in m["path"]}')"
check "rules" "{'license-incompatible'}" "$(ask '{f["rule"] for f in findings if f["severity"] == "error"}')"
check "most files of chardet" True "$(ask 'len({m["path"] for m in matches if "_vendor/chardet/" in m["path"]}) >= 30')"

# kafka-python (Apache-2.0) carries six (MIT): whose it is, and that its notice must be kept. A class of it says that it is
# based on an answer of a forum, which Apache-2.0 does not allow.
fetch_wheel kafka-python==2.0.2
scan 1 kafka-python --index ours --license Apache-2.0
check "six in kafka-python" "[('pkg:pypi/six@1.17.0', 'MIT', 'attribution-needed')]" \
    "$(ask "${judged//%s/kafka/vendor/six.py}")"
check "an answer in kafka-python" "{'declared-incompatible util.py'}" \
    "$(ask '{f["rule"] + " " + f["path"].rsplit("/", 1)[1] for f in findings if f["severity"] == "warning"}')"

# hashlink (MIT OR Apache-2.0) is a fork of linked-hash-map (the same).
fetch_crate hashlink@0.9.1
scan 0 hashlink --index ours
check "linked-hash-map in hashlink" "[('pkg:cargo/linked-hash-map@0.5.6', 'MIT OR Apache-2.0', 'attribution-needed')]" \
    "$(ask "${judged//%s/src/linked_hash_map.rs}")"

# This one carries nothing of anybody.
fetch_wheel blinker==1.9.0
scan 0 blinker --index ours --index starter --license MIT
check "matches in blinker" 0 "$(ask 'summary["matches"]')"

# itoa says itself that it took the writing of numbers from Rust's own library; its older versions in the starter are its own.
fetch_crate itoa@1.0.11
scan 0 itoa --index ours --index starter --license MIT
check "owners in itoa" "{'pkg:generic/rust'}" "$(ask '{m["owners"][0]["purl"].split("@")[0] for m in matches}')"
echo "$checks checks passed"
