// What the status item says.

import type { Status } from "./protocol";

/** Where the service stands: what the server last said, or why there is none. */
export type ServiceState =
    | { kind: "off" }
    | { kind: "failed"; message: string }
    | { kind: "stopped" }
    | { kind: "running"; status: Status };

export interface StatusText {
    text: string;
    /** Read out in place of the text, which has icons. */
    spoken: string;
    tooltip: string;
    /** Whether the item is drawn as one that wants attention. */
    alarm: "none" | "warning" | "error";
}

export function statusText(state: ServiceState): StatusText {
    switch (state.kind) {
        case "off":
            return plain("circle-slash", "birthmark is switched off", "The setting birthmark.enable is off. birthmark checks nothing.");
        case "stopped":
            return plain("debug-disconnect", "birthmark is not running", "The server is not running.");
        case "failed":
            return { ...plain("error", "birthmark is not running because of an error", state.message), alarm: "error" };
        case "running":
            return running(state.status);
    }
}

function running(status: Status): StatusText {
    switch (status.state) {
        case "starting":
            return plain("sync~spin", "birthmark is starting", "Opening the index.");
        case "checking":
            return plain("sync~spin", "birthmark is checking", found(status));
        case "failed":
            return { ...plain("error", "birthmark failed", status.message || "See the output."), alarm: "error" };
        case "ready":
            return ready(status);
    }
}

function ready(status: Status): StatusText {
    if (status.findings === 0) return plain("law", "birthmark has no findings", withMessage(found(status), status));
    return {
        text: `$(law) birthmark ${status.findings}`,
        spoken: `birthmark has ${counted(status.findings, "finding")}`,
        tooltip: withMessage(found(status), status),
        alarm: "warning",
    };
}

function plain(icon: string, spoken: string, tooltip: string): StatusText {
    return { text: `$(${icon}) birthmark`, spoken, tooltip, alarm: "none" };
}

function found(status: Status): string {
    return `${counted(status.matches, "match", "matches")}, ${counted(status.findings, "finding")} in the files checked so far.`;
}

function withMessage(text: string, status: Status): string {
    return status.message ? `${text}\n\n${status.message}` : text;
}

function counted(number: number, noun: string, several = `${noun}s`): string {
    return number === 1 ? `1 ${noun}` : `${number} ${several}`;
}
