import assert from "node:assert/strict";
import { test } from "node:test";
import { Restarts } from "../src/model/restarts";

test("a server that ends again and again is left", () => {
    const restarts = new Restarts();
    assert.deepEqual([0, 1000, 2000, 3000].map((at) => restarts.isWorthIt(at)), [true, true, true, false]);
});

test("one that ends now and then is not", () => {
    const restarts = new Restarts();
    const hours = Array.from({ length: 20 }, (_, hour) => hour * 3_600_000);
    assert.ok(hours.every((at) => restarts.isWorthIt(at)));
});
