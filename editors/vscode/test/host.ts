// A stand-in for the editor: as much of the `vscode` module as the extension and the language client use, with documents,
// settings, commands and diagnostics that work and people whose answers are given beforehand. It is no editor: it draws
// nothing, and whether the editor agrees with it nothing here can tell.

import { readFileSync, writeFileSync } from "node:fs";
import Module from "node:module";
import { basename, relative } from "node:path";
import type * as vscode from "vscode";
import { CancellationTokenSource, Disposable, Emitter } from "vscode-jsonrpc/node";
import { URI, Utils } from "vscode-uri";

class Position {
    constructor(
        readonly line: number,
        readonly character: number,
    ) {}
}

class Range {
    readonly start: Position;
    readonly end: Position;
    constructor(startLine: number | Position, startCharacter: number | Position, endLine?: number, endCharacter?: number) {
        this.start = startLine instanceof Position ? startLine : new Position(startLine, startCharacter as number);
        this.end = startCharacter instanceof Position ? startCharacter : new Position(endLine!, endCharacter!);
    }
}

class Location {
    constructor(
        readonly uri: URI,
        readonly range: Range,
    ) {}
}

class Diagnostic {
    constructor(
        readonly range: Range,
        readonly message: string,
        readonly severity = 0,
    ) {}
}

class CodeActionKind {
    static readonly Empty = new CodeActionKind("");
    static readonly QuickFix = new CodeActionKind("quickfix");
    constructor(readonly value: string) {}
    append(parts: string): CodeActionKind {
        return new CodeActionKind(this.value === "" ? parts : `${this.value}.${parts}`);
    }
}

class CodeAction {
    constructor(
        readonly title: string,
        readonly kind?: CodeActionKind,
    ) {}
}

class TreeItem {
    constructor(
        readonly label: string,
        readonly collapsibleState: number,
    ) {}
}

class ThemeIcon {
    constructor(
        readonly id: string,
        readonly color?: unknown,
    ) {}
}

class ThemeColor {
    constructor(readonly id: string) {}
}

class MarkdownString {
    isTrusted?: unknown;
    constructor(public value = "") {}
    appendMarkdown(text: string): this {
        this.value += text;
        return this;
    }
    appendCodeblock(text: string): this {
        return this.appendMarkdown(`\n${text}\n`);
    }
}

class Hover {
    constructor(
        readonly contents: unknown,
        readonly range?: Range,
    ) {}
}

interface Edit {
    range: Range;
    newText: string;
}

class TextEdit implements Edit {
    constructor(
        readonly range: Range,
        readonly newText: string,
    ) {}
}

class WorkspaceEdit {
    readonly held = new Map<string, Edit[]>();
    set(uri: URI, edits: (Edit | [Edit, unknown])[]): void {
        this.held.set(uri.toString(), edits.map((edit) => (Array.isArray(edit) ? edit[0] : edit)));
    }
}

/** A file that is open, or a text without one. */
export class Document {
    version = 1;
    isDirty = false;
    readonly isClosed = false;
    readonly eol = 1;
    readonly encoding = "utf8";
    readonly fileName: string;
    constructor(
        readonly uri: URI,
        readonly languageId: string,
        private text: string,
    ) {
        this.fileName = uri.fsPath;
    }
    get isUntitled(): boolean {
        return this.uri.scheme === "untitled";
    }
    get lineCount(): number {
        return this.text.split("\n").length;
    }
    getText(): string {
        return this.text;
    }
    lineAt(line: number): { text: string } {
        return { text: this.text.split("\n")[line] ?? "" };
    }
    /** Replaces ranges, the last first. */
    apply(edits: Edit[]): void {
        const ordered = [...edits].sort((a, b) => this.offset(b.range.start) - this.offset(a.range.start));
        for (const { range, newText } of ordered) {
            this.text = this.text.slice(0, this.offset(range.start)) + newText + this.text.slice(this.offset(range.end));
        }
        this.version += 1;
        this.isDirty = true;
    }
    save(): void {
        writeFileSync(this.uri.fsPath, this.text);
        this.isDirty = false;
    }
    private offset(at: Position): number {
        const lines = this.text.split("\n");
        return lines.slice(0, at.line).reduce((sum, line) => sum + line.length + 1, 0) + at.character;
    }
}

