"""The benchmark's own tests: `python3 -m unittest` in this folder. No network, no packages, no birthmark."""

import json
import random
import tempfile
import unittest
from pathlib import Path

import edits
import corpus
import hits
import natural
import natural_report
import plant
import reformat
import rename
import report
import score
import syntax
import wild_chance
import wild_growth
import wild_independent
import wild_labels
import wild_peers
import wild_projects
import wild_scan

PYTHON = '''def total(self, items, rate=2):
    """Sum the items."""
    result = 0  # start
    for item in items:
        value = self.price(item, key="cost")
        bonus = helper(rate)
        result += value * rate
        self.count = 7
    print(f"{result} euro")
    return result
'''
RUST = '''fn total(&self, items: &[Item], rate: u32) -> Option<u32> {
    // start
    let mut result = 0;
    for item in items {
        let value = self.price(item)?;
        let point = Point { rate, x: 12 };
        result += value * rate;
    }
    println!("{result} {}", rate);
    Some(result)
}
'''


class Operators(unittest.TestCase):
    def setUp(self):
        self.rng = random.Random(1)

    def test_code_lines_leave_out_docstrings_and_comments(self):
        self.assertEqual(syntax.code_lines("python", PYTHON), [1, 3, 4, 5, 6, 7, 8, 9, 10])
        self.assertEqual(syntax.code_lines("rust", RUST), [1, 3, 4, 5, 6, 7, 8, 9, 10, 11])

    def test_locals_are_renamed_and_members_kept(self):
        text = rename.rename_locals("python", PYTHON, self.rng)
        self.assertNotRegex(text.replace("Sum the items", ""), r"\b(items|result|rate|value)\b")
        for kept in ("def total(self", "self.price", "key=", "helper(", "self.count = 7"):
            self.assertIn(kept, text)

    def test_rust_shorthand_and_captured_names_follow(self):
        text = rename.rename_locals("rust", RUST, self.rng)
        self.assertRegex(text, r"Point \{ rate: \w+, x: 12 \}")
        self.assertNotIn("{result}", text)
        self.assertFalse(syntax.parse("rust", text).has_error)

    def test_renaming_all_keeps_builtins(self):
        text = rename.rename_all("rust", RUST, self.rng)
        self.assertIn("Option<u32>", text)
        self.assertNotIn("price", text)

    def test_own_names_and_literals_change(self):
        text = rename.rename_own("python", PYTHON, {"total", "helper"}, self.rng)
        for gone in ("total", "helper", "price", "count", "= 7"):
            self.assertNotIn(gone, text)

    def test_edits_change_the_share_asked_for(self):
        pool = {"statement": ["foreign = 1"], "arm": []}
        inserted = edits.edit("python", PYTHON, "inserted", 0.5, pool, self.rng)
        count = len(syntax.statements("python", PYTHON))
        self.assertEqual(inserted.count("foreign = 1"), round(count / 2))
        self.assertFalse(syntax.parse("python", inserted).has_error)
        deleted = edits.edit("python", PYTHON, "deleted", 0.5, pool, self.rng)
        self.assertFalse(syntax.parse("python", deleted).has_error)

    def test_reformatting_keeps_the_tokens(self):
        text = reformat.reformat("python", PYTHON.replace("key=", "other=items, third=rate, key="), self.rng)
        self.assertIsNotNone(text)
        self.assertFalse(syntax.parse("python", text).has_error)

    def test_comments_go(self):
        self.assertNotIn("start", reformat.uncomment("python", PYTHON))
        self.assertNotIn("Sum", reformat.uncomment("python", PYTHON))
        self.assertEqual(reformat.uncomment("rust", RUST).count("\n"), RUST.count("\n") - 1)

    def test_ranges_round_trip(self):
        self.assertEqual(score.lines_of(plant.ranges([3, 4, 5, 9])), {3, 4, 5, 9})


