"""Uses the extension in a workbench as a user would: workbench.py WORK PROGRAM CHROMIUM SCREENSHOTS.

WORK holds the project, the empty folder `bin` on the editor's PATH, and `server.txt`, the output of the editor's server.
Each step waits for what it needs and takes a screenshot."""

import re
import sys
import time
from pathlib import Path

from playwright.sync_api import Error, Locator, Page, expect, sync_playwright

WORK, PROGRAM, CHROMIUM, SCREENSHOTS = Path(sys.argv[1]), *sys.argv[2:4], Path(sys.argv[4])
PATIENCE_MS = 120_000
STARTED = time.monotonic()


def check(what: str, expected: object, found: object) -> None:
    if found != expected:
        raise AssertionError(f"{what}\n  expected: {expected}\n  found:    {found}")
    print(f"ok      {what}: {found}", flush=True)


def port() -> str:
    """Returns the port of the editor's server as soon as it listens."""
    while time.monotonic() - STARTED < PATIENCE_MS / 1000:
        if listens := re.search(r"agent listening on (\d+)", (WORK / "server.txt").read_text()):
            return listens[1]
        time.sleep(0.1)
    raise AssertionError("the editor's server does not listen")


class Workbench:
    def __init__(self, page: Page) -> None:
        self.page, self.shots = page, 0
        self.sidebar, self.editor = page.locator(".sidebar"), page.locator(".editor-group-container .view-lines")
        self.status = page.locator('.statusbar-item[id$="birthmark.status"]')
        self.webview = page.frame_locator("iframe.webview.ready").frame_locator("#active-frame").locator("body")
        self.input = page.locator(".quick-input-box input")

    def shoot(self, name: str) -> None:
        self.shots += 1
        self.page.screenshot(path=SCREENSHOTS / f"{self.shots:02}-{name}.png")

    def row(self, text: str) -> Locator:
        return self.sidebar.locator(".monaco-list-row").filter(has_text=text).first

    def rows(self, *expected: str) -> None:
        """Waits until the References view shows these rows, as a screen reader reads them."""
        rows = self.sidebar.locator(".monaco-list-row")
        expect(rows).to_have_count(len(expected))
        for row, label in zip(rows.all(), expected):
            expect(row).to_have_attribute("aria-label", re.compile(f"^{re.escape(label)} ?$"))
        check("References", len(expected), rows.count())

    def says(self, spoken: str) -> None:
        expect(self.status).to_have_attribute("aria-label", spoken)
        check("the status bar", spoken, self.status.get_attribute("aria-label"))

    def command(self, name: str) -> None:
        self.page.keyboard.press("F1")
        self.input.fill(f">{name}")
        self.page.locator(".quick-input-list .monaco-list-row.focused").filter(has_text=name).wait_for()
        self.page.keyboard.press("Enter")
        self.input.wait_for(state="hidden")

    def pick(self, row: str, item: str) -> None:
        """Picks from the context menu of a row."""
        self.row(row).click(button="right")
        # A menu takes no click in its first moments; the key takes the item that the pointer is on.
        self.page.locator(".monaco-menu").get_by_text(item, exact=True).hover()
        self.page.keyboard.press("Enter")
        self.page.locator(".monaco-menu").wait_for(state="hidden")

    def toolbar(self, title: str) -> None:
        self.sidebar.locator(f'.action-label[aria-label="{title}"]').locator("visible=true").first.click()


def check_missing_program(bench: Workbench) -> None:
    """Without the program the extension says what is missing. It works as soon as the program is there."""
    page = bench.page
    page.locator('.activitybar .action-label[aria-label="birthmark"]').click()
    bench.says("birthmark is not running because of an error")
    toast = page.locator(".notification-toast").filter(has_text="The birthmark program was not found on the PATH")
    toast.wait_for()
    bench.sidebar.get_by_text("Try Again").wait_for()
    bench.shoot("no-program")
    bench.sidebar.get_by_text("How to Set It Up").click()
    page.locator(".getting-started-step.expanded").filter(has_text="Install the program").wait_for()
    expect(bench.webview).to_contain_text("Nothing leaves your machine")
    bench.shoot("how-to-set-it-up")
    page.locator(".tab.active .codicon-close").click()
    (WORK / "bin" / "birthmark").symlink_to(PROGRAM)
    bench.sidebar.get_by_text("Try Again").click()
    bench.says("birthmark has no findings")
    toast.get_by_role("button", name="Clear Notification").click()
    bench.sidebar.get_by_text("Scan Workspace").wait_for()
    bench.shoot("nothing-yet")


