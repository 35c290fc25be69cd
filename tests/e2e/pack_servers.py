"""What packs.py fetches from: nginx with a directory, and Debian's docker-registry behind nginx.

Both servers have one interface, so that each case is the same for both. A proxy in front of each cuts connections.
"""

import base64
import hashlib
import http.server
import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

# A connection through the cutting proxy ends after so many bytes.
CUT = 200_000
IMAGE_TYPE = "application/vnd.oci.image.manifest.v1+json"


class Servers:
    """nginx and registries, as long as the context lasts."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.stored, self.guarded, self.tokens = free_port(), free_port(), TokenServer(place)
        self.web, self.registry = Web(place), Registry(place, self.stored)

    def __enter__(self) -> "Servers":
        (self.place / "nginx.conf").write_text(self.nginx())
        self.running = [subprocess.Popen([program("nginx"), "-p", str(self.place), "-c", str(self.place / "nginx.conf")])]
        for server in (self.web, self.registry):
            server.nginx = self.running[0]
        for port, more in ((self.stored, ""), (self.guarded, self.tokens.configuration())):
            configuration = self.place / f"registry-{port}.yml"
            configuration.write_text(
                f"version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n"
                f"storage: {{filesystem: {{rootdirectory: {self.place}/registry}}}}\nhttp: {{addr: 127.0.0.1:{port}}}\n{more}")
            with open(self.place / "registry.log", "a") as log:
                self.running.append(subprocess.Popen([program("docker-registry"), "serve", str(configuration)], stderr=log, stdout=log))
        for port in (self.stored, self.guarded, self.web.port, self.registry.port):
            wait_for(port)
        return self

    def __exit__(self, *_) -> None:
        for process in self.running:
            process.terminate()
            process.wait()
        self.tokens.server.shutdown()

    def nginx(self) -> str:
        place = self.place
        (place / "passwords").write_text("ann:{PLAIN}secret\n")
        servers = ""
        for server, serve in ((self.web, self.web.location), (self.registry, self.registry.location)):
            prefix = server.prefix
            servers += f"""
    server {{
        listen 127.0.0.1:{server.port}; access_log {server.log} status; client_max_body_size 0; root {place};
        proxy_set_header Host $http_host;
        location {prefix}/busy/ {{ return 429; }}
        location {prefix}/slow/ {{ {serve("slow")} limit_rate 1; }}
        location {prefix}/slow-files/ {{ {serve("slow-files")} limit_rate_after 40k; limit_rate 500; }}
        location {prefix}/private/ {{ {serve("private")} auth_basic x; auth_basic_user_file {place}/passwords; }}
        {server.other}
    }}"""
        temporary = " ".join(f"{name}_temp_path {place}/t-{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return f"""
