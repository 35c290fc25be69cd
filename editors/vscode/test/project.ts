// The program under test, and projects for it to check.

import { chmodSync, cpSync, existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const repository = join(__dirname, "../../../..");

/** The program: what BIRTHMARK names, or else what was built last for release, or else for debugging. */
export function program(): string {
    const target = process.env["CARGO_TARGET_DIR"] ?? join(repository, "target");
    const places = [process.env["BIRTHMARK"], join(target, "release/birthmark"), join(target, "debug/birthmark")];
    const found = places.find((place) => place !== undefined && existsSync(place));
    if (found === undefined) throw new Error("no program to test: run cargo build, or set BIRTHMARK");
    return found;
}

/** A copy of the demo, with two references to the components of its index. */
export class Project {
    readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "birthmark-vscode-")));
    readonly routes = join(this.folder, "parcelbot/routes.py");
    readonly summary = join(this.folder, "parcelbot/summary.py");
    readonly configuration = join(this.folder, "birthmark.toml");

    constructor() {
        cpSync(join(repository, "examples/demo"), this.folder, { recursive: true });
        this.configure();
    }

    configure(more = ""): void {
        writeFileSync(this.configuration, `index = [${JSON.stringify(join(repository, "fixtures/demo-index"))}]\n${more}`);
    }

    /** A program that is a script. */
    script(lines: string): string {
        const file = join(this.folder, "birthmark");
        writeFileSync(file, `#!/bin/sh\n${lines}\n`);
        chmodSync(file, 0o755);
        return file;
    }

    remove(): void {
        rmSync(this.folder, { recursive: true, force: true });
    }
}

/** Waits for something to become true, and says what was waited for if it does not. */
export async function until<T>(what: string, seen: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
    const end = Date.now() + Number(process.env["PATIENCE"] ?? 20_000);
    while (Date.now() < end) {
        const value = await seen();
        if (value !== undefined && value !== false) return value;
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`waited in vain for ${what}`);
}
