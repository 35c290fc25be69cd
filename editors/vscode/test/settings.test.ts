import assert from "node:assert/strict";
import { test } from "node:test";
import { initializationOptions, readSettings, serverSettings } from "../src/model/settings";

function read(held: Record<string, unknown>) {
    return readSettings((key) => held[key]);
}

test("what is not set is left to the project", () => {
    assert.deepEqual(serverSettings(read({})), { enable: true, debounceMs: 150, log: true });
    const empty = { preset: null, threshold: null, index: [], license: " " };
    assert.deepEqual(serverSettings(read(empty)), { enable: true, debounceMs: 150, log: true });
});

test("what is set goes to the server", () => {
    const held = { enable: false, preset: "audit", index: [" a ", ""], license: "MIT", debounceMs: 50, log: false };
    assert.deepEqual(serverSettings(read(held)), {
        enable: false,
        preset: "audit",
        index: ["a"],
        license: "MIT",
        debounceMs: 50,
        log: false,
    });
});

test("a threshold goes before a preset", () => {
    const told = serverSettings(read({ preset: "audit", threshold: 0 }));
    assert.equal(told.threshold, 0);
    assert.equal("preset" in told, false);
});

test("what has a wrong type counts as not set", () => {
    const wrong = { enable: "no", preset: 3, threshold: "80", index: "starter", license: 1, debounceMs: null, log: 0 };
    assert.deepEqual(serverSettings(read(wrong)), { enable: true, debounceMs: 150, log: true });
    assert.deepEqual(serverSettings(read({ index: ["a", 3, null] })).index, ["a"]);
    assert.equal(read({ debounceMs: -5 }).debounceMs, 0);
    assert.equal(read({ threshold: Number.NaN }).threshold, null);
});

test("this client asks people for reasons", () => {
    assert.equal(initializationOptions(read({})).asksReasons, true);
});
