// Where the birthmark program is: the setting goes before the PATH.

import * as path from "node:path";

/** What the search depends on. */
export interface Surroundings {
    /** The setting `birthmark.server.path`; empty if it is not set. */
    setting: string;
    /** The PATH. */
    searchPath: string;
    /** As `process.platform` has it. */
    platform: NodeJS.Platform;
    /** The user's home directory. */
    home: string;
    /** Whether a file is there and may be run. */
    isProgram(file: string): boolean;
}

export type Search = { found: string } | { missing: string };

const REMEDY =
    'Run "cargo install --locked --path ." in a clone of birthmark, or set birthmark.server.path to the path of the program.';

/** Finds the program, or says what is missing and what to do. */
export function findServer(around: Surroundings): Search {
    if (around.setting.trim() !== "") return configured(around);
    const found = candidates(around).find((file) => around.isProgram(file));
    return found === undefined
        ? { missing: `The birthmark program was not found on the PATH. ${REMEDY}` }
        : { found };
}

function configured(around: Surroundings): Search {
    const { join, isAbsolute } = rules(around);
    const setting = around.setting.trim();
    const home = setting === "~" || /^~[/\\]/.test(setting);
    const file = home ? join(around.home, setting.slice(1)) : setting;
    if (!isAbsolute(file)) {
        return { missing: `birthmark.server.path must be an absolute path, or begin with ~/; it is "${setting}".` };
    }
    return around.isProgram(file)
        ? { found: file }
        : { missing: `There is no program at "${file}", which birthmark.server.path names. Correct the setting, or clear it to use the PATH.` };
}

/** Relative folders of the PATH are left out: a project must not bring the program that checks it. */
function candidates(around: Surroundings): string[] {
    const { delimiter, join, isAbsolute } = rules(around);
    const name = around.platform === "win32" ? "birthmark.exe" : "birthmark";
    const folders = around.searchPath.split(delimiter).filter((folder) => isAbsolute(folder));
    return folders.map((folder) => join(folder, name));
}

function rules(around: Surroundings): path.PlatformPath {
    return around.platform === "win32" ? path.win32 : path.posix;
}
