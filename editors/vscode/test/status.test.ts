import assert from "node:assert/strict";
import { test } from "node:test";
import { statusText, type ServiceState } from "../src/model/status";
import type { Status } from "../src/model/protocol";

function running(state: Status["state"], findings = 0, message?: string): ServiceState {
    const status: Status = { state, matches: 3, findings };
    return { kind: "running", status: message === undefined ? status : { ...status, message } };
}

test("findings are counted", () => {
    const { text, spoken, tooltip, alarm } = statusText(running("ready", 2));
    assert.equal(text, "$(law) birthmark 2");
    assert.equal(spoken, "birthmark has 2 findings");
    assert.equal(tooltip, "3 matches, 2 findings in the files checked so far.");
    assert.equal(alarm, "warning");
    assert.equal(statusText(running("ready", 1)).spoken, "birthmark has 1 finding");
});

test("without findings it is quiet", () => {
    const { text, alarm } = statusText(running("ready"));
    assert.equal(text, "$(law) birthmark");
    assert.equal(alarm, "none");
});

test("work shows, and so does what went wrong", () => {
    assert.match(statusText(running("starting")).text, /sync~spin/);
    assert.match(statusText(running("checking")).text, /sync~spin/);
    assert.equal(statusText(running("failed", 0, "no index at x")).tooltip, "no index at x");
    assert.equal(statusText(running("failed")).alarm, "error");
    assert.match(statusText(running("ready", 0, "2 files skipped")).tooltip, /2 files skipped$/);
    assert.equal(statusText({ kind: "failed", message: "not there" }).tooltip, "not there");
});

test("nothing is told by an icon alone", () => {
    const all: ServiceState[] = [
        { kind: "off" },
        { kind: "stopped" },
        { kind: "failed", message: "x" },
        ...(["starting", "checking", "ready", "failed"] as const).map((state) => running(state)),
    ];
    const spoken = all.map((state) => statusText(state).spoken);
    assert.equal(new Set(spoken).size, all.length);
    assert.equal(spoken.some((each) => each.includes("$(")), false);
});
