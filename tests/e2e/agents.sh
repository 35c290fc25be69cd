#!/usr/bin/env bash
# The server for agents as its clients' own makers speak with it: the Python SDK and the TypeScript SDKs in both eras of the protocol, and the
# inspector's command line.
source "$(dirname "$0")/common.sh"

python_tools mcp mcp==2.3.0
node_tools mcp @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0 @modelcontextprotocol/inspector@0.15.0

mkdir -p project outside
printf 'license = "MIT"\nindex = [".birthmark/index"]\n' > project/birthmark.toml
for component in gridroute plaintable; do
    (cd project && "$BIRTHMARK" index add "$root/fixtures/demo-components/$component" > index.log 2>&1)
done
cp "$root/examples/demo/parcelbot/routes.py" "$root/examples/demo/parcelbot/summary.py" project/
cp project/routes.py outside/
export BIRTHMARK_LOG_DIR=$work/log

for mode in auto legacy 2026-07-28; do
    python "$root/tests/e2e/agents.py" "$BIRTHMARK" project "$mode"
done
for client in sdk:legacy client:legacy client:2026-07-28; do
    node "$root/tests/e2e/agents.mjs" "$tools" "$client" "$BIRTHMARK" project
done

# The inspector prints the result as JSON.
inspect() {
    "$tools/node_modules/.bin/mcp-inspector" --cli "$BIRTHMARK" mcp --project project "$@" 2> inspector.log
}
inspect --method tools/list > tools.json
check "inspector: tools" "check_code explain_match list_licenses list_owners show_policy" \
    "$(python3 -c 'import json; print(*sorted(t["name"] for t in json.load(open("tools.json"))["tools"]))')"
check "inspector: all of them only read" "True" "$(python3 -c 'import json
print(all(t["annotations"]["readOnlyHint"] and not t["annotations"]["openWorldHint"] for t in json.load(open("tools.json"))["tools"]))')"
inspect --method tools/call --tool-name check_code --tool-arg "code=$(cat project/routes.py)" --tool-arg path=new.py > checked.json
check "inspector: a copy" "fails GPL-3.0-or-later" "$(python3 -c 'import json
data = json.load(open("checked.json"))["structuredContent"]
print(data["status"], data["matches"][0]["owners"][0]["license"]["expression"])')"
inspect --method tools/call --tool-name list_owners --tool-arg filter=plain > owners.json
check "inspector: owners" "1" "$(python3 -c 'import json; print(json.load(open("owners.json"))["structuredContent"]["total"])')"
inspect --method tools/call --tool-name show_policy > policy.json
check "inspector: policy" "MIT" \
    "$(python3 -c 'import json; print(json.load(open("policy.json"))["structuredContent"]["license"]["expression"])')"
inspect --method tools/call --tool-name explain_match --tool-arg id=00 --tool-arg path=../outside/routes.py > refused.json
check "inspector: a path outside" "True" "$(python3 -c 'import json; print(json.load(open("refused.json"))["isError"])')"

# The scripts of the page on agents, as an agent runs them: opencode's plugin in Node, Cline's hook in a shell.
block() { # block HEADING LANGUAGE: the first block of code in a section of the page
    awk -v heading="### $1" -v fence="\`\`\`$2" '$0 == heading { inside = 1; next } /^### / { inside = 0 }
        inside && $0 == fence { code = 1; next } code && /^```/ { exit } code' "$root/docs/agents.md"
}
block opencode js > plugin.mjs
block Cline sh > cline-hook
chmod +x cline-hook
cat > throws.mjs << 'JS'
import { readFileSync } from "node:fs";
import { Birthmark } from "./plugin.mjs";
const hooks = await Birthmark({ directory: `${process.cwd()}/project` });
const write = async (content) => {
    try {
        await hooks["tool.execute.before"]({ tool: "write" }, { args: { filePath: "new.py", content } });
        return "written";
    } catch (error) {
        return error.message.includes("gridroute/planner.py") ? "refused" : error.message;
    }
};
console.log(await write(readFileSync("project/routes.py", "utf8")), await write("x = 1\n"));
JS
PATH="$(dirname "$BIRTHMARK"):$PATH"
check "opencode's plugin throws what is refused" "refused written" "$(node throws.mjs)"
python3 -c 'import json, os; print(json.dumps({"hookName": "PreToolUse", "workspaceRoots": [os.getcwd() + "/project"],
    "preToolUse": {"toolName": "write_to_file", "parameters": {"path": "new.py", "content": open("project/routes.py").read()}}}))' \
    > cline.json
check "Cline's hook cancels" "True" \
    "$(./cline-hook < cline.json 2> cline.log | python3 -c 'import json, sys; print(json.load(sys.stdin)["cancel"])')"

grep -q '"service":"mcp"' "$work"/log/*.jsonl
check "the journal holds no code" "0" "$(cat "$work"/log/*.jsonl | grep -c heapq || true)"
echo "$checks checks"
