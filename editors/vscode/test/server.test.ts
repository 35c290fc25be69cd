import assert from "node:assert/strict";
import { test } from "node:test";
import { findServer, type Surroundings } from "../src/model/server";

function search(files: string[], rest: Partial<Surroundings>) {
    const around: Surroundings = {
        setting: "",
        searchPath: "",
        platform: "linux",
        home: "/people/ada",
        isProgram: (file) => files.includes(file),
        ...rest,
    };
    const result = findServer(around);
    return "found" in result ? result.found : `missing: ${result.missing}`;
}

test("the first program on the PATH is taken", () => {
    const files = ["/b/birthmark", "/c/birthmark"];
    assert.equal(search(files, { searchPath: "/a:/b:/c" }), "/b/birthmark");
});

test("on Windows it has another name", () => {
    const found = search(["C:\\bin\\birthmark.exe"], { platform: "win32", searchPath: "D:\\x;C:\\bin" });
    assert.equal(found, "C:\\bin\\birthmark.exe");
});

test("a project cannot bring the program that checks it", () => {
    const files = ["birthmark", "bin/birthmark", "./birthmark"];
    assert.match(search(files, { searchPath: ":.:bin" }), /^missing: .* not found on the PATH/);
    assert.match(search(["bin/birthmark"], { setting: "bin/birthmark" }), /must be an absolute path.*"bin\/birthmark"/);
});

test("the setting goes before the PATH, and is not passed over", () => {
    const files = ["/b/birthmark", "/own/mark"];
    assert.equal(search(files, { setting: " /own/mark ", searchPath: "/b" }), "/own/mark");
    assert.match(search(files, { setting: "/nowhere", searchPath: "/b" }), /no program at "\/nowhere"/);
});

test("a setting may begin at home", () => {
    assert.equal(search(["/people/ada/bin/birthmark"], { setting: "~/bin/birthmark" }), "/people/ada/bin/birthmark");
});

test("what is missing is said with a remedy", () => {
    assert.match(search([], { searchPath: "/a" }), /cargo install.*birthmark\.server\.path/);
    assert.match(search([], { setting: "/a" }), /Correct the setting, or clear it/);
});
