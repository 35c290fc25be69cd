"""How licence texts and notices are read, against the rules of ScanCode's licence detection: which are read as a licence
that allows more.

    eval/licenses.py                               a third of the rules, by the digest of their names
    eval/licenses.py --share 1                     all of them
    eval/licenses.py --show 40                     the readings that are looser, with the rules

Fetches scancode-toolkit by pip, for its rules; nothing of it runs. A rule is a text and the licences that it states. A
reading is *looser* if birthmark would let the code into a work under MIT, GPL-2.0-only or proprietary terms, and would
not under the licences of the rule. Rules that are wrong by reading are in licenses_judged.tsv and count as *judged*.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib

SCANCODE = "scancode-toolkit==32.5.0"
# Rules whose text says less or something else than their expression, by reading them; the name and why.
JUDGED = pathlib.Path(__file__).with_name("licenses_judged.tsv")
OUTBOUND = ["MIT", "GPL-2.0-only", "LicenseRef-Proprietary"]
# Kinds of rules: the flag in a rule, the name of the file that its text is put into, the mark before each line.
KINDS = {"text": ("is_license_text", "LICENSE", ""), "notice": ("is_license_notice", "a.py", "# ")}
FLAG = re.compile(r"^(is_\w+|license_expression): *(.*(?:\n +.*)*)$", re.M)


def fetched(folder):
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    if not list(folder.glob("*.whl")):
        subprocess.run([*pip, "--only-binary=:all:", "--dest", folder, SCANCODE], check=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def names(archive):
    """The identifier of SPDX's list for each of ScanCode's; nothing for those that the list lacks."""
    known = {}
    for member in archive.namelist():
        if re.match(r"licensedcode/data/licenses/.*\.LICENSE$", member):
            text = archive.read(member).decode()
            key, spdx = (re.search(rf"^{field}: *(\S+)", text, re.M) for field in ("key", "spdx_license_key"))
            if key and spdx and not spdx[1].startswith("LicenseRef-"):
                known[key[1]] = spdx[1]
    return known


def expression(text, known):
    """ScanCode's expression in SPDX's identifiers; None if one of them is on no list."""
    words = re.findall(r"\(|\)|[^\s()]+", text)
    told = [word.upper() if word.lower() in ("and", "or", "with") else known.get(word, word) for word in words]
    plain = all(word in "()" or word.lower() in ("and", "or", "with") or word in known for word in words)
    return " ".join(told).replace("( ", "(").replace(" )", ")") if plain else None


def rules(archive, known, kind, share):
    flag = KINDS[kind][0]
    for member in sorted(archive.namelist()):
        name = member.rsplit("/", 1)[-1]
        if not re.match(r"licensedcode/data/rules/.*\.RULE$", member) or zlib.crc32(name.encode()) % 1000 >= 1000 * share:
            continue
        _, head, body = re.split(r"^---\s*$", archive.read(member).decode(errors="replace"), maxsplit=2, flags=re.M)
        fields = dict(FLAG.findall(head))
        if fields.get(flag) != "yes" or "yes" in (fields.get("is_deprecated"), fields.get("is_false_positive")):
            continue
        spdx = expression(fields.get("license_expression", "?"), known)
        # Marks for texts of no interest: {{required phrases}}.
        yield name, spdx, body.replace("{{", "").replace("}}", "").strip("\n")


def read_all(program, kind, texts):
    """The expression that each text is read as, or None."""
    _, file, mark = KINDS[kind]
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, text in enumerate(texts):
            path = pathlib.Path(folder) / str(number) / file
            path.parent.mkdir()
            path.write_text("".join(f"{mark}{line}\n" for line in text.splitlines()))
            paths.append(path)
        # Dealt out in turn: neighbours by name are texts of one licence, and the long ones take long.
        hands = [paths[i::count] for count in [max(1, len(paths) // 200)] for i in range(count)]

        def run(hand):
            read = subprocess.run([program, "license", "read", "--format", "json", *hand], capture_output=True, text=True, check=True)
            return [json.loads(line)["license"]["expression"] for line in read.stdout.splitlines()]

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            answers = {path: answer for hand, read in zip(hands, pool.map(run, hands)) for path, answer in zip(hand, read)}
        return [answers[path] for path in paths]


def ask_all(program, expressions, verdicts):
    """Adds the works that may take in code under each expression; what was asked before is not asked again."""

    def ask(expression):
        verdicts = set()
        for outbound in OUTBOUND:
            asked = [program, "license", "compat", "--format", "json", expression, outbound]
            run = subprocess.run(asked, capture_output=True, text=True)
            if run.returncode < 2 and json.loads(run.stdout)["verdict"] == "compatible":
                verdicts.add(outbound)
        return expression, verdicts

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts.update(pool.map(ask, sorted(expressions - verdicts.keys())))


def judge(expected, found, verdicts):
    if found is None:
        return "unknown"
    if expected == found:
        return "same"
    mine, theirs = verdicts[found], verdicts[expected]
    return "equal" if mine == theirs else "looser" if mine - theirs else "stricter"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--birthmark", type=pathlib.Path, default=pathlib.Path("target/release/birthmark"))
    arguments.add_argument("--download", type=pathlib.Path, help="where the rules are kept between runs")
    arguments.add_argument("--share", type=float, default=1 / 3)
    arguments.add_argument("--show", type=int, default=0)
    arguments.add_argument("--at-most", type=int, help="fail if more readings are looser")
    given = arguments.parse_args()
    program = given.birthmark.resolve()
    with tempfile.TemporaryDirectory() as scratch:
        archive = fetched(given.download or pathlib.Path(scratch))
        known = names(archive)
        looser, verdicts = 0, {}
        judged = dict(line.split("\t") for line in JUDGED.read_text().splitlines() if not line.startswith("#"))
        for kind in KINDS:
            cases = [case for case in rules(archive, known, kind, given.share) if case[1]]
            found = read_all(program, kind, [text for _, _, text in cases])
            pairs = zip((spdx for _, spdx, _ in cases), found)
            # Each answer is a process. Where a rule is read as what it states, no answer is needed.
            ask_all(program, {side for pair in pairs if pair[1] not in (None, pair[0]) for side in pair}, verdicts)
            outcomes = [
                "judged" if outcome == "looser" and name in judged else outcome
                for (name, spdx, _), it in zip(cases, found)
                for outcome in [judge(spdx, it, verdicts)]
            ]
            counts = collections.Counter(outcomes)
            print(f"{kind}: {len(cases)} rules; " + ", ".join(f"{counts[it]} {it}" for it in ("same", "equal", "stricter", "looser", "judged", "unknown")))
            looser += counts["looser"]
            shown = [(name, spdx, it) for (name, spdx, _), it, outcome in zip(cases, found, outcomes) if outcome == "looser"]
            for name, spdx, it in shown[: given.show]:
                print(f"    {name}: {spdx} read as {it}")
    if given.at_most is not None and looser > given.at_most:
        sys.exit(f"{looser} readings are looser, {given.at_most} are allowed")


if __name__ == "__main__":
    main()