/** The editor, and what has been seen of it. */
export class Host {
    readonly documents: Document[] = [];
    readonly diagnostics = new Map<string, vscode.Diagnostic[]>();
    readonly messages: string[] = [];
    readonly passing: string[] = [];
    readonly output: string[] = [];
    readonly ran: { command: string; args: unknown[] }[] = [];
    readonly contexts = new Map<string, unknown>();
    readonly statusItem: Partial<vscode.StatusBarItem> = {};
    /** What people type when they are asked. */
    readonly typed: (string | undefined)[] = [];
    readonly module: typeof vscode;
    tree: vscode.TreeDataProvider<unknown> | undefined;
    editor: { document: Document; selection: { active: Position } } | undefined;

    private readonly commands = new Map<string, (...args: unknown[]) => unknown>();
    private readonly providers: Record<string, any> = {};
    private readonly pages = new Map<string, vscode.TextDocumentContentProvider>();
    private readonly settingsChanged = new Emitter<vscode.ConfigurationChangeEvent>();
    private readonly shown = new Emitter<unknown[]>();
    private readonly opened = new Emitter<Document>();
    private readonly edited = new Emitter<unknown>();
    private readonly closed = new Emitter<Document>();
    private readonly saved = new Emitter<Document>();

    constructor(
        private readonly folder: string,
        private readonly settings: Record<string, unknown>,
    ) {
        this.module = known(this.api()) as unknown as typeof vscode;
    }

