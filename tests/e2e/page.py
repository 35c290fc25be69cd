"""Reads a report's page in a real browser: page.py REPORT CHROMIUM. Its script works, nothing of the project's runs."""

import json
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PAGE = Path(sys.argv[1]).resolve().as_uri()


def check(what: str, expected: object, found: object) -> None:
    if found != expected:
        sys.exit(f"FAILED  {what}\n  expected: {expected}\n  found:    {found}")
    print(f"ok      {what}: {found}")


def checked_filters(page: Page) -> None:
    shown = page.locator("#shown")
    check("title", "birthmark: 5 errors, 1 notice", page.title())
    check("at first", "6 shown", shown.text_content())
    page.locator("button[data-key=license][data-value=MIT]").click()
    check("one licence picked", ("1 of 6 shown", 1), (shown.text_content(), page.locator(".item:visible").count()))
    page.locator("#clear").click()
    page.fill("#search", "INSIDE.py gridroute")
    check("words searched", "1 of 6 shown", shown.text_content())
    page.fill("#search", "nowhere")
    check("nothing fits", (0, True), (page.locator(".item:visible").count(), page.locator("#none").is_visible()))
    page.locator("#clear").click()
    check("filters cleared", "6 shown", shown.text_content())
    page.locator("#unfold").click()
    check("code unfolded", 6, page.locator("details.code[open]").count())


def checked_order(page: Page) -> None:
    items = page.locator(".item")
    bits = lambda: [int(item.get_attribute("data-bits")) for item in items.all()]
    as_drawn = bits()
    page.select_option("#sort", "bits")
    check("sorted by evidence", sorted(as_drawn, reverse=True), bits())
    page.select_option("#group", "license")
    licences = {item.get_attribute("data-license") for item in items.all()}
    check("a heading for each licence", len(licences), page.locator(".list > h2").count())
    page.select_option("#group", "")
    page.select_option("#sort", "")
    check("as drawn again", as_drawn, bits())
    check("bars of the evidence", True, page.locator("button[data-key=strength]").count() > 0)
    check("what the run was", True, "birthmark scan" in page.locator(".run").text_content())


def checked_decisions(page: Page) -> None:
    first = page.locator(".item").first
    check("no decision yet", False, page.locator("#export").is_visible())
    first.locator("button[data-decision=not-a-copy]").click()
    check("a reason is asked for", "Export decisions (0 of 1)", page.locator("#export").text_content())
    first.locator(".triage input").fill("written in 2019")
    page.reload()
    check("kept by the browser", "Export decisions (1 of 1)", page.locator("#export").text_content())
    with page.expect_download() as download:
        page.locator("#export").click()
    document = json.loads(Path(download.value.path()).read_text())
    decided = document["decisions"][0]
    check("exported", (1, 1, "not-a-copy", "written in 2019", 16),
          (document["schema_version"], len(document["decisions"]), decided["decision"], decided["reason"], len(decided["id"])))
    page.locator(".item").first.locator("button[data-decision=not-a-copy]").click()
    check("taken back", False, page.locator("#export").is_visible())


# How far the numbers of lines stand above or below the first row of their code, at most, and how many do not fit their column.
OFF_LINE = """() => {
    const first = (cell) => {
        const range = document.createRange();
        range.selectNodeContents(cell);
        return range.getClientRects()[0];
    };
    const rows = [...document.querySelectorAll(".code tr:not(.gap, .alone)")].filter((row) => row.cells[0].matches(".n"));
    const off = rows.flatMap((row) => [0, 2].map((column) => {
        const [number, code] = [first(row.cells[column]), first(row.cells[column + 1])];
        return Math.abs(number.bottom + number.top - code.bottom - code.top) / 2;
    }));
    const wide = rows.flatMap((row) => [row.cells[0], row.cells[2]]).filter((cell) => cell.scrollWidth > cell.clientWidth);
    return [rows.length > 100, Math.round(Math.max(...off)), wide.length];
}"""


def checked_print(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details.code').forEach((code) => code.open = true)")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 690, "height": 980})  # a sheet of A4 within its margins
    check("printed: numbers beside their lines", [True, 0, 0], page.evaluate(OFF_LINE))
    sizes = "[...document.querySelectorAll('.code tbody td')].map((cell) => getComputedStyle(cell).fontSize)"
    check("printed: one size for numbers and code", 1, len(set(page.evaluate(sizes))))
    check("printed: nothing is cut off", True, page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
    page.emulate_media(media="screen")
    check("numbers beside their lines", [True, 0, 0], page.evaluate(OFF_LINE))


def checked_looks(page: Page) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.emulate_media(color_scheme="dark")
    check("dark is another ground", True, page.evaluate(ground) != light)
    page.emulate_media(media="print")
    check("printed on white", "rgb(255, 255, 255)", page.evaluate(ground))
    check("printed without filters", False, page.locator(".filter").is_visible())
    page.emulate_media(media="screen", color_scheme="light")
    for width in (320, 768, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        fits = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        check(f"{width} pixels wide", True, fits)


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=sys.argv[2], args=["--no-sandbox"])
        page = browser.new_page()
        happened = []
        page.on("console", lambda message: happened.append(message.text))
        page.on("dialog", lambda dialog: happened.append(dialog.message))
        page.on("request", lambda request: happened.append(request.url))
        page.goto(PAGE)
        check("scripts and styles", (1, 1), (page.locator("script").count(), page.locator("style").count()))
        checked_filters(page)
        checked_order(page)
        checked_decisions(page)
        checked_looks(page)
        checked_print(page)
        check("asked for, refused or complained of", {PAGE}, {url for url in happened if not url.startswith("blob:")})
        browser.close()


main()
