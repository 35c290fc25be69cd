#!/usr/bin/env python3
"""The server for agents, asked by the official Python client: tests/e2e/agents.py PROGRAM PROJECT MODE

MODE is the client's: `auto` (asks for the later revision first), `legacy` (shakes hands), or a revision.
"""

import asyncio
import json
import sys
from pathlib import Path

from mcp import Client, MCPError, StdioServerParameters

PROGRAM, PROJECT, MODE = sys.argv[1], Path(sys.argv[2]).resolve(), sys.argv[3]
NEGOTIATED = {"auto": "2026-07-28", "legacy": "2025-11-25"}
TOOLS = ["check_code", "explain_match", "list_licenses", "list_owners", "show_policy"]


def check(what, expected, found):
    if expected != found:
        sys.exit(f"FAILED  {MODE}: {what}\n  expected: {expected!r}\n  found:    {found!r}")
    print(f"ok      python, {MODE}: {what}: {found}")


async def refused(call):
    try:
        await call
    except MCPError as error:
        return error.code
    return None


async def ask(client):
    check("revision", NEGOTIATED.get(MODE, MODE), client.protocol_version)
    if MODE in NEGOTIATED:  # Who names a revision does not ask what the server is.
        check("instructions teach when to ask", True, "check_code" in (client.instructions or ""))
    tools = (await client.list_tools()).tools
    check("tools", TOOLS, sorted(tool.name for tool in tools))
    check("all have schemas and titles", True, all(tool.output_schema and tool.title for tool in tools))
    check("all only read", True, all(tool.annotations.read_only_hint for tool in tools))

    # The client itself holds what is answered to the announced schemas.
    code = (PROJECT / "routes.py").read_text()
    checked = (await client.call_tool("check_code", {"code": code, "path": "new.py"})).structured_content
    reference = checked["matches"][0]
    check("a copy", ("fails", "GPL-3.0-or-later"), (checked["status"], reference["owners"][0]["license"]["expression"]))
    explained = await client.call_tool("explain_match", {"id": reference["id"], "path": "routes.py"})
    check("why", reference["id"], explained.structured_content["match"]["id"])
    check("in words", True, "gridroute/planner.py" in explained.content[0].text)
    notice = await client.call_tool("check_code", {"code": (PROJECT / "summary.py").read_text(), "path": "new.py"})
    check("a copy that may stay", "passes", notice.structured_content["status"])
    clean = await client.call_tool("check_code", {"code": "fn main() {}\n", "language": "rust"})
    check("nothing", "nothing-found", clean.structured_content["status"])
    licenses = (await client.call_tool("list_licenses", {})).structured_content
    decisions = {license["license"]: license["decision"] for license in licenses["licenses"]}
    check("licences", {"GPL-3.0-or-later": "incompatible", "MIT": "attribution-needed"}, decisions)
    owners = (await client.call_tool("list_owners", {"limit": 1})).structured_content
    check("owners, page by page", (2, 1, 1), (owners["total"], len(owners["owners"]), owners["next_offset"]))
    policy = (await client.call_tool("show_policy", {})).structured_content
    check("policy", "MIT", policy["license"]["expression"])

    outside = await client.call_tool("check_code", {"code": code, "path": "../outside/new.py"})
    check("a path outside", True, outside.is_error and "--project" in outside.content[0].text)
    check("an unknown tool", -32602, await refused(client.call_tool("no_such_tool", {})))
    check("an unknown argument", -32602, await refused(client.call_tool("show_policy", {"unheard": 1})))

    # What is asked at once is answered to whom it belongs.
    names = ["plain", "grid", "none"] * 10
    answers = await asyncio.gather(*(client.call_tool("list_owners", {"filter": name}) for name in names))
    totals = [answer.structured_content["total"] for answer in answers]
    check("30 questions at once", [1, 1, 0] * 10, totals)


async def main():
    server = StdioServerParameters(command=PROGRAM, args=["mcp", "--project", str(PROJECT)])
    async with Client(server, mode=MODE, read_timeout_seconds=60) as client:
        await ask(client)


asyncio.run(main())
