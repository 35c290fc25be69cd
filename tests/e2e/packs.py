"""Packs are pulled from a real nginx and a real registry: resumed, refused, and switched while scans run. Run by packs.sh.

    packs.py BIRTHMARK
"""

import datetime
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from blake3 import blake3

from pack_servers import CUT, Servers, free_port

PACKAGES = 60

birthmark = str(Path(sys.argv[1]).resolve())
today = datetime.date.today()
checks = 0


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        # The workers of nginx are another user.
        os.chmod(place, 0o755)
        with Servers(Path(place)) as servers:
            publisher = Publisher(Path(place), servers)
            journey(publisher)
            refusals(publisher)
            mirrors(publisher)
            registry(publisher, servers)
            rotation(publisher)
            switch(publisher)
    print(f"{checks} checks passed")


def journey(publisher) -> None:
    """From nothing to a finding; then an unchanged pull, and one package more."""
    first = publisher.publish(generation(-3))
    users = [(server, User(f"user-of-{server.name}")) for server in publisher.servers]
    for server, user in users:
        name, cutting = server.name, server.cutting
        pulled = user.pull("--from", server.cut_address())
        check(f"{name}: a connection cut again and again: fetched", True, pulled["bytes"] > 3 * CUT and cutting.cuts >= 3)
        check(f"{name}: each byte once", True, cutting.sent < pulled["bytes"] * 1.2 + 20_000)
        check(f"{name}: the pin", first["pin"], pulled["pin"])
        check(f"{name}: a scan finds the copy", 1, user.scan(pulled["pin"])[0])
        report = json.loads(user.scan(pulled["pin"])[1])
        check(f"{name}: the report names the pin", [first["pin"]], [i["name"] for i in report["provenance"]["indexes"] if "#" in i["name"]])

        user.pull("--from", server.address())  # this mirror gives its tag
        server.forget()
        check(f"{name}: unchanged", True, user.pull("--from", server.address())["was_held"])
        check(f"{name}: unchanged: requests and their status", ["304"], server.requests())

    publisher.add_package(PACKAGES)
    second = publisher.publish(generation(-2))
    # The image refers to the segments and models that are there; sent are segment, list and signature.
    check("one package more: files sent to the registry", 3, publisher.sent)
    for server, user in users:
        server.forget()
        pulled = user.pull("--from", server.address())
        check(f"{server.name}: one package more: files", 1, pulled["files"])
        check(f"{server.name}: one package more: less than 3 %", True, pulled["bytes"] < first["bytes"] * 0.03)
        check(f"{server.name}: one package more: requests", server.one_more, len(server.requests()))
        check(f"{server.name}: the older pin still scans", 1, user.scan(first["pin"])[0])
    publisher.remove_package(3)
    third = publisher.publish(generation(-1))
    for server, user in users:
        check(f"{server.name}: one package less: files", 0, user.pull("--from", server.address())["files"])
        found = lambda pin: "pkg:pypi/p3@1.3" in user.scan(pin)[1]
        check(f"{server.name}: a tombstone counts", (True, False), (found(second["pin"]), found(third["pin"])))
        pinned = User(f"pinned-of-{server.name}")
        code, _, said = pinned.run("pack", "pull", first["pin"], "--from", server.address(), "--key", publisher.public)
        check(f"{server.name}: an older pin is fetched", (0, [first["pin"]]), (code, pinned.held()), said)
        broken_off(publisher, server, first, third)


def broken_off(publisher, server, first, third) -> None:
    """A pull that had the list and not the files is finished by the next pull."""
    name, user, late = server.name, User(f"late-of-{server.name}"), f"late-{server.name}"
    site = shutil.copytree(publisher.site, late, dirs_exist_ok=True) and Path(late)
    shutil.copy(json.loads(publisher.made[0])["list"], site / "py/list.json")
    server.serve(late)
    check(f"{name}: an older generation", first["pin"], user.pull("--from", server.address(late))["pin"])
    shutil.copy(publisher.site / "py/list.json", site / "py/list.json")
    shutil.move(site / "files", "away")
    server.serve(late)
    code, _, said = user.run("pack", "pull", "py", "--from", server.address(late), "--key", publisher.public)
    check(f"{name}: a list without its files", (2, True), (code, "there is no such file" in said or "404" in said))
    shutil.move("away", site / "files")
    server.serve(late)
    check(f"{name}: the files came", third["pin"], user.pull("--from", server.address(late))["pin"])


