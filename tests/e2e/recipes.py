#!/usr/bin/env python3
"""Runs the steps of action.yml and ci/birthmark.gitlab-ci.yml in order, as far as that can be done without the platforms.

    tests/e2e/recipes.py SOURCE COPY    SOURCE: birthmark's repository, COPY: a file of the starter index under the GPL

Repositories are laid out as the platforms check them out: shallow, at the merge of a pull request, at its head, at a branch.
Expressions are looked up in a table of what the platform would say; nothing else of the platform is played.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

CLEAN = 'def greet(name):\n    return "hello " + name\n'
INSTALLATION = "Install birthmark"
checks = 0


def check(what, expected, found):
    global checks
    if expected != found:
        sys.exit(f"FAILED  {what}\n  expected: {expected!r}\n  found:    {found!r}")
    checks += 1
    print(f"ok      {what}: {found}")


def git(directory, *arguments):
    done = subprocess.run(["git", *arguments], cwd=directory, check=True, capture_output=True, text=True)
    return done.stdout.strip()


class Project:
    """A repository under MIT with a remote, in which others go on working."""

    def __init__(self, place, copy):
        self.copy, self.remote, self.clone = copy, place / "remote.git", place / "clone"
        git(place, "init", "--quiet", "--bare", str(self.remote))
        git(self.remote, "config", "uploadpack.allowAnySHA1InWant", "true")
        git(place, "clone", "--quiet", str(self.remote), str(self.clone))
        (self.clone / "pyproject.toml").write_text('[project]\nname = "x"\nlicense = "MIT"\n')
        for number in range(3):
            self.write("main", f"a{number}.py", CLEAN)

    def write(self, branch, name, text):
        """Commits a file to a branch and publishes it; returns the commit."""
        known = git(self.clone, "branch", "--list", branch)
        git(self.clone, *(["checkout", "--quiet", branch] if known else ["checkout", "--quiet", "-B", branch]))
        (self.clone / name).write_text(text)
        git(self.clone, "add", "--all")
        git(self.clone, "commit", "--quiet", "--message", f"Write {name}")
        git(self.clone, "push", "--quiet", "--force", "origin", branch)
        return git(self.clone, "rev-parse", "HEAD")

    def request(self, name, text, beside=()):
        """A request to merge one new file, and files beside it; main moves on meanwhile, with a copy of its own. Its head, base and
        merge."""
        base = git(self.clone, "rev-parse", "main")
        git(self.clone, "checkout", "--quiet", "-B", "topic", "main")
        for other, content in beside:
            self.write("topic", other, content)
        head = self.write("topic", name, text)
        target = self.write("main", "other.py", self.copy.read_text() + f"# for {name}\n")
        git(self.clone, "checkout", "--quiet", "-B", "merge", "main")
        git(self.clone, "merge", "--quiet", "--no-ff", "--message", "Merge", "topic")
        git(self.clone, "push", "--quiet", "--force", "origin", "merge:refs/pull/1/merge", "topic:refs/pull/1/head")
        git(self.clone, "checkout", "--quiet", "main")
        return {"base": base, "target": target, "head": head, "merge": git(self.clone, "rev-parse", "merge")}

    def checkout(self, place, commit, depth=1):
        """A checkout as runners make it: the history of one commit."""
        place.mkdir()
        git(place, "init", "--quiet")
        git(place, "remote", "add", "origin", self.remote.as_uri())
        git(place, "fetch", "--quiet", "--no-tags", f"--depth={depth}", "origin", commit)
        git(place, "checkout", "--quiet", commit)
        return place


class Action:
    """A composite action, run step by step. Its installation is kept: it is the same for every event."""

    def __init__(self, source, place):
        self.source, self.place, self.installed = source, place, None
        self.description = yaml.safe_load((source / "action.yml").read_text())

    def run(self, workspace, github, inputs=()):
        """Runs the steps until one fails; returns its exit status, the outputs, what was printed, and the summary."""
        place = Path(tempfile.mkdtemp(dir=self.place))
        return self.run_in(place, workspace, github, dict(inputs))

    def run_in(self, place, workspace, github, inputs):
        table = {"runner": {"temp": str(place)}, "github": github, "steps": {}, "inputs": {}}
        for name, fact in self.description["inputs"].items():
            table["inputs"][name] = inputs.get(name, evaluated(fact["default"], table))
        path, printed, status = os.environ["PATH"], "", 0
        steps = self.description["runs"]["steps"]
        if self.installed:
            path = os.pathsep.join([*self.installed, path])
            steps = [step for step in steps if step["name"] != INSTALLATION]
        for step in steps:
            files = {name: place / name for name in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")}
            for name in files:
                files[name].touch()
            environment = {**os.environ, **{name: str(file) for name, file in files.items()}, "PATH": path}
            environment.update(GITHUB_ACTIONS="true", GITHUB_ACTION_PATH=str(self.source), GITHUB_WORKSPACE=str(workspace))
            environment.update({name: evaluated(text, table) for name, text in step.get("env", {}).items()})
            assert step["shell"] == "bash" and "uses" not in step
            script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            done = subprocess.run(script, cwd=workspace, env=environment, capture_output=True, text=True)
            printed += done.stdout
            print(done.stderr, end="", file=sys.stderr)
            outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
            table["steps"][step.get("id")] = {"outputs": outputs}
            added = files["GITHUB_PATH"].read_text().split()
            path = os.pathsep.join([*added, path])
            if step["name"] == INSTALLATION and done.returncode == 0:
                self.installed = added
            files["GITHUB_OUTPUT"].unlink()
            files["GITHUB_PATH"].unlink()
            status = done.returncode
            if status:
                break
        outputs = {name: evaluated(fact["value"], table) for name, fact in self.description["outputs"].items()}
        sarif = Path(outputs["sarif"])
        results = json.loads(sarif.read_text())["runs"][0]["results"] if sarif.exists() else None
        return {
            "status": status,
            "outputs": outputs,
            "printed": printed,
            "files": results and {place_of(result) for result in results},
            "summary": (place / "GITHUB_STEP_SUMMARY").read_text(),
        }


def place_of(result):
    return result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


def evaluated(text, table):
    """A text with its expressions replaced; they are names of the table, with `||` between alternatives."""

    def value(match):
        for name in match[1].split("||"):
            found = table
            for part in name.strip().split("."):
                found = (found or {}).get(part)
            if found:
                return found
        return ""

    return re.sub(r"\$\{\{(.*?)\}\}", value, str(text))


def pull_request(commits):
    return {"event": {"pull_request": {"base": {"sha": commits["base"]}}}}


def check_action(action, project, place, copy):
    clean = project.request("b.py", CLEAN)
    for kind in ("merge", "head"):
        ran = action.run(project.checkout(place / f"clean-{kind}", clean[kind]), pull_request(clean))
        check(f"action: a clean pull request at its {kind}", (0, "0", None), (ran["status"], ran["outputs"]["status"], ran["files"] or None))

    copied = project.request("c.py", copy.read_text())
    for kind in ("merge", "head"):
        ran = action.run(project.checkout(place / f"copied-{kind}", copied[kind]), pull_request(copied))
        check(f"action: a copy in a pull request at its {kind}", (1, "1", {"c.py"}), (ran["status"], ran["outputs"]["status"], ran["files"]))
        check("action: it is annotated", True, "::error file=c.py,line=" in ran["printed"])
        check("action: it is in the summary", True, "c.py" in ran["summary"] and "GPL-2.0-only" in ran["summary"])

    ran = action.run(project.checkout(place / "all", copied["merge"]), pull_request(copied), {"scope": "all"})
    check("action: all of a pull request", (1, {"c.py", "other.py"}), (ran["status"], ran["files"]))
    ran = action.run(project.checkout(place / "push", copied["target"]), {"event": {}})
    check("action: a push", (1, {"other.py"}), (ran["status"], ran["files"]))
    ran = action.run(project.checkout(place / "some", copied["target"]), {"event": {}}, {"paths": "a0.py\na1.py", "args": "--fail-on error"})
    check("action: some paths", (0, None), (ran["status"], ran["files"] or None))
    ran = action.run(project.checkout(place / "broken", copied["target"]), {"event": {}}, {"args": "--index gone"})
    check("action: an index that is missing", (2, "2"), (ran["status"], ran["outputs"]["status"]))
    check_whose_policy(action, project, place, copy)
    queued = {"event": {"merge_group": {"base_sha": clean["base"]}}}
    ran = action.run(project.checkout(place / "queue", copied["head"]), queued)
    check("action: a merge queue", (1, {"c.py", "other.py"}), (ran["status"], ran["files"]))


def check_whose_policy(action, project, place, copy):
    """A pull request that brings a policy along which excuses it."""
    lax = project.request("h.py", copy.read_text(), [("birthmark.toml", 'fail-on = "never"\n')])
    own = place / "policy.toml"
    own.write_text('fail-on = "error"\n')
    for what, inputs, status in (
        ("the base's", {}, 1),
        ("its own", {"policy": "change"}, 0),
        ("a commit's", {"policy": lax["base"]}, 1),
        ("a file's", {"policy": str(own)}, 1),
        ("its own, held to the organisation's", {"policy": "change", "org-policy": str(own)}, 1),
        ("the organisation's, which is missing", {"org-policy": str(place / "gone.toml")}, 2),
    ):
        workspace = project.checkout(place / what.replace(" ", "-"), lax["head"], depth=50)
        ran = action.run(workspace, pull_request(lax), inputs)
        check(f"action: judged by {what} policy", (status, str(status)), (ran["status"], ran["outputs"]["status"]))


def run_gitlab(job, workspace, variables, installed):
    """Runs the job. `installed` is where its environment for Python is kept: the first run makes it, the others take it."""
    own = workspace / ".birthmark-venv"
    lines = job["script"]
    if installed.exists():
        own.symlink_to(installed)
    else:
        lines = [*job["before_script"], *lines]
    environment = {**os.environ, **job["variables"], **variables}
    # As a runner does it: one shell for all lines, which ends at the first that fails.
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", "\n".join(lines)], cwd=workspace, env=environment)
    if not installed.exists():
        own.rename(installed)
    report = workspace / job["artifacts"]["reports"]["codequality"]
    found = json.loads(report.read_text()) if report.exists() else None
    return done.returncode, found and {entry["location"]["path"] for entry in found}


def check_gitlab(source, project, place, copy):
    job = yaml.safe_load((source / "ci/birthmark.gitlab-ci.yml").read_text())["birthmark"]
    run = lambda workspace, variables: run_gitlab(job, workspace, variables, place / "installed")
    commits = project.request("d.py", copy.read_text())
    request = {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_DIFF_BASE_SHA": commits["base"]}
    found = run(project.checkout(place / "gitlab-request", commits["head"]), request)
    check("GitLab: a copy in a merge request", (1, {"d.py"}), found)
    merged = {**request, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": commits["target"]}
    found = run(project.checkout(place / "gitlab-merged", commits["merge"]), merged)
    check("GitLab: a copy in a merged result", (1, {"d.py"}), found)
    lax = project.request("l.py", copy.read_text(), [("birthmark.toml", 'fail-on = "never"\n')])
    request["CI_MERGE_REQUEST_DIFF_BASE_SHA"] = lax["base"]
    (place / "policy.toml").write_text('fail-on = "error"\n')
    for what, variables, status in (
        ("its own policy", {}, 0),
        ("its own policy, held to the organisation's", {"BIRTHMARK_POLICY": str(place / "policy.toml")}, 1),
    ):
        workspace = project.checkout(place / what.replace(" ", "-"), lax["head"])
        found, _ = run(workspace, {**request, "BIRTHMARK_POLICY_OF": "change", **variables})
        check(f"GitLab: judged by {what}", status, found)
    clean = project.request("e.py", CLEAN)
    request["CI_MERGE_REQUEST_DIFF_BASE_SHA"] = clean["base"]
    status, found = run(project.checkout(place / "gitlab-clean", clean["head"]), request)
    check("GitLab: a clean merge request", (0, None), (status, found or None))
    status, found = run(project.checkout(place / "gitlab-branch", clean["target"]), {"CI_COMMIT_BRANCH": "main"})
    check("GitLab: a branch as a whole", (1, {"other.py"}), (status, found))


def check_anywhere(source, project, place, copy):
    page = (source / "docs/ci.md").read_text()
    recipe = re.search(r"^## Anywhere else$.*?^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[1]
    for what, name, text, expected in (
        ("a copy", "f.py", copy.read_text(), (1, 1)),
        ("nothing", "g.py", CLEAN, (0, 0)),
    ):
        commits = project.request(name, text)
        workspace = project.checkout(place / what.replace(" ", "-"), commits["head"], depth=50)
        environment = {**os.environ, "BASE": commits["target"]}
        status = subprocess.run(["bash", "-ec", recipe], cwd=workspace, env=environment).returncode
        results = json.loads((workspace / "birthmark.sarif").read_text())["runs"][0]["results"]
        check(f"anywhere else: {what}", expected, (status, len(results)))


def main():
    source, copy = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    place = Path(tempfile.mkdtemp())
    try:
        (place / "github").mkdir()
        check_action(Action(source, place), Project(place / "github", copy), place / "github", copy)
        (place / "gitlab").mkdir()
        check_gitlab(source, Project(place / "gitlab", copy), place / "gitlab", copy)
        (place / "anywhere").mkdir()
        check_anywhere(source, Project(place / "anywhere", copy), place / "anywhere", copy)
    finally:
        shutil.rmtree(place)
    print(f"{checks} checks passed")


main()
