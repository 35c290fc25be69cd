// The bundle as it is packaged, in a stand-in for the editor, with the real language client and the real server.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Diagnostic } from "vscode";
import { URI } from "vscode-uri";
import { Host, type Document } from "./host";
import { program, Project, until } from "./project";

const bundle = join(__dirname, "../extension.js");
const running: Session[] = [];

/** The extension at work in a project. */
class Session {
    readonly project = new Project();
    readonly host: Host;
    readonly extension: ReturnType<Host["load"]>;
    private readonly subscriptions: { dispose(): unknown }[] = [];

    constructor(settings: Record<string, unknown> = {}) {
        this.host = new Host(this.project.folder, { "server.path": program(), debounceMs: 10, log: false, ...settings });
        this.extension = this.host.load(bundle);
        running.push(this);
    }

    async activate(): Promise<this> {
        await this.extension.activate({ subscriptions: this.subscriptions });
        return this;
    }

    async end(): Promise<void> {
        await this.extension.deactivate();
        for (const each of this.subscriptions) each.dispose();
        this.project.remove();
    }

    async findings(document: Document): Promise<Diagnostic[]> {
        return until("findings", () => {
            const held = this.host.diagnostics.get(document.uri.toString());
            return held !== undefined && held.length > 0 && held;
        });
    }

    async quiet(document: Document): Promise<void> {
        await until("silence", () => (this.host.diagnostics.get(document.uri.toString()) ?? []).length === 0);
    }
}

after(async () => {
    for (const session of running) await session.end();
});

