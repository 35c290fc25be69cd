// References as a tree: by owner, or by licence and then by owner.

import type { Match, Owner, Severity } from "./protocol";

export type Grouping = "owner" | "license";

/** A group of references. */
export interface Group {
    kind: "license" | "owner";
    /** What is shown. */
    label: string;
    /** What is shown beside it. */
    description: string;
    /** Unique among its siblings, and the same while the group is there. */
    key: string;
    children: Node[];
}

/** One reference. */
export interface Leaf {
    kind: "reference";
    reference: Match;
    label: string;
    /** The decision, or that it is no finding. */
    description: string;
    /** What a screen reader says. */
    spoken: string;
    icon: Icon;
}

export type Node = Group | Leaf;

/** An icon of the editor, with the colour it has in the list of problems. */
export interface Icon {
    name: string;
    color?: string;
    /** What a screen reader says. */
    meaning: string;
}

const NO_LICENSE = "no licence known";

/** Draws the tree. `place` names a file as a person would, relative to its folder. */
export function group(references: Match[], by: Grouping, place: (uri: string) => string): Group[] {
    if (by === "owner") return owners(references, place, true);
    return gather(references, licenseOf).map(([license, held]) => ({
        kind: "license",
        label: license,
        description: several(held.length),
        key: license,
        children: owners(held, place, false),
    }));
}

function owners(references: Match[], place: (uri: string) => string, alone: boolean): Group[] {
    // One owner's files may be under several licences: each of them is a group of its own.
    const key = (reference: Match): string => `${ownerOf(reference)} ${licenseOf(reference)}`;
    return gather(references, key).map(([each, held]) => {
        const first = held[0]!;
        return {
            kind: "owner",
            label: ownerOf(first),
            description: [...(alone ? [licenseOf(first)] : []), several(held.length)].filter(Boolean).join(", "),
            key: each,
            children: held.map((reference) => leaf(reference, place)).sort(byPlace),
        };
    });
}

function leaf(reference: Match, place: (uri: string) => string): Leaf {
    const { start, end } = reference.range;
    // A range that ends at the start of a line ends with the line before.
    const last = end.character === 0 && end.line > start.line ? end.line : end.line + 1;
    const lines = last === start.line + 1 ? `${last}` : `${start.line + 1}-${last}`;
    const { decision } = reference.verdict;
    const [label, said, drawn] = [`${place(reference.uri)}:${lines}`, words(decision), icon(reference)];
    return {
        kind: "reference",
        reference,
        label,
        // "attribution needed" would be wrong beside code that is attributed.
        description: drawn === NO_FINDING && decision !== "compatible" ? drawn.meaning : said,
        spoken: `${drawn.meaning}, ${said}: ${label}`,
        icon: drawn,
    };
}

function byPlace(a: Leaf, b: Leaf): number {
    return (
        compare(a.reference.uri, b.reference.uri) ||
        a.reference.range.start.line - b.reference.range.start.line ||
        a.reference.range.start.character - b.reference.range.start.character
    );
}

/** Groups in the order of their keys. */
function gather(references: Match[], key: (reference: Match) => string): [string, Match[]][] {
    const groups = new Map<string, Match[]>();
    for (const reference of references) {
        const held = groups.get(key(reference));
        if (held === undefined) groups.set(key(reference), [reference]);
        else held.push(reference);
    }
    return [...groups].sort(([a], [b]) => compare(a, b));
}

function compare(a: string, b: string): number {
    return a < b ? -1 : a > b ? 1 : 0;
}

/** The owner that the code is likeliest from, as people write it: `six 1.17.0`. */
export function ownerName(owner: Owner): string {
    return owner.version ? `${owner.name} ${owner.version}` : owner.name;
}

function ownerOf(reference: Match): string {
    const owner = reference.owners[0];
    return owner === undefined ? "unknown owner" : ownerName(owner);
}

function licenseOf(reference: Match): string {
    return reference.owners[0]?.license.expression || NO_LICENSE;
}

/** How many references a group has, if there is more than the one below it. */
function several(references: number): string {
    return references === 1 ? "" : `${references} references`;
}

/** A decision in words: `attribution-needed` is "attribution needed". */
function words(decision: string): string {
    return decision.replaceAll("-", " ");
}

const NO_FINDING: Icon = { name: "pass", meaning: "no finding" };

const BY_SEVERITY: Record<Severity, Icon> = {
    error: { name: "error", color: "problemsErrorIcon.foreground", meaning: "error" },
    warning: { name: "warning", color: "problemsWarningIcon.foreground", meaning: "warning" },
    info: { name: "info", color: "problemsInfoIcon.foreground", meaning: "information" },
};

/** The icon by what was decided; how bad that is, the server says. */
export function icon({ verdict, finding }: Pick<Match, "verdict" | "finding">): Icon {
    if (finding === null) return NO_FINDING;
    const severity = BY_SEVERITY[finding.severity] ?? BY_SEVERITY.info;
    const name = { incompatible: "circle-slash", unknown: "question", "all-rights-reserved": "question" }[verdict.decision];
    return name === undefined ? severity : { ...severity, name };
}
