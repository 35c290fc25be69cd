// Bundles the extension into out/, with the licences of all that is bundled; with --tests, the tests beside it.

import { build } from "esbuild";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const common = { absWorkingDir: here, bundle: true, platform: "node", target: "node20", format: "cjs", logLevel: "warning" };

rmSync(join(here, "out"), { recursive: true, force: true });
mkdirSync(join(here, "out"));
const { metafile } = await build({
    ...common,
    entryPoints: ["src/extension.ts"],
    outfile: "out/extension.js",
    external: ["vscode"],
    minify: true,
    legalComments: "none", // they are in the notices
    metafile: true,
});
writeFileSync(join(here, "out/THIRD-PARTY-NOTICES.txt"), notices(Object.keys(metafile.inputs)));
for (const license of ["LICENSE-APACHE", "LICENSE-MIT"]) copyFileSync(join(here, "../..", license), join(here, license));
if (process.argv.includes("--tests")) await buildTests();

async function buildTests() {
    const tests = readdirSync(join(here, "test")).filter((name) => name.endsWith(".test.ts"));
    const entryPoints = tests.map((name) => `test/${name}`);
    await build({ ...common, entryPoints, outdir: "out/test", packages: "external", sourcemap: "inline" });
}

/** The licence of each package of which something was bundled. One without a licence text fails the build. */
function notices(inputs) {
    const bundled = inputs.filter((input) => input.startsWith("node_modules/"));
    const packages = new Set(bundled.map((input) => /^node_modules\/(@[^/]+\/)?[^/]+/.exec(input)[0]));
    const parts = [...packages].sort().map((folder) => {
        const { name, version, license } = JSON.parse(readFileSync(join(here, folder, "package.json"), "utf8"));
        const file = readdirSync(join(here, folder)).find((each) => /^licen[cs]e/i.test(each));
        if (file === undefined) throw new Error(`${name} brings no licence text`);
        return `${name} ${version} (${license})\n\n${readFileSync(join(here, folder, file), "utf8").trim()}\n`;
    });
    return `The extension contains the following packages.\n\n${parts.join(`\n${"-".repeat(80)}\n\n`)}`;
}