test("a copy is found, shown by owner, explained, suppressed and then quiet", async () => {
    const own = await new Session().activate();
    const { host, project } = own;
    const document = host.open(project.routes, "python");
    const [finding] = await own.findings(document);
    assert.equal(finding!.source, "birthmark");
    await until("the view", async () => (await host.rows()).length === 2);
    assert.deepEqual(await host.rows(), [
        "gridroute 1.4.0 (GPL-3.0-or-later)",
        "  parcelbot/routes.py:57-90 (incompatible)",
    ]);
    await until("the status", () => host.statusItem.text === "$(law) birthmark 1");

    host.editor!.selection = { active: finding!.range.start as never };
    await host.run("birthmark.explainReference");
    const preview = host.ran.find(({ command }) => command === "markdown.showPreview");
    assert.match(await host.page(preview!.args[0] as never), /^# routes\.py: reference [0-9a-f]+\n[^]*gridroute/);

    host.typed.push("", undefined, "licensed to us");
    for (const _ of [1, 2]) await host.run("birthmark.suppressReference");
    assert.deepEqual(host.messages.splice(0), ["A reason is required: others will read it."]);
    assert.equal(document.isDirty, false);
    await host.run("birthmark.suppressReference");
    assert.match(document.getText(), /# birthmark: ignore\[license-incompatible\] reason="licensed to us"/);
    await own.quiet(document);
    assert.deepEqual(host.messages, []);
});

test("the light bulb offers what can be done, and an acceptance asks why", async () => {
    const own = await new Session().activate();
    const { host, project } = own;
    const document = host.open(project.routes, "python");
    const [finding] = await own.findings(document);
    const actions = await host.codeActions(document, finding!);
    const accept = actions.find((action) => action.command?.arguments?.[0]?.verb === "accept");
    assert.ok(accept, actions.map((action) => action.title).join("; "));
    host.typed.push("by our own author");
    await host.run(accept!.command!.command, ...accept!.command!.arguments!);
    await own.quiet(document);
    assert.deepEqual(host.messages, []);

    const explain = actions.find((action) => action.command?.command === "birthmark.explain");
    await host.run(explain!.command!.command, ...explain!.command!.arguments!);
    assert.ok(host.ran.some(({ command }) => command === "markdown.showPreview"));
});

test("attribution edits the open file", async () => {
    const own = await new Session().activate();
    const { host, project } = own;
    const document = host.open(project.summary, "python");
    await own.findings(document);
    host.editor!.selection = { active: { line: 20, character: 0 } as never };
    await host.run("birthmark.attributeReference");
    assert.deepEqual(host.messages, []);
    assert.match(document.getText(), /# SPDX-SnippetBegin\n[^]*SPDX-License-Identifier: MIT/);
    await own.quiet(document);
});

test("a scan fills the view with files that are not open, by licence too", async () => {
    const { host } = await new Session({ "references.groupBy": "license" }).activate();
    await host.run("birthmark.scanFolders");
    assert.deepEqual(host.messages, []);
    assert.match(host.passing.join(), /^birthmark: checked \d+ files: 2 matches/);
    await until("the view", async () => (await host.rows()).length === 6);
    assert.deepEqual(await host.rows(), [
        "GPL-3.0-or-later",
        "  gridroute 1.4.0",
        "    parcelbot/routes.py:57-90 (incompatible)",
        "MIT",
        "  plaintable 0.9.2",
        "    parcelbot/summary.py:10-42 (attribution needed)",
    ]);
    await host.run("birthmark.groupByOwner");
    assert.equal((await host.rows()).length, 4);
    assert.equal(host.contexts.get("birthmark.grouping"), "owner");
});

test("a text without a file is checked", async () => {
    const own = await new Session({ license: "MIT" }).activate();
    const { host, project } = own;
    const copied = host.open(project.routes, "python");
    const document = host.openUntitled("python", copied.getText());
    await own.findings(document);
});

test("a wrong configuration is said, and its correction is noticed", async () => {
    const own = await new Session().activate();
    const { host, project } = own;
    project.configure("nonsense = 1\n");
    await host.run("birthmark.reloadProject");
    host.open(project.routes, "python");
    await until("the failure", () => host.contexts.get("birthmark.service") === "running" && /failed/.test(host.statusItem.accessibilityInformation!.label));
    project.configure();
    await host.run("birthmark.reloadProject");
    await until("readiness", () => host.statusItem.text === "$(law) birthmark 1");
});

test("switched off, nothing runs; switched on, it does", async () => {
    const own = await new Session({ enable: false }).activate();
    const { host, project } = own;
    const document = host.open(project.routes, "python");
    assert.equal(host.contexts.get("birthmark.service"), "off");
    assert.match(host.statusItem.accessibilityInformation!.label, /switched off/);
    assert.deepEqual(host.messages, []);
    host.set("enable", true);
    await own.findings(document);
    host.set("enable", false);
    await until("the end", () => host.contexts.get("birthmark.service") === "off");
    assert.equal(host.diagnostics.size, 0);
});

test("without the program, it is said what to do; with it, all is well", async () => {
    const own = new Session({ "server.path": "/nowhere/birthmark" });
    const { host, project } = own;
    await own.activate();
    assert.equal(host.contexts.get("birthmark.service"), "failed");
    assert.equal(host.messages.length, 1);
    assert.match(host.messages[0]!, /no program at "\/nowhere\/birthmark"/);
    await host.run("birthmark.explainReference");
    assert.match(host.messages[1]!, /open a file/);
    host.set("server.path", program());
    await own.findings(host.open(project.routes, "python"));
});

test("a program that is something else is said to be so", async () => {
    const own = new Session();
    own.host.set("server.path", own.project.script("exit 0"));
    await own.activate();
    await until("the message", () => own.host.messages.length > 0);
    assert.equal(own.host.contexts.get("birthmark.service"), "failed");
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(own.host.messages.length, 1, own.host.messages.join("\n"));
    assert.match(own.host.messages[0]!, /birthmark lsp" did not start/);
});

test("a server that is killed is started again, and one that is killed again and again is left", async () => {
    const own = new Session();
    const { host, project } = own;
    const id = join(project.folder, "id");
    host.set("server.path", project.script(`echo $$ > ${id} && exec ${program()} "$@"`));
    await own.activate();
    const document = host.open(project.routes, "python");
    for (const round of [1, 2, 3, 4]) {
        await own.findings(document);
        await until(`status ${round}`, () => host.statusItem.text === "$(law) birthmark 1");
        host.diagnostics.clear();
        host.statusItem.text = "";
        process.kill(Number(readFileSync(id, "utf8")), "SIGKILL");
    }
    await until("the failure", () => host.contexts.get("birthmark.service") === "failed");
    assert.equal(host.messages.length, 1, host.messages.join("\n"));
    assert.match(host.messages[0]!, /ended several times/);
    await host.run("birthmark.restart");
    await own.findings(document);
});

test("commands that fail say so, and those that name nothing do not", async () => {
    const own = await new Session().activate();
    const { host, project } = own;
    host.open(join(project.folder, "parcelbot/cli.py"), "python");
    await host.run("birthmark.explainReference");
    assert.match(host.messages.pop()!, /this file has no reference/);
    await host.run("birthmark.askReason", { uri: 3 });
    assert.match(host.messages.pop()!, /no reference is named/);
    await host.run("birthmark.askReason", { uri: URI.file(project.routes).toString(), id: "00000000", verb: "accept" });
    assert.deepEqual(host.messages, []);
});

test("the log is a page", async () => {
    const { host } = await new Session().activate();
    await host.run("birthmark.showLog");
    assert.deepEqual(host.messages, []);
    assert.ok(host.editor!.document.getText().length > 0);
});
