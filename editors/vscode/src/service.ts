// The server's life: found, started, told of settings, asked, stopped.

import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import * as vscode from "vscode";
import {
    CloseAction,
    DidChangeConfigurationNotification,
    ErrorAction,
    ExecuteCommandRequest,
    LanguageClient,
    RevealOutputChannelOn,
    State,
    type ErrorHandler,
    type LanguageClientOptions,
} from "vscode-languageclient/node";
import {
    MATCHES_REQUEST,
    STATUS_NOTIFICATION,
    type Match,
    type MatchesAnswer,
    type Status,
} from "./model/protocol";
import { Restarts } from "./model/restarts";
import { findServer, type Search } from "./model/server";
import { initializationOptions, readSettings, serverSettings, type Settings } from "./model/settings";
import type { ServiceState } from "./model/status";

/** The identifiers of the languages that birthmark reads. */
const LANGUAGES = [
    "python", "rust", "javascript", "javascriptreact", "typescript", "typescriptreact", "java", "c", "cpp",
    "objective-c", "objective-cpp", "go", "csharp", "php", "ruby", "shellscript", "kotlin", "swift",
    "lua", "r", "perl", "scala", "sql", "dart", "zig",
];

/** What is checked: saved files and those that have no file yet. */
const DOCUMENTS = LANGUAGES.flatMap((language) => [
    { scheme: "file", language },
    { scheme: "untitled", language },
]);

/** What a server command of the code actions does here, where it is more than to be sent. */
export type Intercept = (command: string, args: unknown[], send: () => unknown) => unknown;

/** What the client has to say for people goes to the output: the service says once what went wrong. */
class QuietClient extends LanguageClient {
    override error(message: string, data?: unknown): void {
        super.error(message, data, false);
    }
}

export class Service implements vscode.Disposable {
    private client: LanguageClient | undefined;
    private current: ServiceState = { kind: "stopped" };
    private readonly changed = new vscode.EventEmitter<ServiceState>();
    private readonly failed = new vscode.EventEmitter<string>();
    private readonly restarts = new Restarts();
    /** Starts and stops follow one another. */
    private turn: Promise<void> = Promise.resolve();
    private readonly settingsWatch: vscode.Disposable;

    readonly onDidChangeState = this.changed.event;
    /** Once for whatever keeps the server from running. */
    readonly onDidFail = this.failed.event;

    constructor(
        private readonly output: vscode.LogOutputChannel,
        private readonly intercept: Intercept,
    ) {
        this.settingsWatch = vscode.workspace.onDidChangeConfiguration((event) => {
            const restarts = ["birthmark.enable", "birthmark.server"].some((key) => event.affectsConfiguration(key));
            if (restarts) void this.restart();
        });
    }

    get state(): ServiceState {
        return this.current;
    }

    start(): Promise<void> {
        return this.next(() => this.open());
    }

    restart(): Promise<void> {
        return this.next(async () => {
            await this.close();
            await this.open();
        });
    }

    stop(): Promise<void> {
        return this.next(() => this.close());
    }

    dispose(): void {
        for (const part of [this.settingsWatch, this.changed, this.failed]) part.dispose();
    }

    /** The references known, of one document or of all. */
    async references(document?: vscode.Uri): Promise<Match[]> {
        const client = this.running();
        const asked = document && { textDocument: { uri: client.code2ProtocolConverter.asUri(document) } };
        const answer = await client.sendRequest<MatchesAnswer>(MATCHES_REQUEST, asked ?? {});
        return answer.matches;
    }

    /** Has the server carry out one of its commands. */
    async execute<T>(command: string, argument: object): Promise<T> {
        const client = this.running();
        return (await client.sendRequest(ExecuteCommandRequest.type, { command, arguments: [argument] })) as T;
    }

    /** The program in use. */
    program(): Search {
        return findServer({
            setting: vscode.workspace.getConfiguration("birthmark").get<string>("server.path") ?? "",
            searchPath: process.env["PATH"] ?? "",
            platform: process.platform,
            home: homedir(),
            isProgram,
        });
    }

    private running(): LanguageClient {
        if (this.client?.isRunning()) return this.client;
        throw new Error(this.current.kind === "failed" ? this.current.message : "the server is not running");
    }