worker_processes 1; pid {place}/nginx.pid; error_log {place}/error.log; daemon off;
events {{ worker_connections 64; }}
http {{
    log_format status '$status $request_method $request_uri'; {temporary}
{servers}
}}
"""


class Server:
    """A server that packs are fetched from. Its sites `slow`, `slow-files` and `private` have the files of `site`."""

    name = prefix = other = ""

    def __init__(self, place: Path) -> None:
        self.place, self.port, self.log = place, free_port(), place / f"{self.name}.log"
        self.cutting = CuttingProxy(self.port)

    def address(self, site: str = "site", port: int = 0) -> str:
        raise NotImplementedError

    def serve(self, site: str = "site") -> None:
        """Serves a directory as it is now."""

    def cut_address(self) -> str:
        return self.address(port=self.cutting.port)

    def forget(self) -> None:
        self.log.write_text("")
        self.nginx.send_signal(signal.SIGUSR1)  # open the log again
        time.sleep(0.3)

    def requests(self, method: str = "") -> list:
        """The statuses of the answers since `forget`."""
        time.sleep(0.3)
        lines = [line.split() for line in self.log.read_text().splitlines()]
        return [line[0] for line in lines if not method or line[1] == method]


class Web(Server):
    name = "nginx"
    # The list of one more package, its signature and its segment.
    one_more = 3

    def address(self, site: str = "site", port: int = 0) -> str:
        return f"http://127.0.0.1:{port or self.port}/{site}"

    def location(self, _: str) -> str:
        return f"alias {self.place}/site/;"


class Registry(Server):
    name, prefix = "registry", "/v2"
    # These and the image.
    one_more = 4

    def __init__(self, place: Path, stored: int) -> None:
        super().__init__(place)
        self.stored = f"http://127.0.0.1:{stored}"
        self.other = f"location / {{ proxy_pass {self.stored}; }}"

    def address(self, site: str = "site", port: int = 0) -> str:
        return f"oci://127.0.0.1:{port or self.port}/{site}"

    def location(self, site: str) -> str:
        return f"rewrite ^/v2/{site}/(.*) /v2/site/$1 break; proxy_pass {self.stored};"

    def serve(self, site: str = "site") -> None:
        """Puts the directory there as an image: as `pack publish` does it, but whatever the directory holds."""
        layers = []
        for path in sorted((self.place / site).glob("*/*")):
            title = str(path.relative_to(self.place / site))
            digest, size = self.put_blob(site, path.read_bytes())
            layers.append({"mediaType": "application/octet-stream", "digest": digest, "size": size,
                           "annotations": {"org.opencontainers.image.title": title}})
        digest, size = self.put_blob(site, b"{}")
        image = {"schemaVersion": 2, "mediaType": IMAGE_TYPE, "layers": layers,
                 "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": size}}
        self.ask("PUT", f"{self.stored}/v2/{site}/manifests/py", json.dumps(image).encode(), IMAGE_TYPE)

    def put_blob(self, site: str, data: bytes):
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        try:
            self.ask("HEAD", f"{self.stored}/v2/{site}/blobs/{digest}")
        except urllib.error.HTTPError:
            place = self.ask("POST", f"{self.stored}/v2/{site}/blobs/uploads/", b"")["Location"]
            self.ask("PUT", f"{place}&digest={digest}", data, "application/octet-stream")
        return digest, len(data)

    def tags(self, site: str = "site") -> list:
        return json.load(urllib.request.urlopen(f"{self.stored}/v2/{site}/tags/list"))["tags"]

    @staticmethod
    def ask(method: str, address: str, data: bytes = None, kind: str = "text/plain"):
        request = urllib.request.Request(address, data, {"Content-Type": kind}, method=method)
        with urllib.request.urlopen(request) as answer:
            return answer.headers


class CuttingProxy:
    def __init__(self, server: int) -> None:
        self.server, self.cuts, self.sent = server, 0, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            client, _ = self.socket.accept()
            threading.Thread(target=self._cut, args=(client,), daemon=True).start()

    def _cut(self, client: socket.socket) -> None:
        server, left = socket.create_connection(("127.0.0.1", self.server)), CUT
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


class TokenServer:
    """Gives the tokens that a registry wants: to everybody for pulling, to Ann for pushing."""

    def __init__(self, place: Path) -> None:
        self.key, self.certificate = place / "token.key", place / "token.crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tokens",
                        "-keyout", self.key, "-out", self.certificate], check=True, capture_output=True)
        tokens = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                credentials = self.headers.get("Authorization", "").removeprefix("Basic ")
                question = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                answer = json.dumps({"token": tokens.token(question, credentials)}).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def configuration(self) -> str:
        return (f"auth: {{token: {{realm: 'http://127.0.0.1:{self.port}/token', service: registry, issuer: tokens, "
                f"rootcertbundle: {self.certificate}}}}}\n")

    def token(self, question: dict, credentials: str) -> str:
        access = []
        for scope in question.get("scope", []):
            kind, name, actions = scope.split(":")
            is_ann = base64.b64decode(credentials) == b"ann:secret"
            access.append({"type": kind, "name": name, "actions": [it for it in actions.split(",") if it == "pull" or is_ann]})
        certificate = "".join(self.certificate.read_text().splitlines()[1:-1])
        now = int(time.time())
        claims = {"iss": "tokens", "sub": "", "aud": "registry", "nbf": now - 60, "iat": now, "exp": now + 300, "jti": "1", "access": access}
        encode = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=")
        signed = b".".join(encode(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "RS256", "x5c": [certificate]}, claims))
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=signed, capture_output=True, check=True)
        return (signed + b"." + encode(signature.stdout)).decode()


def program(name: str) -> str:
    return shutil.which(name) or f"/usr/sbin/{name}"


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
    sys.exit("a server does not start")
