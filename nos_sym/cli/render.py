"""``nos-sym render``: a rule to a source file."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from nos_sym.cli.backend_choice import BackendChoice
from nos_sym.cli.output import write_source
from nos_sym.cli.target import TargetType, one_liner, read_any
from nos_sym.cli.values import set_option, with_values


@click.command()
@click.argument("target", type=TargetType())
@click.option(
    "--backend",
    "-b",
    type=BackendChoice(),
    default="torch",
    show_default=True,
    help="What to render to.",
)
@click.option("--name", "-n", metavar="NAME", help="Name of the class; by default the name of the rule.")
@click.option("--minimal", is_flag=True, help="The plain version of an optimizer, tensor by tensor (torch).")
@click.option(
    "--factor", "factored", is_flag=True, help="Core optimizer and learning-rate schedule, separate."
)
@set_option
@click.option("--rule", metavar="NAME", help="The rule to take from a file with several.")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write there, whole or not at all.",
)
def render(
    target: str,
    backend: str,
    name: str | None,
    minimal: bool,
    factored: bool,
    rule: str | None,
    values: tuple[str, ...],
    output: Path | None,
) -> None:
    """Render a rule to a source file that imports its framework and the standard library alone.

    TARGET is a name of the catalog, a rule as text, a file, FILE:NAME, or - for standard input.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym render Opt4 --backend torch > opt4.py
      nos-sym render 'none ~ tanh(v_hat)' --backend tensorflow --name TanhMomentum
      nos-sym render 'None ~ tanh(v hat)' --backend torch --name TanhMomentum
      nos-sym render my_rules.nos:Fast --backend torch -o fast.py
      nos-sym render Opt6 --factor > opt6_core_and_schedule.py
    """
    chosen = with_values(read_any(target, rule), values)
    from nos_sym.codegen.factored import render_factored
    from nos_sym.codegen.render import render as render_rule

    if factored:
        text = render_factored(one_liner(chosen), backend, name=name, minimal=minimal)
    else:
        text = render_rule(chosen, backend, name=name, minimal=minimal)
    write_source(text, output)
