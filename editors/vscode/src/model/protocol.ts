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

/** How much a match needs attention. */
export type Severity = "error" | "warning" | "info";

/** Lines from 1, both included. */
export interface Lines {
    start_line: number;
    end_line: number;
}

/** Who may own the code. */
export interface Owner {
    /** Package URL, `pkg:pypi/six@1.17.0`. */
    purl: string;
    name: string;
    version: string | null;
    /** The expression is null if no licence is known. */
    license: { expression: string | null };
    /** Path in the package. */
    path: string;
    lines: Lines;
    /** Where the origin can be read. */
    url: string | null;
}

/** What a finding says of a match. */
export interface Finding {
    rule: string;
    severity: Severity;
    message: string;
    remedies: string[];
}

/** Code that resembles indexed code, with the verdict on it: the shape of docs/report.schema.json. */
export interface Match {
    id: string;
    uri: string;
    range: Range;
    verdict: { decision: string; reason: string };
    evidence: { bits: number };
    /** Null if the match needs no attention. */
    finding: Finding | null;
    /** Likeliest first, never empty. */
    owners: Owner[];
}

/** Names a match to the server. */
export interface Target {
    uri: string;
    id: string;
}

export interface MatchesAnswer {
    matches: Match[];
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
    matches: number;
    findings: number;
    message?: string | null;
}

export const MATCHES_REQUEST = "birthmark/matches";
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
