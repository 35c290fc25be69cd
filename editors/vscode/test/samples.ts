// References to test with.

import type { Finding, Match, Owner, Severity } from "../src/model/protocol";

export function owner(changes: Partial<Owner> = {}): Owner {
    return {
        purl: "pkg:pypi/six@1.17.0",
        name: "six",
        version: "1.17.0",
        license: { expression: "MIT" },
        path: "six.py",
        lines: { start_line: 10, end_line: 20 },
        url: null,
        ...changes,
    };
}

export function reference(changes: Partial<Match> = {}): Match {
    return {
        id: "0123abcd",
        uri: "file:///project/a.py",
        range: range(9, 0, 19, 4),
        verdict: verdict("attribution-needed"),
        evidence: { bits: 120 },
        finding: finding("info"),
        owners: [owner()],
        ...changes,
    };
}

export function verdict(decision: string): Match["verdict"] {
    return { decision, reason: "the licence asks for a notice" };
}

export function finding(severity: Severity): Finding {
    return { rule: "attribution-missing", severity, message: "resembles six", remedies: [] };
}

export function range(line: number, character: number, endLine: number, endCharacter: number): Match["range"] {
    return { start: { line, character }, end: { line: endLine, character: endCharacter } };
}
