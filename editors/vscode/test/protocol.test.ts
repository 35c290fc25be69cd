// The real server, spoken to by the real protocol library, as the extension speaks to it.

import assert from "node:assert/strict";
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import {
    ApplyWorkspaceEditRequest,
    CodeActionRequest,
    ConfigurationRequest,
    createProtocolConnection,
    DidChangeConfigurationNotification,
    DidChangeTextDocumentNotification,
    DidOpenTextDocumentNotification,
    DocumentDiagnosticRequest,
    ExecuteCommandRequest,
    ExitNotification,
    HoverRequest,
    InitializedNotification,
    InitializeRequest,
    PublishDiagnosticsNotification,
    RegistrationRequest,
    ShutdownRequest,
    StreamMessageReader,
    StreamMessageWriter,
    type CodeAction,
    type Diagnostic,
    type InitializeResult,
    type ProtocolConnection,
    type WorkspaceEdit,
} from "vscode-languageserver-protocol/node";
import { URI } from "vscode-uri";
import {
    MATCHES_REQUEST,
    ServerCommand,
    STATUS_NOTIFICATION,
    type ExplainAnswer,
    type Match,
    type MatchesAnswer,
    type Status,
} from "../src/model/protocol";
import { initializationOptions, readSettings, serverSettings } from "../src/model/settings";
import { program, Project, until } from "./project";

const settings: Record<string, unknown> = { debounceMs: 10, log: false };
const project = new Project();
const uri = URI.file(project.routes).toString();
const pushed = new Map<string, Diagnostic[]>();
const edits: WorkspaceEdit[] = [];
const statuses: Status[] = [];
let server: ChildProcessWithoutNullStreams;
let connection: ProtocolConnection;
let initialized: InitializeResult;

before(async () => {
    server = spawn(program(), ["lsp"], { cwd: project.folder });
    connection = createProtocolConnection(new StreamMessageReader(server.stdout), new StreamMessageWriter(server.stdin));
    connection.onNotification(PublishDiagnosticsNotification.type, (told) => void pushed.set(told.uri, told.diagnostics));
    connection.onNotification(STATUS_NOTIFICATION, (status: Status) => void statuses.push(status));
    connection.onRequest(RegistrationRequest.type, () => {});
    connection.onRequest(ConfigurationRequest.type, ({ items }) =>
        items.map(() => serverSettings(readSettings((key) => settings[key]))),
    );
    connection.onRequest(ApplyWorkspaceEditRequest.type, ({ edit }) => {
        edits.push(edit);
        return { applied: true };
    });
    connection.listen();
    initialized = await connection.sendRequest(InitializeRequest.type, {
        processId: process.pid,
        rootUri: URI.file(project.folder).toString(),
        workspaceFolders: [{ uri: URI.file(project.folder).toString(), name: "demo" }],
        capabilities: {
            general: { positionEncodings: ["utf-16"] },
            workspace: { configuration: true, applyEdit: true, workspaceEdit: { documentChanges: true } },
            textDocument: {
                hover: { contentFormat: ["markdown"] },
                codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ["quickfix"] } } },
            },
        },
        initializationOptions: initializationOptions(readSettings((key) => settings[key])),
    });
    await connection.sendNotification(InitializedNotification.type, {});
    const text = readFileSync(project.routes, "utf8");
    const textDocument = { uri, languageId: "python", version: 1, text };
    await connection.sendNotification(DidOpenTextDocumentNotification.type, { textDocument });
});

after(() => {
    server.kill();
    project.remove();
});

function findings(): Promise<Diagnostic[]> {
    return until("findings", () => pushed.get(uri)?.length !== 0 && pushed.get(uri));
}

async function references(document?: string): Promise<Match[]> {
    const asked = document === undefined ? {} : { textDocument: { uri: document } };
    return (await connection.sendRequest<MatchesAnswer>(MATCHES_REQUEST, asked)).matches;
}

function execute<T>(command: string, argument: object): Promise<T> {
    return connection.sendRequest(ExecuteCommandRequest.type, { command, arguments: [argument] });
}

test("the server carries out every command that the extension knows", () => {
    const carried = initialized.capabilities.executeCommandProvider?.commands ?? [];
    assert.deepEqual(Object.values(ServerCommand).filter((command) => !carried.includes(command)), []);
});

test("a copy is a diagnostic with rule, source and the id of its reference", async () => {
    const [finding] = await findings();
    assert.equal(finding!.source, "birthmark");
    assert.equal(finding!.code, "license-incompatible");
    assert.equal(finding!.severity, 1);
    assert.equal(finding!.range.start.line, 56);
    assert.match(finding!.data.id, /^[0-9a-f]{8,}$/);
});