    private next(step: () => Promise<void>): Promise<void> {
        this.turn = this.turn.then(step).catch((error: unknown) => this.output.error(String(error)));
        return this.turn;
    }

    private async open(): Promise<void> {
        if (this.client !== undefined) return;
        if (!settings().enable) return this.enter({ kind: "off" });
        const program = this.program();
        if ("missing" in program) return this.fail(program.missing);
        this.enterStatus({ state: "starting", matches: 0, findings: 0 });
        await this.launch(program.found);
    }

    private async launch(command: string): Promise<void> {
        const client = new QuietClient("birthmark", "birthmark", { command, args: ["lsp"] }, this.options());
        this.client = client;
        client.onNotification(STATUS_NOTIFICATION, (status: Status) => this.enterStatus(status));
        client.onDidChangeState(({ newState }) => {
            if (newState === State.Stopped && this.client === client && this.current.kind === "running") {
                this.enter({ kind: "stopped" });
            }
        });
        try {
            await client.start();
        } catch (error) {
            this.client = undefined;
            this.fail(`"${command} lsp" did not start: ${error instanceof Error ? error.message : String(error)}`);
        }
    }

    private async close(): Promise<void> {
        const client = this.client;
        this.client = undefined;
        // A client that never came to run has nothing to stop.
        await client?.dispose().catch((error: unknown) => this.output.warn(String(error)));
        this.enter({ kind: "stopped" });
    }

    private options(): LanguageClientOptions {
        return {
            documentSelector: DOCUMENTS,
            diagnosticCollectionName: "birthmark",
            outputChannel: this.output,
            traceOutputChannel: this.output,
            revealOutputChannelOn: RevealOutputChannelOn.Never,
            initializationOptions: initializationOptions(settings()),
            initializationFailedHandler: () => false,
            errorHandler: this.errorHandler(),
            synchronize: { configurationSection: "birthmark" },
            middleware: {
                executeCommand: (command, args, next) => this.intercept(command, args, () => next(command, args)),
                workspace: {
                    configuration: ({ items }, token, next) => answers(items, () => next({ items }, token)),
                    didChangeConfiguration: async () => this.tellSettings(),
                },
            },
        };
    }

    private errorHandler(): ErrorHandler {
        const given = { handled: true };
        return {
            error: () => ({ ...given, action: ErrorAction.Continue }),
            closed: () => {
                // One that never ran is told of where it is started.
                if (this.client?.isRunning() !== true) return { ...given, action: CloseAction.DoNotRestart };
                if (this.restarts.isWorthIt(Date.now())) return { ...given, action: CloseAction.Restart };
                this.fail("The birthmark server ended several times by itself, and is left alone now.");
                return { ...given, action: CloseAction.DoNotRestart };
            },
        };
    }

    private async tellSettings(): Promise<void> {
        const told = { birthmark: serverSettings(settings()) };
        await this.client?.sendNotification(DidChangeConfigurationNotification.type, { settings: told });
    }

    private fail(message: string): void {
        this.output.error(message);
        this.enter({ kind: "failed", message });
        this.failed.fire(message);
    }

    private enterStatus(status: Status): void {
        this.enter({ kind: "running", status });
    }

    private enter(state: ServiceState): void {
        this.current = state;
        void vscode.commands.executeCommand("setContext", "birthmark.service", state.kind);
        this.changed.fire(state);
    }
}

/** Settings for one scope or, without one, for the window. */
function settings(scope?: vscode.Uri): Settings {
    const held = vscode.workspace.getConfiguration("birthmark", scope ?? null);
    return readSettings((key) => held.get(key));
}

/** Answers what the server asks of settings: of ours what it needs, of others what the editor says. */
async function answers(items: { section?: string; scopeUri?: string }[], others: () => unknown): Promise<any[]> {
    if (items.every((item) => item.section === "birthmark")) {
        return items.map((item) => serverSettings(settings(item.scopeUri ? vscode.Uri.parse(item.scopeUri) : undefined)));
    }
    return (await others()) as any[];
}

function isProgram(file: string): boolean {
    try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
    } catch {
        return false;
    }
}
