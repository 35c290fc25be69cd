// The item in the status bar.

import * as vscode from "vscode";
import { statusText, type ServiceState } from "./model/status";
import type { Service } from "./service";

const BACKGROUND = { none: undefined, warning: undefined, error: "statusBarItem.errorBackground" };

export class StatusItem implements vscode.Disposable {
    private readonly item = vscode.window.createStatusBarItem("birthmark.status", vscode.StatusBarAlignment.Right);
    private readonly watch: vscode.Disposable;

    constructor(service: Service) {
        this.item.name = "birthmark";
        this.watch = service.onDidChangeState((state) => this.draw(state));
        this.draw(service.state);
        this.item.show();
    }

    dispose(): void {
        this.watch.dispose();
        this.item.dispose();
    }

    private draw(state: ServiceState): void {
        const { text, spoken, tooltip, alarm } = statusText(state);
        const color = BACKGROUND[alarm];
        this.item.text = text;
        this.item.tooltip = tooltip;
        this.item.accessibilityInformation = { label: spoken };
        this.item.backgroundColor = color === undefined ? undefined : new vscode.ThemeColor(color);
        this.item.command = state.kind === "failed" ? "birthmark.restart" : "birthmark.references.focus";
    }
}
