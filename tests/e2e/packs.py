"""Packs are pulled from a real nginx: resumed, refused, and switched while scans run. Run by packs.sh.

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

PACKAGES = 60
# A connection through the cutting proxy ends after so many bytes.
CUT = 200_000

birthmark = str(Path(sys.argv[1]).resolve())
today = datetime.date.today()
checks = 0


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        # The workers of nginx are another user.
        os.chmod(place, 0o755)
        publisher = Publisher(Path(place))
        with Web(Path(place)) as web:
            journey(publisher, web)
            refusals(publisher, web)
            mirrors(publisher, web)
            rotation(publisher, web)
            switch(publisher, web)
    print(f"{checks} checks passed")


def journey(publisher, web) -> None:
    """From nothing to a finding; then an unchanged pull, and one package more."""
    first = publisher.publish(generation(-3))
    user = User("user")
    pulled = user.pull("--from", web.cut_address())
    check("a connection cut again and again: fetched", True, pulled["bytes"] > 3 * CUT and web.cuts >= 3)
    check("each byte once", True, web.sent < pulled["bytes"] * 1.2 + 20_000)
    check("the pin", first["pin"], pulled["pin"])
    check("a scan finds the copy", 1, user.scan(pulled["pin"])[0])
    report = json.loads(user.scan(pulled["pin"])[1])
    check("the report names the pin", [first["pin"]], [i["name"] for i in report["provenance"]["indexes"] if "#" in i["name"]])

    web.forget()
    user.pull("--from", web.address())  # this mirror gives its tag
    web.forget()
    check("unchanged", True, user.pull("--from", web.address())["was_held"])
    check("unchanged: requests and their status", ["304"], web.requests())

    publisher.add_package(PACKAGES)
    second = publisher.publish(generation(-2))
    web.forget()
    pulled = user.pull("--from", web.address())
    check("one package more: files", 1, pulled["files"])
    check("one package more: less than 3 %", True, pulled["bytes"] < first["bytes"] * 0.03)
    check("one package more: requests", 3, len(web.requests()))
    check("the older pin still scans", 1, user.scan(first["pin"])[0])
    publisher.remove_package(3)
    third = publisher.publish(generation(-1))
    check("one package less: files", 0, user.pull("--from", web.address())["files"])
    found = lambda pin: "pkg:pypi/p3@1.3" in user.scan(pin)[1]
    check("a tombstone counts", (True, False), (found(second["pin"]), found(third["pin"])))


def refusals(publisher, web) -> None:
    user = User("refusing")
    user.pull("--from", web.address())
    held = user.held()
    site = publisher.site / "py"
    newest = (site / "list.json").read_bytes()

    def refuse(what: str, message: str, *arguments: str) -> None:
        code, _, said = user.run("pack", "pull", "py", "--from", web.address(), *(arguments or ("--key", publisher.public)))
        check(f"{what}: exit status", 2, code)
        assert message in said, f"{what}: {said}"
        check(f"{what}: what was held stays", held, user.held())
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
    check("afterwards it is well", True, user.pull("--from", web.address())["was_held"])


def mirrors(publisher, web) -> None:
    """A mirror that fails is given up and the next is asked."""
    for name, mirror in [
        ("dead", f"http://127.0.0.1:{free_port()}"), ("answering 429", web.address("busy")),
        ("slow", web.address("slow")), ("flipping a byte", web.address("flipped")),
        ("without the files", web.address("empty")),
    ]:
        user = User(f"behind-{name.replace(' ', '-')}")
        if name == "flipping a byte":
            shutil.copytree(publisher.site, "flipped", dirs_exist_ok=True)
            file = max(Path("flipped/files").iterdir(), key=lambda path: path.stat().st_size)
            data = bytearray(file.read_bytes())
            data[len(data) // 2] ^= 1
            file.write_bytes(data)
        if name == "without the files":
            shutil.copytree(publisher.site / "py", "empty/py", dirs_exist_ok=True)
        began = time.monotonic()
        user.pull("--from", mirror, "--from", web.address())
        print(f"        a mirror {name}: {time.monotonic() - began:.1f} s")
        check(f"a mirror {name}: the next one is asked", 1, len(user.held()))
        code, _, said = User(f"only-{name.replace(' ', '-')}").run(
            "pack", "pull", "py", "--from", mirror, "--key", publisher.public)
        check(f"only a mirror {name}: exit status", (2, True), (code, "no mirror gives" in said))
    user = User("by-file")
    user.pull("--from", publisher.site.absolute().as_uri())
    check("file://", 1, len(user.held()))


def rotation(publisher, web) -> None:
    user, old = User("rotating"), (publisher.secret, publisher.public)
    user.pull("--from", web.address())
    user.pull("--from", web.address())
    for number in (1, 2):
        secret, public = Publisher.key(f"key-{number}")
        signer = publisher.secret
        publisher.call("pack", "rotate", "py", "--to", "packs", "--key", public)
        publisher.call("pack", "sign", f"packs/py/keys-{number}.json", "--key", signer)
        publisher.secret, publisher.public = secret, public
    publisher.published_key = old[1]
    publisher.publish(f"{today}.1")
    pulled = user.pull("--from", web.address(), key=old[1])
    check("keys replaced twice: followed", f"py@{today}.1", pulled["pin"].split("#")[0])
    fresh = User("fresh")
    fresh.pull("--from", web.address(), key=old[1])
    check("a new user follows, too", 1, len(fresh.held()))
    newest = json.loads((publisher.site / "py/list.json").read_text())
    publisher.forge(dict(newest, generation=f"{today}.2", keys=0), old[0])
    for user in (user, fresh, User("newcomer")):
        code, _, said = user.run("pack", "pull", "py", "--from", web.address(), "--key", old[1])
        check("a replaced key signs nothing", (2, True), (code, "signed by keys that were replaced" in said))
    (publisher.site / "py/list.json").write_text(json.dumps(newest))
    publisher.publish(f"{today}.3")


def switch(publisher, web) -> None:
    """Fifty scans while generations come: no error."""
    user = User("switching")
    pins = [user.pull("--from", web.address(), key=publisher.published_key)["pin"]]
    done = threading.Event()

    def scan(_: int):
        return user.scan(pins[-1])[0]

    def come() -> None:
        for number in range(5):
            publisher.add_package(PACKAGES + 1 + number)
            publisher.publish(f"{today}.{10 + number}")
            pins.append(user.pull("--from", web.address(), key=publisher.published_key)["pin"])
        done.set()

    coming = threading.Thread(target=come)
    coming.start()
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(scan, range(50)))
    coming.join()
    check("50 scans while 5 generations come", {1}, set(statuses))
    check("they came", 6, len(set(pins)))


class Publisher:
    def __init__(self, place: Path) -> None:
        self.site, self.made = place / "site", []
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
        # The directory of packs is its own site, too: the next generation goes on from it.
        for target in ("packs", str(self.site)):
            self.call("pack", "publish", created["list"], "--to", target, "--key", self.published_key)
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

    def run(self, *arguments: str):
        return call(*arguments, BIRTHMARK_PACKS=str(self.packs))

    def pull(self, *arguments: str, key: str = "") -> dict:
        key = key or Publisher.trusted
        code, out, said = self.run("pack", "pull", "py", "--format", "json", "--key", key, *arguments)
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


class Web:
    """nginx, and a proxy in front of it that cuts connections."""

    def __init__(self, place: Path) -> None:
        self.port, self.cut_port, self.cuts, self.sent = free_port(), free_port(), 0, 0
        self.log = place / "access.log"
        (place / "nginx.conf").write_text(f"""
