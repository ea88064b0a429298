"""``nos-sym one-cycle``: the base schedule of learning rate and momentum as a source file."""

from __future__ import annotations

from pathlib import Path

import click

from nos_sym.cli.choices import CODE_BACKENDS
from nos_sym.cli.output import write_source


@click.command("one-cycle")
@click.option(
    "--backend",
    "-b",
    type=click.Choice(CODE_BACKENDS),
    default="torch",
    show_default=True,
    help="What to render to.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write there, whole or not at all.",
)
def one_cycle(backend: str, output: Path | None) -> None:
    """Render the one-cycle schedule: learning rate up, hold and down, and momentum against it.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym one-cycle > one_cycle.py
      nos-sym one-cycle --backend keras -o one_cycle.py
    """
    from nos_sym.codegen.render import render_one_cycle

    text = render_one_cycle(backend)
    write_source(text, output)
