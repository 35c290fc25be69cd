// What people can have birthmark do.

import * as vscode from "vscode";
import { LSPErrorCodes, ResponseError } from "vscode-languageclient/node";
import type { Leaf } from "./model/grouping";
import { ownerName } from "./model/grouping";
import { ASK_REASON, ServerCommand, type DoneAnswer, type Match, type ReasonWanted, type Target } from "./model/protocol";
import { addresses, isTarget, messageOf, reasonProblem, referencesAt } from "./model/target";
import type { Pages } from "./pages";
import type { Service } from "./service";

const SHOWN_MS = 6000;

export class Commands implements vscode.Disposable {
    private readonly registered: vscode.Disposable[];

    constructor(
        private readonly service: Service,
        private readonly pages: Pages,
        private readonly output: vscode.LogOutputChannel,
    ) {
        this.registered = Object.entries(this.table()).map(([name, action]) =>
            vscode.commands.registerCommand(name, (argument: unknown) => this.guarded(() => action(argument))),
        );
    }

    dispose(): void {
        for (const each of this.registered) each.dispose();
    }

    /** The server's code actions run its commands through the editor; an explanation is for this side to show. */
    readonly intercept = (command: string, args: unknown[], send: () => unknown): unknown => {
        const [target] = args;
        if (command === ServerCommand.explain && isTarget(target)) {
            return this.guarded(() => this.pages.showExplanation(target));
        }
        return this.guarded(async () => send());
    };

    private table(): Record<string, (argument: unknown) => Promise<unknown>> {
        return {
            "birthmark.scanFolders": () => this.scan(),
            "birthmark.explainReference": (at) => this.withTarget(at, (target) => this.pages.showExplanation(target)),
            "birthmark.attributeReference": (at) => this.withTarget(at, (target) => this.attribute(target)),
            "birthmark.acceptReference": (at) => this.withTarget(at, (target) => this.decide({ ...target, verb: "accept" })),
            "birthmark.suppressReference": (at) =>
                this.withTarget(at, (target) => this.decide({ ...target, verb: "suppress" })),
            [ASK_REASON]: (wanted) => this.decide(wanted as ReasonWanted),
            "birthmark.openOrigin": (at) => this.withReference(at, (reference) => this.openOrigin(reference)),
            "birthmark.copyPurl": (at) => this.withReference(at, (reference) => this.copyPurl(reference)),
            "birthmark.reloadProject": () => this.reload(),
            "birthmark.restart": () => this.service.restart(),
            "birthmark.showOutput": async () => this.output.show(),
            "birthmark.showLog": () => this.pages.showLog(),
            "birthmark.groupByOwner": () => this.groupBy("owner"),
            "birthmark.groupByLicense": () => this.groupBy("license"),
        };
    }

    /** Whatever fails was asked for, and so its failure is told. */
    private async guarded(action: () => Promise<unknown>): Promise<unknown> {
        try {
            return await action();
        } catch (error) {
            if (error instanceof ResponseError && error.code === LSPErrorCodes.RequestCancelled) return undefined;
            const message = error instanceof Error ? error.message : String(error);
            this.output.error(message);
            void vscode.window.showErrorMessage(`birthmark: ${message}`);
            return undefined;
        }
    }

    private async scan(): Promise<void> {
        await vscode.workspace.saveAll(false);
        const summary = await this.service.execute<Record<string, unknown> | null>(ServerCommand.scanWorkspace, {});
        const { message } = summary ?? {};
        this.say(typeof message === "string" ? message : "the workspace was scanned");
        await vscode.commands.executeCommand("birthmark.references.focus");
    }

    private async attribute(target: Target): Promise<void> {
        const match = await this.nameOf(target);
        await this.carryOut(ServerCommand.attribute, { uri: target.uri, id: target.id }, `attributed ${match}`);
    }