worker_processes 1; pid {place}/nginx.pid; error_log {place}/error.log; daemon off;
events {{ worker_connections 64; }}
http {{
    log_format status '$status $request_uri'; access_log {self.log} status;
    client_body_temp_path {place}/t1; proxy_temp_path {place}/t2; fastcgi_temp_path {place}/t3;
    uwsgi_temp_path {place}/t4; scgi_temp_path {place}/t5;
    server {{
        listen 127.0.0.1:{self.port};
        root {place};
        location /busy/ {{ return 429; }}
        location /slow/ {{ alias {place}/site/; limit_rate 1; }}
    }}
}}
""")
        self.place = place

    def __enter__(self) -> "Web":
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.server = subprocess.Popen([program, "-p", str(self.place), "-c", str(self.place / "nginx.conf")])
        wait_for(self.port)
        self.proxy = socket.create_server(("127.0.0.1", self.cut_port))
        threading.Thread(target=self._serve_cut, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.terminate()
        self.server.wait()
        self.proxy.close()

    def address(self, site: str = "site") -> str:
        return f"http://127.0.0.1:{self.port}/{site}"

    def cut_address(self) -> str:
        return f"http://127.0.0.1:{self.cut_port}/site"

    def forget(self) -> None:
        self.log.write_text("")
        self.server.send_signal(10)  # USR1: open the log again
        time.sleep(0.3)

    def requests(self) -> list:
        time.sleep(0.3)
        return [line.split()[0] for line in self.log.read_text().splitlines()]

    def _serve_cut(self) -> None:
        while True:
            try:
                client, _ = self.proxy.accept()
            except OSError:
                return
            threading.Thread(target=self._cut, args=(client,), daemon=True).start()

    def _cut(self, client: socket.socket) -> None:
        server, left = socket.create_connection(("127.0.0.1", self.port)), CUT
        threading.Thread(target=self._copy, args=(client, server), daemon=True).start()
        while left > 0:
            data = server.recv(min(left, 65536))
            if not data:
                break
            try:
                client.sendall(data)
            except OSError:
                break
            left -= len(data)
            self.sent += len(data)
        if left == 0:
            self.cuts += 1
        for end in (client, server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass


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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
    sys.exit("nginx does not start")


def check(what: str, expected, found) -> None:
    global checks
    if expected != found:
        sys.exit(f"FAILED  {what}\n  expected: {expected}\n  found:    {found}")
    checks += 1
    print(f"ok      {what}")


main()