test("references have all that the view draws", async () => {
    await findings();
    const [reference] = await references(uri);
    assert.equal(reference!.uri, uri);
    assert.equal(reference!.verdict.decision, "incompatible");
    assert.equal(reference!.finding!.severity, "error");
    assert.ok(reference!.evidence.bits > 68);
    assert.match(reference!.finding!.message, /gridroute/);
    const [owner] = reference!.owners;
    assert.equal(owner!.purl, "pkg:generic/gridroute@1.4.0");
    assert.deepEqual([owner!.name, owner!.version, owner!.license.expression], ["gridroute", "1.4.0", "GPL-3.0-or-later"]);
    assert.equal(owner!.path, "gridroute/planner.py");
    assert.deepEqual(owner!.lines, { start_line: 36, end_line: 64 });
    assert.deepEqual((await references()).map(({ id }) => id), [reference!.id]);
});

test("hovering tells the owner and the licence", async () => {
    await findings();
    const hover = await connection.sendRequest(HoverRequest.type, {
        textDocument: { uri },
        position: { line: 60, character: 4 },
    });
    assert.match(JSON.stringify(hover?.contents), /gridroute.*GPL-3\.0-or-later/);
});

test("an explanation is Markdown", async () => {
    await findings();
    const [reference] = await references(uri);
    const { markdown } = await execute<ExplainAnswer>(ServerCommand.explain, { uri, id: reference!.id });
    assert.match(markdown, /`pkg:generic\/gridroute@1\.4\.0`.*GPL-3\.0-or-later/);
    assert.match(markdown, /```text\n/);
});

test("code actions ask this client for reasons", async () => {
    const [finding] = await findings();
    const actions = (await connection.sendRequest(CodeActionRequest.type, {
        textDocument: { uri },
        range: finding!.range,
        context: { diagnostics: [finding!] },
    })) as CodeAction[];
    const asking = actions.filter((action) => action.command?.command === "birthmark.askReason");
    assert.deepEqual(asking.map((action) => action.command!.arguments![0].verb).sort(), ["accept", "suppress"]);
    assert.ok(actions.some((action) => action.command?.command === ServerCommand.explain));
});

test("a suppression needs a reason, is an edit, and quiets the finding", async () => {
    await findings();
    const [reference] = await references(uri);
    const target = { uri, id: reference!.id };
    await assert.rejects(execute(ServerCommand.suppress, { ...target, reason: " " }), /reason/);
    await execute(ServerCommand.suppress, { ...target, reason: "licensed to us" });
    const edit = await until("an edit", () => edits.pop());
    assert.match(JSON.stringify(edit), /birthmark: ignore\[license-incompatible\] reason=.+licensed to us/);
});

test("what is edited is checked again, unsaved as it is", async () => {
    await findings();
    const contentChanges = [{ text: "x = 1\n" }];
    await connection.sendNotification(DidChangeTextDocumentNotification.type, { textDocument: { uri, version: 2 }, contentChanges });
    await until("silence", () => pushed.get(uri)?.length === 0);
    assert.deepEqual(await references(uri), []);
    const text = readFileSync(project.routes, "utf8");
    const again = { textDocument: { uri, version: 3 }, contentChanges: [{ text }] };
    await connection.sendNotification(DidChangeTextDocumentNotification.type, again);
    await findings();
});

test("settings take effect", async () => {
    await findings();
    settings["license"] = "GPL-3.0-or-later";
    await connection.sendNotification(DidChangeConfigurationNotification.type, {
        settings: { birthmark: serverSettings(readSettings((key) => settings[key])) },
    });
    await until("another verdict", async () => (await references(uri))[0]?.verdict.decision !== "incompatible");
    delete settings["license"];
    await connection.sendNotification(DidChangeConfigurationNotification.type, {
        settings: { birthmark: serverSettings(readSettings((key) => settings[key])) },
    });
    await until("the first verdict", async () => (await references(uri))[0]?.verdict.decision === "incompatible");
});

test("a scan of the workspace finds what is not open", async () => {
    await execute(ServerCommand.scanWorkspace, {});
    const owners = (await references()).map((reference) => reference.owners[0]!.name);
    assert.deepEqual(owners.sort(), ["gridroute", "plaintable"]);
});

test("the status ends in ready, with what was found", async () => {
    const last = await until("ready", () => statuses.at(-1)?.state === "ready" && statuses.at(-1));
    assert.ok(last.matches >= 1);
    assert.ok(last.findings >= 1);
});

test("what is not there is an answer, not the end", async () => {
    await assert.rejects(execute(ServerCommand.explain, { uri, id: "00000000" }));
    await assert.rejects(execute(ServerCommand.explain, {}));
    await assert.rejects(execute("birthmark.nonsense", {}));
    await assert.rejects(connection.sendRequest("birthmark/nonsense", {}));
    assert.deepEqual(await references("file:///nowhere/at/all.py"), []);
    await assert.rejects(connection.sendRequest(DocumentDiagnosticRequest.type, { textDocument: {} } as never));
    assert.ok((await references(uri)).length > 0);
});

test("shutdown and exit end it", async () => {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    await connection.sendRequest(ShutdownRequest.type);
    await connection.sendNotification(ExitNotification.type);
    assert.equal(await ended, 0);
});