def refusals(publisher) -> None:
    users = [(server, User(f"refusing-{server.name}")) for server in publisher.servers]
    for server, user in users:
        user.pull("--from", server.address())
    held = users[0][1].held()
    site = publisher.site / "py"
    newest = (site / "list.json").read_bytes()

    def refuse(what: str, message: str) -> None:
        for server, user in users:
            server.serve()
            code, _, said = user.run("pack", "pull", "py", "--from", server.address(), "--key", publisher.public)
            check(f"{server.name}: {what}: exit status", 2, code)
            assert message in said, f"{what}: {said}"
            check(f"{server.name}: {what}: what was held stays", held, user.held())
        check(f"{what}: it scans", 0, user.run("index", "info", "--index", str(user.generation(held[0])))[0])

    first = json.loads(publisher.made[0])["list"]
    shutil.copy(first, site / "list.json")
    refuse("an older generation", "an older one is not taken")
    (site / "list.json").write_bytes(newest.replace(b'"previous"', b'"previous" '))
    refuse("a list without signature", "there is no such file")
    other = Publisher.key("other")
    (site / "list.json").write_bytes(newest)
    for name, change, message in [
        ("an expired list", {"expires": str(today - datetime.timedelta(days=1))}, "expired on"),
        ("a list of tomorrow's tomorrow", {"generation": str(today + datetime.timedelta(days=9))}, "correct the clock"),
        ("another list of the generation", {"expires": str(today + datetime.timedelta(days=99))}, "another list of generation"),
        ("another format", {"format": "1.1"}, "has index format 1.1"),
        ("a file name that leads out", {"segments": [dict(json.loads(newest)["segments"][0], file="../x.segment")]},
         "is not the name of a file of a pack"),
        ("a file twice", {"segments": json.loads(newest)["segments"] * 2}, "twice"),
        ("more than the disk holds", {"generation": str(today), "segments": [
            dict(json.loads(newest)["segments"][0], file="0" * 32 + ".segment", digest="0" * 64, bytes=1 << 60)]}, "nothing was fetched"),
    ]:
        publisher.forge(dict(json.loads(newest), **change), publisher.secret)
        refuse(name, message)
    publisher.forge(dict(json.loads(newest), generation=str(today)), other[0])
    refuse("a foreign key", "no trusted key signed it")
    (site / "list.json").write_bytes(b" " * (17 << 20))
    refuse("a list of 17 MiB", "it is longer than")
    (site / "list.json").write_bytes(newest)
    for server, user in users:
        server.serve()
        check(f"{server.name}: afterwards it is well", True, user.pull("--from", server.address())["was_held"])


