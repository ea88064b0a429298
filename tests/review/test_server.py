"""The server answers a client of the protocol: in memory, and over standard input and output."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest

pytest.importorskip("mcp", reason="the server needs mcp")

import anyio
from mcp import Client, StdioServerParameters, stdio_client
from mcp.server.mcpserver.exceptions import ToolError
from support.harness import backends

from nos_sym.review import tools
from nos_sym.review.analysis import ReviewError
from nos_sym.review.server import _answered, server

TOOLS = {"parse", "equal", "render", "check", "nearest", "lift"}
CODE = (Path(__file__).parent / "test_review_of_code.py").read_text(encoding="utf-8")


def asked(ask: Callable[[Client], Awaitable[None]], place: Any = None) -> None:
    async def main() -> None:
        async with Client(place or server()) as client:
            await ask(client)

    anyio.run(main)


async def refused(client: Client, tool: str, /, **arguments: Any) -> str:
    found = await client.call_tool(tool, arguments)
    assert found.is_error
    [content] = found.content
    assert content.type == "text" and content.text.isprintable(), content
    return content.text


def test_tools_have_schemas_and_refuse_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # In this process: that another one is started is seen below.
    def here(function: str, job: Any, *_: Any, **__: Any) -> Any:
        return getattr(tools, function.partition(":")[2])(job)

    monkeypatch.setattr("nos_sym.review.server.run", here)
    file = tmp_path / "rule.nos"
    file.write_text("none ~ g")

    async def ask(client: Client) -> None:
        listed = (await client.list_tools()).tools
        assert {tool.name for tool in listed} == TOOLS
        for tool in listed:
            assert tool.description and tool.output_schema and tool.input_schema["properties"]
        found = await client.call_tool("parse", {"rule": "Adam"})
        assert found.structured_content is not None and found.structured_content["key"]
        found = await client.call_tool("equal", {"first": "SGD", "second": "none ~ -(-g)"})
        assert found.structured_content is not None and found.structured_content["verdict"] == "equal"
        assert "did you mean 'tanh'" in await refused(client, "parse", rule="none ~ tahn(g)")
        # A path is a text, and no file is read.
        assert "expected" in await refused(client, "parse", rule=str(file))
        assert "at most 65536" in await refused(client, "check", rule="x" * 70_000)
        assert "rule" in await refused(client, "check", rule=3)
        assert "Field required" in await refused(client, "equal", first="SGD")
        assert "backend" in await refused(client, "render", rule="SGD", backend="fortran")
        assert "name" in await refused(client, "render", rule="SGD", name="a b")
        assert "not Python" in await refused(client, "lift", code="def :")
        assert "is empty" in await refused(client, "lift", code=" ")
        assert "is empty" in await refused(client, "lift", code="\ufeff", class_name="Größe")
        assert "class_name" in await refused(client, "lift", code="x", class_name="a.b")
        assert "nothing" in await refused(client, "nothing")

    asked(ask)


def test_a_call_that_is_cancelled_ends_what_it_runs() -> None:
    """And gives its place to the next; no more than two work at once."""
    ended: list[bool] = []
    working, most = [0], [0]

    def work(stop: Event) -> None:
        working[0] += 1
        most[0] = max(most[0], working[0])
        ended.append(stop.wait(20))
        working[0] -= 1

    def refuse(_: Event) -> None:
        raise ReviewError("no\nsuch thing")

    async def main() -> None:
        with anyio.move_on_after(0.2):
            async with anyio.create_task_group() as group:
                for _ in range(5):
                    group.start_soon(_answered, work)
        assert await _answered(lambda _: 7) == 7
        with pytest.raises(ToolError, match=r"no\\nsuch thing"):
            await _answered(refuse)

    begin = time.monotonic()
    anyio.run(main)
    assert time.monotonic() - begin < 10
    assert ended == [True, True] and most == [2]


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_every_tool_over_standard_input_and_output() -> None:
    async def ask(client: Client) -> None:
        rule = {"rule": "none ~ sign(g)"}
        for name, given in (("parse", rule), ("check", rule), ("render", rule), ("nearest", rule)):
            found = await client.call_tool(name, given)
            assert not found.is_error and found.structured_content, (name, found)
        found = await client.call_tool("equal", {"first": "SGD", "second": "none ~ 2*g", "level": "scale"})
        assert found.structured_content is not None and found.structured_content["verdict"] == "equal"
        if "torch" in backends() and shutil.which("bwrap"):
            text = CODE.split('HONEST = """')[1].split('"""')[0].replace("UPDATE", "state['m'].sign()")
            found = await client.call_tool("lift", {"code": text, "class_name": "Mine"})
            assert found.structured_content is not None, found
            assert found.structured_content["verified"] is True
            assert "ends Python" in await refused(client, "lift", code="raise SystemExit")
            # A call that is cancelled holds no place.
            begin = time.monotonic()
            with anyio.move_on_after(3):
                async with anyio.create_task_group() as group:
                    for _ in range(3):
                        group.start_soon(client.call_tool, "lift", {"code": "while True: pass"})
            found = await client.call_tool("parse", rule)
            assert not found.is_error and time.monotonic() - begin < 45

    command = StdioServerParameters(command=sys.executable, args=["-m", "nos_sym.cli.main", "mcp"])
    asked(ask, stdio_client(command))