    /** Loads a bundle that wants `vscode`. */
    load(bundle: string): { activate(context: object): Promise<void>; deactivate(): Promise<void> } {
        const loader = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown };
        const original = loader._load;
        loader._load = (request, ...rest) => (request === "vscode" ? this.module : original(request, ...rest));
        try {
            delete require.cache[require.resolve(bundle)];
            return require(bundle);
        } finally {
            loader._load = original;
        }
    }

    open(file: string, languageId: string, text = readFileSync(file, "utf8")): Document {
        const document = new Document(URI.file(file), languageId, text);
        return this.openDocument(document);
    }

    openUntitled(languageId: string, text: string): Document {
        return this.openDocument(new Document(URI.parse("untitled:Untitled-1"), languageId, text));
    }

    edit(document: Document, range: Range, text: string): void {
        document.apply([{ range, newText: text }]);
        const change = { range, rangeOffset: 0, rangeLength: 0, text };
        this.edited.fire({ document, contentChanges: [change], reason: undefined });
    }

    save(document: Document): void {
        document.save();
        this.saved.fire(document);
    }

    close(document: Document): void {
        this.documents.splice(this.documents.indexOf(document), 1);
        this.shown.fire([]);
        this.closed.fire(document);
    }

    set(key: string, value: unknown): void {
        this.settings[key] = value;
        const name = `birthmark.${key}`;
        this.settingsChanged.fire({ affectsConfiguration: (asked) => name === asked || name.startsWith(`${asked}.`) });
    }

    async run(command: string, ...args: unknown[]): Promise<any> {
        this.ran.push({ command, args });
        const action = this.commands.get(command);
        if (action !== undefined) return action(...args);
        if (command === "setContext") this.contexts.set(args[0] as string, args[1]);
        return undefined;
    }

    isRegistered(command: string): boolean {
        return this.commands.has(command);
    }

    /** What a page that no file holds says. */
    async page(uri: vscode.Uri): Promise<string> {
        const none = new CancellationTokenSource().token;
        return (await this.pages.get(uri.scheme)!.provideTextDocumentContent(uri, none)) ?? "";
    }

    async codeActions(document: Document, diagnostic: vscode.Diagnostic): Promise<vscode.CodeAction[]> {
        const none = new CancellationTokenSource().token;
        const context = { diagnostics: [diagnostic], triggerKind: 1, only: undefined };
        return this.providers["CodeActions"].provideCodeActions(document, diagnostic.range, context, none);
    }

    async hover(document: Document, position: vscode.Position): Promise<{ contents: MarkdownString[] } | undefined> {
        return this.providers["Hover"].provideHover(document, position, new CancellationTokenSource().token);
    }

    /** The rows of the tree, indented. */
    async rows(): Promise<string[]> {
        const below = async (node: unknown, depth: number): Promise<string[]> => {
            const drawn: string[] = [];
            for (const child of (await this.tree!.getChildren(node)) ?? []) {
                const item = await this.tree!.getTreeItem(child);
                const description = item.description ? ` (${String(item.description)})` : "";
                drawn.push(`${"  ".repeat(depth)}${String(item.label)}${description}`);
                drawn.push(...(await below(child, depth + 1)));
            }
            return drawn;
        };
        return below(undefined, 0);
    }

    private openDocument(document: Document): Document {
        this.documents.push(document);
        this.editor = { document, selection: { active: new Position(0, 0) } };
        this.shown.fire([]);
        this.opened.fire(document);
        return document;
    }

    private api(): Record<string, unknown> {
        return {
            version: "1.91.0",
            Uri: Object.assign(URI, { joinPath: Utils.joinPath }),
            EventEmitter: Emitter,
            CancellationTokenSource,
            Disposable: { from: (...parts: Disposable[]) => Disposable.create(() => parts.forEach((part) => part.dispose())) },
            CancellationError: class CancellationError extends Error {},
            ...{ Position, Range, Location, Diagnostic, CodeAction, CodeActionKind, TreeItem, ThemeIcon, MarkdownString },
            ...{ Hover, TextEdit, ThemeColor, WorkspaceEdit },
            DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
            TreeItemCollapsibleState: { None: 0, Collapsed: 1, Expanded: 2 },
            StatusBarAlignment: { Left: 1, Right: 2 },
            ConfigurationTarget: { Global: 1 },
            ProgressLocation: { Window: 10, Notification: 15 },
            LogLevel: { Off: 0, Info: 3 },
            workspace: this.workspace(),
            window: this.window(),
            languages: this.languages(),
            commands: {
                registerCommand: (name: string, action: (...args: unknown[]) => unknown) => {
                    if (this.commands.has(name)) throw new Error(`command '${name}' already exists`);
                    this.commands.set(name, action);
                    return Disposable.create(() => this.commands.delete(name));
                },
                executeCommand: (name: string, ...args: unknown[]) => this.run(name, ...args),
            },
            env: known({ appName: "a stand-in", language: "en", clipboard: { writeText: async (text: string) => this.passing.push(text) } }),
        };
    }

    private workspace(): object {
        const folder = { uri: URI.file(this.folder), name: basename(this.folder), index: 0 };
        const host = this;
        return known({
            get textDocuments() {
                return host.documents;
            },
            workspaceFolders: [folder],
            notebookDocuments: [],
            isTrusted: true,
            getWorkspaceFolder: () => folder,
            asRelativePath: (uri: URI) => relative(this.folder, uri.fsPath),
            getConfiguration: (section?: string) => this.configuration(section),
            onDidChangeConfiguration: this.settingsChanged.event,
            onDidOpenTextDocument: this.opened.event,
            onDidChangeTextDocument: this.edited.event,
            onDidCloseTextDocument: this.closed.event,
            onDidSaveTextDocument: this.saved.event,
            applyEdit: async (edit: WorkspaceEdit) => this.applyEdit(edit),
            saveAll: async () => true,
            createFileSystemWatcher: () => known({}),
            openTextDocument: async (uri: URI) => new Document(uri, "plaintext", await this.page(uri as vscode.Uri)),
            registerTextDocumentContentProvider: (scheme: string, provider: vscode.TextDocumentContentProvider) => {
                this.pages.set(scheme, provider);
                return Disposable.create(() => this.pages.delete(scheme));
            },
        });
    }

    private applyEdit(edit: WorkspaceEdit): boolean {
        for (const [uri, edits] of edit.held) {
            const document = this.documents.find((each) => each.uri.toString() === uri);
            if (document === undefined) return false;
            const all = { range: new Range(0, 0, document.lineCount, 0), rangeOffset: 0, rangeLength: 0 };
            document.apply(edits);
            this.edited.fire({ document, contentChanges: [{ ...all, text: document.getText() }], reason: undefined });
        }
        return true;
    }

    private configuration(section = ""): object {
        const get = (key: string): unknown => (section === "birthmark" ? this.settings[key] : undefined);
        return { get, has: (key: string) => get(key) !== undefined, inspect: () => undefined, update: async (key: string, value: unknown) => this.set(key, value) };
    }

    private window(): object {
        const host = this;
        const tell = async (message: string): Promise<undefined> => void this.messages.push(message);
        const channel = known({ name: "birthmark", logLevel: 3 }, (_name, ...args) => void this.output.push(args.map(String).join(" ")));
        return known({
            get activeTextEditor() {
                return host.editor;
            },
            get visibleTextEditors() {
                return host.documents.map((document) => ({ document }));
            },
            onDidChangeVisibleTextEditors: this.shown.event,
            tabGroups: known({ all: [] }),
            createOutputChannel: () => channel,
            createStatusBarItem: () => Object.assign(this.statusItem, { show: () => {}, dispose: () => {} }),
            createTreeView: (_id: string, options: vscode.TreeViewOptions<unknown>) => {
                this.tree = options.treeDataProvider;
                return known({});
            },
            showInformationMessage: tell,
            showWarningMessage: tell,
            showErrorMessage: tell,
            showInputBox: async (options: vscode.InputBoxOptions) => {
                const typed = this.typed.shift();
                const wrong = typed === undefined ? undefined : await options.validateInput?.(typed);
                return wrong ? void this.messages.push(String(wrong)) : typed;
            },
            showTextDocument: async (document: Document) => void (this.editor = { document, selection: { active: new Position(0, 0) } }),
            setStatusBarMessage: (text: string) => void this.passing.push(text),
            withProgress: (_options: unknown, task: (progress: object, token: object) => unknown) =>
                task({ report: () => {} }, new CancellationTokenSource().token),
        });
    }

    private languages(): object {
        const fits = (filter: vscode.DocumentFilter, document: Document): boolean =>
            (filter.language === undefined || filter.language === document.languageId) &&
            (filter.scheme === undefined || filter.scheme === document.uri.scheme);
        const registers = (name: string) => (_selector: unknown, provider: unknown) => {
            this.providers[name] = provider;
            return Disposable.create(() => delete this.providers[name]);
        };
        return known({
            match: (selector: vscode.DocumentFilter | vscode.DocumentFilter[], document: Document) =>
                [selector].flat().some((filter) => fits(filter, document)) ? 10 : 0,
            createDiagnosticCollection: (name: string) => this.collection(name),
            registerCodeActionsProvider: registers("CodeActions"),
            registerHoverProvider: registers("Hover"),
        });
    }

    private collection(name: string): object {
        return {
            name,
            set: (uri: URI, held: vscode.Diagnostic[]) => this.diagnostics.set(uri.toString(), held),
            delete: (uri: URI) => this.diagnostics.delete(uri.toString()),
            has: (uri: URI) => this.diagnostics.has(uri.toString()),
            get: (uri: URI) => this.diagnostics.get(uri.toString()),
            clear: () => this.diagnostics.clear(),
            dispose: () => this.diagnostics.clear(),
        };
    }
}

/** An object that has what is given, empty classes for other names of classes, and functions that do nothing for the rest. */
function known(given: object, otherwise?: (name: string, ...args: unknown[]) => unknown): object {
    const made = new Map<string, unknown>();
    const make = (name: string): unknown => {
        if (/^[A-Z]/.test(name)) return class {};
        if (/^on[A-Z]/.test(name)) return new Emitter().event;
        return (...args: unknown[]) => (otherwise ? otherwise(name, ...args) : Disposable.create(() => {}));
    };
    return new Proxy(given, {
        get(target, name) {
            if (typeof name === "symbol" || name === "then" || name in target) return Reflect.get(target, name);
            if (!made.has(name)) made.set(name, make(name));
            return made.get(name);
        },
    });
}
