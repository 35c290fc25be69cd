"""Sources of Debian packages by apt-get, without a change to the machine's own apt."""

import functools
import subprocess
from pathlib import Path


@functools.cache
def apt_get(folder: Path, distro: str) -> list[str]:
    """apt-get with lists of its own, from the archives that the machine's apt names: it touches nothing of the machine's."""
    told = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Identifier: Packages"],
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()
    # Updates and security have other releases and hold no whole distribution.
    archives = {uri for uri, release in (line.split() for line in told) if "-" not in release}
    lists, cache, sources = (folder / name for name in ("lists", "cache", "sources.list"))
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    (cache / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    sources.write_text("".join(f"deb-src {uri} {distro} main\n" for uri in sorted(archives)))
    command = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "-o", "Dir::Etc::sourceparts=/dev/null"]
    for key, value in (("Dir::Etc::sourcelist", sources), ("Dir::State::lists", lists), ("Dir::Cache", cache)):
        command += ["-o", f"{key}={value.absolute()}"]
    # An archive that does not have the distribution fails, and the lists of the others are there.
    subprocess.run([*command, "update"], capture_output=True)
    return command
