#!/usr/bin/env python3
"""How the program behaves at a terminal, tried at a real one: colours, the progress bar, and what goes to which stream.

    tests/e2e/manners.py PROGRAM
"""

import json
import os
import pty
import subprocess
import sys
import tempfile
from pathlib import Path

checks = 0
VARIABLES = ("NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "CI", "GITHUB_ACTIONS")


def check(what, expected, found):
    global checks
    if expected != found:
        sys.exit(f"FAILED  {what}\n  expected: {expected!r}\n  found:    {found!r}")
    checks += 1
    print(f"ok      {what}")


def run(directory, *arguments, terminal, **variables):
    """Runs the program with one stream at a terminal and the other in a pipe; returns what came out of both."""
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    environment = {**environment, "TERM": "xterm-256color", **variables}
    master, slave = pty.openpty()
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, terminal: slave}
    program = subprocess.Popen([PROGRAM, *arguments], cwd=directory, env=environment, stdin=subprocess.DEVNULL, **streams)
    os.close(slave)
    seen = b""
    try:
        while part := os.read(master, 65536):
            seen += part
    except OSError:  # The other end is closed.
        pass
    piped = (program.stdout or program.stderr).read()
    program.wait()
    return program.returncode, seen.decode(), piped.decode()


def colours(directory):
    for what, expected, arguments, variables in (
        ("a terminal is coloured", True, [], {}),
        ("not with NO_COLOR", False, [], {"NO_COLOR": "1"}),
        ("an empty NO_COLOR says nothing", True, [], {"NO_COLOR": ""}),
        ("not with CLICOLOR=0", False, [], {"CLICOLOR": "0"}),
        ("not at a dumb terminal", False, [], {"TERM": "dumb"}),
        ("not with --color never", False, ["--color", "never"], {"CLICOLOR_FORCE": "1"}),
        ("--color always wins over NO_COLOR", True, ["--color", "always"], {"NO_COLOR": "1"}),
        ("JSON never", False, ["--format", "json", "--color", "always"], {}),
    ):
        status, out, err = run(directory, "scan", *arguments, terminal="stdout", **variables)
        check(f"{what}", (0, expected, ""), (status, "\x1b[" in out, err))
    for what, expected, variables in (
        ("errors are coloured too", True, {}),
        ("and plain with NO_COLOR", False, {"NO_COLOR": "1"}),
    ):
        status, err, out = run(directory, "scan", "nowhere.py", terminal="stderr", **variables)
        check(what, (2, "", expected), (status, out, "\x1b[" in err))


def progress(directory):
    for what, expected, arguments in (
        ("a bar where errors go to a terminal", True, []),
        ("none with --no-progress", False, ["--no-progress"]),
        ("none with --quiet", False, ["--quiet"]),
    ):
        status, err, out = run(directory, "scan", "--format", "json", *arguments, terminal="stderr")
        check(what, (0, expected), (status, "files" in err))
        check("  and the report is whole", 400, json.loads(out)["summary"]["files_scanned"])
    status, out, err = run(directory, "scan", terminal="stdout")
    check("none where errors go elsewhere", (0, ""), (status, err))


def main():
    with tempfile.TemporaryDirectory() as place:
        project = Path(place)
        (project / "pyproject.toml").write_text('[project]\nname = "x"\nlicense = "MIT"\n')
        for number in range(400):
            (project / f"a{number}.py").write_text(f"def f(x, y):\n    z{number} = x * {number} + y\n    return z{number}\n")
        colours(project)
        progress(project)
    print(f"{checks} checks passed")


PROGRAM = os.path.abspath(sys.argv[1])
main()
