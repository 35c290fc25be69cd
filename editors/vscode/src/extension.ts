// A thin client: all that it shows, the server says.

import * as vscode from "vscode";
import { Commands } from "./commands";
import { Pages } from "./pages";
import { ReferencesView } from "./referencesView";
import { Service } from "./service";
import { StatusItem } from "./statusItem";

let service: Service | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
    const output = vscode.window.createOutputChannel("birthmark", { log: true });
    const started = new Service(output, (command, args, send) => commands.intercept(command, args, send));
    const pages = new Pages(started);
    const commands = new Commands(started, pages, output);
    const view = new ReferencesView(started, output);
    const failures = started.onDidFail((message) => void offerRemedy(message));
    context.subscriptions.push(output, started, pages, commands, view, new StatusItem(started), failures);
    service = started;
    await started.start();
}

export async function deactivate(): Promise<void> {
    await service?.stop();
}

/** Without the program nothing works, and nobody would see why. */
async function offerRemedy(message: string): Promise<void> {
    const remedies: Record<string, [command: string, ...rest: string[]]> = {
        "How to Set It Up": ["workbench.action.openWalkthrough", "birthmark.birthmark#start"],
        "Open Settings": ["workbench.action.openSettings", "birthmark.server.path"],
        "Show Output": ["birthmark.showOutput"],
    };
    const chosen = await vscode.window.showErrorMessage(message, ...Object.keys(remedies));
    if (chosen !== undefined) await vscode.commands.executeCommand(...remedies[chosen]!);
}
