// The view of all references known.

import * as vscode from "vscode";
import { group, type Grouping, type Leaf, type Node } from "./model/grouping";
import type { Match } from "./model/protocol";
import { addresses, messageOf } from "./model/target";
import type { Service } from "./service";

/** Checks come in bursts, and one look after the last of them is enough. */
const REFRESH_AFTER_MS = 150;

export class ReferencesView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
    private references: Match[] = [];
    private waiting: NodeJS.Timeout | undefined;
    private readonly changed = new vscode.EventEmitter<void>();
    private readonly parts: vscode.Disposable[];

    readonly onDidChangeTreeData = this.changed.event;

    constructor(
        private readonly service: Service,
        private readonly output: vscode.LogOutputChannel,
    ) {
        this.parts = [
            this.changed,
            vscode.window.createTreeView("birthmark.references", { treeDataProvider: this, showCollapseAll: true }),
            service.onDidChangeState(() => this.refreshSoon()),
            vscode.workspace.onDidChangeConfiguration((event) => {
                if (event.affectsConfiguration("birthmark.references.groupBy")) this.regroup();
            }),
        ];
        this.regroup();
    }

    dispose(): void {
        clearTimeout(this.waiting);
        for (const part of this.parts) part.dispose();
    }

    getChildren(node?: Node): Node[] {
        if (node === undefined) return group(this.references, grouping(), place);
        return node.kind === "reference" ? [] : node.children;
    }

    getTreeItem(node: Node): vscode.TreeItem {
        return node.kind === "reference" ? leafItem(node) : groupItem(node);
    }

    private regroup(): void {
        void vscode.commands.executeCommand("setContext", "birthmark.grouping", grouping());
        this.changed.fire();
    }

    private refreshSoon(): void {
        clearTimeout(this.waiting);
        this.waiting = setTimeout(() => void this.refresh(), REFRESH_AFTER_MS);
    }

    private async refresh(): Promise<void> {
        const { state } = this.service;
        // While something is checked, what was known before stays in sight.
        if (state.kind === "running" && state.status.state !== "ready") return;
        try {
            this.references = state.kind === "running" ? await this.service.references() : [];
            this.changed.fire();
        } catch (error) {
            this.output.warn(`references: ${String(error)}`);
        }
    }
}

function grouping(): Grouping {
    const set = vscode.workspace.getConfiguration("birthmark").get<string>("references.groupBy");
    return set === "license" ? "license" : "owner";
}

/** A file as people name it in this window. */
function place(uri: string): string {
    return vscode.workspace.asRelativePath(vscode.Uri.parse(uri));
}

function groupItem(node: Exclude<Node, Leaf>): vscode.TreeItem {
    const item = new vscode.TreeItem(node.label, vscode.TreeItemCollapsibleState.Expanded);
    item.id = `${node.kind} ${node.key}`;
    item.description = node.description;
    item.contextValue = node.kind;
    item.iconPath = new vscode.ThemeIcon(node.kind === "license" ? "law" : "package");
    return item;
}

function leafItem({ reference, label, description, spoken, icon }: Leaf): vscode.TreeItem {
    const { start, end } = reference.range;
    const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.None);
    item.description = description;
    item.tooltip = `${reference.id}: ${messageOf(reference)}`;
    item.contextValue = addresses(reference).length > 0 ? "reference.linked" : "reference";
    item.iconPath = new vscode.ThemeIcon(icon.name, icon.color ? new vscode.ThemeColor(icon.color) : undefined);
    item.accessibilityInformation = { label: spoken };
    const selection = new vscode.Range(start.line, start.character, end.line, end.character);
    item.command = {
        command: "vscode.open",
        title: "Open",
        arguments: [vscode.Uri.parse(reference.uri), { selection, preserveFocus: true }],
    };
    return item;
}
