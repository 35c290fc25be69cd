// References to test with.

import type { Owner, Reference } from "../src/model/protocol";

export function owner(changes: Partial<Owner> = {}): Owner {
    return {
        purl: "pkg:pypi/six@1.17.0",
        name: "six",
        version: "1.17.0",
        license: "MIT",
        path: "six.py",
        lines: [10, 20],
        ...changes,
    };
}

export function reference(changes: Partial<Reference> = {}): Reference {
    return {
        id: "0123abcd",
        uri: "file:///project/a.py",
        range: range(9, 0, 19, 4),
        decision: "attribution-needed",
        severity: "info",
        owners: [owner()],
        bits: 120,
        message: "resembles six",
        ...changes,
    };
}

export function range(line: number, character: number, endLine: number, endCharacter: number): Reference["range"] {
    return { start: { line, character }, end: { line: endLine, character: endCharacter } };
}
