"""``nos-sym latex``: rules as equations in LaTeX."""

from __future__ import annotations

from pathlib import Path

import click

from nos_sym.cli import offers
from nos_sym.cli.failures import InputError
from nos_sym.cli.output import json_text, write_source, write_stdout
from nos_sym.cli.target import TargetType, read_any
from nos_sym.cli.values import set_each_option, with_values_each


@click.command()
@click.argument("targets", metavar="TARGET...", type=TargetType(), nargs=-1, required=True)
@set_each_option
@click.option(
    "--rule", metavar="NAME", shell_complete=offers.rules, help="The rule to take from a file with several."
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write there, whole or not at all; - for standard output.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: name and latex, in a list of several.")
def latex(
    targets: tuple[str, ...], rule: str | None, values: tuple[str, ...], output: Path | None, as_json: bool
) -> None:
    """Print the equations of rules in LaTeX.

    TARGET is a name of the catalog or of a library, a rule as text, a file, FILE:NAME, or - for standard
    input.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym latex Opt7
      nos-sym latex Opt1 Opt2 Opt3 -o discovered.tex
      nos-sym latex torch.optim.AdamW
      nos-sym latex 'none ~ tanh([max(a6, a10)] arcsinh(qhm(0.7)))'
    """
    if targets.count("-") > 1:
        raise InputError("standard input is read once; give '-' once")
    chosen = with_values_each([read_any(target, rule) for target in targets], values)
    from nos_sym.backends.latex.printer import latex_rule

    equations = [latex_rule(each) for each in chosen]
    if as_json:
        records = [{"name": x.name, "latex": text} for x, text in zip(chosen, equations, strict=True)]
        text = json_text(records if len(records) > 1 else records[0])
    else:
        text = "\n".join(f"{text.rstrip()}\n" for text in equations)
    if output is None:
        write_stdout(text, rules=False)
    else:
        write_source(text, output)
