#!/usr/bin/env python3
"""Copies and honest code in every language, cut and edited by birthmark's own tokens.

    languages.py fetch --sources DIR
    languages.py cases --sources DIR --cases DIR --tokens BIN
    languages.py score --index DIR --cases DIR --birthmark BIN [--language NAME ...]

`fetch` gets the packages of corpus-index/models.toml by npm and apt-get. A quarter of them, by the hash of the name, is
honest code; the others are listed in `DIR/recipe.toml`, for `birthmark index add --recipe DIR/recipe.toml --index INDEX`.
Cases are definitions of 5 to 80 lines; of equal definitions one counts. `score` prints a line for each language and operator.
"""

import argparse
import collections
import hashlib
import json
import random
import shutil
import subprocess
import urllib.parse
from pathlib import Path

import debian

RECIPE = Path(__file__).parents[1] / "corpus-index" / "models.toml"
OPERATORS = ("verbatim", "locals", "own-names", "every-name", "edited", "reordered")
NAMED = {
    "locals": {"variable", "argument"},
    "own-names": {"variable", "argument", "definition"},
    "every-name": {"variable", "argument", "definition", "field", "callee", "type"},
}
LINES = range(5, 81)
PER_OPERATOR, HONEST, PER_PACKAGE = 150, 1500, 250
FILES_OF_A_PACKAGE = 120
SIZES = (("5-7", range(5, 8)), ("8-15", range(8, 16)), ("16+", range(16, 81)))


def files(folder: Path) -> list[str]:
    """Some files of a package, the same ones each time."""
    found = sorted(str(path) for path in folder.rglob("*") if path.suffix and path.is_file() and path.stat().st_size < 100_000)
    random.Random(folder.name).shuffle(found)
    return found[:FILES_OF_A_PACKAGE]


def read(tokens: str, paths: list[str]):
    """What `eval/tokens.rs` tells of files, one at a time."""
    run = subprocess.run([tokens], input="\n".join(paths), capture_output=True, text=True)
    return map(json.loads, run.stdout.splitlines())


def definitions(tokens: str, package: Path):
    """The definitions of a package: language, path, text, and the tokens inside it."""
    for told in read(tokens, files(package)):
        text = Path(told["path"]).read_bytes()
        starts = [0] + [at + 1 for at, byte in enumerate(text) if byte == 10]
        taken = 0
        for first, last in told["definitions"]:
            if first <= taken or last - first + 1 not in LINES:
                continue
            taken = last
            begin, end = starts[first - 1], starts[last] if last < len(starts) else len(text)
            inside = [(w, s - begin, e - begin) for w, s, e in told["tokens"] if begin <= s and e <= end]
            if len(inside) >= 20:
                yield told["language"], told["path"], text[begin:end], inside


def is_honest(name: str) -> bool:
    return int(hashlib.md5(name.encode()).hexdigest(), 16) % 4 == 0


def fetch(args) -> None:
    """Packages as `indexed/NAME` and `honest/NAME`, with a recipe of those to be indexed."""
    import tomllib

    apt: dict[str, list[str]] = {}
    listed = tomllib.loads(RECIPE.read_text())["component"]
    recipe = []
    for component in listed:
        purl = component["purl"]
        name = package_name(purl)
        honest = is_honest(name)
        folder = args.sources / ("honest" if honest else "indexed") / name
        if not honest:
            recipe.append(f'[[component]]\npurl = "{purl}"\ndigest = "{component["digest"]}"\n')
        if folder.exists():
            continue
        work = args.sources / "download" / name
        work.mkdir(parents=True, exist_ok=True)
        spec = urllib.parse.unquote(purl.split("?")[0].split("/", 1)[1])
        if purl.startswith("pkg:npm/"):
            command = ["npm", "pack", "--silent", "--ignore-scripts", spec]
        else:
            distro = purl.rsplit("distro=", 1)[1]
            if distro not in apt:
                apt[distro] = debian.apt_get(args.sources / "apt" / distro, distro)
            command = [*apt[distro], "source", "--download-only", spec.removeprefix("debian/").replace("@", "=")]
        if subprocess.run(command, cwd=work, capture_output=True).returncode != 0:
            print("cannot be fetched:", purl)
            continue
        folder.mkdir(parents=True)
        for archive in work.iterdir():
            if ".orig" in archive.name and not archive.name.endswith(".asc") or archive.suffix == ".tgz":
                subprocess.run(["tar", "xf", archive, "-C", folder, "--strip-components=1", "--no-same-owner"], check=True)
    (args.sources / "recipe.toml").write_text("\n".join(recipe))


def rename(text: bytes, tokens, words: set[str]) -> bytes:
    names: dict[bytes, bytes] = {}
    out, at = [], 0
    for word, start, end in tokens:
        old = text[start:end]
        if word not in words or len(old) < 2 and word != "variable":
            continue
        mark = old[: len(old) - len(old.lstrip(b"$@"))]
        new = (b"Kind%d" if old.lstrip(b"$@")[:1].isupper() else b"name%d") % len(names)
        out += [text[at:start], names.setdefault(old, mark + new)]
        at = end
    return b"".join([*out, text[at:]])


def edit(text: bytes, tokens, chance: random.Random) -> bytes:
    """About a third of the lines inside deleted, doubled with other names, or written anew."""
    lines = text.split(b"\n")
    out = lines[:1]
    for line in lines[1:-2]:
        what = chance.random()
        if what < 0.1:
            continue
        if what < 0.2:
            out.append(line.replace(b"a", b"e").replace(b"i", b"o"))
        elif what < 0.3:
            out += [line, line[: len(line) - len(line.lstrip())] + b"check(%d);" % chance.randrange(1000)]
        else:
            out.append(line)
    return b"\n".join(out + lines[-2:])