def mirrors(publisher) -> None:
    """A mirror that fails is given up and the next is asked."""
    shutil.copytree(publisher.site, "flipped", dirs_exist_ok=True)
    file = max(Path("flipped/files").iterdir(), key=lambda path: path.stat().st_size)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    shutil.copytree(publisher.site / "py", "empty/py", dirs_exist_ok=True)
    # It takes connections, and says nothing.
    silent = socket.create_server(("127.0.0.1", 0))

    def fail(case) -> None:
        server, name, mirror, message = case
        user = User(f"behind-{server.name}-{name.replace(' ', '-')}")
        began = time.monotonic()
        user.pull("--from", mirror, "--from", server.address())
        print(f"        {server.name}: a mirror {name}: {time.monotonic() - began:.1f} s")
        check(f"{server.name}: a mirror {name}: the next one is asked", 1, len(user.held()))
        code, _, said = User(f"only-{server.name}-{name.replace(' ', '-')}").run(
            "pack", "pull", "py", "--from", mirror, "--key", publisher.public)
        check(f"{server.name}: only a mirror {name}: exit status", (2, True), (code, "no mirror gives" in said and message in said), said)

    cases = []
    for server in publisher.servers:
        for site in ("flipped", "empty"):
            server.serve(site)
        cases += [
            (server, "dead", server.address(port=free_port()), "connect"),
            (server, "answering 429", server.address("busy"), "429"),
            (server, "silent", server.address(port=silent.getsockname()[1]), "did not answer"),
            (server, "slow", server.address("slow"), "less than 1 KiB a second"),
            (server, "slow with files", server.address("slow-files"), "less than 1 KiB a second"),
            (server, "flipping a byte", server.address("flipped"), "its BLAKE3 is another one"),
            (server, "without the files", server.address("empty"), "files/"),
        ]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fail, cases))
    silent.close()
    user = User("by-file")
    user.pull("--from", publisher.site.absolute().as_uri())
    check("file://", 1, len(user.held()))


def registry(publisher, servers) -> None:
    """What only a registry has: other programs that copy images, tags, passwords and tokens."""
    server, newest = servers.registry, json.loads(publisher.made[-1])
    refer = lambda site: f"docker://127.0.0.1:{server.port}/{site}:py"
    subprocess.run(["skopeo", "copy", "--quiet", "--src-tls-verify=false", "--dest-tls-verify=false", refer("site"), refer("copied")], check=True)
    check("a copy by skopeo", newest["pin"], User("of-copy").pull("--from", server.address("copied"))["pin"])
    # What fetches the layers under their titles makes a directory that is a mirror.
    subprocess.run(["skopeo", "copy", "--quiet", "--src-tls-verify=false", refer("site"), "dir:image"], check=True)
    for layer in json.loads(Path("image/manifest.json").read_text())["layers"]:
        target = Path("unpacked") / layer["annotations"]["org.opencontainers.image.title"]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path("image") / layer["digest"].removeprefix("sha256:"), target)
    check("an image as a directory", newest["pin"], User("of-directory").pull("--from", "unpacked")["pin"])

    publish = lambda made, target, **environment: call(
        "pack", "publish", json.loads(made)["list"], "--to", target, "--key", publisher.public, **environment)
    code, out, said = publish(publisher.made[-1], server.address())
    check("published again: nothing is sent", (0, True), (code, "(0 files sent)" in out), said)
    code, _, said = publish(publisher.made[0], server.address())
    check("an older generation is not published", (2, True), (code, "an older one is not taken" in said), said)
    check("tags", {"py"} | {json.loads(made)["pin"].rsplit(":", 1)[1] for made in publisher.made}, set(server.tags()))
    code, _, said = publish(publisher.made[0], server.address("tagged") + ":stable")
    check("published under a tag", (0, True), (code, "stable" in server.tags("tagged")), said)
    check("pulled by that tag", json.loads(publisher.made[0])["pin"], User("of-tag").pull("--from", server.address("tagged") + ":stable")["pin"])

    Path("home").mkdir()
    Path("home/.netrc").write_text("machine 127.0.0.1 login ann password secret\n")
    known = {"HOME": str(Path("home").absolute())}
    nobody = {"HOME": str(Path("nobody").absolute())}
    for what, address in (("a password", server.address("private")), ("a token", server.address("guarded", port=servers.guarded))):
        code, _, said = publish(publisher.made[-1], address, **nobody)
        check(f"without {what}: not published", (2, True), (code, "~/.netrc" in said), said)
        code, _, said = publish(publisher.made[-1], address, **known)
        check(f"with {what}: published", 0, code, said)
        check(f"with {what}: pulled", newest["pin"], User(f"with-{what.split()[1]}").pull("--from", address, **known)["pin"])
    check("everybody gets a token to pull", newest["pin"], User("anonymous").pull("--from", address, **nobody)["pin"])


