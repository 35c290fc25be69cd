// The extension's settings, and what the server is told of them.

/** The settings below `birthmark`, as the editor holds them. What is null or empty is left to the project's configuration. */
export interface Settings {
    enable: boolean;
    preset: string | null;
    threshold: number | null;
    index: string[];
    license: string;
    debounceMs: number;
    log: boolean;
}

/** Reads one setting by its name below `birthmark`. */
export type Lookup = (key: string) => unknown;

/** The settings by which the server checks. */
export interface ServerSettings {
    enable: boolean;
    debounceMs: number;
    log: boolean;
    preset?: string;
    threshold?: number;
    index?: string[];
    license?: string;
}

/** What the server is told when it starts. */
export interface InitializationOptions extends ServerSettings {
    /** This client asks people for their reasons. */
    asksReasons: true;
}

const DEFAULT_DEBOUNCE_MS = 150;

/** Reads the settings. What has a wrong type counts as not set: settings are written by hand. */
export function readSettings(lookup: Lookup): Settings {
    const debounce = number(lookup("debounceMs"));
    return {
        enable: lookup("enable") !== false,
        preset: text(lookup("preset")) || null,
        threshold: number(lookup("threshold")),
        index: texts(lookup("index")),
        license: text(lookup("license")),
        debounceMs: debounce === null ? DEFAULT_DEBOUNCE_MS : Math.max(0, debounce),
        log: lookup("log") !== false,
    };
}

/** What the server is told: only what is set, so that the project's own configuration decides the rest. */
export function serverSettings(settings: Settings): ServerSettings {
    const told: ServerSettings = {
        enable: settings.enable,
        debounceMs: settings.debounceMs,
        log: settings.log,
    };
    if (settings.threshold !== null) told.threshold = settings.threshold;
    else if (settings.preset !== null) told.preset = settings.preset;
    if (settings.index.length > 0) told.index = settings.index;
    if (settings.license !== "") told.license = settings.license;
    return told;
}

export function initializationOptions(settings: Settings): InitializationOptions {
    return { asksReasons: true, ...serverSettings(settings) };
}

function text(value: unknown): string {
    return typeof value === "string" ? value.trim() : "";
}

function texts(value: unknown): string[] {
    return Array.isArray(value) ? value.map(text).filter((each) => each !== "") : [];
}

function number(value: unknown): number | null {
    return typeof value === "number" && Number.isFinite(value) ? value : null;
}
