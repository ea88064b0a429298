"""``nos-sym mcp``: a server that programs and language models ask."""

from __future__ import annotations

import click

from nos_sym.cli.failures import InputError


@click.command()
def mcp() -> None:
    """Serve parse, equal, render, check, nearest and lift over standard input and output.

    The protocol is the Model Context Protocol, which clients of language models speak: name this command in
    the configuration of one. Code that a client gives is run inside bubblewrap alone; no tool reads or writes
    a file of yours. Needs the extra 'mcp'. The server ends when its input does.

    Exit codes: 0 the input ended, 1 the output could not be written, 2 the package mcp is missing.

    \b
    Examples:
      nos-sym mcp
    """
    from importlib.util import find_spec

    if find_spec("mcp") is None:
        raise InputError("the server needs the package mcp; install it ('pip install nos-sym[mcp]')")
    _serve()


def _serve() -> None:
    from nos_sym.review.server import server

    server().run("stdio")