def rotation(publisher) -> None:
    old = (publisher.secret, publisher.public)
    users = [(server, User(f"rotating-{server.name}"), User(f"fresh-{server.name}")) for server in publisher.servers]
    for server, user, _ in users:
        user.pull("--from", server.address())
        user.pull("--from", server.address())
    for number in (1, 2):
        secret, public = Publisher.key(f"key-{number}")
        signer = publisher.secret
        publisher.call("pack", "rotate", "py", "--to", "packs", "--key", public)
        publisher.call("pack", "sign", f"packs/py/keys-{number}.json", "--key", signer)
        publisher.secret, publisher.public = secret, public
    publisher.published_key = old[1]
    publisher.publish(f"{today}.1")
    for server, user, fresh in users:
        pulled = user.pull("--from", server.address(), key=old[1])
        check(f"{server.name}: keys replaced twice: followed", f"py@{today}.1", pulled["pin"].split("#")[0])
        fresh.pull("--from", server.address(), key=old[1])
        check(f"{server.name}: a new user follows, too", 1, len(fresh.held()))
    newest = json.loads((publisher.site / "py/list.json").read_text())
    publisher.forge(dict(newest, generation=f"{today}.2", keys=0), old[0])
    for server, *known in users:
        server.serve()
        for user in (*known, User(f"newcomer-{server.name}")):
            code, _, said = user.run("pack", "pull", "py", "--from", server.address(), "--key", old[1])
            check(f"{server.name}: a replaced key signs nothing", (2, True), (code, "signed by keys that were replaced" in said))
    (publisher.site / "py/list.json").write_text(json.dumps(newest))
    for server in publisher.servers:
        server.serve()
    publisher.publish(f"{today}.3")


def switch(publisher) -> None:
    """Fifty scans while generations come from both servers: no error."""
    users = [(server, User(f"switching-{server.name}")) for server in publisher.servers]
    pull = lambda server, user: user.pull("--from", server.address(), key=publisher.published_key)["pin"]
    pins = [pull(*users[0])]
    pull(*users[1])

    def scan(number: int):
        return users[number % 2][1].scan(pins[-1])[0]

    def come() -> None:
        for number in range(5):
            publisher.add_package(PACKAGES + 1 + number)
            publisher.publish(f"{today}.{10 + number}")
            came = [pull(*user) for user in users]
            pins.append(came[0])
            check("both servers give one generation", came[0], came[1])

    coming = threading.Thread(target=come)
    coming.start()
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(scan, range(50)))
    coming.join()
    check("50 scans while 5 generations come", {1}, set(statuses))
    check("they came", 6, len(set(pins)))


class Publisher:
    def __init__(self, place: Path, servers: Servers) -> None:
        self.site, self.made, self.servers = place / "site", [], (servers.web, servers.registry)
        self.secret, self.public = Publisher.key("pack")
        self.published_key = Publisher.trusted = self.public
        lines = []
        for number in range(PACKAGES):
            lines.append(json.dumps({"source": str(write_package(place / "packages", number))}))
        self.call("index", "build", "--list", "-", "--segment", "first.segment", given="\n".join(lines))
        self.call("index", "adopt", "first.segment", "--index", "index")
        Path("question").mkdir()
        functions = [(place / f"packages/p{number}/code.py").read_text().split("\n\n\n")[:6] for number in (2, 3)]
        (Path("question") / "copy.py").write_text("\n\n\n".join(sum(functions, [])))

    @staticmethod
    def key(name: str):
        _, out, _ = call("pack", "key", f"{name}.key")
        return f"{name}.key", out.strip()

    def call(self, *arguments: str, given: str = "") -> str:
        code, out, said = call(*arguments, given=given)
        assert code == 0, (arguments, said)
        return out

    def publish(self, generation: str) -> dict:
        made = self.call("pack", "create", "py", "--index", "index", "--to", "packs", "--generation", generation, "--expires",
                         str(today + datetime.timedelta(days=30)), "--format", "json")
        self.made.append(made)
        created = json.loads(made)
        self.call("pack", "sign", created["list"], "--key", self.secret)
        for target in (str(self.site), self.servers[1].address()):
            said = self.call("pack", "publish", created["list"], "--to", target, "--key", self.published_key)
        self.sent = int(said.rsplit("(", 1)[1].split()[0])
        return created

    def forge(self, list_: dict, secret: str) -> None:
        """Publishes a list that `pack create` would not make, signed by a key."""
        text = json.dumps(list_)
        made = Path("forged.json")
        made.write_text(text)
        digest = blake3(text.encode()).hexdigest()
        target = self.site / "py" / f"{digest}.json"
        shutil.copy(made, target)
        self.call("pack", "sign", str(target), "--key", secret)
        shutil.copy(made, self.site / "py" / "list.json")

    def add_package(self, number: int) -> None:
        self.call("index", "add", str(write_package(Path("packages"), number)), "--index", "index")

    def remove_package(self, number: int) -> None:
        self.call("index", "remove", f"pkg:pypi/p{number}", "--index", "index")


