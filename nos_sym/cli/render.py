"""``nos-sym render``: a rule to a source file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from nos_sym.cli.backend_choice import BackendChoice
from nos_sym.cli.output import write_source
from nos_sym.cli.target import TargetType, face_of, one_liner, read_any
from nos_sym.cli.values import set_option, with_values

if TYPE_CHECKING:
    from nos_sym.faces import Face


@click.command()
@click.argument("target", type=TargetType())
@click.option(
    "--backend",
    "-b",
    type=BackendChoice(),
    help="What to render to; torch, or the backend of the library that TARGET names.",
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
    backend: str | None,
    name: str | None,
    minimal: bool,
    factored: bool,
    rule: str | None,
    values: tuple[str, ...],
    output: Path | None,
) -> None:
    """Render a rule to a source file that imports its framework and the standard library alone.

    TARGET is a name of the catalog, a rule as text, a file, FILE:NAME, or - for standard input. It may also
    be an optimizer of a library, with flags if any: the file then has the library's arguments, defaults and
    states, and replaces it by another import.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym render Opt4 --backend torch > opt4.py
      nos-sym render 'none ~ tanh(v_hat)' --backend tensorflow --name TanhMomentum
      nos-sym render 'None ~ tanh(v hat)' --backend torch --name TanhMomentum
      nos-sym render my_rules.nos:Fast --backend torch -o fast.py
      nos-sym render torch.optim.AdamW > adamw.py
      nos-sym render 'optax.adam(nesterov=True)' > nadam.py
      nos-sym render Opt6 --factor > opt6_core_and_schedule.py
    """
    face = face_of(target) if rule is None else None
    chosen = with_values(read_any(target, rule), values)
    backend = backend or ("torch" if face is None else face.backend)
    from nos_sym.codegen.factored import render_factored
    from nos_sym.codegen.render import render as render_rule

    if factored:
        text = render_factored(one_liner(chosen), backend, name=name, minimal=minimal)
    else:
        text = render_rule(
            chosen, backend, name=name, minimal=minimal, face=_replaced(face, backend, minimal)
        )
    write_source(text, output)


def _replaced(face: Face | None, backend: str, minimal: bool) -> Face | None:
    """Return the face that a file has; for another backend, or where it is minimal, the rule alone counts."""
    return face if face is not None and face.backend == backend and not minimal else None
