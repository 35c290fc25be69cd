// What package.json promises, the code and the pages keep.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readSettings } from "../src/model/settings";

const top = join(__dirname, "../..");
const manifest = JSON.parse(read("package.json"));
const { contributes } = manifest;
const commands: string[] = contributes.commands.map((each: { command: string }) => each.command);
const settings: string[] = Object.keys(contributes.configuration.properties);

function read(file: string): string {
    return readFileSync(join(top, file), "utf8");
}

/** All source, by file. */
function sources(): [string, string][] {
    const names = readdirSync(join(top, "src"), { recursive: true }) as string[];
    return names.filter((name) => name.endsWith(".ts")).map((name) => [name, read(join("src", name))]);
}

function differences(a: Iterable<string>, b: Iterable<string>): string[] {
    const held = new Set(b);
    return [...a].filter((each) => !held.has(each));
}

test("every command is carried out, and every one carried out is offered", () => {
    const table = /private table[^]*?\n {4}}\n/.exec(read("src/commands.ts"))![0];
    const done = [...table.matchAll(/"(birthmark\.\w+)": /g)].map((found) => found[1]!);
    assert.deepEqual(differences(done, commands), []);
    assert.deepEqual(differences(commands, done), []);
});

test("menus and welcomes name commands that there are", () => {
    const menus: { command: string }[][] = Object.values(contributes.menus);
    const texts = [...contributes.viewsWelcome.map((each: { contents: string }) => each.contents)];
    texts.push(...contributes.walkthroughs[0].steps.map((step: { description: string }) => step.description));
    const linked = texts.flatMap((text) => [...text.matchAll(/command:(birthmark\.[\w.]+)/g)].map((found) => found[1]!));
    const named = [...menus.flat().map((each) => each.command), ...linked];
    assert.ok(linked.length > 3);
    assert.deepEqual(differences(named, [...commands, "birthmark.references.focus"]), []);
});

test("no command has the name of one that the server registers", () => {
    const server = [...read("src/model/protocol.ts").matchAll(/: "(birthmark\.\w+)"/g)].map((found) => found[1]!);
    assert.equal(server.length, 6);
    assert.deepEqual(commands.filter((command) => server.includes(command)), []);
});

test("every setting is described, and read", () => {
    for (const [name, setting] of Object.entries<{ markdownDescription?: string }>(contributes.configuration.properties)) {
        assert.ok(setting.markdownDescription, name);
    }
    const asked: string[] = [];
    readSettings((key) => asked.push(`birthmark.${key}`));
    // The editor's own client library reads the trace.
    const elsewhere = ["birthmark.server.path", "birthmark.references.groupBy", "birthmark.trace.server"];
    assert.deepEqual([...asked, ...elsewhere].sort(), [...settings].sort());
});

test("a workspace cannot choose the program", () => {
    assert.equal(contributes.configuration.properties["birthmark.server.path"].scope, "machine");
});

test("the pages explain every command and every setting", () => {
    const page = read("README.md");
    const titles = contributes.commands.map((each: { title: string }) => `birthmark: ${each.title}`);
    assert.deepEqual([...titles, ...settings].filter((each) => !page.includes(`\`${each}\``)), []);
    assert.ok(read("CHANGELOG.md").includes(`## ${manifest.version}`));
});

test("what the manifest points at is there", () => {
    const files: string[] = [manifest.icon, contributes.viewsContainers.activitybar[0].icon];
    for (const { media } of contributes.walkthroughs[0].steps) {
        files.push(media.markdown ?? media.svg);
        assert.ok(media.markdown || media.altText);
    }
    assert.deepEqual(files.filter((file) => !existsSync(join(top, file))), []);
});

test("the model knows nothing of the editor", () => {
    const wrong = sources().filter(([name, text]) => name.startsWith("model") && /from "vscode/.test(text));
    assert.deepEqual(wrong.map(([name]) => name), []);
});

test("nothing of it reaches the network", () => {
    const words = /\b(fetch\(|node:https?|node:net|XMLHttpRequest|TelemetryLogger)/;
    assert.deepEqual(sources().filter(([, text]) => words.test(text)).map(([name]) => name), []);
});