class Scoring(unittest.TestCase):
    def setUp(self):
        self.copy = {
            "id": "a", "case": "dev/verbatim/a.py", "operator": "verbatim", "language": "python", "half": "dev", "length": "5-7",
            "purl": "pkg:pypi/zope.interface@8.7", "path": "zope/x.py", "start": 11, "end": 15, "source_code": "11-15",
            "target_start": 1, "target_end": 5, "target_code": "1-5", "expect": "verbatim", "carrier": "",
        }
        self.honest = {
            "id": "n", "case": "dev/negative-function/n.py", "operator": "negative-function", "kind": "", "language": "python",
            "half": "dev", "purl": "pkg:pypi/anki@26.9.3", "path": "anki/x.py", "start": 1, "end": 9, "negative": True,
        }

    def outcome(self, matches):
        found = hits.from_report({"matches": matches}, {"python": 70.0, "rust": 70.0})
        with tempfile.TemporaryDirectory() as cache:
            owners = score.Owners(Path(cache))
            owners.lines = lambda purl, path: ()
            return score.judge([self.copy, self.honest], hits.Run("fake", "1", 0.0, 100.0, found), owners)

    def match(self, path, bits, purl="pkg:pypi/zope.interface@8.7"):
        region = {"start_line": 1, "start_column": 1, "end_line": 5, "end_column": 9}
        owner = {"purl": purl, "path": "zope/x.py", "lines": {"start_line": 11, "end_line": 15}}
        return {"path": path, "region": region, "kind": "verbatim", "evidence": {"bits": bits}, "owners": [owner]}

    def test_one_number_is_one_rate_of_false_reports_in_both_languages(self):
        matches = [self.match("dev/verbatim/a" + end, 50.0) for end in (".py", ".rs")]
        found = hits.from_report({"matches": matches}, {"python": 72.0, "rust": 67.5})
        self.assertEqual([hit.score for hit in found], [50.0, 54.5])

    def test_a_right_match_is_found(self):
        outcome = self.outcome([self.match("/any/where/cases/dev/verbatim/a.py", 120.0)])
        self.assertEqual(score.recall(outcome.copies, 100), 1.0)
        self.assertEqual(score.recall(outcome.copies, 121), 0.0)
        self.assertTrue(outcome.copies[0].first)

    def test_the_wrong_owner_is_not_found(self):
        outcome = self.outcome([self.match("dev/verbatim/a.py", 120.0, "pkg:pypi/six@1.17.0")])
        self.assertEqual(score.recall(outcome.copies, 100), 0.0)
        self.assertEqual(outcome.copies[0].seen, 120.0)

    def test_an_alarm_counts_per_thousand(self):
        outcome = self.outcome([self.match("dev/negative-function/n.py", 99.0)])
        self.assertEqual(score.alarms(outcome.quiet, 90, "negative-function"), 1000.0)
        self.assertGreater(score.threshold_for(outcome.quiet, 1.0), 99.0)

    def test_purls_compare_whatever_their_spelling(self):
        self.assertEqual(hits.plain_purl("pkg:pypi/Edx_Enterprise@1?x=y"), "pkg:pypi/edx-enterprise@1")


