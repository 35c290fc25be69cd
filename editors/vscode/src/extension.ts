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
    context.subscriptions.push(output, started, pages, commands, view, new StatusItem(started));
    service = started;
    await started.start();
    if (started.state.kind === "missing") void offerRemedy(started.state.message);
}

export async function deactivate(): Promise<void> {
    await service?.stop();
}

/** Said once: without the program nothing works, and nobody would see why. */
async function offerRemedy(message: string): Promise<void> {
    const show = "How to Set It Up";
    const settings = "Open Settings";
    const chosen = await vscode.window.showErrorMessage(message, show, settings);
    if (chosen === show) await vscode.commands.executeCommand("workbench.action.openWalkthrough", "birthmark.birthmark#start");
    if (chosen === settings) await vscode.commands.executeCommand("workbench.action.openSettings", "birthmark.server.path");
}
