// Which reference a command is about, and which address its origin has.

import { ownerName } from "./grouping";
import type { Match, Position, ReasonWanted, Target } from "./protocol";

/** Of the references of one file those at a position, the smallest first: it is the one somebody points at. */
export function referencesAt(references: Match[], position: Position): Match[] {
    return references
        .filter((reference) => holds(reference, position))
        .sort((a, b) => length(a) - length(b));
}

/** Whole lines count, for a cursor often stands before the code or behind it. */
function holds(reference: Match, position: Position): boolean {
    return reference.range.start.line <= position.line && position.line <= reference.range.end.line;
}

function length(reference: Match): number {
    return reference.range.end.line - reference.range.start.line;
}

/** One sentence about a match: its finding, or else the reason of its verdict. */
export function messageOf({ finding, verdict }: Match): string {
    return finding?.message ?? verdict.reason;
}

/** Whether what a command was given names a reference. Commands may be run by anything. */
export function isTarget(value: unknown): value is Target {
    const target = value as Partial<Target> | null;
    return typeof target === "object" && typeof target?.uri === "string" && typeof target?.id === "string";
}

/** Where origins can be read. */
export interface Address {
    label: string;
    description: string;
    url: string;
}

/** Only addresses of pages and files are opened: an index may come from anywhere. */
export function addresses(reference: Match): Address[] {
    return reference.owners.flatMap((owner) => {
        if (!owner.url || !/^(https?|file):\/\//i.test(owner.url)) return [];
        const lines = `${owner.path}:${owner.lines.start_line}-${owner.lines.end_line}`;
        return [{ label: ownerName(owner), description: lines, url: owner.url }];
    });
}

/** What is wrong with a reason, or null. In a comment it stands between quotes. */
export function reasonProblem(reason: string, verb: ReasonWanted["verb"]): string | null {
    if (reason.trim() === "") return "A reason is required: others will read it.";
    return verb === "suppress" && reason.includes('"') ? "Write it without double quotes." : null;
}
