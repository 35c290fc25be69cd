import assert from "node:assert/strict";
import { test } from "node:test";
import { addresses, isTarget, reasonProblem, referencesAt } from "../src/model/target";
import { owner, range, reference } from "./samples";

test("the smallest reference at the cursor is meant", () => {
    const wide = reference({ id: "wide", range: range(0, 0, 50, 0) });
    const small = reference({ id: "small", range: range(10, 4, 12, 2) });
    const at = (line: number) => referencesAt([wide, small], { line, character: 0 }).map(({ id }) => id);
    assert.deepEqual(at(10), ["small", "wide"]);
    assert.deepEqual(at(12), ["small", "wide"]);
    assert.deepEqual(at(13), ["wide"]);
    assert.deepEqual(at(51), []);
});

test("only pages and files are opened", () => {
    const owners = [
        "https://example.org/six.py#L10",
        "command:workbench.action.terminal.new",
        "javascript:alert(1)",
        "file:///index/six.py",
        null,
        undefined,
    ].map((url) => owner(url === undefined ? {} : { url }));
    const known = addresses(reference({ owners }));
    assert.deepEqual(known.map(({ url }) => url), ["https://example.org/six.py#L10", "file:///index/six.py"]);
    assert.deepEqual(known[0], { label: "six 1.17.0", description: "six.py:10-20", url: "https://example.org/six.py#L10" });
});

test("anything may run a command", () => {
    assert.equal(isTarget({ uri: "file:///a.py", id: "ab" }), true);
    for (const other of [undefined, null, "ab", 3, {}, { uri: 1, id: "ab" }, []]) assert.equal(isTarget(other), false);
});

test("a reason is required", () => {
    assert.equal(reasonProblem("by our own author", "accept"), null);
    assert.match(reasonProblem(" ", "accept")!, /required/);
    assert.equal(reasonProblem('the "old" one', "accept"), null);
    assert.match(reasonProblem('the "old" one', "suppress")!, /double quotes/);
});
