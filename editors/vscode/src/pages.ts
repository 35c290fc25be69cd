// Pages that the editor shows and no file holds: explanations, and the log of references.

import { execFile } from "node:child_process";
import { basename } from "node:path/posix";
import { promisify } from "node:util";
import * as vscode from "vscode";
import { ServerCommand, type ExplainAnswer, type Target } from "./model/protocol";
import { isTarget } from "./model/target";
import type { Service } from "./service";

const SCHEME = "birthmark";
const LOG_PATH = "/birthmark log.txt";
const LOG_TIMEOUT_MS = 20_000;
const LOG_MAX_BYTES = 16 << 20;

export class Pages implements vscode.TextDocumentContentProvider, vscode.Disposable {
    private readonly changed = new vscode.EventEmitter<vscode.Uri>();
    private readonly registration: vscode.Disposable;

    readonly onDidChange = this.changed.event;

    constructor(private readonly service: Service) {
        this.registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
    }

    dispose(): void {
        this.registration.dispose();
        this.changed.dispose();
    }

    /** A page's address says all that is needed to draw it, so one that the editor kept open is drawn anew after a start. */
    async provideTextDocumentContent(page: vscode.Uri): Promise<string> {
        if (page.path === LOG_PATH) return this.log(page.query);
        const target: unknown = JSON.parse(page.query);
        if (!isTarget(target)) return "";
        const { markdown } = await this.service.execute<ExplainAnswer>(ServerCommand.explain, target);
        return `# ${basenameOf(target.uri)}: reference ${target.id}\n\n${markdown}`;
    }

    async showExplanation({ uri, id }: Target): Promise<void> {
        const query = JSON.stringify({ uri, id });
        const page = vscode.Uri.from({ scheme: SCHEME, path: `/${basenameOf(uri)} (birthmark).md`, query });
        // What cannot be explained is said once, and not on an empty page.
        await this.provideTextDocumentContent(page);
        this.changed.fire(page);
        await vscode.commands.executeCommand("markdown.showPreview", page);
    }

    async showLog(): Promise<void> {
        const page = vscode.Uri.from({ scheme: SCHEME, path: LOG_PATH, query: currentFolder() });
        this.changed.fire(page);
        await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(page), { preview: true });
    }

    private async log(folder: string): Promise<string> {
        const program = this.service.program();
        if ("missing" in program) throw new Error(program.missing);
        const limits = { timeout: LOG_TIMEOUT_MS, maxBuffer: LOG_MAX_BYTES, windowsHide: true };
        const place = folder === "" ? limits : { ...limits, cwd: folder };
        const { stdout } = await promisify(execFile)(program.found, ["log", "--color", "never"], place);
        return stdout;
    }
}

function basenameOf(uri: string): string {
    return decodeURIComponent(basename(uri));
}

/** The folder that people are at work in; empty if they have none open. */
function currentFolder(): string {
    const file = vscode.window.activeTextEditor?.document.uri;
    const folder = (file && vscode.workspace.getWorkspaceFolder(file)) ?? vscode.workspace.workspaceFolders?.[0];
    return folder?.uri.fsPath ?? "";
}