    private async decide({ uri, id, verb }: ReasonWanted): Promise<void> {
        if (!isTarget({ uri, id }) || (verb !== "accept" && verb !== "suppress")) throw new Error("no reference is named");
        const match = await this.nameOf({ uri, id });
        const reason = await vscode.window.showInputBox({
            title: verb === "accept" ? `Accept ${match}` : `Suppress ${match} with a comment`,
            prompt:
                verb === "accept"
                    ? "Why may the code stay? birthmark records the reason with your name."
                    : "Why is this no finding? birthmark writes the reason into the comment.",
            ignoreFocusOut: true,
            validateInput: (value) => reasonProblem(value, verb),
        });
        if (reason === undefined) return;
        const done = `${verb === "accept" ? "accepted" : "suppressed"} ${match}`;
        await this.carryOut(ServerCommand[verb], { uri, id, reason: reason.trim() }, done);
    }

    /** Has the server carry out a command. The server says which files it wrote: too much for the status bar. */
    private async carryOut(command: string, argument: Target & { reason?: string }, done: string): Promise<void> {
        const { message } = await this.service.execute<DoneAnswer>(command, argument);
        this.output.info(message);
        this.say(done);
    }

    /** Names a match as people would: by its owner. */
    private async nameOf({ uri, id }: Target): Promise<string> {
        const known = await this.service.references(vscode.Uri.parse(uri));
        const owner = known.find((reference) => reference.id === id)?.owners[0];
        return owner === undefined ? id : `the match with ${ownerName(owner)}`;
    }

    private async openOrigin(reference: Match): Promise<void> {
        const known = addresses(reference);
        if (known.length === 0) {
            const names = reference.owners.map(ownerName).join(", ");
            throw new Error(`the index knows no address of ${names}. Its package URL can be copied.`);
        }
        const chosen = known.length === 1 ? known[0] : await vscode.window.showQuickPick(known, { title: "Origins" });
        if (chosen === undefined) return;
        const address = vscode.Uri.parse(chosen.url, true);
        if (address.scheme === "file") await vscode.commands.executeCommand("vscode.open", address);
        else await vscode.env.openExternal(address);
    }

    private async copyPurl(reference: Match): Promise<void> {
        await vscode.env.clipboard.writeText(reference.owners[0]?.purl ?? "");
        this.say("copied the package URL");
    }

    private async reload(): Promise<void> {
        if (this.service.state.kind !== "running") return this.service.restart();
        await this.service.execute(ServerCommand.reload, {});
        this.say("reloaded");
    }

    private async groupBy(grouping: string): Promise<void> {
        const held = vscode.workspace.getConfiguration("birthmark");
        await held.update("references.groupBy", grouping, vscode.ConfigurationTarget.Global);
    }

    private async withTarget(at: unknown, action: (target: Target) => Promise<void>): Promise<void> {
        if (isTarget(at)) return action(at);
        await this.withReference(at, action);
    }

    /** The reference of a row of the view, or else the one at the cursor. */
    private async withReference(at: unknown, action: (reference: Match) => Promise<void>): Promise<void> {
        const row = at as Partial<Leaf> | undefined;
        const reference = row?.kind === "reference" ? row.reference : await this.atCursor();
        if (reference !== undefined) await action(reference);
    }

    private async atCursor(): Promise<Match | undefined> {
        const editor = vscode.window.activeTextEditor;
        if (editor === undefined) throw new Error("open a file and place the cursor in a reference");
        const known = await this.service.references(editor.document.uri);
        const here = referencesAt(known, editor.selection.active);
        if (here.length > 0) return here[0];
        if (known.length === 0) throw new Error("this file has no reference");
        const choices = known.map((reference) => ({
            label: reference.owners.map(ownerName).join(", "),
            description: `line ${reference.range.start.line + 1}`,
            detail: messageOf(reference),
            reference,
        }));
        return (await vscode.window.showQuickPick(choices, { title: "References in this file" }))?.reference;
    }

    /** Said in passing: what was asked for is done. */
    private say(message: string): void {
        vscode.window.setStatusBarMessage(`birthmark: ${message}`, SHOWN_MS);
    }
}
