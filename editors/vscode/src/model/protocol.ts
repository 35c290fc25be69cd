// What birthmark's language server says and is asked, beyond the protocol that every editor speaks.

/** A position as the protocol has it: both counted from 0, the character in UTF-16 units. */
export interface Position {
    line: number;
    character: number;
}

export interface Range {
    start: Position;
    end: Position;
}

/** How much a reference needs attention. */
export type Severity = "error" | "warning" | "info" | "none";

/** Who may own the code. */
export interface Owner {
    /** Package URL, `pkg:pypi/six@1.17.0`. */
    purl: string;
    name: string;
    version: string | null;
    /** SPDX expression, or null if none is known. */
    license: string | null;
    /** Path in the package. */
    path: string;
    /** First and last line there, from 1. */
    lines: [number, number];
    /** Where the origin can be read. */
    url?: string | null;
}

/** Code that resembles indexed code, with the verdict on it. */
export interface Reference {
    id: string;
    uri: string;
    range: Range;
    decision: string;
    severity: Severity | null;
    /** Likeliest first, never empty. */
    owners: Owner[];
    bits: number;
    message: string;
}

/** Names a reference to the server. */
export interface Target {
    uri: string;
    id: string;
}

export interface ReferencesAnswer {
    references: Reference[];
}

export interface ExplainAnswer {
    markdown: string;
}

/** Answers accept, attribute and suppress. */
export interface DoneAnswer {
    message: string;
}

export interface Status {
    state: "starting" | "checking" | "ready" | "failed";
    references: number;
    findings: number;
    message?: string | null;
}

export const REFERENCES_REQUEST = "birthmark/references";
export const STATUS_NOTIFICATION = "birthmark/status";

/** What the server does when asked by `workspace/executeCommand`. */
export const ServerCommand = {
    explain: "birthmark.explain",
    accept: "birthmark.accept",
    attribute: "birthmark.attribute",
    suppress: "birthmark.suppress",
    scanWorkspace: "birthmark.scanWorkspace",
    reload: "birthmark.reload",
} as const;

/** What the server's code actions ask of the client: a reason, and then one of its own commands. */
export const ASK_REASON = "birthmark.askReason";

export interface ReasonWanted extends Target {
    verb: "accept" | "suppress";
}
