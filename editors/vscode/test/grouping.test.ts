import assert from "node:assert/strict";
import { test } from "node:test";
import { group, icon, type Grouping, type Node } from "../src/model/grouping";
import type { Match, Severity } from "../src/model/protocol";
import { finding, owner, range, reference, verdict } from "./samples";

/** The tree as text, a node a line. */
function draw(references: Match[], by: Grouping): string[] {
    const lines = (nodes: Node[], depth: number): string[] =>
        nodes.flatMap((node) => [
            `${"  ".repeat(depth)}${node.label}${node.description && ` (${node.description})`}`,
            ...(node.kind === "reference" ? [] : lines(node.children, depth + 1)),
        ]);
    return lines(group(references, by, (uri) => uri.replace("file:///project/", "")), 0);
}

const gpl = owner({ name: "fuzzywuzzy", version: "0.18.0", license: { expression: "GPL-2.0-only" } });
const several = [
    reference({ uri: "file:///project/b.py", owners: [gpl], verdict: verdict("incompatible") }),
    reference({ uri: "file:///project/b.py", range: range(2, 0, 5, 0) }),
    reference({ uri: "file:///project/a.py", range: range(30, 0, 30, 8) }),
    reference({ uri: "file:///project/a.py", owners: [owner({ license: { expression: "Apache-2.0" } })] }),
];

test("by owner: each owner and licence once, its places in order", () => {
    assert.deepEqual(draw(several, "owner"), [
        "fuzzywuzzy 0.18.0 (GPL-2.0-only)",
        "  b.py:10-20 (incompatible)",
        "six 1.17.0 (Apache-2.0)",
        "  a.py:10-20 (attribution needed)",
        "six 1.17.0 (MIT, 2 references)",
        "  a.py:31 (attribution needed)",
        "  b.py:3-5 (attribution needed)",
    ]);
});

test("by licence, then by owner", () => {
    assert.deepEqual(draw(several, "license"), [
        "Apache-2.0",
        "  six 1.17.0",
        "    a.py:10-20 (attribution needed)",
        "GPL-2.0-only",
        "  fuzzywuzzy 0.18.0",
        "    b.py:10-20 (incompatible)",
        "MIT (2 references)",
        "  six 1.17.0 (2 references)",
        "    a.py:31 (attribution needed)",
        "    b.py:3-5 (attribution needed)",
    ]);
});

test("what is not known is shown as such", () => {
    const unknown = [reference({ owners: [owner({ license: { expression: null }, version: null })] }), reference({ owners: [] })];
    assert.deepEqual(draw(unknown, "license"), [
        "no licence known (2 references)",
        "  six",
        "    a.py:10-20 (attribution needed)",
        "  unknown owner",
        "    a.py:10-20 (attribution needed)",
    ]);
    assert.deepEqual(draw([], "owner"), []);
});

test("a match without a finding is not shown as one to act on", () => {
    const seen = (decision: string): string[] => draw([reference({ verdict: verdict(decision), finding: null })], "owner").slice(1);
    assert.deepEqual(seen("attribution-needed"), ["  a.py:10-20 (no finding)"]);
    assert.deepEqual(seen("compatible"), ["  a.py:10-20 (compatible)"]);
});

test("keys are unique among siblings, whatever the order of references", () => {
    const keys = (references: Match[]) => group(references, "owner", String).map((node) => node.key);
    assert.equal(new Set(keys(several)).size, 3);
    assert.deepEqual(keys([...several].reverse()), keys(several));
});

test("an icon says what was decided, and its colour how bad it is", () => {
    const seen = (decision: string, severity: Severity | null) => {
        const { name, meaning } = icon({ verdict: verdict(decision), finding: severity && finding(severity) });
        return `${name}, ${meaning}`;
    };
    assert.equal(seen("incompatible", "error"), "circle-slash, error");
    assert.equal(seen("incompatible", null), "pass, no finding");
    assert.equal(seen("review", "warning"), "warning, warning");
    assert.equal(seen("unknown", "warning"), "question, warning");
    assert.equal(seen("compatible", null), "pass, no finding");
    assert.equal(seen("compatible", "loud" as "info"), "info, information");
});
