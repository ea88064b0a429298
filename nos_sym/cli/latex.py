"""``nos-sym latex``: a rule as an equation in LaTeX."""

from __future__ import annotations

import click

from nos_sym.cli.output import write_json, write_stdout
from nos_sym.cli.target import TargetType, read_any
from nos_sym.cli.values import set_option, with_values


@click.command()
@click.argument("target", type=TargetType())
@set_option
@click.option("--rule", metavar="NAME", help="The rule to take from a file with several.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: name and latex.")
def latex(target: str, rule: str | None, values: tuple[str, ...], as_json: bool) -> None:
    """Print the equations of a rule in LaTeX.

    TARGET is a name of the catalog or of a library, a rule as text, a file, FILE:NAME, or - for standard
    input.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym latex Opt7
      nos-sym latex torch.optim.AdamW
      nos-sym latex 'none ~ tanh([max(a6, a10)] arcsinh(qhm(0.7)))'
    """
    chosen = with_values(read_any(target, rule), values)
    from nos_sym.backends.latex.printer import latex_rule

    equation = latex_rule(chosen)
    if as_json:
        write_json({"name": chosen.name, "latex": equation})
    else:
        write_stdout(equation)