def check_copy(bench: Workbench) -> None:
    """A planted copy is underlined, listed and named by its origin."""
    page = bench.page
    page.keyboard.press("Control+Shift+E")
    bench.sidebar.get_by_text("summary.py").dblclick()
    page.locator(".squiggly-info").first.wait_for()
    bench.says("birthmark has 1 finding")
    bench.status.click()
    bench.rows("plaintable 0.9.2 MIT", "information, attribution needed: summary.py:10-42")
    page.keyboard.press("Control+Shift+M")
    problem = page.locator(".markers-panel .monaco-list-row").filter(has_text="plaintable")
    expect(problem).to_contain_text("attribution-missing")
    bench.shoot("copy")
    page.keyboard.press("Control+J")
    problem.wait_for(state="hidden")
    bench.editor.get_by_text("GUTTER").first.hover()
    hover = page.locator(".monaco-hover").filter(has_text="bits of evidence")
    hover.wait_for()
    bench.shoot("hover")
    check("the hover names the origin", True, "pkg:generic/plaintable@0.9.2" in hover.inner_text())


def check_explanation(bench: Workbench) -> None:
    bench.row("summary.py:10-42").hover()
    bench.row("summary.py:10-42").locator('.action-label[aria-label="Explain"]').click()
    bench.page.locator(".tab.active").filter(has_text="Preview").wait_for()
    text = bench.webview
    expect(text).to_contain_text("fit_columns(rows, room, rigid=())")
    expect(text.locator("h1")).to_have_text(re.compile(r"^summary\.py: reference [0-9a-f]+$"))
    for scheme in "light", "dark":
        bench.page.emulate_media(color_scheme=scheme)
        expect(text).to_have_class(re.compile(f"vscode-{scheme}"))
        bench.shoot(f"explanation-{scheme}")
    check("the explanation names the origin", True, "pkg:generic/plaintable@0.9.2" in text.inner_text())


def check_attribution(bench: Workbench) -> None:
    """The command writes tags around the copy, and the finding is gone."""
    page = bench.page
    bench.row("summary.py:10-42").click()
    page.locator(".tab.active").filter(has_text="summary.py").wait_for()
    bench.editor.get_by_text("GUTTER").first.wait_for()
    bench.command("birthmark: Attribute")
    bench.editor.get_by_text("SPDX-SnippetBegin").first.wait_for()
    page.locator(".statusbar").get_by_text("birthmark: attributed the match with plaintable 0.9.2").wait_for()
    bench.says("birthmark has no findings")
    bench.rows("plaintable 0.9.2 MIT", "no finding, attribution needed: summary.py:14-46")
    expect(page.locator(".squiggly-info")).to_have_count(0)
    bench.shoot("attributed")
    page.keyboard.press("Control+S")
    expect(page.locator(".tab.dirty")).to_have_count(0)


def check_acceptance(bench: Workbench) -> None:
    """A scan finds the copy in a file that is not open. It is accepted with a reason, and not without."""
    page = bench.page
    bench.toolbar("Scan Workspace")
    bench.says("birthmark has 1 finding")
    bench.rows("gridroute 1.4.0 GPL-3.0-or-later", "error, incompatible: routes.py:57-90",
               "plaintable 0.9.2 MIT", "no finding, attribution needed: summary.py:14-46")
    bench.shoot("scanned")
    bench.row("routes.py:57-90").click()
    page.locator(".squiggly-error").first.wait_for()
    bench.shoot("incompatible")
    bench.pick("routes.py:57-90", "Accept with a Reason...")
    bench.input.wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("A reason is required").first.wait_for()
    bench.shoot("no-reason")
    bench.input.fill("We wrote it first.")
    page.keyboard.press("Enter")
    bench.says("birthmark has no findings")
    expect(page.locator(".squiggly-error")).to_have_count(0)
    bench.toolbar("Group References by Licence")
    bench.rows("GPL-3.0-or-later", "gridroute 1.4.0", "no finding, incompatible: routes.py:57-90",
               "MIT", "plaintable 0.9.2", "no finding, attribution needed: summary.py:14-46")
    bench.shoot("quiet")


def main() -> None:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="dark")
        page.set_default_timeout(PATIENCE_MS)
        bench = Workbench(page)
        doing = "start"
        try:
            page.goto(f"http://127.0.0.1:{port()}/?folder={WORK / 'project'}")
            page.locator(".explorer-folders-view").get_by_text("birthmark.toml").wait_for()
            for step in check_missing_program, check_copy, check_explanation, check_attribution, check_acceptance:
                doing = step.__name__
                step(bench)
        except (AssertionError, Error) as error:
            bench.shoot("failed")
            sys.exit(f"FAILED  {doing}: {error}")
        finally:
            browser.close()


main()