class Natural(unittest.TestCase):
    def names(self, language, here, there):
        return [(one.name, other.start, alike) for one, other, alike in natural.copied(language, here, there)]

    def test_the_same_text_is_a_copy_whatever_its_comments(self):
        moved = "\n\n" + PYTHON.replace("  # start", "").replace("Sum the items.", "Another docstring")
        self.assertEqual(self.names("python", PYTHON, moved), [("total", 3, 1.0)])
        self.assertEqual(self.names("rust", RUST, RUST.replace("// start", "")), [("total", 1, 1.0)])

    def test_other_line_breaks_are_no_difference(self):
        broken = PYTHON.replace("self, items, rate=2", "\n    self,\n    items,\n    rate=2\n").replace("(item, key", "(\n item,\n key")
        broken = broken.replace("helper(rate)", "helper(\n rate\n)").replace("value * rate", "(\n value\n * rate)")
        self.assertEqual([name for name, _, alike in self.names("python", PYTHON, broken) if alike > 0.9], ["total"])

    def test_another_name_or_another_body_is_not_a_copy(self):
        self.assertEqual(self.names("python", PYTHON, PYTHON.replace("def total", "def whole")), [])
        other = "def total(path):\n" + "".join(f"    with open(path) as file{n}:\n        print(file{n})\n" for n in range(4))
        self.assertEqual(self.names("python", PYTHON, other), [])

    def test_short_functions_do_not_count(self):
        self.assertEqual(self.names("python", *["def f(a):\n    b = a\n    c = b\n    return c\n"] * 2), [])

    def test_any_version_of_the_origin_is_right(self):
        with tempfile.TemporaryDirectory() as cache:
            owners = natural.Upstream(Path(cache))
            owners.lines = lambda purl, path: ()
            row = {"purl": "pkg:pypi/chardet@3.0.4", "path": "chardet/x.py", "start": 1, "end": 9}
            self.assertTrue(owners.right(hits.Place("pkg:pypi/chardet@4.0.0", "chardet/x.py", 1, 9), row))
            self.assertFalse(owners.right(hits.Place("pkg:pypi/sqlmap@1.10.10", "chardet/x.py", 1, 9), row))

    def test_a_missed_function_is_laid_out_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            host = Path(folder) / "cases" / "natural" / "x-1" / "a.py"
            host.parent.mkdir(parents=True)
            host.write_text("class A:\n\n" + syntax.indent(PYTHON, "    "))
            row = {"id": "n1", "case": "natural/x-1/a.py", "language": "python", "target_start": 3, "target_end": 12, "target_code": "3-3,5-12"}
            (alone,) = natural.lay_out_alone([score.Copy(row)], Path(folder) / "alone")
            self.assertEqual((Path(folder) / "alone" / "cases" / alone["case"]).read_text(), PYTHON)
            self.assertEqual((alone["target_start"], alone["target_end"], alone["target_code"]), (1, 10, "1-1,3-10"))

    def test_a_section_is_replaced_and_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "evaluation.md"
            page.write_text("# Evaluation\n\nplanted\n")
            natural_report.write(page, "## Natural copies\n\nold")
            natural_report.write(page, "## Natural copies\n\nnew")
            text = page.read_text()
            self.assertEqual((text.count("planted"), text.count("## Natural"), "old" in text, "new" in text), (1, 1, False, True))
            self.assertIn("new", natural_report.kept(page))

    def test_a_tool_that_is_not_run_again_keeps_its_place(self):
        with tempfile.TemporaryDirectory() as folder:
            docs = Path(folder)
            figures = {"ours": {"curve": []}, "peer (p)": {"curve": [[9, 1.0, 0.5]]}}
            (docs / "evaluation.json").write_text(json.dumps(figures))
            page = "| ours | 1 |\n| peer (p) | 2 |\n\n## ours, at 3\n\nx\n\n## peer (p), at 9\n\ny\n\nz\n\n<!-- natural copies -->\n"
            (docs / "evaluation.md").write_text(page)
            found = report.kept(docs, {"ours"})
            self.assertEqual(list(found), ["peer (p)"])
            old = found["peer (p)"]
            self.assertEqual((old.row, old.section, old.curve), ("| peer (p) | 2 |", "## peer (p), at 9\n\ny\n\nz", [(1.0, 0.5)]))

    def test_rows_of_peers_that_are_not_run_again_stay(self):
        earlier = "text\n\n| tool | 2 |\n|---|---|\n| ours | 1 |\n| peer | 2 |\n\nmore\n\n| functions |\n|---|\n| all |"
        ours = hits.Run("ours", "", 0.0, 1.0)
        self.assertEqual(natural_report.peers(earlier, [ours]), ["| peer | 2 |"])
        self.assertEqual(natural_report.peers("", [ours]), [])

    def test_the_list_names_indexed_origins_and_other_carriers(self):
        indexed = {hits.plain_purl(p.purl).split("@")[0] for p in corpus.packages("indexed")}
        listed = natural.pairs()  # an origin that is not indexed ends here
        self.assertGreaterEqual(len({p.case for p in listed}), 60)
        self.assertEqual(len(listed), len({(p.case, p.origin.purl) for p in listed}))
        for pair in listed:
            self.assertNotIn(hits.plain_purl(pair.carrier.purl).split("@")[0], indexed)
            self.assertTrue(pair.known)
            self.assertEqual(pair.carrier.language, pair.origin.language)