def reorder(text: bytes, chance: random.Random) -> bytes:
    lines = text.split(b"\n")
    middle = lines[1:-2]
    cut = len(middle) // 2
    return b"\n".join(lines[:1] + middle[cut:] + middle[:cut] + lines[-2:])


def mutate(operator: str, text: bytes, tokens, chance: random.Random) -> bytes:
    match operator:
        case "verbatim":
            return text
        case "edited":
            return edit(text, tokens, chance)
        case "reordered":
            return reorder(text, chance)
        case _:
            return rename(text, tokens, NAMED[operator])


def cases(args) -> None:
    chance = random.Random("languages")
    seen: set[bytes] = set()
    for role, most, operators in (("indexed", PER_OPERATOR, OPERATORS), ("honest", HONEST, ("honest",))):
        found = collections.defaultdict(list)
        for package in sorted((args.sources / role).iterdir()):
            of_package = collections.defaultdict(list)
            for language, path, text, tokens in definitions(args.tokens, package):
                key = b" ".join(text.split())
                if key not in seen:
                    seen.add(key)
                    of_package[language].append((package.name, path, text, tokens))
            for language, some in of_package.items():
                chance.shuffle(some)
                found[language] += some[:PER_PACKAGE]
        for language, all_of in sorted(found.items()):
            chance.shuffle(all_of)
            for operator in operators:
                out = args.cases / language / operator
                shutil.rmtree(out, ignore_errors=True)
                out.mkdir(parents=True)
                for number, (package, path, text, tokens) in enumerate(all_of[:most]):
                    new = text if operator == "honest" else mutate(operator, text, tokens, chance)
                    lines = text.count(b"\n")
                    name = f"{number:04}-{lines}-{package}{Path(path).suffix}"
                    (out / name).write_bytes(new)
            print(language, role, len(all_of), "definitions of", len({case[0] for case in all_of}), "packages")


def plain(name: str) -> str:
    return name.lstrip("@").replace("/", "__").replace("-", "_")


def package_of(case: str) -> str:
    return case.split("-", 2)[2].rsplit(".", 1)[0]


def held(birthmark: str, index: str) -> set[str]:
    """The names of the packages that an index holds."""
    command = [birthmark, "index", "list", "--index", index, "--format", "json"]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {package_name(component["purl"]) for component in told["components"]}


def package_name(purl: str) -> str:
    name = urllib.parse.unquote(purl.split("?")[0].split("/", 1)[1].removeprefix("debian/"))
    return plain(name.lstrip("@").split("@")[0])


def score(args) -> None:
    known = held(args.birthmark, args.index)
    print(f"{'language':12} {'operator':10} {'cases':>5} {'all':>6} " + " ".join(f"{n:>6}" for n, _ in SIZES) + "   8+   owner")
    for folder in sorted(args.cases.iterdir()):
        if args.language and folder.name not in args.language:
            continue
        command = [args.birthmark, "scan", "--no-config", "--no-ignore", "--matches", "--format", "json", "--index", args.index]
        if args.bits:
            command += ["--threshold", str(args.bits)]
        run = subprocess.run([*command, str(folder)], capture_output=True, text=True)
        if not run.stdout:
            raise SystemExit(run.stderr[-2000:])
        hits = collections.defaultdict(list)
        for match in json.loads(run.stdout)["matches"]:
            parts = Path(match["path"]).parts
            hits[parts[-2], parts[-1]].append(match)
        for operator in (*OPERATORS, "honest"):
            home = folder / operator
            all_of = sorted(path.name for path in home.iterdir()) if home.exists() else []
            # A case of a package that the index does not hold is no copy, and one that it holds is not honest.
            all_of = [name for name in all_of if (package_of(name) in known) == (operator != "honest")]
            if not all_of:
                continue
            found = [name for name in all_of if hits[operator, name]]
            if operator == "honest":
                print(f"{folder.name:12} {'honest':10} {len(all_of):5} {len(found)} reported: {1000 * len(found) / len(all_of):.1f} in 1,000")
                if args.show:
                    for name in found:
                        best = hits[operator, name][0]
                        print("   ", name, best["evidence"]["bits"], best["owners"][0]["purl"], best["owners"][0]["path"])
                continue
            lines = {name: int(name.split("-")[1]) for name in all_of}
            share = lambda names: f"{sum(bool(hits[operator, n]) for n in names) / len(names):6.3f}" if names else "     -"
            by_size = [share([n for n in all_of if lines[n] in sizes]) for _, sizes in SIZES]
            long = share([n for n in all_of if lines[n] >= 8])
            first = {name: package_name(hits[operator, name][0]["owners"][0]["purl"]) for name in found}
            owner = [name for name in found if first[name] == package_of(name)]
            print(f"{folder.name:12} {operator:10} {len(all_of):5} {share(all_of)} {' '.join(by_size)} {long} {len(owner) / max(1, len(found)):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    get = commands.add_parser("fetch")
    get.set_defaults(run=fetch)
    make = commands.add_parser("cases")
    make.add_argument("--tokens", required=True, help="the example `tokens`")
    make.set_defaults(run=cases)
    tell = commands.add_parser("score")
    tell.add_argument("--birthmark", default="birthmark")
    tell.add_argument("--index", required=True)
    tell.add_argument("--bits", type=float)
    tell.add_argument("--show", action="store_true", help="name the honest definitions that are reported")
    tell.set_defaults(run=score)
    tell.add_argument("--language", action="append")
    for command in (make, tell):
        command.add_argument("--cases", type=Path, required=True)
    for command in (get, make):
        command.add_argument("--sources", type=Path, required=True)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