class User:
    writing = threading.Lock()

    def __init__(self, name: str) -> None:
        self.packs = Path(f"packs-of-{name}").absolute()

    def run(self, *arguments: str, **environment: str):
        return call(*arguments, BIRTHMARK_PACKS=str(self.packs), **environment)

    def pull(self, *arguments: str, key: str = "", **environment: str) -> dict:
        key = key or Publisher.trusted
        code, out, said = self.run("pack", "pull", "py", "--format", "json", "--key", key, *arguments, **environment)
        assert code == 0, said
        return json.loads(out)["packs"][0]

    def held(self) -> list:
        return [pack["pin"] for pack in json.loads(self.run("pack", "list", "--format", "json")[1])["packs"]]

    def generation(self, pin: str) -> Path:
        return self.packs / "py" / pin.rsplit(":", 1)[1]

    def scan(self, pin: str):
        config = Path(f"config-{pin.rsplit(':', 1)[1][:12]}.toml")
        with User.writing:
            # Another scan may be reading it.
            if not config.exists():
                config.write_text(f'license = "MIT"\npacks = ["{pin}"]\n')
        code, out, said = self.run("scan", "--config", str(config), "--no-cache", "--format", "json", "question")
        assert code in (0, 1), said
        return code, out


def call(*arguments: str, given: str = "", **environment: str):
    done = subprocess.run([birthmark, *arguments], input=given, capture_output=True, text=True, env={**os.environ, **environment})
    return done.returncode, done.stdout, done.stderr


def write_package(place: Path, number: int) -> Path:
    folder = place / f"p{number}"
    folder.mkdir(parents=True)
    state = number + 1

    def word(limit: int) -> int:
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 33) % limit

    fields = ["size", "owner", "weight", "label", "parent", "state", "queue", "budget"]
    text = ""
    for i in range(120):
        text += f"def work_{number}_{i}(first, second):\n"
        for _ in range(12):
            a, b, m, n = fields[word(8)], fields[word(8)], word(900), word(900)
            text += [
                f"    first.{a} = second.{b}_{m} + {n}\n", f"    if first.{a} > second[{n}]:\n        do_{b}_{m}(first, {a}=second)\n",
                f"    for item in second.{a}_{m}(first):\n        item.{b} -= {n}\n", f"    assert first.{a}_{m} != second.{b}({n}), '{a} {m}'\n",
            ][word(4)]
        text += "    return first\n\n\n"
    (folder / "code.py").write_text(text)
    (folder / "pyproject.toml").write_text(f"[project]\nname = 'p{number}'\nversion = '1.{number}'\nlicense = 'GPL-3.0-only'\n")
    return folder


def generation(days: int) -> str:
    return str(today + datetime.timedelta(days=days))


def check(what: str, expected, found, said: str = "") -> None:
    global checks
    if expected != found:
        sys.exit(f"FAILED  {what}\n  expected: {expected}\n  found:    {found}\n{said}")
    checks += 1
    print(f"ok      {what}")


main()