class Wild(unittest.TestCase):
    def match(self, first=10, last=20, owner="pkg:cargo/origin@1.2.3", severity="error", bits=90.0):
        place = {"purl": owner, "path": "src/a.rs", "first": 1, "last": 9, "license": "MIT", "bits": bits}
        return wild_scan.Match("src/lib.rs", first, last, bits, 30, 0.0, "edited", "MIT", [place], "license-incompatible", severity)

    def label(self, first, last, owner="pkg:cargo/origin", label="copy"):
        return wild_labels.Label("cargo/project", "src/lib.rs", first, last, owner, label, "idiom", "why")

    def test_a_label_holds_for_shifted_lines_and_other_versions(self):
        labels = [self.label(1, 11, label="false"), self.label(12, 24)]
        self.assertEqual(wild_labels.label_of(labels, "cargo/project", self.match(10, 20)).label, "copy")
        self.assertEqual(wild_labels.label_of(labels, "cargo/project", self.match(2, 12)).label, "false")
        self.assertIsNone(wild_labels.label_of(labels, "cargo/project", self.match(30, 40)))
        self.assertIsNone(wild_labels.label_of(labels, "cargo/other", self.match()))
        self.assertIsNone(wild_labels.label_of(labels, "cargo/project", self.match(owner="pkg:cargo/origin-core@1.2.3")))

    def test_findings_without_a_label_and_about_no_match_count_as_unlabelled(self):
        scan = wild_scan.Scan("cargo/project", 1, 100, [self.match(), self.match(50, 60), self.match(12, 13, severity="info")],
                              [{"rule": "policy-unused", "severity": "warning", "path": "", "line": 1, "message": ""}])
        counts = wild_labels.count([self.label(10, 20)], [scan])
        self.assertEqual((counts["copy"], counts["unlabelled"], sum(counts.values())), (1, 2, 3))
        self.assertEqual(wild_labels.count([], [scan], at=91.0)["unlabelled"], 1)
        causes = wild_labels.count_causes([self.label(10, 20, label="false")], [scan])
        self.assertEqual((causes["idiom"], causes["unlabelled"], sum(causes.values())), (1, 2, 3))

    def test_a_report_is_read_with_the_severity_of_its_findings(self):
        region = {"start_line": 3, "start_column": 1, "end_line": 7, "end_column": 2}
        license_ = {"expression": "GPL-3.0-only"}
        owner = {"purl": "pkg:pypi/Some.Thing@1", "path": "a.py", "lines": {"start_line": 1, "end_line": 5}, "license": license_, "evidence": {"bits": 80.5}}
        match = {
            "id": "x", "path": "b.py", "region": region, "kind": "renamed", "license": {"expression": "MIT"}, "owners": [owner],
            "evidence": {"bits": 80.5, "matched_tokens": 33, "calibration": -2.0},
        }
        finding = {"match": "x", "path": "b.py", "region": region, "rule": "license-incompatible", "severity": "error", "message": "m"}
        other = {**finding, "match": "y", "rule": "suppression-unused", "severity": "warning"}
        note = {**other, "match": "z", "severity": "info"}
        report = {"matches": [match, {**match, "id": "w"}], "findings": [finding, other, note], "summary": {"lines_scanned": 70}}
        scan = wild_scan.from_report("pypi/p", 1, report)
        self.assertEqual([m.fails for m in scan.matches], [True, False])
        self.assertEqual(wild_scan.package(scan.matches[0].owner["purl"]), "pkg:pypi/some-thing")
        self.assertEqual([o["rule"] for o in scan.other], ["suppression-unused"])
        with tempfile.TemporaryDirectory() as folder:
            scan.save(Path(folder) / "s.json")
            self.assertEqual(wild_scan.Scan.load(Path(folder) / "s.json"), scan)

    def test_the_projects_follow_their_rule(self):
        projects = wild_projects.read()
        self.assertGreaterEqual(len(projects), 100)
        self.assertEqual(len({p.key for p in projects}), len(projects))
        rows = [p for p in projects if p.half != p.role]
        self.assertLessEqual(len(rows), 26)
        self.assertEqual({p.role for p in rows}, {"dev"})
        indexed = {corpus.Package(p.purl, "", "").purl.split("@")[0] for p in [*wild_peers.indexed(), *corpus.packages()]}
        every = wild_projects.read_all()
        self.assertFalse([p.purl for p in every if p.role == "test" and p.purl.split("@")[0] in indexed])
        self.assertEqual(len({p.key for p in every}), len(every))
        self.assertTrue(all(p.license and len(p.sha256) == 64 for p in projects))

    def test_labels_and_lists_name_what_is_pinned(self):
        keys = {p.key for p in wild_projects.read_all()}
        labels = wild_labels.read()
        self.assertFalse([row for row in labels if row.project not in keys or not row.reason or row.first > row.last])
        alone = {p.purl.split("@")[0] for p in wild_independent.packages()}
        self.assertFalse([pair for pair in wild_independent.related() if not pair <= alone])
        grown = wild_growth.packages("25")
        self.assertFalse({p.key for p in grown} & {p.key for p in wild_projects.read()})
        self.assertLess(len(wild_growth.packages("2")), len(grown))

    def test_the_law_of_chance_is_found_in_counts_that_follow_it(self):
        law = wild_chance.Law(anchor=2.0, halving=9.0, growth=0.8)
        curves = {}
        for lines in (500_000, 2_000_000, 8_000_000, 25_000_000):
            expected = [round(1000 * law.expected(at, lines)) for at in range(36, 125)]
            bits = [at + 0.5 for at, (n, above) in zip(range(36, 124), zip(expected, expected[1:])) for _ in range(n - above)]
            curves[str(lines)] = wild_chance.Curve(lines, 100_000_000, bits)
        fitted = wild_chance.fit(curves)
        for name in ("anchor", "halving", "growth"):
            self.assertAlmostEqual(getattr(fitted, name), getattr(law, name), delta=0.03, msg=name)

    def test_the_constants_of_the_engine_are_read(self):
        law = wild_chance.in_source()
        self.assertAlmostEqual(law.expected(68, 1e6), law.anchor)
        self.assertGreater(law.expected(68, 8e6), law.anchor)
        self.assertLess(law.expected(68 + law.halving, 1e6) * 2 - law.anchor, 1e-9)
        self.assertAlmostEqual(law.bits_for(law.expected(90, 8e6), 8e6), 90)
        stated = wild_chance.stated()
        self.assertEqual(set(stated), {"hook", "default", "audit", "substantial"})
        self.assertLess(stated["substantial"], stated["hook"])

    def test_classes_with_functions_are_counted_once(self):
        python = "class A:\n    def f(self):\n        class B:\n            def g(self): pass\n\nclass C:\n    x = 1\n"
        rust = "impl A for B {\n    fn f() {}\n}\nimpl C for B {}\n"
        self.assertEqual([(c.name, c.start, c.end) for c in syntax.classes("python", python)], [("A", 1, 4)])
        self.assertEqual([(c.name, c.start, c.end) for c in syntax.classes("rust", rust)], [("B", 1, 3)])

    def test_overlapping_runs_of_a_peer_are_one_report(self):
        self.assertEqual(wild_peers.joined([("a", 1, 9), ("a", 5, 12), ("a", 11, 14), ("a", 20, 22), ("b", 21, 23)]), 3)


if __name__ == "__main__":
    unittest.main()
