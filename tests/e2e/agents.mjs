// The server for agents, asked by the official TypeScript clients: node agents.mjs TOOLS CLIENT:MODE PROGRAM PROJECT
//
// CLIENT is `sdk`, the SDK of the earlier revisions, or `client`, that of the later ones, which speaks both.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [tools, choice, program, project] = process.argv.slice(2);
const [name, mode] = choice.split(':');
const require = createRequire(join(tools, 'package.json'));
const load = (path) => import(pathToFileURL(require.resolve(path)));

function check(what, expected, found) {
    if (JSON.stringify(expected) !== JSON.stringify(found)) {
        console.error(`FAILED  ${choice}: ${what}\n  expected: ${JSON.stringify(expected)}\n  found:    ${JSON.stringify(found)}`);
        process.exit(1);
    }
    console.log(`ok      typescript, ${choice}: ${what}: ${JSON.stringify(found)}`);
}

async function connected() {
    const who = { name: 'test', version: '1' };
    const parameters = { command: program, args: ['mcp', '--project', project], env: process.env };
    if (name === 'sdk') {
        const { Client } = await load('@modelcontextprotocol/sdk/client/index.js');
        const { StdioClientTransport } = await load('@modelcontextprotocol/sdk/client/stdio.js');
        const client = new Client(who);
        await client.connect(new StdioClientTransport(parameters));
        return client;
    }
    const { Client } = await load('@modelcontextprotocol/client');
    const { StdioClientTransport } = await load('@modelcontextprotocol/client/stdio');
    const client = new Client(who, { versionNegotiation: { mode: mode === 'legacy' ? mode : { pin: mode } } });
    await client.connect(new StdioClientTransport(parameters));
    return client;
}

const client = await connected();
// The client holds what is answered to the schemas that it listed.
const { tools: listed } = await client.listTools();
check('tools', 5, listed.length);
const ask = async (tool, given) => client.callTool({ name: tool, arguments: given });
const code = readFileSync(join(project, 'routes.py'), 'utf8');
const checked = (await ask('check_code', { code, path: 'new.py' })).structuredContent;
check('a copy', ['fails', 'GPL-3.0-or-later'], [checked.status, checked.matches[0].owners[0].license.expression]);
const explained = (await ask('explain_match', { id: checked.matches[0].id, path: 'routes.py' })).structuredContent;
check('why', checked.matches[0].id, explained.match.id);
check('licences', 2, (await ask('list_licenses', {})).structuredContent.total);
check('owners', 1, (await ask('list_owners', { filter: 'grid' })).structuredContent.total);
check('policy', 'MIT', (await ask('show_policy', {})).structuredContent.license.expression);
check('a path outside', true, (await ask('check_code', { code, path: '/x.py' })).isError);
const refused = await ask('no_such_tool', {}).then(() => 0, (error) => error.code);
check('an unknown tool', -32602, refused);
await client.close();
